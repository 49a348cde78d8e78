"""What the clock does for the house itself."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from huying.config.jobs import clear_sessions

pytestmark = pytest.mark.django_db


def stored(expires):
    store = SessionStore()
    store["portal.draft"] = {"words": "没有提交的话"}
    store.create()
    Session.objects.filter(pk=store.session_key).update(expire_date=timezone.now() + expires)
    return store.session_key


def test_sessions_that_ran_out_go_and_the_others_stay():
    gone, kept = stored(-timedelta(minutes=1)), stored(timedelta(minutes=1))

    clear_sessions(timestamp=0)
    clear_sessions(timestamp=0)

    assert list(Session.objects.filter(pk__in=[gone, kept]).values_list("pk", flat=True)) == [kept]
