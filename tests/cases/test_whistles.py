"""Whistles as acts: who may blow, who is called, who decides, what everybody sees, and what a month adds up to."""

from datetime import date, timedelta

import pytest

from huying.approvals.models import Approval
from huying.audit.models import History
from huying.cases import actions as a
from huying.cases import queries
from huying.cases.actions import whistling as w
from huying.cases.codes import arrival_code
from huying.cases.listeners.calling import climb_late
from huying.cases.models import Case, Whistle, WhistleKind, WhistlePart
from huying.cases.queries import lists
from huying.cases.queries import whistles as reads
from huying.cases.queries.whistles import WantedWhistles
from huying.cases.rules.tasks import Task
from huying.cases.rules.whistles import ANSWER, ARRIVE, Band
from huying.cases.shipped import load
from huying.clocks.models import Clock
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from tests.world import BANYAN, DISTRICT, NOW, STREET, build_world

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER = NOW + HOUR


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def case(world):
    return world.call().case


def ask(world, case, *units, actor=None, now=NOW, kind="enforcement", **given):
    values = {"reason": "社区没有执法权。", **given}
    ids = [world.units[one].pk for one in units or ("sanitation",)]
    return w.ask_whistle(case.pk, kind=kind, unit_ids=ids, actor=actor or world.secretary, now=now, **values)


def arrive(world, whistle, actor, now):
    return w.arrive_whistle(whistle.pk, code=arrival_code(whistle.pk), actor=actor, now=now)


def ended(world, case, now=NOW, *units):
    """A whistle that went well: answered after ten minutes, arrived after forty."""
    who = {"sanitation": world.handler, "enforcement": world.enforcer}
    whistle = ask(world, case, *units, now=now)
    for one in units or ("sanitation",):
        w.answer_whistle(whistle.pk, actor=who[one], now=now + 10 * MINUTE)
        arrive(world, whistle, who[one], now + 40 * MINUTE)
        w.finish_part(whistle.pk, words="办完了。", actor=who[one], now=now + 90 * MINUTE)
    return w.end_whistle(whistle.pk, done="都来了。", remains="无", actor=world.secretary, now=now + 2 * HOUR)


def part_of(world, whistle, unit="sanitation"):
    return WhistlePart.objects.get(whistle=whistle, unit=world.units[unit])


