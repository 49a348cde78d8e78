"""Open cases follow a change of areas; past ones keep the code of their day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from huying.audit import actions as audit
from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.models import IS_OPEN, Campaign, CampaignSpot, Case, Incident
from huying.cases.queries.scope import within
from huying.cases.rules import Verb
from huying.cases.rules.campaigns import SPOT
from huying.cases.rules.incidents import IncidentVerb
from huying.kernel.actor import Actor
from huying.kernel.lying import Lying
from huying.places.actions import follow
from huying.places.heirs import Heirs
from huying.places.queries import plans


def open_in(codes: Sequence[str]) -> Iterable[Lying]:
    """Open cases there, without those that left the prefix rule: nobody learns of these by a count."""
    rows = Case.objects.filter(within(codes), IS_OPEN, restricted=False).order_by("pk")
    for pk, code, lng, lat in rows.values_list("pk", "area_code", "lng", "lat"):
        yield Lying(str(pk), code, lng, lat)


def past_in(codes: Sequence[str]) -> int:
    return Case.objects.filter(within(codes), ~IS_OPEN, restricted=False).count()


@act
def follow_area(docket: Docket, *, area_code: str, desk_code: str, plan_id: UUID, actor: Actor, now: datetime) -> None:
    """Give the case the code of the area in which it lies since the change; the code it was filed under stays."""
    case = docket.case
    if (case.area_code, case.desk_code) == (area_code, desk_code):
        return
    facts = {
        "area_old": case.area_code, "area_new": area_code, "desk_old": case.desk_code, "desk_new": desk_code,
        "plan": str(plan_id),
    }  # fmt: skip
    docket.move(Verb.PLACE, actor=actor, now=now, facts=facts)
    case.area_code, case.desk_code = area_code, desk_code
    for clock in docket.running():
        if clock.area_code != area_code:
            clock.area_code = area_code
            docket.change(clock)
    docket.index_words()


def follow_areas(*, plan_id: UUID, actor: Actor, now: datetime) -> int:
    """Let every open case of the areas changed by this plan follow, restricted ones too; says how many moved.

    Earlier changes that nobody followed yet go first. Twice is once.
    """
    return sum(follow(plan_id=plan_id, who="cases", step=lambda plan: _follow(plan, actor, now)))


def _follow(plan_id: UUID, actor: Actor, now: datetime) -> int:
    heirs = plans.heirs(plan_id)
    lying = within(heirs.codes) | within(heirs.codes, "desk_code")
    moved = 0
    for row in Case.objects.filter(lying, IS_OPEN).order_by("pk").only("pk", "area_code", "desk_code", "lng", "lat"):
        area, desk = (heirs.home(code, row.lng, row.lat) for code in (row.area_code, row.desk_code))
        if (area, desk) != (row.area_code, row.desk_code):
            follow_area(row.pk, area_code=area, desk_code=desk, plan_id=plan_id, actor=actor, now=now)
            moved += 1
    _follow_incidents(heirs, plan_id, actor, now)
    _follow_spots(heirs, plan_id, actor, now)
    return moved


def _follow_incidents(heirs: Heirs, plan_id: UUID, actor: Actor, now: datetime) -> None:
    """What is part of an open incident: every part of an area that was divided."""
    rows = Incident.objects.select_for_update(of=("self",)).filter(ended_at=None).select_related("case")
    for row in rows.order_by("pk"):
        codes = list(dict.fromkeys(new for code in row.area_codes for new in heirs.spread(code)))
        if codes != row.area_codes:
            facts = {"incident": row.pk, "area_old": row.area_codes, "area_new": codes, "plan": plan_id}
            row.area_codes = codes
            row.save(update_fields=["area_codes"])
            audit.append(
                kind="case", object_id=row.case_id, verb=IncidentVerb.FOLLOW, actor=actor, at=now,
                area_code=row.case.area_code, from_state=row.case.state, to_state=row.case.state, facts=facts,
            )  # fmt: skip


def _follow_spots(heirs: Heirs, plan_id: UUID, actor: Actor, now: datetime) -> None:
    """Places of campaigns that are not closed; the campaign itself where its own area got another code."""
    going = Campaign.objects.select_for_update().filter(closed_at=None)
    for campaign in going.order_by("pk"):
        area = heirs.home(campaign.area_code)
        if area != campaign.area_code:
            campaign.area_code = area
            campaign.save(update_fields=["area_code"])
        rows = CampaignSpot.objects.select_for_update().filter(within(heirs.codes), campaign=campaign)
        for row in rows.order_by("pk"):
            old, row.area_code = row.area_code, heirs.home(row.area_code, row.lng, row.lat)
            if row.area_code != old:
                row.save(update_fields=["area_code"])
                audit.append(
                    kind=SPOT, object_id=row.pk, verb="follow_area", actor=actor, at=now, area_code=row.area_code,
                    from_state=row.state, to_state=row.state, facts={"area_old": old, "plan": plan_id},
                )  # fmt: skip
