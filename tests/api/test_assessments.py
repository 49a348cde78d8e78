"""Assessments for programs: the same figures as the page, their rows, and frozen months with their versions."""

import pytest

from huying.insight import actions
from huying.insight.rules import MEASURES, Month
from tests.insight.steps import called, closed
from tests.insight.test_freezing import AFTER
from tests.world import BANYAN, NEXT_DOOR, STREET

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(world):
    case = closed(world, called(world).case.pk)
    actions.catch_up()
    return case


def test_a_month_with_both_numbers_of_each_rate_and_their_rows(program, world, counted):
    mine = program("head")
    found = mine.get(f"/assessments/{STREET}?month=2026-10")
    rates = {one["measure"]: one for one in found["whole"]["rates"]}
    assert rates["resolution"] == {"measure": "resolution", "hits": "1", "of": 1, "percent": "100.0", "ranked": False}
    assert [one["key"] for one in found["areas"]] == [BANYAN]
    assert [one["key"] for one in found["units"]] == [str(world.units["sanitation"].pk)]
    assert (found["statement"], found["posts"], found["terms"]) == (None, [], "2026-1")
    for measure, rate in rates.items():
        rows = mine.get(f"/assessments/{STREET}/cases?month=2026-10&measure={measure}")
        assert (rows["of"], [one["case_id"] for one in rows["items"]]) == (rate["of"], [str(counted.pk)])
    unit = found["units"][0]["key"]
    assert mine.get(f"/assessments/{STREET}/cases?month=2026-10&measure=closing&unit={unit}")["cases"] == 1
    assert mine.get(f"/assessments/{STREET}/cases?month=2026-10&measure=closing&matter=02")["cases"] == 0


def test_frozen_months_and_their_versions(program, world, counted):
    mine, october = program("head"), Month(202610)
    assert mine.get(f"/assessments/{STREET}/months")["items"] == []
    actions.freeze_month(code=STREET, month=october, actor=world.head, now=AFTER)
    actions.correct_month(code=STREET, month=october, reason="补算。", actor=world.head, now=AFTER)
    told = mine.get(f"/assessments/{STREET}/months")["items"]
    assert [(one["month"], one["version"], one["reason"]) for one in told] == [
        ("2026-10", 2, "补算。"),
        ("2026-10", 1, ""),
    ]
    assert mine.get(f"/assessments/{STREET}?month=2026-10")["statement"]["version"] == 2
    assert mine.get(f"/assessments/{STREET}?month=2026-10&version=1")["statement"]["version"] == 1
    assert mine.get(f"/assessments/{STREET}?month=2026-10&version=0")["statement"] is None
    mine.get(f"/assessments/{STREET}?month=2026-10&version=7", status=404)


def test_what_is_counted_is_said(program):
    told = program("handler").get("/assessments/measures")["items"]
    assert [one["code"] for one in told] == [one.code for one in MEASURES]
    assert all(one["counts"] and one["leaves_out"] for one in told)


@pytest.mark.parametrize("path", ["", "/months", "/cases?measure=response"])
def test_a_stranger_learns_nothing(stranger, counted, path):
    told = set()
    for code in (STREET, "990101999"):
        stranger.get(f"/assessments/{code}{path}", status=404)
        told.add(stranger.last.content.replace(code.encode(), b""))
    assert len(told) == 1
    stranger.get(f"/assessments/{NEXT_DOOR}{path}")


@pytest.mark.parametrize("path", ["", "/months", "/cases?measure=response"])
def test_who_reads_orders_of_a_unit_alone_has_no_assessment(program, counted, path):
    program("handler").get(f"/assessments/{STREET}{path}", status=403)


@pytest.mark.parametrize("asked", ["month=2026-13", "version=-1", "measure=X!", "part=some", "matter=1", "unit=x"])
def test_bad_input_is_named(program, counted, asked):
    program("head").get(f"/assessments/{STREET}/cases?{asked}", status=422)
