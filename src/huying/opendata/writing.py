"""Writing a street's data as one zip of open files: CSV, GeoJSON and a manifest that says what they hold."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Field, ForeignKey, Model
from django.utils.translation import override

from huying import __version__
from huying.opendata.rules import FORMAT, LEFT_OUT, MANIFEST, VERSION, ColumnType
from huying.opendata.tables import Scope, Table, tables
from huying.places.models import Area

# Every entry has the same date, so that the same data give the same bytes.
_DAY_ONE = (1980, 1, 1, 0, 0, 0)
Told = Callable[[str, int], None]


@dataclass
class Made:
    """An export that was written."""

    rows: dict[str, int] = field(default_factory=dict)
    size: int = 0
    sha256: str = ""

    @property
    def total(self) -> int:
        return sum(self.rows.values())


class _Entry(io.RawIOBase):
    """One file of the zip, hashed as it is written."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.size, self.digest = inner, 0, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.size += len(data)
        self.inner.write(data)
        return len(data)


@transaction.atomic
def write_export(path: Path, *, code: str, now: datetime, told: Told | None = None) -> Made:
    """Write everything that an area owns. One transaction: all files show the same moment."""
    scope, made, listed = Scope(code), Made(), []
    known = tables()
    keys = _Keys(scope, known)
    partial = path.with_name(path.name + ".part")
    partial.parent.mkdir(parents=True, exist_ok=True)
    with override("zh-hans"), zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for table in known:
            listed += _table(packed, table, scope, keys, made)
            if told is not None:
                told(table.name, made.rows[table.name])
        manifest = _manifest(code, listed, now)
        with _entry(packed, MANIFEST) as entry:
            entry.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    partial.chmod(0o600)
    partial.replace(path)
    made.size = path.stat().st_size
    with path.open("rb") as file:
        made.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return made


class _Keys:
    """Which rows an export holds, by model: what points elsewhere is left empty."""

    def __init__(self, scope: Scope, known: Iterable[Table]) -> None:
        self.scope, self.tables = scope, {one.model: one for one in known}
        self.kept: dict[type[Model], dict[Any, int]] = {}

    def of(self, model: type[Model]) -> dict[Any, int] | None:
        """Key and number of each row in the file, from 1; None where no file holds this model."""
        if model not in self.tables:
            return None
        if model not in self.kept:
            rows = self.tables[model].rows(self.scope).order_by("pk").values_list("pk", flat=True).distinct()
            self.kept[model] = {key: number for number, key in enumerate(rows, start=1)}
        return self.kept[model]

    def reaches(self, one: ForeignKey[Any, Any], value: Any) -> bool:
        found = self.of(one.related_model)
        return found is not None and value in found

    def named(self, model: type[Model], value: Any) -> Any:
        """How a cell points at a row: by its number where the database counts the keys."""
        number = (self.of(model) or {})[value]
        return number if self.tables[model].numbered else value


@contextmanager
def _entry(packed: zipfile.ZipFile, name: str) -> Iterator[_Entry]:
    about = zipfile.ZipInfo(name, date_time=_DAY_ONE)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = 0o600 << 16
    with packed.open(about, "w", force_zip64=True) as inner:
        yield _Entry(inner)


def _table(packed: zipfile.ZipFile, table: Table, scope: Scope, keys: _Keys, made: Made) -> list[dict[str, Any]]:
    fields = table.fields
    wanted = {one.name for one in fields} | set(table.shapes)
    if table.shapes == ("geometry",):
        wanted |= {"lng", "lat"}
    rows = table.rows(scope).order_by("pk").only(*sorted(wanted | {table.model._meta.pk.name}))
    shapes: list[bytes] = []
    count = 0
    with _entry(packed, f"{table.name}.csv") as entry:
        text = io.TextIOWrapper(entry, encoding="utf-8", newline="", write_through=True)  # type: ignore[type-var]
        sheet = csv.writer(text, lineterminator="\r\n")
        sheet.writerow([*(["n"] if table.numbered else []), *(one.name for one in fields)])
        for row in rows.distinct().iterator(chunk_size=2000):
            cells = _cells(table, row, fields, keys)
            if cells is None:
                continue
            count += 1
            sheet.writerow([*([str((keys.of(table.model) or {})[row.pk])] if table.numbered else []), *cells])
            shape, own = table.shape_of(row)
            if shape is not None:
                shapes.append(_feature(row, shape, own))
        text.flush()
        text.detach()
        size, digest = entry.size, entry.digest.hexdigest()
    made.rows[table.name] = count
    found = [_told(table, fields, count, size, digest)]
    if shapes:
        found.append(_geojson(packed, table, shapes))
    return found


def _cells(table: Table, row: Any, fields: list[Field[Any, Any]], keys: _Keys) -> list[str] | None:
    """The cells of a row; None where it hangs on a row that is left out."""
    found = []
    for one in fields:
        value = getattr(row, one.attname)
        if isinstance(one, ForeignKey) and value is not None and not keys.reaches(one, value):
            if not one.null:
                return None
            found.append("")
        else:
            found.append(table.cell(row, one, keys.named))
    return found


def _feature(row: Any, shape: dict[str, Any], own: bool) -> bytes:
    properties = {"own": own, "name": str(getattr(row, "name", ""))}
    code = getattr(row, "code", None) or getattr(row, "area_code", None)
    if code:
        properties["code"] = code
    whole = {"type": "Feature", "id": str(row.pk), "properties": properties, "geometry": shape}
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)


def _geojson(packed: zipfile.ZipFile, table: Table, shapes: list[bytes]) -> dict[str, Any]:
    name = f"{table.name}.geojson"
    with _entry(packed, name) as entry:
        entry.write(b'{"type":"FeatureCollection","features":[\n')
        entry.write(b",\n".join(shapes))
        entry.write(b"\n]}\n")
        size, digest = entry.size, entry.digest.hexdigest()
    return {
        "name": name, "of": f"{table.name}.csv", "rows": len(shapes), "bytes": size, "sha256": digest,
        "coordinates": "WGS84",
    }  # fmt: skip


def _told(table: Table, fields: list[Field[Any, Any]], count: int, size: int, digest: str) -> dict[str, Any]:
    columns = []
    if table.numbered:
        columns.append({"name": "n", "type": ColumnType.NUMBER_OF_ROW.value, "means": "本文件里的行号"})
    for one in fields:
        column: dict[str, Any] = {"name": one.name, "type": table.type_of(one).value, "means": table.meaning(one)}
        if one.null:
            column["empty"] = True
        if isinstance(one, ForeignKey):
            column["points_at"] = one.related_model._meta.label_lower
        if one.choices:
            column["words"] = {str(value): str(label) for value, label in one.flatchoices}
        columns.append(column)
    return {
        "name": f"{table.name}.csv", "holds": table.model._meta.label_lower, "rows": count, "bytes": size,
        "sha256": digest, "columns": columns,
    }  # fmt: skip


def _manifest(code: str, listed: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    area = Area.objects.filter(code=code, valid_to=None).first()
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"huying {__version__}",
        "made_at": now.astimezone(UTC).isoformat(),
        "area": {"code": code, "name": area.name if area else ""},
        "cells": {
            "encoding": "UTF-8", "line_end": "CRLF", "quotes": "RFC 4180",
            "empty": "没有值", "leading_apostrophe": "文字以 = + - @ ' 开头时前面多一个 '，读的时候去掉一个",
        },
        "left_out": [{"what": str(one.what), "why": str(one.why)} for one in LEFT_OUT],
        "files": listed,
    }  # fmt: skip
