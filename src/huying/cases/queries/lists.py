"""Lists of cases for the desk: what waits for a person, what a filter finds, what lies near, what a person took in.

Every list unites limited branches, each an index range; counts stop at a bound, so that no page waits for all rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
)
from django.db.models.functions import Cast

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalState
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries.scope import area_branches, branches_seen_by, not_recused, within
from huying.cases.rules import OPEN, OrderRole, OrderState, State
from huying.cases.rules.table import By
from huying.cases.rules.tasks import DECIDES, ORDER_WORK, WORK, Task, Work
from huying.cases.search import LEVELS, question
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.paging import Page
from huying.matters.rules import Step
from huying.people.rules import Duty
from huying.places.rules import grid_of, metres_between

FAR = datetime(9998, 1, 1, tzinfo=UTC)  # sorts a case whose clock stands still behind all that run
MOST_COUNTED = 100
RETURNS_BEFORE_NAMING = 2
NEAR_METRES = 300
NEAR_DAYS = 90

_OPEN = [str(one) for one in sorted(OPEN)]


# What waits for a person


@dataclass(frozen=True)
class Todo:
    """One thing that waits for the viewer: a case, or an order of the viewer's unit on it, and when it is due."""

    task: Task
    case_id: UUID
    order_id: UUID | None
    due_from: datetime | None
    yellow_at: datetime | None
    due_at: datetime | None

    @property
    def key(self) -> tuple[datetime, UUID]:
        return self.due_at or FAR, self.case_id


_COLUMNS = ("task", "of_case", "of_order", "from_at", "gold_at", "red_at")


def work_of(viewer: Actor, *, most: int = MOST_COUNTED) -> list[Todo]:
    """What the viewer can take the next step of, most urgent first: of each kind at most `most`, in one statement.

    A case is included if, and only if, the viewer may see it, holds the duty of its next step over what the table
    of moves says, and is not kept from it (the handler reviews nothing of their own, the asker decides nothing).
    """
    if viewer.kind != ActorKind.PERSON:
        return []
    parts = [
        part.order_by(F("red_at").asc(nulls_last=True), "of_case")[:most]
        for part in (*_desk_parts(viewer), *_approval_parts(viewer), *_order_parts(viewer))
    ]
    if not parts:
        return []
    rows = parts[0] if len(parts) == 1 else parts[0].union(*parts[1:], all=True)
    found: dict[tuple[str, UUID, UUID | None], Todo] = {}
    for task, case_id, order_id, due_from, yellow_at, due_at in rows:
        key = (task, case_id, order_id)
        found.setdefault(key, Todo(Task(task), case_id, order_id, due_from, yellow_at, due_at))
    return sorted(found.values(), key=lambda one: one.key)


Rows = QuerySet[Any, tuple[Any, ...]]


def _columns(rows: QuerySet[Any], task: Task, *, prefix: str = "", order: bool = False) -> Rows:
    """The six columns of a todo, alike for cases and orders, so that all parts can be united."""
    told: Rows = rows.annotate(
        task=Value(str(task), output_field=CharField()),
        of_case=F("case_id") if order else F("id"),
        of_order=F("id") if order else Cast(Value(None), UUIDField()),
        from_at=F(f"{prefix}due_from"),
        gold_at=F(f"{prefix}yellow_at"),
        red_at=F(f"{prefix}due_at"),
    ).values_list(*_COLUMNS)
    return told


def _desk_parts(viewer: Actor) -> Iterator[Rows]:
    branches = area_branches(viewer)
    for work in WORK:
        codes = viewer.areas(work.duty)
        if not codes:
            continue
        column = "desk_code" if work.by == By.DESK else "area_code"
        for branch in branches:
            yield _columns(_next_step(branch.filter(within(codes, column), state=work.state), work, viewer), work.task)


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
    if work.task == Task.CALL_BACK:
        return cases.filter(~Exists(mine))
    if work.task == Task.CHECK:
        found = Report.objects.filter(case=OuterRef("pk"), taken_by_id=viewer.id)
        return cases.filter(~Exists(mine), ~Exists(found))
    return cases


