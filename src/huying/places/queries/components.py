"""The component that a matter is about, found from its point."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, radians

from django.core.cache import cache

from huying.places.component_words import component_in
from huying.places.models import Component
from huying.places.premises import ComponentKind
from huying.places.rules import metres_between

NEAR_METRES = 50
MOST = 200
_KEY, _SECONDS = "places.components", 60
_DEGREE = 110_574.0  # metres of a degree northwards


@dataclass(frozen=True)
class Near:
    """A component and how far it lies from the point."""

    component: Component
    metres: int


def about(matter: str, lng: float | None, lat: float | None) -> Near | None:
    """The component that a matter of this name at a point is about.

    Where its name points to no kind, or none of the kind is registered anywhere, nothing is asked of the database:
    which kinds there are is looked up every minute.
    """
    kind = component_in(matter)
    if kind is None or lng is None or lat is None or kind not in _registered():
        return None
    return nearest(kind, lng, lat)


def _registered() -> frozenset[str]:
    found: frozenset[str] | None = cache.get(_KEY)
    if found is None:
        found = frozenset(Component.objects.filter(until=None).order_by().values_list("kind", flat=True).distinct())
        cache.set(_KEY, found, _SECONDS)
    return found


def nearest(kind: ComponentKind, lng: float, lat: float) -> Near | None:
    """The nearest present component of a kind within 50 metres of a point: one statement, by index.

    Components stand in the street for everybody to see; what is told of one is whose it is, and nothing of a person.
    """
    north = NEAR_METRES / _DEGREE * 1.01
    east = north / max(cos(radians(lat)), 0.01)
    rows = Component.objects.filter(
        kind=kind, until=None, lat__gte=lat - north, lat__lte=lat + north, lng__gte=lng - east, lng__lte=lng + east
    )
    found = [
        (hypot(*metres_between(lng, lat, one.lng, one.lat)), one)
        for one in rows.order_by("number", "pk")[:MOST]
        if one.lng is not None and one.lat is not None
    ]
    if not found:
        return None
    metres, one = min(found, key=lambda pair: pair[0])
    return Near(one, round(metres)) if metres <= NEAR_METRES else None


__all__ = ["NEAR_METRES", "Near", "about", "nearest"]
