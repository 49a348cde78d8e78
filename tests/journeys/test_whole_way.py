"""The ways a call can go, each walked by the people whose step it is, through their pages."""

import pytest

from huying.approvals.models import Approval
from huying.audit.models import History
from huying.cases.models import Case, Report
from tests.journeys.person import Person, photo
from tests.journeys.steps import (
    case_of,
    case_page,
    check,
    handle,
    look_up,
    move,
    review,
    send_report,
    submit,
    triage,
)
from tests.world import GRID

WORDS = "榕树路口的垃圾桶满了，没有人来收。"


@pytest.fixture
def desk(staff):
    """A call on the street's desk by hotline, with a name and a phone: its case."""

    def take(words=WORDS) -> Case:
        clerk = staff("clerk").open("/desk/new/")
        left = {"name": "李示例", "phone": "13900000000", "agreed": True, "reply_by": "phone"}
        clerk.press("登记", channel="hotline", words=words, grid_code=GRID, **left)
        return case_of(words)

    return take


def verbs(case):
    return list(History.objects.filter(kind="case", object_id=case.pk).order_by("pk").values_list("verb", flat=True))


def moves_offered(one, case):
    """The moves that a person's case page links to."""
    case_page(one, case)
    return {href.split("move=")[1] for href, _says in one.read.links if "move=" in href}


def test_a_return_a_rework_a_second_round_and_a_reopening(world, staff, clock, desk):
    case = desk()
    units, dispatcher = world.units, staff("dispatcher")
    triage(dispatcher, case, unit=units["enforcement"])

    # The first unit says it is not theirs; the dispatcher agrees and sends it on.
    move(staff("enforcer"), case, "ask_return", clause="履职事项清单 基本履职 第 2 项", reason="清运归环卫站。")
    assert case.state == "in_hand"
    move(dispatcher, case, "decide_return", "同意退回", words="同意")
    assert case.state == "filed"
    barred = case_page(dispatcher, case).open(f"/desk/cases/{case.pk}/?move=dispatch")
    form = next(form for form in barred.read.forms if "/moves/dispatch/" in form.action)
    assert str(units["enforcement"].pk) not in form.controls["lead"].offered
    assert "退回过，不可选" in barred.words
    move(dispatcher, case, "dispatch", lead=str(units["sanitation"].pk), assistants=[str(units["banyan"].pk)])
    case_page(staff("enforcer"), case, 404)  # what was returned is no longer theirs to see

    # The lead signs in, speaks with the caller, waits for the one who assists, and reports.
    handler, head, reviewer = staff("handler"), staff("unit_head"), staff("reviewer")
    move(handler, case, "sign_in")
    move(handler, case, "first_contact", result="reached", words="说好上午去。")
    assert case.contacted_at is not None
    handler.open(f"/desk/cases/{case.pk}/?move=submit_result")
    assert not handler.offers("报结果")  # one who assists is not done yet
    move(staff("secretary"), case, "sign_in")
    move(staff("secretary"), case, "finish", words="已劝住户按点投放。")
    submit(handler, case, "尽快清理。")
    assert case.state == "reviewing"
    assert not case_page(handler, case).offers("提交审核")  # who handled does not review

    # Signed by the head of the unit, sent back by the desk for a promise without a date, and made better.
    move(head, case, "sign")
    reviewer.open(f"/desk/cases/{case.pk}/?move=review")
    assert "没有日期" in reviewer.words
    reviewer.press("提交审核", 422, decision="back")
    assert "请写明要改什么" in reviewer.words
    reviewer.press("提交审核", decision="back", reason="写明哪天清。")
    case.refresh_from_db()
    assert case.state == "in_hand"
    assert "写明哪天清。" in case_page(handler, case).words
    clock.pass_by(minutes=10)
    submit(handler, case, "10月20日上午已清，以后每天两次。")
    move(head, case, "sign")
    review(reviewer, case)
    assert case.state == "calling_back"

    # Called back by the desk: nobody answers, then "not solved": the same units, the second round.
    caller = staff("caller")
    move(caller, case, "call_back", result="missed")
    assert case.state == "calling_back"
    clock.pass_by(hours=2)
    move(staff("caller"), case, "call_back", result="reached", solved="no", words="第二天又满了。")
    assert (case.state, case.round) == ("in_hand", 2)
    assert "第二天又满了。" in case_page(staff("handler"), case).words
    move(staff("secretary"), case, "sign_in")
    move(staff("secretary"), case, "finish", words="又劝了一遍。")
    # From the second round on the head of the unit takes part before the result is reported.
    move(staff("handler"), case, "sign_in")
    assert "submit_result" not in moves_offered(staff("handler"), case)
    assert "等负责人参与" in case_page(staff("handler"), case).words
    assert "待您参与" in staff("unit_head").open("/desk/").words
    move(staff("unit_head"), case, "take_part", part="looked", words="和承办人到现场看过，桶确实不够。")
    assert "负责人已参与" in case_page(staff("handler"), case).words
    submit(staff("handler"), case, "加了一个桶，改为每天三次。")
    move(staff("unit_head"), case, "sign")
    review(staff("reviewer"), case)
    move(staff("caller"), case, "call_back", result="reached", solved="yes", satisfaction="satisfied")
    assert case.state == "closed"

    # Nine days later it is there again: reopened at the desk with its reason, and no later than within 14 days.
    clock.pass_by(days=9)
    move(staff("caller"), case, "reopen", reason="又没有人收了。")
    assert (case.state, case.round) == ("in_hand", 3)
    told = verbs(case)
    for verb in ("return", "rework", "call_back", "second_round", "take_part", "reopen"):
        assert verb in told


