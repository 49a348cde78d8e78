"""Tickets of other systems: taken in, given back, more time asked, answered, called back by them, sent up by us.

Every move locks the case first, under the actor's scope, and goes through its docket, so that ticket and case move as
one. The number of a ticket is its key: whatever comes twice is done once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from huying.audit import actions as audit
from huying.audit import queries as history
from huying.audit.queries import body_hash, hold
from huying.cases.actions.acting import opened
from huying.cases.actions.closing import next_round, say, settle
from huying.cases.actions.docket import Docket, Knowledge, flush
from huying.cases.actions.inner import count_inner, set_inner
from huying.cases.actions.intake import NewReport, received
from huying.cases.codes import code_of, hash_of
from huying.cases.models import Addition, Case, Report, Source, SourceStep, Ticket, TicketAsk, TicketStep
from huying.cases.queries import branches_seen_by
from huying.cases.queries import tickets as reads
from huying.cases.queries.tickets import Rows
from huying.cases.rules import Channel, ReplyBy, State, Verb
from huying.cases.rules import Given as CaseGiven
from huying.cases.rules.tickets import (
    FLOW,
    SATISFACTION,
    STEP,
    THING,
    Arrival,
    AskKind,
    AskState,
    ClosingFrom,
    Given,
    Known,
    Result,
    Row,
    TicketState,
    TicketVerb,
    arrival_of,
    inner_due,
    number_has_form,
)
from huying.cases.rules.words import Outcome
from huying.clocks import actions as clocks
from huying.clocks.queries import calendar
from huying.clocks.rules import Calendar, Limit, due_at
from huying.kernel.actor import Actor, rule
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound, Refusal
from huying.kernel.terms import Label, _
from huying.kernel.text import clean
from huying.people import actions as people
from huying.people import queries as people_queries
from huying.people.phones import clean_phone
from huying.people.rules import Duty

REASON_LIMIT = 500
FIELD_LIMIT = 2000
MORE = ("4wh", "1wd", "2wd", "3wd", "5wd", "10wd", "15d", "30d")  # that may be asked for on top
RULE = "upper-result"


class Act:
    """One act on one ticket: its rows under the case's lock, and the docket of the case."""

    def __init__(self, rows: Rows, docket: Docket, *, actor: Actor, now: datetime) -> None:
        self.rows, self.docket, self.actor, self.now = rows, docket, actor, now

    @property
    def ticket(self) -> Ticket:
        return self.rows.ticket

    @property
    def case(self) -> Case:
        return self.docket.case

    @property
    def report(self) -> Report:
        """The voice of the ticket, as the docket holds it."""
        return next(one for one in self.docket.reports if one.pk == self.ticket.report_id)

    def move(self, verb: TicketVerb, given: Given | None = None, **facts: Any) -> None:
        """Walk the table and write the line."""
        before = self.ticket.state
        self.ticket.state = str(FLOW.move(verb, self.rows.facts(self.now, given)).lands(before))
        _note(self.docket, self.ticket, verb, before, actor=self.actor, now=self.now, **facts)

    def need(self, verb: TicketVerb) -> None:
        if not self.rows.may(verb, self.actor):
            raise NotAllowed(_("您没有办理“%(move)s”的职责。") % {"move": verb.label}, verb=str(verb))

    def recount(self, *, granted: bool = False) -> None:
        """The case's limits again, after this ticket's changed."""
        self.ticket.inner_due_at = None  # it is counted from what is stored
        self.ticket.save()
        count_inner(self.docket, granted=granted)
        self.ticket.refresh_from_db(fields=["buffer", "inner_due_at"])
        windows(self.ticket, self.docket.knowledge.calendar)

    def done(self) -> Ticket:
        self.ticket.save()
        flush([self.docket], verb=THING, now=self.now)
        return self.ticket


def _note(
    docket: Docket, ticket: Ticket, verb: TicketVerb, before: str, *, actor: Actor, now: datetime, **facts: Any
) -> None:
    told = {"case": str(docket.case.pk), **facts}
    docket.note(
        kind=THING, object_id=ticket.pk, verb=verb, actor=actor, now=now, from_state=before, to_state=ticket.state,
        facts=told,
    )  # fmt: skip


