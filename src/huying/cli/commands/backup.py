"""`huying backup`: everything a street owns in one sealed file, except the keys."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from huying.cli.contract import Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _

if TYPE_CHECKING:
    from huying.cli.backup.container import Locks


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help=str(_("写到的文件或文件夹（默认数据目录的 backups）")))
    parser.add_argument("--recipient", action="append", default=[], metavar="AGE1", help=str(_("age 公钥，可以写几个")))
    parser.add_argument("--recipients-file", type=Path, metavar="FILE", help=str(_("公钥文件，一行一个")))
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=str(_("口令文件，第一行是口令")))
    parser.add_argument("--keep", type=int, metavar="N", help=str(_("文件夹里只留最近 N 份，更早的删掉")))
    parser.add_argument(
        "--new-identity", type=Path, metavar="FILE", help=str(_("只造一对密钥：私钥写到文件并显示公钥"))
    )


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.conf import settings

    from huying.audit import queries as audit
    from huying.cli.backup.container import BadBackup
    from huying.cli.backup.making import RECORD, age_out, make
    from huying.files import storage

    if options.new_identity:
        return _new_identity(options.new_identity, terminal)
    if options.keep is not None and options.keep < 1:
        raise CommandRefused(_("--keep 至少是 1。"))
    began = time.monotonic()
    try:
        locks = _locks(options)
        out = _path(options, Path(settings.DATA))
        with terminal.progress(_("备份")) as advance:
            made = make(
                out,
                locks,
                files=storage.root(),
                heads=audit.heads_path(),
                told=lambda _what, steps: advance(steps),
            )
    except BadBackup as why:
        raise CommandRefused(str(why)) from why
    except FileExistsError as why:
        raise CommandRefused(_("%(file)s 已经有了，不覆盖。请换一个名字。") % {"file": why.filename2 or out}) from why
    except OSError as why:
        raise CommandRefused(_("备份写不下去（%(why)s），没有留下半份。") % {"why": why.strerror or str(why)}) from why
    gone = age_out(out.parent, options.keep) if options.keep else []
    _record(Path(settings.DATA) / RECORD, made.facts())
    seconds = round(time.monotonic() - began, 2)
    terminal.say(
        _("已备份：%(tables)s 张表 %(rows)s 行，%(files)s 个文件，%(size).1f MB，用时 %(seconds)s 秒。")
        % {
            "tables": made.tables,
            "rows": made.rows,
            "files": made.files,
            "size": made.size / 1024**2,
            "seconds": seconds,
        }
    )
    terminal.say(_("备份文件：%(file)s") % {"file": out})
    if made.gone:
        terminal.warn(_("备份时有 %(count)s 个文件刚被删除，没有备份。") % {"count": made.gone})
    if gone:
        terminal.say(_("按 --keep 删掉了 %(count)s 份旧备份。") % {"count": len(gone)})
    terminal.say(
        _("备份里没有密钥。请另外保管 %(master)s 和 %(secret)s：没有它们，联系方式和查询码都打不开。")
        % {"master": settings.MASTER_KEY_FILE, "secret": settings.ENV.key_file}
    )
    return Outcome(facts={**made.facts(), "removed": [one.name for one in gone], "seconds": seconds})


def _locks(options: Namespace) -> Locks:
    from huying.cli.backup.container import Locks, passphrase_in, text_lines

    recipients = [*options.recipient, *(text_lines(options.recipients_file) if options.recipients_file else [])]
    return Locks(recipients, passphrase_in(options.passphrase_file) if options.passphrase_file else "")


def _path(options: Namespace, data: Path) -> Path:
    out: Path = options.out or data / "backups"
    if options.out is None:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
    if out.is_dir():
        return out / f"huying-{datetime.now(UTC):%Y%m%d-%H%M%S}Z.age"
    if options.keep:
        raise CommandRefused(_("--keep 要和文件夹一起用：请让 --out 指向一个文件夹。"))
    if not out.parent.is_dir():
        raise CommandRefused(_("没有 %(folder)s 这个文件夹。") % {"folder": out.parent})
    if out.exists():
        raise CommandRefused(_("%(file)s 已经有了，不覆盖。请换一个名字。") % {"file": out})
    return out


def _record(path: Path, facts: dict[str, object]) -> None:
    import orjson

    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(orjson.dumps({name: facts[name] for name in ("at", "path", "size")}))
    draft.replace(path)


def _new_identity(path: Path, terminal: Terminal) -> Outcome:
    from huying.cli.backup.container import new_identity

    identity, recipient = new_identity()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as why:
        raise CommandRefused(_("写不了 %(file)s（%(why)s）。") % {"file": path, "why": why.strerror}) from why
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(f"# public key: {recipient}\n{identity}\n")
    terminal.say(_("私钥写在 %(file)s，请移到别处保管，不要留在这台机器上。") % {"file": path})
    terminal.say(_("公钥：%(recipient)s") % {"recipient": recipient})
    return Outcome(facts={"recipient": recipient, "identity_file": str(path)})


COMMAND = Command(help=_("备份：全部数据和文件，加密成一个文件"), run=run, arguments=arguments)
