"""What runs by the clock: kept sheets and old values of bulk changes are thrown away."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.registers import drafts


@app.periodic(cron="40 3 * * *")
@app.task(name="registers.forget", queue="upkeep", queueing_lock="registers.forget", lock="registers.forget")
def forget(timestamp: int) -> int:
    """Each night; `timestamp` is the time it was queued for."""
    return drafts.forget_old(now=timezone.now())
