"""Whistles for programs: the form, asking, moves, lists, and the same refusals as everywhere."""

import pytest

from huying.cases.codes import arrival_code
from huying.cases.models import Whistle

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return world.call().case


def body(world, **more):
    return {
        "values": {
            "kind": "enforcement",
            "units": [str(world.units["sanitation"].pk)],
            "reason": "没有执法权。",
            **more,
        }
    }


def test_from_the_form_to_the_end(world, program, case):
    secretary, handler = program("secretary"), program("handler")
    form = secretary.get(f"/cases/{case.pk}/whistle")["values"]
    offered = [one["const"] for one in form["properties"]["units"]["items"]["oneOf"]]
    assert str(world.units["sanitation"].pk) in offered
    made = secretary.post(f"/cases/{case.pk}/whistle", body(world), status=201, key="whistle-0001")
    assert secretary.post(f"/cases/{case.pk}/whistle", body(world), status=201, key="whistle-0001") == made
    path = f"/whistles/{made['whistle_id']}"
    assert [one["verb"] for one in handler.get(path)["moves"]] == ["answer", "arrive", "object"]
    handler.post(f"{path}/moves/answer", {"values": {"words": "来。"}})
    handler.post(f"{path}/moves/answer", {"values": {}}, status=409)
    whistle = Whistle.objects.get()
    handler.post(f"{path}/moves/arrive", {"values": {"code": arrival_code(whistle.pk)}})
    handler.post(f"{path}/moves/end", {"values": {"done": "来了。", "remains": "无"}}, status=403)
    handler.post(f"{path}/moves/finish", {"values": {"words": "办完。"}})
    assert secretary.post(f"{path}/moves/end", {"values": {"done": "来了。", "remains": "无"}})["state"] == "ended"
    part = secretary.get(path)["parts"][0]
    secretary.post(f"{path}/moves/rate_unit", {"values": {"part_id": part["id"], "score": "4"}})
    assert handler.get(path)["parts"][0]["caller_score"] is None
    handler.post(f"{path}/moves/rate_caller", {"values": {"score": "5"}})
    assert handler.get(path)["parts"][0]["caller_score"] == 4
    assert [one["id"] for one in handler.get("/whistles?show=unit")["items"]] == [made["whistle_id"]]
    assert handler.get("/whistles?state=blown")["items"] == []


def test_strangers_bad_bodies_and_unknown_moves(world, program, case):
    secretary, stranger = program("secretary"), program("next_dispatcher")
    stranger.get(f"/cases/{case.pk}/whistle", status=404)
    stranger.post(f"/cases/{case.pk}/whistle", body(world), status=404)
    program("kapok_worker").get(f"/cases/{case.pk}/whistle", status=404)
    program("reviewer").get(f"/cases/{case.pk}/whistle", status=403)
    for wrong in ({"kind": "none"}, {"units": []}, {"reason": ""}, {"nothing": "1"}, {"kind": "emergency"}):
        secretary.post(f"/cases/{case.pk}/whistle", body(world, **wrong), status=422)
    made = secretary.post(f"/cases/{case.pk}/whistle", body(world), status=201)
    path = f"/whistles/{made['whistle_id']}"
    refused = stranger.get(path, status=404)
    assert refused["code"] == stranger.get("/whistles/0199ffff-0000-7000-8000-00000000dead", status=404)["code"]
    stranger.post(f"{path}/moves/answer", {"values": {}}, status=404)
    secretary.post(f"{path}/moves/nothing", {"values": {}}, status=404)
    assert stranger.get("/whistles")["items"] == []
