"""The made-up street of tests.places, with people who keep its registers or only read them."""

import pytest

from tests.places import factories
from tests.places.factories import BANYAN, NEXT_DOOR, person


@pytest.fixture
def street(db):
    return factories.street()


@pytest.fixture
def keeper():
    return person("read", "keep_places", "export")


@pytest.fixture
def banyan_keeper():
    return person("read", "keep_places", area=BANYAN)


@pytest.fixture
def reader():
    return person("read")


@pytest.fixture
def stranger():
    return person("read", "keep_places", "export", area=NEXT_DOOR)
