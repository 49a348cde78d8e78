"""Sheets of upper systems: read by the columns that somebody said, and answers written in the system's own columns."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from huying.cases.models import Source, Ticket
from huying.cases.rules.tickets import MOST_ROWS, NEEDED_FIELDS, Row, TicketField, guessed, read_row
from huying.clocks.rules import SHANGHAI
from huying.kernel.late import late
from huying.kernel.refusals import Invalid
from huying.kernel.sheets import Line, as_meant, harmless, lines
from huying.kernel.terms import Label, _
from huying.kernel.workbooks import Bounds

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = late("xlsxwriter")

MOST_SHOWN = 20


@dataclass(frozen=True)
class ReadLine:
    """One line of the file: its row, or what is wrong with it by field."""

    number: int
    row: Row | None
    wrong: Mapping[str, Label]

    @property
    def reason(self) -> str:
        labels = {str(one): str(one.label) for one in TicketField}
        told = _("%(heading)s：%(words)s")
        return " ".join(
            str(told) % {"heading": labels.get(name, name), "words": sentence} for name, sentence in self.wrong.items()
        )


def lines_of(path: Path) -> list[Line]:
    """The lines of a file; Invalid where it cannot be read, is empty or longer than one import takes."""
    found = list(islice(lines(path, Bounds(rows=MOST_ROWS + 2)), MOST_ROWS + 1))
    if not found:
        raise Invalid({"file": [_("文件里只有表头，没有内容。请核对后再导。")]})
    if len(found) > MOST_ROWS:
        raise Invalid({"file": [_("超过 %(most)s 行，没有导入。请分成几个文件。") % {"most": MOST_ROWS}]})
    return found


def headings_of(found: Iterable[Line]) -> list[str]:
    return list(dict.fromkeys(heading for line in found for heading in line.cells if heading))


def columns_for(source: Source, headings: Iterable[str]) -> dict[str, str]:
    """The columns as they were said last time, as far as this file has them; else by their usual names."""
    there = set(headings)
    kept = {name: heading for name, heading in source.columns.items() if heading in there}
    taken = set(kept.values())
    return {**{name: one for name, one in guessed(there).items() if one not in taken}, **kept}


def columns_to_keep(source: Source, headings: Iterable[str], columns: Mapping[str, str]) -> dict[str, str]:
    """The columns as they were said now; of those that this file does not have, as they were said before."""
    there = set(headings)
    return {**{name: one for name, one in source.columns.items() if one not in there}, **columns}


def rows_of(found: Iterable[Line], source: Source, columns: Mapping[str, str], now: datetime) -> list[ReadLine]:
    if any(not columns.get(str(one)) for one in NEEDED_FIELDS):
        raise Invalid({"columns": [_("请先选好工单编号是哪一列。")]})
    told = []
    for line in found:
        cells = {heading: as_meant(text) for heading, text in line.cells.items()}
        row, wrong = read_row(cells, columns, pattern=source.number_pattern, now=now, zone=SHANGHAI)
        told.append(ReadLine(line.number, row, wrong))
    return told


# Out again


def table_of(source: Source, tickets: Iterable[Ticket]) -> tuple[list[str], list[list[str]]]:
    """The answers in the system's own columns and order."""
    heading = [one.heading for one in source.fields]
    return heading, [[ticket.closing.get(one, "") for one in heading] for ticket in tickets]


def as_csv(heading: list[str], rows: list[list[str]]) -> bytes:
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerows([[harmless(cell) for cell in row] for row in (heading, *rows)])
    return held.getvalue().encode("utf-8-sig")


def as_workbook(heading: list[str], rows: list[list[str]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        book = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        sheet = book.add_worksheet()
        for number, row in enumerate((heading, *rows)):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, harmless(cell))
        book.close()
        return path.read_bytes()
