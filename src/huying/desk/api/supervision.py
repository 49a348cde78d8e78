"""The board of supervision for programs: counts by unit, the cases behind each number, and the next dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from huying.cases.models import Case
from huying.cases.queries import watching
from huying.cases.queries.watching import Behind
from huying.cases.rules.watching import Watch
from huying.desk.api import router
from huying.kernel.api import AreaCode, Cursor, In, Limit, Listed, OneOf, Out, actor_of
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.people import queries as people
from huying.people.rules import Duty


class WatchedOut(Out):
    """The open cases that one unit leads, by kind; a case can be of several."""

    unit_id: UUID | None = Field(description="null: what no unit has")
    unit: str = Field(examples=["街道环卫站"])
    red: int
    yellow: int
    supervised: int
    whistled: int = Field(description="with a whistle that goes on")
    asked: int = Field(description="with a request that nobody has decided")
    again: int = Field(description="in the second round or a later one")
    held: int


class PromiseOut(Out):
    """A case with a day on which somebody has to report, or look again."""

    case_id: UUID
    number: str
    report_due_at: datetime | None = Field(description="of a supervised case")
    review_on: date | None = Field(description="of a held one")


class SupervisionOut(Out):
    units: list[WatchedOut] = Field(description="by name, never by how much is late; what no unit has comes first")
    dates: list[PromiseOut]


class WatchedCase(Out):
    id: UUID
    number: str
    title: str
    state: str
    round: int
    received_at: datetime
    due_at: datetime | None
    held_until: date | None


class WatchedPage(Listed):
    items: list[WatchedCase]


class WatchedArea(In):
    area: AreaCode


class WatchedCases(WatchedArea):
    kind: Annotated[str, OneOf(Watch)]
    unit: UUID | None = Field(None, description="of this unit; all units where nothing is said")
    unled: bool = Field(False, description="only what no unit has")
    limit: Limit = 50
    after: Cursor = ""


@router.get("/supervision", SupervisionOut, duty=Duty.SUPERVISE, problems=(404,))
def read_supervision(request: HttpRequest, given: Query[WatchedArea]) -> SupervisionOut:
    """What of each unit is late, near its limit, supervised, whistled for, asked, again or held; restricted cases are
    on nobody's board. Errors: 404 `not-found` (an area that you do not supervise whole)."""
    viewer = actor_of(request)
    counts = watching.watched(viewer, given.area, now=now_of(request))
    ids = [one for one in counts if one is not None]
    names = {key: unit.name for key, unit in people.units(ids).items()} if ids else {}
    order = sorted((one for one in ids if one in names), key=lambda one: (names[one], str(one)))
    keys: list[UUID | None] = [*([None] if None in counts else []), *order]
    return SupervisionOut(
        units=[
            WatchedOut(
                unit_id=key, unit=names[key] if key is not None else "",
                **{str(kind): number for kind, number in counts[key].items()},
            )
            for key in keys
        ],
        dates=[
            PromiseOut(case_id=one.case.pk, number=one.case.number, report_due_at=one.at, review_on=one.day)
            for one in watching.promises(viewer, given.area)
        ],
    )  # fmt: skip


@router.get("/supervision/cases", WatchedPage, duty=Duty.SUPERVISE, problems=(404,))
def list_supervised_cases(request: HttpRequest, given: Query[WatchedCases]) -> WatchedPage:
    """The cases behind a number of `/supervision`, the longest waiting first. Errors: 404 `not-found`."""
    page: Page[Case] = Page(limit=given.limit, after=given.after)
    asked = Behind(Watch(given.kind), given.unit, unled=given.unled)
    rows = watching.rows_behind(actor_of(request), given.area, asked, now=now_of(request), page=page)
    return WatchedPage(
        items=[
            WatchedCase(
                id=one.pk, number=one.number, title=one.title, state=one.state, round=one.round,
                received_at=one.received_at, due_at=one.due_at, held_until=one.held_until,
            )
            for one in rows
        ],
        next=page.next,
    )  # fmt: skip
