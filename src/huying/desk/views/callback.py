"""The call-back desk: one caller after the other, with the words to say and what to know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases.actions import dialling, open_reporter
from huying.cases.casefile import subject_of
from huying.cases.forms import DeskMove, MoveForm, Subject, legal_moves, move_named, walk
from huying.cases.models import Report
from huying.cases.queries import calling, calls
from huying.cases.queries.dialling import can_be_rung, may_dial
from huying.cases.rules import CallResult, Channel, OrderRole, Verb
from huying.cases.rules.dialling import CONNECTING
from huying.cases.rules.tasks import Task
from huying.desk import menu
from huying.desk.calls import Line, caller_words, lines_of
from huying.desk.links import call_url, case_url, photo_url
from huying.desk.rows import Rows, clock_of
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, sensitive, staff
from huying.kernel.refusals import IllegalMove, NotFound
from huying.kernel.terms import clauses
from huying.people.rules import Duty, Opened, OpeningPurpose
from huying.ui.words import when_words

KEYS = {"result": "1234", "solved": "QW", "satisfaction": "ASX"}


def _lines(viewer: Actor, request: HttpRequest) -> list[Line]:
    return lines_of([one for one in menu.todos_of(viewer) if one.task == Task.CALL_BACK], now=now_of(request))


@staff(Duty.CALL_BACK)
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """The caller to ring first, or that there is none."""
    lines = _lines(actor_of(request), request)
    if not lines:
        return render(request, "desk/callback_empty.html", {"menu_key": "callback"})
    first = lines[0]
    subject = subject_of(first.case.pk, actor=actor_of(request), now=now_of(request))
    return _page(request, subject, first.report.pk, lines=lines)


@staff(Duty.CALL_BACK)
@require_http_methods(["GET", "HEAD", "POST"])
def callback_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One caller (`?caller=`, else the first of the case): GET shows the call, POST keeps it and leads to the next."""
    subject = subject_of(case_id, actor=actor_of(request), now=now_of(request))
    if request.method == "POST" and subject is not None:
        return _post(request, subject)
    return _page(request, subject, _caller(request.GET.get("caller", "")))


