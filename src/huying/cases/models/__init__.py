"""Tables of calls: reports, cases, work orders and what is said and done about them.

Foreign keys without an index of their own are the first column of another one (`report_of_case`, `order_of_case` …).
"""

from __future__ import annotations

from huying.cases.models.base import DESKS, IS_OPEN, STREET
from huying.cases.models.calling import CallScript, CallTimes
from huying.cases.models.calls import (
    Addition,
    Answer,
    Case,
    ContactAttempt,
    Feedback,
    Remark,
    Report,
    SiteVisit,
    WorkOrder,
)
from huying.cases.models.counting import ImportRun, NumberCounter, Tally, TallyChange
from huying.cases.models.dialling import Dial
from huying.cases.models.emergencies import CallTreeStep, DutyShift, Emergency, EmergencyCase, TreeCall, TreeRun
from huying.cases.models.errands import Errand, ErrandLine
from huying.cases.models.hot import HotApart, HotIssue, HotIssueCase
from huying.cases.models.settled import Exclusion, ExclusionKind, JointDecision, Precedent
from huying.cases.models.sharing import Sharing
from huying.cases.models.together import Campaign, CampaignSpot, Incident, IncidentWord
from huying.cases.models.triage import Suggested, TriageLimit, TriageModel
from huying.cases.models.upward import Source, SourceBuffer, SourceStep, Ticket, TicketAsk, TicketStep
from huying.cases.models.whistles import Whistle, WhistleBand, WhistleKind, WhistlePart

__all__ = [
    "Addition",
    "Answer",
    "CallScript",
    "CallTimes",
    "CallTreeStep",
    "Campaign",
    "CampaignSpot",
    "Case",
    "ContactAttempt",
    "DESKS",
    "Dial",
    "DutyShift",
    "Emergency",
    "EmergencyCase",
    "Errand",
    "ErrandLine",
    "Exclusion",
    "ExclusionKind",
    "Feedback",
    "HotApart",
    "HotIssue",
    "HotIssueCase",
    "IS_OPEN",
    "ImportRun",
    "Incident",
    "IncidentWord",
    "JointDecision",
    "NumberCounter",
    "Precedent",
    "Remark",
    "Report",
    "STREET",
    "Sharing",
    "SiteVisit",
    "Source",
    "SourceBuffer",
    "SourceStep",
    "Suggested",
    "Tally",
    "TallyChange",
    "Ticket",
    "TicketAsk",
    "TicketStep",
    "TreeCall",
    "TreeRun",
    "TriageLimit",
    "TriageModel",
    "Whistle",
    "WhistleBand",
    "WhistleKind",
    "WhistlePart",
    "WorkOrder",
]
