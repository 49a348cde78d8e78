"""Campaigns as acts: planned, listed, shared, worked through, checked by another, closed, published; and who may not."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.cases.actions import campaigns as acts
from huying.cases.actions import rehoming
from huying.cases.actions.campaigns import NewSpot
from huying.cases.actions.incidents import declare_incident
from huying.cases.models import Campaign, CampaignSpot, Case
from huying.cases.queries import campaigns as reads
from huying.cases.queries.replay import mismatches
from huying.cases.rules.campaigns import (
    FLOW,
    Finding,
    Given,
    SpotFacts,
    SpotState,
    SpotVerb,
    counted,
    percent,
)
from huying.files.imaging import prepare_image
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.places.heirs import Heirs
from huying.places.models import Facility
from tests.files.pictures import photo
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, STREET, build_world, middle

HOUR = timedelta(hours=1)
DAY = date(2026, 10, 20)


class TestRules:
    def test_every_state_can_still_be_checked_while_it_goes_on(self):
        steps = {(source, move.lands(source)) for move in FLOW for source in move.sources}
        reaching = {SpotState.CHECKED}
        while more := {source for source, target in steps if target in reaching} - reaching:
            reaching |= more
        assert reaching == set(SpotState)

    @pytest.mark.parametrize("verb", SpotVerb)
    def test_nothing_moves_where_the_campaign_does_not_go_on(self, verb):
        for state in SpotState:
            assert FLOW.refusal(verb, SpotFacts(state, running=False)) is not None

    @pytest.mark.parametrize(
        ("said", "more", "fits"),
        [
            (Given("", "solved", 1, 1), {}, True),
            (Given("", "solved", 0, 1), {"has_before": True}, True),
            (Given("", "solved", 0, 1), {}, False),
            (Given("", "solved", 1, 0), {}, False),
            (Given("没有看到。", "nothing", 1, 0), {}, True),
            (Given("", "nothing", 1, 0), {}, False),
            (Given("要立项。", "handed_on", 1, 0), {"has_case": True}, True),
            (Given("要立项。", "handed_on", 1, 0), {}, False),
            (Given("", "", 1, 1), {}, False),
        ],
    )
    def test_what_a_finish_shows(self, said, more, fits):
        facts = SpotFacts(SpotState.IN_HAND, running=True, given=said, **more)
        assert (FLOW.refusal(SpotVerb.FINISH, facts) is None) is fits

    @given(st.lists(st.sampled_from(sorted(SpotState))))
    def test_every_place_stands_in_one_state_and_is_counted_once(self, states):
        counts = counted(states)
        assert counts.every == len(states) == sum(counts.of(one) for one in SpotState)
        assert counts.done <= counts.every

    def test_a_share_is_told_with_its_denominator(self):
        assert (percent(8, 10), percent(0, 0)) == ("80%（8/10）", "—")


@pytest.fixture
def world(db):
    return build_world()


def plan(world, *, actor=None, **given):
    values = {
        "name": "共享单车乱停放整治", "aim": "人行道上不留一辆乱停的车。", "area_code": STREET, "type_codes": ["0103"],
        "from_day": DAY, "until_day": DAY + timedelta(days=30), **given,
    }  # fmt: skip
    return acts.plan_campaign(actor=actor or world.dispatcher, now=NOW, **values)


def picture():
    return prepare_image(photo())


def spots_in(world, *, unit="sanitation", count=2):
    lng, lat = middle(GRID)
    return [NewSpot(f"榕树路 {number} 号路口", lng=lng, lat=lat + number / 10000) for number in range(count)]


@pytest.fixture
def campaign(world):
    """One that goes on, with two places of the sanitation centre."""
    made = plan(world)
    acts.add_spots(
        made.pk, spots=spots_in(world), unit_id=world.units["sanitation"].pk, actor=world.dispatcher, now=NOW
    )
    return acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW)


@pytest.fixture
def spot(campaign):
    return CampaignSpot.objects.filter(campaign=campaign).order_by("number").first()


def finish(world, spot, *, actor=None, now=NOW, **given):
    values = {"finding": "solved", "before": [picture()], "after": [picture()], **given}
    return acts.finish_spot(spot.pk, actor=actor or world.handler, now=now, **values)


class TestPlanning:
    def test_it_is_planned_listed_shared_and_begun(self, world):
        made = plan(world)
        with pytest.raises(IllegalMove):
            acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW)
        acts.add_spots(made.pk, spots=spots_in(world), actor=world.dispatcher, now=NOW)
        with pytest.raises(IllegalMove):  # nobody's share
            acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW)
        ids = list(CampaignSpot.objects.values_list("pk", flat=True))
        unit = world.units["sanitation"].pk
        assert acts.share_spots(made.pk, spot_ids=ids, unit_id=unit, actor=world.dispatcher, now=NOW) == 2
        assert acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW).state == "running"
        assert set(CampaignSpot.objects.values_list("area_code", flat=True)) == {GRID}

    def test_each_community_takes_its_own(self, world):
        made = plan(world)
        spots = [NewSpot("榕树社区后巷", BANYAN), NewSpot("木棉社区后巷", KAPOK)]
        acts.add_spots(made.pk, spots=spots, by_community=True, actor=world.dispatcher, now=NOW)
        mine = dict(CampaignSpot.objects.values_list("area_code", "unit_id"))
        assert mine == {BANYAN: world.units["banyan"].pk, KAPOK: world.units["kapok"].pk}

    def test_a_registered_place_is_listed_once(self, world):
        park = Facility.objects.create(kind="park", name="榕树公园", area_code=GRID, lng=113.305, lat=23.105)
        made = plan(world)
        found = reads.places_of_kind("facility-park", STREET)
        assert reads.kinds_in(STREET) == [("facility-park", 1)]
        spots = [NewSpot(one.name, one.area_code, one.lng, one.lat, one.id) for one in found]
        assert acts.add_spots(made.pk, spots=[*spots, *spots], actor=world.dispatcher, now=NOW) == 1
        assert acts.add_spots(made.pk, spots=spots, actor=world.dispatcher, now=NOW) == 0
        assert CampaignSpot.objects.get().place_id == park.pk

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"name": " "}, "name"), ({"aim": ""}, "aim"), ({"type_codes": []}, "type_codes"),
         ({"type_codes": ["9999"]}, "type_codes"), ({"until_day": DAY - timedelta(days=1)}, "until_day"),
         ({"until_day": DAY + timedelta(days=400)}, "until_day"), ({"area_code": "x"}, "area_code")],
    )  # fmt: skip
    def test_what_is_wrong_is_named(self, world, change, field):
        with pytest.raises(Invalid) as why:
            plan(world, **change)
        assert set(why.value.errors) == {field}

    def test_a_place_elsewhere_is_refused(self, world):
        made = plan(world)
        lng, lat = middle(NEXT_DOOR + "001001")
        for spots in ([NewSpot("邻街", lng=lng, lat=lat)], [NewSpot("邻街", NEXT_DOOR)], []):
            with pytest.raises(Invalid):
                acts.add_spots(made.pk, spots=spots, actor=world.dispatcher, now=NOW)

    def test_who_may_not(self, world):
        for actor in (world.clerk, world.handler, world.next_dispatcher):
            with pytest.raises(NotAllowed):
                plan(world, actor=actor)
        made = plan(world)
        for act in (acts.begin_campaign, acts.hide_campaign):
            with pytest.raises(NotFound):
                act(made.pk, actor=world.next_dispatcher, now=NOW)
        with pytest.raises(NotFound):  # one that is being prepared is for those who lead
            acts.begin_campaign(made.pk, actor=world.clerk, now=NOW)

    def test_one_key_plans_one(self, world):
        key = uuid7()
        first = plan(world, key=key)
        assert plan(world, key=key) == first
        with pytest.raises(KeyReused):
            plan(world, key=key, name="别的整治")
        assert Campaign.objects.count() == 1


class TestWorking:
    def test_a_place_is_started_done_and_checked_by_another(self, world, spot):
        acts.start_spot(spot.pk, images=[picture()], actor=world.handler, now=NOW)
        done = finish(world, spot, before=[])
        assert (done.state, done.done_by) == ("done", world.handler.id)
        before, after = reads.pair_of(reads.photos_of([spot.pk])[spot.pk])
        assert (before.purpose, after.purpose) == ("before", "after")
        assert acts.pass_spot(spot.pk, actor=world.dispatcher, now=NOW).state == "checked"

    def test_nobody_checks_the_own_work(self, world, campaign):
        lng, lat = middle(GRID)
        acts.add_spots(
            campaign.pk, spots=[NewSpot("后巷", lng=lng, lat=lat)], unit_id=world.units["banyan"].pk,
            actor=world.dispatcher, now=NOW,
        )  # fmt: skip
        spot = CampaignSpot.objects.get(name="后巷")
        finish(world, spot, actor=world.grid_worker)
        with pytest.raises(IllegalMove):
            acts.pass_spot(spot.pk, actor=world.grid_worker, now=NOW)
        assert acts.pass_spot(spot.pk, actor=world.grid_worker2, now=NOW).state == "checked"

    def test_what_is_missing_goes_back_and_what_is_back_is_counted(self, world, spot):
        finish(world, spot)
        with pytest.raises(IllegalMove):
            acts.fail_spot(spot.pk, words="", actor=world.dispatcher, now=NOW)
        assert acts.fail_spot(spot.pk, words="还有两辆。", actor=world.dispatcher, now=NOW).state == "came_back"
        finish(world, spot)
        acts.pass_spot(spot.pk, actor=world.dispatcher, now=NOW)
        again = acts.recur_spot(spot.pk, words="又停满了。", actor=world.dispatcher, now=NOW)
        assert (again.state, again.came_back) == ("came_back", 2)

    def test_what_cannot_be_put_right_becomes_a_case_found_by_ourselves(self, world, campaign):
        lng, lat = middle(GRID)
        acts.add_spots(
            campaign.pk, spots=[NewSpot("后巷", lng=lng, lat=lat)], unit_id=world.units["banyan"].pk,
            actor=world.dispatcher, now=NOW,
        )  # fmt: skip
        spot = CampaignSpot.objects.get(name="后巷")
        key = uuid7()
        for _ in range(2):
            acts.open_case(spot.pk, words="地砖塌了，要立项。", key=key, actor=world.grid_worker, now=NOW)
        spot.refresh_from_db()
        case = Case.objects.get(pk=spot.case_id)
        assert (case.channel, case.area_code, case.type_code) == ("patrol", GRID, "0103")
        with pytest.raises(IllegalMove):
            acts.open_case(spot.pk, words="再来一次。", actor=world.grid_worker, now=NOW)
        finish(world, spot, finding="handed_on", words="转案件。", after=[], actor=world.grid_worker)
        assert Case.objects.count() == 1

        acts.pass_spot(spot.pk, actor=world.dispatcher, now=NOW)
        Case.objects.update(state="answered", ended_at=NOW + HOUR)
        acts.recur_spot(spot.pk, words="又塌了。", actor=world.dispatcher, now=NOW + 2 * HOUR)
        with pytest.raises(IllegalMove):  # the case that ended before does not deal with what came back
            finish(world, spot, finding="handed_on", words="转案件。", after=[], actor=world.grid_worker)
        acts.open_case(spot.pk, words="又塌了一块。", actor=world.grid_worker, now=NOW + 3 * HOUR)
        finish(world, spot, finding="handed_on", words="转案件。", after=[], actor=world.grid_worker)
        assert Case.objects.count() == 2

    def test_who_may_not(self, world, spot):
        with pytest.raises(NotFound):
            finish(world, spot, actor=world.next_handler)
        with pytest.raises(NotFound):  # a unit that has no share
            finish(world, spot, actor=world.enforcer)
        with pytest.raises(NotAllowed):  # of the street, but not of the unit
            finish(world, spot, actor=world.clerk)
        finish(world, spot)
        with pytest.raises(NotAllowed):
            acts.pass_spot(spot.pk, actor=world.unit_head, now=NOW)

    def test_one_key_acts_once(self, world, spot):
        key, seen = uuid7(), picture()
        for _ in range(2):
            finish(world, spot, key=key, before=[seen], after=[seen])
        with pytest.raises(KeyReused):
            finish(world, spot, key=key, words="别的。", before=[seen], after=[seen])
        assert History.objects.filter(kind="campaign_spot").count() == 1


class TestClosing:
    def test_it_is_closed_counted_and_published_by_a_leader_alone(self, world, campaign, spot):
        finish(world, spot)
        acts.pass_spot(spot.pk, actor=world.dispatcher, now=NOW)
        with pytest.raises(IllegalMove):
            acts.publish_campaign(campaign.pk, words="好了。", actor=world.leader, now=NOW)
        acts.close_campaign(campaign.pk, words="一处好了，一处明年做。", actor=world.dispatcher, now=NOW)
        told = reads.progress_of(reads.spots_of(campaign.pk))
        assert (told.every.every, told.every.of(SpotState.CHECKED), told.findings[Finding.SOLVED]) == (2, 1, 1)
        with pytest.raises(IllegalMove):
            finish(world, spot)
        assert reads.published_in(STREET) == []
        with pytest.raises(NotAllowed):
            acts.publish_campaign(campaign.pk, words="好了。", actor=world.dispatcher, now=NOW)
        with pytest.raises(Invalid):
            acts.publish_campaign(campaign.pk, words="电话 13800138000", actor=world.leader, now=NOW)
        acts.publish_campaign(campaign.pk, words="人行道通了。", actor=world.leader, now=NOW)
        shown = reads.published_in(GRID)[0]
        assert (shown.places, shown.done, shown.checked) == (2, 1, 1)
        assert reads.published_in(NEXT_DOOR) == []
        acts.hide_campaign(campaign.pk, actor=world.leader, now=NOW)
        assert reads.published_in(STREET) == []


class TestWhatBecameConfidential:
    def test_it_is_in_no_count_and_no_list_of_the_campaign(self, world):
        campaign = plan(world)
        acts.add_spots(
            campaign.pk, spots=spots_in(world), unit_id=world.units["banyan"].pk, actor=world.dispatcher, now=NOW
        )
        acts.begin_campaign(campaign.pk, actor=world.dispatcher, now=NOW)
        spot = CampaignSpot.objects.order_by("number").first()
        acts.open_case(spot.pk, words="要城管来处理。", actor=world.grid_worker, now=NOW)
        told = reads.progress_of(reads.spots_of(campaign.pk))
        assert (told.cases, told.cases_ended) == (1, 0)
        Case.objects.filter(pk=CampaignSpot.objects.get(pk=spot.pk).case_id).update(confidential=True, restricted=True)
        told = reads.progress_of(reads.spots_of(campaign.pk))
        assert (told.cases, told.cases_ended) == (0, 0)
        assert not any(reads.tells_of_case(one) for one in reads.spots_of(campaign.pk))
        client = Client()
        client.force_login(world.accounts["grid_worker"], backend="django.contrib.auth.backends.ModelBackend")
        for path in (f"/desk/cases/campaigns/{campaign.pk}/", f"/desk/cases/campaigns/spots/{spot.pk}/"):
            page = client.get(path)
            assert page.status_code == 200
            assert "已转" not in page.content.decode()


class TestWhoSees:
    def test_those_who_take_part_and_no_others(self, world, campaign, spot):
        for one in (world.dispatcher, world.clerk, world.grid_worker, world.handler, world.leader):
            assert [row.pk for row, _counts in reads.campaigns(one)] == [campaign.pk]
            assert reads.spot(spot.pk, one) == spot
        for one in (world.next_dispatcher, world.next_handler, world.enforcer):
            assert reads.campaigns(one) == []
            for read, key in ((reads.campaign, campaign.pk), (reads.spot, spot.pk)):
                with pytest.raises(NotFound):
                    read(key, one)

    def test_the_list_reads_no_place_of_a_thousand(self, world, campaign, spot):
        acts.start_spot(spot.pk, actor=world.handler, now=NOW)
        with CaptureQueriesContext(connection) as asked:
            ((_campaign, counts),) = reads.campaigns(world.dispatcher)
        assert (counts.every, counts.of(SpotState.IN_HAND), counts.of(SpotState.WAITING)) == (2, 1, 1)
        assert all("GROUP BY" in one["sql"] for one in asked if "campaignspot" in one["sql"].partition("WHERE")[0])


class TestRedrawn:
    def test_places_and_incidents_follow_an_area_that_was_divided(self, world, campaign, spot):
        case = world.call().case
        incident = declare_incident(
            case.pk, title="停水", place_words="一网格", area_codes=[GRID], words="在抢修。", began_at=NOW, any_type=True,
            actor=world.clerk, now=NOW,
        )  # fmt: skip
        heirs = Heirs.made([(GRID, BANYAN + "003"), (GRID, BANYAN + "004")], {})
        rehoming._follow_incidents(heirs, uuid7(), system("places"), NOW)
        rehoming._follow_spots(heirs, uuid7(), system("places"), NOW)
        incident.refresh_from_db()
        spot.refresh_from_db()
        assert incident.area_codes == [BANYAN + "003", BANYAN + "004"]
        assert spot.area_code == BANYAN + "003"
        assert mismatches([case.pk]) == []
