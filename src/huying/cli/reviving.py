"""The embedded database under `huying serve`: started again at once when it dies."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable

import psycopg

from huying.config.postgres import PostgresProblem, Server

LOOK_SECONDS = 0.5


class Reviver(threading.Thread):
    """Holds one connection that nobody uses: the kernel tells at once when the server at its other end is gone."""

    def __init__(self, server: Server, say: Callable[[str], None], stopping: threading.Event) -> None:
        super().__init__(name="revive-database", daemon=True)
        self.server, self.say, self.stopping = server, say, stopping

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                with psycopg.connect(self.server.url(), autocommit=True, connect_timeout=5) as line:
                    self._watch(line)
            except psycopg.Error:
                if not self.stopping.is_set():
                    self._revive()

    def _watch(self, line: psycopg.Connection[tuple[object, ...]]) -> None:
        while not self.stopping.is_set():
            if select.select([line.fileno()], [], [], LOOK_SECONDS)[0]:
                line.execute("SELECT 1")  # raises where what came was the end

    def _revive(self) -> None:
        try:
            if self.server.revive():
                self.say("database: ended, started again")
        except PostgresProblem as why:
            self.say(f"database: {why}")
        self.stopping.wait(0.1)


__all__ = ["Reviver"]
