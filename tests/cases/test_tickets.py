"""Tickets of upper systems: taken in once, held to an inner limit, given back, answered, called back from above."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import tickets as t
from huying.cases.actions.keeping import end_keeping
from huying.cases.models import Case, Feedback, Report, Ticket, TicketAsk
from huying.cases.queries import lists
from huying.cases.queries import tickets as reads
from huying.cases.queries.tickets import WantedTickets
from huying.cases.rules import State
from huying.cases.rules.tasks import Task
from huying.clocks.models import Clock
from huying.kernel.actor import resident, system
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.people.actions import keep_contact
from huying.people.models import Contact
from tests.cases.uppers import WORDS, answered, done_again, in_hand, row, source_of, take, ticket, to_call_back
from tests.world import GRID, NEXT_DOOR, NOW, build_world

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world():
    return build_world()


def again(one: Ticket) -> Ticket:
    return Ticket.objects.select_related("source", "report__case").get(pk=one.pk)


def clock(case, step="handle"):
    return Clock.objects.get(object_id=case.pk, step=step, stopped_at=None)


class TestTakingIn:
    def test_a_row_becomes_a_report_a_case_and_a_ticket_beside_it(self, world):
        source = source_of()
        told = take(world, source)
        one = Ticket.objects.select_related("report__case").get()
        case = one.report.case
        assert [str(each.arrival) for each in told] == ["new"]
        assert (case.channel, one.report.source, one.report.external_id) == ("upper", "hotline", "GZ20261020")
        assert (one.state, one.number, one.report.words) == ("open", "GZ20261020", WORDS)
        assert one.first_due_at == one.upper_due_at
        assert one.inner_due_at < one.upper_due_at
        assert case.inner_due_at == one.inner_due_at
        assert one.report.taken_by_id is None
        contact = Contact.objects.get(pk=one.report.contact_id)
        assert (contact.name_mask, contact.phone_tail) == ("刘**", "0000")
        assert b"13800000000" not in bytes(one.sheet)
        assert reads.sheet_of(one)["备注"] == "请致电138******00"
        assert History.objects.filter(kind="ticket", object_id=one.pk, verb="arrive").count() == 1

    def test_the_same_row_again_changes_nothing_and_an_older_one_neither(self, world):
        source = source_of()
        first, later = row(), row(due=NOW + 9 * DAY)
        take(world, source, first)
        take(world, source, later, now=NOW + HOUR)
        before = again(Ticket.objects.get())
        for each in (first, later, first):
            assert [str(one.arrival) for one in take(world, source, each, now=NOW + 2 * HOUR)] == ["same"]
        assert Ticket.objects.get().upper_due_at == before.upper_due_at == NOW + 9 * DAY
        assert (Report.objects.count(), Case.objects.count()) == (1, 1)

    def test_all_good_rows_are_taken_and_bad_ones_say_why(self, world):
        source = source_of()
        told = take(world, source, row("GZ00000001"), row("GZ00000002", words=""), row("GZ00000003", phone="无"))
        assert [str(one.arrival) for one in told] == ["new", "refused", "refused"]
        assert all(str(one.why) for one in told[1:])
        told = take(world, source, row("GZ00000005"), row("GZ00000005", words="另一件"))
        assert [str(one.arrival) for one in told] == ["new", "refused"]
        assert Ticket.objects.count() == 2

    def test_more_words_and_another_limit_come_to_the_case_that_is_there(self, world):
        source = source_of()
        one = ticket(world, source)
        case = in_hand(world, one)
        take(world, source, row(words="补充：今天又满了。", due=NOW + 2 * DAY), now=NOW + HOUR)
        one = again(one)
        assert one.upper_due_at == NOW + 2 * DAY
        assert one.first_due_at != one.upper_due_at
        assert [each.words for each in one.report.additions.all()] == ["补充：今天又满了。"]
        case.refresh_from_db()
        assert case.inner_due_at == one.inner_due_at
        assert clock(case).latest_at == one.inner_due_at

    def test_words_that_came_under_a_title_are_not_added_once_more(self, world):
        source = source_of()
        one = ticket(world, source, title="垃圾桶满溢")
        take(world, source, row(title="垃圾桶满溢", due=NOW + 2 * DAY), now=NOW + HOUR)
        assert again(one).upper_due_at == NOW + 2 * DAY
        assert not again(one).report.additions.exists()
        one = answered(world, one, now=NOW + 4 * HOUR)
        take(world, source, row(title="垃圾桶满溢", received=NOW + 5 * HOUR), now=NOW + 6 * HOUR)
        assert (again(one).round, again(one).report.additions.exists()) == (2, False)

    def test_a_number_that_an_archive_brought_before_is_refused(self, world):
        world.call(source="hotline", external_id="GZ20261020")
        assert str(take(world, source_of())[0].arrival) == "refused"

    def test_who_takes_nothing_in_there_takes_nothing_in(self, world):
        source = source_of()
        for who in ("reviewer", "handler", "next_dispatcher", "secretary"):
            with pytest.raises(NotAllowed):
                take(world, source, who=who)
        assert not Report.objects.exists()

    def test_a_ticket_on_a_case_out_of_sight_is_refused_in_general_words(self, world):
        source = source_of()
        one = ticket(world, source)
        Case.objects.filter(pk=one.report.case_id).update(confidential=True, restricted=True)
        told = take(world, source, row(words="又说了一次"), who="dispatcher")
        assert str(told[0].arrival) == "refused"
        assert not again(one).report.additions.exists()


class TestInnerLimit:
    def test_our_clocks_are_due_no_later_than_it_and_say_so(self, world):
        one = ticket(world, due=NOW + DAY)
        case = in_hand(world, one)
        assert one.inner_due_at < NOW + DAY
        assert clock(case).due_at == one.inner_due_at == case.due_at
        assert clock(case).yellow_at < one.inner_due_at
        from huying.clocks.queries import explain

        assert "内控时限" in {str(line.term) for line in explain(clock(case), NOW + HOUR)}

    def test_a_finer_buffer_holds_once_the_matter_is_known(self, world):
        source = source_of(buffers=(("", "2wh"), ("01", "3wh"), ("0103", "1wd")))
        one = ticket(world, source, due=NOW + 3 * DAY)
        assert one.buffer == "2wh"
        in_hand(world, one)
        later = again(one)
        assert later.buffer == "1wd"
        assert later.inner_due_at < one.inner_due_at
        assert Case.objects.get().inner_due_at == later.inner_due_at

    def test_a_case_that_takes_another_in_keeps_the_earlier_limit_and_gives_it_back(self, world):
        source = source_of()
        mine = world.call(type_code="0103").case
        one = ticket(world, source, due=NOW + DAY)
        other = one.report.case
        a.register_case(other.pk, type_code="0103", grade="ordinary", grid_code=GRID, actor=world.clerk, now=NOW)
        a.merge_case(other.pk, into_id=mine.pk, confirmed=True, actor=world.clerk, now=NOW + HOUR)
        mine.refresh_from_db()
        assert mine.inner_due_at == again(one).inner_due_at
        a.unmerge_case(other.pk, actor=world.clerk, now=NOW + 2 * HOUR)
        mine.refresh_from_db()
        other.refresh_from_db()
        assert (mine.inner_due_at, other.inner_due_at) == (None, again(one).inner_due_at)


class TestAskedAbove:
    def test_a_return_that_is_accepted_ends_the_case_as_transferred(self, world):
        one = ticket(world)
        in_hand(world, one)
        t.ask_upper(one.pk, kind="return", reason="管理权在市管道路。", actor=world.dispatcher, now=NOW + HOUR)
        case = Case.objects.get()
        assert case.upper_since == NOW + HOUR
        assert clock(case).paused_at == NOW + HOUR
        t.answer_ask(one.pk, granted=True, actor=world.clerk, now=NOW + 2 * HOUR)
        case.refresh_from_db()
        assert (case.state, case.transferred_to, case.upper_since) == (State.TRANSFERRED, "城市热线", None)
        assert again(one).state == "returned"

    def test_one_that_is_refused_goes_on_and_the_time_waited_is_added(self, world):
        one = ticket(world)
        in_hand(world, one)
        t.ask_upper(one.pk, kind="return", reason="不归街道。", actor=world.dispatcher, now=NOW + HOUR)
        with pytest.raises(IllegalMove):
            t.ask_upper(
                one.pk, kind="extend", reason="再要几天。", amount="1wd", actor=world.dispatcher, now=NOW + HOUR
            )
        with pytest.raises(IllegalMove):
            t.answer_ask(one.pk, granted=False, actor=world.clerk, now=NOW + 2 * HOUR)
        t.answer_ask(one.pk, granted=False, words="属地负责。", actor=world.clerk, now=NOW + 2 * HOUR)
        case, later = Case.objects.get(), again(one)
        assert case.state == State.IN_HAND
        assert clock(case).paused_at is None
        assert later.upper_due_at == one.upper_due_at + 16 * HOUR  # a working hour after the end of a day
        assert later.first_due_at == one.first_due_at
        assert (later.asks.get().state, later.asks.get().words) == ("refused", "属地负责。")

    def test_more_time_moves_both_limits_and_the_first_one_stays_for_the_figures(self, world):
        one = ticket(world, source_of(pauses=False, buffers=[("", "1wh")]), due=NOW + 3 * HOUR)
        case = in_hand(world, one)
        first = clock(case).due_at
        assert first == one.inner_due_at
        t.ask_upper(one.pk, kind="extend", reason="等清运车。", amount="2wd", actor=world.dispatcher, now=NOW + HOUR)
        assert Case.objects.get().upper_since is None
        assert clock(case).paused_at is None
        t.answer_ask(one.pk, granted=True, actor=world.clerk, now=NOW + 2 * HOUR)
        later = again(one)
        assert later.upper_due_at > one.upper_due_at
        assert one.inner_due_at < later.inner_due_at < later.upper_due_at
        assert (later.first_due_at, clock(case).first_due_at) == (one.first_due_at, first)
        assert clock(case).due_at > first

    @pytest.mark.parametrize("kind", ["return", "extend"])
    def test_it_is_asked_within_its_window_by_the_dispatcher_alone(self, world, kind):
        one = ticket(world)
        given = {"kind": kind, "reason": "说明。", "amount": "1wd" if kind == "extend" else ""}
        for who in ("clerk", "handler", "leader"):
            with pytest.raises((NotAllowed, NotFound)):
                t.ask_upper(one.pk, **given, actor=world.people[who], now=NOW)
        with pytest.raises(NotFound):
            t.ask_upper(one.pk, **given, actor=world.next_dispatcher, now=NOW)
        with pytest.raises(IllegalMove):
            t.ask_upper(one.pk, **given, actor=world.dispatcher, now=NOW + 30 * DAY)
        with pytest.raises(IllegalMove):
            t.ask_upper(one.pk, **{**given, "reason": ""}, actor=world.dispatcher, now=NOW)
        t.ask_upper(one.pk, **given, actor=world.dispatcher, now=NOW)
        assert TicketAsk.objects.get().state == "asked"

    def test_the_answer_comes_by_the_file_too(self, world):
        source = source_of()
        one = ticket(world, source)
        t.ask_upper(one.pk, kind="return", reason="不归街道。", actor=world.dispatcher, now=NOW)
        told = take(world, source, row(granted=True, decision_words="同意退回"), now=NOW + HOUR)
        assert str(told[0].arrival) == "decision"
        assert Case.objects.get().state == State.TRANSFERRED

    def test_a_file_that_still_tells_the_old_limit_grants_what_was_asked_for(self, world):
        source = source_of(pauses=False)
        one = ticket(world, source, due=NOW + 5 * DAY)
        t.ask_upper(one.pk, kind="extend", reason="等清运车。", amount="2wd", actor=world.dispatcher, now=NOW)
        take(world, source, row(due=NOW + 5 * DAY, granted=True), now=NOW + HOUR)
        assert again(one).upper_due_at > NOW + 5 * DAY

    def test_two_tickets_of_one_case_wait_each_for_their_own_system(self, world):
        one, other = self.together(world)
        hours = [NOW + number * HOUR for number in range(8)]
        for each, at in ((one, hours[1]), (other, hours[2])):
            t.ask_upper(each.pk, kind="return", reason="不归街道。", actor=world.dispatcher, now=at)
        t.answer_ask(other.pk, granted=False, words="属地负责。", actor=world.clerk, now=hours[3])
        case = Case.objects.get(pk=one.report.case_id)
        assert again(other).upper_due_at == other.upper_due_at  # its clock went on
        assert (case.upper_since, clock(case).paused_at) == (hours[1], hours[1])
        t.answer_ask(one.pk, granted=False, words="属地负责。", actor=world.clerk, now=hours[4])
        case.refresh_from_db()
        assert again(one).upper_due_at > one.upper_due_at
        assert (case.upper_since, clock(case).paused_at) == (None, None)

    def together(self, world):
        """Two tickets of two systems on one case that is in hand; the clock of the second goes on while it decides."""
        one = ticket(world)
        case = in_hand(world, one)
        later = source_of(code="second", name="区平台", pauses=False)
        other = ticket(world, later)
        a.register_case(
            other.report.case_id, type_code="0103", grade="ordinary", grid_code=GRID, actor=world.clerk, now=NOW
        )
        a.merge_case(other.report.case_id, into_id=case.pk, confirmed=True, actor=world.clerk, now=NOW + HOUR / 2)
        return again(one), again(other)

    def test_what_is_asked_in_the_call_back_leaves_its_clock_as_it_is(self, world):
        one = ticket(world)
        in_hand(world, one)
        case = to_call_back(world, one)
        t.ask_upper(one.pk, kind="extend", reason="等回访。", amount="1wd", actor=world.dispatcher, now=NOW + 3 * HOUR)
        before = again(one)
        t.answer_ask(one.pk, granted=False, words="不同意。", actor=world.clerk, now=NOW + 4 * HOUR)
        assert again(one).upper_due_at == before.upper_due_at
        case.refresh_from_db()
        assert case.upper_since is not None
        assert clock(case, "call_back").paused_at is not None

    def test_a_return_that_is_accepted_after_the_end_leaves_the_case_as_it_ended(self, world):
        one = ticket(world)
        t.ask_upper(one.pk, kind="return", reason="不归街道。", actor=world.dispatcher, now=NOW)
        a.answer_case(one.report.case_id, words="已经答复。", actor=world.clerk, now=NOW + HOUR)
        t.answer_ask(one.pk, granted=True, actor=world.clerk, now=NOW + 2 * HOUR)
        assert (again(one).state, Case.objects.get().state) == ("returned", State.ANSWERED)

    def test_a_caller_who_was_asked_and_goes_back_up_is_waited_for_no_longer(self, world):
        one, other = self.together(world)
        case = Case.objects.get(pk=one.report.case_id)
        a.ask_reporter(
            case.pk, report_id=other.report_id, question="哪个桶？", limit="1wd", actor=world.dispatcher, now=NOW + HOUR
        )
        t.ask_upper(other.pk, kind="return", reason="重复了。", actor=world.dispatcher, now=NOW + HOUR)
        t.answer_ask(other.pk, granted=True, actor=world.clerk, now=NOW + 2 * HOUR)
        case.refresh_from_db()
        assert (case.asked_report_id, clock(case).paused_at) == (None, None)

    def test_who_was_left_in_the_call_back_ends_it_when_the_other_goes_back_up(self, world):
        source = source_of(upper_calls=False)
        contact = keep_contact(
            name="李示例", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
        )
        mine = world.call(type_code="0103", contact_id=contact.pk, reply_by="phone").case
        one = ticket(world, source)
        a.register_case(
            one.report.case_id, type_code="0103", grade="ordinary", grid_code=GRID, actor=world.clerk, now=NOW
        )
        a.merge_case(one.report.case_id, into_id=mine.pk, confirmed=True, actor=world.clerk, now=NOW)
        one = again(one)
        in_hand(world, one)
        case = to_call_back(world, one)
        t.ask_upper(one.pk, kind="return", reason="重复了。", actor=world.dispatcher, now=NOW + 3 * HOUR)
        own = Report.objects.get(case=case, source="")
        a.record_call_back(
            case.pk, report_id=own.pk, result="reached", solved=True, actor=world.caller, now=NOW + 3 * HOUR
        )
        assert Case.objects.get(pk=case.pk).state == State.CALLING_BACK
        t.answer_ask(one.pk, granted=True, actor=world.clerk, now=NOW + 4 * HOUR)
        assert Case.objects.get(pk=case.pk).state == State.CLOSED

    def test_where_others_wait_for_the_same_case_it_goes_on_for_them(self, world):
        mine = world.call(type_code="0103").case
        one = ticket(world)
        other = one.report.case
        a.register_case(other.pk, type_code="0103", grade="ordinary", grid_code=GRID, actor=world.clerk, now=NOW)
        a.merge_case(other.pk, into_id=mine.pk, confirmed=True, actor=world.clerk, now=NOW)
        t.ask_upper(one.pk, kind="return", reason="重复了。", actor=world.dispatcher, now=NOW)
        t.answer_ask(one.pk, granted=True, actor=world.clerk, now=NOW + HOUR)
        mine.refresh_from_db()
        assert (mine.state, mine.inner_due_at) == (State.RECEIVED, None)
        assert again(one).report.withdrawn_at == NOW + HOUR


class TestAnswer:
    def test_the_form_is_filled_from_the_case_edited_and_sent_once(self, world):
        one = ticket(world)
        in_hand(world, one)
        with pytest.raises(IllegalMove):
            t.send_answer(one.pk, actor=world.dispatcher, now=NOW + HOUR)
        to_call_back(world, one)
        rows = reads.rows_of(one.pk, world.clerk)
        words = t.first_words(rows)
        assert list(words) == ["工单编号", "办理结果", "答复内容", "承办单位", "联系时间", "办结时间"]
        assert (words["工单编号"], words["答复内容"]) == ("GZ20261020", "已经清运，并加派了一班。")
        with pytest.raises(Invalid):
            t.fill_closing(one.pk, fields={"别的": "x"}, actor=world.clerk, now=NOW + 3 * HOUR)
        t.fill_closing(one.pk, fields={"办理结果": "已办结"}, actor=world.clerk, now=NOW + 3 * HOUR)
        key = uuid7()
        for _time in range(2):
            t.send_answer(one.pk, key=key, actor=world.dispatcher, now=NOW + 4 * HOUR)
        later = again(one)
        assert (later.state, later.sent_at, later.closing["办理结果"]) == ("answered", NOW + 4 * HOUR, "已办结")
        assert later.closing["承办单位"] == "街道环卫站"
        with pytest.raises(KeyReused):
            t.fill_closing(one.pk, fields={}, key=key, actor=world.clerk, now=NOW + 4 * HOUR)

    def test_a_form_that_is_filled_early_takes_the_answer_that_comes_later(self, world):
        one = ticket(world)
        early = dict.fromkeys(["工单编号", "办理结果", "答复内容", "承办单位", "联系时间", "办结时间"], "")
        early |= {"工单编号": "GZ20261020", "办理结果": "先行处置"}
        t.fill_closing(one.pk, fields=early, actor=world.clerk, now=NOW)
        assert again(one).closing == {"办理结果": "先行处置"}
        in_hand(world, one)
        to_call_back(world, one)
        words = t.first_words(reads.rows_of(one.pk, world.clerk))
        assert (words["办理结果"], words["答复内容"]) == ("先行处置", "已经清运，并加派了一班。")

    def test_nobody_here_rings_the_caller_and_the_clock_waits(self, world):
        one = ticket(world)
        in_hand(world, one)
        case = to_call_back(world, one)
        assert case.state == State.CALLING_BACK
        assert case.upper_since is not None
        assert clock(case, "call_back").paused_at is not None
        assert all(one.task != Task.CALL_BACK for one in lists.work_of(world.caller))
        with pytest.raises(IllegalMove):
            a.record_call_back(
                case.pk, report_id=one.report_id, result="reached", solved=True, actor=world.caller, now=NOW + 3 * HOUR
            )

    def test_who_comes_meanwhile_and_is_ours_is_called_and_the_clock_goes_on(self, world):
        one = ticket(world)
        in_hand(world, one)
        case = to_call_back(world, one)
        contact = keep_contact(
            name="李示例", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=NOW
        )
        mine = world.call(type_code="0103", contact_id=contact.pk, reply_by="phone").case
        a.merge_case(mine.pk, into_id=case.pk, confirmed=True, actor=world.clerk, now=NOW + 3 * HOUR)
        case.refresh_from_db()
        assert (case.upper_since, clock(case, "call_back").paused_at) == (None, None)
        assert any(each.task == Task.CALL_BACK for each in lists.work_of(world.caller))
        a.unmerge_case(mine.pk, actor=world.clerk, now=NOW + 4 * HOUR)
        case.refresh_from_db()
        assert case.upper_since == clock(case, "call_back").paused_at == NOW + 4 * HOUR

    def test_where_the_street_calls_back_it_does(self, world):
        one = ticket(world, source_of(upper_calls=False))
        in_hand(world, one)
        case = to_call_back(world, one)
        assert any(one.task == Task.CALL_BACK for one in lists.work_of(world.caller))
        a.record_call_back(
            case.pk, report_id=one.report_id, result="reached", solved=True, actor=world.caller, now=NOW + 3 * HOUR
        )
        assert Case.objects.get().state == State.CLOSED


class TestResult:
    def test_satisfied_closes_without_a_call_of_ours(self, world):
        source = source_of()
        one = answered(world, ticket(world, source))
        told = take(world, source, row(result="satisfied", result_words="满意"), now=NOW + DAY)
        assert str(told[0].arrival) == "result"
        case, said = Case.objects.get(), Feedback.objects.get()
        assert (case.state, again(one).state) == (State.CLOSED, "closed")
        assert (said.solved, said.satisfaction, said.by_desk) == (True, "satisfied", False)

    def test_no_call_above_either_lets_the_case_end(self, world):
        one = answered(world, ticket(world))
        t.record_result(one.pk, result="none", actor=world.clerk, now=NOW + DAY)
        assert Case.objects.get().state == State.CLOSED
        assert not Feedback.objects.exists()

    def test_not_solved_is_a_second_round_with_limits_of_its_own(self, world):
        source = source_of()
        one = answered(world, ticket(world, source))
        rows = row(result="dissatisfied", result_words="还是满的", due=NOW + 4 * DAY, received=NOW + DAY)
        take(world, source, rows, now=NOW + DAY)
        case, later = Case.objects.get(), again(one)
        assert (case.state, case.round, later.state, later.round) == (State.IN_HAND, 2, "open", 2)
        assert later.upper_due_at > one.upper_due_at - DAY
        assert case.inner_due_at == later.inner_due_at
        assert clock(case).latest_at == later.inner_due_at
        assert [each.words for each in one.report.additions.all()] == ["还是满的"]

    def test_however_long_ago_the_case_ended(self, world):
        one = answered(world, ticket(world))
        t.record_result(one.pk, result="satisfied", actor=world.clerk, now=NOW + DAY)
        t.record_result(one.pk, result="dissatisfied", words="又来了", actor=world.clerk, now=NOW + 200 * DAY)
        case = Case.objects.get()
        assert (case.state, case.round, again(one).round) == (State.IN_HAND, 2, 2)
        with pytest.raises(IllegalMove):  # the caller's own term is another one
            a.reopen_case(case.pk, reason="再看", actor=world.caller, now=NOW + 200 * DAY)

    def test_an_answered_or_returned_one_that_comes_again_is_looked_at_anew(self, world):
        source = source_of()
        one = ticket(world, source)
        a.answer_case(one.report.case_id, words="清运时间是早上。", actor=world.clerk, now=NOW + HOUR)
        t.fill_closing(one.pk, fields={"办理结果": "已答复"}, actor=world.clerk, now=NOW + HOUR)
        t.send_answer(one.pk, actor=world.dispatcher, now=NOW + HOUR)
        assert str(take(world, source, row(received=NOW + 40 * DAY), now=NOW + 40 * DAY)[0].arrival) == "again"
        assert (Case.objects.get().state, again(one).state) == (State.RECEIVED, "open")

    def test_one_that_waits_for_the_call_back_and_comes_again_is_a_second_round(self, world):
        source = source_of()
        one = answered(world, ticket(world, source))
        again_row = row(received=NOW + DAY, words="又满了")
        assert str(take(world, source, again_row, now=NOW + DAY)[0].arrival) == "again"
        case = Case.objects.get()
        assert (case.state, case.round, again(one).state) == (State.IN_HAND, 2, "open")

    def test_a_result_before_the_answer_is_refused(self, world):
        source = source_of()
        one = ticket(world, source)
        assert str(take(world, source, row(result="satisfied"))[0].arrival) == "refused"
        with pytest.raises(IllegalMove):
            t.record_result(one.pk, result="satisfied", actor=world.clerk, now=NOW)

    def test_a_second_round_is_answered_again(self, world):
        one = answered(world, ticket(world))
        t.record_result(one.pk, result="dissatisfied", words="没有", actor=world.clerk, now=NOW + DAY)
        case = a.sign_in_order(one.report.case_id, actor=world.handler, now=NOW + DAY)
        a.contact_reporter(case.pk, result="reached", actor=world.handler, now=NOW + DAY)
        done_again(world, case.pk, now=NOW + DAY + HOUR)
        t.fill_closing(one.pk, fields={"办理结果": "已解决"}, actor=world.clerk, now=NOW + 2 * DAY)
        t.send_answer(one.pk, actor=world.dispatcher, now=NOW + 2 * DAY)
        t.record_result(one.pk, result="satisfied", actor=world.clerk, now=NOW + 3 * DAY)
        assert Case.objects.get().state == State.CLOSED
        assert Feedback.objects.count() == 2


class TestOtherSources:
    def test_a_petition_has_steps_of_its_own_and_is_in_no_rate(self, world):
        source = source_of(
            code="xf", name="区信访局", kind="petition", counted=False, number_pattern="", limit="", buffers=()
        )
        one = ticket(world, source, number="X1")
        steps = list(one.steps.order_by("position"))
        assert [each.name for each in steps] == ["告知是否受理", "作出处理意见"]
        due = Clock.objects.get(object_id=steps[0].pk)
        assert (due.limit, due.due_at) == ("15d", one.received_at + 15 * DAY)
        t.do_step(one.pk, words="已书面告知。", actor=world.clerk, now=NOW + DAY)
        due.refresh_from_db()
        assert due.stopped_at == NOW + DAY
        with pytest.raises(Invalid):
            source_of(code="xf2", kind="petition", counted=True)

    def test_figures_leave_out_what_is_not_counted(self, world):
        from huying.insight.actions import counting
        from huying.insight.models import Fact

        source = source_of(code="media", name="媒体", kind="media", counted=False, buffers=())
        answered(world, ticket(world, source))
        t.record_result(Ticket.objects.get().pk, result="satisfied", actor=world.clerk, now=NOW + DAY)
        other = answered(world, ticket(world, source_of(), number="GZ00000009"))
        t.record_result(other.pk, result="satisfied", actor=world.clerk, now=NOW + DAY)
        counting.catch_up()
        kept = {one.case_id: one.excluded for one in Fact.objects.filter(unit_id__isnull=False)}
        assert sorted(set(kept.values())) == ["", "source"]


class TestSentUp:
    def test_a_matter_goes_up_with_its_number_and_what_is_said_comes_back(self, world):
        source = source_of(code="city", name="市平台")
        case = world.call().case
        for who in ("clerk", "handler", "next_dispatcher"):
            with pytest.raises((NotAllowed, NotFound)):
                t.send_up(case.pk, source_id=source.pk, reason="跨区", actor=world.people[who], now=NOW)
        one = t.send_up(case.pk, source_id=source.pk, reason="要跨区协调。", actor=world.dispatcher, now=NOW)
        assert (one.state, Case.objects.get().sent_up) == ("sent", True)
        with pytest.raises(IllegalMove):
            t.note_number(one.pk, number="", actor=world.clerk, now=NOW)
        with pytest.raises(Invalid):
            t.note_number(one.pk, number="错的", actor=world.clerk, now=NOW)
        t.note_number(one.pk, number="GZ77777777", actor=world.clerk, now=NOW)
        with pytest.raises(IllegalMove):
            t.note_number(one.pk, number="GZ77777778", actor=world.clerk, now=NOW)
        t.reply_from_above(one.pk, taken=True, words="市级接办", actor=world.clerk, now=NOW + DAY)
        case.refresh_from_db()
        assert (case.state, case.transferred_to) == (State.TRANSFERRED, "市平台")

    def test_an_answer_from_above_leaves_the_case_here(self, world):
        source = source_of()
        case = world.call().case
        one = t.send_up(case.pk, source_id=source.pk, reason="问口径。", actor=world.dispatcher, now=NOW)
        t.reply_from_above(one.pk, taken=False, words="按属地办理。", actor=world.clerk, now=NOW)
        case.refresh_from_db()
        assert (case.state, again(one).result_words) == (State.RECEIVED, "按属地办理。")


class TestKeeping:
    def test_the_sheet_goes_with_the_callers_data(self, world):
        one = answered(world, ticket(world))
        t.record_result(one.pk, result="satisfied", actor=world.clerk, now=NOW + DAY)
        kept = ticket(world, Ticket.objects.get().source, number="GZ00000011")
        end_keeping(months=6, actor=system(), now=NOW + 300 * DAY)
        assert reads.sheet_of(again(one)) == {}
        assert again(one).sheet is None
        assert again(kept).sheet is not None
        assert History.objects.filter(object_id=one.pk, verb="end_keeping").count() == 1


class TestSight:
    def test_a_ticket_is_seen_with_its_case_and_by_nobody_of_the_next_street(self, world):
        one = ticket(world)
        in_hand(world, one)
        for who, sees in (("clerk", True), ("handler", True), ("secretary", True), ("next_dispatcher", False),
                          ("next_handler", False), ("enforcer", False)):  # fmt: skip
            viewer = world.people[who]
            found = reads.tickets_found(viewer, WantedTickets(), now=NOW, page=Page(limit=5))
            assert (reads.rows_of(one.pk, viewer) is not None, bool(found)) == (sees, sees), who

    def test_the_list_narrows(self, world):
        one = ticket(world)
        t.ask_upper(one.pk, kind="return", reason="不归街道。", actor=world.dispatcher, now=NOW)
        for wanted, count in (
            (WantedTickets(kind="ticket", state="open", show="asked", source=one.source_id), 1),
            (WantedTickets(kind="media"), 0),
            (WantedTickets(show="late"), 0),
        ):
            assert len(reads.tickets_found(world.clerk, wanted, now=NOW, page=Page(limit=5))) == count
        late = WantedTickets(show="late")
        assert len(reads.tickets_found(world.clerk, late, now=NOW + 30 * DAY, page=Page(limit=5))) == 1

    def test_sources_are_of_the_own_street(self, world):
        source_of()
        source_of(code="next", name="邻街热线", area_code=NEXT_DOOR)
        assert [one.code for one in reads.sources_for(world.clerk)] == ["hotline"]
