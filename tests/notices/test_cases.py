"""Who is told what when a case moves: its people and nobody else; and who hears that a reporter was looked at."""

from datetime import timedelta

import pytest

from huying.cases import actions
from huying.cases.listeners import reminding
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.sent import sent_about
from huying.clocks import actions as clocks
from huying.kernel.actor import resident
from huying.notices import actions as notices
from huying.notices.models import Delivery, Notice
from huying.people import actions as people
from huying.people.models import ContactOpening
from tests.notices.conftest import letters, spread, told
from tests.world import NOW, STREET

PLAIN, ABOUT_STAFF = "0103", "2007"
PHONE = "13912345678"
EVERYBODY = ("clerk", "dispatcher", "reviewer", "leader", "secretary", "grid_worker", "keeper", "next_dispatcher",
             "next_handler", "firm_handler", "enforcer", "auditor")  # fmt: skip


def sweep(now):
    """The minute's sweep, and what follows from its news; says how many clocks turned."""
    count = clocks.sweep(now=now)
    spread()
    return count


def later(minutes):
    return NOW + timedelta(minutes=minutes)


def reporter(reply_by="phone", phone=PHONE, **options):
    contact = people.keep_contact(
        name="李示例", phone=phone, address="", consent_text_version=1, actor=resident(), now=NOW, area_code=STREET
    )
    return {"contact_id": contact.pk, "reply_by": reply_by, **options}


def dispatch(world, case, unit="sanitation", type_code=PLAIN, minutes=5):
    actions.register_file_dispatch(
        case.pk, lead_id=world.units[unit].pk, type_code=type_code, actor=world.dispatcher, now=later(minutes)
    )
    spread()
    return Case.objects.get(pk=case.pk)


def sign_in(world, case, minutes=10):
    actions.sign_in_order(case.pk, actor=world.handler, now=later(minutes))
    spread()


class TestUnits:
    def test_a_unit_hears_of_what_is_given_to_it_and_nobody_else_does(self, world, house):
        case = dispatch(world, world.call().case)
        assert told(world, "handler") == ["order_offered"]
        assert told(world, "unit_head") == ["order_offered"]
        for key in EVERYBODY:
            assert told(world, key) == [], key
        one = Notice.objects.filter(account=world.accounts["handler"]).get()
        assert case.number in one.body
        assert one.object_id == case.pk
        assert Report.objects.get(case=case).words[:6] not in one.title + one.body + str(one.facts)

    def test_news_that_comes_twice_tells_once(self, world, house):
        from huying.kernel.jobs import deliver

        made = world.call().case
        actions.register_file_dispatch(
            made.pk, lead_id=world.units["sanitation"].pk, type_code=PLAIN, actor=world.dispatcher, now=later(5)
        )
        for args in spread():
            deliver.func(**args)
        assert told(world, "handler") == ["order_offered"]

    def test_a_nudge_reaches_unit_and_head_or_the_desk(self, world, house):
        made = world.call()
        actions.nudge_case(made.case.pk, actor=resident(made.report.pk), now=later(1))
        spread()
        assert told(world, "dispatcher") == ["nudged"]
        case = dispatch(world, made.case)
        actions.nudge_case(case.pk, actor=resident(made.report.pk), now=NOW + timedelta(days=1))
        spread()
        assert told(world, "handler") == ["order_offered", "nudged"]
        assert told(world, "unit_head") == ["order_offered", "nudged"]

    def test_a_return_is_told_to_the_desk_and_its_decision_to_who_asked(self, world, house):
        case = dispatch(world, world.call().case)
        order = WorkOrder.objects.get(case=case)
        actions.ask_return(
            case.pk,
            order_id=order.pk,
            clause="不在本单位职责内",
            reason="不归我们管。",
            actor=world.handler,
            now=later(6),
        )
        spread()
        assert "order_returned" in told(world, "dispatcher")
        actions.decide_return(case.pk, order_id=order.pk, granted=True, actor=world.dispatcher, now=later(7))
        spread()
        assert told(world, "handler")[-1] == "return_decided"
        assert "已同意" in Notice.objects.filter(kind="return_decided").get().body

    def test_what_a_confidential_case_was_said_of_goes_from_those_who_may_not_see_it(self, world, house):
        made = world.call()
        actions.nudge_case(made.case.pk, actor=resident(made.report.pk), now=later(1))
        spread()
        assert told(world, "dispatcher") == ["nudged"]
        actions.register_case(made.case.pk, type_code=ABOUT_STAFF, actor=world.dispatcher, now=later(2))
        spread()
        assert Case.objects.get(pk=made.case.pk).restricted
        assert told(world, "dispatcher") == []
        hidden = Notice.objects.get(kind="nudged", account=world.accounts["dispatcher"])
        assert (hidden.title, hidden.body, hidden.facts) == ("", "", {})


