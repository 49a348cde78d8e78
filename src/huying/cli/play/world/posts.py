"""The demo street's organisations, heads and helpers; with `--full` also the large numbers of the accounts.

`furnish` gives every register of people something to look at. `furnish_full` completes the street's heads and grid
workers and makes a second made-up district, of ten streets. Rows are written together, each after the same rules that
the pages ask, and each with its line of history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model

from huying.audit import actions as audit
from huying.audit.models import History
from huying.cli.play.world.geography import ABOVE, STREET, STREET_NAME, Ground
from huying.cli.play.world.organisations import GIVEN, SURNAMES
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.people import actions as people
from huying.people.models import (
    Account,
    Appointment,
    HelpProject,
    HubHousehold,
    MemberFiling,
    Nomination,
    Organisation,
    Recognition,
    Reserve,
    UnitLink,
)
from huying.people.rules import Post, UnitKind
from huying.people.rules.registers import (
    ALL_FOUR,
    Arrangement,
    CareerStep,
    DrawnFrom,
    HelpKind,
    HelpState,
    KeepKind,
    LinkKind,
    PartyRank,
    ReserveState,
    Skill,
    post_problem,
    unit_problem,
)
from huying.places.actions import changed
from huying.places.models import Area, Building
from huying.places.rules import SHANGHAI, parent_of, tier_of

STREET_PARTY = f"{STREET_NAME}党工委"
DISTRICT, DISTRICT_NAME = "990102", "榕江区（演示）"
STREETS, COMMUNITIES = 10, 136
STREET_HEADS, BUILDING_HEADS, GRID_WORKERS = 79, 347, 198
FOUR_DUTIES, HUBS, RESERVES, RAISED, ESTATE_BRANCHES, PARTNERS = 989, 1667, 272, 25, 40, 73
GRID_BRANCHES_SURVEYED, BUILDING_GROUPS_SURVEYED = 3, 86
FIRM_BRANCHES, FIRMS = 10, 140
M = TypeVar("M", bound=Model)
SEEN = tuple(one for one in DrawnFrom.values)


def names(start: int = 0) -> Iterator[str]:
    """吴样本, 郑范例 … in turn, any number of them: nobody is called like this, and the staff's names are others."""
    count = start
    while True:
        turn, place = divmod(count, len(SURNAMES))
        # The staff has surname and given name of one number; each turn here lies one further, but for the twelfth.
        yield SURNAMES[place] + GIVEN[(place + 1 + turn % (len(GIVEN) - 1)) % len(GIVEN)]
        count += 1


@dataclass
class Sheet:
    """Rows that are written together, and their lines of history."""

    actor: Actor
    now: datetime
    rows: dict[type[Model], list[Any]] = field(default_factory=dict)
    lines: list[History] = field(default_factory=list)
    made: Iterator[str] = field(default_factory=names)
    accounts: int = 0

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    def add(self, row: M, kind: str, *, verb: str = "create", **facts: Any) -> M:
        self.rows.setdefault(type(row), []).append(row)
        self.lines.append(
            History(
                at=self.now, kind=kind, object_id=row.pk, verb=verb, actor_kind=str(self.actor.kind),
                actor_id=self.actor.id, actor_label=self.actor.label, area_code=getattr(row, "area_code", ""),
                facts=facts,
            )
        )  # fmt: skip
        return row

    def unit(
        self, kind: UnitKind, name: str, area: str, parent: Organisation | None = None, **more: Any
    ) -> Organisation:
        problem = unit_problem(
            kind, area, (parent.kind, parent.area_code) if parent is not None else None,
            party_form=more.get("party_form", ""), arrangement=more.get("arrangement", ""),
            firms=more.get("firms_covered", 0),
        )  # fmt: skip
        assert problem is None, (name, problem)
        row = Organisation(
            id=uuid7(), kind=kind, name=name, short_name=name[:20], area_code=area, tier=tier_of(area), parent=parent,
            **more,
        )  # fmt: skip
        return self.add(row, "organisation")

    def account(self, area: str, prefix: str) -> Account:
        self.accounts += 1
        account = Account(
            id=uuid7(), username=f"{prefix}-{self.accounts:04d}", name=next(self.made), area_code=area,
            created_at=self.now,
        )  # fmt: skip
        account.set_unusable_password()
        return self.add(account, "staff")

    def post(self, account: Account, unit: Organisation, post: Post, area: str = "", **more: Any) -> Appointment:
        area = area or unit.area_code
        assert area.startswith(unit.area_code)
        problem = post_problem(
            post, unit.kind, duties=more.get("duties", ()), has_sender="from_unit" in more,
            has_end=more.get("until") is not None,
        )  # fmt: skip
        assert problem is None, problem
        row = Appointment(
            id=uuid7(), account=account, organisation=unit, post=post, area_code=area,
            since=self.now - timedelta(days=90), **more,
        )  # fmt: skip
        return self.add(row, "appointment")

    def write(self) -> None:
        order = [Organisation, Account, Appointment, UnitLink, MemberFiling, HubHousehold, Reserve, Recognition,
                 HelpProject, Nomination]  # fmt: skip
        assert set(self.rows) <= set(order)
        for model in order:
            if model in self.rows:
                model._default_manager.bulk_create(self.rows.pop(model), batch_size=1000)
        audit.append_many(self.lines)
        self.lines = []


