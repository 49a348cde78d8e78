"""A matter as its reporter reads it: where it stands, by when, who has it, and what one may do.

Words of other reporters of the same matter, notes of the staff and names of persons are not read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import ngettext

from huying.audit.models import History
from huying.cases.actions import Docket, Knowledge
from huying.cases.actions.intake import title_of
from huying.cases.codes import code_of
from huying.cases.models import Case, Feedback, Report
from huying.cases.queries.public import Own, listed_types
from huying.cases.rules import (
    ENDS,
    FLOW,
    CallResult,
    HoldReason,
    OrderRole,
    OrderState,
    Outcome,
    Satisfaction,
    State,
    state_label,
)
from huying.cases.rules import guards as g
from huying.cases.rules.emergencies import marked
from huying.cases.rules.facts import CaseFacts
from huying.cases.rules.guards import FEEDBACK_WITHIN, REOPEN_WITHIN
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.clocks.rules import Limit, StretchKind
from huying.files.models import Attachment
from huying.files.rules import FilePurpose
from huying.kernel.actor import resident
from huying.kernel.terms import Label, _, listed
from huying.matters import queries as matters
from huying.matters.rules import FlowKind, Step
from huying.places import queries as places
from huying.portal.rules import DEEDS, DUE_WORDS, WITH_THE_DESK, Deed
from huying.ui.words import due_words, span_words, tone_of, when_words

# Why a clock stood still, as it is stored, in words.
PAUSES: dict[str, Label] = {"reviewing": _("街道看答复"), "held": _("挂账"), "asked": _("等您补充")}


@dataclass(frozen=True)
class Row:
    """One of the phone's own matters in a list."""

    report_id: UUID
    title: str
    place: str
    label: Label
    tone: str
    due: str
    open: bool


def row_of(report: Report, *, now: datetime) -> Row:
    """The own matter in two lines: from the report and its case alone."""
    case = report.case
    withdrawn = report.withdrawn_at is not None
    label, tone = _state_words(case.state, withdrawn=withdrawn, waits=True)
    is_open = case.state not in ENDS and not withdrawn
    late = case.due_at is not None and now > case.due_at
    due = ""
    if is_open and case.due_at is not None and case.due_step == Step.HANDLE:
        words = _("本该%(when)s 办好，晚了。对不起。") if late else _("最晚%(when)s 办好")
        due = str(words) % {"when": due_words(case.due_at, now)}
    elif is_open and case.state == State.CALLING_BACK:
        due = str(_("办好了，请您看看"))
    elif is_open:
        due = str(_("%(when)s 收到")) % {"when": when_words(report.received_at, now)}
    return Row(
        report_id=report.pk,
        title=title_words(report),
        place=report.place_words,
        label=label,
        tone=tone,
        due=due,
        open=is_open,
    )


def title_words(report: Report) -> str:
    """The type's name, or the beginning of the reporter's own words while nobody has named the type."""
    code = report.case.type_code
    return marked(matters.name_of(code) if code else title_of(report.words), drill=report.case.drill)


def _state_words(state: str, *, withdrawn: bool, waits: bool) -> tuple[Label, str]:
    """The state as its reporter reads it, and its tone."""
    if withdrawn:
        return _("已撤回"), "back"
    if state == State.CALLING_BACK:
        return (_("等您评价"), "review") if waits else (_("待回访"), "review")
    return label_of(state), tone_of(state)


def label_of(state: str) -> Label:
    """The state in the words of those who call, whichever flow the house takes for it."""
    return state_label(state, FlowKind.APPEAL)


@dataclass(frozen=True)
class Due:
    """When the present step is due, and why then."""

    label: Label
    at: datetime
    late: bool
    provisional: bool
    why: str
    lines: list[clocks.Line]


@dataclass(frozen=True)
class Photo:
    id: UUID
    alt: str


@dataclass(frozen=True)
class PartLine:
    """One of the matters that the own one was split into: what it is, where it stands, and its answer."""

    number: str
    title: str
    label: Label
    tone: str
    due: str
    answer: str


