"""Residents' pages at the widths between a small phone and a desktop, in large type, and without scripts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from huying.cases import actions as a
from huying.cases.models import Report
from huying.files.actions import prepare_image
from huying.people.models import Organisation
from huying.portal import mine
from tests.browser.harness import faults_of
from tests.browser.visits import SHOTS, picture
from tests.world import OTHER_GRID, STREET, build_world, middle

pytestmark = [pytest.mark.django_db(transaction=True)]

MORNING = datetime.fromisoformat("2026-10-20T09:00:00+08:00")
WIDTHS = {"360": 360, "390": 390, "768": 768, "1440": 1440}
WORDS = "榕树路 12 号门口的下水口堵了，一下雨水就漫到人行道上，老人和孩子不好走。"


class Time:
    now = MORNING


@pytest.fixture
def time(monkeypatch, settings, tmp_path):
    one = Time()
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.now)
    settings.DATA = tmp_path
    return one


def drawn(shade):
    return prepare_image(picture(shade)["buffer"])


def handled(world, report, *, now, until="closed", answer="下水口已经清通，清出落叶和泥沙，倒水试过，不再漫到人行道。"):
    """The report's matter, as far as its name says."""
    case_id = report.case_id
    a.register_file_dispatch(
        case_id, lead_id=world.units["sanitation"].pk, type_code="0204", actor=world.dispatcher, now=now
    )
    a.sign_in_order(case_id, actor=world.handler, now=now + timedelta(minutes=10))
    if until == "in_hand":
        return
    later = now + timedelta(hours=3)
    a.submit_result(
        case_id, outcome="solved", answer=answer, before=[drawn(90)], after=[drawn(150)], actor=world.handler, now=later
    )  # fmt: skip
    a.sign_result(case_id, actor=world.unit_head, now=later)
    a.review_result(case_id, actor=world.reviewer, now=later)


def called(world, now, **options):
    place = middle(OTHER_GRID)
    return world.call(
        words=WORDS, type_code="0204", lng=place[0], lat=place[1], place_words="榕树路 12 号门口", now=now,
        images=[drawn(110)], **options,
    ).report  # fmt: skip


@pytest.fixture
def street(transactional_db, time):
    """Matters in several states, and ends to show."""
    world = build_world(MORNING - timedelta(days=60))
    Organisation.objects.filter(pk__in=[world.units[one].pk for one in ("centre", "sanitation")]).update(
        phone="020-0000 0000"
    )
    for days in (30, 4, 3, 2):
        handled(world, called(world, MORNING - timedelta(days=days)), now=MORNING - timedelta(days=days))
    world.world_reports = {
        "in-hand": called(world, MORNING - timedelta(hours=1)),
        "late": called(world, MORNING - timedelta(days=5)),
        "answered": called(world, MORNING - timedelta(hours=9)),
    }
    handled(world, world.world_reports["in-hand"], now=MORNING - timedelta(minutes=30), until="in_hand")
    handled(world, world.world_reports["late"], now=MORNING - timedelta(days=5), until="in_hand")
    handled(world, world.world_reports["answered"], now=MORNING - timedelta(hours=8))
    return world


@pytest.fixture(params=[pytest.param(one, marks=pytest.mark.slow) for one in WIDTHS])
def width(request):
    return WIDTHS[request.param]


class Looker:
    """Goes from page to page and keeps every fault."""

    def __init__(self, page, site, name):
        self.page, self.site, self.name, self.faults = page, site, name, []
        page.context.add_cookies([{"name": "huying_area", "value": STREET, "url": site}])

    def own(self, *reports: Report):
        from django.core import signing

        value = signing.dumps([str(one.pk) for one in reports], salt=mine.SALT, compress=True)
        self.page.context.add_cookies([{"name": mine.COOKIE, "value": value, "url": self.site}])

    def look(self, address, name):
        if address:
            self.page.goto(self.site + address)
        self.faults += [f"{name} {self.name}: {one}" for one in faults_of(self.page)]
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.evaluate("window.scrollTo(0, 0)")
            self.page.screenshot(path=Path(SHOTS) / f"portal-{name}-{self.name}.png", full_page=True)

    def done(self):
        assert not self.faults, "\n".join(self.faults)


