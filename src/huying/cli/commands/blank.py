"""`huying blank NUMBER`: names and numbers of persons out of what was written on a case, and beside it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from huying.cli.contract import OK, Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("number", help=str(_("案件编号；要隐去的词句从输入读，一行一条")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.db import transaction
    from django.utils import timezone

    from huying.cases import actions
    from huying.cases.models import Case
    from huying.desk import actions as desk
    from huying.kernel.actor import system

    case = Case.objects.filter(number=options.number).first()
    if case is None:
        raise CommandRefused(_("没有这个编号的案件。"))
    # From the input and not from the command line, which a shell remembers and other users of the machine see.
    passages = [line.strip() for line in sys.stdin if line.strip()]
    given: dict[str, Any] = {"passages": passages, "actor": system("cli.blank"), "now": timezone.now()}
    with transaction.atomic():
        changed = actions.blank_words(case.pk, **given) + desk.blank_kept(case.pk, **given)
    terminal.say(_("隐去了，共 %(count)s 处文字有改动。") % {"count": changed})
    return Outcome(OK, {"changed": changed})


COMMAND = Command(help=_("把案件文字里的个人信息隐去"), arguments=arguments, run=run)
