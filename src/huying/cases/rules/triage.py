"""Triage in the product: how sure a suggestion is in words, when a rule may act on it, and how it is measured."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from huying.kernel.terms import Term, _

BY_RULE: Final = "cases.triage"
"""How acting alone names itself in the history."""
LEAST_LIMIT: Final = 80
"""No street lets a rule act below this confidence, in percent."""
LEAST_SHOWN: Final = 10
"""Numbers under this are not shown as shares."""
LEAST_CASES: Final = 300
"""Closed cases that a street needs before a model is learned from them."""
LEAST_HELD_BACK: Final = 50
"""Cases held back that a model is measured on before it is used."""
MOST_PAIRS: Final = 60
STEPS: Final = (80, 85, 90, 95, 97, 98, 99)
"""Limits that the page of figures compares, in percent."""


class ModelState(Term):
    IN_USE = "in_use", _("在用")
    KEPT_BACK = "kept_back", _("没有更好，不用")
    RETIRED = "retired", _("用过")


class ModelVerb(Term):
    """Lines of a model's history."""

    LEARN = "learn", _("学出新版本")
    USE = "use", _("改用这一版")
    STOP = "stop", _("停用模型，只看清单的词")


class Sureness(Term):
    """A confidence in words."""

    SURE = "sure", _("很有把握")
    LIKELY = "likely", _("比较有把握")
    UNSURE = "unsure", _("拿不准")
    GUESS = "guess", _("只是猜测")


_FROM: Final = ((0.95, Sureness.SURE), (0.75, Sureness.LIKELY), (0.4, Sureness.UNSURE))
LEAST_OFFERED: Final = 0.01
"""Less sure than this is no help to choose from, but for the best one on a desk."""
LOW: Final = 0.4
"""Below this a suggestion counts as one of low confidence."""


def sureness(confidence: float) -> Sureness:
    return next((one for least, one in _FROM if confidence >= least), Sureness.GUESS)


@dataclass(frozen=True)
class CallFacts:
    """What a rule must know of a call before it may act on it."""

    danger: bool
    restricted: bool  # confidential, or somebody keeps away
    confidential_type: bool
    unplaced: bool
    drill: bool
    imported: bool
    chosen: bool  # the caller or a clerk has named a type that is another one


def asks_for_eyes(facts: CallFacts) -> bool:
    """Whether something about the call wants a person, however sure triage is."""
    return (
        facts.danger
        or facts.restricted
        or facts.confidential_type
        or facts.unplaced
        or facts.drill
        or facts.imported
        or facts.chosen
    )


def may_act(facts: CallFacts, confidence: float, percent: int | None) -> bool:
    """Whether a rule may act alone: the street has a limit for the type, and nothing about the call asks for eyes."""
    return percent is not None and not asks_for_eyes(facts) and confidence >= max(percent, LEAST_LIMIT) / 100


@dataclass(frozen=True)
class Judged:
    """One suggestion and what the case was in the end."""

    suggested: str
    confidence: float
    final: str

    @property
    def right(self) -> bool:
        return self.suggested == self.final


@dataclass(frozen=True)
class AtLimit:
    """What a limit would have done: how many of all calls of the type it would have acted on, how many rightly.

    `share` and `precision` are None where the numbers are too small to say.
    """

    percent: int
    acted: int
    right: int
    share: float | None
    precision: float | None

    @property
    def precision_percent(self) -> float | None:
        """In percent, cut off and not rounded: 97.96 is not 98."""
        return None if self.precision is None else int(self.precision * 1000) / 10


def at_limits(judged: Iterable[Judged], steps: Iterable[int] = STEPS) -> list[AtLimit]:
    """Precision against share at each limit, over the suggestions of one type (or of all)."""
    every = list(judged)
    found = []
    for percent in steps:
        over = [one for one in every if one.confidence >= percent / 100]
        right = sum(one.right for one in over)
        enough = len(over) >= LEAST_SHOWN
        found.append(
            AtLimit(
                percent,
                len(over),
                right,
                len(over) / len(every) if enough else None,
                right / len(over) if enough else None,
            )
        )
    return found


def mistaken(judged: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    """Pairs of a suggested and a final type that differ, with how often, the most frequent first."""
    found = Counter((suggested, final) for suggested, final in judged if suggested and final and suggested != final)
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def held_back(case_id: UUID) -> bool:
    """Whether no model ever learns from this case: one in five, always the same, so that all are measured alike."""
    return hashlib.sha256(case_id.bytes).digest()[0] % 5 == 0


@dataclass(frozen=True)
class Scores:
    """How good suggestions are on the cases held back. `low` and `known`: the share of suggestions of low confidence,
    and how much of a call had been met in learning: what later weeks are compared with."""

    n: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    low: float
    known: float
    types: tuple[tuple[str, int, int, int], ...] = ()  # type, how often it was so, suggested, suggested rightly
    confused: tuple[tuple[str, str, int], ...] = ()  # final type, suggested type, how often

    @classmethod
    def of(cls, judged: Iterable[Judged], known: float = 1.0) -> Scores:
        every = list(judged)
        was = Counter(one.final for one in every)
        told = Counter(one.suggested for one in every if one.suggested)
        hits = Counter(one.final for one in every if one.right)
        names = sorted({*was, *told})
        f1 = [2 * hits[name] / (was[name] + told[name]) for name in names]
        n = len(every) or 1
        pairs = mistaken((one.suggested, one.final) for one in every)
        return cls(
            n=len(every),
            accuracy=round(sum(one.right for one in every) / n, 4),
            macro_f1=round(sum(f1) / len(f1), 4) if f1 else 0.0,
            calibration_error=round(_calibration_error(every), 4),
            low=round(sum(one.confidence < LOW for one in every) / n, 4),
            known=round(known, 4),
            types=tuple((name, was[name], told[name], hits[name]) for name in names),
            confused=tuple((final, suggested, count) for (suggested, final), count in pairs[:MOST_PAIRS]),
        )


def _calibration_error(judged: list[Judged]) -> float:
    """How far confidence and share of right answers lie apart, over ten equal steps of confidence."""
    gaps: dict[int, float] = {}
    for one in judged:
        step = min(int(one.confidence * 10), 9)
        gaps[step] = gaps.get(step, 0.0) + one.right - one.confidence
    return sum(map(abs, gaps.values())) / len(judged) if judged else 0.0


def better(new: Scores, old: Scores) -> bool:
    """Whether a new model takes the place of what is used now, both measured on the same cases held back."""
    return (new.macro_f1, new.accuracy) > (old.macro_f1, old.accuracy) and new.accuracy >= old.accuracy
