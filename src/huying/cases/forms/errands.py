"""Forms of errands: handing a task to somebody outside, and what the handler does with it afterwards."""

from __future__ import annotations

from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms

from huying.cases.forms.base import Subject, line_field, select_field, words_field
from huying.cases.rules.errands import FIRM_LIMIT, PLACE_LIMIT, TERMS, WORDS_LIMIT, ErrandVerb
from huying.clocks.rules import Limit
from huying.kernel.ids import uuid7
from huying.kernel.terms import Label, _
from huying.kernel.text import TextField


def _terms() -> list[tuple[str, str]]:
    return [(one, Limit.parse(one).words()) for one in TERMS]


def _phone_field() -> TextField:
    return line_field(
        _("对方手机号"), limit=20, required=False, help_text=_("填了就用短信把码发过去，号码不保存。不填就当面给。")
    )


class SendErrandForm(forms.Form):
    """What an outsider sees: these words, this place and the photos that are ticked. Nothing of the caller."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    firm = line_field(_("交给谁"), limit=FIRM_LIMIT, missing=_("请写单位或店铺的名字。"))
    words = words_field(
        _("要做什么"), limit=WORDS_LIMIT, missing=_("请写要做什么。"),
        help_text=_("对方只看得到您写的这些。不写诉求人的姓名、电话和住址。"),
    )  # fmt: skip
    place = line_field(_("在哪里"), limit=PLACE_LIMIT, missing=_("请写在哪里。"))
    photo_ids = forms.MultipleChoiceField(
        label=cast(str, _("给对方看的照片")), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=cast(str, _("有人脸、车牌或家里的，先遮挡再选。")),
    )  # fmt: skip
    term = select_field(_("链接用多久"), missing=_("请选链接用多久。"))
    phone = _phone_field()

    def __init__(self, *args: Any, subject: Subject, photos: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["key"].initial = uuid7
        fields["photo_ids"].choices = photos
        fields["term"].choices = _terms()
        fields["term"].initial = "3d"
        if not photos:
            del fields["photo_ids"]
        self.initial.setdefault("place", subject.case.place_words)

    def arguments(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["photo_ids"] = [UUID(one) for one in given.get("photo_ids", [])]
        return given


class ErrandMoveForm(forms.Form):
    """A move that asks nothing."""

    verb: ClassVar[ErrandVerb]
    done: ClassVar[Label]
    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid7)


class ConfirmForm(ErrandMoveForm):
    verb, done = ErrandVerb.CONFIRM, _("已确认。")


class RevokeForm(ErrandMoveForm):
    verb, done = ErrandVerb.REVOKE, _("收回了，链接不能再用。")


class RenewForm(ErrandMoveForm):
    verb, done = ErrandVerb.RENEW, _("换了新链接，原来的不能再用。")
    term = select_field(_("链接用多久"), missing=_("请选链接用多久。"))
    phone = _phone_field()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["term"].choices, fields["term"].initial = _terms(), "3d"


class ReplyForm(ErrandMoveForm):
    verb, done = ErrandVerb.REPLY, _("回复了。")
    words = words_field(_("回复"), limit=WORDS_LIMIT, missing=_("请写回复。"))


class SendBackForm(ErrandMoveForm):
    verb, done = ErrandVerb.SEND_BACK, _("请对方再做了。")
    words = words_field(_("还差什么"), limit=WORDS_LIMIT, missing=_("请写还差什么。"))


ERRAND_MOVES: dict[str, type[ErrandMoveForm]] = {
    "reply": ReplyForm, "confirm": ConfirmForm, "send_back": SendBackForm, "renew": RenewForm, "revoke": RevokeForm,
}  # fmt: skip
