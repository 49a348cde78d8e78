"""Each detector seen red once, on a fragment that has the fault, and quiet on one that has not."""

import pytest

from tests.browser.harness import PHONE, check_page, faults_of

# The detectors change seldom; what they look at is looked at in every run.
pytestmark = pytest.mark.slow

GOOD = "<main><h1>一页</h1><p>平常的话。</p><a class='b' href='#x'>去看看</a></main>"
WIDTH = "<meta name='viewport' content='width=device-width'>"
STYLE = "body{margin:0;font-family:'Noto Sans CJK SC',sans-serif}.b{display:inline-flex;min-width:48px;min-height:48px}"


def shown(page, body, style=""):
    page.set_content(
        f"<!doctype html><html lang='zh'><head><title>一页</title>{WIDTH}"
        f"<style>{STYLE}{style}</style></head><body>{body}</body></html>"
    )
    return page


def kinds(page, **options):
    return {fault.split(":")[0] for fault in faults_of(page, **options)}


def test_a_good_page_has_no_fault(any_page):
    check_page(shown(any_page, GOOD))


@pytest.mark.parametrize(
    ("kind", "body", "style"),
    [
        ("sideways", "<div class='wide'>宽</div>", ".wide{width:600px;background:#eee}"),
        (
            "cut",
            "<div class='box'>这一行话比盒子长得多，后面看不见了</div>",
            ".box{width:90px;white-space:nowrap;overflow:hidden}",
        ),
        ("cut", "<div class='low'>两行话<br>第二行看不见<br>第三行也看不见</div>", ".low{height:24px;overflow:hidden}"),
        (
            "cut",
            "<button class='b btn'>按钮上的字比按钮宽</button>",
            ".btn{width:60px;white-space:nowrap;padding:0;display:block}",
        ),
        ("target", "<button>小</button>", ""),
        ("target", "<label><input type='checkbox'>同意</label>", ""),
        ("glyph", "<p>字 \U000e0abc\ue5f2 缺</p>", ""),
        ("axe", "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' width='20' height='20'>", ""),
        ("axe", "<p class='pale'>看不清的字</p>", ".pale{color:#bbb;background:#fff}"),
    ],
)
def test_a_fault_is_found(phone_page, kind, body, style):
    assert kind in kinds(shown(phone_page, GOOD.replace("</main>", body + "</main>"), style))


@pytest.mark.parametrize(
    ("body", "style"),
    [
        ("<p>看<a href='#x'>这里</a>再说</p>", ""),
        (
            "<div class='box'>很长的标题用省略号收住</div>",
            ".box{width:90px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}",
        ),
        (
            "<div class='box' tabindex='0'>可以滚动着看完的一行很长很长的话</div>",
            ".box{width:90px;overflow:auto;white-space:nowrap}",
        ),
        ("<details><summary class='b'>打开</summary><button>藏着</button></details>", ""),
        ("<label class='b' for='tick'><input id='tick' type='checkbox'>同意</label>", ""),
    ],
)
def test_what_only_looks_like_a_fault_is_let_through(phone_page, body, style):
    check_page(shown(phone_page, GOOD.replace("</main>", body + "</main>"), style))


def test_small_targets_are_for_phones_only(desk_page):
    check_page(shown(desk_page, GOOD.replace("</main>", "<button>小</button></main>")))


@pytest.mark.parametrize(
    ("ready", "inside"),
    [
        ("loading", "没有开"),
        ("yes", ""),
        ("yes", "<canvas width='300' height='200' class='full'></canvas>"),
        ("yes", "<canvas width='300' height='20' class='flat'></canvas>"),
    ],
    ids=["not opened", "no canvas", "one colour", "flat"],
)
def test_an_empty_map_is_found(phone_page, ready, inside):
    style = "[data-map]{width:300px;height:200px}.full{width:300px;height:200px}.flat{width:300px;height:20px}"
    box = f"<div data-map data-map-ready='{ready}' data-label='图'>{inside}</div>"
    shown(phone_page, GOOD.replace("</main>", box + "</main>"), style)
    assert "map" in kinds(phone_page, axe=False, patience=1)


def test_a_fault_in_a_script_is_found(phone_page):
    shown(phone_page, GOOD)
    phone_page.evaluate("setTimeout(() => { throw new Error('boom') })")
    phone_page.evaluate("console.error('said aloud')")
    found = faults_of(phone_page, axe=False)
    assert [line.split(":")[0] for line in found] == ["console", "console"]


def test_a_breach_of_the_policy_is_found(phone_page):
    headers = {"Content-Security-Policy": "default-src 'self'", "Content-Type": "text/html; charset=utf-8"}
    body = f"<!doctype html><html lang='zh'><title>一页</title><body>{GOOD}<p style='color:red'>直接写的样式</p>"
    phone_page.route("http://policy.test/", lambda route: route.fulfill(status=200, headers=headers, body=body))
    phone_page.goto("http://policy.test/")
    assert "policy" in kinds(phone_page, axe=False)


def test_the_status_of_the_page_itself_is_not_a_fault_but_that_of_its_parts_is(phone_page):
    headers = {"Content-Type": "text/html; charset=utf-8"}
    body = f"<!doctype html><html lang='zh'><title>一页</title>{WIDTH}<style>{STYLE}</style><body>{GOOD}"
    phone_page.route("http://status.test/refused", lambda route: route.fulfill(status=422, headers=headers, body=body))
    phone_page.route("http://status.test/part.js", lambda route: route.fulfill(status=404, body=""))
    phone_page.goto("http://status.test/refused")
    assert kinds(phone_page, axe=False) == set()
    phone_page.evaluate("document.body.append(Object.assign(document.createElement('script'), {src: '/part.js'}))")
    phone_page.wait_for_timeout(300)
    assert kinds(phone_page, axe=False) == {"console"}


def test_all_faults_of_a_page_are_told_at_once(phone_page):
    body = "<button>小</button><div class='wide'>宽</div>"
    shown(phone_page, GOOD.replace("</main>", body + "</main>"), ".wide{width:600px}")
    with pytest.raises(AssertionError) as told:
        check_page(phone_page, axe=False)
    assert "target:" in str(told.value)
    assert "sideways:" in str(told.value)


def test_a_phone_has_the_width_of_a_phone(phone_page):
    assert shown(phone_page, GOOD).viewport_size == PHONE
