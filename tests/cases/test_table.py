"""The table of moves, walked: every pair of state and verb, for every role."""

from copy import deepcopy
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.cases.actions import NewReport
from huying.cases.actions.building import Builder
from huying.cases.rules import (
    ALSO,
    BY,
    ENDS,
    FLOW,
    OPEN,
    ORDER_FLOW,
    By,
    Channel,
    Given,
    OrderRole,
    ReplyBy,
    State,
    Verb,
    alternatives,
)
from huying.cases.rules.words import LIVE_ORDERS, flow_for, state_label, steps_of_flow
from huying.cli.play.cast import Cast
from huying.cli.play.hands import BulkHand
from huying.cli.play.story import Step, Story, draw_plan
from huying.kernel.actor import ActorKind, resident
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, NotAllowed
from huying.matters.rules import FlowKind
from huying.people.rules import Duty
from tests.world import GRID, KAPOK, NOW, OTHER_GRID, STREET, build_world, middle

CONTACT = uuid7()
ORDER_ONLY = {Verb.COMPLETE, Verb.CANCEL, Verb.RESTORE}


def test_every_state_can_still_reach_an_end():
    steps = {(source, move.lands(source)) for move in FLOW for source in move.sources}
    reaching = set(ENDS)
    while more := {source for source, target in steps if target in reaching} - reaching:
        reaching |= more
    assert reaching >= set(State)


def test_every_state_can_be_reached_from_the_first_call():
    steps = {(source, move.lands(source)) for move in FLOW for source in move.sources}
    reached = {State.RECEIVED}
    while more := {target for source, target in steps if source in reached} - reached:
        reached |= more
    assert reached == set(State)


def test_every_verb_has_one_duty_and_says_over_what_it_is_held():
    assert set(FLOW.by_verb) == set(Verb) - ORDER_ONLY == set(BY)
    for rows in FLOW.by_verb.values():
        assert len({row.duty for row in rows}) == 1


def test_a_verb_without_duty_is_the_reporters():
    for verb in FLOW.by_verb:
        for by, duty in alternatives(verb):
            assert (duty is None) == (by in (By.REPORTER, By.TAKER, By.ANYBODY)), verb


def test_two_person_decisions_are_guarded_against_the_asker():
    for kind in ("decline", "return", "void", "extend", "lead_extend", "hold"):
        for verb in (Verb(kind), Verb(f"refuse_{kind}")):
            for row in FLOW.by_verb[verb]:
                assert f"not_who_asked_to_{kind}" in {one.__name__ for one in row.guards}, verb


def test_the_handler_neither_reviews_nor_checks_nor_calls_back():
    for verb in (Verb.REVIEW, Verb.REWORK, Verb.PASS_CHECK, Verb.FAIL_CHECK, Verb.CALL_BACK, Verb.SIGN):
        for row in FLOW.by_verb[verb]:
            assert "not_the_handler" in {one.__name__ for one in row.guards}, verb


def test_every_guard_says_what_to_do_next():
    for move in FLOW:
        for one in move.guards:
            assert str(one.says).endswith("。"), one.__name__


def test_orders_end_in_three_ways_and_never_leave_an_end_but_by_restoring():
    ends = {move.target for move in ORDER_FLOW} - LIVE_ORDERS
    for move in ORDER_FLOW:
        if move.verb != Verb.RESTORE:
            assert not ends & {one for one in move.sources if one is not None}


@pytest.mark.parametrize("flow", list(FlowKind))
def test_each_flow_names_every_state_and_starts_and_ends_its_row_of_steps(flow):
    assert all(str(state_label(state, flow)) for state in State)
    for checked in (False, True):
        row = steps_of_flow(flow, checked=checked, called_back=flow != FlowKind.SELF)
        assert (row[0], row[-1]) == (State.RECEIVED, State.CLOSED)
        assert len(set(row)) == len(row)


@given(channel=st.sampled_from(list(Channel)), kind=st.sampled_from([None, *FlowKind]), own=st.booleans())
def test_a_call_always_takes_exactly_one_flow(channel, kind, own):
    flow = flow_for(channel, kind, self_handled=own)
    assert flow in FlowKind
    assert own == (flow == FlowKind.SELF)


def copied(docket):
    """A copy that shares what the docket only reads."""
    return deepcopy(docket, {id(docket.knowledge): docket.knowledge})


def states_of(world, wanted=frozenset(State), tries=400):
    """A docket in each state, as stories really leave them."""
    rng = Random(11)
    cast = Cast.of(STREET, now=NOW, rng=rng)
    hand = BulkHand(Builder(seed=5))
    found = {}
    lng, lat = middle(GRID)
    for number in range(tries):
        plan = draw_plan(rng, type_codes=["0101", "0103", "0201"], grids=[GRID, OTHER_GRID])
        plan.one_form = number % 2 == 0
        new = NewReport(
            words=f"第 {number} 件，路灯不亮。",
            area_code=STREET,
            lng=lng,
            lat=lat,
            contact_id=CONTACT,
            reply_by=ReplyBy.PHONE,
        )
        docket = hand.receive(new, actor=resident(), now=NOW)
        story, now = Story(cast, plan), NOW
        while True:
            if State(docket.case.state) not in found:
                found[State(docket.case.state)] = copied(docket)
            step = story.next(docket, now)
            if step is None:
                break
            now = max(step.at, now)
            docket = hand.walk(docket, Step(step.act, step.actor, now, step.given))
        if wanted - {State.MERGED} <= set(found):
            break
    one, other = (
        hand.receive(NewReport(words="同一盏路灯不亮。", area_code=STREET, lng=lng, lat=lat), actor=resident(), now=NOW)
        for _ in range(2)
    )
    hand.builder.merge(one, other, actor=world.clerk, now=NOW)
    found[State.MERGED] = one
    return found


