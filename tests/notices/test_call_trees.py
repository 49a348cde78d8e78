"""Call trees: in order until somebody answers, by page or by link; each begins once; a stop is caught up with."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import calltrees as actions
from huying.cases.casefile import subject_of
from huying.cases.codes import answer_code
from huying.cases.listeners import ringing
from huying.cases.models import CallTreeStep, Case, TreeCall, TreeRun
from huying.cases.rules import ReplyBy
from huying.cases.rules.calltrees import Step, after, nearest, next_at
from huying.cases.sheets import SheetKind, sheet_of
from huying.cases.treefile import panels_of
from huying.kernel.actor import resident
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.signing import HEADER, signature
from huying.notices.actions import send_due
from huying.notices.models import Delivery, Notice
from huying.people.actions import keep_contact
from huying.registers.declared import get
from tests.notices.conftest import letters, reached, spread, told
from tests.world import BANYAN, NOW, STREET

MINUTE = timedelta(minutes=1)
THEN = NOW + 5 * MINUTE  # when the order is offered
UNIT = (("handler", 5), ("liaison", 5), ("unit_head", 10), ("leader_in_charge", 15))


@pytest.fixture(autouse=True)
def then(monkeypatch):
    """What time it is when news is heard; acts are no later, unless a test says so."""
    hour = [NOW]
    monkeypatch.setattr("huying.cases.listeners.ringing.timezone.now", lambda: hour[0])
    return hour


def tree(steps=UNIT, occasion="unit", grade="urgent", area_code=STREET, **given):
    return [
        CallTreeStep.objects.create(
            area_code=area_code, occasion=occasion, grade=grade, number=number, post=post, minutes=minutes,
            since=NOW.date(), **given,
        )
        for number, (post, minutes) in enumerate(steps, start=1)
    ]  # fmt: skip


def dispatched(world, **given):
    contact = keep_contact(
        name="李示例", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
    )
    call = world.call(contact_id=contact.pk, reply_by=ReplyBy.PHONE, **given)
    case = a.register_file_dispatch(
        call.case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", grade="urgent",
        actor=world.dispatcher, now=THEN,
    )  # fmt: skip
    spread()
    case.refresh_from_db()
    return case


def called(run):
    rows = run.calls.order_by("number", "pk").values_list("post", "account__name")
    return list(rows)


class TestRules:
    @given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["99", "9901", "990101"])), max_size=12))
    def test_only_the_nearest_tree_is_climbed_and_upwards(self, rows):
        found = nearest(Step(number, "handler", 5, area) for number, area in rows)
        assert len({one.area_code for one in found}) <= 1
        assert [one.number for one in found] == sorted(one.number for one in found)
        assert {len(one.area_code) for one in found} <= {max((len(area) for _n, area in rows), default=0)}
        climbed, number = [], 0
        while left := after(found, number):
            number = left[0].number
            climbed.append(number)
        assert climbed == sorted(set(climbed))

    def test_the_next_step_is_counted_from_the_call(self):
        assert next_at(Step(1, "handler", 7, STREET), NOW) == NOW + 7 * MINUTE


class TestClimbing:
    def test_each_step_is_called_in_its_time_until_nobody_is_left(self, world):
        tree()
        case = dispatched(world)
        run = TreeRun.objects.get()
        assert case.called
        assert called(run) == [("handler", "卫甲例")]
        assert ringing.ring(now=THEN + 4 * MINUTE) == 0
        assert ringing.ring(now=THEN + 5 * MINUTE) == 1
        # The street's liaison sees no cases: the log says nobody, and the head is called in the same sweep.
        assert called(run) == [("handler", "卫甲例"), ("liaison", None), ("unit_head", "蒋乙例")]
        assert ringing.ring(now=THEN + 14 * MINUTE) == 0
        assert ringing.ring(now=THEN + 15 * MINUTE) == 1
        assert called(run)[-1] == ("leader_in_charge", "林例文")
        assert ringing.ring(now=THEN + 30 * MINUTE) == 1
        run.refresh_from_db()
        assert (run.ended_how, run.answered_by) == ("nobody", None)
        assert ringing.ring(now=THEN + 60 * MINUTE) == 0
        for key in ("handler", "unit_head", "leader"):
            assert told(world, key).count("urgent_call") == 1
        for key in ("next_dispatcher", "next_handler", "kapok_worker"):
            assert "urgent_call" not in told(world, key)

    def test_a_sweep_that_runs_twice_calls_nobody_twice(self, world):
        tree()
        dispatched(world)
        later = THEN + 5 * MINUTE
        assert [ringing.ring(now=later), ringing.ring(now=later)] == [1, 0]
        assert Notice.objects.filter(kind="urgent_call").count() == 2

    def test_after_a_stop_it_goes_on_where_it_stood_and_not_all_at_once(self, world):
        tree()
        dispatched(world)
        late = THEN + 300 * MINUTE
        assert ringing.ring(now=late) == 1
        assert TreeRun.objects.get().number == 3
        assert ringing.ring(now=late + 9 * MINUTE) == 0
        assert ringing.ring(now=late + 10 * MINUTE) == 1

    def test_news_that_comes_late_gives_whoever_is_called_first_the_minutes_of_that_step(self, world, then):
        tree()
        then[0] = THEN + 12 * MINUTE  # the worker stood still for longer than two steps
        dispatched(world)
        run = TreeRun.objects.get()
        assert called(run) == [("handler", "卫甲例")]
        assert [ringing.ring(now=THEN + minutes * MINUTE) for minutes in (12, 16, 17, 17)] == [0, 0, 1, 0]
        assert called(run) == [("handler", "卫甲例"), ("liaison", None), ("unit_head", "蒋乙例")]
        assert [one.called_at for one in run.calls.order_by("number")] == [
            THEN + minutes * MINUTE for minutes in (12, 17, 17)
        ]
        for key in ("handler", "unit_head"):
            assert told(world, key).count("urgent_call") == 1

    def test_one_that_fails_keeps_nobody_else_from_being_called(self, world, monkeypatch, caplog):
        tree()
        dispatched(world), dispatched(world)
        broken, whole = TreeRun.objects.order_by("next_at", "pk")
        call_next = actions.call_next

        def fail(run_id, **given):
            if run_id == broken.pk:
                raise ValueError("no words for it")
            return call_next(run_id, **given)

        monkeypatch.setattr(actions, "call_next", fail)
        assert ringing.ring(now=THEN + 5 * MINUTE) == 1
        assert called(whole)[-1] == ("unit_head", "蒋乙例")
        assert "call tree not climbed" in caplog.text

    def test_the_same_news_twice_begins_it_once(self, world):
        tree()
        case = dispatched(world)
        order = case.orders.get()
        assert actions.begin_tree(case, order, now=THEN) is None
        assert TreeRun.objects.count() == TreeCall.objects.count() == 1

    def test_signing_in_ends_it(self, world):
        tree()
        case = dispatched(world)
        a.sign_in_order(case.pk, actor=world.handler, now=THEN + MINUTE)
        assert ringing.ring(now=THEN + 5 * MINUTE) == 1  # also where the news came late
        assert TreeRun.objects.get().ended_how == "taken"
        assert Notice.objects.filter(kind="urgent_call").count() == 1

    def test_the_desk_is_called_for_what_it_has_not_taken_up(self, world):
        tree((("dispatcher", 3), ("centre_head", 5)), occasion="desk")
        receipt = world.call(words="煤气泄漏，味道很大。", urgent=True)
        spread()
        run = TreeRun.objects.get()
        assert called(run) == [("dispatcher", "王范例")]
        ringing.ring(now=NOW + 3 * MINUTE)
        assert {name for _post, name in called(run)[1:]} == {"何模拟", "赵演示"}
        a.register_file_dispatch(
            receipt.case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=THEN
        )
        spread()
        run.refresh_from_db()
        assert run.ended_how == "taken"

    @pytest.mark.parametrize("given", [False, True], ids=["received", "given to a unit"])
    def test_a_matter_that_is_raised_calls_the_next_desk_from_its_first_step(self, world, given):
        tree((("community_secretary", 3), ("grid_worker", 3)), occasion="desk", area_code=BANYAN)
        tree((("dispatcher", 3), ("centre_head", 5)), occasion="desk")
        case = world.call(words="煤气泄漏，味道很大。", urgent=True).case
        assert case.desk_code == BANYAN
        spread()
        first = TreeRun.objects.get()
        assert called(first) == [("community_secretary", "吴假名")]
        if given:
            a.register_file_dispatch(
                case.pk, lead_id=world.units["banyan"].pk, type_code="0103", grade="urgent", actor=world.secretary,
                now=NOW,
            )  # fmt: skip
            spread()
        a.raise_case(case.pk, reason="社区办不了。", actor=world.secretary, now=NOW + MINUTE)
        spread()
        first.refresh_from_db()
        assert first.ended_how == ("taken" if given else "moved")
        second = TreeRun.objects.get(ended_at=None)
        assert (second.desk_code, called(second)) == (STREET, [("dispatcher", "王范例")])
        assert ringing.ring(now=NOW + 4 * MINUTE) == 1
        assert [post for post, _name in called(second)] == ["dispatcher", "centre_head", "centre_head"]
        assert TreeRun.objects.filter(occasion="desk").count() == 2
        a.transfer_case(case.pk, receiver="区里", confirmed=True, actor=world.dispatcher, now=NOW + 5 * MINUTE)
        spread()
        second.refresh_from_db()
        assert second.ended_how == "taken"

    @pytest.mark.parametrize("grade", ["ordinary", "hard"])
    def test_other_grades_have_their_own_steps(self, world, grade):
        tree(grade=grade)
        dispatched(world)
        assert not TreeRun.objects.exists()
        assert not Case.objects.get().called

    def test_a_tree_of_a_smaller_area_stands_for_the_larger_and_what_has_ended_for_none(self, world):
        tree((("unit_head", 5),), until=None)
        CallTreeStep.objects.create(
            area_code=STREET, occasion="unit", grade="urgent", number=2, post="leader_in_charge", minutes=5,
            since=NOW.date() - timedelta(days=9), until=NOW.date(),
        )  # fmt: skip
        tree((("handler", 5),), area_code=BANYAN)
        dispatched(world)
        run = TreeRun.objects.get()
        assert called(run) == [("handler", "卫甲例")]  # the community's desk has it, and its own tree has one step
        ringing.ring(now=THEN + 5 * MINUTE)
        run.refresh_from_db()
        assert run.ended_how == "nobody"


class TestAnswering:
    def test_by_page_it_ends_for_all_and_letters_that_wait_are_not_sent(self, world, house):
        reached(world.handler, "sms", "13800000001", now=NOW)
        tree()
        dispatched(world)
        run = TreeRun.objects.get()
        mine = Delivery.objects.filter(notice__kind="urgent_call")
        assert mine.filter(state="waiting").count() == 2
        actions.answer_call(run.pk, actor=world.handler, now=THEN + MINUTE)
        send_due(now=THEN + 2 * MINUTE)
        assert {one.state for one in mine.exclude(channel="in_app")} == {"skipped"}
        assert ringing.ring(now=THEN + 60 * MINUTE) == 0
        run.refresh_from_db()
        assert (run.ended_how, run.answered_by_id) == ("page", world.handler.id)
        lines = History.objects.filter(kind="call_tree").order_by("pk").values_list("verb", "to_state", "actor_id")
        assert list(lines) == [("begin", "on", None), ("end", "page", world.handler.id)]

    def test_the_same_person_twice_is_no_fault_and_another_is_late(self, world):
        tree()
        dispatched(world)
        run = TreeRun.objects.get()
        for _twice in range(2):
            actions.answer_call(run.pk, actor=world.handler, now=THEN + MINUTE)
        with pytest.raises(IllegalMove):
            actions.answer_call(run.pk, actor=world.unit_head, now=THEN + MINUTE)

    def test_others_are_refused_and_strangers_learn_nothing(self, world):
        tree()
        dispatched(world)
        run = TreeRun.objects.get()
        with pytest.raises(NotAllowed):
            actions.answer_call(run.pk, actor=world.grid_worker, now=THEN)
        for key in (run.pk, UUID(int=3)):
            with pytest.raises(NotFound):
                actions.answer_call(key, actor=world.next_dispatcher, now=THEN)
        assert TreeRun.objects.get().ended_at is None

    def test_by_the_link_of_a_message_once_and_only_while_it_is_fresh(self, world):
        tree()
        dispatched(world)
        call = TreeCall.objects.get()
        code = answer_code(call.pk)
        assert code not in call.code_hash
        for wrong, at in (("", THEN), ("A" * 16, THEN), ("码", THEN), (code, THEN + timedelta(hours=6))):
            with pytest.raises(NotFound):
                actions.answer_by_code(wrong, now=at)
        assert actions.answer_by_code(code, now=THEN + MINUTE).ended_how == "link"
        assert TreeRun.objects.get().answered_by_id == world.handler.id

    def test_a_link_of_an_account_that_was_closed_answers_nothing(self, world):
        tree()
        dispatched(world)
        world.accounts["handler"].is_active = False
        world.accounts["handler"].save()
        with pytest.raises(NotFound):
            actions.answer_by_code(answer_code(TreeCall.objects.get().pk), now=THEN)


class TestWords:
    def test_texts_and_calls_go_to_the_same_number_and_tell_nothing_of_the_caller(self, world, house, settings):
        settings.CSRF_TRUSTED_ORIGINS = ["https://huying.example"]
        reached(world.handler, "sms", "13800000001", now=NOW)
        tree()
        case = dispatched(world)
        send_due(now=THEN)
        sent = {channel: words for channel, words in letters(house) if "13800000001" in words and "紧急" in words}
        assert set(sent) == {"sms", "voice"}
        code = answer_code(TreeCall.objects.get().pk)
        assert f"https://huying.example/on-call/{code}/" in sent["sms"]
        assert code not in sent["voice"]
        for words in sent.values():
            assert words.startswith("13800000001\n")
            assert case.number in words
            for private in ("李示例", "13900000001", "垃圾桶满了"):
                assert private not in words

    def test_the_log_is_shown_and_printed(self, world):
        tree()
        case = dispatched(world)
        ringing.ring(now=THEN + 5 * MINUTE)
        (panel,) = panels_of(case, actor=world.unit_head)
        assert [(row.number, row.who) for row in panel.rows] == [(1, "卫甲例"), (2, ""), (3, "蒋乙例")]
        assert panel.answer_url
        assert panels_of(case, actor=world.clerk)[0].answer_url == ""
        sheet = sheet_of(subject_of(case.pk, actor=world.dispatcher, now=THEN), SheetKind.CALLS)
        printed = " ".join(words for _term, words in sheet.facts)
        assert "卫甲例" in printed
        assert "没有人担任" in printed
        assert "李示例" not in printed


class TestRegister:
    @pytest.mark.parametrize(("name", "value"), [("number", 0), ("minutes", 0)])
    def test_what_makes_no_sense_is_refused(self, world, name, value):
        with pytest.raises(Invalid):
            get("call_tree").check({"number": 1, "minutes": 5, name: value}, None, actor=world.head, now=NOW)


class TestKeys:
    """Press 1 to answer: signed by the voice service, for the call that it read out."""

    SECRET = "the-secret-of-the-voice-service-of-forty-two"

    @pytest.fixture
    def rung(self, world, house, settings, monkeypatch):
        settings.VOICE_SECRET = self.SECRET
        reached(world.handler, "sms", "13800000002")
        tree()
        dispatched(world)
        send_due(now=THEN)
        monkeypatch.setattr("django.utils.timezone.now", lambda: THEN + MINUTE)
        return Delivery.objects.get(channel="voice").batch

    def press(self, client, message_id, key="1", secret=SECRET):
        body = json.dumps({"id": str(message_id), "key": key}).encode()
        header = signature(secret, int((THEN + MINUTE).timestamp()), body)
        return client.post("/pressed/", body, content_type="application/json", headers={HEADER: header}).status_code

    def test_one_ends_it_for_all_and_twice_is_no_fault(self, world, house, client, rung):
        assert any("请按 1 应答。" in text for channel, text in letters(house) if channel == "voice")
        assert [self.press(client, rung), self.press(client, rung)] == [204, 204]
        run = TreeRun.objects.get()
        assert (run.ended_how, run.answered_by_id) == ("key", world.handler.id)
        assert ringing.ring(now=THEN + 6 * MINUTE) == 0

    def test_another_key_unsigned_and_unknown_change_nothing(self, world, client, rung):
        assert self.press(client, rung, key="2") == 204
        assert self.press(client, rung, secret="another-secret-of-more-than-thirty-two") == 403
        assert self.press(client, UUID(int=7)) == 404
        assert TreeRun.objects.get().ended_at is None

    def test_without_a_secret_no_key_is_asked_for_or_taken(self, world, house, client, settings, rung):
        settings.VOICE_SECRET = ""
        assert self.press(client, rung, secret="") == 403
