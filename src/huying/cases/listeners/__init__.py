"""What follows other apps' news, and what people are told of the own: each room listens to its own kind of news."""

from huying.cases.listeners import (
    alarms,
    calendar,
    calling,
    campaigns,
    excluding,
    incidents,
    papers,
    reminding,
    ringing,
    telling,
)
from huying.cases.listeners.calendar import counted_again

__all__ = [
    "alarms", "calendar", "calling", "campaigns", "counted_again", "excluding", "incidents", "papers", "reminding",
    "ringing", "telling",
]  # fmt: skip
