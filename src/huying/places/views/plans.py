"""Pages of changes of areas: draw one on the map or by a form, see what it moves, decide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.audit.queries import history_of
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.places import actions, queries
from huying.places.actions.planning import KIND
from huying.places.forms import DecideForm, PlanForm
from huying.places.heirs import Heirs
from huying.places.models import Area, AreaPlan
from huying.places.plans import APPROVERS, PlanKind, PlanState, PlanVerb
from huying.places.queries import plans as reads
from huying.places.rules import ADMIN_PLACES, LENGTHS, SHANGHAI, Tier, parent_of, tier_of

DRAWS = {PlanKind.NEW: "polygon", PlanKind.REDRAW: "polygon", PlanKind.SPLIT: "line"}


@require_GET
@staff()
def plans(request: HttpRequest) -> HttpResponse:
    """All changes of the viewer's areas: those that wait for a decision first."""
    actor = actor_of(request)
    if not queries.seen_areas(actor):
        raise NotAllowed
    rows = reads.plans(actor)
    return render(request, "places/plans.html", {"rows": rows, "menu_key": "places"})


@require_http_methods(["GET", "POST"])
@staff(duty=ADMIN_PLACES)
def new(request: HttpRequest) -> HttpResponse:
    """Draw a change: `kind` and `area` say of what."""
    kind, code = request.GET.get("kind", ""), request.GET.get("area", "")
    if kind not in PlanKind.values:
        raise NotFound("area_plan")
    area = queries.area_seen(actor_of(request), code)
    return _drawing(request, PlanKind(kind), area, None)