class TestClock:
    def test_limits_are_told_once_when_near_and_once_when_gone(self, world, house):
        case = dispatch(world, world.call().case)
        order = WorkOrder.objects.get(case=case)
        assert sweep(later(6)) == 0
        for _twice in range(2):
            sweep(order.due_at - timedelta(minutes=1))
        assert told(world, "handler") == ["order_offered", "sign_in_soon"]
        for _twice in range(2):
            sweep(order.due_at + timedelta(minutes=1))
        assert told(world, "handler") == ["order_offered", "sign_in_soon", "sign_in_late"]
        assert told(world, "unit_head")[-1] == "sign_in_late"

    def test_the_one_who_signed_in_hears_of_the_handling_limit(self, world, house):
        case = dispatch(world, world.call().case)
        sign_in(world, case)
        due = WorkOrder.objects.get(case=case).due_at
        sweep(due - timedelta(minutes=1))
        sweep(due + timedelta(minutes=1))
        assert told(world, "handler") == ["order_offered", "due_soon", "overdue"]
        assert told(world, "unit_head") == ["order_offered", "overdue"]

    def test_each_stage_of_a_staged_limit_is_told_of_by_its_name_to_the_lead_unit_alone(self, world, house):
        made = world.call().case
        actions.register_file_dispatch(
            made.pk, lead_id=world.units["sanitation"].pk, assistant_ids=[world.units["enforcement"].pk],
            type_code="0301", actor=world.dispatcher, now=later(5),
        )  # fmt: skip
        sign_in(world, made)
        actions.sign_in_order(made.pk, actor=world.enforcer, now=later(10))
        spread()
        sweep(later(4 * 60))
        for _twice in range(2):
            sweep(later(4 * 60 + 6))
        assert [one for one in told(world, "handler") if "stage" in one] == ["stage_soon", "stage_late"]
        assert [one for one in told(world, "unit_head") if "stage" in one] == ["stage_late"]
        assert not [one for one in told(world, "enforcer") if "stage" in one]
        assert "“停工”" in Notice.objects.filter(kind="stage_late").first().title
        actions.finish_stage(made.pk, stage=1, actor=world.handler, now=later(4 * 60 + 10))
        spread()
        assert sweep(later(5 * 60)) == 0

    def test_leaders_hear_how_many_are_late_in_their_areas(self, world, house):
        case = dispatch(world, world.call().case)
        assert reminding.sum_up(now=later(6)) == 0
        late = Case.objects.get(pk=case.pk).due_at + timedelta(minutes=1)
        for _twice in range(2):
            reminding.sum_up(now=late)
        assert told(world, "leader") == ["late_sum"]
        Notice.objects.all().delete()
        Case.objects.filter(pk=case.pk).update(restricted=True)
        assert reminding.sum_up(now=late) == 0


