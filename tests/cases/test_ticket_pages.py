"""Pages of tickets: a sheet of either kind, its columns kept, what is refused, answers out, papers, and who is let in."""

import csv
import io
import re
from datetime import timedelta

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from huying.audit.models import History
from huying.cases.actions import tickets as t
from huying.cases.models import Report, Source, Ticket
from tests.cases.uppers import answered, source_of, ticket
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
BRING = "/desk/cases/tickets/import/"
HEADING = ("工单编号", "诉求内容", "交办时间", "截止时间")
ROW = ("GZ00000001", "路灯不亮", "2026-10-20 08:00", "2026-10-23 17:00")
COLUMNS = {"number": "工单编号", "words": "诉求内容", "received": "交办时间", "due": "截止时间"}


@pytest.fixture
def world(monkeypatch, settings, tmp_path):
    settings.DATA = tmp_path
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return build_world()


@pytest.fixture
def source(world):
    return source_of()


def browser(world, who):
    one = Client()
    one.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
    return one


def as_csv(*rows, encoding="utf-8-sig", heading=HEADING):
    held = io.StringIO()
    csv.writer(held).writerows([heading, *rows])
    return SimpleUploadedFile("sheet.csv", held.getvalue().encode(encoding))


def as_xlsx(*rows):
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held)
    sheet = book.add_worksheet()
    for number, cells in enumerate((HEADING, *rows)):
        sheet.write_row(number, 0, cells)
    book.close()
    return SimpleUploadedFile("sheet.xlsx", held.getvalue())


def bring(one, source, file):
    return one.post(BRING, {"source": str(source.pk), "file": file})


@pytest.mark.parametrize("kind", ["csv", "gb18030", "xlsx"])
def test_a_sheet_is_looked_at_then_taken_in(world, source, kind):
    file = {"csv": as_csv, "gb18030": lambda row: as_csv(row, encoding="gb18030"), "xlsx": as_xlsx}[kind](ROW)
    clerk = browser(world, "clerk")
    address = bring(clerk, source, file)["Location"]
    page = clerk.get(address).content.decode()
    assert "新工单" in page
    assert not Ticket.objects.exists()
    done = clerk.post(address, {**COLUMNS, "step": "take"})
    assert (done.status_code, Ticket.objects.get().number) == (200, "GZ00000001")
    assert Source.objects.get().columns == COLUMNS
    # The same form sent once more finds nothing to take.
    assert clerk.post(address, {**COLUMNS, "step": "take"}).status_code == 404
    assert Ticket.objects.count() == 1


def test_a_sheet_of_call_backs_alone_is_taken_in_and_the_other_columns_stay_said(world, source, monkeypatch):
    one = answered(world, ticket(world, source))
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(hours=5))
    Source.objects.update(columns={"number": "工单编号", "words": "群众说的话"})
    clerk = browser(world, "clerk")
    file = as_csv((one.number, "满意"), heading=("工单编号", "回访结果"))
    address = bring(clerk, source, file)["Location"]
    assert "回访结果" in clerk.get(address).content.decode()
    done = clerk.post(address, {"number": "工单编号", "result": "回访结果", "step": "take"})
    assert (done.status_code, Ticket.objects.get().result) == (200, "satisfied")
    assert Source.objects.get().columns == {"number": "工单编号", "words": "群众说的话", "result": "回访结果"}


def test_what_cannot_be_read_says_why_and_takes_nothing(world, source):
    clerk = browser(world, "clerk")
    for file in (as_csv(), SimpleUploadedFile("a.csv", b""), SimpleUploadedFile("a.xlsx", b"PK\x03\x04nothing")):
        answer = bring(clerk, source, file)
        assert answer.status_code == 422
    assert bring(clerk, source, as_csv(*[ROW] * 301)).status_code == 422
    address = bring(clerk, source, as_csv(("错", "x", "昨天", "")))["Location"]
    page = clerk.get(address).content.decode()
    assert "时间读不懂" in page
    assert clerk.post(address, {**COLUMNS, "step": "take"}).status_code == 422
    assert clerk.post(address, {**COLUMNS, "words": "工单编号", "step": "look"}).status_code == 422
    assert clerk.post(address, {"words": "诉求内容", "step": "take"}).status_code == 422
    assert not Report.objects.exists()


def test_a_sheet_is_the_own_of_who_brought_it(world, source):
    address = bring(browser(world, "clerk"), source, as_csv(ROW))["Location"]
    missing = re.sub(r"[0-9a-f-]{36}", "0198c0de-0000-7000-8000-000000000000", address)
    for who in ("dispatcher", "next_dispatcher"):
        one = browser(world, who)
        assert one.get(address).status_code == 404
        assert (
            one.get(address, HTTP_ACCEPT="application/json").json()["code"]
            == one.get(missing, HTTP_ACCEPT="application/json").json()["code"]
        )
        assert one.post(address, {**COLUMNS, "step": "take"}).status_code == 404
    assert browser(world, "reviewer").get(BRING).status_code == 403
    stranger = bring(browser(world, "next_dispatcher"), source, as_csv(ROW))
    assert stranger.status_code == 422
    assert not Ticket.objects.exists()


