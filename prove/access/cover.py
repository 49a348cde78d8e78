"""A covering array: so few rows that any two values of two factors stand together in one of them."""

from __future__ import annotations

import itertools
import random
from typing import Any

from huying.cases.rules import State
from prove.access import ANONYMOUS, REPORTER, doors
from prove.access.world import NEXT_DOOR, POSITIONS, ROLE_CODES, SECRECY, STREET, UNITS, Viewer

Row = tuple[int, str, str, str, str, str]  # door, role, place, unit, secrecy, state
TRIED = 16


def _factors() -> list[list[Any]]:
    return [
        list(range(len(doors.doors()[0]))), [*ROLE_CODES, ANONYMOUS, REPORTER], list(POSITIONS), list(UNITS),
        list(SECRECY), list(State.values),
    ]  # fmt: skip


def _pairs(row: Row) -> list[tuple[int, Any, int, Any]]:
    return [(one, row[one], two, row[two]) for one, two in itertools.combinations(range(len(row)), 2)]


def rows(*, smoke: bool) -> tuple[list[tuple[int, Any, str, str]], int]:
    """The rows as (door, caller, secrecy, state), and how many pairs they leave out."""
    factors = _factors()
    rng = random.Random("prove-access")
    if smoke:
        return _smoke(factors, rng), 0
    left = {
        (one, a, two, b)
        for one, two in itertools.combinations(range(len(factors)), 2)
        for a in factors[one]
        for b in factors[two]
    }
    found: list[Row] = []
    for door, role in itertools.product(factors[0], factors[1]):
        tried = [(door, role, *(rng.choice(one) for one in factors[2:])) for _ in range(TRIED)]
        best = max(tried, key=lambda row: sum(pair in left for pair in _pairs(row)))
        found.append(best)
        left.difference_update(_pairs(best))
    while left:
        one, a, two, b = min(left, key=str)
        row = [rng.choice(factor) for factor in factors]
        row[one], row[two] = a, b
        found.append(tuple(row))
        left.difference_update(_pairs(found[-1]))
    rng.shuffle(found)
    return [_row(one) for one in found], len(left)


def _row(row: Row) -> tuple[int, Any, str, str]:
    door, role, at, unit, secrecy, state = row
    return door, role if role in (ANONYMOUS, REPORTER) else Viewer(role, at, unit), secrecy, state


SMOKE_DOORS = (
    "GET cases:case", "GET api:read_case", "GET cases:file", "GET registers:csv", "GET registers:row",
    "GET opendata:exports", "GET desk:cases", "POST cases:move", "GET portal:status", "GET notices:public",
)  # fmt: skip


def _smoke(factors: list[list[Any]], rng: random.Random) -> list[tuple[int, Any, str, str]]:
    """Every door once, for one of four; the ones that each kind of check needs for each of them."""
    four = [
        Viewer("centre_head", STREET, "on"), Viewer("supervisor", NEXT_DOOR, "on"),
        Viewer("reviewer", STREET, "idle"), Viewer("handler", POSITIONS[2], "on"), ANONYMOUS,
    ]  # fmt: skip
    found = []
    for at, door in enumerate(doors.doors()[0]):
        chosen = (
            [*four, REPORTER]
            if str(door) in SMOKE_DOORS
            else [rng.choice(four)]
            if door.method == "GET" and at % 4 == 0
            else []
        )
        found += [(at, who, rng.choice(factors[4]), rng.choice(factors[5])) for who in chosen]
    return found
