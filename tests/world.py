"""A small made-up street for tests, and the stranger from the next one.

示范街道 with two communities of two grids each; 邻江街道 next door. Everything is made through actions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from huying.cases.actions import NewReport, receive
from huying.cases.rules import Channel
from huying.clocks import actions as clocks
from huying.kernel.actor import Actor, resident, system
from huying.kernel.ids import uuid7
from huying.matters import actions as matters
from huying.people import actions as people
from huying.people.queries import actor_for
from huying.people.rules import Post, UnitKind
from huying.places import actions as places
from huying.places.models import Area
from huying.places.rules import tier_of
from tests.kept import kept

DISTRICT, STREET, NEXT_DOOR = "990101", "990101001", "990101002"
BANYAN, KAPOK = "990101001001", "990101001002"
GRID = "990101001001001"
OTHER_GRID = "990101001001002"
NOW = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)  # a Tuesday, 09:00 in China

NAMES = {
    "99": "示例省", "9901": "示例市", DISTRICT: "示范区", STREET: "示范街道", NEXT_DOOR: "邻江街道",
    BANYAN: "榕树社区", KAPOK: "木棉社区", GRID: "榕树第一网格", OTHER_GRID: "榕树第二网格",
    KAPOK + "001": "木棉第一网格", NEXT_DOOR + "001": "沙洲社区", NEXT_DOOR + "001001": "沙洲第一网格",
}  # fmt: skip
# Each grid is a square of a hundredth of a degree, side by side.
SQUARES = {
    GRID: (113.30, 23.10),
    OTHER_GRID: (113.31, 23.10),
    KAPOK + "001": (113.32, 23.10),
    NEXT_DOOR + "001001": (113.40, 23.10),
}
STEP = 0.01


def square(lng: float, lat: float, width: float = STEP) -> dict:
    ring = [[lng, lat], [lng + width, lat], [lng + width, lat + STEP], [lng, lat + STEP], [lng, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def middle(code: str) -> tuple[float, float]:
    lng, lat = SQUARES[code]
    return lng + STEP / 2, lat + STEP / 2


@dataclass
class World:
    people: dict[str, Actor] = field(default_factory=dict)
    units: dict = field(default_factory=dict)
    accounts: dict = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def call(
        self,
        *,
        words: str = "榕树路口的垃圾桶满了，没有人来收。",
        now: datetime = NOW,
        actor: Actor | None = None,
        images=(),
        key=None,
        **options,
    ):
        """One report from a resident, placed in the first grid unless said otherwise."""
        lng, lat = middle(GRID)
        values = {"words": words, "area_code": STREET, "channel": Channel.PORTAL, "lng": lng, "lat": lat, **options}
        return receive(key or uuid7(), NewReport(**values), actor=actor or resident(), now=now, images=images)


def build_world(now: datetime = NOW) -> World:
    """The street at this moment; made by the actions once a process, its rows copied in afterwards."""
    return kept(("world", now), lambda: _build_world(now))


def _build_world(now: datetime) -> World:
    world = World()
    ground(now)
    boss = system()
    units = {
        "centre": (UnitKind.STREET_SECTION, "街道调度中心", STREET),
        "sanitation": (UnitKind.STREET_CENTRE, "街道环卫站", STREET),
        "enforcement": (UnitKind.ENFORCEMENT_TEAM, "街道综合行政执法队", STREET),
        "banyan": (UnitKind.COMMUNITY_COMMITTEE, "榕树社区居委会", BANYAN),
        "kapok": (UnitKind.COMMUNITY_COMMITTEE, "木棉社区居委会", KAPOK),
        "water": (UnitKind.DISTRICT_DEPARTMENT, "区水务局", DISTRICT),
        "firm": (UnitKind.PROPERTY_FIRM, "榕树花园物业", BANYAN),
        "next_centre": (UnitKind.STREET_SECTION, "邻江街道调度中心", NEXT_DOOR),
        "next_sanitation": (UnitKind.STREET_CENTRE, "邻江街道环卫站", NEXT_DOOR),
    }
    for key, (kind, name, area) in units.items():
        world.units[key] = people.create_organisation(kind=kind, name=name, area_code=area, actor=boss, now=now)
    for key in ("sanitation", "enforcement", "water", "banyan"):
        people.assign_responsibility(
            unit_id=world.units[key].pk,
            area_code=STREET if key != "banyan" else BANYAN,
            matter_code="",
            order=9,
            actor=boss,
            now=now,
        )
    staff = [
        ("clerk", "李示例", "intake_clerk", STREET, "centre", Post.INTAKE_CLERK),
        ("dispatcher", "王范例", "dispatcher", STREET, "centre", Post.DISPATCHER),
        ("reviewer", "陈样本", "reviewer", STREET, "centre", Post.REVIEWER),
        ("caller", "周试行", "call_back_clerk", STREET, "centre", Post.CALL_BACK_CLERK),
        ("head", "何模拟", "centre_head", STREET, "centre", Post.CENTRE_HEAD),
        ("head2", "赵演示", "centre_head", STREET, "centre", Post.CENTRE_HEAD),
        ("leader", "林例文", "leader_in_charge", STREET, "centre", Post.LEADER_IN_CHARGE),
        ("secretary", "吴假名", "community_secretary", BANYAN, "banyan", Post.COMMUNITY_SECRETARY),
        ("grid_worker", "郑虚构", "grid_worker", GRID, "banyan", Post.GRID_WORKER),
        ("grid_worker2", "孙代称", "grid_worker", BANYAN, "banyan", Post.GRID_WORKER),
        ("kapok_worker", "钱化名", "grid_worker", KAPOK, "kapok", Post.GRID_WORKER),
        ("building_head", "冯拟名", "building_head", GRID, "banyan", Post.BUILDING_HEAD),
        ("keeper", "许管理", "system_admin", STREET, "centre", Post.LIAISON),
        ("next_keeper", "方管理", "system_admin", NEXT_DOOR, "next_centre", Post.LIAISON),
        ("next_dispatcher", "褚邻居", "centre_head", NEXT_DOOR, "next_centre", Post.CENTRE_HEAD),
    ]
    for key, name, role, area, unit, post in staff:
        _person(world, key, name, role, area, unit, post, now, for_unit=False)
    handlers = [
        ("handler", "卫甲例", "handler", "sanitation", Post.HANDLER),
        ("unit_head", "蒋乙例", "unit_head", "sanitation", Post.UNIT_HEAD),
        ("enforcer", "沈丙例", "handler", "enforcement", Post.HANDLER),
        ("water_handler", "韩丁例", "handler", "water", Post.HANDLER),
        ("firm_handler", "杨戊例", "handler", "firm", Post.PROPERTY_MANAGER),
        ("next_handler", "朱己例", "handler", "next_sanitation", Post.HANDLER),
    ]
    for key, name, role, unit, post in handlers:
        _person(world, key, name, role, world.units[unit].area_code, unit, post, now, for_unit=True)
    return world


def ground(now: datetime) -> None:
    """Areas with outlines, calendar, roles, catalogue."""
    day = (now - timedelta(days=700)).date()
    rows = []
    for code, name in NAMES.items():
        polygon = square(*SQUARES[code]) if code in SQUARES else None
        if code == BANYAN:
            polygon = square(113.30, 23.10, 2 * STEP)
        rows.append(
            Area(
                code=code,
                name=name,
                short_name=name[:2],
                tier=tier_of(code),
                parent_code=max((c for c in NAMES if code.startswith(c) and c != code), key=len, default=""),
                households=250,
                polygon=polygon,
                valid_from=day,
            )
        )
    Area.objects.bulk_create(rows)
    places.changed()
    clocks.fill(now=now)
    people.load_shipped_roles(actor=system(), now=now)
    matters.load_default(area_code=STREET, actor=system(), now=now, valid_from=day)


def _person(world, key, name, role, area, unit, post, now, *, for_unit):
    boss, since = system(), now - timedelta(days=30)
    account = people.create_account(
        username=f"demo-{key}",
        name=name,
        area_code=area,
        password="green-kite-lantern-7",
        must_change_password=False,
        actor=boss,
        now=since,
    )
    organisation = world.units[unit]
    people.appoint(
        account_id=account.pk, organisation_id=organisation.pk, post=post, since=since, actor=boss, now=since
    )
    people.grant_role(
        account_id=account.pk,
        role_code=role,
        area_code=area,
        unit_id=organisation.pk if for_unit else None,
        since=since,
        actor=boss,
        now=since,
    )
    world.accounts[key] = account
    world.people[key] = actor_for(account, now)
