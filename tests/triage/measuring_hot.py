"""How good groups of messages are, by marks of `data/hot_open.csv` or any set of its form (data/README.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Figures:
    right: int
    together: int
    pairs: int

    @property
    def precision(self) -> float:
        return self.right / self.together if self.together else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.pairs


def measure(rows: Iterable[Mapping[str, str]], issue_of: Mapping[tuple[str, str], str], *, reposts: bool) -> Figures:
    """Pairs of the listed messages with a member in them; `issue_of` gives the issue of (file, id) that is in one.

    With `reposts=False` rows that repeat another member's text are left out of the universe.
    """
    group: dict[tuple[str, str], str] = {}
    unsure: set[tuple[tuple[str, str], str]] = set()
    listed: set[tuple[str, str]] = set()
    repeated: set[tuple[str, str]] = set()
    for row in rows:
        key = row["file"], row["id"]
        listed.add(key)
        if row["role"] == "member":
            group[key] = row["group"]
        if row["role"] == "unsure":
            unsure.add((key, row["group"]))
        if row["repost_of"]:
            repeated.add(key)
    right = together = pairs = 0
    for one, other in combinations(sorted(listed if reposts else listed - repeated), 2):
        mine, theirs = group.get(one), group.get(other)
        if mine is None and theirs is None:
            continue
        if (other, mine) in unsure or (one, theirs) in unsure:
            continue
        joined = issue_of.get(one) is not None and issue_of.get(one) == issue_of.get(other)
        pairs += mine == theirs
        together += joined
        right += joined and mine == theirs
    return Figures(right, together, pairs)
