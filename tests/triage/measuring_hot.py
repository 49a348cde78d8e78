"""How good groups of messages are, by marks of `data/hot_open.csv` or any set of its form (data/README.md).

`python -m tests.triage.measuring_hot`, with the real messages in the folder of `HUYING_REAL_DATA`; once with `--sealed`.
"""

import base64
import csv
import io
import json
import lzma
import os
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import combinations
from pathlib import Path
from time import perf_counter

from huying.triage.hot import Voice, issues
from huying.triage.masking import mask
from huying.triage.same import Call

DATA = Path(__file__).resolve().parent / "data"
TODAY = date(2020, 1, 31)


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


def groups_of(folder: Path) -> dict[tuple[str, str], str]:
    """The issue of each message (file, id) of `citizen-messages` that is in one, each message a caller of its own."""
    calls = list(_messages(folder))
    found = issues(calls, {call.id: Voice(frozenset([call.id])) for call in calls}, today=TODAY)
    return {(id.partition(":")[0], id.partition(":")[2]): one.name for one in found for id in one.calls}


def _messages(folder: Path) -> Iterator[Call]:
    for name in ("replies", "unlabelled"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                at = datetime.fromisoformat(row["time"])
                yield Call.of(f"{name}:{row['id']}", mask(row["title"]), mask(row["body"]), at)


def marks(name: str) -> list[dict[str, str]]:
    """A set's rows; those of a sealed one are counted and never shown."""
    if name.endswith("_sealed"):
        packed = (DATA / f"{name}.csv.xz.b64").read_text(encoding="ascii")
        return list(csv.DictReader(io.StringIO(lzma.decompress(base64.b64decode(packed)).decode())))
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    names = ["hot_sealed"] if "--sealed" in sys.argv[1:] else ["hot_open", "hot_groups_open"]
    began = perf_counter()
    found = groups_of(Path(os.environ["HUYING_REAL_DATA"]) / "citizen-messages")
    told: dict[str, object] = {"seconds": round(perf_counter() - began, 1)}
    told["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for name in names:
        for reposts in (True, False):
            one = measure(marks(name), found, reposts=reposts)
            shares = {"precision": round(one.precision, 4), "recall": round(one.recall, 4)}
            told[f"{name}{'' if reposts else ' without reposts'}"] = {**asdict(one), **shares}
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
