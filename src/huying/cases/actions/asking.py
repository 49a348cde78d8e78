"""Asking the caller for more: one question with a term, answered by the code or by phone; the clock waits meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.actions.intake import keep_images
from huying.cases.actions.units import about, own_order
from huying.cases.models import Addition
from huying.cases.queries.dues import past_answering
from huying.cases.rules import Verb
from huying.clocks.rules import Limit
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, Invalid
from huying.kernel.terms import _
from huying.kernel.text import clean

TERMS = ("24h", "1wd", "2wd", "3wd", "5wd")


@act
def ask_reporter(docket: Docket, *, report_id: UUID, question: str, limit: str, actor: Actor, now: datetime) -> None:
    """请诉求人补充: one question to one caller, with a term (one of `TERMS`).

    Once a round by the lead unit; a second time by the desk alone. The clock of handling stands still until the
    caller has answered, the term is over, or nobody waits any more.
    """
    text = clean(question, limit=500, field="question")
    if limit not in TERMS:
        raise Invalid({"limit": [_("请选等多久。")]})
    docket.move(
        Verb.ASK_REPORTER,
        actor=actor,
        now=now,
        given=about(own_order(docket, actor, None), reason=text, report_id=report_id),
        facts={"report": str(report_id), "limit": limit},
    )
    docket.ask_reporter(report_id, Limit.parse(limit), now=now)
    docket.due()


@act
def answer_question(
    docket: Docket, *, words: str, images: Iterable[PreparedImage] = (), actor: Actor, now: datetime
) -> None:
    """The caller answers by the code, or by phone, which the staff writes down: an addition to the report."""
    text = clean(words, field="words")
    pictures = list(images)
    report_id = docket.case.asked_report_id
    order = own_order(docket, actor, None)
    docket.move(
        Verb.REPLY,
        actor=actor,
        now=now,
        given=about(order, words=text, photos=len(pictures)),
        facts={"report": str(report_id or ""), "photos": len(pictures)},
        before=lambda _move: docket.end_question(now=now),
    )
    report = next(one for one in docket.reports if one.pk == report_id)
    docket.add(Addition(id=docket.make_id(), report=report, words=text, added_at=now))
    keep_images(pictures, "report", report.pk, "report", docket, actor=actor, now=now)


@act
def stop_waiting(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """不再等补充: the unit goes on with what it knows."""
    docket.move(
        Verb.STOP_WAITING,
        actor=actor,
        now=now,
        given=about(own_order(docket, actor, None)),
        before=lambda _move: docket.end_question(now=now),
    )


def end_terms(*, actor: Actor, now: datetime) -> int:
    """Let go on what no caller has answered in time; says how many cases. Run twice, the second finds nothing to do."""
    done = 0
    for case_id in past_answering(now):
        with suppress(IllegalMove):  # answered just now
            stop_waiting(case_id, actor=actor, now=now)
            done += 1
    return done