def opened(open_page, site, width, **options):
    page = open_page(phone=width < 768, **options)
    page.set_viewport_size({"width": width, "height": 844 if width < 768 else 1024})
    return Looker(page, site, f"{width}{'-large' if options.get('large') else ''}")


def test_every_page_at_every_width(site, open_page, street, width):
    one = opened(open_page, site, width)
    reports = street.world_reports
    one.own(*reports.values())
    for address, name in (
        ("/", "home"), ("/nearby/", "nearby"), ("/track/", "track"), ("/area/", "area"), ("/numbers/", "numbers"),
        ("/privacy/", "privacy"), ("/access/", "access"), ("/report/", "what"),
    ):  # fmt: skip
        one.look(address, name)
    for name, report in reports.items():
        one.look(f"/status/{report.pk}/", name)
    one.look(f"/status/{reports['in-hand'].pk}/add/", "add")
    one.look(f"/status/{reports['in-hand'].pk}/nudge/", "nudge")
    one.look(f"/status/{reports['answered'].pk}/late/", "late-rate")
    one.look(f"/status/{reports['answered'].pk}/reopen/", "reopen")
    one.look(f"/report/done/{reports['in-hand'].pk}/", "done")
    one.done()


def test_large_type_and_the_way_of_a_report_without_scripts(site, open_page, street):
    one = opened(open_page, site, 390, scripts=False)
    page = one.page
    page.context.add_cookies([{"name": "huying_type", "value": "large", "url": site}])
    one.name = "390-large"
    page.goto(site + "/report/")
    page.locator("[name=words]").fill("示范路口的路灯杆漏电，手碰到会麻，旁边有小孩在玩。")
    page.locator("[name=photos]").set_input_files([picture(100)])
    page.get_by_role("button", name="下一步").click()
    assert page.url.endswith("/report/danger/")
    page.get_by_role("button", name="继续填写").click()
    page.locator("[name=kind]").first.check()
    page.get_by_role("button", name="下一步").click()
    page.locator("[name=grid]").select_option(OTHER_GRID)
    page.locator("[name=place_words]").fill("路口东北角")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="提交").last.click()
    assert "/report/done/" in page.url
    report = Report.objects.order_by("-received_at").first()
    assert (report.case.area_code, report.case.danger, report.place_words) == (OTHER_GRID, "119", "路口东北角")


@pytest.mark.slow
def test_large_type_pages(site, open_page, street):
    one = opened(open_page, site, 390)
    one.name = "390-large"
    one.page.context.add_cookies([{"name": "huying_type", "value": "large", "url": site}])
    reports = street.world_reports
    one.own(reports["in-hand"])
    one.look("/", "home")
    one.look(f"/status/{reports['in-hand'].pk}/", "status")
    one.look("/report/", "what")
    one.done()


def test_the_steps_of_a_report_on_a_phone(site, open_page, street):
    one = opened(open_page, site, 390)
    page = one.page
    page.goto(site + "/report/")
    page.locator("[name=words]").press_sequentially("路灯杆漏电，手碰到会麻")
    page.locator(".danger").wait_for()
    one.look("", "what-danger")
    page.locator("[name=words]").fill("")
    page.locator("[name=words]").press_sequentially("榕树路的雨水口堵了，一下雨就漫出来")
    page.locator("#guess .option", has_text="雨水口堵塞").click()
    one.look("", "what-guess")
    page.get_by_role("button", name="下一步").click()
    page.locator("[data-map-ready=yes] canvas").wait_for()
    page.locator("[name=place_words]").fill("榕树路 12 号门口")
    one.look("", "where")
    page.locator("[name=grid]").select_option(OTHER_GRID)
    page.get_by_role("button", name="下一步").click()
    assert page.url.endswith("/report/likely/")
    one.look("", "likely")
    page.get_by_role("button", name="不是同一件").click()
    one.look("", "check")
    page.locator("[name=phone]").fill("1380000000")
    page.get_by_role("button", name="提交").first.click()
    page.locator(".summary-error").wait_for()
    one.look("", "check-errors")
    page.goto(site + "/track/")
    page.locator("[name=code]").fill("123")
    page.get_by_role("button", name="查进度").click()
    one.look("", "track-error")
    one.look("/status/01a156d2-8680-7728-98bd-171710b5510e/", "not-found")
    one.done()
