"""Reporters' contact data: kept sealed with consent, opened for a stated purpose, erased for good.

No act finds a person by name or phone. Scope is the caller's: it has shown that the actor may see the case.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huying.audit import actions as audit
from huying.audit.models import History
from huying.kernel import secrets
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound, Unavailable
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, NAME_LIMIT, clean
from huying.people import consent, events, keys
from huying.people.actions.scope import require_system
from huying.people.models import Consent, ConsentText, Contact, ContactOpening
from huying.people.phones import clean_phone
from huying.people.rules import Duty, Opened, OpeningPurpose, name_mask, phone_tail

logger = logging.getLogger(__name__)
_FIELDS = ("name", "phone", "address")


@dataclass(frozen=True)
class NewContact:
    """What a reporter left, for `keep_contacts`."""

    name: str
    phone: str
    address: str
    at: datetime
    area_code: str = ""
    contact_id: UUID | None = None

    def __repr__(self) -> str:
        return "NewContact(…)"


@transaction.atomic
def keep_contact(
    *,
    name: str,
    phone: str,
    address: str,
    consent_text_version: int,
    actor: Actor,
    now: datetime,
    language: str = "zh-hans",
    area_code: str = "",
    contact_id: UUID | None = None,
) -> Contact:
    """Keep what a reporter left, sealed, with the consent that was shown.

    Raises Invalid for bad values, an empty contact, or a version of consent that was never shown;
    Unavailable where the keys are not here.
    """
    new = NewContact(name, phone, address, now, area_code, contact_id)
    return keep_contacts([new], consent_text_version=consent_text_version, language=language, actor=actor, now=now)[0]


@transaction.atomic
def keep_contacts(
    rows: Sequence[NewContact],
    *,
    consent_text_version: int,
    actor: Actor,
    now: datetime,
    language: str = "zh-hans",
) -> list[Contact]:
    """`keep_contact` for many at once (bulk worlds): the same rows, in four statements."""
    made = contact_rows(rows, consent_text_version=consent_text_version, language=language, actor=actor, now=now)
    Contact.objects.bulk_create(made.contacts, batch_size=1000)
    Consent.objects.bulk_create(made.consents, batch_size=1000)
    audit.append_many(made.lines)
    return made.contacts


@dataclass(frozen=True)
class ContactRows:
    """What keeping contacts writes: the sealed values, the consents, a line of history each."""

    contacts: list[Contact]
    consents: list[Consent]
    lines: list[History]


def contact_rows(
    rows: Sequence[NewContact], *, consent_text_version: int, actor: Actor, now: datetime, language: str = "zh-hans"
) -> ContactRows:
    """The rows of `keep_contacts`, for an act that writes them together with its own. Raises what it raises."""
    text = _consent_text(consent_text_version, language)
    try:
        key = keys.current_key(now)
    except secrets.KeyTrouble as why:
        raise _closed(why) from why
    contacts = [_sealed(row, key) for row in rows]
    lines = [
        History(
            at=row.at, kind="contact", object_id=one.pk, verb="kept", actor_kind=str(actor.kind), actor_id=actor.id,
            actor_label=actor.label, area_code=row.area_code, facts={"consent": text.version},
        )
        for row, one in zip(rows, contacts, strict=True)
    ]  # fmt: skip
    return ContactRows(contacts, [Consent(contact=one, text=text, given_at=one.kept_at) for one in contacts], lines)


@transaction.atomic
def open_contact(*, contact_id: UUID, purpose: str, area_code: str, actor: Actor, now: datetime) -> Opened:
    """Show a reporter's contact data to one person for one purpose, and write that down where the reporter sees it.

    Raises NotFound, NotAllowed without the duty over the case's area, Invalid without a purpose of the list,
    IllegalMove where the data is erased, Unavailable where it does not open.
    """
    # Locked, so that an erasing and an opening never cross.
    contact = Contact.objects.select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("contact")
    # The caller's app has found that the actor sees the case; a unit's member sees it by the unit's order.
    if not actor.may(Duty.OPEN_CONTACT, area_code, as_unit=True):
        raise NotAllowed(duty=Duty.OPEN_CONTACT.value)
    if purpose not in OpeningPurpose.values:
        raise Invalid({"purpose": [_("请选查看的用途，诉求人会看到。")]})
    if contact.erased_at is not None:
        raise IllegalMove(_("联系方式已经删除，不能再看。"))
    opened = _opened(contact)
    opening = ContactOpening.objects.create(
        contact=contact,
        purpose=purpose,
        area_code=area_code,
        opened_by=actor.id,
        unit_id=actor.bodies[0] if actor.bodies else None,
        at=now,
    )
    audit.append(
        kind="contact", object_id=contact.pk, verb="opened", actor=actor, at=now, area_code=area_code,
        facts={"purpose": str(purpose), "opening": opening.pk},
    )  # fmt: skip
    events.contact_opened.emit(
        at=now, contact_id=contact.pk, opening_id=opening.pk, purpose=str(purpose), area_code=area_code,
        account_id=actor.id,
    )  # fmt: skip
    return opened


@transaction.atomic
def use_phone(*, contact_id: UUID, area_code: str, actor: Actor, now: datetime) -> str:
    """A reporter's number for a machine that dials it and shows it to nobody; "" where none was left.

    Raises NotFound, IllegalMove where the data is erased, Unavailable where it does not open.
    """
    contact = Contact.objects.select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("contact")
    if contact.erased_at is not None:
        raise IllegalMove(_("联系方式已经删除，不能再拨。"))
    audit.append(kind="contact", object_id=contact.pk, verb="dialled", actor=actor, at=now, area_code=area_code)
    return _opened(contact).phone


@transaction.atomic
def erase_contact(*, contact_id: UUID, actor: Actor, now: datetime) -> Contact:
    """Erase a reporter's contact data for good; the row and its history stay. Done twice, it is done once.

    Duty is the caller's: the reporter's own link, or the rule that ends retention. Raises NotFound.
    """
    contact = Contact.objects.select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("contact")
    if contact.erased_at is not None:
        return contact
    contact.name_sealed = contact.phone_sealed = contact.address_sealed = None
    contact.key = None
    contact.name_mask = contact.phone_tail = ""
    contact.erased_at = now
    contact.save()
    audit.append(kind="contact", object_id=contact.pk, verb="erased", actor=actor, at=now, area_code="")
    events.contact_erased.emit(at=now, contact_id=contact.pk)
    return contact


@transaction.atomic
def withdraw_consent(*, contact_id: UUID, actor: Actor, now: datetime) -> Contact:
    """The reporter takes the consent back: the data goes at once, the case goes on."""
    contact = erase_contact(contact_id=contact_id, actor=actor, now=now)
    if Consent.objects.filter(contact=contact, withdrawn_at=None).update(withdrawn_at=now):
        audit.append(kind="contact", object_id=contact.pk, verb="consent_withdrawn", actor=actor, at=now, area_code="")
    return contact


@transaction.atomic
def rotate_data_key(*, actor: Actor, now: datetime) -> UUID:
    """Seal with a new data key from now on; `reseal_contacts` brings the old values over."""
    require_system(actor)
    key = keys.turn(now)
    audit.append(kind="data_key", object_id=key.id, verb="made", actor=actor, at=now, area_code="")
    return key.id


@transaction.atomic
def reseal_contacts(*, actor: Actor, now: datetime, limit: int = 500) -> int:
    """Seal up to `limit` contacts of retired keys with the present key; says how many. Call until it says 0."""
    require_system(actor)
    key = keys.current_key(now)
    rows = Contact.objects.select_for_update(of=("self",), skip_locked=True).filter(key__retired_at__isnull=False)
    changed = list(rows.order_by("pk")[:limit])
    for contact in changed:
        opened = _opened(contact)
        _seal_into(contact, opened.name, opened.phone, opened.address, key)
        contact.save(update_fields=["name_sealed", "phone_sealed", "address_sealed", "key"])
    return len(changed)


@transaction.atomic
def wrap_data_keys_anew(*, actor: Actor, now: datetime) -> int:
    """Wrap all data keys by the newest line of the master key file; says how many were changed."""
    require_system(actor)
    changed = keys.wrap_anew()
    if changed:
        audit.append(
            kind="data_key", object_id=uuid7(), verb="wrapped_anew", actor=actor, at=now, area_code="",
            facts={"keys": changed},
        )  # fmt: skip
    return changed


def _sealed(row: NewContact, key: secrets.DataKey) -> Contact:
    name = clean(row.name, limit=NAME_LIMIT, name=True, field="name")
    phone = clean_phone(row.phone)
    address = clean(row.address, limit=LINE_LIMIT, line=True, field="address")
    if not (name or phone or address):
        raise Invalid({"phone": [_("没有可以保存的联系方式。请写电话，或者不留。")]})
    contact = Contact(
        pk=row.contact_id or uuid7(), kept_at=row.at, name_mask=name_mask(name), phone_tail=phone_tail(phone)
    )
    _seal_into(contact, name, phone, address, key)
    return contact


def _seal_into(contact: Contact, name: str, phone: str, address: str, key: secrets.DataKey) -> None:
    for field, value in zip(_FIELDS, (name, phone, address), strict=True):
        sealed = secrets.seal(value, key, secrets.bound_to("contact", contact.pk, field)) if value else None
        setattr(contact, f"{field}_sealed", sealed)
    contact.key_id = key.id


def _opened(contact: Contact) -> Opened:
    values = []
    try:
        for field in _FIELDS:
            sealed = getattr(contact, f"{field}_sealed")
            aad = secrets.bound_to("contact", contact.pk, field)
            values.append("" if sealed is None else secrets.unseal(bytes(sealed), keys.key_of, aad))
    except (secrets.Tampered, secrets.KeyTrouble) as why:
        raise _closed(why) from why
    return Opened(*values)


def _closed(why: Exception) -> Unavailable:
    """The refusal for keys that are not here or values that were changed; the reason goes to the log only."""
    logger.error("contact data does not open: %s", why)
    return Unavailable(_("联系方式现在打不开。请联系本单位的平台管理员。"))


def _consent_text(version: int, language: str) -> ConsentText:
    """The row of the text that was shown; a shipped text becomes a row with its first use."""
    one = consent.shipped(version, language)
    if one is None:
        raise Invalid({"consent": [_("同意书的版本不对。请刷新页面后再提交。")]})
    row, _made = ConsentText.objects.get_or_create(
        version=one.version, language=one.language, defaults={"text": one.text}
    )
    return row
