"""The limit that a step of a case has: what clocks start with, and what is promised before they start."""

from __future__ import annotations

from datetime import datetime

from huying.cases.models import Case
from huying.matters import queries as matters
from huying.matters.queries import LimitRow
from huying.matters.queries.sets import limit_holding
from huying.matters.rules import Grade, Step


def limit_of(
    case: Case, step: Step, *, at: datetime, type_code: str | None = None, grade: str | None = None
) -> LimitRow:
    """The limit of a case's step that begins then: of a set that holds there, else the catalogue's.

    `type_code` and `grade`: as they would be after another choice than what the case has. What comes from an archive
    was never under a set of ours. No statement when warm.
    """
    same = type_code is None or type_code == case.type_code
    code = case.type_code if same else str(type_code)
    version = case.catalogue_version if same else ""  # another type is taken from what is in force
    graded = Grade(grade or case.grade or Grade.ORDINARY)
    if case.imported:
        return matters.limit_row(code, step, graded, version)
    return limit_holding(code, step, graded, version, area_code=case.area_code, at=at, drill=case.drill)
