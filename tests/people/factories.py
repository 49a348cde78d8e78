"""People for tests: made through the actions, with plainly made-up names."""

from datetime import UTC, datetime
from itertools import count

from huying.kernel.actor import Actor, ActorKind, Granted, system
from huying.kernel.ids import uuid7
from huying.people import actions
from huying.people.rules import Duty, Post, UnitKind

STREET = "990101001"
NEXT_DOOR = "990101002"
COMMUNITY = "990101001001"
GRID = "990101001001001"
DISTRICT = "990101"
NOW = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)

_numbers = count(1)


def person(*duties, area=STREET, unit=None, units=(), **fields):
    """An actor with duties, without rows."""
    granted = Granted(frozenset(duty.value for duty in duties), area, unit)
    who = fields.pop("id", None) or uuid7()
    return Actor(kind=ActorKind.PERSON, id=who, label="account-test", units=tuple(units), grants=(granted,), **fields)


def admin_of(area):
    return person(Duty.ADMIN_PEOPLE, area=area)


def make_account(area=STREET, **fields):
    number = next(_numbers)
    return actions.create_account(
        **{
            "username": f"shili{number}",
            "name": "李示例",
            "area_code": area,
            "actor": system(),
            "now": NOW,
            **fields,
        }  # fmt: skip
    )


def make_unit(area=STREET, kind=UnitKind.STREET_SECTION, **fields):
    number = next(_numbers)
    return actions.create_organisation(
        **{"kind": kind, "name": f"示例科室{number}", "area_code": area, "actor": system(), "now": NOW, **fields}
    )


def make_appointment(account, unit, post=Post.HANDLER, **fields):
    return actions.appoint(
        **{"account_id": account.pk, "organisation_id": unit.pk, "post": post, "actor": system(), "now": NOW, **fields}
    )


def make_grant(account, role, area=STREET, **fields):
    actions.load_shipped_roles(actor=system(), now=NOW)
    return actions.grant_role(
        **{
            "account_id": account.pk,
            "role_code": role,
            "area_code": area,
            "actor": system(),
            "now": NOW,
            **fields,
        }  # fmt: skip
    )
