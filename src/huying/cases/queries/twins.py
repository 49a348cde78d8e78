"""Open cases near by that likely say the same as one, with reasons: for a person who joins them or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils.timezone import localdate

from huying.cases.models import IS_OPEN, Case, Report
from huying.cases.queries.scope import branches_seen_by, within
from huying.cases.rules.hot import Reason
from huying.cases.rules.masking import masked
from huying.kernel.actor import Actor
from huying.places.rules import community_of
from huying.triage.same import LETTERS, Call, twins

LOOKED_AT = 200
TWIN_DAYS = 60
SHOWN = 3


@dataclass(frozen=True)
class Twin:
    """A case that is likely the same, why, and which words of the asking case it has too: nothing else of the other."""

    case: Case
    reasons: tuple[Reason, ...]
    shared: tuple[str, ...]
    days: int


def twins_of(case: Case, words: str, viewer: Actor, *, now: datetime) -> list[Twin]:
    """At most three open cases of the same community and of the last 60 days that the viewer sees, the likeliest first.

    By words, place, matter and time; who called is never compared. Nothing restricted and no drill beside what is real.
    One statement for each way in which the viewer sees cases; none where the case has no community yet.
    """
    return [] if case.restricted else _likely(_call(case, words), viewer, drill=case.drill, now=now)


def twins_of_words(words: str, area_code: str, viewer: Actor, *, type_code: str = "", now: datetime) -> list[Twin]:
    """As `twins_of`, for a call that is still being taken down in this area; `type_code` as far as one is chosen."""
    call = Call("", "", masked(words[:LETTERS]), localdate(now), area=area_code, type=type_code)
    return _likely(call, viewer, drill=False, now=now)


def _likely(call: Call, viewer: Actor, *, drill: bool, now: datetime) -> list[Twin]:
    place = community_of(call.area)
    if not place:
        return []
    first = Report.objects.filter(case=OuterRef("pk"), withdrawn_at=None).order_by("received_at", "id")
    found: dict[str, Case] = {}
    for branch in branches_seen_by(viewer, still_open=True):
        rows = branch.filter(
            within([place]), IS_OPEN, restricted=False, drill=drill, received_at__gte=now - timedelta(TWIN_DAYS)
        )
        rows = rows.annotate(said=Subquery(first.values("words")[:1])).order_by("-received_at", "-id")
        found |= {str(row.pk): row for row in rows[:LOOKED_AT]}
    found.pop(call.id, None)
    others = [_call(row, getattr(row, "said", None) or "") for row in found.values()]
    return [
        Twin(found[one.id], tuple(Reason(str(why)) for why in one.reasons), one.shared, one.days)
        for one in twins(call, others)[:SHOWN]
    ]


def _call(case: Case, words: str) -> Call:
    day = localdate(case.received_at)
    return Call(
        str(case.pk), masked(case.title), masked(words[:LETTERS]), day, area=case.area_code, type=case.type_code
    )
