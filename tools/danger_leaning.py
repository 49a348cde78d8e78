"""Writes src/huying/triage/data/danger_leaning.txt, the weights of `huying.triage.leaning`, from marked phrases.

python -m tools.danger_leaning             # learn from all sets
python -m tools.danger_leaning --measure   # each set in turn is left out, and asked: figures as JSON
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import django

from huying.triage import leaning
from huying.triage.danger import danger
from tests.triage.measure_danger import DATA, rows

OUT = Path(leaning.__file__).parent / "data" / "danger_leaning.txt"
STRENGTH = (
    3.0  # of scikit-learn's `C`; 10 finds one in a hundred more, and takes twice as many everyday calls for danger
)
Row = dict[str, str]


def sets() -> dict[str, list[Row]]:
    """Marked phrases by the hand that wrote them; of everyday calls, the demo street's too, those in which the reader
    finds nothing are none."""
    from huying.cli.play.world.sentences import kinds

    found = {"open": rows(), "sealed": rows(sealed=True)}
    found |= {name: _read(f"danger_{name}.csv") for name in ("fresh", "second", "lists")}
    calls = [row["words"] for row in _read("calls.csv")]
    calls += [re.sub(r"\{\w+\}", "", line) for kind in kinds() for line in kind.lines]
    quiet = [words for words in calls if danger(words, closer=False) is None]
    return found | {"calls": [{"text": words, "danger": "0"} for words in quiet]}


def hash_of(every: dict[str, list[Row]]) -> str:
    """Of what is learned from: a test looks whether the weights are of these."""
    told = [[row["text"], row["danger"]] for rows_ in every.values() for row in rows_]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _read(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def learn(asked: list[Row]) -> tuple[Any, Any, Any]:
    """What cuts a text into numbers, what tells danger from none, and what tells whom to call."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    cuts = TfidfVectorizer(analyzer=lambda text: list(leaning.pieces(text)), sublinear_tf=True, min_df=2)
    told = LogisticRegression(C=STRENGTH, max_iter=2000).fit(
        cuts.fit_transform([row["text"] for row in asked]), [row["danger"] == "1" for row in asked]
    )
    served = [
        row for row in asked if row.get("service", "").split()[:1] and row["service"].split()[0] in leaning.NUMBERS
    ]
    whom = LogisticRegression(C=STRENGTH, max_iter=2000).fit(
        cuts.transform([row["text"] for row in served]), [row["service"].split()[0] for row in served]
    )
    return cuts, told, whom


def measured() -> dict[str, dict[str, float]]:
    """Each set asked by the reader alone, and with what was learned from all others."""
    every, found = sets(), {}
    for name in ("sealed", "fresh", "second", "lists"):
        cuts, told, _whom = learn([row for other, rows_ in every.items() if other != name for row in rows_])
        likely = told.predict_proba(cuts.transform([row["text"] for row in every[name]]))[:, 1]
        right = [row["danger"] == "1" for row in every[name]]
        alone = [danger(row["text"], closer=False) is not None for row in every[name]]
        both = [
            one or (len(row["text"]) <= leaning.MOST and share > leaning.BAR)
            for one, share, row in zip(alone, likely, every[name], strict=True)
        ]
        found[name] = {
            f"{figure}_{who}": round(sum(a and b for a, b in zip(said, right, strict=True)) / of, 3)
            for who, said in (("alone", alone), ("both", both))
            for figure, of in (("recall", sum(right)), ("precision", sum(said)))
        }
    return found


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()  # the demo street's sentences lie among its models
    if "--measure" in sys.argv[1:]:
        print(json.dumps(measured(), indent=1))
        return
    every = sets()
    cuts, told, whom = learn([row for rows_ in every.values() for row in rows_])
    place = {number: row for row, number in enumerate(whom.classes_)}
    each = [place[number] for number in leaning.NUMBERS]
    lines = [f"# made by tools/danger_leaning.py from phrases {hash_of(every)}; do not edit"]
    lines.append(_line("", 0.0, told.intercept_[0], whom.intercept_[each]))
    for piece, row in sorted(cuts.vocabulary_.items()):
        if piece.strip():
            lines.append(_line(piece, cuts.idf_[row], told.coef_[0, row], whom.coef_[each, row]))
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(piece: str, rarity: float, said: float, numbers: Any) -> str:
    return "\t".join([piece, f"{rarity:.3f}", f"{said:.4f}", *(f"{one:.3f}" for one in numbers)])


if __name__ == "__main__":
    main()
