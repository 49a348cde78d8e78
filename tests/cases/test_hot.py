"""Hot issues of a street: found by night, numbered for good, shown by scope and never by caller."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.cases.actions.blanking import BLANK, blank_words
from huying.cases.actions.heating import find_everywhere, find_hot_issues
from huying.cases.models import Case, HotIssue, HotIssueCase
from huying.cases.queries import hot
from huying.cases.rules.hot import Concerned, Reason, Trend, area_of, most_of
from huying.kernel.paging import Page
from huying.triage import hot as pure
from huying.triage import same
from tests.cases.test_incidents import call
from tests.world import BANYAN, GRID, KAPOK, NOW, OTHER_GRID, STREET, build_world, middle

DAY = timedelta(days=1)
LIFT = (
    "榕景花园三号楼电梯又停了，老人被困半小时",
    "榕景花园电梯天天停，昨天又困了人，物业不修",
    "榕景花园的电梯停在半空，业主困在里面没人管",
    "榕景花园电梯困人三次，物业拖着不换",
    "榕景花园电梯停运一周，老人下不了楼",
    "榕景花园电梯总困人，业主找物业没有用",
)
OTHERS = tuple(
    f"{place}{thing}"
    for place in ("棉城新村", "清莉路口", "书香公寓", "荷塘市场", "竹溪小学", "松岗工地")
    for thing in ("垃圾没有人收，臭得很", "路灯晚上不亮", "夜里施工吵得睡不着", "停车占了消防通道", "井盖破了绊倒人")
)


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def lifts(world):
    """Six callers about one lift over three weeks, and thirty calls about other things."""
    for number, words in enumerate(OTHERS):
        lng, lat = middle((GRID, OTHER_GRID, KAPOK + "001")[number % 3])
        world.call(words=words, lng=lng, lat=lat, now=NOW - number % 20 * DAY)
    world.call(words="请问残疾人证换发要带什么材料", now=NOW - DAY)
    return [
        call(world, phone=f"1380013800{number}", words=words, now=NOW - 4 * number * DAY).case
        for number, words in enumerate(LIFT)
    ]


@pytest.fixture
def issue(lifts):
    find_hot_issues(STREET, now=NOW)
    return HotIssueCase.objects.get(case=lifts[0]).issue


def shown(viewer):
    return {one.issue.pk for one in hot.listed(viewer, page=Page())}


class TestWords:
    def test_the_stored_words_are_those_of_triage(self):
        assert [str(one) for one in Trend] == [str(one) for one in pure.Trend]
        assert [str(one) for one in Concerned] == list(pure.CONCERNED.values())
        assert {str(one) for one in Reason} == {str(one) for one in same.Reason}

    @pytest.mark.parametrize(
        ("codes", "area"),
        [([GRID], GRID), ([GRID, OTHER_GRID], BANYAN), ([GRID, KAPOK], STREET), ([STREET, GRID], STREET), ([], "")],
    )
    def test_the_smallest_area_that_holds_them(self, codes, area):
        assert area_of(codes) == area

    def test_the_type_of_most(self):
        assert most_of(["", "0102", "0101", "0102", "0101", ""]) == "0101"
        assert most_of(["", ""]) == ""


class TestFinding:
    def test_calls_about_one_lift_are_one_issue_with_place_callers_and_days(self, lifts, issue):
        mine = set(HotIssueCase.objects.filter(issue=issue).values_list("case_id", flat=True))
        assert len(mine & {case.pk for case in lifts}) >= 5
        assert mine <= {case.pk for case in lifts}
        assert (issue.street_code, issue.area_code, issue.callers) == (STREET, GRID, len(mine))
        assert issue.last_on - issue.first_on == (len(mine) - 1) * 4 * DAY

    def test_a_second_run_writes_nothing(self, issue):
        before = list(HotIssue.objects.order_by("pk").values())
        with CaptureQueriesContext(connection) as asked:
            find_hot_issues(STREET, now=NOW)
        written = [one["sql"] for one in asked if one["sql"].lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
        assert written == []
        assert list(HotIssue.objects.order_by("pk").values()) == before

    def test_its_number_stays_when_calls_come_and_go(self, world, issue):
        call(world, phone="13800138009", words="榕景花园电梯今早又困人，物业没人来修", now=NOW + DAY)
        find_hot_issues(STREET, now=NOW + DAY)
        issue.refresh_from_db()
        assert issue.gone_at is None
        number = issue.number
        find_everywhere(now=NOW + 400 * DAY)  # everything is too old
        issue.refresh_from_db()
        assert (issue.gone_at, issue.number) == (NOW + 400 * DAY, number)
        assert not HotIssueCase.objects.exists()

    def test_restricted_merged_and_drill_calls_are_never_in(self, lifts, issue):
        Case.objects.filter(pk=lifts[0].pk).update(confidential=True, restricted=True)
        Case.objects.filter(pk=lifts[1].pk).update(drill=True)
        find_hot_issues(STREET, now=NOW)
        left = set(HotIssueCase.objects.values_list("case_id", flat=True))
        assert not {lifts[0].pk, lifts[1].pk} & left

    def test_callers_without_a_contact_may_be_one(self, world):
        for words in OTHERS:
            world.call(words=words)
        for words in LIFT:
            world.call(words=words)
        find_hot_issues(STREET, now=NOW)
        assert set(HotIssue.objects.values_list("callers", flat=True)) == {1}

    def test_where_the_child_fails_everything_stays_until_the_next_night(self, lifts, issue, monkeypatch, caplog):
        before = list(HotIssue.objects.order_by("pk").values())
        with monkeypatch.context() as broken:
            broken.setattr("huying.triage.hot_child.MOST_SECONDS", 0.01)
            assert find_everywhere(now=NOW + 400 * DAY) == len(before)
        assert "stay as they are" in caplog.text
        assert list(HotIssue.objects.order_by("pk").values()) == before
        find_everywhere(now=NOW + 400 * DAY)
        assert not HotIssue.objects.filter(gone_at=None).exists()

    def test_words_are_read_a_few_at_a_time_and_masked_before_they_leave(self, world, lifts, monkeypatch):
        world.call(words="榕景花园电梯困人，请找张先生 13812345678")
        sent = []
        monkeypatch.setattr("huying.cases.actions.heating.AT_ONCE", 10)
        monkeypatch.setattr(
            "huying.triage.apart.ask", lambda module, lines, seconds: "".join(sent.append(one) or "" for one in lines)
        )
        with CaptureQueriesContext(connection) as asked:
            find_hot_issues(STREET, now=NOW)
        assert sum('"cases_report"' in one["sql"] for one in asked) == 4
        told = str([json.loads(one) for one in sent])
        assert len(sent) == 1 + 38
        assert "13812345678" not in told
        assert "张先生" not in told


class TestReading:
    def test_who_sees_it(self, world, issue):
        assert issue.callers >= 5
        for viewer in (world.clerk, world.grid_worker, world.secretary, world.leader):
            assert issue.pk in shown(viewer), viewer
        for viewer in (world.kapok_worker, world.next_dispatcher, world.next_handler, world.handler):
            assert shown(viewer) == set(), viewer
            assert hot.issue(issue.pk, viewer) is None
            assert hot.calls_of(issue.pk, viewer) == []

    def test_with_four_callers_the_clerk_alone(self, world, lifts, issue):
        HotIssue.objects.filter(pk=issue.pk).update(callers=4)
        assert issue.pk in shown(world.clerk)
        for viewer in (world.grid_worker, world.leader):
            assert issue.pk not in shown(viewer)
            assert hot.issue(issue.pk, viewer) is None
            assert hot.of_case(lifts[0], viewer) is None

    def test_the_issue_of_a_case(self, world, lifts, issue):
        assert hot.of_case(lifts[0], world.clerk).issue == issue
        assert hot.of_case(lifts[0], world.next_dispatcher) is None
        assert hot.of_case(Case.objects.get(hot=None), world.clerk) is None

    def test_a_call_made_confidential_is_gone_at_once_and_hides_the_issue_from_others(self, world, lifts, issue):
        members = HotIssueCase.objects.filter(issue=issue)
        other = next(one for one in members if one.case_id != issue.typical_id)
        Case.objects.filter(pk=other.case_id).update(confidential=True, restricted=True)
        assert hot.issue(issue.pk, world.grid_worker) is None
        assert hot.issue(issue.pk, world.clerk).calls == members.count() - 1
        assert other.case_id not in {case.pk for case in hot.calls_of(issue.pk, world.clerk)}
        Case.objects.filter(pk=issue.typical_id).update(confidential=True, restricted=True)
        assert hot.issue(issue.pk, world.clerk) is None

    def test_words_that_are_blanked_in_the_case_are_gone_here_too(self, world, issue):
        title = Case.objects.get(pk=issue.typical_id).title
        blank_words(issue.typical_id, passages=[title[:4]], actor=world.head, now=NOW)
        words = hot.issue(issue.pk, world.clerk).words
        assert title[:4] not in words
        assert BLANK in words

    def test_many_issues_cost_as_many_statements_as_one(self, world, issue):
        with CaptureQueriesContext(connection) as asked:
            hot.listed(world.clerk, page=Page())
        assert len(asked) == 2


class TestPages:
    @pytest.fixture
    def signed_in(self, client, world):
        def sign_in(name):
            client.force_login(world.accounts[name], backend="django.contrib.auth.backends.ModelBackend")
            return client

        return sign_in

    def test_the_list_and_one_show_what_it_is_and_nobody(self, signed_in, issue):
        client = signed_in("clerk")
        page = client.get("/desk/cases/hot/").content.decode()
        assert f"/desk/cases/hot/{issue.pk}/" in page
        page = client.get(f"/desk/cases/hot/{issue.pk}/").content.decode()
        assert "电梯" in page
        assert not re.search(r"138001380\d\d|138\*", page)
        assert "李示例" not in page.split("<main")[1]

    def test_a_stranger_meets_nothing(self, signed_in, issue):
        client = signed_in("next_dispatcher")
        assert str(issue.pk) not in client.get("/desk/cases/hot/").content.decode()
        missing = client.get("/desk/cases/hot/00000000-0000-7000-8000-000000000000/")
        found = client.get(f"/desk/cases/hot/{issue.pk}/")
        assert (found.status_code, missing.status_code) == (404, 404)
