"""The wall of answers by estate: what LIMITS 14 allows and nothing more."""

from datetime import timedelta

import pytest
from django.test import Client

from huying.cases.models import Case, Report
from huying.kernel.actor import resident as somebody
from huying.places.models import Estate
from huying.portal.actions import keep_private
from tests.portal.test_public import ANSWER, CANARY, LATER, ended
from tests.portal.walk import text_of
from tests.world import GRID, NEXT_DOOR, NOW, STREET, middle

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(world):
    client = Client()
    client.cookies["huying_area"] = STREET
    return client


@pytest.fixture
def estate(world):
    lng, lat = middle(GRID)
    return Estate.objects.create(area_code=GRID, grid_codes=[GRID], name="榕树花园", lng=lng, lat=lat)


def wall(visitor):
    return text_of(visitor.get("/wall/"))


def test_an_answer_stands_under_its_estate_and_no_finer(world, visitor, estate, clock):
    case = ended(world)
    clock.move_to(LATER)
    page = wall(visitor)
    assert "榕树花园" in page
    assert ANSWER in page
    assert CANARY not in page
    assert case.number not in page
    assert "榕树第一网格" not in page


def test_what_lies_in_no_estate_is_named_by_its_community(world, visitor, clock):
    lng, lat = middle(GRID)
    Estate.objects.create(area_code=GRID, grid_codes=[GRID], name="远处花园", lng=lng + 0.0049, lat=lat)
    ended(world)
    clock.move_to(LATER)
    page = wall(visitor)
    assert "榕树社区" in page
    assert "远处花园" not in page


def test_an_answer_that_names_a_home_or_a_person_is_left_out(world, visitor, estate, clock):
    ended(world, answer="已请 3 号楼 502 室王女士清走门口的杂物。")
    clock.move_to(LATER)
    assert "杂物" not in wall(visitor)


def test_before_a_day_has_passed_nothing_shows(world, visitor, estate, clock):
    ended(world)
    clock.move_to(NOW + timedelta(hours=23))
    assert ANSWER not in wall(visitor)


@pytest.mark.parametrize("how", [{"restricted": True, "confidential": True}, {"imported": True}, {"drill": True}])
def test_confidential_imported_and_drilled_ones_never_show(world, visitor, estate, clock, how):
    Case.objects.filter(pk=ended(world).pk).update(**how)
    clock.move_to(LATER)
    assert ANSWER not in wall(visitor)


@pytest.mark.parametrize("type_code", ["0905", "1101", "0401", "2001"])
def test_nothing_inside_homes_and_no_disputes(world, visitor, estate, clock, type_code):
    ended(world, type_code=type_code)
    clock.move_to(LATER)
    assert ANSWER not in wall(visitor)


def test_who_does_not_want_it_shown_is_heard(world, visitor, estate, clock):
    report = Report.objects.get(case=ended(world))
    keep_private(report.pk, wanted=True, actor=somebody(report.pk), now=NOW)
    clock.move_to(LATER)
    assert ANSWER not in wall(visitor)


def test_next_door_has_its_own(world, visitor, estate, clock):
    ended(world)
    clock.move_to(LATER)
    visitor.cookies["huying_area"] = NEXT_DOOR
    assert ANSWER not in wall(visitor)
