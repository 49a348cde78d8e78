"""Who sees a case by a post, an order or a call taken down; `prove/access` asks the same of every role and place."""

from datetime import timedelta

import pytest

from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries import lists, outside, scope
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.people import actions as people
from huying.people.queries import actor_for
from huying.people.rules import Post
from tests.world import NOW, STREET, build_world


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def ordered(world):
    """A case with an order of the sanitation station, in the state that is asked for."""

    def made(state, **flags):
        receipt = world.call()
        Case.objects.filter(pk=receipt.case.pk).update(**flags)
        order = WorkOrder.objects.create(
            id=uuid7(), case_id=receipt.case.pk, unit=world.units["sanitation"], role="lead", state=state,
            offered_at=NOW,
        )  # fmt: skip
        return receipt.case.pk, order.pk

    return made


def with_post_alone(world):
    since = NOW - timedelta(days=1)
    account = people.create_account(
        username="post-alone",
        name="秦示例",
        area_code=STREET,
        password="green-kite-lantern-7",
        actor=system(),
        now=since,
    )
    people.appoint(
        account_id=account.pk, organisation_id=world.units["sanitation"].pk, post=Post.LIAISON, since=since,
        actor=system(), now=since,
    )  # fmt: skip
    return actor_for(account, NOW)


class TestByOrder:
    def test_a_post_without_a_duty_shows_nothing(self, world, ordered):
        case, order = ordered("accepted")
        nobody = with_post_alone(world)
        assert nobody.units
        assert scope.one(case, nobody) is None
        assert outside.order_seen(order, nobody) is None
        assert outside.orders_found(nobody, page=Page()) == []
        assert scope.one(case, world.handler) is not None

    def test_who_handles_sees_a_finished_order_s_case(self, world, ordered):
        case, _order = ordered("completed")
        assert scope.one(case, world.handler) is not None

    @pytest.mark.parametrize(("state", "sees"), [("accepted", True), ("completed", False)])
    def test_a_confidential_case_only_by_a_live_order(self, world, ordered, state, sees):
        case, order = ordered(state, confidential=True, restricted=True)
        assert (scope.one(case, world.handler) is not None) is sees
        found = outside.orders_found(world.handler, state="all", page=Page())
        assert (order in {one.pk for one in found}) is sees


class TestTaken:
    def test_what_was_taken_down_and_became_confidential_is_gone_for_who_took_it(self, world):
        taker = world.building_head
        receipt = world.call()
        Report.objects.filter(case_id=receipt.case.pk).update(taken_by_id=taker.id)
        assert scope.one(receipt.case.pk, taker) is not None
        assert len(lists.taken_by(taker, page=Page())) == 1

        Case.objects.filter(pk=receipt.case.pk).update(confidential=True, restricted=True)

        assert scope.one(receipt.case.pk, taker) is None
        assert lists.taken_by(taker, page=Page()) == []
