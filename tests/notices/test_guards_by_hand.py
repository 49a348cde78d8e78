"""Guards of notices that no table holds, each knocked at by the one whom it is there for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from huying.audit.models import History
from huying.kernel.actor import ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound
from huying.notices import actions, queries
from huying.notices.actions import Recipient, habits, notify, telling, wordings
from huying.notices.actions.public import Paper
from huying.notices.channels import send_code
from huying.notices.models import Delivery, Notice, Wording
from huying.notices.rules import WORDING_FLOW, Channel
from huying.people.models import Account
from huying.people.rules import Duty
from tests.notices.conftest import reached
from tests.people.factories import person
from tests.world import BANYAN, NOW, STREET

WORDS = {"kind": "nudged", "channel": "in_app", "language": "zh-hans"}


@pytest.fixture
def come(world, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    def signed_in(key):
        client = Client()
        client.force_login(world.accounts[key], "django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


def nudge(world, key="handler"):
    facts = {"number": "N-1", "title": "垃圾", "place": "榕树", "count": "2"}
    (made,) = notify(
        template="nudged", to=Recipient.account(world.accounts[key].pk), facts=facts, area_code=STREET, now=NOW
    )
    return made


def draft(actor):
    return actions.draft_wording(**WORDS, title="请快办 {number}", body="已催 {count} 次", actor=actor, now=NOW)


class TestWordings:
    def test_each_step_asks_for_its_duty_before_anything(self, world):
        found = Wording.objects.filter(state="approved").first()
        for verb, (row, *_more) in WORDING_FLOW.by_verb.items():
            without = person(*(set(Duty) - {Duty(row.duty)}))
            with pytest.raises(NotAllowed):
                wordings._moved(found.pk, verb, actor=without, now=NOW)

    def test_a_draft_is_begun_by_who_keeps_the_words(self, world):
        for actor in (world.clerk, world.leader):
            with pytest.raises(NotAllowed):
                draft(actor)
        assert draft(world.keeper).version == 2

    def test_a_line_of_the_history_lies_in_the_area_of_who_wrote(self, world):
        made = draft(world.keeper)
        assert History.objects.get(kind="wording", object_id=made.pk).area_code == STREET

    def test_pages_of_words_offer_what_the_viewer_may_do(self, world, come):
        address = reverse("notices:words", args=["nudged", "in_app", "zh-hans"])
        assert 'name="title"' in come("keeper").get(address).content.decode()
        assert 'name="title"' not in come("leader").get(address).content.decode()
        made = draft(world.keeper)
        step = {verb: reverse("notices:wording_move", args=[made.pk, verb]) for verb in ("submit", "approve", "drop")}

        def offered(key):
            page = come(key).get(address).content.decode()
            return {verb for verb, url in step.items() if f'"{url}"' in page}

        assert (offered("keeper"), offered("leader")) == ({"submit", "drop"}, set())
        actions.submit_wording(wording_id=made.pk, actor=world.keeper, now=NOW)
        assert (offered("keeper"), offered("leader")) == ({"drop"}, {"approve"})

    def test_words_of_no_language_and_moves_of_no_name_are_not_there(self, world, come):
        made, client = draft(world.keeper), come("keeper")
        assert client.get(reverse("notices:words", args=["nudged", "in_app", "tlh"])).status_code == 404
        assert client.post(reverse("notices:wording_move", args=[made.pk, "burn"])).status_code == 404

    def test_the_dead_list_is_linked_for_who_keeps_the_words(self, world, come):
        for key, linked in (("keeper", True), ("leader", False)):
            page = come(key).get(reverse("notices:admin")).content.decode()
            assert (reverse("notices:dead") in page) == linked, key


class TestOwn:
    def test_what_is_read_at_once_is_ones_own(self, world):
        mine, theirs = nudge(world), nudge(world, "enforcer")
        assert telling.mark_all_read(actor=world.handler, now=NOW) == 1
        assert Notice.objects.get(pk=mine.pk).read_at == NOW
        assert Notice.objects.get(pk=theirs.pk).read_at is None

    def test_the_bell_is_a_persons(self, world):
        nudge(world)
        assert len(queries.mine(world.handler, page=Page())) == 1
        assert queries.mine(replace(world.handler, kind=ActorKind.CHANNEL), page=Page()) == []

    def test_a_code_goes_to_nobody_whose_account_is_closed(self, world):
        reached(world.handler, "sms", "13900000001")
        Account.objects.filter(pk=world.handler.id).update(is_active=False)
        for address in ("", "13900000001"):
            with pytest.raises(NotFound):
                telling.notify_code(
                    account_id=world.handler.id, channel=Channel.SMS, code="123456", until=NOW + timedelta(minutes=5),
                    now=NOW + timedelta(hours=1), address=address,
                )  # fmt: skip

    def test_a_code_leaves_by_a_way_that_there_is_and_that_is_open(self, world, settings):
        given = {"account_id": world.handler.id, "code": "112233", "until": NOW + timedelta(minutes=5), "now": NOW}
        assert send_code(**given, channel="sms", address="13900000001")
        settings.NOTICES = {"sms": "off"}
        for channel in ("sms", "in_app", "pigeon"):
            with pytest.raises(NotFound):
                send_code(**given, channel=channel, address="13900000001")

    def test_an_address_is_confirmed_once(self, world):
        reached(world.handler, "sms", "13900000001")
        with pytest.raises(NotFound):
            habits.confirm_address(channel="sms", code="000000", actor=world.handler, now=NOW)

    def test_a_line_of_the_history_lies_in_the_persons_area(self, world):
        reached(world.keeper, "sms", "13900000001")
        lines = History.objects.filter(kind="account", object_id=world.keeper.id, verb__startswith="address")
        assert {one.area_code for one in lines} == {STREET}


def test_what_is_over_is_not_sent_once_more(world):
    made = nudge(world)
    Notice.objects.filter(pk=made.pk).update(until=NOW)
    given_up = Delivery.objects.create(notice=made, channel="sms", state="dead", not_before=NOW, dead_at=NOW)
    with pytest.raises(IllegalMove, match="有效时间"):
        actions.replay(delivery_id=given_up.pk, actor=world.keeper, now=NOW)
    Notice.objects.filter(pk=made.pk).update(until=NOW + timedelta(hours=1))
    assert actions.replay(delivery_id=given_up.pk, actor=world.keeper, now=NOW).state == "waiting"


class TestPublicNotices:
    def test_a_new_one_is_offered_to_who_dispatches(self, world, come):
        for key, offered in (("secretary", True), ("leader", False)):
            page = come(key).get(reverse("notices:publics")).content.decode()
            assert (f'href="{reverse("notices:new_public")}"' in page) == offered, key

    def test_moves_of_no_name_are_not_there(self, world, come):
        paper = Paper("plan", "方案", "正文。", BANYAN, "榕树社区居委会", 15)
        made = actions.draft_public(paper=paper, public_id=uuid7(), actor=world.secretary, now=NOW)
        assert come("secretary").post(reverse("notices:public_move", args=[made.pk, "burn"])).status_code == 404
