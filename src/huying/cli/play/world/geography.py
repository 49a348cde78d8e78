"""The ground of the demo world: a made-up street whose grids tile it without a gap, its estates, houses, waters.

Everything is drawn in metres around one point and turned into degrees once, on a fixed lattice, before the pieces
are cut out: neighbours share the very same corner points, so that nothing overlaps and nothing is left over.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import cos, hypot, pi, radians, sin
from os.path import commonprefix
from random import Random
from typing import Any

import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from huying.kernel.actor import Actor
from huying.places.actions import changed, import_areas, import_polygons
from huying.places.models import Building, Estate, Facility, Waterway
from huying.places.rules import BuildingKind, EstateKind, FacilityKind, Tier, WaterwayKind, is_code, tier_of

STREET = "990101001"
ABOVE = {"99": "示例省", "9901": "示例市", "990101": "示范区"}
STREET_NAME = "示范街道"
GRIDS = 79
CENTRE = (113.30, 23.00)  # a spot on the lattice of degrees; the street drawn there does not exist
LATTICE = 1e-6  # degrees, a tenth of a metre
HALF_WIDTH, HALF_HEIGHT = 2100.0, 1500.0  # metres
LEAST_HOUSEHOLDS, MEAN_HOUSEHOLDS, MOST_HOUSEHOLDS = 160, 250, 350
BUILDINGS, FACILITIES = 400, 80

# Each community: its name, three roads, five estates.
COMMUNITIES: tuple[tuple[str, str, str], ...] = (
    ("榕树", "榕荫路 榕溪街 榕东巷", "榕荫花园 榕景苑 榕树新村 榕溪里 榕晖公寓"),
    ("木棉", "木棉大道 棉红街 棉西巷", "木棉雅苑 红棉里 棉城新村 棉荫花园 棉纺宿舍"),
    ("茉莉", "茉莉路 莉香街 莉园巷", "莉香苑 茉莉花园 莉园新村 清莉里 莉舍公寓"),
    ("玉兰", "玉兰路 兰桥街 兰圃巷", "玉兰苑 兰桥花园 兰圃里 白兰新村 兰亭公寓"),
    ("凤凰", "凤凰路 凤仪街 凤尾巷", "凤仪苑 凤凰新村 凤尾里 栖凤花园 凤鸣公寓"),
    ("荷塘", "荷塘路 荷香街 荷叶巷", "荷香苑 荷塘里 锦荷花园 荷叶新村 新荷公寓"),
    ("紫荆", "紫荆路 荆花街 荆园巷", "紫荆苑 荆花里 荆园新村 紫云花园 荆舍公寓"),
    ("书院", "书院路 墨香街 砚池巷", "书香苑 墨香里 砚池新村 书院宿舍 文澜公寓"),
    ("翠竹", "翠竹路 竹影街 竹溪巷", "翠竹苑 竹影里 竹溪新村 青竹花园 竹韵公寓"),
    ("江岸", "江岸路 望江街 渡口巷", "望江苑 渡口里 江岸新村 临江花园 江舍公寓"),
    ("桂花", "桂花路 桂香街 月桂巷", "桂香苑 月桂里 桂花新村 金桂花园 桂舍公寓"),
    ("石榴", "石榴路 榴红街 榴园巷", "榴红苑 榴园里 石榴新村 红榴花园 榴舍公寓"),
)
ESTATE_KINDS = (
    EstateKind.COMMERCIAL, EstateKind.COMMERCIAL, EstateKind.OLD, EstateKind.VILLAGE, EstateKind.APARTMENT,
)  # fmt: skip
CREEKS = ("榕溪涌", "棉溪涌", "莉溪涌", "兰溪涌", "凤溪涌", "荷溪涌", "荆溪涌", "竹溪涌", "榴溪涌")
LAKES = ("荷塘湖", "翠竹湖", "玉兰塘")
KINDS_OF_FACILITY: tuple[tuple[FacilityKind, str, int], ...] = (
    (FacilityKind.LAMP, "{road} {number} 号路灯", 14),
    (FacilityKind.MANHOLE, "{road} {number} 号井盖", 10),
    (FacilityKind.WASTE_POINT, "{estate}投放点", 12),
    (FacilityKind.TOILET, "{road}公厕", 5),
    (FacilityKind.PARK, "{name}口袋公园", 6),
    (FacilityKind.PLAYGROUND, "{estate}健身点", 7),
    (FacilityKind.CHARGING, "{estate}充电棚", 7),
    (FacilityKind.HYDRANT, "{road} {number} 号消防栓", 6),
    (FacilityKind.LIFT, "{estate} 1 栋电梯", 4),
    (FacilityKind.PUMP, "{road}泵站", 2),
    (FacilityKind.CROSSING, "{road}人行道口", 4),
    (FacilityKind.SERVICE_POINT, "{name}便民服务点", 3),
)


@dataclass(frozen=True)
class Spot:
    """A point that people would name: its words, and the estate where it stands in one."""

    lng: float
    lat: float
    words: str
    road: str
    estate: str


@dataclass
class Grid:
    code: str
    polygon: Polygon
    households: int
    roads: tuple[str, ...]
    spots: list[Spot] = field(default_factory=list)

    @property
    def community(self) -> str:
        return self.code[:12]


@dataclass
class Ground:
    """The whole street, as drawn."""

    street: Polygon
    communities: dict[str, Polygon]
    names: dict[str, str]
    grids: list[Grid]
    river: LineString

    def grid(self, code: str) -> Grid:
        return next(one for one in self.grids if one.code == code)


def draw(rng: Random) -> Ground:
    """The street's outline, its communities and grids; no database."""
    outline, river = _outline(rng), _river(rng)
    pieces, sides = _pieces(rng, outline, river)
    near = _neighbours(pieces, sides)
    owners = _grown(pieces, near)
    return _named(rng, pieces, owners, river)


