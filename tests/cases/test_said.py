"""Where a call's words say that it is: one street's own names, kept until one of them changes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.cases.queries import said
from huying.cases.queries.said import MOST_ASKED, estates_of, first_place_of, place_of
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.places import queries as places
from huying.places.models import Area, Building, Estate, Facility, TradePlace, Waterway
from huying.registers import actions as registers
from huying.registers import queries
from huying.registers.declared import get
from tests.world import BANYAN, DISTRICT, GRID, KAPOK, NEXT_DOOR, NOW, OTHER_GRID, STREET, build_world

GARDEN = "翠湖花园的门口有人乱停车。"


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def garden(world):
    return Estate.objects.create(name="翠湖花园", area_code=OTHER_GRID, grid_codes=[OTHER_GRID])


def code_of(words, area=STREET, **given):
    return place_of(words, area, **given).code


class TestTheStreetsOwnNames:
    def test_an_estate_leads_to_its_grid_with_the_piece_that_said_so(self, garden):
        found = place_of(GARDEN, STREET)
        assert found.code == OTHER_GRID
        assert [(one.code.value, one.piece) for one in found.candidates[0].reasons] == [("named", "翠湖花园")]

    def test_areas_facilities_buildings_and_waters_are_known(self, world):
        Facility.objects.create(name="听雨口袋公园", kind="park", area_code=GRID)
        Building.objects.create(name="望江大街12号", area_code=OTHER_GRID)
        Waterway.objects.create(name="石溪涌", area_code=DISTRICT, grid_codes=[GRID, NEXT_DOOR + "001001"])
        assert code_of("榕树第二网格没有灯") == OTHER_GRID
        assert code_of("听雨口袋公园有垃圾") == GRID
        assert code_of("望江大街12号的楼道堵了") == OTHER_GRID
        assert code_of("石溪涌很臭") == GRID

    def test_shops_and_what_is_gone_are_not(self, world):
        TradePlace.objects.create(name="翠湖花园", kind="tower", area_code=GRID)
        Estate.objects.create(name="翠湖花园", area_code=GRID, until=NOW.date())
        Area.objects.filter(code=KAPOK).update(valid_to=NOW.date())
        assert not place_of(GARDEN, STREET).candidates

    def test_a_strangers_street_is_neither_matched_nor_read(self, garden):
        assert not place_of(GARDEN, NEXT_DOOR).candidates
        assert not place_of("沙洲社区没有灯", STREET).candidates
        assert not any(one.codes[0].startswith(NEXT_DOOR) for one in said._known(STREET).names.entries)

    def test_who_takes_calls_in_one_community_is_told_of_that_one_alone(self, garden):
        assert code_of(GARDEN, BANYAN) == OTHER_GRID
        assert not place_of(GARDEN, KAPOK).candidates
        assert first_place_of(GARDEN, [KAPOK, BANYAN]).code == OTHER_GRID

    def test_above_a_street_nothing_is_said(self, garden):
        assert not place_of(GARDEN, DISTRICT).candidates

    def test_the_stated_estate_and_the_photo_speak_too(self, garden):
        assert not place_of("楼下电梯坏了", STREET).candidates
        assert code_of("楼下电梯坏了", stated="翠湖花园") == OTHER_GRID
        assert code_of("这里有一堆垃圾", codes=[GRID]) == GRID


class TestOtherNames:
    @pytest.fixture
    def alias(self, world):
        def add(name="烂尾楼", area_code=KAPOK, **given):
            values = {"name": name, "area_code": area_code, **given}
            return registers.put(register=get("other_name"), row_id=None, values=values, actor=world.keeper, now=NOW)

        return add

    def test_each_leads_to_what_it_is_another_name_of(self, garden, alias):
        house = Building.objects.create(name="望江大街12号", area_code=GRID)
        park = Facility.objects.create(name="听雨口袋公园", kind="park", area_code=GRID)
        alias("棉纺片区")
        alias("鸳鸯楼", BANYAN, estate=garden.pk)
        alias("烂尾楼", BANYAN, building=house.pk)
        alias("蛤蟆公园", BANYAN, facility=park.pk)
        said = ("棉纺片区没有灯", "鸳鸯楼的门口堵了", "烂尾楼有人进出", "蛤蟆公园有垃圾")
        assert [code_of(one) for one in said] == [KAPOK, OTHER_GRID, GRID, GRID]

    def test_one_that_is_no_longer_used_is_forgotten(self, alias):
        row = alias("棉纺片区")
        assert code_of("棉纺片区没有灯") == KAPOK
        type(row).objects.update(until=NOW.date())
        said.forget()
        assert not place_of("棉纺片区没有灯", STREET).candidates

    @pytest.mark.parametrize("two", [["estate", "building"], ["building", "facility"]])
    def test_it_names_one_thing_of_its_own_street(self, garden, alias, two):
        made = {
            "estate": garden,
            "building": Building.objects.create(name="望江大街12号", area_code=GRID),
            "facility": Facility.objects.create(name="听雨口袋公园", kind="park", area_code=GRID),
        }
        with pytest.raises(Invalid):
            alias(**{one: made[one].pk for one in two})
        far = Estate.objects.create(name="沙洲花园", area_code=NEXT_DOOR + "001001")
        with pytest.raises(Invalid):
            alias(estate=far.pk)

    def test_a_single_letter_is_no_name(self, alias):
        with pytest.raises(Invalid):
            alias("楼")

    def test_a_stranger_neither_reads_nor_writes_it(self, world, alias):
        row = alias()
        with pytest.raises(NotFound):
            queries.one(get("other_name"), world.next_keeper, row.pk)
        with pytest.raises((Invalid, NotAllowed)):
            registers.put(
                register=get("other_name"), row_id=None, values={"name": "烂尾楼", "area_code": KAPOK},
                actor=world.next_keeper, now=NOW,
            )  # fmt: skip


class TestQuestions:
    def test_two_places_are_asked_about(self, world):
        for code in (GRID, KAPOK + "001"):
            Facility.objects.create(name=f"{code}号公厕", kind="toilet", area_code=code)
        found = place_of("公厕没有水", STREET)
        assert (found.code, [code for code, _name in found.ask.choices]) == ("", [BANYAN, KAPOK])

    def test_a_question_with_too_many_choices_is_not_asked(self, world):
        for number in range(MOST_ASKED + 1):
            Facility.objects.create(name=f"{number}号公厕", kind="toilet", area_code=f"{STREET}{number:03}001")
        assert place_of("公厕没有水", STREET) == said.NOTHING


class TestKept:
    def test_when_nothing_changed_it_costs_no_statement(self, garden):
        place_of(GARDEN, STREET)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            place_of(GARDEN, STREET)
        assert len(asked) == 0

    def test_the_estates_to_choose_from_cost_none_either(self, garden):
        Estate.objects.create(name="沙洲花园", area_code=NEXT_DOOR + "001001")
        assert estates_of(STREET) == ("翠湖花园",)
        with CaptureQueriesContext(connection) as asked:
            assert estates_of(GRID) == ("翠湖花园",)
        assert len(asked) == 0

    @pytest.mark.parametrize("many", [False, True])
    def test_a_new_row_of_a_register_is_known_once_it_is_kept(self, world, django_capture_on_commit_callbacks, many):
        assert not place_of(GARDEN, STREET).candidates
        register, values = get("estate"), {"name": "翠湖花园", "area_code": GRID}
        with django_capture_on_commit_callbacks(execute=True):
            row = registers.put(register=register, row_id=None, values=values, actor=world.keeper, now=NOW)
            if many:
                register.after_many([row], actor=world.keeper, now=NOW)
        places.forget()  # after some seconds, or in another process
        assert code_of(GARDEN) == GRID

    def test_outlines_stay_fresh_when_only_a_name_changed(self, world, django_capture_on_commit_callbacks):
        before, version = places.mark(), places.version()
        values = {"name": "翠湖花园", "area_code": GRID}
        with django_capture_on_commit_callbacks(execute=True):
            registers.put(register=get("estate"), row_id=None, values=values, actor=world.keeper, now=NOW)
        places.forget()
        assert places.mark() == before
        assert places.version() != version

    def test_few_streets_are_kept(self, garden):
        for number in range(said.MOST_KEPT + 2):
            place_of(GARDEN, f"9901010{number:02}")
        assert len(said._kept) <= said.MOST_KEPT

    def test_whatever_goes_wrong_no_place_is_said_and_it_rests(self, garden, monkeypatch):
        monkeypatch.setattr("huying.triage.gazetteer.Gazetteer.find", lambda *given: 1 / 0)
        assert place_of(GARDEN, STREET) == said.NOTHING
        monkeypatch.undo()
        assert place_of(GARDEN, STREET) == said.NOTHING
        assert estates_of(STREET) == ()
        said.forget()
        assert code_of(GARDEN) == OTHER_GRID
