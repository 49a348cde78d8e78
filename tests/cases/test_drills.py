"""Drills: marked wherever they show, ended with the drill, and all figures stay as they were."""

from contextlib import suppress
from datetime import date, timedelta
from random import Random

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.cases import actions as a
from huying.cases.actions import NewReport, emergencies, tallying
from huying.cases.models import Case, EmergencyCase, Report, WorkOrder
from huying.cases.queries import checks, contracts, lists, tallies, whistles
from huying.cases.queries import emergencies as queries
from huying.cases.queries import public as reads
from huying.cases.queries.lists import Wanted
from huying.cases.rules import Channel, State
from huying.cases.rules.emergencies import DRILL_MARK, marked
from huying.clocks.models import Clock
from huying.insight import actions as insight
from huying.insight import queries as figures
from huying.insight.rules import Month
from huying.kernel.actor import resident
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, Refusal
from huying.matters.models import LimitSwitch
from huying.notices.models import Notice
from huying.opendata.tables import Scope
from tests.notices.conftest import spread
from tests.world import BANYAN, GRID, KAPOK, NOW, STREET, build_world, middle

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
END = NOW + timedelta(days=2)


@pytest.fixture
def world():
    return build_world()


def drill(world, area_code=STREET, now=NOW):
    return emergencies.declare_emergency(
        season="sudden", alert="red", area_code=area_code, reason="消防演练", drill=True, actor=world.leader, now=now
    )


def end(world, row, now=END):
    return emergencies.end_emergency(emergency_id=row.pk, actor=world.leader, now=now)


def hazard(world, row, now=NOW):
    return emergencies.report_hazard(
        uuid7(),
        emergency_id=row.pk,
        hazard="fire",
        words="三楼冒烟。",
        grid_code=GRID,
        actor=world.grid_worker,
        now=now,
    ).case


def call(world, key=None, actor=None, grid=GRID, now=NOW, **given):
    lng, lat = middle(grid)
    new = NewReport(words="楼道里有烟。", area_code=STREET, channel=Channel.HOTLINE, lng=lng, lat=lat, **given)
    return emergencies.take_drill_call(key or uuid7(), new, actor=actor or world.clerk, now=now)


class TestMarks:
    @given(st.text(max_size=80), st.booleans())
    def test_a_title_is_marked_once_and_fits(self, title, is_drill):
        once = marked(title, drill=is_drill)
        assert marked(once, drill=is_drill) == once
        assert once.startswith(DRILL_MARK) or not is_drill
        assert is_drill or once == title
        assert not is_drill or len(once) <= max(60, len(title))

    def test_hazards_and_calls_are_marked_and_stay_so(self, world):
        row = drill(world)
        taken = call(world).case
        for case in (hazard(world, row), taken):
            assert (case.drill, case.title.startswith(DRILL_MARK)) == (True, True)
        a.correct_case(taken.pk, title="三楼冒烟", actor=world.clerk, now=NOW + MINUTE)
        assert Case.objects.get(pk=taken.pk).title == "【演练】三楼冒烟"


class TestCalls:
    def test_the_same_key_answers_the_same_and_another_body_is_refused(self, world):
        drill(world)
        key = uuid7()
        assert call(world, key).case == call(world, key).case
        assert EmergencyCase.objects.count() == 1
        with pytest.raises(KeyReused):
            call(world, key, grid=KAPOK + "001")

    def test_only_where_a_drill_goes_on_and_by_staff(self, world):
        with pytest.raises(Invalid):
            call(world)
        drill(world, area_code=BANYAN)
        with pytest.raises(Invalid):
            call(world, grid=KAPOK + "001")
        with pytest.raises(NotAllowed):
            call(world, actor=resident())
        with pytest.raises(NotAllowed):
            call(world, actor=world.next_dispatcher)
        assert not Case.objects.exists()

    def test_real_calls_meanwhile_are_no_drill(self, world):
        drill(world)
        case = world.call().case
        assert (case.drill, case.title.startswith(DRILL_MARK)) == (False, False)

    def test_a_real_call_and_one_of_a_drill_are_never_put_together(self, world):
        row = drill(world)
        made, real = hazard(world, row), world.call(type_code="0801").case
        for one, other in ((made, real), (real, made)):
            with pytest.raises(IllegalMove):
                a.merge_case(one.pk, into_id=other.pk, confirmed=True, actor=world.head, now=NOW + MINUTE)


class TestEnd:
    def test_its_cases_end_with_it_and_others_go_on(self, world):
        real = world.call().case
        row = drill(world)
        made = [hazard(world, row), call(world).case, call(world).case]
        a.register_file_dispatch(
            made[0].pk, lead_id=world.units["sanitation"].pk, type_code="0801", actor=world.head, now=NOW + MINUTE
        )
        a.ask_void(made[1].pk, reason="登记错了。", actor=world.head, now=NOW + MINUTE)
        end(world, row)
        states = {one.pk: one.state for one in Case.objects.defer("search")}
        assert [states.pop(one.pk) for one in made] == [State.VOIDED] * 3
        assert states == {real.pk: State.RECEIVED}
        assert WorkOrder.objects.get().state == "cancelled"
        assert not LimitSwitch.objects.filter(ended_at=None).exists()

    def test_what_was_split_off_is_marked_keeps_its_limits_and_ends_with_it(self, world):
        row = drill(world)
        made = call(world, type_code="0801").case
        a.split_case(
            made.pk, parts=[{"words": "电梯里还困着人。", "type_code": "0812"}], actor=world.clerk, now=NOW + MINUTE
        )
        part = Case.objects.get(part_of=made)
        assert (part.drill, part.title.startswith(DRILL_MARK)) == (True, True)
        sources = Clock.objects.filter(object_id__in=[made.pk, part.pk], step="intake", stopped_at=None)
        assert len(set(sources.values_list("limit", "source"))) == 1
        end(world, row)
        assert set(Case.objects.values_list("state", flat=True)) == {State.VOIDED}

    def test_the_report_tells_times_and_is_for_who_sees_the_cases(self, world):
        row = drill(world)
        case = hazard(world, row)
        a.register_file_dispatch(
            case.pk, lead_id=world.units["sanitation"].pk, type_code="0801", actor=world.head, now=NOW + MINUTE
        )
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 2 * MINUTE)
        end(world, row)
        (line,) = queries.times_of(row, world.head)
        (order,) = line.orders
        assert (order.offered_at, order.accepted_at, order.done_at) == (NOW + MINUTE, NOW + 2 * MINUTE, None)
        assert (line.contacted_at, line.arrived_at, line.answered_at) == (None, None, None)
        assert queries.times_of(row, world.next_dispatcher) == []


