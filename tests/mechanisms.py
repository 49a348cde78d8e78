"""`@pytest.mark.mechanism("CALL-03")`: this journey shows a mechanism of the accounts from beginning to end.

A mark is a claim, so the test is watched, and fails unless
- it lies in tests/journeys,
- a request went through a door (an address of the product) after a sign-in with name and password,
- at least two different actors moved something through doors,
- each of these moves left a history row,
- a stranger of the next sub-district, signed in the same way, was refused at an address that let others in.
What is done around the doors (calling actions, a session made by hand) counts for nothing.
`pytest --mechanisms` (`make mechanisms`) prints what was seen: id, doors, roles, moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

JOURNEYS = Path(__file__).parent / "journeys"
ID = re.compile(r"[A-Z]+-\d+")
STRANGERS = "990101002"  # the next sub-district of tests/world.py
SIGN_IN = "access:sign_in"
ABOUT_ONESELF = (
    "access:sign_in", "access:sign_out", "access:second", "access:password", "access:security", "access:confirm", "i18n:",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One history row that a request left."""

    kind: str
    verb: str
    actor_kind: str
    actor_id: str = ""


@dataclass(frozen=True)
class Knock:
    """One request at a door: which, by whom, how it was answered, what it wrote."""

    door: str
    method: str
    path: str
    status: int
    named: bool = False  # the address names an object
    account: str = ""
    area: str = ""
    truly: bool = False  # signed in with a password, in this test
    rows: tuple[Row, ...] = ()

    @property
    def let_in(self) -> bool:
        return self.status < 400

    @property
    def counts(self) -> bool:
        """A door of the product's work, opened by somebody who signed in or by a resident, who need not."""
        return bool(self.door) and not self.door.startswith(ABOUT_ONESELF) and (self.truly or not self.account)

    @property
    def strange(self) -> bool:
        return self.truly and self.area.startswith(STRANGERS)


@dataclass
class Seen:
    """What a test did at doors."""

    knocks: list[Knock] = field(default_factory=list)
    roles: dict[str, list[str]] = field(default_factory=dict)  # by account

    @property
    def rows(self) -> list[Row]:
        return [row for knock in self.knocks if knock.counts for row in knock.rows]

    @property
    def actors(self) -> set[tuple[str, str]]:
        return {(row.actor_kind, row.actor_id) for row in self.rows if row.actor_kind in ("person", "resident")}

    def refusals(self) -> list[Knock]:
        open_to_others = {one.path for one in self.knocks if one.counts and one.let_in and not one.strange}
        return [
            one
            for one in self.knocks
            if one.strange and one.counts and one.named and one.status in (403, 404) and one.path in open_to_others
        ]

    def missing(self) -> list[str]:
        """What the mark claims and the test did not show."""
        found = []
        if not any(one.counts and one.truly and one.let_in for one in self.knocks):
            found.append("no request went through a door after a sign-in with name and password")
        if not self.rows:
            found.append("no request left a history row")
        if len(self.actors) < 2:
            found.append(f"{len(self.actors)} actor(s) moved something through doors, not two")
        if not self.refusals():
            found.append("no stranger of the next sub-district was refused where others were let in")
        return found

    def table(self) -> dict[str, list[str]]:
        counted = [one for one in self.knocks if one.counts and one.let_in and not one.strange]
        roles = [role for kind, who in sorted(self.actors) if kind == "person" for role in self.roles.get(who, [])]
        if any(kind == "resident" for kind, _who in self.actors):
            roles.append("resident")
        return {
            "doors": list(dict.fromkeys(one.door for one in counted)),
            "roles": sorted(set(roles)),
            "moves": list(dict.fromkeys(f"{row.kind}.{row.verb}" for row in self.rows)),
        }