def _asked(object_kind: str, kinds: Iterable[str]) -> QuerySet[Approval]:
    return Approval.objects.filter(state=ApprovalState.ASKED, object_kind=object_kind, kind__in=list(kinds))


def _approval_parts(viewer: Actor) -> Iterator[Rows]:
    """Cases with a request that the viewer decides: of the desk where the viewer has the duty, asked by another."""
    branches = area_branches(viewer)
    by_duty: dict[Duty, list[str]] = {}
    for kind, (duty, _verb) in DECIDES.items():
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
        for branch in branches:
            yield _columns(branch.filter(asked, within(codes, "desk_code"), state__in=_OPEN), Task.APPROVE)


def _order_parts(viewer: Actor) -> Iterator[Rows]:
    handled = [unit for unit in viewer.units if viewer.may_for_unit(Duty.HANDLE, unit)]
    signed = [unit for unit in viewer.units if viewer.may_for_unit(Duty.SIGN, unit)]
    away = ~Exists(Case.objects.filter(pk=OuterRef("case_id"), recused=True).exclude(not_recused(viewer)))
    for state, (task, _verb) in ORDER_WORK.items() if handled else ():
        orders = WorkOrder.objects.filter(away, unit_id__in=handled, state=state, case__state=State.IN_HAND)
        yield _columns(orders, task, order=True)
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


def cases_of(case_ids: Iterable[UUID]) -> dict[UUID, Case]:
    """Cases by id, for ids that a query of this module gave for the same viewer."""
    return Case.objects.defer("search").in_bulk(list(set(case_ids)))


def orders_of(case_ids: Iterable[UUID]) -> dict[UUID, list[WorkOrder]]:
    """All orders of these cases with their units, the latest round first, the lead before assistants."""
    found: dict[UUID, list[WorkOrder]] = {}
    rows = WorkOrder.objects.filter(case_id__in=set(case_ids)).select_related("unit")
    for order in rows.order_by("-round", "-role", "-offered_at", "pk"):
        found.setdefault(order.case_id, []).append(order)
    return found


@dataclass(frozen=True)
class Voices:
    """How many reports speak for a case, and whether one of them left a way to be reached."""

    count: int
    reachable: bool


def voices_of(case_ids: Iterable[UUID]) -> dict[UUID, Voices]:
    rows = Report.objects.filter(case_id__in=set(case_ids), withdrawn_at=None).order_by().values_list("case_id")
    counted = rows.annotate(voices=Count("pk"), contacts=Count("contact"))
    return {case_id: Voices(voices, contacts > 0) for case_id, voices, contacts in counted}


# What a filter finds


@dataclass(frozen=True)
class Wanted:
    """A filter of the list of cases; every part left empty asks nothing."""

    state: str = "open"  # "open", "ended", "all", or one state
    area_code: str = ""
    matter: str = ""  # two digits: a class; four: a type
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


FLAGS: dict[str, Q] = {
    "danger": ~Q(danger=""),
    "unplaced": Q(unplaced=True),
    "outside": Q(outside=True),
    "again": Q(round__gt=1),
    "nudged": Q(nudges__gt=0),
    "restricted": Q(restricted=True),
    "sampled": Q(sampled=True),
    "linked": Q(follows__isnull=False),
}


