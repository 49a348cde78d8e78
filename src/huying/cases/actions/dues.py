"""Due times that were counted again, copied to where lists read them; limits of a set taken by running clocks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huying.cases.actions.acting import opened
from huying.cases.actions.docket import Docket, flush
from huying.cases.queries.dues import cases_under, cases_with_old_dues
from huying.cases.queries.replay import RELIMITED
from huying.clocks import actions as clock_actions
from huying.clocks.models import Clock
from huying.kernel.actor import Actor
from huying.matters.models import LimitSwitch
from huying.matters.queries.sets import held
from huying.matters.rules import Step


def copy_dues(*, actor: Actor, now: datetime) -> int:
    """Give cases and orders the due times of their running clocks; says how many cases had others.

    The clock's own change is in the history already. Run twice, the second finds nothing to do.
    """
    found = cases_with_old_dues(actor)
    for case_id in found:
        with transaction.atomic():
            docket = opened(case_id, actor=actor)
            docket.due()
            docket.change(docket.case)
            flush([docket], verb="copy_dues", now=now)
    return len(found)


def take_limits(switch: LimitSwitch, *, actor: Actor, now: datetime) -> int:
    """Give running clocks the limits of a set that says so, from their own start; says how many cases changed.

    Each change has its line in the history. Run twice, or after the set was switched back, it finds nothing to do.
    """
    count = 0
    if not switch.limit_set.recount or switch.ended_at is not None:
        return count
    steps = {step for _type, step, _grade in held(switch).lines}
    for case_id in cases_under(actor, switch, steps):
        with transaction.atomic():
            docket = opened(case_id, actor=actor)
            changed = [one for one in docket.running() if _takes(docket, one, actor=actor, now=now)]
            if changed:
                docket.due()
                docket.change(docket.case)
                flush([docket], verb="take_limits", now=now)
                count += 1
    return count


def _takes(docket: Docket, clock: Clock, *, actor: Actor, now: datetime) -> bool:
    if clock.step not in Step.values:  # a person's own limit, or a stage's
        return False
    row = docket.knowledge.limit_of(docket.case, Step(clock.step), at=now)
    if clock.limit == str(row.limit):
        return False
    limit, due = clock.limit, clock.due_at
    clock_actions.change_limit(clock, row.limit, row.source, now=now)
    docket.reckon(clock)
    docket.note(
        kind=clock.object_kind, object_id=clock.object_id, verb=RELIMITED, actor=actor, now=now,
        facts={
            "step": clock.step, "limit_from": limit, "limit_to": clock.limit, "due_from": due.isoformat(),
            "due_to": clock.due_at.isoformat(),
        },
    )  # fmt: skip
    return True
