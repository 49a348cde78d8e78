"""What runs by the clock: sealing of finished history rows."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.audit import actions


# The last field is seconds. Three times a minute, so that also with one run missed no row waits for a minute.
# No lock of the queue: the job of a killed worker would hold it until it is taken up again. `seal` has its own.
@app.periodic(cron="* * * * * */20")
@app.task(name="audit.seal", queue="upkeep", queueing_lock="audit.seal", priority=10)
def seal(timestamp: int) -> int:
    """`timestamp` is the moment it was queued for. Run twice, the second finds nothing to do."""
    return actions.seal(now=timezone.now())
