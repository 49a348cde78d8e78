"""Cutting and joining outlines: pure geometry in degrees, no database and no words.

Shapes that tile an area go on tiling it: what one loses another gains, along the very same corner points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import cos, floor, hypot, radians
from typing import TYPE_CHECKING, Any

from huying.kernel.late import late

if TYPE_CHECKING:
    import shapely
    import shapely.ops as operations
    from shapely.geometry import Polygon
    from shapely.geometry.base import BaseGeometry
else:
    shapely = late("shapely")
    operations = late("shapely.ops")


GRAIN = 1e-7  # degrees, a centimetre: corners lie on this raster
LEAST_SQUARE_METRES = 1.0  # smaller pieces are dust from rounding
SHARE = 0.005
SLACK = 50.0  # square metres


class BadDrawing(ValueError):
    """A drawing that cannot be used; the first argument is a stable code."""

    @property
    def code(self) -> str:
        return str(self.args[0])


def read(polygon: Mapping[str, Any] | None) -> BaseGeometry | None:
    return shapely.geometry.shape(polygon) if polygon is not None else None


def written(geometry: BaseGeometry) -> dict[str, Any]:
    """GeoJSON of a shape, as JSON keeps it: a Polygon where it has one part."""
    parts = _polygons(geometry)
    if not parts:
        raise BadDrawing("empty")
    whole: BaseGeometry = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    plain = shapely.geometry.mapping(whole)
    return {"type": plain["type"], "coordinates": _listed(plain["coordinates"])}


def _listed(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_listed(one) for one in value]
    return round(value, 7)


def square_metres(geometry: BaseGeometry) -> float:
    """Area on the ground, good to a percent for what a city has."""
    if geometry.is_empty:
        return 0.0
    return float(geometry.area) * 111_320.0 * 110_574.0 * cos(radians(geometry.centroid.y))


def tolerance(square: float) -> float:
    """What may be over or missing where shapes were drawn by hand."""
    return max(SLACK, square * SHARE)


def clean(geometry: BaseGeometry) -> BaseGeometry:
    """On the raster, valid, polygons alone, without dust."""
    settled = shapely.set_precision(geometry, GRAIN)
    parts = [one for one in _polygons(settled) if square_metres(one) >= LEAST_SQUARE_METRES]
    if not parts:
        return shapely.Polygon()
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    if isinstance(geometry, shapely.Polygon):
        return [] if geometry.is_empty else [geometry]
    return [one for part in getattr(geometry, "geoms", ()) for one in _polygons(part)]


def joined(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    """One outline around all of them."""
    return clean(shapely.union_all(list(shapes), grid_size=GRAIN))


def halves(whole: BaseGeometry, line: Sequence[Sequence[float]]) -> tuple[BaseGeometry, BaseGeometry]:
    """The two sides of a drawn line; its ends are drawn on until they leave the shape.

    Raises BadDrawing: line_short, line_crosses_itself, line_misses.
    """
    points = [(float(one[0]), float(one[1])) for one in line]
    points = [one for place, one in enumerate(points) if place == 0 or one != points[place - 1]]
    if len(points) < 2:
        raise BadDrawing("line_short")
    west, south, east, north = whole.bounds
    margin = max(hypot(east - west, north - south), 1e-4)
    frame = shapely.box(west - margin, south - margin, east + margin, north + margin)
    reach = 4 * margin
    path = shapely.LineString([_beyond(points[1], points[0], reach), *points, _beyond(points[-2], points[-1], reach)])
    if not path.is_simple:
        raise BadDrawing("line_crosses_itself")
    sides = _polygons(operations.split(frame, path))
    if len(sides) != 2:
        raise BadDrawing("line_misses")
    found = [clean(whole.intersection(one)) for one in sides]
    if any(one.is_empty for one in found):
        raise BadDrawing("line_misses")
    # The northern (then western) half first, as people read a map.
    found.sort(key=lambda one: (-round(one.centroid.y, 6), round(one.centroid.x, 6)))
    return found[0], found[1]


def _beyond(inner: tuple[float, float], end: tuple[float, float], reach: float) -> tuple[float, float]:
    long = hypot(end[0] - inner[0], end[1] - inner[1])
    return end[0] + (end[0] - inner[0]) / long * reach, end[1] + (end[1] - inner[1]) / long * reach


def retiled(tiles: Mapping[str, BaseGeometry], outline: BaseGeometry) -> dict[str, BaseGeometry]:
    """The tiles cut to a new outline; land of it that no tile has goes to the tile with the longest border."""
    kept = {code: clean(one.intersection(outline)) for code, one in tiles.items()}
    covered = shapely.union_all(list(kept.values())) if kept else shapely.Polygon()
    return handed_out(kept, outline.difference(covered))


def handed_out(tiles: Mapping[str, BaseGeometry], land: BaseGeometry) -> dict[str, BaseGeometry]:
    """Each piece of the land joined to the tile with which it has the longest border; untouched pieces stay out."""
    grown = dict(tiles)
    for piece in sorted(_polygons(clean(land)), key=lambda one: (-one.area, one.bounds)):
        near = {code: _border(one, piece) for code, one in grown.items() if not one.is_empty}
        best = max(sorted(near), key=lambda code: near[code], default=None)
        if best is not None and near[best] > 0:
            grown[best] = joined([grown[best], piece])
    return grown


def _border(one: BaseGeometry, other: BaseGeometry) -> float:
    return float(one.buffer(2 * GRAIN).intersection(other.boundary).length)


def redrawn(
    code: str, outline: BaseGeometry, siblings: Mapping[str, BaseGeometry], parent: BaseGeometry | None
) -> dict[str, BaseGeometry]:
    """The shapes that change when one area takes a new outline: its own first, then its neighbours'.

    What lies outside the parent is cut away. A neighbour loses what is taken; land given up goes to the
    neighbour with the longest border. Raises BadDrawing: empty, swallows (second argument: the neighbour's code).
    """
    wanted = clean(outline if parent is None else outline.intersection(parent))
    if wanted.is_empty:
        raise BadDrawing("empty")
    before = siblings.get(code)
    others = {one: kept for one, kept in siblings.items() if one != code}
    after = dict(others)
    for one, kept in others.items():
        if square_metres(kept.intersection(wanted)) < LEAST_SQUARE_METRES:
            continue
        after[one] = clean(kept.difference(wanted))
        if after[one].is_empty:
            raise BadDrawing("swallows", one)
    if before is not None:
        after = handed_out(after, before.difference(wanted))
    changed = {one: after[one] for one in sorted(others) if not after[one].equals(others[one])}
    return {code: wanted, **changed}


def overlap(shapes: Mapping[str, BaseGeometry]) -> tuple[str, str, float] | None:
    """The first two that share more land than drawing by hand explains, and how much."""
    codes = sorted(shapes)
    for place, one in enumerate(codes):
        for other in codes[place + 1 :]:
            if not shapes[one].intersects(shapes[other]):
                continue
            shared = square_metres(shapes[one].intersection(shapes[other]))
            if shared > tolerance(min(square_metres(shapes[one]), square_metres(shapes[other]))):
                return one, other, shared
    return None


def missing(whole: BaseGeometry, parts: Iterable[BaseGeometry]) -> float:
    """How many square metres of the whole no part covers, beyond what drawing by hand explains; else 0."""
    left = square_metres(whole.difference(shapely.union_all(list(parts))))
    return left if left > tolerance(square_metres(whole)) else 0.0


def outside(part: BaseGeometry, whole: BaseGeometry) -> float:
    """How many square metres of the part lie outside the whole, beyond what drawing by hand explains; else 0."""
    over = square_metres(part.difference(whole))
    return over if over > tolerance(square_metres(part)) else 0.0


def shares(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """A count shared out by weight in whole numbers that add up to it (largest remainders first)."""
    if not weights:
        return {}
    sum_of = sum(weights.values())
    even = {code: total / len(weights) for code in weights}
    exact = {code: total * weight / sum_of for code, weight in weights.items()} if sum_of > 0 else even
    found = {code: floor(value) for code, value in exact.items()}
    rest = total - sum(found.values())
    for code in sorted(exact, key=lambda one: (found[one] - exact[one], one))[:rest]:
        found[code] += 1
    return found
