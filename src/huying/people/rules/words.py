"""Words of people and their posts: unit kinds, posts, duties, terms of office, masks. No Django."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huying.kernel.terms import Term, _


class Duty(Term):
    """What a role lets a person do, within the grant's area or for the grant's unit."""

    INTAKE = "intake", _("受理")
    FILE = "file", _("立案")
    DISPATCH = "dispatch", _("派单")
    HANDLE = "handle", _("办理")
    SIGN = "sign", _("签发")
    REVIEW = "review", _("审核")
    VERIFY = "verify", _("核实")
    CHECK = "check", _("核查")
    CALL_BACK = "call_back", _("回访")
    REPORT = "report", _("上报与代报")
    DECIDE = "decide", _("审批")
    LEAD = "lead", _("分管领导")
    SUPERVISE = "supervise", _("督办")
    CONFIDENTIAL = "confidential", _("保密案件")
    OPEN_CONTACT = "open_contact", _("查看联系方式")
    READ = "read", _("查看")
    EXPORT = "export", _("导出")
    ADMIN_PLACES = "admin_places", _("管理区域")
    ADMIN_PEOPLE = "admin_people", _("管理人员")
    ADMIN_MATTERS = "admin_matters", _("管理事项清单")
    APPROVE_MATTERS = "approve_matters", _("批准事项清单")
    ADMIN_CLOCKS = "admin_clocks", _("管理日历")
    AUDIT = "audit", _("审计")
    SECURE = "secure", _("授权复核")
    KEEP_PEOPLE = "keep_people", _("登记组织与岗位")
    KEEP_PLACES = "keep_places", _("维护场所台账")
    ORGANISE = "organise", _("组织议事调解")


class UnitKind(Term):
    """Kinds of organisations that take part."""

    CITY_BODY = "city_body", _("市级单位")
    DISTRICT_DEPARTMENT = "district_department", _("区级部门")
    STREET_SECTION = "street_section", _("街道内设机构")
    STREET_CENTRE = "street_centre", _("街道事业中心")
    ENFORCEMENT_TEAM = "enforcement_team", _("综合行政执法队")
    STATION = "station", _("派驻站所")
    COMMUNITY_COMMITTEE = "community_committee", _("社区居委会")
    VILLAGE_COMMITTEE = "village_committee", _("村委会")
    COMMUNITY_PARTY = "community_party", _("社区党组织")
    SUPERVISION_COMMITTEE = "supervision_committee", _("居务监督委员会")
    ECONOMIC_UNION = "economic_union", _("经济联合社")
    PUBLIC_UTILITY = "public_utility", _("公共服务企业")
    CONTRACTOR = "contractor", _("作业承包单位")
    PROPERTY_FIRM = "property_firm", _("物业企业")
    OWNERS_COMMITTEE = "owners_committee", _("业主委员会")
    BUSINESS_OPERATOR = "business_operator", _("商圈楼宇园区运营方")
    PARTNER = "partner", _("共建单位")
    SOCIAL_ORGANISATION = "social_organisation", _("社会组织与社工机构")
    MEDIATION_LEGAL = "mediation_legal", _("调解与法律服务组织")
    UPPER_SYSTEM = "upper_system", _("上级平台")
    # Party organisations, from the street (or town) down to the building
    STREET_PARTY = "street_party", _("街道党工委")
    TOWN_PARTY = "town_party", _("镇党委")
    GREATER_WORK_COMMITTEE = "greater_work_committee", _("街道大工委")
    GREATER_COMMITTEE = "greater_committee", _("社区大党委")
    NEIGHBOUR_COMMITTEE = "neighbour_committee", _("邻里大党委")
    VILLAGE_PARTY = "village_party", _("村党组织")
    CIRCLE_PARTY = "circle_party", _("商圈党组织")
    GRID_BRANCH = "grid_branch", _("网格党支部")
    ESTATE_BRANCH = "estate_branch", _("小区党支部")
    FIRM_BRANCH = "firm_branch", _("两新党支部")
    MOBILE_BRANCH = "mobile_branch", _("流动人员党支部")
    BUILDING_GROUP = "building_group", _("楼栋党小组")
    LANE_GROUP = "lane_group", _("巷党小组")
    BUILDING_ALLIANCE = "building_alliance", _("楼宇联盟")
    # Bodies of help and response
    NEWCOMERS_HOME = "newcomers_home", _("流动人员之家")
    SOCIAL_WORK_STATION = "social_work_station", _("社工站")
    RESPONSE_TEAM = "response_team", _("响应小组")


class Post(Term):
    """Posts people hold in an organisation. A post gives no duty: roles do."""

    CHIEF_LEADER = "chief_leader", _("主要领导")
    LEADER_IN_CHARGE = "leader_in_charge", _("分管领导")
    CENTRE_HEAD = "centre_head", _("调度中心负责人（值班长）")
    INTAKE_CLERK = "intake_clerk", _("受理员")
    DISPATCHER = "dispatcher", _("派单员")
    REVIEWER = "reviewer", _("审核员")
    CALL_BACK_CLERK = "call_back_clerk", _("回访员")
    SUPERVISOR = "supervisor", _("督办员")
    LIAISON = "liaison", _("联络员")
    PLATFORM_OPERATOR = "platform_operator", _("平台操作员")
    HANDLER = "handler", _("承办人")
    LEGAL_REVIEWER = "legal_reviewer", _("法制审核员")
    UNIT_HEAD = "unit_head", _("单位负责人")
    COMMUNITY_SECRETARY = "community_secretary", _("社区书记（主任）")
    GRID_HEAD = "grid_head", _("网格长")
    GRID_WORKER = "grid_worker", _("专职网格员")
    PART_TIME_GRID_WORKER = "part_time_grid_worker", _("兼职网格员")
    AREA_SOCIAL_WORKER = "area_social_worker", _("片区社工")
    BUILDING_HEAD = "building_head", _("楼栋长")
    STREET_HEAD = "street_head", _("街长")
    LANE_HEAD = "lane_head", _("巷长")
    PARTY_HOUSEHOLD = "party_household", _("党员中心户")
    RESIDENTS_GROUP_HEAD = "residents_group_head", _("居民小组长")
    RESIDENTS_REPRESENTATIVE = "residents_representative", _("居民代表")
    SUPERVISION_MEMBER = "supervision_member", _("居务监督委员会委员")
    PROPERTY_MANAGER = "property_manager", _("物业项目经理")
    OWNERS_CHAIR = "owners_chair", _("业委会主任")
    OWNERS_MEMBER = "owners_member", _("业委会委员")
    BUILDING_STEWARD = "building_steward", _("楼宇小管家")
    ECONOMIC_UNION_HEAD = "economic_union_head", _("经联社负责人")
    LEGAL_ADVISER = "legal_adviser", _("法律顾问")
    MEDIATOR = "mediator", _("人民调解员")
    ORGANISER = "organiser", _("议事调解组织员")
    SOCIAL_WORKER = "social_worker", _("社工")
    VOLUNTEER_TEAM_HEAD = "volunteer_team_head", _("志愿队长")
    RIVER_HEAD = "river_head", _("河长")
    ENTERPRISE_SERVICE = "enterprise_service", _("企业服务专员")
    BRANCH_SECRETARY = "branch_secretary", _("党支部书记")
    BRANCH_DEPUTY = "branch_deputy", _("党支部副书记")
    PARTY_GROUP_HEAD = "party_group_head", _("党小组长")
    PART_TIME_MEMBER = "part_time_member", _("兼职委员")
    COMMITTEE_MEMBER = "committee_member", _("居（村）委会委员")
    ALLIANCE_HEAD = "alliance_head", _("联盟负责人")
    STATION_HEAD = "station_head", _("社工站站长")
    RESPONSE_HEAD = "response_head", _("响应小组组长")
    RESPONSE_MEMBER = "response_member", _("响应小组成员")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_OFFICER = "security_officer", _("安全保密员")
    AUDITOR = "auditor", _("审计员")


class OpeningPurpose(Term):
    """Why somebody opens a reporter's contact data: a closed list, shown to the person."""

    CONTACT = "contact", _("联系办理")
    CALL_BACK = "call_back", _("回访")
    VERIFY_PLACE = "verify_place", _("核实地点")
    VERIFY_FACTS = "verify_facts", _("核实情况")
    NOTIFY = "notify", _("告知结果")
    DANGER = "danger", _("紧急救助")
    AUDIT = "audit", _("审计核对")


