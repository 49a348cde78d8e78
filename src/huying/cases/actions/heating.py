"""Finding the hot issues of a street: read its calls of the last months, group them, keep what changed."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Left
from django.utils.timezone import localdate

from huying.cases.models import Case, HotIssue, HotIssueCase, Report
from huying.cases.queries.scope import within
from huying.cases.rules import State
from huying.cases.rules.hot import MOST_CALLS, WINDOW, area_of, most_of
from huying.cases.rules.masking import masked
from huying.kernel.refusals import Refusal
from huying.places.rules import street_of
from huying.triage.hot import CONCERNED, Issue, Voice
from huying.triage.hot_child import found_apart
from huying.triage.same import LETTERS, Call

LOCK = 7_490_5  # an advisory lock, so that two runs never write at once
AT_ONCE = 500
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


def find_hot_issues(street: str, *, now: datetime) -> int:
    """Group the street's calls anew; issues keep their numbers. Run twice, the second changes nothing.

    Nothing restricted and no drill is read. The grouping takes seconds and much memory: a child does it, before the
    transaction, which only writes what differs. Where the child fails, issues stay as they are until the next night,
    with a line in the log.
    """
    cases = {str(one.pk): one for one in _calls_in(street, now)}
    members = HotIssueCase.objects.filter(issue__street_code=street, issue__gone_at=None)
    before = {str(case): str(issue) for case, issue in members.values_list("case_id", "issue_id")}
    try:
        found = found_apart(_said(list(cases.values())), today=localdate(now), before=before)
    except Refusal as why:
        _log.warning("hot issues of %s stay as they are: %s", street, why)
        return HotIssue.objects.filter(street_code=street, gone_at=None).count()
    _keep(street, found, cases, now)
    return len(found)


def _calls_in(street: str, now: datetime) -> Iterable[Any]:
    """What is known of each call beside its words, without a model's weight: there are thousands."""
    rows = Case.objects.filter(within([street]), received_at__gte=now - WINDOW, restricted=False, drill=False).exclude(
        state__in=[str(one) for one in LEFT_OUT]
    )
    rows = rows.order_by("-received_at", "-id")[:MOST_CALLS]
    return rows.values_list("pk", "title", "area_code", "type_code", "received_at", named=True).iterator()


def _said(cases: list[Any]) -> Iterator[tuple[Call, Voice]]:
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
def _keep(street: str, found: list[Issue], cases: Mapping[str, Any], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    known = {str(one.pk): one for one in HotIssue.objects.filter(street_code=street)}
    number = max((one.number for one in known.values()), default=0)
    wanted: dict[UUID, UUID] = {}
    for one in sorted(found, key=lambda one: (one.first, one.name)):
        values = _values(street, one, cases)
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


def _values(street: str, one: Issue, cases: Mapping[str, Any]) -> dict[str, object]:
    mine = [cases[each] for each in one.calls]
    return {
        "street_code": street,
        "area_code": area_of(case.area_code for case in mine) or street,
        "type_code": most_of(case.type_code for case in mine),
        "typical_id": UUID(one.typical),
        "heat": one.heat,
        "callers": one.callers,
        "first_on": one.first,
        "last_on": one.last,
        "trend": str(one.trend),
        "concerned": CONCERNED.get(one.concerned, ""),
    }
