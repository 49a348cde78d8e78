"""Likely duplicates of a call: offered with reasons, by scope, never with another caller's words."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.cases import actions as a
from huying.cases.models import Case
from huying.cases.queries.twins import SHOWN, twins_of
from huying.cases.rules.hot import Reason
from tests.world import GRID, KAPOK, NOW, OTHER_GRID, build_world, middle

DAY = timedelta(days=1)
WORDS = "榕树路口的三盏路灯坏了，晚上黑漆漆的"
AGAIN = "榕树路口路灯坏了好几天，我妈李秀英昨晚摔了一跤"


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def case(world):
    return world.call(words=WORDS).case


def found(case, viewer, *, words=WORDS, now=NOW):
    return [one.case.pk for one in twins_of(case, words, viewer, now=now)]


class TestTwins:
    def test_one_of_the_next_grid_in_other_words_is_offered_with_reasons(self, world, case):
        lng, lat = middle(OTHER_GRID)
        other = world.call(words=AGAIN, lng=lng, lat=lat, now=NOW - 3 * DAY).case
        world.call(words="烧烤店半夜吵得睡不着", now=NOW - DAY)
        (twin,) = twins_of(case, WORDS, world.clerk, now=NOW)
        assert (twin.case, twin.days) == (other, 3)
        assert {Reason.PLACE, Reason.WORDS, Reason.DAYS} <= set(twin.reasons)
        assert all(word in WORDS for word in twin.shared)

    def test_not_from_another_community_nor_from_long_ago_nor_when_it_ended(self, world, case):
        lng, lat = middle(KAPOK + "001")
        world.call(words=WORDS, lng=lng, lat=lat)
        world.call(words=WORDS, now=NOW - 61 * DAY)
        ended = world.call(words=WORDS).case
        a.answer_case(ended.pk, words="已经修好了。", actor=world.clerk, now=NOW)
        assert found(case, world.clerk) == []

    def test_nothing_restricted_and_no_drill(self, world, case):
        for change in ({"confidential": True, "restricted": True}, {"drill": True}):
            Case.objects.filter(pk=world.call(words=WORDS).case.pk).update(**change)
        assert found(case, world.head) == []

    def test_a_restricted_call_is_compared_with_none(self, world, case):
        world.call(words=WORDS)
        Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        case.refresh_from_db()
        assert found(case, world.head) == []

    def test_a_stranger_is_offered_nothing(self, world, case):
        world.call(words=WORDS)
        assert len(found(case, world.clerk)) == 1
        assert found(case, world.next_dispatcher) == []

    def test_three_at_most_and_as_many_statements_for_twenty_as_for_one(self, world, case):
        world.call(words=WORDS)
        with CaptureQueriesContext(connection) as few:
            found(case, world.clerk)
        for _each in range(5):
            world.call(words=WORDS)
        with CaptureQueriesContext(connection) as many:
            assert len(found(case, world.clerk)) == SHOWN
        assert len(few) == len(many)


def test_the_triage_page_says_why_and_nothing_of_the_other_callers_words(world, case, client):
    world.call(words=AGAIN, now=NOW - DAY)
    Case.objects.exclude(pk=case.pk).update(title="路灯坏了")
    client.force_login(world.accounts["clerk"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/desk/triage/{case.pk}/").content.decode()
    assert "同一地点" in page
    assert "都说到" in page
    assert "李秀英" not in page


class TestWhileTaken:
    @pytest.fixture(autouse=True)
    def _now(self):
        with time_machine.travel(NOW, tick=False):
            yield

    def ask(self, world, client, who="clerk", **given):
        client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client.post("/desk/new/answers/", {"words": WORDS, "grid_code": GRID, **given}).content.decode()

    def test_the_page_of_intake_names_it_with_reasons(self, world, client):
        other = world.call(words=AGAIN, now=NOW - DAY).case
        Case.objects.filter(pk=other.pk).update(title="路灯坏了")
        page = self.ask(world, client)
        assert "可能有人报过" in page
        assert f'href="/desk/cases/{other.pk}/"' in page
        assert "李秀英" not in page

    def test_a_call_without_a_place_or_elsewhere_is_compared_with_none(self, world, client):
        world.call(words=AGAIN, now=NOW - DAY)
        assert "可能有人报过" not in self.ask(world, client, grid_code="")
        assert "可能有人报过" not in self.ask(world, client, grid_code=KAPOK + "001")

    def test_a_stranger_and_who_answers_no_calls_are_told_nothing(self, world, client):
        world.call(words=AGAIN, now=NOW - DAY)
        assert "可能有人报过" not in self.ask(world, client, "next_dispatcher")
        assert "可能有人报过" not in self.ask(world, client, "grid_worker")
