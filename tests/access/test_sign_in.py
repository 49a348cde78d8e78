from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessLog
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from huying.access import demo
from huying.access.middleware import AccessMiddleware
from huying.audit.models import History
from huying.kernel.actor import system
from huying.kernel.doors import public, staff
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotFound
from huying.people import actions, middleware
from huying.people.models import Account
from huying.people.rules import Duty
from tests.people.factories import NEXT_DOOR, NOW, STREET, admin_of, make_account, person

pytestmark = pytest.mark.django_db
PASSWORD = "示例密码-correct-horse"
WRONG = "账号或密码不对"
LOCKED = "错的次数太多"


@pytest.fixture
def account():
    return make_account(username="shili", password=PASSWORD, must_change_password=False)


def sign_in(client, username="shili", password=PASSWORD, **fields):
    return client.post("/sign-in/", {"username": username, "password": password, **fields})


def words(response):
    return response.content.decode()


def is_signed_in(client):
    return client.get("/password/").status_code == 200


class TestSignIn:
    def test_the_page_has_the_form_and_no_demo_roles(self, client):
        make_account(demo_role="dispatcher")
        response = client.get("/sign-in/")
        assert response.status_code == 200
        assert 'name="password"' in words(response)
        assert "演示环境" not in words(response)

    def test_the_right_password_opens_the_desk_and_is_on_the_record(self, client, account):
        response = sign_in(client)

        assert (response.status_code, response["Location"]) == (302, "/desk/")
        assert is_signed_in(client)
        row = History.objects.get(kind="account", object_id=account.pk, verb="signed_in")
        assert (row.actor_id, row.facts) == (account.pk, {"method": "password"})

    def test_the_session_gets_a_new_key(self, client, account):
        client.get("/sign-in/")
        session = client.session
        session["kept"] = 1
        session.save()
        before = session.session_key

        sign_in(client)

        assert client.session.session_key != before
        assert not Session.objects.filter(pk=before).exists()

    @pytest.mark.parametrize(
        ("wanted", "target"),
        [
            ("/password/?a=1", "/password/?a=1"),
            ("https://elsewhere.example/", "/desk/"),
            ("//elsewhere.example/", "/desk/"),
            ("/\\elsewhere.example", "/desk/"),
            ("javascript:alert(1)", "/desk/"),
            ("", "/desk/"),
        ],
    )
    def test_it_goes_on_to_a_page_of_ours_only(self, client, account, wanted, target):
        assert sign_in(client, next=wanted)["Location"] == target
        assert client.get("/sign-in/", {"next": wanted})["Location"] == target

    def test_a_page_of_the_staff_asks_for_sign_in_and_remembers_where_it_was(self, client):
        assert client.get("/password/")["Location"] == "/sign-in/?next=/password/"
        assert 'value="/password/"' in words(client.get("/sign-in/?next=/password/"))

    def test_a_wrong_name_a_wrong_password_and_a_closed_account_get_the_same_answer(self, client, account):
        closed = make_account(username="closed", password=PASSWORD)
        actions.close_account(account_id=closed.pk, actor=system(), now=NOW)

        answers = [
            sign_in(client, "nobody", PASSWORD),
            sign_in(client, "shili", "wrong"),
            sign_in(client, "closed", PASSWORD),
        ]

        assert {one.status_code for one in answers} == {422}
        assert all(WRONG in words(one) for one in answers)
        assert not is_signed_in(client)

    def test_what_was_typed_stays_but_not_the_password(self, client):
        text = words(sign_in(client, "shili<b>", "typed-secret"))
        assert "shili&lt;b&gt;" in text
        assert "typed-secret" not in text

    @pytest.mark.parametrize(
        ("username", "password"),
        [
            ("", PASSWORD),
            ("shili", ""),
            ("a\x00b", PASSWORD),
            ("长" * 61, PASSWORD),
            ("shili", "p\x00"),
            ("shili", "p" * 201),
        ],
    )
    def test_bad_input_comes_back_as_a_form(self, client, username, password):
        assert sign_in(client, username, password).status_code == 422

    def test_the_name_is_taken_as_typed_on_any_keyboard(self, client, account):
        assert sign_in(client, " ｓｈｉｌｉ ").status_code == 302

    def test_without_a_token_of_the_form_nothing_happens(self, account):
        client = Client(enforce_csrf_checks=True)
        assert sign_in(client).status_code == 403
        assert not is_signed_in(client)

    def test_the_language_of_the_account_is_used(self, client, account):
        Account.objects.update(language="en")
        assert sign_in(client).cookies["django_language"].value == "en"

    def test_signing_out_ends_the_session_and_needs_a_post(self, client, account):
        sign_in(client)
        assert client.get("/sign-out/").status_code == 405
        assert is_signed_in(client)

        assert client.post("/sign-out/")["Location"] == "/sign-in/"

        assert not is_signed_in(client)
        assert History.objects.filter(object_id=account.pk, verb="signed_out").count() == 1
        assert client.post("/sign-out/").status_code == 302


