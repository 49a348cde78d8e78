"""Writes of clocks: start, stop, pause, resume; publish a year of the calendar.

Each clock action runs inside the transaction of the act it belongs to and takes no savepoint: whoever is
refused here is refused as a whole. The caller holds the lock on the object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import F, Prefetch, QuerySet

from huying.audit import actions as audit
from huying.audit.models import History
from huying.clocks import events, published, queries
from huying.clocks.models import CalendarYear, Clock, Revision, Stretch, WorkDay, WorkHours
from huying.clocks.rules import (
    ADMIN_CLOCKS,
    DEFAULT_HOURS,
    SHANGHAI,
    Calendar,
    DayKind,
    Light,
    Limit,
    Pause,
    StretchKind,
    Unit,
    Warned,
    YearState,
    marks,
    no_later,
)
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed
from huying.kernel.terms import _

BATCH = 500
SWEPT = 200  # clocks that one piece of news tells of


@dataclass(frozen=True)
class Start:
    """A clock to start: for `start_many`."""

    object_id: UUID
    step: str
    limit: Limit
    area_code: str
    source: str = ""


@transaction.atomic(savepoint=False)
def start(
    *,
    object_kind: str,
    object_id: UUID,
    step: str,
    limit: Limit,
    area_code: str,
    now: datetime,
    source: str = "",
    imported: bool = False,
) -> Clock:
    """Start the clock of one step: one statement. Raises Conflict where the step's clock runs already."""
    one = Start(object_id, step, limit, area_code, source)
    return start_many(object_kind=object_kind, starts=[one], now=now, imported=imported)[0]


@transaction.atomic(savepoint=False)
def start_many(*, object_kind: str, starts: Sequence[Start], now: datetime, imported: bool = False) -> list[Clock]:
    """Start several clocks of one kind of object: one statement however many."""
    known = queries.calendar()
    clocks = []
    for one in starts:
        clock, _pauses = build(
            object_kind=object_kind,
            object_id=one.object_id,
            step=one.step,
            limit=one.limit,
            area_code=one.area_code,
            started_at=now,
            stopped_at=None,
            calendar=known,
            source=one.source,
            imported=imported,
        )
        clocks.append(clock)
    try:
        Clock.objects.bulk_create(clocks)
    except IntegrityError as why:
        raise Conflict(_("这一步已经在计时。请刷新后再办。"), step=",".join(one.step for one in starts)) from why
    return clocks


@transaction.atomic(savepoint=False)
def stop(*, object_kind: str, object_id: UUID, now: datetime, step: str | None = None) -> int:
    """Stop the object's clocks (or the one of a step) and say how many ran: two statements."""
    return stop_many(object_kind=object_kind, object_ids=[object_id], now=now, step=step)


@transaction.atomic(savepoint=False)
def stop_many(*, object_kind: str, object_ids: Iterable[UUID], now: datetime, step: str | None = None) -> int:
    """Stop the clocks of several objects: two statements however many."""
    clocks = _not_stopped(object_kind, list(object_ids), step)
    Stretch.objects.filter(clock__in=clocks.values("pk"), ended_at=None).update(ended_at=now)
    return clocks.update(stopped_at=now)


@transaction.atomic(savepoint=False)
def pause(*, object_kind: str, object_id: UUID, reason: str, now: datetime, step: str | None = None) -> int:
    """Pause the object's running clocks with a reason (a short code or clause), and say how many."""
    clocks = list(
        _not_stopped(object_kind, [object_id], step).filter(paused_at=None).select_for_update().order_by("pk")
    )
    if clocks:
        keys = [clock.pk for clock in clocks]
        Stretch.objects.bulk_create(
            Stretch(clock_id=key, kind=StretchKind.PAUSED, began_at=now, reason=reason) for key in keys
        )
        Clock.objects.filter(pk__in=keys).update(paused_at=now)
    return len(clocks)


