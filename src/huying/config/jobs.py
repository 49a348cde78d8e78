"""Upkeep of the queue itself and of sessions: killed jobs run again, what is old is removed."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

FAILED_KEPT_HOURS = 30 * 24


@app.periodic(cron="* * * * *")
@app.task(name="config.retry_stalled", queue="upkeep", pass_context=True, queueing_lock="config.retry_stalled")
async def retry_stalled(context: JobContext, timestamp: int) -> int:
    """Each minute: a job stays "doing" when its worker is killed; whoever lives takes it up again.

    It has no lock of its own: the worker that held it could die as well, and then nothing would free anything.
    """
    manager = context.app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=60))
    for job in stalled:
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            # One like it waits already and does the same, once this one no longer holds the lock.
            await manager.finish_job(job, status=Status.ABORTED, delete_job=True)
    return len(stalled)


@app.periodic(cron="23 3 * * *")
@app.task(name="config.remove_failed", queue="upkeep", pass_context=True, lock="upkeep")
async def remove_failed(context: JobContext, timestamp: int) -> None:
    """Each night: successful jobs are removed when done, failed ones after 30 days."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=FAILED_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="29 3 * * *")
@app.task(
    name="config.clear_sessions", queue="upkeep", queueing_lock="config.clear_sessions", lock="config.clear_sessions"
)
def clear_sessions(timestamp: int) -> None:
    """Each night: sessions that have run out go, and with them the words of reports that were never sent."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
