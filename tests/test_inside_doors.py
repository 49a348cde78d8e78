"""Behind the doors: what staff without any duty may open, and what an address of nothing answers to everybody."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from django.urls.converters import UUIDConverter

from huying.access.doors import CONFIRMED, USED
from huying.kernel.actor import system
from huying.people import actions as people
from tests.test_doors import pages
from tests.world import STREET, build_world

pytestmark = pytest.mark.django_db
NOTHING = UUID(int=7)
# Pages of one's own, and those that show nothing without a duty. A new one is a decision.
OPEN_TO_ALL_STAFF = {
    "access:confirm", "access:passkeys", "access:password", "access:recovery", "access:security", "access:totp",
    "cases:emergencies", "cases:sharing", "clients:own", "clocks:now", "desk:cases", "desk:help", "desk:mine", "desk:points", "desk:save_filter",
    "desk:search", "matters:catalogue", "matters:duties", "matters:knowledge", "matters:limits",
    "notices:bell", "notices:mine", "notices:preferences", "people:my_post",
}  # fmt: skip


# Whose pages they are: the first who holds what the door asks for.
WORDS = {"key": "estate", "kind": "talent", "verb": "submit"}
WHO = ("head", "keeper", "leader", "secretary")


@pytest.fixture
def newcomer():
    """Somebody with an account and no duty, signed in, with who it is just confirmed."""
    now = datetime.now(UTC)
    build_world()
    account = people.create_account(
        username="newcomer", name="新来例", area_code=STREET, password="green-kite-lantern-7", must_change_password=False,
        actor=system(), now=now,
    )  # fmt: skip
    client = Client(raise_request_exception=True)
    client.force_login(account)
    return client


def test_staff_without_a_duty_open_their_own_pages_only(newcomer):
    opened = {}
    for name, view in pages("staff"):
        if view.door[1] is not None:
            continue
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        opened[name] = newcomer.get(address).status_code
    assert len(opened) > 40
    assert {name for name, status in opened.items() if status == 200} == OPEN_TO_ALL_STAFF


def test_an_address_of_nothing_says_so_to_whoever_may_ask():
    world, told, now = build_world(datetime.now(UTC)), {}, int(datetime.now(UTC).timestamp())
    clients = {}
    for who in WHO:
        clients[who] = Client()
        clients[who].force_login(world.accounts[who])
        session = clients[who].session
        session.update({CONFIRMED: now, USED: now})
        session.save()
    for name, address, view in addresses(get_resolver().url_patterns):
        duty = view.door[1]
        able = [one for one in WHO if duty is None or world.people[one].has(duty)]
        who = "keeper" if "keeper" in able and name.startswith(("access", "people", "places")) else (able or [""])[0]
        for method in ("get", "post") if who else ():
            told[name, method] = getattr(clients[who], method)(address).status_code
    assert len(told) > 100
    # A form that is not filled in is refused before anything is looked for, whatever the id.
    other = {key: status for key, status in told.items() if status not in (404, 405)}
    assert other == {("people:decide", "post"): 422}


def addresses(patterns, namespace=""):
    """Staff's pages about one thing, each with an id that nothing has."""
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, one.namespace or namespace)
            continue
        kinds = one.pattern.converters
        if getattr(one.callback, "door", ("",))[0] == "staff" and any(
            isinstance(k, UUIDConverter) for k in kinds.values()
        ):
            given = {name: NOTHING if isinstance(kind, UUIDConverter) else WORDS[name] for name, kind in kinds.items()}
            name = f"{namespace}:{one.name}"
            yield name, reverse(name, kwargs=given), one.callback
