"""Supervision: the supervisor says what is to be done by when, the lead unit reports back, the supervisor looks."""

from __future__ import annotations

from datetime import datetime

from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.actions.units import about, own_order
from huying.cases.rules import Given, OwnStep, Supervision, Verb
from huying.clocks.rules import Limit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.kernel.text import clean

LIMITS = ("2h", "4wh", "1wd", "2wd", "3wd", "5wd", "10wd")
WORDS = 500


@act
def supervise_case(docket: Docket, *, what: str, limit: str, actor: Actor, now: datetime) -> None:
    """督办: what is to be done, and by when (one of `LIMITS`). A clock of its own runs until the unit reports back."""
    _set(docket, Verb.SUPERVISE, what, limit, actor=actor, now=now)


@act
def press_again(docket: Docket, *, what: str, limit: str, actor: Actor, now: datetime) -> None:
    """再次督办: what was reported is not enough; said anew, with a new limit."""
    _set(docket, Verb.PRESS, what, limit, actor=actor, now=now)


def _set(docket: Docket, verb: Verb, what: str, limit: str, *, actor: Actor, now: datetime) -> None:
    text = clean(what, limit=WORDS, field="what")
    if limit not in LIMITS:
        raise Invalid({"limit": [_("请选回报的时限。")]})
    case = docket.case
    docket.move(
        verb,
        actor=actor,
        now=now,
        given=Given(reason=text),
        facts={"limit": limit, "count": case.supervisions + 1},
    )
    case.supervision = Supervision.SET
    case.supervisions += 1
    docket.start_own(OwnStep.SUPERVISE, Limit.parse(limit), now=now)


@act
def report_back(docket: Docket, *, words: str, actor: Actor, now: datetime) -> None:
    """回报督办: the lead unit says how far it is; its clock stops."""
    text = clean(words, limit=WORDS, field="words")
    docket.move(Verb.REPORT_BACK, actor=actor, now=now, given=about(own_order(docket, actor, None), reason=text))
    docket.case.supervision = Supervision.REPORTED
    docket.stop_clocks(now=now, step=OwnStep.SUPERVISE, object_id=docket.case.pk)


@act
def close_supervision(docket: Docket, *, words: str = "", actor: Actor, now: datetime) -> None:
    """结束督办: nothing more is to be reported."""
    text = clean(words, limit=WORDS, field="words")
    docket.move(Verb.CLOSE_SUPERVISION, actor=actor, now=now, given=Given(reason=text))
    docket.end_supervision(now=now)
