"""Tickets for programs: pushed once by system and number, moved, sent up; the same refusals as everywhere."""

import pytest

from huying.cases.models import Case, Ticket
from tests.cases.uppers import source_of

pytestmark = pytest.mark.django_db
PUSH = {"source": "hotline", "number": "GZ20261020", "words": "路灯不亮", "name": "刘样本", "phone": "13800000000"}


@pytest.fixture
def source(world):
    return source_of()


def test_a_system_hands_a_ticket_down_once_and_hears_how_it_stands(world, program, source):
    clerk, dispatcher = program("clerk"), program("dispatcher")
    assert [one["code"] for one in clerk.get("/ticket-sources")["items"]] == ["hotline"]
    made = clerk.post("/tickets", PUSH, status=201, key="ticket-0001")
    assert made["arrival"] == "new"
    assert clerk.post("/tickets", PUSH, status=201, key="ticket-0001") == made
    again = clerk.post("/tickets", PUSH, status=201, key="ticket-0002")
    assert (again["arrival"], again["ticket_id"]) == ("same", made["ticket_id"])
    assert clerk.post("/tickets", {**PUSH, "words": "又说一次"}, status=201)["arrival"] == "update"
    assert (Ticket.objects.count(), Case.objects.count()) == (1, 1)
    path = f"/tickets/{made['ticket_id']}"
    assert [one["id"] for one in clerk.get("/tickets?kind=ticket&state=open")["items"]] == [made["ticket_id"]]
    told = dispatcher.get(path)
    assert told["inner_due_at"] < told["upper_due_at"]
    assert [one["heading"] for one in told["closing"]][:2] == ["工单编号", "办理结果"]
    assert {"fill", "ask_return", "ask_extend"} == {one["verb"] for one in told["moves"]}
    clerk.post(f"{path}/moves/fill", {"values": {"field_2": "已解决"}})
    assert dispatcher.get(path)["closing"][1]["words"] == "已解决"
    clerk.post(f"{path}/moves/ask_return", {"values": {"reason": "不归街道"}}, status=403)
    dispatcher.post(f"{path}/moves/ask_return", {"values": {"reason": "不归街道"}})
    clerk.post("/tickets", {**PUSH, "granted": True}, status=201)
    assert dispatcher.get(path)["state"] == "returned"
    dispatcher.post(f"{path}/moves/send", {"values": {}}, status=409)


def test_strangers_bad_bodies_and_unknown_moves(world, program, source):
    clerk, stranger = program("clerk"), program("next_dispatcher")
    stranger.post("/tickets", PUSH, status=404)
    assert stranger.get("/ticket-sources")["items"] == []
    for wrong in (
        {"number": "X"}, {"number": ""}, {"words": ""}, {"source": "other"}, {"result": "well"},
        {"received_at": "2099-01-01T00:00:00Z"}, {"phone": "无"}, {"result": "satisfied"},
    ):  # fmt: skip
        clerk.post("/tickets", {**PUSH, **wrong}, status=None)
        assert clerk.last.status_code in (404, 409, 422), (wrong, clerk.last.content)
    made = clerk.post("/tickets", PUSH, status=201)
    for path in (f"/tickets/{made['ticket_id']}", f"/cases/{made['case_id']}/upward"):
        stranger.get(path, status=404)
    stranger.post(f"/tickets/{made['ticket_id']}/moves/fill", {"values": {}}, status=404)
    clerk.post(f"/tickets/{made['ticket_id']}/moves/fly", {"values": {}}, status=404)
    assert stranger.get("/tickets")["items"] == []


def test_a_case_is_sent_up(world, program, source):
    dispatcher, case = program("dispatcher"), world.call().case
    program("reviewer").get(f"/cases/{case.pk}/upward", status=403)
    form = dispatcher.get(f"/cases/{case.pk}/upward")["values"]
    assert [one["const"] for one in form["properties"]["source_id"]["oneOf"]] == [str(source.pk)]
    body = {"values": {"source_id": str(source.pk), "reason": "要跨区协调。"}}
    made = dispatcher.post(f"/cases/{case.pk}/upward", body, status=201, key="upward-0001")
    assert dispatcher.post(f"/cases/{case.pk}/upward", body, status=201, key="upward-0001") == made
    dispatcher.post(f"/tickets/{made['ticket_id']}/moves/number", {"values": {"number": "GZ00000001"}})
    dispatcher.post(f"/tickets/{made['ticket_id']}/moves/reply", {"values": {"taken": "no", "words": "属地办"}})
    assert Ticket.objects.get().state == "closed"
