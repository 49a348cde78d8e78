"""Talking with people on a phone and on a desktop: knowledge, drafts, errands, group chats, answers and the wall."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huying.cases.actions import errands
from huying.cases.codes import errand_code
from huying.cases.models import Case, WorkOrder
from huying.cases.rules import OPEN
from huying.cases.rules.errands import ErrandVerb
from huying.matters.actions import knowledge
from tests.browser.desk_world import HERE, build_day
from tests.browser.harness import TOUR
from tests.browser.visits import Visit
from tests.world import STREET

CHAT = """王小美 10:32
榕树第一网格路口的垃圾桶满了，没人来收，电话13800000000
李大海(6栋) 10:40
6栋门口路灯坏了，晚上看不见路
"""


@pytest.fixture
def day(transactional_db, monkeypatch, settings, tmp_path):
    settings.DATA = tmp_path
    world = build_day()
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    return world


def write(day, **more):
    given = {
        "kind": "article", "area_code": STREET, "question": "垃圾桶满了找谁来收",
        "body": "打街道环卫站电话 020-12345678，两小时内上门清运，不收钱。逢大雨顺延到雨停。", "basis": "街道便民服务指南第三条",
        "type_codes": ["0103"], "unit_id": day.units["sanitation"].pk,
        "review_on": timezone.localdate(HERE) + timedelta(days=90), "actor": day.people["head"], "now": HERE, **more,
    }  # fmt: skip
    return knowledge.write_knowledge(**given)


def published(day, **more):
    made = write(day, **more)
    knowledge.submit_knowledge(version_id=made.pk, actor=day.people["head"], now=HERE)
    return knowledge.publish_knowledge(version_id=made.pk, actor=day.people["leader"], now=HERE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_people_are_talked_with(site, open_page, day, width):
    def come(who: str = "") -> Visit:
        one = Visit(open_page(phone=width == "phone"), site, width)
        if who:
            client = Client()
            client.force_login(day.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
            one.page.context.add_cookies([cookie])
        return one

    made = published(day)
    published(
        day, kind="reply", reply_for="answer", question="垃圾桶满溢的答复",
        body="您反映的{matter}（{number}）已转{unit}，今天内清运。谢谢您告诉我们。",
    )  # fmt: skip
    draft = write(day, question="老年优待证在哪里办", body="带身份证到街道政务服务中心。", type_codes=[])
    head, clerk, handler, leader = come("head"), come("clerk"), come("handler"), come("leader")
    head.go(reverse("matters:knowledge"))
    head.look("knowledge")
    head.go(reverse("matters:new_knowledge") + "?kind=reply")
    head.look("knowledge-new")
    head.go(reverse("matters:knowledge_text", args=[draft.pk]))
    head.look("knowledge-draft")
    knowledge.submit_knowledge(version_id=draft.pk, actor=day.people["head"], now=HERE)
    leader.go(reverse("matters:knowledge_text", args=[draft.pk]))
    leader.look("knowledge-publish")
    head.go(reverse("matters:knowledge_text", args=[made.pk]))
    head.look("knowledge-text")

    waiting = next(
        one for one in Case.objects.filter(state="received", restricted=False).order_by("pk")
        if "垃圾" in one.reports.all()[0].words and one.desk_code.startswith(STREET)
    )  # fmt: skip
    clerk.go(reverse("desk:triage_case", args=[waiting.pk]))
    clerk.page.get_by_text("知识库里可能有答案").first.wait_for()
    clerk.look("triage-answers")
    clerk.go(reverse("cases:case", args=[waiting.pk]) + "?move=answer")
    clerk.page.get_by_text("用标准答复和先例起草").click()
    clerk.page.get_by_text("换成这一条").wait_for()
    clerk.look("draft")
    clerk.go(reverse("desk:new"))
    clerk.page.locator("textarea[name=words]").fill("垃圾桶满了找谁收")
    clerk.page.locator("textarea[name=words]").press("End")
    clerk.page.get_by_text("知识库里可能有答案").first.wait_for()
    clerk.look("intake-answers")
    clerk.go(reverse("desk:chat"))
    clerk.page.locator("textarea[name=text]").fill(CHAT)
    clerk.look("chat")
    clerk.page.get_by_text("拆成几条看看").click()
    clerk.page.get_by_text("登记勾了的").wait_for()
    clerk.look("chat-drafts")

    order = next(
        one for one in WorkOrder.objects.filter(
            unit=day.units["sanitation"], state="accepted", case__restricted=False
        ).select_related("case").order_by("pk")
        if one.case.state in OPEN
    )  # fmt: skip
    handler.go(reverse("cases:send_errand", args=[order.case_id]))
    handler.look("errand-send")
    errand = errands.send_errand(
        order.case_id, firm="绿叶保洁服务有限公司", words="清运路口东侧的两个桶，冲洗地面，做完拍一张照片。", place="榕树路与河堤路口东侧",
        term="3d", actor=day.people["handler"], now=HERE,
    )  # fmt: skip
    handler.go(reverse("cases:errand", args=[errand.pk]))
    handler.look("errand-link")
    firm = come()
    firm.go(reverse("portal:task"))
    firm.look("task")
    firm.page.locator("input[name=code]").fill(errand_code(errand.pk, 0))
    firm.page.get_by_role("button", name="打开").click()
    firm.page.get_by_role("button", name="接下").wait_for()
    firm.look("task-new")
    firm.page.locator("input[name=planned_on]").fill(timezone.localdate(HERE).isoformat())
    firm.page.get_by_role("button", name="接下").click()
    firm.page.get_by_role("button", name="做完了").wait_for()
    firm.look("task-taken")
    firm.page.locator("form[action$='/finish/'] textarea").fill("两个桶清空了，地面冲洗过。")
    firm.page.get_by_role("button", name="做完了").click()
    firm.page.get_by_text("谢谢，等对方确认").first.wait_for()
    firm.look("task-done")
    handler.go(reverse("cases:errand", args=[errand.pk]))
    handler.look("errand")
    errands.move_errand(errand.pk, ErrandVerb.CONFIRM, actor=day.people["handler"], now=HERE)
    handler.go(reverse("cases:case", args=[order.case_id]))
    handler.look("errand-case")

    reader = come()
    reader.page.context.add_cookies([{"name": "huying_area", "value": STREET, "url": site}])
    reader.go(reverse("portal:answers"))
    reader.look("answers")
    reader.go(reverse("portal:answer", args=[made.entry]))
    reader.look("answer")
    reader.go(reverse("portal:report"))
    reader.page.locator("textarea[name=words]").fill("垃圾桶满了找谁来收")
    reader.page.get_by_text("也许这里就有答案").wait_for()
    reader.look("maybe")
    reader.go(reverse("portal:wall"))
    reader.look("wall")
    for one in (head, clerk, handler, leader, firm, reader):
        one.close()
