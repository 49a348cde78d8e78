"""The small street, and a browserless client that is signed in as one of its people."""

import pytest

from tests.world import NOW, build_world


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of the doors: `at(NOW + timedelta(hours=2))`."""

    def set_clock(moment):
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        return moment

    set_clock(NOW)
    return set_clock


@pytest.fixture
def sign_in(client, world, at):
    """`sign_in("dispatcher")`: the client of that person."""

    def signed_in(who):
        client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in
