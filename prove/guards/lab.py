"""A worker: collects tests once, then tries one mutant after the other, each in a fork of its own.

`python -m prove.guards.lab IN OUT PATHS…` reads one JSON line for each order from the descriptor IN and answers one on
OUT. The database is this worker's copy; a fork opens a connection of its own and its transaction dies with it.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from prove.guards import sites, switch

MUTANT_SECONDS = 90
FORCED_FROM = "GUARDS_NOT_APPLIED"  # sabotage: mutants are set, and nothing changes


class Lab:
    """The pytest plugin that takes the place of the loop over tests."""

    def __init__(self, orders: int, answers: int) -> None:
        self.orders = os.fdopen(orders, "r", encoding="utf-8")
        self.answers = os.fdopen(answers, "w", encoding="utf-8")
        self.items: dict[str, Any] = {}

    def pytest_sessionstart(self, session: Any) -> None:
        from prove.guards import tables

        sites.read_all()
        tables.wrap()

    def pytest_runtestloop(self, session: Any) -> bool:
        self.items = {one.nodeid: one for one in session.items}
        self.say({"known": switch.known, "tests": list(self.items)})
        for line in self.orders:
            order = json.loads(line)
            started = time.monotonic()
            found = getattr(self, order.pop("do"))(**order)
            self.say(found | {"seconds": round(time.monotonic() - started, 3)})
        return True

    def say(self, what: dict[str, Any]) -> None:
        self.answers.write(json.dumps(what) + "\n")
        self.answers.flush()

    # orders

    def heat(self, tests: list[str]) -> dict[str, Any]:
        """Fixtures of the session, and the small street, made before the first fork."""
        for name in tests:
            self._run(self.items[name])
        self._close()
        gc.collect()
        gc.freeze()
        return {"warm": len(tests)}

    def look(self, tests: list[str]) -> dict[str, Any]:
        """Which test would notice which mutant: [place, way] lists, seconds, and whether it is green."""

        def looked() -> dict[str, Any]:
            found = {}
            for name in tests:
                switch.felt = set()
                started = time.monotonic()
                failed = self._run(self.items[name])
                found[name] = (not failed, round(time.monotonic() - started, 4), sorted(switch.felt))
            switch.felt = None
            return {"looked": found}

        return self._forked(looked, 3600)

    def kill(self, place: str, way: str, tests: list[str]) -> dict[str, Any]:
        """Whether one of the tests goes red with the mutant set."""

        def tried() -> dict[str, Any]:
            if not os.environ.get(FORCED_FROM):
                switch.active = (place, way)
            for name in tests:
                if self._run(self.items[name]):
                    return {"killed": True, "by": name}
            return {"killed": False, "by": ""}

        return self._forked(tried, MUTANT_SECONDS)

    # forks

    def _forked(self, act: Callable[[], dict[str, Any]], seconds: int) -> dict[str, Any]:
        self._close()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.close(reader)
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.alarm(seconds)
                found = pickle.dumps(act())
                with os.fdopen(writer, "wb") as out:
                    out.write(found)
                code = 0
            finally:
                os._exit(code)
        os.close(writer)
        with os.fdopen(reader, "rb") as back:
            said = back.read()
        _child, status = os.waitpid(child, 0)
        if said:
            found: dict[str, Any] = pickle.loads(said)
            return found
        # The mutant brought the whole process down, or it never came to an end.
        return {"killed": True, "by": f"the process (status {status})"}

    def _run(self, item: Any) -> bool:
        """Whether the test fails. Only what the session made stays for the next one."""
        from _pytest.runner import runtestprotocol

        reports = runtestprotocol(item, nextitem=_Next(item.session), log=False)
        if os.environ.get("GUARDS_SAY"):
            for one in reports:
                if one.failed:
                    print(one.longreprtext, file=sys.__stderr__)
        return any(one.failed for one in reports)

    @staticmethod
    def _close() -> None:
        from django.db import connections

        for one in connections.all(initialized_only=True):
            one.close()


class _Next:
    """Stands for a test of another file."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def listchain(self) -> list[Any]:
        return [self.session]


def main() -> int:
    sites.install()
    import pytest

    orders, answers, *paths = sys.argv[1:]
    return int(
        pytest.main(
            [
                *paths,
                "-q",
                "-x",
                "-m",
                "not slow and not browser and not real_data",
                "-p",
                "no:xdist",
                "-p",
                "no:faulthandler",
            ],
            plugins=[Lab(int(orders), int(answers))],
        )
    )


if __name__ == "__main__":
    sys.exit(main())