class TestAsking:
    def test_the_heads_own_goes_out_at_once_and_the_units_clocks_run(self, world, case):
        whistle = ask(world, case, "sanitation", "enforcement")
        assert (whistle.state, whistle.serial, Case.objects.get(pk=case.pk).whistled) == ("blown", 1, True)
        clocks = Clock.objects.filter(object_id=part_of(world, whistle).pk)
        assert {(one.step, one.limit) for one in clocks} == {(ANSWER, "2wh"), (ARRIVE, "1wd")}
        assert not Approval.objects.exists()

    def test_somebody_elses_waits_for_the_head_and_calls_nobody_before(self, world, case):
        whistle = ask(world, case, actor=world.grid_worker2)
        assert whistle.state == "asked"
        assert not Clock.objects.filter(object_kind="whistle").exists()
        assert queries.one(case.pk, world.handler) is None
        for nobody in (world.grid_worker2, world.dispatcher):
            with pytest.raises(NotAllowed):
                w.decide_whistle(whistle.pk, granted=True, actor=nobody, now=LATER)
        assert w.decide_whistle(whistle.pk, granted=True, actor=world.secretary, now=LATER).state == "blown"
        assert queries.one(case.pk, world.handler) is not None
        with pytest.raises(IllegalMove):
            w.decide_whistle(whistle.pk, granted=True, actor=world.secretary, now=LATER)

    def test_a_refusal_needs_words_and_ends_it(self, world, case):
        whistle = ask(world, case, actor=world.grid_worker2)
        with pytest.raises(IllegalMove):
            w.decide_whistle(whistle.pk, granted=False, actor=world.secretary, now=LATER)
        done = w.decide_whistle(whistle.pk, granted=False, words="先自己办。", actor=world.secretary, now=LATER)
        assert (done.state, part_of(world, whistle).state) == ("refused", "cancelled")
        assert queries.one(case.pk, world.handler) is None

    @pytest.mark.parametrize("units", [("water",), ("next_sanitation",), ("firm",), ("kapok",), ()])
    def test_only_units_of_the_next_tier_that_answer_for_the_place_are_called(self, world, case, units):
        ids = [world.units[one].pk for one in units]
        with pytest.raises(Invalid):
            w.ask_whistle(case.pk, kind="enforcement", unit_ids=ids, reason="办不了。", actor=world.secretary, now=NOW)

    def test_the_street_whistles_for_departments_of_the_district(self, world, case):
        offered = reads.callable_units(case, reads.caller_units(case, world.dispatcher))
        assert [one.pk for one in offered] == [world.units["water"].pk]
        whistle = ask(world, case, "water", actor=world.dispatcher)
        assert (whistle.state, whistle.caller_unit) == ("asked", world.units["centre"])

    def test_a_recused_unit_is_never_called(self, world, case):
        a.recuse_unit(case.pk, unit_id=world.units["sanitation"].pk, actor=world.head, now=NOW)
        case.refresh_from_db()
        offered = reads.callable_units(case, [world.units["banyan"]])
        assert world.units["sanitation"].pk not in [one.pk for one in offered]
        assert world.units["enforcement"].pk in [one.pk for one in offered]
        with pytest.raises((Invalid, NotFound)):
            ask(world, case)
        sheet_case = queries.locked(case.pk, system())
        with pytest.raises(Invalid):
            w._check_units(
                sheet_case, reads.kinds(NOW, STREET)[0], world.units["banyan"], [world.units["sanitation"].pk]
            )

    def test_the_same_unit_is_not_called_twice_while_it_is_waited_for(self, world, case):
        ask(world, case)
        with pytest.raises(Invalid):
            ask(world, case, now=LATER)
        assert ask(world, case, "enforcement", now=LATER).serial == 2

    def test_the_same_key_whistles_once_and_another_body_is_refused(self, world, case):
        key = uuid7()
        first = ask(world, case, key=key)
        assert ask(world, case, key=key).pk == first.pk
        assert Whistle.objects.count() == 1
        with pytest.raises(KeyReused):
            ask(world, case, key=key, reason="另一个理由。")
        again = uuid7()
        for _time in range(2):
            w.answer_whistle(first.pk, words="来。", key=again, actor=world.handler, now=LATER)
        with pytest.raises(KeyReused):
            w.answer_whistle(first.pk, words="不来。", key=again, actor=world.handler, now=LATER)

    def test_who_is_no_side_of_it_is_refused_and_a_stranger_learns_nothing(self, world, case):
        with pytest.raises(NotAllowed):
            ask(world, case, actor=world.reviewer)
        for stranger in (world.next_dispatcher, world.next_handler, world.handler):
            with pytest.raises(NotFound):
                ask(world, case, actor=stranger)
        whistle = ask(world, case)
        for verb in (w.answer_whistle, w.arrive_whistle):
            with pytest.raises(NotFound):
                verb(whistle.pk, actor=world.next_handler, now=LATER)
            with pytest.raises(NotAllowed):
                verb(whistle.pk, actor=world.dispatcher, now=LATER)
        with pytest.raises(NotFound):
            w.answer_whistle(uuid7(), actor=world.handler, now=LATER)

    def test_an_ended_case_gets_none(self, world, case):
        a.answer_case(case.pk, words="已说明。", actor=world.head, now=NOW + MINUTE)
        with pytest.raises(IllegalMove):
            ask(world, case, now=LATER)


class TestEmergency:
    def test_it_is_written_down_within_a_day_and_the_head_says_afterwards_whether_it_was_right(self, world, case):
        for wrong in (None, LATER - 25 * HOUR, LATER + MINUTE, NOW - MINUTE):
            with pytest.raises(Invalid):
                ask(world, case, kind="emergency", phoned_at=wrong, now=LATER)
        with pytest.raises(Invalid):
            ask(world, case, kind="livelihood", phoned_at=NOW, now=LATER)
        whistle = ask(world, case, kind="emergency", phoned_at=NOW, now=LATER, actor=world.grid_worker2)
        assert (whistle.state, whistle.confirmed) == ("blown", None)
        due = Clock.objects.get(object_id=part_of(world, whistle).pk, step=ARRIVE)
        assert (due.started_at, due.due_at) == (NOW, NOW + 30 * MINUTE)
        w.decide_whistle(whistle.pk, granted=False, words="用不着。", actor=world.secretary, now=LATER)
        whistle.refresh_from_db()
        assert (whistle.state, whistle.confirmed) == ("blown", False)

    def test_who_came_at_once_writes_down_when(self, world, case):
        whistle = ask(world, case, kind="emergency", phoned_at=NOW, now=LATER)
        for wrong in (NOW - MINUTE, LATER + MINUTE):
            with pytest.raises(Invalid):
                w.arrive_whistle(
                    whistle.pk, code=arrival_code(whistle.pk), arrived_at=wrong, actor=world.handler, now=LATER
                )
        w.arrive_whistle(
            whistle.pk, code=arrival_code(whistle.pk), arrived_at=NOW + 20 * MINUTE, actor=world.handler, now=LATER
        )
        found = reads.figures(world.leader, STREET, date(2026, 10, 1), now=LATER)
        assert found.arrived.part == found.arrived.whole == 1

    def test_an_ordinary_arrival_is_now(self, world, case):
        whistle = ask(world, case)
        with pytest.raises(Invalid):
            w.arrive_whistle(whistle.pk, code=arrival_code(whistle.pk), arrived_at=NOW, actor=world.handler, now=LATER)


