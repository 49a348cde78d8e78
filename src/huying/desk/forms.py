"""What the desk's pages take in: filters of the list, one-form dispatch, calls taken for others, matters settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BoundField
from django.utils import timezone

from huying.cases.queries import emergencies, maps
from huying.cases.queries.lists import FLAGS, NO_MATTER, Wanted
from huying.cases.queries.said import estates_of, first_place_of, line_of
from huying.cases.queries.suggesting import types_for
from huying.cases.rules import Channel, ReplyBy, State
from huying.cases.rules.masking import without_reach
from huying.cases.rules.triage import LEAST_OFFERED, LOW
from huying.desk.chat import MOST_CHARACTERS, MOST_DRAFTS
from huying.desk.chat import Draft as ChatDraft
from huying.desk.rules import (
    FILTER_PARTS,
    MOST_TOGETHER,
    NAME_LIMIT,
    OF_THE_LIST,
    USUAL_COLUMNS,
    WORDS_LIMIT,
    BatchAct,
    ExportColumn,
    ExportFormat,
    ExportPurpose,
)
from huying.files.forms import HoldsImages, ImagesField, PapersField, VoiceField
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.terms import Label, _
from huying.kernel.text import TextField
from huying.matters import queries as matters
from huying.matters.rules import Grade
from huying.people.models import Organisation
from huying.people.rules import Duty, plain_phone
from huying.places import queries as places
from huying.places.rules import community_of, is_code

# The list of cases

STATES: list[tuple[str, Label]] = [
    ("open", _("未办结")), ("ended", _("已结束")), ("all", _("全部")), *((str(one), one.label) for one in State),
]  # fmt: skip
LIGHTS: list[tuple[str, Label]] = [
    ("red", _("已超时")), ("yellow", _("快到期")), ("green", _("时间够")), ("still", _("停表")),
]  # fmt: skip
TIMES: list[tuple[str, Label]] = [("1", _("今天")), ("7", _("近 7 天")), ("30", _("近 30 天")), ("90", _("近 90 天"))]
MARKS: list[tuple[str, Label]] = [
    ("danger", _("有危险")), ("returned_twice", _("两次退回")), ("again", _("多轮办理")), ("nudged", _("催办过")),
    ("whistled", _("吹过哨")), ("upper", _("等上级答复")), ("sent_up", _("已报上级")),
    ("unplaced", _("未定位置")), ("outside", _("在辖区外")), ("sampled", _("抽中复查")), ("linked", _("接着另一件")),
    ("held", _("挂账")), ("supervised", _("督办中")), ("waiting", _("等诉求人补充")),
    ("excluded", _("不计入考核")),
    ("restricted", _("保密或回避")), ("unrestricted", _("不含保密、回避和演练")),
    ("drill", _("演练")),
]  # fmt: skip
assert {name for name, _label in MARKS} == {*FLAGS, "returned_twice"}


def _choice(choices: list[tuple[str, Label]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=lambda: choices,  # a function is not copied with each form, as every label would be
        required=False,
        error_messages={"invalid_choice": _("没有这个筛选条件。请重新选。")},
    )


def _day() -> forms.DateField:
    """A day that may be left out; one so far off that no day lies before or after it is no day of ours."""
    wrong = _("日期写不对。请写成 2026-01-01 这样。")
    bounds: list[Any] = [MinValueValidator(date(1900, 1, 1), wrong), MaxValueValidator(date(2999, 12, 31), wrong)]
    return forms.DateField(required=False, validators=bounds, error_messages={"invalid": wrong})


class ListForm(forms.Form):
    """The filters in the address of the list; every part may be missing."""

    q = TextField(limit=200, line=True, required=False)
    state = _choice(STATES)
    area = forms.CharField(required=False, max_length=24)
    here = forms.BooleanField(required=False)
    matter = forms.RegexField(rf"^(\d\d|\d{{4}}|{NO_MATTER})$", required=False)
    unit = forms.UUIDField(required=False)
    light = _choice(LIGHTS)
    days = _choice(TIMES)
    since = _day()
    until = _day()
    channel = _choice([(str(one), one.label) for one in Channel])
    flag = _choice(MARKS)
    red_today = forms.BooleanField(required=False)

    def clean_area(self) -> str:
        code = str(self.cleaned_data["area"])
        if code and not is_code(code):
            raise forms.ValidationError(_("没有这个区域。请重新选。"))
        return code

    def wanted(self, now: datetime) -> Wanted:
        """The filter that the address asks for; words without a state are sought among all."""
        data = self.cleaned_data
        day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        since = _starts(data["since"])
        if since is None and data["days"]:
            since = day - timedelta(days=int(data["days"]) - 1)
        until = _starts(data["until"])
        return Wanted(
            state=data["state"] or ("all" if data["q"] else "open"),
            area_code=data["area"],
            here=data["here"] and bool(data["area"]),
            matter=data["matter"],
            unit_id=data["unit"],
            light=data["light"],
            since=since,
            until=until + timedelta(days=1) if until is not None else None,
            red_before=day + timedelta(days=1) if data["red_today"] else None,
            channel=data["channel"],
            flag=data["flag"],
            words=data["q"],
        )


assert set(ListForm.base_fields) == FILTER_PARTS


class BoxForm(ListForm):
    """The same filters for a part of the map."""

    limit = forms.IntegerField(required=False, min_value=1, max_value=maps.MOST)


def _starts(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


# Places to choose by name

Choices = list[Any]


def grid_choices(codes: tuple[str, ...], *, whole: bool = True) -> Choices:
    """Grids by community within these areas; with `whole`, also the community itself. No statement when warm."""
    groups: dict[str, list[tuple[str, Label]]] = {}
    names: dict[str, str] = {}
    for code in codes:
        inside = places.names_within(code)
        names |= inside
        for one in inside:
            community = community_of(one)
            if not community or len(one) > 15 or (len(one) == 12 and not whole):
                continue
            groups.setdefault(community, []).append((one, _("整个社区") if one == community else inside[one]))
    found: Choices = [("", _("请选网格"))]
    found.extend((names.get(code) or places.own_name_of(code), rows) for code, rows in sorted(groups.items()))
    return found


def type_choices(*, small: bool = False) -> Choices:
    """Types by class; with `small`, those that the finder may settle alone."""
    kinds = matters.self_handled_types() if small else matters.active_types()
    by_class: dict[str, list[tuple[str, str]]] = {}
    for one in kinds:
        by_class.setdefault(one.class_code, []).append((one.code, one.name))
    groups: Choices = [("", _("请选事项"))]
    groups.extend((one.name, by_class[one.code]) for one in matters.classes() if one.code in by_class)
    return groups


class _Keyed(HoldsImages, forms.Form):
    """A form whose hidden key makes sending it twice one act."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["key"].initial = uuid7

    def own_key(self) -> UUID:
        """The key that came with the form, or a new one where none came."""
        return self.cleaned_data.get("key") or uuid7()


