"""What the clock does with people's data."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.kernel.actor import system
from huying.people.actions import end_talents as end
from huying.people.actions.away import forget_past


@app.periodic(cron="17 4 * * *")
@app.task(name="people.end_talents", queue="upkeep", queueing_lock="people.end_talents", lock="people.end_talents")
def end_talents(timestamp: int) -> int:
    """Each night: what was kept of skilled residents goes when their consent has run out."""
    total = 0
    while ended := end(actor=system("people.keeping"), now=timezone.now()):
        total += ended
    return total


@app.periodic(cron="10 16 * * *")  # 00:10 in China
@app.task(name="people.forget_away", queue="upkeep", queueing_lock="people.forget_away", lock="people.forget_away")
def forget_away(timestamp: int) -> int:
    """Each night: that somebody was away is forgotten with the day."""
    return forget_past(now=timezone.now())
