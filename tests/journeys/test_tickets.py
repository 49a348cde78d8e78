"""A city hotline sends its tickets down in a sheet; the street answers them in the hotline's own columns, gives one
back, is called back by the hotline, and sends a matter of its own up to the city."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from huying.cases.models import Case, Source, Ticket
from tests.journeys.person import Person
from tests.journeys.steps import case_page, handle, move, review, submit
from tests.world import GRID, STREET

HEADING = "流水号,问题,派单时间,要求时间,来电人,来电号码,满意度,审批结果"
WORDS = "市民反映榕树路口的垃圾桶满了，两天没有人来收。"
OTHER = "市民反映市管大道的护栏松了，离河堤很近。"


def sheet(*rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("12345.csv", "\n".join([HEADING, *rows]).encode("utf-8-sig"), "text/csv")


def bring(one: Person, source: Source, *rows: str, columns: dict | None = None) -> Person:
    """The sheet, the columns where they are not known yet, the look, and yes."""
    one.open("/desk/cases/tickets/import/")
    one.press("下一步：核对", source=str(source.pk), file=sheet(*rows))
    if columns:
        one.press("按这样再看一遍", 200, **columns)
    return one.press("导入能导入的行", **(columns or {}))


def at(one: Person, ticket: Ticket, expect: int = 200) -> Person:
    return one.open(f"/desk/cases/tickets/{ticket.pk}/", expect)


def step(one: Person, ticket: Ticket, verb: str, button: str, expect: int = 200, **given) -> Ticket:
    one.open(f"/desk/cases/tickets/{ticket.pk}/?move={verb}")
    one.press(button, expect, where=f"/moves/{verb}/", **given)
    ticket.refresh_from_db()
    return ticket


def ticket_of(number: str) -> Ticket:
    return Ticket.objects.select_related("report__case").get(number=number)


@pytest.mark.mechanism("CALL-12")
def test_the_city_and_the_street_hand_matters_down_and_up(world, staff, clock):
    # The keeper writes the system down once: how its numbers look, its limit, its windows, its columns for answers.
    keeper = staff("keeper")
    keeper.open("/desk/registers/ticket_source/new/")
    keeper.press(
        "保存", code="hotline", name="城市热线", area_code=STREET, kind="ticket", tier="city", number_pattern="GZ####",
        limit="5wd", return_within="2wd", extend_before="1wd", pauses=True, upper_calls=True, counted=True,
        closing="流水号=number\n办理结果=outcome\n答复=answer\n经办单位=unit",
    )  # fmt: skip
    source = Source.objects.get()
    keeper.open("/desk/registers/ticket_buffer/new/")
    keeper.press("保存", source=str(source.pk), matter_code="", buffer="1wd")

    # Two tickets come in a sheet: its columns are said once, bad rows tell why, the good ones become cases.
    clerk, dispatcher = staff("clerk"), staff("dispatcher")
    named = {"number": "流水号", "words": "问题", "due": "要求时间", "received": "派单时间"}
    rows = (
        f"GZ0001,{WORDS},2026-10-20 08:30,2026-10-23 17:00,刘样本,13800000000,,",
        f"GZ0002,{OTHER},2026-10-20 08:40,2026-10-23 17:00,,,,",
        "错的,没有编号的一行,,,,,,",
    )
    bring(clerk, source, *rows, columns=named)
    assert "新工单 2" in clerk.words
    assert "不能导入 1" in clerk.words
    first, other = ticket_of("GZ0001"), ticket_of("GZ0002")
    # The same sheet once more makes nothing twice, and its columns are known.
    bring(clerk, source, *rows)
    assert "已经有了 2" in clerk.words
    assert (Ticket.objects.count(), Case.objects.count()) == (2, 2)
    # The next street's clerk does not even learn that they exist.
    stranger = staff("next_dispatcher")
    at(stranger, first, 404)
    assert "GZ0001" not in stranger.open("/desk/cases/tickets/").words
    case_page(stranger, first.report.case, 404)
    stranger.open(f"/desk/cases/tickets/export.csv?source={source.pk}", 404)

    # Our clocks keep the inner limit, and the case's page says why.
    case = first.report.case
    assert first.inner_due_at < first.upper_due_at
    assert "内控时限" in case_page(clerk, case).words
    assert "GZ0001" in clerk.words

    # One is none of ours: given back within its window; the hotline says yes in its next sheet.
    clock.pass_by(minutes=10)
    step(dispatcher, other, "ask_return", "申请退回上级", reason="市管道路，不归街道。")
    assert "等上级答复" in at(clerk, other).words
    bring(clerk, source, f"GZ0002,{OTHER},2026-10-20 08:40,2026-10-23 17:00,,,,同意")
    other.refresh_from_db()
    assert other.state == "returned"
    assert Case.objects.get(pk=other.report.case_id).state == "transferred"

    # The other is handled; more time is asked above and granted, and both limits move.
    move(
        dispatcher,
        case,
        "take_in",
        lead=str(world.units["sanitation"].pk),
        type_code="0103",
        grade="ordinary",
        grid_code=GRID,
    )
    before = first.inner_due_at
    step(dispatcher, first, "ask_extend", "向上级申请延期", amount="2wd", reason="等清运车。")
    step(clerk, first, "answer_ask", "记上级的答复", granted="yes")
    assert first.inner_due_at > before
    assert first.first_due_at < first.upper_due_at
    clock.pass_by(minutes=10)
    handler = staff("handler")
    handle(handler, case, "已经清运，并加派了一班。")
    move(staff("unit_head"), case, "sign")
    review(staff("reviewer"), case)
    assert case.state == "calling_back"
    # Nobody of ours rings: the hotline asks its callers itself.
    assert "刘**" not in staff("caller").open("/desk/call-back/").words

    # The answer goes up in the hotline's own columns, edited before; each field can be copied in its order.
    step(clerk, first, "fill", "填回复表", field_2="已解决")
    page = at(clerk, first)
    assert page.html.index("流水号") < page.html.index("经办单位")
    assert 'data-copy="已经清运，并加派了一班。"' in page.html
    step(dispatcher, first, "send", "回复上级")
    sent = dispatcher.open(f"/desk/cases/tickets/export.csv?source={source.pk}&since=2026-10-20")
    table = list(csv.reader(io.StringIO(sent.response.content.decode("utf-8-sig"))))
    assert table == [
        ["流水号", "办理结果", "答复", "经办单位"], ["GZ0001", "已解决", "已经清运，并加派了一班。", "街道环卫站"],
    ]  # fmt: skip
    assert "工单办理回复单" in clerk.open(f"/desk/cases/tickets/{first.pk}/paper/").words

    # Not solved, says its call-back: a second round; then it is, and the case closes without a call of ours.
    clock.pass_by(days=1)
    clerk, dispatcher, handler = staff("clerk"), staff("dispatcher"), staff("handler")
    bring(clerk, source, f"GZ0001,{WORDS},2026-10-20 08:30,2026-10-26 17:00,刘样本,13800000000,不满意,")
    case.refresh_from_db()
    assert (case.state, case.round) == ("in_hand", 2)
    move(handler, case, "sign_in")
    move(staff("unit_head"), case, "take_part", part="planned", words="换大桶。")
    submit(handler, case, "换了大桶。")
    move(staff("unit_head"), case, "sign")
    review(staff("reviewer"), case)
    step(clerk, first, "fill", "填回复表")
    step(dispatcher, first, "send", "回复上级")
    step(clerk, first, "result", "记上级回访结果", result="satisfied")
    case.refresh_from_db()
    assert (case.state, first.state) == ("closed", "closed")

    # A matter of our own goes up, with the number that the city gives; the city takes it over.
    mine = world.call(words="榕树路口的高压线塔歪了，要跨区协调。", now=clock.now).case
    assert "报上级" in case_page(dispatcher, mine).words
    dispatcher.open(f"/desk/cases/{mine.pk}/upward/")
    dispatcher.press("报上级", where="/upward/", source_id=str(source.pk), reason="要市里跨区协调。")
    up = Ticket.objects.get(report__case=mine)
    step(clerk, up, "number", "记上级编号", 422, number="错")
    step(clerk, up, "number", "记上级编号", number="GZ0009")
    step(clerk, up, "reply", "记上级的处理", taken="yes", words="市级接办。")
    mine.refresh_from_db()
    assert (mine.state, mine.transferred_to) == ("transferred", "城市热线")
    staff("next_dispatcher").open(f"/desk/cases/{mine.pk}/upward/", 404)
