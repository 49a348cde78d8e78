"""What the clock does with clocks."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.clocks import actions


@app.periodic(cron="* * * * *")
@app.task(name="clocks.sweep", queue="sweeps", queueing_lock="clocks.sweep", lock="clocks.sweep")
def sweep(timestamp: int) -> int:
    """Every minute: news of the clocks that turned yellow or red since the last time."""
    return actions.sweep(now=timezone.now())
