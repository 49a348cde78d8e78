"""What the clock does with calls."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from huying.cases.actions.keeping import end_keeping as end
from huying.kernel.actor import system


@app.periodic(cron="7 4 * * *")
@app.task(name="cases.end_keeping", queue="upkeep", queueing_lock="cases.end_keeping", lock="cases.end_keeping")
def end_keeping(timestamp: int) -> int:
    """Each night: contact data of cases that ended long enough ago goes; `timestamp` is the time it was queued for."""
    return end(months=settings.CONTACT_MONTHS, actor=system("cases.keeping"), now=timezone.now())
