"""What a change of areas comes to: the rows that end, those that begin, and which code is heir to which.

Nothing is written here. The maker's wish (`given`) goes in, a `Result` comes out, or Invalid with every reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.late import late
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.kernel.terms import Label, _
from huying.kernel.text import NAME_LIMIT, clean
from huying.places import drawing, queries
from huying.places.drawing import BadDrawing
from huying.places.heirs import Heirs
from huying.places.models import Area, AreaHeir, Building
from huying.places.plans import PlanKind
from huying.places.rules import ADMIN_PLACES, LENGTHS, Tier, covers, is_code, parent_of, tier_of

if TYPE_CHECKING:
    import shapely
    from shapely.geometry.base import BaseGeometry
else:
    shapely = late("shapely")

MOST_PARTS = 12
MOST_HOUSEHOLDS = 5_000_000
WRONG: dict[str, Label] = {
    "empty": _("画出来的图形在上级区域之外，或者没有面积。请重新画。"),
    "swallows": _("会把“%(name)s”整个吞掉。要合并，请用“合并”。"),
    "line_short": _("分界线至少要有两个点。请在地图上再点一下。"),
    "line_crosses_itself": _("分界线自己和自己相交。请重新画。"),
    "line_misses": _("分界线没有把图形分成两半。请从一边画到另一边。"),
}


@dataclass
class Beginning:
    """A row that begins."""

    code: str
    name: str
    short_name: str
    tier: str
    parent_code: str
    households: int
    polygon: dict[str, Any] | None


@dataclass
class Result:
    """What a plan comes to. `pairs`: [old, new], the heir for things without a point first."""

    ends: list[str] = field(default_factory=list)
    begins: list[Beginning] = field(default_factory=list)
    pairs: list[list[str]] = field(default_factory=list)
    based_on: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def kept(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Result:
        return cls(**{**kept, "begins": [Beginning(**one) for one in kept["begins"]]})

    def heirs(self) -> Heirs:
        return Heirs.read(self.kept())

    @property
    def codes(self) -> set[str]:
        return {*self.ends, *(one.code for one in self.begins)}


class _Sheet:
    """The present areas around a change, and what the change does to them."""

    def __init__(self, roots: Iterable[str], actor: Actor) -> None:
        self.actor = actor
        self.roots = [one for one in dict.fromkeys(roots) if one]
        found = Area.objects.filter(queries.within(self.roots) if self.roots else queries.within([""]), valid_to=None)
        self.present: dict[str, Area] = {one.code: one for one in found}
        self.shapes = {code: drawing.read(one.polygon) for code, one in self.present.items()}
        self.taken: set[str] = set(self.present)
        self.result = Result()
        self.after: dict[str, Beginning] = {}

    def area(self, code: str) -> Area:
        """A present area that the actor keeps; NotFound outside what the actor may see."""
        seen = self.actor.kind == ActorKind.SYSTEM or covers(queries.seen_areas(self.actor), code)
        if not seen or code not in self.present:
            raise NotFound("area")
        return self.present[code]

    def shape(self, code: str) -> BaseGeometry | None:
        return self.shapes.get(code)

    def children(self, code: str) -> list[Area]:
        return [one for one in self.present.values() if parent_of(one.code) == code]

    def below(self, code: str) -> list[Area]:
        return sorted(
            (one for one in self.present.values() if one.code != code and one.code.startswith(code)),
            key=lambda one: (len(one.code), one.code),
        )

    def fresh(self, parent: str, tier: str) -> str:
        """The next code of this tier below the parent that nobody has or ever had."""
        wide = LENGTHS[Tier(tier)] - len(parent)
        reach = {"code__gte": parent, "code__lt": upper_bound(parent)}
        had = set(Area.objects.filter(**reach, tier=tier).values_list("code", flat=True)) | {
            one for one in self.taken if parent_of(one) == parent
        }
        had |= set(AreaHeir.objects.filter(old_code__startswith=parent).values_list("old_code", flat=True))
        last = max((int(one[len(parent) :]) for one in had if len(one) == LENGTHS[Tier(tier)]), default=0)
        code = f"{parent}{last + 1:0{wide}d}"
        if len(code) != LENGTHS[Tier(tier)]:
            raise Invalid({"code": [_("这个上级下面的代码用完了。请自己写一个没用过的代码。")]})
        self.taken.add(code)
        return code

    def free(self, code: str, like: str, *, field: str = "code") -> str:
        """A code that the maker wrote, of the same tier as `like` and used by nobody, now or before."""
        code = code.strip()
        if not is_code(code) or tier_of(code) != tier_of(like):
            raise Invalid({field: [_("代码的位数不对，要和同级的一样长。请核对。")]})
        if code in self.taken or Area.objects.filter(code=code).exists():
            raise Invalid({field: [_("代码 %(code)s 已经用过了。请换一个。") % {"code": code}]})
        self.taken.add(code)
        return code

    def end(self, code: str) -> Area:
        one = self.present[code]
        if code not in self.result.ends:
            self.result.ends.append(code)
            self.result.based_on[code] = str(one.uid)
        return one

    def begin(self, like: Area | None, **values: Any) -> Beginning:
        """A row that begins, as `like` where nothing else is said."""
        base: dict[str, Any] = {
            "code": "", "name": "", "short_name": "", "tier": "", "parent_code": "", "households": 0, "polygon": None,
        }  # fmt: skip
        if like is not None:
            base |= {name: getattr(like, name) for name in base}
        made = Beginning(**(base | values))
        made.tier, made.parent_code = tier_of(made.code).value, parent_of(made.code)
        self.after[made.code] = made
        return made

    def heir(self, old: str, new: str) -> None:
        if [old, new] not in self.result.pairs:
            self.result.pairs.append([old, new])

    def moved(self, old_root: str, new_root: str, below: Sequence[Area]) -> dict[str, str]:
        """Let areas begin again below another code; those whose number is taken there get the next free one."""
        new_of = {old_root: new_root}
        for one in below:
            parent = new_of.get(parent_of(one.code), new_root)
            code = parent + one.code[len(parent_of(one.code)) :]
            if code != one.code:
                used = code in self.taken or Area.objects.filter(code=code).exists()
                code = self.fresh(parent, one.tier) if used else code
                self.taken.add(code)
                self.end(one.code)
                self.begin(one, code=code)
                self.heir(one.code, code)
            new_of[one.code] = code
        return new_of

    def finish(self) -> Result:
        _names_differ(self)
        divided = [old for old in self.result.ends if sum(1 for pair in self.result.pairs if pair[0] == old) > 1]
        told = {pair[0] for pair in self.result.pairs}
        for old in divided:  # what lies below and does not change stays where it is, whatever becomes of the whole
            for one in self.below(old):
                if one.code not in told:
                    self.heir(one.code, one.code)
        self.result.begins = sorted(self.after.values(), key=lambda one: one.code)
        self.result.ends.sort()
        if not (self.result.ends or self.result.begins):
            raise Invalid(_("什么都没有变。请先改好再存。"))
        return self.result


def work_out(kind: str, given: Mapping[str, Any], *, actor: Actor) -> Result:
    """What the maker's wish comes to now.

    Raises NotFound outside the actor's areas, NotAllowed where an area of it is not the actor's to keep,
    Invalid with the reasons where it cannot be.
    """
    work = {
        PlanKind.NEW: _new, PlanKind.REDRAW: _redraw, PlanKind.SPLIT: _split, PlanKind.MERGE: _merge,
        PlanKind.RECODE: _recode,
    }[PlanKind(kind)]  # fmt: skip
    try:
        result = work(given, actor)
    except BadDrawing as why:
        name = queries.own_name_of(str(why.args[1])) if len(why.args) > 1 else ""
        raise Invalid({"drawing": [WRONG[why.code] % {"name": name}]}) from why
    mine = ("",) if actor.kind == ActorKind.SYSTEM else actor.areas(ADMIN_PLACES)
    if not all(covers(mine, code) for code in result.codes):
        raise NotAllowed(_("这个变更会动到不归您管理的区域。请上级的管理员来办。"), duty=ADMIN_PLACES)
    return result


def whole_of(result: Result) -> str:
    """The area in which all of a change lies."""
    codes = sorted(result.codes)
    shared = codes[0]
    while not all(one.startswith(shared) for one in codes):
        shared = parent_of(shared) if is_code(shared) else ""
        if not shared:
            break
    only_one = len(codes) == 1 and not result.ends
    return parent_of(shared) if only_one and parent_of(shared) else shared


def day_problem(result: Result, day: date, today: date) -> Label | None:
    """Why the change cannot begin on this day, or None."""
    if day < today:
        return _("生效日期不能早于今天。请重新选。")
    rows = Area.objects.filter(code__in=result.ends, valid_to=None).values_list("valid_from", flat=True)
    latest = max(rows, default=None)
    if latest is not None and day <= latest:
        return _("其中有区域 %(day)s 才开始，最早第二天生效。请重新选。") % {"day": latest.isoformat()}
    return None


# The kinds


def _new(given: Mapping[str, Any], actor: Actor) -> Result:
    parent = str(given.get("parent", ""))
    tier = str(given.get("tier", ""))
    if tier not in Tier.values or LENGTHS[Tier(tier)] <= LENGTHS[Tier.DISTRICT]:
        raise Invalid({"tier": [_("请选层级。")]})
    sheet = _Sheet([parent], actor)
    above = sheet.area(parent)
    if LENGTHS[Tier(tier)] <= len(parent) or parent_of("0" * LENGTHS[Tier(tier)]) != "0" * len(parent):
        raise Invalid({"tier": [_("这一级不能直接放在“%(name)s”下面。请换一个上级。") % {"name": above.name}]})
    written = str(given.get("code", "")).strip()
    code = sheet.free(written, "0" * LENGTHS[Tier(tier)]) if written else sheet.fresh(parent, tier)
    if parent_of(code) != parent:
        raise Invalid({"code": [_("代码要以上级的代码 %(code)s 开头。请核对。") % {"code": parent}]})
    name, short = _name(given.get("name")), _name(given.get("short_name", ""), needed=False, field="short_name")
    made = sheet.begin(None, code=code, name=name, short_name=short, households=_count(given.get("households")))
    if given.get("polygon"):
        outline = _outline(given["polygon"])
        drawn = {one.code: kept for one in sheet.children(parent) if (kept := sheet.shape(one.code)) is not None}
        changed = drawing.redrawn(code, outline, drawn, sheet.shape(parent))
        made.polygon = drawing.written(changed[code])
        _settle(sheet, {code: changed[code]}, changed)
    return sheet.finish()


def _redraw(given: Mapping[str, Any], actor: Actor) -> Result:
    code = str(given.get("code", ""))
    parent = parent_of(code) if is_code(code) else ""
    sheet = _Sheet([parent or code], actor)
    sheet.area(code)
    if not given.get("polygon"):
        raise Invalid({"drawing": [_("请画出新的边界，或者上传一个 GeoJSON 文件。")]})
    drawn = {
        one.code: kept for one in sheet.children(parent) or [sheet.present[code]]
        if (kept := sheet.shape(one.code)) is not None
    }  # fmt: skip
    changed = drawing.redrawn(code, _outline(given["polygon"]), drawn, sheet.shape(parent))
    before = sheet.shape(code)
    if before is not None and len(changed) == 1 and before.equals(changed[code]):
        raise Invalid({"drawing": [_("边界和现在的一样。请先改好再存。")]})
    _settle(sheet, {}, changed)
    return sheet.finish()


def _settle(sheet: _Sheet, new: Mapping[str, BaseGeometry], changed: Mapping[str, BaseGeometry]) -> None:
    """Rows of the same tier with new outlines begin again; what lies below them is cut to fit, tier by tier."""
    level = dict(changed)
    while level:
        _level(sheet, new, level)
        below: dict[str, BaseGeometry] = {}
        for code, outline in level.items():
            tiles = {one.code: kept for one in sheet.children(code) if (kept := sheet.shape(one.code)) is not None}
            for child, shape in drawing.retiled(tiles, outline).items() if tiles else ():
                if shape.is_empty:
                    raise BadDrawing("swallows", child)
                if not shape.equals(tiles[child]):
                    below[child] = shape
        level, new = below, {}


def _level(sheet: _Sheet, new: Mapping[str, BaseGeometry], level: Mapping[str, BaseGeometry]) -> None:
    gained: dict[str, int] = defaultdict(int)
    for code in sorted(set(level) - set(new)):
        old = sheet.end(code)
        shape = sheet.shape(code)
        pieces = {code: level[code]} if shape is None else _pieces(code, shape, level)
        for heir in [code, *sorted(set(pieces) - {code})]:
            sheet.heir(code, heir)
        for heir, share in drawing.shares(old.households, _weights(code, shape, pieces)).items():
            gained[heir] += share
    for code, shape in level.items():
        like = sheet.present.get(code)
        made = sheet.after.get(code) or sheet.begin(like, code=code)
        made.polygon = drawing.written(shape)
        made.households = gained[code] + (made.households if code in new else 0)


def _pieces(code: str, shape: BaseGeometry, after: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """What of an old shape lies in which new one."""
    found = {one: shape.intersection(kept) for one, kept in after.items()}
    return {
        one: piece for one, piece in found.items()
        if one == code or drawing.square_metres(piece) >= drawing.LEAST_SQUARE_METRES
    }  # fmt: skip


def _weights(code: str, shape: BaseGeometry | None, pieces: Mapping[str, BaseGeometry]) -> dict[str, float]:
    """By the households of the buildings in each piece; by land where no building has any."""
    if len(pieces) == 1:
        return dict.fromkeys(pieces, 1.0)
    homes: dict[str, float] = dict.fromkeys(pieces, 0.0)
    rows = Building.objects.filter(
        area_code__gte=code, area_code__lt=upper_bound(code), households__gt=0, lng__isnull=False, lat__isnull=False
    )
    for lng, lat, households in rows.values_list("lng", "lat", "households"):
        point = shapely.Point(lng, lat)
        home = next((one for one, piece in pieces.items() if piece.intersects(point)), None)
        if home is not None:
            homes[home] += households
    if sum(homes.values()) > 0:
        return homes
    return {one: drawing.square_metres(piece) for one, piece in pieces.items()}


def _split(given: Mapping[str, Any], actor: Actor) -> Result:
    code = str(given.get("code", ""))
    sheet = _Sheet([parent_of(code) if is_code(code) else code], actor)
    old = sheet.area(code)
    parts = [dict(one) for one in given.get("parts") or ()]
    if not 2 <= len(parts) <= MOST_PARTS:
        raise Invalid({"parts": [_("请写好拆成哪几个，至少两个，最多 %(most)s 个。") % {"most": MOST_PARTS}]})
    children = sheet.children(code)
    whole = sheet.shape(code)
    outlines, assigned = _parts_of(sheet, given, whole, children, len(parts))
    codes = [_part_code(sheet, code, str(one.get("code") or "").strip(), place) for place, one in enumerate(parts)]
    households = _part_households(code, old, parts, whole, outlines, codes)
    sheet.end(code)
    first = min(max(int(given.get("first") or 0), 0), len(parts) - 1)
    for place in [first, *(one for one in range(len(parts)) if one != first)]:
        outline = outlines[place]
        sheet.begin(
            old if codes[place] == code else None,
            code=codes[place],
            name=_name(parts[place].get("name")),
            short_name=_name(parts[place].get("short_name", ""), needed=False),
            households=households[place],
            polygon=drawing.written(outline) if outline is not None else None,
        )
        sheet.heir(code, codes[place])
    for place, mine in enumerate(assigned):
        below = [one for child in mine for one in [sheet.present[child], *sheet.below(child)]]
        sheet.moved(code, codes[place], sorted(below, key=lambda one: (len(one.code), one.code)))
    return sheet.finish()


def _part_code(sheet: _Sheet, code: str, written: str, place: int) -> str:
    if written == code or (not written and place == 0):
        return code
    if not written:
        return sheet.fresh(parent_of(code), tier_of(code).value)
    found = sheet.free(written, code, field="parts")
    if parent_of(found) != parent_of(code):
        raise Invalid({"parts": [_("代码要以上级的代码 %(code)s 开头。请核对。") % {"code": parent_of(code)}]})
    return found


def _parts_of(
    sheet: _Sheet, given: Mapping[str, Any], whole: BaseGeometry | None, children: Sequence[Area], count: int
) -> tuple[list[BaseGeometry | None], list[list[str]]]:
    """The outlines of the parts, and the children of each. Areas with children are divided along their borders."""
    drawn: list[BaseGeometry] = []
    if given.get("line"):
        if whole is None:
            raise Invalid({"drawing": [_("这个区域还没有边界，画不了线。请先划定边界。")]})
        drawn = list(drawing.halves(whole, given["line"]))
    elif given.get("polygons"):
        drawn = [_outline(one) for one in given["polygons"]]
    if drawn and len(drawn) != count:
        raise Invalid({"parts": [_("画了 %(drawn)s 块，写了 %(count)s 个名称。请对上。") % {
            "drawn": len(drawn), "count": count,
        }]})  # fmt: skip
    if children:
        return _by_children(sheet, given, whole, children, drawn, count)
    if not drawn:
        return [None] * count, [[] for _one in range(count)]
    if whole is not None:
        drawn = _covering(whole, drawn)
    return list(drawn), [[] for _one in drawn]


def _covering(whole: BaseGeometry, drawn: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Parts that cover the whole and no more; what hands drew badly is settled, what they left out is refused."""
    tiles = {str(place): drawing.clean(one.intersection(whole)) for place, one in enumerate(drawn)}
    shared = drawing.overlap(tiles)
    if shared is not None:
        raise Invalid({"drawing": [_("画的两块有重叠，约 %(area)s 平方米。请改好。") % {"area": round(shared[2])}]})
    left = drawing.missing(whole, tiles.values())
    if left:
        raise Invalid({"drawing": [_("还有约 %(area)s 平方米没有分给任何一块。请改好。") % {"area": round(left)}]})
    found: list[BaseGeometry] = []
    for one in tiles.values():
        found.append(drawing.clean(one.difference(shapely.union_all(found))) if found else one)
    settled = drawing.handed_out(
        {str(place): one for place, one in enumerate(found)}, whole.difference(shapely.union_all(found))
    )
    if any(one.is_empty for one in settled.values()):
        raise BadDrawing("empty")
    return list(settled.values())


