"""What a viewer sees: the branches of scope, and one case out of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value, When
from django.db.models import Case as Case_

from huying.cases.models import Case, Report, WhistlePart, WorkOrder
from huying.cases.rules import LIVE_ORDERS, OrderState
from huying.cases.rules.whistles import LIVE, OVER, SEEING
from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.ready import ID, Ready, columns_of, united
from huying.people.models import Recusal
from huying.people.rules import Duty

STREET_LENGTH = 9
FOR_A_UNIT = (Duty.READ, Duty.HANDLE, Duty.SIGN)  # a post alone gives no duty, and shows nothing
ON_IT = (OrderState.OFFERED, OrderState.ACCEPTED, OrderState.DONE, OrderState.REWORK, OrderState.COMPLETED)


class _Among(Func):
    """The first among the rows of the second, which are found first."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def within(codes: Iterable[str], column: str = "area_code") -> Q:
    """One index range a prefix."""
    condition = Q(pk__in=[])
    for code in codes:
        condition |= (
            Q(**{f"{column}__gte": code, f"{column}__lt": upper_bound(code)}) if code else Q(**{f"{column}__gte": ""})
        )
    return condition


def between(codes: Iterable[str], column: str = "area_code") -> list[Q]:
    """What `within` leaves out: one index range for each gap between the prefixes."""
    gaps, below = [], ""
    for code in sorted(set(codes)):
        if code > below:
            gaps.append(Q(**{f"{column}__gte": below, f"{column}__lt": code}))
        if not code:
            return []  # nothing lies outside of everywhere
        below = max(below, upper_bound(code))
    return [*gaps, Q(**{f"{column}__gte": below})]


def not_recused(viewer: Actor, case: str = "pk") -> Q:
    """Cases that neither the viewer nor one of the viewer's units keeps away from; `case`: the way to the case's id."""
    kept_away = Recusal.objects.filter(object_id=OuterRef(case))
    mine = Q(account_id=viewer.id)
    if viewer.bodies:
        mine |= Q(unit_id__in=viewer.bodies)
    return Q(~Exists(kept_away.filter(mine)))


def _restricted_codes(viewer: Actor, duty: str) -> tuple[str, ...]:
    return tuple(code for code in viewer.areas(duty) if len(code) <= STREET_LENGTH)


def units_worked_for(viewer: Actor) -> list[UUID]:
    """The viewer's units whose orders the viewer may see: a post there, and a duty that reaches it."""
    return [one for one in viewer.units if any(viewer.may_for_unit(duty, one) for duty in FOR_A_UNIT)]


def by_order(units: list[UUID]) -> Q:
    """Cases on which one of these units holds an order or a part in a whistle, or finished one; restricted ones by
    what is live alone."""
    orders = WorkOrder.objects.filter(unit_id__in=units)
    parts = WhistlePart.objects.filter(unit_id__in=units)
    live = orders.filter(state__in=[str(one) for one in sorted(LIVE_ORDERS)])
    live_parts = parts.filter(state__in=_words(LIVE)).exclude(whistle__state__in=_words(OVER))
    on_it = orders.filter(state__in=[str(one) for one in ON_IT]).values_list("case_id")
    called = parts.filter(state__in=_words(SEEING)).values_list("whistle__case_id")
    return Q(pk__in=united([on_it, called])) & (
        Q(restricted=False) | Q(pk__in=live.values("case_id")) | Q(pk__in=live_parts.values("whistle__case_id"))
    )


def _words(states: Iterable[object]) -> list[str]:
    return sorted(str(one) for one in states)


def area_ways(viewer: Actor) -> list[tuple[tuple[str, ...], Q]]:
    """What a person sees by place alone, each way with its areas: what lies in an area, and restricted cases by the
    duties that open them."""
    ways: list[tuple[tuple[str, ...], Q]] = [
        ((code,), within([code]) & Q(restricted=False)) for code in viewer.areas(Duty.READ)
    ]
    return ways + restricted_ways(viewer)


