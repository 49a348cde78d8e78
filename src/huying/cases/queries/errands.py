"""Reads of errands: for who may see their case, and for the one device that holds the link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from huying.cases.codes import hash_of, holder_hash_of
from huying.cases.models import Case, Errand, ErrandLine, Report, WorkOrder
from huying.cases.queries.scope import one
from huying.cases.rules import ENDS, LIVE_ORDERS
from huying.cases.rules.errands import FLOW, LIVE, THEIRS, THING, ErrandFacts, ErrandState, ErrandVerb, is_in_time
from huying.files import queries as files
from huying.files.models import Attachment
from huying.files.rules import IMAGES
from huying.kernel.actor import Actor
from huying.kernel.ids import is_tracking_code
from huying.kernel.refusals import NotFound
from huying.people.rules import Duty


@dataclass
class ErrandRows:
    """One errand with its case and what was said."""

    errand: Errand
    case: Case
    lines: list[ErrandLine]

    def facts(self, now: datetime, *, words: bool = True, photos: int = 0) -> ErrandFacts:
        order = self.errand.order
        return ErrandFacts(
            state=ErrandState(self.errand.state) if self.errand.state else None,
            work=order.state in LIVE_ORDERS and order.round == self.case.round and self.case.state not in ENDS,
            plain=not self.case.restricted,
            in_time=is_in_time(self.errand.expires_at, now),
            words=words,
            photos=photos,
        )

    @property
    def chosen_photos(self) -> list[Attachment]:
        """What the handler chose of the case's photos, as far as it is still there and still the case's."""
        if not self.errand.photo_ids:
            return []
        case_id = self.errand.case_id
        theirs = Q(owner_kind="case", owner_id=case_id)
        for kind, model in (("report", Report), ("order", WorkOrder)):
            of_case = model._default_manager.filter(case_id=case_id).values("pk")
            theirs |= Q(owner_kind=kind, owner_id__in=of_case)
        rows = Attachment.objects.filter(theirs, pk__in=self.errand.photo_ids, kind__in=IMAGES, emptied_at=None)
        return list(rows.order_by("added_at", "pk"))

    @property
    def own_photos(self) -> list[Attachment]:
        """What came from outside."""
        return files.photos_in(files.every_of({THING: [self.errand.pk]}))


def handles(case: Case, order: WorkOrder, actor: Actor) -> bool:
    """Whether the actor is a handler of the unit that has the order."""
    return actor.may_for_unit(Duty.HANDLE, order.unit_id)


def read(errand: Errand, case: Case) -> ErrandRows:
    lines = ErrandLine.objects.filter(errand=errand).order_by("made_at", "id")
    return ErrandRows(errand, case, list(lines))


def errand(errand_id: UUID, viewer: Actor) -> ErrandRows:
    """An errand of a case that the viewer may see; NotFound otherwise, whatever the reason."""
    found = Errand.objects.select_related("order", "order__unit").filter(pk=errand_id).first()
    # What is missing is looked for as what is forbidden: both take as long.
    case = one(found.case_id if found is not None else errand_id, viewer)
    if found is None or case is None:
        raise NotFound(THING)
    return read(found, case)


def errands_of(case_id: UUID) -> list[Errand]:
    """The errands of a case that the viewer has shown to see, the latest first."""
    return list(Errand.objects.filter(case_id=case_id).select_related("order").order_by("-serial"))


def legal(rows: ErrandRows, *, theirs: bool, now: datetime) -> list[ErrandVerb]:
    """The moves of the outsider, or of the handler, that the table allows now; photos and words taken as given."""
    return [move.verb for move in FLOW.legal(rows.facts(now, photos=1)) if (move.verb in THEIRS) == theirs]


# The one who holds the link


def by_code(code: str) -> Errand | None:
    """The errand with this code; None for anything that is no code or nobody's."""
    if not is_tracking_code(code):
        return None
    return Errand.objects.filter(code_hash=hash_of(code)).first()


def of_device(errand_id: UUID, device: str, *, now: datetime) -> ErrandRows:
    """An errand that this device opened and that may still be used; NotFound for everything else, all alike."""
    found = Errand.objects.select_related("case", "order").defer("case__search").filter(pk=errand_id).first()
    if found is None or not device or found.holder_hash != holder_hash_of(errand_id, device):
        raise NotFound(THING)
    rows = read(found, found.case)
    facts = rows.facts(now)
    # What was done or declined is shown on until its day, as long as the case is not confidential by then.
    over = not (facts.plain and facts.in_time and (facts.work or found.state not in LIVE))
    if over or found.state == ErrandState.REVOKED:
        raise NotFound(THING)
    return rows


def file_of(rows: ErrandRows, file_id: UUID) -> Attachment | None:
    """A photo that the outsider may see: chosen by the handler, or their own."""
    return next((one for one in [*rows.chosen_photos, *rows.own_photos] if one.pk == file_id), None)
