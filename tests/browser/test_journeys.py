"""What residents and staff do, in a browser, on a phone and on a desktop; every page on the way is looked at."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from huying.cases import actions
from huying.cases.models import Case
from huying.cases.rules import State
from tests.browser.desk_world import HERE, build_day
from tests.browser.harness import DESK_FIRST, PHONE_FIRST
from tests.browser.visits import Visit
from tests.world import GRID, build_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

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
def day(transactional_db, clock):
    """A working afternoon with cases in every state."""
    clock.now = HERE
    return build_day()


@pytest.fixture
def world(transactional_db, clock):
    return build_world(clock.now - timedelta(days=1))


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


def handled(world, clock: Clock, case: Case, answer: str) -> None:
    """The unit, from the second round with its head, and the desk do their part, so that the resident's turn comes."""
    looked = [(actions.take_part, world.unit_head, {"part": "looked", "words": "到现场看过。"})]
    for act, who, more in (
        (actions.sign_in_order, world.handler, {}),
        *(looked if case.round > 1 else []),
        (actions.submit_result, world.handler, {"outcome": "explained", "answer": answer}),
        (actions.sign_result, world.unit_head, {}),
        (actions.review_result, world.reviewer, {}),
    ):
        act(case.pk, actor=who, now=clock.pass_by(minutes=12), **more)


@pytest.mark.parametrize("width", PHONE_FIRST)
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

    me.point()
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
    case = Case.objects.get()
    assert (case.state, case.place_words) == (State.RECEIVED, "榕树路 18 号南门，快递柜旁")

    clock.pass_by(minutes=20)
    actions.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", grade="ordinary",
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


@pytest.mark.parametrize("width", DESK_FIRST)
def test_a_dispatcher_hands_a_call_on_finds_it_again_and_its_answer_is_reviewed(day, clock, visit):
    me = visit()
    me.go("/sign-in/")
    me.look("sign-in")
    me.sign_in("dispatcher")
    me.look("mine")
    me.press("受理派单")
    if not me.phone:  # the first was returned by its unit: the next is a new call
        me.page.locator(".queue-item").nth(1).click()
        me.page.wait_for_load_state()
    me.look("triage")

    here = me.page.url
    if not re.search(r"[0-9a-f-]{36}", here):
        here = me.page.locator("form.triage-form").get_attribute("action")
    case = Case.objects.get(pk=re.search(r"[0-9a-f-]{36}", here).group())
    with me.page.expect_response("**/choices/**"):
        me.page.locator("#other-type").select_option("0103")
    me.page.locator("#choices:not(.htmx-request):not(.htmx-swapping):not(.htmx-settling)").wait_for()
    me.page.locator("#choices .suggest-name", has_text="街道环卫站").first.click()
    me.page.locator("#send", has_text="受理并派给").wait_for()
    me.fill("给单位的话", "先围挡，再清运。")
    me.look("triage-chosen")
    me.press("受理并派给")
    case.refresh_from_db()
    assert (case.state, case.type_code) == (State.IN_HAND, "0103")
    me.look("triage-next")

    me.press("案件")
    me.look("list")
    if me.phone:
        me.page.locator(".list-fold > summary").click()
        me.look("list-filters")
    me.go("/desk/list/?q=污水")
    me.look("list-found")
    me.page.locator("[data-open]:visible").first.click()
    me.page.wait_for_url("**/desk/cases/**")
    me.look("case")
    me.go(f"/desk/cases/{case.pk}/")
    me.look("case-in-hand")

    for act, who, more in (
        (actions.sign_in_order, day.handler, {}),
        (actions.submit_result, day.handler, {"outcome": "explained", "answer": "今天下午已清运，尽快再加一个桶。"}),
        (actions.sign_result, day.unit_head, {}),
    ):
        act(case.pk, actor=who, now=clock.pass_by(minutes=12), **more)
    judge = visit()
    judge.sign_in("reviewer")
    judge.go(f"/desk/cases/{case.pk}/?move=review")
    judge.look("review")
    for box in judge.page.locator("[name=seen]").all():
        box.check()
    judge.pick("通过，进入")
    judge.look("review-filled")
    judge.send()
    judge.look("reviewed")
    case.refresh_from_db()
    assert case.state == State.CALLING_BACK


@pytest.mark.parametrize("width", DESK_FIRST)
def test_a_handler_signs_calls_first_and_reports_the_result_with_photos(day, clock, visit):
    me = visit()
    me.sign_in("handler")
    me.look("handler")
    me.press("签收，开始办理")
    me.look("sign-in-order")
    case = Case.objects.get(pk=re.search(r"[0-9a-f-]{36}", me.page.url).group())
    me.send()
    me.look("signed")

    me.go(f"/desk/cases/{case.pk}/?move=first_contact")
    me.pick("接通")
    me.page.locator("[name=words]").fill("说好下午三点到现场看。")
    me.look("contact-first")
    me.send()
    clock.pass_by(minutes=50)

    me.go(f"/desk/cases/{case.pk}/?move=submit_result")
    me.send()  # too early: what is missing is named, what was typed stays
    me.look("result-wrong")
    me.pick("已解决")
    me.page.locator("[name=answer]").fill("10 月 20 日 15:00 已清运并冲洗，明天起每天两次。")
    me.photo("处置前", 100)
    me.photo("处置后", 150)
    me.look("result")
    me.send()
    me.look("result-sent")
    case.refresh_from_db()
    assert case.state == State.REVIEWING


@pytest.mark.parametrize("width", PHONE_FIRST)
def test_a_grid_worker_looks_settles_a_small_matter_and_reports_for_a_neighbour(day, clock, visit):
    me = visit()
    me.sign_in("grid_worker2")
    me.look("grid")
    seen = Case.objects.get(state=State.VERIFYING)
    me.go(f"/desk/cases/{seen.pk}/?move=report_verified")
    me.pick("属实")
    me.page.locator("textarea[name=words]").fill("到现场看了，三楼和四楼都在拉线。")
    me.photo("照片", 110)
    me.look("verify")
    me.send()
    me.look("verified")
    seen.refresh_from_db()
    assert seen.state == State.RECEIVED

    me.go("/desk/self/")
    me.look("self")
    me.page.locator("[name=type_code]").select_option(index=2)
    me.page.locator("[name=words]").fill("倒地的共享单车扶起来，摆进了停放区。")
    me.photo("处理前", 100)
    me.photo("处理后", 150)
    me.page.locator("[name=grid_code]").select_option(GRID)
    me.look("self-filled")
    me.press("记下，办结")
    me.look("self-done")
    assert Case.objects.filter(flow="self").exists() or Case.objects.filter(state=State.CLOSED).exists()

    me.go("/desk/new/")
    me.page.locator("[name=words]").fill("李阿姨说楼道灯坏了两盏，晚上看不见。")
    me.fill("怎么称呼", "李示例")
    me.fill("电话", "13800000077")
    me.page.locator("[name=agreed]").check()
    me.page.locator("[name=grid_code]").select_option(GRID)
    me.look("behalf")
    me.send()
    me.says("您反映的事，我们收到了")
    me.look("slip")
    me.go("/desk/taken/")
    me.look("taken")
    me.press("催办")
    me.look("taken-nudged")
