"""Reads of hot issues, by scope: the clerk of the whole place sees each, others from five callers on.

What is restricted is in none. A case that became so since the last run is never among an issue's calls and hides the
issue from all but the clerk; if it is the one whose words are shown, from the clerk too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from huying.cases.models import Case, HotApart, HotIssue, HotIssueCase
from huying.cases.queries.scope import seen_by, within
from huying.cases.rules.masking import masked
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.paging import Page
from huying.people.rules import Duty
from huying.triage.hot import SHOWN_FROM

MOST_CALLS_SHOWN = 200
MOST_JOINABLE = 100


@dataclass(frozen=True)
class Hot:
    """An issue as it is shown: `words` are its own name, else those of its most typical call, masked; `calls` how many
    it has now."""

    issue: HotIssue
    words: str
    calls: int


def listed(viewer: Actor, *, page: Page[HotIssue]) -> list[Hot]:
    """The issues that the viewer may see, the hottest first, one page."""
    return _shown(page.of([_seen(viewer)], order=("-heat", "id")))


def issue(issue_id: UUID, viewer: Actor) -> Hot | None:
    """One issue, or None where it is missing or not the viewer's to see."""
    return next(iter(_shown(_seen(viewer).filter(pk=issue_id))), None)


def leads_to(issue_id: UUID, viewer: Actor) -> Hot | None:
    """The issue that holds the calls of one that was joined into it, and on from there; None where the viewer may not
    see it or might not have seen what was joined. What is missing costs as much as what is not theirs."""
    into, known = issue_id, {issue_id}
    while (row := _known_to(viewer).filter(pk=into, joined_into__isnull=False).first()) is not None:
        assert row.joined_into_id is not None
        into = row.joined_into_id
        if into in known:
            return None
        known.add(into)
    return issue(into, viewer) if len(known) > 1 else None


def of_case(case: Case, viewer: Actor) -> Hot | None:
    """The issue of a case that the viewer was given, if they may see it; two statements."""
    if case.restricted:
        return None
    mine = HotIssueCase.objects.filter(case_id=case.pk).values("issue")
    return next(iter(_shown(_seen(viewer).filter(pk__in=mine))), None)


def calls_of(issue_id: UUID, viewer: Actor) -> list[Case]:
    """The cases of an issue that the viewer may see, the latest first; none of an issue that is not theirs to see."""
    if not _seen(viewer).filter(pk=issue_id).exists():
        return []
    ids = HotIssueCase.objects.filter(issue=issue_id, case__restricted=False).values_list("case_id", flat=True)
    rows = seen_by(viewer).filter(pk__in=list(ids)).order_by("-received_at", "-id")
    return list(rows[:MOST_CALLS_SHOWN])


def _seen(viewer: Actor) -> QuerySet[HotIssue]:
    return _known_to(viewer).filter(gone_at=None)


def _known_to(viewer: Actor) -> QuerySet[HotIssue]:
    """What the viewer may see, with what is gone."""
    rows = HotIssue.objects.filter(typical__restricted=False)
    rows = rows.select_related("typical").defer("typical__search")
    if viewer.kind in (ActorKind.SYSTEM, ActorKind.RULE):
        return rows
    if viewer.kind != ActorKind.PERSON or viewer.report_id is not None:
        return rows.none()
    secret = HotIssueCase.objects.filter(issue=OuterRef("pk"), case__restricted=True)
    open_to_all = Q(callers__gte=SHOWN_FROM) & ~Exists(secret)
    return rows.filter(within(viewer.areas(Duty.READ)), open_to_all | within(viewer.areas(Duty.INTAKE)))


def _shown(found: Iterable[HotIssue]) -> list[Hot]:
    rows = list(found)
    members = HotIssueCase.objects.filter(issue__in=[one.pk for one in rows], case__restricted=False)
    calls = dict(members.values_list("issue").annotate(count=Count("pk"))) if rows else {}
    return [Hot(one, words_of(one), calls.get(one.pk, 0)) for one in rows]


def words_of(row: HotIssue) -> str:
    return row.own_words or masked(row.typical.title)


# What persons said of issues: seen by whoever may say it.


def may_correct(row: HotIssue, viewer: Actor) -> bool:
    """Whoever triages in the whole place of an issue may say what is one thing there."""
    return viewer.kind == ActorKind.PERSON and viewer.may(Duty.INTAKE, row.area_code)


def row(issue_id: UUID, viewer: Actor) -> HotIssue | None:
    """The row of an issue, or None where it is missing or not the viewer's to see."""
    return _seen(viewer).filter(pk=issue_id).first()


def joinable(row: HotIssue, viewer: Actor) -> list[HotIssue]:
    """Other issues of the street that the viewer may join into this one: of the same type first, then the hottest."""
    rows = _seen(viewer).filter(within(viewer.areas(Duty.INTAKE)), street_code=row.street_code).exclude(pk=row.pk)
    return sorted(rows.order_by("-heat", "id")[:MOST_JOINABLE], key=lambda one: one.type_code != row.type_code)


def joined(row: HotIssue, viewer: Actor) -> list[HotIssue]:
    """What was joined into an issue by hand, where the viewer triages too."""
    if not may_correct(row, viewer):
        return []
    mine = within(viewer.areas(Duty.INTAKE))
    rows = HotIssue.objects.filter(mine, joined_into=row.pk, typical__restricted=False).select_related("typical")
    return list(rows.defer("typical__search").order_by("number"))


def taken_out(row: HotIssue, viewer: Actor) -> list[Case]:
    """The cases that were taken out of an issue, or of one joined into it, and that the viewer may see."""
    if not may_correct(row, viewer):
        return []
    ids = HotApart.objects.filter(Q(issue=row.pk) | Q(issue__joined_into=row.pk)).values_list("case_id", flat=True)
    rows = seen_by(viewer).filter(pk__in=list(ids), restricted=False).order_by("-received_at", "-id")
    return list(rows[:MOST_CALLS_SHOWN])
