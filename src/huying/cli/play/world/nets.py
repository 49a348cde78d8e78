"""The nets of departments over the demo street: most are merged into its grids, some still wait; a split is planned."""

from __future__ import annotations

from datetime import datetime, timedelta

from huying.cli.play.world.geography import STREET, Ground
from huying.kernel.actor import Actor
from huying.people.models import RoleGrant
from huying.people.queries import actor_for
from huying.places import actions as places
from huying.places import queries
from huying.places.actions import grids
from huying.places.plans import NetKind, PlanKind
from huying.places.rules import SHANGHAI

NOT_YET = 2  # communities whose nets still run beside the grids
NAMES = {
    NetKind.PARTY: "{name}党建网", NetKind.SAFETY: "{name}平安片", NetKind.EMERGENCY: "{name}应急片",
    NetKind.CITY: "{name}城管段", NetKind.CIVIL: "{name}民政片", NetKind.HEALTH: "{name}卫健片",
}  # fmt: skip


def furnish(ground: Ground, *, actor: Actor, now: datetime) -> None:
    """Six nets in each community, merged in all but the last ones; then one plan that waits for its second person."""
    communities = sorted(ground.communities)
    for place, code in enumerate(communities):
        codes = [grid.code for grid in ground.grids if grid.community == code]
        name = queries.own_name_of(code).removesuffix("社区")
        made = [
            grids.keep_old_net(
                kind=kind, name=words.format(name=name), area_code=code, grid_codes=codes, actor=actor, now=now
            ).pk
            for kind, words in NAMES.items()
        ]
        if place < len(communities) - NOT_YET:
            grids.merge_nets(net_ids=made, area_code=code, actor=actor, now=now)


def plan(ground: Ground, *, now: datetime) -> None:
    """The grid with most households is to be split; the keeper has drawn it and asks for a second person."""
    grid = max(ground.grids, key=lambda one: (one.households, one.code))
    held = RoleGrant.objects.filter(role="system_admin", area_code=STREET, until=None).select_related("account")
    keeper = held.order_by("account__username").first()
    if keeper is None:
        return
    who = actor_for(keeper.account, now)
    west, south, east, north = grid.polygon.bounds
    middle = round((south + north) / 2, 6)
    name = queries.own_name_of(grid.code).removesuffix("网格")
    drawn = places.draw_plan(
        kind=PlanKind.SPLIT,
        given={
            "code": grid.code,
            "line": [[round(west - 0.001, 6), middle], [round(east + 0.001, 6), middle]],
            "parts": [{"name": f"{name}北网格"}, {"name": f"{name}南网格"}],
        },
        effective_on=(now + timedelta(days=10)).astimezone(SHANGHAI).date(),
        reason="户数超过每格约 250 户",
        actor=who,
        now=now - timedelta(hours=3),
    )
    places.submit_plan(plan_id=drawn.pk, actor=who, now=now - timedelta(hours=2))
