"""Whistles 吹哨报到: a lower tier calls units of the next one to the place. Words, kinds, moves, figures.

A whistle is a contract between one who calls and each unit that is called: who, why the lower tier cannot, by when.
`FLOW` moves the whistle, `PART_FLOW` one called unit's part in it; `WHO` says whose a move is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Label, Term, _
from huying.people.rules import UnitKind

RECORD_WITHIN = timedelta(hours=24)
"""A whistle that was phoned first is written down no later than that."""
LEAST_RANKED = 10
LOWEST, HIGHEST = 1, 5  # of a rating
ANSWER, ARRIVE = "whistle_answer", "whistle_arrive"  # steps of the clocks of a part
THING = "whistle"  # what history, clocks, approvals and files call a whistle and its parts


class WhistleState(Term):
    ASKED = "asked", _("待审批")
    BLOWN = "blown", _("已吹哨")
    JOINT = "joint", _("联合处置")
    ENDED = "ended", _("已销哨")
    RATED = "rated", _("已评哨")
    REFUSED = "refused", _("未同意吹哨")
    CANCELLED = "cancelled", _("已撤哨")


class PartState(Term):
    NAMED = "named", _("待审批")
    CALLED = "called", _("待应哨")
    ANSWERED = "answered", _("已应哨")
    ARRIVED = "arrived", _("已报到")
    DONE = "done", _("处置完成")
    RELEASED = "released", _("异议成立")
    ABSENT = "absent", _("没有报到")
    CANCELLED = "cancelled", _("已撤哨")


class WhistleVerb(Term):
    ASK = "ask", _("申请吹哨")
    PHONE = "phone", _("补记紧急吹哨")
    APPROVE = "approve", _("同意吹哨")
    REFUSE = "refuse", _("不同意吹哨")
    CONFIRM = "confirm", _("补认紧急吹哨")
    DISOWN = "disown", _("不认可紧急吹哨")
    CANCEL = "cancel", _("撤哨")
    BEGIN = "begin", _("开始联合处置")
    END = "end", _("销哨")
    CLOSE = "close", _("评哨完成")


class PartVerb(Term):
    NAME = "name", _("拟叫")
    CALL = "call", _("吹哨到")
    ANSWER = "answer", _("应哨")
    ARRIVE = "arrive", _("报到")
    FINISH = "finish", _("处置完成")
    OBJECT = "object", _("提出异议")
    UPHOLD = "uphold", _("异议成立")
    OVERRULE = "overrule", _("异议不成立")
    RATE_UNIT = "rate_unit", _("评应哨单位")
    RATE_CALLER = "rate_caller", _("评吹哨单位")
    CLIMB = "climb", _("告知上级负责人")
    MISS = "miss", _("没有报到")
    DROP = "drop", _("随撤哨结束")


class Who(Term):
    """Whose move it is."""

    CALLER = "caller", _("吹哨单位")
    HEAD = "head", _("吹哨单位负责人")
    UNIT = "unit", _("被叫单位")
    DESK_ABOVE = "desk_above", _("吹哨单位上一级调度")
    HOUSE = "house", _("系统")


class Arrival(Term):
    """How a unit showed that it was there: a word told on the spot, or a photo. Never a position."""

    CODE = "code", _("现场口令")
    PHOTO = "photo", _("现场照片")


class Band(Term):
    FEW = "few", _("偏少")
    HEALTHY = "healthy", _("正常")
    MANY = "many", _("偏多")


# Levels


LEVEL_OF: dict[UnitKind, int] = {
    UnitKind.COMMUNITY_COMMITTEE: 1,
    UnitKind.VILLAGE_COMMITTEE: 1,
    UnitKind.COMMUNITY_PARTY: 1,
    UnitKind.STREET_SECTION: 2,
    UnitKind.STREET_CENTRE: 2,
    UnitKind.ENFORCEMENT_TEAM: 2,
    UnitKind.STATION: 2,
    UnitKind.DISTRICT_DEPARTMENT: 3,
    UnitKind.CITY_BODY: 4,
}
"""Kinds of units that call and are called, by tier. Whoever is from outside the administration is never called."""
LEVELS: dict[int, Label] = {1: _("社区"), 2: _("街道"), 3: _("区"), 4: _("市")}


class Caller(Term):
    """Tiers that may call, as a street's rule names them: the numbers of `LEVELS`."""

    COMMUNITY = "1", _("社区")
    STREET = "2", _("街道")
    DISTRICT = "3", _("区")


class Size(Term):
    """Areas that a band is for, by the digits of their codes."""

    STREET = "9", _("街道")
    COMMUNITY = "12", _("社区")


@dataclass(frozen=True)
class KindRow:
    """One kind of whistle as it is shipped; a street adds versions of its own as rows."""

    code: str
    label: Label
    answer: str  # a limit, as clocks write it
    arrive: str
    callers: tuple[int, ...]  # levels that may call, each the next one up
    phoned_first: bool = False


