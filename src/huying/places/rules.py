"""Codes of areas, their tiers, and coordinates: pure rules, no database.

An area's code is digits on the national division codes; what lies inside an area starts with its code.
Positions are kept in WGS84. National maps speak GCJ-02, one big map BD-09; every door says what it speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta, timezone
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Final

from huying.kernel.terms import Term, _

# Words of people.rules.Duty, which lies a floor above; a test compares them.
READ: Final = "read"
ADMIN_PLACES: Final = "admin_places"

SHANGHAI: Final = timezone(timedelta(hours=8))


class Tier(Term):
    """How deep an area lies in the tree."""

    PROVINCE = "province", _("省")
    CITY = "city", _("市")
    DISTRICT = "district", _("区县")
    STREET = "street", _("街道")
    COMMUNITY = "community", _("社区")
    GRID = "grid", _("网格")
    BUILDING = "building", _("楼栋")


LENGTHS: Final[dict[Tier, int]] = {
    Tier.PROVINCE: 2,
    Tier.CITY: 4,
    Tier.DISTRICT: 6,
    Tier.STREET: 9,
    Tier.COMMUNITY: 12,
    Tier.GRID: 15,
    Tier.BUILDING: 19,
}
_TIERS: Final[dict[int, Tier]] = {length: tier for tier, length in LENGTHS.items()}
_SHORTER: Final[dict[int, int]] = dict(zip(list(LENGTHS.values())[1:], LENGTHS.values(), strict=False))


class EstateKind(Term):
    COMMERCIAL = "commercial", _("商品房小区")
    OLD = "old", _("老旧小区")
    UNIT = "unit", _("单位宿舍")
    RESETTLED = "resettled", _("回迁小区")
    VILLAGE = "village", _("城中村")
    APARTMENT = "apartment", _("公寓")


class BuildingKind(Term):
    HOME = "home", _("住宅")
    MIXED = "mixed", _("商住")
    OFFICE = "office", _("办公")
    SHOP = "shop", _("商业")
    PUBLIC = "public", _("公共")
    WORKS = "works", _("厂房")


class FacilityKind(Term):
    MANHOLE = "manhole", _("井盖")
    LAMP = "lamp", _("路灯")
    WASTE_POINT = "waste_point", _("垃圾投放点")
    TOILET = "toilet", _("公厕")
    PARK = "park", _("公园广场")
    PLAYGROUND = "playground", _("健身游乐")
    CHARGING = "charging", _("充电设施")
    HYDRANT = "hydrant", _("消防栓")
    LIFT = "lift", _("电梯")
    PUMP = "pump", _("泵站")
    CROSSING = "crossing", _("道路设施")
    CAMERA = "camera", _("摄像头")
    ACCESS_DOOR = "access_door", _("门禁设备")
    NOTICE_BOARD = "notice_board", _("宣传栏")
    SERVICE_POINT = "service_point", _("服务站点")
    PARKING = "parking", _("停车位")
    GREEN = "green", _("绿地")
    WALKWAY = "walkway", _("步道")
    SHELF = "shelf", _("非机动车棚")
    OTHER = "other", _("其他设施")


class WaterwayKind(Term):
    CREEK = "creek", _("河涌")
    RIVER = "river", _("河道")
    CHANNEL = "channel", _("渠道")
    LAKE = "lake", _("湖塘")


class Verb(Term):
    """What history says of an area."""

    CREATE = "create", _("建立")
    CORRECT = "correct", _("更正资料")
    REDRAW = "redraw", _("划定边界")
    END = "end", _("结束")


class ImportKind(Term):
    AREAS = "areas", _("区域名录")
    POLYGONS = "polygons", _("区域边界")


def is_code(code: str) -> bool:
    """Whether this is a well-formed area code: digits of one of the lengths."""
    return code.isascii() and code.isdigit() and len(code) in _TIERS


def tier_of(code: str) -> Tier:
    """The tier that the code's length says; ValueError where no tier has that length."""
    if not is_code(code):
        raise ValueError(f"not an area code: {code!r}")
    return _TIERS[len(code)]


def parent_of(code: str) -> str:
    """The code one tier up; "" above a province."""
    tier_of(code)
    return code[: _SHORTER.get(len(code), 0)]


def ancestors_of(code: str) -> tuple[str, ...]:
    """The codes above, the highest first."""
    return tuple(code[:length] for length in LENGTHS.values() if length < len(code))


def street_of(code: str) -> str:
    """The sub-district's code; "" where the code lies above one."""
    return code[:9] if len(code) >= 9 else ""


def community_of(code: str) -> str:
    return code[:12] if len(code) >= 12 else ""


