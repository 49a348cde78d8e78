"""Events as a viewer may be told them, and a program's webhooks with what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from huying.audit import feed
from huying.audit.feed import Line, Place
from huying.cases.queries import outside
from huying.channels.models import Delivery, Webhook
from huying.channels.rules import KINDS, DeliveryState, wants
from huying.clients.models import Client
from huying.kernel.actor import Actor
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound

MOST_SCANNED = 5000


@dataclass(frozen=True)
class Happening:
    """One event. It says what happened to what; what the thing looks like is asked of its own address."""

    id: int
    at: datetime
    kind: str  # case.dispatch, order.sign_in
    case_id: UUID
    order_id: UUID | None
    from_state: str
    to_state: str
    area_code: str
    actor_kind: str

    def body(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "case_id": str(self.case_id),
            "order_id": str(self.order_id) if self.order_id is not None else None,
            "from_state": self.from_state,
            "to_state": self.to_state,
            "area_code": self.area_code,
            "actor_kind": self.actor_kind,
        }


@dataclass(frozen=True)
class Batch:
    """Events in order, and the row of history that the next batch begins behind."""

    items: list[Happening]
    place: Place


def happened(viewer: Actor, *, place: Place, area_code: str = "", kinds: Sequence[str] = (), limit: int = 200) -> Batch:
    """What happened behind a place, as far as the viewer may see the cases now."""
    items: list[Happening] = []
    scanned = 0
    while len(items) < limit and scanned < MOST_SCANNED:
        lines = feed.after(place, KINDS, limit=feed.MOST)
        told = {one.id: one for one in visible(lines, viewer)}
        for line in lines:
            found = told.get(line.id)
            if found is not None and found.area_code.startswith(area_code) and wants(list(kinds), found.kind):
                items.append(found)
            if len(items) == limit:
                return Batch(items, line.place)
        scanned += len(lines)
        if lines:
            place = lines[-1].place
        if len(lines) < feed.MOST:
            break
    return Batch(items, place)


def visible(lines: Sequence[Line], viewer: Actor) -> list[Happening]:
    """Those of the lines that are about cases which the viewer may see now."""
    cases = outside.cases_of_orders({one.object_id for one in lines if one.kind == "order"})
    about = {one.id: one.object_id if one.kind == "case" else cases.get(one.object_id) for one in lines}
    seen = outside.seen_among({one for one in about.values() if one is not None}, viewer)
    found = []
    for line in lines:
        case_id = about[line.id]
        if case_id is not None and case_id in seen:
            found.append(
                Happening(
                    id=line.id,
                    at=line.at,
                    kind=f"{line.kind}.{line.verb}",
                    case_id=case_id,
                    order_id=line.object_id if line.kind == "order" else None,
                    from_state=line.from_state,
                    to_state=line.to_state,
                    area_code=line.area_code,
                    actor_kind=line.actor_kind,
                )
            )
    return found


def webhooks_of(client: Client) -> list[Webhook]:
    return list(Webhook.objects.filter(client=client).order_by("-made_at", "-pk"))


def webhook(webhook_id: UUID, client: Client) -> Webhook:
    """A program's own; NotFound for everybody else's."""
    found = Webhook.objects.filter(pk=webhook_id, client=client).first()
    if found is None:
        raise NotFound("webhook")
    return found


def deliveries_of(one: Webhook, *, state: str = "", page: Page[Delivery]) -> list[Delivery]:
    rows = Delivery.objects.filter(webhook=one)
    if state:
        rows = rows.filter(state=state)
    return page.of([rows], order=("-made_at", "-id"))


def due(now: datetime, *, most: int = 500) -> list[UUID]:
    """Deliveries whose time has come, the longest waiting first."""
    rows = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=now)
    return list(rows.order_by("next_at", "pk").values_list("pk", flat=True)[:most])
