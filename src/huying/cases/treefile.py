"""The call trees of a case as plain values, for its page, its paper and programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from huying.cases.models import Case, TreeRun
from huying.cases.queries import calltrees as reads
from huying.cases.rules.calltrees import Occasion, TreeEnd
from huying.kernel.actor import Actor
from huying.kernel.terms import Label
from huying.notices.models import Delivery
from huying.notices.rules import Channel, DeliveryState, Why

TONES = {
    TreeEnd.PAGE: "done", TreeEnd.LINK: "done", TreeEnd.KEY: "done", TreeEnd.TAKEN: "done", TreeEnd.MOVED: "done",
    TreeEnd.NOBODY: "late",
}  # fmt: skip


@dataclass(frozen=True)
class Way:
    """By which way somebody was called, and what became of it."""

    channel: Label
    state: Label


@dataclass(frozen=True)
class CallRow:
    """One who was called; nobody, where nobody holds the post."""

    number: int
    post: str
    who: str
    at: datetime
    ways: list[Way]


@dataclass(frozen=True)
class TreePanel:
    """One run: what for, whom it called, how it stands."""

    run: TreeRun
    occasion: Label
    unit: str
    rows: list[CallRow]
    tone: str
    end: Label  # "" while it goes on
    answered_by: str
    answer_url: str


def panels_of(case: Case, *, actor: Actor) -> list[TreePanel]:
    """The runs of a case that was given, the latest first; no statement where none ever began."""
    found = []
    for run in reads.runs_of(case):
        run.case = case
        end = TreeEnd(run.ended_how) if run.ended_how else None
        may = end is None and reads.may_answer(run, actor)
        found.append(
            TreePanel(
                run, Occasion(run.occasion).label, run.order.unit.name if run.order is not None else "",
                [CallRow(one.number, one.post, one.who, one.at, [_way(row) for row in one.ways])
                 for one in reads.lines_of(run)],
                TONES[end] if end is not None else "doing", end.label if end is not None else "",
                run.answered_by.name if run.answered_by is not None else "",
                reverse("cases:answer_call", args=[run.pk]) if may else "",
            )
        )  # fmt: skip
    return found


def _way(row: Delivery) -> Way:
    why = Why(row.why).label if row.why and row.state != DeliveryState.SENT else ""
    return Way(Channel(row.channel).label, why or DeliveryState(row.state).label)
