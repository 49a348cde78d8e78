"""A move's form as JSON schema, and a JSON body as the form reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from huying.cases.forms.base import MoveForm
from huying.files import actions as files
from huying.files import queries as held
from huying.files.forms import FilesField
from huying.files.rules import PreparedImage
from huying.kernel.refusals import Invalid
from huying.kernel.terms import Label, _
from huying.kernel.text import TextField

Value = str | bool | int | float | list[str] | None
MOST_CHOICES = 500


class Held:
    """Photos that a program uploaded before, by their tokens; the same as a browser's session holds."""

    def __init__(self, holder: str, now: datetime) -> None:
        self.holder, self.now = holder, now

    def hold(self, prepared: PreparedImage) -> tuple[str, PreparedImage]:
        kept = files.hold_image(prepared, session_key=self.holder, now=self.now)
        return kept.token, prepared

    def find(self, tokens: Iterable[str]) -> dict[str, PreparedImage]:
        return held.held_of(self.holder, list(tokens), now=self.now)


def schema_of(form: MoveForm) -> dict[str, Any]:
    """The fields of a form as a JSON schema (2020-12) of `values`."""
    fields = {name: _field(form, name, one) for name, one in form.fields.items() if name != "key"}
    needed = [name for name, one in form.fields.items() if one.required and name != "key"]
    return {"type": "object", "properties": fields, "required": needed, "additionalProperties": False}


def _field(form: MoveForm, name: str, one: forms.Field) -> dict[str, Any]:
    told: dict[str, Any] = {"title": str(one.label or name)}
    if one.help_text:
        told["description"] = str(one.help_text)
    first = form.get_initial_for_field(one, name)
    if isinstance(first, str | int | float | bool) and first != "":
        told["default"] = first
    if isinstance(one, FilesField):
        return {**told, "type": "array", "maxItems": one.most, "items": _string(title=_("POST /files 给的 token"))}
    if isinstance(one, forms.MultipleChoiceField):
        return {**told, "type": "array", "uniqueItems": True, "items": {"type": "string", "oneOf": _choices(one)}}
    if isinstance(one, forms.ChoiceField):
        return {**told, "type": "string", "oneOf": _choices(one)}
    if isinstance(one, forms.BooleanField):
        return {**told, "type": "boolean"}
    if isinstance(one, forms.IntegerField):  # FloatField is one of them
        bounds = {"minimum": one.min_value, "maximum": one.max_value}
        kind = "number" if isinstance(one, forms.FloatField) else "integer"
        return {**told, "type": kind, **{key: value for key, value in bounds.items() if value is not None}}
    if isinstance(one, forms.UUIDField):
        return {**told, "type": "string", "format": "uuid"}
    if isinstance(one, forms.DateTimeField):
        return {**told, "type": "string", "format": "date-time"}
    if isinstance(one, forms.DateField):
        return {**told, "type": "string", "format": "date"}
    limit = one.limit if isinstance(one, TextField) else getattr(one, "max_length", None)
    return {**told, "type": "string", **({"maxLength": limit} if limit else {})}


def _string(*, title: Label) -> dict[str, Any]:
    return {"type": "string", "title": str(title)}


def _choices(one: forms.ChoiceField) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for value, label in list(one.choices):  # type: ignore[arg-type]
        rows = label if isinstance(label, list | tuple) else [(value, label)]
        found += [{"const": str(stored), "title": str(words)} for stored, words in rows]
    return found[:MOST_CHOICES]


def data_of(form: type[MoveForm], values: dict[str, Value]) -> MultiValueDict[str, Any]:
    """What the form reads from a JSON body; raises Invalid for a field that it does not have."""
    known = {name: one for name, one in form.base_fields.items() if name != "key"}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise Invalid({name[:60]: [_("这一步没有这个字段。")] for name in unknown[:20]})
    data: MultiValueDict[str, Any] = MultiValueDict()
    for name, value in values.items():
        if value is None:
            continue
        many = [str(one) for one in value] if isinstance(value, list) else [_written(value)]
        if isinstance(known[name], forms.BooleanField) and value is False:
            continue
        data.setlist(f"{name}_held" if isinstance(known[name], FilesField) else name, many)
    return data


def _written(value: str | bool | int | float) -> str:
    return "on" if value is True else "" if value is False else str(value)
