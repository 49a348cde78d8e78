"""What notices say of a case."""

from __future__ import annotations

from huying.cases.models import Case
from huying.kernel.terms import _
from huying.matters import queries as matters
from huying.places import queries as places


def facts_of(case: Case) -> dict[str, str]:
    """What every notice about a case says of it: number, type, place; never a caller's words."""
    # The case's own title begins with the caller's words: the type names it here.
    title = matters.name_of(case.type_code) if case.type_code else str(_("还没有定事项"))
    return {"number": case.number, "title": title, "place": places.name_of(case.area_code)}