SHIPPED: tuple[KindRow, ...] = (
    KindRow("livelihood", _("民生类"), "1wd", "3wd", (1, 2, 3)),
    KindRow("enforcement", _("执法类"), "2wh", "1wd", (1, 2, 3)),
    KindRow("emergency", _("应急类"), "15m", "30m", (1, 2, 3), phoned_first=True),
)
BANDS: tuple[tuple[int, int, int], ...] = ((9, 4, 40), (12, 1, 12))
"""Healthy numbers of a month as they are shipped: digits of the area's code, the least, the most."""


@dataclass(frozen=True)
class Body:
    """A unit as far as calling goes."""

    id: UUID
    kind: str
    area_code: str

    @property
    def level(self) -> int:
        return LEVEL_OF.get(UnitKind(self.kind), 0)


def may_call(caller: Body, called: Body, *, place: str, callers: Iterable[int]) -> bool:
    """Whether one calls the other to a place: from one tier to the next, both of them answering for the place."""
    return (
        caller.level in callers
        and called.level == caller.level + 1
        and place.startswith(caller.area_code)
        and place.startswith(called.area_code)
    )


# What guards look at


@dataclass(frozen=True)
class Given:
    """What the form of a move says."""

    words: str = ""
    remains: str = ""
    code_right: bool = False
    photos: int = 0
    score: int = 0


@dataclass(frozen=True)
class PartFacts:
    state: PartState | None
    objected: bool = False  # has used its one objection
    objection_open: bool = False
    in_time: bool = True  # its answer is not late
    rated: bool = False  # the caller has rated this unit
    rated_back: bool = False  # the unit has rated the caller
    whistle: WhistleState | None = None
    given: Given | None = None


@dataclass(frozen=True)
class WhistleFacts:
    state: WhistleState | None
    parts: tuple[PartFacts, ...] = ()
    phoned: bool = False
    confirmed: bool = False
    given: Given | None = None


GOING = frozenset({WhistleState.BLOWN, WhistleState.JOINT})
OVER = frozenset({WhistleState.RATED, WhistleState.REFUSED, WhistleState.CANCELLED})
WAITED_FOR = frozenset({PartState.CALLED, PartState.ANSWERED})
CAME = frozenset({PartState.ARRIVED, PartState.DONE})
SEEING = WAITED_FOR | CAME | {PartState.ABSENT}
"""Parts by which a called unit sees the case, as an assisting unit does."""
LIVE = WAITED_FOR | CAME
"""Parts that open a restricted case, while their whistle is not over."""


@guard(_("请写明原因。"))
def says_why(facts: WhistleFacts | PartFacts) -> bool:
    return facts.given is None or bool(facts.given.words)


@guard(_("请写明来了谁、做了什么、还留下什么；没有留下的，写“无”。"))
def record_is_whole(facts: WhistleFacts) -> bool:
    return facts.given is None or bool(facts.given.words and facts.given.remains)


@guard(_("已经有单位报到，不能再撤哨。请处置好以后销哨。"))
def nobody_came(facts: WhistleFacts) -> bool:
    return not any(one.state in CAME for one in facts.parts)


@guard(_("还有报到的单位没有处置完成。请等它们完成，再销哨。"))
def nobody_at_work(facts: WhistleFacts) -> bool:
    return not any(one.state == PartState.ARRIVED for one in facts.parts)


@guard(_("还有异议没有决定。请等上一级调度决定，再销哨。"))
def nothing_disputed(facts: WhistleFacts) -> bool:
    return not any(one.objection_open for one in facts.parts)


@guard(_("这一次不是先打电话的，不用补认。"))
def was_phoned(facts: WhistleFacts) -> bool:
    return facts.phoned


@guard(_("负责人已经表过态。"))
def not_confirmed(facts: WhistleFacts) -> bool:
    return not facts.confirmed


@guard(_("双方还没有都评完。"))
def all_rated(facts: WhistleFacts) -> bool:
    return all(one.rated and one.rated_back for one in facts.parts if one.state == PartState.DONE)


@guard(_("这次吹哨已经不在进行。请刷新看看它到了哪一步。"))
def whistle_goes(facts: PartFacts) -> bool:
    return facts.whistle in GOING


@guard(_("异议还没有决定，请等上一级调度决定。"))
def not_disputed(facts: PartFacts) -> bool:
    return not facts.objection_open


@guard(_("没有等着决定的异议。"))
def disputed(facts: PartFacts) -> bool:
    return facts.objection_open


@guard(_("每个单位只能提一次异议。请先应哨到场。"))
def not_objected(facts: PartFacts) -> bool:
    return not facts.objected


@guard(_("应哨时限已过，不能再提异议。请先应哨到场。"))
def in_answer_time(facts: PartFacts) -> bool:
    return facts.in_time


@guard(_("口令不对，也没有现场照片。请向吹哨单位的人问口令，或者拍一张现场照片。"))
def shows_arrival(facts: PartFacts) -> bool:
    return facts.given is None or facts.given.code_right or facts.given.photos > 0


