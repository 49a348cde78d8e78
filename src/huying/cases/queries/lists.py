"""Lists of cases for the desk: what waits for a person, what a filter finds, what lies near, what a person took in.

Every list unites limited branches, each an index range; counts stop at a bound, so that no page waits for all rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models import Case as Case_
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind, ApprovalState
from huying.cases.models import DESKS, IS_OPEN, STREET, Case, Exclusion, Report, Whistle, WhistlePart, WorkOrder
from huying.cases.queries.scope import (
    COLUMNS,
    STREET_LENGTH,
    area_branches,
    area_ways,
    branch_by_orders,
    branch_taken,
    branches_beyond,
    branches_seen_by,
    in_ways,
    not_recused,
    seen_by_area,
    units_worked_for,
    within,
)
from huying.cases.queries.waiting import COLLEAGUES, OWN, UNITS, step_parts
from huying.cases.queries.waiting import COLUMNS as _COLUMNS
from huying.cases.rules import LIVE_ORDERS, OPEN, OrderRole, OrderState, State, Supervision
from huying.cases.rules.exclusions import DECIDES as EXCLUSION_DECIDES
from huying.cases.rules.exclusions import GONE
from huying.cases.rules.table import By
from huying.cases.rules.tasks import DECIDED_BY, ORDER_WORK, UNIT_DECIDES, WORK, Task, Work
from huying.cases.rules.whistles import GOING, THING, PartState, WhistleState
from huying.cases.rules.words import UNFINISHED_ORDERS
from huying.cases.search import LEVELS, question, question_of_areas
from huying.clocks.models import Clock
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.paging import Page, keyset
from huying.kernel.ready import ID, MOMENT, Ready, fetched, made, united
from huying.matters.rules import Step
from huying.people.models import Account, Organisation
from huying.people.rules import Duty
from huying.places.rules import grid_of, metres_between, street_of

FAR = datetime(9998, 1, 1, tzinfo=UTC)  # sorts a case whose clock stands still behind all that run
MOST_COUNTED = 100
RETURNS_BEFORE_NAMING = 2
NEAR_METRES = 300
NEAR_DAYS = 90

_KEPT = 256  # statements of one kind, about ten kilobytes each


# What waits for a person


@dataclass(frozen=True)
class Todo:
    """One thing that waits for the viewer: a case, or an order, whistle or ticket on it, and when it is due."""

    task: Task
    case_id: UUID
    order_id: UUID | None
    due_from: datetime | None
    yellow_at: datetime | None
    due_at: datetime | None
    whose: int = 0  # OWN, UNITS or COLLEAGUES: in whose hand the order is

    @property
    def key(self) -> tuple[datetime, UUID]:
        return self.due_at or FAR, self.case_id


_AT_WORK = (OrderState.ACCEPTED, OrderState.REWORK)


def work_of(viewer: Actor, *, most: int = MOST_COUNTED) -> list[Todo]:
    """What the viewer can take the next step of, most urgent first: of each kind at most `most`, in one statement.

    A case is included if, and only if, the viewer may see it, holds the duty of its next step over what the table
    of moves says, and is not kept from it (the handler reviews nothing of their own, the asker decides nothing).
    """
    if viewer.kind != ActorKind.PERSON:
        return []
    ready = _work(viewer, most)
    found: dict[tuple[str, UUID, UUID | None], Todo] = {}
    for task, *rest in ready.fetch() if ready is not None else ():
        todo = Todo(Task(task), *rest)
        found.setdefault((task, todo.case_id, todo.order_id), todo)
    return sorted(found.values(), key=lambda one: one.key)


@lru_cache(maxsize=_KEPT)
def _work(viewer: Actor, most: int) -> Ready | None:
    parts = (
        *_desk_parts(viewer),
        *_approval_parts(viewer),
        *_exclusion_parts(viewer),
        *_order_parts(viewer),
        *_reported_parts(viewer),
        *_whistle_parts(viewer),
        *step_parts(viewer),
    )
    return together((part.order_by(F("red_at").asc(nulls_last=True), "of_case")[:most] for part in parts), anew=False)


def together(
    parts: Iterable[QuerySet[Any, Any]], *, before: str = "", anew: bool = True, **gaps: object
) -> Ready | None:
    """All of these as one statement; None where there is none. Planned `anew` for each area, word and filter, but
    where open cases alone are looked through."""
    every = list(parts)
    if not every:
        return None
    return Ready(united(every), before=before, anew=anew, now=MOMENT, words=WORDS, **gaps)


Rows = QuerySet[Any, tuple[Any, ...]]


def _columns(rows: QuerySet[Any], task: Task, *, prefix: str = "", order: bool = False, whose: Any = OWN) -> Rows:
    """The columns of a todo, alike for cases and orders, so that all parts can be united."""
    told: Rows = rows.annotate(
        task=Value(str(task), output_field=CharField()),
        of_case=F("case_id") if order else F("id"),
        of_order=F("id") if order else Cast(Value(None), UUIDField()),
        from_at=F(f"{prefix}due_from"),
        gold_at=F(f"{prefix}yellow_at"),
        red_at=F(f"{prefix}due_at"),
        whose=Value(whose) if isinstance(whose, int) else whose,
    ).values_list(*_COLUMNS)
    return told


def _desk_parts(viewer: Actor) -> Iterator[Rows]:
    for work in WORK:
        for cases in _in_state(viewer, work):
            yield _columns(_next_step(cases, work, viewer), work.task)


def _in_state(viewer: Actor, work: Work) -> Iterator[QuerySet[Case]]:
    """Open cases in the state of this work where the viewer has its duty: of a whole street's or district's desk in
    the order of its index, of whatever is smaller, which is little, all of it."""
    codes = viewer.areas(work.duty)
    desks = [code for code in codes if work.by == By.DESK and len(code) in DESKS]
    for code in desks:
        of_desk = Q(Exact(DESKS[len(code)], Value(code)))
        yield seen_by_area(viewer, mostly=True).filter(of_desk, IS_OPEN, state=work.state)
    if rest := [code for code in codes if code not in desks]:
        column = "desk_code" if work.by == By.DESK else "area_code"
        yield seen_by_area(viewer).filter(within(rest, column), IS_OPEN, state=work.state)


def _next_step(cases: QuerySet[Case], work: Work, viewer: Actor) -> QuerySet[Case]:
    """Without what the viewer is kept from, or what waits for somebody else's decision first."""
    mine = WorkOrder.objects.filter(case=OuterRef("pk"), handler_id=viewer.id)
    if work.task in (Task.TRIAGE, Task.DISPATCH):
        return cases.filter(~Exists(_asked("case", ("decline",)).filter(object_id=OuterRef("pk"))))
    if work.task == Task.NAME:
        units = WorkOrder.objects.filter(case=OuterRef("pk"), state=OrderState.RETURNED).order_by().values("case")
        returned = units.annotate(units=Count("unit", distinct=True)).values("units")
        return cases.annotate(returned=Subquery(returned)).filter(returned__gte=RETURNS_BEFORE_NAMING)
    if work.task == Task.REVIEW:
        return cases.exclude(due_step=Step.SIGN).filter(~Exists(mine))
    if work.task == Task.CALL_BACK:  # what the upper system asks itself waits for nobody here
        return cases.filter(~Exists(mine), upper_since=None)
    if work.task == Task.CHECK:
        found = Report.objects.filter(case=OuterRef("pk"), taken_by_id=viewer.id)
        return cases.filter(~Exists(mine), ~Exists(found))
    return cases


