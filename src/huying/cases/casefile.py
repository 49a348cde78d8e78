"""The case page as plain values: what stands where, in words, so that the template only lays it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from huying.approvals.rules import ApprovalKind, ApprovalState
from huying.audit import queries as audit
from huying.audit.models import History
from huying.cases.actions import Docket, confiding
from huying.cases.actions.covering import may_cover
from huying.cases.actions.incidents import may_lead
from huying.cases.actions.intake import like
from huying.cases.actions.settling import COUNCIL
from huying.cases.careful import careful_words, process_of
from huying.cases.forms import DeskMove, Subject, legal_moves
from huying.cases.forms.base import DocketRows
from huying.cases.forms.desk import approval_lines
from huying.cases.forms.leaving_out import exclusions_of
from huying.cases.forms.units import duty_words
from huying.cases.models import Answer, Case, Report, WorkOrder
from huying.cases.queries import calls, page
from huying.cases.queries.dialling import can_be_rung, may_dial
from huying.cases.queries.page import CaseRows
from huying.cases.queries.replay import ARCHIVED, RECKONED, RELIMITED
from huying.cases.queries.stages import stages_of, step_words
from huying.cases.rules import (
    ENDS,
    OPEN,
    OUTSIDERS,
    PAUSES,
    CallResult,
    Channel,
    ContactKind,
    HeadPart,
    HoldReason,
    OrderRole,
    OrderState,
    Outcome,
    ReplyBy,
    Satisfaction,
    State,
    Verb,
    VisitKind,
    move_label,
    state_label,
    steps_of_flow,
)
from huying.cases.rules import guards as g
from huying.cases.rules.errands import ErrandVerb
from huying.cases.rules.exclusions import ExclusionState, ExclusionVerb
from huying.cases.rules.facts import CaseFacts
from huying.cases.rules.incidents import IncidentVerb
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.clocks.rules import Limit
from huying.files.models import Attachment
from huying.files.rules import IMAGES, FilePurpose
from huying.files.shown import Paper, papers
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.terms import Label, _, clauses, listed
from huying.matters import queries as matters
from huying.matters.rules import Grade, Step
from huying.matters.rules.stages import step_of
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places
from huying.ui.words import clock_words, due_words, reading_of, span_words, tone_of, when_words

SHOWN_MOVES = 4  # the others stand under 更多
KEYS = "123456789"
FIRST_WORDS = 44  # of a call, before its whole text is unfolded
# Why a clock stands still, as it is stored, in words.
REPLY: dict[str, Label] = {
    ReplyBy.PHONE: _("街道回访"),
    ReplyBy.PAGE: _("自己查进度"),
    ReplyBy.NONE: _("不用回复"),
}
# Lines of history that are no moves of the table.
OTHER_LINES: dict[str, Label] = {
    "recuse": _("设回避"),
    COUNCIL: _("会商"),
    **{str(one): one.label for one in ExclusionVerb},
    confiding.ASK: _("申请改保密"),
    confiding.YES: _("同意保密"),
    confiding.LIFTED: _("同意解除保密"),
    confiding.NO: _("不同意改保密"),
    "take_in": _("并入一条诉求"),
    "give_back": _("还回并入的诉求"),
    "taken_over": _("交接"),
    **{str(one): one.label for one in IncidentVerb},
    RECKONED: _("工作日历"),
    RELIMITED: _("换了时限"),
    ARCHIVED: _("按档案办结，中间步骤不详"),
    **{str(one): one.label for one in ErrandVerb},
}
MINOR = frozenset({Verb.CORRECT, Verb.PLACE, Verb.ADD, Verb.NUDGE, "take_in", "give_back", RECKONED, RELIMITED})
BY_ACTOR: dict[str, Label] = {
    ActorKind.RESIDENT: _("诉求人"),
    ActorKind.RULE: _("按流程"),
    ActorKind.SYSTEM: _("系统"),
    ActorKind.IMPORT: _("导入"),
    ActorKind.CHANNEL: _("渠道"),
}


@dataclass(frozen=True)
class MoveLink:
    """A legal move as a button."""

    name: str
    words: Label
    icon: str
    key: str
    url: str
    current: bool
    main: bool
    danger: bool


@dataclass(frozen=True)
class ShownClock:
    """What the light reads."""

    started_at: datetime
    due_at: datetime
    yellow_at: datetime | None = None
    paused_at: datetime | None = None


@dataclass(frozen=True)
class OtherClock:
    name: Label
    clock: ShownClock
    paused: str
    due: str
    lines: list[clocks.Line]


@dataclass(frozen=True)
class StageShown:
    """One stage of a staged limit: its clock, or when it was done."""

    number: int
    name: str
    limit: str
    clock: OtherClock | None
    done: str


@dataclass(frozen=True)
class ClockPanel:
    """The clock of the present step, why it is due then, the stages of its limit, and the other clocks that run."""

    step: Label
    clock: ShownClock
    paused: str
    used: int
    light: str
    tone: str
    due: str
    lines: list[clocks.Line]
    stages: list[StageShown]
    others: list[OtherClock]
    first: Label
    provisional: bool


@dataclass(frozen=True)
class Photo:
    url: str
    full_url: str
    alt: str
    label: str
    words: str
    cover_url: str = ""  # where parts of it are hidden by hand, for those who may
    covered: bool = False


@dataclass(frozen=True)
class ReportLine:
    id: UUID
    channel: Label
    short: str
    words: str
    at: str
    reply: Label
    caller: str
    open_url: str
    dial_url: str
    additions: list[tuple[str, str, str]]  # when, words, the type then where it was another
    photos: list[Photo]
    papers: list[Paper]
    withdrawn: bool
    said: str
    whole: bool  # short enough to be shown whole


@dataclass(frozen=True)
class OrderLine:
    role: Label
    lead: bool
    unit: str
    state: str
    label: Label
    handler: str
    given: str  # who has it in hand, where that is somebody else
    result: str
    instruction: str
    notes: list[Label]
    at: str
    clock: ShownClock | None
    photos: list[Photo]
    papers: list[Paper]


@dataclass(frozen=True)
class Round:
    number: int
    orders: list[OrderLine]
    clause: str


@dataclass(frozen=True)
class AnswerLine:
    round: int
    outcome: Label
    words: str
    internal: str
    written: str
    signed: str
    reviewed: str
    sent_back: str
    sent_back_words: str
    former: str  # the type that it was written under, where it is another now


@dataclass(frozen=True)
class SaidLine:
    """An attempt to reach somebody, a look at the place, or a word of the caller."""

    at: datetime
    when: str
    kind: Label
    who: str
    result: Label
    good: bool | None
    words: str
    photos: list[Photo]


@dataclass(frozen=True)
class ApprovalLine:
    kind: Label
    state: str
    label: Label
    open: bool
    about: str
    asked: str
    reason: str
    facts: list[tuple[Label, str]]
    decided: str
    words: str


@dataclass(frozen=True)
class LinkedCase:
    title: str
    number: str
    label: Label
    state: str
    place: str
    url: str
    merge_url: str = ""


@dataclass
class Casefile:
    """One case on one page for one person."""

    subject: Subject
    number: str
    title: str
    state: str
    state_words: Label
    marks: list[tuple[str, Label]]
    line: list[str]
    sealed: int
    moves: list[MoveLink]
    legal: list[DeskMove]
    steps: list[dict[str, Any]]
    place: int
    next_word: Label
    clock: ClockPanel | None
    took: str
    recusal: str
    notices: list[tuple[str, Label, str, Label]]  # tone, words, url, words of the link
    reports: list[ReportLine]
    rounds: list[Round]
    duty: str  # the entry of the duty list that the orders stand on
    answers: list[AnswerLine]
    said: list[SaidLine]
    approvals: list[ApprovalLine]
    before: Photo | None
    after: Photo | None
    photos: list[Photo]
    ties: list[tuple[Label, list[LinkedCase]]]
    near: list[LinkedCase]
    incident_url: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    history_count: int = 0
    history_all: bool = False
    history_wide: bool = False

    @property
    def case(self) -> Case:
        return self.subject.case

    @property
    def shown_moves(self) -> list[MoveLink]:
        return self.moves[:SHOWN_MOVES]

    @property
    def more_moves(self) -> list[MoveLink]:
        return self.moves[SHOWN_MOVES:]

    @property
    def main_move(self) -> MoveLink | None:
        return next((one for one in self.moves if one.main), None)

    def move(self, name: str) -> DeskMove | None:
        """A move of this page by name, if it is legal."""
        return next((one for one in self.legal if one.name == name), None)


def subject_of(case_id: UUID, *, actor: Actor, now: datetime) -> Subject | None:
    """The case as forms look at it; None where it is not the viewer's to see."""
    rows = page.rows_of(case_id, actor)
    if rows is None:
        return None
    return Subject(
        rows=rows,
        actor=actor,
        now=now,
        hides_callers=hides_callers(rows, actor),
    )


