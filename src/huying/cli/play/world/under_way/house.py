"""What the house keeps: a drill that is over, answers and a reply, components, limits for the heat, a shift left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from huying.cases.actions import NewReport, emergencies, sign_in_order
from huying.cases.queries.lists import work_of
from huying.cases.rules import Channel
from huying.cases.rules.emergencies import Hazard
from huying.cli.play.world.geography import STREET
from huying.cli.play.world.organisations import CENTRE_UNIT
from huying.cli.play.world.under_way.stage import DISPATCHER, HANDLER, HEAD, LEADER, WORKER, Stage
from huying.desk.actions import keeping
from huying.desk.rules import filter_address
from huying.desk.shifts import facts_of
from huying.kernel.ids import uuid7
from huying.matters.actions import knowledge, sets
from huying.matters.rules.knowledge import KnowledgeKind, ReplyFor
from huying.matters.rules.seasons import Alert, Season
from huying.places.models import Estate
from huying.places.premises import ComponentKind, Condition
from huying.registers import actions as registers
from huying.registers.declared import get

ARTICLES = (
    ("大件家具怎么扔", "打社区居委会电话预约，每周三、周六上门收，不收钱。请先拆开，放到楼下指定点。", "0105"),
    ("停水了去哪里取水", "停水超过四小时，社区居委会门口设取水点；行动不便的，打电话请社区送上门。", "1801"),
    ("共享单车挡路找谁", "打街道服务电话或在网页上报，四个工作时内摆齐；盲道上的先办。", "0409"),
)
REPLY = "您好，您反映的{place}{matter}，{unit}已于{date}到场处理。以后还有这种情况，请告诉我们编号{number}。"
OTHER_NAMES = (("棉纺厂家属院", "棉纺宿舍"), ("渡口码头", "渡口里"), ("老书院街坊", "书院宿舍"))
EMERGENCY_OFFICE = "街道应急管理办"


def furnish(stage: Stage) -> None:
    _drill(stage)
    _answers(stage)
    _components(stage)
    _other_names(stage)
    sets.write_set(
        season=Season.HEAT, alert=Alert.ORANGE, area_code=STREET, recount=False,
        limits="sign_in urgent=15m\nhandle urgent=8h",  # as stored: words would be those of the terminal's language
        actor=stage.who(HEAD), now=stage.ago(days=50),
    )  # fmt: skip


def _drill(stage: Stage) -> None:
    """Two hours of a rainstorm that was none, five days ago: two hazards, a call, and it is ended."""
    at, leader = stage.ago(days=5), stage.who(LEADER)
    drill = emergencies.declare_emergency(
        season=Season.RAINSTORM, alert=Alert.ORANGE, area_code=STREET, reason="汛期前演练", drill=True, actor=leader,
        now=at,
    )  # fmt: skip
    spots = stage.spots(1)
    for number, (hazard, words) in enumerate(((Hazard.WATER, "路口积水到小腿。"), (Hazard.TREE, "大树倒在车道上。"))):
        spot = spots[number]
        found = emergencies.report_hazard(
            uuid7(), emergency_id=drill.pk, hazard=str(hazard), words=words, lng=spot.lng, lat=spot.lat,
            place_words=spot.words, actor=stage.who(WORKER), now=at + timedelta(minutes=10 + number),
        )  # fmt: skip
        if hazard == Hazard.WATER:
            stage.sent(found.case.pk, EMERGENCY_OFFICE, at + timedelta(minutes=20), type_code="0605")
            sign_in_order(found.case.pk, actor=stage.of(EMERGENCY_OFFICE), now=at + timedelta(minutes=27))
    spot = spots[2]
    call = NewReport(
        words="地下车库进水，请派沙袋。", area_code=STREET, channel=Channel.HOTLINE, lng=spot.lng, lat=spot.lat,
        place_words=spot.words,
    )  # fmt: skip
    emergencies.take_drill_call(uuid7(), call, actor=stage.who(DISPATCHER), now=at + timedelta(minutes=30))
    emergencies.end_emergency(emergency_id=drill.pk, actor=leader, now=at + timedelta(hours=2))


def _answers(stage: Stage) -> None:
    """One writes, another publishes; the last article still waits for that."""
    texts: list[dict[str, Any]] = [
        {"kind": KnowledgeKind.ARTICLE, "question": question, "body": body, "type_codes": [code]}
        for question, body, code in ARTICLES
    ]
    reply = {"kind": KnowledgeKind.REPLY, "question": "到场处理好了", "body": REPLY, "reply_for": ReplyFor.RESULT}
    texts.insert(0, reply)
    for number, one in enumerate(texts):
        at = stage.ago(days=40 - number)
        made = knowledge.write_knowledge(
            **one, area_code=STREET, review_on=stage.day(120), actor=stage.who(HEAD), now=at
        )  # fmt: skip
        knowledge.submit_knowledge(version_id=made.pk, actor=stage.who(HEAD), now=at + timedelta(hours=1))
        if number < len(texts) - 1:
            knowledge.publish_knowledge(version_id=made.pk, actor=stage.who(LEADER), now=at + timedelta(hours=5))


def _components(stage: Stage) -> None:
    """Bins, lamps and covers where calls are: whoever keeps them stands first when one is dispatched."""
    kinds = (
        (ComponentKind.BIN, "垃圾桶", "环卫作业单位", "JX"), (ComponentKind.LAMP, "路灯", "路灯养护单位", "LD"),
        (ComponentKind.MANHOLE, "井盖", "排水养护单位", "JG"),
    )  # fmt: skip
    for number, grid in enumerate(stage.ground.grids[:9], start=1):
        kind, name, keeper, letters = kinds[number % 3]
        spot = grid.spots[0]
        registers.put(
            register=get("component"), row_id=None, actor=stage.who(HEAD), now=stage.ago(days=30),
            values={
                "number": f"{letters}-{number:04d}", "name": f"{spot.words}{name}", "area_code": grid.code,
                "kind": kind, "condition": Condition.IN_USE, "competent": "街道城市管理办", "owner": "街道城市管理办",
                "keeper": keeper, "point": f"{spot.lng},{spot.lat}",
            },
        )  # fmt: skip


def _other_names(stage: Stage) -> None:
    """What people also call three of the estates: a call that says so is found there."""
    for name, known_as in OTHER_NAMES:
        estate = Estate.objects.get(name=known_as, area_code__startswith=STREET)
        registers.put(
            register=get("other_name"), row_id=None, actor=stage.who(HEAD), now=stage.ago(days=30),
            values={"name": name, "area_code": estate.area_code, "estate": estate.pk},
        )  # fmt: skip


def hand_over(stage: Stage) -> None:
    """The head leaves the shift to the dispatcher, who has not taken it over yet; filters of hers and of the centre."""
    centre, now = stage.unit(CENTRE_UNIT), stage.ago(minutes=20)
    head, dispatcher = stage.who(HEAD), stage.who(DISPATCHER)
    for who, name, part, unit_id in (
        (dispatcher, "今天变红", ("red_today", "1"), centre),
        (dispatcher, "两次退回", ("flag", "returned_twice"), None),
        (stage.who(HANDLER), "快到期", ("light", "yellow"), None),
    ):
        keeping.save_filter(
            filter_id=uuid7(), name=name, query=filter_address([part]), unit_id=unit_id, actor=who, now=now
        )  # fmt: skip
    keeping.leave_shift(
        hand_over_id=uuid7(), unit_id=centre, words="停水的抢修还在进行，供水企业每小时报一次；热线退回的那件等回音。",
        facts=facts_of(head, work_of(head), now=now), actor=head, now=now,
    )  # fmt: skip


__all__ = ["furnish", "hand_over"]
