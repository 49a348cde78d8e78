"""The outbox: sent once, tried again, given up, replayed; limits, digests, and whoever may not be written to."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.kernel.actor import resident, system
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound, TooMany
from huying.notices import actions, adapters
from huying.notices.actions import Recipient, notify
from huying.notices.actions.sending import take_up_again
from huying.notices.adapters import NotSent
from huying.notices.channels import send_code
from huying.notices.models import Delivery, Notice, Sending
from huying.notices.rules import Why
from huying.people import actions as people
from huying.people.models import Contact, ContactOpening
from tests.notices.conftest import letters, reached, spread, states
from tests.world import NOW, STREET

CASE = {"number": "20261020-001-0042K", "title": "垃圾桶满溢", "place": "榕树社区"}
PHONE = "13912345678"


def nudge(world, key="handler", now=NOW, **options):
    return notify(
        template="nudged", to=Recipient.account(world.accounts[key].pk), facts={**CASE, "count": "2"},
        area_code=STREET, object_kind="case", object_id=world.accounts[key].pk, now=now, **options,
    )  # fmt: skip


class Broken:
    """A service that takes nothing for a while."""

    def __init__(self, why=Why.UNREACHABLE, times=10**6):
        self.why, self.left, self.got = why, times, []

    def send(self, message):
        self.got.append(message.id)
        if self.left:
            self.left -= 1
            raise NotSent(self.why)
        return "taken"


@pytest.fixture
def broken(monkeypatch):
    one = Broken()
    monkeypatch.setattr("huying.notices.actions.sending.adapter_for", lambda channel: one)
    return one


class TestSending:
    def test_it_goes_to_each_confirmed_address_and_never_again(self, world, house):
        reached(world.handler, "sms", PHONE)
        nudge(world)
        assert actions.send_due(now=NOW) == 1
        assert actions.send_due(now=NOW + timedelta(days=1)) == 0
        (channel, text), = letters(house)  # fmt: skip
        assert channel == "sms"
        assert "【示范街道】20261020-001-0042K 已被催 2 次" in text
        assert PHONE in text
        assert states() == [("sms", "sent", "")]
        assert Delivery.objects.get(channel="sms").masked == "*5678"

    def test_where_nobody_left_an_address_only_the_app_tells(self, world, house):
        nudge(world)
        assert actions.send_due(now=NOW) == 0
        assert states() == []
        assert Notice.objects.get().title == "诉求人催了"

    def test_an_address_that_is_not_confirmed_is_not_used(self, world, house):
        actions.keep_address(channel="sms", value=PHONE, actor=world.handler, now=NOW)
        nudge(world)
        assert Delivery.objects.filter(channel="sms", notice__kind="nudged").count() == 0

    def test_told_once_is_told_once(self, world, house):
        assert len(nudge(world, once="news-1")) == 1
        assert nudge(world, once="news-1") == []

    def test_what_a_killed_worker_had_in_hand_goes_under_the_same_name(self, world, house, monkeypatch):
        reached(world.handler, "sms", PHONE)
        nudge(world)

        def killed(self, message):
            adapters.FileAdapter(self.folder).real(message)
            raise SystemExit

        adapters.FileAdapter.real = adapters.FileAdapter.send
        try:
            monkeypatch.setattr(adapters.FileAdapter, "send", killed)
            with pytest.raises(SystemExit):
                actions.send_due(now=NOW)
        finally:
            monkeypatch.undo()
            del adapters.FileAdapter.real
        from django.conf import settings

        settings.DATA = house
        assert states() == [("sms", "sending", "")]
        assert actions.send_due(now=NOW + timedelta(minutes=1)) == 0
        assert take_up_again(now=NOW + timedelta(minutes=1)) == 0
        assert take_up_again(now=NOW + timedelta(minutes=6)) == 1
        assert actions.send_due(now=NOW + timedelta(minutes=6)) == 1
        assert len(letters(house)) == 1  # the second try found the first one's file

    def test_what_fails_is_tried_again_later_and_later_then_given_up_and_sent_once_more_by_hand(
        self, world, house, broken
    ):
        reached(world.handler, "sms", PHONE)
        nudge(world)
        now = NOW
        for _try in range(7):
            assert actions.send_due(now=now) == 0
            one = Delivery.objects.get(channel="sms")
            now = max(one.not_before, now)
        assert states() == [("sms", "dead", "unreachable")]
        assert len(set(broken.got)) == 1
        assert len(broken.got) == 7
        dead = Delivery.objects.get(channel="sms")

        with pytest.raises(NotFound):
            actions.replay(delivery_id=dead.pk, actor=world.next_keeper, now=now)
        with pytest.raises(NotAllowed):
            actions.replay(delivery_id=dead.pk, actor=world.clerk, now=now)
        actions.replay(delivery_id=dead.pk, actor=world.keeper, now=now)
        broken.left = 0
        assert actions.send_due(now=now) == 1
        with pytest.raises(IllegalMove):
            actions.replay(delivery_id=dead.pk, actor=world.keeper, now=now)
        assert History.objects.filter(kind="notice", verb="replay").count() == 1

    def test_one_bad_address_does_not_hold_up_the_others(self, world, house, monkeypatch):
        for key in ("handler", "unit_head"):
            reached(world.people[key], "sms", PHONE if key == "handler" else "13987654321")
        nudge(world)
        nudge(world, "unit_head")
        real = adapters.FileAdapter.send

        def picky(self, message):
            if message.address == PHONE:
                raise NotSent(Why.REFUSED)
            return real(self, message)

        monkeypatch.setattr(adapters.FileAdapter, "send", picky)
        assert actions.send_due(now=NOW) == 1
        assert sorted(state for _channel, state, _why in states()) == ["sent", "waiting"]

    def test_a_fault_of_ours_is_a_failure_like_any_other_and_logs_no_address(self, world, house, monkeypatch, caplog):
        reached(world.handler, "sms", PHONE)
        nudge(world)

        def full(self, message):
            raise OSError(f"no room for {message.address}")

        monkeypatch.setattr(adapters.FileAdapter, "send", full)
        assert actions.send_due(now=NOW) == 0
        assert states() == [("sms", "waiting", "unreachable")]
        assert "OSError" in caplog.text
        assert PHONE not in caplog.text

    def test_what_kills_every_worker_ends_on_the_dead_list(self, world, house):
        reached(world.handler, "sms", PHONE)
        nudge(world)
        Delivery.objects.filter(channel="sms").update(state="sending", taken_at=NOW, attempts=7)
        assert take_up_again(now=NOW + timedelta(minutes=6)) == 0
        assert states() == [("sms", "dead", "unreachable")]

    def test_an_address_gets_no_more_than_its_limit(self, world, house):
        reached(world.handler, "sms", PHONE)
        for _count in range(7):
            nudge(world)
        assert actions.send_due(now=NOW) == 5
        later = Delivery.objects.filter(channel="sms", state="waiting")
        assert {one.not_before for one in later} == {NOW + timedelta(minutes=10)}
        assert {one.attempts for one in later} == {0}
        assert actions.send_due(now=NOW + timedelta(minutes=10)) == 2
        actions.prune(now=NOW + timedelta(days=2))
        assert not Sending.objects.exists()

    def test_a_closed_account_hears_nothing(self, world, house):
        reached(world.handler, "sms", PHONE)
        nudge(world)
        people.close_account(account_id=world.accounts["handler"].pk, actor=system(), now=NOW)
        assert actions.send_due(now=NOW) == 0
        assert states() == [("sms", "skipped", "closed")]

    def test_a_demo_sends_nothing_whatever_is_set(self, settings):
        settings.DEMO, settings.NOTICES = True, {"sms": "json://gateway.example/{address}"}
        assert isinstance(adapters.adapter_for("sms"), adapters.FileAdapter)
        settings.DEMO = False
        assert isinstance(adapters.adapter_for("sms"), adapters.AppriseAdapter)

    def test_apprise_gets_one_address_at_a_time(self, monkeypatch):
        import apprise

        seen = []
        monkeypatch.setattr(apprise.Apprise, "add", lambda self, url: seen.append(url) or True)
        monkeypatch.setattr(apprise.Apprise, "notify", lambda self, **message: seen.append(message) or True)
        one = adapters.AppriseAdapter("json://gateway.example/{address}?id={id}")
        message = adapters.Message(NOW and __import__("uuid").UUID(int=7), "sms", "a/b@c", "标题", "内容")
        assert one.send(message).startswith("apprise:")
        assert seen[0] == "json://gateway.example/a%2Fb%40c?id=00000000-0000-0000-0000-000000000007"
        assert seen[1] == {"title": "", "body": "内容"}
        monkeypatch.setattr(apprise.Apprise, "notify", lambda self, **message: False)
        with pytest.raises(NotSent):
            one.send(message)


class TestHabits:
    def prefer(self, actor, **options):
        given = {
            "channels": {}, "quiet_from": None, "quiet_until": None, "digest": False, "digest_times": [], **options,
        }  # fmt: skip
        return actions.set_preference(**given, actor=actor, now=NOW)

    def test_a_digest_is_one_message_at_its_hour(self, world, house):
        reached(world.handler, "sms", PHONE)
        self.prefer(world.handler, digest=True, digest_times=[16 * 60 + 30])
        for _count in range(3):
            nudge(world)
        assert actions.send_due(now=NOW) == 0
        assert actions.send_due(now=NOW + timedelta(hours=7, minutes=30)) == 3
        (_channel, text), = letters(house)  # fmt: skip
        assert "1. 20261020-001-0042K" in text
        assert "3. 20261020-001-0042K" in text
        assert Delivery.objects.filter(channel="sms").values("provider_id").distinct().count() == 1

    def test_what_is_urgent_comes_at_once_by_itself(self, world, house):
        from datetime import time

        reached(world.auditor, "sms", PHONE)
        self.prefer(
            world.auditor, digest=True, digest_times=[990], quiet_from=time(0), quiet_until=time(23),
            channels={"identity_opened": []},
        )  # fmt: skip
        notify(
            template="identity_opened", to=Recipient.account(world.auditor.id), now=NOW, area_code=STREET,
            facts={"unit": "街道环卫站", "purpose": "联系办理", "when": "10月20日 09:00", "place": "示范街道"},
        )  # fmt: skip
        assert actions.send_due(now=NOW) == 1

    def test_a_channel_that_was_not_chosen_is_not_used(self, world, house):
        reached(world.handler, "sms", PHONE)
        reached(world.handler, "email", "li@example.cn")
        self.prefer(world.handler, channels={"nudged": ["email"]})
        nudge(world)
        actions.send_due(now=NOW)
        assert [channel for channel, _text in letters(house)] == ["email"]

    def test_an_address_is_confirmed_by_the_code_that_was_sent_there(self, world, house):
        row = actions.keep_address(channel="sms", value=PHONE, actor=world.handler, now=NOW)
        assert PHONE.encode() not in bytes(row.value)
        actions.send_due(now=NOW)
        (_channel, text), = letters(house)  # fmt: skip
        code = text.split("验证码 ")[1][:6]
        assert actions.confirm_address(channel="sms", code="000000", actor=world.handler, now=NOW).confirmed_at is None
        assert actions.confirm_address(channel="sms", code=code, actor=world.handler, now=NOW).confirmed_at == NOW
        assert Notice.objects.get(kind="one_time_code").secret is None
        assert Delivery.objects.get(notice__kind="one_time_code").address is None

    def test_a_code_may_be_guessed_five_times(self, world, house):
        actions.keep_address(channel="sms", value=PHONE, actor=world.handler, now=NOW)
        for _count in range(5):
            actions.confirm_address(channel="sms", code="000001", actor=world.handler, now=NOW)
        with pytest.raises(IllegalMove):
            actions.confirm_address(channel="sms", code="000001", actor=world.handler, now=NOW)

    def test_codes_are_not_sent_without_end_nor_after_their_time(self, world, house):
        until = NOW + timedelta(minutes=5)
        given = {"account_id": world.handler.id, "channel": "sms", "code": "112233", "until": until, "now": NOW}
        with pytest.raises(NotFound):
            send_code(**given)
        for _count in range(5):
            send_code(**given, address=PHONE)
        with pytest.raises(TooMany):
            send_code(**given, address=PHONE)
        assert actions.send_due(now=until) == 0
        assert {why for _channel, _state, why in states()} == {"expired"}
        assert not Notice.objects.filter(secret__isnull=False).exists()


class TestReporters:
    def contact(self, phone=PHONE):
        return people.keep_contact(
            name="李示例", phone=phone, address="", consent_text_version=1, actor=resident(), now=NOW, area_code=STREET
        )

    def write(self, contact, kind="answered", **facts):
        facts = facts or {"number": CASE["number"], "unit": "街道环卫站"}
        return notify(
            template=kind, to=Recipient.contact(contact.pk), facts=facts, area_code=STREET, object_kind="case",
            object_id=contact.pk, now=NOW,
        )  # fmt: skip

    def test_the_opening_of_the_phone_is_logged_like_any_other(self, world, house):
        contact = self.contact()
        self.write(contact)
        assert not ContactOpening.objects.exists()
        assert actions.send_due(now=NOW) == 1
        opening = ContactOpening.objects.get()
        assert (opening.contact_id, opening.purpose, opening.opened_by) == (contact.pk, "notify", None)
        assert History.objects.filter(kind="contact", verb="opened", object_id=contact.pk).count() == 1
        (_channel, text), = letters(house)  # fmt: skip
        assert PHONE in text
        assert Delivery.objects.get().masked == "*5678"

    def test_nobody_who_erased_or_took_back_is_written_to(self, world, house):
        erased, late = self.contact(), self.contact()
        people.erase_contact(contact_id=erased.pk, actor=resident(), now=NOW)
        assert self.write(erased) == []
        self.write(late)
        people.withdraw_consent(contact_id=late.pk, actor=resident(), now=NOW)
        assert actions.send_due(now=NOW) == 0
        assert states() == [("sms", "skipped", "erased")]
        assert not ContactOpening.objects.exists()

    def test_erasing_takes_the_last_digits_with_it(self, world, house):
        contact = self.contact()
        self.write(contact)
        actions.send_due(now=NOW)
        self.write(contact)
        assert set(Delivery.objects.values_list("masked", flat=True)) == {"*5678"}
        people.erase_contact(contact_id=contact.pk, actor=resident(), now=NOW)
        spread()
        assert set(Delivery.objects.values_list("masked", flat=True)) == {""}
        assert sorted(Delivery.objects.values_list("state", flat=True)) == ["sent", "skipped"]

    def test_a_telephone_on_the_wall_gets_no_text_message(self, world, house):
        self.write(self.contact("020-81234567"))
        assert actions.send_due(now=NOW) == 0
        assert states() == [("sms", "skipped", "not_mobile")]

    def test_reporters_are_not_woken(self, world, house):
        contact = self.contact()
        night = NOW.replace(hour=15)  # 23:00 in China
        notify(
            template="answered", to=Recipient.contact(contact.pk), facts={"number": "1", "unit": "站"},
            area_code=STREET, now=night,
        )  # fmt: skip
        assert actions.send_due(now=night) == 0
        assert Delivery.objects.get().not_before == night + timedelta(hours=9)

    def test_what_a_reporter_did_not_want_is_not_sent_and_openings_only_where_asked(self, world, house):
        contact = self.contact()
        opened = {"number": "1", "unit": "站", "purpose": "回访", "when": "今天"}
        assert self.write(contact, "contact_opened", **opened) == []
        actions.set_reporters_choice(
            contact_id=contact.pk, progress=False, openings=True, actor=resident(), now=NOW, area_code=STREET
        )
        assert self.write(contact) == []
        assert len(self.write(contact, "contact_opened", **opened)) == 1

    def test_a_fact_that_the_kind_does_not_know_is_a_fault(self, world, house):
        with pytest.raises(ValueError, match="knows no"):
            self.write(self.contact(), name="李示例")

    def test_no_personal_value_is_kept_in_the_clear(self, world, house):
        contact = self.contact()
        self.write(contact)
        actions.send_due(now=NOW)
        from django.db import connection

        with connection.cursor() as cursor:
            for table in (
                "notices_notice",
                "notices_delivery",
                "notices_sending",
                "audit_history",
                "procrastinate_jobs",
            ):
                cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{PHONE}%"])
                assert cursor.fetchone()[0] == 0, table
        assert Contact.objects.get(pk=contact.pk).phone_tail == "5678"
