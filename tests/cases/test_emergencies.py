"""Emergency mode: who may declare and end it, what follows, hazards once and without persons, duty shifts."""

from datetime import timedelta
from uuid import UUID

import pytest

from huying.audit.models import History
from huying.cases.actions import emergencies as actions
from huying.cases.forms.emergencies import HazardForm
from huying.cases.listeners import reminding
from huying.cases.models import Case, DutyShift, Emergency, EmergencyCase
from huying.cases.queries import emergencies as queries
from huying.cases.rules.emergencies import TYPES, Hazard
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.matters import queries as matters
from huying.matters.actions import sets
from huying.matters.models import LimitSwitch
from huying.places.actions.grids import begin_emergency
from huying.places.queries import grids
from tests.world import BANYAN, GRID, NEXT_DOOR, NOW, STREET, build_world

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def world():
    return build_world()


def declare(world, actor=None, now=NOW, **options):
    given = {"season": "typhoon", "alert": "red", "area_code": STREET, "reason": "台风红色预警", **options}
    return actions.declare_emergency(**given, actor=actor or world.leader, now=now)


def report(world, emergency, key=None, actor=None, now=NOW, **options):
    given = {"hazard": "water", "words": "路口积水很深。", "grid_code": GRID, **options}
    return actions.report_hazard(
        key or uuid7(), emergency_id=emergency.pk, **given, actor=actor or world.grid_worker, now=now
    )


class TestDeclare:
    def test_the_limits_of_its_level_hold_and_all_there_are_told(self, world):
        made = declare(world)
        assert made.switch.limit_set.alert == "red"
        for key in ("leader", "grid_worker", "dispatcher"):
            assert [one.id for one in queries.told_to(getattr(world, key))] == [made.pk]
        assert queries.told_to(world.next_dispatcher) == []
        assert [one.id for one in queries.told_to_all()] == [made.pk]
        line = History.objects.get(object_id=made.pk)
        assert (line.verb, line.facts) == ("declare", {"season": "typhoon", "alert": "red", "drill": False})

    def test_limits_that_hold_already_are_left_to_who_switched_them(self, world):
        on = sets.switch_on(season="typhoon", alert="red", area_code=STREET, reason="台风", actor=world.leader, now=NOW)
        made = declare(world)
        assert made.switch is None
        actions.end_emergency(emergency_id=made.pk, actor=world.leader, now=LATER)
        on.refresh_from_db()
        assert on.ended_at is None

    def test_one_goes_on_in_an_area_at_a_time_and_a_drill_beside_it(self, world):
        declare(world)
        with pytest.raises(Conflict):
            declare(world, season="rainstorm")
        declare(world, drill=True)
        assert [one.drill for one in queries.told_to_all()] == [False]

    def test_others_are_refused_and_strangers_learn_nothing(self, world):
        with pytest.raises(NotAllowed):
            declare(world, actor=world.dispatcher)
        for area in (STREET, "990101009"):
            with pytest.raises(NotFound):
                declare(world, actor=world.next_dispatcher, area_code=area)

    @pytest.mark.parametrize("options", [{"season": "spring_festival", "alert": ""}, {"alert": "pink"}, {"reason": ""}])
    def test_what_makes_no_sense_is_refused(self, world, options):
        with pytest.raises(Invalid):
            declare(world, **options)
        assert not Emergency.objects.exists()


class TestGrids:
    def test_grids_turn_to_their_emergency_duties_and_back_with_it(self, world):
        made = declare(world)
        assert grids.emergency_over(GRID).reason == made.reason
        actions.end_emergency(emergency_id=made.pk, actor=world.leader, now=LATER)
        assert grids.emergency_over(GRID) is None

    def test_a_turn_that_was_there_is_left_to_who_began_it_and_a_drill_turns_nothing(self, world):
        declare(world, drill=True)
        assert grids.emergency_over(GRID) is None
        begin_emergency(area_code=STREET, reason="台风", actor=world.leader, now=NOW)
        made = declare(world)
        assert made.turn is None
        actions.end_emergency(emergency_id=made.pk, actor=world.leader, now=LATER)
        assert grids.emergency_over(GRID) is not None


class TestEnd:
    def test_the_limits_end_with_it_and_nobody_is_told_any_more(self, world):
        made = declare(world)
        actions.end_emergency(emergency_id=made.pk, actor=world.leader, now=LATER)
        assert not LimitSwitch.objects.filter(ended_at=None).exists()
        assert queries.told_to(world.leader) == []
        with pytest.raises(IllegalMove):
            actions.end_emergency(emergency_id=made.pk, actor=world.leader, now=LATER)

    def test_others_are_refused_and_strangers_learn_nothing(self, world):
        made = declare(world)
        with pytest.raises(NotAllowed):
            actions.end_emergency(emergency_id=made.pk, actor=world.dispatcher, now=LATER)
        for key in (made.pk, UUID(int=3)):
            with pytest.raises(NotFound):
                actions.end_emergency(emergency_id=key, actor=world.next_dispatcher, now=LATER)


