"""The docket of a case: everything one act reads and writes, in memory, between one lock and one flush.

Every step of the flow works on a docket and never on the database. A live act opens one docket under a
row lock, walks its steps and flushes; the bulk builder walks the same steps on many dockets and flushes
them together. So both write the same rows by construction (and a test compares them).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import override

from huying.approvals.models import Approval
from huying.approvals.rules import FLOW as APPROVAL_FLOW
from huying.approvals.rules import ApprovalFacts, ApprovalKind, ApprovalState, ApprovalVerb
from huying.audit import actions as audit
from huying.audit.models import History
from huying.cases import events
from huying.cases.models import (
    Addition,
    Answer,
    Case,
    ContactAttempt,
    Exclusion,
    Feedback,
    JointDecision,
    NumberCounter,
    Precedent,
    Remark,
    Report,
    SiteVisit,
    Suggested,
    WorkOrder,
)
from huying.cases.queries import calling, limits
from huying.cases.rules import (
    ENDS,
    FLOW,
    LIVE_ORDERS,
    OPEN,
    ORDER_FLOW,
    STEP_OF_STATE,
    WITH_A_LEAD,
    By,
    CallResult,
    CaseFacts,
    ContactKind,
    Given,
    OrderFacts,
    OrderRole,
    OrderState,
    OwnStep,
    ReportFacts,
    State,
    Verb,
    alternatives,
    exclusions,
    state_label,
)
from huying.cases.rules.calling import CALLS_BEFORE_GIVING_UP, CallHours, next_try_at, of_one_caller, tries
from huying.cases.rules.guards import TAKE_BACK_WITHIN
from huying.cases.search import grams, vector
from huying.clocks import actions as clock_actions
from huying.clocks import queries as clocks
from huying.clocks.models import Clock, Stretch
from huying.clocks.rules import Calendar, Limit, Pause, StretchKind, Unit
from huying.files import queries as files
from huying.files.rules import MOST_LEXEMES, PreparedImage
from huying.kernel.actor import Actor, ActorKind, rule
from huying.kernel.flow import Move
from huying.kernel.ids import case_number, uuid7
from huying.kernel.ready import Fixed
from huying.kernel.refusals import IllegalMove, NotAllowed
from huying.kernel.terms import _
from huying.kernel.together import insert_together, update_together
from huying.matters import queries as matters
from huying.matters.models import MatterType
from huying.matters.queries import LimitRow
from huying.matters.rules import CallBackPolicy, CheckPolicy, Step
from huying.matters.rules.stages import stage_number
from huying.people import queries as people
from huying.people.actions import ContactRows
from huying.people.models import Consent, Contact, Recusal
from huying.people.rules import Duty

EXTENSIONS = frozenset({ApprovalKind.EXTEND, ApprovalKind.LEAD_EXTEND})
OF_THE_LEAD = EXTENSIONS | {ApprovalKind.HOLD}
HELD, ASKED, UPPER = "held", "asked", "upper"  # why a clock stands still
# Steps before an answer leaves the house: an upper system's limit holds for each of them.
BEFORE_ANSWER = frozenset(Step) - {Step.SIGN_IN, Step.FIRST_CONTACT, Step.CALL_BACK}
# A lead order that comes to here asks for nothing more.
_WITHOUT_ITS_ASKS = frozenset({OrderState.DONE, OrderState.COMPLETED, OrderState.RETURNED, OrderState.CANCELLED})
MOST_TOGETHER = 200  # rows in one statement
# Moves whose reason the next one must read; the words of two-person decisions stand with the approval.
REMARKED = frozenset(
    {
        Verb.SEND_BACK, Verb.RAISE, Verb.REASSIGN, Verb.NAME, Verb.REOPEN, Verb.OBJECT, Verb.SUPERVISE,
        Verb.REPORT_BACK, Verb.PRESS, Verb.CLOSE_SUPERVISION, Verb.ASK_REPORTER, Verb.FINISH_STAGE, Verb.TAKE_PART,
    }
)  # fmt: skip
M = TypeVar("M", bound=Model)


_ORDERS = Fixed(
    lambda case_id: (
        WorkOrder.objects.filter(case_id=case_id)
        .select_related("unit", "handler", "given_to")
        .order_by("offered_at", "id")
    )
)
_REPORTS = Fixed(
    lambda case_id: Report.objects.filter(case_id=case_id).select_related("contact").order_by("received_at", "id")
)
_CLOCKS = Fixed(lambda ids: Clock.objects.filter(object_id__in=ids, stopped_at=None).order_by("started_at", "id"))
_STRETCHES = Fixed(lambda ids: Stretch.objects.filter(clock_id__in=ids).order_by("pk"))
_APPROVALS = Fixed(lambda ids: Approval.objects.filter(object_id__in=ids).order_by("asked_at", "id"))
_ANSWERS = Fixed(lambda case_id: Answer.objects.filter(case_id=case_id).order_by("pk"))
_ATTEMPTS = Fixed(lambda case_id: ContactAttempt.objects.filter(case_id=case_id).order_by("pk"))
_FEEDBACK = Fixed(lambda case_id: Feedback.objects.filter(case_id=case_id).order_by("pk"))


class Knowledge:
    """What steps ask of lower apps. A live act asks each thing once; the bulk builder keeps one for all."""

    def __init__(self) -> None:
        self._units: dict[tuple[str, str], frozenset[UUID]] = {}
        self._signers: dict[UUID, frozenset[UUID]] = {}
        self._calendar: Calendar | None = None
        self._call_hours: dict[str, CallHours] = {}

    def call_hours(self, area_code: str, day: date) -> CallHours:
        if area_code not in self._call_hours:
            self._call_hours[area_code] = calling.hours_in(area_code, day)
        return self._call_hours[area_code]

    @property
    def calendar(self) -> Calendar:
        if self._calendar is None:
            self._calendar = clocks.calendar()
        return self._calendar

    def type_of(self, code: str, version: str = "") -> MatterType | None:
        return matters.type_of(code, version) if code else None

    def limit_of(self, case: Case, step: Step, *, at: datetime) -> LimitRow:
        """The limit of a case's step that begins then."""
        with override(settings.LANGUAGE_CODE):  # what is stored is in the source language, whoever acts
            return limits.limit_of(case, step, at=at)

    @staticmethod
    def clause_of(kind: MatterType | None) -> str:
        """The clause as it is stored on an order."""
        with override(settings.LANGUAGE_CODE):
            return str(kind.clause) if kind else ""

    def units_with_duty(self, type_code: str, area_code: str) -> frozenset[UUID]:
        key = (type_code, area_code)
        if key not in self._units:
            self._units[key] = frozenset(one.pk for one in people.responsible_units(type_code, area_code))
        return self._units[key]

    def signers(self, unit_id: UUID) -> frozenset[UUID]:
        if unit_id not in self._signers:
            self._signers[unit_id] = frozenset(one.pk for one in people.members_of(unit_id, Duty.SIGN))
        return self._signers[unit_id]


