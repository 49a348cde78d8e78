"""The requests that the bench sends: each door answers them in a small district, and they come from all over it."""

from collections import Counter
from random import Random

import pytest

from bench import live, plans
from bench.district import PEOPLE, grids_of, street_code, username_of
from bench.doors import BY_NAME, DOORS, Kit
from bench.ground import lay
from bench.prepare import gathered, sessions_of
from huying.cases.models import Case
from huying.people.models import Account
from tests.kept import kept
from tests.world import NOW

pytestmark = pytest.mark.django_db
STREAMS = 90


@pytest.fixture
def kit(monkeypatch):
    """Two sub-districts with some cases to ask for."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    ground, taken_in = kept("busy district of two", _busy)
    return _kit(ground, taken_in=taken_in)


def _busy():
    ground, door, taken_in = lay(streets=2, now=NOW), BY_NAME["report_api"], []
    for raw in door.make(_kit(ground)):
        told = plans.answer(raw)
        assert door.missing_in(told.status_code, told.content) == "", told.content[:500]
        taken_in += door.kept_in(told.content)
    return ground, taken_in


def _kit(ground, **more):
    made = Kit("testserver", ground, gathered(ground, forms=12, streams=STREAMS, rng=Random(1)), **more)
    people = {one.username: one for one in Account.objects.all()}
    made.sessions = dict(zip(PEOPLE, sessions_of(people[username_of(who)] for who in PEOPLE), strict=True))
    return made


def test_what_is_written_comes_from_every_sub_district_and_is_moved_there(kit):
    for raw in BY_NAME["report_form"].make(kit):
        assert plans.ask(raw) == 302
    assert Case.objects.count() == 24
    streets = Counter(code[:9] for code in Case.objects.values_list("area_code", flat=True))
    assert set(streets) == {street_code(0), street_code(1)}
    assert streets[street_code(0)] >= streets[street_code(1)]
    assert {street for _case, street in kit.taken_in} == {"001", "002"}
    moves = BY_NAME["move"].make(kit)
    assert len(moves) == 12
    for raw in moves:
        assert plans.ask(raw) == 200


def test_every_door_answers_everybody_who_asks(kit):
    reads = [one for one in DOORS if not one.once and one.least is None]
    made = {door.name: list(dict.fromkeys(door.make(kit))) for door in reads}
    kit.alone = True
    for door in reads:
        assert made[door.name], door.name
        assert [plans.ask(raw) for raw in made[door.name][:6]] == [door.status] * len(made[door.name][:6]), door.name
        assert set(door.make(kit)) <= set(made[door.name]), door.name


def test_half_of_what_is_asked_comes_from_the_first_sub_district(kit):
    made = BY_NAME["mine_dispatcher1"].make(kit)
    assert len(set(made)) == 2
    assert made[0::2] == [kit.get("/desk/", **kit.as_person("dispatcher1"))] * (len(made) // 2)


def test_whom_a_stream_concerns_follows_from_its_grants(kit):
    assert len(kit.prepared["streams"]) == STREAMS
    every = {code for code, _corner in grids_of(0)}
    sizes = Counter(len(grids) for _session, grids in kit.prepared["streams"])
    assert {grid for _session, grids in kit.prepared["streams"] for grid in grids} == every
    assert sizes[24] >= 11  # the desk reads the whole sub-district
    assert sizes[0] >= 30  # the next one's staff reads nothing of it
    assert sizes[4] >= 6  # a community's secretary reads its grids


def test_an_event_of_the_streams_is_a_case_in_its_own_grid(kit):
    grid = list(grids_of(0))[7]
    told = plans.answer(live.report_in(kit, 1, grid))
    assert told.status_code == 201, told.content[:300]
    case = Case.objects.get(pk=told.json()["case_id"])
    assert (case.area_code, case.restricted) == (grid[0], False)


def test_residents_answers_are_packed_and_references_are_not(kit):
    assert plans.answer(BY_NAME["status"].make(kit)[0])["Content-Encoding"] == "gzip"
    for name in ("ref_rows", "ref_page", "ref_inserts"):
        assert all("\r\nAccept-Encoding: identity\r\n" in raw for raw in BY_NAME[name].make(kit))
