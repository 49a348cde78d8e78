"""Nominations, reserves, help, thanks, skills, posts and grants by the acts themselves: each refusal, each second person."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from huying.audit.models import History
from huying.kernel.actor import resident, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.people import actions, queries
from huying.people.actions import nominations, posts, roles, steps, talents
from huying.people.models import HelpProject, Recognition, Reserve
from huying.people.rules import Duty, Post, UnitKind
from huying.people.rules.registers import (
    ElectionForm,
    HelpState,
    NominationState,
    PartyRank,
    ReserveState,
    Skill,
    Tally,
    unit_problem,
)
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
TODAY = (NOW + timedelta(hours=8)).date()
YEAR = TODAY + timedelta(days=365)
DAY = timedelta(days=1)
WON = Tally(due=10, present=9, ayes=8)
STRANGER = admin_of(NEXT_DOOR)


def as_person(account, *duties, area=STREET):
    return person(*duties, area=area, id=account.pk)


class Street:
    def __init__(self):
        self.sender = make_unit(COMMUNITY, UnitKind.COMMUNITY_COMMITTEE)
        self.party = make_unit(COMMUNITY, UnitKind.COMMUNITY_PARTY)
        self.greater = make_unit(STREET, UnitKind.GREATER_WORK_COMMITTEE)
        self.candidate = make_account(COMMUNITY)
        make_appointment(self.candidate, self.sender, Post.COMMUNITY_SECRETARY)

    def nominate(self, actor=None, **given):
        values = {
            "account_id": self.candidate.pk, "from_unit_id": self.sender.pk, "organisation_id": self.party.pk,
            "post": Post.BRANCH_DEPUTY, "until": YEAR, "actor": actor or admin_of(STREET), "now": NOW,
        }  # fmt: skip
        return nominations.nominate(**{**values, **given})


@pytest.fixture
def street(db):
    return Street()


def elect(nomination, actor=None, **given):
    values = {
        "form": ElectionForm.MEMBERS, "held_on": TODAY, "paper": "会议记录 1 号", "tally": WON, "eligible": True,
        "actor": actor or admin_of(STREET), "now": NOW,
    }  # fmt: skip
    return nominations.record_election(nomination_id=nomination.pk, **{**values, **given})


class TestNominating:
    def test_nominated_elected_and_appointed_by_another_with_a_line_each(self, street):
        nomination = street.nominate()
        assert elect(nomination).state == NominationState.ELECTED
        done = nominations.appoint_nominated(nomination_id=nomination.pk, actor=admin_of(STREET), now=NOW)
        assert (done.state, done.appointment.post) == (NominationState.APPOINTED, Post.BRANCH_DEPUTY)
        assert History.objects.filter(object_id=nomination.pk).count() == 3

    def test_a_part_time_member_needs_no_election(self, street):
        nomination = street.nominate(organisation_id=street.greater.pk, post=Post.PART_TIME_MEMBER)
        done = nominations.appoint_nominated(nomination_id=nomination.pk, actor=admin_of(STREET), now=NOW)
        assert done.state == NominationState.APPOINTED

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"post": "king"}, "post"),
            ({"post": Post.PART_TIME_MEMBER}, "post"),
            ({"until": TODAY}, "until"),
            ({"area_code": STREET}, "area_code"),
        ],
    )
    def test_what_does_not_fit_is_named(self, street, given, field):
        with pytest.raises(Invalid) as why:
            street.nominate(**given)
        assert list(why.value.errors) == [field]

    def test_the_candidate_comes_from_another_body_and_holds_a_post_there(self, street):
        with pytest.raises(Invalid) as why:
            street.nominate(from_unit_id=street.party.pk)
        assert list(why.value.errors) == ["from_unit"]
        with pytest.raises(Invalid) as why:
            street.nominate(account_id=make_account(COMMUNITY).pk)
        assert list(why.value.errors) == ["account"]

    @pytest.mark.parametrize("missing", ["account_id", "from_unit_id", "organisation_id"])
    def test_what_is_not_there_is_not_found(self, street, missing):
        with pytest.raises(NotFound):
            street.nominate(**{missing: uuid7()})

    def test_strangers_and_those_without_the_duty_are_refused_and_the_same_is_open_once(self, street):
        with pytest.raises(NotFound):
            street.nominate(STRANGER)
        with pytest.raises(NotAllowed):
            street.nominate(person(Duty.READ))
        street.nominate()
        with pytest.raises(Conflict):
            street.nominate()


class TestElecting:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"form": ElectionForm.OWNERS}, "form"),
            ({"eligible": False}, "eligible"),
            ({"held_on": TODAY + DAY}, "held_on"),
            ({"held_on": TODAY - DAY}, "held_on"),
            ({"paper": " "}, "paper"),
            ({"tally": Tally(due=5, present=6, ayes=1)}, "due"),
        ],
    )
    def test_what_the_minutes_cannot_say_is_named(self, street, given, field):
        with pytest.raises(Invalid) as why:
            elect(street.nominate(), **given)
        assert list(why.value.errors) == [field]

    def test_too_few_ayes_is_not_elected_and_leads_to_no_post(self, street):
        nomination = elect(street.nominate(), tally=Tally(due=10, present=9, ayes=5))
        assert nomination.state == NominationState.NOT_ELECTED
        with pytest.raises(IllegalMove):
            nominations.appoint_nominated(nomination_id=nomination.pk, actor=admin_of(STREET), now=NOW)

    def test_where_nobody_is_elected_no_election_is_taken_down(self, street):
        nomination = street.nominate(organisation_id=street.greater.pk, post=Post.PART_TIME_MEMBER)
        with pytest.raises(IllegalMove):
            elect(nomination)

    def test_nobody_deals_with_the_own_and_a_missing_one_is_not_found(self, street):
        nomination = street.nominate()
        with pytest.raises(NotAllowed):
            elect(nomination, as_person(street.candidate, Duty.ADMIN_PEOPLE))
        with pytest.raises(NotFound):
            elect(nomination, STRANGER)
        with pytest.raises(NotFound):
            nominations.withdraw_nomination(nomination_id=uuid7(), actor=admin_of(STREET), now=NOW)


class TestDeciding:
    def test_the_nominator_does_not_appoint_and_alone_takes_it_back(self, street):
        one = admin_of(STREET)
        nomination = elect(street.nominate(one))
        with pytest.raises(IllegalMove):
            nominations.appoint_nominated(nomination_id=nomination.pk, actor=one, now=NOW)
        with pytest.raises(IllegalMove):
            nominations.withdraw_nomination(nomination_id=nomination.pk, actor=admin_of(STREET), now=NOW)
        back = nominations.withdraw_nomination(nomination_id=nomination.pk, actor=one, now=NOW)
        assert back.state == NominationState.WITHDRAWN

    def test_a_refusal_has_a_reason_and_ends_it(self, street):
        nomination = street.nominate()
        with pytest.raises(Invalid):
            nominations.refuse_nomination(nomination_id=nomination.pk, words=" ", actor=admin_of(STREET), now=NOW)
        done = nominations.refuse_nomination(
            nomination_id=nomination.pk, words="名额满", actor=admin_of(STREET), now=NOW
        )
        assert (done.state, done.words) == (NominationState.REFUSED, "名额满")
        with pytest.raises(IllegalMove):
            nominations.withdraw_nomination(nomination_id=nomination.pk, actor=system(), now=NOW)

    def test_after_the_term_there_is_nothing_to_appoint_to(self, street):
        nomination = elect(street.nominate(until=TODAY + DAY))
        with pytest.raises(IllegalMove):
            nominations.appoint_nominated(nomination_id=nomination.pk, actor=admin_of(STREET), now=NOW + 2 * DAY)


class TestReserves:
    @pytest.fixture
    def reserve(self):
        return Reserve.objects.create(
            account=make_account(), area_code=STREET, post=Post.HANDLER, agreed=True, since=TODAY, proposed_by=uuid7()
        )

    def test_listed_by_another_and_left_or_appointed(self, reserve):
        listed = steps.list_reserve(reserve_id=reserve.pk, actor=admin_of(STREET), now=NOW)
        assert listed.state == ReserveState.LISTED
        left = steps.leave_reserve(reserve_id=reserve.pk, appointed=True, actor=admin_of(STREET), now=NOW)
        assert (left.state, left.until) == (ReserveState.APPOINTED, TODAY)

    def test_neither_who_proposed_nor_the_person_lists_and_nobody_twice(self, reserve):
        for who in (reserve.proposed_by, reserve.account_id):
            with pytest.raises(IllegalMove):
                steps.list_reserve(reserve_id=reserve.pk, actor=person(Duty.ADMIN_PEOPLE, id=who), now=NOW)
        steps.list_reserve(reserve_id=reserve.pk, actor=admin_of(STREET), now=NOW)
        with pytest.raises(IllegalMove):
            steps.list_reserve(reserve_id=reserve.pk, actor=admin_of(STREET), now=NOW)

    def test_who_was_not_listed_is_not_appointed_and_who_left_does_not_leave_again(self, reserve):
        with pytest.raises(IllegalMove):
            steps.leave_reserve(reserve_id=reserve.pk, appointed=True, actor=admin_of(STREET), now=NOW)
        steps.leave_reserve(reserve_id=reserve.pk, appointed=False, actor=admin_of(STREET), now=NOW)
        with pytest.raises(IllegalMove):
            steps.leave_reserve(reserve_id=reserve.pk, appointed=False, actor=admin_of(STREET), now=NOW)

    def test_strangers_find_nothing_and_readers_are_refused(self, reserve):
        for act, more in ((steps.list_reserve, {}), (steps.leave_reserve, {"appointed": False})):
            with pytest.raises(NotFound):
                act(reserve_id=reserve.pk, actor=STRANGER, now=NOW, **more)
            with pytest.raises(NotFound):
                act(reserve_id=uuid7(), actor=admin_of(STREET), now=NOW, **more)
            with pytest.raises(NotAllowed):
                act(reserve_id=reserve.pk, actor=person(Duty.READ), now=NOW, **more)


class TestHelp:
    @pytest.fixture
    def project(self):
        return HelpProject.objects.create(
            name="示例项目", area_code=STREET, kind="elders", provider=make_unit(), since=TODAY, sessions_due=4
        )

    def test_delivered_by_one_and_accepted_by_another(self, project):
        steps.deliver_help(project_id=project.pk, sessions_done=4, actor=admin_of(STREET), now=NOW)
        done = steps.accept_help(project_id=project.pk, actor=admin_of(STREET), now=NOW)
        assert (done.state, done.accepted_on) == (HelpState.ACCEPTED, TODAY)

    @pytest.mark.parametrize("sessions", [0, -1, 30_001])
    def test_sessions_are_a_number_that_can_be(self, project, sessions):
        with pytest.raises(Invalid):
            steps.deliver_help(project_id=project.pk, sessions_done=sessions, actor=admin_of(STREET), now=NOW)

    def test_not_accepted_before_delivery_nor_by_the_same_nor_with_too_few(self, project):
        one = admin_of(STREET)
        with pytest.raises(IllegalMove):
            steps.accept_help(project_id=project.pk, actor=one, now=NOW)
        steps.deliver_help(project_id=project.pk, sessions_done=3, actor=one, now=NOW)
        for who in (one, admin_of(STREET)):
            with pytest.raises(IllegalMove):
                steps.accept_help(project_id=project.pk, actor=who, now=NOW)
        with pytest.raises(IllegalMove):
            steps.deliver_help(project_id=project.pk, sessions_done=4, actor=one, now=NOW)

    def test_strangers_find_nothing(self, project):
        with pytest.raises(NotFound):
            steps.deliver_help(project_id=project.pk, sessions_done=1, actor=STRANGER, now=NOW)
        with pytest.raises(NotFound):
            steps.accept_help(project_id=uuid7(), actor=admin_of(STREET), now=NOW)


def test_thanks_are_taken_note_of_by_the_person_alone_and_once():
    account = make_account(COMMUNITY)
    held = make_appointment(account, make_unit(COMMUNITY, UnitKind.COMMUNITY_COMMITTEE), Post.GRID_WORKER)
    thanks = Recognition.objects.create(appointment=held, area_code=COMMUNITY, kind="ceremony", title="表彰", on=TODAY)
    for other in (admin_of(STREET), resident()):
        with pytest.raises(NotFound):
            steps.acknowledge_recognition(recognition_id=thanks.pk, actor=other, now=NOW)
    for moment in (NOW, NOW + DAY):
        row = steps.acknowledge_recognition(recognition_id=thanks.pk, actor=as_person(account), now=moment)
    assert row.acknowledged_at == NOW
    assert queries.recognitions_of(account.pk) == [row]


class TestSkills:
    def enter(self, **given):
        values = {
            "name": "李示例", "phone": "13800000012", "area_code": STREET, "skill": "mediation", "offers": "周末",
            "until": YEAR, "agreed": True, "actor": person(Duty.KEEP_PEOPLE, Duty.ORGANISE, Duty.OPEN_CONTACT), "now": NOW,
        }  # fmt: skip
        return talents.enter_talent(**{**values, **given})

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"agreed": False}, "agreed"),
            ({"skill": "magic"}, "skill"),
            ({"until": TODAY}, "until"),
            ({"until": TODAY + timedelta(days=800)}, "until"),
            ({"name": " "}, "name"),
        ],
    )
    def test_what_does_not_fit_is_named(self, given, field):
        given.setdefault("skill", Skill.values[0])
        with pytest.raises(Invalid) as why:
            self.enter(**given)
        assert list(why.value.errors) == [field]

    def test_a_missing_one_is_not_found_and_a_word_is_taken_back_once(self):
        talent, code = self.enter(skill=Skill.values[0])
        keeper = person(Duty.ORGANISE)
        with pytest.raises(NotFound):
            talents.open_talent(talent_id=uuid7(), actor=person(Duty.ORGANISE), now=NOW)
        with pytest.raises(NotAllowed):
            talents.open_talent(talent_id=talent.pk, actor=person(Duty.ORGANISE), now=NOW)
        with pytest.raises(NotFound):
            talents.withdraw_talent(code="000000000000", actor=resident(), now=NOW)
        with pytest.raises(NotFound):
            talents.withdraw_talent(talent_id=uuid7(), actor=keeper, now=NOW)
        with pytest.raises(NotFound):
            talents.withdraw_talent(talent_id=talent.pk, actor=STRANGER, now=NOW)
        assert queries.talent_by_code(code) == queries.talent_of_holder(talent.pk) == talent
        for actor in (keeper, resident()):
            back = talents.withdraw_talent(
                **({"talent_id": talent.pk} if actor is keeper else {"code": code}), actor=actor, now=NOW
            )
        assert (back.withdrawn_at, back.offers) == (NOW, "")
        assert queries.talent_by_code(code) is None
        with pytest.raises(IllegalMove):
            talents.open_talent(talent_id=talent.pk, actor=person(Duty.ORGANISE, Duty.OPEN_CONTACT), now=NOW)


class TestAccounts:
    def test_somebody_is_let_in_with_a_password_to_change_and_closed_once(self):
        account = make_account()
        password = actions.let_in(account_id=account.pk, actor=admin_of(STREET), now=NOW)
        account.refresh_from_db()
        assert account.check_password(password)
        assert account.must_change_password
        for _time in range(2):
            actions.close_account(account_id=account.pk, actor=admin_of(STREET), now=NOW)
        assert History.objects.filter(object_id=account.pk, verb="closed").count() == 1
        with pytest.raises(IllegalMove):
            actions.let_in(account_id=account.pk, actor=admin_of(STREET), now=NOW)

    def test_nobody_lets_oneself_in_and_a_stranger_nobody(self):
        account = make_account()
        with pytest.raises(NotAllowed):
            actions.let_in(account_id=account.pk, actor=as_person(account, Duty.ADMIN_PEOPLE), now=NOW)
        with pytest.raises(NotFound):
            actions.let_in(account_id=account.pk, actor=STRANGER, now=NOW)
        with pytest.raises(NotFound):
            actions.let_in(account_id=uuid7(), actor=admin_of(STREET), now=NOW)

    def test_a_password_is_ones_own_or_set_by_an_administrator_who_makes_it_change(self):
        account = make_account()
        own = actions.change_password(
            account_id=account.pk, password="长而新的口令 2026", actor=as_person(account), now=NOW
        )
        assert not own.must_change_password
        other = actions.change_password(
            account_id=account.pk, password="又长又新的口令 2026", actor=admin_of(STREET), now=NOW
        )
        assert other.must_change_password
        with pytest.raises(NotFound):
            actions.change_password(account_id=uuid7(), password="x" * 20, actor=person(id=None), now=NOW)
        gone = uuid7()
        with pytest.raises(NotFound):
            actions.change_password(account_id=gone, password="x" * 20, actor=person(id=gone), now=NOW)

    def test_names_that_are_none_are_named_and_signing_is_written_down(self):
        for fields, field in (({"username": "a b"}, "username"), ({"name": " "}, "name")):
            with pytest.raises(Invalid) as why:
                make_account(**fields)
            assert list(why.value.errors) == [field]
        account = make_account()
        actions.note_sign_in(account_id=account.pk, method="password", actor=as_person(account), now=NOW)
        actions.note_sign_out(account_id=account.pk, actor=as_person(account), now=NOW)
        assert set(History.objects.filter(object_id=account.pk).values_list("verb", flat=True)) >= {
            "signed_in", "signed_out",
        }  # fmt: skip


class TestUnitsAndPosts:
    def test_a_branch_is_raised_by_a_decision_and_never_on_a_later_day(self):
        branch = make_unit(COMMUNITY, UnitKind.COMMUNITY_PARTY)

        def raised(**given):
            values = {"party_form": PartyRank.GENERAL, "on": TODAY, "paper": "批复 1 号"}
            return posts.raise_rank(
                organisation_id=branch.pk, actor=admin_of(STREET), **{"now": NOW + DAY, **values, **given}
            )

        higher = PartyRank.values[1]
        for given, field in (
            ({"party_form": PartyRank.values[0]}, "party_form"),
            ({"party_form": higher, "paper": " "}, "paper"),
            ({"party_form": higher, "on": TODAY + 9 * DAY}, "on"),
        ):
            with pytest.raises(Invalid) as why:
                raised(**given)
            assert list(why.value.errors) == [field]
        early = datetime(2026, 10, 20, 22, 0, tzinfo=UTC)  # already the next day here
        assert raised(party_form=higher, on=date(2026, 10, 21), now=early).party_form == higher
        with pytest.raises(NotFound):
            posts.raise_rank(
                organisation_id=uuid7(), party_form=higher, on=TODAY, paper="1", actor=admin_of(STREET), now=NOW
            )

    def test_what_is_missing_or_wrong_of_a_post_is_said(self):
        account, unit = make_account(), make_unit()
        for given in ({"account_id": uuid7()}, {"organisation_id": uuid7()}):
            with pytest.raises(NotFound):
                make_appointment(account, unit, **given)
        with pytest.raises(Invalid):
            make_appointment(account, unit, "king")
        with pytest.raises(NotAllowed):
            make_appointment(account, unit, actor=as_person(account, Duty.ADMIN_PEOPLE))
        with pytest.raises(Invalid) as why:
            make_appointment(account, unit, Post.HANDLER, duties=["order"])
        assert list(why.value.errors) == ["duties"]
        with pytest.raises(NotFound):
            actions.end_appointment(appointment_id=uuid7(), actor=admin_of(STREET), now=NOW)
        held = make_appointment(account, unit)
        for _time in range(2):
            actions.end_appointment(appointment_id=held.pk, actor=admin_of(STREET), now=NOW)
        assert History.objects.filter(object_id=held.pk, verb="ended").count() == 1

    def test_an_upper_unit_that_is_missing_or_below_is_refused(self):
        with pytest.raises(NotFound):
            make_unit(COMMUNITY, UnitKind.COMMUNITY_PARTY, parent_id=uuid7())
        with pytest.raises(NotFound):
            actions.end_responsibility(responsibility_id=uuid7(), actor=admin_of(STREET), now=NOW)
        with pytest.raises(NotFound):
            actions.assign_responsibility(
                unit_id=uuid7(), area_code=STREET, matter_code="", order=0, actor=admin_of(STREET), now=NOW
            )

    @pytest.mark.parametrize(
        ("arguments", "more", "column"),
        [
            ((UnitKind.GRID_BRANCH, GRID, None), {}, "parent"),
            ((UnitKind.GRID_BRANCH, GRID, (UnitKind.STREET_SECTION, STREET)), {}, "parent"),
            ((UnitKind.GRID_BRANCH, NEXT_DOOR, (UnitKind.COMMUNITY_PARTY, COMMUNITY)), {}, "parent"),
            ((UnitKind.STREET_SECTION, STREET, None), {"party_form": "branch"}, "party_form"),
            ((UnitKind.STREET_SECTION, STREET, None), {"arrangement": "single"}, "arrangement"),
            ((UnitKind.STREET_SECTION, STREET, None), {"firms": 2}, "firms_covered"),
        ],
    )
    def test_what_may_not_stand_there_names_its_column(self, arguments, more, column):
        assert unit_problem(*arguments, **more)[0] == column


class TestGrants:
    def test_a_request_has_a_reason_a_person_and_is_not_for_what_is_held(self):
        actions.load_shipped_roles(actor=system(), now=NOW)
        account = make_account()
        asked = {"account_id": account.pk, "role_code": "system_admin", "area_code": STREET, "now": NOW}
        with pytest.raises(Invalid):
            roles.ask_grant(**asked, reason=" ", actor=admin_of(STREET))
        with pytest.raises(NotAllowed):
            roles.ask_grant(**asked, reason="需要", actor=system())
        make_grant(account, "system_admin")
        with pytest.raises(Conflict):
            roles.ask_grant(**asked, reason="需要", actor=admin_of(STREET))

    def test_missing_ones_are_not_found(self):
        with pytest.raises(NotFound):
            roles.revoke_role(grant_id=uuid7(), actor=admin_of(STREET), now=NOW)
        with pytest.raises(NotFound):
            roles.withdraw_grant_request(request_id=uuid7(), actor=admin_of(STREET), now=NOW)
        actions.load_shipped_roles(actor=system(), now=NOW)
        with pytest.raises(NotFound):
            make_grant(make_account(), "handler", unit_id=uuid7(), actor=admin_of(STREET))

    def test_only_the_asker_takes_it_back_and_only_while_it_waits_and_a_closed_account_gets_nothing(self):
        actions.load_shipped_roles(actor=system(), now=NOW)
        account, one = make_account(), admin_of(STREET)
        request = roles.ask_grant(
            account_id=account.pk, role_code="system_admin", area_code=STREET, reason="需要", actor=one, now=NOW
        )
        with pytest.raises(IllegalMove):
            roles.withdraw_grant_request(request_id=request.pk, actor=admin_of(STREET), now=NOW)
        with pytest.raises(NotFound):
            roles.withdraw_grant_request(request_id=request.pk, actor=STRANGER, now=NOW)
        actions.close_account(account_id=account.pk, actor=system(), now=NOW)
        with pytest.raises(IllegalMove), transaction.atomic():
            roles.decide_grant(request_id=request.pk, granted=True, words="", actor=person(Duty.SECURE), now=NOW)
        roles.withdraw_grant_request(request_id=request.pk, actor=one, now=NOW)
        with pytest.raises(IllegalMove):
            roles.withdraw_grant_request(request_id=request.pk, actor=one, now=NOW)


class TestReads:
    def test_lists_hold_what_the_viewer_may_see(self):
        account, unit = make_account(), make_unit()
        held = make_appointment(account, unit)
        assert queries.account(account.pk) == account
        assert queries.names_of([account.pk]) == {account.pk: "李示例"}
        assert str(queries.named([account.pk])[account.pk]).startswith("李示例（")
        assert queries.unit(unit.pk) == unit
        assert queries.units([unit.pk]) == {unit.pk: unit}
        assert unit in queries.units_for(GRID, beside=STREET)
        assert held in queries.directory(system(), now=NOW)
        assert queries.directory(STRANGER, now=NOW) == []
        assert unit in queries.tree_under([STREET], kinds=[UnitKind.STREET_SECTION])
        assert queries.tree_under([]) == []
        actions.load_shipped_roles(actor=system(), now=NOW)
        assert "handler" in {one.code for one in queries.roles()}
        assert queries.households_in([]) is None
        assert queries.requests_waiting(STRANGER) == []