def _degrees(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    lng, lat = CENTRE
    east = 111_320.0 * cos(radians(lat))
    return [(round(lng + x / east, 6), round(lat + y / 110_574.0, 6)) for x, y in points]


def _metres(line: BaseGeometry) -> float:
    east = 111_320.0 * cos(radians(CENTRE[1]))
    points = list(line.coords)
    return sum(
        hypot((x2 - x1) * east, (y2 - y1) * 110_574.0) for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False)
    )


def _outline(rng: Random) -> Polygon:
    turns = [(n, rng.uniform(-0.05, 0.05), rng.uniform(0, 2 * pi)) for n in (2, 3, 4, 5)]
    points = []
    for step in range(44):
        angle = 2 * pi * step / 44
        reach = 1 + sum(size * sin(n * angle + phase) for n, size, phase in turns) + rng.uniform(-0.015, 0.015)
        # A rounded box rather than an oval.
        box = 1 / max(abs(cos(angle)), abs(sin(angle))) ** 0.55
        points.append((HALF_WIDTH * 0.86 * box * reach * cos(angle), HALF_HEIGHT * 0.86 * box * reach * sin(angle)))
    return Polygon(_degrees(points))


def _river(rng: Random) -> LineString:
    """A winding line from beyond the west to beyond the east."""
    first, second = rng.uniform(0, 2 * pi), rng.uniform(0, 2 * pi)
    points = []
    for step in range(-36, 37):
        x = step * 90.0
        y = -260 + 230 * sin(x / 620 + first) + 90 * sin(x / 240 + second) + rng.uniform(-12, 12)
        points.append((x, y))
    return LineString(_degrees(points))


