"""Two to sixteen people act on the same thing at one moment, released by a barrier, each on an own connection.

What they did is then played again, one after the other in the order of the history, on a copy of the case in memory:
every winner must be legal there and write the same lines, every loser must be refused there in the same words, and the
rows must be as the copy is. So a race is right exactly where it could have happened without being a race.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from prove.bench import database
from prove.frame import Goal, Prover, Run, Sabotage

CONTEST_EVERY = 5
"""One race in so many is not about a case: registers, people, plans, notices, catalogue, unique rows."""


class Race(Prover):
    name = "race"
    what = "Several people make the same or opposing moves and edits at the same moment."
    item = "races"
    smoke, full = 60, 10_000
    per_step, per_smoke_step = 25, 60
    sabotages = (
        Sabotage("lock", "a case is read without its row lock"),
        Sabotage("key", "the key of an act is not looked up: whoever sends it twice acts twice"),
        Sabotage("index", "the index that allows one live lead order a round is dropped"),
        Sabotage("seen", "an edit of a register does not look whether the row was changed meanwhile"),
    )
    goals: ClassVar = {"server_errors": Goal("==", 0), "deadlocks": Goal("==", 0), "rows_not_walked": Goal("==", 0)}

    def open(self, run: Run) -> None:
        self._bench = database()
        self.bench = self._bench.__enter__()
        from prove.race import breaking, cases, contests, stage

        breaking.settle_down(run.folder)
        self.stage = stage.Stage.build()
        self.pool = ThreadPoolExecutor(cases.MOST, thread_name_prefix="racer")
        self.cases = cases.CaseRaces(self.stage, self.pool, run)
        self.contests = contests.Contests(self.stage, self.pool, run, self.bench)
        for words, facts in [*self.cases.undeclared(), *self.contests.undeclared()]:
            run.find(words, **facts)
        for name in ("server_errors", "deadlocks"):
            run.count(name, 0)
        run.put("rows_not_walked", len(self.cases.not_walked()) if not run.smoke else 0)
        self.undo = breaking.broken(run, self.bench)

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        first = run.step * self.size(run)
        apart = [first + place for place in range(items) if (first + place) % CONTEST_EVERY == 0]
        together = [first + place for place in range(items) if (first + place) % CONTEST_EVERY]
        self.cases.do(together, rng)
        for number in apart:
            self.contests.do(number // CONTEST_EVERY, rng)
        run.done(items)

    def close(self, run: Run) -> None:
        from django.db import connections

        if hasattr(self, "undo"):
            self.undo()
        if hasattr(self, "pool"):
            self.pool.shutdown()
        connections.close_all()
        if hasattr(self, "_bench"):
            self._bench.__exit__(None, None, None)
