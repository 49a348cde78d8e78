"""Five systems of a street speak through one door, and their calls wait in one queue."""

import json
import re

import pytest

from huying.audit.queries import history_of
from huying.cases.models import Case
from tests.api.conftest import Program
from tests.journeys.steps import case_page, triage
from tests.world import GRID, STREET, middle

# Party map, emergency, city management, hotline, WeChat: each a program of its own, with the channel that it is.
SYSTEMS = {
    "党建地图": ("api", "党建地图上有人留言，路口的垃圾桶满了。"),
    "应急平台": ("sensor", "水位计报警，榕树涌涨水了。"),
    "城市管理": ("patrol", "巡查看到人行道有一堆建筑垃圾。"),
    "热线平台": ("hotline", "市民来电，楼下夜里施工太吵。"),
    "微信e家通": ("wechat", "微信留言，小区门口路灯不亮。"),
}


@pytest.mark.mechanism("CALL-01")
def test_calls_of_five_systems_wait_in_one_queue_and_go_one_way(world, staff, clock):
    clerk, dispatcher, stranger = staff("clerk"), staff("dispatcher"), staff("next_dispatcher")

    # The clerk makes a token for each system; what it opens is cut down to taking calls.
    programs = {}
    for name in SYSTEMS:
        clerk.open("/desk/clients/")
        clerk.press("新建凭证", kind="personal", name=name, duties=["intake", "report"], days="30")
        programs[name] = Program(re.search(r'id="new-secret">(hyp_[^<]+)<', clerk.html)[1])
        assert programs[name].get("/cases?state=all")["items"] == []  # `read` was not given

    # Each sends what it has; what the line brings twice is taken in once.
    lng, lat = middle(GRID)
    for name, (channel, words) in SYSTEMS.items():
        body = {"words": words, "area_code": STREET, "lng": lng, "lat": lat, "channel": channel}
        first = programs[name].post("/reports", body, status=201, key=f"system-{channel}-1")
        assert programs[name].post("/reports", body, status=201, key=f"system-{channel}-1") == first
        programs[name].post("/reports", body | {"area_code": "990101002"}, status=403)
    assert sorted(Case.objects.values_list("channel", flat=True)) == sorted(one for one, _words in SYSTEMS.values())

    # One queue at the dispatcher's, whatever door it came through; nothing of it next door.
    dispatcher.open("/desk/triage/")
    listed = dispatcher.open("/desk/list/?state=received").words + dispatcher.open("/desk/list/?state=all").words
    next_door = stranger.open("/desk/list/?state=all").words
    for case in Case.objects.all():
        assert case.number in listed
        assert case.number not in next_door

    # One is handed on as any other, and its program follows it.
    case = Case.objects.get(channel="hotline")
    triage(dispatcher, case, unit=world.units["sanitation"], kind="0103")
    case_page(dispatcher, case)
    case_page(stranger, case, 404)
    assert case.state == "in_hand"
    assert programs["热线平台"].get("/reports")["items"][0]["state"] in {"in_hand", "received"}
    assert [line.verb for line in history_of("case", [case.pk])][0] == "receive"
    assert json.dumps(programs["热线平台"].get(f"/reports/{case.pk}")).count("in_hand") == 1

    # The clerk ends one: it opens nothing from then on.
    clerk.open("/desk/clients/")
    clerk.press("停用")
    closed = [one for one in programs.values() if one.ask("GET", "/me", status=None).get("code") == "sign-in-needed"]
    assert len(closed) == 1
