import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from huying.kernel.actor import ActorKind, system
from huying.kernel.doors import actor_of
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.people import actions, middleware
from huying.people.rules import Duty
from tests.people.factories import NEXT_DOOR, NOW, STREET, admin_of, make_account, make_grant, person

pytestmark = pytest.mark.django_db


class TestMiddleware:
    def request(self, account=None):
        seen = {}

        def page(request):
            seen["actor"] = actor_of(request)

        request = RequestFactory().get("/desk/")
        request.session = SessionStore()
        if account is not None:
            request.session["_auth_user_id"] = str(account.pk)
            request.user = account
        middleware.ActorMiddleware(page)(request)
        return seen["actor"]

    def test_a_visitor_is_a_resident_and_costs_no_statement(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert self.request().kind == ActorKind.RESIDENT

    def test_a_signed_in_person_is_the_actor(self):
        account = make_account()
        make_grant(account, "dispatcher")
        actor = self.request(account)
        assert (actor.kind, actor.id) == (ActorKind.PERSON, account.pk)
        assert actor.may(Duty.DISPATCH, STREET)


class TestCreateAccount:
    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"username": "a b"}, "username"),
            ({"username": "x"}, "username"),
            ({"username": "a\u202eb"}, "username"),
            ({"name": ""}, "name"),
            ({"password": "short"}, "password"),
            ({"password": "shili12345", "username": "shili12345"}, "password"),
            ({"area_code": "12345"}, "area_code"),
        ],
    )
    def test_bad_values_are_named(self, fields, named):
        with pytest.raises(Invalid) as why:
            make_account(**fields)
        assert list(why.value.errors) == [named]

    def test_one_name_once(self):
        make_account(username="shili")
        with pytest.raises(Invalid):
            make_account(username="ｓｈｉｌｉ")

    def test_only_by_an_administrator_of_the_area(self):
        make_account(actor=admin_of(STREET))
        with pytest.raises(NotFound):
            make_account(actor=admin_of(NEXT_DOOR))
        with pytest.raises(NotAllowed):
            make_account(actor=person(Duty.READ))

    def test_without_a_password_nobody_signs_in_with_one(self):
        account = make_account()
        assert not account.has_usable_password()
        assert not account.check_password("")

    def test_nobody_closes_the_own_account(self):
        account = make_account()
        with pytest.raises(NotAllowed):
            actions.close_account(account_id=account.pk, actor=person(Duty.ADMIN_PEOPLE, id=account.pk), now=NOW)
        with pytest.raises(NotFound):
            actions.close_account(account_id=uuid7(), actor=system(), now=NOW)
