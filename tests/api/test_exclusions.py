"""Leaving out of scores for programs: the moves of a case, and the published counts for everybody."""

import pytest
from django.test import Client

from huying.cases.actions import excluding
from tests.insight.steps import called, closed
from tests.world import NEXT_DOOR, STREET

pytestmark = pytest.mark.django_db


def published(area):
    return Client().get(f"/api/v1/exclusions?area={area}")


def test_asked_and_decided_by_programs_and_counted_for_everybody(world, program):
    case = closed(world, called(world).case.pk)
    values = {"kind": "untrue", "reason": "没有看到。", "evidence": "两人到场。"}
    path = f"/cases/{case.pk}/moves"
    program("next_dispatcher").post(f"{path}/ask_exclusion", {"values": values}, status=404)
    excluding.ask_exclusion(case.pk, **values, actor=world.handler, now=case.ended_at)
    program("dispatcher").post(f"{path}/decide_exclusion", {"values": {"granted": "yes", "words": ""}})
    told = program("head").get(f"/cases/{case.pk}")
    assert (told["excluded"], told["exclusion"]) == (False, "seconding")
    program("leader").post(f"{path}/decide_exclusion", {"values": {"granted": "yes", "words": ""}})
    assert program("head").get(f"/cases/{case.pk}")["excluded"]
    (line,) = published(STREET).json()["items"]
    assert (line["kind"], line["cases"]) == ("untrue", 1)
    assert published(NEXT_DOOR).json() == {"items": []}
    assert published("no-area").status_code == 422
