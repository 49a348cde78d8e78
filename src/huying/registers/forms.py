"""Forms of registers, made from their columns. Values go on as they were typed: the action reads and refuses them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms

from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.terms import _
from huying.registers import cells, declared, queries, sheets
from huying.registers.declared import Column, ColumnKind, Register

MOST_AREAS = 400


class RowForm(forms.Form):
    """All cells of one row that may be written, a key against doubling, and what its editor saw."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)

    def __init__(
        self,
        register: Register[Any],
        *args: Any,
        row: Any = None,
        viewer: Actor,
        now: datetime,
        columns: tuple[Column, ...] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.register, self.row = register, row
        shown = columns if columns is not None else register.columns
        self.told = [one for one in shown if not one.derived and not (row is not None and one.fixed)]
        made = {one.name: _field(register, one, viewer=viewer, now=now) for one in self.told}
        self.fields = {**made, **self.fields}
        if register.has_points() and columns is None:
            for name in ("point_lng", "point_lat"):
                self.fields[name] = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def visible_pairs(self) -> list[tuple[Column, forms.BoundField]]:
        return [(one, self[one.name]) for one in self.told]

    def values(self) -> dict[str, object]:
        """What goes to the action."""
        found: dict[str, object] = {one.name: self.cleaned_data.get(one.name) for one in self.told}
        for one in self.told:
            if one.kind == ColumnKind.POINT:
                found[one.name] = self._point(one)
        return found

    def _point(self, column: Column) -> str:
        """The typed place; a pin that was moved wins over a place that was not touched."""
        typed = str(self.cleaned_data.get(column.name) or "")
        lng, lat = self.cleaned_data.get("point_lng"), self.cleaned_data.get("point_lat")
        before = self.initial.get(column.name, "")
        if lng and lat and typed == before:
            moved = f"{lng}, {lat}"
            stood = self.register.value_of(self.row, column) if self.row is not None else None
            if stood is None or (str(stood[0]), str(stood[1])) != (lng, lat):
                return moved
        return typed

    @staticmethod
    def initial_of(register: Register[Any], row: Any) -> dict[str, Any]:
        return {one.name: initial_value(register, one, register.value_of(row, one)) for one in register.columns}

    @staticmethod
    def fresh_key() -> UUID:
        return uuid7()


def initial_value(register: Register[Any], column: Column, value: Any) -> Any:
    """A value as its control shows it."""
    if value is None:
        return ""
    if column.kind == ColumnKind.POINT:
        return f"{value[0]}, {value[1]}"
    if column.kind in (ColumnKind.DATE, ColumnKind.TIME):
        return cells.plain(value)
    if column.kind == ColumnKind.DECIMAL:
        return declared.words(register, column, value)
    if column.kind == ColumnKind.LINK:
        return str(value)
    return value


def _field(register: Register[Any], column: Column, *, viewer: Actor, now: datetime) -> forms.Field:
    told: dict[str, Any] = {"label": column.label, "required": False, "help_text": column.help}
    kind = column.kind
    if kind == ColumnKind.YES:
        return forms.BooleanField(**told)
    if kind == ColumnKind.CHOICE:
        return forms.ChoiceField(choices=[("", "—"), *column.offered()], **told)
    if kind == ColumnKind.CHOICES:
        return forms.MultipleChoiceField(choices=column.offered(), widget=forms.CheckboxSelectMultiple, **told)
    if kind in (ColumnKind.AREA, ColumnKind.AREAS):
        return _area_field(register, column, viewer, told)
    if kind == ColumnKind.LINK:
        choices = queries.link_choices(column, viewer, now=now)
        if choices is not None:
            return forms.ChoiceField(choices=[("", "—"), *choices], **told)
        return forms.CharField(max_length=60, **{**told, "help_text": column.help or _("写名称；有同名的写编号。")})
    return forms.CharField(widget=_control(column), **told)


def _area_field(register: Register[Any], column: Column, viewer: Actor, told: dict[str, Any]) -> forms.Field:
    choices = declared.areas().within(register.prefixes(viewer))
    if 0 < len(choices) <= MOST_AREAS:
        if column.kind == ColumnKind.AREA:
            return forms.ChoiceField(choices=[("", "—"), *choices], **told)
        widget = forms.SelectMultiple(attrs={"size": 6})
        return forms.MultipleChoiceField(choices=choices, widget=widget, **told)
    return forms.CharField(max_length=2000, **{**told, "help_text": column.help or sheets.how_to_fill(column)})


def _control(column: Column) -> forms.Widget:
    if column.kind == ColumnKind.LONG_TEXT:
        return forms.Textarea(attrs={"rows": 3})
    if column.kind == ColumnKind.DATE:
        return forms.DateInput(attrs={"type": "date"})
    if column.kind == ColumnKind.TIME:
        return forms.TimeInput(attrs={"type": "time"})
    if column.kind == ColumnKind.NUMBER:
        return forms.TextInput(attrs={"inputmode": "numeric"})
    if column.kind == ColumnKind.DECIMAL:
        return forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.TextInput()


class EndForm(forms.Form):
    on = forms.DateField(
        label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("请选一天。"), "invalid": _("日期要像 2026-07-01 这样写。")},
    )  # fmt: skip


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("表格文件"),
        help_text=_("xlsx 或 CSV。列名照模板写，先检查，不会马上改。"),
        error_messages={"required": _("请选一个文件。"), "empty": _("这个文件是空的。请换一个。")},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
    )
