"""Reads: the figures of an area and month, the cases behind a number, frozen months, terms, and what is ahead."""

from huying.insight.queries.ahead import Ahead, ahead, asked_today, red_by_tomorrow
from huying.insight.queries.figures import Assessment, Line, assess, excluded_words, months_of
from huying.insight.queries.played import figures_of
from huying.insight.queries.rows import Asked, Behind, Row, behind
from huying.insight.queries.scoring import score_of_unit, scores_of_posts, scoring, scoring_of, terms_for

__all__ = [
    "Ahead",
    "Asked",
    "Assessment",
    "Behind",
    "Line",
    "Row",
    "score_of_unit",
    "scores_of_posts",
    "ahead",
    "asked_today",
    "assess",
    "behind",
    "excluded_words",
    "figures_of",
    "months_of",
    "red_by_tomorrow",
    "scoring",
    "scoring_of",
    "terms_for",
]
