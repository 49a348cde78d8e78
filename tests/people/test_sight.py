"""The two questions are answered from what decides: nobody is missing, nobody is too many."""

from datetime import timedelta

import pytest

from huying.cases.queries import scope
from huying.kernel.refusals import NotFound
from huying.people import actions, queries, sight
from huying.people.models import Account, Appointment
from huying.people.rules import Duty
from tests.people.factories import admin_of, person
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, STREET, build_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return build_world()


def names(seers):
    return {one.account.username.removeprefix("demo-") for one in seers}


class TestAreas:
    def test_who_sees_an_area_is_who_may_read_it(self, world):
        for code in (STREET, BANYAN, KAPOK, GRID, NEXT_DOOR):
            seen = sight.who_sees_area(code, viewer=person(Duty.AUDIT, area="99"), now=NOW)
            assert names(seen.whole) == {key for key, one in world.people.items() if one.may(Duty.READ, code)}

    def test_a_part_is_what_is_read_below(self, world):
        seen = sight.who_sees_area(BANYAN, viewer=admin_of(STREET), now=NOW)
        assert names(seen.part) == {"grid_worker"}
        assert names(seen.orders) >= {"handler", "unit_head"}

    def test_strangers_learn_nothing(self, world):
        with pytest.raises(NotFound):
            sight.who_sees_area(BANYAN, viewer=admin_of(NEXT_DOOR), now=NOW)
        with pytest.raises(NotFound):
            sight.held_by(world.accounts["clerk"].pk, viewer=admin_of(NEXT_DOOR), now=NOW)
        with pytest.raises(NotFound):
            sight.held_by(world.accounts["clerk"].pk, viewer=world.people["dispatcher"], now=NOW)

    def test_one_sees_oneself(self, world):
        held = sight.held_by(world.accounts["clerk"].pk, viewer=world.people["clerk"], now=NOW)
        assert [one.role_id for one in held.grants] == ["intake_clerk"]


class TestCases:
    @pytest.mark.parametrize("confidential", [False, True])
    def test_who_sees_a_case_is_exactly_who_finds_it(self, world, confidential):
        case = world.call().case
        if confidential:
            type(case).objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        found = sight.SIGHTS["case"](world.people["head"], case.number)

        seen = sight.who_sees(found, now=NOW)

        assert names(seen) == {key for key, one in world.people.items() if scope.one(case.pk, one) is not None}
        assert all(one.ways for one in seen)

    def test_who_does_not_see_a_case_cannot_ask_about_it(self, world):
        case = world.call().case
        for key in ("next_dispatcher", "keeper", "kapok_worker"):
            assert sight.SIGHTS["case"](world.people[key], case.number) is None
        assert sight.SIGHTS["case"](person(Duty.SECURE), case.number) is not None
        type(case).objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        assert sight.SIGHTS["case"](person(Duty.SECURE), case.number) is None


def test_many_actors_at_once_are_the_same_as_one_by_one(world):
    Appointment.objects.filter(account=world.accounts["handler"]).update(until=NOW - timedelta(days=1))
    actions.close_account(account_id=world.accounts["clerk"].pk, actor=admin_of(STREET), now=NOW)
    accounts = list(Account.objects.all())
    assert sight.actors_for(accounts, NOW) == {one.pk: queries.actor_for(one, NOW) for one in accounts}
