"""Leaving a case out of scores: who asks, who decides, what its caller may do, when it is over, what is published."""

from dataclasses import fields, replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils.timezone import localdate
from hypothesis import given
from hypothesis import strategies as st

from huying.approvals.models import Approval
from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import confiding, excluding
from huying.cases.models import Case, Exclusion, ExclusionKind
from huying.cases.queries import exclusions as reads
from huying.cases.queries import lists, replay
from huying.cases.rules import State
from huying.cases.rules.exclusions import (
    ANSWERED,
    FLOW,
    SHIPPED,
    STANDING,
    ExclusionFacts,
    ExclusionState,
    ExclusionVerb,
)
from huying.cases.rules.tasks import Task
from huying.clocks.models import Clock
from huying.insight import actions as insight
from huying.insight import queries as assessed
from huying.insight.rules import Month
from huying.kernel.actor import resident, system
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.people.models import Account, Contact
from tests.insight.steps import called, closed
from tests.world import BANYAN, KAPOK, NEXT_DOOR, NOW, STREET, build_world

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOW + timedelta(hours=3)
WANTED = {"kind": "untrue", "reason": "到场没有看到。", "evidence": "十月二十日两人到场，照片三张。"}
ME, OTHER, UNIT = UUID(int=1), UUID(int=2), UUID(int=3)


class TestRules:
    FACTS = ExclusionFacts(state=None, answered=True, actor_id=ME)

    @pytest.mark.parametrize(
        ("changes", "guard"),
        [
            ({"answered": False}, "answered_first"),
            ({"counted": False}, "counted_otherwise"),
            ({"waiting": True}, "nothing_waits"),
            ({"recent": False}, "asked_in_time"),
            ({"standing": True}, "renewed_late"),
            ({"reason": ""}, "reason_given"),
            ({"evidence": ""}, "evidence_given"),
        ],
    )
    def test_what_stands_in_the_way_of_asking(self, changes, guard):
        assert FLOW.refusal(ExclusionVerb.ASK, self.FACTS) is None
        refused = FLOW.refusal(ExclusionVerb.ASK, replace(self.FACTS, **changes))
        assert refused is not None
        assert refused.facts["guard"] == guard

    @pytest.mark.parametrize(
        ("changes", "guard"),
        [
            ({"hands": frozenset({ME})}, "fresh_hands"),
            ({"handlers": frozenset({ME})}, "did_not_handle"),
            ({"handling_units": frozenset({UNIT}), "actor_units": (UNIT,)}, "did_not_handle"),
        ],
    )
    @pytest.mark.parametrize("verb", [ExclusionVerb.AGREE, ExclusionVerb.EXCLUDE, ExclusionVerb.REFUSE])
    def test_who_asked_decided_or_handled_keeps_out(self, verb, changes, guard):
        state = ExclusionState.ASKED if verb == ExclusionVerb.AGREE else ExclusionState.SECONDING
        facts = replace(self.FACTS, state=state)
        assert FLOW.refusal(verb, facts) is None
        assert FLOW.refusal(verb, replace(facts, **changes)).facts["guard"] == guard

    def test_renewed_in_its_last_days_alone_also_long_after_the_end(self):
        assert FLOW.refusal(ExclusionVerb.ASK, replace(self.FACTS, standing=True, renewable=True, recent=False)) is None

    @given(st.lists(st.sampled_from(list(ExclusionVerb)), max_size=12), st.lists(st.integers(1, 4), min_size=12))
    def test_whatever_happens_three_hands_stand_behind_what_is_in_force(self, verbs, who):
        """Played by anybody in any order: asked by one, agreed to by two others."""
        state, hands = None, frozenset()
        for verb, number in zip(verbs, who, strict=False):
            actor = UUID(int=number)
            facts = ExclusionFacts(state=state, answered=True, hands=hands, actor_id=actor, objected=False)
            if FLOW.refusal(verb, facts) is not None or not FLOW.by_verb.get(verb):
                continue
            if state not in {s for move in FLOW.by_verb[verb] for s in move.sources}:
                continue
            state = ExclusionState(FLOW.move(verb, facts).lands(state))
            if verb in (ExclusionVerb.ASK, ExclusionVerb.AGREE, ExclusionVerb.EXCLUDE):
                hands |= {actor}
            if state == ExclusionState.IN_FORCE:
                assert len(hands) >= 3
            if state not in STANDING:
                return

    def test_kinds_are_about_a_matter_and_not_about_who_calls(self):
        for one in SHIPPED:
            for word in ("缠", "闹", "恶意", "多次来电", "重点人", "同一人", "该诉求人"):
                assert word not in f"{one.label}{one.needs}{one.told}"
            assert len(str(one.told)) <= 40
        assert {State.CLOSED, State.ANSWERED, State.DECLINED} == ANSWERED


pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def case(world):
    return closed(world, called(world).case.pk)


def ask(world, case, who="handler", now=LATER, **given):
    return excluding.ask_exclusion(case.pk, **{**WANTED, **given}, actor=world.people[who], now=now)


def decide(world, case, who, now=LATER + MINUTE, granted=True, **given):
    return excluding.decide_exclusion(case.pk, granted=granted, **given, actor=world.people[who], now=now)


def left_out(world, case, now=LATER):
    ask(world, case, now=now)
    decide(world, case, "head", now=now + MINUTE)
    return decide(world, case, "leader", now=now + 2 * MINUTE)


def approves(viewer):
    return [one.case_id for one in lists.work_of(viewer) if one.task == Task.APPROVE]


def counted(world):
    insight.catch_up()
    found = assessed.assess(world.head, STREET, Month(202610))
    return found.whole.sums.get("cases", 0), found.before.sums.get("cases", 0), dict(found.excluded)


class TestDeciding:
    def test_two_persons_agree_and_the_case_counts_no_more(self, world, case):
        assert counted(world) == (1, 1, {})
        ask(world, case)
        assert counted(world)[0] == 1
        assert approves(world.head) == [case.pk]
        assert not approves(world.leader)
        decide(world, case, "head")
        assert approves(world.leader) == [case.pk]
        assert not approves(world.head)
        assert approves(world.head2) == [case.pk]  # a second person with the duty to supervise
        case = decide(world, case, "leader")
        row = Exclusion.objects.get()
        assert (case.excluded, case.exclusion, row.state) == (True, "", ExclusionState.IN_FORCE)
        assert row.until == localdate(LATER) + 90 * DAY
        assert len(set(row.hands)) == 3
        assert not Clock.objects.filter(object_id=row.pk, stopped_at=None).exists()
        assert counted(world) == (0, 1, {"decided": 1})
        assert replay.mismatches([case.pk]) == []
        assert case.state == State.CLOSED

    def test_nobody_decides_twice_and_nobody_who_handled_it(self, world, case):
        ask(world, case, "dispatcher")
        for who, error in (
            ("dispatcher", IllegalMove), ("handler", NotAllowed), ("leader", NotAllowed), ("next_dispatcher", NotFound),
        ):  # fmt: skip
            with pytest.raises(error):
                decide(world, case, who)
        decide(world, case, "head")
        with pytest.raises(IllegalMove) as why:
            decide(world, case, "head")
        assert why.value.facts["guard"] == "fresh_hands"
        case.orders.update(handler_id=world.accounts["leader"].pk)
        with pytest.raises(IllegalMove) as why:
            decide(world, case, "leader")
        assert why.value.facts["guard"] == "did_not_handle"
        assert not approves(world.leader)

    def test_a_refusal_has_words_and_ends_it(self, world, case):
        ask(world, case)
        with pytest.raises(IllegalMove):
            decide(world, case, "head", granted=False)
        case = decide(world, case, "head", granted=False, words="证据不够。")
        assert (case.excluded, case.exclusion) == (False, "")
        assert Exclusion.objects.get().state == ExclusionState.REFUSED
        assert not Approval.objects.filter(state="asked").exists()
        ask(world, case, evidence="补了记录。")  # better evidence may be brought

    def test_the_second_person_decides_within_a_working_day_or_it_lapses(self, world, case):
        ask(world, case)
        decide(world, case, "head")
        boss, row = system("cases.exclusions"), Exclusion.objects.get()
        due = reads.second_clock(row).due_at
        assert excluding.close_exclusions(actor=boss, now=due - MINUTE) == 0
        assert excluding.close_exclusions(actor=boss, now=due) == 1
        assert excluding.close_exclusions(actor=boss, now=due) == 0
        row.refresh_from_db()
        case.refresh_from_db()
        assert (row.state, case.exclusion, case.excluded) == (ExclusionState.LAPSED, "", False)
        with pytest.raises(IllegalMove):
            decide(world, case, "leader", now=due + MINUTE)
        assert replay.mismatches([case.pk]) == []

    def test_it_is_asked_by_who_handled_it_or_the_desk_after_the_answer(self, world, case):
        for who, error in (("enforcer", NotFound), ("grid_worker", NotAllowed), ("next_dispatcher", NotFound)):
            with pytest.raises(error):
                ask(world, case, who)
        for wrong in ({"kind": "tiresome"}, {"kind": ""}):
            with pytest.raises(Invalid):
                ask(world, case, **wrong)
        for wrong in ({"reason": " "}, {"evidence": ""}, {"now": case.ended_at + 31 * DAY}):
            with pytest.raises(IllegalMove):
                ask(world, case, **wrong)
        other = called(world).case
        with pytest.raises(IllegalMove) as why:
            ask(world, other, "dispatcher")
        assert why.value.facts["guard"] == "answered_first"
        ask(world, case)
        with pytest.raises(IllegalMove):
            ask(world, case, "dispatcher")

    def test_what_is_not_counted_anyway_is_not_left_out(self, world, case):
        for flag in ("imported", "drill"):
            Case.objects.filter(pk=case.pk).update(**{flag: True})
            with pytest.raises(IllegalMove) as why:
                ask(world, case)
            assert why.value.facts["guard"] == "counted_otherwise"
            Case.objects.filter(pk=case.pk).update(**{flag: False})


