"""The desk's pages with a day's rows in them: looked at in both widths, worked with keys, and without scripts."""

from pathlib import Path

import pytest

from huying.cases.models import Case
from tests.browser.desk_world import HERE, build_day
from tests.browser.harness import DESK_FIRST, TOUR, check_page
from tests.settings import GIVEN

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = GIVEN.get("HUYING_SHOTS", "")

PAGES = [
    ("dispatcher", "mine", "/desk/"), ("dispatcher", "triage", "/desk/triage/"), ("dispatcher", "list", "/desk/list/"),
    ("dispatcher", "found", "/desk/list/?q=污水"), ("dispatcher", "map", "/desk/list/?view=map"),
    ("dispatcher", "board", "/desk/board/"), ("dispatcher", "new", "/desk/new/"), ("handler", "handler", "/desk/"), ("head", "head", "/desk/"),
    ("secretary", "secretary", "/desk/"), ("grid_worker2", "grid", "/desk/"), ("grid_worker2", "behalf", "/desk/new/"),
    ("grid_worker2", "self", "/desk/self/"), ("clerk", "taken", "/desk/taken/"), ("reviewer", "review", "/desk/review/"),
    ("dispatcher", "search", "/desk/search/?q=榕树"), ("dispatcher", "help", "/desk/help/"),
    ("dispatcher", "help-topic", "/desk/help/contact/"),
]  # fmt: skip


@pytest.fixture
def day(monkeypatch):
    world = build_day()
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    return world


@pytest.fixture
def as_one(site, client, day, open_page):
    """`as_one("dispatcher", phone=True)`: a page of a browser in which that person is signed in."""

    def signed_in(who, **options):
        client.force_login(day.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        page = open_page(**options)
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
        return page

    return signed_in


def look(page, name, phone=False):
    check_page(page)
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"desk-{name}{'-390' if phone else ''}.png", full_page=phone)


@pytest.mark.parametrize("width", TOUR)
def test_every_page_can_be_read_and_used(site, as_one, width):
    phone = width == "phone"
    pages = {}
    for who, name, address in PAGES:
        page = pages.get(who) or pages.setdefault(who, as_one(who, phone=phone))
        page.goto(site + address)
        look(page, name, phone)


@pytest.mark.parametrize("width", DESK_FIRST)
def test_a_call_is_taken_down_with_the_number_to_call_first(site, as_one, width):
    phone = width == "phone"
    page = as_one("clerk", phone=phone)
    page.goto(site + "/desk/new/")
    page.locator("#id_words").fill("楼下着火了，好大的烟。")
    page.locator("[data-send]").click()
    page.get_by_role("heading", name="可能有危险").wait_for()
    look(page, "danger", phone)

    page.locator("#id_reply_by_1").check()
    page.get_by_role("button", name="已经打过电话").click()

    page.get_by_text("您反映的事，我们收到了").wait_for()
    look(page, "slip", phone)


def test_triage_goes_with_keys_from_call_to_call(site, as_one):
    page = as_one("dispatcher")
    page.goto(site + "/desk/triage/")
    page.locator(".queue-item").nth(1).click()
    here = page.url.rstrip("/").rsplit("/", 1)[1]
    page.locator("#other-type").select_option("0103")
    page.locator("#choices .suggest-name", has_text="街道环卫站").wait_for()
    page.locator("#send", has_text="受理并派给").wait_for()
    look(page, "triage-chosen")

    page.keyboard.press("u")
    page.locator("#grade-urgent:checked").wait_for(state="attached")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")

    assert page.get_by_role("status").filter(has_text="已派给").count() == 1
    assert here not in page.url
    case = Case.objects.get(pk=here)
    assert (case.state, case.type_code, case.grade) == ("in_hand", "0103", "urgent")


def test_triage_works_without_scripts(site, as_one):
    page = as_one("dispatcher", scripts=False)
    page.goto(site + "/desk/triage/")
    page.goto(site + page.locator(".queue-item").nth(1).get_attribute("href"))
    here = page.url.rstrip("/").rsplit("/", 1)[1]
    page.locator("#other-type").select_option("0103")
    page.get_by_role("button", name="更新单位").click()
    page.locator("#send", has_text="受理并派给").click()
    assert Case.objects.get(pk=here).state == "in_hand"


def test_the_board_is_renewed_under_somebodys_keys_and_phones_reach_the_states(site, as_one):
    page = as_one("dispatcher")
    page.goto(site + "/desk/board/")
    focused = "document.activeElement.getAttribute('href')"
    for number in (1, 4) * 2:  # the bell asks at the same time, now before and now after
        page.locator(".board-table a.board-count").nth(number).focus()
        before = page.evaluate(focused)
        page.evaluate("document.querySelector('#board').dataset.before = 'yes'")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # somebody comes back to the page
        page.locator("#board:not([data-before])").wait_for()
        page.locator(".board-table a.board-count:focus").wait_for()
        assert page.evaluate(focused) == before
    assert page.get_by_role("heading", name="在办的状态").count() == 0
    assert page.locator("#board").get_by_text("截至").count() == 1

    phone = as_one("dispatcher", phone=True)
    phone.goto(site + "/desk/board/")
    states = phone.locator("section", has=phone.get_by_role("heading", name="在办的状态"))
    states.get_by_role("link").first.click()
    phone.locator(".filter-set", has_text="状态").first.wait_for(state="attached")


def test_the_map_alone_says_what_is_late_in_words_and_what_it_could_not_fetch(site, as_one):
    page = as_one("dispatcher")
    page.goto(site + "/desk/list/?view=map")
    page.locator("[data-dots]").wait_for()
    late = page.locator(".map-dot-red")
    assert late.count() > 0
    assert all(one.get_attribute("aria-label").endswith(" 已超时") for one in late.all())
    page.route("**/box.json*", lambda route: route.fulfill(status=503, body=""))
    page.get_by_role("button", name="放大").click()
    page.get_by_text("没能取到案件。请再试一次，或改看列表。").wait_for()
