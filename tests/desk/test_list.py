"""The list of cases: its filters, its words, its map, and its walls."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from huying.cases import actions as a
from huying.cases.models import Case, Report
from huying.cases.queries import lists
from huying.cases.queries.lists import Wanted
from huying.cases.rules import Channel
from huying.desk.rows import Rows
from huying.kernel.paging import Page
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, OTHER_GRID, STREET, middle

pytestmark = pytest.mark.django_db
BOX = "113,23,114,24"


def found(actor, *, now=NOW, limit=50, **wanted):
    return [one.pk for one in lists.cases_found(actor, Wanted(**wanted), now=now, page=Page(limit=limit))]


def dispatch(world, case, now=NOW):
    return a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=now
    )


class TestCasesFound:
    def test_every_part_of_the_filter_narrows_it(self, world):
        lng, lat = middle(KAPOK + "001")
        old = world.call(now=NOW - timedelta(days=3)).case
        kapok = world.call(lng=lng, lat=lat, channel=Channel.WECHAT).case
        handed = dispatch(world, world.call().case)
        viewer = world.head

        assert set(found(viewer)) == {old.pk, kapok.pk, handed.pk}
        assert found(viewer, area_code=KAPOK) == [kapok.pk]
        assert set(found(viewer, area_code=BANYAN)) == {old.pk, handed.pk}
        assert found(viewer, state="in_hand") == [handed.pk]
        assert found(viewer, state="ended") == []
        assert found(viewer, matter="0103") == found(viewer, matter="01") == [handed.pk]
        assert found(viewer, unit_id=world.units["sanitation"].pk) == [handed.pk]
        assert found(viewer, unit_id=uuid4()) == []
        assert found(viewer, channel="wechat") == [kapok.pk]
        assert found(viewer, light="red") == [old.pk]
        assert set(found(viewer, light="green")) == {kapok.pk, handed.pk}
        assert found(viewer, until=NOW - timedelta(days=1)) == [old.pk]
        assert set(found(viewer, since=NOW - timedelta(days=1))) == {kapok.pk, handed.pk}
        assert found(viewer, flag="danger") == []
        assert found(viewer, matter="none") == [old.pk, kapok.pk]

    def test_what_lies_in_an_area_but_in_none_inside_it_is_a_filter(self, world):
        here = world.call(lng=None, lat=None).case.pk
        placed = world.call().case.pk
        assert found(world.head, area_code=STREET, here=True) == [here]
        assert found(world.head, area_code=BANYAN, here=True) == []
        assert found(world.head, area_code=GRID, here=True) == [placed]
        assert set(found(world.head, here=True)) == {here, placed}  # of no area it asks nothing

    def test_without_restricted_cases_a_leader_finds_what_others_find(self, world):
        plain = world.call().case.pk
        hidden = world.call(about_staff=True).case.pk
        assert set(found(world.leader)) == {plain, hidden}
        assert found(world.leader, flag="unrestricted") == found(world.clerk) == [plain]

    def test_open_cases_come_by_due_time_and_ended_ones_with_the_newest_first(self, world):
        first = world.call(now=NOW - timedelta(days=2)).case
        second = world.call(now=NOW - timedelta(days=1)).case

        assert found(world.clerk) == [first.pk, second.pk]
        assert found(world.clerk, state="all") == [second.pk, first.pk]

    def test_pages_follow_one_another_without_gap_or_double(self, world):
        wanted = [world.call(now=NOW - timedelta(minutes=number)).case.pk for number in range(7)]
        seen, after = [], ""
        for _ in range(7):
            page = Page(limit=2, after=after)
            seen += [one.pk for one in lists.cases_found(world.clerk, Wanted(), now=NOW, page=page)]
            after = page.next
            if not after:
                break
        assert sorted(seen) == sorted(wanted)
        assert len(seen) == len(wanted)

    def test_a_case_seen_by_place_and_by_order_comes_once(self, world):
        case = dispatch(world, world.call().case)
        a.sign_in_order(case.pk, actor=world.handler, now=NOW)
        assert found(world.secretary) == [case.pk]

    @pytest.mark.parametrize("words", ["垃圾", "垃", "垃圾桶 榕树", "桶满"])
    def test_words_are_found_by_two_characters_and_by_one(self, world, words):
        case = world.call(words="榕树路口的垃圾桶满了。").case
        world.call(words="路灯坏了，看不见。")
        assert found(world.clerk, state="all", words=words) == [case.pk]

    def test_words_find_nothing_outside_the_viewers_areas(self, world):
        world.call()
        assert found(world.next_dispatcher, state="all", words="垃圾") == []
        assert found(world.kapok_worker, state="all", words="垃圾") == []

    @pytest.mark.parametrize("words", ["'", "a & b", "!!", "\\", "' | '", "𠀀", "：：", "a:990101001"])
    def test_no_words_break_the_question(self, world, words):
        world.call()
        found(world.clerk, state="all", words=words)

    def test_a_department_finds_only_what_it_has_an_order_on(self, world):
        handed = dispatch(world, world.call().case)
        world.call()
        assert found(world.handler) == [handed.pk]
        assert found(world.enforcer) == found(world.water_handler) == []

    def test_confidential_cases_are_in_no_list_of_others(self, world):
        hidden = world.call(about_staff=True).case
        assert found(world.head) == [hidden.pk]
        for actor in (world.clerk, world.secretary, world.grid_worker, world.handler):
            assert found(actor) == []
            assert not lists.counts_found(actor, {"all": Wanted(state="all")}, now=NOW)["all"]

    def test_two_returns_are_a_filter(self, world):
        case = dispatch(world, world.call().case)
        for unit, handler in (("sanitation", world.handler), ("enforcement", world.enforcer)):
            if unit == "enforcement":
                a.dispatch_case(case.pk, lead_id=world.units[unit].pk, actor=world.dispatcher, now=NOW)
            a.ask_return(case.pk, clause="第 3 项", reason="不归我们。", actor=handler, now=NOW)
            order = case.orders.get(unit=world.units[unit])
            a.decide_return(case.pk, order_id=order.pk, granted=True, words="同意", actor=world.dispatcher, now=NOW)
        world.call()
        assert found(world.head, flag="returned_twice") == [case.pk]


class TestCounts:
    def test_several_filters_are_counted_in_one_statement(self, world, django_assert_num_queries):
        world.call(now=NOW - timedelta(days=1))
        world.call()
        with django_assert_num_queries(1):
            counts = lists.counts_found(world.head, {"open": Wanted(), "late": Wanted(light="red")}, now=NOW)
        assert (counts["open"].count, counts["late"].count) == (2, 1)

    def test_a_count_stops_at_its_bound_and_says_so(self, world):
        for _ in range(3):
            world.call()
        counts = lists.counts_found(world.head, {"open": Wanted()}, now=NOW, most=3)
        assert str(counts["open"]) == "2+"


class TestNear:
    def test_it_finds_the_same_place_and_matter_and_never_looks_at_callers(self, world):
        case = world.call().case
        near = world.call().case
        far_lng, far_lat = middle(OTHER_GRID)
        world.call(lng=far_lng, lat=far_lat)
        world.call(about_staff=True)
        assert [one.case.pk for one in lists.near(case, world.head, now=NOW)] == [near.pk]

    def test_a_stranger_is_offered_nothing(self, world):
        case = world.call().case
        world.call()
        assert lists.near(case, world.next_dispatcher, now=NOW) == []


class TestListPage:
    def test_it_shows_the_rows_and_the_same_numbers_on_the_map(self, world, sign_in):
        cases = [world.call(now=NOW - timedelta(minutes=number)).case for number in range(3)]
        client = sign_in("clerk")

        page = client.get("/desk/list/").content.decode()
        points = client.get("/desk/list/points.json").json()["features"]

        assert all(case.number in page for case in cases)
        by_number = {one["properties"]["number"]: one["properties"]["url"] for one in points}
        assert sorted(by_number) == [1, 2, 3]
        order = found(world.clerk, now=NOW)
        assert by_number == {place: f"/desk/cases/{pk}/" for place, pk in enumerate(order, start=1)}

    def test_a_case_number_leads_straight_to_its_case(self, world, sign_in):
        case = world.call().case
        answer = sign_in("clerk").get("/desk/list/", {"q": f" {case.number.lower()} "})
        assert (answer.status_code, answer["Location"]) == (302, f"/desk/cases/{case.pk}/")

    def test_a_strangers_case_number_leads_nowhere(self, world, sign_in):
        case = world.call().case
        answer = sign_in("next_dispatcher").get("/desk/list/", {"q": case.number})
        assert answer.status_code == 200
        assert case.title not in answer.content.decode()

    def test_a_tracking_code_is_nothing_to_search_by(self, world, sign_in):
        receipt = world.call()
        answer = sign_in("clerk").get("/desk/list/", {"q": receipt.code})
        assert answer.status_code == 200
        assert receipt.case.title not in answer.content.decode()

    def test_a_stranger_sees_no_row_and_no_point(self, world, sign_in):
        world.call()
        client = sign_in("next_dispatcher")
        assert "没有找到" in client.get("/desk/list/").content.decode()
        assert client.get("/desk/list/points.json").json()["features"] == []

    def test_filters_stay_in_the_address_and_can_be_taken_away(self, world, sign_in):
        world.call()
        page = sign_in("clerk").get("/desk/list/", {"area": BANYAN, "channel": "portal"}).content.decode()
        assert "filter-set" in page
        assert "?channel=portal" in page

    def test_without_its_area_nothing_is_sought_in_the_area_itself(self, world, sign_in):
        world.call()
        page = sign_in("clerk").get("/desk/list/", {"area": STREET, "here": "1", "channel": "portal"}).content.decode()
        chips = re.findall(
            r'class="filter filter-set" href="([^"]*)"><span class="filter-name">(..)</span>([^<]*)', page
        )
        assert ("?channel=portal", "地点", "示范街道") in chips
        assert (f"?area={STREET}&amp;channel=portal", "位置", "还没确定社区") in chips
        assert "filter-set" not in sign_in("clerk").get("/desk/list/", {"here": "1"}).content.decode()

    def test_the_map_alone_makes_no_row_and_a_list_without_a_map_is_never_empty_space(self, world, sign_in):
        dispatch(world, world.call().case)
        rows = {view: sign_in("clerk").get(f"/desk/list/?view={view}").content.decode() for view in ("map", "list")}
        assert "data-row" not in rows["map"]
        assert "data-box" in rows["map"]
        assert "data-row" in rows["list"]
        nothing_found = sign_in("handler").get("/desk/list/?view=map&state=filed").content.decode()
        assert ("data-map" in nothing_found) is not ("没有找到" in nothing_found)

    def test_dots_say_their_lateness_in_words(self, world, sign_in):
        world.call(now=NOW - timedelta(days=3))
        client = sign_in("clerk")
        for path in ("points.json", f"box.json?box={BOX}"):
            told = client.get(f"/desk/list/{path}").json()
            assert told["features"][0]["properties"]["tone"] == "red"
            assert told["tones"] == {"red": "已超时", "gold": "快到期", "grey": "停表"}

    def test_a_row_by_its_day_of_receipt_stays_the_same_when_a_minute_passes(self, world):
        case = world.call().case
        minutes = [Rows([case], world.clerk, now=NOW + timedelta(minutes=one)) for one in (1, 2)]
        by_day, by_due = ([one.of_case(case, dated=dated) for one in minutes] for dated in (True, False))
        assert by_day[0] == by_day[1]
        assert by_due[0] != by_due[1]

    @pytest.mark.parametrize(
        "query",
        [
            {"state": "gone"}, {"area": "123"}, {"area": "99' --"}, {"matter": "x"}, {"unit": "x"}, {"light": "blue"},
            {"since": "yesterday"}, {"until": "9999-12-31"}, {"since": "0001-01-01"}, {"days": "8"}, {"channel": "x"}, {"flag": "x"}, {"after": "!!"}, {"q": "a\x00b"},
            {"q": "字" * 300},
        ],
    )  # fmt: skip
    def test_a_bad_filter_is_refused_and_never_a_fault(self, sign_in, query):
        assert sign_in("clerk").get("/desk/list/", query).status_code == 422

    @pytest.mark.parametrize("area", [STREET, NEXT_DOOR, BANYAN, GRID])
    def test_any_area_can_be_asked_for(self, world, sign_in, area):
        world.call()
        answer = sign_in("clerk").get("/desk/list/", {"area": area})
        assert answer.status_code == 200


class TestKeptStatements:
    """The text of a list is kept for a viewer and a filter; what it finds never is."""

    def test_what_comes_after_the_first_look_is_found_by_the_next(self, world):
        assert found(world.clerk) == []
        first = world.call().case
        assert found(world.clerk) == [first.pk]
        handed = dispatch(world, world.call().case)
        assert set(found(world.clerk)) == {first.pk, handed.pk}
        assert found(world.clerk, state="in_hand") == [handed.pk]

    def test_lights_follow_the_moment_of_each_look(self, world):
        case = world.call().case
        assert found(world.clerk, light="red") == []
        assert found(world.clerk, light="red", now=NOW + timedelta(days=30)) == [case.pk]
        assert found(world.clerk, light="red") == []

    def test_who_has_lost_a_grant_asks_by_another_text(self, world):
        world.call()
        assert len(found(world.clerk)) == 1
        assert found(replace(world.clerk, grants=())) == []
        assert len(found(world.clerk)) == 1
        elsewhere = tuple(replace(one, area_code=NEXT_DOOR) for one in world.clerk.grants)
        assert found(replace(world.clerk, grants=elsewhere)) == []

    def test_words_are_filled_in_each_time(self, world):
        lamp = world.call(words="路灯不亮已经三天").case
        bins = world.call(words="垃圾桶满了没人倒").case
        assert found(world.clerk, words="路灯", state="all") == [lamp.pk]
        assert found(world.clerk, words="垃圾", state="all") == [bins.pk]
        assert found(world.clerk, words="鹦鹉", state="all") == []
        assert found(world.clerk, words="!!", state="all") == []
        assert found(world.clerk, words="路灯", state="all", area_code=KAPOK) == []

    def test_a_call_taken_down_is_seen_outside_the_own_areas_and_once_inside_them(self, world):
        inside, outside = world.call().case, world.call().case
        Report.objects.filter(case__in=[inside, outside]).update(taken_by=world.clerk.id)
        Case.objects.filter(pk=outside.pk).update(area_code=NEXT_DOOR + "001001", desk_code=NEXT_DOOR)
        for wanted in ({}, {"state": "all"}, {"state": "received"}):
            assert sorted(found(world.clerk, **wanted)) == sorted([inside.pk, outside.pk])
        assert found(world.clerk, area_code=NEXT_DOOR) == found(world.clerk, area_code=NEXT_DOOR, state="all")
        assert found(world.clerk, area_code=NEXT_DOOR) == [outside.pk]
        Case.objects.filter(pk=outside.pk).update(confidential=True, restricted=True)
        assert found(world.clerk) == found(world.clerk, state="all") == [inside.pk]
        counted = lists.counts_found(world.clerk, {"open": Wanted(), "all": Wanted(state="all")}, now=NOW)
        assert [counted["open"].count, counted["all"].count] == [1, 1]

    def test_equal_filters_are_counted_once(self, world, django_assert_num_queries):
        world.call()
        wanted = {"open": Wanted(), "this": Wanted(), "late": Wanted(light="red"), "words": Wanted(words="路灯")}
        with django_assert_num_queries(1):
            counted = lists.counts_found(world.clerk, wanted, now=NOW)
        assert counted["open"] == counted["this"]
        assert [counted["open"].count, counted["late"].count, counted["words"].count] == [1, 0, 0]
