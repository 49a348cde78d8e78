"""Cases through the API: lists and filters, one case, moves with their forms, and the stranger who sees nothing."""

from dataclasses import fields
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.api import Filters
from huying.cases.models import Case
from huying.cases.queries.lists import Wanted
from huying.clients.models import KeptAnswer
from huying.kernel.ids import uuid7
from huying.places.models import Estate
from tests.world import GRID, NEXT_DOOR, NOW, STREET


@pytest.fixture
def call(world):
    return world.call().case


class TestRead:
    def test_the_list_holds_what_the_person_sees_and_the_stranger_sees_nothing(self, call, program, stranger):
        found = program("dispatcher").get("/cases")
        assert [one["number"] for one in found["items"]] == [call.number]
        assert found["items"][0]["state_label"] == "待受理"
        assert stranger.get("/cases?state=all")["items"] == []

    def test_a_foreign_case_and_a_missing_one_answer_alike(self, call, stranger):
        for path in ("", "/moves", "/clocks", "/history", "/files", "/orders", "/moves/register"):
            foreign = stranger.get(f"/cases/{call.pk}{path}", status=404)
            missing = stranger.get(f"/cases/{uuid7()}{path}", status=404)
            assert {**foreign, "instance": ""} == {**missing, "instance": ""}

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("state=received", 1), ("state=closed", 0), ("state=ended", 0), (f"area={GRID}", 1), (f"area={NEXT_DOOR}", 0),
            ("q=垃圾", 1), ("q=路灯", 0), ("channel=portal", 1), ("flag=unplaced", 0), ("light=green", 1),
            ("flag=unrestricted", 1), ("flag=restricted", 0), ("matter=none", 1), ("matter=01", 0),
            (f"area={GRID}&here=true", 1), (f"area={STREET}&here=true", 0), ("here=true", 1),
            ("since=2026-10-21T00:00:00%2B08:00", 0), ("until=2026-10-21T00:00:00%2B08:00", 1), ("number=X", 0),
        ],
    )  # fmt: skip
    def test_filters_are_those_of_the_desk(self, call, program, query, found):
        assert len(program("dispatcher").get(f"/cases?{query}")["items"]) == found

    def test_no_filter_of_the_desk_is_missing(self):
        of_the_api = {"area": "area_code", "unit": "unit_id", "q": "words"}
        taken = {of_the_api.get(name, name) for name in Filters.model_fields}
        assert {one.name for one in fields(Wanted)} <= taken

    def test_pages_follow_by_key(self, world, program):
        made = {world.call(words=f"第{number}件，垃圾没有人收。").case.number for number in range(5)}
        dispatcher, seen, after = program("dispatcher"), [], ""
        while True:
            page = dispatcher.get(f"/cases?limit=2&after={after}")
            seen += [one["number"] for one in page["items"]]
            after = page["next"]
            if not after:
                break
        assert len(seen) == len(set(seen)) == 5
        assert set(seen) == made

    def test_one_case_whole_with_clocks_that_explain_themselves(self, call, program):
        case = program("dispatcher").get(f"/cases/{call.pk}")
        assert case["reports"][0]["words"].startswith("榕树路口")
        assert case["reports"][0]["caller"] == "匿名"
        assert {line["term"] for clock in case["clocks"] for line in clock["explain"]} >= {"起点", "规则"}

    def test_lists_take_six_statements_and_a_case_ten(self, world, program):
        for number in range(6):
            world.call(words=f"第{number}件，垃圾没有人收。")
        dispatcher, worker = program("dispatcher"), program("grid_worker")
        case = Case.objects.first()
        for one in (dispatcher, worker):
            one.get("/cases"), one.get(f"/cases/{case.pk}")  # warm
            for path in ("/cases", "/cases?state=all", "/orders", "/reports", "/organisations", "/events"):
                one.get(path)
                with CaptureQueriesContext(connection) as listed:
                    one.get(path)
                assert len(listed) <= 6, "\n".join(query["sql"][:200] for query in listed)
            with CaptureQueriesContext(connection) as read:
                one.get(f"/cases/{case.pk}")
            assert len(read) <= 10, "\n".join(query["sql"][:200] for query in read)

    def test_what_keeps_a_persons_unit_away_keeps_the_persons_programs_away(self, world, call, program):
        leader, reader = program("leader"), program("leader", duties=["read", "supervise"])
        assert [len(one.get("/cases")["items"]) for one in (leader, reader)] == [1, 1]
        a.recuse_unit(call.pk, unit_id=world.units["centre"].pk, actor=world.dispatcher, now=NOW)
        for one in (leader, reader):
            assert one.get("/cases?state=all")["items"] == []
            one.get(f"/cases/{call.pk}", status=404)
            assert one.get("/reports")["items"] == []


