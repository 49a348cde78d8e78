"""Residents with a skill: entered with their consent, seen by organisers only, gone when they take their word back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, clean
from huying.people import consent
from huying.people.actions.contacts import keep_contact, open_contact, withdraw_consent
from huying.people.actions.scope import clean_area, require_duty
from huying.people.models import Talent
from huying.people.rules import Duty, Opened, OpeningPurpose
from huying.people.rules.registers import SKILL_DAYS, Skill
from huying.people.talent_codes import code_of, hash_of
from huying.places.rules import SHANGHAI

KEEPERS = (Duty.ORGANISE,)


@transaction.atomic
def enter_talent(
    *,
    name: str,
    phone: str,
    area_code: str,
    skill: str,
    offers: str = "",
    until: date,
    agreed: bool,
    talent_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[Talent, str]:
    """Keep somebody who agreed to be asked; returns the row and the code with which the person takes it back.

    Raises NotFound, NotAllowed, Invalid without the person's yes, for a term over two years, or for bad values.
    """
    talent = new_talent(
        name=name, phone=phone, area_code=area_code, skill=skill, offers=offers, until=until, agreed=agreed,
        talent_id=talent_id, actor=actor, now=now,
    )  # fmt: skip
    audit.append(
        kind="talent", object_id=talent.pk, verb="entered", actor=actor, at=now, area_code=talent.area_code,
        facts={"consent": consent.SKILLS, "until": until},
    )  # fmt: skip
    return talent, code_of(talent.pk)


def new_talent(
    *,
    name: str,
    phone: str,
    area_code: str,
    skill: str,
    offers: str = "",
    until: date,
    agreed: bool,
    talent_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Talent:
    """`enter_talent` without its history line."""
    require_duty(actor, area_code, KEEPERS, "talent")
    today = now.astimezone(SHANGHAI).date()
    if not agreed:
        raise Invalid({"agreed": [_("要本人看过同意书并且同意，才能登记。")]})
    if skill not in Skill.values:
        raise Invalid({"skill": [_("请从列表里选专长。")]})
    if not today < until <= today + timedelta(days=SKILL_DAYS):
        raise Invalid({"until": [_("同意最多两年有效，到期再问本人。")]})
    if not name.strip():
        raise Invalid({"name": [_("请写怎么称呼。")]})
    offers = clean(offers, limit=LINE_LIMIT, line=True, field="offers")
    contact = keep_contact(
        name=name, phone=phone, address="", consent_text_version=consent.SKILLS, area_code=area_code, actor=actor,
        now=now,
    )  # fmt: skip
    talent_id = talent_id or uuid7()
    return Talent.objects.create(
        pk=talent_id,
        contact=contact,
        area_code=clean_area(area_code),
        skill=skill,
        offers=offers,
        since=today,
        until=until,
        code_hash=hash_of(code_of(talent_id)),
    )


@transaction.atomic
def open_talent(*, talent_id: UUID, actor: Actor, now: datetime) -> Opened:
    """Show an organiser how to reach somebody; written down where the person can see it.

    Raises NotFound outside the organiser's areas, NotAllowed without the duty, IllegalMove after the term or the word.
    """
    talent = Talent.objects.filter(pk=talent_id).first()
    if talent is None:
        raise NotFound("talent")
    require_duty(actor, talent.area_code, (Duty.ORGANISE,), "talent")
    if talent.withdrawn_at is not None or talent.until is None or talent.until <= now.astimezone(SHANGHAI).date():
        raise IllegalMove(_("本人已经撤回同意，或者同意已经到期。"))
    if not actor.may(Duty.OPEN_CONTACT, talent.area_code):
        raise NotAllowed(duty=Duty.OPEN_CONTACT.value)
    return open_contact(
        contact_id=talent.contact_id, purpose=OpeningPurpose.CONTACT, area_code=talent.area_code, actor=actor, now=now
    )


@transaction.atomic
def withdraw_talent(*, talent_id: UUID | None = None, code: str = "", actor: Actor, now: datetime) -> Talent:
    """Take the word back: the person by the code, or the clerk who was told so. The data goes at once."""
    found = Talent.objects.select_for_update(of=("self",))
    if talent_id is None:
        talent = found.filter(code_hash=hash_of(code)).first()
        if talent is None:
            raise NotFound("talent")
    else:
        talent = found.filter(pk=talent_id).first()
        if talent is None:
            raise NotFound("talent")
        require_duty(actor, talent.area_code, KEEPERS, "talent")
    if talent.withdrawn_at is None:
        withdraw_consent(contact_id=talent.contact_id, actor=actor, now=now)
        talent.withdrawn_at, talent.offers = now, ""
        talent.save(update_fields=["withdrawn_at", "offers"])
        audit.append(
            kind="talent", object_id=talent.pk, verb="withdrawn", actor=actor, at=now, area_code=talent.area_code
        )
    return talent


@transaction.atomic
def end_talents(*, actor: Actor, now: datetime, limit: int = 500) -> int:
    """Erase what was kept of people whose consent has run out; says how many. Call until it says 0."""
    today = now.astimezone(SHANGHAI).date()
    over = Talent.objects.select_for_update(of=("self",), skip_locked=True).filter(until__lte=today, withdrawn_at=None)
    ended = list(over.order_by("pk")[:limit])
    for talent in ended:
        withdraw_consent(contact_id=talent.contact_id, actor=actor, now=now)
        talent.withdrawn_at, talent.offers = now, ""
        talent.save(update_fields=["withdrawn_at", "offers"])
        audit.append(kind="talent", object_id=talent.pk, verb="ended", actor=actor, at=now, area_code=talent.area_code)
    return len(ended)
