"""Who is told what of a case that is left out of scores: whose decision it is, the asker, and its caller."""

from datetime import timedelta

from huying.cases.actions import confiding, excluding
from huying.kernel.actor import resident
from huying.notices.models import Delivery, Notice
from tests.insight.steps import called, closed
from tests.notices.conftest import spread
from tests.notices.conftest import told as every
from tests.world import NOW

LATER, MINUTE = NOW + timedelta(hours=3), timedelta(minutes=1)


def told(world, who):
    return [one for one in every(world, who) if one.startswith("request")]


def test_deciders_the_asker_and_the_caller_hear_of_it_in_turn(world, house):
    case = closed(world, called(world).case.pk)
    spread()
    given = {"kind": "untrue", "reason": "没有看到。", "evidence": "两人到场。"}
    excluding.ask_exclusion(case.pk, **given, actor=world.handler, now=LATER)
    spread()
    assert told(world, "head") == ["request_asked"]
    assert told(world, "head2") == ["request_asked"]
    assert told(world, "leader") == []
    assert told(world, "next_dispatcher") == []
    excluding.decide_exclusion(case.pk, granted=True, actor=world.head, now=LATER + MINUTE)
    spread()
    assert told(world, "leader") == ["request_asked"]
    assert told(world, "head") == ["request_asked"]  # no second hand for the first
    assert told(world, "handler") == []
    excluding.decide_exclusion(case.pk, granted=True, actor=world.leader, now=LATER + 2 * MINUTE)
    spread()
    assert told(world, "handler") == ["request_decided"]
    (notice,) = Notice.objects.filter(kind="set_aside")
    assert notice.facts["why"] == "到现场核实，情况和反映的不一样。"
    assert "没有看到" not in str(notice.facts)
    assert Delivery.objects.filter(notice=notice).exists()
    excluding.object_to_exclusion(
        case.pk, reason="不是那里。", actor=resident(case.reports.get().pk), now=LATER + 3 * MINUTE
    )
    spread()
    assert told(world, "head2").count("request_asked") >= 2
    assert Notice.objects.filter(kind="set_aside").count() == 1


def test_the_leader_hears_of_a_request_to_keep_a_case_confidential(world, house):
    case = called(world).case
    confiding.ask_confidential(case.pk, reason="写了孩子的事。", actor=world.clerk, now=LATER)
    spread()
    assert told(world, "leader") == ["request_asked"]
    confiding.decide_confidential(case.pk, granted=True, actor=world.leader, now=LATER + MINUTE)
    spread()
    assert Notice.objects.filter(kind="request_decided").count() <= 1
