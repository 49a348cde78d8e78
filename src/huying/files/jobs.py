"""What runs by the clock: the sweep of uploads and orphans, the scan of what was not scanned, the end of keeping."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from huying.files import actions
from huying.kernel.actor import system


@app.periodic(cron="17 * * * *")
@app.task(name="files.sweep", queue="upkeep", queueing_lock="files.sweep", lock="files.sweep")
def sweep(timestamp: int) -> int:
    """Each hour; `timestamp` is the hour it was queued for."""
    return actions.sweep(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="files.scan_again", queue="upkeep", queueing_lock="files.scan_again", lock="files.scan_again")
def scan_again(timestamp: int) -> int:
    """Every ten minutes, where there is a scanner: files that came while it did not answer, or before there was one."""
    return actions.scan_again(actor=system("files.scan"), now=timezone.now())


@app.periodic(cron="37 4 * * *")
@app.task(name="files.end_files", queue="upkeep", queueing_lock="files.end_files", lock="files.end_files")
def end_files(timestamp: int) -> dict[str, int]:
    """Each night: files whose term is over."""
    return actions.end_files(actor=system("files.keeping"), now=timezone.now())
