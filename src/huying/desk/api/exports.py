"""Exports for programs: asked for with a purpose, watched while a job makes them, taken away by their asker."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from ninja import Path, Query
from pydantic import Field

from huying.desk import actions, queries
from huying.desk.api import router
from huying.desk.forms import ListForm
from huying.desk.models import CaseExport
from huying.desk.responses import sent_file
from huying.desk.rules import (
    EXPORT_KEPT,
    OF_THE_LIST,
    QUERY_LIMIT,
    USUAL_COLUMNS,
    ExportColumn,
    ExportPurpose,
    filter_address,
)
from huying.kernel.api import Cursor, In, Limit, Listed, OneOf, Out, Written, actor_of
from huying.kernel.doors import now_of
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid, NotFound
from huying.kernel.terms import _
from huying.people.rules import Duty

ExportId = Annotated[UUID, Path(description="the export's id", examples=["0198c0de-0000-7000-8000-000000000000"])]
PurposeWord = Annotated[str, OneOf(ExportPurpose)]
READY, MAKING, FAILED, GONE = "ready", "making", "failed", "gone"


class ExportIn(In):
    """The list under a filter as a file; a job makes it."""

    query: Annotated[str, Field(max_length=QUERY_LIMIT, description="as in the address of the list")] = Field(
        "", examples=["area=440105001001&light=red"]
    )
    columns: list[Annotated[str, OneOf(ExportColumn)]] = Field(
        default_factory=lambda: [str(one) for one in USUAL_COLUMNS], min_length=1, max_length=len(ExportColumn)
    )
    format: Annotated[str, OneOf(OF_THE_LIST)] = "xlsx"
    purpose: PurposeWord


class PackIn(In):
    purpose: PurposeWord


class ExportAsked(Written):
    export_id: UUID
    asked_at: datetime


class ExportOut(Out):
    """An export, and how far it is. Its file goes after a day; the row stays."""

    id: UUID
    case_id: UUID | None = Field(description="of all on record of one case; null of a list")
    format: str = Field(examples=["xlsx"])
    query: str
    columns: list[str]
    purpose: PurposeWord
    asked_at: datetime
    state: Annotated[str, OneOf([READY, MAKING, FAILED, GONE])]
    total: int | None = Field(description="that the filter finds; null until it is counted")
    done: int = Field(description="looked at so far")
    rows: int = Field(description="written")
    size: int = Field(description="bytes")
    sha256: str
    made_at: datetime | None
    until: datetime = Field(description="when the file goes")


class ExportPage(Listed):
    items: list[ExportOut]


class WantedExports(In):
    limit: Limit = 20
    after: Cursor = ""


@router.post("/exports", ExportAsked, status=201, duty=Duty.EXPORT, problems=(429,))
def ask_export(request: HttpRequest, body: ExportIn) -> ExportAsked:
    """Ask for the list under a filter as a file: what you may see when the job runs, at most 20,000 cases.

    Errors: 403 `not-allowed`,
    422 `invalid` (no such filter, or one that seeks a phone or identity number), 429 `too-many` (some are being made).
    """
    query = filter_address(parse_qsl(body.query))
    if not ListForm(QueryDict(query)).is_valid():
        raise Invalid({"query": [_("没有这个筛选条件。请重新选。")]})
    made = actions.ask_export(
        export_id=uuid7(), query=query, columns=body.columns, file_format=body.format, purpose=body.purpose,
        actor=actor_of(request), now=now_of(request),
    )  # fmt: skip
    return ExportAsked(export_id=made.pk, asked_at=made.asked_at)


@router.post("/cases/{case_id}/export", ExportAsked, status=201, duty=Duty.EXPORT, problems=(404, 429))
def ask_case_export(request: HttpRequest, case_id: UUID, body: PackIn) -> ExportAsked:
    """Ask for all on record of one case as a PDF, as you may see it. Errors: 403, 404 `not-found`, 429."""
    made = actions.ask_pack(
        export_id=uuid7(), case_id=case_id, purpose=body.purpose, actor=actor_of(request), now=now_of(request)
    )
    return ExportAsked(export_id=made.pk, asked_at=made.asked_at)


@router.get("/exports", ExportPage, duty=Duty.EXPORT)
def list_exports(request: HttpRequest, given: Query[WantedExports]) -> ExportPage:
    """What you asked for, the latest first; nobody sees a colleague's."""
    page: Page[CaseExport] = Page(limit=given.limit, after=given.after)
    now = now_of(request)
    rows = queries.exports_of(actor_of(request), page=page)
    return ExportPage(items=[_export(one, now) for one in rows], next=page.next)


@router.get("/exports/{export_id}", ExportOut, duty=Duty.EXPORT, problems=(404,))
def read_export(request: HttpRequest, export_id: ExportId) -> ExportOut:
    """How far it is: ask again until `state` is `ready`, then fetch the file.

    `gone` where its day is over, or where something in it may no longer be seen or exported.
    """
    found = queries.export_by_id(export_id, actor_of(request))
    if found is None:
        raise NotFound("export")
    shown = _export(found, now_of(request))
    if shown.state == READY and not actions.still_theirs(found, actor_of(request)):
        shown.state = GONE
    return shown


FILE: dict[str, Any] = {
    "responses": {200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}
}


@router.get("/exports/{export_id}/file", None, duty=Duty.EXPORT, problems=(404,), extra=FILE)
def fetch_export(request: HttpRequest, export_id: ExportId) -> HttpResponse:
    """The file, for its asker alone; each time is on the record. Errors: 404 `not-found` (also before it is made)."""
    return sent_file(actions.fetch(export_id=export_id, actor=actor_of(request), now=now_of(request)))


def _export(one: CaseExport, now: datetime) -> ExportOut:
    until = one.asked_at + EXPORT_KEPT
    state = MAKING
    if one.failed_at is not None:
        state = FAILED
    elif one.removed_at is not None or now > until:
        state = GONE
    elif one.made_at is not None:
        state = READY
    return ExportOut(
        id=one.pk, case_id=one.case_id, format=one.format, query=one.query, columns=one.columns, purpose=one.purpose,
        asked_at=one.asked_at, state=state, total=one.total, done=one.done, rows=one.rows, size=one.size,
        sha256=one.sha256, made_at=one.made_at, until=until,
    )  # fmt: skip
