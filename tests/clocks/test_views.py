"""The calendar's pages through the door."""

from datetime import date

import pytest
from django.urls import reverse

from huying.clocks import queries
from huying.clocks.models import CalendarYear, WorkDay
from tests.people.factories import make_account, make_grant

pytestmark = pytest.mark.django_db


def signed_in(client, role):
    account = make_account()
    make_grant(account, role)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestYear:
    def test_staff_read_the_year_with_its_holidays(self, client):
        page = signed_in(client, "dispatcher").get(reverse("clocks:year", args=[2026])).content.decode()
        for words in ("国庆节", "班", "08:30–17:30", "10 月"):
            assert words in page
        assert "改时段" not in page

    def test_an_unpublished_year_says_so(self, client):
        page = signed_in(client, "system_admin").get(reverse("clocks:year", args=[2027])).content.decode()
        assert "还没有公布" in page
        assert "公布并重新计算时限" in page

    @pytest.mark.parametrize("year", ["1999", "9999", "0", "99999999999999999999"])
    def test_a_year_without_a_row_is_not_found(self, client, year):
        assert signed_in(client, "dispatcher").get(f"/desk/calendar/{year}/").status_code == 404

    def test_this_year_is_the_first_page(self, client):
        assert signed_in(client, "dispatcher").get(reverse("clocks:now")).status_code in (200, 404)

    def test_a_visitor_is_sent_to_sign_in(self, client):
        assert client.get(reverse("clocks:year", args=[2026])).status_code == 302


class TestPublish:
    notice = "2027-01-01 到 2027-01-03 放假 元旦\n2027-01-09 上班 元旦\n"

    def test_a_notice_is_entered_line_by_line(self, client):
        keeper = signed_in(client, "system_admin")
        answer = keeper.post(reverse("clocks:publish", args=[2027]), {"days": self.notice}, follow=True)
        assert "2027 年的日历已公布" in answer.content.decode()
        assert WorkDay.objects.filter(day__year=2027).count() == 4
        assert not queries.calendar().is_worked(date(2027, 1, 1))
        assert queries.calendar().is_worked(date(2027, 1, 9))

    @pytest.mark.parametrize(
        "notice",
        ["", "元旦放假", "2027-02-30 放假", "2027-01-05 到 2027-01-01 放假", "2026-01-01 放假 元旦", notice * 2],
    )
    def test_a_notice_that_cannot_be_read_comes_back_as_typed(self, client, notice):
        keeper = signed_in(client, "system_admin")
        answer = keeper.post(reverse("clocks:publish", args=[2027]), {"days": notice})
        assert answer.status_code == 422
        assert CalendarYear.objects.get(year=2027).state == "unpublished"
        assert notice.strip().split("\n")[0] in answer.content.decode()

    def test_a_dispatcher_is_refused(self, client):
        answer = signed_in(client, "dispatcher").post(reverse("clocks:publish", args=[2027]), {"days": self.notice})
        assert answer.status_code == 403


class TestHours:
    def test_hours_are_kept_from_a_coming_day(self, client):
        keeper = signed_in(client, "system_admin")
        given = {"valid_from": "2090-01-02", "spans": "08:30-12:00，14:00-17:30"}
        assert keeper.post(reverse("clocks:hours", args=[2026]), given).status_code == 302
        assert queries.hours()[-1].words() == "08:30–12:00、14:00–17:30"

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"valid_from": "2090-01-02", "spans": "早上到晚上"},
            {"valid_from": "2090-01-02", "spans": "17:30-08:30"},
            {"valid_from": "2090-01-02", "spans": "08:30-25:00"},
            {"valid_from": "2020-01-02", "spans": "08:30-12:00"},
        ],
    )
    def test_hours_that_make_no_sense_are_refused(self, client, given):
        keeper = signed_in(client, "system_admin")
        assert keeper.post(reverse("clocks:hours", args=[2026]), given).status_code == 422
        assert len(queries.hours()) == 1
