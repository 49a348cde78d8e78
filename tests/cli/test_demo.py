"""`huying demo` as people type it: once made, there at once; nobody's data is taken for a demo."""

import json
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import House

pytestmark = pytest.mark.slow

SMALL_WORLD = """
from datetime import UTC, datetime, timedelta
from pathlib import Path
from huying.config.postgres import Server
import os
with Server(Path(os.environ["HUYING_DATA"])):
    import django; django.setup()
    from huying.cli.play import world
    now = datetime.now(UTC).replace(microsecond=0)
    world.build(seed=7, until=now - timedelta(hours=1), scale=0.02)
"""
OTHER_SESSION = """
from pathlib import Path
import os, sys, psycopg
from huying.config.postgres import Server, url_of
data = Path(os.environ["HUYING_DATA"])
with Server(data), psycopg.connect(url_of(data)):
    print("connected", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def street(migrated):
    """A data folder with a small demo world, made as the command makes the whole one."""
    with migrated() as one:
        one.python(SMALL_WORLD)
        yield one


def test_a_made_world_is_there_at_once_and_its_history_is_whole(street):
    began = time.monotonic()
    first = street.facts("demo", "--no-serve")
    second = street.facts("demo", "--no-serve")
    assert time.monotonic() - began < 60

    assert set(first) == {"seconds", "areas", "grids", "people", "cases", "by_state"}
    assert (first["areas"], first["grids"]) == (95, 79)
    assert sum(first["by_state"].values()) == first["cases"] > 50
    assert {**first, "seconds": 0} == {**second, "seconds": 0}
    verified = street.facts("verify")
    assert (verified["ok"], verified["unsealed"], verified["broken"]) == (True, 0, [])


def test_another_seed_than_the_one_that_is_there_is_said_not_silently_dropped(street):
    done = street.run("demo", "--no-serve", "--seed", "8")
    assert done.returncode == 0
    assert "--fresh" in done.stderr


def test_the_future_has_no_world_yet(street):
    tomorrow = date.today() + timedelta(days=2)
    done = street.run("demo", "--no-serve", "--until", tomorrow.isoformat())
    assert done.returncode == 2
    assert "--until" in done.stderr
    assert street.run("demo", "--no-serve", "--until", "yesterday").returncode == 2


def test_a_folder_with_other_data_is_neither_built_on_nor_cleared(house):
    for arguments in (("demo", "--no-serve"), ("demo", "--no-serve", "--fresh")):
        done = house.run(*arguments)
        assert done.returncode == 2, arguments
        assert "--data" in done.stderr
    assert house.facts("verify")["ok"]


def test_a_demo_in_use_is_not_cleared(street):
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_SESSION],
        env=street.environment(HUYING_DATA=str(street.data)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert other.stdout.readline().strip() == "connected"
        done = street.run("demo", "--no-serve", "--fresh")
        assert done.returncode == 2
        assert "正在别处使用" in done.stderr
    finally:
        other.communicate("go\n", timeout=60)
    assert street.facts("demo", "--no-serve")["cases"] > 50


def test_a_fresh_demo_is_whole_within_its_time():
    with tempfile.TemporaryDirectory(prefix="huying-fresh-") as name:
        Path(name).chmod(0o711)
        one = House(Path(name) / "data")
        one.facts("migrate")
        one.python(SMALL_WORLD)
        done = one.run("demo", "--no-serve", "--fresh", "--json", "--until", "2026-10-20", limit=400)
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout.splitlines()[-1])
        assert 2900 <= facts["cases"] <= 3100
        assert len(facts["by_state"]) == 15
        assert one.facts("verify")["ok"]
        assert one.facts("demo", "--no-serve")["cases"] == facts["cases"]
