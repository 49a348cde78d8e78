"""One burst main, many callers: one case, one word to all, and whoever calls later reads it before reporting."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from huying.cases.listeners.incidents import told
from huying.cases.models import Case, Incident, Report
from huying.kernel.events import News
from huying.kernel.ids import uuid7
from huying.notices.models import Notice
from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, look_up, send_report
from tests.world import BANYAN, OTHER_GRID

FIRST, SECOND, THIRD = "榕树花园 3 栋一早就停水了。", "整条榕树路都没有水。", "我家厨房没有水，是不是停水了？"


def hand_on(now) -> None:
    """What the jobs do with the news of incidents, all of it again each time: a killed worker's job runs again."""
    for job in ProcrastinateJob.objects.filter(args__name="cases.incident_said").order_by("id"):
        told(News(uuid7(), "cases.incident_said", now, job.args["facts"]))


def begin(one: Person) -> Person:
    """To the first step of a report in the sub-district."""
    one.open("/report/")
    return one.press("示范街道") if one.address.startswith("/area/") else one


def local(moment) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_a_burst_main_is_one_case_and_one_word_to_everybody(world, staff, clock):
    first, second = Person(), Person()
    codes = [send_report(first, FIRST, phone="13800138001"), send_report(second, SECOND, at=OTHER_GRID)]
    case = case_of(FIRST)
    clock.pass_by(minutes=10)

    # A clerk declares the first one an incident, in words for everybody; the stranger does not learn of it.
    clerk = staff("clerk")
    assert "设为群体事件" in case_page(clerk, case).html
    clerk.open(f"/desk/cases/{case.pk}/incident/")
    given = {
        "title": "榕树路一带停水", "words": "路面施工挖断水管，供水公司正在抢修。", "area_codes": [BANYAN],
        "place_words": "榕树社区", "types": "any", "began_at": local(clock.now - timedelta(hours=2)),
    }  # fmt: skip
    clerk.press("发布", 422, **{**given, "words": "请打 13800138000"})
    clerk.press("发布", **given, expected_at=local(clock.now + timedelta(hours=3)))
    incident = Incident.objects.get()
    stranger = staff("next_dispatcher")
    stranger.open(f"/desk/cases/incidents/{incident.pk}/", 404)
    stranger.open(f"/desk/cases/{case.pk}/incident/", 404)
    assert "停水" not in stranger.open("/desk/cases/incidents/").words
    staff("handler").open(f"/desk/cases/incidents/{incident.pk}/", 404)

    # The other call is likely the same: looked at, then joined in one act.
    clerk.open(f"/desk/cases/incidents/{incident.pk}/").follow("并入同一件的诉求")
    assert "在这个范围内" in clerk.words
    clerk.press("先看看会怎样", calls=[str(case_of(SECOND).pk)])
    assert "1 件并入" in clerk.words
    clerk.press("确认并入", calls=[str(case_of(SECOND).pk)])
    assert Report.objects.get(words=SECOND).case == case

    # A third one reads of it before reporting, and needs to type nothing more.
    third = begin(Person())
    assert "榕树路一带停水" in third.words
    assert FIRST[:4] not in third.words
    third.press("有进展时告诉我")
    assert third.address.startswith("/report/check/")
    third.press("提交", phone="13800138003", name="李示例", consent=True, reply_by="phone")
    assert "这件事已经知道了" in third.words
    assert Report.objects.filter(case=case).count() == 3
    # For a fourth it is something else: the report goes its own way.
    fourth = begin(Person()).press("我的情况不一样", words=THIRD)
    assert fourth.address.startswith(("/report/kind/", "/report/where/"))

    # At the desk a call is taken down and joined with one press.
    clerk.open("/desk/new/").press("就是这件", channel="window", reply_by="page")
    assert "已并入" in clerk.words
    assert Report.objects.filter(case=case).count() == 4

    # Everybody hears how it goes and that it is over, each once.
    hand_on(clock.now)
    heard = Notice.objects.filter(kind="incident_told")
    assert heard.count() == 2  # two left a phone
    clock.pass_by(minutes=30)
    clerk.open(f"/desk/cases/incidents/{incident.pk}/?move=say")
    clerk.press("发布进展", words="已挖开路面，正在换管。")
    hand_on(clock.now)
    assert heard.count() == 4
    assert "正在换管" in look_up(second, codes[1]).words
    clerk.open(f"/desk/cases/incidents/{incident.pk}/?move=end")
    clerk.press("事件结束", words="已经恢复供水。")
    hand_on(clock.now)
    assert heard.count() == 6
    assert "已经恢复供水" in look_up(first, codes[0]).words
    assert "榕树路一带停水" not in begin(Person()).words
    assert Case.objects.filter(merged_into=case).count() == 3