class TestLockOut:
    def fail(self, client, username="shili", times=5):
        return [sign_in(client, username, "wrong") for _number in range(times)][-1]

    @pytest.mark.parametrize("username", ["shili", "nobody"])
    def test_after_five_failures_it_locks_and_says_until_when_whoever_it_is(self, client, account, username):
        with time_machine.travel(NOW, tick=False):
            assert self.fail(client, username, 4).status_code == 422
            response = self.fail(client, username, 1)

        assert response.status_code == 429
        assert LOCKED in words(response)
        assert "09:15" in words(response)
        assert response["Retry-After"] == "900"

    def test_while_locked_the_right_password_is_refused_too_and_the_lock_does_not_grow(self, client, account):
        with time_machine.travel(NOW, tick=False) as clock:
            self.fail(client)
            clock.shift(timedelta(minutes=10))
            response = sign_in(client)
            assert response.status_code == 429
            assert "09:15" in words(response)

            clock.shift(timedelta(minutes=5, seconds=1))
            assert sign_in(client).status_code == 302

    def test_others_and_other_places_are_not_locked(self, client, account):
        make_account(username="other", password=PASSWORD)
        self.fail(client)

        assert sign_in(client, "other").status_code == 302
        assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302

    def test_a_success_forgets_earlier_failures(self, client, account):
        for _round in range(3):
            assert self.fail(client, times=4).status_code == 422
            assert sign_in(client).status_code == 302
            client.post("/sign-out/")

    def test_the_old_password_cannot_be_guessed_in_a_left_browser_either(self, client, account):
        sign_in(client)
        fields = {"old": "wrong", "password": "another-good-one-1", "again": "another-good-one-1"}
        answers = [client.post("/password/", fields) for _number in range(5)]
        assert LOCKED in words(answers[-1])
        assert client.post("/password/", {**fields, "old": PASSWORD}).status_code == 422


