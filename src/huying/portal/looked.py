"""Who looked at what somebody left of themselves, for that person's own pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from huying.kernel.terms import _
from huying.people import queries as people
from huying.people.rules import OpeningPurpose


def who_looked(contact_id: UUID) -> list[dict[str, Any]]:
    """Each opening: `at`, `who` (unit and post, never a name), `why`."""
    openings = people.openings_of(contact_id)
    posts = people.named(one.opened_by for one in openings if one.opened_by)
    lines = []
    for one in openings:
        known = posts.get(one.opened_by) if one.opened_by else None
        by_system = one.opened_by is None and one.unit is None
        unit = one.unit.name if one.unit is not None else ""
        who = str(_("系统发短信")) if by_system else " ".join(filter(None, [unit, known.post if known else ""]))
        lines.append({"at": one.at, "who": who, "why": OpeningPurpose(one.purpose).label})
    return lines
