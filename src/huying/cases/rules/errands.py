"""A task handed to somebody outside by a one-time link: who may do what with it, and when it is over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from huying.cases.rules.masking import has_number
from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Term, _

THING = "errand"  # what files call an errand
OUTSIDER = "outsider"  # begins the label of whoever holds the link: `outsider-2` is the second of its case
TERMS: dict[str, timedelta] = {"4h": timedelta(hours=4), "1d": timedelta(days=1), "3d": timedelta(days=3),
                               "7d": timedelta(days=7), "15d": timedelta(days=15)}  # fmt: skip
FIRM_LIMIT, PLACE_LIMIT, WORDS_LIMIT = 60, 200, 1000
MOST_PHOTOS, MOST_LINES = 6, 40


class ErrandState(Term):
    SENT = "sent", _("等对方接")
    ACCEPTED = "accepted", _("对方在办")
    DONE = "done", _("对方说做完了")
    CONFIRMED = "confirmed", _("已确认")
    DECLINED = "declined", _("对方不接")
    REVOKED = "revoked", _("已收回")


class ErrandVerb(Term):
    """Lines of the case's history: each begins with `errand_`."""

    SEND = "errand_send", _("交给外单位")
    ACCEPT = "errand_accept", _("接下")
    DECLINE = "errand_decline", _("不接")
    SAY = "errand_say", _("说明情况")
    FINISH = "errand_finish", _("说做完了")
    REPLY = "errand_reply", _("回复外单位")
    SEND_BACK = "errand_send_back", _("请外单位再做")
    CONFIRM = "errand_confirm", _("确认外单位做完")
    RENEW = "errand_renew", _("换新链接")
    REVOKE = "errand_revoke", _("收回")


THEIRS = frozenset({ErrandVerb.ACCEPT, ErrandVerb.DECLINE, ErrandVerb.SAY, ErrandVerb.FINISH})


@dataclass(frozen=True)
class ErrandFacts:
    """What the guards look at. `work`: the order is live and its case open; `plain`: the case is no restricted one."""

    state: ErrandState | None
    work: bool = True
    plain: bool = True
    in_time: bool = True
    words: bool = True
    photos: int = 0


@guard(_("这件事已经不在本单位手上，链接不能再用。"))
def work_goes_on(facts: ErrandFacts) -> bool:
    return facts.work


@guard(_("保密或要回避的事，不能交给外单位。"))
def may_leave_the_house(facts: ErrandFacts) -> bool:
    return facts.plain


@guard(_("链接过期了。请让发给您的人换一个新的。"))
def link_is_in_time(facts: ErrandFacts) -> bool:
    return facts.in_time


@guard(_("请写几句，或传一张照片。"))
def says_something(facts: ErrandFacts) -> bool:
    return facts.words or facts.photos > 0


@guard(_("请写明原因。"))
def says_why(facts: ErrandFacts) -> bool:
    return facts.words


_V, _S = ErrandVerb, ErrandState
_OPEN = (work_goes_on, may_leave_the_house)
_LINK = (*_OPEN, link_is_in_time)
FLOW = Flow([
    Move(_V.SEND, {None}, _S.SENT, guards=_OPEN),
    Move(_V.ACCEPT, {_S.SENT}, _S.ACCEPTED, guards=_LINK),
    Move(_V.DECLINE, {_S.SENT}, _S.DECLINED, guards=(*_LINK, says_why)),
    Move(_V.SAY, {_S.SENT, _S.ACCEPTED}, None, guards=(*_LINK, says_something)),
    Move(_V.FINISH, {_S.ACCEPTED}, _S.DONE, guards=(*_LINK, says_something)),
    Move(_V.REPLY, {_S.SENT, _S.ACCEPTED, _S.DONE}, None, guards=(*_OPEN, says_why)),
    Move(_V.SEND_BACK, {_S.DONE}, _S.ACCEPTED, guards=(*_OPEN, says_why)),
    Move(_V.CONFIRM, {_S.DONE}, _S.CONFIRMED, guards=(work_goes_on,)),
    Move(_V.RENEW, {_S.SENT, _S.ACCEPTED, _S.DONE}, None, guards=_OPEN),
    Move(_V.REVOKE, {_S.SENT, _S.ACCEPTED, _S.DONE}, _S.REVOKED),
])  # fmt: skip
LIVE = frozenset({_S.SENT, _S.ACCEPTED, _S.DONE})


def names_a_number(words: str) -> bool:
    """Whether words for an outsider hold what may be a caller's phone."""
    return has_number(words)


def is_in_time(expires_at: datetime, now: datetime) -> bool:
    return now < expires_at
