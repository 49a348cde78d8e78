"""The graded list decides whose a matter is and by when; two persons change it, and calls follow the new version."""

from datetime import timedelta

import pytest

from huying.cases.models import Case
from huying.clocks.queries import of_objects
from huying.matters import queries as matters
from tests.journeys.steps import case_page, triage
from tests.world import GRID

TYPE = "0103"  # 垃圾桶满溢或破损
WORDS = "垃圾桶爆满了，垃圾掉在路上。"


@pytest.mark.mechanism("CALL-03")
def test_a_new_version_of_the_list_decides_tier_owner_and_limit_of_the_next_call(world, staff, clock):
    clerk, head, leader, stranger = (staff(key) for key in ("clerk", "head", "leader", "next_dispatcher"))

    # A call under the version of old.
    old = take(clerk, WORDS)
    dispatcher = staff("dispatcher").open(f"/desk/triage/{old.pk}/")
    assert "垃圾桶满溢或破损" in dispatcher.words
    assert "最低由网格办" in dispatcher.words
    before = dispatcher.words
    assert "2 工作时内签收，4 工作时内办好" in before
    triage(dispatcher, old, unit=world.units["sanitation"])

    # The head of the centre drafts: another owner, another tier, another limit; an unreadable limit is told.
    head.open("/desk/matters/")
    head.press("起草", reason="垃圾桶由环卫站统一清")
    number = matters.draft(world.head).number
    head.open(f"/desk/matters/types/{TYPE}/?version={number}")
    head.press("存进草稿", 422, limits="办理=快点")
    assert "看不懂这个时限" in head.words
    head.press("存进草稿", units="街道环卫站、物业企业", lowest_tier="street", limits="办理=2wh\n签收=30m")
    head.open(f"/desk/matters/versions/{number}/")
    for words in ("街道环卫站、物业企业", "街道", "2wh"):
        assert words in head.words
    assert matters.version_number() != number

    # Who drafted it cannot approve it, and others see no button; the leader sends it back once, then approves it.
    head.open("/desk/matters/")
    head.press("送审")
    assert not head.offers("审定")
    assert not staff("dispatcher").open("/desk/matters/").offers("审定")
    leader.open("/desk/matters/")
    leader.press("退回修改", words="签收写一小时就好")
    head.open(f"/desk/matters/types/{TYPE}/?version={number}")
    head.press("存进草稿", limits="办理=2wh\n签收=1wh")
    head.open("/desk/matters/").press("送审")

    # The next street does not see a draft that is not its own, and moves nothing in it.
    stranger.open(f"/desk/matters/versions/{number}/", 404)
    stranger.open(f"/desk/matters/types/{TYPE}/?version={number}", 404)

    leader.open("/desk/matters/")
    leader.press("审定")
    assert matters.version_number() == number

    # A call afterwards: tier, owner and limit on the triage page are those of the new version, and become the order's.
    clock.pass_by(minutes=5)
    new = take(clerk, "垃圾桶满了，又没有人来收。")
    dispatcher.open(f"/desk/triage/{new.pk}/")
    assert "最低由街道办" in dispatcher.words
    assert "1 工作时内签收，2 工作时内办好" in dispatcher.words
    suggested = dispatcher.form_of("受理并派给")[0].controls["lead"]
    assert suggested.chosen == [str(world.units["sanitation"].pk)]
    dispatcher.press("受理并派给 街道环卫站")
    new.refresh_from_db()
    assert (new.state, new.catalogue_version, new.type_code) == ("in_hand", number, TYPE)
    order = new.orders.get()
    assert order.unit == world.units["sanitation"]
    assert order.sign_in_due - clock.now == timedelta(hours=1)
    limits = {
        one.step: one.due_at - clock.now for one in of_objects("case", [new.pk])[new.pk] if one.stopped_at is None
    }
    assert limits["handle"] == timedelta(hours=2)

    # The call of old keeps what it was filed under; the stranger sees neither.
    old.refresh_from_db()
    assert old.catalogue_version != number
    case_page(dispatcher, new)
    case_page(stranger, new, 404)
    stranger.open(f"/desk/triage/{new.pk}/", 404)


def take(clerk, words) -> Case:
    clerk.open("/desk/new/")
    clerk.press("登记", channel="hotline", words=words, grid_code=GRID, reply_by="page")
    return Case.objects.order_by("-number").first()
