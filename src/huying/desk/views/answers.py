"""Beside what a caller says: what it may be about, and articles of the knowledge base; one tap takes either."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from huying.cases import queries
from huying.cases.actions import Docket
from huying.cases.queries.said import first_place_of
from huying.cases.queries.suggesting import types_for
from huying.cases.queries.twins import twins_of_words
from huying.cases.rules import Verb
from huying.desk import menu
from huying.desk.forms import call_areas
from huying.desk.links import case_url
from huying.desk.triage import IN_TRIAGE, offered, other_moves, said
from huying.desk.where import offered_places
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.text import LINE_LIMIT, WORDS_LIMIT
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge
from huying.people.rules import Duty
from huying.places.rules import is_code

SUGGESTED = 3


@require_POST
@staff()
def answers(request: HttpRequest) -> HttpResponse:
    """While a call is taken down: what it may be about, where it may be, and what may answer it.

    The words are looked at, and neither kept nor in the address.
    """
    return render(request, "desk/_answers.html", answering(request))


def answering(request: HttpRequest) -> dict[str, Any]:
    """What stands beside a call that is being taken down, by what was typed so far."""
    viewer = actor_of(request)
    areas = call_areas(viewer)
    if not areas:
        raise NotAllowed(duty=str(Duty.REPORT))
    grid = request.POST.get("grid_code", "")
    place = grid if is_code(grid) and grid.startswith(tuple(areas)) else areas[0]
    words = request.POST.get("words", "")[:WORDS_LIMIT]
    found = _matching(words, place, request)
    types = offered(types_for(words, place), request.POST.get("type_code", ""))
    line, estate = (request.POST.get(one, "")[:LINE_LIMIT] for one in ("place_words", "estate"))
    where = first_place_of(words, areas, line=line, estate=estate)
    chosen = grid or request.POST.get("said_place", "")
    offer = offered_places(where, chosen=chosen, first_key=len(types) + 1)
    kind = next((one.code for one in types if one.checked), "")
    may = viewer.has(Duty.INTAKE)
    same = twins_of_words(words, place, viewer, type_code=kind, now=now_of(request)) if may else []
    return {
        "articles": found, "may": may, "types": types, "offer": offer,
        "same": [(one, case_url(one.case.pk)) for one in same],
    }  # fmt: skip


@require_safe
@staff()
def triage_answers(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """In triage: what may answer this call, and the move that does it where it is the viewer's to make."""
    viewer, now = actor_of(request), now_of(request)
    if not menu.triages(viewer):
        raise NotAllowed(duty=str(Duty.INTAKE))
    case = queries.one(case_id, viewer)
    if case is None or case.state not in IN_TRIAGE:
        raise NotFound("case")
    docket = Docket.of(case)
    found = _matching(said(docket), case.area_code, request)
    moves = other_moves(docket, viewer, docket.facts(actor=viewer, now=now)) if found else []
    may = any(one.verb == str(Verb.ANSWER) for one in moves)
    facts: dict[str, Any] = {
        "articles": found,
        "may": may,
        "case": case,
        "rows": [(one, uuid7(), f"{case_url(case.pk, Verb.ANSWER)}&article={one.pk}") for one in found],
    }
    return render(request, "desk/_triage_answers.html", facts)


def _matching(words: str, area_code: str, request: HttpRequest) -> list[Knowledge]:
    types = [one.type.code for one in types_for(words, area_code).types]
    return knowledge.matching(words, area_code, today=timezone.localdate(now_of(request)), type_codes=types)