def _select(field: forms.Field, choices: Choices) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


PLACE_LIMIT = 200


class PlaceForm(_Keyed):
    """Where it is: a point on the map, a grid by name, words."""

    grid_code = forms.ChoiceField(
        label=_("所在网格"), required=False, error_messages={"invalid_choice": _("没有这个网格。请重新选。")},
    )  # fmt: skip
    lng = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=-90, max_value=90)
    place_words = TextField(
        label=_("地点说明"), limit=PLACE_LIMIT, line=True, required=False,
        help_text=_("写路名门牌、楼栋或附近的标志。"),
        widget=forms.TextInput(attrs={"maxlength": PLACE_LIMIT, "autocomplete": "off"}),
    )  # fmt: skip

    def place(self) -> dict[str, Any]:
        """The point where there is one, else the grid by name."""
        data = self.cleaned_data
        pinned = data.get("lng") is not None and data.get("lat") is not None
        return {
            "lng": data["lng"] if pinned else None,
            "lat": data["lat"] if pinned else None,
            "grid_code": "" if pinned else data.get("grid_code", ""),
            "place_words": data.get("place_words", ""),
        }


# A call taken for somebody

CALL_CHANNELS = (Channel.HOTLINE, Channel.WINDOW, Channel.LETTER, Channel.ON_BEHALF)