@contextmanager
def watching() -> Iterator[Seen]:
    """Everything that passes the product's doors meanwhile: the test client's requests and a live server's."""
    from django.core.handlers.base import BaseHandler

    seen, signed_in = Seen(), {}
    plain = BaseHandler.get_response

    def watched(handler: Any, request: Any) -> Any:
        before = _last_row()
        response = plain(handler, request)
        seen.knocks.append(_knock(request, response, before, signed_in))
        return response

    BaseHandler.get_response = watched
    try:
        yield seen
        _learn_roles(seen)
    finally:
        BaseHandler.get_response = plain


def _last_row() -> int:
    from huying.audit.models import History

    return History.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _knock(request: Any, response: Any, before: int, signed_in: dict[str, str]) -> Knock:
    from huying.audit.models import History

    found = getattr(request, "resolver_match", None)
    door = found.view_name if found else ""
    user = getattr(request, "user", None)
    account = str(user.pk) if user is not None and user.is_authenticated else ""
    session = getattr(request, "session", None)
    key = (session.session_key or "") if session is not None else ""
    with_password = door == SIGN_IN and request.method == "POST" and bool(request.POST.get("password"))
    if with_password and account and response.status_code == 302:
        signed_in[key] = account
    rows = History.objects.filter(pk__gt=before).order_by("pk")
    return Knock(
        door=door,
        method=request.method,
        path=request.path,
        status=response.status_code,
        named=bool(found and found.kwargs),
        account=account,
        area=getattr(user, "area_code", "") if account else "",
        truly=bool(account) and signed_in.get(key) == account,
        rows=tuple(
            Row(kind, verb, actor_kind, str(actor_id or ""))
            for kind, verb, actor_kind, actor_id in rows.values_list("kind", "verb", "actor_kind", "actor_id")
        ),
    )


def _learn_roles(seen: Seen) -> None:
    from huying.people.models import RoleGrant

    accounts = {one.account for one in seen.knocks if one.account}
    if not accounts:
        return
    for account, code in RoleGrant.objects.filter(account__in=accounts).values_list("account_id", "role__code"):
        held = seen.roles.setdefault(str(account), [])
        if code not in held:
            held.append(code)


def mark_of(item: pytest.Item) -> str:
    """The id that an item claims, or ""; a wrong mark stops the run."""
    mark = item.get_closest_marker("mechanism")
    if mark is None:
        return ""
    given = mark.args[0] if len(mark.args) == 1 else None
    if not isinstance(given, str) or not ID.fullmatch(given):
        raise pytest.UsageError(f"{item.nodeid}: a mechanism is named by one id such as CALL-03")
    if not Path(item.path).is_relative_to(JOURNEYS):
        raise pytest.UsageError(f"{item.nodeid}: only journeys (tests/journeys) may claim the mechanism {given}")
    return given


def lines(shown: list[dict[str, Any]]) -> list[str]:
    """The table: one mechanism a row, several journeys of one put together."""
    joined: dict[str, dict[str, list[str]]] = {}
    for one in sorted(shown, key=lambda one: one["id"]):
        row = joined.setdefault(one["id"], {"doors": [], "roles": [], "moves": []})
        for name, values in row.items():
            values.extend(value for value in one[name] if value not in values)
    found = ["| id | doors | roles | moves |", "|---|---|---|---|"]
    for one, row in joined.items():
        found.append(f"| {one} | {', '.join(row['doors'])} | {', '.join(row['roles'])} | {', '.join(row['moves'])} |")
    return found


class Mechanisms:
    """The plugin: refuses wrong marks, watches marked tests, judges and prints what they showed."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            mark_of(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        claimed = mark_of(item)
        if not claimed:
            return (yield)
        with watching() as seen:
            result = yield
        if missing := seen.missing():
            pytest.fail(f"{claimed} is not shown: {'; '.join(missing)}.", pytrace=False)
        item.user_properties.append(("mechanism", {"id": claimed, **seen.table()}))
        return result

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        if not config.getoption("--mechanisms"):
            return
        shown = [
            value
            for report in terminalreporter.getreports("passed")
            for name, value in report.user_properties
            if name == "mechanism" and report.when == "call"
        ]
        terminalreporter.section("mechanisms that work from beginning to end")
        for line in lines(shown):
            terminalreporter.write_line(line)
