"""Cutting and joining outlines: what tiles goes on tiling, counts add up, nothing overlaps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box, shape

from huying.places import drawing
from huying.places.heirs import Heirs

WEST, SOUTH, WIDE = 113.3, 23.1, 0.01
SQUARE = box(WEST, SOUTH, WEST + WIDE, SOUTH + WIDE)
inside = st.floats(0.05, 0.95)
beyond = st.floats(-0.5, 1.5)


def at(x, y):
    return WEST + x * WIDE, SOUTH + y * WIDE


def same(one, other):
    return drawing.square_metres(one.symmetric_difference(other)) < 5


@st.composite
def shapes(draw):
    """An area without right angles: a star around its middle."""
    from math import cos, pi, sin

    corners = draw(st.lists(st.floats(0.2, 0.5), min_size=5, max_size=12))
    turn = 2 * pi / len(corners)
    return drawing.clean(Polygon([at(0.5 + r * cos(turn * n), 0.5 + r * sin(turn * n)) for n, r in enumerate(corners)]))


class TestHalves:
    @settings(max_examples=60, deadline=None)
    @given(whole=shapes(), ends=st.tuples(beyond, beyond, beyond, beyond), bend=st.tuples(inside, inside))
    def test_parts_cover_the_whole_share_no_land_and_join_to_the_whole_again(self, whole, ends, bend):
        line = [at(ends[0], ends[1]), at(*bend), at(ends[2], ends[3])]
        try:
            one, other = drawing.halves(whole, line)
        except drawing.BadDrawing:
            return
        assert not drawing.missing(whole, [one, other])
        assert drawing.overlap({"one": one, "other": other}) is None
        assert same(drawing.joined([one, other]), whole)

    def test_a_line_that_ends_inside_is_drawn_on(self):
        north, south = drawing.halves(SQUARE, [at(0.3, 0.5), at(0.7, 0.5)])
        assert north.centroid.y > south.centroid.y
        assert drawing.square_metres(north) == pytest.approx(drawing.square_metres(south), rel=1e-3)

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ([(0.5, 0.5)], "line_short"),
            ([(0.5, 0.5), (0.5, 0.5)], "line_short"),
            ([(-1, 2), (3, 2)], "line_misses"),
            ([(0.2, 0.2), (0.8, 0.8), (0.8, 0.2), (0.2, 0.8)], "line_crosses_itself"),
        ],
    )
    def test_a_line_that_parts_nothing_is_refused(self, line, why):
        with pytest.raises(drawing.BadDrawing) as refused:
            drawing.halves(SQUARE, [at(*one) for one in line])
        assert refused.value.code == why


class TestRedrawn:
    TILES = {"a": box(*at(0, 0), *at(0.5, 1)), "b": box(*at(0.5, 0), *at(1, 1))}

    @settings(max_examples=40, deadline=None)
    @given(west=st.floats(-0.2, 0.6), east=st.floats(0.3, 0.9), south=st.floats(-0.2, 0.4), north=st.floats(0.6, 1.2))
    def test_what_one_gains_another_loses_and_nothing_is_left_over(self, west, east, south, north):
        if east - west < 0.1:
            return
        changed = drawing.redrawn("a", box(*at(west, south), *at(east, north)), self.TILES, SQUARE)
        after = {**self.TILES, **changed}
        assert drawing.overlap(after) is None
        # What "a" gives up on its free sides has no other neighbour than "b", unless they do not touch there.
        given_up = self.TILES["a"].difference(after["a"])
        assert not drawing.missing(SQUARE, [*after.values(), given_up])
        assert not drawing.outside(after["a"], SQUARE)

    def test_a_neighbour_that_would_be_swallowed_is_named(self):
        with pytest.raises(drawing.BadDrawing) as refused:
            drawing.redrawn("a", SQUARE, self.TILES, SQUARE)
        assert refused.value.args == ("swallows", "b")


@given(total=st.integers(0, 100_000), weights=st.dictionaries(st.text("ab", min_size=1, max_size=3), st.floats(0, 1e6)))
def test_shared_out_counts_add_up_and_none_is_negative(total, weights):
    found = drawing.shares(total, weights)
    assert sum(found.values()) == (total if weights else 0)
    assert all(one >= 0 for one in found.values())


class TestHeirs:
    LEFT, RIGHT = box(*at(0, 0), *at(0.5, 1)), box(*at(0.5, 0), *at(1, 1))
    SPLIT = Heirs.made([("111", "111"), ("111", "112")], {"111": LEFT, "112": RIGHT}, ["111"])

    @pytest.mark.parametrize(
        ("code", "point", "home"),
        [
            ("111", (0.2, 0.5), "111"),
            ("111", (0.8, 0.5), "112"),
            ("111", None, "111"),
            ("111", (5, 5), "111"),  # lies in none of them: as one without a point
            ("119", (0.8, 0.5), "119"),
            ("11", (0.8, 0.5), "11"),
        ],
    )
    def test_a_thing_goes_where_it_lies(self, code, point, home):
        lng, lat = at(*point) if point else (None, None)
        assert self.SPLIT.home(code, lng, lat) == home

    def test_a_grant_stands_for_every_part_but_never_for_a_neighbour_that_was_there(self):
        assert self.SPLIT.spread("111") == ("111", "112")
        redrawn = Heirs.made([("111", "111"), ("111", "112"), ("112", "112")], {}, ["111", "112"])
        assert redrawn.spread("111") == ("111",)
        merged = Heirs.made([("111", "111"), ("112", "111")], {}, ["111", "112"])
        assert merged.spread("112") == ("111",)
        assert merged.codes == ("111", "112")


def test_what_is_written_reads_the_same():
    assert shape(drawing.written(SQUARE)).equals(drawing.clean(SQUARE))
