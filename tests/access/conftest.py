"""People with second factors, a channel for codes that keeps what it sends, and the three who keep watch."""

from __future__ import annotations

import pytest

from huying.access import actions, channels, queries
from huying.access.rules import totp_code
from huying.kernel.actor import Actor, ActorKind
from huying.people.queries import actor_for
from tests.people.factories import NOW, STREET, make_account, make_grant

PASSWORD = "示例密码-correct-horse"


@pytest.fixture
def _keys(settings, tmp_path):
    settings.MASTER_KEY_FILE = tmp_path / "master.key"


@pytest.fixture
def account(_keys):
    return make_account(username="shili", name="李示例", password=PASSWORD, must_change_password=False)


@pytest.fixture
def sent(monkeypatch):
    """The channels `sms` and `wecom`, and every message that went out."""
    out: list[channels.Message] = []
    for one in (channels.SMS, channels.WECOM):
        quiet = channels.CodeChannel(one.key, one.label, one.address_label, out.append, one.clean)
        monkeypatch.setitem(channels.CHANNELS, one.key, quiet)
    return out


def me(account) -> Actor:
    return Actor(kind=ActorKind.PERSON, id=account.pk, label=account.label)


def with_totp(account, now=NOW) -> bytes:
    """The account has an authenticator app; gives its secret."""
    actions.start_totp(actor=me(account), now=now)
    found = queries.pending_totp(account.pk)
    assert found is not None
    actions.confirm_totp(code=totp_code(found[1], now), actor=me(account), now=now)
    return found[1]


def holder(role, *, area=STREET, name="陈样本"):
    """A person who holds a role over an area, as account and as actor."""
    one = make_account(name=name, password=PASSWORD, must_change_password=False, area=area)
    make_grant(one, role, area=area)
    return one, actor_for(one, NOW)


def sign_in(client, username="shili", password=PASSWORD, **fields):
    return client.post("/sign-in/", {"username": username, "password": password, **fields})


def words(response) -> str:
    return response.content.decode()


def is_in(client) -> bool:
    return client.get("/account/").status_code == 200
