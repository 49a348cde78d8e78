"""Who of a unit does it: given by its head, taken by a handler, put back; and the head's part in a further round."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from huying.audit import actions as audit
from huying.cases.actions.acting import act
from huying.cases.actions.arriving import hand
from huying.cases.actions.docket import Docket
from huying.cases.actions.units import about, own_order
from huying.cases.models import Sharing, WorkOrder
from huying.cases.queries.sharing import loads_of, units_shared_by
from huying.cases.rules import Verb
from huying.cases.rules.words import UNFINISHED_ORDERS
from huying.kernel.actor import Actor
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.text import clean
from huying.people import queries as people
from huying.people.models import Appointment
from huying.people.rules import Duty

MOST_AT_ONCE = 500


@act
def give_order(docket: Docket, *, handler_id: UUID, order_id: UUID | None = None, actor: Actor, now: datetime) -> None:
    """Hand the unit's order to one of its handlers; clocks run on.

    Raises NotAllowed without the duty of signing for the unit, IllegalMove where the order is done, or the person is
    no handler of the unit, away, keeps away from the case, or has it already.
    """
    order = own_order(docket, actor, order_id)
    there = _there(docket, order, now) if docket.live else [handler_id]
    docket.move(
        Verb.GIVE, actor=actor, now=now, given=about(order, handler_id=handler_id, handler_ids=frozenset(there)),
        facts={"order": str(order.pk) if order else "", "handler": str(handler_id)},
    )  # fmt: skip
    if order is not None:
        hand(docket, order, handler_id, now=now)


def _there(docket: Docket, order: WorkOrder | None, now: datetime) -> Iterable[UUID]:
    away = {one.account_id for one in docket.recusals}
    return [one.id for one in loads_of(order.unit_id, now=now) if one.there and one.id not in away] if order else []


@act
def take_on_order(docket: Docket, *, order_id: UUID | None = None, actor: Actor, now: datetime) -> None:
    """我来办: a handler takes an order of the unit that nobody has. Raises IllegalMove where somebody has it."""
    order = own_order(docket, actor, order_id)
    docket.move(Verb.TAKE_ON, actor=actor, now=now, given=about(order), facts={"order": str(order.pk) if order else ""})
    if order is not None:
        hand(docket, order, actor.id, now=now)


@act
def put_back_order(docket: Docket, *, order_id: UUID | None = None, actor: Actor, now: datetime) -> None:
    """放回本单位: who has the order gives it back to the unit. Raises IllegalMove for an order of somebody else."""
    own = next((one for one in docket.live_orders if one.pk == order_id), None) or own_order(docket, actor, order_id)
    docket.move(Verb.PUT_BACK, actor=actor, now=now, given=about(own), facts={"order": str(own.pk) if own else ""})
    if own is not None:
        hand(docket, own, None, now=now)


@act
def take_part(docket: Docket, *, part: str, words: str, actor: Actor, now: datetime) -> None:
    """The head of the lead unit takes part in a further round: how, and in words. No result before it.

    Raises NotAllowed without the duty of signing, IllegalMove in the first round or where it is on record.
    """
    order = own_order(docket, actor, None)
    text = clean(words, limit=500, field="words")
    docket.move(
        Verb.TAKE_PART, actor=actor, now=now, given=about(order, part=part, reason=text),
        facts={"order": str(order.pk) if order else "", "part": part},
    )  # fmt: skip
    if order is not None:
        order.headed_at = now
        docket.change(order)


@transaction.atomic
def switch_sharing(unit_id: UUID, *, on: bool, actor: Actor, now: datetime) -> None:
    """Give out by rule from now on, or no longer. Raises NotFound outside the own units, NotAllowed but for heads."""
    if unit_id not in units_shared_by(actor):
        raise NotFound("organisation")
    if not actor.may_for_unit(Duty.SIGN, unit_id):
        raise NotAllowed(duty=Duty.SIGN.value)
    row, _made = Sharing.objects.select_for_update().get_or_create(unit_id=unit_id, defaults={"set_at": now})
    if row.on == on:
        return
    row.on, row.set_by, row.set_at = on, actor.id, now
    row.save()
    unit = people.unit(unit_id)
    audit.append(
        kind="organisation", object_id=unit_id, verb="sharing_on" if on else "sharing_off", actor=actor, at=now,
        area_code=unit.area_code if unit else "",
    )  # fmt: skip


def put_back_left(*, actor: Actor, now: datetime) -> int:
    """What a handler who left the unit still had in hand lies with the unit again; says how many."""
    posts = Appointment.objects.filter(
        people.running(now), account_id=OuterRef("given_to_id"), organisation_id=OuterRef("unit_id"),
        account__is_active=True,
    )  # fmt: skip
    held = WorkOrder.objects.filter(given_to__isnull=False, state__in=[str(one) for one in sorted(UNFINISHED_ORDERS)])
    left = held.filter(~Exists(posts), case__state="in_hand").order_by("pk").values_list("pk", "case_id")
    rows = list(left[:MOST_AT_ONCE])
    for order_id, case_id in rows:
        put_back_order(case_id, order_id=order_id, actor=actor, now=now)
    return len(rows)