def subject_at_hand(docket: Docket, *, actor: Actor, now: datetime) -> Subject:
    """An opened case as forms look at it: for a move that is made in the same transaction, on the same docket."""
    rows = DocketRows(docket)
    return Subject(rows=rows, actor=actor, now=now, hides_callers=hides_callers(rows, actor))


def hides_callers(rows: CaseRows, actor: Actor) -> bool:
    """Whether the viewer sees the case only through an order of a unit from outside the administration."""
    if actor.may(Duty.READ, rows.case.area_code):
        return False
    mine = [one.unit.kind for one in rows.orders if one.unit_id in actor.units]
    return bool(mine) and all(kind in OUTSIDERS for kind in mine)


def casefile(subject: Subject, *, everything: bool = False, wanted: str = "") -> Casefile:
    """The whole page. `wanted` is the open move; `everything` shows all lines of the history."""
    rows, case, now = subject.rows, subject.case, subject.now
    history = page.history_of(rows, everything=everything)
    actors = {one.actor_id for one in history if one.actor_id and one.actor_kind == ActorKind.PERSON}
    subject.names = people.named(subject.people() | actors)
    legal = legal_moves(subject)
    facts = subject.docket.facts(actor=subject.actor, now=now)
    photos = _photos(subject)
    steps, place, next_word = _steps(case, history, facts)
    pair = _pair(subject)
    lines = [_line(subject, one) for one in history if everything or not _is_minor(one)]
    lead = subject.docket.lead
    offered = lead is not None and lead.state == OrderState.OFFERED
    return Casefile(
        subject=subject,
        number=case.number,
        title=case.title or case.number,
        state=OrderState.OFFERED if offered and case.state == State.IN_HAND else case.state,
        state_words=state_label(case.state, case.flow, lead_offered=offered),
        marks=_marks(case),
        line=_head_line(case),
        sealed=_sealed(case, history),
        moves=_links(case, legal, wanted),
        incident_url=_incident_url(subject),
        legal=legal,
        steps=steps,
        place=place,
        next_word=next_word,
        clock=_clock(subject),
        took=span_words(case.ended_at - case.received_at) if case.ended_at else "",
        recusal=_recusal(rows),
        notices=_notices(subject),
        reports=[_report(subject, one, photos, history) for one in rows.reports],
        rounds=_rounds(subject, photos),
        duty=duty_words(subject.type) if subject.rows.orders else "",
        answers=[_answer(subject, one, history) for one in reversed(rows.answers)],
        said=_said(subject, photos),
        approvals=_approvals(subject),
        before=pair[0],
        after=pair[1],
        photos=_loose(subject),
        ties=_ties(subject),
        near=_near(subject, any(one.name == "merge" for one in legal)),
        history=lines,
        history_count=len(lines),
        history_all=everything,
        history_wide=any(timezone.localdate(one.at) != timezone.localdate(now) for one in history),
    )


