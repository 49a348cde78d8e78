"""Triage for programs: words in, codes out; the models of one's own streets."""

import pytest

from huying.places.models import Estate, Facility
from tests.cases.test_triage_learning import model
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, STREET

pytestmark = pytest.mark.django_db
MISSING = "0199ffff-0000-7000-8000-00000000dead"
SAID = {"words": "榕树路口的垃圾桶满了，没有人来收。", "area_code": STREET}


def test_words_point_to_types_with_grade_and_units_and_are_not_sent_back(world, program):
    found = program("clerk").post("/triage/suggest", SAID)
    best = found["types"][0]
    assert (best["type_code"], best["grade"], found["model"], found["danger"]) == ("0103", "ordinary", 0, "")
    assert 0 < best["percent"] <= 100
    assert str(world.units["sanitation"].pk) in best["unit_ids"]
    assert len(found["types"]) == 3
    assert "垃圾桶" not in str(found)


def test_words_lead_to_a_place_or_to_a_question(world, program):
    Estate.objects.create(name="翠湖花园", area_code=GRID, grid_codes=[GRID])
    for code in (GRID, KAPOK + "001"):
        Facility.objects.create(name=f"{code}号公厕", kind="toilet", area_code=code)
    clerk = program("clerk")

    found = clerk.post("/triage/suggest", {**SAID, "words": "翠湖花园门口有人乱停车"})
    asked = clerk.post("/triage/suggest", {**SAID, "words": "公厕没有水"})
    lived = clerk.post("/triage/suggest", {**SAID, "words": "楼下电梯坏了", "estate": "翠湖花园"})
    shot = clerk.post("/triage/suggest", {**SAID, "words": "这里有一堆垃圾", "lng": 113.305, "lat": 23.105})

    assert found["places"] == [{"code": GRID, "level": "grid", "percent": 98, "reasons": ["named"]}]
    assert found["question"] == ""
    assert [one["code"] for one in asked["places"]] == [BANYAN, KAPOK]
    assert asked["question"] == "which"
    assert [(one["code"], one["reasons"]) for one in lived["places"]] == [(GRID, ["stated"])]
    assert [(one["code"], one["reasons"]) for one in shot["places"]] == [(GRID, ["point"])]
    assert "翠湖" not in str(found)


def test_danger_is_urgent_and_names_the_number(world, program):
    found = program("clerk").post("/triage/suggest", {**SAID, "words": "楼下着火了，快来人"})
    assert found["danger"] == "119"
    assert {one["grade"] for one in found["types"]} <= {"urgent"}


def test_elsewhere_and_nowhere_answer_alike(world, program):
    clerk = program("clerk")
    codes = {clerk.post("/triage/suggest", {**SAID, "area_code": one}, status=404)["code"] for one in (NEXT_DOOR, "99")}
    assert codes == {"not-found"}
    assert program("grid_worker").post("/triage/suggest", SAID, status=403)["code"] == "not-allowed"


def test_models_are_shown_to_their_street(world, program):
    row = model()
    clerk = program("clerk")
    assert [one["id"] for one in clerk.get("/triage/models")["items"]] == [str(row.pk)]
    assert clerk.get(f"/triage/models/{row.pk}")["accuracy"] == 0.9
    other = program("next_dispatcher")
    assert other.get("/triage/models")["items"] == []
    for one in (row.pk, MISSING):
        assert other.get(f"/triage/models/{one}", status=404)["code"] == "not-found"
