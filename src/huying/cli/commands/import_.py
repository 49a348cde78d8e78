"""`huying import reports|archive|areas|polygons|open FILE`: take in reports, old cases, areas, outlines, an export."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from huying.cli.contract import FOUND, OK, Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _, listed


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=["reports", "archive", "areas", "polygons", "open"],
        help=str(_("导入什么：reports 诉求，archive 外地档案，areas 区域名录，polygons 区域边界，open 导出的开放文件")),
    )
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=str(_("诉求和名录用 CSV（UTF-8 或 GB18030）或 xlsx，边界用 GeoJSON，开放文件用 zip；有的预设读文件夹")),
    )
    parser.add_argument("--area", default="", metavar="CODE", help=str(_("街道代码；只有一个街道时不用写")))
    parser.add_argument("--preset", default="generic", help="citizen-messages | generic | cn-divisions | boston-311")
    parser.add_argument("--map", type=Path, dest="map", metavar="FILE", help=str(_("对照文件（JSON）：哪一列是什么")))
    parser.add_argument(
        "--rejects",
        type=Path,
        metavar="FILE",
        help=str(_("没收下的行写到哪里；默认在原文件名后加 .rejects.csv，放在数据文件夹")),
    )
    parser.add_argument(
        "--system", default="wgs84", choices=["wgs84", "cgcs2000", "gcj02", "bd09"], help=str(_("边界的坐标系"))
    )
    parser.add_argument("--most", type=int, metavar="N", help=str(_("archive：只导入前 N 行")))
    parser.add_argument("--replay", type=int, default=0, metavar="N", help=str(_("archive：其中 N 件另按流程走一遍")))
    parser.add_argument("--no-communities", action="store_true", help=str(_("cn-divisions：只导到街道")))
    parser.add_argument("--dry-run", action="store_true", help=str(_("只检查名录或边界，不导入")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    """Each kind by its own function."""
    kinds = {"reports": _reports, "archive": _archive, "areas": _areas, "polygons": _polygons, "open": _open}
    return kinds[options.what](options, terminal)


def _areas(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.kernel.actor import system
    from huying.kernel.refusals import Refusal
    from huying.places import actions
    from huying.places.actions.presets import PRESETS

    began = time.monotonic()
    more: dict[str, Any] = {}
    try:
        if options.preset in PRESETS:
            book = PRESETS[options.preset](options.file, communities=not options.no_communities)
            data, more = book.data(), {"unplaced": book.unplaced, "repeated": book.repeated}
        else:
            data = _bytes(options.file)
        done = actions.import_areas(data=data, actor=system("import"), now=timezone.now(), apply=False)
        if done.ok and not options.dry_run:
            done = actions.import_areas(data=data, actor=system("import"), now=timezone.now(), apply=True)
    except Refusal as why:
        raise CommandRefused(str(why)) from why
    if more:
        terminal.say(_("名录里 %(unplaced)s 个社区找不到所属街道，%(repeated)s 个重名，没有收。") % more)
    return _said(done, terminal, began, more)


def _polygons(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.kernel.actor import system
    from huying.kernel.refusals import Refusal
    from huying.places import actions

    began = time.monotonic()
    given = {"data": _bytes(options.file), "system": options.system, "actor": system("import"), "now": timezone.now()}
    try:
        done = actions.import_polygons(**given, apply=False)
        if done.ok and not options.dry_run:
            done = actions.import_polygons(**given, apply=True)
    except Refusal as why:
        raise CommandRefused(str(why)) from why
    return _said(done, terminal, began, {})


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as why:
        raise CommandRefused(str(_("没有这个文件：%(name)s。请核对路径。") % {"name": path.name})) from why


def _said(done: Any, terminal: Terminal, began: float, more: dict[str, Any]) -> Outcome:
    """What an import of areas or outlines did, its problems first."""
    from huying.cli.contract import FOUND, OK
    from huying.places import queries

    for one in done.problems[:50]:
        terminal.warn(_("第 %(row)s 行：%(says)s") % {"row": one.row, "says": one.says})
    facts = {
        "rows": done.rows, "created": done.created, "changed": done.changed, "same": done.same,
        "problems": len(done.blocking), "applied": done.applied, "by_tier": queries.count_by_tier(),
        "polygons": queries.count_drawn(), "seconds": round(time.monotonic() - began, 2), **more,
    }  # fmt: skip
    if done.ok:
        words = _("读了 %(rows)s 行：新增 %(created)s，改动 %(changed)s，不变 %(same)s。用时 %(seconds)s 秒。")
        terminal.say(words % facts)
        tiers = listed(f"{name} {count}" for name, count in facts["by_tier"].items())
        terminal.say(
            _("现在有：%(tiers)s；有边界的 %(polygons)s 个。") % {"tiers": tiers, "polygons": facts["polygons"]}
        )
    else:
        terminal.say(_("有 %(problems)s 处问题，一行也没有导入。") % facts)
    return Outcome(OK if done.ok else FOUND, facts)


def _open(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.kernel.actor import system
    from huying.kernel.refusals import Refusal
    from huying.opendata.actions import import_open
    from huying.opendata.tables import tables

    began = time.monotonic()
    try:
        with terminal.progress(_("导入"), total=len(tables())) as advance:
            done = import_open(
                options.file, actor=system("import"), now=timezone.now(), told=lambda _name, _rows: advance(1)
            )
    except Refusal as why:
        raise CommandRefused(str(why)) from why
    facts = {
        "area": done.code, "rows": done.total, "seconds": round(time.monotonic() - began, 2), "by_file": done.rows,
    }  # fmt: skip
    terminal.say(_("导入 %(rows)s 行。用时 %(seconds)s 秒。工作人员的密码要重新设。") % facts)
    return Outcome(facts=facts)


def _reports(options: Namespace, terminal: Terminal) -> Outcome:
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


def _archive(options: Namespace, terminal: Terminal) -> Outcome:
    """An archive as a district of its own; said again, nothing is added."""
    from django.conf import settings
    from django.utils import timezone

    from huying.audit import actions as audit
    from huying.audit.queries import heads_path
    from huying.cases.queries.replay import mismatches
    from huying.cli.archives import boston
    from huying.cli.archives.settling import REPLAYED, cases_of, import_archive
    from huying.kernel.refusals import Refusal

    if options.preset not in ("generic", boston.SOURCE):
        raise CommandRefused(_("档案只认识 boston-311 这种格式。"))
    if options.replay < 0 or (options.most is not None and options.most < 1):
        raise CommandRefused(_("--most 至少是 1，--replay 不能是负数。"))
    rejects = options.rejects or Path(settings.DATA) / "imports" / f"{options.file.name}.rejects.csv"
    rejects.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        with terminal.progress(_("导入档案")) as advance:
            done = import_archive(
                options.file,
                rejects=rejects,
                now=timezone.now(),
                most=options.most,
                replay=options.replay,
                told=advance,
            )
    except Refusal as why:
        raise CommandRefused(str(why)) from why
    seconds = round(time.monotonic() - began, 2)
    audit.seal(now=timezone.now(), heads_file=heads_path())
    wrong = [*mismatches(cases_of(boston.SOURCE)), *mismatches(cases_of(REPLAYED))] if done.created else []
    facts = {
        **vars(done),
        "mismatched": len(wrong),
        "seconds": seconds,
        "rows_per_second": round(done.read / max(seconds, 0.01), 1),
    }
    terminal.say(
        _(
            "读了 %(read)s 行：新建 %(created)s 件（已办结 %(closed)s，未办结 %(still_open)s），已有 %(repeated)s 件，"
            "没收下 %(rejected)s 行；位置存疑 %(flagged)s 件；按流程另走 %(replayed)s 件；"
            "历史与状态不符 %(mismatched)s 件。用时 %(seconds)s 秒，每秒 %(rows_per_second)s 行。"
        )
        % facts
    )
    if done.rejected:
        terminal.say(_("没收下的行和原因写在：%(path)s") % {"path": rejects})
    for one in wrong[:20]:
        terminal.warn(f"✗ {one.case_id}: {one.why}")
    return Outcome(code=FOUND if wrong else OK, facts=facts)


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


COMMAND = Command(help=_("导入诉求、区域、边界或开放文件"), run=run, arguments=arguments)