# head


def _marks(case: Case) -> list[tuple[str, Label]]:
    found: list[tuple[str, Label]] = []
    if case.danger and case.state not in ENDS:
        found.append(("urgent", _("危险 %(number)s") % {"number": case.danger}))
    if case.grade == Grade.URGENT:
        found.append(("urgent", _("紧急")))
    elif case.grade == Grade.HARD:
        found.append(("note", _("疑难")))
    if case.round > 1:
        found.append(("note", _("第 %(round)s 轮") % {"round": case.round}))
    if case.confidential:
        found.append(("note", _("保密")))
    if case.whistled:
        found.append(("note", _("已吹哨")))
    if case.upper_since is not None:
        found.append(("note", _("等上级答复")))
    if case.sent_up:
        found.append(("note", _("已报上级")))
    if case.incident:
        found.append(("note", _("群体事件")))
    if case.unplaced:
        found.append(("note", _("没有定位")))
    if case.held_since is not None:
        found.append(("note", _("挂账")))
    if case.excluded:
        found.append(("note", _("不计入考核")))
    if case.supervisions:
        found.append(("urgent" if case.supervision else "plain", _("督办 %(count)s 次") % {"count": case.supervisions}))
    if case.nudges:
        found.append(("plain", _("催办 %(count)s 次") % {"count": case.nudges}))
    if case.verified is not None:
        found.append(("plain", _("已核实") if case.verified else _("核实未发现")))
    if case.imported:
        found.append(("plain", _("导入")))
    if case.drill:
        found.append(("plain", _("演练")))
    return found


def _head_line(case: Case) -> list[str]:
    place = places.name_of(case.area_code)
    if case.place_words:
        place = f"{place} · {case.place_words}"
    kind = _type_words(case)
    return [case.number, str(Channel(case.channel).label), place, kind or str(_("还没有定类型"))]


def _type_words(case: Case) -> str:
    found = matters.type_of(case.type_code, case.catalogue_version) if case.type_code else None
    if found is None:
        return ""
    return f"{found.matter_class.name} / {found.name}"


def _sealed(case: Case, history: list[History]) -> int:
    """The number of lines that are sealed and whole; 0 where any is not (yet)."""
    return len([one for one in history if one.kind == "case"]) if audit.is_whole("case", [case.pk]) else 0


def _incident_url(subject: Subject) -> str:
    """Where the case is declared an incident, or looked at as one; "" where that is not this person's to do."""
    case = subject.case
    offered = case.incident or (case.state in OPEN and not case.restricted and not case.imported)
    may = offered and may_lead(subject.actor, case)
    return reverse("cases:declare_incident", args=[case.pk]) if may else ""


def _links(case: Case, legal: list[DeskMove], wanted: str) -> list[MoveLink]:
    address = reverse("cases:case", args=[case.pk])
    return [
        MoveLink(
            name=one.name,
            words=one.words(case.flow),
            icon=one.icon,
            key=KEYS[place] if place < len(KEYS) else "",
            url=f"{address}?move={one.name}",
            current=one.name == wanted,
            main=place == 0 and not one.beside,
            danger=one.danger,
        )
        for place, one in enumerate(legal)
    ]


# steps


