"""Forms of emergency mode. Hazards and events have a kind, words and a place: no field is about a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from huying.cases.rules.emergencies import KINDS, Hazard
from huying.kernel.ids import uuid7
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, TextField
from huying.matters.rules.seasons import Alert
from huying.people.rules import Post

MOMENT = {"type": "datetime-local"}


class DeclareForm(forms.Form):
    """Put an area into emergency mode."""

    season = forms.ChoiceField(
        label=_("哪种险情"), choices=[(one.value, one.label) for one in KINDS], widget=forms.Select
    )
    alert = forms.ChoiceField(label=_("等级"), choices=Alert.choices, widget=forms.Select)
    area_code = forms.ChoiceField(label=_("在哪里"), widget=forms.Select)
    reason = TextField(label=_("为什么"), limit=LINE_LIMIT, line=True, error_messages={"required": _("请写明为什么。")})
    drill = forms.BooleanField(label=_("这是演练"), required=False)

    def __init__(self, *args: Any, areas: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["area_code"].choices = areas  # type: ignore[attr-defined]


class HazardForm(forms.Form):
    """Report a hazard or an event."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    hazard = forms.ChoiceField(label=_("是哪种险情"), choices=Hazard.choices, widget=forms.Select)
    words = TextField(
        label=_("险情怎么样"), limit=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("只写险情和地点，不写谁的名字、车牌。"), error_messages={"required": _("请写几句话，说说险情。")},
    )  # fmt: skip
    grid_code = forms.ChoiceField(label=_("在哪个社区或网格"), required=False, widget=forms.Select)
    place_words = TextField(label=_("具体地点"), limit=200, line=True, required=False)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **options: Any) -> None:
        options.setdefault("initial", {"key": uuid7()})
        super().__init__(*args, **options)
        self.fields["grid_code"].choices = [("", _("还说不准")), *places]  # type: ignore[attr-defined]

    def own_key(self) -> UUID:
        found: UUID = self.cleaned_data["key"]
        return found


class ShiftForm(forms.Form):
    """Who is on duty: a post of a unit."""

    area_code = forms.ChoiceField(label=_("在哪里"), widget=forms.Select)
    unit_id = forms.ChoiceField(label=_("单位"), widget=forms.Select)
    post = forms.ChoiceField(label=_("岗位"), choices=Post.choices, widget=forms.Select)
    begins_at = forms.DateTimeField(label=_("从"), widget=forms.DateTimeInput(attrs=MOMENT))
    ends_at = forms.DateTimeField(label=_("到"), widget=forms.DateTimeInput(attrs=MOMENT))

    def __init__(self, *args: Any, areas: list[tuple[str, str]], units: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["area_code"].choices = areas  # type: ignore[attr-defined]
        self.fields["unit_id"].choices = units  # type: ignore[attr-defined]
