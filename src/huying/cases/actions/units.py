"""Units: dispatch, sign in, return, reassign, contact, finish, submit, sign."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from huying.approvals.rules import ApprovalKind, ApprovalVerb
from huying.cases.actions.acting import act
from huying.cases.actions.arriving import hand, share_out
from huying.cases.actions.docket import Docket
from huying.cases.actions.intake import file, keep_images, register
from huying.cases.actions.settling import keep_precedent
from huying.cases.models import Answer, ContactAttempt, WorkOrder
from huying.cases.rules import CallResult, ContactKind, Given, OrderRole, OrderState, SettledBy, State, Verb
from huying.cases.rules.calling import BETWEEN_CALLS, CALLS_BEFORE_GIVING_UP
from huying.files import queries as files
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.matters.rules import Step
from huying.matters.rules.stages import stage_number
from huying.people import queries as people


def _given_units(
    docket: Docket,
    lead_id: UUID | None,
    assistant_ids: Iterable[UUID],
    *,
    reason: str = "",
    order_id: UUID | None = None,
) -> Given:
    assistants = tuple(dict.fromkeys(assistant_ids))
    named = {*assistants, *([lead_id] if lead_id else [])}
    if docket.live and named and len(people.units(named)) != len(named):
        raise Invalid({"lead": [_("没有这个单位。请重新选。")]})
    return Given(
        lead_id=lead_id,
        assistant_ids=assistants,
        reason=reason,
        order_id=order_id,
        duty_unit_ids=docket.knowledge.units_with_duty(docket.case.type_code, docket.case.area_code),
    )


def hand_out(
    docket: Docket,
    lead_id: UUID,
    assistant_ids: Iterable[UUID],
    *,
    instruction: str = "",
    named: bool = False,
    actor: Actor,
    now: datetime,
) -> None:
    """New orders of the present round for a lead and its assistants, and the clock of the first contact."""
    clause = docket.knowledge.clause_of(docket.type)
    docket.offer(lead_id, OrderRole.LEAD, actor=actor, now=now, clause=clause, instruction=instruction, named=named)
    for unit_id in dict.fromkeys(assistant_ids):
        docket.offer(unit_id, OrderRole.ASSIST, actor=actor, now=now, clause=clause, instruction=instruction)
    docket.case.signed = False
    contactable = any(one.reachable and one.withdrawn_at is None for one in docket.reports)
    if contactable and docket.case.contacted_at is None and not docket.running(Step.FIRST_CONTACT, docket.case.pk):
        docket.start_clock(Step.FIRST_CONTACT, now=now)
    docket.due()
    share_out(docket, now=now)


@act
def dispatch_case(
    docket: Docket,
    *,
    lead_id: UUID,
    assistant_ids: Iterable[UUID] = (),
    instruction: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Hand a filed case to its lead unit and assistants.

    Raises NotFound outside the actor's scope, NotAllowed without the dispatch duty over the case's desk,
    IllegalMove where the case is not filed, a unit has no duty there, is recused, or returned it before.
    """
    dispatch(docket, lead_id=lead_id, assistant_ids=assistant_ids, instruction=instruction, actor=actor, now=now)


def dispatch(
    docket: Docket,
    *,
    lead_id: UUID,
    assistant_ids: Iterable[UUID],
    instruction: str,
    actor: Actor,
    now: datetime,
) -> None:
    helpers = tuple(assistant_ids)
    text = clean(instruction, limit=1000, field="instruction")
    docket.move(
        Verb.DISPATCH,
        actor=actor,
        now=now,
        given=_given_units(docket, lead_id, helpers),
        facts={"lead": str(lead_id), "assistants": [str(one) for one in helpers]},
    )
    hand_out(docket, lead_id, helpers, instruction=text, actor=actor, now=now)


