"""What people are told when a case moves: units what is theirs to do, reporters what became of it.

Idempotent by the news' id. Only people who may see the case are told of it. A reporter of a confidential case is
told nothing by text message: somebody else may read that phone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind, ApprovalState
from huying.audit import queries as audit
from huying.cases import events, queries
from huying.cases.codes import code_of
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries.told import facts_of
from huying.cases.rules import LIVE_ORDERS, OrderRole, OrderState, OwnStep, ReplyBy, State, Verb
from huying.cases.rules.tasks import DECIDED_BY, UNIT_DECIDES
from huying.clocks import queries as clocks
from huying.kernel.actor import ActorKind
from huying.kernel.events import News
from huying.kernel.terms import _
from huying.notices.actions import Recipient, hide_from_others, notify
from huying.notices.models import Notice
from huying.people import queries as people
from huying.people.models import Account
from huying.people.rules import Duty
from huying.ui.words import clock_words, date_words

CASE = "case"
RATED_FOR = "30"  # days in which a reporter may still rate
OFFERED_BY = {"reopen_case": "reopened", "second_round": "second_round"}
ENDED_BY_STAFF = frozenset({State.CLOSED, State.ANSWERED, State.DECLINED})


@events.moved.listen
def told(news: News) -> None:
    """Tell units and reporters of a move."""
    case = Case.objects.defer("search").filter(pk=UUID(news.facts["case_id"])).first()
    if case is None or case.imported:
        return
    verb = news.facts["verb"]
    if case.restricted:
        _leave_sight(case, news.at)
    _tell_units(case, verb, news)
    if verb == "give_order":
        _tell_given(case, news)
    if verb == "nudge_case":
        _tell_nudged(case, news)
    if verb in ("ask_extension", "ask_hold", "ask_confidential"):
        _tell_deciders(case, news)
    if verb in ("decide_extension", "decide_hold", "decide_confidential"):
        _tell_asker(case, news)
    if verb in ("supervise_case", "press_again"):
        _tell_supervised(case, news)
    if verb == "report_back":
        supervisors = people.holders_of(Duty.SUPERVISE, case.desk_code, now=news.at)
        tell(case, "reported_back", supervisors, now=news.at, once=f"{news.id}:reported")
    if verb in ("answer_question", "stop_waiting"):
        _tell_answered(case, news)
    if verb == "resume_case":
        _tell_resumed(case, news)
    if verb == "ask_return":
        _tell_asked(case, news)
    if verb == "decide_return":
        _tell_decided(case, news)
    if not (case.drill or case.confidential):
        _tell_reporters(case, verb, news)


def when(moment: datetime | None, now: datetime) -> str:
    """A moment as a notice says it: read tomorrow it still says the same day."""
    return f"{date_words(moment, now)} {clock_words(moment)}" if moment is not None else ""


def tell(
    case: Case,
    kind: str,
    accounts: Iterable[Account],
    *,
    now: datetime,
    once: str,
    facts: dict[str, str] | None = None,
) -> None:
    """Tell those of these people who may see the case."""
    seers = [one.pk for one in accounts if queries.one(case.pk, people.actor_for(one, now)) is not None]
    if seers:
        notify(
            template=kind,
            to=Recipient.account(*seers),
            facts={**facts_of(case), **(facts or {})},
            area_code=case.area_code,
            object_kind=CASE,
            object_id=case.pk,
            now=now,
            once=once,
            drill=case.drill,
        )


def workers(order: WorkOrder, *, now: datetime) -> list[Account]:
    """Who works on an order: the one who has it in hand, else who signed it in, else everybody of the unit who may."""
    if order.given_to is not None and order.given_to.is_active:
        return [order.given_to]
    if order.handler is not None and order.handler.is_active:
        return [order.handler]
    return people.members_of(order.unit_id, Duty.HANDLE, now=now)


def heads(order: WorkOrder, *, now: datetime) -> list[Account]:
    return people.members_of(order.unit_id, Duty.SIGN, now=now)


def live_orders(case: Case) -> list[WorkOrder]:
    """The orders of the round that units still have."""
    rows = WorkOrder.objects.filter(case=case, round=case.round, state__in=LIVE_ORDERS)
    return list(rows.select_related("handler", "given_to", "unit").order_by("offered_at", "pk"))


def _tell_units(case: Case, verb: str, news: News) -> None:
    """Orders that this act offered, or sent back to be done better."""
    for order in live_orders(case):
        once = f"{news.id}:{order.pk}"
        if order.state == OrderState.OFFERED and order.offered_at == news.at:
            kind = OFFERED_BY.get(
                verb, "second_round" if case.round > 1 and verb == "tell_outcome" else "order_offered"
            )
            more = {"order_offered": {"due": when(order.sign_in_due or order.due_at, news.at)},
                    "second_round": {"round": str(case.round)}}  # fmt: skip
            tell(case, kind, workers(order, now=news.at), now=news.at, once=once, facts=more.get(kind))
        elif order.state == OrderState.REWORK and verb in ("send_for_rework", "check_place"):
            tell(case, "reworked", workers(order, now=news.at), now=news.at, once=once)


def _tell_given(case: Case, news: News) -> None:
    """Whoever was given an order just now."""
    for order in live_orders(case):
        if order.given_at == news.at and order.given_to is not None:
            tell(case, "order_given", [order.given_to], now=news.at, once=f"{news.id}:{order.pk}")


def _tell_nudged(case: Case, news: News) -> None:
    """The unit that works on it, and its head; the desk where no unit has it yet."""
    accounts = {
        one.pk: one for order in live_orders(case) for one in (*workers(order, now=news.at), *heads(order, now=news.at))
    }
    if not accounts:
        accounts = {one.pk: one for one in people.holders_of(Duty.DISPATCH, case.desk_code, now=news.at)}
    count = {"count": str(case.nudges)}
    tell(case, "nudged", accounts.values(), now=news.at, once=f"{news.id}:nudged", facts=count)


def _tell_asked(case: Case, news: News) -> None:
    """The desk that decides on a return."""
    for order in live_orders(case):
        asked = Approval.objects.filter(
            kind=ApprovalKind.RETURN, object_id=order.pk, state=ApprovalState.ASKED, asked_at=news.at
        )
        if asked.exists():
            accounts = people.holders_of(Duty.DISPATCH, case.desk_code, now=news.at)
            facts = {"unit": order.unit.short_name}
            tell(case, "order_returned", accounts, now=news.at, once=f"{news.id}:{order.pk}", facts=facts)


def _tell_decided(case: Case, news: News) -> None:
    """The one who asked for the return hears the decision."""
    orders = list(WorkOrder.objects.filter(case=case).values_list("pk", flat=True))
    for one in Approval.objects.filter(kind=ApprovalKind.RETURN, object_id__in=orders, decided_at=news.at):
        account = people.account(one.asked_by) if one.asked_by is not None else None
        if account is None:
            continue
        # A unit that has given the case back no longer sees it: its own request and the decision it may know.
        notify(
            template="return_decided",
            to=Recipient.account(account.pk),
            facts={**facts_of(case), "decision": str(ApprovalState(one.state).label)},
            area_code=case.area_code,
            object_kind=CASE,
            object_id=case.pk,
            now=news.at,
            once=f"{news.id}:{one.pk}",
        )


def _tell_deciders(case: Case, news: News) -> None:
    """Who decides on what was asked of the case just now: the lead unit's heads, or the desk."""
    for one in Approval.objects.filter(object_id=case.pk, asked_at=news.at, state=ApprovalState.ASKED):
        if one.kind in UNIT_DECIDES:
            leads = [order for order in live_orders(case) if order.role == OrderRole.LEAD]
            accounts = [account for order in leads for account in heads(order, now=news.at)]
        else:
            accounts = people.holders_of(DECIDED_BY[one.kind], case.desk_code, now=news.at)
        others = [account for account in accounts if account.pk != one.asked_by]
        facts = {"what": str(ApprovalKind(one.kind).label)}
        tell(case, "request_asked", others, now=news.at, once=f"{news.id}:{one.pk}", facts=facts)


