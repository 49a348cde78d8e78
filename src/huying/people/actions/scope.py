"""What every act on people asks first: is it in the actor's areas, and is it the actor's duty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people.models import Account, Organisation
from huying.people.rules import Duty
from huying.places.rules import is_code


def _covers(areas: Iterable[str], area_code: str) -> bool:
    return any(area_code.startswith(one) for one in areas)


def require_admin(actor: Actor, area_code: str, kind: str) -> None:
    """NotFound outside the actor's areas, NotAllowed without the duty there. Grants for a unit do not count."""
    if actor.kind == ActorKind.SYSTEM:
        return
    if not _covers(actor.areas(), area_code):
        raise NotFound(kind)
    if not _covers(actor.areas(Duty.ADMIN_PEOPLE), area_code):
        raise NotAllowed(duty=Duty.ADMIN_PEOPLE.value)


def require_duty(actor: Actor, area_code: str, duties: Iterable[str], kind: str) -> None:
    """As `require_admin`, with one of these duties."""
    if actor.kind == ActorKind.SYSTEM:
        return
    if not _covers(actor.areas(), area_code):
        raise NotFound(kind)
    wanted = [str(duty) for duty in duties]
    if not any(_covers(actor.areas(duty), area_code) for duty in wanted):
        raise NotAllowed(duty=wanted[0])


def require_system(actor: Actor) -> None:
    if actor.kind != ActorKind.SYSTEM:
        raise NotAllowed


def account_in_scope(account_id: UUID, actor: Actor) -> Account:
    """The account, locked, so that two grants to one person are judged one after the other."""
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound("account")
    require_admin(actor, account.area_code, "account")
    return account


def unit_in_scope(unit_id: UUID, actor: Actor) -> Organisation:
    unit = Organisation.objects.filter(pk=unit_id, active=True).first()
    if unit is None:
        raise NotFound("organisation")
    require_admin(actor, unit.area_code, "organisation")
    return unit


def clean_area(area_code: str) -> str:
    if not is_code(area_code):
        raise Invalid({"area_code": [_("没有这样的区域代码。请从列表里选。")]})
    return area_code


def clean_term(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime | None]:
    begins = since or now
    if until is not None and until <= begins:
        raise Invalid({"until": [_("结束时间要晚于开始时间。")]})
    return begins, until
