"""A late answer does not undo the token of a newer one."""

import pytest
from django.conf import settings
from django.test import Client

from tests.journeys.person import PASSWORD
from tests.world import build_world

pytestmark = pytest.mark.django_db
COOKIE = settings.CSRF_COOKIE_NAME


def test_the_cookie_of_the_token_comes_with_the_first_form_and_not_again():
    browser = Client()
    first = browser.get("/sign-in/")
    assert first.cookies[COOKIE].value
    again = browser.get("/sign-in/")
    assert COOKIE not in again.cookies
    assert "Cookie" in again["Vary"]
    assert b"csrfmiddlewaretoken" in again.content


def test_a_page_asked_for_before_the_sign_in_and_answered_after_it_keeps_the_new_token():
    world = build_world()
    before, browser = Client(), Client(enforce_csrf_checks=True)
    token = browser.get("/sign-in/").context["csrf_token"]
    before.cookies[COOKIE] = browser.cookies[COOKIE].value
    who = {"username": world.accounts["dispatcher"].username, "password": PASSWORD}
    assert browser.post("/sign-in/", {**who, "csrfmiddlewaretoken": str(token)}).status_code == 302
    assert browser.cookies[COOKIE].value != before.cookies[COOKIE].value  # signing in makes a new one
    page = browser.get("/account/")
    late = before.get("/sign-in/")  # the other tab, which asked with the old one
    assert COOKIE not in late.cookies
    browser.cookies.update(late.cookies)
    sent = browser.post("/sign-out/", {"csrfmiddlewaretoken": str(page.context["csrf_token"])})
    assert sent.status_code == 302


def test_a_live_stream_without_a_session_is_refused_and_brings_no_token():
    answer = Client().get("/live/", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
    assert not answer.cookies
