"""Which guard is switched off just now, and which tests would have noticed.

Every guard of the product is wrapped once. With no mutant set the wrap only looks: where the mutant's answer would
differ from the guard's own, it writes down that this test can kill that mutant. With a mutant set it gives the
mutant's answer. No file is edited, and a mutant costs one comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q

REMOVED, INVERTED, DUTY, SCOPE, OPENED = "removed", "inverted", "duty", "scope", "opened"

known: dict[str, tuple[str, ...]] = {}
"""Every place that can be mutated, with the ways: `place`, then `removed` or `inverted` …"""
active: tuple[str, str] | None = None
felt: set[tuple[str, str]] | None = None


def declare(place: str, *ways: str) -> str:
    known[place] = ways
    return place


def feel(place: str, way: str, differs: bool = True) -> None:
    if felt is not None and differs:
        felt.add((place, way))


def is_set(place: str, way: str) -> bool:
    return active is not None and active == (place, way)


def truth(place: str, value: Any, off: bool) -> Any:
    """A condition; `off` is what it says when the guard is gone."""
    if active is None:
        if felt is not None:
            felt.add((place, INVERTED))
            if bool(value) != off:
                felt.add((place, REMOVED))
        return value
    if active[0] != place:
        return value
    return off if active[1] == REMOVED else not value


def areas(place: str, value: Any) -> Any:
    """The areas a duty is held over: everywhere, when the guard is gone."""
    if active is None:
        feel(place, REMOVED, value != ("",))
        return value
    return ("",) if active == (place, REMOVED) else value


def condition(place: str, value: Any) -> Any:
    """A positional argument of a filter."""
    feel(place, REMOVED)
    return Q() if active == (place, REMOVED) else value


def named(place: str, value: dict[str, Any]) -> dict[str, Any]:
    """A named argument of a filter."""
    feel(place, REMOVED)
    return {} if active == (place, REMOVED) else value


def guarded(place: str, one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A named guard of one row of a table of moves: gone, it agrees."""

    def asked(facts: Any) -> bool:
        return bool(truth(place, one(facts), True))

    asked.__dict__.update(getattr(one, "__dict__", {}))
    asked.__name__, asked.__doc__, asked.__module__ = one.__name__, one.__doc__, one.__module__
    asked.__wrapped__ = one  # type: ignore[attr-defined]
    return asked
