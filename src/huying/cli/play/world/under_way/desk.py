"""What waits at desks: more time and holds asked for, a supervision, a question, a joint decision, a call in parts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from huying.cases.actions import (
    ask_extension,
    ask_hold,
    ask_reporter,
    ask_return,
    decide_hold,
    decide_return,
    dispatch_case,
    report_back,
    split_case,
    supervise_case,
)
from huying.cases.actions.settling import record_council
from huying.cases.actions.units import name_unit
from huying.cases.models import WorkOrder
from huying.cases.rules import HoldReason
from huying.cli.play.world.under_way.stage import (
    DISPATCHER,
    HANDLER,
    HEAD,
    LEADER,
    SANITATION,
    SUPERVISOR,
    Stage,
)

CONTRACTOR = "环卫作业单位"
CLAUSE = "不在本单位履职事项清单内"


def furnish(stage: Stage) -> None:
    _settled(stage)
    _held(stage)
    _supervised(stage)
    _more_time(stage)
    _asked(stage)
    _in_parts(stage)


def _settled(stage: Stage) -> None:
    """Two units gave it back; a meeting found whose it is, and the leader named it: the next like case says so."""
    at = stage.ago(days=3)
    case_id = stage.call("{p}的公厕外墙瓷砖掉了两片，谁都说不归自己修。", at, type_code="0107", place=3)
    handler, dispatcher = stage.who(HANDLER), stage.who(DISPATCHER)
    at += timedelta(minutes=10)
    stage.sent(case_id, CONTRACTOR, at)
    for unit, asker in ((CONTRACTOR, stage.of(CONTRACTOR)), (SANITATION, handler)):
        if unit == SANITATION:
            dispatch_case(case_id, lead_id=stage.unit(unit), actor=dispatcher, now=at)
        order = WorkOrder.objects.get(case_id=case_id, unit_id=stage.unit(unit))
        reason = "合同只管保洁，外墙维修不在内。" if unit == CONTRACTOR else "站里没有维修人员和预算。"
        ask_return(
            case_id, clause=CLAUSE, reason=reason, order_id=order.pk, actor=asker, now=at + timedelta(minutes=5)
        )  # fmt: skip
        at += timedelta(minutes=15)
        decide_return(
            case_id, order_id=order.pk, granted=True, words="合同和清单核对过，同意退回。", actor=dispatcher, now=at
        )  # fmt: skip
        at += timedelta(minutes=5)
    record_council(
        case_id, unit_ids=[stage.unit(one) for one in (CONTRACTOR, SANITATION, "街道城市建设办")],
        minutes="外墙是公厕的附属设施，产权在环卫站；维修由环卫站报计划，城市建设办出技术员。",
        decided_id=stage.unit(SANITATION), actor=dispatcher, now=at + timedelta(hours=1),
    )  # fmt: skip
    name_unit(
        case_id, lead_id=stage.unit(SANITATION), reason="会商已有结论，按产权指定承办。",
        precedent="公厕附属设施维修", actor=stage.who(LEADER), now=at + timedelta(hours=2),
    )  # fmt: skip


def _held(stage: Stage) -> None:
    at = stage.ago(days=8)
    case_id = stage.with_handler("{p}的公厕常年缺水，想加一个水箱。", at)
    _hold(stage, case_id, HoldReason.FUNDS, days_ago=7, ahead=20)
    decide_hold(case_id, granted=True, words="列入下一批设施更新。", actor=stage.who(LEADER), now=stage.ago(days=6))
    waiting = stage.with_handler("{p}的公厕没有无障碍坡道，轮椅进不去。", stage.ago(hours=5), place=1)
    _hold(stage, waiting, HoldReason.PROJECT, days_ago=0.1, ahead=30)


def _hold(stage: Stage, case_id: UUID, why: HoldReason, *, days_ago: float, ahead: int) -> None:
    ask_hold(
        case_id, kind=str(why), until=stage.day(ahead), reason="已报街道立项，等批下来才能开工。",
        actor=stage.who(HANDLER), now=stage.ago(days=days_ago),
    )  # fmt: skip


def _supervised(stage: Stage) -> None:
    """One whose unit is to report back, one whose report is to be looked at."""
    for place, words in ((0, "{p}的公厕门锁坏了三天，一直没人来换。"), (2, "{p}的公厕晚上没有灯，地上很滑。")):
        case_id = stage.with_handler(words, stage.ago(days=2, hours=place), place=place)
        what = "今天到现场，写清楚几时换好，拍一张照片。"
        supervise_case(case_id, what=what, limit="1wd", actor=stage.who(SUPERVISOR), now=stage.ago(hours=20))
        if place:
            told = "灯管已经换好，地面铺了防滑垫。"
            report_back(case_id, words=told, actor=stage.who(HANDLER), now=stage.ago(hours=2))


def _more_time(stage: Stage) -> None:
    case_id = stage.with_handler("{p}的公厕水管冻裂漏水，冲不了。", stage.ago(hours=4), place=4)
    ask_extension(
        case_id, amount=1, unit="d", reason="配件明天才到货，已经先接临时水管。", actor=stage.who(HANDLER),
        now=stage.ago(hours=1),
    )  # fmt: skip


def _asked(stage: Stage) -> None:
    """The caller is asked one thing more; the clock stands still until the answer."""
    case_id = stage.with_handler("{p}附近的公厕堵了。", stage.ago(hours=6), place=5)
    ask_reporter(
        case_id, report_id=case_id, question="是男厕还是女厕，第几个隔间？", limit="2wd", actor=stage.who(HANDLER),
        now=stage.ago(hours=5),
    )  # fmt: skip


def _in_parts(stage: Stage) -> None:
    case_id = stage.call("{p}的垃圾桶满了，旁边的路灯也不亮。", stage.ago(hours=7), type_code="0103", place=6)
    parts = [{"words": "垃圾桶旁边的路灯不亮。", "type_code": "0205"}]
    split_case(case_id, parts=parts, actor=stage.who(HEAD), now=stage.ago(hours=6, minutes=40))
