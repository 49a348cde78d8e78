"""Words and limits of residents' pages: steps of the form, what a person may do, how often a code may be tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from huying.cases.rules import OPEN, State, Verb
from huying.kernel.terms import Label, _
from huying.matters.rules import Step

MOST_PHOTOS = 6
MOST_PAPERS = 2
UNSURE = "unsure"  # "I cannot say what kind it is": left to the clerk
REMEMBERED = 20  # own reports that one phone keeps
REMEMBERED_FOR = timedelta(days=180)
DRAFT_FOR = timedelta(hours=24)

# Wrong codes from one address, and for one code: short and over the day.
TRIES = ((10, timedelta(minutes=15)), (40, timedelta(hours=24)))
FORGET_TRIES = timedelta(days=2)
# Reports of programs without a token, from one address.
NAMELESS = ((20, timedelta(minutes=10)), (200, timedelta(hours=24)))

NUMBERS: dict[str, Label] = {
    "110": _("报警"),
    "119": _("火警和救援"),
    "120": _("急救"),
    "122": _("交通事故"),
    "12356": _("心理援助"),
}
NUMBERS_SHORT: dict[str, Label] = {"110": _("报警"), "119": _("火警"), "120": _("急救")}

# What the due time of the present step promises, in a reporter's words; the others wait for the reporter.
DUE_WORDS: dict[str, Label] = {
    Step.INTAKE: _("最晚什么时候受理"),
    Step.VERIFY: _("最晚什么时候去现场看"),
    Step.FILE: _("最晚什么时候派给办理单位"),
    Step.DISPATCH: _("最晚什么时候派给办理单位"),
    Step.HANDLE: _("最晚什么时候办好"),
    Step.SIGN: _("最晚什么时候看完答复"),
    Step.REVIEW: _("最晚什么时候看完答复"),
    Step.CHECK: _("最晚什么时候去现场核查"),
}


@dataclass(frozen=True)
class Deed:
    """Something the reporter may do: its verb in the table of moves, and what the row of it says."""

    name: str
    verb: Verb
    words: Label
    says: Label
    icon: str


DEEDS: tuple[Deed, ...] = (
    Deed("rate", Verb.TELL_OUTCOME, _("评价这次办理"), _("解决了没有，满意不满意"), "star"),
    Deed("object", Verb.OBJECT, _("提异议"), _("换一个人再看一遍，14 天内"), "scale"),
    Deed("reopen", Verb.REOPEN, _("又出现了"), _("14 天内点一下就接着办，不用重填"), "undo"),
    Deed("reply", Verb.REPLY, _("回答问题"), _("办理单位在等您补充"), "message"),
    Deed("add", Verb.ADD, _("补充"), _("再加照片或几句话"), "message-add"),
    Deed("nudge", Verb.NUDGE, _("催一下"), _("办理单位马上收到提醒，一天一次"), "bell-ring"),
    Deed("fine", Verb.FINE_NOW, _("现在好了"), _("问题已经没有了，不用再办"), "check-circle"),
    Deed("withdraw", Verb.WITHDRAW, _("撤回"), _("不想反映了，不用说明原因"), "undo"),
    Deed("late", Verb.LATE_FEEDBACK, _("补评价"), _("办完 30 天内都可以说"), "star"),
)
DEED = {one.name: one for one in DEEDS}

# Before a unit has the matter there is nobody to nudge but the desk: said so in the same row.
WITH_THE_DESK = frozenset({State.RECEIVED, State.VERIFYING, State.TRIAGED, State.FILED}) & OPEN


def phone_problem(text: str) -> Label | None:
    """What is wrong with a mobile number, counted for the person; None for a landline or nothing wrong."""
    digits = "".join(one for one in text if one.isdigit())
    if not digits.startswith("1") or len(digits) == 11 or digits.startswith("12345"):
        return None
    if len(digits) < 11:
        return _("少了 %(count)s 位，请写满 11 位数字。") % {"count": 11 - len(digits)}
    return _("多了 %(count)s 位，手机号是 11 位数字。") % {"count": len(digits) - 11}