@transaction.atomic(savepoint=False)
def resume(*, object_kind: str, object_id: UUID, now: datetime, step: str | None = None) -> int:
    """Let paused clocks run again; what was paused is added to the due time. Says how many."""
    paused = _not_stopped(object_kind, [object_id], step).filter(paused_at__isnull=False)
    clocks = list(paused.select_for_update().order_by("pk"))
    if clocks:
        Stretch.objects.filter(clock__in=clocks, ended_at=None).update(ended_at=now)
        queries.with_stretches(clocks)
        for clock in clocks:
            clock.paused_at = None
            reckon(clock, queries.calendar(), queries.pauses_of(clock))
        Clock.objects.bulk_update(clocks, ["paused_at", "due_at", "yellow_at", "provisional", "warned", "first_due_at"])
    return len(clocks)


def build(
    *,
    object_kind: str,
    object_id: UUID,
    step: str,
    limit: Limit,
    area_code: str,
    started_at: datetime,
    stopped_at: datetime | None,
    calendar: Calendar,
    source: str = "",
    pauses: Sequence[tuple[Pause, str]] = (),
    imported: bool = False,
    clock_id: UUID | None = None,
    latest_at: datetime | None = None,
) -> tuple[Clock, list[Stretch]]:
    """The unsaved rows that start, pause (each with its reason), resume and stop would have written: the clock and its
    pauses."""
    open_pause = pauses[-1][0] if pauses and pauses[-1][0].ended_at is None else None
    clock = Clock(
        id=clock_id or uuid7(),
        object_kind=str(object_kind),
        object_id=object_id,
        step=str(step),
        area_code=area_code,
        limit=str(limit),
        source=source,
        started_at=started_at,
        stopped_at=stopped_at,
        paused_at=open_pause.began_at if open_pause is not None else None,
        imported=imported,
        latest_at=latest_at,
    )
    reckon(clock, calendar, [pause for pause, _reason in pauses if pause.ended_at is not None])
    assert all(pause.ended_at is not None for pause, _reason in pauses[:-1]), "only the last pause may be open"
    stretches = [
        Stretch(
            clock=clock,
            kind=StretchKind.PAUSED,
            began_at=pause.began_at,
            ended_at=pause.ended_at if pause.ended_at is not None else stopped_at,
            reason=reason,
        )
        for pause, reason in pauses
    ]
    return clock, stretches


def change_limit(clock: Clock, limit: Limit, source: str, *, now: datetime) -> None:
    """Another limit from the same start, on an unsaved row; what it was is kept for the explanation."""
    clock.limit_before, clock.source_before, clock.changed_at = clock.limit, clock.source, now
    clock.limit, clock.source = str(limit), source


def reckon(clock: Clock, calendar: Calendar, pauses: Iterable[Pause] = ()) -> None:
    """Set what follows from start, limit, calendar and pauses."""
    held = list(pauses)
    found = no_later(marks(clock.started_at, clock.rule(), calendar, held), clock.started_at, clock.latest_at)
    if found.due_at != clock.due_at:
        clock.warned = Warned.NOTHING  # of another due time is told anew
    clock.due_at, clock.yellow_at, clock.provisional = found.due_at, found.yellow_at, found.provisional
    clock.first_due_at = None
    if clock.extended or clock.first_latest_at is not None:
        first = marks(clock.started_at, Limit.parse(clock.limit), calendar, held)
        first = no_later(first, clock.started_at, clock.first_latest_at or clock.latest_at)
        if clock.extended or first.due_at != clock.due_at:
            clock.first_due_at = first.due_at


def hold_to(clock: Clock, latest: datetime | None, *, granted: bool = False) -> None:
    """Let a clock be due no later than this; `granted` keeps what that was first. The caller counts it again."""
    if granted and clock.first_latest_at is None:
        clock.first_latest_at = clock.latest_at
    clock.latest_at = latest


def extend(clock: Clock, amount: int, unit: Unit) -> None:
    """Grant more of the limit's own kind of time; the caller counts the due time again."""
    clock.extended = "+".join(filter(None, (clock.extended, f"{amount}{unit.value}")))


