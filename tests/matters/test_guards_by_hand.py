"""What the pages of the catalogue offer, by hand: each as somebody with the duty and as somebody without."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from huying.kernel.refusals import NotFound
from huying.matters import actions
from tests.holding import actor_of, browser_of, holder, says
from tests.world import STREET, build_world

pytestmark = pytest.mark.django_db
HOME = "/desk/matters/"


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def cast(now):
    build_world()
    return {"keeps": holder("admin_matters"), "approves": holder("approve_matters"),
            "both": holder("admin_matters", "approve_matters")}  # fmt: skip


def draft(account, now):
    return actions.make_draft(actor=actor_of(account), now=now, reason="改一改", area_code=STREET)


def test_the_form_of_a_type_is_for_who_keeps_the_catalogue(cast, now):
    made = draft(cast["keeps"], now)
    address = reverse("matters:type", args=["0205"]) + f"?version={made.number}"
    for who, offered in (("keeps", True), ("both", True), ("approves", False)):
        assert says(browser_of(cast[who]), address, "存进草稿") == [offered], who


def test_who_changed_a_version_and_may_approve_others_is_told_why_not_this_one(cast, now):
    for who, told in (("keeps", False), ("both", True)):
        made, actor = draft(cast[who], now), actor_of(cast[who])
        actions.change_type(version_id=made.pk, code="0205", changes={"grade": "hard"}, actor=actor, now=now)
        actions.submit_version(version_id=made.pk, actor=actor, now=now)
        assert says(browser_of(cast[who]), HOME, "您改过这一版，不能审定") == [told], who
        actions.drop_version(version_id=made.pk, actor=actor, now=now)


def test_a_type_that_is_not_in_the_draft_has_no_limits(cast, now):
    made = draft(cast["keeps"], now)
    with pytest.raises(NotFound):
        actions.change_limits(
            version_id=made.pk, code="9999", limits=[("handle", "", "3wd")], actor=actor_of(cast["keeps"]), now=now
        )
