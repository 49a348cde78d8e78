"""What the database server's log says of requests: messages, the statements in each, and the time of all. Pure.

One message may hold many statements: what `huying.kernel.ready.Together` sends in one round trip is logged once, with
one duration. A `WITH` that inserts into several tables is one statement, as it is for the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

PREFIX = "%m [%p] %u "
"""`log_line_prefix` as `messages` reads it."""
_BEGINS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S+ \[\d+\] (\S*) ")
_DURATION = re.compile(
    r"LOG:  duration: (?P<ms>[\d.]+) ms  (?P<kind>statement|execute|parse|bind)[^:]*: (?P<text>.*)", re.DOTALL
)
_PREPARED = re.compile(r"DETAIL:  prepare: PREPARE \w+ AS (.*)", re.DOTALL)
_PIECE = re.compile(
    r"""(?P<quoted>(?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
        | (?<!\w)\$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$)
      | (?P<comment>--[^\n]* | /\*.*?\*/)
      | (?P<end>;)
      | (?P<plain>[^'"$\-/;eE]+ | .)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Message:
    """One round trip: milliseconds, and what was sent. A server-side statement is parsed and bound in other ones."""

    ms: float
    kind: str  # statement, execute; parse, bind
    text: str
    prepared: str = ""
    """What stands under the first name that it executes: each connection has names of its own for the same text."""


def split(text: str) -> list[str]:
    """The statements of a text: cut at semicolons that stand in no literal, name or comment."""
    found, part = [], ""
    for one in _PIECE.finditer(text):
        if one["end"]:
            found.append(part)
            part = ""
        elif not one["comment"]:
            part += one[0]
    return [one.strip() for one in (*found, part) if one.strip()]


def messages(lines: Iterable[str], user: str) -> Iterator[Message]:
    """What this role sent, with what the server tells of it in the record behind."""
    last: Message | None = None
    for whose, text in _records(lines):
        if last is not None:
            detail = _PREPARED.match(text)
            yield replace(last, prepared=detail[1]) if detail else last
        match = _DURATION.match(text) if whose == user else None
        last = Message(float(match["ms"]), match["kind"], match["text"]) if match else None
    if last is not None:
        yield last


def _records(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each record of the log with its role, and with the lines that go on with it, which begin with a tab."""
    whose, gathered = "", ""
    for line in lines:
        if line.startswith("\t"):
            gathered += f"\n{line[1:]}"
            continue
        yield whose, gathered
        begins = _BEGINS.match(line)
        whose, gathered = (begins[1], line[begins.end() :]) if begins else ("", "")
    yield whose, gathered


def counted(sent: Iterable[Message], requests: int) -> dict[str, Any]:
    """Statements, round trips and milliseconds of one request, and the five shapes that take longest."""
    statements = trips = 0
    spent = 0.0
    shapes: dict[str, float] = {}
    for one in sent:
        spent += one.ms
        shape = shape_of(one.prepared or one.text)
        shapes[shape] = shapes.get(shape, 0.0) + one.ms
        if one.kind in ("statement", "execute"):
            trips += 1
            statements += max(len(split(one.text)), 1)  # an empty one asks whether the connection lives
    costly = sorted(shapes.items(), key=lambda pair: -pair[1])[:5]
    return {
        "statements": round(statements / requests, 1),
        "round_trips": round(trips / requests, 1),
        "database_ms": round(spent / requests, 2),
        "costly": [[shape, round(ms / requests, 2)] for shape, ms in costly],
    }


def shape_of(statement: str) -> str:
    """A statement without its values."""
    plain = re.sub(r"'(?:[^']|'')*'", "?", statement)
    return re.sub(r"\b\d+\b", "?", plain)[:160]
