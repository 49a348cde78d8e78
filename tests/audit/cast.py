"""Rows for the tests of history."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from huying.audit import actions
from huying.kernel.actor import Actor, ActorKind

NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
CLERK = Actor(kind=ActorKind.PERSON, id=UUID(int=7), label="clerk-3")
STREET = "990101001"


def append(number=1, **over):
    given = {
        "kind": "case",
        "object_id": UUID(int=number),
        "verb": "receive",
        "actor": CLERK,
        "at": NOW + timedelta(seconds=number),
        "area_code": STREET,
        "to_state": "received",
        "facts": {"number": number, "units": [UUID(int=1)], "urgent": False},
    }
    return actions.append(**{**given, **over})


def append_some(count):
    return [append(number).pk for number in range(1, count + 1)]
