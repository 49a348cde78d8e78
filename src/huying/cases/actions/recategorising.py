"""Another type of matter: its limits, its checks and whose it is, in one act."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.actions.intake import correct_case
from huying.cases.actions.units import reassign_case
from huying.cases.models import Remark
from huying.cases.rules import State, Verb
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, Invalid
from huying.kernel.terms import _
from huying.kernel.text import clean


@act
def recategorise_case(
    docket: Docket, *, type_code: str, reason: str, lead_id: UUID | None = None, actor: Actor, now: datetime
) -> None:
    """改事项类型: limits and checks follow the new type; with another lead the case goes to it in the same act.

    What was asked and answered stays. Raises NotAllowed without the duty of correcting (or, for another lead, of
    dispatching), Invalid without a type or a reason, Conflict where it has this type already, IllegalMove where the
    lead has no duty for the new type.
    """
    text = clean(reason, limit=500, field="reason")
    if not text:
        raise Invalid({"reason": [_("请写明为什么改。")]})
    if type_code == docket.case.type_code:
        raise Conflict(_("这就是现在的类型。请选另一类。"))
    # What a confidential type does to the desk comes after: who found that out may still hand it on.
    held_by = docket.case.desk_code
    correct_case.step(docket, type_code=type_code, actor=actor, now=now)
    docket.add(
        Remark(id=docket.make_id(), case=docket.case, verb=Verb.CORRECT, words=text, made_by=actor.id, made_at=now)
    )
    lead = docket.lead
    if docket.case.state == State.IN_HAND and lead_id is not None and (lead is None or lead.unit_id != lead_id):
        hand_to, docket.case.desk_code = docket.case.desk_code, held_by
        reassign_case.step(docket, lead_id=lead_id, reason=text, actor=actor, now=now)
        docket.case.desk_code = hand_to


__all__ = ["recategorise_case"]