def _steps(case: Case, history: list[History], facts: CaseFacts) -> tuple[list[dict[str, Any]], int, Label]:
    """The states that this case passes, with the time each was entered in the present round."""
    entered = _entered(history)
    if case.state in ENDS and case.state != State.CLOSED:
        return _walked(case, history)
    checked = State.CHECKING in entered or case.state == State.CHECKING or g.needs_check(facts)
    called = State.CALLING_BACK in entered or case.state == State.CALLING_BACK or g.needs_call_back(facts)
    keys: list[str] = []
    for state in steps_of_flow(case.flow, checked=checked, called_back=called):
        if state == State.IN_HAND:
            keys.append("offered")
        keys.append(str(state))
        if state == State.RECEIVED and case.state == State.VERIFYING:
            keys.append(str(State.VERIFYING))
    present = _present_key(case, facts, keys)
    place = keys.index(present) if present in keys else 0
    steps = []
    for index, key in enumerate(keys):
        past = index < place or case.state == State.CLOSED
        now_here = index == place
        step: dict[str, Any] = {"word": _step_word(key, case)}
        step["state"] = "now" if now_here else "past" if past else "next"
        if now_here:
            step["tone"] = tone_of(key)
        if (past or now_here) and key in entered:
            step["at"] = _short(entered[key], case, history)
        steps.append(step)
    following = _step_word(keys[place + 1], case) if place + 1 < len(keys) else ""
    return steps, place + 1, following


def _present_key(case: Case, facts: CaseFacts, keys: list[str]) -> str:
    if case.state == State.IN_HAND:
        lead = facts.lead
        return "offered" if lead is not None and lead.state == OrderState.OFFERED else str(State.IN_HAND)
    if case.state == State.TRIAGED and State.TRIAGED not in keys:
        return str(State.FILED)
    return case.state


def _step_word(key: str, case: Case) -> Label:
    return OrderState.OFFERED.label if key == "offered" else state_label(key, case.flow)


def _entered(history: list[History]) -> dict[str, datetime]:
    """When each step was entered last; the lines come newest first."""
    entered: dict[str, datetime] = {}
    for one in history:
        if one.kind != "case":
            continue
        if one.verb == Verb.SIGN_IN:
            entered.setdefault(str(State.IN_HAND), one.at)
        elif one.to_state != one.from_state or one.verb in (Verb.DISPATCH, Verb.REASSIGN, Verb.NAME):
            fresh = one.verb in (Verb.DISPATCH, Verb.REASSIGN, Verb.NAME, Verb.SECOND_ROUND, Verb.REOPEN)
            key = "offered" if one.to_state == State.IN_HAND and fresh else one.to_state
            entered.setdefault(key, one.at)
            if key == State.TRIAGED:
                entered.setdefault(str(State.FILED), one.at)
    return entered


def _walked(case: Case, history: list[History]) -> tuple[list[dict[str, Any]], int, Label]:
    """The way of a case that ended otherwise: the states it was in, and its end."""
    steps: list[dict[str, Any]] = []
    for one in reversed([line for line in history if line.kind == "case" and line.from_state != line.to_state]):
        word = state_label(one.to_state, case.flow)
        steps = [step for step in steps if step["word"] != word]
        steps.append({"word": word, "state": "past", "at": _short(one.at, case, history)})
    if steps:
        steps[-1] |= {"state": "now", "tone": tone_of(case.state)}
    return steps, len(steps), ""


def _short(moment: datetime, case: Case, history: list[History]) -> str:
    """The hour alone where all happened on one day."""
    days = {timezone.localdate(one) for one in (case.received_at, *(line.at for line in history))}
    return clock_words(moment) if len(days) == 1 else when_words(moment, max(one.at for one in history))


# clocks


def _clock(subject: Subject) -> ClockPanel | None:
    case, now = subject.case, subject.now
    units = {one.pk: one.unit.short_name or one.unit.name for one in subject.rows.orders}
    running = [one for one in subject.rows.clocks if one.stopped_at is None]
    if not running or case.state in ENDS:
        return None
    wanted = subject.docket.step_now()
    main = next((one for one in running if one.object_id == case.pk and one.step == wanted), running[0])
    stages = stages_of(case, running, subject.rows.lines)
    staged = [one.clock for one in stages]
    others = [_other(subject, one, units) for one in running if one is not main and one not in staged]
    sooner = [one for one in running if one is not main and one.paused_at is None and one.due_at < main.due_at]
    first: Label = ""
    if sooner:
        soonest = min(sooner, key=lambda one: one.due_at)
        first = _("先到的是%(step)s：%(due)s。") % {
            "step": step_words(soonest.step, case),
            "due": due_words(soonest.due_at, now),
        }
    light = reading_of(_shown(main), now, _pause(main))
    return ClockPanel(
        step=step_words(main.step, case),
        clock=_shown(main),
        paused=_pause(main),
        used=clocks.used(main, now),
        light=light.words,
        tone=light.tone,
        due=due_words(main.due_at, now),
        lines=clocks.explain_whole(main, now, PAUSES),
        stages=[
            StageShown(
                number=one.stage.number,
                name=one.stage.name,
                limit=one.stage.limit.words(),
                clock=_other(subject, one.clock, units) if one.clock is not None else None,
                done=when_words(one.done_at, now) if one.done_at is not None else "",
            )
            for one in stages
        ],
        others=others,
        first=first,
        provisional=main.provisional,
    )


