"""Borders drawn in a browser, by pointer and by keyboard; the pages of changes, grids and exports looked at."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from huying.places.models import AreaPlan
from tests.browser.harness import DESK_FIRST, TOUR
from tests.browser.test_every_page import day, visit  # noqa: F401
from tests.world import GRID, STREET


def corners(page):
    text = page.locator("[data-draw-target]").input_value()
    return json.loads(text)["coordinates"] if text else []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", DESK_FIRST)
def test_a_grid_is_split_by_a_line_drawn_on_the_map(visit, width):  # noqa: F811
    keeper = visit("keeper", width)
    page = keeper.page
    new = reverse("places:new_plan")
    keeper.go(f"{new}?kind=split&area={GRID}")
    form = page.locator("[data-draw-ready=yes]")
    form.wait_for()
    box = page.locator("canvas.maplibregl-canvas").bounding_box()
    for down in (0.08, 0.92):  # beyond both ends of the square, through its middle
        page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * down)
    assert len(corners(page)) == 2

    # By keyboard: a corner more, moved, taken away, undone.
    page.locator(".map-corner-point").first.focus()
    page.keyboard.press("Enter")
    assert len(corners(page)) == 3
    before = corners(page)[1]
    page.keyboard.press("ArrowRight")
    assert corners(page)[1][0] > before[0]
    page.keyboard.press("Delete")
    assert len(corners(page)) == 2
    page.get_by_role("button", name="撤销").click()
    assert len(corners(page)) == 3
    expect(page.locator("[data-draw-said]")).to_contain_text("3 个点")
    keeper.look("plan-draw")

    keeper.fill("第 1 部分的名称", "榕树东网格")
    keeper.fill("第 2 部分的名称", "榕树西网格")
    keeper.press("存草稿")
    plan = AreaPlan.objects.get()
    assert sum(one["households"] for one in plan.result["begins"]) == 250
    keeper.look("plan")
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="提交审定").press("Enter")  # by keyboard: the page is still moving on a phone

    leader = visit("leader", width)
    leader.go(reverse("places:plan", args=[plan.pk]))
    leader.look("plan-decide")
    leader.go(reverse("places:plans"))
    leader.look("plans")
    keeper.close()
    leader.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_every_kind_of_change_grids_and_exports_can_be_read(visit, width):  # noqa: F811
    keeper = visit("keeper", width)
    new = reverse("places:new_plan")
    for kind in ("redraw", "merge", "recode", "new"):
        keeper.go(f"{new}?kind={kind}&area={GRID}")
        keeper.look(f"plan-{kind}")
    keeper.go(f"{new}?kind=merge&area={GRID}")
    keeper.pick("榕树第二网格")
    keeper.press("存草稿")
    keeper.press("重新画")
    keeper.look("plan-edit")
    keeper.go(f"{reverse('places:grids')}?area={STREET}")
    keeper.look("grids")
    keeper.go(reverse("places:grid", args=[GRID]))
    keeper.look("grid")
    keeper.close()
    head = visit("head", width)
    head.go(reverse("opendata:exports"))
    head.look("exports-none")
    head.press("开始导出")
    head.look("exports")
    head.close()
