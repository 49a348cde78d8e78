"""The tree of areas comes into the house by its keeper's hand, and stays the street's own."""

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from huying.cases.models import Case
from huying.places import queries
from huying.places.models import Area
from tests.journeys.person import Person
from tests.world import BANYAN, GRID, NEXT_DOOR, STREET, square

NEW = STREET + "003"  # 茉莉社区, with two grids
HEAD = "代码,名称,户数,生效日期"
GOOD = [f"{NEW},茉莉社区,,", f"{NEW}001,茉莉第一网格,251,", f"{NEW}002,茉莉第二网格,248,"]


def table(*rows):
    return SimpleUploadedFile("名录.csv", "\r\n".join([HEAD, *rows]).encode("utf-8-sig"), "text/csv")


def outlines(**shapes):
    features = [{"type": "Feature", "properties": {"code": code}, "geometry": shape} for code, shape in shapes.items()]
    data = orjson.dumps({"type": "FeatureCollection", "features": features})
    return SimpleUploadedFile("边界.geojson", data, "application/geo+json")


@pytest.mark.mechanism("REG-01")
def test_areas_and_outlines_are_checked_taken_in_and_seen_by_their_own_street(world, staff, clock):
    keeper = staff("keeper").open("/desk/places/")

    # A table with mistakes: each is listed with its row, and nothing is kept.
    keeper.follow("导入")
    keeper.press("检查", 422, kind="areas", file=table(*GOOD, f"{NEW}002,重复网格,1,", f"{NEXT_DOOR}009,越界社区,,"))
    assert "代码和第 4 行重复" in keeper.words
    assert "第 6 行" in keeper.words or " 6 " in keeper.words
    assert not Area.objects.filter(code=NEW).exists()

    # The mended table: first what it would do, then done.
    keeper.press("检查", kind="areas", file=table(*GOOD))
    draft = keeper.address
    assert "新增 3" in keeper.words
    assert not Area.objects.filter(code=NEW).exists()
    neighbour = staff("next_keeper").open(draft, 404)
    keeper.press("导入")
    assert "已导入：新增 3" in keeper.words
    assert "茉莉社区" in keeper.words

    # Its outlines: one that leaves its community is told, the right ones are taken in.
    good = {NEW: square(113.33, 23.10, 0.02), f"{NEW}001": square(113.33, 23.10), f"{NEW}002": square(113.34, 23.10)}
    astray = {**good, f"{NEW}002": square(113.36, 23.10)}
    keeper.open("/desk/places/import/")
    keeper.press("检查", 422, kind="polygons", file=outlines(**astray))
    assert queries.area(NEW).polygon is None
    keeper.press("检查", kind="polygons", system="wgs84", file=outlines(**good))
    neighbour.open(keeper.address, 404)
    keeper.press("导入")
    assert queries.area(NEW + "001").polygon["type"] == "Polygon"

    # The dispatcher finds the tree, the new grid and its map; whoever points there is found to be there.
    dispatcher = staff("dispatcher").open("/desk/places/")
    assert "茉莉社区" in dispatcher.words
    dispatcher.open(f"/desk/places/{NEW}001/")
    assert "茉莉第一网格" in dispatcher.words
    assert "251" in dispatcher.words
    assert len(dispatcher.client.get(f"/desk/places/polygons.json?area={NEW}").json()["features"]) == 3
    assert queries.locate(113.335, 23.105).area_code == f"{NEW}001"

    # A call from the new grid can be taken down at once, and lies there.
    dispatcher.open("/desk/new/")
    dispatcher.press("登记", channel="hotline", words="路边的垃圾桶满了。", grid_code=f"{NEW}001", reply_by="page")
    case = Case.objects.get()
    assert (case.area_code, case.unplaced) == (f"{NEW}001", False)

    # A community gets a new name: the tree keeps the old one in its history.
    clock.pass_by(days=30)
    keeper = staff("keeper").open("/desk/places/import/")
    keeper.press("检查", kind="areas", file=table(f"{NEW},茉莉花社区,,"))
    assert "改动 1" in keeper.words
    keeper.press("导入")
    assert sorted(Area.objects.filter(code=NEW).values_list("name", flat=True)) == ["茉莉社区", "茉莉花社区"]
    dispatcher = staff("dispatcher").open(f"/desk/places/{NEW}/")
    assert "茉莉花社区" in dispatcher.words

    # The next street sees its own tree alone, on every address; a visitor comes to the sign-in page.
    neighbour = staff("next_keeper").open(f"/desk/places/{NEW}/", 404)
    neighbour.open(f"/desk/places/{GRID}/", 404)
    neighbour.open(f"/desk/places/polygons.json?area={BANYAN}", 404)
    neighbour.open("/desk/places/")
    assert "茉莉" not in neighbour.words
    assert "沙洲社区" in neighbour.words
    assert Person().open(f"/desk/places/{NEW}/").address.startswith("/sign-in/")
