"""Changes of areas: drawn by one, approved by another, in effect on a day; what lies there goes along."""

from datetime import date, timedelta

import pytest
from shapely.geometry import shape

from huying.audit.models import History
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.places import drawing, queries
from huying.places.actions import (
    approve_plan,
    draw_plan,
    drop_plan,
    effect_due_plans,
    import_areas,
    import_polygons,
    send_plan_back,
    submit_plan,
)
from huying.places.models import Area, Building, Estate, GridDuty, OldNet, Waterway
from huying.places.plans import APPROVERS, LEAD, PlanKind, PlanState
from huying.places.queries import plans
from tests.places.factories import (
    BANYAN,
    BOXES,
    KAPOK,
    NEXT_DOOR,
    NOW,
    STREET,
    box,
    collection,
    feature,
    keeper,
    middle,
    person,
    reader,
    street,
    table,
)

pytestmark = pytest.mark.django_db
GRID, OTHER = BANYAN + "001", BANYAN + "002"
TODAY = date(2026, 10, 20)
LINE = [[113.305, 23.09], [113.305, 23.12]]  # down the middle of the first grid
TWO = [{"name": "石榴东网格"}, {"name": "石榴西网格"}]


@pytest.fixture(autouse=True)
def ground(db):
    street()


def leader(area=STREET):
    return person("read", LEAD, area=area)


def drawn(kind, given, day=TODAY, actor=None, **options):
    return draw_plan(kind=kind, given=given, effective_on=day, actor=actor or keeper(), now=NOW, **options)


def done(kind, given, day=TODAY):
    """Drawn, submitted, approved; in effect where its day has come."""
    maker = keeper()
    plan = drawn(kind, given, day, maker)
    submit_plan(plan_id=plan.pk, actor=maker, now=NOW)
    return approve_plan(plan_id=plan.pk, actor=leader(), now=NOW)


def land(*codes):
    return drawing.joined([shape(queries.area(code).polygon) for code in codes])


def apart(one, other):
    return drawing.square_metres(one.symmetric_difference(other))


