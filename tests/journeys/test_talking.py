"""Talking with people: a question is answered from what the street wrote down; a firm from outside does a task."""

from huying.cases.models import Errand
from huying.matters.models import Knowledge
from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, code_on, look_up, move, send_report, triage
from tests.world import STREET

QUESTION, BODY = "大件垃圾怎么预约上门收", "打街道环卫站电话预约，第二天上门收。"
WORDS = "家里的大件垃圾要预约上门收，怎么办？"


def publish(staff, question=QUESTION, body=BODY):
    """The head of the desk writes, the leader publishes."""
    head, leader = staff("head"), staff("leader")
    head.open("/desk/matters/knowledge/new/?kind=article")
    head.press("存草稿", area_code=STREET, question=question, body=body)
    head.press("送批准")
    made = Knowledge.objects.get(question=question)
    leader.open(f"/desk/matters/knowledge/{made.pk}/").press("批准发布")
    return made


def test_a_question_is_answered_by_what_the_street_wrote_down(world, staff, clock):
    made = publish(staff)

    # A resident finds it without asking anybody; somebody else asks all the same.
    reader, resident = Person("reader"), Person()
    reader.open("/area/")
    reader.press("示范街道")
    assert BODY in reader.open(f"/answers/{made.entry}/").words
    code = send_report(resident, WORDS)
    case = case_of(WORDS)

    # The clerk sees it beside the call, and answers with it.
    clerk = staff("clerk")
    assert QUESTION in clerk.open(f"/desk/triage/{case.pk}/answers/").words
    clerk.press("就这样答复")
    case.refresh_from_db()
    assert case.state == "answered"
    assert "按知识库第 1 版" in case_page(clerk, case).words
    assert BODY in look_up(resident, code).words

    # Next door nobody learns of it.
    staff("next_dispatcher").open(f"/desk/matters/knowledge/{made.pk}/", 404)


def test_a_firm_from_outside_does_a_task_and_the_handler_confirms(world, staff, clock):
    resident = Person()
    words = "榕树路口的垃圾桶满了，没有人来收。"
    send_report(resident, words, kind="0103", phone="13900000000")
    case = case_of(words)
    triage(staff("dispatcher"), case, unit=world.units["sanitation"], kind="0103")
    handler = staff("handler")
    move(handler, case, "sign_in")
    handler.open(f"/desk/cases/{case.pk}/errand/")
    handler.press("生成链接", firm="绿叶保洁", words="清运路口的两个桶", place="榕树路口", term="1d")
    errand = Errand.objects.get()
    code = code_on(handler)

    firm = Person("firm")
    firm.open("/task/").press("打开", code=code)
    assert "清运路口的两个桶" in firm.words
    for hidden in (words, case.number, "李示例", "13900000000"):
        assert hidden not in firm.words
    firm.press("接下", planned_on=clock.now.date().isoformat())
    firm.press("做完了", words="清好了")

    assert "清好了" in handler.open(f"/desk/cases/errands/{errand.pk}/").words
    handler.press("看过了，确认做完")
    assert "外单位 绿叶保洁" in case_page(handler, case).words

    # Another phone with the same digits opens nothing.
    Person("other").open("/task/").press("打开", 422, code=code)
