"""Street rules 街道规则: what a street may decide for itself, as versions. One person writes one, another approves it.

The rule of the nearest area holds, its latest version that has begun; what comes with the system holds where there is
none. A version may also say that a kind is offered no longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Term, _


class RuleState(Term):
    WAITING = "waiting", _("待批准")
    APPROVED = "approved", _("已批准")
    REFUSED = "refused", _("没有同意")


class RuleVerb(Term):
    """Decisions on a version, and lines of its history."""

    APPROVE = "approve", _("批准")
    REFUSE = "refuse", _("不通过")


@dataclass(frozen=True)
class RuleFacts:
    """What the guards look at."""

    state: RuleState
    second_person: bool
    to_come: bool  # its first day is not over
    words: str = ""


@guard(_("写过或改过这一版的人不能批准。请换一位同事。"))
def by_second_person(facts: RuleFacts) -> bool:
    return facts.second_person


@guard(_("启用的日子已经过了，批准不能往前算。请先改成今天或以后的日子。"))
def begins_to_come(facts: RuleFacts) -> bool:
    return facts.to_come


@guard(_("请写明原因。"))
def says_why(facts: RuleFacts) -> bool:
    return bool(facts.words)


FLOW = Flow(
    [
        Move(
            RuleVerb.APPROVE, {RuleState.WAITING}, RuleState.APPROVED, guards=(by_second_person, begins_to_come)
        ),
        Move(RuleVerb.REFUSE, {RuleState.WAITING}, RuleState.REFUSED, guards=(by_second_person, says_why)),
    ]
)  # fmt: skip


class Versioned(Protocol):
    """A version of a rule: whose it is, from when, and whether it says that nothing holds any more."""

    area_code: str
    version: int
    valid_from: date
    ended: bool

    @property
    def rule(self) -> str: ...


V = TypeVar("V", bound=Versioned)


def holding(rows: Iterable[V]) -> list[V]:
    """Of approved versions that have begun, in the order they were made: the one that holds of each rule.

    A rule keeps its place in the list however often it is changed; one whose version says so holds no longer.
    """
    found: dict[str, V] = {}
    for one in rows:
        held = found.get(one.rule)
        if held is None or _rank(one) >= _rank(held):
            found[one.rule] = one
    return [one for one in found.values() if not one.ended]


def _rank(one: Versioned) -> tuple[Any, ...]:
    return len(one.area_code), one.valid_from, one.version


def around(area_code: str) -> list[str]:
    """The codes whose rules may hold in an area: its own, those above it, and "" of what comes with the system."""
    return [area_code[:length] for length in range(len(area_code) + 1)]
