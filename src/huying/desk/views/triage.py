"""Triage: one call after the other, from its words to the unit that takes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases import queries
from huying.cases.actions import Docket, file_case, place_case, register_case, register_file_dispatch
from huying.cases.actions.incidents import may_lead
from huying.cases.actions.intake import like
from huying.cases.models import Case
from huying.cases.queries import incidents, lists
from huying.cases.queries.incidents import Known
from huying.cases.queries.lists import Todo
from huying.cases.queries.suggesting import types_for
from huying.cases.queries.twins import twins_of
from huying.cases.rules import OPEN, Channel, State, Verb
from huying.cases.rules.tasks import TRIAGE_TASKS
from huying.desk import menu
from huying.desk.filters import units_of
from huying.desk.forms import TriageForm
from huying.desk.links import case_url, outlines_url, photo_url, triage_url
from huying.desk.marks import pieces
from huying.desk.rows import Rows, clock_of, short_place
from huying.desk.triage import (
    IN_TRIAGE,
    OTHER_MOVES,
    choices_of,
    marks_of,
    may_dispatch,
    other_moves,
    place_said,
    said,
)
from huying.desk.views.triage_looks import pressed
from huying.desk.where import Offer, finer, offered_places
from huying.files import queries as files
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotAllowed, NotFound
from huying.matters import queries as matters
from huying.matters.rules import Grade
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import street_of
from huying.triage.gazetteer import Found

MOST_QUEUED = 60


def _queue(viewer: Actor) -> list[Todo]:
    return [one for one in menu.todos_of(viewer) if one.task in TRIAGE_TASKS]


def _require(viewer: Actor) -> None:
    if not menu.triages(viewer):
        raise NotAllowed(duty=str(Duty.INTAKE))


@staff()
@require_safe
def triage(request: HttpRequest) -> HttpResponse:
    """The most urgent call that waits, or that none does."""
    viewer = actor_of(request)
    _require(viewer)
    queue = _queue(viewer)
    if not queue:
        return render(
            request, "desk/triage_empty.html", {"menu_key": "triage", "takes_calls": menu.takes_calls(viewer)}
        )
    return _page(request, queue[0].case_id)


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
def triage_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One call: GET shows it, POST hands it on and leads to the next."""
    viewer = actor_of(request)
    _require(viewer)
    return _post(request, case_id) if request.method == "POST" else _page(request, case_id)


