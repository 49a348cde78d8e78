"""Reads of incidents: for those who see the case, and in words written for everybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from huying.cases.models import IS_OPEN, Case, Incident, IncidentWord, Report
from huying.cases.queries.scope import one, seen_by, within
from huying.cases.rules import ReplyBy
from huying.cases.rules.incidents import (
    BEFORE,
    ENDED_FOR,
    MOST_JOINED,
    Call,
    Extent,
    Reason,
    WordKind,
    away,
    likely,
    reasons,
    shown_for,
)
from huying.cases.rules.table import MERGEABLE
from huying.kernel.actor import Actor
from huying.places.models import Estate
from huying.places.rules import street_of

MOST_LISTED = 200


@dataclass(frozen=True)
class Known:
    """What everybody may know of an open incident: nothing of who reported it."""

    id: UUID
    case_id: UUID
    title: str
    place: str
    words: str
    advice: str
    type_code: str
    area_codes: tuple[str, ...]
    began_at: datetime
    expected_at: datetime | None
    said: str
    said_at: datetime | None
    ended_at: datetime | None = None

    @property
    def extent(self) -> Extent:
        return Extent(self.area_codes, self.type_code, self.began_at, self.title, self.place)


def extent_of(incident: Incident) -> Extent:
    """With its case at hand: what is real is no part of a drill."""
    return Extent(
        tuple(incident.area_codes), incident.type_code, incident.began_at, incident.title, incident.place_words,
        incident.case.drill,
    )  # fmt: skip


def call_of(case: Case) -> Call:
    return Call(
        area_code=case.area_code,
        unplaced=case.unplaced,
        type_code=case.type_code,
        received_at=case.received_at,
        restricted=case.restricted,
        danger=bool(case.danger),
        title=case.title,
        drill=case.drill,
    )


def known_in(streets: Iterable[str]) -> list[Known]:
    """Open incidents of these sub-districts, the latest first: one statement. Never of a restricted case."""
    return _latest(street_code__in=list(streets), ended_at=None, case__ended_at=None, case__drill=False)


def known_of(case: Case) -> Known | None:
    """What everybody who reported this case reads of its latest incident, also when it is over."""
    return next(iter(_latest(case=case)), None) if case.incident else None


def _latest(**where: Any) -> list[Known]:
    later = IncidentWord.objects.filter(incident=OuterRef("pk")).exclude(kind=WordKind.KNOWN)
    latest = later.order_by("-said_at", "-id")
    said = {"said_words": Subquery(latest.values("words")[:1]), "said_when": Subquery(latest.values("said_at")[:1])}
    rows = Incident.objects.filter(**where, case__restricted=False).annotate(**said)
    return [as_known(row) for row in rows.order_by("-declared_at", "-id")[:MOST_LISTED]]


def as_known(row: Incident) -> Known:
    said, said_at = getattr(row, "said_words", None), getattr(row, "said_when", None)
    return Known(
        id=row.pk, case_id=row.case_id, title=row.title, place=row.place_words, words=row.words, advice=row.advice,
        type_code=row.type_code, area_codes=tuple(row.area_codes), began_at=row.began_at,
        expected_at=row.expected_at, said=said or "", said_at=said_at,
        ended_at=row.ended_at,
    )  # fmt: skip


def known_for(area_code: str, *, type_codes: Sequence[str] = ()) -> list[Known]:
    """What somebody is told who is about to report from an area, perhaps of one of these types: one statement."""
    found = known_in([street_of(area_code)])
    return [one for one in found if shown_for(one.extent, area_code=area_code, type_codes=type_codes)]


def covering(case: Case) -> list[Known]:
    """Open incidents of which a case can be part: one statement."""
    if case.restricted or case.ended_at is not None:
        return []
    found = known_in([street_of(case.area_code)])
    return [one for one in found if one.case_id != case.pk and away(one.extent, call_of(case)) is None]


# For those who see the case


def of_case(case: Case) -> list[Incident]:
    """The incidents of a case that was given, the latest first, with what was said."""
    rows = Incident.objects.filter(case=case).prefetch_related("said").order_by("-declared_at", "-id")
    return list(rows) if case.incident else []


def incident(incident_id: UUID, viewer: Actor) -> Incident | None:
    """One incident with its case, if the viewer may see that."""
    found = Incident.objects.filter(pk=incident_id).first()
    # What is missing is looked for as what is forbidden: both take as long.
    case = one(found.case_id if found is not None else incident_id, viewer)
    if found is None or case is None:
        return None
    found.case = case
    return found


def listed(viewer: Actor, *, now: datetime) -> list[Incident]:
    """Incidents that go on or ended lately, of cases that the viewer sees, the latest first."""
    rows = Incident.objects.filter(Q(ended_at=None) | Q(ended_at__gte=now - ENDED_FOR))
    keys = list(rows.order_by("-declared_at", "-id").values_list("pk", "case_id"))
    if not keys:
        return []
    seen = set(seen_by(viewer).filter(pk__in=[case for _pk, case in keys]).values_list("pk", flat=True))
    wanted = [pk for pk, case in keys if case in seen][:MOST_LISTED]
    return list(rows.filter(pk__in=wanted).select_related("case").order_by("-declared_at", "-id"))


def estates_in(area_code: str) -> list[tuple[str, list[str]]]:
    """Estates of an area by name, each with the areas that it lies in."""
    rows = Estate.objects.filter(within([area_code]), until=None).order_by("name", "pk")[:MOST_LISTED]
    return [(one.name, [*one.grid_codes] or [one.area_code]) for one in rows]


def words_of(incident_id: UUID) -> list[IncidentWord]:
    """What was said of an incident that was given, the latest first."""
    return list(IncidentWord.objects.filter(incident_id=incident_id).order_by("-said_at", "-id"))


@dataclass(frozen=True)
class Voices:
    """How many reported it, and how many of them hear by text message."""

    every: int
    written_to: int


def voices_of(case_id: UUID) -> Voices:
    rows = Report.objects.filter(case_id=case_id, withdrawn_at=None)
    told = rows.filter(erased_at=None, contact_id__isnull=False).exclude(reply_by=ReplyBy.NONE)
    return Voices(rows.count(), told.count())


def calls_like(incident: Incident, viewer: Actor) -> list[tuple[Case, list[Reason]]]:
    """Open calls that the viewer sees and that are likely part of it, each with the reasons, the latest first.

    By matter, place and time alone: who called is never compared.
    """
    extent = extent_of(incident)
    place = within(extent.area_codes) | Q(unplaced=True, area_code__in=_above(extent.area_codes))
    rows = Case.objects.filter(
        place, IS_OPEN, state__in=[str(state) for state in MERGEABLE], restricted=False, imported=False,
        drill=incident.case.drill, received_at__gte=extent.began_at - BEFORE,
    ).exclude(pk=incident.case_id)  # fmt: skip
    if extent.type_code:
        rows = rows.filter(type_code__in=["", extent.type_code])
    ids = list(rows.order_by("-received_at", "-id").values_list("pk", flat=True)[:MOST_JOINED])
    seen = list(seen_by(viewer).filter(pk__in=ids).order_by("-received_at", "-id")) if ids else []
    calls = ((case, call_of(case)) for case in seen)
    found = [(case, reasons(extent, call)) for case, call in calls if away(extent, call) is None]
    return sorted(found, key=lambda pair: not likely(pair[1]))  # as they came within each


def _above(codes: Iterable[str]) -> list[str]:
    """The sub-districts and communities that hold these areas: where a call lies that was not placed yet."""
    return sorted({code[:length] for code in codes for length in (9, 12) if len(code) >= length})