class CallForm(PlaceForm):
    """What a caller said, taken down by somebody of the staff."""

    channel = forms.ChoiceField(
        label=_("怎么来的"), widget=forms.RadioSelect, error_messages={"required": _("请选怎么来的。")}
    )
    words = TextField(
        label=_("诉求内容"), widget=forms.Textarea(attrs={"rows": 5, "maxlength": 10_000}),
        help_text=_("按原话记。姓名和电话写在下面，不写在这里。"),
        error_messages={"required": _("请写几句话，说说是什么事。")},
    )  # fmt: skip
    images = ImagesField(label=_("照片"))
    papers = PapersField(label=_("文件"), help_text=_("PDF、Word、Excel、PPT、ODF、文本。别带宏和密码。"))
    voice = VoiceField(label=_("录音"), help_text=_("只给办理的人听，不做任何识别和分析。"))
    voice_agreed = forms.BooleanField(
        label=_("先对对方说：“下面这段话想录音，只给办理的人听，不做别的用，可以吗？”对方同意了"), required=False,
        widget=forms.CheckboxInput(attrs={"class": "checkbox", "data-no-draft": "1"}),
    )  # fmt: skip
    name = TextField(
        label=_("怎么称呼"), limit=60, name=True, required=False,
        widget=forms.TextInput(attrs={"maxlength": 60, "autocomplete": "off"}),
    )  # fmt: skip
    phone = TextField(
        label=_("电话"), limit=40, line=True, required=False,
        widget=forms.TextInput(attrs={"maxlength": 40, "autocomplete": "off", "inputmode": "tel"}),
    )  # fmt: skip
    address = TextField(
        label=_("住址"), limit=200, line=True, required=False,
        widget=forms.TextInput(attrs={"maxlength": 200, "autocomplete": "off"}),
    )  # fmt: skip
    agreed = forms.BooleanField(label=_("上面这段话读给诉求人听了，对方同意"), required=False)
    reply_by = forms.ChoiceField(
        label=_("想怎样知道结果"), widget=forms.RadioSelect, choices=ReplyBy.choices, required=False
    )
    about_staff = forms.BooleanField(
        label=_("反映的是社区或工作人员"), required=False,
        help_text=_("勾上后，这件事直接到街道，社区看不到。"),
    )  # fmt: skip
    warned = forms.CharField(widget=forms.HiddenInput, required=False)
    estate = TextField(
        label=_("哪个小区"), limit=60, line=True, required=False, help_text=_("在小区里或小区旁边，就写小区名。"),
        widget=forms.TextInput(attrs={"list": "estates", "maxlength": 60, "autocomplete": "off"}),
    )  # fmt: skip
    asked = forms.CharField(widget=forms.HiddenInput, required=False)
    type_code = forms.ChoiceField(
        label=_("事项"), required=False, error_messages={"invalid_choice": _("没有这类事项。请重新选。")}
    )
    said_place = forms.ChoiceField(
        label=_("可能在哪里"), required=False, error_messages={"invalid_choice": _("没有这个网格。请重新选。")}
    )
    drill = forms.BooleanField(
        label=_("这是演练来电"), required=False, help_text=_("勾上后标明“演练”，不计入任何数字，随演练结束。"),
    )  # fmt: skip

    segments: ClassVar[frozenset[str]] = frozenset({"channel", "reply_by"})

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        self.areas = call_areas(actor)
        if not any(one.drill for one in emergencies.told_to(actor)):
            del self.fields["drill"]
        intake = actor.has(Duty.INTAKE)
        channels = CALL_CHANNELS if intake else (Channel.ON_BEHALF,)
        _select(self.fields["channel"], [(str(one), one.label) for one in channels])
        self.fields["channel"].initial = str(channels[0])
        self.fields["reply_by"].initial = str(ReplyBy.PHONE if intake else ReplyBy.PAGE)
        grids = grid_choices(self.areas)
        _select(self.fields["grid_code"], grids)
        _select(self.fields["said_place"], grids)
        _select(self.fields["type_code"], [("", ""), *((one.code, one.name) for one in matters.active_types())])
        if len(channels) == 1:
            self.fields["channel"].widget = forms.HiddenInput()

    def clean_phone(self) -> str:
        try:
            return plain_phone(self.cleaned_data["phone"])
        except ValueError as why:
            raise forms.ValidationError(_("电话号码看不懂。请只写数字，固定电话加区号。")) from why

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("voice") and not self.cleaned_data.get("voice_agreed"):
            self.add_error("voice_agreed", _("留录音要对方同意。不同意就去掉录音。"))
        left = self.leaves_contact
        if left and not self.cleaned_data.get("agreed"):
            self.add_error("agreed", _("留了联系方式，要对方同意才能存。不同意就把姓名电话删掉。"))
        by_phone = self.cleaned_data.get("reply_by") == ReplyBy.PHONE
        if by_phone and not self.cleaned_data.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("要打电话回复，请留电话；不留就选自己查进度。"))
        if not self.errors.keys() & {"grid_code", "said_place"}:
            # What was tapped beside the words counts where the list of grids was left alone.
            self.cleaned_data["grid_code"] = self.cleaned_data["grid_code"] or self.cleaned_data["said_place"]
        if len(self._place_line()) > PLACE_LIMIT:
            self.add_error("place_words", _("小区名和地点说明合起来太长了。请写短一点。"))
        return data

    def place(self) -> dict[str, Any]:
        return {**super().place(), "place_words": self._place_line()}

    def _place_line(self) -> str:
        return line_of(self.cleaned_data.get("estate", ""), self.cleaned_data.get("place_words", ""))

    def estates(self) -> list[str]:
        """The names of estates to choose from, where calls are taken."""
        return sorted({name for code in self.areas for name in estates_of(code)})

    def leads_elsewhere(self) -> bool:
        """Whether the estate leads to a place that is not the chosen one; a point on the map is not asked about."""
        data = self.cleaned_data
        if not data["estate"] or data["lng"] is not None:
            return False
        found = first_place_of(data["words"], self.areas, line=data["place_words"], estate=data["estate"])
        chosen = data["grid_code"]
        return bool(found.candidates) and not (
            chosen and any(chosen.startswith(one.code) or one.code.startswith(chosen) for one in found.candidates)
        )

    @property
    def leaves_contact(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("name", "phone", "address"))

    def area_code(self) -> str:
        """The area whose desk takes it: the taker's own that holds the chosen grid, else the first."""
        grid = str(self.cleaned_data.get("grid_code") or "")
        return next((code for code in self.areas if grid and grid.startswith(code)), self.areas[0])