class TestObjecting:
    def objected(self, world, case):
        whistle = ask(world, case, "sanitation", "enforcement")
        w.object_to_whistle(whistle.pk, words="不归我们。", actor=world.handler, now=NOW + 30 * MINUTE)
        return whistle, part_of(world, whistle)

    def test_the_desk_above_decides_and_never_the_callers(self, world, case):
        whistle, part = self.objected(world, case)
        for nobody in (world.secretary, world.handler, world.enforcer):
            with pytest.raises(NotAllowed):
                w.decide_objection(whistle.pk, part_id=part.pk, granted=True, actor=nobody, now=LATER)
        with pytest.raises(NotFound):
            w.decide_objection(whistle.pk, part_id=part.pk, granted=True, actor=world.next_dispatcher, now=LATER)
        w.decide_objection(whistle.pk, part_id=part.pk, granted=True, actor=world.dispatcher, now=LATER)
        part.refresh_from_db()
        assert part.state == "released"
        assert not Clock.objects.filter(object_id=part.pk, stopped_at=None).exists()
        assert queries.one(case.pk, world.handler) is None  # let go, it sees the case no more
        assert queries.one(case.pk, world.enforcer) is not None

    def test_the_clocks_stand_until_it_is_decided_and_one_objection_is_all(self, world, case):
        whistle, part = self.objected(world, case)
        with pytest.raises(IllegalMove):
            w.answer_whistle(whistle.pk, actor=world.handler, now=LATER)
        w.decide_objection(
            whistle.pk, part_id=part.pk, granted=False, words="归你们。", actor=world.dispatcher, now=NOW + 5 * HOUR
        )
        clock = Clock.objects.get(object_id=part.pk, step=ANSWER)
        assert clock.paused_at is None
        assert clock.due_at == NOW + 6.5 * HOUR  # two hours of work, of which half an hour was used
        with pytest.raises(IllegalMove):
            w.object_to_whistle(whistle.pk, words="还是不归。", actor=world.handler, now=NOW + 5 * HOUR)
        w.answer_whistle(whistle.pk, actor=world.handler, now=NOW + 6 * HOUR)

    def test_after_the_answer_clock_it_is_too_late(self, world, case):
        whistle = ask(world, case)
        with pytest.raises(IllegalMove):
            w.object_to_whistle(whistle.pk, words="不归我们。", actor=world.handler, now=NOW + 3 * HOUR)


