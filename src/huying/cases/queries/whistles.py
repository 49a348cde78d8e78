"""Reads of whistles. Whoever sees the case sees its whistles; called units see the case by their part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from huying.approvals import queries as approvals
from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind
from huying.cases.models import Case, Report, Whistle, WhistleBand, WhistleKind, WhistlePart
from huying.cases.queries.outside import NO_CASE
from huying.cases.queries.scope import branches_seen_by, one, within
from huying.cases.queries.street_rules import in_force_in
from huying.cases.rules.whistles import (
    ANSWER,
    ARRIVE,
    FLOW,
    LEVEL_OF,
    PART_FLOW,
    THING,
    WHO,
    Band,
    Body,
    Given,
    PartFacts,
    PartState,
    PartVerb,
    Share,
    WhistleFacts,
    WhistleState,
    WhistleVerb,
    Who,
    band_of,
    may_call,
)
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.kernel.actor import Actor
from huying.kernel.paging import Page
from huying.people import queries as people
from huying.people.models import Organisation
from huying.people.rules import Duty
from huying.places.rules import parent_of

ASKERS = (Duty.HANDLE, Duty.DISPATCH, Duty.REPORT)
"""Who of a unit asks for a whistle and ends it: whoever handles, dispatches or reports there."""
MOST_IN_A_MONTH = 2000


@dataclass
class Rows:
    """One whistle whole, for its page and its moves."""

    whistle: Whistle
    case: Case
    parts: list[WhistlePart]
    clocks: dict[UUID, dict[str, Clock]]  # by part and step
    approvals: list[Approval] = field(default_factory=list)  # of the whistle and of its parts, the oldest first

    def part(self, part_id: UUID | None) -> WhistlePart | None:
        return next((one for one in self.parts if one.pk == part_id), None)

    def part_of(self, actor: Actor) -> WhistlePart | None:
        """The part of the actor's unit."""
        return next((one for one in self.parts if Who.UNIT in self.whose(actor, one)), None)

    def asked(self, kind: ApprovalKind, object_id: UUID) -> Approval | None:
        """The approval of this kind that waits for a decision."""
        rows = (one for one in self.approvals if (one.kind, one.object_id) == (kind, object_id))
        return next((one for one in rows if one.decided_at is None), None)

    def whose(self, actor: Actor, part: WhistlePart | None = None) -> set[Who]:
        """What the actor is in this whistle, for one of its parts where one is named."""
        caller = self.whistle.caller_unit
        found: set[Who] = set()
        if any(actor.may_for_unit(duty, caller.pk) for duty in ASKERS):
            found.add(Who.CALLER)
        if actor.may_for_unit(Duty.SIGN, caller.pk):
            found.add(Who.HEAD)
        if part is None:
            return found
        if any(actor.may_for_unit(duty, part.unit_id) for duty in (Duty.HANDLE, Duty.SIGN)):
            found.add(Who.UNIT)
        above = parent_of(caller.area_code)
        if not {caller.pk, part.unit_id} & set(actor.bodies) and above and actor.may(Duty.DISPATCH, above):
            found.add(Who.DESK_ABOVE)
        return found

    def facts(self, now: datetime, given: Given | None = None) -> WhistleFacts:
        return WhistleFacts(
            state=WhistleState(self.whistle.state) if self.whistle.state else None,
            parts=tuple(self.part_facts(one, now) for one in self.parts),
            phoned=self.whistle.phoned_at is not None,
            confirmed=self.whistle.confirmed is not None,
            given=given,
        )

    def part_facts(self, part: WhistlePart, now: datetime, given: Given | None = None) -> PartFacts:
        answering = self.clocks.get(part.pk, {}).get(ANSWER)
        return PartFacts(
            state=PartState(part.state) if part.state else None,
            objected=part.objected_at is not None,
            objection_open=self.asked(ApprovalKind.OBJECTION, part.pk) is not None,
            in_time=answering is None or now < answering.due_at,
            rated=part.caller_score is not None,
            rated_back=part.unit_score is not None,
            whistle=WhistleState(self.whistle.state) if self.whistle.state else None,
            given=given,
        )


