"""Incidents and campaigns for programs: the same acts, the same refusals, and what everybody may read."""

from datetime import timedelta

import pytest

from huying.cases.actions import campaigns as acts
from huying.cases.actions.campaigns import NewSpot
from huying.cases.models import Case, Incident
from tests.api.conftest import Program
from tests.files.pictures import photo
from tests.world import BANYAN, GRID, KAPOK, NOW, STREET, middle

pytestmark = pytest.mark.django_db
MISSING = "0199ffff-0000-7000-8000-00000000dead"


def said(**more):
    return {
        "values": {
            "title": "榕树路一带停水", "words": "在抢修。", "area_codes": [BANYAN], "place_words": "榕树社区",
            "types": "any", "began_at": "2026-10-20T08:00", **more,
        }
    }  # fmt: skip


def test_an_incident_from_the_form_to_the_end(world, program):
    case, other = world.call().case, world.call().case
    clerk, anybody = program("clerk"), Program()
    form = clerk.get(f"/cases/{case.pk}/incident")["values"]
    assert BANYAN in [one["const"] for one in form["properties"]["area_codes"]["items"]["oneOf"]]
    path = f"/cases/{case.pk}/incident"
    made = clerk.post(path, said(), status=201, key="incident-0001")
    assert clerk.post(path, said(), status=201, key="incident-0001") == made
    clerk.post(path, said(), status=409)
    clerk.post(path, said(words="电话 13800138000"), status=422)
    home = f"/incidents/{made['incident_id']}"
    known = anybody.get(f"/incidents/known?area={GRID}")["items"]
    assert [one["title"] for one in known] == ["榕树路一带停水"]
    assert "case_id" not in known[0]
    assert anybody.get(f"/incidents/known?area={KAPOK}")["items"] == []
    assert [one["case_id"] for one in clerk.get(f"{home}/calls")["items"]] == [str(other.pk)]
    joined = clerk.post(f"{home}/calls", {"cases": [str(other.pk)]})
    assert (joined["joined"], joined["left"]) == ([str(other.pk)], [])
    body = {"words": "我家也停水。", "area_code": STREET, "incident_id": made["incident_id"]}
    assert anybody.post("/reports", body, status=201)["joined"] is True
    assert clerk.get(home)["voices"] == 3
    clerk.post(f"{home}/moves/say", {"values": {"words": "快好了。"}})
    assert anybody.get(f"/incidents/known?area={GRID}")["items"][0]["said"] == "快好了。"
    clerk.post(f"{home}/moves/end", {"values": {"words": "来水了。"}})
    clerk.post(f"{home}/moves/end", {"values": {"words": "来水了。"}}, status=409)
    assert anybody.get(f"/incidents/known?area={GRID}")["items"] == []
    assert [one["kind"] for one in clerk.get(home)["words_said"]] == ["end", "news", "known"]
    assert anybody.post("/reports", {**body, "words": "又停水。"}, status=201)["joined"] is False


def test_an_incident_is_not_there_for_strangers(world, program):
    case = world.call().case
    made = program("clerk").post(f"/cases/{case.pk}/incident", said(), status=201)
    home, stranger = f"/incidents/{made['incident_id']}", program("next_dispatcher")
    for path in (home, f"{home}/calls", f"/cases/{case.pk}/incident"):
        assert stranger.get(path, status=404)["code"] == stranger.get(f"/incidents/{MISSING}", status=404)["code"]
    stranger.post(f"{home}/moves/say", {"values": {"words": "x"}}, status=404)
    stranger.post(f"{home}/calls", {"cases": [str(case.pk)]}, status=404)
    assert stranger.get("/incidents")["items"] == []
    program("grid_worker").post(f"{home}/moves/say", {"values": {"words": "x"}}, status=403)
    program("clerk").post(f"{home}/moves/nothing", {"values": {}}, status=404)
    assert Incident.objects.get().ended_at is None


def test_a_place_is_worked_on_in_the_field(world, program):
    made = acts.plan_campaign(
        name="乱停放整治", aim="一辆不留。", area_code=STREET, type_codes=["0103"], from_day=NOW.date(),
        until_day=NOW.date() + timedelta(days=9), actor=world.dispatcher, now=NOW,
    )  # fmt: skip
    lng, lat = middle(GRID)
    acts.add_spots(
        made.pk, spots=[NewSpot("后巷", lng=lng, lat=lat)], unit_id=world.units["banyan"].pk, actor=world.dispatcher,
        now=NOW,
    )  # fmt: skip
    acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW)
    worker, boss, stranger = program("grid_worker"), program("dispatcher"), program("next_dispatcher")
    spot = worker.get(f"/campaigns/{made.pk}/spots?mine=true")["items"][0]
    assert worker.get("/campaigns/waiting")["items"] == [spot]
    for other in (boss, stranger):
        assert other.get("/campaigns/waiting")["items"] == []
    path = f"/spots/{spot['id']}"
    assert [one["verb"] for one in worker.get(path)["moves"]] == ["finish", "start", "open_case"]
    worker.post(f"{path}/moves/finish", {"values": {"finding": "solved"}}, status=409)
    tokens = [worker.upload(f"{name}.jpg", photo(width=64 + at))["token"] for at, name in enumerate("ab")]
    done = {"values": {"finding": "solved", "before": tokens[:1], "after": tokens[1:]}}
    assert worker.post(f"{path}/moves/finish", done)["state"] == "done"
    assert worker.get("/campaigns/waiting")["items"] == []
    worker.post(f"{path}/moves/pass", {"values": {}}, status=409)
    assert boss.post(f"{path}/moves/pass", {"values": {"words": "好。"}})["state"] == "checked"
    whole = boss.get(path)
    assert [one["purpose"] for one in whole["photos"]] == ["before", "after"]
    assert boss.get(f"{path}/files/{whole['photos'][0]['id']}")[:2] == b"\xff\xd8"
    assert boss.get(f"/campaigns/{made.pk}")["shares"][0]["counts"]["checked"] == 1
    for missing in (f"/campaigns/{made.pk}", f"/campaigns/{made.pk}/spots", path):
        stranger.get(missing, status=404)
    stranger.post(f"{path}/moves/recur", {"values": {"words": "x"}}, status=404)
    assert stranger.get("/campaigns")["items"] == []
    acts.close_campaign(made.pk, words="好了。", actor=world.dispatcher, now=NOW)
    assert Program().get(f"/campaigns/published?area={STREET}")["items"] == []
    acts.publish_campaign(made.pk, words="通了。", actor=world.leader, now=NOW)
    shown = Program().get(f"/campaigns/published?area={STREET}")["items"][0]
    assert (shown["places"], shown["done"], shown["checked"]) == (1, 1, 1)
    assert "后巷" not in str(shown)
    assert not Case.objects.exists()
