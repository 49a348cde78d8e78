"""Organisations, posts with term, who answers for what where, and who keeps away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, NAME_LIMIT, clean
from huying.people.actions.scope import clean_area, clean_term, require_admin, require_duty
from huying.people.models import Account, Appointment, Organisation, Recusal, Responsibility
from huying.people.phones import clean_phone
from huying.people.rules import Duty, Post, RecusalReason, UnitKind
from huying.people.rules.registers import (
    ALL_FOUR,
    COMMUNITY_POSTS,
    HEADS,
    KEPT_BY_COMMUNITIES,
    PARENTS,
    RANKED,
    PartyRank,
    may_be_raised,
    post_problem,
    unit_problem,
)
from huying.places.rules import LENGTHS, Tier, tier_of


@transaction.atomic
def create_organisation(
    *,
    kind: str,
    name: str,
    area_code: str,
    short_name: str = "",
    parent_id: UUID | None = None,
    phone: str = "",
    party_form: str = "",
    arrangement: str = "",
    firms_covered: int = 0,
    organisation_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Organisation:
    """Add a unit; its tier is that of its area.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Invalid for bad values or a place in the
    tree that its kind does not allow, Conflict where the area has a unit of that name.
    """
    require_unit_keeper(kind, area_code, actor=actor)
    if kind not in UnitKind.values:
        raise Invalid({"kind": [_("请从列表里选单位类别。")]})
    name = clean(name, limit=NAME_LIMIT, name=True, field="name")
    if not name:
        raise Invalid({"name": [_("请写单位名称。")]})
    clean_area(area_code)
    parent = Organisation.objects.filter(pk=parent_id).first() if parent_id is not None else None
    if parent_id is not None and parent is None:
        raise NotFound("organisation")
    check_unit(kind, area_code, parent, party_form=party_form, arrangement=arrangement, firms=firms_covered)
    try:
        with transaction.atomic():
            unit = Organisation.objects.create(
                pk=organisation_id or uuid7(),
                kind=kind,
                name=name,
                short_name=clean(short_name, limit=20, name=True, field="short_name") or name[:20],
                area_code=area_code,
                tier=tier_of(area_code),
                parent=parent,
                phone=clean_phone(phone),
                party_form=party_form,
                arrangement=arrangement,
                firms_covered=firms_covered,
            )
    except IntegrityError as why:
        raise Conflict(_("这里已经有同名的单位。请换个名称，或者用原来那个。")) from why
    _append("organisation", unit.pk, "created", unit.area_code, actor=actor, now=now, facts={"kind": str(kind)})
    return unit


def require_unit_keeper(kind: str, area_code: str, *, actor: Actor) -> None:
    """Party organisations and the like are kept by communities too; bodies that get work only by administrators."""
    kept_below = kind in PARENTS or kind in KEPT_BY_COMMUNITIES
    require_duty(
        actor, area_code, (Duty.ADMIN_PEOPLE, Duty.KEEP_PEOPLE) if kept_below else (Duty.ADMIN_PEOPLE,), "area"
    )


def check_unit(
    kind: str,
    area_code: str,
    parent: Organisation | None,
    *,
    party_form: str = "",
    arrangement: str = "",
    firms: int = 0,
    unit_id: UUID | None = None,
) -> None:
    """Raise Invalid where a unit may not stand there; a unit is never below itself."""
    above = parent
    for _step in range(20):
        if above is None:
            break
        if unit_id is not None and above.pk == unit_id:
            raise Invalid({"parent": [_("上级组织不能是它自己，也不能是它的下级。")]})
        above = above.parent
    problem = unit_problem(
        kind, area_code, (parent.kind, parent.area_code) if parent is not None else None,
        party_form=party_form, arrangement=arrangement, firms=firms,
    )  # fmt: skip
    if problem is not None:
        raise Invalid({problem[0]: [problem[1]]})


@transaction.atomic
def raise_rank(
    *, organisation_id: UUID, party_form: str, on: date, paper: str, actor: Actor, now: datetime
) -> Organisation:
    """Raise a branch to a general branch or a committee, by a decision with its number.

    Raises NotFound, NotAllowed without the administrators' duty, Invalid for bad values or a step down.
    """
    unit = Organisation.objects.select_for_update().filter(pk=organisation_id, active=True).first()
    if unit is None:
        raise NotFound("organisation")
    require_admin(actor, unit.area_code, "organisation")
    if unit.kind not in RANKED or not may_be_raised(unit.party_form, party_form):
        raise Invalid({"party_form": [_("党支部可以升格为党总支或党委，党总支可以升格为党委。请重新选。")]})
    paper = clean(paper, limit=NAME_LIMIT, line=True, field="paper")
    if not paper:
        raise Invalid({"paper": [_("请写批复的文号。")]})
    if on > timezone.localdate(now):
        raise Invalid({"on": [_("升格的日期不能在今天以后。")]})
    before = unit.party_form or PartyRank.BRANCH
    unit.raised_from, unit.party_form, unit.raised_on, unit.raised_paper = before, party_form, on, paper
    unit.save(update_fields=["raised_from", "party_form", "raised_on", "raised_paper"])
    _append(
        "organisation", unit.pk, "raised", unit.area_code, actor=actor, now=now,
        facts={"from": str(before), "to": str(party_form), "on": on},
    )  # fmt: skip
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
    duties: Sequence[str] | None = None,
    scope: str = "",
    drawn_from: str = "",
    career: str = "",
    concurrent: bool = False,
    from_unit_id: UUID | None = None,
    appointment_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Appointment:
    """Give a person a post in a unit, for the unit's area or a part of it. Heads look after all four duties
    unless told otherwise.

    Raises NotFound outside the actor's areas, NotAllowed without the duty or for oneself, Invalid for bad values,
    Conflict where the person holds that post already.
    """
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound("account")
    require_duty(actor, account.area_code, (Duty.ADMIN_PEOPLE, Duty.KEEP_PEOPLE), "account")
    unit = Organisation.objects.filter(pk=organisation_id, active=True).first()
    if unit is None:
        raise NotFound("organisation")
    area_code = area_code or unit.area_code
    if post not in Post.values:
        require_admin(actor, unit.area_code, "organisation")
        raise Invalid({"post": [_("请从列表里选岗位。")]})
    may_keep_post(post, unit, area_code, actor=actor)
    clean_area(area_code)
    if not area_code.startswith(unit.area_code):
        raise Invalid({"area_code": [_("岗位的区域要在单位的区域之内。")]})
    begins, ends = clean_term(since, until, now)
    appointment = Appointment(
        pk=appointment_id or uuid7(),
        account=account,
        organisation=unit,
        post=post,
        area_code=area_code,
        since=begins,
        until=ends,
        duties=list(duties) if duties is not None else list(ALL_FOUR) if post in HEADS else [],
        scope=clean(scope, limit=LINE_LIMIT, line=True, field="scope"),
        drawn_from=drawn_from,
        career=career,
        concurrent=concurrent,
        from_unit_id=from_unit_id,
    )
    begin_post(appointment, actor=actor)
    _append(
        "appointment", appointment.pk, "appointed", area_code, actor=actor, now=now,
        facts={"account": account.pk, "unit": unit.pk, "post": str(post)},
    )  # fmt: skip
    return appointment


def may_keep_post(post: str, unit: Organisation, area_code: str, *, actor: Actor) -> None:
    """Raise unless the actor may fill this post: a community its own ones, administrators all. Cross posts are
    nominated first.
    """
    community = post in COMMUNITY_POSTS and len(unit.area_code) >= LENGTHS[Tier.COMMUNITY]
    duties = (Duty.ADMIN_PEOPLE, Duty.KEEP_PEOPLE) if community else (Duty.ADMIN_PEOPLE,)
    require_duty(actor, unit.area_code, duties, "organisation")


def begin_post(appointment: Appointment, *, actor: Actor) -> None:
    """Save a new post after the rules that any door must keep; the history is the caller's."""
    if actor.id is not None and appointment.account_id == actor.id:
        # A post opens the unit's orders: nobody opens them for oneself.
        raise NotAllowed(_("不能给自己安排岗位。请让另一位管理员来办。"))
    check_post(appointment)
    try:
        with transaction.atomic():
            appointment.save(force_insert=True)
    except IntegrityError as why:
        raise Conflict(_("这位同事已经在这个岗位上了。")) from why


def check_post(appointment: Appointment) -> None:
    problem = post_problem(
        appointment.post, appointment.organisation.kind, duties=appointment.duties,
        has_sender=appointment.from_unit_id is not None, has_end=appointment.until is not None,
    )  # fmt: skip
    if problem is not None:
        raise Invalid({problem[0]: [problem[1]]})


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
    may_keep_post(appointment.post, appointment.organisation, appointment.area_code, actor=actor)
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
