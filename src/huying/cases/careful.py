"""Reasons to take care with a case, in words: read from its rows, told on its page and at the call-back desk."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import ngettext

from huying.cases.models import Answer, Case, Report, WorkOrder
from huying.cases.rules import OrderRole, OrderState, State
from huying.cases.rules.care import Care, Process, care_of
from huying.kernel.terms import Label, _


def process_of(
    case: Case, orders: Iterable[WorkOrder], answers: Iterable[Answer], reports: Iterable[Report], *, late_steps: int
) -> Process:
    """What happened to a case, counted from its rows; `late_steps` as `queries.calls.late_steps_of` counts them."""
    every = list(orders)
    worked = bool(every) and case.state in (State.REVIEWING, State.CHECKING, State.CALLING_BACK)
    gone = (OrderState.RETURNED, OrderState.CANCELLED)
    wanted = [one for one in reports if one.withdrawn_at is None]
    return Process(
        late_steps=late_steps,
        contacted=case.contacted_at is not None or not worked or not any(one.reachable for one in wanted),
        handed_on=sum(one.role == OrderRole.LEAD and one.state in gone for one in every),
        reworked=sum(one.sent_back_at is not None for one in answers),
        nudges=case.nudges,
        round=case.round,
        voices=len(wanted),
    )


def careful_words(process: Process) -> list[Label]:
    """Each reason as a short sentence."""
    return [_WORDS[reason](count) if reason in _WORDS else reason.label for reason, count in care_of(process)]


_WORDS = {
    Care.LATE: lambda count: ngettext("%(count)s 步超时", "%(count)s 步超时", count) % {"count": count},
    Care.HANDED_ON: lambda count: (
        ngettext("退回或换单位 %(count)s 次", "退回或换单位 %(count)s 次", count) % {"count": count}
    ),
    Care.REWORKED: lambda count: ngettext("返工 %(count)s 次", "返工 %(count)s 次", count) % {"count": count},
    Care.NUDGED: lambda count: _("催办 %(count)s 次") % {"count": count},
    Care.AGAIN: lambda count: _("第 %(round)s 轮") % {"round": count},
    Care.MANY: lambda count: ngettext("%(count)s 人反映", "%(count)s 人反映", count) % {"count": count},
}