@dataclass
class Status:
    """The page."""

    report: Report
    title: str
    place: str
    label: Label
    tone: str
    open: bool
    due: Due | None
    waits: bool  # for this reporter's word
    unasked: bool  # ended, and nobody will call: the reporter may still say whether it is solved
    told: Feedback | None
    said: str
    unit: str
    unit_phone: str
    steps: list[dict[str, Any]]
    steps_words: str
    answer: str
    answer_by: str
    answer_facts: list[tuple[Label, str]]
    before: Photo | None
    after: Photo | None
    deeds: list[Deed]
    photos: list[Photo]
    additions: list[tuple[str, str]]
    code: str
    can_be_listed: bool
    new_report: bool  # too late to open it again: a new one that is tied to it
    ended: str
    has_contact: bool = False
    parts: list[PartLine] = field(default_factory=list)
    held: str = ""  # why nothing can be done for now, and when somebody looks again

    @property
    def late(self) -> bool:
        return self.due is not None and self.due.late and self.open

    def deed(self, name: str) -> Deed | None:
        return next((one for one in self.deeds if one.name == name), None)

    @property
    def reopen(self) -> Deed | None:
        return self.deed("reopen")

    @property
    def objection(self) -> Deed | None:
        return self.deed("object")

    @property
    def late_deed(self) -> Deed | None:
        return self.deed("late")


def status_of(own: Own, *, now: datetime) -> Status:
    """Everything on the page of one's own report."""
    case, report = own.case, own.report
    actor = resident(report.pk)
    docket = Docket(
        case=case, knowledge=Knowledge(), orders=own.orders, reports=own.reports, _feedback=own.all_feedback
    )
    facts = docket.facts(actor=actor, now=now)
    voice = next((one for one in facts.reports if one.id == report.pk), None)
    withdrawn = report.withdrawn_at is not None
    waits = case.state == State.CALLING_BACK and voice is not None and not voice.told and not withdrawn
    label, tone = _state_words(case.state, withdrawn=withdrawn, waits=waits)
    is_open = case.state not in ENDS and not withdrawn
    deeds = [
        deed
        for deed in DEEDS
        if FLOW.refusal(deed.verb, facts) is None and docket.may_walk(deed.verb, actor) and _fits(deed, facts, own, now)
    ]
    before, after = _pair(own)
    lead = own.lead
    told = next((one for one in reversed(own.feedback) if not one.by_desk), None)
    steps = _steps(own, facts, now=now, withdrawn=withdrawn)
    answer, answer_by = _answer(own, now)
    return Status(
        report=report,
        title=title_words(report),
        place=_place(own),
        label=label,
        tone=tone,
        open=is_open,
        due=_due(own, now) if is_open else None,
        waits=waits,
        unasked=case.state == State.CLOSED and any(one.name == "late" for one in deeds),
        told=told,
        said=_said(told),
        unit=lead.unit.name if lead is not None else "",
        unit_phone=lead.unit.phone if lead is not None else "",
        steps=steps,
        steps_words=_steps_words(steps),
        answer=answer,
        answer_by=answer_by,
        answer_facts=_answer_facts(own, now),
        before=before,
        after=after,
        deeds=deeds,
        photos=[
            Photo(one.pk, str(_("我传的第 %(number)s 张照片") % {"number": number}))
            for number, one in enumerate(own.photos, start=1)
        ],
        additions=[(when_words(one.added_at, now), one.words) for one in own.additions if one.words],
        code=code_of(report.pk, report.code_try),
        can_be_listed=case.type_code in listed_types() and not case.restricted and not case.imported,
        new_report=case.state == State.CLOSED and case.ended_at is not None and now - case.ended_at > REOPEN_WITHIN,
        ended=when_words(case.ended_at, now) if case.ended_at else "",
        has_contact=report.contact_id is not None and report.erased_at is None,
        parts=[_part(one, now) for one in own.parts],
        held=_held(own, now) if is_open else "",
    )


