"""More time for the unit that works on a case: asked by its handler, granted by its head, then by the leader."""

from __future__ import annotations

from datetime import datetime

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind, ApprovalVerb
from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.actions.units import about, own_order
from huying.cases.rules import Given, Verb
from huying.clocks.rules import Unit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid
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
        for clock in docket.running(Step.HANDLE, docket.case.pk) if granted else ():
            docket.extend_clock(clock, approval.facts["amount"], Unit(approval.facts["unit"]))

    verb = Verb(kind if granted else f"refuse_{kind}")
    docket.move(verb, actor=actor, now=now, given=Given(reason=text), before=settle)


def asked_extension(docket: Docket) -> Approval | None:
    """The request for more time that waits for its decision."""
    case_id = docket.case.pk
    return docket.open_approval(ApprovalKind.EXTEND, case_id) or docket.open_approval(ApprovalKind.LEAD_EXTEND, case_id)
