"""Review, check, call-back, further rounds and ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huying.approvals.rules import ApprovalKind, ApprovalVerb
from huying.cases.actions.acting import act, opened
from huying.cases.actions.docket import Docket, flush
from huying.cases.actions.intake import keep_images
from huying.cases.actions.units import hand_out, last_answer
from huying.cases.models import Addition, Case, ContactAttempt, Feedback, Report, SiteVisit, Ticket
from huying.cases.rules import (
    OUTSIDERS,
    CallResult,
    ContactKind,
    Given,
    OrderRole,
    OrderState,
    Satisfaction,
    State,
    Verb,
    VisitKind,
    flow_for,
)
from huying.cases.rules.calling import BETWEEN_CALLS
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor, rule
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.matters.rules import FlowKind, Grade
from huying.people import actions as people
from huying.people import queries as people_queries
from huying.people.models import Recusal
from huying.people.rules import Opened


@act
def review_result(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """审核通过: the answer is fit to leave the house; on to the check, the call-back or the end."""

    def reviewed(_move: object) -> None:
        answer = last_answer(docket)
        if answer is not None:
            answer.reviewed_at = now
            docket.change(answer)
            docket.case.answer = answer.words

    docket.move(Verb.REVIEW, actor=actor, now=now, before=reviewed)


@act
def send_for_rework(docket: Docket, *, reason: str, actor: Actor, now: datetime) -> None:
    """退回修改: back to the lead unit, with words."""
    text = clean(reason, limit=500, field="reason")

    def reworking(_move: object) -> None:
        answer = last_answer(docket)
        if answer is not None:
            answer.sent_back_at, answer.sent_back_words = now, text
            docket.change(answer)
        _rework_lead(docket, actor, now=now)

    docket.move(Verb.REWORK, actor=actor, now=now, given=Given(reason=text), before=reworking)


def _rework_lead(docket: Docket, actor: Actor, *, now: datetime) -> None:
    lead = docket.lead
    if lead is not None and lead.state == OrderState.DONE:
        docket.move_order(lead, Verb.REWORK, actor, now=now)
        lead.done_at = None
    docket.case.signed = False


@act
def check_place(
    docket: Docket,
    *,
    passed: bool,
    words: str = "",
    images: Iterable[PreparedImage] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """核查: a grid worker who did not handle it looks at the place and says whether it is done."""
    text = clean(words, field="words")
    pictures = list(images)
    visit = SiteVisit(
        id=docket.make_id(),
        case=docket.case,
        kind=VisitKind.CHECK,
        round=docket.case.round,
        good=passed,
        words=text,
        made_by=actor.id,
        made_at=now,
    )

    def failing(_move: object) -> None:
        case, kind = docket.case, docket.type
        if not passed:
            _rework_lead(docket, actor, now=now)
            if case.flow == FlowKind.SELF:  # settled by the finder, and not well: from here on as any other
                case.flow = flow_for(case.channel, kind.flow if kind else None)

    verb = Verb.PASS_CHECK if passed else Verb.FAIL_CHECK
    docket.move(verb, actor=actor, now=now, given=Given(words=text, reason=text, photos=len(pictures)), before=failing)
    docket.add(visit)
    keep_images(pictures, "visit", visit.pk, "check", docket, actor=actor, now=now)


def _report_of(docket: Docket, report_id: UUID | None) -> Report:
    found = next((one for one in docket.reports if one.pk == report_id), None)
    if found is None:
        raise NotFound("report")
    return found


def _voice_of(docket: Docket, report_id: UUID) -> Report:
    """A report that still speaks."""
    report = _report_of(docket, report_id)
    if report.withdrawn_at is not None:
        raise NotFound("report")
    return report


@act
def record_call_back(
    docket: Docket,
    *,
    report_id: UUID,
    result: str,
    solved: bool | None = None,
    satisfaction: str = "",
    words: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """记回访: one attempt with one caller, who is asked once however many reports are theirs.

    Missed at three different times, a refusal, or a number that is not theirs settle what the caller reported.
    Raises Invalid where the caller was reached and "solved" was not asked, IllegalMove where the last attempt was just
    now or the caller has said it already.
    """
    report = _voice_of(docket, report_id)
    if report.upper_calls:
        raise IllegalMove(_("这位诉求人由上级平台回访，街道不再打电话。"), state=docket.case.state)
    text = clean(words, limit=2000, field="words")
    if result == CallResult.REACHED and solved is None:
        raise Invalid({"solved": [_("接通了，请先问解决了没有。")]})
    if satisfaction and satisfaction not in Satisfaction.values:
        raise Invalid({"satisfaction": [_("请选满意、基本满意或不满意。")]})
    mine = docket.callers()[report.pk]
    earlier = docket.calls_to(mine)
    if result == CallResult.MISSED and any(now - one.made_at < BETWEEN_CALLS for one in earlier):
        raise IllegalMove(_("刚刚打过。没接通的话，请隔一小时再打。"), state=docket.case.state)
    if docket.said_for(report, mine):
        raise IllegalMove(_("这位诉求人这一轮已经评价过了。"), state=docket.case.state)
    attempt = ContactAttempt(
        id=docket.make_id(),
        case=docket.case,
        report=report,
        kind=ContactKind.CALL_BACK,
        result=result,
        round=docket.case.round,
        words=text,
        made_by=actor.id,
        made_at=now,
    )
    docket.add(attempt)
    if result == CallResult.REACHED:
        say(docket, report, solved=bool(solved), satisfaction=satisfaction, words=text, by_desk=True, now=now)
    docket.move(
        Verb.CALL_BACK,
        actor=actor,
        now=now,
        given=Given(result=result),
        facts={"report": str(report.pk), "result": result, "solved": solved if solved is not None else ""},
    )
    settle(docket, now=now)


@act
def tell_outcome(
    docket: Docket, *, solved: bool, satisfaction: str = "", words: str = "", actor: Actor, now: datetime
) -> None:
    """The reporter says whether it is solved, and how satisfied they are."""
    report = _report_of(docket, actor.report_id)
    if satisfaction and satisfaction not in Satisfaction.values:
        raise Invalid({"satisfaction": [_("请选满意、基本满意或不满意。")]})
    text = clean(words, limit=2000, field="words")
    if any(one.report_id == report.pk and one.round == docket.case.round and not one.late for one in docket.feedback):
        raise IllegalMove(_("您已经评价过了，谢谢您。"), state=docket.case.state)
    if docket.case.state == State.CALLING_BACK:
        say(docket, report, solved=solved, satisfaction=satisfaction, words=text, by_desk=False, now=now)
    docket.move(Verb.TELL_OUTCOME, actor=actor, now=now, facts={"report": str(report.pk), "solved": solved})
    settle(docket, now=now)


def say(
    docket: Docket,
    report: Report,
    *,
    solved: bool | None,
    satisfaction: str,
    words: str,
    by_desk: bool,
    now: datetime,
    late: bool = False,
) -> None:
    docket.add(
        Feedback(
            id=docket.make_id(),
            case=docket.case,
            report=report,
            round=docket.case.round,
            solved=solved,
            satisfaction=satisfaction,
            words=words,
            by_desk=by_desk,
            late=late,
            said_at=now,
        )
    )


def settle(docket: Docket, *, now: datetime) -> None:
    """When everybody who still speaks was asked, the flow's own rule goes on: the next round for one who says "not
    solved", else the end."""
    if docket.case.state != State.CALLING_BACK:
        return
    facts = docket.facts(actor=rule("everyone-told"), now=now)
    if not all(one.told for one in facts.voices if one.wants_answer):
        docket.leave_to_upper(now=now)
        return
    if any(one.unsolved for one in facts.voices):
        next_round(docket, Verb.SECOND_ROUND, actor=rule("said-not-solved"), now=now, given=Given())
    else:
        docket.follow(Verb.TELL_OUTCOME, "everyone-told", now=now)


