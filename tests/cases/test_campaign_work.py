"""A campaign reaches the units whose places are in it: by a notice, in their work, and as points on its map."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.cases.actions import campaigns as acts
from huying.cases.actions.campaigns import NewSpot
from huying.cases.models import CampaignSpot
from huying.cases.queries import campaigns as reads
from huying.clocks.queries import mark
from huying.notices.models import Notice
from tests.cases.test_campaigns import finish, plan, spots_in
from tests.notices.conftest import spread
from tests.world import BANYAN, GRID, KAPOK, NOW, STREET, build_world

pytestmark = pytest.mark.django_db
OUTSIDE = ("next_handler", "next_dispatcher", "enforcer", "water_handler", "kapok_worker", "clerk")


@pytest.fixture
def world():
    return build_world()


def listed(world, unit="sanitation", **given):
    made = plan(world)
    unit_id = world.units[unit].pk if unit else None
    acts.add_spots(made.pk, spots=spots_in(world), unit_id=unit_id, actor=world.dispatcher, now=NOW, **given)
    return made


def begun(world, unit="sanitation"):
    made = listed(world, unit)
    acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW)
    spread()
    return made


def told(world, key):
    return list(Notice.objects.filter(account=world.accounts[key], kind="campaign_shared").order_by("made_at"))


def waiting(world, key):
    return [one.number for one in reads.waiting_for(world.people[key])]


class TestNotice:
    def test_who_works_for_the_unit_hears_when_it_begins_and_nobody_else(self, world):
        made = listed(world)
        spread()
        assert not Notice.objects.filter(kind="campaign_shared").exists()
        acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW)
        spread()
        for key in ("handler", "unit_head"):
            (one,) = told(world, key)
            assert (one.object_kind, one.object_id) == ("campaign", made.pk)
            assert "2 个点位" in one.title
            assert "2026-11-19" in one.body
        assert [told(world, key) for key in OUTSIDE] == [[]] * len(OUTSIDE)

    def test_a_committee_hears_by_those_who_report_there(self, world):
        begun(world, "banyan")
        assert told(world, "grid_worker")
        assert not told(world, "kapok_worker")
        assert not told(world, "handler")

    def test_what_is_shared_later_is_told_to_whom_it_goes(self, world):
        made = begun(world)
        one = CampaignSpot.objects.order_by("number").first()
        acts.share_spots(
            made.pk, spot_ids=[one.pk], unit_id=world.units["enforcement"].pk, actor=world.dispatcher,
            now=NOW + timedelta(hours=1),
        )  # fmt: skip
        spread()
        assert len(told(world, "enforcer")) == 1
        assert len(told(world, "handler")) == 1

    def test_the_same_act_again_tells_nobody_again(self, world):
        begun(world)
        before = Notice.objects.count()
        spread()
        assert Notice.objects.count() == before


class TestMyWork:
    def test_places_wait_for_whoever_works_on_them_until_they_are_done(self, world):
        made = listed(world)
        assert waiting(world, "handler") == []  # it has not begun
        acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW)
        assert waiting(world, "handler") == waiting(world, "unit_head") == [1, 2]
        assert [waiting(world, key) for key in OUTSIDE] == [[]] * len(OUTSIDE)
        first = CampaignSpot.objects.get(number=1)
        finish(world, first)
        assert waiting(world, "handler") == [2]
        acts.fail_spot(first.pk, words="还有一辆。", actor=world.grid_worker2, now=NOW)
        assert waiting(world, "handler") == [1, 2]
        acts.share_spots(
            made.pk, spot_ids=[first.pk], unit_id=world.units["enforcement"].pk, actor=world.dispatcher, now=NOW
        )
        assert (waiting(world, "handler"), waiting(world, "enforcer")) == ([2], [1])
        acts.close_campaign(made.pk, words="剩下的常态管。", actor=world.dispatcher, now=NOW)
        assert waiting(world, "handler") == []

    def test_each_committee_has_its_own(self, world):
        made = plan(world)
        spots = [NewSpot("榕树社区后巷", BANYAN), NewSpot("木棉社区后巷", KAPOK)]
        acts.add_spots(made.pk, spots=spots, by_community=True, actor=world.dispatcher, now=NOW)
        acts.begin_campaign(made.pk, actor=world.dispatcher, now=NOW)
        assert (waiting(world, "grid_worker2"), waiting(world, "kapok_worker")) == ([1], [2])

    def test_nothing_is_asked_where_no_place_is_theirs(self, world):
        begun(world)
        reads.waiting_for(world.handler)
        mark()
        with CaptureQueriesContext(connection) as asked:
            for key in OUTSIDE:
                assert reads.waiting_for(world.people[key]) == []
        assert len(asked) == 0
        with CaptureQueriesContext(connection) as asked:
            assert len(reads.waiting_for(world.handler)) == 2
        assert len(asked) == 1

    def test_the_page_lists_them_and_leads_there(self, world, client):
        made = begun(world)
        client.force_login(world.accounts["handler"], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get("/desk/").content.decode()
        assert "专项整治点位" in page
        assert f"/desk/cases/campaigns/{made.pk}/?mine=1" in page
        client.force_login(world.accounts["enforcer"], backend="django.contrib.auth.backends.ModelBackend")
        assert "专项整治点位" not in client.get("/desk/").content.decode()


class TestMap:
    def test_places_with_a_point_are_dots_with_their_state_in_words(self, world, client):
        made = begun(world)
        acts.add_spots(
            made.pk, spots=[NewSpot("没有坐标的后巷", GRID)], unit_id=world.units["enforcement"].pk,
            actor=world.dispatcher, now=NOW,
        )  # fmt: skip
        finish(world, CampaignSpot.objects.get(number=1))
        client.force_login(world.accounts["handler"], backend="django.contrib.auth.backends.ModelBackend")
        points = f"/desk/cases/campaigns/{made.pk}/points.json"
        page = client.get(f"/desk/cases/campaigns/{made.pk}/")
        drawn = page.context["map"]
        assert (drawn["points_url"], drawn["without"], drawn["most"]) == (points, 1, 0)
        assert drawn["url"].endswith(f"?area={STREET}")
        assert points in page.content.decode()
        told_of = [one["properties"] for one in client.get(points).json()["features"]]
        assert [(one["number"], one["tone"]) for one in told_of] == [(2, "gold"), (1, "grey")]
        assert told_of[0]["name"] == "榕树路 1 号路口 待整治"
        assert told_of[0]["url"] == f"/desk/cases/campaigns/spots/{CampaignSpot.objects.get(number=2).pk}/"
        shown = client.get(f"{points}?state=done").json()["features"]
        assert [one["properties"]["number"] for one in shown] == [1]

    def test_without_points_there_is_no_map(self, world, client):
        made = plan(world)
        acts.add_spots(made.pk, spots=[NewSpot("后巷", GRID)], actor=world.dispatcher, now=NOW)
        client.force_login(world.accounts["dispatcher"], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"/desk/cases/campaigns/{made.pk}/")
        assert page.context["map"] == {}
        assert "points.json" not in page.content.decode()

    @pytest.mark.parametrize("who", ["next_dispatcher", "next_handler"])
    def test_a_stranger_sees_no_point(self, world, client, who):
        made = begun(world)
        client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(f"/desk/cases/campaigns/{made.pk}/points.json").status_code == 404
