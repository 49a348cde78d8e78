"""Cases as rows of the desk's tables: state, the matter in two lines, place, unit, clock, the one next move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from huying.cases.models import Case, WorkOrder
from huying.cases.queries import lists
from huying.cases.queries.lists import Todo
from huying.cases.rules import LIVE_ORDERS, OPEN, Channel, OrderRole, OrderState, State, Verb, state_label
from huying.cases.rules.tasks import TRIAGE_TASKS, Task
from huying.cases.rules.words import UNFINISHED_ORDERS
from huying.desk.links import case_url, ticket_url, triage_url, whistle_url
from huying.kernel.actor import Actor
from huying.kernel.terms import Label
from huying.people.rules import Duty
from huying.places import queries as places
from huying.ui.words import Reading, reading_of, when_words


@dataclass(frozen=True)
class ShownClock:
    """A clock as the light reads it."""

    started_at: datetime
    due_at: datetime
    yellow_at: datetime | None = None

    def tone(self, now: datetime) -> str:
        """red, yellow or green."""
        if now >= self.due_at:
            return "red"
        return "yellow" if self.yellow_at is not None and now >= self.yellow_at else "green"


def clock_of(due_from: datetime | None, yellow_at: datetime | None, due_at: datetime | None) -> ShownClock | None:
    return ShownClock(due_from, due_at, yellow_at) if due_from is not None and due_at is not None else None


@dataclass(frozen=True)
class Shown:
    """What a row reads like: rows are equal where they read alike. Kept with parts of pages, so no object is in it."""

    title: str
    danger: bool
    restricted: bool
    received: str
    light: Reading | None
    state: str
    label: Label
    tone: str
    second: str
    place: str
    unit: str
    role: str
    url: str
    next_url: str = ""
    next_words: str = ""
    red: bool = False
    number: int = 0
    pick: str = ""  # the id, where rows can be ticked


@dataclass(frozen=True, kw_only=True)
class Row(Shown):
    """One row with its case and its clock; `next_url` is "" where somebody else has the next step."""

    case: Case
    clock: ShownClock | None

    @property
    def shown(self) -> Shown:
        return Shown(*[getattr(self, name) for name in _SHOWN])


_SHOWN = tuple(one.name for one in fields(Shown))


def short_place(case: Case) -> str:
    """`榕树 · 木棉网格`: the kind of the community is left out where the grid follows."""
    if case.unplaced:
        return _("未定位置")
    community, dot, grid = places.name_of(case.area_code).partition(" · ")
    if not dot:
        return community
    short = community.removesuffix("社区")
    return f"{short} · {grid.removeprefix(short) or grid}"


class Rows:
    """Rows of many cases in a fixed number of statements."""

    def __init__(self, cases: Sequence[Case], viewer: Actor, *, now: datetime) -> None:
        self.viewer, self.now = viewer, now
        ids = [case.pk for case in cases]
        self.orders = lists.orders_of(ids)
        self.voices = lists.voices_of(ids)

    def of_case(self, case: Case, *, number: int = 0, dated: bool = False, picks: bool = False) -> Row:
        """A case in a list: its state and clock, no next move; `dated` where the list shows when it was received,
        `picks` where rows can be ticked."""
        clock = clock_of(case.due_from, case.yellow_at, case.due_at)
        received = when_words(case.received_at, self.now) if dated else ""
        return self._row(case, clock, number=number, received=received, pick=str(case.pk) if picks else "")

    def of_todo(self, todo: Todo, case: Case) -> Row:
        """A case that waits for the viewer, with the one next move."""
        order = None
        if todo.order_id is not None:
            order = next((one for one in self.orders.get(case.pk, ()) if one.pk == todo.order_id), None)
        clock = clock_of(todo.due_from, todo.yellow_at, todo.due_at)
        url, words = self._next(todo, case, order)
        return self._row(case, clock, order=order, task=todo.task, next_url=url, next_words=words)

    def _row(
        self,
        case: Case,
        clock: ShownClock | None,
        *,
        order: WorkOrder | None = None,
        task: Task | None = None,
        next_url: str = "",
        next_words: str = "",
        number: int = 0,
        received: str = "",
        pick: str = "",
    ) -> Row:
        lead, returned = self._lead(case), self._returned(case)
        label, tone = self._state(case, order, task, lead, returned)
        return Row(
            case=case,
            clock=clock,
            title=case.title,
            danger=bool(case.danger),
            restricted=case.restricted,
            received=received,
            # Where the day of receipt stands instead, what a minute changes belongs to no row.
            light=reading_of(clock, self.now) if clock is not None and not received else None,
            state=str(order.state) if order is not None and case.state == State.IN_HAND else str(case.state),
            label=str(label),  # said once: a part of a page is found by it again
            tone=tone,
            second=self._second(case, returned),
            place=short_place(case),
            unit=_unit(lead),
            role=_role(order, self.viewer) if order is not None else "",
            url=case_url(case.pk),
            next_url=next_url,
            next_words=next_words,
            red=clock is not None and clock.tone(self.now) == "red",
            number=number,
            pick=pick,
        )

    def _state(
        self, case: Case, order: WorkOrder | None, task: Task | None, lead: WorkOrder | None, returned: int
    ) -> tuple[Label, str]:
        """The word of the state, and a tone where the stored state alone would say too little."""
        if task == Task.APPROVE:
            return _("待审批"), "review"
        if task == Task.WHISTLE:
            return _("吹哨"), "wait"
        if task == Task.STEP:
            return _("待办步骤"), "wait"
        if order is not None and case.state == State.IN_HAND:
            return OrderState(order.state).label, ""
        if case.state == State.FILED and returned:
            return _("已退回"), "back"
        offered = lead is not None and lead.state == OrderState.OFFERED
        tone = "wait" if offered and case.state == State.IN_HAND else ""
        return state_label(case.state, case.flow, lead_offered=offered), tone

    def _lead(self, case: Case) -> WorkOrder | None:
        mine = [one for one in self.orders.get(case.pk, ()) if one.role == OrderRole.LEAD and one.round == case.round]
        return next((one for one in mine if one.state in LIVE_ORDERS), mine[0] if mine else None)

    def _returned(self, case: Case) -> int:
        """How many units have given it back."""
        return len({one.unit_id for one in self.orders.get(case.pk, ()) if one.state == OrderState.RETURNED})

    def _second(self, case: Case, returned: int) -> str:
        parts = [case.number, str(Channel(case.channel).label)]
        voices = self.voices.get(case.pk)
        if voices is not None and voices.count > 1:
            parts.append(ngettext("%(count)s 人反映", "%(count)s 人反映", voices.count) % {"count": voices.count})
        if case.round > 1:
            parts.append(_("第 %(round)s 轮") % {"round": case.round})
        if returned and case.state in OPEN:
            parts.append(_("退回 %(count)s 次") % {"count": returned})
        if case.nudges and case.state in OPEN:
            parts.append(_("催办 %(count)s 次") % {"count": case.nudges})
        if case.supervision:
            parts.append(_("督办中"))
        return " · ".join(parts)

    def _next(self, todo: Todo, case: Case, order: WorkOrder | None) -> tuple[str, str]:
        if todo.task in TRIAGE_TASKS:
            if self._returned(case) >= lists.RETURNS_BEFORE_NAMING:
                return case_url(case.pk), _("等领导指定")
            return triage_url(case.pk), self._triage_words(case)
        if todo.task == Task.HANDLE and order is not None and order.role == OrderRole.ASSIST:
            return case_url(case.pk, Verb.FINISH), _("填协办")
        if todo.task == Task.REWORK and order is not None and order.role == OrderRole.ASSIST:
            return case_url(case.pk, Verb.FINISH), _("再办")
        voices = self.voices.get(case.pk)
        if todo.task == Task.HANDLE and case.contacted_at is None and voices is not None and voices.reachable:
            return case_url(case.pk, Verb.FIRST_CONTACT), _("先联系")
        if todo.task == Task.APPROVE:
            return case_url(case.pk), _("去审批")
        if todo.task == Task.WHISTLE and todo.order_id is not None:
            return whistle_url(todo.order_id), _("看吹哨")
        if todo.task == Task.STEP and todo.order_id is not None:
            return ticket_url(todo.order_id, "do_step"), _("办这一步")
        verb, words = _NEXT[todo.task]
        return case_url(case.pk, verb), str(words)

    def _triage_words(self, case: Case) -> str:
        if case.state == State.RECEIVED:
            both = self.viewer.may(Duty.FILE, case.desk_code) and self.viewer.may(Duty.DISPATCH, case.desk_code)
            return _("受理派单") if both else _("受理登记")
        return _("重新派单") if self._returned(case) else _("派单")


def _role(order: WorkOrder, viewer: Actor) -> str:
    """What the unit does, and who of it has the order in hand."""
    if order.state not in UNFINISHED_ORDERS or order.unit_id not in viewer.units:
        return str(OrderRole(order.role).label)
    holder = order.given_to
    whose = _("还没交人") if holder is None else _("我") if holder.pk == viewer.id else holder.name
    return f"{OrderRole(order.role).label} · {whose}"


def _unit(lead: WorkOrder | None) -> str:
    return "" if lead is None or lead.state == OrderState.RETURNED else lead.unit.short_name or lead.unit.name


# The next move of each task and the words on its button; triage and first contact are decided above.
_NEXT: dict[Task, tuple[Verb, Label]] = {
    Task.SIGN_IN: (Verb.SIGN_IN, gettext_lazy("签收")),
    Task.HANDLE: (Verb.SUBMIT_RESULT, gettext_lazy("报结果")),
    Task.REWORK: (Verb.SUBMIT_RESULT, gettext_lazy("改好再报")),
    Task.SIGN: (Verb.SIGN, gettext_lazy("签发")),
    Task.REVIEW: (Verb.REVIEW, gettext_lazy("审核答复")),
    Task.CALL_BACK: (Verb.CALL_BACK, gettext_lazy("打电话")),
    Task.VERIFY: (Verb.REPORT_VERIFIED, gettext_lazy("去核实")),
    Task.CHECK: (Verb.PASS_CHECK, gettext_lazy("去核查")),
    Task.NAME: (Verb.NAME, gettext_lazy("指定承办")),
    Task.REPORT_BACK: (Verb.REPORT_BACK, gettext_lazy("回报督办")),
    Task.TAKE_PART: (Verb.TAKE_PART, gettext_lazy("记参与")),
    Task.LOOK: (Verb.CLOSE_SUPERVISION, gettext_lazy("看回报")),
}
