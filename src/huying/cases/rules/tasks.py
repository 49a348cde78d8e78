"""What waits for whom: the next step of a case as work of somebody's desk, place or unit. No database here."""

from __future__ import annotations

from dataclasses import dataclass

from huying.cases.rules.table import By
from huying.cases.rules.words import OrderState, State, Verb
from huying.kernel.terms import Term, _
from huying.people.rules import Duty


class Task(Term):
    """A kind of work, as the counts of a person's own page name it; the order is that of the page."""

    TRIAGE = "triage", _("待受理")
    DISPATCH = "dispatch", _("待派单")
    SIGN_IN = "sign_in", _("待签收")
    HANDLE = "handle", _("办理中")
    REWORK = "rework", _("返工")
    SIGN = "sign", _("待签发")
    REVIEW = "review", _("待审核")
    CALL_BACK = "call_back", _("待回访")
    VERIFY = "verify", _("待核实")
    CHECK = "check", _("待核查")
    APPROVE = "approve", _("待我审批")
    NAME = "name", _("待指定承办")
    REPORT_BACK = "report_back", _("待回报督办")
    LOOK = "look", _("督办待看")
    WHISTLE = "whistle", _("吹哨待办")
    STEP = "step", _("上级要的步骤")
    TAKE_PART = "take_part", _("待您参与")


@dataclass(frozen=True)
class Work:
    """Cases in `state` are the `task` of those who hold `duty` over what `by` says; `verb` is the usual next move."""

    task: Task
    state: State
    duty: Duty
    by: By
    verb: Verb


WORK: tuple[Work, ...] = (
    Work(Task.TRIAGE, State.RECEIVED, Duty.INTAKE, By.DESK, Verb.REGISTER),
    Work(Task.DISPATCH, State.TRIAGED, Duty.FILE, By.DESK, Verb.FILE),
    Work(Task.DISPATCH, State.FILED, Duty.DISPATCH, By.DESK, Verb.DISPATCH),
    Work(Task.NAME, State.FILED, Duty.LEAD, By.DESK, Verb.NAME),
    Work(Task.REVIEW, State.REVIEWING, Duty.REVIEW, By.DESK, Verb.REVIEW),
    Work(Task.CALL_BACK, State.CALLING_BACK, Duty.CALL_BACK, By.DESK, Verb.CALL_BACK),
    Work(Task.VERIFY, State.VERIFYING, Duty.VERIFY, By.PLACE, Verb.REPORT_VERIFIED),
    Work(Task.CHECK, State.CHECKING, Duty.CHECK, By.PLACE, Verb.PASS_CHECK),
)

# Work orders of the viewer's units that wait for a member who handles.
ORDER_WORK: dict[OrderState, tuple[Task, Verb]] = {
    OrderState.OFFERED: (Task.SIGN_IN, Verb.SIGN_IN),
    OrderState.ACCEPTED: (Task.HANDLE, Verb.SUBMIT_RESULT),
    OrderState.REWORK: (Task.REWORK, Verb.SUBMIT_RESULT),
}

# Who decides which request: the duty over the case's desk.
DECIDES: dict[str, tuple[Duty, Verb]] = {
    "decline": (Duty.FILE, Verb.DECLINE),
    "void": (Duty.FILE, Verb.VOID),
    "return": (Duty.DISPATCH, Verb.RETURN),
    "lead_extend": (Duty.LEAD, Verb.LEAD_EXTEND),
    "hold": (Duty.LEAD, Verb.HOLD),
}
# The same with what is decided beside the table of moves.
DECIDED_BY: dict[str, Duty] = {kind: duty for kind, (duty, _verb) in DECIDES.items()} | {"confidential": Duty.LEAD}
# The same for the duty over the lead unit.
UNIT_DECIDES: dict[str, tuple[Duty, Verb]] = {"extend": (Duty.SIGN, Verb.EXTEND)}

# Tasks that are worked off on the triage page, one after the other.
TRIAGE_TASKS = (Task.TRIAGE, Task.DISPATCH)
