"""Terms of scoring: weights, bands and the share of 基本满意, as one versioned row with worked examples beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from huying.insight.rules.formulas import FORMULAS, score_of
from huying.insight.rules.measures import rounded
from huying.kernel.terms import Label, Term, _

LARGEST_NORM: Final = 100_000


class TermsState(Term):
    PROPOSED = "proposed", _("待批准")
    IN_FORCE = "in_force", _("已生效")
    REFUSED = "refused", _("没有批准")


@dataclass(frozen=True)
class Terms:
    """How rates become scores. `fair` weighs 基本满意; `weights` of each formula sum to 100; `norms` are counts that
    earn a whole volume; `steps` are (at most so many orders, points) of a unit's volume, falling.
    Scores of posts and of units are off until an area's head switches them on."""

    version: str
    fair: Fraction
    bands: tuple[tuple[str, int], ...]
    weights: Mapping[str, Mapping[str, int]] = field(hash=False)
    norms: Mapping[str, int] = field(hash=False)
    steps: tuple[tuple[int, Fraction], ...]
    posts: bool = False
    units: bool = False

    def written(self) -> dict[str, Any]:
        """As JSON keeps it; fractions as texts."""
        return {
            "version": self.version,
            "fair": str(self.fair),
            "bands": [list(one) for one in self.bands],
            "weights": {code: dict(parts) for code, parts in self.weights.items()},
            "norms": dict(self.norms),
            "steps": [[most, str(points)] for most, points in self.steps],
            "posts": self.posts,
            "units": self.units,
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Terms:
        return cls(
            version=kept["version"],
            fair=Fraction(kept["fair"]),
            bands=tuple((name, floor) for name, floor in kept["bands"]),
            # Terms that were written before a formula came have no weights for it: as shipped, until a new version.
            weights={**SHIPPED.weights, **kept["weights"]},
            norms=kept["norms"],
            steps=tuple((most, Fraction(points)) for most, points in kept["steps"]),
            posts=kept["posts"],
            units=kept["units"],
        )

    def problems(self) -> dict[str, list[Label]]:
        """What is wrong, by field; nothing where the terms may be proposed."""
        found: dict[str, list[Label]] = {}
        if not 0 <= self.fair <= 1:
            found["fair"] = [_("系数在 0 到 1 之间。")]
        for formula in FORMULAS:
            parts = self.weights.get(formula.code, {})
            if set(parts) != {one.code for one in formula.parts} or any(one < 0 for one in parts.values()):
                found[formula.code] = [_("每一项都要有权重，不能小于 0。")]
            elif sum(parts.values()) != 100:
                found[formula.code] = [_("各项权重加起来要等于 100。")]
        floors = [floor for _name, floor in self.bands]
        if len(floors) < 2 or floors != sorted(set(floors), reverse=True) or floors[-1] != 0 or floors[0] > 100:
            found["bands"] = [_("档次要从高到低，最后一档从 0 起。")]
        if any(not 1 <= one <= LARGEST_NORM for one in self.norms.values()):
            found["norms"] = [_("满分的工作量要大于 0。")]
        return found

    def changed(self, **values: Any) -> Terms:
        return replace(self, **values)


SHIPPED: Final = Terms(
    version="2026-1",
    fair=Fraction(4, 5),
    bands=(("A", 90), ("B", 75), ("C", 60), ("D", 40), ("E", 0)),
    # The source gives no weights for 监督员; these are ours.
    weights={
        "supervisor": {"valid": 40, "verify": 25, "check": 25, "missed": 10},
        "intake": {"volume": 25, "verify": 40, "check": 35},
        "duty_head": {"on_time": 25, "accurate": 40, "closing": 35},
        "dispatcher": {"volume": 20, "on_time": 40, "accurate": 40},
        # Nor is there a published one for whistles: another of ours.
        "whistle": {"answer": 30, "arrive": 40, "closed": 30},
        "unit": {"closing": 30, "on_time": 30, "rework": 30, "volume": 10},
    },
    # The source measures volume within a group of persons; here it is the month of a post, against a stated count.
    norms={"intake": 200, "dispatcher": 200},
    steps=((50, Fraction(10)), (100, Fraction(9)), (200, Fraction(15, 2)), (500, Fraction(6)), (1000, Fraction(4))),
)

EXAMPLES: Final[Mapping[str, Mapping[str, int]]] = {
    "supervisor": {
        "patrols": 40, "patrols_valid": 36, "verify_of": 20, "verify_met": 18, "check_of": 10, "check_met": 8,
        "city": 50, "city_found": 40,
    },
    "intake": {"cases": 150, "intake_of": 150, "intake_met": 141, "review_of": 100, "review_met": 95},
    "duty_head": {
        "filed": 120, "filed_valid": 117, "file_of": 120, "file_met": 108, "call_back_of": 80, "call_back_met": 76,
    },
    "dispatcher": {"dispatched": 250, "directed": 240, "dispatch_of": 260, "dispatch_met": 247},
    "whistle": {
        "whistle_answer_of": 20, "whistle_answer_met": 18, "whistle_arrive_of": 20, "whistle_arrive_met": 17,
        "whistles": 16, "whistles_closed": 15,
    },
    "unit": {
        "leads": 80, "leads_completed": 76, "handle_of": 76, "handle_met": 68, "submitted": 76, "reworked": 4,
    },
}  # fmt: skip
"""Counts on which each formula is worked out beside every version of the terms."""


def examples_of(terms: Terms) -> dict[str, dict[str, Any]]:
    """Every formula worked out on its example: the counts, the exact score, the printed one and the band."""
    found = {}
    for formula in FORMULAS:
        sums = EXAMPLES[formula.code]
        score = score_of(formula, sums, terms)
        assert score.total is not None
        found[formula.code] = {
            "counts": dict(sums), "exact": str(score.total), "score": rounded(score.total), "band": score.band,
        }  # fmt: skip
    return found
