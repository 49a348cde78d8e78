"""Whose it is, when two units gave it back: a joint decision, a unit that is named, a precedent for the next time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.models import JointDecision, Precedent, WorkOrder
from huying.cases.queries import settled
from huying.cases.rules import OrderRole, OrderState, SettledBy, State
from huying.cases.rules.guards import RETURNS_BEFORE_NAMING
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed
from huying.kernel.terms import Label, _
from huying.kernel.text import clean
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places.rules import street_of

COUNCIL = "council"  # a line of the case's history
MINUTES, FACTS = 2000, 200
MOST_THERE = 20


def returned_units(docket: Docket) -> list[UUID]:
    """The units that gave it back, the first one first."""
    rows = [one for one in docket.orders if one.state == OrderState.RETURNED]
    return list(dict.fromkeys(one.unit_id for one in sorted(rows, key=lambda one: (one.offered_at, one.pk))))


def may_meet(docket: Docket, actor: Actor) -> bool:
    """The desk holds it, once two units gave the case back and nobody has been named since."""
    waits = docket.case.state == State.FILED and len(returned_units(docket)) >= RETURNS_BEFORE_NAMING
    away = any(one.account_id == actor.id or one.unit_id in actor.bodies for one in docket.recusals)
    return waits and not away and actor.may(Duty.DISPATCH, docket.case.desk_code)


@act
def record_council(
    docket: Docket,
    *,
    unit_ids: Iterable[UUID],
    minutes: str,
    decided_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """会商: who came, what was said, and which unit it is, if they agreed; the leader names it afterwards.

    Raises NotAllowed for whoever does not keep the desk, IllegalMove where fewer than two units gave it back, Invalid
    for units or minutes that are missing, or a decided unit that must keep away.
    """
    text = clean(minutes, limit=MINUTES, field="minutes")
    there = list(dict.fromkeys(unit_ids))
    if not actor.may(Duty.DISPATCH, docket.case.desk_code):
        raise NotAllowed(_("会商由调度中心召集和记录。"))
    if not may_meet(docket, actor):
        raise IllegalMove(_("两个单位都退回、还没有指定承办时，才会商。"), state=docket.case.state)
    known = people.units({*there, *([decided_id] if decided_id else [])})
    errors: dict[str, list[Label]] = {}
    if len(there) < 2 or len(there) > MOST_THERE or any(one not in known for one in there):
        errors["units"] = [_("请选参加会商的单位，至少两个。")]
    if not text:
        errors["minutes"] = [_("请写会商的经过和意见。")]
    away = {one.unit_id for one in docket.recusals}
    if decided_id is not None and (decided_id not in known or decided_id in away):
        errors["decided"] = [_("这个单位不能承办。请重新选，或留空。")]
    if errors:
        raise Invalid(errors)
    docket.add(
        JointDecision(
            id=docket.make_id(), case=docket.case, units=there, minutes=text, unit_id=decided_id, held_by=actor.id,
            held_at=now,
        )
    )  # fmt: skip
    docket.case.version += 1
    docket.change(docket.case)
    state = docket.case.state
    facts = {"units": [str(one) for one in there], "decided": str(decided_id or "")}
    docket.note(
        kind="case", object_id=docket.case.pk, verb=COUNCIL, actor=actor, now=now, from_state=state, to_state=state,
        facts=facts,
    )  # fmt: skip


def keep_precedent(docket: Docket, *, unit_id: UUID, why: str, facts: str, by: SettledBy, now: datetime) -> None:
    """How it was settled, for the next like case: the type, the place by area, no case and nobody's words on it.

    None of a case that few may see, or of what is no real call.
    """
    case, kind = docket.case, docket.type
    street = street_of(case.area_code)
    if case.restricted or case.drill or case.imported or kind is None or not street:
        return
    docket.add(
        Precedent(
            id=docket.make_id(), case=case, street=street, area_code=case.area_code, type_code=case.type_code,
            facts=clean(facts, limit=FACTS, field="precedent") or kind.name, unit_id=unit_id,
            returned=returned_units(docket), clause=docket.knowledge.clause_of(kind), why=why, by=by, settled_at=now,
        )
    )  # fmt: skip
    if docket.live:
        settled.forget_known()


def first_receiver(docket: Docket) -> WorkOrder | None:
    """首接: the first lead order of the case, of a unit that need not keep away."""
    away = {one.unit_id for one in docket.recusals}
    leads = [one for one in docket.orders if one.role == OrderRole.LEAD and one.unit_id not in away]
    return min(leads, key=lambda one: (one.offered_at, one.pk), default=None)