def _by_children(
    sheet: _Sheet,
    given: Mapping[str, Any],
    whole: BaseGeometry | None,
    children: Sequence[Area],
    drawn: Sequence[BaseGeometry],
    count: int,
) -> tuple[list[BaseGeometry | None], list[list[str]]]:
    chosen = {str(code): int(place) for code, place in dict(given.get("children") or {}).items()}
    assigned: list[list[str]] = [[] for _one in range(count)]
    for child in sorted(children, key=lambda one: one.code):
        shape = sheet.shape(child.code)
        place = chosen.get(child.code)
        if place is None and drawn and shape is not None:
            place = max(range(count), key=lambda one: drawn[one].intersection(shape).area)
        if place is None or not 0 <= place < count:
            raise Invalid({"children": [_("请给“%(name)s”选好归哪一部分。") % {"name": child.name}]})
        assigned[place].append(child.code)
    if not all(assigned):
        raise Invalid({"children": [_("每一部分至少要有一个下级区域。请重新分。")]})
    shapes = [[sheet.shape(code) for code in mine] for mine in assigned]
    if any(one is None for mine in shapes for one in mine):
        return [None] * count, assigned
    tiles = {str(place): drawing.joined([one for one in mine if one is not None]) for place, mine in enumerate(shapes)}
    if whole is not None:
        tiles = drawing.handed_out(tiles, whole.difference(shapely.union_all(list(tiles.values()))))
    return list(tiles.values()), assigned