@staff()
@require_POST
def triage_place(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One press places the call where its words say that it is."""
    viewer, now = actor_of(request), now_of(request)
    _require(viewer)
    code = request.POST.get("grid_code", "")
    pressed(
        request,
        lambda key: place_case.once(key, case_id, grid_code=code, actor=viewer, now=now),
        _("位置定在 %(place)s") % {"place": places.name_of(code)},
    )
    return HttpResponseRedirect(triage_url(case_id))


@staff()
@require_safe
def triage_choices(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The choices of the form after another type, grade or unit was picked."""
    viewer = actor_of(request)
    _require(viewer)
    docket = _opened(case_id, viewer)
    if docket.case.state not in IN_TRIAGE:
        raise NotFound("case")
    form = _form(docket, request.GET)
    form.is_valid()
    data = form.cleaned_data
    fresh_type = request.GET.get("changed") == "type"
    code = form.kind()
    kind = matters.type_of(code) if code else None
    grade = str(data.get("grade") or "")
    if fresh_type and kind is not None:
        grade = Grade.URGENT if docket.case.danger else str(kind.grade)
    choices = choices_of(
        docket,
        types_for(said(docket), docket.case.area_code),
        units_of(docket.case.area_code),
        viewer=viewer,
        now=now_of(request),
        type_code=code,
        grade=grade,
        lead_id=None if fresh_type else data.get("lead"),
        assistant_ids=set(data.get("assistants") or ()),
    )
    facts = {"choices": choices, "case": docket.case, "form": form, "full": may_dispatch(viewer, docket.case)}
    return render(request, "desk/_triage_choices.html", {**facts, "swapped": True})


def _opened(case_id: UUID, viewer: Actor) -> Docket:
    case = queries.one(case_id, viewer)
    if case is None:
        raise NotFound("case")
    return Docket.of(case)


def _form(docket: Docket, data: Any = None, *, request: HttpRequest | None = None) -> TriageForm:
    case = docket.case
    units = [(one.pk, one.name) for one in units_of(case.area_code)]
    street = street_of(case.area_code) or case.area_code
    return TriageForm(data, units=units, areas=(street,), request=request)


def _post(request: HttpRequest, case_id: UUID) -> HttpResponse:
    viewer, now = actor_of(request), now_of(request)
    docket = _opened(case_id, viewer)
    case = docket.case
    form = _form(docket, request.POST, request=request)
    if not form.is_valid() or "refresh" in request.POST:
        return _page(request, case_id, form=form, docket=docket, status=200 if "refresh" in request.POST else 422)
    data = form.cleaned_data
    key: UUID | None = data["key"]
    matter = {"type_code": form.kind(), "grade": data["grade"], "grid_code": data["grid_code"]}
    act: Callable[[], Case]
    if case.state in IN_TRIAGE and not may_dispatch(viewer, case):
        if case.state == State.RECEIVED:
            done = _("受理好了，等派单")
            act = lambda: register_case.once(key, case_id, **matter, actor=viewer, now=now)  # noqa: E731
        else:
            done = _("立案好了，等派单")
            act = lambda: file_case.once(key, case_id, actor=viewer, now=now)  # noqa: E731
    elif data["lead"] is None:
        form.add_error("lead", _("请选一个主办单位。没有可选的，请先换事项。"))
        return _page(request, case_id, form=form, docket=docket, status=422)
    else:
        unit = people.unit(data["lead"])
        done = _("已派给 %(unit)s") % {"unit": unit.name if unit is not None else ""}
        act = lambda: register_file_dispatch.once(  # noqa: E731
            key,
            case_id,
            lead_id=data["lead"],
            assistant_ids=tuple(data["assistants"]),
            instruction=data["instruction"],
            **matter,
            actor=viewer,
            now=now,
        )
    if attempt(form, act) is None:
        return _page(request, case_id, form=form, status=409)
    messages.success(request, f"{done} · {case.title}")
    menu.forget()
    following = data["following"]
    # A colleague may have taken it meanwhile: then the most urgent one comes.
    waits = any(one.case_id == following for one in _queue(viewer))
    return HttpResponseRedirect(triage_url(following) if waits else reverse("desk:triage"))


def _page(
    request: HttpRequest,
    case_id: UUID,
    *,
    form: TriageForm | None = None,
    docket: Docket | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer, now = actor_of(request), now_of(request)
    docket = docket or _opened(case_id, viewer)
    case = docket.case
    if case.state not in IN_TRIAGE and form is None:
        return HttpResponseRedirect(case_url(case.pk))
    queue = _queue(viewer)
    at = next((place for place, one in enumerate(queue) if one.case_id == case.pk), None)
    following = _next_in(queue, at, case.pk)
    words = said(docket)
    pointing, where = types_for(words, case.area_code), place_said(docket)
    typed = form.cleaned_data if form is not None else {}
    choices = choices_of(
        docket,
        pointing,
        units_of(case.area_code),
        viewer=viewer,
        now=now,
        type_code=form.kind() if form is not None else "",
        grade=str(typed.get("grade") or ""),
        lead_id=typed.get("lead"),
        assistant_ids=set(typed.get("assistants") or ()),
    )
    shown = form or _form(docket)
    if form is None:
        shown.initial = {"following": following, "grid_code": "", "instruction": ""}
    facts: dict[str, Any] = {
        "menu_key": "triage",
        "case": case,
        "form": shown,
        "choices": choices,
        "full": case.state not in IN_TRIAGE or may_dispatch(viewer, case),
        "gone": case.state not in IN_TRIAGE,
        "number": at + 1 if at is not None else None,
        "total": len(queue),
        "queue": _queue_rows(queue, case.pk),
        "before_url": triage_url(queue[at - 1].case_id) if at else "",
        "after_url": triage_url(queue[at + 1].case_id) if at is not None and at + 1 < len(queue) else "",
        "case_url": case_url(case.pk),
        "clock": clock_of(case.due_from, case.yellow_at, case.due_at),
        "danger": matters.danger_in(words),
        "version": matters.version_number(),
        "known": _known(case) if may_lead(viewer, case) else [],
        **_told(docket, pointing.types, where),
        **_ground(case),
        **_beside(docket, viewer, now),
    }
    moves = other_moves(docket, viewer, docket.facts(actor=viewer, now=now))
    by_verb = {one.verb: one for one in moves}
    facts["place_move"] = by_verb.get(str(Verb.PLACE))
    facts["correct_move"] = by_verb.get(str(Verb.CORRECT))
    facts["offer"] = offered_places(finer(where, case)) if facts["place_move"] else Offer()
    facts["place_key"] = uuid7()
    ends = [one for one in moves if one.verb not in (Verb.PLACE, Verb.CORRECT)]
    facts["moves"], facts["more_moves"] = ends[:3], [*ends[3:], *(one for one in moves if one.verb == Verb.CORRECT)]
    return render(request, "desk/triage.html", facts, status=status)


def _known(case: Case) -> list[tuple[Known, str]]:
    """Known incidents that the call can be part of, each with the address that joins it."""
    return [(one, reverse("cases:incident_calls", args=[one.id])) for one in incidents.covering(case)]


def _next_in(queue: list[Todo], at: int | None, case_id: UUID) -> UUID | None:
    """The one after this in the queue; from its end back to the most urgent."""
    others = [one.case_id for one in (queue[at + 1 :] if at is not None else []) + queue if one.case_id != case_id]
    return others[0] if others else None


def _queue_rows(queue: list[Todo], current: UUID) -> list[dict[str, Any]]:
    shown = queue[:MOST_QUEUED]
    cases = lists.cases_of(one.case_id for one in shown)
    rows = []
    for one in shown:
        case = cases.get(one.case_id)
        if case is None:
            continue
        rows.append(
            {
                "url": triage_url(case.pk),
                "urgent": case.grade == Grade.URGENT,
                "source": Channel(case.channel).label,
                "place": short_place(case).partition(" · ")[0],
                "title": case.title,
                "clock": clock_of(one.due_from, one.yellow_at, one.due_at),
                "current": case.pk == current,
            }
        )
    return rows


def _told(docket: Docket, suggestions: list[Any], where: Found) -> dict[str, Any]:
    """The reports with their words in pieces, masked callers and photos."""
    case, reports = docket.case, docket.reports
    masked = people.masked([one.contact_id for one in reports if one.contact_id is not None])
    photos = files.of_owners("report", [one.pk for one in reports])
    cut = {one.pk: pieces(one.words, marks_of(case, one.words, suggestions, where)) for one in reports}
    return {
        "reports": [
            {
                "report": one,
                "channel": Channel(one.channel).label,
                "pieces": cut[one.pk],
                "masked": masked.get(one.contact_id) if one.contact_id is not None else None,
            }
            for one in reports
        ],
        "marked": {piece.kind for found in cut.values() for piece in found if piece.kind},
        "photos": [
            {
                "url": photo_url(case.pk, one.pk),
                "full_url": photo_url(case.pk, one.pk, preview=False),
                "alt": _("来电照片 %(number)s") % {"number": number},
            }
            for number, one in enumerate((one for rows in photos.values() for one in rows), start=1)
        ],
    }


def _ground(case: Case) -> dict[str, Any]:
    street = street_of(case.area_code)
    return {
        "place": _("还没有定位置") if case.unplaced else places.name_of(case.area_code),
        "map_url": outlines_url(street) if street and case.lng is not None else "",
    }


def _beside(docket: Docket, viewer: Actor, now: datetime) -> dict[str, Any]:
    """Cases of the same place and matter, by place and matter alone; those that may be one with this first."""
    case = docket.case
    around = lists.near(case, viewer, now=now)
    said = next((report.words for report in docket.reports if report.withdrawn_at is None), "")
    likely = {one.case.pk: one for one in twins_of(case, said, viewer, now=now)}
    known = {one.case.pk for one in around}
    around += [lists.Near(one.case, None) for one in likely.values() if one.case.pk not in known]
    made = Rows([one.case for one in around], viewer, now=now)
    mergeable = any(verb == Verb.MERGE for verb, _key in OTHER_MOVES) and viewer.may(Duty.INTAKE, case.desk_code)
    rows = []
    for one in around:
        same = mergeable and one.case.state in OPEN and like(case, one.case)
        twin = likely.get(one.case.pk)
        rows.append(
            {
                "row": made.of_case(one.case),
                "metres": one.metres,
                "same": same,
                "twin": twin,
                "url": case_url(case.pk, Verb.MERGE, into=one.case.pk) if same else case_url(one.case.pk),
            }
        )
    order = list(likely)  # the likeliest first, then what may be one by place and matter
    return {
        "near": sorted(
            rows,
            key=lambda one: (order.index(one["row"].case.pk) if one["twin"] else len(order), not one["same"]),
        )
    }
