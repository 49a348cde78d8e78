"""The figures of the published accounts, as questions to the demo world: each with its definition in one sentence.

`docs/reference/demo-figures.md` is written from this table; a test asks all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

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

ALL: tuple[Figure, ...] = PLACES


def written() -> str:
    """The page of the reference."""
    lines = [
        "# Figures of the demo world",
        "",
        "Numbers that the published accounts give, met by the made-up street of `huying demo`. Each is a question to",
        "the database, in `huying.cli.play.figures`; a test asks all of them. “At least” where an account says so.",
        "",
        "| mechanism | the account says | number | what is counted |",
        "|---|---|---|---|",
    ]
    for one in ALL:
        number = f"at least {one.number:,}" if one.at_least else f"{one.number:,}"
        lines.append(f"| {one.mechanism} | {one.says} | {number} | {one.definition} |")
    return "\n".join(lines) + "\n"
