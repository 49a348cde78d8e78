"""What is measured, how it is weighed, and when a month is frozen. No database here."""

from huying.insight.rules.counts import COUNTS, LEVELS, STEPS, UNCOUNTED, Excluded, Slice
from huying.insight.rules.formulas import FORMULAS, Formula, Part, Score, band_of, score_of
from huying.insight.rules.measures import BY_CODE, MEASURES, Measure, Rate, rate_of, rates_of
from huying.insight.rules.months import Month, StatementState, month_of
from huying.insight.rules.terms import EXAMPLES, SHIPPED, Terms, TermsState, examples_of

__all__ = [
    "BY_CODE",
    "COUNTS",
    "EXAMPLES",
    "FORMULAS",
    "LEVELS",
    "MEASURES",
    "SHIPPED",
    "STEPS",
    "UNCOUNTED",
    "Excluded",
    "Formula",
    "Measure",
    "Month",
    "Part",
    "Rate",
    "Score",
    "Slice",
    "StatementState",
    "Terms",
    "TermsState",
    "band_of",
    "examples_of",
    "month_of",
    "rate_of",
    "rates_of",
    "score_of",
]
