"""Incidents for programs: what is known, for everybody; declared, joined, said and ended by those who may."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from huying.cases import queries
from huying.cases.actions.incidents import join_calls
from huying.cases.api import CaseId, judged
from huying.cases.api.whistles import WhistleFormOut, WhistleIn
from huying.cases.forms.incidents import (
    INCIDENT_MOVES,
    About,
    DeclareForm,
    IncidentForm,
    declare,
    form_of,
    walk_incident,
)
from huying.cases.forms.schema import data_of, schema_of
from huying.cases.models import Incident
from huying.cases.queries import incidents as reads
from huying.cases.queries.incidents import Known
from huying.cases.rules.incidents import MOST_JOINED, Reason, WordKind
from huying.kernel.api import AreaCode, In, OneOf, Out, Router, Slug, Written, actor_of, uuid_key
from huying.kernel.doors import now_of
from huying.kernel.refusals import NotFound

router = Router("incidents")
IncidentId = Annotated[
    UUID, Path(description="the incident's id", examples=["0198c0de-0000-7000-8000-000000000000"])
]  # fmt: skip


class _Words(Out):
    """An incident in the words written for everybody. There is nothing of who reported it, and no number."""

    id: UUID
    title: str = Field(examples=["榕树路一带停水"])
    place: str = Field(examples=["榕树社区"])
    area_codes: list[str] = Field(description="what lies in one of these is part of it")
    type_code: str = Field(description="empty: every matter of the place")
    words: str = Field(description="what is known, and who is at it")
    advice: str = Field(description="what people can do meanwhile")
    began_at: datetime
    expected_at: datetime | None = Field(description="when it is likely over; null while nobody knows")


class KnownOut(_Words):
    said: str = Field(description="what was said last, after it became known; empty before")
    said_at: datetime | None


class KnownList(Out):
    items: list[KnownOut]


class KnownFilters(In):
    area: AreaCode
    type_code: Annotated[str, Field(pattern=r"^([0-9]{4})?$")] = ""


class WordOut(Out):
    kind: Annotated[str, OneOf(WordKind)]
    words: str
    said_at: datetime


class IncidentRow(_Words):
    case_id: UUID
    declared_at: datetime
    ended_at: datetime | None


class IncidentOut(IncidentRow):
    voices: int = Field(description="reports in its case that were not withdrawn")
    words_said: list[WordOut] = Field(description="the latest first")


class IncidentList(Out):
    items: list[IncidentRow]


class LikelyOut(Out):
    """A call that is likely part of it, by matter, place and time alone."""

    case_id: UUID
    number: str
    state: str
    type_code: str
    area_code: str
    received_at: datetime
    reasons: list[Annotated[str, OneOf(Reason)]]


class LikelyList(Out):
    items: list[LikelyOut]


class JoinIn(In):
    cases: Annotated[list[UUID], Field(min_length=1, max_length=MOST_JOINED)]


class LeftOut(Out):
    case_id: UUID
    why: str


class JoinedOut(Written):
    incident_id: UUID
    joined: list[UUID]
    left: list[LeftOut] = Field(description="those that stay cases of their own, with the reason")
    voices: int = Field(description="reporters who are told what is known")


class DeclaredOut(Written):
    incident_id: UUID
    case_id: UUID


@router.get("/incidents/known", KnownList, public=True)
def list_known_incidents(request: HttpRequest, given: Query[KnownFilters]) -> KnownList:
    """Open incidents of an area, perhaps of one type, for whoever is about to report: the latest first."""
    types = [given.type_code] if given.type_code else []
    return KnownList(
        items=[
            KnownOut(**_words(one), said=one.said, said_at=one.said_at)
            for one in reads.known_for(given.area, type_codes=types)
        ]
    )


@router.get("/incidents", IncidentList)
def list_incidents(request: HttpRequest) -> IncidentList:
    """Incidents that go on or ended in the last days, of cases that you see, the latest first."""
    rows = reads.listed(actor_of(request), now=now_of(request))
    return IncidentList(items=[IncidentRow(**_row(one)) for one in rows])


@router.get("/incidents/{incident_id}", IncidentOut, problems=(404,))
def read_incident(request: HttpRequest, incident_id: IncidentId) -> IncidentOut:
    """One incident with what was said of it.

    Errors: 404 `not-found` (missing, or its case is outside your scope).
    """
    found = _incident(request, incident_id)
    said = [WordOut(kind=one.kind, words=one.words, said_at=one.said_at) for one in reads.words_of(found.pk)]
    return IncidentOut(**_row(found), voices=reads.voices_of(found.case_id).every, words_said=said)


@router.get("/incidents/{incident_id}/calls", LikelyList, problems=(404,))
def list_likely_calls(request: HttpRequest, incident_id: IncidentId) -> LikelyList:
    """Open calls that you see and that are likely part of it, with the reasons."""
    rows = reads.calls_like(_incident(request, incident_id), actor_of(request))
    return LikelyList(
        items=[
            LikelyOut(
                case_id=one.pk, number=one.number, state=one.state, type_code=one.type_code, area_code=one.area_code,
                received_at=one.received_at, reasons=[str(reason) for reason in why],
            )
            for one, why in rows
        ]
    )  # fmt: skip


@router.post("/incidents/{incident_id}/calls", JoinedOut, problems=(404,))
def join_incident_calls(request: HttpRequest, incident_id: IncidentId, body: JoinIn) -> JoinedOut:
    """Merge calls into the incident's case, up to 300 in one act; their reporters are told what is known.

    Errors: 404 `not-found` (the incident, or one of the calls), 403 `not-allowed`, 409 `illegal-move` (it has ended),
    422 `invalid` (none of them can go in).
    """
    found = join_calls(
        incident_id, case_ids=body.cases, key=uuid_key(request), actor=actor_of(request), now=now_of(request)
    )
    return JoinedOut(
        incident_id=incident_id,
        joined=[one.pk for one in found.cases],
        left=[LeftOut(case_id=one.pk, why=str(why)) for one, why in found.left],
        voices=found.voices,
    )


@router.get("/cases/{case_id}/incident", WhistleFormOut, problems=(404,))
def read_incident_form(request: HttpRequest, case_id: CaseId) -> WhistleFormOut:
    """The form that declares this case an incident: its places and types.

    Errors: 404 `not-found` (missing or outside your scope).
    """
    return WhistleFormOut(values=schema_of(_declare_form(request, case_id, None)))


@router.post("/cases/{case_id}/incident", DeclaredOut, status=201, problems=(404,))
def declare_incident(request: HttpRequest, case_id: CaseId, body: WhistleIn) -> DeclaredOut:
    """Declare a case an incident, in words for everybody; whoever reported it is told.

    Errors: 404 `not-found`, 403 `not-allowed`, 409 `illegal-move` (ended, restricted, or declared), 422 `invalid`.
    """
    form = _declare_form(request, case_id, data_of(DeclareForm, body.values))
    judged(form, request)
    made = declare(form, case_id, actor=actor_of(request), now=now_of(request))
    return DeclaredOut(incident_id=made.pk, case_id=made.case_id)


@router.post("/incidents/{incident_id}/moves/{verb}", DeclaredOut, problems=(404,))
def make_incident_move(request: HttpRequest, incident_id: IncidentId, verb: Slug, body: WhistleIn) -> DeclaredOut:
    """Say how it goes (`say`), or end it (`end`): everybody who reported it is told, each once.

    Errors: 404 `not-found` (missing or outside your scope, or no such move), 403 `not-allowed`, 409 `illegal-move`,
    422 `invalid`.
    """
    found, move = _incident(request, incident_id), INCIDENT_MOVES.get(verb)
    if move is None:
        raise NotFound("move")
    about = About(found.case, actor_of(request), now_of(request), found)
    form = form_of(move.form, about, data_of(move.form, body.values), {})
    judged(form, request)
    made = walk_incident(move, form, incident_id, actor=about.actor, now=about.now)
    return DeclaredOut(incident_id=made.pk, case_id=made.case_id)


def _declare_form(request: HttpRequest, case_id: UUID, data: Any) -> IncidentForm:
    case = queries.one(case_id, actor_of(request))
    if case is None:
        raise NotFound("case")
    return form_of(DeclareForm, About(case, actor_of(request), now_of(request)), data, {} if data is not None else None)


def _incident(request: HttpRequest, incident_id: UUID) -> Incident:
    found = reads.incident(incident_id, actor_of(request))
    if found is None:
        raise NotFound("incident")
    return found


def _words(one: Known) -> dict[str, Any]:
    return {
        "id": one.id, "title": one.title, "place": one.place, "area_codes": list(one.area_codes),
        "type_code": one.type_code, "words": one.words, "advice": one.advice, "began_at": one.began_at,
        "expected_at": one.expected_at,
    }  # fmt: skip


def _row(one: Incident) -> dict[str, Any]:
    known = reads.as_known(one)
    return {**_words(known), "case_id": one.case_id, "declared_at": one.declared_at, "ended_at": one.ended_at}