def _not_stopped(object_kind: str, object_ids: Sequence[UUID], step: str | None) -> QuerySet[Clock]:
    clocks = Clock.objects.filter(object_kind=object_kind, object_id__in=object_ids, stopped_at=None)
    return clocks if step is None else clocks.filter(step=step)


# The sweep


def sweep(*, now: datetime) -> int:
    """Tell, in news for upper apps, which clocks turned red or yellow since it was told last; says how many.

    Each clock is told of once for each light of a due time, however often and by however many this runs. After a stop
    it catches up, however long that was: a clock that passed both lights meanwhile is told of as red.
    """
    return _swept(Light.RED, Warned.RED, now) + _swept(Light.YELLOW, Warned.YELLOW, now)


def _swept(light: Light, warned: Warned, now: datetime) -> int:
    count = 0
    while ids := _sweep_batch(light, warned, now):
        count += len(ids)
    return count


@transaction.atomic
def _sweep_batch(light: Light, warned: Warned, now: datetime) -> list[UUID]:
    """One batch: what an act or another sweep holds at the moment is left to the next run."""
    rows = queries.turning(light, now=now).select_for_update(skip_locked=True)
    ids = list(rows.values_list("pk", flat=True)[:SWEPT])
    if ids:
        Clock.objects.filter(pk__in=ids).update(warned=warned)
        events.turned.emit(at=now, light=str(light), clocks=ids)
    return ids


# The calendar


@transaction.atomic
def publish_year(
    *, year: int, now: datetime, actor: Actor, days: Sequence[published.Special] | None = None, source: str = ""
) -> int:
    """The move *calendar published*: a year gets its holidays, and provisional clocks their due times.

    `days` are the holidays and worked weekend days of the notice; without them the shipped table's.
    Returns how many clocks have a new due time.
    Raises NotAllowed without the duty, IllegalMove if the year is published already,
    Invalid if nobody has published it.
    """
    _allow(actor)
    row = CalendarYear.objects.select_for_update().filter(year=year).first()
    if row is not None and row.state == YearState.PUBLISHED:
        raise IllegalMove(_("这一年已经公布过。请在日历里核对。"), state=row.state, verb="publish_year")
    if days is None:
        if year not in published.years():
            raise Invalid({"year": [_("这一年的放假安排还没有公布。公布后再来办。")]}, year=year)
        days, source = published.days_of(year), source or published.SOURCE
    _keep_year(year, days, source, now)
    changed()
    moved = _reckon_provisional(year, actor, now)
    audit.append(
        kind="calendar",
        object_id=year_id(year),
        verb="publish_year",
        actor=actor,
        at=now,
        area_code="",
        from_state=YearState.UNPUBLISHED,
        to_state=YearState.PUBLISHED,
        facts={"year": year, "special_days": len(days), "clocks": moved},
    )
    events.calendar_published.emit(at=now, year=year, clocks=moved)
    return moved


@transaction.atomic
def set_hours(*, valid_from: date, spans: Sequence[tuple[int, int]], actor: Actor, now: datetime) -> WorkHours:
    """Working hours from a day on, for clocks that start later; due times that are told already stay."""
    _allow(actor)
    if valid_from <= now.astimezone(SHANGHAI).date():
        raise Invalid({"valid_from": [_("只能从明天或以后起改。请换一个日期。")]})
    last = 0
    for begins, ends in spans:
        if not last <= begins < ends <= 24 * 60:
            raise Invalid({"spans": [_("时段要从早到晚，不能重叠。请改好后再存。")]})
        last = ends
    if not spans:
        raise Invalid({"spans": [_("至少要有一个时段。")]})
    row, _made = WorkHours.objects.update_or_create(valid_from=valid_from, defaults={"spans": [list(s) for s in spans]})
    changed()
    audit.append(
        kind="calendar",
        object_id=year_id(valid_from.year),
        verb="set_hours",
        actor=actor,
        at=now,
        area_code="",
        facts={"valid_from": valid_from.isoformat(), "spans": [list(span) for span in spans]},
    )
    return row


