"""Reads of campaigns: for those who take part, and what a leader has published for everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from huying.cases.models import Campaign, CampaignSpot, Case
from huying.cases.queries.outside import NO_CASE
from huying.cases.queries.scope import seen_by, within
from huying.cases.rules import ENDS
from huying.cases.rules.campaigns import (
    CHECKING,
    DONE,
    FLOW,
    MOST_SPOTS,
    OPEN_SPOTS,
    SPOT,
    THING,
    WORKING,
    CampaignState,
    Counts,
    Finding,
    Given,
    SpotFacts,
    SpotState,
    SpotVerb,
    counted,
)
from huying.clocks import queries as clocks
from huying.files import queries as files
from huying.files.models import Attachment
from huying.files.rules import FilePurpose
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import NotFound
from huying.people.models import Organisation
from huying.people.rules import Duty
from huying.places.models import Estate, Facility, Waterway
from huying.places.rules import EstateKind, FacilityKind, WaterwayKind

LEADING = (Duty.DISPATCH, Duty.SUPERVISE, Duty.LEAD)
"""Who plans and closes campaigns over an area."""
WORKERS = (Duty.HANDLE, Duty.SIGN)
"""Who of a unit works on the places that are its share."""
MOST_LISTED = 200
Shares = Mapping[UUID, frozenset[UUID]]  # units, by campaign


def leads(actor: Actor, area_code: str) -> bool:
    return any(actor.may(duty, area_code) for duty in LEADING)


def areas_led(actor: Actor) -> tuple[str, ...]:
    """Where the actor may begin campaigns, from the sub-district down."""
    found = sorted({code for duty in LEADING for code in actor.areas(duty)})
    return tuple(code for code in found if not any(code != above and code.startswith(above) for above in found))


def _seen(viewer: Actor) -> QuerySet[Campaign]:
    """Campaigns in which the viewer's areas or units take part; those being prepared only for who leads there."""
    if viewer.kind in (ActorKind.SYSTEM, ActorKind.RULE):
        return Campaign.objects.all()
    if viewer.kind != ActorKind.PERSON:
        return Campaign.objects.none()
    reads = viewer.areas(Duty.READ)
    above = {code[:length] for code in reads for length in range(2, len(code))}
    condition = within(reads) | Q(area_code__in=sorted(above))
    units = [one for one in viewer.units if any(viewer.may_for_unit(duty, one) for duty in WORKERS)]
    if units:
        condition |= Q(Exists(CampaignSpot.objects.filter(campaign=OuterRef("pk"), unit_id__in=units)))
    prepared = within(areas_led(viewer))
    return Campaign.objects.filter(condition, ~Q(state=CampaignState.DRAFT) | prepared)


def campaigns(viewer: Actor) -> list[tuple[Campaign, Counts]]:
    """Campaigns that the viewer takes part in, the latest first, each with how many places stand where."""
    rows = list(_seen(viewer).order_by("-made_at", "-id")[:MOST_LISTED])
    counts = _counts_of(rows)
    return [(one, counts[one.pk]) for one in rows]


def _counts_of(rows: Iterable[Campaign]) -> dict[UUID, Counts]:
    """How many places of each campaign stand where, counted by the database."""
    found: dict[UUID, dict[str, int]] = {one.pk: {} for one in rows}
    spots = CampaignSpot.objects.filter(campaign__in=list(found)).order_by().values_list("campaign_id", "state")
    for campaign_id, state, count in spots.annotate(Count("pk")):
        found[campaign_id][state] = count
    return {pk: Counts(by_state) for pk, by_state in found.items()}


def campaign(campaign_id: UUID, viewer: Actor) -> Campaign:
    """One campaign. Raises NotFound where it is missing or not the viewer's to see."""
    found = _seen(viewer).filter(pk=campaign_id).first()
    if found is None:
        raise NotFound(THING)
    return found


def spots_of(campaign_id: UUID) -> list[CampaignSpot]:
    """The places of a campaign that was given, by number."""
    rows = CampaignSpot.objects.filter(campaign_id=campaign_id).select_related("unit", "case").defer("case__search")
    return list(rows.order_by("number"))


