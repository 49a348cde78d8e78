"""The catalogue's words and a learned model as one: the more cases of a type it learned, the more the model says.

A code's likelihood is the model's times trust plus the catalogue's times what is left; trust is n / (n + ENOUGH) for n
corrected or closed cases of that type, so a type added today is suggested by its words alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from huying.triage.suggestion import Suggestion, Suggests

ENOUGH = 10  # cases of a type after which its model and its words count the same
LISTED = 10  # suggestions that are asked of each side
FEWEST_PAIRS = 30  # below these nothing is fitted
_TEMPERATURES = tuple(round(0.4 * 1.1**step, 4) for step in range(24))  # 0.4 to 3.6
_LEAST = 1e-6


@dataclass(frozen=True)
class Together:
    """Both sides, the cases learned from by code, and the temperature that makes the confidence honest."""

    cold: Suggests
    model: Suggests
    examples: Mapping[str, int] = field(default_factory=dict)
    temperature: float = 1.0

    def suggest(self, words: str, *, top: int = 3) -> list[Suggestion]:
        said = {one.code: one for one in self.cold.suggest(words, top=LISTED)}
        learned = {one.code: one for one in self.model.suggest(words, top=LISTED)}
        likely = self._joined(said, learned)
        sure = tempered(likely, self.temperature)
        best = sorted(sure, key=lambda code: (-sure[code], code))[: max(top, 0)]
        return [Suggestion(code, sure[code], _reasons(said.get(code), learned.get(code))) for code in best]

    def _joined(self, said: Mapping[str, Suggestion], learned: Mapping[str, Suggestion]) -> dict[str, float]:
        found: dict[str, float] = {}
        for code in sorted({*said, *learned}):
            cases = max(self.examples.get(code, 0), 0)
            trust = cases / (cases + ENOUGH)
            by_words = said[code].confidence if code in said else 0.0
            by_model = learned[code].confidence if code in learned else 0.0
            likelihood = trust * by_model + (1 - trust) * by_words
            if likelihood > 0:
                found[code] = likelihood
        return found


def together(
    cold: Suggests,
    model: Suggests | None,
    *,
    examples: Mapping[str, int] | None = None,
    pairs: Iterable[tuple[str, str]] = (),
) -> Suggests:
    """Both as one; the catalogue alone where there is no model.

    `examples`: corrected and closed cases by code that the model has learned from. `pairs`: words and right code of
    cases that neither side has learned from; with at least `FEWEST_PAIRS` of them the confidence is fitted to them.
    """
    if model is None:
        return cold
    plain = Together(cold, model, dict(examples or {}))
    return Together(cold, model, plain.examples, fitted(plain, list(pairs)))


def fitted(plain: Suggests, pairs: Sequence[tuple[str, str]]) -> float:
    """The temperature under which the right codes of the pairs are likeliest; 1 where there are too few pairs."""
    if len(pairs) < FEWEST_PAIRS:
        return 1.0
    seen = [({one.code: one.confidence for one in plain.suggest(words, top=LISTED)}, code) for words, code in pairs]

    def loss(temperature: float) -> float:
        total = 0.0
        for likely, code in seen:
            sure = tempered(likely, temperature)
            right = sure.get(code)
            total -= math.log(max(1.0 - sum(sure.values()) if right is None else right, _LEAST))
        return total

    return min(_TEMPERATURES, key=lambda one: (loss(one), one))


def tempered(likely: Mapping[str, float], temperature: float) -> dict[str, float]:
    """Likelihoods, brought to a sum of at most 1 and made bolder (below 1) or meeker (above 1); their order stays."""
    none_of_them = max(1.0 - sum(likely.values()), 0.0)
    raised = {code: one ** (1 / temperature) for code, one in likely.items()}
    whole = sum(raised.values()) + none_of_them ** (1 / temperature)
    return {code: min(one / whole, 1.0) for code, one in raised.items()} if whole else {}


def _reasons(said: Suggestion | None, learned: Suggestion | None) -> tuple[str, ...]:
    words = (*(said.words if said else ()), *(learned.words if learned else ()))
    return tuple(dict.fromkeys(words))[:4]
