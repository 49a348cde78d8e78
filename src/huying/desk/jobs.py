"""What runs by the clock: files of exports are taken away after a day."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.desk import actions


@app.periodic(cron="11 * * * *")
@app.task(name="desk.remove_exports", queue="upkeep", queueing_lock="desk.remove_exports", lock="upkeep")
def remove_exports(timestamp: int) -> int:
    """Each hour."""
    return actions.remove_exports(now=timezone.now())