@dataclass(frozen=True)
class Picture:
    """One picture to keep, with its owner."""

    prepared: PreparedImage
    owner_kind: str
    owner_id: UUID
    purpose: str
    area_code: str
    actor: Actor
    at: datetime


@dataclass
class Docket:
    """One case with its rows; `new` and `changed` are what a flush writes."""

    case: Case
    knowledge: Knowledge
    live: bool = True
    tried: bool = False  # a step is only looked at: nothing is locked or written
    make_id: Callable[[], UUID] = uuid7
    orders: list[WorkOrder] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    _stretches: dict[UUID, list[Stretch]] | None = None
    _answers: list[Answer] | None = None
    _attempts: list[ContactAttempt] | None = None
    _feedback: list[Feedback] | None = None
    _approvals: list[Approval] | None = None
    _recusals: list[Recusal] | None = None
    new: dict[type[Model], list[Model]] = field(default_factory=lambda: defaultdict(list))
    changed: dict[type[Model], dict[Any, Model]] = field(default_factory=lambda: defaultdict(dict))
    history: list[History] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)  # of a bulk world, kept by the builder
    others: list[Docket] = field(default_factory=list)  # dockets touched by the same act: merging, splitting
    words_changed: bool = False
    paper_words: list[str] = field(default_factory=list)  # pieces of documents that came with this act
    key: UUID | None = None
    body_hash: str = ""
    opened_for: Actor | None = None  # who may see the case, found under its lock

    # opening

    @classmethod
    def of(cls, case: Case, knowledge: Knowledge | None = None) -> Docket:
        """The docket of a stored (and, for a write, locked) case."""
        docket = cls(case=case, knowledge=knowledge or Knowledge())
        docket.orders = _ORDERS(case.pk)
        docket.reports = _REPORTS(case.pk)
        docket.clocks = _CLOCKS([case.pk, *(one.pk for one in docket.orders)])
        return docket

    @classmethod
    def of_many(cls, cases: Iterable[Case], knowledge: Knowledge) -> list[Docket]:
        """The dockets of many locked cases, none of them recused: a statement for each table, however many they are."""
        dockets = {one.pk: cls(case=one, knowledge=knowledge) for one in cases}
        orders = WorkOrder.objects.filter(case__in=list(dockets)).select_related("unit", "handler", "given_to")
        for order in orders.order_by("offered_at", "id"):
            dockets[order.case_id].orders.append(order)
        reports = Report.objects.filter(case__in=list(dockets)).select_related("contact").order_by("received_at", "id")
        for report in reports:
            dockets[report.case_id].reports.append(report)
        holder = {one.pk: docket for docket in dockets.values() for one in (docket.case, *docket.orders)}
        clock_holder: dict[UUID, Docket] = {}
        for clock in _CLOCKS(list(holder)):
            clock_holder[clock.pk] = holder[clock.object_id]
            holder[clock.object_id].clocks.append(clock)
        for docket in dockets.values():
            docket._approvals, docket._recusals, docket._stretches = [], [], defaultdict(list)
        for approval in _APPROVALS(list(holder)):
            holder[approval.object_id].approvals.append(approval)
        for stretch in _STRETCHES(list(clock_holder)):
            clock_holder[stretch.clock_id].stretches[stretch.clock_id].append(stretch)
        return list(dockets.values())

    def begin_empty(self) -> None:
        """A docket of a case that is just being made: nothing is stored yet, so nothing is asked for."""
        self._answers, self._attempts, self._feedback, self._approvals, self._recusals = [], [], [], [], []
        self._stretches = defaultdict(list)

    def _mine(self, read: Fixed[M]) -> list[M]:
        return read(self.case.pk) if self.live else []

    @property
    def answers(self) -> list[Answer]:
        if self._answers is None:
            self._answers = self._mine(_ANSWERS)
        return self._answers

    @property
    def attempts(self) -> list[ContactAttempt]:
        if self._attempts is None:
            self._attempts = self._mine(_ATTEMPTS)
        return self._attempts

    @property
    def feedback(self) -> list[Feedback]:
        if self._feedback is None:
            self._feedback = self._mine(_FEEDBACK)
        return self._feedback

    @property
    def approvals(self) -> list[Approval]:
        if self._approvals is None:
            ids = [self.case.pk, *(one.pk for one in self.orders)]
            self._approvals = _APPROVALS(ids) if self.live else []
        return self._approvals

    @property
    def recusals(self) -> list[Recusal]:
        if self._recusals is None:
            asked = self.live and self.case.recused
            self._recusals = list(Recusal.objects.filter(object_id=self.case.pk).order_by("pk")) if asked else []
        return self._recusals

    @property
    def stretches(self) -> dict[UUID, list[Stretch]]:
        if self._stretches is None:
            self._stretches = defaultdict(list)
            if self.live and self.clocks:
                ids = [one.pk for one in self.clocks]
                for one in _STRETCHES(ids):
                    self._stretches[one.clock_id].append(one)
        return self._stretches

    # writing down

    def add(self, row: M) -> M:
        self.new[type(row)].append(row)
        kept: dict[type[Model], list[Any]] = {
            WorkOrder: self.orders,
            Report: self.reports,
            Clock: self.clocks,
        }
        if isinstance(row, Answer):
            self.answers.append(row)
        elif isinstance(row, ContactAttempt):
            self.attempts.append(row)
        elif isinstance(row, Feedback):
            self.feedback.append(row)
        elif isinstance(row, Approval):
            self.approvals.append(row)
        elif isinstance(row, Recusal):
            self.recusals.append(row)
        elif isinstance(row, Stretch):
            self.stretches[row.clock_id].append(row)
        elif type(row) in kept:
            kept[type(row)].append(row)
        return row

    def keep_contact(self, made: ContactRows) -> None:
        """What a reporter left is written with the act, its line before the act's own."""
        self.new[Contact] += made.contacts
        self.new[Consent] += made.consents
        self.history[:0] = made.lines

    def change(self, row: Model) -> None:
        """Mark a stored row as changed (rows that are new in this act are written as they end up)."""
        if any(row is one for one in self.new.get(type(row), ())):
            return
        if row.pk is None:
            raise ValueError("the keys of what was written together are not read back: open the docket anew")
        self.changed[type(row)][row.pk] = row

    def note(
        self,
        *,
        kind: str,
        object_id: UUID,
        verb: str,
        actor: Actor,
        now: datetime,
        from_state: str = "",
        to_state: str = "",
        facts: dict[str, Any] | None = None,
    ) -> None:
        """One history line; the act's client key goes on its first line."""
        first = not self.history and self.key is not None
        self.history.append(
            History(
                at=now,
                kind=kind,
                object_id=object_id,
                verb=str(verb),
                from_state=str(from_state or ""),
                to_state=str(to_state or ""),
                actor_kind=str(actor.kind),
                actor_id=actor.id,
                actor_label=actor.label,
                area_code=self.case.area_code,
                facts=facts or {},
                key=self.key if first else None,
                body_hash=self.body_hash if first else "",
            )
        )

    def note_unchanged(self, verb: str, *, actor: Actor, now: datetime) -> None:
        """The line of an act that found nothing to change: its key is used, so that a late repeat does nothing."""
        state = self.case.state
        self.note(
            kind="case", object_id=self.case.pk, verb=verb, actor=actor, now=now, from_state=state, to_state=state,
            facts={"unchanged": True},
        )  # fmt: skip

    # the flow

    @property
    def type(self) -> MatterType | None:
        return self.knowledge.type_of(self.case.type_code, self.case.catalogue_version)

    @property
    def wants_pictures(self) -> bool:
        """A matter of a place that others look at afterwards is shown solved by pictures; never a confidential one."""
        kind = self.type
        return kind is not None and kind.check_policy != CheckPolicy.NEVER and not self.case.confidential

    def facts(self, *, actor: Actor, now: datetime, given: Given | None = None) -> CaseFacts:
        """What the guards look at, read once."""
        case, kind = self.case, self.type
        open_approvals = [one for one in self.approvals if one.state == ApprovalState.ASKED] if self._asks() else []
        report_ids = {one.pk for one in self.reports}
        return CaseFacts(
            state=State(case.state) if case.state else None,
            now=now,
            type_set=kind is not None,
            place_set=not case.unplaced,
            grade_set=bool(case.grade),
            has_clause=kind is not None and bool(kind.clause),
            small_matter=kind is not None and kind.self_handle,
            proof_wanted=self.wants_pictures,
            confidential=case.confidential,
            imported=case.imported,
            danger_open=bool(case.danger) and case.verified is not False,
            check_policy=CheckPolicy(kind.check_policy) if kind else CheckPolicy.NEVER,
            call_back_policy=CallBackPolicy(kind.call_back_policy) if kind else CallBackPolicy.DESK,
            found_by_field=case.channel in ("patrol", "sensor"),
            sampled=case.sampled,
            round=case.round,
            orders=tuple(self._order_facts(one, now, open_approvals) for one in self.orders),
            returned_units=frozenset(one.unit_id for one in self.orders if one.state == OrderState.RETURNED),
            recused_units=frozenset(one.unit_id for one in self.recusals if one.unit_id),
            recused_accounts=frozenset(one.account_id for one in self.recusals if one.account_id),
            reports=self._all_report_facts(),
            open_approvals=frozenset(one.kind for one in open_approvals if one.object_id == case.pk),
            approval_askers=tuple((one.kind, one.asked_by) for one in open_approvals if one.asked_by),
            signed=case.signed,
            unit_has_signer=(case.state == State.REVIEWING or (case.state == State.IN_HAND and case.round > 1))
            and self._has_signer(),
            contacted=case.contacted_at is not None,
            state_before_merge=State(case.state_before_merge) if case.state_before_merge else None,
            ended_at=case.ended_at,
            desk_can_rise=len(case.desk_code) > 6,
            objected_against=case.objected_against,
            stages=frozenset(stage_number(one.step) for one in self.stages()),
            handling=self._handling(now),
            held=case.held_since is not None,
            supervision=case.supervision,
            asked_report=case.asked_report_id,
            questions=case.questions,
            review_ahead=any(
                one.kind == ApprovalKind.HOLD and one.facts["until"] > timezone.localdate(now).isoformat()
                for one in open_approvals
            ),
            extensions=sum(
                one.kind in EXTENSIONS and one.state != ApprovalState.WITHDRAWN and one.facts.get("round") == case.round
                for one in (self.approvals if case.state == State.IN_HAND else ())
            ),
            nudged_today=case.nudged_at is not None and timezone.localdate(case.nudged_at) == timezone.localdate(now),
            late_told=any(one.late and one.report_id == actor.report_id for one in self.feedback)
            if case.state in ENDS and actor.report_id
            else False,
            just_sent=self._just_sent(now),
            sent_over=bool(self.replaced()),
            parts_open=self._parts_open(),
            is_part=case.part_of_id is not None,
            actor_id=actor.id,
            actor_units=actor.units,
            actor_bodies=actor.bodies,
            by_rule=actor.kind in (ActorKind.RULE, ActorKind.SYSTEM),
            actor_report_id=actor.report_id if actor.report_id in report_ids else None,
            given=given,
        )

    def _handling(self, now: datetime) -> bool:
        """Whether the clock of handling runs and is not red yet."""
        return any(one.paused_at is None and now < one.due_at for one in self.running(Step.HANDLE, self.case.pk))

    def _just_sent(self, now: datetime) -> bool:
        """Whether all live orders went out with the last move, a moment ago; what a leader named stays."""
        sent, case = self.live_orders, self.case
        return (
            bool(sent)
            and now - case.moved_at <= TAKE_BACK_WITHIN
            and all(
                (one.state, one.offered_at, one.named) == (OrderState.OFFERED, case.moved_at, False) for one in sent
            )
        )

    def _parts_open(self) -> bool:
        """Asked for the few cases alone that were split; what is played in memory knows of no part that ended."""
        case = self.case
        return bool(case.parts) and (not self.live or Case.objects.filter(part_of=case, ended_at=None).exists())

    def replaced(self) -> list[WorkOrder]:
        """Orders of the round that the last move cancelled for others."""
        return [
            one
            for one in self.orders
            if (one.state, one.round, one.ended_at) == (OrderState.CANCELLED, self.case.round, self.case.moved_at)
            and one.state_before
        ]

    def _asks(self) -> bool:
        """Whether an approval can be open: it is never asked of an ended case."""
        return self.case.state in OPEN

    def _order_facts(self, order: WorkOrder, now: datetime, open_approvals: list[Approval]) -> OrderFacts:
        return OrderFacts(
            id=order.pk,
            unit_id=order.unit_id,
            role=OrderRole(order.role),
            state=OrderState(order.state),
            round=order.round,
            named=order.named,
            handler_id=order.handler_id,
            sign_in_open=order.sign_in_due is None or now <= order.sign_in_due,
            asked_return=any(one.object_id == order.pk for one in open_approvals),
            given_to=order.given_to_id,
            headed=order.headed_at is not None,
        )

    def _all_report_facts(self) -> tuple[ReportFacts, ...]:
        asked = self.case.state in (State.CALLING_BACK, State.CLOSED)
        callers = self.callers() if asked else {}
        return tuple(self._report_facts(one, callers.get(one.pk)) for one in self.reports)

    def _report_facts(self, report: Report, mine: Collection[UUID] | None) -> ReportFacts:
        """`mine`: the reports of the same caller, where callers are asked."""
        told, unsolved = False, False
        if mine is not None:
            said = self.said_for(report, mine)
            told = bool(said) or self._gave_up(self.calls_to(mine))
            unsolved = any(one.solved is False for one in said)
        return ReportFacts(
            id=report.pk,
            wants_answer=report.wants_answer,
            withdrawn=report.withdrawn_at is not None,
            told=told,
            unsolved=unsolved,
            taken_by=report.taken_by_id,
        )

    def callers(self) -> dict[UUID, frozenset[UUID]]:
        """The reports of this case, each with those that the same caller made: who is asked once."""
        told = []
        for one in self.reports:
            found = self._contact_of(one)
            # Where what they left is not at hand, as in bulk, what is one contact is still one caller.
            mask, tail = (found.name_mask, found.phone_tail) if found is not None else ("", str(one.contact_id or ""))
            told.append((one.pk, mask, tail))
        return of_one_caller(told)

    def _contact_of(self, report: Report) -> Contact | None:
        """What the caller left, as far as it is at hand: read with the report, or made in this very act."""
        if Report.contact.is_cached(report):
            return report.contact
        made = cast(list[Contact], self.new.get(Contact, []))
        return next((one for one in made if one.pk == report.contact_id), None)

    def to_call(self) -> list[Report]:
        """Whom to call back in this round: of each caller who is still to be asked, the first report."""
        asked: set[UUID] = set()
        found = []
        callers, told = self.callers(), {one.id: one.told for one in self._all_report_facts()}
        for report in self.reports:
            waits = report.wants_answer and report.withdrawn_at is None and not told[report.pk]
            waits = waits and not report.upper_calls
            if waits and report.pk not in asked:
                asked |= callers[report.pk]
                found.append(report)
        return found

    def said_for(self, report: Report, mine: Collection[UUID]) -> list[Feedback]:
        """What counts for a report in this round: its own word, and what its caller told the desk by telephone."""
        return [
            one
            for one in self.feedback
            if one.round == self.case.round
            and not one.late
            and (one.report_id == report.pk or (one.by_desk and one.report_id in mine))
        ]

    def calls_to(self, reports: Collection[UUID]) -> list[ContactAttempt]:
        """The call-backs of this round to the caller of these reports."""
        return [
            one
            for one in self.attempts
            if one.kind == ContactKind.CALL_BACK and one.round == self.case.round and one.report_id in reports
        ]

    def hours_to_call(self, now: datetime) -> CallHours:
        return self.knowledge.call_hours(self.case.desk_code, timezone.localdate(now))

    def next_try_at(self, report: Report, now: datetime) -> datetime:
        """From when a missed call to the caller of this report is a further try."""
        missed = [one.made_at for one in self.calls_to(self.callers()[report.pk]) if one.result == CallResult.MISSED]
        return next_try_at(map(timezone.localtime, missed), timezone.localtime(now), self.hours_to_call(now))

    def _gave_up(self, calls: list[ContactAttempt]) -> bool:
        """Whether the caller will not be rung again: refused, no number of theirs, or missed at three times."""
        if any(one.result in (CallResult.REFUSED, CallResult.WRONG) for one in calls):
            return True
        missed = [one.made_at for one in calls if one.result == CallResult.MISSED]
        if len(missed) < CALLS_BEFORE_GIVING_UP:
            return False
        hours = self.hours_to_call(missed[-1])
        return tries(map(timezone.localtime, missed), hours) >= CALLS_BEFORE_GIVING_UP

    def may_walk(self, verb: Verb, actor: Actor, order_id: UUID | None = None) -> bool:
        """Whether the actor holds one of the verb's duties over what it asks for; a unit's over the order at hand."""
        if actor.kind in (ActorKind.RULE, ActorKind.SYSTEM):
            return True
        return any(self._holds(by, duty, actor, order_id) for by, duty in alternatives(verb))

    def _holds(self, by: By, duty: Duty | None, actor: Actor, order_id: UUID | None) -> bool:
        if by == By.REPORTER:
            return actor.report_id is not None and any(one.pk == actor.report_id for one in self.reports)
        if by == By.ANYBODY:
            return actor.kind != ActorKind.PERSON
        if actor.kind != ActorKind.PERSON:
            return False
        if by == By.TAKER:
            return any(one.taken_by_id == actor.id for one in self.reports)
        if duty is None:
            return False
        if by == By.DESK:
            return _over(actor, duty, self.case.desk_code)
        if by == By.PLACE:
            return _over(actor, duty, self.case.area_code)
        units = {
            one.unit_id
            for one in self.orders
            if one.state in LIVE_ORDERS and order_id in (None, one.pk) and (by == By.UNIT or one.role == OrderRole.LEAD)
        }
        return any(actor.may_for_unit(duty, unit) for unit in units)

    def move(
        self,
        verb: Verb,
        *,
        actor: Actor,
        now: datetime,
        given: Given | None = None,
        facts: dict[str, Any] | None = None,
        before: Callable[[Move], None] | None = None,
    ) -> Move:
        """Duty, then flow, then state, clocks and history line. `before` runs when the move is known to be legal."""
        if not self.may_walk(verb, actor, given.order_id if given is not None else None):
            raise NotAllowed(_("您没有办理“%(move)s”的职责。") % {"move": Verb(verb).label}, verb=str(verb))
        try:
            move = FLOW.move(verb, self.facts(actor=actor, now=now, given=given or Given()))
        except IllegalMove as why:
            raise self._stands(why, verb) from why
        if before is not None:
            before(move)
        source = self.case.state
        target = State(move.lands(State(source) if source else None))
        self.note(
            kind="case",
            object_id=self.case.pk,
            verb=verb,
            actor=actor,
            now=now,
            from_state=source,
            to_state=target,
            facts=facts,
        )
        if verb in REMARKED and given is not None and given.reason and actor.kind == ActorKind.PERSON:
            remark = Remark(
                id=self.make_id(), case=self.case, verb=verb, words=given.reason, made_by=actor.id, made_at=now
            )
            self.add(remark)
        self._enter(target, now=now)
        return move

    def _stands(self, why: IllegalMove, verb: Verb) -> IllegalMove:
        """The refusal of a move that the state does not have, saying which state that is: somebody may have been
        faster. A guard's own sentence stays."""
        if "guard" in why.facts or not self.case.state:
            return why
        stands = {"state": state_label(State(self.case.state), self.case.flow), "move": Verb(verb).label}
        return IllegalMove(_("这件事现在是“%(state)s”，不能“%(move)s”。请刷新看看经过。") % stands, **why.facts)

    def follow(self, verb: Verb, label: str, *, now: datetime, facts: dict[str, Any] | None = None) -> Move:
        """A move that the flow's own rule makes in somebody's act, with its own history line."""
        return self.move(verb, actor=rule(label), now=now, facts=facts)

    def _enter(self, target: State, *, now: datetime) -> None:
        case = self.case
        left = case.state
        case.state = target
        case.moved_at = now
        case.version += 1
        if target != left:
            self.end_wait_for_upper(now=now)
            if left == State.IN_HAND:
                self.end_question(now=now)
                self.end_hold(now=now)
            if target not in WITH_A_LEAD:
                self.end_supervision(now=now)
            if target in ENDS:
                self._end(target, now=now)
            elif left in ENDS:
                case.ended_at = None
                self.end_exclusions(now=now)
            self._step_clock(now=now)
            self.leave_to_upper(now=now)
        self.due()
        self.change(case)

    def _end(self, target: State, *, now: datetime) -> None:
        """An end: live orders are completed or cancelled, clocks stop, open requests are taken back."""
        self.case.ended_at = now
        for order in self.orders:
            if order.state not in LIVE_ORDERS:
                continue
            if target == State.MERGED:
                order.state_before = order.state
            order.return_asked = False
            done = target == State.CLOSED and order.state == OrderState.DONE
            self.move_order(order, Verb.COMPLETE if done else Verb.CANCEL, rule("case-ended"), now=now)
        for approval in self.approvals:
            if approval.state == ApprovalState.ASKED:
                self.decide(approval, ApprovalVerb.WITHDRAW, actor=rule("case-ended"), now=now, words="")
        self.stop_clocks(now=now)

    def move_order(self, order: WorkOrder, verb: Verb, actor: Actor, *, now: datetime) -> None:
        """One order's own move and history line."""
        source = OrderState(order.state) if order.state else None
        target = ORDER_FLOW.move(verb, _OrderState(source)).lands(source)
        if verb == Verb.RESTORE:
            target = OrderState(order.state_before)
            order.state_before = ""
            order.ended_at = None
        order.state = target
        if target in (OrderState.COMPLETED, OrderState.RETURNED, OrderState.CANCELLED):
            order.ended_at = now
            self.stop_clocks(now=now, object_id=order.pk)
        if order.role == OrderRole.LEAD and target in _WITHOUT_ITS_ASKS:
            self.take_back(OF_THE_LEAD, now=now)
        self.note(
            kind="order",
            object_id=order.pk,
            verb=verb,
            actor=actor,
            now=now,
            from_state=source or "",
            to_state=target,
            facts={"case": str(self.case.pk)},
        )
        self.change(order)

    # orders of the present round

    @property
    def live_orders(self) -> list[WorkOrder]:
        return [one for one in self.orders if one.state in LIVE_ORDERS and one.round == self.case.round]

    @property
    def lead(self) -> WorkOrder | None:
        return next((one for one in self.live_orders if one.role == OrderRole.LEAD), None)

    def offer(
        self,
        unit_id: UUID,
        role: OrderRole,
        *,
        actor: Actor,
        now: datetime,
        clause: str = "",
        instruction: str = "",
        named: bool = False,
    ) -> WorkOrder:
        """A new order of the present round, offered to a unit, with its sign-in clock."""
        order = WorkOrder(
            id=self.make_id(),
            case=self.case,
            unit_id=unit_id,
            role=role,
            state="",
            round=self.case.round,
            named=named,
            clause=clause,
            instruction=instruction,
            offered_at=now,
        )
        self.add(order)
        self.move_order(order, Verb.DISPATCH, actor, now=now)
        self.start_clock(Step.SIGN_IN, now=now, order=order)
        return order

    # clocks

    def start_clock(self, step: Step, *, now: datetime, order: WorkOrder | None = None) -> Clock:
        row = self.knowledge.limit_of(self.case, step, at=now)
        clock = self._start(step, row, order, now)
        if step == Step.HANDLE:
            self.start_stages(clock)
        return clock

    def start_stages(self, handling: Clock) -> None:
        """The stages of the type's limit: from when the handling began, standing still when it stood still."""
        for stage, source in matters.stage_rows(self.case.type_code, self.case.catalogue_version):
            still = [one for one in self.stretches[handling.pk] if one.kind == StretchKind.PAUSED]
            pauses = [(one.pause(), one.reason) for one in still]
            self._start(stage.step, LimitRow(stage.limit, source), None, handling.started_at, pauses)

    def change_stages(self, *, now: datetime) -> None:
        """Another type has stages of its own."""
        for one in self.stages():
            self.stop_clocks(now=now, step=one.step, object_id=self.case.pk)
        for handling in self.running(Step.HANDLE, self.case.pk):
            self.start_stages(handling)

    def stages(self) -> list[Clock]:
        """Clocks of stages that are not done, in the order of the type."""
        return sorted((one for one in self.running(object_id=self.case.pk) if stage_number(one.step)), key=_by_step)

    def at_work(self) -> list[Clock]:
        """The clock of handling, and those of its stages: they stand still and go on together."""
        return [*self.running(Step.HANDLE, self.case.pk), *self.stages()]

    def start_own(self, step: OwnStep, limit: Limit, *, now: datetime) -> Clock:
        """A clock whose limit a person sets."""
        return self._start(step, LimitRow(limit, ""), None, now)

    def _start(
        self,
        step: str,
        row: LimitRow,
        order: WorkOrder | None,
        now: datetime,
        pauses: Sequence[tuple[Pause, str]] = (),
    ) -> Clock:
        case = self.case
        clock, stretches = clock_actions.build(
            object_kind="order" if order else "case",
            object_id=order.pk if order else case.pk,
            step=step,
            limit=row.limit,
            area_code=case.area_code,
            started_at=now,
            stopped_at=None,
            calendar=self.knowledge.calendar,
            source=row.source,
            pauses=pauses,
            imported=case.imported,
            clock_id=self.make_id(),
            latest_at=case.inner_due_at if _before_answer(step) else None,
        )
        self.add(clock)
        for one in stretches:
            self.add(one)
        return clock

    def keep_inner_limit(self, due: datetime | None, *, granted: bool) -> None:
        """Hold the case and its running clocks to another inner limit; `granted` where the upper system gave time."""
        self.case.inner_due_at = due
        for clock in self.running(object_id=self.case.pk):
            if _before_answer(clock.step) and clock.latest_at != due:
                clock_actions.hold_to(clock, due, granted=granted)
                self.reckon(clock)
        self.due()
        self.change(self.case)

    def wait_for_upper(self, *, now: datetime) -> None:
        """The upper system's clock stands still while it decides, and so does ours."""
        self.case.upper_since = self.case.upper_since or now
        self._rest(UPPER, now=now)

    def end_wait_for_upper(self, *, now: datetime) -> None:
        if self.case.upper_since is not None:
            self.case.upper_since = None
            self._go_on(now=now)

    def leave_to_upper(self, *, now: datetime) -> None:
        """Where nobody is left whom we would call back, the upper system asks its callers itself, and our clock
        stands still; it goes on where somebody has come whom we call."""
        case = self.case
        if case.state != State.CALLING_BACK:
            return
        theirs = any(one.upper_calls for one in self.reports) and not self.to_call()
        if theirs == (case.upper_since is not None):
            return
        case.upper_since = now if theirs else None
        for clock in self.running(Step.CALL_BACK, case.pk):
            if theirs:
                self.pause_clock(clock, UPPER, now=now)
            else:
                self.resume_clock(clock, now=now)
        self.due()

    def running(self, step: str | None = None, object_id: UUID | None = None) -> list[Clock]:
        return [
            one
            for one in self.clocks
            if one.stopped_at is None
            and (step is None or one.step == step)
            and (object_id is None or one.object_id == object_id)
        ]

    def stop_clocks(self, *, now: datetime, step: str | None = None, object_id: UUID | None = None) -> None:
        for clock in self.running(step, object_id):
            clock.stopped_at = now
            self._end_pause(clock, now=now)
            self.change(clock)

    def pause_clock(self, clock: Clock, reason: str, *, now: datetime) -> None:
        self._end_pause(clock, now=now)
        clock.paused_at = now
        self.add(Stretch(clock=clock, kind=StretchKind.PAUSED, began_at=now, reason=reason))
        self.change(clock)

    def resume_clock(self, clock: Clock, *, now: datetime) -> None:
        self._end_pause(clock, now=now)
        clock.paused_at = None
        self.reckon(clock)

    def hold(self, reason: str, until: date, *, now: datetime) -> None:
        """Nothing can be done until that day: the clock of handling stands still. Held again, it goes on standing."""
        case = self.case
        case.held_since = case.held_since or now
        case.held_until, case.held_reason = until, reason
        self._rest(HELD, now=now)

    def end_hold(self, *, now: datetime) -> None:
        case = self.case
        if case.held_since is not None:
            case.held_since, case.held_until, case.held_reason = None, None, ""
            self._go_on(now=now)

    def ask_reporter(self, report_id: UUID, limit: Limit, *, now: datetime) -> None:
        """Wait for a caller's answer, at most that long; the clock of handling stands still."""
        self.case.asked_report_id = report_id
        self.case.questions += 1
        self.start_own(OwnStep.REPLY, limit, now=now)
        self._rest(ASKED, now=now)

    def end_question(self, *, now: datetime) -> None:
        if self.case.asked_report_id is not None:
            self.case.asked_report_id = None
            self.stop_clocks(now=now, step=OwnStep.REPLY, object_id=self.case.pk)
            self._go_on(now=now)

    def _rest(self, reason: str, *, now: datetime) -> None:
        for clock in self.at_work():
            if clock.paused_at is None:
                self.pause_clock(clock, reason, now=now)

    def _go_on(self, *, now: datetime) -> None:
        """Nothing that it waited for is left: neither a day of review nor an answer, of a caller or from above."""
        case = self.case
        if case.held_since is None and case.asked_report_id is None and case.upper_since is None:
            for clock in self.at_work():
                if clock.paused_at is not None:
                    self.resume_clock(clock, now=now)

    def end_supervision(self, *, now: datetime) -> None:
        """It is over, or no unit leads any more that could report back."""
        self.case.supervision = ""
        self.stop_clocks(now=now, step=OwnStep.SUPERVISE, object_id=self.case.pk)

    def end_exclusions(self, *, now: datetime) -> None:
        """It is taken up again: leaving it out was about how it ended then."""
        if not (self.case.excluded or self.case.exclusion):
            return
        for row in Exclusion.objects.filter(case=self.case, state__in=exclusions.STANDING).order_by("pk"):
            self.end_exclusion(row, now=now)
        self.case.excluded, self.case.exclusion = False, ""

    def end_exclusion(self, row: Exclusion, *, now: datetime) -> None:
        """At once, before what the act changes: of a case one alone waits, and one is in force."""
        row.state, row.ended_at = exclusions.ExclusionState.ENDED, now
        row.save(update_fields=["state", "ended_at"])
        self.stop_asking(row, now=now)

    def stop_asking(self, row: Exclusion, *, now: datetime) -> None:
        """What waited for a decision on it waits no more."""
        clock_actions.stop(object_kind=exclusions.THING, object_id=row.pk, now=now)
        asked = Approval.objects.filter(object_kind=exclusions.THING, object_id=row.pk, state=ApprovalState.ASKED)
        for approval in asked.order_by("pk"):
            self.decide(approval, ApprovalVerb.WITHDRAW, actor=rule("exclusion-over"), now=now, words="")

    def extend_clock(self, clock: Clock, amount: int, unit: Unit) -> None:
        """More time for a clock: its due time is counted again, its limit stays what it was."""
        clock_actions.extend(clock, amount, unit)
        self.reckon(clock)

    def reckon(self, clock: Clock) -> None:
        """Count a clock's due time again, from its start, its limit and the pauses that are over."""
        pauses = [one.pause() for one in self.stretches[clock.pk] if one.kind == StretchKind.PAUSED]
        clock_actions.reckon(clock, self.knowledge.calendar, pauses)
        self.change(clock)

    def _end_pause(self, clock: Clock, *, now: datetime) -> None:
        for one in self.stretches[clock.pk] if clock.paused_at is not None else ():
            if one.ended_at is None:
                one.ended_at = now
                self.change(one)

    def _step_clock(self, *, now: datetime) -> None:
        """The clock of the state just entered. Handling pauses while the desk reviews: that time is not the unit's."""
        case = self.case
        if case.state in ENDS:
            return
        wanted = self.step_now()
        handling = self.at_work()
        for clock in self.running(object_id=case.pk):
            if clock in handling or clock.step in (wanted, Step.FIRST_CONTACT, *OwnStep):
                continue
            clock.stopped_at = now
            self._end_pause(clock, now=now)
            self.change(clock)
        if case.state == State.REVIEWING:
            for clock in handling:
                self.pause_clock(clock, "reviewing", now=now)
        elif case.state == State.IN_HAND:
            for clock in handling:
                if clock.paused_at is not None:
                    self.resume_clock(clock, now=now)
        else:
            for clock in handling:
                self.stop_clocks(now=now, step=clock.step)
            self.stop_clocks(now=now, step=Step.FIRST_CONTACT)
        if not self.running(wanted, case.pk):
            self.start_clock(wanted, now=now)

    def step_now(self) -> Step:
        """The step whose clock the case runs on now."""
        case = self.case
        if case.state == State.REVIEWING and not case.signed and self._has_signer():
            return Step.SIGN
        return STEP_OF_STATE[State(case.state)]

    def _has_signer(self) -> bool:
        """Whether the lead unit has somebody to sign who handled no order of the case, in no round."""
        lead = self.lead
        return lead is not None and bool(self.knowledge.signers(lead.unit_id) - {one.handler_id for one in self.orders})

    def head_took_part(self) -> bool:
        """Whether a further round need not wait for the lead unit's head any more."""
        lead = self.lead
        return lead is None or lead.headed_at is not None or not self._has_signer()

    def restart_step(self, *, now: datetime) -> None:
        """After a change inside a state (signed, re-graded): the clock of the step that is now running."""
        wanted = self.step_now()
        for step in (Step.SIGN, Step.REVIEW):
            if step != wanted and self.case.state == State.REVIEWING:
                self.stop_clocks(now=now, step=step)
        if not self.running(wanted, self.case.pk):
            self.start_clock(wanted, now=now)
        self.due()
        self.change(self.case)

    def due(self) -> None:
        """Copy the running step's clock onto the case and its orders, where lists read it."""
        case = self.case
        clock = next(iter(self.running(self.step_now(), case.pk)), None) if case.state not in ENDS else None
        _copy_due(case, clock)
        case.due_step = clock.step if clock else ""
        handling = next(iter(self.running(Step.HANDLE, case.pk)), None)
        for order in self.orders:
            mine: Clock | None = None
            if order.state == OrderState.OFFERED:
                mine = next(iter(self.running(Step.SIGN_IN, order.pk)), None)
                if mine is not None and order.sign_in_due != mine.due_at:
                    order.sign_in_due = mine.due_at
                    self.change(order)
            elif order.state in (OrderState.ACCEPTED, OrderState.REWORK):
                mine = handling
            if _copy_due(order, mine):
                self.change(order)

    # approvals

    def ask(
        self,
        kind: ApprovalKind,
        *,
        object_kind: str,
        object_id: UUID,
        reason: str,
        facts: dict[str, Any],
        actor: Actor,
        now: datetime,
    ) -> Approval:
        approval = Approval(
            id=self.make_id(),
            kind=kind,
            object_kind=object_kind,
            object_id=object_id,
            area_code=self.case.area_code,
            state=ApprovalState.ASKED,
            reason=reason,
            facts=facts,
            asked_by=actor.id,
            asked_at=now,
        )
        self.add(approval)
        self._note_approval(approval, ApprovalVerb.ASK, "", actor, now)
        return approval

    def decide(self, approval: Approval, verb: ApprovalVerb, *, actor: Actor, now: datetime, words: str) -> None:
        before = ApprovalState(approval.state)
        move = APPROVAL_FLOW.move(verb, ApprovalFacts(before, approval.asked_by, actor))
        approval.state = move.lands(before)
        approval.words = words
        approval.decided_by = actor.id
        approval.decided_at = now
        self.change(approval)
        self._note_approval(approval, verb, before, actor, now)

    def take_back(self, kinds: frozenset[ApprovalKind], *, now: datetime) -> None:
        """Requests that nobody needs to decide any more: the unit has reported, or has the case no longer."""
        for approval in self.approvals:
            if approval.kind in kinds and approval.state == ApprovalState.ASKED:
                self.decide(approval, ApprovalVerb.WITHDRAW, actor=rule("work-ended"), now=now, words="")

    def open_approval(self, kind: ApprovalKind, object_id: UUID) -> Approval | None:
        return next(
            (
                one
                for one in self.approvals
                if one.kind == kind and one.object_id == object_id and one.state == ApprovalState.ASKED
            ),
            None,
        )

    def _note_approval(self, approval: Approval, verb: ApprovalVerb, before: str, actor: Actor, now: datetime) -> None:
        self.note(
            kind="approval",
            object_id=approval.pk,
            verb=verb.value,
            actor=actor,
            now=now,
            from_state=str(before),
            to_state=str(approval.state),
            facts={
                "kind": str(approval.kind),
                "object_kind": approval.object_kind,
                "object_id": str(approval.object_id),
            },
        )

    # words for search

    def index_words(self) -> None:
        self.words_changed = True
        self.change(self.case)

    def take_in_words(self, text: str) -> list[str]:
        """The pieces of a document's text: they go into the case's search row, and the text nowhere."""
        found = grams(text)[:MOST_LEXEMES] if text else []
        if found:
            self.paper_words += found
            if not self.new[Case]:
                self.index_words()
        return found

    def search_expression(self) -> Any:
        case, kind = self.case, self.type
        words = [one.words for one in self.reports]
        pieces = self.paper_words
        if self.live and not self.new[Case]:
            pieces = files.lexemes_of(
                {
                    "case": [case.pk],
                    "report": [one.pk for one in self.reports],
                    "order": [one.pk for one in self.orders],
                }
            )
        return vector(
            case.number, case.title, case.place_words, kind.name if kind else "", *words,
            area_code=case.area_code, pieces=pieces,
        )  # fmt: skip


