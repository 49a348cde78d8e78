"""Reading an export back into an empty system: checked against its manifest first, then all of it or nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Field, Model

from huying.audit import actions as audit
from huying.audit.models import History
from huying.cases.models import Case
from huying.cases.search import vector
from huying.kernel.refusals import Conflict, Invalid
from huying.kernel.terms import Label, _
from huying.matters.models import CatalogueVersion, MatterType
from huying.opendata.rules import FORMAT, MANIFEST, VERSION
from huying.opendata.tables import Table, tables
from huying.people.models import Organisation
from huying.places.models import Area

MOST_INFLATED = 8 * 1024**3
MOST_FILES = 500
MOST_CELL = 50_000_000
BATCH = 1000
DRAFT = "draft"
Told = Callable[[str, int], None]


@dataclass
class Read:
    """What was taken in."""

    code: str = ""
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def read_export(path: Path, *, told: Told | None = None) -> Read:
    """Take an export in, inside the caller's transaction.

    Raises Invalid where the file is not a whole export, Conflict where the system is not empty.
    """
    if any(model._default_manager.exists() for model in (Area, Case, Organisation, CatalogueVersion)):
        raise Conflict(_("这里已经有数据了。开放数据只能导进一个空的系统。"))
    csv.field_size_limit(MOST_CELL)
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = _checked(packed)
            return _Reading(packed, manifest, told).run()
    except (zipfile.BadZipFile, OSError, EOFError) as why:
        raise Invalid({"file": [_("这不是导出的压缩包，打不开。")]}) from why


def _checked(packed: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest, when every file it names is there and is what it says."""
    entries = packed.infolist()
    if len(entries) > MOST_FILES or sum(one.file_size for one in entries) > MOST_INFLATED:
        raise Invalid({"file": [_("压缩包太大，没有读。")]})
    try:
        manifest = orjson.loads(packed.read(MANIFEST))
        files = {str(one["name"]): str(one["sha256"]) for one in manifest["files"]}
        known = manifest["format"] == FORMAT and manifest["version"] == VERSION
    except (KeyError, TypeError, orjson.JSONDecodeError) as why:
        raise _bad(_("压缩包里没有清单（manifest.json），或者读不懂。")) from why
    if not known:
        raise _bad(_("这不是本系统能读的版本。"))
    for name, digest in files.items():
        try:
            with packed.open(name) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        except KeyError as why:
            raise _bad(_("清单里的 %(name)s 不在压缩包里。"), name=name) from why
        if found != digest:
            raise _bad(_("%(name)s 和清单对不上，可能被改过。"), name=name)
    return manifest  # type: ignore[no-any-return]


def _bad(says: Label, **facts: Any) -> Invalid:
    return Invalid({"file": [says % facts]})


