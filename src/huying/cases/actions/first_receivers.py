"""首接负责: where nobody was named in time, whoever had the case first leads it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.utils.translation import override

from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.actions.settling import first_receiver
from huying.cases.actions.units import name
from huying.cases.queries import settled
from huying.cases.rules import SettledBy, State
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, Refusal
from huying.kernel.terms import _


@act
def let_first_lead(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """首接负责: nobody was named in time, so whoever had it first leads, and cannot give it back."""
    first = first_receiver(docket)
    if docket.case.state != State.FILED or first is None or settled.settled_by(docket.case) > now:
        raise IllegalMove(_("还没有到首接单位主办的时候。"), state=docket.case.state)
    with override(settings.LANGUAGE_CODE):
        why = str(_("两个单位退回后，到时限还没有定下来，由首接单位主办。"))
    name(docket, lead_id=first.unit_id, reason=why, by=SettledBy.FIRST, actor=actor, now=now)


def let_first_receivers_lead(*, actor: Actor, now: datetime) -> int:
    """Name the first receiver where nobody was named in time; says how many. Run twice, the second finds none."""
    done = 0
    for case in settled.undecided(now):
        with suppress(Refusal):  # somebody was faster, or nobody may lead it: the others go on
            let_first_lead(case.pk, actor=actor, now=now)
            done += 1
    return done