def test_the_reporter_opens_it_again_adds_and_takes_it_back_by_code(world, staff, clock):
    resident = Person()
    code = send_report(resident, WORDS, kind="0103", phone="13900000000", photos=[photo()])
    case = case_of(WORDS)
    secretary = staff("secretary")
    triage(secretary, case, unit=world.units["banyan"])

    # Photos and words added by code reach the one who handles it.
    look_up(resident, code).follow("补充").press("提交补充", words="桶旁边还有旧家具。", photos=[photo()])
    assert "桶旁边还有旧家具。" in case_page(secretary, case).words
    look_up(resident, code).follow("催一下").press("催一下")
    assert "催过了" in resident.words

    handle(secretary, case, "桶和旧家具都清走了。")
    review(staff("reviewer"), case)
    look_up(resident, code).follow("评价这次办理").press("提交评价", 422, satisfaction="satisfied")
    assert "请先选解决了没有" in resident.words
    resident.press("提交评价", solved="yes")
    case.refresh_from_db()
    assert case.state == "closed"

    # Within 14 days by one click, with the same code; then it is fine, and taken back.
    clock.pass_by(days=13)
    look_up(resident, code).follow("又出现了").press("接着办", reason="旧家具又堆出来了。")
    case.refresh_from_db()
    assert (case.state, case.round) == ("in_hand", 2)
    assert "旧家具又堆出来了。" in case_page(staff("secretary"), case).words
    look_up(resident, code).follow("现在好了").press("现在好了")
    case.refresh_from_db()
    assert case.state == "withdrawn"
    assert case.orders.filter(state="offered").count() == 0

    # The contact can be erased, the code goes on working.
    look_up(resident, code).follow("我的联系方式").press("删")
    assert "查询码还能用" in resident.words
    look_up(Person(), code)
    assert Report.objects.get(words=WORDS).contact.erased_at is not None


def test_after_14_days_it_becomes_a_new_matter_tied_to_the_old(world, staff, clock):
    resident = Person()
    code = send_report(resident, WORDS, kind="0103", phone="13900000000")
    case = case_of(WORDS)
    secretary = staff("secretary")
    triage(secretary, case, unit=world.units["banyan"])
    handle(secretary, case, "清走了。")
    review(staff("reviewer"), case)
    look_up(resident, code).follow("评价这次办理").press("提交评价", solved="yes")
    clock.pass_by(days=15)
    look_up(resident, code)
    assert "再反映一次" in resident.html
    resident.press("再反映一次")
    assert resident.address.startswith("/report/")
    resident.press("下一步：在哪里", words="又满了，和上次一样。")
    while not resident.address.startswith("/report/check/"):
        resident.press("下一步")
    resident.press("提交", reply_by="page")
    assert case_of("又满了，和上次一样。").follows_id == case.pk


def test_withdrawn_before_anybody_came(world, staff):
    resident = Person()
    code = send_report(resident, WORDS, kind="0103")
    look_up(resident, code).follow("撤回").press("撤回这一件")
    case = case_of(WORDS)
    assert case.state == "withdrawn"
    assert "已撤回" in look_up(resident, code).words
    assert case_page(staff("secretary"), case).read.forms  # still to be read by the desk
    assert not any("派" in words for words in staff("secretary").buttons())


def test_void_takes_two_persons(world, staff, desk):
    case = desk()
    head, second = staff("head"), staff("head2")
    move(head, case, "ask_void", reason="试拨的电话，不是诉求。")
    assert case.state == "received"
    head.open(f"/desk/cases/{case.pk}/?move=decide_void")
    assert not head.offers("同意作废")
    move(second, case, "decide_void", "不作废", words="再核实一下。")
    assert case.state == "received"
    move(head, case, "ask_void", reason="核实过了，是试拨。")
    move(second, case, "decide_void", "同意作废")
    assert case.state == "voided"
    assert Approval.objects.filter(object_id=case.pk).count() == 2


