"""The call-back desk: whom to ring, each caller of a case once a round, and what to have at hand for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from huying.cases.actions import Docket, Knowledge
from huying.cases.careful import careful_words, process_of
from huying.cases.models import Case, Report
from huying.cases.queries import calls, lists
from huying.cases.queries.lists import Todo
from huying.desk.links import call_url
from huying.desk.rows import ShownClock, clock_of, short_place
from huying.kernel.terms import Label
from huying.people.queries import masked_of
from huying.ui.words import due_words

MOST_LINES = 60


@dataclass(frozen=True)
class Line:
    """One caller to ring: `later` is "" where a call counts now, else from when."""

    case: Case
    report: Report
    who: str
    place: str
    tries: int
    counts_from: datetime
    later: str
    clock: ShownClock | None
    careful: list[Label]

    @property
    def url(self) -> str:
        return call_url(self.case.pk, self.report.pk)

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.case.pk, self.report.pk

    @property
    def try_words(self) -> str:
        return _("第 %(number)s 次") % {"number": self.tries + 1} if self.tries else _("首次")


def caller_words(report: Report) -> str:
    """A caller as the desk shows them: masked."""
    if report.contact is None:
        return _("没留联系方式")
    masked = masked_of(report.contact)
    return " · ".join(part for part in (str(masked.name), str(masked.phone)) if part)


def lines_of(todos: Sequence[Todo], *, now: datetime) -> list[Line]:
    """One line a caller, those who can be rung now first, each part by due time."""
    shown = todos[:MOST_LINES]
    cases = lists.cases_of(one.case_id for one in shown)
    spoken = calls.spoken_of(cases)
    late = calls.late_steps_of({key: [one.pk for one in said.orders] for key, said in spoken.items()}, now)
    knowledge = Knowledge()
    found = []
    for todo in shown:
        case = cases.get(todo.case_id)
        if case is None:
            continue
        said = spoken[case.pk]
        docket = Docket(
            case=case, knowledge=knowledge, orders=said.orders, reports=said.reports,
            _answers=said.answers, _attempts=said.attempts, _feedback=said.feedback,
        )  # fmt: skip
        careful = careful_words(process_of(case, said.orders, said.answers, said.reports, late_steps=late[case.pk]))
        for report in docket.to_call():
            found.append(_line(docket, report, todo, careful, now))
    return sorted(found, key=lambda one: one.counts_from if one.later else timezone.localtime(now))


def _line(docket: Docket, report: Report, todo: Todo, careful: list[Label], now: datetime) -> Line:
    counts_from = docket.next_try_at(report, now)
    return Line(
        case=docket.case,
        report=report,
        who=caller_words(report),
        place=short_place(docket.case).partition(" · ")[0],
        tries=len(docket.calls_to(docket.callers()[report.pk])),
        counts_from=counts_from,
        later=due_words(counts_from, now) if counts_from > now else "",
        clock=clock_of(todo.due_from, todo.yellow_at, todo.due_at),
        careful=careful,
    )
