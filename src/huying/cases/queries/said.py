"""What a caller's words say of the place: the gazetteer of a street from its public registers.

Areas, estates, buildings, facilities and waters alone: names and codes that stand on the street's own signs, nothing
of a case and nothing of a person. Kept in the process until areas change, and at most a minute, since the other
registers have no mark of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from django.db.models import Q

from huying.kernel.actor import upper_bound
from huying.places.models import Building, Estate, Facility, Waterway
from huying.places.premises import DEVICE_FACILITIES
from huying.places.queries import current, mark, within
from huying.places.rules import ancestors_of
from huying.triage.gazetteer import Entry, Found, Gazetteer

KEPT_SECONDS = 60
MOST_KEPT = 8  # streets of one process

_kept: dict[str, tuple[str, float, Gazetteer]] = {}


def places(words: str, *, street_code: str, stated: str | None = None, codes: Sequence[str] = ()) -> Found:
    """The place that the words mean, inside the street: see `Gazetteer.find`.

    `stated` is the estate the caller named as home, `codes` the areas in which photos were taken. The caller of this
    function asks for a street of their own only.
    """
    return gazetteer_of(street_code).find(words, stated, codes, street_code)


def gazetteer_of(street_code: str) -> Gazetteer:
    """The gazetteer of an area; without a statement where it is known already."""
    held = _kept.get(street_code)
    if held is not None and held[0] == mark() and monotonic() < held[1]:
        return held[2]
    made = Gazetteer.of(_entries(street_code))
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[street_code] = (mark(), monotonic() + KEPT_SECONDS, made)
    return made


def _entries(street_code: str) -> list[Entry]:
    areas = current().filter(within([street_code]) | Q(code__in=ancestors_of(street_code)), valid_to=None)
    reach = {"area_code__gte": street_code, "area_code__lt": upper_bound(street_code), "until": None}
    rows = [
        Entry("area", name, (code,), (short,) if short else ())
        for code, name, short in areas.exclude(tier="building").values_list("code", "name", "short_name")
    ]
    for kind, across in (("estate", Estate), ("water", Waterway)):
        for name, code, grids in across._default_manager.filter(**reach).values_list("name", "area_code", "grid_codes"):
            inside = tuple(one for one in grids if one.startswith(street_code))
            rows.append(Entry(kind, name, inside or (code,)))
    buildings = Building.objects.filter(**reach).values_list("name", "area_code")
    facilities = Facility.objects.filter(**reach).exclude(kind__in=DEVICE_FACILITIES).values_list("name", "area_code")
    rows += [Entry("building", name, (code,)) for name, code in buildings]
    rows += [Entry("facility", name, (code,)) for name, code in facilities]
    return rows
