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
MOST_WORDS = 40
"""Longest name that a clerk gives an issue."""


class HotVerb(Term):
    """What a person says of an issue, in its history."""

    NAME = "name", _("起名")
    TAKE_OUT = "take_out", _("移出一件")
    PUT_BACK = "put_back", _("放回一件")
    JOIN = "join", _("并入")
    PART = "part", _("分开")


class Trend(Term):
    """Calls of the last thirty days against the thirty before; the values are those of `triage.hot.Trend`."""

    RISING = "rising", _("上升")
    STEADY = "steady", _("持平")
    FALLING = "falling", _("回落")
    QUIET = "quiet", _("平静")


class Concerned(Term):
    """Groups of people that a matter can concern; the codes are those of `triage.hot.CONCERNED`."""

    OWNERS = "owners", _("业主")
    RESIDENTS = "residents", _("居民")
    VILLAGERS = "villagers", _("村民")
    PARENTS = "parents", _("家长")
    STUDENTS = "students", _("学生")
    OLD = "old", _("老人")
    DISABLED = "disabled", _("残疾人")
    MIGRANTS = "migrants", _("农民工")
    TENANTS = "tenants", _("租户")
    SHOPS = "shops", _("商户")
    DRIVERS = "drivers", _("司机")
    PASSENGERS = "passengers", _("乘客")
    EMPLOYEES = "employees", _("员工")
    PATIENTS = "patients", _("患者")
    RETIRED = "retired", _("退休人员")
    CHILDREN = "children", _("儿童")


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