def _part_households(
    code: str,
    old: Area,
    parts: Sequence[Mapping[str, Any]],
    whole: BaseGeometry | None,
    outlines: Sequence[BaseGeometry | None],
    codes: Sequence[str],
) -> list[int]:
    """As the maker wrote where all are written (they must add up); else shared out."""
    written = [one.get("households") for one in parts]
    if all(one not in (None, "") for one in written):
        counts = [_count(one, field="parts") for one in written]
        if sum(counts) != old.households:
            told = {"sum": sum(counts), "households": old.households}
            raise Invalid({"parts": [_("各部分的户数加起来是 %(sum)s，原来是 %(households)s。请对上。") % told]})
        return counts
    pieces = {one: outline for one, outline in zip(codes, outlines, strict=True) if outline is not None}
    if len(pieces) != len(codes):
        return [old.households, *[0] * (len(codes) - 1)]
    shared = drawing.shares(old.households, _weights(code, whole, pieces))
    return [shared[one] for one in codes]


def _merge(given: Mapping[str, Any], actor: Actor) -> Result:
    codes = list(dict.fromkeys(str(one) for one in given.get("codes") or ()))
    if not 2 <= len(codes) <= MOST_PARTS or not all(is_code(one) for one in codes):
        raise Invalid({"codes": [_("请选好要合并的区域，至少两个，最多 %(most)s 个。") % {"most": MOST_PARTS}]})
    if len({parent_of(one) for one in codes}) != 1 or len({len(one) for one in codes}) != 1:
        raise Invalid({"codes": [_("只能合并同一个上级下面的同级区域。请重新选。")]})
    sheet = _Sheet([parent_of(codes[0]) or codes[0]], actor)
    olds = [sheet.area(one) for one in codes]
    wanted = str(given.get("code") or codes[0]).strip()
    code = wanted if wanted in codes else sheet.free(wanted, codes[0])
    if parent_of(code) != parent_of(codes[0]):
        raise Invalid({"code": [_("代码要以上级的代码 %(code)s 开头。请核对。") % {"code": parent_of(codes[0])}]})
    shapes = [sheet.shape(one) for one in codes]
    drawn = [one for one in shapes if one is not None]
    outline = drawing.joined(drawn) if len(drawn) == len(shapes) else None
    if outline is not None and outline.geom_type == "MultiPolygon" and all(
        one.geom_type == "Polygon" for one in drawn
    ):  # fmt: skip
        sheet.result.remarks.append(str(_("这几个区域互不相连，合并后会是分开的几块。")))
    if outline is None and drawn:
        sheet.result.remarks.append(str(_("有的区域还没有边界，合并后要重新划定。")))
    kept = next((one for one in olds if one.code == code), None)
    for one in codes:
        sheet.end(one)
    sheet.begin(
        kept,
        code=code,
        name=_name(given.get("name") or (kept.name if kept else "")),
        households=sum(one.households for one in olds),
        polygon=drawing.written(outline) if outline is not None else None,
    )
    for one in codes:
        sheet.heir(one, code)
        if one != code:
            sheet.moved(one, code, sheet.below(one))
    return sheet.finish()


