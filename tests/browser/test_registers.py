"""The registers in a browser: a row added by pointing at the map, many changed and given back, a sheet checked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from huying.places.models import Facility, ServicePlace
from tests.browser.harness import PHONE_FIRST
from tests.browser.test_every_page import day, visit  # noqa: F401
from tests.world import GRID

DESK = "/desk/registers/"
SHEET = f"名称,网格,类别\n新灯,{GRID},路灯\n坏的,12,火箭\n".encode("utf-8-sig")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", PHONE_FIRST)
def test_rows_are_added_changed_brought_and_ended(visit, width):  # noqa: F811
    lamps = [
        Facility.objects.create(area_code=GRID, name=f"榕荫路 {n} 号路灯", kind="lamp", lng=113.303, lat=23.103)
        for n in range(1, 4)
    ]
    ServicePlace.objects.create(area_code=GRID, name="榕树社区党群服务站", level="community", hours_tue="08:30-17:30")
    head = visit("head", width)
    page = head.page
    head.go(DESK)
    head.look("registers")

    # Pointed at on the map, the place goes into the row.
    head.go(f"{DESK}facility/new/")
    head.fill("名称", "口袋公园")
    page.get_by_label("网格").select_option(GRID)
    page.get_by_label("类别").select_option("park")
    if head.phone:
        head.fill("位置", "113.305, 23.105")
    else:
        head.point()
    head.look("register-new")
    head.press("保存")
    expect(page.locator(".topbar-title")).to_contain_text("口袋公园")
    assert Facility.objects.get(name="口袋公园").lng is not None
    head.look("register-row")

    # The bar for many rows comes with the first tick.
    head.go(f"{DESK}facility/")
    bar = page.locator(".bulk-bar")
    expect(bar).to_be_hidden()
    head.look("register-list")
    for lamp in lamps[:2]:
        page.locator(f"input[value='{lamp.pk}']").check()
    expect(bar).to_be_visible()
    bar.get_by_label("批量改哪一列").select_option("condition")
    head.press("批量改")
    page.get_by_label("状况").select_option("repair")
    head.press("看改动前后")
    head.look("register-bulk")
    head.press("改这 2 行")
    assert Facility.objects.filter(condition="repair").count() == 2
    head.look("register-bulk-done")
    head.press("撤销这次改动")
    expect(page.locator(".toast")).to_contain_text("已撤销 2 行")
    assert not Facility.objects.filter(condition="repair").exists()

    # A sheet: what would happen, then done.
    head.go(f"{DESK}facility/import/")
    head.look("register-import")
    page.set_input_files("input[type=file]", {"name": "灯.csv", "mimeType": "text/csv", "buffer": SHEET})
    head.press("检查文件")
    head.look("register-draft")
    head.press("导入")
    assert Facility.objects.filter(name="新灯").exists()

    head.go(f"{DESK}facility/{lamps[2].pk}/end/")
    head.look("register-end")
    head.go(f"{DESK}facility/print/")
    head.look("register-print")
    head.go(f"{DESK}service_place/{ServicePlace.objects.get().pk}/")
    head.look("register-service-place")
    head.close()
