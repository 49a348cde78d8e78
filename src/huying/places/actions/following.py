"""Other apps follow changes of areas, each app each change once, in the order in which they took effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from huying.places.models import AreaPlan
from huying.places.plans import PlanState

T = TypeVar("T")


@transaction.atomic
def follow(*, plan_id: UUID, who: str, step: Callable[[UUID], T]) -> list[T]:
    """Take the step for this change and for every earlier one that `who` has not followed; says what each gave.

    News of a change may come late, or twice. Rows that a later change has moved are no longer found by the codes
    of an earlier one, so the earlier ones go first; a change followed already is left alone.
    """
    waiting = (
        AreaPlan.objects.filter(state=PlanState.EFFECTIVE)
        .exclude(followed__contains=[who])
        .select_for_update()
        .order_by("effective_on", "effected_at", "pk")
        .defer("given", "result")
    )
    found = list(waiting)
    if plan_id not in {one.pk for one in found}:
        return []
    told = []
    for plan in found:
        told.append(step(plan.pk))
        plan.followed = [*plan.followed, who]
        plan.save(update_fields=["followed"])
        if plan.pk == plan_id:
            break
    return told