@act
def second_round(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """再办一次 at once, without waiting for the others' answers."""
    next_round(docket, Verb.SECOND_ROUND, actor=actor, now=now, given=Given())


def next_round(docket: Docket, verb: Verb, *, actor: Actor, now: datetime, given: Given) -> None:
    """Round + 1, with new offered orders for the last units; their finished orders are completed."""
    case = docket.case
    away = {one.unit_id for one in docket.recusals}
    last = [
        one
        for one in docket.orders
        if one.round == case.round
        and one.state in (OrderState.DONE, OrderState.COMPLETED, OrderState.REWORK)
        and one.unit_id not in away
    ]
    from_round = case.round

    def turning(_move: object) -> None:
        for order in last:
            if order.state == OrderState.DONE:
                docket.move_order(order, Verb.COMPLETE, actor, now=now)
        case.round = from_round + 1
        case.questions = 0
        case.signed = False
        case.contacted_at = None

    docket.move(verb, actor=actor, now=now, given=given, before=turning, facts={"round": from_round + 1})
    if case.state == State.IN_HAND:
        lead = next(one for one in last if one.role == OrderRole.LEAD)
        hand_out(docket, lead.unit_id, [one.unit_id for one in last if one is not lead], actor=actor, now=now)


@act
def reopen_case(docket: Docket, *, reason: str, actor: Actor, now: datetime) -> None:
    """重新办理 within 14 days of the end, by the reporter's code or the desk."""
    text = clean(reason, limit=2000, field="reason")
    next_round(docket, Verb.REOPEN, actor=actor, now=now, given=Given(reason=text))
    report = next((one for one in docket.reports if one.pk == actor.report_id), None)
    if report is not None:
        docket.add(Addition(id=docket.make_id(), report=report, words=text, added_at=now))


@act
def late_feedback(
    docket: Docket, *, solved: bool | None = None, satisfaction: str = "", words: str = "", actor: Actor, now: datetime
) -> None:
    """补评价 within 30 days after an end."""
    report = _report_of(docket, actor.report_id)
    if satisfaction and satisfaction not in Satisfaction.values:
        raise Invalid({"satisfaction": [_("请选满意、基本满意或不满意。")]})
    text = clean(words, limit=2000, field="words")
    docket.move(Verb.LATE_FEEDBACK, actor=actor, now=now, facts={"report": str(report.pk)})
    say(docket, report, solved=solved, satisfaction=satisfaction, words=text, by_desk=False, now=now, late=True)


@act
def object_to_end(docket: Docket, *, reason: str, actor: Actor, now: datetime) -> None:
    """提出异议 to an answer, a decline or a transfer: somebody else decides now."""
    text = clean(reason, limit=2000, field="reason")
    case = docket.case

    def objecting(_move: object) -> None:
        case.objected_against = case.answered_by
        case.answered_by = None

    docket.move(Verb.OBJECT, actor=actor, now=now, given=Given(reason=text), before=objecting)
    report = next((one for one in docket.reports if one.pk == actor.report_id), None)
    if report is not None:
        docket.add(Addition(id=docket.make_id(), report=report, words=text, added_at=now))


@act
def transfer_case(docket: Docket, *, receiver: str, confirmed: bool = False, actor: Actor, now: datetime) -> None:
    """转出 to a receiver who agreed; live orders are cancelled."""
    name = clean(receiver, limit=60, name=True, field="receiver")
    docket.move(Verb.TRANSFER, actor=actor, now=now, given=Given(receiver=name, confirmed=confirmed))
    docket.case.transferred_to = name
    docket.case.answered_by = actor.id


@act
def withdraw_report(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """撤回 one's own report; the case ends with the last one, unless a danger is open."""
    _leave(docket, Verb.WITHDRAW, actor=actor, now=now)


@act
def fine_now(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """现在好了: the reporter says that nothing is left to do."""
    _leave(docket, Verb.FINE_NOW, actor=actor, now=now)


def _leave(docket: Docket, verb: Verb, *, actor: Actor, now: datetime) -> None:
    report = _report_of(docket, actor.report_id)
    docket.move(verb, actor=actor, now=now, facts={"report": str(report.pk)})
    report.withdrawn_at = now
    docket.change(report)
    if docket.case.asked_report_id == report.pk:
        docket.end_question(now=now)
        docket.due()
    settle(docket, now=now)


@act
def ask_void(docket: Docket, *, reason: str, actor: Actor, now: datetime) -> None:
    """Ask to void a case that should not be one; a second person decides."""
    text = clean(reason, limit=500, field="reason")
    docket.move(Verb.ASK_VOID, actor=actor, now=now, given=Given(reason=text))
    docket.ask(
        ApprovalKind.VOID, object_kind="case", object_id=docket.case.pk, reason=text, facts={}, actor=actor, now=now
    )


@act
def decide_void(docket: Docket, *, granted: bool, words: str = "", actor: Actor, now: datetime) -> None:
    """Confirm or refuse a void; never by the one who asked."""
    text = clean(words, limit=500, field="words")
    approval = docket.open_approval(ApprovalKind.VOID, docket.case.pk)

    def settle(_move: object) -> None:
        if approval is not None:
            docket.decide(
                approval, ApprovalVerb.GRANT if granted else ApprovalVerb.REFUSE, actor=actor, now=now, words=text
            )

    verb = Verb.VOID if granted else Verb.REFUSE_VOID
    docket.move(verb, actor=actor, now=now, given=Given(reason=text), before=settle)


@act
def nudge_case(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """催办: one click, counted, once a day."""
    docket.move(Verb.NUDGE, actor=actor, now=now, facts={"count": docket.case.nudges + 1})
    docket.case.nudges += 1
    docket.case.nudged_at = now


@act
def split_off_report(docket: Docket, *, report_id: UUID, actor: Actor, now: datetime) -> None:
    """One caller's matter is not solved while others' is: that report goes on as a linked case of its own."""
    report = _voice_of(docket, report_id)
    case = docket.case
    docket.move(Verb.SPLIT_OFF, actor=actor, now=now, facts={"report": str(report.pk)})
    new_id = docket.make_id()
    copied = (
        "title",
        "flow",
        "channel",
        "area_code",
        "filed_area_code",
        "desk_code",
        "lng",
        "lat",
        "place_words",
        "unplaced",
        "outside",
        "type_code",
        "catalogue_version",
        "grade",
        "danger",
        "confidential",
        "recused",
        "restricted",
        "imported",
        "drill",
        "verified",
    )
    other = Docket(
        case=Case(
            id=new_id,
            number="",
            state="",
            received_at=now,
            moved_at=now,
            follows=case,
            **{name: getattr(case, name) for name in copied},
        ),
        knowledge=docket.knowledge,
        live=docket.live,
        make_id=docket.make_id,
    )
    docket.others.append(other)
    other.begin_empty()
    other.case.grade = other.case.grade or Grade.ORDINARY
    other.new[Case].append(other.case)
    other.move(
        Verb.RECEIVE, actor=rule("split-off"), now=now, facts={"split_from": str(case.pk), "report": str(report.pk)}
    )
    for one in docket.recusals:
        other.add(
            Recusal(
                id=docket.make_id(),
                object_id=new_id,
                unit_id=one.unit_id,
                account_id=one.account_id,
                reason_code=one.reason_code,
                set_by=one.set_by,
                set_at=now,
            )
        )
    docket.reports.remove(report)
    report.case, report.first_case_id = other.case, new_id  # where it goes back to, if that one is ever unmerged
    docket.change(report)
    other.reports.append(report)
    docket.index_words()
    settle(docket, now=now)


@transaction.atomic
def erase_my_contact(case_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The reporter takes their name and phone back; the call goes on, and they can still use the code."""
    docket = opened(case_id, actor=actor)
    report = _report_of(docket, actor.report_id)
    if report.contact_id is None:
        raise IllegalMove(_("您没有留联系方式，或已经删掉了。"))
    people.withdraw_consent(contact_id=report.contact_id, actor=actor, now=now)
    if report.reply_by == "phone":
        report.reply_by = "page"
    report.erased_at = now
    docket.change(report)
    Ticket.objects.filter(report=report).update(sheet=None)  # it may name the person too
    docket.note(
        kind="report",
        object_id=report.pk,
        verb="erase_contact",
        actor=actor,
        now=now,
        facts={"case": str(docket.case.pk)},
    )
    settle(docket, now=now)  # nobody is left who could be called
    flush([docket], verb="erase_contact", now=now)


@transaction.atomic
def open_reporter(case_id: UUID, *, report_id: UUID, purpose: str, actor: Actor, now: datetime) -> Opened:
    """Open a reporter's name and phone for a stated purpose; logged, and visible to the person."""
    docket = opened(case_id, actor=actor)
    report = _report_of(docket, report_id)
    if report.contact_id is None:
        raise NotFound("contact")
    if actor.bodies and all(one.kind in OUTSIDERS for one in people_queries.units(actor.bodies).values()):
        raise NotAllowed(_("外部单位看不到诉求人的联系方式。请由街道代为联系。"))
    return people.open_contact(
        contact_id=report.contact_id, purpose=purpose, area_code=docket.case.area_code, actor=actor, now=now
    )
