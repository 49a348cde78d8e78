"""Sign-in security in a browser: a passkey is made and signs in; every page of it is looked at at both widths."""

from __future__ import annotations

import pytest
from django.test import Client

from huying.access import actions, channels, queries
from huying.access.models import Factor, SignIn
from huying.access.rules import totp_code
from huying.kernel.actor import Actor, ActorKind, system
from huying.people import actions as people
from huying.people.models import RoleGrant
from tests.browser.desk_world import HERE
from tests.browser.visits import Visit
from tests.journeys.person import PASSWORD
from tests.world import STREET, build_world

BROWSER = pytest.mark.django_db(transaction=True)
CLERK = "demo-dispatcher"


@pytest.fixture
def street(transactional_db, monkeypatch, settings, tmp_path):
    settings.DATA, settings.MASTER_KEY_FILE = tmp_path, tmp_path / "master.key"
    settings.OIDC = {
        "issuer": "https://directory.example",
        "client_id": "x",
        "client_secret": "y",
        "name": "示例统一认证",
    }
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    for one in (channels.SMS, channels.WECOM):
        quiet = channels.CodeChannel(one.key, one.label, one.address_label, lambda message: None, one.clean)
        monkeypatch.setitem(channels.CHANNELS, one.key, quiet)
    world = build_world(HERE)
    for key, name, role in (("officer", "赵安全", "security_officer"), ("auditor", "钱审计", "auditor")):
        account = people.create_account(
            username=f"demo-{key}", name=name, area_code=STREET, password=PASSWORD, must_change_password=False,
            actor=system(), now=HERE,
        )  # fmt: skip
        people.grant_role(account_id=account.pk, role_code=role, area_code=STREET, actor=system(), now=HERE)
        world.accounts[key] = account
    return world


def me(account):
    return Actor(kind=ActorKind.PERSON, id=account.pk, label=account.label)


def device(page):
    """A device of the browser that holds passkeys and knows its owner."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = line.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return line, made["authenticatorId"]


def forgotten(visit):
    """Signed out by losing the cookie; from an empty page, as one that is open asks for its live news without it."""
    visit.go("about:blank")
    visit.page.context.clear_cookies()


@BROWSER
def test_a_passkey_is_made_and_signs_in_alone_and_as_second_step(site, open_page, street):
    account = street.accounts["dispatcher"]
    me = Visit(open_page(), site, "desktop")
    line, authenticator = device(me.page)
    me.go("/sign-in/")
    me.fill("账号", account.username)
    me.fill("密码", PASSWORD)
    me.page.get_by_role("button", name="登录", exact=True).click()
    me.go("/account/passkey/")
    me.fill("给它起个名字", "办公电脑")
    me.press("添加这台设备")
    me.page.wait_for_url("**/account/recovery/")
    assert Factor.objects.get(account=account).name == "办公电脑"

    forgotten(me)
    me.go("/sign-in/?next=/account/")
    me.press("用通行密钥登录")
    me.page.wait_for_url("**/account/")
    assert "办公电脑" in me.page.content()
    assert SignIn.objects.order_by("-began_at", "-pk").first().method == "passkey"

    forgotten(me)
    me.go("/sign-in/?next=/account/")
    me.fill("账号", account.username)
    me.fill("密码", PASSWORD)
    me.page.get_by_role("button", name="登录", exact=True).click()
    me.page.wait_for_url("**/sign-in/second/**")
    me.look("second-passkey")
    me.press("验证并登录")
    me.page.wait_for_url("**/account/")
    assert SignIn.objects.filter(method="password", second="passkey").count() == 1

    # Somebody else picks the device up: it does not know the face, so nothing opens.
    line.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    forgotten(me)
    me.go("/sign-in/")
    me.page.get_by_role("button", name="用通行密钥登录").click()
    me.page.locator("[data-passkey-trouble]:visible").wait_for()
    assert me.page.url.endswith("/sign-in/")
    assert not me.faults, me.faults


@BROWSER
@pytest.mark.slow
@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_every_page_of_sign_in_security_is_looked_at(site, open_page, street, width):
    faults = []

    def come(who="", at=site):
        one = Visit(open_page(phone=width == "phone"), at, width)
        if who:
            client = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537"})
            client.post("/sign-in/", {"username": street.accounts[who].username, "password": PASSWORD})
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
            one.page.context.add_cookies([cookie])
        one.faults = faults
        return one

    clerk, officer = street.accounts["dispatcher"], street.accounts["officer"]
    visitor = come()
    visitor.go("/sign-in/")
    visitor.look("sign-in")
    visitor.fill("账号", "nobody")
    visitor.fill("密码", "wrong")
    visitor.page.get_by_role("button", name="登录", exact=True).click()
    visitor.look("sign-in-wrong")

    Client().post("/sign-in/", {"username": clerk.username, "password": PASSWORD})
    person = come("dispatcher")
    person.go("/account/")
    person.look("security-bare")
    person.go("/account/totp/")
    person.look("totp")
    person.go("/account/codes/sms/")
    person.fill("手机号", "13900000042")
    person.press("获取验证码")
    person.look("codes")
    person.go("/account/passkey/")
    person.look("passkey")
    found = queries.pending_totp(clerk.pk)
    actions.confirm_totp(code=totp_code(found[1], HERE), actor=me(clerk), now=HERE)
    person.go("/account/recovery/")
    person.look("recovery-before")
    person.press("生成恢复码")
    person.look("recovery")
    person.go("/account/")
    person.look("security")
    person.go("/account/confirm/")
    person.look("confirm")
    visitor.go("/sign-in/")
    visitor.fill("账号", clerk.username)
    visitor.fill("密码", PASSWORD)
    visitor.page.get_by_role("button", name="登录", exact=True).click()
    visitor.page.wait_for_url("**/sign-in/second/**")
    visitor.look("second")
    visitor.page.get_by_label("6 位动态口令").fill("000000")
    visitor.press("验证并登录")
    visitor.look("second-wrong")

    actions.ask_reset(
        account_id=street.accounts["keeper"].pk, reason="手机丢了，已当面核对本人", now=HERE,
        actor=queries_actor(officer),
    )  # fmt: skip
    RoleGrant.objects.filter(account=clerk).update(since=HERE)
    for who, pages in {
        "officer": ["", f"accounts/{clerk.pk}/", "sign-ins/", "second-step/", "reviews/"],
        "auditor": ["", f"accounts/{clerk.pk}/"],
        "keeper": ["", f"accounts/{clerk.pk}/", "second-step/"],
    }.items():
        watcher = come(who)
        for number, page in enumerate(pages):
            watcher.go(f"/desk/access/{page}")
            watcher.look(f"access-{who}-{number}")
        if who == "officer":
            watcher.press("开始复核")
            watcher.look("review")
    assert not faults, "\n".join(faults)


def queries_actor(account):
    from huying.people.queries import actor_for

    return actor_for(account, HERE)
