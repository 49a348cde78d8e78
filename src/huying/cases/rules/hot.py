"""Hot issues of a street: which calls are looked at, where an issue lies, its words. `triage.hot` makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from os.path import commonprefix

from huying.kernel.terms import Term, _

WINDOW = timedelta(days=120)
MOST_CALLS = 10_000
LEVELS = (15, 12, 9)


class Trend(Term):
    """Calls of the last thirty days against the thirty before; the values are those of `triage.hot.Trend`."""

    RISING = "rising", _("上升")
    STEADY = "steady", _("持平")
    FALLING = "falling", _("回落")
    QUIET = "quiet", _("平静")


class Concerned(Term):
    """Groups of people that a matter can concern; the values are those of `triage.hot.CONCERNED`."""

    OWNERS = "业主", _("业主")
    RESIDENTS = "居民", _("居民")
    VILLAGERS = "村民", _("村民")
    PARENTS = "家长", _("家长")
    PUPILS = "学生", _("学生")
    OLD = "老人", _("老人")
    DISABLED = "残疾人", _("残疾人")
    MIGRANT_WORKERS = "农民工", _("农民工")
    TENANTS = "租户", _("租户")
    SHOPS = "商户", _("商户")
    DRIVERS = "司机", _("司机")
    PASSENGERS = "乘客", _("乘客")
    STAFF = "员工", _("员工")
    PATIENTS = "患者", _("患者")
    RETIRED = "退休人员", _("退休人员")
    CHILDREN = "儿童", _("儿童")


class Reason(Term):
    """Why two calls are likely the same thing; the values are those of `triage.same.Reason`."""

    PLACE = "place", _("同一地点")
    TYPE = "type", _("同类事项")
    WORDS = "words", _("说的相近")
    DAYS = "days", _("时间相近")


def area_of(codes: Iterable[str]) -> str:
    """The smallest area (grid, community, street) that holds all these places; empty where they have no street."""
    shared = commonprefix(sorted(codes))
    return next((shared[:level] for level in LEVELS if len(shared) >= level), "")


def most_of(codes: Iterable[str]) -> str:
    """The type of most calls; of as many the smaller code; empty where none has one."""
    counted = Counter(code for code in codes if code)
    return min(counted, key=lambda code: (-counted[code], code), default="")