def _part(case: Case, now: datetime) -> PartLine:
    """A part by its type: its own title are words of the desk, which nobody has looked over for the public."""
    is_open = case.state not in ENDS
    due = str(_("最晚%(when)s 办好")) % {"when": due_words(case.due_at, now)} if is_open and case.due_at else ""
    return PartLine(
        number=case.number,
        title=matters.name_of(case.type_code) if case.type_code else str(_("还没有定事项")),
        label=label_of(case.state),
        tone=tone_of(case.state),
        due=due if case.due_step == Step.HANDLE and case.due_at and now <= case.due_at else "",
        answer="" if is_open else case.answer,
    )


def _held(own: Own, now: datetime) -> str:
    case = own.case
    if case.held_until is None:
        return ""
    facts = {"reason": HoldReason(case.held_reason).label, "day": clocks.day_words(case.held_until, now)}
    return str(_("%(reason)s。%(day)s 再看一次，能办就接着办。") % facts)


def _fits(deed: Deed, facts: CaseFacts, own: Own, now: datetime) -> bool:
    """What the table allows and still makes no sense for this reporter now."""
    said = [one for one in own.feedback if one.round == own.case.round and not one.late]
    if deed.name == "rate":
        return not said
    if deed.name == "late":
        ended = own.case.ended_at
        return not said and ended is not None and now - ended <= FEEDBACK_WITHIN
    if deed.name in ("nudge", "fine", "withdraw"):
        return own.case.state != State.CALLING_BACK
    return True


def _place(own: Own) -> str:
    """The reporter's own words for the place, else the grid it lies in."""
    if own.report.place_words:
        return own.report.place_words
    return "" if own.case.unplaced else places.name_of(own.case.area_code[:15])


# When


def main_clock(own: Own) -> Clock | None:
    """The clock that says when the present step is due."""
    running = [one for one in own.clocks if one.stopped_at is None and one.step in DUE_WORDS]
    if own.case.due_step:
        running.sort(key=lambda one: one.step != own.case.due_step)
    return next((one for one in running if one.paused_at is None), None)


def _due(own: Own, now: datetime) -> Due | None:
    clock = main_clock(own)
    if clock is None or own.case.state == State.CALLING_BACK:
        return None
    lines = clocks.explain(clock, now, PAUSES)[2:]  # the first two, start and rule, are the sentence
    return Due(
        label=DUE_WORDS[clock.step],
        at=clock.due_at,
        late=now > clock.due_at,
        provisional=clock.provisional,
        why=_why(own, clock, now),
        lines=lines,
    )


def _why(own: Own, clock: Clock, now: datetime) -> str:
    """“雨水口堵塞”限 1 个工作日，从今天 09:05 起算，所以是……"""
    limit = clock.rule()
    name = title_words(own.report) if own.case.type_code else str(Step(clock.step).label)
    words = _("“%(name)s”的%(step)s限 %(limit)s，从%(start)s 起算，所以是%(due)s。")
    told = str(words) % {
        "name": name,
        "step": Step(clock.step).label,
        "limit": _limit_words(limit),
        "start": clocks.moment_words(clock.started_at, now),
        "due": due_words(clock.due_at, now),
    }
    if limit.working:
        told += str(_("只算上班时间，夜里、周末和节假日不算。"))
    return told


def _limit_words(limit: Limit) -> str:
    more = limit.granted()
    if not more:
        return limit.words()
    return str(_("%(limit)s，批准延长 %(more)s")) % {"limit": limit.words(), "more": listed(more)}


# How far


def _steps(own: Own, facts: CaseFacts, *, now: datetime, withdrawn: bool) -> list[dict[str, Any]]:
    """The way of the report: done, now, to come; an end of another kind closes it."""
    case = own.case
    entered = _entered(own.history)
    ended_otherwise = withdrawn or (case.state in ENDS and case.state != State.CLOSED)
    keys = ["received", "dispatched", "in_hand", "reviewing"]
    if case.state == State.CHECKING or State.CHECKING in entered or g.needs_check(facts):
        keys.append("checking")
    if own.report.wants_answer and (case.state == State.CALLING_BACK or g.needs_call_back(facts)):
        keys.append("calling_back")
    keys.append("closed")
    place = _place_of(case.state, keys)
    if ended_otherwise:
        reached = [key for key in keys[:-1] if key == "received" or _was_there(key, entered)]
        shown = [*reached, "end"]
        place = len(shown) - 1
    else:
        shown = keys
    steps = []
    for number, key in enumerate(shown):
        here = number == place
        past = number < place or (here and (case.state in ENDS or ended_otherwise))
        step: dict[str, Any] = {"word": _step_word(key, own, past=past, withdrawn=withdrawn)}
        step["state"] = "past" if past else "now" if here else "next"
        moment = _moment(key, own, entered) if past or here else None
        if moment is not None:
            step["at"] = when_words(moment, now)
        words = _step_says(key, own, past=past, here=here, now=now)
        if words:
            step["words"] = words
        steps.append(step)
    return steps


