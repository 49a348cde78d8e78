"""Writes docs/reference/case-states.md: diagrams, states, moves and guards, read from the tables that the code walks.

`--check` compares only; the words around the tables stand in this file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "case-states.md"

HEAD = """# Case states

Made by `tools/state_docs.py` (`make docs`) from `src/huying/cases/rules`; do not edit. Buttons, permissions, API
errors and tests read the same tables. The Chinese words are those of the pages.

A case has one state; what is beside it (unplaced, confidential, recused, imported, a drill) is a flag. `[*]` is
before the first move. Moves that leave the state as it is are in the table below, not in the diagram.

"""
FLOWS = """## Three flows over one table

Channel and matter type choose the flow. A flow names a state in the words of its trade and skips steps; a skipped
step is still a move, with its own line in the history. The clock that runs in a state has these limits, where
neither the type nor the street says otherwise (ordinary, urgent, hard grade; `wh` working hours, `wd` working days,
`h` hours, `d` days, `m` minutes).

"""
MOVES = """## Moves

One row for each target. *Who* is the duty and over what it is held; several, parted by "or", are ways of walking the
same row. *Only if* names the guards; all must agree, and the first row that fits is walked.

"""
GUARDS = """## Guards

Each is a pure function in `cases/rules/guards.py`. The sentence is what a person reads when it refuses. A guard
about a form agrees while no form was sent, so that a page can offer the move.

"""
ORDERS = """## Work orders

One unit's job in one round of a case. They follow the case: a case that closes or begins a new round completes what
is done, any other end cancels what is live, taking a merger back restores it.

"""


def page() -> str:
    """The whole page as text."""
    from huying.cases.rules import ENDS, FLOW, LIVE_ORDERS, ORDER_FLOW, OrderState, State

    return "".join(
        [
            HEAD,
            _diagram(FLOW),
            FLOWS,
            _table(("state", *_flow_names(), "clock", "limits"), map(_state, State)),
            "Ends: " + ", ".join(f"`{one.value}`" for one in State if one in ENDS) + ".\n\n",
            MOVES,
            _table(("move", "pages", "from", "to", "who", "only if"), map(_move, FLOW)),
            GUARDS,
            _table(("guard", "refuses with"), _guards(FLOW)),
            ORDERS,
            _diagram(ORDER_FLOW),
            _table(
                ("state", "pages", "live"),
                ((f"`{one.value}`", str(one.label), "yes" if one in LIVE_ORDERS else "") for one in OrderState),
            ),
        ]
    ).rstrip() + "\n"  # fmt: skip


def _diagram(flow: Any) -> str:
    return f"```mermaid\n{flow.mermaid()}```\n\n"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n"


def _flow_names() -> list[str]:
    from huying.matters.rules import FlowKind

    return [f"{one.label} (`{one.value}`)" for one in FlowKind]


def _state(state: Any) -> list[str]:
    from huying.cases.rules import STEP_OF_STATE, state_label
    from huying.matters.rules import DEFAULT_LIMITS, FlowKind, Grade

    step = STEP_OF_STATE.get(state)
    limits = "" if step is None else ", ".join(DEFAULT_LIMITS[step, grade] for grade in Grade)
    labels = [str(state_label(state, flow)) for flow in FlowKind]
    return [f"`{state.value}`", *labels, f"`{step.value}`" if step is not None else "", limits]


def _move(move: Any) -> list[str]:
    from huying.cases.rules import OPEN, alternatives

    sources = {_name(one) for one in move.sources}
    if move.sources == OPEN:
        came = "any open"
    else:
        came = ", ".join(sorted(sources))
    who = dict.fromkeys(_who(over, duty) for over, duty in alternatives(move.verb))
    return [
        f"`{move.verb.value}`",
        str(move.verb.label),
        came,
        "stays" if move.target is None else _name(move.target),
        " or ".join(who),
        ", ".join(f"`{one.__name__}`" for one in move.guards),
    ]


def _name(state: Any) -> str:
    return "nothing" if state is None else f"`{state.value}`"


OVER = {
    "desk": "`{}` over the case's desk",
    "place": "`{}` over the place",
    "unit": "`{}` in the unit with the order",
    "lead": "`{}` in the unit that leads",
    "reporter": "the reporter, by code",
    "taker": "the one who took the call",
    "anybody": "anybody",
}


def _who(over: Any, duty: Any) -> str:
    return OVER[over.value].format(duty.value if duty is not None else "")


def _guards(flow: Any) -> list[list[str]]:
    from huying.kernel.flow import says_of

    found = dict.fromkeys(one for move in flow for one in move.guards)
    return [[f"`{one.__name__}`", str(says_of(one))] for one in found]


def main(arguments: list[str]) -> int:
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=False)
    from django.utils import translation

    with translation.override("zh-hans"):
        made = page()
    if "--check" in arguments:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != made:
            print(f"{PAGE.relative_to(ROOT)} is not what the tables say; run `make docs`")
            return 1
        return 0
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