def restricted_ways(viewer: Actor) -> list[tuple[tuple[str, ...], Q]]:
    """The restricted cases that a person sees by place, each way with its areas."""
    ways: list[tuple[tuple[str, ...], Q]] = []
    confidential = _restricted_codes(viewer, Duty.CONFIDENTIAL)
    if confidential:
        ways.append((confidential, within(confidential) & not_recused(viewer) & Q(restricted=True)))
    # Where the first opens them all, the second duty adds nothing.
    supervise = tuple(
        code for code in _restricted_codes(viewer, Duty.SUPERVISE) if not code.startswith((*confidential, "-"))
    )
    if supervise:
        recused = within(supervise) & not_recused(viewer) & Q(restricted=True, confidential=False)
        ways.append((supervise, recused))
    return ways


def area_branches(viewer: Actor) -> list[QuerySet[Case]]:
    """What a person sees by place alone: by area, and restricted cases by the duties that open them."""
    return [Case.objects.defer("search").filter(condition) for _codes, condition in area_ways(viewer)]


def restricted_branches(viewer: Actor) -> list[QuerySet[Case]]:
    """The restricted cases that a person sees by place."""
    return [Case.objects.defer("search").filter(condition) for _codes, condition in restricted_ways(viewer)]


def in_ways(viewer: Actor) -> Q:
    """What a person sees by place alone, as one condition."""
    condition = Q(pk__in=[])
    for _codes, way in area_ways(viewer):
        condition |= way
    return condition


def seen_by_area(viewer: Actor, *, mostly: bool = False) -> QuerySet[Case]:
    """The same as one queryset: for what another index finds already, never for lists in an order of time.

    `mostly` where nearly all that is asked for is the viewer's to see. The planner would take it for one in two
    hundred, and read all of it at once instead of the first in the order of its index.
    """
    condition = in_ways(viewer)
    if mostly:
        condition = Q(Case_(When(condition, then=Value(True)), default=Value(False)))
    return Case.objects.defer("search").filter(condition)


def branches_seen_by(viewer: Actor, *, still_open: bool = False) -> list[QuerySet[Case]]:
    """The ways a viewer sees cases, each its own index range: by area, restricted ones, by the unit's orders, taken.

    A case is included if, and only if, the viewer may see it. A row may come from two branches. With `still_open` for
    who asks for open cases alone: what one took down that has ended is not looked through.
    """
    every = Case.objects.defer("search")
    if viewer.kind in (ActorKind.SYSTEM, ActorKind.RULE):
        return [every]
    if viewer.report_id is not None:
        return [every.filter(pk__in=Report.objects.filter(pk=viewer.report_id).values("case_id"))]
    if viewer.kind != ActorKind.PERSON:
        return []
    return [*area_branches(viewer), *branches_beyond(viewer, still_open=still_open)]


def branches_beyond(viewer: Actor, *, still_open: bool = False) -> list[QuerySet[Case]]:
    """What a person sees wherever it lies: by the unit's orders, and what the person took down."""
    every = branch_by_orders(viewer), branch_taken(viewer, still_open=still_open)
    return [branch for branch in every if branch is not None]


def branch_by_orders(viewer: Actor) -> QuerySet[Case] | None:
    units = units_worked_for(viewer)
    return Case.objects.defer("search").filter(not_recused(viewer), by_order(units)) if units else None


