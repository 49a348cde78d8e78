"""A successor takes over in one act; the former's grants end."""

from datetime import timedelta

import pytest

from huying.audit.queries import history_of
from huying.kernel.actor import system
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.people import actions, handing, queries
from huying.people.models import Appointment, HelpProject, RoleGrant
from huying.people.rules import Duty, Post, UnitKind
from tests.people.factories import (
    COMMUNITY,
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
LATER = NOW + timedelta(days=30)


@pytest.fixture
def committee():
    return make_unit(COMMUNITY, UnitKind.COMMUNITY_COMMITTEE)


@pytest.fixture
def head(committee):
    account = make_account(COMMUNITY)
    post = make_appointment(account, committee, Post.BUILDING_HEAD, area_code=GRID, scope="榕荫花园 1 到 6 栋")
    make_grant(account, "building_head", GRID)
    return post


def hand_over(post, successor, grants=None, actor=None, now=LATER, **fields):
    held = queries.grants_with_post(post, now=now)
    return actions.hand_over(
        appointment_id=post.pk, successor_id=successor.pk,
        grant_ids=[one.pk for one in held] if grants is None else grants, actor=actor or admin_of(STREET), now=now,
        **fields,
    )  # fmt: skip


class TestHandOver:
    def test_the_successor_stands_where_the_former_stood_and_the_formers_grants_end(self, head):
        former, successor = head.account, make_account(COMMUNITY)

        done = hand_over(head, successor)

        new = done.appointment
        assert (new.post, new.area_code, new.duties, new.scope) == (head.post, GRID, head.duties, head.scope)
        assert new.succeeds_id == head.pk
        assert queries.actor_for(former, LATER).grants == ()
        assert queries.actor_for(former, LATER).units == ()
        assert queries.actor_for(successor, LATER).may(Duty.REPORT, GRID)
        assert [line.verb for line in history_of("appointment", [head.pk])] == ["appointed", "handed_over"]

    def test_what_is_not_ticked_ends_and_does_not_go_over(self, head):
        successor = make_account(COMMUNITY)
        hand_over(head, successor, grants=[])
        assert not RoleGrant.objects.filter(until=None).exists()

    def test_a_sensitive_grant_waits_for_the_second_person(self, committee):
        account, successor = make_account(), make_account()
        post = make_appointment(account, make_unit(), Post.CENTRE_HEAD)
        make_grant(account, "centre_head")

        done = hand_over(post, successor)

        assert done.grants == ()
        assert [one.role_id for one in done.requests] == ["centre_head"]
        assert queries.actor_for(successor, LATER).grants == ()
        assert queries.actor_for(account, LATER).grants == ()

    def test_grants_of_the_persons_other_post_stay(self, head, committee):
        other = make_unit(STREET)
        make_appointment(head.account, other, Post.HANDLER)
        make_grant(head.account, "handler", STREET, unit_id=other.pk)

        hand_over(head, make_account(COMMUNITY))

        assert [one.unit_id for one in queries.actor_for(head.account, LATER).grants] == [other.pk]

    def test_open_tasks_and_projects_go_over(self, head, monkeypatch):
        moved = []
        one = handing.Carried("calls", "代报", lambda *_: 3, lambda *given: moved.append(given[:3]) or 3)
        monkeypatch.setitem(handing.CARRIED, "calls", one)
        station = make_unit(COMMUNITY, UnitKind.SOCIAL_WORK_STATION)
        project = HelpProject.objects.create(
            name="长者探访", area_code=GRID, kind="elders", provider=station, lead=head.account, since=NOW.date()
        )
        successor = make_account(COMMUNITY)

        done = hand_over(head, successor)

        project.refresh_from_db()
        assert project.lead_id == successor.pk
        assert moved == [(head.account_id, successor.pk, GRID)]
        assert done.carried == {**done.carried, "calls": 3, "projects": 1}


class TestRefusals:
    def test_the_administrator_of_the_next_street_does_not_learn_of_it(self, head):
        with pytest.raises(NotFound):
            hand_over(head, make_account(COMMUNITY), actor=admin_of(NEXT_DOOR))

    def test_a_successor_from_the_next_street_does_not_exist(self, head):
        with pytest.raises(NotFound):
            hand_over(head, make_account(NEXT_DOOR))

    def test_nobody_hands_over_to_oneself(self, head):
        boss = make_account(STREET)
        with pytest.raises(NotAllowed):
            hand_over(head, boss, actor=person(Duty.ADMIN_PEOPLE, id=boss.pk))

    def test_not_to_the_same_person(self, head):
        with pytest.raises(Invalid):
            hand_over(head, head.account)

    def test_not_what_has_ended(self, head):
        actions.end_appointment(appointment_id=head.pk, actor=system(), now=NOW + timedelta(days=1))
        with pytest.raises(IllegalMove):
            hand_over(head, make_account(COMMUNITY))

    def test_not_to_somebody_who_holds_the_post_already(self, head, committee):
        successor = make_account(COMMUNITY)
        make_appointment(successor, committee, Post.BUILDING_HEAD, area_code=GRID)
        with pytest.raises(Conflict):
            hand_over(head, successor)
        head.refresh_from_db()
        assert head.until is None

    def test_not_with_a_grant_of_somebody_else(self, head):
        other = make_grant(make_account(), "dispatcher")
        with pytest.raises(NotFound):
            hand_over(head, make_account(COMMUNITY), grants=[other.pk])
        assert Appointment.objects.filter(until=None).count() == 1
