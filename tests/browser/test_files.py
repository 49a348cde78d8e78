"""A photo is covered by hand before it leaves the phone, words are spoken, a large file goes in parts; the desk covers too."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from django.test import Client
from PIL import Image

from huying.files import actions as files
from huying.files import storage
from huying.files.models import Attachment, HeldUpload
from huying.files.reading import prepare_paper, prepare_sound
from huying.people.rules import Post
from tests.browser.harness import PHONE_FIRST, TOUR
from tests.browser.visits import Visit, picture
from tests.files import papers, sounds
from tests.world import STREET, _person, build_world

pytestmark = [pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def world(transactional_db, monkeypatch, settings, tmp_path):
    settings.DATA = tmp_path
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    world = build_world(NOW)
    _person(
        world, "officer", "蔡化名", "security_officer", STREET, "centre", Post.SECURITY_OFFICER, NOW, for_unit=False
    )
    return world


@pytest.fixture
def visit(site, open_page, world):
    def come(who: str, width: str) -> Visit:
        one = Visit(open_page(phone=width == "phone"), site, width)
        if who:
            client = Client()
            client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
            one.page.context.add_cookies([cookie])
        return one

    return come


def stored(row):
    return Image.open(io.BytesIO(storage.path_of(row.pk, row.kind, preview=False).read_bytes())).convert("RGB")


@pytest.mark.parametrize("width", PHONE_FIRST)
def test_a_resident_covers_speaks_and_sends_a_large_file_in_parts(visit, width):
    me = visit("", width)
    page = me.page
    page.context.grant_permissions(["microphone"])
    me.go("/report/")
    if "/area/" in page.url:
        me.press("示范街道")
    me.photo("照片")
    page.locator(".photo-cover").first.click()
    canvas = page.locator("dialog canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 5, steps=4)
    page.mouse.up()
    canvas.press("ArrowRight")
    canvas.press("Enter")
    canvas.press("Control+z")
    me.look("cover-before-sending")
    page.get_by_role("button", name="遮好了").click()
    page.locator("dialog").wait_for(state="detached")

    page.locator("textarea[name=words]").fill("垃圾桶满了没有人来收，贴了一张通知。")
    page.get_by_text("加录音或 PDF 文件").click()
    page.get_by_label("录的是我自己的话").check()
    page.get_by_role("button", name="开始录音").click()
    page.get_by_text("0:02").wait_for()
    page.get_by_role("button", name="停止").click()
    page.locator("[data-voice-play]").wait_for()
    large = papers.pdf() + b"\n" * 1_600_000
    page.locator("input[name=papers]").set_input_files(
        [{"name": "通知.pdf", "mimeType": "application/pdf", "buffer": large}]
    )
    me.look("report-with-files")
    asked = []
    page.on("request", lambda one: asked.append((one.method, one.url)))
    me.press("下一步")
    page.locator("[name=place_words]").wait_for()
    assert [one for one, url in asked if "/files/parts/" in url] == ["POST", "PATCH", "PATCH"]
    held = {one.kind: one for one in HeldUpload.objects.all()}
    assert set(held) == {"jpg", "pdf", "webm"}
    assert held["webm"].seconds in (2, 3)
    assert held["pdf"].size == len(large)
    open_side, hidden = stored(held["jpg"]).getpixel((900, 300)), stored(held["jpg"]).getpixel((200, 300))
    assert max(hidden) < 60 < max(open_side)
    assert me.faults == []


@pytest.mark.parametrize("width", TOUR)
def test_the_desk_reads_plays_and_covers(visit, world, width):
    receipt = world.call(images=[files.prepare_image(picture()["buffer"])])
    for made in (
        prepare_paper(papers.docx("关于垃圾桶的说明", "第二行"), name="说明.docx"),
        prepare_sound(sounds.webm(9)),
    ):
        files.keep_prepared(
            made, owner_kind="report", owner_id=receipt.report.pk, purpose="report", area_code=STREET,
            actor=world.dispatcher, now=NOW,
        )  # fmt: skip
    desk = visit("dispatcher", width)
    desk.go(f"/desk/cases/{receipt.case.pk}/")
    desk.look("case-with-files")
    if width == "phone":
        desk.page.locator(".case-fold summary").first.click()
        desk.look("case-with-files-open")
    desk.page.locator("a.photo-cover").first.click()
    canvas = desk.page.locator("[data-cover] canvas")
    canvas.wait_for()
    for key in ("ArrowLeft", "Shift+ArrowRight", "Enter"):
        canvas.press(key)
    desk.page.get_by_text("已遮 1 块").wait_for()
    desk.look("cover-drawn")
    desk.press("看看遮好的样子")
    desk.look("cover-seen")
    desk.press("确认遮挡")
    row = Attachment.objects.get(kind="jpg")
    assert row.covered_at is not None
    assert max(stored(row).getpixel((480, 360))) < 60
    officer = visit("officer", width)
    officer.go("/files/keeping/")
    officer.look("files-keeping")
    assert desk.faults + officer.faults == []
