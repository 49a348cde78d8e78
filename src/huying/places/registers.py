"""The registers of places. Each is columns, duties and a few rules; pages, sheets and history are the engine's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid
from huying.kernel.terms import Label, _, listed
from huying.places import queries
from huying.places.actions import upkeep
from huying.places.models import (
    Area,
    Building,
    BuildingUnit,
    CallOut,
    Component,
    Device,
    Estate,
    Facility,
    GridCount,
    Inspection,
    OtherName,
    RentedHome,
    RescueResource,
    Room,
    SafetyCheck,
    ServicePlace,
    TenantCount,
    TradePlace,
    Waterway,
    WorkContract,
)
from huying.places.premises import (
    DAY_LABELS,
    DAYS,
    DEVICE_FACILITIES,
    KEEP_PLACES,
    ComponentKind,
    Condition,
    DeviceKind,
    Emergency,
    FacilityMore,
    HolderKind,
    RescueKind,
    RoomUse,
    SafetyItem,
    ServiceKind,
    ServiceLevel,
    Trade,
    TradeKind,
    WorkKind,
    is_filing_number,
    is_open,
    next_check,
    written_spans,
)
from huying.places.rules import BuildingKind, EstateKind, FacilityKind, Tier, WaterwayKind, is_code, street_of, tier_of
from huying.registers import declared
from huying.registers.declared import Column, ColumnKind, Panel, Register, RowAction

# Words of people.rules.Duty, which lies a floor above; a test compares them.
DISPATCH, VERIFY = "dispatch", "verify"
LEAST_LETTERS = 2
KINDS = ColumnKind
MATTERS_HELP = _("如 0501、05，几个用逗号隔开；用来找有关诉求。")


class AreaWords:
    """What the engine asks about areas, answered from the tree that the process keeps."""

    def names_of(self, codes: Iterable[str]) -> dict[str, str]:
        return queries.names_of(codes)

    def is_known(self, code: str) -> bool:
        return queries.is_known(code)

    def within(self, prefixes: Iterable[str]) -> list[tuple[str, str]]:
        """The areas down to grids inside these, by code."""
        found: dict[str, str] = {}
        for prefix in prefixes:
            found |= {code: name for code, name in queries.names_within(prefix).items() if len(code) <= 15}
        names = queries.names_of(found)
        return [(code, names[code]) for code in sorted(found)]

    def outlines_url(self, code: str) -> str:
        return f"{reverse('places:polygons')}?area={code}"


AREA = Column("area_code", _("网格"), KINDS.AREA, needed=True, filtered=True, bulk=True)
NAME = Column("name", _("名称"), needed=True, most=60)
POINT = Column("point", _("位置"), KINDS.POINT, listed=False, help=_("可以在地图上点，也可以写经纬度。"))
ENDED = Column("until", _("停用日期"), KINDS.DATE, listed=False, derived=True)
CONDITION = Column("condition", _("状况"), KINDS.CHOICE, choices=Condition, filtered=True, bulk=True)
KEEPER = Column("keeper", _("管养单位"), bulk=True, listed=False, most=60)
ESTATE = Column("estate", _("小区"), KINDS.LINK, links_to="estate", filtered=True)


def _counted(model: type[Model], to: str, what: Any = None, **only: Any) -> Any:
    """How many rows (or which sum) hang on a row, asked for the lines of a page alone."""
    rows = model._default_manager.filter(**{to: OuterRef("pk")}, **only).order_by().values(to)
    return Coalesce(Subquery(rows.annotate(number=what or Count("pk")).values("number")), 0)


def _number(name: str, label: Label, **more: Any) -> Column:
    return Column(name, label, KINDS.NUMBER, **{"most": 10_000_000, **more})


class PlaceRegister(Register[Any]):
    """What all registers of places share."""

    group = "places"
    write = KEEP_PLACES
    ends = True

    def present_rows(self, viewer: Actor) -> QuerySet[Any]:
        """The present rows that the viewer reads, for sums."""
        reach = Q(pk__in=[])
        for prefix in self.prefixes(viewer):
            reach |= self.in_area(prefix)
        rows: QuerySet[Any] = self.model._default_manager.filter(reach)
        return rows.filter(until=None) if self.ends else rows

    def sums(self, viewer: Actor, **columns: Label) -> list[tuple[Label, str]]:
        found = self.present_rows(viewer).aggregate(**{name: Sum(name) for name in columns})
        return [(label, f"{found[name] or 0:,}") for name, label in columns.items()]


class NamedRegister(PlaceRegister):
    """What callers name when they say where something is."""

    def after(self, row: Any, *, actor: Actor, now: datetime) -> None:
        upkeep.renamed()

    def after_many(self, rows: Sequence[Any], *, actor: Actor, now: datetime) -> None:
        upkeep.renamed()


class Estates(NamedRegister):
    key, label, icon, order = "estate", _("小区"), "building", 10
    model = Estate
    columns = (
        NAME,
        AREA,
        Column("kind", _("类别"), KINDS.CHOICE, choices=EstateKind, filtered=True, bulk=True),
        Column("grid_codes", _("跨哪些网格"), KINDS.AREAS, listed=False),
        _number("households", _("户数"), most=100_000),
        Column("walled", _("围院"), KINDS.YES, filtered=True, bulk=True, help=_("有围墙和大门。")),
        _number("green_m2", _("绿地（平方米）"), listed=False),
        Column("buildings", _("楼栋"), KINDS.NUMBER, derived=True),
        POINT,
        ENDED,
    )

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().rows().annotate(building_count=_counted(Building, "estate", until=None))
        return rows

    def value_of(self, row: Any, column: Column) -> Any:
        return getattr(row, "building_count", None) if column.name == "buildings" else super().value_of(row, column)

    def save(self, row: Any, values: dict[str, object], *, actor: Actor, now: datetime) -> Any:
        """Its own grid is always among those it lies in."""
        kept = row if row is not None else Estate()
        for name, value in values.items():
            self.assign(kept, self.column(name), value)
        if kept.area_code not in kept.grid_codes:
            kept.grid_codes = sorted({*kept.grid_codes, kept.area_code})
        kept.save()
        return kept

    def panels(self, row: Any, viewer: Actor) -> list[Panel]:
        buildings = [
            (one.name, reverse("registers:row", args=["building", one.pk]), _households(one.households))
            for one in row.buildings.filter(until=None).order_by("code", "pk")[:60]
        ]
        kinds = row.devices.filter(until=None).values_list("kind").annotate(count=Count("pk")).order_by("kind")
        devices = [(str(DeviceKind(kind).label), "", str(count)) for kind, count in kinds]
        first = {"estate": row.pk, "area_code": row.area_code}
        return [
            *_hanging(_("楼栋"), buildings, "building", first, self, row, viewer),
            *_hanging(_("设备"), devices, "device", first, self, row, viewer),
        ]


class Buildings(NamedRegister):
    key, label, icon, order = "building", _("楼栋"), "building", 20
    about = _("户数、套数只记合计，不记住的是谁。")
    model = Building
    columns = (
        NAME,
        AREA,
        Column("code", _("楼栋代码"), listed=False, most=19, help=_("网格代码后再接四位。")),
        Column("estate", _("小区"), KINDS.LINK, links_to="estate", filtered=True, bulk=True),
        Column("kind", _("类别"), KINDS.CHOICE, choices=BuildingKind, filtered=True, bulk=True),
        _number("storeys", _("层数"), most=200),
        _number("households", _("户数"), most=10_000),
        _number("homes", _("套数"), listed=False, most=10_000),
        _number("built_year", _("建成年份"), listed=False, most=2200),
        Column("units", _("单元"), KINDS.NUMBER, derived=True),
        POINT,
        ENDED,
    )

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().rows().annotate(unit_count=_counted(BuildingUnit, "building", until=None))
        return rows

    def value_of(self, row: Any, column: Column) -> Any:
        if column.name == "units":
            return getattr(row, "unit_count", None)
        return super().value_of(row, column)

    def assign(self, row: Any, column: Column, value: Any) -> None:
        super().assign(row, column, (value or None) if column.name == "code" else value)

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        code = str(values.get("code") or "")
        area = str(values.get("area_code") or "")
        if code and (len(code) != 19 or not is_code(code) or not code.startswith(area)):
            raise Invalid({"code": [_("楼栋代码是 19 位数字，以网格代码开头。")]})
        year = values.get("built_year")
        if isinstance(year, int) and year and year < 1800:
            raise Invalid({"built_year": [_("年份要写四位数。")]})

    def panels(self, row: Any, viewer: Actor) -> list[Panel]:
        units = [
            (
                one.name, reverse("registers:row", args=["building_unit", one.pk]),
                str(_("%(doors)s 扇门，%(households)s 户")) % {"doors": one.doors, "households": one.households},
            )
            for one in row.units.filter(until=None).order_by("name", "pk")
        ]  # fmt: skip
        return _hanging(_("单元"), units, "building_unit", {"building": row.pk}, self, row, viewer)


class BuildingUnits(PlaceRegister):
    key, label, icon, order = "building_unit", _("单元"), "building", 25
    model = BuildingUnit
    area_field = "building__area_code"
    identity = ("building", "name")
    sorted_by = ("pk",)
    columns = (
        Column("building", _("楼栋"), KINDS.LINK, needed=True, links_to="building", fixed=True, filtered=True),
        Column("name", _("单元"), needed=True, most=20),
        _number("doors", _("户门"), most=2000),
        _number("households", _("户数"), most=2000),
        _number("lifts", _("电梯"), most=50),
        ENDED,
    )

    def title_of(self, row: Any) -> str:
        return f"{row.building.name} {row.name}"


class Facilities(NamedRegister):
    """One inventory, with what was added and by which works."""

    key, label, icon, order = "facility", _("设施"), "grid", 30
    about = _("便民设施也登记在这里：来历写“增设”，写明哪天、哪个工程。")
    model = Facility
    columns = (
        NAME,
        AREA,
        Column(
            "kind",
            _("类别"),
            KINDS.CHOICE,
            needed=True,
            choices=FacilityKind,
            without=DEVICE_FACILITIES,
            filtered=True,
            bulk=True,
        ),
        Column("estate", _("小区"), KINDS.LINK, links_to="estate", filtered=True, bulk=True),
        CONDITION,
        Column("origin", _("来历"), KINDS.CHOICE, choices=FacilityMore, filtered=True, bulk=True),
        _number("pieces", _("件数"), listed=False, most=100_000),
        _number("square_metres", _("平方米")),
        _number("parking", _("停车位"), listed=False, most=100_000),
        _number("chargers", _("充电位"), listed=False, most=100_000),
        Column("added_on", _("增设日期"), KINDS.DATE, bulk=True, listed=False),
        Column("works", _("工程"), bulk=True, listed=False, most=120, help=_("哪个工程、哪个项目增设的。")),
        KEEPER,
        POINT,
        ENDED,
    )

    def rows(self) -> QuerySet[Any]:
        return super().rows().exclude(kind__in=DEVICE_FACILITIES)

    def words_of(self, row: Any, column: Column) -> str:
        """An amount that the thing does not have is no zero."""
        words = super().words_of(row, column)
        return "" if words == "0" and column.name in ("square_metres", "parking", "chargers") else words

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        if values.get("kind") in DEVICE_FACILITIES:
            raise Invalid({"kind": [_("摄像头和门禁登记在“设备”台账，只算一次。")]})
        if values.get("origin") == FacilityMore.ADDED and not (values.get("added_on") and values.get("works")):
            missing: dict[str, list[Label]] = {}
            if not values.get("added_on"):
                missing["added_on"] = [_("增设的请写哪天增设。")]
            if not values.get("works"):
                missing["works"] = [_("增设的请写哪个工程。")]
            raise Invalid(missing)

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        rows = self.present_rows(viewer)
        added = rows.filter(origin=FacilityMore.ADDED).count()
        return [(_("增设"), f"{added:,}"), *self.sums(viewer, parking=_("停车位"), chargers=_("充电位"))]


class Components(PlaceRegister):
    """What stands outdoors and is somebody's to keep in order: found again from the point of a call."""

    key, label, icon, order = "component", _("部件"), "grid", 35
    about = _("井盖、路灯、消火栓等。派单时按地点和事项找到最近的一个，养护单位排在前面。")
    model = Component
    columns = (
        Column("number", _("编号"), needed=True, most=40),
        NAME,
        AREA,
        Column("kind", _("类别"), KINDS.CHOICE, needed=True, choices=ComponentKind, filtered=True, bulk=True),
        CONDITION,
        Column("competent", _("主管单位"), bulk=True, listed=False, most=60),
        Column("owner", _("权属单位"), bulk=True, listed=False, most=60),
        Column("keeper", _("养护单位"), bulk=True, most=60),
        POINT,
        ENDED,
    )
    identity = ("number",)
    searched = ("number", "name")

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        street = str(values.get("area_code") or "")[:9]
        others = Component.objects.filter(number=values.get("number"), until=None, area_code__startswith=street)
        if (others if row is None else others.exclude(pk=row.pk)).exists():
            raise Invalid({"number": [_("这个编号在街道里已经登记过。")]})


