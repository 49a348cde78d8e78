"""More time for a unit: who asks, who decides, and what the clock keeps."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from huying.approvals.models import Approval
from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import granting
from huying.cases.models import Case
from huying.cases.queries import lists, public
from huying.cases.rules import State
from huying.cases.rules.tasks import Task
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.kernel.actor import resident, system
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.people.models import Recusal
from tests.world import NEXT_DOOR, NOW, STREET, build_world

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SOON = NOW + 20 * MINUTE
WANTED = {"amount": 2, "unit": "d", "reason": "要等配件。"}


@pytest.fixture
def world():
    return build_world()


def at_work(world, *, lead="sanitation", who="handler", assistants=(), type_code="0103"):
    case = a.register_file_dispatch(
        world.call().case.pk, lead_id=world.units[lead].pk, assistant_ids=[world.units[one].pk for one in assistants],
        type_code=type_code, grade="ordinary", actor=world.dispatcher, now=NOW + 5 * MINUTE,
    )  # fmt: skip
    return a.sign_in_order(case.pk, actor=world.people[who], now=NOW + 10 * MINUTE)


def handling(case):
    return Clock.objects.get(object_id=case.pk, step="handle", stopped_at=None)


def approves(viewer):
    return [one.case_id for one in lists.work_of(viewer) if one.task == Task.APPROVE]


def ask(world, case, who="handler", now=SOON, **given):
    return a.ask_extension(case.pk, **{**WANTED, **given}, actor=world.people[who], now=now)


class TestExtension:
    def test_the_head_grants_it_and_the_clock_keeps_its_first_limit(self, world):
        case = at_work(world)
        first = handling(case)
        ask(world, case)
        assert handling(case).due_at == first.due_at
        assert approves(world.unit_head) == [case.pk]
        assert not approves(world.handler)
        assert not approves(world.leader)
        case = a.decide_extension(case.pk, granted=True, actor=world.unit_head, now=SOON + MINUTE)
        longer = handling(case)
        assert (longer.limit, longer.first_due_at) == (first.limit, first.due_at)
        assert longer.due_at > first.due_at
        assert case.due_at == longer.due_at == case.orders.get().due_at
        assert longer.extended == "2d"
        told = {str(line.term): line.words for line in clocks.explain(longer, SOON)}
        assert clocks.moment_words(first.due_at, SOON) in told["延期"]
        assert not approves(world.unit_head)

    def test_the_second_is_the_leaders_and_there_is_no_third(self, world):
        case = at_work(world)
        ask(world, case)
        a.decide_extension(case.pk, granted=False, words="可以按期办完。", actor=world.unit_head, now=SOON)
        ask(world, case, amount=4, unit="h")
        assert approves(world.leader) == [case.pk]
        assert not approves(world.unit_head)
        with pytest.raises(NotAllowed):
            a.decide_extension(case.pk, granted=True, actor=world.unit_head, now=SOON)
        a.decide_extension(case.pk, granted=True, actor=world.leader, now=SOON)
        assert handling(case).extended == "4h"
        with pytest.raises(IllegalMove) as why:
            ask(world, case)
        assert why.value.facts["guard"] == "extensions_left"

    def test_nobody_decides_on_the_own_request(self, world):
        case = at_work(world, who="unit_head")
        ask(world, case, "unit_head")
        assert Approval.objects.get().kind == "lead_extend"
        with pytest.raises(NotAllowed):
            a.decide_extension(case.pk, granted=True, actor=world.unit_head, now=SOON)

    def test_where_the_unit_has_no_head_the_leader_decides(self, world):
        case = at_work(world, lead="enforcement", who="enforcer")
        ask(world, case, "enforcer")
        assert approves(world.leader) == [case.pk]

    def test_a_head_who_keeps_away_is_not_waited_for(self, world):
        case = at_work(world)
        Recusal.objects.create(
            object_id=case.pk, account_id=world.unit_head.id, reason_code="own", set_by=world.dispatcher.id, set_at=SOON
        )
        Case.objects.filter(pk=case.pk).update(recused=True, restricted=True)
        ask(world, case)
        assert Approval.objects.get().kind == "lead_extend"

    def test_it_is_asked_before_the_clock_is_red_by_the_lead_at_work(self, world):
        case = at_work(world, assistants=("enforcement",))
        for who, when, error in (
            ("enforcer", SOON, IllegalMove),
            ("handler", handling(case).due_at, IllegalMove),
            ("dispatcher", SOON, NotAllowed),
            ("next_handler", SOON, NotFound),
        ):
            with pytest.raises(error):
                ask(world, case, who, when)
        for given in ({"amount": 31}, {"amount": 0}, {"amount": 73, "unit": "h"}, {"unit": "m"}):
            with pytest.raises(Invalid):
                ask(world, case, **given)
        with pytest.raises(IllegalMove):
            ask(world, case, reason=" ")
        ask(world, case)
        with pytest.raises(IllegalMove):
            ask(world, case)
        with pytest.raises(NotFound):
            a.decide_extension(case.pk, granted=True, actor=world.next_dispatcher, now=SOON)
        with pytest.raises(IllegalMove):
            a.decide_extension(case.pk, granted=False, actor=world.unit_head, now=SOON)
        assert not handling(case).extended

    def test_a_result_takes_the_request_back_and_it_counts_as_none(self, world):
        case = at_work(world)
        ask(world, case)
        case = a.submit_result(
            case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=SOON + MINUTE
        )
        assert Approval.objects.get().state == "withdrawn"
        assert case.state == State.REVIEWING
        with pytest.raises(IllegalMove):
            a.decide_extension(case.pk, granted=True, actor=world.unit_head, now=SOON + 2 * MINUTE)
        a.send_for_rework(case.pk, reason="写明日期。", actor=world.reviewer, now=SOON + 3 * MINUTE)
        ask(world, case, now=SOON + 4 * MINUTE)
        assert Approval.objects.get(state="asked").kind == "extend"

    def test_another_lead_does_not_inherit_the_request(self, world):
        case = at_work(world)
        ask(world, case)
        a.reassign_case(
            case.pk, lead_id=world.units["water"].pk, reason="换一家办。", actor=world.dispatcher, now=SOON + MINUTE
        )
        assert Approval.objects.get().state == "withdrawn"

    def test_what_was_granted_stays_through_pause_and_another_type(self, world):
        case = at_work(world, type_code="0901")
        ask(world, case)
        a.decide_extension(case.pk, granted=True, actor=world.unit_head, now=SOON)
        a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=SOON + MINUTE)
        a.send_for_rework(case.pk, reason="写明日期。", actor=world.reviewer, now=SOON + 61 * MINUTE)
        clock = handling(case)
        assert clock.due_at > clock.first_due_at
        a.correct_case(case.pk, type_code="0103", actor=world.dispatcher, now=SOON + 62 * MINUTE)
        other = handling(case)
        assert other.limit != clock.limit
        assert other.extended == "2d"
        assert other.due_at > other.first_due_at

    def test_history_names_the_kind_and_not_the_reason(self, world):
        case = at_work(world)
        ask(world, case)
        a.decide_extension(case.pk, granted=True, words="同意两天。", actor=world.unit_head, now=SOON)
        told = " ".join(str(line.facts) for line in History.objects.all())
        assert "配件" not in told
        assert "同意两天" not in told
        verbs = list(History.objects.filter(kind="case").order_by("pk").values_list("verb", flat=True))
        assert verbs[-2:] == ["ask_extend", "extend"]

    def test_a_reporter_never_asks(self, world):
        receipt = world.call()
        with pytest.raises(NotAllowed):
            a.ask_extension(receipt.case.pk, **WANTED, actor=resident(receipt.report.pk), now=SOON)
        assert Case.objects.get().state == State.RECEIVED


HELD = {"kind": "funds", "reason": "等市里的资金。"}
DAY = timedelta(days=1)


def ask_hold(world, case, who="handler", now=SOON, days=30, **given):
    until = localdate(now) + days * DAY
    return a.ask_hold(case.pk, **{**HELD, "until": until, **given}, actor=world.people[who], now=now)


def held(world, **given):
    case = at_work(world)
    ask_hold(world, case, **given)
    return a.decide_hold(case.pk, granted=True, actor=world.leader, now=SOON + MINUTE)


class TestHold:
    @pytest.mark.parametrize("who", ["handler", "dispatcher"])
    def test_the_leader_grants_it_and_the_clock_stands_still_until_it_is_over(self, world, who):
        case = at_work(world)
        before = handling(case)
        ask_hold(world, case, who)
        assert handling(case).paused_at is None
        assert approves(world.leader) == [case.pk]
        case = a.decide_hold(case.pk, granted=True, actor=world.leader, now=SOON + MINUTE)
        assert (case.held_since, case.held_reason) == (SOON + MINUTE, "funds")
        assert case.held_until == localdate(SOON) + 30 * DAY
        assert handling(case).paused_at == SOON + MINUTE
        assert case.due_at is None
        case = a.resume_case(case.pk, actor=world.dispatcher, now=SOON + MINUTE + 7 * DAY)
        assert (case.held_since, case.held_until, case.held_reason) == (None, None, "")
        after = handling(case)
        assert after.paused_at is None
        assert after.due_at > before.due_at
        assert case.due_at == after.due_at
        told = {str(line.term): line.words for line in clocks.explain(after, SOON)}
        assert "held" in told["停表"]

    def test_it_is_refused_with_words_and_never_decided_by_who_asked(self, world):
        case = at_work(world)
        ask_hold(world, case, "handler")
        with pytest.raises(IllegalMove):
            a.decide_hold(case.pk, granted=False, actor=world.leader, now=SOON)
        with pytest.raises(NotAllowed):
            a.decide_hold(case.pk, granted=True, actor=world.dispatcher, now=SOON)
        with pytest.raises(NotFound):
            a.decide_hold(case.pk, granted=True, actor=world.next_dispatcher, now=SOON)
        Approval.objects.update(asked_by=world.leader.id)
        with pytest.raises(IllegalMove) as why:
            a.decide_hold(case.pk, granted=True, actor=world.leader, now=SOON)
        assert why.value.facts["guard"] == "not_who_asked_to_hold"
        Approval.objects.update(asked_by=world.handler.id)
        case = a.decide_hold(case.pk, granted=False, words="先做能做的。", actor=world.leader, now=SOON)
        assert case.held_since is None

    def test_the_day_of_review_lies_ahead_and_within_ninety_days(self, world):
        case = at_work(world)
        for days in (0, -1, 91):
            with pytest.raises(Invalid):
                ask_hold(world, case, days=days)
        for given in ({"kind": "else"}, {"kind": ""}):
            with pytest.raises(Invalid):
                ask_hold(world, case, **given)
        ask_hold(world, case, days=1)
        with pytest.raises(IllegalMove) as why:
            a.decide_hold(case.pk, granted=True, actor=world.leader, now=SOON + DAY)
        assert why.value.facts["guard"] == "review_still_ahead"

    def test_it_is_the_lead_at_work_or_the_desk_that_asks(self, world):
        case = at_work(world, assistants=("enforcement",))
        for who, error in (("enforcer", IllegalMove), ("grid_worker", NotAllowed), ("next_handler", NotFound)):
            with pytest.raises(error):
                ask_hold(world, case, who)
        with pytest.raises(IllegalMove):
            a.resume_case(case.pk, actor=world.dispatcher, now=SOON)

    def test_on_the_day_of_review_it_goes_on_by_itself(self, world):
        case = held(world, days=3)
        boss = system("cases.holds")
        assert granting.end_holds(actor=boss, now=SOON + 2 * DAY) == 0
        assert granting.end_holds(actor=boss, now=SOON + 3 * DAY) == 1
        assert granting.end_holds(actor=boss, now=SOON + 3 * DAY) == 0
        case.refresh_from_db()
        assert case.held_since is None
        assert handling(case).paused_at is None
        line = History.objects.filter(kind="case", object_id=case.pk).latest("pk")
        assert (line.verb, line.actor_kind) == ("resume", "system")

    def test_asked_again_it_keeps_its_beginning_and_moves_its_day(self, world):
        case = held(world)
        ask_hold(world, case, now=SOON + 20 * DAY, days=90, kind="project")
        case = a.decide_hold(case.pk, granted=True, actor=world.leader, now=SOON + 21 * DAY)
        assert case.held_since == SOON + MINUTE
        assert (case.held_reason, case.held_until) == ("project", localdate(SOON) + 110 * DAY)
        assert handling(case).paused_at == SOON + MINUTE

    def test_a_move_that_leads_on_ends_it(self, world):
        case = held(world)
        later = SOON + 5 * DAY
        case = a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=later)
        assert (case.state, case.held_since) == (State.REVIEWING, None)
        assert handling(case).paused_at == later
        case = a.send_for_rework(case.pk, reason="写明日期。", actor=world.reviewer, now=later + MINUTE)
        assert handling(case).paused_at is None
        other = held(world)
        other = a.transfer_case(other.pk, receiver="区里", confirmed=True, actor=world.dispatcher, now=later)
        assert (other.ended_at, other.held_since) == (later, None)

    def test_a_request_that_nobody_decided_goes_with_the_lead(self, world):
        case = at_work(world)
        ask_hold(world, case)
        a.reassign_case(case.pk, lead_id=world.units["water"].pk, reason="换一家办。", actor=world.dispatcher, now=SOON)
        assert Approval.objects.get().state == "withdrawn"
        assert not approves(world.leader)

    def test_everybody_reads_what_kind_of_matter_is_held_and_nothing_else(self, world):
        case = held(world)
        nobody = Case.objects.none().values("pk")

        def shown(now=SOON + 2 * DAY, area=STREET, unlisted=nobody):
            return public.held(area, unlisted=unlisted, now=now, page=Page(limit=10))

        (line,) = shown()
        assert line.community == "榕树社区"
        assert (line.reason, line.until) == ("funds", case.held_until)
        told = repr(line)
        for hidden in (case.number, case.title, case.place_words or "路口", "资金。", str(case.pk)):
            assert hidden not in told
        assert not shown(now=SOON + 2 * MINUTE)  # a day later
        assert not shown(area=NEXT_DOOR)
        assert shown(area="990101001001009"), "a grid is asked for its community"
        assert not shown(unlisted=Case.objects.values("pk"))
        for flag in ({"restricted": True, "recused": True}, {"drill": True}, {"imported": True}, {"type_code": "0901"}):
            before = {name: getattr(Case.objects.get(pk=case.pk), name) for name in flag}
            Case.objects.filter(pk=case.pk).update(**flag)
            assert not shown(), flag
            Case.objects.filter(pk=case.pk).update(**before)
        a.resume_case(case.pk, actor=world.dispatcher, now=SOON + 3 * DAY)
        assert not shown(now=SOON + 4 * DAY)
