"""The catalogue as a workbook, in and out, and the shipped one from its data files.

Reading trusts nothing: the file's inflated size, its rows and columns are counted before a cell is read.
Writing puts every cell down as text, and marks what a spreadsheet might take for a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from django.utils import translation
from python_calamine import CalamineWorkbook

from huying.kernel.late import late
from huying.kernel.refusals import Invalid, TooLarge
from huying.kernel.terms import Label, _
from huying.kernel.workbooks import UNREADABLE, Beyond, Bounds, opened
from huying.matters.rules import CallBackPolicy, CheckPolicy, DutyKind, FlowKind, Grade, LowestTier
from huying.matters.rules.book import SHEETS, Book, ClassRow, Column, DutyRow, LimitLine, Problem, SheetKind, TypeRow

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = late("xlsxwriter")

FILE_LIMIT = 4 * 1024 * 1024
_BOUNDS = Bounds(
    rows=max(kind.most for kind in SHEETS) + 1, columns=60, inflated=32 << 20, parts=100, elements=2_500_000
)
_LANGUAGE = "zh-hans"  # of heads and choices in the file, whatever language the person reads pages in
_RISKY = ("=", "+", "-", "@", "\t", "'")


# Out


def write_book(book: Book) -> bytes:
    """The catalogue as xlsx: one sheet for each kind of row, row by row, heads first."""
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with translation.override(_LANGUAGE), xlsxwriter.Workbook(out, options) as workbook:
        # A fixed date: the same rows make the same file.
        workbook.set_properties({"created": datetime(2026, 1, 1)})
        head, wrap = workbook.add_format({"bold": True, "bottom": 1}), workbook.add_format({"text_wrap": True})
        for kind in SHEETS:
            sheet = workbook.add_worksheet(str(kind.label))
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(kind.columns):
                sheet.set_column(place, place, 40 if column.limit >= 200 else 16)
                sheet.write_string(0, place, str(column.label), head)
            for number, row in enumerate(getattr(book, kind.key), start=1):
                for place, column in enumerate(kind.columns):
                    sheet.write_string(number, place, _safe(column.write(getattr(row, column.name))), wrap)
    return out.getvalue()


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, not even after it is saved as CSV; `_plain` undoes it."""
    return "'" + text if text.startswith(_RISKY) else text


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_RISKY) else text


# In


@dataclass
class ReadBook:
    """What a workbook holds: the rows that could be read, their numbers in the file, and what could not."""

    book: Book
    numbers: dict[str, list[int]]
    problems: list[Problem] = field(default_factory=list)


def read_book(data: bytes) -> ReadBook:
    """Read a workbook as `write_book` writes it.

    Raises TooLarge for a file beyond the limits (inflated, too), Invalid for what is not a workbook.
    """
    if len(data) > FILE_LIMIT:
        raise TooLarge
    found = ReadBook(Book(), {})
    rows: dict[str, list[Any]] = {}
    try:
        workbook = opened(data, _BOUNDS)
        with translation.override(_LANGUAGE):
            for kind in SHEETS:
                rows[kind.key] = list(_rows_of(workbook, kind, found))
    except Beyond as why:
        raise TooLarge from why
    except UNREADABLE as why:
        raise Invalid({"file": [_("这不是能读的 xlsx 表格。请从“导出”得到的表格改起。")]}) from why
    found.book = Book(**{key: tuple(one) for key, one in rows.items()})
    return found


def _rows_of(workbook: CalamineWorkbook, kind: SheetKind, found: ReadBook) -> Iterator[Any]:
    numbers = found.numbers.setdefault(kind.key, [])
    if str(kind.label) not in workbook.sheet_names:
        found.problems.append(Problem(kind.key, 1, "", _("少了这张表。")))
        return
    cells = workbook.get_sheet_by_name(str(kind.label)).to_python(skip_empty_area=False)
    head = [_text(cell) for cell in cells[0]] if cells else []
    places = _places(head, kind, found)
    if places is None:
        return
    for number, row in enumerate(cells[1:], start=2):
        texts = (
            {name: _text(row[place], columns[name]) for name, place in places.items()}
            if (columns := {one.name: one for one in kind.columns})
            else {}
        )
        if not any(texts.values()):
            continue
        if len(numbers) >= kind.most:
            found.problems.append(
                Problem(kind.key, number, "", _("行数太多，最多 %(most)s 行。") % {"most": kind.most})
            )
            return
        read = _read_row(texts, number, kind, found)
        if read is not None:
            numbers.append(number)
            yield read


