"""Forms of places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import orjson
from django import forms

from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, NAME_LIMIT, TextField
from huying.places.models import Area
from huying.places.plans import Mode, NetKind, PlanKind
from huying.places.rules import LENGTHS, CoordinateSystem, ImportKind, in_range, tier_of, to_wgs84

MOST_DRAWING = 1_500_000  # characters of a pasted outline
PARTS = 4


class ImportForm(forms.Form):
    """A file of areas or of outlines, to be checked."""

    kind = forms.ChoiceField(
        label=_("导入什么"), choices=ImportKind.choices, initial=ImportKind.AREAS, widget=forms.RadioSelect
    )
    system = forms.ChoiceField(
        label=_("边界的坐标系"),
        choices=CoordinateSystem.choices,
        initial=CoordinateSystem.WGS84,
        required=False,
        help_text=_("只对区域边界有用。从国内地图导出的多是 GCJ-02。"),
    )
    file = forms.FileField(
        label=_("文件"),
        help_text=_("名录用 CSV 或 xlsx，要有“代码”和“名称”两列；边界用 GeoJSON，每个图形写明 code。"),
        error_messages={"required": _("请选一个文件。"), "empty": _("这个文件是空的。请换一个。")},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,.json,.geojson"}),
    )

    def clean_system(self) -> str:
        return self.cleaned_data["system"] or CoordinateSystem.WGS84


class PlanForm(forms.Form):
    """A change of areas: what is drawn, what it is called, from when on. Which fields are shown depends on the kind."""

    drawing = forms.CharField(
        label=_("图形"),
        required=False,
        max_length=MOST_DRAWING,
        help_text=_("在地图上画，或者粘贴 GeoJSON。"),
        widget=forms.Textarea(attrs={"rows": 3, "data-draw-target": "", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("或者上传 GeoJSON 文件"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".json,.geojson"}),
    )
    system = forms.ChoiceField(
        label=_("粘贴或上传的坐标系"),
        choices=CoordinateSystem.choices,
        initial=CoordinateSystem.WGS84,
        required=False,
        help_text=_("在地图上画的不用改。"),
    )
    name = TextField(label=_("名称"), limit=NAME_LIMIT, name=True, required=False)
    code = forms.CharField(label=_("代码"), required=False, max_length=19, help_text=_("不写就用下一个没用过的。"))
    households = forms.CharField(label=_("户数"), required=False, max_length=8)
    effective_on = forms.DateField(
        label=_("何时生效"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = TextField(
        label=_("依据"), limit=LINE_LIMIT, line=True, required=False, help_text=_("如会议纪要的编号。"),
    )  # fmt: skip

    def __init__(
        self, *args: Any, kind: str, area: Area, children: Sequence[Area], siblings: Sequence[Area], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.kind, self.area = kind, area
        self.parts: list[tuple[str, str, str]] = []
        if kind == PlanKind.SPLIT:
            self._split(children)
        elif kind == PlanKind.MERGE:
            self.fields["codes"] = forms.MultipleChoiceField(
                label=_("和哪些合并"),
                choices=[(one.code, one.name) for one in siblings if one.code != area.code],
                widget=forms.CheckboxSelectMultiple,
                error_messages={"required": _("请至少选一个。")},
            )
            self.fields["code"].help_text = _("不写就沿用“%(name)s”的代码。") % {"name": area.name}
        elif kind == PlanKind.RECODE:
            self.fields["code"].label, self.fields["code"].help_text = _("新代码"), _("和原来的一样长，没有用过。")
            self.fields["code"].required = True
        elif kind == PlanKind.NEW:
            self.fields["name"].required = True
        keeps = {
            PlanKind.NEW: ("drawing", "file", "system", "name", "code", "households"),
            PlanKind.REDRAW: ("drawing", "file", "system"),
            PlanKind.SPLIT: ("drawing", "file", "system"),
            PlanKind.MERGE: ("name", "code"),
            PlanKind.RECODE: ("name", "code"),
        }[PlanKind(kind)]
        for name in ("drawing", "file", "system", "name", "code", "households"):
            if name not in keeps:
                del self.fields[name]

    def _split(self, children: Sequence[Area]) -> None:
        """Two parts or more; areas with children are divided by giving each child to a part."""
        for place in range(PARTS):
            told = {"number": place + 1}
            names = (f"name_{place}", f"code_{place}", f"households_{place}")
            self.fields[names[0]] = TextField(
                label=_("第 %(number)s 部分的名称") % told, limit=NAME_LIMIT, name=True, required=place < 2
            )
            self.fields[names[1]] = forms.CharField(label=_("代码"), required=False, max_length=19)
            self.fields[names[2]] = forms.CharField(label=_("户数"), required=False, max_length=8)
            self.parts.append(names)
        self.fields["name_0"].help_text = _("沿用原来的代码；没有坐标的都归这一部分。")
        offered = [
            ("", _("按图形")),
            *((str(place), _("第 %(number)s 部分") % {"number": place + 1}) for place in range(PARTS)),
        ]
        for one in children:
            self.fields[f"child_{one.code}"] = forms.ChoiceField(label=one.name, choices=offered, required=False)

    @property
    def part_fields(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        return [(self[name], self[code], self[households]) for name, code, households in self.parts]

    @property
    def child_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("child_")]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "drawing" in self.fields and not self.errors:
            file = cleaned.get("file")
            text = file.read(MOST_DRAWING + 1) if file else cleaned.get("drawing") or ""
            try:
                cleaned["shapes"] = shapes_in(text, cleaned.get("system") or CoordinateSystem.WGS84)
            except ValueError as why:
                self.add_error("drawing", str(why))
        return cleaned

    def given(self) -> dict[str, Any]:
        """What the maker wants, as `actions.draw_plan` takes it."""
        cleaned = self.cleaned_data
        shapes: list[dict[str, Any]] = cleaned.get("shapes") or []
        polygons = [one for one in shapes if one["type"] in ("Polygon", "MultiPolygon")]
        lines = [one["coordinates"] for one in shapes if one["type"] == "LineString"]
        code = self.area.code
        if self.kind == PlanKind.NEW:
            return {
                "parent": code, "tier": below(code), "name": cleaned["name"], "code": cleaned["code"],
                "households": cleaned["households"], "polygon": polygons[0] if polygons else None,
            }  # fmt: skip
        if self.kind == PlanKind.REDRAW:
            return {"code": code, "polygon": polygons[0] if polygons else None}
        if self.kind == PlanKind.MERGE:
            return {
                "codes": [code, *cleaned["codes"]], "code": cleaned["code"] or code, "name": cleaned["name"],
            }  # fmt: skip
        if self.kind == PlanKind.RECODE:
            return {"code": code, "new_code": cleaned["code"], "name": cleaned["name"]}
        parts = [
            {"name": cleaned[name], "code": cleaned[own], "households": cleaned[households]}
            for name, own, households in self.parts
            if cleaned[name]
        ]
        children = {
            name.removeprefix("child_"): int(value)
            for name, value in cleaned.items()
            if name.startswith("child_") and value != ""
        }
        return {
            "code": code, "parts": parts, "children": children, "line": lines[0] if lines else None,
            "polygons": polygons if not lines else None,
        }  # fmt: skip


def below(code: str) -> str:
    """The tier one down."""
    tiers = list(LENGTHS)
    return tiers[min(tiers.index(tier_of(code)) + 1, len(tiers) - 1)].value


def shapes_in(text: str | bytes, system: str) -> list[dict[str, Any]]:
    """The geometries of a pasted or uploaded GeoJSON text, in WGS84; ValueError with a sentence where it is none."""
    if len(text) > MOST_DRAWING:
        raise ValueError(_("图形太大。请先简化，或者从“导入名录或边界”导入。"))
    if not text.strip():
        return []
    bad = _("这不是 GeoJSON，读不懂。请重新画，或者重新粘贴。")
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError as why:
        raise ValueError(bad) from why
    found = []
    for one in read.get("features", [read]) if isinstance(read, dict) else []:
        geometry = one.get("geometry", one) if isinstance(one, dict) else None
        if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon", "LineString"):
            raise ValueError(bad)
        try:
            turned = turn(geometry["coordinates"], system)
        except (TypeError, KeyError, RecursionError) as why:
            raise ValueError(bad) from why
        found.append({"type": geometry["type"], "coordinates": turned})
    return found


def turn(value: Any, system: str, depth: int = 0) -> Any:
    """Coordinates of a geometry turned into WGS84; TypeError where they are no numbers."""
    if depth > 4 or not isinstance(value, list):
        raise TypeError(value)
    if value and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value):
        if len(value) < 2 or not in_range(value[0], value[1]):
            raise TypeError(value)
        return list(to_wgs84(float(value[0]), float(value[1]), system))
    return [turn(one, system, depth + 1) for one in value]


class DecideForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("您的意见"),
        choices=[("approve", _("同意")), ("back", _("退回修改"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一个。")},
    )
    words = TextField(label=_("说明"), limit=LINE_LIMIT, line=True, required=False, help_text=_("退回要写明怎么改。"))


class NetForm(forms.Form):
    """A net that a department drew for itself."""

    kind = forms.ChoiceField(label=_("哪一张网"), choices=NetKind.choices)
    name = TextField(label=_("名称"), limit=NAME_LIMIT, name=True)
    grid_codes = forms.MultipleChoiceField(
        label=_("落在哪些网格"), widget=forms.CheckboxSelectMultiple, error_messages={"required": _("请至少选一个。")}
    )

    def __init__(self, *args: Any, grids: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.MultipleChoiceField, self.fields["grid_codes"]).choices = list(grids)


class StandardForm(forms.Form):
    households = forms.IntegerField(label=_("每格约多少户"), min_value=1, max_value=10_000)
    least = forms.IntegerField(label=_("最少"), min_value=1, max_value=10_000)
    most = forms.IntegerField(label=_("最多"), min_value=1, max_value=10_000)
    full_time = forms.IntegerField(label=_("专职至少几人"), min_value=0, max_value=20)


class EmergencyForm(forms.Form):
    reason = TextField(label=_("为什么转应急"), limit=80, line=True)


class DutiesForm(forms.Form):
    """A grid's duties: one line for each old net, in peace and in an emergency."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for mode in Mode:
            for net in NetKind:
                self.fields[f"{mode.value}_{net.value}"] = TextField(
                    label=net.label, limit=80, line=True, required=False
                )

    def of(self, mode: Mode) -> list[forms.BoundField]:
        return [self[f"{mode.value}_{net.value}"] for net in NetKind]

    @property
    def peace(self) -> list[forms.BoundField]:
        return self.of(Mode.PEACE)

    @property
    def emergency(self) -> list[forms.BoundField]:
        return self.of(Mode.EMERGENCY)

    def words(self) -> dict[tuple[str, str], str]:
        return {
            (net.value, mode.value): self.cleaned_data.get(f"{mode.value}_{net.value}", "")
            for mode in Mode
            for net in NetKind
        }
