"""`huying import reports FILE`: take in reports from a table."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from huying.cli.contract import Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=["reports"], help=str(_("导入什么：reports 是诉求")))
    parser.add_argument("file", type=Path, metavar="FILE", help=str(_("CSV（UTF-8 或 GB18030）或 xlsx")))
    parser.add_argument("--area", default="", metavar="CODE", help=str(_("街道代码；只有一个街道时不用写")))
    parser.add_argument("--preset", default="generic", help="citizen-messages | generic")
    parser.add_argument("--map", type=Path, dest="map", metavar="FILE", help=str(_("对照文件（JSON）：哪一列是什么")))
    parser.add_argument(
        "--rejects",
        type=Path,
        metavar="FILE",
        help=str(_("没收下的行写到哪里；默认在原文件名后加 .rejects.csv，放在数据文件夹")),
    )


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.conf import settings
    from django.utils import timezone

    from huying.cases.actions.importing import import_reports, preset_with
    from huying.kernel.actor import importer
    from huying.kernel.refusals import Refusal

    began = time.monotonic()
    try:
        mapping = json.loads(options.map.read_text(encoding="utf-8")) if options.map else None
    except (OSError, ValueError) as why:
        raise CommandRefused(str(_("对照文件读不了：要是一个 JSON 对象。"))) from why
    if mapping is not None and not isinstance(mapping, dict):
        raise CommandRefused(str(_("对照文件读不了：要是一个 JSON 对象。")))
    rejects = options.rejects or Path(settings.DATA) / "imports" / f"{options.file.name}.rejects.csv"
    rejects.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # callers' words will lie there
    try:
        preset = preset_with(options.preset, mapping)
        with terminal.progress(_("导入诉求")) as advance:
            done = import_reports(
                options.file,
                area_code=_street(options.area),
                preset=preset,
                rejects=rejects,
                actor=importer(preset.source),
                now=timezone.now(),
                told=advance,
            )
    except Refusal as why:
        raise CommandRefused(str(why)) from why
    seconds = round(time.monotonic() - began, 2)
    if done.resumed_at:
        terminal.say(_("接着上次停下的地方，从第 %(row)s 行开始。") % {"row": done.resumed_at + 1})
    terminal.say(
        _("读了 %(read)s 行：新收 %(created)s 件，已有 %(repeated)s 件，没收下 %(rejected)s 行。用时 %(seconds)s 秒。")
        % {
            "read": done.read,
            "created": done.created,
            "repeated": done.repeated,
            "rejected": done.rejected,
            "seconds": seconds,
        }
    )
    if done.rejected:
        terminal.say(_("没收下的行和原因写在：%(path)s") % {"path": rejects})
    return Outcome(
        facts={
            "read": done.read,
            "created": done.created,
            "repeated": done.repeated,
            "rejected": done.rejected,
            "seconds": seconds,
        }
    )


def _street(code: str) -> str:
    """The sub-district named, or the only one there is."""
    from huying.places import queries

    if code:
        if queries.area(code) is None:
            raise CommandRefused(str(_("没有 %(code)s 这个区域。请核对代码。") % {"code": code}))
        return code
    streets = queries.streets()
    if len(streets) != 1:
        raise CommandRefused(
            str(_("这里有 %(count)s 个街道，请用 --area 写明导入到哪一个。") % {"count": len(streets)})
        )
    return str(streets[0].code)


COMMAND = Command(help=_("导入诉求"), run=run, arguments=arguments)