def _asked(object_kind: str, kinds: Iterable[str]) -> QuerySet[Approval]:
    return Approval.objects.filter(state=ApprovalState.ASKED, object_kind=object_kind, kind__in=list(kinds))


def _approval_parts(viewer: Actor) -> Iterator[Rows]:
    """Cases with a request that the viewer decides: of the desk where the viewer has the duty, asked by another."""
    seen = seen_by_area(viewer)
    by_duty: dict[Duty, list[str]] = {}
    for kind, duty in DECIDED_BY.items():
        by_duty.setdefault(duty, []).append(kind)
    for duty, kinds in by_duty.items():
        codes = viewer.areas(duty)
        if not codes:
            continue
        reach = within(viewer.areas(Duty.READ))
        on_cases = _asked("case", kinds).filter(reach).exclude(asked_by=viewer.id)
        on_orders = _asked("order", kinds).filter(reach).exclude(asked_by=viewer.id)
        if "return" in kinds:
            asked = Q(pk__in=WorkOrder.objects.filter(pk__in=on_orders.values("object_id")).values("case_id"))
        else:
            asked = Q(pk__in=on_cases.values("object_id"))
        yield _columns(seen.filter(asked, within(codes, "desk_code"), IS_OPEN), Task.APPROVE)


def _exclusion_parts(viewer: Actor) -> Iterator[Rows]:
    """Answered cases that somebody asks to leave out of scores: for deciders without a hand in it or in the work."""
    waits = Q(pk__in=[])
    for state, (duties, _verb) in EXCLUSION_DECIDES.items():
        for code in sorted({code for duty in duties for code in viewer.areas(duty)}):
            waits |= within([code], "desk_code") & Q(exclusion=state)
    if waits == Q(pk__in=[]):
        return
    handled = Q(handler_id=viewer.id) | Q(unit_id__in=viewer.bodies) & ~Q(state__in=GONE)
    worked = WorkOrder.objects.filter(handled, case=OuterRef("pk"))
    mine = Exclusion.objects.filter(case=OuterRef("pk"), state__in=list(EXCLUSION_DECIDES), hands__contains=[viewer.id])
    others = Q(answered_by__isnull=True) | ~Q(answered_by=viewer.id)
    asked = seen_by_area(viewer).filter(waits, exclusion__in=list(EXCLUSION_DECIDES))
    yield _columns(asked.filter(others, ~Exists(mine), ~Exists(worked)), Task.APPROVE)


def _reported_parts(viewer: Actor) -> Iterator[Rows]:
    """Supervised cases whose unit has reported back: the desk's supervisor looks."""
    codes = viewer.areas(Duty.SUPERVISE)
    if codes:
        reported = seen_by_area(viewer).filter(within(codes, "desk_code"), supervision=Supervision.REPORTED)
        yield _columns(reported, Task.LOOK)


