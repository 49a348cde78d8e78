"""`huying verify`: is the history whole? Says exactly what is wrong, and where."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from huying.cli.contract import FOUND, OK, Command, Outcome, Terminal
from huying.kernel.terms import _

SHOWN = 50


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--seal", action="store_true", help=str(_("先封存还没封存的记录")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.audit import actions, queries

    heads = queries.heads_path()
    if options.seal:
        actions.seal(now=timezone.now(), heads_file=heads)
    done_before = 0
    with terminal.progress(_("核对历史")) as advance:

        def progress(done: int, _total: int) -> None:
            nonlocal done_before
            advance(done - done_before)
            done_before = done

        found = queries.verify(heads, progress=progress)
    for line in found.broken[:SHOWN]:
        terminal.warn(f"✗ {line}")
    if len(found.broken) > SHOWN:
        terminal.warn(_("……另有 %(count)s 处") % {"count": len(found.broken) - SHOWN})
    terminal.say(
        _("已封存 %(sealed)s 条，未封存 %(unsealed)s 条，有问题 %(broken)s 处。")
        % {"sealed": found.sealed, "unsealed": found.unsealed, "broken": len(found.broken)}
    )
    facts = {"ok": found.ok, "sealed": found.sealed, "unsealed": found.unsealed, "broken": list(found.broken)}
    return Outcome(code=OK if found.ok else FOUND, facts=facts)


COMMAND = Command(help=_("核对历史记录有没有被改动"), run=run, arguments=arguments)
