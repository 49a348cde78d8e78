"""What is done beside a case's docket, walked as a step of its story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from huying.cli.play.story import Step
from huying.kernel.actor import Actor


@dataclass(frozen=True)
class Deed:
    """One such act. `nobody`: no actor of ours does it, but somebody outside by a link."""

    verb: str
    do: Callable[..., object]
    nobody: bool = False

    def __call__(self, case_id: UUID, *, actor: Actor, now: datetime, **given: Any) -> object:
        return self.do(now=now, **given) if self.nobody else self.do(actor=actor, now=now, **given)


def step(act: Callable[..., object], key: UUID, who: Actor | None, at: datetime, **given: Any) -> Step | None:
    """An act on a thing of the case, by its key; None where nobody is there to do it."""
    return Step(Deed(act.__name__, partial(act, key)), who, at, given) if who is not None else None