def _order_parts(viewer: Actor) -> Iterator[Rows]:
    handled = [unit for unit in viewer.units if viewer.may_for_unit(Duty.HANDLE, unit)]
    signed = [unit for unit in viewer.units if viewer.may_for_unit(Duty.SIGN, unit)]
    away = Q(case__recused=False) | not_recused(viewer, "case_id")
    for duty in dict.fromkeys(duty for duty, _verb in UNIT_DECIDES.values()):
        units = [unit for unit in viewer.units if viewer.may_for_unit(duty, unit)]
        kinds = [kind for kind, (asked, _verb) in UNIT_DECIDES.items() if asked == duty]
        if units:
            asked = _asked("case", kinds).filter(object_id=OuterRef("case_id")).exclude(asked_by=viewer.id)
            leads = WorkOrder.objects.filter(
                away,
                Exists(asked),
                unit_id__in=units,
                role=OrderRole.LEAD,
                state__in=_AT_WORK,
                case__state=State.IN_HAND,
            )
            yield _columns(leads, Task.APPROVE, order=True)
    if handled:
        # What a colleague has in hand is the head's to see, not everybody's.
        theirs = WorkOrder.objects.filter(
            away, Q(given_to=None) | Q(given_to_id=viewer.id) | Q(unit_id__in=signed), unit_id__in=handled
        )
        whose = Case_(When(given_to_id=viewer.id, then=OWN), When(given_to=None, then=UNITS), default=COLLEAGUES)
        awaited = theirs.filter(
            role=OrderRole.LEAD, state__in=LIVE_ORDERS, round=F("case__round"), case__supervision=Supervision.SET
        )
        yield _columns(awaited, Task.REPORT_BACK, order=True, whose=whose)
        for state, (task, _verb) in ORDER_WORK.items():
            yield _columns(theirs.filter(state=state, case__state=State.IN_HAND), task, order=True, whose=whose)
    if signed:
        orders = WorkOrder.objects.filter(
            away,
            unit_id__in=signed,
            role=OrderRole.LEAD,
            state=OrderState.DONE,
            round=F("case__round"),
            case__state=State.REVIEWING,
            case__due_step=Step.SIGN,
        ).exclude(handler_id=viewer.id)
        yield _columns(orders, Task.SIGN, prefix="case__", order=True)
        again = WorkOrder.objects.filter(
            away,
            unit_id__in=signed,
            role=OrderRole.LEAD,
            state__in=UNFINISHED_ORDERS,
            round=F("case__round"),
            round__gt=1,
            headed_at=None,
            case__state=State.IN_HAND,
        )
        # Where the one head handles it, nobody else could take part, and nobody waits for it.
        yield _columns(again.exclude(handler_id=viewer.id), Task.TAKE_PART, order=True)


def _whistle_parts(viewer: Actor) -> Iterator[Rows]:
    """Whistles that wait for the viewer: called units by their part, the caller's side and the desk above by place."""
    worked = units_worked_for(viewer)
    handled = [unit for unit in worked if viewer.may_for_unit(Duty.HANDLE, unit)]
    signed = [unit for unit in worked if viewer.may_for_unit(Duty.SIGN, unit)]
    every = Whistle.objects.filter(Q(case__recused=False) | not_recused(viewer, "case_id"))
    here = every.filter(within(viewer.areas(Duty.READ), "case__area_code"), case__restricted=False)
    if called := sorted({*handled, *signed}):
        mine = WhistlePart.objects.filter(unit_id__in=called)
        waits = mine.filter(state__in=[str(one) for one in (PartState.CALLED, PartState.ANSWERED, PartState.ARRIVED)])
        unrated = mine.filter(state=PartState.DONE, unit_score=None)
        going = [str(one) for one in sorted(GOING)]
        yield _of_whistles(every.filter(pk__in=waits.values("whistle_id"), state__in=going), called)
        yield _of_whistles(every.filter(pk__in=unrated.values("whistle_id"), state=WhistleState.ENDED), called)
    if signed:
        asked = _asked(THING, (ApprovalKind.WHISTLE,)).exclude(asked_by=viewer.id)
        yield _of_whistles(here.filter(caller_unit_id__in=signed, pk__in=asked.values("object_id")), [])
    if handled:
        own = here.filter(caller_unit_id__in=handled)
        parts = WhistlePart.objects.filter(whistle=OuterRef("pk"))
        ready = own.filter(~Exists(parts.filter(state=PartState.ARRIVED)), state=WhistleState.JOINT)
        yield _of_whistles(ready, [])
        unrated = parts.filter(state=PartState.DONE, caller_score=None)
        yield _of_whistles(own.filter(Exists(unrated), state=WhistleState.ENDED), [])
    if above := viewer.areas(Duty.DISPATCH):
        objected = WhistlePart.objects.filter(
            pk__in=_asked(THING, (ApprovalKind.OBJECTION,)).values("object_id")
        ).exclude(unit_id__in=viewer.bodies)
        below = here.filter(within(above, "caller_unit__area_code")).exclude(caller_unit__area_code__in=above)
        yield _of_whistles(
            below.filter(pk__in=objected.values("whistle_id")).exclude(caller_unit_id__in=viewer.bodies), []
        )


