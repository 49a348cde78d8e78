"""智能分流: a call comes in, triage says what it may be and why, one key, dispatch, a mistake put right, last week."""

import pytest
from django.utils.timezone import localdate

from huying.audit.models import History
from huying.cases.jobs import act_alone
from huying.cases.queries.suggesting import types_for
from huying.places.models import Estate
from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, triage
from tests.world import GRID, NOW, OTHER_GRID, STREET

BIN = "榕树路口的垃圾桶满了，垃圾桶旁边堆得到处都是，没有人来收。"
AGAIN = "榕树路口的垃圾桶又满了，垃圾桶盖子也坏了。"


@pytest.mark.mechanism("CALL-02")
def test_a_call_finds_its_way(world, staff, clock):
    # The clerk takes the call down: what it may be stands beside it with reasons, and one choice goes with it.
    clerk = staff("clerk")
    clerk.open("/desk/new/")
    form, _button = clerk.form_of("登记", where="/desk/new/")
    token = form.values()["csrfmiddlewaretoken"]
    beside = clerk.client.post(
        "/desk/new/answers/", {"words": BIN, "grid_code": GRID, "csrfmiddlewaretoken": token}
    ).content.decode()
    assert 'value="0103"' in beside
    assert "与清单的词一致" in beside
    assert "把握" in beside
    clerk.open("/desk/new/").press("登记", channel="hotline", words=BIN, grid_code=GRID, reply_by="page")
    case = case_of(BIN)

    # In triage the first suggestion is chosen already, with sureness, the words that led there, unit and clause.
    dispatcher = staff("dispatcher").open(f"/desk/triage/{case.pk}/")
    assert "“垃圾桶满了”" in dispatcher.words
    assert "受理并派给" in dispatcher.words
    assert "履职事项清单" in dispatcher.words
    triage(dispatcher, case, unit=world.units["sanitation"], kind="0101")  # the clerk knows better
    assert (case.state, case.type_code) == ("in_hand", "0101")

    # What triage got wrong last week, for those of the street; next door sees none of it.
    assert case.number in staff("clerk").open("/desk/triage/wrong/").words
    stranger = staff("next_dispatcher")
    assert case.number not in stranger.open("/desk/triage/wrong/").words
    stranger.open(f"/desk/triage/{case.pk}/", 404)

    # The street lets it act alone on bins: the head writes the limit, a leader approves, another day it acts.
    head = staff("head").open("/desk/registers/triage_limit/new/?type_code=0103")
    head.press("保存", type_code="0103", percent="80", area_code=STREET, valid_from=str(localdate(NOW)))
    row_page = head.address
    leader = staff("leader").open(row_page)
    leader.follow("审批这一版").press("确定", granted="yes")
    clock.pass_by(minutes=1)
    clerk.open("/desk/new/").press("登记", channel="hotline", words=AGAIN, grid_code=GRID, reply_by="page")
    second = case_of(AGAIN)
    sure = types_for(AGAIN, STREET).types[0]
    assert (sure.type.code, sure.score >= 0.8) == ("0103", True)
    act_alone(0)
    second.refresh_from_db()
    assert (second.state, second.type_code) == ("in_hand", "0103")
    assert "按清单的词" in case_page(dispatcher, second).words
    assert "按流程" in dispatcher.words
    assert History.objects.filter(object_id=second.pk, actor_label="cases.triage").exists()

    # It was about the lid: one click puts it under another type, and to that type's unit.
    dispatcher.open("/desk/triage/wrong/")
    form = next(one for one in dispatcher.read.forms if f"/{second.pk}/right/" in one.action)
    dispatcher.press(form.buttons[0].words, where=f"/{second.pk}/right/")
    second.refresh_from_db()
    assert second.type_code != "0103"
    assert "已改" in dispatcher.open("/desk/triage/wrong/").words


@pytest.mark.mechanism("CALL-02")
def test_a_resident_states_the_estate_and_the_case_is_placed(world, staff):
    Estate.objects.create(name="翠湖花园", area_code=OTHER_GRID, grid_codes=[OTHER_GRID])
    resident = Person()
    resident.open("/report/")
    if resident.address.startswith("/area/"):
        resident.press("示范街道")
    words = "楼下的垃圾桶满了，没有人来收。"
    resident.press("下一步：在哪里", words=words)
    if resident.address.startswith("/report/kind/"):
        resident.press("下一步：在哪里", kind="0103")

    # "Downstairs" says nothing alone; with the estate the page asks once, and one tap answers.
    resident.press("下一步：核对提交", estate="翠湖花园")
    assert "是在这里吗？" in resident.words
    resident.press("下一步：核对提交", said_place=OTHER_GRID)
    assert "翠湖花园" in resident.words
    resident.press("提交", reply_by="page")
    case = case_of(words)
    assert (case.area_code, case.place_words, case.unplaced) == (OTHER_GRID, "翠湖花园", False)
    dispatcher = staff("dispatcher").open(f"/desk/triage/{case.pk}/")
    assert "翠湖花园" in dispatcher.words
    triage(dispatcher, case, unit=world.units["sanitation"], kind="0103")
    assert case.state == "in_hand"
    staff("next_dispatcher").open(f"/desk/triage/{case.pk}/", 404)