class TestReporters:
    def test_a_reporter_hears_of_the_receipt_and_of_the_answer(self, world, house):
        made = world.call(**reporter())
        spread()
        assert notices.send_due(now=NOW) == 1
        (_channel, text), = letters(house)  # fmt: skip
        from huying.cases.codes import code_of

        code = code_of(made.report.pk)
        assert " ".join((code[:4], code[4:8], code[8:])) in text
        assert not Notice.objects.filter(secret__isnull=False).exists()
        case = dispatch(world, made.case)
        assert [one.kind for one in Notice.objects.filter(contact__isnull=False)] == ["receipt"]
        lines = sent_about(case, hides_callers=False, now=NOW)
        assert {(str(one.kind), one.way) for one in lines} >= {("收到诉求", "短信 *5678"), ("派给本单位", "工作台")}
        assert not [one for one in sent_about(case, hides_callers=True, now=NOW) if "短信" in one.way]

    def test_a_direct_answer_is_told(self, world, house):
        made = world.call(**reporter())
        actions.answer_case(made.case.pk, words="每周二上门收。", actor=world.clerk, now=later(3))
        spread()
        assert [one.kind for one in Notice.objects.order_by("made_at")] == ["receipt", "answered"]

    @pytest.mark.parametrize("options", [{"reply_by": "none"}, {"reply_by": "phone", "drill": True}])
    def test_who_wants_nothing_and_drills_are_not_written_to(self, world, house, options):
        made = world.call(**reporter(options["reply_by"]))
        if "drill" in options:
            Case.objects.filter(pk=made.case.pk).update(drill=True)
        spread()
        assert not Notice.objects.exists()

    def test_a_nameless_reporter_is_not_written_to(self, world, house):
        world.call(reply_by="page")
        spread()
        assert not Notice.objects.exists()

    def test_a_reporter_of_a_confidential_case_gets_no_text_message(self, world, house):
        made = world.call(about_staff=True, **reporter())
        Case.objects.filter(pk=made.case.pk).update(confidential=True, restricted=True)
        spread()
        assert not Notice.objects.exists()


class TestWhoLooked:
    def open(self, world, made, actor, minutes=20):
        actions.open_reporter(
            made.case.pk, report_id=made.report.pk, purpose="verify_facts", actor=actor, now=later(minutes)
        )
        spread()

    @pytest.mark.parametrize("about", ["mark", "type", "recusal", "nothing"])
    def test_opening_who_complained_about_staff_community_or_firm_alarms_the_auditor(self, world, house, about):
        made = world.call(**reporter(about_staff=about == "mark"))
        if about == "type":
            Case.objects.filter(pk=made.case.pk).update(type_code="0901")
        if about == "recusal":
            actions.recuse_unit(made.case.pk, unit_id=world.units["firm"].pk, actor=world.head, now=later(1))
        self.open(world, made, world.head)
        kinds = told(world, "auditor")
        assert kinds == ([] if about == "nothing" else ["identity_opened"])
        for key in ("head2", "leader", "dispatcher", "next_dispatcher"):
            assert "identity_opened" not in told(world, key), key
        if kinds:
            alarm = Notice.objects.get(kind="identity_opened")
            opening = ContactOpening.objects.get(purpose="verify_facts")
            assert alarm.object_id == opening.pk
            # The auditor sees no cases: which one it was the alarm does not say.
            assert made.case.number not in alarm.body + alarm.title
            assert "核实情况" in alarm.body

    def test_sending_a_message_to_the_reporter_alarms_nobody(self, world, house):
        world.call(**reporter(about_staff=True))
        spread()
        notices.send_due(now=NOW)
        spread()
        assert ContactOpening.objects.count() <= 1
        assert told(world, "auditor") == []

    def test_a_reporter_who_asked_is_told_and_that_telling_is_not_told_again(self, world, house):
        made = world.call(**reporter())
        contact_id = Report.objects.get(pk=made.report.pk).contact_id
        notices.set_reporters_choice(
            contact_id=contact_id, progress=False, openings=True, actor=resident(made.report.pk), now=NOW
        )
        self.open(world, made, world.head)
        notices.send_due(now=later(21))
        spread()
        notices.send_due(now=later(22))
        assert Notice.objects.filter(kind="contact_opened").count() == 1
        assert Delivery.objects.filter(notice__kind="contact_opened", state="sent").count() == 1
        assert [one.purpose for one in ContactOpening.objects.filter(opened_by=None)].count("notify") >= 1
