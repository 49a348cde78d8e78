"""One call about several matters: each goes its own way, and its caller follows all of them under one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.actions.intake import NewReport, received
from huying.cases.rules import Channel, Given, ReplyBy, Verb
from huying.kernel.actor import Actor, rule
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.matters.rules import Grade
from huying.people.models import Recusal
from huying.places.rules import street_of


@act
def split_case(docket: Docket, *, parts: Iterable[Mapping[str, Any]], actor: Actor, now: datetime) -> None:
    """拆成几件: the case keeps its first matter and its callers; each part is a case of its own with its own words.

    A part: `words`, and what is known already of `type_code`, `grid_code`, `place_words`. Nobody is called back about a
    part: the case they came from ends, and its callers are called, when all parts have ended. Raises IllegalMove for a
    part itself, Invalid for a part without words or more than five.
    """
    given = [dict(one) for one in parts]
    case = docket.case
    if any(not clean(one.get("words", ""), field="words") for one in given):
        raise Invalid({"words": [_("请写明拆出来的是什么事。")]})
    made = [docket.make_id() for _one in given]
    docket.move(
        Verb.SPLIT, actor=actor, now=now, given=Given(parts=len(given)), facts={"parts": [str(one) for one in made]}
    )
    case.parts += len(given)
    for part_id, one in zip(made, given, strict=True):
        new = NewReport(
            words=one["words"],
            area_code=street_of(case.area_code) or case.area_code,
            channel=Channel(case.channel),
            grid_code=one.get("grid_code") or ("" if case.unplaced else case.area_code),
            place_words=one.get("place_words") or case.place_words,
            type_code=one.get("type_code", ""),
            reply_by=ReplyBy.NONE,
            urgent=not one.get("type_code") and case.grade == Grade.URGENT,  # a type has a grade of its own
            drill=case.drill,
        )
        part = received(
            part_id, new, actor=rule("split"), now=now, knowledge=docket.knowledge, live=docket.live,
            make_id=docket.make_id,
        )  # fmt: skip
        part.key, part.body_hash = None, ""
        for line in part.history:
            line.key, line.body_hash = None, ""
        _like(docket, part, actor=actor, now=now)
        docket.others.append(part)


def _like(docket: Docket, part: Docket, *, actor: Actor, now: datetime) -> None:
    """A part is kept from the same people as its case, and waits at the same desk."""
    case, other = docket.case, part.case
    other.part_of = case
    other.desk_code, other.grade = case.desk_code, other.grade or case.grade or Grade.ORDINARY
    other.imported = case.imported
    other.confidential = other.confidential or case.confidential
    other.recused = case.recused
    other.restricted = other.confidential or other.recused
    for one in docket.recusals:
        part.add(
            Recusal(
                id=docket.make_id(), object_id=other.pk, unit_id=one.unit_id, account_id=one.account_id,
                reason_code=one.reason_code, set_by=one.set_by, set_at=now,
            )
        )  # fmt: skip


__all__ = ["split_case"]
