"""What may happen to a call, a case and a work order: words, tables, decisions. No database here.

`words` holds the terms, `facts` what guards look at, `guards` the named conditions, `table` the moves.
"""

from huying.cases.rules.facts import CaseFacts, Given, OrderFacts, ReportFacts
from huying.cases.rules.table import (
    ALSO,
    BY,
    FLOW,
    ORDER_FLOW,
    STEP_OF_STATE,
    By,
    alternatives,
)
from huying.cases.rules.words import (
    ENDS,
    LIVE_ORDERS,
    OPEN,
    OUTSIDERS,
    CallResult,
    Channel,
    ContactKind,
    OrderRole,
    OrderState,
    Outcome,
    ReplyBy,
    Satisfaction,
    State,
    Verb,
    VisitKind,
    flow_for,
    move_label,
    state_label,
    steps_of_flow,
)

__all__ = [
    "ALSO",
    "BY",
    "ENDS",
    "FLOW",
    "LIVE_ORDERS",
    "OPEN",
    "OUTSIDERS",
    "ORDER_FLOW",
    "STEP_OF_STATE",
    "By",
    "CallResult",
    "CaseFacts",
    "Channel",
    "ContactKind",
    "Given",
    "OrderFacts",
    "OrderRole",
    "OrderState",
    "Outcome",
    "ReplyBy",
    "ReportFacts",
    "Satisfaction",
    "State",
    "Verb",
    "VisitKind",
    "alternatives",
    "flow_for",
    "move_label",
    "state_label",
    "steps_of_flow",
]
