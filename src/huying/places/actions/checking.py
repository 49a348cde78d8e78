"""Checks of what was read against the present areas: every problem is found, none stops the search for the next."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, isfinite, radians
from typing import TYPE_CHECKING, Any

from huying.kernel.late import late
from huying.kernel.terms import Label, _, listed
from huying.kernel.text import NAME_LIMIT, problem_of
from huying.places.actions.outcome import Outcome, Problem
from huying.places.actions.reading import Row
from huying.places.models import Area
from huying.places.queries import plans
from huying.places.rules import (
    LENGTHS,
    CoordinateSystem,
    Tier,
    covers,
    in_range,
    is_code,
    looks_swapped,
    parent_of,
    tier_of,
    to_wgs84,
)

if TYPE_CHECKING:
    import shapely
    from shapely.geometry.base import BaseGeometry
else:
    shapely = late("shapely")

MOST_HOUSEHOLDS = 5_000_000
MOST_POINTS = 100_000  # in one shape
DECIMALS = 7  # a centimetre
TOLERANCE_SHARE = 0.005
TOLERANCE_SQUARE_METRES = 50.0
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


@dataclass(frozen=True)
class Wanted:
    """One area as the file wants it. None: the file does not say."""

    row: int
    code: str
    name: str
    short_name: str | None
    households: int | None
    valid_from: date | None


@dataclass(frozen=True)
class Outline:
    """One shape as the file wants it, in WGS84."""

    row: int
    code: str
    polygon: dict[str, Any]
    geometry: BaseGeometry


# Areas


def areas(
    rows: Sequence[Row], present: Mapping[str, Area], mine: Sequence[str], today: date, outcome: Outcome
) -> list[Wanted]:
    """What the rows want; `mine` are the areas the person keeps."""
    first_row: dict[str, int] = {}
    for row in rows:
        first_row.setdefault(row.cells.get("code", ""), row.number)
    staying = [one for one in present.values() if one.code not in first_row]
    siblings: dict[tuple[str, str], str] = {(one.parent_code, one.name): one.code for one in staying}
    wanted = []
    for row in rows:
        code = row.cells.get("code", "")
        if _code_fits(row, code, first_row, present, mine, outcome):
            _parent_fits(row, code, first_row, present, outcome)
            _tier_fits(row, code, outcome)
        name = _text(row, "name", code, outcome, needed=True)
        if name and is_code(code):
            owner = siblings.setdefault((parent_of(code), name), code)
            if owner != code:
                facts = {"name": name, "code": owner}
                says = _("同一个上级下面已经有“%(name)s”（%(code)s）。请换一个名称。")
                outcome.add(row.number, "name", "name_twice", says, facts)
        short = _text(row, "short_name", code, outcome, needed=False) if "short_name" in row.cells else None
        wanted.append(
            Wanted(row.number, code, name, short, _households(row, outcome), _valid_from(row, today, outcome))
        )  # fmt: skip
    return wanted


def _code_fits(
    row: Row,
    code: str,
    first_row: Mapping[str, int],
    present: Mapping[str, Area],
    mine: Sequence[str],
    outcome: Outcome,
) -> bool:
    def bad(name: str, says: Label, **facts: Any) -> bool:
        outcome.add(row.number, "code", name, says, facts)
        return False

    if not code:
        return bad("no_code", _("没有代码。请补上。"))
    if _SCIENTIFIC.fullmatch(code):
        return bad("scientific", _("代码被表格软件改成了科学计数法，后几位丢了。请把这一列设为文本再填。"))
    if not (code.isascii() and code.isdigit()):
        return bad("not_digits", _("代码只能是数字。请核对。"))
    if not is_code(code):
        return bad(
            "wrong_length",
            _("代码有 %(length)s 位，应当是 %(lengths)s 位中的一种。请核对。"),
            length=len(code),
            lengths=listed(LENGTHS.values()),
        )
    if first_row[code] != row.number:
        return bad("duplicate", _("代码和第 %(row)s 行重复。请删掉一行。"), row=first_row[code])
    if not covers(mine, code):
        return bad("outside_scope", _("这个区域不归您管理。请删掉这一行，或者请上级来导。"))
    if code not in present and (heirs := [one for one in plans.heirs_of(code) if one != code]):
        return bad("code_of_old", _("这个代码已经改成 %(codes)s。请改用现在的代码。"), codes=listed(heirs))
    return True


def _parent_fits(
    row: Row, code: str, first_row: Mapping[str, int], present: Mapping[str, Area], outcome: Outcome
) -> None:
    parent = parent_of(code)
    given = row.cells.get("parent", "")
    if given and given != parent:
        facts = {"given": given, "parent": parent}
        says = _("上级代码写的是 %(given)s，按代码应当是 %(parent)s。请核对。")
        outcome.add(row.number, "parent", "other_parent", says, facts)
    # A street may be the top of what is kept here; what lies below one hangs under something.
    if len(code) > LENGTHS[Tier.STREET] and parent not in first_row and parent not in present:
        says = _("上级 %(parent)s 不在表里，也不在系统里。请先加上级。")
        outcome.add(row.number, "parent", "unknown_parent", says, {"parent": parent})


def _tier_fits(row: Row, code: str, outcome: Outcome) -> None:
    given, tier = row.cells.get("tier", ""), tier_of(code)
    if given and given not in (tier.value, str(tier.label)):
        facts = {"given": given, "tier": tier.label}
        outcome.add(
            row.number, "tier", "other_tier", _("层级写的是“%(given)s”，按代码应当是“%(tier)s”。请核对。"), facts
        )


def _text(row: Row, field: str, code: str, outcome: Outcome, *, needed: bool) -> str:
    text = row.cells.get(field, "")
    if not text:
        if needed:
            outcome.add(row.number, field, "no_name", _("没有名称。请补上。"))
        return ""
    problem = problem_of(text, limit=NAME_LIMIT, name=True)
    if problem is not None:
        outcome.problems.append(Problem(row.number, field, "bad_text", str(problem)))
        return ""
    return text


def _households(row: Row, outcome: Outcome) -> int | None:
    text = row.cells.get("households", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= MOST_HOUSEHOLDS and len(text) <= 12):
        outcome.add(row.number, "households", "bad_number", _("户数应当是 0 以上的整数。请核对。"))
        return None
    return int(text)


def _valid_from(row: Row, today: date, outcome: Outcome) -> date | None:
    text = row.cells.get("valid_from", "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text.replace("/", "-").replace(".", "-"))
    except ValueError:
        outcome.add(row.number, "valid_from", "bad_date", _("日期写不对。请写成 2026-01-01 这样。"))
        return None
    if day > today:
        outcome.add(row.number, "valid_from", "future_date", _("生效日期不能晚于今天。请核对。"))
    return day


# Shapes


def outlines(
    features: Sequence[Any], system: str, present: Mapping[str, Area], mine: Sequence[str], outcome: Outcome
) -> list[Outline]:
    """The shapes of the features, each sound in itself; what lies between them is checked by `tiling`."""
    found: dict[str, Outline] = {}
    seen: dict[str, int] = {}
    for row, feature in enumerate(features, start=1):
        code = _feature_code(row, feature, seen, present, mine, outcome)
        geometry = _feature_shape(row, feature, system, outcome)
        if code is not None and geometry is not None:
            found[code] = Outline(row, code, _plain(geometry), geometry)
    return list(found.values())


def _feature_code(
    row: int, feature: Any, seen: dict[str, int], present: Mapping[str, Area], mine: Sequence[str], outcome: Outcome
) -> str | None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        outcome.add(row, "type", "not_a_feature", _("这一项不是要素（Feature）。请重新导出。"))
        return None
    given = feature.get("properties")
    properties: dict[str, Any] = given if isinstance(given, dict) else {}
    named = [properties.get(key) for key in ("code", "代码", "adcode")] + [feature.get("id")]
    code = next((str(one).strip() for one in named if isinstance(one, str | int) and str(one).strip()), "")
    if not code:
        outcome.add(row, "code", "no_code", _("这个图形没有区域代码（code）。请补上。"))
        return None
    if code in seen:
        outcome.add(row, "code", "duplicate", _("代码和第 %(row)s 个图形重复。请删掉一个。"), {"row": seen[code]})
        return None
    seen[code] = row
    if not covers(mine, code):
        outcome.add(row, "code", "outside_scope", _("这个区域不归您管理。请删掉这一项，或者请上级来导。"))
        return None
    if code not in present and (now := plans.present_code(code)) and covers(mine, now) and now not in seen:
        code = now  # the file still has the code of old
        seen[code] = row
    if code not in present:
        outcome.add(
            row, "code", "unknown_area", _("系统里没有代码为 %(code)s 的区域。请先导入区域名录。"), {"code": code[:24]}
        )
        return None
    return code


def outline(feature: Any, outcome: Outcome, system: str = CoordinateSystem.WGS84) -> BaseGeometry | None:
    """One shape that was drawn or pasted; what is wrong with it goes to the outcome."""
    return _feature_shape(0, feature, system, outcome)


def _feature_shape(row: int, feature: Any, system: str, outcome: Outcome) -> BaseGeometry | None:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        outcome.add(row, "geometry", "not_a_polygon", _("图形应当是面（Polygon 或 MultiPolygon）。请核对。"))
        return None
    several = geometry["type"] == "MultiPolygon"
    parts = geometry.get("coordinates")
    points: list[tuple[float, float]] = []
    rings = _rings(parts if several else [parts], points)
    if rings is None:
        outcome.add(row, "geometry", "bad_coordinates", _("坐标读不懂，或者有的环没有闭合。请重新导出。"))
        return None
    if len(points) > MOST_POINTS:
        outcome.add(row, "geometry", "too_many_points", _("图形超过 %(most)s 个点。请先简化。"), {"most": MOST_POINTS})
        return None
    if not _points_fit(row, points, outcome):
        return None
    turned = [[[_turned(point, system) for point in ring] for ring in part] for part in rings]
    made = shapely.geometry.shape({"type": "MultiPolygon", "coordinates": turned})
    if not made.is_valid:
        reason = shapely.is_valid_reason(made)
        outcome.add(row, "geometry", "invalid_geometry", _validity(reason), {"where": _where(reason)})
        return None
    if made.is_empty or _square_metres(made) < 1.0:
        outcome.add(row, "geometry", "no_area", _("图形的面积几乎为零。请核对。"))
        return None
    return made if several and len(made.geoms) > 1 else made.geoms[0]


def _rings(parts: Any, points: list[tuple[float, float]]) -> list[list[list[tuple[float, float]]]] | None:
    """Parts of closed rings of number pairs (heights are dropped), or None where that is not what it is."""
    if not isinstance(parts, list) or not parts:
        return None
    found = []
    for part in parts:
        if not isinstance(part, list) or not part:
            return None
        rings = []
        for ring in part:
            if not isinstance(ring, list) or len(ring) < 4:
                return None
            pairs = []
            for point in ring:
                if not isinstance(point, list) or not 2 <= len(point) <= 4:
                    return None
                if not all(isinstance(n, int | float) and not isinstance(n, bool) and isfinite(n) for n in point):
                    return None
                pairs.append((float(point[0]), float(point[1])))
            if pairs[0] != pairs[-1]:
                return None
            rings.append(pairs)
            points += pairs
        found.append(rings)
    return found


def _points_fit(row: int, points: Sequence[tuple[float, float]], outcome: Outcome) -> bool:
    swapped = sum(1 for lng, lat in points if looks_swapped(lng, lat))
    if swapped * 2 > len(points):
        outcome.add(row, "geometry", "swapped", _("经度和纬度像是写反了。请换成先经度、后纬度。"))
        return False
    if not all(in_range(lng, lat) for lng, lat in points):
        outcome.add(row, "geometry", "not_degrees", _("坐标不在经纬度范围内，可能是投影坐标。请换成经纬度再导出。"))
        return False
    return True


def _turned(point: tuple[float, float], system: str) -> tuple[float, float]:
    lng, lat = to_wgs84(*point, system)
    return round(lng, DECIMALS), round(lat, DECIMALS)


def _validity(reason: str) -> Label:
    if reason.startswith("Self-intersection"):
        return _("边界自己和自己相交（在 %(where)s 附近）。请改好图形。")
    if reason.startswith("Hole lies outside"):
        return _("图形的洞在外圈之外（在 %(where)s 附近）。请改好图形。")
    return _("图形不合规（在 %(where)s 附近）。请改好图形。")


def _where(reason: str) -> str:
    found = re.search(r"\[([-\d.e]+) ([-\d.e]+)\]", reason)
    return f"{float(found[1]):.5f}, {float(found[2]):.5f}" if found else "?"


def _plain(geometry: BaseGeometry) -> dict[str, Any]:
    """GeoJSON of a shape, as JSON keeps it (lists, no tuples)."""
    written = shapely.geometry.mapping(geometry)
    return {"type": written["type"], "coordinates": _listed(written["coordinates"])}


def _listed(value: Any) -> Any:
    return [_listed(one) for one in value] if isinstance(value, tuple | list) else value


def tiling(wanted: Sequence[Outline], present: Mapping[str, Area], outcome: Outcome) -> None:
    """Whether shapes lie inside their parent, do not overlap each other, and (a remark) leave no gaps."""
    rows = {one.code: one.row for one in wanted}
    shapes = {one.code: one.geometry for one in wanted}
    touched = {parent_of(code) for code in rows} | set(rows)
    for code, area in present.items():
        near = code in touched or area.parent_code in touched
        if near and code not in shapes and area.polygon is not None:
            shapes[code] = shapely.geometry.shape(area.polygon)
    children: dict[str, list[str]] = defaultdict(list)
    for code in sorted(present):
        if parent_of(code) in touched:
            children[parent_of(code)].append(code)
    for parent in sorted(touched):
        drawn = [code for code in children[parent] if code in shapes]
        _overlaps(drawn, shapes, rows, present, outcome)
        if parent not in shapes or not drawn:
            continue
        _outside(parent, drawn, shapes, rows, present, outcome)
        if len(drawn) == len(children[parent]):
            _gaps(parent, drawn, shapes, rows, present, outcome)


def _overlaps(
    drawn: Sequence[str],
    shapes: Mapping[str, BaseGeometry],
    rows: Mapping[str, int],
    present: Mapping[str, Area],
    outcome: Outcome,
) -> None:
    if len(drawn) < 2:
        return
    own = [shapes[code] for code in drawn]
    tree = shapely.STRtree(own)
    for left, right in zip(*tree.query(own, predicate="intersects"), strict=True):
        if left >= right or not (drawn[left] in rows or drawn[right] in rows):
            continue
        shared = _square_metres(own[left].intersection(own[right]))
        if shared > _tolerance(min(_square_metres(own[left]), _square_metres(own[right]))):
            told = drawn[right] if drawn[right] in rows else drawn[left]
            other = drawn[left] if told == drawn[right] else drawn[right]
            facts = {"name": present[other].name, "area": round(shared)}
            says = _("和“%(name)s”重叠约 %(area)s 平方米。请改好边界。")
            outcome.add(rows[told], "geometry", "overlap", says, facts)


def _outside(
    parent: str,
    drawn: Sequence[str],
    shapes: Mapping[str, BaseGeometry],
    rows: Mapping[str, int],
    present: Mapping[str, Area],
    outcome: Outcome,
) -> None:
    for code in drawn:
        if code not in rows and parent not in rows:
            continue
        out = _square_metres(shapes[code].difference(shapes[parent]))
        if out > _tolerance(_square_metres(shapes[code])):
            facts = {"name": present[code].name, "parent": present[parent].name, "area": round(out)}
            says = _("“%(name)s”有约 %(area)s 平方米在上级“%(parent)s”之外。请改好边界。")
            outcome.add(rows.get(code, rows.get(parent, 0)), "geometry", "outside_parent", says, facts)


def _gaps(
    parent: str,
    drawn: Sequence[str],
    shapes: Mapping[str, BaseGeometry],
    rows: Mapping[str, int],
    present: Mapping[str, Area],
    outcome: Outcome,
) -> None:
    whole = shapes[parent]
    gap = _square_metres(whole.difference(shapely.union_all([shapes[code] for code in drawn])))
    if gap > _tolerance(_square_metres(whole)):
        row = rows.get(parent) or min(rows[code] for code in drawn if code in rows)
        facts = {"parent": present[parent].name, "area": round(gap)}
        says = _("“%(parent)s”里还有约 %(area)s 平方米不属于任何下级区域。可以先导入，以后再补。")
        outcome.add(row, "geometry", "gap", says, facts, blocks=False)


def _tolerance(square_metres: float) -> float:
    return max(TOLERANCE_SQUARE_METRES, square_metres * TOLERANCE_SHARE)


def _square_metres(geometry: BaseGeometry) -> float:
    """Area on the ground, good to a percent for what a city has."""
    if geometry.is_empty:
        return 0.0
    return float(geometry.area) * 111_320.0 * 110_574.0 * cos(radians(geometry.centroid.y))