def _pieces(rng: Random, outline: Polygon, river: LineString) -> tuple[list[Polygon], list[int]]:
    """Cells around scattered points, cut along the river; slivers are joined to a neighbour on their own bank."""
    seeds = _scattered(rng, outline, GRIDS - 4)
    edges = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=outline.buffer(0.01), only_edges=True)
    lines = shapely.union_all([edges, outline.exterior, river], grid_size=LATTICE)
    found = []
    for one in shapely.polygonize([lines]).geoms:
        piece = Polygon(_rounded(one.exterior.coords))
        if outline.contains(piece.representative_point()):
            found.append(piece)
    found.sort(key=lambda one: (round(one.centroid.x, 6), round(one.centroid.y, 6)))
    banks = sorted(shapely.polygonize([lines_of(outline, river)]).geoms, key=lambda one: -float(one.area))
    sides = [next(n for n, bank in enumerate(banks) if bank.contains(one.representative_point())) for one in found]
    while len(found) > GRIDS:
        small = min(range(len(found)), key=lambda n: found[n].area)
        mates = [
            n
            for n in range(len(found))
            if n != small and sides[n] == sides[small] and found[n].intersection(found[small]).length > 4 * LATTICE
        ]
        if not mates:  # alone on its bank: it may cross the river
            mates = [n for n in range(len(found)) if n != small and found[n].touches(found[small])]
        mate = min(mates, key=lambda n: found[n].area)
        found[mate] = Polygon(_rounded(shapely.union(found[mate], found[small]).exterior.coords))
        del found[small], sides[small]
    assert len(found) == GRIDS, len(found)
    return found, sides


def lines_of(outline: Polygon, river: LineString) -> BaseGeometry:
    return shapely.union_all([outline.exterior, river], grid_size=LATTICE)


def _rounded(points: Any) -> list[tuple[float, float]]:
    return [(round(x, 6), round(y, 6)) for x, y in points]


def _scattered(rng: Random, outline: Polygon, count: int) -> list[Point]:
    """Points all over the outline, moved apart twice: an even, not a regular net."""
    west, south, east, north = outline.bounds
    points: list[Point] = []
    while len(points) < count:
        one = Point(rng.uniform(west, east), rng.uniform(south, north))
        if outline.contains(one):
            points.append(one)
    for _turn in range(3):
        cells = shapely.voronoi_polygons(MultiPoint(points), extend_to=outline).geoms
        middles = [cell.intersection(outline).centroid for cell in cells]
        points = [Point(round(one.x, 9), round(one.y, 9)) for one in middles if not one.is_empty]
    return points


def _neighbours(pieces: Sequence[Polygon], sides: Sequence[int]) -> list[list[int]]:
    """Which pieces share a border on the same bank."""
    near: list[list[int]] = [[] for _one in pieces]
    for left in range(len(pieces)):
        for right in range(left + 1, len(pieces)):
            same = sides[left] == sides[right]
            if same and pieces[left].intersection(pieces[right]).length > 20 * LATTICE:
                near[left].append(right)
                near[right].append(left)
    return near


def _grown(pieces: Sequence[Polygon], near: Sequence[Sequence[int]]) -> list[int]:
    """Twelve communities: each grows by a neighbouring piece in turn, the smallest first."""
    middles = [(one.centroid.x, one.centroid.y) for one in pieces]

    def far(left: int, right: int) -> float:
        return hypot(middles[left][0] - middles[right][0], middles[left][1] - middles[right][1])

    starts = [min(range(len(pieces)), key=lambda n: middles[n][0] - middles[n][1])]
    while len(starts) < len(COMMUNITIES):
        starts.append(max(range(len(pieces)), key=lambda n: (min(far(n, one) for one in starts), n)))
    owner = [-1] * len(pieces)
    for number, start in enumerate(starts):
        owner[start] = number
    while -1 in owner:
        sizes = {n: owner.count(n) for n in range(len(starts))}
        choices = {
            n: sorted({m for p in range(len(pieces)) if owner[p] == n for m in near[p] if owner[m] == -1})
            for n in sizes
        }
        growing = [n for n in sizes if choices[n]]
        if not growing:  # an island on its bank: give it to whoever is nearest
            lost = owner.index(-1)
            owner[lost] = owner[min((p for p in range(len(pieces)) if owner[p] >= 0), key=lambda p: far(p, lost))]
            continue
        who = min(growing, key=lambda n: (sizes[n], n))
        owner[min(choices[who], key=lambda p: (far(p, starts[who]), p))] = who
    return owner


