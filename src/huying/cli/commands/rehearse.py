"""`huying rehearse`: imported calls go from received to an end, through the actions, by the right roles.

A fake clock starts at the rehearsal; nobody waits. The clerk places each call by the seed. What is printed is
counted from the rows afterwards, not from what was meant to happen; the assessment is that of these cases alone, which
stand in no other because they came from an archive. A rehearsal that was killed goes on with `--resume`, in as many
lanes as it began with.
A step that is refused to whoever should be able to take it counts as a mismatch, as does a history that does not lead
to what is stored.
"""

from __future__ import annotations

import io
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from huying.cli.contract import FOUND, OK, Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _, listed

if TYPE_CHECKING:
    from huying.cli.play.season.playing import Wanted
    from huying.cli.play.story import Words

LAST_LINE = (
    "cases", "more", "ended", "mismatched", "actors", "moves", "response", "resolution", "satisfaction", "median_hours",
    "p90_hours", "beside",
)  # fmt: skip
# One case each: every turn of the flow is in a rehearsal, whatever the seed draws.
TURNS: Sequence[dict[str, Any]] = (
    {"returns": 1},
    {"returns": 2},
    {"reworks": 1},
    {"failed_checks": 1},
    {"unsolved": 1},
    {"unsolved": 2, "reworks": 1},
    {"missed_calls": 3},
    {"assistants": 2},
    {"verify": True},
    {"reopen": True},
    {"one_form": False},
    {"correct": True},
)
MOST_LANES = 16
OTHER_ENDS = ("answered", "declined", "transferred", "voided", "withdrawn", "fine_now")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--cases", type=int, default=500, metavar="N", help=str(_("走多少件（默认 500）")))
    parser.add_argument("--seed", type=int, default=1, metavar="N", help=str(_("随机种子")))
    parser.add_argument("--lanes", type=int, default=2, metavar="N", help=str(_("几个进程同时走（默认 2）")))
    parser.add_argument("--resume", action="store_true", help=str(_("接着走完上次中断的；没有中断的，就走新的")))
    parser.add_argument("--area", default="", metavar="CODE", help=str(_("街道代码；只有一个街道时不用写")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.cases.queries.replay import Mismatch, contracts, mismatches
    from huying.cli.commands.import_ import _street
    from huying.cli.play.cast import Cast
    from huying.cli.play.season.lanes import held, in_lanes
    from huying.cli.play.season.marks import Lane, Mark, broken_off
    from huying.cli.play.season.playing import Playing, source_above
    from huying.matters import queries as matters
    from huying.matters.rules import CheckPolicy
    from huying.places.models import Area
    from huying.places.rules import Tier

    if options.cases < 1:
        raise CommandRefused(str(_("--cases 至少是 1。")))
    if not 1 <= options.lanes <= MOST_LANES:
        raise CommandRefused(str(_("--lanes 是 1 到 %(most)s 的数。") % {"most": MOST_LANES}))
    street = _street(options.area)
    rng = Random(options.seed)
    with held(street):  # the lanes of one that was killed have stopped
        mark = broken_off(street) if options.resume else None
        goes_on = mark is not None
        lanes = [Lane() for _lane in range(options.lanes)]
        mark = mark or Mark(street, options.seed, timezone.now().replace(microsecond=0), lanes=lanes)
        ids = mark.calls() if goes_on else _received(street, options.cases)
        if not ids:
            raise CommandRefused(str(_("没有等待受理的导入诉求。请先用 huying import reports 导入。")))
        cast = Cast.of(street, now=mark.start, rng=rng)
        areas = Area.objects.filter(tier=Tier.GRID, code__startswith=street, valid_to=None).order_by("code")
        grids = list(areas.values_list("code", flat=True))
        kinds = [one.code for one in matters.active_types() if cast.units_for(one.code, grids[0] if grids else street)]
        looked_at = {one.code for one in matters.active_types() if one.check_policy == CheckPolicy.ALWAYS}
        if not (cast.actors and grids and kinds):
            raise CommandRefused(str(_("街道里还没有人员、网格或职责。请先建好，或先运行 huying demo。")))
        if not goes_on:
            mark.begin(ids)
        source = source_above(cast, street, mark.start)
    words, checked = _words(), [one for one in kinds if one in looked_at]

    def play(lane: int, told: Callable[[int], None]) -> None:
        Playing(mark, cast, words, rng, grids, kinds, checked, source, lane).over(ids, _wanted, told)

    with terminal.progress(_("演练"), total=len(ids) - mark.played) as advance:
        ended = in_lanes(len(mark.lanes), street, play, advance)
    if not ended:
        raise CommandRefused(str(_("演练中断了，原因见上。修好后用 --resume 接着走。")))
    mark.read()
    mark.end()
    every = list(dict.fromkeys([*ids, *mark.did.more]))
    refused = [Mismatch(case_id, f"{verb} was refused") for case_id, verb in mark.did.refused]
    wrong = [*mismatches(every), *contracts(every), *refused]
    facts = _measured(every, mark.start)
    facts |= {"cases": len(ids), "more": len(every) - len(ids), "mismatched": len(wrong), "beside": _beside(every)}
    facts["actors"] = len(mark.did.who)
    facts["moves"] = sum(mark.did.acted.values())
    _print(terminal, mark.did.acted, facts)
    _assess(terminal, every, street, mark.start)
    for one in wrong[:20]:
        terminal.warn(f"✗ {one.case_id}: {one.why}")
    return Outcome(code=FOUND if wrong else OK, facts={key: facts[key] for key in LAST_LINE})


def _received(street: str, most: int) -> list[UUID]:
    """Imported calls that nobody has looked at yet, the oldest first."""
    from huying.cli.play.season.marks import imported_calls

    return list(imported_calls(street).filter(state="received").values_list("pk", flat=True)[:most])


def _wanted(number: int) -> Wanted:
    """The first calls of a rehearsal take every turn and every end; the others go as the seed draws."""
    from huying.cli.play.season.playing import Wanted
    from huying.cli.play.season.story import TURNS as BESIDE

    every = [Wanted(plan={"ending": "closed", **one}) for one in TURNS]
    every += [Wanted(plan={"ending": one}) for one in OTHER_ENDS]
    every += [Wanted(turns=frozenset({one})) for one in BESIDE]
    every += [
        Wanted(batch=True),
        Wanted(as_ticket=True, turns=frozenset({"upper_return"})),
        Wanted(as_ticket=True, turns=frozenset({"upper_extension", "exclusion"})),
    ]
    return every[number] if 0 <= number < len(every) else Wanted()


def _beside(ids: list[UUID]) -> dict[str, int]:
    """How many of what stands beside the cases' plain way, counted from the rows."""
    from huying.approvals.models import Approval
    from huying.audit.models import History
    from huying.cases.models import Case, Errand, Incident, JointDecision, Ticket, Whistle
    from huying.desk.models import BatchLine

    lines = History.objects.filter(kind="case", object_id__in=ids)
    return {
        "whistles": Whistle.objects.filter(case__in=ids).count(),
        "approvals": Approval.objects.filter(object_kind="case", object_id__in=ids).count(),
        "second_rounds": Case.objects.filter(pk__in=ids, round__gt=1).count(),
        "incidents": Incident.objects.filter(case__in=ids).count(),
        "errands": Errand.objects.filter(case__in=ids).count(),
        "tickets": Ticket.objects.filter(report__case__in=ids).count(),
        "in_batches": BatchLine.objects.filter(case__in=ids).count(),
        "parts": Case.objects.filter(pk__in=ids, part_of__isnull=False).count(),
        "councils": JointDecision.objects.filter(case__in=ids).count(),
        "recategorised": lines.filter(verb="correct", from_state="in_hand").count(),
        "supervised": lines.filter(verb="supervise").count(),
        "asked": lines.filter(verb="ask_reporter").count(),
    }


def _words() -> Words:
    """The sentences of the stories, with one drawn picture before and one after."""
    from PIL import Image

    from huying.cli.play.story import Words as Plain
    from huying.files.imaging import prepare_image
    from huying.files.rules import PreparedImage

    def drawn(colour: tuple[int, int, int]) -> PreparedImage:
        held = io.BytesIO()
        Image.new("RGB", (320, 240), colour).save(held, "JPEG")
        return prepare_image(held.getvalue())

    pictures = ((drawn((150, 140, 120)),), (drawn((120, 160, 120)),))

    class WithPictures(Plain):
        def pictures(self, docket: Any) -> tuple[tuple[PreparedImage, ...], tuple[PreparedImage, ...]]:
            return pictures

    return WithPictures()


def _measured(ids: list[UUID], start: datetime) -> dict[str, Any]:
    """States, rates with their denominators, hours to the end: all from rows."""
    from django.db.models import F

    from huying.cases.models import Case, Feedback, WorkOrder
    from huying.cases.rules import ENDS
    from huying.clocks.models import Clock

    rows = dict(Case.objects.filter(pk__in=ids).values_list("pk", "state"))
    ended = {pk: state for pk, state in rows.items() if state in ENDS}
    hours = sorted(
        (at - start).total_seconds() / 3600
        for at in Case.objects.filter(pk__in=list(ended)).values_list("ended_at", flat=True)
        if at
    )
    handled = Clock.objects.filter(object_id__in=ids, step="handle", stopped_at__isnull=False)
    on_time = handled.filter(stopped_at__lte=F("due_at")).count()
    # Imported callers left no number to call: signing in within its limit is the response that can be measured.
    orders = WorkOrder.objects.filter(case_id__in=ids).values("pk")
    taken_up = Clock.objects.filter(object_kind="order", object_id__in=orders, step="sign_in", stopped_at__isnull=False)
    met = taken_up.filter(stopped_at__lte=F("due_at")).count()
    said = Feedback.objects.filter(case_id__in=ids, late=False)
    reached = said.count()
    solved = said.filter(solved=True).count()
    rated = said.exclude(satisfaction="")
    pleased = rated.filter(satisfaction="satisfied").count() + 0.8 * rated.filter(satisfaction="fair").count()
    return {
        "cases": len(ids),
        "ended": len(ended),
        "states": dict(Counter(str(one) for one in rows.values()).most_common()),
        "on_time": [on_time, handled.count()],
        "response": _rate(met, taken_up.count()),
        "resolution": _rate(solved, reached),
        "satisfaction": _rate(pleased, rated.count()),
        "median_hours": round(hours[len(hours) // 2], 1) if hours else None,
        "p90_hours": round(hours[min(int(len(hours) * 0.9), len(hours) - 1)], 1) if hours else None,
    }


def _rate(count: float, of: int) -> dict[str, Any]:
    return {"count": round(count, 1), "of": of, "rate": round(count / of, 3) if of else None}


def _print(terminal: Terminal, acted: Counter[tuple[str, str]], facts: dict[str, Any]) -> None:
    terminal.say(_("走法 × 角色"))
    for (verb, role), count in sorted(acted.items(), key=lambda pair: (-pair[1], pair[0])):
        terminal.say(f"  {count:>6}  {verb:<24} {role}")
    terminal.say(_("状态"))
    for state, count in facts["states"].items():
        terminal.say(f"  {count:>6}  {state}")
    terminal.say(_("另外的走法"))
    for name, count in facts["beside"].items():
        terminal.say(f"  {count:>6}  {name}")
    done, of = facts["on_time"]
    terminal.say(_("按时办理 %(done)s / %(of)s") % {"done": done, "of": of})
    for name, label in (("response", _("响应率")), ("resolution", _("解决率")), ("satisfaction", _("满意率"))):
        rate = facts[name]
        share = "-" if rate["rate"] is None else f"{rate['rate']:.1%}"
        terminal.say(f"{label} {share} ({rate['count']:g} / {rate['of']})")
    terminal.say(
        _("办结用时：一半在 %(median)s 小时内，九成在 %(p90)s 小时内。")
        % {"median": facts["median_hours"], "p90": facts["p90_hours"]}
    )
    terminal.say(_("历史与状态不符的案件：%(count)s") % {"count": facts["mismatched"]})


def _assess(terminal: Terminal, ids: list[UUID], street: str, at: datetime) -> None:
    """The whole assessment of these cases: every rate, every post, and units taken together, by the street's terms."""
    from huying.cli.commands.assess import say_figures
    from huying.insight import queries
    from huying.insight.rules import FORMULAS, month_of, score_of

    terms = queries.terms_for(street, month_of(at))
    line, excluded = queries.figures_of(ids, terms)
    terminal.say(_("考核（只算这次演练的案件）"))
    say_figures(terminal, line, excluded)
    for formula in FORMULAS:
        score = score_of(formula, line.sums, terms)
        if score.total is not None:
            told = listed(f"{one.part.label} {one.points or '-'}/{one.weight}" for one in score.parts)
            terminal.say(f"  {formula.label}\t{score.printed} {score.band}\t{told}")


COMMAND = Command(help=_("演练：让导入的诉求走完全程"), run=run, arguments=arguments)
