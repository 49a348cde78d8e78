"""Reads of clients: an owner's own, and what an owner may hand out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huying.clients.models import Client
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import NotFound
from huying.people.rules import Duty


def own(viewer: Actor) -> list[Client]:
    """The viewer's own clients, those in use first, then the newest."""
    rows = list(Client.objects.filter(owner_id=viewer.id).order_by("-made_at", "-pk")) if viewer.id else []
    return sorted(rows, key=lambda one: one.revoked_at is not None)


def one(client_id: UUID, viewer: Actor) -> Client:
    """One of the viewer's own; NotFound for everybody else's."""
    found = Client.objects.filter(pk=client_id, owner_id=viewer.id).first() if viewer.id else None
    if found is None:
        raise NotFound("client")
    return found


def offered_duties(viewer: Actor) -> list[Duty]:
    """The duties that the viewer holds anywhere, in the order of the list of duties."""
    return [duty for duty in Duty if viewer.kind == ActorKind.PERSON and viewer.has(duty)]


def offered_areas(viewer: Actor) -> list[str]:
    """The areas of the viewer's grants, shortest first."""
    return sorted({grant.area_code for grant in viewer.grants}, key=lambda code: (len(code), code))


def live(client: Client, now: datetime) -> bool:
    return client.revoked_at is None and client.made_at <= now < client.expires_at
