"""Staged limits 分段时限 of a type: an illegal building is stopped, punished and taken down by three dates.

Each stage has a limit of its own, counted from when the handling begins; they are numbered as the type lists them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from huying.clocks.rules import Limit

MOST_STAGES: Final = 9
_STEP: Final = "stage_"


@dataclass(frozen=True)
class Stage:
    number: int
    name: str
    limit: Limit

    @property
    def step(self) -> str:
        """What its clock is called."""
        return step_of(self.number)


def step_of(number: int) -> str:
    """What the clock of a stage is called."""
    return f"{_STEP}{number}"


def stages_of(written: Iterable[str]) -> list[Stage]:
    """The stages of a type, each written as `name=limit`."""
    told = (one.partition("=") for one in written)
    return [Stage(number, name, Limit.parse(limit)) for number, (name, _equals, limit) in enumerate(told, start=1)]


def stage_number(step: str) -> int:
    """Which stage a clock is of; 0 for a clock of anything else."""
    head, _dash, number = step.rpartition("_")
    return int(number) if f"{head}_" == _STEP and number.isdigit() else 0