class Waterways(NamedRegister):
    key, label, icon, order = "waterway", _("水体"), "layers", 40
    model = Waterway
    columns = (
        NAME,
        Column("area_code", _("区域"), KINDS.AREA, needed=True, filtered=True),
        Column("kind", _("类别"), KINDS.CHOICE, choices=WaterwayKind, filtered=True, bulk=True),
        _number("metres", _("长度（米）")),
        Column("grid_codes", _("流经网格"), KINDS.AREAS, listed=False),
        ENDED,
    )

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        return self.sums(viewer, metres=_("总长（米）"))


class OtherNames(NamedRegister):
    """Found again where callers use them."""

    key, label, icon, order = "other_name", _("别名"), "tag", 45
    about = _("大家习惯叫的名字、老名字、简称。来电里说到，就认得是哪里。不写人名。")
    model = OtherName
    columns = (
        Column("name", _("别名"), needed=True, most=60),
        Column(
            "area_code",
            _("区域"),
            KINDS.AREA,
            needed=True,
            filtered=True,
            help=_("下面三项都空着，就是这个区域的别名。"),
        ),
        Column("estate", _("小区"), KINDS.LINK, links_to="estate", filtered=True),
        Column("building", _("楼栋"), KINDS.LINK, links_to="building"),
        Column("facility", _("设施"), KINDS.LINK, links_to="facility"),
        ENDED,
    )

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        code, name = str(values.get("area_code") or ""), str(values.get("name") or "")
        if len(name) < LEAST_LETTERS:
            raise Invalid({"name": [_("别名至少两个字。")]})
        given = [one for one in ("estate", "building", "facility") if values.get(one)]
        if len(given) > 1:
            raise Invalid({given[1]: [_("小区、楼栋、设施只选一个。")]})
        for one in given:
            model: type[Model] = {"estate": Estate, "building": Building, "facility": Facility}[one]
            inside = model._default_manager.filter(pk=values[one], area_code__startswith=street_of(code) or code)
            if not inside.exists():
                raise Invalid({one: [_("它不在所选区域的街道里。")]})


