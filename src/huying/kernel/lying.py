"""What lies in areas: each app registers at start what it keeps there, so that a change of borders can be shown first.

Areas are on the lowest floor and know no other app: they ask here, and tell with an event when it has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from huying.kernel.actor import Actor
from huying.kernel.terms import Label


@dataclass(frozen=True)
class Lying:
    """One thing in an area: the code it carries, and its point (WGS84) where it has one."""

    id: str
    code: str
    lng: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class InAreas:
    """One kind of thing. `rows` gives all whose code begins with one of the codes, `count` only how many.

    `spreads`: names an area as a whole, so it stands for every heir of a divided one. A kind with `count` alone
    keeps the code of its day and is only counted.
    """

    key: str
    label: Label
    note: Label
    order: int
    rows: Callable[[Sequence[str]], Iterable[Lying]] | None = None
    count: Callable[[Sequence[str]], int] | None = None
    spreads: bool = False


@dataclass(frozen=True)
class Staff:
    """How many people hold the posts of a grid."""

    heads: int = 0
    full_time: int = 0
    part_time: int = 0


IN_AREAS: dict[str, InAreas] = {}
# Where the rows of a kind are listed: told by the app that has the page.
PAGES: dict[str, Callable[[Actor, str], str]] = {}
# How grids are staffed, and the page where posts are given: told by the app that keeps people.
STAFF_OF: list[Callable[[Sequence[str]], Mapping[str, Staff]]] = []
STAFF_PAGE: list[Callable[[Actor, str], str]] = []


def lies_in_areas(kind: InAreas) -> None:
    IN_AREAS[kind.key] = kind


def kinds_in_areas() -> list[InAreas]:
    return sorted(IN_AREAS.values(), key=lambda one: one.order)


def page_of(key: str, viewer: Actor, code: str) -> str:
    """Where the viewer finds the things of a kind in an area; "" where the viewer has no such page."""
    return PAGES[key](viewer, code) if key in PAGES else ""


def staff_of(codes: Sequence[str]) -> dict[str, Staff]:
    """The staffing of these grids; nothing where no app tells."""
    found: dict[str, Staff] = {}
    for told in STAFF_OF:
        found.update(told(codes))
    return found


def staff_page(actor: Actor, code: str) -> str:
    """Where posts of a grid are given; "" where the actor has no such page."""
    return next((url for told in STAFF_PAGE if (url := told(actor, code))), "")
