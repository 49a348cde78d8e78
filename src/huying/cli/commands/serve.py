"""`huying serve`: web processes and a worker, until told to stop."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from huying.cli.contract import Command, Outcome, Terminal
from huying.kernel.terms import _


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--bind", metavar="ADDRESS", help=str(_("监听的地址（默认 127.0.0.1）")))
    parser.add_argument("--port", type=int, metavar="PORT", help=str(_("监听的端口（默认 8000）")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from huying.cli.serving import serve

    serve(terminal, bind=options.bind, port=options.port)
    return Outcome()


COMMAND = Command(help=_("启动网站和后台任务"), run=run, arguments=arguments)