def call_areas(actor: Actor) -> tuple[str, ...]:
    """Where the actor may take calls: the areas of the desk and those they report in, none covering another."""
    kept: list[str] = []
    for code in sorted({*actor.areas(Duty.INTAKE), *actor.areas(Duty.REPORT)}):
        if not any(code.startswith(above) for above in kept):
            kept.append(code)
    return tuple(kept)


# A small matter settled by its finder


class SelfForm(PlaceForm):
    """What was found and put right on the spot, with pictures before and after."""

    type_code = forms.ChoiceField(
        label=_("什么事"),
        error_messages={"required": _("请选是什么事。"), "invalid_choice": _("这类事项不在自办清单里。请用代报上报。")},
    )
    words = TextField(
        label=_("怎么处理的"), limit=2000, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 2000}),
        error_messages={"required": _("请写一句看到什么、怎么处理的。")},
    )  # fmt: skip
    before = ImagesField(
        label=_("处理前"), required=True, most=3, error_messages={"required": _("请加一张处理前的照片。")}
    )
    after = ImagesField(
        label=_("处理后"), required=True, most=3, error_messages={"required": _("请加一张处理后的照片。")}
    )

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        self.areas = actor.areas(Duty.REPORT)
        _select(self.fields["type_code"], type_choices(small=True))
        choices = grid_choices(self.areas)
        _select(self.fields["grid_code"], choices)
        grids = [code for _name, rows in choices[1:] for code, _label in rows if len(code) == 15]
        if len(grids) == 1:
            self.fields["grid_code"].initial = grids[0]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        spot = self.place() if "grid_code" not in self.errors else None
        if spot is not None and spot["lng"] is None and not spot["grid_code"]:
            self.add_error("grid_code", _("请在地图上点一下，或选好所在网格。"))
        return data

    def area_code(self) -> str:
        grid = str(self.cleaned_data.get("grid_code") or "")
        return next((code for code in self.areas if grid and grid.startswith(code)), self.areas[0])


