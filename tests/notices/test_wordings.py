"""The words of notices: a version by one person, approved by another, in force from its moment."""

from datetime import timedelta

import pytest

from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.notices import actions, queries, shipped
from huying.notices.actions import Recipient, notify
from huying.notices.models import Notice, Wording
from huying.notices.rules import KINDS
from tests.world import NOW, STREET

NUDGED = {"kind": "nudged", "channel": "in_app", "language": "zh-hans"}


def draft(world, actor=None, **changed):
    given = {**NUDGED, "title": "请快办 {number}", "body": "已催 {count} 次", **changed}
    return actions.draft_wording(**given, actor=actor or world.keeper, now=NOW)


def nudge(world, now=NOW):
    facts = {"number": "N-1", "title": "垃圾", "place": "榕树", "count": "2"}
    (made,) = notify(
        template="nudged", to=Recipient.account(world.handler.id), facts=facts, area_code=STREET, now=now
    )  # fmt: skip
    return made


def test_the_shipped_words_are_rows_of_version_one(world):
    assert Wording.objects.filter(version=1, state="approved", made_by=None).count() == len(shipped.rows())
    assert shipped.load() == 0


def test_a_new_version_is_used_from_its_moment_and_not_before(world):
    work = draft(world)
    assert work.version == 2
    assert nudge(world).title == "诉求人催了"
    actions.submit_wording(wording_id=work.pk, actor=world.keeper, now=NOW)
    assert Notice.objects.filter(kind="wording_asked").count() >= 1
    tomorrow = NOW + timedelta(days=1)
    actions.approve_wording(wording_id=work.pk, in_force_from=tomorrow, actor=world.leader, now=NOW)
    assert nudge(world).title == "诉求人催了"
    assert nudge(world, now=tomorrow).title == "请快办 N-1"


def test_the_notice_leads_to_the_words_that_wait(world, client):
    work = draft(world)
    actions.submit_wording(wording_id=work.pk, actor=world.keeper, now=NOW)
    heard = Notice.objects.get(kind="wording_asked", account=world.accounts["leader"])
    client.force_login(world.accounts["leader"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.post(f"/desk/notices/{heard.pk}/open/", follow=True)
    assert page.status_code == 200
    assert page.redirect_chain[-1][0] == f"/desk/notices/words/{work.kind}/{work.channel}/{work.language}/"
    client.force_login(world.accounts["clerk"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/desk/notices/versions/{work.pk}/").status_code == 403


def test_nobody_approves_the_own_words_and_none_without_the_duty(world):
    work = draft(world, actor=world.head)
    with pytest.raises(NotAllowed):
        draft(world, actor=world.clerk)
    actions.submit_wording(wording_id=work.pk, actor=world.head, now=NOW)
    with pytest.raises(NotAllowed):
        actions.approve_wording(wording_id=work.pk, in_force_from=None, actor=world.keeper, now=NOW)
    Wording.objects.filter(pk=work.pk).update(made_by=world.leader.id)
    with pytest.raises(IllegalMove):
        actions.approve_wording(wording_id=work.pk, in_force_from=None, actor=world.leader, now=NOW)


def test_words_that_wait_or_are_approved_are_not_changed(world):
    work = draft(world)
    actions.submit_wording(wording_id=work.pk, actor=world.keeper, now=NOW)
    with pytest.raises(IllegalMove):
        draft(world, title="别的")
    actions.send_back_wording(wording_id=work.pk, words="太急。", actor=world.leader, now=NOW)
    assert draft(world, title="别的").pk == work.pk
    actions.drop_wording(wording_id=work.pk, actor=world.keeper, now=NOW)
    assert draft(world).version == 3


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"kind": "nothing"}, NotFound),
        ({"channel": "pigeon"}, NotFound),
        ({"language": "tlh"}, NotFound),
        ({"title": ""}, Invalid),
        ({"body": "{secret}"}, Invalid),
        ({"channel": "sms", "body": "长" * 201}, Invalid),
    ],
)
def test_words_that_cannot_be_used_are_refused(world, changed, refusal):
    with pytest.raises(refusal):
        draft(world, **changed)


def test_who_reads_another_language_gets_it_where_there_are_words(world):
    work = draft(world, language="en", title="Please act: {number}")
    actions.submit_wording(wording_id=work.pk, actor=world.keeper, now=NOW)
    actions.approve_wording(wording_id=work.pk, in_force_from=None, actor=world.leader, now=NOW)
    account = world.accounts["handler"]
    account.language = "en"
    account.save()
    assert nudge(world).title == "Please act: N-1"
    assert queries.wording("nudged", "sms", "en", NOW).language == "zh-hans"
    assert set(KINDS)
