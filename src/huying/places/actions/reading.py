"""Reading a file that somebody brought: CSV (UTF-8, with or without BOM, GB18030), xlsx, GeoJSON; bounds come first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from huying.kernel.terms import _
from huying.kernel.workbooks import UNREADABLE, Beyond, Bounds, opened
from huying.places.actions.outcome import Outcome

MOST_TABLE_BYTES = 5 * 1024 * 1024
MOST_INFLATED_BYTES = 40 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 60
MOST_GEOJSON_BYTES = 30 * 1024 * 1024
MOST_FEATURES = 20_000

# What people write above a column, and which field it is.
HEADINGS = {
    "code": "code",
    "代码": "code",
    "编码": "code",
    "区划代码": "code",
    "区域代码": "code",
    "统计用区划代码": "code",
    "name": "name",
    "名称": "name",
    "区域名称": "name",
    "short_name": "short_name",
    "简称": "short_name",
    "parent": "parent",
    "parent_code": "parent",
    "上级代码": "parent",
    "上级": "parent",
    "tier": "tier",
    "层级": "tier",
    "级别": "tier",
    "households": "households",
    "户数": "households",
    "valid_from": "valid_from",
    "生效日期": "valid_from",
}


@dataclass(frozen=True)
class Row:
    """One row of a table: its number in the sheet and its cells by field."""

    number: int
    cells: dict[str, str]


def table(data: bytes, outcome: Outcome) -> list[Row]:
    """The rows of a table; what is wrong with the file as a whole goes to the outcome."""
    if len(data) > MOST_TABLE_BYTES:
        outcome.add(0, "file", "file_too_large", _("文件超过 %(most)s MB，没有读。请分成几个文件。"), {"most": 5})
        return []
    lines = list(_sheet(data, outcome) if data[:4] == b"PK\x03\x04" else _csv(data, outcome))
    heading = next(((number, cells) for number, cells in lines if any(cells)), None)
    if heading is None:
        if outcome.ok:
            outcome.add(0, "file", "empty", _("文件里没有内容。请核对后再传。"))
        return []
    fields = [HEADINGS.get(cell.strip().lower(), "") for cell in heading[1]]
    for needed, words in (("code", _("代码")), ("name", _("名称"))):
        if needed not in fields:
            outcome.add(heading[0], needed, "no_column", _("表头没有“%(column)s”一列。请加上。"), {"column": words})
    twice = {one for one in fields if one and fields.count(one) > 1}
    for one in sorted(twice):
        outcome.add(heading[0], one, "column_twice", _("表头里有两列都是“%(column)s”。请留一列。"), {"column": one})
    if not outcome.ok:
        return []
    rows = []
    for number, cells in lines:
        if number > heading[0] and any(cells):
            rows.append(Row(number, {one: cell for one, cell in zip(fields, cells, strict=False) if one}))
    if not rows:
        outcome.add(0, "file", "empty", _("表头下面没有内容。请核对后再传。"))
    return rows


def _csv(data: bytes, outcome: Outcome) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data, outcome)
    if text is None:
        return
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    number = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            number += 1
            if number > MOST_ROWS + 1:
                _too_many_rows(outcome)
                return
            yield number, [cell.strip() for cell in cells[:MOST_COLUMNS]]
    except csv.Error:
        outcome.add(number + 1, "file", "bad_csv", _("从这一行起读不懂，可能是引号没有成对。请改好后再传。"))


def _decoded(data: bytes, outcome: Outcome) -> str | None:
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    outcome.add(0, "file", "bad_encoding", _("文件的编码读不懂。请另存为 UTF-8 的 CSV 或 xlsx。"))
    return None


def _sheet(data: bytes, outcome: Outcome) -> Iterator[tuple[int, list[str]]]:
    """The first sheet of a workbook, if it does not inflate beyond bounds."""
    bounds = Bounds(rows=MOST_ROWS + 1, columns=MOST_COLUMNS, inflated=MOST_INFLATED_BYTES)
    try:
        sheet = opened(data, bounds).get_sheet_by_index(0)
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield number, [_cell(cell) for cell in cells]
    except Beyond:
        outcome.add(0, "file", "file_too_large", _("表格解开后太大，没有读。请分成几个文件。"))
    except UNREADABLE:
        outcome.add(0, "file", "bad_sheet", _("这个表格文件打不开。请另存为 xlsx 或 CSV 再传。"))


def _too_many_rows(outcome: Outcome) -> None:
    outcome.add(0, "file", "too_many_rows", _("超过 %(most)s 行，没有读完。请分成几个文件。"), {"most": MOST_ROWS})


def _cell(value: Any) -> str:
    """A cell as text: codes that a sheet keeps as numbers come back as digits."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def features(data: bytes, outcome: Outcome) -> list[Any]:
    """The features of a GeoJSON file, unchecked."""
    if len(data) > MOST_GEOJSON_BYTES:
        outcome.add(0, "file", "file_too_large", _("文件超过 %(most)s MB，没有读。请分成几个文件。"), {"most": 30})
        return []
    try:
        read = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        outcome.add(0, "file", "bad_json", _("这不是 GeoJSON 文件，读不懂。请重新导出再传。"))
        return []
    found = read.get("features") if isinstance(read, dict) and read.get("type") == "FeatureCollection" else None
    if not isinstance(found, list) or not found:
        outcome.add(0, "file", "no_features", _("文件里没有要素（FeatureCollection）。请重新导出再传。"))
        return []
    if len(found) > MOST_FEATURES:
        _too_many_rows(outcome)
        return []
    named = read.get("crs")
    if named is not None and not _is_degrees(named):
        outcome.add(0, "crs", "other_crs", _("文件写明的坐标系不是经纬度。请换成经纬度再导出。"))
        return []
    return found


def _is_degrees(named: Any) -> bool:
    """Whether an old-style `crs` member names plain longitude and latitude."""
    try:
        name = str(named["properties"]["name"]).upper()
    except (KeyError, TypeError):
        return False
    return name.endswith(("CRS84", ":4326", ":4490"))
