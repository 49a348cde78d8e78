"""What counts, what does not, and that every number opens to exactly its rows."""

from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases.models import Case
from huying.cases.rules import Channel
from huying.clocks.models import Clock
from huying.insight import actions, queries
from huying.insight.models import Fact
from huying.insight.queries import Asked
from huying.insight.rules import MEASURES, Month
from huying.kernel.actor import resident, system
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid, NotFound
from tests.insight.steps import MINUTE, called, closed, handled
from tests.world import BANYAN, DISTRICT, GRID, KAPOK, NEXT_DOOR, NOW, STREET, middle

pytestmark = pytest.mark.django_db
OCTOBER = Month(202610)


def assessed(viewer, code=STREET, month=OCTOBER, **how):
    actions.catch_up()
    return queries.assess(viewer, code, month, **how)


def shown(found, *codes):
    return {code: (found.whole.rates[code].above, found.whole.rates[code].of) for code in codes}


class TestWhatCounts:
    def test_the_three_rates(self, world):
        closed(world, called(world).case.pk)
        closed(world, called(world).case.pk, satisfaction="fair", contact="")
        case = closed(world, called(world).case.pk, solved=False, satisfaction="dissatisfied")
        assert case.round == 2
        closed(world, case.pk, now=NOW + timedelta(hours=4), satisfaction="satisfied")
        found = assessed(world.head)
        assert shown(found, "response", "resolution", "satisfaction", "first_round") == {
            "response": ("3", 4), "resolution": ("3", 3), "satisfaction": ("2.8", 3), "first_round": ("2", 3),
        }  # fmt: skip

    def test_a_caller_counts_by_what_was_said_last_and_every_caller_counts(self, world):
        first, second = called(world), called(world)
        a.merge_case(second.case.pk, into_id=first.case.pk, confirmed=True, actor=world.clerk, now=NOW + MINUTE)
        case = closed(world, first.case.pk)
        a.late_feedback(
            case.pk, solved=False, satisfaction="dissatisfied", actor=resident(first.report.pk),
            now=NOW + timedelta(days=1),
        )  # fmt: skip
        found = assessed(world.head)
        assert shown(found, "resolution", "satisfaction") == {"resolution": ("1", 2), "satisfaction": ("1", 2)}
        assert dict(found.excluded) == {"merged": 1}

    def test_on_time_goes_by_the_clock_of_each_step(self, world):
        closed(world, called(world).case.pk)
        late = called(world)
        a.register_file_dispatch(
            late.case.pk, lead_id=world.units["sanitation"].pk, type_code="0901", grade="ordinary",
            actor=world.dispatcher, now=NOW + timedelta(days=3),
        )  # fmt: skip
        closed(world, late.case.pk, now=NOW + timedelta(days=3, hours=1))
        found = assessed(world.head)
        assert shown(found, "on_time_intake", "on_time_sign_in", "on_time_handle") == {
            "on_time_intake": ("1", 2), "on_time_sign_in": ("2", 2), "on_time_handle": ("2", 2),
        }  # fmt: skip

    def test_on_time_goes_by_stage_too_where_the_limit_is_staged(self, world):
        late = self.staged(world, timedelta(hours=6))
        self.staged(world, timedelta(hours=1))
        found = assessed(world.head)
        assert shown(found, "on_time_stage_1", "on_time_stage_2", "on_time_stage_3", "on_time_stage_4") == {
            "on_time_stage_1": ("1", 2), "on_time_stage_2": ("2", 2), "on_time_stage_3": ("2", 2),
            "on_time_stage_4": ("0", 0),
        }  # fmt: skip
        behind = queries.behind(world.head, STREET, OCTOBER, Asked(measure="on_time_stage_1", part="rest"))
        assert [one.case.pk for one in behind.rows] == [late.pk]

    def test_stages_that_another_type_took_away_were_not_walked(self, world):
        self.staged(world, timedelta(hours=1), again="0103")
        found = assessed(world.head)
        assert found.whole.sums["closed"] == 1
        # The first was done; the other two went with the type.
        assert shown(found, "on_time_stage_1", "on_time_stage_2", "on_time_handle") == {
            "on_time_stage_1": ("1", 1), "on_time_stage_2": ("0", 0), "on_time_handle": ("1", 1),
        }  # fmt: skip

    def staged(self, world, after, again="0301"):
        """A closed case with the stages of an illegal building: 4 working hours, 7 and 20 working days."""
        case = called(world).case
        a.register_file_dispatch(
            case.pk, lead_id=world.units["sanitation"].pk, type_code="0301", grade="ordinary", actor=world.dispatcher,
            now=NOW + 5 * MINUTE,
        )  # fmt: skip
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
        a.finish_stage(case.pk, stage=1, actor=world.handler, now=NOW + after)
        if again != "0301":
            after += MINUTE
            a.recategorise_case(case.pk, type_code=again, reason="看错了。", actor=world.dispatcher, now=NOW + after)
        a.submit_result(
            case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=NOW + after + MINUTE
        )
        a.sign_result(case.pk, actor=world.unit_head, now=NOW + after + 2 * MINUTE)
        case = a.review_result(case.pk, actor=world.reviewer, now=NOW + after + 3 * MINUTE)
        if case.state == "checking":
            case = a.check_place(
                case.pk, passed=True, words="已看过。", actor=world.grid_worker, now=NOW + after + 4 * MINUTE
            )  # fmt: skip
        return a.tell_outcome(
            case.pk, solved=True, satisfaction="satisfied", actor=resident(case.reports.get().pk),
            now=NOW + after + 5 * MINUTE,
        )  # fmt: skip

    def test_more_time_that_was_granted_leaves_the_first_limit_in_the_rates(self, world):
        case = closed(world, called(world).case.pk)
        clock = Clock.objects.get(object_id=case.pk, step="handle")
        assert shown(assessed(world.head), "on_time_handle") == {"on_time_handle": ("1", 1)}
        Clock.objects.filter(pk=clock.pk).update(extended="2d", first_due_at=clock.stopped_at - MINUTE)
        actions.recount()
        assert shown(assessed(world.head), "on_time_handle") == {"on_time_handle": ("0", 1)}

    def test_returned_orders_count_for_their_unit_and_the_dispatch_was_wrong(self, world):
        case = called(world).case
        a.register_file_dispatch(
            case.pk, lead_id=world.units["enforcement"].pk, type_code="0901", grade="ordinary",
            actor=world.dispatcher, now=NOW + MINUTE,
        )  # fmt: skip
        order = case.orders.get()
        a.ask_return(
            case.pk,
            order_id=order.pk,
            clause="不在职责内",
            reason="不归我们管。",
            actor=world.enforcer,
            now=NOW + 2 * MINUTE,
        )
        a.decide_return(case.pk, order_id=order.pk, granted=True, actor=world.dispatcher, now=NOW + 3 * MINUTE)
        a.dispatch_case(case.pk, lead_id=world.units["sanitation"].pk, actor=world.dispatcher, now=NOW + 4 * MINUTE)
        closed(world, case.pk)
        found = assessed(world.head)
        assert shown(found, "returns", "directed") == {"returns": ("1", 2), "directed": ("0", 1)}
        units = {one.key: one.sums for one in found.units}
        enforcement, sanitation = (str(world.units[one].pk) for one in ("enforcement", "sanitation"))
        assert (units[enforcement]["returned"], units[enforcement].get("cases", 0)) == (1, 0)
        assert (units[sanitation]["cases"], units[sanitation]["leads_completed"]) == (1, 1)

    def test_a_result_that_was_sent_back_is_rework(self, world):
        case = handled_to_review(world)
        a.send_for_rework(case.pk, reason="照片不清。", actor=world.reviewer, now=NOW + 75 * MINUTE)
        a.submit_result(case.pk, outcome="explained", answer="说明过了。", actor=world.handler, now=NOW + 76 * MINUTE)
        a.sign_result(case.pk, actor=world.unit_head, now=NOW + 77 * MINUTE)
        case = a.review_result(case.pk, actor=world.reviewer, now=NOW + 78 * MINUTE)
        a.tell_outcome(case.pk, solved=True, actor=resident(case.reports.get().pk), now=NOW + 90 * MINUTE)
        closed(world, called(world).case.pk)
        assert shown(assessed(world.head), "rework") == {"rework": ("1", 2)}

    @pytest.mark.parametrize(
        ("days", "type_code", "grid", "again"),
        [(1, "0901", GRID, 1), (29, "0901", GRID, 1), (31, "0901", GRID, 0), (1, "0902", GRID, 0),
         (1, "0901", KAPOK + "001", 0)],
    )  # fmt: skip
    def test_the_same_matter_in_the_same_place_within_thirty_days(self, world, days, type_code, grid, again):
        closed(world, called(world).case.pk)
        lng, lat = middle(grid)
        later = NOW + timedelta(days=days)
        second = called(world, now=later, lng=lng, lat=lat)
        closed(world, second.case.pk, code=type_code, now=later)
        actions.catch_up()
        assert Fact.objects.get(subject_id=second.case.pk).repeated == again

    def test_a_first_case_that_is_counted_late_still_makes_the_second_a_repeat(self, world):
        first = called(world).case
        closed(world, first.pk)
        later = NOW + timedelta(days=2)
        second = called(world, now=later).case
        closed(world, second.pk, now=later)
        actions.refresh([second.pk])
        assert Fact.objects.get(subject_id=second.pk).repeated == 0
        actions.refresh([first.pk])
        assert Fact.objects.get(subject_id=second.pk).repeated == 1
        assert shown(queries.assess(world.head, STREET, OCTOBER), "repeat") == {"repeat": ("1", 2)}

    def test_what_is_left_out_is_listed_by_kind_and_in_no_rate(self, world):
        Case.objects.filter(pk=closed(world, called(world).case.pk).pk).update(drill=True)
        closed(world, called(world, channel=Channel.API, source="petition").case.pk)
        gone = called(world).case
        a.transfer_case(gone.pk, receiver="区水务局", confirmed=True, actor=world.head, now=NOW + MINUTE)
        found = assessed(world.head)
        assert dict(found.excluded) == {"drill": 1, "source": 1, "transferred": 1}
        assert found.whole.sums.get("cases", 0) == 0
        for kind in found.excluded:
            rows = queries.behind(world.head, STREET, OCTOBER, Asked(excluded=kind))
            assert (rows.cases, len(rows.rows)) == (1, 1)

    def test_types_that_are_not_scored_are_in_no_satisfaction(self, world):
        case = closed(world, called(world).case.pk)
        unscored = type_without_score(case)
        Case.objects.filter(pk=case.pk).update(type_code=unscored)
        assert shown(assessed(world.head), "satisfaction", "resolution") == {
            "satisfaction": ("0", 0), "resolution": ("1", 1),
        }  # fmt: skip


