"""A community whistles, the street's units come to the place, and both sides say how it went."""

from datetime import timedelta

import pytest
from django.utils import timezone

from huying.cases.models import Whistle
from tests.journeys.person import Person, photo
from tests.journeys.steps import case_of, case_page, send_report

WORDS = "榕树路口的摊位占了人行道，垃圾桶满了，油污流到下水口。"
FLOOD = "榕树路口垃圾桶倒了，堵住下水口，水快漫到商铺门口了。"


def page_of(one: Person, whistle: Whistle, expect: int = 200) -> Person:
    return one.open(f"/desk/cases/whistles/{whistle.pk}/", expect)


def offers(one: Person, whistle: Whistle, verb: str) -> bool:
    return f"?move={verb}" in page_of(one, whistle).html


def blow(one: Person, case, *units, **given) -> Whistle:
    assert f"/desk/cases/{case.pk}/whistle/" in case_page(one, case).html
    one.open(f"/desk/cases/{case.pk}/whistle/")
    one.press("吹哨", where="/whistle/", units=[str(unit.pk) for unit in units], **given)
    return Whistle.objects.latest("asked_at")


def walk(one: Person, whistle: Whistle, verb: str, button: str, expect: int = 200, **given) -> Whistle:
    one.open(f"/desk/cases/whistles/{whistle.pk}/?move={verb}")
    one.press(button, expect, where=f"/moves/{verb}/", **given)
    whistle.refresh_from_db()
    return whistle


@pytest.mark.mechanism("CALL-05")
def test_a_community_whistles_and_the_units_of_the_street_report_in(world, staff, clock):
    sanitation, enforcement = world.units["sanitation"], world.units["enforcement"]
    caller = Person()
    send_report(caller, WORDS, kind="0103")
    case = case_of(WORDS)
    clock.pass_by(minutes=10)

    # A grid worker of the community asks, saying why the community cannot; nobody is called before its head agrees.
    worker = staff("grid_worker2")
    whistle = blow(worker, case, sanitation, enforcement, kind="enforcement", reason="社区没有执法权，也没有冲洗车。")
    assert whistle.state == "asked"
    case_page(staff("handler"), case, 404)
    page_of(staff("handler"), whistle, 404)
    assert not offers(worker, whistle, "decide")
    secretary = staff("secretary")
    assert "看吹哨" in secretary.open("/desk/").words
    assert walk(secretary, whistle, "decide", "决定吹哨", granted="yes").state == "blown"

    # Both units now see the case as one that assists does; the next street does not even learn that it exists.
    handler, enforcer, stranger = staff("handler"), staff("enforcer"), staff("next_handler")
    for one in (handler, enforcer):
        case_page(one, case)
        assert "看吹哨" in one.open("/desk/").words
    for someone in (stranger, staff("next_dispatcher")):
        case_page(someone, case, 404)
        page_of(someone, whistle, 404)
        assert "占了人行道" not in someone.open("/desk/cases/whistles/").words

    # One says that it is not for it; the street's desk hears both and overrules; it comes after all.
    clock.pass_by(minutes=5)
    walk(enforcer, whistle, "object", "提出异议", words="占道归社区日常管理。")
    assert not offers(secretary, whistle, "decide_objection")
    dispatcher = staff("dispatcher")
    assert "看吹哨" in dispatcher.open("/desk/").words
    clock.pass_by(minutes=20)
    walk(dispatcher, whistle, "decide_objection", "决定异议", 422, granted="no")
    walk(dispatcher, whistle, "decide_objection", "决定异议", granted="no", words="占道经营的处罚归你们。")
    walk(enforcer, whistle, "answer", "应哨", words="两人一车，马上到。")
    walk(handler, whistle, "answer", "应哨")

    # They report in: one with the word that the caller says on the spot, one with a picture.
    clock.pass_by(minutes=30)
    code = page_of(worker, whistle).html.split('class="whistle-code">')[1].split("<")[0]
    assert code not in page_of(enforcer, whistle).html
    walk(enforcer, whistle, "arrive", "报到", 422, code="AAAAAA" if code != "AAAAAA" else "CCCCCC")
    walk(enforcer, whistle, "arrive", "报到", 422)
    assert walk(enforcer, whistle, "arrive", "报到", code=code.lower()).state == "joint"
    walk(handler, whistle, "arrive", "报到", images=[photo("现场.jpg")])
    assert "现场照片" in page_of(secretary, whistle).words

    # Each writes what it did; the caller alone ends it, with the joint record.
    walk(handler, whistle, "finish", "处置完成", words="冲洗路面，清掏下水口。")
    assert not offers(worker, whistle, "end")
    walk(enforcer, whistle, "finish", "处置完成", words="劝离两个摊位，开一张整改单。")
    assert not offers(enforcer, whistle, "end")
    assert walk(worker, whistle, "end", "销哨", remains="下月复查整改。").state == "ended"
    assert "冲洗路面" in whistle.done

    # Both rate; neither reads the other's before having rated.
    walk(worker, whistle, "rate_unit", "评应哨单位", part_id=part(whistle, enforcement), score="4", words="来得快。")
    assert "来得快" not in page_of(enforcer, whistle).words
    walk(enforcer, whistle, "rate_caller", "评吹哨单位", score="5", words="情况说得清楚。")
    assert "来得快" in page_of(enforcer, whistle).words
    assert "情况说得清楚" in page_of(worker, whistle).words
    walk(handler, whistle, "rate_caller", "评吹哨单位", score="3")
    walk(worker, whistle, "rate_unit", "评应哨单位", part_id=part(whistle, sanitation), score="5")
    assert whistle.state == "rated"

    # The leader reads the month, and opens a number to its rows.
    leader = staff("leader").open("/desk/cases/whistles/figures/")
    leader.follow("按时报到")
    assert "街道综合行政执法队" in leader.words
    stranger = staff("next_dispatcher").open("/desk/cases/whistles/figures/")
    assert "街道综合行政执法队" not in stranger.words
    page_of(stranger, whistle, 404)


