"""Sources and tickets for tests: a hotline of the city, a petition office, and the rows that they send."""

from __future__ import annotations

from datetime import timedelta

from huying.cases import actions as a
from huying.cases.actions import tickets as t
from huying.cases.models import Case, Source, Ticket
from huying.cases.rules.tickets import Row
from huying.kernel.actor import system
from huying.registers.declared import get
from huying.registers.writing import write
from tests.world import GRID, NOW, STREET

WORDS = "城市热线转来：榕树路口的垃圾桶满了，两天没有人来收。"
RECEIVED = NOW - timedelta(hours=1)
MADE = {
    "code": "hotline", "name": "城市热线", "area_code": STREET, "kind": "ticket", "tier": "city",
    "number_pattern": "GZ########", "limit": "5wd", "return_within": "1wd", "extend_before": "1wd", "pauses": True,
    "upper_calls": True, "counted": True, "closing": "",
}  # fmt: skip


def source_of(*, buffers=(("", "1wd"),), now=NOW, **given) -> Source:
    made = _row("ticket_source", {**MADE, **given}, now)
    for code, buffer in buffers:
        values = {"source": made.pk, "matter_code": code, "buffer": buffer}
        _row("ticket_buffer", values, now)
    return Source.objects.get(pk=made.pk)


def _row(key, values, now):
    get(key).check(values, None, actor=system(), now=now)
    return write(get(key), None, values, actor=system(), now=now)


def row(number="GZ20261020", **given) -> Row:
    values = {"words": WORDS, "received": RECEIVED, "name": "刘样本", "phone": "13800000000", **given}
    return Row(number, **values, sheet={"工单编号": number, "诉求内容": values["words"], "备注": "请致电13800000000"})


def take(world, source, *rows, now=NOW, who="clerk"):
    return t.take_rows(source, list(rows) or [row()], actor=world.people[who], now=now)


def ticket(world, source=None, *, now=NOW, **given) -> Ticket:
    told = take(world, source or source_of(), row(**given), now=now)
    return Ticket.objects.select_related("source", "report__case").get(pk=told[0].ticket_id)


def in_hand(world, one: Ticket, *, now=NOW + timedelta(minutes=30)):
    case = a.register_file_dispatch(
        one.report.case_id, lead_id=world.units["sanitation"].pk, type_code="0103", grade="ordinary", grid_code=GRID,
        actor=world.dispatcher, now=now,
    )  # fmt: skip
    return a.sign_in_order(case.pk, actor=world.handler, now=now + timedelta(minutes=5))


def to_call_back(world, one: Ticket, *, now=NOW + timedelta(hours=2)):
    """Handled, signed, reviewed and looked at: what is left is the caller's word."""
    case_id = one.report.case_id
    a.contact_reporter(case_id, result="reached", actor=world.handler, now=now)
    return done_again(world, case_id, now=now + timedelta(minutes=5))


def done_again(world, case_id, *, now):
    minute = timedelta(minutes=1)
    if Case.objects.get(pk=case_id).round > 1:
        a.take_part(case_id, part="planned", words="加派一班。", actor=world.unit_head, now=now)
    a.submit_result(case_id, outcome="explained", answer="已经清运，并加派了一班。", actor=world.handler, now=now)
    a.sign_result(case_id, actor=world.unit_head, now=now + minute)
    case = a.review_result(case_id, actor=world.reviewer, now=now + 2 * minute)
    if case.state == "checking":
        case = a.check_place(
            case_id, passed=True, words="干净了。", actor=world.grid_worker, now=now + 3 * minute
        )  # fmt: skip
    return case


def answered(world, one: Ticket, *, now=NOW + timedelta(hours=3)) -> Ticket:
    in_hand(world, one)
    to_call_back(world, one)
    t.fill_closing(one.pk, fields={"办理结果": "已解决"}, actor=world.clerk, now=now)
    return t.send_answer(one.pk, actor=world.dispatcher, now=now)
