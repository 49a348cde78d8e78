"""The desk's daily tools through its pages."""

from urllib.parse import urljoin

from huying.cases.models import Case
from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, check, handle, look_up, move, review, send_report, triage
from tests.journeys.test_areas import told

WORDS = ("榕树路口的垃圾桶满了，请来清。", "榕树路东边的垃圾桶满了两天，没有人来清。")


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


def test_a_call_about_two_matters_is_split_and_followed_under_one_number(world, staff, clock):
    words = "垃圾桶满了没人清，三栋门口的路灯也不亮。"
    caller, stranger = Person(), Person()
    code = send_report(caller, words, kind="0103", phone="13900000000")
    case = case_of(words)
    move(staff("clerk"), case, "split", words_1="三栋门口的路灯不亮。", type_1="0301", place_1="三栋门口")
    part = Case.objects.get(part_of=case)
    assert part.number in case_page(staff("clerk"), case).words
    page = look_up(caller, code).words
    assert "分成几件办" in page
    assert part.number in page
    assert "三栋门口的路灯不亮。" not in page  # the desk's own words
    case_page(staff("next_dispatcher"), part, 404)
    assert part.number not in look_up(stranger, send_report(Person(), "路口太黑。")).words

    # Each goes its own way; the first is not let out before the other has ended, and the caller is called once.
    triage(staff("dispatcher"), part, unit=world.units["enforcement"])
    triage(staff("dispatcher"), case, unit=world.units["sanitation"])
    handle(staff("handler"), case, "已清。")
    move(staff("unit_head"), case, "sign")
    reviewer = staff("reviewer").open(f"/desk/cases/{case.pk}/?move=review")
    form, _button = reviewer.form_of("提交审核")
    assert form.controls["decision"].offered == ["back"]
    move(staff("dispatcher"), part, "take_back")
    assert part.state == "filed"
    triage(staff("dispatcher"), part, unit=world.units["sanitation"])
    handle(staff("handler"), part, "已修好。")
    move(staff("unit_head"), part, "sign")
    review(staff("reviewer"), part)
    clock.pass_by(minutes=5)
    if part.state == "checking":
        check(staff("grid_worker"), part, "亮了。")
    assert part.state == "closed"
    review(staff("reviewer"), case)
    assert "已修好" in look_up(caller, code).words


def test_a_type_is_changed_with_a_look_at_what_follows(world, staff, clock):
    send_report(Person(), WORDS[0], kind="0103")
    case = case_of(WORDS[0])
    triage(staff("dispatcher"), case, unit=world.units["sanitation"])
    one = case_page(staff("dispatcher"), case).open(f"/desk/cases/{case.pk}/?move=recategorise")
    one.press("看看会怎样", where="/moves/recategorise/", type_code="0301", reason="看错了。")
    assert "改了以后谁主办" in one.words
    assert "→" in one.words
    case.refresh_from_db()
    assert case.type_code == "0103"  # only looked at
    one.press("改事项类型", where="/moves/recategorise/", lead=str(world.units["enforcement"].pk))
    case.refresh_from_db()
    assert case.type_code == "0301"
    assert case.orders.exclude(state="cancelled").get().unit == world.units["enforcement"]
    case_page(staff("handler"), case, 404)


def test_the_list_is_taken_away_as_a_file_with_a_purpose(world, staff, clock):
    send_report(Person(), WORDS[0], kind="0103")
    case = case_of(WORDS[0])
    leader = staff("leader").open("/desk/list/?state=all").follow("导出")
    leader.press("开始导出", purpose="check", format="csv", columns=["number", "state"])
    assert "正在做" in leader.words
    page = leader.address
    staff("head").open(page, 404)
    staff("clerk").open(page, 403)
    told("desk.export_asked", clock.now)
    assert "做好了，共 1 件" in leader.open(page).words
    assert "案件材料" in case_page(leader, case).words
    sent = leader.client.get(f"{page}file/")
    text = sent.content.decode("utf-8-sig")
    assert case.number in text
    assert WORDS[0] not in text
    assert staff("head").client.get(f"{page}file/").status_code == 404
    clock.pass_by(days=1, minutes=5)
    staff("leader").open(f"{page}file/", 404)


def test_a_leader_sees_what_of_each_unit_is_late_and_opens_it(world, staff, clock):
    send_report(Person(), WORDS[0], kind="0103")
    case = case_of(WORDS[0])
    triage(staff("dispatcher"), case, unit=world.units["sanitation"])
    clock.pass_by(days=9)
    leader = staff("leader").open("/desk/supervision/")
    assert "街道环卫站" in leader.words
    leader.open(urljoin(leader.address, next(href for href, _says in leader.read.links if "unit=" in href)))
    assert case.number in leader.words
    staff("dispatcher").open("/desk/supervision/", 403)
