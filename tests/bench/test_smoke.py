"""The bench itself, small: a world of 2,000 cases is built, verifies, is measured through every door, and is told."""

import json
import os
import subprocess
import sys

import pytest

from bench import growth, measure, showing, worlds
from bench.doors import BY_NAME, REFERENCES, WRITES
from prove.frame import WORK
from prove.server import copied

pytestmark = [pytest.mark.slow, pytest.mark.one_process]  # its world is measured once
CASES = 2_000
# Where the database's user can reach it; another process may try other tests of this file.
HOUSE = WORK / f"bench-house-{os.getpid()}"
# One door of each kind; a real run has all of them.
SOME = (
    "report_form", "report_api", "move", "api_list", "desk_list", "api_case", "case_page", "mine_dispatcher1",
    "mine_water1", "search_rare_wide", "map_box", "map_api", "board", "assess", "status",
)  # fmt: skip
TAKEN = """
SELECT count(*), count(*) FILTER (WHERE r.area_code <> c.area_code OR r.case_open <> (c.ended_at IS NULL))
FROM cases_report r JOIN cases_case c ON c.id = r.case_id WHERE r.taken_by_id IS NOT NULL
"""
RETURNED = """
SELECT count(*) FILTER (WHERE o.case_open <> (c.ended_at IS NULL))
FROM cases_workorder o JOIN cases_case c ON c.id = o.case_id WHERE o.state = 'returned'
"""
NOT_THERE = {"map_box", "map_api"}  # so small a world has fewer open cases than the doors are measured with
SAID: list[str] = []


@pytest.fixture(scope="module")
def world():
    return worlds.world(CASES)


@pytest.fixture(scope="module")
def found(world):
    """By the command, in a process that is no house's: what makes the doors' requests needs none of its settings."""
    run = subprocess.run(
        [sys.executable, "-m", "bench", f"--cases={CASES}", "--rounds=1", "--seconds=0.3", "--clients=4", "--live=30",
         "--visits=2", *SOME],
        capture_output=True, text=True, timeout=600, check=False, cwd=measure.ROOT,
    )  # fmt: skip
    assert run.stdout, run.stderr[-2_000:]
    SAID.extend(run.stderr.splitlines())
    return json.loads(run.stdout)


def test_a_stamped_world_verifies_and_has_the_shape_that_was_asked_for(world):
    built = json.loads((world / worlds.BUILT).read_text(encoding="utf-8"))
    assert built["cases"] == CASES
    assert 0.035 <= built["open_share"] <= 0.045
    assert 5 <= built["history_per_case"] <= 9
    assert 130 <= built["words_length"] <= 160
    house = copied(world, HOUSE)
    try:
        with house.database():
            told = house.facts("verify")
            with house.connect("huying_boot") as base:
                taken, astray = base.execute(TAKEN).fetchone()
                assert base.execute(RETURNED).fetchone() == (0,)
        assert (told["ok"], told["unsealed"]) == (True, 0)
        assert (taken > 0, astray) == (True, 0)
        assert told["sealed"] > CASES * 5
    finally:
        house.remove()


def test_a_changed_row_of_a_stamped_world_is_found(world):
    house = copied(world, HOUSE)
    try:
        with house.database(), house.connect("huying_boot") as base:
            base.execute("SET session_replication_role = replica")
            base.execute("UPDATE audit_history SET verb = 'x' WHERE id = (SELECT max(id) - 7 FROM audit_history)")
            assert house.facts("verify")["ok"] is False
    finally:
        house.remove()


def test_every_door_is_measured_beside_its_reference(found):
    assert set(found["missing"]) <= NOT_THERE, found["missing"]
    assert set(found["doors"]) == {*SOME, *(one.name for one in REFERENCES)}
    for door in (*REFERENCES, *(BY_NAME[name] for name in SOME)):
        row = found["doors"][door.name]
        if door.name in NOT_THERE:
            assert not row["reached"]
            continue
        assert row["per_second"] > 0, door.name
        assert row["bad"] == 0, door.name
        assert row["statements"] >= row["round_trips"] >= 1, door.name
        assert row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"], door.name
        assert (row["ratio"] is not None) == bool(door.reference), door.name
    assert found["doors"]["ref_rows"]["statements"] == 2  # the session's connection is looked at, and the rows
    assert found["doors"]["ref_inserts"]["statements"] == 5  # with the beginning and the end of the transaction
    together = [name for name, row in found["doors"].items() if row["statements"] > row["round_trips"]]
    assert "case_page" in together  # what hangs on a case goes in one round trip, and every statement of it counts


def test_nothing_is_written_before_all_reads_are_measured(found):
    measured = [line.split()[2].rstrip(":") for line in SAID if line.startswith("round ")]
    kinds = [name in WRITES for name in measured]
    assert set(measured) > WRITES
    assert kinds == sorted(kinds)
    assert SAID.index("counting statements") < SAID.index("warming")


def test_memory_streams_and_the_verdict_are_told(found):
    assert len(found["memory"]["web"]) == 2
    live = found["live"]
    assert (live["open"], live["missed"]) == (30, 0)
    assert live["pages_concerned"] >= live["events"]  # there is somebody for each of them
    assert 0 < live["event_p50_ms"] <= live["event_p95_ms"] < 8000
    assert (live["pages_before"]["bad"], live["pages_beside"]["bad"]) == (0, 0)
    assert found["reached"] is False  # the doors of the map are not there
    words = showing.table(found)
    assert all(name in words for name in SOME)
    assert json.loads(json.dumps(found))["source"] == worlds.source_hash()


def test_growth_holds_each_door_to_its_own_figures(found):
    same = growth.grown(found["doors"], found["doors"])
    assert all(row["reached"] for name, row in same.items() if name not in NOT_THERE)
    slower = {name: {**row, "p50_ms": row.get("p50_ms", 1) * 1.4} for name, row in found["doors"].items()}
    assert not growth.grown(found["doors"], slower)["status"]["reached"]
    failing = {name: {**row, "bad": 1} for name, row in found["doors"].items()}
    assert not growth.grown(found["doors"], failing)["status"]["reached"]
    busier = {name: {**row, "database_ms": row.get("database_ms", 1) + 11} for name, row in found["doors"].items()}
    few = {name: {**row, "database_ms": 1.0} for name, row in found["doors"].items()}
    assert not growth.grown(few, busier)["status"]["reached"]


def test_the_chart_draws_what_is_kept(found, tmp_path, monkeypatch):
    monkeypatch.setattr(showing, "RESULTS", tmp_path)
    whole = {**found, "rounds": measure.ROUNDS, "seconds": measure.SECONDS}
    showing.keep({**whole, "at": "2026-11-22T10:00:00+00:00"})
    showing.keep({**whole, "at": "2026-11-23T10:00:00+00:00"})
    showing.keep({**found, "at": "2026-11-24T10:00:00+00:00"})  # a short one
    target = tmp_path / "bench.svg"
    showing.draw(CASES, target)
    text = target.read_text(encoding="utf-8")
    assert text.count("<polyline") == len(
        [one for one in showing.DRAWN if found["doors"].get(one, {}).get("per_second")]
    )
    assert "11-23" in text
    assert "11-24" not in text
