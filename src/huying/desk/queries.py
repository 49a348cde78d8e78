"""Reads of what the desk keeps. A filter or hand-over is its unit's; the cases in it are the viewer's own sight."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from huying.cases.models import Case
from huying.cases.queries import seen_by
from huying.cases.queries.scope import within
from huying.desk.models import Batch, BatchLine, CaseExport, HandOver, SavedFilter
from huying.desk.rules import at_the_desk, units_of
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.paging import Page
from huying.people.rules import Duty


def _filters(viewer: Actor) -> Q:
    if viewer.kind != ActorKind.PERSON or viewer.id is None:
        return Q(pk__in=[])
    return Q(removed_at=None) & (Q(made_by=viewer.id) | Q(unit_id__in=units_of(viewer)))


def filters_of(viewer: Actor) -> list[SavedFilter]:
    """The viewer's own filters and those shared with the viewer's units, by name."""
    return list(SavedFilter.objects.filter(_filters(viewer)).order_by("name", "pk"))


def filter_by_id(filter_id: UUID, viewer: Actor) -> SavedFilter | None:
    return SavedFilter.objects.filter(_filters(viewer), pk=filter_id).first()


def _hand_overs(viewer: Actor) -> Q:
    """A shift is the desk's: of the viewer's units, for those who work at one."""
    return Q(unit_id__in=units_of(viewer) if viewer.kind == ActorKind.PERSON and at_the_desk(viewer) else ())


def hand_overs_of(viewer: Actor, *, page: Page[HandOver]) -> list[HandOver]:
    """The hand-overs of the viewer's units, the latest first."""
    rows = HandOver.objects.filter(_hand_overs(viewer)).select_related("unit")
    return page.of([rows], order=("-left_at", "-pk"))


def hand_over_by_id(hand_over_id: UUID, viewer: Actor) -> HandOver | None:
    return HandOver.objects.filter(_hand_overs(viewer), pk=hand_over_id).select_related("unit").first()


def waiting_for(viewer: Actor) -> list[HandOver]:
    """The latest hand-over of each of the viewer's units that nobody has taken over yet."""
    rows = HandOver.objects.filter(_hand_overs(viewer)).select_related("unit")
    latest = rows.order_by("unit_id", "-left_at", "-pk").distinct("unit_id")
    return [one for one in latest if one.taken_at is None]


def seen_cases(case_ids: Iterable[UUID], viewer: Actor) -> dict[UUID, Case]:
    """Of these cases, those that the viewer sees."""
    return {one.pk: one for one in seen_by(viewer).filter(pk__in=set(case_ids))}


def batches_of(viewer: Actor, *, page: Page[Batch]) -> list[Batch]:
    """What the viewer did to many cases at once, the latest first; nobody sees a colleague's."""
    person = viewer.id if viewer.kind == ActorKind.PERSON else None
    rows = Batch.objects.none() if person is None else Batch.objects.filter(made_by=person)
    return page.of([rows], order=("-made_at", "-pk"))


def batch_by_id(batch_id: UUID, viewer: Actor) -> Batch | None:
    if viewer.kind != ActorKind.PERSON or viewer.id is None:
        return None
    return Batch.objects.filter(pk=batch_id, made_by=viewer.id).first()


def lines_of(batch: Batch) -> list[BatchLine]:
    """The lines of a batch that was found by `batch_by_id`."""
    return list(batch.lines.select_related("lead").order_by("place"))


def exports_of(viewer: Actor, *, page: Page[CaseExport]) -> list[CaseExport]:
    """What the viewer asked for, the latest first; nobody sees a colleague's."""
    person = _asker(viewer)
    rows = CaseExport.objects.none() if person is None else CaseExport.objects.filter(asked_by=person)
    return page.of([rows], order=("-asked_at", "-pk"))


def export_by_id(export_id: UUID, viewer: Actor) -> CaseExport | None:
    person = _asker(viewer)
    return None if person is None else CaseExport.objects.filter(pk=export_id, asked_by=person).first()


def all_exportable(case_ids: Iterable[UUID], viewer: Actor) -> bool:
    """Whether the viewer may put every one of these cases into a list for others: where they export, and restricted
    ones never. One statement."""
    wanted = set(case_ids)
    rows = Case.objects.filter(within(viewer.areas(Duty.EXPORT)), pk__in=wanted, restricted=False)
    return rows.count() == len(wanted)


def _asker(viewer: Actor) -> UUID | None:
    """The person's own id, where the person may export."""
    return viewer.id if viewer.kind == ActorKind.PERSON and viewer.has(Duty.EXPORT) else None