class TestEnding:
    def test_after_ninety_days_it_counts_again_by_itself(self, world, case):
        case = left_out(world, case)
        boss = system("cases.exclusions")
        assert excluding.close_exclusions(actor=boss, now=LATER + 89 * DAY) == 0
        assert excluding.close_exclusions(actor=boss, now=LATER + 90 * DAY) == 1
        assert excluding.close_exclusions(actor=boss, now=LATER + 90 * DAY) == 0
        case.refresh_from_db()
        assert not case.excluded
        assert counted(world) == (1, 1, {})
        with pytest.raises(IllegalMove):
            ask(world, case, now=LATER + 91 * DAY)

    def test_two_others_may_renew_it_in_its_last_days(self, world, case):
        left_out(world, case)
        with pytest.raises(IllegalMove):
            ask(world, case, now=LATER + 60 * DAY)
        late = LATER + 80 * DAY
        ask(world, case, now=late)
        case.refresh_from_db()
        assert (case.excluded, case.exclusion) == (True, "asked")
        decide(world, case, "head2", now=late)
        case = decide(world, case, "leader", now=late + MINUTE)
        first, second = Exclusion.objects.order_by("asked_at")
        assert (first.state, second.state) == (ExclusionState.ENDED, ExclusionState.IN_FORCE)
        assert (case.excluded, second.renews_id) == (True, first.pk)
        assert second.until == localdate(late) + 90 * DAY
        assert excluding.close_exclusions(actor=system("cases.exclusions"), now=LATER + 91 * DAY) == 0

    def test_a_case_that_is_taken_up_again_counts_again(self, world, case):
        case = left_out(world, case)
        case = a.reopen_case(case.pk, reason="又坏了。", actor=resident(case.reports.get().pk), now=LATER + DAY)
        assert (case.excluded, case.exclusion) == (False, "")
        assert Exclusion.objects.get().state == ExclusionState.ENDED

    def test_asked_and_taken_up_again_nothing_waits(self, world, case):
        ask(world, case)
        case = a.reopen_case(case.pk, reason="又坏了。", actor=resident(case.reports.get().pk), now=LATER + DAY)
        assert not Approval.objects.filter(state="asked").exists()
        assert not approves(world.head)


