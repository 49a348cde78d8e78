"""Sensitive roles take two persons, and the three watchers stay apart."""

import pytest
from django.db import IntegrityError, transaction

from huying.audit.queries import history_of
from huying.kernel.actor import system
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.people import actions, queries
from huying.people.models import GrantRequest, Role, RoleGrant
from huying.people.rules import Duty
from huying.people.rules.registers import SENSITIVE, asks_with, confirms_with, is_sensitive
from tests.people.factories import (
    COMMUNITY,
    NEXT_DOOR,
    NOW,
    STREET,
    admin_of,
    make_account,
    make_grant,
    make_unit,
    person,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def roles():
    actions.load_shipped_roles(actor=system(), now=NOW)


@pytest.fixture
def officer():
    return person(Duty.SECURE)


def ask(account, role="centre_head", actor=None, **fields):
    return actions.ask_grant(
        account_id=account.pk, role_code=role, area_code=STREET, reason="新任值班长", actor=actor or admin_of(STREET),
        now=NOW, **fields,
    )  # fmt: skip


class TestOnePersonIsNotEnough:
    def test_an_administrator_cannot_give_a_sensitive_role_alone(self, roles):
        account = make_account()
        with pytest.raises(NotAllowed):
            actions.grant_role(
                account_id=account.pk, role_code="centre_head", area_code=STREET, actor=admin_of(STREET), now=NOW
            )
        assert not RoleGrant.objects.filter(account=account).exists()

    def test_a_role_without_sensitive_duties_takes_one_person(self, roles):
        account = make_account()
        grant = actions.grant_role(
            account_id=account.pk, role_code="grid_worker", area_code=STREET, actor=admin_of(STREET), now=NOW
        )
        assert grant.confirmed_by is None

    def test_nothing_is_granted_before_the_second_person_agrees(self, roles):
        account = make_account()
        ask(account)
        assert queries.actor_for(account, NOW).grants == ()

    def test_the_second_person_makes_the_grant_and_both_are_on_the_record(self, roles, officer):
        account, asker = make_account(), admin_of(STREET)
        request = ask(account, actor=asker)

        decided = actions.decide_grant(request_id=request.pk, granted=True, actor=officer, now=NOW)

        assert (decided.grant.granted_by, decided.grant.confirmed_by) == (asker.id, officer.id)
        assert queries.actor_for(account, NOW).may(Duty.CONFIDENTIAL, COMMUNITY)
        assert [line.verb for line in history_of("grant_request", [request.pk])] == ["asked", "granted"]
        assert [line.verb for line in history_of("role_grant", [decided.grant.pk])] == ["granted"]


class TestWhoMayDecide:
    def test_not_the_one_who_asked(self, roles):
        both = person(Duty.ADMIN_PEOPLE, Duty.SECURE)
        request = ask(make_account(), actor=both)
        with pytest.raises(IllegalMove):
            actions.decide_grant(request_id=request.pk, granted=True, actor=both, now=NOW)

    def test_not_the_one_who_would_get_it(self, roles):
        account = make_account()
        request = ask(account)
        with pytest.raises(IllegalMove):
            actions.decide_grant(request_id=request.pk, granted=True, actor=person(Duty.SECURE, id=account.pk), now=NOW)

    def test_not_another_administrator(self, roles):
        request = ask(make_account())
        with pytest.raises(NotAllowed):
            actions.decide_grant(request_id=request.pk, granted=True, actor=admin_of(STREET), now=NOW)

    def test_not_the_officer_of_the_next_sub_district_who_does_not_even_learn_of_it(self, roles):
        request = ask(make_account())
        with pytest.raises(NotFound):
            actions.decide_grant(
                request_id=request.pk, granted=True, actor=person(Duty.SECURE, area=NEXT_DOOR), now=NOW
            )

    def test_a_refusal_says_why_and_nothing_is_granted(self, roles, officer):
        request = ask(make_account())
        with pytest.raises(Invalid):
            actions.decide_grant(request_id=request.pk, granted=False, actor=officer, now=NOW)
        actions.decide_grant(request_id=request.pk, granted=False, words="还没有参加培训", actor=officer, now=NOW)
        assert not RoleGrant.objects.exists()
        with pytest.raises(IllegalMove):
            actions.decide_grant(request_id=request.pk, granted=True, actor=officer, now=NOW)

    def test_only_the_asker_takes_a_request_back(self, roles):
        asker = admin_of(STREET)
        request = ask(make_account(), actor=asker)
        with pytest.raises(IllegalMove):
            actions.withdraw_grant_request(request_id=request.pk, actor=admin_of(STREET), now=NOW)
        actions.withdraw_grant_request(request_id=request.pk, actor=asker, now=NOW)
        assert GrantRequest.objects.get().state == "withdrawn"

    def test_asked_twice_it_is_asked_once(self, roles):
        account = make_account()
        ask(account)
        with pytest.raises(Conflict):
            ask(account)


class TestTheWatchersStayApart:
    def test_an_administrator_cannot_even_ask_for_an_auditor(self, roles):
        with pytest.raises(NotAllowed):
            ask(make_account(), role="auditor")

    def test_the_officer_asks_for_an_auditor_and_a_leader_confirms(self, roles, officer):
        account = make_account()
        request = ask(account, role="auditor", actor=officer)
        with pytest.raises(NotAllowed):
            actions.decide_grant(request_id=request.pk, granted=True, actor=person(Duty.SECURE), now=NOW)
        actions.decide_grant(request_id=request.pk, granted=True, actor=person(Duty.LEAD), now=NOW)
        assert queries.actor_for(account, NOW).has(Duty.AUDIT)

    def test_an_administrator_cannot_send_the_auditor_away(self, roles, officer):
        grant = make_grant(make_account(), "auditor")
        with pytest.raises(NotAllowed):
            actions.revoke_role(grant_id=grant.pk, actor=admin_of(STREET), now=NOW)
        actions.revoke_role(grant_id=grant.pk, actor=officer, now=NOW)

    def test_nobody_asks_for_oneself(self, roles):
        account = make_account()
        with pytest.raises(NotAllowed):
            ask(account, actor=person(Duty.ADMIN_PEOPLE, id=account.pk))
        with pytest.raises(IntegrityError), transaction.atomic():
            GrantRequest.objects.create(
                account=account, role=Role.objects.get(pk="centre_head"), area_code=STREET, since=NOW, reason="x",
                asked_by=account.pk, asked_at=NOW,
            )  # fmt: skip

    def test_a_clash_that_arose_meanwhile_stops_the_decision(self, roles):
        account = make_account()
        request = ask(account, role="system_admin")
        make_grant(account, "auditor")
        with pytest.raises(NotAllowed):
            actions.decide_grant(request_id=request.pk, granted=True, actor=person(Duty.SECURE), now=NOW)

    def test_a_unit_of_the_next_street_cannot_be_named(self, roles):
        with pytest.raises(NotFound):
            ask(make_account(), role="unit_head", unit_id=make_unit(NEXT_DOOR).pk)


@pytest.mark.parametrize("duty", list(Duty))
def test_each_duty_is_handed_out_by_somebody_and_never_confirmed_by_its_own_kind(duty):
    """Whoever asks needs another duty than whoever confirms, so that one role alone never does both."""
    if is_sensitive([duty]):
        assert asks_with([duty]) not in confirms_with([duty])
    else:
        assert duty not in SENSITIVE
