"""Writes: counting, freezing months, terms of scoring."""

from huying.insight.actions.counting import catch_up, recount, refresh
from huying.insight.actions.freezing import correct_month, freeze_month, propose_months, publish_month
from huying.insight.actions.scoring import decide_terms, propose_terms

__all__ = [
    "catch_up",
    "correct_month",
    "decide_terms",
    "freeze_month",
    "propose_months",
    "propose_terms",
    "publish_month",
    "recount",
    "refresh",
]
