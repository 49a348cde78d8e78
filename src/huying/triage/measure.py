"""How good shares are, on messages whose label is known: pure counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Equal steps of confidence in which the calibration error is summed."""


class ClassMeasures(TypedDict):
    n: int
    precision: float
    recall: float
    f1: float


class Measures(TypedDict):
    """`ece`: how far confidence and share of right answers lie apart on average. `auto_98`: the largest share of
    messages, the surest first, of which at least 98 % are right; `auto_95` likewise."""

    n: int
    accuracy: float
    macro_f1: float
    per_class: dict[str, ClassMeasures]
    ece: float
    auto_98: float
    auto_95: float


def measure(classes: Sequence[str], labels: Sequence[str], shares: NDArray[np.float64]) -> Measures:
    """Compare shares (a row a message, a column a class) with the labels.

    The mean over classes goes over those that stand in the labels or are named by the model.
    """
    names = [*classes, *sorted(set(labels) - set(classes))]
    truth = np.array([names.index(label) for label in labels])
    guess = shares.argmax(axis=1)
    sure, right = shares.max(axis=1), guess == truth
    per_class: dict[str, ClassMeasures] = {}
    for number, name in enumerate(names):
        told, meant = guess == number, truth == number
        hits = int((told & meant).sum())
        if told.any() or meant.any():
            per_class[name] = {
                "n": int(meant.sum()),
                "precision": _share(hits, int(told.sum())),
                "recall": _share(hits, int(meant.sum())),
                "f1": _share(2 * hits, int(told.sum() + meant.sum())),
            }
    return {
        "n": len(truth),
        "accuracy": _share(int(right.sum()), len(truth)),
        "macro_f1": round(float(np.mean([one["f1"] for one in per_class.values()])), 4),
        "per_class": per_class,
        "ece": round(calibration_error(sure, right), 4),
        "auto_98": automatic(sure, right, 0.98),
        "auto_95": automatic(sure, right, 0.95),
    }


def calibration_error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The expected calibration error over equal steps of confidence."""
    steps = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = np.bincount(steps, right - sure, minlength=BINS)
    return float(np.abs(gaps).sum() / len(sure))


def automatic(sure: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    """The largest share, the surest first, that is right at least so often; equally sure ones go together."""
    order = np.argsort(-sure, kind="stable")
    taken = np.arange(1, len(order) + 1)
    enough = np.cumsum(right[order]) >= precision * taken - 1e-9
    enough[:-1] &= sure[order][:-1] > sure[order][1:]
    return _share(int(taken[enough].max(initial=0)), len(order))


def _share(above: int, of: int) -> float:
    return round(above / of, 4) if of else 0.0