class RecusalReason(Term):
    """Why a unit or a person keeps away from a matter."""

    ABOUT_UNIT = "about_unit", _("诉求涉及该单位")
    ABOUT_PERSON = "about_person", _("诉求涉及该人员")
    RELATED = "related", _("与当事人有利害关系")
    SELF_DECLARED = "self_declared", _("本人申请回避")


LONGEST_CODE = 24  # of areas and matters, as the columns hold them


def prefixes(code: str) -> list[str]:
    """Every beginning of a code, the empty one first: what a row may name to cover it."""
    return [code[:length] for length in range(min(len(code), LONGEST_CODE) + 1)]


def in_term(since: datetime, until: datetime | None, now: datetime) -> bool:
    """Whether a term runs: it begins on its first instant and has ended on its last."""
    return since <= now and (until is None or now < until)


@dataclass(frozen=True)
class Claim:
    """One row of responsibility, as far as ranking needs it."""

    unit_id: UUID
    area_code: str
    matter_code: str
    order: int


def ranked(claims: Iterable[Claim], matter_code: str, area_code: str) -> list[UUID]:
    """Units responsible for a matter in a place: finest area first, then finest matter, then order."""
    fitting = [one for one in claims if area_code.startswith(one.area_code) and matter_code.startswith(one.matter_code)]
    fitting.sort(key=lambda one: (-len(one.area_code), -len(one.matter_code), one.order, str(one.unit_id)))
    return list(dict.fromkeys(one.unit_id for one in fitting))


