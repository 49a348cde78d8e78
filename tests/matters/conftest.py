"""The cast of the catalogue's tests: a clerk who drafts, a leader who approves, and strangers from next door."""

from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from huying.kernel.actor import Actor, ActorKind, Granted, system
from huying.matters import actions, queries
from huying.people.rules import Duty

STREET, NEXT_DOOR = "990101001", "990101002"


def person(*duties, area_code=STREET):
    grants = (Granted(frozenset(map(str, (Duty.READ, *duties))), area_code),)
    return Actor(kind=ActorKind.PERSON, id=uuid4(), label="person-1", grants=grants)


@pytest.fixture(autouse=True)
def _forget():
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def now():
    return datetime(2026, 10, 20, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def clerk():
    return person(Duty.ADMIN_MATTERS)


@pytest.fixture
def leader():
    return person(Duty.APPROVE_MATTERS)


@pytest.fixture
def default(db, now):
    return actions.load_default(area_code=STREET, actor=system(), now=now.replace(year=2025))


@pytest.fixture
def draft(default, clerk, now):
    return actions.make_draft(actor=clerk, now=now, reason="按季度修订")
