"""Two-person decisions: one asks, another decides. The table of moves and its guards."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from huying.kernel.actor import Actor, ActorKind
from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Term, _


class ApprovalKind(Term):
    """What is asked for. The app that owns the object does the effect."""

    VOID = "void", _("作废")
    RETURN = "return", _("退回")
    DECLINE = "decline", _("不予受理")
    EXTEND = "extend", _("延期")
    LEAD_EXTEND = "lead_extend", _("延期（领导审批）")
    HOLD = "hold", _("挂账")
    WHISTLE = "whistle", _("吹哨")
    OBJECTION = "objection", _("应哨异议")
    SCORING = "scoring", _("考核口径")
    EXCLUSION = "exclusion", _("剔除（第一人）")
    EXCLUSION_SECOND = "exclusion_second", _("剔除（第二人）")
    CONFIDENTIAL = "confidential", _("保密")


class ApprovalState(Term):
    ASKED = "asked", _("待审批")
    GRANTED = "granted", _("已同意")
    REFUSED = "refused", _("不同意")
    WITHDRAWN = "withdrawn", _("已撤回")


class ApprovalVerb(Term):
    ASK = "ask", _("申请")
    GRANT = "grant", _("同意")
    REFUSE = "refuse", _("不同意")
    WITHDRAW = "withdraw", _("撤回申请")


@dataclass(frozen=True)
class ApprovalFacts:
    """What the guards look at."""

    state: ApprovalState
    asked_by: UUID | None
    actor: Actor


@guard(_("审批要由工作人员本人作出。请登录后再办。"))
def by_a_person(facts: ApprovalFacts) -> bool:
    return facts.actor.kind == ActorKind.PERSON and facts.actor.id is not None


@guard(_("自己提出的申请，不能自己审批。请交给另一位有职责的同事。"))
def not_the_asker(facts: ApprovalFacts) -> bool:
    return facts.actor.id != facts.asked_by


@guard(_("申请只能由提出的人撤回。"))
def the_asker_or_the_house(facts: ApprovalFacts) -> bool:
    """The asker; or a rule or the system, when the object has come to an end another way."""
    if facts.actor.kind in (ActorKind.RULE, ActorKind.SYSTEM):
        return True
    return facts.actor.id is not None and facts.actor.id == facts.asked_by


_OPEN = {ApprovalState.ASKED}

FLOW = Flow(
    [
        Move(ApprovalVerb.GRANT, _OPEN, ApprovalState.GRANTED, guards=(by_a_person, not_the_asker)),
        Move(ApprovalVerb.REFUSE, _OPEN, ApprovalState.REFUSED, guards=(by_a_person, not_the_asker)),
        Move(ApprovalVerb.WITHDRAW, _OPEN, ApprovalState.WITHDRAWN, guards=(the_asker_or_the_house,)),
    ]
)
