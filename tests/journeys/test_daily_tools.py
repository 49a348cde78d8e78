"""The desk's daily tools through its pages."""

from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, look_up, move, send_report, triage

WORDS = ("榕树路口的垃圾桶满了，请来清。", "榕树路东边的垃圾堆了两天，没有人来清。")


def test_many_cases_are_sent_together_looked_at_before_and_taken_back(world, staff, clock):
    for words in WORDS:
        send_report(Person(), words, kind="0103")
    cases = [case_of(words) for words in WORDS]
    for one in cases:
        triage(staff("clerk"), one)

    # The dispatcher ticks both rows, chooses the unit, and sees beforehand what would become of each.
    one = staff("dispatcher").open("/desk/list/?state=triaged")
    one.press("派单", where="/batches/new/", case=[str(case.pk) for case in cases])
    one.press("先看看会怎样", lead=str(world.units["sanitation"].pk), instruction="今天一起清。")
    assert "2 件里，会办 2 件" in one.words
    assert one.words.count("派给 街道环卫站") == 2
    assert {case.orders.count() for case in cases} == {0}  # nothing is done yet
    one.press("批量派单 2 件")
    assert "做好了 2" in one.words
    batch = one.address
    staff("next_dispatcher").open(batch, 404)
    staff("clerk").open(batch, 404)

    # The unit has one in its hands already: that one stays, the other comes back, and the history says so.
    move(staff("handler"), cases[0], "sign_in")
    clock.pass_by(minutes=5)
    one = staff("dispatcher").open(batch).press("撤销这一批")
    assert "撤销了 1 件" in one.words
    assert "不能撤销 1" in one.words
    for case in cases:
        case.refresh_from_db()
    assert [case.state for case in cases] == ["in_hand", "filed"]
    assert "收回派单" in case_page(staff("dispatcher"), cases[1]).words
    case_page(staff("handler"), cases[1], 404)
    assert not staff("dispatcher").open(batch).offers("撤销这一批")

    # One answer for several callers is sent at once and says that it cannot be unsent.
    more = [f"{place}停水到什么时候？" for place in ("一栋", "二栋")]
    told = [send_report(Person(), words) for words in more]
    one = staff("clerk").open("/desk/list/?q=停水")
    one.press("答复", where="/batches/new/", case=[], all="1")
    one.press("先看看会怎样", words="周三检修，当晚八点恢复供水。")
    assert "送出后不能撤销" in one.words
    one.press("批量答复 2 件")
    assert all("当晚八点恢复供水" in look_up(Person(), code).words for code in told)
