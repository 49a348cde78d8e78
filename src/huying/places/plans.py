"""Words and table of a change of areas: written by one, decided by another, in effect on a day. No database here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from huying.kernel.actor import Actor, ActorKind
from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Term, _, listed
from huying.places.rules import ADMIN_PLACES

# A word of people.rules.Duty, which lies a floor above; a test compares it.
LEAD: Final = "lead"
APPROVERS: Final = (ADMIN_PLACES, LEAD)


class PlanKind(Term):
    """What is done with areas."""

    NEW = "new", _("新设")
    REDRAW = "redraw", _("改边界")
    SPLIT = "split", _("拆分")
    MERGE = "merge", _("合并")
    RECODE = "recode", _("换代码")


class PlanState(Term):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审定")
    APPROVED = "approved", _("已审定，待生效")
    EFFECTIVE = "effective", _("已生效")
    DROPPED = "dropped", _("已作废")


class PlanVerb(Term):
    DRAW = "draw", _("起草")
    SUBMIT = "submit", _("提交审定")
    APPROVE = "approve", _("审定通过")
    SEND_BACK = "send_back", _("退回修改")
    EFFECT = "effect", _("生效")
    EXPIRE = "expire", _("底图已变，退回修改")
    DROP = "drop", _("作废")


@dataclass(frozen=True)
class PlanFacts:
    """What the guards look at."""

    state: PlanState
    made_by: UUID | None
    actor: Actor
    fresh: bool = True  # the areas it starts from still hold
    due: bool = False  # its day has come


@guard(_("区域在起草之后又变过。请退回，按现在的边界重新画。"))
def still_fits(facts: PlanFacts) -> bool:
    return facts.fresh


@guard(_("审定要由工作人员本人作出。请登录后再办。"))
def by_a_person(facts: PlanFacts) -> bool:
    return facts.actor.kind == ActorKind.PERSON and facts.actor.id is not None


@guard(_("自己起草的变更，不能自己审定。请交给另一位管理员或分管领导。"))
def not_the_maker(facts: PlanFacts) -> bool:
    return facts.actor.id != facts.made_by


@guard(_("还没有到生效的日子。"))
def its_day_has_come(facts: PlanFacts) -> bool:
    return facts.due


_OPEN = {PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED}
# Approving and sending back ask for one of APPROVERS; the action looks.
FLOW = Flow(
    [
        Move(PlanVerb.SUBMIT, {PlanState.DRAFT}, PlanState.SUBMITTED, duty=ADMIN_PLACES, guards=(still_fits,)),
        Move(
            PlanVerb.APPROVE,
            {PlanState.SUBMITTED},
            PlanState.APPROVED,
            guards=(by_a_person, not_the_maker, still_fits),
        ),
        Move(PlanVerb.SEND_BACK, {PlanState.SUBMITTED}, PlanState.DRAFT, guards=(by_a_person,)),
        Move(PlanVerb.EFFECT, {PlanState.APPROVED}, PlanState.EFFECTIVE, guards=(its_day_has_come, still_fits)),
        Move(PlanVerb.EXPIRE, {PlanState.APPROVED}, PlanState.DRAFT),
        Move(PlanVerb.DROP, _OPEN, PlanState.DROPPED, duty=ADMIN_PLACES),
    ]
)


# Many nets, one grid (REG-02)


class NetKind(Term):
    """The nets that departments drew, each for itself."""

    PARTY = "party", _("党建网")
    SAFETY = "safety", _("综治网")
    EMERGENCY = "emergency", _("应急网")
    CITY = "city", _("城管网")
    CIVIL = "civil", _("民政网")
    HEALTH = "health", _("卫健网")


class Mode(Term):
    """How a grid works now."""

    PEACE = "peace", _("平时")
    EMERGENCY = "emergency", _("应急")


class Principle(Term):
    """The four principles by which grids are drawn."""

    SIZE = "size", _("规模适度")
    STAFF = "staff", _("人员配比")
    MERGING = "merging", _("工作整合")
    SWITCH = "switch", _("平战转化")


# What a grid does for each of the old nets until a street writes its own words: in peace, and in an emergency.
DUTIES: Final = {
    NetKind.PARTY: (_("联系党员和群众，收集民情"), _("组织党员突击队")),
    NetKind.SAFETY: (_("巡查治安隐患，排查矛盾"), _("守好出入口，维持秩序")),
    NetKind.EMERGENCY: (_("看护应急物资和避难场所"), _("传达预警，带路转移")),
    NetKind.CITY: (_("巡查市容和公共设施"), _("清障排险，报告险情")),
    NetKind.CIVIL: (_("告知救助政策，代办申请"), _("照应求助的住户")),
    NetKind.HEALTH: (_("宣传健康知识，报告环境卫生"), _("协助现场防护和消杀")),
}

HOUSEHOLDS: Final = 250
LEAST_SHARE, MOST_SHARE = 60, 140  # percent of the standard


@dataclass(frozen=True)
class Standard:
    """What a street asks of its grids."""

    households: int = HOUSEHOLDS
    least: int = HOUSEHOLDS * LEAST_SHARE // 100
    most: int = HOUSEHOLDS * MOST_SHARE // 100
    full_time: int = 1


@dataclass(frozen=True)
class GridFacts:
    """What the principles look at."""

    households: int
    heads: int
    full_time: int
    old_nets: int  # nets over this grid that still run beside it
    duties: frozenset[str]  # net kinds with a duty in peace
    emergency: frozenset[str]  # net kinds with a duty in an emergency


@dataclass(frozen=True)
class Check:
    """One principle of one grid: holds or not, and why."""

    principle: Principle
    good: bool
    says: str
    short: str = ""


def checks(facts: GridFacts, standard: Standard) -> list[Check]:
    """The four principles, each with its figure."""
    return [_size(facts, standard), _staff(facts, standard), _merging(facts), _switch(facts)]


def _size(facts: GridFacts, standard: Standard) -> Check:
    told = {"households": facts.households, "standard": standard.households}
    good = standard.least <= facts.households <= standard.most
    says = _("%(households)s 户，每格约 %(standard)s 户。")
    if facts.households > standard.most:
        says = _("%(households)s 户，超过每格约 %(standard)s 户，建议拆分。")
    elif facts.households < standard.least:
        says = _("%(households)s 户，少于每格约 %(standard)s 户，建议合并。")
    return Check(Principle.SIZE, good, str(says) % told, str(_("%(households)s 户")) % told)


def _staff(facts: GridFacts, standard: Standard) -> Check:
    told = {"heads": facts.heads, "full_time": facts.full_time, "needed": standard.full_time}
    short = str(_("%(heads)s + %(full_time)s 人")) % told
    if facts.heads and facts.full_time >= standard.full_time:
        return Check(Principle.STAFF, True, str(_("网格长 %(heads)s 人，专职 %(full_time)s 人。")) % told, short)
    says = _("网格长 %(heads)s 人，专职 %(full_time)s 人；要有网格长，专职至少 %(needed)s 人。")
    return Check(Principle.STAFF, False, str(says) % told, short)


def _merging(facts: GridFacts) -> Check:
    lacking = [str(one.label) for one in NetKind if one.value not in facts.duties]
    told = {"count": facts.old_nets or len(lacking), "nets": listed(lacking)}
    if facts.old_nets:
        says, short = _("还有 %(count)s 张旧网没有并进来。"), _("旧网 %(count)s")
    elif lacking:
        says, short = _("还缺职责：%(nets)s。"), _("缺 %(count)s 项")
    else:
        says, short = _("六张网的职责都在这一格。"), _("齐")
    good = not (facts.old_nets or lacking)
    return Check(Principle.MERGING, good, str(says) % told, str(short) % told)


def _switch(facts: GridFacts) -> Check:
    if not facts.emergency:
        return Check(Principle.SWITCH, False, str(_("还没有应急时的分工。")), str(_("没有")))
    told = {"count": len(facts.emergency)}
    says = str(_("应急时有 %(count)s 项分工，可以一键转换。")) % told
    return Check(Principle.SWITCH, True, says, str(_("%(count)s 项")) % told)
