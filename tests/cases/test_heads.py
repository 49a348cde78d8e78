"""The head's part in a further round: no result before it, but where the unit has nobody else."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.models import Remark, WorkOrder
from huying.cases.queries import lists
from huying.cases.rules.tasks import Task
from huying.kernel.actor import resident, system
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound
from huying.people.actions import keep_contact
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
AGAIN = NOW + 100 * MINUTE


@pytest.fixture
def world():
    return build_world()


def second_round(world, *, lead="sanitation", handler="handler"):
    """A case that came back unsolved."""
    contact = keep_contact(
        name="李示例", phone="13900000000", address="", consent_text_version=1, actor=resident(), now=NOW
    )
    receipt = world.call(contact_id=contact.pk, reply_by="phone")
    case = a.register_file_dispatch(
        receipt.case.pk, lead_id=world.units[lead].pk, type_code="0104", grade="ordinary", actor=world.dispatcher,
        now=NOW + 5 * MINUTE,
    )  # fmt: skip
    who = world.people[handler]
    a.sign_in_order(case.pk, actor=who, now=NOW + 10 * MINUTE)
    a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=who, now=NOW + 20 * MINUTE)
    case.refresh_from_db()
    if case.due_step == "sign":
        a.sign_result(case.pk, actor=world.unit_head, now=NOW + 30 * MINUTE)
    a.review_result(case.pk, actor=world.reviewer, now=NOW + 40 * MINUTE)
    case = a.tell_outcome(case.pk, solved=False, actor=resident(receipt.report.pk), now=NOW + 90 * MINUTE)
    assert (case.state, case.round) == ("in_hand", 2)
    a.sign_in_order(case.pk, actor=who, now=AGAIN)
    return case


def submit(world, case, who="handler", now=AGAIN + 10 * MINUTE):
    return a.submit_result(case.pk, outcome="explained", answer="又说明。", actor=world.people[who], now=now)


def take_part(world, case, who="unit_head", now=AGAIN + 5 * MINUTE, **given):
    return a.take_part(
        case.pk, **{"part": "looked", "words": "到现场看过。", **given}, actor=world.people[who], now=now
    )


def waits(viewer):
    return [one.case_id for one in lists.work_of(viewer) if one.task == Task.TAKE_PART]


def test_no_result_before_the_head_took_part(world):
    case = second_round(world)
    assert waits(world.unit_head) == [case.pk]
    assert waits(world.handler) == []
    with pytest.raises(IllegalMove, match="负责人"):
        submit(world, case)
    take_part(world, case)
    order = WorkOrder.objects.get(case=case, round=2)
    assert order.headed_at == AGAIN + 5 * MINUTE
    assert waits(world.unit_head) == []
    assert submit(world, case).state == "reviewing"
    line = History.objects.get(object_id=case.pk, verb="take_part")
    assert line.facts == {"order": str(order.pk), "part": "looked"}  # how, never in words
    assert Remark.objects.get(case=case, verb="take_part").words == "到现场看过。"
    a.sign_result(case.pk, actor=world.unit_head, now=AGAIN + 20 * MINUTE)  # taking part is no handling


def test_how_and_words_are_asked_for_and_once_is_enough(world):
    case = second_round(world)
    for missing in ({"part": ""}, {"part": "phoned"}, {"words": " "}):
        with pytest.raises(IllegalMove):
            take_part(world, case, **missing)
    take_part(world, case)
    with pytest.raises(IllegalMove):
        take_part(world, case, now=AGAIN + 6 * MINUTE)


def test_only_the_head_of_the_lead_unit_does(world):
    case = second_round(world)
    with pytest.raises(NotAllowed):
        take_part(world, case, who="handler")
    with pytest.raises(NotFound):
        take_part(world, case, who="next_handler")


def test_not_in_the_first_round(world):
    case = a.register_file_dispatch(
        world.call().case.pk, lead_id=world.units["sanitation"].pk, type_code="0104", grade="ordinary",
        actor=world.dispatcher, now=NOW + 5 * MINUTE,
    )  # fmt: skip
    with pytest.raises(IllegalMove):
        take_part(world, case, now=NOW + 6 * MINUTE)
    a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
    assert submit(world, case).state == "reviewing"


def test_a_unit_without_a_second_person_does_without(world):
    case = second_round(world, lead="water", handler="water_handler")
    assert submit(world, case, who="water_handler").state == "reviewing"


def test_another_unit_in_the_same_round_has_a_head_of_its_own(world):
    case = second_round(world)
    take_part(world, case)
    a.reassign_case(
        case.pk, lead_id=world.units["enforcement"].pk, reason="换一家办。", actor=world.dispatcher,
        now=AGAIN + 6 * MINUTE,
    )  # fmt: skip
    assert not WorkOrder.objects.filter(case=case, round=2, ended_at=None).exclude(headed_at=None).exists()


def test_the_case_page_says_what_it_waits_for(world, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AGAIN + MINUTE)
    case = second_round(world)

    def page(who, move=""):
        client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client.get(f"/desk/cases/{case.pk}/{move}").content.decode()

    assert "等负责人参与" in page("handler")
    assert "move=submit_result" not in page("handler")
    assert "怎么参与的" in page("unit_head")  # its form stands open
    take_part(world, case)
    assert "负责人已参与" in page("handler")
    assert "到场看过" not in page("handler")
    assert "到现场看过。" in page("handler")


def test_a_rule_or_the_system_never_stands_for_the_head(world):
    case = second_round(world)
    with pytest.raises(IllegalMove):
        a.submit_result(case.pk, outcome="explained", answer="好。", actor=system("t"), now=AGAIN + 9 * MINUTE)
