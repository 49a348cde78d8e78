"""Campaigns for programs: how far they are, their places, and the acts of whoever stands before a place."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query
from pydantic import Field

from huying.cases.api import IMAGE, judged
from huying.cases.api.whistles import WhistleIn
from huying.cases.forms.campaigns import SPOT_MOVES, Taking, form_of, walk
from huying.cases.forms.schema import data_of, schema_of
from huying.cases.models import Campaign, CampaignSpot
from huying.cases.queries import campaigns as reads
from huying.cases.queries.outside import seen_among
from huying.cases.rules.campaigns import CampaignState, Counts, SpotState
from huying.files import responses
from huying.kernel.actor import Actor
from huying.kernel.api import AreaCode, In, OneOf, Out, Router, Slug, Written, actor_of
from huying.kernel.doors import now_of
from huying.kernel.refusals import NotFound

router = Router("campaigns")
ID = "0198c0de-0000-7000-8000-000000000000"
CampaignId = Annotated[UUID, Path(description="the campaign's id", examples=[ID])]
SpotId = Annotated[UUID, Path(description="the place's id", examples=[ID])]


class CountsOut(Out):
    """How many places stand where; every place stands in exactly one."""

    every: int
    todo: int
    in_hand: int
    done: int
    checked: int
    came_back: int


class CampaignRow(Out):
    id: UUID
    name: str = Field(examples=["共享单车乱停放整治"])
    aim: str
    area_code: str
    type_codes: list[str]
    from_day: date
    until_day: date
    state: Annotated[str, OneOf(CampaignState)]
    closed_at: datetime | None
    published_at: datetime | None = Field(description="when a leader put the result up for everybody")
    counts: CountsOut


class CampaignList(Out):
    items: list[CampaignRow]


class ShareOut(Out):
    unit_id: UUID | None = Field(description="null: nobody's share yet")
    unit: str
    counts: CountsOut


class CampaignOut(CampaignRow):
    closing: str = Field(description="what it came to, and what keeps it so")
    shares: list[ShareOut]
    came_back_once: int = Field(description="places that came back or were sent back at least once")
    cases: int = Field(description="cases opened from places")
    cases_ended: int


class SpotOut(Out):
    """One place of a campaign."""

    id: UUID
    campaign_id: UUID
    number: int
    name: str
    area_code: str
    lng: float | None = Field(description="WGS84 degrees east")
    lat: float | None = Field(description="WGS84 degrees north")
    unit_id: UUID | None
    unit: str
    state: Annotated[str, OneOf(SpotState)]
    finding: str = Field(description="solved, nothing, handed_on; empty before it is done")
    words: str
    done_at: datetime | None
    checked_at: datetime | None
    check_words: str
    came_back: int = Field(description="how often")
    case_id: UUID | None = Field(description="the case that was opened from it, where you may see it")


class SpotList(Out):
    items: list[SpotOut]


class SpotPhoto(Out):
    id: UUID
    purpose: str = Field(description="before, after, check")


class SpotMoveOut(Out):
    """A legal move of this place for this token, and its form."""

    verb: str = Field(examples=["finish"])
    label: str = Field(examples=["整治完成"])
    values: dict[str, Any] = Field(description="JSON schema (2020-12) of `values` of the move")


class SpotWhole(SpotOut):
    photos: list[SpotPhoto]
    moves: list[SpotMoveOut]


class SpotFilters(In):
    state: Annotated[str, OneOf(["", *SpotState])] = ""
    mine: bool = Field(False, description="only what is your unit's share")


class Worked(Written):
    """Where the place stands after the move."""

    spot_id: UUID
    campaign_id: UUID
    state: str
    case_id: UUID | None


class PublicOut(Out):
    """What a leader has published: no place, no person, no unit."""

    id: UUID
    name: str
    area_code: str
    type_codes: list[str]
    from_day: date
    until_day: date
    words: str
    places: int
    done: int
    checked: int


class PublicList(Out):
    items: list[PublicOut]


class PublicFilters(In):
    area: AreaCode


@router.get("/campaigns/published", PublicList, public=True)
def list_published_campaigns(request: HttpRequest, given: Query[PublicFilters]) -> PublicList:
    """Published results of campaigns in an area, the latest first."""
    rows = reads.published_in(given.area)
    return PublicList(items=[PublicOut(**{**vars(one), "type_codes": list(one.type_codes)}) for one in rows])


@router.get("/campaigns", CampaignList)
def list_campaigns(request: HttpRequest) -> CampaignList:
    """Campaigns that you take part in, the latest first."""
    return CampaignList(items=[CampaignRow(**_row(one, counts)) for one, counts in reads.campaigns(actor_of(request))])


@router.get("/campaigns/waiting", SpotList)
def list_waiting_spots(request: HttpRequest) -> SpotList:
    """Places of campaigns that go on which wait for your units, the campaign that ends first comes first; at most 1000.

    Waiting: to be begun, in hand, or come back.
    """
    actor = actor_of(request)
    return _spots(reads.waiting_for(actor), actor)


@router.get("/campaigns/{campaign_id}", CampaignOut, problems=(404,))
def read_campaign(request: HttpRequest, campaign_id: CampaignId) -> CampaignOut:
    """How far a campaign is, by unit.

    Errors: 404 `not-found` (missing, or you take no part in it).
    """
    found = reads.campaign(campaign_id, actor_of(request))
    told = reads.progress_of(reads.spots_of(found.pk))
    shares = [
        ShareOut(unit_id=unit.pk if unit else None, unit=unit.name if unit else "", counts=_counts(counts))
        for unit, counts in told.by_unit
    ]
    return CampaignOut(
        **_row(found, told.every), closing=found.closing, shares=shares, came_back_once=told.came_back,
        cases=told.cases, cases_ended=told.cases_ended,
    )  # fmt: skip


@router.get("/campaigns/{campaign_id}/spots", SpotList, problems=(404,))
def list_campaign_spots(request: HttpRequest, campaign_id: CampaignId, given: Query[SpotFilters]) -> SpotList:
    """The places of a campaign by number, at most 1000.

    Errors: 404 `not-found` (missing, or you take no part in it).
    """
    found, actor = reads.campaign(campaign_id, actor_of(request)), actor_of(request)
    rows = [
        one
        for one in reads.spots_of(found.pk)
        if given.state in ("", one.state) and (not given.mine or reads.works_on(actor, one))
    ]
    return _spots(rows, actor)


@router.get("/spots/{spot_id}", SpotWhole, problems=(404,))
def read_campaign_spot(request: HttpRequest, spot_id: SpotId) -> SpotWhole:
    """One place with its photos and your legal moves.

    Errors: 404 `not-found` (missing, or you take no part in its campaign).
    """
    found = reads.spot(spot_id, actor_of(request))
    taking = Taking(actor_of(request), now_of(request), found.campaign, found)
    legal = {str(verb) for verb in reads.legal_moves(found, taking.actor)}
    photos = reads.photos_of([found.pk])[found.pk]
    return SpotWhole(
        **_spot_row(found, seen_among({found.case_id} if found.case_id is not None else set(), taking.actor)),
        photos=[SpotPhoto(id=one.pk, purpose=one.purpose) for one in photos],
        moves=[
            SpotMoveOut(verb=name, label=str(move.label), values=schema_of(form_of(move.form, taking)))
            for name, move in SPOT_MOVES.items()
            if name in legal
        ],
    )


@router.get("/spots/{spot_id}/files/{file_id}", None, problems=(404,), extra=IMAGE)
def read_campaign_photo(request: HttpRequest, spot_id: SpotId, file_id: UUID) -> HttpResponse:
    """One photo of a place. Errors: 404 `not-found`."""
    found = reads.photo(spot_id, file_id, actor_of(request))
    return responses.send(found, preview=False, request=request)


@router.post("/spots/{spot_id}/moves/{verb}", Worked, problems=(404,))
def make_spot_move(request: HttpRequest, spot_id: SpotId, verb: Slug, body: WhistleIn) -> Worked:
    """Make one move of a place: start, finish, pass, fail, recur, open_case.

    Errors: 404 `not-found` (missing or outside your scope, or no such move), 403 `not-allowed` (another unit's share,
    or not yours to check), 409 `illegal-move` (its state, a photo is missing, your own work), 422 `invalid`.
    """
    found, move = reads.spot(spot_id, actor_of(request)), SPOT_MOVES.get(verb)
    if move is None:
        raise NotFound("move")
    taking = Taking(actor_of(request), now_of(request), found.campaign, found)
    form = form_of(move.form, taking, data_of(move.form, body.values), {})
    judged(form, request)
    made: CampaignSpot = walk(move, form, spot_id, actor=taking.actor, now=taking.now)
    return Worked(spot_id=made.pk, campaign_id=made.campaign_id, state=made.state, case_id=made.case_id)


def _spots(rows: list[CampaignSpot], actor: Actor) -> SpotList:
    seen = seen_among({one.case_id for one in rows if one.case_id is not None}, actor)
    return SpotList(items=[SpotOut(**_spot_row(one, seen)) for one in rows])


def _counts(counts: Counts) -> CountsOut:
    return CountsOut(every=counts.every, **{str(one): counts.of(one) for one in SpotState})


def _row(one: Campaign, counts: Counts) -> dict[str, Any]:
    return {
        "id": one.pk, "name": one.name, "aim": one.aim, "area_code": one.area_code, "type_codes": one.type_codes,
        "from_day": one.from_day, "until_day": one.until_day, "state": one.state, "closed_at": one.closed_at,
        "published_at": one.published_at, "counts": _counts(counts),
    }  # fmt: skip


def _spot_row(one: CampaignSpot, seen: set[UUID]) -> dict[str, Any]:
    return {
        "id": one.pk, "campaign_id": one.campaign_id, "number": one.number, "name": one.name,
        "area_code": one.area_code, "lng": one.lng, "lat": one.lat, "unit_id": one.unit_id,
        "unit": one.unit.name if one.unit is not None else "", "state": one.state, "finding": one.finding,
        "words": one.words, "done_at": one.done_at, "checked_at": one.checked_at, "check_words": one.check_words,
        "came_back": one.came_back, "case_id": one.case_id if one.case_id in seen else None,
    }  # fmt: skip