def furnish(ground: Ground, *, actor: Actor, now: datetime) -> None:
    """Something of everything in the demo street."""
    sheet = Sheet(actor, now)
    units = {one.name: one for one in Organisation.objects.filter(area_code__startswith=STREET)}
    top = units[STREET_PARTY]
    codes = sorted(ground.communities)
    parties = {one.area_code: one for one in units.values() if one.kind == UnitKind.COMMUNITY_PARTY}
    committees = {one.area_code: one for one in units.values() if one.kind == UnitKind.COMMUNITY_COMMITTEE}
    plain = {code: ground.names[code].removesuffix("社区") for code in codes}
    _party(sheet, ground, top, parties, plain)
    heads = _sample_heads(sheet, ground, committees)
    _greater(sheet, top, parties, plain)
    _hubs(sheet, parties, codes, plain)
    _help(sheet, units)
    _keep(sheet, heads)
    _reserves(sheet, committees, codes)
    sheet.write()
    _nominated(heads, committees, units, parties, actor=actor, now=now)
    _talents(codes, actor=actor, now=now)


def _party(
    sheet: Sheet, ground: Ground, top: Organisation, parties: dict[str, Organisation], plain: dict[str, str]
) -> None:
    """A branch on each grid, firms' branches single and joint, unions, a branch and a home for people on the move."""
    for grid in ground.grids:
        branch = sheet.unit(
            UnitKind.GRID_BRANCH, f"{ground.names[grid.code]}党支部", grid.code, parties[grid.community],
            party_form=PartyRank.BRANCH,
        )  # fmt: skip
        sheet.add(
            UnitLink(id=uuid7(), unit=branch, kind=LinkKind.COVERS, area_code=grid.code, since=sheet.today), "unit_link"
        )
    codes = sorted(parties)
    single = FIRM_BRANCHES // 2
    joint_firms = (FIRMS - single) // (FIRM_BRANCHES - single)
    for number in range(FIRM_BRANCHES):
        code = codes[number % len(codes)]
        is_single = number < single
        branch = sheet.unit(
            UnitKind.FIRM_BRANCH, f"{plain[code]}{'科创园' if is_single else '商务楼'}{number + 1}号党支部", code,
            parties[code], party_form=PartyRank.BRANCH,
            arrangement=Arrangement.SINGLE if is_single else Arrangement.JOINT,
            firms_covered=1 if is_single else joint_firms,
        )  # fmt: skip
        sheet.add(
            MemberFiling(
                id=uuid7(), unit=branch, area_code=code, reference=f"演示备{number + 1:03d}", counted=3 + 4 * number,
                consented=True, since=sheet.today,
            ),
            "filing",
        )  # fmt: skip
        if not is_single:
            sheet.unit(UnitKind.BUILDING_ALLIANCE, f"{plain[code]}楼宇联盟", code, branch)
    for code in codes[-3:]:
        sheet.unit(UnitKind.ECONOMIC_UNION, f"{plain[code]}经济联合社", code)
    sheet.unit(UnitKind.MOBILE_BRANCH, "流动人员党支部", STREET, top, party_form=PartyRank.BRANCH)
    sheet.unit(UnitKind.NEWCOMERS_HOME, "新街坊之家", STREET)


def _sample_heads(sheet: Sheet, ground: Ground, committees: dict[str, Organisation]) -> list[Appointment]:
    """One street head and one building head a community."""
    heads = []
    for number, (code, committee) in enumerate(sorted(committees.items())):
        grid = next(one for one in ground.grids if one.community == code)
        for post, scope in (
            (Post.STREET_HEAD, f"{grid.roads[0]} 1 到 99 号"),
            (Post.BUILDING_HEAD, f"{grid.spots[0].estate} 1 到 3 栋"),
        ):
            heads.append(
                sheet.post(
                    sheet.account(code, "head"), committee, post, grid.code, duties=list(ALL_FOUR), scope=scope,
                    drawn_from=SEEN[number % len(SEEN)],
                )
            )  # fmt: skip
    return heads


