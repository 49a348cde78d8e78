"""Organisations and the posts that people hold in them, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from huying.kernel.actor import Actor
from huying.kernel.api import AreaCode, Cursor, In, Limit, Line, Listed, Out, Router, actor_of
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.people import queries
from huying.people.models import Organisation
from huying.registers.declared import get

router = Router("organisations")


class OrganisationOut(Out):
    """A body that takes part, at work now."""

    id: UUID
    kind: str = Field(examples=["street_centre"])
    name: str = Field(examples=["街道环卫站"])
    short_name: str
    area_code: str = Field(examples=["440105001"])
    tier: str
    parent_id: UUID | None
    phone: str = Field(description="of the office, not of a person; empty where the token does not read the register")


class OrganisationPage(Listed):
    items: list[OrganisationOut]


class PostOut(Out):
    """A post that somebody holds now. The name is that of a member of the staff, for staff's programs."""

    id: UUID
    organisation_id: UUID
    organisation: str
    post: str = Field(examples=["dispatcher"])
    post_label: str = Field(examples=["派单员"])
    name: str = Field(examples=["王范例"])
    area_code: str
    since: datetime


class PostsOut(Out):
    items: list[PostOut]


class Wanted(In):
    area: AreaCode | None = Field(None, description="in this area")
    kind: Annotated[str, Field(pattern=r"^[a-z_]{0,24}$")] = ""
    q: Line = Field("", description="part of the name")
    limit: Limit = 50
    after: Cursor = ""


@router.get("/organisations", OrganisationPage)
def list_organisations(request: HttpRequest, given: Query[Wanted]) -> OrganisationPage:
    """Organisations in and above the areas that this token reads, by area and name."""
    page: Page[Organisation] = Page(limit=given.limit, after=given.after)
    rows = Organisation.objects.filter(_seen(actor_of(request)), active=True)
    if given.area:
        rows = rows.filter(area_code__startswith=given.area)
    if given.kind:
        rows = rows.filter(kind=given.kind)
    if given.q:
        rows = rows.filter(name__contains=given.q)
    found = page.of([rows], order=("area_code", "name", "id"))
    return OrganisationPage(items=[_out(one, actor_of(request)) for one in found], next=page.next)


@router.get("/organisations/{organisation_id}", OrganisationOut, problems=(404,))
def read_organisation(request: HttpRequest, organisation_id: UUID) -> OrganisationOut:
    """One organisation."""
    found = Organisation.objects.filter(_seen(actor_of(request)), pk=organisation_id, active=True).first()
    if found is None:
        raise NotFound("unit")
    return _out(found, actor_of(request))


class WantedPosts(In):
    organisation: UUID | None = None
    post: Annotated[str, Field(pattern=r"^[a-z_]{0,40}$")] = ""


@router.get("/posts", PostsOut)
def list_posts(request: HttpRequest, given: Query[WantedPosts]) -> PostsOut:
    """Present posts in the areas that this token reads and in its units; at most 2,000."""
    rows = queries.directory(actor_of(request), now=now_of(request))
    return PostsOut(
        items=[
            PostOut(
                id=one.pk,
                organisation_id=one.organisation_id,
                organisation=one.organisation.name,
                post=one.post,
                post_label=one.get_post_display(),
                name=one.account.name,
                area_code=one.area_code,
                since=one.since,
            )
            for one in rows
            if given.organisation in (None, one.organisation_id) and given.post in ("", one.post)
        ][:2000]
    )


def _seen(actor: Actor) -> Q:
    """Units that staff of these areas deal with: within them, above them, and their own."""
    seen = Q(pk__in=actor.units)
    for grant in actor.grants:
        seen |= Q(area_code__startswith=grant.area_code)
        seen |= Q(area_code__in=[grant.area_code[:length] for length in range(2, len(grant.area_code))])
    return seen


def _out(one: Organisation, actor: Actor) -> OrganisationOut:
    read = get("organisation").prefixes(actor)  # areas whose register of units this person reads, and those above
    known = one.pk in actor.units or any(
        one.area_code.startswith(code) or code.startswith(one.area_code) for code in read
    )
    return OrganisationOut(
        id=one.pk,
        kind=one.kind,
        name=one.name,
        short_name=one.short_name,
        area_code=one.area_code,
        tier=one.tier,
        parent_id=one.parent_id,
        phone=one.phone if known else "",
    )
