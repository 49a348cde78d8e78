"""Codes, tiers and coordinates."""

from math import hypot

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from huying.people.rules import Duty
from huying.places import rules
from huying.places.rules import CoordinateSystem, Tier, from_wgs84, metres_between, to_wgs84

GRID = "990101001002003"
lengths = st.sampled_from(list(rules.LENGTHS.values()))
codes = lengths.flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
lngs, lats = st.floats(74.0, 134.0), st.floats(18.0, 53.0)
shifted = st.sampled_from([CoordinateSystem.GCJ02, CoordinateSystem.BD09])


class TestCodes:
    @pytest.mark.parametrize(
        ("code", "tier", "parent"),
        [
            ("99", Tier.PROVINCE, ""),
            ("9901", Tier.CITY, "99"),
            ("990101", Tier.DISTRICT, "9901"),
            ("990101001", Tier.STREET, "990101"),
            ("990101001002", Tier.COMMUNITY, "990101001"),
            (GRID, Tier.GRID, "990101001002"),
            (GRID + "0007", Tier.BUILDING, GRID),
        ],
    )
    def test_the_length_says_the_tier_and_the_parent(self, code, tier, parent):
        assert (rules.tier_of(code), rules.parent_of(code)) == (tier, parent)

    @pytest.mark.parametrize("code", ["", "9", "990", "99010100", "99010100a", "９９０１", "-9", "9" * 24])
    def test_what_is_no_code_has_no_tier(self, code):
        assert not rules.is_code(code)
        with pytest.raises(ValueError, match="not an area code"):
            rules.tier_of(code)

    def test_the_levels_are_cut_from_the_code(self):
        assert rules.street_of(GRID) == "990101001"
        assert rules.community_of(GRID) == "990101001002"
        assert rules.grid_of(GRID + "0001") == GRID
        assert (rules.street_of("9901"), rules.community_of("990101001"), rules.grid_of("990101001002")) == ("", "", "")

    @given(codes)
    def test_every_ancestor_covers_and_the_nearest_is_the_parent(self, code):
        above = rules.ancestors_of(code)
        assert all(rules.covers([one], code) for one in above)
        assert (above[-1] if above else "") == rules.parent_of(code)


class TestCoordinates:
    @given(lngs, lats, shifted)
    def test_there_and_back_is_the_same_point_to_a_millimetre(self, lng, lat, system):
        there = from_wgs84(lng, lat, system)
        assume(rules.in_china(*there))
        back = to_wgs84(*there, system)
        assert hypot(*metres_between(lng, lat, *back)) < 0.001

    @given(lngs, lats, shifted)
    def test_back_and_there_too(self, lng, lat, system):
        found = to_wgs84(lng, lat, system)
        assume(rules.in_china(*found))
        assert hypot(*metres_between(lng, lat, *from_wgs84(*found, system))) < 0.001

    @given(lngs, lats)
    def test_gcj_lies_some_hundred_metres_off(self, lng, lat):
        assert 5 < hypot(*metres_between(lng, lat, *from_wgs84(lng, lat, CoordinateSystem.GCJ02))) < 1500

    @given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from(list(CoordinateSystem)))
    def test_nothing_on_earth_breaks_it(self, lng, lat, system):
        for turned in (to_wgs84, from_wgs84):
            x, y = turned(lng, lat, system)
            assert abs(x - lng) < 0.1
            assert abs(y - lat) < 0.1

    @pytest.mark.parametrize("system", [CoordinateSystem.WGS84, CoordinateSystem.CGCS2000])
    def test_satellite_and_survey_coordinates_are_kept(self, system):
        assert to_wgs84(113.3, 23.1, system) == from_wgs84(113.3, 23.1, system) == (113.3, 23.1)

    def test_abroad_gcj_is_wgs(self):
        assert from_wgs84(24.94, 60.17, CoordinateSystem.GCJ02) == (24.94, 60.17)

    def test_bd09_lies_a_known_way_from_gcj02(self):
        # the published shift: about 0.0065 east and 0.006 north
        east, north = from_wgs84(116.391, 39.907, CoordinateSystem.BD09)
        gcj = from_wgs84(116.391, 39.907, CoordinateSystem.GCJ02)
        assert (east - gcj[0], north - gcj[1]) == pytest.approx((0.0065, 0.006), abs=0.0009)

    def test_swapped_pairs_are_noticed(self):
        assert rules.looks_swapped(23.1, 113.3)
        assert not rules.looks_swapped(113.3, 23.1)
        assert not rules.looks_swapped(-0.1, 51.5)

    @pytest.mark.parametrize("lng", [181.0, -181.0, float("nan"), float("inf")])
    def test_what_cannot_be_degrees_is_out_of_range(self, lng):
        assert not rules.in_range(lng, 23.1)

    @pytest.mark.real_data
    def test_at_haizhu_it_is_554_metres_east_and_289_south(self, real_data):
        districts = orjson.loads((real_data / "cn-boundaries" / "districts_gcj02.geojson").read_bytes())["features"]
        haizhu = next(one for one in districts if one["properties"]["adcode"] == 440105)
        lng, lat = to_wgs84(*haizhu["properties"]["centroid"], CoordinateSystem.GCJ02)
        assert metres_between(lng, lat, *haizhu["properties"]["centroid"]) == pytest.approx((554, -289), abs=15)


def test_the_duties_are_those_that_people_hold():
    assert (Duty.READ.value, Duty.ADMIN_PLACES.value) == (rules.READ, rules.ADMIN_PLACES)
