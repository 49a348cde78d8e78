"""What a command is: one module of `cli.commands` with a `COMMAND`.

    COMMAND = Command(help=_("…"), run=run, arguments=arguments, database="app")

`run(options, terminal)` does the work and returns an `Outcome`. Its facts are the one machine-readable last line
under `--json`. Before it runs, the settings are read, Django is set up and the database answers.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from huying.kernel.terms import Label

OK, FOUND, REFUSED, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
"""Exit codes: done; something was found or failed; asked wrongly or refused; Ctrl-C; SIGTERM."""


class CommandRefused(Exception):
    """The command cannot do what it was asked; the text says why and what to do. Exit code 2."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code and the facts of its last line."""

    code: int = OK
    facts: dict[str, Any] = field(default_factory=dict)


class Terminal:
    """Where a command speaks: results to stdout, progress and warnings to stderr."""

    def __init__(self, *, json_line: bool = False) -> None:
        self.json_line = json_line

    def say(self, text: Label = "") -> None:
        print(text, file=sys.stderr if self.json_line else sys.stdout, flush=True)

    def warn(self, text: Label) -> None:
        print(text, file=sys.stderr, flush=True)

    @contextmanager
    def progress(self, label: Label, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """A progress bar; call what it gives with the number of steps done since. Quiet where nobody watches."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as bar:
            task = bar.add_task(str(label), total=total)
            yield lambda steps: bar.advance(task, steps)

    def close(self, outcome: Outcome) -> None:
        if self.json_line:
            print(json.dumps(outcome.facts, ensure_ascii=False, default=str), flush=True)


def _no_arguments(parser: ArgumentParser) -> None:
    pass


@dataclass(frozen=True)
class Command:
    """One command. `database`: connect as the application, as the owner of the tables, or not at all."""

    help: Label
    run: Callable[[Namespace, Terminal], Outcome]
    arguments: Callable[[ArgumentParser], None] = _no_arguments
    database: Literal["app", "owner", "none"] = "app"
