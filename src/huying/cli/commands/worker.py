"""`huying worker`: do queued jobs until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from argparse import ArgumentParser, Namespace

from huying.cli.contract import Command, Outcome, Terminal
from huying.kernel.terms import _

GRACE = 3.0
"""Seconds that running jobs get when the worker is told to stop; unfinished ones run again elsewhere."""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help=str(_("做完现有的任务就停")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.conf import settings
    from django.utils import translation
    from procrastinate.contrib.django import app

    from huying.cli.serving import refuse_weak
    from huying.cli.supervise import watch_parent

    env = settings.ENV
    refuse_weak(env, bind=env.bind, demo=env.demo)
    watch_parent()

    async def work() -> None:
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            async with app.open_async():
                await app.run_worker_async(
                    concurrency=settings.ENV.worker_jobs,
                    wait=not options.once,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=GRACE,
                    fetch_job_polling_interval=5.0,
                )

    # What jobs write (packs, sheets, notices) is not for who started the worker.
    with contextlib.suppress(asyncio.CancelledError), translation.override(settings.LANGUAGE_CODE):
        asyncio.run(work())
    return Outcome()


COMMAND = Command(help=_("处理排队的任务"), run=run, arguments=arguments)
