"""prove-web: what a browser, a stranger and a flood meet at the doors of huying.

Items are made from the system's own tables: routes of the resolver, roles, operations, tricks. Each is one check that
stands for itself, so a step is seen again alone. Most run in this process under the settings of a house behind TLS; the
last ones (flood, raw requests) against a real server.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from typing import Any, ClassVar

from prove.bench import database, set_up
from prove.frame import Goal, Prover, Run, Sabotage

Item = tuple[str, ...]
PARTS = ("crawl", "links", "csrf", "death", "redirect", "ssrf", "guess", "path", "host", "served")
SMOKE = {"crawl": 44, "links": 2, "csrf": 12, "death": 5, "redirect": 40, "ssrf": 80, "guess": 4, "path": 12, "host": 6}
"""So many items of each part in the smoke form; the served ones only in the full form."""


class Web(Prover):
    name = "web"
    what = "Crawls every page as everybody, tries forged forms, redirects, fetches, guesses, dead sessions and a flood."
    item = "checks"
    smoke = sum(SMOKE.values()) + 3
    full = 0  # from the tables, see `target`
    per_step = 200
    per_smoke_step = 1000
    goals: ClassVar[dict[str, Goal]] = {
        "flood_ratio_p99": Goal("<=", 2.0, full=True),
        "ssrf_tricks": Goal(">=", 300, full=True),
        "redirect_tricks": Goal(">=", 100, full=True),
    }
    sabotages = (
        Sabotage("no_policy", "the middleware of the policy of contents sends nothing"),
        Sabotage("exempt", "one form takes what is sent without its token"),
        Sabotage("fetches_anything", "addresses of the house count as public when something is fetched"),
        Sabotage("cached_sessions", "who somebody is and may do is remembered for an hour"),
        Sabotage("no_limits", "neither tracking codes nor sources are counted"),
    )

    def __init__(self) -> None:
        self.stack = contextlib.ExitStack()
        self.checks: Any = None
        self._items: list[Item] | None = None

    def items(self, form: str) -> list[Item]:
        if self._items is None:
            set_up()
            from prove.web import items

            self._items = items.smoke(SMOKE) if form == "smoke" else items.full()
        return self._items

    def target(self, form: str) -> int:
        return len(self.items(form))

    def open(self, run: Run) -> None:
        self.items(run.form)
        self.stack.enter_context(database())
        from prove.web import sabotage, world

        self.stack.enter_context(world.production(run.folder))
        self.checks = self.stack.enter_context(world.made(run))
        if run.sabotage:
            self.stack.enter_context(sabotage.broken(run.sabotage))

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        from prove.web import items as table

        size = self.size(run)
        checks: dict[str, Callable[..., None]] = table.CHECKS
        spent: dict[str, float] = {}
        for item in self.items(run.form)[run.step * size : run.step * size + items]:
            began = time.monotonic()
            try:
                checks[item[0]](run, self.checks, rng, *item[1:])
            except Exception as why:
                run.find("a check broke", item=" ".join(item)[:200], why=f"{type(why).__name__}: {why}"[:300])
            run.count(f"items_{item[0]}")
            if time.monotonic() - began > 0.7:
                run.say(f"slow: {' '.join(item)} {time.monotonic() - began:.1f}")
            spent[item[0]] = spent.get(item[0], 0.0) + time.monotonic() - began
            run.done()
        for part, seconds in spent.items():
            run.count(f"seconds_{part}", round(seconds, 2))
        run.put("ssrf_tricks", table.DISTINCT["ssrf"])
        run.put("redirect_tricks", table.DISTINCT["redirect"])

    def close(self, run: Run) -> None:
        self.stack.close()
