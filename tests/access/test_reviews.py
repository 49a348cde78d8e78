"""Access reviews: what was not used comes first, each grant is kept or ended, on the record, by somebody else."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import localtime

from huying.access import actions, queries
from huying.access.models import DutyUse, Review
from huying.audit import actions as audit
from huying.audit.models import History
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.people.models import RoleGrant
from tests.access.conftest import holder, sign_in, words
from tests.people.factories import COMMUNITY, NEXT_DOOR, NOW, STREET, make_account, make_grant

pytestmark = pytest.mark.django_db
TODAY = localtime(NOW).date()


@pytest.fixture
def clock():
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False) as one:
        yield one


@pytest.fixture
def officer(_keys):
    return holder("security_officer", name="赵安全")


def acted(grant, days_ago, area=STREET):
    audit.append(
        kind="case", object_id=uuid7(), verb="dispatch", actor=queries_actor(grant), at=NOW - timedelta(days=days_ago),
        area_code=area,
    )  # fmt: skip


def queries_actor(grant):
    from huying.people.queries import actor_for

    return actor_for(grant.account, NOW)


def open_review(actor, area=STREET, **fields):
    return actions.open_review(area_code=area, actor=actor, now=NOW, **fields)


def decide(item, actor, decision="keep"):
    return actions.decide_item(item_id=item.pk, decision=decision, actor=actor, now=NOW)


class TestLastUsed:
    def test_acts_in_the_grants_area_and_pages_of_its_duties_count(self):
        by_act, by_page, elsewhere, never = (make_grant(make_account(), "dispatcher") for _number in range(4))
        acted(by_act, 10, COMMUNITY)
        acted(elsewhere, 3, NEXT_DOOR)
        DutyUse.objects.create(account=by_page.account, duty="dispatch", day=date(2026, 9, 1))
        DutyUse.objects.create(account=never.account, duty="read", day=date(2026, 9, 1))
        used = queries.last_used([by_act, by_page, elsewhere, never], NOW)
        assert used == {by_act.pk: TODAY - timedelta(days=10), by_page.pk: date(2026, 9, 1)}

    def test_signing_in_is_no_use(self, client, account, clock):
        grant = make_grant(account, "dispatcher")
        sign_in(client)
        client.get("/account/")
        assert queries.last_used([grant], NOW) == {}

    def test_it_costs_two_statements_however_many(self, django_assert_num_queries):
        grants = [make_grant(make_account(), "dispatcher") for _number in range(5)]
        with django_assert_num_queries(2):
            queries.last_used(grants, NOW)


class TestReview:
    def test_all_present_grants_of_the_area_are_in_it_the_unused_first(self, officer):
        fresh, old, never = (make_grant(make_account(), "dispatcher") for _number in range(3))
        ended = make_grant(make_account(), "dispatcher", until=NOW + timedelta(seconds=1), since=NOW)
        RoleGrant.objects.filter(pk=ended.pk).update(until=NOW)
        foreign = make_grant(make_account(area=NEXT_DOOR), "dispatcher", area=NEXT_DOOR)
        acted(fresh, 1)
        acted(old, 120)

        review = open_review(officer[1])

        lines = queries.items_of(review, TODAY)
        shown = [line.item.grant_id for line in lines]
        assert {fresh.pk, old.pk, never.pk} < set(shown)
        assert not {ended.pk, foreign.pk} & set(shown)
        assert shown.index(never.pk) < shown.index(old.pk) < shown.index(fresh.pk)
        assert [line.unused for line in lines if line.item.grant_id in (old.pk, fresh.pk)] == [True, False]
        assert review.due_on == TODAY + timedelta(days=14)

    def test_areas_to_go_through_are_the_officers_own(self, officer):
        make_grant(make_account(area=COMMUNITY), "grid_worker", area=COMMUNITY)
        make_grant(make_account(area=NEXT_DOOR), "dispatcher", area=NEXT_DOOR)
        assert queries.review_areas(officer[1]) == [STREET, COMMUNITY]

    def test_keeping_and_ending_and_the_last_one_closes_it_all_on_the_record(self, officer):
        kept, over = (make_grant(make_account(area=COMMUNITY), "grid_worker", area=COMMUNITY) for _number in range(2))
        review = open_review(officer[1], area=COMMUNITY)
        items = {item.grant_id: item for item in review.items.all()}
        decide(items[kept.pk], officer[1])
        with pytest.raises(IllegalMove):
            decide(items[kept.pk], officer[1], "end")
        decide(items[over.pk], officer[1], "end")

        kept.refresh_from_db()
        over.refresh_from_db()
        review.refresh_from_db()
        assert kept.until is None
        assert over.until == NOW
        assert review.closed_at == NOW
        verbs = list(History.objects.filter(object_id=review.pk).order_by("id").values_list("verb", flat=True))
        assert verbs == ["opened", "kept", "ended", "closed"]
        assert History.objects.filter(kind="role_grant", object_id=over.pk, verb="revoked").count() == 1

    def test_nobody_judges_the_own_grants(self, officer):
        review = open_review(officer[1])
        own = review.items.get(grant__account=officer[0])
        with pytest.raises(NotAllowed):
            decide(own, officer[1])
        assert decide(own, holder("security_officer")[1]).decision == "keep"

    @pytest.mark.parametrize("role", ["system_admin", "auditor", "dispatcher"])
    def test_others_neither_open_nor_decide(self, officer, role):
        actor = holder(role)[1]
        with pytest.raises((NotAllowed, NotFound)):
            open_review(actor)
        review = open_review(officer[1])
        with pytest.raises((NotAllowed, NotFound)):
            decide(review.items.first(), actor)

    def test_the_officer_of_the_next_street_finds_nothing(self, officer):
        make_grant(make_account(), "dispatcher")
        review = open_review(officer[1])
        stranger = holder("security_officer", area=NEXT_DOOR)[1]
        assert queries.review(stranger, review.pk) is None
        assert queries.reviews(stranger, today=TODAY) == []
        with pytest.raises(NotFound):
            decide(review.items.first(), stranger)
        with pytest.raises(NotFound):
            open_review(stranger)

    @pytest.mark.parametrize(
        ("fields", "refusal"),
        [
            ({"due_on": TODAY - timedelta(days=1)}, Invalid), ({"due_on": TODAY + timedelta(days=400)}, Invalid),
            ({"area": "x"}, Invalid), ({"area": NEXT_DOOR}, NotFound),
        ],
    )  # fmt: skip
    def test_bad_values_are_refused(self, officer, fields, refusal):
        with pytest.raises(refusal):
            open_review(officer[1], **fields)

    def test_one_at_a_time_in_an_area(self, officer):
        make_grant(make_account(), "dispatcher")
        open_review(officer[1])
        with pytest.raises(Conflict):
            open_review(officer[1])
        assert Review.objects.count() == 1

    def test_overdue_is_said(self, officer):
        open_review(officer[1], due_on=TODAY)
        assert [line.overdue for line in queries.reviews(officer[1], today=TODAY)] == [False]
        assert [line.overdue for line in queries.reviews(officer[1], today=TODAY + timedelta(days=1))] == [True]


class TestPages:
    def test_from_opening_to_the_end(self, client, officer, clock):
        clerk = make_account(name="王范例", area=COMMUNITY)
        grant = make_grant(clerk, "grid_worker", area=COMMUNITY)
        sign_in(client, officer[0].username)
        assert "还没有复核过" in words(client.get("/desk/access/reviews/"))
        answer = client.post("/desk/access/reviews/", {"area_code": COMMUNITY, "due_on": ""})
        page = words(client.get(answer["Location"]))
        assert "王范例" in page
        assert "没有用过的记录" in page
        item = Review.objects.get().items.get(grant=grant)

        client.post(f"/desk/access/reviews/items/{item.pk}/", {"decision": "end"})

        assert "做完" in words(client.get(answer["Location"]))
        assert "做完了" in words(client.get("/desk/access/reviews/"))
        grant.refresh_from_db()
        assert grant.until is not None

    @pytest.mark.parametrize("fields", [{}, {"area_code": "1"}, {"area_code": STREET, "due_on": "x"}])
    def test_bad_input_comes_back_as_a_form(self, client, officer, clock, fields):
        sign_in(client, officer[0].username)
        assert client.post("/desk/access/reviews/", fields).status_code == 422

    def test_a_word_that_is_none_changes_nothing(self, client, officer, clock):
        make_grant(make_account(), "dispatcher")
        review = open_review(officer[1])
        sign_in(client, officer[0].username)
        item = review.items.exclude(grant__account=officer[0]).first()
        client.post(f"/desk/access/reviews/items/{item.pk}/", {"decision": "x"})
        item.refresh_from_db()
        assert item.decision == ""
        assert client.post(f"/desk/access/reviews/items/{uuid7()}/", {"decision": "keep"}).status_code == 404

    @pytest.mark.parametrize("role", ["system_admin", "auditor"])
    def test_the_other_two_read_it_and_decide_nothing(self, officer, clock, role):
        make_grant(make_account(), "dispatcher")
        review = open_review(officer[1])
        client = Client()
        other, _actor = holder(role)
        sign_in(client, other.username)
        page = words(client.get(f"/desk/access/reviews/{review.pk}/"))
        assert "还没定" in page
        assert 'value="keep"' not in page
        item = review.items.exclude(grant__account=other).first()
        client.post(f"/desk/access/reviews/items/{item.pk}/", {"decision": "end"})
        item.refresh_from_db()
        assert item.decision == ""