@dataclass(frozen=True)
class _OrderState:
    state: OrderState | None


def _before_answer(step: str) -> bool:
    return step in BEFORE_ANSWER or bool(stage_number(step))


def _by_step(clock: Clock) -> int:
    return stage_number(clock.step)


def _copy_due(row: Case | WorkOrder, clock: Clock | None) -> bool:
    values = (
        (clock.started_at, clock.yellow_at, clock.due_at) if clock and clock.paused_at is None else (None, None, None)
    )
    changed = (row.due_from, row.yellow_at, row.due_at) != values
    row.due_from, row.yellow_at, row.due_at = values
    return changed


def _over(actor: Actor, duty: Duty, code: str) -> bool:
    """Whether the duty is held over the area itself: a grant for one unit reaches that unit's orders only."""
    return any(code.startswith(area) for area in actor.areas(duty))


# Rows are inserted in this order; foreign keys to the case are checked at commit, so that the number,
# taken from a counter row that others wait for, can be taken last.
_INSERTS: tuple[type[Model], ...] = (
    Contact,
    Consent,
    Clock,
    Stretch,
    WorkOrder,
    Answer,
    Addition,
    ContactAttempt,
    Feedback,
    SiteVisit,
    Remark,
    Suggested,
    Approval,
    Exclusion,
    JointDecision,
    Precedent,
    Recusal,
    Report,
    History,
)


