"""Sessions are Django's own, read by a statement that is worked out once."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from huying.config.sessions import SessionStore

pytestmark = pytest.mark.django_db


def kept(**values):
    store = db.SessionStore()
    store.update(values)
    store.save()
    return store.session_key


def test_what_django_kept_is_read_in_one_statement_and_the_other_way_round(django_assert_num_queries):
    key = kept(words="路灯不亮")
    with django_assert_num_queries(1):
        assert SessionStore(key)["words"] == "路灯不亮"
    store = SessionStore(key)
    store["words"] = "井盖响"
    store.save()
    assert db.SessionStore(key)["words"] == "井盖响"


@pytest.mark.parametrize("key", ["a" * 32, "'; DROP TABLE x; --", "%s%s%s%s%s", "键" * 12, ""])
def test_a_key_that_nobody_has_opens_nothing(key):
    kept(words="路灯不亮")
    store = SessionStore(key)
    assert store.get("words") is None
    assert store.session_key is None


def test_a_session_that_ran_out_opens_nothing():
    key = kept(words="路灯不亮")
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    store = SessionStore(key)
    assert (store.get("words"), store.session_key) == (None, None)
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() + timedelta(hours=1))
    assert SessionStore(key)["words"] == "路灯不亮"


def test_a_key_with_a_zero_byte_opens_nothing():
    assert SessionStore("a\x00" * 8).get("words") is None