def _named(rng: Random, pieces: Sequence[Polygon], owners: Sequence[int], river: LineString) -> Ground:
    """Codes and names: communities from the north-west on, one on the river named after it."""
    shapes = {n: shapely.union_all([p for p, o in zip(pieces, owners, strict=True) if o == n]) for n in set(owners)}
    order = sorted(shapes, key=lambda n: (-round((shapes[n].centroid.y - CENTRE[1]) / 0.009), shapes[n].centroid.x))
    bank = next(n for n in reversed(order) if shapes[n].intersection(river).length > 0.004)
    order.remove(bank)
    order.insert([one[0] for one in COMMUNITIES].index("江岸"), bank)
    communities, names, grids = {}, {**ABOVE, STREET: STREET_NAME}, []
    for number, n in enumerate(order):
        code = f"{STREET}{number + 1:03d}"
        name, roads, _estates = COMMUNITIES[number]
        communities[code], names[code] = shapes[n], f"{name}社区"
        mine = [p for p, o in zip(pieces, owners, strict=True) if o == n]
        mine.sort(key=lambda p: (-round(p.centroid.y, 3), p.centroid.x))
        for place, piece in enumerate(mine):
            grid = f"{code}{place + 1:03d}"
            names[grid] = f"{name}第{_ordinal(place + 1)}网格"
            own = roads.split()
            households = round(min(max(rng.gauss(MEAN_HOUSEHOLDS, 38), LEAST_HOUSEHOLDS), MOST_HOUSEHOLDS))
            grids.append(Grid(grid, piece, households, (own[place % 3], own[(place + 1) % 3])))
    street = shapely.union_all(list(communities.values()))
    return Ground(street, communities, names, grids, river)


def _ordinal(number: int) -> str:
    digits = "一二三四五六七八九十"
    return digits[number - 1] if number <= 10 else "十" + digits[number - 11]


# Rows


def settle(ground: Ground, rng: Random, *, actor: Actor, now: datetime) -> None:
    """Write the areas through the doors of import, then estates, houses, facilities and waters."""
    import_areas(data=_table(ground, now), actor=actor, now=now, apply=True)
    import_polygons(data=_outlines(ground), actor=actor, now=now, apply=True)
    estates = _estates(ground, rng)
    Estate.objects.bulk_create(estates)
    buildings = _buildings(ground, estates, rng)
    Building.objects.bulk_create(buildings, batch_size=500)
    _spots(ground, estates, buildings, rng)
    Facility.objects.bulk_create(_facilities(ground, estates, rng))
    Waterway.objects.bulk_create(_waterways(ground, rng))
    changed()


def _table(ground: Ground, now: datetime) -> bytes:
    held = io.StringIO()
    rows = csv.writer(held)
    rows.writerow(["code", "name", "short_name", "households", "valid_from"])
    households = {grid.code: grid.households for grid in ground.grids}
    for code in sorted(ground.names):
        short = ground.names[code].removesuffix("社区") if len(code) == 12 else ""
        count = sum(number for grid, number in households.items() if grid.startswith(code))
        rows.writerow([code, ground.names[code], short, count, now.date().isoformat()])
    return held.getvalue().encode()


def _outlines(ground: Ground) -> bytes:
    shapes: dict[str, Polygon] = {STREET: ground.street, **ground.communities}
    shapes |= {grid.code: grid.polygon for grid in ground.grids}
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": mapping(shapes[code])} for code in sorted(shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _inside(polygon: Polygon, rng: Random, margin: float = 0.0) -> tuple[float, float]:
    """A point well inside, drawn at random."""
    west, south, east, north = polygon.bounds
    core = polygon.buffer(-margin) if margin else polygon
    core = polygon if core.is_empty else core
    for _try in range(200):
        lng, lat = round(rng.uniform(west, east), 6), round(rng.uniform(south, north), 6)
        if shapely.contains_xy(core, lng, lat):
            return lng, lat
    middle = polygon.representative_point()
    return round(middle.x, 6), round(middle.y, 6)


