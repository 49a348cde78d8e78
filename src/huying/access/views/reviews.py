"""Access reviews: which are open, done or overdue; and one, grant by grant."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.access import actions, queries
from huying.access.forms import ReviewForm
from huying.access.rules import Act
from huying.access.views.keeping import require_watcher, tabs
from huying.access.views.own import told
from huying.kernel.doors import actor_of, attempt, now_of, sensitive, staff
from huying.kernel.refusals import NotFound
from huying.kernel.terms import _
from huying.people import queries as people
from huying.places import queries as places


@staff()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Reviews of my areas, and the form that begins one."""
    actor, now = actor_of(request), now_of(request)
    require_watcher(actor)
    areas = [(code, places.name_of(code)) for code in queries.review_areas(actor)]
    form = ReviewForm(request.POST if request.method == "POST" else None, areas=areas)
    if request.method == "POST" and form.is_valid():
        told_ = form.cleaned_data
        opened = attempt(
            form,
            lambda: actions.open_review(area_code=told_["area_code"], due_on=told_["due_on"], actor=actor, now=now),
        )
        if opened is not None:
            messages.success(request, _("复核开始了。每一条都请看过再定。"))
            return redirect("access:review", review_id=opened.pk)
    lines = queries.reviews(actor, today=localtime(now).date())
    facts = {
        "tabs": tabs(request, "reviews"),
        "lines": [{"line": one, "area": places.name_of(one.review.area_code)} for one in lines],
        "form": form,
        "may_open": bool(areas),
        "menu_key": "access",
    }
    return render(request, "access/reviews.html", facts, status=422 if form.errors else 200)


@staff()
@never_cache
@require_safe
def review(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """One review: grants not used for 90 days first; keep or end each."""
    actor, now = actor_of(request), now_of(request)
    found = queries.review(actor, review_id)
    if found is None:
        raise NotFound("review")
    today = localtime(now).date()
    lines = queries.items_of(found, today)
    names = people.names_of(one.item.decided_by for one in lines if one.item.decided_by)
    facts = {
        "review": found,
        "area": places.name_of(found.area_code),
        "lines": [
            {
                "line": one,
                "area": places.name_of(one.item.grant.area_code),
                "decider": names.get(one.item.decided_by, "") if one.item.decided_by else "",
                "own": one.item.grant.account_id == actor.id,
            }
            for one in lines
        ],
        "total": len(lines),
        "done": sum(bool(one.item.decision) for one in lines),
        "unused": sum(one.unused for one in lines),
        "overdue": found.closed_at is None and found.due_on < today,
        "may_decide": found.closed_at is None and queries.may(actor, Act.REVIEW, found.area_code),
        "menu_key": "access",
    }
    return render(request, "access/review.html", facts)


@staff()
@sensitive
@require_POST
def decide(request: HttpRequest, item_id: UUID) -> HttpResponse:
    review_id = queries.review_of_item(item_id, actor_of(request))
    if review_id is None:
        raise NotFound("review_item")
    decision = request.POST.get("decision", "")
    return told(
        request,
        lambda: actions.decide_item(item_id=item_id, decision=decision, actor=actor_of(request), now=now_of(request)),
        _("已保留。") if decision == "keep" else _("已结束这项授权。"),
        f"{reverse('access:review', args=[review_id])}#rest",
    )
