"""Components: found from the point of a matter, the nearest of its kind within fifty metres."""

import pytest
from django.core.cache import cache
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from huying.cases.actions import Docket, file_case, register_case
from huying.cases.forms.base import DocketRows, Subject
from huying.cases.forms.units import DispatchForm, component_lines, component_near, keeper_among
from huying.desk.triage import choices_of
from huying.matters import queries as matters
from huying.places.component_words import component_in
from huying.places.models import Component
from huying.places.premises import ComponentKind
from huying.places.queries import components
from huying.places.rules import metres_between
from tests.world import GRID, NOW, build_world, middle

LNG, LAT = middle(GRID)
METRE = 1 / 110_574


@pytest.mark.parametrize(
    ("matter", "kind"),
    [
        ("井盖缺失或松动", "manhole"), ("路灯不亮", "lamp"), ("雨水口堵塞", "gully"), ("垃圾桶满溢或破损", "bin"),
        ("护栏与隔离桩损坏", "railing"), ("树木倒伏断枝", "tree"), ("咨询办事", None), ("", None),
    ],
)  # fmt: skip
def test_the_name_of_a_matter_points_to_a_kind(matter, kind):
    assert component_in(matter) == (ComponentKind(kind) if kind else None)


pytestmark = pytest.mark.django_db


def put(number, metres=0.0, kind="bin", **more):
    """A component so many metres north of the middle of the grid."""
    given = {"name": f"垃圾桶{number}", "area_code": GRID, "lng": LNG, "lat": LAT + metres * METRE, **more}
    return Component.objects.create(kind=kind, number=number, **given)


class TestNearest:
    def test_of_the_kind_and_within_fifty_metres(self):
        put("LJ-1", 30)
        near = put("LJ-2", 10)
        put("DG-1", 1, kind="lamp")
        put("LJ-3", 5, until=NOW.date())
        put("LJ-4", lng=None, lat=None)
        found = components.nearest(ComponentKind.BIN, LNG, LAT)
        assert (found.component, found.metres) == (near, 10)

    def test_one_metre_too_far_is_not_it(self):
        put("LJ-1", 51)
        assert components.nearest(ComponentKind.BIN, LNG, LAT) is None
        put("LJ-2", 49.4)
        assert components.nearest(ComponentKind.BIN, LNG, LAT).metres == 49

    def test_of_two_alike_the_lower_number(self):
        put("LJ-2", 10)
        put("LJ-1", 10)
        assert components.nearest(ComponentKind.BIN, LNG, LAT).component.number == "LJ-1"

    @given(st.lists(st.tuples(st.floats(-80, 80), st.floats(-80, 80)), max_size=6))
    def test_it_is_what_comparing_all_of_them_gives(self, places):
        Component.objects.all().delete()
        for at, (east, north) in enumerate(places):
            put(f"N{at}", lng=LNG + east * METRE, lat=LAT + north * METRE)
        far = {
            one.pk: sum(part * part for part in metres_between(LNG, LAT, one.lng, one.lat)) ** 0.5
            for one in Component.objects.all()
        }
        wanted = min(far.values(), default=99.0)
        found = components.nearest(ComponentKind.BIN, LNG, LAT)
        if wanted > 50:
            assert found is None
        else:
            assert far[found.component.pk] == pytest.approx(wanted)

    def test_where_none_is_registered_nothing_is_asked(self, django_assert_num_queries):
        assert components.about("垃圾桶满溢或破损", LNG, LAT) is None
        with django_assert_num_queries(0):
            assert components.about("垃圾桶满溢或破损", LNG, LAT) is None
            assert components.about("咨询办事", LNG, LAT) is None
            assert components.about("垃圾桶满溢或破损", None, None) is None

    def test_a_number_is_given_once(self):
        put("LJ-1")
        with pytest.raises(IntegrityError):
            put("LJ-1", 10)


class TestDispatch:
    def test_its_keeper_is_proposed_on_both_forms_and_only_among_those_with_the_duty(self):
        world = build_world()
        put("LJ-1", 8, keeper="街道综合行政执法队", owner="区城管局")
        case = register_case(world.call().case.pk, type_code="0103", grade="ordinary", actor=world.dispatcher, now=NOW)
        case = file_case(case.pk, actor=world.head, now=NOW)
        docket = Docket.of(case)
        form = DispatchForm(subject=Subject(DocketRows(docket), world.dispatcher, NOW))
        assert form.fields["lead"].initial == str(world.units["enforcement"].pk)
        (line,) = [words for label, words in form.lines if label == "部件"]
        assert "LJ-1" in line
        assert "养护 街道综合行政执法队" in line
        shown = choices_of(docket, [], [], viewer=world.dispatcher, now=NOW)
        assert shown.lead.id == world.units["enforcement"].pk
        assert shown.told[0][1] == line
        cache.clear()
        Component.objects.update(keeper="别的养护公司")
        near = component_near(case, matters.type_of("0103"))
        assert keeper_among(world.units.values(), near) is None
        assert component_lines(near)