class TestObjecting:
    def test_the_caller_objects_the_case_counts_and_two_others_decide(self, world, case):
        case = left_out(world, case)
        caller = resident(case.reports.get().pk)
        case = excluding.object_to_exclusion(case.pk, reason="照片不是那里。", actor=caller, now=LATER + DAY)
        assert (case.excluded, case.exclusion) == (False, "asked")
        assert counted(world) == (1, 1, {})
        with pytest.raises(IllegalMove) as why:
            decide(world, case, "head", now=LATER + DAY)
        assert why.value.facts["guard"] == "fresh_hands"
        decide(world, case, "head2", now=LATER + DAY)
        with pytest.raises(IllegalMove):
            decide(world, case, "leader", now=LATER + DAY)
        row = Exclusion.objects.get()
        assert (row.state, row.until) == (ExclusionState.SECONDING, localdate(LATER) + 90 * DAY)
        assert excluding.close_exclusions(actor=system("cases.exclusions"), now=LATER + 30 * DAY) == 1
        case.refresh_from_db()
        assert (case.excluded, case.exclusion) == (False, "")

    def test_one_objection_and_by_its_own_callers_alone(self, world, case):
        stranger = called(world)
        with pytest.raises(IllegalMove):
            excluding.object_to_exclusion(case.pk, reason="不对。", actor=resident(case.reports.get().pk), now=LATER)
        case = left_out(world, case)
        with pytest.raises(NotFound):
            excluding.object_to_exclusion(case.pk, reason="不对。", actor=resident(stranger.report.pk), now=LATER + DAY)
        with pytest.raises(NotAllowed):
            excluding.object_to_exclusion(case.pk, reason="不对。", actor=world.head, now=LATER + DAY)
        caller = resident(case.reports.get().pk)
        with pytest.raises(IllegalMove):
            excluding.object_to_exclusion(case.pk, reason="", actor=caller, now=LATER + DAY)
        excluding.object_to_exclusion(case.pk, reason="不对。", actor=caller, now=LATER + DAY)
        with pytest.raises(IllegalMove):
            excluding.object_to_exclusion(case.pk, reason="不对。", actor=caller, now=LATER + DAY)

    def test_history_names_the_kind_and_none_of_the_words(self, world, case):
        case = left_out(world, case)
        excluding.object_to_exclusion(
            case.pk, reason="照片不是那里。", actor=resident(case.reports.get().pk), now=LATER + DAY
        )
        lines = History.objects.filter(kind="case", object_id=case.pk).order_by("pk")
        assert [one.verb for one in lines][-4:] == [
            "ask_exclusion", "agree_exclusion", "exclude", "object_exclusion",
        ]  # fmt: skip
        told = " ".join(str(one.facts) for one in History.objects.all())
        for words in ("到场没有看到", "照片", "不是那里"):
            assert words not in told


