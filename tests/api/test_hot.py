"""Hot issues for programs: by scope, hottest first, with nothing of who called."""

import pytest

from huying.cases.models import HotIssue, HotIssueCase
from tests.world import GRID, NOW, STREET

pytestmark = pytest.mark.django_db
MISSING = "0199ffff-0000-7000-8000-00000000dead"


def hot(world, number, heat, callers=6):
    case = world.call(type_code="0103").case
    made = HotIssue.objects.create(
        street_code=STREET, number=number, area_code=GRID, type_code="0103", typical=case, heat=heat, callers=callers,
        first_on=NOW.date(), last_on=NOW.date(), trend="rising", concerned="owners", found_at=NOW,
    )  # fmt: skip
    HotIssueCase.objects.create(case=case, issue=made)
    return made


def test_the_hottest_first_and_one_with_its_calls(world, program):
    cool, warm = hot(world, 1, 3.0), hot(world, 2, 8.5)
    clerk = program("clerk")
    found = clerk.get("/hot-issues")
    assert [one["id"] for one in found["items"]] == [str(warm.pk), str(cool.pk)]
    first = clerk.get("/hot-issues?limit=1")
    assert [one["id"] for one in clerk.get(f"/hot-issues?limit=1&after={first['next']}")["items"]] == [str(cool.pk)]
    one = clerk.get(f"/hot-issues/{warm.pk}")
    assert [call["case_id"] for call in one["cases"]] == [str(warm.typical_id)]
    assert (one["calls"], one["concerned"], one["trend"]) == (1, "owners", "rising")
    assert not {"callers", "contact", "user"} & set(one)


def test_strangers_and_too_few_callers(world, program):
    made = hot(world, 1, 3.0, callers=4)
    assert program("clerk").get(f"/hot-issues/{made.pk}")["number"] == 1
    for who in ("grid_worker", "next_dispatcher"):
        other = program(who)
        assert other.get("/hot-issues")["items"] == []
        missing = other.get(f"/hot-issues/{MISSING}", status=404)
        assert other.get(f"/hot-issues/{made.pk}", status=404)["code"] == missing["code"]


def test_what_a_clerk_says_of_issues(world, program):
    one, other = hot(world, 1, 3.0), hot(world, 2, 8.5)
    clerk, case = program("clerk"), str(one.typical_id)
    said = {"id": str(one.pk), "number": 1}
    assert clerk.post(f"/hot-issues/{one.pk}/name", {"words": "榕树路口垃圾桶"}) == said
    read = clerk.get(f"/hot-issues/{one.pk}")
    assert (read["words"], read["named"]) == ("榕树路口垃圾桶", True)
    assert clerk.post(f"/hot-issues/{one.pk}/name", {"words": "张先生家"}, status=422)["code"] == "invalid"
    assert clerk.post(f"/hot-issues/{one.pk}/join", {"issue_id": str(other.pk)}) == said
    assert clerk.get(f"/hot-issues/{one.pk}")["calls"] == 2
    assert clerk.post(f"/hot-issues/{one.pk}/take-out", {"case_id": case}) == said
    assert clerk.get(f"/hot-issues/{one.pk}")["calls"] == 1
    assert clerk.post(f"/hot-issues/{one.pk}/put-back", {"case_id": case}) == said
    assert clerk.post(f"/hot-issues/{one.pk}/part", {"issue_id": str(other.pk)}) == said
    assert clerk.get(f"/hot-issues/{other.pk}")["calls"] == 1


def test_the_id_of_what_was_joined_leads_on(world, program):
    one, other = hot(world, 1, 3.0), hot(world, 2, 8.5)
    clerk = program("clerk")
    clerk.post(f"/hot-issues/{one.pk}/join", {"issue_id": str(other.pk)})
    now = clerk.get(f"/hot-issues/{one.pk}")
    assert clerk.get(f"/hot-issues/{other.pk}") == now
    assert (now["id"], len(now["cases"])) == (str(one.pk), 2)
    stranger = program("next_dispatcher")
    found, missing = (stranger.get(f"/hot-issues/{each}", status=404) for each in (other.pk, MISSING))
    assert {**found, "instance": ""} == {**missing, "instance": ""}


def test_who_may_not_say_it(world, program):
    made = hot(world, 1, 3.0)
    for path, body in (
        ("name", {"words": "垃圾桶"}),
        ("take-out", {"case_id": str(made.typical_id)}),
        ("put-back", {"case_id": str(made.typical_id)}),
        ("join", {"issue_id": MISSING}),
        ("part", {"issue_id": MISSING}),
    ):
        assert program("grid_worker").post(f"/hot-issues/{made.pk}/{path}", body, status=403)["code"] == "not-allowed"
        stranger = program("next_dispatcher")
        found = stranger.post(f"/hot-issues/{made.pk}/{path}", body, status=404)
        assert found["code"] == stranger.post(f"/hot-issues/{MISSING}/{path}", body, status=404)["code"]