def _estates(ground: Ground, rng: Random) -> list[Estate]:
    found = []
    for number, (code, _polygon) in enumerate(sorted(ground.communities.items())):
        grids = [one for one in ground.grids if one.community == code]
        for place, name in enumerate(COMMUNITIES[number][2].split()):
            home = grids[place % len(grids)]
            kind = EstateKind.UNIT if name.endswith("宿舍") else ESTATE_KINDS[place]
            lng, lat = _inside(home.polygon, rng, 0.0006)
            spread = [home.code]
            if place % 4 == 0 and len(grids) > 1:
                spread.append(grids[(place + 1) % len(grids)].code)
            found.append(
                Estate(
                    area_code=home.code,
                    name=name,
                    lng=lng,
                    lat=lat,
                    kind=kind,
                    grid_codes=sorted(spread),
                    households=rng.randint(90, 320),
                )
            )
    return found


def _buildings(ground: Ground, estates: Sequence[Estate], rng: Random) -> list[Building]:
    found: list[Building] = []
    running: dict[str, int] = {}
    counts: dict[str, int] = {}

    def add(grid: Grid, estate: Estate | None, kind: BuildingKind, name: str) -> None:
        running[grid.code] = running.get(grid.code, 0) + 1
        lng, lat = _inside(grid.polygon, rng, 0.0003)
        storeys = rng.choice((7, 8, 9, 18, 26, 32)) if estate else rng.randint(2, 6)
        homes = storeys * rng.choice((2, 4)) if estate else 0
        code = f"{grid.code}{running[grid.code]:04d}"
        found.append(
            Building(
                area_code=grid.code,
                name=name,
                lng=lng,
                lat=lat,
                kind=kind,
                code=code,
                estate=estate,
                households=homes,
                storeys=storeys,
            )
        )

    while len(found) < BUILDINGS - GRIDS:
        estate = estates[len(found) % len(estates)]
        counts[estate.name] = counts.get(estate.name, 0) + 1
        grid = ground.grid(rng.choice(estate.grid_codes))
        add(grid, estate, BuildingKind.HOME, f"{estate.name} {counts[estate.name]} 栋")
    for grid in ground.grids:
        kind = rng.choice((BuildingKind.SHOP, BuildingKind.MIXED, BuildingKind.OFFICE, BuildingKind.PUBLIC))
        add(grid, None, kind, f"{grid.roads[0]} {rng.randint(2, 198)} 号楼")
    return found


def _spots(ground: Ground, estates: Sequence[Estate], buildings: Sequence[Building], rng: Random) -> None:
    """The places that callers name in each grid: houses of estates, corners and numbers of roads."""
    homes: dict[str, list[Building]] = {}
    for one in buildings:
        homes.setdefault(one.area_code, []).append(one)
    for grid in ground.grids:
        community = [one.name for one in estates if one.area_code.startswith(grid.community)]
        here = sorted({one.name for one in estates if grid.code in one.grid_codes}) or community[:1]
        for one in homes.get(grid.code, []):
            if one.estate is not None and one.lng is not None and one.lat is not None:
                near = rng.choice(("楼下", "门口", "旁边", "后面的小路"))
                grid.spots.append(Spot(one.lng, one.lat, f"{one.name}{near}", grid.roads[0], one.estate.name))
        first, second = grid.roads
        corners = [
            f"{first} {rng.randint(2, 198)} 号对面", f"{first} {rng.randint(2, 198)} 号门口",
            f"{second} {rng.randint(2, 98)} 号旁边", f"{first}与{second}路口", f"{first}公交站旁", f"{second}中段",
            f"{here[0]}东门外", f"{here[-1]}西门对面", f"{first}菜市口", f"{second}尾",
        ]  # fmt: skip
        for number, words in enumerate(corners):
            lng, lat = _inside(grid.polygon, rng, 0.0002)
            grid.spots.append(Spot(lng, lat, words, (first, second)[number % 2], here[number % len(here)]))


