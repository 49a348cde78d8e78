"""Keeping an open case confidential, or no longer: asked by whoever works on it, decided by the leader in charge."""

from __future__ import annotations

from datetime import datetime

from huying.approvals.rules import ApprovalKind, ApprovalVerb
from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.rules import OPEN, State
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, NotAllowed
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.people.rules import Duty
from huying.places.rules import street_of

ASK, YES, LIFTED, NO = "ask_confidential", "confide", "unconfide", "refuse_confidential"
WORDS = 500
_LOOKED_AT = frozenset({State.VERIFYING, State.CHECKING})  # eyes of the grid are on it, which a confidential case bars


def may_ask(docket: Docket, actor: Actor) -> bool:
    """The desk, and the units that have it in hand."""
    desk = any(actor.may(duty, docket.case.desk_code) for duty in (Duty.INTAKE, Duty.DISPATCH))
    return desk or any(actor.may_for_unit(Duty.HANDLE, one.unit_id) for one in docket.live_orders)


def why_not(docket: Docket) -> str:
    """Why nothing can be asked for now; empty where it can."""
    case, kind = docket.case, docket.type
    if case.state not in OPEN or case.state in _LOOKED_AT:
        return str(_("这一步不能改保密。办结的，或正在核实、核查的，都不改。"))
    if docket.open_approval(ApprovalKind.CONFIDENTIAL, case.pk) is not None:
        return str(_("已经有人申请，等分管领导决定。"))
    if case.confidential and ((kind is not None and kind.confidential) or any(r.about_staff for r in docket.reports)):
        return str(_("这类事项，或投诉工作人员的，一直保密，不能解除。"))
    return ""


@act
def ask_confidential(docket: Docket, *, reason: str, actor: Actor, now: datetime) -> None:
    """申请保密 of an open case, or 申请解除保密 of one that is: the other of what it is now.

    Raises NotAllowed for whoever neither keeps the desk nor has it in hand, IllegalMove.
    """
    text = clean(reason, limit=WORDS, field="reason")
    if not may_ask(docket, actor):
        raise NotAllowed(_("保密由调度中心或办理单位申请。"))
    refused = why_not(docket) or ("" if text else str(_("请写明原因。")))
    if refused:
        raise IllegalMove(refused, state=docket.case.state)
    wanted = not docket.case.confidential
    docket.ask(
        ApprovalKind.CONFIDENTIAL, object_kind="case", object_id=docket.case.pk, reason=text,
        facts={"confidential": wanted}, actor=actor, now=now,
    )  # fmt: skip
    _note(docket, ASK, wanted, actor=actor, now=now)


@act
def decide_confidential(docket: Docket, *, granted: bool, words: str = "", actor: Actor, now: datetime) -> None:
    """Grant or refuse; never by the one who asked. Granted, the case leaves the prefix rule, or comes back into it.

    Raises NotAllowed without the leader's duty over the desk, IllegalMove.
    """
    text = clean(words, limit=WORDS, field="words")
    if not actor.may(Duty.LEAD, docket.case.desk_code):
        raise NotAllowed(_("保密由分管领导决定。"))
    approval = docket.open_approval(ApprovalKind.CONFIDENTIAL, docket.case.pk)
    if approval is None:
        raise IllegalMove(_("没有等着决定的保密申请。请刷新看看。"), state=docket.case.state)
    if not granted and not text:
        raise IllegalMove(_("不同意时，请写明原因。"), state=docket.case.state)
    if docket.case.state in _LOOKED_AT and granted:
        raise IllegalMove(_("正在核实或核查，等看完现场再定保密。"), state=docket.case.state)
    docket.decide(approval, ApprovalVerb.GRANT if granted else ApprovalVerb.REFUSE, actor=actor, now=now, words=text)
    wanted = bool(approval.facts["confidential"])
    if granted:
        case = docket.case
        case.confidential = wanted
        case.restricted = wanted or case.recused
        if wanted:  # a community's desk does not see what is confidential
            case.desk_code = street_of(case.area_code) or case.desk_code
    _note(docket, NO if not granted else YES if wanted else LIFTED, wanted, actor=actor, now=now)


def _note(docket: Docket, verb: str, wanted: bool, *, actor: Actor, now: datetime) -> None:
    docket.case.version += 1
    docket.change(docket.case)
    state = docket.case.state
    docket.note(
        kind="case", object_id=docket.case.pk, verb=verb, actor=actor, now=now, from_state=state, to_state=state,
        facts={"confidential": wanted},
    )  # fmt: skip
