"""Supervision: set by the desk's supervisor, reported back by the lead unit, looked at, closed or pressed again."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.models import Remark
from huying.cases.queries import lists
from huying.cases.rules import State
from huying.cases.rules.tasks import Task
from huying.clocks.models import Clock
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from tests.cases.test_granting import SOON, at_work, handling
from tests.world import build_world

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
WANTED = {"what": "三天内换好桶。", "limit": "3wd"}


@pytest.fixture
def world():
    return build_world()


def supervise(world, case, who="leader", now=SOON, **given):
    return a.supervise_case(case.pk, **{**WANTED, **given}, actor=world.people[who], now=now)


def waits(viewer, task):
    return [one.case_id for one in lists.work_of(viewer) if one.task == task]


def own_clocks(case):
    return list(Clock.objects.filter(object_id=case.pk, step="supervise").order_by("started_at"))


def test_it_runs_a_clock_of_its_own_until_the_unit_reports_back(world):
    case = at_work(world)
    before = handling(case)
    case = supervise(world, case)
    assert (case.supervision, case.supervisions) == ("set", 1)
    (clock,) = own_clocks(case)
    assert (clock.limit, clock.stopped_at) == ("3wd", None)
    assert handling(case).due_at == before.due_at
    assert case.due_at == before.due_at
    assert waits(world.handler, Task.REPORT_BACK) == [case.pk]
    assert not waits(world.leader, Task.LOOK)
    case = a.report_back(case.pk, words="明天换。", actor=world.handler, now=SOON + MINUTE)
    assert case.supervision == "reported"
    assert own_clocks(case)[0].stopped_at == SOON + MINUTE
    assert waits(world.leader, Task.LOOK) == [case.pk]
    assert not waits(world.handler, Task.REPORT_BACK)
    case = a.close_supervision(case.pk, actor=world.head, now=SOON + 2 * MINUTE)
    assert (case.supervision, case.supervisions) == ("", 1)
    assert not waits(world.leader, Task.LOOK)


def test_pressed_again_it_is_counted_and_runs_anew_and_the_words_stay_apart(world):
    case = supervise(world, at_work(world))
    a.report_back(case.pk, words="正在想办法。", actor=world.handler, now=SOON + MINUTE)
    case = a.press_again(case.pk, what="写明哪天换。", limit="1wd", actor=world.leader, now=SOON + 2 * MINUTE)
    assert (case.supervision, case.supervisions) == ("set", 2)
    assert [one.limit for one in own_clocks(case)] == ["3wd", "1wd"]
    told = Remark.objects.filter(case=case).order_by("made_at")
    assert [(one.verb, one.words) for one in told] == [
        ("supervise", "三天内换好桶。"), ("report_back", "正在想办法。"), ("press", "写明哪天换。"),
    ]  # fmt: skip
    facts = " ".join(str(line.facts) for line in History.objects.all())
    assert not any(one.words in facts for one in told)


def test_one_is_open_at_a_time_and_each_part_has_its_own_people(world):
    case = at_work(world, assistants=("enforcement",))
    for who, error in (("dispatcher", NotAllowed), ("handler", NotAllowed), ("next_dispatcher", NotFound)):
        with pytest.raises(error):
            supervise(world, case, who)
    for given in ({"limit": "9wd"}, {"limit": ""}):
        with pytest.raises(Invalid):
            supervise(world, case, **given)
    with pytest.raises(IllegalMove):
        supervise(world, case, what=" ")
    with pytest.raises(IllegalMove):
        a.report_back(case.pk, words="早了。", actor=world.handler, now=SOON)
    supervise(world, case)
    with pytest.raises(IllegalMove):
        supervise(world, case)
    with pytest.raises(IllegalMove):
        a.press_again(case.pk, **WANTED, actor=world.leader, now=SOON)
    for who, error in (("enforcer", IllegalMove), ("leader", NotAllowed), ("next_handler", NotFound)):
        with pytest.raises(error):
            a.report_back(case.pk, words="办好了。", actor=world.people[who], now=SOON)
    with pytest.raises(IllegalMove):
        a.report_back(case.pk, words="", actor=world.handler, now=SOON)


def test_it_goes_on_while_a_unit_leads_and_ends_with_the_case_or_the_unit(world):
    case = supervise(world, at_work(world))
    case = a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=SOON + MINUTE)
    assert (case.state, case.supervision) == (State.REVIEWING, "set")
    a.report_back(case.pk, words="结果报了。", actor=world.handler, now=SOON + 2 * MINUTE)
    case = a.transfer_case(case.pk, receiver="区里", confirmed=True, actor=world.dispatcher, now=SOON + 3 * MINUTE)
    assert case.supervision == ""
    other = supervise(world, at_work(world))
    other = a.raise_case(other.pk, reason="要区里办。", actor=world.dispatcher, now=SOON + MINUTE)
    assert (other.supervision, other.supervisions) == ("", 1)
    assert own_clocks(other)[0].stopped_at == SOON + MINUTE


def test_another_type_leaves_the_limit_that_a_person_set(world):
    case = supervise(world, at_work(world, type_code="0901"))
    a.correct_case(case.pk, type_code="0103", actor=world.dispatcher, now=SOON + MINUTE)
    assert handling(case).limit == "4wh"
    assert own_clocks(case)[0].limit == "3wd"
