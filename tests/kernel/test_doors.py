"""Doors: who may knock, and how a refusal comes back into the form."""

import pytest
from django import forms
from django.http import HttpResponse

from huying.kernel.actor import Actor, ActorKind, Granted, resident
from huying.kernel.doors import actor_of, attempt, now_of, public, staff
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound, SignInNeeded

DISPATCHER = Actor(kind=ActorKind.PERSON, grants=(Granted(frozenset({"dispatch"}), "990101001"),))


@staff(duty="dispatch")
def desk(request):
    return HttpResponse("desk")


@staff()
def any_desk(request):
    return HttpResponse("desk")


def asked(rf, method="get", actor=None, **headers):
    request = getattr(rf, method)("/desk/?page=2", headers=headers)
    if actor is not None:
        request.actor = actor
    return request


class TestStaff:
    def test_a_holder_of_the_duty_comes_in(self, rf):
        assert desk(asked(rf, actor=DISPATCHER)).content == b"desk"

    def test_staff_without_the_duty_are_refused(self, rf):
        with pytest.raises(NotAllowed):
            desk(asked(rf, actor=Actor(kind=ActorKind.PERSON)))
        assert any_desk(asked(rf, actor=Actor(kind=ActorKind.PERSON))).content == b"desk"

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_a_stranger_is_sent_to_sign_in_and_back(self, rf, method):
        answer = desk(asked(rf, method))
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/desk/%3Fpage%3D2")

    @pytest.mark.parametrize(
        ("method", "headers"),
        [("post", {}), ("get", {"Accept": "application/json"}), ("get", {"Accept": "text/event-stream"})],
    )
    def test_a_stranger_who_sends_or_is_a_program_is_refused(self, rf, method, headers):
        with pytest.raises(SignInNeeded):
            desk(asked(rf, method, **headers))

    def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(self, rf):
        headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/cases/?state=filed"}
        answer = desk(asked(rf, **headers))
        assert answer["HX-Redirect"] == "/sign-in/?next=/desk/cases/%3Fstate%3Dfiled"

    @pytest.mark.parametrize(
        ("where", "back"),
        [
            ("", "/"),
            ("nonsense", "/"),
            ("javascript:x", "/"),
            ("http://a//evil.example", "/"),
            ("//evil.example/x", "/x"),
            ("http://[", "/"),
        ],
    )
    def test_an_odd_address_of_the_page_leads_nowhere_else(self, rf, where, back):
        answer = desk(asked(rf, **{"HX-Request": "true", "HX-Current-URL": where}))
        assert answer["HX-Redirect"] == f"/sign-in/?next={back}"

    def test_a_resident_is_no_staff(self, rf):
        with pytest.raises(SignInNeeded):
            desk(asked(rf, "post", actor=resident()))

    def test_each_door_says_what_it_is(self):
        assert desk.door == ("staff", "dispatch")
        assert public(lambda request: None).door == ("public", None)


class Form(forms.Form):
    words = forms.CharField()


def refusing(why):
    def act():
        raise why

    return act


class TestAttempt:
    @pytest.fixture
    def form(self):
        form = Form({"words": "路灯不亮"})
        assert form.is_valid()
        return form

    def test_what_the_act_gives_is_given(self, form):
        assert attempt(form, lambda: 5) == 5
        assert form.is_valid()

    def test_bad_input_is_said_at_its_field_and_the_words_stay(self, form):
        attempt(form, refusing(Invalid({"words": ["太短。"], "place": ["没有地点。"]})))
        assert form.errors == {"words": ["太短。"], "__all__": ["没有地点。"]}
        assert "路灯不亮" in str(form["words"])

    @pytest.mark.parametrize("why", [Conflict(), NotAllowed(), Invalid({}), Invalid({"words": []}), Invalid("不行。")])
    def test_every_other_refusal_is_an_error_of_the_form(self, form, why):
        assert attempt(form, refusing(why)) is None
        assert len(form.non_field_errors()) == 1

    @pytest.mark.parametrize("why", [NotFound(), SignInNeeded()])
    def test_what_does_not_exist_for_the_viewer_is_no_forms_matter(self, form, why):
        with pytest.raises(type(why)):
            attempt(form, refusing(why))


def test_without_the_middleware_a_visitor_is_a_nameless_resident(rf):
    assert actor_of(rf.get("/")) == resident()


def test_a_request_has_one_time(rf):
    request = rf.get("/")
    assert now_of(request) is now_of(request)
