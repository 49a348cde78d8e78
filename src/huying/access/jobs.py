"""Each night old traces of sign-ins go."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.access import actions


@app.periodic(cron="41 3 * * *")
@app.task(name="access.tidy", queue="upkeep", queueing_lock="access.tidy", lock="access.tidy")
def tidy(timestamp: int) -> None:
    """Each night: addresses after thirty days, sign-ins after six months, sent codes and old failures after a day."""
    actions.tidy(now=timezone.now())