def _of_whistles(rows: QuerySet[Whistle], called: list[UUID]) -> Rows:
    """The columns of a todo; for called units with the clock that runs out first."""
    parts = WhistlePart.objects.filter(whistle=OuterRef(OuterRef("pk")), unit_id__in=called)
    first = Clock.objects.filter(
        object_kind=THING, stopped_at=None, paused_at=None, object_id__in=parts.values("pk")
    ).order_by("due_at")
    never = Cast(Value(None), DateTimeField())
    told: Rows = rows.annotate(
        task=Value(str(Task.WHISTLE), output_field=CharField()),
        of_case=F("case_id"),
        of_order=F("id"),
        from_at=Subquery(first.values("started_at")[:1]) if called else never,
        gold_at=Subquery(first.values("yellow_at")[:1]) if called else never,
        red_at=Subquery(first.values("due_at")[:1]) if called else never,
        whose=Value(OWN),
    ).values_list(*_COLUMNS)
    return told


def cases_of(case_ids: Iterable[UUID]) -> dict[UUID, Case]:
    """Cases by id, for ids that a query of this module gave for the same viewer."""
    rows = _cases_by_id().objects(Case, COLUMNS, ids=tuple(set(case_ids)))
    return {one.pk: one for one in rows}


@cache
def _cases_by_id() -> Ready:
    return Ready(Case.objects.filter(pk__in=[ID]).values_list(*COLUMNS), ids=ID)


# What rows of lists show of an order and its unit; the rest is read where somebody asks for it.
_ORDER = ("id", "case_id", "unit_id", "role", "state", "round", "clause", "instruction")
_UNIT = ("id", "kind", "name", "short_name")
_HOLDER = ("id", "name")


def orders_of(case_ids: Iterable[UUID]) -> dict[UUID, list[WorkOrder]]:
    """All orders of these cases, the latest round first, the lead before assistants.

    With the names of their units and of who has each in hand.
    """
    found: dict[UUID, list[WorkOrder]] = {}
    units: dict[UUID, Organisation] = {}
    for row in _orders_by_case().fetch(ids=tuple(set(case_ids))):
        order = made(WorkOrder, _ORDER, row[: len(_ORDER)])
        if order.unit_id not in units:
            units[order.unit_id] = made(Organisation, _UNIT, row[len(_ORDER) : -len(_HOLDER)])
        order.unit = units[order.unit_id]
        holder = row[-len(_HOLDER) :]
        order.given_to = made(Account, _HOLDER, holder) if holder[0] is not None else None
        found.setdefault(order.case_id, []).append(order)
    return found


@cache
def _orders_by_case() -> Ready:
    rows = WorkOrder.objects.filter(case_id__in=[ID]).order_by("-round", "-role", "-offered_at", "pk")
    beside = (*(f"unit__{one}" for one in _UNIT), *(f"given_to__{one}" for one in _HOLDER))
    return Ready(rows.values_list(*_ORDER, *beside), ids=ID)


@dataclass(frozen=True)
class Voices:
    """How many reports speak for a case, and whether one of them left a way to be reached."""

    count: int
    reachable: bool


def voices_of(case_ids: Iterable[UUID]) -> dict[UUID, Voices]:
    rows = _voices_by_case().fetch(ids=tuple(set(case_ids)))
    return {case_id: Voices(voices, contacts > 0) for case_id, voices, contacts in rows}


@cache
def _voices_by_case() -> Ready:
    rows = Report.objects.filter(case_id__in=[ID], withdrawn_at=None).order_by().values_list("case_id")
    return Ready(rows.annotate(voices=Count("pk"), contacts=Count("contact")), ids=ID)


# What a filter finds


@dataclass(frozen=True)
class Wanted:
    """A filter of the list of cases; every part left empty asks nothing."""

    state: str = "open"  # "open", "ended", "all", or one state
    area_code: str = ""
    here: bool = False  # with an area: in none of those inside it yet
    matter: str = ""  # two digits: a class; four: a type; `NO_MATTER`: not settled yet
    unit_id: UUID | None = None
    light: str = ""  # red, yellow, green, still
    since: datetime | None = None
    until: datetime | None = None
    red_before: datetime | None = None  # turns red before this moment
    channel: str = ""
    flag: str = ""
    words: str = ""

    @property
    def by_due(self) -> bool:
        """Open cases come by due time; lists with ended ones by the time of receipt, the newest first."""
        return self.state == "open" or self.state in OPEN


NO_MATTER = "none"
FLAGS: dict[str, Q] = {
    "danger": ~Q(danger=""),
    "unplaced": Q(unplaced=True),
    "outside": Q(outside=True),
    "again": Q(round__gt=1),
    "nudged": Q(nudges__gt=0),
    "held": Q(held_since__isnull=False),
    "excluded": Q(excluded=True),
    "supervised": ~Q(supervision=""),
    "waiting": Q(asked_report_id__isnull=False),
    "whistled": Q(whistled=True),
    "upper": Q(upper_since__isnull=False),
    "sent_up": Q(sent_up=True),
    "restricted": Q(restricted=True, drill=False),  # the numbers of the board open these two
    "unrestricted": Q(restricted=False, drill=False),
    "drill": Q(drill=True),
    "sampled": Q(sampled=True),
    "linked": Q(follows__isnull=False),
}


