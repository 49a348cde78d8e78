"""A street's triage learns at night from its closed cases; what is not better is not used; a person may go back."""

import importlib.util
from datetime import timedelta
from uuid import uuid4

import pytest

from huying.audit.models import History
from huying.cases.actions import learning
from huying.cases.actions.learning import forget_old, learn_everywhere, learn_street, set_model
from huying.cases.models import Case, Suggested, TriageModel
from huying.cases.queries import suggesting, triage_files
from huying.cases.queries.suggesting import types_for
from huying.cases.rules.triage import held_back
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, NotAllowed, NotFound
from tests.world import NOW, STREET, build_world

DAY = timedelta(days=1)
NIGHT = system("cases.learning")
# Words that no catalogue has, each meaning one type: only learning can know them.
SLANG = {"0103": "呜噜呜噜满了", "0301": "叽里咕噜太吵", "0101": "哗啦哗啦一地"}
learns = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="requirements/triage.txt is not installed"
)


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def closed(world, monkeypatch):
    """Closed cases whose types are known by a slang of the street; fewer are asked than of a real street."""
    monkeypatch.setattr(learning, "LEAST_CASES", 60)
    monkeypatch.setattr(learning, "LEAST_HELD_BACK", 8)

    def make(count=30, slang=SLANG):
        for number in range(count):
            for code, words in slang.items():
                said = f"{words}，{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{'子丑寅卯辰巳午未申酉'[number // 10]}巷"
                case = world.call(words=said, type_code=code).case
                Case.objects.filter(pk=case.pk).update(state="closed", ended_at=NOW, outcome="solved")

    return make


def model(number=1, state="in_use", street=STREET, **given):
    return TriageModel.objects.create(
        area_code=street, number=number, state=state, made_at=NOW, sha256="0" * 64, data_hash=str(number) * 64,
        learned_from=300, learned_with={"examples": {}, "temperature": 1.0}, set_at=NOW,
        measured={"accuracy": 0.9, "macro_f1": 0.8, "calibration_error": 0.02, "n": 60, "low": 0.1, "known": 0.9,
                "types": [], "confused": [], "before": {"accuracy": 0.7}}, **given,
    )  # fmt: skip


def file_of(row, content=b"no model"):
    path = triage_files.path_of(row.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


class TestLearning:
    @learns
    def test_it_learns_the_streets_own_words_and_is_used_where_it_is_better(self, world, closed):
        closed()
        before = types_for("呜噜呜噜满了", STREET)
        assert learn_everywhere(actor=NIGHT, now=NOW) == 1
        row = TriageModel.objects.get()
        assert (row.state, row.number, row.set_by) == ("in_use", 1, None)
        assert row.measured["accuracy"] > row.measured["before"]["accuracy"]
        assert row.sha256 == triage_files.hash_of(triage_files.path_of(row.pk))
        taught = [pk for pk in Case.objects.values_list("pk", flat=True) if not held_back(pk)]
        assert row.learned_from == len(taught)
        found = types_for("呜噜呜噜满了", STREET)
        assert (found.types[0].type.code, found.model, found.model_id) == ("0103", 1, row.pk)
        assert not before.types or before.types[0].type.code != "0103" or before.model == 0
        line = History.objects.get(kind="triage_model")
        assert (line.verb, line.actor_kind, line.area_code) == ("learn", "system", STREET)
        assert types_for("呜噜呜噜满了", "990101002").model == 0  # next door keeps to the catalogue's words

    @learns
    def test_the_same_cases_are_learned_once_and_one_that_is_no_better_is_kept_back(self, world, closed):
        closed()
        assert learn_street(STREET, actor=NIGHT, now=NOW).state == "in_use"
        assert learn_street(STREET, actor=NIGHT, now=NOW) is None
        closed(1, {"0103": "又是别的说法满了", "0301": "另外一种吵法"})
        again = learn_street(STREET, actor=NIGHT, now=NOW)
        assert (again.number, again.state) == (2, "kept_back")
        assert types_for("呜噜呜噜满了", STREET).model == 1

    def test_too_few_cases_or_no_learner_leave_everything_as_it_is_with_a_line(
        self, world, closed, caplog, monkeypatch
    ):
        caplog.set_level("INFO")
        closed(2)
        assert learn_street(STREET, actor=NIGHT, now=NOW) is None
        assert "6 closed cases" in caplog.text
        closed(28)
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        assert learn_street(STREET, actor=NIGHT, now=NOW) is None
        assert "scikit-learn" in caplog.text
        assert not TriageModel.objects.exists()

    def test_nothing_restricted_no_drill_and_nothing_unmasked_is_learned_from(self, world):
        words = "呜噜呜噜满了，找张先生 13812345678"
        for given in ({}, {"about_staff": True}, {"drill": True}):
            case = world.call(words=words, type_code="0103", **given).case
            Case.objects.filter(pk=case.pk).update(state="closed", ended_at=NOW)
        said = learning._said(STREET, NOW)
        assert len(said) == 1
        assert "13812345678" not in said[0].words
        assert "张先生" not in said[0].words

    def test_a_file_that_is_not_the_one_vouched_for_is_not_loaded_and_words_go_on(self, world, caplog):
        row = model()
        file_of(row)
        suggesting.forget()
        found = types_for("垃圾桶满了", STREET)
        assert found.model == 0
        assert found.types
        assert "triage failed" in caplog.text

    def test_suggestions_end_after_two_years(self, world):
        case = world.call().case
        for days in (1, 729, 731):
            Suggested.objects.create(case=case, at=NOW - days * DAY, type_code="0103", confidence=0.5)
        assert forget_old(now=NOW) == 1
        assert Suggested.objects.count() == 2


class TestChoosing:
    def test_a_leader_goes_back_to_an_older_one_and_the_history_says_who(self, world):
        old, new = model(1, "retired"), model(2)
        file_of(old)
        set_model(model_id=old.pk, use=True, actor=world.leader, now=NOW)
        states = dict(TriageModel.objects.values_list("number", "state"))
        assert states == {1: "in_use", 2: "retired"}
        line = History.objects.get(kind="triage_model")
        assert (line.verb, line.actor_id, line.object_id) == ("use", world.leader.id, old.pk)
        set_model(model_id=old.pk, use=False, actor=world.leader, now=NOW)
        assert not TriageModel.objects.filter(state="in_use").exists()
        assert new.pk

    def test_sent_twice_it_is_done_once(self, world):
        row, key = model(), uuid7()
        for _each in range(2):
            set_model(model_id=row.pk, use=False, actor=world.leader, now=NOW, key=key)
        assert History.objects.filter(kind="triage_model").count() == 1

    def test_one_whose_file_is_gone_or_that_is_used_already_is_refused(self, world):
        old, new = model(1, "retired"), model(2)
        for row in (old, new):
            with pytest.raises(Conflict):
                set_model(model_id=row.pk, use=True, actor=world.leader, now=NOW)

    def test_a_stranger_learns_nothing_and_a_clerk_may_not(self, world):
        row = model()
        for missing in (row.pk, uuid4()):
            with pytest.raises(NotFound):
                set_model(model_id=missing, use=False, actor=world.next_dispatcher, now=NOW)
        with pytest.raises(NotAllowed):
            set_model(model_id=row.pk, use=False, actor=world.clerk, now=NOW)