class Devices(PlaceRegister):
    """Assets only."""

    key, label, icon, order, group = "device", _("物防技防设备"), "camera", 10, "safety"
    about = _("只登记设备本身：在哪里、谁管、好不好用。不存画面，不记谁进出。")
    model = Device
    columns = (
        NAME,
        AREA,
        Column("kind", _("类别"), KINDS.CHOICE, needed=True, choices=DeviceKind, filtered=True),
        Column("estate", _("小区"), KINDS.LINK, links_to="estate", filtered=True, bulk=True),
        Column("building", _("楼栋"), KINDS.LINK, links_to="building", listed=False),
        CONDITION,
        Column("serial", _("资产编号"), listed=False, most=40),
        KEEPER,
        Column("installed_on", _("安装日期"), KINDS.DATE, listed=False, bulk=True),
        Column("warranty_until", _("保修到"), KINDS.DATE, listed=False, bulk=True),
        Column("checked_on", _("最近检查"), KINDS.DATE, bulk=True),
        POINT,
        ENDED,
    )

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        found = dict(self.present_rows(viewer).values_list("kind").annotate(count=Count("pk")).order_by("kind"))
        told: list[tuple[Label, str]] = [
            (label, f"{found[kind]:,}") for kind, label in DeviceKind.choices if kind in found
        ]
        return told[:5]