class TestSplit:
    def test_a_line_makes_two_grids_that_cover_the_old_one(self):
        before = land(GRID)
        plan = done("split", {"code": GRID, "line": LINE, "parts": TWO})
        new = plan.result["pairs"][1][1]
        assert (plan.state, new) == (PlanState.EFFECTIVE, BANYAN + "003")
        assert apart(land(GRID, new), before) < 5
        assert queries.area(GRID).households + queries.area(new).households == 250
        assert queries.locate(113.303, 23.105).area_code != queries.locate(113.307, 23.105).area_code

    def test_the_old_row_ends_and_stays_in_the_history(self):
        done("split", {"code": GRID, "line": LINE, "parts": TWO})
        rows = Area.objects.filter(code=GRID).order_by("valid_from")
        assert [(one.name, one.valid_to) for one in rows] == [("石榴网格", TODAY), ("石榴东网格", None)]
        assert plans.area_on(GRID, TODAY - timedelta(days=1)).name == "石榴网格"
        assert plans.area_on(GRID, TODAY).name == "石榴东网格"
        lines = History.objects.filter(object_id=queries.area(GRID).uid)
        assert [one.facts["kind"] for one in lines] == ["split"]

    def test_what_stands_there_goes_to_the_part_in_which_it_lies(self):
        east = Building.objects.create(area_code=GRID, name="东楼", lng=113.307, lat=23.105, code=GRID + "0001")
        west = Building.objects.create(area_code=GRID, name="西楼", lng=113.302, lat=23.105, code=GRID + "0002")
        lost = Building.objects.create(area_code=GRID, name="没有点", code=GRID + "0003")
        creek = Waterway.objects.create(area_code=BANYAN, name="榕溪", grid_codes=[GRID, OTHER])
        plan = done("split", {"code": GRID, "line": LINE, "parts": TWO, "first": 0})
        new = plan.result["pairs"][1][1]
        for one in (east, west, lost, creek):
            one.refresh_from_db()
        assert {east.area_code, west.area_code} == {GRID, new}
        assert east.area_code == queries.locate(113.307, 23.105).area_code
        assert lost.area_code == GRID
        assert {east.code, west.code} == {GRID + east.code[15:], new + "0002"} or west.code == GRID + "0002"
        assert creek.grid_codes == [GRID, OTHER, new]

    def test_households_go_by_buildings_where_they_are_counted(self):
        Building.objects.create(area_code=GRID, name="东楼", lng=113.307, lat=23.105, households=30)
        Building.objects.create(area_code=GRID, name="西楼", lng=113.302, lat=23.105, households=20)
        plan = drawn("split", {"code": GRID, "line": LINE, "parts": TWO})
        assert sorted(one["households"] for one in plan.result["begins"]) == [100, 150]

    @pytest.mark.parametrize(("counts", "fine"), [((100, 150), True), ((100, 151), False)])
    def test_households_written_by_hand_must_add_up(self, counts, fine):
        parts = [{**one, "households": count} for one, count in zip(TWO, counts, strict=True)]
        if fine:
            assert drawn("split", {"code": GRID, "line": LINE, "parts": parts}).state == PlanState.DRAFT
        else:
            with pytest.raises(Invalid, match="251"):
                drawn("split", {"code": GRID, "line": LINE, "parts": parts})

    def test_polygons_that_leave_land_over_or_overlap_are_refused(self):
        half, most = box(0, 0, 0.5), box(0.3, 0, 0.7)
        for two in ([half, box(0.6, 0, 0.4)], [half, most]):
            with pytest.raises(Invalid):
                drawn("split", {"code": GRID, "polygons": two, "parts": TWO})
        assert drawn("split", {"code": GRID, "polygons": [half, box(0.5, 0, 0.5)], "parts": TWO})

    def test_a_community_is_divided_along_its_grids_which_get_new_codes(self):
        parts = [{"name": "榕树社区"}, {"name": "石榴社区"}]
        plan = done("split", {"code": BANYAN, "children": {GRID: 0, OTHER: 1}, "parts": parts})
        new = STREET + "003"
        assert [one.code for one in queries.children_of(new)] == [new + "002"]
        assert queries.area(OTHER) is None
        assert plans.heirs_of(OTHER) == [new + "002"]
        assert plans.present_code(OTHER) == new + "002"
        assert apart(land(new), shape(BOXES[OTHER])) < 5
        heirs = plans.heirs(plan.pk)
        assert heirs.home(GRID, *middle(0, 0)) == GRID
        assert heirs.home(OTHER) == new + "002"

    def test_each_part_needs_a_grid(self):
        with pytest.raises(Invalid):
            drawn("split", {"code": BANYAN, "children": {GRID: 0, OTHER: 0}, "parts": TWO})


class TestMerge:
    def test_merging_undoes_a_split(self):
        before, count = land(GRID), queries.area(GRID).households
        Building.objects.create(area_code=GRID, name="西楼", lng=113.302, lat=23.105, code=GRID + "0002")
        new = done("split", {"code": GRID, "line": LINE, "parts": TWO}).result["pairs"][1][1]
        plan = drawn("merge", {"codes": [GRID, new], "code": GRID, "name": "石榴网格"}, TODAY + timedelta(days=1))
        submit_plan(plan_id=plan.pk, actor=keeper(), now=NOW)
        approve_plan(plan_id=plan.pk, actor=leader(), now=NOW)
        assert effect_due_plans(actor=keeper(), now=NOW) == 0
        assert effect_due_plans(actor=keeper(), now=NOW + timedelta(days=1)) == 1
        assert (queries.area(GRID).name, queries.area(GRID).households) == ("石榴网格", count)
        assert apart(land(GRID), before) < 5
        assert queries.area(new) is None
        assert plans.present_code(new) == GRID
        assert Building.objects.get().code == GRID + "0002"

    def test_grids_of_a_merged_community_get_free_codes_of_the_other(self):
        done("merge", {"codes": [BANYAN, KAPOK], "code": BANYAN, "name": "榕木社区"})
        assert [one.code[-3:] for one in queries.children_of(BANYAN)] == ["001", "002", "003", "004"]
        assert plans.heirs_of(KAPOK + "001") == [BANYAN + "003"]
        assert apart(land(BANYAN), shape(BOXES[STREET])) < 5

    @pytest.mark.parametrize("codes", [[GRID], [GRID, KAPOK + "001"], [GRID, BANYAN], ["x", GRID]])
    def test_only_neighbours_under_one_parent_are_merged(self, codes):
        with pytest.raises(Invalid):
            drawn("merge", {"codes": codes, "name": "不行"})