def flush(dockets: Iterable[Docket], *, emit: bool = True, verb: str = "", now: datetime | None = None) -> None:
    """Write what the dockets hold: changed rows once each, new rows, history, news, and new cases with their numbers.

    The few rows of an act go in one statement for all tables, those of a bulk world in one for each.
    """
    every = list(dockets)
    for docket in list(every):
        every.extend(docket.others)
    fresh: dict[type[Model], list[Model]] = defaultdict(list)
    changed: list[tuple[Model, tuple[str, ...]]] = []
    for docket in every:
        for row in docket.new.get(Report, ()):
            if isinstance(row, Report) and row.taken_by_id is not None:
                # The trigger does not see a case of the same statement, nor one that comes in last.
                row.area_code, row.case_open = docket.case.area_code, docket.case.state in OPEN
        for order in docket.new.get(WorkOrder, ()) if docket.new.get(Case) else ():
            if isinstance(order, WorkOrder) and order.state == OrderState.RETURNED:
                order.case_open = docket.case.state in OPEN
        for model, rows in docket.new.items():
            fresh[model].extend(rows)
        if docket.words_changed and docket.case.pk in docket.changed[Case]:
            docket.case.search = docket.search_expression()
        for model, found in docket.changed.items():
            names = _names(model, but=() if docket.words_changed else ("search",))
            changed += [(row, names) for row in found.values()]
    fresh[History].extend(audit.ready(line for docket in every for line in docket.history))
    _change(changed)
    groups = [(model, fresh[model]) for model in _INSERTS]
    if sum(len(rows) for _model, rows in groups) <= MOST_TOGETHER:
        insert_together(groups)
    else:
        for model, rows in groups:
            model._default_manager.bulk_create(rows, batch_size=1000)
    if emit and now is not None:
        moved = [
            {
                "case_id": docket.case.pk,
                "verb": verb,
                "state": str(docket.case.state),
                "area_code": docket.case.area_code,
                "desk_code": docket.case.desk_code,
                "restricted": docket.case.restricted,
            }
            for docket in every
        ]
        events.moved.emit_each(moved, at=now)
    new_cases = [one for docket in every for one in docket.new[Case] if isinstance(one, Case)]
    if new_cases:
        _number(new_cases)
        for docket in every:
            if docket.new[Case]:
                docket.case.search = docket.search_expression()
        for start in range(0, len(new_cases), MOST_TOGETHER):
            insert_together([(Case, new_cases[start : start + MOST_TOGETHER])])


