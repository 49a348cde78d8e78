"""Words and decisions of the registers of people: party chains, heads, keeping, cross posts, skills, grants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from huying.kernel.actor import Actor, ActorKind
from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Label, Term, _
from huying.people.rules.words import Duty, Post, UnitKind

# Organisations


class PartyRank(Term):
    """How large a party organisation is: a branch is raised to a general branch or a committee."""

    BRANCH = "branch", _("党支部")
    GENERAL = "general", _("党总支")
    COMMITTEE = "committee", _("党委")


RANKS: tuple[str, ...] = (PartyRank.BRANCH, PartyRank.GENERAL, PartyRank.COMMITTEE)


class Arrangement(Term):
    """How firms and social bodies form a branch: one of their own, or several together."""

    SINGLE = "single", _("单独组建")
    JOINT = "joint", _("联合组建")


class LinkKind(Term):
    """What ties an organisation to an area or to another organisation beside the tree."""

    COVERS = "covers", _("联系网格")
    MEMBER = "member", _("成员单位")
    CO_BUILDS = "co_builds", _("结对共建")
    GUIDES = "guides", _("指导")


LINKS_TO_AREA = frozenset({LinkKind.COVERS})

_K = UnitKind
_TOPS = frozenset({_K.STREET_PARTY, _K.TOWN_PARTY})
_COMMUNITIES = frozenset({_K.COMMUNITY_PARTY, _K.VILLAGE_PARTY})
# What a party organisation may stand under: the urban chain 街道—社区（商圈）—网格支部—楼栋小组 and the rural one
# 镇—村—巷小组; what is not named here stands under any unit, or under none.
PARENTS: Mapping[str, frozenset[str]] = {
    _K.STREET_PARTY: frozenset(),
    _K.TOWN_PARTY: frozenset(),
    _K.GREATER_WORK_COMMITTEE: _TOPS,
    _K.COMMUNITY_PARTY: _TOPS | {_K.GREATER_WORK_COMMITTEE},
    _K.VILLAGE_PARTY: _TOPS | {_K.GREATER_WORK_COMMITTEE},
    _K.GREATER_COMMITTEE: _TOPS | _COMMUNITIES | {_K.GREATER_WORK_COMMITTEE},
    _K.NEIGHBOUR_COMMITTEE: _TOPS | _COMMUNITIES | {_K.GREATER_WORK_COMMITTEE},
    _K.CIRCLE_PARTY: _TOPS | _COMMUNITIES,
    _K.GRID_BRANCH: _COMMUNITIES | {_K.GREATER_COMMITTEE},
    _K.ESTATE_BRANCH: _COMMUNITIES | {_K.GREATER_COMMITTEE, _K.GRID_BRANCH},
    _K.FIRM_BRANCH: _TOPS | _COMMUNITIES | {_K.CIRCLE_PARTY},
    _K.MOBILE_BRANCH: _TOPS | _COMMUNITIES,
    _K.BUILDING_GROUP: frozenset({_K.GRID_BRANCH, _K.ESTATE_BRANCH, _K.FIRM_BRANCH}),
    _K.LANE_GROUP: frozenset({_K.VILLAGE_PARTY, _K.GRID_BRANCH}),
    _K.BUILDING_ALLIANCE: _COMMUNITIES | {_K.CIRCLE_PARTY, _K.FIRM_BRANCH},
}
PARTY_KINDS: frozenset[str] = frozenset(PARENTS) - {_K.BUILDING_ALLIANCE}
RANKED: frozenset[str] = frozenset(
    {_K.COMMUNITY_PARTY, _K.VILLAGE_PARTY, _K.CIRCLE_PARTY, _K.GRID_BRANCH, _K.ESTATE_BRANCH, _K.FIRM_BRANCH,
     _K.MOBILE_BRANCH}
)  # fmt: skip
NEEDS_PARENT: frozenset[str] = frozenset(
    {_K.GRID_BRANCH, _K.ESTATE_BRANCH, _K.FIRM_BRANCH, _K.BUILDING_GROUP, _K.LANE_GROUP}
)
# Bodies beside the party chains that a community may set up itself: none of them is given orders.
KEPT_BY_COMMUNITIES: frozenset[str] = frozenset({_K.NEWCOMERS_HOME, _K.RESPONSE_TEAM, _K.PARTNER})
GREATER: frozenset[str] = frozenset({_K.GREATER_WORK_COMMITTEE, _K.GREATER_COMMITTEE, _K.NEIGHBOUR_COMMITTEE})


def may_stand_under(kind: str, parent_kind: str) -> bool:
    """Whether an organisation of one kind may have one of another kind above it."""
    allowed = PARENTS.get(kind)
    return allowed is None or parent_kind in allowed


def may_be_raised(before: str, after: str) -> bool:
    """A branch becomes a general branch or a committee, a general branch a committee; never the other way here."""
    return after in RANKS and (RANKS.index(before or PartyRank.BRANCH) < RANKS.index(after))


COARSE_UNDER = 5


def coarse_count(number: int) -> str:
    """A count of members as others may see it: few are not counted out."""
    return str(_("少于 5 人")) if 0 < number < COARSE_UNDER else str(number)


# Posts


class HeadDuty(Term):
    """The four duties of street, lane and building heads. Patrols look at places, never at persons."""

    SANITATION = "sanitation", _("环境卫生")
    PUBLICITY = "publicity", _("政策宣传")
    PATROL = "patrol", _("治安巡逻（只看场所）")
    TRAFFIC = "traffic", _("交通协管")


ALL_FOUR: tuple[str, ...] = tuple(HeadDuty.values)
HEADS: frozenset[str] = frozenset({Post.STREET_HEAD, Post.LANE_HEAD, Post.BUILDING_HEAD})
TWO_HEADS_ONE_WORKER: tuple[str, ...] = (Post.STREET_HEAD, Post.BUILDING_HEAD, Post.GRID_WORKER)


# Posts that a community fills itself; all others are the street administrators'.
COMMUNITY_POSTS: frozenset[str] = HEADS | {
    Post.PARTY_HOUSEHOLD, Post.RESIDENTS_GROUP_HEAD, Post.RESIDENTS_REPRESENTATIVE, Post.SUPERVISION_MEMBER,
    Post.PART_TIME_GRID_WORKER, Post.AREA_SOCIAL_WORKER, Post.BUILDING_STEWARD, Post.ECONOMIC_UNION_HEAD,
    Post.MEDIATOR, Post.SOCIAL_WORKER, Post.VOLUNTEER_TEAM_HEAD, Post.BRANCH_SECRETARY, Post.BRANCH_DEPUTY,
    Post.PARTY_GROUP_HEAD, Post.ALLIANCE_HEAD, Post.STATION_HEAD, Post.RESPONSE_HEAD, Post.RESPONSE_MEMBER,
}  # fmt: skip
LOOK_AFTER: frozenset[str] = HEADS | {Post.GRID_WORKER, Post.PART_TIME_GRID_WORKER}


def post_problem(
    post: str, unit_kind: str, *, duties: Iterable[str], has_sender: bool, has_end: bool
) -> tuple[str, Label] | None:
    """What keeps somebody from holding a post in a unit: the column and the sentence; None where nothing does."""
    if set(duties) and post not in LOOK_AFTER:
        return "duties", _("四项职责只属于街长、巷长、楼栋长和网格员。")
    if post == Post.PART_TIME_MEMBER:
        if unit_kind not in GREATER:
            return "organisation", _("兼职委员只在大工委、大党委、邻里大党委里任职。")
        if not has_sender:
            return "from_unit", _("兼职委员要写明来自哪个单位。")
        if not has_end:
            return "until", _("兼职委员有任期。请写任期到哪一天。")
    return None


def unit_problem(
    kind: str,
    area_code: str,
    parent: tuple[str, str] | None,
    *,
    party_form: str = "",
    arrangement: str = "",
    firms: int = 0,
) -> tuple[str, Label] | None:
    """What is wrong with a unit's place in the tree; `parent` is the upper unit's kind and area."""
    if parent is None and kind in NEEDS_PARENT:
        return "parent", _("请选上级组织：这一类组织要建在上级组织之下。")
    if parent is not None:
        if not may_stand_under(kind, parent[0]):
            return "parent", _("这一类组织不能建在所选的上级组织之下。请换一个上级。")
        if not area_code.startswith(parent[1]):
            return "parent", _("组织的区域要在上级组织的区域之内。")
    if party_form and kind not in RANKED:
        return "party_form", _("只有党组织才分党支部、党总支、党委。")
    if (arrangement or firms) and kind != UnitKind.FIRM_BRANCH:
        return ("arrangement" if arrangement else "firms_covered"), _("只有两新党支部才写组建方式和覆盖的企业数。")
    if kind == UnitKind.FIRM_BRANCH:
        if not arrangement:
            return "arrangement", _("请写是单独组建还是联合组建。")
        if arrangement == Arrangement.SINGLE and firms > 1:
            return "firms_covered", _("单独组建的党支部只覆盖一家企业。")
        if arrangement == Arrangement.JOINT and firms < 2:
            return "firms_covered", _("联合组建的党支部至少覆盖两家企业。")
    return None


class DrawnFrom(Term):
    """Who put a head forward. What the person is or believes is not kept."""

    PARTY = "party", _("党组织推荐")
    RESIDENTS = "residents", _("居民推荐")
    DELEGATES = "delegates", _("两代表一委员推荐")
    VETERANS = "veterans", _("退役军人服务站推荐")
    PROPERTY = "property", _("物业推荐")
    SOCIAL_WORK = "social_work", _("社工站推荐")
    UNIT = "unit", _("所在单位推荐")
    OWN = "own", _("本人报名")


class CareerStep(Term):
    """Steps of the trade for full-time workers (专职职业体系)."""

    TRAINEE = "trainee", _("见习")
    JUNIOR = "junior", _("初级")
    MIDDLE = "middle", _("中级")
    SENIOR = "senior", _("高级")


class KeepKind(Term):
    """The four ways of keeping good heads (四留)."""

    SYSTEM = "system", _("制度留人")
    PAY = "pay", _("待遇留人")
    CEREMONY = "ceremony", _("礼遇留人")
    AFFECTION = "affection", _("感情留人")


class ReserveState(Term):
    PROPOSED = "proposed", _("待审定")
    LISTED = "listed", _("在库")
    APPOINTED = "appointed", _("已任用")
    LEFT = "left", _("已退出")


# Households and help


class HubKind(Term):
    HUB = "hub", _("党员中心户")
    MODEL = "model", _("示范户")


class HelpKind(Term):
    """What a bought-in project helps with: services, never files on persons."""

    ELDERS = "elders", _("长者服务")
    CHILDREN = "children", _("儿童与青少年服务")
    DISABLED = "disabled", _("助残服务")
    FAMILIES = "families", _("家庭服务")
    COMMUNITY = "community", _("社区营造")
    VOLUNTEERS = "volunteers", _("志愿者培育")
    OTHER = "other", _("其他服务")


class HelpState(Term):
    RUNNING = "running", _("进行中")
    DELIVERED = "delivered", _("待验收")
    ACCEPTED = "accepted", _("已验收")
    STOPPED = "stopped", _("已终止")


# Skills with consent


class Skill(Term):
    """Trades whose knowledge helps deliberation and mediation: a closed list."""

    JUDGE = "judge", _("法官")
    PROSECUTOR = "prosecutor", _("检察官")
    POLICE = "police", _("民警")
    LAWYER = "lawyer", _("律师")
    TEACHER = "teacher", _("教师")
    DOCTOR = "doctor", _("医生")
    RETIRED_CADRE = "retired_cadre", _("退休干部")
    ENGINEER = "engineer", _("工程师")
    ACCOUNTANT = "accountant", _("会计")
    WARM_HEARTED = "warm_hearted", _("热心居民")


SKILL_DAYS = 731  # a consent to be asked runs for two years at most, then the person is asked again


# Nomination, election, appointment


class NominationKind(Term):
    CROSS = "cross", _("交叉任职")
    PART_TIME = "part_time", _("兼职委员")


class NominationState(Term):
    NOMINATED = "nominated", _("已提名")
    ELECTED = "elected", _("已当选")
    NOT_ELECTED = "not_elected", _("未当选")
    APPOINTED = "appointed", _("已任职")
    REFUSED = "refused", _("未通过")
    WITHDRAWN = "withdrawn", _("已撤回")


class NominationVerb(Term):
    NOMINATE = "nominate", _("提名")
    ELECT = "elect", _("登记选举结果")
    APPOINT = "appoint", _("办理任职")
    REFUSE = "refuse", _("不通过")
    WITHDRAW = "withdraw", _("撤回提名")


class ElectionForm(Term):
    """How a post is lawfully filled."""

    OWNERS = "owners", _("业主大会")
    RESIDENTS = "residents", _("居民选举（选民或户代表）")
    REPRESENTATIVES = "representatives", _("居民代表选举")
    MEMBERS = "members", _("党员大会")


# Which ways are lawful for a post in a unit of this kind; a unit that is not named appoints without election.
ELECTIONS: Mapping[str, frozenset[str]] = {
    _K.OWNERS_COMMITTEE: frozenset({ElectionForm.OWNERS}),
    _K.COMMUNITY_COMMITTEE: frozenset({ElectionForm.RESIDENTS, ElectionForm.REPRESENTATIVES}),
    _K.VILLAGE_COMMITTEE: frozenset({ElectionForm.RESIDENTS, ElectionForm.REPRESENTATIVES}),
    **dict.fromkeys(
        (_K.COMMUNITY_PARTY, _K.VILLAGE_PARTY, _K.CIRCLE_PARTY, _K.GRID_BRANCH, _K.ESTATE_BRANCH, _K.FIRM_BRANCH,
         _K.MOBILE_BRANCH, _K.BUILDING_GROUP, _K.LANE_GROUP),
        frozenset({ElectionForm.MEMBERS}),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Tally:
    """What the minutes of an election say: whole numbers. Areas (square metres) for owners only."""

    due: int
    present: int
    ayes: int
    area_due: int = 0
    area_present: int = 0
    area_ayes: int = 0


def tally_problem(form: str, tally: Tally) -> Label | None:
    """Why these numbers cannot be right; None where they can."""
    rows = [(tally.due, tally.present, tally.ayes)]
    if form == ElectionForm.OWNERS:
        rows.append((tally.area_due, tally.area_present, tally.area_ayes))
    for due, present, ayes in rows:
        if not (due > 0 and 0 <= ayes <= present <= due):
            return _("数字对不上：赞成不能多于参加，参加不能多于应到，应到要大于零。")
    return None


def lawful(form: str, tally: Tally) -> bool:
    """Whether enough took part and enough agreed; whole numbers only, so that no half is rounded."""
    match form:
        case ElectionForm.OWNERS:  # Civil Code art. 278: two thirds take part, over half of these agree, both ways
            return (
                tally.present * 3 >= tally.due * 2
                and tally.area_present * 3 >= tally.area_due * 2
                and tally.ayes * 2 > tally.present
                and tally.area_ayes * 2 > tally.area_present
            )
        case ElectionForm.RESIDENTS:  # over half take part, over half of these agree
            return tally.present * 2 > tally.due and tally.ayes * 2 > tally.present
        case ElectionForm.REPRESENTATIVES:  # more than two thirds take part
            return tally.present * 3 > tally.due * 2 and tally.ayes * 2 > tally.present
        case ElectionForm.MEMBERS:  # four fifths come, over half of all who are entitled agree
            return tally.present * 5 >= tally.due * 4 and tally.ayes * 2 > tally.due
    raise ValueError(form)


@dataclass(frozen=True)
class NominationFacts:
    """What the guards of a nomination look at."""

    state: NominationState
    needs_election: bool
    nominated_by: UUID | None
    candidate: UUID
    actor: Actor


@guard(_("任职要由工作人员本人办理。请登录后再办。"))
def by_a_person(facts: NominationFacts) -> bool:
    return facts.actor.kind in (ActorKind.PERSON, ActorKind.SYSTEM)


@guard(_("自己提名的，不能自己任命。请交给另一位有职责的同事。"))
def not_the_nominator(facts: NominationFacts) -> bool:
    return facts.actor.kind == ActorKind.SYSTEM or facts.actor.id != facts.nominated_by


@guard(_("不能办理自己的任职。请交给另一位有职责的同事。"))
def not_the_candidate(facts: NominationFacts) -> bool:
    return facts.actor.id != facts.candidate


@guard(_("这个岗位要先依法选举。请先登记选举结果。"))
def needs_no_election(facts: NominationFacts) -> bool:
    return not facts.needs_election


@guard(_("这个岗位不用选举，由聘请的组织直接任职。"))
def needs_election(facts: NominationFacts) -> bool:
    return facts.needs_election


@guard(_("提名只能由提名的人撤回。"))
def the_nominator(facts: NominationFacts) -> bool:
    return facts.actor.id == facts.nominated_by


_NOMINATED, _ELECTED = NominationState.NOMINATED, NominationState.ELECTED
_V = NominationVerb
NOMINATION = Flow(
    [
        Move(_V.ELECT, {_NOMINATED}, _ELECTED, guards=(by_a_person, not_the_candidate, needs_election)),
        Move(
            _V.APPOINT,
            {_ELECTED},
            NominationState.APPOINTED,
            duty=Duty.ADMIN_PEOPLE,
            guards=(by_a_person, not_the_candidate, not_the_nominator),
        ),
        Move(
            _V.APPOINT,
            {_NOMINATED},
            NominationState.APPOINTED,
            duty=Duty.ADMIN_PEOPLE,
            guards=(by_a_person, not_the_candidate, not_the_nominator, needs_no_election),
        ),
        Move(
            _V.REFUSE,
            {_NOMINATED, _ELECTED},
            NominationState.REFUSED,
            duty=Duty.ADMIN_PEOPLE,
            guards=(by_a_person, not_the_candidate, not_the_nominator),
        ),
        Move(_V.WITHDRAW, {_NOMINATED, _ELECTED}, NominationState.WITHDRAWN, guards=(the_nominator,)),
    ]
)


# Grants by two persons


class RequestState(Term):
    ASKED = "asked", _("待复核")
    GRANTED = "granted", _("已授权")
    REFUSED = "refused", _("未同意")
    WITHDRAWN = "withdrawn", _("已撤回")


# Duties that open what others must not see, or change what all rely on: a grant of them takes two persons.
SENSITIVE: frozenset[str] = frozenset(
    {Duty.CONFIDENTIAL, Duty.EXPORT, Duty.AUDIT, Duty.SECURE, Duty.ADMIN_PEOPLE, Duty.ADMIN_PLACES,
     Duty.ADMIN_MATTERS, Duty.APPROVE_MATTERS, Duty.ADMIN_CLOCKS}
)  # fmt: skip


def is_sensitive(duties: Iterable[str]) -> bool:
    return any(duty in SENSITIVE for duty in duties)


def asks_with(duties: Iterable[str]) -> str:
    """The duty with which a role of these duties is asked for: an administrator never hands out the audit."""
    return Duty.SECURE if Duty.AUDIT in set(duties) else Duty.ADMIN_PEOPLE


def confirms_with(duties: Iterable[str]) -> frozenset[str]:
    """Duties of which the second person needs one. Whoever secures grants is confirmed by a leader."""
    if {Duty.SECURE, Duty.AUDIT} & set(duties):
        return frozenset({Duty.LEAD})
    return frozenset({Duty.SECURE, Duty.LEAD})


def term_problem(since: date, until: date | None) -> Label | None:
    return _("结束日期要晚于开始日期。") if until is not None and until <= since else None