def spot(spot_id: UUID, viewer: Actor) -> CampaignSpot:
    """One place with its campaign. Raises NotFound where that is missing or not the viewer's to see."""
    rows = CampaignSpot.objects.select_related("campaign", "unit", "case").defer("case__search")
    found = rows.filter(pk=spot_id).first()
    campaign_id = found.campaign_id if found is not None else NO_CASE  # asked as often where there is none
    seen = _seen(viewer).filter(pk=campaign_id).exists()
    if found is None or not seen:
        raise NotFound(SPOT)
    return found


def tells_of_case(found: CampaignSpot) -> bool:
    """Whether everybody in the campaign may know that the place became a case: of a restricted one nobody does."""
    return found.case is not None and not found.case.restricted


def case_of(found: CampaignSpot, viewer: Actor) -> Case | None:
    """The case opened from a place, where the viewer may see it."""
    return seen_by(viewer).filter(pk=found.case_id).first() if found.case_id is not None else None


_lock = Lock()
_kept: tuple[str, Shares] | None = None


def shares() -> Shares:
    """The units with places of each campaign that goes on, kept in the process until the mark of the clocks changes."""
    global _kept
    present, kept = clocks.mark(), _kept
    if kept is None or kept[0] != present:
        with _lock:
            kept = _kept = (present, _read_shares())
    return kept[1]


def _read_shares() -> Shares:
    rows = CampaignSpot.objects.filter(campaign__state=CampaignState.RUNNING, unit__isnull=False)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for campaign_id, unit_id in rows.order_by().values_list("campaign_id", "unit_id").distinct():
        found[campaign_id].add(unit_id)
    return {key: frozenset(units) for key, units in found.items()}


def waiting_for(viewer: Actor) -> list[CampaignSpot]:
    """Places of campaigns that go on which wait for the viewer's units, the campaign that ends first before others.

    Nothing is asked where the viewer's units have no places.
    """
    mine = {*viewer.bodies, *viewer.units}
    running = sorted(key for key, units in shares().items() if units & mine)
    rows = CampaignSpot.objects.select_related("campaign", "unit").filter(
        campaign__in=running, campaign__state=CampaignState.RUNNING, unit__in=sorted(mine),
        state__in=sorted(str(one) for one in OPEN_SPOTS),
    )  # fmt: skip
    found = rows.order_by("campaign__until_day", "campaign_id", "number")[:MOST_SPOTS]
    return [one for one in found if works_on(viewer, one)]


# Who may make which move


def works_on(actor: Actor, found: CampaignSpot) -> bool:
    """Whether the place is the actor's share: of a unit for which they work, or where they report for it."""
    unit = found.unit_id
    if unit is None:
        return False
    own = unit in actor.bodies and actor.may(Duty.REPORT, found.area_code)
    return own or any(actor.may_for_unit(duty, unit) for duty in WORKERS)


def checks(actor: Actor, found: CampaignSpot) -> bool:
    return actor.may(Duty.CHECK, found.area_code) or leads(actor, found.area_code)


def may_move(actor: Actor, found: CampaignSpot, verb: SpotVerb) -> bool:
    if verb in WORKING:
        return works_on(actor, found)
    return checks(actor, found) or (verb not in CHECKING and works_on(actor, found))


def facts_of(found: CampaignSpot, actor: Actor, given: Given | None = None, *, has_before: bool = True) -> SpotFacts:
    return SpotFacts(
        state=SpotState(found.state), running=found.campaign.state == CampaignState.RUNNING, has_before=has_before,
        has_case=_has_case(found), done_by=found.done_by, actor_id=actor.id, given=given,
    )  # fmt: skip


def _has_case(found: CampaignSpot) -> bool:
    """Whether a case deals with what the place needs now: one that ended before the place came back does not."""
    if found.case_id is None:
        return False
    if found.state not in OPEN_SPOTS or not found.came_back or found.checked_at is None:
        return True
    return not Case.objects.filter(pk=found.case_id, ended_at__lte=found.checked_at).exists()


def legal_moves(found: CampaignSpot, actor: Actor) -> list[SpotVerb]:
    """The moves of a place that was given which the actor may make now."""
    facts = facts_of(found, actor)
    return [verb for verb in SpotVerb if may_move(actor, found, verb) and FLOW.refusal(verb, facts) is None]


# Photos


def photos_of(spot_ids: Iterable[UUID]) -> dict[UUID, list[Attachment]]:
    """Photos of places that were given, the oldest first."""
    return files.of_owners(SPOT, spot_ids)


