"""Forms of residents' pages. Whatever is wrong with one, it comes back with all that was typed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from huying.cases.queries.suggesting import types_for
from huying.cases.rules import ReplyBy, Satisfaction
from huying.cases.rules.triage import LEAST_OFFERED
from huying.files.forms import HoldsImages, ImagesField, ImagesInput, PapersField, VoiceField
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid
from huying.kernel.terms import Label, _
from huying.kernel.text import LINE_LIMIT, NAME_LIMIT, WORDS_LIMIT, TextField
from huying.matters import queries as matters
from huying.matters.queries import Suggestion
from huying.people.phones import clean_phone
from huying.places import queries as places
from huying.places.rules import in_range
from huying.portal.rules import MOST_PAPERS, MOST_PHOTOS, UNSURE, phone_problem

SAID_LIMIT = 2000  # what closing's actions take from a reporter


class PhotoTiles(ImagesInput):
    """The photos of the last try as tiles, then the field."""

    template_name = "portal/_photo_tiles.html"

    def tiles(self, name: str) -> list[dict[str, Any]]:
        """The held photos as the page shows them, each with the field that keeps it."""
        held: list[dict[str, Any]] = self.get_context(name, None, None)["held"]
        return [{**one, "name": f"{name}_held"} for one in held]


class WithPhotos(HoldsImages):
    """A form with the field `photos`: the photos that the session holds for it."""

    @property
    def tiles(self) -> PhotoTiles:
        widget = self.fields["photos"].widget
        assert isinstance(widget, PhotoTiles)
        return widget

    @property
    def tokens(self) -> list[str]:
        return list(self.tiles.held)

    def tokens_of(self, name: str) -> list[str]:
        """The held files of another field."""
        return list(getattr(self.fields[name].widget, "held", {}))

    @property
    def held(self) -> list[dict[str, Any]]:
        return self.tiles.tiles("photos")


def photos_field() -> ImagesField:
    return ImagesField(label=_("照片"), most=MOST_PHOTOS, widget=PhotoTiles())


def papers_field() -> PapersField:
    return PapersField(
        label=_("PDF 文件"), pdf_alone=True, most=MOST_PAPERS, help_text=_("比如通知、合同、证明。别带密码。")
    )


def words_field(label: Label, *, required: Label = "", limit: int = WORDS_LIMIT, rows: int = 4) -> TextField:
    return TextField(
        label=label,
        limit=limit,
        required=bool(required),
        error_messages={"required": required},
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def likely_types(words: str, street: str) -> list[Suggestion]:
    """What the words point to among the types a resident may choose, at most three; far guesses are left out."""
    found = types_for(words, street, top=5).types
    return [one for one in found if one.type.public and one.score >= LEAST_OFFERED][:3]


def kind_choices(words: str, street: str) -> list[tuple[str, Label]]:
    """The likely types, and "cannot say"."""
    found = [(one.type.code, one.type.name) for one in likely_types(words, street)]
    return [*found, (UNSURE, _("说不准，请工作人员看"))]


class WhatForm(WithPhotos, forms.Form):
    """What it is: photos and words. The type beside them is read by `chosen_kind`."""

    photos = photos_field()
    words = words_field(_("说说情况"), required=_("请写几句话，说说是什么事。"), rows=5)
    papers = papers_field()
    voice = VoiceField(
        label=_("录一段话"), help_text=_("只给办理的人听，不做任何识别和分析，办结后保存的时间比文字短。")
    )
    voice_agreed = forms.BooleanField(
        label=_("录的是我自己的话，同意给办理的人听"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "checkbox", "data-no-draft": "1"}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("voice") and not given.get("voice_agreed"):
            self.add_error("voice_agreed", _("交录音要您同意。请勾上，或者去掉录音。"))
        return given


def chosen_kind(code: str) -> str:
    """The type a resident chose, or UNSURE; one that is none or not theirs to choose is as good as not chosen."""
    kind = matters.type_of(code) if code.isascii() and len(code) <= 8 else None
    return code if code == UNSURE or (kind is not None and kind.public and kind.active) else ""


class KindForm(forms.Form):
    """Is it one of these? One may say that one cannot tell."""

    kind = forms.ChoiceField(
        label=_("是不是这类事情？"),
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一个，说不准也可以。"), "invalid_choice": _("请从这几个里选一个。")},
    )

    def __init__(self, *args: Any, words: str, street: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].choices = kind_choices(words, street)  # type: ignore[attr-defined]


class WhereForm(forms.Form):
    """Where it is: a point, a grid by name, an estate, words; or "not sure"."""

    TOLD = ("estate", "place_words")  # they go on as one line

    lng = forms.FloatField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    grid = forms.ChoiceField(
        label=_("在哪个网格"),
        required=False,
        error_messages={"invalid_choice": _("没有这个网格。请重新选。")},
    )
    said_place = forms.ChoiceField(
        label=_("是在这里吗？"),
        required=False,
        error_messages={"invalid_choice": _("没有这个网格。请重新选。")},
    )
    estate = TextField(
        label=_("哪个小区"),
        limit=NAME_LIMIT,
        line=True,
        required=False,
        widget=forms.TextInput(attrs={"list": "estates", "autocomplete": "off"}),
    )
    place_words = TextField(label=_("怎么找到"), limit=LINE_LIMIT, line=True, required=False)
    unsure = forms.BooleanField(label=_("说不准在哪里，请工作人员来核对"), required=False)

    def __init__(self, *args: Any, street: str, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = grid_choices(street)
        for name in ("grid", "said_place"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        # What the words said and the person took counts where nothing else says it.
        given["grid"] = given.get("grid") or ("" if given.get("unsure") else given.get("said_place", ""))
        lng, lat = given.get("lng"), given.get("lat")
        if "lng" in self.errors or "lat" in self.errors or (lng is None) != (lat is None):
            for name in ("lng", "lat"):
                self.errors.pop(name, None)
            self.add_error(None, _("地图上的点没有读懂。请再点一次，或用文字写。"))
        elif lng is not None and lat is not None and not in_range(lng, lat):
            self.add_error(None, _("地图上的点没有读懂。请再点一次，或用文字写。"))
        elif not self.errors and lng is None and not any(given[one] for one in ("grid", *self.TOLD, "unsure")):
            self.add_error("place_words", _("请在地图上点一下，或写几句怎么找到。说不准就勾“说不准”。"))
        if sum(len(given.get(one, "")) for one in self.TOLD) >= LINE_LIMIT and given.get("estate"):
            self.add_error("place_words", _("小区名和怎么找到合起来太长了。请写短一点。"))
        return given


def grid_choices(street: str) -> list[tuple[str, Any]]:
    """Communities with their grids, for a list; a community can be chosen whole."""
    names = places.names_within(street)
    choices: list[tuple[str, Any]] = [("", _("不选"))]
    for code in sorted(names):
        if len(code) == 12:
            grids = [(one, names[one]) for one in sorted(names) if len(one) == 15 and one.startswith(code)]
            choices.append((names[code], [(code, _("%(name)s，哪个网格说不准") % {"name": names[code]}), *grids]))
    return choices


class CheckForm(forms.Form):
    """The last look: a phone if one likes, how to hear of it, and whether it concerns the staff."""

    phone = TextField(label=_("手机号"), required=False, limit=40, line=True)
    name = TextField(label=_("怎么称呼您"), limit=NAME_LIMIT, name=True, required=False)
    reply_by = forms.ChoiceField(
        label=_("想怎样收到答复"),
        choices=[
            (ReplyBy.PAGE, _("自己查")),
            (ReplyBy.PHONE, _("电话")),
            (ReplyBy.NONE, _("不用回复")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("请选想怎样收到答复。"),
            "invalid_choice": _("请从这三种里选一种。"),
        },
    )
    consent = forms.BooleanField(required=False)
    about_staff = forms.BooleanField(label=_("这件事和街道或社区的工作人员有关"), required=False)

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"]
        if self.data.get("without"):
            return ""
        problem = phone_problem(typed)
        if problem is not None:
            raise forms.ValidationError(str(problem))
        try:
            return clean_phone(typed)
        except Invalid as why:
            raise forms.ValidationError(str(why)) from why

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.data.get("without"):
            self.errors.pop("phone", None)
            self.errors.pop("name", None)
            given |= {"phone": "", "name": ""}
            if given.get("reply_by") == ReplyBy.PHONE:
                given["reply_by"] = ReplyBy.PAGE
            return given
        leaves = bool(self.data.get("phone", "").strip() or self.data.get("name", "").strip())
        if leaves and not given.get("consent"):
            self.add_error("consent", _("留了电话或称呼，要您同意才能保存和联系。"))
        if given.get("reply_by") == ReplyBy.PHONE and not self.data.get("phone", "").strip():
            self.add_error("phone", _("想接电话，请写手机号。"))
        return given


class KeyForm(forms.Form):
    """A form whose sending is idempotent by a key made with the page."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": "", "invalid": ""})

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if "key" in self.errors:
            del self.errors["key"]
            self.add_error(None, _("这一页放得太久了。请再点一次提交。"))
        return given

    def form_key(self) -> UUID:
        key: UUID = self.cleaned_data["key"]
        return key


