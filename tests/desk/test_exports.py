"""The list as a file: with a purpose, what its asker may see, for the asker alone, gone after a day."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.models import Case
from huying.desk import actions, exporting, packing
from huying.desk.models import CaseExport
from huying.desk.rules import ExportColumn
from huying.kernel.actor import resident
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, KeyReused, NotAllowed, NotFound, TooMany
from huying.notices.models import Notice
from huying.people import queries as people
from huying.people.models import Recusal, Role, RoleGrant
from tests.cases.test_granting import SOON, at_work, held
from tests.world import NEXT_DOOR, NOW, STREET

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA = tmp_path


def ask(world, who="leader", *, export_id=None, query="state=all", columns=("number", "title"), kind="csv", now=NOW,
        purpose="check"):  # fmt: skip
    return actions.ask_export(
        export_id=export_id or uuid7(), query=query, columns=columns, file_format=kind, purpose=purpose,
        actor=world.people[who], now=now,
    )  # fmt: skip


def made(world, **given):
    export = ask(world, **given)
    exporting.make_export(export.pk, now=LATER)
    export.refresh_from_db()
    return export


def give(world, role, area):
    """The leader holds this role there too."""
    RoleGrant.objects.create(
        account=world.accounts["leader"], role=Role.objects.get(code=role), area_code=area,
        since=NOW - timedelta(days=30),
    )  # fmt: skip


def lines(export):
    text = actions.file_of(export).read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


class TestAsk:
    @pytest.mark.parametrize(
        ("given", "refusal"),
        [({"who": "dispatcher"}, NotAllowed), ({"columns": ()}, Invalid), ({"columns": ("phone",)}, Invalid),
         ({"purpose": ""}, Invalid), ({"kind": "pdf"}, Invalid), ({"query": "q=13900000000"}, Invalid),
         ({"query": "q=139+0000-0000"}, Invalid)],
    )  # fmt: skip
    def test_what_may_not_be_exported_is_not(self, world, given, refusal):
        with pytest.raises(refusal):
            ask(world, **given)
        assert not CaseExport.objects.exists()

    def test_a_resident_exports_nothing(self, world):
        with pytest.raises(NotAllowed):
            actions.ask_export(
                export_id=uuid7(), query="", columns=["number"], file_format="csv", purpose="check", actor=resident(),
                now=NOW,
            )  # fmt: skip

    def test_the_same_id_is_asked_once_and_means_one_thing(self, world):
        one = uuid7()
        assert ask(world, export_id=one) == ask(world, export_id=one)
        with pytest.raises(KeyReused):
            ask(world, export_id=one, purpose="upper")
        line = History.objects.get(kind="case_export")
        assert (line.verb, line.facts["purpose"]) == ("ask", "check")

    def test_a_fourth_waits_for_the_first_three(self, world):
        for _number in range(3):
            ask(world)
        with pytest.raises(TooMany):
            ask(world)
        ask(world, now=NOW + timedelta(hours=2))


class TestMake:
    def test_it_holds_what_the_filter_finds_with_formulas_made_harmless(self, world):
        case = world.call().case
        Case.objects.filter(pk=case.pk).update(title="=HYPERLINK(1)")
        world.call(now=NOW - timedelta(hours=2))
        export = made(world)
        head, *rows = lines(export)
        assert head == [str(ExportColumn.NUMBER.label), str(ExportColumn.TITLE.label)]
        assert len(rows) == export.rows == export.done == export.total == 2
        titles = {row[1] for row in rows}
        assert "=HYPERLINK(1)" not in titles
        assert any("HYPERLINK" in one for one in titles)
        assert Notice.objects.get(kind="export_ready").account_id == world.leader.id
        exporting.make_export(export.pk, now=LATER)  # delivered twice
        assert Notice.objects.filter(kind="export_ready").count() == 1

    def test_every_column_can_be_written_to_a_sheet(self, world):
        case = world.call().case
        lead = world.units["sanitation"].pk
        a.register_file_dispatch(case.pk, lead_id=lead, type_code="0103", actor=world.dispatcher, now=NOW)
        export = made(world, kind="xlsx", columns=tuple(str(one) for one in ExportColumn))
        rows = CalamineWorkbook.from_path(str(actions.file_of(export))).get_sheet_by_index(0).to_python()
        assert len(rows[0]) == len(ExportColumn)
        assert case.number in rows[1]
        assert "街道环卫站" in rows[1]

    def test_pages_follow_one_another(self, world, monkeypatch):
        monkeypatch.setattr(exporting, "MOST", 2)
        for number in range(5):
            world.call(now=NOW - timedelta(minutes=number))
        assert made(world).rows == 5

    def test_a_job_that_is_run_again_begins_again(self, world, monkeypatch):
        world.call()
        export = ask(world)
        CaseExport.objects.filter(pk=export.pk).update(done=20_000)  # as a killed job left it
        exporting.make_export(export.pk, now=LATER)
        export.refresh_from_db()
        assert (export.rows, export.done, export.total) == (1, 1, 1)

    def test_what_is_restricted_or_out_of_reach_is_left_out(self, world):
        world.call(about_staff=True)
        assert made(world).rows == 0
        world.call()
        assert made(world).rows == 1

    def test_who_lost_the_duty_meanwhile_gets_nothing(self, world):
        export = ask(world)
        RoleGrant.objects.filter(account_id=world.leader.id).update(until=NOW)
        exporting.make_export(export.pk, now=LATER)
        export.refresh_from_db()
        assert export.failed_at == LATER
        assert not actions.file_of(export).exists()


class TestFetch:
    def test_its_asker_alone_takes_it_away_and_each_time_is_written_down(self, world):
        export = made(world)
        for _twice in range(2):
            actions.fetch(export_id=export.pk, actor=world.leader, now=LATER)
        for stranger in ("head", "next_dispatcher", "handler"):
            with pytest.raises(NotFound):
                actions.fetch(export_id=export.pk, actor=world.people[stranger], now=LATER)
        assert History.objects.filter(kind="case_export", verb="fetch").count() == 2

    @pytest.mark.parametrize("how", ["grant ended", "confidential", "ids lost"])
    def test_what_is_no_longer_theirs_to_export_is_not_taken_away(self, world, how, sign_in):
        case = world.call().case
        export = made(world)
        if how == "confidential":
            Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        if how == "ids lost":
            actions.file_of(export).with_suffix(".cases").unlink()
        if how == "grant ended":
            RoleGrant.objects.filter(account_id=world.leader.id).update(until=NOW)
            give(world, "supervisor", NEXT_DOOR)
        actor = people.actor_for(world.accounts["leader"], LATER)
        with pytest.raises(NotFound):
            actions.fetch(export_id=export.pk, actor=actor, now=LATER)
        if how == "confidential":
            page = sign_in("leader").get(f"/desk/exports/{export.pk}/").content.decode()
            assert "不能下载了" in page
            assert f"/desk/exports/{export.pk}/file/" not in page

    def test_its_name_says_the_day_here(self, world, sign_in, monkeypatch):
        early = NOW - timedelta(hours=3)  # the evening before in UTC
        export = ask(world, now=early)
        exporting.make_export(export.pk, now=early)
        client = sign_in("leader")
        monkeypatch.setattr("django.utils.timezone.now", lambda: early)
        sent = client.get(f"/desk/exports/{export.pk}/file/")
        assert f"huying-{timezone.localtime(early):%Y%m%d}-" in sent["Content-Disposition"]

    def test_one_that_comes_to_no_end_says_so(self, world, sign_in, monkeypatch):
        export = ask(world)
        client = sign_in("leader")
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(minutes=61))
        page = client.get(f"/desk/exports/{export.pk}/").content.decode()
        assert "还没有做好" in page
        assert "every 3s" not in page

    def test_after_a_day_it_is_gone(self, world):
        export = made(world)
        assert actions.remove_exports(now=NOW + timedelta(hours=23)) == 0
        with pytest.raises(NotFound):
            actions.fetch(export_id=export.pk, actor=world.leader, now=NOW + timedelta(hours=25))
        assert actions.remove_exports(now=NOW + timedelta(hours=25)) == 1
        assert not actions.file_of(export).exists()
        assert CaseExport.objects.get().removed_at is not None

    def test_the_pages_ask_watch_and_hand_over(self, world, sign_in):
        world.call()
        client = sign_in("leader")
        assert "/desk/exports/?" in client.get("/desk/list/").content.decode()
        assert "/desk/exports/?" not in sign_in("dispatcher").get("/desk/list/").content.decode()
        assert client.get("/desk/exports/").status_code == 403
        client = sign_in("leader")
        assert client.post("/desk/exports/", {"query": "state=all"}).status_code == 422
        given = {"query": "state=all", "purpose": "check", "format": "csv", "columns": ["number"]}
        answer = client.post("/desk/exports/", given)
        export = CaseExport.objects.get()
        assert answer.url == f"/desk/exports/{export.pk}/"
        assert 'hx-trigger="every 3s"' in client.get(answer.url).content.decode()
        assert client.get(f"{answer.url}file/").status_code == 404
        exporting.make_export(export.pk, now=LATER)
        assert "可以下载" in client.get(answer.url).content.decode()
        sent = client.get(f"{answer.url}file/")
        assert "no-store" in sent["Cache-Control"]
        assert len(sent.content) == CaseExport.objects.get().size
        for path in ("", "file/"):
            assert sign_in("head").get(f"{answer.url}{path}").status_code in (403, 404)


def pack(world, case, who="leader", *, export_id=None, purpose="check"):
    return actions.ask_pack(
        export_id=export_id or uuid7(), case_id=case.pk, purpose=purpose, actor=world.people[who], now=NOW
    )


class TestPack:
    def whole(self, world):
        case = at_work(world)
        a.contact_reporter(case.pk, result="reached", words="约好上门。", actor=world.handler, now=SOON)
        a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=SOON)
        return Case.objects.get(pk=case.pk)

    @pytest.fixture
    def drawn(self, monkeypatch):
        """The texts of the pages."""
        found, write = [], packing.Pages.text

        def keep(self, words, **how):
            found.append(words)
            write(self, words, **how)

        monkeypatch.setattr(packing.Pages, "text", keep)
        return found

    def test_why_a_clock_stood_still_is_said_in_words(self, world, drawn):
        export = pack(world, held(world))
        exporting.make_export(export.pk, now=SOON)
        told = "\n".join(drawn)
        assert "（挂账）" in told
        assert "（held）" not in told

    def test_it_is_a_pdf_with_every_part_masked_as_the_asker_sees_it(self, world, drawn):
        case = self.whole(world)
        export = pack(world, case)
        exporting.make_export(export.pk, now=LATER)
        export.refresh_from_db()
        assert export.failed == ""
        assert actions.file_of(export).read_bytes().startswith(b"%PDF")
        assert export.rows == len(PdfReader(actions.file_of(export)).pages) >= 1
        told = "\n".join(drawn)
        assert case.number in told
        for heading in ("案件材料", "诉求", "工单", "答复", "联系、核查与回访", "时限", "经过", "经过的封存证明"):
            assert heading in drawn, heading
        assert "已经说明。" in told
        assert "13900000000" not in told
        line = History.objects.get(kind="case_export")
        assert line.facts["case"] == str(case.pk)

    @pytest.mark.parametrize(
        ("who", "refusal"), [("dispatcher", NotAllowed), ("handler", NotAllowed), ("next_dispatcher", NotFound)]
    )
    def test_who_may_not_gets_none(self, world, who, refusal):
        with pytest.raises(refusal):
            pack(world, at_work(world), who)

    def test_without_a_chinese_font_it_says_so(self, world, monkeypatch):
        monkeypatch.setattr(packing, "FONTS", ())
        packing._font.cache_clear()
        export = pack(world, at_work(world))
        exporting.make_export(export.pk, now=LATER)
        export.refresh_from_db()
        assert (export.failed, export.made_at) == ("font", None)
        packing._font.cache_clear()

    def test_a_word_of_letters_moves_down_whole_and_a_longer_one_than_a_line_is_broken(self):
        font, words = packing._font(20), "编号 of what was downloaded by whom " * 3
        lines = list(packing._lines(words, font, 300))
        assert len(lines) > 2
        assert " ".join(lines).split() == words.split()
        assert "".join(packing._lines("f" * 200, font, 300)) == "f" * 200

    def test_a_case_that_left_their_sight_meanwhile_is_not_packed(self, world):
        case = at_work(world)
        export = pack(world, case)
        Recusal.objects.create(object_id=case.pk, account_id=world.leader.id, reason_code="self", set_at=NOW)
        Case.objects.filter(pk=case.pk).update(recused=True, restricted=True)
        exporting.make_export(export.pk, now=LATER)
        export.refresh_from_db()
        assert export.failed == "duty"

    def test_long_words_flow_over_pages_and_end_somewhere(self, world, monkeypatch):
        monkeypatch.setattr(packing, "MOST_PAGES", 2)
        case = at_work(world)
        case.reports.update(words="很长的话。" * 2000)
        export = pack(world, case)
        exporting.make_export(export.pk, now=LATER)
        export.refresh_from_db()
        assert export.rows == 2
        assert len(PdfReader(actions.file_of(export)).pages) == 2

    def test_who_exports_elsewhere_alone_by_then_gets_no_pack(self, world):
        case = at_work(world)
        export = pack(world, case)
        RoleGrant.objects.filter(account_id=world.leader.id).update(until=NOW)
        give(world, "dispatcher", STREET)
        give(world, "supervisor", NEXT_DOOR)
        exporting.make_export(export.pk, now=LATER)
        export.refresh_from_db()
        assert (export.failed, export.made_at) == ("duty", None)

    def test_what_became_confidential_is_not_taken_away(self, world):
        case = at_work(world)
        export = pack(world, case)
        exporting.make_export(export.pk, now=LATER)
        Recusal.objects.create(object_id=case.pk, account_id=world.leader.id, reason_code="self", set_at=NOW)
        Case.objects.filter(pk=case.pk).update(recused=True, restricted=True)
        with pytest.raises(NotFound):
            actions.fetch(export_id=export.pk, actor=world.leader, now=LATER)

    def test_its_line_of_history_lies_where_the_case_does(self, world):
        case = at_work(world)
        pack(world, case)
        assert History.objects.get(kind="case_export").area_code == case.area_code

    def test_the_page_asks_for_the_purpose(self, world, sign_in):
        case = at_work(world)
        client = sign_in("leader")
        address = f"/desk/exports/case/{case.pk}/"
        assert address in client.get(f"/desk/cases/{case.pk}/").content.decode()
        assert client.post(address, {}).status_code == 422
        answer = client.post(address, {"purpose": "upper"})
        assert answer.url == f"/desk/exports/{CaseExport.objects.get().pk}/"
        assert sign_in("next_dispatcher").get(address).status_code == 404
        assert address not in sign_in("dispatcher").get(f"/desk/cases/{case.pk}/").content.decode()
