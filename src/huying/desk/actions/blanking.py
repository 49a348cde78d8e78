"""Passages that name somebody are taken out of what the desk keeps beside the cases: the words of shifts, names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from huying.audit import actions as audit
from huying.cases import queries as cases
from huying.cases.actions.blanking import blanked, passages_in, without
from huying.desk.models import Batch, CaseExport, HandOver, SavedFilter
from huying.desk.rules import QUERY_LIMIT, filter_address
from huying.kernel.actor import Actor
from huying.kernel.refusals import NotAllowed, NotFound
from huying.people.models import Account, Organisation
from huying.people.rules import Duty
from huying.places.rules import street_of


@transaction.atomic
def blank_kept(case_id: UUID, *, passages: Iterable[str], actor: Actor, now: datetime) -> int:
    """Put the mark in place of these passages in what colleagues of the case's sub-district wrote since it came:
    words of shifts, names and words of saved filters, words to many cases, words of exports; says in how many texts.

    Done twice, the second changes nothing. History says how often, never what. Raises NotFound, NotAllowed without
    the duty to supervise, Invalid for passages that are none.
    """
    case = cases.one(case_id, actor)
    if case is None:
        raise NotFound("case")
    if not actor.may(Duty.SUPERVISE, case.desk_code):
        raise NotAllowed(duty=str(Duty.SUPERVISE))
    wanted, since = passages_in(passages), case.received_at
    units, people = _near(street_of(case.desk_code) or case.desk_code)
    changed = 0
    for shift in HandOver.objects.select_for_update().filter(unit__in=units, left_at__gte=since).order_by("pk"):
        changed += _noted("hand_over", shift.pk, blanked(shift, ("words",), wanted), actor, now)
    shared = Q(made_by__in=people) | Q(unit__in=units)
    for kept in SavedFilter.objects.select_for_update(of=("self",)).filter(shared, made_at__gte=since).order_by("pk"):
        count = blanked(kept, ("name",), wanted) + _query(kept, wanted)
        changed += _noted("saved_filter", kept.pk, count, actor, now)
    for batch in Batch.objects.select_for_update().filter(made_by__in=people, made_at__gte=since).order_by("pk"):
        values = {key: without(one, wanted) if isinstance(one, str) else one for key, one in batch.values.items()}
        count = sum(values[key] != one for key, one in batch.values.items())
        if count:
            batch.values = values
            batch.save(update_fields=["values"])
        changed += _noted("batch", batch.pk, count, actor, now)
    for export in (
        CaseExport.objects.select_for_update().filter(asked_by__in=people, asked_at__gte=since).order_by("pk")
    ):
        changed += _noted("case_export", export.pk, _query(export, wanted), actor, now)
    return changed


def _near(street: str) -> tuple[list[UUID], list[UUID]]:
    """Units and people in a sub-district, and in the areas around it."""
    inside = Q(area_code__startswith=street) | Q(area_code__in=[street[:length] for length in range(2, len(street))])
    units = Organisation.objects.filter(inside).values_list("pk", flat=True)
    return list(units), list(Account.objects.filter(inside).values_list("pk", flat=True))


def _query(row: Any, wanted: list[str]) -> int:
    """The words sought by a filter; it finds nothing by the mark, and not suddenly everything."""
    pairs = parse_qsl(row.query)
    kept = [(name, without(value, wanted)) for name, value in pairs]
    if kept == pairs:
        return 0
    address = filter_address(kept)
    row.query = address if len(address) <= QUERY_LIMIT else filter_address([("q", without(wanted[0], wanted))])
    row.save(update_fields=["query"])
    return 1


def _noted(kind: str, object_id: UUID, count: int, actor: Actor, now: datetime) -> int:
    if count:
        audit.append(
            kind=kind, object_id=object_id, verb="blank_words", actor=actor, at=now, area_code="",
            facts={"count": count},
        )  # fmt: skip
    return count