def _other(subject: Subject, clock: Clock, units: dict[UUID, str]) -> OtherClock:
    name = step_words(clock.step, subject.case)
    return OtherClock(
        name=f"{name} · {units[clock.object_id]}" if clock.object_id in units else name,
        clock=_shown(clock),
        paused=_pause(clock),
        due=due_words(clock.due_at, subject.now),
        lines=clocks.explain_whole(clock, subject.now, PAUSES),
    )


def _shown(clock: Clock) -> ShownClock:
    return ShownClock(clock.started_at, clock.due_at, clock.yellow_at, clock.paused_at)


def _pause(clock: Clock) -> str:
    if clock.paused_at is None:
        return ""
    found = next((one.reason for one in reversed(clocks.stretches_of(clock)) if one.reason), "")
    return str(PAUSES.get(found, found))


# notices


def _recusal(rows: CaseRows) -> str:
    units = [one.unit.name for one in rows.recusals if one.unit is not None]
    persons = [one.account.name for one in rows.recusals if one.account is not None]
    told = []
    if units:
        told.append(str(_("%(units)s看不到这件事，不派给它，也不由它回访") % {"units": listed(units)}))
    if persons:
        told.append(str(_("%(persons)s不经办这件事") % {"persons": listed(persons)}))
    return clauses(told)


def _notices(subject: Subject) -> list[tuple[str, Label, str, Label]]:
    case = subject.case
    found: list[tuple[str, Label, str, Label]] = []
    if case.outside and case.state not in ENDS:
        found.append(("warn", _("地图上的点不在本街道的范围里。请核对地点，或转给那边。"), "", ""))
    if case.objected_against and case.state not in ENDS:
        found.append(("warn", _("诉求人对上次的答复有异议，要由别的同事来定。"), "", ""))
    if case.asked_report_id is not None:
        found.append(("", _("正在等诉求人补充。回答了，或到了时间，就接着办。"), "", ""))
    if case.held_until is not None:
        told = {"reason": HoldReason(case.held_reason).label, "day": clocks.day_words(case.held_until, subject.now)}
        found.append(("", _("挂账：%(reason)s。%(day)s 复核，到那天就接着办。") % told, "", ""))
    for one in exclusions_of(subject):
        if one.state == ExclusionState.IN_FORCE and one.until is not None:
            told = {"kind": one.kind.name, "day": clocks.day_words(one.until, subject.now)}
            found.append(("", _("不计入考核：%(kind)s，到%(day)s。") % told, "", ""))
        else:
            told = {"kind": one.kind.name, "state": ExclusionState(one.state).label}
            found.append(("", _("申请剔除：%(kind)s，%(state)s。") % told, "", ""))
    if case.state not in ENDS and not subject.hides_callers:
        rows = subject.rows
        late = calls.late_steps_of({case.pk: [one.pk for one in rows.orders]}, subject.now)[case.pk]
        careful = careful_words(process_of(case, rows.orders, rows.answers, rows.reports, late_steps=late))
        if careful:
            words = _("过程提醒：%(reasons)s。跟诉求人说话时请多留意。") % {"reasons": clauses(careful)}
            found.append(("", words, "", ""))
    return found


# voices


def _report(
    subject: Subject, report: Report, photos: dict[tuple[str, UUID], list[Photo]], history: list[History]
) -> ReportLine:
    case, now = subject.case, subject.now
    can_open = (
        report.contact is not None
        and report.contact.erased_at is None
        and not subject.hides_callers
        and subject.actor.may(Duty.OPEN_CONTACT, case.area_code)
    )
    said = [one for one in subject.rows.feedback if one.report_id == report.pk]
    return ReportLine(
        id=report.pk,
        channel=_("代报") if report.channel == Channel.ON_BEHALF else Channel(report.channel).label,
        short=Truncator(report.words.replace("\n", " ")).chars(FIRST_WORDS),
        words=report.words,
        at=when_words(report.received_at, now),
        reply=_("上级回访") if report.upper_calls else REPLY[report.reply_by],
        caller=subject.caller(report),
        open_url=f"{reverse('cases:case', args=[case.pk])}?move=open_contact&report={report.pk}" if can_open else "",
        dial_url=reverse("cases:dial", args=[case.pk, report.pk])
        if may_dial(case, subject.rows.orders, subject.actor) and can_be_rung(report)
        else "",
        additions=[
            (when_words(one.added_at, now), one.words, former_type(one.added_at, history))
            for one in subject.rows.additions
            if one.report_id == report.pk
        ],
        photos=photos.get(("report", report.pk), []),
        papers=_papers(subject, "report", report.pk),
        withdrawn=report.withdrawn_at is not None,
        said=_feedback_words(said[-1].solved, said[-1].satisfaction) if said else "",
        whole=len(report.words) <= FIRST_WORDS and "\n" not in report.words,
    )


