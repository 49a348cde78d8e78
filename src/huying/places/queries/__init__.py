"""Reads of places: where a point lies, what areas are called, the tree a person may see, outlines for maps.

Names and shapes of the present areas are kept in the process and read again when the mark of
`Revision` is new, which is looked up at most every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet

from huying.audit.models import History
from huying.audit.queries import history_of
from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.late import late
from huying.kernel.refusals import NotFound
from huying.places.models import Area, Building, Estate, Facility, Place, Revision, Waterway
from huying.places.rules import ADMIN_PLACES, LENGTHS, READ, Tier, ancestors_of, covers, in_range, is_code

if TYPE_CHECKING:
    import shapely
    from shapely.geometry.base import BaseGeometry
else:
    shapely = late("shapely")

RECHECK_SECONDS = 5


@dataclass(frozen=True)
class Located:
    """Where a point lies: the finest area that has a shape."""

    area_code: str
    name: str


@dataclass(frozen=True)
class _Shapes:
    """Shapes of the present areas in one search tree; codes and depths stand at the same places."""

    tree: shapely.STRtree
    codes: list[str]


@dataclass
class _Kept:
    """What one mark stands for; filled when first asked for."""

    mark: str
    number: int = 0  # counts whatever is named: areas, and what stands in them
    until: float = 0.0  # by the process's own clock: what is asked a thousand times a page does without Django's cache
    names: dict[str, tuple[str, str]] | None = None
    within: dict[str, dict[str, str]] = field(default_factory=dict)
    shapes: _Shapes | None = None
    lock: Lock = field(default_factory=Lock)


_kept = _Kept("none")


def forget() -> None:
    """Read names and shapes again next time; after a change, and in tests."""
    global _kept
    _kept = _Kept("none")


def _present() -> _Kept:
    global _kept
    kept = _kept
    if monotonic() < kept.until:
        return kept
    mark, number = Revision.objects.values_list("mark", "number").first() or ("", 0)
    if kept.mark != str(mark):
        kept = _kept = _Kept(str(mark))
    kept.number = number
    kept.until = monotonic() + RECHECK_SECONDS
    return kept


def current() -> QuerySet[Area]:
    """The areas that hold now, without their shapes."""
    return Area.objects.filter(valid_to=None).defer("polygon")


# Where a point lies


def locate(lng: float, lat: float) -> Located | None:
    """The finest present area that holds the WGS84 point; on a border the one with the smaller code."""
    if not in_range(lng, lat):
        return None
    shapes = _shapes()
    found = shapes.tree.query(shapely.Point(lng, lat), predicate="intersects")
    if len(found) == 0:
        return None
    code = min((shapes.codes[place] for place in found), key=lambda one: (-len(one), one))
    return Located(code, name_of(code))


def _shapes() -> _Shapes:
    kept = _present()
    if kept.shapes is None:
        with kept.lock:
            if kept.shapes is None:
                kept.shapes = _read_shapes()
    return kept.shapes


def _read_shapes() -> _Shapes:
    rows = Area.objects.filter(valid_to=None, polygon__isnull=False).order_by("code")
    codes: list[str] = []
    geometries: list[BaseGeometry] = []
    for code, polygon in rows.values_list("code", "polygon"):
        codes.append(code)
        geometries.append(shapely.geometry.shape(polygon))
    tree = shapely.STRtree(geometries)
    tree.query(shapely.Point(0, 0))  # the first query builds the tree: here, under the lock, not in two threads
    return _Shapes(tree, codes)


# What areas are called


def name_of(code: str) -> str:
    """How people name an area: `榕树社区 · 木棉网格`; above a community its own name. Unknown: the code."""
    return names_of([code])[code]


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """The names of many areas, without a statement where they are known already."""
    names = _names()
    return {code: _full_name(code, names) for code in codes}


def own_name_of(code: str) -> str:
    """The area's own name alone: `木棉网格`."""
    return _names().get(code, (code, ""))[0]


def is_known(code: str) -> bool:
    """Whether a present area has this code, without a statement where names are known already."""
    return code in _names()


def names_within(code: str) -> dict[str, str]:
    """The own names of an area and all below it, by code; without a statement where they are known already."""
    kept = _present()
    found = kept.within.get(code)
    if found is None:
        names = _names_in(kept)
        found = {one: name for one, (name, _short) in names.items() if one.startswith(code)}
        if code in names:  # others are as many as anybody types
            kept.within[code] = found
    return found


