"""The ground of a measured world: one district whose sub-districts are twins, with units and people, by actions."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from bench.district import (
    COMMUNITIES,
    DISTRICT,
    PASSWORD,
    PEOPLE,
    STREETS,
    WIDTH,
    Ground,
    grids_of,
    street_code,
    username_of,
)  # fmt: skip
from huying.clients.actions import make_client
from huying.clocks import actions as clocks
from huying.kernel.actor import Actor, resident, system
from huying.matters import actions as matters
from huying.people import actions as people
from huying.people.models import Account, Organisation
from huying.people.queries import actor_for, current_consent_text
from huying.people.rules import Post, UnitKind
from huying.places import actions as places
from huying.places.models import Area
from huying.places.rules import tier_of

# key: kind of unit, name, first digits of the classes that it answers for
STATIONS: dict[str, tuple[UnitKind, str, tuple[str, ...]]] = {
    "sanitation": (UnitKind.STREET_CENTRE, "环卫站", ("01", "05", "06", "07")),
    "enforcement": (UnitKind.ENFORCEMENT_TEAM, "综合行政执法队", ("03", "04", "08", "10", "16")),
    "upkeep": (UnitKind.STREET_CENTRE, "市政所", ("02", "09", "18", "19")),
    "people": (UnitKind.STREET_SECTION, "民生办", ("11", "12", "13", "14", "15", "17", "20", "21", "22")),
}
DEPARTMENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "water": ("区水务局", ("06",)), "housing": ("区住房和建设局", ("09", "03")),
}  # fmt: skip
# Two of each desk post: nobody reviews or decides what is their own.
DESK: tuple[tuple[str, str, Post, int], ...] = (
    ("intake_clerk", "intake_clerk", Post.INTAKE_CLERK, 2),
    ("dispatcher", "dispatcher", Post.DISPATCHER, 2),
    ("reviewer", "reviewer", Post.REVIEWER, 2),
    ("caller", "call_back_clerk", Post.CALL_BACK_CLERK, 2),
    ("head", "centre_head", Post.CENTRE_HEAD, 2),
    ("leader", "leader_in_charge", Post.LEADER_IN_CHARGE, 1),
)  # fmt: skip
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
SIGNING_IN = {username_of(who) for who in PEOPLE}  # a password takes a tenth of a second to hash
TOKENS = ("dispatcher", "head", "intake_clerk")


def lay(*, streets: int = STREETS, now: datetime, tokens: bool = True) -> Ground:
    """Make it in an empty, migrated database. `now` is when the measured world ends; people have been there before."""
    ground, boss, since = Ground(streets), system(), now - timedelta(days=365 * 3 + 60)
    _areas(streets, since)
    clocks.fill(now=since)
    people.load_shipped_roles(actor=boss, now=since)
    matters.load_default(area_code=DISTRICT, actor=boss, now=since, valid_from=since.date())
    # The first contact ever makes the data key and the row of the consent's text, which all later ones use.
    text = current_consent_text("zh-hans")
    people.keep_contact(
        name="居民甲", phone="13900000000", address="", consent_text_version=text.version, language=text.language,
        area_code=DISTRICT, actor=resident(), now=since,
    )  # fmt: skip
    departments = {
        key: people.create_organisation(
            kind=UnitKind.DISTRICT_DEPARTMENT, name=name, area_code=DISTRICT, actor=boss, now=since
        )
        for key, (name, _classes) in DEPARTMENTS.items()
    }
    for key, (_name, classes) in DEPARTMENTS.items():
        _answers_for(departments[key], DISTRICT, classes, 5, now=since)
        for number in (1, 2):
            name = f"{key}{number}"
            ground.above[name] = str(
                _person(f"d-{name}", "handler", departments[key], Post.HANDLER, since, own=True).pk
            )
    centre = people.create_organisation(
        kind=UnitKind.STREET_SECTION, name="区指挥中心", area_code=DISTRICT, actor=boss, now=since
    )
    wide = _person("d-head", "centre_head", centre, Post.CENTRE_HEAD, since)
    ground.above["head"] = str(wide.pk)
    for number in range(streets):
        _street(ground, number, since)
    if tokens:
        ground.district_token = _token(wide, now)
        for number in range(streets):
            holders = {key: Account.objects.get(pk=ground.accounts[number][f"{key}1"]) for key in TOKENS}
            ground.tokens.append({key: _token(one, now) for key, one in holders.items()})
    return ground


def furnish() -> None:
    """In a process of the new house: the whole district, told as one line."""
    print(lay(now=timezone.now()).dump())


def _areas(streets: int, since: datetime) -> None:
    names = {"99": "示例省", "9901": "示例市", DISTRICT: "示范区"}
    squares: dict[str, tuple[float, float]] = {}
    for number in range(streets):
        names[street_code(number)] = f"示范{_numeral(number + 1)}街道"
        for community in range(COMMUNITIES):
            names[f"{street_code(number)}{community + 1:03d}"] = f"示范{number + 1}之{community + 1}社区"
        for code, corner in grids_of(number):
            names[code] = f"第{int(code[12:])}网格"
            squares[code] = corner
    Area.objects.bulk_create(
        Area(
            code=code,
            name=name,
            short_name=name[:4],
            tier=tier_of(code),
            parent_code=max((one for one in names if code.startswith(one) and one != code), key=len, default=""),
            households=300,
            polygon=_square(squares[code]) if code in squares else None,
            valid_from=since.date() - timedelta(days=30),
        )
        for code, name in names.items()
    )
    places.changed()


def _square(corner: tuple[float, float]) -> dict[str, object]:
    west, south = corner
    east, north = west + WIDTH, south + WIDTH
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def _numeral(number: int) -> str:
    return ("", "十")[number // 10] + " 一二三四五六七八九"[number % 10].strip()


def _street(ground: Ground, number: int, since: datetime) -> None:
    code, boss = street_code(number), system()
    units: dict[str, Organisation] = {
        "centre": people.create_organisation(
            kind=UnitKind.STREET_SECTION, name=f"示范{number + 1}街道调度中心", area_code=code, actor=boss, now=since
        )
    }
    accounts: dict[str, Account] = {}

    def person(key: str, role: str, unit: str, post: Post, *, own: bool = False) -> None:
        accounts[key] = _person(f"s{number:02d}-{key}", role, units[unit], post, since, own=own)

    for key, role, post, count in DESK:
        for place in range(1, count + 1):
            person(f"{key}{place}", role, "centre", post)
    for key, (kind, name, classes) in STATIONS.items():
        units[key] = people.create_organisation(
            kind=kind, name=f"示范{number + 1}街道{name}", area_code=code, actor=boss, now=since
        )
        _answers_for(units[key], code, classes, 1, now=since)
        person(f"{key}-handler1", "handler", key, Post.HANDLER, own=True)
        person(f"{key}-handler2", "handler", key, Post.HANDLER, own=True)
        person(f"{key}-chief", "unit_head", key, Post.UNIT_HEAD, own=True)
    for place in range(1, COMMUNITIES + 1):
        area, key = f"{code}{place:03d}", f"committee{place}"
        units[key] = people.create_organisation(
            kind=UnitKind.COMMUNITY_COMMITTEE, name=f"示范{number + 1}之{place}社区居委会", area_code=area, actor=boss,
            now=since,
        )  # fmt: skip
        person(f"{key}-secretary", "community_secretary", key, Post.COMMUNITY_SECRETARY)
        person(f"{key}-grid1", "grid_worker", key, Post.GRID_WORKER)
        person(f"{key}-grid2", "grid_worker", key, Post.GRID_WORKER)
    ground.units.append({key: str(one.pk) for key, one in units.items()})
    ground.accounts.append({key: str(one.pk) for key, one in accounts.items()})


def _answers_for(unit: Organisation, area: str, classes: tuple[str, ...], order: int, *, now: datetime) -> None:
    for place, matter in enumerate(classes):
        people.assign_responsibility(
            unit_id=unit.pk, area_code=area, matter_code=matter, order=order + place, actor=system(), now=now
        )


def _person(username: str, role: str, unit: Organisation, post: Post, since: datetime, *, own: bool = False) -> Account:
    account = people.create_account(
        username=username, name=f"{SURNAMES[sum(map(ord, username)) % len(SURNAMES)]}示例", area_code=unit.area_code,
        password=PASSWORD if username in SIGNING_IN else None, must_change_password=False, actor=system(), now=since,
    )  # fmt: skip
    people.appoint(account_id=account.pk, organisation_id=unit.pk, post=post, since=since, actor=system(), now=since)
    people.grant_role(
        account_id=account.pk, role_code=role, area_code=unit.area_code, unit_id=unit.pk if own else None, since=since,
        actor=system(), now=since,
    )  # fmt: skip
    return account


def _token(account: Account, now: datetime) -> str:
    actor: Actor = actor_for(account, now)
    duties = sorted({str(duty) for grant in actor.grants for duty in grant.duties})
    return make_client(kind="personal", name="测量", duties=duties, days=90, actor=actor, now=now).token
