"""What comes from above: tickets of a hotline with an inner limit, one asked back, and a leader's instruction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from huying.cases.actions import sign_in_order, tickets
from huying.cases.models import Source, Ticket
from huying.cases.rules.tickets import AskKind, Row, SourceKind, SourceTier
from huying.cli.play.world.geography import STREET
from huying.cli.play.world.under_way.stage import DISPATCHER, HANDLER, HEAD, SANITATION, Stage
from huying.registers import actions as registers
from huying.registers.declared import get

HOTLINE = {
    "code": "demo-hotline", "name": "市民热线（演示）", "kind": SourceKind.TICKET, "tier": SourceTier.CITY,
    "number_pattern": "YS########", "limit": "5wd", "return_within": "1wd", "extend_before": "1wd", "pauses": True,
    "upper_calls": True, "counted": True,
}  # fmt: skip
LEADERS = {
    "code": "demo-leaders", "name": "区领导批示（演示）", "kind": SourceKind.INSTRUCTION, "tier": SourceTier.DISTRICT,
    "limit": "10wd", "upper_calls": False, "counted": False,
}  # fmt: skip


def furnish(stage: Stage) -> None:
    hotline = _source(stage, HOTLINE)
    _kept(stage, "ticket_buffer", {"source": str(hotline.pk), "matter_code": "", "buffer": "1wd"})
    going, back, _new = (
        _ticket(stage, hotline, f"YS{number:08d}", words, hours)
        for number, (words, hours) in enumerate(
            (
                ("热线转来：榕荫路的公厕很久没有人打扫，味道大。", 26),
                ("热线转来：隔壁街道菜市场门口的路面塌了一块。", 3),
                ("热线转来：木棉大道夜里有渣土车洒漏，早上一地泥。", 1),
            ),
            start=1,
        )
    )  # fmt: skip
    case_id = _case_of(going)
    at = stage.ago(hours=25)
    stage.sent(case_id, SANITATION, at, type_code="0107", grid_code=stage.ground.grids[0].code)
    sign_in_order(case_id, actor=stage.who(HANDLER), now=at + timedelta(minutes=20))
    tickets.ask_upper(
        back, kind=str(AskKind.RETURN), reason="地点在隔壁街道，请转派。", actor=stage.who(DISPATCHER),
        now=stage.ago(hours=2),
    )  # fmt: skip
    paper = _ticket(
        stage, _source(stage, LEADERS), f"演示批示〔{stage.until:%Y}〕1 号",
        "请街道牵头，一个月内把公厕的夜间照明和防滑逐个看一遍，结果报我。", 30,
    )  # fmt: skip
    stage.sent(_case_of(paper), SANITATION, stage.ago(hours=28), type_code="0107", grid_code=stage.ground.grids[1].code)


def _kept(stage: Stage, key: str, values: dict[str, Any]) -> Any:
    return registers.put(
        register=get(key), row_id=None, values=values, actor=stage.who(HEAD), now=stage.ago(days=60)
    )  # fmt: skip


def _source(stage: Stage, given: dict[str, Any]) -> Source:
    found: Source = _kept(stage, "ticket_source", {**given, "area_code": STREET})
    return found


def _ticket(stage: Stage, source: Source, number: str, words: str, hours: int) -> UUID:
    """Handed down so many hours ago, taken in half an hour later."""
    row = Row(number, words=words, received=stage.ago(hours=hours), sheet={"工单编号": number, "诉求内容": words})
    [taken] = tickets.take_rows(
        source, [row], actor=stage.who(DISPATCHER), now=stage.ago(hours=hours) + timedelta(minutes=30)
    )  # fmt: skip
    assert taken.ticket_id is not None, taken.why
    return taken.ticket_id


def _case_of(ticket_id: UUID) -> UUID:
    return Ticket.objects.values_list("report__case_id", flat=True).get(pk=ticket_id)