@require_http_methods(["GET", "POST"])
@staff(duty=ADMIN_PLACES)
def edit(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Draw a draft anew."""
    actor = actor_of(request)
    plan = reads.plan(actor, plan_id)
    if plan.state != PlanState.DRAFT:
        return redirect("places:plan", plan_id=plan.pk)
    given = plan.given
    code = str(given.get("code") or given.get("parent", ""))
    if plan.kind == PlanKind.MERGE:
        code = str(given["codes"][0])
    return _drawing(request, PlanKind(plan.kind), queries.area_seen(actor, code), plan)


def _drawing(request: HttpRequest, kind: PlanKind, area: Area, plan: AreaPlan | None) -> HttpResponse:
    actor, now = actor_of(request), now_of(request)
    parent = parent_of(area.code)
    around = parent if parent and parent.startswith(tuple(queries.seen_areas(actor))) else area.code
    options: dict[str, Any] = {
        "kind": kind, "area": area, "children": queries.children_of(area.code),
        "siblings": queries.children_of(parent) if parent else [],
    }  # fmt: skip
    form = PlanForm(initial=_initial(kind, area, plan, now), **options)
    if request.method == "POST":
        form = PlanForm(request.POST, request.FILES, **options)
        if form.is_valid():
            drawn = attempt(
                form,
                lambda: actions.draw_plan(
                    kind=kind,
                    given=form.given(),
                    effective_on=form.cleaned_data["effective_on"],
                    reason=form.cleaned_data["reason"],
                    plan_id=plan.pk if plan is not None else None,
                    actor=actor,
                    now=now,
                ),
            )
            if drawn is not None:
                return redirect("places:plan", plan_id=drawn.pk)
    context = {
        "form": form, "kind": kind, "area": area, "plan": plan, "draws": DRAWS.get(kind, ""), "around": around,
        "outline": orjson.dumps(area.polygon).decode() if kind == PlanKind.REDRAW and area.polygon else "",
        "tier_below": Tier(tier_of(area.code)), "menu_key": "places",
    }  # fmt: skip
    return render(request, "places/draw.html", context, status=422 if request.method == "POST" else 200)


def _initial(kind: PlanKind, area: Area, plan: AreaPlan | None, now: Any) -> dict[str, Any]:
    """A draft's own values; else the next day, and names that people would choose."""
    if plan is None:
        found: dict[str, Any] = {"effective_on": (now + timedelta(days=1)).astimezone(SHANGHAI).date()}
        if kind in (PlanKind.MERGE, PlanKind.RECODE):
            found["name"] = area.name
        if kind == PlanKind.SPLIT:
            found["name_0"] = area.name
        if kind == PlanKind.REDRAW and area.polygon:
            found["drawing"] = orjson.dumps(area.polygon).decode()
        return found
    given = plan.given
    found = {"effective_on": plan.effective_on, "reason": plan.reason}
    found |= {name: given.get(name) for name in ("name", "households", "codes") if given.get(name)}
    found["code"] = given.get("new_code") if kind == PlanKind.RECODE else given.get("code")
    shapes = given.get("polygons") or ([given["polygon"]] if given.get("polygon") else [])
    if given.get("line"):
        shapes = [{"type": "LineString", "coordinates": given["line"]}]
    if len(shapes) == 1:
        found["drawing"] = orjson.dumps(shapes[0]).decode()
    elif shapes:
        features = [{"type": "Feature", "properties": {}, "geometry": one} for one in shapes]
        found["drawing"] = orjson.dumps({"type": "FeatureCollection", "features": features}).decode()
    for place, part in enumerate(given.get("parts") or ()):
        found |= {f"{name}_{place}": part.get(name) for name in ("name", "code", "households")}
    found |= {f"child_{code}": str(place) for code, place in (given.get("children") or {}).items()}
    return found


@require_GET
@staff()
def plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """One change: before and after, what it moves, and the steps that are open to the viewer."""
    return _plan_page(request, plan_id, DecideForm())


def _plan_page(request: HttpRequest, plan_id: UUID, form: Form) -> HttpResponse:
    actor = actor_of(request)
    found = reads.plan(actor, plan_id)
    heirs, result = Heirs.read(found.result), found.result
    names = {one["code"]: one["name"] for one in result["begins"]}
    waits = found.state in reads.OPEN
    lines = reads.moving(actor, heirs.codes, heirs) if waits else []
    before = {one.code: one for one in _before(found)}
    context = {
        "plan": found,
        "rows": _rows(result, before),
        "remarks": result.get("remarks", []),
        "lines": [{"line": one, "by": _by(one, names)} for one in lines if one.total],
        "nothing": [one.label for one in lines if not one.total],
        "waits": waits,
        "fresh": not waits or reads.is_fresh(found),
        "history": [_told(line) for line in history_of(KIND, [found.pk])],
        "chosen": ",".join(one["code"] for one in result["begins"] if one["polygon"])[:2000],
        "form": form,
        **_steps(found, actor),
        "menu_key": "places",
    }
    return render(request, "places/plan.html", context, status=422 if request.method == "POST" else 200)


def _before(plan: AreaPlan) -> list[Area]:
    """The rows that the change ends, or ended."""
    uids = list(plan.result.get("based_on", {}).values())
    return list(Area.objects.filter(pk__in=uids).defer("polygon").order_by("code"))


def _rows(result: dict[str, Any], before: dict[str, Area]) -> list[dict[str, Any]]:
    """Each code before and after: name and households; the sums stand below."""
    codes = sorted({*before, *(one["code"] for one in result["begins"])}, key=lambda code: (len(code), code))
    after = {one["code"]: one for one in result["begins"]}
    olds: dict[str, list[str]] = {}
    for old, new in result["pairs"]:
        if old != new:
            olds.setdefault(new, []).append(old)
    return [
        {
            "code": code,
            "before": before.get(code),
            "after": after.get(code),
            "from": [queries.own_name_of(old) for old in olds.get(code, [])] if code not in before else [],
        }
        for code in codes
    ]


def _by(line: reads.Line, names: dict[str, str]) -> list[dict[str, Any]]:
    return [{"name": names.get(code) or queries.own_name_of(code), "count": count} for code, count in line.by[:12]]


def _steps(plan: AreaPlan, actor: Actor) -> dict[str, bool]:
    keeps = actor.may(ADMIN_PLACES, plan.area_code)
    decides = any(actor.may(duty, plan.area_code) for duty in APPROVERS)
    return {
        "may_edit": keeps and plan.state == PlanState.DRAFT,
        "may_submit": keeps and plan.state == PlanState.DRAFT,
        "may_decide": decides and plan.state == PlanState.SUBMITTED and plan.made_by != actor.id,
        "may_drop": keeps and plan.state in reads.OPEN,
    }


def _told(line: Any) -> dict[str, Any]:
    return {"at": line.at, "words": PlanVerb(line.verb).label if line.verb in PlanVerb.values else _("已跟着调整")}


@require_POST
@staff(duty=ADMIN_PLACES)
def submit(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Ask for the second person's decision."""
    form = Form({})
    actor, now = actor_of(request), now_of(request)
    if attempt(form, lambda: actions.submit_plan(plan_id=plan_id, actor=actor, now=now)) is None:
        return _plan_page(request, plan_id, form)
    messages.success(request, str(_("已提交，等另一位审定。")))
    return redirect("places:plan", plan_id=plan_id)


@require_POST
@staff()
def decide(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """The second person agrees or sends it back."""
    actor, now = actor_of(request), now_of(request)
    reads.plan(actor, plan_id)
    form = DecideForm(request.POST)
    if form.is_valid():
        act = actions.approve_plan if form.cleaned_data["decision"] == "approve" else actions.send_plan_back
        words = form.cleaned_data["words"]
        done = attempt(form, lambda: act(plan_id=plan_id, words=words, actor=actor, now=now))
        if done is not None:
            messages.success(request, str(_SAID[PlanState(done.state)]) % {"day": done.effective_on.isoformat()})
            return redirect("places:plan", plan_id=plan_id)
    return _plan_page(request, plan_id, form)


_SAID = {
    PlanState.EFFECTIVE: _("已审定，已经生效。"),
    PlanState.APPROVED: _("已审定，%(day)s 生效。"),
    PlanState.DRAFT: _("已退回修改。"),
}


@require_POST
@staff(duty=ADMIN_PLACES)
def drop(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Throw a plan away."""
    form = Form({})
    actor, now = actor_of(request), now_of(request)
    if attempt(form, lambda: actions.drop_plan(plan_id=plan_id, actor=actor, now=now)) is None:
        return _plan_page(request, plan_id, form)
    messages.success(request, str(_("已作废。")))
    return redirect("places:plans")


@require_GET
@staff()
def shapes(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """The areas around a change as they will be, as GeoJSON."""
    found = reads.plan(actor_of(request), plan_id)
    result = found.result
    gone = {*result["ends"], *(one["code"] for one in result["begins"])}
    around = [one for one in queries.outlines(found.area_code)["features"] if one["id"] not in gone]
    after = [
        {
            "type": "Feature", "id": one["code"], "geometry": one["polygon"],
            "properties": {"code": one["code"], "name": one["name"], "tier": one["tier"]},
        }
        for one in result["begins"]
        if one["polygon"] and (len(one["code"]) > LENGTHS[Tier.STREET] or len(found.area_code) < LENGTHS[Tier.STREET])
    ]  # fmt: skip
    data = orjson.dumps({"type": "FeatureCollection", "features": [*around, *after]})
    response = HttpResponse(data, content_type="application/geo+json")
    response["Cache-Control"] = "private, no-cache"
    return response
