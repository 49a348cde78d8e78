"""`huying migrate`: bring the tables up to date as their owner."""

from __future__ import annotations

from argparse import Namespace

from huying.cli.contract import Command, Outcome, Terminal
from huying.kernel.terms import _


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from huying.cli.steps import migrate

    applied = migrate()
    terminal.say(_("数据库已是最新，这次更新了 %(count)s 步。") % {"count": applied})
    return Outcome(facts={"applied": applied})


COMMAND = Command(help=_("更新数据库的表，并给应用账号授权"), run=run)
