"""A checked file waits a day for the person who brought it to say yes."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from huying.kernel.actor import Actor
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.text import clean
from huying.places.actions.importing import import_areas, import_polygons
from huying.places.actions.outcome import Outcome
from huying.places.models import ImportDraft
from huying.places.rules import ADMIN_PLACES, CoordinateSystem, ImportKind

KEPT = timedelta(days=1)


@transaction.atomic
def keep_draft(
    *, kind: str, filename: str, data: bytes, actor: Actor, now: datetime, system: str = CoordinateSystem.WGS84
) -> tuple[ImportDraft | None, Outcome]:
    """Check a file; where nothing stands in its way, keep it to be applied. Old drafts go.

    The import asks for the duty, without applying too.
    """
    if actor.id is None:
        raise NotAllowed(duty=ADMIN_PLACES)
    outcome = _run(kind, system, data, actor, now, apply=False)
    ImportDraft.objects.filter(made_at__lt=now - KEPT).delete()
    if not outcome.ok:
        return None, outcome
    draft = ImportDraft.objects.create(
        kind=ImportKind(kind),
        system=CoordinateSystem(system),
        filename=clean(filename[-120:] or "-", limit=120, name=True),
        content=zlib.compress(data, 6),
        made_by=actor.id,
        made_at=now,
    )
    return draft, outcome


@transaction.atomic
def apply_draft(*, draft_id: UUID, actor: Actor, now: datetime) -> Outcome:
    """Take in a kept file, checked once more against what holds now. NotFound for anybody else's draft."""
    draft = _own(draft_id, actor).select_for_update().first()
    if draft is None or draft.made_at < now - KEPT:
        raise NotFound("import")
    outcome = _run(draft.kind, draft.system, zlib.decompress(draft.content), actor, now, apply=True)
    draft.delete()
    return outcome


def check_draft(*, draft_id: UUID, actor: Actor, now: datetime) -> tuple[ImportDraft, Outcome]:
    """What applying a kept file would do now."""
    draft = _own(draft_id, actor).first()
    if draft is None or draft.made_at < now - KEPT:
        raise NotFound("import")
    return draft, _run(draft.kind, draft.system, zlib.decompress(draft.content), actor, now, apply=False)


@transaction.atomic
def drop_draft(*, draft_id: UUID, actor: Actor) -> None:
    """Throw a kept file away."""
    gone, _rows = _own(draft_id, actor).delete()
    if not gone:
        raise NotFound("import")


def _own(draft_id: UUID, actor: Actor) -> QuerySet[ImportDraft]:
    if actor.id is None:
        return ImportDraft.objects.none()
    return ImportDraft.objects.filter(pk=draft_id, made_by=actor.id)


def _run(kind: str, system: str, data: bytes, actor: Actor, now: datetime, *, apply: bool) -> Outcome:
    if kind == ImportKind.POLYGONS:
        return import_polygons(data=data, actor=actor, now=now, system=system, apply=apply)
    return import_areas(data=data, actor=actor, now=now, apply=apply)
