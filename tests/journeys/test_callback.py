"""The call-back desk through its pages, the hand-over of the shift, and a filter that the unit shares."""

from huying.cases.models import ContactAttempt
from tests.journeys.person import Person, photo
from tests.journeys.steps import case_of, handle, look_up, move, review, send_report, triage

WORDS = "三栋后门的垃圾桶满了两天，没有人来收。"


def test_a_caller_is_missed_rung_in_another_part_of_the_day_and_asked_from_the_script(world, staff, clock):
    resident, stranger = Person(), staff("next_dispatcher")
    code = send_report(resident, WORDS, kind="0103", phone="13900000000", photos=[photo()])
    case = case_of(WORDS)
    triage(staff("dispatcher"), case, unit=world.units["sanitation"])
    handle(staff("handler"), case, "10月20日上午已清，以后每天两次。")
    move(staff("unit_head"), case, "sign")
    review(staff("reviewer"), case)
    assert case.state == "calling_back"

    # The desk opens with whom to ring first: words, answer, script, and no number.
    caller = staff("caller").open("/desk/call-back/")
    for words in (WORDS, "以后每天两次", "照着说", "系统自带话术", "首次", "还没有联系过诉求人"):
        assert words in caller.words
    assert "13900000000" not in caller.html
    stranger.open(f"/desk/call-back/{case.pk}/", 404)
    caller.press("看号码")
    assert "13900000000" in caller.words

    # Nobody answers: the next try counts in another part of the day, and the page says from when.
    caller.open("/desk/call-back/").press("保存，下一位", result="missed")
    assert "换个时段再打" in caller.words
    assert "今天 12:00 起" in caller.words
    clock.pass_by(hours=3, minutes=30)
    caller = staff("caller").open("/desk/call-back/")
    assert "换个时段再打" not in caller.words
    assert "第 2 次" in caller.words

    # The street's own words take the place of the shipped ones.
    head = staff("head").open("/desk/registers/call_script/new/")
    head.press(
        "保存", version="2026-2", area_code="990101001", greeting="您好，这里是示范街道。", solved="垃圾清了吗？",
        satisfied="满意吗？", thanks="谢谢您。", since="2026-10-20",
    )  # fmt: skip
    assert "垃圾清了吗？" in staff("caller").open("/desk/call-back/").words

    # Asked: solved first. What is missing is told, what was typed stays.
    caller.press("保存，下一位", 422, result="reached", words="清是清了，来得太晚。")
    assert "请先问解决了没有" in caller.words
    caller.press("保存，下一位", solved="yes", satisfaction="fair")
    assert "现在没有要回访的" in caller.words
    case.refresh_from_db()
    assert case.state == "closed"
    assert ContactAttempt.objects.filter(case=case, kind="call_back").count() == 2
    assert "已办结" in look_up(resident, code).words


def test_a_shift_is_handed_over_with_what_is_late_and_own_words(world, staff, clock):
    send_report(Person(), WORDS, kind="0103")
    case = case_of(WORDS)
    clock.pass_by(days=3)

    clerk = staff("clerk").open("/desk/shifts/")
    assert case.title in clerk.words
    clerk.press("交班", words="三栋的垃圾，答应今天先打电话。")
    assert "还没有人接" in clerk.words
    assert not clerk.offers("我来接班")
    shift = clerk.address
    staff("next_dispatcher").open(shift, 404)
    staff("handler").open(shift, 404)

    dispatcher = staff("dispatcher").open("/desk/shifts/")
    assert "还没有人接" in dispatcher.words
    dispatcher.press("我来接班")
    assert "三栋的垃圾，答应今天先打电话。" in dispatcher.words
    assert case.title in dispatcher.words
    assert "王范例" in staff("clerk").open(shift).words
    assert not staff("head").open(shift).offers("我来接班")  # it is taken over once


def test_a_filter_is_kept_shared_with_the_unit_and_taken_away_by_its_head(world, staff, clock):
    send_report(Person(), WORDS, kind="0103")
    case = case_of(WORDS)
    dispatcher = staff("dispatcher").open("/desk/list/?state=received")
    dispatcher.follow("存筛选").press("存好", name="刚收到的", unit=str(world.units["centre"].pk))
    assert "刚收到的" in dispatcher.words

    clerk = staff("clerk").open("/desk/list/").follow("刚收到的")
    assert case.title in clerk.words
    assert not clerk.offers("删筛选")
    stranger = staff("next_dispatcher")
    assert "刚收到的" not in stranger.open("/desk/list/").words
    assert case.title not in stranger.open("/desk/list/?state=received").words

    head = staff("head").open("/desk/list/").follow("刚收到的")
    head.press("删筛选")
    assert "刚收到的" not in staff("clerk").open("/desk/list/").words
