"""Finding the hot issues of a street: read its calls of the last months, group them, keep what changed."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.utils.timezone import localdate

from huying.cases.models import Case, HotApart, HotIssue, HotIssueCase, Report
from huying.cases.queries.scope import within
from huying.cases.rules import State
from huying.cases.rules.hot import MOST_CALLS, WINDOW, area_of, most_of
from huying.cases.rules.masking import masked
from huying.kernel.refusals import Refusal
from huying.places.rules import street_of
from huying.triage.hot import CONCERNED, Apart, Corrections, Figures, Issue, Voice
from huying.triage.hot_child import found_apart
from huying.triage.same import LETTERS, Call

LOCK = 74_905
AT_ONCE = 500
ATTEMPTS = 3
LEFT_OUT = (State.MERGED, State.VOIDED, State.WITHDRAWN)
_COLUMNS = ("street_code", "area_code", "type_code", "typical_id", "heat", "callers", "first_on", "last_on", "trend",
            "concerned")  # fmt: skip

_log = logging.getLogger(__name__)


def find_everywhere(*, now: datetime) -> int:
    """In every street that had a call in the window or has an issue; how many issues there are."""
    recent = Case.objects.filter(received_at__gte=now - WINDOW)
    streets = set(recent.annotate(street=Left("area_code", 9)).values_list("street", flat=True).distinct())
    streets |= set(HotIssue.objects.filter(gone_at=None).values_list("street_code", flat=True).distinct())
    return sum(find_hot_issues(street, now=now) for street in sorted(streets) if street_of(street))


def find_hot_issues(street: str, *, now: datetime, places: Sequence[str] = ()) -> int:
    """Group the street's calls anew, or those of these `places` alone (then it has issues there alone); how many.

    Issues keep their numbers. Run twice, the second changes nothing.

    Nothing restricted and no drill is read; what persons said of issues holds. The grouping takes seconds and much
    memory: a child does it, before the transaction, which only writes what differs. Where the child fails, or persons
    go on saying other things meanwhile, issues stay as they are until the next night, with a line in the log.
    """
    for _attempt in range(ATTEMPTS):
        cases = {str(one.pk): one for one in _calls_in(places or [street], now)}
        known = said_in(street, now=now)
        try:
            found = found_apart(
                _words_of(list(cases.values())), today=localdate(now), before=known.before, said=known.corrections
            )
        except Refusal as why:
            _log.warning("hot issues of %s stay as they are: %s", street, why)
            break
        if _keep(street, found, cases, known, now):
            return len(found)
    else:
        _log.warning("hot issues of %s stay as they are: they were corrected meanwhile", street)
    return HotIssue.objects.filter(street_code=street, gone_at=None).count()


def lock_street(street: str) -> None:
    """Until the transaction ends nobody else writes the street's issues: no night, and no person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, int(street)])


@dataclass(frozen=True)
class Known:
    """Where the calls of a street are now, and what persons said of its issues; by ids as texts."""

    before: Mapping[str, str]
    corrections: Corrections


def said_in(street: str, *, now: datetime) -> Known:
    issues = HotIssue.objects.filter(street_code=street, gone_at=None)
    members = HotIssueCase.objects.filter(issue__in=issues).values_list("case_id", "issue_id")
    before = {str(case): str(issue) for case, issue in members}
    kept = issues.filter(joined__isnull=False).values_list("pk", flat=True)
    rows = HotApart.objects.filter(issue__street_code=street, at__gte=now - WINDOW)
    taken_out = [
        Apart(str(case), str(into or issue), frozenset(map(str, others)))
        for case, issue, into, others in rows.values_list("case_id", "issue_id", "issue__joined_into", "others")
    ]
    return Known(before, Corrections.of(map(str, kept), taken_out, before))


def calls_of(places: Iterable[str]) -> QuerySet[Case]:
    """Cases that may be in an issue: nothing restricted, no drill, nothing that is no call of its own any more."""
    rows = Case.objects.filter(within(places), restricted=False, drill=False)
    return rows.exclude(state__in=[str(one) for one in LEFT_OUT])