def _feedback_words(solved: bool | None, satisfaction: str) -> str:
    told = []
    if solved is not None:
        told.append(str(_("解决了") if solved else _("没有解决")))
    if satisfaction:
        told.append(str(Satisfaction(satisfaction).label))
    return " · ".join(told)


def _said(subject: Subject, photos: dict[tuple[str, UUID], list[Photo]]) -> list[SaidLine]:
    """Contacts, looks at the place and words of callers, newest first."""
    rows, now = subject.rows, subject.now
    callers = {one.pk: subject.caller(one) for one in rows.reports}
    found = [
        SaidLine(
            at=one.made_at,
            when=when_words(one.made_at, now),
            kind=ContactKind(one.kind).label,
            who=subject.who(one.made_by),
            result=CallResult(one.result).label,
            good=True if one.result == CallResult.REACHED else None,
            words=one.words,
            photos=[],
        )
        for one in rows.attempts
    ]
    found += [
        SaidLine(
            at=one.made_at,
            when=when_words(one.made_at, now),
            kind=VisitKind(one.kind).label,
            who=subject.who(one.made_by),
            result=_visit_words(one.kind, one.good),
            good=one.good,
            words=one.words,
            photos=photos.get(("visit", one.pk), []),
        )
        for one in rows.visits
    ]
    found += [
        SaidLine(
            at=one.said_at,
            when=when_words(one.said_at, now),
            kind=_("补评价") if one.late else _("评价"),
            who=callers[one.report_id] if one.report_id in callers else str(_("诉求人")),
            result=_feedback_words(one.solved, one.satisfaction),
            good=one.solved,
            words="" if one.by_desk else one.words,  # by phone, the words stand with the call
            photos=[],
        )
        for one in rows.feedback
    ]
    found += [
        SaidLine(
            at=one.made_at,
            when=when_words(one.made_at, now),
            kind=move_label(one.verb, subject.rows.case.flow),
            who=subject.who(one.made_by),
            result="",
            good=None,
            words=one.words,
            photos=[],
        )
        for one in rows.remarks
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _visit_words(kind: str, good: bool) -> Label:
    if kind == VisitKind.VERIFY:
        return _("属实") if good else _("没有发现")
    return _("办好了") if good else _("没办好")


# units


def _rounds(subject: Subject, photos: dict[tuple[str, UUID], list[Photo]]) -> list[Round]:
    by_round: dict[int, list[WorkOrder]] = {}
    for one in subject.rows.orders:
        by_round.setdefault(one.round, []).append(one)
    return [
        Round(
            number=number,
            orders=[_order(subject, one, photos) for one in sorted(orders, key=_order_key)],
            clause=next((one.clause for one in orders if one.clause), ""),
        )
        for number, orders in sorted(by_round.items(), reverse=True)
    ]


def _order_key(order: WorkOrder) -> tuple[bool, bool, datetime]:
    return not order.live, order.role != OrderRole.LEAD, order.offered_at


def _order(subject: Subject, order: WorkOrder, photos: dict[tuple[str, UUID], list[Photo]]) -> OrderLine:
    notes: list[Label] = []
    if order.named:
        notes.append(_("领导指定承办"))
    if order.return_asked:
        notes.append(_("申请退回，等决定"))
    if order.headed_at is not None:
        notes.append(_("负责人已参与"))
    elif order.live and order.round > 1 and order is subject.docket.lead and not subject.docket.head_took_part():
        notes.append(_("等负责人参与"))
    clock = None
    if order.live and order.due_at is not None and order.due_from is not None:
        clock = ShownClock(order.due_from, order.due_at, order.yellow_at)
    return OrderLine(
        role=OrderRole(order.role).label,
        lead=order.role == OrderRole.LEAD,
        unit=order.unit.name,
        state=order.state,
        label=OrderState(order.state).label,
        handler=str(order.handler.name) if order.handler is not None else "",
        given=str(order.given_to.name) if order.given_to is not None and order.given_to_id != order.handler_id else "",
        result=_result(subject, order),
        instruction=order.instruction,
        notes=notes,
        at=when_words(order.ended_at or order.done_at or order.accepted_at or order.offered_at, subject.now),
        clock=clock,
        photos=photos.get(("order", order.pk), []),
        papers=_papers(subject, "order", order.pk),
    )


def _result(subject: Subject, order: WorkOrder) -> str:
    """An assistant's words whole, for they stand only here; the lead's stand under 答复."""
    if order.role != OrderRole.LEAD:
        return order.result
    answers = {one.words for one in subject.rows.answers}
    return "" if order.result in answers else Truncator(order.result).chars(FIRST_WORDS)


def former_type(at: datetime, history: list[History]) -> str:
    """The name of the type that the case had then, where it is another now; "" for words of the present type."""
    changes = [one for one in history if one.kind == "case" and one.facts.get("type_old") and one.at > at]
    return _type_name(min(changes, key=lambda one: (one.at, one.pk)).facts["type_old"]) if changes else ""


def _answer(subject: Subject, answer: Answer, history: list[History]) -> AnswerLine:
    now = subject.now

    def told(moment: datetime | None, who: UUID | None = None) -> str:
        if moment is None:
            return ""
        return f"{subject.who(who)} {when_words(moment, now)}" if who else when_words(moment, now)

    return AnswerLine(
        round=answer.round,
        outcome=Outcome(answer.outcome).label,
        words=answer.words,
        internal=answer.internal,
        written=told(answer.written_at, answer.written_by),
        signed=told(answer.signed_at, answer.signed_by),
        reviewed=told(answer.reviewed_at),
        sent_back=told(answer.sent_back_at),
        sent_back_words=answer.sent_back_words,
        former=former_type(answer.written_at, history),
    )


def _approvals(subject: Subject) -> list[ApprovalLine]:
    """Asks and decisions, open ones first."""
    units = {one.pk: one.unit.name for one in subject.rows.orders}
    found = []
    for one in reversed(subject.rows.approvals):
        decided = ""
        if one.decided_at is not None:
            who = subject.who(one.decided_by) if one.decided_by else str(_("按流程"))
            decided = f"{who} {when_words(one.decided_at, subject.now)}"
        found.append(
            ApprovalLine(
                kind=ApprovalKind(one.kind).label,
                state=one.state,
                label=ApprovalState(one.state).label,
                open=one.state == ApprovalState.ASKED,
                about=units.get(one.object_id, ""),
                asked=f"{subject.who(one.asked_by)} {when_words(one.asked_at, subject.now)}",
                reason=one.reason,
                facts=approval_lines(one, subject.now),
                decided=decided,
                words=one.words,
            )
        )
    return sorted(found, key=lambda line: not line.open)


# photos


def _photo(subject: Subject, one: Attachment, number: int = 1) -> Photo:
    case = subject.case
    label = str(FilePurpose(one.purpose).label)
    return Photo(
        url=reverse("cases:preview", args=[case.pk, one.pk]),
        full_url=reverse("cases:file", args=[case.pk, one.pk]),
        alt=str(_("%(purpose)s，第 %(number)s 张") % {"purpose": label, "number": number}),
        label=label,
        words=f"{label} {when_words(one.added_at, subject.now)}",
        cover_url=reverse("cases:cover", args=[case.pk, one.pk])
        if may_cover(subject.docket, subject.actor, one.purpose)
        else "",
        covered=one.covered_at is not None,
    )


def _papers(subject: Subject, owner_kind: str, owner_id: UUID) -> list[Paper]:
    mine = [one for one in subject.files if (one.owner_kind, one.owner_id) == (owner_kind, owner_id)]
    case_id = subject.case.pk
    return papers(
        [one for one in mine if one.kind not in IMAGES], lambda one: reverse("cases:file", args=[case_id, one.pk])
    )


def _photos(subject: Subject) -> dict[tuple[str, UUID], list[Photo]]:
    found: dict[tuple[str, UUID], list[Photo]] = {}
    for one in subject.photos:
        mine = found.setdefault((one.owner_kind, one.owner_id), [])
        mine.append(_photo(subject, one, len(mine) + 1))
    return found


def _pair(subject: Subject) -> tuple[Photo | None, Photo | None]:
    """The latest pictures before and after; before any work, the caller's first picture stands for before."""
    latest = {one.purpose: one for one in subject.photos if one.owner_kind in ("case", "order")}
    first = next((one for one in subject.photos if one.purpose == FilePurpose.REPORT), None)
    before = latest.get(FilePurpose.BEFORE) or (first if FilePurpose.AFTER in latest else None)
    after = latest.get(FilePurpose.AFTER)
    if before is None or after is None:
        return None, None
    return _photo(subject, before), _photo(subject, after)


def _loose(subject: Subject) -> list[Photo]:
    """Every other picture of the work; those of reports and visits stand with their words."""
    mine = [one for one in subject.photos if one.owner_kind == "case"]
    paired = all(_pair(subject))
    latest = {one.purpose: one.pk for one in mine}
    kept = [one for one in mine if not (paired and latest.get(one.purpose) == one.pk)]
    return [_photo(subject, one, number) for number, one in enumerate(kept, start=1)]


# other cases


def _linked(case: Case, merge: str = "") -> LinkedCase:
    address = reverse("cases:case", args=[case.pk])
    return LinkedCase(
        title=case.title or case.number,
        number=case.number,
        label=state_label(case.state, case.flow),
        state=case.state,
        place=places.name_of(case.area_code),
        url=address,
        merge_url=merge,
    )


def _ties(subject: Subject) -> list[tuple[Label, list[LinkedCase]]]:
    names: dict[str, Label] = {
        "into": _("并入了"),
        "merged": _("并进来的"),
        "follows": _("接着这件"),
        "followed_by": _("后来的"),
        "part_of": _("从这件拆出来"),
        "parts": _("拆出来的"),
    }
    found = page.linked(subject.case, subject.actor)
    return [(names[kind], [_linked(one) for one in found[kind]]) for kind in names if found[kind]]


def _near(subject: Subject, may_merge: bool) -> list[LinkedCase]:
    case = subject.case
    merge = f"{reverse('cases:case', args=[case.pk])}?move=merge&into=" if may_merge else ""
    return [_linked(one, f"{merge}{one.pk}" if merge else "") for one in subject.near if like(case, one)][:5]


# history


def _is_minor(line: History) -> bool:
    return line.kind != "case" or line.verb in MINOR


def _line(subject: Subject, line: History) -> dict[str, Any]:
    case = subject.case
    words: Label
    if line.verb in OTHER_LINES:
        words = OTHER_LINES[line.verb]
    elif line.verb in Verb.values:
        words = move_label(line.verb, case.flow)
    else:
        words = line.verb
    note = _note(subject, line)
    if line.kind == "order":
        unit = next((one.unit.name for one in subject.rows.orders if one.pk == line.object_id), "")
        words = _("工单%(verb)s") % {"verb": words}
        note = " · ".join(filter(None, [unit, note]))
    who = subject.who(line.actor_id) if line.actor_kind == ActorKind.PERSON else BY_ACTOR.get(line.actor_kind, "")
    if line.facts.get("errand"):
        firm = subject.firms.get(line.facts["errand"], "")
        if line.actor_kind == ActorKind.CHANNEL:
            who = _("外单位 %(firm)s") % {"firm": firm}
        else:
            note = firm
    found: dict[str, Any] = {"at": line.at, "who": who, "words": words, "note": note}
    if line.from_state != line.to_state:
        found["tone"] = tone_of(line.to_state)
    return found


def _note(subject: Subject, line: History) -> str:
    """The facts of a line in words: units, places, types, results. Never a caller's words: there are none in it."""
    facts, told = line.facts, []
    units = {str(one.unit_id): one.unit.name for one in subject.rows.orders}
    units |= {str(one.unit_id): one.unit.name for one in subject.rows.recusals if one.unit is not None}
    if facts.get("lead") in units:
        told.append(str(_("主办 %(unit)s") % {"unit": units[facts["lead"]]}))
    helpers = [units[one] for one in facts.get("assistants", []) if one in units]
    if helpers:
        told.append(str(_("协办 %(units)s") % {"units": listed(helpers)}))
    if facts.get("unit") in units:
        told.append(units[facts["unit"]])
    if facts.get("handler"):
        told.append(subject.who(UUID(facts["handler"])))
    if facts.get("part") in HeadPart.values:
        told.append(str(HeadPart(facts["part"]).label))
    if facts.get("outcome") in Outcome.values:
        told.append(str(Outcome(facts["outcome"]).label))
    if facts.get("result") in CallResult.values:
        told.append(str(CallResult(facts["result"]).label))
    if isinstance(facts.get("solved"), bool):
        told.append(_feedback_words(facts["solved"], ""))
    if "found" in facts:
        told.append(str(_visit_words(VisitKind.VERIFY, bool(facts["found"]))))
    if facts.get("area_new") and facts.get("area_new") != facts.get("area_old"):
        told.append(f"{places.name_of(facts['area_old'])} → {places.name_of(facts['area_new'])}")
    if "type_new" in facts:
        told.append(" → ".join(filter(None, (_type_name(facts.get("type_old", "")), _type_name(facts["type_new"])))))
    if "grade_new" in facts and facts["grade_new"] in Grade.values:
        told.append(str(Grade(facts["grade_new"]).label))
    if line.verb == Verb.RAISE and facts.get("to"):
        told.append(f"{places.name_of(facts['from'])} → {places.name_of(facts['to'])}")
    if line.verb == Verb.REGISTER and facts.get("type"):
        told.append(_type_name(facts["type"]))
    if facts.get("limit_percent"):
        told.append(_triage_words(facts))
    if line.verb == RELIMITED:
        limits = (Limit.parse(facts[name]).words() for name in ("limit_from", "limit_to"))
        told.append(f"{Step(facts['step']).label} {' → '.join(limits)}")
    if line.verb == Verb.FINISH_STAGE:
        told.append(matters.stage_name(step_of(facts["stage"]), facts["type"], facts["catalogue"]))
    if facts.get("article"):
        told.append(str(_("按知识库第 %(version)s 版") % {"version": facts.get("version", "")}))
    if facts.get("unchanged"):
        told.append(str(_("没有改动")))
    if facts.get("round"):
        told.append(str(_("第 %(round)s 轮") % {"round": facts["round"]}))
    return " · ".join(told)


def _triage_words(facts: dict[str, Any]) -> str:
    """Why triage acted alone: the version of its model (or the catalogue's words) and how sure it was."""
    told = {"number": facts["model"], "percent": facts["sure_percent"], "limit": facts["limit_percent"]}
    if facts["model"]:
        return str(_("分派模型第 %(number)s 版，把握 %(percent)s%%，门槛 %(limit)s%%") % told)
    return str(_("按清单的词，把握 %(percent)s%%，门槛 %(limit)s%%") % told)


def _type_name(code: str) -> str:
    return matters.name_of(code) if code else ""


__all__ = ["Casefile", "casefile", "hides_callers", "subject_of"]
