"""The desk's entries in the staff menu, each shown by duty, and how much waits behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import local

from huying.cases.queries import lists
from huying.cases.queries.lists import Todo
from huying.cases.rules.tasks import TRIAGE_TASKS, Task
from huying.desk.rules import at_the_desk
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.registry import MenuEntry, add_link, add_menu
from huying.kernel.terms import _
from huying.people.rules import Duty

_last = local()


def todos_of(actor: Actor) -> list[Todo]:
    """What waits for the actor, asked once a request: each request makes its own actor."""
    if getattr(_last, "actor", None) is not actor:
        _last.todos = lists.work_of(actor)
        _last.actor = actor
    todos: list[Todo] = _last.todos
    return todos


def forget() -> None:
    """Ask again: after an act in the same request."""
    _last.actor = None


def _count(*tasks: Task) -> Callable[[Actor], int]:
    def counted(actor: Actor) -> int:
        found = Counter(todo.task for todo in todos_of(actor))
        return sum(found[task] for task in tasks)

    return counted


def _holds(*duties: Duty) -> Callable[[Actor], bool]:
    return lambda actor: any(actor.has(duty) for duty in duties)


def is_staff(actor: Actor) -> bool:
    return actor.kind == ActorKind.PERSON


def works_on_cases(actor: Actor) -> bool:
    """Whether the actor reads or handles cases at all; keepers of the system do not."""
    return actor.has(Duty.READ) or actor.has(Duty.HANDLE)


def patrols(actor: Actor) -> bool:
    """Whether the actor walks the street: who reports and looks, but is not of the desk."""
    return actor.has(Duty.REPORT) and (actor.has(Duty.VERIFY) or not actor.has(Duty.INTAKE))


def triages(actor: Actor) -> bool:
    return any(actor.has(duty) for duty in (Duty.INTAKE, Duty.FILE, Duty.DISPATCH))


def judges_triage(actor: Actor) -> bool:
    """Whether the actor looks at how good triage is: the desk of an area, its leaders, and who keeps its rules."""
    return reads_areas(actor) and any(actor.has(one) for one in (Duty.INTAKE, Duty.LEAD, Duty.ADMIN_MATTERS))


def takes_calls(actor: Actor) -> bool:
    return actor.has(Duty.INTAKE) or actor.has(Duty.REPORT)


def hands_over(actor: Actor) -> bool:
    """Whether the actor works shifts at a desk, in a unit."""
    return bool(actor.units) and at_the_desk(actor)


def reads_areas(actor: Actor) -> bool:
    return bool(actor.areas(Duty.READ))


def register() -> None:
    entries = (
        MenuEntry("mine", _("我的工作"), "home", "desk:mine", "dispatch", 10, is_staff, _count(*Task)),
        MenuEntry(
            "triage", _("受理派单"), "inbox", "desk:triage", "dispatch", 20, triages, _count(*TRIAGE_TASKS)
        ),
        MenuEntry("cases", _("案件"), "list", "desk:cases", "dispatch", 30, works_on_cases),
        MenuEntry(
            "review", _("审核"), "search-check", "desk:review", "dispatch", 40, _holds(Duty.REVIEW), _count(Task.REVIEW)
        ),
        MenuEntry(
            "callback", _("回访台"), "phone", "desk:callback", "dispatch", 50, _holds(Duty.CALL_BACK),
            _count(Task.CALL_BACK),
        ),
        MenuEntry("new", _("登记来电"), "message-add", "desk:new", "dispatch", 60, _holds(Duty.INTAKE)),
        MenuEntry("chat", _("群聊登记"), "message", "desk:chat", "dispatch", 62, _holds(Duty.INTAKE)),
        MenuEntry(
            "behalf", _("代报"), "message-add", "desk:new", "base", 32,
            lambda actor: actor.has(Duty.REPORT) and not actor.has(Duty.INTAKE),
        ),
        MenuEntry("shifts", _("交接班"), "swap", "desk:shifts", "dispatch", 70, hands_over),
        MenuEntry("board", _("看板"), "chart", "desk:board", "supervise", 200, reads_areas),
        MenuEntry(
            "supervision", _("督办看板"), "bell-ring", "desk:supervision", "supervise", 205,
            lambda actor: bool(actor.areas(Duty.SUPERVISE)) and reads_areas(actor),
        ),
        MenuEntry("checks", _("自查"), "search-check", "desk:checks", "supervise", 210, _holds(Duty.SUPERVISE)),
        MenuEntry("triage_wrong", _("分派建议"), "search-check", "desk:triage_wrong", "supervise", 212, judges_triage),
        MenuEntry("self", _("即办"), "check-circle", "desk:self", "base", 34, patrols),
        MenuEntry("taken", _("我登记的"), "users", "desk:taken", "base", 130, takes_calls),
    )  # fmt: skip
    for entry in entries:
        add_menu(entry)
    add_link("search", "desk:search", "")
    add_link("help", "desk:help", "")
    add_link("case_pack", "desk:pack", "case_id")
    add_link("case_export", "desk:export", "export_id")
    add_link("desk_home", "desk:mine", "")
    add_link("public_files", "desk:paper_files", "public_id")
