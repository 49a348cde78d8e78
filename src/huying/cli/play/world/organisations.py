"""Units of all tiers, about seventy people with plainly made-up names, and who answers for what.

People are made through the acts of `people`; the thousands of lines of responsibility are written together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from huying.audit import actions as audit
from huying.audit.models import History
from huying.cli.play.world.geography import COMMUNITIES, STREET, STREET_NAME, Ground
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.matters import queries as matters
from huying.matters.sheets import default_units
from huying.people import actions as people
from huying.people.models import Account, Organisation, Responsibility
from huying.people.rules import Post, UnitKind

DISTRICT = STREET[:6]
CENTRE_UNIT = "街道调度中心"
FIRMS = ("榕和物业公司", "棉安物业公司", "兰居物业公司")
SMALL_FIRMS = (
    "凤栖物业服务部", "荷苑物业服务部", "荆园物业服务部", "书苑物业服务部", "竹园物业服务部", "江苑物业服务部",
    "榴园物业服务部",
)  # fmt: skip
COMMITTEE, FIRM, OWNERS, SUPERVISION, VILLAGE = (
    "社区居委会",
    "物业企业",
    "业主委员会",
    "居务监督委员会",
    "村委会",
)


@dataclass(frozen=True)
class Person:
    """One made-up member of the staff: what the person is, in which units, over which areas."""

    name: str
    role: str
    post: Post
    units: tuple[str, ...]
    areas: tuple[str, ...] = (STREET,)
    demo: bool = False


@dataclass
class House:
    """The units by name, and who works where."""

    units: dict[str, Organisation] = field(default_factory=dict)
    people: dict[str, Account] = field(default_factory=dict)
    staffed: set[str] = field(default_factory=set)


SURNAMES = (
    "吴郑王冯褚卫蒋沈韩杨朱秦许吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛范彭郎鲁韦马苗方俞任袁柳鲍史唐"
    "费廉岑薛雷贺倪汤滕殷罗毕郝安常乐于时傅"
)
GIVEN = ("示例", "样本", "范例", "试行", "虚构", "假名", "拟名", "例文", "化名", "演示", "模拟", "代称")


def _names() -> Iterator[str]:
    """吴示例, 郑样本, 王范例 …: nobody is called like this."""
    for number, surname in enumerate(SURNAMES):
        yield surname + GIVEN[number % len(GIVEN)]


def _staff(ground: Ground) -> list[Person]:
    made = _names()
    first, second = sorted(ground.communities)[:2]
    demo_grid = ground.grids[0].code
    found = [
        Person("李示例", "dispatcher", Post.DISPATCHER, (CENTRE_UNIT,), demo=True),
        Person("周试行", "handler", Post.HANDLER, ("街道环卫站",), demo=True),
        Person("何模拟", "grid_worker", Post.GRID_WORKER, (_committee(first),), (first, second), demo=True),
        Person("林例文", "community_secretary", Post.COMMUNITY_SECRETARY, (_committee(first),), (first,), demo=True),
        Person("陈样本", "centre_head", Post.CENTRE_HEAD, (CENTRE_UNIT,), demo=True),
        Person("赵演示", "leader_in_charge", Post.LEADER_IN_CHARGE, (CENTRE_UNIT,), demo=True),
        Person("钱拟名", "reviewer", Post.REVIEWER, (CENTRE_UNIT,), demo=True),
        Person("孙范例", "call_back_clerk", Post.CALL_BACK_CLERK, (CENTRE_UNIT,), demo=True),
        Person("尤样本", "unit_head", Post.UNIT_HEAD, ("街道环卫站", "街道城市管理办"), demo=True),
        Person("曾代称", "building_head", Post.BUILDING_HEAD, (_committee(first),), (demo_grid,), demo=True),
        Person("高例文", "system_admin", Post.SYSTEM_ADMIN, (CENTRE_UNIT,), demo=True),
        Person("夏假名", "auditor", Post.AUDITOR, (CENTRE_UNIT,), demo=True),
        Person("蔡化名", "security_officer", Post.SECURITY_OFFICER, (CENTRE_UNIT,), demo=True),
        Person("田虚构", "intake_clerk", Post.INTAKE_CLERK, (CENTRE_UNIT,)),
        Person("董模拟", "supervisor", Post.SUPERVISOR, (CENTRE_UNIT,)),
        Person("程演示", "grid_head", Post.GRID_HEAD, (_committee(first),), (first,)),
        Person("丁试行", "building_head", Post.BUILDING_HEAD, (_committee(second),), (_grid_of(ground, second),)),
    ]
    codes = sorted(ground.communities)
    for code in codes[1:]:
        found.append(Person(next(made), "community_secretary", Post.COMMUNITY_SECRETARY, (_committee(code),), (code,)))
    # Each looks after two communities and checks in the next two: nobody checks what they reported themselves.
    pairs = [tuple(codes[place : place + 2]) for place in range(0, len(codes), 2)]
    for place in range(1, len(pairs)):
        own, next_ = pairs[place], pairs[(place + 1) % len(pairs)]
        areas = (*own, *next_, *(pairs[1] if place == len(pairs) - 1 else ()))
        found.append(Person(next(made), "grid_worker", Post.GRID_WORKER, (_committee(own[0]),), areas))
    heads: Sequence[tuple[str, ...]] = (
        ("综合行政执法队",),
        ("街道城市建设办",),
        ("街道公共服务办", "党群服务中心"),
        ("街道应急管理办", "街道综合治理办"),
    )
    found += [Person(next(made), "unit_head", Post.UNIT_HEAD, units) for units in heads]
    found += [Person(next(made), "handler", Post.HANDLER, units) for units in HANDLERS]
    managers = [Person(next(made), "handler", Post.PROPERTY_MANAGER, (firm,)) for firm in FIRMS]
    return found + managers


# One person each; where a few units share a liaison, the same person serves them all.
HANDLERS: tuple[tuple[str, ...], ...] = (
    ("街道城市管理办", "街道河长办"),
    ("综合行政执法队",),
    ("街道城市建设办",),
    ("街道公共服务办", "退役军人服务站"),
    ("街道应急管理办", "街道消防工作站"),
    ("街道综合治理办", "人民调解委员会", "法律援助站"),
    ("党群服务中心", "街道文体服务中心", "街道党建办"),
    ("政务服务中心", "街道党政综合办"),
    ("街道纪检监察办",),
    ("街道经济发展办", "经济联合社"),
    ("派出所", "公安分局"),
    ("交警大队",),
    ("环卫作业单位", "河道保洁单位"),
    ("市政养护单位", "路灯养护单位"),
    ("排水养护单位", "设备运维单位", "电梯维保单位"),
    ("绿化养护单位", "公园管理单位"),
    ("供电企业", "供水企业"),
    ("燃气企业", "通信企业", "共享单车企业"),
    ("区住建局",),
    ("区市场监管局",),
    ("区水务局",),
    ("区生态环境局",),
    ("区民政局", "区残联", "区妇联"),
    ("区人社局", "劳动争议调解站"),
    ("区教育局",),
    ("区交通局", "公交企业"),
    ("社区卫生服务中心",),
    ("养老服务站", "社工站"),
)


def _committee(code: str) -> str:
    return f"{COMMUNITIES[int(code[-3:]) - 1][0]}社区居委会"


def _grid_of(ground: Ground, community: str) -> str:
    return next(one.code for one in ground.grids if one.community == community)


def furnish(ground: Ground, *, actor: Actor, now: datetime) -> House:
    """Make units, people, and the lines of responsibility."""
    house = House()
    _make_units(house, ground, actor=actor, now=now)
    for number, one in enumerate(_staff(ground)):
        _join(house, number, one, actor=actor, now=now)
    _assign(house, ground, actor=actor, now=now)
    return house


def _make_units(house: House, ground: Ground, *, actor: Actor, now: datetime) -> None:
    def make(kind: UnitKind, name: str, area: str, short: str = "", parent: str = "", party_form: str = "") -> None:
        house.units[name] = people.create_organisation(
            kind=kind,
            name=name,
            short_name=short,
            area_code=area,
            parent_id=house.units[parent].pk if parent else None,
            party_form=party_form,
            # One number for residents: that of the street's centre.
            phone="020-00001000" if name == CENTRE_UNIT else "",
            actor=actor,
            now=now,
        )

    make(UnitKind.STREET_CENTRE, CENTRE_UNIT, STREET, "调度中心")
    for hint in default_units():
        if hint.tier == "district":
            make(UnitKind(hint.kind), hint.name, DISTRICT)
        elif hint.tier == "street":
            make(UnitKind(hint.kind), hint.name, STREET, hint.name.removeprefix("街道"))
    make(UnitKind.STREET_PARTY, f"{STREET_NAME}党工委", STREET)
    for code in sorted(ground.communities):
        name = COMMUNITIES[int(code[-3:]) - 1][0]
        make(UnitKind.COMMUNITY_PARTY, f"{name}社区党委", code, parent=f"{STREET_NAME}党工委", party_form="committee")
        make(UnitKind.COMMUNITY_COMMITTEE, f"{name}社区居委会", code, f"{name}居委会")
        make(UnitKind.SUPERVISION_COMMITTEE, f"{name}社区居务监督委员会", code, f"{name}监委会")
    for firm in FIRMS:
        make(UnitKind.PROPERTY_FIRM, firm, STREET)
    for firm, code in zip(SMALL_FIRMS, sorted(ground.communities)[5:], strict=False):
        make(UnitKind.PROPERTY_FIRM, firm, code)


def _join(house: House, number: int, one: Person, *, actor: Actor, now: datetime) -> None:
    """An account without a password: the demo's sign-in page opens it with one click, nothing else does."""
    area = DISTRICT if house.units[one.units[0]].area_code == DISTRICT else STREET
    account = people.create_account(
        username=f"demo-{number + 1:02d}",
        name=one.name,
        area_code=area,
        must_change_password=False,
        demo_role=one.role if one.demo else "",
        actor=actor,
        now=now,
    )
    house.people[one.name] = account
    for name in one.units:
        unit = house.units[name]
        people.appoint(
            account_id=account.pk,
            organisation_id=unit.pk,
            post=one.post,
            area_code=unit.area_code,
            actor=actor,
            now=now,
        )
        if one.role in ("handler", "unit_head", "community_secretary"):
            house.staffed.add(name)
        if one.role in ("handler", "unit_head"):
            people.grant_role(
                account_id=account.pk,
                role_code=one.role,
                area_code=unit.area_code,
                unit_id=unit.pk,
                actor=actor,
                now=now,
            )
    if one.role not in ("handler", "unit_head"):
        for code in one.areas:
            people.grant_role(account_id=account.pk, role_code=one.role, area_code=code, actor=actor, now=now)


