"""Pages of incidents: what goes on, one with what was said, declaring one, and the calls that join it in one act."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases import queries
from huying.cases.actions.incidents import Joined, look_at_joining, may_lead
from huying.cases.forms.incidents import (
    INCIDENT_MOVES,
    About,
    DeclareForm,
    IncidentForm,
    IncidentMove,
    JoinForm,
    declare,
    form_of,
    join,
    walk_incident,
)
from huying.cases.models import Case, Incident, IncidentWord
from huying.cases.queries import incidents as reads
from huying.cases.rules import OPEN, state_label
from huying.cases.rules.incidents import WordKind
from huying.cases.rules.incidents import likely as is_likely
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _, listed
from huying.matters import queries as matters
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places
from huying.ui.words import when_words


@staff()
@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """Incidents that go on or ended lately, of cases that the person sees."""
    viewer, now = actor_of(request), now_of(request)
    if not (viewer.has(Duty.READ) or viewer.has(Duty.HANDLE)):
        raise NotAllowed(duty=str(Duty.READ))
    lines = [_line(one, request) for one in reads.listed(viewer, now=now)]
    return render(request, "cases/incidents.html", {"lines": lines, "menu_key": "incidents"})


def _line(one: Incident, request: HttpRequest) -> dict[str, Any]:
    return {
        "incident": one,
        "open": one.ended_at is None,
        "url": reverse("cases:incident", args=[one.pk]),
        "at": when_words(one.declared_at, now_of(request)),
    }


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def declare_incident(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Declare a case an incident; one that is declared leads to its page."""
    actor, now = actor_of(request), now_of(request)
    case = queries.one(case_id, actor)
    if case is None:
        raise NotFound("case")
    going = next((one for one in reads.of_case(case) if one.ended_at is None), None)
    if going is not None and request.method != "POST":
        return HttpResponseRedirect(reverse("cases:incident", args=[going.pk]))
    if not may_lead(actor, case):
        raise NotAllowed(_("群体事件由受理或派单的同事来办。"))
    about = About(case, actor, now)
    if request.method != "POST":
        return _declaring(request, case, form_of(DeclareForm, about, request=request))
    form = form_of(DeclareForm, about, request.POST, request=request)
    made = attempt(form, lambda: declare(form, case_id, actor=actor, now=now)) if form.is_valid() else None
    if made is None:
        return _declaring(request, case, form, status=422)
    messages.success(request, str(_("已发布，正在通知。请看看有没有同一件的诉求。")))
    return HttpResponseRedirect(reverse("cases:incident", args=[made.pk]))


def _declaring(request: HttpRequest, case: Case, form: IncidentForm, *, status: int = 200) -> HttpResponse:
    closed = case.state not in OPEN or case.restricted
    facts = {
        "case": case, "form": form, "closed": closed, "back_url": reverse("cases:case", args=[case.pk]),
        "menu_key": "incidents",
    }  # fmt: skip
    return render(request, "cases/incident_declare.html", facts, status=status)


