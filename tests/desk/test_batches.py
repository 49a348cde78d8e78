"""One act for many cases: as each alone would be, done once, and taken back as far as nothing has happened since."""

import sys
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.models import Case, Sharing
from huying.cases.rules import State
from huying.desk import actions, queries
from huying.desk.actions.batching import foreseen
from huying.desk.forms import pairs_in
from huying.desk.models import Batch, BatchLine
from huying.desk.rules import BatchAct, LineState, acts_of
from huying.kernel.actor import resident
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from tests.world import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
NEW = "/desk/batches/new/"
DISPATCH, REASSIGN, ANSWER = BatchAct.DISPATCH, BatchAct.REASSIGN, BatchAct.ANSWER


def filed(world, now=NOW):
    case = world.call(now=now).case
    a.register_case(case.pk, type_code="0103", actor=world.clerk, now=now)
    return a.file_case(case.pk, actor=world.head, now=now)


def in_hand(world, unit="sanitation", now=NOW):
    lead = world.units[unit].pk
    case = world.call(now=now).case
    return a.register_file_dispatch(case.pk, lead_id=lead, type_code="0103", actor=world.dispatcher, now=now)


def do(world, act, cases, who="dispatcher", *, unit="sanitation", batch_id=None, now=NOW, **values):
    lead = world.units[unit].pk if act != ANSWER else None
    return actions.carry_out(
        batch_id=batch_id or uuid7(), act=act, chosen=[(one.pk, lead) for one in cases], values=values,
        actor=world.people[who], now=now,
    )  # fmt: skip


def states(batch):
    return [one.state for one in queries.lines_of(batch)]


def state(case):
    return Case.objects.values_list("state", flat=True).get(pk=case.pk)


@pytest.mark.parametrize(
    ("text", "found"),
    [("", 0), ("x", 0), (f"{UUID(int=1)} {UUID(int=2)}/{UUID(int=3)}", 2), (f"{UUID(int=1)}/y", 0)],
)
def test_what_is_no_id_is_left_out(text, found):
    assert len(pairs_in(text)) == found


def test_who_may_do_it_to_one_may_do_it_to_many(world):
    assert acts_of(world.dispatcher) == (DISPATCH, REASSIGN, ANSWER)
    assert acts_of(world.clerk) == (ANSWER,)
    assert acts_of(world.handler) == acts_of(resident()) == ()


class TestForeseen:
    def test_each_case_is_told_as_it_would_be_alone_and_nothing_is_done(self, world):
        good, bare, ended = filed(world), world.call().case, world.call().case
        a.answer_case(ended.pk, words="已经说清楚。", actor=world.clerk, now=NOW)
        lines = History.objects.count()
        ids = [good.pk, bare.pk, ended.pk, uuid7()]
        told = foreseen(DISPATCH, ids, {"lead": world.units["sanitation"].pk}, actor=world.dispatcher, now=NOW)
        assert [one.case_id for one in told] == ids[:3]
        assert told[0].why == ""
        assert told[0].lead == world.units["sanitation"]
        assert "类型" in told[1].why
        assert told[2].why
        assert (state(good), state(bare)) == (State.FILED, State.RECEIVED)
        assert History.objects.count() == lines

    def test_without_a_unit_each_goes_where_the_duty_list_says(self, world):
        one = filed(world)
        told = foreseen(DISPATCH, [one.pk], {}, actor=world.dispatcher, now=NOW)[0]
        assert told.lead is not None
        a.dispatch_case(one.pk, lead_id=told.lead.pk, actor=world.dispatcher, now=NOW)
        one.orders.update(state="returned", ended_at=NOW)
        Case.objects.filter(pk=one.pk).update(state=State.FILED)
        again = foreseen(DISPATCH, [one.pk], {}, actor=world.dispatcher, now=NOW)[0]
        assert again.why == ""
        assert again.lead != told.lead

    def test_it_is_read_in_a_few_statements_however_many(self, world):
        cases = [filed(world) for _number in range(6)]
        counts = []
        for many in (1, 6):
            with CaptureQueriesContext(connection) as asked:
                foreseen(ANSWER, [one.pk for one in cases[:many]], {"words": "好"}, actor=world.clerk, now=NOW)
            counts.append(len(asked))
        assert counts[1] <= counts[0] + 1

    def test_nothing_is_locked_where_orders_are_shared_out_by_the_rule(self, world):
        """A page that only looks has no transaction, and a lock outside one is an error."""
        unit = world.units["sanitation"]
        Sharing.objects.create(unit=unit, on=True, set_at=NOW)
        cases = [filed(world) for _number in range(3)]
        with CaptureQueriesContext(connection) as asked:
            told = foreseen(DISPATCH, [one.pk for one in cases], {"lead": unit.pk}, actor=world.dispatcher, now=NOW)
        assert [one.why for one in told] == ["", "", ""]
        assert not [one["sql"] for one in asked if "FOR UPDATE" in one["sql"]]

    def test_a_stranger_learns_nothing(self, world):
        case = filed(world)
        given = {"lead": world.units["next_sanitation"].pk}
        assert foreseen(DISPATCH, [case.pk], given, actor=world.next_dispatcher, now=NOW) == []

    @pytest.mark.parametrize(
        ("act", "who", "values", "refusal"),
        [(DISPATCH, "clerk", {}, NotAllowed), (ANSWER, "handler", {"words": "好"}, NotAllowed),
         (ANSWER, "clerk", {"words": " "}, Invalid), (REASSIGN, "dispatcher", {}, Invalid),
         (DISPATCH, "dispatcher", {"lead": UUID(int=7)}, Invalid)],
    )  # fmt: skip
    def test_what_fits_no_case_is_refused_whole(self, world, act, who, values, refusal):
        with pytest.raises(refusal):
            foreseen(act, [filed(world).pk], values, actor=world.people[who], now=NOW)


