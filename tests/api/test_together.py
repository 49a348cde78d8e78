"""For programs what the desk's pages do: many cases at once, exports, supervision, knowledge, drills."""

from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases.actions import emergencies
from huying.cases.models import Case, EmergencyCase, Report
from huying.desk import exporting
from huying.desk.models import Batch, CaseExport
from huying.kernel.ids import uuid7
from tests.desk.test_batches import filed, in_hand
from tests.matters.test_knowledge import BODY, QUESTION, published, write
from tests.world import GRID, NEXT_DOOR, NOW, STREET, middle

NOBODY = str(uuid7())


def chosen(world, *cases, unit="sanitation"):
    return [{"case_id": str(one.pk), "lead_id": str(world.units[unit].pk)} for one in cases]


class TestBatches:
    def test_from_a_look_beforehand_to_taking_it_back(self, world, program, stranger):
        good, bare = filed(world), world.call().case
        one = program("dispatcher")
        lead = str(world.units["sanitation"].pk)
        asked = f"act=dispatch&case={good.pk}&case={bare.pk}&case={NOBODY}&lead={lead}"
        told = one.get(f"/batch-preview?{asked}")["items"]
        assert [(each["case_id"], each["lead_id"], bool(each["why_not"])) for each in told] == [
            (str(good.pk), lead, False), (str(bare.pk), lead, True),
        ]  # fmt: skip
        assert not Batch.objects.exists()
        body = {"act": "dispatch", "cases": chosen(world, good, bare), "instruction": "一起去看。"}
        made = one.post("/batches", body, status=201, key="batch-key-1")
        assert (made["done"], made["refused"]) == (1, 1)
        assert one.post("/batches", body, status=201, key="batch-key-1")["batch_id"] == made["batch_id"]
        assert Batch.objects.count() == 1
        page = one.get(f"/batches/{made['batch_id']}")
        assert (page["may_undo"], {line["state"] for line in page["lines"]}) == (True, {"done", "refused"})
        assert all(bool(line["why"]) == (line["state"] == "refused") for line in page["lines"])
        undone = one.post(f"/batches/{made['batch_id']}/undo")
        assert (undone["undone"], undone["done"]) == (1, 0)
        assert Case.objects.get(pk=good.pk).state == "filed"
        assert [each["id"] for each in one.get("/batches")["items"]] == [made["batch_id"]]
        for who in (stranger, program("head")):
            assert who.get("/batches")["items"] == []
            who.get(f"/batches/{made['batch_id']}", status=404)
            who.post(f"/batches/{made['batch_id']}/undo", status=404)

    def test_an_answer_to_many_cannot_be_taken_back(self, world, program):
        case = world.call().case
        one = program("clerk")
        body = {"act": "answer", "cases": [{"case_id": str(case.pk)}], "words": "周三恢复供水。"}
        assert one.get(f"/batch-preview?act=answer&case={case.pk}")["items"][0]["why_not"] == ""
        made = one.post("/batches", body, status=201)
        assert Case.objects.get(pk=case.pk).state == "answered"
        one.post(f"/batches/{made['batch_id']}/undo", status=409)

    def test_who_may_not_and_what_is_out_of_sight_change_nothing(self, world, program, stranger):
        case = in_hand(world)
        body = {"act": "reassign", "cases": chosen(world, case, unit="enforcement"), "reason": "归执法队。"}
        program("handler").post("/batches", body, status=403)
        program("handler").get(f"/batch-preview?act=reassign&case={case.pk}", status=403)
        stranger.post("/batches", body, status=404)
        assert stranger.get(f"/batch-preview?act=reassign&case={case.pk}")["items"] == []
        assert not Batch.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            {"act": "close", "cases": [{"case_id": NOBODY}]}, {"act": "dispatch", "cases": []},
            {"act": "answer", "cases": [{"case_id": NOBODY}], "words": ""},
            {"act": "reassign", "cases": [{"case_id": NOBODY}], "reason": " "},
            {"act": "dispatch", "cases": [{"case_id": NOBODY}] * 201},
        ],
        ids=["no act", "no case", "no words", "no reason", "too many"],
    )  # fmt: skip
    def test_what_fits_no_case_is_refused(self, program, body):
        program("dispatcher").post("/batches", body, status=422)


