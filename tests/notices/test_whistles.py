"""Who is told what of a whistle: whose move it is, and nobody else."""

from datetime import timedelta

from huying.cases.actions import whistling as w
from huying.cases.codes import arrival_code
from huying.cases.listeners.calling import climb_late
from tests.notices.conftest import spread, told
from tests.world import NOW

HOUR = timedelta(hours=1)
NOBODY = ("next_dispatcher", "next_handler", "kapok_worker", "firm_handler")


def ask(world, case, *, actor, kind="enforcement", **given):
    made = w.ask_whistle(
        case.pk, kind=kind, unit_ids=[world.units["sanitation"].pk], reason="社区没有执法权。", actor=actor, now=NOW,
        **given,
    )  # fmt: skip
    spread()
    return made


def test_from_asking_to_rating(world, house):
    case = world.call().case
    spread()
    whistle = ask(world, case, actor=world.grid_worker2)
    assert told(world, "secretary") == ["whistle_asked"]
    assert told(world, "handler") == []
    w.decide_whistle(whistle.pk, granted=True, actor=world.secretary, now=NOW)
    spread()
    assert told(world, "grid_worker2") == ["whistle_decided"]
    assert told(world, "handler") == ["whistle_called"]
    w.object_to_whistle(whistle.pk, words="不归我们。", actor=world.handler, now=NOW)
    spread()
    assert "whistle_objected" in told(world, "dispatcher")
    part = whistle.parts.get()
    w.decide_objection(whistle.pk, part_id=part.pk, granted=False, words="归。", actor=world.dispatcher, now=NOW)
    spread()
    assert told(world, "handler") == ["whistle_called", "whistle_decided"]
    w.arrive_whistle(whistle.pk, code=arrival_code(whistle.pk), actor=world.handler, now=NOW + HOUR)
    w.finish_part(whistle.pk, words="办完。", actor=world.handler, now=NOW + HOUR)
    w.end_whistle(whistle.pk, done="来了。", remains="无", actor=world.secretary, now=NOW + HOUR)
    spread()
    assert "whistle_done" in told(world, "secretary")
    assert told(world, "handler") == ["whistle_called", "whistle_decided", "whistle_ended"]
    for key in NOBODY:
        assert told(world, key) == [], key


def test_an_emergency_calls_urgently_and_lateness_climbs(world, house):
    case = world.call().case
    ask(world, case, actor=world.secretary, kind="emergency", phoned_at=NOW)
    assert told(world, "handler") == ["whistle_urgent"]
    assert told(world, "secretary") == []  # the head wrote it down
    climb_late(now=NOW + HOUR)
    spread()
    assert told(world, "leader") == ["whistle_late", "whistle_late"]  # not answered, not arrived
    assert "whistle_late" in told(world, "unit_head")
