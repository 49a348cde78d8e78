"""`huying triage hot --data FILE --out FILE`: which issues a heap of messages is about, the hottest first."""

from __future__ import annotations

import csv
import math
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from huying.cli.contract import CommandRefused, Outcome, Terminal
from huying.kernel.terms import _

if TYPE_CHECKING:
    from huying.kernel.sheets import Line
    from huying.triage.hot import Issue, Voice
    from huying.triage.same import Call

NEEDED = ("id", "title", "body", "time")
ISSUES = ("issue", "rank", "heat", "first", "last", "place", "description")
DETAIL = ("issue", "id")
MOST_VOTES = 10**9


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="FILE",
        required=True,
        type=Path,
        help=str(_("留言表：id、user、title、body、time、likes、dislikes")),
    )
    parser.add_argument("--out", metavar="FILE", required=True, type=Path, help=str(_("问题表写到这里，明细写在旁边")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from huying.kernel.sheets import lines
    from huying.triage.hot import issues

    began = perf_counter()
    calls, voices = _read(lines(options.data))
    if not calls:
        raise CommandRefused(_("文件里没有留言。请核对后再来。"))
    found = issues(calls, voices, today=max(call.day for call in calls))
    detail = options.out.with_name(f"{options.out.stem}.detail.csv")
    try:
        _write(options.out, ISSUES, [_row(rank, one) for rank, one in enumerate(found, 1)])
        _write(detail, DETAIL, [(one.name, each) for one in found for each in one.calls])
    except OSError as why:
        raise CommandRefused(_("写不了 %(path)s：%(why)s") % {"path": options.out, "why": why.strerror}) from why
    terminal.say(
        _("%(calls)s 条留言里有 %(issues)s 个问题，写在 %(path)s，明细在 %(detail)s。")
        % {"calls": len(calls), "issues": len(found), "path": options.out, "detail": detail}
    )
    return Outcome(
        facts={
            "n": len(calls),
            "issues": len(found),
            "grouped": sum(len(one.calls) for one in found),
            "largest": max((len(one.calls) for one in found), default=0),
            "seconds": round(perf_counter() - began, 3),
            "out": str(options.out),
            "detail": str(detail),
        }
    )


def _read(rows: Iterable[Line]) -> tuple[list[Call], dict[str, Voice]]:
    """The messages, masked, and what is known beside their words."""
    from huying.cases.rules.masking import masked
    from huying.triage.hot import Voice
    from huying.triage.same import Call

    calls, voices = [], {}
    for row in rows:
        cells = row.cells
        if missing := [name for name in NEEDED if name not in cells]:
            raise CommandRefused(_("表格里没有这一列：%(name)s。") % {"name": missing[0]})
        if cells["id"] in voices:
            raise CommandRefused(_("第 %(row)s 行的编号前面有过：%(id)s。") % {"row": row.number, "id": cells["id"]})
        calls.append(Call.of(cells["id"], masked(cells["title"]), masked(cells["body"]), _moment(row)))
        voices[cells["id"]] = Voice(
            frozenset([cells.get("user") or cells["id"]]), _number(row, "likes"), _number(row, "dislikes")
        )
    return calls, voices


def _moment(row: Line) -> datetime:
    try:
        return datetime.fromisoformat(row.cells["time"].strip().replace("/", "-"))
    except ValueError as why:
        raise CommandRefused(
            _("第 %(row)s 行的时间读不懂，请写成 2026-01-31T08:30:00。") % {"row": row.number}
        ) from why


def _number(row: Line, name: str) -> int:
    words = row.cells.get(name, "").strip() or "0"
    value = float(words) if words.replace(".", "", 1).isascii() and words.replace(".", "", 1).isdigit() else math.nan
    if not 0 <= value <= MOST_VOTES:
        raise CommandRefused(_("第 %(row)s 行的 %(name)s 不是数。") % {"row": row.number, "name": name})
    return int(value)


def _row(rank: int, one: Issue) -> tuple[object, ...]:
    place = " ".join(filter(None, (one.place, one.concerned)))
    return one.name, rank, one.heat, one.first.isoformat(), one.last.isoformat(), place, one.description


def _write(path: Path, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from huying.kernel.sheets import harmless

    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(heading)
        out.writerows([harmless(str(cell)) for cell in row] for row in rows)
