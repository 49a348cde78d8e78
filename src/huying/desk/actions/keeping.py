"""What the desk keeps: filters saved and taken away, shifts handed over and taken over. Each leaves a history line."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huying.audit import actions as audit
from huying.desk import queries
from huying.desk.models import HandOver, SavedFilter
from huying.desk.rules import (
    MOST_FILTERS,
    MOST_KEPT,
    NAME_LIMIT,
    QUERY_LIMIT,
    WORDS_LIMIT,
    at_the_desk,
    heads,
    seeks_somebody,
    units_of,
)
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.people.models import Account


@transaction.atomic
def save_filter(
    *, filter_id: UUID, name: str, query: str, unit_id: UUID | None, actor: Actor, now: datetime
) -> SavedFilter:
    """Keep a filter's address (`rules.filter_address`) under a name, for oneself or a unit one works in.

    The same id and content answers the same. Raises NotAllowed for who is not staff, KeyReused for another content,
    NotFound for a unit that is not one's own, Invalid for an empty filter, one that seeks somebody, or too many.
    """
    if actor.kind != ActorKind.PERSON or actor.id is None:
        raise NotAllowed
    name = clean(name, limit=NAME_LIMIT, name=True, field="name")
    if not name:
        raise Invalid({"name": [_("请写一个名称。")]})
    if not query or len(query) > QUERY_LIMIT:
        raise Invalid({"name": [_("先选好条件，再存筛选。")]})
    if seeks_somebody(query):
        raise Invalid({"name": [_("搜索的字里有电话或证件号码，不能存。")]})
    if unit_id is not None and unit_id not in units_of(actor):
        raise NotFound("unit")
    Account.objects.select_for_update().get(pk=actor.id)  # two at once do not pass the most that one may keep
    earlier = SavedFilter.objects.filter(pk=filter_id).first()
    if earlier is not None:
        kept = (earlier.made_by, earlier.name, earlier.query, earlier.unit_id)
        if kept != (actor.id, name, query, unit_id):
            raise KeyReused
        return earlier
    if SavedFilter.objects.filter(made_by=actor.id, removed_at=None).count() >= MOST_FILTERS:
        raise Invalid({"name": [_("存的筛选太多了，请先删掉不用的。")]})
    found = SavedFilter.objects.create(
        id=filter_id, name=name, query=query, unit_id=unit_id, made_by=actor.id, made_at=now
    )
    _note("saved_filter", found.pk, "save", actor, now, unit=str(unit_id or ""))
    return found


def may_remove(found: SavedFilter, actor: Actor) -> bool:
    """Who made it; of a shared one, also who heads the unit."""
    if found.made_by == actor.id:
        return True
    return found.unit_id is not None and heads(actor, found.unit_id)


@transaction.atomic
def remove_filter(*, filter_id: UUID, actor: Actor, now: datetime) -> SavedFilter:
    """Take a filter away. Done twice, it is done once. Raises NotFound, NotAllowed for a colleague's."""
    if queries.filter_by_id(filter_id, actor) is None:
        mine = SavedFilter.objects.filter(pk=filter_id, removed_at__isnull=False).first()
        earlier = mine if mine is not None and mine.made_by == actor.id else None
        if earlier is None:
            raise NotFound("filter")
        return earlier
    found = SavedFilter.objects.select_for_update().get(pk=filter_id)
    if not may_remove(found, actor):
        raise NotAllowed(_("这个筛选是同事存的，由本人或单位负责人删。"))
    if found.removed_at is None:
        found.removed_at = now
        found.save(update_fields=["removed_at"])
        _note("saved_filter", found.pk, "remove", actor, now, unit=str(found.unit_id or ""))
    return found


@transaction.atomic
def leave_shift(
    *,
    hand_over_id: UUID,
    unit_id: UUID,
    words: str,
    facts: dict[str, list[list[str]]],
    actor: Actor,
    now: datetime,
) -> HandOver:
    """Hand the shift of a unit over: `facts` are ids of cases with times by kind, as the desk found them for the actor.

    The same id answers the same. Raises NotFound for a unit that is not one's own, NotAllowed without a duty at a
    desk, KeyReused for other words under the same id.
    """
    if unit_id not in units_of(actor) or actor.id is None:
        raise NotFound("unit")
    if not at_the_desk(actor):
        raise NotAllowed(_("交接班由值班的同事做。"))
    words = clean(words, limit=WORDS_LIMIT, field="words")
    Account.objects.select_for_update().get(pk=actor.id)  # sent twice at once, it is left once
    earlier = HandOver.objects.filter(pk=hand_over_id).first()
    if earlier is not None:
        if (earlier.left_by, earlier.unit_id, earlier.words) != (actor.id, unit_id, words):
            raise KeyReused
        return earlier
    kept = {kind: rows[:MOST_KEPT] for kind, rows in facts.items()}
    found = HandOver.objects.create(
        id=hand_over_id, unit_id=unit_id, words=words, facts=kept, left_by=actor.id, left_at=now
    )
    _note("hand_over", found.pk, "leave", actor, now, unit=str(unit_id))
    return found


@transaction.atomic
def take_shift(*, hand_over_id: UUID, actor: Actor, now: datetime) -> HandOver:
    """Take a shift over. Done twice by the same person, it is done once.

    Raises NotFound, IllegalMove for who left it or where another was faster.
    """
    if queries.hand_over_by_id(hand_over_id, actor) is None:
        raise NotFound("hand_over")
    found = HandOver.objects.select_for_update().get(pk=hand_over_id)
    if found.left_by == actor.id:
        raise IllegalMove(_("自己交的班，要由接班的同事来接。"))
    if found.taken_by == actor.id:
        return found
    if found.taken_by is not None:
        raise IllegalMove(_("这一班已经有同事接了。"))
    found.taken_by, found.taken_at = actor.id, now
    found.save(update_fields=["taken_by", "taken_at"])
    _note("hand_over", found.pk, "take", actor, now, unit=str(found.unit_id))
    return found


def _note(kind: str, object_id: UUID, verb: str, actor: Actor, now: datetime, **facts: Any) -> None:
    audit.append(
        kind=kind, object_id=object_id, verb=verb, actor=actor, at=now, area_code=next(iter(actor.areas()), ""),
        facts=facts,
    )  # fmt: skip
