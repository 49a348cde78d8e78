"""Facts and cells: what a case counts for, and sums that are those of a full recount after any acts."""

from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import excluding
from huying.cases.actions import whistling as w
from huying.cases.codes import arrival_code
from huying.cases.models import Case, Whistle
from huying.cases.rules import Channel, OrderState, State
from huying.clocks.models import Clock
from huying.insight import actions, queries
from huying.insight.actions.counting import mend_cells
from huying.insight.models import Cell, Counts, Fact, FrozenFact
from huying.insight.rules import BY_CODE, COUNTS, Excluded, Month, month_of
from huying.kernel.actor import resident, system
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from tests.insight.steps import called, closed, handled
from tests.world import GRID, KAPOK, NOW, STREET, build_world, middle

pytestmark = pytest.mark.django_db
OCTOBER = Month(202610)


def snapshot(model):
    names = [one.name for one in model._meta.concrete_fields if one.name != "id"]
    return sorted(map(repr, model.objects.values_list(*names)))


def outside(case):
    """Whether nobody in the case waits for an answer but who came by a petition."""
    reports = list(case.reports.all())
    petition = any(one.source == "petition" for one in reports)
    return petition and all(one.source == "petition" or one.withdrawn_at for one in reports)


def sums(world, code=STREET, month=OCTOBER):
    return dict(queries.assess(world.head, code, month).whole.sums)


def test_every_count_has_a_column_and_every_measure_names_counts():
    assert tuple(one.name for one in Counts._meta.get_fields()) == COUNTS
    for measure in BY_CODE.values():
        assert {measure.of, *measure.columns} <= set(COUNTS), measure.code


