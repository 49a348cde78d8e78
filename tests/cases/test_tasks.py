"""What waits for whom agrees with the table of moves."""

import pytest

from huying.cases.rules import BY, FLOW, alternatives
from huying.cases.rules.tasks import DECIDES, ORDER_WORK, WORK


@pytest.mark.parametrize("work", WORK, ids=lambda work: f"{work.task}-{work.state}")
def test_the_next_move_of_a_task_can_be_walked_from_its_state_with_its_duty(work):
    assert FLOW.duty(work.verb) == work.duty
    assert BY[work.verb] == work.by
    assert any(work.state in move.sources for move in FLOW.by_verb[work.verb])


def test_who_decides_a_request_holds_the_duty_of_the_decision():
    for duty, verb in DECIDES.values():
        assert (BY[verb], duty) in alternatives(verb)


def test_the_moves_of_orders_are_moves_of_the_table():
    assert all(verb in FLOW.by_verb for _task, verb in ORDER_WORK.values())