def _calls_in(places: Iterable[str], now: datetime) -> Iterable[Any]:
    """What is known of each call beside its words, without a model's weight: there are thousands."""
    rows = calls_of(places).filter(received_at__gte=now - WINDOW)
    return (
        rows.order_by("-received_at", "-id")[:MOST_CALLS]
        .values_list("pk", "title", "area_code", "type_code", "received_at", named=True)
        .iterator()
    )


def _words_of(cases: list[Any]) -> Iterator[tuple[Call, Voice]]:
    """The words of each call, masked, and who said them: never those of all at once."""
    for begin in range(0, len(cases), AT_ONCE):
        part = cases[begin : begin + AT_ONCE]
        reports: dict[UUID, list[tuple[str, UUID | None]]] = defaultdict(list)
        rows = Report.objects.filter(case_id__in=[case.pk for case in part], withdrawn_at=None)
        rows = rows.annotate(beginning=Left("words", LETTERS)).order_by("received_at", "id")
        for case_id, words, contact in rows.values_list("case_id", "beginning", "contact_id"):
            reports[case_id].append((words, contact))
        for case in part:
            mine = reports[case.pk]
            words = masked(mine[0][0]) if mine else ""
            day = localdate(case.received_at)
            call = Call(str(case.pk), masked(case.title), words, day, area=case.area_code, type=case.type_code)
            # Who left no contact may be one person.
            yield call, Voice(frozenset(str(contact or "") for _words, contact in mine))


@transaction.atomic
def _keep(street: str, found: list[Issue], cases: Mapping[str, Any], read: Known, now: datetime) -> bool:
    """Write what differs; False where a person said something since it was read."""
    lock_street(street)
    known = {str(one.pk): one for one in HotIssue.objects.filter(street_code=street)}
    if said_in(street, now=now) != read:
        return False
    number = max((one.number for one in known.values()), default=0)
    wanted: dict[UUID, UUID] = {}
    for one in sorted(found, key=lambda one: (one.first, one.name)):
        values = {
            **described(street, one, [cases[each] for each in one.calls]),
            "typical_id": UUID(one.typical),
            "concerned": CONCERNED.get(one.concerned, ""),
        }
        row = known.pop(one.name, None)
        if row is None:
            number += 1
            row = HotIssue.objects.create(number=number, found_at=now, **values)
        elif row.gone_at is not None or any(getattr(row, name) != values[name] for name in _COLUMNS):
            for name, value in {**values, "found_at": now, "gone_at": None}.items():
                setattr(row, name, value)
            row.save()
        wanted |= dict.fromkeys((cases[each].pk for each in one.calls), row.pk)
    held = HotIssueCase.objects.filter(Q(issue__street_code=street) | Q(case_id__in=wanted))
    member_of = dict(held.values_list("case_id", "issue_id"))
    HotIssueCase.objects.filter(
        case_id__in=[case for case, issue in member_of.items() if wanted.get(case) != issue]
    ).delete()
    HotIssueCase.objects.bulk_create(
        [HotIssueCase(case_id=case, issue_id=issue) for case, issue in wanted.items() if member_of.get(case) != issue]
    )
    HotIssue.objects.filter(pk__in=known, gone_at=None).update(gone_at=now)
    old = list(HotApart.objects.filter(issue__street_code=street, at__lt=now - WINDOW).values_list("pk", flat=True))
    HotApart.objects.filter(pk__in=old).delete()
    return True


def described(street: str, one: Issue | Figures, cases: Iterable[Any]) -> dict[str, Any]:
    """The columns of an issue of these cases that follow from where and of what type they are, and from its figures."""
    cases = list(cases)
    return {
        "street_code": street,
        "area_code": area_of(case.area_code for case in cases) or street,
        "type_code": most_of(case.type_code for case in cases),
        "heat": one.heat,
        "callers": one.callers,
        "first_on": one.first,
        "last_on": one.last,
        "trend": str(one.trend),
    }
