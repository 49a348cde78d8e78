"""More time for the unit that works on a case, and holds: what cannot go on waits until a day, and no longer."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

from django.utils import timezone

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind, ApprovalVerb
from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.actions.units import about, own_order
from huying.cases.queries.dues import held_until
from huying.cases.rules import Given, HoldReason, Verb
from huying.cases.rules.guards import LONGEST_HOLD
from huying.clocks.rules import Unit
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, Invalid
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.matters.rules import Step

MOST_ASKED = {Unit.DAY: 30, Unit.HOUR: 72}  # of the limit's own kind of time


@act
def ask_extension(docket: Docket, *, amount: int, unit: str, reason: str, actor: Actor, now: datetime) -> None:
    """申请延期: `amount` more days (`d`) or hours (`h`) of the limit's own kind, before the clock is red.

    The first request of a round is the unit's head's to decide, the second the leader's, who also decides where the
    unit has nobody but the asker. The clock goes on meanwhile.
    """
    text = clean(reason, limit=500, field="reason")
    asked = next((one for one in MOST_ASKED if one.value == unit), None)
    if asked is None or not 1 <= amount <= MOST_ASKED[asked]:
        raise Invalid({"amount": [_("最多延长 30 天，或 72 小时。请改好再报。")]})
    order = own_order(docket, actor, None)
    earlier = docket.facts(actor=actor, now=now).extensions
    docket.move(
        Verb.ASK_EXTEND, actor=actor, now=now, given=about(order, reason=text), facts={"amount": amount, "unit": unit}
    )
    basis = next(iter(docket.running(Step.HANDLE, docket.case.pk))).rule().basis
    lead = docket.lead
    away = {actor.id, *(one.account_id for one in docket.recusals)}
    heads = docket.knowledge.signers(lead.unit_id) - away if lead is not None else frozenset()
    docket.ask(
        ApprovalKind.EXTEND if heads and not earlier else ApprovalKind.LEAD_EXTEND,
        object_kind="case",
        object_id=docket.case.pk,
        reason=text,
        facts={"amount": amount, "unit": unit, "basis": basis.value, "round": docket.case.round},
        actor=actor,
        now=now,
    )


@act
def decide_extension(docket: Docket, *, granted: bool, words: str = "", actor: Actor, now: datetime) -> None:
    """Grant or refuse more time; never by the one who asked. The due time is counted again with the longer limit."""
    text = clean(words, limit=500, field="words")
    approval = asked_extension(docket)
    kind = approval.kind if approval is not None else ApprovalKind.EXTEND

    def settle(_move: object) -> None:
        if approval is None:
            return
        docket.decide(
            approval, ApprovalVerb.GRANT if granted else ApprovalVerb.REFUSE, actor=actor, now=now, words=text
        )
        for clock in docket.at_work() if granted else ():
            if clock.step == Step.HANDLE or now < clock.due_at:  # a stage that was late stays late
                docket.extend_clock(clock, approval.facts["amount"], Unit(approval.facts["unit"]))

    verb = Verb(kind if granted else f"refuse_{kind}")
    docket.move(verb, actor=actor, now=now, given=Given(reason=text), before=settle)


@act
def ask_hold(docket: Docket, *, kind: str, until: date, reason: str, actor: Actor, now: datetime) -> None:
    """申请挂账 until a day of review, at most 90 days ahead: by the lead unit or the desk; the leader decides.

    `kind` is one of `HoldReason`, all that the public list says of why. Asked again while it is held, the day moves.
    """
    text = clean(reason, limit=500, field="reason")
    if kind not in HoldReason.values:
        raise Invalid({"kind": [_("请选挂账的原因。")]})
    today = timezone.localdate(now)
    if not today < until <= today + LONGEST_HOLD:
        raise Invalid({"until": [_("复核日期要在明天以后、90 天以内。请改好再报。")]})
    facts = {"kind": kind, "until": until.isoformat()}
    docket.move(
        Verb.ASK_HOLD, actor=actor, now=now, given=about(own_order(docket, actor, None), reason=text), facts=facts
    )
    docket.ask(
        ApprovalKind.HOLD, object_kind="case", object_id=docket.case.pk, reason=text, facts=facts, actor=actor, now=now
    )


@act
def decide_hold(docket: Docket, *, granted: bool, words: str = "", actor: Actor, now: datetime) -> None:
    """Grant or refuse a hold; never by the one who asked. While it is held, the clock of handling stands still."""
    text = clean(words, limit=500, field="words")
    approval = docket.open_approval(ApprovalKind.HOLD, docket.case.pk)

    def settle(_move: object) -> None:
        if approval is None:
            return
        docket.decide(
            approval, ApprovalVerb.GRANT if granted else ApprovalVerb.REFUSE, actor=actor, now=now, words=text
        )
        if granted:
            docket.hold(approval.facts["kind"], date.fromisoformat(approval.facts["until"]), now=now)

    verb = Verb.HOLD if granted else Verb.REFUSE_HOLD
    docket.move(verb, actor=actor, now=now, given=Given(reason=text), before=settle)


@act
def resume_case(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """结束挂账: the unit goes on, and its clock with it; what was held is added behind."""
    docket.move(Verb.RESUME, actor=actor, now=now, before=lambda _move: docket.end_hold(now=now))


def end_holds(*, actor: Actor, now: datetime) -> int:
    """Let go on what was held until today; says how many cases. Run twice, the second finds nothing to do."""
    done = 0
    for case_id in held_until(timezone.localdate(now)):
        with suppress(IllegalMove):  # somebody was faster
            resume_case(case_id, actor=actor, now=now)
            done += 1
    return done


def asked_extension(docket: Docket) -> Approval | None:
    """The request for more time that waits for its decision."""
    case_id = docket.case.pk
    return docket.open_approval(ApprovalKind.EXTEND, case_id) or docket.open_approval(ApprovalKind.LEAD_EXTEND, case_id)
