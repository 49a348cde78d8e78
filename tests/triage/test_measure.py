"""Figures of a model against labels, counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.triage.measure import automatic, calibration_error, measure


def test_figures_counted_by_hand():
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])
    found = measure(("a", "b"), ["a", "a", "b", "b"], shares)
    assert (found["n"], found["accuracy"]) == (4, 0.75)
    assert found["per_class"]["a"] == {"n": 2, "precision": 0.6667, "recall": 1.0, "f1": 0.8}
    assert found["per_class"]["b"] == {"n": 2, "precision": 1.0, "recall": 0.5, "f1": 0.6667}
    assert found["macro_f1"] == pytest.approx(0.7333)
    assert (found["auto_98"], found["auto_95"]) == (0.75, 0.75)
    assert found["ece"] == pytest.approx((0.1 + 0.2 + 0.6 + 0.3) / 4)


def test_a_label_that_the_model_does_not_know_counts_as_missed():
    found = measure(("a", "b"), ["a", "c"], np.array([[0.9, 0.1], [0.9, 0.1]]))
    assert found["accuracy"] == 0.5
    assert found["per_class"]["c"] == {"n": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert "b" not in found["per_class"]


def test_what_is_equally_sure_goes_together():
    sure, right = np.array([0.9, 0.9, 0.8]), np.array([True, False, True])
    assert automatic(sure, right, 0.98) == 0
    assert automatic(sure, right, 0.5) == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_shares_are_shares_whatever_comes(rows):
    sure, right = np.array([one[0] for one in rows]), np.array([one[1] for one in rows])
    assert 0 <= calibration_error(sure, right) <= 1
    low, high = automatic(sure, right, 0.95), automatic(sure, right, 0.98)
    assert 0 <= high <= low <= 1
