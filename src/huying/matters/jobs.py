"""What the clock does with the catalogue."""

from datetime import UTC, datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.kernel.actor import system
from huying.matters import actions
from huying.matters.actions import knowledge, sets


@app.periodic(cron="*/10 * * * *")
@app.task(name="matters.bring_due_into_force", queue="sweeps", queueing_lock="matters.bring_due_into_force")
def bring_due_into_force(timestamp: int) -> None:
    """An approved version takes effect on its day; running twice does nothing more."""
    actions.bring_due_into_force(actor=system("matters.sweep"), now=datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="matters.end_switches", queue="sweeps", queueing_lock="matters.end_switches", lock="matters.end_switches"
)
def end_switches(timestamp: int) -> int:
    """Sets of limits are switched back at their stated end, also when that passed while nobody was there."""
    return sets.end_switches(actor=system("matters.sweep"), now=timezone.now())


@app.periodic(cron="20 8 * * *")
@app.task(name="matters.remind_reviews", queue="sweeps", queueing_lock="matters.remind_reviews")
def remind_reviews(timestamp: int) -> int:
    """In the morning: texts of the knowledge base whose day of review has come."""
    return knowledge.remind_reviews(actor=system("matters.sweep"), now=timezone.now())
