"""Call trees 呼叫树: which posts are called about an urgent matter, in which order, until somebody answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from huying.kernel.terms import Term, _

SHORTEST, LONGEST = 1, 240  # minutes until the next step
MOST_STEPS = 9
CODE_LASTS = timedelta(hours=6)
YES = "1"  # the key that answers on the telephone


class Occasion(Term):
    """When a tree begins."""

    DESK = "desk", _("刚收到或刚上报来，等接手")
    UNIT = "unit", _("派给单位，等签收")


class TreeEnd(Term):
    """How a tree ended."""

    PAGE = "page", _("在页面上应答")
    LINK = "link", _("用链接应答")
    KEY = "key", _("在电话上按键应答")
    TAKEN = "taken", _("已有人接手")
    MOVED = "moved", _("转到别处办理，改叫那里的人")
    NOBODY = "nobody", _("叫完了，没有人应答")


@dataclass(frozen=True)
class Step:
    """One step: who holds `post` is called, and `minutes` later the next where nobody answered."""

    number: int
    post: str
    minutes: int
    area_code: str


def nearest(steps: Iterable[Step]) -> list[Step]:
    """The steps of the smallest area that has any, in order: a community's own tree stands for its street's."""
    found = list(steps)
    area = max((one.area_code for one in found), key=len, default="")
    return sorted((one for one in found if one.area_code == area), key=lambda one: one.number)


def after(steps: Iterable[Step], number: int) -> list[Step]:
    """What is left to call after a step."""
    return [one for one in steps if one.number > number]


def next_at(step: Step, now: datetime) -> datetime:
    """When the next step is due: counted from the call, so that a sweep that stood still does not ring all at once."""
    return now + timedelta(minutes=step.minutes)