@staff(Duty.CALL_BACK)
@sensitive
@require_POST
@never_cache
def callback_phone(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The number of the caller who is rung now, shown once; the opening is written down with its purpose."""
    actor, now = actor_of(request), now_of(request)
    subject = subject_of(case_id, actor=actor, now=now)
    report_id = _caller(request.POST.get("caller", ""))
    if subject is None or report_id is None:
        raise NotFound("case")
    opened = open_reporter(case_id, report_id=report_id, purpose=OpeningPurpose.CALL_BACK, actor=actor, now=now)
    return _page(request, subject, report_id, opened=opened)


@staff(Duty.CALL_BACK)
@require_POST
def callback_dial(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ring the caller without their number being shown."""
    report_id = _caller(request.POST.get("caller", ""))
    if report_id is None:
        raise NotFound("case")
    try:
        dialling.ask_dial(case_id, report_id=report_id, actor=actor_of(request), now=now_of(request))
        messages.success(request, str(CONNECTING))
    except IllegalMove as why:
        messages.warning(request, str(why))
    return HttpResponseRedirect(call_url(case_id, report_id))


def _caller(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _move(subject: Subject) -> DeskMove | None:
    """The move of calling back, where this person may make it now."""
    move = move_named(Verb.CALL_BACK)
    return move if move in legal_moves(subject) else None


def _post(request: HttpRequest, subject: Subject) -> HttpResponse:
    case, move = subject.case, _move(subject)
    if move is None:  # a colleague was faster, or it is sent once more: nothing is left to keep
        return HttpResponseRedirect(reverse("desk:callback"))
    form = move.form(request.POST, subject=subject, request=request)
    report_id = _caller(request.POST.get("report_id", ""))
    if not form.is_valid():
        return _page(request, subject, report_id, form=form, status=422)
    actor, now = actor_of(request), now_of(request)
    following = _after(_lines(actor, request), case.pk, report_id)
    if attempt(form, lambda: walk(move, form, case_id=case.pk, actor=actor, now=now)) is None:
        return _page(request, subject, report_id, form=form, status=409)
    messages.success(request, f"{move.done} · {case.title}")
    menu.forget()
    waits = {one.key for one in _lines(actor, request)}
    return HttpResponseRedirect(call_url(*following) if following in waits else reverse("desk:callback"))


def _after(lines: list[Line], case_id: UUID, report_id: UUID | None) -> tuple[UUID, UUID]:
    """The caller after this one."""
    keys = [one.key for one in lines]
    here = (case_id, report_id or case_id)
    at = keys.index(here) if here in keys else -1
    return keys[at + 1] if at + 1 < len(keys) else here


def _page(
    request: HttpRequest,
    subject: Subject | None,
    report_id: UUID | None,
    *,
    lines: list[Line] | None = None,
    form: MoveForm | None = None,
    opened: Opened | None = None,
    status: int = 200,
) -> HttpResponse:
    if subject is None:
        raise NotFound("case")
    viewer, now, case = actor_of(request), now_of(request), subject.case
    move = _move(subject)
    callers = subject.docket.to_call()
    report = next((one for one in callers if one.pk == report_id), callers[0] if callers else None)
    if move is None or report is None:
        return HttpResponseRedirect(case_url(case.pk))
    lines = _lines(viewer, request) if lines is None else lines
    shown = form or move.form(subject=subject, request=request, initial={"report_id": str(report.pk)})
    shown.fields["report_id"].widget = forms.HiddenInput()
    line = next((one for one in lines if one.key == (case.pk, report.pk)), None)
    here = (case.pk, report.pk)
    following = _after(lines, *here)
    facts: dict[str, Any] = {
        "menu_key": "callback",
        "case": case,
        "case_url": case_url(case.pk),
        "clock": clock_of(case.due_from, case.yellow_at, case.due_at),
        "now_lines": [one for one in lines if not one.later],
        "later_lines": [one for one in lines if one.later],
        "current": here,
        "report": report,
        "who": caller_words(report),
        "line": line,
        "next_url": call_url(*following)
        if (following := _after(lines, case.pk, report.pk)) != (case.pk, report.pk)
        else "",
        "opened": opened,
        "may_open": report.reachable and viewer.may(Duty.OPEN_CONTACT, case.area_code),
        "may_dial": can_be_rung(report) and may_dial(case, subject.rows.orders, viewer),
        "form": shown,
        "choices": {name: list(zip(shown[name], keys, strict=False)) for name, keys in KEYS.items()},
        "script": calling.script_of(case, timezone.localdate(now)),
        "careful": clauses(line.careful) if line is not None else "",
        **_told(subject, report),
        **_before(subject, viewer),
    }
    return render(request, "desk/callback.html", facts, status=status)


def _told(subject: Subject, report: Report) -> dict[str, Any]:
    """What this caller reported, what was done and answered, and the tries of this round."""
    case, now, docket = subject.case, subject.now, subject.docket
    mine = docket.callers()[report.pk]
    rows = subject.rows
    leads = [one for one in rows.orders if one.role == OrderRole.LEAD and one.round == case.round]
    proof = [one for one in subject.photos if one.purpose in ("before", "after")]
    return {
        "said": [
            (Channel(one.channel).label, when_words(one.received_at, now), one.words)
            for one in rows.reports
            if one.pk in mine
        ],
        "done": [(one.unit.name, one.result, one.done_at) for one in leads if one.done_at is not None],
        "tries": [
            (when_words(one.made_at, now), subject.who(one.made_by), CallResult(one.result).label, one.words)
            for one in docket.calls_to(mine)
        ],
        "photos": [
            {
                "url": photo_url(case.pk, one.pk),
                "full_url": photo_url(case.pk, one.pk, preview=False),
                "alt": _("处理前") if one.purpose == "before" else _("处理后"),
            }
            for one in proof[-2:]
        ],
    }


def _before(subject: Subject, viewer: Actor) -> dict[str, Any]:
    """The same matter in the same community lately, whoever called."""
    found = calls.same_matter(subject.case, viewer, now=subject.now)
    made = Rows(found, viewer, now=subject.now)
    return {"same": [made.of_case(one) for one in found]}
