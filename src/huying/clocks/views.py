"""The work calendar: a year to read, and, for who keeps it, to publish."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from huying.clocks import actions, published, queries
from huying.clocks.forms import HoursForm, PublishForm
from huying.clocks.rules import ADMIN_CLOCKS, SHANGHAI
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotFound
from huying.kernel.terms import _


@require_GET
@staff()
def this_year(request: HttpRequest) -> HttpResponse:
    """The present year."""
    return _page(request, now_of(request).astimezone(SHANGHAI).year)


@require_GET
@staff()
def year(request: HttpRequest, year: int) -> HttpResponse:
    """One year, its holidays and swapped workdays."""
    return _page(request, year)


@require_POST
@staff(duty=ADMIN_CLOCKS)
def publish(request: HttpRequest, year: int) -> HttpResponse:
    """Enter the published notice of a year."""
    form = PublishForm(request.POST)
    if form.is_valid():
        moved = attempt(
            form,
            lambda: actions.publish_year(
                year=year, days=form.cleaned_data["days"], now=now_of(request), actor=actor_of(request)
            ),
        )
        if moved is not None:
            words = _("%(year)s 年的日历已公布，重新计算了 %(count)s 个时限。")
            messages.success(request, str(words) % {"year": year, "count": moved})
            return redirect("clocks:year", year=year)
    return _page(request, year, publish_form=form, status=422)


@require_POST
@staff(duty=ADMIN_CLOCKS)
def set_hours(request: HttpRequest, year: int) -> HttpResponse:
    """Change working hours from a coming day on."""
    form = HoursForm(request.POST)
    if form.is_valid():
        row = attempt(
            form,
            lambda: actions.set_hours(
                valid_from=form.cleaned_data["valid_from"],
                spans=form.cleaned_data["spans"],
                now=now_of(request),
                actor=actor_of(request),
            ),
        )
        if row is not None:
            messages.success(request, str(_("工作时段已存。以后开始的时限照它算。")))
            return redirect("clocks:year", year=year)
    return _page(request, year, hours_form=form, status=422)


def _page(
    request: HttpRequest,
    year: int,
    *,
    publish_form: PublishForm | None = None,
    hours_form: HoursForm | None = None,
    status: int = 200,
) -> HttpResponse:
    years = queries.years()
    row = next((one for one in years if one.year == year), None)
    if row is None:
        raise NotFound("year")
    may_keep = actor_of(request).has(ADMIN_CLOCKS)
    context: dict[str, Any] = {
        "year": row,
        "published": row.state == "published",
        "years": [{"words": str(one.year), "year": one.year, "current": one.year == year} for one in years[:6]],
        "months": queries.months(year),
        "worked": queries.calendar().worked_days(year),
        "hours": queries.hours(),
        "may_keep": may_keep,
        "shipped": year in published.years(),
        "publish_form": publish_form or PublishForm(),
        "hours_form": hours_form or HoursForm(),
        "menu_key": "calendar",
    }
    return render(request, "clocks/year.html", context, status=status)
