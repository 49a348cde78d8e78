"""Places that the words name, at both widths: tapped while a call is taken, pressed in triage, asked of residents."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from huying.cases.models import Case
from huying.places.models import Estate
from tests.browser.desk_world import HERE
from tests.browser.harness import TOUR
from tests.browser.test_gathered import come, day  # noqa: F401
from tests.world import GRID, OTHER_GRID, STREET

WORDS = "翠湖花园门口的垃圾桶满了，没有人来收。"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_places_are_offered_and_taken_by_a_person(come, day, width):  # noqa: F811
    Estate.objects.create(name="翠湖花园", area_code=OTHER_GRID, grid_codes=[OTHER_GRID])
    unplaced = day.call(words=WORDS, lng=None, lat=None, now=HERE).case
    clerk = come("clerk", width)

    clerk.go("/desk/new/")
    clerk.page.locator("#id_words").fill(WORDS)
    place = clerk.page.locator(f"#said_place-{OTHER_GRID}")
    place.wait_for(state="attached")
    grid = clerk.page.locator("#id_grid_code")
    expect(grid).to_have_value("")
    clerk.page.locator(".suggest", has=place).click()
    expect(grid).to_have_value(OTHER_GRID)
    expect(place).to_be_checked()
    clerk.page.wait_for_load_state("networkidle")
    clerk.look("where-new")
    grid.select_option(GRID)
    expect(place).not_to_be_checked()

    dispatcher = come("dispatcher", width)
    dispatcher.go(f"/desk/triage/{unplaced.pk}/")
    dispatcher.look("where-triage")
    dispatcher.page.get_by_role("button", name="就是这里").click()
    expect(dispatcher.page.get_by_text("位置定在")).to_be_visible()
    assert Case.objects.get(pk=unplaced.pk).area_code == OTHER_GRID

    resident = come("", width)
    resident.page.context.add_cookies([{"name": "huying_area", "value": STREET, "url": resident.site}])
    resident.go("/report/")
    resident.page.locator("[name=words]").fill(WORDS)
    resident.page.locator("input[name=kind]").first.wait_for(state="attached")
    resident.page.get_by_role("button", name="下一步").click()
    resident.page.locator("input[name=said_place]").first.wait_for(state="attached")
    resident.look("where-report")
    resident.page.get_by_text("榕树社区 · 榕树第二网格").click()
    expect(resident.page.locator("#id_grid")).to_have_value(OTHER_GRID)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_an_estate_that_is_written_is_asked_about_once(come, day, width):  # noqa: F811
    Estate.objects.create(name="翠湖花园", area_code=OTHER_GRID, grid_codes=[OTHER_GRID])
    resident = come("", width)
    page = resident.page
    page.context.add_cookies([{"name": "huying_area", "value": STREET, "url": resident.site}])
    resident.go("/report/")
    page.locator("[name=words]").fill("楼下的垃圾桶满了，没有人来收。")
    page.locator("input[name=kind]").first.wait_for(state="attached")
    page.get_by_role("button", name="下一步").click()
    page.locator("[name=estate]").fill("翠湖花园")
    resident.look("where-estate")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("您写的小区可能在下面这里")).to_be_visible()
    resident.look("where-asked")
    page.get_by_text("榕树社区 · 榕树第二网格").click()
    expect(page.locator("#id_grid")).to_have_value(OTHER_GRID)
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="不是同一件").click()
    expect(page.get_by_text("翠湖花园")).to_be_visible()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_a_callers_estate_is_asked_about_once_before_the_call_is_taken_in(come, day, width):  # noqa: F811
    Estate.objects.create(name="翠湖花园", area_code=OTHER_GRID, grid_codes=[OTHER_GRID])
    clerk = come("clerk", width)
    page = clerk.page
    clerk.go("/desk/new/")
    page.locator("#id_words").fill("楼下的垃圾桶满了，没有人来收。")
    page.locator("#id_grid_code").select_option(GRID)
    page.locator("input[name=reply_by][value=page]").check(force=True)
    page.locator("#id_estate").fill("翠湖花园")
    place = page.locator(f"#said_place-{OTHER_GRID}")
    place.wait_for(state="attached")
    with page.expect_navigation():
        page.locator("[data-send]").click()
    expect(page.get_by_text("这个小区可能不在您选的地方")).to_be_visible()
    page.wait_for_load_state("networkidle")
    clerk.look("where-new-estate")
    page.locator(".suggest", has=place).click()
    expect(page.locator("#id_grid_code")).to_have_value(OTHER_GRID)
    with page.expect_navigation():
        page.locator("[data-send]").click()
    case = Case.objects.get(place_words="翠湖花园")
    assert case.area_code == OTHER_GRID
