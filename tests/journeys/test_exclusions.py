"""Leaving a case out of the unit's scores, from the asking to the caller's objection, each at their own door."""

from huying.cases.jobs import end_exclusions
from huying.cases.models import Exclusion
from huying.insight import actions as insight
from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, handle, look_up, move, review, send_report, triage
from tests.world import STREET

WORDS = "榕树路口的垃圾桶满了，没有人来收。"
ASSESS = f"/desk/assess/?area={STREET}&month=2026-10"


def test_two_persons_leave_a_case_out_its_caller_hears_why_and_objects(world, staff, clock):
    resident, stranger = Person(), Person("stranger")
    code = send_report(resident, WORDS, kind="0103", phone="13900000000")
    case = case_of(WORDS)
    triage(staff("dispatcher"), case, unit=world.units["sanitation"], kind="0103")
    handler, head, leader = staff("handler"), staff("head"), staff("leader")
    handle(handler, case, "到现场看过，桶是空的。")

    # While nobody has answered the caller there is nothing to leave out.
    assert "申请剔除" not in case_page(handler, case).words
    move(staff("unit_head"), case, "sign")
    review(staff("reviewer"), case)
    look_up(resident, code)
    resident.open(f"/status/{case.reports.get().pk}/rate/").press("提交评价", solved="no", words="还是满的。")
    case.refresh_from_db()
    if case.round == 2:  # handled once more, and solved
        move(staff("unit_head"), case, "take_part", part="looked", words="一起去看过。")
        handle(handler, case, "又去看了一次。")
        move(staff("unit_head"), case, "sign")
        review(staff("reviewer"), case)
        resident.open(f"/status/{case.reports.get().pk}/rate/").press("提交评价", solved="yes", satisfaction="fair")
        case.refresh_from_db()
    assert case.state == "closed"

    # The unit asks with evidence; two others agree, each at their own desk.
    move(handler, case, "ask_exclusion", kind="untrue", reason="桶是空的。", evidence="两人两次到场，照片六张。")
    assert "申请剔除：反映的情况不属实，待第一人审定" in case_page(handler, case).words
    assert "审定剔除" not in case_page(handler, case).words
    assert "去审批" in head.open("/desk/").words
    asked = head.open(f"/desk/cases/{case.pk}/?move=decide_exclusion")
    assert "两人两次到场，照片六张。" in asked.words
    move(head, case, "decide_exclusion", "同意剔除", words="看过照片。")
    assert "最晚审定" in leader.open(f"/desk/cases/{case.pk}/?move=decide_exclusion").words
    move(leader, case, "decide_exclusion", "同意剔除")
    assert case.excluded
    assert "不计入考核：反映的情况不属实" in case_page(handler, case).words

    # The assessment says how it stood before and after; everybody reads how many there were, and not which.
    insight.refresh([case.pk])
    told = head.open(ASSESS).words
    assert "两人审定剔除" in told
    assert "剔除前" in told
    stranger.open("/area/").press("示范街道")
    told = stranger.open("/exclusions/").words
    assert "反映的情况不属实 1" in told
    for hidden in (case.number, "桶是空的", "六张"):
        assert hidden not in told

    # The caller reads why, and does not agree: it counts again at once.
    assert "这件不计入办理单位的考核" in look_up(resident, code).words
    page = f"/status/{case.reports.get().pk}/excluded/"
    assert "情况和反映的不一样" in resident.open(page).words
    stranger.open(page, 404)
    resident.open(page).press("提交异议", reason="去的不是那个路口。")
    case.refresh_from_db()
    assert not case.excluded
    assert "您的异议收到了" in resident.open(page).words
    assert "去的不是那个路口。" in staff("head2").open(f"/desk/cases/{case.pk}/?move=decide_exclusion").words
    assert "审定剔除" not in case_page(head, case).words

    # One other agrees, the second does not in time: it stays as it is.
    move(staff("head2"), case, "decide_exclusion", "同意剔除")
    clock.pass_by(days=3)
    assert end_exclusions(0) == 1
    assert Exclusion.objects.get().state == "lapsed"
    assert "不计入办理单位的考核" not in look_up(resident, code).words


def test_a_call_becomes_confidential_by_two_persons(world, staff, clock):
    send_report(Person(), WORDS, kind="0103", phone="13900000000")
    case = case_of(WORDS)
    clerk, leader = staff("clerk"), staff("leader")
    case_page(staff("grid_worker"), case)
    move(clerk, case, "ask_confidential", reason="写了孩子的事。")
    move(leader, case, "decide_confidential", "按申请改", words="同意。")
    assert case.confidential
    case_page(staff("grid_worker"), case, 404)
    case_page(staff("next_dispatcher"), case, 404)
    assert "保密" in case_page(leader, case).words