class _Matches(Func):
    """`search @@ question`."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


def _asks(words: str, areas: tuple[str, ...]) -> _Matches | None:
    text = question(words, areas)
    if not text:
        return None
    return _Matches(F("search"), Func(Value(text), template="%(expressions)s::tsquery", output_field=TextField()))


def _filtered(branch: QuerySet[Case], wanted: Wanted, *, now: datetime, areas: tuple[str, ...]) -> QuerySet[Case]:
    rows = branch
    if wanted.state == "open":
        rows = rows.filter(state__in=_OPEN)
    elif wanted.state == "ended":
        rows = rows.exclude(state__in=_OPEN)
    elif wanted.state != "all":
        rows = rows.filter(state=wanted.state)
    if wanted.area_code:
        rows = rows.filter(within([wanted.area_code]))
    if wanted.matter:
        rows = rows.filter(within([wanted.matter], "type_code"))
    if wanted.unit_id is not None:
        rows = rows.filter(pk__in=WorkOrder.objects.filter(unit_id=wanted.unit_id).values("case_id"))
    if wanted.channel:
        rows = rows.filter(channel=wanted.channel)
    if wanted.since is not None:
        rows = rows.filter(received_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(received_at__lt=wanted.until)
    if wanted.red_before is not None:
        rows = rows.filter(state__in=_OPEN, due_at__gt=now, due_at__lt=wanted.red_before)
    if wanted.light:
        rows = rows.filter(_light(wanted.light, now), state__in=_OPEN)
    if wanted.flag == "returned_twice":
        returned = WorkOrder.objects.filter(state=OrderState.RETURNED, case__state__in=_OPEN).order_by().values("case")
        twice = returned.annotate(units=Count("unit", distinct=True)).filter(units__gte=RETURNS_BEFORE_NAMING)
        rows = rows.filter(pk__in=twice.values("case"))
    elif wanted.flag:
        rows = rows.filter(FLAGS[wanted.flag])
    matches = _asks(wanted.words, areas)
    if matches is None:
        # Words that cannot be asked for (a phone number, marks alone) find nothing, never everything.
        return rows.none() if wanted.words.strip() else rows
    return rows.filter(matches)


def _light(light: str, now: datetime) -> Q:
    if light == "red":
        return Q(due_at__lte=now)
    if light == "yellow":
        return Q(yellow_at__lte=now, due_at__gt=now)
    if light == "still":
        return Q(due_at=None)
    return Q(yellow_at__gt=now)


def _branches(viewer: Actor, wanted: Wanted, *, now: datetime) -> list[QuerySet[Case]]:
    """The viewer's branches under a filter; those by area also ask the word index for the area itself."""
    asked = (wanted.area_code,) if len(wanted.area_code) in LEVELS else ()
    codes = viewer.areas(Duty.READ) if viewer.kind == ActorKind.PERSON and viewer.report_id is None else ()
    return [
        _filtered(branch, wanted, now=now, areas=asked or codes[place : place + 1])
        for place, branch in enumerate(branches_seen_by(viewer))
    ]


def cases_found(viewer: Actor, wanted: Wanted, *, now: datetime, page: Page[Case]) -> list[Case]:
    """One page of what the filter finds: open cases by due time, clocks that stand still last; else newest first.

    A case is included if, and only if, the viewer may see it and every part of the filter fits.
    """
    branches = _branches(viewer, wanted, now=now)
    if not wanted.by_due:
        return page.of(branches, order=("-received_at", "-id"))
    running = [one.filter(due_at__isnull=False).annotate(due_key=F("due_at")) for one in branches]
    still = [one.filter(due_at=None).annotate(due_key=Value(FAR, output_field=DateTimeField())) for one in branches]
    if wanted.light in ("red", "yellow", "green") or wanted.red_before is not None:
        still = []
    return page.of([*running, *still], order=("due_key", "id"))


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
    """How many each of several filters finds, in one statement, each counted up to `most`."""
    parts = [
        rows.order_by().annotate(which=Value(name, output_field=CharField())).values_list("which", "id")[:most]
        for name, one in wanted.items()
        for rows in _branches(viewer, one, now=now)
    ]
    ids: dict[str, set[UUID]] = {name: set() for name in wanted}
    if parts:
        for name, case_id in parts[0] if len(parts) == 1 else parts[0].union(*parts[1:], all=True):
            ids[name].add(case_id)
    return {name: Found(min(len(found), most), most) for name, found in ids.items()}


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
            within([place]), restricted=False, received_at__gte=now - timedelta(days=NEAR_DAYS)
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
