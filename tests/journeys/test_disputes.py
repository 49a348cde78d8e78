"""Whose it is: two units give a call back, they meet, the leader names one; the next dispatch shows how it was settled."""

from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, move, send_report, triage

WORDS = "榕树路口的垃圾桶坏了，盖子合不上。"
NEXT = "榕树路口另一只垃圾桶倒了。"


def give_back(one, desk, case):
    move(one, case, "ask_return", clause="第二条", reason="不归我们管。")
    move(desk, case, "decide_return", "同意退回", words="看过清单。")


def test_two_give_it_back_they_meet_the_leader_names_and_the_next_dispatch_shows_it(world, staff, clock):
    send_report(Person(), WORDS, kind="0103", phone="13900000000")
    case = case_of(WORDS)
    desk, leader = staff("dispatcher"), staff("leader")
    triage(desk, case, unit=world.units["sanitation"], kind="0103")
    page = case_page(desk, case)
    assert "履职清单 基本履职：" in page.words
    assert "判例" not in page.words
    assert "履职清单" in desk.open(f"/desk/cases/{case.pk}/sheets/hand_over/").words
    asked = staff("handler").open(f"/desk/cases/{case.pk}/?move=ask_return")
    assert "基本履职：" in asked.words
    give_back(staff("handler"), desk, case)
    assert "记会商" not in case_page(desk, case).words
    move(desk, case, "dispatch", lead=str(world.units["enforcement"].pk))
    give_back(staff("enforcer"), desk, case)

    # Nobody sends it a third time: they meet, and the leader names the unit that they agreed on.
    water = world.units["water"].pk
    assert "最晚定下来" in desk.open(f"/desk/cases/{case.pk}/?move=council").words
    move(desk, case, "council", minutes="两家都到了现场，桶在河道边上。", decided_id=str(water))
    asked = leader.open(f"/desk/cases/{case.pk}/?move=name").words
    for told in ("两家都到了现场，桶在河道边上。", "区水务局", "首接单位主办"):
        assert told in asked
    move(leader, case, "name", lead=str(water), reason="河道边的桶归水务局。", precedent="河道边的垃圾桶坏了。")
    assert case.orders.get(state="offered").named
    assert "会商" in case_page(leader, case).words
    worker = staff("water_handler")
    assert "move=ask_return" not in case_page(worker, case).html

    # The next like call: who sends it out reads how the last one was settled, and nobody of whom.
    clock.pass_by(minutes=40)
    send_report(Person("stranger"), NEXT, kind="0103")
    other = case_of(NEXT)
    desk = staff("dispatcher")
    desk.open(f"/desk/triage/{other.pk}/").press("更新单位", other_type="0103")
    told = desk.words
    assert "河道边的垃圾桶坏了。 → 区水务局" in told
    assert case.number not in told
    assert "两家都到了现场" not in told
