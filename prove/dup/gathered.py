"""Keyed acts on incidents and campaigns, each played to where it comes next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from huying.cases.actions import campaigns, incidents
from huying.cases.actions.campaigns import NewSpot
from huying.cases.models import Campaign, CampaignSpot, Incident
from huying.kernel.ids import uuid7
from prove.race.stage import RACE
from tests.world import BANYAN, GRID, STREET, middle

WORDS = "榕树路口的路灯不亮了，请来看看。"
Call = Callable[[str, UUID | None], Any]


def incident(kinds: Any) -> Incident:
    """One that goes on."""
    return _declared(kinds, kinds.stage.scene("received"), WORDS, None)


def _declared(kinds: Any, scene: Any, words: str, key: UUID | None) -> Incident:
    kinds.stage.write()
    return incidents.declare_incident(
        scene.case.pk, title="榕树路一带停水", place_words="榕树社区", area_codes=[BANYAN], words=words, any_type=True,
        began_at=RACE - timedelta(hours=3), key=key, actor=kinds.stage.world.clerk, now=RACE,
    )  # fmt: skip


def campaign(kinds: Any, *, running: bool = True) -> Campaign:
    """One with a place of the community's committee."""
    made = _planned(kinds, WORDS, None)
    _listed(kinds, made, WORDS, None)
    if running:
        campaigns.begin_campaign(made.pk, actor=kinds.stage.world.dispatcher, now=RACE)
    return made


def _planned(kinds: Any, words: str, key: UUID | None) -> Campaign:
    return campaigns.plan_campaign(
        name="乱停放整治", aim=words, area_code=STREET, type_codes=["0103"], from_day=RACE.date(),
        until_day=RACE.date(), key=key, actor=kinds.stage.world.dispatcher, now=RACE,
    )  # fmt: skip


def _listed(kinds: Any, made: Campaign, words: str, key: UUID | None) -> Campaign:
    lng, lat = middle(GRID)
    campaigns.add_spots(
        made.pk, spots=[NewSpot(words[:20], lng=lng, lat=lat)], unit_id=kinds.stage.world.units["banyan"].pk, key=key,
        actor=kinds.stage.world.dispatcher, now=RACE,
    )  # fmt: skip
    return made


def spot(kinds: Any, *acts: str) -> CampaignSpot:
    """One place, after these acts."""
    found = CampaignSpot.objects.get(campaign=campaign(kinds))
    for act in acts:
        _walked(kinds, found, act)(WORDS, None)
    return found


def _walked(kinds: Any, found: CampaignSpot, act: str) -> Call:
    world, pictures = kinds.stage.world, kinds.stage.pictures
    more: dict[str, Any] = {"finding": "solved", "before": pictures, "after": pictures} if act == "finish_spot" else {}
    who = world.grid_worker if act in ("start_spot", "finish_spot", "open_case") else world.grid_worker2

    def call(words: str, key: UUID | None) -> Any:
        if act == "start_spot":  # it takes no words: another picture is another body
            return campaigns.start_spot(
                found.pk, images=pictures if words == WORDS else [], key=key, actor=who, now=RACE
            )  # fmt: skip
        return getattr(campaigns, act)(found.pk, words=words, **more, key=key, actor=who, now=RACE)

    return call


BEFORE: dict[str, tuple[str, ...]] = {
    "start_spot": (), "finish_spot": (), "open_case": (), "pass_spot": ("finish_spot",), "fail_spot": ("finish_spot",),
    "recur_spot": ("finish_spot", "pass_spot"),
}  # fmt: skip


