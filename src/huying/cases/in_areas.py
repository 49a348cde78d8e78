"""What cases keep in areas: shown before borders change, moved when they have."""

from __future__ import annotations

from uuid import UUID

from huying.cases.actions import rehoming
from huying.kernel.actor import system
from huying.kernel.events import News
from huying.kernel.lying import InAreas, lies_in_areas
from huying.kernel.terms import _
from huying.places import events


def register() -> None:
    lies_in_areas(InAreas("open_case", _("在办案件"), _("按地点归格"), 20, rows=rehoming.open_in))
    lies_in_areas(InAreas("past_case", _("办结案件"), _("保留立案时的代码"), 21, count=rehoming.past_in))

    @events.redrawn.listen
    def redrawn(news: News) -> None:
        rehoming.follow_areas(plan_id=UUID(news.facts["plan_id"]), actor=system("places"), now=news.at)
