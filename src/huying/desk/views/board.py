"""The board: how many cases are open, where, in which state, of which matter, how late; each number opens its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huying.cases.queries import tallies
from huying.cases.queries.lists import NO_MATTER
from huying.cases.queries.tallies import Board, Line
from huying.cases.rules import OPEN, State
from huying.cases.rules.tallies import LEVELS, level_below
from huying.desk.filters import words_unplaced
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.refusals import NotAllowed
from huying.matters import queries as matters
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import LENGTHS, Tier
from huying.ui.context import address


@dataclass(frozen=True)
class Count:
    """A number that opens its rows; "" where there is none to open."""

    count: int
    url: str


@dataclass(frozen=True)
class Place:
    """An area as a row of the table. Rows are parts of the page: equal where they read alike."""

    name: str
    url: str
    open: Count
    late: Count
    today: Count
    states: tuple[Count, ...]


@dataclass(frozen=True)
class Bar:
    """A number beside others of its kind; `part` of the largest, in a hundred."""

    name: str
    count: int
    url: str
    part: int


DAYS = 7
STATES = tuple(state for state in State if state in OPEN)
_BUILDING = LENGTHS[Tier.BUILDING]


@staff(Duty.READ)
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Counts of one area of the viewer's; without a word, of the first."""
    viewer, now = actor_of(request), now_of(request)
    own = viewer.areas(Duty.READ)
    if not own:  # reads the orders of a unit alone
        raise NotAllowed(duty=str(Duty.READ))
    code = request.GET.get("area", own[0])
    found = tallies.board(viewer, code, now=now)
    facts: dict[str, Any] = {
        "menu_key": "board",
        "board": found,
        "name": _name(code),
        "above": _above(viewer, code),
        "own": [
            {"words": _name(one), "url": f"?{urlencode({'area': one})}", "current": code.startswith(one)} for one in own
        ],
        "counts": _counts(found, code),
        "states": [state.label for state in STATES],
        "rows": _rows(found, code),
        "totals": _states(found.whole, code),
        "matters": _matters(found.whole, code),
        "days": _days(found.whole, code, timezone.localdate(now)),
        "restricted_url": _list(code, flag="restricted"),
    }
    return render(request, "desk/board.html", facts)


def _name(code: str) -> str:
    return places.name_of(code) if code else _("全部区域")


def _list(code: str, **asked: str) -> str:
    """The rows behind a number: restricted cases are in none, whoever looks."""
    query = ({"area": code} if code else {}) | {"flag": "unrestricted"} | asked
    return f"{address('desk:cases')}?{urlencode(query)}"


def _above(viewer: Actor, code: str) -> dict[str, str] | None:
    """The next wider area that the viewer reads."""
    wider = next((code[:level] for level in reversed(LEVELS) if level < len(code)), None)
    if wider is None or not viewer.may(Duty.READ, wider):
        return None
    return {"words": _name(wider), "url": f"?{urlencode({'area': wider})}"}


def _counts(found: Board, code: str) -> list[dict[str, Any]]:
    whole, today = found.whole, timezone.localdate(found.at)
    day = today.isoformat()
    return [
        {"label": _("在办"), "count": whole.open, "url": _list(code)},
        {"label": _("已超时"), "count": whole.due["late"], "url": _list(code, light="red"), "tone": "late"},
        {"label": _("今天到期"), "count": whole.due["today"], "url": _list(code, red_today="1"), "tone": "soon"},
        {"label": _("停表"), "count": whole.due["still"], "url": _list(code, light="still")},
        {
            "label": _("今天收到"),
            "count": whole.received[today],
            "url": _list(code, state="all", since=day, until=day),
        },
    ]


def _rows(found: Board, code: str) -> list[Place]:
    """The whole, the areas inside, and what lies in none of them yet."""
    rows = [_row(found.whole, _("合计"))]
    below = level_below(code)
    if below is None:
        return rows
    inside = {one: found.inside.get(one) or Line(one) for one in _inside(code, below)} | found.inside
    rows += [
        # Cases may still lie in an area that is no more: it has no board.
        _row(line, places.own_name_of(one) or one, f"?{urlencode({'area': one})}" if places.is_known(one) else "")
        for one, line in sorted(inside.items())
    ]
    rest = Line(code)
    for state in STATES:
        rest.states[state] = found.whole.states[state] - sum(line.states[state] for line in inside.values())
    for bucket in ("late", "today"):
        rest.due[bucket] = found.whole.due[bucket] - sum(line.due[bucket] for line in inside.values())
    if rest.open and code and below != _BUILDING:  # most matters of a grid lie in no building
        rows.append(_row(rest, words_unplaced(code), here="1"))
    return rows


def _inside(code: str, below: int) -> list[str]:
    return [one for one in places.names_within(code) if len(one) == below]


def _row(line: Line, name: str, url: str = "", **where: str) -> Place:
    def cell(count: int, **asked: str) -> Count:
        return Count(count, _list(line.code, **where, **asked) if count else "")

    return Place(
        name=name,
        url=url,
        open=cell(line.open),
        late=cell(line.due["late"], light="red"),
        today=cell(line.due["today"], red_today="1"),
        states=tuple(cell(line.states[state], state=str(state)) for state in STATES),
    )


def _bars(counts: Iterable[tuple[str, int, str]]) -> tuple[Bar, ...]:
    """From names, counts and addresses."""
    found = list(counts)
    most = max((count for _name, count, _url in found), default=0)
    return tuple(Bar(name, count, url, round(100 * count / most) if most else 0) for name, count, url in found)


def _states(whole: Line, code: str) -> tuple[Bar, ...]:
    """The whole by state, for phones, where the table has no room for it."""
    return _bars(
        (str(state.label), count, _list(code, state=str(state))) for state in STATES if (count := whole.states[state])
    )


def _matters(whole: Line, code: str) -> tuple[Bar, ...]:
    names = {one.code: one.name for one in matters.classes()}
    counted = sorted(whole.matters.items(), key=lambda pair: (-pair[1], pair[0]))
    return _bars(
        (
            names.get(matter, matter) if matter else _("还没确定事项"),
            count,
            _list(code, matter=matter or NO_MATTER),
        )
        for matter, count in counted
        if count
    )


def _days(whole: Line, code: str, today: date) -> tuple[Bar, ...]:
    found = []
    for back in range(DAYS):
        day = today - timedelta(days=back)
        told, count = day.isoformat(), whole.received[day]
        url = _list(code, state="all", since=told, until=told) if count else ""
        found.append((date_format(day, _("n月j日")), count, url))
    return _bars(found)
