"""How often the shipped catalogue's own words lead to the right class of a labelled message, beside chance.

    python tools/catalogue_hits.py train.csv

Reads `title`, `body` and the organiser's `label` (one of seven). Each of the 22 classes is mapped to the label that
covers it best, or to none; a message is hit when the label of one of the first three classes is its own. Chance is
three classes drawn blindly. Nothing is learned: a street without any history starts here.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import django

LABEL_OF = {
    "01": "城乡建设", "02": "城乡建设", "03": "城乡建设", "04": "城乡建设", "05": "城乡建设", "06": "环境保护",
    "07": "环境保护", "09": "城乡建设", "10": "交通运输", "12": "劳动和社会保障", "13": "劳动和社会保障",
    "14": "卫生计生", "15": "教育文体", "16": "商贸旅游", "17": "商贸旅游", "18": "城乡建设",
}  # fmt: skip
CLASSES = 22
FIRST = 3


@dataclass(frozen=True)
class Measured:
    """Shares from 0 to 1 of `rows` messages; `by_label` of those with pairs."""

    rows: int
    by_words: float
    with_pairs: float
    chance: float
    by_label: dict[str, float]


def measure(messages: Iterable[tuple[str, str]]) -> Measured:
    """`messages`: text and label."""
    from huying.matters.queries import type_words
    from huying.matters.sheets import default_book

    book = default_book()
    types = type_words(book.types)
    listed = list(messages)
    every = Counter(label for _text, label in listed)
    words, pairs = Counter[str](), Counter[str]()
    for text, label in listed:
        words[label] += label in _labels(one.code for one in types.scored(text, len(book.types)))
        pairs[label] += label in _labels(one.code for one in types.near(text, len(book.types)))
    of = Counter(LABEL_OF.values())
    blind = {label: 1 - math.comb(CLASSES - of[label], FIRST) / math.comb(CLASSES, FIRST) for label in every}
    return Measured(
        rows=len(listed),
        by_words=words.total() / len(listed),
        with_pairs=pairs.total() / len(listed),
        chance=sum(blind[label] * count for label, count in every.items()) / len(listed),
        by_label={label: pairs[label] / count for label, count in every.most_common()},
    )


def _labels(codes: Iterable[str]) -> set[str]:
    """The labels of the first three classes."""
    classes = list(dict.fromkeys(code[:2] for code in codes))[:FIRST]
    return {LABEL_OF[one] for one in classes if one in LABEL_OF}


def read(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(f"{row['title']}\n{row['body']}", row["label"]) for row in csv.DictReader(file)]


def told(found: Measured) -> str:
    lines = [
        f"messages {found.rows}",
        f"top-3 class hits by words alone    {found.by_words:.3f}",
        f"top-3 class hits with shared pairs {found.with_pairs:.3f}",
        f"three classes drawn blindly        {found.chance:.3f}",
    ]
    return "\n".join([*lines, *(f"  {label} {share:.3f}" for label, share in found.by_label.items())])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.config.settings")
    django.setup()
    print(told(measure(read(parser.parse_args().file))))