# What a person may do: one name for each form
MOVES: dict[str, tuple[WhistleVerb | PartVerb, ...]] = {
    "decide": (WhistleVerb.APPROVE, WhistleVerb.REFUSE, WhistleVerb.CONFIRM, WhistleVerb.DISOWN),
    "answer": (PartVerb.ANSWER,),
    "arrive": (PartVerb.ARRIVE,),
    "finish": (PartVerb.FINISH,),
    "decide_objection": (PartVerb.UPHOLD, PartVerb.OVERRULE),
    "end": (WhistleVerb.END,),
    "rate_unit": (PartVerb.RATE_UNIT,),
    "rate_caller": (PartVerb.RATE_CALLER,),
    "object": (PartVerb.OBJECT,),
    "cancel": (WhistleVerb.CANCEL,),
}


def parts_for(rows: Rows, name: str, actor: Actor, now: datetime) -> list[WhistlePart]:
    """The parts about which the actor may make this move now."""
    return [part for part in rows.parts if any(_part_fits(rows, part, verb, actor, now) for verb in MOVES[name])]


def _part_fits(rows: Rows, part: WhistlePart, verb: WhistleVerb | PartVerb, actor: Actor, now: datetime) -> bool:
    return (
        isinstance(verb, PartVerb)
        and WHO[verb] in rows.whose(actor, part)
        and PART_FLOW.refusal(verb, rows.part_facts(part, now)) is None
    )


def legal_moves(rows: Rows, actor: Actor, now: datetime) -> list[str]:
    """The moves that the actor may make now, the next one first."""
    facts = rows.facts(now)
    mine = rows.whose(actor)
    found = []
    for name, verbs in MOVES.items():
        if isinstance(verbs[0], PartVerb):
            legal = bool(parts_for(rows, name, actor, now))
        else:
            legal = any(WHO[verb] in mine and FLOW.refusal(verb, facts) is None for verb in verbs)
        if name == "decide" and legal:
            asked = rows.asked(ApprovalKind.WHISTLE, rows.whistle.pk)
            legal = asked is not None and asked.asked_by != actor.id
        if legal:
            found.append(name)
    return found


# One, and many


_WHOLE = ("kind", "caller_unit")


def rows_of(whistle_id: UUID, viewer: Actor) -> Rows | None:
    """One whistle; None where it is missing or its case is not the viewer's to see."""
    whistle = Whistle.objects.filter(pk=whistle_id).select_related(*_WHOLE).first()
    # Asked also for what is missing, of the case that is none: the statements tell nobody that it was there.
    case = one(whistle.case_id if whistle is not None else NO_CASE, viewer)
    return read(whistle, case) if whistle is not None and case is not None else None


def read(whistle: Whistle, case: Case) -> Rows:
    """A whistle of a case that the viewer sees."""
    parts = list(WhistlePart.objects.filter(whistle=whistle).select_related("unit").order_by("pk"))
    ids = [one.pk for one in parts]
    found = approvals.of_object(THING, whistle.pk)
    for part_id in ids:
        found += approvals.of_object(THING, part_id)
    return Rows(whistle, case, parts, by_step(ids), sorted(found, key=lambda one: (one.asked_at, one.pk)))


def by_step(part_ids: Iterable[UUID]) -> dict[UUID, dict[str, Clock]]:
    found = clocks.of_objects(THING, part_ids)
    return {part_id: {clock.step: clock for clock in rows} for part_id, rows in found.items()}


def _parts() -> Prefetch[Any]:
    return Prefetch("parts", WhistlePart.objects.select_related("unit").order_by("pk"))


def of_case(case: Case) -> list[Whistle]:
    """The whistles of a case that the viewer sees, the latest first, each with its parts."""
    rows = Whistle.objects.filter(case=case).select_related(*_WHOLE).prefetch_related(_parts())
    return list(rows.order_by("-asked_at", "-pk"))


@dataclass(frozen=True)
class WantedWhistles:
    """A filter of the list; every part left empty asks nothing."""

    show: str = ""  # mine, unit, late
    state: str = ""


SHOWS = ("mine", "unit", "late")


def whistles_found(viewer: Actor, wanted: WantedWhistles, *, now: datetime, page: Page[Whistle]) -> list[Whistle]:
    """One page of whistles on cases that the viewer may see, the latest first."""
    rows = Whistle.objects.select_related(*_WHOLE, "case").defer("case__search").prefetch_related(_parts())
    rows = _narrowed(rows, viewer, wanted, now)
    branches = [rows.filter(case__in=cases.order_by().values("pk")) for cases in branches_seen_by(viewer)]
    return page.of(branches, order=("-asked_at", "-pk"))


