"""`huying restore FILE`: read a backup and say what it holds; with `--into-empty`, put it into an empty system."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huying.cli.contract import FOUND, OK, Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _

if TYPE_CHECKING:
    from huying.cli.backup.container import Keys
    from huying.cli.backup.restoring import Held


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=str(_("备份文件")))
    parser.add_argument("--identity", type=Path, metavar="FILE", help=str(_("age 私钥文件")))
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=str(_("口令文件，第一行是口令")))
    parser.add_argument(
        "--into-empty", action="store_true", help=str(_("恢复到这个空的系统里；不写就只核对备份，什么都不改"))
    )


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from huying.cli.backup import restoring
    from huying.cli.backup.container import BadBackup

    began = time.monotonic()
    try:
        keys = _keys(options)
        if options.into_empty:
            _room()  # said before a long read
        with terminal.progress(_("核对备份")) as advance:
            held = restoring.read(options.file, keys, told=lambda _what, steps: advance(steps))
        _say(held, terminal)
        lacking = restoring.misfits(held.manifest)
        facts: dict[str, Any] = {**held.facts(), "restored": False, "keys_lacking": lacking}
        if lacking:
            terminal.warn(
                _("这里的密钥和备份时的不同：%(names)s。请把当时的密钥文件放回来，否则联系方式和查询码打不开。")
                % {"names": ", ".join(lacking)}
            )
        if not options.into_empty:
            terminal.say(_("只核对了备份，什么都没有改。要恢复，请加 --into-empty。"))
            return Outcome(facts={**facts, "seconds": round(time.monotonic() - began, 2)})
        _prepare(held.manifest)
        found = _put(options.file, keys, held, terminal)
    except BadBackup as why:
        raise CommandRefused(str(why)) from why
    facts |= {"restored": True, "verified": found.ok, "broken": list(found.broken)}
    facts["seconds"] = round(time.monotonic() - began, 2)
    for line in found.broken[:20]:
        terminal.warn(f"✗ {line}")
    terminal.say(
        _("已恢复，历史核对无误。用时 %(seconds)s 秒。") % facts
        if found.ok
        else _("已恢复，但历史核对有 %(count)s 处问题，备份时就是这样。") % {"count": len(found.broken)}
    )
    return Outcome(code=OK if found.ok else FOUND, facts=facts)


def _keys(options: Namespace) -> Keys:
    from huying.cli.backup.container import Keys, passphrase_in, text_lines

    return Keys(
        text_lines(options.identity) if options.identity else [],
        passphrase_in(options.passphrase_file) if options.passphrase_file else "",
    )


def _say(held: Held, terminal: Terminal) -> None:
    terminal.say(
        _("备份完好：%(at)s 由 %(version)s 版所做，%(rows)s 行，%(files)s 个文件，%(size).1f MB。")
        % {
            "at": held.manifest["made_at"],
            "version": held.manifest["version"],
            "rows": held.rows,
            "files": held.files,
            "size": held.size / 1024**2,
        }
    )


def _room() -> str:
    """Refuse where somebody works already."""
    from huying.audit import queries as audit
    from huying.cli.backup.restoring import state_of_target
    from huying.files import storage

    state = state_of_target(storage.root(), audit.heads_path())
    if state not in ("bare", "empty"):
        raise CommandRefused(
            _("这里已经有数据（%(what)s），没有恢复。请用 --data 指定一个空目录，或另给一个空数据库。")
            % {"what": state}
        )
    return state


def _prepare(manifest: dict[str, Any]) -> None:
    """Tables as they were when the backup was made."""
    from django.conf import settings

    from huying.cli.backup import restoring
    from huying.cli.steps import recreate

    if newer := restoring.unknown(manifest):
        raise CommandRefused(
            _("这份备份来自更新的版本（%(version)s），本程序不认识其中 %(count)s 步更新。请先升级程序。")
            % {"version": manifest["version"], "count": len(newer)}
        )
    if _room() == "empty" and not restoring.fits(manifest):
        if not settings.ENV.embedded:
            raise CommandRefused(_("数据库里的表与备份不同。请另给一个空数据库（没有任何表），再恢复一次。"))
        recreate()
    if _room() == "bare":
        restoring.shape(manifest)


def _put(path: Path, keys: Keys, held: Held, terminal: Terminal) -> Any:
    from django.db import connection

    from huying.audit import queries as audit
    from huying.cli.backup import restoring
    from huying.cli.steps import migrate
    from huying.files import storage

    with terminal.progress(_("恢复")) as advance:
        restoring.load(
            path,
            keys,
            held.manifest,
            files=storage.root(),
            heads=audit.heads_path(),
            told=lambda _what, steps: advance(steps),
        )
    migrate()  # from the backup's version to the present one, and the application's rights
    connection.ensure_connection()
    with terminal.progress(_("核对历史")):
        return audit.verify(audit.heads_path())


COMMAND = Command(help=_("核对备份，或恢复到一个空的系统"), run=run, arguments=arguments, database="owner")
