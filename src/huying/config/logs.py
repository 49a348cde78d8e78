"""Logs without personal data: JSON lines under `serve`, plain lines elsewhere.

A log is read by more people than a case, and kept longer. So it is built from what the program says, never from what
people said: our own lines keep codes, ids and numbers; of other libraries' lines only the pattern stays, not what was
put into it; of an exception its class and where it happened, never its words (a database quotes the value it refuses).
"""

from __future__ import annotations

import logging
import re
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from huying.kernel.plain import plain_code

OURS = "huying"
SPOKEN_FOR = ("_granian", "_granian.serve")
"""Libraries whose whole lines are their own words, with no request in them."""
LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z-])\+?\d[\d -]{5,}\d(?![0-9A-Za-z-])")
NOT_ASCII = re.compile(r"[^\x20-\x7e]+")
HIDDEN = "…"
FRAMES = 8
PACKAGE = str(Path(__file__).resolve().parents[2]) + "/"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def plain(value: Any) -> Any:
    """A value as a log may keep it, or `…`."""
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, int) or abs(value) < 10**9 else HIDDEN
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, str):
        try:
            return _no_numbers(plain_code(value, "log"))
        except ValueError:
            return HIDDEN
    return HIDDEN


def said(record: logging.LogRecord) -> str:
    """The line's words."""
    pattern = str(record.msg)
    ours = record.name == OURS or record.name.startswith(f"{OURS}.")
    if record.args:
        given = record.args
        try:
            if ours:
                kept = (
                    {name: plain(one) for name, one in given.items()}
                    if isinstance(given, dict)
                    else tuple(plain(one) for one in given)
                )
                return _no_numbers(pattern % kept)
        except (TypeError, ValueError, KeyError):
            return _no_numbers(pattern)
        return _foreign(pattern)
    if ours:
        return _no_numbers(pattern)
    # A line put together before it came here: nobody knows what is in it.
    return _foreign(pattern) if record.name in SPOKEN_FOR else ""


def _foreign(pattern: str) -> str:
    return NOT_ASCII.sub(HIDDEN, _no_numbers(pattern.splitlines()[0] if pattern else ""))[:200]


def _no_numbers(text: str) -> str:
    return LONG_NUMBER.sub(HIDDEN, text)


def trouble(why: BaseException) -> dict[str, Any]:
    """An exception as a log may keep it: classes, the database's code and constraint, and where."""
    kinds: list[str] = []
    seen: BaseException | None = why
    chain: list[BaseException] = []
    while seen is not None and seen not in chain and len(chain) < 5:
        chain.append(seen)
        kind = type(seen)
        kinds.append(f"{kind.__module__}.{kind.__qualname__}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    frames = traceback.extract_tb(why.__traceback__)[-FRAMES:]
    places = [f"{one.filename.removeprefix(PACKAGE)}:{one.lineno} {one.name}" for one in frames]
    found: dict[str, Any] = {"error": kinds[0], "at": places}
    if len(kinds) > 1:
        found["because"] = kinds[1:]
    for one in chain:
        if at := getattr(one, "sqlstate", None):
            found["sqlstate"] = plain(at)
            found["constraint"] = plain(getattr(getattr(one, "diag", None), "constraint_name", None))
            break
    return found


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What the line says, as one flat record."""
    found: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": said(record) or f"{record.module}.{record.funcName}:{record.lineno}",
        "process": record.process,
    }
    for name, value in vars(record).items():
        if name not in _STANDARD and not name.startswith("_"):
            kept = plain(value)
            if kept != HIDDEN:
                found[name] = kept
    if record.exc_info and record.exc_info[1] is not None:
        found["trouble"] = trouble(record.exc_info[1])
    return found


class Formatter(logging.Formatter):
    """`shape` is json (one object a line) or text."""

    def __init__(self, shape: str = "text") -> None:
        super().__init__()
        self.shape = shape

    def format(self, record: logging.LogRecord) -> str:
        found = facts_of(record)
        if self.shape == "json":
            return orjson.dumps(found, default=lambda _value: HIDDEN).decode()
        line = f"{found.pop('at')} {found.pop('level')} {found.pop('logger')}: {found.pop('event')}"
        found.pop("process")
        more = found.pop("trouble", None)
        line += "".join(f" {name}={value}" for name, value in found.items())
        if more:
            line += f"\n  {more['error']}" + "".join(f"\n    {one}" for one in more["at"])
        return line


def configuration(shape: str, level: str) -> dict[str, Any]:
    """Django's LOGGING. JSON goes to stdout, where the service manager reads; text to stderr, beside results."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"()": "huying.config.logs.Formatter", "shape": shape}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "plain",
                "stream": "ext://sys.stdout" if shape == "json" else "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handler would write a second, unfiltered line.
            "django": {"handlers": [], "level": level, "propagate": True},
            # A page that is not there is no fault of ours.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "propagate": True},
            # Every process would list every job at its start.
            "procrastinate": {"level": "WARNING"},
            # What somebody types as a name (it may be a password), and from where, stays out of the log.
            "axes": {"level": "ERROR"},
        },
    }
