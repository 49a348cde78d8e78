"""Freezing a month: proposed by a job, frozen and published by heads, corrected only by another version.

What is frozen are the facts themselves, so that every number of every version opens to its rows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from huying.audit import actions as audit
from huying.insight.actions.counting import hold
from huying.insight.models import Fact, Statement
from huying.insight.queries.facts import ABOUT, NAMES
from huying.insight.queries.scoring import terms_for
from huying.insight.rules import Month, StatementState
from huying.insight.rules.months import KEPT, to_propose
from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.people.rules import Duty
from huying.places import queries as places

KIND = "statement"  # of its history lines
REASON_LIMIT = 300
_FREEZE = f"""
INSERT INTO insight_frozenfact (statement_id, {ABOUT}, {NAMES})
SELECT %(statement)s, {ABOUT}, {NAMES} FROM insight_fact
WHERE month = %(month)s AND area_code >= %(code)s AND area_code < %(end)s
"""


@transaction.atomic
def freeze_month(*, code: str, month: Month, actor: Actor, now: datetime) -> Statement:
    """Keep a month's figures as they are now, as its first version.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Invalid while the month still runs,
    Conflict where it is frozen already.
    """
    check_may(code, actor)
    if now < month.ends:
        raise Invalid({"month": [_("这个月还没有过完，不能封账。")]})
    with connection.cursor() as cursor:
        hold(cursor)  # of two who freeze the second finds what the first made
    last = _last(code, month)
    if last is not None and last.state in KEPT:
        raise Conflict(_("这个月已经封账了。要改数字，请作更正。"))
    one = last or Statement(area_code=code, month=month.number)
    return _frozen(one, actor=actor, now=now, verb="freeze")


@transaction.atomic
def correct_month(*, code: str, month: Month, reason: str, actor: Actor, now: datetime) -> Statement:
    """Make another version out of the figures as they are now; the older ones stay and are shown.

    Raises as `freeze_month`, Invalid without a reason or where the month was never frozen.
    """
    check_may(code, actor)
    reason = clean(reason, limit=REASON_LIMIT, field="reason")
    if not reason:
        raise Invalid({"reason": [_("请写明为什么更正，会和数字一起公布。")]})
    with connection.cursor() as cursor:
        hold(cursor)
    last = _last(code, month)
    if last is None or last.state not in KEPT:
        raise Invalid(_("这个月还没有封账，不用更正。"))
    one = Statement(area_code=code, month=month.number, version=last.version + 1, reason=reason)
    return _frozen(one, actor=actor, now=now, verb="correct")


@transaction.atomic
def publish_month(*, statement_id: UUID, actor: Actor, now: datetime) -> Statement:
    """Publish a frozen version. Done twice, it is done once. Raises NotFound, NotAllowed, Invalid where not frozen."""
    one = Statement.objects.select_for_update().filter(pk=statement_id).first()
    if one is None:
        raise NotFound("statement")
    check_may(one.area_code, actor, "statement")
    if one.state == StatementState.PROPOSED:
        raise Invalid(_("请先封账，再公布。"))
    if one.state == StatementState.FROZEN:
        one.state, one.published_by, one.published_at = StatementState.PUBLISHED, actor.id, now
        one.save(update_fields=["state", "published_by", "published_at"])
        _note(one, "publish", StatementState.FROZEN, actor=actor, now=now)
    return one


@transaction.atomic
def propose_months(*, actor: Actor, now: datetime) -> int:
    """Once the objection window is over, propose to freeze the month before in every sub-district that has cases.

    How many were proposed; run twice, the second finds nothing to do.
    """
    month = to_propose(now)
    if month is None:
        return 0
    made = 0
    with connection.cursor() as cursor:
        hold(cursor)
    there = set(Statement.objects.filter(month=month.number).values_list("area_code", flat=True))
    for street in places.streets():
        cases = Fact.objects.filter(
            month=month.number, area_code__gte=street.code, area_code__lt=upper_bound(street.code)
        )
        if street.code not in there and cases.exists():
            one = Statement.objects.create(area_code=street.code, month=month.number, proposed_at=now)
            _note(one, "propose", "", actor=actor, now=now)
            made += 1
    return made


def check_may(code: str, actor: Actor, kind: str = "area") -> None:
    """For the heads of an area alone; whoever does not read it learns nothing."""
    if actor.kind != ActorKind.PERSON or not places.is_known(code) or not actor.may(Duty.READ, code):
        raise NotFound(kind)
    if not actor.may(Duty.SUPERVISE, code):
        raise NotAllowed(duty=str(Duty.SUPERVISE))


def _last(code: str, month: Month) -> Statement | None:
    rows = Statement.objects.select_for_update().filter(area_code=code, month=month.number)
    return rows.order_by("-version").first()


def _frozen(one: Statement, *, actor: Actor, now: datetime, verb: str) -> Statement:
    before = one.state if one.proposed_at is not None else ""
    month = Month(one.month)
    one.state, one.frozen_by, one.frozen_at = StatementState.FROZEN, actor.id, now
    one.terms = terms_for(one.area_code, month).written()
    one.save()
    given: dict[str, Any] = {
        "statement": one.pk, "month": one.month, "code": one.area_code, "end": upper_bound(one.area_code),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, given)
    _note(one, verb, before, actor=actor, now=now)
    return one


def _note(one: Statement, verb: str, before: str, *, actor: Actor, now: datetime) -> None:
    audit.append(
        kind=KIND, object_id=one.pk, verb=verb, actor=actor, at=now, area_code=one.area_code,
        from_state=str(before), to_state=str(one.state), facts={"month": one.month, "version": one.version},
    )  # fmt: skip
