"""Every write sent two to ten times, up to 32 senders at once, some with another body under the same key.

What one sending alone leaves (rows of every table, versions of cases) is learned first. However often and in whatever
order it is sent, exactly that must be left, every sender of the same body must get the same answer, and every sender of
another body must be refused with `key-reused`.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar
from unittest import mock

from prove.bench import database
from prove.frame import Goal, Prover, Run, Sabotage

SERVED_EVERY = 10
"""One step in so many of the full form goes over the wire to a served huying with two web processes."""


FIRST = (
    "action:put", "api:create_report", "act:correct_case", "form:RowForm", "api:make_move send_back",
    "form:move correct", "action:object_to_public", "api:create_row", "form:move recuse", "action:receive",
    "api:create_webhook",
)  # fmt: skip


class Dup(Prover):
    name = "dup"
    what = "Writes of every kind are sent several times, at once and one after the other, some with another body."
    item = "writes"
    smoke, full = 100, 10_000
    per_step, per_smoke_step = 50, 100
    sabotages = (
        Sabotage("index", "the unique index over the keys of the history is dropped, and nobody waits for a key"),
        Sabotage("kept", "the answer that was kept for a key is not looked up"),
        Sabotage("hash", "what came under a key is not compared with what comes"),
    )
    goals: ClassVar = {"server_errors": Goal("==", 0), "others_not_refused": Goal("==", 0)}

    def open(self, run: Run) -> None:
        self._bench = database()
        self.bench = self._bench.__enter__()
        from huying.cases.actions import intake
        from huying.files.actions import keep
        from prove.dup import breaking, kinds, sending
        from prove.race.breaking import settle_down
        from prove.race.stage import Stage

        settle_down(run.folder)
        mock.patch.object(intake, "SAMPLE_PERCENT", 0).start()  # a second look is drawn by the case's own id
        # One browser sends a day's pictures in a second here; what it may hold at once has tests of its own.
        mock.patch.object(keep, "MOST_HELD", 10_000).start()
        mock.patch.object(keep, "MOST_BYTES_HELD", 1 << 40).start()
        self.stop_clock = breaking.clock_stands()
        self.stage = Stage.build()
        self.pool = ThreadPoolExecutor(sending.MOST, thread_name_prefix="sender")
        self.kinds = kinds.Kinds(self.stage)
        for words, facts in self.kinds.undeclared():
            run.find(words, **facts)
        for name in ("server_errors", "others_not_refused"):
            run.count(name, 0)
        run.put("kinds", len(self.kinds.every))
        self.undo = breaking.broken(run, self.bench)
        self.sending = sending.Sending(self.kinds, self.pool, run)
        order = list(self.kinds.every)
        random.Random(f"dup:{run.seed}").shuffle(order)
        if run.smoke:  # each door, and what the sabotages break, comes first
            order = [*FIRST, *(one for one in order if one not in FIRST)]
        self.order = order
        self.wire: Any = None

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        if not run.smoke and not run.sabotage and run.step % SERVED_EVERY == SERVED_EVERY - 1:
            self._over_the_wire(run, rng, items)
            return
        left, at = items, run.step * 7 if not run.smoke else 0
        while left > 0:
            sent: int = self.sending.group(self.order[at % len(self.order)], rng, left)
            left -= sent
            at += 1
        run.done(items)

    def _over_the_wire(self, run: Run, rng: random.Random, items: int) -> None:
        from prove.dup.served import Wire

        if self.wire is None:
            self.wire = Wire(run)
        left = items
        while left > 0:
            left -= self.wire.group(self.pool, rng, left)
        run.done(items)

    def close(self, run: Run) -> None:
        from django.db import connections

        if getattr(self, "wire", None) is not None:
            self.wire.close()
        mock.patch.stopall()
        for name in ("undo", "stop_clock"):
            undo: Any = getattr(self, name, None)
            if undo is not None:
                undo()
        if hasattr(self, "pool"):
            self.pool.shutdown()
        connections.close_all()
        if hasattr(self, "_bench"):
            self._bench.__exit__(None, None, None)