class AddForm(WithPhotos, KeyForm):
    """More words or photos."""

    photos = photos_field()
    words = words_field(_("补充几句"))
    papers = papers_field()

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors and not any(given.get(name) for name in ("words", "photos", "papers")):
            self.add_error("words", _("请写几句，或加一张照片。"))
        return given


class ReasonForm(KeyForm):
    """Why: for opening again and for objecting."""

    reason = words_field(_("怎么回事"), required=_("请写几句，说说怎么回事。"), limit=SAID_LIMIT)


SOLVED: list[tuple[str, Label]] = [
    ("yes", _("解决了")),
    ("partly", _("解决了一部分")),
    ("no", _("没解决")),
]


class RateForm(KeyForm):
    """Solved first, satisfied second; what is not solved is said in words."""

    solved = forms.ChoiceField(
        label=_("解决了吗？"),
        choices=SOLVED,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("请先选解决了没有。"),
            "invalid_choice": _("请从这三个里选一个。"),
        },
    )
    words = words_field(_("哪里没解决"), limit=SAID_LIMIT)
    satisfaction = forms.ChoiceField(
        label=_("满意吗？"),
        required=False,
        choices=Satisfaction.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("请从这三个里选一个。")},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("solved") in ("partly", "no") and not given.get("words") and "words" not in self.errors:
            self.add_error("words", _("请写哪里没解决，好接着办。"))
        return given


