"""Passkeys: made, shown alone and as second step; and every way an answer can be wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from huying.access import actions, webauthn
from huying.access.models import Factor, SignIn
from huying.audit.models import History
from huying.kernel.refusals import Conflict
from tests.access.conftest import PASSWORD, is_in, me, sign_in, words
from tests.access.device import Device
from tests.people.factories import NOW, make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(HTTP_HOST="localhost")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False) as one:
        yield one


@pytest.fixture
def device(client, account):
    """A device whose passkey the account has added."""
    one = Device()
    sign_in(client)
    options = client.post("/account/passkey/options/").json()
    assert (options["user"]["name"], options["rp"]["id"]) == (account.username, "localhost")
    assert client.post("/account/passkey/", {"credential": one.make(options), "name": "办公电脑"}).status_code == 302
    client.post("/sign-out/")
    return one


def show(client, device, **fields):
    options = client.post("/sign-in/passkey/options/").json()
    return client.post("/sign-in/passkey/", {"credential": device.show(options), **fields})


class TestSigningIn:
    def test_with_the_passkey_alone(self, client, account, device):
        assert show(client, device, next="/password/")["Location"] == "/password/"
        assert is_in(client)
        assert SignIn.objects.get(method="passkey").second == "passkey"
        assert History.objects.filter(object_id=account.pk, verb="factor_added").count() == 1

    def test_as_the_second_step(self, client, account, device):
        assert sign_in(client)["Location"].startswith("/sign-in/second/")
        options = client.post("/sign-in/passkey/options/", {"second": "1"}).json()
        assert len(options["allowCredentials"]) == 1
        answer = client.post("/sign-in/second/", {"way": "passkey", "credential": device.show(options)})
        assert answer.status_code == 302
        assert is_in(client)

    def test_to_confirm_who_it_is(self, client, account, device, clock):
        show(client, device)
        clock.shift(timedelta(minutes=20))
        assert client.get("/account/totp/").status_code == 302
        options = client.post("/account/confirm/options/").json()
        answer = client.post("/account/confirm/", {"way": "passkey", "credential": device.show(options)})
        assert answer.status_code == 302
        assert client.get("/account/totp/").status_code == 200

    def test_a_must_change_password_comes_first_here_too(self, client, account, device):
        account.must_change_password = True
        account.save()
        assert show(client, device)["Location"].startswith("/password/")


class TestLies:
    @pytest.mark.parametrize(
        "change",
        [
            {"origin": "http://localhost:8000"}, {"origin": "https://localhost"}, {"origin": "https://elsewhere.example"},
            {"name": "elsewhere.example"}, {"verified": False}, {"credential_id": b"another" * 4},
            {"key": ec.generate_private_key(ec.SECP256R1())}, {"count": 0},
        ],
        ids=lambda change: next(iter(change)),
    )  # fmt: skip
    def test_each_is_refused_in_the_same_words(self, client, device, change):
        if "count" in change:
            Factor.objects.update(sign_count=5)
        answer = show(client, replace(device, **change))
        assert answer.status_code == 422
        assert "通行密钥没有验证成功" in words(answer) or "count" in change
        assert not is_in(client)

    def test_an_answer_serves_once_and_only_in_its_own_session(self, client, device):
        options = client.post("/sign-in/passkey/options/").json()
        answer = device.show(options)
        assert Client(HTTP_HOST="localhost").post("/sign-in/passkey/", {"credential": answer}).status_code == 422
        assert client.post("/sign-in/passkey/", {"credential": answer}).status_code == 302
        client.post("/sign-out/")
        client.post("/sign-in/passkey/options/")
        assert client.post("/sign-in/passkey/", {"credential": answer}).status_code == 422

    def test_making_is_not_showing(self, client, device):
        options = client.post("/sign-in/passkey/options/").json()
        answer = client.post("/sign-in/passkey/", {"credential": device.show(options, "webauthn.create")})
        assert answer.status_code == 422

    def test_anothers_passkey_is_no_second_step(self, client, account, device):
        other = make_account(username="other", password=PASSWORD, must_change_password=False)
        theirs = Device()
        actions.add_passkey(
            name="", credential_id=theirs.credential_id, sign_count=0, actor=me(other), now=NOW,
            credential=bytes(Factor.objects.get().credential),
        )  # fmt: skip
        sign_in(client, "other")
        options = client.post("/sign-in/passkey/options/", {"second": "1"}).json()
        answer = client.post("/sign-in/second/", {"way": "passkey", "credential": device.show(options)})
        assert answer.status_code == 422
        assert not is_in(client)

    @pytest.mark.parametrize("change", [{"origin": "https://elsewhere.example"}, {"name": "elsewhere.example"}, {"verified": False}])  # fmt: skip
    def test_a_made_up_one_is_not_kept(self, client, account, change):
        sign_in(client)
        options = client.post("/account/passkey/options/").json()
        answer = client.post("/account/passkey/", {"credential": Device(**change).make(options), "name": ""})
        assert answer.status_code == 422
        assert not Factor.objects.exists()

    def test_the_same_one_is_added_once_and_ten_are_enough(self, client, account, device):
        row = Factor.objects.get()
        given = {"name": "", "credential": b"x", "sign_count": 0, "actor": me(account), "now": NOW}
        with pytest.raises(Conflict):
            actions.add_passkey(credential_id=bytes(row.credential_id), **given)
        for number in range(9):
            actions.add_passkey(credential_id=bytes([number]) * 16, **given)
        with pytest.raises(Conflict):
            actions.add_passkey(credential_id=b"one more", **given)

    def test_a_closed_account_stays_out(self, client, account, device):
        account.is_active = False
        account.save()
        assert show(client, device).status_code == 422


class TestWhere:
    @pytest.mark.parametrize(
        ("host", "secure", "works"),
        [
            ("localhost:8000", False, True), ("huying.example", True, True), ("huying.example", False, False),
            ("127.0.0.1:8000", False, False), ("192.0.2.1", True, False), ("[::1]:8000", False, False),
        ],
    )  # fmt: skip
    def test_browsers_know_them_by_name_and_over_https_or_on_this_machine(self, rf, settings, host, secure, works):
        settings.ALLOWED_HOSTS = ["*"]
        assert webauthn.works_here(rf.get("/", headers={"Host": host}, secure=secure)) is works

    def test_where_they_do_not_work_the_page_says_so(self, account):
        client = Client(HTTP_HOST="127.0.0.1")
        assert "用通行密钥登录" not in words(client.get("/sign-in/"))
        sign_in(client)
        assert "请用域名或 localhost 打开" in words(client.get("/account/passkey/"))
