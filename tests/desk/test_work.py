"""What waits for a person: by duty, place and unit, and never for a stranger."""

from dataclasses import replace
from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases.models import Case
from huying.cases.queries import lists
from huying.cases.rules.tasks import Task
from huying.desk.mine import cells_of, possible_tasks, sentence_of
from huying.kernel.actor import resident, system
from huying.people.models import Recusal
from tests.world import NOW, OTHER_GRID, middle

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=30)


def tasks(actor):
    return [(one.task, one.case_id) for one in lists.work_of(actor)]


def dispatch(world, case, now=NOW):
    return a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=now
    )


def reviewed(world, case):
    """On the desk's table after the unit's result."""
    dispatch(world, case)
    a.sign_in_order(case.pk, actor=world.handler, now=NOW)
    a.submit_result(case.pk, outcome="explained", answer="已经清运，谢谢您。", actor=world.handler, now=LATER)
    return case


class TestWorkOf:
    def test_a_new_call_waits_for_those_who_take_calls_on_its_desk(self, world):
        case = world.call().case

        assert tasks(world.clerk) == tasks(world.secretary) == [(Task.TRIAGE, case.pk)]
        assert tasks(world.reviewer) == tasks(world.handler) == tasks(world.grid_worker) == []

    def test_a_stranger_next_door_has_nothing_of_it(self, world):
        dispatch(world, world.call().case)
        world.call()

        assert tasks(world.next_dispatcher) == tasks(world.next_handler) == tasks(world.kapok_worker) == []

    def test_residents_and_the_system_have_no_work_here(self, world):
        world.call()
        assert tasks(resident()) == tasks(system()) == []

    def test_an_offered_order_waits_for_its_unit_alone(self, world):
        case = dispatch(world, world.call().case)

        assert tasks(world.handler) == [(Task.SIGN_IN, case.pk)]
        assert tasks(world.enforcer) == tasks(world.firm_handler) == tasks(world.dispatcher) == []

    def test_a_result_waits_for_the_units_head_first_and_then_for_the_desk(self, world):
        case = reviewed(world, world.call().case)
        assert (Task.SIGN, case.pk) in tasks(world.unit_head)
        assert tasks(world.reviewer) == []

        a.sign_result(case.pk, actor=world.unit_head, now=LATER)

        assert tasks(world.reviewer) == [(Task.REVIEW, case.pk)]
        assert tasks(world.unit_head) == []

    def test_nobody_reviews_what_they_handled(self, world):
        case = reviewed(world, world.call().case)
        a.sign_result(case.pk, actor=world.unit_head, now=LATER)
        both = replace(world.reviewer, id=world.handler.id)

        assert tasks(both) == []

    def test_looking_at_the_place_waits_for_the_grid_workers_of_that_place(self, world):
        case = world.call().case
        a.send_to_verify(case.pk, actor=world.dispatcher, now=NOW)

        assert tasks(world.grid_worker) == tasks(world.grid_worker2) == [(Task.VERIFY, case.pk)]
        assert tasks(world.kapok_worker) == []
        lng, lat = middle(OTHER_GRID)
        other = world.call(lng=lng, lat=lat).case
        a.send_to_verify(other.pk, actor=world.dispatcher, now=NOW)
        assert (Task.VERIFY, other.pk) not in tasks(world.grid_worker)

    def test_a_request_waits_for_another_than_the_asker_and_leaves_the_queue(self, world):
        case = world.call().case
        a.ask_decline(case.pk, clause="清单外", reason="不归街道管。", actor=world.dispatcher, now=NOW)

        assert tasks(world.dispatcher) == []
        assert tasks(world.head) == [(Task.APPROVE, case.pk)]
        assert tasks(world.next_dispatcher) == []

    def test_a_return_waits_for_the_dispatcher(self, world):
        case = dispatch(world, world.call().case)
        a.ask_return(case.pk, clause="第 3 项", reason="不归我们。", actor=world.handler, now=NOW)

        assert (Task.APPROVE, case.pk) in tasks(world.dispatcher)

    def test_after_two_returns_the_leader_names_the_unit(self, world):
        case = dispatch(world, world.call().case)
        for unit, handler in (("sanitation", world.handler), ("enforcement", world.enforcer)):
            if unit != "sanitation":
                a.dispatch_case(case.pk, lead_id=world.units[unit].pk, actor=world.dispatcher, now=NOW)
            a.ask_return(case.pk, clause="第 3 项", reason="不归我们。", actor=handler, now=NOW)
            order = case.orders.get(unit=world.units[unit])
            a.decide_return(case.pk, order_id=order.pk, granted=True, words="同意", actor=world.dispatcher, now=NOW)

        assert tasks(world.leader) == [(Task.NAME, case.pk)]

    def test_a_call_about_the_staff_waits_for_the_street_alone(self, world):
        case = world.call(about_staff=True).case

        assert tasks(world.head) == [(Task.TRIAGE, case.pk)]
        assert tasks(world.secretary) == tasks(world.dispatcher) == tasks(world.clerk) == []

    def test_a_recused_unit_loses_sight_of_an_order(self, world):
        case = dispatch(world, world.call().case)
        a.reassign_case(
            case.pk, lead_id=world.units["enforcement"].pk, reason="换单位", actor=world.dispatcher, now=NOW
        )
        a.recuse_unit(case.pk, unit_id=world.units["sanitation"].pk, actor=world.dispatcher, now=NOW)

        assert tasks(world.handler) == []
        assert tasks(world.enforcer) == [(Task.SIGN_IN, case.pk)]

    def test_who_keeps_away_in_person_does_not_see_the_units_order(self, world):
        case = dispatch(world, world.call().case)
        Recusal.objects.create(object_id=case.pk, account=world.accounts["handler"], reason_code="related", set_at=NOW)
        Case.objects.filter(pk=case.pk).update(recused=True, restricted=True)

        assert tasks(world.handler) == []
        assert tasks(world.unit_head) == [(Task.SIGN_IN, case.pk)]

    def test_the_most_urgent_comes_first(self, world):
        late = world.call(now=NOW - timedelta(hours=20)).case
        new = world.call().case

        assert [case for _task, case in tasks(world.clerk)] == [late.pk, new.pk]

    def test_it_asks_once_and_stops_at_its_bound(self, world, django_assert_num_queries):
        for _ in range(4):
            world.call()

        with django_assert_num_queries(1):
            found = lists.work_of(world.head, most=3)
        assert len(found) == 3


