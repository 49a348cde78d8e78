"""隐号拨打: ring a reporter through a provider that shows neither number; what came of it is an attempt at contact."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import override
from procrastinate.contrib.django import app

from huying.audit import actions as audit
from huying.cases.actions.acting import opened
from huying.cases.actions.closing import record_call_back
from huying.cases.actions.units import contact_reporter
from huying.cases.models import Case, ContactAttempt, Dial, Errand, Report
from huying.cases.queries import dialling as queries
from huying.cases.queries import errands
from huying.cases.rules import CallResult, ContactKind, State
from huying.cases.rules.dialling import COUNTS_AS, GOING, OUTCOMES, THING, DialState
from huying.cases.rules.errands import ErrandState
from huying.kernel.actor import Actor, ActorKind, system
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound, Refusal
from huying.kernel.terms import _
from huying.notices import dialling
from huying.notices.queries import confirmed, number_of
from huying.notices.rules import Channel, plain_address
from huying.notices.sealing import Closed, seal, unseal
from huying.people import queries as people
from huying.people.actions import use_phone
from huying.people.rules import Duty
from huying.ui.context import link

OUTSIDE = Actor(kind=ActorKind.CHANNEL, label="errand")


@transaction.atomic
def ask_dial(case_id: UUID, *, report_id: UUID, actor: Actor, now: datetime) -> Dial:
    """Ring the person who asks, then the caller of a report, and connect them.

    Raises NotFound outside the actor's scope, for a report without a number, and where no provider is set; NotAllowed
    for whom it does not concern; IllegalMove where a call is going on, or the person has no number on record.
    """
    docket = opened(case_id, actor=actor)
    report = next((one for one in docket.reports if one.pk == report_id), None)
    if report is None or not queries.can_be_rung(report) or not dialling.is_open():
        raise NotFound("report")
    if not queries.may_dial(docket.case, docket.orders, actor):
        raise NotAllowed(_("您没有联系这位诉求人的职责。"))
    if actor.id is None or Channel.SMS not in confirmed(actor.id):
        raise IllegalMove(_("您还没有验证过的手机号。请先在通知设置里登记手机号。"))
    back = docket.case.state == State.CALLING_BACK and actor.may(Duty.CALL_BACK, docket.case.desk_code)
    row = Dial(case=docket.case, report=report, kind=ContactKind.CALL_BACK if back else ContactKind.FIRST)
    return _asked(row, actor, now)


@transaction.atomic
def ask_dial_for_errand(errand_id: UUID, *, device: str, phone: str, now: datetime) -> Dial:
    """The same for somebody outside who took on an errand: their own number is kept sealed until it was dialled.

    Raises NotFound for another device and where no provider is set, Invalid for what is no mobile number.
    """
    Case.objects.select_for_update(of=("self",)).filter(errands=errand_id).first()
    rows = errands.of_device(errand_id, device, now=now)
    report = report_of_errand(rows.errand)
    if report is None:
        raise NotFound("report")
    try:
        number = plain_address(Channel.SMS, phone)
    except ValueError as why:
        raise Invalid({"phone": [_("请写 11 位手机号。")]}) from why
    row = Dial(case=rows.case, report=report, errand=rows.errand, kind=ContactKind.FIRST)
    row.own_sealed, row.key_id = seal(number, kind=THING, row_id=row.pk, now=now)
    return _asked(row, OUTSIDE, now)


def report_of_errand(errand: Errand) -> Report | None:
    """Whom the one who took an errand on may ring; None where nobody can be, or no provider is set."""
    if not dialling.is_open() or errand.state != ErrandState.ACCEPTED:
        return None
    rows = Report.objects.filter(case_id=errand.case_id).select_related("contact").order_by("received_at", "id")
    return next((one for one in rows if queries.can_be_rung(one)), None)


def _asked(row: Dial, actor: Actor, now: datetime) -> Dial:
    if queries.going_on(row.report_id, now=now):
        raise IllegalMove(_("正在接通这位诉求人。请等电话响，或过十分钟再拨。"))
    row.state, row.made_by, row.asked_at = DialState.ASKED, actor.id, now
    row.save(force_insert=True)
    _note(row, "ask", actor, now)
    # The job is named, not imported: jobs know actions.
    app.configure_task("cases.dial", queue="notices").defer(dial_id=str(row.pk))
    return row


def _note(row: Dial, verb: str, actor: Actor, now: datetime) -> None:
    audit.append(
        kind=THING, object_id=row.pk, verb=verb, actor=actor, at=now, area_code=row.case.area_code,
        to_state=str(row.state), facts={"case": str(row.case_id), "report": str(row.report_id)},
    )  # fmt: skip


def connect_asked(dial_id: UUID, *, now: datetime) -> bool:
    """Ask the provider for a call that waits; says whether it was asked. Twice asks once."""
    with transaction.atomic():
        rows = Dial.objects.select_for_update(of=("self",), skip_locked=True).select_related("case", "report")
        row = rows.filter(pk=dial_id, state=DialState.ASKED).first()
        if row is None:
            return False
        bridge = _bridge(row, now)
        # Marked before it is asked: a worker that dies meanwhile rings nobody twice.
        row.state, row.own_sealed, row.key = DialState.RINGING, None, None
        row.save(update_fields=["state", "own_sealed", "key"])
    way = dialling.dialler()
    outcome: str = DialState.FAILED
    if bridge is not None and way is not None:
        try:
            outcome = way.connect(bridge, now=int(now.timestamp()))
        except dialling.NotConnected:
            outcome = DialState.FAILED
    if outcome:
        record_outcome(dial_id, outcome=outcome, now=now)
    return True


def _bridge(row: Dial, now: datetime) -> dialling.Bridge | None:
    """Both numbers, for the request alone; None where one of them does not open any more."""
    try:
        if row.own_sealed is not None:
            own = unseal(bytes(row.own_sealed), kind=THING, row_id=row.pk)
        else:
            own = number_of(row.made_by) if row.made_by is not None else ""
        contact_id = row.report.contact_id
        if not own or contact_id is None:
            return None
        theirs = use_phone(contact_id=contact_id, area_code=row.case.area_code, actor=system("cases.dial"), now=now)
    except (Closed, Refusal):
        return None
    origin = settings.CSRF_TRUSTED_ORIGINS[0] if settings.CSRF_TRUSTED_ORIGINS else ""
    return dialling.Bridge(row.pk, own, theirs, f"{origin}{link('dialled')}") if theirs else None


@transaction.atomic
def record_outcome(dial_id: UUID, *, outcome: str, now: datetime) -> None:
    """What came of a call, as the provider says; an attempt at contact where the case still takes one.

    The same word again changes nothing. Raises NotFound for no such call, Invalid for another word, Conflict where
    another came before.
    """
    row = Dial.objects.select_related("case", "report").filter(pk=dial_id).first()
    if row is None:
        raise NotFound(THING)
    Case.objects.select_for_update(of=("self",)).get(pk=row.case_id)  # the case first, as every act on it
    row = Dial.objects.select_for_update(of=("self",)).select_related("case", "report").get(pk=dial_id)
    if outcome not in OUTCOMES:
        raise Invalid({"outcome": [_("没有这种结果。")]})
    if row.state not in GOING:
        if row.state != outcome:
            raise Conflict
        return
    row.state, row.ended_at = outcome, now
    row.save(update_fields=["state", "ended_at"])
    _note(row, "end", system("cases.dial"), now)
    result = COUNTS_AS.get(DialState(outcome))
    if result is not None:
        with override(settings.LANGUAGE_CODE):  # what is stored is in the source language
            _attempt(row, result, str(_("隐号拨打：%(outcome)s") % {"outcome": DialState(outcome).label}), now)


def _attempt(row: Dial, result: CallResult, words: str, now: datetime) -> None:
    account = people.account(row.made_by) if row.made_by is not None else None
    if account is None:  # somebody outside: the unit's own first contact is still to come
        ContactAttempt.objects.create(
            case=row.case, report=row.report, kind=row.kind, result=result, round=row.case.round, words=words,
            made_at=now,
        )  # fmt: skip
        return
    actor = people.actor_for(account, now)
    if row.kind == ContactKind.CALL_BACK and result == CallResult.REACHED:
        return  # the one who speaks asks and writes down what was said
    try:
        with transaction.atomic():
            if row.kind == ContactKind.CALL_BACK:
                record_call_back(row.case_id, report_id=row.report_id, result=result, words=words, actor=actor, now=now)
            else:
                contact_reporter(row.case_id, report_id=row.report_id, result=result, words=words, actor=actor, now=now)
    except Refusal:  # the case has moved on, or this try came too soon to count: the call stays on record
        return