class TestEnding:
    def test_called_off_before_anybody_came_and_not_after(self, world, case):
        whistle = ask(world, case)
        with pytest.raises(NotAllowed):
            w.cancel_whistle(whistle.pk, words="不用了。", actor=world.handler, now=LATER)
        assert w.cancel_whistle(whistle.pk, words="不用了。", actor=world.secretary, now=LATER).state == "cancelled"
        assert not Clock.objects.filter(object_kind="whistle", stopped_at=None).exists()
        other = ask(world, case, now=LATER)
        arrive(world, other, world.handler, LATER)
        with pytest.raises(IllegalMove):
            w.cancel_whistle(other.pk, words="不用了。", actor=world.secretary, now=LATER)

    def test_asked_and_called_off_leaves_nothing_to_decide(self, world, case):
        whistle = ask(world, case, actor=world.grid_worker2)
        w.cancel_whistle(whistle.pk, words="不用了。", actor=world.grid_worker2, now=LATER)
        assert Approval.objects.get().state == "withdrawn"

    def test_the_caller_alone_ends_it_once_nobody_is_at_work(self, world, case):
        whistle = ask(world, case, "sanitation", "enforcement")
        arrive(world, whistle, world.handler, LATER)
        given = {"done": "来了。", "remains": "无"}
        with pytest.raises(IllegalMove):
            w.end_whistle(whistle.pk, **given, actor=world.secretary, now=LATER)
        w.finish_part(whistle.pk, words="办完。", actor=world.handler, now=LATER)
        with pytest.raises(NotAllowed):
            w.end_whistle(whistle.pk, **given, actor=world.handler, now=LATER)
        w.end_whistle(whistle.pk, **given, actor=world.secretary, now=LATER)
        assert part_of(world, whistle, "enforcement").state == "absent"
        assert not Clock.objects.filter(object_kind="whistle", stopped_at=None).exists()

    def test_neither_side_reads_the_others_rating_first(self, world, case):
        whistle = ended(world, case)
        part = part_of(world, whistle)
        w.rate_unit(whistle.pk, part_id=part.pk, score=4, actor=world.secretary, now=LATER)
        part.refresh_from_db()
        assert not part.shown
        with pytest.raises(IllegalMove):
            w.rate_unit(whistle.pk, part_id=part.pk, score=1, actor=world.secretary, now=LATER)
        with pytest.raises(NotAllowed):
            w.rate_unit(whistle.pk, part_id=part.pk, score=5, actor=world.handler, now=LATER)
        with pytest.raises(NotAllowed):
            w.rate_caller(whistle.pk, score=5, actor=world.secretary, now=LATER)
        assert w.rate_caller(whistle.pk, score=5, actor=world.handler, now=LATER).state == "rated"
        part.refresh_from_db()
        assert part.shown

    def test_the_word_of_the_place_is_the_callers_to_say(self, world, case):
        whistle = ask(world, case)
        with pytest.raises(Invalid):
            w.arrive_whistle(whistle.pk, code="WRONG1", actor=world.handler, now=LATER)
        with pytest.raises(IllegalMove):
            w.arrive_whistle(whistle.pk, actor=world.handler, now=LATER)


class TestSeeing:
    def test_a_restricted_case_is_seen_while_the_whistle_lives(self, world, case):
        whistle = ask(world, case)
        Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        assert queries.one(case.pk, world.handler) is not None
        Whistle.objects.filter(pk=whistle.pk).update(state="rated")
        assert queries.one(case.pk, world.handler) is None
        Case.objects.filter(pk=case.pk).update(confidential=False, restricted=False)
        assert queries.one(case.pk, world.handler) is not None

    def test_each_ones_list_holds_what_it_may_see(self, world, case):
        whistle = ask(world, case)

        def shown(viewer, show="", now=NOW):
            return reads.whistles_found(viewer, WantedWhistles(show), now=now, page=Page())

        for viewer in (world.secretary, world.handler, world.dispatcher):
            assert shown(viewer) == [whistle]
        for viewer in (world.next_dispatcher, world.next_handler, world.enforcer, world.kapok_worker):
            assert shown(viewer) == []
        assert (shown(world.secretary, "mine"), shown(world.dispatcher, "mine")) == ([whistle], [])
        assert (shown(world.handler, "unit"), shown(world.dispatcher, "unit")) == ([whistle], [])
        assert (shown(world.handler, "late"), shown(world.handler, "late", NOW + 3 * HOUR)) == ([], [whistle])

    def test_my_work_names_whose_move_it_is(self, world, case):
        def waits(viewer):
            return [one.order_id for one in lists.work_of(viewer) if one.task == Task.WHISTLE]

        whistle = ask(world, case, actor=world.grid_worker2)
        assert (waits(world.secretary), waits(world.grid_worker2), waits(world.handler)) == ([whistle.pk], [], [])
        w.decide_whistle(whistle.pk, granted=True, actor=world.secretary, now=NOW)
        assert (waits(world.secretary), waits(world.handler)) == ([], [whistle.pk])
        w.object_to_whistle(whistle.pk, words="不归我们。", actor=world.handler, now=NOW)
        assert (waits(world.dispatcher), waits(world.next_dispatcher), waits(world.secretary)) == ([whistle.pk], [], [])
        part = part_of(world, whistle)
        w.decide_objection(whistle.pk, part_id=part.pk, granted=False, words="归。", actor=world.dispatcher, now=NOW)
        arrive(world, whistle, world.handler, LATER)
        w.finish_part(whistle.pk, words="办完。", actor=world.handler, now=LATER)
        assert (waits(world.secretary), waits(world.handler), waits(world.dispatcher)) == ([whistle.pk], [], [])
        w.end_whistle(whistle.pk, done="来了。", remains="无", actor=world.secretary, now=LATER)
        assert (waits(world.secretary), waits(world.handler)) == ([whistle.pk], [whistle.pk])


