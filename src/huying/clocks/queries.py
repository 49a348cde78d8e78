"""Reads of clocks: the calendar as the rules want it, clocks of objects, and why something is due then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from uuid import UUID

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext

from huying.clocks.models import CalendarYear, Clock, Revision, Stretch, WorkDay, WorkHours
from huying.clocks.rules import (
    DEFAULT_HOURS,
    SHANGHAI,
    Calendar,
    DayKind,
    Hours,
    Light,
    Limit,
    Pause,
    StretchKind,
    Warned,
    YearState,
    unpublished_years,
    used_percent,
)
from huying.kernel.ready import Fixed
from huying.kernel.terms import Label, _, clauses, listed, pgettext_lazy

RECHECK_SECONDS = 5
_CHECKED = "clocks.calendar.mark"
_lock = Lock()
_kept: tuple[str, Calendar] | None = None


def mark() -> str:
    """Changes with whatever clocks are counted by, here or in upper apps; looked up at most every few seconds."""
    found = cache.get(_CHECKED)
    if found is None:
        found = str(Revision.objects.values_list("mark", flat=True).first() or "")
        cache.set(_CHECKED, found, RECHECK_SECONDS)
    return str(found)


def calendar() -> Calendar:
    """The work calendar, kept in the process until its mark changes."""
    global _kept
    present, kept = mark(), _kept
    if kept is None or kept[0] != present:
        with _lock:
            kept = _kept  # another thread may have read it, or forgotten it, by now
            if kept is None or kept[0] != present:
                kept = _kept = (present, _read())
    return kept[1]


def forget() -> None:
    """Read the calendar again next time; after a change, and in tests."""
    global _kept
    _kept = None
    cache.delete(_CHECKED)


def _read() -> Calendar:
    rows = WorkHours.objects.order_by("valid_from")
    hours = tuple(Hours(row.valid_from, tuple((a, b) for a, b in row.spans)) for row in rows) or (DEFAULT_HOURS,)
    days = {day: (DayKind(kind), name) for day, kind, name in WorkDay.objects.values_list("day", "kind", "name")}
    published = CalendarYear.objects.filter(state=YearState.PUBLISHED).values_list("year", flat=True)
    return Calendar(published=frozenset(published), days=days, hours=hours)


def of_objects(object_kind: str, object_ids: Iterable[UUID]) -> dict[UUID, list[Clock]]:
    """The clocks of each object, in the order they started: one statement."""
    found: dict[UUID, list[Clock]] = {object_id: [] for object_id in object_ids}
    if found:
        clocks = Clock.objects.filter(object_kind=object_kind, object_id__in=list(found))
        for clock in clocks.order_by("started_at", "id"):
            found[clock.object_id].append(clock)
    return found


def running(object_kind: str, object_id: UUID, step: str) -> Clock | None:
    """The clock of a step that has not stopped (it may be paused)."""
    return Clock.objects.filter(
        object_kind=object_kind, object_id=object_id, step=step, stopped_at=None
    ).first()  # one at most, by constraint


def turning(light: Light, *, now: datetime) -> QuerySet[Clock]:
    """Running clocks that turned yellow (or red) and of which that was not told yet, the first due first, by index.

    Imported clocks never come, they never escalate.
    """
    clocks = Clock.objects.filter(stopped_at=None, paused_at=None, imported=False)
    if light == Light.RED:
        return clocks.filter(warned__lt=Warned.RED, due_at__lte=now).order_by("due_at", "id")
    return clocks.filter(warned=Warned.NOTHING, yellow_at__lte=now).order_by("yellow_at", "id")


def with_stretches(clocks: Sequence[Clock]) -> Sequence[Clock]:
    """Fetch the stretches of many clocks with one statement, for `explain`."""
    found: dict[UUID, list[Stretch]] = {clock.pk: [] for clock in clocks}
    for row in _STRETCHES(list(found)):
        found[row.clock_id].append(row)
    for clock in clocks:  # as `prefetch_related` leaves them
        rows = clock.stretches.all()
        rows._result_cache = found[clock.pk]
        clock.__dict__.setdefault("_prefetched_objects_cache", {})["stretches"] = rows
    return clocks


_STRETCHES = Fixed(lambda clocks: Stretch.objects.filter(clock_id__in=clocks))


def stretches_of(clock: Clock) -> list[Stretch]:
    """When it ran and when it was paused, in order. What ran is no row: it lies between the pauses."""
    found: list[Stretch] = []
    began: datetime | None = clock.started_at
    for pause in _paused(clock):
        if began is not None and began < pause.began_at:
            found.append(Stretch(clock=clock, kind=StretchKind.RUNNING, began_at=began, ended_at=pause.began_at))
        found.append(pause)
        began = pause.ended_at
    if began is not None and clock.paused_at is None:  # else it was paused to its end
        found.append(Stretch(clock=clock, kind=StretchKind.RUNNING, began_at=began, ended_at=clock.stopped_at))
    return found


def pauses_of(clock: Clock) -> list[Pause]:
    return [one.pause() for one in _paused(clock)]


def _paused(clock: Clock) -> list[Stretch]:
    rows = (one for one in clock.stretches.all() if one.kind == StretchKind.PAUSED)
    return sorted(rows, key=lambda one: (one.began_at, one.pk))


def used(clock: Clock, now: datetime) -> int:
    """How much of the limit is used, in percent: the bar on the page."""
    until = clock.stopped_at or now
    if clock.latest_at is not None and clock.latest_at <= clock.due_at > clock.started_at:
        return max((until - clock.started_at) * 100 // (clock.due_at - clock.started_at), 0)
    return used_percent(clock.started_at, clock.rule(), until, calendar(), pauses_of(clock))


# Why something is due then


@dataclass(frozen=True)
class Line:
    """One line of the answer to "why is it due then"."""

    term: Label
    words: str


NO_REASONS: Mapping[str, Label] = {}


def explain_whole(clock: Clock, now: datetime, reasons: Mapping[str, Label] = NO_REASONS) -> list[Line]:
    """As `explain`, with the moments of the lights, which staff work by."""
    return [*explain(clock, now, reasons), Line(_("亮灯"), _light_words(clock, now))]


def explain(clock: Clock, now: datetime, reasons: Mapping[str, Label] = NO_REASONS) -> list[Line]:
    """Start, rule, source, pauses, the stretches that count, what was skipped, and whether it is provisional.

    `reasons`: the words for codes of pauses; a reason that is none of them stands for itself.
    """
    known, limit = calendar(), clock.rule()
    lines = [
        Line(_("起点"), str(_("%(when)s 起算")) % {"when": moment_words(clock.started_at, now)}),
        Line(_("规则"), _rule_words(clock, limit, known)),
    ]
    if clock.source:
        lines.append(Line(_("依据"), gettext(clock.source)))
    if clock.changed_at is not None:
        lines.append(Line(_("改过"), _change_words(clock, clock.changed_at, now)))
    if clock.latest_at is not None:
        held_to = _("不晚于 %(when)s：上级的时限减去留给复核的时间，停表也不推后")
        lines.append(Line(_("内控时限"), str(held_to) % {"when": moment_words(clock.latest_at, now)}))
    if clock.first_due_at is not None:
        told = _("%(more)s，原来 %(due)s 到期")
        more = listed(limit.granted()) or _("上级同意延期")
        facts = {"more": more, "due": moment_words(clock.first_due_at, now)}
        lines.append(Line(_("延期"), str(told) % facts))
    lines.append(Line(_("停表"), _pause_words(clock, now, reasons)))
    if limit.working:
        lines.append(Line(_("走表"), _spans_words(clock, known, now)))
        skipped = _skipped_words(clock, known, now)
        if skipped:
            lines.append(Line(_("节假日"), skipped))
    lines.append(Line(_("到期"), _due_words(clock, now)))
    if clock.provisional:
        years = unpublished_years(clock.started_at, clock.due_at, known)
        named = listed(years) or str(clock.due_at.astimezone(SHANGHAI).year)
        words = str(_("%(years)s 年的放假安排还没有公布，先按周一到周五算。公布后会重新计算。")) % {"years": named}
        lines.append(Line(_("暂定"), words))
    if clock.imported:
        lines.append(Line(_("导入"), str(_("这是导入的事项，只计时，不催办。"))))
    return lines


def moment_words(moment: datetime, now: datetime) -> str:
    """今天 08:07, 明天 09:05, 10月23日 18:00, 2027年1月4日 09:00."""
    there = moment.astimezone(SHANGHAI)
    return f"{day_words(there.date(), now)} {there:%H:%M}"


def day_words(day: date, now: datetime) -> str:
    today = now.astimezone(SHANGHAI).date()
    near = {0: _("今天"), 1: _("明天"), -1: _("昨天")}.get((day - today).days)
    if near is not None:
        return str(near)
    if day.year == today.year:
        return date_format(day, str(pgettext_lazy("date format, this year", "n月j日")))
    return date_format(day, str(pgettext_lazy("date format, another year", "Y年n月j日")))


def _rule_words(clock: Clock, limit: Limit, known: Calendar) -> str:
    if not limit.working:
        return str(_("%(limit)s，按自然时间，夜里和节假日不停")) % {"limit": limit.words()}
    hours = known.hours_on(clock.started_at.astimezone(SHANGHAI).date()).words()
    return str(_("%(limit)s，只算工作时间 %(hours)s，夜里、周末和节假日不算")) % {
        "limit": limit.words(),
        "hours": hours,
    }


def _change_words(clock: Clock, changed_at: datetime, now: datetime) -> str:
    """Which limit it had before another one took its place."""
    return str(_("原来是%(limit)s（%(source)s），%(when)s 改成现在这个，仍从起点算")) % {
        "limit": Limit.parse(clock.limit_before).words(),
        "source": gettext(clock.source_before),
        "when": moment_words(changed_at, now),
    }


def _light_words(clock: Clock, now: datetime) -> str:
    if clock.paused_at is not None and clock.stopped_at is None:
        return str(_("停着时灯不变"))
    return str(_("%(yellow)s 起黄灯，%(red)s 起红灯")) % {
        "yellow": moment_words(clock.yellow_at, now),
        "red": moment_words(clock.due_at, now),
    }


def _pause_words(clock: Clock, now: datetime, reasons: Mapping[str, Label]) -> str:
    told = []
    for one in stretches_of(clock):
        if one.kind != StretchKind.PAUSED:
            continue
        facts = {"began": moment_words(one.began_at, now), "reason": str(reasons.get(one.reason, one.reason))}
        if one.ended_at is None:
            told.append(str(_("%(began)s 起停着")) % facts)
        elif _ended_paused(clock) and one.began_at == clock.paused_at:
            told.append(str(_("%(began)s 起停到结束")) % facts)
        else:
            facts["ended"] = moment_words(one.ended_at, now)
            told.append(str(_("%(began)s 到 %(ended)s")) % facts)
        if one.reason:
            told[-1] += str(_("（%(reason)s）")) % facts
    return clauses(told) or str(_("没有停过"))


def _ended_paused(clock: Clock) -> bool:
    """Whether the work ended while the clock stood still: its due time was not reckoned again."""
    return clock.paused_at is not None and clock.stopped_at is not None


def _counted(clock: Clock, known: Calendar) -> list[tuple[datetime, datetime]]:
    """The working spans from start to due without the pauses; to the last pause where the clock ran no more."""
    last = clock.paused_at if clock.paused_at is not None and _ended_paused(clock) else clock.due_at
    spans = known.spans_between(clock.started_at, min(last, clock.due_at))
    for pause in pauses_of(clock):
        if pause.ended_at is None:
            continue
        cut: list[tuple[datetime, datetime]] = []
        for opens, closes in spans:
            for part in ((opens, min(closes, pause.began_at)), (max(opens, pause.ended_at), closes)):
                if part[0] < part[1]:
                    cut.append(part)
        spans = cut
    return spans


def _spans_words(clock: Clock, known: Calendar, now: datetime) -> str:
    spans = _counted(clock, known)
    if not spans:
        return str(_("还没有走"))
    if len(spans) <= 3:
        return str(_("，")).join(_span_words(*span, now) for span in spans)
    days = len({opens.astimezone(SHANGHAI).date() for opens, _closes in spans})
    return str(_("从 %(first)s 走起，分在 %(days)s 天里，最后一段是 %(last)s")) % {
        "first": _span_words(*spans[0], now),
        "days": days,
        "last": _span_words(*spans[-1], now),
    }


def _span_words(opens: datetime, closes: datetime, now: datetime) -> str:
    return f"{moment_words(opens, now)}–{closes.astimezone(SHANGHAI):%H:%M}"


def _skipped_words(clock: Clock, known: Calendar, now: datetime) -> str:
    """Public holidays passed over and weekend days that are worked, between start and due."""
    runs: list[tuple[DayKind, str, date, date]] = []
    day, last = clock.started_at.astimezone(SHANGHAI).date(), clock.due_at.astimezone(SHANGHAI).date()
    while day <= last:
        special = known.days.get(day)
        if special is not None:
            kind, name = special
            if runs and runs[-1][:2] == (kind, name) and runs[-1][3] == day - timedelta(days=1):
                runs[-1] = (kind, name, runs[-1][2], day)
            else:
                runs.append((kind, name, day, day))
        day += timedelta(days=1)
    return clauses(_run_words(*run, now) for run in runs)


def _run_words(kind: DayKind, name: str, first: date, last: date, now: datetime) -> str:
    when = day_words(first, now) if first == last else f"{day_words(first, now)}–{day_words(last, now)}"
    if kind == DayKind.WORKED:
        return str(_("%(when)s 调休上班，照算")) % {"when": when}
    return str(_("%(when)s %(name)s放假，不算")) % {"when": when, "name": name}


def _due_words(clock: Clock, now: datetime) -> str:
    if clock.paused_at is not None and clock.stopped_at is None:
        return str(_("停着，恢复后重新算；停表前是 %(when)s")) % {"when": moment_words(clock.due_at, now)}
    if _ended_paused(clock):
        return str(_("%(when)s（停着的时候就结束了，没有重新算）")) % {"when": moment_words(clock.due_at, now)}
    return moment_words(clock.due_at, now)


# The year's page


@dataclass(frozen=True)
class Day:
    """One day of the year's page."""

    day: date
    worked: bool
    kind: str
    name: str


@dataclass(frozen=True)
class Month:
    number: int
    weeks: list[list[Day | None]]
    worked: int


def years() -> list[CalendarYear]:
    """Every year that has a row, the latest first."""
    return list(CalendarYear.objects.order_by("-year"))


def months(year: int) -> list[Month]:
    """A year as months of weeks from Monday, each day with what it is."""
    known = calendar()
    found = []
    for number in range(1, 13):
        day = date(year, number, 1)
        cells: list[Day | None] = [None] * day.weekday()
        while day.month == number:
            kind, name = known.days.get(day, ("", ""))
            cells.append(Day(day, known.is_worked(day), str(kind), name))
            day += timedelta(days=1)
        cells += [None] * (-len(cells) % 7)
        weeks = [cells[at : at + 7] for at in range(0, len(cells), 7)]
        found.append(Month(number, weeks, sum(1 for cell in cells if cell is not None and cell.worked)))
    return found


def hours() -> list[Hours]:
    """The rows of working hours, the earliest first."""
    return list(calendar().hours)
