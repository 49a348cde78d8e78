"""The figures of the published accounts, as questions to the demo world: each with its definition in one sentence.

`docs/reference/demo-figures.md` is written from this table; a test asks all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from huying.cli.play.world import posts
from huying.cli.play.world.geography import STREET
from huying.people.models import Appointment, HubHousehold, Organisation, Reserve
from huying.people.rules import Post, UnitKind
from huying.people.rules.registers import ALL_FOUR
from huying.places.models import (
    Area,
    Device,
    Estate,
    Facility,
    GridCount,
    RescueResource,
    Room,
    ServicePlace,
    TradePlace,
    WorkContract,
)
from huying.places.premises import DeviceKind, FacilityMore, RoomUse, ServiceKind, ServiceLevel
from huying.places.rules import FacilityKind, Tier


@dataclass(frozen=True)
class Figure:
    """One number of an account. `at_least`: the account says “more than”."""

    mechanism: str
    says: str
    number: int
    definition: str
    ask: Callable[[], int]
    at_least: bool = False

    def holds(self) -> bool:
        found = self.ask()
        return found >= self.number if self.at_least else found == self.number


def _present(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(until=None)


def _places(level: ServiceLevel) -> Callable[[], int]:
    return lambda: _present(ServicePlace.objects.all()).filter(level=level).count()


def _sum(rows: Callable[[], QuerySet[Any]], column: str) -> Callable[[], int]:
    return lambda: int(rows().aggregate(found=Sum(column))["found"] or 0)


def _added() -> QuerySet[Any]:
    return _present(Facility.objects.filter(origin=FacilityMore.ADDED))


def _devices(kind: DeviceKind) -> Callable[[], int]:
    return lambda: _present(Device.objects.filter(kind=kind)).count()


PLACES: tuple[Figure, ...] = (
    Figure(
        "REG-06",
        "79 grids, all entered",
        79,
        "grids that hold today and have a row in the base register",
        lambda: GridCount.objects.filter(
            area_code__in=Area.objects.filter(tier=Tier.GRID, valid_to=None).values("code")
        ).count(),
    ),
    Figure(
        "REG-18", "one street centre", 1, "service places in use of the street's level", _places(ServiceLevel.STREET)
    ),
    Figure(
        "REG-18",
        "14 community stations",
        14,
        "service places in use of a community's level",
        _places(ServiceLevel.COMMUNITY),
    ),
    Figure(
        "REG-18",
        "46 grid stations",
        46,
        "service places in use of a grid's or estate's level",
        _places(ServiceLevel.GRID),
    ),
    Figure(
        "REG-18",
        "2 district centres",
        2,
        "service places in use of the district's level",
        _places(ServiceLevel.DISTRICT),
    ),
    Figure(
        "REG-18",
        "40 and more places of firms",
        40,
        "service places in use of the trade level",
        _places(ServiceLevel.TRADE),
        at_least=True,
    ),
    Figure(
        "REG-18",
        "80 and more service places (clinic, elder care, practice station, culture)",
        80,
        "service places in use that are neither party centres nor neighbours' places",
        lambda: _present(
            ServicePlace.objects.exclude(kind__in=(ServiceKind.PARTY_CENTRE, ServiceKind.NEIGHBOURS))
        ).count(),
        at_least=True,
    ),
    Figure(
        "REG-18",
        "2,200 m2 and more of neighbours' places",
        2200,
        "square metres of service places in use of that kind",
        _sum(lambda: _present(ServicePlace.objects.filter(kind=ServiceKind.NEIGHBOURS)), "square_metres"),
        at_least=True,
    ),
    Figure(
        "REG-18",
        "a posthouse of 1,500 m2 with table-tennis room, points shop, study room",
        1500,
        "square metres of the one neighbours' place that has rooms of all three uses",
        _sum(
            lambda: (
                _present(ServicePlace.objects.filter(kind=ServiceKind.NEIGHBOURS))
                .filter(pk__in=Room.objects.filter(use=RoomUse.TABLE_TENNIS).values("place"))
                .filter(pk__in=Room.objects.filter(use=RoomUse.SHOP).values("place"))
                .filter(pk__in=Room.objects.filter(use=RoomUse.READING).values("place"))
            ),
            "square_metres",
        ),
    ),
    Figure(
        "REG-18",
        "3,000 m2 of rooms",
        3000,
        "square metres of rooms in use of the street's centre, without those outside",
        _sum(
            lambda: _present(Room.objects.filter(place__level=ServiceLevel.STREET)).exclude(use=RoomUse.OUTDOOR),
            "square_metres",
        ),
    ),
    Figure(
        "REG-18",
        "1,000 m2 outside",
        1000,
        "square metres outside of service places in use of the street's level",
        _sum(lambda: _present(ServicePlace.objects.filter(level=ServiceLevel.STREET)), "outdoor_m2"),
    ),
    Figure("REG-19", "86 facilities added", 86, "facilities in use whose origin is “added”", lambda: _added().count()),
    Figure(
        "REG-19",
        "5,300 m2 of green",
        5300,
        "square metres of added facilities in use that are greens or squares",
        _sum(lambda: _added().filter(kind__in=(FacilityKind.GREEN, FacilityKind.PARK)), "square_metres"),
    ),
    Figure("REG-19", "132 parking spaces", 132, "parking spaces of added facilities in use", _sum(_added, "parking")),
    Figure(
        "REG-19",
        "268 chargers for e-bikes",
        268,
        "charging points of added facilities in use",
        _sum(_added, "chargers"),
    ),
    Figure(
        "REG-19",
        "a low-carbon square of 800 m2",
        800,
        "square metres of added squares in use",
        _sum(lambda: _added().filter(kind=FacilityKind.PARK), "square_metres"),
    ),
    Figure(
        "REG-20",
        "12 walled estates",
        12,
        "estates in use that are walled",
        lambda: _present(Estate.objects.filter(walled=True)).count(),
    ),
    Figure("REG-20", "326 cameras", 326, "devices in use of the kind camera", _devices(DeviceKind.CAMERA)),
    Figure(
        "REG-20", "171 doors with IC cards", 171, "devices in use of the kind card door", _devices(DeviceKind.CARD_DOOR)
    ),
    Figure(
        "REG-22",
        "towers, quarters and parks of firms",
        7,
        "commercial places in use",
        lambda: _present(TradePlace.objects.all()).count(),
    ),
    Figure(
        "REG-23",
        "teams, stores and shelters",
        8,
        "rescue resources in use",
        lambda: _present(RescueResource.objects.all()).count(),
    ),
    Figure(
        "REG-26",
        "contracts with area and standard",
        5,
        "work contracts with a written standard",
        lambda: WorkContract.objects.exclude(standard="").count(),
    ),
)


def _units(*kinds: UnitKind, within: str = "") -> QuerySet[Organisation]:
    return Organisation.objects.filter(active=True, kind__in=kinds, area_code__startswith=within)


def _posts(*posts: Post, within: str = "") -> QuerySet[Appointment]:
    return Appointment.objects.filter(until=None, post__in=posts, area_code__startswith=within)


_HEADS = (Post.STREET_HEAD, Post.LANE_HEAD, Post.BUILDING_HEAD)
_SECOND = posts.DISTRICT
PEOPLE: tuple[Figure, ...] = (
    Figure(
        "REG-03",
        "79 grid branches",
        79,
        "grid branches at work in the demo street, each linked to its grid",
        lambda: (
            _units(UnitKind.GRID_BRANCH, within=STREET)
            .filter(links__kind="covers", links__until=None)
            .distinct()
            .count()
        ),
    ),
    Figure(
        "REG-03",
        "25 branches raised to committees",
        25,
        "party organisations at work that are committees now and were branches before",
        lambda: Organisation.objects.filter(active=True, party_form="committee", raised_from="branch").count(),
    ),
    Figure(
        "REG-03", "40 estate branches", 40, "estate branches at work", lambda: _units(UnitKind.ESTATE_BRANCH).count()
    ),
    Figure(
        "REG-03",
        "3 grid branches of the place surveyed",
        3,
        "grid branches at work in the second district",
        lambda: _units(UnitKind.GRID_BRANCH, within=_SECOND).count(),
    ),
    Figure(
        "REG-03",
        "86 building groups",
        86,
        "building groups at work under a branch",
        lambda: _units(UnitKind.BUILDING_GROUP).filter(parent__kind=UnitKind.GRID_BRANCH).count(),
    ),
    Figure(
        "REG-05",
        "3 economic unions",
        3,
        "economic unions at work in communities",
        lambda: _units(UnitKind.ECONOMIC_UNION).filter(tier="community").count(),
    ),
    Figure("REG-08", "10 firm branches", 10, "firm branches at work", lambda: _units(UnitKind.FIRM_BRANCH).count()),
    Figure(
        "REG-08",
        "5 of them single",
        5,
        "firm branches at work that one firm formed",
        lambda: _units(UnitKind.FIRM_BRANCH).filter(arrangement="single").count(),
    ),
    Figure(
        "REG-08",
        "5 of them joint",
        5,
        "firm branches at work that several firms formed",
        lambda: _units(UnitKind.FIRM_BRANCH).filter(arrangement="joint").count(),
    ),
    Figure(
        "REG-08",
        "140 firms covered",
        140,
        "firms covered by firm branches at work, summed",
        _sum(lambda: _units(UnitKind.FIRM_BRANCH), "firms_covered"),
    ),
    Figure(
        "REG-09",
        "79 street heads",
        79,
        "present posts of street heads in the demo street",
        lambda: _posts(Post.STREET_HEAD, within=STREET).count(),
    ),
    Figure(
        "REG-09",
        "347 building heads",
        347,
        "present posts of building heads in the demo street",
        lambda: _posts(Post.BUILDING_HEAD, within=STREET).count(),
    ),
    Figure(
        "REG-09",
        "198 grid workers",
        198,
        "present posts of full-time grid workers in the demo street",
        lambda: _posts(Post.GRID_WORKER, within=STREET).count(),
    ),
    Figure(
        "REG-10",
        "989 heads with four duties",
        989,
        "present posts of street, lane and building heads with all four duties in the second district",
        lambda: _posts(*_HEADS, within=_SECOND).filter(duties__contains=list(ALL_FOUR)).count(),
    ),
    Figure(
        "REG-12",
        "272 reserve staff",
        272,
        "reserves on the list in the second district",
        lambda: Reserve.objects.filter(until=None, state="listed", area_code__startswith=_SECOND).count(),
    ),
    Figure(
        "REG-13",
        "10 greater work committees",
        10,
        "greater work committees at work in streets of the second district",
        lambda: _units(UnitKind.GREATER_WORK_COMMITTEE, within=_SECOND).count(),
    ),
    Figure(
        "REG-13",
        "136 greater committees",
        136,
        "greater committees at work in communities of the second district",
        lambda: _units(UnitKind.GREATER_COMMITTEE, within=_SECOND).count(),
    ),
    Figure(
        "REG-13",
        "a part-time member with a term in each of them",
        146,
        "greater bodies of the second district with a part-time member from another unit whose term has an end",
        lambda: (
            Appointment.objects.filter(
                post=Post.PART_TIME_MEMBER, until__isnull=False, from_unit__isnull=False, area_code__startswith=_SECOND
            )
            .values("organisation")
            .distinct()
            .count()
        ),
    ),
    Figure(
        "REG-17",
        "1,667 hub households",
        1667,
        "hub households of the second district that hold today",
        lambda: HubHousehold.objects.filter(until=None, kind="hub", area_code__startswith=_SECOND).count(),
    ),
)

ALL: tuple[Figure, ...] = PLACES + PEOPLE


def written() -> str:
    """The page of the reference."""
    lines = [
        "# Figures of the demo world",
        "",
        "Numbers that the published accounts give, met by the made-up street of `huying demo`. Each is a question to",
        "the database, in `huying.cli.play.figures`; a test asks all of them. “At least” where an account says so.",
        "Those of organisations and posts (REG-03 to REG-17) stand in `huying demo --full`: it completes the street's",
        "heads and grid workers and adds a second made-up district of ten streets and 136 communities.",
        "",
        "| mechanism | the account says | number | what is counted |",
        "|---|---|---|---|",
    ]
    for one in ALL:
        number = f"at least {one.number:,}" if one.at_least else f"{one.number:,}"
        lines.append(f"| {one.mechanism} | {one.says} | {number} | {one.definition} |")
    return "\n".join(lines) + "\n"
