"""My work: what waits for one person as counts, rows, and what turns red tomorrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from huying.cases.queries.lists import MOST_COUNTED, Todo
from huying.cases.rules.tasks import DECIDES, UNIT_DECIDES, WORK, Task
from huying.kernel.actor import Actor
from huying.kernel.terms import Label
from huying.people.rules import Duty
from huying.ui.words import clock_words, due_words, span_words

MOST_ROWS = 60
MOST_CELLS = 8
LATE, TODAY, WARM = "late", "today", "warm"
RARE = (Task.WHISTLE, Task.TAKE_PART, Task.STEP)  # their cells are there when something waits
ORDER_TASKS = frozenset(
    {Task.SIGN_IN, Task.HANDLE, Task.REWORK, Task.SIGN, Task.REPORT_BACK, Task.WHISTLE, Task.TAKE_PART}
)

_TONES: dict[Task, str] = {
    Task.TRIAGE: "wait", Task.DISPATCH: "wait", Task.SIGN_IN: "wait", Task.HANDLE: "doing", Task.REWORK: "wait",
    Task.SIGN: "review", Task.REVIEW: "review", Task.CALL_BACK: "review", Task.VERIFY: "wait", Task.CHECK: "review",
    Task.APPROVE: "review", Task.NAME: "back", Task.REPORT_BACK: "wait", Task.LOOK: "review", Task.WHISTLE: "wait",
    Task.TAKE_PART: "wait", Task.STEP: "wait",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One count: a filter of the table under it."""

    key: str
    label: Label
    tone: str
    number: int
    reason: str

    @property
    def count(self) -> str:
        return f"{MOST_COUNTED - 1}+" if self.number >= MOST_COUNTED else str(self.number)


def day_of(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def is_late(todo: Todo, now: datetime) -> bool:
    return todo.due_at is not None and todo.due_at <= now


def reddening(todos: Iterable[Todo], day: date, now: datetime) -> list[Todo]:
    """What is not late yet and turns red on that day."""
    begin = timezone.make_aware(datetime.combine(day, time.min))
    end = begin + timedelta(days=1)
    return [one for one in todos if one.due_at is not None and one.due_at > now and begin <= one.due_at < end]


def is_warm(todo: Todo, now: datetime) -> bool:
    """Red or yellow."""
    return is_late(todo, now) or (todo.yellow_at is not None and todo.yellow_at <= now)


def possible_tasks(viewer: Actor) -> list[Task]:
    """The tasks that the viewer's duties make possible, in the order of the page."""
    found = {work.task for work in WORK if viewer.areas(work.duty)}
    if any(viewer.may_for_unit(Duty.HANDLE, unit) for unit in viewer.units):
        found |= {Task.SIGN_IN, Task.HANDLE, Task.REWORK, Task.REPORT_BACK}
    if any(viewer.may_for_unit(Duty.SIGN, unit) for unit in viewer.units):
        found.add(Task.SIGN)
    if viewer.areas(Duty.SUPERVISE):
        found.add(Task.LOOK)
    units = {duty for duty, _verb in UNIT_DECIDES.values()}
    if _decides(viewer) or any(viewer.may_for_unit(duty, unit) for duty in units for unit in viewer.units):
        found.add(Task.APPROVE)
    return [task for task in Task if task in found]


def _decides(viewer: Actor) -> bool:
    """Whether requests of a desk are the viewer's to decide, beside those of an own unit."""
    return any(viewer.areas(duty) for duty, _verb in DECIDES.values())


def works_by_order(viewer: Actor) -> bool:
    """Whether all that can wait for the viewer hangs on orders of units."""
    return not set(possible_tasks(viewer)) - ORDER_TASKS - (set() if _decides(viewer) else {Task.APPROVE})


def cells_of(todos: Sequence[Todo], viewer: Actor, now: datetime) -> list[Cell]:
    """Late and red today first, then the viewer's tasks; empty ones give way where there are too many."""
    late = [one for one in todos if is_late(one, now)]
    today = reddening(todos, day_of(now), now)
    cells = [
        Cell(LATE, _("已超时"), "late" if late else "done", len(late), _oldest(late, now)),
        Cell(TODAY, _("今天变红"), "soon" if today else "done", len(today), _first(today, now)),
    ]
    for task in possible_tasks(viewer):
        mine = [one for one in todos if one.task == task]
        cells.append(Cell(str(task), task.label, _TONES[task], len(mine), _reason(mine, now)))
    for task in RARE:
        if mine := [one for one in todos if one.task == task]:
            cells.append(Cell(str(task), task.label, _TONES[task], len(mine), _reason(mine, now)))
    if len(cells) > MOST_CELLS:
        cells = cells[:2] + [one for one in cells[2:] if one.number]
    return cells[:MOST_CELLS]


def _oldest(late: Sequence[Todo], now: datetime) -> str:
    if not late or late[0].due_at is None:
        return ""
    return _("最久 %(span)s") % {"span": span_words(now - late[0].due_at)}


def _first(ahead: Sequence[Todo], now: datetime) -> str:
    if not ahead or ahead[0].due_at is None:
        return ""
    if day_of(ahead[0].due_at) == day_of(now):
        return _("最早 %(time)s") % {"time": clock_words(ahead[0].due_at)}
    return _("最早 %(time)s") % {"time": due_words(ahead[0].due_at, now)}


def _reason(mine: Sequence[Todo], now: datetime) -> str:
    late = sum(is_late(one, now) for one in mine)
    if late:
        return _("%(count)s 件超时") % {"count": late}
    return _first(mine, now)


def chosen(todos: Sequence[Todo], show: str, now: datetime) -> list[Todo]:
    """The todos of one cell, or all of them."""
    if show == LATE:
        return [one for one in todos if is_late(one, now)]
    if show == TODAY:
        return reddening(todos, day_of(now), now)
    if show == WARM:
        return [one for one in todos if is_warm(one, now)]
    return [one for one in todos if not show or str(one.task) == show]


def tomorrow_of(todos: Sequence[Todo], now: datetime) -> list[Todo]:
    return reddening(todos, day_of(now) + timedelta(days=1), now)


@dataclass(frozen=True)
class Sentence:
    """What to do first, in words: how many are late, and when the next is due today."""

    late: int
    next_at: str
    next_count: int


def sentence_of(todos: Sequence[Todo], now: datetime) -> Sentence:
    late = sum(is_late(one, now) for one in todos)
    today = reddening(todos, day_of(now), now)
    if not today or today[0].due_at is None:
        return Sentence(late, "", 0)
    first = today[0].due_at
    same = sum(one.due_at is not None and one.due_at <= first for one in today)
    return Sentence(late, clock_words(first), same)


def greeting(now: datetime) -> str:
    hour = timezone.localtime(now).hour
    if 5 <= hour < 12:
        return _("早上好")
    return _("下午好") if 12 <= hour < 18 else _("晚上好")