@staff()
@require_safe
@never_cache
def incident(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """One incident as everybody reads it, what was said, and its moves; `?move=` opens the form of one."""
    found = _incident(request, incident_id)
    move = INCIDENT_MOVES.get(request.GET.get("move", "")) if _may(request, found) else None
    form = form_of(move.form, _about(request, found), request=request) if move is not None else None
    return _page(request, found, move, form)


@staff()
@require_POST
def move_incident(request: HttpRequest, incident_id: UUID, verb: str) -> HttpResponse:
    """Say how it goes, or end it. What was typed stays where it is refused; the same form sent twice acts once."""
    move = INCIDENT_MOVES.get(verb)
    if move is None:
        raise NotFound("move")
    found, actor, now = _incident(request, incident_id), actor_of(request), now_of(request)
    form = form_of(move.form, _about(request, found), request.POST, request=request)
    if form.is_valid():
        if attempt(form, lambda: walk_incident(move, form, incident_id, actor=actor, now=now)) is not None:
            messages.success(request, str(move.done))
            return HttpResponseRedirect(reverse("cases:incident", args=[incident_id]))
        found = _incident(request, incident_id)
    return _page(request, found, move, form, status=422)


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def incident_calls(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Calls that are likely the same, with the reasons; ticked ones are looked at once more, then join in one act."""
    found, actor, now = _incident(request, incident_id), actor_of(request), now_of(request)
    if not may_lead(actor, found.case):
        raise NotAllowed(_("群体事件由受理或派单的同事来办。"))
    form = form_of(JoinForm, _about(request, found), request.POST or None, request=request)
    if request.method != "POST":
        return _calls(request, found, form)
    sure = "sure" in request.POST
    if form.is_valid():
        if sure:
            joined = attempt(form, lambda: join(form, incident_id, actor=actor, now=now))
            if joined is not None:
                messages.success(request, _joined_words(joined))
                return HttpResponseRedirect(reverse("cases:incident", args=[incident_id]))
        else:
            look = lambda: look_at_joining(incident_id, **form.arguments(), actor=actor, now=now)  # noqa: E731
            looked = attempt(form, look)
            if looked is not None:
                return _calls(request, found, form, looked=looked)
    return _calls(request, found, form, status=422)


def _joined_words(joined: Joined) -> str:
    count = len(joined.cases)
    return ngettext("已并入 %(count)s 件，正在通知。", "已并入 %(count)s 件，正在通知。", count) % {"count": count}


def _calls(
    request: HttpRequest, found: Incident, form: IncidentForm, *, looked: Joined | None = None, status: int = 200
) -> HttpResponse:
    assert isinstance(form, JoinForm)
    ticked = set(form.asked_all("calls"))
    facts = {
        "found": found,
        "form": form,
        "looked": looked,
        "lines": [
            {
                "case": one,
                "ticked": str(one.pk) in ticked if form.is_bound else is_likely(why),
                "type": matters.name_of(one.type_code) if one.type_code else _("还没有定类型"),
                "place": places.name_of(one.area_code),
                "state": state_label(one.state, one.flow),
                "at": when_words(one.received_at, now_of(request)),
                "reasons": listed(reason.label for reason in why),
                "url": reverse("cases:case", args=[one.pk]),
            }
            for one, why in form.likely
        ],
        "back_url": reverse("cases:incident", args=[found.pk]),
        "menu_key": "incidents",
    }
    return render(request, "cases/incident_calls.html", facts, status=status)


def _incident(request: HttpRequest, incident_id: UUID) -> Incident:
    found = reads.incident(incident_id, actor_of(request))
    if found is None:
        raise NotFound("incident")
    return found


def _about(request: HttpRequest, found: Incident) -> About:
    return About(found.case, actor_of(request), now_of(request), found)


def _may(request: HttpRequest, found: Incident) -> bool:
    return found.ended_at is None and may_lead(actor_of(request), found.case)


def _page(
    request: HttpRequest, found: Incident, move: IncidentMove | None, form: IncidentForm | None, *, status: int = 200
) -> HttpResponse:
    now, address = now_of(request), reverse("cases:incident", args=[found.pk])
    voices, may = reads.voices_of(found.case_id), _may(request, found)
    said = reads.words_of(found.pk)
    names = people.named(row.said_by for row in said if row.said_by)
    likely = sum(is_likely(why) for _call, why in reads.calls_like(found, actor_of(request))) if may else 0
    panel: dict[str, Any] = {}
    if move is not None and form is not None:
        panel = {
            "title": move.label,
            "url": reverse("cases:move_incident", args=[found.pk, move.name]),
            "buttons": form.buttons(move.label),
            "danger": False,
        }
    facts = {
        "found": found,
        "open": found.ended_at is None,
        "file": {"state_words": ""},  # the panel shows no state of a case here
        "form": form,
        "panel": panel,
        "close_url": address,
        "case_url": reverse("cases:case", args=[found.case_id]),
        "calls_url": reverse("cases:incident_calls", args=[found.pk]) if may else "",
        "likely": likely,
        "moves": [(one, f"{address}?move={one.name}", one is move) for one in INCIDENT_MOVES.values()] if may else [],
        "lines": [
            (_("反映的人"), voices.every),
            (_("留了电话、收短信的"), voices.written_to),
            (_("开始"), when_words(found.began_at, now)),
            (_("预计"), when_words(found.expected_at, now) if found.expected_at else _("说不准")),
        ],
        "said": [_said(one, names) for one in said],
        "menu_key": "incidents",
    }
    return render(request, "cases/incident.html", facts, status=status)


def _said(one: IncidentWord, names: dict[UUID, Any]) -> dict[str, Any]:
    who = names.get(one.said_by) if one.said_by is not None else None
    return {"at": one.said_at, "who": WordKind(one.kind).label, "words": one.words, "note": str(who or "")}
