"""Where a call's words say that it is. Everything that asks triage for places asks here.

Known are the areas down to grids, and the estates, buildings, facilities and waters of one street, with their other
names: what stands on its own signs, nothing of a case and nothing of a person. They are kept for the process until one
of them changes, so that a request pays no statement for it. It helps and never stands in the way: whatever goes
wrong, no place is said.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from django.db.models import Q

from huying.kernel.actor import upper_bound
from huying.places.models import Building, Estate, Facility, OtherName, Waterway
from huying.places.premises import DEVICE_FACILITIES
from huying.places.queries import current, version, within
from huying.places.rules import LENGTHS, Tier, ancestors_of, street_of
from huying.triage.gazetteer import Ask, Entry, Found, Gazetteer

MOST_KEPT: Final = 8  # streets of one process
MOST_ASKED: Final = 6
"""A question with more choices than this is no short one."""
REST_SECONDS: Final = 300.0
NOTHING: Final = Found()
_FINE: Final = (LENGTHS[Tier.COMMUNITY], LENGTHS[Tier.GRID])

Answer = TypeVar("Answer")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Street:
    """What is kept of a street: the mark of the registers it was read at, its names, and its estates as written."""

    version: str
    names: Gazetteer
    estates: tuple[str, ...]


_kept: dict[str, _Street] = {}
_rests_until = 0.0


def forget() -> None:
    """Read every name anew: between tests."""
    global _rests_until
    _kept.clear()
    _rests_until = 0.0


def place_of(words: str, area_code: str, *, line: str = "", stated: str = "", codes: Sequence[str] = ()) -> Found:
    """The communities or grids of this area that the words mean: one, a few to ask about, or none.

    `area_code` is a street or lies in one, and is the asker's own; no other street is looked at. `line` is what was
    written about the place alone, `stated` the estate that the caller named as home, `codes` the areas in which photos
    were taken. It never raises.
    """
    text = ",".join(filter(None, (line.strip(), words.strip())))
    if not text:
        return NOTHING
    return _asked(area_code, lambda known: _short(known.names.find(text, stated, codes, area_code)), NOTHING)


def place_told(words: str, area_code: str, *, line: str = "", estate: str = "") -> Found:
    """The same with the estate that was written for the place beside the line about it."""
    found = place_of(words, area_code, line=line_of(estate, line))
    if estate:  # words that only point ("building 3") say where in it
        inside = place_of(words, area_code, line=line, stated=estate)
        found = inside if found.code and inside.code.startswith(found.code) else found
    return found


def line_of(estate: str, place_words: str) -> str:
    """The estate and how to find it, as one line."""
    return " ".join(filter(None, ("" if estate in place_words else estate, place_words)))


def estates_of(area_code: str) -> tuple[str, ...]:
    """The names of the estates of a street, to choose from; none where they cannot be read. It never raises."""
    return _asked(area_code, lambda known: known.estates, ())


def first_place_of(words: str, area_codes: Iterable[str], *, line: str = "", estate: str = "") -> Found:
    """`place_told` in the first of these areas in which the words say something."""
    each = (place_told(words, one, line=line, estate=estate) for one in area_codes)
    return next((found for found in each if found.candidates), NOTHING)


def pieces_of(found: Found) -> list[str]:
    """The pieces of the words that name the place."""
    return list(dict.fromkeys(why.piece for one in found.candidates for why in one.reasons if why.piece))


def _short(found: Found) -> Found:
    """Without what cannot be chosen where a place is chosen, and without questions that nobody can oversee."""
    fine = tuple(one for one in found.candidates if len(one.code) in _FINE)
    if found.ask is None:
        return Found(fine)
    if not 0 < len(fine) <= MOST_ASKED:
        return NOTHING
    kept = {one.code for one in fine}
    return Found(fine, Ask(found.ask.question, tuple(one for one in found.ask.choices if one[0] in kept)))


def _asked(area_code: str, ask: Callable[[_Street], Answer], nothing: Answer) -> Answer:
    """What the names of the street of this area answer; nothing where they cannot be read, and for a while after."""
    global _rests_until
    began = time.monotonic()
    street = street_of(area_code)
    if not street or began < _rests_until:
        return nothing
    try:
        return ask(_known(street))
    except Exception:  # whatever it is: the form goes on without it
        _log.exception("the place could not be read from words; it is not asked for %.0f s", REST_SECONDS)
        _rests_until = began + REST_SECONDS
        return nothing


def _known(street: str) -> _Street:
    """The names of a street; without a statement where they are known already."""
    now = version()
    held = _kept.get(street)
    if held is None or held.version != now:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        rows = _entries(street)
        estates = sorted({one.name for one in rows if one.kind == "estate"})
        held = _kept[street] = _Street(now, Gazetteer.of(rows), tuple(estates))
    return held


def _entries(street: str) -> list[Entry]:
    others = _other_names(street)
    areas = current().filter(within([street]) | Q(code__in=ancestors_of(street))).exclude(tier=Tier.BUILDING)
    # Short names are for narrow columns: a tree is not the community that is named after it.
    rows = [Entry("area", name, (code,), tuple(others[code])) for code, name in areas.values_list("code", "name")]
    reach = {"area_code__gte": street, "area_code__lt": upper_bound(street), "until": None}
    wide = Q(**reach) | Q(area_code__in=ancestors_of(street), until=None)
    for kind, across in (("estate", Estate), ("water", Waterway)):
        found = across._default_manager.filter(wide).values_list("pk", "name", "area_code", "grid_codes")
        for pk, name, code, grids in found:
            inside = tuple(one for one in grids or [code] if one.startswith(street))
            rows += [Entry(kind, name, inside, tuple(others[str(pk)]))] if inside else []
    kept = Facility.objects.filter(**reach).exclude(kind__in=DEVICE_FACILITIES)
    for kind, standing in (("building", Building.objects.filter(**reach)), ("facility", kept)):
        for pk, name, code in standing.values_list("pk", "name", "area_code"):
            rows.append(Entry(kind, name, (code,)))
            # A building is found by its estate and number alone: its other name is a place of its own.
            rows += [Entry("facility", other, (code,)) for other in others[str(pk)]]
    return rows


def _other_names(street: str) -> dict[str, list[str]]:
    """What else people call things, by the thing's id, or the area's code."""
    rows = OtherName.objects.filter(area_code__gte=street, area_code__lt=upper_bound(street), until=None)
    found: dict[str, list[str]] = defaultdict(list)
    for name, code, *things in rows.values_list("name", "area_code", "estate", "building", "facility"):
        found[str(next(filter(None, things), code))].append(name)
    return found