def _narrowed(rows: QuerySet[Whistle], viewer: Actor, wanted: WantedWhistles, now: datetime) -> QuerySet[Whistle]:
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.show == "mine":
        rows = rows.filter(asked_by=viewer.id)
    if wanted.show == "unit":
        called = WhistlePart.objects.filter(whistle=OuterRef("pk"), unit_id__in=viewer.units)
        rows = rows.filter(Q(caller_unit_id__in=viewer.units) | Exists(called.exclude(state=PartState.NAMED)))
    if wanted.show == "late":
        late = Clock.objects.filter(object_kind=THING, stopped_at=None, paused_at=None, due_at__lte=now)
        rows = rows.filter(Exists(WhistlePart.objects.filter(whistle=OuterRef("pk"), pk__in=late.values("object_id"))))
    return rows


# Who may be called


def kinds(now: datetime, area_code: str) -> list[WhistleKind]:
    """The version of each kind that holds in an area, in the order they were made; what is phoned first comes last."""
    found = in_force_in(WhistleKind, timezone.localdate(now), area_code)
    return sorted(found, key=lambda one: one.phoned_first)


def body_of(unit: Organisation) -> Body:
    return Body(unit.pk, unit.kind, unit.area_code)


def caller_units(case: Case, actor: Actor) -> list[Organisation]:
    """The actor's units that may whistle for this case: the place is theirs, and they are of a tier that calls."""
    mine = [one for one in actor.units if any(actor.may_for_unit(duty, one) for duty in ASKERS)]
    rows = Organisation.objects.filter(pk__in=mine, active=True, kind__in=[str(one) for one in LEVEL_OF])
    return [one for one in rows.order_by("pk") if case.area_code.startswith(one.area_code) and body_of(one).level < 4]


def callable_units(case: Case, callers: Iterable[Organisation]) -> list[Organisation]:
    """Units of the next tier that answer for the place and keep away from nothing in it, by name."""
    kept_away = people.recused([case.pk]).get(case.pk)
    units = people.units_for(case.area_code, beside=case.area_code)
    bodies = [body_of(one) for one in callers]
    return [
        one
        for one in units
        if one.kind in LEVEL_OF
        and any(may_call(body, body_of(one), place=case.area_code, callers=(body.level,)) for body in bodies)
        and not (kept_away is not None and one.pk in kept_away.units)
    ]


# Figures


@dataclass(frozen=True)
class PartRow:
    """One called unit's part with what the figures ask of it."""

    whistle: Whistle
    part: WhistlePart
    answered: bool | None  # in time; None where the clock still runs
    arrived: bool | None


@dataclass
class UnitLine:
    unit: Organisation
    called: int = 0
    answered: Share = Share()
    arrived: Share = Share()


@dataclass
class Figures:
    """One month of one area. Each number is the length of the rows behind it (`rows`)."""

    area_code: str
    begin: date
    whistles: list[Whistle]
    parts: list[PartRow]
    band: WhistleBand | None
    verdict: Band | None
    voices: dict[UUID, int]  # by case
    objected: list[PartRow] = field(default_factory=list)
    upheld: list[PartRow] = field(default_factory=list)

    @property
    def answered(self) -> Share:
        return share(one.answered for one in self.parts)

    @property
    def arrived(self) -> Share:
        return share(one.arrived for one in self.parts)

    def by_unit(self) -> list[UnitLine]:
        """Called units; those called often enough come first, by how many came in time, the others by name."""
        found: dict[UUID, list[PartRow]] = {}
        for row in self.parts:
            found.setdefault(row.part.unit_id, []).append(row)
        lines = [
            UnitLine(
                rows[0].part.unit, len(rows), share(one.answered for one in rows), share(one.arrived for one in rows)
            )
            for rows in found.values()
        ]
        return sorted(lines, key=lambda one: (not one.arrived.ranked, -(one.arrived.percent or 0), one.unit.name))

    def rows(self, what: str) -> list[PartRow] | list[Whistle] | None:
        """What stands behind a number; None for a word that names none."""
        of_parts = {
            "answered": lambda one: one.answered is True,
            "answered_late": lambda one: one.answered is False,
            "arrived": lambda one: one.arrived is True,
            "arrived_late": lambda one: one.arrived is False,
        }
        if what in of_parts:
            return [one for one in self.parts if of_parts[what](one)]
        if what == "blown":
            return self.whistles
        return {"objected": self.objected, "upheld": self.upheld}.get(what)


