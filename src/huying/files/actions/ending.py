"""The end of keeping: files whose term is over go, their rows are emptied, and the record says how many and which."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from huying.audit import actions as audit
from huying.files import events, storage
from huying.files.models import Attachment, HeldUpload, KeepingTerm, Quarantined, Removal
from huying.files.queries import terms
from huying.files.resting import OWNERS
from huying.files.rules import TERMS, Keeping, keeping_of
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, NotAllowed
from huying.kernel.terms import _
from huying.people.rules import Duty

BATCH = 500


@transaction.atomic
def set_term(*, what: str, days: int, actor: Actor, now: datetime) -> KeepingTerm:
    """Set how long a kind of file is kept. Raises Invalid outside its bounds, NotAllowed without the duty."""
    if not (actor.kind == ActorKind.SYSTEM or actor.has(Duty.SECURE)):
        raise NotAllowed(duty=str(Duty.SECURE))
    if what not in Keeping.values:
        raise Invalid({"what": [_("没有这一类文件。")]})
    bounds = TERMS[Keeping(what)]
    if not bounds.least <= days <= bounds.most:
        facts = {"least": bounds.least, "most": bounds.most}
        raise Invalid({"days": [_("请写 %(least)s 到 %(most)s 天。") % facts]})
    row, _new = KeepingTerm.objects.update_or_create(
        what=what, defaults={"days": days, "changed_at": now, "changed_by": actor.id}
    )
    audit.append(
        kind="keeping",
        object_id=uuid7(),
        verb="set_term",
        actor=actor,
        at=now,
        area_code="",
        facts={"what": what, "days": days},
    )
    return row


def end_files(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Empty every file whose case ended longer ago than its term; says how many of each kind.

    For the system alone. A file of a case that is open (again), as after an objection, stays; run twice, the second
    finds nothing to do.
    """
    if actor.kind != ActorKind.SYSTEM:
        raise NotAllowed
    days = terms()
    ended: Counter[str] = Counter()
    first = now - timedelta(days=min(days.values()))
    after: tuple[datetime, UUID] | None = None
    while rows := _older(first, after):
        after = rows[-1].added_at, rows[-1].pk
        due = _due(rows, days, now)
        if due:
            ended += _end(due, days, actor=actor, now=now)
    ended[Keeping.QUARANTINE.value] += _end_quarantine(now - timedelta(days=days[Keeping.QUARANTINE]), now)
    ended = +ended
    if ended:
        line = Removal.objects.create(at=now, counts=dict(ended))
        audit.append(
            kind="keeping",
            object_id=line.pk,
            verb="end_files",
            actor=actor,
            at=now,
            area_code="",
            facts={"count": sum(ended.values()), **dict(ended)},
        )
    return dict(ended)


def _older(before: datetime, after: tuple[datetime, UUID] | None) -> list[Attachment]:
    rows = Attachment.objects.filter(emptied_at=None, added_at__lt=before).defer("lexemes", "opening")
    if after is not None:
        rows = rows.filter(added_at__gte=after[0]).exclude(added_at=after[0], pk__lte=after[1])
    return list(rows.order_by("added_at", "id")[:BATCH])


def _due(rows: list[Attachment], days: dict[Keeping, int], now: datetime) -> list[UUID]:
    owners: dict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        owners[row.owner_kind].add(row.owner_id)
    resting = {
        (kind, one): since for kind, ids in owners.items() if kind in OWNERS for one, since in OWNERS[kind](ids).items()
    }
    found = []
    for row in rows:
        since = resting.get((row.owner_kind, row.owner_id))
        term = timedelta(days=days[keeping_of(row.kind, row.purpose)])
        if since is not None and max(since, row.added_at) <= now - term:
            found.append(row.pk)
    return found


@transaction.atomic
def _end(file_ids: list[UUID], days: dict[Keeping, int], *, actor: Actor, now: datetime) -> Counter[str]:
    """One batch: rows locked, asked once more whether they are due, emptied; their files go with the commit."""
    rows = list(
        Attachment.objects.select_for_update(skip_locked=True).filter(pk__in=file_ids, emptied_at=None).order_by("pk")
    )
    due = set(_due(rows, days, now))
    ended: Counter[str] = Counter()
    words: dict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        if row.pk not in due:
            continue
        ended[keeping_of(row.kind, row.purpose).value] += 1
        if row.lexemes:
            words[row.owner_kind].add(row.owner_id)
        row.name, row.opening, row.lexemes, row.sha256 = "", "", [], ""
        row.size = row.width = row.height = 0
        row.pages = row.seconds = None
        row.emptied_at = now
        row.save()
        audit.append(
            kind="file",
            object_id=row.pk,
            verb="end_keeping",
            actor=actor,
            at=now,
            area_code=row.area_code,
            facts={"owner_kind": row.owner_kind, "owner_id": row.owner_id},
        )
    gone = [(row.pk, row.kind) for row in rows if row.pk in due]
    HeldUpload.objects.filter(pk__in=due).delete()
    for kind, ids in words.items():
        events.words_gone.emit(at=now, owner_kind=kind, owners=sorted(ids))
    for file_id, kind in gone:
        transaction.on_commit(partial(storage.remove, file_id, kind))
    return ended


def _end_quarantine(before: datetime, now: datetime) -> int:
    rows = list(Quarantined.objects.filter(found_at__lt=before, removed_at=None)[:BATCH])
    for row in rows:
        storage.quarantine_path(row.pk).unlink(missing_ok=True)
        row.removed_at = now
        row.save(update_fields=["removed_at"])
    return len(rows)