class TestMoves:
    def test_legal_moves_come_with_their_forms_and_others_do_not(self, call, program):
        moves = program("dispatcher").get(f"/cases/{call.pk}/moves")["moves"]
        names = [one["verb"] for one in moves]
        assert names[0] == "take_in"
        assert "register" in names
        assert "sign_in" not in names
        register = next(one for one in moves if one["verb"] == "register")["values"]
        assert register["required"] == ["type_code", "grade"]
        assert {one["const"] for one in register["properties"]["grade"]["oneOf"]} == {"ordinary", "urgent", "hard"}
        assert program("reviewer").get(f"/cases/{call.pk}/moves")["moves"] == []

    def test_a_move_goes_through_the_desks_action(self, call, program):
        done = program("dispatcher").post(
            f"/cases/{call.pk}/moves/register", {"values": {"type_code": "0103", "grade": "ordinary"}}
        )
        call.refresh_from_db()
        assert done["state"] == call.state == "triaged"
        assert done["version"] == call.version

    def test_a_move_takes_at_most_twenty_statements_and_reads_the_case_once(self, world, call, program):
        one, body = program("dispatcher"), {"values": {"type_code": "0103", "grade": "ordinary"}}
        one.post(f"/cases/{world.call().case.pk}/moves/register", body)
        with CaptureQueriesContext(connection) as seen:
            one.post(f"/cases/{call.pk}/moves/register", body)
        told = [query["sql"] for query in seen]
        assert len(told) <= 20, [sql[:90] for sql in told]
        assert sum('FROM "cases_case"' in sql for sql in told) == 1

    @pytest.mark.parametrize("who", ["next_dispatcher", "reviewer"])
    def test_a_move_that_is_refused_changes_nothing_and_its_key_stays_free(self, call, program, who):
        one, body = program(who), {"values": {"type_code": "0103", "grade": "ordinary"}}
        before = History.objects.count()
        for _try in range(2):
            one.post(f"/cases/{call.pk}/moves/register", body, key="refused-0001", status=None)
        call.refresh_from_db()
        assert (call.state, call.version, History.objects.count()) == ("received", 1, before)
        assert not KeptAnswer.objects.filter(operation__startswith="POST /cases").exists()

    def test_a_case_that_is_missing_and_one_of_others_take_as_many_statements(self, call, program):
        stranger, body = program("next_dispatcher"), {"values": {"type_code": "0103", "grade": "ordinary"}}
        told = []
        for case_id in (call.pk, uuid7(), call.pk, uuid7()):
            with CaptureQueriesContext(connection) as seen:
                stranger.post(f"/cases/{case_id}/moves/register", body, status=404)
            told.append(len(seen))
            assert not any("FOR UPDATE" in query["sql"] and "restricted" not in query["sql"] for query in seen)
        assert told[2] == told[3]

    @pytest.mark.parametrize(
        ("who", "verb", "body", "status", "code"),
        [
            ("reviewer", "register", {"values": {"type_code": "0103", "grade": "ordinary"}}, 403, "not-allowed"),
            ("dispatcher", "sign_in", {"values": {}}, 403, "not-allowed"),
            ("dispatcher", "dispatch", {"values": {}}, 409, "illegal-move"),
            ("dispatcher", "nothing", {"values": {}}, 404, "not-found"),
            ("dispatcher", "register", {"values": {"type_code": "9999", "grade": "x"}}, 422, "invalid"),
            ("dispatcher", "register", {"values": {"colour": "red"}}, 422, "invalid"),
            ("dispatcher", "register", {"values": {"title": "a\u0000b"}}, 422, "invalid"),
            ("dispatcher", "register", {"values": [], "x": 1}, 422, "invalid"),
            ("dispatcher", "register", {"values": {"type_code": "0103", "grade": "ordinary"}, "version": 77}, 409, "conflict"),
            ("next_dispatcher", "register", {"values": {"type_code": "0103", "grade": "ordinary"}}, 404, "not-found"),
        ],
    )  # fmt: skip
    def test_refusals_are_problem_documents_and_change_nothing(self, call, program, who, verb, body, status, code):
        one = program(who)
        problem = one.post(f"/cases/{call.pk}/moves/{verb}", body, status=status)
        assert one.last["Content-Type"] == "application/problem+json"
        assert (problem["code"], problem["status"]) == (code, status)
        before = call.state, call.version
        call.refresh_from_db()
        assert (call.state, call.version) == before


