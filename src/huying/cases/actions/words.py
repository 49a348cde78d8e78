"""The search rows of cases, after documents of theirs are gone."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from huying.cases.actions.docket import Docket
from huying.cases.models import Case, Report, WorkOrder


def words_again(owner_kind: str, owner_ids: Iterable[UUID]) -> int:
    """Make the search rows of these owners' cases anew; says how many. Done twice, it is done once."""
    ids = list(owner_ids)
    if owner_kind == "case":
        case_ids = set(ids)
    elif owner_kind == "report":
        case_ids = set(Report.objects.filter(pk__in=ids).values_list("case_id", flat=True))
    else:
        case_ids = set(WorkOrder.objects.filter(pk__in=ids).values_list("case_id", flat=True))
    return sum(_again(case_id) for case_id in sorted(case_ids))


@transaction.atomic
def _again(case_id: UUID) -> int:
    case = Case.objects.defer("search").select_for_update(of=("self",)).filter(pk=case_id).first()
    if case is None:
        return 0
    return Case.objects.filter(pk=case_id).update(search=Docket.of(case).search_expression())
