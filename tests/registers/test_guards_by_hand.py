"""Whose registers there are: a register that somebody does not read is not there, by page and by program."""

from types import SimpleNamespace

import pytest

from huying.kernel.refusals import NotFound
from huying.registers import api, declared
from tests.holding import browser
from tests.places.factories import person

pytestmark = pytest.mark.django_db
BASE = "/desk/registers/"


@pytest.mark.parametrize(
    ("key", "duty", "there"),
    [("talent", "organise", True), ("talent", "read", False), ("reserve", "keep_people", True),
     ("reserve", "read", False), ("facility", "read", True), ("facility", "organise", False)],
)  # fmt: skip
def test_the_list_of_a_register_opens_for_its_readers(street, key, duty, there):
    assert browser(duty).get(f"{BASE}{key}/").status_code == (200 if there else 404)


@pytest.mark.parametrize(
    ("key", "duty", "there"),
    [("facility", "read", True), ("facility", "keep_places", True), ("facility", "organise", False),
     ("talent", "organise", False), ("talent", "read", False)],
)  # fmt: skip
def test_programs_find_what_their_owner_reads_and_what_may_leave_the_house(key, duty, there):
    request = SimpleNamespace(actor=person(duty))
    if there:
        assert api._register(request, key) is declared.get(key)
    else:
        with pytest.raises(NotFound):
            api._register(request, key)
