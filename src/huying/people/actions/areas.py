"""Units, posts, grants and responsibilities follow a change of areas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Model

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.lying import Lying, Staff
from huying.people.models import (
    Appointment,
    ContactOpening,
    HelpProject,
    HubHousehold,
    Organisation,
    Responsibility,
    RoleGrant,
    UnitLink,
)
from huying.people.rules import Post
from huying.places.actions import follow
from huying.places.heirs import Heirs
from huying.places.queries import plans
from huying.places.queries.plans import lying

DONE = "people_followed"
# Histories are kept under the registers' keys, where those differ from the tables' names.
_KINDS = {
    "unitlink": "unit_link", "memberfiling": "filing", "hubhousehold": "hub", "helpproject": "help_project",
    "grantrequest": "grant_request",
}  # fmt: skip
# Rows that say where something was on its day keep the code of that day; the others below have ways of their own.
_OWN_WAY: tuple[type[Model], ...] = (RoleGrant, Appointment, Responsibility, ContactOpening)


def units_in(codes: Sequence[str]) -> Iterable[Lying]:
    return _rows(Organisation.objects.filter(lying(codes), active=True))


def posts_in(codes: Sequence[str]) -> Iterable[Lying]:
    return _rows(Appointment.objects.filter(lying(codes), until__isnull=True))


def grants_in(codes: Sequence[str]) -> Iterable[Lying]:
    return _rows(RoleGrant.objects.filter(lying(codes), until__isnull=True))


def responsibilities_in(codes: Sequence[str]) -> Iterable[Lying]:
    return _rows(Responsibility.objects.filter(lying(codes)))


def hubs_in(codes: Sequence[str]) -> Iterable[Lying]:
    return _rows(HubHousehold.objects.filter(lying(codes), until=None))


def links_in(codes: Sequence[str]) -> Iterable[Lying]:
    return _rows(UnitLink.objects.filter(lying(codes), until=None))


def projects_in(codes: Sequence[str]) -> Iterable[Lying]:
    return _rows(HelpProject.objects.filter(lying(codes), until=None))


def _rows(rows: Any) -> Iterable[Lying]:
    return (Lying(str(pk), code) for pk, code in rows.order_by("pk").values_list("pk", "area_code"))


def staff_of(codes: Sequence[str]) -> dict[str, Staff]:
    """How many people hold the posts of each grid now."""
    found: dict[str, dict[str, int]] = {code: {} for code in codes}
    rows = Appointment.objects.filter(area_code__in=list(codes), until__isnull=True, account__is_active=True)
    for code, post in rows.order_by("pk").values_list("area_code", "post"):
        found[code][post] = found[code].get(post, 0) + 1
    return {
        code: Staff(
            heads=posts.get(Post.GRID_HEAD, 0),
            full_time=posts.get(Post.GRID_WORKER, 0),
            part_time=posts.get(Post.PART_TIME_GRID_WORKER, 0),
        )
        for code, posts in found.items()
    }


def follow_areas(*, plan_id: UUID, actor: Actor, now: datetime) -> dict[str, int]:
    """Move what names an area changed by this plan, or by an earlier one that nobody followed yet; says how much.

    What named a divided area stands for every part. Twice is once.
    """
    told: Counter[str] = Counter()
    for one in follow(plan_id=plan_id, who="people", step=lambda plan: _follow(plan, actor, now)):
        told.update(one)
    return dict(told)


def _follow(plan_id: UUID, actor: Actor, now: datetime) -> dict[str, int]:
    heirs = plans.heirs(plan_id)
    told: dict[str, int] = {}
    for model in apps.get_app_config("people").get_models():
        names = {one.name for one in model._meta.concrete_fields}
        if "area_code" in names and model not in _OWN_WAY:
            told[str(model._meta.model_name)] = _moved(model, heirs, plan_id, actor, now)
    told["responsibility"] = _responsibilities(heirs, plan_id, actor, now)
    told["role_grant"] = _termed(RoleGrant, ("account_id", "role_id", "unit_id"), heirs, plan_id, actor, now)
    told["appointment"] = _termed(Appointment, ("account_id", "organisation_id", "post"), heirs, plan_id, actor, now)
    told["hub_links"] = _hub_links(heirs, plan_id, actor, now)
    audit.append(
        kind="area_plan", object_id=plan_id, verb=DONE, actor=actor, at=now, area_code="",
        facts={key: count for key, count in told.items() if count},
    )  # fmt: skip
    return told


def _moved(model: type[Model], heirs: Heirs, plan_id: UUID, actor: Actor, now: datetime) -> int:
    count = 0
    for row in model._default_manager.filter(lying(heirs.codes)).order_by("pk"):
        old, new = row.area_code, heirs.home(row.area_code)  # type: ignore[attr-defined]
        if new == old or not isinstance(row.pk, UUID):
            continue
        try:
            with transaction.atomic():
                model._default_manager.filter(pk=row.pk).update(area_code=new)
        except IntegrityError:
            continue  # its heir has one of that name: an administrator unites the two by hand
        name = str(model._meta.model_name)
        facts = {"area_old": old, "area_new": new}
        _told(_KINDS.get(name, name), row.pk, "moved", new, facts, plan_id, actor, now)
        count += 1
    return count


def _hub_links(heirs: Heirs, plan_id: UUID, actor: Actor, now: datetime) -> int:
    """The grids and buildings that a hub household is linked to; a divided one stands for every part."""
    count = 0
    for hub in HubHousehold.objects.filter(linked_codes__overlap=list(heirs.codes)).order_by("pk"):
        codes = sorted({new for old in hub.linked_codes for new in heirs.spread(old)})
        if codes == sorted(hub.linked_codes):
            continue
        hub.linked_codes = codes
        hub.save(update_fields=["linked_codes"])
        _told("hub", hub.pk, "change", hub.area_code, {"fields": ["linked_codes"]}, plan_id, actor, now)
        count += 1
    return count


def _responsibilities(heirs: Heirs, plan_id: UUID, actor: Actor, now: datetime) -> int:
    count = 0
    for row in Responsibility.objects.filter(lying(heirs.codes)).order_by("pk"):
        codes = heirs.spread(row.area_code)
        if codes == (row.area_code,):
            continue
        for code in codes:
            made, new = Responsibility.objects.get_or_create(
                unit_id=row.unit_id, area_code=code, matter_code=row.matter_code, defaults={"order": row.order}
            )
            if new:
                facts = {"unit": row.unit_id, "area_old": row.area_code}
                _told("responsibility", made.pk, "assigned", code, facts, plan_id, actor, now)
        if row.area_code not in codes:
            _told("responsibility", row.pk, "ended", row.area_code, {"unit": row.unit_id}, plan_id, actor, now)
            row.delete()
        count += 1
    return count


def _termed(
    model: type[RoleGrant] | type[Appointment],
    same: Sequence[str],
    heirs: Heirs,
    plan_id: UUID,
    actor: Actor,
    now: datetime,
) -> int:
    """Grants and posts have a term: the old one ends, those for the heirs begin."""
    kind = "role_grant" if model is RoleGrant else "appointment"
    begun, ended = ("granted", "revoked") if model is RoleGrant else ("appointed", "ended")
    count = 0
    manager: Any = model._default_manager
    for row in manager.filter(lying(heirs.codes)).exclude(until__lte=now).order_by("pk"):
        codes = heirs.spread(row.area_code)
        if codes == (row.area_code,):
            continue
        facts = {"account": row.account_id, "area_old": row.area_code}
        held = {name: getattr(row, name) for name in same}
        for code in codes:
            if manager.filter(**held, area_code=code).exclude(until__lte=now).exists():
                continue
            made = manager.create(**{**_same(row), "pk": uuid7(), "area_code": code, "since": max(row.since, now)})
            _told(kind, made.pk, begun, code, facts, plan_id, actor, now)
        if row.area_code not in codes:
            manager.filter(pk=row.pk).update(until=max(now, row.since))
            _told(kind, row.pk, ended, row.area_code, facts, plan_id, actor, now)
        count += 1
    return count


def _same(row: Model) -> dict[str, Any]:
    """All that a row says, to be said again."""
    return {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields if not one.primary_key}


def _told(
    kind: str, object_id: Any, verb: str, code: str, facts: dict[str, Any], plan_id: UUID, actor: Actor, now: datetime
) -> None:
    if not isinstance(object_id, UUID):
        return
    audit.append(
        kind=kind, object_id=object_id, verb=verb, actor=actor, at=now, area_code=code,
        facts={**facts, "plan": plan_id},
    )  # fmt: skip