def all_figures(world, now):
    """Whatever is counted or shown to others, except how many were left out as drills."""
    tallying.fold_tallies(now=now)
    insight.catch_up()
    found = []
    for viewer, code in ((world.head, STREET), (world.leader, STREET), (world.head, BANYAN)):
        board = tallies.board(viewer, code, now=now)
        found += [board.whole, board.inside, board.restricted]
        whole = figures.assess(viewer, code, Month(202610))
        found += [whole.whole, whole.restricted]
        found.append(len(lists.cases_found(
            viewer, Wanted(flag="unrestricted", area_code=code), now=now, page=Page(limit=200)
        )))  # fmt: skip
    found += [checks.findings(world.leader, now=now), checks.findings(world.head, now=now)]
    found.append(contracts.about_work(
        world.head, areas=[STREET], matters=["08", "01", "06"], since=NOW.date(), until=None
    ).count)  # fmt: skip
    found.append(len(Scope(STREET).cases))
    none = Report.objects.none().values("case_id")
    found.append(reads.figures(STREET, since=NOW - timedelta(days=30), until=now + timedelta(days=1)))
    found.append(reads.likely(
        area_code=STREET, type_codes=["0801", "0103"], lng=middle(GRID)[0], lat=middle(GRID)[1], grid_code="", now=now
    ))  # fmt: skip
    for shown in (reads.closed_nearby, reads.held):
        found.append(shown(STREET, unlisted=none, now=now + timedelta(days=2), page=Page(limit=50)))
    found.append(figures.ahead(world.head, STREET, now=now))
    found.append(whistles.figures(world.head, STREET, date(2026, 10, 1), now=now))
    return found


class TestFigures:
    @pytest.mark.slow
    @settings(max_examples=12, deadline=None)
    @given(seed=st.integers(0, 10**6))
    def test_whatever_is_played_in_a_drill_all_figures_stay_as_they_were(self, seed, django_db_blocker):
        with django_db_blocker.unblock(), transaction.atomic():
            self.play(Random(seed))
            transaction.set_rollback(True)

    def play(self, rng):
        world = build_world()
        for _real in range(3):
            case = world.call().case
        a.register_file_dispatch(
            case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
        )
        before = all_figures(world, END + MINUTE)
        told = Notice.objects.filter(contact__isnull=False).count()
        row = drill(world)
        now = NOW
        for _act in range(rng.randrange(4, 16)):
            now += MINUTE * rng.choice((1, 30, 90))
            with suppress(Refusal):
                self.act(world, row, rng, now)
        if rng.random() < 0.8:
            end(world, row, max(now, END))
        spread(60)
        assert all_figures(world, END + MINUTE) == before
        assert Notice.objects.filter(contact__isnull=False).count() == told
        for one in Notice.objects.filter(object_id__in=Case.objects.filter(drill=True).values("pk")).exclude(title=""):
            assert one.title.startswith(DRILL_MARK)
        assert not Case.objects.filter(drill=True).exclude(title__startswith=DRILL_MARK).exists()

    def act(self, world, row, rng, now):
        some = list(Case.objects.filter(drill=True).order_by("pk").values_list("pk", flat=True))
        if not some or rng.random() < 0.3:
            if rng.random() < 0.5:
                hazard(world, row, now)
            else:
                call(world, now=now, about_staff=rng.random() < 0.3)
            return
        case_id, unit = rng.choice(some), world.units["sanitation"].pk
        how = {"actor": rng.choice((world.head, world.handler, world.unit_head, world.leader)), "now": now}
        acts = (
            lambda: a.register_file_dispatch(case_id, lead_id=unit, type_code="0801", **how),
            lambda: a.register_file_dispatch(case_id, lead_id=unit, type_code="0103", **how),
            lambda: a.sign_in_order(case_id, **how),
            lambda: a.submit_result(case_id, outcome="explained", answer="已处置。", **how),
            lambda: a.sign_result(case_id, **how),
            lambda: a.review_result(case_id, **how),
            lambda: a.answer_case(case_id, words="您好。", **how),
            lambda: a.ask_return(case_id, clause="不属于。", **how),
            lambda: a.nudge_case(case_id, **how),
            lambda: a.supervise_case(case_id, words="快办。", limit="1h", **how),
            lambda: a.merge_case(case_id, into_id=rng.choice(some), confirmed=True, **how),
        )
        with suppress(TypeError):
            rng.choice(acts)()
