"""Guards of people that no table holds, each knocked at by the one whom it is there for."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from huying.access.doors import CONFIRMED, USED
from huying.kernel.actor import Actor, ActorKind, Granted, system
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, NotAllowed
from huying.people import actions, api, queries, sight
from huying.people.actions import nominations, steps
from huying.people.forms import GrantForm
from huying.people.in_areas import _post_page
from huying.people.models import Appointment, GrantRequest, HelpProject, Nomination, Organisation, RoleGrant
from huying.people.rules import Duty, Post
from huying.people.rules.registers import HelpState, NominationKind
from huying.registers import actions as registers
from huying.registers import declared
from tests.people.factories import admin_of, person
from tests.world import BANYAN, DISTRICT, GRID, KAPOK, NEXT_DOOR, NOW, STREET, _person, build_world

pytestmark = pytest.mark.django_db
TODAY = (NOW + timedelta(hours=8)).date()


@pytest.fixture
def world():
    world = build_world()
    for key, name, role in (
        ("officer", "蔡化名", "security_officer"),
        ("auditor", "顾审计", "auditor"),
        ("keeper2", "高例文", "system_admin"),
    ):
        _person(world, key, name, role, STREET, "centre", Post.LIAISON, NOW, for_unit=False)
    return world


@pytest.fixture
def come(world, monkeypatch):
    """`come("keeper")`: the browser of somebody who has just said again who they are."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    def signed_in(key):
        client = Client()
        client.force_login(world.accounts[key], "django.contrib.auth.backends.ModelBackend")
        session = client.session
        session.update({CONFIRMED: int(NOW.timestamp()), USED: int(NOW.timestamp())})
        session.save()
        return client

    return signed_in


class TestSecondPersons:
    @pytest.mark.parametrize("act", [nominations.appoint_nominated, nominations.refuse_nomination])
    def test_a_nomination_is_decided_by_administrators(self, world, act):
        nomination = Nomination.objects.create(
            kind=NominationKind.CROSS, account=world.accounts["clerk"], from_unit=world.units["centre"],
            organisation=world.units["banyan"], post=Post.BRANCH_DEPUTY, area_code=BANYAN,
            until=TODAY + timedelta(days=99), nominated_by=world.head.id, nominated_at=NOW,
        )  # fmt: skip
        words = {"words": "名额满"} if act is nominations.refuse_nomination else {}
        with pytest.raises(NotAllowed):
            act(nomination_id=nomination.pk, actor=person(Duty.KEEP_PEOPLE), now=NOW, **words)

    def test_help_is_accepted_when_delivered_and_by_another(self, world):
        project = HelpProject.objects.create(
            name="示例项目", area_code=STREET, kind="elders", provider=world.units["centre"], since=TODAY,
            sessions_due=1, sessions_done=1,
        )  # fmt: skip
        one, other = admin_of(STREET), admin_of(STREET)
        with pytest.raises(IllegalMove, match="还没有交付"):
            steps.accept_help(project_id=project.pk, actor=other, now=NOW)
        steps.deliver_help(project_id=project.pk, sessions_done=1, actor=one, now=NOW)
        with pytest.raises(IllegalMove, match="自己登记交付"):
            steps.accept_help(project_id=project.pk, actor=one, now=NOW)
        assert steps.accept_help(project_id=project.pk, actor=other, now=NOW).state == HelpState.ACCEPTED

    def test_nobody_hands_a_post_to_themselves_also_without_its_grants(self, world):
        post = Appointment.objects.get(account_id=world.clerk.id)
        with pytest.raises(NotAllowed):
            actions.hand_over(
                appointment_id=post.pk, successor_id=world.keeper.id, grant_ids=[], actor=world.keeper, now=NOW
            )

    def test_nobody_changes_the_own_post(self, world):
        own = Appointment.objects.get(account_id=world.keeper.id)
        with pytest.raises(NotAllowed):
            registers.put(
                register=declared.get("appointment"), row_id=own.pk, values={"scope": "别处"}, actor=world.keeper,
                now=NOW,
            )  # fmt: skip


class TestTalents:
    @pytest.fixture
    def talent(self, world, settings, tmp_path):
        settings.DATA = tmp_path
        return actions.enter_talent(
            name="方样本", phone="13900000021", area_code=BANYAN, skill="lawyer", until=TODAY + timedelta(days=30),
            agreed=True, actor=person(Duty.ORGANISE), now=NOW,
        )[0]  # fmt: skip

    def test_an_organiser_opens_them_with_the_duty_over_the_area_and_not_for_a_unit(self, world, talent):
        unit = world.units["firm"].pk
        organises = Granted(frozenset({"organise"}), STREET)
        for opens in ((), (Granted(frozenset({"open_contact"}), STREET, unit),)):
            actor = Actor(ActorKind.PERSON, id=world.clerk.id, units=(unit,), grants=(organises, *opens))
            with pytest.raises(NotAllowed):
                actions.open_talent(talent_id=talent.pk, actor=actor, now=NOW)

    def test_who_took_the_word_back_is_not_opened(self, world, talent):
        organiser = person(Duty.ORGANISE, Duty.OPEN_CONTACT)
        assert actions.open_talent(talent_id=talent.pk, actor=organiser, now=NOW).phone == "13900000021"
        actions.withdraw_talent(talent_id=talent.pk, actor=organiser, now=NOW)
        with pytest.raises(IllegalMove, match="撤回同意"):
            actions.open_talent(talent_id=talent.pk, actor=organiser, now=NOW)