_PLACES = {
    State.RECEIVED: "dispatched",
    State.VERIFYING: "dispatched",
    State.TRIAGED: "dispatched",
    State.FILED: "dispatched",
    State.IN_HAND: "in_hand",
    State.REVIEWING: "reviewing",
    State.CHECKING: "checking",
    State.CALLING_BACK: "calling_back",
    State.CLOSED: "closed",
}


def _place_of(state: str, keys: Sequence[str]) -> int:
    key = _PLACES.get(State(state), "closed")
    return keys.index(key) if key in keys else len(keys) - 1


def _entered(history: Sequence[History]) -> dict[str, datetime]:
    """When each state was entered last, from the case's history (oldest first)."""
    return {line.to_state: line.at for line in history if line.to_state and line.from_state != line.to_state}


def _was_there(key: str, entered: dict[str, datetime]) -> bool:
    return ("in_hand" if key == "dispatched" else key) in entered


def _moment(key: str, own: Own, entered: dict[str, datetime]) -> datetime | None:
    lead = own.lead
    if key == "received":
        return own.report.received_at
    if key == "dispatched":
        return lead.offered_at if lead is not None else None
    if key == "in_hand":
        return lead.accepted_at if lead is not None else None
    if key == "end":
        return own.report.withdrawn_at or own.case.ended_at
    return entered.get(key)


def _step_word(key: str, own: Own, *, past: bool, withdrawn: bool) -> Label:
    if key == "end":
        return _("已撤回") if withdrawn else label_of(own.case.state)
    words: dict[str, tuple[Label, Label]] = {
        "received": (_("已收到"), _("已收到")),
        "dispatched": (_("已派单"), _("等街道派单")),
        "in_hand": (_("办理"), _("办理中")),
        "reviewing": (_("审核答复"), _("审核答复")),
        "checking": (_("现场核查"), _("现场核查")),
        "calling_back": (_("请您评价"), _("请您评价")),
        "closed": (_("已办结"), _("办结")),
    }
    return words[key][0 if past else 1]


def _step_says(key: str, own: Own, *, past: bool, here: bool, now: datetime) -> str:
    case = own.case
    if key == "received":
        count = len(own.photos)
        if not count:
            return str(_("街道收到了。"))
        return ngettext("街道收到，照片 %(count)s 张。", "街道收到，照片 %(count)s 张。", count) % {"count": count}
    if key == "dispatched":
        return _who_works(own) if past else str(_("街道正在看，看完派给办理单位。")) if here else ""
    if key == "in_hand":
        return _handling(own, now) if past or here else ""
    if key == "reviewing":
        return "" if past else str(_("街道看过答复，再发给您。"))
    if key == "checking":
        return "" if past else str(_("网格员到现场看办好没有。"))
    if key == "calling_back":
        return "" if past else str(_("没解决，就再办一次。"))
    if key == "end" and case.state == State.TRANSFERRED and case.transferred_to:
        return str(_("转给了%(unit)s。")) % {"unit": case.transferred_to}
    return ""


def _who_works(own: Own) -> str:
    """`环卫站主办，木棉网格协办。`"""
    lead = own.lead
    if lead is None:
        return ""
    helpers = [
        one.unit.name
        for one in own.orders
        if one.role == OrderRole.ASSIST and one.round == lead.round and one.state != OrderState.CANCELLED
    ]
    if helpers:
        return str(_("%(unit)s主办，%(helpers)s协办。")) % {"unit": lead.unit.name, "helpers": listed(helpers)}
    return str(_("%(unit)s主办。")) % {"unit": lead.unit.name}