class TestReports:
    BODY = {"words": "榕树路口的路灯不亮了。", "area_code": STREET, "lng": 113.305, "lat": 23.105}

    def test_a_resident_reports_without_a_token_and_gets_the_code_again(self, world, nobody, program):
        first = nobody.post("/reports", self.BODY, status=201, key="resident-0001")
        assert len(first["code"]) == 12
        assert nobody.post("/reports", self.BODY, status=201, key="resident-0001") == first
        assert nobody.last["Idempotency-Replayed"] == "true"
        case = Case.objects.get()
        assert (case.number, case.channel, case.area_code) == (first["number"], "portal", GRID)
        # Who knows the id and the words, but not the key, is told nothing.
        again = {**self.BODY, "id": first["report_id"]}
        assert nobody.post("/reports", again, status=422)["code"] == "key-reused"
        assert program("clerk").post("/reports", again, status=422)["code"] == "key-reused"

    def test_a_clerk_reports_with_contact_by_consent_and_follows_it(self, world, program, stranger):
        clerk = program("clerk")
        version = clerk.get("/reports/consent")["version"]
        contact = {"name": "周试行", "phone": "020-00000000", "consent_version": version}
        key = str(uuid7())
        made = clerk.post("/reports", {**self.BODY, "id": key, "channel": "hotline", "contact": contact}, status=201)
        assert made["report_id"] == key
        assert clerk.get("/reports")["items"][0]["number"] == made["number"]
        assert clerk.get(f"/reports/{key}")["state"] == "received"
        assert "周试行" not in str(clerk.get(f"/cases/{made['case_id']}"))
        stranger.get(f"/reports/{key}", status=404)
        wrong = {**self.BODY, "contact": {**contact, "consent_version": version + 1}}
        assert "contact.consent_version" in clerk.post("/reports", wrong, status=422)["errors"]

    @pytest.mark.parametrize(
        "change",
        [
            {"words": ""}, {"words": "坏\u0000了"}, {"area_code": "99"}, {"area_code": "x"}, {"lng": 500}, {"lng": None},
            {"type_code": "9999"}, {"id": "1"}, {"id": "11111111-1111-4111-8111-111111111111"}, {"photos": ["x"]},
            {"reply_by": "phone"}, {"unknown": 1}, {"lat": 1e400}, {"channel": "hotline"},
        ],
    )  # fmt: skip
    def test_bad_reports_are_refused_by_field(self, world, nobody, change):
        body = {**self.BODY, **change}
        if change.get("lat") == 1e400:
            body.pop("lat")
        assert nobody.post("/reports", body, status=422)["errors"]
        assert not Case.objects.exists()

    def test_an_estate_of_the_street_goes_before_the_words_about_the_place(self, world, nobody, program):
        Estate.objects.create(name="翠湖花园", area_code=GRID, grid_codes=[GRID])
        body = {"words": "电梯坏了", "area_code": STREET, "estate": "翠湖花园", "place_words": "三栋"}
        for one in (nobody, program("clerk")):
            made = one.post("/reports", body, status=201)
            case = Case.objects.get(pk=made["case_id"])
            assert (case.place_words, case.unplaced) == ("翠湖花园 三栋", True)
            refused = one.post("/reports", {**body, "place_words": "东" * 198}, status=422)
            assert set(refused["errors"]) == {"place_words"}

    @pytest.mark.parametrize("name", ["望月山庄", "沙洲花园", "翠湖"], ids=["unknown", "next door", "part"])
    def test_an_estate_that_is_none_of_the_streets_is_refused_by_its_field(self, world, nobody, name):
        Estate.objects.create(name="翠湖花园", area_code=GRID, grid_codes=[GRID])
        Estate.objects.create(name="沙洲花园", area_code=NEXT_DOOR + "001001")
        refused = nobody.post("/reports", {**self.BODY, "estate": name}, status=422)
        assert "没有叫这个名字的小区" in refused["errors"]["estate"][0]
        assert not Case.objects.exists()

    def test_staff_of_the_next_street_do_not_report_here(self, world, stranger):
        assert stranger.post("/reports", self.BODY, status=403)["code"] == "not-allowed"

    def test_too_many_from_one_address_without_a_token_are_asked_to_wait(self, world, nobody, program, monkeypatch):
        monkeypatch.setattr("huying.portal.actions.NAMELESS", ((2, timedelta(minutes=10)),))
        for _ in range(2):
            nobody.post("/reports", self.BODY, status=201)
        assert nobody.post("/reports", self.BODY, status=429)["code"] == "too-many"
        assert int(nobody.last["Retry-After"]) > 0
        program("clerk").post("/reports", self.BODY, status=201)

    def test_a_house_may_take_reports_with_tokens_alone(self, world, nobody, settings):
        settings.API_PUBLIC_REPORTS = False
        nobody.post("/reports", self.BODY, status=401)


class TestInBox:
    BOX = "/cases-in-box?box=113.2,23.0,113.5,23.2"

    def test_columns_of_open_cases_and_nothing_for_the_stranger(self, call, program, stranger):
        found = program("dispatcher").get(self.BOX)
        assert found["id"] == [str(call.pk)]
        assert (found["lng"], found["lat"], found["title"]) == ([call.lng], [call.lat], [call.title])
        assert found["more"] is False
        assert program("dispatcher").get(f"{self.BOX}&state=closed")["id"] == []
        assert stranger.get(self.BOX)["id"] == []

    @pytest.mark.parametrize("query", ["box=1,2,3", "box=", "", "box=1,2,3,4&limit=501", "box=1,2,3,4&after=x"])
    def test_what_is_no_box_is_refused(self, call, program, query):
        assert program("dispatcher").get(f"/cases-in-box?{query}", status=422)
