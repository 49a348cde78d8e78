"""专项整治: a campaign over listed places for a period; each place is worked on, and checked by another person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Term, _

THING: Final = "campaign"
SPOT: Final = "campaign_spot"
MOST_SPOTS: Final = 1000
MOST_ADDED: Final = 300
NAME_LIMIT: Final = 40
SPOT_LIMIT: Final = 60
AIM_LIMIT: Final = 500
WORDS_LIMIT: Final = 1000
MOST_DAYS: Final = 366
RANKED_FROM: Final = 10  # units with fewer places are listed, not ranked


class CampaignState(Term):
    DRAFT = "draft", _("筹备中")
    RUNNING = "running", _("进行中")
    CLOSED = "closed", _("已结题")


class SpotState(Term):
    WAITING = "todo", _("待整治")
    IN_HAND = "in_hand", _("整治中")
    DONE = "done", _("已整治")
    CHECKED = "checked", _("已核查")
    CAME_BACK = "came_back", _("反弹或退回")


class Finding(Term):
    """What came of a place."""

    SOLVED = "solved", _("整治好了")
    NOTHING = "nothing", _("现场没有问题")
    HANDED_ON = "handed_on", _("转案件办理")


class CampaignVerb(Term):
    """What history says of a campaign."""

    PLAN = "plan_campaign", _("发起专项整治")
    ADD = "add_spots", _("列入点位")
    SHARE = "share_spots", _("分工")
    BEGIN = "begin_campaign", _("开始整治")
    CLOSE = "close_campaign", _("结题")
    PUBLISH = "publish_campaign", _("公开结果")
    HIDE = "hide_campaign", _("撤下公开")


class SpotVerb(Term):
    START = "start", _("开始整治")
    FINISH = "finish", _("整治完成")
    PASS = "pass", _("核查通过")
    FAIL = "fail", _("核查退回")
    RECUR = "recur", _("发现反弹")
    OPEN_CASE = "open_case", _("转成案件")


@dataclass(frozen=True)
class Given:
    """What the form of a move says."""

    words: str = ""
    finding: str = ""
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class SpotFacts:
    state: SpotState
    running: bool  # its campaign goes on
    has_before: bool = False
    has_case: bool = False
    done_by: UUID | None = None
    actor_id: UUID | None = None
    given: Given | None = None


@guard(_("专项整治没有在进行。"))
def goes_on(facts: SpotFacts) -> bool:
    return facts.running


@guard(_("请加整治前的照片。"))
def shows_before(facts: SpotFacts) -> bool:
    return facts.given is None or facts.has_before or facts.given.before > 0


@guard(_("整治好了的，请加整治后的照片。"))
def shows_after(facts: SpotFacts) -> bool:
    return facts.given is None or facts.given.finding != Finding.SOLVED or facts.given.after > 0


@guard(_("请选结果；现场没有问题的，写一句看到什么。"))
def says_what(facts: SpotFacts) -> bool:
    given = facts.given
    return given is None or (given.finding in Finding.values and (given.finding == Finding.SOLVED or bool(given.words)))


@guard(_("转案件办理的，请先把它转成案件。"))
def case_is_there(facts: SpotFacts) -> bool:
    return facts.given is None or facts.given.finding != Finding.HANDED_ON or facts.has_case


@guard(_("不能核查自己整治的点位，请换一个人。"))
def not_who_did_it(facts: SpotFacts) -> bool:
    return facts.done_by is None or facts.done_by != facts.actor_id


@guard(_("请写明看到什么、差什么。"))
def says_why(facts: SpotFacts) -> bool:
    return facts.given is None or bool(facts.given.words)


@guard(_("这个点位已经转成案件。"))
def no_case_yet(facts: SpotFacts) -> bool:
    return not facts.has_case


S, V = SpotState, SpotVerb
DONE: Final = frozenset({S.DONE, S.CHECKED})
"""Worked on and not come back."""
OPEN_SPOTS: Final = frozenset({S.WAITING, S.IN_HAND, S.CAME_BACK})
FLOW: Final = Flow(
    [
        Move(V.START, {S.WAITING, S.CAME_BACK}, S.IN_HAND, guards=(goes_on,)),
        Move(
            V.FINISH, OPEN_SPOTS, S.DONE, guards=(goes_on, says_what, case_is_there, shows_before, shows_after)
        ),
        Move(V.PASS, {S.DONE}, S.CHECKED, guards=(goes_on, not_who_did_it)),
        Move(V.FAIL, {S.DONE}, S.CAME_BACK, guards=(goes_on, not_who_did_it, says_why)),
        Move(V.RECUR, {S.CHECKED}, S.CAME_BACK, guards=(goes_on, says_why)),
        Move(V.OPEN_CASE, OPEN_SPOTS | {S.DONE}, None, guards=(goes_on, no_case_yet, says_why)),
    ]
)  # fmt: skip
WORKING: Final = frozenset({V.START, V.FINISH, V.OPEN_CASE})
CHECKING: Final = frozenset({V.PASS, V.FAIL})


@dataclass(frozen=True)
class Counts:
    """How many places stand where; every place stands in exactly one."""

    by_state: dict[str, int]

    @property
    def every(self) -> int:
        return sum(self.by_state.values())

    def of(self, *states: SpotState) -> int:
        return sum(self.by_state.get(str(one), 0) for one in states)

    @property
    def done(self) -> int:
        return self.of(*DONE)


def counted(states: Iterable[str]) -> Counts:
    return Counts(dict(Counter(states)))


def percent(part: int, whole: int) -> str:
    """A share in words with its denominator: `80%（8/10）`; without one only the numbers."""
    told = {"share": round(100 * part / whole) if whole else 0, "part": part, "whole": whole}
    return str(_("%(share)s%%（%(part)s/%(whole)s）")) % told if whole else "—"
