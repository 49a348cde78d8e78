"""The small street inside this process: its people with browsers and tokens, and requests that leave nothing behind.

Used by the provers that throw input at doors. Each request runs in a savepoint that is rolled back (with what it
wanted done after its commit done first), so that the millionth sees the same street as the first.
"""

from __future__ import annotations

import io
import itertools
import logging
import shutil
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

from prove import bench
from prove.frame import Run

BACKEND = "django.contrib.auth.backends.ModelBackend"
STRONGEST = "strongest"
NOBODY = "nobody"
ROLES = (
    NOBODY, "clerk", "dispatcher", "reviewer", "caller", "head", "leader", "secretary", "grid_worker", "building_head",
    "keeper", "handler", "next_dispatcher", "security_officer", "auditor",
)  # fmt: skip
"""The others: each kind of duty once, a stranger of the next street, and somebody without any account."""


@dataclass
class Answer:
    """What came back: the response, and the fault behind it where there was one."""

    status: int
    headers: Any
    content: bytes
    fault: str = ""
    refused_late: str = ""
    """A value that only the database refused: the door should have."""
    response: Any = None

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    @property
    def kind(self) -> str:
        return str(self.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


class _Late(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage() + (": " + str(record.exc_info[1])[:200] if record.exc_info else "")


@dataclass
class Street:
    """The world, its doors, and what addresses may name."""

    world: Any
    now: Any
    folder: Path
    bench: Any
    stack: ExitStack
    accounts: dict[str, Any] = field(default_factory=dict)
    browsers: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    pools: dict[str, list[Any]] = field(default_factory=dict)
    late: _Late = field(default_factory=_Late)
    faults: list[BaseException] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def browser(self, who: str) -> Any:
        """A browser of this person; of nobody a fresh one each time."""
        from django.test import Client

        if who == NOBODY:
            return Client(raise_request_exception=False)
        if who not in self.browsers:
            from huying.access.doors import CONFIRMED

            one = Client(raise_request_exception=False)
            one.force_login(self.accounts[who], backend=BACKEND)
            session = one.session
            session[CONFIRMED] = int(self.now.timestamp())
            session.save()
            self.browsers[who] = one
        return self.browsers[who]

    def token(self, who: str) -> str:
        """A personal token with all that this person may do."""
        if who == NOBODY:
            return ""
        if who not in self.tokens:
            from huying.clients.actions import make_client
            from huying.people.queries import actor_for

            actor = actor_for(self.accounts[who], self.now)
            duties = sorted({duty for grant in actor.grants for duty in grant.duties})
            shown = make_client(kind="personal", name="试用程序", duties=duties, days=30, actor=actor, now=self.now)
            self.tokens[who] = shown.token
        return self.tokens[who]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens within leaves no row behind; what waited for the commit is done before."""
        from django.core.cache import cache
        from django.db import connection, transaction

        with transaction.atomic():
            mark = len(connection.run_on_commit)
            point = transaction.savepoint()
            try:
                yield
                while len(connection.run_on_commit) > mark:
                    _sids, act, robust = connection.run_on_commit.pop(mark)
                    act()
            finally:
                del connection.run_on_commit[mark:]
                # A fault outside any savepoint leaves the transaction broken; that is part of what is undone.
                connection.needs_rollback = False
                transaction.savepoint_rollback(point)
                cache.clear()

    def ask(self, who: str, method: str, path: str, body: bytes = b"", **options: Any) -> Answer:
        """One request as it comes over the wire, followed by nothing. `browser=` speaks with another one's cookies."""
        browser = options.pop("browser", None) or self.browser(who)
        self.faults.clear()
        self.late.said = ""
        try:
            response = browser.generic(method, path, body, **options)
            content = b"".join(response.streaming_content) if response.streaming else response.content
        except Exception as why:
            self.faults.append(why)
            return Answer(599, {}, b"", _told(why), self.late.said)
        fault = _told(self.faults[-1]) if self.faults and response.status_code >= 500 else ""
        return Answer(response.status_code, response.headers, content, fault, self.late.said, response)

    def api(self, who: str, method: str, path: str, body: bytes = b"", **options: Any) -> Answer:
        """One request of a program; a write has a new key unless one is given."""
        if token := self.token(who):
            options.setdefault("HTTP_AUTHORIZATION", f"Bearer {token}")
        if method != "GET":
            options.setdefault("HTTP_IDEMPOTENCY_KEY", f"prove-key-{next(self.numbers)}")
        options.setdefault("HTTP_ACCEPT", "application/json")
        return self.ask(NOBODY, method, path, body, **options)

    def fill_pools(self) -> None:
        """What addresses may name: the keys of every row by the model's name, and words of the tables."""
        from django.apps import apps

        from huying.cases.forms import MOVES
        from huying.matters.models import CatalogueVersion, MatterType
        from huying.places.models import Area
        from huying.registers.declared import REGISTERS

        every: list[Any] = []
        for model in apps.get_models():
            if model.__module__.startswith("huying.") and model._meta.pk.get_internal_type() == "UUIDField":
                keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True)[:40])
                self.pools[model._meta.model_name] = [str(one) for one in keys]
                every += keys[:5]
        self.pools |= {
            "*": [str(one) for one in every],
            "key": sorted(REGISTERS),
            "verb": sorted(MOVES),
            "code": [
                *Area.objects.values_list("code", flat=True),
                *MatterType.objects.values_list("code", flat=True)[:9],
            ],
            "number": [str(one) for one in CatalogueVersion.objects.values_list("number", flat=True)],
            "year": ["2026", "2027"],
            "channel": ["sms", "email", "page"],
            "language": ["zh-hans", "en"],
        }

    def named(self, name: str, rng: Any) -> str:
        """Something that a part of an address of this name may stand for."""
        plain = name.removesuffix("_id").replace("_", "")
        found = self.pools.get(name) or self.pools.get(plain)
        if not found:
            near = [keys for model, keys in self.pools.items() if keys and (plain in model or model in plain)]
            found = rng.choice(near) if near and plain not in ("pk", "row") else self.pools["*"]
        return str(rng.choice(found)) if found else str(uuid4())


