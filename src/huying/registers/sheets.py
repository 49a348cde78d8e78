"""Registers as sheets: what is written can be read back by the import and means the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from huying.kernel.sheets import harmless
from huying.kernel.terms import _, listed
from huying.registers import cells, declared
from huying.registers.declared import Column, ColumnKind, Register
from huying.registers.importing import ID_LABEL, id_heading


def area_heading(column: Column) -> str:
    """The heading beside a column of codes that carries the names, for people; the import passes over it."""
    return str(_("%(label)s名称") % {"label": column.label})


def heading(register: Register[Any]) -> list[str]:
    names = [str(ID_LABEL)]
    for column in register.columns:
        names.append(str(column.label))
        if column.kind == ColumnKind.LINK:
            names.append(id_heading(column))
        elif column.kind in (ColumnKind.AREA, ColumnKind.AREAS):
            names.append(area_heading(column))
    return names


def line(register: Register[Any], row: Any) -> list[str]:
    cells_of = [str(row.pk)]
    for column in register.columns:
        value = register.value_of(row, column)
        if column.derived:
            cells_of.append(register.words_of(row, column))
            continue
        cells_of.append(cells.sheet_text(register, column, value, row))
        if column.kind == ColumnKind.LINK:
            cells_of.append(str(value or ""))
        elif column.kind in (ColumnKind.AREA, ColumnKind.AREAS):
            cells_of.append(declared.words(register, column, value, row))
    return cells_of


def csv_lines(register: Register[Any], rows: Iterable[Any]) -> Iterator[str]:
    """The lines of a CSV file, beginning with the mark by which office programs know UTF-8."""
    yield "\ufeff" + _written(heading(register))
    for row in rows:
        yield _written([harmless(one) for one in line(register, row)])


def _written(values: list[str]) -> str:
    held = io.StringIO()
    csv.writer(held).writerow(values)
    return held.getvalue()


def write_workbook(register: Register[Any], rows: Iterable[Any], path: Path, *, about: bool = False) -> int:
    """Write an xlsx, row by row in little memory; says how many rows. `about` adds a sheet about the columns."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(path), options)
    bold = book.add_format({"bold": True, "bg_color": "#F2F3F5", "bottom": 1})
    sheet = book.add_worksheet(_sheet_name(register))
    names = heading(register)
    sheet.freeze_panes(1, 2)
    for place, name in enumerate(names):
        sheet.set_column(place, place, max(10, min(36, 3 * len(name))))
        sheet.write_string(0, place, name, bold)
    count = 0
    for row in rows:
        count += 1
        for place, text in enumerate(line(register, row)):
            if text:
                sheet.write_string(count, place, harmless(text))
    if about:
        _explain(register, book.add_worksheet(str(_("怎么填"))), bold)
    book.close()
    return count


def _sheet_name(register: Register[Any]) -> str:
    return "".join(one for one in str(register.label) if one not in "[]:*?/\\'")[:31] or "1"


def _explain(register: Register[Any], sheet: Any, bold: Any) -> None:
    for place, name in enumerate((_("列"), _("要填吗"), _("怎么填"))):
        sheet.write_string(0, place, str(name), bold)
    sheet.set_column(0, 0, 18)
    sheet.set_column(2, 2, 90)
    lines = [(str(ID_LABEL), "", str(_("改已有的行时照导出的写；新增的行留空。")))]
    for column in register.columns:
        needed = str(_("必填")) if column.needed else ""
        lines.append((str(column.label), needed, how_to_fill(column)))
    for number, written in enumerate(lines, start=1):
        for place, text in enumerate(written):
            sheet.write_string(number, place, text)


def how_to_fill(column: Column) -> str:
    """One line for whoever fills in the column."""
    told: list[object] = []
    if column.derived:
        told.append(_("系统自己算，不用填。"))
    elif column.choices is not None:
        labels = listed(label for _value, label in column.offered())
        told.append(_("可以写：%(labels)s。") % {"labels": labels})
    elif column.kind in _HOW:
        told.append(_HOW[column.kind])
    if column.kind == ColumnKind.CHOICES:
        told.append(_("几个用顿号隔开。"))
    if column.help:
        told.append(column.help)
    return "".join(str(one) for one in told)


_HOW = {
    ColumnKind.DATE: _("像 2026-07-01 这样写。"),
    ColumnKind.TIME: _("像 08:30 这样写。"),
    ColumnKind.YES: _("写“是”或“否”。"),
    ColumnKind.AREA: _("写区域的代码。"),
    ColumnKind.AREAS: _("写区域的代码，几个用逗号隔开。"),
    ColumnKind.LINK: _("写名称；有同名的写编号。"),
    ColumnKind.POINT: _("经度和纬度（WGS84），像“113.304, 23.101”。"),
    ColumnKind.NUMBER: _("写整数。"),
    ColumnKind.DECIMAL: _("写数字，最多两位小数。"),
}
