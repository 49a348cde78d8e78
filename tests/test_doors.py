"""Every door, knocked at by those who may not come in: pages, operations, registers, acts that ask who it is again.

Walks the addresses themselves, so that what is added tomorrow is knocked at tomorrow. Nothing here needs a database:
whoever is turned away is turned away before anything is read.
"""

from types import SimpleNamespace
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import EmptyResultSet
from django.urls import get_resolver

from huying.access.middleware import AccessMiddleware
from huying.config.api import operations
from huying.kernel import api
from huying.kernel.actor import Actor, ActorKind, Granted, resident
from huying.kernel.refusals import NotAllowed, SignInNeeded
from huying.people.rules import Duty
from huying.registers import declared
from tests.test_architecture import walk

NOBODY = Actor(kind=ActorKind.PERSON, id=UUID(int=1))
# Where who it is has to be shown once more. Each was a decision; a new one is added here, and none goes unnoticed.
SENSITIVE = {
    "desk:callback_phone",
    "access:address", "access:ask_reset", "access:decide_item", "access:decide_reset", "access:drop_address",
    "access:forced", "access:link", "access:passkey_new_options", "access:passkeys", "access:recovery",
    "access:remove_factor", "access:totp", "access:unlink", "access:unlock", "cases:open_contact", "clients:own",
    "clients:renew", "people:decide", "people:grant", "people:hand_over", "people:let_in", "people:revoke",
    "people:step",
}  # fmt: skip
NEXT_DOOR, HERE = "990101002", "990101001"


def everything_but(duty):
    return Actor(kind=ActorKind.PERSON, id=UUID(int=2), grants=(Granted(frozenset(Duty.values) - {duty}, HERE),))


def pages(kind):
    found = {}
    for name, view in walk(get_resolver().url_patterns):
        if getattr(view, "door", (None, None))[0] == kind:
            found.setdefault(view, name)
    return [(name, view) for view, name in found.items()]


def asked(rf, method, actor, **headers):
    request = getattr(rf, method)("/somewhere/", headers=headers)
    request.actor = actor
    return request


class TestPages:
    def knocked(self, rf, view, method, actor):
        """Where a page sends somebody, or what it refuses with."""
        try:
            answer = view(asked(rf, method, actor))
        except SignInNeeded:
            return SignInNeeded
        except NotAllowed as why:
            return why.facts["duty"]
        return urlsplit(answer["Location"]).path if answer.status_code == 302 else answer.status_code

    def test_a_stranger_is_sent_to_sign_in_or_refused(self, rf):
        found = pages("staff")
        assert len(found) > 90
        for name, view in found:
            for stranger in (resident(), Actor(kind=ActorKind.CHANNEL), Actor(kind=ActorKind.IMPORT)):
                answers = [self.knocked(rf, view, method, stranger) for method in ("get", "post")]
                assert set(answers) - {405} <= {"/sign-in/", SignInNeeded}, name
                assert set(answers) != {405}, name

    def test_staff_who_hold_every_duty_but_this_one_are_refused(self, rf):
        seen = 0
        for name, view in pages("staff"):
            duty = view.door[1]
            if duty is None:
                continue
            seen += 1
            for actor in (NOBODY, everything_but(duty)):
                answers = {self.knocked(rf, view, method, actor) for method in ("get", "post")} - {405}
                assert answers == {duty}, name
        assert seen > 25


class TestOperations:
    def knocked(self, rf, monkeypatch, operation, actor):
        monkeypatch.setattr(api, "_identify", lambda request: actor)
        [door] = [one for one in operation.auth_callbacks if isinstance(one, api.Door)]
        return door(rf.get("/api/v1/"))

    def test_without_a_token_only_public_ones_open(self, rf, monkeypatch):
        for one in operations():
            if one.view_func.door[0] == "public":
                assert self.knocked(rf, monkeypatch, one, None)
                continue
            for stranger in (None, resident(), Actor(kind=ActorKind.CHANNEL)):
                with pytest.raises(SignInNeeded):
                    self.knocked(rf, monkeypatch, one, stranger)

    def test_a_token_without_the_duty_is_refused(self, rf, monkeypatch):
        for one in operations():
            kind, duty = one.view_func.door
            if kind == "public" or duty is None:
                continue
            for actor in (NOBODY, everything_but(duty)):
                with pytest.raises(NotAllowed):
                    self.knocked(rf, monkeypatch, one, actor)

    def test_a_duty_of_an_operation_is_asked_for(self, rf, monkeypatch):
        holder = Actor(kind=ActorKind.PERSON, id=UUID(int=4), grants=(Granted(frozenset({"dispatch"}), HERE),))
        door = api.Door("dispatch", public=False)
        for actor, opens in ((holder, True), (NOBODY, False), (everything_but("dispatch"), False)):
            monkeypatch.setattr(api, "_identify", lambda request, one=actor: one)
            if opens:
                assert door(rf.get("/api/v1/"))
                continue
            with pytest.raises(NotAllowed):
                door(rf.get("/api/v1/"))


class TestRegisters:
    def codes(self, register, viewer):
        """The conditions of the rows a viewer reads, as the database would be asked."""
        told = []
        for branch in register.branches(viewer):
            try:
                told.append(str(branch.query))
            except EmptyResultSet:
                continue
        return told

    def test_whoever_holds_nothing_reads_no_row(self):
        assert len(declared.REGISTERS) > 20
        for key, register in declared.REGISTERS.items():
            assert not self.codes(register, NOBODY), key
            assert not self.codes(register, resident()), key

    def test_whoever_reads_and_writes_next_door_is_asked_for_that_area_alone(self):
        for key, register in declared.REGISTERS.items():
            duties = frozenset({register.read, register.write})
            viewer = Actor(kind=ActorKind.PERSON, id=UUID(int=3), grants=(Granted(duties, NEXT_DOOR),))
            told = self.codes(register, viewer)
            assert told, key
            assert any(NEXT_DOOR in one for one in told), key
            assert not any(HERE in one for one in told), key
            assert all(" WHERE " in one for one in told), key


def test_what_is_sensitive_asks_who_it_is_again(rf):
    """A session that nobody has confirmed lately: one way or the other, every sensitive view sends it to confirm."""
    between, seen = AccessMiddleware(lambda request: None), set()
    for name, view in pages("staff"):
        if not getattr(view, "sensitive", False):
            continue
        seen.add(name)
        request = asked(rf, "post", NOBODY, accept="application/json")
        request.session, request.user = {SESSION_KEY: "1"}, SimpleNamespace(must_change_password=False)
        answer = between.process_view(request, view, (), {"kind": "talent", "verb": "open"})
        assert answer is not None, name
        assert answer.status_code == 403, name
    assert seen == SENSITIVE