def _told(why: BaseException) -> str:
    at = traceback.extract_tb(why.__traceback__)
    ours = [one for one in at if "/huying/" in one.filename] or list(at)
    where = f" at {ours[-1].filename.rpartition('/huying/')[2]}:{ours[-1].lineno}" if ours else ""
    return f"{type(why).__name__}: {str(why)[:200]}{where}"


@contextmanager
def street(run: Run, *, day: bool = False, rows: bool = True) -> Iterator[Street]:
    """The street on a database of its own, at a fixed time, with files in the run's folder."""
    with ExitStack() as stack:
        kept = stack.enter_context(bench.database())
        from django.conf import settings
        from django.core.signals import got_request_exception, request_finished, request_started
        from django.db import close_old_connections
        from django.test import override_settings

        folder = run.folder / "data"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        stack.enter_context(
            override_settings(
                DATA=folder, RATE=0, ALLOWED_HOSTS=["*"],
                NOTICES={**settings.NOTICES, "email": f"file:{folder / 'mail'}"},
            )
        )  # fmt: skip
        if day:
            from tests.browser.desk_world import HERE as now
            from tests.browser.desk_world import build_day

            world = build_day()
        else:
            from tests.world import NOW as now
            from tests.world import build_world

            world = build_world()
        stack.enter_context(mock.patch("django.utils.timezone.now", return_value=now))
        one = Street(world, now, folder, kept, stack)
        one.accounts = dict(world.accounts)
        one.accounts |= _staff(world, now)
        logger = logging.getLogger("huying.kernel.problems")
        logger.addHandler(one.late)
        logger.propagate = False
        logging.getLogger("django.request").setLevel(logging.CRITICAL)
        logging.getLogger("django.security").setLevel(logging.CRITICAL)
        stack.callback(logger.removeHandler, one.late)

        def seen(sender: Any, request: Any = None, **_more: Any) -> None:
            import sys

            why = sys.exc_info()[1]
            if why is not None:
                one.faults.append(why)

        # The end of a request must not close the connection that everything of this run stands on.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
            stack.callback(signal.connect, close_old_connections)
        got_request_exception.connect(seen, weak=False, dispatch_uid="prove")
        stack.callback(got_request_exception.disconnect, seen, dispatch_uid="prove")
        if rows:
            furnish(one)
        one.fill_pools()
        yield one


