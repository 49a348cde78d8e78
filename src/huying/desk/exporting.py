"""The file of an export, written by a job page by page with what its asker may see at that moment."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from huying.cases.models import Case
from huying.cases.queries import lists
from huying.cases.rules import Channel
from huying.desk.actions.exporting import cases_file_of, file_of
from huying.desk.forms import ListForm
from huying.desk.models import CaseExport
from huying.desk.packing import NoFont, write_pack
from huying.desk.rows import Row, Rows
from huying.desk.rules import MOST_EXPORTED, ExportColumn, ExportFormat, NotMade
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.paging import MOST, Page
from huying.kernel.sheets import harmless
from huying.matters import queries as matters
from huying.matters.rules import Grade
from huying.notices.actions import Recipient, notify
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places

Write = Callable[[list[str]], None]


def make_export(export_id: UUID, *, now: datetime) -> None:
    """Make a file that was asked for; twice is once. Who may no longer export gets none."""
    export = CaseExport.objects.filter(pk=export_id, made_at=None, failed_at=None).first()
    if export is not None and (why := _made(export, now)) is not None:
        CaseExport.objects.filter(pk=export.pk).update(failed_at=now, failed=why)


def _made(export: CaseExport, now: datetime) -> NotMade | None:
    """Makes the file; why it could not be made otherwise."""
    account = people.account(export.asked_by)
    actor = people.actor_for(account, now) if account is not None else None
    if actor is None or not actor.has(Duty.EXPORT):
        return NotMade.DUTY
    path = file_of(export)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{uuid7()}.part")  # a job that is run again writes its own
    if export.format == ExportFormat.PDF:
        try:
            export.rows = write_pack(export, actor, part, now=now)
        except NoFont:
            return NotMade.FONT
        if not export.rows:
            return NotMade.DUTY
    else:
        with _writer(export, part) as write:
            written = _write(export, actor, write)
        export.rows = len(written)
        cases_file_of(export).write_text("".join(f"{one}\n" for one in written), "ascii")
    data = part.read_bytes()
    export.size, export.sha256, export.made_at = len(data), sha256(data).hexdigest(), now
    part.replace(path)
    with transaction.atomic():  # a file that is ready, and nobody told of it, would stay so
        export.save(update_fields=["rows", "size", "sha256", "made_at", "done", "total"])
        notify(
            template="export_ready", to=Recipient.account(export.asked_by), facts={},
            object_kind="case_export", object_id=export.pk, now=now, once=f"{export.pk}:ready",
        )  # fmt: skip
    return None


def _write(export: CaseExport, actor: Actor, write: Write) -> list[UUID]:
    """The rows of the filter as it was asked for; cases outside the duty and restricted ones are left out. Says which
    cases are in."""
    form = ListForm(QueryDict(export.query))
    if not form.is_valid():  # the page has asked before
        return []
    now, wanted = export.asked_at, form.wanted(export.asked_at)
    export.total = lists.counts_found(actor, {"this": wanted}, now=now, most=MOST_EXPORTED + 1)["this"].count
    columns = [ExportColumn(one) for one in export.columns]
    write([str(one.label) for one in columns])
    page: Page[Case] = Page(limit=MOST)
    written: list[UUID] = []
    export.done = 0  # a job that is run again begins again
    while export.done < MOST_EXPORTED:
        cases = lists.cases_found(actor, wanted, now=now, page=page)
        made = Rows(cases, actor, now=now)
        for case in cases:
            if not case.restricted and actor.may(Duty.EXPORT, case.area_code):
                row = made.of_case(case)
                write([harmless(_CELLS[one](case, row)) for one in columns])
                written.append(case.pk)
        export.done += len(cases)
        CaseExport.objects.filter(pk=export.pk).update(done=export.done, total=export.total)
        if not page.next:
            break
        page = Page(limit=MOST, after=page.next)
    return written


def _moment(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment is not None else ""


_CELLS: dict[ExportColumn, Callable[[Case, Row], str]] = {
    ExportColumn.NUMBER: lambda case, row: case.number,
    ExportColumn.STATE: lambda case, row: str(row.label),
    ExportColumn.MATTER: lambda case, row: matters.name_of(case.type_code) if case.type_code else "",
    ExportColumn.TITLE: lambda case, row: case.title,
    ExportColumn.PLACE: lambda case, row: "" if case.unplaced else places.name_of(case.area_code),
    ExportColumn.UNIT: lambda case, row: row.unit,
    ExportColumn.CHANNEL: lambda case, row: str(Channel(case.channel).label),
    ExportColumn.GRADE: lambda case, row: str(Grade(case.grade).label) if case.grade else "",
    ExportColumn.RECEIVED: lambda case, row: _moment(case.received_at),
    ExportColumn.DUE: lambda case, row: _moment(case.due_at),
    ExportColumn.ENDED: lambda case, row: _moment(case.ended_at),
    ExportColumn.ROUND: lambda case, row: str(case.round),
    ExportColumn.NUDGES: lambda case, row: str(case.nudges),
}


@contextmanager
def _writer(export: CaseExport, path: Path) -> Iterator[Write]:
    if export.format == ExportFormat.CSV:
        with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark by which office programs know UTF-8
            yield csv.writer(file).writerow
        return
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book: Any = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 1)
    place = 0

    def write(cells: list[str]) -> None:
        nonlocal place
        for column, words in enumerate(cells):
            sheet.write_string(place, column, words)
        place += 1

    yield write
    book.close()
