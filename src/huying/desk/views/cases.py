"""The list of cases: filters in the address, the table and the map as one selection."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huying.cases.models import Case
from huying.cases.queries import lists
from huying.cases.queries.lists import Wanted
from huying.cases.queries.page import by_number
from huying.desk import menu
from huying.desk.filters import Chips, as_tab, common_area, map_area, tabs_of, tabs_wanted
from huying.desk.forms import ListForm
from huying.desk.links import case_url, outlines_url, with_changes
from huying.desk.rows import Rows, clock_of
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.ids import is_case_number
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid

ON_A_PAGE = 25
VIEWS = ("both", "list", "map")
_TONES = {"red": "red", "yellow": "gold", "green": "blue"}


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
    area = map_area(viewer, wanted, [row.area_code for row in rows])
    made = Rows(rows, viewer, now=now)
    facts: dict[str, Any] = {
        "menu_key": "cases",
        "rows": [made.of_case(row, number=place) for place, row in enumerate(rows, start=1)],
        "page": page,
        "first": not page.after,
        "tabs": tabs_of(wanted, counts, now),
        "filters": shown,
        "more_filters": chips.more(),
        "set_count": sum(bool(chip.get("set")) for chip in shown),
        "clear_url": reverse("desk:cases") if any(chip.get("set") for chip in shown) else "",
        "found": counts["this"],
        "late": counts["red"],
        "by_due": wanted.by_due,
        "search_words": wanted.words,
        "form": form,
        "kept": [
            (name, value) for name, value in request.GET.items() if name not in ("q", "after", "since", "until", "days")
        ],
        "view": view if view in VIEWS else "both",
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
                "current": view not in ("list", "map"),
            },
        ],
        "map_url": outlines_url(area) if area else "",
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
        clock = clock_of(row.due_from, row.yellow_at, row.due_at)
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [row.lng, row.lat]},
                "properties": {
                    "number": place,
                    "tone": _TONES[clock.tone(now)] if clock is not None else "grey",
                    "name": row.title,
                    "url": case_url(row.pk),
                },
            }
        )
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return HttpResponse(body, content_type="application/geo+json", headers={"Cache-Control": "private, no-store"})


def _form(request: HttpRequest) -> ListForm:
    form = ListForm(request.GET)
    if not form.is_valid():
        raise Invalid({name: [str(line) for line in lines] for name, lines in form.errors.items()})
    return form


def _read(request: HttpRequest, wanted: Wanted, viewer: Actor) -> tuple[Page[Case], list[Case]]:
    page: Page[Case] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    return page, lists.cases_found(viewer, wanted, now=now_of(request), page=page)
