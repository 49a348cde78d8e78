"""What the three who keep watch do with others: resets by one or by two, unlocking, binding; who may not."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from huying.access import actions, queries
from huying.access.models import Factor, FactorReset, Link, SignIn
from huying.audit.models import History
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from tests.access.conftest import holder, is_in, me, sign_in, with_totp, words
from tests.people.factories import NEXT_DOOR, NOW, make_account, make_grant, person

pytestmark = pytest.mark.django_db
ISSUER = "https://directory.example"


@pytest.fixture
def clock():
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False) as one:
        yield one


def ask(account, actor, reason="手机丢了，已当面核对"):
    return actions.ask_reset(account_id=account.pk, reason=reason, actor=actor, now=NOW)


def decide(row, actor, granted=True):
    return actions.decide_reset(reset_id=row.pk, granted=granted, actor=actor, now=NOW)


class TestReset:
    def test_the_officer_resets_a_clerk_at_once_and_all_devices_are_out(self, client, account, clock):
        make_grant(account, "dispatcher")
        sign_in(client)
        with_totp(account)
        actions.make_recovery_codes(actor=me(account), now=NOW)
        officer, _actor = holder("security_officer")
        page = Client()
        sign_in(page, officer.username)

        page.post(f"/desk/access/accounts/{account.pk}/reset/", {"reason": "手机丢了"})

        security = queries.security_of(account.pk, NOW)
        assert (security.count, security.recovery_left) == (0, 0)
        assert not is_in(client)
        assert SignIn.objects.get(account=account).ended_by == "reset"
        assert History.objects.filter(object_id=account.pk, verb="factors_reset").count() == 1
        assert sign_in(client).status_code == 302
        assert is_in(client)

    @pytest.mark.parametrize("role", ["system_admin", "auditor", "security_officer"])
    def test_for_one_of_the_three_it_waits_for_a_second_person(self, account, role):
        make_grant(account, role)
        with_totp(account)
        officer, asker = holder("security_officer")

        row = ask(account, asker)

        assert row.state == "asked"
        assert Factor.objects.filter(account=account).exists()
        for nobody in (asker, me(account), holder("dispatcher")[1], holder("auditor", area=NEXT_DOOR)[1]):
            with pytest.raises((NotAllowed, NotFound)):
                decide(row, nobody)
        assert decide(row, holder("auditor")[1]).state == "done"
        assert not Factor.objects.filter(account=account).exists()
        with pytest.raises(IllegalMove):
            decide(row, holder("system_admin")[1])
        verbs = list(History.objects.filter(object_id=account.pk).order_by("id").values_list("verb", flat=True))
        assert verbs[-2:] == ["factor_reset_asked", "factors_reset"]

    def test_the_second_person_may_say_no_and_it_can_be_asked_again(self, account):
        make_grant(account, "system_admin")
        with_totp(account)
        asker = holder("security_officer")[1]
        row = ask(account, asker)
        with pytest.raises(Conflict):
            ask(account, asker)
        assert decide(row, holder("auditor")[1], granted=False).state == "refused"
        assert Factor.objects.filter(account=account).exists()
        assert ask(account, asker).state == "asked"

    @pytest.mark.parametrize("role", ["system_admin", "auditor", "dispatcher"])
    def test_who_may_not_ask(self, account, role):
        with pytest.raises((NotAllowed, NotFound)):
            ask(account, holder(role)[1])

    def test_nobody_resets_oneself_nor_a_stranger_nor_without_a_reason(self, account):
        officer, actor = holder("security_officer")
        with pytest.raises(NotAllowed):
            ask(officer, actor)
        with pytest.raises(NotFound):
            ask(account, holder("security_officer", area=NEXT_DOOR)[1])
        with pytest.raises(Invalid):
            ask(account, actor, reason=" ")

    def test_the_database_holds_two_persons_too(self, account):
        officer, actor = holder("security_officer")
        make_grant(account, "system_admin")
        row = ask(account, actor)
        with pytest.raises(IntegrityError), transaction.atomic():
            FactorReset.objects.filter(pk=row.pk).update(decided_by=officer.pk)

    def test_the_page_shows_it_to_the_second_person_with_buttons_and_to_the_asker_without(self, account, clock):
        make_grant(account, "system_admin")
        officer, actor = holder("security_officer")
        row = ask(account, actor)
        auditor, _actor = holder("auditor")
        asks, decides = Client(), Client()
        sign_in(asks, officer.username)
        sign_in(decides, auditor.username)
        assert "由另一位同事来定" in words(asks.get("/desk/access/"))
        assert "同意重置" in words(decides.get("/desk/access/"))
        assert asks.post(f"/desk/access/resets/{row.pk}/", {"grant": "1"}).status_code == 302
        row.refresh_from_db()
        assert row.state == "asked"
        decides.post(f"/desk/access/resets/{row.pk}/", {"grant": "1"})
        row.refresh_from_db()
        assert row.state == "done"


class TestBinding:
    def link(self, account, actor, subject="u-7"):
        return actions.link_account(account_id=account.pk, issuer=ISSUER, subject=subject, actor=actor, now=NOW)

    def test_an_administrator_binds_and_of_the_name_only_a_hash_is_kept(self, account):
        admin = holder("system_admin")[1]
        self.link(account, admin, "staff-number-4711")
        assert queries.account_of_subject(ISSUER, "staff-number-4711") == account
        assert queries.account_of_subject("https://other.example", "staff-number-4711") is None
        assert "staff-number" not in str(list(Link.objects.values())) + str(list(History.objects.values("facts")))
        actions.unlink_account(account_id=account.pk, issuer=ISSUER, actor=admin, now=NOW)
        assert queries.account_of_subject(ISSUER, "staff-number-4711") is None

    def test_one_name_is_one_account_and_one_account_one_name(self, account):
        admin = holder("system_admin")[1]
        self.link(account, admin)
        other = make_account()
        with pytest.raises(Invalid):
            self.link(other, admin)
        self.link(account, admin, "u-8")
        assert queries.account_of_subject(ISSUER, "u-7") is None
        assert queries.account_of_subject(ISSUER, "u-8") == account

    @pytest.mark.parametrize("role", ["security_officer", "auditor", "dispatcher"])
    def test_others_do_not_bind(self, account, role):
        with pytest.raises((NotAllowed, NotFound)):
            self.link(account, holder(role)[1])

    def test_nobody_binds_oneself_nor_a_stranger(self, account):
        admin, actor = holder("system_admin")
        with pytest.raises(NotAllowed):
            self.link(admin, actor)
        with pytest.raises(NotFound):
            self.link(account, holder("system_admin", area=NEXT_DOOR)[1])
        with pytest.raises(Invalid):
            self.link(account, actor, " ")

    def test_a_closed_account_stays_out(self, account):
        from huying.kernel.actor import system
        from huying.people import actions as people

        self.link(account, holder("system_admin")[1])
        people.close_account(account_id=account.pk, actor=system(), now=NOW)
        assert queries.account_of_subject(ISSUER, "u-7") is None


class TestPagesOfTheThree:
    @pytest.mark.parametrize(
        ("role", "shown", "hidden"),
        [
            ("security_officer", ["登录记录", "重置验证方式", "授权复核"], []),
            ("system_admin", ["授权复核"], ["登录记录", "重置验证方式"]),
            ("auditor", ["登录记录", "授权复核"], ["重置验证方式"]),
        ],
    )
    def test_each_sees_what_is_theirs(self, client, account, clock, role, shown, hidden):
        watcher, _actor = holder(role)
        sign_in(client, watcher.username)
        page = words(client.get("/desk/access/")) + words(client.get(f"/desk/access/accounts/{account.pk}/"))
        for words_ in shown:
            assert words_ in page
        for words_ in hidden:
            assert words_ not in page

    @pytest.mark.parametrize("address", ["/desk/access/?q=\x00", "/desk/access/?which=x", "/desk/access/?after=x"])
    def test_bad_input_breaks_nothing(self, client, clock, address):
        watcher, _actor = holder("security_officer")
        sign_in(client, watcher.username)
        assert client.get(address).status_code in (200, 422)

    def test_who_was_asked_for_a_second_step_and_has_none_is_found(self, client, account, clock):
        make_grant(account, "dispatcher")
        officer, actor = holder("security_officer")
        actions.force_role(role_code="dispatcher", actor=actor, now=NOW)
        sign_in(client, officer.username)
        assert account.username in words(client.get("/desk/access/?which=bare"))
        with_totp(account)
        assert f">{account.username}<" not in words(client.get("/desk/access/?which=bare"))

    def test_a_person_without_any_of_the_duties_watches_nobody(self):
        assert queries.watched(person()) == []
