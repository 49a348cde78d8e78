"""Upper tickets on a phone and on a desktop: a sheet brought in, the list, one in its steps, the case's page, going up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from huying.cases.actions import tickets as t
from huying.cases.rules.tickets import Row
from tests.browser.desk_world import HERE, build_day
from tests.browser.harness import TOUR
from tests.browser.visits import Visit
from tests.cases.uppers import source_of

HOUR = timedelta(hours=1)
SHEET = """流水号,问题,派单时间,要求时间,来电人,来电号码,备注
GZ20261020,市民反映榕树路口的垃圾桶满了，两天没有人来收。,2026-10-20 08:10,2026-10-23 17:00,刘样本,13800000000,第二次来电
GZ20261021,市民反映河堤边的路灯坏了三盏，晚上看不清路。,2026-10-20 08:20,2026-10-22 12:00,,,
错的编号,这一行的编号不对,昨天,,,,
"""


@pytest.fixture
def day(transactional_db, monkeypatch, settings, tmp_path):
    settings.DATA = tmp_path
    world = build_day()
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    return world


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_tickets_can_be_brought_read_and_answered(site, open_page, day, width):
    def come(who: str) -> Visit:
        one = Visit(open_page(phone=width == "phone"), site, width)
        client = Client()
        client.force_login(day.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
        one.page.context.add_cookies([cookie])
        return one

    source = source_of(now=HERE)
    petitions = source_of(
        code="petition", name="区信访局", kind="petition", tier="district", counted=False, number_pattern="",
        limit="60d", pauses=False, buffers=(("", "5wd"),), now=HERE,
    )  # fmt: skip
    clerk, dispatcher = come("clerk"), come("dispatcher")
    clerk.go(reverse("cases:bring_tickets"))
    clerk.look("ticket-bring")
    clerk.page.get_by_label("来自哪里").select_option(str(source.pk))
    sheet = {"name": "12345.csv", "mimeType": "text/csv", "buffer": SHEET.encode("utf-8-sig")}
    clerk.page.locator("input[type=file]").first.set_input_files([sheet])
    clerk.page.get_by_role("button", name="下一步：核对").click()
    for name, heading in (("number", "流水号"), ("words", "问题"), ("due", "要求时间"), ("received", "派单时间")):
        clerk.page.locator(f"select[name={name}]").select_option(heading)
    clerk.page.get_by_role("button", name="按这样再看一遍").click()
    clerk.look("ticket-look")
    clerk.page.get_by_role("button", name="导入能导入的行").click()
    clerk.look("ticket-taken")
    told = t.take_rows(
        petitions, [Row("信〔2026〕12号", words="反映旧楼加装电梯的补偿没有说清。", received=HERE - 90 * HOUR)],
        actor=day.people["clerk"], now=HERE,
    )  # fmt: skip
    paper = told[0].ticket_id
    t.do_step(paper, words="已书面告知受理。", actor=day.people["clerk"], now=HERE)
    one = source.tickets.order_by("number").first()
    address = reverse("cases:ticket", args=[one.pk])
    dispatcher.go(f"{address}?move=ask_return")
    dispatcher.look("ticket-return")
    t.ask_upper(one.pk, kind="extend", reason="等清运车。", amount="2wd", actor=day.people["dispatcher"], now=HERE)
    clerk.go(f"{address}?move=answer_ask")
    clerk.look("ticket-answer-ask")
    t.answer_ask(one.pk, granted=True, words="同意。", actor=day.people["clerk"], now=HERE)
    clerk.go(f"{address}?move=fill")
    clerk.look("ticket-fill")
    clerk.go(address)
    clerk.look("ticket")
    clerk.go(reverse("cases:ticket", args=[paper]))
    clerk.look("ticket-petition")
    clerk.go(reverse("cases:ticket_paper", args=[paper]))
    clerk.look("ticket-paper")
    clerk.go(reverse("cases:case", args=[one.report.case_id]))
    clerk.page.get_by_text("复制到上级平台").first.click()
    clerk.look("ticket-case")
    dispatcher.go(reverse("cases:go_up", args=[one.report.case_id]))
    dispatcher.look("ticket-up")
    dispatcher.go(reverse("cases:tickets"))
    dispatcher.look("tickets")
    for visit in (clerk, dispatcher):
        visit.close()