def _greater(sheet: Sheet, top: Organisation, parties: dict[str, Organisation], plain: dict[str, str]) -> None:
    """The street's greater work committee, one greater committee a community, part-time members from partners."""
    work = sheet.unit(UnitKind.GREATER_WORK_COMMITTEE, f"{STREET_NAME}大工委", STREET, top)
    partners = [sheet.unit(UnitKind.PARTNER, f"示例共建单位{number}", STREET) for number in (1, 2, 3)]
    until = sheet.now + timedelta(days=3 * 365)
    for number, (code, party) in enumerate(sorted(parties.items())):
        greater = sheet.unit(UnitKind.GREATER_COMMITTEE, f"{plain[code]}社区大党委", code, party)
        partner = partners[number % 3]
        person = sheet.account(STREET, "partner")
        sheet.post(person, partner, Post.UNIT_HEAD)
        sheet.post(person, greater, Post.PART_TIME_MEMBER, until=until, from_unit=partner, concurrent=True)
        sheet.add(
            UnitLink(
                id=uuid7(), unit=party, kind=LinkKind.CO_BUILDS, area_code=code, other=partner, since=sheet.today
            ),
            "unit_link",
        )  # fmt: skip
    assert work.parent_id == top.pk


def _hubs(sheet: Sheet, parties: dict[str, Organisation], codes: Sequence[str], plain: dict[str, str]) -> None:
    for number, building in enumerate(
        Building.objects.filter(area_code__startswith=STREET, code__isnull=False, households__gt=20).order_by("code")[
            ::9
        ][:24]
    ):
        community = building.area_code[:12]
        sheet.add(
            HubHousehold(
                id=uuid7(), kind="hub", name=f"{plain[community]}中心户 {number + 1} 号",
                area_code=building.area_code[:15], building=building, unit=parties[community],
                linked_codes=[building.code], linked_households=min(12 + number % 9, building.households),
                since=sheet.today,
            ),
            "hub",
        )  # fmt: skip


def _help(sheet: Sheet, units: dict[str, Organisation]) -> None:
    """A station with social workers, and three projects on their way."""
    station = sheet.unit(UnitKind.SOCIAL_WORK_STATION, f"{STREET_NAME}社工站点", STREET)
    firm = sheet.unit(UnitKind.SOCIAL_ORGANISATION, "示例社会工作服务中心", STREET)
    workers = [sheet.account(STREET, "social") for _number in range(3)]
    for worker in workers:
        sheet.post(worker, station, Post.SOCIAL_WORKER, career=CareerStep.MIDDLE)
    year = sheet.today.replace(month=1, day=1)
    for number, (name, kind, state) in enumerate(
        (
            ("长者探访陪伴", HelpKind.ELDERS, HelpState.RUNNING),
            ("四点半课堂", HelpKind.CHILDREN, HelpState.DELIVERED),
            ("社区营造工作坊", HelpKind.COMMUNITY, HelpState.ACCEPTED),
        )
    ):
        sheet.add(
            HelpProject(
                id=uuid7(), name=name, area_code=STREET, kind=kind, provider=firm, station=station,
                lead=workers[number], amount_fen=(60_000 + 20_000 * number) * 100, sessions_due=24,
                sessions_done=24 if state != HelpState.RUNNING else 0, state=state, since=year,
                until=date(year.year + 1, 1, 1), accepted_on=sheet.today if state == HelpState.ACCEPTED else None,
            ),
            "help_project",
        )  # fmt: skip


def _keep(sheet: Sheet, heads: Sequence[Appointment]) -> None:
    """The four ways of keeping good heads, once each for the first few."""
    ways = (
        (KeepKind.SYSTEM, "考评定级", None),
        (KeepKind.PAY, "第三季度津贴", 300_00),
        (KeepKind.CEREMONY, "优秀楼栋长表彰", None),
        (KeepKind.AFFECTION, "重阳节看望", None),
    )
    for number, head in enumerate(heads[:8]):
        kind, title, fen = ways[number % 4]
        sheet.add(
            Recognition(
                id=uuid7(), appointment=head, area_code=head.area_code, kind=kind, title=title, on=sheet.today,
                amount_fen=fen,
            ),
            "recognition",
        )  # fmt: skip


