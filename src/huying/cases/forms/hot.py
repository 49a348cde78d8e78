"""Forms of what a clerk says of a hot issue: a name of its own, and another issue that is about the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from huying.cases.rules.hot import MOST_WORDS
from huying.kernel.ids import uuid7
from huying.kernel.terms import _
from huying.kernel.text import TextField


class HotForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid7)

    def __init__(self, *args: Any, **options: Any) -> None:
        options["auto_id"] = f"{type(self).__name__}_%s"  # several forms stand on one page
        super().__init__(*args, **options)


class ThingForm(HotForm):
    """What one button says of a call or of an issue."""

    thing = forms.UUIDField()


class NameForm(HotForm):
    words = TextField(
        label=_("名称"), limit=MOST_WORDS, name=True, required=False,
        help_text=_("写什么事、在哪一带，不写人名、电话、门牌。清空就还用来电里的话。"),
        widget=forms.TextInput(attrs={"maxlength": MOST_WORDS, "autocomplete": "off"}),
    )  # fmt: skip


class JoinForm(HotForm):
    """A choice of issues; any other is for the action to refuse, also one that the same form has joined before."""

    thing = forms.UUIDField(
        label=_("把哪一个并进来"), widget=forms.Select,
        error_messages={"required": _("请选一个。"), "invalid": _("请选一个。")},
    )  # fmt: skip

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        widget = self.fields["thing"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = [("", _("请选一个")), *choices]
