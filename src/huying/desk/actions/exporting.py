"""The list as a file: asked for with a purpose, taken away by its asker alone, gone after a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from huying.audit import actions as audit
from huying.cases import queries as cases
from huying.desk import events, queries
from huying.desk.models import CaseExport
from huying.desk.rules import (
    EXPORT_KEPT,
    MOST_BEING_MADE,
    OF_THE_LIST,
    QUERY_LIMIT,
    ExportColumn,
    ExportFormat,
    ExportPurpose,
    seeks_somebody,
)
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import Invalid, KeyReused, NotAllowed, NotFound, TooMany
from huying.kernel.terms import _
from huying.people.models import Account
from huying.people.rules import Duty


def file_of(export: CaseExport) -> Path:
    return Path(settings.DATA) / "exports" / f"{export.pk}.{export.format}"


def cases_file_of(export: CaseExport) -> Path:
    """Which cases stand in the list: their ids, each on a line."""
    return file_of(export).with_suffix(".cases")


def still_theirs(export: CaseExport, actor: Actor) -> bool:
    """Whether all that the made file holds is the actor's to export now too: a grant may have ended since, a case may
    have become confidential."""
    if export.case_id is not None:
        found = cases.one(export.case_id, actor)
        return found is not None and actor.may(Duty.EXPORT, found.area_code)
    try:
        ids = [UUID(line) for line in cases_file_of(export).read_text("ascii").split()]
    except FileNotFoundError:
        return False
    return queries.all_exportable(ids, actor)


@transaction.atomic
def ask_export(
    *, export_id: UUID, query: str, columns: Iterable[str], file_format: str, purpose: str, actor: Actor, now: datetime
) -> CaseExport:
    """Ask for the list under a filter (`rules.filter_address`) as a file; a job makes it.

    The same id and content answers the same. Raises NotAllowed without the duty of exporting, Invalid without a purpose
    or a column, or where the filter seeks somebody, KeyReused for another content, TooMany while some are being made.
    """
    if actor.kind != ActorKind.PERSON or actor.id is None or not actor.has(Duty.EXPORT):
        raise NotAllowed(duty=str(Duty.EXPORT))
    asked = set(columns)
    chosen = [str(one) for one in ExportColumn if one in asked]
    if not chosen or len(chosen) != len(asked):
        raise Invalid({"columns": [_("请至少选一列。")]})
    if purpose not in ExportPurpose.values:
        raise Invalid({"purpose": [_("请选导出做什么用。")]})
    if file_format not in OF_THE_LIST:
        raise Invalid({"format": [_("请选表格或文本。")]})
    if len(query) > QUERY_LIMIT or seeks_somebody(query):
        raise Invalid({"purpose": [_("搜索的字太长，或里面有电话、证件号码，不能导出。")]})
    given = {"format": file_format, "query": query, "columns": chosen}
    return _asked(export_id, given, purpose, actor, now)


@transaction.atomic
def ask_pack(*, export_id: UUID, case_id: UUID, purpose: str, actor: Actor, now: datetime) -> CaseExport:
    """Ask for all on record of one case as a PDF, as the asker may see it. Raises as `ask_export`, NotFound for a case
    that is not theirs to see, NotAllowed without the duty of exporting there."""
    found = cases.one(case_id, actor)
    if found is None:
        raise NotFound("case")
    if actor.kind != ActorKind.PERSON or actor.id is None or not actor.may(Duty.EXPORT, found.area_code):
        raise NotAllowed(duty=str(Duty.EXPORT))
    if purpose not in ExportPurpose.values:
        raise Invalid({"purpose": [_("请选导出做什么用。")]})
    return _asked(export_id, {"format": ExportFormat.PDF, "case_id": case_id}, purpose, actor, now)


def _asked(export_id: UUID, given: dict[str, Any], purpose: str, actor: Actor, now: datetime) -> CaseExport:
    """The export of this id: asked for now, or before with the same content."""
    assert actor.id is not None  # looked at before
    Account.objects.select_for_update().get(pk=actor.id)  # sent twice at once, it is asked once
    given = {**given, "purpose": purpose, "asked_by": actor.id}
    earlier = CaseExport.objects.filter(pk=export_id).first()
    if earlier is not None:
        if any(getattr(earlier, name) != value for name, value in given.items()):
            raise KeyReused
        return earlier
    lately = CaseExport.objects.filter(asked_by=actor.id, asked_at__gt=now - timedelta(hours=1))
    if lately.filter(made_at=None, failed_at=None).count() >= MOST_BEING_MADE:
        raise TooMany(_("前面的导出还没有做完，请过一会儿再来。"), retry_after_seconds=60)
    export = CaseExport.objects.create(id=export_id, asked_at=now, **given)
    _note(export, "ask", actor, now, purpose=purpose, columns=export.columns)
    events.export_asked.emit(at=now, export_id=export.pk)
    return export


@transaction.atomic
def fetch(*, export_id: UUID, actor: Actor, now: datetime) -> CaseExport:
    """A file taken away by its asker: each time is on the record. NotFound where it is not there for the actor."""
    export = queries.export_by_id(export_id, actor)
    if export is None or export.made_at is None or export.removed_at is not None or now - export.asked_at > EXPORT_KEPT:
        raise NotFound("export")
    if not file_of(export).is_file() or not still_theirs(export, actor):
        raise NotFound("export")
    _note(export, "fetch", actor, now, purpose=export.purpose, rows=export.rows)
    return export


def remove_exports(*, now: datetime) -> int:
    """Take away files older than a day; says how many. The rows stay."""
    old = list(CaseExport.objects.filter(asked_at__lt=now - EXPORT_KEPT, removed_at=None))
    for one in old:
        for path in file_of(one).parent.glob(f"{one.pk}.*"):  # also what a killed job left
            path.unlink(missing_ok=True)
    CaseExport.objects.filter(pk__in=[one.pk for one in old]).update(removed_at=now)
    return len(old)


def _note(export: CaseExport, verb: str, actor: Actor, now: datetime, **facts: Any) -> None:
    audit.append(
        kind="case_export", object_id=export.pk, verb=verb, actor=actor, at=now,
        area_code=export.case.area_code if export.case is not None else next(iter(actor.areas(Duty.EXPORT)), ""),
        facts={**facts, **({"case": str(export.case_id)} if export.case_id else {})},
    )  # fmt: skip