class ServicePlaces(PlaceRegister):
    key, label, icon, order = "service_place", _("党群服务阵地"), "flag", 50
    about = _("电话写办公室的，不写个人的。")
    model = ServicePlace
    searched = ("name", "address")
    columns = (
        NAME,
        AREA,
        Column("level", _("层级"), KINDS.CHOICE, needed=True, choices=ServiceLevel, filtered=True, bulk=True),
        Column("kind", _("类别"), KINDS.CHOICE, choices=ServiceKind, filtered=True, bulk=True),
        Column("address", _("地址"), listed=False, most=120),
        _number("square_metres", _("平方米")),
        _number("outdoor_m2", _("室外（平方米）"), listed=False),
        Column("phone", _("办公电话"), listed=False, most=20),
        Column("barrier_free", _("无障碍"), KINDS.YES, filtered=True, bulk=True, listed=False),
        *(
            Column(
                f"hours_{day}", label, bulk=True, listed=False,
                apart=True, most=40,
                help=_("如 08:30-12:00 14:30-17:30，不开就空着。") if day == "mon" else "",
            )
            for day, label in zip(DAYS, DAY_LABELS, strict=True)
        ),
        Column("rooms", _("房间"), KINDS.NUMBER, derived=True),
        POINT,
        ENDED,
    )  # fmt: skip

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().rows().annotate(room_count=_counted(Room, "place", until=None))
        return rows

    def value_of(self, row: Any, column: Column) -> Any:
        return getattr(row, "room_count", None) if column.name == "rooms" else super().value_of(row, column)

    def assign(self, row: Any, column: Column, value: Any) -> None:
        super().assign(row, column, written_spans(str(value)) if column.name.startswith("hours_") and value else value)

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        wrong: dict[str, list[Label]] = {}
        for day in DAYS:
            try:
                written_spans(str(values.get(f"hours_{day}") or ""))
            except ValueError:
                wrong[f"hours_{day}"] = [_("开放时间要像 08:30-12:00 14:30-17:30 这样写。")]
        if wrong:
            raise Invalid(wrong)

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        found = dict(self.present_rows(viewer).values_list("level").annotate(count=Count("pk")).order_by("level"))
        told: list[tuple[Label, str]] = [
            (label, str(found[level])) for level, label in ServiceLevel.choices if level in found
        ]
        return [*told, *self.sums(viewer, square_metres=_("平方米"))]

    def panels(self, row: Any, viewer: Actor) -> list[Panel]:
        rooms = [
            (
                one.name, reverse("registers:row", args=["room", one.pk]),
                str(_("%(use)s，%(metres)s 平方米")) % {"use": one.get_use_display(), "metres": one.square_metres},
            )
            for one in row.rooms.filter(until=None).order_by("name", "pk")
        ]  # fmt: skip
        week = [(label, hours or _("不开")) for label, hours in zip(DAY_LABELS, row.hours(), strict=True)]
        opened = is_open(row.hours(), timezone.localtime())
        return [
            Panel(_("开放时间"), "places/_week.html", {"week": week, "open": opened}),
            *_hanging(_("房间"), rooms, "room", {"place": row.pk}, self, row, viewer),
        ]


class Rooms(PlaceRegister):
    key, label, icon, order = "room", _("阵地房间"), "grid", 55
    model = Room
    area_field = "place__area_code"
    identity = ("place", "name")
    sorted_by = ("pk",)
    columns = (
        Column("place", _("阵地"), KINDS.LINK, needed=True, links_to="service_place", fixed=True, filtered=True),
        NAME,
        Column("use", _("用途"), KINDS.CHOICE, choices=RoomUse, filtered=True, bulk=True),
        _number("square_metres", _("平方米")),
        _number("seats", _("座位"), most=10_000),
        Column("lent", _("可借用"), KINDS.YES, filtered=True, bulk=True),
        ENDED,
    )

    def title_of(self, row: Any) -> str:
        return f"{row.place.name} {row.name}"

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        return self.sums(viewer, square_metres=_("平方米"))


class TradePlaces(PlaceRegister):
    key, label, icon, order = "trade_place", _("楼宇商圈产业园"), "building", 60
    about = _("商户只记分类的数目，不列名单，不收税务数据。")
    model = TradePlace
    columns = (
        NAME,
        AREA,
        Column("kind", _("类别"), KINDS.CHOICE, needed=True, choices=TradeKind, filtered=True, bulk=True),
        Column("operator", _("运营单位"), most=60),
        _number("square_metres", _("面积（平方米）")),
        _number("vacant_m2", _("空置（平方米）"), listed=False),
        Column("rebuilt_on", _("改造完成"), KINDS.DATE, listed=False),
        Column("grid_codes", _("跨哪些网格"), KINDS.AREAS, listed=False),
        Column("firms", _("商户"), KINDS.NUMBER, derived=True),
        POINT,
        ENDED,
    )

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().rows().annotate(firm_count=_counted(TenantCount, "place", Sum("firms")))
        return rows

    def value_of(self, row: Any, column: Column) -> Any:
        return getattr(row, "firm_count", None) or 0 if column.name == "firms" else super().value_of(row, column)

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        whole, vacant = values.get("square_metres") or 0, values.get("vacant_m2") or 0
        if isinstance(whole, int) and isinstance(vacant, int) and vacant > whole:
            raise Invalid({"vacant_m2": [_("空置的不能比总面积大。")]})
        codes, street = values.get("grid_codes"), street_of(str(values.get("area_code") or ""))
        if isinstance(codes, list) and not all(one.startswith(street) for one in codes):
            raise Invalid({"grid_codes": [_("跨的网格要在同一个街道里。")]})

    def panels(self, row: Any, viewer: Actor) -> list[Panel]:
        tenants = [
            (
                str(one.get_trade_display()), reverse("registers:row", args=["tenants", one.pk]),
                str(_("%(firms)s 家")) % {"firms": one.firms},
            )
            for one in row.tenants.order_by("-firms", "pk")
        ]  # fmt: skip
        return _hanging(_("商户分类"), tenants, "tenants", {"place": row.pk}, self, row, viewer)


