"""What is under way in the demo street when its world ends: each larger thing once, alive, for whoever signs in.

The calls of sixty days are built together. These are few and hang together, so each is made act by act, through the
same doors as the pages, some days, hours or minutes before the end.
"""

from __future__ import annotations

from huying.cli.play.world.under_way import desk, field, house, many, upward
from huying.cli.play.world.under_way.stage import Stage


def furnish(stage: Stage) -> None:
    """All of it, what lies furthest back first."""
    house.furnish(stage)
    upward.furnish(stage)
    field.furnish(stage)
    desk.furnish(stage)
    many.furnish(stage)
    house.hand_over(stage)


__all__ = ["Stage", "furnish"]
