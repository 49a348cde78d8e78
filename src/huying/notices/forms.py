"""Forms of notices' pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from huying.clocks.rules import Basis
from huying.kernel.ids import uuid7
from huying.kernel.terms import Label, _
from huying.kernel.text import TextField
from huying.notices.actions.public import TEXT_LIMIT, WORDS_LIMIT, Paper
from huying.notices.models import Preference, PublicNotice
from huying.notices.rules import (
    BODY_LIMIT,
    CHOICES_OF_TIMES,
    DIGEST_TIMES,
    KINDS,
    LONGEST_TERM,
    OUTSIDE,
    SHORTEST_TERM,
    TITLE_LIMIT,
    Audience,
    Channel,
    Group,
    Kind,
    PublicKind,
)

CHOOSABLE = [one for one in KINDS.values() if one.audience == Audience.STAFF and not one.fixed]


def clock_of(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _time_field(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )  # fmt: skip


_CLOCK_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


class PreferenceForm(forms.Form):
    """How a person wants to hear: one row of boxes for each kind that can be chosen."""

    quiet_from = _time_field(_("免打扰开始"))
    quiet_until = _time_field(_("免打扰结束"))
    digest = forms.TypedChoiceField(
        label=_("外部消息怎么发"), choices=[("no", _("一条一条发")), ("yes", _("定时汇总发一次"))],
        coerce=lambda value: value == "yes", widget=forms.RadioSelect,
    )  # fmt: skip
    digest_times = forms.TypedMultipleChoiceField(
        label=_("汇总时间"), choices=[(str(one), clock_of(one)) for one in CHOICES_OF_TIMES], coerce=int,
        required=False, widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("可以选几个时间。电脑上按住 Ctrl 选多个。"),
    )  # fmt: skip

    def __init__(self, *args: Any, preference: Preference, **options: Any) -> None:
        times = preference.digest_times or list(DIGEST_TIMES)
        options.setdefault(
            "initial",
            {
                "quiet_from": preference.quiet_from,
                "quiet_until": preference.quiet_until,
                "digest": "yes" if preference.digest else "no",
                "digest_times": [str(one) for one in times],
                **{one.code: self._chosen(preference, one) for one in CHOOSABLE},
            },
        )
        super().__init__(*args, **options)
        for one in CHOOSABLE:
            self.fields[one.code] = forms.MultipleChoiceField(
                label=str(one.label), choices=[(str(channel), channel.label) for channel in OUTSIDE], required=False,
                widget=forms.CheckboxSelectMultiple,
            )  # fmt: skip

    @staticmethod
    def _chosen(preference: Preference, kind: Kind) -> list[str]:
        chosen = preference.channels.get(kind.code)
        return list(chosen) if chosen is not None else [str(one) for one in kind.channels if one in OUTSIDE]

    @property
    def groups(self) -> list[tuple[Label, list[tuple[Label, forms.BoundField]]]]:
        """The boxes as the page shows them, group by group."""
        found: dict[Group, list[tuple[Label, forms.BoundField]]] = {}
        for one in CHOOSABLE:
            found.setdefault(one.group, []).append((one.label, self[one.code]))
        return [(group.label, rows) for group, rows in found.items()]

    def channels(self) -> dict[str, Iterable[str]]:
        return {one.code: self.cleaned_data[one.code] for one in CHOOSABLE}


class AddressForm(forms.Form):
    channel = forms.ChoiceField(choices=[(str(one), one.label) for one in OUTSIDE], widget=forms.HiddenInput)
    value = TextField(label=_("地址"), limit=120, line=True)


class CodeForm(forms.Form):
    channel = forms.ChoiceField(choices=[(str(one), one.label) for one in OUTSIDE], widget=forms.HiddenInput)
    code = TextField(label=_("收到的验证码"), limit=12, line=True)


class WordingForm(forms.Form):
    """The words of one kind in one channel and language."""

    title = TextField(label=_("标题"), limit=TITLE_LIMIT, line=True)
    body = TextField(label=_("内容"), limit=BODY_LIMIT, widget=forms.Textarea(attrs={"rows": 4}))


class ApproveForm(forms.Form):
    in_force_from = forms.DateTimeField(
        label=_("从什么时候起用"), required=False, help_text=_("不写就马上用。"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )  # fmt: skip


class WordsForm(forms.Form):
    """A reason, an answer, a result."""

    words = TextField(label=_("原因"), limit=WORDS_LIMIT, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: Label = "", **options: Any) -> None:
        super().__init__(*args, **options)
        if label:
            self.fields["words"].label = str(label)


class PaperForm(forms.Form):
    """What a public notice says. `key` becomes the id of a new one, so that a form sent twice makes one paper."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=_("种类"), choices=PublicKind.choices)
    title = TextField(label=_("标题"), limit=TITLE_LIMIT, line=True)
    issued_by = TextField(label=_("谁公示"), limit=60, line=True, help_text=_("印在公示下面的单位名称。"))
    area_code = forms.ChoiceField(label=_("公示范围"))
    place_words = TextField(
        label=_("张贴地点"), limit=200, line=True, required=False, help_text=_("如居委会公告栏。")
    )  # fmt: skip
    days = forms.IntegerField(label=_("公示几天"), min_value=SHORTEST_TERM, max_value=LONGEST_TERM)
    basis = forms.ChoiceField(
        label=_("天数怎么算"),
        choices=[(Basis.PLAIN.value, _("自然日")), (Basis.WORKING.value, _("工作日"))],
        widget=forms.RadioSelect,
    )
    takes_objections = forms.BooleanField(label=_("公示期间可以提异议"), required=False)
    body = TextField(label=_("正文"), limit=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 12}))

    def __init__(self, *args: Any, areas: list[tuple[str, str]], paper: PublicNotice | None = None, **options: Any):
        if paper is not None:
            options.setdefault("initial", {name: getattr(paper, name) for name in self.base_fields if name != "key"})
        else:
            options.setdefault(
                "initial", {"key": uuid7(), "days": 15, "basis": Basis.PLAIN.value, "takes_objections": True}
            )
        super().__init__(*args, **options)
        field = self.fields["area_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = areas

    def paper(self) -> Paper:
        given = self.cleaned_data
        return Paper(**{name: given[name] for name in self.base_fields if name != "key"})


class DigestForm(forms.Form):
    """Times of the day: `08:30 14:00`."""

    area_code = forms.ChoiceField(label=_("哪里"), widget=forms.Select)
    times = TextField(
        label=_("每天几点"), limit=60, line=True, required=False,
        help_text=_("例如：08:30 14:00。不填就不汇总，一件一件提醒。"),
    )  # fmt: skip

    def __init__(self, *args: Any, areas: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["area_code"].choices = areas  # type: ignore[attr-defined]

    def clean_times(self) -> list[int]:
        text: str = self.cleaned_data["times"]
        found = _CLOCK_TIME.findall(text)
        if _CLOCK_TIME.sub("", text).strip(" ，,、;；"):
            raise forms.ValidationError(_("时间读不懂。请写成 08:30 14:00 这样。"))
        return [int(hours) * 60 + int(minutes) for hours, minutes in found]


class ObjectionForm(forms.Form):
    """What somebody objects; no name is asked."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    words = TextField(
        label=_("您的意见"), limit=WORDS_LIMIT, widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("请写您的意见。")},
    )  # fmt: skip

    def form_key(self) -> UUID:
        found: UUID = self.cleaned_data["key"]
        return found


def channel_label(channel: str) -> Label:
    return Channel(channel).label
