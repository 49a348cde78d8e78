"""The preset `boston-311`: service requests of the City of Boston, read from the city's own columns.

Neighbourhoods become streets, wards communities; reasons become classes, types types; departments organisations.
The file tells no outlines: a point is flagged as outside where it lies far from all other points of its own
neighbourhood (the city's geocoder puts what it cannot find on one spot in the middle of the city).
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import IO
from zoneinfo import ZoneInfo

from huying.kernel.refusals import Invalid
from huying.kernel.terms import _

SOURCE = "boston-311"
VERSION = "boston-311"
DISTRICT = "980101"
ABOVE = {"98": "外域档案", "9801": "Massachusetts", DISTRICT: "Boston"}
NOWHERE = "Boston (未写明)"
ZONE = ZoneInfo("America/New_York")
NEEDED = (
    "case_enquiry_id", "open_dt", "target_dt", "closed_dt", "case_status", "reason", "type", "department",
    "neighborhood", "ward", "location_street_name", "location_zipcode", "latitude", "longitude",
)  # fmt: skip
FIRST_CLASS = 40  # classes of the shipped catalogue stand below
FAR = 3.0
"""How many times the usual spread of a neighbourhood's points may a point lie from its middle."""
LEAST_SPREAD = 0.004  # degrees, some 400 m: a small neighbourhood is not a point
NAME_LIMIT = 40


@dataclass
class Survey:
    """What the file holds, read once before anything is written."""

    rows: int = 0
    types: Counter[tuple[str, str]] = field(default_factory=Counter)  # (type, reason)
    departments: Counter[str] = field(default_factory=Counter)
    keepers: Counter[tuple[str, str]] = field(default_factory=Counter)  # (type, department)
    streets: dict[str, str] = field(default_factory=dict)  # neighbourhood -> code
    communities: dict[tuple[str, str], str] = field(default_factory=dict)  # (neighbourhood, ward) -> code
    middles: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None

    def keeper(self, kind: str) -> str:
        """The department that had most of a type's requests."""
        mine = {department: count for (one, department), count in self.keepers.items() if one == kind}
        return max(sorted(mine), key=lambda name: mine[name]) if mine else ""

    def outside(self, neighbourhood: str, lng: float, lat: float) -> bool:
        """Whether a point lies far from its neighbourhood's others."""
        if neighbourhood not in self.middles:
            return False
        east, north, wide, high = self.middles[neighbourhood]
        return bool(abs(lng - east) > FAR * wide or abs(lat - north) > FAR * high)


@dataclass(frozen=True)
class Line:
    """One row, its cells trimmed."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells[name]

    @property
    def neighbourhood(self) -> str:
        return self["neighborhood"]

    @property
    def ward(self) -> str:
        """`Ward 3` and `03` are one ward; "" where none is named."""
        digits = self["ward"].removeprefix("Ward").strip()
        return str(int(digits)) if digits.isdigit() else ""

    @property
    def point(self) -> tuple[float, float] | None:
        try:
            lng, lat = float(self["longitude"]), float(self["latitude"])
        except ValueError:
            return None
        return (lng, lat) if -180 <= lng <= 180 and -90 <= lat <= 90 and (lng, lat) != (0, 0) else None

    def time(self, name: str) -> datetime | None:
        """A local time of the file; raises Invalid where it is none."""
        if not self[name]:
            return None
        try:
            return datetime.fromisoformat(self[name]).replace(tzinfo=ZONE)
        except ValueError as why:
            raise Invalid({name: [_("时间读不懂：应写成 2026-01-31T09:30:00 这样。")]}) from why


def lines(path: Path) -> Iterator[Line]:
    """The rows of a CSV, packed by gzip or not."""
    with _opened(path) as file:
        reader = csv.DictReader(file)
        lacking = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if lacking:
            raise Invalid(
                _("文件里没有“%(column)s”一列。请换格式，或用对照文件写明哪一列是什么。") % {"column": lacking[0]}
            )
        for number, row in enumerate(reader, start=2):
            yield Line(number, {name: " ".join((row.get(name) or "").split()) for name in NEEDED})


def _opened(path: Path) -> IO[str]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        if packed:
            return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        return path.open("r", encoding="utf-8-sig", newline="")
    except OSError as why:
        raise Invalid(_("没有这个文件：%(name)s。请核对路径。") % {"name": path.name}) from why


def survey(path: Path) -> Survey:
    """Read the whole file once: which types, departments and places there are, and where their points lie."""
    found = Survey()
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    named: set[tuple[str, str]] = set()
    for line in lines(path):
        found.rows += 1
        if line["type"]:
            found.types[line["type"], line["reason"] or "Other"] += 1
        if line["department"]:
            found.departments[line["department"]] += 1
            found.keepers[line["type"], line["department"]] += 1
        named.add((line.neighbourhood, line.ward))
        if line.neighbourhood and line.point is not None:
            points[line.neighbourhood].append(line.point)
        with suppress(ValueError):  # a row without a day is refused later
            day = date.fromisoformat(line["open_dt"][:10])
            found.first, found.last = min(found.first or day, day), max(found.last or day, day)
    # Codes follow the names, so that a longer file of the same city keeps those that it shares only if names are the
    # same; that is why a second file of another extent belongs into an installation of its own.
    for number, name in enumerate(sorted({one for one, _ward in named if one}), start=1):
        found.streets[name] = f"{DISTRICT}{number:03d}"
    found.streets[""] = f"{DISTRICT}999"
    for name, ward in sorted(named, key=lambda pair: (pair[0], int(pair[1] or 0))):
        if ward:
            found.communities[name, ward] = f"{found.streets[name]}{int(ward):03d}"
    for name, held in points.items():
        found.middles[name] = _middle(held)
    return found


def _middle(points: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """The middle of points, and their usual spread to each side, which a few far ones do not widen."""
    easts, norths = [one[0] for one in points], [one[1] for one in points]
    return median(easts), median(norths), _spread(easts), _spread(norths)


def _spread(values: list[float]) -> float:
    if len(values) < 4:
        return LEAST_SPREAD
    low, _half, high = quantiles(values, n=4)
    return max((high - low) / 2, LEAST_SPREAD)


def type_codes(found: Survey) -> dict[str, tuple[str, str]]:
    """Each type's code and its reason: the reason's two digits and two more, in the order of names."""
    reason_of: dict[str, str] = {}
    for (name, reason), _count in found.types.most_common():
        reason_of.setdefault(name, reason)
    reasons = sorted(set(reason_of.values()))
    codes: dict[str, tuple[str, str]] = {}
    places: Counter[str] = Counter()
    for name in sorted(reason_of):
        reason = reason_of[name]
        places[reason] += 1
        codes[name] = (f"{FIRST_CLASS + reasons.index(reason):02d}{places[reason]:02d}", reason)
    return codes


def short(name: str, taken: set[str]) -> str:
    """A name of at most forty characters that no other has."""
    cut = name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1] + "…"
    number = 2
    while cut in taken:
        cut = f"{name[: NAME_LIMIT - 4]}…{number}"
        number += 1
    taken.add(cut)
    return cut
