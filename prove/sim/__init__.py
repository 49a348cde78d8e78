"""prove-sim: the product beside a plain model of the design, step by step, with a fake clock.

`model` tells the flow again in plain words, `calendar` counts working time day by day; `rules` walks the pure tables
and due times with them, `street` plays real acts on a street of its own and compares every row that they touch.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from prove import bench
from prove.frame import Goal, Prover, Run, Sabotage

PARTS = 2  # processes, each with a database of its own
RULE_STEPS, STREET_STEPS = 20_000, 1_000  # of one part of the full form; 1,050,000 steps are 1,000,000 and 50,000
SMOKE_STEPS = 150  # with the database
FLOW, DUE, CLOCK, ORDER = "flow-guard", "due-day-off", "clock-runs-on", "order-not-completed"


class Sim(Prover):
    name = "sim"
    what = "Plays cases, orders, requests and clocks beside a plain model, with jumps of the clock to 30 days."
    item = "steps"
    smoke = 20_000 + SMOKE_STEPS
    full = 1_050_000
    per_step = PARTS * (RULE_STEPS + STREET_STEPS)
    per_smoke_step = 20_000 + SMOKE_STEPS
    sabotages = (
        Sabotage(FLOW, "one guard is gone from the table: the handler reviews, checks and calls back the own work"),
        Sabotage(DUE, "working time is due a day late"),
        Sabotage(CLOCK, "clocks are not stopped when a case ends"),
        Sabotage(ORDER, "orders are not completed when a case closes"),
    )
    goals = {
        "rule_steps": Goal(">=", 1_000_000, full=True),
        "db_steps": Goal(">=", 50_000, full=True),
        "replayed": Goal(">=", 1),
    }

    def __init__(self) -> None:
        self.stack = ExitStack()

    def open(self, run: Run) -> None:
        if run.smoke:
            self.stack.enter_context(bench.database())
        else:
            bench.set_up()
        if run.sabotage:
            _break(run.sabotage)

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        if run.smoke:
            _play(run, rng.randrange(2**60), items - SMOKE_STEPS, SMOKE_STEPS, eager=True)
            return
        share = items // PARTS
        street = share * STREET_STEPS // (RULE_STEPS + STREET_STEPS)
        seeds = [rng.randrange(2**60) for _ in range(PARTS)]

        def part(seed: int) -> dict[str, Any]:
            return _forked(lambda: _part(run, seed, share - street, street))

        with ThreadPoolExecutor(PARTS) as pool:
            for kept in pool.map(part, seeds):
                _add(run, kept)

    def close(self, run: Run) -> None:
        self.stack.close()


def _part(run: Run, seed: int, rules: int, street: int) -> dict[str, Any]:
    own = Run(run.seed, run.target, run.form, run.sabotage, run.only, run.folder, {}, run.step)
    with bench.database():
        _play(own, seed, rules, street)
    return own.kept


def _play(run: Run, seed: int, rules: int, street: int, *, eager: bool = False) -> None:
    from prove.sim import rules as pure
    from prove.sim import street as rows

    pure.walk(run, random.Random(seed), rules)
    rows.play(run, random.Random(seed + 1), street, eager=eager)
    run.done(rules + street)


def _add(run: Run, kept: dict[str, Any]) -> None:
    """What a part has seen, added to the whole."""
    run.done(kept.get("n", 0))
    for name, by in kept.get("counts", {}).items():
        run.count(name, by)
    for name, value in kept.get("largest", {}).items():
        run.most(name, value)
    for find in kept.get("first_finds", []):
        run.find(find["words"], **{name: value for name, value in find.items() if name not in ("step", "words")})
    more = kept.get("finds", 0) - len(kept.get("first_finds", []))
    run.kept["finds"] = run.kept.get("finds", 0) + max(more, 0)


def _forked(act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """In a child of its own: a database connection of its own, and nothing left behind."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            signal.alarm(1800)
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
    if not said:
        raise SystemExit(f"a part of prove-sim ended with status {status}")
    found: dict[str, Any] = pickle.loads(said)
    return found


def _break(what: str) -> None:
    """One real thing of the product, in this process alone."""
    from huying.cases.actions.docket import Docket
    from huying.cases.rules import FLOW as TABLE
    from huying.cases.rules import Verb
    from huying.clocks import rules

    if what == FLOW:
        for row in (row for rows in TABLE.by_verb.values() for row in rows):
            kept = tuple(one for one in row.guards if one.__name__ != "not_the_handler")
            object.__setattr__(row, "guards", kept)
    elif what == DUE:
        whole = rules._due

        def late(begun: int, length: int, working: bool, calendar: Any, pauses: Any) -> Any:
            more = calendar.hours_on(rules._moment(begun).astimezone(rules.SHANGHAI).date()).minutes() * 60_000_000
            return whole(begun, length + (more if working else 0), working, calendar, pauses)

        rules._due = late
    elif what == CLOCK:
        stop = Docket.stop_clocks

        def runs_on(self: Any, *, now: Any, step: Any = None, object_id: Any = None) -> None:
            if step is not None or object_id is not None:
                stop(self, now=now, step=step, object_id=object_id)

        Docket.stop_clocks = runs_on  # type: ignore[method-assign]
    elif what == ORDER:
        move = Docket.move_order

        def forgets(self: Any, order: Any, verb: Any, actor: Any, *, now: Any) -> None:
            if verb != Verb.COMPLETE:
                move(self, order, verb, actor, now=now)

        Docket.move_order = forgets  # type: ignore[method-assign]