def part(whistle: Whistle, unit) -> str:
    return str(whistle.parts.get(unit=unit).pk)


def test_an_emergency_is_phoned_first_and_written_down_after(world, staff, clock):
    send_report(Person(), FLOOD, kind="0103")
    case = case_of(FLOOD)
    clock.pass_by(minutes=2)
    phoned = clock.now
    clock.pass_by(minutes=40)

    # The community's head phones the street's station, and writes it down when there is time.
    clerk = staff("handler")
    case_page(clerk, case, 404)
    secretary = staff("secretary")
    secretary.open(f"/desk/cases/{case.pk}/whistle/")
    sanitation = str(world.units["sanitation"].pk)
    given = {"kind": "emergency", "units": [sanitation], "reason": "水漫上来了，社区没有泵。"}
    secretary.press("吹哨", 422, where="/whistle/", **given)
    secretary.press("吹哨", 422, where="/whistle/", **given, phoned_at="2026-10-18T09:00")
    secretary.press("吹哨", where="/whistle/", **given, phoned_at=local(phoned))
    whistle = Whistle.objects.get()
    assert (whistle.state, whistle.confirmed, whistle.phoned_at) == ("blown", True, phoned)

    # Those who came at once write it down later, with the time they came.
    came = local(phoned + timedelta(minutes=20))
    walk(clerk, whistle, "arrive", "报到", images=[photo()], arrived_at=came)
    assert "20分" in page_of(secretary, whistle).words
    walk(clerk, whistle, "finish", "处置完成", words="两台泵抽了一小时。")
    walk(secretary, whistle, "end", "销哨", remains="无")
    page_of(staff("next_handler"), whistle, 404)


def local(moment) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")
