"""Grants, posts, responsibilities and units follow a change of areas; open cases too, past ones keep their day's code."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases.actions import rehoming
from huying.cases.models import Case
from huying.clocks.models import Clock
from huying.kernel.actor import system
from huying.kernel.lying import kinds_in_areas, staff_of
from huying.people.actions import appoint, areas, assign_responsibility
from huying.people.models import Appointment, Organisation, Responsibility, RoleGrant
from huying.people.queries import actor_for
from huying.people.rules import Post
from huying.places import queries
from huying.places.actions import approve_plan, draw_plan, submit_plan
from huying.places.queries import plans
from tests.world import BANYAN, GRID, KAPOK, NOW, OTHER_GRID, STREET, build_world

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
DAYS_LATER = NOW + timedelta(days=2)
LINE = [[113.305, 23.09], [113.305, 23.12]]
NEW = BANYAN + "003"


@pytest.fixture
def world():
    return build_world()


def done(world, kind, given):
    plan = draw_plan(kind=kind, given=given, effective_on=NOW.date(), actor=world.keeper, now=NOW)
    submit_plan(plan_id=plan.pk, actor=world.keeper, now=NOW)
    plan = approve_plan(plan_id=plan.pk, actor=world.leader, now=NOW)
    areas.follow_areas(plan_id=plan.pk, actor=system(), now=LATER)
    rehoming.follow_areas(plan_id=plan.pk, actor=system(), now=LATER)
    return plan


def split(world):
    return done(world, "split", {"code": GRID, "line": LINE, "parts": [{"name": "东"}, {"name": "西"}]})


def held(model, **where):
    return sorted(model.objects.filter(**where, until=None).values_list("area_code", flat=True))


class TestSplit:
    def test_a_worker_of_the_grid_goes_on_in_both_parts(self, world):
        appoint(account_id=world.accounts["grid_worker"].pk, organisation_id=world.units["banyan"].pk,
                post=Post.GRID_WORKER, area_code=GRID, actor=system(), now=NOW)  # fmt: skip
        split(world)
        account = world.accounts["grid_worker"]
        assert held(RoleGrant, account=account) == [GRID, NEW]
        assert held(Appointment, account=account, post=Post.GRID_WORKER) == [BANYAN, GRID, NEW]
        assert actor_for(account, LATER).may("check", NEW)
        assert staff_of([GRID, NEW])[NEW].full_time == 1

    def test_done_twice_is_done_once(self, world):
        plan = split(world)
        before = History.objects.count()
        assert areas.follow_areas(plan_id=plan.pk, actor=system(), now=LATER) == {}
        assert rehoming.follow_areas(plan_id=plan.pk, actor=system(), now=LATER) == 0
        assert History.objects.count() == before

    def test_who_answers_for_the_grid_answers_for_both_parts(self, world):
        unit = world.units["sanitation"].pk
        assign_responsibility(unit_id=unit, area_code=GRID, matter_code="01", order=3, actor=system(), now=NOW)
        split(world)
        rows = Responsibility.objects.filter(unit=unit, matter_code="01").order_by("area_code")
        assert [(one.area_code, one.order) for one in rows] == [(GRID, 3), (NEW, 3)]


class TestOrderOfNews:
    """Two changes of the same codes; whichever news comes first, everything ends where the later one put it."""

    def swap(self, world):
        first = self.effected(
            world, "split", {"code": GRID, "line": LINE, "parts": [{"name": "东"}, {"name": "西"}]}, 0
        )
        second = self.effected(world, "merge", {"codes": [NEW, OTHER_GRID], "code": OTHER_GRID, "name": "二三网格"}, 1)
        return first, second

    def effected(self, world, kind, given, days):
        now = NOW + timedelta(days=days)
        plan = draw_plan(kind=kind, given=given, effective_on=now.date(), actor=world.keeper, now=now)
        submit_plan(plan_id=plan.pk, actor=world.keeper, now=now)
        return approve_plan(plan_id=plan.pk, actor=world.leader, now=now)

    @pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 1, 0), (0, 0, 1, 0)])
    def test_it_does_not_matter(self, world, order):
        account, unit = world.accounts["grid_worker"], world.units["sanitation"].pk
        assign_responsibility(unit_id=unit, area_code=GRID, matter_code="01", order=3, actor=system(), now=NOW)
        east = world.call(lng=113.308, lat=23.105).case
        west = world.call(lng=113.302, lat=23.105, words="另一件").case
        made = self.swap(world)
        for one in order:
            areas.follow_areas(plan_id=made[one].pk, actor=system(), now=DAYS_LATER)
            rehoming.follow_areas(plan_id=made[one].pk, actor=system(), now=DAYS_LATER)
        assert held(RoleGrant, account=account) == [GRID, OTHER_GRID]
        rows = Responsibility.objects.filter(unit=unit, matter_code="01").values_list("area_code", flat=True)
        assert sorted(rows) == [GRID, OTHER_GRID]
        found = {Case.objects.get(pk=one.pk).area_code for one in (east, west)}
        assert found == {GRID, OTHER_GRID}

    def test_news_of_a_later_change_alone_brings_the_earlier_ones_along(self, world):
        _, second = self.swap(world)
        assert areas.follow_areas(plan_id=second.pk, actor=system(), now=DAYS_LATER)
        assert held(RoleGrant, account=world.accounts["grid_worker"]) == [GRID, OTHER_GRID]


class TestMerge:
    GIVEN = {"codes": [BANYAN, KAPOK], "code": BANYAN, "name": "榕木社区"}

    def test_units_and_grants_come_to_the_heir(self, world):
        done(world, "merge", self.GIVEN)
        assert held(RoleGrant, account=world.accounts["kapok_worker"]) == [BANYAN]
        assert Organisation.objects.get(pk=world.units["kapok"].pk).area_code == BANYAN
        assert not actor_for(world.accounts["kapok_worker"], LATER).may("check", KAPOK)

    def test_an_open_case_moves_with_its_clocks_and_a_past_one_keeps_its_code(self, world):
        lng, lat = 113.325, 23.105
        case = world.call(lng=lng, lat=lat).case
        past = world.call(lng=lng, lat=lat, words="另一件").case
        Case.objects.filter(pk=past.pk).update(state="answered", ended_at=NOW)
        assert case.area_code == KAPOK + "001"
        done(world, "merge", self.GIVEN)
        case.refresh_from_db()
        past.refresh_from_db()
        new = plans.present_code(KAPOK + "001")
        assert (case.area_code, case.filed_area_code, past.area_code) == (new, KAPOK + "001", KAPOK + "001")
        assert set(Clock.objects.filter(object_id=case.pk).values_list("area_code", flat=True)) == {new}
        assert queries.name_of(past.area_code) == KAPOK + "001"  # the code of its day; the old rows say its name
        line = History.objects.filter(object_id=case.pk, verb="place").get()
        assert (line.facts["area_old"], line.facts["area_new"]) == (KAPOK + "001", new)

    def test_a_confidential_case_moves_unseen(self, world):
        case = world.call(lng=113.325, lat=23.105, about_staff=True).case
        assert case.restricted
        plan = draw_plan(kind="merge", given=self.GIVEN, effective_on=NOW.date(), actor=world.keeper, now=NOW)
        lines = {one.key: one for one in plans.moving(world.keeper, [BANYAN, KAPOK], plans.heirs(plan.pk))}
        assert lines["open_case"].total == 0
        submit_plan(plan_id=plan.pk, actor=world.keeper, now=NOW)
        approve_plan(plan_id=plan.pk, actor=world.leader, now=NOW)
        assert rehoming.follow_areas(plan_id=plan.pk, actor=system(), now=LATER) == 1


def test_a_redrawn_border_gives_nobody_the_neighbours_grid(world):
    given = {"code": GRID, "polygon": {"type": "Polygon", "coordinates": [
        [[113.30, 23.10], [113.315, 23.10], [113.315, 23.11], [113.30, 23.11], [113.30, 23.10]]]}}  # fmt: skip
    case = world.call(lng=113.312, lat=23.105).case
    assert case.area_code == OTHER_GRID
    done(world, "redraw", given)
    assert held(RoleGrant, account=world.accounts["grid_worker"]) == [GRID]
    case.refresh_from_db()
    assert case.area_code == GRID


def test_every_app_that_keeps_something_in_areas_tells(world):
    assert {"estate", "building", "open_case", "past_case", "role_grant", "appointment", "responsibility"} <= {
        one.key for one in kinds_in_areas()
    }
    assert [one.total for one in plans.moving(world.keeper, [STREET], plans.heirs(split(world).pk))]