def handled_to_review(world):
    case = called(world).case
    a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0901", grade="ordinary", actor=world.dispatcher,
        now=NOW + 5 * MINUTE,
    )  # fmt: skip
    a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
    a.submit_result(case.pk, outcome="explained", answer="已说明。", actor=world.handler, now=NOW + 60 * MINUTE)
    return a.sign_result(case.pk, actor=world.unit_head, now=NOW + 70 * MINUTE)


def type_without_score(case):
    from huying.matters.models import MatterType

    rows = MatterType.objects.filter(version__number=case.catalogue_version, scored=False)
    return rows.order_by("code").first().code


class TestRows:
    def test_every_number_opens_to_exactly_its_rows(self, world):
        lng, lat = middle(KAPOK + "001")
        closed(world, called(world).case.pk)
        closed(world, called(world).case.pk, satisfaction="fair", contact="")
        closed(world, called(world, lng=lng, lat=lat).case.pk, satisfaction="dissatisfied")
        a.answer_case(called(world).case.pk, words="您好。", actor=world.clerk, now=NOW + MINUTE)
        found = assessed(world.head)
        cuts = [(STREET, found.whole, {})]
        cuts += [(line.key, line, {}) for line in found.areas]
        cuts += [(STREET, line, {"slice": "unit", "key": line.key}) for line in found.units]
        cuts += [(STREET, line, {"slice": "matter", "key": line.key}) for line in found.matters]
        assert {len(cut) for _code, _line, cut in cuts} == {0, 2}
        assert len(found.areas) == 2
        for code, line, cut in cuts:
            for measure in MEASURES:
                every, hits, rest = (
                    queries.behind(world.head, code, OCTOBER, Asked(measure=measure.code, part=part, **cut))
                    for part in ("all", "hits", "rest")
                )
                sums = line.sums
                assert every.of == sums.get(measure.of, 0) == sum(one.of for one in every.rows)
                assert every.hits == hits.hits == sums.get(measure.hits, 0) == sum(one.hits for one in every.rows)
                assert every.half == sums.get(measure.half, 0)
                assert len(every.rows) == every.cases
                assert {one.case.pk for one in hits.rows} | {one.case.pk for one in rest.rows} == {
                    one.case.pk for one in every.rows
                }

    def test_rows_come_in_pages(self, world, monkeypatch):
        monkeypatch.setattr("huying.insight.queries.rows.MOST", 2)
        for _ in range(5):
            a.answer_case(called(world).case.pk, words="您好。", actor=world.clerk, now=NOW + MINUTE)
        actions.catch_up()
        asked, got, after = Asked(measure="self_found"), [], ""
        for _ in range(3):
            page = queries.behind(world.head, STREET, OCTOBER, asked, after=after)
            got += [one.case.pk for one in page.rows]
            assert page.cases == 5
            after = page.next
        assert (len(set(got)), len(got), after) == (5, 5, "")
        for wrong in ("x", "2026-10-20_1", f"2026-10-20T00:00:00_{got[0]}", f"0001-01-01T00:00:00+00:00_{got[0]}"):
            with pytest.raises(Invalid):
                queries.behind(world.head, STREET, OCTOBER, asked, after=wrong)

    def test_a_made_up_number_is_not_there(self, world):
        for wrong in (
            Asked(), Asked(measure="x"), Asked(excluded="x"), Asked(measure="response", excluded="drill"),
            Asked(measure="response", part="x"), Asked(measure="response", slice="unit", key="x"),
            Asked(measure="response", slice="matter", key="1\x00"), Asked(measure="response", slice="whole"),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                queries.behind(world.head, STREET, OCTOBER, wrong)


class TestScope:
    def test_nobody_reads_the_next_sub_district_or_one_that_does_not_exist(self, world, django_assert_max_num_queries):
        closed(world, called(world).case.pk)
        actions.catch_up()
        told = set()
        for viewer, code in (
            (world.next_dispatcher, STREET), (world.next_dispatcher, BANYAN), (world.next_dispatcher, DISTRICT),
            (world.head, NEXT_DOOR), (world.head, "990101001999"), (world.secretary, STREET), (world.handler, STREET),
            (resident(), STREET), (world.head, GRID + "0001"), (world.head, ""),
        ):  # fmt: skip
            asks = (
                lambda viewer=viewer, code=code: queries.assess(viewer, code, OCTOBER),
                lambda viewer=viewer, code=code: queries.behind(viewer, code, OCTOBER, Asked(measure="response")),
                lambda viewer=viewer, code=code: queries.months_of(viewer, code),
                lambda viewer=viewer, code=code: queries.ahead(viewer, code, now=NOW),
            )
            for ask in asks:
                with django_assert_max_num_queries(0), pytest.raises(NotFound) as why:
                    ask()
                told.add((str(why.value), why.value.code))
        assert len(told) == 1
        assert queries.assess(world.next_dispatcher, NEXT_DOOR, OCTOBER).whole.sums == {}
        assert queries.assess(world.secretary, BANYAN, OCTOBER).whole.sums["cases"] == 1
        assert queries.assess(system(), DISTRICT, OCTOBER).whole.sums["cases"] == 1

    def test_restricted_cases_are_in_no_number_but_apart_for_those_who_may_see_them(self, world):
        case = closed(world, called(world).case.pk)
        closed(world, called(world).case.pk)
        actions.catch_up()
        Case.objects.filter(pk=case.pk).update(restricted=True, confidential=True)
        # Before it is counted anew the number is old; its rows are not.
        rows = queries.behind(world.clerk, STREET, OCTOBER, Asked(measure="self_found"))
        assert (rows.cases, len(rows.rows)) == (2, 1)
        for viewer, apart in ((world.clerk, 0), (world.leader, 1)):
            found = assessed(viewer)
            assert (found.whole.sums["cases"], found.restricted.count) == (1, apart)
        rows = queries.behind(world.leader, STREET, OCTOBER, Asked(measure="self_found"))
        assert (rows.cases, len(rows.rows)) == (1, 1)


class TestAhead:
    def test_if_call_back_were_today_and_what_is_red_by_tomorrow(self, world):
        handled(world, called(world).case.pk)
        at = NOW + 100 * MINUTE
        soon = queries.ahead(world.head, STREET, now=at)
        assert (soon.waiting, soon.outcomes) == (1, {"explained": 1})
        assert [one.pk for one in queries.asked_today(world.head, STREET, page=Page())] == [Case.objects.get().pk]
        new = world.call(now=at).case
        red = queries.red_by_tomorrow(world.head, STREET, now=at, page=Page())
        assert new.pk in {one.pk for one in red}
        assert queries.ahead(world.head, STREET, now=at).red == len(red)
        assert all(at < one.due_at for one in red)
        assert queries.ahead(world.next_dispatcher, NEXT_DOOR, now=at).waiting == 0