class TestCells:
    def test_only_what_the_duties_make_possible_is_counted(self, world):
        assert possible_tasks(world.handler) == [Task.SIGN_IN, Task.HANDLE, Task.REWORK, Task.REPORT_BACK]
        assert possible_tasks(world.reviewer) == [Task.REVIEW]
        assert possible_tasks(world.building_head) == []

    def test_late_and_today_are_counted_apart(self, world):
        world.call(now=NOW - timedelta(hours=20))
        world.call()

        todos = lists.work_of(world.clerk)
        found = {one.key: one.number for one in cells_of(todos, world.clerk, NOW)}
        assert (found["late"], found["today"], found["triage"]) == (1, 1, 2)
        said = sentence_of(todos, NOW)
        assert (said.late, said.next_at, said.next_count) == (1, "10:00", 1)


class TestMyWorkPage:
    def test_it_shows_the_most_urgent_with_its_next_move(self, world, sign_in):
        case = world.call().case

        page = sign_in("dispatcher").get("/desk/").content.decode()

        assert case.number in page
        assert f"/desk/triage/{case.pk}/" in page
        assert "受理派单" in page

    def test_the_order_to_sign_is_opened_for_its_handler(self, world, sign_in):
        case = dispatch(world, world.call().case)

        page = sign_in("handler").get("/desk/").content.decode()

        assert f"/desk/cases/{case.pk}/?move=sign_in" in page
        assert "为何是我" in page

    @pytest.mark.parametrize("who", ["dispatcher", "handler", "head", "secretary", "grid_worker"])
    def test_it_asks_at_most_fifteen_times_however_much_waits(self, world, sign_in, who, django_assert_max_num_queries):
        client = sign_in(who)
        for number in range(6):
            case = world.call(now=NOW - timedelta(hours=number)).case
            if number % 2:
                dispatch(world, case)
        client.get("/desk/")

        with django_assert_max_num_queries(15):
            assert client.get("/desk/").status_code == 200

    def test_a_count_filters_the_table(self, world, sign_in):
        late = world.call(now=NOW - timedelta(hours=20)).case
        new = world.call().case

        page = sign_in("clerk").get("/desk/?show=late").content.decode()

        assert late.number in page
        assert new.number not in page

    def test_a_stranger_sees_nothing_of_it(self, world, sign_in):
        case = world.call().case
        page = sign_in("next_dispatcher").get("/desk/").content.decode()
        assert case.number not in page

    def test_who_is_not_signed_in_is_led_to_the_sign_in(self, client, db):
        answer = client.get("/desk/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")
