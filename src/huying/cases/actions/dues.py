"""Due times that were counted again, copied to where lists read them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huying.cases.actions.acting import opened
from huying.cases.actions.docket import flush
from huying.cases.queries.dues import cases_with_old_dues
from huying.kernel.actor import Actor


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
