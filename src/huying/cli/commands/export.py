"""`huying export --area CODE --out FILE`: everything an area owns, as open files in one zip."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from huying.cli.contract import Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--area", required=True, metavar="CODE", help=str(_("区域代码，如街道的 9 位代码")))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=str(_("写到哪个文件（.zip）")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.kernel.actor import system
    from huying.kernel.refusals import Refusal
    from huying.opendata.actions import export_area
    from huying.opendata.tables import tables

    began = time.monotonic()
    try:
        with terminal.progress(_("导出"), total=len(tables())) as advance:
            made = export_area(
                options.out,
                code=options.area,
                actor=system("export"),
                now=timezone.now(),
                told=lambda _name, _rows: advance(1),
            )
    except Refusal as why:
        raise CommandRefused(str(why)) from why
    facts = {
        "rows": made.total, "files": len(made.rows), "bytes": made.size, "sha256": made.sha256,
        "seconds": round(time.monotonic() - began, 2), "by_file": made.rows,
    }  # fmt: skip
    words = _("导出 %(rows)s 行、%(files)s 张表，共 %(bytes)s 字节。用时 %(seconds)s 秒。")
    terminal.say(str(words) % facts)
    terminal.say(str(_("写在：%(path)s")) % {"path": options.out})
    return Outcome(facts=facts)


COMMAND = Command(help=_("把一个区域的数据导出成开放文件"), run=run, arguments=arguments)