class _Matches(Func):
    """`search @@ question`."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


class _Told(Func):
    template = "%(expressions)s"
    output_field = BooleanField()


def told(text: str) -> Q:
    """What SQL says of a part that stands before the statement."""
    return Q(_Told(RawSQL(text, [])))


WORDS = "\x00"  # stands in a kept statement for what somebody asks for; nobody can type it


def _asks(words: str, areas: tuple[str, ...]) -> _Matches | None:
    if words is WORDS:
        text, places = WORDS, question_of_areas(areas)
    else:
        text, places = question(words, areas), ""
    if not text:
        return None
    asked = Func(Value(text), template="%(expressions)s::tsquery", output_field=TextField())
    if places:
        asked = Func(asked, Value(places), template="(%(expressions)s::tsquery)", arg_joiner=" && ")
    return _Matches(F("search"), asked)


def fits(wanted: Wanted, *, now: datetime, areas: tuple[str, ...] = ()) -> Q:
    """What the filter asks of a case, its words first; `areas`: those that the word index is asked for too."""
    asked = Q()
    if wanted.words.strip():
        matches = _asks(wanted.words, areas)
        if matches is None:
            # Words that cannot be asked for (a phone number, marks alone) find nothing, never everything.
            return Q(pk__in=[])
        asked &= Q(matches)
    asked &= _in_wanted_state(wanted)
    if wanted.area_code:
        asked &= Q(area_code=wanted.area_code) if wanted.here else within([wanted.area_code])
    if wanted.matter == NO_MATTER:
        asked &= Q(type_code="")
    elif wanted.matter:
        asked &= within([wanted.matter], "type_code")
    if wanted.unit_id is not None:
        asked &= Q(pk__in=WorkOrder.objects.filter(unit_id=wanted.unit_id).values("case_id"))
    if wanted.channel:
        asked &= Q(channel=wanted.channel)
    asked &= _received(wanted)
    if wanted.red_before is not None:
        asked &= IS_OPEN & Q(due_at__gt=now, due_at__lt=wanted.red_before)
    if wanted.light:
        asked &= IS_OPEN & _light(wanted.light, now)
    if wanted.flag == "returned_twice":
        returned = WorkOrder.objects.filter(state=OrderState.RETURNED, case_open=True).order_by().values("case")
        twice = returned.annotate(units=Count("unit", distinct=True)).filter(units__gte=RETURNS_BEFORE_NAMING)
        asked &= IS_OPEN & Q(pk__in=twice.values("case"))
    elif wanted.flag:
        asked &= FLAGS[wanted.flag]
    return asked


def _in_wanted_state(wanted: Wanted) -> Q:
    if wanted.state == "open":
        return IS_OPEN
    if wanted.state == "ended":
        return ~IS_OPEN
    if wanted.state == "all":
        return Q()
    return (IS_OPEN if wanted.state in OPEN else Q()) & Q(state=wanted.state)


def _received(wanted: Wanted) -> Q:
    since = Q(received_at__gte=wanted.since) if wanted.since is not None else Q()
    return since & (Q(received_at__lt=wanted.until) if wanted.until is not None else Q())


def _light(light: str, now: datetime) -> Q:
    if light == "red":
        return Q(due_at__lte=now)
    if light == "yellow":
        return Q(yellow_at__lte=now, due_at__gt=now)
    if light == "still":
        return Q(due_at=None)
    return Q(yellow_at__gt=now)


def branches_found(viewer: Actor, wanted: Wanted, *, now: datetime) -> list[QuerySet[Case]]:
    """The viewer's branches under a filter."""
    return _each(branches_seen_by(viewer, still_open=wanted.by_due), viewer, wanted, now=now)


def _each(branches: Iterable[QuerySet[Case]], viewer: Actor, wanted: Wanted, *, now: datetime) -> list[QuerySet[Case]]:
    """Branches under a filter; those by area, the first ones, also ask the word index for their areas."""
    asked = (wanted.area_code,) if len(wanted.area_code) in LEVELS else ()
    codes = [codes for codes, _way in area_ways(viewer)] if _has_areas(viewer) else []
    return [
        branch.filter(fits(wanted, now=now, areas=asked or (codes[place] if place < len(codes) else ())))
        for place, branch in enumerate(branches)
    ]


def _has_areas(viewer: Actor) -> bool:
    """Whether the viewer sees by areas, orders and what they took down; others see all, one case, or nothing."""
    return viewer.kind == ActorKind.PERSON and viewer.report_id is None


_BEYOND = "beyond"


def _found_first(branches: Iterable[QuerySet[Case] | None]) -> str:
    """Finds branches that give few rows, but that no index orders, once before a statement; "" where there are none.

    Left to itself the planner walks all cases by time and looks each up. `_few` is the branch for what it found.
    """
    parts = [branch.order_by().values("pk") for branch in branches if branch is not None]
    text = Ready(united(parts), anew=True).text() if parts else ""
    return f"WITH {_BEYOND} (id) AS MATERIALIZED ({text}) " if text else ""


def _few() -> QuerySet[Case]:
    return Case.objects.defer("search").filter(pk__in=_ids_of(_BEYOND))


def _ids_of(name: str) -> RawSQL:
    """What a part of the statement that stands before it has found."""
    return RawSQL(f"SELECT id FROM {name}", [])


@lru_cache(maxsize=_KEPT)
def found_beyond(viewer: Actor) -> str:
    """What stands before statements that are made of `open_branches`."""
    if not _has_areas(viewer):
        return ""
    return _found_first(branch.filter(IS_OPEN) for branch in branches_beyond(viewer, still_open=True))


