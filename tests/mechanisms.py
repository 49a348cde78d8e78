"""`@pytest.mark.mechanism("CALL-03")`: a journey that shows one mechanism working from beginning to end.

A mark is believed only if the test saw, with its own eyes:
a request through a real door after a real sign-in (through the sign-in page, not put into the session),
at least two actors in the history, at least one row of history, and a stranger who was refused.
`make mechanisms` prints what each saw: doors, roles, moves.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core.handlers.base import BaseHandler

REFUSED = (401, 403, 404)
_seeing: Evidence | None = None
_here = threading.local()


@dataclass
class Evidence:
    """What one test saw."""

    doors: list[str] = field(default_factory=list)
    signed_in: set[str] = field(default_factory=set)
    entered: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    moves: list[str] = field(default_factory=list)
    rows: int = 0

    def see(self, request: Any, status: int) -> None:
        match = getattr(request, "resolver_match", None)
        user = getattr(request, "user", None)
        who = str(user.pk) if user is not None and user.is_authenticated else ""
        if who and status in REFUSED:
            self.refused.add(who)
        if match is not None and status < 400:
            door = f"{request.method} {match.view_name}"
            if door not in self.doors:
                self.doors.append(door)
            if who in self.signed_in:
                self.entered.add(who)

    def read_history(self, after: int) -> None:
        from huying.audit.models import History
        from huying.kernel.actor import ActorKind
        from huying.people.models import RoleGrant

        # What the system did (laying the ground for the test, sweeping) shows no mechanism.
        for row in History.objects.filter(pk__gt=after).exclude(actor_kind=ActorKind.SYSTEM).order_by("pk"):
            self.rows += 1
            self.actors.add(f"{row.actor_kind} {row.actor_id or row.actor_label}")
            move = f"{row.kind}.{row.verb}"
            if move not in self.moves:
                self.moves.append(move)
        known = {one.split(" ", 1)[1] for one in self.actors if one.startswith("person ")}
        self.roles = set(RoleGrant.objects.filter(account_id__in=known).values_list("role_id", flat=True))
        self.roles |= {one.split(" ", 1)[0] for one in self.actors if not one.startswith("person ")}

    def lacks(self) -> list[str]:
        found = []
        if not self.entered:
            found.append("a request through a door after a sign-in at the sign-in page")
        if len(self.actors) < 2:
            found.append(f"two actors (it saw {len(self.actors)})")
        if not self.rows:
            found.append("a row of history")
        if not self.refused:
            found.append("a signed-in stranger who was refused")
        return found


def _signed_in(sender: Any, request: Any, user: Any, **_: Any) -> None:
    # A session made by hand has a request of its own, which no door is handling.
    if _seeing is not None and getattr(_here, "request", None) is request:
        _seeing.signed_in.add(str(user.pk))


class Mechanisms:
    """The plugin: watches doors while a marked test runs, and judges what it saw."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        answered = BaseHandler.get_response

        def watched(handler: Any, request: Any) -> Any:
            if _seeing is None:
                return answered(handler, request)
            _here.request = request
            try:
                response = answered(handler, request)
            finally:
                _here.request = None
            _seeing.see(request, response.status_code)
            return response

        BaseHandler.get_response = watched
        user_logged_in.connect(_signed_in, dispatch_uid="tests.mechanisms")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        global _seeing
        marks = [mark.args[0] for mark in item.iter_markers("mechanism")]
        if not marks:
            return (yield)
        from huying.audit.models import History

        _seeing = seen = Evidence()
        try:
            after = History.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            result = yield
            seen.read_history(after)
        finally:
            _seeing = None
        if lacks := seen.lacks():
            pytest.fail(f"{', '.join(marks)} is not shown: it did not see {'; '.join(lacks)}.", pytrace=False)
        for mark in marks:
            item.user_properties.append(
                ("mechanism", [mark, "; ".join(seen.doors), ", ".join(sorted(seen.roles)), ", ".join(seen.moves)])
            )
        return result

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        if not config.getoption("mechanisms"):
            return
        shown = sorted(
            value
            for report in terminalreporter.getreports("passed")
            for name, value in report.user_properties
            if name == "mechanism" and report.when == "call"
        )
        terminalreporter.section("mechanisms")
        for mark, doors, roles, moves in shown:
            terminalreporter.line(f"{mark}\n  doors: {doors}\n  roles: {roles}\n  moves: {moves}")
