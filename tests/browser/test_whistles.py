"""Whistles on a phone and on a desktop: asking, the page in its steps with its forms, the list, the figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from huying.cases.actions import whistling as w
from huying.cases.codes import arrival_code
from huying.cases.models import Case
from huying.cases.rules import OPEN
from tests.browser.desk_world import HERE, build_day
from tests.browser.harness import TOUR
from tests.browser.visits import Visit
from tests.world import BANYAN

MINUTE = timedelta(minutes=1)


@pytest.fixture
def day(transactional_db, monkeypatch, settings, tmp_path):
    settings.DATA = tmp_path
    world = build_day()
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    return world


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_whistles_can_be_read_and_filled(site, open_page, day, width):
    def come(who: str) -> Visit:
        one = Visit(open_page(phone=width == "phone"), site, width)
        client = Client()
        client.force_login(day.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
        one.page.context.add_cookies([cookie])
        return one

    cases = [
        one
        for one in Case.objects.filter(area_code__startswith=BANYAN, restricted=False).order_by("received_at")
        if one.state in OPEN
    ]
    case, other = cases[0], cases[1]
    secretary, handler, leader = come("secretary"), come("handler"), come("leader")
    secretary.go(reverse("cases:ask_whistle", args=[case.pk]))
    secretary.look("whistle-ask")
    units = [day.units["sanitation"].pk, day.units["enforcement"].pk]
    given = {"kind": "enforcement", "unit_ids": units, "reason": "社区没有执法权，也没有冲洗车，占道三天没有清走。"}
    at = HERE - 50 * MINUTE
    whistle = w.ask_whistle(case.pk, **given, wanted="劝离摊位，冲洗路面。", actor=day.people["secretary"], now=at)
    address = reverse("cases:whistle", args=[whistle.pk])
    handler.go(f"{address}?move=arrive")
    handler.look("whistle-arrive")
    w.object_to_whistle(whistle.pk, words="占道归社区日常管理。", actor=day.people["enforcer"], now=at + 5 * MINUTE)
    w.answer_whistle(whistle.pk, words="一车两人。", actor=day.people["handler"], now=at + 9 * MINUTE)
    w.arrive_whistle(whistle.pk, code=arrival_code(whistle.pk), actor=day.people["handler"], now=at + 31 * MINUTE)
    secretary.go(address)
    secretary.look("whistle-joint")
    handler.go(f"{address}?move=finish")
    handler.look("whistle-finish")
    head = come("head")
    head.go(f"{address}?move=decide_objection")
    head.look("whistle-objection")
    part = whistle.parts.get(unit=day.units["enforcement"])
    w.decide_objection(
        whistle.pk,
        part_id=part.pk,
        granted=True,
        words="确实归社区。",
        actor=day.people["head"],
        now=HERE - 15 * MINUTE,
    )
    w.finish_part(whistle.pk, words="冲洗路面，清掏下水口。", actor=day.people["handler"], now=HERE - 9 * MINUTE)
    secretary.go(f"{address}?move=end")
    secretary.look("whistle-end")
    w.end_whistle(
        whistle.pk, done="环卫站一车两人，冲洗路面，清掏下水口。", remains="下月复查整改。",
        actor=day.people["secretary"], now=HERE - 5 * MINUTE,
    )  # fmt: skip
    handler.go(f"{address}?move=rate_caller")
    handler.look("whistle-rate")
    w.ask_whistle(other.pk, **given, actor=day.people["grid_worker2"], now=HERE - 2 * MINUTE)
    secretary.go(reverse("cases:case", args=[case.pk]))
    secretary.look("whistle-case")
    secretary.go(reverse("cases:whistles"))
    secretary.look("whistles")
    secretary.go("/desk/")
    secretary.says("看吹哨")
    secretary.look("whistle-mine")
    leader.go(reverse("cases:whistle_figures") + "?rows=answered")
    leader.look("whistle-figures")
    for one in (secretary, handler, leader, head):
        one.close()
