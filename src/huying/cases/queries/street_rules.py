"""Street rules as they hold: approved versions that have begun, of an area, of those above it, and of the system."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from huying.cases.models.base import StreetRule
from huying.cases.rules.street_rules import RuleState, around, holding

R = TypeVar("R", bound=StreetRule)


def in_force_in(model: type[R], day: date, area_code: str, **which: Any) -> list[R]:
    """The version that holds of each rule (or of `which` one) in an area on a day, the first made first."""
    rows = model._default_manager.filter(
        state=RuleState.APPROVED, valid_from__lte=day, area_code__in=around(area_code), **which
    )
    return holding(rows.order_by("valid_from", "version", "pk"))