class Tenants(PlaceRegister):
    key, label, icon, order = "tenants", _("商户分类数"), "chart", 65
    model = TenantCount
    ends = False
    area_field = "place__area_code"
    identity = ("place", "trade")
    searched = ("place__name",)
    sorted_by = ("pk",)
    columns = (
        Column("place", _("楼宇商圈"), KINDS.LINK, needed=True, links_to="trade_place", fixed=True, filtered=True),
        Column("trade", _("业态"), KINDS.CHOICE, needed=True, choices=Trade, fixed=True, filtered=True),
        _number("firms", _("商户数"), most=100_000),
        _number("staff", _("从业人数"), most=1_000_000, help=_("只写合计。")),
        Column("counted_on", _("清点日期"), KINDS.DATE, derived=True),
    )

    def fresh(self, values: Mapping[str, object], *, now: datetime) -> Any:
        return TenantCount(counted_on=timezone.localdate(now))

    def save(self, row: Any, values: dict[str, object], *, actor: Actor, now: datetime) -> Any:
        kept = row if row is not None else self.fresh(values, now=now)
        kept.counted_on = timezone.localdate(now)
        return super().save(kept, values, actor=actor, now=now)

    def title_of(self, row: Any) -> str:
        return f"{row.place.name} {row.get_trade_display()}"

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        return self.sums(viewer, firms=_("商户"), staff=_("从业人数"))


class Rescue(PlaceRegister):
    key, label, icon, order, group = "rescue", _("抢险资源"), "shield", 20, "safety"
    about = _("电话写值班室的，不写个人的。")
    model = RescueResource
    columns = (
        NAME,
        AREA,
        Column("kind", _("类别"), KINDS.CHOICE, needed=True, choices=RescueKind, filtered=True),
        Column("unit", _("所属单位"), needed=True, most=60),
        Column("duty_phone", _("值班电话"), needed=True, most=20),
        _number("capacity", _("规模"), most=100_000, help=_("队伍写人数，避护场所写可容人数，仓库写件数。")),
        _number("square_metres", _("平方米"), listed=False),
        _number("minutes", _("几分钟出动"), most=1440),
        Column("suited", _("适合的险情"), KINDS.CHOICES, choices=Emergency, filtered=True, listed=False),
        Column("equipment", _("装备物资"), KINDS.LONG_TEXT, listed=False, most=400),
        Column("checked_on", _("最近清点"), KINDS.DATE, listed=False, bulk=True),
        Column("out", _("在外"), KINDS.YES, derived=True),
        POINT,
        ENDED,
    )

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().rows().annotate(out_count=_counted(CallOut, "resource", until=None))
        return rows

    def value_of(self, row: Any, column: Column) -> Any:
        return bool(getattr(row, "out_count", 0)) if column.name == "out" else super().value_of(row, column)

    def words_of(self, row: Any, column: Column) -> str:
        if column.name == "out" and not self.value_of(row, column):
            return ""
        return super().words_of(row, column)

    def row_actions(self, row: Any, viewer: Actor) -> list[RowAction]:
        if not viewer.has(DISPATCH):
            return []
        address = f"{reverse('registers:new', args=['call_out'])}?resource={row.pk}&area_code={row.area_code}"
        return [RowAction(_("调用"), address, "megaphone", main=True)]

    def panels(self, row: Any, viewer: Actor) -> list[Panel]:
        called = [
            (
                f"{timezone.localtime(one.called_at):%Y-%m-%d %H:%M} {one.get_emergency_display()}",
                reverse("registers:row", args=["call_out", one.pk]),
                str(_("已收队") if one.until else _("已到场") if one.arrived_at else _("待到场")),
            )
            for one in row.call_outs.order_by("-called_at", "-pk")[:20]
        ]  # fmt: skip
        return [Panel(_("调用记录"), "places/_hanging.html", {"lines": called})] if called else []


class CallOuts(PlaceRegister):
    """Asked, there, sent home: an end is the way home."""

    key, label, icon, order, group = "call_out", _("抢险调用"), "megaphone", 25, "safety"
    model = CallOut
    write = DISPATCH
    end_label, ended_label = _("收队"), _("已收队")
    identity = ("resource", "area_code")
    searched = ("resource__name", "spot")
    sorted_by = ("-called_at", "-pk")
    columns = (
        Column("resource", _("抢险资源"), KINDS.LINK, needed=True, links_to="rescue", fixed=True),
        Column("area_code", _("到哪里"), KINDS.AREA, needed=True, filtered=True),
        Column("emergency", _("险情"), KINDS.CHOICE, needed=True, choices=Emergency, filtered=True),
        Column("spot", _("地点"), most=120, listed=False, help=_("只写地点，不写人。")),
        _number("sent", _("到场数"), most=100_000, listed=False),
        Column("arrived", _("已到场"), KINDS.YES),
        Column("called_at", _("调用时间"), derived=True),
        Column("arrived_at", _("到场时间"), derived=True, listed=False),
        Column("phone", _("值班电话"), derived=True, listed=False),
        Column("until", _("收队时间"), derived=True, listed=False),
    )

    def title_of(self, row: Any) -> str:
        return f"{row.resource.name} · {row.get_emergency_display()}"

    def value_of(self, row: Any, column: Column) -> Any:
        if column.name == "arrived":
            return row.arrived_at is not None
        if column.name == "phone":
            return row.resource.duty_phone
        return super().value_of(row, column)

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        if row is None:
            resource = RescueResource.objects.select_for_update().filter(pk=str(values["resource"])).first()
            if resource is None or resource.until is not None:
                raise Invalid({"resource": [_("这项资源已经停用，请另选一项。")]})
            if resource.call_outs.filter(until=None).exists() and resource.kind == RescueKind.TEAM:
                raise Invalid({"resource": [_("这支队伍正在外面，还没收队。请另选一支。")]})

    def save(self, row: Any, values: dict[str, object], *, actor: Actor, now: datetime) -> Any:
        kept = row if row is not None else CallOut(called_at=now, called_by=actor.id)
        arrived = values.pop("arrived", None)
        if arrived is not None:
            kept.arrived_at = (kept.arrived_at or now) if arrived else None
        return super().save(kept, values, actor=actor, now=now)

    def end(self, row: Any, *, on: date, actor: Actor, now: datetime) -> None:
        row.until = max(row.called_at, min(now, timezone.make_aware(datetime.combine(on, time.max))))
        row.save(update_fields=["until"])


