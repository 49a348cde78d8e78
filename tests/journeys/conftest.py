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
def staff(world, clock):
    """`staff("dispatcher")`: that person, signed in with a password; again where the session has run out meanwhile."""
    known: dict[str, Person] = {}
    since: dict[str, datetime] = {}

    def come(key: str) -> Person:
        one = known.setdefault(key, Person(key))
        if key not in since or clock.now - since[key] > timedelta(minutes=20):
            one.sign_in()
        since[key] = clock.now
        return one

    return come