class TestExports:
    ASK = {"query": "state=all", "columns": ["number", "state"], "format": "csv", "purpose": "check"}

    def test_asked_for_watched_and_taken_away_by_its_asker_alone(self, world, program, stranger):
        case = world.call().case
        one = program("leader")
        made = one.post("/exports", self.ASK, status=201)["export_id"]
        assert one.get(f"/exports/{made}")["state"] == "making"
        one.get(f"/exports/{made}/file", status=404)
        exporting.make_export(CaseExport.objects.get().pk, now=NOW)
        told = one.get(f"/exports/{made}")
        assert (told["state"], told["rows"], told["done"]) == ("ready", 1, 1)
        assert case.number in one.get(f"/exports/{made}/file").decode("utf-8-sig")
        assert one.last["Content-Disposition"].startswith("attachment")
        assert [each["id"] for each in one.get("/exports")["items"]] == [made]
        for who in (program("head"), stranger):
            assert who.get("/exports")["items"] == []
            for path in ("", "/file"):
                who.get(f"/exports/{made}{path}", status=404)
        CaseExport.objects.update(asked_at=NOW - timedelta(days=2))
        assert one.get(f"/exports/{made}")["state"] == "gone"
        one.get(f"/exports/{made}/file", status=404)

    def test_all_on_record_of_one_case(self, world, program, stranger):
        case = world.call().case
        one = program("leader")
        made = one.post(f"/cases/{case.pk}/export", {"purpose": "upper"}, status=201)["export_id"]
        told = one.get(f"/exports/{made}")
        assert (told["case_id"], told["format"]) == (str(case.pk), "pdf")
        stranger.post(f"/cases/{case.pk}/export", {"purpose": "upper"}, status=404)
        one.post(f"/cases/{NOBODY}/export", {"purpose": "upper"}, status=404)

    def test_without_the_duty_there_is_nothing_to_ask(self, world, program):
        case = world.call().case
        one = program("dispatcher")
        one.post("/exports", self.ASK, status=403)
        one.post(f"/cases/{case.pk}/export", {"purpose": "upper"}, status=403)
        one.get("/exports", status=403)

    @pytest.mark.parametrize(
        "given",
        [{"query": "q=13900000001"}, {"query": "state=nonsense"}, {"columns": []}, {"columns": ["phone"]},
         {"purpose": "fun"}, {"format": "pdf"}],
        ids=["a phone", "no filter", "no column", "no such column", "no purpose", "no list"],
    )  # fmt: skip
    def test_what_may_not_be_exported_is_not(self, world, program, given):
        program("leader").post("/exports", {**self.ASK, **given}, status=422)

    def test_a_fourth_waits_for_the_first_three(self, world, program):
        one = program("leader")
        for _number in range(3):
            one.post("/exports", self.ASK, status=201)
        one.post("/exports", self.ASK, status=429)


