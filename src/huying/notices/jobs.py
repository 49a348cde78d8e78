"""What runs by the clock: the outbox, and papers whose term is over. Run twice, the second finds nothing to do."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.notices import actions


@app.task(name="notices.send", queue="notices")
def send() -> int:
    """Send what is due; deferred with the act that queued something."""
    return actions.send_due(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="notices.sweep", queue="notices", queueing_lock="notices.sweep", lock="notices.sweep")
def sweep(timestamp: int) -> int:
    """Each minute: what waited (quiet hours, digests, a further try), and what a killed worker had in hand."""
    now = timezone.now()
    actions.take_up_again(now=now)
    actions.tell_ended(now=now)
    return actions.send_due(now=now)


@app.periodic(cron="41 3 * * *")
@app.task(name="notices.prune", queue="upkeep", queueing_lock="notices.prune", lock="notices.prune")
def prune(timestamp: int) -> int:
    """Each night: what the limits no longer need, secrets that ran out, old notices."""
    return actions.prune(now=timezone.now())
