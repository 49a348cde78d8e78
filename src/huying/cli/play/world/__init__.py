"""The demo world: one made-up street with its people and sixty days of calls.

The same seed and the same end make the same rows, ids included. What hangs on the keys of an installation
(tracking codes' hashes, sealed contacts) differs, as it must.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from huying.audit import actions as audit
from huying.audit import queries as histories
from huying.cases.actions.heating import find_hot_issues
from huying.cli.play.world import cases, geography, nets, organisations, papers, posts, premises, under_way
from huying.cli.play.world.pictures import Shelf
from huying.clocks import actions as clocks
from huying.kernel.actor import system
from huying.kernel.ids import seeded, uuid7
from huying.matters import actions as matters
from huying.people import actions as people

STAMP = uuid5(NAMESPACE_URL, "urn:huying:demo")
KIND, VERB = "demo", "built"
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Built:
    """What the history says of the world that is there."""

    seed: int
    until: str


def stamp() -> Built | None:
    """The demo world in this database, if there is one."""
    lines = histories.history_of(KIND, [STAMP])
    return Built(int(lines[-1].facts["seed"]), str(lines[-1].facts["until"])) if lines else None


def _quiet(_done: int, _total: int) -> None:
    pass


@contextmanager
def _uncollected() -> Iterator[None]:
    """A world is a few hundred thousand objects that all stay: looking through them for waste only costs time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@transaction.atomic
def build(*, seed: int, until: datetime, scale: float = 1.0, told: Told = _quiet) -> None:
    """Make the whole world in one transaction: it is there, or nothing is. Seal the history afterwards."""
    actor = system("demo")
    ground_at = (until - timedelta(days=730)).replace(microsecond=0)
    people_at = until - timedelta(days=120)
    with _uncollected(), seeded(seed, int(ground_at.timestamp() * 1000)):
        rng = Random(seed)
        ground = geography.draw(rng)
        clocks.fill(now=ground_at)
        people.load_shipped_roles(actor=actor, now=ground_at)
        matters.load_default(
            area_code=geography.STREET,
            actor=actor,
            now=ground_at,
            valid_from=ground_at.date(),
            version_id=uuid7(),
        )
        geography.settle(ground, rng, actor=actor, now=ground_at)
        nets.furnish(ground, actor=actor, now=people_at)
        house = organisations.furnish(ground, actor=actor, now=people_at)
        posts.furnish(ground, actor=actor, now=people_at)
        premises.furnish(ground, seed=seed, actor=actor, now=until)
        papers.furnish(now=until)
        nets.plan(ground, now=until)
        shelf = Shelf.empty()
        count = cases.tell_all(ground, shelf, seed=seed, until=until, scale=scale, told=told)
        under_way.furnish(under_way.Stage(ground, house, shelf, until))
        # As every night does, but of some communities: a hundred ways to say things, each heard thirty times, are no
        # news, and cost seconds.
        near = {one.community for one in cases.theme_grids(ground)} | set(sorted(ground.communities)[:4])
        find_hot_issues(geography.STREET, now=until, places=sorted(near))
        audit.append(
            kind=KIND, object_id=STAMP, verb=VERB, actor=actor, at=until, area_code=geography.STREET,
            facts={"seed": seed, "until": until.isoformat(), "cases": count},
        )  # fmt: skip


@transaction.atomic
def complete(*, until: datetime) -> None:
    """Add the large numbers of the published accounts to a demo world that is there. Seal the history afterwards."""
    there = stamp()
    if there is None or posts.stands():
        return
    ground = geography.draw(Random(there.seed))
    with _uncollected(), seeded(there.seed + 1, int(until.timestamp() * 1000)):
        posts.furnish_full(ground, actor=system("demo"), now=until)