class TestCarryOut:
    def test_what_can_be_done_is_done_and_the_rest_says_why(self, world):
        good, bare = filed(world), world.call().case
        batch = do(world, DISPATCH, [good, bare], instruction="今天看一下。")
        assert states(batch) == [LineState.DONE, LineState.REFUSED]
        assert (state(good), state(bare)) == (State.IN_HAND, State.RECEIVED)
        assert good.orders.get().instruction == "今天看一下。"
        assert History.objects.filter(object_id=good.pk, verb="dispatch", actor_id=world.dispatcher.id).count() == 1
        assert "类型" in queries.lines_of(batch)[1].why
        assert History.objects.filter(kind="batch").values_list("facts", flat=True).get() == {
            "act": "dispatch", "cases": 2
        }  # fmt: skip

    def test_the_same_key_does_it_once_and_another_body_is_refused(self, world):
        cases, key = [filed(world), filed(world)], uuid7()
        assert do(world, DISPATCH, cases, batch_id=key) == do(world, DISPATCH, cases, batch_id=key, now=NOW + MINUTE)
        assert [one.orders.count() for one in cases] == [1, 1]
        for given in ({"unit": "enforcement"}, {"instruction": "别的"}, {"who": "head"}):
            with pytest.raises(KeyReused):
                do(world, DISPATCH, cases, batch_id=key, **given)

    def test_what_was_interrupted_goes_on(self, world):
        cases, key = [filed(world), filed(world)], uuid7()
        batch = do(world, DISPATCH, cases, batch_id=key)
        BatchLine.objects.filter(batch=batch, place=2).update(state=LineState.WAITING)  # died before it was written
        assert states(do(world, DISPATCH, cases, batch_id=key)) == [LineState.DONE] * 2
        assert cases[1].orders.count() == 1

    def test_what_was_taken_back_meanwhile_goes_on_no_more(self, world):
        cases, key = [filed(world), filed(world)], uuid7()
        batch = do(world, DISPATCH, cases[:1], batch_id=key)
        BatchLine.objects.create(batch=batch, place=2, case=cases[1], lead=world.units["sanitation"])
        actions.take_back(batch_id=batch.pk, actor=world.dispatcher, now=NOW + MINUTE)
        assert states(do(world, DISPATCH, cases, batch_id=key)) == [LineState.UNDONE, LineState.WAITING]
        assert [state(one) for one in cases] == [State.FILED] * 2

    def test_two_clerks_at_once_do_each_case_once(self, world):
        case = filed(world)
        first, second = (do(world, DISPATCH, [case], who) for who in ("dispatcher", "head"))
        assert (states(first), states(second)) == ([LineState.DONE], [LineState.REFUSED])

    def test_a_reply_goes_to_every_caller(self, world):
        cases = [world.call().case for _number in range(2)]
        batch = do(world, ANSWER, cases, "clerk", words="周三停水检修，当晚恢复。")
        assert states(batch) == [LineState.DONE] * 2
        assert set(Case.objects.values_list("state", "answer")) == {(State.ANSWERED, "周三停水检修，当晚恢复。")}
        with pytest.raises(IllegalMove, match="答复"):
            actions.take_back(batch_id=batch.pk, actor=world.clerk, now=NOW)

    def test_none_too_many_and_what_is_not_ones_own_are_refused_whole(self, world):
        with pytest.raises(Invalid):
            do(world, DISPATCH, [])
        many = [(uuid7(), None) for _number in range(201)]
        with pytest.raises(Invalid):
            actions.carry_out(batch_id=uuid7(), act=DISPATCH, chosen=many, values={}, actor=world.dispatcher, now=NOW)
        with pytest.raises(NotFound):
            do(world, DISPATCH, [filed(world)], "next_dispatcher", unit="next_sanitation")
        assert not Batch.objects.exists()


