"""What runs by the clock: the sweep of held uploads and of files that no row names."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.files import actions


@app.periodic(cron="17 * * * *")
@app.task(name="files.sweep", queue="upkeep", queueing_lock="files.sweep", lock="files.sweep")
def sweep(timestamp: int) -> int:
    """Each hour; `timestamp` is the hour it was queued for."""
    return actions.sweep(now=timezone.now())
