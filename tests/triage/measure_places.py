"""How well places are found: takes the rows of a set of `tests/triage/data`, sealed or open, and counts.

python -m tests.triage.measure_places FILE.csv [--dev|--held]; once `place_sealed --sealed`, whose misses stay unseen
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import lzma
import os
import sys
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

DATA = Path(__file__).resolve().parent / "data"


def half_of(row: dict[str, str]) -> str:
    """By a fixed hash of the phrase: what was developed on, and what was held back."""
    return "dev" if hashlib.sha256(row["phrase"].encode()).digest()[0] % 2 == 0 else "held"


@lru_cache(maxsize=1)
def demo() -> Any:
    from huying.cli.play.world import geography as g
    from huying.triage.gazetteer import Entry, Gazetteer

    rng = Random(1)
    ground = g.draw(rng)
    estates = g._estates(ground, rng)
    buildings = g._buildings(ground, estates, rng)
    g._spots(ground, estates, buildings, rng)
    facilities = g._facilities(ground, estates, rng)
    rows = [Entry("area", name, (code,)) for code, name in ground.names.items()]
    rows += [Entry("estate", one.name, tuple(one.grid_codes)) for one in estates]
    rows += [Entry("building", one.name, (one.area_code,)) for one in buildings]
    rows += [Entry("facility", one.name, (one.area_code,)) for one in facilities]
    rows += [Entry("water", one.name, tuple(one.grid_codes)) for one in g._waterways(ground, rng)]
    return Gazetteer.of(rows)


@lru_cache(maxsize=1)
def divisions() -> Any:
    from huying.places.actions.presets import cn_divisions
    from huying.triage.gazetteer import Entry, Gazetteer
    from tests.settings import GIVEN

    rows = cn_divisions(Path(GIVEN["HUYING_REAL_DATA"]) / "cn-divisions").rows
    return Gazetteer.of(Entry("area", name, (code,)) for code, name in rows.items())


def measure(rows: Iterable[dict[str, str]]) -> dict[str, Any]:
    """n, right, deep (also the grid), wrong (another community without asking), ms, and the misses."""
    counted: dict[str, Any] = {"n": 0, "right": 0, "deep": 0, "wrong": 0, "ms": 0.0, "misses": []}
    for row in rows:
        gazetteer = demo() if row["world"] == "demo" else divisions()
        expected = row.get("expected_code", row.get("expected", ""))
        expected = "" if expected in ("ask", "none") else expected
        candidates = set(row["candidates"].split())
        began = time.perf_counter()
        found = gazetteer.find(row["phrase"], row.get("stated_estate") or None, (), row["scope"])
        counted["ms"] += (time.perf_counter() - began) * 1000
        offered = {one.code[:12] for one in found.candidates}
        if expected:
            right = found.code[:12] == expected[:12]
        elif candidates:
            right = found.ask is not None and {one[:12] for one in candidates} <= offered
        else:
            right = not found.candidates
        wrong = bool(found.code) and not right
        counted["n"] += 1
        counted["right"] += right
        counted["wrong"] += wrong
        counted["deep"] += right and found.code == expected
        if not right:
            counted["misses"].append(
                (row["kind"], row["phrase"], expected or sorted(candidates), found.code or sorted(offered))
            )
    counted["ms"] = round(counted["ms"] / max(1, counted["n"]), 3)
    return counted


def read(name: str) -> list[dict[str, str]]:
    if name.endswith("_sealed"):
        packed = (DATA / f"{name}.csv.xz.b64").read_text(encoding="ascii")
        return list(csv.DictReader(io.StringIO(lzma.decompress(base64.b64decode(packed)).decode())))
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    chosen = [
        one
        for one in read(sys.argv[1])
        if sys.argv[2:] in ([], ["--sealed"]) or half_of(one) == sys.argv[2].lstrip("-")
    ]
    result = measure(chosen)
    for miss in result.pop("misses"):
        if not {"--held", "--sealed"} & set(sys.argv):
            print(*miss)
    print(result)
