"""What stands between a session and a page, by hand: who is asked what, and whose use of a duty is noted."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from huying.access.models import DutyUse
from huying.people.models import Account
from tests.holding import browser, browser_of, holder
from tests.world import build_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world():
    return build_world(datetime.now(UTC))


def test_a_duty_is_used_by_who_holds_it():
    one, other = holder("read", "review"), holder("read")
    assert browser_of(one).get(reverse("desk:review")).status_code == 200
    assert browser_of(other).get(reverse("desk:review")).status_code == 403
    assert list(DutyUse.objects.values_list("account_id", "duty")) == [(one.pk, "review")]


def test_nobody_is_asked_who_they_are_before_they_sign_in():
    closed = holder("admin_people")
    left = browser_of(closed)
    Account.objects.filter(pk=closed.pk).update(is_active=False)
    for client in (Client(), left):
        answer = client.get(reverse("people:grant"))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")


def test_who_has_to_choose_a_password_still_reads_what_everybody_reads():
    account = holder("read")
    Account.objects.filter(pk=account.pk).update(must_change_password=True)
    client = browser_of(account)
    assert client.get(reverse("desk:mine"))["Location"] == reverse("access:password")
    assert client.get("/privacy/").status_code == 200
    assert browser("read").get(reverse("desk:mine")).status_code == 200
