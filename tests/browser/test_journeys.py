"""What residents and staff do, in a browser, on a phone and on a desktop; every page on the way is looked at."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from huying.cases import actions
from huying.cases.models import Case
from huying.cases.rules import State
from tests.browser.visits import Visit
from tests.world import build_world

pytestmark = [pytest.mark.django_db(transaction=True)]

MORNING = datetime.fromisoformat("2026-10-20T09:00:00+08:00")  # a Tuesday
MINUTE = timedelta(minutes=1)


class Clock:
    now = MORNING

    def pass_by(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


@pytest.fixture
def clock(monkeypatch, settings, tmp_path):
    one = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.now)
    settings.DATA = tmp_path
    return one


@pytest.fixture
def world(transactional_db, clock):
    return build_world(clock.now - timedelta(days=1))


@pytest.fixture(params=["phone", "desktop"])
def width(request):
    return request.param


@pytest.fixture
def visit(site, open_page, width):
    """`visit()`: somebody with a browser of their own; at the end all faults that anybody saw are told."""
    visits: list[Visit] = []

    def come() -> Visit:
        visits.append(Visit(open_page(phone=width == "phone"), site, width))
        return visits[-1]

    yield come
    for one in visits:
        one.close()


def the_case() -> Case:
    return Case.objects.get()


def handled(world, clock: Clock, case: Case, answer: str) -> None:
    """The unit and the desk do their part, so that the resident's turn comes."""
    for act, who, more in (
        (actions.sign_in_order, world.handler, {}),
        (actions.submit_result, world.handler, {"outcome": "explained", "answer": answer}),
        (actions.sign_result, world.unit_head, {}),
        (actions.review_result, world.reviewer, {}),
    ):
        act(case.pk, actor=who, now=clock.pass_by(minutes=12), **more)


def test_a_resident_reports_follows_adds_nudges_and_decides_when_it_is_solved(world, clock, visit):
    me = visit()
    me.go("/")
    me.look("home")
    me.press("我要反映")
    if "/area/" in me.page.url:
        me.look("area")
        me.press("榕树社区")

    me.photo("照片")
    me.page.locator("textarea").press_sequentially("榕树路口的垃圾桶满了两天，没有人来收，招苍蝇。")
    me.page.locator("#guess .option").first.wait_for()
    me.look("what")
    me.press("下一步：在哪里")

    canvas = me.page.locator("[data-map-ready=yes] canvas")
    canvas.wait_for()
    canvas.click(position={"x": 120, "y": 110})
    me.fill("怎么找到", "榕树路 18 号南门，快递柜旁")
    me.look("where")
    me.press("下一步：核对提交")

    me.look("check")
    me.fill("手机号", "13800000012")
    me.fill("怎么称呼", "刘样本")
    me.page.locator("[name=consent]").check()
    me.look("check-filled")
    me.press("提交")

    me.says("收到了，谢谢您")
    me.look("done")
    code = re.search(r"\d{4} ?\d{4} ?\d{4}", me.page.locator(".code-big").first.inner_text()).group()
    case = the_case()
    assert (case.state, case.place_words) == (State.RECEIVED, "榕树路 18 号南门，快递柜旁")

    clock.pass_by(minutes=20)
    actions.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0901", grade="ordinary",
        actor=world.dispatcher, now=clock.now,
    )  # fmt: skip
    later = visit()  # from another phone: the code alone opens it
    later.go("/track/")
    later.look("track")
    later.fill("输入查询码", "123")
    later.press("查进度")
    later.look("track-wrong")
    later.fill("输入查询码", code)
    later.press("查进度")
    later.look("status")

    later.press("补充")
    later.photo("照片", 90)
    later.page.locator("[name=words]").fill("今天早上更满了，袋子都堆到路上。")
    later.look("add")
    later.press("提交补充")
    later.says("补充收到了")
    later.press("催一下")
    later.look("nudge")
    later.press("催一下")
    later.says("催过了")
    case.refresh_from_db()
    assert case.nudges == 1

    handled(world, clock, case, "10 月 20 日下午已清运，并加密到每天两次。")
    later.go("/track/")
    later.look("track-own")
    later.press("榕树路 18 号南门")
    later.look("answered")
    later.press("评价这次办理")
    later.pick("没解决")
    later.page.locator("[name=words]").fill("只收了一个桶，旁边的还是满的。")
    later.look("rate")
    later.press("提交评价")
    later.says("评价收到了")
    case.refresh_from_db()
    assert (case.state, case.round) == (State.IN_HAND, 2)
    later.look("second-round")

    handled(world, clock, case, "10 月 20 日傍晚四个桶都清运了。")
    later.page.reload()
    later.press("评价这次办理")
    later.pick("解决了")
    later.press("提交评价")
    later.look("closed")
    case.refresh_from_db()
    assert case.state == State.CLOSED

    later.press("我的联系方式")
    later.look("contact")
    later.press("删掉我的联系方式")
    later.says("联系方式删掉了")
