"""Who am I: what a token may do, as it stands at this moment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from pydantic import Field

from huying.clients.models import Client
from huying.kernel.api import Out, Router, actor_of

router = Router("clients")


class GrantOut(Out):
    duties: list[str] = Field(examples=[["dispatch", "read"]])
    area_code: str = Field(examples=["440105001"])
    unit_id: UUID | None = Field(None, description="the grant reaches this unit's orders alone")


class MeOut(Out):
    """The token and what it may do now: its owner's grants, cut down."""

    client_id: UUID
    kind: str = Field(examples=["personal"])
    name: str = Field(examples=["巡查小程序"])
    expires_at: datetime
    grants: list[GrantOut]
    units: list[UUID] = Field(description="units on whose orders it works")


@router.get("/me", MeOut)
def who_am_i(request: HttpRequest) -> MeOut:
    """What this token may do at this moment."""
    client: Client = request.client  # type: ignore[attr-defined]
    actor = actor_of(request)
    return MeOut(
        client_id=client.pk,
        kind=client.kind,
        name=client.name,
        expires_at=client.expires_at,
        grants=[
            GrantOut(duties=sorted(one.duties), area_code=one.area_code, unit_id=one.unit_id) for one in actor.grants
        ],
        units=list(actor.units),
    )