def grid_of(code: str) -> str:
    return code[:15] if len(code) >= 15 else ""


def covers(prefixes: Iterable[str], code: str) -> bool:
    """Whether the code lies inside one of the areas."""
    return any(code.startswith(prefix) for prefix in prefixes)


# Coordinates

Shift = Callable[[float, float], tuple[float, float]]


class CoordinateSystem(Term):
    """What a door's longitudes and latitudes are measured in."""

    WGS84 = "wgs84", _("WGS84（卫星定位）")
    CGCS2000 = "cgcs2000", _("CGCS2000（测绘）")
    GCJ02 = "gcj02", _("GCJ-02（国内地图）")
    BD09 = "bd09", _("BD-09（百度地图）")


_AXIS: Final = 6378245.0  # semi-major axis of the Krasovsky ellipsoid, metres
_ECCENTRICITY: Final = 0.00669342162296594323
_BAIDU: Final = pi * 3000.0 / 180.0
_STEPS: Final = 40
_CLOSE: Final = 1e-12  # degrees, a ten-thousandth of a millimetre


def to_wgs84(lng: float, lat: float, system: str) -> tuple[float, float]:
    """A point of any door as WGS84 (CGCS2000 differs by less than the width of a hand)."""
    if system == CoordinateSystem.GCJ02:
        return _undone(lng, lat, _gcj_shift)
    if system == CoordinateSystem.BD09:
        return _undone(*_undone(lng, lat, _baidu_shift), _gcj_shift)
    return lng, lat


def from_wgs84(lng: float, lat: float, system: str) -> tuple[float, float]:
    """A stored point as a door wants it."""
    if system in (CoordinateSystem.GCJ02, CoordinateSystem.BD09):
        east, north = _gcj_shift(lng, lat)
        lng, lat = lng + east, lat + north
    if system == CoordinateSystem.BD09:
        east, north = _baidu_shift(lng, lat)
        lng, lat = lng + east, lat + north
    return lng, lat


def in_range(lng: float, lat: float) -> bool:
    """Whether these can be degrees at all (NaN cannot)."""
    return -180.0 <= lng <= 180.0 and -90.0 <= lat <= 90.0


def in_china(lng: float, lat: float) -> bool:
    """The rough box in which GCJ-02 shifts points; outside it the two systems are one."""
    return 72.004 <= lng <= 137.8347 and 0.8293 <= lat <= 55.8271


def looks_swapped(lng: float, lat: float) -> bool:
    """Whether longitude and latitude seem to have changed places."""
    return not in_china(lng, lat) and in_china(lat, lng)


def metres_between(lng1: float, lat1: float, lng2: float, lat2: float) -> tuple[float, float]:
    """How far east and how far north the second point lies, for short ways."""
    return (lng2 - lng1) * 111_320.0 * cos((lat1 + lat2) / 2 * pi / 180), (lat2 - lat1) * 110_574.0


def _undone(lng: float, lat: float, shift: Shift) -> tuple[float, float]:
    """The point whose shift lands here: x = here - shift(x), which closes in a hundredfold a step."""
    x, y = lng, lat
    for _step in range(_STEPS):
        east, north = shift(x, y)
        nearer_x, nearer_y = lng - east, lat - north
        close = abs(nearer_x - x) < _CLOSE and abs(nearer_y - y) < _CLOSE
        x, y = nearer_x, nearer_y
        if close:
            break
    return x, y


def _gcj_shift(lng: float, lat: float) -> tuple[float, float]:
    """Degrees that GCJ-02 lies east and north of WGS84 here."""
    if not in_china(lng, lat):
        return 0.0, 0.0
    x, y = lng - 105.0, lat - 35.0
    waves = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves * 2.0 / 3.0
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves * 2.0 / 3.0
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    curve = 1.0 - _ECCENTRICITY * sin(lat / 180.0 * pi) ** 2
    north = north * 180.0 / (_AXIS * (1.0 - _ECCENTRICITY) / (curve * sqrt(curve)) * pi)
    east = east * 180.0 / (_AXIS / sqrt(curve) * cos(lat / 180.0 * pi) * pi)
    return east, north


def _baidu_shift(lng: float, lat: float) -> tuple[float, float]:
    """Degrees that BD-09 lies east and north of GCJ-02 here."""
    far = hypot(lng, lat) + 0.00002 * sin(lat * _BAIDU)
    turn = atan2(lat, lng) + 0.000003 * cos(lng * _BAIDU)
    return far * cos(turn) + 0.0065 - lng, far * sin(turn) + 0.006 - lat
