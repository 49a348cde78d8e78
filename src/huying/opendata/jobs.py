"""What runs by the clock: files of exports are taken away after some days."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.opendata import actions


@app.periodic(cron="37 3 * * *")
@app.task(name="opendata.remove_old", queue="upkeep", queueing_lock="opendata.remove_old", lock="upkeep")
def remove_old(timestamp: int) -> int:
    """Each night."""
    return actions.remove_old(now=timezone.now())