@transaction.atomic
def fill(*, now: datetime) -> int:
    """Fill an empty calendar with every published year and the next one, unpublished; says how many years."""
    if CalendarYear.objects.exists():
        return 0
    known = published.years()
    WorkDay.objects.bulk_create(WorkDay(day=d, kind=k, name=n) for year in known for d, k, n in published.days_of(year))
    CalendarYear.objects.bulk_create(
        CalendarYear(year=year, state=YearState.PUBLISHED, published_at=now, source=published.SOURCE) for year in known
    )
    CalendarYear.objects.create(year=known[-1] + 1)
    WorkHours.objects.get_or_create(
        valid_from=DEFAULT_HOURS.valid_from, defaults={"spans": [list(span) for span in DEFAULT_HOURS.spans]}
    )
    changed()
    return len(known)


def year_id(year: int) -> UUID:
    """The id under which history keeps a year of the calendar."""
    return uuid5(NAMESPACE_URL, f"urn:huying:calendar:{year}")


def _allow(actor: Actor) -> None:
    # The calendar is the country's: one who keeps it anywhere may enter what was published.
    if actor.kind != ActorKind.SYSTEM and not actor.has(ADMIN_CLOCKS):
        raise NotAllowed(duty=ADMIN_CLOCKS)


def _keep_year(year: int, days: Sequence[published.Special], source: str, now: datetime) -> None:
    for day, kind, _name in days:
        if day.year != year:
            raise Invalid({"days": [_("有的日子不在这一年。请核对后再存。")]}, day=day.isoformat())
        if kind == DayKind.WORKED and day.weekday() < 5:
            raise Invalid({"days": [_("调休上班的日子应当是周末。请核对后再存。")]}, day=day.isoformat())
    WorkDay.objects.filter(day__year=year).delete()
    WorkDay.objects.bulk_create(WorkDay(day=day, kind=kind, name=name) for day, kind, name in days)
    CalendarYear.objects.update_or_create(
        year=year, defaults={"state": YearState.PUBLISHED, "published_at": now, "source": source}
    )
    CalendarYear.objects.get_or_create(year=year + 1)


def _reckon_provisional(year: int, actor: Actor, now: datetime) -> int:
    """Count provisional clocks that have not stopped again, in bounded batches, each change with its history."""
    known, moved = queries.calendar(), 0
    held = Prefetch("stretches", Stretch.objects.filter(kind=StretchKind.PAUSED))
    clocks = Clock.objects.filter(provisional=True, stopped_at=None).order_by("pk")
    keys = clocks.values_list("pk", flat=True)
    for batch in _batches(list(keys)):
        changed, rows = [], []
        for clock in clocks.select_for_update().filter(pk__in=batch).prefetch_related(held):
            before = clock.due_at
            reckon(clock, known, [one for one in queries.pauses_of(clock) if one.ended_at is not None])
            changed.append(clock)
            if clock.due_at != before:
                rows.append(_reckoned(clock, before, year, actor, now))
        Clock.objects.bulk_update(changed, ["due_at", "yellow_at", "provisional", "warned", "first_due_at"])
        audit.append_many(rows)
        moved += len(rows)
    return moved


def _reckoned(clock: Clock, before: datetime, year: int, actor: Actor, now: datetime) -> History:
    return History(
        at=now,
        kind=clock.object_kind,
        object_id=clock.object_id,
        verb="calendar_published",
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        area_code=clock.area_code,
        facts={
            "step": clock.step,
            "year": year,
            "due_from": before.isoformat(),
            "due_to": clock.due_at.isoformat(),
        },
    )


def _batches(keys: Sequence[UUID]) -> Iterator[list[UUID]]:
    rest = iter(keys)
    while batch := list(islice(rest, BATCH)):
        yield batch


def changed() -> None:
    """Give what clocks are counted by a new mark, so that every process reads it again."""
    if not Revision.objects.filter(pk=1).update(number=F("number") + 1, mark=uuid7()):
        Revision.objects.create(pk=1, number=1)
    queries.forget()
    transaction.on_commit(queries.forget)