def open_branches(viewer: Actor, wanted: Wanted) -> list[QuerySet[Case]]:
    """The branches of a filter for open cases. What a person sees beyond their areas are few open cases among many
    old ones, found by what stands before (`found_beyond`)."""
    if not _has_areas(viewer):
        return branches_found(viewer, wanted, now=MOMENT)
    few = [_few()] if found_beyond(viewer) else []
    return _each([*area_branches(viewer), *few], viewer, wanted, now=MOMENT)


def _ended_branches(viewer: Actor, wanted: Wanted) -> tuple[str, list[QuerySet[Case]]]:
    """The same of one filter that asks for ended cases too: of them a unit has many, in the order of time."""
    if not _has_areas(viewer):
        return "", branches_found(viewer, wanted, now=MOMENT)
    before, beyond = _ended_beyond(viewer, wanted)
    return before, _each([*area_branches(viewer), *beyond], viewer, wanted, now=MOMENT)


def _ended_beyond(viewer: Actor, wanted: Wanted) -> tuple[str, list[QuerySet[Case]]]:
    before = _found_first([branch_taken(viewer, inside=wanted.area_code)])
    by_orders = branch_by_orders(viewer)
    return before, [*([by_orders] if by_orders is not None else []), *([_few()] if before else [])]


def is_lasting(wanted: Wanted) -> bool:
    """Whether the same filter comes again, but for its words: dates and moments are hardly asked for twice."""
    whole_day = wanted.red_before is None or timezone.localtime(wanted.red_before).time() == time.min
    return wanted.since is None and wanted.until is None and whole_day


def cases_found(viewer: Actor, wanted: Wanted, *, now: datetime, page: Page[Case]) -> list[Case]:
    """One page of what the filter finds: open cases by due time, clocks that stand still last; else newest first.

    A case is included if, and only if, the viewer may see it and every part of the filter fits.
    """
    asked = question(wanted.words)
    if wanted.words.strip() and not asked:
        return []  # as in `_filtered`
    key, order = ("due_at", ("due_key", "id")) if wanted.by_due else ("received_at", ("-received_at", "-id"))
    given: dict[str, Any] = {"now": now, "words": asked}
    if page.after:
        given |= zip(("after", "after_id"), page.place([Case._meta.get_field(key), Case._meta.pk]), strict=True)
    kept = is_lasting(wanted)
    wanted = replace(wanted, words=WORDS if asked else "")
    if _seeks(viewer, wanted):
        seek = _sought if kept else _sought.__wrapped__
        rows = seek(viewer, wanted, page.limit, bool(page.after)).objects(**given)
    else:
        make = _next_page if page.after else _first_page
        ready = (make if kept else make.__wrapped__)(viewer, wanted, page.limit)
        rows = ready.objects(Case, COLUMNS, **given) if ready is not None else []
    for row in rows if wanted.by_due else ():
        row.due_key = row.due_at or FAR  # type: ignore[attr-defined]
    return page.cut(rows, order=order)


def _streets(viewer: Actor, wanted: Wanted, count: int) -> list[Q]:
    """For each branch its one street, where it lies in one: the index of a street goes by due time, that of an area
    does not, and the planner takes open cases for few where it sees no street."""
    codes = [one for one, _way in area_ways(viewer)] if _has_areas(viewer) else []
    found = []
    for place in range(count):
        own = codes[place] if place < len(codes) else ()
        street = street_of(wanted.area_code) or (street_of(own[0]) if len(own) == 1 else None)
        found.append(Q(Exact(STREET, Value(street))) if street else Q())
    return found


@lru_cache(maxsize=_KEPT)
def _first_page(viewer: Actor, wanted: Wanted, limit: int) -> Ready | None:
    """The statement of a first page: what stands still comes last by the index itself."""
    if not wanted.by_due:
        before, branches = _ended_branches(viewer, wanted)
        newest = (one.order_by("-received_at", "-id").values_list(*COLUMNS)[: limit + 1] for one in branches)
        return together(newest, before=before)
    by_due = (F("due_at").asc(nulls_last=True), "id")
    first = (one.order_by(*by_due).values_list(*COLUMNS)[: limit + 1] for one in open_branches(viewer, wanted))
    return together(first, before=found_beyond(viewer))


def _far_key() -> Coalesce:
    return Coalesce(F("due_at"), Value(FAR, output_field=DateTimeField()))


_AFTER, _AFTER_ID = datetime(1, 1, 3, tzinfo=UTC), UUID(int=1)  # gaps for the place that a further page begins at


@lru_cache(maxsize=_KEPT)
def _next_page(viewer: Actor, wanted: Wanted, limit: int) -> Ready | None:
    """The statement of a further page: what runs and what stands still in branches of their own."""
    place = (_AFTER, _AFTER_ID)
    if not wanted.by_due:
        before, branches = _ended_branches(viewer, wanted)
        order = ("-received_at", "-id")
    else:
        before, every = found_beyond(viewer), open_branches(viewer, wanted)
        ordered = zip(every, _streets(viewer, wanted, len(every)), strict=True)
        running = [one.filter(street, due_at__isnull=False).annotate(due_key=F("due_at")) for one, street in ordered]
        # Not the plain value: in the order of a constant and the id the planner would walk the whole table by its key.
        still = [one.filter(due_at=None).annotate(due_key=_far_key()) for one in every]
        if wanted.light in ("red", "yellow", "green") or wanted.red_before is not None:
            still = []
        branches, order = [*running, *still], ("due_key", "id")
    parts = (one.filter(keyset(order, place)).order_by(*order).values_list(*COLUMNS)[: limit + 1] for one in branches)
    return together(parts, before=before, after=_AFTER, after_id=_AFTER_ID)


