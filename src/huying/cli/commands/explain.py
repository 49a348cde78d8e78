"""`huying explain NUMBER [--clock STEP]`: why each clock of a case is due when it is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from huying.cli.contract import Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import Label, _

if TYPE_CHECKING:
    from datetime import datetime

    from huying.clocks.models import Clock


def arguments(parser: ArgumentParser) -> None:
    from huying.cases.rules import OwnStep
    from huying.matters.rules import Step
    from huying.matters.rules.stages import MOST_STAGES, step_of

    steps = [*map(str, Step), *map(str, OwnStep), *(step_of(number) for number in range(1, MOST_STAGES + 1))]
    parser.add_argument("number", metavar="NUMBER", help=str(_("案件编号")))
    parser.add_argument(
        "--clock", choices=steps, metavar="STEP", help=str(_("只看这一步的时限，如 handle；分段的是 stage_1"))
    )


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.cases.queries import outside, page
    from huying.cases.queries.stages import step_words
    from huying.kernel.actor import system

    viewer, now = system("explain"), timezone.now()
    found = page.by_number(options.number, viewer)
    whole = outside.whole(found.pk, viewer) if found is not None else None
    if whole is None:
        raise CommandRefused(_("没有这个编号的案件。请核对编号。"))
    units = {one.pk: one.unit.name for one in whole.orders}
    clocks = [one for one in whole.clocks if options.clock in (None, one.step)]
    for one in clocks:
        _tell(one, str(step_words(one.step, whole.case)), units.get(one.object_id, ""), now, terminal)
    if not clocks:
        terminal.say(_("这件事没有这样的时限。"))
    return Outcome(facts={"number": whole.case.number, "clocks": [_facts(one, now) for one in clocks]})


def _tell(clock: Clock, name: str, unit: str, now: datetime, terminal: Terminal) -> None:
    from huying.clocks.queries import moment_words
    from huying.clocks.rules import StretchKind

    terminal.say(" · ".join(filter(None, (name, unit))))
    for term, words in _lines(clock, now):
        terminal.say(f"  {term}  {words}")
    for part in _stretches(clock):
        began, ended = moment_words(part["began_at"], now), ""
        if part["ended_at"] is not None:
            ended = moment_words(part["ended_at"], now)
        kind = " ".join(filter(None, (str(StretchKind(part["kind"]).label), part["reason"])))
        terminal.say(f"  {began} – {ended}  {kind}")
    terminal.say()


def _lines(clock: Clock, now: datetime) -> list[tuple[Label, str]]:
    from huying.cases.rules import PAUSES
    from huying.clocks.queries import explain_whole

    return [(one.term, one.words) for one in explain_whole(clock, now, PAUSES)]


def _stretches(clock: Clock) -> list[dict[str, Any]]:
    from huying.cases.rules import PAUSES
    from huying.clocks.queries import stretches_of

    return [
        {
            "kind": one.kind,
            "began_at": one.began_at,
            "ended_at": one.ended_at,
            "reason": str(PAUSES.get(one.reason, one.reason)),
        }
        for one in stretches_of(clock)
    ]


def _facts(clock: Clock, now: datetime) -> dict[str, Any]:
    from huying.clocks.queries import used

    return {
        "object_kind": clock.object_kind,
        "object_id": clock.object_id,
        "step": clock.step,
        "limit": clock.limit,
        "source": clock.source,
        "started_at": clock.started_at,
        "yellow_at": clock.yellow_at,
        "due_at": clock.due_at,
        "paused_at": clock.paused_at,
        "stopped_at": clock.stopped_at,
        "provisional": clock.provisional,
        "light": str(clock.light(now)),
        "used_percent": used(clock, now),
        "stretches": [
            {
                **one,
                "began_at": one["began_at"].isoformat(),
                "ended_at": one["ended_at"] and one["ended_at"].isoformat(),
            }
            for one in _stretches(clock)
        ],
        "explain": [{"term": str(term), "words": words} for term, words in _lines(clock, now)],
    }


COMMAND = Command(help=_("说明一件事的每个时限为什么是那个时间"), run=run, arguments=arguments)
