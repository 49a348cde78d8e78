"""What runs by the clock: sealing of finished history rows."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.audit import actions


@app.periodic(cron="* * * * *")
@app.task(name="audit.seal", queue="upkeep", queueing_lock="audit.seal", lock="audit.seal")
def seal(timestamp: int) -> int:
    """Each minute; `timestamp` is the minute it was queued for. Run twice, the second finds nothing to do."""
    return actions.seal(now=timezone.now())
