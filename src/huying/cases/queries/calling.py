"""What an area's desk has settled about calling back: at what hours, and in which words."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from django.db.models import Q

from huying.cases.models import CallScript, CallTimes, Case
from huying.cases.rules.calling import SHIPPED_HOURS, SHIPPED_SCRIPT, CallHours, Line, Script
from huying.people.models import InTerm

T = TypeVar("T", bound=InTerm)


def _holding(model: type[T], area_code: str, day: date) -> list[T]:
    """The rows of an area and of those above it that hold on a day; the nearest area and the latest first."""
    above = [area_code[:length] for length in range(2, len(area_code) + 1)]
    rows = model._default_manager.filter(Q(until=None) | Q(until__gt=day), area_code__in=above, since__lte=day)
    return sorted(rows, key=lambda one: (len(one.area_code), one.since, one.pk), reverse=True)  # type: ignore[attr-defined]


def hours_in(area_code: str, day: date) -> CallHours:
    """When the desk of an area may ring callers; the shipped hours where nothing else is settled."""
    found = _holding(CallTimes, area_code, day)
    return found[0].hours if found else SHIPPED_HOURS


def script_of(case: Case, day: date) -> Script:
    """The words for a call about this case: those of its flow and class of matters before those for all."""
    fits = [
        one
        for one in _holding(CallScript, case.desk_code, day)
        if one.flow in ("", case.flow) and one.class_code in ("", case.type_code[:2])
    ]
    if not fits:
        return Script(tuple((str(one.label), str(SHIPPED_SCRIPT[one])) for one in Line))
    best = max(fits, key=lambda one: (len(one.area_code), bool(one.class_code), bool(one.flow), one.since, one.pk))
    said = [(str(one.label), getattr(best, one.value)) for one in Line]
    return Script(tuple((label, words) for label, words in said if words), best.version)
