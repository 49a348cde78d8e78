from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases.rules import State
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db


def test_a_call_goes_all_the_way():
    world = build_world()
    receipt = world.call()
    case = receipt.case
    assert case.state == State.RECEIVED
    case = a.register_file_dispatch(case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW + timedelta(minutes=5))
    assert case.state == State.IN_HAND
    case = a.sign_in_order(case.pk, actor=world.handler, now=NOW + timedelta(minutes=15))
    case = a.submit_result(case.pk, outcome="explained", answer="已经清运，谢谢您。", actor=world.handler, now=NOW + timedelta(minutes=65))
    assert case.state == State.REVIEWING
    case = a.sign_result(case.pk, actor=world.unit_head, now=NOW + timedelta(minutes=75))
    case = a.review_result(case.pk, actor=world.reviewer, now=NOW + timedelta(minutes=85))
    print(case.state)
