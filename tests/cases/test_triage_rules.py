"""Triage in the product, pure: when a rule may act, and how it is measured."""

from dataclasses import fields, replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.cases.rules.triage import (
    LEAST_LIMIT,
    LEAST_SHOWN,
    STEPS,
    CallFacts,
    Judged,
    Scores,
    at_limits,
    better,
    held_back,
    may_act,
    mistaken,
    sureness,
)

PLAIN = CallFacts(*[False] * len(fields(CallFacts)))
TYPES = st.sampled_from(["0101", "0103", "0301", ""])
JUDGED = st.lists(st.builds(Judged, TYPES, st.floats(0, 1), TYPES.filter(bool)), max_size=60)


class TestMayAct:
    def test_it_acts_from_the_streets_limit_on(self):
        assert may_act(PLAIN, 0.98, 98)
        assert not may_act(PLAIN, 0.979, 98)

    def test_it_never_acts_without_a_limit(self):
        assert not may_act(PLAIN, 1.0, None)

    @pytest.mark.parametrize("name", [one.name for one in fields(CallFacts)])
    def test_whatever_asks_for_eyes_is_left_to_a_person(self, name):
        assert not may_act(replace(PLAIN, **{name: True}), 1.0, LEAST_LIMIT)

    @given(st.integers(0, LEAST_LIMIT), st.floats(0, LEAST_LIMIT / 100, exclude_max=True))
    def test_no_limit_reaches_below_the_least(self, percent, confidence):
        assert not may_act(PLAIN, confidence, percent)


class TestAtLimits:
    @given(JUDGED)
    def test_a_higher_limit_acts_on_fewer_and_small_numbers_are_no_shares(self, judged):
        found = at_limits(judged)
        assert [one.percent for one in found] == list(STEPS)
        assert all(high.acted <= low.acted for low, high in zip(found, found[1:], strict=False))
        assert all((one.share is None) == (one.acted < LEAST_SHOWN) for one in found)
        assert all(one.precision is None or one.right == round(one.precision * one.acted) for one in found)

    def test_precision_is_cut_off_and_never_rounded_up(self):
        judged = [Judged("0101", 0.99, "0101")] * 2999 + [Judged("0101", 0.99, "0103")]
        assert at_limits(judged)[0].precision_percent == 99.9


class TestMistaken:
    def test_the_most_frequent_pair_comes_first_and_what_was_right_is_none(self):
        judged = [("a", "b"), ("a", "a"), ("b", "a"), ("a", "b"), ("", "a")]
        assert mistaken(judged) == [(("a", "b"), 2), (("b", "a"), 1)]


class TestScores:
    @given(JUDGED, st.randoms())
    def test_the_order_of_cases_says_nothing(self, judged, random):
        again = list(judged)
        random.shuffle(again)
        one, other = Scores.of(judged), Scores.of(again)
        assert (one.n, one.accuracy, one.macro_f1, one.types, one.confused) == (
            other.n,
            other.accuracy,
            other.macro_f1,
            other.types,
            other.confused,
        )
        assert one.calibration_error == pytest.approx(other.calibration_error, abs=1e-3)

    @given(JUDGED)
    def test_a_model_is_never_better_than_itself(self, judged):
        scores = Scores.of(judged)
        assert not better(scores, scores)

    def test_one_that_is_surer_but_less_often_right_is_not_better(self):
        right, wrong = Judged("0101", 0.6, "0101"), Judged("0103", 0.99, "0101")
        assert better(Scores.of([right, right]), Scores.of([right, wrong]))
        assert not better(Scores.of([wrong, wrong]), Scores.of([right, wrong]))


def test_one_case_in_five_is_held_back_and_always_the_same_ones():
    ids = [uuid4() for _each in range(2000)]
    apart = [one for one in ids if held_back(one)]
    assert 250 < len(apart) < 550
    assert apart == [one for one in ids if held_back(one)]


@pytest.mark.parametrize(
    ("confidence", "word"), [(1, "sure"), (0.95, "sure"), (0.8, "likely"), (0.5, "unsure"), (0, "guess")]
)
def test_a_confidence_has_a_word(confidence, word):
    assert sureness(confidence) == word
