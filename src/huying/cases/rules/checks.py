"""Checks on ourselves: what in our own work looks wrong and wants a second look. Pure; it judges nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from huying.cases.rules.calling import CallHours, part_of
from huying.kernel.terms import Label, Term, _

WINDOW = timedelta(days=30)
QUICK = timedelta(minutes=10)
LAST_PART = 20  # the last twentieth of a limit
BETWEEN_CALLERS = timedelta(seconds=30)
FEWEST = 10  # orders of a unit under which no figure is shown
OFTEN = 3  # a third of the orders, or more


class Check(Term):
    """A kind of finding; the order is that of the page."""

    QUICK = "quick", _("派单后几分钟就报办完")
    SAME_PHOTO = "same_photo", _("同一张照片用在两件里")
    LAST_MOMENT = "last_moment", _("压着时限提交")
    CALLS = "calls", _("回访的时间不合理")


class CallDoubt(Term):
    """What is odd about a call."""

    QUIET = "quiet", _("在不打扰的时段接通")
    TOO_SOON = "too_soon", _("上一个电话后不到半分钟又接通一个")


WORDS: dict[Check, Label] = {
    Check.QUICK: _("派单到报办完不到 10 分钟。"),
    Check.SAME_PHOTO: _("处理后的照片和另一件的一模一样。"),
    Check.LAST_MOMENT: _("在时限最后的二十分之一里提交。"),
    Check.CALLS: _("接通的电话在不打扰的时段，或接得太密。"),
}


@dataclass(frozen=True)
class Call:
    """A call in which somebody was reached; `by` tells one telephone from another and is shown nowhere."""

    id: UUID
    by: UUID | None
    at: datetime  # local


def doubtful(calls: Iterable[Call], hours: CallHours) -> list[tuple[UUID, CallDoubt]]:
    """The calls that cannot well have been: in the quiet hours, or right after another of the same hand."""
    found: list[tuple[UUID, CallDoubt]] = []
    last: dict[UUID | None, datetime] = {}
    for one in sorted(calls, key=lambda call: (call.at, call.id)):
        before = last.get(one.by)
        if part_of(one.at, hours) is None:
            found.append((one.id, CallDoubt.QUIET))
        elif before is not None and one.by is not None and one.at - before < BETWEEN_CALLERS:
            found.append((one.id, CallDoubt.TOO_SOON))
        last[one.by] = one.at
    return found


def returns_often(returned: int, orders: int) -> bool:
    """Whether a unit gives back a third of its orders or more; under ten orders nothing is said."""
    return orders >= FEWEST and returned * OFTEN >= orders