class TestHazard:
    @pytest.mark.parametrize("hazard", list(Hazard))
    def test_each_becomes_an_urgent_matter_of_its_type(self, world, hazard):
        case = report(world, declare(world), hazard=hazard.value).case
        assert (case.grade, case.type_code, case.area_code) == ("urgent", TYPES.get(hazard, ""), GRID)
        assert matters.type_of(case.type_code) is not None or hazard == Hazard.OTHER
        assert EmergencyCase.objects.get(case=case).hazard == hazard

    def test_the_same_key_answers_the_same_and_another_body_is_refused(self, world):
        made, key = declare(world), uuid7()
        assert report(world, made, key).case == report(world, made, key).case
        assert Case.objects.count() == EmergencyCase.objects.count() == 1
        with pytest.raises(KeyReused):
            report(world, made, key, words="别处积水。")

    def test_in_a_drill_it_is_marked_and_counts_for_nobody(self, world):
        case = report(world, declare(world, drill=True)).case
        assert case.drill
        late = Case.objects.get(pk=case.pk).due_at + timedelta(days=1)
        assert reminding.sum_up(now=late) == 0

    def test_there_is_no_field_for_persons(self):
        assert set(HazardForm(places=[]).fields) == {"key", "hazard", "words", "grid_code", "place_words"}

    def test_it_is_for_who_reports_there_while_it_goes_on(self, world):
        made = declare(world)
        with pytest.raises(NotFound):
            report(world, made, actor=world.next_dispatcher)
        with pytest.raises(Invalid):
            report(world, made, hazard="neighbour")
        with pytest.raises(Invalid):
            report(world, made, grid_code=NEXT_DOOR + "001001")
        actions.end_emergency(emergency_id=made.pk, actor=world.leader, now=LATER)
        with pytest.raises(IllegalMove):
            report(world, made, now=LATER)
        assert not Case.objects.exists()

    def test_the_record_tells_more_than_the_page_lists(self, world, monkeypatch):
        made = declare(world)
        monkeypatch.setattr(queries.reported, "__kwdefaults__", {"most": 1})
        for number in range(2):
            report(world, made, now=NOW + timedelta(minutes=number))
        assert len(queries.reported(made, world.dispatcher)) == 1
        assert len(queries.times_of(made, world.dispatcher)) == 2

    def test_what_was_reported_is_shown_to_who_may_see_the_case(self, world):
        made = declare(world)
        case = report(world, made).case
        assert queries.reported(made, world.dispatcher) == [case]
        assert queries.reported(made, world.kapok_worker) == []


class TestShifts:
    def keep(self, world, actor=None, **options):
        given = {
            "area_code": STREET, "unit_id": world.units["centre"].pk, "post": "centre_head", "begins_at": NOW,
            "ends_at": NOW + timedelta(hours=8), **options,
        }  # fmt: skip
        return actions.keep_shift(**given, actor=actor or world.leader, now=NOW)

    def test_who_holds_the_post_is_on_duty_now(self, world):
        assert self.keep(world) == self.keep(world)
        (one,) = queries.shifts(STREET, world.dispatcher, now=NOW)
        assert (one.now, one.names) == (True, ["何模拟", "赵演示"])
        assert queries.shifts(STREET, world.next_dispatcher, now=NOW) == []
        assert queries.shifts(STREET, world.dispatcher, now=NOW + timedelta(hours=9)) == []

    def test_a_shift_is_dropped_with_a_line_of_history(self, world):
        row = self.keep(world)
        with pytest.raises(NotAllowed):
            actions.drop_shift(shift_id=row.pk, actor=world.dispatcher, now=NOW)
        with pytest.raises(NotFound):
            actions.drop_shift(shift_id=row.pk, actor=world.next_dispatcher, now=NOW)
        actions.drop_shift(shift_id=row.pk, actor=world.leader, now=NOW)
        assert not DutyShift.objects.exists()
        assert list(History.objects.filter(kind="shift").order_by("pk").values_list("verb", flat=True)) == [
            "keep", "drop"
        ]  # fmt: skip

    def test_others_are_refused(self, world):
        with pytest.raises(NotAllowed):
            self.keep(world, actor=world.dispatcher, area_code=BANYAN)
        with pytest.raises(NotFound):
            self.keep(world, actor=world.next_dispatcher)
        with pytest.raises(NotFound):
            self.keep(world, unit_id=UUID(int=4))
        with pytest.raises(NotFound):  # the roster would name who holds posts in another street
            self.keep(world, unit_id=world.units["next_centre"].pk)
        assert self.keep(world, area_code=BANYAN, unit_id=world.units["water"].pk, post="handler")

    @pytest.mark.parametrize("options", [{"post": "king"}, {"ends_at": NOW}, {"ends_at": NOW + timedelta(days=9)}])
    def test_what_makes_no_sense_is_refused(self, world, options):
        with pytest.raises(Invalid):
            self.keep(world, **options)
