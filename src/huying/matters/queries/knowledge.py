"""Reads of the knowledge base: lists for those who keep it, what is offered where somebody asks, the public's share."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import BooleanField, F, FloatField, Func, Q, QuerySet, TextField, Value
from django.utils.timezone import localdate

from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.grams import asked, grams, quoted
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.matters.models import Knowledge
from huying.matters.rules.knowledge import (
    NEAR,
    KnowledgeKind,
    KnowledgeState,
    ReplyFor,
    nearness,
    oldest_offered,
)
from huying.people.rules import Duty, prefixes

KEEPERS = (Duty.ADMIN_MATTERS, Duty.APPROVE_MATTERS)
LOOKED_AT = 40  # texts that share a pair with what was said, of which the nearest are shown
MOST_REPLIES = 30
_PAIRS_READ = 120
_ROWS = Knowledge.objects.defer("search").select_related("unit")


class _Matches(Func):
    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()
    conditional = True


def _asked(terms: Iterable[str], joined: str) -> Func:
    return Func(Value(joined.join(terms)), template="%(expressions)s::tsquery", output_field=TextField())


def covering(area_code: str) -> Q:
    """Texts that hold in a place: its own and those of the areas above."""
    return Q(area_code__in=prefixes(area_code))


def _within(codes: Iterable[str]) -> Q:
    condition = Q(pk__in=[])
    for code in codes:
        condition |= Q(area_code__gte=code, area_code__lt=upper_bound(code)) if code else Q(area_code__gte="")
    return condition


def seen_by(viewer: Actor) -> QuerySet[Knowledge]:
    """What is or was in use over or within the viewer's areas; what is in the making by those who keep or approve it
    there."""
    if viewer.kind == ActorKind.SYSTEM:
        return _ROWS.all()
    if viewer.kind != ActorKind.PERSON:
        return _ROWS.none()
    posts = sorted({grant.area_code for grant in viewer.grants})
    used = Q(pk__in=[])
    for code in posts:
        used |= covering(code) | _within([code])
    kept = _within({code for duty in KEEPERS for code in viewer.areas(duty)})
    in_use = Q(state__in=[str(KnowledgeState.PUBLISHED), str(KnowledgeState.RETIRED)])
    return _ROWS.filter((used & in_use) | kept)


def one(viewer: Actor, version_id: UUID) -> Knowledge:
    """A version, or NotFound where it is missing or not the viewer's to see: the same answer."""
    found = seen_by(viewer).filter(pk=version_id).first()
    if found is None:
        raise NotFound("knowledge")
    return found


def versions_of(viewer: Actor, entry: UUID) -> list[Knowledge]:
    """The versions of a text that the viewer may see, the last first."""
    return list(seen_by(viewer).filter(entry=entry).exclude(state=KnowledgeState.DROPPED).order_by("-number"))


@dataclass(frozen=True)
class Wanted:
    """What a list is cut to."""

    kind: str = ""
    state: str = ""  # a state, "due" for what is to be looked at again, "" for what is in use or in the making
    words: str = ""


def listed(viewer: Actor, wanted: Wanted, *, today: date, page: Page[Knowledge]) -> list[Knowledge]:
    """One page of the texts that the viewer may see, the newest version first."""
    rows = seen_by(viewer)
    if wanted.kind in KnowledgeKind.values:
        rows = rows.filter(kind=wanted.kind)
    if wanted.state == "due":
        rows = rows.filter(state=KnowledgeState.PUBLISHED, review_on__lte=today)
    elif wanted.state in KnowledgeState.values:
        rows = rows.filter(state=wanted.state)
    else:
        rows = rows.exclude(state__in=[str(KnowledgeState.DROPPED), str(KnowledgeState.RETIRED)])
    return page.of([found_by(rows, wanted.words)], order=("-made_at", "-id"))


def found_by(rows: QuerySet[Knowledge], words: str) -> QuerySet[Knowledge]:
    """Rows that hold all pairs of the words, as cases are searched; all rows where nothing was typed."""
    terms = [asked(one) for one in grams(words)[:32]]
    return rows.filter(_Matches(F("search"), _asked(terms, " & "))) if terms else rows


