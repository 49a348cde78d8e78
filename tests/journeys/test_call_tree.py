"""An urgent matter at night: the call tree goes from post to post, and one tap on the link ends it for all."""

from datetime import timedelta

from huying.cases.codes import answer_code
from huying.cases.listeners import ringing
from huying.cases.models import Case, TreeCall, TreeRun
from huying.notices.models import Notice
from tests.journeys.person import Person
from tests.journeys.steps import case_page, send_report, triage
from tests.notices.conftest import spread
from tests.world import BANYAN, STREET

STEPS = (("handler", 5), ("unit_head", 5), ("leader_in_charge", 10))


def test_a_call_tree_from_the_register_to_the_printed_log(world, staff, clock):
    # The head settles who is called; the next street's does not even find the rows.
    head, stranger = staff("head"), staff("next_dispatcher")
    for number, (post, minutes) in enumerate(STEPS, start=1):
        head.open("/desk/registers/call_tree/new/")
        head.press(
            "保存", area_code=STREET, occasion="unit", grade="urgent", number=str(number), post=post,
            minutes=str(minutes), since="2026-10-01",
        )  # fmt: skip
    assert "分管领导" in head.open("/desk/registers/call_tree/").words
    assert "分管领导" not in stranger.open("/desk/registers/call_tree/").words

    send_report(Person(""), "路面塌了一个大坑，晚上看不见。", phone="13900000001")
    case = Case.objects.get()
    dispatcher = staff("dispatcher")
    triage(dispatcher, case, unit=world.units["sanitation"], kind="0202", grade="urgent")
    spread()
    run = TreeRun.objects.get()
    assert [one.account.name for one in run.calls.all()] == ["卫甲例"]

    # Nobody answers: the next post is called, five minutes later.
    clock.pass_by(minutes=6)
    ringing.ring(now=clock.now)
    page = case_page(staff("unit_head"), case)
    for words in ("紧急呼叫", "卫甲例", "蒋乙例"):
        assert words in page.words
    stranger.open(f"/desk/cases/{case.pk}/", 404)

    # The link of the message: looking answers nothing, the button does; the page says no more than the message.
    code = answer_code(TreeCall.objects.get(account=world.accounts["unit_head"]).pk)
    phone = Person("").open(f"/on-call/{code}/")
    assert case.number in phone.words
    for private in ("大坑", "李示例", "13900000001", "蒋乙例"):
        assert private not in phone.words
    assert TreeRun.objects.get().ended_at is None
    assert "已应答" in phone.press("我来处理").words
    assert TreeRun.objects.get().answered_by == world.accounts["unit_head"]
    assert not phone.open(f"/on-call/{code}/").offers("我来处理")
    Person("").open("/on-call/AAAAAAAAAAAAAAAA/", 404)
    clock.pass_by(hours=2)
    assert ringing.ring(now=run.next_at + timedelta(hours=2)) == 0
    assert not Notice.objects.filter(kind="urgent_call", account=world.accounts["leader"]).exists()

    # The log is printed, and names no caller.
    sheet = dispatcher.open(f"/desk/cases/{case.pk}/sheets/calls/")
    for words in ("紧急呼叫记录", "卫甲例", "蒋乙例", "用链接应答"):
        assert words in sheet.words
    assert "李示例" not in sheet.words


def test_a_post_without_a_tree_changes_nothing(world, staff):
    send_report(Person(""), "路面塌了一个坑，要小心。")
    case = Case.objects.get()
    triage(staff("dispatcher"), case, unit=world.units["sanitation"], kind="0202", grade="urgent")
    spread()
    assert not TreeRun.objects.exists()
    assert "紧急呼叫" not in case_page(staff("handler"), case).words
    assert case.area_code.startswith(BANYAN)
