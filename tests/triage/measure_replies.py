"""How well advice on replies is right: `python -m tests.triage.measure_replies`; with HUYING_REAL_DATA the weak marks too."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from pathlib import Path

from huying.triage.replies import Mark, checked, promised

DATA = Path(__file__).resolve().parent / "data"
# column of the marks -> (mark of the advice, the value of the column that is the fault)
COLUMNS = {
    "answers_all": (Mark.UNANSWERED, "0"),
    "done_or_why": (Mark.NOTHING_DONE, "0"),
    "cites_basis": (Mark.NO_BASIS, "0"),
    "empty_phrases": (Mark.EMPTY, "1"),
    "other_person": (Mark.OTHER_PERSON, "1"),
}


def rows() -> list[dict[str, str]]:
    with (DATA / "replies.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def half_of(row: dict[str, str]) -> int:
    """0: the half it was developed on; 1: the half that was measured once before the last round."""
    return hashlib.sha256(f"{row['question']}|{row['answer']}".encode()).digest()[0] % 2


def measured(asked: list[dict[str, str]]) -> dict[str, dict[str, float | int]]:
    """Precision and recall of each fault; `no_date` is a promise without a date, `promises` that one is seen at all."""
    told: dict[str, list[tuple[bool, bool]]] = {name: [] for name in (*COLUMNS, "promises", "no_date")}
    for row in asked:
        marks = {one.mark for one in checked(row["question"], row["answer"])}
        for column, (mark, fault) in COLUMNS.items():
            told[column].append((mark in marks, row[column] == fault))
        told["promises"].append((bool(promised(row["answer"])), row["promises"] == "1"))
        told["no_date"].append((Mark.NO_DATE in marks, row["promises"] == "1" and row["dated"] == "0"))
    return {name: _rates(pairs) for name, pairs in told.items()}


def _rates(pairs: list[tuple[bool, bool]]) -> dict[str, float | int]:
    both = sum(said and true for said, true in pairs)
    said, true = sum(one for one, _true in pairs), sum(one for _said, one in pairs)
    return {
        "said": said,
        "true": true,
        "precision": round(both / max(said, 1), 3),
        "recall": round(both / max(true, 1), 3),
    }


def weak(folder: Path) -> dict[str, dict[str, float]]:
    """How often a better reply by a weak mark has the higher score (area under the curve), and the length of the reply."""
    with (folder / "reply_quality_marks.csv").open(encoding="utf-8", newline="") as file:
        marks = {row["id"]: row for row in csv.DictReader(file)}
    with (folder / "replies.csv").open(encoding="utf-8", newline="") as file:
        replies = {row["id"]: row for row in csv.DictReader(file)}
    scores = {}
    for key, row in replies.items():
        found = {one.mark for one in checked(f"{row['title']}\n{row['body']}", row["reply"])}
        scores[key] = {str(mark): float(mark not in found) for mark in Mark} | {"length": float(len(row["reply"]))}
    told = {}
    for column in ("complete_a", "explained_a", "explained_b"):
        keys = [key for key, row in marks.items() if row[column] in {"0", "1"} and key in scores]
        good = [marks[key][column] == "1" for key in keys]
        told[column] = {name: round(_area([scores[key][name] for key in keys], good), 3) for name in scores[keys[0]]}
    return told


def _area(scores: list[float], good: list[bool]) -> float:
    high = [score for score, one in zip(scores, good, strict=True) if one]
    low = [score for score, one in zip(scores, good, strict=True) if not one]
    return sum((one > other) + (one == other) / 2 for one in high for other in low) / (len(high) * len(low))


if __name__ == "__main__":
    halves = {f"half {half}": measured([row for row in rows() if half_of(row) == half]) for half in (0, 1)}
    print(json.dumps(halves, indent=1))
    if "HUYING_REAL_DATA" in os.environ:
        print(json.dumps(weak(Path(os.environ["HUYING_REAL_DATA"]) / "citizen-messages"), indent=1))