def share(told: Iterable[bool | None]) -> Share:
    known = [one for one in told if one is not None]
    return Share(sum(known), len(known))


def month_after(begin: date) -> date:
    return (begin.replace(day=1) + timedelta(days=32)).replace(day=1)


def figures(viewer: Actor, area_code: str, begin: date, *, now: datetime) -> Figures:
    """The whistles that were blown in a month for cases in an area, as far as the viewer sees their cases; restricted
    cases stand in no figure."""
    since = timezone.make_aware(datetime.combine(begin, datetime.min.time()))
    until = timezone.make_aware(datetime.combine(month_after(begin), datetime.min.time()))
    rows = Whistle.objects.select_related(*_WHOLE, "case").defer("case__search").filter(
        within([area_code], "case__area_code"), blown_at__gte=since, blown_at__lt=until,
        case__imported=False, case__drill=False, case__restricted=False,
    ).order_by("blown_at", "pk")  # fmt: skip
    seen = {
        whistle.pk: whistle
        for cases in branches_seen_by(viewer)
        for whistle in rows.filter(case__in=cases.order_by().values("pk"))[:MOST_IN_A_MONTH]
    }
    whistles = sorted(seen.values(), key=lambda one: (one.blown_at or now, one.pk), reverse=True)
    parts = list(WhistlePart.objects.filter(whistle__in=list(seen)).select_related("unit").order_by("pk"))
    times = by_step(one.pk for one in parts)
    told = [
        PartRow(
            seen[one.whistle_id], one, _in_time(times[one.pk].get(ANSWER), one.answered_at or one.arrived_at, now),
            _in_time(times[one.pk].get(ARRIVE), one.arrived_at, now),
        )
        for one in parts
        if one.state not in (PartState.RELEASED, PartState.CANCELLED, PartState.NAMED)
    ]  # fmt: skip
    band = band_for(area_code, begin)
    objected = [PartRow(seen[one.whistle_id], one, None, None) for one in parts if one.objected_at is not None]
    return Figures(
        area_code=area_code,
        begin=begin,
        whistles=whistles,
        parts=told,
        band=band,
        verdict=band_of(len(whistles), band.least, band.most) if band is not None else None,
        voices=voices_behind({one.case_id for one in whistles}),
        objected=objected,
        upheld=[one for one in objected if one.part.state == PartState.RELEASED],
    )


def _in_time(clock: Clock | None, done_at: datetime | None, now: datetime) -> bool | None:
    """Whether the step was done by its time; late as soon as the time is gone, unknown while the clock runs."""
    if clock is None:
        return None
    if done_at is not None:
        return done_at <= clock.due_at
    return False if (clock.stopped_at or now) > clock.due_at else None


def band_for(area_code: str, day: date) -> WhistleBand | None:
    """The healthy band of areas of this size that held on a day."""
    return next(iter(in_force_in(WhistleBand, day, area_code, digits=len(area_code))), None)


def voices_behind(case_ids: set[UUID]) -> dict[UUID, int]:
    """How many callers stand behind each case: who reported twice is one voice."""
    rows = Report.objects.filter(case_id__in=case_ids, withdrawn_at=None).values_list("case_id", "contact_id", "pk")
    found: dict[UUID, set[UUID]] = {}
    for case_id, contact_id, report_id in rows.order_by("pk"):
        found.setdefault(case_id, set()).add(contact_id or report_id)
    return {case_id: len(voices) for case_id, voices in found.items()}


def areas_led(viewer: Actor) -> tuple[str, ...]:
    """The areas whose figures a person reads: those they lead, supervise or hold a head's duties over."""
    duties = (Duty.LEAD, Duty.SUPERVISE, Duty.FILE)
    return tuple(sorted({code for duty in duties for code in viewer.areas(duty)}))


__all__ = [
    "MOVES",
    "SHOWS",
    "Figures",
    "PartRow",
    "Rows",
    "WantedWhistles",
    "areas_led",
    "band_for",
    "callable_units",
    "caller_units",
    "figures",
    "kinds",
    "legal_moves",
    "month_after",
    "of_case",
    "parts_for",
    "read",
    "rows_of",
    "voices_behind",
    "whistles_found",
]
