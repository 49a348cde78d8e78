"""A guard over 300,000 cases: no door reads a large table whole, sorts thousands of rows or waits long for the database.

The figures of `make bench-growth` are finer; this notices in the full run of the tests that a door began to grow.
"""

import json

import pytest

from bench import worlds
from bench.doors import DOORS

pytestmark = [pytest.mark.slow, pytest.mark.one_process]  # its world is measured once
CASES = 300_000
CEILING_MS = 60.0  # generous: the machine of a full run does other things too


@pytest.fixture(scope="module")
def world():
    return worlds.world(CASES)


@pytest.fixture(scope="module")
def plans(world):
    return worlds.plans(world)


@pytest.mark.parametrize("name", [one.name for one in DOORS])
def test_a_door_answers_over_300_000_cases_as_over_few(plans, name):
    seen = plans[name]
    assert seen["faults"] == [], seen["costly"]
    assert seen["statements"] >= 1
    assert seen["database_ms"] <= CEILING_MS, seen["costly"]


def test_the_world_is_as_large_as_it_says(world):
    built = json.loads((world / worlds.BUILT).read_text(encoding="utf-8"))
    assert built["cases"] == CASES
    assert built["open_share"] * CASES > 10_000  # so a plan that reads all open ones is a plan that grows