def _open(ticket_id: UUID, *, actor: Actor, now: datetime, knowledge: Knowledge | None = None) -> Act:
    """A ticket whose case the actor may see, locked; NotFound otherwise, whatever the reason."""
    case_id = Ticket.objects.filter(pk=ticket_id).values_list("report__case_id", flat=True).first()
    if case_id is None:
        raise NotFound(THING)
    try:
        docket = opened(case_id, actor=actor, knowledge=knowledge)
    except NotFound as why:
        raise NotFound(THING) from why
    ticket = Ticket.objects.select_related("source", "report").get(pk=ticket_id)
    if all(one.pk != ticket.report_id for one in docket.reports):  # merged between the look and the lock
        raise NotFound(THING)
    return Act(reads.read(ticket, docket.case), docket, actor=actor, now=now)


def _again(act: Act, verb: str, given: dict[str, Any], key: UUID | None) -> bool:
    """Whether this key did this act before; else the act's first line carries it. Raises KeyReused."""
    if key is None:
        return False
    hashed = body_hash([verb, str(act.ticket.pk), given])
    hold(key)
    earlier = history.by_key(key)
    if earlier is None:
        act.docket.key, act.docket.body_hash = key, hashed
        return False
    if earlier.body_hash != hashed:
        raise KeyReused
    return True


# Asked of the upper system


@transaction.atomic
def ask_upper(
    ticket_id: UUID, *, kind: str, reason: str, amount: str = "", key: UUID | None = None, actor: Actor, now: datetime
) -> Ticket:
    """退回上级 or 向上级延期: within its window, with the reason, and how long (one of `MORE`) where time is asked.

    Where the upper system's own clock stands still while it decides, ours does too. Raises NotFound, NotAllowed,
    IllegalMove (out of the window, something is asked already, the case has ended), Invalid.
    """
    text = clean(reason, limit=REASON_LIMIT, field="reason")
    if kind not in AskKind.values or (amount and amount not in MORE):
        raise Invalid({"kind": [_("请重新选。")]})
    act = _open(ticket_id, actor=actor, now=now)
    verb = TicketVerb.ASK_RETURN if kind == AskKind.RETURN else TicketVerb.ASK_EXTEND
    act.need(verb)
    if _again(act, f"ask:{kind}", {"words": text, "amount": amount}, key):
        return act.ticket
    act.move(verb, Given(words=text, amount=amount), amount=amount)
    TicketAsk.objects.create(
        ticket=act.ticket, kind=kind, state=AskState.ASKED, reason=text, asked_by=actor.id, asked_at=now,
        amount=amount if kind == AskKind.EXTEND else "", due_before=act.ticket.upper_due_at,
    )  # fmt: skip
    if act.ticket.source.pauses and act.case.state == State.IN_HAND:
        act.docket.wait_for_upper(now=now)
        act.docket.due()
        act.docket.change(act.case)
    return act.done()


