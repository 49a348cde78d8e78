"""Who looked at a reporter: the reporter hears of it where that was asked for; the auditor where it must be checked.

A complaint about staff, a community or a property firm is such a one: whoever made it must be able to trust that
nobody looks at the name without a reason.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huying.cases.listeners.telling import when
from huying.cases.models import Case, Report
from huying.cases.rules import ABOUT_BODIES
from huying.kernel.events import News
from huying.kernel.terms import _
from huying.notices.actions import Recipient, notify
from huying.people import events
from huying.people.models import ContactOpening, Recusal
from huying.people.rules import Duty, OpeningPurpose, RecusalReason
from huying.places import queries as places


@events.contact_opened.listen
def opened(news: News) -> None:
    """Tell the auditor of an opening that needs another pair of eyes, and the reporter who asked to be told."""
    if news.facts.get("account_id") is None:
        return  # opened by the system to send a message, which the reporter's page lists
    report = Report.objects.filter(contact_id=UUID(news.facts["contact_id"])).select_related("case").first()
    opening = ContactOpening.objects.filter(pk=UUID(news.facts["opening_id"])).select_related("unit").first()
    if report is None or opening is None:
        return
    facts = {
        "unit": opening.unit.short_name if opening.unit is not None else str(_("街道")),
        "purpose": str(OpeningPurpose(opening.purpose).label),
        "when": when(opening.at, news.at),
    }
    if is_about_bodies(report):
        _alarm(report.case, opening, facts, news.at)
    if not (report.case.confidential or report.case.drill):
        notify(
            template="contact_opened",
            to=Recipient.contact(UUID(news.facts["contact_id"])),
            facts={"number": report.case.number, **facts},
            area_code=report.case.area_code,
            object_kind="case",
            object_id=report.case_id,
            now=news.at,
            once=f"{news.id}:reporter",
        )


def is_about_bodies(report: Report) -> bool:
    """Whether it is a complaint about staff, a community or a property firm: said so, of such a type, or recused."""
    case = report.case
    return (
        report.about_staff
        or case.type_code in ABOUT_BODIES
        or Recusal.objects.filter(
            object_id__in={case.pk, report.first_case_id},
            reason_code__in=[RecusalReason.ABOUT_UNIT, RecusalReason.ABOUT_PERSON],
        ).exists()
    )


def _alarm(case: Case, opening: ContactOpening, facts: dict[str, str], now: datetime) -> None:
    """Holders of the audit duty over the place. The case itself they do not see: the opening is what they check."""
    notify(
        template="identity_opened",
        to=Recipient.holders(Duty.AUDIT, case.area_code),
        facts={**facts, "place": places.name_of(case.desk_code)},
        area_code=case.area_code,
        object_kind="opening",
        object_id=opening.pk,
        now=now,
        once=f"opening:{opening.pk}",
        without=[opening.opened_by] if opening.opened_by is not None else [],
    )


__all__ = ["is_about_bodies", "opened"]