class RentedHomes(PlaceRegister):
    """A place with a duty-holder by reference. Tenants have no column, and no field of the model."""

    key, label, icon, order, group = "rented_home", _("出租屋"), "key", 30, "safety"
    about = _("只登记房屋、安全责任和检查。个人房东只写备案号，不写姓名电话；不登记住客。")
    model = RentedHome
    searched = ("name", "holder_ref")
    columns = (
        Column("name", _("门牌"), needed=True, most=60),
        AREA,
        Column("building", _("楼栋"), KINDS.LINK, links_to="building", listed=False),
        _number("rooms", _("间数"), most=500),
        _number("storey", _("所在楼层"), most=120, listed=False),
        Column("holder_kind", _("谁出租"), KINDS.CHOICE, needed=True, choices=HolderKind, filtered=True),
        Column("holder_ref", _("责任人（单位名或备案号）"), needed=True, most=60, listed=False),
        Column("filed_on", _("备案日期"), KINDS.DATE, needed=True, listed=False),
        Column("lacking", _("还缺的安全项"), KINDS.CHOICES, choices=SafetyItem, derived=True),
        Column("checked_on", _("最近检查"), KINDS.DATE, derived=True, listed=False),
        Column("next_check", _("下次检查"), KINDS.DATE, derived=True),
        Column("due", _("检查到期"), KINDS.YES, derived=True, filtered=True, listed=False),
        POINT,
        ENDED,
    )

    def value_of(self, row: Any, column: Column) -> Any:
        if column.name == "due":
            return row.next_check is not None and row.next_check <= timezone.localdate()
        return super().value_of(row, column)

    def condition_of(self, column: Column, value: str, *, now: datetime) -> Q | None:
        if column.name == "due":
            late = Q(next_check__lte=timezone.localdate(now))
            return late if value == "1" else ~late
        return None

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        reference = str(values.get("holder_ref") or "")
        if values.get("holder_kind") == HolderKind.PERSON and not is_filing_number(reference):
            raise Invalid({"holder_ref": [_("个人出租只写备案号：字母、数字和短横，不写姓名、电话和身份证号。")]})

    def fresh(self, values: Mapping[str, object], *, now: datetime) -> Any:
        """A home that is filed is looked at within a month."""
        filed = values.get("filed_on")
        day = filed if isinstance(filed, date) else timezone.localdate(now)
        return RentedHome(next_check=date.fromordinal(day.toordinal() + 30))

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        late = self.present_rows(viewer).filter(next_check__lte=timezone.localdate()).count()
        lacking = self.present_rows(viewer).exclude(lacking=[]).count()
        return [(_("检查到期"), str(late)), (_("有安全项没补"), str(lacking))]

    def row_actions(self, row: Any, viewer: Actor) -> list[RowAction]:
        if not viewer.may(VERIFY, row.area_code):
            return []
        address = f"{reverse('registers:new', args=['home_check'])}?home={row.pk}&on={timezone.localdate():%Y-%m-%d}"
        return [RowAction(_("记检查"), address, "check-circle", main=True)]

    def panels(self, row: Any, viewer: Actor) -> list[Panel]:
        checks = [
            (
                f"{one.on:%Y-%m-%d}", reverse("registers:row", args=["home_check", one.pk]),
                str(_("合格")) if one.passed else listed(SafetyItem(item).label for item in one.lacking),
            )
            for one in row.checks.order_by("-on", "-pk")[:20]
        ]  # fmt: skip
        return [Panel(_("检查记录"), "places/_hanging.html", {"lines": checks})] if checks else []


class HomeChecks(PlaceRegister):
    key, label, icon, order, group = "home_check", _("出租屋检查"), "check-circle", 35, "safety"
    model = SafetyCheck
    write = VERIFY
    ends = False
    area_field = "home__area_code"
    identity = ("home", "on")
    searched = ("home__name",)
    sorted_by = ("-on", "-pk")
    columns = (
        Column("home", _("出租屋"), KINDS.LINK, needed=True, links_to="rented_home", fixed=True),
        Column("on", _("检查日期"), KINDS.DATE, needed=True, fixed=True),
        Column("passed", _("合格"), KINDS.YES, filtered=True),
        Column("lacking", _("缺什么"), KINDS.CHOICES, choices=SafetyItem),
        Column("mend_by", _("整改期限"), KINDS.DATE),
    )

    def title_of(self, row: Any) -> str:
        return f"{row.home.name} {row.on:%Y-%m-%d}"

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        on, by = values.get("on"), values.get("mend_by")
        wrong: dict[str, list[Label]] = {}
        if isinstance(on, date) and on > timezone.localdate(now):
            wrong["on"] = [_("检查日期不能是以后的日子。")]
        if values.get("passed") and values.get("lacking"):
            wrong["passed"] = [_("还缺安全项，不能算合格。")]
        if not values.get("passed") and not values.get("lacking"):
            wrong["lacking"] = [_("不合格的请勾选缺什么。")]
        if not values.get("passed") and not by:
            wrong["mend_by"] = [_("不合格的请写整改期限。")]
        elif isinstance(by, date) and isinstance(on, date) and by < on:
            wrong["mend_by"] = [_("整改期限不能早于检查日期。")]
        if wrong:
            raise Invalid(wrong)

    def after(self, row: Any, *, actor: Actor, now: datetime) -> None:
        """The home shows its latest check and when the next is due."""
        home = RentedHome.objects.select_for_update().get(pk=row.home_id)
        latest = home.checks.order_by("-on", "-pk").first()
        if latest is not None:
            home.checked_on, home.lacking = latest.on, latest.lacking
            home.next_check = next_check(latest.on, latest.passed, latest.mend_by)
            home.save(update_fields=["checked_on", "lacking", "next_check"])


