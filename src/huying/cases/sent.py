"""Who was told of a case, as its page says it: what kind, by which way, when, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huying.cases.models import Case
from huying.kernel.terms import Label, _
from huying.notices import queries as notices
from huying.notices.queries import Sent
from huying.notices.rules import KINDS, Channel, DeliveryState, Why
from huying.ui.words import when_words


@dataclass(frozen=True)
class SentLine:
    who: str
    kind: Label
    way: str
    state: str
    tone: str
    at: str


def sent_about(case: Case, *, hides_callers: bool, now: datetime) -> list[SentLine]:
    """Deliveries about a case that the viewer may see, the latest first. Outsiders see nothing of the callers'."""
    rows = [one for one in notices.of_object("case", [case.pk]) if not (hides_callers and one.to_reporter)]
    return [_line(one, now) for one in rows]


def _line(one: Sent, now: datetime) -> SentLine:
    return SentLine(
        who=one.who or str(_("诉求人")) if one.to_reporter else one.who,
        kind=KINDS[one.kind].label if one.kind in KINDS else one.kind,
        way=" ".join(filter(None, [str(Channel(one.channel).label), one.masked])),
        state=_state(one, now),
        tone={DeliveryState.SENT: "done", DeliveryState.DEAD: "late"}.get(DeliveryState(one.state), "wait"),
        at=when_words(one.sent_at or one.made_at, now),
    )


def _state(one: Sent, now: datetime) -> str:
    if one.channel == Channel.IN_APP:
        return str(_("已读")) if one.read_at is not None else str(_("未读"))
    if one.state == DeliveryState.WAITING:
        return str(_("%(when)s 发") % {"when": when_words(one.not_before, now)})
    label = str(DeliveryState(one.state).label)
    if not one.why or one.state == DeliveryState.SENT:
        return label
    return str(_("%(label)s：%(why)s") % {"label": label, "why": Why(one.why).label})


__all__ = ["SentLine", "sent_about"]
