"""What in our own process may have displeased the callers of a case: told so that the next word is a careful one.

Facts of our own work only, never of who called. It decides nothing: who is called back, and when, stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from huying.kernel.terms import Term, _

MANY_VOICES = 3


class Care(Term):
    """A reason to take care; the order is that in which they are told."""

    LATE = "late", _("有步骤超时")
    UNCONTACTED = "uncontacted", _("还没有联系过诉求人")
    HANDED_ON = "handed_on", _("退回或换过单位")
    REWORKED = "reworked", _("答复退回修改过")
    NUDGED = "nudged", _("被催办过")
    AGAIN = "again", _("不是第一轮")
    MANY = "many", _("多人反映")


@dataclass(frozen=True)
class Process:
    """What happened to one case, counted."""

    late_steps: int = 0
    contacted: bool = True
    handed_on: int = 0
    reworked: int = 0
    nudges: int = 0
    round: int = 1
    voices: int = 1


def care_of(process: Process) -> list[tuple[Care, int]]:
    """Each reason to take care, with how often (rounds and voices: how many)."""
    every = [
        (Care.LATE, process.late_steps, process.late_steps > 0),
        (Care.UNCONTACTED, 1, not process.contacted),
        (Care.HANDED_ON, process.handed_on, process.handed_on > 0),
        (Care.REWORKED, process.reworked, process.reworked > 0),
        (Care.NUDGED, process.nudges, process.nudges > 0),
        (Care.AGAIN, process.round, process.round > 1),
        (Care.MANY, process.voices, process.voices >= MANY_VOICES),
    ]
    return [(reason, count) for reason, count, holds in every if holds]