class _Reading:
    """One file after the other; keys that the database counts are found again by their row's number."""

    def __init__(self, packed: zipfile.ZipFile, manifest: Mapping[str, Any], told: Told | None) -> None:
        self.packed, self.manifest, self.told = packed, manifest, told
        self.names = set(packed.namelist())
        self.numbers: dict[type[Model], dict[str, Any]] = {}
        self.versions: dict[Any, tuple[str, str]] = {}

    def run(self) -> Read:
        done = Read(code=str(self.manifest["area"]["code"]))
        for table in tables():
            if f"{table.name}.csv" not in self.names:
                continue
            done.rows[table.name] = self._table(table)
            if self.told is not None:
                self.told(table.name, done.rows[table.name])
            if table.name == "step_limits":
                self._versions_close()
        self._index()
        return done

    def _table(self, table: Table) -> int:
        shapes = self._shapes(table)
        count = 0
        batch: list[tuple[str, Model]] = []
        for number, cells in self._lines(table):
            try:
                row = self._row(table, cells, shapes)
            except (ValueError, TypeError, KeyError, ValidationError, orjson.JSONDecodeError) as why:
                raise _bad(_("%(name)s 第 %(row)s 行读不懂。"), name=f"{table.name}.csv", row=number) from why
            batch.append((cells.get("n", ""), row))
            count += 1
            if len(batch) >= BATCH:
                self._write(table, batch)
                batch = []
        self._write(table, batch)
        return count

    def _lines(self, table: Table) -> Iterator[tuple[int, dict[str, str]]]:
        with self.packed.open(f"{table.name}.csv") as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
            rows = csv.reader(text, strict=True)
            try:
                heading = next(rows)
                for number, cells in enumerate(rows, start=2):
                    yield number, dict(zip(heading, cells, strict=True))
            except (csv.Error, UnicodeDecodeError, StopIteration, ValueError) as why:
                raise _bad(_("%(name)s 读不懂。"), name=f"{table.name}.csv") from why

    def _shapes(self, table: Table) -> dict[str, Any]:
        name = f"{table.name}.geojson"
        if not table.shapes or name not in self.names:
            return {}
        read = orjson.loads(self.packed.read(name))
        return {str(one["id"]): one["geometry"] for one in read["features"] if one["properties"]["own"]}

    def _row(self, table: Table, cells: Mapping[str, str], shapes: Mapping[str, Any]) -> Model:
        values = {
            one.attname: table.value(cells[one.name], one, self._row_of)
            for one in table.fields
            if one.name in cells
        }  # fmt: skip
        row = table.model(**values)
        for name in table.shapes:
            setattr(row, name, shapes.get(str(row.pk)))
        if table.fill is not None:
            table.fill(row)
        if isinstance(row, CatalogueVersion):
            # Its rows may be written while it is a draft, and a place has one draft: it waits under a name of its own.
            self.versions[row.pk] = (row.state, row.area_code)
            row.state, row.area_code = DRAFT, f"open{len(self.versions)}"
        return row

    def _row_of(self, model: type[Model], cell: str) -> Any:
        if model in self.numbers:
            return self.numbers[model][cell]
        pk: Field[Any, Any] = model._meta.pk
        return pk.to_python(cell)

    def _write(self, table: Table, batch: list[tuple[str, Model]]) -> None:
        rows: list[Any] = [row for _number, row in batch]
        if not rows:
            return
        try:
            with transaction.atomic():
                if table.model is History:
                    audit.append_many(rows)
                elif table.whole:
                    self._bring_up_to_date(table, rows)
                else:
                    table.model._default_manager.bulk_create(rows, batch_size=BATCH)
        except (IntegrityError, ValueError) as why:
            raise _bad(_("%(name)s 里的数据和这里已有的冲突。请用一个空的系统。"), name=f"{table.name}.csv") from why
        if table.numbered and table.model is not History:
            known = self.numbers.setdefault(table.model, {})
            for number, row in batch:
                known[number] = row.pk

    @staticmethod
    def _bring_up_to_date(table: Table, rows: list[Any]) -> None:
        names = [one.name for one in table.fields if not one.primary_key]
        pk: models.Field[Any, Any] = table.model._meta.pk
        table.model._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=[pk.name], update_fields=names, batch_size=BATCH
        )

    def _versions_close(self) -> None:
        """The rows of all versions are in: each version gets the state and the place it had."""
        for pk, (state, area_code) in self.versions.items():
            CatalogueVersion.objects.filter(pk=pk).update(state=state, area_code=area_code)

    def _index(self) -> None:
        """The search column is made here, in the one place that makes it."""
        kinds = {(one.version.number, one.code): one.name for one in MatterType.objects.select_related("version")}
        for case in Case.objects.defer("search").prefetch_related("reports").iterator(chunk_size=500):
            words = [one.words for one in case.reports.all()]
            name = kinds.get((case.catalogue_version, case.type_code), "")
            found = vector(case.number, case.title, case.place_words, name, *words, area_code=case.area_code)
            Case.objects.filter(pk=case.pk).update(search=found)
