"""Where a door's time goes in the process: requests through all of the product's middleware under a profiler.

In a process of the house, in one transaction that is rolled back. Times are of the processor, so that what else the
machine does hardly counts; what waits for the database is told by `bench.plans`.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import time
from pathlib import Path
from typing import Any

from django.db import transaction

from bench.doors import DOORS, Door
from bench.plans import ask, kit_of, received
from prove.frame import ROOT

REQUESTS, SHOWN = 12, 28
PACKAGE = str(ROOT / "src" / "huying")


def tell(*names: str) -> None:
    """One line: for each door milliseconds of the processor a request, and the functions below which they are spent."""
    doors = [one for one in DOORS if not names or one.name in names]
    found: dict[str, Any] = {}
    with transaction.atomic():
        point = transaction.savepoint()
        kit = kit_of(forms=2 * REQUESTS)
        for door in doors:
            if door.name == "move":
                kit.taken_in = received(REQUESTS + 2)
            made = door.make(kit)
            if made:
                found[door.name] = _profiled(door, made)
        transaction.savepoint_rollback(point)
    print(json.dumps(found, ensure_ascii=False))


def _profiled(door: Door, made: list[str]) -> dict[str, Any]:
    if ask(made[0]) != door.status:
        return {"missing": True}
    part = made[1 : REQUESTS + 1] if door.once else [made[place % len(made)] for place in range(REQUESTS)]
    plain = time.process_time()
    for one in part[: len(part) // 2]:
        ask(one)
    plain = (time.process_time() - plain) / max(len(part) // 2, 1)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for one in part[len(part) // 2 :]:
        ask(one)
    profile.disable()
    count = max(len(part) - len(part) // 2, 1)
    rows = []
    for (file, line, name), (_calls, calls, own, below, _callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        rows.append((below / count * 1000, own / count * 1000, calls / count, f"{_short(file)}:{line} {name}"))
    return {
        "processor_ms": round(plain * 1000, 2),
        "below": [
            [round(below, 2), round(calls, 1), where] for below, _own, calls, where in sorted(rows, reverse=True)[:90]
        ],
        "own": [
            [round(own, 2), round(calls, 1), where]
            for _below, own, calls, where in sorted(rows, key=lambda row: -row[1])[:SHOWN]
        ],
    }


def _short(file: str) -> str:
    if file.startswith(PACKAGE):
        return file[len(PACKAGE) + 1 :]
    parts = Path(file).parts
    return (
        "/".join(parts[parts.index("site-packages") + 1 :]) if "site-packages" in parts else parts[-1] if parts else ""
    )