class TestSupervision:
    def test_every_number_opens_its_rows_and_restricted_ones_are_on_no_board(self, world, program):
        late, mine = world.call(now=NOW - timedelta(days=2)).case, in_hand(world, now=NOW - timedelta(days=30))
        world.call(now=NOW - timedelta(days=2), about_staff=True)
        a.supervise_case(mine.pk, what="三天内清完。", limit="3wd", actor=world.leader, now=NOW)
        one = program("leader")
        board = one.get(f"/supervision?area={STREET}")
        assert [each["unit"] for each in board["units"]] == ["", "街道环卫站"]
        assert (board["units"][0]["red"], board["units"][1]["supervised"]) == (1, 1)
        assert [each["case_id"] for each in board["dates"]] == [str(mine.pk)]
        rows = one.get(f"/supervision/cases?area={STREET}&kind=red&unled=true")["items"]
        assert [each["id"] for each in rows] == [str(late.pk)]
        unit = world.units["sanitation"].pk
        rows = one.get(f"/supervision/cases?area={STREET}&kind=supervised&unit={unit}")["items"]
        assert [each["number"] for each in rows] == [Case.objects.get(pk=mine.pk).number]

    def test_who_does_not_supervise_there_learns_nothing(self, world, program, stranger):
        world.call(now=NOW - timedelta(days=2))
        for path in ("/supervision?", "/supervision/cases?kind=red&"):
            program("clerk").get(f"{path}area={STREET}", status=403)
            missing = stranger.get(f"{path}area=9901", status=404)
            assert stranger.get(f"{path}area={STREET}", status=404)["detail"] == missing["detail"]
            program("leader").get(f"{path}area={NEXT_DOOR}", status=404)


class TestKnowledge:
    def test_texts_are_found_by_words_by_whoever_sees_them(self, world, program, stranger):
        text = published(world)
        draft = write(world, question="楼道灯坏了找谁", body="找物业。")
        one = program("clerk")
        (found,) = one.get("/knowledge?words=大件垃圾")["items"]
        assert (found["id"], found["question"], found["body"]) == (str(text.pk), QUESTION, BODY)
        assert one.get("/knowledge?words=楼道灯")["items"] == []
        assert [each["id"] for each in program("head").get("/knowledge?state=draft")["items"]] == [str(draft.pk)]
        assert one.get(f"/knowledge/{text.pk}")["number"] == 1
        one.get(f"/knowledge/{draft.pk}", status=404)
        assert stranger.get("/knowledge")["items"] == []
        stranger.get(f"/knowledge/{text.pk}", status=404)
        near = one.get(f"/knowledge-near?area={STREET}&words=大件垃圾怎么预约")["items"]
        assert [each["id"] for each in near] == [str(text.pk)]

    def test_nobody_reads_them_without_a_token(self, world, nobody):
        text = published(world)
        for path in ("/knowledge", f"/knowledge/{text.pk}", f"/knowledge-near?area={STREET}&words=大件垃圾"):
            nobody.get(path, status=401)


class TestDrills:
    BODY = {"words": "演练：榕树路口起火。", "area_code": STREET, "channel": "hotline", "drill": True}

    def body(self, **given):
        lng, lat = middle(GRID)
        return {**self.BODY, "lng": lng, "lat": lat, **given}

    def test_a_call_of_a_drill_belongs_to_it_and_its_times_are_told(self, world, program, stranger):
        leader, clerk = program("leader"), program("clerk")
        clerk.post("/reports", self.body(), status=422)  # none goes on
        assert not Report.objects.exists()
        given = {"season": "sudden", "alert": "red", "area": STREET, "reason": "消防演练", "drill": True}
        row = leader.post("/emergencies", given, status=201)["emergency_id"]
        made = clerk.post("/reports", self.body(contact=None), status=201)
        case = Case.objects.get(pk=made["case_id"])
        assert case.drill
        assert EmergencyCase.objects.filter(case=case, emergency_id=row).exists()
        a.register_file_dispatch(
            case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
        )
        told = leader.get(f"/emergencies/{row}/times")
        assert told["drill"]
        assert [(one["number"], one["orders"][0]["unit"]) for one in told["items"]] == [(case.number, "街道环卫站")]
        stranger.get(f"/emergencies/{row}/times", status=404)
        leader.post(f"/emergencies/{row}/end")
        case.refresh_from_db()
        assert case.state == "voided"

    def test_a_resident_starts_no_drill(self, world, nobody):
        emergencies.declare_emergency(
            season="sudden", alert="red", area_code=STREET, reason="演练", drill=True, actor=world.leader, now=NOW
        )
        nobody.post("/reports", self.body(channel="api"), status=422)
        assert not Report.objects.exists()
