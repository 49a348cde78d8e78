"""Staged limits: a clock for each stage beside that of handling, marked done by the lead unit, standing still with it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions.dues import take_limits
from huying.cases.casefile import casefile, subject_of
from huying.cases.models import Case, Remark
from huying.cases.queries import calls
from huying.cases.queries.replay import mismatches
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.clocks.rules import Limit
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound
from huying.matters.actions import sets
from huying.matters.rules.stages import MOST_STAGES, stage_number, stages_of, step_of
from tests.cases.test_granting import MINUTE, SOON, at_work, handling
from tests.world import NOW, STREET, build_world

STAGED, PLAIN = "0301", "0103"
HOUR = timedelta(hours=1)


class TestRules:
    def test_they_are_numbered_as_the_type_lists_them(self):
        found = stages_of(["停工=4wh", "处罚=7wd"])
        assert [(one.number, one.name, str(one.limit), one.step) for one in found] == [
            (1, "停工", "4wh", "stage_1"), (2, "处罚", "7wd", "stage_2"),
        ]  # fmt: skip

    @given(st.integers(1, MOST_STAGES))
    def test_a_clock_says_of_which_stage_it_is(self, number):
        assert stage_number(step_of(number)) == number

    @pytest.mark.parametrize("step", ["handle", "sign_in", "stage_", "stage_x", "first_contact", "", "backstage_1"])
    def test_another_clock_is_of_none(self, step):
        assert stage_number(step) == 0


@pytest.fixture
def world(db):
    return build_world()


def running(case):
    rows = Clock.objects.filter(object_id=case.pk, step__startswith="stage_", stopped_at=None)
    return {one.step: one for one in rows.order_by("step")}


def finish(world, case, stage=1, who="handler", now=SOON, **given):
    return a.finish_stage(case.pk, stage=stage, actor=world.people[who], now=now, **given)


class TestClocks:
    def test_each_stage_runs_from_when_the_handling_begins(self, world):
        case = at_work(world, type_code=STAGED)
        handle, stages = handling(case), running(case)
        assert {step: one.limit for step, one in stages.items()} == {
            "stage_1": "4wh", "stage_2": "7wd", "stage_3": "20wd",
        }  # fmt: skip
        assert {one.started_at for one in stages.values()} == {handle.started_at}
        assert [one.due_at for one in stages.values()] == sorted(one.due_at for one in stages.values())
        assert stages["stage_1"].due_at == handle.started_at + 4 * HOUR
        assert "分段时限“停工”" in stages["stage_1"].source

    def test_other_types_run_none(self, world):
        assert not running(at_work(world, type_code=PLAIN))

    def test_they_stand_still_and_go_on_with_the_handling(self, world):
        case = at_work(world, type_code=STAGED)
        before = running(case)
        report_id = case.reports.get().pk
        a.ask_reporter(case.pk, report_id=report_id, question="几楼？", limit="2wd", actor=world.handler, now=SOON)
        assert {one.paused_at for one in running(case).values()} == {SOON}
        a.answer_question(case.pk, words="顶楼。", actor=world.clerk, now=SOON + HOUR)
        after = running(case)
        assert {one.paused_at for one in after.values()} == {None}
        assert after["stage_1"].due_at == before["stage_1"].due_at + HOUR

    def test_they_stand_still_while_the_desk_reviews_and_end_with_the_handling(self, world):
        case = at_work(world, type_code=STAGED)
        finish(world, case)
        a.submit_result(case.pk, outcome="explained", answer="已查处。", actor=world.handler, now=SOON)
        assert {one.paused_at for one in running(case).values()} == {SOON}
        a.send_for_rework(case.pk, reason="写清楚。", actor=world.head, now=SOON + HOUR)
        assert {one.paused_at for one in running(case).values()} == {None}
        a.transfer_case(case.pk, receiver="区里", confirmed=True, actor=world.dispatcher, now=SOON + 2 * HOUR)
        assert not running(case)

    def test_a_case_that_goes_back_and_out_again_begins_anew(self, world):
        case = at_work(world, type_code=STAGED)
        finish(world, case)
        a.raise_case(case.pk, reason="街道定不了。", actor=world.dispatcher, now=SOON)
        assert not running(case)

    def test_more_time_is_for_what_is_not_late(self, world):
        case = at_work(world, type_code=STAGED)
        first, late = running(case), NOW + 5 * HOUR
        a.ask_extension(case.pk, amount=2, unit="d", reason="等鉴定。", actor=world.handler, now=late)
        a.decide_extension(case.pk, granted=True, actor=world.unit_head, now=late)
        longer = running(case)
        assert longer["stage_1"].due_at == first["stage_1"].due_at
        assert longer["stage_2"].due_at > first["stage_2"].due_at
        assert longer["stage_2"].first_due_at == first["stage_2"].due_at

    def test_another_type_brings_its_own_and_takes_the_old_ones(self, world):
        case = at_work(world, type_code=PLAIN)
        handle = handling(case)
        a.recategorise_case(case.pk, type_code=STAGED, reason="看错了。", actor=world.dispatcher, now=SOON)
        assert {one.started_at for one in running(case).values()} == {handle.started_at}
        assert len(running(case)) == 3
        a.recategorise_case(case.pk, type_code=PLAIN, reason="没有看错。", actor=world.dispatcher, now=SOON + MINUTE)
        assert not running(case)

    def test_new_stages_of_a_case_that_stands_still_stand_still_too(self, world):
        case = at_work(world, type_code=PLAIN)
        report_id = case.reports.get().pk
        a.ask_reporter(case.pk, report_id=report_id, question="几楼？", limit="2wd", actor=world.handler, now=SOON)
        a.recategorise_case(case.pk, type_code=STAGED, reason="看错了。", actor=world.dispatcher, now=SOON + MINUTE)
        assert {one.paused_at for one in running(case).values()} == {SOON}
        a.answer_question(case.pk, words="顶楼。", actor=world.clerk, now=SOON + HOUR)
        assert running(case)["stage_1"].due_at == handling(case).started_at + 5 * HOUR

    def test_a_set_of_limits_leaves_them_and_clocks_of_persons_alone(self, world):
        case = at_work(world, type_code=STAGED)
        a.supervise_case(case.pk, what="盯紧。", limit="1wd", actor=world.leader, now=SOON)
        switch = sets.switch_on(
            season="typhoon", alert="red", area_code=STREET, reason="台风", actor=world.leader, now=SOON
        )
        take_limits(switch, actor=system(), now=SOON)
        assert [one.limit for one in running(case).values()] == ["4wh", "7wd", "20wd"]

    def test_what_is_late_counts_as_a_late_step(self, world):
        case = at_work(world, type_code=STAGED)
        orders = [one.pk for one in case.orders.all()]
        assert calls.late_steps_of({case.pk: orders}, SOON)[case.pk] == 0
        assert calls.late_steps_of({case.pk: orders}, NOW + 5 * HOUR)[case.pk] >= 1


class TestDone:
    def test_the_lead_unit_says_so_with_words_and_the_history_keeps_the_number(self, world):
        case = finish(world, at_work(world, type_code=STAGED), words="已停工，封条贴好。")
        assert sorted(running(case)) == ["stage_2", "stage_3"]
        assert Clock.objects.get(object_id=case.pk, step="stage_1").stopped_at == SOON
        line = History.objects.get(object_id=case.pk, verb="finish_stage")
        assert line.facts == {"stage": 1, "type": STAGED, "catalogue": case.catalogue_version}
        assert Remark.objects.get(case=case).words == "已停工，封条贴好。"
        assert (case.state, handling(case).stopped_at) == ("in_hand", None)
        assert not mismatches([case.pk])

    def test_one_tap_is_enough(self, world):
        case = finish(world, at_work(world, type_code=STAGED))
        assert "stage_1" not in running(case)
        assert not Remark.objects.filter(case=case).exists()

    @pytest.mark.parametrize("stage", [0, 4])
    def test_a_stage_that_is_none_is_refused(self, world, stage):
        with pytest.raises(IllegalMove) as why:
            finish(world, at_work(world, type_code=STAGED), stage)
        assert why.value.facts["guard"] == "stage_open"

    def test_it_is_done_once(self, world):
        case = finish(world, at_work(world, type_code=STAGED))
        with pytest.raises(IllegalMove):
            finish(world, case, now=SOON + MINUTE)

    def test_a_repeated_key_does_it_once(self, world):
        case, key = at_work(world, type_code=STAGED), uuid7()
        for _ in range(2):
            a.finish_stage.once(key, case.pk, stage=1, actor=world.handler, now=SOON)
        assert History.objects.filter(object_id=case.pk, verb="finish_stage").count() == 1

    @pytest.mark.parametrize(
        ("who", "refusal"),
        [("next_handler", NotFound), ("next_dispatcher", NotFound), ("dispatcher", NotAllowed), ("leader", NotAllowed),
         ("enforcer", IllegalMove)],
    )  # fmt: skip
    def test_nobody_else_does(self, world, who, refusal):
        case = at_work(world, type_code=STAGED, assistants=("enforcement",))
        with pytest.raises(refusal):
            finish(world, case, who=who)

    def test_a_type_without_stages_has_nothing_to_finish(self, world):
        with pytest.raises(IllegalMove):
            finish(world, at_work(world, type_code=PLAIN))


class TestShown:
    def test_the_page_lists_running_and_finished_stages_and_why(self, world):
        case = finish(world, at_work(world, type_code=STAGED))
        file = casefile(subject_of(case.pk, actor=world.head, now=SOON + MINUTE))
        assert [(one.number, one.name, bool(one.clock), bool(one.done)) for one in file.clock.stages] == [
            (1, "停工", False, True), (2, "处罚", True, False), (3, "拆除", True, False),
        ]  # fmt: skip
        told = {str(line.term): line.words for line in file.clock.stages[1].clock.lines}
        assert {"起点", "规则", "依据", "到期", "亮灯"} <= set(told)
        assert "停工" not in [str(one.name) for one in file.clock.others]
        assert [line["note"] for line in file.history if str(line["words"]) == "分段完成"] == ["停工"]

    def test_a_case_without_stages_shows_none(self, world):
        file = casefile(subject_of(at_work(world, type_code=PLAIN).pk, actor=world.head, now=SOON))
        assert file.clock.stages == []

    def test_the_form_offers_those_that_are_open(self, world, client):
        case = finish(world, at_work(world, type_code=STAGED))
        client.force_login(world.accounts["handler"], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"{reverse('cases:case', args=[case.pk])}?move=finish_stage").content.decode()
        assert "分段完成" in page
        assert '<option value="2"' in page
        assert '<option value="1"' not in page
        done = client.post(reverse("cases:move", args=[case.pk, "finish_stage"]), {"stage": "2", "words": "已立案。"})
        assert done.status_code in (200, 302)
        assert sorted(running(case)) == ["stage_3"]

    def test_the_page_takes_no_more_statements_for_them(self, world, client):
        client.force_login(world.accounts["head"], backend="django.contrib.auth.backends.ModelBackend")
        found = []
        for code in (PLAIN, STAGED):
            address = reverse("cases:case", args=[at_work(world, type_code=code).pk])
            client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as counted:
                client.get(address)
            found.append(len(counted))
        assert found[0] == found[1]

    def test_the_form_of_another_type_says_which_stages_come(self, world):
        case = at_work(world, type_code=PLAIN)
        subject = subject_of(case.pk, actor=world.dispatcher, now=SOON)
        from huying.cases.forms import MOVES

        form = MOVES["recategorise"].form(data={"find": "1", "type_code": STAGED}, subject=subject)
        told = {str(label): str(words) for label, words in form.lines}
        assert told["分段时限"] == "停工 4 工作时、处罚 7 个工作日、拆除 20 个工作日"


def test_limits_of_stages_are_explained_in_words(world):
    case = at_work(world, type_code=STAGED)
    told = {str(one.term): one.words for one in clocks.explain(running(case)["stage_1"], SOON)}
    assert told["规则"].startswith(Limit.parse("4wh").words())
    assert Case.objects.get(pk=case.pk).due_step == "handle"
    assert timezone.is_aware(running(case)["stage_1"].due_at)
