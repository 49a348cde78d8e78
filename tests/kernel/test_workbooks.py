"""A workbook is counted before anything reads it: what reaches too far never gets to the reader."""

import io
import zipfile

import pytest
import xlsxwriter

from huying.kernel import sheets
from huying.kernel.refusals import Invalid
from huying.kernel.workbooks import UNREADABLE, Beyond, Bounds, counted, opened

HERE = Bounds(rows=10, columns=5, inflated=200_000, elements=2_000, room=40, parts=20)


def book(*cells):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        sheet = made.add_worksheet()
        for row, column, words in cells:
            sheet.write_string(row, column, words)
    return out.getvalue()


def changed(data, name, part):
    """The same workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        new.writestr(name, part)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


def sheet_of(rows):
    return changed(book((0, 0, "代码")), SHEET, HEAD + rows + TAIL)


def test_a_workbook_within_its_bounds_is_read_with_its_first_rows_in_their_place():
    rows = list(opened(book((2, 1, "甲"), (3, 1, "乙")), HERE).get_sheet_by_index(0).iter_rows())
    assert rows == [[""], [""], ["甲"], ["乙"]]


@pytest.mark.parametrize("far", [(1_048_575, 16_383), (10, 0), (0, 5), (9, 4)])
def test_one_far_cell_is_refused_before_its_room_is_filled(far):
    with pytest.raises(Beyond):
        counted(book((0, 0, "代码"), (*far, "x")), HERE)


def test_cells_without_a_place_are_counted_on():
    cells = "<c><v>1</v></c>"
    assert counted(sheet_of(f"<row>{cells * 4}</row>"), HERE)
    with pytest.raises(Beyond):
        counted(sheet_of(f"<row>{cells * 6}</row>"), HERE)
    with pytest.raises(Beyond):
        counted(sheet_of(f"<row>{cells}</row>" * 11), HERE)


def test_a_style_alone_takes_no_room():
    assert counted(sheet_of('<row r="1048576"><c r="XFD1048576" s="1"/></row>'), HERE)


@pytest.mark.parametrize(
    "rows", ['<row r="1x"/>', '<row><c r="1A"><v>1</v></c></row>', "<row>", "<!DOCTYPE a [<!ENTITY b 'c'>]>"]
)
def test_what_is_no_sheet_is_unreadable(rows):
    with pytest.raises(UNREADABLE):
        counted(sheet_of(rows), HERE)


def test_what_inflates_or_has_too_many_parts_or_elements_is_beyond():
    whole = book((0, 0, "代码"))
    for data in (
        changed(whole, "xl/media/a.xml", "<a>" + " " * 300_000 + "</a>"),
        changed(whole, "xl/a.xml", "<a>" + "<b/>" * 3_000 + "</a>"),
    ):
        with pytest.raises(Beyond):
            counted(data, HERE)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as packed:
        for number in range(30):
            packed.writestr(f"{number}.xml", "<a/>")
    with pytest.raises(Beyond):
        counted(many.getvalue(), HERE)


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ("4000000000", Beyond),
        ("9" * 40, ValueError),
        ("+4000000000", ValueError),
        ("-1", ValueError),
        ("x", ValueError),
    ],
)
@pytest.mark.parametrize("name", ["count", "uniqueCount"])
def test_room_is_not_kept_for_words_that_a_file_only_says_it_has(stated, why, name):
    """The reader keeps room for as many as are stated: the process would end."""
    words = f'<sst {name}="{stated}"><si><t>长</t></si></sst>'
    with pytest.raises(why):
        counted(changed(book((0, 0, "代码")), "xl/sharedStrings.xml", words), HERE)


def test_the_registers_reader_says_so_in_words(tmp_path):
    file = tmp_path / "far.xlsx"
    file.write_bytes(book((0, 0, "代码"), (1_048_575, 16_383, "x")))
    with pytest.raises(Invalid, match="太大"):
        list(sheets.lines(file))