class CodeForm(forms.Form):
    """The twelve digits, however they are spaced."""

    code = TextField(label=_("输入查询码"), limit=60, line=True, error_messages={"required": _("请输入 12 位查询码。")})

    def clean_code(self) -> str:
        typed: str = self.cleaned_data["code"]
        digits = "".join(str(int(one)) for one in typed if one.isdecimal())
        if len(digits) < 12:
            raise forms.ValidationError(str(_("少了 %(count)s 位，查询码是 12 位数字。") % {"count": 12 - len(digits)}))
        if len(digits) > 12:
            raise forms.ValidationError(str(_("多了 %(count)s 位，查询码是 12 位数字。") % {"count": len(digits) - 12}))
        return digits


class AnswerForm(forms.Form):
    """The sixteen signs of a message that calls somebody, however they are spaced."""

    code = TextField(label=_("应答码"), limit=60, line=True, error_messages={"required": _("请输入短信里的应答码。")})

    def clean_code(self) -> str:
        typed: str = self.cleaned_data["code"]
        return "".join(one for one in typed.upper() if one.isascii() and one.isalnum())


class ErrandCodeForm(CodeForm):
    """The digits of a task that was handed to somebody outside."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].label = str(_("输入任务码"))


class TaskForm(forms.Form):
    """What somebody outside sends about a task: sent twice it is said once."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid7)


class TaskAcceptForm(TaskForm):
    """Taken on: on which day it is done."""

    planned_on = forms.DateField(
        label=_("哪天做"), widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": _("请选哪天做。"), "invalid": _("请选哪天做。")},
    )  # fmt: skip


class TaskWhyForm(TaskForm):
    words = TextField(
        label=_("为什么做不了"), limit=1000, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000}),
        error_messages={"required": _("请写明原因。")},
    )  # fmt: skip


class TaskDialForm(forms.Form):
    """The own number of somebody outside: rung first, and forgotten once the call was asked for."""

    phone = forms.CharField(
        label=_("您的手机号"), max_length=20, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
        help_text=_("先响这个号码，接起来就接通反映的人。拨完不留。"),
        error_messages={"required": _("请写 11 位手机号。")},
    )  # fmt: skip


class TaskSayForm(HoldsImages, TaskForm):
    """Words, photos, or both."""

    words = TextField(
        label=_("想说的话"), limit=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000}),
    )  # fmt: skip
    images = ImagesField(label=_("照片"))
