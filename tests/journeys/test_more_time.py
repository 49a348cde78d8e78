"""A unit that cannot make it in time: it asks, others decide, and everybody reads the same limit."""

from datetime import timedelta

from huying.cases.jobs import end_holds
from huying.clocks.models import Clock
from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, look_up, move, send_report, triage

WORDS = "榕树路口的垃圾桶坏了，盖子合不上。"


def handling(case):
    return Clock.objects.get(object_id=case.pk, step="handle", stopped_at=None)


def test_more_time_is_asked_for_and_granted_by_others(world, staff, clock):
    resident = Person()
    code = send_report(resident, WORDS, kind="0103", phone="13900000000")
    case = case_of(WORDS)
    triage(staff("dispatcher"), case, unit=world.units["sanitation"], kind="0103")
    handler, head, leader = staff("handler"), staff("unit_head"), staff("leader")
    move(handler, case, "sign_in")
    first = handling(case)

    # The handler asks; the clock runs on, and the own request is not the handler's to decide.
    move(handler, case, "ask_extend", amount="2", unit="d", reason="新桶两天后到货。")
    assert handling(case).due_at == first.due_at
    assert "决定延期" not in case_page(handler, case).words
    assert "去审批" in head.open("/desk/").words

    # The head reads what it would come to, and agrees.
    asked = head.open(f"/desk/cases/{case.pk}/?move=decide_extend")
    for told in ("新桶两天后到货。", "现在到期", "同意后到期"):
        assert told in asked.words
    move(head, case, "decide_extend", "同意延期", words="桶到了就换。")
    longer = handling(case)
    assert (longer.limit, longer.first_due_at) == (first.limit, first.due_at)
    assert longer.due_at > first.due_at
    assert "原来" in case_page(handler, case).words
    assert "批准延长" in look_up(resident, code).words

    # The second time it is the leader's to decide; refused, with the reason.
    move(handler, case, "ask_extend", amount="4", unit="h", reason="送货的车坏了。")
    assert "去审批" not in head.open("/desk/").words
    move(leader, case, "decide_extend", "不延期", words="先用备用桶。")
    assert handling(case).due_at == longer.due_at
    assert "先用备用桶。" in case_page(handler, case).words

    # A third time there is none, and nobody outside reads of any of it.
    case_page(handler, case)
    assert not any("move=ask_extend" in href for href, _says in handler.read.links)
    staff("next_dispatcher").open(f"/desk/cases/{case.pk}/", 404)


def test_what_cannot_go_on_is_held_until_a_day_and_everybody_may_read_why(world, staff, clock):
    resident, stranger = Person(), Person("stranger")
    code = send_report(resident, WORDS, kind="0103", phone="13900000000")
    case = case_of(WORDS)
    triage(staff("dispatcher"), case, unit=world.units["sanitation"], kind="0103")
    handler, leader = staff("handler"), staff("leader")
    move(handler, case, "sign_in")
    until = (clock.now + timedelta(days=10)).date()
    move(handler, case, "ask_hold", kind="funds", until=until.isoformat(), reason="换桶的钱下旬才到。")
    assert "决定挂账" in case_page(leader, case).words
    move(leader, case, "decide_hold", "同意挂账", words="同意。")
    assert "挂账：等资金到位" in case_page(handler, case).words
    assert "这件事暂时办不了" in look_up(resident, code).words

    # After a day everybody reads the kind of matter, the community, the reason and the day; nothing else.
    clock.pass_by(days=2)
    stranger.open("/area/").press("示范街道")
    told = stranger.open("/held/").words
    for words in ("等资金到位", "榕树社区", "垃圾桶满溢或破损"):
        assert words in told
    for hidden in ("换桶的钱", "路口", case.number, "李示例"):
        assert hidden not in told

    # The day comes: it goes on by itself, and the unit has it in hand again.
    clock.pass_by(days=9)
    assert end_holds(0) == 1
    case.refresh_from_db()
    assert case.held_since is None
    assert handling(case).paused_at is None
    assert "没有挂账的事" in stranger.open("/held/").words


def test_a_supervisor_sets_a_time_the_unit_reports_back_and_the_supervisor_looks(world, staff, clock):
    send_report(Person(), WORDS, kind="0103", phone="13900000000")
    case = case_of(WORDS)
    triage(staff("dispatcher"), case, unit=world.units["sanitation"], kind="0103")
    handler, leader = staff("handler"), staff("leader")
    move(handler, case, "sign_in")
    move(leader, case, "supervise", what="今天换好桶，写明几点。", limit="4wh")
    assert "回报督办" in handler.open("/desk/").words
    asked = handler.open(f"/desk/cases/{case.pk}/?move=report_back")
    assert "今天换好桶，写明几点。" in asked.words
    clock.pass_by(minutes=30)
    move(handler, case, "report_back", words="车在路上。")
    assert "看回报" in leader.open("/desk/").words
    move(leader, case, "press", what="几点到？", limit="2h")
    clock.pass_by(minutes=30)
    move(handler, case, "report_back", words="十一点换好了。")
    assert "十一点换好了。" in leader.open(f"/desk/cases/{case.pk}/?move=close_supervision").words
    move(leader, case, "close_supervision", words="好。")
    assert (case.supervision, case.supervisions) == ("", 2)
    assert "督办 2 次" in case_page(leader, case).words


def test_a_unit_asks_the_caller_one_question_and_the_clock_waits_for_the_answer(world, staff, clock):
    resident = Person()
    code = send_report(resident, WORDS, kind="0103", phone="13900000000")
    case = case_of(WORDS)
    triage(staff("dispatcher"), case, unit=world.units["sanitation"], kind="0103")
    handler = staff("handler")
    move(handler, case, "sign_in")
    move(handler, case, "ask_reporter", question="是东边还是西边那只桶？", limit="2wd")
    assert handling(case).paused_at is not None
    assert "等诉求人补充" in case_page(handler, case).words

    # The caller reads it by the code and answers there.
    clock.pass_by(hours=1)
    page = look_up(resident, code)
    assert "是东边还是西边那只桶？" in page.words
    resident.open(f"/status/{case.reports.get().pk}/reply/").press("提交回答", words="东边那只。")
    assert "回答收到了" in resident.words
    assert "办理单位想问您" not in look_up(resident, code).words
    assert handling(case).paused_at is None
    assert "东边那只。" in case_page(handler, case).words
