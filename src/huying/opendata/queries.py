"""Reads of exports: those of the areas over which a person holds the duty."""

from __future__ import annotations

from django.db.models import Q

from huying.kernel.actor import Actor, upper_bound
from huying.opendata.models import Export
from huying.people.rules import Duty
from huying.places import queries as areas
from huying.places.models import Area


def exports(viewer: Actor, *, most: int = 50) -> list[Export]:
    """The newest exports of the viewer's areas."""
    seen = Q(pk__in=[])
    for code in viewer.areas(Duty.EXPORT):
        seen |= Q(area_code__gte=code, area_code__lt=upper_bound(code))
    return list(Export.objects.filter(seen).order_by("-asked_at", "-pk")[:most])


def choices(viewer: Actor) -> list[Area]:
    """The areas a person may export: where the duty is held, and the sub-districts below."""
    held = [one for code in viewer.areas(Duty.EXPORT) if (one := areas.area(code)) is not None]
    below = [one for one in areas.streets() if any(one.code.startswith(code) for code in viewer.areas(Duty.EXPORT))]
    return list({one.code: one for one in [*held, *below]}.values())
