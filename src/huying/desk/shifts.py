"""What a shift hands over: found anew for whoever leaves, and shown to each as far as they see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huying.approvals.rules import ApprovalKind
from huying.cases.models import Case
from huying.cases.queries import asking, lists
from huying.cases.queries.lists import Todo, Wanted
from huying.cases.rules.tasks import Task
from huying.desk import queries
from huying.desk.calls import lines_of
from huying.desk.models import HandOver
from huying.desk.rows import Row, Rows
from huying.desk.rules import MOST_KEPT
from huying.kernel.actor import Actor
from huying.kernel.paging import Page
from huying.kernel.terms import Label, Term, _
from huying.ui.words import due_words, when_words


class Fact(Term):
    """A kind of thing that the next shift must know."""

    RED = "red", _("已超时")
    YELLOW = "yellow", _("快到期")
    CALL = "call", _("约好再打电话")
    ASKED = "asked", _("等人决定的申请")


Facts = dict[str, list[list[str]]]


@dataclass(frozen=True)
class Part:
    """One kind of fact with its cases as rows, each with what is to be known of it."""

    label: Label
    rows: list[tuple[Row, str]]
    dated: bool  # what is to be known is a time


def facts_of(viewer: Actor, todos: Sequence[Todo], *, now: datetime) -> Facts:
    """The red and yellow open cases that the viewer sees, callers who are to be rung again, undecided requests."""
    found: Facts = {}
    for fact, light in ((Fact.RED, "red"), (Fact.YELLOW, "yellow")):
        page: Page[Case] = Page(limit=MOST_KEPT)
        rows = lists.cases_found(viewer, Wanted(light=light), now=now, page=page)
        found[str(fact)] = [[str(one.pk), one.due_at.isoformat() if one.due_at else ""] for one in rows]
    waiting = lines_of([one for one in todos if one.task == Task.CALL_BACK], now=now)
    found[str(Fact.CALL)] = [[str(one.case.pk), one.counts_from.isoformat()] for one in waiting if one.tries]
    asked = asking.undecided(viewer, most=MOST_KEPT)
    found[str(Fact.ASKED)] = [[str(case.pk), str(approval.kind)] for case, approval in asked]
    return found


def parts_of(facts: Facts, viewer: Actor, *, now: datetime) -> list[Part]:
    """The facts as rows: what the viewer does not see is left out, wherever it was found."""
    wanted = {UUID(key) for rows in facts.values() for key, _told in rows}
    cases = queries.seen_cases(wanted, viewer)
    made = Rows(list(cases.values()), viewer, now=now)
    return [
        Part(
            fact.label,
            [
                (made.of_case(cases[UUID(key)]), _words(fact, told, now))
                for key, told in facts.get(str(fact), [])
                if UUID(key) in cases
            ],
            dated=fact != Fact.ASKED,
        )
        for fact in Fact
    ]


def _words(fact: Fact, told: str, now: datetime) -> str:
    if fact == Fact.ASKED:
        return str(ApprovalKind(told).label)
    if not told:
        return ""
    return due_words(datetime.fromisoformat(told), now)


@dataclass(frozen=True)
class Left:
    """One hand-over of the list: who left, who took it, when."""

    hand_over: HandOver
    left: str
    taken: str


def left_of(rows: Iterable[HandOver], names: dict[UUID, str], *, now: datetime) -> list[Left]:
    return [
        Left(
            hand_over=one,
            left=f"{names.get(one.left_by, '')} {when_words(one.left_at, now)}",
            taken=f"{names.get(one.taken_by, '')} {when_words(one.taken_at, now)}"
            if one.taken_by and one.taken_at
            else "",
        )
        for one in rows
    ]