def test_a_decline_is_confirmed_by_another_and_can_be_objected_to(world, staff, clock):
    resident = Person()
    code = send_report(resident, "邻市的路灯不亮。", at=GRID, phone="13900000000")
    case = case_of("邻市的路灯不亮。")
    secretary, head = staff("secretary"), staff("head")
    move(secretary, case, "raise", reason="不在本街道。")
    move(staff("dispatcher"), case, "ask_decline", clause="属地管理", reason="地点在邻市。", where_to="邻市 12345")
    assert case.state == "received"
    move(head, case, "decide_decline", "同意不予受理")
    assert case.state == "declined"
    assert "邻市 12345" in look_up(resident, code).words
    resident.follow("提异议").press("提交异议", reason="就在榕树路口，看地图。")
    case.refresh_from_db()
    assert case.state == "received"
    assert "就在榕树路口，看地图。" in case_page(staff("dispatcher"), case).words
    # Who confirmed the decline does not decide again; a colleague does.
    assert "answer" not in moves_offered(head, case)
    assert "answer" in moves_offered(staff("dispatcher"), case)


def test_two_calls_about_one_thing_become_one_and_each_keeps_its_code(world, staff, clock):
    first, second = Person(), Person()
    codes = []
    for one, words in ((first, "垃圾桶满了，请来收。"), (second, "垃圾桶爆满，臭味很大。")):
        codes.append(send_report(one, words, kind="0103", phone="13900000000"))
        clock.pass_by(minutes=10)
    into, case = case_of("垃圾桶满了，请来收。"), case_of("垃圾桶爆满，臭味很大。")
    secretary = staff("secretary")
    move(secretary, case, "merge", into=str(into.pk), confirmed=True)
    assert case.state == "merged"
    assert case_of("垃圾桶爆满，臭味很大。") == into
    triage(secretary, into, unit=world.units["banyan"])
    for one, code, other in zip((first, second), codes, ("爆满，臭味", "请来收"), strict=True):
        look_up(one, code)
        assert "榕树社区居委会" in one.words
        assert other not in one.words
    handle(secretary, into, "清走了。")
    review(staff("reviewer"), into)
    look_up(first, codes[0]).follow("评价这次办理").press("提交评价", solved="yes")
    into.refresh_from_db()
    assert into.state == "calling_back"  # the other still has a say
    look_up(second, codes[1]).follow("评价这次办理").press("提交评价", solved="yes")
    into.refresh_from_db()
    assert into.state == "closed"


def test_a_merger_can_be_taken_back(world, staff, desk, clock):
    into, case = desk("垃圾桶满了，请来收。"), desk("垃圾桶爆满，臭味很大。")
    dispatcher = staff("dispatcher")
    for one in (into, case):
        triage(dispatcher, one, unit=world.units["sanitation"])
    move(dispatcher, case, "merge", into=str(into.pk), confirmed=True)
    assert (case.state, case.merged_into) == ("merged", into)
    move(dispatcher, case, "unmerge")
    assert (case.state, case.merged_into) == ("in_hand", None)
    assert case.orders.filter(state="offered").count() == 1


def test_verified_first_answered_directly_transferred(world, staff, desk):
    verified, asked, outside = desk("有人说井盖松了。"), desk("垃圾几点收？"), desk("国道边的树倒了。")
    dispatcher = staff("dispatcher")
    move(dispatcher, verified, "send_to_verify")
    move(staff("grid_worker"), verified, "report_verified", found="yes", words="井盖确实松动。", images=[photo()])
    assert (verified.state, verified.verified) == ("received", True)
    move(dispatcher, asked, "answer", words="每天早上六点和晚上八点。", source="knowledge")
    assert asked.state == "answered"
    dispatcher.open(f"/desk/cases/{outside.pk}/?move=transfer")
    move(dispatcher, outside, "transfer", receiver="公路管理站", confirmed=True)
    assert outside.state == "transferred"


def test_a_grid_worker_settles_a_small_matter_on_the_spot(world, staff):
    worker = staff("grid_worker").open("/desk/self/")
    form, _button = worker.form_of("记下，办结")
    kind = next(code for code in form.controls["type_code"].offered if code)
    worker.press("记下，办结", 422, type_code=kind, words="路边树枝已搬开。", grid_code=GRID, before=[photo()])
    assert "请加一张处理后的照片" in worker.words
    worker.press(
        "记下，办结", type_code=kind, words="路边树枝已搬开。", before=[photo()], after=[photo(color=(20, 90, 20))]
    )
    case = case_of("路边树枝已搬开。")
    assert (case.state, case.flow) in {("closed", "self"), ("checking", "self")}
    if case.state == "checking":
        check(staff("grid_worker2"), case, "看过了，属实。")
        assert case.state == "closed"