def _places(head: list[str], kind: SheetKind, found: ReadBook) -> dict[str, int] | None:
    """Where each column stands; None where one is missing."""
    labels = {str(one.label): one.name for one in kind.columns}
    places = {labels[text]: place for place, text in enumerate(head) if text in labels}
    missing = [one for one in kind.columns if one.name not in places]
    for one in missing:
        found.problems.append(Problem(kind.key, 1, one.label, _("少了这一列。")))
    for text in head:
        if text and text not in labels:
            found.problems.append(Problem(kind.key, 1, text[:20], _("不认识这一列。请删掉，或改成导出表里的列名。")))
    if len(set(filter(None, head))) != len(list(filter(None, head))):
        found.problems.append(Problem(kind.key, 1, "", _("有两列同名。请只留一列。")))
    return None if missing else places


def _read_row(texts: dict[str, str], number: int, kind: SheetKind, found: ReadBook) -> Any | None:
    values: dict[str, Any] = {}
    for column in kind.columns:
        try:
            values[column.name] = column.read(_plain(texts[column.name]))
        except Invalid as why:
            sentence: Label = next(line for lines in why.errors.values() for line in lines)
            found.problems.append(Problem(kind.key, number, column.label, sentence))
    return kind.row(**values) if len(values) == len(kind.columns) else None


def _text(cell: Any, column: Column | None = None) -> str:
    """A cell's text; a code that the spreadsheet took for a number gets its zeros back."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        text = str(int(cell))
        return text.zfill(column.limit) if column is not None and column.kind == "code" else text
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell)


# The shipped catalogue

_TIERS = {"g": LowestTier.GRID, "c": LowestTier.COMMUNITY, "s": LowestTier.STREET, "d": LowestTier.DISTRICT}
_GRADES = {"o": Grade.ORDINARY, "u": Grade.URGENT, "h": Grade.HARD}
_FLOWS = {"a": FlowKind.APPEAL, "c": FlowKind.CITY, "s": FlowKind.SELF}
_CHECKS = {"n": CheckPolicy.NEVER, "a": CheckPolicy.ALWAYS, "p": CheckPolicy.PATROL}
_DUTIES = {"b": DutyKind.BASIC, "c": DutyKind.COOPERATING, "t": DutyKind.TAKEN_BACK}


@dataclass(frozen=True)
class UnitHint:
    """A unit that the shipped catalogue names, for worlds that create units: its kind (people) and its tier."""

    name: str
    kind: str
    tier: str


def default_units() -> list[UnitHint]:
    return [UnitHint(one["name"], one["kind"], one["tier"]) for one in _data("units")]


def default_book() -> Book:
    """The shipped catalogue. In the file a type's choices and flags are one letter each (see `_default_type`)."""
    types = list(_data("types"))
    return Book(
        classes=tuple(ClassRow(one["code"], one["name"]) for one in _data("classes")),
        duties=tuple(DutyRow(one["kind"], int(one["number"]), one["text"], one["lead"]) for one in _data("duties")),
        types=tuple(_default_type(one) for one in types),
        limits=tuple(
            LimitLine(one["code"], step, grade, limit)
            for one in types
            for step, grade, limit in _default_limits(one["limit"])
        ),
    )


def _default_type(one: dict[str, str]) -> TypeRow:
    """Flags: c confidential, n not scored, s self-handled, h not chosen by residents, q nobody is called back."""
    flags = one["flags"]
    return TypeRow(
        code=one["code"], name=one["name"], lowest_tier=_TIERS[one["tier"]], grade=_GRADES[one["grade"]],
        flow=_FLOWS[one["flow"]], check_policy=_CHECKS[one["check"]],
        call_back_policy=CallBackPolicy.NOBODY if "q" in flags else CallBackPolicy.DESK,
        duty_kind=_DUTIES[one["duty"][0]], duty_number=int(one["duty"][1:]), filing_condition=one["filing"],
        closing_condition=one["closing"], proof=one["proof"], advice=one["advice"], danger=one["danger"],
        confidential="c" in flags, scored="n" not in flags, self_handle="s" in flags, public="h" not in flags,
        units=_parts(one["units"]), words=_parts(one["words"]), danger_words=_parts(one["danger_words"]),
        stages=_parts(one["stages"]),
    )  # fmt: skip


def _default_limits(text: str) -> Iterator[tuple[str, str, str]]:
    """`4wh` is handling at any grade; `handle.urgent=2h` names step and grade; several stand apart by spaces."""
    for one in text.split():
        where, equals, limit = one.rpartition("=")
        step, _dot, grade = where.partition(".")
        yield (step, grade, limit) if equals else ("handle", "", one)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("、")))


def _data(name: str) -> Iterator[dict[str, str]]:
    text = files("huying.matters").joinpath(f"data/{name}.csv").read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