def _facilities(ground: Ground, estates: Sequence[Estate], rng: Random) -> list[Facility]:
    found: list[Facility] = []
    for kind, pattern, count in KINDS_OF_FACILITY:
        for number in range(count):
            grid = ground.grids[(len(found) * 31 + number * 7) % GRIDS]
            estate = estates[(len(found) * 13 + number) % len(estates)]
            beside = "{estate}" in pattern
            home = ground.grid(estate.area_code) if beside else grid
            lng, lat = _inside(home.polygon, rng, 0.0002)
            name = pattern.format(
                road=grid.roads[number % 2],
                number=rng.randint(2, 198),
                estate=estate.name,
                name=ground.names[grid.community].removesuffix("社区"),
            )
            found.append(
                Facility(area_code=home.code, name=name, lng=lng, lat=lat, kind=kind, estate=estate if beside else None)
            )
    assert len(found) == FACILITIES
    return found


def _waterways(ground: Ground, rng: Random) -> list[Waterway]:
    river = _longest(ground.river.intersection(ground.street))
    found = [_waterway(ground, "示例河", WaterwayKind.RIVER, river)]
    for name in CREEKS:
        found.append(_waterway(ground, name, WaterwayKind.CREEK, _creek(ground, river, rng)))
    found.append(_waterway(ground, "书院渠", WaterwayKind.CHANNEL, _creek(ground, river, rng)))
    for name in LAKES:
        home = next((c for c, n in ground.names.items() if len(c) == 12 and name.startswith(n[:2])), STREET)
        grid = rng.choice([one for one in ground.grids if one.code.startswith(home)])
        lng, lat = _inside(grid.polygon, rng, 0.0012)
        ring = []
        for step in range(18):
            reach = 0.00055 * (1 + 0.25 * sin(3 * step) + rng.uniform(-0.1, 0.1))
            ring.append((round(lng + 1.4 * reach * cos(step * pi / 9), 6), round(lat + reach * sin(step * pi / 9), 6)))
        found.append(_waterway(ground, name, WaterwayKind.LAKE, Polygon(ring)))
    return found


def _creek(ground: Ground, river: LineString, rng: Random) -> LineString:
    """From a far corner down to the river, in bends."""
    for _try in range(50):
        lng, lat = _inside(rng.choice(ground.grids).polygon, rng)
        mouth = river.interpolate(rng.uniform(0.05, 0.95), normalized=True)
        far = hypot(mouth.x - lng, mouth.y - lat)
        if 0.006 < far < 0.014:
            break
    bend = rng.uniform(-0.25, 0.25)
    points = []
    for step in range(9):
        share = step / 8
        sway = far * bend * sin(share * pi) + 0.0005 * sin(share * 11)
        across = ((mouth.y - lat) / far * sway, -(mouth.x - lng) / far * sway)
        points.append((lng + (mouth.x - lng) * share + across[0], lat + (mouth.y - lat) * share + across[1]))
    return _longest(LineString(_rounded(points)).intersection(ground.street))


def _longest(line: BaseGeometry) -> LineString:
    parts = list(getattr(line, "geoms", [line]))
    return LineString(_rounded(max(parts, key=lambda one: one.length).coords))


def _waterway(ground: Ground, name: str, kind: WaterwayKind, shape: BaseGeometry) -> Waterway:
    codes = [grid.code for grid in ground.grids if grid.polygon.intersects(shape)]
    return Waterway(
        area_code=_shared(codes),
        name=name,
        kind=kind,
        geometry=_plain(mapping(shape)),
        lng=round(shape.representative_point().x, 6) if kind == WaterwayKind.LAKE else None,
        lat=round(shape.representative_point().y, 6) if kind == WaterwayKind.LAKE else None,
        grid_codes=codes,
        metres=round(_metres(shape)) if kind != WaterwayKind.LAKE else round(_metres(shape.exterior)),
    )


def _shared(codes: Sequence[str]) -> str:
    """The finest area that holds all these grids."""
    common = commonprefix(list(codes))
    while not is_code(common) or tier_of(common) == Tier.BUILDING:
        common = common[:-1]
    return common


def _plain(geometry: Mapping[str, Any]) -> dict[str, Any]:
    def listed(value: Any) -> Any:
        return [listed(one) for one in value] if isinstance(value, tuple | list) else value

    return {"type": geometry["type"], "coordinates": listed(geometry["coordinates"])}