def offered(area_code: str, *, today: date) -> QuerySet[Knowledge]:
    """Texts in use in a place whose review is not long overdue."""
    return _ROWS.filter(covering(area_code), state=KnowledgeState.PUBLISHED, review_on__gte=oldest_offered(today))


def matching(
    words: str, area_code: str, *, today: date, type_codes: Collection[str] = (), limit: int = 3
) -> list[Knowledge]:
    """Articles that may answer what somebody says in a place, the nearest first; none where nothing is near.

    One statement; the words are looked at and not kept.
    """
    said = grams(words)[:_PAIRS_READ]
    if not said or not area_code:
        return []
    shared = _asked([quoted(one) for one in said], " | ")
    rows = offered(area_code, today=today).filter(_Matches(F("search"), shared), kind=KnowledgeKind.ARTICLE)
    # The database ranks by how much is shared, and the nearest of those are found here.
    rows = rows.annotate(rank=Func(F("search"), shared, function="ts_rank", output_field=FloatField()))
    known = set(said)
    scored = [
        (nearness(known, row.question, row.type_codes, type_codes), len(row.area_code), row)
        for row in rows.order_by("-rank", "pk")[:LOOKED_AT]
    ]
    near = sorted((one for one in scored if one[0] >= NEAR), key=lambda one: (-one[0], -one[1]))
    return [row for _score, _area, row in near[:limit]]


def replies(reply_for: ReplyFor, area_code: str, type_code: str, *, today: date) -> list[Knowledge]:
    """Standard replies for a move and a matter in a place: those of the matter first, of the nearest area first."""
    rows = offered(area_code, today=today).filter(
        Q(type_codes=[]) | Q(type_codes__contains=[type_code]), kind=KnowledgeKind.REPLY, reply_for=reply_for
    )
    found = list(rows.order_by("-approved_at", "pk")[:MOST_REPLIES])
    return sorted(found, key=lambda one: (not one.type_codes, -len(one.area_code)))


def in_use(version_id: UUID, area_code: str, *, today: date) -> Knowledge | None:
    """An article that answers calls of a place now; None for any other version."""
    return offered(area_code, today=today).filter(pk=version_id, kind=KnowledgeKind.ARTICLE).first()


# What everybody may read


@dataclass(frozen=True)
class PublicAnswer:
    """An article as everybody reads it."""

    entry: UUID
    question: str
    body: str
    basis: str
    unit: str
    published_on: date


def _public(row: Knowledge) -> PublicAnswer:
    day = localdate(row.approved_at or row.made_at)
    return PublicAnswer(row.entry, row.question, row.body, row.basis, row.unit.name if row.unit else "", day)


def public_answers(area_code: str, words: str, *, today: date, page: Page[Knowledge]) -> list[PublicAnswer]:
    """Articles of a place by words, one page."""
    rows = found_by(offered(area_code, today=today).filter(kind=KnowledgeKind.ARTICLE), words)
    return [_public(one) for one in page.of([rows], order=("-approved_at", "-id"))]


def public_answer(entry: UUID, *, today: date) -> PublicAnswer | None:
    """One article by its lasting address; None where it is not (or no longer) in use."""
    found = _ROWS.filter(
        entry=entry, kind=KnowledgeKind.ARTICLE, state=KnowledgeState.PUBLISHED, review_on__gte=oldest_offered(today)
    ).first()
    return _public(found) if found is not None else None


def public_matches(words: str, area_code: str, *, today: date, type_codes: Collection[str]) -> list[PublicAnswer]:
    """What may answer somebody who is about to report."""
    return [_public(one) for one in matching(words, area_code, today=today, type_codes=type_codes)]


def to_review(today: date, *, most: int) -> list[Knowledge]:
    """Texts in use whose day of review has come, the longest waiting first."""
    rows = _ROWS.filter(state=KnowledgeState.PUBLISHED, review_on__lte=today)
    return list(rows.order_by("review_on", "pk")[:most])


__all__ = [
    "PublicAnswer",
    "Wanted",
    "covering",
    "found_by",
    "in_use",
    "listed",
    "matching",
    "offered",
    "one",
    "public_answer",
    "public_answers",
    "public_matches",
    "replies",
    "seen_by",
    "to_review",
    "versions_of",
]
