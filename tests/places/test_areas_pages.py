"""Pages of changes of areas: refusals in words, strangers, the form without a map, links that lead on."""

import pytest

from huying.places import queries
from huying.places.models import AreaPlan
from tests.journeys.conftest import clock, staff, world  # noqa: F401
from tests.world import BANYAN, GRID, KAPOK, OTHER_GRID, STREET

pytestmark = pytest.mark.django_db
NEW = "/desk/places/plans/new/?kind={kind}&area={area}"
DAY = "2026-11-01"


def square(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return f'{{"type":"Polygon","coordinates":[{ring}]}}'.replace("'", '"')


@pytest.mark.parametrize(
    ("kind", "area", "given"),
    [
        ("split", GRID, {"name_0": "东", "name_1": "西", "drawing": "not json"}),
        ("split", GRID, {"name_0": "东", "name_1": "西", "drawing": '{"type":"Point","coordinates":[1,2]}'}),
        ("split", GRID, {"name_0": "东", "name_1": "西", "drawing": '{"type":"LineString","coordinates":[[1e400,2],[3,4]]}'}),
        ("split", GRID, {"name_0": "东", "name_1": "西", "drawing": '{"type":"LineString","coordinates":[[113.2,23],[113.2,24]]}'}),
        ("split", GRID, {"name_0": "东", "name_1": "西", "households_0": "1", "households_1": "2"}),
        ("split", BANYAN, {"name_0": "东", "name_1": "西"}),
        ("redraw", GRID, {"drawing": ""}),
        ("redraw", GRID, {"drawing": square(1, 2, 3, 4)}),
        ("redraw", GRID, {"drawing": square(113.30, 23.10, 113.32, 23.11)}),
        ("merge", GRID, {"codes": [OTHER_GRID], "code": "12"}),
        ("recode", GRID, {"code": KAPOK}),
        ("recode", GRID, {"code": OTHER_GRID}),
        ("new", BANYAN, {"name": "榕树第一网格"}),
        ("new", BANYAN, {"name": "新格", "households": "-1"}),
        ("new", BANYAN, {"name": "新格", "effective_on": "2020-01-01"}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_what_was_typed_stays(staff, kind, area, given):  # noqa: F811
    keeper = staff("keeper").open(NEW.format(kind=kind, area=area))
    keeper.press("存草稿", 422, **{"effective_on": DAY, **given})
    assert keeper.problems()
    assert not AreaPlan.objects.exists()


@pytest.mark.parametrize(
    ("kind", "area", "given", "rows"),
    [
        ("redraw", GRID, {"drawing": square(113.30, 23.10, 113.315, 23.11)}, 2),
        ("merge", GRID, {"codes": [OTHER_GRID], "name": "榕树网格"}, 2),
        ("recode", OTHER_GRID, {"code": KAPOK + "009"}, 2),
        ("new", BANYAN, {"name": "新格", "households": "12"}, 1),
        ("split", BANYAN, {"name_0": "榕树", "name_1": "新榕树", f"child_{GRID}": "0", f"child_{OTHER_GRID}": "1"}, 3),
    ],
)
def test_every_kind_is_drawn_by_the_form_alone(staff, kind, area, given, rows):  # noqa: F811
    keeper = staff("keeper").open(NEW.format(kind=kind, area=area))
    keeper.press("存草稿", effective_on=DAY, **given)
    plan = AreaPlan.objects.get()
    assert keeper.address == f"/desk/places/plans/{plan.pk}/"
    assert (
        len(plan.result["begins"]) + len(set(plan.result["ends"]) - {one["code"] for one in plan.result["begins"]})
        >= rows
    )
    # Drawn anew, the form holds what was given.
    keeper.follow("重新画")
    keeper.press("存草稿", effective_on="2026-11-02")
    plan.refresh_from_db()
    assert str(plan.effective_on) == "2026-11-02"
    shapes = keeper.client.get(f"/desk/places/plans/{plan.pk}/shapes.json").json()
    assert shapes["type"] == "FeatureCollection"
    keeper.open(f"/desk/places/plans/{plan.pk}/").press("作废")
    assert keeper.address == "/desk/places/plans/"


def test_strangers_and_readers_are_kept_from_drawing_and_deciding(staff):  # noqa: F811
    keeper = staff("keeper").open(NEW.format(kind="new", area=BANYAN))
    keeper.press("存草稿", effective_on=DAY, name="新格")
    page = keeper.address
    for address in (page, page + "edit/", page + "shapes.json", NEW.format(kind="split", area=GRID)):
        staff("next_keeper").open(address, 404)
    clerk = staff("clerk").open(page)
    assert not clerk.offers("提交审定")
    clerk.open(NEW.format(kind="split", area=GRID), 403)
    for step in ("submit", "decide", "drop"):
        token = clerk.client.cookies["csrftoken"].value
        answer = clerk.client.post(f"{page}{step}/", {"decision": "approve", "csrfmiddlewaretoken": token})
        assert answer.status_code in (403, 422)
        token = staff("next_keeper").client.cookies["csrftoken"].value
        answer = staff("next_keeper").client.post(
            f"{page}{step}/", {"decision": "approve", "csrfmiddlewaretoken": token}
        )
        assert answer.status_code == 404
    assert AreaPlan.objects.get().state == "draft"


def test_a_plan_page_links_to_what_it_counts(staff, world):  # noqa: F811
    world.call()
    keeper = staff("dispatcher")
    maker = staff("keeper").open(NEW.format(kind="merge", area=GRID))
    maker.press("存草稿", effective_on=DAY, codes=[OTHER_GRID], name="榕树网格")
    keeper.open(maker.address)
    assert keeper.link("在办案件").startswith("/desk/list/?area=")
    assert queries.area(STREET).name in keeper.open("/desk/places/").words


def test_pages_with_odd_addresses_are_not_found(staff):  # noqa: F811
    keeper = staff("keeper")
    for address in (NEW.format(kind="burn", area=GRID), NEW.format(kind="split", area="x"), "/desk/places/grids/12/"):
        keeper.open(address, 404)
