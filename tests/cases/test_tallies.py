"""Counts of the board are those of a full recount, after any acts, folded in or not, and show nobody more than the list."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.cases import actions as a
from huying.cases.actions import NewReport, tallying
from huying.cases.actions.building import Builder
from huying.cases.models import Case, Tally, TallyChange
from huying.cases.queries import lists, tallies
from huying.cases.queries.lists import Wanted
from huying.cases.rules import OPEN, State
from huying.cases.rules.tallies import KEPT_DAYS, cells_of, day_of, hour_of, level_below, midnight_after
from huying.kernel.actor import resident
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from tests.world import BANYAN, DISTRICT, GRID, KAPOK, NEXT_DOOR, NOW, OTHER_GRID, STREET, build_world, middle

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return build_world()


def recounted(now):
    """Every cell from the cases themselves, by the pure rule."""
    found = Counter()
    for case in Case.objects.defer("search"):
        found.update(
            cells_of(
                area_code=case.area_code, state=case.state, type_code=case.type_code, due_at=case.due_at,
                received_at=case.received_at, restricted=case.restricted, drill=case.drill, now=now,
            )
        )  # fmt: skip
    return dict(found)


def listed(viewer, now, **wanted):
    return len(lists.cases_found(viewer, Wanted(**wanted), now=now, page=Page(limit=200)))


class TestRules:
    def test_a_day_is_one_in_china_and_an_hour_is_everywhere(self):
        assert day_of(NOW.replace(hour=15, minute=59)) + 1 == day_of(NOW.replace(hour=16, minute=0))
        assert hour_of(NOW) * 3600 == NOW.timestamp()
        assert midnight_after(NOW).isoformat() == "2026-10-21T00:00:00+08:00"

    def test_inside_an_area_comes_the_next_level_and_nothing_inside_a_building(self):
        below = {"": 2, "99": 4, DISTRICT: 9, STREET: 12, BANYAN: 15, GRID: 19, GRID + "0001": None}
        assert {code: level_below(code) for code in below} == below


class TestAnyActs:
    @settings(max_examples=8, deadline=None)
    @given(seed=st.integers(0, 10**6))
    def test_counts_are_those_of_a_recount(self, seed, django_db_blocker):
        with django_db_blocker.unblock(), transaction.atomic():
            self.play(Random(seed))
            transaction.set_rollback(True)

    def play(self, rng):
        world, now = build_world(), NOW
        for _ in range(rng.randrange(8, 20)):
            now += timedelta(minutes=rng.choice((1, 20, 200, 2000)))
            self.act(world, rng, now)
            if rng.random() < 0.2:
                tallying.fold_tallies(now=now)
                assert not TallyChange.objects.exists()
        assert tallies.counted(now=now) == recounted(now)
        later = now + timedelta(days=rng.choice((0, 3, 40)))
        tallying.fold_tallies(now=later)
        assert tallies.counted(now=later) == recounted(later)
        assert tallying.recount_tallies(now=later) == 0
        assert not Tally.objects.filter(count__lte=0).exists()

    def place(self, case_id, grid, **how):
        lng, lat = middle(grid)
        a.place_case(case_id, lng=lng, lat=lat, **how)

    def act(self, world, rng, now):
        some = list(Case.objects.order_by("pk").values_list("pk", flat=True))
        if not some or rng.random() < 0.35:
            lng, lat = middle(rng.choice((GRID, OTHER_GRID, KAPOK + "001", NEXT_DOOR + "001001")))
            where = {"lng": lng, "lat": lat} if rng.random() < 0.8 else {"lng": None, "lat": None}
            world.call(now=now, about_staff=rng.random() < 0.2, **where)
            return
        case_id, actor = (
            rng.choice(some),
            rng.choice((world.head, world.dispatcher, world.handler, world.next_dispatcher)),
        )
        code = rng.choice(("0101", "0103", "0201"))
        acts = (
            lambda: a.register_case(case_id, type_code=code, grade="ordinary", actor=actor, now=now),
            lambda: a.register_file_dispatch(
                case_id, lead_id=world.units["sanitation"].pk, type_code=code, actor=actor, now=now
            ),
            lambda: a.answer_case(case_id, words="您好。", actor=actor, now=now),
            lambda: a.file_case(case_id, actor=actor, now=now),
            lambda: a.send_back_case(case_id, reason="地点不清。", actor=actor, now=now),
            lambda: self.place(case_id, rng.choice((GRID, KAPOK + "001")), actor=actor, now=now),
            lambda: a.sign_in_order(case_id, actor=actor, now=now),
            lambda: a.submit_result(case_id, outcome="explained", answer="已说明。", actor=actor, now=now),
            lambda: a.merge_case(case_id, into_id=rng.choice(some), confirmed=True, actor=actor, now=now),
            lambda: Case.objects.filter(pk=case_id).update(restricted=True, confidential=True),
        )
        with suppress(IllegalMove, Invalid, NotAllowed, NotFound):
            rng.choice(acts)()


class TestBoard:
    def test_each_count_opens_as_many_rows_in_the_list(self, world):
        lng, lat = middle(KAPOK + "001")
        world.call(now=NOW - timedelta(days=3))
        world.call(now=NOW - timedelta(hours=1))
        world.call(lng=lng, lat=lat)
        world.call(lng=None, lat=None)
        a.register_file_dispatch(
            world.call().case.pk,
            lead_id=world.units["sanitation"].pk,
            type_code="0103",
            actor=world.dispatcher,
            now=NOW,
        )
        ended = world.call().case.pk
        a.answer_case(ended, words="您好。", actor=world.clerk, now=NOW)
        world.call(area_code=NEXT_DOOR, lng=middle(NEXT_DOOR + "001001")[0], lat=lat)
        tallying.fold_tallies(now=NOW)
        world.call(now=NOW)

        for now in (NOW, NOW + timedelta(hours=1, minutes=30), NOW + timedelta(days=2, minutes=7)):
            found = tallies.board(world.head, STREET, now=now)
            assert found.whole.open == listed(world.head, now, area_code=STREET) == 6
            assert found.whole.due["late"] == listed(world.head, now, area_code=STREET, light="red")
            assert found.whole.due["today"] == listed(world.head, now, area_code=STREET, red_before=midnight_after(now))
            assert sum(found.whole.due.values()) == found.whole.open
            for state in OPEN:
                assert found.whole.states.get(state, 0) == listed(world.head, now, area_code=STREET, state=state)
            for matter, count in found.whole.matters.items():
                assert not matter or count == listed(world.head, now, area_code=STREET, matter=matter)
            assert {code: line.open for code, line in found.inside.items()} == {BANYAN: 4, KAPOK: 1}
            for code, line in found.inside.items():
                assert line.due["late"] == listed(world.head, now, area_code=code, light="red")
                assert sum(line.due.values()) == line.open
        assert sum(tallies.board(world.head, STREET, now=NOW).whole.received.values()) == 7

    def test_the_counts_of_an_area_are_those_of_what_lies_inside_it(self, world):
        world.call()
        case = world.call().case
        for code in (STREET, BANYAN, GRID):
            assert tallies.board(world.head, code, now=NOW).whole.open == 2
        lng, lat = middle(KAPOK + "001")
        a.place_case(case.pk, lng=lng, lat=lat, actor=world.clerk, now=NOW)
        assert [tallies.board(world.head, code, now=NOW).whole.open for code in (STREET, BANYAN, KAPOK)] == [2, 1, 1]

    def test_a_case_falls_late_on_the_minute_not_on_the_hour(self, world):
        case = world.call(now=NOW + timedelta(minutes=17)).case
        due = case.due_at
        assert due.minute
        for moment, late in ((due - timedelta(seconds=1), 0), (due, 1), (due + timedelta(seconds=1), 1)):
            assert tallies.board(world.head, STREET, now=moment).whole.due["late"] == late

    def test_nobody_counts_the_next_sub_district_or_one_that_does_not_exist(self, world, django_assert_max_num_queries):
        world.call()
        told = set()
        for viewer, code in (
            (world.next_dispatcher, STREET), (world.next_dispatcher, BANYAN), (world.next_dispatcher, DISTRICT),
            (world.head, NEXT_DOOR), (world.head, "990101001999"), (world.secretary, STREET), (world.handler, STREET),
            (resident(), STREET),
        ):  # fmt: skip
            with django_assert_max_num_queries(0), pytest.raises(NotFound) as why:
                tallies.board(viewer, code, now=NOW)
            told.add((str(why.value), why.value.code))
        assert len(told) == 1
        assert tallies.board(world.next_dispatcher, NEXT_DOOR, now=NOW).whole.open == 0

    def test_restricted_cases_are_in_no_count_but_apart_for_those_who_may_see_them(self, world):
        world.call()
        hidden = world.call(about_staff=True).case
        assert hidden.restricted
        for viewer, apart in (
            (world.clerk, 0),
            (world.secretary, 0),
            (world.leader, listed(world.leader, NOW, flag="restricted")),
        ):
            found = tallies.board(viewer, BANYAN, now=NOW)
            assert (found.whole.open, sum(found.whole.received.values()), found.restricted.count) == (1, 1, apart)
        assert tallies.board(world.leader, STREET, now=NOW).restricted.count == 1
        assert tallies.board(world.leader, KAPOK, now=NOW).restricted.count == 0

    def test_a_restricted_case_seen_by_an_order_of_the_unit_is_told_to_the_unit_alone(self, world):
        handed = world.call().case.pk
        banyan = world.units["banyan"].pk
        a.register_file_dispatch(handed, lead_id=banyan, type_code="0103", actor=world.dispatcher, now=NOW)
        a.recuse_unit(handed, unit_id=world.units["sanitation"].pk, actor=world.head, now=NOW)
        for viewer, code, apart in ((world.secretary, BANYAN, 1), (world.clerk, BANYAN, 0), (world.leader, BANYAN, 1)):
            assert tallies.board(viewer, code, now=NOW).restricted.count == apart
            assert apart == listed(viewer, NOW, area_code=code, flag="restricted")

    def test_a_case_that_becomes_confidential_leaves_every_count(self, world):
        case = world.call().case
        tallying.fold_tallies(now=NOW)
        a.recuse_unit(case.pk, unit_id=world.units["sanitation"].pk, actor=world.head, now=NOW)
        assert tallies.counted(now=NOW) == {}
        tallying.fold_tallies(now=NOW)
        assert not Tally.objects.exists()


class TestKeeping:
    def test_bulk_worlds_are_counted_too(self, world):
        builder = Builder(seed=1)
        lng, lat = middle(GRID)
        for number in range(5):
            builder.receive(
                NewReport(words=f"{number} 路灯不亮。", area_code=STREET, lng=lng, lat=lat), actor=resident(), now=NOW
            )
        builder.write()
        assert TallyChange.objects.count() == 1  # one row for many of a kind
        assert tallies.counted(now=NOW) == recounted(NOW) != {}

    def test_what_went_around_is_mended_and_told(self, world, caplog):
        world.call()
        tallying.fold_tallies(now=NOW)
        Tally.objects.filter(kind="open", level=9).update(count=7)
        world.call()
        assert tallies.counted(now=NOW) != recounted(NOW)
        with caplog.at_level("WARNING"):
            assert tallying.recount_tallies(now=NOW) == 1
        assert "tallies mended" in caplog.text
        assert tallies.counted(now=NOW) == recounted(NOW)
        assert tallying.recount_tallies(now=NOW) == 0

    def test_days_are_dropped_when_they_are_no_longer_counted(self, world):
        world.call(now=NOW - timedelta(days=KEPT_DAYS - 1))
        tallying.fold_tallies(now=NOW)
        assert sum(tallies.board(world.head, STREET, now=NOW).whole.received.values()) == 1
        tomorrow = NOW + timedelta(days=1)
        assert not tallies.board(world.head, STREET, now=tomorrow).whole.received
        tallying.recount_tallies(now=tomorrow)
        assert not Tally.objects.filter(kind="received").exists()
        assert tallies.board(world.head, STREET, now=tomorrow).whole.open == 1

    def test_a_board_is_two_statements_at_most(self, world, django_assert_num_queries):
        world.call()
        tallies.board(world.head, STREET, now=NOW)
        for viewer in (world.clerk, world.leader):
            with django_assert_num_queries(2):
                tallies.board(viewer, STREET, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_acts_do_not_wait_for_one_another_and_folding_loses_none():
    world = build_world()
    failed = []

    def calls():
        try:
            for _ in range(8):
                world.call()
        except Exception as why:
            failed.append(why)
        finally:
            connection.close()

    callers = [threading.Thread(target=calls) for _ in range(3)]
    for one in callers:
        one.start()
    while any(one.is_alive() for one in callers):
        tallying.fold_tallies(now=NOW)
    for one in callers:
        one.join()
    assert not failed
    tallying.fold_tallies(now=NOW)
    assert tallies.board(world.head, STREET, now=NOW).whole.open == 24
    assert tallies.counted(now=NOW) == recounted(NOW)
    assert State.RECEIVED in tallies.board(world.head, STREET, now=NOW).whole.states
