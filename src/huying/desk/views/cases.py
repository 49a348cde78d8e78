"""The list of cases: filters in the address, the table and the map as one selection."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from huying.cases.models import Case
from huying.cases.queries import lists, maps
from huying.cases.queries.lists import Wanted
from huying.cases.queries.maps import Box
from huying.cases.queries.page import by_number
from huying.desk import menu, queries
from huying.desk.actions import may_remove
from huying.desk.filters import Chips, as_tab, common_area, map_area, saved_tabs, tabs_of, tabs_wanted
from huying.desk.forms import BoxForm, ListForm
from huying.desk.links import case_url, outlines_url, with_changes
from huying.desk.rows import Rows, ShownClock, clock_of
from huying.desk.rules import MOST_TOGETHER, acts_of, filter_address
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.ids import is_case_number
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid
from huying.people.rules import Duty

ON_A_PAGE = 25
VIEWS = ("both", "list", "map")
_TONES = {"red": "red", "yellow": "gold", "green": "blue"}
_TOLD = {"red": gettext_lazy("已超时"), "gold": gettext_lazy("快到期"), "grey": gettext_lazy("停表")}


@staff()
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """What the filter finds; a case number in the search box leads straight to its case."""
    viewer, now = actor_of(request), now_of(request)
    form = _form(request)
    wanted = form.wanted(now)
    number = wanted.words.upper().replace(" ", "")
    if is_case_number(number):
        found = by_number(number, viewer)
        if found is not None:
            return HttpResponseRedirect(case_url(found.pk))
    page, rows = _read(request, wanted, viewer)
    counts = lists.counts_found(viewer, {**tabs_wanted(now), "this": wanted, "red": as_tab(wanted)}, now=now)
    chips = Chips(request.GET, wanted, viewer)
    shown = chips.shown()
    view = request.GET.get("view", "both")
    query = filter_address(parse_qsl(request.GET.urlencode()))
    saved = queries.filters_of(viewer)
    here = next((one for one in saved if one.query == query), None)
    area = map_area(viewer, wanted, [row.area_code for row in rows])
    if view not in VIEWS or not area:
        view = "both"
    shown_rows = rows if view != "map" else []
    made, acts = Rows(shown_rows, viewer, now=now), acts_of(viewer)
    facts: dict[str, Any] = {
        "menu_key": "cases",
        "rows": [
            made.of_case(row, number=place, dated=not wanted.by_due, picks=bool(acts))
            for place, row in enumerate(shown_rows, start=1)
        ],
        "acts": acts,
        "filter_parts": parse_qsl(query),
        "most_together": MOST_TOGETHER,
        "page": page,
        "first": not page.after,
        "tabs": [*tabs_of(wanted, counts, now), *saved_tabs(saved, query)],
        "export_url": f"{reverse('desk:exports')}?{query}" if viewer.has(Duty.EXPORT) and rows else "",
        "save_url": f"{reverse('desk:save_filter')}?{query}" if query and here is None else "",
        "saved": here if here is not None and may_remove(here, viewer) else None,
        "filters": shown,
        "more_filters": chips.more(),
        "set_count": sum(chip.set for chip in shown),
        "clear_url": reverse("desk:cases") if any(chip.set for chip in shown) else "",
        "found": counts["this"],
        "late": counts["red"],
        "by_due": wanted.by_due,
        "search_words": wanted.words,
        "form": form,
        "kept": tuple(
            (name, value) for name, value in request.GET.items() if name not in ("q", "after", "since", "until", "days")
        ),
        "view": view,
        "views": [
            {
                "words": _("列表"),
                "url": with_changes(request.GET, view="list"),
                "icon": "list",
                "current": view == "list",
            },
            {
                "words": _("列表+地图"),
                "url": with_changes(request.GET, view=None),
                "icon": "map",
                "current": view == "both",
            },
            {
                "words": _("地图"),
                "url": with_changes(request.GET, view="map"),
                "icon": "map",
                "current": view == "map",
            },
        ],
        "map_url": outlines_url(area) if area else "",
        "box_url": with_changes(request.GET, view=None).replace("?", reverse("desk:box") + "?", 1)
        if wanted.by_due
        else "",
        "points_url": reverse("desk:points") + (f"?{request.GET.urlencode()}" if request.GET else ""),
        "chosen": wanted.area_code or common_area([row.area_code for row in rows if row.lng is not None]),
        "takes_calls": menu.takes_calls(viewer),
    }
    return render(request, "desk/cases.html", facts)


@staff()
@require_safe
def points(request: HttpRequest) -> HttpResponse:
    """The same page of the same list as points on the map; the number is that of the row."""
    viewer, now = actor_of(request), now_of(request)
    _page, rows = _read(request, _form(request).wanted(now), viewer)
    features = []
    for place, row in enumerate(rows, start=1):
        if row.lng is None or row.lat is None:
            continue
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [row.lng, row.lat]},
                "properties": {
                    "number": place,
                    "tone": _tone(clock_of(row.due_from, row.yellow_at, row.due_at), now),
                    "name": row.title,
                    "url": case_url(row.pk),
                },
            }
        )
    return _geojson(features)


@staff()
@require_safe
def in_box(request: HttpRequest) -> HttpResponse:
    """What is open in a box of the map under the same filter, the nearest to its middle first, as GeoJSON."""
    viewer, now = actor_of(request), now_of(request)
    form = BoxForm(request.GET)
    if not form.is_valid():
        raise Invalid({name: [str(line) for line in lines] for name, lines in form.errors.items()})
    most = form.cleaned_data["limit"] or maps.MOST
    dots, more = maps.open_in_box(viewer, form.wanted(now), Box.of(request.GET.get("box", "")), now=now, most=most)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": (dot.lng, dot.lat)},
            "properties": {
                "tone": _tone(clock_of(dot.due_from, dot.yellow_at, dot.due_at), now),
                "name": dot.title,
                "url": case_url(dot.id),
            },
        }
        for dot in dots
    ]
    return _geojson(features, more=more)


def _tone(clock: ShownClock | None, now: datetime) -> str:
    return _TONES[clock.tone(now)] if clock is not None else "grey"


def _geojson(features: list[dict[str, Any]], **more: Any) -> HttpResponse:
    """Dots; `tones` says what a tone means, for whoever does not see it."""
    told = {tone: str(words) for tone, words in _TOLD.items()}
    body = orjson.dumps({"type": "FeatureCollection", "features": features, "tones": told, **more})
    return HttpResponse(body, content_type="application/geo+json", headers={"Cache-Control": "private, no-store"})


def _form(request: HttpRequest) -> ListForm:
    form = ListForm(request.GET)
    if not form.is_valid():
        raise Invalid({name: [str(line) for line in lines] for name, lines in form.errors.items()})
    return form


def _read(request: HttpRequest, wanted: Wanted, viewer: Actor) -> tuple[Page[Case], list[Case]]:
    page: Page[Case] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    return page, lists.cases_found(viewer, wanted, now=now_of(request), page=page)
