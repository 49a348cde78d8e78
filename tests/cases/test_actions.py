"""What each action does, what it refuses, and that a stranger learns nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases import queries
from huying.cases.actions import intake
from huying.cases.codes import code_of, hash_of
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries.replay import mismatches
from huying.cases.rules import Channel, OrderState, ReplyBy, State, Verb
from huying.clocks.models import Clock
from huying.kernel.actor import resident
from huying.kernel.ids import is_case_number, is_tracking_code, uuid7
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound, Refusal
from huying.people.actions import keep_contact
from huying.people.models import Consent
from tests.world import BANYAN, GRID, KAPOK, NOW, STREET, build_world, middle

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def contact(world):
    return keep_contact(
        name="居民甲", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
    ).pk


def known_call(world, contact, **options):
    return world.call(contact_id=contact, reply_by=ReplyBy.PHONE, **options)


def in_hand(world, receipt, *, lead="sanitation", assistants=(), type_code="0901", now=NOW):
    return a.register_file_dispatch(
        receipt.case.pk, lead_id=world.units[lead].pk, assistant_ids=[world.units[one].pk for one in assistants],
        type_code=type_code, grade="ordinary", actor=world.dispatcher, now=now + 5 * MINUTE,
    )  # fmt: skip


def reviewed(world, receipt, *, now=NOW, **options):
    case = in_hand(world, receipt, now=now, **options)
    a.sign_in_order(case.pk, actor=world.handler, now=now + 10 * MINUTE)
    a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=now + 60 * MINUTE)
    a.sign_result(case.pk, actor=world.unit_head, now=now + 70 * MINUTE)
    return a.review_result(case.pk, actor=world.reviewer, now=now + 80 * MINUTE)


class TestReceive:
    def test_a_call_gets_a_number_a_code_and_its_first_clock(self, world):
        receipt = world.call()
        assert is_case_number(receipt.case.number)
        assert is_tracking_code(receipt.code)
        assert Report.objects.get(code_hash=hash_of(receipt.code)).case_id == receipt.case.pk
        assert [one.step for one in Clock.objects.filter(object_id=receipt.case.pk)] == ["intake"]
        assert receipt.case.area_code == GRID

    def test_the_code_stands_nowhere_in_the_database(self, world):
        receipt = world.call()
        for table in ("cases_report", "cases_case", "audit_history"):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{receipt.code}%"])
                assert cursor.fetchone()[0] == 0

    def test_the_same_key_and_body_answers_the_same_and_makes_one_case(self, world):
        key = uuid7()
        first, second = world.call(key=key), world.call(key=key)
        assert (first.case.pk, first.code) == (second.case.pk, second.code)
        assert second.repeated
        assert Case.objects.count() == 1

    def test_the_same_key_with_another_body_is_refused(self, world):
        key = uuid7()
        world.call(key=key)
        with pytest.raises(KeyReused):
            world.call(key=key, words="别的事情，水管爆了。")
        assert Case.objects.count() == 1

    def test_a_point_outside_every_area_is_kept_and_flagged(self, world):
        receipt = world.call(lng=120.0, lat=30.0)
        assert (receipt.case.outside, receipt.case.unplaced, receipt.case.area_code) == (True, True, STREET)

    def test_a_call_about_the_staff_never_reaches_the_community(self, world):
        case = world.call(about_staff=True).case
        assert (case.restricted, case.desk_code) == (True, STREET)
        assert queries.one(case.pk, world.secretary) is None
        assert queries.one(case.pk, world.grid_worker) is None
        assert queries.one(case.pk, world.dispatcher) is None
        assert queries.one(case.pk, world.head) is not None

    @pytest.mark.parametrize("words", ["", "   ", "x\x00y", "\ud800", "长" * 10001, 7, None])
    def test_bad_words_are_refused_and_nothing_is_half_done(self, world, words):
        with pytest.raises(Invalid):
            world.call(words=words)
        assert not Case.objects.exists()
        assert not History.objects.filter(kind="case").exists()

    def test_a_receipt_takes_at_most_eight_statements(self, world):
        world.call()
        with CaptureQueriesContext(
            connection,
        ) as seen:
            world.call()
        assert len(seen) <= 8, [one["sql"][:90] for one in seen]

    def test_a_code_that_another_report_has_is_not_given_twice(self, world, monkeypatch):
        first, key = world.call(), uuid7()
        taken = lambda one, attempt=0: first.code if (one, attempt) == (key, 0) else code_of(one, attempt)  # noqa: E731
        monkeypatch.setattr(intake, "code_of", taken)
        second = world.call(key=key)
        assert second.code == code_of(key, 1) != first.code
        assert Report.objects.get(pk=key).code_hash == hash_of(second.code)
        assert world.call(key=key).code == second.code

    def test_running_numbers_have_no_gaps_within_a_day(self, world):
        numbers = [world.call().case.number for _ in range(3)]
        assert [one[13:17] for one in numbers] == ["0001", "0002", "0003"]


class TestScope:
    def test_a_stranger_next_door_gets_the_same_answer_as_for_nothing(self, world):
        case = world.call().case
        with pytest.raises(NotFound) as there:
            a.answer_case(case.pk, words="好", actor=world.next_dispatcher, now=NOW)
        with pytest.raises(NotFound) as nothing:
            a.answer_case(uuid7(), words="好", actor=world.next_dispatcher, now=NOW)
        assert (str(there.value), there.value.facts) == (str(nothing.value), nothing.value.facts)

    def test_a_department_sees_a_case_from_its_order_until_it_is_taken_away(self, world):
        case = in_hand(world, world.call(), lead="water")
        assert queries.one(case.pk, world.water_handler) is not None
        assert queries.one(case.pk, world.handler) is None
        a.reassign_case(
            case.pk, lead_id=world.units["sanitation"].pk, reason="换单位", actor=world.dispatcher, now=NOW + 9 * MINUTE
        )
        assert queries.one(case.pk, world.water_handler) is None
        assert queries.one(case.pk, world.handler) is not None

    def test_another_community_sees_nothing_of_it(self, world):
        case = world.call().case
        assert queries.one(case.pk, world.kapok_worker) is None
        assert case.area_code.startswith(BANYAN)
        assert not case.area_code.startswith(KAPOK)

    def test_a_recused_unit_is_neither_shown_nor_chosen(self, world):
        case = world.call().case
        firm = world.units["sanitation"].pk
        a.recuse_unit(case.pk, unit_id=firm, actor=world.dispatcher, now=NOW + MINUTE)
        assert queries.one(case.pk, world.dispatcher) is None, "a recused case leaves the prefix rule"
        with pytest.raises(IllegalMove) as why:
            a.register_file_dispatch(case.pk, lead_id=firm, type_code="0901", actor=world.head, now=NOW + 2 * MINUTE)
        assert why.value.facts["guard"] == "none_recused"

    def test_a_code_holder_reaches_the_own_report_alone(self, world):
        mine, other = world.call(), world.call()
        with pytest.raises(NotFound):
            a.fine_now(other.case.pk, actor=resident(mine.report.pk), now=NOW)
        assert a.fine_now(mine.case.pk, actor=resident(mine.report.pk), now=NOW).state == State.WITHDRAWN


class TestOneForm:
    def test_history_still_shows_every_step(self, world):
        case = in_hand(world, world.call())
        verbs = [one.verb for one in History.objects.filter(kind="case", object_id=case.pk).order_by("id")]
        assert verbs == ["receive", "correct", "register", "file", "dispatch"]
        assert case.lead if False else WorkOrder.objects.get(case=case).state == OrderState.OFFERED

    def test_a_refused_step_undoes_all_before_it(self, world):
        case = world.call().case
        with pytest.raises(IllegalMove):
            a.register_file_dispatch(
                case.pk, lead_id=world.units["firm"].pk, type_code="0901", actor=world.dispatcher, now=NOW
            )
        case.refresh_from_db()
        assert (case.state, case.type_code) == (State.RECEIVED, "")
        assert History.objects.filter(kind="case", object_id=case.pk).count() == 1

    def test_who_lacks_a_duty_is_told_which(self, world):
        case = world.call().case
        with pytest.raises(NotAllowed):
            a.register_file_dispatch(
                case.pk, lead_id=world.units["sanitation"].pk, type_code="0901", actor=world.clerk, now=NOW
            )

    def test_a_move_with_a_key_acts_once(self, world):
        case, key = world.call().case, uuid7()
        for _ in range(3):
            a.nudge_case.once(key, case.pk, actor=world.dispatcher, now=NOW)
        case.refresh_from_db()
        assert case.nudges == 1
        with pytest.raises(KeyReused):
            a.answer_case.once(key, case.pk, words="好", actor=world.clerk, now=NOW)


class TestReturns:
    def asked(self, world, case, handler, order=None):
        return a.ask_return(case.pk, clause="第三条", reason="不归我们", actor=handler, now=NOW + 8 * MINUTE)

    def test_the_last_live_order_back_means_filed(self, world):
        case = in_hand(world, world.call())
        self.asked(world, case, world.handler)
        order = WorkOrder.objects.get(case=case)
        case = a.decide_return(case.pk, order_id=order.pk, granted=True, actor=world.dispatcher, now=NOW + 9 * MINUTE)
        assert case.state == State.FILED
        with pytest.raises(IllegalMove) as why:
            a.dispatch_case(case.pk, lead_id=order.unit_id, actor=world.dispatcher, now=NOW + 10 * MINUTE)
        assert why.value.facts["guard"] == "lead_has_not_returned"

    def test_a_lead_that_goes_names_the_next_one_in_the_same_act(self, world):
        case = in_hand(world, world.call(), assistants=["enforcement"])
        self.asked(world, case, world.handler)
        order = WorkOrder.objects.get(case=case, role="lead")
        with pytest.raises(IllegalMove) as why:
            a.decide_return(case.pk, order_id=order.pk, granted=True, actor=world.dispatcher, now=NOW + 9 * MINUTE)
        assert why.value.facts["guard"] == "next_lead_named"
        case = a.decide_return(
            case.pk, order_id=order.pk, granted=True, new_lead_id=world.units["enforcement"].pk, actor=world.dispatcher,
            now=NOW + 9 * MINUTE,
        )  # fmt: skip
        assert case.state == State.IN_HAND
        assert WorkOrder.objects.get(case=case, role="lead", state="offered").unit_id == world.units["enforcement"].pk

    def test_after_two_returns_only_the_leader_names_and_that_order_stays(self, world):
        case = in_hand(world, world.call())
        for handler in (world.handler, world.enforcer):
            self.asked(world, case, handler)
            order = WorkOrder.objects.get(case=case, state="offered")
            case = a.decide_return(
                case.pk, order_id=order.pk, granted=True, actor=world.dispatcher, now=NOW + 9 * MINUTE
            )
            if handler is world.handler:
                case = a.dispatch_case(
                    case.pk, lead_id=world.units["enforcement"].pk, actor=world.dispatcher, now=NOW + 9 * MINUTE
                )
        with pytest.raises(IllegalMove):
            a.dispatch_case(case.pk, lead_id=world.units["water"].pk, actor=world.dispatcher, now=NOW + 20 * MINUTE)
        case = a.name_unit(
            case.pk, lead_id=world.units["sanitation"].pk, reason="首接负责", actor=world.leader, now=NOW + 21 * MINUTE
        )
        with pytest.raises(IllegalMove) as why:
            self.asked(world, case, world.handler)
        assert why.value.facts["guard"] == "order_not_named"

    def test_an_assistant_who_was_done_goes_on_as_the_new_lead(self, world):
        case = in_hand(world, world.call(), assistants=["enforcement"])
        a.sign_in_order(case.pk, actor=world.enforcer, now=NOW + 6 * MINUTE)
        a.finish_order(case.pk, words="做完了。", actor=world.enforcer, now=NOW + 7 * MINUTE)
        self.asked(world, case, world.handler)
        a.decide_return(
            case.pk, order_id=WorkOrder.objects.get(case=case, role="lead").pk, granted=True,
            new_lead_id=world.units["enforcement"].pk, actor=world.dispatcher, now=NOW + 9 * MINUTE,
        )  # fmt: skip
        given = {"outcome": "explained", "answer": "好了。", "actor": world.enforcer, "now": NOW + 10 * MINUTE}
        assert a.submit_result(case.pk, **given).state == State.REVIEWING

    def test_a_request_to_return_is_not_open_any_more_when_the_case_ends(self, world):
        receipt = world.call()
        case = in_hand(world, receipt)
        self.asked(world, case, world.handler)
        a.withdraw_report(case.pk, actor=resident(receipt.report.pk), now=NOW + 9 * MINUTE)
        order = WorkOrder.objects.get(case=case)
        assert (order.state, order.return_asked) == (OrderState.CANCELLED, False)

    def test_a_return_after_the_sign_in_window_is_too_late(self, world):
        case = in_hand(world, world.call())
        with pytest.raises(IllegalMove) as why:
            a.ask_return(case.pk, clause="第三条", reason="不归我们", actor=world.handler, now=NOW + timedelta(days=1))
        assert why.value.facts["guard"] == "in_sign_in_window"


class TestTwoPersons:
    def test_who_asks_to_void_does_not_decide(self, world):
        case = world.call().case
        a.ask_void(case.pk, reason="误登记", actor=world.head, now=NOW)
        with pytest.raises(IllegalMove) as why:
            a.decide_void(case.pk, granted=True, actor=world.head, now=NOW + MINUTE)
        assert why.value.facts["guard"] == "not_who_asked_to_void"
        assert a.decide_void(case.pk, granted=True, actor=world.head2, now=NOW + MINUTE).state == State.VOIDED

    def test_who_asked_for_one_thing_may_decide_another(self, world):
        case = in_hand(world, world.call())
        a.ask_return(case.pk, clause="第三条", reason="不归我们", actor=world.handler, now=NOW + 6 * MINUTE)
        a.ask_void(case.pk, reason="误登记", actor=world.head, now=NOW + 7 * MINUTE)
        order = WorkOrder.objects.get(case=case)
        case = a.decide_return(case.pk, order_id=order.pk, granted=True, actor=world.head, now=NOW + 8 * MINUTE)
        assert case.state == State.FILED

    def test_a_declined_call_can_be_objected_to_and_somebody_else_decides(self, world):
        receipt = world.call()
        a.ask_decline(receipt.case.pk, clause="第九条", reason="不归街道", actor=world.clerk, now=NOW)
        case = a.decide_decline(receipt.case.pk, granted=True, actor=world.head, now=NOW + MINUTE)
        assert case.state == State.DECLINED
        case = a.object_to_end(
            case.pk, reason="就在我们街道", actor=resident(receipt.report.pk), now=NOW + timedelta(days=1)
        )
        assert case.state == State.RECEIVED
        with pytest.raises(IllegalMove):
            a.ask_decline(case.pk, clause="第九条", reason="还是不归", actor=world.head, now=NOW + timedelta(days=1))

    def test_an_open_request_is_taken_back_when_the_case_ends(self, world):
        receipt = world.call()
        a.ask_void(receipt.case.pk, reason="误登记", actor=world.dispatcher, now=NOW)
        a.withdraw_report(receipt.case.pk, actor=resident(receipt.report.pk), now=NOW + MINUTE)
        from huying.approvals.models import Approval

        assert Approval.objects.get().state == "withdrawn"


class TestMerge:
    def test_reports_move_and_codes_live_on_and_undoing_restores_orders(self, world):
        first, second = world.call(), world.call()
        case = in_hand(world, second)
        merged = a.merge_case(case.pk, into_id=first.case.pk, confirmed=True, actor=world.clerk, now=NOW + 9 * MINUTE)
        assert merged.state == State.MERGED
        assert Report.objects.get(code_hash=hash_of(second.code)).case_id == first.case.pk
        assert WorkOrder.objects.get(case=case).state == OrderState.CANCELLED
        back = a.unmerge_case(case.pk, actor=world.clerk, now=NOW + 12 * MINUTE)
        assert back.state == State.IN_HAND
        assert Report.objects.get(code_hash=hash_of(second.code)).case_id == case.pk
        order = WorkOrder.objects.get(case=case)
        assert (order.state, order.due_at is not None) == (OrderState.OFFERED, True)
        assert not mismatches([case.pk, first.case.pk])

    def test_the_same_form_sent_twice_merges_and_undoes_once(self, world):
        first, second = world.call(), world.call()
        case, key, back = second.case.pk, uuid7(), uuid7()
        given = {"into_id": first.case.pk, "confirmed": True, "actor": world.clerk, "now": NOW + MINUTE}
        states = [a.merge_case.once(key, case, **given).state for _ in range(2)]
        states += [a.unmerge_case.once(back, case, actor=world.clerk, now=NOW + 2 * MINUTE).state for _ in range(2)]
        assert states == ["merged", "merged", "received", "received"]
        assert History.objects.filter(object_id=case, verb__in=["merge", "unmerge"]).count() == 2
        with pytest.raises(KeyReused):
            a.unmerge_case.once(key, case, actor=world.clerk, now=NOW + 3 * MINUTE)

    def test_a_case_gets_its_reports_back_wherever_later_merges_carried_them(self, world):
        one, two, three = (world.call() for _ in range(3))
        for source, target in ((one, two), (two, three)):
            a.merge_case(source.case.pk, into_id=target.case.pk, confirmed=True, actor=world.clerk, now=NOW)
        where = lambda: {r.pk: r.case_id for r in Report.objects.all()}  # noqa: E731
        assert set(where().values()) == {three.case.pk}
        a.unmerge_case(two.case.pk, actor=world.clerk, now=NOW)
        assert where() == {one.report.pk: two.case.pk, two.report.pk: two.case.pk, three.report.pk: three.case.pk}
        a.merge_case(two.case.pk, into_id=three.case.pk, confirmed=True, actor=world.clerk, now=NOW)
        a.unmerge_case(one.case.pk, actor=world.clerk, now=NOW)
        assert where() == {one.report.pk: one.case.pk, two.report.pk: three.case.pk, three.report.pk: three.case.pk}
        assert not mismatches([receipt.case.pk for receipt in (one, two, three)])

    def test_a_case_that_waited_for_the_word_of_who_is_taken_out_again_ends(self, world, contact):
        first, second = known_call(world, contact), known_call(world, contact)
        case = reviewed(world, first)
        assert case.state == State.CALLING_BACK
        a.merge_case(second.case.pk, into_id=case.pk, confirmed=True, actor=world.clerk, now=NOW + 90 * MINUTE)
        a.tell_outcome(case.pk, solved=True, actor=resident(first.report.pk), now=NOW + 100 * MINUTE)
        assert Case.objects.get(pk=case.pk).state == State.CALLING_BACK
        a.unmerge_case(second.case.pk, actor=world.clerk, now=NOW + 110 * MINUTE)
        assert Case.objects.get(pk=case.pk).state == State.CLOSED
        assert Case.objects.get(pk=second.case.pk).state == State.RECEIVED
        assert not mismatches([case.pk, second.case.pk])

    def test_a_restored_order_has_its_whole_sign_in_window_again(self, world):
        first, second = world.call(), world.call()
        case = in_hand(world, second)
        a.merge_case(case.pk, into_id=first.case.pk, confirmed=True, actor=world.clerk, now=NOW + 9 * MINUTE)
        a.unmerge_case(case.pk, actor=world.clerk, now=NOW + timedelta(days=2))
        order = WorkOrder.objects.get(case=case)
        assert order.sign_in_due == order.due_at > NOW + timedelta(days=2)

    def test_a_report_is_never_merged_into_a_case_that_a_recused_unit_sees(self, world):
        first, second = world.call(), world.call()
        a.recuse_unit(second.case.pk, unit_id=world.units["firm"].pk, actor=world.head, now=NOW)
        given = {"confirmed": True, "actor": world.head, "now": NOW}
        with pytest.raises(IllegalMove) as why:
            a.merge_case(second.case.pk, into_id=first.case.pk, **given)
        assert why.value.facts["guard"] == "target_like"
        a.recuse_unit(first.case.pk, unit_id=world.units["water"].pk, actor=world.head, now=NOW)
        with pytest.raises(IllegalMove):
            a.merge_case(second.case.pk, into_id=first.case.pk, **given)
        a.recuse_unit(first.case.pk, unit_id=world.units["firm"].pk, actor=world.head, now=NOW)
        assert a.merge_case(second.case.pk, into_id=first.case.pk, **given).state == State.MERGED

    @pytest.mark.parametrize(
        "change", [{"lng": 113.325, "lat": 23.105}, {"now": NOW - timedelta(days=40)}, {"about_staff": True}]
    )
    def test_another_place_time_or_secrecy_is_not_the_same_matter(self, world, change):
        first, second = world.call(), world.call(**change)
        with pytest.raises(Refusal):
            a.merge_case(second.case.pk, into_id=first.case.pk, confirmed=True, actor=world.head, now=NOW)

    def test_a_person_must_confirm(self, world):
        first, second = world.call(), world.call()
        with pytest.raises(IllegalMove) as why:
            a.merge_case(second.case.pk, into_id=first.case.pk, actor=world.clerk, now=NOW)
        assert why.value.facts["guard"] == "confirmed"


class TestHandling:
    def test_the_handler_neither_signs_nor_reviews(self, world):
        case = in_hand(world, world.call())
        a.sign_in_order(case.pk, actor=world.unit_head, now=NOW + 10 * MINUTE)
        a.submit_result(case.pk, outcome="explained", answer="好了。", actor=world.unit_head, now=NOW + 20 * MINUTE)
        with pytest.raises(IllegalMove) as why:
            a.sign_result(case.pk, actor=world.unit_head, now=NOW + 30 * MINUTE)
        assert why.value.facts["guard"] == "not_the_handler"

    def test_only_the_leads_own_head_signs(self, world):
        case = in_hand(world, world.call(), lead="enforcement", assistants=["sanitation"])
        for actor in (world.enforcer, world.handler):
            a.sign_in_order(case.pk, actor=actor, now=NOW + 10 * MINUTE)
        a.finish_order(case.pk, words="做完了。", actor=world.handler, now=NOW + 15 * MINUTE)
        a.submit_result(case.pk, outcome="explained", answer="好了。", actor=world.enforcer, now=NOW + 20 * MINUTE)
        with pytest.raises(NotAllowed):
            a.sign_result(case.pk, actor=world.unit_head, now=NOW + 30 * MINUTE)

    def test_a_head_who_handled_an_earlier_round_is_not_waited_for_to_sign(self, world, contact):
        receipt = known_call(world, contact)
        case = in_hand(world, receipt)
        mine, at = resident(receipt.report.pk), NOW + 10 * MINUTE
        for handler in (world.unit_head, world.handler):
            a.sign_in_order(case.pk, actor=handler, now=at)
            a.submit_result(case.pk, outcome="explained", answer="好了。", actor=handler, now=at + MINUTE)
            case = a.review_result(case.pk, actor=world.reviewer, now=at + 2 * MINUTE)
            if handler is world.unit_head:
                case = a.tell_outcome(case.pk, solved=False, actor=mine, now=at + 3 * MINUTE)
            at += 5 * MINUTE
        assert (case.state, case.round) == (State.CALLING_BACK, 2)

    def test_three_missed_first_calls_count_only_at_different_times_and_in_their_round(self, world, contact):
        case = in_hand(world, known_call(world, contact))
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
        contacted = []
        for minutes in (20, 21, 22, 90, 160):
            given = {"result": "missed", "actor": world.handler, "now": NOW + minutes * MINUTE}
            contacted.append(a.contact_reporter(case.pk, **given).contacted_at is not None)
        assert contacted == [False, False, False, False, True]

    def test_a_first_contact_is_with_a_caller_of_this_case(self, world):
        case, other = in_hand(world, world.call()), world.call()
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
        given = {"result": "reached", "actor": world.handler, "now": NOW + 20 * MINUTE}
        with pytest.raises(NotFound):
            a.contact_reporter(case.pk, report_id=other.report.pk, **given)

    def test_another_type_counts_for_a_clock_that_stands_still_too(self, world):
        case = in_hand(world, world.call())
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
        a.submit_result(case.pk, outcome="explained", answer="好了。", actor=world.handler, now=NOW + 20 * MINUTE)
        before = Clock.objects.get(object_id=case.pk, step="handle").limit
        a.correct_case(case.pk, type_code="0101", actor=world.clerk, now=NOW + 30 * MINUTE)
        assert Clock.objects.get(object_id=case.pk, step="handle").limit != before

    def test_the_lead_waits_for_those_who_assist(self, world):
        case = in_hand(world, world.call(), assistants=["enforcement"])
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
        with pytest.raises(IllegalMove) as why:
            a.submit_result(case.pk, outcome="explained", answer="好了。", actor=world.handler, now=NOW + 20 * MINUTE)
        assert why.value.facts["guard"] == "assistants_done"

    def test_handling_stands_still_while_the_desk_reviews(self, world, contact):
        case = in_hand(world, known_call(world, contact))
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
        due = Clock.objects.get(object_id=case.pk, step="handle").due_at
        a.submit_result(case.pk, outcome="explained", answer="好了。", actor=world.handler, now=NOW + 60 * MINUTE)
        a.sign_result(case.pk, actor=world.unit_head, now=NOW + 70 * MINUTE)
        a.send_for_rework(case.pk, reason="请写日期", actor=world.reviewer, now=NOW + 120 * MINUTE)
        assert Clock.objects.get(object_id=case.pk, step="handle").due_at == due + 60 * MINUTE

    def test_a_matter_of_a_place_is_shown_solved_by_pictures(self, world):
        case = in_hand(world, world.call(), type_code="0101")
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
        with pytest.raises(IllegalMove) as why:
            a.submit_result(case.pk, outcome="solved", answer="好了。", actor=world.handler, now=NOW + 20 * MINUTE)
        assert why.value.facts["guard"] == "has_proof"

    def test_raising_moves_the_desk_up_and_counts_no_return(self, world):
        case = world.call().case
        assert case.desk_code == BANYAN
        case = a.raise_case(case.pk, reason="社区办不了", actor=world.secretary, now=NOW)
        assert (case.desk_code, case.state) == (STREET, State.RECEIVED)
        with pytest.raises(NotAllowed):
            a.raise_case(case.pk, reason="再上报", actor=world.secretary, now=NOW)

    def test_the_head_of_an_assisting_unit_does_not_raise_for_the_lead(self, world):
        case = in_hand(world, world.call(), lead="enforcement", assistants=["sanitation"])
        with pytest.raises(NotAllowed):
            a.raise_case(case.pk, reason="我们办不了", actor=world.unit_head, now=NOW + 20 * MINUTE)

    def test_a_call_that_lies_with_the_neighbours_goes_to_their_desk(self, world):
        case = world.call().case
        assert case.desk_code == BANYAN
        case = a.place_case(case.pk, grid_code=KAPOK + "001", actor=world.dispatcher, now=NOW + MINUTE)
        assert (case.area_code, case.desk_code) == (KAPOK + "001", KAPOK)
        with pytest.raises(NotFound):
            a.raise_case(case.pk, reason="不在我们这里", actor=world.secretary, now=NOW + 2 * MINUTE)

    def test_raising_gives_the_next_tier_a_clock_of_its_own(self, world):
        case, later = world.call().case, NOW + timedelta(days=1)
        case = a.raise_case(case.pk, reason="社区办不了", actor=world.secretary, now=later)
        assert case.due_from == Clock.objects.get(object_id=case.pk, stopped_at=None).started_at == later


class TestOutcome:
    def test_not_solved_starts_a_second_round_with_new_orders(self, world, contact):
        receipt = known_call(world, contact)
        case = reviewed(world, receipt)
        assert case.state == State.CALLING_BACK
        case = a.tell_outcome(
            case.pk, solved=False, satisfaction="dissatisfied", actor=resident(receipt.report.pk), now=NOW + 90 * MINUTE
        )
        assert (case.state, case.round) == (State.IN_HAND, 2)
        assert [one.state for one in WorkOrder.objects.filter(case=case).order_by("round")] == ["completed", "offered"]
        assert not mismatches([case.pk])

    def test_three_missed_calls_at_different_times_settle_it(self, world, contact):
        receipt = known_call(world, contact)
        case = reviewed(world, receipt)
        for hour in range(3):
            case = a.record_call_back(
                case.pk, report_id=receipt.report.pk, result="missed", actor=world.caller,
                now=NOW + timedelta(hours=2 + 2 * hour),
            )  # fmt: skip
        assert case.state == State.CLOSED

    def test_two_missed_calls_within_the_hour_count_once(self, world, contact):
        receipt = known_call(world, contact)
        case = reviewed(world, receipt)
        a.record_call_back(
            case.pk, report_id=receipt.report.pk, result="missed", actor=world.caller, now=NOW + 120 * MINUTE
        )
        with pytest.raises(IllegalMove):
            a.record_call_back(
                case.pk, report_id=receipt.report.pk, result="missed", actor=world.caller, now=NOW + 130 * MINUTE
            )

    def test_each_reporter_of_a_merged_case_has_a_say_and_one_can_be_split_off(self, world, contact):
        first, second = known_call(world, contact), known_call(world, contact)
        a.merge_case(second.case.pk, into_id=first.case.pk, confirmed=True, actor=world.clerk, now=NOW + MINUTE)
        case = reviewed(world, first)
        case = a.tell_outcome(case.pk, solved=True, actor=resident(first.report.pk), now=NOW + 90 * MINUTE)
        assert case.state == State.CALLING_BACK
        a.split_off_report(case.pk, report_id=second.report.pk, actor=world.caller, now=NOW + 95 * MINUTE)
        case.refresh_from_db()
        other = Case.objects.get(follows=case)
        assert (case.state, other.state, other.follows_id) == (State.CLOSED, State.RECEIVED, case.pk)
        assert Report.objects.get(pk=second.report.pk).case_id == other.pk
        assert not mismatches([case.pk, other.pk])

    def test_a_voice_split_off_after_its_say_has_a_say_in_the_new_case_too(self, world, contact):
        first, second = known_call(world, contact), known_call(world, contact)
        a.merge_case(second.case.pk, into_id=first.case.pk, confirmed=True, actor=world.clerk, now=NOW + MINUTE)
        case, mine, key = reviewed(world, first), resident(second.report.pk), uuid7()
        a.tell_outcome(case.pk, solved=False, actor=mine, now=NOW + 90 * MINUTE)
        for _ in range(2):
            a.split_off_report.once(key, case.pk, report_id=second.report.pk, actor=world.caller, now=NOW + 95 * MINUTE)
        other = Case.objects.get(follows=case)
        a.register_file_dispatch(
            other.pk, lead_id=world.units["sanitation"].pk, type_code="0901", actor=world.head, now=NOW + 96 * MINUTE
        )
        a.sign_in_order(other.pk, actor=world.handler, now=NOW + 97 * MINUTE)
        a.submit_result(other.pk, outcome="explained", answer="好了。", actor=world.handler, now=NOW + 98 * MINUTE)
        a.sign_result(other.pk, actor=world.unit_head, now=NOW + 99 * MINUTE)
        a.review_result(other.pk, actor=world.reviewer, now=NOW + 100 * MINUTE)
        assert a.tell_outcome(other.pk, solved=True, actor=mine, now=NOW + 101 * MINUTE).state == State.CLOSED

    def test_splitting_off_the_last_who_was_not_asked_starts_the_next_round_for_the_others(self, world, contact):
        first, second = known_call(world, contact), known_call(world, contact)
        a.merge_case(second.case.pk, into_id=first.case.pk, confirmed=True, actor=world.clerk, now=NOW + MINUTE)
        case = reviewed(world, first)
        a.tell_outcome(case.pk, solved=False, actor=resident(first.report.pk), now=NOW + 90 * MINUTE)
        case = a.split_off_report(case.pk, report_id=second.report.pk, actor=world.caller, now=NOW + 95 * MINUTE)
        assert (case.state, case.round) == (State.IN_HAND, 2)

    def test_a_withdrawn_voice_is_neither_split_off_nor_called(self, world, contact):
        calls = [known_call(world, contact) for _ in range(3)]
        for other in calls[1:]:
            a.merge_case(other.case.pk, into_id=calls[0].case.pk, confirmed=True, actor=world.clerk, now=NOW + MINUTE)
        case, gone = reviewed(world, calls[0]), calls[2].report.pk
        a.withdraw_report(case.pk, actor=resident(gone), now=NOW + 90 * MINUTE)
        with pytest.raises(NotFound):
            a.split_off_report(case.pk, report_id=gone, actor=world.caller, now=NOW + 95 * MINUTE)
        with pytest.raises(NotFound):
            a.record_call_back(case.pk, report_id=gone, result="refused", actor=world.caller, now=NOW + 95 * MINUTE)

    def test_when_the_last_voice_leaves_a_reviewed_danger_the_case_closes(self, world, contact):
        receipt = known_call(world, contact, words="楼下着火了，有浓烟，快来人。")
        case = reviewed(world, receipt)
        assert (case.state, case.danger) == (State.CALLING_BACK, "119")
        assert a.fine_now(case.pk, actor=resident(receipt.report.pk), now=NOW + 90 * MINUTE).state == State.CLOSED

    def test_nobody_is_called_back_whose_contact_is_erased(self, world, contact):
        receipt = known_call(world, contact)
        case = reviewed(world, receipt)
        a.erase_my_contact(case.pk, actor=resident(receipt.report.pk), now=NOW + 90 * MINUTE)
        case.refresh_from_db()
        assert case.state == State.CLOSED
        assert not mismatches([case.pk])

    def test_a_nameless_call_ends_at_review_and_can_be_reopened_for_fourteen_days(self, world):
        receipt = world.call()
        case = reviewed(world, receipt)
        assert case.state == State.CLOSED
        late = NOW + timedelta(days=15)
        with pytest.raises(IllegalMove) as why:
            a.reopen_case(case.pk, reason="又坏了", actor=resident(receipt.report.pk), now=late)
        assert why.value.facts["guard"] == "within_reopening"
        case = a.reopen_case(case.pk, reason="又坏了", actor=resident(receipt.report.pk), now=NOW + timedelta(days=13))
        assert (case.state, case.round) == (State.IN_HAND, 2)

    def test_a_reopened_case_never_goes_back_to_a_unit_that_keeps_away_now(self, world):
        receipt = world.call()
        case = reviewed(world, receipt)
        a.recuse_unit(case.pk, unit_id=world.units["sanitation"].pk, actor=world.head, now=NOW + 90 * MINUTE)
        case = a.reopen_case(case.pk, reason="又坏了", actor=resident(receipt.report.pk), now=NOW + timedelta(days=1))
        assert (case.state, case.round) == (State.TRIAGED, 2)
        assert not WorkOrder.objects.filter(case=case, round=2).exists()

    def test_late_feedback_once_and_within_thirty_days(self, world):
        receipt = world.call()
        case = reviewed(world, receipt)
        mine = resident(receipt.report.pk)
        a.late_feedback(case.pk, solved=True, satisfaction="fair", actor=mine, now=NOW + timedelta(days=2))
        with pytest.raises(IllegalMove):
            a.late_feedback(case.pk, solved=True, actor=mine, now=NOW + timedelta(days=3))

    def test_the_last_voice_leaving_ends_the_case_unless_a_danger_is_open(self, world):
        receipt = world.call(words="楼下着火了，有浓烟，快来人。")
        case = a.withdraw_report(receipt.case.pk, actor=resident(receipt.report.pk), now=NOW)
        assert receipt.case.danger == "119"
        assert case.state == State.RECEIVED

    def test_erasing_the_contact_leaves_the_call_and_the_chain(self, world, contact):
        receipt = known_call(world, contact)
        before = History.objects.count()
        a.erase_my_contact(receipt.case.pk, actor=resident(receipt.report.pk), now=NOW)
        assert not Consent.objects.filter(contact_id=contact, withdrawn_at=None).exists()
        report = Report.objects.select_related("contact").get(pk=receipt.report.pk)
        assert (report.reply_by, report.contact.erased_at is not None) == ("page", True)
        assert History.objects.count() > before

    def test_nudging_is_once_a_day(self, world):
        receipt = world.call()
        mine = resident(receipt.report.pk)
        a.nudge_case(receipt.case.pk, actor=mine, now=NOW)
        with pytest.raises(IllegalMove):
            a.nudge_case(receipt.case.pk, actor=mine, now=NOW + MINUTE)
        assert a.nudge_case(receipt.case.pk, actor=mine, now=NOW + timedelta(days=1)).nudges == 2


class TestSelfHandle:
    def test_only_the_finder_of_a_small_matter_and_with_both_pictures(self, world):
        lng, lat = middle(GRID)
        receipt = world.call(channel=Channel.PATROL, type_code="0101", actor=world.grid_worker, lng=lng, lat=lat)
        assert receipt.case.flow == "city"
        with pytest.raises(IllegalMove) as why:
            a.self_handle_case(receipt.case.pk, words="捡了", actor=world.grid_worker, now=NOW)
        assert why.value.facts["guard"] in ("before_and_after", "small_matter")
        with pytest.raises((IllegalMove, NotAllowed)):
            a.self_handle_case(receipt.case.pk, words="捡了", actor=world.grid_worker2, now=NOW)


def test_code_of_gives_the_same_digits_for_the_same_report():
    key = uuid7()
    assert code_of(key) == code_of(key) != code_of(uuid7())
    assert is_tracking_code(code_of(key))
    assert Verb.RECEIVE


def test_the_reason_of_a_step_back_or_up_is_kept_for_the_next_one(world):
    case = world.call().case
    a.raise_case(case.pk, reason="社区没有吊车", actor=world.secretary, now=NOW)
    assert [(one.verb, one.words, one.made_by) for one in case.remarks.all()] == [
        ("raise", "社区没有吊车", world.secretary.id)
    ]


def test_a_matter_beyond_the_community_starts_at_the_street(world):
    from huying.matters import queries as matters

    street = next(one for one in matters.active_types() if one.lowest_tier == "street" and not one.confidential)
    community = next(one for one in matters.active_types() if one.lowest_tier == "community" and not one.confidential)
    assert world.call(type_code=street.code).case.desk_code == STREET
    assert world.call(type_code=community.code).case.desk_code == BANYAN


def test_nobody_is_found_by_a_number_in_the_words(world):
    from huying.cases.search import grams, question

    assert "13900000001" not in grams("请打13900000001，路灯12号不亮")
    assert "12" in grams("请打13900000001，路灯12号不亮")
    assert question("13900000001") == ""


def test_a_clerk_who_finds_a_matter_confidential_registers_it_and_hands_it_to_the_street(world):
    from huying.matters import queries as matters

    secret = next(one for one in matters.active_types() if one.confidential)
    case = world.call().case
    case = a.register_case(case.pk, type_code=secret.code, actor=world.secretary, now=NOW)
    assert (case.state, case.desk_code, case.restricted) == (State.TRIAGED, STREET, True)
    assert queries.one(case.pk, world.secretary) is None
    assert queries.one(case.pk, world.head) is not None


def test_a_correction_that_changes_nothing_still_asks_for_the_duty(world):
    case = in_hand(world, world.call())
    with pytest.raises(NotAllowed):
        a.correct_case(case.pk, actor=world.handler, now=NOW)
    a.correct_case(case.pk, actor=world.clerk, now=NOW)


def test_a_correction_that_found_nothing_to_change_uses_its_key_up(world):
    case, key = in_hand(world, world.call()), uuid7()
    title = case.title
    a.correct_case.once(key, case.pk, title=title, actor=world.clerk, now=NOW)
    a.correct_case(case.pk, title="别的标题", actor=world.clerk, now=NOW)
    a.correct_case.once(key, case.pk, title=title, actor=world.clerk, now=NOW)
    assert queries.one(case.pk, world.clerk).title == "别的标题"
    with pytest.raises(KeyReused):
        a.correct_case.once(key, case.pk, title="又一个标题", actor=world.clerk, now=NOW)
    lines = History.objects.filter(object_id=case.pk, verb="correct").order_by("pk")
    assert [one.facts for one in lines][-2:] == [{"unchanged": True}, {"title": True}]
