"""The web server, as a child of `huying serve`: granian with its processes."""

from __future__ import annotations

import gc
import os
from importlib import import_module
from typing import Any


def _logging(shape: str) -> dict[str, Any]:
    """The server's own lines, written as ours are."""
    return {
        "formatters": {"plain": {"()": "huying.config.logs.Formatter", "shape": shape}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stdout"}},
        "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
    }


def preload() -> None:
    """Load the pages before the processes fork, and open nothing that they may not share.

    What was loaded lies in memory once for all of them, and one that died is back without loading anything. So are
    libraries that are loaded late elsewhere but by every process that answers, and words that are read from files.
    """
    import_module("huying.config.wsgi")
    from django.conf import settings

    late = ("numpy", "shapely", "shapely.geometry")
    for name in (settings.ROOT_URLCONF, "huying.channels.feed", "huying.channels.stream", "a2wsgi", *late):
        import_module(name)
    import_module("huying.triage.danger").whom_to_call("")
    gc.collect()
    gc.freeze()  # nothing of it will go: the collector need not touch it, which would copy it


def main() -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from huying.cli.supervise import watch_parent
    from huying.config.env import read

    env = read()
    watch_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.config.settings")
    preload()
    # Without `respawn_failed_workers` one killed process silences the rest; without `workers_kill_timeout` open
    # streams keep a process from ending.
    if env.live:
        target, interface, threads = "huying.config.asgi:application", Interfaces.ASGI, None
    else:
        target, interface, threads = "huying.config.wsgi:application", Interfaces.WSGI, env.threads
    Granian(
        target,
        address=env.bind,
        port=env.port,
        interface=interface,
        workers=env.web_processes,
        blocking_threads=threads,
        backpressure=env.live_streams + 16 * env.threads if env.live else None,
        websockets=False,
        log_level=LogLevels.error if env.log_level == "WARNING" else LogLevels(env.log_level.lower()),
        log_dictconfig=_logging(env.log_format),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=3,
    ).serve()


if __name__ == "__main__":
    main()
