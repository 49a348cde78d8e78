"""Who comes second is told what stands now, with 409, and never in a way that looks like a bad form."""

from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, KeyReused
from huying.people import actions as people
from huying.people.actions import contacts
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=30)


@pytest.fixture
def world():
    return build_world()


def test_a_move_that_the_state_does_not_have_says_which_state_it_is(world):
    case_id = world.call().case.pk
    a.answer_case(case_id, words="您好。", actor=world.clerk, now=LATER)
    with pytest.raises(IllegalMove) as why:
        a.register_case(case_id, type_code="0101", grade="ordinary", actor=world.clerk, now=LATER)
    assert str(why.value) == "这件事现在是“直接答复”，不能“更正”。请刷新看看经过。"
    assert why.value.facts["state"] == "answered"


def test_a_second_call_back_to_the_same_caller_is_no_bad_form(world):
    case_id = _calling_back(world)
    report_id = a.Docket.of(a.nudge_case(case_id, actor=world.head, now=LATER)).reports[0].pk
    missed = {"report_id": report_id, "result": "missed", "actor": world.caller, "now": LATER}
    a.record_call_back(case_id, **missed)
    with pytest.raises(IllegalMove, match="刚刚打过"):
        a.record_call_back(case_id, **missed)


def test_a_key_that_comes_for_another_case_is_refused(world):
    one, two = world.call().case.pk, world.call().case.pk
    key = uuid7()
    a.send_to_verify.once(key, one, actor=world.clerk, now=LATER)
    with pytest.raises(KeyReused):
        a.send_to_verify.once(key, two, actor=world.clerk, now=LATER)


def test_a_closed_account_is_given_no_role(world):
    account = world.accounts["kapok_worker"]
    people.close_account(account_id=account.pk, actor=world.keeper, now=LATER)
    with pytest.raises(IllegalMove):
        people.grant_role(
            account_id=account.pk, role_code="grid_worker", area_code="990101001001", since=LATER,
            actor=world.keeper, now=LATER,
        )  # fmt: skip


def _calling_back(world):
    contact = contacts.keep_contact(
        name="居民示例", phone="13900000001", address="", consent_text_version=1, actor=world.clerk, now=NOW
    )
    case_id = world.call(contact_id=contact.pk, reply_by="phone").case.pk
    units = world.units
    a.register_file_dispatch(
        case_id, lead_id=units["sanitation"].pk, type_code="0104", grade="ordinary", actor=world.head, now=NOW
    )
    a.sign_in_order(case_id, actor=world.handler, now=NOW)
    a.submit_result(case_id, outcome="explained", answer="已说明。", actor=world.handler, now=NOW)
    a.sign_result(case_id, actor=world.unit_head, now=NOW)
    a.review_result(case_id, actor=world.reviewer, now=NOW)
    return case_id
