"""Whose it is after two returns: the joint decision, the unit that is named, the first receiver, the precedent."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import first_receivers, settling, units
from huying.cases.models import Case, JointDecision, Precedent
from huying.cases.queries import replay, settled
from huying.cases.rules import State
from huying.kernel.actor import system
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.people.models import Recusal
from tests.world import BANYAN, GRID, KAPOK, NOW, OTHER_GRID, build_world, middle

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BOSS = system("cases.settling")


@pytest.fixture
def world():
    return build_world()


def returned(world, case, lead, who, now):
    a.ask_return(case.pk, clause="第二条", reason="不归我们管。", actor=world.people[who], now=now)
    order = case.orders.get(unit=world.units[lead], state="offered")
    return a.decide_return(case.pk, order_id=order.pk, granted=True, actor=world.dispatcher, now=now + MINUTE)


def disputed(world, *, type_code="0103", grid=GRID, now=NOW):
    """Given back by two units."""
    lng, lat = middle(grid)
    case = a.register_file_dispatch(
        world.call(lng=lng, lat=lat, now=now).case.pk, lead_id=world.units["sanitation"].pk, type_code=type_code,
        actor=world.dispatcher, now=now + 5 * MINUTE,
    )  # fmt: skip
    case = returned(world, case, "sanitation", "handler", now + 10 * MINUTE)
    a.dispatch_case(case.pk, lead_id=world.units["enforcement"].pk, actor=world.dispatcher, now=now + 15 * MINUTE)
    case = returned(world, case, "enforcement", "enforcer", now + 20 * MINUTE)
    assert case.state == State.FILED
    return case


def met(world, case, who="dispatcher", now=NOW + 30 * MINUTE, **given):
    units = [world.units[one].pk for one in ("sanitation", "enforcement")]
    wanted = {"unit_ids": units, "minutes": "两家都到了现场。", "decided_id": world.units["water"].pk, **given}
    return settling.record_council(case.pk, **wanted, actor=world.people[who], now=now)


def named(world, case, unit="water", now=NOW + 40 * MINUTE, **given):
    wanted = {"reason": "管道归水务局。", "precedent": "路面井盖下的管道漏水。", **given}
    return a.name_unit(case.pk, lead_id=world.units[unit].pk, **wanted, actor=world.leader, now=now)


class TestCouncil:
    def test_who_came_and_what_was_said_is_kept_and_the_leader_names(self, world):
        case = disputed(world)
        met(world, case)
        (one,) = settled.decisions_of(case)
        assert (one.unit, one.minutes) == (world.units["water"], "两家都到了现场。")
        case = named(world, case)
        assert (case.state, case.orders.get(state="offered").unit) == (State.IN_HAND, world.units["water"])
        with pytest.raises(IllegalMove) as why:
            a.ask_return(
                case.pk, clause="第二条", reason="不归我们。", actor=world.water_handler, now=NOW + 50 * MINUTE
            )
        assert why.value.facts["guard"] == "order_not_named"
        assert replay.mismatches([case.pk]) == []
        line = History.objects.get(kind="case", object_id=case.pk, verb="council")
        assert "现场" not in str(line.facts)

    def test_it_takes_two_returns_and_the_desk(self, world):
        fresh = a.register_file_dispatch(
            world.call().case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher,
            now=NOW,
        )  # fmt: skip
        with pytest.raises(IllegalMove):
            met(world, fresh)
        case = disputed(world)
        for who, error in (("clerk", NotAllowed), ("leader", NotAllowed), ("next_dispatcher", NotFound)):
            with pytest.raises(error):
                met(world, case, who)
        named(world, case)
        with pytest.raises(IllegalMove):
            met(world, case)

    @pytest.mark.parametrize("given", ["one", "nobody", "silent", "recused"])
    def test_what_is_missing_is_said(self, world, given):
        case = disputed(world)
        if given == "recused":
            a.recuse_unit(case.pk, unit_id=world.units["water"].pk, actor=world.head, now=NOW + 25 * MINUTE)
        wanted = {
            "one": {"unit_ids": [world.units["water"].pk]}, "nobody": {"unit_ids": []}, "silent": {"minutes": " "},
            "recused": {},
        }[given]  # fmt: skip
        with pytest.raises(Invalid):
            # What is recused is seen by few: the head of the centre is one of them.
            met(world, case, "head" if given == "recused" else "dispatcher", **wanted)
        assert not JointDecision.objects.exists()

    def test_they_may_part_without_a_decision(self, world):
        case = disputed(world)
        met(world, case, decided_id=None)
        assert settled.decisions_of(case)[0].unit is None


class TestFirstReceiver:
    def test_undecided_in_time_the_first_receiver_leads_and_keeps_it(self, world):
        case = disputed(world)
        due = settled.settled_by(case)
        assert first_receivers.let_first_receivers_lead(actor=BOSS, now=due - MINUTE) == 0
        assert first_receivers.let_first_receivers_lead(actor=BOSS, now=due) == 1
        assert first_receivers.let_first_receivers_lead(actor=BOSS, now=due) == 0
        case.refresh_from_db()
        order = case.orders.get(state="offered")
        assert (case.state, order.unit, order.named) == (State.IN_HAND, world.units["sanitation"], True)
        assert Precedent.objects.get().by == "first"
        assert replay.mismatches([case.pk]) == []

    def test_a_nudge_meanwhile_gives_no_more_time(self, world):
        case = disputed(world)
        due = settled.settled_by(case)
        case = a.nudge_case(case.pk, actor=world.dispatcher, now=due - MINUTE)
        assert settled.settled_by(case) == due
        assert first_receivers.let_first_receivers_lead(actor=BOSS, now=due) == 1

    def test_one_that_is_refused_keeps_no_other_waiting(self, world, monkeypatch):
        stuck, free = disputed(world), disputed(world, now=NOW + HOUR)

        def name(docket, **given):
            if docket.case.pk == stuck.pk:
                raise Invalid({"lead": ["没有这个单位。"]})
            units.name(docket, **given)

        monkeypatch.setattr(first_receivers, "name", name)
        assert first_receivers.let_first_receivers_lead(actor=BOSS, now=settled.settled_by(free)) == 1
        assert Case.objects.get(pk=free.pk).state == State.IN_HAND

    def test_a_unit_that_must_keep_away_is_passed_over(self, world):
        case = disputed(world)
        a.recuse_unit(case.pk, unit_id=world.units["sanitation"].pk, actor=world.head, now=NOW + 25 * MINUTE)
        case.refresh_from_db()
        assert first_receivers.let_first_receivers_lead(actor=BOSS, now=settled.settled_by(case)) == 1
        assert case.orders.get(state="offered").unit == world.units["enforcement"]
        assert Recusal.objects.exists()

    def test_one_return_is_no_dispute(self, world):
        case = a.register_file_dispatch(
            world.call().case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher,
            now=NOW,
        )  # fmt: skip
        returned(world, case, "sanitation", "handler", NOW + MINUTE)
        assert first_receivers.let_first_receivers_lead(actor=BOSS, now=NOW + timedelta(days=30)) == 0


class TestPrecedents:
    def test_the_next_like_dispatch_shows_it(self, world):
        assert not settled.precedents_for(world.dispatcher, "0103", GRID)
        named(world, disputed(world))
        (one,) = settled.precedents_for(world.dispatcher, "0103", OTHER_GRID)
        assert (one.facts, one.unit, one.why) == ("路面井盖下的管道漏水。", world.units["water"], "管道归水务局。")
        assert one.returned == [world.units["sanitation"].pk, world.units["enforcement"].pk]
        assert not settled.precedents_for(world.dispatcher, "0101", GRID)
        assert not settled.precedents_for(world.next_dispatcher, "0103", GRID)
        assert not settled.precedents_for(world.handler, "0103", GRID)

    def test_of_a_case_that_became_confidential_there_is_none_any_more(self, world):
        case = disputed(world)
        named(world, case)
        Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        assert not settled.precedents_for(world.dispatcher, "0103", OTHER_GRID)

    def test_the_own_community_comes_first(self, world):
        named(world, disputed(world, grid=KAPOK + "001"), precedent="木棉的事。")
        named(world, disputed(world), precedent="榕树的事。", now=NOW + 39 * MINUTE)
        told = lambda area: [one.facts for one in settled.precedents_for(world.dispatcher, "0103", area)]  # noqa: E731
        assert told(GRID) == ["榕树的事。", "木棉的事。"]
        assert told(KAPOK + "001") == ["木棉的事。", "榕树的事。"]
        assert [one.facts for one in settled.precedents_for(world.secretary, "0103", BANYAN)] == ["榕树的事。"]

    def test_where_none_is_known_nothing_is_asked(self, world, django_assert_num_queries):
        settled.precedents_for(world.dispatcher, "0103", GRID)
        with django_assert_num_queries(0):
            settled.precedents_for(world.dispatcher, "0103", GRID)
        cache.clear()
        with django_assert_num_queries(1):
            settled.precedents_for(world.dispatcher, "0103", GRID)

    def test_of_what_few_may_see_there_is_none(self, world):
        case = disputed(world)
        Case.objects.filter(pk=case.pk).update(drill=True)
        named(world, case)
        assert not Precedent.objects.exists()

    def test_without_words_it_says_the_matter(self, world):
        named(world, disputed(world), precedent="")
        assert Precedent.objects.get().facts == "垃圾桶满溢或破损"
