"""How well danger is found: `python -m tests.triage.measure_danger`, with `--sealed` for the rows that were."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import lzma
import sys
from pathlib import Path

from huying.triage.danger import danger

DATA = Path(__file__).resolve().parent / "data"


def rows(*, sealed: bool = False) -> list[dict[str, str]]:
    """The open rows, or those that were sealed until the first measuring of them."""
    if sealed:
        packed = (DATA / "danger_sealed.csv.xz.b64").read_text(encoding="ascii")
        text = lzma.decompress(base64.b64decode(packed)).decode()
    else:
        text = (DATA / "emergency.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def fresh() -> list[dict[str, str]]:
    """Rows of another hand."""
    return list(csv.DictReader(io.StringIO((DATA / "danger_fresh.csv").read_text(encoding="utf-8"))))


def half_of(row: dict[str, str]) -> int:
    """0: the half it was developed on; 1: the half that was measured untouched, once, before it was widened."""
    return hashlib.sha256(row["id"].encode()).digest()[0] % 2


def measured(asked: list[dict[str, str]]) -> dict[str, float | int]:
    """Precision and recall, and how often the first number is the most fitting one, and one of the fitting ones."""
    said = [(row, danger(row["text"])) for row in asked]
    right = [(row["service"].split(), one) for row, one in said if one is not None and row["danger"] == "1"]
    wrong = sum(one is not None and row["danger"] == "0" for row, one in said)
    missed = sum(one is None and row["danger"] == "1" for row, one in said)
    return {
        "n": len(asked),
        "found": len(right),
        "wrong": wrong,
        "missed": missed,
        "recall": round(len(right) / (len(right) + missed), 4),
        "precision": round(len(right) / (len(right) + wrong), 4),
        "first_number": round(sum(one.numbers[0] == fitting[0] for fitting, one in right) / len(right), 4),
        "first_fits": round(sum(one.numbers[0] in fitting for fitting, one in right) / len(right), 4),
    }


def main() -> None:
    if "--sealed" in sys.argv[1:]:
        told = {"sealed": measured(rows(sealed=True))}
    elif "--fresh" in sys.argv[1:]:
        told = {"fresh": measured(fresh())}
    else:
        halves = {f"half {half}": [row for row in rows() if half_of(row) == half] for half in (0, 1)}
        told = {name: measured(half) for name, half in halves.items()} | {"open": measured(rows())}
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
