"""A session, a token and a stream end within a minute of what took the right away."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

from prove.frame import Run
from prove.web.world import PASSWORD, Made

SECONDS = 60
OWN_CREDENTIAL = (
    "a token is a credential of its own, shown in its owner's list and revoked there; closing the account ends it"
)
KEPT: dict[tuple[str, str], str] = {
    (subject, end): OWN_CREDENTIAL
    for subject in ("token", "bearer", "feed")
    for end in ("password_changed", "factors_reset", "sign_in_ended")
}
"""What is meant to live on, and why."""
_numbers = itertools.count(1)


class Subject:
    """One fresh person of the desk with a session, tokens and what can be ended."""

    def __init__(self, made: Made) -> None:
        from huying.access.models import SignIn
        from huying.clients import auth
        from huying.clients.actions import make_client
        from huying.kernel.actor import system
        from huying.people import actions as people
        from huying.people.queries import actor_for
        from tests.world import STREET

        self.made, self.now = made, made.now
        name = f"w-mortal-{next(_numbers)}"
        self.account = people.create_account(
            username=name, name="李示例", area_code=STREET, password=PASSWORD, must_change_password=False,
            actor=system(), now=made.now,
        )  # fmt: skip
        self.grant = people.grant_role(
            account_id=self.account.pk, role_code="dispatcher", area_code=STREET, actor=system(), now=made.now
        )
        self.client = made.fresh()
        self.client.handler.enforce_csrf_checks = False
        answer = self.client.post("/sign-in/", {"username": name, "password": PASSWORD})
        assert answer.status_code == 302, answer.status_code
        self.key = self.client.session.session_key
        self.sign_in = SignIn.objects.get(account=self.account)
        actor = actor_for(self.account, made.now)
        values: dict[str, Any] = {"duties": ["read", "dispatch"], "days": 30, "actor": actor, "now": made.now}
        self.token = make_client(kind="personal", name="甲", **values).token
        program = make_client(kind="program", name="乙", **values)
        self.bearer, _seconds = auth.bearer_for(program.client, made.now)
        self.case = made.values["case_id"]

    def alive(self, subject: str) -> bool:
        """Whether it still opens what its person could open."""
        if subject == "page":
            return bool(self.client.get(f"/desk/cases/{self.case}/").status_code == 200)
        token = self.token if subject == "token" else self.bearer
        answer = self.made.fresh().get(f"/api/v1/cases/{self.case}", HTTP_AUTHORIZATION=f"Bearer {token}")
        return bool(answer.status_code == 200)


def _grant_ended(one: Subject) -> None:
    from huying.kernel.actor import system
    from huying.people import actions as people

    people.revoke_role(grant_id=one.grant.pk, actor=system(), now=one.now)


def _account_closed(one: Subject) -> None:
    from huying.kernel.actor import system
    from huying.people import actions as people

    people.close_account(account_id=one.account.pk, actor=system(), now=one.now)


def _password_changed(one: Subject) -> None:
    from huying.people import actions as people
    from huying.people.queries import actor_for

    people.change_password(
        account_id=one.account.pk, password="another-pass-4567", actor=actor_for(one.account, one.now), now=one.now
    )


def _factors_reset(one: Subject) -> None:
    from huying.access import actions
    from huying.people.queries import actor_for

    officer = actor_for(one.made.accounts["security_officer"], one.now)
    row = actions.ask_reset(account_id=one.account.pk, reason="手机丢了，已当面核对本人。", actor=officer, now=one.now)
    if row.state == "asked":
        second = actor_for(one.made.accounts["auditor"], one.now)
        actions.decide_reset(reset_id=row.pk, granted=True, actor=second, now=one.now)


def _sign_in_ended(one: Subject) -> None:
    from huying.access import actions
    from huying.people.queries import actor_for

    actions.end_sign_in(sign_in_id=one.sign_in.pk, actor=actor_for(one.account, one.now), now=one.now)


ENDS: dict[str, Callable[[Subject], None]] = {
    "grant_ended": _grant_ended, "account_closed": _account_closed, "password_changed": _password_changed,
    "factors_reset": _factors_reset, "sign_in_ended": _sign_in_ended,
}  # fmt: skip
SUBJECTS = ("page", "token", "bearer", "live", "feed")


def death(run: Run, made: Made, rng: random.Random, subject: str, end: str) -> None:
    one = Subject(made)
    if subject in ("live", "feed"):
        _stream(run, one, subject, end)
    else:
        if not one.alive(subject):
            run.find("it did not live before", subject=subject)
        ENDS[end](one)
        with mock.patch("django.utils.timezone.now", return_value=made.now + timedelta(seconds=SECONDS - 1)):
            lives = one.alive(subject)
        if lives and (subject, end) not in KEPT:
            run.find("it outlives what took the right away", subject=subject, end=end)
    run.count("deaths")


def _stream(run: Run, one: Subject, subject: str, end: str) -> None:
    """The real stream, with its clock made faster; and that its own clock is quick enough."""
    from huying.channels import feed, stream

    module = stream if subject == "live" else feed
    if module.CHECK_SECONDS + module.HEARTBEAT_SECONDS > SECONDS:
        run.find("an open stream looks too rarely who is there", subject=subject, seconds=module.CHECK_SECONDS)
    with (
        mock.patch.multiple(module, CHECK_SECONDS=0.05, HEARTBEAT_SECONDS=0.1),
        mock.patch.object(feed, "ASK_SECONDS", 0.1),
    ):
        ended, duties = asyncio.run(_watch(one, subject, end))
    if not ended and duties and (subject, end) not in KEPT:
        run.find("a stream outlives what took the right away", subject=subject, end=end)


async def _watch(one: Subject, subject: str, end: str) -> tuple[bool, bool]:
    """Whether the stream ended, and whether its person still has duties."""
    from asgiref.sync import sync_to_async
    from django.conf import settings
    from django.db import connections

    from huying.channels import feed
    from huying.channels.stream import Hub, LiveStream

    class Deaf(Hub):
        async def _listen(self) -> None:
            await asyncio.sleep(3600)

        async def ready(self) -> None:
            """Nobody notices anything here: what counts is that the stream looks again by itself."""

    hub, heard, begun = Deaf(lambda: ""), [], asyncio.Event()
    headers = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={one.key}".encode())]
    if subject == "feed":
        headers = [(b"authorization", f"Bearer {one.token}".encode()), (b"accept", b"text/event-stream")]
    app: Any = LiveStream(hub, settings.SESSION_COOKIE_NAME) if subject == "live" else feed.EventStream(hub)
    scope = {"type": "http", "method": "GET", "path": "/live/", "query_string": b"", "headers": headers}

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        heard.append(message)
        if message["type"] == "http.response.body":
            begun.set()

    def act() -> None:
        try:
            ENDS[end](one)
        finally:
            connections.close_all()

    served = asyncio.ensure_future(app(scope, receive, send))
    try:
        await asyncio.wait_for(begun.wait(), 5)
        assert heard[0]["status"] == 200, heard[0]
        await sync_to_async(act, thread_sensitive=False)()
        done, _rest = await asyncio.wait({served}, timeout=1.2)
        duties = any(other.actor.grants for other in hub.streams)
        return bool(done), duties
    finally:
        served.cancel()
        await asyncio.gather(served, return_exceptions=True)
