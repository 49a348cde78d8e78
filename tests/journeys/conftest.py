"""The street of the journeys, and its clock: time stands still until a journey lets it pass."""

from datetime import datetime, timedelta

import pytest

from tests.journeys.person import Person
from tests.world import NOW, build_world


class Clock:
    def __init__(self, start: datetime) -> None:
        self.now = start

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(monkeypatch):
    """The one clock of the process, begun on a Tuesday morning."""
    one = Clock(NOW)
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.now)
    return one


@pytest.fixture
def world(db, clock, settings, tmp_path):
    settings.DATA = tmp_path
    return build_world(clock.now)


@pytest.fixture
def staff(world):
    """`staff("dispatcher")`: that person of the world, signed in once with a password; later calls find them again."""
    known: dict[str, Person] = {}

    def come(key: str) -> Person:
        if key not in known:
            known[key] = Person.signed_in(key)
        return known[key]

    return come
