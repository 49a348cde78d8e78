"""Signing in through another directory, against one on this machine that tells the truth and many lies."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache

from huying.access import actions, oidc
from huying.access.models import Link, SignIn
from huying.access.rules import totp_code
from huying.people.models import Account, RoleGrant
from tests.access.conftest import holder, is_in, with_totp, words
from tests.access.directory import CLIENT, SECRET, running
from tests.people.factories import NOW, make_grant

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _directory():
    with running() as one:
        yield one


@pytest.fixture
def directory(_directory, settings):
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False) as clock:
        cache.clear()
        _directory.now = int((NOW + timedelta(minutes=10)).timestamp())
        _directory.change, _directory.signed_with = {}, None
        settings.OIDC = {
            "issuer": _directory.issuer, "client_id": CLIENT, "client_secret": SECRET, "name": "示例统一认证",
        }  # fmt: skip
        _directory.clock = clock
        yield _directory


@pytest.fixture
def bound(account, directory):
    admin = holder("system_admin")[1]
    actions.link_account(
        account_id=account.pk, issuer=directory.issuer, subject=directory.subject, actor=admin, now=NOW
    )
    return account


def walk(client, wanted=""):
    """Over to the directory and back, as a browser goes."""
    over = client.get("/sign-in/other/", {"next": wanted})
    if over.status_code != 302:
        return over
    back = httpx.get(over["Location"], follow_redirects=False).headers["Location"]
    parts = urlsplit(back)
    assert parts.path == "/sign-in/other/back/"
    return client.get(f"{parts.path}?{parts.query}")


class TestSigningIn:
    def test_somebody_who_is_bound_comes_in(self, client, bound, directory):
        assert "用示例统一认证登录" in words(client.get("/sign-in/"))
        assert walk(client, "/password/")["Location"] == "/password/"
        assert is_in(client)
        assert SignIn.objects.get().method == "oidc"

    def test_it_asks_with_a_challenge_a_state_and_a_nonce_and_for_nothing_but_who_it_is(self, client, bound, directory):
        asked = {name: value[0] for name, value in parse_qs(urlsplit(client.get("/sign-in/other/")["Location"]).query).items()}  # fmt: skip
        assert (asked["scope"], asked["code_challenge_method"], asked["response_type"]) == ("openid", "S256", "code")
        assert len(asked["state"]) > 20
        assert len(asked["nonce"]) > 20
        again = parse_qs(urlsplit(client.get("/sign-in/other/")["Location"]).query)
        assert again["state"][0] != asked["state"]

    def test_somebody_who_is_not_bound_gets_no_account_and_no_duty(self, client, account, directory):
        before = (Account.objects.count(), RoleGrant.objects.count())
        answer = walk(client)
        assert answer.status_code == 403
        assert "还没有绑定" in words(answer)
        assert (Account.objects.count(), RoleGrant.objects.count(), Link.objects.count()) == (*before, 0)
        assert not is_in(client)

    def test_the_second_step_is_asked_for_all_the_same(self, client, bound, directory):
        secret = with_totp(bound)
        answer = walk(client, "/password/")
        assert answer["Location"] == "/sign-in/second/?next=%2Fpassword%2F"
        assert not is_in(client)
        code = totp_code(secret, NOW + timedelta(minutes=10))
        assert client.post("/sign-in/second/", {"code": code, "next": "/password/"})["Location"] == "/password/"
        assert is_in(client)

    def test_who_must_have_one_sets_it_up_first(self, client, bound, directory):
        make_grant(bound, "dispatcher")
        actions.force_role(role_code="dispatcher", actor=holder("security_officer")[1], now=NOW)
        walk(client)
        assert client.get("/desk/")["Location"] == "/account/"

    def test_without_settings_there_is_no_door(self, client, settings):
        settings.OIDC = {"issuer": "", "client_id": "", "client_secret": "", "name": "x"}
        assert client.get("/sign-in/other/").status_code == 404
        assert client.get("/sign-in/other/back/").status_code == 404


class TestLies:
    @pytest.mark.parametrize(
        "change",
        [
            {"claims": {"nonce": "another"}},
            {"claims": {"nonce": None}},
            {"claims": {"aud": "somebody-else"}},
            {"claims": {"aud": [CLIENT, "x"]}},
            {"claims": {"iss": "https://elsewhere.example"}},
            {"claims": {"exp": 1}},
            {"claims": {"exp": "soon"}},
            {"claims": {"iat": 4102444800}},
            {"claims": {"sub": None}},
            {"claims": {"sub": ""}},
            {"alg": "none"},
            {"alg": "HS256"},
            {"issuer_says": "https://elsewhere.example"},
            {"token_endpoint": "http://192.0.2.1/token"},
            {"token_endpoint": "file:///etc/passwd"},
            {"token_endpoint": None},
            {"status": 500},
            {"body": b"not json"},
            {"body": b"[]"},
            {"body": b"[" * 5000},
            {"body": b"x" * 400_000},
        ],
        ids=str,
    )
    def test_each_is_refused(self, client, bound, directory, change):
        directory.change = change
        answer = walk(client)
        assert answer.status_code == 422
        assert "统一身份认证没有成功" in words(answer)
        assert not is_in(client)

    def test_a_token_signed_by_somebody_else_is_refused(self, client, bound, directory):
        directory.signed_with = rsa.generate_private_key(65537, 2048)
        assert walk(client).status_code == 422
        assert not is_in(client)

    @pytest.mark.parametrize("query", ["", "?code=x", "?state=x&code=y", "?error=access_denied&state=z"])
    def test_coming_back_without_having_been_sent_is_refused(self, client, bound, directory, query):
        assert client.get(f"/sign-in/other/back/{query}").status_code == 422
        assert not is_in(client)

    def test_the_way_back_works_once_and_for_a_while_only(self, client, bound, directory):
        over = client.get("/sign-in/other/")
        back = urlsplit(httpx.get(over["Location"], follow_redirects=False).headers["Location"])
        directory.clock.shift(timedelta(minutes=11))
        assert client.get(f"{back.path}?{back.query}").status_code == 422
        assert walk(client).status_code == 422  # the directory's token is of another time
        assert client.get(f"{back.path}?{back.query}").status_code == 422

    def test_a_closed_account_stays_out(self, client, bound, directory):
        from huying.kernel.actor import system
        from huying.people import actions as people

        people.close_account(account_id=bound.pk, actor=system(), now=NOW)
        assert walk(client).status_code == 403


class TestWhereTheDirectoryLeads:
    REMOTE = oidc.Provider("https://id.example", "x", "y", "z")

    @pytest.mark.parametrize(
        "address",
        [
            "http://127.0.0.1:9/jwks", "http://id.example/jwks", "https://10.0.0.1/", "https://0x0a.1/", "https://2130706433/",
            "https://017700000001/", "https://[::1]/", "https://localhost/", "https://169.254.169.254/", "https://１０.0.0.1/",
            "https://id.example\\@10.0.0.1/", "https://a@id.example/", "https://[", "https://id.example:0/", "ftp://id.example/", "",
        ],
    )  # fmt: skip
    def test_it_cannot_send_us_to_a_number_or_out_of_tls(self, address):
        with pytest.raises(oidc.OidcTrouble):
            oidc._checked(address, self.REMOTE)

    @pytest.mark.parametrize("address", ["https://id.example/token", "https://keys.id.example:8443/jwks"])
    def test_its_names_are_asked(self, address):
        assert oidc._checked(address, self.REMOTE) == address

    def test_a_directory_in_the_house_may_be_a_number_as_the_settings_name_it(self):
        one = oidc.Provider("https://10.0.0.8:8443", "x", "y", "z")
        assert oidc._checked("https://10.0.0.8:8443/token", one)
        with pytest.raises(oidc.OidcTrouble):
            oidc._checked("https://10.0.0.9:8443/token", one)
