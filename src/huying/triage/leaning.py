"""A second look for danger: where letters and pairs of letters of a short text lean to, learned from marked phrases.

`danger` asks it only where its words find nothing. Callers say what they see, and each says it otherwise; what no table
has thought of still leans one way. The weights are those of a logistic regression over tf-idf, written by
`tools/danger_leaning.py` from the marked phrases of the tests; nothing of a caller is ever learned here.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from huying.triage.folding import folded

NUMBERS = ("110", "119", "120", "12356")
"""Which of them fits best is learned too."""
MOST = 120
"""Characters: what is longer tells a story, and has something of every phrase in it."""
BAR = 0.75
"""From this likelihood on it is danger. Set on sets left out in turn; docs/explanation/triage.md has the figures."""


_RUNS = re.compile(r"[^\W_]+")


class Leaning(NamedTuple):
    """How likely a text is danger, and whom to call first if it is."""

    likely: float
    number: str


class _Piece(NamedTuple):
    rarity: float
    danger: float
    numbers: tuple[float, ...]


def pieces(text: str) -> Iterator[str]:
    """Letters and pairs of letters of a text, spelling made alike; stops and signs say nothing."""
    for run in _RUNS.findall(folded(text)):
        yield from run
        for place in range(len(run) - 1):
            yield run[place : place + 2]


def leaning(text: str) -> Leaning | None:
    """None for a text that is too long or has nothing known in it."""
    if len(text) > MOST:
        return None
    table, start = _table()
    counts = Counter(one for one in pieces(text) if one in table)
    if not counts:
        return None
    weights = {one: (1 + math.log(times)) * table[one].rarity for one, times in counts.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    said = start.danger + sum(weight * table[one].danger for one, weight in weights.items()) / length
    fits = [
        first + sum(weight * table[one].numbers[place] for one, weight in weights.items()) / length
        for place, first in enumerate(start.numbers)
    ]
    return Leaning(1 / (1 + math.exp(-said)), NUMBERS[max(range(len(fits)), key=fits.__getitem__)])


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, _Piece], _Piece]:
    """The weights of each piece, and where they start from."""
    text = (files("huying.triage") / "data" / "danger_leaning.txt").read_text(encoding="utf-8")
    table: dict[str, _Piece] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            piece, rarity, said, *numbers = line.split("\t")
            table[piece] = _Piece(float(rarity), float(said), tuple(map(float, numbers)))
    return table, table.pop("")
