from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.people import actions, queries
from huying.people.models import Role, RoleGrant
from huying.people.roles import ROLES
from huying.people.rules import Duty, Post
from tests.people.factories import (
    COMMUNITY,
    DISTRICT,
    GRID,
    NEXT_DOOR,
    NOW,
    STREET,
    admin_of,
    make_account,
    make_appointment,
    make_grant,
    make_unit,
    person,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class TestActorFor:
    def test_a_person_may_do_what_the_role_says_inside_the_area_and_nothing_next_door(self):
        account = make_account()
        make_grant(account, "dispatcher", STREET)

        actor = queries.actor_for(account, NOW)

        assert actor.may(Duty.DISPATCH, GRID)
        assert not actor.may(Duty.DISPATCH, NEXT_DOOR)
        assert not actor.may(Duty.SUPERVISE, GRID)
        assert actor.areas() == (STREET,)
        assert actor.name == "李示例"
        assert "李" not in actor.label

    @pytest.mark.parametrize(
        ("since", "until", "works"),
        [(-DAY, None, True), (DAY, None, False), (-2 * DAY, -DAY, False), (-DAY, DAY, True), (-DAY, 0 * DAY, False)],
    )
    def test_only_grants_whose_term_runs_now_count(self, since, until, works):
        account = make_account()
        make_grant(account, "dispatcher", since=NOW + since, until=None if until is None else NOW + until)

        assert queries.actor_for(account, NOW).may(Duty.DISPATCH, STREET) is works

    def test_a_grant_for_a_unit_reads_no_area_and_works_only_with_a_post_there(self):
        account, unit = make_account(), make_unit()
        make_grant(account, "handler", STREET, unit_id=unit.pk)
        assert not queries.actor_for(account, NOW).grants

        appointment = make_appointment(account, unit)
        actor = queries.actor_for(account, NOW)
        assert (actor.units, actor.areas()) == ((unit.pk,), ())
        assert actor.may_for_unit(Duty.HANDLE, unit.pk)
        assert not actor.may_for_unit(Duty.HANDLE, make_unit().pk)

        actions.end_appointment(appointment_id=appointment.pk, actor=system(), now=NOW + DAY)
        assert not queries.actor_for(account, NOW + DAY).may_for_unit(Duty.HANDLE, unit.pk)

    def test_a_closed_account_may_do_nothing(self):
        account = make_account()
        make_grant(account, "dispatcher")
        actions.close_account(account_id=account.pk, actor=system(), now=NOW)
        account.refresh_from_db()

        assert queries.actor_for(account, NOW).grants == ()

    def test_a_role_out_of_use_gives_nothing(self):
        account = make_account()
        make_grant(account, "dispatcher")
        Role.objects.filter(code="dispatcher").update(active=False)

        assert queries.actor_for(account, NOW).grants == ()

    def test_it_takes_two_statements(self, django_assert_num_queries):
        account = make_account()
        for number in range(3):
            unit = make_unit()
            make_appointment(account, unit)
            make_grant(account, "handler", STREET, unit_id=unit.pk)
            make_grant(account, ("dispatcher", "reviewer", "supervisor")[number])

        with django_assert_num_queries(2):
            actor = queries.actor_for(account, NOW)
        assert len(actor.grants) == 6
        assert len(actor.units) == 3


class TestLoadShippedRoles:
    def test_it_adds_what_is_missing_and_leaves_what_a_street_has_changed(self):
        assert actions.load_shipped_roles(actor=system(), now=NOW) == len(ROLES)
        Role.objects.filter(code="reviewer").update(duties=["review", "read", "export"])
        Role.objects.filter(code="liaison").delete()

        assert actions.load_shipped_roles(actor=system(), now=NOW) == 1
        assert Role.objects.get(code="reviewer").duties == ["review", "read", "export"]
        assert Role.objects.get(code="dispatcher").name == "派单员"
        assert History.objects.filter(kind="role").count() == len(ROLES) + 1

    def test_only_the_system_loads_them(self):
        with pytest.raises(NotAllowed):
            actions.load_shipped_roles(actor=admin_of(STREET), now=NOW)


class TestGrantRole:
    @pytest.fixture(autouse=True)
    def _roles(self):
        actions.load_shipped_roles(actor=system(), now=NOW)

    def grant(self, account, role="dispatcher", area=STREET, *, actor, **fields):
        return actions.grant_role(account_id=account.pk, role_code=role, area_code=area, actor=actor, now=NOW, **fields)

    def test_an_administrator_grants_inside_the_own_area_and_it_is_on_the_record(self):
        account, admin = make_account(), admin_of(STREET)

        grant = self.grant(account, area=COMMUNITY, actor=admin)

        row = History.objects.get(kind="role_grant", object_id=grant.pk)
        assert (row.verb, row.actor_id, row.area_code, row.at) == ("granted", admin.id, COMMUNITY, NOW)
        assert row.facts == {"account": str(account.pk), "role": "dispatcher", "unit": None}
        assert grant.granted_by == admin.id

    @pytest.mark.parametrize("area", [NEXT_DOOR, DISTRICT, "99"])
    def test_not_over_an_area_that_is_not_the_own(self, area):
        account = make_account()
        with pytest.raises(NotFound):
            self.grant(account, area=area, actor=admin_of(STREET))

    def test_a_stranger_from_next_door_does_not_even_learn_that_the_account_exists(self):
        account = make_account()
        with pytest.raises(NotFound) as there:
            self.grant(account, area=NEXT_DOOR, actor=admin_of(NEXT_DOOR))
        account.pk = uuid7()
        with pytest.raises(NotFound) as missing:
            self.grant(account, area=NEXT_DOOR, actor=admin_of(NEXT_DOOR))
        assert (there.value.facts, str(there.value)) == (missing.value.facts, str(missing.value))

    def test_a_dispatcher_of_the_area_has_not_the_duty(self):
        with pytest.raises(NotAllowed):
            self.grant(make_account(), actor=person(Duty.DISPATCH, Duty.READ))

    def test_a_grant_for_a_unit_does_not_make_an_administrator(self):
        actor = person(Duty.ADMIN_PEOPLE, unit=make_unit().pk)
        with pytest.raises(NotFound):
            self.grant(make_account(), actor=actor)

    def test_nobody_grants_to_oneself(self):
        account = make_account()
        with pytest.raises(NotAllowed):
            self.grant(account, actor=person(Duty.ADMIN_PEOPLE, id=account.pk))

    def test_the_three_watchers_are_three_persons_even_when_one_term_has_not_begun(self):
        account = make_account()
        self.grant(account, "auditor", actor=system(), since=NOW + DAY)

        for role in ("system_admin", "security_officer"):
            with pytest.raises(NotAllowed):
                self.grant(account, role, actor=system())

    def test_a_watcher_may_change_the_chair_after_the_term(self):
        account = make_account()
        grant = self.grant(account, "auditor", actor=system())
        actions.revoke_role(grant_id=grant.pk, actor=system(), now=NOW)

        self.grant(account, "system_admin", actor=system())

    def test_a_role_of_units_needs_its_unit_and_the_unit_must_be_ones_own(self):
        account = make_account()
        with pytest.raises(Invalid):
            self.grant(account, "handler", actor=admin_of(STREET))
        with pytest.raises(NotFound):
            self.grant(account, "handler", actor=admin_of(STREET), unit_id=make_unit(NEXT_DOOR).pk)

    @pytest.mark.parametrize("area", ["99010100", "9901010010", "99010100１", "", "abc"])
    def test_a_code_that_ends_between_tiers_is_refused(self, area):
        with pytest.raises(Invalid):
            self.grant(make_account(), area=area, actor=system())

    def test_the_same_open_grant_is_refused_and_another_area_is_not(self):
        account = make_account()
        self.grant(account, actor=system())
        with pytest.raises(Conflict):
            self.grant(account, actor=system())
        self.grant(account, area=NEXT_DOOR, actor=system())
        assert RoleGrant.objects.filter(account=account).count() == 2

    def test_a_term_must_end_after_it_begins(self):
        with pytest.raises(Invalid):
            self.grant(make_account(), actor=system(), until=NOW)

    def test_an_unknown_role_is_not_found(self):
        with pytest.raises(NotFound):
            self.grant(make_account(), "king", actor=system())


class TestRevokeRole:
    def test_it_ends_at_once_and_only_once(self):
        account = make_account()
        grant = make_grant(account, "dispatcher", since=NOW - DAY)

        actions.revoke_role(grant_id=grant.pk, actor=admin_of(STREET), now=NOW)
        actions.revoke_role(grant_id=grant.pk, actor=admin_of(STREET), now=NOW + DAY)

        grant.refresh_from_db()
        assert grant.until == NOW
        assert queries.actor_for(account, NOW).grants == ()
        assert History.objects.filter(object_id=grant.pk, verb="revoked").count() == 1

    def test_one_that_has_not_begun_never_begins(self):
        account = make_account()
        grant = make_grant(account, "dispatcher", since=NOW + DAY)
        actions.revoke_role(grant_id=grant.pk, actor=system(), now=NOW)

        for later in (NOW, NOW + DAY, NOW + 2 * DAY):
            assert queries.actor_for(account, later).grants == ()

    def test_next_door_it_does_not_exist(self):
        grant = make_grant(make_account(), "dispatcher")
        with pytest.raises(NotFound):
            actions.revoke_role(grant_id=grant.pk, actor=admin_of(NEXT_DOOR), now=NOW)
        with pytest.raises(NotAllowed):
            actions.revoke_role(grant_id=grant.pk, actor=person(Duty.READ), now=NOW)


class TestMembersAndHolders:
    def test_members_with_a_duty_hold_it_for_the_unit_or_over_its_area(self):
        unit = make_unit()
        clerk, head, stranger = make_account(), make_account(), make_account()
        for one, post in ((clerk, Post.HANDLER), (head, Post.UNIT_HEAD)):
            make_appointment(one, unit, post)
        make_grant(clerk, "handler", unit_id=unit.pk)
        make_grant(head, "unit_head", unit_id=unit.pk)
        make_grant(stranger, "unit_head", unit_id=unit.pk)

        assert set(queries.members_of(unit.pk)) == {clerk, head}
        assert queries.members_of(unit.pk, Duty.SIGN, now=NOW) == [head]
        assert queries.members_of(unit.pk, now=NOW - DAY) == []
        assert queries.members_of(uuid7(), Duty.SIGN, now=NOW) == []

    def test_holders_of_a_duty_over_a_place(self):
        near, wide, next_door = make_account(), make_account(), make_account()
        make_grant(near, "dispatcher", COMMUNITY)
        make_grant(wide, "dispatcher", STREET)
        make_grant(next_door, "dispatcher", NEXT_DOOR)

        assert set(queries.holders_of(Duty.DISPATCH, GRID, now=NOW)) == {near, wide}
        assert queries.holders_of(Duty.DISPATCH, STREET, now=NOW) == [wide]
