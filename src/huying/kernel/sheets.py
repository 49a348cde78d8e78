"""Reading tables row by row: CSV in UTF-8 (with or without BOM) or GB18030-2022, and xlsx. Bounds come first."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.kernel.workbooks import UNREADABLE, Beyond, Bounds, opened

MOST_CELL = 200_000
# What the command line takes; a page takes less (see `lines`).
MOST = Bounds(rows=1_048_576, columns=200, inflated=400 << 20, elements=12_000_000, room=24_000_000)
_LOOK = 1 << 20

# GB 18030-2022 moved 18 characters that older mappings kept in the private use area; Python's codec is the older
# one. Two-byte forms arrive as private use and become the standard characters; the four-byte forms that the older
# table gave those characters now mean the private use ones, so the two are exchanged.
_PRIVATE = [*range(0xE78D, 0xE797), 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864]
_STANDARD = [0xFE10, 0xFE12, 0xFE11, 0xFE13, 0xFE14, 0xFE15, 0xFE16, 0xFE17, 0xFE18, 0xFE19, *range(0x9FB4, 0x9FBC)]
_2022 = dict(zip([*_PRIVATE, *_STANDARD], [*_STANDARD, *_PRIVATE], strict=True))


def gb18030_2022(text: str) -> str:
    """A text decoded by Python's `gb18030`, as the edition of 2022 reads it."""
    return text.translate(_2022)


@dataclass(frozen=True)
class Line:
    """One row: its number in the file (the heading is 1) and its cells by heading."""

    number: int
    cells: dict[str, str]


def encoding_of(path: Path) -> str:
    """`utf-8-sig` or `gb18030`, by reading the whole file once in pieces; Invalid where it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding, newline="") as file:
                while piece := file.read(_LOOK):
                    if "\x00" in piece:
                        raise Invalid(_("文件里有空字符，不像表格。请另存为 UTF-8 的 CSV 再导。"))
        except UnicodeDecodeError:
            continue
        return encoding
    raise Invalid(_("文件的编码读不懂。请另存为 UTF-8 的 CSV 或 xlsx。"))


def lines(path: Path, bounds: Bounds = MOST) -> Iterator[Line]:
    """The rows of a file, streaming for CSV; `bounds` are those of a workbook.

    Raises Invalid where the file as a whole cannot be read.
    """
    if not path.is_file():
        raise Invalid(_("没有这个文件：%(name)s。请核对路径。") % {"name": path.name})
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    return _sheet(path, bounds) if packed else _csv(path, bounds)


def _csv(path: Path, bounds: Bounds) -> Iterator[Line]:
    encoding = encoding_of(path)
    csv.field_size_limit(MOST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        # The heading alone decides the delimiter: words below it are full of commas.
        first = file.readline()
        delimiter = max(",;\t", key=first.count)
        file.seek(0)
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        heading: list[str] | None = None
        number = 0
        while True:
            number += 1
            try:
                cells = next(rows)
            except StopIteration:
                break
            except csv.Error as why:
                raise Invalid(
                    _("第 %(row)s 行起读不懂，可能引号没有成对。请改好后再导。") % {"row": number}, row=number
                ) from why
            if encoding == "gb18030":
                cells = [gb18030_2022(cell) for cell in cells]
            if heading is None:
                heading = _heading(cells, bounds)
            elif any(cell.strip() for cell in cells):
                yield Line(number, dict(zip(heading, cells, strict=False)))
        if heading is None:
            raise Invalid(_("文件里没有内容。请核对后再导。"))


def _heading(cells: list[str], bounds: Bounds) -> list[str]:
    if len(cells) > bounds.columns:
        raise Invalid(_("表格的列太多，最多 %(most)s 列。请删去用不着的列。") % {"most": bounds.columns})
    names = [cell.strip() for cell in cells]
    twice = sorted(name for name, times in Counter(names).items() if name and times > 1)
    if twice:
        raise Invalid(_("表头里“%(name)s”出现了两次。请留一列。") % {"name": twice[0]})
    return names


def _sheet(path: Path, bounds: Bounds) -> Iterator[Line]:
    try:
        sheet = opened(path, bounds).get_sheet_by_index(0)
        heading: list[str] | None = None
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [cell_text(cell) for cell in row]
            if heading is None:
                heading = _heading(cells, bounds)
            elif any(cells):
                yield Line(number, dict(zip(heading, cells, strict=False)))
    except Beyond as why:
        raise Invalid(_("表格解开后太大，没有读。请分成几个文件。")) from why
    except UNREADABLE as why:
        raise Invalid(_("这个表格文件打不开。请另存为 xlsx 或 CSV 再导。")) from why


# What a sheet runs as a formula, full width too, also behind apostrophes of its own. One apostrophe is put before and
# taken away again, so every text comes back as it was.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def harmless(text: str) -> str:
    """A cell that no sheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_meant(cell: str) -> str:
    """What a cell said before `harmless`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def cell_text(value: object) -> str:
    """A cell as text: numbers that a sheet keeps as floats come back as digits, times as ISO."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