class TestReads:
    def test_units_for_programs_are_those_of_the_areas_above_them_and_the_own(self, world):
        def names(*grants, units=()):
            actor = Actor(ActorKind.PERSON, units=units, grants=grants)
            return set(Organisation.objects.filter(api._seen(actor)).values_list("name", flat=True))

        own = world.units["next_sanitation"]
        assert names(units=(own.pk,)) == {own.name}
        seen = names(Granted(frozenset({"read"}), BANYAN))
        assert seen >= {"榕树社区居委会", "街道环卫站", "区水务局"}
        assert not seen & {"木棉社区居委会", own.name}

    def test_an_office_phone_goes_to_those_who_read_the_register_there_and_to_the_unit_itself(self, world):
        unit = world.units["sanitation"]
        unit.phone = "020-80000012"
        reads, posted = Granted(frozenset({"read"}), BANYAN), Granted(frozenset({"report"}), BANYAN)

        def told(*grants, units=()):
            return api._out(unit, Actor(ActorKind.PERSON, units=units, grants=grants)).phone

        assert told(reads) == told(posted, units=(unit.pk,)) == unit.phone
        assert told(posted) == told(Granted(frozenset({"read"}), NEXT_DOOR)) == ""

    def test_a_role_is_given_over_ones_own_areas(self, world):
        for viewer, codes in ((admin_of(KAPOK), {KAPOK, KAPOK + "001"}), (person(Duty.READ), set())):
            form = GrantForm(viewer=viewer)
            assert {code for code, _name in form.fields["area"].choices} - {""} == codes

    def test_the_form_of_a_post_is_linked_for_administrators(self):
        assert GRID in _post_page(admin_of(BANYAN), GRID)
        for viewer in (admin_of(KAPOK), person(Duty.READ)):
            assert _post_page(viewer, GRID) == ""

    def test_grants_are_listed_over_the_areas_that_one_keeps(self, world):
        def areas(viewer):
            return {one.area_code for one in queries.grants_in(viewer, now=NOW, page=Page(limit=200))}

        assert areas(admin_of(BANYAN)) == {GRID, BANYAN}
        assert areas(admin_of(NEXT_DOOR)) == {NEXT_DOOR}
        assert areas(person(Duty.READ)) == set()


class TestSight:
    def test_near_are_holders_of_grants_there_units_at_work_and_who_took_it_down(self, world):
        asked = []

        def everybody(actor):
            asked.append(actor.id)
            return True

        here = sight.Sight("一件事", GRID, (world.units["firm"].pk,), (world.kapok_worker.id,), everybody)
        found = {one.account.pk: one for one in sight.who_sees(here, now=NOW)}
        assert set(found) == set(asked)
        assert set(found) > {one.id for one in (world.clerk, world.secretary, world.grid_worker, world.firm_handler)}
        assert world.kapok_worker.id in found
        for stranger in (world.next_dispatcher, world.handler, world.next_handler):
            assert stranger.id not in found

    def test_ways_are_the_grants_over_the_place_and_the_orders_of_it(self, world):
        actions.grant_role(
            account_id=world.clerk.id, role_code="reviewer", area_code=NEXT_DOOR, actor=system(), now=NOW
        )
        case = world.call().case
        found = sight.SIGHTS["case"](world.head, case.number)
        (clerk,) = (one for one in sight.who_sees(found, now=NOW) if one.account.pk == world.clerk.id)
        assert [(way.area_code, way.order) for way in clerk.ways] == [(STREET, False)]


class TestPages:
    def test_granting_is_offered_to_who_may(self, world, come):
        clerk = world.accounts["clerk"].pk
        grant = reverse("people:grant")
        for key, offered in (("keeper", True), ("officer", True), ("auditor", False)):
            for address in (reverse("people:grants"), reverse("people:held", args=[clerk])):
                page = come(key).get(address)
                assert page.status_code == 200
                assert (f'href="{grant}' in page.content.decode()) == offered, (key, address)
        assert f'href="{grant}' not in come("leader").get(reverse("people:grants")).content.decode()

    def test_a_request_is_decided_by_who_confirms_and_did_not_ask(self, world, come):
        request = GrantRequest.objects.create(
            account=world.accounts["clerk"], role_id="centre_head", area_code=STREET, reason="试", since=NOW,
            asked_by=world.keeper.id, asked_at=NOW,
        )  # fmt: skip
        for key in ("officer", "leader", "keeper", "keeper2", "auditor"):
            assert queries.requests_waiting(world.people[key]) == [request]
            page = come(key).get(reverse("people:grants")).content.decode()
            assert ('value="refuse"' in page) == (key in ("officer", "leader")), key

    def test_who_only_reads_a_post_sees_nothing_of_its_hand_over(self, world, come):
        post = Appointment.objects.get(account_id=world.grid_worker.id)
        address = reverse("people:hand_over", args=[post.pk])
        assert come("keeper").get(address).status_code == 200
        assert come("clerk").get(address).status_code == 403

    def test_a_grant_that_one_may_not_ask_about_is_not_there(self, world, come):
        grant = RoleGrant.objects.get(account_id=world.grid_worker.id)
        address = reverse("people:revoke", args=[grant.pk])
        assert come("keeper").get(address).status_code == 200
        for key in ("clerk", "next_keeper"):
            assert come(key).get(address).status_code == 404

    def test_an_area_that_does_not_exist_has_no_seers(self, come):
        client, address = come("keeper"), reverse("people:seers")
        assert client.get(address, {"area": BANYAN}).status_code == 200
        for code in (STREET + "999", NEXT_DOOR, DISTRICT):
            assert client.get(address, {"area": code}).status_code == 404
