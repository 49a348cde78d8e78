"""Away until a day: said by the person or by a head of the unit. Nothing is kept of days that are over."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people.models import Account, Appointment, Away
from huying.people.queries import running
from huying.people.rules import Duty

LONGEST = timedelta(days=60)


@transaction.atomic
def set_away(*, account_id: UUID, until: date | None, actor: Actor, now: datetime) -> None:
    """Say until which day somebody is away, that day included; None: back again.

    Raises NotFound for whoever shares no unit with the actor, NotAllowed for a colleague who heads none of the
    person's units, Invalid for a day that is over or more than 60 days ahead.
    """
    units = Appointment.objects.filter(running(now), account_id=account_id, organisation__active=True)
    shared = set(units.values_list("organisation_id", flat=True)) & set(actor.units)
    if account_id != actor.id:
        if not shared:
            raise NotFound("account")
        if not any(actor.may_for_unit(Duty.SIGN, unit) for unit in shared):
            raise NotAllowed(duty=Duty.SIGN.value)
    today = timezone.localdate(now)
    if until is not None and not today <= until <= today + LONGEST:
        raise Invalid({"until": [_("请选今天以后、60 天以内的日期。")]})
    if until is None:
        Away.objects.filter(account_id=account_id).delete()
    else:
        Away.objects.update_or_create(account_id=account_id, defaults={"until": until})
    if account_id != actor.id:  # what is done to another is on record, without a day; what one says oneself is not
        area_code = Account.objects.values_list("area_code", flat=True).get(pk=account_id)
        verb = "back_set" if until is None else "away_set"
        audit.append(kind="account", object_id=account_id, verb=verb, actor=actor, at=now, area_code=area_code)


def forget_past(*, now: datetime) -> int:
    """Remove what is over; says how many."""
    return Away.objects.filter(until__lt=timezone.localdate(now)).delete()[0]
