"""What news of cases become on the live stream."""

from datetime import timedelta

import pytest

from huying.cases import actions
from huying.cases.models import Case
from huying.channels.listeners import case_moved
from huying.kernel.events import News
from huying.kernel.ids import uuid7
from huying.matters.queries import active_types
from tests.world import NOW, build_world


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def case(world):
    """With the sanitation station."""
    case = world.call().case
    plain = next(one for one in active_types() if not one.confidential)
    actions.register_file_dispatch(
        case.pk,
        lead_id=world.units["sanitation"].pk,
        type_code=plain.code,
        actor=world.dispatcher,
        now=NOW + timedelta(minutes=5),
    )
    return Case.objects.get(pk=case.pk)


def _news(case, **changed):
    facts = {"case_id": str(case.pk), "area_code": case.area_code, "restricted": case.restricted, **changed}
    return News(uuid7(), "cases.moved", NOW, facts)


def test_those_who_read_the_area_and_the_unit_with_the_order_hear_of_a_move(world, case):
    notice = case_moved(_news(case))
    assert notice.concerns(world.dispatcher)
    assert notice.concerns(world.secretary)
    assert notice.concerns(world.handler)


def test_a_stranger_and_a_unit_without_an_order_do_not(world, case):
    notice = case_moved(_news(case))
    for name in ("next_dispatcher", "next_handler", "firm_handler", "kapok_worker"):
        assert not notice.concerns(world.people[name]), name


def test_a_restricted_case_is_heard_of_by_its_units_alone(world, case):
    notice = case_moved(_news(case, restricted=True))
    assert notice.area_code == ""
    assert notice.concerns(world.handler)
    for name in ("dispatcher", "secretary", "grid_worker", "leader"):
        assert not notice.concerns(world.people[name]), name


def test_news_that_do_not_say_so_are_taken_for_restricted(case):
    facts = _news(case)
    del facts.facts["restricted"]
    assert case_moved(facts).area_code == ""
