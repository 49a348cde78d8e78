"""The pages: the own bell, choices, words, the dead list and public notices; a stranger finds nothing."""

import pytest
from django.test import Client

from huying.kernel.ids import uuid7
from huying.notices import actions
from huying.notices.actions import Recipient, notify
from huying.notices.models import Address, Delivery, Notice, Preference, Wording
from tests.journeys.person import Person
from tests.notices.conftest import letters, reached
from tests.world import NOW, STREET

PHONE = "13912345678"


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def come(world, clock):
    def signed_in(key):
        one = Person(key)
        one.client = Client(enforce_csrf_checks=True)
        one.client.force_login(world.accounts[key], "django.contrib.auth.backends.ModelBackend")
        return one

    return signed_in


def nudge(world, key="handler"):
    facts = {"number": "N-1", "title": "垃圾桶满溢", "place": "榕树", "count": "2"}
    (made,) = notify(
        template="nudged", to=Recipient.account(world.accounts[key].pk), facts=facts, area_code=STREET,
        object_kind="case", object_id=uuid7(), now=NOW,
    )  # fmt: skip
    return made


def test_the_bell_counts_and_reading_takes_away(world, come):
    made = nudge(world)
    handler = come("handler")
    handler.open("/desk/notices/")
    assert "1 条未读" in handler.html
    assert "诉求人催了" in handler.words
    handler.press("打开", None)
    made.refresh_from_db()
    assert made.read_at == NOW
    handler.open("/desk/notices/")
    assert "条未读" not in handler.html
    assert "诉求人催了" in handler.open("/desk/notices/?show=all").words


def test_all_can_be_read_at_once(world, come):
    for _count in range(3):
        nudge(world)
    handler = come("handler").open("/desk/notices/")
    handler.press("全部标为已读")
    assert "都看过了" in handler.words
    assert not Notice.objects.filter(read_at=None).exists()


def test_nobody_reads_anothers_notices(world, come):
    made = nudge(world)
    other = come("next_dispatcher").open("/desk/notices/?show=all")
    assert "诉求人催了" not in other.words
    forms = [one for one in other.read.forms if "csrfmiddlewaretoken" in one.controls]
    token = forms[0].controls["csrfmiddlewaretoken"].value
    response = other.client.post(f"/desk/notices/{made.pk}/open/", {"csrfmiddlewaretoken": token})
    assert response.status_code == 404
    made.refresh_from_db()
    assert made.read_at is None


def test_a_person_chooses_channels_hours_and_confirms_an_address(world, house, come):
    handler = come("handler").open("/desk/notices/settings/")
    handler.press(
        "保存", where="/settings/", nudged=["sms"], quiet_from="21:00", quiet_until="07:00", digest="yes",
        digest_times=["990"],
    )  # fmt: skip
    kept = Preference.objects.get()
    assert (kept.channels["nudged"], kept.digest, kept.digest_times) == (["sms"], True, [990])
    handler.press("保存", 422, where="/settings/", quiet_until="")
    assert "两个时间" in handler.words

    handler.open("/desk/notices/settings/")
    form = next(one for one in handler.read.forms if one.controls.get("channel") and
                one.controls["channel"].value == "sms" and "value" in one.controls)  # fmt: skip
    token = form.controls["csrfmiddlewaretoken"].value
    sent = {"csrfmiddlewaretoken": token, "channel": "sms", "value": "12"}
    assert handler.client.post(form.action, sent).status_code == 422
    assert handler.client.post(form.action, {**sent, "value": PHONE}).status_code == 302
    actions.send_due(now=NOW)
    ((_channel, text),) = letters(house)
    code = text.split("验证码 ")[1][:6]
    handler.open("/desk/notices/settings/")
    assert PHONE not in handler.html
    handler.press("确认", 422, code="000000", where="/confirm/")
    handler.press("确认", code=code, where="/confirm/")
    assert Address.objects.get().confirmed_at == NOW
    handler.press("删掉", where="/drop/")
    assert not Address.objects.exists()


def test_words_are_previewed_drafted_and_approved_by_another(world, come):
    keeper = come("keeper").open("/desk/notices/admin/")
    assert "被催办" in keeper.words
    page = "/desk/notices/words/nudged/sms/zh-hans/"
    keeper.open(page)
    assert "已被催 2 次" in keeper.words
    keeper.press("看一看", title="催", body="{number} 催了 {count} 次")
    assert "20261020-001-0042K 催了 2 次" in keeper.words
    assert not Wording.objects.filter(state="draft").exists()
    keeper.press("存草稿", 422, title="催", body="{nobody}")
    keeper.press("存草稿", title="催", body="{number} 催了 {count} 次")
    keeper.press("送批准")
    assert not keeper.offers("批准")
    leader = come("leader").open(page)
    leader.press("批准", where="/approve/")
    assert "正在用" in leader.words
    assert Wording.objects.filter(kind="nudged", channel="sms", state="approved").count() == 2
    come("clerk").open(page, 403)
    keeper.open("/desk/notices/words/nudged/pigeon/zh-hans/", 404)


def test_the_dead_list_shows_the_reason_and_sends_once_more(world, house, come):
    reached(world.handler, "sms", PHONE)
    nudge(world)
    Delivery.objects.filter(channel="sms").update(state="dead", dead_at=NOW, why="refused", attempts=7)
    keeper = come("keeper").open("/desk/notices/dead/")
    assert "对方服务拒收" in keeper.words
    assert PHONE not in keeper.html
    assert "对方服务拒收" not in come("next_keeper").open("/desk/notices/dead/").words
    keeper.press("再发一次")
    assert Delivery.objects.get(channel="sms").state == "waiting"
    come("clerk").open("/desk/notices/dead/", 403)


@pytest.mark.parametrize(
    "address",
    ["", "settings/", "admin/", "dead/", "public/", "public/new/", "bell/", "words/nudged/sms/zh-hans/"],
)
def test_nobody_comes_in_without_signing_in(db, address):
    response = Client().get(f"/desk/notices/{address}")
    assert response.status_code == 302
    assert "sign-in" in response["Location"]
