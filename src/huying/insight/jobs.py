"""What the clock does with assessments."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.insight import actions
from huying.insight.actions.counting import mend_cells
from huying.kernel.actor import system


@app.periodic(cron="23 * * * *")
@app.task(name="insight.catch_up", queue="upkeep", queueing_lock="insight.catch_up", lock="insight.catch_up")
def catch_up(timestamp: int) -> int:
    """Every hour: cases that ended without news (imports, a restored copy) are counted."""
    return actions.catch_up()


@app.periodic(cron="47 19 * * *")  # 03:47 in China
@app.task(name="insight.mend", queue="upkeep", queueing_lock="insight.mend", lock="insight.mend")
def mend(timestamp: int) -> int:
    """Each night: the cells are added up anew, and mended with a line in the log where they differ."""
    return mend_cells()


@app.periodic(cron="10 0 * * *")  # 08:10 in China
@app.task(name="insight.propose", queue="upkeep", queueing_lock="insight.propose", lock="insight.propose")
def propose(timestamp: int) -> int:
    """Each morning: months whose objection window is over wait to be frozen."""
    return actions.propose_months(actor=system("insight.propose"), now=timezone.now())
