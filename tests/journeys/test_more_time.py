"""A unit that cannot make it in time: it asks, others decide, and everybody reads the same limit."""

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