class TestTakeBack:
    def test_what_nobody_touched_comes_back_and_the_rest_stays(self, world):
        cases = [filed(world) for _number in range(3)]
        batch = do(world, DISPATCH, cases)
        a.sign_in_order(cases[1].pk, actor=world.handler, now=NOW + MINUTE)
        for _twice in range(2):
            actions.take_back(batch_id=batch.pk, actor=world.dispatcher, now=NOW + 2 * MINUTE)
        assert states(batch) == [LineState.UNDONE, LineState.STAYS, LineState.UNDONE]
        assert [state(one) for one in cases] == [State.FILED, State.IN_HAND, State.FILED]
        verbs = [one.verb for one in History.objects.filter(object_id=cases[0].pk).order_by("id")]
        assert verbs[-2:] == ["dispatch", "take_back"]
        assert [one.verb for one in History.objects.filter(kind="batch").order_by("id")] == ["begin", "undo"]

    def test_reassigned_cases_go_back_to_who_had_them(self, world):
        case = in_hand(world)
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + MINUTE)
        batch = do(world, REASSIGN, [case], unit="enforcement", reason="换一家。", now=NOW + 2 * MINUTE)
        assert states(batch) == [LineState.DONE]
        actions.take_back(batch_id=batch.pk, actor=world.dispatcher, now=NOW + 3 * MINUTE)
        live = case.orders.exclude(state="cancelled").get()
        assert (live.unit, live.state, live.handler_id) == (world.units["sanitation"], "accepted", world.handler.id)

    def test_it_is_the_makers_and_ends_after_ten_minutes(self, world):
        batch = do(world, DISPATCH, [filed(world)])
        for who in ("head", "next_dispatcher", "handler"):
            with pytest.raises(NotFound):
                actions.take_back(batch_id=batch.pk, actor=world.people[who], now=NOW)
        with pytest.raises(IllegalMove):
            actions.take_back(batch_id=batch.pk, actor=world.dispatcher, now=NOW + timedelta(minutes=10, seconds=1))
        assert states(batch) == [LineState.DONE]


class TestPages:
    def test_rows_can_be_ticked_by_who_may_act_on_them(self, world, sign_in):
        case = filed(world)
        tick = f'name="case" value="{case.pk}" form="batch"'
        page = sign_in("dispatcher").get("/desk/list/?light=green").content.decode()
        assert tick in page
        assert '<input type="hidden" name="light" value="green">' in page
        assert tick not in sign_in("leader").get("/desk/list/").content.decode()

    def test_all_of_a_filter_is_capped_and_said(self, world, sign_in, monkeypatch):
        monkeypatch.setattr(sys.modules["huying.desk.views.batches"], "MOST_TOGETHER", 1)
        cases = [filed(world, NOW + timedelta(seconds=number)) for number in range(2)]
        page = sign_in("dispatcher").get(f"{NEW}?act=dispatch&all=1&state=filed").content.decode()
        assert "一次最多 1 件" in page
        assert str(cases[0].pk) in page
        assert str(cases[1].pk) not in page

    @pytest.mark.parametrize(
        ("who", "query", "status"),
        [("dispatcher", "act=else", 404), ("clerk", "act=dispatch", 403), ("handler", "", 403),
         ("dispatcher", "all=1&light=purple", 422), ("dispatcher", "case=x&act=dispatch", 200)],
    )  # fmt: skip
    def test_what_is_asked_wrongly_gets_a_clear_answer(self, world, sign_in, who, query, status):
        assert sign_in(who).get(f"{NEW}?{query}").status_code == status

    def test_a_strangers_page_shows_no_row(self, world, sign_in):
        case = filed(world)
        page = sign_in("next_dispatcher").get(f"{NEW}?act=dispatch&case={case.pk}").content.decode()
        assert case.title not in page
        batch = do(world, DISPATCH, [case])
        for who in ("next_dispatcher", "head"):
            assert sign_in(who).get(f"/desk/batches/{batch.pk}/").status_code == 404
            assert sign_in(who).post(f"/desk/batches/{batch.pk}/undo/").status_code == 404

    def test_a_form_without_a_reason_keeps_what_was_typed(self, world, sign_in):
        case = in_hand(world)
        given = {"act": "reassign", "cases": str(case.pk), "step": "preview", "instruction": "请尽快。",
                 "lead": str(world.units["enforcement"].pk)}  # fmt: skip
        answer = sign_in("dispatcher").post(NEW, given)
        assert answer.status_code == 422
        assert "请尽快。" in answer.content.decode()
