"""Sheets for tests, on disk for a moment."""

import csv
import tempfile
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter


@contextmanager
def sheet(head, rows, kind="csv"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sheet.{kind}"
        if kind == "csv":
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows([head, *rows])
        else:
            book = xlsxwriter.Workbook(str(path))
            page = book.add_worksheet()
            for number, row in enumerate([head, *rows]):
                page.write_row(number, 0, row)
            book.close()
        yield path


@contextmanager
def csv_of(lines):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.csv"
        path.write_text("".join(lines), encoding="utf-8", newline="")
        yield path
