"""The shape of the measured district: codes, squares and who stands where. Pure; `bench.ground` makes it.

Each sub-district has the same communities, grids, units and posts, so that what was played in the first one can be
stamped into any other: a code, a unit and a person there have one counterpart each (`Ground.twins`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

DISTRICT = "990101"
STREETS, COMMUNITIES, GRIDS = 12, 6, 4
WIDTH = 0.01  # degrees: a grid is a square of that side
APART = 0.1  # from one sub-district's corner to the next one's
CORNER = (113.0, 23.0)
PASSWORD = "green-kite-lantern-7"
# Which share of the calls each sub-district has: a busy centre and quiet edges.
SHARES = tuple(1 / (place + 1) ** 0.9 for place in range(STREETS))


def street_code(number: int) -> str:
    return f"{DISTRICT}{number + 1:03d}"


def corner_of(number: int) -> tuple[float, float]:
    return CORNER[0] + APART * (number % 4), CORNER[1] + APART * (number // 4)


def grids_of(number: int) -> Iterator[tuple[str, tuple[float, float]]]:
    """Each grid of a sub-district with the south-west corner of its square."""
    lng, lat = corner_of(number)
    for community in range(COMMUNITIES):
        for grid in range(GRIDS):
            code = f"{street_code(number)}{community + 1:03d}{grid + 1:03d}"
            yield code, (round(lng + community * WIDTH, 6), round(lat + grid * WIDTH, 6))


@dataclass
class Ground:
    """What is there, by sub-district and key: `accounts[3]["head1"]`, `units[3]["sanitation"]`, as ids."""

    streets: int
    units: list[dict[str, str]] = field(default_factory=list)
    accounts: list[dict[str, str]] = field(default_factory=list)
    above: dict[str, str] = field(default_factory=dict)  # accounts of the district, by key
    tokens: list[dict[str, str]] = field(default_factory=list)
    district_token: str = ""

    def names(self, number: int) -> dict[str, str]:
        """Sign-in names of a sub-district, by key."""
        return {key: f"s{number:02d}-{key}" for key in self.accounts[number]}

    def twins(self, number: int) -> dict[str, str]:
        """Ids of the first sub-district, and who or what has that place in another one."""
        pairs = ((self.units[0], self.units[number]), (self.accounts[0], self.accounts[number]))
        return {old[key]: new[key] for old, new in pairs for key in old}

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Ground:
        return cls(**json.loads(text))


# Whose pages are measured: people of the first sub-district, and of the district.
ROLES = {
    "intake_clerk1": "受理员", "dispatcher1": "派单员", "reviewer1": "审核员", "caller1": "回访员", "head1": "值班长",
    "leader1": "分管领导", "committee1-secretary": "社区书记", "committee1-grid1": "网格员",
    "sanitation-handler1": "承办人", "sanitation-chief": "单位负责人", "water1": "区级部门",
    "district-head": "区值班长",
}  # fmt: skip
PEOPLE = tuple(ROLES)


def username_of(who: str) -> str:
    """The sign-in name of a person of the first sub-district, or of the district."""
    if who.startswith("district-"):
        return f"d-{who.removeprefix('district-')}"
    return f"d-{who}" if who == "water1" else f"s00-{who}"
