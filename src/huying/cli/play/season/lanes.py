"""Lanes of a season, each played by a process of its own: while one waits for the database another goes on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from django.db import DatabaseError, connection, connections

Told = Callable[[int], None]  # so many calls more were played
LOOK = 1.0  # seconds between two looks at how far they are
_LOCK = 4_829_377  # an advisory lock of the database


def in_lanes(lanes: int, street: str, play: Callable[[int, Told], None], told: Told) -> bool:
    """Call `play(lane, told)` for each lane; says whether all came to their end.

    One lane is played here. Several are forked, so that they begin with all that is known here already. None is left
    behind: whoever ends meanwhile takes them along, and a lane whose parent was killed stops after its present call.
    """
    if lanes == 1:
        with held(street):
            play(0, told)
        return True
    connections.close_all()  # a connection has one process
    context = multiprocessing.get_context("fork")
    count, known = context.Value("i", 0), 0
    playing: list[BaseProcess] = [
        context.Process(target=_lane, args=(lane, street, play, count, os.getpid()), name=f"lane-{lane}")
        for lane in range(lanes)
    ]
    try:
        for one in playing:
            one.start()
        while going := [one.sentinel for one in playing if one.exitcode is None]:
            wait(going, LOOK)
            now = count.value
            told(now - known)
            known = now
            if any(one.exitcode for one in playing):
                return False
        return True
    finally:
        for one in playing:
            if one.pid is not None:
                one.terminate()
                one.join()


def _lane(lane: int, street: str, play: Callable[[int, Told], None], count: Any, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and ends its lanes
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for one in connections:  # none is the parent's: closed in here, it would be closed there too
        with suppress(AttributeError):
            del connections[one]

    def told(steps: int) -> None:
        with count.get_lock():
            count.value += steps
        if os.getppid() != parent:
            sys.exit(1)

    with held(street, shared=True):
        play(lane, told)
    connections.close_all()


@contextmanager
def held(street: str, *, shared: bool = False) -> Iterator[None]:
    """Wait until nobody else plays the street's season; its lanes hold it together."""
    kind = "_shared" if shared else ""
    key = [_LOCK, int(street) % 2**31]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock{kind}(%s, %s)", key)
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # whoever lost the connection holds nothing
            cursor.execute(f"SELECT pg_advisory_unlock{kind}(%s, %s)", key)
