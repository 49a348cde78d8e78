"""What stands in the demo street beside its houses: devices, service places, rooms, contracts, counts by grid.

Numbers that the published accounts give are met exactly; `play.figures` asks for them, each with its definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from huying.cli.play.world.geography import COMMUNITIES, STREET, STREET_NAME, Grid, Ground
from huying.kernel.actor import Actor
from huying.people.models import Organisation
from huying.places.models import (
    Building,
    BuildingUnit,
    CallOut,
    Device,
    Estate,
    Facility,
    GridCount,
    Inspection,
    RentedHome,
    RescueResource,
    Room,
    SafetyCheck,
    ServicePlace,
    TenantCount,
    TradePlace,
    WorkContract,
)
from huying.places.premises import (
    DAYS,
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
    next_check,
)
from huying.places.rules import FacilityKind
from huying.registers import actions, declared

DISTRICT = STREET[:6]
WALLED, CAMERAS, CARD_DOORS = 12, 326, 171
DISTRICT_CENTRES, STREET_CENTRES, COMMUNITY_STATIONS, GRID_STATIONS, TRADE_STATIONS, MORE_STATIONS = (
    2,
    1,
    14,
    46,
    40,
    80,
)
POSTHOUSE_M2, ROOMS_M2, OUTDOOR_M2 = 1500, 3000, 1000
ADDED, GREEN_M2, SQUARE_M2, PARKING, CHARGERS = 86, 5300, 800, 132, 268
WORKDAY, WHOLE_WEEK = "08:30-12:00 14:30-17:30", "08:30-21:00"


def furnish(ground: Ground, *, seed: int, actor: Actor, now: datetime) -> None:
    """All of it; a random number of its own, so that nothing else of the world moves."""
    made = _Premises(ground, Random(f"premises-{seed}"), actor, now)
    made.estates_walled()
    made.units()
    made.devices()
    made.service_places()
    made.amenities()
    made.trade_places()
    made.rescue()
    made.rented_homes()
    made.contracts()
    made.counts()


class _Premises:
    def __init__(self, ground: Ground, rng: Random, actor: Actor, now: datetime) -> None:
        self.ground, self.rng, self.actor, self.now = ground, rng, actor, now
        self.today = timezone.localdate(now)
        self.estates = list(Estate.objects.order_by("area_code", "name"))
        self.buildings = list(Building.objects.select_related("estate").order_by("code"))

    def keep(self, key: str, rows: Sequence[Any]) -> list[Any]:
        return actions.settle(register=declared.get(key), rows=list(rows), actor=self.actor, now=self.now)

    def ago(self, most: int, least: int = 1) -> date:
        return self.today - timedelta(days=self.rng.randint(least, most))

    def near(self, grid: Grid) -> tuple[float, float]:
        spot = self.rng.choice(grid.spots) if grid.spots else None
        if spot is not None:
            return spot.lng, spot.lat
        middle = grid.polygon.representative_point()
        return round(middle.x, 6), round(middle.y, 6)

    def community(self, grid: Grid) -> str:
        return COMMUNITIES[int(grid.community[-3:]) - 1][0]

    # Homes

    def estates_walled(self) -> None:
        for one in self.rng.sample(self.estates, WALLED):
            one.walled = True
        for one in self.estates:
            one.green_m2 = self.rng.randint(2, 40) * 100
        Estate.objects.bulk_update(self.estates, ["walled", "green_m2"])

    def units(self) -> None:
        rows = []
        for one in self.buildings:
            one.homes = one.households + self.rng.randint(0, 6) if one.households else 0
            one.built_year = self.rng.randint(1982, 2020)
            stairs = 2 if one.households >= 32 else 1
            for place in range(stairs if one.households else 0):
                doors = one.homes // stairs + (one.homes % stairs if place == 0 else 0)
                lived = one.households // stairs + (one.households % stairs if place == 0 else 0)
                rows.append(
                    BuildingUnit(
                        building=one,
                        name=f"{place + 1} 单元",
                        doors=doors,
                        households=lived,
                        lifts=2 if one.storeys > 9 else 0,
                    )
                )
        Building.objects.bulk_update(self.buildings, ["homes", "built_year"], batch_size=500)
        self.keep("building_unit", rows)

    # Devices

    def devices(self) -> None:
        walled = [one for one in self.estates if one.walled]
        rows = []
        for estate in walled:
            for side in ("东", "西"):
                rows.append(self.device(DeviceKind.GATE, estate, f"{estate.name}{side}门"))
        for number in range(CAMERAS):
            if number % 3 == 0:
                grid = self.ground.grids[number % len(self.ground.grids)]
                lng, lat = self.near(grid)
                name = f"{grid.roads[0]} {number + 1} 号摄像头"
                rows.append(self.asset(DeviceKind.CAMERA, name, grid.code, lng, lat))
            else:
                estate = self.estates[number % len(self.estates)]
                rows.append(self.device(DeviceKind.CAMERA, estate, f"{estate.name} {number + 1} 号摄像头"))
        homes = [one for one in self.buildings if one.estate_id]
        for number in range(CARD_DOORS):
            house = homes[number * 7 % len(homes)]
            door = self.device(DeviceKind.CARD_DOOR, house.estate, f"{house.name}门禁 {number + 1}")
            door.building, door.area_code, door.lng, door.lat = house, house.area_code, house.lng, house.lat
            rows.append(door)
        self.keep("device", rows)

    def device(self, kind: DeviceKind, estate: Any, name: str) -> Device:
        made = self.asset(kind, name, estate.area_code, estate.lng, estate.lat)
        made.estate = estate
        return made

    def asset(self, kind: DeviceKind, name: str, code: str, lng: float | None, lat: float | None) -> Device:
        installed = self.ago(2000, 60)
        return Device(
            kind=kind,
            name=name,
            area_code=code,
            lng=lng,
            lat=lat,
            keeper="设备运维单位",
            installed_on=installed,
            warranty_until=installed + timedelta(days=1095),
            checked_on=self.ago(90),
            condition="repair" if self.rng.random() < 0.03 else "in_use",
        )

    # Service places

    def service_places(self) -> None:
        rows = [
            self.place(
                f"示范区党群服务中心（{side}片）", DISTRICT, ServiceLevel.DISTRICT, ServiceKind.PARTY_CENTRE, 2400
            )
            for side in ("东", "西")[:DISTRICT_CENTRES]
        ]
        grids = self.ground.grids
        centre = self.place(
            f"{STREET_NAME}党群服务中心",
            grids[0].code,
            ServiceLevel.STREET,
            ServiceKind.PARTY_CENTRE,
            ROOMS_M2,
            WHOLE_WEEK,
        )
        centre.outdoor_m2, centre.phone, centre.barrier_free = OUTDOOR_M2, "020-00001000", True
        rows.append(centre)
        communities = sorted(self.ground.communities)
        for number in range(COMMUNITY_STATIONS):
            code = communities[number % len(communities)]
            home = next(one for one in grids if one.community == code)
            again = "第二" if number >= len(communities) else ""
            name = f"{self.community(home)}社区{again}党群服务站"
            rows.append(
                self.place(name, home.code, ServiceLevel.COMMUNITY, ServiceKind.PARTY_CENTRE, 260 + 20 * number)
            )
        for number in range(GRID_STATIONS):
            grid = grids[number * len(grids) // GRID_STATIONS]
            name = f"{self.ground.names[grid.code]}邻里驿站"
            rows.append(
                self.place(name, grid.code, ServiceLevel.GRID, ServiceKind.NEIGHBOURS, 40 + number % 5 * 10, WHOLE_WEEK)
            )
        post = self.place("红棉里邻里客厅", grids[7].code, ServiceLevel.OTHER, ServiceKind.NEIGHBOURS, POSTHOUSE_M2)
        rows.append(post)
        for number in range(TRADE_STATIONS):
            grid = grids[(number * 3 + 1) % len(grids)]
            name = f"{grid.roads[1]} {number + 1} 号楼宇党群服务点"
            rows.append(self.place(name, grid.code, ServiceLevel.TRADE, ServiceKind.PARTY_CENTRE, 60))
        kinds = [one for one in ServiceKind if one not in (ServiceKind.PARTY_CENTRE, ServiceKind.NEIGHBOURS)]
        for number in range(MORE_STATIONS):
            grid, kind = grids[(number * 5 + 2) % len(grids)], kinds[number % len(kinds)]
            name = f"{self.ground.names[grid.code]}{kind.label}"
            rows.append(self.place(name, grid.code, ServiceLevel.OTHER, kind, 80))
        self.keep("service_place", rows)
        self.rooms(centre, post, [one for one in rows if one.level == ServiceLevel.COMMUNITY])

    def place(
        self, name: str, code: str, level: ServiceLevel, kind: ServiceKind, metres: int, hours: str = WORKDAY
    ) -> ServicePlace:
        grid = next((one for one in self.ground.grids if one.code == code), None)
        lng, lat = self.near(grid) if grid is not None else (None, None)
        week = dict.fromkeys((f"hours_{day}" for day in DAYS[:5]), hours)
        if hours == WHOLE_WEEK:
            week |= {"hours_sat": "09:00-17:00", "hours_sun": "09:00-17:00"}
        return ServicePlace(
            name=name,
            area_code=code,
            level=level,
            kind=kind,
            square_metres=metres,
            lng=lng,
            lat=lat,
            address=f"{grid.roads[0]} {self.rng.randint(2, 198)} 号" if grid is not None else "",
            **week,
        )

    def rooms(self, centre: ServicePlace, post: ServicePlace, stations: Sequence[ServicePlace]) -> None:
        rows = [
            Room(place=centre, name=name, use=use, square_metres=metres, seats=seats, lent=lent)
            for name, use, metres, seats, lent in (
                ("议事厅", RoomUse.MEETING, 420, 120, True),
                ("服务大厅", RoomUse.COUNTER, 680, 40, False),
                ("多功能厅", RoomUse.ACTIVITY, 900, 260, True),
                ("阅览室", RoomUse.READING, 500, 90, False),
                ("调解室", RoomUse.MEDIATION, 120, 16, True),
                ("健康小屋", RoomUse.HEALTH, 380, 12, False),
                ("室外广场", RoomUse.OUTDOOR, OUTDOOR_M2, 0, True),
            )
        ]
        rows += [
            Room(place=post, name=name, use=use, square_metres=metres, seats=seats, lent=lent)
            for name, use, metres, seats, lent in (
                ("乒乓球室", RoomUse.TABLE_TENNIS, 300, 20, True),
                ("积分超市", RoomUse.SHOP, 160, 0, False),
                ("自习室", RoomUse.READING, 240, 60, False),
                ("邻里客厅", RoomUse.ACTIVITY, 500, 80, True),
                ("亲子角", RoomUse.CHILD, 300, 40, False),
            )
        ]
        for one in stations:
            rows.append(Room(place=one, name="议事室", use=RoomUse.MEETING, square_metres=60, seats=24, lent=True))
            rows.append(Room(place=one, name="窗口", use=RoomUse.COUNTER, square_metres=50, seats=6))
        self.keep("room", rows)

    # Amenities

    def amenities(self) -> None:
        """Eighty-six added ones: greens, a square, parking, charging points, seats and paths."""
        rows = [self.amenity("低碳广场", FacilityKind.PARK, 0, square_metres=SQUARE_M2)]
        for number, metres in enumerate(_shares(GREEN_M2 - SQUARE_M2, 9)):
            rows.append(self.amenity("口袋绿地", FacilityKind.GREEN, number, square_metres=metres))
        for number, spaces in enumerate(_shares(PARKING, 12)):
            rows.append(self.amenity("共享停车位", FacilityKind.PARKING, number, parking=spaces))
        for number, plugs in enumerate(_shares(CHARGERS, 18)):
            rows.append(self.amenity("电动自行车充电点", FacilityKind.CHARGING, number, chargers=plugs))
        more = (
            ("健身步道", FacilityKind.WALKWAY),
            ("健身点", FacilityKind.PLAYGROUND),
            ("休闲座椅", FacilityKind.OTHER),
            ("非机动车棚", FacilityKind.SHELF),
            ("宣传栏", FacilityKind.NOTICE_BOARD),
            ("无障碍坡道", FacilityKind.OTHER),
        )
        for number in range(ADDED - len(rows)):
            name, kind = more[number % len(more)]
            rows.append(self.amenity(name, kind, number))
        self.keep("facility", rows)

    def amenity(self, name: str, kind: FacilityKind, number: int, **amounts: int) -> Facility:
        estate = self.estates[(number * 11 + len(name)) % len(self.estates)]
        return Facility(
            name=f"{estate.name}{name}",
            area_code=estate.area_code,
            lng=estate.lng,
            lat=estate.lat,
            estate=estate,
            kind=kind,
            origin=FacilityMore.ADDED,
            added_on=self.ago(600, 20),
            works="微改造惠民工程",
            keeper="街道城市管理办",
            **amounts,
        )

    # Commerce

    def around(self, grid: Grid) -> list[str]:
        """The first grids of the same community."""
        return [one.code for one in self.ground.grids if one.community == grid.community][:3]

    def trade_places(self) -> None:
        named = (
            ("江岸数字中心", TradeKind.TOWER, 42000),
            ("榕荫商务楼", TradeKind.TOWER, 18000),
            ("木棉广场商圈", TradeKind.DISTRICT, 66000),
            ("书院创意园", TradeKind.PARK, 24000),
            ("凤凰科技园", TradeKind.PARK, 31000),
            ("荷塘布匹市场", TradeKind.MARKET, 15000),
            ("石榴旧厂改造园", TradeKind.OLD_PLANT, 12000),
        )
        rows, tenants = [], []
        for number, (name, kind, metres) in enumerate(named):
            grid = self.ground.grids[number * 11 % len(self.ground.grids)]
            lng, lat = self.near(grid)
            one = TradePlace(
                name=name,
                area_code=grid.code,
                lng=lng,
                lat=lat,
                kind=kind,
                square_metres=metres,
                vacant_m2=metres // 20,
                operator=f"{name}管理公司",
                rebuilt_on=self.ago(900, 100) if kind == TradeKind.OLD_PLANT else None,
                grid_codes=self.around(grid) if kind == TradeKind.DISTRICT else [],
            )
            rows.append(one)
            for trade in self.rng.sample(list(Trade), 4):
                firms = self.rng.randint(4, 90)
                tenants.append(
                    TenantCount(place=one, trade=trade, firms=firms, staff=firms * 9, counted_on=self.ago(40))
                )
        self.keep("trade_place", rows)
        self.keep("tenants", tenants)

    # Rescue

    def rescue(self) -> None:
        named = (
            (
                "街道应急抢险队",
                RescueKind.TEAM,
                "街道应急管理办",
                24,
                [Emergency.FLOOD, Emergency.TYPHOON, Emergency.TREE],
            ),
            ("排水抢险队", RescueKind.TEAM, "排水养护单位", 16, [Emergency.FLOOD]),
            ("微型消防站队", RescueKind.TEAM, "街道消防工作站", 12, [Emergency.FIRE]),
            ("三防物资仓库", RescueKind.STORE, "街道应急管理办", 860, [Emergency.FLOOD, Emergency.TYPHOON]),
            ("江岸物资点", RescueKind.STORE, "江岸社区居委会", 240, [Emergency.FLOOD]),
            ("书院小学避护场所", RescueKind.SHELTER, "街道应急管理办", 600, [Emergency.TYPHOON, Emergency.COLLAPSE]),
            (
                "翠竹体育馆避护场所",
                RescueKind.SHELTER,
                "街道文体服务中心",
                900,
                [Emergency.TYPHOON, Emergency.COLLAPSE],
            ),
            ("移动水泵车", RescueKind.VEHICLE, "排水养护单位", 2, [Emergency.FLOOD]),
        )
        rows = []
        for number, (name, kind, unit, size, suited) in enumerate(named):
            grid = self.ground.grids[number * 9 % len(self.ground.grids)]
            lng, lat = self.near(grid)
            rows.append(
                RescueResource(
                    name=name,
                    area_code=grid.code,
                    lng=lng,
                    lat=lat,
                    kind=kind,
                    unit=unit,
                    capacity=size,
                    duty_phone="020-00001000",
                    minutes=15 if kind == RescueKind.TEAM else 30,
                    suited=suited,
                    checked_on=self.ago(60),
                    equipment="水泵、沙袋、照明灯、救生衣" if kind == RescueKind.STORE else "",
                )
            )
        self.keep("rescue", rows)
        called = self.now - timedelta(days=9, hours=3)
        drill = CallOut(
            resource=rows[0],
            area_code=self.ground.grids[3].code,
            emergency=Emergency.DRILL,
            spot="榕溪街下穿通道",
            called_at=called,
            arrived_at=called + timedelta(minutes=14),
            sent=18,
            until=called + timedelta(hours=2),
        )
        self.keep("call_out", [drill])

    # Rented homes

    def rented_homes(self) -> None:
        rows, checks = [], []
        homes = [one for one in self.buildings if one.estate_id]
        for number in range(96):
            house = homes[number * 3 % len(homes)]
            firm = number % 6 == 0
            filed = self.ago(700, 200)
            one = RentedHome(
                name=f"{house.name} {self.rng.randint(1, 9)}0{number % 4 + 1} 房",
                area_code=house.area_code,
                building=house,
                lng=house.lng,
                lat=house.lat,
                rooms=self.rng.randint(1, 8),
                storey=self.rng.randint(1, 9),
                filed_on=filed,
                holder_kind=HolderKind.ORGANISATION if firm else HolderKind.PERSON,
                holder_ref="示例公寓管理公司" if firm else f"CZ-{STREET}-{number + 1:04d}",
            )
            passed = number % 5 != 0
            lacking = [] if passed else self.rng.sample(list(SafetyItem), 2)
            on = self.ago(170, 10)
            by = None if passed else on + timedelta(days=15)
            one.checked_on, one.lacking, one.next_check = on, lacking, next_check(on, passed, by)
            rows.append(one)
            checks.append(SafetyCheck(home=one, on=on, passed=passed, lacking=lacking, mend_by=by))
        self.keep("rented_home", rows)
        SafetyCheck.objects.bulk_create(checks)

    # Contracts

    def contracts(self) -> None:
        units = dict(Organisation.objects.values_list("name", "pk"))
        today = self.today
        start = today.replace(month=1, day=1)
        named = (
            (
                "绿化养护（全街）",
                WorkKind.GREEN,
                "绿化养护单位",
                86000,
                ["0501", "0502", "0503"],
                "乔木一年修剪两次，草坪不高于 8 厘米，枯死 5 个工作日内补种，断枝 2 小时内清走。",
            ),
            (
                "道路清扫保洁",
                WorkKind.CLEANING,
                "环卫作业单位",
                310000,
                ["0101", "0102", "0103"],
                "主干道一日两扫，垃圾停留不超过 30 分钟，垃圾桶满溢 1 小时内清运。",
            ),
            (
                "河涌保洁",
                WorkKind.CLEANING,
                "河道保洁单位",
                42000,
                ["0601"],
                "水面漂浮物每天清一次，雨后 4 小时内清完。",
            ),
            (
                "排水设施养护",
                WorkKind.DRAIN,
                "排水养护单位",
                0,
                ["0204", "0604"],
                "雨水口每季清掏一次，堵塞 24 小时内疏通。",
            ),
            ("公厕管养", WorkKind.TOILET, "环卫作业单位", 900, ["0107"], "开放时间内随脏随扫，无异味，设施完好。"),
        )
        rows = [
            WorkContract(
                name=name,
                kind=kind,
                area_code=STREET,
                unit_id=units.get(unit),
                unit_name=unit,
                square_metres=metres,
                matter_codes=codes,
                standard=standard,
                since=start,
                until=start.replace(year=start.year + 2),
                next_inspection=today + timedelta(days=12),
            )
            for name, kind, unit, metres, codes, standard in named
        ]
        self.keep("work_contract", rows)
        looks = []
        for one in rows:
            for back in (75, 45, 15):
                points = self.rng.randint(78, 98)
                on = today - timedelta(days=back)
                bad = points < 85
                looks.append(
                    Inspection(
                        contract=one,
                        on=on,
                        points=points,
                        findings="个别路段没有按时清理" if bad else "",
                        mend_by=on + timedelta(days=7) if bad else None,
                        mended_on=on + timedelta(days=5) if bad else None,
                    )
                )
        self.keep("inspection", looks)

    # Counts

    def counts(self) -> None:
        rows = []
        for grid in self.ground.grids:
            homes = grid.households + self.rng.randint(8, 60)
            rows.append(
                GridCount(
                    area_code=grid.code,
                    households=grid.households,
                    homes=homes,
                    rented=homes // 5,
                    firms=self.rng.randint(0, 30),
                    shops=self.rng.randint(4, 60),
                    counted_on=self.ago(28),
                )
            )
        self.keep("grid_count", rows)


def _shares(whole: int, parts: int) -> list[int]:
    """A whole in so many parts, none empty."""
    each, rest = divmod(whole, parts)
    return [each + (1 if place < rest else 0) for place in range(parts)]