class TestRedraw:
    WIDER = box(0, 0, 1.5)

    def test_the_neighbour_gives_the_land_and_its_households(self):
        plan = done("redraw", {"code": GRID, "polygon": self.WIDER})
        assert plan.result["ends"] == [GRID, OTHER]
        assert apart(land(GRID, OTHER), shape(BOXES[BANYAN])) < 5
        assert drawing.overlap({code: land(code) for code in (GRID, OTHER)}) is None
        assert (queries.area(GRID).households, queries.area(OTHER).households) == (375, 125)

    def test_only_what_lies_in_the_land_that_changes_hands_moves(self):
        moved = Estate.objects.create(area_code=OTHER, name="过界", lng=113.312, lat=23.105)
        stays = Estate.objects.create(area_code=OTHER, name="不动", lng=113.318, lat=23.105)
        plan = drawn("redraw", {"code": GRID, "polygon": self.WIDER})
        lines = {one.key: one for one in plans.moving(keeper(), plan.result["ends"], plans.heirs(plan.pk))}
        assert (lines["estate"].total, lines["estate"].moved) == (2, 1)
        assert lines["estate"].by == [(GRID, 1), (OTHER, 1)]
        done("redraw", {"code": GRID, "polygon": self.WIDER})
        moved.refresh_from_db()
        stays.refresh_from_db()
        assert (moved.area_code, stays.area_code) == (GRID, OTHER)

    def test_grids_follow_the_border_of_their_communities(self):
        # 榕树 takes a strip of 木棉 in the north: the grids on both sides are cut to it.
        done("redraw", {"code": BANYAN, "polygon": box(0, 0, 2, 1.25)})
        grids = [BANYAN + "001", BANYAN + "002", KAPOK + "001", KAPOK + "002"]
        assert apart(land(*grids[:2]), land(BANYAN)) < 5
        assert apart(land(*grids[2:]), land(KAPOK)) < 5
        assert drawing.overlap({code: land(code) for code in grids}) is None
        assert sum(queries.area(code).households for code in grids) == 1000

    def test_a_border_outside_the_parent_is_cut_off(self):
        done("redraw", {"code": GRID, "polygon": box(-1, -1, 2.5, 2)})
        assert apart(land(GRID), shape(self.WIDER)) < 5

    @pytest.mark.parametrize("polygon", [None, {"type": "Point", "coordinates": [1, 2]}, box(0, 0, 2), BOXES[GRID]])
    def test_a_drawing_that_cannot_be_is_told_in_words(self, polygon):
        with pytest.raises(Invalid) as why:
            drawn("redraw", {"code": GRID, "polygon": polygon})
        assert str(why.value)


class TestNewAndRecode:
    def test_a_new_grid_takes_its_land_and_households_from_those_who_had_it(self):
        given = {"parent": BANYAN, "tier": "grid", "name": "新网格", "polygon": box(0.5, 0, 1)}
        plan = done("new", given)
        assert queries.area(BANYAN + "003").households == 250
        assert sum(one.households for one in queries.children_of(BANYAN)) == 500
        assert apart(land(GRID, OTHER, BANYAN + "003"), shape(BOXES[BANYAN])) < 5
        assert plan.area_code == BANYAN

    def test_a_code_ever_used_is_not_given_again(self):
        done("merge", {"codes": [GRID, OTHER], "name": "榕树网格"})
        plan = drawn("new", {"parent": BANYAN, "tier": "grid", "name": "又一格", "households": 1})
        assert [one["code"] for one in plan.result["begins"]] == [BANYAN + "003"]

    def test_a_grid_that_goes_to_another_community_takes_land_along(self):
        done("recode", {"code": OTHER, "new_code": KAPOK + "007"})
        assert plans.present_code(OTHER) == KAPOK + "007"
        assert plans.codes_of_old(KAPOK + "007") == [OTHER]
        assert apart(land(BANYAN), shape(BOXES[GRID])) < 5
        assert apart(land(KAPOK), land(KAPOK + "001", KAPOK + "002", KAPOK + "007")) < 5

    def test_a_new_code_of_a_community_renames_what_lies_below(self):
        done("recode", {"code": KAPOK, "new_code": STREET + "009"})
        assert queries.area(STREET + "009002").name == "桥头网格"
        assert plans.heirs_of(KAPOK + "002") == [STREET + "009002"]

    @pytest.mark.parametrize("code", ["", "12", GRID, KAPOK, "990101001099001"])
    def test_a_code_that_cannot_be_is_refused(self, code):
        with pytest.raises((Invalid, NotFound)):
            drawn("recode", {"code": OTHER, "new_code": code})


