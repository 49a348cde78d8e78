"""What a successor takes over beside the post itself: upper apps say what of theirs hangs on a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huying.kernel.actor import Actor
from huying.kernel.terms import Label


@dataclass(frozen=True)
class Carried:
    """One kind of open task. `area_code` is the post's: only what lies there goes over with it.

    `move` runs inside the hand-over's transaction, writes its own history and says how many went over.
    """

    key: str
    label: Label
    count: Callable[[UUID, str], int]  # account, area_code
    move: Callable[[UUID, UUID, str, Actor, datetime], int]  # from, to, area_code, actor, now


CARRIED: dict[str, Carried] = {}


def add_carried(one: Carried) -> None:
    CARRIED[one.key] = one
