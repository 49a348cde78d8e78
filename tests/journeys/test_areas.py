"""A grid is split on the map by one, approved by another, and everything that lies there goes along; many nets are one."""

import re
from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from huying.cases.models import Case
from huying.kernel.actor import system
from huying.kernel.events import EVENTS, News
from huying.kernel.ids import uuid7
from huying.people.models import RoleGrant
from huying.places import queries
from huying.places.actions import effect_due_plans
from huying.places.models import Area, AreaPlan, GridDuty
from tests.journeys.person import Person
from tests.journeys.steps import send_report
from tests.world import BANYAN, GRID, NEXT_DOOR, OTHER_GRID, SQUARES, STEP, STREET

LINE = '{"type":"LineString","coordinates":[[113.305,23.09],[113.305,23.12]]}'
NEW = BANYAN + "003"


def told(name: str, now, order: str = "id") -> None:
    """Hand on all that was announced so far, the first again too: a killed worker's job runs again."""
    for job in ProcrastinateJob.objects.filter(task_name="kernel.deliver", args__name=name).order_by(order):
        news = News(id=uuid7(), name=name, at=now, facts=job.args["facts"])
        for listener in EVENTS[name].listeners:
            listener(news)


@pytest.mark.mechanism("REG-01")
def test_a_grid_is_split_with_a_preview_by_two_persons_on_a_day(world, staff, clock):
    words = "榕树路口西头的路灯坏了，晚上看不见路。"
    send_report(Person(), words, kind="", at=GRID)
    case = Case.objects.get()
    case_lng = SQUARES[GRID][0] + STEP / 2
    assert case.area_code == GRID

    # The keeper draws a line; before anything moves the page says what would.
    keeper = staff("keeper").open(f"/desk/places/{GRID}/")
    keeper.follow("拆分")
    day = (clock.now + timedelta(days=3)).date()
    keeper.press(
        "存草稿", drawing=LINE.replace("113.305", str(case_lng - 0.001)), name_0="榕树东网格", name_1="榕树西网格",
        effective_on=day.isoformat(), reason="街道会议纪要 2026-6",
    )  # fmt: skip
    page = keeper.address
    assert re.search(r"在办案件 1", keeper.words)
    assert "授权" in keeper.words
    assert queries.area(GRID).name == "榕树第一网格"
    staff("next_keeper").open(page, 404)

    # The maker submits, and cannot approve; the leader can.
    keeper.press("提交审定")
    assert not keeper.offers("提交意见")
    leader = staff("leader").open(page)
    leader.press("提交意见", 422, decision="back", words="")
    leader.press("提交意见", decision="approve", words="同意")
    assert "已审定，待生效" in leader.words
    assert queries.area(GRID).name == "榕树第一网格"

    # On its day it holds: rows begin, the open case and the grid worker's grant follow.
    clock.pass_by(days=3)
    assert effect_due_plans(actor=system("jobs"), now=clock.now) == 1
    told("places.redrawn", clock.now)
    assert {queries.area(code).name for code in (GRID, NEW)} == {"榕树东网格", "榕树西网格"}
    assert queries.area(GRID).households + queries.area(NEW).households == 250
    case.refresh_from_db()
    queries.forget()  # shapes are looked at again within seconds; here at once
    assert case.area_code == queries.locate(case.lng, case.lat).area_code
    assert case.filed_area_code == GRID
    worker = world.accounts["grid_worker"].pk
    held = RoleGrant.objects.filter(account=worker, until=None).order_by("area_code")
    assert [one.area_code for one in held] == [GRID, NEW]

    # Merged again: the code that goes still leads here, on the page and for who opens an old link.
    keeper = staff("keeper").open(f"/desk/places/{NEW}/")
    keeper.follow("合并")
    keeper.press(
        "存草稿", codes=[GRID], code=GRID, name="榕树第一网格", effective_on=(day + timedelta(days=1)).isoformat()
    )
    keeper.press("提交审定")
    merged = keeper.address
    clock.pass_by(days=1)
    leader = staff("leader").open(merged)
    leader.press("提交意见", decision="approve")
    assert "已生效" in leader.words
    told("places.redrawn", clock.now, order="-id")  # news of the split comes late, after that of the merger
    leader.open(f"/desk/places/{NEW}/")
    assert leader.address.endswith(f"/desk/places/{GRID}/")
    assert NEW in leader.words
    assert queries.area(GRID).households == 250
    case.refresh_from_db()
    assert case.area_code == GRID
    assert Area.objects.filter(code=GRID).count() == 3
    assert AreaPlan.objects.filter(state="effective").count() == 2
    staff("next_keeper").open(merged, 404)