class Contracts(PlaceRegister):
    """Work contracts. The unit is an organisation of the app above: its id is a plain one, its name a snapshot."""

    key, label, icon, order, group = "work_contract", _("作业承包"), "signature", 40, "safety"
    about = _("写明做什么、在哪里、什么标准；与它有关的诉求在详情里看。")
    model = WorkContract
    end_label, ended_label = _("终止"), _("已到期")
    searched = ("name", "unit_name")
    columns = (
        Column("name", _("合同"), needed=True, most=80),
        Column("area_code", _("区域"), KINDS.AREA, needed=True, filtered=True),
        Column("kind", _("作业"), KINDS.CHOICE, needed=True, choices=WorkKind, filtered=True),
        Column("unit_id", _("承包单位"), KINDS.LINK, links_to="organisation", listed=False),
        Column("unit_name", _("承包单位名称"), most=60, help=_("选了承包单位就不用写。")),
        Column("area_codes", _("作业范围"), KINDS.AREAS, listed=False, help=_("空着表示整个区域。")),
        _number("square_metres", _("面积（平方米）")),
        Column("standard", _("作业标准"), KINDS.LONG_TEXT, needed=True, listed=False),
        Column("matters", _("有关事项代码"), listed=False, most=200, help=MATTERS_HELP),
        Column("since", _("从哪天"), KINDS.DATE, needed=True),
        Column("term_ends", _("到哪天"), KINDS.DATE, needed=True),
        Column("next_inspection", _("下次检查"), KINDS.DATE, bulk=True, listed=False),
    )  # fmt: skip

    def value_of(self, row: Any, column: Column) -> Any:
        if column.name == "matters":
            return ",".join(row.matter_codes)
        if column.name == "term_ends":
            return row.until
        return super().value_of(row, column)

    def assign(self, row: Any, column: Column, value: Any) -> None:
        if column.name == "matters":
            row.matter_codes = _codes(str(value or ""))
        elif column.name == "term_ends":
            row.until = value
        else:
            super().assign(row, column, value)

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        wrong: dict[str, list[Label]] = {}
        if not values.get("unit_id") and not values.get("unit_name"):
            wrong["unit_name"] = [_("请选承包单位，或者写它的名称。")]
        since, until = values.get("since"), values.get("term_ends")
        if isinstance(since, date) and isinstance(until, date) and until < since:
            wrong["term_ends"] = [_("结束不能早于开始。")]
        codes = values.get("area_codes")
        outside = (
            [one for one in codes if not one.startswith(str(values.get("area_code")))]
            if isinstance(codes, list)
            else []
        )
        if outside:
            wrong["area_codes"] = [_("作业范围要在所写的区域里面。")]
        matters = _codes(str(values.get("matters") or ""))
        if not all(one.isascii() and one.isalnum() and len(one) <= 24 for one in matters):
            wrong["matters"] = [_("事项代码只有字母和数字，几个用逗号隔开。")]
        if wrong:
            raise Invalid(wrong)

    def save(self, row: Any, values: dict[str, object], *, actor: Actor, now: datetime) -> Any:
        unit = values.get("unit_id")
        if unit is not None and not values.get("unit_name"):
            other = declared.get("organisation")
            found = other.model._default_manager.filter(pk=unit).first()
            if found is not None:
                values = {**values, "unit_name": other.title_of(found)[:60]}
        return super().save(row, values, actor=actor, now=now)

    def row_actions(self, row: Any, viewer: Actor) -> list[RowAction]:
        if not viewer.may(KEEP_PLACES, row.area_code):
            return []
        address = (
            f"{reverse('registers:new', args=['inspection'])}?contract={row.pk}&on={timezone.localdate():%Y-%m-%d}"
        )
        return [RowAction(_("记检查"), address, "check-circle", main=True)]

    def panels(self, row: Any, viewer: Actor) -> list[Panel]:
        looked = [
            (
                f"{one.on:%Y-%m-%d}", reverse("registers:row", args=["inspection", one.pk]),
                str(_("%(points)s 分")) % {"points": one.points},
            )
            for one in row.inspections.order_by("-on", "-pk")[:20]
        ]  # fmt: skip
        return [Panel(_("检查记录"), "places/_hanging.html", {"lines": looked})] if looked else []