def _reserves(sheet: Sheet, committees: dict[str, Organisation], codes: Sequence[str]) -> None:
    for number, code in enumerate(codes[:4]):
        sheet.add(
            Reserve(
                id=uuid7(), account=sheet.account(code, "reserve"), area_code=code, post=Post.COMMUNITY_SECRETARY,
                state=ReserveState.LISTED if number else ReserveState.PROPOSED, agreed=True, lead_goose=number % 2 == 0,
                trained_hours=16 + 8 * number, since=sheet.today,
            ),
            "reserve",
        )  # fmt: skip


def _nominated(
    heads: Sequence[Appointment],
    committees: dict[str, Organisation],
    units: dict[str, Organisation],
    parties: dict[str, Organisation],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """A head of the first community stands for its party organisation's deputy; in the second the post is waiting."""
    until = (now + timedelta(days=3 * 365)).astimezone(SHANGHAI).date()
    for head in (heads[0], heads[2]):
        people.nominate(
            account_id=head.account_id, from_unit_id=head.organisation_id,
            organisation_id=parties[head.organisation.area_code].pk, post=Post.BRANCH_DEPUTY, until=until,
            actor=actor, now=now,
        )  # fmt: skip


def _talents(codes: Sequence[str], *, actor: Actor, now: datetime) -> None:
    made = names(40)
    until = (now + timedelta(days=365)).astimezone(SHANGHAI).date()
    for number, (skill, offers) in enumerate(
        (
            (Skill.LAWYER, "周末可以参加物业纠纷调解"),
            (Skill.TEACHER, "可以主持亲子和邻里活动的议事"),
            (Skill.DOCTOR, "可以讲健康课"),
            (Skill.RETIRED_CADRE, "可以主持小区议事会"),
            (Skill.ENGINEER, "可以看加装电梯的方案"),
            (Skill.WARM_HEARTED, "楼里的事都愿意帮忙"),
        )
    ):
        people.enter_talent(
            name=next(made), phone=f"1390000{number + 31:04d}", area_code=codes[number], skill=skill, offers=offers,
            until=until, agreed=True, actor=actor, now=now,
        )  # fmt: skip


# The large numbers


def furnish_full(ground: Ground, *, actor: Actor, now: datetime) -> None:
    """Complete the street's two heads and one worker, and make the second district."""
    _complete_street(ground, actor=actor, now=now)
    _second_district(actor=actor, now=now)


def _complete_street(ground: Ground, *, actor: Actor, now: datetime) -> None:
    """79 street heads, 347 building heads, 198 grid workers: those that are there, and the rest."""
    sheet = Sheet(actor, now, made=names(200))
    committees = {
        one.area_code: one
        for one in Organisation.objects.filter(area_code__startswith=STREET, kind=UnitKind.COMMUNITY_COMMITTEE)
    }
    there = Counter(Appointment.objects.filter(area_code__startswith=STREET, until=None).values_list("post", flat=True))
    buildings = list(Building.objects.filter(area_code__startswith=STREET).order_by("code", "name", "pk"))
    for post, count in (
        (Post.STREET_HEAD, STREET_HEADS), (Post.BUILDING_HEAD, BUILDING_HEADS), (Post.GRID_WORKER, GRID_WORKERS)
    ):  # fmt: skip
        for number in range(count - there[post]):
            grid = ground.grids[number % len(ground.grids)]
            area, scope = grid.code, f"{grid.roads[number % 2]}沿线"
            if post == Post.BUILDING_HEAD:
                building = buildings[number % len(buildings)]
                area, scope = building.area_code[:15], building.name
            sheet.post(
                sheet.account(area[:12], "full"), committees[area[:12]], post, area,
                duties=list(ALL_FOUR) if post != Post.GRID_WORKER else [],
                scope=scope if post != Post.GRID_WORKER else "",
                drawn_from=SEEN[number % len(SEEN)] if post != Post.GRID_WORKER else "",
                career=CareerStep.values[number % 4] if post == Post.GRID_WORKER else "",
            )  # fmt: skip
    sheet.write()


def _second_district(*, actor: Actor, now: datetime) -> None:
    """Ten streets with 136 communities: their party tree, heads, hub households, reserves, part-time members."""
    streets, communities = _second_ground(now)
    sheet = Sheet(actor, now, made=names(900))
    sheet.accounts = 2000
    partners = [sheet.unit(UnitKind.PARTNER, f"示例市直单位{number + 1}", DISTRICT) for number in range(PARTNERS)]
    committees, parties, greater = [], [], []
    tops: dict[str, Organisation] = {}
    for code, name in streets:
        tops[code] = sheet.unit(UnitKind.STREET_PARTY, f"{name}党工委", code)
        greater.append(sheet.unit(UnitKind.GREATER_WORK_COMMITTEE, f"{name}大工委", code, tops[code]))
    for number, (code, name) in enumerate(communities):
        raised = number < RAISED
        party = sheet.unit(
            UnitKind.COMMUNITY_PARTY, f"{name}党委" if raised else f"{name}党支部", code, tops[code[:9]],
            party_form=PartyRank.COMMITTEE if raised else PartyRank.BRANCH,
            raised_from=PartyRank.BRANCH if raised else "", raised_on=sheet.today if raised else None,
            raised_paper=f"演示批〔{sheet.today.year}〕{number + 1}号" if raised else "",
        )  # fmt: skip
        parties.append(party)
        greater.append(sheet.unit(UnitKind.GREATER_COMMITTEE, f"{name}大党委", code, party))
        committees.append(sheet.unit(UnitKind.COMMUNITY_COMMITTEE, f"{name}居委会", code))
        if number < ESTATE_BRANCHES:
            sheet.unit(UnitKind.ESTATE_BRANCH, f"{name}花园党支部", code, party, party_form=PartyRank.BRANCH)
    branches = [
        sheet.unit(UnitKind.GRID_BRANCH, f"{communities[0][1]}第{number + 1}网格党支部", communities[0][0], parties[0],
                   party_form=PartyRank.BRANCH)
        for number in range(GRID_BRANCHES_SURVEYED)
    ]  # fmt: skip
    for number in range(BUILDING_GROUPS_SURVEYED):
        sheet.unit(
            UnitKind.BUILDING_GROUP, f"{number + 1} 号楼党小组", communities[0][0],
            branches[number % len(branches)],
        )  # fmt: skip
    _second_posts(sheet, committees, greater, partners)
    for number in range(HUBS):
        code, name = communities[number % len(communities)]
        sheet.add(
            HubHousehold(
                id=uuid7(), kind="hub", name=f"{name}中心户 {number // len(communities) + 1} 号", area_code=code,
                unit=parties[number % len(parties)], linked_codes=[code], linked_households=8 + number % 7,
                since=sheet.today,
            ),
            "hub",
        )  # fmt: skip
    sheet.write()


def _second_ground(now: datetime) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Areas without outlines: the district, its streets and communities."""
    day = now.astimezone(SHANGHAI).date()
    streets = [(f"{DISTRICT}{number:03d}", f"榕江{number}街") for number in range(1, STREETS + 1)]
    communities = []
    for number in range(COMMUNITIES):
        street, name = streets[number % STREETS]
        communities.append((f"{street}{number // STREETS + 1:03d}", f"{name}第{number // STREETS + 1}社区"))
    every = [(DISTRICT, DISTRICT_NAME), *streets, *communities]
    assert DISTRICT[:4] in ABOVE
    Area.objects.bulk_create(
        Area(
            uid=uuid7(), code=code, name=name, short_name=name, tier=tier_of(code), parent_code=parent_of(code),
            households=1500 if len(code) == 12 else 0, valid_from=day,
        )
        for code, name in every
    )  # fmt: skip
    changed()
    return streets, sorted(communities)


def _second_posts(
    sheet: Sheet, committees: Sequence[Organisation], greater: Sequence[Organisation], partners: Sequence[Organisation]
) -> None:
    """Heads with four duties, reserves, and heads of units who sit in greater committees for a term."""
    heads = (Post.STREET_HEAD, Post.LANE_HEAD, Post.BUILDING_HEAD)
    for number in range(FOUR_DUTIES):
        committee = committees[number % len(committees)]
        sheet.post(
            sheet.account(committee.area_code, "full"), committee, heads[number % 3], duties=list(ALL_FOUR),
            scope=f"{number // len(committees) + 1} 号片", drawn_from=SEEN[number % len(SEEN)],
        )  # fmt: skip
    for number in range(RESERVES):
        committee = committees[number % len(committees)]
        sheet.add(
            Reserve(
                id=uuid7(), account=sheet.account(committee.area_code, "full"), area_code=committee.area_code,
                post=Post.COMMUNITY_SECRETARY, state=ReserveState.LISTED, agreed=True, lead_goose=number % 3 == 0,
                trained_hours=number % 60, since=sheet.today,
            ),
            "reserve",
        )  # fmt: skip
    until = sheet.now + timedelta(days=3 * 365)
    for number, body in enumerate(greater):
        partner = partners[number % len(partners)]
        person = sheet.account(DISTRICT, "full")
        sheet.post(person, partner, Post.UNIT_HEAD)
        sheet.post(person, body, Post.PART_TIME_MEMBER, until=until, from_unit=partner, concurrent=True)


def stands() -> bool:
    """Whether the second district is there."""
    return Area.objects.filter(code=DISTRICT, valid_to=None).exists()
