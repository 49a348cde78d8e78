"""Forms of the calendar."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django import forms

from huying.clocks.rules import DayKind
from huying.kernel.terms import _
from huying.kernel.text import TextField, problem_of

_LINE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:\s*(?:到|至|~|－|–|—)\s*(\d{4}-\d{2}-\d{2}))?\s+(放假|上班)(?:\s+(\S{1,40}))?"
)
_SPAN = re.compile(r"(\d{1,2}):([0-5]\d)\s*[-–—到至]\s*(\d{1,2}):([0-5]\d)")


class PublishForm(forms.Form):
    """A year's notice, one line a holiday: `2027-01-01 到 2027-01-03 放假 元旦`. Empty: the shipped table."""

    days = TextField(
        label=_("放假通知"),
        required=False,
        limit=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "每行一条，例如：2027-01-01 到 2027-01-03 放假 元旦；2027-01-10 上班 元旦。系统已有这一年的安排时可以不填。"
        ),
    )

    def clean_days(self) -> list[tuple[date, DayKind, str]] | None:
        found: dict[date, tuple[date, DayKind, str]] = {}
        for number, line in enumerate(self.cleaned_data["days"].splitlines(), start=1):
            if not line.strip():
                continue
            for special in _specials(line, number):
                if special[0] in found:
                    raise forms.ValidationError(
                        _("第 %(row)s 行的 %(day)s 写了两次。"), params={"row": number, "day": special[0].isoformat()}
                    )
                found[special[0]] = special
        return sorted(found.values(), key=lambda special: special[0]) or None


def _specials(line: str, number: int) -> list[tuple[date, DayKind, str]]:
    wrong = forms.ValidationError(_("第 %(row)s 行读不懂。请照例子写。"), params={"row": number})
    read = _LINE.fullmatch(line.strip())
    if read is None:
        raise wrong
    try:
        first = date.fromisoformat(read[1])
        last = date.fromisoformat(read[2]) if read[2] else first
    except ValueError:
        raise wrong from None
    name = read[4] or ""
    if not 0 <= (last - first).days <= 31 or problem_of(name, limit=40, name=True) is not None:
        raise wrong
    kind = DayKind.HOLIDAY if read[3] == "放假" else DayKind.WORKED
    return [(first + timedelta(days=n), kind, name) for n in range((last - first).days + 1)]


class HoursForm(forms.Form):
    """Working hours from a day on: `08:30-12:00 14:00-17:30`."""

    valid_from = forms.DateField(
        label=_("从哪天起"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": _("请选日期。"), "invalid": _("日期写不对。请写成 2026-01-01 这样。")},
    )
    spans = TextField(
        label=_("工作时段"),
        line=True,
        limit=100,
        help_text=_("例如：08:30-12:00 14:00-17:30"),
        error_messages={"required": _("请写时段。")},
    )

    def clean_spans(self) -> list[tuple[int, int]]:
        text: str = self.cleaned_data["spans"]
        found: list[Any] = _SPAN.findall(text)
        if not found or re.sub(r"[\s，,、;；]", "", _SPAN.sub("", text)):
            raise forms.ValidationError(_("时段读不懂。请照例子写。"))
        return [(int(a) * 60 + int(b), int(c) * 60 + int(d)) for a, b, c, d in found]