class TestPublished:
    def test_everybody_reads_how_many_by_month_and_kind_and_nothing_else(self, world, case):
        left_out(world, case)
        (line,) = reads.published(STREET, now=LATER + DAY)
        assert (line.kind, line.count, line.month.month) == ("untrue", 1, 10)
        assert {one.name for one in fields(line)} == {"month", "kind", "name", "count"}
        assert reads.published(BANYAN, now=LATER + DAY)
        # A grid is asked for its community: so few live there that a number could say who.
        assert reads.published(BANYAN + "002", now=LATER + DAY) == reads.published(BANYAN, now=LATER + DAY)
        assert not reads.published(KAPOK, now=LATER + DAY)
        assert not reads.published(NEXT_DOOR, now=LATER + DAY)
        excluding.close_exclusions(actor=system("cases.exclusions"), now=LATER + 91 * DAY)
        assert len(reads.published(STREET, now=LATER + 92 * DAY)) == 1  # it was one, also when it is over

    def test_kinds_come_in_their_own_order_and_never_by_number(self, world):
        for kind, times in (("untrue", 2), ("beyond", 1)):
            for _ in range(times):
                one = closed(world, called(world).case.pk)
                ask(world, one, kind=kind)
                decide(world, one, "head")
                decide(world, one, "leader")
        assert [(one.kind, one.count) for one in reads.published(STREET, now=LATER)] == [("beyond", 1), ("untrue", 2)]

    def test_it_holds_on_to_a_case_and_to_nobody(self):
        """No way leads from an exclusion to a caller but through the case that everybody's decision is about."""
        tied = {one.related_model for one in Exclusion._meta.concrete_fields if one.is_relation}
        assert tied == {Case, ExclusionKind, Exclusion}
        assert not tied & {Account, Contact}

    def test_a_kind_changes_by_a_new_version_and_decisions_keep_theirs(self, world, case):
        case = left_out(world, case)
        ExclusionKind.objects.create(
            code="untrue",
            version=2,
            name="不属实",
            needs="三张照片。",
            told="没有看到。",
            valid_from=localdate(LATER) + DAY,
            state="approved",
        )
        assert {one.version for one in reads.kinds(localdate(LATER), STREET) if one.code == "untrue"} == {1}
        assert {one.version for one in reads.kinds(localdate(LATER) + DAY, STREET) if one.code == "untrue"} == {2}
        assert Exclusion.objects.get().kind.version == 1


class TestConfidential:
    def test_one_asks_the_leader_decides_and_only_few_see_it(self, world):
        case = called(world).case
        confiding.ask_confidential(case.pk, reason="写了孩子的事。", actor=world.clerk, now=NOW + MINUTE)
        assert approves(world.leader) == [case.pk]
        with pytest.raises(NotAllowed):
            confiding.decide_confidential(case.pk, granted=True, actor=world.head, now=NOW + MINUTE)
        with pytest.raises(NotFound):
            confiding.decide_confidential(case.pk, granted=True, actor=world.next_dispatcher, now=NOW + MINUTE)
        case = confiding.decide_confidential(case.pk, granted=True, actor=world.leader, now=NOW + MINUTE)
        assert (case.confidential, case.restricted, case.desk_code) == (True, True, STREET)
        with pytest.raises(NotFound):
            confiding.ask_confidential(case.pk, reason="看不到。", actor=world.grid_worker, now=NOW + MINUTE)
        assert replay.mismatches([case.pk]) == []

    def test_it_is_lifted_the_same_way_but_not_where_it_must_be(self, world):
        case = called(world).case
        confiding.ask_confidential(case.pk, reason="写了孩子的事。", actor=world.clerk, now=NOW)
        confiding.decide_confidential(case.pk, granted=True, actor=world.leader, now=NOW + MINUTE)
        confiding.ask_confidential(case.pk, reason="已经隐去。", actor=world.head, now=NOW + MINUTE)
        case = confiding.decide_confidential(case.pk, granted=True, actor=world.leader, now=NOW + 2 * MINUTE)
        assert (case.confidential, case.restricted) == (False, False)
        about = called(world, about_staff=True).case
        with pytest.raises(IllegalMove):
            confiding.ask_confidential(about.pk, reason="不用保密。", actor=world.head, now=NOW)

    def test_the_asker_never_decides_and_a_refusal_has_words(self, world):
        case = called(world).case
        confiding.ask_confidential(case.pk, reason="写了孩子的事。", actor=world.clerk, now=NOW)
        Approval.objects.update(asked_by=world.leader.id)
        with pytest.raises(IllegalMove):
            confiding.decide_confidential(case.pk, granted=True, actor=world.leader, now=NOW)
        Approval.objects.update(asked_by=world.clerk.id)
        with pytest.raises(IllegalMove):
            confiding.decide_confidential(case.pk, granted=False, actor=world.leader, now=NOW)
        case = confiding.decide_confidential(
            case.pk, granted=False, words="没有个人的事。", actor=world.leader, now=NOW
        )
        assert not case.confidential
        with pytest.raises(IllegalMove):
            confiding.decide_confidential(case.pk, granted=True, actor=world.leader, now=NOW)
