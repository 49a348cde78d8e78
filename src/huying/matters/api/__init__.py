"""The catalogue for programs: classes, types and limits of the version in force."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from huying.kernel.api import (
    AreaCode,
    Cursor,
    In,
    Limit,
    Line,
    Listed,
    Moment,
    OneOf,
    Out,
    Router,
    Written,
    actor_of,
)
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.matters import queries
from huying.matters.actions import sets as set_actions
from huying.matters.models import LimitSet, LimitSwitch, MatterType
from huying.matters.queries import sets
from huying.matters.rules import Grade, Step
from huying.matters.rules.seasons import Alert, Season

router = Router("catalogue")
TypeCode = Annotated[str, Field(pattern=r"^[0-9]{4}$", examples=["0103"])]


class ClassOut(Out):
    code: str = Field(examples=["01"])
    name: str = Field(examples=["市容环卫"])


class TypeOut(Out):
    """A matter type of the version in force."""

    code: str = Field(examples=["0103"])
    name: str = Field(examples=["垃圾桶满溢或破损"])
    class_code: str = Field(examples=["01"])
    flow: str
    grade: str = Field(examples=["ordinary"])
    public: bool = Field(description="residents may choose it")
    confidential: bool
    self_handle: bool = Field(description="whoever finds it may settle it on the spot")
    filing_condition: str
    closing_condition: str
    clause: str
    advice: str


class LimitOut(Out):
    """How long a step may take, and where it is written."""

    step: str = Field(examples=["handle"])
    grade: str = Field(examples=["ordinary"])
    limit: str = Field(description="`h` and `d` plain time, `wh` and `wd` working time", examples=["24h"])
    words: str = Field(examples=["24 小时"])
    source: str


class CatalogueOut(Out):
    version: str = Field(examples=["2026-1"])
    classes: list[ClassOut]
    types: list[TypeOut]


class TypePage(Out):
    type: TypeOut
    limits: list[LimitOut]


class SuggestionOut(Out):
    type: TypeOut
    words: list[str] = Field(description="the words that led there")


class SuggestedOut(Out):
    danger: str = Field(description="call this number at once; empty where the words tell of no danger")
    numbers: list[str] = Field(description="all numbers that help, the most fitting first; empty without danger")
    suggestions: list[SuggestionOut]


@router.get("/catalogue", CatalogueOut, public=True)
def read_catalogue(request: HttpRequest) -> CatalogueOut:
    """Classes and types of the version in force; without a token those that residents may choose."""
    types = queries.active_types() if hasattr(request, "client") else queries.public_types()
    return CatalogueOut(
        version=queries.version_number(),
        classes=[ClassOut(code=one.code, name=one.name) for one in queries.classes()],
        types=[_type(one) for one in types],
    )


class Said(In):
    words: Annotated[Line, Field(min_length=1)]


@router.get("/catalogue/suggest", SuggestedOut, public=True)
def suggest_types(request: HttpRequest, given: Query[Said]) -> SuggestedOut:
    """The types that these words point to, best first, and whether they tell of danger."""
    danger = queries.danger_in(given.words)
    open_to_all = hasattr(request, "client")
    found = [one for one in queries.suggest(given.words, 5) if open_to_all or one.type.public]
    return SuggestedOut(
        danger=danger.number if danger is not None else "",
        numbers=[danger.number, *danger.others] if danger is not None else [],
        suggestions=[SuggestionOut(type=_type(one.type), words=list(one.words)) for one in found[:3]],
    )


@router.get("/catalogue/types/{code}", TypePage, public=True, problems=(404,))
def read_type(request: HttpRequest, code: TypeCode) -> TypePage:
    """One type with the limits of each step and grade."""
    found = queries.type_of(code)
    if found is None or not (found.public or hasattr(request, "client")):
        raise NotFound("type")
    limits = []
    for step in Step:
        for grade in Grade:
            row = queries.limit_row(code, step, grade)
            limits.append(
                LimitOut(step=step, grade=grade, limit=str(row.limit), words=str(row.limit.words()), source=row.source)
            )
    return TypePage(type=_type(found), limits=limits)


def _type(one: MatterType) -> TypeOut:
    return TypeOut(
        code=one.code,
        name=one.name,
        class_code=one.class_code,
        flow=one.flow,
        grade=one.grade,
        public=one.public,
        confidential=one.confidential,
        self_handle=one.self_handle,
        filing_condition=one.filing_condition,
        closing_condition=one.closing_condition,
        clause=one.clause,
        advice=one.advice,
    )


# Sets of limits


class SetLineOut(Out):
    type_code: str = Field(description="empty: every type", examples=[""])
    step: str = Field(examples=["handle"])
    grade: str = Field(description="empty: every grade", examples=["urgent"])
    limit: str = Field(examples=["4h"])


class SetOut(Out):
    """The newest version of the limits for an occasion."""

    season: str = Field(examples=["typhoon"])
    alert: str = Field(description="level of the warning; empty where the occasion has none", examples=["red"])
    name: str = Field(examples=["台风红色预警"])
    area_code: str = Field(description="whose it is; empty: shipped with the system")
    number: int = Field(description="its version")
    recount: bool = Field(description="whether clocks that run already take its limits")
    lines: list[SetLineOut]


class SetsOut(Out):
    items: list[SetOut]


class SwitchOut(Out):
    """A set that holds, or held, in an area."""

    id: UUID
    season: str
    alert: str
    name: str
    number: int
    area_code: str = Field(examples=["440105001"])
    drill: bool = Field(description="it holds for cases of drills alone")
    reason: str
    since: datetime
    until: datetime | None = Field(description="the end that was stated when it was switched on")
    ended_at: datetime | None


class SwitchPage(Listed):
    items: list[SwitchOut]


class SwitchIn(In):
    """A set to switch on."""

    season: Annotated[str, OneOf(Season)]
    alert: Annotated[str, OneOf(["", *Alert])] = ""
    area: AreaCode
    reason: Annotated[Line, Field(min_length=1)]
    since: Moment | None = Field(None, description="when it began, at most a day ago; now where nothing is said")
    until: Moment | None = Field(None, description="when it is switched back by itself")
    drill: bool = False


class Switched(Written):
    """Where a switch stands."""

    switch_id: UUID
    since: datetime
    ended_at: datetime | None


class SwitchFilters(In):
    limit: Limit = 50
    after: Cursor = ""


class SetFilters(In):
    area: AreaCode


@router.get("/limit-sets", SetsOut)
def list_limit_sets(request: HttpRequest, given: Query[SetFilters]) -> SetsOut:
    """The sets of limits of an area for seasons and storms, each in its newest version."""
    return SetsOut(items=[_set(one) for one in sets.sets_for(given.area)])


@router.get("/limit-switches", SwitchPage)
def list_limit_switches(request: HttpRequest, given: Query[SwitchFilters]) -> SwitchPage:
    """Which sets hold and held where you may look, the latest first."""
    page: Page[LimitSwitch] = Page(limit=given.limit, after=given.after)
    rows = sets.switched(actor_of(request), page=page)
    return SwitchPage(items=[_switch(one) for one in rows], next=page.next)


@router.post("/limit-switches", Switched, status=201, problems=(404,))
def switch_limits(request: HttpRequest, body: SwitchIn) -> Switched:
    """Let a set hold in an area; another level of the same season there ends with it.

    Errors: 404 `not-found` (no such area, or outside your scope), 403 `not-allowed` (not a leader there), 409
    `illegal-move` (it holds already, or you wrote this version), 422 `invalid`.
    """
    made = set_actions.switch_on(
        season=body.season, alert=body.alert, area_code=body.area, reason=body.reason, since=body.since,
        until=body.until, drill=body.drill, actor=actor_of(request), now=now_of(request),
    )  # fmt: skip
    return Switched(switch_id=made.pk, since=made.since, ended_at=made.ended_at)


@router.post("/limit-switches/{switch_id}/end", Switched, problems=(404,))
def end_limit_switch(request: HttpRequest, switch_id: UUID) -> Switched:
    """The catalogue's limits hold again for clocks that start from now on.

    Errors: 404 `not-found`, 403 `not-allowed` (not a leader there), 409 `illegal-move` (it ended already).
    """
    ended = set_actions.switch_back(switch_id=switch_id, actor=actor_of(request), now=now_of(request))
    return Switched(switch_id=ended.pk, since=ended.since, ended_at=ended.ended_at)


def _set(one: LimitSet) -> SetOut:
    return SetOut(
        season=one.season,
        alert=one.alert,
        name=one.name,
        area_code=one.area_code,
        number=one.number,
        recount=one.recount,
        lines=[
            SetLineOut(type_code=line.type_code, step=line.step, grade=line.grade, limit=line.limit)
            for line in sets.lines_of(one)
        ],
    )


def _switch(one: LimitSwitch) -> SwitchOut:
    return SwitchOut(
        id=one.pk,
        season=one.season,
        alert=one.limit_set.alert,
        name=one.limit_set.name,
        number=one.limit_set.number,
        area_code=one.area_code,
        drill=one.drill,
        reason=one.reason,
        since=one.since,
        until=one.until,
        ended_at=one.ended_at,
    )


# The knowledge base in a file of its own, on the same router.
from huying.matters.api import knowledge  # noqa: E402

__all__ = ["knowledge", "router"]
