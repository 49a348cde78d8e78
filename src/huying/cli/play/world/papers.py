"""What is put up in the demo street: a plan that runs, accounts that are closed, a list that waits for approval."""

from __future__ import annotations

from datetime import datetime, timedelta

from huying.cli.play.world.geography import STREET
from huying.kernel.actor import Actor, resident
from huying.kernel.ids import uuid7
from huying.notices import actions
from huying.notices.actions.public import Paper
from huying.notices.models import PublicNotice
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places

PLAN = "\n".join(
    (
        "社区拟在北门停车场东侧加装十二个电动自行车充电桩，由中标单位出资，居民按度数付费。",
        "一、位置：北门停车场东侧，离最近的楼三十米。",
        "二、时间：公示期满后两个月内装好。",
        "三、安全：每个桩有过载保护和灭火器，夜里十一点后不新开充电。",
    )
)
ACCOUNTS = "上半年社区服务资金收入 86,400 元，支出 71,250 元，结余 15,150 元。明细见居委会公告栏。"
LIST = "经楼栋推荐、社区审核，拟聘任下一届楼栋联络员二十三名，名单张贴在居委会公告栏。"


def furnish(*, now: datetime) -> int:
    """Draft, put up, object, answer and close through the same actions as the pages; says how many papers."""
    code = f"{STREET}001"
    drafter, decider = _hand(Duty.DISPATCH, code, now), _hand(Duty.LEAD, STREET, now)
    if drafter is None or decider is None:
        return 0
    by = places.own_name_of(code) + "居委会"
    running = _asked("plan", "北门加装充电桩的方案", PLAN, code, by, drafter, now - timedelta(days=6))
    actions.decide_public(public_id=running.pk, granted=True, actor=decider, now=now - timedelta(days=5))
    actions.object_to_public(
        public_id=running.pk, words="希望再离三号楼远一点，夜里有人说话。", key=uuid7(), actor=resident(),
        now=now - timedelta(days=2),
    )  # fmt: skip
    closed = _asked("finance", "上半年服务资金收支", ACCOUNTS, code, by, drafter, now - timedelta(days=40))
    actions.decide_public(public_id=closed.pk, granted=True, actor=decider, now=now - timedelta(days=39))
    actions.close_public(
        public_id=closed.pk, summary="公示期间没有收到异议。", actor=drafter, now=now - timedelta(days=20)
    )  # fmt: skip
    _asked("people", "拟聘任楼栋联络员名单", LIST, code, by, drafter, now - timedelta(hours=3))
    return 3


def _hand(duty: Duty, code: str, now: datetime) -> Actor | None:
    holders = people.holders_of(duty, code, now=now)
    demo = [one for one in holders if one.demo_role]
    found = next(iter(demo or holders), None)
    return people.actor_for(found, now) if found is not None else None


def _asked(kind: str, title: str, body: str, code: str, by: str, drafter: Actor, at: datetime) -> PublicNotice:
    paper = actions.draft_public(
        paper=Paper(kind, title, body, code, by, 15), actor=drafter, now=at
    )  # fmt: skip
    return actions.ask_public(public_id=paper.pk, actor=drafter, now=at)