# One form from received to dispatched


class TriageForm(_Keyed):
    """Type, grade, place where it is missing, lead and assisting units, words for the unit."""

    type_code = forms.ChoiceField(
        label=_("事项"), required=False, error_messages={"invalid_choice": _("没有这类事项。请重新选。")}
    )
    other_type = forms.ChoiceField(
        label=_("其他事项"), required=False, error_messages={"invalid_choice": _("没有这类事项。请重新选。")}
    )
    grade = forms.ChoiceField(
        label=_("级别"), choices=Grade.choices, required=False, widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("级别只有一般、紧急、疑难三种。")},
    )  # fmt: skip
    grid_code = forms.ChoiceField(
        label=_("所在网格"), required=False, error_messages={"invalid_choice": _("没有这个网格。请重新选。")}
    )
    lead = forms.UUIDField(required=False, error_messages={"invalid": _("没有这个单位。请重新选。")})
    assistants = forms.TypedMultipleChoiceField(
        label=_("协办"), coerce=UUID, required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("没有这个单位。请重新选。")},
    )  # fmt: skip
    instruction = TextField(
        label=_("给单位的话"), limit=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 1000}),
    )  # fmt: skip
    following = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, units: Choices, areas: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = [("", ""), *((one.code, one.name) for one in matters.active_types())]
        _select(self.fields["type_code"], kinds)
        _select(self.fields["other_type"], type_choices())
        _select(self.fields["grid_code"], grid_choices(areas))
        _select(self.fields["assistants"], units)

    def kind(self) -> str:
        """The chosen type: one of the list where it was opened, else a suggestion."""
        return str(self.cleaned_data.get("other_type") or self.cleaned_data.get("type_code") or "")


# What the desk keeps


class _OfUnit(_Keyed):
    """A form about one of the units that the person works in."""

    unit = forms.ChoiceField(label=_("单位"), required=False)

    def __init__(self, *args: Any, units: Iterable[Organisation], **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer([(str(one.pk), one.short_name or one.name) for one in units])

    def offer(self, units: Choices) -> None:
        _select(self.fields["unit"], units)

    def clean_unit(self) -> UUID | None:
        given = self.cleaned_data["unit"]
        return UUID(given) if given else None


class SaveFilterForm(_OfUnit):
    """The name of a filter, and with whom it is shared."""

    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)
    name = TextField(label=_("筛选名称"), limit=NAME_LIMIT, name=True, help_text=_("最多 20 个字，不写诉求人的姓名。"))

    def offer(self, units: Choices) -> None:
        self.fields["unit"].label = _("给谁用")
        super().offer([("", _("只给自己用")), *units])