class TestAnyActs:
    @settings(max_examples=8, deadline=None)
    @given(seed=st.integers(0, 10**6))
    def test_cells_and_facts_are_those_of_a_recount(self, seed, django_db_blocker):
        with django_db_blocker.unblock(), transaction.atomic():
            self.play(Random(seed))
            transaction.set_rollback(True)

    def play(self, rng):
        world, now = build_world(), NOW
        for _ in range(rng.randrange(15, 40)):
            now += timedelta(minutes=rng.choice((1, 20, 200, 2000, 9000)))
            self.act(world, rng, now)
            if rng.random() < 0.4:
                # News comes late, twice, and in any order.
                some = list(Case.objects.values_list("pk", flat=True))
                actions.refresh(rng.sample(some, k=min(len(some), rng.randrange(1, 4))))
                assert mend_cells() == 0
        actions.catch_up()
        kept = snapshot(Fact), snapshot(Cell)
        assert mend_cells() == 0
        assert actions.catch_up() == 0
        actions.recount()
        assert (snapshot(Fact), snapshot(Cell)) == kept
        self.compare()

    def compare(self):
        """A count of each kind by another way: from the rows themselves, in Python."""
        for case in Case.objects.defer("search"):
            fact = Fact.objects.filter(subject_id=case.pk).first()
            if case.ended_at is None or case.restricted:
                assert not Fact.objects.filter(case_id=case.pk).exists()
                continue
            assert fact.month == month_of(case.ended_at).number
            counted = case.state in (State.CLOSED, State.ANSWERED, State.DECLINED) and not outside(case)
            assert (fact.cases, fact.closed) == (int(counted), int(counted and case.state == State.CLOSED))
            orders = [one for one in case.orders.all() if one.state != OrderState.CANCELLED] if counted else []
            found = Fact.objects.filter(case_id=case.pk).exclude(subject_id=case.pk)
            assert {(one.subject_id, one.unit_id, one.returned) for one in found if one.orders} == {
                (one.pk, one.unit_id, int(one.state == OrderState.RETURNED)) for one in orders
            }
            self.compare_stages(case, fact, counted)
            self.compare_whistles(case, [one for one in found if not one.orders], counted)
            decided = Excluded.DECIDED if counted and case.excluded else ""
            assert {one.excluded for one in found} <= {decided}
            assert not counted or fact.excluded == decided
            before = Case.objects.filter(
                area_code=case.area_code, type_code=case.type_code, state=State.CLOSED, restricted=False,
                ended_at__lte=case.received_at, ended_at__gt=case.received_at - timedelta(days=30),
            )  # fmt: skip
            again = any(not outside(one) for one in before)
            assert fact.repeated == int(counted and bool(fact.placed) and again)

    def compare_stages(self, case, fact, counted):
        """By another way: every stage that stood when it was done, or when the handling ended."""
        lines = History.objects.filter(object_id=case.pk, kind="case")
        changed = {one.at for one in lines if "type_new" in one.facts}
        clocks = Clock.objects.filter(object_id=case.pk, step__startswith="stage_", stopped_at__isnull=False)
        wanted = dict.fromkeys((name for name in COUNTS if name.startswith("stage_")), 0)
        for clock in clocks if counted else ():
            if clock.stopped_at not in changed:
                wanted[f"{clock.step}_of"] += 1
                wanted[f"{clock.step}_met"] += clock.stopped_at <= (clock.first_due_at or clock.due_at)
        assert {name: getattr(fact, name) for name in wanted} == wanted

    def compare_whistles(self, case, found, counted):
        wanted = set()
        for whistle in case.whistles.filter(blown_at__isnull=False) if counted else ():
            wanted.add((whistle.pk, whistle.caller_unit_id, 1, int(whistle.state in ("ended", "rated")), 0, 0, 0, 0))
            for part in whistle.parts.exclude(state__in=("named", "released", "cancelled")):
                told = []
                for step, at in (
                    ("whistle_answer", part.answered_at or part.arrived_at),
                    ("whistle_arrive", part.arrived_at),
                ):
                    clock = Clock.objects.get(object_id=part.pk, step=step)
                    stands = clock.stopped_at is not None
                    told += [int(stands), int(stands and at is not None and at <= clock.due_at)]
                if any(told):
                    wanted.add((part.pk, part.unit_id, 0, 0, *told))
        assert wanted == {
            (
                one.subject_id, one.unit_id, one.whistles, one.whistles_closed, one.whistle_answer_of,
                one.whistle_answer_met, one.whistle_arrive_of, one.whistle_arrive_met,
            )
            for one in found
        }  # fmt: skip

    def whistle(self, world, rng, case_id, now):
        """A whistle of the community, or the next step of one."""
        some = list(Whistle.objects.order_by("pk"))
        if not some or rng.random() < 0.3:
            a.register_file_dispatch(
                case_id, lead_id=world.units["banyan"].pk, type_code="0103", actor=world.dispatcher, now=now
            )
            return w.ask_whistle(
                case_id, kind=rng.choice(("livelihood", "enforcement")), reason="要一起去。", actor=world.secretary,
                unit_ids=[world.units["sanitation"].pk, world.units["enforcement"].pk], now=now,
            )  # fmt: skip
        one, actor = rng.choice(some), rng.choice((world.handler, world.enforcer))
        return rng.choice(
            (
                lambda: w.answer_whistle(one.pk, actor=actor, now=now),
                lambda: w.arrive_whistle(one.pk, code=arrival_code(one.pk), actor=actor, now=now),
                lambda: w.finish_part(one.pk, words="好了。", actor=actor, now=now),
                lambda: w.end_whistle(one.pk, done="好了。", remains="无", actor=world.secretary, now=now),
                lambda: w.cancel_whistle(one.pk, words="不用了。", actor=world.secretary, now=now),
            )
        )()

    def leave_out(self, world, rng, case_id, now):
        """The next step of leaving a case out of scores."""
        case = Case.objects.get(pk=case_id)
        if not case.exclusion and not case.excluded:
            excluding.ask_exclusion(
                case_id, kind="untrue", reason="没有看到。", evidence="两人去过。", actor=world.dispatcher, now=now
            )
        actor = world.leader if Case.objects.get(pk=case_id).exclusion == "seconding" else world.head2
        if case.excluded and rng.random() < 0.5:
            excluding.object_to_exclusion(case_id, reason="有的。", actor=resident(case.reports.first().pk), now=now)
        else:
            excluding.decide_exclusion(case_id, granted=rng.random() < 0.9, words="看过。", actor=actor, now=now)

    def act(self, world, rng, now):
        some = list(Case.objects.order_by("pk").values_list("pk", flat=True))
        if not some or rng.random() < 0.3:
            lng, lat = middle(rng.choice((GRID, GRID, KAPOK + "001")))
            how = {"channel": rng.choice((Channel.PORTAL, Channel.PORTAL, Channel.API)), "source": ""}
            if rng.random() < 0.25:
                how["source"] = "petition"
            world.call(now=now, lng=lng, lat=lat, about_staff=rng.random() < 0.1, **how)
            return
        case_id = rng.choice(some)
        actor = rng.choice((world.head, world.head2, world.dispatcher, world.handler))
        acts = (
            lambda: closed(world, case_id, now=now, code=rng.choice(("0101", "0103", "0301"))),
            lambda: handled(world, case_id, now=now, code=rng.choice(("0901", "0301"))),
            lambda: a.finish_stage(case_id, stage=rng.randrange(1, 4), actor=actor, now=now),
            lambda: a.recategorise_case(
                case_id, type_code=rng.choice(("0103", "0301")), reason="看错了。", actor=actor, now=now
            ),
            lambda: a.answer_case(case_id, words="您好。", actor=actor, now=now),
            lambda: a.register_file_dispatch(
                case_id, lead_id=world.units["sanitation"].pk, type_code="0103", actor=actor, now=now
            ),
            lambda: a.merge_case(case_id, into_id=rng.choice(some), confirmed=True, actor=actor, now=now),
            lambda: a.reopen_case(case_id, reason="又坏了。", actor=actor, now=now),
            lambda: a.transfer_case(case_id, receiver="区水务局", confirmed=True, actor=actor, now=now),
            lambda: Case.objects.filter(pk=case_id).update(restricted=True, confidential=True),
            *(lambda: self.whistle(world, rng, case_id, now) for _ in range(3)),
            *(lambda: self.leave_out(world, rng, case_id, now) for _ in range(3)),
            lambda: excluding.close_exclusions(actor=system("cases.exclusions"), now=now),
        )
        with suppress(Conflict, IllegalMove, Invalid, NotAllowed, NotFound), transaction.atomic():
            rng.choice(acts)()


def test_a_whole_world_is_counted_as_its_cases_one_by_one(world, monkeypatch):
    for days in (0, 1, 2):
        closed(world, called(world, now=NOW + timedelta(days=days)).case.pk, now=NOW + timedelta(days=days))
    actions.catch_up()
    one_by_one = snapshot(Fact), snapshot(Cell)
    Fact.objects.all().delete()
    mend_cells()
    assert not Cell.objects.exists()
    monkeypatch.setattr("huying.insight.actions.counting.MANY", 1)
    monkeypatch.setattr("huying.insight.actions.counting.BATCH", 2)
    assert actions.catch_up() == 3
    assert (snapshot(Fact), snapshot(Cell)) == one_by_one


def test_no_fact_names_anybody():
    """A statistic by caller or by worker cannot be made of what holds neither."""
    for model in (Fact, Cell, FrozenFact):
        names = {one.name for one in model._meta.concrete_fields} - set(COUNTS)
        assert names <= {
            "id", "subject_id", "case_id", "unit_id", "area_code", "type_code", "month", "received_at", "ended_at",
            "excluded", "version", "level", "slice", "key", "rows", "statement",
        }  # fmt: skip
