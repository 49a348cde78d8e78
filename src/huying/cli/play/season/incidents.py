"""Incidents in a season: other calls turn out to be the same matter, join it, and are told how it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from huying.cases.actions import Docket, incidents
from huying.cases.models import Case, Incident
from huying.cases.rules import State
from huying.cli.play.season.deeds import step
from huying.cli.play.story import Step
from huying.kernel.actor import Actor
from huying.people.rules import Duty
from huying.places.rules import community_of, street_of

if TYPE_CHECKING:
    from huying.cli.play.season.story import SeasonStory


def declare(story: SeasonStory, docket: Docket, now: datetime) -> Step | None:
    case, street = docket.case, street_of(docket.case.area_code)
    calls = list(story.season.calls()) if street and not case.restricted and case.part_of_id is None else []
    boss = story.cast.who(Duty.INTAKE, street, but=story.away(docket))
    if not calls:
        return None

    def declare_incident(case_id: UUID, *, actor: Actor, now: datetime) -> None:
        heard = Case.objects.filter(pk__in=calls).values_list("received_at", flat=True)
        found = incidents.declare_incident(
            case_id, title="片区停水", place_words="本社区", area_codes=[community_of(case.area_code) or street],
            words="正在抢修，今天恢复。", began_at=min(case.received_at, *heard), any_type=True, actor=actor, now=now,
        )  # fmt: skip
        incidents.join_calls(found.pk, case_ids=calls, actor=actor, now=now)

    return step(declare_incident, case.pk, boss, now + timedelta(minutes=story.rng.randint(5, 60)))


def next_step(story: SeasonStory, docket: Docket, now: datetime) -> Step | None:
    """What goes on is told of once more, and ends before its case does."""
    going = docket.case.incident and docket.case.state == State.IN_HAND
    found = Incident.objects.filter(case=docket.case, ended_at=None).first() if going else None
    if found is None:
        return None
    act = incidents.say_of_incident if found.said.count() < 2 else incidents.end_incident
    at = now + timedelta(minutes=story.rng.randint(30, 200))
    return step(act, found.pk, story.desk(docket, Duty.INTAKE), at, words="已经恢复，谢谢大家。")