@act
def register_file_dispatch(
    docket: Docket,
    *,
    lead_id: UUID,
    assistant_ids: Iterable[UUID] = (),
    instruction: str = "",
    type_code: str = "",
    grade: str = "",
    grid_code: str = "",
    lng: float | None = None,
    lat: float | None = None,
    place_words: str = "",
    title: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """受理即派单: one form and one click; the history shows every step."""
    state = docket.case.state
    if state == State.RECEIVED:
        register(
            docket,
            type_code=type_code,
            grade=grade,
            grid_code=grid_code,
            lng=lng,
            lat=lat,
            place_words=place_words,
            title=title,
            actor=actor,
            now=now,
        )
        state = docket.case.state
    if state == State.TRIAGED:
        file(docket, actor=actor, now=now)
    dispatch(docket, lead_id=lead_id, assistant_ids=assistant_ids, instruction=instruction, actor=actor, now=now)


@act
def reassign_case(
    docket: Docket,
    *,
    lead_id: UUID,
    assistant_ids: Iterable[UUID] = (),
    reason: str,
    instruction: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Another lead: the old orders of the round are cancelled, exactly one lead stays."""
    _again(docket, Verb.REASSIGN, lead_id, assistant_ids, reason=reason, instruction=instruction, actor=actor, now=now)


@act
def name_unit(
    docket: Docket,
    *,
    lead_id: UUID,
    assistant_ids: Iterable[UUID] = (),
    reason: str,
    instruction: str = "",
    precedent: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """指定承办: after two different returns the leader names the unit; it cannot return the order.

    `precedent`: the facts in plain words, without persons, for the next like case; the type's name where it is empty.
    """
    name(
        docket, lead_id=lead_id, assistant_ids=assistant_ids, reason=reason, instruction=instruction, facts=precedent,
        actor=actor, now=now,
    )  # fmt: skip


def name(
    docket: Docket,
    *,
    lead_id: UUID,
    assistant_ids: Iterable[UUID] = (),
    reason: str,
    instruction: str = "",
    facts: str = "",
    by: SettledBy = SettledBy.NAMED,
    actor: Actor,
    now: datetime,
) -> None:
    """Name the unit, and keep how it was settled."""
    _again(docket, Verb.NAME, lead_id, assistant_ids, reason=reason, instruction=instruction, actor=actor, now=now)
    keep_precedent(docket, unit_id=lead_id, why=clean(reason, limit=500), facts=facts, by=by, now=now)


def _again(
    docket: Docket,
    verb: Verb,
    lead_id: UUID,
    assistant_ids: Iterable[UUID],
    *,
    reason: str,
    instruction: str,
    actor: Actor,
    now: datetime,
) -> None:
    helpers = tuple(assistant_ids)
    text = clean(reason, limit=500, field="reason")
    extra = clean(instruction, limit=1000, field="instruction")

    def clear(_move: object) -> None:
        for order in docket.live_orders:
            order.state_before = order.state  # taken back at once, it is restored
            docket.move_order(order, Verb.CANCEL, actor, now=now)

    docket.move(
        verb,
        actor=actor,
        now=now,
        given=_given_units(docket, lead_id, helpers, reason=text),
        before=clear,
        facts={"lead": str(lead_id), "assistants": [str(one) for one in helpers]},
    )
    hand_out(docket, lead_id, helpers, instruction=extra or text, named=verb == Verb.NAME, actor=actor, now=now)


@act
def take_back_dispatch(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """收回派单: what was sent by mistake a moment ago; orders that were cancelled for it are restored.

    Raises IllegalMove once a unit signed in, anything else happened to the case, or the time is over.
    """
    sent, former = docket.live_orders, docket.replaced()

    def undo(_move: object) -> None:
        for order in sent:
            docket.move_order(order, Verb.CANCEL, actor, now=now)
        for order in former:
            docket.move_order(order, Verb.RESTORE, actor, now=now)
            if order.state == OrderState.OFFERED:
                docket.start_clock(Step.SIGN_IN, now=now, order=order)

    facts = {"orders": [str(one.pk) for one in sent], "restored": [str(one.pk) for one in former]}
    docket.move(Verb.TAKE_BACK, actor=actor, now=now, before=undo, facts=facts)


@act
def add_units(
    docket: Docket, *, assistant_ids: Iterable[UUID], instruction: str = "", actor: Actor, now: datetime
) -> None:
    """More units to assist."""
    helpers = tuple(dict.fromkeys(assistant_ids))
    if not helpers:
        raise Invalid({"assistants": [_("请至少选一个协办单位。")]})
    text = clean(instruction, limit=1000, field="instruction")
    docket.move(
        Verb.ADD_UNIT,
        actor=actor,
        now=now,
        given=_given_units(docket, None, helpers),
        facts={"assistants": [str(one) for one in helpers]},
    )
    clause = docket.knowledge.clause_of(docket.type)
    for unit_id in helpers:
        docket.offer(unit_id, OrderRole.ASSIST, actor=actor, now=now, clause=clause, instruction=text)
    docket.due()
    share_out(docket, now=now)


def own_order(docket: Docket, actor: Actor, order_id: UUID | None) -> WorkOrder | None:
    """The order the actor's unit holds; the flow refuses where there is none."""
    mine = [one for one in docket.live_orders if one.unit_id in actor.units]
    if order_id is not None:
        return next((one for one in mine if one.pk == order_id), None)
    return next((one for one in mine if one.role == OrderRole.LEAD), mine[0] if mine else None)


@act
def sign_in_order(docket: Docket, *, order_id: UUID | None = None, actor: Actor, now: datetime) -> None:
    """签收: the unit takes the order; the one who signs becomes its handler, and has it in hand if nobody has."""
    order = own_order(docket, actor, order_id)

    def taking(_move: object) -> None:
        if order is not None:
            docket.move_order(order, Verb.SIGN_IN, actor, now=now)
            order.accepted_at = now
            order.handler_id = actor.id
            if order.given_to_id is None:
                hand(docket, order, actor.id, now=now)
            docket.stop_clocks(now=now, step=Step.SIGN_IN, object_id=order.pk)

    docket.move(Verb.SIGN_IN, actor=actor, now=now, given=about(order), before=taking)


def about(order: WorkOrder | None, **given: object) -> Given:
    return Given(order_id=order.pk if order else None, **given)  # type: ignore[arg-type]


@act
def ask_return(
    docket: Docket, *, clause: str, reason: str, order_id: UUID | None = None, actor: Actor, now: datetime
) -> None:
    """Ask to give the order back: once a unit, within the sign-in window, with the clause. The desk decides."""
    order = own_order(docket, actor, order_id)
    clause = clean(clause, limit=200, line=True, field="clause")
    text = clean(reason, limit=500, field="reason")
    docket.move(
        Verb.ASK_RETURN,
        actor=actor,
        now=now,
        given=about(order, clause=clause, reason=text),
        facts={"order": str(order.pk) if order else ""},
    )
    if order is not None:
        order.return_asked = True
        docket.change(order)
        docket.ask(
            ApprovalKind.RETURN,
            object_kind="order",
            object_id=order.pk,
            reason=text,
            facts={"clause": clause},
            actor=actor,
            now=now,
        )


@act
def decide_return(
    docket: Docket,
    *,
    order_id: UUID,
    granted: bool,
    words: str = "",
    new_lead_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Grant or refuse a return. The last live order: back to filed; a lead with others live: one of them leads."""
    text = clean(words, limit=500, field="words")
    order = next((one for one in docket.live_orders if one.pk == order_id), None)
    approval = docket.open_approval(ApprovalKind.RETURN, order_id)
    given = Given(order_id=order_id, reason=text, lead_id=new_lead_id)

    def settle(_move: object) -> None:
        if order is None or approval is None:
            return
        docket.decide(
            approval, ApprovalVerb.GRANT if granted else ApprovalVerb.REFUSE, actor=actor, now=now, words=text
        )
        order.return_asked = False
        docket.change(order)
        if not granted:
            return
        was_lead = order.role == OrderRole.LEAD
        docket.move_order(order, Verb.RETURN, actor, now=now)
        if was_lead and new_lead_id is not None:
            for other in docket.live_orders:
                if other.unit_id == new_lead_id:
                    other.role = OrderRole.LEAD
                    docket.change(other)
                    if other.state == OrderState.DONE:  # as an assistant; the result is still to be reported
                        docket.move_order(other, Verb.REWORK, actor, now=now)
                        other.done_at = None

    verb = Verb.RETURN if granted else Verb.REFUSE_RETURN
    docket.move(
        verb,
        actor=actor,
        now=now,
        given=given,
        before=settle,
        facts={"order": str(order_id), "lead": str(new_lead_id or "")},
    )


@act
def contact_reporter(
    docket: Docket, *, result: str, words: str = "", report_id: UUID | None = None, actor: Actor, now: datetime
) -> None:
    """首次联系: reached, refused, or tried three times at different times."""
    report = next((one for one in docket.reports if report_id in (None, one.pk)), None)
    if report is None and report_id is not None:
        raise NotFound("report")
    order = own_order(docket, actor, None)
    text = clean(words, limit=1000, field="words")
    docket.move(Verb.FIRST_CONTACT, actor=actor, now=now, given=about(order, result=result), facts={"result": result})
    docket.add(
        ContactAttempt(
            id=docket.make_id(),
            case=docket.case,
            report=report,
            kind=ContactKind.FIRST,
            result=result,
            round=docket.case.round,
            words=text,
            made_by=actor.id,
            made_at=now,
        )
    )
    if docket.case.contacted_at is None and (
        result in (CallResult.REACHED, CallResult.REFUSED) or _tried_enough(docket)
    ):
        docket.case.contacted_at = now
        docket.stop_clocks(now=now, step=Step.FIRST_CONTACT, object_id=docket.case.pk)


@act
def finish_stage(docket: Docket, *, stage: int, words: str = "", actor: Actor, now: datetime) -> None:
    """分段完成: the lead unit says that this stage of a staged limit is done, with words where it wants to.

    Raises IllegalMove for a stage that the matter does not have, or that is done already.
    """
    text = clean(words, limit=500, field="words")
    case = docket.case
    found = next((one for one in docket.stages() if stage_number(one.step) == stage), None)
    docket.move(
        Verb.FINISH_STAGE, actor=actor, now=now,
        given=about(own_order(docket, actor, None), reason=text, stage=stage),
        facts={"stage": stage, "type": case.type_code, "catalogue": case.catalogue_version},
    )  # fmt: skip
    if found is not None:
        docket.stop_clocks(now=now, step=found.step, object_id=case.pk)


def _tried_enough(docket: Docket) -> bool:
    """Whether the callers of this round were missed three times, each an hour or more after the one before."""
    counted: list[datetime] = []
    for one in sorted(docket.attempts, key=lambda attempt: attempt.made_at):
        if (one.kind, one.result, one.round) == (ContactKind.FIRST, CallResult.MISSED, docket.case.round) and (
            not counted or one.made_at - counted[-1] >= BETWEEN_CALLS
        ):
            counted.append(one.made_at)
    return len(counted) >= CALLS_BEFORE_GIVING_UP


@act
def finish_order(
    docket: Docket,
    *,
    words: str = "",
    images: Iterable[PreparedImage] = (),
    order_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """An assisting unit is done, with words or photos as proof."""
    order = own_order(docket, actor, order_id)
    pictures = list(images)
    text = clean(words, field="words")
    _finish(docket, order, text, len(pictures), actor=actor, now=now)
    if order is not None:
        keep_images(pictures, "order", order.pk, "proof", docket, actor=actor, now=now)


def _finish(docket: Docket, order: WorkOrder | None, words: str, photos: int, *, actor: Actor, now: datetime) -> None:
    def done(_move: object) -> None:
        if order is not None:
            _done(docket, order, words, actor=actor, now=now)

    docket.move(Verb.FINISH, actor=actor, now=now, given=about(order, words=words, photos=photos), before=done)


def _done(docket: Docket, order: WorkOrder, words: str, *, actor: Actor, now: datetime) -> None:
    docket.move_order(order, Verb.FINISH, actor, now=now)
    order.done_at = now
    order.result = words
    order.handler_id = actor.id or order.handler_id


@act
def submit_result(
    docket: Docket,
    *,
    outcome: str,
    answer: str,
    internal: str = "",
    before: Iterable[PreparedImage] = (),
    after: Iterable[PreparedImage] = (),
    proof: Iterable[PreparedImage] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """The lead reports the result: outcome, the answer for the caller, proof; all other orders are done."""
    order = own_order(docket, actor, None)
    first, second, papers = list(before), list(after), list(proof)
    words = clean(answer, field="answer")
    inside = clean(internal, field="internal")
    given = about(order, outcome=outcome, words=words, photos=len(first) + len(second) + _proofs(docket))

    def done(_move: object) -> None:
        if order is not None:
            _done(docket, order, inside or words, actor=actor, now=now)
        docket.case.signed = False

    docket.move(Verb.SUBMIT_RESULT, actor=actor, now=now, given=given, before=done, facts={"outcome": outcome})
    docket.add(
        Answer(
            id=docket.make_id(),
            case=docket.case,
            order=order,
            round=docket.case.round,
            outcome=outcome,
            words=words,
            internal=inside,
            written_by=actor.id,
            written_at=now,
        )
    )
    docket.case.outcome = outcome
    if order is not None:
        keep_images(papers, "order", order.pk, "proof", docket, actor=actor, now=now)
    keep_images(first, "case", docket.case.pk, "before", docket, actor=actor, now=now)
    keep_images(second, "case", docket.case.pk, "after", docket, actor=actor, now=now)


def _proofs(docket: Docket) -> int:
    """Pictures that a rework already has from the first time."""
    if not docket.live or docket.case.round == 1 and not any(one.sent_back_at for one in docket.answers):
        return 0
    kept = files.of_owners("case", [docket.case.pk]).get(docket.case.pk, [])
    return sum(one.purpose == "after" for one in kept)


def last_answer(docket: Docket) -> Answer | None:
    mine = [one for one in docket.answers if one.round == docket.case.round]
    return max(mine, key=lambda one: one.written_at) if mine else None


@act
def sign_result(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """签发: the unit's head signs, never the handler. Dropped where the unit has no second person."""
    lead = docket.lead

    def signing(_move: object) -> None:
        answer = last_answer(docket)
        if answer is not None:
            answer.signed_by, answer.signed_at = actor.id, now
            docket.change(answer)

    docket.move(Verb.SIGN, actor=actor, now=now, given=about(lead), before=signing)
    docket.case.signed = True
    docket.restart_step(now=now)