class TestTwoPersonsAndADay:
    SPLIT = {"code": GRID, "line": LINE, "parts": TWO}

    def test_the_maker_cannot_approve_and_another_can(self):
        maker = person("admin_places", LEAD)
        plan = drawn("split", self.SPLIT, actor=maker)
        submit_plan(plan_id=plan.pk, actor=maker, now=NOW)
        with pytest.raises(IllegalMove) as why:
            approve_plan(plan_id=plan.pk, actor=maker, now=NOW)
        assert why.value.facts["guard"] == "not_the_maker"
        assert approve_plan(plan_id=plan.pk, actor=leader(), now=NOW).state == PlanState.EFFECTIVE

    def test_nothing_moves_before_its_day(self):
        plan = done("split", self.SPLIT, TODAY + timedelta(days=12))
        assert (plan.state, queries.area(GRID).name) == (PlanState.APPROVED, "石榴网格")
        assert effect_due_plans(actor=keeper(), now=NOW + timedelta(days=11)) == 0
        assert effect_due_plans(actor=keeper(), now=NOW + timedelta(days=12)) == 1
        assert queries.area(GRID).name == "石榴东网格"

    def test_a_plan_over_borders_that_changed_meanwhile_goes_back(self):
        plan = done("split", self.SPLIT, TODAY + timedelta(days=12))
        done("redraw", {"code": GRID, "polygon": box(0, 0, 1.2)})
        effect_due_plans(actor=keeper(), now=NOW + timedelta(days=12))
        plan.refresh_from_db()
        assert (plan.state, plan.decided_by) == (PlanState.DRAFT, None)
        with pytest.raises(IllegalMove):
            submit_plan(plan_id=plan.pk, actor=keeper(), now=NOW)

    def test_sent_back_with_words_drawn_again_and_dropped(self):
        maker = keeper()
        plan = drawn("split", self.SPLIT, actor=maker)
        submit_plan(plan_id=plan.pk, actor=maker, now=NOW)
        with pytest.raises(Invalid):
            send_plan_back(plan_id=plan.pk, words=" ", actor=leader(), now=NOW)
        plan = send_plan_back(plan_id=plan.pk, words="沿路中线画", actor=leader(), now=NOW)
        again = drawn("split", self.SPLIT, actor=maker, plan_id=plan.pk)
        assert (again.pk, again.state, again.words) == (plan.pk, PlanState.DRAFT, "沿路中线画")
        assert drop_plan(plan_id=plan.pk, actor=maker, now=NOW).state == PlanState.DROPPED
        with pytest.raises(IllegalMove):
            drop_plan(plan_id=plan.pk, actor=maker, now=NOW)
        verbs = History.objects.filter(kind="area_plan", object_id=plan.pk).order_by("pk")
        assert [one.verb for one in verbs] == ["draw", "submit", "send_back", "draw", "drop"]

    @pytest.mark.parametrize("day", [TODAY - timedelta(days=1), date(2020, 1, 1)])
    def test_a_day_that_is_over_is_refused(self, day):
        with pytest.raises(Invalid):
            drawn("split", self.SPLIT, day)

    def test_the_same_key_draws_once(self):
        key, maker = uuid7(), keeper()
        one, two = (drawn("split", self.SPLIT, actor=maker, key=key) for _time in range(2))
        assert one.pk == two.pk

    def test_the_words_of_duties_are_those_of_people(self):
        from huying.people.rules import Duty

        assert set(APPROVERS) <= set(Duty.values)


