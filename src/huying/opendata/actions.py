"""Exports asked for and made; an export read back into an empty system. Each leaves a history line."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from huying.audit import actions as audit
from huying.clocks import queries as calendar
from huying.clocks.models import Revision as CalendarRevision
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotAllowed, NotFound, TooMany
from huying.kernel.terms import _
from huying.opendata import events
from huying.opendata.models import Export
from huying.opendata.reading import Read, read_export
from huying.opendata.rules import KIND
from huying.opendata.writing import Made, Told, write_export
from huying.people.rules import Duty
from huying.places import actions as places
from huying.places import queries as areas

KEPT = timedelta(days=7)
MOST_WAITING = 3


def folder() -> Path:
    return Path(settings.DATA) / "exports"


def file_of(export: Export) -> Path:
    return folder() / f"{export.pk}.zip"


def export_area(path: Path, *, code: str, actor: Actor, now: datetime, told: Told | None = None) -> Made:
    """Write an area's data to a file. Raises NotFound outside the actor's areas, NotAllowed without the duty."""
    _may(code, actor)
    made = write_export(path, code=code, now=now, told=told)
    audit.append(
        kind=KIND, object_id=uuid7(), verb="export", actor=actor, at=now, area_code=code,
        facts={"rows": made.total, "bytes": made.size, "sha256": made.sha256},
    )  # fmt: skip
    return made


@transaction.atomic
def ask_export(*, code: str, actor: Actor, now: datetime) -> Export:
    """Ask for an export; a job makes it. Raises as `export_area`, TooMany while some are still being made."""
    _may(code, actor)
    waiting = Export.objects.filter(area_code=code, made_at=None, failed_at=None, asked_at__gt=now - timedelta(hours=6))
    if waiting.count() >= MOST_WAITING:
        raise TooMany(_("前面的导出还没有做完，请过一会儿再来。"), retry_after_seconds=300)
    export = Export.objects.create(area_code=code, asked_by=actor.id, asked_at=now)
    audit.append(kind=KIND, object_id=export.pk, verb="ask", actor=actor, at=now, area_code=code)
    events.asked.emit(at=now, export_id=export.pk)
    return export


def make_export(*, export_id: UUID, actor: Actor, now: datetime) -> Export:
    """Make an export that was asked for; twice is once."""
    export = Export.objects.get(pk=export_id)
    if export.made_at is not None or export.failed_at is not None:
        return export
    made = export_area(file_of(export), code=export.area_code, actor=actor, now=now)
    export.made_at, export.rows, export.size, export.sha256 = now, made.total, made.size, made.sha256
    export.save(update_fields=["made_at", "rows", "size", "sha256"])
    return export


def remove_old(*, now: datetime) -> int:
    """Take away files that are older than the days they are kept; the rows stay."""
    old = list(Export.objects.filter(asked_at__lt=now - KEPT, removed_at=None))
    for one in old:
        file_of(one).unlink(missing_ok=True)
    Export.objects.filter(pk__in=[one.pk for one in old]).update(removed_at=now)
    return len(old)


@transaction.atomic
def fetch(*, export_id: UUID, actor: Actor, now: datetime) -> Export:
    """An export to be taken away: who took it is on the record. NotFound where it is not there for the actor."""
    export = Export.objects.filter(pk=export_id).first()
    if export is None or not actor.may(Duty.EXPORT, export.area_code) or not file_of(export).is_file():
        raise NotFound("export")
    audit.append(kind=KIND, object_id=export.pk, verb="fetch", actor=actor, at=now, area_code=export.area_code)
    return export


@transaction.atomic
def import_open(path: Path, *, actor: Actor, now: datetime, told: Told | None = None) -> Read:
    """Take an export into an empty system, all of it or nothing; only the system itself may.

    Raises NotAllowed for anybody else, Invalid where the file is not a whole export, Conflict where there is data.
    """
    if actor.kind != ActorKind.SYSTEM:
        raise NotAllowed
    done = read_export(path, told=told)
    audit.append(
        kind=KIND, object_id=uuid7(), verb="import", actor=actor, at=now, area_code=done.code,
        facts={"rows": done.total},
    )  # fmt: skip
    places.changed()
    CalendarRevision.objects.update_or_create(pk=1, defaults={"mark": uuid7()})
    calendar.forget()
    return done


def _may(code: str, actor: Actor) -> None:
    if areas.area(code) is None or (actor.kind != ActorKind.SYSTEM and not _reads(code, actor)):
        raise NotFound("area")
    if not actor.may(Duty.EXPORT, code):
        raise NotAllowed(duty=Duty.EXPORT.value)


def _reads(code: str, actor: Actor) -> bool:
    return any(code.startswith(one) for one in actor.areas())
