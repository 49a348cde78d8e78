"""What was sent by mistake is taken back a moment later, as a move of its own; orders that made room come back."""

from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases.models import Case
from huying.cases.rules import OrderState, State
from huying.cases.rules.guards import TAKE_BACK_WITHIN
from huying.clocks.models import Clock
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound
from tests.cases.test_granting import SOON, at_work, handling
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world():
    return build_world()


def sent(world, now=NOW):
    lead = world.units["sanitation"].pk
    case = world.call(now=now).case
    return a.register_file_dispatch(case.pk, lead_id=lead, type_code="0103", actor=world.dispatcher, now=now)


def take_back(world, case, who="dispatcher", now=NOW + MINUTE):
    return a.take_back_dispatch(case.pk, actor=world.people[who], now=now)


def resent(world, case, now=SOON):
    lead = world.units["enforcement"].pk
    return a.reassign_case(case.pk, lead_id=lead, reason="换一家办。", actor=world.dispatcher, now=now)


def running(step, **where):
    return Clock.objects.filter(step=step, stopped_at=None, **where)


def test_a_case_that_was_sent_waits_for_dispatch_again(world):
    case = take_back(world, sent(world))
    assert case.state == State.FILED
    order = case.orders.get()
    assert (order.state, order.ended_at) == (OrderState.CANCELLED, NOW + MINUTE)
    assert not running("sign_in").exists()
    assert not running("handle").exists()
    assert running("dispatch", object_id=case.pk).exists()
    a.dispatch_case(case.pk, lead_id=world.units["sanitation"].pk, actor=world.dispatcher, now=NOW + 2 * MINUTE)
    assert Case.objects.get(pk=case.pk).state == State.IN_HAND


def test_a_unit_that_had_it_goes_on_where_it_stood(world):
    case = at_work(world)
    before, due = case.orders.get(), handling(case).due_at
    resent(world, case)
    case = take_back(world, case, now=SOON + MINUTE)
    assert case.state == State.IN_HAND
    old = case.orders.get(pk=before.pk)
    assert (old.state, old.handler_id, old.ended_at, old.state_before) == ("accepted", before.handler_id, None, "")
    assert case.orders.exclude(pk=before.pk).get().state == OrderState.CANCELLED
    assert handling(case).due_at == due
    assert old.due_at == due


def test_a_unit_that_had_not_signed_in_gets_its_time_for_that_anew(world):
    case = sent(world)
    old = case.orders.get()
    resent(world, case, now=NOW + MINUTE)
    take_back(world, case, now=NOW + 3 * MINUTE)
    old.refresh_from_db()
    assert old.state == OrderState.OFFERED
    assert running("sign_in").get().object_id == old.pk
    assert old.sign_in_due == running("sign_in").get().due_at


@pytest.mark.parametrize("how", ["later", "signed_in", "nudged", "helper", "twice", "named"])
def test_what_is_older_or_was_touched_since_stays(world, how):
    case, now = sent(world), NOW + MINUTE
    if how == "later":
        now = NOW + TAKE_BACK_WITHIN + timedelta(seconds=1)
    elif how == "signed_in":
        a.sign_in_order(case.pk, actor=world.handler, now=now)
    elif how == "nudged":
        a.nudge_case(case.pk, actor=world.dispatcher, now=now)
    elif how == "helper":
        a.add_units(case.pk, assistant_ids=[world.units["enforcement"].pk], actor=world.dispatcher, now=now)
    elif how == "named":
        case.orders.update(named=True)
    else:
        take_back(world, case, now=now)
    with pytest.raises(IllegalMove):
        take_back(world, case, now=now + (MINUTE if how != "later" else timedelta(0)))


def test_to_the_very_minute(world):
    assert take_back(world, sent(world), now=NOW + TAKE_BACK_WITHIN).state == State.FILED


@pytest.mark.parametrize(
    ("who", "refusal"), [("clerk", NotAllowed), ("handler", NotAllowed), ("next_dispatcher", NotFound)]
)
def test_who_may_not_send_may_not_take_back(world, who, refusal):
    with pytest.raises(refusal):
        take_back(world, sent(world), who)


def test_a_merge_undone_brings_back_its_own_orders_alone(world):
    case, other = at_work(world), world.call().case
    first = case.orders.get()
    resent(world, case)
    a.merge_case(case.pk, into_id=other.pk, confirmed=True, actor=world.dispatcher, now=SOON + MINUTE)
    a.unmerge_case(case.pk, actor=world.dispatcher, now=SOON + 2 * MINUTE)
    first.refresh_from_db()
    assert first.state == OrderState.CANCELLED
    assert case.orders.exclude(pk=first.pk).get().state == OrderState.OFFERED
