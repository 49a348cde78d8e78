"""A made-up street of two communities with square grids, and its neighbour."""

from datetime import UTC, date, datetime

import orjson

from huying.kernel.actor import Actor, ActorKind, Granted
from huying.kernel.ids import uuid7
from huying.places.actions import changed
from huying.places.models import Area
from huying.places.rules import parent_of, tier_of

STREET, NEXT_DOOR = "990101001", "990101002"
BANYAN, KAPOK = "990101001001", "990101001002"
NOW = datetime(2026, 10, 20, 6, 5, tzinfo=UTC)
WEST, SOUTH, STEP = 113.30, 23.10, 0.01

NAMES = {
    "990101": "示范区",
    STREET: "示范街道",
    NEXT_DOOR: "邻江街道",
    BANYAN: "榕树社区",
    KAPOK: "木棉社区",
    BANYAN + "001": "石榴网格",
    BANYAN + "002": "古井网格",
    KAPOK + "001": "茶园网格",
    KAPOK + "002": "桥头网格",
    NEXT_DOOR + "001": "沙洲社区",
    NEXT_DOOR + "001001": "沙洲网格",
}


def person(*duties, area=STREET):
    granted = Granted(frozenset(str(duty) for duty in duties), area)
    return Actor(ActorKind.PERSON, id=uuid7(), label="account-test", grants=(granted,))


def keeper(area=STREET):
    return person("admin_places", area=area)


def reader(area=STREET):
    return person("read", area=area)


def box(column, row, width=1, height=1):
    """A polygon on the raster of the made-up street, counted from its south-west corner."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    east, north = west + width * STEP, south + height * STEP
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(x, 7), round(y, 7)] for x, y in ring]]}


BOXES = {
    STREET: box(0, 0, 2, 2),
    BANYAN: box(0, 0, 2, 1),
    KAPOK: box(0, 1, 2, 1),
    BANYAN + "001": box(0, 0),
    BANYAN + "002": box(1, 0),
    KAPOK + "001": box(0, 1),
    KAPOK + "002": box(1, 1),
}


def middle(column, row):
    return WEST + (column + 0.5) * STEP, SOUTH + (row + 0.5) * STEP


def street(*, drawn=True, names=NAMES):
    """The made-up street as rows."""
    rows = [
        Area(
            code=code, name=name, tier=tier_of(code), parent_code=parent_of(code),
            households=250 if len(code) == 15 else 0, polygon=BOXES.get(code) if drawn else None,
            valid_from=date(2024, 1, 1),
        )
        for code, name in names.items()
    ]  # fmt: skip
    Area.objects.bulk_create(rows)
    changed()


def table(*rows, head="代码,名称,户数", encoding="utf-8-sig"):
    return "\r\n".join([head, *rows]).encode(encoding)


def feature(code, geometry, **members):
    return {"type": "Feature", "properties": {"code": code}, "geometry": geometry, **members}


def collection(*features, **members):
    return orjson.dumps({"type": "FeatureCollection", "features": list(features), **members})
