"""What the clock does with calls."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from huying.cases.actions import (
    asking,
    dialling,
    excluding,
    first_receivers,
    granting,
    heating,
    learning,
    sharing,
    tallying,
    triaging,
)
from huying.cases.actions.keeping import end_keeping as end
from huying.cases.listeners import calling, digesting, reminding, ringing
from huying.kernel.actor import system


@app.periodic(cron="7 4 * * *")
@app.task(name="cases.end_keeping", queue="upkeep", queueing_lock="cases.end_keeping", lock="cases.end_keeping")
def end_keeping(timestamp: int) -> int:
    """Each night: contact data of cases that ended long enough ago goes; `timestamp` is the time it was queued for."""
    return end(months=settings.CONTACT_MONTHS, actor=system("cases.keeping"), now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="cases.digest", queue="notices", queueing_lock="cases.digest", lock="cases.digest")
def digest(timestamp: int) -> int:
    """Every five minutes: at the hours an area has set, one notice a person of what turns red today."""
    return digesting.digest(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.climb", queue="notices", queueing_lock="cases.climb", lock="cases.climb")
def climb(timestamp: int) -> int:
    """Every minute: who has not answered a whistle or not arrived in time is told of, to the head of the tier."""
    return calling.climb_late(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.ring", queue="notices", queueing_lock="cases.ring", lock="cases.ring")
def ring(timestamp: int) -> int:
    """Every minute: the next step of each call tree that nobody has answered is called."""
    return ringing.ring(now=timezone.now())


@app.periodic(cron="30 0,8 * * *")  # 08:30 and 16:30 in China
@app.task(name="cases.sum_up", queue="notices", queueing_lock="cases.sum_up", lock="cases.sum_up")
def sum_up(timestamp: int) -> int:
    """Twice a day: leaders hear how many cases of their areas are late."""
    return reminding.sum_up(now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="cases.end_terms", queue="upkeep", queueing_lock="cases.end_terms", lock="cases.end_terms")
def end_terms(timestamp: int) -> int:
    """Every five minutes: cases whose caller did not answer in time go on."""
    return asking.end_terms(actor=system("cases.questions"), now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="cases.end_exclusions", queue="upkeep", queueing_lock="cases.end_exclusions", lock="cases.end_exclusions"
)
def end_exclusions(timestamp: int) -> int:
    """Every five minutes: what is left out of scores for its days, or not agreed to in time, counts again."""
    return excluding.close_exclusions(actor=system("cases.exclusions"), now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="cases.first_receivers", queue="upkeep", queueing_lock="cases.first_receivers", lock="cases.first_receivers"
)
def let_first_receivers_lead(timestamp: int) -> int:
    """Every five minutes: what two units gave back and nobody was named for in time goes to whoever had it first."""
    return first_receivers.let_first_receivers_lead(actor=system("cases.settling"), now=timezone.now())


@app.periodic(cron="5 16 * * *")  # 00:05 in China
@app.task(name="cases.end_holds", queue="upkeep", queueing_lock="cases.end_holds", lock="cases.end_holds")
def end_holds(timestamp: int) -> int:
    """Each night: cases held until this day go on."""
    return granting.end_holds(actor=system("cases.holds"), now=timezone.now())


@app.task(name="cases.dial", queue="notices")
def dial(dial_id: str) -> bool:
    """Ask the provider for a call; deferred with the act that asked for it."""
    return dialling.connect_asked(UUID(dial_id), now=timezone.now())


@app.periodic(cron="20 16 * * *")  # 00:20 in China
@app.task(name="cases.put_back_left", queue="upkeep", queueing_lock="cases.put_back_left", lock="cases.put_back_left")
def put_back_left(timestamp: int) -> int:
    """Each night: what a handler who left the unit still had in hand lies with the unit again."""
    return sharing.put_back_left(actor=system("cases.sharing"), now=timezone.now())


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


@app.periodic(cron="10 18 * * *")  # 02:10 in China
@app.task(name="cases.find_hot", queue="upkeep", queueing_lock="cases.find_hot", lock="cases.find_hot")
def find_hot(timestamp: int) -> int:
    """Each night: which calls of a street are about one thing is found anew; issues keep their numbers."""
    return heating.find_everywhere(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.act_alone", queue="upkeep", queueing_lock="cases.act_alone", lock="cases.act_alone")
def act_alone(timestamp: int) -> int:
    """Every minute: calls of which triage is as sure as their street asks for are dispatched; off where none asks."""
    return triaging.act_alone(now=timezone.now())


@app.periodic(cron="40 18 * * *")  # 02:40 in China
@app.task(name="cases.learn", queue="upkeep", queueing_lock="cases.learn", lock="cases.learn")
def learn(timestamp: int) -> int:
    """Each night: streets learn from their closed cases, in a process of its own; what is not better is not used."""
    return learning.learn_everywhere(actor=system("cases.learning"), now=timezone.now())