def _handling(own: Own, now: datetime) -> str:
    told = []
    if own.case.round > 1:
        told.append(str(_("这是第 %(round)s 次办理。")) % {"round": own.case.round})
    reached = [one for one in own.contacts if one.result == CallResult.REACHED]
    if reached:
        told.append(str(_("办理单位%(when)s 联系过您。")) % {"when": when_words(reached[-1].made_at, now)})
    elif own.contacts:
        told.append(str(_("办理单位打过电话，没有打通，会换时间再打。")))
    elif own.lead is not None and own.lead.state == OrderState.OFFERED:
        told.append(str(_("等办理单位签收。")))
    return "".join(told)


def _steps_words(steps: Sequence[dict[str, Any]]) -> str:
    """`6 步走完 4 步，正在：办理中` for the folded way."""
    past = sum(1 for one in steps if one["state"] == "past")
    here = next((one["word"] for one in steps if one["state"] == "now"), None)
    facts = {"all": len(steps), "past": past, "here": here}
    if here is None:
        return str(_("%(all)s 步都走完了")) % facts
    return str(_("%(all)s 步走完 %(past)s 步，正在：%(here)s")) % facts


# The answer


def _answer(own: Own, now: datetime) -> tuple[str, str]:
    """The words that left the house, and by whom and when."""
    case, answer = own.case, own.answer
    if case.state in (State.ANSWERED, State.DECLINED):
        return case.answer, when_words(case.ended_at, now) if case.ended_at else ""
    if answer is not None:
        unit = next((one.unit.name for one in own.orders if one.pk == answer.order_id), "")
        at = answer.reviewed_at or answer.written_at
        return answer.words, " · ".join(filter(None, [unit, when_words(at, now)]))
    if case.state == State.CLOSED:
        return case.answer, when_words(case.ended_at, now) if case.ended_at else ""
    return "", ""


def _answer_facts(own: Own, now: datetime) -> list[tuple[Label, str]]:
    """Outcome, whether the limit was kept, who looked at the answer."""
    answer = own.answer
    if answer is None or own.case.state in (State.ANSWERED, State.DECLINED):
        return []
    facts: list[tuple[Label, str]] = [(_("结果"), str(Outcome(answer.outcome).label))]
    kept = next((one for one in reversed(own.clocks) if one.step == Step.HANDLE and one.stopped_at), None)
    if kept is not None and kept.stopped_at is not None:
        # The desk's own look at the answer is not the unit's time: the clock stood still from the submission on.
        stood = max((one.began_at for one in clocks.stretches_of(kept) if one.kind == StretchKind.PAUSED), default=None)
        done = stood or kept.stopped_at
        early = kept.due_at - done
        words = _("按时，早了 %(span)s") if early >= timedelta(0) else _("晚了 %(span)s，对不起")
        facts.append((_("时限"), str(words) % {"span": span_words(abs(early), long=True)}))
    if answer.reviewed_at is not None:
        facts.append((_("把关"), str(_("街道看过答复 · %(when)s")) % {"when": when_words(answer.reviewed_at, now)}))
    return facts


def _pair(own: Own) -> tuple[Photo | None, Photo | None]:
    def last(purpose: FilePurpose) -> Attachment | None:
        found = [one for one in own.work_photos if one.purpose == purpose]
        return found[-1] if found else None

    before, after = last(FilePurpose.BEFORE), last(FilePurpose.AFTER)
    name = title_words(own.report)
    return (
        Photo(before.pk, str(_("之前：%(name)s") % {"name": name})) if before else None,
        Photo(after.pk, str(_("现在：%(name)s，办好以后") % {"name": name})) if after else None,
    )


def _said(told: Feedback | None) -> str:
    """What this reporter said of the round, in a line."""
    if told is None:
        return ""
    words = []
    if told.solved is not None:
        words.append(str(_("解决了") if told.solved else _("没有解决")))
    if told.satisfaction:
        words.append(str(Satisfaction(told.satisfaction).label))
    return " · ".join(words)


def nudge_words(state: str) -> Label:
    return _("街道马上收到提醒，一天一次") if state in WITH_THE_DESK else _("办理单位马上收到提醒，一天一次")