def _tell_supervised(case: Case, news: News) -> None:
    """Whoever works on it in the lead unit, and its heads, with the time by which to report back."""
    leads = [order for order in live_orders(case) if order.role == OrderRole.LEAD]
    accounts = {one.pk: one for order in leads for one in (*workers(order, now=news.at), *heads(order, now=news.at))}
    clock = clocks.running(CASE, case.pk, OwnStep.SUPERVISE)
    due = {"due": when(clock.due_at if clock is not None else None, news.at)}
    tell(case, "supervised", accounts.values(), now=news.at, once=f"{news.id}:supervised", facts=due)


def _tell_answered(case: Case, news: News) -> None:
    """The caller has answered, or nobody waits any more: whoever works on it goes on."""
    accounts = {one.pk: one for order in live_orders(case) for one in workers(order, now=news.at)}
    tell(case, "went_on", accounts.values(), now=news.at, once=f"{news.id}:went_on")


def _tell_resumed(case: Case, news: News) -> None:
    """The hold is over: whoever works on it, and the desk."""
    accounts = {one.pk: one for order in live_orders(case) for one in workers(order, now=news.at)}
    accounts |= {one.pk: one for one in people.holders_of(Duty.DISPATCH, case.desk_code, now=news.at)}
    tell(case, "resumed", accounts.values(), now=news.at, once=f"{news.id}:resumed")