# A page of what words find

LOOKED_AT = 2_500  # cases in the order of the list: five milliseconds, and a page of what one in a hundred says
SAMPLE, SAID_OFTEN = 300, 3  # of so many newest cases so many say the words: one in a hundred


@dataclass(frozen=True)
class Sought:
    """The statement of a page of what words find.

    `said`: whether the newest cases say the words often. If so, `looked` goes through the first cases in the order of
    the list, and stops where they hold the page. Where they do not, or the words are rare, `found` has all that the
    word index gives. Both are of the viewer's areas; `further` is what the viewer sees wherever it lies. Left to itself
    the planner goes through all cases for words that it takes for frequent, but that are not said where the viewer
    looks.
    """

    before: str
    said: Ready
    looked: Ready
    found: Ready
    further: Ready | None
    rows: Ready
    order: str
    most: int

    def objects(self, **given: Any) -> list[Case]:
        first = f"ORDER BY {self.order} LIMIT {self.most}"
        each = {
            "said (often)": f"SELECT count(*) FILTER (WHERE hit) >= {SAID_OFTEN} FROM ({self.said.text(**given)}) "
            "AS one (hit)",
            "looked (id, at)": f"SELECT id, at FROM ({self.looked.text(**given)}) AS one (id, at, hit) "
            f"WHERE hit {first}",
            "found (id, at)": self.found.text(**given),
            "further (id, at)": self.further.text(**given) if self.further is not None else "",
        }
        held = [(name, text) for name, text in each.items() if text]
        every = " UNION ".join(f"SELECT * FROM {name.split()[0]}" for name, _text in held[1:])
        held.append(("page", f"SELECT id FROM ({every}) AS one {first}"))
        parts = ", ".join(f"{name} AS MATERIALIZED ({text})" for name, text in held)
        return [made(Case, COLUMNS, row) for row in fetched(f"{self.before} {parts} {self.rows.text()}")]


def _seeks(viewer: Actor, wanted: Wanted) -> bool:
    """Whether words are asked where `Sought` answers them: open cases by area, and all of more than a sub-district.

    Of a smaller area's ended cases the word index leads to the few that say the words there.
    """
    if not wanted.words or not _has_areas(viewer):
        return False
    codes = [code for codes, _way in area_ways(viewer) for code in codes]
    wide = len(wanted.area_code) < STREET_LENGTH and any(len(code) < STREET_LENGTH for code in codes)
    return bool(codes) and (wanted.by_due or wide)


@lru_cache(maxsize=_KEPT)
def _sought(viewer: Actor, wanted: Wanted, limit: int, after: bool) -> Sought:
    """The statement of a first or a further page."""
    asked = fits(wanted, now=MOMENT)  # without the areas, of which the word index would read nearly all
    cases, key = Case.objects.all(), _far_key() if wanted.by_due else F("received_at")
    if wanted.by_due:  # what stands still comes after all that runs
        before, beyond = found_beyond(viewer), [_few()] if found_beyond(viewer) else []
        order, first = ("at", "id"), cases.filter(IS_OPEN, due_at__isnull=False).annotate(at=F("due_at"))
        if street := street_looked_at(viewer, wanted):
            first = first.filter(Exact(STREET, Value(street)))
    else:
        before, beyond = _ended_beyond(viewer, wanted)
        order, first = ("-at", "-id"), cases.filter(_in_wanted_state(wanted), _received(wanted)).annotate(at=key)
    place = keyset(order, (_AFTER, _AFTER_ID)) if after else Q()
    hit = Case_(When(asked & in_ways(viewer), then=Value(True)), default=Value(False))
    often, short = told("(SELECT often FROM said)"), told(f"(SELECT count(*) FROM looked) <= {limit}")
    looked = first.filter(place, often).order_by(*order).annotate(hit=hit).values_list("id", "at", "hit")
    found = seen_by_area(viewer).annotate(at=key).filter(asked, place, short).order_by().values_list("id", "at")
    further = [
        one.annotate(at=key).filter(asked, place).order_by(*order).values_list("id", "at")[: limit + 1]
        for one in beyond
    ]
    newest = cases.order_by("-received_at", "-id").annotate(hit=_asks(wanted.words, ())).values_list("hit")
    gaps: dict[str, Any] = {"now": MOMENT, "words": WORDS, "after": _AFTER, "after_id": _AFTER_ID}
    return Sought(
        before=f"{before.rstrip()}," if before else "WITH",
        said=Ready(newest[:SAMPLE], anew=True, **gaps),
        looked=Ready(looked[:LOOKED_AT], anew=True, **gaps),
        found=Ready(found, anew=True, **gaps),
        further=Ready(united(further), anew=True, **gaps) if further else None,
        rows=Ready(cases.filter(pk__in=_ids_of("page")).values_list(*COLUMNS), anew=True),
        order="at, id" if wanted.by_due else "at DESC, id DESC",
        most=limit + 1,
    )