def _names() -> dict[str, tuple[str, str]]:
    return _names_in(_present())


def _names_in(kept: _Kept) -> dict[str, tuple[str, str]]:
    if kept.names is None:
        with kept.lock:
            if kept.names is None:
                rows = current().values_list("code", "name", "short_name")
                kept.names = {code: (name, short) for code, name, short in rows}
    return kept.names


def _full_name(code: str, names: dict[str, tuple[str, str]]) -> str:
    if len(code) <= LENGTHS[Tier.STREET]:
        return names.get(code, (code, ""))[0]
    parts = [names[one][0] for one in (code[:12], code[:15], code) if one in names]
    return " · ".join(dict.fromkeys(parts)) or code


# The tree


def area(code: str) -> Area | None:
    """The present area with this code, with its shape."""
    return Area.objects.filter(code=code, valid_to=None).first()


def children_of(code: str) -> list[Area]:
    """The present areas one tier below, by code ("" for the top)."""
    return list(current().filter(parent_code=code).order_by("code"))


def count_by_tier() -> dict[str, int]:
    """How many present areas each tier has, the highest first, by the tier's name."""
    rows = dict(current().values_list("tier").annotate(count=Count("pk")).values_list("tier", "count"))
    return {str(tier.label): rows[tier.value] for tier in Tier if tier.value in rows}


def count_drawn() -> int:
    """How many present areas have an outline."""
    return Area.objects.filter(valid_to=None, polygon__isnull=False).count()


def streets() -> list[Area]:
    """Every present sub-district."""
    return list(current().filter(tier=Tier.STREET).order_by("code"))


def within(codes: Iterable[str]) -> Q:
    """The condition that `code` starts with one of these, as index ranges."""
    ranges = [Q(code__gte=code, code__lt=upper_bound(code)) for code in codes]
    return reduce(or_, ranges) if ranges else Q(pk__in=[])


def seen_areas(viewer: Actor) -> tuple[str, ...]:
    """The prefixes whose areas a person may look at: what they read, and what they keep."""
    if viewer.kind == ActorKind.SYSTEM:
        return ("",)
    return tuple(dict.fromkeys(viewer.areas(READ) + viewer.areas(ADMIN_PLACES)))


@dataclass
class Node:
    """One line of the tree. `seen` is false for the names above the viewer's areas."""

    area: Area
    depth: int
    seen: bool
    grids: int = 0
    households: int = 0  # its own count, or the sum of what lies below where it has none
    children: list[Node] = field(default_factory=list)


def tree(viewer: Actor, *, deepest: Tier = Tier.GRID) -> list[Node]:
    """The viewer's areas down to `deepest` as a tree, hung under the names of what lies above them."""
    prefixes = seen_areas(viewer)
    above = {code for prefix in prefixes for code in ancestors_of(prefix)}
    rows = current()
    if "" not in prefixes:
        rows = rows.filter(within(prefixes) | Q(code__in=above)) if prefixes else rows.none()
    shallow = [tier for tier, length in LENGTHS.items() if length <= LENGTHS[deepest]]
    nodes: dict[str, Node] = {}
    tops: list[Node] = []
    for row in rows.filter(tier__in=shallow).order_by("code"):
        parent = next((nodes[one] for one in reversed(ancestors_of(row.code)) if one in nodes), None)
        node = Node(row, 0 if parent is None else parent.depth + 1, covers(prefixes, row.code))
        nodes[row.code] = node
        (tops if parent is None else parent.children).append(node)
    for top in tops:
        _sum(top)
    return tops


def _sum(node: Node) -> None:
    for child in node.children:
        _sum(child)
    node.grids = sum(child.grids for child in node.children) + (node.area.tier == Tier.GRID)
    node.households = node.area.households or sum(child.households for child in node.children)


def opened(tops: list[Node], chosen: str) -> list[Node]:
    """The lines shown where `chosen` is: everything beside the way to it, and what lies below it."""
    lines: list[Node] = []
    for node in tops:
        lines.append(node)
        if not node.seen or chosen.startswith(node.area.code):
            lines += opened(node.children, chosen)
    return lines


