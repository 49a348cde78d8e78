"""What the desk's pages offer, by hand: each as somebody with the duty and as somebody without."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse

from huying.cases import actions as a
from huying.cases.queries.lists import Wanted
from huying.cases.rules import Channel
from huying.desk import filters, links
from huying.desk import search as finder
from huying.desk.rows import Rows
from huying.kernel.actor import Actor, ActorKind, Granted, system
from huying.people import actions as people
from huying.people.models import Role
from huying.people.queries import actor_for
from tests.world import BANYAN, KAPOK, NEXT_DOOR, NOW, STREET

pytestmark = pytest.mark.django_db
SINCE = NOW - timedelta(days=1)


@pytest.fixture
def holder(world):
    """`holder("read", "file")`: somebody who holds just these duties, over an area or for a unit."""

    def made(*duties, area=STREET, unit=None):
        Role.objects.create(code="just-these", name="试用", duties=duties, for_unit=unit is not None)
        account = people.create_account(
            username="just-these", name="秦示例", area_code=STREET, password="green-kite-lantern-7",
            must_change_password=False, actor=system(), now=SINCE,
        )  # fmt: skip
        if unit is not None:
            people.appoint(
                account_id=account.pk, organisation_id=world.units[unit].pk, post="handler", since=SINCE,
                actor=system(), now=SINCE,
            )  # fmt: skip
        people.grant_role(
            account_id=account.pk, role_code="just-these", area_code=area, since=SINCE,
            unit_id=world.units[unit].pk if unit is not None else None, actor=system(), now=SINCE,
        )  # fmt: skip
        world.accounts["holder"], world.people["holder"] = account, actor_for(account, NOW)
        return world.people["holder"]

    return made


def chip(viewer, name):
    """The options of one chip of the list, by the words before it; None where it is not there."""
    shown = filters.Chips(QueryDict(), Wanted(), viewer).shown()
    return next(([row.words for row in one.options] for one in shown if one.name == name), None)


class TestFilters:
    def test_places_are_offered_inside_the_areas_that_one_reads(self, world):
        assert chip(world.head, "地点")[1:] == ["榕树社区", "木棉社区"]
        assert len(chip(world.secretary, "地点")) == 3
        assert all("网格" in words for words in chip(world.secretary, "地点")[1:])
        assert chip(world.next_dispatcher, "地点")[1:] == ["沙洲社区"]
        assert chip(world.handler, "地点") is None

    def test_units_are_offered_to_readers_and_are_those_of_the_own_street(self, world):
        assert "街道环卫站" in chip(world.head, "单位")
        assert "邻江街道环卫站" not in chip(world.head, "单位")
        assert "邻江街道环卫站" in chip(world.next_dispatcher, "单位")
        assert "街道环卫站" not in chip(world.next_dispatcher, "单位")
        assert chip(world.handler, "单位") is None

    def test_the_map_shows_the_filters_area_else_ones_own_else_that_of_the_first_row(self, world):
        assert filters.map_area(world.secretary, Wanted(area_code=KAPOK), []) == KAPOK
        assert filters.map_area(world.secretary, Wanted(), [NEXT_DOOR + "001"]) == STREET
        assert filters.map_area(world.handler, Wanted(), [NEXT_DOOR + "001"]) == NEXT_DOOR
        assert filters.map_area(world.handler, Wanted(), []) == ""

    def test_the_list_of_an_areas_cases_is_linked_for_who_reads_the_area(self, world):
        assert BANYAN in links.cases_in(world.secretary, BANYAN)
        for viewer, code in ((world.secretary, KAPOK), (world.handler, BANYAN), (world.keeper, BANYAN)):
            assert links.cases_in(viewer, code) == ""


@pytest.mark.parametrize(
    ("duties", "words"),
    [(("file", "dispatch"), "受理派单"), (("file",), "受理登记"), (("dispatch",), "受理登记"), ((), "受理登记")],
)
def test_the_next_step_names_what_the_viewer_may_do_in_one_go(world, duties, words):
    case = world.call().case
    viewer = Actor(ActorKind.PERSON, grants=(Granted(frozenset({"intake", *duties}), case.desk_code),))
    assert Rows([case], viewer, now=NOW)._triage_words(case) == words


class TestSearch:
    def found(self, viewer, words):
        return [one for group in finder.search(words, viewer, now=NOW) if group.label == "案件" for one in group.found]

    def test_cases_are_found_by_readers_and_handlers_alone(self, world):
        taken = world.call(channel=Channel.ON_BEHALF, actor=world.building_head).case
        a.register_file_dispatch(
            taken.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
        )
        for words in (taken.number, "垃圾桶满"):
            for viewer in (world.clerk, world.handler):
                assert len(self.found(viewer, words)) == 1, words
            # Whoever took it down for somebody finds it in their own list, not here.
            for viewer in (world.building_head, world.keeper):
                assert self.found(viewer, words) == []


class TestPages:
    def test_the_page_of_a_call_is_headed_for_the_desk_and_for_who_reports_for_others(self, world, sign_in):
        for who, heading in (("clerk", "登记来电"), ("building_head", "代别人上报")):
            page = sign_in(who).get(reverse("desk:new")).content.decode()
            assert f"<title>{heading}" in " ".join(page.split())

    def test_who_reports_for_a_unit_only_settles_nothing_by_place(self, holder, sign_in):
        holder("report", "handle", unit="sanitation")
        assert sign_in("holder").get(reverse("desk:self")).status_code == 403

    def test_the_own_page_offers_the_desk_calls_and_others_reports(self, world, sign_in):
        for who, words, other in (("clerk", "登记来电", "代报"), ("grid_worker", "代报", "登记来电")):
            page = sign_in(who).get(reverse("desk:mine")).content.decode()
            main = page.split("<main", 1)[1]
            assert f"<span>{words}</span>" in main
            assert f"<span>{other}</span>" not in main

    def test_merging_is_offered_to_who_takes_calls(self, world, holder, sign_in):
        first, second = (world.call(type_code="0103").case for _number in range(2))
        holder("read", "file", "dispatch")
        address = reverse("desk:triage_case", args=[second.pk])
        assert "并为一案" in sign_in("clerk").get(address).content.decode()
        page = sign_in("holder").get(address).content.decode()
        assert "并为一案" not in page
        assert reverse("cases:case", args=[first.pk]) in page

    def test_choices_are_for_calls_in_triage(self, world, sign_in):
        case = world.call().case
        address = reverse("desk:triage_choices", args=[case.pk])
        assert sign_in("dispatcher").get(address).status_code == 200
        a.register_file_dispatch(
            case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
        )
        assert sign_in("dispatcher").get(address).status_code == 404
