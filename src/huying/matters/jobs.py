"""What the clock does with the catalogue."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from huying.kernel.actor import system
from huying.matters import actions


@app.periodic(cron="*/10 * * * *")
@app.task(name="matters.bring_due_into_force", queue="sweeps", queueing_lock="matters.bring_due_into_force")
def bring_due_into_force(timestamp: int) -> None:
    """An approved version takes effect on its day; running twice does nothing more."""
    actions.bring_due_into_force(actor=system("matters.sweep"), now=datetime.fromtimestamp(timestamp, tz=UTC))