def _tell_asker(case: Case, news: News) -> None:
    """The one who asked hears the decision."""
    for one in Approval.objects.filter(object_id=case.pk, decided_at=news.at).exclude(state=ApprovalState.WITHDRAWN):
        account = people.account(one.asked_by) if one.asked_by is not None else None
        facts = {"what": str(ApprovalKind(one.kind).label), "decision": str(ApprovalState(one.state).label)}
        tell(case, "request_decided", filter(None, [account]), now=news.at, once=f"{news.id}:{one.pk}", facts=facts)


# Reporters


def _tell_reporters(case: Case, verb: str, news: News) -> None:
    # The report of a receipt carries its case's id, also where it has gone into another case since.
    mine = {"pk": case.pk} if verb == Verb.RECEIVE else {"case": case}
    reports = Report.objects.filter(**mine, withdrawn_at=None, erased_at=None)
    for report in reports.filter(contact_id__isnull=False).exclude(reply_by=ReplyBy.NONE).order_by("pk"):
        kind = _kind_for(case, report, verb, news)
        if kind is None or report.contact_id is None:
            continue
        facts: dict[str, dict[str, str]] = {
            "receipt": {},
            "answered": {"unit": _unit_of(case)},
            "rate_us": {"days": RATED_FOR},
            "reopened_for_you": {},
            "asked_you": {},
        }
        notify(
            template=kind,
            to=Recipient.contact(report.contact_id),
            facts={"number": case.number, **facts[kind]},
            secret={"code": _spaced(code_of(report.pk, report.code_try))} if kind == "receipt" else None,
            area_code=case.area_code,
            object_kind=CASE,
            object_id=case.pk,
            now=news.at,
            once=f"{news.id}:{kind}:{report.pk}",
        )


def _kind_for(case: Case, report: Report, verb: str, news: News) -> str | None:
    """What this reporter hears of the move, if anything."""
    if verb == Verb.RECEIVE:
        return "receipt" if report.received_at == news.at else None
    if verb == "ask_reporter":
        return "asked_you" if report.pk == case.asked_report_id else None
    if verb in ("reopen_case", "second_round"):
        return None if _by_reporter(case) else "reopened_for_you"
    if case.moved_at != news.at or verb in ("tell_outcome", "record_call_back", "late_feedback"):
        return None  # it did not move, or it is the caller's own word
    if case.state == State.CALLING_BACK:
        # Who wants to be called is called by the desk; who looks for the answer is asked here.
        return "rate_us" if report.reply_by == ReplyBy.PAGE else "answered"
    return "answered" if case.state in ENDED_BY_STAFF else None


def _by_reporter(case: Case) -> bool:
    rows = audit.history_of(CASE, [case.pk])
    return bool(rows) and rows[-1].actor_kind == ActorKind.RESIDENT


def _unit_of(case: Case) -> str:
    """Who answered: the lead unit of the round, else the desk's own office."""
    order = WorkOrder.objects.filter(case=case, round=case.round).select_related("unit").order_by("role", "pk").last()
    return order.unit.short_name if order is not None else str(_("街道"))


def _spaced(code: str) -> str:
    return " ".join(code[start : start + 4] for start in range(0, 12, 4))


# What leaves somebody's sight


def _leave_sight(case: Case, now: datetime) -> None:
    """A case left the prefix rule: who may not see it any more loses what was said of it."""
    told_to = list(
        Notice.objects.filter(object_kind=CASE, object_id=case.pk, account__isnull=False, hidden_at=None)
        .select_related("account")
        .order_by("pk")
    )
    accounts = {one.account_id: one.account for one in told_to if one.account is not None}
    seers = [one.pk for one in accounts.values() if queries.one(case.pk, people.actor_for(one, now)) is not None]
    if len(seers) < len(accounts):
        hide_from_others(object_kind=CASE, object_id=case.pk, seers=seers, now=now)


__all__ = ["facts_of", "heads", "live_orders", "tell", "told", "when", "workers"]
