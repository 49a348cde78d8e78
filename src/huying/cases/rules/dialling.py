"""Calls to reporters whose number nobody sees: how each stands, and what it counts as."""

from __future__ import annotations

from datetime import timedelta

from huying.cases.rules.words import CallResult
from huying.kernel.terms import Term, _

THING = "dial"  # what history calls one
CONNECTING = _("正在接通：先响您的手机，接起来就接通诉求人。两边都看不到号码。")
RINGS_FOR = timedelta(minutes=10)  # while a call may be going on no other is asked for the same caller


class DialState(Term):
    ASKED = "asked", _("正在接通")
    RINGING = "ringing", _("已请运营商接通")
    REACHED = "reached", _("接通了")
    NO_ANSWER = "no_answer", _("没人接")
    BUSY = "busy", _("占线")
    REFUSED = "refused", _("对方挂断")
    FAILED = "failed", _("没有拨出去")


OUTCOMES = frozenset({DialState.REACHED, DialState.NO_ANSWER, DialState.BUSY, DialState.REFUSED, DialState.FAILED})
GOING = frozenset({DialState.ASKED, DialState.RINGING})
# A line that is busy, and a strange number that is not taken, are no refusal to speak: they end nobody's say.
COUNTS_AS: dict[DialState, CallResult] = {
    DialState.REACHED: CallResult.REACHED,
    DialState.NO_ANSWER: CallResult.MISSED,
    DialState.BUSY: CallResult.MISSED,
    DialState.REFUSED: CallResult.MISSED,
}