class BatchForm(_Keyed):
    """What one act is given for many cases. `cases` are ids, `chosen` ids with the lead of each, as previewed."""

    act = forms.ChoiceField(choices=BatchAct.choices, widget=forms.HiddenInput)
    cases = forms.CharField(widget=forms.HiddenInput, required=False, max_length=MOST_TOGETHER * 37)
    chosen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=MOST_TOGETHER * 74)
    lead = forms.ChoiceField(
        label=_("主办单位"), required=False, error_messages={"invalid_choice": _("没有这个单位。请重新选。")}
    )
    reason = TextField(
        label=_("为什么改派"), limit=500, required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500})
    )
    instruction = TextField(
        label=_("给单位的话"), limit=1000, required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000})
    )
    words = TextField(
        label=_("给诉求人的答复"), limit=10_000, required=False, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("每位诉求人收到同样的话。写明怎么办、找谁、什么时候。"),
    )  # fmt: skip
    needs: ClassVar[dict[BatchAct, tuple[str, ...]]] = {
        BatchAct.DISPATCH: ("lead", "instruction"),
        BatchAct.REASSIGN: ("lead", "reason", "instruction"),
        BatchAct.ANSWER: ("words",),
    }

    def __init__(self, *args: Any, what: BatchAct, units: Iterable[Organisation], **options: Any) -> None:
        super().__init__(*args, **options)
        self.what = what
        for name in ("lead", "reason", "instruction", "words"):
            if name not in self.needs[what]:
                del self.fields[name]
        if "lead" in self.fields:
            head = _("按职责清单，各派各的") if what == BatchAct.DISPATCH else _("请选单位")
            _select(self.fields["lead"], [("", head), *((str(one.pk), one.name) for one in units)])
        for name in ("lead", "reason") if what == BatchAct.REASSIGN else ("words",) if "words" in self.fields else ():
            self.fields[name].required = True

    def asked(self) -> list[BoundField]:
        """The fields that a person fills in."""
        return [self[name] for name in self.needs[self.what]]

    def said(self) -> list[tuple[Label, str]]:
        """What was filled in, to be read once more."""
        labels = dict(getattr(self.fields.get("lead"), "choices", ()))
        told = ((self[name].label, labels.get(words, words) if name == "lead" else words)
                for name, words in self.values().items())  # fmt: skip
        return [(label, str(words)) for label, words in told if words]

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.needs[self.what]}

    def case_ids(self) -> list[UUID]:
        return [one for one, _lead in pairs_in(self.cleaned_data["cases"])]

    def pairs(self) -> list[tuple[UUID, UUID | None]]:
        return pairs_in(self.cleaned_data["chosen"])


def pairs_in(text: str) -> list[tuple[UUID, UUID | None]]:
    """`id` or `id/lead`, apart by spaces; what is none is left out."""
    found = []
    for one in text.split():
        case_id, _slash, lead = one.partition("/")
        try:
            found.append((UUID(case_id), UUID(lead) if lead else None))
        except ValueError:
            continue
    return found


class PackForm(_Keyed):
    """What all on record of one case is wanted for."""

    purpose = forms.ChoiceField(
        label=_("导出做什么用"), choices=[("", _("请选用途")), *ExportPurpose.choices],
        error_messages={"required": _("请选导出做什么用。")},
    )  # fmt: skip


class ExportForm(PackForm):
    """What the list as a file is for, and its columns."""

    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)
    format = forms.ChoiceField(
        label=_("做成"),
        choices=[(str(one), one.label) for one in OF_THE_LIST],
        initial=ExportFormat.XLSX,
        widget=forms.RadioSelect,
    )
    columns = forms.MultipleChoiceField(
        label=_("要哪几列"), choices=ExportColumn.choices, initial=[str(one) for one in USUAL_COLUMNS],
        widget=forms.CheckboxSelectMultiple, error_messages={"required": _("请至少选一列。")},
        help_text=_("标题可能含有诉求人的原话，用不着就别勾。"),
    )  # fmt: skip


class LeaveForm(_OfUnit):
    """What who leaves has to say to the next shift."""

    words = TextField(
        label=_("要交代的话"), limit=WORDS_LIMIT, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("答应过谁、哪天要做什么。不写诉求人的姓名和电话。"),
    )  # fmt: skip

    def offer(self, units: Choices) -> None:
        super().offer(units)
        self.fields["unit"].required = True
        if len(units) == 1:
            self.fields["unit"].initial = units[0][0]
            self.fields["unit"].widget = forms.HiddenInput()


