"""Forms of whistles: one to ask for it, and one for each move, with the action that it calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext

from huying.approvals.rules import ApprovalKind
from huying.cases.actions import whistling
from huying.cases.forms.base import MoveForm, line_field, radio_field, select_field, words_field
from huying.cases.forms.table import SENT_OTHERWISE
from huying.cases.models import Case, Whistle, WhistlePart
from huying.cases.queries import whistles
from huying.cases.queries.whistles import Rows
from huying.cases.rules.whistles import HIGHEST, LEVELS, LOWEST
from huying.clocks.rules import Limit
from huying.files.forms import ImagesField
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, KeyReused
from huying.kernel.terms import Label, _, clauses


@dataclass
class Calling:
    """A case for which somebody may whistle, or a whistle that goes on: what the forms look at."""

    case: Case
    actor: Actor
    now: datetime
    rows: Rows | None = None


def _moment(label: Label, help_text: Label) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=cast(str, label),
        required=False,
        help_text=cast(str, help_text),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": cast(str, _("请写日期和时间。"))},
    )


class WhistleForm(MoveForm):
    """`subject` is a `Calling`."""

    def prepare(self, subject: Any) -> None:
        self.calling: Calling = subject

    @property
    def rows(self) -> Rows:
        assert self.calling.rows is not None
        return self.calling.rows


class AskForm(WhistleForm):
    kind = radio_field(_("哪一类"), missing=_("请选哪一类。"))
    caller_id = select_field(_("以哪个单位的名义"), required=False)
    units = forms.MultipleChoiceField(
        label=cast(str, _("叫哪些单位")),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": cast(str, _("请选要叫的单位。"))},
    )
    reason = words_field(_("本级为什么办不了"), limit=500, missing=_("请写明本级为什么办不了。"))
    wanted = words_field(_("要它们来做什么"), limit=1000, required=False)
    phoned_at = _moment(_("打电话的时间"), _("只有应急吹哨写：先打电话，24 小时内补记。"))
    kinds: ClassVar[dict[str, str]] = {"units": "checks"}
    needed: ClassVar[frozenset[str]] = frozenset({"phoned_at"})

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        callers = whistles.caller_units(self.calling.case, self.calling.actor)
        kind, units, caller = (cast(forms.ChoiceField, self.fields[name]) for name in ("kind", "units", "caller_id"))
        levels = {whistles.body_of(one).level for one in callers}
        kind.choices = [
            (one.code, f"{gettext(one.name)} · {_limits(one)}")
            for one in whistles.kinds(self.calling.now, self.calling.case.area_code)
            if levels & set(one.callers)
        ]
        units.choices = [
            (str(one.pk), _("%(unit)s（%(level)s）") % {"unit": one.name, "level": LEVELS[whistles.body_of(one).level]})
            for one in whistles.callable_units(self.calling.case, callers)
        ]
        caller.choices = [(str(one.pk), one.name) for one in callers]
        if len(callers) < 2:
            del self.fields["caller_id"]
        if not units.choices:
            self.notices = [("warn", _("没有可以叫的单位。只能叫上一级、管这个地方、不用回避的单位。"))]

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "kind": data["kind"],
            "unit_ids": [UUID(one) for one in data["units"]],
            "reason": data["reason"],
            "wanted": data["wanted"],
            "phoned_at": data["phoned_at"],
            "caller_id": UUID(data["caller_id"]) if data.get("caller_id") else None,
        }


def _limits(kind: Any) -> str:
    return clauses(
        (
            _("应哨 %(limit)s") % {"limit": Limit.parse(kind.answer_limit).words()},
            _("报到 %(limit)s") % {"limit": Limit.parse(kind.arrive_limit).words()},
        )
    )


class Decision(WhistleForm):
    """Yes or no, with words where it is no."""

    yes: ClassVar[Label] = _("同意")
    no: ClassVar[Label] = _("不同意")
    granted = radio_field(_("决定"), [("yes", _("同意")), ("no", _("不同意"))], missing=_("请选一项。"))
    words = words_field(_("意见"), limit=500, required=False, help_text=_("不同意要写明原因。"))
    layouts: ClassVar[dict[str, str]] = {"granted": "segment"}

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        cast(forms.ChoiceField, self.fields["granted"]).choices = [("yes", self.yes), ("no", self.no)]

    def arguments(self) -> dict[str, Any]:
        return {"granted": self.cleaned_data["granted"] == "yes", "words": self.cleaned_data["words"]}


class DecideForm(Decision):
    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        self.quote = self.rows.whistle.reason


class ObjectionForm(Decision):
    yes, no = _("异议成立，不用来"), _("异议不成立，要来")
    part_id = select_field(_("哪个单位的异议"))
    field_order = ["key", "part_id", "granted", "words"]

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        objected = [one for one in self.rows.parts if one.objected_at is not None]
        waiting = [one for one in objected if self.rows.asked(ApprovalKind.OBJECTION, one.pk)]
        _choose(self, [*waiting, *(one for one in objected if one not in waiting)])
        asked = self.rows.asked(ApprovalKind.OBJECTION, waiting[0].pk) if len(waiting) == 1 else None
        if asked is not None:
            self.quote = asked.reason

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "part_id": UUID(self.cleaned_data["part_id"])}


def _choose(form: WhistleForm, parts: list[WhistlePart]) -> None:
    field = cast(forms.ChoiceField, form.fields["part_id"])
    field.choices = [(str(one.pk), one.unit.name) for one in parts]
    if parts:
        field.initial = str(parts[0].pk)
    if len(parts) == 1:
        field.widget = forms.HiddenInput()
        form.lines = [(_("单位"), parts[0].unit.name)]


class AnswerForm(WhistleForm):
    words = words_field(_("谁来、带什么"), limit=1000, required=False, rows=2)


class ArriveForm(WhistleForm):
    code = line_field(_("现场口令"), limit=20, required=False, help_text=_("问吹哨单位在现场的人。"))
    images = ImagesField(label=_("现场照片"), most=3, help_text=_("没有口令就拍一张。只记时间，不记位置。"))
    arrived_at = _moment(_("到场时间"), _("先打电话的，可以补写当时到场的时间。"))
    needed: ClassVar[frozenset[str]] = frozenset({"code", "images"})

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        if self.rows.whistle.phoned_at is None:
            del self.fields["arrived_at"]


class FinishForm(WhistleForm):
    words = words_field(_("做了什么"), limit=1000, missing=_("请写明做了什么。"))
    images = ImagesField(label=_("照片"), most=6)


class ObjectForm(WhistleForm):
    words = words_field(_("为什么不该由本单位来"), limit=500, help_text=_("每次吹哨只能提一次，由上一级调度决定。"))


class EndForm(WhistleForm):
    done = words_field(_("来了谁、做了什么"), limit=1000, missing=_("请写明来了谁、做了什么。"))
    remains = words_field(_("还留下什么"), limit=1000, rows=2, help_text=_("没有留下的，写“无”。"))

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        said = [
            str(_("%(unit)s：%(words)s") % {"unit": one.unit.short_name, "words": one.done_words})
            for one in self.rows.parts
            if one.done_words
        ]
        self.fields["done"].initial = "\n".join(said)


class CancelForm(WhistleForm):
    words = words_field(_("为什么撤哨"), limit=500)


class _Rating(WhistleForm):
    score = radio_field(_("打几分（5 分最好）"), [(str(one), str(one)) for one in range(LOWEST, HIGHEST + 1)])
    words = words_field(_("说明"), limit=500, required=False, rows=2)

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        self.notices = [("info", _("双方都评完，才互相看得到。"))]

    def arguments(self) -> dict[str, Any]:
        return {"score": int(self.cleaned_data["score"]), "words": self.cleaned_data["words"]}


class RateUnitForm(_Rating):
    part_id = select_field(_("评哪个单位"))
    field_order = ["key", "part_id", "score", "words"]

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        came = [one for one in self.rows.parts if one.done_at is not None]
        _choose(self, sorted(came, key=lambda one: one.caller_score is not None))

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "part_id": UUID(self.cleaned_data["part_id"])}


class RateCallerForm(_Rating):
    pass


@dataclass(frozen=True)
class WhistleMove:
    """One move of a whistle. `done` is what the toast says."""

    name: str
    form: type[WhistleForm]
    call: Callable[..., Whistle]
    label: Label
    icon: str
    done: Label
    danger: bool = False


_EVERY = (
    WhistleMove("decide", DecideForm, whistling.decide_whistle, _("决定吹哨"), "scale", _("已决定。")),
    WhistleMove("answer", AnswerForm, whistling.answer_whistle, _("应哨"), "check", _("已应哨。")),
    WhistleMove("arrive", ArriveForm, whistling.arrive_whistle, _("报到"), "pin", _("已报到。")),
    WhistleMove("finish", FinishForm, whistling.finish_part, _("处置完成"), "check-circle", _("已记下，等销哨。")),
    WhistleMove("decide_objection", ObjectionForm, whistling.decide_objection, _("决定异议"), "scale", _("已决定。")),
    WhistleMove("end", EndForm, whistling.end_whistle, _("销哨"), "badge-check", _("已销哨。请双方评哨。")),
    WhistleMove("rate_unit", RateUnitForm, whistling.rate_unit, _("评应哨单位"), "smile", _("已评。")),
    WhistleMove("rate_caller", RateCallerForm, whistling.rate_caller, _("评吹哨单位"), "smile", _("已评。")),
    WhistleMove("object", ObjectForm, whistling.object_to_whistle, _("提出异议"), "flag", _("异议已送上一级调度。")),
    WhistleMove("cancel", CancelForm, whistling.cancel_whistle, _("撤哨"), "close", _("已撤哨。"), danger=True),
)
WHISTLE_MOVES: dict[str, WhistleMove] = {one.name: one for one in _EVERY}


def walk_whistle(move: WhistleMove, form: MoveForm, whistle_id: UUID, *, actor: Actor, now: datetime) -> Whistle:
    """Make the move of a valid form. The same form sent twice acts once."""
    try:
        return move.call(whistle_id, **form.arguments(), key=form.cleaned_data.get("key"), actor=actor, now=now)
    except KeyReused as why:
        raise Conflict(SENT_OTHERWISE) from why


def ask(form: WhistleForm, case_id: UUID, *, actor: Actor, now: datetime) -> Whistle:
    try:
        return whistling.ask_whistle(
            case_id, **form.arguments(), key=form.cleaned_data.get("key"), actor=actor, now=now
        )
    except KeyReused as why:
        raise Conflict(SENT_OTHERWISE) from why


def form_of(
    found: type[WhistleForm], calling: Calling, data: Any = None, files: Any = None, **options: Any
) -> WhistleForm:
    return found(data, files, subject=cast(Any, calling), **options)


__all__ = ["WHISTLE_MOVES", "AskForm", "Calling", "WhistleForm", "WhistleMove", "ask", "form_of", "walk_whistle"]