def first_seen(tops: list[Node]) -> Node | None:
    """The first area of the tree that the viewer may look at."""
    for node in tops:
        found = node if node.seen else first_seen(node.children)
        if found is not None:
            return found
    return None


def find(tops: list[Node], code: str) -> Node | None:
    """The line of an area."""
    for node in tops:
        if code.startswith(node.area.code):
            return node if node.area.code == code else find(node.children, code)
    return None


def area_seen(viewer: Actor, code: str) -> Area:
    """The present area, or NotFound where it is missing or outside the viewer's areas."""
    found = area(code) if covers(seen_areas(viewer), code) and is_code(code) else None
    if found is None:
        raise NotFound("area")
    return found


def past(code: str) -> list[Area]:
    """Every row a code has had, the newest first, without shapes."""
    return list(Area.objects.filter(code=code).defer("polygon").order_by("-valid_from", "uid"))


def lines_of(code: str) -> list[History]:
    """What happened to an area and to the rows it replaced, the latest first."""
    found = history_of("area", [row.uid for row in past(code)])
    return sorted(found, key=lambda line: (line.at, line.pk), reverse=True)


@dataclass(frozen=True)
class Inventory:
    """What stands in an area."""

    estates: list[Estate]
    buildings: list[Building]
    facilities: list[Facility]
    waterways: list[Waterway]


def inventory(code: str, *, most: int = 100) -> Inventory:
    """Estates, buildings, facilities and waterways of an area, at most so many of each."""
    reach = {"area_code__gte": code, "area_code__lt": upper_bound(code), "until": None}
    across = Q(**reach) | Q(grid_codes__contains=[code], until=None)
    return Inventory(
        list(Estate.objects.filter(across).order_by("area_code", "name", "pk")[:most]),
        list(Building.objects.filter(**reach).order_by("area_code", "code", "pk")[:most]),
        list(Facility.objects.filter(**reach).order_by("area_code", "kind", "name", "pk")[:most]),
        list(Waterway.objects.filter(across).order_by("name", "pk")[:most]),
    )


def estates_across(grid_codes: Iterable[str]) -> list[Estate]:
    """Present estates that lie in one of these grids or across it, by name: names and points, open to everybody."""
    codes = sorted(set(grid_codes))
    rows = Estate.objects.filter(Q(area_code__in=codes) | Q(grid_codes__overlap=codes), until=None)
    return list(rows.order_by("name", "pk"))


def counts(code: str) -> dict[str, int]:
    """How many of each kind of place an area has."""
    reach = {"area_code__gte": code, "area_code__lt": upper_bound(code), "until": None}
    kinds: dict[str, type[Place]] = {"estates": Estate, "buildings": Building, "facilities": Facility}
    return {name: model._default_manager.filter(**reach).count() for name, model in kinds.items()} | {
        "waterways": Waterway.objects.filter(Q(**reach) | Q(grid_codes__contains=[code], until=None)).count()
    }


# Outlines for maps


def polygons(codes_prefix: str, tier: str) -> dict[str, Any]:
    """The shapes of a tier inside an area as GeoJSON: code, name and tier, nothing else."""
    rows = Area.objects.filter(within([codes_prefix]), valid_to=None, tier=tier, polygon__isnull=False)
    features = [
        {"type": "Feature", "id": code, "properties": {"code": code, "name": name, "tier": tier}, "geometry": polygon}
        for code, name, polygon in rows.order_by("code").values_list("code", "name", "polygon")
    ]
    return {"type": "FeatureCollection", "features": features}


def outlines(area_code: str) -> dict[str, Any]:
    """What a map of an area draws: communities and grids; of a district or more: sub-districts."""
    deep = len(area_code) >= LENGTHS[Tier.STREET]
    tiers = (Tier.COMMUNITY, Tier.GRID) if deep else (Tier.DISTRICT, Tier.STREET)
    features = [one for tier in tiers for one in polygons(area_code, tier)["features"]]
    return {"type": "FeatureCollection", "features": features}


def mark() -> str:
    """Changes whenever an area changes: the ETag of outlines."""
    return _present().mark


def version() -> str:
    """Changes whenever an area, or the name of anything that stands or flows in one, changes."""
    kept = _present()
    return f"{kept.mark} {kept.number}"
