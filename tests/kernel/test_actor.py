"""Scope is a prefix: what a grant covers, and what it does not."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel.actor import Actor, ActorKind, Granted, importer, resident, rule, system, upper_bound

STREET, NEXT_DOOR, GRID = "990101001", "990101002", "990101001001001"
UNIT, OTHER_UNIT = UUID(int=1), UUID(int=2)
codes = st.text("0123456789", max_size=6)


def person(*grants, units=()):
    return Actor(kind=ActorKind.PERSON, units=units, grants=grants)


def over(area, *duties, unit=None):
    return Granted(frozenset(duties or {"review"}), area, unit)


class TestMay:
    def test_a_grant_covers_what_lies_inside_its_area(self):
        actor = person(over(STREET))
        assert actor.may("review", STREET)
        assert actor.may("review", GRID)
        assert not actor.may("review", NEXT_DOOR)
        assert not actor.may("review", STREET[:6])
        assert not actor.may("review", "")
        assert not actor.may("dispatch", GRID)

    def test_a_grant_for_one_unit_is_none_over_the_area(self):
        actor = person(over(STREET, "handle", unit=UNIT), units=(UNIT,))
        assert not actor.may("handle", GRID)
        assert actor.may("handle", GRID, as_unit=True)
        assert not actor.may("handle", NEXT_DOOR, as_unit=True)
        assert actor.areas() == ()
        assert actor.has("handle")

    def test_a_grant_for_a_unit_that_was_left_counts_nowhere(self):
        actor = person(over(STREET, "handle", unit=UNIT))
        assert not actor.may("handle", GRID, as_unit=True)
        assert not actor.may_for_unit("handle", UNIT)

    def test_a_member_acts_for_the_own_unit_only(self):
        actor = person(over(STREET, "handle", unit=UNIT), units=(UNIT, OTHER_UNIT))
        assert actor.may_for_unit("handle", UNIT)
        assert not actor.may_for_unit("handle", OTHER_UNIT)
        assert not actor.may_for_unit("review", UNIT)

    def test_duties_of_two_grants_do_not_mix_their_areas(self):
        actor = person(over(STREET, "review"), over(NEXT_DOOR, "dispatch"))
        assert not actor.may("dispatch", STREET)
        assert not actor.may("review", NEXT_DOOR)

    @pytest.mark.parametrize("actor", [resident(), rule("lead"), importer("sheet")])
    def test_who_holds_no_grant_may_nothing_that_asks_for_a_duty(self, actor):
        assert not actor.may("review", STREET)
        assert actor.may(None, STREET)

    def test_the_system_may(self):
        assert system().may("review", STREET)


class TestAreas:
    @given(st.lists(codes))
    def test_they_are_the_shortest_prefixes_and_cover_the_same(self, granted):
        areas = person(*map(over, granted)).areas("review")
        assert set(areas) <= set(granted)
        assert all(not one.startswith(other) for one in areas for other in areas if one != other)
        assert all(any(code.startswith(area) for area in areas) for code in granted)

    @given(codes, codes)
    def test_the_range_below_the_upper_bound_is_the_prefix(self, prefix, code):
        assert (prefix <= code < upper_bound(prefix)) == code.startswith(prefix)


def test_a_resident_holds_one_report():
    assert resident().with_report(UNIT) == resident(UNIT)
