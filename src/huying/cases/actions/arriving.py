"""What comes to a unit that gives out by rule goes at once to whoever has the least in hand."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huying.cases.actions.docket import Docket
from huying.cases.models import Sharing, WorkOrder
from huying.cases.queries.sharing import loads_of
from huying.cases.rules import Given, OrderState, Verb
from huying.cases.rules.sharing import BY_RULE, suggested
from huying.kernel.actor import rule


def hand(docket: Docket, order: WorkOrder, handler_id: UUID | None, *, now: datetime) -> None:
    """Note who has an order in hand from now on; nobody, where it lies with the unit again."""
    order.given_to_id, order.given_at = handler_id, now if handler_id is not None else order.given_at
    docket.change(order)


def share_out(docket: Docket, *, now: datetime) -> None:
    """Give this act's orders to handlers, where their units have the rule switched on."""
    fresh = [one for one in docket.live_orders if one.state == OrderState.OFFERED and one.offered_at == now]
    if not docket.live or docket.tried or not fresh:
        return  # a bulk world is made without the rule; what is only tried is refused nothing by it
    units = [one.unit_id for one in fresh]
    # Locked in one order: of two cases at once the second must count what the first was given.
    on = set(
        Sharing.objects.select_for_update()
        .filter(unit_id__in=units, on=True)
        .order_by("unit_id")
        .values_list("unit_id", flat=True)
    )
    away = {one.account_id for one in docket.recusals}
    for order in fresh:
        if order.unit_id not in on:
            continue
        chosen = suggested(one for one in loads_of(order.unit_id, now=now) if one.id not in away)
        if chosen is not None:
            docket.move(
                Verb.GIVE, actor=rule(BY_RULE), now=now, given=Given(order_id=order.pk, handler_id=chosen.id),
                facts={"order": str(order.pk), "handler": str(chosen.id)},
            )  # fmt: skip
            hand(docket, order, chosen.id, now=now)
