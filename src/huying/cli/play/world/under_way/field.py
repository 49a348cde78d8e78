"""What goes on outdoors: whistles in each of their states, an errand with an outsider, a campaign half done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from huying.cases.actions import campaigns, errands, whistling
from huying.cases.codes import arrival_code, errand_code
from huying.cases.models import Campaign, CampaignSpot, Whistle
from huying.cases.queries.whistles import kinds
from huying.cases.rules.campaigns import Finding
from huying.cases.rules.errands import ErrandVerb
from huying.cli.play.world.geography import STREET
from huying.cli.play.world.under_way.stage import (
    COMMITTEE,
    DISPATCHER,
    ENFORCEMENT,
    HANDLER,
    SANITATION,
    SECRETARY,
    WORKER,
    Stage,
)
from huying.kernel.actor import Actor
from huying.people.rules import Duty

MINUTES = timedelta(minutes=1)
BIKES = "0409"


def furnish(stage: Stage) -> None:
    if kinds(stage.until, STREET):  # none was in force in a world that ends long ago
        _whistles(stage)
    _errand(stage)
    _campaign(stage)


# Whistles


def _whistles(stage: Stage) -> None:
    """One is over, in one both units have come, one calls the demo's handler, one waits for the head's word."""
    over = _blown(stage, "{p}的店铺把桌子摆到人行道上，油污满地。", stage.ago(days=6), place=0)
    _come(stage, over, stage.ago(days=6) + 60 * MINUTES)
    _ended(stage, over, stage.ago(days=6) + 120 * MINUTES)
    joint = _blown(stage, "{p}的水果摊占了半条路，烂果皮没人扫。", stage.ago(hours=3), place=1)
    _come(stage, joint, stage.ago(hours=2))
    _blown(stage, "{p}有人把废家具堆在消防通道口。", stage.ago(minutes=70), place=2)
    _asked(stage, "{p}的烧烤档天天摆到车道上，社区劝了几次没有用。", stage.ago(minutes=40), place=3)


def _asked(stage: Stage, words: str, at: datetime, *, place: int) -> Whistle:
    case_id = stage.call(words, at - 30 * MINUTES, type_code="0402", place=place)
    return whistling.ask_whistle(
        case_id, kind="enforcement", unit_ids=[stage.unit(ENFORCEMENT), stage.unit(SANITATION)],
        reason="社区没有执法权，也没有冲洗车。", wanted="请执法队到场，环卫站来冲洗。",
        caller_id=stage.unit(COMMITTEE), actor=stage.who(WORKER), now=at,
    )  # fmt: skip


def _blown(stage: Stage, words: str, at: datetime, *, place: int) -> UUID:
    found = _asked(stage, words, at, place=place)
    whistling.decide_whistle(found.pk, granted=True, actor=stage.who(SECRETARY), now=at + 10 * MINUTES)
    return found.pk


def _called(stage: Stage) -> tuple[Actor, Actor]:
    return stage.of(ENFORCEMENT), stage.who(HANDLER)


def _come(stage: Stage, whistle_id: UUID, at: datetime) -> None:
    """Both answer, and tell the word that they heard on the spot."""
    for one in _called(stage):
        whistling.answer_whistle(whistle_id, words="两人一车，马上到。", actor=one, now=at)
        whistling.arrive_whistle(
            whistle_id, code=arrival_code(whistle_id), actor=one, now=at + 30 * MINUTES
        )  # fmt: skip


def _ended(stage: Stage, whistle_id: UUID, at: datetime) -> None:
    enforcer, handler = _called(stage)
    whistling.finish_part(whistle_id, words="劝离桌椅，开了一张整改单。", actor=enforcer, now=at)
    whistling.finish_part(whistle_id, words="冲洗了路面，清掏了下水口。", actor=handler, now=at + 5 * MINUTES)
    worker, at = stage.who(WORKER), at + 10 * MINUTES
    whistling.end_whistle(whistle_id, done="桌椅收回，路面干净。", remains="下月复查整改。", actor=worker, now=at)
    for part in Whistle.objects.get(pk=whistle_id).parts.order_by("pk"):
        whistling.rate_unit(whistle_id, part_id=part.pk, score=5, words="来得快。", actor=worker, now=at + 20 * MINUTES)
    for score, one in ((5, enforcer), (4, handler)):
        whistling.rate_caller(whistle_id, score=score, actor=one, now=at + 60 * MINUTES)


# An errand


def _errand(stage: Stage) -> None:
    """Somebody outside says that it is done: the handler looks and confirms."""
    case_id = stage.with_handler("{p}的公厕化粪池满了，要叫吸粪车。", stage.ago(days=1), place=7)
    at, device = stage.ago(hours=22), "demo-outsider"
    made = errands.send_errand(
        case_id, firm="示例管道疏通服务部", words="请抽一次化粪池，抽完冲洗地面，拍照给我。",
        place=stage.spots(1)[0].words, term="3d", actor=stage.who(HANDLER), now=at,
    )  # fmt: skip
    errands.open_errand(errand_code(made.pk, 0), device, now=at + 20 * MINUTES)
    errands.act_on_errand(made.pk, ErrandVerb.ACCEPT, device=device, planned_on=stage.day(0), now=at + 25 * MINUTES)
    errands.act_on_errand(
        made.pk, ErrandVerb.FINISH, device=device, words="抽完了，地面冲过两遍。",
        images=[stage.shelf.pair("0604")[1]], now=stage.ago(hours=3),
    )  # fmt: skip


# A campaign


def _campaign(stage: Stage) -> None:
    """Places in every community, worked through by their committees; some checked, one back, some still to do."""
    boss, at = stage.who(DISPATCHER), stage.ago(days=9)
    made = campaigns.plan_campaign(
        name="共享单车乱停放整治（演示）", aim="人行道和盲道上不留一辆乱停的车，停车框画好、有人看。",
        area_code=STREET, type_codes=[BIKES], from_day=stage.day(-9), until_day=stage.day(21), actor=boss, now=at,
    )  # fmt: skip
    every = [spot for number in range(1, len(stage.ground.communities) + 1) for spot in stage.spots(number)[:1]]
    every += stage.spots(1)[1:4]
    new = [campaigns.NewSpot(name=f"{one.words}旁"[:60], lng=one.lng, lat=one.lat) for one in every]
    campaigns.add_spots(made.pk, spots=new, by_community=True, actor=boss, now=at + 10 * MINUTES)
    last = CampaignSpot.objects.filter(campaign=made).order_by("-number")[:2]
    campaigns.share_spots(
        made.pk, spot_ids=[one.pk for one in last], unit_id=stage.unit(SANITATION), actor=boss, now=at + 20 * MINUTES
    )  # fmt: skip
    campaigns.begin_campaign(made.pk, actor=boss, now=at + 30 * MINUTES)
    _worked(stage, made)


def _worked(stage: Stage, made: Campaign) -> None:
    spots = list(CampaignSpot.objects.filter(campaign=made).select_related("unit").order_by("number"))
    before, after = stage.shelf.pair(BIKES)
    boss = stage.who(DISPATCHER)
    for number, spot in enumerate(spots[:8]):
        assert spot.unit is not None
        worker, at = stage.of(spot.unit.name), stage.ago(days=8 - number)
        if number == 6:
            campaigns.open_case(
                spot.pk, words=f"{spot.name}的停车框被施工围挡占了，要重新选位置。", actor=worker, now=at
            )  # fmt: skip
            given: dict[str, Any] = {"finding": str(Finding.HANDED_ON), "words": "已转案件。", "before": [before]}
        else:
            given = {"finding": str(Finding.SOLVED), "before": [before], "after": [after]}
        campaigns.finish_spot(spot.pk, **given, actor=worker, now=at + 30 * MINUTES)
        if number < 5:
            campaigns.pass_spot(spot.pk, words="停得整齐。", actor=boss, now=at + 300 * MINUTES)
        elif number == 5:
            campaigns.fail_spot(spot.pk, words="拐角还有两辆压在盲道上。", actor=boss, now=at + 300 * MINUTES)
    campaigns.start_spot(
        spots[-1].pk, images=[before], actor=stage.of(SANITATION, Duty.HANDLE), now=stage.ago(hours=2)
    )  # fmt: skip