class Inspections(PlaceRegister):
    key, label, icon, order, group = "inspection", _("作业检查"), "search-check", 45, "safety"
    model = Inspection
    ends = False
    area_field = "contract__area_code"
    identity = ("contract", "on")
    searched = ("contract__name",)
    sorted_by = ("-on", "-pk")
    columns = (
        Column("contract", _("合同"), KINDS.LINK, needed=True, links_to="work_contract", fixed=True, filtered=True),
        Column("on", _("检查日期"), KINDS.DATE, needed=True, fixed=True),
        _number("points", _("得分"), needed=True, most=100),
        Column("findings", _("发现的问题"), KINDS.LONG_TEXT, most=400, listed=False),
        Column("mend_by", _("整改期限"), KINDS.DATE),
        Column("mended_on", _("整改完成"), KINDS.DATE),
    )

    def title_of(self, row: Any) -> str:
        return f"{row.contract.name} {row.on:%Y-%m-%d}"

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        on, by, done = values.get("on"), values.get("mend_by"), values.get("mended_on")
        wrong: dict[str, list[Label]] = {}
        if isinstance(on, date) and on > timezone.localdate(now):
            wrong["on"] = [_("检查日期不能是以后的日子。")]
        if values.get("findings") and not by:
            wrong["mend_by"] = [_("有问题的请写整改期限。")]
        for name, day in (("mend_by", by), ("mended_on", done)):
            if isinstance(on, date) and isinstance(day, date) and day < on:
                wrong[name] = [_("不能早于检查日期。")]
        if wrong:
            raise Invalid(wrong)

    def after(self, row: Any, *, actor: Actor, now: datetime) -> None:
        """What is to be mended is looked at again on its day."""
        if row.mend_by is not None and row.mended_on is None:
            WorkContract.objects.filter(pk=row.contract_id).update(next_inspection=row.mend_by)


class GridCounts(PlaceRegister):
    """Counts by grid. The tree of areas takes its households from here."""

    key, label, icon, order, group = "grid_count", _("网格底数"), "chart", 10, "base"
    about = _("只有户、房、企业、商铺的数目，没有人的资料。")
    model = GridCount
    ends = False
    identity = ("area_code",)
    searched = ("area_code",)
    columns = (
        Column("area_code", _("网格"), KINDS.AREA, needed=True, fixed=True, filtered=True),
        _number("households", _("户数"), most=100_000),
        _number("homes", _("房屋套数"), most=100_000),
        _number("rented", _("出租屋套数"), most=100_000),
        _number("firms", _("企业"), most=100_000),
        _number("shops", _("商铺"), most=100_000),
        Column("counted_on", _("更新日期"), KINDS.DATE, derived=True),
    )

    def title_of(self, row: Any) -> str:
        return queries.name_of(row.area_code)

    def check(self, values: dict[str, object], row: Any, *, actor: Actor, now: datetime) -> None:
        code = str(values.get("area_code") or "")
        if not is_code(code) or tier_of(code) != Tier.GRID:
            raise Invalid({"area_code": [_("底数按网格登记，请选一个网格。")]})
        homes, rented = values.get("homes") or 0, values.get("rented") or 0
        if isinstance(homes, int) and isinstance(rented, int) and rented > homes:
            raise Invalid({"rented": [_("出租屋不能比房屋多。")]})

    def fresh(self, values: Mapping[str, object], *, now: datetime) -> Any:
        return GridCount(counted_on=timezone.localdate(now))

    def save(self, row: Any, values: dict[str, object], *, actor: Actor, now: datetime) -> Any:
        kept = row if row is not None else self.fresh(values, now=now)
        kept.counted_on = timezone.localdate(now)
        return super().save(kept, values, actor=actor, now=now)

    def after(self, row: Any, *, actor: Actor, now: datetime) -> None:
        self.after_many([row], actor=actor, now=now)

    def after_many(self, rows: Sequence[Any], *, actor: Actor, now: datetime) -> None:
        """The tree of areas shows the new households everywhere at once."""
        changed = 0
        for row in rows:
            places = Area.objects.filter(code=row.area_code, valid_to=None).exclude(households=row.households)
            changed += places.update(households=row.households)
        if changed:
            upkeep.changed()

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        return self.sums(
            viewer, households=_("户"), homes=_("房屋"), rented=_("出租屋"), firms=_("企业"), shops=_("商铺")
        )


def _households(count: int) -> str:
    return str(_("%(count)s 户")) % {"count": count}


def _codes(text: str) -> list[str]:
    for mark in "，、;；\n ":
        text = text.replace(mark, ",")
    return sorted({one.strip() for one in text.split(",") if one.strip()})


def _hanging(
    title: Label,
    lines: list[tuple[str, str, str]],
    key: str,
    first: Mapping[str, object],
    register: Register[Any],
    row: Model,
    viewer: Actor,
) -> list[Panel]:
    """A panel of the rows that hang on this one, with the way to add another."""
    may_add = viewer.may(KEEP_PLACES, register.area_of(row)) and not register.has_ended(row, now=timezone.now())
    query = "&".join(f"{name}={value}" for name, value in first.items())
    add_url = f"{reverse('registers:new', args=[key])}?{query}" if may_add else ""
    if not lines and not add_url:
        return []
    return [Panel(title, "places/_hanging.html", {"lines": lines, "add_url": add_url})]


ALL: tuple[type[PlaceRegister], ...] = (
    GridCounts, Estates, Buildings, BuildingUnits, Facilities, Components, Waterways, OtherNames, ServicePlaces, Rooms,
    TradePlaces, Tenants, Devices, Rescue, CallOuts, RentedHomes, HomeChecks, Contracts, Inspections,
)  # fmt: skip


def register_all() -> None:
    declared.use_areas(AreaWords())
    for one in ALL:
        declared.add(one())
    declared.add_card(
        "areas", _("网格管理"), "places:tree", "map", "base", 5, lambda viewer: bool(queries.seen_areas(viewer)),
        lambda viewer: sum(node.grids for node in queries.tree(viewer) if node.depth == 0),
    )  # fmt: skip
