"""Sets of limits for a season or a storm: which occasions there are, and how their lines are written and found.

A set overrides the catalogue's limits by step and grade, for every type or for one. What it does not name stays as the
catalogue has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huying.kernel.refusals import Invalid
from huying.kernel.terms import Label, Term, _
from huying.matters.rules import Grade, Step
from huying.matters.rules.book import limits_text, read_limits

MOST_LINES = 200
_FOR_TYPE = re.compile(r"([0-9]{4})\s+(.+)")
Key = tuple[str, str, str]  # type ("" for every type), step, grade ("" for every grade)


class Season(Term):
    """What a set is for. The ordinary limits are the catalogue's own."""

    HEAT = "heat", _("高温")
    TYPHOON = "typhoon", _("台风")
    RAINSTORM = "rainstorm", _("暴雨")
    SUDDEN = "sudden", _("突发险情")
    SPRING_FESTIVAL = "spring_festival", _("春节")


class Alert(Term):
    """The level of a warning, as the weather service gives it."""

    BLUE = "blue", _("蓝色预警")
    YELLOW = "yellow", _("黄色预警")
    ORANGE = "orange", _("橙色预警")
    RED = "red", _("红色预警")


# Which levels an occasion has; "" where it has none.
LEVELS: dict[Season, tuple[str, ...]] = {
    Season.HEAT: (Alert.YELLOW, Alert.ORANGE, Alert.RED),
    Season.TYPHOON: tuple(Alert),
    Season.RAINSTORM: tuple(Alert),
    Season.SUDDEN: tuple(Alert),
    Season.SPRING_FESTIVAL: ("",),
}


def set_name(season: str, alert: str) -> Label:
    """`台风 红色预警`, `春节`."""
    if not alert:
        return Season(season).label
    return _("%(season)s%(alert)s") % {"season": Season(season).label, "alert": Alert(alert).label}


@dataclass(frozen=True)
class SetLine:
    """One limit of a set: of every type or of one, of every grade or of one."""

    type_code: str
    step: str
    grade: str
    limit: str

    @property
    def key(self) -> Key:
        return self.type_code, self.step, self.grade


def read_set(text: str) -> list[SetLine]:
    """Lines such as `办理 紧急=4h`, or `0901 办理=2h` for one type; Invalid names what cannot be read."""
    found: list[SetLine] = []
    for line in filter(None, (one.strip() for one in text.split("\n"))):
        of_type = _FOR_TYPE.fullmatch(line)
        code, rest = (of_type[1], of_type[2]) if of_type else ("", line)
        found += [SetLine(code, *one) for one in read_limits(rest)]
    keys = [one.key for one in found]
    if not found:
        raise Invalid({"limits": [_("请至少写一行。")]})
    if len(found) > MOST_LINES:
        raise Invalid({"limits": [_("最多 %(most)s 行。请分开写。") % {"most": MOST_LINES}]})
    if len(keys) != len(set(keys)):
        raise Invalid({"limits": [_("同一步同一等级写了两次。请删掉一行。")]})
    return found


def set_text(lines: Iterable[SetLine]) -> str:
    """The lines as `read_set` reads them."""
    return "\n".join(f"{one.type_code} {limits_text([(one.step, one.grade, one.limit)])}".strip() for one in lines)


def words_of(line: SetLine) -> tuple[Label, Label]:
    """Step and grade of a line in words; no grade: every grade."""
    return Step(line.step).label, Grade(line.grade).label if line.grade else _("各等级")


@dataclass(frozen=True)
class Held:
    """A set that was switched on: where, from when, until when (None: until it is switched back)."""

    id: UUID
    season: str
    alert: str
    number: int
    area_code: str
    drill: bool
    since: datetime
    until: datetime | None
    lines: Mapping[Key, tuple[str, int]]  # limit and number of its line

    def holds(self, area_code: str, at: datetime, *, drill: bool) -> bool:
        return (
            area_code.startswith(self.area_code)
            and self.drill == drill
            and self.since <= at
            and (self.until is None or at < self.until)
        )

    def line(self, type_code: str, step: str, grade: str) -> tuple[str, int] | None:
        """The most specific line: the type's before everybody's, the grade's before every grade's."""
        for key in ((type_code, step, grade), (type_code, step, ""), ("", step, grade), ("", step, "")):
            if key in self.lines:
                return self.lines[key]
        return None


def found_in(
    switches: Iterable[Held], type_code: str, step: str, grade: str, *, area_code: str, at: datetime, drill: bool
) -> tuple[Held, str, int] | None:
    """The limit that holds there then: of the smallest area first, then of what was switched on last."""
    holding = [one for one in switches if one.holds(area_code, at, drill=drill)]
    for one in sorted(holding, key=lambda held: (len(held.area_code), held.since, held.id), reverse=True):
        line = one.line(type_code, step, grade)
        if line is not None:
            return one, *line
    return None
