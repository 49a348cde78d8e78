"""What the clock does with calls."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from huying.cases.actions import tallying
from huying.cases.actions.keeping import end_keeping as end
from huying.cases.listeners import calling, reminding
from huying.kernel.actor import system


@app.periodic(cron="7 4 * * *")
@app.task(name="cases.end_keeping", queue="upkeep", queueing_lock="cases.end_keeping", lock="cases.end_keeping")
def end_keeping(timestamp: int) -> int:
    """Each night: contact data of cases that ended long enough ago goes; `timestamp` is the time it was queued for."""
    return end(months=settings.CONTACT_MONTHS, actor=system("cases.keeping"), now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="cases.remind", queue="notices", queueing_lock="cases.remind", lock="cases.remind")
def remind(timestamp: int) -> int:
    """Every five minutes: units hear of limits that are near or gone, once for each limit."""
    return reminding.remind(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.climb", queue="notices", queueing_lock="cases.climb", lock="cases.climb")
def climb(timestamp: int) -> int:
    """Every minute: who has not answered a whistle or not arrived in time is told of, to the head of the tier."""
    return calling.climb_late(now=timezone.now())


@app.periodic(cron="30 0,8 * * *")  # 08:30 and 16:30 in China
@app.task(name="cases.sum_up", queue="notices", queueing_lock="cases.sum_up", lock="cases.sum_up")
def sum_up(timestamp: int) -> int:
    """Twice a day: leaders hear how many cases of their areas are late."""
    return reminding.sum_up(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.fold_tallies", queue="upkeep", queueing_lock="cases.fold_tallies", lock="cases.fold_tallies")
def fold_tallies(timestamp: int) -> int:
    """Every minute: changes of cases go into the counts of the board, which are exact before and after."""
    return tallying.fold_tallies(now=timezone.now())


@app.periodic(cron="37 19 * * *")  # 03:37 in China
@app.task(name="cases.recount", queue="upkeep", queueing_lock="cases.recount", lock="cases.recount")
def recount(timestamp: int) -> int:
    """Each night: the counts of the board are counted anew, and mended with a line in the log where they differ."""
    return tallying.recount_tallies(now=timezone.now())
