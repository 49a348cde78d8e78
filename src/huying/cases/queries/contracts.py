"""Calls about the work of a contractor, or in a shopping quarter: by where it is and which matters they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q
from django.utils import timezone

from huying.cases.models import Case
from huying.cases.queries.scope import branches_seen_by, within
from huying.cases.rules import OPEN
from huying.kernel.actor import Actor

MOST_COUNTED = 1000


@dataclass(frozen=True)
class Complaints:
    """The latest cases, and how many there are and are still open; counted up to `MOST_COUNTED`."""

    latest: list[Case]
    count: int
    open: int


def about_work(
    viewer: Actor, *, areas: Sequence[str], matters: Sequence[str], since: date, until: date | None, most: int = 10
) -> Complaints:
    """Cases about these matters (classes or types of the catalogue) in these areas, received during the term.

    A case is included if, and only if, the viewer may see it. Nothing is said of who called.
    """
    if not matters:
        return Complaints([], 0, 0)
    reach = within(areas) & _about(matters) & Q(received_at__gte=_day(since), imported=False, drill=False)
    if until is not None:
        reach &= Q(received_at__lt=_day(until))
    found: dict[object, Case] = {}
    states: dict[object, str] = {}
    for branch in branches_seen_by(viewer):
        rows = branch.filter(reach)
        found |= {row.pk: row for row in rows.order_by("-received_at", "-pk")[:most]}
        states |= dict(rows.order_by().values_list("pk", "state")[:MOST_COUNTED])
    latest = sorted(found.values(), key=lambda row: (row.received_at, row.pk), reverse=True)[:most]
    return Complaints(latest, len(states), sum(state in OPEN for state in states.values()))


def open_in(
    viewer: Actor, *, areas: Sequence[str], kinds: Sequence[Sequence[str]], since: date, most: int = 10
) -> list[Complaints]:
    """Cases in these areas since then, by kinds of matters (each some classes of the catalogue): of each kind how many,
    how many are open, and the latest of the open ones. As far as the viewer may see them; nothing of who called."""
    codes = [code for kind in kinds for code in kind]
    reach = within(areas) & _about(codes) & Q(received_at__gte=_day(since), imported=False, drill=False)
    found: dict[object, Case] = {}
    for branch in branches_seen_by(viewer):
        rows = branch.filter(reach).defer("search").order_by("-received_at", "-pk")[:MOST_COUNTED]
        found |= {row.pk: row for row in rows}
    every = sorted(found.values(), key=lambda row: (row.received_at, row.pk), reverse=True)
    told = []
    for kind in kinds:
        mine = [row for row in every if row.type_code.startswith(tuple(kind))]
        going = [row for row in mine if row.state in OPEN]
        told.append(Complaints(going[:most], len(mine), len(going)))
    return told


def _about(matters: Sequence[str]) -> Q:
    condition = Q(pk__in=[])
    for code in matters:
        condition |= Q(type_code__startswith=code)
    return condition


def _day(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