def test_answers_go_out_without_formulas_and_leave_a_line(world, source):
    one = answered(world, ticket(world, source))
    Ticket.objects.filter(pk=one.pk).update(closing={**one.closing, "答复内容": "=1+1"})
    dispatcher = browser(world, "dispatcher")
    where = {"source": str(source.pk), "since": "2026-10-01"}
    rows = list(
        csv.reader(io.StringIO(dispatcher.get("/desk/cases/tickets/export.csv", where).content.decode("utf-8-sig")))
    )
    assert rows[0][:3] == ["工单编号", "办理结果", "答复内容"]
    assert rows[1][2] == "'=1+1"
    book = CalamineWorkbook.from_filelike(io.BytesIO(dispatcher.get("/desk/cases/tickets/export.xlsx", where).content))
    assert book.get_sheet_by_index(0).to_python()[1][0] == "GZ20261020"
    assert History.objects.filter(kind="ticket_source", verb="exported").count() == 2
    assert (
        len(dispatcher.get("/desk/cases/tickets/export.csv", {**where, "since": "2026-10-21"}).content.splitlines())
        == 1
    )
    for who, form in (("clerk", "csv"), ("next_dispatcher", "csv"), ("dispatcher", "pdf")):
        assert browser(world, who).get(f"/desk/cases/tickets/export.{form}", where).status_code == 404


def test_the_list_is_narrowed_and_the_case_says_what_it_keeps(world, source):
    one = ticket(world, source)
    t.ask_upper(one.pk, kind="return", reason="不归街道。", actor=world.dispatcher, now=NOW)
    clerk = browser(world, "clerk")
    home = reverse("cases:tickets")
    for query, there in (
        ("", True), ("?show=asked", True), ("?state=answered", False), ("?kind=petition", False), ("?kind=ticket", True),
        (f"?source={source.pk}", True), ("?state=nonsense", True),
    ):  # fmt: skip
        assert ("GZ20261020" in clerk.get(home + query).content.decode()) == there, query
    page = clerk.get(reverse("cases:case", args=[one.report.case_id])).content.decode()
    assert "内控时限" in page
    assert 'data-copy="GZ20261020"' in page
    handler = browser(world, "handler")
    assert handler.get(reverse("cases:ticket", args=[one.pk])).status_code == 404
    assert browser(world, "next_dispatcher").get(home).status_code == 200


def test_a_handler_sees_limits_and_neither_sheet_nor_form(world, source):
    from tests.cases.uppers import in_hand

    one = ticket(world, source)
    in_hand(world, one)
    page = browser(world, "handler").get(reverse("cases:ticket", args=[one.pk])).content.decode()
    assert "内控时限" in page
    assert "请致电" not in page
    assert "data-copy" not in page.partition("<main")[2]
    for name in ("ticket_paper", "ticket_paper_as_word"):
        assert browser(world, "handler").get(reverse(f"cases:{name}", args=[one.pk])).status_code == 404
        assert browser(world, "clerk").get(reverse(f"cases:{name}", args=[one.pk])).status_code == 200
        assert browser(world, "next_dispatcher").get(reverse(f"cases:{name}", args=[one.pk])).status_code == 404


def test_a_petition_has_a_paper_of_its_own_name(world):
    petitions = source_of(
        code="xf", name="区信访局", kind="petition", counted=False, number_pattern="", limit="60d", buffers=()
    )
    one = ticket(world, petitions, number="信访1号")
    t.do_step(one.pk, words="已书面告知。", actor=world.clerk, now=NOW)
    page = browser(world, "clerk").get(reverse("cases:ticket_paper", args=[one.pk])).content.decode()
    assert "信访事项处理意见书" in page
    assert "已书面告知。" in page


def test_registers_refuse_what_cannot_be(world):
    from huying.kernel.refusals import Invalid

    for wrong in (
        {"code": "大"}, {"number_pattern": "*a*b*"}, {"limit": "5"}, {"return_within": "x"}, {"closing": "答复"},
        {"kind": "petition", "counted": True},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            source_of(**wrong)
    for buffer in (("1", "1wd"), ("", "soon")):
        with pytest.raises(Invalid):
            source_of(code="other", buffers=(buffer,))


def test_a_change_of_a_source_is_another_version(world, source):
    from huying.kernel.actor import system
    from huying.registers.declared import get
    from huying.registers.writing import write

    write(get("ticket_source"), source, {"name": "市热线"}, actor=system(), now=NOW)
    source.refresh_from_db()
    assert (source.version, source.name) == (2, "市热线")
