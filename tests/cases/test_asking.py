"""One question to a caller: who asks, who answers, and what the clock does meanwhile."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.models import Addition, Case, Remark
from huying.cases.queries import public
from huying.cases.rules import State
from huying.clocks.models import Clock
from huying.kernel.actor import resident, system
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from tests.cases.test_granting import SOON, ask_hold, at_work, handling
from tests.world import build_world

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world():
    return build_world()


def voice(case):
    return case.reports.get().pk


def ask(world, case, who="handler", now=SOON, **given):
    wanted = {"report_id": voice(case), "question": "是哪一只桶？", "limit": "2wd"}
    return a.ask_reporter(case.pk, **{**wanted, **given}, actor=world.people[who], now=now)


def test_the_caller_answers_by_the_code_and_the_clock_waits_meanwhile(world):
    case = at_work(world)
    before = handling(case)
    case = ask(world, case)
    assert handling(case).paused_at == SOON
    assert case.due_at is None
    assert public.own(voice(case)).question == "是哪一只桶？"
    later = SOON + 3 * timedelta(hours=1)
    caller = resident(voice(case))
    case = a.answer_question(case.pk, words="路口东边那只。", actor=caller, now=later)
    assert case.asked_report_id is None
    assert handling(case).paused_at is None
    assert handling(case).due_at > before.due_at
    assert case.due_at == handling(case).due_at
    assert Addition.objects.get().words == "路口东边那只。"
    assert not Clock.objects.filter(step="reply", stopped_at=None).exists()
    assert public.own(voice(case)).question == ""
    with pytest.raises(IllegalMove):
        a.answer_question(case.pk, words="再说一次。", actor=caller, now=later)


def test_only_the_one_who_is_asked_reads_and_answers(world):
    case, other = at_work(world), world.call()
    a.merge_case(other.case.pk, into_id=case.pk, confirmed=True, actor=world.dispatcher, now=SOON)
    first, second = (one.pk for one in case.reports.order_by("received_at", "pk"))
    a.ask_reporter(case.pk, report_id=first, question="是哪一只桶？", limit="24h", actor=world.handler, now=SOON)
    assert public.own(second).question == ""
    with pytest.raises(IllegalMove):
        a.answer_question(case.pk, words="不是我。", actor=resident(second), now=SOON)
    with pytest.raises(NotFound):
        a.answer_question(case.pk, words="不是我。", actor=resident(world.call().report.pk), now=SOON)
    a.withdraw_report(case.pk, actor=resident(first), now=SOON + MINUTE)
    case.refresh_from_db()
    assert case.asked_report_id is None
    assert handling(case).paused_at is None


@pytest.mark.parametrize("who", ["clerk", "caller", "handler"])
def test_an_answer_by_phone_is_written_down_by_the_desk_or_the_unit(world, who):
    case = ask(world, at_work(world))
    a.answer_question(case.pk, words="东边那只。", actor=world.people[who], now=SOON + MINUTE)
    assert Addition.objects.get().report_id == voice(case)


def test_a_unit_asks_once_a_round_and_the_desk_once_more(world):
    case = ask(world, at_work(world))
    with pytest.raises(IllegalMove):
        ask(world, case, "dispatcher")
    a.stop_waiting(case.pk, actor=world.handler, now=SOON + MINUTE)
    assert handling(case).paused_at is None
    with pytest.raises(IllegalMove) as why:
        ask(world, case, now=SOON + 2 * MINUTE)
    assert why.value.facts["guard"] == "question_left"
    ask(world, case, "dispatcher", now=SOON + 2 * MINUTE)
    a.stop_waiting(case.pk, actor=world.dispatcher, now=SOON + 3 * MINUTE)
    with pytest.raises(IllegalMove):
        ask(world, case, "dispatcher", now=SOON + 4 * MINUTE)


def test_who_may_not_ask_and_what_is_no_question(world):
    case = at_work(world, assistants=("enforcement",))
    for who, error in (("enforcer", IllegalMove), ("grid_worker", NotAllowed), ("next_handler", NotFound)):
        with pytest.raises(error):
            ask(world, case, who)
    for given in ({"limit": "9wd"}, {"limit": ""}):
        with pytest.raises(Invalid):
            ask(world, case, **given)
    for given in ({"question": " "}, {"report_id": world.call().report.pk}):
        with pytest.raises(IllegalMove):
            ask(world, case, **given)
    with pytest.raises(IllegalMove):
        a.stop_waiting(case.pk, actor=world.handler, now=SOON)
    ask_hold(world, case)
    a.decide_hold(case.pk, granted=True, actor=world.leader, now=SOON)
    with pytest.raises(IllegalMove):
        ask(world, case)


def test_a_hold_outlasts_the_answer_and_the_question_the_hold(world):
    case = ask(world, at_work(world))
    ask_hold(world, case)
    a.decide_hold(case.pk, granted=True, actor=world.leader, now=SOON + MINUTE)
    a.stop_waiting(case.pk, actor=world.handler, now=SOON + 2 * MINUTE)
    assert handling(case).paused_at == SOON
    a.resume_case(case.pk, actor=world.dispatcher, now=SOON + 3 * MINUTE)
    assert handling(case).paused_at is None


def test_the_end_of_the_term_lets_it_go_on(world):
    case = ask(world, at_work(world), limit="24h")
    boss = system("cases.questions")
    assert a.end_terms(actor=boss, now=SOON + timedelta(hours=23)) == 0
    assert a.end_terms(actor=boss, now=SOON + timedelta(hours=24)) == 1
    assert a.end_terms(actor=boss, now=SOON + timedelta(hours=24)) == 0
    assert Case.objects.get().asked_report_id is None
    assert handling(case).paused_at is None


def test_a_result_ends_the_waiting(world):
    case = ask(world, at_work(world))
    case = a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=SOON + MINUTE)
    assert (case.state, case.asked_report_id, case.questions) == (State.REVIEWING, None, 1)
    assert not Clock.objects.filter(step="reply", stopped_at=None).exists()


def test_history_holds_neither_question_nor_answer(world):
    case = ask(world, at_work(world))
    a.answer_question(case.pk, words="东边那只。", actor=resident(voice(case)), now=SOON + MINUTE)
    told = " ".join(str(line.facts) for line in History.objects.all())
    assert "哪一只" not in told
    assert "东边" not in told
    assert Remark.objects.get(verb="ask_reporter").words == "是哪一只桶？"
