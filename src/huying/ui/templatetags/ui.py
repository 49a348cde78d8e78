"""Tags and filters of every template (a builtin: no load needed)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.http import QueryDict
from django.template import Context
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from huying.ui import words

register = template.Library()

STATIC = Path(__file__).resolve().parent.parent / "static" / "ui"


class _Parts:
    """What parts of pages were rendered to, by everything that they were made of; all forgotten where it grows large.

    Nothing of a request goes into a part but what is handed to it, so whoever gets the same part was handed the same.
    """

    MOST = 2_000_000  # characters
    MOST_PARTS = 4_000  # what they were made of is kept too, also where they came to nothing

    def __init__(self) -> None:
        self._kept: dict[Any, SafeString] = {}
        self._size = 0

    def get(self, key: Any) -> SafeString | None:
        return self._kept.get(key)

    def keep(self, key: Any, made: SafeString) -> None:
        if self._size + len(made) > self.MOST or len(self._kept) >= self.MOST_PARTS:
            self.forget()
        self._kept[key] = made
        self._size += len(made)

    def forget(self) -> None:
        self._kept, self._size = {}, 0


PARTS = _Parts()


class PartNode(template.Node):
    """A template rendered with named values alone, once for the same values."""

    def __init__(self, name: str, given: dict[str, FilterExpression]) -> None:
        self.name = name
        self.names = tuple(given)
        self.given = tuple(given.values())

    def render(self, context: Context) -> SafeString:
        values = tuple([one.resolve(context, ignore_failures=True) for one in self.given])
        # Types belong to it: a word that is safe as it stands equals the same word that is to be escaped.
        key = (self.name, get_language(), values, tuple([type(one) for one in values]))
        made = PARTS.get(key)
        if made is None:
            found = context.template.engine.get_template(self.name)  # type: ignore[union-attr]
            made = found.render(context.new(dict(zip(self.names, values, strict=True))))
            PARTS.keep(key, made)
        return made


@register.tag
def part(parser: Parser, token: Token) -> PartNode:
    """`{% part "ui/state_chip.html" state=row.state label=row.label %}`: an include of what stands there alone.

    Values must be hashable and equal only where they read alike (words, numbers, frozen dataclasses of these). What
    a part shows may depend on them and the language alone: no request, no form token, no time of day.
    """
    _tag, name, *rest = token.split_contents()
    given = token_kwargs(rest, parser)
    if rest or name[:1] not in "\"'" or name[:1] != name[-1:]:
        raise template.TemplateSyntaxError("part takes the name of a template in quotes and named values")
    return PartNode(name[1:-1], given)


@lru_cache(maxsize=64)
def _address(name: str) -> str:
    """The address of a static file: it stays the same as long as the process lives."""
    return static(name)


@lru_cache(maxsize=1)
def icon_names() -> frozenset[str]:
    """The names of the sprite's line icons."""
    return frozenset(json.loads((STATIC / "icons.json").read_text(encoding="utf-8")))


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """`{% icon "phone" %}`, `{% icon "close" "icon-20" label="关闭" %}`: hidden from readers unless it has a label."""
    return _icon(str(name), str(css), str(label))


@lru_cache(maxsize=1024)
def _icon(name: str, css: str, label: str) -> SafeString:
    classes = f"icon {css}".strip()
    address = f"{_address('ui/sprite.svg')}#{name if name in icon_names() else 'info'}"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', classes, label, address
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', classes, address)


@register.simple_tag
def shape(tone: str, css: str = "") -> SafeString:
    """`{% shape "doing" %}`: the shape of a state (wait, doing, review, done, late, back, soon)."""
    return _shape(str(tone), str(css))


@lru_cache(maxsize=256)
def _shape(tone: str, css: str) -> SafeString:
    address = f"{_address('ui/sprite.svg')}#shape-{tone}"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', f"shape {css}".strip(), address
    )


@register.simple_tag
def reading(clock: Any, now: datetime, paused: str = "") -> words.Reading:
    """`{% reading clock now as light %}`: tone, words and share used of a clock."""
    return words.reading_of(clock, now, paused)


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: Any) -> str:
    """`{% query_with state="filed" type=None %}`: this page's query with changes; None or "" removes, lists repeat.

    The place in the list (`after`) is dropped unless it is given.
    """
    request = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    query.pop("after", None)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        elif isinstance(value, list | tuple | set):
            query.setlist(name, [str(one) for one in value])
        else:
            query[name] = str(value)
    written = query.urlencode()
    return f"?{written}" if written else "?"


