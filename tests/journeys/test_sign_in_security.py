"""A lost phone, from the rule that asks for a second step to the reset and the review: three who watch each other."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from huying.access import queries
from huying.access.rules import totp_code
from huying.audit.models import History
from huying.kernel.actor import system
from huying.people import actions as people
from tests.journeys.person import PASSWORD, Person
from tests.world import NEXT_DOOR, NOW, STREET, build_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings, tmp_path):
    settings.MASTER_KEY_FILE = tmp_path / "master.key"
    with time_machine.travel(NOW, tick=False) as clock:
        built = build_world(NOW)
        for key, role, area in (
            ("officer", "security_officer", STREET),
            ("auditor", "auditor", STREET),
            ("next_officer", "security_officer", NEXT_DOOR),
        ):
            account = people.create_account(
                username=f"demo-{key}", name="赵样本", area_code=area, password=PASSWORD, must_change_password=False,
                actor=system(), now=NOW,
            )  # fmt: skip
            people.grant_role(account_id=account.pk, role_code=role, area_code=area, actor=system(), now=NOW)
            built.accounts[key] = account
        built.clock = clock
        yield built


def test_a_second_step_is_asked_for_set_up_lost_reset_and_the_grants_are_reviewed(world):
    clerk = world.accounts["dispatcher"]
    officer, auditor = Person.signed_in("officer"), Person.signed_in("auditor")
    officer.open("/desk/access/second-step/").press("改为要求 派单员")

    me = Person("dispatcher")
    me.open("/sign-in/").press("登录", username="demo-dispatcher", password=PASSWORD)
    assert "请先添加第二种验证" in me.words
    me.open("/desk/")
    assert me.address == "/account/"
    me.follow("设置动态口令")
    secret = queries.pending_totp(clerk.pk)[1]
    me.press("启用动态口令", code=totp_code(secret, timezone.now()))
    assert "10 个" in me.words
    me.press("生成恢复码")
    codes = [one for one in me.words.split() if one.count("-") == 2 and len(one) == 14]
    assert len(codes) == 10
    me.open("/desk/")
    assert me.address == "/desk/"

    # The phone is lost: one recovery code for today, and the officer for the days to come.
    other = Person("dispatcher")
    other.open("/sign-in/").press("登录", username="demo-dispatcher", password=PASSWORD)
    other.follow("恢复码").press("验证并登录", code=codes[0])
    assert other.open("/desk/").address == "/desk/"
    stranger = Person.signed_in("next_officer")
    stranger.open(f"/desk/access/accounts/{clerk.pk}/", expect=404)
    auditor.open(f"/desk/access/accounts/{clerk.pk}/")
    assert not auditor.offers("重置验证方式")
    officer.open(f"/desk/access/accounts/{clerk.pk}/").press("重置验证方式", reason="手机丢了，已当面核对本人")
    assert other.open("/account/").address.startswith("/sign-in/")
    assert me.open("/account/").address.startswith("/sign-in/")

    # The auditor reads the log; the administrator does not, and the officer's own factor takes two.
    assert "demo-dispatcher" in auditor.open("/desk/access/sign-ins/").words
    keeper = Person.signed_in("keeper")
    keeper.open("/desk/access/sign-ins/", expect=403)

    # After a while the officer shows once more who it is, then reviews.
    world.clock.shift(timedelta(minutes=20))
    officer.open("/desk/access/reviews/").press("开始复核", area_code=STREET)
    assert "没有用过的记录" in officer.words
    officer.press("保留", where="/items/")
    assert "确认是您本人" in officer.words
    officer.press("确认并继续", password=PASSWORD)
    officer.open(auditor.open("/desk/access/reviews/").link("示范街道"))
    officer.press("结束", where="/items/")
    assert "已结束这项授权" in officer.words
    stranger.open(officer.address.split("#")[0], expect=404)

    verbs = set(
        History.objects.filter(kind__in=["account", "access_review", "role_grant"]).values_list("verb", flat=True)
    )
    assert {"factor_added", "recovery_codes_made", "factors_reset", "opened", "ended", "revoked"} <= verbs