class TestStrangers:
    GIVENS = {
        "split": {"code": GRID, "line": LINE, "parts": TWO},
        "merge": {"codes": [GRID, OTHER], "name": "一格"},
        "redraw": {"code": GRID, "polygon": TestRedraw.WIDER},
        "recode": {"code": OTHER, "new_code": BANYAN + "009"},
        "new": {"parent": BANYAN, "tier": "grid", "name": "新网格"},
    }

    @pytest.mark.parametrize("kind", PlanKind.values)
    def test_a_keeper_of_the_next_street_does_not_learn_that_it_exists(self, kind):
        with pytest.raises(NotFound):
            drawn(kind, self.GIVENS[kind], actor=keeper(NEXT_DOOR))

    @pytest.mark.parametrize("kind", PlanKind.values)
    def test_who_only_reads_cannot_draw(self, kind):
        with pytest.raises(NotAllowed):
            drawn(kind, self.GIVENS[kind], actor=reader())

    def test_a_keeper_of_one_community_cannot_take_land_of_another(self):
        with pytest.raises(NotAllowed):
            drawn("redraw", {"code": BANYAN, "polygon": box(0, 0, 2, 1.25)}, actor=keeper(BANYAN))

    def test_every_step_of_a_plan_is_hidden_from_the_next_street(self):
        plan = drawn("split", self.GIVENS["split"])
        for step in (submit_plan, approve_plan, drop_plan):
            with pytest.raises(NotFound):
                step(plan_id=plan.pk, actor=keeper(NEXT_DOOR), now=NOW)
        assert plans.plans(keeper(NEXT_DOOR)) == []
        with pytest.raises(NotFound):
            plans.plan(leader(NEXT_DOOR), plan.pk)

    def test_who_reads_the_street_sees_the_plan_and_decides_nothing(self):
        plan = drawn("split", self.GIVENS["split"])
        for step in (submit_plan, drop_plan):
            for actor in (reader(), leader()):
                with pytest.raises(NotAllowed):
                    step(plan_id=plan.pk, actor=actor, now=NOW)
        submit_plan(plan_id=plan.pk, actor=keeper(), now=NOW)
        assert [one.pk for one in plans.plans(reader())] == [plan.pk]
        with pytest.raises(NotAllowed):
            approve_plan(plan_id=plan.pk, actor=reader(), now=NOW)


def test_duties_and_old_nets_follow_their_grids():
    GridDuty.objects.create(grid_code=GRID, net="party", words="联系群众")
    net = OldNet.objects.create(area_code=BANYAN, kind="city", name="城管一片", grid_codes=[GRID])
    done("split", {"code": GRID, "line": LINE, "parts": TWO})
    assert sorted(GridDuty.objects.values_list("grid_code", flat=True)) == [GRID, BANYAN + "003"]
    net.refresh_from_db()
    assert net.grid_codes == [GRID, BANYAN + "003"]


class TestCodesOfOld:
    def test_an_outline_under_a_code_of_old_is_taken_in_and_a_row_is_told_its_new_code(self):
        done("recode", {"code": OTHER, "new_code": KAPOK + "007"})
        outcome = import_polygons(data=collection(feature(OTHER, box(1, 0, 1))), actor=keeper(), now=NOW)
        assert (outcome.ok, outcome.same) == (True, 1)
        outcome = import_areas(data=table(f"{OTHER},古井网格,"), actor=keeper(), now=NOW)
        assert [(one.code, KAPOK + "007" in one.says) for one in outcome.blocking] == [("code_of_old", True)]

    def test_a_chain_of_changes_leads_to_what_holds_now(self):
        done("recode", {"code": OTHER, "new_code": KAPOK + "007"})
        done("split", {"code": GRID, "line": LINE, "parts": TWO})
        plan = drawn("merge", {"codes": [KAPOK + "007", KAPOK + "001"], "code": KAPOK + "001"}, TODAY + timedelta(1))
        submit_plan(plan_id=plan.pk, actor=keeper(), now=NOW)
        approve_plan(plan_id=plan.pk, actor=leader(), now=NOW)
        effect_due_plans(actor=keeper(), now=NOW + timedelta(days=1))
        assert plans.heirs_of(OTHER) == [KAPOK + "001"]
        assert plans.heirs_of("990101001001999") == []
        assert plans.heirs_of("nonsense") == []
