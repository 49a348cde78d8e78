"""Scores of posts and units: parts of a hundred, each a rate or a volume, weighed by the terms.

The formulas are those of the open code for city management (RULES part 1, "post scores"); a post is scored as a whole
over an area, never a person. A part with nothing below its line is not scored, and the others carry its weight in
proportion; a score without any part is none. Exact until it is printed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol

from huying.insight.rules.measures import BY_CODE, LEAST, rate_of, rounded
from huying.kernel.terms import Label, _


class Weights(Protocol):
    """What a formula asks of the terms."""

    @property
    def fair(self) -> Fraction: ...
    @property
    def bands(self) -> Sequence[tuple[str, int]]: ...
    @property
    def weights(self) -> Mapping[str, Mapping[str, int]]: ...
    @property
    def norms(self) -> Mapping[str, int]: ...
    @property
    def steps(self) -> Sequence[tuple[int, Fraction]]: ...


@dataclass(frozen=True)
class Part:
    """One part of a formula. `measure`: its share, or what is missing from it (`less`). Else a volume: the count
    `volume` against the norm of the formula, or by falling steps (`falling`)."""

    code: str
    label: Label
    measure: str = ""
    volume: str = ""
    falling: bool = False


@dataclass(frozen=True)
class Formula:
    """A score. `size` is the count that says how large the number is: below ten no band is given."""

    code: str
    label: Label
    size: str
    parts: tuple[Part, ...]


FORMULAS: Final = (
    Formula(
        "supervisor", _("监督员"), "patrols",
        (
            Part("valid", _("有效上报"), "patrol_valid"),
            Part("verify", _("按时核实"), "on_time_verify"),
            Part("check", _("按时核查"), "on_time_check"),
            Part("missed", _("没有漏报"), "city_found"),
        ),
    ),
    Formula(
        "intake", _("受理员"), "cases",
        (
            Part("volume", _("工作量"), volume="cases"),
            Part("verify", _("按时受理送核"), "on_time_intake"),
            Part("check", _("按时审核送查"), "on_time_review"),
        ),
    ),
    Formula(
        "duty_head", _("值班长"), "filed",
        (
            Part("on_time", _("按时立案"), "on_time_file"),
            Part("accurate", _("准确立案"), "filing"),
            Part("closing", _("按时结案"), "on_time_call_back"),
        ),
    ),
    Formula(
        "dispatcher", _("派遣员"), "dispatched",
        (
            Part("volume", _("工作量"), volume="dispatched"),
            Part("on_time", _("按时派单"), "on_time_dispatch"),
            Part("accurate", _("准确派单"), "directed"),
        ),
    ),
    Formula(
        "whistle", _("吹哨报到"), "whistles",
        (
            Part("answer", _("按时应哨"), "whistle_answer"),
            Part("arrive", _("按时报到"), "whistle_arrive"),
            Part("closed", _("销哨"), "whistle_closed"),
        ),
    ),
    Formula(
        "unit", _("专业部门"), "leads",
        (
            Part("closing", _("办结率"), "closing"),
            Part("on_time", _("按时办理"), "on_time_handle"),
            Part("rework", _("没有返工"), "rework"),
            Part("volume", _("工作量"), volume="leads", falling=True),
        ),
    ),
)  # fmt: skip
POSTS: Final = tuple(one for one in FORMULAS if one.code != "unit")
UNIT: Final = FORMULAS[-1]


@dataclass(frozen=True)
class Points:
    """One part as scored: its share of 0 to 1, its weight; no share where there was nothing to count."""

    part: Part
    weight: int
    share: Fraction | None

    @property
    def points(self) -> str:
        return "" if self.share is None else rounded(self.share * self.weight)


@dataclass(frozen=True)
class Score:
    formula: Formula
    parts: tuple[Points, ...]
    total: Fraction | None
    band: str

    @property
    def printed(self) -> str:
        return "" if self.total is None else rounded(self.total)


def band_of(total: Fraction, bands: Sequence[tuple[str, int]]) -> str:
    """The first band whose floor the score reaches, the highest first; the exact score, not the printed one."""
    return next(name for name, floor in bands if total >= floor)


def score_of(formula: Formula, sums: Mapping[str, int], terms: Weights) -> Score:
    weights = terms.weights[formula.code]
    parts = tuple(Points(part, weights[part.code], _share(formula, part, sums, terms)) for part in formula.parts)
    counted = sum(one.weight for one in parts if one.share is not None)
    if not counted or not sums.get(formula.size, 0):
        return Score(formula, parts, None, "")
    total = sum((one.weight * one.share for one in parts if one.share is not None), Fraction(0)) * 100 / counted
    few = sums.get(formula.size, 0) < LEAST
    return Score(formula, parts, total, "" if few else band_of(total, terms.bands))


def _share(formula: Formula, part: Part, sums: Mapping[str, int], terms: Weights) -> Fraction | None:
    if part.volume:
        count = sums.get(part.volume, 0)
        if part.falling:
            # Behind the last step its points hold on: the source names none beyond a thousand.
            points = next((points for most, points in terms.steps if count <= most), terms.steps[-1][1])
            return points / terms.steps[0][1]
        return min(Fraction(1), Fraction(count, terms.norms[formula.code]))
    measure = BY_CODE[part.measure]
    share = rate_of(measure, sums, terms.fair).share
    return share if share is None or not measure.less else 1 - share