@transaction.atomic
def answer_ask(
    ticket_id: UUID,
    *,
    granted: bool,
    words: str = "",
    due: datetime | None = None,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Ticket:
    """What the upper system said to what was asked. A return that it accepts ends the case as transferred; more time
    moves both limits (`due` where it named another day than was asked for), and the first one stays for the figures.

    Raises NotFound, NotAllowed, IllegalMove (nothing is asked), Invalid.
    """
    act = _open(ticket_id, actor=actor, now=now)
    text = clean(words, limit=REASON_LIMIT, field="words")
    if _again(act, "answer", {"granted": granted, "words": text, "due": due}, key):
        return act.ticket
    act.need(TicketVerb.GRANT_RETURN)
    _answer(act, granted=granted, words=text, due=due)
    return act.done()


def _answer(act: Act, *, granted: bool, words: str, due: datetime | None) -> None:
    asked, ticket, now = act.rows.asked, act.ticket, act.now
    extends = asked is not None and asked.kind == AskKind.EXTEND
    verbs = (
        (TicketVerb.GRANT_EXTEND, TicketVerb.REFUSE_EXTEND)
        if extends
        else (TicketVerb.GRANT_RETURN, TicketVerb.REFUSE_RETURN)
    )
    act.move(verbs[0] if granted else verbs[1], Given(words=words))
    assert asked is not None  # the guards ask for it
    asked.state = AskState.GRANTED if granted else AskState.REFUSED
    asked.words, asked.answered_by, asked.answered_at = words, act.actor.id, now
    known = act.docket.knowledge.calendar
    waited = _waited_since(act, asked)
    if waited is not None and ticket.upper_due_at is not None:
        # Its clock stood still with ours: what was waited is added behind.
        ticket.upper_due_at = known.after(ticket.upper_due_at, known.between(waited, now))
    if granted and extends:
        ticket.upper_due_at = due or _longer(ticket, asked.amount, known)
        if ticket.upper_due_at is not None and asked.due_before is not None and ticket.upper_due_at < asked.due_before:
            raise Invalid({"due": [_("新的时限不能早于原来的时限。")]})
    asked.due_after = ticket.upper_due_at
    asked.save()
    if waited is not None and not _others_wait(act):
        act.docket.end_wait_for_upper(now=now)
    if granted and not extends:
        _gone(act)
    else:
        act.recount(granted=granted)


def _waited_since(act: Act, asked: TicketAsk) -> datetime | None:
    """Since when our clock of handling stands still for this very request; it may stand for another ticket's, and in
    the call-back it stands for other reasons."""
    since = act.case.upper_since
    waits = act.ticket.source.pauses and act.case.state == State.IN_HAND
    return max(since, asked.asked_at) if waits and since is not None else None


def _others_wait(act: Act) -> bool:
    """Whether another ticket of the case waits for a system whose clock stands still as well."""
    waiting = TicketAsk.objects.filter(state=AskState.ASKED, ticket__source__pauses=True)
    return waiting.filter(ticket__report__in=[one.pk for one in act.docket.reports]).exists()


def _longer(ticket: Ticket, amount: str, known: Calendar) -> datetime | None:
    return due_at(ticket.upper_due_at, Limit.parse(amount), known).at if ticket.upper_due_at is not None else None


def _gone(act: Act) -> None:
    """The upper system takes it back: the case ends with it, unless others wait for an answer to the same case, or it
    has ended meanwhile."""
    act.ticket.ended_at = act.now
    docket, report = act.docket, act.report
    _end_steps(act)
    if act.case.ended_at is not None:
        return
    if any(one.withdrawn_at is None and one.pk != report.pk for one in docket.reports):
        report.withdrawn_at = act.now
        docket.change(report)
        if act.case.asked_report_id == report.pk:
            docket.end_question(now=act.now)
        act.recount()
        settle(docket, now=act.now)
        return
    name = act.ticket.source.name
    docket.move(
        Verb.TRANSFER, actor=rule("returned-upward"), now=act.now, given=CaseGiven(receiver=name, confirmed=True)
    )
    docket.case.transferred_to = name
    docket.case.answered_by = act.actor.id


# The answer that goes up


def first_words(rows: Rows) -> dict[str, str]:
    """The closing form as it stands: what was edited, else what the case tells, field by field in their order."""
    edited = rows.ticket.closing
    return {heading: edited.get(heading, words) for heading, words in told_by_case(rows).items()}


def told_by_case(rows: Rows) -> dict[str, str]:
    """What the case tells for each field, in the language of the systems above, whoever looks."""
    ticket, case = rows.ticket, rows.case
    answer = reads.last_answer(case)
    with override(settings.LANGUAGE_CODE):
        told = {
            ClosingFrom.NUMBER: ticket.number,
            ClosingFrom.OUR_NUMBER: case.number,
            ClosingFrom.OUTCOME: str(Outcome(answer.outcome).label) if answer is not None else "",
            ClosingFrom.ANSWER: case.answer,
            ClosingFrom.UNIT: reads.lead_unit(case),
            ClosingFrom.CONTACTED: _moment(case.contacted_at),
            ClosingFrom.FINISHED: _moment(answer.written_at if answer is not None else case.ended_at),
            ClosingFrom.TRUE: "" if case.verified is None else str(_("属实") if case.verified else _("不属实")),
            ClosingFrom.BLANK: "",
        }
    return {one.heading: told[one.source] for one in ticket.source.fields}


def _moment(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment is not None else ""


@transaction.atomic
def fill_closing(
    ticket_id: UUID, *, fields: dict[str, str], key: UUID | None = None, actor: Actor, now: datetime
) -> Ticket:
    """填回复表: the words of the fields, by their headings. Raises NotFound, NotAllowed, IllegalMove, Invalid."""
    act = _open(ticket_id, actor=actor, now=now)
    act.need(TicketVerb.FILL)
    words = {heading: clean(text, limit=FIELD_LIMIT, field=heading) for heading, text in fields.items()}
    if _again(act, "fill", words, key):
        return act.ticket
    known = {one.heading for one in act.ticket.source.fields}
    if set(words) - known:
        raise Invalid({"fields": [_("回复表没有这一栏。请刷新后再填。")]})
    act.move(TicketVerb.FILL, fields=len(words))
    told = told_by_case(act.rows)
    # What is left as the case tells it follows the case on: the form may be filled before there is an answer.
    kept = {**act.ticket.closing, **words}
    act.ticket.closing = {heading: text for heading, text in kept.items() if text != told.get(heading)}
    return act.done()


@transaction.atomic
def send_answer(ticket_id: UUID, *, key: UUID | None = None, actor: Actor, now: datetime) -> Ticket:
    """回复上级: the closing form as it stands goes out, by the export, by copying or by the API.

    Raises NotFound, NotAllowed, IllegalMove (no reviewed answer yet, or something is asked above).
    """
    act = _open(ticket_id, actor=actor, now=now)
    act.need(TicketVerb.SEND)
    if _again(act, "send", {}, key):
        return act.ticket
    act.ticket.closing = first_words(act.rows)
    act.move(TicketVerb.SEND, late=act.ticket.upper_due_at is not None and now > act.ticket.upper_due_at)
    act.ticket.sent_at, act.ticket.sent_by = now, actor.id
    return act.done()


@transaction.atomic
def do_step(ticket_id: UUID, *, words: str = "", key: UUID | None = None, actor: Actor, now: datetime) -> Ticket:
    """The next step that the source asks for is done; its clock stops. Raises NotFound, NotAllowed, IllegalMove."""
    act = _open(ticket_id, actor=actor, now=now)
    act.need(TicketVerb.DO_STEP)
    text = clean(words, limit=REASON_LIMIT, field="words")
    if _again(act, "step", {"words": text}, key):
        return act.ticket
    step = act.rows.next_step
    if step is None:
        raise IllegalMove(_("各步都办完了。"), state=act.ticket.state, verb=str(TicketVerb.DO_STEP))
    act.move(TicketVerb.DO_STEP, step=step.position)
    step.done_at, step.words = now, text
    step.save(update_fields=["done_at", "words"])
    clocks.stop(object_kind=THING, object_id=step.pk, now=now)
    return act.done()


def _end_steps(act: Act) -> None:
    clocks.stop_many(object_kind=THING, object_ids=[one.pk for one in act.rows.steps], now=act.now)


# The upper system's own call-back


@transaction.atomic
def record_result(
    ticket_id: UUID, *, result: str, words: str = "", key: UUID | None = None, actor: Actor, now: datetime
) -> Ticket:
    """What the upper system's own call-back said: satisfied closes without a call of ours; not solved is another
    round, however long ago the case ended.

    Raises NotFound, NotAllowed, IllegalMove (not answered yet), Invalid.
    """
    if result not in Result.values:
        raise Invalid({"result": [_("请选回访结果。")]})
    act = _open(ticket_id, actor=actor, now=now)
    act.need(TicketVerb.SATISFIED)
    text = clean(words, limit=FIELD_LIMIT, field="words")
    if _again(act, "result", {"result": result, "words": text}, key):
        return act.ticket
    _result(act, Result(result), text)
    return act.done()


def _result(act: Act, result: Result, words: str) -> None:
    ticket, docket = act.ticket, act.docket
    unsolved = result == Result.DISSATISFIED
    verb = TicketVerb.NO_RESULT if result == Result.NONE else TicketVerb.SATISFIED
    act.move(TicketVerb.UNSATISFIED if unsolved else verb, result=str(result))
    ticket.result, ticket.result_words = result, words
    if unsolved:
        _once_more(act, Row(ticket.number, words=words), said=True)
        return
    ticket.ended_at = act.now
    _end_steps(act)
    report = act.report
    if result == Result.NONE:
        report.reply_by = ReplyBy.NONE  # nobody is left to be asked
        docket.change(report)
    else:
        _said(act, solved=True, satisfaction=SATISFACTION[result], words=words)
    settle(docket, now=act.now)


def _said(act: Act, *, solved: bool, satisfaction: str, words: str) -> None:
    """One word a caller and round: what the upper system heard counts as theirs."""
    docket, report = act.docket, act.report
    late = act.case.ended_at is not None
    there = any(
        one.report_id == report.pk and one.round == act.case.round and one.late == late for one in docket.feedback
    )
    if not there and (late or act.case.state == State.CALLING_BACK):
        say(
            docket, report, solved=solved, satisfaction=satisfaction, words=words, by_desk=False, late=late, now=act.now
        )


def _once_more(act: Act, row: Row, *, said: bool) -> None:
    """The same ticket again, with limits of its own: a second round of the case, a reopened one, or one that is
    looked at anew."""
    ticket, docket, report, now = act.ticket, act.docket, act.report, act.now
    state = State(act.case.state)
    if state in (State.WITHDRAWN, State.VOIDED):
        raise IllegalMove(_("这件事已经撤诉或作废，不能再办。请在上级平台说明。"), state=str(state))
    words = clean(row.words, limit=FIELD_LIMIT, field="words")
    if said or state == State.CALLING_BACK:  # handed down again says so too
        _said(act, solved=False, satisfaction=SATISFACTION[Result.DISSATISFIED], words=words)
    ticket.round += 1
    ticket.ended_at = ticket.sent_at = None
    ticket.closing = {}
    ticket.received_at = row.received or now
    _first_limits(ticket, row.due, docket.knowledge.calendar)
    if report.withdrawn_at is not None:  # it went back to the upper system alone
        report.withdrawn_at = None
        docket.change(report)
    docket.case.inner_due_at = None  # of the round that is over: the new clocks begin without it
    boss, reason = rule(RULE), str(_("上级再次交办"))
    if state == State.CALLING_BACK:
        next_round(docket, Verb.SECOND_ROUND, actor=boss, now=now, given=CaseGiven())
    elif state == State.CLOSED:
        next_round(docket, Verb.REOPEN, actor=boss, now=now, given=CaseGiven(reason=reason))
    elif state in (State.ANSWERED, State.DECLINED, State.TRANSFERRED):
        docket.case.objected_against = docket.case.answered_by
        docket.move(Verb.OBJECT, actor=boss, now=now, given=CaseGiven(reason=reason))
    if words and not _says(report, words):
        docket.add(Addition(id=docket.make_id(), report=report, words=words, added_at=now))
        docket.index_words()
    act.recount()


# Taken in


def report_key(source: Source, number: str, received: datetime) -> UUID:
    """The key of a ticket's report: its system and number, so that it is made once whoever brings it."""
    noise = hashlib.sha256(f"{source.pk}\x00{number}".encode()).digest()
    return uuid7(int(received.timestamp() * 1000), int.from_bytes(noise[:10], "big"))


def _number_key(source: Source, number: str) -> UUID:
    return UUID(bytes=hashlib.sha256(f"{source.pk}\x00{number}".encode()).digest()[:16])


@dataclass(frozen=True)
class Taken:
    """What came of one row: what it meant, the ticket, or why it was refused."""

    row: Row
    arrival: Arrival
    why: Label = ""
    ticket_id: UUID | None = None
    case_id: UUID | None = None


def plan_rows(source: Source, rows: Sequence[Row], *, actor: Actor, now: datetime) -> list[Taken]:
    """What each row would do now. A ticket on a case that the actor does not see is refused in general words."""
    need_desk(source, actor)
    there = {one.number: one for one in _tickets(source, rows)}
    asked = dict(
        TicketAsk.objects.filter(ticket__in=there.values(), state=AskState.ASKED).values_list("ticket_id", "kind")
    )
    seen = {
        row.pk
        for branch in branches_seen_by(actor)
        for row in branch.filter(pk__in=[one.report.case_id for one in there.values()])
    }
    met: set[str] = set()
    found = []
    for row in rows:
        ticket = there.get(row.number)
        known = None
        if ticket is not None:
            since = ticket.sent_at or ticket.ended_at
            known = Known(TicketState(ticket.state), asked.get(ticket.pk, ""), _mark(row) in ticket.seen, since)
        arrival, why = arrival_of(known, row, now=now)
        if row.number in met:
            arrival, why = Arrival.REFUSED, _("这个编号在文件里出现了两次。请留一行。")
        elif ticket is not None and ticket.report.case_id not in seen:
            arrival, why = Arrival.REFUSED, _("这一行不能由您导入。请交给调度中心负责人。")
        met.add(row.number)
        case_id = ticket.report.case_id if ticket is not None else None
        found.append(Taken(row, arrival, why, ticket.pk if ticket is not None else None, case_id))
    return found


def _tickets(source: Source, rows: Sequence[Row]) -> list[Ticket]:
    numbers = [one.number for one in rows]
    found = Ticket.objects.filter(source=source, number__in=numbers).select_related("report").defer("sheet")
    return list(found.order_by("pk"))


def _mark(row: Row) -> str:
    told = (row.number, row.words, row.title, row.received, row.due, row.place, row.name, row.phone)
    said = (row.result, row.result_words, row.granted, row.decision_words, sorted(row.sheet.items()))
    return reads.mark_of([str(one) for one in (*told, *said)])


def need_desk(source: Source, actor: Actor) -> None:
    """Raises NotAllowed where the actor takes nothing in at the source's desk."""
    if not any(source.area_code.startswith(area) for area in actor.areas(Duty.INTAKE)):
        raise NotAllowed(duty=str(Duty.INTAKE))


@transaction.atomic
def take_rows(source: Source, rows: Sequence[Row], *, actor: Actor, now: datetime) -> list[Taken]:
    """Take in the rows of an upper system: new tickets become reports and cases, others bring what is there up to
    date. All the good ones in one transaction; those that are refused say why.

    Raises NotAllowed without the intake duty at the source's desk.
    """
    for row in sorted(rows, key=lambda one: one.number):
        hold(_number_key(source, row.number))  # of two at once the second waits, and finds what the first did
    plan = plan_rows(source, rows, actor=actor, now=now)
    there = [one for one in plan if one.arrival in _CHANGES]
    done = {
        one.row.number: _take_known(one, actor=actor, now=now)
        for one in sorted(there, key=lambda found: str(found.case_id))  # locks in one order
    }
    done |= _take_new(source, [one.row for one in plan if one.arrival == Arrival.NEW], actor=actor, now=now)
    return [done[one.row.number] if one.arrival in _CHANGES | {Arrival.NEW} else one for one in plan]


_CHANGES = frozenset({Arrival.UPDATE, Arrival.AGAIN, Arrival.RESULT, Arrival.DECISION})


def _take_known(one: Taken, *, actor: Actor, now: datetime) -> Taken:
    assert one.ticket_id is not None
    try:
        with transaction.atomic():
            act = _open(one.ticket_id, actor=actor, now=now)
            _bring_up_to_date(act, one)
            act.done()
    except Refusal as why:
        return Taken(one.row, Arrival.REFUSED, _reason(why), one.ticket_id, one.case_id)
    return one


def _bring_up_to_date(act: Act, one: Taken) -> None:
    row, ticket = one.row, act.ticket
    ticket.seen = [*ticket.seen, _mark(row)]
    ticket.sheet = reads.sealed_sheet(ticket.pk, dict(row.sheet), act.now)
    if one.arrival == Arrival.DECISION:
        other = row.due if row.due != ticket.upper_due_at else None  # the column may still tell the limit that was
        _answer(act, granted=bool(row.granted), words=row.decision_words or "—", due=other)
        return
    if one.arrival == Arrival.RESULT:
        assert row.result is not None
        _result(act, row.result, row.result_words)
        return
    if one.arrival == Arrival.AGAIN:
        act.move(TicketVerb.AGAIN)
        _once_more(act, row, said=False)
        return
    words = clean(row.words, field="words")
    act.move(TicketVerb.UPDATE, due=row.due is not None and row.due != ticket.upper_due_at)
    if words and not _says(act.report, words) and all(text.words != words for text in _additions(act.report)):
        act.docket.add(Addition(id=act.docket.make_id(), report=act.report, words=words, added_at=act.now))
        act.docket.index_words()
    if row.due is not None and row.due != ticket.upper_due_at:
        ticket.upper_due_at = row.due
        act.recount(granted=True)


def _says(report: Report, words: str) -> bool:
    """Whether these are the words that the report came with, perhaps under their title."""
    return report.words == words or report.words.endswith(f"\n{words}")


def _additions(report: Report) -> Iterable[Addition]:
    return Addition.objects.filter(report=report)


def _first_limits(ticket: Ticket, due: datetime | None, known: Calendar) -> None:
    source = ticket.source
    if due is None and source.limit:
        due = due_at(ticket.received_at, Limit.parse(source.limit), known).at
    ticket.upper_due_at = ticket.first_due_at = due if due is not None and due > ticket.received_at else None
    windows(ticket, known)


def windows(ticket: Ticket, known: Calendar) -> None:
    """Until when it may be given back, and more time be asked for."""
    source, due = ticket.source, ticket.upper_due_at
    within, before = source.return_within, source.extend_before
    ticket.return_until = due_at(ticket.received_at, Limit.parse(within), known).at if within else None
    ticket.extend_until = due
    if due is not None and before:
        ticket.extend_until = inner_due(ticket.received_at, due, Limit.parse(before), known)


def _take_new(source: Source, rows: list[Row], *, actor: Actor, now: datetime) -> dict[str, Taken]:
    """New tickets with their reports, cases, contacts and steps; a row that the intake refuses says why."""
    knowledge = Knowledge()
    known, buffers = calendar(), reads.buffers_of(source.pk)
    wanted = list(SourceStep.objects.filter(source=source, active=True).order_by("position"))
    dockets: list[Docket] = []
    tickets: list[Ticket] = []
    told: dict[str, Taken] = {}
    strange = _strange(source, rows)
    for row in rows:
        if row.number in strange:
            told[row.number] = Taken(row, Arrival.REFUSED, _("这个编号已经作为别的诉求导入过。请核对。"))
            continue
        heard = row.received or now
        ticket = Ticket(
            id=uuid7(), source=source, number=row.number, state="", received_at=heard, seen=[_mark(row)],
        )  # fmt: skip
        _first_limits(ticket, row.due, known)
        set_inner(ticket, buffers, "", known)
        report_id = report_key(source, row.number, heard)
        new = NewReport(
            words=f"{row.title}\n{row.words}" if row.title and not row.words.startswith(row.title) else row.words,
            area_code=source.area_code,
            channel=Channel.UPPER,
            place_words=row.place,
            reply_by=ReplyBy.PHONE if row.phone else ReplyBy.PAGE,
            source=source.code,
            external_id=row.number,
            received_at=heard,
            inner_due_at=ticket.inner_due_at,
            upper_calls=source.upper_calls,
        )
        try:
            docket = received(
                report_id, new, actor=actor, now=now, knowledge=knowledge, checked=body_hash(new.canonical()),
                attempt=_attempt(report_id),
            )  # fmt: skip
            if row.name or row.phone:
                _keep_contact(docket, row, actor=actor, now=now)
        except Refusal as why:
            told[row.number] = Taken(row, Arrival.REFUSED, _reason(why))
            continue
        ticket.report = docket.reports[0]
        ticket.sheet = reads.sealed_sheet(ticket.pk, dict(row.sheet), now)
        ticket.state = TicketState.OPEN
        _note(docket, ticket, TicketVerb.ARRIVE, "", actor=actor, now=now, source=str(source.pk))
        dockets.append(docket)
        tickets.append(ticket)
        told[row.number] = Taken(row, Arrival.NEW, "", ticket.pk, docket.case.pk)
    if dockets:
        flush(dockets, verb=Verb.RECEIVE, now=now)
        Ticket.objects.bulk_create(tickets)
        _begin_steps(tickets, wanted, dockets, now=now)
    return told


def _strange(source: Source, rows: list[Row]) -> set[str]:
    """Numbers under which a report of this source is there without a ticket: brought by an archive's import."""
    numbers = [one.number for one in rows]
    return set(Report.objects.filter(source=source.code, external_id__in=numbers).values_list("external_id", flat=True))


def _reason(why: Refusal) -> str:
    if isinstance(why, Invalid):
        return " ".join(str(line) for lines in why.errors.values() for line in lines) or str(why)
    return str(why)


def _attempt(report_id: UUID) -> int:
    """The first tracking code of this report that no other has."""
    attempt = 0
    while Report.objects.filter(code_hash=hash_of(code_of(report_id, attempt))).exists():
        attempt += 1
    return attempt


def _keep_contact(docket: Docket, row: Row, *, actor: Actor, now: datetime) -> None:
    """The caller's name and phone, sealed as everybody's. They agreed above to be called by whoever handles it."""
    consent = people_queries.current_consent_text()
    name, phone = row.name, clean_phone(row.phone, field="phone") if row.phone else ""
    left = people.NewContact(clean(name, limit=60, name=True, field="name"), phone, "", now, docket.case.area_code)
    made = people.contact_rows(
        [left], consent_text_version=consent.version, language=consent.language, actor=actor, now=now
    )
    docket.reports[0].contact_id = made.contacts[0].pk
    docket.keep_contact(made)


def _begin_steps(tickets: list[Ticket], wanted: list[SourceStep], dockets: list[Docket], *, now: datetime) -> None:
    """Each step counts from the day the paper came."""
    for ticket, docket in zip(tickets, dockets, strict=True):
        steps = [
            TicketStep(id=uuid7(), ticket=ticket, position=one.position, name=one.name, clause=one.clause)
            for one in wanted
        ]
        TicketStep.objects.bulk_create(steps)
        starts = [
            clocks.Start(step.pk, STEP, Limit.parse(one.limit), docket.case.area_code, one.clause or one.name)
            for step, one in zip(steps, wanted, strict=True)
        ]
        if starts:
            clocks.start_many(object_kind=THING, starts=starts, now=ticket.received_at)


# Sent up by us


@transaction.atomic
def send_up(
    case_id: UUID, *, source_id: UUID, reason: str, number: str = "", key: UUID | None = None, actor: Actor,
    now: datetime,
) -> Ticket:  # fmt: skip
    """报上级: the matter goes to a system of the tiers above, with the number that it gives once it is known.

    Raises NotFound, NotAllowed without the dispatch duty over the case's desk, IllegalMove on a case that has ended,
    Invalid.
    """
    docket = opened(case_id, actor=actor)
    case = docket.case
    text = clean(reason, limit=REASON_LIMIT, field="reason")
    told = clean(number, limit=60, line=True, field="number")
    source = next((one for one in reads.sources_above(case) if one.pk == source_id), None)
    if not reads.may(TicketVerb.GO_UP, case, actor):
        raise NotAllowed(duty=str(Duty.DISPATCH))
    voice = next((one for one in docket.reports if one.withdrawn_at is None), None)
    if source is None or voice is None:
        raise Invalid({"source_id": [_("没有这个上级系统。请重新选。")]})
    ticket = Ticket(source=source, report=voice, state="", received_at=now, reason=text, number=told)
    act = Act(Rows(ticket, case, [], [], {}), docket, actor=actor, now=now)
    if key is not None:
        hashed = body_hash(["up", str(case_id), {"source": str(source_id), "words": text, "number": told}])
        hold(key)
        earlier = history.by_key(key)
        if earlier is not None:
            if earlier.body_hash != hashed:
                raise KeyReused
            return Ticket.objects.get(pk=earlier.object_id)
        docket.key, docket.body_hash = key, hashed
    act.move(TicketVerb.GO_UP, Given(words=text), source=str(source.pk))
    if told:
        hold(_number_key(source, told))
        _check_number(source, told)
    case.sent_up = True
    docket.change(case)
    ticket.save(force_insert=True)
    return act.done()


def _check_number(source: Source, number: str) -> None:
    if not number_has_form(number, source.number_pattern):
        raise Invalid({"number": [_("编号的格式和这个系统登记的不一样。")]})
    if Ticket.objects.filter(source=source, number=number).exists():
        raise Invalid({"number": [_("这个编号已经有了。请核对。")]})


@transaction.atomic
def note_number(ticket_id: UUID, *, number: str, key: UUID | None = None, actor: Actor, now: datetime) -> Ticket:
    """The number that the upper system gave to what was sent up. Raises NotFound, NotAllowed, IllegalMove, Invalid."""
    act = _open(ticket_id, actor=actor, now=now)
    act.need(TicketVerb.NUMBER)
    told = clean(number, limit=60, line=True, field="number")
    if _again(act, "number", {"number": told}, key):
        return act.ticket
    hold(_number_key(act.ticket.source, told))
    act.move(TicketVerb.NUMBER, Given(number=told))
    _check_number(act.ticket.source, told)
    act.ticket.number = told
    return act.done()


@transaction.atomic
def reply_from_above(
    ticket_id: UUID, *, taken: bool, words: str = "", key: UUID | None = None, actor: Actor, now: datetime
) -> Ticket:
    """What became of what was sent up: the tier above takes it over (the case ends as transferred), or it answers and
    the case goes on here. Raises NotFound, NotAllowed, IllegalMove, Invalid."""
    act = _open(ticket_id, actor=actor, now=now)
    act.need(TicketVerb.TAKEN)
    text = clean(words, limit=FIELD_LIMIT, field="words")
    if _again(act, "reply", {"taken": taken, "words": text}, key):
        return act.ticket
    act.move(TicketVerb.TAKEN if taken else TicketVerb.REPLIED, Given(words=text))
    act.ticket.result_words, act.ticket.ended_at = text, now
    if taken and act.case.ended_at is None:
        name = act.ticket.source.name
        act.docket.move(
            Verb.TRANSFER, actor=rule("taken-above"), now=now, given=CaseGiven(receiver=name, confirmed=True)
        )
        act.case.transferred_to, act.case.answered_by = name, actor.id
    return act.done()


@transaction.atomic
def map_columns(source: Source, columns: dict[str, str], *, actor: Actor, now: datetime) -> None:
    """Remember which column of the system's sheet means what, for the next import."""
    need_desk(source, actor)
    if columns == source.columns:
        return
    Source.objects.filter(pk=source.pk).update(columns=columns)
    source.columns = columns
    audit.append(
        kind="ticket_source", object_id=source.pk, verb="change", actor=actor, at=now, area_code=source.area_code,
        facts={"fields": ["columns"]},
    )  # fmt: skip