class TestTimeOut:
    def test_a_session_that_is_used_goes_on_and_one_left_alone_ends(self, client, account, settings):
        age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        with time_machine.travel(NOW, tick=False) as clock:
            sign_in(client)
            for _round in range(4):
                clock.shift(age * 0.6)
                assert is_signed_in(client)
            clock.shift(age + timedelta(seconds=1))
            assert not is_signed_in(client)

    def test_a_page_that_asks_by_itself_does_not_keep_it_open(self, rf, account, settings):
        client = Client()
        client.force_login(account)
        with time_machine.travel(NOW, tick=False) as clock:
            assert is_signed_in(client)
            seen = client.session[middleware.SEEN]
            clock.shift(timedelta(hours=1))
            client.get("/live/anything/")
            client.get("/password/", headers={"X-By-Itself": "1"})
            assert client.session[middleware.SEEN] == seen
            client.get("/password/")
            assert client.session[middleware.SEEN] == seen + 3600

    def test_steady_work_writes_the_session_every_few_minutes_and_not_with_each_request(self, client, account):
        with time_machine.travel(NOW, tick=False) as clock:
            sign_in(client)
            is_signed_in(client)
            with CaptureQueriesContext(connection) as caught:
                for _request in range(4):
                    clock.shift(timedelta(minutes=2))
                    assert is_signed_in(client)
        written = [one["sql"] for one in caught if one["sql"].startswith("UPDATE") and "django_session" in one["sql"]]
        assert len(written) == 1

    def test_a_visitor_who_signs_in_has_the_short_session_of_the_staff(self, client, account, settings):
        client.get("/sign-in/")
        session = client.session
        session["portal.draft"] = {}
        session.set_expiry(10**6)
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key

        sign_in(client)

        assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE

    def test_nothing_is_kept_of_the_device_that_signs_in(self, client, account):
        sign_in(client)
        client.post("/sign-out/")
        assert not AccessLog.objects.exists()

    def test_who_types_for_hours_without_sending_is_not_signed_out(self, client, account, settings):
        settings.SESSION_COOKIE_AGE = 30 * 60
        with time_machine.travel(NOW, tick=False) as clock:
            sign_in(client)
            assert 'data-here="/account/here/"' in words(client.get("/account/"))
            for _round in range(5):
                clock.shift(timedelta(minutes=20))
                assert client.get("/account/here/").status_code == 204
            assert is_signed_in(client)
            assert client.cookies["sessionid"]["max-age"] == 30 * 60

    def test_even_where_the_store_still_has_it(self, rf, account, settings):
        client = Client()
        client.force_login(account)
        session = client.session
        session[middleware.SEEN] = int(NOW.timestamp())
        session.set_expiry(10**8)
        session.save()
        with time_machine.travel(NOW + timedelta(seconds=settings.SESSION_COOKIE_AGE + 1), tick=False):
            assert not is_signed_in(client)

    def test_however_busy_it_ends_after_its_longest_life_and_a_new_sign_in_begins_anew(self, client, account, settings):
        settings.SESSION_LONGEST = 3 * 3600
        with time_machine.travel(NOW, tick=False) as clock:
            sign_in(client)
            for _round in range(3):
                clock.shift(timedelta(hours=1))
                assert is_signed_in(client)
            sign_in(client)
            clock.shift(timedelta(hours=3))
            assert is_signed_in(client)
            clock.shift(timedelta(seconds=1))
            assert not is_signed_in(client)

    def test_a_closed_account_is_out_with_the_next_request(self, client, account):
        sign_in(client)
        actions.close_account(account_id=account.pk, actor=admin_of(STREET), now=NOW)
        assert not is_signed_in(client)


class TestPassword:
    NEW = "another-good-one-1"

    def change(self, client, old=PASSWORD, new=NEW, again=None):
        return client.post("/password/", {"old": old, "password": new, "again": new if again is None else again})

    def test_it_changes_and_other_sessions_end(self, client, account):
        other = Client()
        sign_in(client)
        sign_in(other)

        assert self.change(client).status_code == 302

        assert is_signed_in(client)
        assert not is_signed_in(other)
        assert sign_in(other).status_code == 422
        assert sign_in(other, password=self.NEW).status_code == 302
        assert History.objects.filter(object_id=account.pk, verb="password_changed").count() == 1

    @pytest.mark.parametrize(
        ("old", "new", "again"),
        [
            ("wrong", NEW, NEW),
            (PASSWORD, "short", "short"),
            (PASSWORD, "12345678901234", "12345678901234"),
            (PASSWORD, "HuYing-2026!", "HuYing-2026!"),
            (PASSWORD, "呼应呼应2026呼应", "呼应呼应2026呼应"),
            (PASSWORD, NEW, "different-one-2"),
            (PASSWORD, "", ""),
        ],
    )
    def test_a_wrong_old_or_weak_new_one_is_refused(self, client, account, old, new, again):
        sign_in(client)
        assert self.change(client, old, new, again).status_code == 422
        account.refresh_from_db()
        assert account.check_password(PASSWORD)

    def test_a_password_that_was_handed_out_is_changed_first(self, client):
        make_account(username="new", password=PASSWORD)
        response = sign_in(client, "new", next="/password/?x=1")
        assert response["Location"].startswith("/password/?next=")
        assert "现在的密码是别人给您的" in words(client.get("/password/"))

        self.change(client)

        assert Account.objects.get(username="new").must_change_password is False

    def test_before_that_staff_pages_lead_there_and_public_ones_stay_open(self, account):
        account.must_change_password = True
        request = RequestFactory().get("/desk/")
        request.user, request.actor, request.session = account, person(Duty.READ), {"_auth_user_id": "x"}
        held = AccessMiddleware(lambda request: None).process_view
        assert held(request, staff()(lambda request: None), (), {})["Location"] == "/password/"
        assert held(request, public(lambda request: None), (), {}) is None
        request.session = SessionBase()
        request.session["_auth_user_id"] = "x"
        request.path = "/password/"
        assert held(request, staff()(lambda request: None), (), {}) is None

    def test_an_administrator_sets_one_that_must_be_changed_and_a_stranger_does_not(self, account):
        with pytest.raises(NotFound):
            actions.change_password(account_id=account.pk, password=self.NEW, actor=admin_of(NEXT_DOOR), now=NOW)
        actions.change_password(account_id=account.pk, password=self.NEW, actor=admin_of(STREET), now=NOW)
        account.refresh_from_db()
        assert account.must_change_password
        assert account.check_password(self.NEW)


HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}


class TestDemo:
    @pytest.fixture(autouse=True)
    def _demo(self, settings):
        settings.DEMO = True
        settings.BIND = "127.0.0.1"

    @pytest.fixture
    def role(self):
        return make_account(demo_role="dispatcher", name="李示例")

    def enter(self, client, account, **headers):
        return client.post("/sign-in/demo/", {"account": account.pk}, **{**HERE, **headers})

    def test_one_click_signs_in_as_the_role(self, client, role):
        page = words(client.get("/sign-in/", **HERE))
        assert "演示环境" in page
        assert "派单员" in page
        assert f'value="{role.pk}"' in page
        assert 'data-key="1"' in page

        response = self.enter(client, role)

        assert (response.status_code, response["Location"]) == (302, "/desk/")
        assert History.objects.get(object_id=role.pk, verb="signed_in").facts == {"method": "demo"}

    @pytest.mark.parametrize(
        "headers",
        [
            {"REMOTE_ADDR": "192.0.2.7"},
            {"REMOTE_ADDR": "10.0.0.1"},
            {"REMOTE_ADDR": ""},
            {"REMOTE_ADDR": "::ffff:192.0.2.7"},
            {"HTTP_HOST": "huying.example"},
            {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_X_FORWARDED_HOST": "127.0.0.1"},
            {"HTTP_X_FORWARDED_PROTO": "http"},
            {"HTTP_FORWARDED": "for=127.0.0.1"},
            {"HTTP_X_REAL_IP": "127.0.0.1"},
            {"HTTP_VIA": "1.1 proxy"},
        ],
    )
    def test_each_sign_of_an_outside_removes_it(self, client, role, headers, settings):
        settings.ALLOWED_HOSTS = ["*"]
        assert "演示环境" not in words(client.get("/sign-in/", **{**HERE, **headers}))
        assert self.enter(client, role, **headers).status_code == 404
        assert not is_signed_in(client)

    @pytest.mark.parametrize(
        ("name", "value"), [("DEMO", False), ("BIND", "0.0.0.0"), ("BIND", "192.0.2.1"), ("BIND", ""), ("BIND", "::")]
    )
    def test_each_setting_removes_it(self, client, role, settings, name, value):
        setattr(settings, name, value)
        assert "演示环境" not in words(client.get("/sign-in/", **HERE))
        assert self.enter(client, role).status_code == 404

    def test_only_accounts_of_the_demo_and_only_open_ones(self, client, role):
        plain = make_account()
        actions.close_account(account_id=role.pk, actor=system(), now=NOW)

        assert self.enter(client, plain).status_code == 404
        assert self.enter(client, role).status_code == 404
        assert self.enter(client, Account(pk=uuid7())).status_code == 404
        assert client.post("/sign-in/demo/", {"account": "x\x00"}, **HERE).status_code == 404
        assert client.get("/sign-in/demo/", **HERE).status_code == 405

    @pytest.mark.parametrize(
        ("host", "loops"),
        [
            ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True),
            ("::ffff:127.0.0.1", True), ("0.0.0.0", False), ("localhost.example", False), ("", False), ("::", False),
        ],
    )  # fmt: skip
    def test_what_is_loopback(self, host, loops):
        assert demo.is_loopback(host) is loops


def test_the_frame_finds_the_ways_out():
    from huying.kernel.registry import LINKS

    for kind in ("sign_out", "account"):
        assert reverse(LINKS[kind][0])
