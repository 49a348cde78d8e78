import contextlib
import io
import zipfile
from dataclasses import replace

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from huying.kernel.refusals import Invalid, TooLarge
from huying.matters import sheets
from huying.matters.rules.book import Book, ClassRow, DutyRow, problems_of
from huying.matters.sheets import default_book, read_book, write_book

BOOK = default_book()
SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    b'<c %b t="str"><v>1</v></c></row></sheetData></worksheet>'
)


def workbook(fill):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        fill(book)
    return out.getvalue()


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return out.getvalue()


def repacked(data, name, change):
    old = zipfile.ZipFile(io.BytesIO(data))
    return zipped({one: change(old.read(one)) if one == name else old.read(one) for one in old.namelist()})


def test_what_was_written_is_read_back_whole():
    read = read_book(write_book(BOOK))
    assert read.problems == []
    assert read.book == BOOK
    assert problems_of(read.book, read.numbers) == []


line = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(line, line), max_size=4))
def test_any_text_survives_the_way_out_and_in(rows):
    import unicodedata

    duties = tuple(
        DutyRow("cooperating", number, unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", lead))
        for number, (text, lead) in enumerate(rows, start=1)
    )
    book = Book(classes=(ClassRow("01", "类"),), duties=duties)
    read = read_book(write_book(book))
    assert read.problems == []
    assert read.book == book


@pytest.mark.parametrize("text", ["=1+1", "+852", "-1", "@cmd", "'=quoted", "=HYPERLINK(x)"])
def test_no_cell_is_a_formula_or_looks_like_one(text):
    book = replace(BOOK, duties=(replace(BOOK.duties[0], text=text), *BOOK.duties[1:]))
    data = write_book(book)
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet2.xml")
    assert b"<f>" not in sheet
    cell = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("履职事项").to_python()[1][2]
    assert cell == "'" + text
    assert read_book(data).book.duties[0].text == text


def test_every_problem_is_listed_by_sheet_and_row():
    def fill(book):
        classes = book.add_worksheet("分类")
        classes.write_row(0, 0, ["类码", "类名", "备注"])
        classes.write_row(1, 0, [1, "市容"])  # a number cell: the zero comes back
        classes.write_row(3, 0, ["A1", ""])
        duties = book.add_worksheet("履职事项")
        duties.write_row(0, 0, ["清单", "序号", "事项内容"])

    read = read_book(workbook(fill))
    assert [(one.sheet, one.row, str(one.column)) for one in read.problems] == [
        ("classes", 1, "备注"),
        ("classes", 4, "类码"),
        ("classes", 4, "类名"),
        ("duties", 1, "牵头单位"),
        ("types", 1, ""),
        ("limits", 1, ""),
    ]
    assert read.book.classes == (ClassRow("01", "市容"),)


class TestBadFiles:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"a,b\n1,2\n",
            b"PK\x03\x04 broken",
            zipped({"hello.xml": b"<a/>"}),
            write_book(BOOK)[:2000],
            repacked(write_book(BOOK), "xl/worksheets/sheet1.xml", lambda _old: b"<worksheet><sheetData>"),
        ],
    )
    def test_what_is_no_workbook_is_refused(self, data):
        with pytest.raises(Invalid) as caught:
            read_book(data)
        assert list(caught.value.errors) == ["file"]

    def test_a_sheet_with_entities_is_refused(self):
        bomb = b'<!DOCTYPE a [<!ENTITY b "cccc">]>' + (SHEET % b'r="A1"').replace(b"1</v>", b"&b;</v>")
        with pytest.raises(Invalid):
            read_book(repacked(write_book(BOOK), "xl/worksheets/sheet1.xml", lambda _old: bomb))

    def test_a_file_that_inflates_beyond_the_limit_is_refused(self, monkeypatch):
        monkeypatch.setattr(sheets, "_BOUNDS", replace(sheets._BOUNDS, inflated=1024 * 1024))
        bomb = zipped({"xl/sharedStrings.xml": b"<sst>" + b"0" * (2 * 1024 * 1024) + b"</sst>"})
        assert len(bomb) < 10_000
        with pytest.raises(TooLarge):
            read_book(bomb)

    def test_a_big_file_and_too_many_parts_are_refused(self):
        with pytest.raises(TooLarge):
            read_book(b"0" * (sheets.FILE_LIMIT + 1))
        with pytest.raises(TooLarge):
            read_book(zipped({f"{number}.xml": b"" for number in range(sheets._BOUNDS.parts + 1)}))

    @pytest.mark.parametrize("place", [(1_000_000, 0), (1, 16_000), (10_002, 0), (1, 61)])
    def test_one_far_cell_is_refused_before_its_room_is_filled(self, place):
        def fill(book):
            book.add_worksheet("分类").write_string(*place, "x")

        with pytest.raises(TooLarge):
            read_book(workbook(fill))

    @pytest.mark.parametrize("mark", [b'r="A99999999999"', b'r="ZZZZZZ1"', b'r="x"', b'r=""', b'r="\xd9\xa1"'])
    def test_odd_cell_names_do_not_break_the_reader(self, mark):
        with pytest.raises((Invalid, TooLarge)):
            read_book(repacked(write_book(BOOK), "xl/worksheets/sheet1.xml", lambda _old: SHEET % mark))

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 6000), st.binary(min_size=1, max_size=30))
    def test_a_damaged_file_is_read_or_refused_and_never_a_fault(self, place, noise):
        data = write_book(Book(classes=(ClassRow("01", "类"),)))
        place %= len(data)
        with contextlib.suppress(Invalid, TooLarge):
            read_book(data[:place] + noise + data[place + len(noise) :])
