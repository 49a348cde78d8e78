"""Incidents and campaigns at both widths: declaring, joining, reading before a report; places, photos, the report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from huying.cases.actions import campaigns as c
from huying.cases.actions import incidents as i
from huying.cases.actions.campaigns import NewSpot
from huying.cases.models import CampaignSpot, Case
from huying.cases.rules.table import MERGEABLE
from huying.files.imaging import prepare_image
from tests.browser.desk_world import HERE, build_day
from tests.browser.harness import TOUR
from tests.browser.visits import Visit
from tests.files.pictures import photo
from tests.world import BANYAN, GRID, STREET, middle

HOUR = timedelta(hours=1)
PICTURE = {"width": 640, "height": 480}


@pytest.fixture
def day(transactional_db, monkeypatch, settings, tmp_path):
    settings.DATA = tmp_path
    world = build_day()
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    return world


@pytest.fixture
def come(site, open_page, day):
    """`come("clerk", "phone")`: that person, or a resident, at that width."""

    def came(who: str, width: str) -> Visit:
        one = Visit(open_page(phone=width == "phone"), site, width)
        if who:
            client = Client()
            client.force_login(day.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
            one.page.context.add_cookies([cookie])
        return one

    return came


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_an_incident_can_be_read_and_filled(come, day, width):
    states = [str(state) for state in MERGEABLE]
    case = Case.objects.filter(area_code__startswith=BANYAN, restricted=False, state__in=states).first()
    clerk, resident = come("clerk", width), come("", width)
    clerk.go(reverse("cases:declare_incident", args=[case.pk]))
    clerk.look("incident-declare")
    incident = i.declare_incident(
        case.pk, title="榕树路一带停水", place_words="榕树花园、榕树路 1–60 号", area_codes=[BANYAN], any_type=True,
        words="路面施工挖断水管，示范区供水公司正在抢修。", advice="榕树花园南门有送水车，可以接水。",
        began_at=HERE - 40 * HOUR, expected_at=HERE + 4 * HOUR, actor=day.people["clerk"], now=HERE - HOUR,
    )  # fmt: skip
    i.say_of_incident(
        incident.pk, words="已挖开路面，正在换管。", actor=day.people["clerk"], now=HERE - timedelta(minutes=20)
    )
    address = reverse("cases:incident", args=[incident.pk])
    for name, path in (
        ("list", reverse("cases:incidents")), ("page", address), ("say", f"{address}?move=say"),
        ("calls", reverse("cases:incident_calls", args=[incident.pk])), ("intake", reverse("desk:new")),
        ("case", reverse("cases:case", args=[case.pk])),
    ):  # fmt: skip
        clerk.go(path)
        clerk.look(f"incident-{name}")
    resident.page.context.add_cookies([{"name": "huying_area", "value": BANYAN, "url": clerk.site}])
    resident.go("/report/")
    resident.look("incident-known")
    resident.page.locator("textarea[name=words]").fill("我家厨房没有水，邻居家有。")
    resident.page.locator("#guess input[name=kind]").first.wait_for(state="attached")  # else the next step asks
    resident.page.locator("#guess button").last.click()
    resident.page.wait_for_url("**/report/where/")
    resident.pick("说不准")
    resident.page.get_by_text("下一步：核对提交").click()
    resident.page.wait_for_url("**/report/known/")
    resident.look("incident-known-there")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_a_campaign_can_be_read_and_filled(come, day, width):
    boss, worker = day.people["dispatcher"], day.people["grid_worker"]
    made = c.plan_campaign(
        name="共享单车乱停放整治", aim="人行道上不留一辆乱停的车，三个路口各设一处停放点。", area_code=STREET,
        type_codes=["0103"], from_day=HERE.date(), until_day=HERE.date() + timedelta(days=30), actor=boss, now=HERE,
    )  # fmt: skip
    lng, lat = middle(GRID)
    spots = [NewSpot(f"榕树路 {number} 号路口", lng=lng, lat=lat + number / 5000) for number in range(1, 9)]
    c.add_spots(made.pk, spots=spots[:5], unit_id=day.units["banyan"].pk, actor=boss, now=HERE)
    c.add_spots(made.pk, spots=spots[5:], unit_id=day.units["sanitation"].pk, actor=boss, now=HERE)
    c.begin_campaign(made.pk, actor=boss, now=HERE)
    one, two, *_rest = CampaignSpot.objects.order_by("number")
    before, after = (prepare_image(photo(**PICTURE)) for _ in range(2))
    c.finish_spot(one.pk, finding="solved", before=[before], after=[after], actor=worker, now=HERE)
    c.pass_spot(one.pk, words="停得整齐。", actor=boss, now=HERE)
    c.finish_spot(two.pk, finding="solved", before=[before], after=[after], actor=worker, now=HERE)
    c.fail_spot(two.pk, words="还有两辆。", actor=boss, now=HERE)
    home, place = reverse("cases:campaign", args=[made.pk]), reverse("cases:campaign_spot", args=[two.pk])
    dispatcher, grid = come("dispatcher", width), come("grid_worker", width)
    for name, path in (
        ("list", reverse("cases:campaigns")), ("plan", reverse("cases:plan_campaign")), ("page", home),
        ("add", f"{home}?move=add"), ("share", f"{home}?move=share"),
    ):  # fmt: skip
        dispatcher.go(path)
        dispatcher.look(f"campaign-{name}")
    for name, path in (("mine", f"{home}?mine=1"), ("spot", place), ("finish", f"{place}?move=finish")):
        grid.go(path)
        grid.look(f"campaign-{name}")
    for one, at in ((dispatcher, home), (grid, f"{home}?mine=1")):
        one.go(at)
        one.page.locator(".campaign-map").scroll_into_view_if_needed()
        one.page.locator(".campaign-map [data-map-ready=yes]").wait_for()
        assert one.page.locator(".campaign-map .maplibregl-marker.map-dot").count() == (8 if one is dispatcher else 5)
    dispatcher.look("campaign-map")
    grid.go(reverse("desk:mine"))
    grid.look("campaign-work")
    c.close_campaign(made.pk, words="七处还要接着做，每周查一次。", actor=boss, now=HERE)
    dispatcher.go(reverse("cases:campaign_closing", args=[made.pk]))
    dispatcher.look("campaign-closing")
    c.publish_campaign(made.pk, words="两个路口通了，其余下月做完。", actor=day.people["leader"], now=HERE)
    resident = come("", width)
    resident.go("/campaigns/")
    resident.look("campaign-public")
