"""Second factors through their pages: an app, codes that are sent, recovery codes; guessing; roles that ask for one."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from huying.access import actions, queries
from huying.access.models import CodeAddress, Factor, OneTimeCode, RecoveryCode, Tries
from huying.access.rules import Way, totp_code
from huying.audit.models import History
from huying.kernel.actor import system
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from tests.access.conftest import PASSWORD, holder, is_in, me, sign_in, with_totp, words
from tests.people.factories import NEXT_DOOR, NOW, STREET, make_account, make_grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False) as one:
        yield one


def now():
    from django.utils import timezone

    return timezone.now()


class TestAuthenticatorApp:
    def test_it_is_set_up_with_a_picture_and_a_code_and_asked_for_at_the_next_sign_in(self, client, account, clock):
        sign_in(client)
        page = words(client.get("/account/totp/"))
        assert "data:image/svg+xml" in page
        secret = queries.pending_totp(account.pk)[1]
        assert client.post("/account/totp/", {"code": "000000"}).status_code == 422
        assert queries.security_of(account.pk, now()).totp is None

        answer = client.post("/account/totp/", {"code": totp_code(secret, now())})

        assert answer["Location"] == "/account/recovery/"
        client.post("/sign-out/")
        answer = sign_in(client, next="/password/")
        assert answer["Location"] == "/sign-in/second/?next=%2Fpassword%2F"
        assert not is_in(client)
        clock.shift(31)
        answer = client.post("/sign-in/second/", {"code": totp_code(secret, now()), "next": "/password/"})
        assert answer["Location"] == "/password/"
        assert is_in(client)
        row = History.objects.filter(object_id=account.pk, verb="signed_in").order_by("-id").first()
        assert row.facts == {"method": "password_totp"}

    def test_the_secret_is_sealed(self, account):
        secret = with_totp(account)
        kept = bytes(Factor.objects.get().secret_sealed)
        assert secret not in kept
        assert secret.hex().encode() not in kept

    def test_a_code_is_taken_once(self, account, clock):
        secret = with_totp(account)
        clock.shift(60)
        code = totp_code(secret, now())
        given = {"account_id": account.pk, "way": Way.TOTP, "code": code, "purpose": "sign_in", "now": now()}
        assert actions.check_second(**given).right
        assert not actions.check_second(**given).right

    def test_there_is_one_and_a_stranger_cannot_remove_it(self, account, client, clock):
        with_totp(account)
        with pytest.raises(Conflict):
            actions.start_totp(actor=me(account), now=NOW)
        other = make_account(username="other", password=PASSWORD, must_change_password=False)
        with pytest.raises(NotFound):
            actions.remove_factor(factor_id=Factor.objects.get().pk, actor=me(other), now=NOW)
        sign_in(client, "other")
        assert client.post(f"/account/factors/{Factor.objects.get().pk}/remove/").status_code == 404

    def test_removing_it_takes_the_recovery_codes_along(self, account):
        with_totp(account)
        actions.make_recovery_codes(actor=me(account), now=NOW)
        actions.remove_factor(factor_id=Factor.objects.get().pk, actor=me(account), now=NOW)
        assert not RecoveryCode.objects.exists()
        assert queries.security_of(account.pk, NOW).ways == []


class TestSecondStep:
    def test_before_it_nothing_of_the_staffs_opens_and_the_session_is_another(self, client, account, clock):
        with_totp(account)
        client.get("/sign-in/")
        sign_in(client)
        assert client.get("/desk/").status_code == 302
        assert client.get("/account/totp/")["Location"].startswith("/sign-in/")

    def test_it_waits_ten_minutes_and_not_longer(self, client, account, clock):
        secret = with_totp(account)
        sign_in(client)
        clock.shift(timedelta(minutes=11))
        answer = client.post("/sign-in/second/", {"code": totp_code(secret, now())})
        assert answer["Location"].startswith("/sign-in/?")
        assert not is_in(client)

    def test_without_the_first_step_there_is_none(self, client):
        assert client.get("/sign-in/second/")["Location"].startswith("/sign-in/")
        assert client.post("/sign-in/second/", {"code": "123456"})["Location"].startswith("/sign-in/")

    def test_it_goes_on_to_a_page_of_ours_only(self, client, account, clock):
        secret = with_totp(account)
        clock.shift(60)
        sign_in(client)
        answer = client.post(
            "/sign-in/second/", {"code": totp_code(secret, now()), "next": "https://elsewhere.example/"}
        )
        assert answer["Location"] == "/desk/"

    def test_after_five_wrong_ones_it_closes_and_says_until_when_even_for_the_right_one(self, client, account, clock):
        secret = with_totp(account)
        clock.shift(60)
        sign_in(client)
        answers = [client.post("/sign-in/second/", {"code": "000000"}) for _number in range(5)]
        assert "不对" in words(answers[0])
        assert "09:17" in words(answers[-1])
        assert "09:17" in words(client.post("/sign-in/second/", {"code": totp_code(secret, now())}))
        assert History.objects.filter(object_id=account.pk, verb="second_step_locked").count() == 1

        clock.shift(timedelta(minutes=15, seconds=1))
        sign_in(client)
        assert client.post("/sign-in/second/", {"code": totp_code(secret, now())}).status_code == 302
        assert not Tries.objects.exists()

    @pytest.mark.parametrize(
        "fields", [{}, {"code": ""}, {"code": "a\x00"}, {"code": "9" * 41}, {"way": "x", "code": "1"}]
    )
    def test_bad_input_comes_back_as_a_form(self, client, account, clock, fields):
        with_totp(account)
        sign_in(client)
        assert client.post("/sign-in/second/", fields).status_code == 422

    @pytest.mark.parametrize(
        "text", ["", "x", "[]", "{}", '{"rawId": 1}', '{"id":"a","rawId":"a","response":{}}', "[" * 9000]
    )
    def test_a_made_up_passkey_is_refused(self, client, account, clock, text):
        assert client.post("/sign-in/passkey/options/").status_code == 200
        answer = client.post("/sign-in/passkey/", {"credential": text})
        assert answer.status_code == 422
        assert "通行密钥没有验证成功" in words(answer)

    def test_a_closed_account_does_not_come_in_by_its_second_step(self, client, account, clock):
        from huying.people import actions as people

        secret = with_totp(account)
        clock.shift(60)
        sign_in(client)
        people.close_account(account_id=account.pk, actor=system(), now=now())
        assert client.post("/sign-in/second/", {"code": totp_code(secret, now())})["Location"] == "/sign-in/"


class TestRecoveryCodes:
    def test_they_are_shown_once_and_each_works_once(self, client, account, clock):
        with_totp(account)
        codes = actions.make_recovery_codes(actor=me(account), now=now())
        assert len(codes) == 10
        assert codes[0] not in str(list(RecoveryCode.objects.values()))
        sign_in(client)
        page = words(client.get("/sign-in/second/?way=recovery"))
        assert "恢复码" in page
        assert client.post("/sign-in/second/", {"way": "recovery", "code": codes[0].lower()}).status_code == 302
        client.post("/sign-out/")
        sign_in(client)
        assert client.post("/sign-in/second/", {"way": "recovery", "code": codes[0]}).status_code == 422
        assert queries.security_of(account.pk, now()).recovery_left == 9

    def test_new_ones_void_the_old(self, account, clock):
        with_totp(account)
        old = actions.make_recovery_codes(actor=me(account), now=now())
        actions.make_recovery_codes(actor=me(account), now=now())
        given = {"account_id": account.pk, "way": Way.RECOVERY, "code": old[0], "purpose": "sign_in", "now": now()}
        assert not actions.check_second(**given).right

    def test_the_page_shows_them_and_without_a_factor_there_are_none(self, client, account, clock):
        sign_in(client)
        assert client.post("/account/recovery/").status_code == 403
        with_totp(account)
        page = words(client.post("/account/recovery/"))
        assert page.count("<code>") == 10


class TestSentCodes:
    def add(self, client, sent, phone="13900000042"):
        assert client.post("/account/codes/sms/", {"address": phone}).status_code == 200
        return client.post("/account/codes/sms/", {"code": sent[-1].code})

    def test_a_number_counts_once_its_code_was_typed_in_and_is_sealed(self, client, account, sent, clock):
        sign_in(client)
        assert client.post("/account/codes/sms/", {"address": "13900000042"}).status_code == 200
        assert queries.security_of(account.pk, now()).ways == []
        assert client.post("/account/codes/sms/", {"code": "000000"}).status_code == 422
        client.post("/account/codes/sms/", {"code": sent[-1].code})

        row = CodeAddress.objects.get()
        assert row.confirmed_at is not None
        assert (row.tail, sent[0].address) == ("0042", "13900000042")
        assert b"13900000042" not in bytes(row.address_sealed)
        assert "13900000042" not in words(client.get("/account/"))
        assert not any("1390" in str(one.facts) for one in History.objects.all())

    def test_signing_in_with_one(self, client, account, sent, clock):
        sign_in(client)
        self.add(client, sent)
        client.post("/sign-out/")
        clock.shift(120)
        sign_in(client)
        assert client.post("/sign-in/second/", {"send": "sms"}).status_code == 200
        assert client.post("/sign-in/second/", {"send": "sms"}).status_code == 429
        assert client.post("/sign-in/second/", {"way": "code", "code": sent[-1].code}).status_code == 302
        assert is_in(client)

    @pytest.mark.parametrize("how", ["late", "again", "other purpose", "guessed"])
    def test_a_code_is_good_for_minutes_once_and_for_one_thing(self, account, client, sent, clock, how):
        sign_in(client)
        self.add(client, sent)
        clock.shift(120)
        purpose = "confirm" if how == "other purpose" else "sign_in"
        actions.send_code(account_id=account.pk, channel="sms", purpose=purpose, now=now())
        given = {"account_id": account.pk, "way": Way.CODE, "purpose": "sign_in"}
        code = sent[-1].code
        if how == "again":
            assert actions.check_second(**given, code=code, now=now()).right
        if how == "late":
            clock.shift(timedelta(minutes=5, seconds=1))
        if how == "guessed":
            OneTimeCode.objects.update(tries=5)
        assert not actions.check_second(**given, code=code, now=now()).right

    @pytest.mark.parametrize("value", ["", "not a number", "1" * 65, "139\x00"])
    def test_a_bad_number_is_named(self, client, account, sent, clock, value):
        sign_in(client)
        assert client.post("/account/codes/sms/", {"address": value}).status_code == 422

    def test_where_there_is_no_channel_there_is_no_page(self, client, account, clock):
        sign_in(client)
        assert client.get("/account/codes/sms/").status_code == 404

    def test_a_channel_that_is_gone_is_no_second_step(self, client, account, sent, clock, monkeypatch):
        from huying.access import channels

        sign_in(client)
        self.add(client, sent)
        monkeypatch.delitem(channels.CHANNELS, "sms")
        assert queries.security_of(account.pk, now()).ways == []

    def test_the_message_does_not_show_itself(self, account, client, sent, clock):
        sign_in(client)
        self.add(client, sent)
        assert sent[0].code not in repr(sent[0])
        assert sent[0].address not in repr(sent[0])

    def test_the_console_shows_the_code_and_not_the_number(self, account, capsys):
        from huying.access import channels

        channels.to_console(channels.Message(account.pk, "13900000042", "123456", 5, "", NOW))
        told = capsys.readouterr().err
        assert "123456" in told
        assert "1390" not in told


class TestForcedRoles:
    def test_who_must_and_has_none_sets_one_up_before_anything_else(self, client, account, clock):
        make_grant(account, "dispatcher")
        _officer, officer = holder("security_officer")
        actions.force_role(role_code="dispatcher", actor=officer, now=NOW)

        assert sign_in(client)["Location"] == "/desk/"
        assert client.get("/desk/")["Location"] == "/account/"
        assert "请先添加第二种验证" in words(client.get("/account/"))
        client.get("/account/totp/")
        secret = queries.pending_totp(account.pk)[1]
        client.post("/account/totp/", {"code": totp_code(secret, now())})
        assert client.get("/desk/").status_code == 200

    def test_the_last_one_cannot_be_removed_then(self, account, clock):
        make_grant(account, "dispatcher")
        with_totp(account)
        actions.force_role(role_code="dispatcher", actor=holder("security_officer")[1], now=NOW)
        with pytest.raises(NotAllowed):
            actions.remove_factor(factor_id=Factor.objects.get().pk, actor=me(account), now=now())

    @pytest.mark.parametrize("role", ["system_admin", "auditor", "dispatcher"])
    def test_only_the_security_officer_sets_it(self, client, account, role, clock):
        person, actor = holder(role)
        with pytest.raises(NotAllowed):
            actions.force_role(role_code="dispatcher", actor=actor, now=NOW)
        sign_in(client, person.username)
        assert client.post("/desk/access/second-step/", {"role": "dispatcher", "on": "1"}).status_code == 403

    def test_the_officer_sets_and_unsets_it_on_a_page(self, client, account, clock):
        person, _actor = holder("security_officer")
        sign_in(client, person.username)
        client.post("/desk/access/second-step/", {"role": "auditor", "on": "1"})
        assert queries.forced_codes() == {"auditor"}
        client.post("/desk/access/second-step/", {"role": "auditor", "off": "1"})
        assert queries.forced_codes() == set()
        verbs = list(History.objects.filter(kind="role", facts={"code": "auditor"}).values_list("verb", flat=True))
        assert verbs[-2:] == ["second_step_needed", "second_step_not_needed"]
        assert client.post("/desk/access/second-step/", {"role": "nobody", "on": "1"}).status_code == 404


class TestConfirming:
    def test_reading_which_roles_need_one_asks_nothing_and_changing_it_does(self, client, account, clock):
        officer, _actor = holder("security_officer")
        sign_in(client, officer.username)
        clock.shift(timedelta(minutes=20))
        assert client.get("/desk/access/second-step/").status_code == 200
        answer = client.post("/desk/access/second-step/", {"role": "auditor", "on": "1"})
        assert answer["Location"].startswith("/account/confirm/")
        assert queries.forced_codes() == set()

    def test_after_a_while_a_sensitive_page_asks_who_it_is(self, client, account, clock):
        sign_in(client)
        assert client.get("/account/totp/").status_code == 200
        clock.shift(timedelta(minutes=16))
        assert client.get("/account/totp/")["Location"] == "/account/confirm/?next=%2Faccount%2Ftotp%2F"
        assert client.post("/account/confirm/", {"password": "wrong"}).status_code == 422
        answer = client.post("/account/confirm/", {"password": PASSWORD, "next": "/account/totp/"})
        assert answer["Location"] == "/account/totp/"
        assert client.get("/account/totp/").status_code == 200

    def test_with_a_factor_the_password_alone_is_not_enough(self, client, account, clock):
        sign_in(client)
        secret = with_totp(account)
        clock.shift(timedelta(minutes=20))
        page = words(client.get("/account/confirm/"))
        assert 'name="password"' not in page
        assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 422
        assert client.post("/account/confirm/", {"way": "totp", "code": totp_code(secret, now())}).status_code == 302

    def test_a_form_that_was_sent_too_late_leads_back_to_its_page(self, client, account, clock):
        sign_in(client)
        with_totp(account)
        clock.shift(timedelta(minutes=20))
        address = f"/account/factors/{Factor.objects.get().pk}/remove/"
        answer = client.post(address, headers={"Referer": "http://testserver/account/?a=1"})
        assert answer["Location"] == "/account/confirm/?next=%2Faccount%2F%3Fa%3D1"
        assert Factor.objects.exists()
        answer = client.post(address, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/account/"})
        assert answer["HX-Redirect"] == "/account/confirm/?next=%2Faccount%2F"
        answer = client.post(address, headers={"Accept": "application/json"})
        assert answer.status_code == 403

    @pytest.mark.parametrize("referer", ["https://elsewhere.example/x", "javascript:alert(1)", "//elsewhere.example/"])
    def test_it_never_leads_to_a_strange_page(self, client, account, clock, referer):
        sign_in(client)
        with_totp(account)
        clock.shift(timedelta(minutes=20))
        address = f"/account/factors/{Factor.objects.get().pk}/remove/"
        assert client.post(address, headers={"Referer": referer})["Location"] == "/account/confirm/?next=%2Fdesk%2F"

    def test_in_a_demo_one_click_is_enough_and_only_there(self, client, settings, clock):
        settings.DEMO, settings.BIND = True, "127.0.0.1"
        here = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}
        role = make_account(demo_role="dispatcher", password=PASSWORD, must_change_password=False)
        client.post("/sign-in/demo/", {"account": role.pk}, **here)
        clock.shift(timedelta(minutes=20))
        assert client.get("/account/totp/", **here).status_code == 302
        assert client.post("/account/confirm/", {"demo": "1"}, HTTP_HOST="testserver").status_code in (400, 422)
        assert client.post("/account/confirm/", {"demo": "1"}, **here).status_code == 302
        assert client.get("/account/totp/", **here).status_code == 200


def test_a_stranger_of_the_next_street_sees_nothing_of_it(client, account, clock):
    person, _actor = holder("security_officer", area=NEXT_DOOR)
    sign_in(client, person.username)
    assert client.get(f"/desk/access/accounts/{account.pk}/").status_code == 404
    assert client.post(f"/desk/access/accounts/{account.pk}/reset/", {"reason": "试一试"}).status_code == 404
    assert str(account.pk) not in words(client.get("/desk/access/"))
    here, _actor = holder("security_officer", area=STREET)
    other = Client()
    sign_in(other, here.username)
    assert other.get(f"/desk/access/accounts/{account.pk}/").status_code == 200


class TestNothingThere:
    def test_what_is_not_there_is_not_found(self, account):
        nobody, actor = uuid4(), me(account)
        for act in (
            lambda: actions.keep_code_address(channel="pigeon", address="1", actor=actor, now=NOW),
            lambda: actions.confirm_code_address(channel="sms", code="1", actor=actor, now=NOW),
            lambda: actions.drop_code_address(address_id=nobody, actor=actor, now=NOW),
            lambda: actions.send_code(account_id=account.pk, channel="sms", purpose="sign_in", now=NOW),
            lambda: actions.confirm_totp(code="000000", actor=actor, now=NOW),
            lambda: actions.remove_factor(factor_id=nobody, actor=actor, now=NOW),
            lambda: actions.check_second(account_id=account.pk, way="knock", code="1", purpose="sign_in", now=NOW),
        ):
            with pytest.raises(NotFound):
                act()

    def test_no_code_is_right_where_there_is_no_factor(self, account):
        for way in ("totp", "recovery"):
            found = actions.check_second(account_id=account.pk, way=way, code="000000", purpose="sign_in", now=NOW)
            assert not found.right

    def test_an_empty_address_is_named_and_a_second_of_a_kind_refused(self, account, sent):
        with pytest.raises(Invalid):
            actions.keep_code_address(channel="sms", address=" ", actor=me(account), now=NOW)
