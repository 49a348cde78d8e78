"""Importing reports: row by row through the same receipt as every door, up to a hundred in a transaction.

A row's key is its source and its number there. The same row again is "repeated"; other words under the same
number are refused and written, with the reason, into the rejects file. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction

from huying.audit.models import History
from huying.audit.queries import body_hash
from huying.cases.actions.docket import Docket, Knowledge, flush
from huying.cases.actions.intake import NewReport, receive, received
from huying.cases.models import ImportRun, Report
from huying.cases.rules import Channel, ReplyBy, Verb
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, KeyReused, Refusal
from huying.kernel.sheets import Line, lines
from huying.kernel.terms import _, listed

BATCH = 100


@dataclass(frozen=True)
class Preset:
    """Which column is what. Names in `columns` are fields of a report, values the headings of the file."""

    source: str
    zone: str
    columns: dict[str, str]
    time_format: str = ""  # "" reads ISO 8601


PRESETS: dict[str, Preset] = {
    "citizen-messages": Preset(
        source="citizen-messages", zone="Asia/Shanghai",
        columns={"external_id": "id", "title": "title", "words": "body", "time": "time"},
    ),
    "generic": Preset(
        source="generic", zone="Asia/Shanghai",
        columns={"external_id": "id", "title": "title", "words": "words", "time": "time", "place_words": "place",
                 "lng": "lng", "lat": "lat", "type_code": "type"},
    ),
}  # fmt: skip
FIELDS = ("external_id", "title", "words", "time", "place_words", "lng", "lat", "type_code")


@dataclass
class Imported:
    """What an import did."""

    read: int = 0
    created: int = 0
    repeated: int = 0
    rejected: int = 0
    resumed_at: int = 0
    seen: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Row:
    number: int
    external_id: str
    new: NewReport
    key: UUID

    @property
    def checked(self) -> str:
        return body_hash(self.new.canonical())


def preset_with(name: str, mapping: dict[str, object] | None = None) -> Preset:
    """A preset, or a preset changed by a map file: source, zone, time_format and columns."""
    if name not in PRESETS:
        raise Invalid(_("没有“%(name)s”这种格式。可用：%(known)s。") % {"name": name, "known": listed(sorted(PRESETS))})
    base = PRESETS[name]
    if not mapping:
        return base
    strange = set(mapping) - {"source", "zone", "time_format", "columns"}
    columns = mapping.get("columns", {})
    if strange or not isinstance(columns, dict) or set(columns) - set(FIELDS):
        raise Invalid(_("对照文件里有不认识的项。可用的列：%(known)s。") % {"known": listed(FIELDS)})
    made = Preset(
        source=str(mapping.get("source", base.source))[:40],
        zone=str(mapping.get("zone", base.zone)),
        columns={**base.columns, **{str(k): str(v) for k, v in columns.items()}},
        time_format=str(mapping.get("time_format", base.time_format)),
    )
    try:
        ZoneInfo(made.zone)
    except (ZoneInfoNotFoundError, ValueError) as why:
        raise Invalid(_("没有“%(zone)s”这个时区。例：Asia/Shanghai。") % {"zone": made.zone}) from why
    return made


def import_reports(
    path: Path,
    *,
    area_code: str,
    preset: Preset,
    rejects: Path,
    actor: Actor,
    now: datetime,
    told: Callable[[int], None] | None = None,
) -> Imported:
    """Import a file of reports.

    Raises Invalid where the file or its heading cannot be read; a bad row goes to the rejects file and stops nobody.
    """
    digest = _hash(path)
    run = ImportRun.objects.filter(source=preset.source, file_hash=digest, ended_at=None).first()
    done = Imported()
    if run is None:
        run = ImportRun.objects.create(source=preset.source, file_hash=digest, began_at=now)
    else:
        done = Imported(run.rows_done, run.created, run.repeated, run.rejected, resumed_at=run.rows_done)
    every = lines(path)
    knowledge = Knowledge()
    zone = ZoneInfo(preset.zone)
    with rejects.open("a" if done.resumed_at else "w", encoding="utf-8-sig", newline="") as file:
        writer = _Rejects(file, heading=not done.resumed_at)
        for _skipped in islice(every, done.resumed_at):
            pass
        first = True
        while batch := list(islice(every, BATCH)):
            if first:
                _check_heading(batch[0], preset)
                first = False
            with transaction.atomic():
                _take(batch, area_code, preset, zone, knowledge, done, writer, actor=actor, now=now)
                done.read += len(batch)
                run.rows_done, run.created, run.repeated, run.rejected = (
                    done.read,
                    done.created,
                    done.repeated,
                    done.rejected,
                )
                run.save(update_fields=["rows_done", "created", "repeated", "rejected"])
            file.flush()
            if told is not None:
                told(len(batch))
    run.ended_at = now
    run.save(update_fields=["ended_at"])
    return done


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    if not path.is_file():
        raise Invalid(_("没有这个文件：%(name)s。请核对路径。") % {"name": path.name})
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _check_heading(line: Line, preset: Preset) -> None:
    for name in ("external_id", "words"):
        column = preset.columns.get(name, "")
        if column not in line.cells:
            raise Invalid(
                _("文件里没有“%(column)s”一列。请换格式，或用对照文件写明哪一列是什么。") % {"column": column},
                column=column,
            )


class _Rejects:
    """The file of refused rows: row number, number at the source, code, reason."""

    def __init__(self, file: IO[str], *, heading: bool) -> None:
        self.writer = csv.writer(file)
        if heading:
            self.writer.writerow(["row", "external_id", "code", "reason"])

    def add(self, line: Line, external_id: str, why: Refusal) -> None:
        reason = str(why)
        # A spreadsheet would run a cell that begins like a formula.
        safe = "'" + external_id if external_id[:1] in "=+-@" and external_id else external_id
        self.writer.writerow([line.number, safe, why.code, reason])


def _take(
    batch: list[Line],
    area_code: str,
    preset: Preset,
    zone: ZoneInfo,
    knowledge: Knowledge,
    done: Imported,
    writer: _Rejects,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    rows: dict[UUID, _Row] = {}
    for line in batch:
        external_id = line.cells.get(preset.columns["external_id"], "").strip()
        try:
            row = _row(line, external_id, area_code, preset, zone)
            before = done.seen.get(external_id)
            if before is not None and before != row.checked:
                raise KeyReused(_("同一个编号已经导入过，内容不一样。请核对是哪一条。"))
            if before is not None:
                done.repeated += 1
                continue
            done.seen[external_id] = row.checked
            rows[row.key] = row
        except Refusal as why:
            done.rejected += 1
            writer.add(line, external_id, why)
    # By the number at the source, not by the key: a file that corrects a row's time gives it another key.
    numbers = [row.external_id for row in rows.values()]
    there = Report.objects.filter(source=preset.source, external_id__in=numbers).exclude(external_id="")
    keys = dict(there.values_list("external_id", "pk"))
    known = dict(History.objects.filter(key__in=keys.values()).values_list("key", "body_hash"))
    fresh: list[Docket] = []
    by_number = {line.number: line for line in batch}
    for key, row in rows.items():
        try:
            if row.external_id in keys:
                if known.get(keys[row.external_id]) != row.checked:
                    raise KeyReused(_("同一个编号已经导入过，内容不一样。请核对是哪一条。"))
                done.repeated += 1
                continue
            fresh.append(received(key, row.new, actor=actor, now=now, knowledge=knowledge, checked=row.checked))
        except Refusal as why:
            done.rejected += 1
            writer.add(by_number[row.number], row.external_id, why)
    try:
        with transaction.atomic():
            flush(fresh, verb=Verb.RECEIVE, now=now)
        done.created += len(fresh)
    except IntegrityError:
        # Another import of the same rows was faster: one by one, each answers for itself.
        for docket in fresh:
            row = rows[docket.reports[0].pk]
            try:
                receipt = receive(row.key, row.new, actor=actor, now=now)
            except Refusal as why:
                done.rejected += 1
                writer.add(by_number[row.number], row.external_id, why)
            else:
                done.repeated += receipt.repeated
                done.created += not receipt.repeated


def _row(line: Line, external_id: str, area_code: str, preset: Preset, zone: ZoneInfo) -> _Row:
    if not external_id:
        raise Invalid({"external_id": [_("没有编号。请补上这一行的编号。")]})
    if len(external_id) > 80 or "\x00" in external_id:
        raise Invalid({"external_id": [_("编号太长或有看不见的字符。")]})

    def cell(name: str) -> str:
        return line.cells.get(preset.columns.get(name, ""), "").strip()

    title, words = cell("title"), cell("words")
    heard = _time(cell("time"), preset, zone)
    new = NewReport(
        words=f"{title}\n{words}" if title and not words.startswith(title) else words or title,
        area_code=area_code,
        channel=Channel.IMPORT,
        place_words=cell("place_words"),
        lng=_number(cell("lng"), "lng", 180),
        lat=_number(cell("lat"), "lat", 90),
        type_code=cell("type_code"),
        reply_by=ReplyBy.PAGE,
        source=preset.source,
        external_id=external_id,
        received_at=heard,
    )
    noise = hashlib.sha256(f"{preset.source}\x00{external_id}".encode()).digest()
    return _Row(line.number, external_id, new, uuid7(int(heard.timestamp() * 1000), int.from_bytes(noise[:10], "big")))


def _time(text: str, preset: Preset, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.strptime(text, preset.time_format) if preset.time_format else datetime.fromisoformat(text)
    except ValueError as why:
        raise Invalid({"time": [_("时间读不懂：应写成 2026-01-31T09:30:00 这样。")]}) from why
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if not 1990 <= moment.year <= 2100:
        raise Invalid({"time": [_("时间不在 1990 年到 2100 年之间。请核对。")]})
    return moment


def _number(text: str, name: str, most: int) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as why:
        raise Invalid({name: [_("经纬度要写数字。")]}) from why
    if not -most <= value <= most:
        raise Invalid({name: [_("经纬度超出了范围。")]})
    return value
