"""prove-privacy: unique made-up values in every personal field, looked for in everything that huying writes or shows.

One walk enters them through the doors that people use, tries errors, runs all jobs, exports and backs up; then each
(field, sink) pair is an item. Afterwards everything is erased as the product erases, and the pairs are looked at again:
tables, sealed bytes and files must be empty of them, and the chain still verifies. Lines of the limits are items too.
"""

from __future__ import annotations

import contextlib
import random
import string
from typing import Any, ClassVar

from prove.bench import database, set_up
from prove.frame import Goal, Prover, Run, Sabotage


class Privacy(Prover):
    name = "privacy"
    what = "Enters unique values in every personal field, then looks for them in every sink, also after erasure."
    item = "pairs of field and sink, and limits"
    smoke = 0  # from the tables, see `target`
    full = 0
    walks: ClassVar[int] = 12
    goals: ClassVar[dict[str, Goal]] = {"fields": Goal(">=", 20), "sinks": Goal(">=", 20), "undeclared": Goal("==", 0)}
    sabotages = (
        Sabotage("logged", "the name of a reporter is written to the log as it is kept"),
        Sabotage("unsealed", "contact data is kept as it is, without sealing"),
        Sabotage("half_erased", "the word that somebody takes back leaves the sealed contact where it is"),
    )

    def __init__(self) -> None:
        self.stack = contextlib.ExitStack()
        self.walk: Any = None

    def size(self, run: Run) -> int:
        from prove.privacy import table

        set_up()
        return len(table.items())

    def target(self, form: str) -> int:
        from prove.privacy import table

        set_up()
        return len(table.items()) * (1 if form == "smoke" else self.walks)

    def open(self, run: Run) -> None:
        from prove.privacy import sabotage, walk

        bench = self.stack.enter_context(database())
        walk.as_started_now(bench)
        self.stack.enter_context(walk.house(run))
        if run.sabotage:
            self.stack.enter_context(sabotage.broken(run.sabotage))

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        from prove.privacy import table, walk

        planted = plant(rng)
        seen = walk.walked(run, planted, rng)
        whole = table.items()
        for item in whole[:items]:
            table.check(run, seen, planted, item)
            run.done()
        run.put("fields", len(planted))
        run.put("sinks", len({item[2] for item in whole if item[0] in ("before", "after")}))
        run.put("limits", sum(item[0] == "limit" for item in whole))
        if run.kept.get("stated", {}).get("undeclared") is None:
            run.put("undeclared", table.undeclared(run))

    def close(self, run: Run) -> None:
        self.stack.close()


def plant(rng: random.Random) -> dict[str, str]:
    """The values of one walk, by field; none of them stands anywhere by chance."""
    from prove.privacy.table import FIELDS

    return {name: make(rng) for name, (_kind, make) in FIELDS.items()}


def han(rng: random.Random, length: int = 4) -> str:
    """Rare characters, as nobody else writes them side by side."""
    return "".join(chr(rng.randrange(0x6E00, 0x7200)) for _place in range(length))


def mobile(rng: random.Random) -> str:
    return f"19{rng.randrange(10**8, 10**9)}"


def letters(rng: random.Random, length: int = 12) -> str:
    return "".join(rng.choice(string.ascii_lowercase) for _place in range(length))


def identity(rng: random.Random) -> str:
    """Eighteen digits with their check; the district does not exist."""
    day = f"{rng.randrange(1950, 2005)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    body = f"999999{day}{rng.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(one) * weight for one, weight in zip(body, weights, strict=True)) % 11]
