"""Sending of webhooks: filled each minute and after every move, each delivery a job of its own."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from huying.channels import actions, queries


@app.periodic(cron="* * * * *")
@app.task(name="channels.fan_out", queue="webhooks", queueing_lock="channels.fan_out", lock="channels.fan_out")
def fan_out(timestamp: int = 0) -> int:
    """Queue new deliveries, and a job for each whose time has come. Run twice, the second finds nothing to do."""
    now = timezone.now()
    actions.fan_out(now=now)
    due = queries.due(now)
    for pk in due:
        try:
            deliver.configure(queueing_lock=f"channels.deliver.{pk}").defer(delivery_id=str(pk))
        except AlreadyEnqueued:
            continue
    return len(due)


@app.task(name="channels.deliver", queue="webhooks")
def deliver(delivery_id: str) -> str:
    return actions.deliver(delivery_id=UUID(delivery_id), now=timezone.now())


@app.periodic(cron="41 3 * * *")
@app.task(name="channels.forget", queue="upkeep", lock="channels.forget")
def forget(timestamp: int) -> int:
    return actions.forget_deliveries(now=timezone.now())
