"""A rehearsal on a small street: imported calls reach an end through the actions, and the record agrees."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction

from huying.audit import actions as audit
from huying.audit.models import History
from huying.audit.queries import verify
from huying.cases.models import Case, Errand, Ticket, Whistle, WhistlePart, WorkOrder
from huying.cases.queries.replay import contracts
from huying.cases.rules import ENDS
from huying.cli.commands import rehearse
from huying.cli.contract import CommandRefused, Terminal
from huying.cli.play.hands import LiveHand
from huying.cli.play.season.playing import Playing
from huying.insight.actions import counting
from huying.insight.models import Fact
from tests.cli.rehearsing import CALLS, options, take_in_calls
from tests.world import NEXT_DOOR, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def calls(tmp_path, monkeypatch):
    take_in_calls(tmp_path, monkeypatch)


def killed_in(monkeypatch, call):
    """A call of a rehearsal breaks off after its third move."""
    count, moves = iter(range(1, 1000)), iter(range(1000))
    next_call, walk = Playing._next, LiveHand.walk

    def played(self, number, asked):
        if next(count) == call:
            monkeypatch.setattr(LiveHand, "walk", broken)
        next_call(self, number, asked)

    def broken(self, docket, step):
        if next(moves) == 3:
            raise KeyboardInterrupt
        return walk(self, docket, step)

    monkeypatch.setattr(Playing, "_next", played)


@pytest.mark.usefixtures("calls")
class TestRehearse:
    @pytest.mark.slow
    def test_calls_reach_an_end_by_many_people_and_the_record_agrees(self, tmp_path):
        outcome = rehearse.run(options(), Terminal(json_line=True))
        facts = outcome.facts
        assert outcome.code == 0
        assert (facts["cases"], facts["mismatched"]) == (CALLS, 0)
        assert facts["more"] >= 3  # a part and two tickets
        assert facts["ended"] >= CALLS + facts["more"] - 3
        assert {name for name, count in facts["beside"].items() if not count} == set()
        assert facts["actors"] >= 8
        assert facts["moves"] > 5 * CALLS
        for name in ("response", "resolution", "satisfaction"):
            assert 0 <= facts[name]["rate"] <= 1
            assert facts[name]["of"] > 0
        assert 0 < facts["median_hours"] <= facts["p90_hours"]
        verbs = set(History.objects.filter(kind="case").values_list("verb", flat=True))
        assert {"return", "rework", "fail_check", "second_round", "withdraw", "void", "decline", "answer"} <= verbs
        assert {
            "ask_extend", "hold", "supervise", "report_back", "ask_reporter", "split", "council", "declare_incident",
            "join_incident", "end_incident", "errand_send", "errand_accept", "ask_confidential", "ask_exclusion",
        } <= verbs  # fmt: skip
        for kind, wanted in (
            ("whistle", {"ask", "answer", "arrive", "finish", "end", "rate_unit", "rate_caller"}),
            ("ticket", {"arrive", "ask_return", "send", "go_up", "number"}),
            ("batch", {"begin"}),
        ):
            assert wanted <= set(History.objects.filter(kind=kind).values_list("verb", flat=True)), kind
        assert Case.objects.filter(state__in=ENDS).count() == facts["ended"]
        assert not WorkOrder.objects.filter(case__state__in=ENDS, state__in=["offered", "accepted", "rework"]).exists()
        heads = tmp_path / "heads.jsonl"
        audit.seal(now=NOW, heads_file=heads)
        assert verify(heads).ok

    def test_a_damaged_state_is_found(self):
        rehearse.run(options(cases=5), Terminal(json_line=True))
        case = Case.objects.filter(state__in=ENDS).exclude(state="answered").first()
        assert case is not None
        Case.objects.filter(pk=case.pk).update(state="answered", merged_into=None)
        from huying.cases.queries.replay import mismatches

        found = mismatches([case.pk])
        assert [one.case_id for one in found] == [case.pk]
        assert "answered" in found[0].why

    @pytest.mark.slow
    def test_what_hangs_on_a_case_is_walked_again_too(self):
        rehearse.run(options(), Terminal(json_line=True))
        every = list(Case.objects.values_list("pk", flat=True))
        assert contracts(every) == []
        for model, state in ((Whistle, "asked"), (WhistlePart, "named"), (Ticket, "returned"), (Errand, "revoked")):
            row = model.objects.exclude(state=state).first()
            before, row.state = row.state, state
            row.save(update_fields=["state"])
            [found] = contracts(every)
            assert f"is {state}" in found.why
            row.state = before
            row.save(update_fields=["state"])

    @pytest.mark.slow
    def test_one_that_was_killed_ends_as_one_that_was_not(self, monkeypatch, capsys):
        with transaction.atomic():
            unbroken = rehearse.run(options(), Terminal()).facts
            printed = capsys.readouterr().out
            states = Counter(Case.objects.values_list("state", flat=True))
            transaction.set_rollback(True)
        killed_in(monkeypatch, call=23)
        with pytest.raises(KeyboardInterrupt):
            rehearse.run(options(), Terminal())
        assert Case.objects.filter(state="received", imported=True).exists()
        monkeypatch.undo()
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(days=9))
        capsys.readouterr()
        resumed = rehearse.run(options(seed=7, cases=3, resume=True), Terminal()).facts
        assert resumed == unbroken
        assert capsys.readouterr().out == printed
        assert Counter(Case.objects.values_list("state", flat=True)) == states
        with pytest.raises(CommandRefused):
            rehearse.run(options(resume=True), Terminal())  # nothing is broken off, and no call waits

    def test_the_assessment_is_that_of_its_cases_which_stand_in_no_other(self, capsys):
        rehearse.run(options(cases=6), Terminal())
        told = capsys.readouterr().out.splitlines()
        rates = {line.split("\t")[0].strip() for line in told[told.index("考核（只算这次演练的案件）") + 1 :]}
        for name in (
            "解决率",
            "满意率",
            "受理按时率",
            "办理按时率",
            "退单率",
            "派单准确率",
            "返工率",
            "受理员",
            "专业部门",
        ):
            assert name in rates, told
        counting.catch_up()
        imported = Case.objects.filter(imported=True).values("pk")
        assert set(Fact.objects.filter(subject_id__in=imported).values_list("excluded", flat=True)) == {"imported"}

    def test_another_street_without_calls_is_refused_in_words(self):
        with pytest.raises(CommandRefused, match="导入"):
            rehearse.run(options(area=NEXT_DOOR), Terminal(json_line=True))


def test_no_cases_asked_is_refused(db):
    with pytest.raises(CommandRefused):
        rehearse.run(options(cases=0), Terminal(json_line=True))
