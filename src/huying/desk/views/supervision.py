"""The board of supervision: what of each unit is late, supervised, whistled for, asked, again or held; each number
opens its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huying.cases.models import Case
from huying.cases.queries import watching
from huying.cases.queries.watching import Behind, Counts
from huying.cases.rules.watching import Watch
from huying.clocks import queries as clocks
from huying.desk.rows import Rows
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places
from huying.ui.words import due_words

ON_A_PAGE = 50
UNLED = "none"  # in the address: what no unit has


@staff(Duty.SUPERVISE)
@require_safe
def supervision(request: HttpRequest) -> HttpResponse:
    """Counts of one area of the viewer's by unit; `?kind=` (and `unit`) lists the rows behind one."""
    viewer, now = actor_of(request), now_of(request)
    own = [code for code in viewer.areas(Duty.SUPERVISE) if viewer.may(Duty.READ, code)]
    if not own:
        raise NotAllowed(duty=str(Duty.SUPERVISE))
    code = request.GET.get("area", own[0])
    asked = _asked(request)
    facts: dict[str, Any] = {
        "menu_key": "supervision",
        "name": places.name_of(code) if code else _("全部区域"),
        "own": [
            {"words": places.name_of(one), "url": f"?{urlencode({'area': one})}", "current": one == code} for one in own
        ],
        "kinds": [kind.label for kind in Watch],
    }
    if asked is None:
        counts = watching.watched(viewer, code, now=now)
        dates = watching.promises(viewer, code)
        made = Rows([one.case for one in dates], viewer, now=now)
        facts |= {
            "rows": _rows(counts, code),
            "total": _cells({kind: sum(one[kind] for one in counts.values()) for kind in Watch}, code),
            "dates": [
                (
                    made.of_case(one.case),
                    due_words(one.at, now) if one.at is not None else clocks.day_words(one.day, now) if one.day else "",
                )
                for one in dates
            ],
        }
        return render(request, "desk/supervision.html", facts)
    page: Page[Case] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    cases = watching.rows_behind(viewer, code, asked, now=now, page=page)
    made = Rows(cases, viewer, now=now)
    facts |= {
        "kind": asked.kind.label,
        "cases": [made.of_case(one) for one in cases],
        "page": page,
        "first": not page.after,
        "back_url": f"?{urlencode({'area': code})}",
    }
    return render(request, "desk/supervision_rows.html", facts)


def _asked(request: HttpRequest) -> Behind | None:
    word, unit = request.GET.get("kind", ""), request.GET.get("unit", "")
    if not word:
        return None
    if word not in Watch.values:
        raise NotFound("kind")
    if unit in ("", UNLED):
        return Behind(Watch(word), unled=unit == UNLED)
    try:
        return Behind(Watch(word), UUID(unit))
    except ValueError:
        raise NotFound("unit") from None


def _url(code: str, kind: Watch, unit: str = "") -> str:
    query = {"area": code, "kind": str(kind)} | ({"unit": unit} if unit else {})
    return f"?{urlencode(query)}"


def _rows(counts: Counts, code: str) -> list[dict[str, Any]]:
    """One row a unit, by name: no order by how much is late. What no unit has comes first."""
    units = people.units(one for one in counts if one is not None)
    named = sorted(
        ((units[one].short_name or units[one].name, str(one), found) for one, found in counts.items() if one in units),
    ) if units else []  # fmt: skip
    unled = [(_("还没有派单"), UNLED, counts[None])] if None in counts else []
    return [{"name": name, "counts": _cells(found, code, unit)} for name, unit, found in [*unled, *named]]


def _cells(found: Mapping[Watch, int], code: str, unit: str = "") -> list[dict[str, Any]]:
    return [
        {"label": kind.label, "count": found[kind], "url": _url(code, kind, unit) if found[kind] else ""}
        for kind in Watch
    ]