@guard(_("请写明做了什么。"))
def says_what(facts: PartFacts) -> bool:
    return facts.given is None or bool(facts.given.words)


@guard(_("销哨以后才能评。"))
def whistle_ended(facts: PartFacts) -> bool:
    return facts.whistle == WhistleState.ENDED


@guard(_("已经评过了，不能再改。"))
def not_rated(facts: PartFacts) -> bool:
    return not facts.rated


@guard(_("已经评过了，不能再改。"))
def not_rated_back(facts: PartFacts) -> bool:
    return not facts.rated_back


@guard(_("请打 1 到 5 分。"))
def score_fits(facts: PartFacts) -> bool:
    return facts.given is None or LOWEST <= facts.given.score <= HIGHEST


# The tables of moves

W, P, V, U = WhistleState, PartState, WhistleVerb, PartVerb
_PHONED = {W.BLOWN, W.JOINT, W.ENDED, W.RATED, W.CANCELLED}

FLOW = Flow(
    [
        Move(V.ASK, {None}, W.ASKED, guards=(says_why,)),
        Move(V.PHONE, {None}, W.BLOWN, guards=(says_why,)),
        Move(V.APPROVE, {W.ASKED}, W.BLOWN),
        Move(V.REFUSE, {W.ASKED}, W.REFUSED, guards=(says_why,)),
        Move(V.CONFIRM, _PHONED, None, guards=(was_phoned, not_confirmed)),
        Move(V.DISOWN, _PHONED, None, guards=(was_phoned, not_confirmed, says_why)),
        Move(V.CANCEL, {W.ASKED, W.BLOWN}, W.CANCELLED, guards=(nobody_came, says_why)),
        Move(V.BEGIN, {W.BLOWN}, W.JOINT),
        Move(V.END, {W.JOINT}, W.ENDED, guards=(nobody_at_work, nothing_disputed, record_is_whole)),
        Move(V.CLOSE, {W.ENDED}, W.RATED, guards=(all_rated,)),
    ]
)
PART_FLOW = Flow(
    [
        Move(U.NAME, {None}, P.NAMED),
        Move(U.CALL, {P.NAMED}, P.CALLED),
        Move(U.ANSWER, {P.CALLED}, P.ANSWERED, guards=(whistle_goes, not_disputed)),
        Move(U.ARRIVE, WAITED_FOR, P.ARRIVED, guards=(whistle_goes, not_disputed, shows_arrival)),
        Move(U.FINISH, {P.ARRIVED}, P.DONE, guards=(whistle_goes, says_what)),
        Move(U.OBJECT, {P.CALLED}, None, guards=(whistle_goes, not_objected, in_answer_time, says_why)),
        Move(U.UPHOLD, {P.CALLED}, P.RELEASED, guards=(disputed,)),
        Move(U.OVERRULE, {P.CALLED}, None, guards=(disputed, says_why)),
        Move(U.RATE_UNIT, {P.DONE}, None, guards=(whistle_ended, not_rated, score_fits)),
        Move(U.RATE_CALLER, {P.DONE}, None, guards=(whistle_ended, not_rated_back, score_fits)),
        Move(U.MISS, WAITED_FOR, P.ABSENT),
        Move(U.DROP, WAITED_FOR | {P.NAMED}, P.CANCELLED),
    ]
)

WHO: dict[WhistleVerb | PartVerb, Who] = {
    V.ASK: Who.CALLER, V.PHONE: Who.CALLER, V.APPROVE: Who.HEAD, V.REFUSE: Who.HEAD, V.CONFIRM: Who.HEAD,
    V.DISOWN: Who.HEAD, V.CANCEL: Who.CALLER, V.BEGIN: Who.HOUSE, V.END: Who.CALLER, V.CLOSE: Who.HOUSE,
    U.NAME: Who.HOUSE, U.CALL: Who.HOUSE, U.ANSWER: Who.UNIT, U.ARRIVE: Who.UNIT, U.FINISH: Who.UNIT,
    U.OBJECT: Who.UNIT, U.UPHOLD: Who.DESK_ABOVE, U.OVERRULE: Who.DESK_ABOVE, U.RATE_UNIT: Who.CALLER,
    U.RATE_CALLER: Who.UNIT, U.CLIMB: Who.HOUSE, U.MISS: Who.HOUSE, U.DROP: Who.HOUSE,
}  # fmt: skip


# Figures


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    @property
    def ranked(self) -> bool:
        """Few are shown as they are: a rate of them would say more than it knows."""
        return self.whole >= LEAST_RANKED

    @property
    def percent(self) -> int | None:
        return round(self.part * 100 / self.whole) if self.ranked else None


def band_of(count: int, least: int, most: int) -> Band:
    """Neither too few (matters wait below) nor too many (the whistle stands for everyday work)."""
    return Band.FEW if count < least else Band.MANY if count > most else Band.HEALTHY
