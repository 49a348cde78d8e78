"""What runs by the clock: old counts of wrong codes are dropped."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.portal import actions


@app.periodic(cron="41 3 * * *")
@app.task(name="portal.forget_tries", queue="upkeep", queueing_lock="portal.tries", lock="portal.tries")
def forget_tries(timestamp: int) -> int:
    """Each night; `timestamp` is the time it was queued for."""
    return actions.forget_tries(now=timezone.now())
