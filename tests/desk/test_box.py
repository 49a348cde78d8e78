"""Open cases in a box of the map: the nearest to its middle first, and to nobody who may not read them."""

import json
from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases.queries import maps
from huying.cases.queries.lists import Wanted
from huying.cases.queries.maps import Box
from huying.kernel.refusals import Invalid
from tests.world import GRID, KAPOK, NOW, SQUARES, STEP, middle

pytestmark = pytest.mark.django_db
WEST, SOUTH = SQUARES[GRID]
STREET_BOX = f"{WEST},{SOUTH},{WEST + 4 * STEP},{SOUTH + STEP}"
EVERYWHERE = "-180,-90,180,90"


def seen(client, box=STREET_BOX, **more):
    response = client.get("/desk/list/box.json", {"box": box, **more})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/geo+json"
    assert "no-store" in response["Cache-Control"]
    found = json.loads(response.content)
    return [one["properties"]["url"].split("/")[-2] for one in found["features"]], found["more"]


def within(viewer, box=STREET_BOX, *, most=500, now=NOW, **wanted):
    found, more = maps.open_in_box(viewer, Wanted(**wanted), Box.of(box), now=now, most=most)
    return [one.id for one in found], more


class TestBox:
    @pytest.mark.parametrize(
        "text",
        ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "3,2,1,4", "1,4,3,2", "1,2,1,3", "nan,1,2,3", "-181,0,1,1", "0,0,1,91", "1e1,2,30,40", "１,2,3,4"],
    )  # fmt: skip
    def test_what_is_no_box_is_refused(self, text):
        with pytest.raises(Invalid, match="地图范围"):
            Box.of(text)

    def test_a_box_has_a_middle(self):
        assert Box.of("112,22,114,24").middle == (113, 23)


class TestOpenInBox:
    def test_the_nearest_to_the_middle_come_first_and_the_rest_is_told(self, world):
        lng, lat = middle(GRID)
        made = [world.call(lng=lng + step / 1000, lat=lat).case.pk for step in (4, 1, 3, 0, 2)]
        box = f"{lng - 0.005},{lat - 0.005},{lng + 0.005},{lat + 0.005}"
        nearest = [made[place] for place in (3, 1, 4, 2, 0)]
        assert within(world.head, box) == (nearest, False)
        assert within(world.head, box, most=2) == (nearest[:2], True)
        assert within(world.head, box, most=5) == (nearest, False)

    def test_only_what_is_open_placed_and_inside(self, world):
        inside = world.call().case.pk
        world.call(lng=None, lat=None)
        ended = world.call().case.pk
        a.answer_case(ended, words="您好。", actor=world.clerk, now=NOW)
        lng, lat = middle(KAPOK + "001")
        kapok = world.call(lng=lng, lat=lat).case.pk
        assert set(within(world.head)[0]) == {inside, kapok}
        assert within(world.head, f"{WEST},{SOUTH},{WEST + STEP},{SOUTH + STEP}")[0] == [inside]
        assert within(world.head, state="ended") == within(world.head, state="closed") == ([], False)
        assert set(within(world.head, state="all")[0]) == {inside, kapok}

    def test_every_filter_of_the_list_narrows_it(self, world):
        world.call()
        late = world.call(now=NOW - timedelta(days=3), words="路灯不亮，看不见路。").case.pk
        for wanted in ({"light": "red"}, {"words": "路灯"}, {"until": NOW - timedelta(days=1)}):
            assert within(world.head, **wanted)[0] == [late]

    def test_a_case_seen_by_place_and_by_order_comes_once(self, world):
        case = world.call().case
        a.register_file_dispatch(
            case.pk, lead_id=world.units["banyan"].pk, type_code="0103", actor=world.dispatcher, now=NOW
        )
        assert within(world.secretary)[0] == [case.pk]

    def test_a_point_is_shown_to_those_alone_who_may_read_the_case(self, world):
        case, hidden = world.call().case.pk, world.call(about_staff=True).case.pk
        handed = world.call().case.pk
        a.register_file_dispatch(
            handed, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
        )
        assert set(within(world.head, EVERYWHERE)[0]) >= {case, handed}
        assert set(within(world.leader, EVERYWHERE)[0]) == {case, handed, hidden}
        assert hidden not in within(world.clerk, EVERYWHERE)[0]
        assert within(world.handler, EVERYWHERE)[0] == [handed]
        for stranger in (world.next_dispatcher, world.next_handler, world.kapok_worker):
            assert within(stranger, EVERYWHERE) == ([], False)


class TestDoors:
    def test_the_desk_gives_points_with_names_and_addresses(self, world, sign_in):
        case = world.call().case.pk
        assert seen(sign_in("dispatcher")) == ([str(case)], False)
        assert seen(sign_in("dispatcher"), matter="99") == ([], False)
        assert seen(sign_in("next_dispatcher"), EVERYWHERE) == ([], False)

    def test_what_is_asked_wrongly_is_refused_and_strangers_to_the_house_are_sent_to_sign_in(
        self, world, client, sign_in
    ):
        for query in (
            "",
            "box=1",
            f"box={STREET_BOX}&limit=501",
            f"box={STREET_BOX}&limit=0",
            f"box={STREET_BOX}&area=x",
        ):
            assert sign_in("dispatcher").get(f"/desk/list/box.json?{query}").status_code in (400, 422)
        client.logout()
        assert (
            client.get(f"/desk/list/box.json?box={STREET_BOX}", headers={"Accept": "application/json"}).status_code
            == 401
        )

    def test_the_list_leads_to_the_map_of_its_own_filter(self, world, sign_in):
        world.call()
        page = sign_in("dispatcher").get("/desk/list/?view=map&light=green").content.decode()
        assert 'data-box="/desk/list/box.json?light=green"' in page
        assert "data-box" not in sign_in("dispatcher").get("/desk/list/?view=map&state=ended").content.decode()
        assert "data-box" not in sign_in("dispatcher").get("/desk/list/").content.decode()

    def test_as_many_statements_for_one_point_as_for_many(self, world, sign_in, django_assert_max_num_queries):
        client = sign_in("dispatcher")
        for _ in range(12):
            world.call()
        seen(client)
        with django_assert_max_num_queries(5):
            assert len(seen(client)[0]) == 12
