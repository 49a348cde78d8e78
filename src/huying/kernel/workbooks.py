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
    return CalamineWorkbook.from_filelike(io.BytesIO(counted(file, bounds)))


def counted(file: Path | bytes, bounds: Bounds) -> bytes:
    """The same workbook with its parts of XML alone, each one counted. Raises Beyond, or one of UNREADABLE."""
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
            with old.open(part) as stream:
                new.writestr(part.filename, _part(stream, part.filename, bounds, left))
    return out.getvalue()


def _part(stream: IO[bytes], name: str, bounds: Bounds, left: list[int]) -> bytes:
    kept: list[bytes] = []
    parser = _parser(_Cells(bounds) if "/worksheets/" in name else None, bounds, left)
    while piece := stream.read(_PIECE):
        left[0] -= len(piece)
        if left[0] < 0:
            raise Beyond
        kept.append(piece)
        try:
            parser.Parse(piece, False)
        except expat.ExpatError as why:
            raise ValueError("a part that is no XML") from why
    try:
        parser.Parse(b"", True)
    except expat.ExpatError as why:
        raise ValueError("a part that is no XML") from why
    return b"".join(kept)


def _parser(cells: _Cells | None, bounds: Bounds, left: list[int]) -> Any:
    parser = expat.ParserCreate()

    def began(name: str, given: dict[str, str]) -> None:
        left[1] -= 1
        if left[1] < 0:
            raise Beyond
        if "count" in given or "uniqueCount" in given:  # hardly any element states one
            _check_stated(given, bounds)
        if cells is not None:
            cells.began(name, given)

    def declared(*_given: object) -> None:
        raise ValueError("a document type of its own")

    parser.StartElementHandler, parser.StartDoctypeDeclHandler = began, declared
    return parser


def _check_stated(given: dict[str, str], bounds: Bounds) -> None:
    for stated in (given.get("count", "0"), given.get("uniqueCount", "0")):
        if not _COUNT.fullmatch(stated):
            raise ValueError("a count that is none")
        if int(stated) > bounds.elements:
            raise Beyond


class _Cells:
    """Where the cells of one sheet stand. A cell without a content takes no room: styled rows run to the last one."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.row = self.column = self.last_row = self.last_column = 0

    def began(self, name: str, given: dict[str, str]) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self._cell(given.get("r"))
        elif name == "row":
            self._row(given.get("r"))
        elif name in ("v", "is", "f") and (self.row > self.last_row or self.column > self.last_column):
            self._filled()

    def _row(self, stated: str | None) -> None:
        if stated is None:
            self.row += 1
        elif _NUMBER.fullmatch(stated):
            self.row = int(stated)
        else:
            raise ValueError("a row without a number")
        self.column = 0

    def _cell(self, stated: str | None) -> None:
        if stated is None:
            self.column += 1
            return
        place = _PLACE.fullmatch(stated)
        if place is None:
            raise ValueError("a cell without a place")
        self.column, self.row = column_number(place[1]), int(place[2])

    def _filled(self) -> None:
        self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)
        bounds = self.bounds
        if (
            self.last_row > bounds.rows
            or self.last_column > bounds.columns
            or self.last_row * self.last_column > bounds.room
        ):
            raise Beyond


@cache
def column_number(letters: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