def _recode(given: Mapping[str, Any], actor: Actor) -> Result:
    code, new = str(given.get("code", "")), str(given.get("new_code", "")).strip()
    if not is_code(new) or not is_code(code) or len(new) != len(code):
        raise Invalid({"new_code": [_("新代码的位数不对，要和原来的一样长。请核对。")]})
    sheet = _Sheet([code, parent_of(code), parent_of(new), code[: LENGTHS[Tier.DISTRICT]]], actor)
    old = sheet.area(code)
    above = parent_of(new)
    if len(code) > LENGTHS[Tier.STREET] and above not in sheet.present:
        raise Invalid({"new_code": [_("没有代码为 %(code)s 的上级。请核对。") % {"code": above}]})
    sheet.free(new, code, field="new_code")
    sheet.end(code)
    sheet.begin(old, code=new, name=_name(given.get("name") or old.name))
    sheet.heir(code, new)
    sheet.moved(code, new, sheet.below(code))
    _hand_over(sheet, old, code, new)
    return sheet.finish()


def _hand_over(sheet: _Sheet, moved: Area, code: str, new: str) -> None:
    """An area that goes to another parent takes its land and its households along, on every tier above."""
    shape = sheet.shape(code)
    losing, gaining = parent_of(code), parent_of(new)
    while losing != gaining and losing in sheet.present and gaining in sheet.present:
        for one, sign in ((losing, -1), (gaining, 1)):
            row, outline = sheet.present[one], sheet.shape(one)
            counted = max(row.households + sign * moved.households, 0) if row.households else 0
            polygon = row.polygon
            if shape is not None and outline is not None:
                after = drawing.clean(outline.difference(shape)) if sign < 0 else drawing.joined([outline, shape])
                polygon = drawing.written(after)
            sheet.end(one)
            sheet.begin(row, code=one, households=counted, polygon=polygon)
        losing, gaining = parent_of(losing), parent_of(gaining)


