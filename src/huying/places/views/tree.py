"""Pages of places: the tree with its map, the import of areas and outlines, outlines for maps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.kernel.doors import actor_of, attempt, now_of, public, staff
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.places import actions, queries
from huying.places.actions.reading import MOST_GEOJSON_BYTES, MOST_TABLE_BYTES
from huying.places.forms import ImportForm, below
from huying.places.models import Area
from huying.places.queries import plans
from huying.places.rules import ADMIN_PLACES, LENGTHS, ImportKind, Tier, Verb, covers, is_code

SHOWN_PROBLEMS = 500


@require_GET
@staff()
def tree(request: HttpRequest) -> HttpResponse:
    """The tree, opened at the first area the person may look at."""
    return _area_page(request, "")


@require_GET
@staff()
def area(request: HttpRequest, code: str) -> HttpResponse:
    """One area: its place in the tree, its map, what stands in it, what happened to it."""
    return _area_page(request, code)


def _area_page(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of(request)
    if not queries.seen_areas(actor):
        raise NotAllowed
    # What lies outside is asked about as what is missing: neither by its answer nor by its cost can it be told apart.
    gone = not covers(queries.seen_areas(actor), code) or not queries.is_known(code)
    if code and gone and (heirs := _heirs(actor, code)):
        if len(heirs) == 1:
            return redirect("places:area", code=heirs[0])
        named = [{"code": one, "name": queries.name_of(one)} for one in heirs]
        return render(request, "places/heirs.html", {"code": code, "heirs": named, "menu_key": "places"})
    tops = queries.tree(actor)
    node = queries.find(tops, code) if code else queries.first_seen(tops)
    if code:
        queries.area_seen(actor, code)
    found = node.area if node is not None else None
    return render(
        request,
        "places/area.html",
        {
            "chosen": found,
            "node": node,
            "lines": queries.opened(tops, found.code if found else ""),
            "full_name": queries.name_of(found.code) if found else "",
            "map_code": _map_code(actor, found),
            "counts": queries.counts(found.code) if found else {},
            "inventory": queries.inventory(found.code, most=30) if found else None,
            "history": [_told(line) for line in queries.lines_of(found.code)[:20]] if found else [],
            "may_import": actor.has(ADMIN_PLACES),
            "may_change": found is not None and actor.may(ADMIN_PLACES, found.code),
            "below": Tier(below(found.code)).label if found and len(found.code) >= LENGTHS[Tier.DISTRICT] else "",
            "plans": plans.plans_about(actor, found.code) if found else [],
            "codes_of_old": plans.codes_of_old(found.code) if found else [],
            "menu_key": "places",
        },
    )


def _heirs(actor: Any, code: str) -> list[str]:
    """Who came after a code of old, of those that the person may look at."""
    return [one for one in plans.heirs_of(code) if covers(queries.seen_areas(actor), one)]


def _map_code(actor: Any, found: Area | None) -> str:
    """What the map shows around an area: its sub-district, or as much of it as the person may see."""
    if found is None:
        return ""
    street = found.code[: LENGTHS[Tier.STREET]]
    seen = [prefix for prefix in queries.seen_areas(actor) if found.code.startswith(prefix)]
    return max([street, *seen], key=len) if seen else street


def _told(line: Any) -> dict[str, Any]:
    words = Verb(line.verb).label if line.verb in Verb.values else line.verb
    facts = line.facts
    note = ""
    if "households_to" in facts:
        note = _("户数由 %(before)s 改为 %(after)s") % {
            "before": facts["households_from"],
            "after": facts["households_to"],
        }
    return {"at": line.at, "words": words, "note": note}


@require_http_methods(["GET", "POST"])
@staff(duty=ADMIN_PLACES)
def import_file(request: HttpRequest) -> HttpResponse:
    """Bring a file: it is checked, and what is wrong is listed row by row."""
    form, outcome = ImportForm(), None
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        if form.is_valid():
            kept = attempt(form, lambda: _keep(request, form.cleaned_data))
            draft, outcome = kept if kept is not None else (None, None)
            if draft is not None:
                return redirect("places:draft", draft_id=draft.pk)
    context = {"form": form, "outcome": outcome, "problems": outcome.problems[:SHOWN_PROBLEMS] if outcome else []}
    status = 422 if request.method == "POST" else 200
    return render(request, "places/import.html", context | {"menu_key": "places"}, status=status)


def _keep(request: HttpRequest, given: dict[str, Any]) -> Any:
    most = MOST_GEOJSON_BYTES if given["kind"] == ImportKind.POLYGONS else MOST_TABLE_BYTES
    return actions.keep_draft(
        kind=given["kind"],
        filename=given["file"].name,
        data=given["file"].read(most + 1),
        system=given["system"],
        actor=actor_of(request),
        now=now_of(request),
    )


@require_http_methods(["GET", "POST"])
@staff(duty=ADMIN_PLACES)
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """What a checked file would do, and the button that does it."""
    actor, now = actor_of(request), now_of(request)
    if request.method == "POST":
        # What stands in the way shows below, in the check that is made again.
        done = attempt(Form({}), lambda: actions.apply_draft(draft_id=draft_id, actor=actor, now=now))
        if done is not None:
            words = _("已导入：新增 %(created)s，改动 %(changed)s，不变 %(same)s。")
            facts = {"created": done.created, "changed": done.changed, "same": done.same}
            messages.success(request, str(words) % facts)
            return redirect("places:tree")
    kept, outcome = actions.check_draft(draft_id=draft_id, actor=actor, now=now)
    context = {"draft": kept, "outcome": outcome, "problems": outcome.problems[:SHOWN_PROBLEMS], "menu_key": "places"}
    return render(request, "places/draft.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@staff(duty=ADMIN_PLACES)
def drop(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Throw a checked file away."""
    actions.drop_draft(draft_id=draft_id, actor=actor_of(request))
    return redirect("places:import")


@require_GET
@staff()
def polygons(request: HttpRequest) -> HttpResponse:
    """Outlines inside an area that the person may see, as GeoJSON."""
    code = request.GET.get("area", "")
    queries.area_seen(actor_of(request), code)
    return _outlines(request, code, "private, max-age=60")


@require_GET
@public
def outlines(request: HttpRequest) -> HttpResponse:
    """Outlines and names of a sub-district's areas, for the map on which a resident points: nothing else."""
    code = request.GET.get("area", "")
    if not is_code(code) or len(code) < LENGTHS[Tier.STREET]:
        raise NotFound("area")
    return _outlines(request, code, "public, max-age=300")


def _outlines(request: HttpRequest, code: str, cached: str) -> HttpResponse:
    """Outlines inside an area; 304 where the asker has them already, also those that went compressed."""
    tag = f'"{queries.mark()}"'
    response = get_conditional_response(request, etag=tag)
    if response is None:
        response = HttpResponse(orjson.dumps(queries.outlines(code)), content_type="application/geo+json")
    response["ETag"] = tag
    response["Cache-Control"] = cached
    return response