def _assign(house: House, ground: Ground, *, actor: Actor, now: datetime) -> None:
    """Who answers for each type in each place, in the order that the catalogue suggests.

    A finer area comes first, so where a community's own body stands in the list, all of the list stands there.
    Only units with somebody to sign in are written.
    """
    rows: list[Responsibility] = []
    for kind in sorted(matters.active_types(), key=lambda one: one.code):
        local = any(name in (COMMITTEE, FIRM) for name in kind.units)
        for code in sorted(ground.communities) if local else [STREET]:
            for order, unit_id in enumerate(_answering(house, kind.units, code)):
                rows.append(
                    Responsibility(id=uuid7(), unit_id=unit_id, area_code=code, matter_code=kind.code, order=order)
                )
    Responsibility.objects.bulk_create(rows, batch_size=1000)
    audit.append_many(
        History(
            at=now,
            kind="responsibility",
            object_id=row.pk,
            verb="assigned",
            actor_kind=str(actor.kind),
            actor_id=actor.id,
            actor_label=actor.label,
            area_code=row.area_code,
            facts={"unit": row.unit_id, "matter_code": row.matter_code, "order": row.order},
        )
        for row in rows
    )


def _answering(house: House, hints: Sequence[str], code: str) -> list[UUID]:
    number = int(code[-3:]) - 1 if len(code) == 12 else 0
    names = []
    for hint in hints:
        if hint == COMMITTEE and len(code) == 12:
            names.append(_committee(code))
        elif hint == FIRM and len(code) == 12:
            names.append(FIRMS[number % len(FIRMS)])
        elif hint in house.units:
            names.append(hint)
    staffed = [name for name in names if name in house.staffed]
    return [house.units[name].pk for name in staffed or _instead(hints)]


def _instead(hints: Sequence[str]) -> list[str]:
    """Where nobody of the list works here: the section that coordinates."""
    district = any(one.startswith("区") for one in hints)
    return ["街道综合治理办" if district else "街道城市管理办"]
