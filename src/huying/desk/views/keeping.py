"""What the desk keeps: filters of the list under a name, and hand-overs between shifts."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.desk import actions, menu, queries
from huying.desk.forms import LeaveForm, ListForm, SaveFilterForm
from huying.desk.models import HandOver
from huying.desk.rules import filter_address
from huying.desk.shifts import facts_of, left_of, parts_of
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.people import queries as people

ON_A_PAGE = 20


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
def save_filter(request: HttpRequest) -> HttpResponse:
    """GET asks for the name of the filter in the address; POST keeps it and leads back to its list."""
    actor = actor_of(request)
    given = request.POST.get("query", "") if request.method == "POST" else request.GET.urlencode()
    query = filter_address(parse_qsl(given))
    units = list(people.units(actor.units).values())
    form = SaveFilterForm(request.POST or None, units=units, initial={"query": query})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if not ListForm(QueryDict(query)).is_valid():
            query = ""
        done = attempt(
            form,
            lambda: actions.save_filter(
                filter_id=form.own_key(), name=data["name"], query=query, unit_id=data["unit"], actor=actor,
                now=now_of(request),
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("筛选存好了"))
            return HttpResponseRedirect(f"{reverse('desk:cases')}?{done.query}")
    facts = {"menu_key": "cases", "form": form, "back_url": f"{reverse('desk:cases')}?{query}"}
    return render(request, "desk/filter.html", facts, status=422 if form.is_bound else 200)


@staff()
@require_POST
def remove_filter(request: HttpRequest, filter_id: UUID) -> HttpResponse:
    """Take a filter away; back to the list."""
    actions.remove_filter(filter_id=filter_id, actor=actor_of(request), now=now_of(request))
    messages.success(request, _("筛选删掉了"))
    return HttpResponseRedirect(reverse("desk:cases"))


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
def shifts(request: HttpRequest) -> HttpResponse:
    """What the next shift must know, as it stands now; what was left, and a form to leave. POST leaves."""
    actor, now = actor_of(request), now_of(request)
    if not menu.hands_over(actor):
        raise NotAllowed
    units = list(people.units(actor.units).values())
    facts = facts_of(actor, menu.todos_of(actor), now=now)
    form = LeaveForm(request.POST or None, units=units)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.leave_shift(
                hand_over_id=form.own_key(), unit_id=data["unit"], words=data["words"], facts=facts, actor=actor,
                now=now,
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("交班写好了，等同事来接"))
            return HttpResponseRedirect(reverse("desk:shift", args=[done.pk]))
    page: Page[HandOver] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = queries.hand_overs_of(actor, page=page)
    waiting = queries.waiting_for(actor)
    names = _names([*rows, *waiting])
    context: dict[str, Any] = {
        "menu_key": "shifts",
        "form": form,
        "one_unit": units[0] if len(units) == 1 else None,
        "parts": parts_of(facts, actor, now=now),
        "waiting": left_of([one for one in waiting if one.left_by != actor.id], names, now=now),
        "history": left_of(rows, names, now=now),
        "page": page,
        "first": not page.after,
    }
    return render(request, "desk/shifts.html", context, status=422 if form.is_bound else 200)


@staff()
@require_safe
def shift(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    """One hand-over, to read and to print: its cases as they stand now."""
    actor, now = actor_of(request), now_of(request)
    found = queries.hand_over_by_id(hand_over_id, actor)
    if found is None:
        raise NotFound("hand_over")
    context: dict[str, Any] = {
        "menu_key": "shifts",
        "hand_over": found,
        "line": left_of([found], _names([found]), now=now)[0],
        "parts": parts_of(found.facts, actor, now=now),
        "may_take": found.taken_by is None and found.left_by != actor.id and menu.hands_over(actor),
    }
    return render(request, "desk/shift.html", context)


@staff()
@require_POST
def take_shift(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    """Take a shift over, with one tap."""
    actions.take_shift(hand_over_id=hand_over_id, actor=actor_of(request), now=now_of(request))
    messages.success(request, _("接班了"))
    return HttpResponseRedirect(reverse("desk:shift", args=[hand_over_id]))


def _names(rows: list[HandOver]) -> dict[UUID, str]:
    ids = {one for row in rows for one in (row.left_by, row.taken_by) if one is not None}
    return {key: found.name for key, found in people.named(ids).items()}
