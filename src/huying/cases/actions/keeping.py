"""The end of keeping: reporters' contact data goes some months after their case ended, as the consent says."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huying.audit import actions as audit
from huying.audit.models import History
from huying.cases.actions.acting import opened
from huying.cases.actions.docket import flush
from huying.cases.models import Ticket
from huying.cases.queries.keeping import reports_past_keeping
from huying.cases.rules import ReplyBy
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import NotAllowed
from huying.people import actions as people

BATCH = 500


def months_before(moment: datetime, months: int) -> datetime:
    """The same time so many calendar months earlier; the last day of a shorter month."""
    years, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=years, month=month + 1, day=min(moment.day, monthrange(years, month + 1)[1]))


def end_keeping(*, months: int, actor: Actor, now: datetime) -> int:
    """Erase the contact data of all reports whose case ended `months` ago or longer; says how many.

    For the system alone. Each report is an act of its own with its line of history; run twice, the second finds
    nothing to do.
    """
    if actor.kind != ActorKind.SYSTEM:
        raise NotAllowed
    before = months_before(now, months)
    erased = 0
    while _forget_sheets(before, actor=actor, now=now):
        pass
    while batch := reports_past_keeping(before, most=BATCH):
        done = sum(_erase(case_id, report_id, before, actor=actor, now=now) for case_id, report_id in batch)
        if not done:
            break  # all of them are being taken up again just now
        erased += done
    return erased


@transaction.atomic
def _forget_sheets(before: datetime, *, actor: Actor, now: datetime) -> int:
    """The columns of upper systems' tickets as they came, which may name persons; says how many."""
    rows = Ticket.objects.filter(sheet__isnull=False, report__case__ended_at__lt=before).defer("sheet")
    found = list(rows.select_related("report__case").order_by("pk")[:BATCH])
    Ticket.objects.filter(pk__in=[one.pk for one in found]).update(sheet=None)
    audit.append_many(
        History(
            at=now, kind="ticket", object_id=one.pk, verb="end_keeping", actor_kind=str(actor.kind),
            actor_id=actor.id, actor_label=actor.label, area_code=one.report.case.area_code,
            facts={"case": str(one.report.case_id)},
        )
        for one in found
    )  # fmt: skip
    return len(found)


@transaction.atomic
def _erase(case_id: UUID, report_id: UUID, before: datetime, *, actor: Actor, now: datetime) -> bool:
    """One report's contact data, if under the case's lock the case still stands ended that long."""
    docket = opened(case_id, actor=actor)
    report = next((one for one in docket.reports if one.pk == report_id), None)
    ended = docket.case.ended_at
    if report is None or report.contact_id is None or ended is None or ended >= before:
        return False
    people.erase_contact(contact_id=report.contact_id, actor=actor, now=now)
    if report.reply_by == ReplyBy.PHONE:
        report.reply_by = ReplyBy.PAGE
    report.erased_at = report.erased_at or now
    docket.change(report)
    docket.note(
        kind="report",
        object_id=report.pk,
        verb="end_keeping",
        actor=actor,
        now=now,
        facts={"case": str(docket.case.pk)},
    )
    flush([docket], emit=False)
    return True