class TestLadder:
    def test_each_late_clock_is_told_once_and_written_down(self, world, case):
        whistle = ask(world, case)
        late = NOW + 3 * HOUR
        assert climb_late(now=NOW + HOUR) == 0
        assert (climb_late(now=late), climb_late(now=late)) == (1, 0)
        rows = History.objects.filter(object_id=whistle.pk, verb="climb")
        assert [row.facts["step"] for row in rows] == [ANSWER]
        w.answer_whistle(whistle.pk, actor=world.handler, now=late)
        next_day = NOW + timedelta(days=1, minutes=10)
        assert (climb_late(now=next_day), climb_late(now=next_day)) == (1, 0)
        assert part_of(world, whistle).climbed == 2


class TestFigures:
    def test_every_number_is_the_length_of_its_rows(self, world, case):
        other = world.call(words="另一件。").case
        ended(world, case, NOW, "sanitation", "enforcement")
        late = ask(world, other, now=NOW)
        w.answer_whistle(late.pk, actor=world.handler, now=NOW + 3 * HOUR)
        now = NOW + timedelta(days=3)
        found = reads.figures(world.leader, STREET, date(2026, 10, 1), now=now)
        assert (len(found.whistles), found.verdict) == (2, Band.FEW)
        assert (found.answered.part, found.answered.whole) == (len(found.rows("answered")), 3)
        assert (len(found.rows("answered")), len(found.rows("answered_late"))) == (2, 1)
        assert (len(found.rows("arrived")), len(found.rows("arrived_late"))) == (2, 1)
        assert found.rows("nothing") is None
        assert [one.called for one in found.by_unit()] == [2, 1]
        assert all(one.arrived.percent is None for one in found.by_unit())  # fewer than ten: not ranked

    def test_a_restricted_case_stands_in_no_figure_whoever_looks(self, world, case):
        ended(world, case)
        assert len(reads.figures(world.leader, STREET, date(2026, 10, 1), now=NOW).whistles) == 1
        Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        found = reads.figures(world.leader, STREET, date(2026, 10, 1), now=NOW)
        assert (found.whistles, found.parts, found.voices) == ([], [], {})

    def test_another_area_and_another_month_have_none_of_it(self, world, case):
        ended(world, case)
        for viewer, area, month in (
            (world.leader, STREET, 9),
            (world.leader, "990101001002", 10),
            (world.next_dispatcher, STREET, 10),
        ):
            assert reads.figures(viewer, area, date(2026, month, 1), now=NOW).whistles == []
        assert len(reads.figures(world.secretary, BANYAN, date(2026, 10, 1), now=NOW).whistles) == 1

    def test_who_reports_twice_is_one_voice(self, world, case):
        assert reads.voices_behind({case.pk}) == {case.pk: 1}
        from huying.cases.models import Report
        from huying.kernel.actor import resident
        from huying.people.actions import keep_contact

        contact = keep_contact(
            name="居民甲", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
        ).pk
        second = world.call(words="还是这件。").report
        Report.objects.update(case=case, contact_id=contact)
        assert second.pk
        assert reads.voices_behind({case.pk}) == {case.pk: 1}

    def test_figures_are_for_those_who_lead_there(self, world):
        assert reads.areas_led(world.leader) == (STREET,)
        assert reads.areas_led(world.secretary) == (BANYAN,)
        assert reads.areas_led(world.handler) == ()


class TestKinds:
    def test_the_shipped_rows_are_loaded_once_and_a_newer_version_holds_from_its_day(self):
        assert load() == 0
        assert [one.code for one in reads.kinds(NOW, STREET)] == ["livelihood", "enforcement", "emergency"]
        old = WhistleKind.objects.get(code="emergency")
        WhistleKind.objects.create(
            code="emergency", version=2, name=old.name, answer_limit="10m", arrive_limit="20m", callers=[1],
            phoned_first=True, valid_from=date(2026, 11, 1), state="approved",
        )  # fmt: skip
        assert reads.kinds(NOW, STREET)[-1].version == 1
        assert reads.kinds(NOW + timedelta(days=20), STREET)[-1].version == 2

    def test_the_band_of_an_areas_size(self):
        assert (reads.band_for(STREET, date(2026, 10, 1)).least, reads.band_for(DISTRICT, date(2026, 10, 1))) == (
            4,
            None,
        )