@pytest.mark.mechanism("REG-02")
def test_six_nets_become_one_grid_with_duties_staff_and_an_emergency_switch(world, staff, clock):
    keeper = staff("keeper").open(f"/desk/places/grids/?area={STREET}")
    assert "规模适度 3 / 3" in keeper.words
    assert "工作整合 0 / 3" in keeper.words

    # Six nets that departments drew, written down and merged into the grid in one go.
    for kind, name in (
        ("party", "党支部一片"), ("safety", "综治第一格"), ("emergency", "应急一区"), ("city", "城管甲段"),
        ("civil", "民政一片"), ("health", "卫健一片"),
    ):  # fmt: skip
        keeper.press("登记", where="/nets/", kind=kind, name=name, grid_codes=[GRID])
    keeper.open(f"/desk/places/grids/?area={STREET}")
    form, _button = keeper.form_of("并进网格")
    keeper.press("并进网格", nets=form.controls["nets"].offered)
    assert "已并 6 张网" in keeper.words
    assert GridDuty.objects.filter(grid_code=GRID).count() == 12
    assert "工作整合 1 / 3" in keeper.words
    assert "平战转化 1 / 3" in keeper.words

    # The street's own words and its own size; a size that cannot be is told.
    keeper.open(f"/desk/places/grids/{GRID}/")
    keeper.press("保存", peace_city="看好榕树路两边的摊点")
    assert "看好榕树路两边的摊点" in keeper.words
    keeper.open(f"/desk/places/grids/?area={STREET}")
    keeper.press("保存", 422, where="/standard/", households=200, least=220, most=300, full_time=1)
    keeper.press("保存", where="/standard/", households=200, least=120, most=240, full_time=1)
    assert "规模适度 0 / 3" in keeper.words
    keeper.press("保存", where="/standard/", households=250, least=150, most=350, full_time=1)

    # Posts of the grid are given on the page of posts: a head and a full-time worker.
    keeper.open(f"/desk/places/grids/{GRID}/")
    assert "网格长 0 人" in keeper.words
    for key, post in (("secretary", "grid_head"), ("grid_worker", "grid_worker")):
        keeper.open(f"/desk/places/grids/{GRID}/").follow("配人")
        keeper.press(
            "保存", account=str(world.accounts[key].pk), organisation=str(world.units["banyan"].pk), post=post,
            area_code=GRID, since=clock.now.date().isoformat(),
        )  # fmt: skip
    keeper.open(f"/desk/places/grids/{GRID}/")
    assert "网格长 1 人，专职 1 人" in keeper.words

    # Peace to emergency and back by the leader; the grid worker reads what holds now.
    leader = staff("leader").open(f"/desk/places/grids/?area={STREET}")
    leader.press("转应急", where="/emergency/", reason="台风红色预警")
    worker = staff("grid_worker").open(f"/desk/places/grids/{GRID}/")
    assert "应急" in worker.words
    assert "清障排险" in worker.words
    assert not worker.offers("保存")
    leader.press("转回平时", where="/emergency/")
    worker.open(f"/desk/places/grids/{GRID}/")
    assert "看好榕树路两边的摊点" in worker.words

    stranger = staff("next_keeper")
    stranger.open(f"/desk/places/grids/{GRID}/", 404)
    stranger.open(f"/desk/places/grids/?area={STREET}", 404)
    stranger.open(f"/desk/places/grids/?area={NEXT_DOOR}")
    assert "榕树" not in stranger.words
    assert stranger.client.post(f"/desk/places/grids/{OTHER_GRID}/").status_code != 200
