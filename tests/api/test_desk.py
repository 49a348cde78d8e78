"""The desk for programs: whom to call back, filters and hand-overs; the stranger learns nothing."""

from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.kernel.ids import uuid7
from tests.cases.test_calling import called_back
from tests.world import NOW

LATER = NOW + timedelta(hours=2)


@pytest.fixture(autouse=True)
def later(monkeypatch, world):
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)


def test_whom_to_call_back_each_caller_once_and_from_when(world, program, stranger):
    case, (first, _second) = called_back(world, "13900000001", "13900000001")
    one = program("caller")
    (line,) = one.get("/call-backs")["items"]
    assert (line["case_id"], line["report_id"], line["tries"]) == (str(case.pk), str(first), 0)
    assert line["counts_from"].startswith("2026-10-20T11:00:00")
    a.record_call_back(case.pk, report_id=first, result="missed", actor=world.caller, now=LATER)
    (line,) = one.get("/call-backs")["items"]
    assert (line["tries"], line["counts_from"]) == (1, "2026-10-20T12:00:00+08:00")
    assert "13900000001" not in str(line)
    assert stranger.get("/call-backs")["items"] == []
    one.post(
        f"/cases/{case.pk}/moves/call_back",
        {"values": {"report_id": str(first), "result": "reached", "solved": "yes", "words": ""}},
    )
    assert one.get("/call-backs")["items"] == []


def test_a_filter_is_kept_listed_shared_and_removed(world, program, stranger):
    centre = str(world.units["centre"].pk)
    one = program("dispatcher")
    made = one.post("/filters", {"name": "超时", "query": "light=red&view=map&after=x", "unit_id": centre}, status=201)
    (listed,) = program("clerk").get("/filters")["items"]
    assert (listed["name"], listed["query"], listed["own"]) == ("超时", "light=red", False)
    assert stranger.get("/filters")["items"] == []
    stranger.delete(f"/filters/{made['filter_id']}", status=404)
    stranger.delete(f"/filters/{uuid7()}", status=404)
    program("clerk").delete(f"/filters/{made['filter_id']}", status=403)
    program("head").delete(f"/filters/{made['filter_id']}")
    assert one.get("/filters")["items"] == []


@pytest.mark.parametrize(
    "body",
    [{"name": "", "query": "light=red"}, {"name": "x", "query": ""}, {"name": "x", "query": "state=nonsense"},
     {"name": "x", "query": "view=map"}, {"name": "长" * 21, "query": "light=red"}, {"name": "x", "query": "q=13900000001"}],
)  # fmt: skip
def test_what_is_no_filter_is_refused(program, body):
    program("dispatcher").post("/filters", body, status=422)


def test_a_shift_is_left_read_as_far_as_one_sees_and_taken_once(world, program, stranger):
    case = world.call(now=NOW - timedelta(hours=20)).case
    hidden = world.call(now=NOW - timedelta(hours=20), about_staff=True).case
    centre = str(world.units["centre"].pk)
    left = program("head").post("/shifts", {"unit_id": centre, "words": "请接着催。"}, status=201)
    told = {one["case_id"] for one in program("head").get("/shifts")["items"][0]["facts"]}
    assert {str(case.pk), str(hidden.pk)} <= told
    (seen,) = program("dispatcher").get("/shifts")["items"]
    assert str(hidden.pk) not in str(seen)
    assert (seen["words"], seen["taken_by"]) == ("请接着催。", None)
    assert stranger.get("/shifts")["items"] == []
    stranger.post(f"/shifts/{left['shift_id']}/take", status=404)
    program("head").post(f"/shifts/{left['shift_id']}/take", status=409)
    assert program("dispatcher").post(f"/shifts/{left['shift_id']}/take")["taken_at"]
    program("clerk").post(f"/shifts/{left['shift_id']}/take", status=409)
    program("keeper").post("/shifts", {"unit_id": centre}, status=404)  # of no unit: no duty of a desk
    sanitation = str(world.units["sanitation"].pk)
    program("handler").post("/shifts", {"unit_id": sanitation}, status=403)
    stranger.post("/shifts", {"unit_id": centre}, status=404)