def branch_taken(viewer: Actor, *, inside: str = "", still_open: bool = False) -> QuerySet[Case] | None:
    """What the person took down outside their own areas, where the branch by area gives it already.

    None where there is nothing of that kind, also in the one area that is asked for (`inside`).
    """
    own = viewer.areas(Duty.READ)
    if viewer.id is None or not viewer.has(Duty.REPORT) or (inside and inside.startswith(own or ("-",))):
        return None
    gaps = between(own)
    if not gaps:
        return None
    # What was taken down and then became confidential is no longer theirs: it does not exist for them.
    # Both answers are named where either fits, and each gap apart: so an index leads to what lies elsewhere.
    taken = Report.objects.filter(taken_by_id=viewer.id, case_open__in=[True] if still_open else [True, False])
    elsewhere = united([taken.filter(gap).values("case_id") for gap in gaps])
    # Found once and first: they are few, which the planner cannot know, and would walk all cases for them.
    few = _Among(F("pk"), ArraySubquery(elsewhere))
    branch = Case.objects.defer("search").filter(few, restricted=False)
    return branch.exclude(within(own)) if own else branch


def seen_by(viewer: Actor) -> QuerySet[Case]:
    """All that a viewer may see as one queryset: cheap by primary key, not for lists."""
    branches = branches_seen_by(viewer)
    if not branches:
        return Case.objects.none()
    condition = Q(pk__in=[])
    for branch in branches:
        condition |= Q(pk__in=branch.order_by().values("pk"))
    return Case.objects.defer("search").filter(condition) if len(branches) > 1 else branches[0]


def one(case_id: UUID, viewer: Actor) -> Case | None:
    """One case, or None where it is missing or not the viewer's to see."""
    comes_again = viewer.kind == ActorKind.PERSON and viewer.report_id is None  # a reporter looks at one report
    for ready in _by_key(viewer) if comes_again else _each_by_key(viewer):
        for found in ready.objects(Case, COLUMNS, case=case_id):
            return found
    return None


COLUMNS = columns_of(Case, but="search")


@lru_cache(maxsize=256)
def _by_key(viewer: Actor) -> tuple[Ready, ...]:
    return tuple(_each_by_key(viewer))


def _each_by_key(viewer: Actor) -> Iterator[Ready]:
    """One look by key for each branch, worked out when it is asked."""
    for branch in branches_seen_by(viewer):
        yield Ready(branch.filter(pk=ID).values_list(*COLUMNS)[:1], case=ID)


def holder_of(case_id: UUID) -> UUID | None:
    """The case that holds the reports of a merged one, at the end of all merges; None where it is not merged."""
    into = Case.objects.values_list("merged_into_id", flat=True)
    holder, further = None, into.filter(pk=case_id).first()
    while further is not None:
        holder, further = further, into.filter(pk=further).first()
    return holder


def absorbed_by(case_id: UUID) -> set[UUID]:
    """The case and all that were merged into it, also by way of others."""
    found = more = {case_id}
    while more := set(Case.objects.filter(merged_into_id__in=more).values_list("pk", flat=True)):
        found = found | more
    return found


def locked(case_id: UUID, viewer: Actor) -> Case | None:
    """One case under a row lock, if the viewer may see it.

    What is seen is what stands after others' acts. Where the case's own columns tell, the locking read tells by them
    as they are when the lock is had. Else the scope is asked before the lock, so that nobody waits for (and so learns
    of) a case that is not theirs to see, and again after it.
    """
    if viewer.kind in (ActorKind.SYSTEM, ActorKind.RULE):
        return _for_update().filter(pk=case_id).first()
    areas = viewer.areas(Duty.READ) if viewer.kind == ActorKind.PERSON and viewer.report_id is None else ()
    for found in _in_areas(areas).locked(Case, COLUMNS, case=case_id):
        return found
    if one(case_id, viewer) is None:
        return None
    case = _for_update().filter(pk=case_id).first()
    return None if case is None or one(case_id, viewer) is None else case


@lru_cache(maxsize=256)
def _in_areas(areas: tuple[str, ...]) -> Ready:
    return Ready(Case.objects.filter(within(areas), restricted=False, pk=ID).values_list(*COLUMNS), case=ID)


def _for_update() -> QuerySet[Case]:
    return Case.objects.defer("search").select_for_update(of=("self",))
