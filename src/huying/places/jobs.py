"""What runs by the clock: approved changes of areas take effect on their day."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.kernel.actor import system
from huying.places import actions


@app.periodic(cron="*/10 * * * *")
@app.task(name="places.effect_due_plans", queue="upkeep", queueing_lock="places.effect_due_plans", lock="places.plans")
def effect_due_plans(timestamp: int) -> int:
    """Every ten minutes, so that a change holds from the first minutes of its day."""
    return actions.effect_due_plans(actor=system(), now=timezone.now())