# Values


def _names_differ(sheet: _Sheet) -> None:
    gone = set(sheet.result.ends)
    names = {(one.parent_code, one.name): code for code, one in sheet.present.items() if code not in gone}
    for one in sheet.after.values():
        other = names.setdefault((one.parent_code, one.name), one.code)
        if other != one.code:
            raise Invalid({"name": [_("同一个上级下面已经有“%(name)s”。请换一个名称。") % {"name": one.name}]})


def _name(value: Any, *, needed: bool = True, field: str = "name") -> str:
    text = clean(str(value or ""), limit=NAME_LIMIT, name=True, field=field)
    if needed and not text:
        raise Invalid({field: [_("没有名称。请补上。")]})
    return text


def _count(value: Any, *, field: str = "households") -> int:
    text = str(value if value not in (None, "") else 0).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 8 and int(text) <= MOST_HOUSEHOLDS):
        raise Invalid({field: [_("户数应当是 0 以上的整数。请核对。")]})
    return int(text)


def _outline(polygon: Any) -> BaseGeometry:
    """A drawn or pasted outline in WGS84, checked as an imported one is."""
    from huying.places.actions import checking
    from huying.places.actions.outcome import Outcome

    outcome = Outcome()
    found = checking.outline({"geometry": polygon}, outcome)
    if found is None:
        raise Invalid({"drawing": [one.says for one in outcome.problems] or [WRONG["empty"]]})
    return found
