"""The pure part: a case walked through by chance, and due times; product and plain model side by side."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from huying.cases.rules import FLOW, Verb
from huying.clocks import published, rules
from huying.clocks.rules import Calendar, Hours, Limit, Pause
from huying.kernel.refusals import IllegalMove
from prove.frame import Run
from prove.sim import facts as drawn
from prove.sim import model
from prove.sim.calendar import CHINA, PlainCalendar

VERBS = {name: Verb(name) for name in model.VERBS}
DUE_EVERY, OFFER_EVERY, FRESH_EVERY = 4, 50, 8
LIMITS = ("15m", "30m", "2h", "24h", "7d", "15d", "1wh", "2wh", "4wh", "1wd", "3wd", "5wd", "7wd", "15wd", "20wd")
HOURS: tuple[tuple[date, tuple[tuple[int, int], ...]], ...] = (
    (date(2000, 1, 1), ((510, 720), (840, 1050))),
    (date(2025, 6, 1), ((540, 720), (780, 1080))),
    (date(2026, 12, 30), ((480, 1020),)),
)


@cache
def calendars() -> list[tuple[Calendar, PlainCalendar]]:
    """The published years as they are, and with hours that change on the way; 2027 is never published."""
    years = [year for year in published.years() if year < 2027]
    days = {day: (kind, name) for year in years for day, kind, name in published.days_of(year)}
    special = {day: str(kind) == "worked" for day, (kind, _name) in days.items()}
    whole = Calendar(published=frozenset(years), days=days)
    split = Calendar(published=frozenset(years), days=days, hours=tuple(Hours(*one) for one in HOURS))
    return [(whole, PlainCalendar(special, years)), (split, PlainCalendar(special, years, HOURS))]


def walk(run: Run, rng: random.Random, steps: int) -> None:
    """So many moves tried. The walk goes on from where a legal move leads; now and then it begins anew."""
    case: model.Case = {}
    for number in range(steps):
        verb = rng.choice(model.VERBS)
        if number % FRESH_EVERY == 0 or case["state"] not in model.FROM[verb]:
            state = rng.choice(model.FROM[verb]) if rng.random() < 0.9 else rng.choice((None, *model.STATES))
            case = drawn.good(verb, state, rng)
        if rng.random() < 0.8:
            drawn.spoil(case, rng)
        reached = move(run, verb, case)
        if reached is not None:
            run.count("rule_moves")
            case["state"] = reached
        if number % OFFER_EVERY == 0:
            _offered(run, case)
        if number % DUE_EVERY == 0:
            due(run, rng)


def move(run: Run, verb: str, case: model.Case) -> str | None:
    """One verb on one case: where both say that it leads."""
    wanted = model.answer(verb, case)
    looked = drawn.facts_of(case)
    reached: str | None
    try:
        reached = str(FLOW.move(VERBS[verb], looked).lands(looked.state))
    except IllegalMove:
        reached = None
    run.count("rule_steps")
    if reached != wanted:
        run.find("the flow differs from the model", verb=verb, state=case["state"], product=reached, model=wanted,
                 stands=model.blockers(verb, case), case=repr(case))  # fmt: skip
    return wanted


def _offered(run: Run, case: model.Case) -> None:
    """What a page offers before there is a form is what may be walked once the form is right."""
    bare = case | {"form": None}
    offered = {str(one.verb) for one in FLOW.legal(drawn.facts_of(bare))}
    wanted = {verb for verb in model.VERBS if model.answer(verb, bare) is not None}
    run.count("offers")
    if offered != wanted:
        run.find("other moves are offered than may be walked", verbs=sorted(offered ^ wanted), case=repr(bare))


def due(run: Run, rng: random.Random) -> None:
    """One limit from one moment with some pauses; half of the moments lie about the end of a year."""
    calendar, plain = rng.choice(calendars())
    start = moment(rng)
    limit = rng.choice(LIMITS)
    pauses: list[tuple[datetime, datetime]] = []
    at = start - timedelta(hours=2)
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        at += timedelta(minutes=rng.randrange(0, 4 * 24 * 60))
        ends = at + timedelta(minutes=rng.choice((0, 5, 600, rng.randrange(1, 30 * 24 * 60))))
        pauses.append((at, ends))
        at = ends - timedelta(minutes=rng.choice((0, 0, 0, 3)))
    product = rules.due_at(start, Limit.parse(limit), calendar, [Pause(*one) for one in pauses])
    wanted, provisional = plain.due(start, limit, pauses)
    run.count("due_times")
    if product.at != wanted or product.provisional != provisional:
        run.find("a due time differs from the plain count", start=start.isoformat(), limit=limit,
                 pauses=[(a.isoformat(), b.isoformat()) for a, b in pauses], product=product.at.isoformat(),
                 model=wanted.isoformat(), provisional=[product.provisional, provisional])  # fmt: skip


def moment(rng: random.Random) -> datetime:
    """A moment of 2024 to 2027; often near New Year, often on the edge of the working hours."""
    year = rng.choice((2024, 2025, 2026, 2027))
    if rng.random() < 0.5:
        day = date(year, 12, 20) + timedelta(days=rng.randrange(0, 20))
    else:
        day = date(year, 1, 1) + timedelta(days=rng.randrange(0, 366))
    minute = rng.choice((rng.randrange(0, 24 * 60), 0, 510, 720, 840, 1050, 1080))
    extra: dict[str, Any] = {"seconds": rng.choice((0, 0, 1, 59)), "microseconds": rng.choice((0, 0, 1, 999_999))}
    return datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(minutes=minute, **extra)
