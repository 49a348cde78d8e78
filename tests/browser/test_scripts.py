"""What scripts add to a page, and that a page does without them."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.harness import check_page


@pytest.fixture
def desk(site, desk_page):
    desk_page.goto(site + "/ui/")
    expect(desk_page.locator("[data-opens=keys]")).to_be_visible()
    return desk_page


@pytest.fixture
def portal(site, phone_page):
    phone_page.goto(site + "/ui/portal/")
    expect(phone_page.locator("[data-copy]")).to_be_visible()
    return phone_page


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def away(page):
    page.evaluate("document.activeElement.blur()")


class TestKeys:
    def test_slash_and_ctrl_k_lead_to_search(self, desk):
        desk.keyboard.press("/")
        assert focused(desk) == "search"
        away(desk)
        desk.keyboard.press("Control+k")
        assert focused(desk) == "search"

    def test_letters_typed_into_a_field_stay_letters(self, desk):
        desk.locator("#search").fill("")
        desk.locator("#search").press_sequentially("1?jx/")
        assert desk.locator("#search").input_value() == "1?jx/"
        assert not desk.locator("#keys").is_visible()

    def test_a_question_mark_shows_all_keys_and_escape_closes_them(self, desk):
        away(desk)
        desk.keyboard.press("?")
        expect(desk.locator("#keys")).to_be_visible()
        check_page(desk)
        desk.keyboard.press("Escape")
        expect(desk.locator("#keys")).to_be_hidden()

    def test_single_letters_can_be_switched_off(self, desk):
        desk.locator("[data-opens=keys]").click()
        desk.get_by_label("使用单个字母的快捷键").uncheck()
        desk.keyboard.press("Escape")
        away(desk)
        desk.keyboard.press("?")
        expect(desk.locator("#keys")).to_be_hidden()

    def test_j_and_k_walk_the_rows(self, desk):
        away(desk)
        desk.keyboard.press("j")
        first = focused(desk)
        desk.keyboard.press("j")
        assert focused(desk) != first
        desk.keyboard.press("k")
        assert focused(desk) == first

    def test_a_number_picks_the_suggestion_that_carries_it(self, desk):
        away(desk)
        second = desk.locator(".suggest[data-key='2'] input")
        desk.evaluate("document.querySelectorAll('.btn[data-key]').forEach((one) => one.remove())")
        desk.keyboard.press("2")
        assert second.is_checked()

    def test_a_barred_suggestion_cannot_be_picked(self, desk):
        away(desk)
        desk.keyboard.press("3")
        assert not desk.locator(".suggest-barred input").is_checked()

    def test_escape_leaves_a_field_and_keeps_its_words(self, desk):
        desk.locator("#search").fill("污水")
        desk.keyboard.press("Escape")
        assert focused(desk) != "search"
        assert desk.locator("#search").input_value() == "污水"

    def test_ctrl_enter_sends_the_form_one_is_in_once(self, desk):
        desk.evaluate(
            "window.sent = []; document.addEventListener('submit', (event) => { window.sent.push("
            "[event.submitter?.textContent ?? '', event.defaultPrevented]); event.preventDefault(); })"
        )
        area = desk.locator("textarea").first
        area.focus()
        area.press("Control+Enter")
        area.press("Control+Enter")
        sent = desk.evaluate("window.sent")
        assert "退回修改" in sent[0][0]
        assert [prevented for _words, prevented in sent] == [False, True]


def test_a_dialog_asks_first_and_can_be_left(desk):
    desk.get_by_role("button", name="申请作废").first.click()
    expect(desk.locator("#void")).to_be_visible()
    check_page(desk)
    desk.locator("#void").get_by_role("button", name="不作废").click()
    expect(desk.locator("#void")).to_be_hidden()


def test_a_toast_can_be_closed(desk):
    toast = desk.locator("[data-toast]").first
    toast.get_by_role("button", name="关闭").click()
    expect(desk.locator("[data-toast]")).to_have_count(1)


def test_the_error_summary_takes_focus_and_leads_to_its_field(portal):
    assert portal.evaluate("document.activeElement.classList.contains('summary-error')")
    portal.locator(".summary-error a").first.click()
    assert focused(portal) == "id_bad-phone"


def test_a_code_is_copied(portal):
    portal.locator("[data-copy]").click()
    expect(portal.locator("[data-copy]")).to_have_text("复制好了")


def test_typed_words_are_there_again_until_the_form_was_sent(site, portal):
    form = portal.locator("form[data-draft]")
    form.locator("textarea").fill("")
    form.locator("textarea").press_sequentially("井盖响")
    expect(form.locator("[data-draft-kept]")).to_be_visible()
    portal.route("**/ui/portal/", lambda route: without_words(route))
    portal.reload()
    assert form.locator("textarea").input_value() == "井盖响"

    portal.evaluate("document.body.insertAdjacentHTML('beforeend', '<p data-draft-sent=gallery>')")
    portal.evaluate("(url) => import(url + '?again')", site + "/static/ui/draft.js")
    assert portal.evaluate("localStorage.getItem('huying.draft.gallery')") is None


def without_words(route):
    """The same page with its text area empty, as a fresh form comes."""
    answer = route.fetch()
    route.fulfill(response=answer, body=re.sub(r"(<textarea[^>]*>)[^<]*", r"\1", answer.text()))


def picture(colour, size=(60, 40)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def test_chosen_photos_are_shown_and_can_be_taken_away(portal):
    field = portal.locator("[data-photo-input]")
    files = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": picture(n)} for n in ("red", "blue")]
    field.set_input_files(files)
    expect(portal.locator("[data-photo-shown]")).to_have_count(2)
    portal.locator("[data-photo-shown] button").first.click()
    expect(portal.locator("[data-photo-shown]")).to_have_count(1)
    assert field.evaluate("one => [...one.files].map((file) => file.name)") == ["blue.png"]
    check_page(portal)


def test_a_large_photo_is_made_smaller_before_it_is_sent(portal):
    file = io.BytesIO()
    Image.effect_noise((2600, 1400), 90).convert("RGB").save(file, "PNG")
    field = portal.locator("[data-photo-input]")
    field.set_input_files([{"name": "big.png", "mimeType": "image/png", "buffer": file.getvalue()}])
    expect(portal.locator("[data-photo-shown]")).to_have_count(1)
    name, size = field.evaluate("one => [one.files[0].name, one.files[0].size]")
    assert name == "big.jpg"
    assert size < len(file.getvalue())


class TestMap:
    @pytest.fixture
    def box(self, portal):
        portal.locator("[data-map]").scroll_into_view_if_needed()
        box = portal.locator("[data-map][data-map-ready=yes]")
        box.wait_for()
        return box

    def place(self, portal):
        return [portal.locator(f"[data-map-{name}]").input_value() for name in ("lng", "lat")]

    def test_a_tap_moves_the_pin_and_the_hidden_fields_follow(self, portal, box):
        before = self.place(portal)
        box.locator("canvas").click(position={"x": 60, "y": 200})
        assert self.place(portal) != before
        assert "图钉移到" in portal.locator("[data-map-said]").text_content()

    def test_arrow_keys_move_the_pin_and_say_where_it_is(self, portal, box):
        pin = box.get_by_role("slider")
        pin.focus()
        before = [float(one) for one in self.place(portal)]
        pin.press("ArrowRight")
        after = [float(one) for one in self.place(portal)]
        assert after[0] > before[0]
        assert after[1] == pytest.approx(before[1], abs=1e-5)
        assert "网格" in pin.get_attribute("aria-valuetext")

    def test_a_map_without_data_says_that_words_will_do(self, site, phone_page):
        phone_page.route("**/map.geojson*", lambda route: route.abort())
        phone_page.goto(site + "/ui/portal/")
        phone_page.locator("[data-map]").scroll_into_view_if_needed()
        expect(phone_page.locator("[data-map-still]")).to_contain_text("用文字写地点也一样办")


@pytest.mark.parametrize("address", ["/ui/", "/ui/portal/"])
def test_pages_work_without_scripts(site, open_page, address):
    page = open_page(phone=True, scripts=False)
    page.goto(site + address)
    assert page.locator("form button:not([type=button])").filter(visible=True).count()
    assert not page.locator("[data-copy], [data-opens=keys]").filter(visible=True).count()