def pair_of(rows: Iterable[Attachment]) -> tuple[Attachment | None, Attachment | None]:
    """The first photo before and the last one after."""
    every = list(rows)
    before = next((one for one in every if one.purpose == FilePurpose.BEFORE), None)
    after = next((one for one in reversed(every) if one.purpose == FilePurpose.AFTER), None)
    return before, after


def photo(spot_id: UUID, file_id: UUID, viewer: Actor) -> Attachment:
    """One photo of a place. Raises NotFound where either is missing or not the viewer's to see."""
    spot(spot_id, viewer)
    for one in files.of_owners(SPOT, [spot_id])[spot_id]:
        if one.pk == file_id:
            return one
    raise NotFound("file")


# Registered places that can be listed, kind by kind


@dataclass(frozen=True)
class PlaceRow:
    id: UUID
    name: str
    area_code: str
    lng: float | None
    lat: float | None


KINDS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    **{f"facility-{one}": (Facility, {"kind": str(one)}) for one in FacilityKind},
    **{f"waterway-{one}": (Waterway, {"kind": str(one)}) for one in WaterwayKind},
    **{f"estate-{one}": (Estate, {"kind": str(one)}) for one in EstateKind},
}


def kinds_in(area_code: str) -> list[tuple[str, int]]:
    """Kinds of registered places in an area with how many there are, where there are any."""
    found = []
    for prefix, model in (("facility", Facility), ("waterway", Waterway), ("estate", Estate)):
        kinds = model._default_manager.filter(within([area_code]), until=None).values_list("kind", flat=True)
        found += [(f"{prefix}-{kind}", count) for kind, count in sorted(counted(kinds).by_state.items())]
    return found


def places_of_kind(kind: str, area_code: str) -> list[PlaceRow]:
    """Registered places of a kind in an area, by name."""
    model, where = KINDS[kind]
    rows = model._default_manager.filter(within([area_code]), until=None, **where).order_by("name", "pk")
    return [PlaceRow(one.pk, one.name, one.area_code, one.lng, one.lat) for one in rows]


# Progress and the closing report


@dataclass
class Progress:
    """How far a campaign is: every number is that of the places under it."""

    every: Counts
    by_unit: list[tuple[Organisation | None, Counts]] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    came_back: int = 0  # places that came back at least once
    cases: int = 0
    cases_ended: int = 0


def progress_of(spots: Iterable[CampaignSpot]) -> Progress:
    """Counted from the places themselves; of cases only how many, restricted ones not among them."""
    rows = list(spots)
    units: dict[UUID | None, tuple[Organisation | None, list[str]]] = {}
    for one in rows:
        units.setdefault(one.unit_id, (one.unit, []))[1].append(one.state)
    named = sorted(units.values(), key=lambda pair: (pair[0] is None, pair[0].name if pair[0] else ""))
    cases = [one.case for one in rows if one.case is not None and tells_of_case(one)]
    return Progress(
        every=counted(one.state for one in rows),
        by_unit=[(unit, counted(states)) for unit, states in named],
        findings={str(one): sum(row.finding == one and row.state in DONE for row in rows) for one in Finding},
        came_back=sum(one.came_back > 0 for one in rows),
        cases=len(cases),
        cases_ended=sum(one.state in ENDS for one in cases),
    )


# For everybody


@dataclass(frozen=True)
class PublicCampaign:
    """What a leader has published: no place, no person, no unit."""

    id: UUID
    name: str
    area_code: str
    type_codes: tuple[str, ...]
    from_day: date
    until_day: date
    words: str
    places: int
    done: int
    checked: int


def published_in(area_code: str) -> list[PublicCampaign]:
    """Published results of an area, the latest first: two statements."""
    above = [area_code[:length] for length in range(2, len(area_code))]
    rows = Campaign.objects.filter(within([area_code]) | Q(area_code__in=above), published_at__isnull=False)
    found = list(rows.order_by("-published_at", "-id")[:MOST_LISTED])
    counts = _counts_of(found)
    return [_public(one, counts[one.pk]) for one in found]


def _public(one: Campaign, counts: Counts) -> PublicCampaign:
    return PublicCampaign(
        id=one.pk, name=one.name, area_code=one.area_code, type_codes=tuple(one.type_codes), from_day=one.from_day,
        until_day=one.until_day, words=one.public_words, places=counts.every, done=counts.done,
        checked=counts.of(SpotState.CHECKED),
    )  # fmt: skip
