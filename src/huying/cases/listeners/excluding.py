"""What people are told when a case is left out of scores, or shall be: deciders, the asker, and its reporters."""

from __future__ import annotations

from uuid import UUID

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind, ApprovalState
from huying.cases import events
from huying.cases.listeners.telling import CASE, tell
from huying.cases.models import Case, Exclusion, Report
from huying.cases.rules import ReplyBy
from huying.cases.rules.exclusions import DECIDES, THING, WAITING, ExclusionState
from huying.kernel.events import News
from huying.notices.actions import Recipient, notify
from huying.people import queries as people

ACTS = frozenset({"ask_exclusion", "decide_exclusion", "object_to_exclusion", "close_exclusion"})


@events.moved.listen
def told(news: News) -> None:
    """Nothing is told of other moves; their news asks for nothing here."""
    if news.facts["verb"] not in ACTS:
        return
    case = Case.objects.defer("search").filter(pk=UUID(news.facts["case_id"])).first()
    if case is None:
        return
    rows = Exclusion.objects.filter(case=case).select_related("kind").order_by("asked_at", "pk")
    for row in rows:
        _tell_deciders(case, row, news)
        _tell_asker(case, row, news)
        if row.state == ExclusionState.IN_FORCE and news.facts["verb"] == "decide_exclusion":
            _tell_reporters(case, row, news)


def _asked(row: Exclusion) -> Approval | None:
    rows = Approval.objects.filter(object_kind=THING, object_id=row.pk, state=ApprovalState.ASKED)
    return rows.order_by("asked_at", "pk").first()


def _tell_deciders(case: Case, row: Exclusion, news: News) -> None:
    asked = _asked(row) if row.state in WAITING else None
    if asked is None or asked.asked_at != news.at:
        return
    duties, _verb = DECIDES[ExclusionState(row.state)]
    holders = {one.pk: one for duty in duties for one in people.holders_of(duty, case.desk_code, now=news.at)}
    others = [one for key, one in holders.items() if key not in row.hands]
    facts = {"what": str(ApprovalKind(asked.kind).label)}
    tell(case, "request_asked", others, now=news.at, once=f"{news.id}:{asked.pk}", facts=facts)


def _tell_asker(case: Case, row: Exclusion, news: News) -> None:
    """What came of it: agreed to by both, refused, or gone because nobody decided in time or the day was over."""
    if row.state in WAITING or news.at not in (row.ended_at, _granted(row)):
        return
    account = people.account(row.hands[0]) if row.hands and row.hands[0] is not None else None
    facts = {"what": str(ApprovalKind.EXCLUSION.label), "decision": str(ExclusionState(row.state).label)}
    accounts = [account] if account is not None else []
    tell(case, "request_decided", accounts, now=news.at, once=f"{news.id}:{row.pk}", facts=facts)


def _granted(row: Exclusion) -> object:
    last = Approval.objects.filter(object_kind=THING, object_id=row.pk, kind=ApprovalKind.EXCLUSION_SECOND)
    return last.filter(state=ApprovalState.GRANTED).order_by("-decided_at").values_list("decided_at", flat=True).first()


def _tell_reporters(case: Case, row: Exclusion, news: News) -> None:
    """The reason of its kind, in the words that are settled for callers; how to object stands with the code."""
    if news.at != _granted(row):
        return
    reports = Report.objects.filter(case=case, withdrawn_at=None, erased_at=None, contact_id__isnull=False)
    for report in reports.exclude(reply_by=ReplyBy.NONE).order_by("pk"):
        if report.contact_id is None:
            continue
        notify(
            template="set_aside",
            to=Recipient.contact(report.contact_id),
            facts={"number": case.number, "why": row.kind.told},
            area_code=case.area_code,
            object_kind=CASE,
            object_id=case.pk,
            now=news.at,
            once=f"{news.id}:set_aside:{report.pk}",
        )


__all__ = ["told"]
