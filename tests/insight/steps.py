"""A matter on its way to the end, for tests that count."""

from datetime import timedelta

from huying.cases import actions as a
from huying.cases.models import Case
from huying.cases.rules import ReplyBy, State
from huying.kernel.actor import resident
from huying.people.actions import keep_contact
from tests.world import NOW

MINUTE = timedelta(minutes=1)


def called(world, *, now=NOW, **options):
    """A call of somebody who can be asked afterwards."""
    contact = keep_contact(
        name="居民甲", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=now
    ).pk
    return world.call(contact_id=contact, reply_by=ReplyBy.PHONE, now=now, **options)


def handled(world, case_id, *, code="0901", now=NOW, lead="sanitation", contact="reached"):
    """From the desk to the callers being asked."""
    case = Case.objects.get(pk=case_id)
    if case.state == State.RECEIVED:
        a.register_file_dispatch(
            case_id, lead_id=world.units[lead].pk, type_code=code, grade="ordinary", actor=world.dispatcher,
            now=now + 5 * MINUTE,
        )  # fmt: skip
    a.sign_in_order(case_id, actor=world.handler, now=now + 10 * MINUTE)
    case.refresh_from_db()
    if contact and case.contacted_at is None and case.reports.filter(contact__isnull=False).exists():
        report = case.reports.filter(contact__isnull=False).first()
        a.contact_reporter(case_id, result=contact, report_id=report.pk, actor=world.handler, now=now + 20 * MINUTE)
    if case.round > 1:
        a.take_part(case_id, part="looked", words="到现场看过。", actor=world.unit_head, now=now + 30 * MINUTE)
    a.submit_result(case_id, outcome="explained", answer="已经说明。", actor=world.handler, now=now + 60 * MINUTE)
    a.sign_result(case_id, actor=world.unit_head, now=now + 70 * MINUTE)
    return a.review_result(case_id, actor=world.reviewer, now=now + 80 * MINUTE)


def closed(world, case_id, *, code="0901", now=NOW, solved=True, satisfaction="satisfied", **how):
    """To the end, each caller saying the same."""
    case = handled(world, case_id, code=code, now=now, **how)
    for report in case.reports.filter(withdrawn_at=None):
        case.refresh_from_db()
        if case.state == State.CALLING_BACK:
            case = a.tell_outcome(
                case_id, solved=solved, satisfaction=satisfaction, actor=resident(report.pk), now=now + 90 * MINUTE
            )
    return case


__all__ = ["MINUTE", "called", "closed", "handled"]
