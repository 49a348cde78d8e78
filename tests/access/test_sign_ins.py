"""Sign-ins by device: listed, ended by the person or by a keeper, forgotten in time; nothing more is kept."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from huying.access import actions, queries
from huying.access.models import DutyUse, OneTimeCode, SignIn
from huying.audit.models import History
from huying.kernel.refusals import NotAllowed, NotFound
from tests.access.conftest import PASSWORD, holder, is_in, me, sign_in, words
from tests.people.factories import NEXT_DOOR, NOW, make_grant, person

pytestmark = pytest.mark.django_db
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537 Chrome/120 Safari/537 Edg/120.0.7"


@pytest.fixture
def clock():
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False) as one:
        yield one


@contextmanager
def _none_written():
    with CaptureQueriesContext(connection) as caught:
        yield
    assert [one["sql"] for one in caught if one["sql"].split()[0] in ("UPDATE", "INSERT", "DELETE")] == []


class TestWhatIsKept:
    def test_two_words_of_the_device_the_hour_and_a_short_address(self, account, clock):
        client = Client(headers={"User-Agent": EDGE}, REMOTE_ADDR="192.0.2.77")
        sign_in(client)
        clock.shift(timedelta(minutes=70))
        client.get("/account/")

        row = SignIn.objects.get()
        assert (row.browser, row.system, row.address_prefix) == ("edge", "windows", "192.0.2.0")
        assert row.seen_at == (NOW + timedelta(hours=1)).replace(minute=0)
        kept = str(list(SignIn.objects.values())) + str(list(History.objects.values("facts", "actor_label")))
        assert "192.0.2.77" not in kept
        assert "537 Chrome" not in kept

    def test_wrong_passwords_are_counted_by_the_neighbourhood(self, account, clock):
        client = Client(headers={"User-Agent": EDGE}, REMOTE_ADDR="192.0.2.77")
        sign_in(client, password="wrong")
        attempt = AccessAttempt.objects.get()
        assert (attempt.ip_address, attempt.user_agent) == ("192.0.2.0", "<unknown>")
        assert "输错密码" not in words(client.get("/sign-in/"))

    def test_no_request_of_the_same_hour_writes_again(self, client, account, clock):
        make_grant(account, "dispatcher")
        sign_in(client)
        client.get("/desk/")
        with _none_written():
            client.get("/account/")
            clock.shift(60)
            client.get("/account/")

    def test_the_last_day_of_a_duty_is_noted_and_no_more(self, client, account, clock):
        make_grant(account, "dispatcher")
        sign_in(client)
        client.get("/desk/triage/")
        client.get("/desk/triage/")
        rows = list(DutyUse.objects.values_list("account_id", "duty", "day"))
        assert all(row[0] == account.pk and row[2] == NOW.date() for row in rows)

    def test_old_traces_go(self, client, account, clock):
        sign_in(client)
        row = SignIn.objects.get()
        later = timezone.now() + timedelta(days=31)
        AccessAttempt.objects.create(username="x", ip_address="192.0.2.0", failures_since_start=1)
        OneTimeCode.objects.create(account=account, channel="sms", purpose="sign_in", hash="x", sent_at=NOW)
        AccessAttempt.objects.update(attempt_time=NOW)
        assert actions.tidy(now=timezone.now())["ended"] == 0
        assert actions.tidy(now=later) == {"ended": 1, "addresses": 1, "sign_ins": 0, "codes": 1, "failures": 1}
        row.refresh_from_db()
        assert (row.address_prefix, row.ended_by, row.session_key) == ("", "run_out", "")
        assert actions.tidy(now=NOW + timedelta(days=200))["sign_ins"] == 1
        assert actions.tidy(now=NOW + timedelta(days=200))["sign_ins"] == 0


class TestEnding:
    def test_a_person_sees_all_devices_and_ends_one(self, account, clock):
        here, there = Client(headers={"User-Agent": EDGE}), Client()
        sign_in(there)
        clock.shift(1)
        sign_in(here)
        page = words(here.get("/account/"))
        assert "Edge · Windows" in page
        assert "这一台" in page
        other = SignIn.objects.order_by("began_at").first()

        assert here.post(f"/account/sign-ins/{other.pk}/end/").status_code == 302

        assert not is_in(there)
        assert is_in(here)
        other.refresh_from_db()
        assert (other.ended_by, other.session_key) == ("owner", "")
        assert History.objects.filter(object_id=account.pk, verb="sign_in_ended").count() == 1

    def test_all_others_at_once(self, account, clock):
        clients = [Client() for _number in range(3)]
        for one in clients:
            sign_in(one)
            clock.shift(1)
        clients[0].post("/account/sign-ins/end-others/")
        assert [is_in(one) for one in clients] == [True, False, False]

    def test_one_browser_is_one_sign_in(self, client, account, clock):
        sign_in(client)
        sign_in(client)
        assert sorted(SignIn.objects.values_list("ended_by", flat=True)) == ["", "signed_out"]
        assert len(queries.open_sign_ins(account.pk, timezone.now())) == 1
        assert is_in(client)

    def test_signing_out_ends_it(self, client, account, clock):
        sign_in(client)
        client.post("/sign-out/")
        assert SignIn.objects.get().ended_by == "signed_out"
        assert queries.open_sign_ins(account.pk, timezone.now()) == []

    def test_a_new_password_ends_the_others_and_keeps_this_one(self, account, clock):
        here, there = Client(), Client()
        sign_in(there)
        sign_in(here)
        new = "another-good-one-1"
        here.post("/password/", {"old": PASSWORD, "password": new, "again": new})
        assert is_in(here)
        assert not is_in(there)
        assert sorted(SignIn.objects.values_list("ended_by", flat=True)) == ["", "password"]
        assert SignIn.objects.get(ended_by="").session_key == here.session.session_key
        assert Session.objects.count() == 1

    def test_administrator_and_officer_end_anothers_and_nobody_else_does(self, client, account, clock):
        sign_in(client)
        row = SignIn.objects.get()
        for role in ("auditor", "dispatcher"):
            with pytest.raises((NotAllowed, NotFound)):
                actions.end_sign_in(sign_in_id=row.pk, actor=holder(role)[1], now=timezone.now())
        stranger = holder("system_admin", area=NEXT_DOOR)[1]
        with pytest.raises(NotFound):
            actions.end_sign_in(sign_in_id=row.pk, actor=stranger, now=timezone.now())
        keeper, _actor = holder("system_admin")
        page = Client()
        sign_in(page, keeper.username)

        assert page.post(f"/desk/access/sign-ins/{row.pk}/end/").status_code == 302

        assert not is_in(client)
        row.refresh_from_db()
        assert row.ended_by == "keeper"

    def test_a_person_cannot_end_anothers_by_the_own_page(self, client, account, clock):
        sign_in(client)
        row = SignIn.objects.get()
        other = Client()
        keeper, _actor = holder("system_admin")
        sign_in(other, keeper.username)
        assert other.post(f"/account/sign-ins/{row.pk}/end/").status_code == 404
        assert is_in(client)


class TestLog:
    @pytest.mark.parametrize(
        ("role", "status"),
        [("security_officer", 200), ("auditor", 200), ("system_admin", 403), ("dispatcher", 403)],
    )
    def test_officer_and_auditor_read_it_the_administrator_does_not(self, client, account, clock, role, status):
        sign_in(Client())
        watcher, _actor = holder(role)
        sign_in(client, watcher.username)
        answer = client.get("/desk/access/sign-ins/")
        assert answer.status_code == status
        assert (account.username in words(answer)) is (status == 200)
        page = words(client.get(f"/desk/access/accounts/{account.pk}/"))
        assert ("最近的登录" in page) is (status == 200)

    def test_the_next_street_is_not_in_it(self, client, account, clock):
        sign_in(Client())
        watcher, _actor = holder("auditor", area=NEXT_DOOR)
        sign_in(client, watcher.username)
        assert f'<b>{account.name}</b> <span class="muted">{account.username}</span>' not in words(
            client.get("/desk/access/sign-ins/")
        )

    def test_the_lists_cost_no_more_with_more_people(self, client, account, clock, django_assert_max_num_queries):
        watcher, _actor = holder("security_officer")
        for _number in range(6):
            holder("dispatcher")
        sign_in(client, watcher.username)
        for address, most in (("/desk/access/", 26), ("/desk/access/sign-ins/", 14)):
            with django_assert_max_num_queries(most):
                assert client.get(address).status_code == 200


class TestLockedOut:
    def test_it_is_shown_to_the_person_and_the_officer_who_can_open_it(self, client, account, clock):
        for _number in range(5):
            sign_in(client, password="wrong")
        assert sign_in(client).status_code == 429
        officer, _actor = holder("security_officer")
        page = Client(REMOTE_ADDR="198.51.100.7")
        sign_in(page, officer.username)
        assert account.username in words(page.get("/desk/access/?which=locked"))
        assert "正锁着" in words(page.get(f"/desk/access/accounts/{account.pk}/"))

        page.post(f"/desk/access/accounts/{account.pk}/unlock/")

        assert sign_in(client).status_code == 302
        assert History.objects.filter(object_id=account.pk, verb="unlocked").count() == 1

    def test_failures_since_the_last_sign_in_are_told_where_one_is_in(self, client, account, clock):
        sign_in(client)
        sign_in(Client(REMOTE_ADDR="198.51.100.7"), password="wrong")
        assert "1 次输错密码" in words(client.get("/account/"))

    def test_nobody_opens_the_own_lock_and_the_administrator_does_not_at_all(self, account, clock):
        officer, actor = holder("security_officer")
        with pytest.raises(NotAllowed):
            actions.unlock(account_id=officer.pk, actor=actor, now=NOW)
        with pytest.raises(NotAllowed):
            actions.unlock(account_id=account.pk, actor=holder("system_admin")[1], now=NOW)


def test_who_is_none_of_the_three_finds_no_page(client, account, clock):
    make_grant(account, "dispatcher")
    sign_in(client)
    for address in ("/desk/access/", "/desk/access/second-step/", "/desk/access/reviews/", "/desk/access/sign-ins/"):
        assert client.get(address).status_code == 403
    assert queries.watched(me(account)) == []
    assert queries.watched(person()) == []