# Pasted group chats


class ChatForm(forms.Form):
    """The pasted text; it is split and forgotten."""

    text = TextField(
        label=_("群聊内容"), limit=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 12, "maxlength": MOST_CHARACTERS, "data-no-draft": "1",
                                     "autocomplete": "off"}),
        help_text=_("从群里多选复制，连说话人和时间一起贴。先去掉名字和号码再给您看，贴的原文不保存。"),
        error_messages={"required": _("请先贴上群聊内容。")},
    )  # fmt: skip


class ChatDraftsForm(forms.Form):
    """The drafts of one paste: each with its words, a suggested place and matter, and whether it is taken in."""

    count = forms.IntegerField(min_value=1, max_value=MOST_DRAFTS, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, drafts: Sequence[ChatDraft] = (), areas: tuple[str, ...], **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.areas = areas
        self.fields["count"].initial = len(drafts)
        self.size = len(drafts) if data is None else _counted(data)
        grids = grid_choices(areas)
        for at in range(self.size):
            words = drafts[at].words if drafts else ""
            self._add(at, words, grids)

    def _add(self, at: int, words: str, grids: Choices) -> None:
        said = words or str(self.data.get(f"words_{at}", ""))[:2000]
        likely = types_for(said, self.areas[0]).types
        types = [(one.type.code, one.type.name) for one in likely if one.score >= LEAST_OFFERED]
        fields: dict[str, forms.Field] = {
            "key": forms.UUIDField(widget=forms.HiddenInput, initial=uuid7),
            "keep": forms.BooleanField(label=_("登记这一条"), required=False, initial=True),
            "words": TextField(
                label=_("内容"), limit=2000, required=False, initial=words,
                widget=forms.Textarea(attrs={"rows": 3, "maxlength": 2000, "data-no-draft": "1"}),
            ),
            "kind": forms.ChoiceField(
                label=_("可能是"), required=False, choices=[("", _("看不出来")), *types],
                initial=types[0][0] if types and likely[0].score >= LOW else "",
            ),
            "grid": forms.ChoiceField(
                label=_("在哪里"), required=False, choices=grids, initial=first_place_of(said, self.areas).code,
                error_messages={"invalid_choice": _("没有这个网格。请重新选。")},
            ),
        }  # fmt: skip
        self.fields |= {f"{name}_{at}": one for name, one in fields.items()}
        danger = matters.danger_in(said)
        self.dangers = {**getattr(self, "dangers", {}), at: danger.number if danger is not None else ""}

    def rows(self) -> list[dict[str, Any]]:
        """The drafts as the page shows them."""
        names = ("key", "keep", "words", "kind", "grid")
        return [
            {"number": at + 1, "danger": self.dangers[at], **{name: self[f"{name}_{at}"] for name in names}}
            for at in range(self.size)
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        ticked = [at for at in range(self.size) if data.get(f"keep_{at}")]
        for at in ticked:
            if f"words_{at}" not in self.errors and not data.get(f"words_{at}"):
                self.add_error(f"words_{at}", _("请写几句话，说说是什么事。"))
        if not ticked and not self.errors:
            self.add_error(None, _("请至少勾一条，或离开这一页。"))
        return data

    def chosen(self) -> list[dict[str, Any]]:
        """What is ticked, once more without what somebody could be reached by."""
        data = self.cleaned_data
        return [
            {
                "key": data[f"key_{at}"], "words": without_reach(data[f"words_{at}"]), "kind": data[f"kind_{at}"],
                "grid": data[f"grid_{at}"],
            }
            for at in range(self.size)
            if data[f"keep_{at}"]
        ]  # fmt: skip

    def area_of(self, one: dict[str, Any]) -> str:
        """The desk's area that the draft lies in; the first where no place is known."""
        return next((area for area in self.areas if one["grid"].startswith(area)), self.areas[0])


def _counted(data: Any) -> int:
    try:
        return min(max(int(data.get("count", "0")), 0), MOST_DRAFTS)
    except ValueError:
        return 0