@cache
def _names(model: type[Model], but: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.name for one in model._meta.concrete_fields if not one.primary_key and one.name not in but)


def _change(changed: list[tuple[Model, tuple[str, ...]]]) -> None:
    """Write changed rows, before the new ones: a closed stretch or a cancelled order makes room for the next."""
    orders = [(row, names) for row, names in changed if isinstance(row, WorkOrder)]
    rest = changed
    if len(orders) > 1:
        # One by one, those that ended first: a new lead must find the old one gone.
        for row, names in sorted(orders, key=lambda one: getattr(one[0], "ended_at", None) is None):
            row.save(update_fields=names)
        rest = [one for one in changed if not isinstance(one[0], WorkOrder)]
    for start in range(0, len(rest), MOST_TOGETHER):
        update_together(rest[start : start + MOST_TOGETHER])


def _number(cases: list[Case]) -> None:
    """Give each new case its number; the counter row is the last lock of the act."""
    wanted: dict[tuple[str, date], list[Case]] = defaultdict(list)
    for case in cases:
        wanted[case.area_code[:9], timezone.localdate(case.received_at)].append(case)
    for (area, day), group in sorted(wanted.items(), key=lambda pair: pair[0]):
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {NumberCounter._meta.db_table} (area_code, day, last) VALUES (%s, %s, %s) "
                "ON CONFLICT (area_code, day) DO UPDATE SET last = cases_numbercounter.last + EXCLUDED.last "
                "RETURNING last",
                [area, day, len(group)],
            )
            last = cursor.fetchone()[0]
        for place, case in enumerate(group):
            case.number = case_number(day, area, last - len(group) + place + 1)


__all__ = ["EXTENSIONS", "Docket", "Knowledge", "flush"]
