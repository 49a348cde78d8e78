"""Somebody who holds just these duties, signed in: for tests of what a page offers to whom."""

from datetime import UTC, datetime, timedelta
from itertools import count

from django.test import Client

from huying.access.doors import CONFIRMED, USED
from huying.kernel.actor import Actor, system
from huying.people import actions as people
from huying.people.models import Account, Role, RoleGrant
from huying.people.queries import actor_for
from tests.world import STREET

_numbers = count(1)


def holder(*duties: str, area: str = STREET) -> Account:
    """An account with a role of its own that bundles these duties over the area."""
    number, now = next(_numbers), datetime.now(UTC)
    account = people.create_account(
        username=f"holder-{number}", name=f"持职{number}例", area_code=area, password="green-kite-lantern-7",
        must_change_password=False, actor=system(), now=now,
    )  # fmt: skip
    role = Role.objects.create(code=f"holder_{number}", name=f"职责{number}", duties=[str(one) for one in duties])
    if duties:
        RoleGrant.objects.create(account=account, role=role, area_code=area, since=now - timedelta(days=30))
    return account


def actor_of(account: Account) -> Actor:
    return actor_for(account, datetime.now(UTC))


def browser_of(account: Account) -> Client:
    """Signed in, with who it is just confirmed."""
    client, stamp = Client(), int(datetime.now(UTC).timestamp())
    client.force_login(account)
    session = client.session
    session.update({CONFIRMED: stamp, USED: stamp})
    session.save()
    return client


def browser(*duties: str, area: str = STREET) -> Client:
    return browser_of(holder(*duties, area=area))


def says(client: Client, address: str, *words: str) -> list[bool]:
    """Which of these words stand on the page."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    page = answer.content.decode()
    return [one in page for one in words]
