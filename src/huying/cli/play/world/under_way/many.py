"""Many callers, one matter: the water is off since this morning, most calls have joined, two still may."""

from __future__ import annotations

from datetime import timedelta

from huying.cases.actions import incidents, sign_in_order
from huying.cli.play.world.geography import STREET
from huying.cli.play.world.under_way.stage import DISPATCHER, Stage

WATER, WORKS = "1801", "供水企业"
SAID = (
    "{p}停水了，什么时候来？", "我们这栋从早上开始没有水。", "{p}一滴水都没有，小孩等着洗澡。",
    "水龙头没水，是不是修管？", "整个小区停水，没有看到通知。", "{p}的店里没水，开不了门。",
    "楼上楼下都停水，请问要停多久？",
)  # fmt: skip


def furnish(stage: Stage) -> None:
    began, boss = stage.ago(hours=4), stage.who(DISPATCHER)
    case_id = stage.call("{p}路口水管爆了，水往上冒，家里也停水了。", began, type_code=WATER, place=1)
    stage.sent(case_id, WORKS, began + timedelta(minutes=10))
    sign_in_order(case_id, actor=stage.of(WORKS), now=began + timedelta(minutes=20))
    calls = [
        stage.call(
            words, began + timedelta(minutes=25 + 11 * number), type_code=WATER if number % 2 else "",
            community=1 + number % 2, place=number,
        )
        for number, words in enumerate(SAID)
    ]  # fmt: skip
    found = incidents.declare_incident(
        case_id, title="榕树、木棉片区停水", place_words="榕树社区、木棉社区",
        area_codes=[f"{STREET}001", f"{STREET}002"], words="主水管爆裂，供水企业已到场开挖抢修。",
        advice="请先关好水龙头；应急取水点在两个社区居委会门口。", began_at=began,
        expected_at=stage.until + timedelta(hours=4), actor=boss, now=stage.ago(hours=2, minutes=20),
    )  # fmt: skip
    incidents.join_calls(found.pk, case_ids=calls[:5], actor=boss, now=stage.ago(hours=2, minutes=10))
    incidents.say_of_incident(
        found.pk, words="漏点已找到，正在换管，预计傍晚恢复。", expected_at=stage.until + timedelta(hours=3),
        actor=boss, now=stage.ago(hours=1),
    )  # fmt: skip
