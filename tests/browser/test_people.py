"""Pages of posts and grants in a browser: who sees what, a post handed over, a second step."""

from __future__ import annotations

import pytest

from huying.people.models import Appointment, Reserve, RoleGrant
from tests.browser.harness import TOUR
from tests.browser.test_every_page import day, visit  # noqa: F401
from tests.world import BANYAN

DESK = "/desk/people/"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_grants_posts_and_steps(visit, day, width):  # noqa: F811
    clerk = day.accounts["clerk"]
    post = Appointment.objects.get(account=day.accounts["building_head"])
    reserve = Reserve.objects.create(
        account=clerk, area_code=BANYAN, post="community_secretary", agreed=True, since="2026-10-01"
    )
    grant = RoleGrant.objects.get(account=clerk)
    keeper = visit("keeper", width)
    for name, address in {
        "tree": "tree/?all=1",
        "grants": "grants/",
        "grant": f"grants/new/?account={clerk.pk}",
        "seers": f"seers/?area={BANYAN}",
        "held": f"accounts/{clerk.pk}/",
        "revoke": f"grants/{grant.pk}/end/",
        "let-in": f"accounts/{clerk.pk}/let-in/",
        "hand-over": f"posts/{post.pk}/hand-over/?to=demo-clerk",
        "step": f"reserve/{reserve.pk}/list/",
        "my-post": "my-post/",
    }.items():
        keeper.go(DESK + address)
        keeper.look(f"people-{name}")
    assert keeper.faults == []
