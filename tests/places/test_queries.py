"""Where points lie, names, the tree somebody may see, outlines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.kernel.actor import system
from huying.kernel.refusals import NotFound
from huying.places import queries
from huying.places.actions import changed
from huying.places.models import Area, Building, Estate, Facility, Waterway
from huying.places.rules import Tier
from tests.places.factories import (
    BANYAN,
    BOXES,
    KAPOK,
    NEXT_DOOR,
    STEP,
    STREET,
    WEST,
    keeper,
    middle,
    person,
    reader,
    street,
)

pytestmark = pytest.mark.django_db


class TestLocate:
    def test_it_gives_the_finest_area(self):
        street()
        found = queries.locate(*middle(1, 0))
        assert (found.area_code, found.name) == (BANYAN + "002", "榕树社区 · 古井网格")

    def test_where_grids_are_not_drawn_the_community_answers(self):
        street()
        Area.objects.filter(tier=Tier.GRID).update(polygon=None)
        queries.forget()
        assert queries.locate(*middle(0, 1)).area_code == KAPOK

    @pytest.mark.parametrize("point", [(0.0, 0.0), (113.0, 23.1), (999.0, 0.0), (float("nan"), 23.1)])
    def test_outside_everything_is_nowhere(self, point):
        street()
        assert queries.locate(*point) is None

    def test_without_any_shape_everything_is_nowhere(self):
        assert queries.locate(113.3, 23.1) is None

    def test_on_a_border_the_smaller_code_has_it(self):
        street()
        assert queries.locate(WEST + STEP, middle(0, 0)[1]).area_code == BANYAN + "001"

    def test_ended_areas_hold_nothing(self):
        street()
        Area.objects.filter(code=BANYAN + "002").update(valid_to=date(2026, 1, 1))
        queries.forget()
        assert queries.locate(*middle(1, 0)).area_code == BANYAN

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
    @given(st.floats(-0.5, 2.5), st.floats(-0.5, 2.5))
    def test_it_agrees_with_looking_at_every_shape(self, fixed_street, column, row):
        lng, lat = middle(column - 0.5, row - 0.5)
        point = shapely.Point(lng, lat)
        holding = [c for c, p in BOXES.items() if shapely.geometry.shape(p).intersects(point)]
        expected = min(holding, key=lambda code: (-len(code), code), default=None)
        found = queries.locate(lng, lat)
        assert (found.area_code if found else None) == expected

    def test_once_read_it_costs_no_statement(self):
        street()
        queries.locate(*middle(0, 0))
        with CaptureQueriesContext(connection) as told:
            queries.locate(*middle(1, 1))
            queries.name_of(KAPOK)
        assert len(told) == 0

    def test_many_threads_may_ask_at_once(self):
        street()
        queries.locate(*middle(0, 0))
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: queries.locate(*middle(n % 2, n // 2 % 2)).area_code, range(400)))
        assert found == [queries.locate(*middle(n % 2, n // 2 % 2)).area_code for n in range(400)]

    def test_a_change_elsewhere_is_noticed_when_the_mark_is_looked_up_again(self):
        street()
        queries.locate(*middle(0, 0))
        Area.objects.filter(code=BANYAN + "001").update(name="新名网格")
        queries.Revision.objects.update(mark="00000000-0000-7000-8000-000000000001")
        assert queries.name_of(BANYAN + "001").endswith("石榴网格")
        queries._kept.until = 0.0  # the seconds have gone by
        assert queries.name_of(BANYAN + "001").endswith("新名网格")

    def test_every_change_gives_a_new_mark(self):
        street()
        before = queries.mark()
        changed()
        assert queries.mark() != before


@pytest.fixture
def fixed_street():
    street()


class TestNames:
    def test_each_tier_is_said_as_people_say_it(self):
        street()
        assert queries.names_of([STREET, BANYAN, BANYAN + "001", BANYAN + "0010001", "77"]) == {
            STREET: "示范街道",
            BANYAN: "榕树社区",
            BANYAN + "001": "榕树社区 · 石榴网格",
            BANYAN + "0010001": "榕树社区 · 石榴网格",
            "77": "77",
        }

    def test_children_and_streets_come_by_code(self):
        street()
        assert [one.code for one in queries.children_of(STREET)] == [BANYAN, KAPOK]
        assert [one.code for one in queries.streets()] == [STREET, NEXT_DOOR]
        assert queries.area("77") is None


class TestTree:
    def names(self, nodes, seen=True):
        return [
            name
            for node in nodes
            for name in [*([node.area.name] if node.seen == seen else []), *self.names(node.children, seen)]
        ]

    @pytest.mark.parametrize("viewer", [reader(), keeper(), person("read", "admin_places")])
    def test_a_viewer_sees_the_own_street_under_the_names_above_it(self, viewer):
        street()
        tree = queries.tree(viewer)
        assert self.names(tree, seen=False) == ["示范区"]
        assert self.names(tree)[:4] == ["示范街道", "榕树社区", "石榴网格", "古井网格"]
        assert not any("沙洲" in name or "邻江" in name for name in self.names(tree))

    def test_households_are_summed_where_a_tier_has_no_own_count(self):
        street()
        node = queries.find(queries.tree(reader()), STREET)
        assert (node.households, node.grids) == (1000, 4)

    def test_a_grid_worker_sees_one_community(self):
        street()
        assert self.names(queries.tree(reader(BANYAN))) == ["榕树社区", "石榴网格", "古井网格"]

    def test_who_reads_nothing_sees_nothing(self):
        street()
        assert queries.tree(person("handle")) == []

    def test_the_system_sees_everything(self):
        street()
        assert len(self.names(queries.tree(system()))) == 11

    def test_the_tree_is_one_statement(self):
        street()
        with CaptureQueriesContext(connection) as told:
            queries.tree(reader())
        assert len(told) == 1

    def test_it_opens_on_the_way_to_the_chosen_area(self):
        street()
        tops = queries.tree(reader())
        assert [n.area.name for n in queries.opened(tops, STREET)] == ["示范区", "示范街道", "榕树社区", "木棉社区"]
        assert [n.area.name for n in queries.opened(tops, BANYAN + "001")] == [
            "示范区", "示范街道", "榕树社区", "石榴网格", "古井网格", "木棉社区",
        ]  # fmt: skip

    @pytest.mark.parametrize("code", [NEXT_DOOR, NEXT_DOOR + "001", "990101", "990101001009", "9901010011", "", "x"])
    def test_an_area_outside_or_missing_is_not_found(self, code):
        street()
        with pytest.raises(NotFound):
            queries.area_seen(reader(), code)


class TestInventory:
    def test_places_inside_and_across_are_listed_and_counted(self):
        street()
        estate = Estate.objects.create(area_code=BANYAN + "001", name="榕树花园", grid_codes=[BANYAN + "001"])
        Building.objects.create(area_code=BANYAN + "001", name="1 栋", code=BANYAN + "0010001", estate=estate)
        Facility.objects.create(area_code=KAPOK + "001", name="路灯 7 号", kind="lamp")
        Waterway.objects.create(area_code=STREET, name="石溪", grid_codes=[BANYAN + "002", KAPOK + "002"])
        assert queries.counts(STREET) == {"estates": 1, "buildings": 1, "facilities": 1, "waterways": 1}
        assert [one.name for one in queries.inventory(KAPOK + "002").waterways] == ["石溪"]
        assert queries.inventory(NEXT_DOOR).estates == []


class TestOutlines:
    def test_polygons_hold_code_name_and_tier_alone(self):
        street()
        found = queries.polygons(STREET, Tier.GRID)["features"]
        assert [one["properties"] for one in found][0] == {"code": BANYAN + "001", "name": "石榴网格", "tier": "grid"}
        assert len(found) == 4
        assert queries.polygons(KAPOK, Tier.GRID)["features"][0]["geometry"] == BOXES[KAPOK + "001"]

    def test_a_map_draws_communities_and_grids(self):
        street()
        assert [one["id"] for one in queries.outlines(BANYAN)["features"]] == [BANYAN, BANYAN + "001", BANYAN + "002"]
        assert [one["id"] for one in queries.outlines("990101")["features"]] == [STREET]
