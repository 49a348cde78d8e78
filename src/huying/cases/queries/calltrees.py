"""Reads of call trees: which steps hold, who holds a post, what was called, what may be answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from huying.cases.codes import hash_of
from huying.cases.models import CallTreeStep, Case, TreeCall, TreeRun
from huying.cases.queries.scope import one
from huying.cases.rules import OrderState
from huying.cases.rules.calltrees import CODE_LASTS, Occasion, Step, TreeEnd, nearest
from huying.kernel.actor import Actor
from huying.notices.models import Delivery
from huying.notices.rules import Channel
from huying.people.models import Account, Appointment
from huying.people.queries import actor_for
from huying.people.queries import running as in_office
from huying.people.rules import Duty, Post


def steps_of(occasion: str, case: Case, day: date) -> list[Step]:
    """The steps that hold for a case on a day: of the smallest area around its desk that has any."""
    above = [case.desk_code[:length] for length in range(2, len(case.desk_code) + 1)]
    rows = CallTreeStep.objects.filter(
        Q(until=None) | Q(until__gt=day), area_code__in=above, since__lte=day, occasion=occasion, grade=case.grade
    )
    latest: dict[tuple[str, int], CallTreeStep] = {}
    for row in rows.order_by("since", "pk"):
        latest[row.area_code, row.number] = row
    return nearest(Step(row.number, row.post, row.minutes, row.area_code) for row in latest.values())


def steps_of_run(run: TreeRun) -> list[Step]:
    """The steps as they held on the day the run began."""
    return steps_of(run.occasion, run.case, timezone.localdate(run.began_at))


def to_call(run: TreeRun, step: Step, *, now: datetime) -> list[Account]:
    """Who holds the post and may see the case: in the order's unit, else nearest to the desk within the tree's area."""
    order = run.order
    handler = (order.given_to or order.handler) if order is not None and step.post == Post.HANDLER else None
    if handler is not None and handler.is_active:
        found = [handler]
    else:
        found = _holders(run, step, now)
    return [account for account in found if one(run.case_id, actor_for(account, now)) is not None]


def _holders(run: TreeRun, step: Step, now: datetime) -> list[Account]:
    desk = run.case.desk_code
    codes = [desk[:length] for length in range(len(step.area_code), len(desk) + 1)]
    unit_id = run.order.unit_id if run.order is not None else None
    rows = Appointment.objects.filter(in_office(now), post=step.post, account__is_active=True)
    rows = rows.filter(Q(organisation=unit_id) | Q(area_code__in=codes)).select_related("account")
    every = list(rows.order_by("account__name", "pk"))
    own = [row for row in every if row.organisation_id == unit_id]
    area = max((row.area_code for row in every if row.area_code in codes), key=len, default="")
    chosen = own or [row for row in every if row.area_code == area]
    return list({row.account_id: row.account for row in chosen}.values())


def taken(run: TreeRun) -> TreeEnd | None:
    """How it was taken up already: the order was signed for or is gone, the desk moved the case on or gave it away."""
    if run.occasion == Occasion.UNIT:
        return None if run.order is not None and run.order.state == OrderState.OFFERED else TreeEnd.TAKEN
    if run.case.desk_code != run.desk_code:
        return TreeEnd.MOVED
    return None if run.case.state == run.state else TreeEnd.TAKEN


def may_answer(run: TreeRun, viewer: Actor) -> bool:
    """Who was called, the unit that is to sign, the desk that dispatches."""
    order = run.order
    return (
        viewer.id in {call.account_id for call in run.calls.all() if call.account_id is not None}
        or (order is not None and viewer.may_for_unit(Duty.HANDLE, order.unit_id))
        or viewer.may(Duty.DISPATCH, run.case.desk_code)
    )


def run_seen_by(run_id: UUID, viewer: Actor) -> TreeRun | None:
    """One run, or None where its case is not the viewer's to see."""
    found = TreeRun.objects.filter(pk=run_id).first()
    # What is missing is looked for as what is forbidden: both take as long.
    case = one(found.case_id if found is not None else run_id, viewer)
    if found is None or case is None:
        return None
    found.case = case
    return found


def call_by_code(code: str, *, now: datetime) -> TreeCall | None:
    """The call that a one-time link belongs to; None for one that nobody has, and for one that is too old."""
    rows = TreeCall.objects.select_related("run__case", "run__order", "account")
    found = rows.filter(code_hash=hash_of(code), called_at__gt=now - CODE_LASTS).first() if code.isascii() else None
    return found if found is not None and found.account is not None and found.account.is_active else None


def call_by_voice(message_id: UUID, *, now: datetime) -> TreeCall | None:
    """The call behind a message that was read out on the telephone; None as in `call_by_code`."""
    rung = Delivery.objects.filter(batch=message_id, channel=Channel.VOICE).values("notice_id")
    rows = TreeCall.objects.select_related("run__case", "run__order", "account")
    found = rows.filter(notice_id__in=rung, called_at__gt=now - CODE_LASTS).first()
    return found if found is not None and found.account is not None and found.account.is_active else None


@dataclass(frozen=True)
class CallLine:
    """One who was called: by which ways, and what became of each."""

    number: int
    post: str
    at: datetime
    who: str
    ways: list[Delivery] = field(default_factory=list)


def lines_of(run: TreeRun) -> list[CallLine]:
    """The log of a run, in the order of calling; a run that was read with `runs_of` takes no further statement."""
    return [
        CallLine(
            call.number, str(Post(call.post).label), call.called_at,
            call.account.name if call.account is not None else "",
            sorted(call.notice.deliveries.all(), key=lambda row: row.channel) if call.notice is not None else [],
        )
        for call in sorted(run.calls.all(), key=lambda call: (call.number, call.called_at, call.pk))
    ]  # fmt: skip


def runs_of(case: Case) -> list[TreeRun]:
    """Every run of a case that was given, the latest first; none, and no statement, where none ever began."""
    if not case.called:
        return []
    rows = TreeRun.objects.filter(case=case).select_related("order__unit", "answered_by")
    return list(rows.prefetch_related("calls__account", "calls__notice__deliveries").order_by("-began_at", "-pk"))


def due(*, now: datetime, most: int) -> Iterable[UUID]:
    """Runs whose next step is due, the longest waiting first."""
    rows = TreeRun.objects.filter(ended_at=None, next_at__lte=now).order_by("next_at", "pk")
    return list(rows.values_list("pk", flat=True)[:most])
