"""Months are frozen once, corrected by versions, and what was frozen never changes; terms need two heads."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction

from huying.audit.models import History
from huying.cases import actions as a
from huying.insight import actions, jobs, queries
from huying.insight.models import FrozenFact, Scoring, Statement
from huying.insight.queries import Asked
from huying.insight.rules import SHIPPED, Month, Terms, examples_of
from huying.kernel.actor import resident, system
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.places.rules import SHANGHAI
from tests.insight.steps import called, closed
from tests.world import BANYAN, NEXT_DOOR, NOW, STREET

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = Month(202610), Month(202611)
AFTER = datetime(2026, 11, 10, 9, tzinfo=SHANGHAI)


def lines(kind):
    return list(History.objects.filter(kind=kind).order_by("pk").values_list("verb", "from_state", "to_state"))


@pytest.fixture
def frozen(world):
    case = closed(world, called(world).case.pk)
    actions.catch_up()
    actions.freeze_month(code=STREET, month=OCTOBER, actor=world.head, now=AFTER)
    return case


class TestFreezing:
    def test_what_is_frozen_stays_and_opens_to_its_rows(self, world, frozen):
        a.late_feedback(
            frozen.pk, solved=False, satisfaction="dissatisfied", actor=resident(frozen.reports.get().pk),
            now=NOW + timedelta(days=20),
        )  # fmt: skip
        actions.catch_up()
        assert queries.assess(world.head, STREET, OCTOBER).whole.rates["resolution"].percent == "100.0"
        assert queries.assess(world.head, STREET, OCTOBER, version=0).whole.rates["resolution"].percent == "0.0"
        asked = Asked(measure="resolution", part="hits")
        assert [one.case.pk for one in queries.behind(world.head, STREET, OCTOBER, asked).rows] == [frozen.pk]
        assert queries.behind(world.head, STREET, OCTOBER, asked, version=0).rows == ()

    def test_areas_inside_read_their_part_of_it(self, world, frozen):
        inside = queries.assess(world.secretary, BANYAN, OCTOBER)
        assert (inside.statement.area_code, inside.whole.sums["cases"]) == (STREET, 1)
        assert [one.key for one in inside.areas] == [BANYAN + "001"]
        whole = queries.assess(world.head, STREET, OCTOBER)
        live = queries.assess(world.head, STREET, OCTOBER, version=0)
        for one, other in ((whole, live), (inside, queries.assess(world.secretary, BANYAN, OCTOBER, version=0))):
            assert (one.whole, one.areas, one.units, one.matters, one.excluded) == (
                other.whole, other.areas, other.units, other.matters, other.excluded
            )  # fmt: skip

    def test_a_month_is_frozen_once_and_only_when_it_is_over(self, world, frozen):
        with pytest.raises(Conflict):
            actions.freeze_month(code=STREET, month=OCTOBER, actor=world.leader, now=AFTER)
        with pytest.raises(Invalid):
            actions.freeze_month(code=STREET, month=NOVEMBER, actor=world.head, now=AFTER)
        assert lines("statement") == [("freeze", "", "frozen")]

    def test_a_correction_is_another_version_with_its_reason_and_the_old_one_is_kept(self, world, frozen):
        a.late_feedback(frozen.pk, solved=False, actor=resident(frozen.reports.get().pk), now=NOW + timedelta(days=20))
        actions.catch_up()
        with pytest.raises(Invalid):
            actions.correct_month(code=STREET, month=OCTOBER, reason=" ", actor=world.head, now=AFTER)
        with pytest.raises(Invalid):
            actions.correct_month(code=STREET, month=NOVEMBER, reason="漏了。", actor=world.head, now=AFTER)
        second = actions.correct_month(code=STREET, month=OCTOBER, reason="补评价漏算。", actor=world.head, now=AFTER)
        assert (second.version, second.reason) == (2, "补评价漏算。")
        for version, percent in ((None, "0.0"), (1, "100.0"), (2, "0.0")):
            found = queries.assess(world.head, STREET, OCTOBER, version=version)
            assert found.whole.rates["resolution"].percent == percent
        assert [one.version for one in queries.months_of(world.head, STREET)] == [2, 1]
        with pytest.raises(NotFound):
            queries.assess(world.head, STREET, OCTOBER, version=3)
        assert lines("statement") == [("freeze", "", "frozen"), ("correct", "", "frozen")]

    def test_publishing_is_done_once(self, world, frozen):
        one = Statement.objects.get()
        for _ in range(2):
            actions.publish_month(statement_id=one.pk, actor=world.leader, now=AFTER)
        assert lines("statement") == [("freeze", "", "frozen"), ("publish", "frozen", "published")]

    def test_only_heads_of_the_area_and_nobody_else_learns_of_it(self, world, frozen):
        one = Statement.objects.get()
        told = set()
        for actor in (world.next_dispatcher, world.secretary, world.handler, resident(), system()):
            for act in (
                lambda actor=actor: actions.freeze_month(code=STREET, month=OCTOBER, actor=actor, now=AFTER),
                lambda actor=actor: actions.correct_month(
                    code=STREET, month=OCTOBER, reason="改。", actor=actor, now=AFTER
                ),
                lambda actor=actor: actions.freeze_month(code="990101999", month=OCTOBER, actor=actor, now=AFTER),
            ):
                with pytest.raises(NotFound) as why:
                    act()
                told.add(str(why.value))
            with pytest.raises(NotFound) as why:
                actions.publish_month(statement_id=one.pk, actor=actor, now=AFTER)
            told.add(str(why.value))
        assert len(told) == 1
        for actor in (world.clerk, world.dispatcher):
            with pytest.raises(NotAllowed):
                actions.publish_month(statement_id=one.pk, actor=actor, now=AFTER)
            with pytest.raises(NotAllowed):
                actions.freeze_month(code=STREET, month=OCTOBER, actor=actor, now=AFTER)
        for code in (NEXT_DOOR, STREET + "999"):
            with pytest.raises(NotFound):
                actions.freeze_month(code=code, month=OCTOBER, actor=world.head, now=AFTER)

    @pytest.mark.parametrize("what", ["update", "delete"])
    def test_the_database_itself_refuses_to_change_what_was_frozen(self, frozen, what):
        rows = FrozenFact.objects.all()
        change = {"update": lambda: rows.update(solved=9), "delete": rows.delete}[what]
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    def test_the_job_proposes_after_the_window_once_and_only_where_there_are_cases(self, world, monkeypatch):
        closed(world, called(world).case.pk)
        actions.catch_up()
        early = AFTER - timedelta(days=1)
        for moment, made in ((early, 0), (AFTER, 1), (AFTER, 0)):
            monkeypatch.setattr("django.utils.timezone.now", lambda moment=moment: moment)
            assert jobs.propose(0) == made
        one = Statement.objects.get()
        assert (one.area_code, one.month, one.state) == (STREET, 202610, "proposed")
        with pytest.raises(Invalid):
            actions.publish_month(statement_id=one.pk, actor=world.head, now=AFTER)
        assert queries.assess(world.head, STREET, OCTOBER).statement is None
        actions.freeze_month(code=STREET, month=OCTOBER, actor=world.head, now=AFTER)
        assert Statement.objects.get().state == "frozen"
        assert lines("statement") == [("propose", "", "proposed"), ("freeze", "proposed", "frozen")]


def proposed(world, actor=None, **changes):
    terms = replace(SHIPPED, **{"units": True, "posts": True, **changes})
    return actions.propose_terms(
        code=STREET, terms=terms, valid_from=OCTOBER, reason="街道办公会定的。", actor=actor or world.head, now=NOW
    )


class TestTerms:
    def test_scores_are_off_until_two_heads_switch_them_on(self, world):
        closed(world, called(world).case.pk)
        actions.catch_up()
        off = queries.assess(world.head, STREET, OCTOBER)
        assert queries.scores_of_posts(off.whole.sums, off.terms) == []
        assert queries.score_of_unit(off.units[0].sums, off.terms) is None
        one = proposed(world)
        assert queries.terms_for(STREET, OCTOBER) is SHIPPED
        with pytest.raises(IllegalMove):
            actions.decide_terms(scoring_id=one.pk, granted=True, actor=world.head, now=NOW)
        actions.decide_terms(scoring_id=one.pk, granted=True, actor=world.leader, now=NOW)
        on = queries.assess(world.head, STREET, OCTOBER)
        assert [one.formula.code for one in queries.scores_of_posts(on.whole.sums, on.terms)] == [
            "supervisor", "intake", "duty_head", "dispatcher", "whistle",
        ]  # fmt: skip
        score = queries.score_of_unit(on.units[0].sums, on.terms)
        assert (score.printed, score.band) == ("100.0", "")  # one order: no band
        assert queries.terms_for(STREET, OCTOBER.last) is SHIPPED
        assert queries.terms_for(BANYAN, NOVEMBER).version == "2026-10.1"
        assert queries.terms_for(NEXT_DOOR, NOVEMBER) is SHIPPED
        assert lines("scoring") == [("propose", "", "proposed"), ("approve", "proposed", "in_force")]

    def test_each_version_keeps_its_worked_examples_and_they_come_out_again(self, world):
        one = proposed(world, fair=Fraction(1, 2), bands=(("A", 95), ("B", 80), ("C", 60), ("D", 40), ("E", 0)))
        actions.decide_terms(scoring_id=one.pk, granted=True, actor=world.leader, now=NOW)
        for row in Scoring.objects.all():
            assert row.examples == examples_of(Terms.read(row.terms))
        assert Scoring.objects.get().examples["unit"]["band"] == "B"
        assert SHIPPED.written()["bands"][0] == ["A", 90]

    def test_a_frozen_month_keeps_the_terms_it_was_frozen_by(self, world, frozen):
        one = proposed(world, fair=Fraction(0))
        actions.decide_terms(scoring_id=one.pk, granted=True, actor=world.leader, now=NOW)
        assert queries.assess(world.head, STREET, OCTOBER).terms.version == "2026-1"
        assert queries.assess(world.head, STREET, OCTOBER, version=0).terms.version == "2026-10.1"

    def test_one_waits_at_a_time_a_refusal_has_words_and_past_months_keep_their_terms(self, world):
        one = proposed(world)
        with pytest.raises(Conflict):
            proposed(world, actor=world.head2)
        with pytest.raises(Invalid):
            actions.decide_terms(scoring_id=one.pk, granted=False, actor=world.leader, now=NOW)
        actions.decide_terms(scoring_id=one.pk, granted=False, words="再议。", actor=world.leader, now=NOW)
        with pytest.raises(IllegalMove):
            actions.decide_terms(scoring_id=one.pk, granted=True, actor=world.leader, now=NOW)
        assert queries.terms_for(STREET, OCTOBER) is SHIPPED
        with pytest.raises(Invalid) as why:
            actions.propose_terms(
                code=STREET, terms=replace(SHIPPED, fair=Fraction(2)), valid_from=OCTOBER.last, reason="试。",
                actor=world.head, now=NOW,
            )  # fmt: skip
        assert set(why.value.errors) == {"fair", "valid_from"}

    def test_only_heads_of_the_area_and_nobody_else_learns_of_it(self, world):
        one = proposed(world)
        for actor in (world.next_dispatcher, world.secretary, world.handler, resident()):
            with pytest.raises(NotFound):
                proposed(world, actor=actor)
            with pytest.raises(NotFound):
                actions.decide_terms(scoring_id=one.pk, granted=True, actor=actor, now=NOW)
            for ask in (lambda: queries.scoring(actor, one.pk), lambda: queries.scoring_of(actor, STREET)):  # noqa: B023
                with pytest.raises(NotFound):
                    ask()
        with pytest.raises(NotAllowed):
            proposed(world, actor=world.clerk)
