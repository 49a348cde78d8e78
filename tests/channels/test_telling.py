"""What upper apps say to the bell: whose it is, and changes of the own sign-in."""

import pytest

from huying.access import events as access
from huying.audit.models import History
from huying.channels.listeners import person_told
from huying.channels.live import Notice
from huying.clients.actions import make_client
from huying.kernel.events import News
from huying.kernel.ids import uuid7
from huying.notices.models import Notice as Told
from huying.people import actions as people
from tests.people.factories import admin_of
from tests.world import NOW, STREET, build_world


@pytest.fixture
def world(db, settings, tmp_path):
    settings.DATA = tmp_path
    return build_world()


def test_a_persons_bell_is_heard_by_that_person_alone(world):
    news = News(uuid7(), "notices.told", NOW, {"account_id": str(world.handler.id)})
    notice = Notice.parse(person_told(news).text())
    assert notice.kind == "notices"
    assert notice.concerns(world.handler)
    for name in ("unit_head", "dispatcher", "leader", "next_dispatcher"):
        assert not notice.concerns(world.people[name]), name


def test_a_person_hears_of_a_changed_password_and_a_changed_factor(world):
    from tests.notices.conftest import spread

    people.change_password(account_id=world.handler.id, password="another-pass-456", actor=world.handler, now=NOW)
    access.factor_changed.emit(at=NOW, account_id=world.handler.id, factor="totp", change="added")
    spread()
    mine = Told.objects.filter(account_id=world.handler.id).order_by("made_at", "pk")
    assert [one.kind for one in mine] == ["password_changed", "factor_changed"]
    assert "动态口令" in mine[1].body
    assert Told.objects.count() == 2


@pytest.mark.parametrize("how", ["let_in", "password", "reset", "own_password", "own_factor"])
def test_who_is_let_in_anew_by_somebody_else_loses_the_own_tokens_and_nobody_else_does(world, how):
    from tests.notices.conftest import spread

    mine, other = (
        make_client(kind="personal", name="甲", duties=["read"], actor=who, now=NOW).client
        for who in (world.dispatcher, world.leader)
    )
    me, admin = world.dispatcher.id, admin_of(STREET)
    if how == "let_in":
        people.let_in(account_id=me, actor=admin, now=NOW)
    elif how == "password":
        people.change_password(account_id=me, password="another-pass-456", actor=admin, now=NOW)
    elif how == "own_password":
        people.change_password(account_id=me, password="another-pass-456", actor=world.dispatcher, now=NOW)
    else:
        change = "reset" if how == "reset" else "added"
        access.factor_changed.emit(at=NOW, account_id=me, factor="all", change=change)
    spread()
    spread()
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.revoked_at is not None) == (not how.startswith("own"))
    assert other.revoked_at is None
    revoked = History.objects.filter(object_id=mine.pk, verb="revoked").count()
    assert revoked == (0 if how.startswith("own") else 1)


def test_whose_grants_were_gone_through_hears_what_was_said(world):
    from huying.access.models import Review, ReviewItem
    from huying.people.models import RoleGrant
    from tests.notices.conftest import spread

    review = Review.objects.create(area_code=STREET, opened_at=NOW, due_on=NOW.date())
    grant = RoleGrant.objects.get(account=world.accounts["clerk"])
    ReviewItem.objects.create(
        review=review, grant=grant, decision="keep", decided_by=world.keeper.id, decided_at=NOW
    )  # fmt: skip
    access.review_closed.emit(at=NOW, review_id=review.pk, area_code=STREET)
    spread()
    (one,) = Told.objects.all()
    assert (one.account_id, one.kind) == (world.clerk.id, "grant_reviewed")
    assert "保留" in one.body


def test_codes_of_sign_in_go_the_way_of_notices(world, monkeypatch):
    from huying.access import channels as access_channels
    from huying.channels import codes
    from huying.notices import actions
    from tests.notices.conftest import letters

    monkeypatch.setattr(access_channels, "CHANNELS", {})
    codes.join()
    assert set(access_channels.CHANNELS) == {"sms", "wecom"}
    message = access_channels.Message(world.handler.id, "13912345678", "246810", 5, "zh-hans", NOW)
    access_channels.CHANNELS["sms"].send(message)
    actions.send_due(now=NOW)
    from django.conf import settings

    ((_channel, text),) = letters(settings.DATA)
    assert "246810，5 分钟" in text
    assert not Told.objects.filter(secret__isnull=False).exists()