def street_looked_at(viewer: Actor, wanted: Wanted) -> str:
    """The one sub-district that holds all areas that a person looks at; "" where there are several, or wider ones."""
    every = [code for codes, _way in area_ways(viewer) for code in codes] if _has_areas(viewer) else []
    streets = {street_of(code) or "" for code in ([wanted.area_code] if every and wanted.area_code else every)}
    return streets.pop() if len(streets) == 1 else ""


@dataclass(frozen=True)
class Found:
    """How many a filter finds, at most `most` counted."""

    count: int
    most: int

    def __str__(self) -> str:
        return f"{self.most - 1}+" if self.count >= self.most else str(self.count)

    def __bool__(self) -> bool:
        return self.count > 0


def counts_found(
    viewer: Actor, wanted: dict[str, Wanted], *, now: datetime, most: int = MOST_COUNTED
) -> dict[str, Found]:
    """How many each of several filters finds, counted up to `most`, in one statement."""
    asked = tuple(dict.fromkeys(wanted.values()))
    texts = [_count_text(viewer, one, most, now) for one in asked]
    parts = [
        f"SELECT {place} AS place, id FROM ({text}) AS found_{place}(id)" for place, text in enumerate(texts) if text
    ]
    found: dict[Wanted, set[UUID]] = {one: set() for one in asked}
    before = found_beyond(viewer) if any(one.by_due for one in asked) else ""
    for place, case_id in fetched(before + " UNION ALL ".join(parts)) if parts else ():
        found[asked[place]].add(case_id)
    return {name: Found(min(len(found[one]), most), most) for name, one in wanted.items()}


def _count_text(viewer: Actor, wanted: Wanted, most: int, now: datetime) -> str:
    """The ids of what a filter finds, of each branch at most `most`; "" where nothing can be found."""
    asked = question(wanted.words)
    if wanted.words.strip() and not asked:
        return ""
    known = _count if is_lasting(wanted) else _count.__wrapped__
    ready = known(viewer, replace(wanted, words=WORDS if asked else ""), most)
    return ready.text(now=now, words=asked) if ready is not None else ""


@lru_cache(maxsize=2 * _KEPT)
def _count(viewer: Actor, wanted: Wanted, most: int) -> Ready | None:
    """Kept for each filter alone, because the tabs of a list come again with every other one. What `found_beyond` gives
    stands before the statement."""
    branches = open_branches(viewer, wanted) if wanted.by_due else branches_found(viewer, wanted, now=MOMENT)
    return together(rows.order_by().values_list("id")[:most] for rows in branches)


# What lies near, and what a person took in


@dataclass(frozen=True)
class Near:
    """A case of the same place, and how far away it lies (None where one of both has no point)."""

    case: Case
    metres: int | None


def near(case: Case, viewer: Actor, *, now: datetime, most: int = 6) -> list[Near]:
    """Cases of the same grid and type of the last 90 days, open ones first, then the nearest.

    By place and matter alone, never by caller. Nothing restricted is offered.
    """
    place = grid_of(case.area_code) or case.area_code
    found: dict[UUID, Near] = {}
    for branch in branches_seen_by(viewer):
        rows = branch.filter(
            within([place]), restricted=False, drill=case.drill, received_at__gte=now - timedelta(days=NEAR_DAYS)
        ).exclude(pk=case.pk)
        if case.type_code:
            rows = rows.filter(Q(type_code=case.type_code) | Q(type_code=""))
        for row in rows.exclude(state=State.MERGED).order_by("-received_at", "-id")[:50]:
            metres = _apart(case, row)
            if metres is None or metres <= NEAR_METRES:
                found[row.pk] = Near(row, metres)
    order = sorted(
        found.values(),
        key=lambda one: (
            one.case.state not in OPEN,
            one.metres is None,
            one.metres or 0,
            -one.case.received_at.timestamp(),
        ),
    )
    return order[:most]


def _apart(one: Case, other: Case) -> int | None:
    if one.lng is None or one.lat is None or other.lng is None or other.lat is None:
        return None
    east, north = metres_between(one.lng, one.lat, other.lng, other.lat)
    return round(math.hypot(east, north))


def taken_by(viewer: Actor, *, page: Page[Report]) -> list[Report]:
    """Reports that the viewer wrote down for somebody, with the cases they speak for now; newest first."""
    if viewer.kind != ActorKind.PERSON or viewer.id is None:
        return []
    seen = Q(pk__in=[])
    for branch in branches_seen_by(viewer):  # one look by key a branch, not the whole of what the viewer sees
        seen |= Q(Exists(branch.filter(pk=OuterRef("case_id"))))
    mine = Report.objects.filter(seen, taken_by_id=viewer.id).select_related("case")
    return page.of([mine.defer("case__search")], order=("-received_at", "-id"))


def report_taken_by(report_id: UUID, viewer: Actor) -> Report | None:
    """One report that the viewer wrote down for somebody; None for everybody else.

    For the slip alone: who took a call about their own house down may hand the code over, and sees no more of it.
    """
    if viewer.kind != ActorKind.PERSON or viewer.id is None:
        return None
    mine = Report.objects.filter(pk=report_id, taken_by_id=viewer.id)
    return mine.select_related("case").defer("case__search").first()


def reports_of(case: Case) -> list[Report]:
    """The reports of a case that the viewer was shown, in the order they came."""
    return list(Report.objects.filter(case=case).order_by("received_at", "id"))