def _staff(world: Any, now: Any) -> dict[str, Any]:
    """Somebody who holds every role that one person may hold, and one each for those that must stand apart."""
    from huying.kernel.actor import system
    from huying.kernel.refusals import NotAllowed
    from huying.people import actions as people
    from huying.people.roles import ROLES as SHIPPED
    from tests.world import STREET

    def account(name: str) -> Any:
        return people.create_account(
            username=f"prove-{name}", name="李示例", area_code=STREET, password="green-kite-lantern-7",
            must_change_password=False, actor=system(), now=now,
        )  # fmt: skip

    def grant(who: Any, role: Any) -> None:
        people.grant_role(
            account_id=who.pk, role_code=role.code, area_code=STREET,
            unit_id=world.units["sanitation"].pk if role.for_unit else None, actor=system(), now=now,
        )  # fmt: skip

    found = {STRONGEST: account(STRONGEST)}
    people.appoint(
        account_id=found[STRONGEST].pk, organisation_id=world.units["sanitation"].pk, post="handler", since=now,
        actor=system(), now=now,
    )  # fmt: skip
    for role in SHIPPED:
        try:
            grant(found[STRONGEST], role)
        except NotAllowed:
            found[role.code] = account(role.code)
            grant(found[role.code], role)
    return found


def furnish(one: Street) -> None:
    """Some of what addresses name: calls in several states, a photo, notices in public, a draft of the catalogue."""
    from huying.cases import actions as cases
    from huying.kernel.actor import resident
    from huying.kernel.ids import uuid7
    from huying.matters import actions as matters
    from huying.notices import actions as notices
    from huying.notices.actions.public import Paper
    from huying.people.queries import actor_for
    from tests.browser.desk_world import photo
    from tests.world import BANYAN, STREET

    world, now = one.world, one.now
    boss = actor_for(one.accounts[STRONGEST], now)
    one.made = SimpleNamespace()  # type: ignore[attr-defined]
    waiting = world.call(now=now, images=[photo()])
    world.call(now=now, words="路灯不亮，晚上看不见路。")
    handed = world.call(now=now, words="榕树路口的沙井冒水。")
    cases.register_file_dispatch(
        handed.case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", grade="ordinary",
        instruction="先看现场。", actor=world.dispatcher, now=now,
    )  # fmt: skip
    cases.sign_in_order(handed.case.pk, actor=world.handler, now=now)
    papers = [
        notices.draft_public(
            paper=Paper("plan", title, "拟在北门加装六个充电桩。", BANYAN, "榕树社区居委会", 15),
            actor=world.head,
            now=now,
        )
        for title in ("北门加装充电桩的方案", "五月收支")
    ]
    notices.ask_public(public_id=papers[0].pk, actor=world.head, now=now)
    notices.decide_public(public_id=papers[0].pk, granted=True, actor=world.leader, now=now)
    notices.object_to_public(public_id=papers[0].pk, words="离三号楼太近。", key=uuid7(), actor=resident(), now=now)
    matters.make_draft(area_code=STREET, actor=boss, now=now)
    one.made.waiting, one.made.handed, one.made.paper = waiting, handed, papers[0]  # type: ignore[attr-defined]


def png(width: int = 64, height: int = 48) -> bytes:
    """A small picture that is in order."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), (120, 140, 160)).save(out, "PNG")
    return out.getvalue()


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
