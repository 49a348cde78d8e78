"""Leaving out of scores, disputes and components on a phone and on a desktop: forms, pages, what the caller reads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from huying.cases import actions as a
from huying.cases.actions import excluding, settling
from huying.cases.codes import code_of
from huying.cases.models import Case
from huying.insight import actions as insight
from huying.places.models import Component
from tests.browser.desk_world import HERE, build_day
from tests.browser.harness import TOUR
from tests.browser.visits import Visit
from tests.insight.steps import called, closed
from tests.world import GRID, STREET, middle

MINUTE = timedelta(minutes=1)


@pytest.fixture
def day(transactional_db, monkeypatch, settings, tmp_path):
    settings.DATA = tmp_path
    world = build_day()
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    return world


@pytest.fixture
def come(site, open_page, day):
    def come(who: str, width: str) -> Visit:
        one = Visit(open_page(phone=width == "phone"), site, width)
        if who:
            client = Client()
            client.force_login(day.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
            one.page.context.add_cookies([cookie])
        return one

    return come


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_leaving_out_of_scores_can_be_read_and_filled(come, day, width):
    began = HERE - timedelta(hours=3)
    case = closed(day, called(day, now=began).case.pk, now=began)
    page = reverse("cases:case", args=[case.pk])
    dispatcher, head, leader = come("dispatcher", width), come("head", width), come("leader", width)
    dispatcher.go(f"{page}?move=ask_exclusion")
    dispatcher.look("exclusion-ask")
    given = {"kind": "untrue", "reason": "桶是空的，周围也没有垃圾。", "evidence": "两位网格员两次到场，照片六张。"}
    excluding.ask_exclusion(case.pk, **given, actor=day.people["dispatcher"], now=HERE - 30 * MINUTE)
    head.go(f"{page}?move=decide_exclusion")
    head.look("exclusion-decide")
    excluding.decide_exclusion(case.pk, granted=True, actor=day.people["head"], now=HERE - 20 * MINUTE)
    leader.go(f"{page}?move=decide_exclusion")
    leader.look("exclusion-second")
    excluding.decide_exclusion(case.pk, granted=True, actor=day.people["leader"], now=HERE - 10 * MINUTE)
    head.go(page)
    head.look("exclusion-case")
    insight.catch_up()
    head.go(f"{reverse('insight:assess')}?area={STREET}")
    head.look("exclusion-assess")
    me = come("", width)
    me.go("/report/")
    if "/area/" in me.page.url:
        me.press("榕树社区")
    me.go(reverse("portal:exclusions"))
    me.look("exclusions")
    report = case.reports.order_by("pk")[0]
    me.go(reverse("portal:track"))
    me.page.locator("[name=code]").fill(code_of(report.pk, report.code_try))
    me.press("查进度")
    me.look("excluded-status")
    me.go(reverse("portal:excluded", args=[report.pk]))
    me.look("excluded")
    for one in (dispatcher, head, leader, me):
        one.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_disputes_and_components_can_be_read_and_filled(come, day, width):
    lng, lat = middle(GRID)
    Component.objects.create(
        name="榕树路口垃圾桶", number="LJ-0042", kind="bin", area_code=GRID, lng=lng, lat=lat + 0.0001,
        competent="区城管局", owner="街道办事处", keeper="街道环卫站",
    )  # fmt: skip
    people, units = day.people, day.units

    def disputed(words: str, at: timedelta) -> Case:
        now = HERE - at
        case = day.call(words=words, lng=lng, lat=lat, now=now).case
        a.register_file_dispatch(
            case.pk, lead_id=units["sanitation"].pk, type_code="0103", grade="ordinary", actor=people["dispatcher"],
            now=now + MINUTE,
        )  # fmt: skip
        for unit, who, then in (("sanitation", "handler", now), ("enforcement", "enforcer", now + 4 * MINUTE)):
            if unit == "enforcement":
                a.dispatch_case(case.pk, lead_id=units[unit].pk, actor=people["dispatcher"], now=then + MINUTE)
            a.ask_return(case.pk, clause="第二条", reason="不归我们管。", actor=people[who], now=then + 2 * MINUTE)
            order = case.orders.get(unit=units[unit], state="offered")
            a.decide_return(case.pk, order_id=order.pk, granted=True, actor=people["dispatcher"], now=then + 3 * MINUTE)
        return Case.objects.get(pk=case.pk)

    case = disputed("河道边的垃圾桶坏了，盖子合不上。", timedelta(minutes=50))
    page = reverse("cases:case", args=[case.pk])
    desk, leader = come("dispatcher", width), come("leader", width)
    desk.go(f"{page}?move=council")
    desk.look("council")
    there = [units[one].pk for one in ("sanitation", "enforcement")]
    settling.record_council(
        case.pk, unit_ids=there, minutes="两家都到了现场。桶在河道边，归水务局。", decided_id=units["water"].pk,
        actor=people["dispatcher"], now=HERE - 20 * MINUTE,
    )  # fmt: skip
    leader.go(f"{page}?move=name")
    leader.look("name-unit")
    a.name_unit(
        case.pk, lead_id=units["water"].pk, reason="河道边的桶归水务局养护。", precedent="河道管理范围里的垃圾桶坏了。",
        actor=people["leader"], now=HERE - 10 * MINUTE,
    )  # fmt: skip
    other = disputed("路口另一只垃圾桶也坏了。", timedelta(minutes=9))
    fresh = day.call(words="路口的垃圾桶满了，没有人来收。", lng=lng, lat=lat, now=HERE - MINUTE).case
    a.register_case(fresh.pk, type_code="0103", grade="ordinary", actor=people["dispatcher"], now=HERE)
    desk.go(reverse("desk:triage_case", args=[fresh.pk]))
    desk.look("triage-component")
    a.file_case(fresh.pk, actor=people["head"], now=HERE)
    desk.go(f"{reverse('cases:case', args=[fresh.pk])}?move=dispatch")
    desk.look("dispatch-component")
    leader.go(f"{reverse('cases:case', args=[other.pk])}?move=name")
    leader.look("name-precedent")
    for one in (desk, leader):
        one.close()
