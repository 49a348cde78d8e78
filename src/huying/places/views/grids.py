"""Pages of grids: the four principles, one grid's duties and posts, old nets merged, peace and emergency."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.lying import staff_page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.places import queries
from huying.places.actions import grids as actions
from huying.places.forms import DutiesForm, EmergencyForm, NetForm, StandardForm
from huying.places.models import Area
from huying.places.plans import APPROVERS, Mode, NetKind, Principle
from huying.places.queries import grids as reads
from huying.places.rules import ADMIN_PLACES, LENGTHS, Tier


def _area(request: HttpRequest, actor: Actor) -> Area:
    """The area whose grids are shown: the named one, or the first sub-district of the viewer."""
    code = request.GET.get("area", "") or request.POST.get("area", "")
    if code:
        return queries.area_seen(actor, code)
    if not queries.seen_areas(actor):
        raise NotAllowed
    for prefix in queries.seen_areas(actor):
        wide = LENGTHS[Tier.STREET]
        if len(prefix) >= wide:
            return queries.area_seen(actor, prefix)
        first = next((one for one in queries.streets() if one.code.startswith(prefix)), None)
        if first is not None:
            return first
    raise NotFound("area")


def _back(code: str) -> HttpResponse:
    return redirect(f"{reverse('places:grids')}?area={code}")


@require_http_methods(["GET"])
@staff()
def grids(request: HttpRequest) -> HttpResponse:
    """The grids of an area against the four principles, and the old nets that still run beside them."""
    actor = actor_of(request)
    return _grids_page(request, actor, _area(request, actor))


def _grids_page(request: HttpRequest, actor: Actor, area: Area, **forms: Form) -> HttpResponse:
    found = reads.grids(actor, area.code)
    held = reads.standard_of(area.code)
    initial = {name: getattr(held, name) for name in ("households", "least", "most", "full_time")}
    choices = [(one.area.code, f"{one.community} · {one.area.name}") for one in found]
    context: dict[str, Any] = {
        "area": area,
        "grids": found,
        "good": sum(1 for one in found if one.good),
        "totals": [{"principle": one.label, "good": good, "all": len(found)} for one, good in reads.totals(found)],
        "principles": [one.label for one in Principle],
        "standard": held,
        "nets": reads.nets(actor, area.code),
        "emergency": reads.emergency_over(area.code),
        "may_keep": actor.may(ADMIN_PLACES, area.code),
        "may_switch": any(actor.may(duty, area.code) for duty in APPROVERS),
        "net_form": NetForm(grids=choices),
        "standard_form": StandardForm(initial=initial),
        "emergency_form": EmergencyForm(),
        "merge_form": Form(),
        "menu_key": "places",
    }
    return render(request, "places/grids.html", context | forms, status=422 if forms else 200)


@require_POST
@staff(duty=ADMIN_PLACES)
def nets(request: HttpRequest) -> HttpResponse:
    """Write down an old net."""
    actor = actor_of(request)
    area = _area(request, actor)
    choices = [(one.area.code, f"{one.community} · {one.area.name}") for one in reads.grids(actor, area.code)]
    form = NetForm(request.POST, grids=choices)
    if form.is_valid():
        given = form.cleaned_data
        kept = attempt(
            form, lambda: actions.keep_old_net(area_code=area.code, actor=actor, now=now_of(request), **given)
        )
        if kept is not None:
            messages.success(request, str(_("已登记这张网。")))
            return _back(area.code)
    return _grids_page(request, actor, area, net_form=form)


@require_POST
@staff(duty=ADMIN_PLACES)
def merge(request: HttpRequest) -> HttpResponse:
    """Merge the ticked nets into the grids that cover them."""
    actor = actor_of(request)
    area = _area(request, actor)
    form = Form(request.POST)
    try:
        chosen = [UUID(one) for one in request.POST.getlist("nets")]
    except ValueError as why:
        raise NotFound("old_net") from why
    done = attempt(
        form, lambda: actions.merge_nets(net_ids=chosen, area_code=area.code, actor=actor, now=now_of(request))
    )
    if done is None:
        return _grids_page(request, actor, area, merge_form=form)
    messages.success(request, str(_("已并 %(nets)s 张网，%(grids)s 个网格新增 %(duties)s 项职责。")) % done)
    return _back(area.code)


@require_POST
@staff(duty=ADMIN_PLACES)
def standard(request: HttpRequest) -> HttpResponse:
    """What is asked of the grids."""
    actor = actor_of(request)
    area = _area(request, actor)
    form = StandardForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        kept = attempt(
            form, lambda: actions.set_standard(area_code=area.code, actor=actor, now=now_of(request), **given)
        )
        if kept is not None:
            messages.success(request, str(_("已保存。")))
            return _back(area.code)
    return _grids_page(request, actor, area, standard_form=form)


@require_POST
@staff()
def emergency(request: HttpRequest) -> HttpResponse:
    """Turn to the emergency duties, or back."""
    actor, now = actor_of(request), now_of(request)
    area = _area(request, actor)
    form = EmergencyForm(request.POST) if "reason" in request.POST else EmergencyForm({"reason": "-"})
    if form.is_valid():
        if "reason" in request.POST:
            reason = form.cleaned_data["reason"]
            done = attempt(
                form, lambda: actions.begin_emergency(area_code=area.code, reason=reason, actor=actor, now=now)
            )
        else:
            done = attempt(form, lambda: actions.end_emergency(area_code=area.code, actor=actor, now=now))
        if done is not None:
            words = _("已转应急。") if done.until is None else _("已转平时。")
            messages.success(request, str(words))
            return _back(area.code)
    return _grids_page(request, actor, area, emergency_form=form)


@require_http_methods(["GET", "POST"])
@staff()
def grid(request: HttpRequest, code: str) -> HttpResponse:
    """One grid: the principles, who holds its posts, what it answers for now."""
    actor = actor_of(request)
    area = queries.area_seen(actor, code)
    if len(code) != LENGTHS[Tier.GRID]:
        raise NotFound("grid")
    found = reads.of_grid(area)
    form = DutiesForm(initial={f"{one.mode}_{one.net}": one.words for one in found.duties})
    if request.method == "POST":
        form = DutiesForm(request.POST)
        if form.is_valid():
            kept = attempt(
                form,
                lambda: actions.set_duties(grid_code=code, words=form.words(), actor=actor, now=now_of(request)),
            )
            if kept is not None:
                messages.success(request, str(_("已保存 %(count)s 项。")) % {"count": kept})
                return redirect("places:grid", code=code)
    emergency = reads.emergency_over(code)
    mode = Mode.PEACE if emergency is None else Mode.EMERGENCY
    context = {
        "grid": found,
        "form": form,
        "emergency": emergency,
        "mode": mode.label,
        "doing": [
            {"net": NetKind(one.net).label, "words": one.words} for one in found.duties if one.mode == mode.value
        ],
        "may_keep": actor.may(ADMIN_PLACES, code),
        "staff_url": staff_page(actor, code),
        "menu_key": "places",
    }
    return render(request, "places/grid.html", context, status=422 if request.method == "POST" else 200)
