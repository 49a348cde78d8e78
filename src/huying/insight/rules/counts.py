"""What is counted of each case that has ended, and of each of its orders. Measures are quotients of these sums.

A fact is one row of such counts; a cell is their sum over an area, a month and a slice. Both have one column each
for every name in `COUNTS`, so that a new measure of old counts is a row of `measures` and no counting anew.
"""

from __future__ import annotations

from typing import Final

from huying.kernel.terms import Term, _
from huying.matters.rules import Step
from huying.matters.rules.stages import MOST_STAGES, step_of

LEVELS: Final = (0, 2, 4, 6, 9, 12, 15)
"""Lengths of area codes that have cells of their own; 0 is the whole house. In a building numbers are too small."""

STEPS: Final = (
    Step.INTAKE, Step.VERIFY, Step.FILE, Step.DISPATCH, Step.SIGN_IN, Step.HANDLE, Step.SIGN, Step.REVIEW, Step.CHECK,
    Step.CALL_BACK,
)  # fmt: skip
"""Steps whose clocks are counted; the first contact is the response rate."""
STAGES: Final = tuple(step_of(number) for number in range(1, MOST_STAGES + 1))
"""Stages of staged limits, counted by their number: each type gives its own names to them."""

COUNTS: Final = (
    "cases",  # ended with an answer: closed, answered, declined
    "closed",
    "contact_due", "contact_met",  # clocks of the first contact; met: contact was made before the limit
    "reached", "solved", "first_solved",  # reporters who were reached or spoke, say solved, said so in the first round
    "rated", "satisfied", "fair",  # reporters who rated, by what they said last
    *(f"{step}_{part}" for step in STEPS for part in ("of", "met")),
    "submitted", "reworked",  # cases with a result; sent back by the desk or failed on the place
    "dispatched", "directed",  # cases handed to a unit; in the first round to one alone
    "placed", "repeated",  # cases with grid and type; the same matter ended there within 30 days before
    "self_checked", "self_passed",  # handled by the finder and looked at again; found well
    "self_found",  # found by patrol, device or finder
    "city", "city_found",  # of the city flow; found by patrol or device
    "patrols", "patrols_valid",  # found by patrol; not voided, not declined
    "filed", "filed_valid",  # filed; not voided afterwards
    "orders", "returned",  # of units; given back with consent
    "leads", "leads_completed",  # orders as lead unit; brought to the end
    # parts of called units in whistles that went out, and those whistles
    "whistle_answer_of", "whistle_answer_met", "whistle_arrive_of", "whistle_arrive_met",
    "whistles", "whistles_closed",  # of the calling unit; ended by it with a joint record
    *(f"{stage}_{part}" for stage in STAGES for part in ("of", "met")),
)  # fmt: skip

REPEAT_DAYS: Final = 30
UNCOUNTED: Final = ("petition",)
"""Sources that keep steps of their own and are never counted as calls: transferred petitions.

It goes by the report: a call that is merged with a petition stays in the rates with its case, the petition's own say
does not count.
"""


class Excluded(Term):
    """Why a case that ended is in no rate. Restricted cases are in no fact at all, so that nobody can count them."""

    IMPORTED = "imported", _("导入的历史案件")
    DRILL = "drill", _("演练")
    SOURCE = "source", _("信访转办、批示等，不按来电计")
    MERGED = "merged", _("已并入别的案件")
    TRANSFERRED = "transferred", _("已转出")
    WITHDRAWN = "withdrawn", _("诉求人已撤诉")
    VOIDED = "voided", _("已作废")
    DECIDED = "decided", _("两人审定剔除")


class Slice(Term):
    """By what a cell is cut: not at all, by unit, by class of matter, or what is left out by its reason.

    `ASIDE` holds what would have counted of cases that two persons left out: with it stands what was before.
    """

    WHOLE = "whole", _("合计")
    UNIT = "unit", _("单位")
    MATTER = "matter", _("事项")
    EXCLUDED = "excluded", _("没有计入")
    ASIDE = "aside", _("审定剔除的")
