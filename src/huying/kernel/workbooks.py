"""A workbook that somebody brought, counted before anything reads it.

The reader fills all the room up to the furthest cell, and keeps room for as many words as the file says that it has: a
file of five kilobytes would take half a terabyte and end the process. So every part is inflated under a count, every
cell's place and every stated number is looked at, and what was counted is packed anew: the reader sees exactly that.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

UNREADABLE = (CalamineError, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, LookupError, RuntimeError)
"""What the readers say of a file that is broken, locked or of another kind."""
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,18}", re.ASCII)
_PIECE = 1 << 16
_LONG = 32 << 20


class Beyond(Exception):
    """The workbook reaches beyond its bounds."""


@dataclass(frozen=True)
class Bounds:
    """How far a workbook may reach."""

    rows: int
    columns: int = 300
    inflated: int = 48 << 20
    elements: int = 1_300_000
    room: int = 4_000_000  # cells up to the furthest one, empty ones too
    parts: int = 500


def opened(file: Path | bytes, bounds: Bounds) -> CalamineWorkbook:
    """The workbook, ready to be read. Raises Beyond, or one of UNREADABLE."""
    return CalamineWorkbook.from_filelike(counted(file, bounds))


def counted(file: Path | bytes, bounds: Bounds) -> IO[bytes]:
    """The same workbook with its parts of XML alone, each one counted. Raises Beyond, or one of UNREADABLE.

    It is passed on piece by piece, and long parts are packed again, so that they never stand in memory whole.
    """
    source: Any = io.BytesIO(file) if isinstance(file, bytes) else file
    out, left = io.BytesIO(), [bounds.inflated, bounds.elements]
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        parts = old.infolist()
        if len(parts) > bounds.parts:
            raise Beyond
        if len({part.filename for part in parts}) < len(parts):
            raise ValueError("two parts of one name")
        for part in parts:
            if not part.filename.endswith((".xml", ".rels")):
                continue
            entry = zipfile.ZipInfo(part.filename)
            entry.compress_type = zipfile.ZIP_DEFLATED if part.file_size > _LONG else zipfile.ZIP_STORED
            with old.open(part) as stream, new.open(entry, "w") as kept:
                _pass_on(stream, kept, part.filename, bounds, left)
    out.seek(0)
    return out


def _pass_on(stream: IO[bytes], kept: IO[bytes], name: str, bounds: Bounds, left: list[int]) -> None:
    parser = _parser("/worksheets/" in name, bounds, left)
    while piece := stream.read(_PIECE):
        left[0] -= len(piece)
        if left[0] < 0:
            raise Beyond
        kept.write(piece)
        try:
            parser.Parse(piece, False)
        except expat.ExpatError as why:
            raise ValueError("a part that is no XML") from why
    try:
        parser.Parse(b"", True)
    except expat.ExpatError as why:
        raise ValueError("a part that is no XML") from why


def _parser(sheet: bool, bounds: Bounds, left: list[int]) -> Any:
    parser = expat.ParserCreate()
    parser.ordered_attributes = True  # [name, value, name, value]

    def element(_name: str, given: list[str]) -> None:
        left[1] -= 1
        if left[1] < 0:
            raise Beyond
        if given:
            _check_stated(given, bounds)

    def declared(*_given: object) -> None:
        raise ValueError("a document type of its own")

    parser.StartElementHandler = _cells(element, bounds, left) if sheet else element
    parser.StartDoctypeDeclHandler = declared
    return parser


def _check_stated(given: list[str], bounds: Bounds) -> None:
    for name, stated in zip(given[::2], given[1::2], strict=True):
        if name in ("count", "uniqueCount"):  # hardly any element states one
            if not _COUNT.fullmatch(stated):
                raise ValueError("a count that is none")
            if int(stated) > bounds.elements:
                raise Beyond


def _where(given: list[str]) -> str | None:
    """What a row or cell says of its place; nearly always the first that it says, and often nothing."""
    if not given or given[0] == "r":
        return given[1] if given else None
    return dict(zip(given[::2], given[1::2], strict=True)).get("r")


def _cells(
    element: Callable[[str, list[str]], None], bounds: Bounds, left: list[int]
) -> Callable[[str, list[str]], None]:
    """Where the cells of one sheet stand. A cell without a content takes no room: styled rows run to the last one.

    One function over plain names, because it is called for millions of elements; `element` takes the others.
    """
    row = column = last_row = last_column = 0

    def began(name: str, given: list[str]) -> None:
        nonlocal row, column, last_row, last_column
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            stated = _where(given)
            if stated is None:
                column += 1
            else:
                place = _PLACE.fullmatch(stated)
                if place is None:
                    raise ValueError("a cell without a place")
                column, row = column_number(place[1]), int(place[2])
        elif name in ("v", "is", "f"):
            if row > last_row or column > last_column:
                last_row, last_column = max(last_row, row), max(last_column, column)
                if last_row > bounds.rows or last_column > bounds.columns or last_row * last_column > bounds.room:
                    raise Beyond
        elif name == "row":
            stated = _where(given)
            if stated is None:
                row += 1
            elif _NUMBER.fullmatch(stated):
                row = int(stated)
            else:
                raise ValueError("a row without a number")
            column = 0
        else:
            element(name, given)
            return
        left[1] -= 1
        if left[1] < 0:
            raise Beyond

    return began


@cache
def column_number(letters: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
