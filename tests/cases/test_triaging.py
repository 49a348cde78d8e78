"""What triage suggested is noted; it acts alone where a street lets it, and is put right by one act."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions.ruling import decide_rule
from huying.cases.actions.triaging import act_alone, put_right
from huying.cases.models import Case, Suggested, TriageLimit
from huying.cases.queries import suggesting
from huying.cases.queries import triage as reads
from huying.cases.queries.suggesting import types_for
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.matters import queries as matters
from huying.registers import actions as registers
from huying.registers.declared import get
from huying.triage.suggestion import Suggestion
from tests.world import NOW, STREET, build_world

DAY = timedelta(days=1)
BIN = "榕树路口的垃圾桶满了，没有人来收。"


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def sure(monkeypatch):
    """Triage that is as sure of a type as the test says."""

    def says(code="0103", confidence=0.99):
        made = SimpleNamespace(suggest=lambda words, top=3: [Suggestion(code, confidence, ("垃圾桶",))][:top])
        monkeypatch.setattr(suggesting._KEPT, "of", lambda area_code: suggesting._Asked(made))

    says()
    return says


def limit(world, *, code="0103", percent=98, approve=True, now=NOW - DAY, **given):
    values = {"area_code": STREET, "type_code": code, "percent": percent, "valid_from": localdate(now), **given}
    row = registers.put(register=get("triage_limit"), row_id=None, values=values, actor=world.keeper, now=now)
    if approve:
        decide_rule(register="triage_limit", rule_id=row.pk, granted=True, actor=world.leader, now=now)
    return row


def dispatched(world, case, code="0103", **given):
    return a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code=code, actor=world.dispatcher, now=NOW, **given
    )


class TestNoting:
    def test_what_was_suggested_is_kept_beside_what_was_chosen_in_codes_and_numbers_alone(self, world):
        case = world.call(words=BIN).case
        dispatched(world, case, "0101")
        row = Suggested.objects.get()
        assert row.case.type_code == "0101"
        assert row.type_code == types_for(BIN, STREET).types[0].type.code
        assert 0 < row.confidence <= 1
        assert len(row.others) == 2
        assert not row.by_rule
        kept = [str(value) for value in Suggested.objects.filter(pk=row.pk).values().get().values()]
        assert not any("垃圾桶" in value for value in kept)

    def test_it_costs_no_statement(self, world, monkeypatch):
        first, second = world.call(words=BIN).case, world.call(words=BIN).case
        with CaptureQueriesContext(
            connection,
        ) as noted:
            dispatched(world, first)
        monkeypatch.setattr("huying.cases.actions.intake.note_suggested", lambda *args, **given: None)
        with CaptureQueriesContext(connection) as plain:
            dispatched(world, second)
        assert len(noted) <= len(plain) + 2  # the catalogue's version and the models in use, once a minute

    def test_a_drill_is_not_noted(self, world):
        case = world.call(words=BIN, drill=True).case
        dispatched(world, case)
        assert not Suggested.objects.exists()

    @pytest.mark.parametrize("where", ["huying.triage.cold.Cold.suggest", "huying.cases.queries.suggesting._KEPT.of"])
    def test_triage_that_fails_stands_in_nobodys_way_and_is_logged_once(self, world, monkeypatch, caplog, where):
        def fail(*args, **given):
            raise ZeroDivisionError

        monkeypatch.setattr(where, fail)
        for _each in range(3):
            assert dispatched(world, world.call(words=BIN).case).state == "in_hand"
        assert sum("triage failed" in line.message for line in caplog.records) == 1
        assert Suggested.objects.count() == 3  # the catalogue's words, asked as they were before

    def test_numbers_and_names_are_masked_before_anything_reads_them(self, world, monkeypatch):
        read = []
        made = SimpleNamespace(suggest=lambda words, top=3: read.append(words) or [])
        monkeypatch.setattr(suggesting._KEPT, "of", lambda area_code: suggesting._Asked(made))
        types_for("王先生 13812345678 说垃圾桶满了", STREET)
        assert "13812345678" not in read[0]
        assert "王先生" not in read[0]
        assert "垃圾桶" in read[0]


class TestActingAlone:
    def test_nothing_happens_without_a_limit_and_it_costs_one_statement(self, world, sure):
        case = world.call(words=BIN).case
        with CaptureQueriesContext(connection) as asked:
            assert act_alone(now=NOW) == 0
        assert len(asked) == 1
        assert Case.objects.get(pk=case.pk).state == "received"

    def test_what_is_sure_enough_is_dispatched_and_the_history_says_by_what(self, world, sure):
        case = world.call(words=BIN).case
        limit(world)
        assert act_alone(now=NOW) == 1
        case.refresh_from_db()
        assert (case.state, case.type_code) == ("in_hand", "0103")
        line = History.objects.get(object_id=case.pk, verb="register")
        assert (line.actor_kind, line.actor_label, line.actor_id) == ("rule", "cases.triage", None)
        assert line.facts == {
            "type": "0103", "grade": "ordinary", "model": 0, "sure_percent": 99, "limit_percent": 98
        }  # fmt: skip
        assert Suggested.objects.get(case=case).by_rule
        assert act_alone(now=NOW) == 0

    @pytest.mark.parametrize(
        "given",
        [
            {"about_staff": True},
            {"words": "着火了，垃圾桶烧起来了，快来人"},
            {"lng": None, "lat": None},
            {"type_code": "0101"},
        ],
        ids=["confidential", "danger", "unplaced", "chosen"],
    )
    def test_what_asks_for_eyes_is_left_to_the_clerk(self, world, sure, given):
        case = world.call(**{"words": BIN, **given}).case
        limit(world)
        act_alone(now=NOW)
        assert Case.objects.get(pk=case.pk).state == "received"

    @pytest.mark.parametrize("confidence", [0.0, 0.5, 0.9799])
    def test_what_is_less_sure_than_the_limit_is_left(self, world, sure, confidence):
        world.call(words=BIN)
        limit(world)
        sure(confidence=confidence)
        assert act_alone(now=NOW) == 0

    def test_a_limit_that_waits_has_ended_or_is_of_next_door_lets_nothing_act(self, world, sure):
        world.call(words=BIN)
        limit(world, approve=False)
        assert act_alone(now=NOW) == 0
        limit(world, valid_from=localdate(NOW), ended=True)
        assert act_alone(now=NOW) == 0

    def test_what_lies_longer_or_was_registered_before_is_somebodys_already(self, world, sure):
        limit(world)
        world.call(words=BIN, now=NOW - timedelta(minutes=20))
        back = world.call(words=BIN, now=NOW).case
        a.register_case(back.pk, type_code="0103", grade="ordinary", actor=world.clerk, now=NOW)
        a.send_back_case(back.pk, reason="要问清楚。", actor=world.head, now=NOW)
        assert act_alone(now=NOW) == 0

    @pytest.mark.parametrize("bad", ["confidential", "danger", "unknown", "low"])
    def test_a_limit_for_what_may_never_act_alone_is_refused(self, world, bad):
        kinds = matters.active_types()
        code = {
            "confidential": next(one.code for one in kinds if one.confidential),
            "danger": next(one.code for one in kinds if one.danger),
            "unknown": "9999",
            "low": "0103",
        }[bad]
        with pytest.raises(Invalid):
            limit(world, code=code, percent=79 if bad == "low" else 98)

    def test_whoever_wrote_a_limit_does_not_approve_it(self, world):
        row = limit(world, approve=False)
        with pytest.raises(NotAllowed):
            decide_rule(register="triage_limit", rule_id=row.pk, granted=True, actor=world.keeper, now=NOW - DAY)
        assert TriageLimit.objects.get().state == "waiting"


class TestPutRight:
    def test_one_act_changes_the_type_and_the_unit_that_has_it(self, world, sure):
        case = world.call(words=BIN).case
        limit(world)
        act_alone(now=NOW)
        put_right(case.pk, type_code="0301", actor=world.dispatcher, now=NOW + timedelta(minutes=5))
        case.refresh_from_db()
        owner = matters.owners_of("0301", case.area_code)[0]
        assert (case.type_code, case.state) == ("0301", "in_hand")
        assert case.orders.get(role="lead", ended_at=None).unit_id == owner.pk
        looked = reads.looked_at(world.clerk, since=NOW - DAY)
        assert [(one.suggested, one.case.type_code, one.by_rule, one.wrong) for one in looked] == [
            ("0103", "0301", True, True)
        ]

    def test_a_stranger_does_not_learn_that_it_exists_and_a_grid_worker_may_not(self, world, sure):
        case = world.call(words=BIN).case
        dispatched(world, case)
        with pytest.raises(NotFound):
            put_right(case.pk, type_code="0301", actor=world.next_dispatcher, now=NOW)
        with pytest.raises(NotAllowed):
            put_right(case.pk, type_code="0301", actor=world.grid_worker, now=NOW)


class TestLooking:
    def test_only_what_the_viewer_sees_counts(self, world, sure):
        for _each in range(3):
            dispatched(world, world.call(words=BIN).case, "0101")
        assert len(reads.looked_at(world.clerk, since=NOW - DAY)) == 3
        assert reads.counted(world.clerk, since=NOW - DAY) == 3
        assert reads.looked_at(world.next_dispatcher, since=NOW - DAY) == []
        assert reads.counted(world.next_dispatcher, since=NOW - DAY) == 0

    def test_a_confidential_case_is_only_its_holders(self, world, sure):
        case = world.call(words=BIN).case
        dispatched(world, case, "0101")
        Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        assert reads.looked_at(world.secretary, since=NOW - DAY) == []

    def test_registered_twice_it_counts_once_with_what_was_suggested_first(self, world, sure):
        case = world.call(words=BIN).case
        a.register_case(case.pk, type_code="0101", grade="ordinary", actor=world.clerk, now=NOW)
        a.send_back_case(case.pk, reason="要问清楚。", actor=world.head, now=NOW)
        sure("0301")
        a.register_case(case.pk, actor=world.clerk, now=NOW + timedelta(minutes=1))
        assert [one.suggested for one in reads.looked_at(world.clerk, since=NOW - DAY)] == ["0103"]
