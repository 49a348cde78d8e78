"""Emergencies and call trees for programs: declared, ended, hazards reported; whom a tree called, and the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from pydantic import Field

from huying.cases.actions import calltrees as tree_actions
from huying.cases.actions import emergencies as emergency_actions
from huying.cases.api import CaseId, router
from huying.cases.queries import emergencies
from huying.cases.queries.scope import one as at_scope
from huying.cases.rules.emergencies import KINDS, Hazard
from huying.cases.treefile import TreePanel, panels_of
from huying.kernel.api import (
    AreaCode,
    In,
    Latitude,
    Line,
    Longitude,
    OneOf,
    Out,
    Words,
    Written,
    actor_of,
    uuid_key,
)
from huying.kernel.doors import now_of
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotFound
from huying.matters.rules.seasons import Alert


class EmergencyOut(Out):
    """An area in emergency mode, now or before."""

    id: UUID
    season: str = Field(examples=["typhoon"])
    alert: str = Field(examples=["red"])
    name: str = Field(examples=["台风红色预警"])
    area_code: str = Field(examples=["440105001"])
    drill: bool
    reason: str
    since: datetime
    ended_at: datetime | None


class EmergenciesOut(Out):
    items: list[EmergencyOut]


class EmergencyIn(In):
    season: Annotated[str, OneOf(KINDS)]
    alert: Annotated[str, OneOf(Alert)]
    area: AreaCode
    reason: Annotated[Line, Field(min_length=1)]
    drill: bool = False


class Declared(Written):
    """Where an emergency stands."""

    emergency_id: UUID
    since: datetime
    ended_at: datetime | None


class HazardIn(In):
    """A hazard or an event; there is no field for persons."""

    hazard: Annotated[str, OneOf(Hazard)]
    words: Annotated[Words, Field(min_length=1)]
    lng: Longitude | None = None
    lat: Latitude | None = None
    grid: AreaCode | None = None
    place_words: Line = ""


class HazardOut(Written):
    """The urgent matter that it became."""

    case_id: UUID
    number: str


class OrderTimesOut(Out):
    unit: str = Field(examples=["街道环卫站"])
    offered_at: datetime
    accepted_at: datetime | None
    done_at: datetime | None


class CaseTimesOut(Out):
    """One case of an emergency by its times; null for what has not happened."""

    case_id: UUID
    number: str
    received_at: datetime
    answered_at: datetime | None = Field(description="somebody answered a call tree")
    contacted_at: datetime | None = Field(description="the caller was reached for the first time")
    arrived_at: datetime | None = Field(description="somebody was on the spot")
    orders: list[OrderTimesOut]


class TimesOut(Out):
    emergency_id: UUID
    drill: bool
    items: list[CaseTimesOut]


@router.get("/emergencies", EmergenciesOut)
def list_emergencies(request: HttpRequest) -> EmergenciesOut:
    """Emergencies where you may look, the latest first; at most 100."""
    return EmergenciesOut(
        items=[
            EmergencyOut(
                id=one.pk,
                season=one.season,
                alert=one.alert,
                name=one.name,
                area_code=one.area_code,
                drill=one.drill,
                reason=one.reason,
                since=one.since,
                ended_at=one.ended_at,
            )
            for one in emergencies.past(actor_of(request))
        ]
    )


@router.post("/emergencies", Declared, status=201, problems=(404,))
def declare_emergency(request: HttpRequest, body: EmergencyIn) -> Declared:
    """Put an area into emergency mode: the limits of its level hold, and every page says so.

    Errors: 404 `not-found` (no such area, or outside your scope), 403 `not-allowed` (not a leader there), 409
    `conflict` (one goes on there), 422 `invalid`.
    """
    made = emergency_actions.declare_emergency(
        season=body.season, alert=body.alert, area_code=body.area, reason=body.reason, drill=body.drill,
        actor=actor_of(request), now=now_of(request),
    )  # fmt: skip
    return Declared(emergency_id=made.pk, since=made.since, ended_at=made.ended_at)


@router.post("/emergencies/{emergency_id}/end", Declared, problems=(404,))
def end_emergency(request: HttpRequest, emergency_id: UUID) -> Declared:
    """Back to peace, with the limits. Errors: 404 `not-found`, 403 `not-allowed`, 409 `illegal-move` (over already)."""
    found = emergency_actions.end_emergency(
        emergency_id=emergency_id, actor=actor_of(request), now=now_of(request)
    )  # fmt: skip
    return Declared(emergency_id=found.pk, since=found.since, ended_at=found.ended_at)


@router.get("/emergencies/{emergency_id}/times", TimesOut, problems=(404,))
def read_emergency_times(request: HttpRequest, emergency_id: UUID) -> TimesOut:
    """What happened when, by case, the first received first; of a drill the drill report. At most 100 cases that you
    see. Errors: 404 `not-found`."""
    viewer = actor_of(request)
    found = emergencies.emergency(emergency_id, viewer)
    if found is None:
        raise NotFound("emergency")
    return TimesOut(
        emergency_id=found.pk,
        drill=found.drill,
        items=[
            CaseTimesOut(
                case_id=one.case.pk, number=one.case.number, received_at=one.case.received_at,
                answered_at=one.answered_at, contacted_at=one.contacted_at, arrived_at=one.arrived_at,
                orders=[
                    OrderTimesOut(
                        unit=order.unit, offered_at=order.offered_at, accepted_at=order.accepted_at,
                        done_at=order.done_at,
                    )
                    for order in one.orders
                ],
            )
            for one in emergencies.times_of(found, viewer)
        ],
    )  # fmt: skip


@router.post("/emergencies/{emergency_id}/hazards", HazardOut, status=201, problems=(404,))
def report_hazard(request: HttpRequest, emergency_id: UUID, body: HazardIn) -> HazardOut:
    """Report a hazard in an emergency: an urgent matter at once, in a drill one marked as such.

    Errors: 404 `not-found`, 403 `not-allowed` (no duty to report there), 409 `illegal-move` (it is over), 422.
    """
    receipt = emergency_actions.report_hazard(
        uuid_key(request) or uuid7(), emergency_id=emergency_id, hazard=body.hazard, words=body.words, lng=body.lng,
        lat=body.lat,
        grid_code=body.grid or "", place_words=body.place_words, actor=actor_of(request), now=now_of(request),
    )  # fmt: skip
    return HazardOut(case_id=receipt.case.pk, number=receipt.case.number)


# Call trees


class TreeCallOut(Out):
    """One who was called, by which ways; nobody where nobody holds the post."""

    step: int
    post: str = Field(examples=["单位负责人"])
    name: str
    called_at: datetime
    ways: list[str] = Field(examples=[["短信 已送出", "语音电话 等待发送"]])


class TreeOut(Out):
    """A call tree that began for a case: whom it called, and how it ended."""

    id: UUID
    occasion: str = Field(description="desk: to be taken up; unit: to be signed for")
    unit: str
    began_at: datetime
    next_at: datetime | None = Field(description="when the next step is called; null where it ended")
    ended_at: datetime | None
    ended_how: str = Field(description="page, link, key, taken, nobody; empty while it goes on")
    answered_by: str
    calls: list[TreeCallOut]


class TreesOut(Out):
    items: list[TreeOut]


class TreeAnswered(Written):
    """Where the call tree stands."""

    call_tree_id: UUID
    ended_at: datetime | None
    ended_how: str


@router.get("/cases/{case_id}/call-trees", TreesOut, problems=(404,))
def list_call_trees(request: HttpRequest, case_id: CaseId) -> TreesOut:
    """Whom call trees called about a case, the latest first. Errors: 404 `not-found`."""
    actor = actor_of(request)
    case = at_scope(case_id, actor)
    if case is None:
        raise NotFound("case")
    return TreesOut(items=[_tree(one) for one in panels_of(case, actor=actor)])


@router.post("/call-trees/{run_id}/answer", TreeAnswered, problems=(404,))
def answer_call_tree(request: HttpRequest, run_id: UUID) -> TreeAnswered:
    """Answer: nobody else is called.

    Errors: 404 `not-found` (missing, or its case is outside your scope), 403 `not-allowed` (neither called nor of the
    unit or desk), 409 `illegal-move` (somebody else answered, or it ended).
    """
    run = tree_actions.answer_call(run_id, actor=actor_of(request), now=now_of(request))
    return TreeAnswered(call_tree_id=run.pk, ended_at=run.ended_at, ended_how=run.ended_how)


def _tree(one: TreePanel) -> TreeOut:
    run = one.run
    return TreeOut(
        id=run.pk, occasion=run.occasion, unit=one.unit, began_at=run.began_at,
        next_at=None if run.ended_at else run.next_at, ended_at=run.ended_at, ended_how=run.ended_how,
        answered_by=one.answered_by,
        calls=[
            TreeCallOut(
                step=row.number, post=row.post, name=row.who, called_at=row.at,
                ways=[f"{way.channel} {way.state}" for way in row.ways],
            )
            for row in one.rows
        ],
    )  # fmt: skip
