"""Acts on what hangs on a case, as steps of its story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from huying.cli.play.story import Deed, Step
from huying.kernel.actor import Actor


def step(act: Callable[..., object], key: UUID, who: Actor | None, at: datetime, **given: Any) -> Step | None:
    """An act on a thing of the case, by its key; None where nobody is there to do it."""
    return Step(Deed(act.__name__, partial(act, key)), who, at, given) if who is not None else None