def holds(docket, verb, actor):
    """Written down a second time, from grants alone: may this actor walk this verb here?"""
    for by, duty in alternatives(verb):
        if by == By.REPORTER:
            ok = actor.report_id is not None and actor.report_id in {one.pk for one in docket.reports}
        elif by == By.ANYBODY:
            ok = actor.kind != ActorKind.PERSON
        elif actor.kind != ActorKind.PERSON:
            ok = False
        elif by == By.TAKER:
            ok = any(one.taken_by_id == actor.id for one in docket.reports)
        elif by in (By.DESK, By.PLACE):
            code = docket.case.desk_code if by == By.DESK else docket.case.area_code
            ok = any(
                g.unit_id is None and duty in g.duties and code[: len(g.area_code)] == g.area_code for g in actor.grants
            )
        else:
            mine = [one for one in docket.orders if by == By.UNIT or one.role == OrderRole.LEAD]
            live = {one.unit_id for one in mine if one.state in LIVE_ORDERS}
            ok = any(
                unit in actor.units and duty in g.duties and g.unit_id in (None, unit)
                for unit in live
                for g in actor.grants
            )
        if ok:
            return True
    return False


@pytest.mark.django_db
def test_every_pair_of_state_and_verb_is_walked_for_every_role():
    world = build_world()
    dockets = states_of(world)
    assert set(dockets) == set(State)
    later = NOW + timedelta(days=3)
    actors = {**world.people, "resident": resident()}
    sanitation = world.units["sanitation"].pk
    form = Given(
        words="好", clause="第一条", reason="有", outcome="explained", photos=2, photos_before=1, photos_after=1,
        lead_id=sanitation, duty_unit_ids=frozenset({sanitation}), target_open=True, target_like=True,
        receiver="区里", confirmed=True, result="reached",
    )  # fmt: skip
    walked = refused = 0
    for state, docket in dockets.items():
        told = resident(docket.reports[0].pk) if docket.reports else resident()
        before = (docket.case.state, docket.case.version, len(docket.history))
        for name, actor in {**actors, "reporter": told}.items():
            facts = docket.facts(actor=actor, now=later, given=form)
            for verb in FLOW.by_verb:
                fits = any(state in row.sources and all(one(facts) for one in row.guards) for row in FLOW.by_verb[verb])
                legal = holds(docket, verb, actor) and fits
                copy = copied(docket) if legal else docket
                try:
                    copy.move(verb, actor=actor, now=later, given=form)
                except NotAllowed:
                    assert not holds(docket, verb, actor), (state, name, verb)
                    refused += 1
                except IllegalMove:
                    assert holds(docket, verb, actor), (state, name, verb)
                    assert not fits, (state, name, verb)
                    refused += 1
                else:
                    assert legal, (state, name, verb)
                    walked += 1
                assert (docket.case.state, docket.case.version, len(docket.history)) == before, (state, name, verb)
    assert walked > 300
    assert refused > 5000


@pytest.mark.django_db
def test_in_hand_has_exactly_one_lead_and_ended_cases_nothing_live():
    world = build_world()
    for state, docket in states_of(world).items():
        leads = [one for one in docket.live_orders if one.role == OrderRole.LEAD]
        if state == State.IN_HAND:
            assert len(leads) == 1
        if state in ENDS:
            assert not docket.live_orders
            assert not docket.running()
            assert docket.case.due_at is None
        if state in OPEN:
            assert docket.case.due_at is not None
            assert docket.case.ended_at is None


@pytest.mark.django_db
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_story_keeps_the_invariants(seed, django_db_blocker):
    with django_db_blocker.unblock():
        _stories(seed)


def _stories(seed):
    from huying.people.models import Account

    if not Account.objects.exists():
        build_world()
    rng = Random(seed)
    cast = Cast.of(STREET, now=NOW, rng=rng)
    hand = BulkHand(Builder(seed=seed))
    lng, lat = middle(GRID)
    for number in range(4):
        plan = draw_plan(rng, type_codes=["0101", "0103", "0201"], grids=[GRID, KAPOK + "001"])
        docket = hand.receive(
            NewReport(
                words=f"{number} 路灯不亮。",
                area_code=STREET,
                lng=lng,
                lat=lat,
                contact_id=CONTACT,
                reply_by=ReplyBy.PHONE,
            ),
            actor=resident(),
            now=NOW,
        )
        story, now = Story(cast, plan), NOW
        while (step := story.next(docket, now)) is not None:
            now = max(step.at, now)
            hand.walk(docket, Step(step.act, step.actor, now, step.given))
            leads = [one for one in docket.live_orders if one.role == OrderRole.LEAD]
            assert len(leads) == (1 if docket.case.state in (State.IN_HAND, State.REVIEWING) else len(leads))
            assert len(leads) <= 1
            steps = [one.step for one in docket.running(object_id=docket.case.pk)]
            assert len(steps) == len(set(steps))
            assert bool(steps) == (docket.case.state in OPEN)
            lines = [line for line in docket.history if line.kind == "case"]
            for earlier, line in zip(lines, lines[1:], strict=False):
                assert line.from_state == earlier.to_state or line.verb == "recuse"
            assert lines[-1].to_state == docket.case.state
    assert set(ALSO) <= set(BY)
    assert Duty.INTAKE
