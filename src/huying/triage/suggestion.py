"""What every part of triage answers with: a code, how sure it is, and the words that led there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One choice that a person may take."""

    code: str
    """What is suggested: the code of a matter type, a class, a unit or an area; or a label of the model's own data."""
    confidence: float
    """How often such a suggestion is right, from 0 to 1: calibrated, so of a hundred at 0.9 about ninety are."""
    words: tuple[str, ...] = ()
    """Pieces of the call that spoke for it, the strongest first, as they stand in the (masked) words."""


class Suggests(Protocol):
    """A catalogue's own words, a learned model, or both together."""

    def suggest(self, words: str, *, top: int = 3) -> list[Suggestion]:
        """The best choices, best first, at most `top`; empty where nothing speaks for any. `words`: masked already."""
