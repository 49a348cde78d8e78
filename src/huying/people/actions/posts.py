"""Organisations, posts with term, who answers for what where, and who keeps away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, NotFound
from huying.kernel.terms import _
from huying.kernel.text import NAME_LIMIT, clean
from huying.people.actions.scope import account_in_scope, clean_area, clean_term, require_admin, unit_in_scope
from huying.people.models import Account, Appointment, Organisation, Recusal, Responsibility
from huying.people.phones import clean_phone
from huying.people.rules import Post, RecusalReason, UnitKind
from huying.places.rules import tier_of


@transaction.atomic
def create_organisation(
    *,
    kind: str,
    name: str,
    area_code: str,
    short_name: str = "",
    parent_id: UUID | None = None,
    phone: str = "",
    organisation_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Organisation:
    """Add a unit; its tier is that of its area.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Invalid for bad values, Conflict
    where the area has a unit of that name.
    """
    require_admin(actor, area_code, "area")
    if kind not in UnitKind.values:
        raise Invalid({"kind": [_("请从列表里选单位类别。")]})
    name = clean(name, limit=NAME_LIMIT, name=True, field="name")
    if not name:
        raise Invalid({"name": [_("请写单位名称。")]})
    if parent_id is not None and not Organisation.objects.filter(pk=parent_id).exists():
        raise NotFound("organisation")
    try:
        with transaction.atomic():
            unit = Organisation.objects.create(
                pk=organisation_id or uuid7(),
                kind=kind,
                name=name,
                short_name=clean(short_name, limit=20, name=True, field="short_name") or name[:20],
                area_code=clean_area(area_code),
                tier=tier_of(area_code),
                parent_id=parent_id,
                phone=clean_phone(phone),
            )
    except IntegrityError as why:
        raise Conflict(_("这里已经有同名的单位。请换个名称，或者用原来那个。")) from why
    _append("organisation", unit.pk, "created", unit.area_code, actor=actor, now=now, facts={"kind": str(kind)})
    return unit


@transaction.atomic
def appoint(
    *,
    account_id: UUID,
    organisation_id: UUID,
    post: str,
    area_code: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    appointment_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Appointment:
    """Give a person a post in a unit, for the unit's area or a part of it.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Invalid for bad values, Conflict
    where the person holds that post already.
    """
    account = account_in_scope(account_id, actor)
    unit = unit_in_scope(organisation_id, actor)
    if post not in Post.values:
        raise Invalid({"post": [_("请从列表里选岗位。")]})
    area_code = clean_area(area_code or unit.area_code)
    if not area_code.startswith(unit.area_code):
        raise Invalid({"area_code": [_("岗位的区域要在单位的区域之内。")]})
    begins, ends = clean_term(since, until, now)
    try:
        with transaction.atomic():
            appointment = Appointment.objects.create(
                pk=appointment_id or uuid7(),
                account=account,
                organisation=unit,
                post=post,
                area_code=area_code,
                since=begins,
                until=ends,
            )
    except IntegrityError as why:
        raise Conflict(_("这位同事已经在这个岗位上了。")) from why
    _append(
        "appointment", appointment.pk, "appointed", area_code, actor=actor, now=now,
        facts={"account": account.pk, "unit": unit.pk, "post": str(post)},
    )  # fmt: skip
    return appointment


@transaction.atomic
def end_appointment(*, appointment_id: UUID, actor: Actor, now: datetime) -> Appointment:
    """End a post now; one that has not begun never begins. What the person did stays on the record."""
    appointment = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("organisation")
        .filter(pk=appointment_id)
        .first()
    )
    if appointment is None:
        raise NotFound("appointment")
    require_admin(actor, appointment.organisation.area_code, "appointment")
    if appointment.until is None or appointment.until > now:
        appointment.until = max(now, appointment.since)
        appointment.save(update_fields=["until"])
        _append("appointment", appointment.pk, "ended", appointment.area_code, actor=actor, now=now)
    return appointment


@transaction.atomic
def assign_responsibility(
    *, unit_id: UUID, area_code: str, matter_code: str = "", order: int = 0, actor: Actor, now: datetime
) -> Responsibility:
    """Let a unit answer for matters (a code's beginning; "" for all) in an area; said again, it sets the order.

    The unit may be one of a higher tier; the area must be the actor's.
    """
    require_admin(actor, area_code, "area")
    if not Organisation.objects.filter(pk=unit_id, active=True).exists():
        raise NotFound("organisation")
    if matter_code and not (matter_code.isascii() and matter_code.isdigit() and len(matter_code) <= 24):
        raise Invalid({"matter_code": [_("没有这样的事项代码。请从列表里选。")]})
    if not 0 <= order <= 1000:
        raise Invalid({"order": [_("顺序用 0 到 1000 的数。")]})
    row, _made = Responsibility.objects.update_or_create(
        unit_id=unit_id, area_code=clean_area(area_code), matter_code=matter_code, defaults={"order": order}
    )
    _append(
        "responsibility", row.pk, "assigned", area_code, actor=actor, now=now,
        facts={"unit": unit_id, "matter_code": matter_code, "order": order},
    )  # fmt: skip
    return row


@transaction.atomic
def end_responsibility(*, responsibility_id: UUID, actor: Actor, now: datetime) -> None:
    """Take a responsibility back. Orders that were given on it stay."""
    row = Responsibility.objects.select_for_update().filter(pk=responsibility_id).first()
    if row is None:
        raise NotFound("responsibility")
    require_admin(actor, row.area_code, "responsibility")
    facts = {"unit": row.unit_id, "matter_code": row.matter_code}
    _append("responsibility", row.pk, "ended", row.area_code, actor=actor, now=now, facts=facts)
    row.delete()


@transaction.atomic
def recuse(
    *,
    object_id: UUID,
    unit_id: UUID | None = None,
    account_id: UUID | None = None,
    reason_code: str,
    area_code: str = "",
    actor: Actor,
    now: datetime,
) -> Recusal:
    """Keep a unit or a person away from one object; said twice, it stands once.

    Scope and duty are the caller's, which owns the object: a resident may say "this is about the staff".
    Raises NotFound for an unknown unit or person, Invalid unless exactly one of them is named.
    """
    if (unit_id is None) == (account_id is None):
        raise Invalid(_("请写明是哪个单位或者哪位人员回避。"))
    if reason_code not in RecusalReason.values:
        raise Invalid({"reason_code": [_("请从列表里选回避的原因。")]})
    if unit_id is not None and not Organisation.objects.filter(pk=unit_id).exists():
        raise NotFound("organisation")
    if account_id is not None and not Account.objects.filter(pk=account_id).exists():
        raise NotFound("account")
    who = {"unit_id": unit_id} if unit_id is not None else {"account_id": account_id}
    recusal, made = Recusal.objects.get_or_create(
        object_id=object_id, **who, defaults={"reason_code": reason_code, "set_by": actor.id, "set_at": now}
    )
    if made:
        _append(
            "recusal", recusal.pk, "recused", area_code, actor=actor, now=now,
            facts={"object": object_id, "unit": unit_id, "account": account_id, "reason": str(reason_code)},
        )  # fmt: skip
    return recusal


def _append(
    kind: str,
    object_id: UUID,
    verb: str,
    area_code: str,
    *,
    actor: Actor,
    now: datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    audit.append(
        kind=kind, object_id=object_id, verb=verb, actor=actor, at=now, area_code=area_code,
        facts=dict(facts) if facts else None,
    )  # fmt: skip