# Roles that keep watch on each other: one person may hold one of them only (三员分立).
APART = frozenset({"system_admin", "security_officer", "auditor"})


def clash(held: Iterable[str], wanted: str) -> str | None:
    """The held role that forbids the wanted one, if any."""
    if wanted not in APART:
        return None
    return next((code for code in sorted(held) if code in APART and code != wanted), None)


@dataclass(frozen=True)
class Masked:
    """A reporter as lists show them."""

    name: str
    phone: str


@dataclass(frozen=True)
class Opened:
    """A reporter's contact data in the clear: for one answer to one request, never kept or logged."""

    name: str
    phone: str
    address: str

    def __repr__(self) -> str:
        return "Opened(…)"


@dataclass(frozen=True)
class Recused:
    """Who keeps away from one object."""

    units: frozenset[UUID] = frozenset()
    accounts: frozenset[UUID] = frozenset()

    def covers(self, account_id: UUID | None, units: Iterable[UUID]) -> bool:
        return account_id in self.accounts or any(unit in self.units for unit in units)


NOBODY_RECUSED = Recused()

_PHONE = re.compile(r"\+?[0-9]{5,20}")
_TAIL_FROM = 8  # a number shorter than this would be given away by its last four digits


def plain_phone(text: str) -> str:
    """A phone number as digits with an optional plus; blank stays blank. ValueError where it is none."""
    plain = re.sub(r"[\s\-()（）.]", "", unicodedata.normalize("NFKC", text))
    if plain and not _PHONE.fullmatch(plain):
        raise ValueError("not a phone number")
    return plain


def name_mask(name: str) -> str:
    """刘** for 刘样本: the first character and two stars, whatever the length."""
    return f"{name[0]}**" if name else ""


def phone_tail(phone: str) -> str:
    """The last four digits of a number that is long enough to stay hidden."""
    return phone[-4:] if len(phone) >= _TAIL_FROM else ""
