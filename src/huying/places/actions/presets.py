"""Trees of areas from published lists whose columns are not ours: each preset reads a folder into one table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.places.rules import parent_of

MOST_BYTES = 20 * 1024 * 1024


@dataclass
class Book:
    """A table for `import_areas`, and what of the folder found no place in it."""

    rows: dict[str, str] = field(default_factory=dict)  # code -> name
    unplaced: int = 0  # communities of a street that the list does not have
    repeated: int = 0  # a name that its street has already

    def data(self) -> bytes:
        text = io.StringIO(newline="")
        sheet = csv.writer(text)
        sheet.writerow(["code", "name"])
        sheet.writerows(sorted(self.rows.items()))
        return text.getvalue().encode()


def cn_divisions(folder: Path, *, communities: bool = True) -> Book:
    """Districts and sub-districts by their statistical codes, the tiers above them, and communities by name.

    The list of communities has no codes: they are numbered within their sub-district in the order of the list,
    as one would by hand; a street that has its own codes changes them afterwards.
    """
    book = Book()
    for file in ("areas.csv", "streets.csv"):
        for line in _lines(folder / file):
            book.rows[line["code"]] = line["name"]
    named = list(_lines(folder / "communities.csv"))
    for line in named:
        for code, name in ((line["adcode"][:2], line["province"]), (line["adcode"][:4], line["city"])):
            if any(one.startswith(code) for one in book.rows):
                book.rows[code] = name
    if communities:
        _communities(book, named)
    return book


def _communities(book: Book, named: list[dict[str, str]]) -> None:
    streets = {(parent_of(code), name): code for code, name in book.rows.items() if len(code) == 9}
    counted: Counter[str] = Counter()
    known: set[tuple[str, str]] = set()
    for line in named:
        street = streets.get((line["adcode"], line["street"]))
        if street is None:
            book.unplaced += 1
        elif (street, line["community"]) in known:
            book.repeated += 1
        else:
            known.add((street, line["community"]))
            counted[street] += 1
            book.rows[f"{street}{counted[street]:03d}"] = line["community"]


def _lines(path: Path) -> Iterator[dict[str, str]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Invalid({"file": [_("%(name)s 太大，没有读。") % {"name": path.name}]})
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line in csv.DictReader(file):
                yield {key: (value or "").strip() for key, value in line.items() if key}
    except (OSError, UnicodeDecodeError, csv.Error) as why:
        raise Invalid({"file": [_("文件夹里没有 %(name)s，或者读不懂。") % {"name": path.name}]}) from why


PRESETS: dict[str, Callable[..., Book]] = {"cn-divisions": cn_divisions}
