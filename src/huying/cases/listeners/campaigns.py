"""Units hear of the places of a campaign that are theirs: when it begins, and when they get more while it goes on."""

from __future__ import annotations

from uuid import UUID

from huying.cases import events
from huying.cases.models import Campaign, CampaignSpot
from huying.cases.queries import campaigns as reads
from huying.cases.rules.campaigns import OPEN_SPOTS, THING, CampaignState
from huying.kernel.events import News
from huying.notices.actions import Recipient, notify
from huying.people import queries as people


@events.campaign_shared.listen
def shared(news: News) -> None:
    """Whoever of these units works on one of their places: how many there are, and until when."""
    found = Campaign.objects.filter(pk=UUID(news.facts["campaign_id"]), state=CampaignState.RUNNING).first()
    if found is None:
        return
    for unit_id in map(UUID, news.facts["units"]):
        rows = CampaignSpot.objects.select_related("campaign").filter(
            campaign=found, unit_id=unit_id, state__in=sorted(str(one) for one in OPEN_SPOTS)
        )
        spots = list(rows.order_by("number"))
        members = people.members_of(unit_id, now=news.at)
        actors = [people.actor_for(one, news.at) for one in members] if spots else []
        workers = [one.id for one in actors if one.id and any(reads.works_on(one, spot) for spot in spots)]
        if workers:
            notify(
                template="campaign_shared",
                to=Recipient.account(*workers),
                facts={"title": found.name, "count": str(len(spots)), "until": f"{found.until_day:%Y-%m-%d}"},
                area_code=found.area_code,
                object_kind=THING,
                object_id=found.pk,
                now=news.at,
                once=f"{news.id}:{unit_id}",
            )