@register.simple_tag
def widget(field: BoundField, css: str = "", **attrs: Any) -> SafeString:
    """`{% widget field %}`: a field's control with our class, its help and errors tied to it.

    Further attributes: `{% widget field inputmode="numeric" hx_get=url %}` (underscores become hyphens).
    """
    told = {name.replace("_", "-"): value for name, value in attrs.items() if value not in (None, "")}
    described = []
    if field.help_text:
        described.append(f"{field.auto_id}_help")
    if field.errors:
        described.append(f"{field.auto_id}_error")
        told["aria-invalid"] = "true"
    if described:
        told["aria-describedby"] = " ".join(described)
    told["class"] = " ".join(
        filter(None, [_class_of(field.field.widget), css, field.field.widget.attrs.get("class", "")])
    )
    return field.as_widget(attrs=told)


def _class_of(control: forms.Widget) -> str:
    if isinstance(control, forms.CheckboxInput | forms.CheckboxSelectMultiple):
        return "checkbox"
    if isinstance(control, forms.RadioSelect):
        return "radio"
    if isinstance(control, forms.Select):
        return "field-select"
    if isinstance(control, forms.Textarea):
        return "field-area"
    return "field-input"


@register.filter
def kind_of(field: BoundField) -> str:
    """How a field is laid out: check, choice (radios), choices (boxes), hidden, file or input."""
    control = field.field.widget
    if isinstance(control, forms.HiddenInput):
        return "hidden"
    if isinstance(control, forms.CheckboxInput):
        return "check"
    if isinstance(control, forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(control, forms.RadioSelect):
        return "choice"
    if isinstance(control, forms.FileInput):
        return "file"
    return "input"


@register.filter
def tone(state: Any) -> str:
    """The tone of a stored state."""
    return words.tone_of(state)


@register.filter
def when(moment: datetime | None, now: datetime | None = None) -> str:
    """今天 14:05 / 10月19日 15:42 / 2025年10月19日 15:42."""
    return words.when_words(moment, now or timezone.now()) if moment else ""


@register.filter
def clock(moment: datetime | None) -> str:
    """14:05."""
    return words.clock_words(moment) if moment else ""


@register.filter
def day(moment: datetime | None, now: datetime | None = None) -> str:
    """10月19日 / 2025年10月19日."""
    return words.date_words(moment, now or timezone.now()) if moment else ""


@register.filter
def weekday(moment: datetime | None) -> str:
    """周二."""
    return words.weekday_words(moment) if moment else ""


@register.filter
def due_words(due: datetime | None, now: datetime | None = None) -> str:
    """明天 09:05 / 下周一（6月15日）09:05."""
    return words.due_words(due, now or timezone.now()) if due else ""


@register.filter
def deadline_words(due: datetime | None, now: datetime | None = None) -> str:
    """最晚明天 09:05."""
    return words.deadline_words(due, now or timezone.now()) if due else ""


@register.filter
def span_words(span: timedelta | float | None, form: str = "") -> str:
    """1时05分; with "long": 1 小时 5 分钟."""
    return words.span_words(span, long=form == "long") if span is not None else ""


@register.filter
def since(moment: datetime | None, now: datetime) -> timedelta:
    """The span from a moment to now: `{{ due|since:now|span_words }}`."""
    return now - moment if moment else timedelta()


@register.filter
def mask(value: str | None) -> str:
    """刘** / 1**-****-0012."""
    return words.mask_words(value or "")


@register.filter
def isolate(value: Any) -> SafeString:
    """A stranger's words in <bdi>, escaped, direction marks made visible."""
    return words.isolated(value)


@register.filter
def code_words(code: Any) -> str:
    """A tracking code in groups of four: 4826 1730 9527."""
    text = str(code or "")
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


@register.filter
def first_errors(form: forms.BaseForm) -> list[tuple[str, str]]:
    """(id of the control, sentence) for each field with an error, then those of the whole form."""
    found = [(form[name].id_for_label or form[name].auto_id, str(lines[0])) for name, lines in _field_errors(form)]
    return found + [("", str(line)) for line in form.non_field_errors()]


def _field_errors(form: forms.BaseForm) -> Iterable[tuple[str, Any]]:
    return ((name, lines) for name, lines in form.errors.items() if name in form.fields)
