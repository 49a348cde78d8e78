"""The `huying` command: reads settings, sets Django up, sees that the database answers, runs one command."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from types import FrameType
from typing import NoReturn

from huying import __version__

COMMANDS: dict[str, str] = {
    "demo": "demo",
    "serve": "serve",
    "worker": "worker",
    "migrate": "migrate",
    "createadmin": "createadmin",
    "import": "import_",
    "export": "export",
    "rehearse": "rehearse",
    "verify": "verify",
    "explain": "explain",
    "blank": "blank",
    "assess": "assess",
    "backup": "backup",
    "restore": "restore",
    "check": "check",
    "triage": "triage",
}
"""Each command and its module in `cli.commands` (`import` is a word of Python)."""
WITHOUT_FOLDER = {"triage"}
"""Commands that work on named files alone: they make no data folder, and `--data` is an option of their own."""


class Terminated(BaseException):
    """SIGTERM, as an exception: what is open is closed on the way out."""


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _known() -> dict[str, str]:
    return {
        name: module
        for name, module in COMMANDS.items()
        if importlib.util.find_spec(f"huying.cli.commands.{module}") is not None
    }


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """The whole parser for `huying --help`, or only the wanted command's part, which is quicker."""
    from django.utils.translation import gettext as _

    from huying.cli.contract import Command

    parser = argparse.ArgumentParser(prog="huying", description=_("呼应：有呼必应。街道共治平台。"))
    parser.add_argument("--version", action="version", version=f"huying {__version__}")
    parts = parser.add_subparsers(dest="command", metavar=_("命令"), required=True)
    for name, module in _known().items():
        if wanted is not None and name != wanted:
            parts.add_parser(name)
            continue
        command: Command = importlib.import_module(f"huying.cli.commands.{module}").COMMAND
        part = parts.add_parser(name, help=str(command.help), description=str(command.help))
        if name not in WITHOUT_FOLDER:
            part.add_argument("--data", metavar="DIR", help=_("数据目录（默认 .huying）"))
        part.add_argument("--json", action="store_true", help=_("最后一行输出机器可读的结果"))
        command.arguments(part)
        part.set_defaults(its=command)
    return parser


def _language() -> str:
    """The language of the terminal; English where it names none that we have."""
    named = next((os.environ[one] for one in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(one)), "")
    if not named.lower().startswith("zh"):
        return "en"
    return "zh-hant" if any(part in named for part in ("TW", "HK", "MO", "Hant")) else "zh-hans"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 done, 1 found or failed, 2 refused, 130 interrupted, 143 terminated."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return _run(given)
    except KeyboardInterrupt:
        return 130
    except Terminated:
        return 143
    except BrokenPipeError:  # whoever read our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _refuse(why: object) -> int:
    print(f"huying: {why}", file=sys.stderr)
    return 2


def _run(given: list[str]) -> int:
    from huying.config.env import BadSetting, prepare, read
    from huying.config.postgres import PostgresProblem, Server

    early = argparse.ArgumentParser(add_help=False)
    early.add_argument("--data")
    named, rest = early.parse_known_args(given)
    asks_help = not given or any(one in ("-h", "--help", "--version") for one in given)
    wanted = next((one for one in rest if one in COMMANDS), None)
    folder = wanted not in WITHOUT_FOLDER
    if named.data and folder:
        os.environ["HUYING_DATA"] = os.path.abspath(named.data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.config.settings")
    with ExitStack() as stack:
        try:
            settings = read()
            if folder and not asks_help:
                prepare(settings.data)
            if wanted == "worker" and not settings.pool:
                # Each job would open a connection of its own.
                os.environ["HUYING_POOL"] = str(settings.worker_jobs + 2)
            import django

            django.setup()
        except BadSetting as why:
            return _refuse(why)

        from django.utils import translation

        from huying.cli.contract import CommandRefused, Outcome, Terminal
        from huying.kernel.refusals import Refusal

        stack.enter_context(translation.override(_language()))
        options = _parser(wanted).parse_args(given)
        terminal = Terminal(json_line=options.json)
        try:
            if settings.embedded and options.its.database != "none":
                stack.enter_context(Server(settings.data))
            _connect(options.its.database)
            outcome: Outcome = options.its.run(options, terminal)
        except (CommandRefused, PostgresProblem, BadSetting, Refusal) as why:
            return _refuse(why)
        except Exception as why:
            if (reason := _database_away(why)) is None:
                raise
            return _refuse(reason)
        finally:
            _disconnect()
        terminal.close(outcome)
        return outcome.code


def _connect(database: str) -> None:
    if database == "owner":
        from django.conf import settings
        from django.db import connection

        connection.close()
        connection.settings_dict.update(settings.ENV.database(owner=True))


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()


def _database_away(why: Exception) -> str | None:
    """One line for a database that cannot be reached; None where the fault is another."""
    from django.db import OperationalError, connection

    if isinstance(why, OperationalError) and connection.connection is None:
        first = str(why).strip().splitlines()[0]
        return f"the database does not answer: {first}. See HUYING_DATABASE_URL, or `huying check`."
    return None


if __name__ == "__main__":
    sys.exit(main())
