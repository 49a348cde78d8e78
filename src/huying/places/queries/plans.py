"""Reads of changes of areas: the plans a person may see, what a plan moves, who came after a code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.lying import InAreas, Lying, kinds_in_areas, page_of
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label
from huying.places import queries
from huying.places.heirs import Heirs
from huying.places.models import Area, AreaHeir, AreaPlan
from huying.places.plans import PlanState
from huying.places.rules import is_code

OPEN = (PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED)


def lying(codes: Iterable[str], *, field: str = "area_code") -> Q:
    """The condition that a row's code begins with one of these, as index ranges."""
    found = Q(pk__in=[])
    for code in codes:
        found |= Q(**{f"{field}__gte": code, f"{field}__lt": upper_bound(code)})
    return found


# Plans


def seen(viewer: Actor) -> QuerySet[AreaPlan]:
    """Plans that lie in the viewer's areas, and drafts of the viewer's own areas."""
    rows = AreaPlan.objects.all()
    if viewer.kind == ActorKind.SYSTEM:
        return rows
    return rows.filter(lying(queries.seen_areas(viewer)))


def plan(viewer: Actor, plan_id: UUID) -> AreaPlan:
    """A plan, or NotFound where it is missing or outside the viewer's areas."""
    found = seen(viewer).filter(pk=plan_id).first()
    if found is None:
        raise NotFound("area_plan")
    return found


def plans(viewer: Actor, *, code: str = "", most: int = 100) -> list[AreaPlan]:
    """Plans of an area and below it: those that wait first, then the newest."""
    rows = seen(viewer).defer("given", "result")
    if code:
        rows = rows.filter(lying([code]))
    order = {PlanState.SUBMITTED: 0, PlanState.DRAFT: 1, PlanState.APPROVED: 2}
    found = list(rows.order_by("-made_at", "-pk")[:most])
    return sorted(found, key=lambda one: order.get(PlanState(one.state), 3))


def plans_about(viewer: Actor, code: str, *, most: int = 20) -> list[AreaPlan]:
    """Open plans that touch one area, and those in effect that made it what it is."""
    rows = seen(viewer).filter(Q(state__in=OPEN) | Q(state=PlanState.EFFECTIVE))
    touching = Q(result__ends__contains=[code]) | Q(result__begins__contains=[{"code": code}])
    return list(rows.filter(touching).defer("given", "result").order_by("-made_at", "-pk")[:most])


def is_fresh(plan: AreaPlan) -> bool:
    """Whether the areas that a plan starts from are still the present ones, and what it begins is still free."""
    based_on: dict[str, str] = plan.result.get("based_on", {})
    fresh = [one["code"] for one in plan.result.get("begins", ()) if one["code"] not in based_on]
    present = Area.objects.filter(code__in=[*based_on, *fresh], valid_to=None).values_list("code", "uid")
    held = {code: str(uid) for code, uid in present}
    return held == based_on


def heirs(plan_id: UUID) -> Heirs:
    """What became of the codes of a plan: for those who move what they keep."""
    return Heirs.read(AreaPlan.objects.get(pk=plan_id).result)


# What a plan moves


@dataclass
class Line:
    """One kind of thing in the areas of a plan."""

    key: str
    label: Label
    note: Label
    total: int = 0
    moved: int = 0
    by: list[tuple[str, int]] = field(default_factory=list)  # code and how many lie there afterwards
    url: str = ""
    keeps: bool = False

    @property
    def named(self) -> list[dict[str, Any]]:
        return [{"code": code, "count": count} for code, count in self.by]


def moving(viewer: Actor, codes: Sequence[str], heirs: Heirs) -> list[Line]:
    """What lies in the changed areas by kind: how many, how many get another code, and where they lie afterwards."""
    found = []
    for kind in kinds_in_areas():
        line = Line(kind.key, kind.label, kind.note, keeps=kind.rows is None)
        if codes:
            line.url = page_of(kind.key, viewer, codes[0])
        if kind.rows is None:
            line.total = kind.count(codes) if kind.count is not None and codes else 0
        elif codes:
            _counted(line, kind, kind.rows(codes), heirs)
        found.append(line)
    return found


def _counted(line: Line, kind: InAreas, rows: Iterable[Lying], heirs: Heirs) -> None:
    after: Counter[str] = Counter()
    for row in rows:
        line.total += 1
        homes = heirs.spread(row.code) if kind.spreads else (heirs.home(row.code, row.lng, row.lat),)
        line.moved += tuple(homes) != (row.code,)
        after.update(homes)
    line.by = sorted(after.items())


# Codes of old


def heirs_of(code: str, *, most: int = 50) -> list[str]:
    """The present codes that stand for a code: itself where it holds, else its heirs, else nothing."""
    if not is_code(code):
        return []
    found: list[str] = []
    waiting, known = [code], {code}
    while waiting and len(known) < most:
        one = waiting.pop(0)
        # Asked also of a code that holds, so that it takes as many statements as one that never was.
        rows = AreaHeir.objects.filter(old_code=one).order_by("-since", "-first", "new_code")
        heirs = list(rows.values_list("new_code", flat=True))
        if queries.is_known(one):
            found.append(one)
            continue
        for new in heirs:
            if new not in known:
                known.add(new)
                waiting.append(new)
    return found


def present_code(code: str) -> str:
    """The one present code for a code of any day; "" where it is unknown or became several."""
    if queries.is_known(code):
        return code
    found = heirs_of(code)
    return found[0] if len(found) == 1 else ""


def codes_of_old(code: str) -> list[str]:
    """Earlier codes of what lies here now, the latest first."""
    rows = AreaHeir.objects.filter(new_code=code).exclude(old_code=code).order_by("-since", "old_code")
    return list(dict.fromkeys(rows.values_list("old_code", flat=True)))


def area_on(code: str, day: date) -> Area | None:
    """The area as it held on a day: past, present, or approved and to come is not shown before its day."""
    held = Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))
    return Area.objects.filter(held, code=code).first()
