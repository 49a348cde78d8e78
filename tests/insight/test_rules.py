"""Measures, formulas and months by hand: each worked example is worked out again."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.insight.rules import EXAMPLES, FORMULAS, SHIPPED, Month, Rate, Terms, examples_of, month_of, score_of
from huying.insight.rules.formulas import POSTS, UNIT, band_of
from huying.insight.rules.measures import rounded
from huying.insight.rules.months import to_propose
from huying.places.rules import SHANGHAI

# By hand, from the counts in `EXAMPLES`:
# 监督员 36/40*40 + 18/20*25 + 8/10*25 + 40/50*10 = 36 + 22.5 + 20 + 8
# 受理员 150/200*25 + 141/150*40 + 95/100*35 = 18.75 + 37.6 + 33.25
# 值班长 108/120*25 + 117/120*40 + 76/80*35 = 22.5 + 39 + 33.25
# 派遣员 1*20 + 247/260*40 + 240/250*40 = 20 + 38 + 38.4
# 吹哨报到 18/20*30 + 17/20*40 + 15/16*30 = 27 + 34 + 28.125
# 专业部门 76/80*30 + 68/76*30 + (1 - 4/76)*30 + 9 = 28.5 + 510/19 + 540/19 + 9
BY_HAND = {
    "supervisor": (Fraction("86.5"), "86.5", "B"),
    "intake": (Fraction("89.6"), "89.6", "B"),
    "duty_head": (Fraction("94.75"), "94.8", "A"),
    "dispatcher": (Fraction("96.4"), "96.4", "A"),
    "whistle": (Fraction("89.125"), "89.1", "B"),
    "unit": (Fraction("37.5") + Fraction(1050, 19), "92.8", "A"),
}


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda one: one.code)
def test_each_formula_gives_what_its_example_gives_by_hand(formula):
    score = score_of(formula, EXAMPLES[formula.code], SHIPPED)
    assert (score.total, score.printed, score.band) == BY_HAND[formula.code]


def test_examples_are_kept_exactly_and_terms_come_back_as_they_were_written():
    kept = examples_of(SHIPPED)
    assert {code: (Fraction(one["exact"]), one["score"], one["band"]) for code, one in kept.items()} == BY_HAND
    assert Terms.read(SHIPPED.written()).written() == SHIPPED.written()
    assert SHIPPED.problems() == {}
    assert not SHIPPED.posts
    assert not SHIPPED.units


@pytest.mark.parametrize(
    ("score", "band"),
    [
        ("100", "A"),
        ("90", "A"),
        ("89.99", "B"),
        ("75", "B"),
        ("74.9", "C"),
        ("60", "C"),
        ("40", "D"),
        ("39", "E"),
        ("0", "E"),
    ],
)
def test_bands_begin_on_their_floor_and_go_by_the_exact_score(score, band):
    assert band_of(Fraction(score), SHIPPED.bands) == band


@pytest.mark.parametrize(
    ("orders", "points"),
    [(1, "10.0"), (50, "10.0"), (51, "9.0"), (100, "9.0"), (200, "7.5"), (500, "6.0"), (1000, "4.0"), (5000, "4.0")],
)
def test_points_for_volume_fall_with_the_number_of_orders(orders, points):
    parts = score_of(UNIT, {"leads": orders, "leads_completed": orders}, SHIPPED).parts
    assert next(one.points for one in parts if one.part.code == "volume") == points


def test_a_part_with_nothing_to_count_gives_its_weight_to_the_others():
    only = score_of(UNIT, {"leads": 20, "leads_completed": 10}, SHIPPED)
    assert only.total == Fraction(30 * 1, 2) * 100 / 40 + Fraction(10) * 100 / 40
    assert [one.points for one in only.parts] == ["15.0", "", "", "10.0"]


def test_nothing_at_all_has_no_score_and_few_have_no_band():
    assert score_of(UNIT, {}, SHIPPED).total is None
    few = score_of(UNIT, {"leads": 9, "leads_completed": 9}, SHIPPED)
    assert (few.printed, few.band) == ("100.0", "")
    assert score_of(UNIT, {"leads": 10, "leads_completed": 10}, SHIPPED).band == "A"


NAMES = sorted({name for one in EXAMPLES.values() for name in one})


@given(st.lists(st.integers(0, 500), min_size=len(NAMES), max_size=len(NAMES)))
def test_a_score_lies_between_nothing_and_a_hundred_where_no_part_is_larger_than_its_whole(counts):
    sums = dict(zip(NAMES, counts, strict=True))
    for one in ("patrols", "filed", "leads"):
        sums[f"{one}_valid"] = min(sums.get(f"{one}_valid", 0), sums.get(one, 0))
    sums["leads_completed"] = min(sums.get("leads_completed", 0), sums.get("leads", 0))
    for name in [one for one in sums if one.endswith("_met")]:
        sums[name] = min(sums[name], sums.get(name.replace("_met", "_of"), 0))
    for part, whole in (
            ("city_found", "city"), ("reworked", "submitted"), ("directed", "dispatched"),
            ("whistles_closed", "whistles"),
        ):  # fmt: skip
        sums[part] = min(sums.get(part, 0), sums.get(whole, 0))
    for formula in (*POSTS, UNIT):
        total = score_of(formula, sums, SHIPPED).total
        assert total is None or 0 <= total <= 100


@pytest.mark.parametrize(
    ("number", "printed"), [("82.25", "82.3"), ("82.249", "82.2"), ("0.05", "0.1"), ("99.95", "100.0"), ("0", "0.0")]
)
def test_half_a_tenth_is_rounded_upwards(number, printed):
    assert rounded(Fraction(number)) == printed


def test_a_rate_prints_both_its_numbers_and_says_when_it_is_too_small():
    satisfied = Rate(Fraction(349) + Fraction(2, 5), 394)
    assert (satisfied.percent, satisfied.above, satisfied.few) == ("88.7", "349.4", False)
    assert (Rate(Fraction(0), 0).percent, Rate(Fraction(9), 9).few, Rate(Fraction(9), 10).few) == ("", True, False)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fair": Fraction(11, 10)}, "fair"),
        ({"bands": (("A", 90), ("B", 95), ("E", 0))}, "bands"),
        ({"bands": (("A", 90), ("E", 10))}, "bands"),
        ({"weights": {**SHIPPED.weights, "unit": {"closing": 30, "on_time": 30, "rework": 30, "volume": 11}}}, "unit"),
        ({"weights": {**SHIPPED.weights, "unit": {"closing": 100}}}, "unit"),
        ({"norms": {"intake": 0, "dispatcher": 10}}, "norms"),
    ],
)
def test_terms_that_do_not_add_up_are_named_by_field(change, field):
    assert set(replace(SHIPPED, **change).problems()) == {field}


def test_months_go_by_the_calendar_of_china():
    assert str(month_of(datetime(2026, 10, 31, 16, 0, tzinfo=SHANGHAI) + timedelta(hours=8))) == "2026-11"
    assert (Month(202612).next, Month(202701).last, str(Month.read("2026-01"))) == (
        Month(202701),
        Month(202612),
        "2026-01",
    )
    assert Month(202612).ends == datetime(2027, 1, 1, tzinfo=SHANGHAI)
    for wrong in ("2026-13", "2026-1", "202610", "1999-01", "", "2026-10-01"):
        with pytest.raises(ValueError):
            Month.read(wrong)


def test_freezing_is_proposed_from_the_tenth_on():
    assert to_propose(datetime(2026, 11, 9, 23, 59, tzinfo=SHANGHAI)) is None
    assert to_propose(datetime(2026, 11, 10, tzinfo=SHANGHAI)) == Month(202610)
