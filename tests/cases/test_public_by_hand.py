"""What the public pages count and list, by hand: never what is restricted, never what lies next door."""

from datetime import timedelta

import pytest

from huying.cases.models import Answer, Case
from huying.cases.queries import public
from huying.kernel.paging import Page
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, OTHER_GRID, STREET, build_world, middle

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TYPE = "0103"
NEXT_GRID = NEXT_DOOR + "001001"


@pytest.fixture
def world():
    return build_world()


def open_one(world, grid=GRID, **flags):
    """An open call of a type that may stand in public, somewhere."""
    lng, lat = middle(grid)
    street = NEXT_DOOR if grid.startswith(NEXT_DOOR) else STREET
    case = world.call(type_code=TYPE, area_code=street, lng=lng, lat=lat).case
    Case.objects.filter(pk=case.pk).update(area_code=grid, **flags)
    return case.pk


def ended(world, grid=GRID, **flags):
    """The same, ended with a reviewed answer."""
    case_id = open_one(world, grid, state="closed", ended_at=NOW, due_at=None, due_from=None, due_step="", **flags)
    Answer.objects.create(
        case_id=case_id, round=1, outcome="solved", words="桶已经清空。", written_at=NOW, reviewed_at=NOW
    )
    return case_id


def listed(area):
    found = public.closed_nearby(area, unlisted=Case.objects.none().values("pk"), now=NOW + 2 * DAY, page=Page())
    return [one.place for one in found]


class TestEnds:
    def test_ends_are_listed_in_their_own_area_and_never_restricted_ones(self, world):
        ended(world)
        ended(world, restricted=True)
        ended(world, NEXT_GRID)
        assert listed(STREET) == listed(BANYAN) == listed(GRID) == ["榕树社区"]
        assert listed(KAPOK) == []
        assert listed(NEXT_DOOR) == ["沙洲社区"]

    def test_what_is_restricted_does_not_make_a_grid_nameable(self, world):
        for _number in range(public.ALIKE - 1):
            ended(world)
        ended(world, restricted=True)
        assert set(listed(STREET)) == {"榕树社区"}
        ended(world)
        assert len(set(listed(STREET))) == 1
        assert "第一网格" in listed(STREET)[0]

    def test_alike_ones_are_counted_in_the_asked_area_alone(self, world):
        for grid in (GRID, OTHER_GRID, KAPOK + "001", NEXT_GRID):
            open_one(world, grid)
        assert set(public._alike(BANYAN, now=NOW)) == {(TYPE, GRID), (TYPE, OTHER_GRID)}
        assert set(public._alike(NEXT_DOOR, now=NOW)) == {(TYPE, NEXT_GRID)}


class TestLikely:
    def likely(self, area, grid, *, by_point):
        lng, lat = middle(grid)
        where = {"lng": lng, "lat": lat} if by_point else {"grid_code": grid}
        return [one.case_id for one in public.likely(area_code=area, type_codes=[TYPE], now=NOW, **where)]

    @pytest.mark.parametrize("by_point", [True, False])
    def test_likely_ones_lie_in_the_area_and_are_never_restricted(self, world, by_point):
        mine = open_one(world)
        open_one(world, restricted=True)
        theirs = open_one(world, NEXT_GRID)
        assert self.likely(STREET, GRID, by_point=by_point) == [mine]
        assert self.likely(NEXT_DOOR, NEXT_GRID, by_point=by_point) == [theirs]
        # A point or a grid of the neighbours, asked for from here.
        assert self.likely(STREET, NEXT_GRID, by_point=by_point) == []

    def test_without_a_point_only_those_of_the_grid_are_likely(self, world):
        open_one(world, OTHER_GRID)
        mine = open_one(world)
        assert self.likely(STREET, GRID, by_point=False) == [mine]


def test_figures_are_those_of_the_area_without_what_is_restricted(world):
    open_one(world)
    open_one(world, restricted=True)
    open_one(world, NEXT_GRID)
    ended(world, KAPOK + "001")

    def counted(area):
        found = public.figures(area, since=NOW - DAY, until=NOW + DAY)
        return found.received, found.ended, found.going_on

    assert counted(STREET) == (2, 1, 1)
    assert counted(BANYAN) == (1, 0, 1)
    assert counted(NEXT_DOOR) == (1, 0, 1)
