"""`huying assess`: an area's month as a table, or for a program under --json; `--recount` counts every case anew."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from huying.cli.contract import OK, Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _

if TYPE_CHECKING:
    from huying.insight.queries import Line


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--area", metavar="CODE", help=str(_("区域代码")))
    parser.add_argument("--month", metavar="YYYY-MM", help=str(_("月份，例如 2026-10；不写就是本月")))
    parser.add_argument("--version", type=int, metavar="N", help=str(_("封账的第几版；0 是现在的数字")))
    parser.add_argument("--recount", action="store_true", help=str(_("先把所有案件重新算一遍；封账的月份不变")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.insight import actions, queries
    from huying.insight.rules import MEASURES, Month, month_of
    from huying.kernel.actor import system
    from huying.places import queries as places

    facts: dict[str, Any] = {}
    if options.recount:
        facts["counted"] = actions.recount()
        terminal.say(_("重新算了 %(count)s 件。") % {"count": facts["counted"]})
    if options.area is None:
        if not options.recount:
            raise CommandRefused(_("请写明区域：--area。"))
        return Outcome(OK, facts)
    try:
        month = Month.read(options.month) if options.month else month_of(timezone.now())
    except ValueError:
        raise CommandRefused(_("月份写不对。请写成 2026-10 这样。")) from None
    found = queries.assess(system("cli.assess"), options.area, month, version=options.version)
    terminal.say(f"{places.name_of(options.area)} {month}")
    if found.statement is not None:
        terminal.say(_("封账第 %(version)s 版") % {"version": found.statement.version})
    say_figures(terminal, found.whole, found.excluded)
    if found.aside:
        for measure in (one for one in MEASURES if one.main):
            rate = found.before.rates[measure.code]
            words = {"label": measure.label, "percent": rate.percent or "-", "above": rate.above, "of": rate.of}
            terminal.say("  " + str(_("审定剔除以前 %(label)s %(percent)s%% %(above)s/%(of)s") % words))
    facts |= {
        "area": options.area,
        "month": str(month),
        "version": found.statement.version if found.statement is not None else 0,
        "terms": found.terms.version,
        "whole": _told(found.whole),
        "areas": {one.key: _told(one) for one in found.areas},
        "units": {one.key: _told(one) for one in found.units},
        "matters": {one.key: _told(one) for one in found.matters},
        "excluded": dict(found.excluded),
        "before": _told(found.before),
    }
    return Outcome(OK, facts)


def say_figures(terminal: Terminal, line: Line, excluded: Mapping[str, int]) -> None:
    """Every rate with what it is out of, and what is left out by reason."""
    from huying.insight import queries
    from huying.insight.rules import MEASURES

    for measure in MEASURES:
        rate = line.rates[measure.code]
        if rate.of:
            terminal.say(f"  {measure.label}\t{rate.percent}%\t{rate.above}/{rate.of}{_mark(rate.few)}")
    for kind, count in sorted(excluded.items()):
        terminal.say(f"  {_('没有计入')}: {queries.excluded_words(kind)}\t{count}")


def _mark(few: bool) -> str:
    return f"\t{_('样本少，不排名')}" if few else ""


def _told(line: Line) -> dict[str, Any]:
    return {
        code: {"hits": rate.above, "of": rate.of, "percent": rate.percent}
        for code, rate in line.rates.items()
        if rate.of
    }


COMMAND = Command(help=_("按月看一个区域的考核数字"), arguments=arguments, run=run)