def makers(kinds: Any, write: Callable[[Call], Any], once: Callable[[Call], Any]) -> dict[str, Callable[[], Any]]:
    """Each action's maker. `write`: another text is another body; `once`: the act has no body at all."""
    found: dict[str, Callable[[], Any]] = {
        name: (lambda name=name: write(_walked(kinds, spot(kinds, *BEFORE[name]), name))) for name in BEFORE
    }

    def of_incident(act: str) -> Any:
        row = incident(kinds)
        return write(
            lambda words, key: getattr(incidents, act)(
                row.pk, words=words, key=key, actor=kinds.stage.world.clerk, now=RACE
            )
        )

    def declare() -> Any:
        scene = kinds.stage.scene("received")
        kinds.stage.write()
        return write(lambda words, key: _declared(kinds, scene, words, key))

    def join() -> Any:
        row, scene = incident(kinds), kinds.stage.scene("received")
        kinds.stage.write()
        return write(
            lambda words, key: (
                incidents.join_calls(
                    row.pk, case_ids=[scene.case.pk, *([] if words == WORDS else [row.case_id])], key=key,
                    actor=kinds.stage.world.clerk, now=RACE,
                ).incident
            )
        )  # fmt: skip

    def of_campaign(act: str, who: str, *, closed: bool = False, shown: bool = False) -> Any:
        row, world = campaign(kinds), kinds.stage.world
        if closed:
            campaigns.close_campaign(row.pk, words=WORDS, actor=world.dispatcher, now=RACE)
        if shown:
            campaigns.publish_campaign(row.pk, words=WORDS, actor=world.leader, now=RACE)
            return once(lambda _words, key: campaigns.hide_campaign(row.pk, key=key, actor=world.leader, now=RACE))
        return write(
            lambda words, key: getattr(campaigns, act)(
                row.pk, words=words, key=key, actor=world.people[who], now=RACE
            )
        )  # fmt: skip

    def begin() -> Any:
        row = campaign(kinds, running=False)
        return once(
            lambda _words, key: campaigns.begin_campaign(
                row.pk, key=key, actor=kinds.stage.world.dispatcher, now=RACE
            )
        )  # fmt: skip

    def plan() -> Any:
        return write(lambda words, key: _planned(kinds, words, key))

    def add() -> Any:
        row = _planned(kinds, WORDS, None)
        return write(lambda words, key: _listed(kinds, row, words, key))

    def share() -> Any:
        found, world = spot(kinds), kinds.stage.world

        def call(words: str, key: UUID | None) -> Any:
            unit = world.units["sanitation" if words == WORDS else "enforcement"].pk
            campaigns.share_spots(
                found.campaign_id, spot_ids=[found.pk], unit_id=unit, key=key, actor=world.dispatcher, now=RACE
            )
            return found

        return write(call)

    return {
        **found,
        "declare_incident": declare,
        "say_of_incident": lambda: of_incident("say_of_incident"),
        "end_incident": lambda: of_incident("end_incident"),
        "join_calls": join,
        "plan_campaign": plan,
        "add_spots": add,
        "share_spots": share,
        "begin_campaign": begin,
        "close_campaign": lambda: of_campaign("close_campaign", "dispatcher"),
        "publish_campaign": lambda: of_campaign("publish_campaign", "leader", closed=True),
        "hide_campaign": lambda: of_campaign("hide_campaign", "leader", closed=True, shown=True),
    }


def operations(kinds: Any) -> dict[str, Callable[[], Any]]:
    """The same through the API."""

    def declare() -> Any:
        scene = kinds.stage.scene("received")
        kinds.stage.write()
        values = {
            "title": "停水", "words": "在抢修。", "area_codes": [BANYAN], "place_words": "榕树社区", "types": "any",
            "began_at": (RACE - timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M"),
        }  # fmt: skip
        path, other = f"/cases/{scene.case.pk}/incident", {**values, "title": "停电"}
        return kinds.sending("clerk", "POST", path, {"values": values}, {"values": other})

    def say() -> Any:
        path = f"/incidents/{incident(kinds).pk}/moves/say"
        return kinds.sending(
            "clerk", "POST", path, {"values": {"words": "快好了。"}}, {"values": {"words": "还要等。"}}
        )

    def join() -> Any:
        row, scene = incident(kinds), kinds.stage.scene("received")
        kinds.stage.write()
        path, one = f"/incidents/{row.pk}/calls", str(scene.case.pk)
        return kinds.sending("clerk", "POST", path, {"cases": [one]}, {"cases": [one, str(uuid7())]})

    def work() -> Any:
        path, said = f"/spots/{spot(kinds, 'finish_spot').pk}/moves/pass", {"values": {"words": "好。"}}
        return kinds.sending("grid_worker2", "POST", path, said, {"values": {"words": "很好。"}})

    return {
        "declare_incident": declare, "make_incident_move": say, "join_incident_calls": join, "make_spot_move": work,
    }  # fmt: skip
