"""Every kind of write and how it is done once: operations of the API, forms with a key, acts, keyed actions.

What kinds there are is read from the OpenAPI description, the desk's table of moves, the form classes and the
signatures of the actions; what cannot be made from a table here is told as undeclared.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import json
import pkgutil
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F
from django.test import Client as Browser

import huying
from huying.cases import actions as a
from huying.cases.actions import Act, NewReport, confiding, emergencies, errands, excluding, tickets, whistling
from huying.cases.casefile import subject_of
from huying.cases.codes import arrival_code, code_of
from huying.cases.forms import MOVES, MoveForm
from huying.cases.models import Case, Emergency, Source, SourceStep, Ticket, TreeRun
from huying.cases.rules import Channel
from huying.cases.rules.tickets import Row
from huying.channels import actions as hooks
from huying.channels.models import Delivery
from huying.clients.actions import make_client
from huying.clients.models import Client
from huying.config import api
from huying.desk import actions as keeping
from huying.desk import models as desk
from huying.kernel.actor import resident
from huying.kernel.ids import uuid7
from huying.kernel.refusals import KeyReused, Refusal
from huying.matters.actions import sets as limits
from huying.matters.actions.knowledge import write_knowledge
from huying.matters.models import LimitSwitch
from huying.notices.actions import public as notices
from huying.notices.models import PublicNotice
from huying.places import actions as places
from huying.portal import actions as portal
from huying.registers import actions as registers
from huying.registers.declared import get
from prove.dup import gathered, hot, outside, rules, together
from prove.race.stage import RACE, Scene, Stage, Try, names
from tests.files.pictures import photo
from tests.world import BANYAN, GRID, OTHER_GRID, STREET, middle

BACKEND = "django.contrib.auth.backends.ModelBackend"
WORDS = "榕树路口的路灯不亮了，请来看看。"
ASKED = ("suggest_triage",)  # write nothing: words are sent in a body so that no address holds them
_numbers = itertools.count()
SPAN = (
    "received", "decline_asked", "finder", "verifying", "triaged", "filed", "returned_twice", "offered", "accepted",
    "ready", "return_asked", "reviewing", "signed", "checking", "unsolved", "calling_back", "closed", "answered",
    "merged_received", "extension_asked", "hold_asked", "held", "supervised_in_hand", "reported_in_hand",
    "question_asked", "just_sent", "staged", "second_round", "received+void",
)  # fmt: skip
"""Situations that together make every act legal for somebody."""


_CAME = ("arrive_whistle", "finish_part")
WHISTLED: dict[str, tuple[str, ...]] = {
    "ask_whistle": (), "decide_whistle": (), "cancel_whistle": (), "object_to_whistle": (), "answer_whistle": (),
    "arrive_whistle": (), "decide_objection": ("object_to_whistle",), "finish_part": ("arrive_whistle",),
    "end_whistle": _CAME, "rate_unit": (*_CAME, "end_whistle"), "rate_caller": (*_CAME, "end_whistle"),
}  # fmt: skip
"""Keyed acts on whistles, and what goes before each."""
TICKETED: dict[str, tuple[str, ...]] = {
    "send_up": (), "note_number": ("send_up",), "reply_from_above": ("send_up",), "ask_upper": (),
    "answer_ask": ("ask_upper",), "fill_closing": (), "do_step": (), "send_answer": ("answer", "fill_closing"),
    "record_result": ("answer", "fill_closing", "send_answer"),
}  # fmt: skip
"""Keyed acts on tickets, and what goes before each."""
BESIDE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ask_exclusion": ("closed", "handler", {"kind": "untrue", "reason": "没有看到。", "evidence": "两人到场。"}),
    "decide_exclusion": ("closed", "head", {"granted": "yes", "words": "看过证据。"}),
    "council": ("returned_twice", "dispatcher", {"minutes": "两家都到了现场。", "decided_id": ""}),
    "ask_confidential": ("received", "clerk", {"reason": "写了孩子的事。"}),
    "decide_confidential": ("received", "leader", {"granted": "yes", "words": "同意。"}),
}
"""Moves outside the table: the situation, who makes them, and the values of their forms."""


@dataclass(frozen=True)
class Answer:
    """What a sender was told: the status, and what of the answer must be the same for all."""

    status: int
    content: str

    @property
    def good(self) -> bool:
        return self.status in (200, 201, 204, 302)

    @property
    def refused(self) -> bool:
        return self.status == 422


@dataclass(frozen=True)
class Write:
    """One write under one key, and another body under the same key where it has a body."""

    same: Callable[[], Answer]
    other: Callable[[], Answer] | None = None


@dataclass(frozen=True)
class Kind:
    name: str
    door: str
    make: Callable[[], Write]


def _address() -> str:
    """Another one each time: too much from one neighbourhood is refused."""
    number = next(_numbers)
    return f"10.{number >> 8 & 255}.{number & 255}.7"


class Kinds:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.tokens: dict[str, str] = {}
        self.cookies: dict[str, Any] = {}
        self.every: dict[str, Kind] = {}
        self.missing: list[tuple[str, dict[str, Any]]] = []
        self._where: dict[str, tuple[str, Try]] = {}
        acts = {name for name, one in inspect.getmembers(a) if isinstance(one, Act)}
        for name in [*SPAN, *(one for one in names() if one not in SPAN)]:
            for one in stage.legal(name):
                self._where.setdefault(one.act, (name, one))
                if one.who in stage.world.people:
                    self._where.setdefault(f"{one.act} by staff", (name, one))
            if name == SPAN[-1] and acts <= set(self._where):
                break  # these few situations make every act there is; others are asked only for a new one
        self._acts()
        self._operations()
        self._forms()
        self._actions()

    def undeclared(self) -> list[tuple[str, dict[str, Any]]]:
        return self.missing

    def _add(self, name: str, door: str, make: Callable[[], Write]) -> None:
        self.every[name] = Kind(name, door, make)

    # acts

    def _acts(self) -> None:
        for name, act in inspect.getmembers(a):
            if not isinstance(act, Act):
                continue
            if name not in self._where:
                self.missing.append(("undeclared act", {"act": name}))
                continue
            self._add(f"act:{name}", "act", lambda name=name: self._act(name))  # type: ignore[misc]

    def scene(self, act: str) -> tuple[Scene, Try]:
        situation, one = self._where[act]
        scene = self.stage.scene(situation)
        self.stage.write()
        return scene, one

    def _act(self, name: str) -> Write:
        scene, one = self.scene(name)
        given = self.given(scene, one)
        key, actor, act = uuid7(), self.stage.actor(scene, one.who), getattr(a, name)

        def same() -> Answer:
            return _told(lambda: act.once(key, scene.case.pk, **given, actor=actor, now=RACE))

        def other() -> Answer:
            changed = {**given, **_changed(given)}
            return _told(lambda: act.once(key, scene.case.pk, **changed, actor=actor, now=RACE))

        return Write(same, other if _changed(given) else None)

    def given(self, scene: Scene, one: Try) -> dict[str, Any]:
        """Arguments with which the act is legal here, the same each time."""
        docket, actor = scene.docket, self.stage.actor(scene, one.who)
        frozen = self.stage.freeze(docket, scene.other)
        for seed in range(3):
            given = self.stage.given(scene, one, random.Random(seed))
            try:
                self.stage.step(one.act)(self.stage.thaw(frozen), **given, actor=actor, now=RACE)
            except Refusal:
                continue
            return given
        return given

    # programs and browsers

    def token(self, who: str) -> str:
        if who not in self.tokens:
            actor = self.stage.world.people[who]
            duties = sorted({duty for grant in actor.grants for duty in grant.duties})
            made = make_client(kind="personal", name="试用程序", duties=duties, days=30, actor=actor, now=RACE)
            self.tokens[who] = made.token
        return self.tokens[who]

    def client_of(self, who: str) -> Client:
        self.token(who)
        return Client.objects.get(owner=self.stage.world.accounts[who])

    def ask(self, who: str, method: str, path: str, body: Any, key: str, **options: Any) -> Answer:
        headers = {"HTTP_ACCEPT": "application/json", "HTTP_IDEMPOTENCY_KEY": key}
        if who:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {self.token(who)}"
        browser = Browser(raise_request_exception=False)
        if body is not None:
            options = {"data": json.dumps(body, cls=DjangoJSONEncoder), "content_type": "application/json", **options}
        found = browser.generic(method, f"/api/v1{path}", **options, **headers)
        return Answer(found.status_code, found.content.decode())

    def browser(self, who: str) -> Browser:
        """A browser of this person; many share one session, as tabs do."""
        found = Browser(raise_request_exception=False)
        if who not in self.cookies:
            found.force_login(self.stage.world.accounts[who], backend=BACKEND)
            self.cookies[who] = found.cookies["sessionid"].value if "sessionid" in found.cookies else found.cookies
        if isinstance(self.cookies[who], str):
            found.cookies["sessionid"] = self.cookies[who]
        else:
            found.cookies = self.cookies[who]
        return found

    def post(self, who: str, path: str, data: dict[str, Any]) -> Answer:
        files = {name: one for name, one in data.items() if isinstance(one, SimpleUploadedFile)}
        # Each sender reads its own: a file that was read once is empty for the next.
        fresh = {name: SimpleUploadedFile(str(one.name), photo()) for name, one in files.items()}
        return _page(self.browser(who).post(path, {**data, **fresh}))

    def sending(self, who: str, method: str, path: str, body: Any, other: Any) -> Write:
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        self.token(who) if who else None
        return Write(lambda: self.ask(who, method, path, body, key), lambda: self.ask(who, method, path, other, key))

    # operations

    def _operations(self) -> None:
        makers: dict[str, Callable[[], Write]] = {
            "create_report": self._report,
            "create_webhook": self._webhook,
            "stop_webhook": self._stop_webhook,
            "replay_delivery": self._replay,
            "create_row": self._create_row,
            "change_row": self._change_row,
            "end_row": self._end_row,
            "upload_file": self._upload,
            "switch_limits": self._switch_limits,
            "end_limit_switch": self._end_switch,
            "create_filter": self._create_filter,
            "remove_filter": self._remove_filter,
            "leave_shift": self._leave_shift,
            "take_shift": self._take_shift,
            "ask_whistle": self._ask_whistle,
            "make_whistle_move": self._whistle_move,
            "declare_emergency": self._declare,
            "end_emergency": self._end_emergency,
            "report_hazard": self._hazard,
            "answer_call_tree": self._answer_tree,
            "push_ticket": self._push_ticket,
            "make_ticket_move": self._ticket_move,
            "send_case_up": self._send_up,
            **gathered.operations(self),
            **together.operations(self),
            **rules.operations(self),
            **hot.operations(self),
        }
        declared = set()
        for path, methods in api.openapi()["paths"].items():
            for method, one in methods.items():
                if method.upper() != "GET":
                    declared.add(one["operationId"])
                    if one["operationId"] not in {*makers, "make_move", *ASKED}:
                        self.missing.append(("undeclared operation", {"operation": f"{method} {path}"}))
        for name, make in makers.items():
            if name in declared:
                self._add(f"api:{name}", "api", make)
        self._add("api:create_report as a resident", "api", self._public_report)
        for name in MOVES:
            acts = acts_of(name)
            if name not in BESIDE and not any(f"{act} by staff" in self._where for act in acts):
                self.missing.append(("undeclared move", {"move": name}))
                continue
            self._add(f"api:make_move {name}", "api", lambda name=name: self._move(name))  # type: ignore[misc]
            self._add(f"form:move {name}", "form", lambda name=name: self._desk_move(name))  # type: ignore[misc]

    def _report(self) -> Write:
        lng, lat = middle(GRID)
        body = {"words": WORDS, "area_code": STREET, "lng": lng, "lat": lat, "channel": "hotline"}
        return self.sending("clerk", "POST", "/reports", body, {**body, "words": "另一件事：井盖松了。"})

    def _public_report(self) -> Write:
        from huying.portal.models import Tries

        Tries.objects.all().delete()
        lng, lat = middle(GRID)
        body = {"words": WORDS, "area_code": STREET, "lng": lng, "lat": lat, "id": str(uuid7())}
        return self.sending("", "POST", "/reports", body, {**body, "words": "另一件事：井盖松了。"})

    def _webhook(self) -> Write:
        _stop_hooks(self)
        body = {"url": "https://example.org/hook", "kinds": ["case.moved"]}
        return self.sending("head", "POST", "/webhooks", _hook(body), _hook({**body, "url": "https://example.org/two"}))

    def hook(self) -> Any:
        _stop_hooks(self)
        return hooks.make_webhook(
            client=self.client_of("head"), url="https://example.org/hook", kinds=_kinds(), area_code="",
            actor=self.stage.world.head, now=RACE,
        )  # fmt: skip

    def _stop_webhook(self) -> Write:
        one, two = self.hook(), self.hook()
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        return Write(
            lambda: self.ask("head", "DELETE", f"/webhooks/{one.pk}", None, key),
            lambda: self.ask("head", "DELETE", f"/webhooks/{two.pk}", None, key),
        )

    def _replay(self) -> Write:
        one = self.hook()
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        first, second = (f"/webhooks/{one.pk}/deliveries/{_delivery(one).pk}/replay" for _ in range(2))
        return Write(
            lambda: self.ask("head", "POST", first, None, key), lambda: self.ask("head", "POST", second, None, key)
        )

    def _switch_limits(self) -> Write:
        _end_switches()
        body = {"season": "typhoon", "alert": "red", "area": STREET, "reason": "台风演练。", "drill": True}
        return self.sending("leader", "POST", "/limit-switches", body, {**body, "reason": "另一次演练。"})

    def _end_switch(self) -> Write:
        _end_switches()
        one, two = (
            limits.switch_on(
                season=season, alert="red", area_code=STREET, reason="演练。", drill=True,
                actor=self.stage.world.leader, now=RACE,
            )
            for season in ("typhoon", "rainstorm")
        )  # fmt: skip
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        first, second = (f"/limit-switches/{row.pk}/end" for row in (one, two))
        return Write(
            lambda: self.ask("leader", "POST", first, None, key), lambda: self.ask("leader", "POST", second, None, key)
        )

    def _create_filter(self) -> Write:
        desk.SavedFilter.objects.all().delete()
        body = {"name": "超时", "query": "light=red"}
        return self.sending("head", "POST", "/filters", body, {**body, "name": "快到期"})

    def _remove_filter(self) -> Write:
        desk.SavedFilter.objects.all().delete()
        one, two = (
            keeping.save_filter(
                filter_id=uuid7(), name="超时", query="light=red", unit_id=None, actor=self.stage.world.head, now=RACE
            )
            for _ in range(2)
        )
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        return Write(
            lambda: self.ask("head", "DELETE", f"/filters/{one.pk}", None, key),
            lambda: self.ask("head", "DELETE", f"/filters/{two.pk}", None, key),
        )

    def _leave_shift(self) -> Write:
        body = {"unit_id": str(self.stage.world.units["centre"].pk), "words": "请接着催。"}
        return self.sending("head", "POST", "/shifts", body, {**body, "words": "换一句话。"})

    def _take_shift(self) -> Write:
        one, two = (
            keeping.leave_shift(
                hand_over_id=uuid7(), unit_id=self.stage.world.units["centre"].pk, words="", facts={},
                actor=self.stage.world.clerk, now=RACE,
            )
            for _ in range(2)
        )  # fmt: skip
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        return Write(
            lambda: self.ask("head", "POST", f"/shifts/{one.pk}/take", None, key),
            lambda: self.ask("head", "POST", f"/shifts/{two.pk}/take", None, key),
        )

    def emergency(self, area_code: str = STREET) -> Any:
        return emergencies.declare_emergency(
            season="typhoon", alert="red", area_code=area_code, reason="演练。", drill=True,
            actor=self.stage.world.leader, now=RACE,
        )  # fmt: skip

    def _declare(self) -> Write:
        _end_switches()
        body = {"season": "typhoon", "alert": "red", "area": STREET, "reason": "台风演练。", "drill": True}
        return self.sending("leader", "POST", "/emergencies", body, {**body, "reason": "另一次演练。"})

    def _end_emergency(self) -> Write:
        _end_switches()
        one, two = self.emergency(), self.emergency(BANYAN)
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        first, second = (f"/emergencies/{row.pk}/end" for row in (one, two))
        return Write(
            lambda: self.ask("leader", "POST", first, None, key), lambda: self.ask("leader", "POST", second, None, key)
        )

    def _hazard(self) -> Write:
        _end_switches()
        path = f"/emergencies/{self.emergency().pk}/hazards"
        body = {"hazard": "water", "words": "路口积水很深。", "grid": GRID}
        return self.sending("grid_worker", "POST", path, body, {**body, "words": "另一处积水。"})

    def tree(self) -> Any:
        """A call tree of a new case; whoever dispatches there may answer it."""
        scene = self.stage.scene("received")
        self.stage.write()
        return TreeRun.objects.create(case_id=scene.case.pk, occasion="desk", began_at=RACE, next_at=RACE)

    def _answer_tree(self) -> Write:
        one, two = self.tree(), self.tree()
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        first, second = (f"/call-trees/{row.pk}/answer" for row in (one, two))
        return Write(
            lambda: self.ask("head", "POST", first, None, key), lambda: self.ask("head", "POST", second, None, key)
        )

    def _create_row(self) -> Write:
        values = {"name": f"榕树公厕 {next(_numbers)}", "area_code": GRID, "kind": _first_kind()}
        return self.sending(
            "keeper", "POST", "/registers/facility", {"values": values}, {"values": {**values, "name": "另一处公厕"}}
        )

    def row(self) -> Any:
        return registers.put(
            register=get("facility"), row_id=None,
            values={"name": f"榕树公厕 {next(_numbers)}", "area_code": GRID, "kind": _first_kind()},
            actor=self.stage.world.keeper, now=RACE,
        )  # fmt: skip

    def _change_row(self) -> Write:
        path = f"/registers/facility/{self.row().pk}"
        number = next(_numbers)
        one, two = {"values": {"name": f"改名 {number}"}}, {"values": {"name": f"又改名 {number}"}}
        return self.sending("keeper", "PUT", path, one, two)

    def _end_row(self) -> Write:
        path = f"/registers/facility/{self.row().pk}/end"
        return self.sending("keeper", "POST", path, {"on": "2026-10-20"}, {"on": "2026-10-21"})

    def _ask_whistle(self) -> Write:
        scene = self.stage.scene("received")
        self.stage.write()
        values = {"kind": "enforcement", "units": [str(self.stage.world.units["sanitation"].pk)], "reason": WORDS}
        path = f"/cases/{scene.case.pk}/whistle"
        other = {"values": {**values, "reason": "另一个理由。"}}
        return self.sending("secretary", "POST", path, {"values": values}, other)

    def _whistle_move(self) -> Write:
        scene = self.stage.scene("received")
        self.stage.write()
        world = self.stage.world
        made = whistling.ask_whistle(
            scene.case.pk, kind="enforcement", unit_ids=[world.units["sanitation"].pk], reason=WORDS,
            actor=world.secretary, now=RACE,
        )  # fmt: skip
        path = f"/whistles/{made.pk}/moves/answer"
        return self.sending("handler", "POST", path, {"values": {"words": "来。"}}, {"values": {"words": "马上来。"}})

    def ticket(self) -> Ticket:
        """A ticket just handed down."""
        row = Row(f"D{next(_numbers)}", words=WORDS)
        told = tickets.take_rows(_source(), [row], actor=self.stage.world.dispatcher, now=RACE)[0]
        return Ticket.objects.select_related("report").get(pk=told.ticket_id)

    def _push_ticket(self) -> Write:
        body = {"source": _source().code, "number": f"D{next(_numbers)}", "words": WORDS}
        return self.sending("dispatcher", "POST", "/tickets", body, {**body, "words": "另一件事：井盖松了。"})

    def _ticket_move(self) -> Write:
        path = f"/tickets/{self.ticket().pk}/moves/ask_return"
        one, two = ({"values": {"reason": words}} for words in ("不归街道。", "换一个理由。"))
        return self.sending("dispatcher", "POST", path, one, two)

    def _send_up(self) -> Write:
        path = f"/cases/{self.ticket().report.case_id}/upward"
        values = {"source_id": str(_source().pk), "reason": "要跨区协调。"}
        other = {"values": {**values, "reason": "换一个理由。"}}
        return self.sending("dispatcher", "POST", path, {"values": values}, other)

    def _ticketing(self, name: str) -> Write:
        """A ticket played to where this act comes next, and the act under one key."""
        one, world, key = self.ticket(), self.stage.world, uuid7()
        case_id, told = one.report.case_id, {"actor": world.dispatcher, "now": RACE}
        up: list[UUID] = []

        def number(words: str) -> str:
            return f"U{one.pk.hex[-8:]}{len(words)}"

        def send_up(words: str, own: UUID | None) -> Any:
            made = tickets.send_up(case_id, source_id=_source().pk, reason=words, key=own, **told)
            up.append(made.pk)
            return made

        steps: dict[str, Callable[[str, UUID | None], Any]] = {
            "send_up": send_up,
            "note_number": lambda words, own: tickets.note_number(up[0], number=number(words), key=own, **told),
            "reply_from_above": lambda words, own: tickets.reply_from_above(
                up[0], taken=False, words=words, key=own, **told
            ),
            "ask_upper": lambda words, own: tickets.ask_upper(one.pk, kind="return", reason=words, key=own, **told),
            "answer_ask": lambda words, own: tickets.answer_ask(one.pk, granted=False, words=words, key=own, **told),
            "fill_closing": lambda words, own: tickets.fill_closing(
                one.pk, fields={"办理结果": words}, key=own, **told
            ),
            "do_step": lambda words, own: tickets.do_step(one.pk, words=words, key=own, **told),
            "answer": lambda words, _own: a.answer_case(case_id, words=words, **told),
            "send_answer": lambda _words, own: tickets.send_answer(one.pk, key=own, **told),
            "record_result": lambda words, own: tickets.record_result(
                one.pk, result="satisfied", words=words, key=own, **told
            ),
        }
        for before in TICKETED[name]:
            steps[before](WORDS, None)
        if name == "send_answer":  # it has no body: the ticket alone is sent
            return Write(lambda: _told(lambda: steps[name]("", key)))
        return self._calling(lambda words: steps[name](words, key))

    def _upload(self) -> Write:
        from huying.files.models import HeldUpload

        HeldUpload.objects.all().delete()
        key = f"dup-{next(_numbers)}-{random.getrandbits(40)}"
        self.token("head")

        def sent(data: bytes) -> Answer:
            headers = {"HTTP_IDEMPOTENCY_KEY": key, "HTTP_AUTHORIZATION": f"Bearer {self.token('head')}"}
            found = Browser(raise_request_exception=False).post(
                "/api/v1/files", {"file": SimpleUploadedFile("a.jpg", data)}, **headers
            )
            return Answer(found.status_code, found.content.decode())

        one, two = photo(), photo(80, 60)
        return Write(lambda: sent(one), lambda: sent(two))

    def _move(self, name: str) -> Write:
        scene, one, values = self.values(name)
        body = {"values": values}
        path = f"/cases/{scene.case.pk}/moves/{name}"
        return self.sending(one.who, "POST", path, body, {**body, "version": scene.case.version})

    def _desk_move(self, name: str) -> Write:
        scene, one, values = self.values(name, api=False)
        data = {"key": str(uuid7()), **_as_form(values)}
        path = f"/desk/cases/{scene.case.pk}/moves/{name}/"
        changed = {**data, **_changed(values)}
        self.browser(one.who)
        same = lambda: self.post(one.who, path, data)  # noqa: E731
        return Write(same, (lambda: self.post(one.who, path, changed)) if changed != data else None)

    def values(self, name: str, *, api: bool = True) -> tuple[Scene, Try, dict[str, Any]]:
        """A case, a person, and the values of a move's form that go through."""
        if name in BESIDE:
            return self._beside(name)
        act = next(act for act in acts_of(name) if f"{act} by staff" in self._where)
        scene, one = self.scene(f"{act} by staff")
        given = self.given(scene, one)
        return scene, one, self._fields(name, scene, one, given, api)

    def _beside(self, name: str) -> tuple[Scene, Try, dict[str, Any]]:
        """A move outside the table, on a case that was played to where it comes next."""
        situation, who, given = BESIDE[name]
        scene, world = self.stage.scene(situation), self.stage.world
        self.stage.write()
        if name == "decide_exclusion":
            asked = {**BESIDE["ask_exclusion"][2], "actor": world.dispatcher, "now": RACE}
            excluding.ask_exclusion(scene.case.pk, **asked)
        elif name == "decide_confidential":
            confiding.ask_confidential(scene.case.pk, reason=WORDS, actor=world.clerk, now=RACE)
        told = dict(given)
        if name == "council":
            told["unit_ids"] = [str(world.units[one].pk) for one in ("sanitation", "enforcement")]
        return scene, Try(name, who), told

    def _fields(self, name: str, scene: Scene, one: Try, given: dict[str, Any], api: bool) -> dict[str, Any]:
        known = {
            "lead_id": "lead", "assistant_ids": "assistants", "into_id": "into", "report_id": "report_id",
        }  # fmt: skip
        told: dict[str, Any] = {}
        for field, value in given.items():
            if value is None or field in ("before", "after"):
                continue
            plain = [str(each) for each in value] if isinstance(value, tuple) else value
            plain = str(plain) if isinstance(plain, UUID) else plain
            told[known.get(field, field)] = plain
        fields = MOVES[name].form.base_fields
        for field in ("passed", "granted", "found", "solved"):
            if field in told and field in fields:
                told[field] = _choice(fields[field], told[field])
        if name == "review":
            told |= {"decision": "pass", "seen": self._checks(scene, one)}
        elif name == "first_contact":
            told["report_id"] = str(scene.docket.reports[0].pk)
        elif name == "merge":
            told |= {"number": Case.objects.get(pk=scene.other.case.pk).number, "confirmed": True if api else "on"}
        if name == "recuse":
            told = {"unit": str(given["unit_id"]), **told}
        if "before" in given:
            who = one.who
            for field in ("before", "after"):
                told[field] = [self._photo(who)] if api else SimpleUploadedFile("a.jpg", photo())
        for field, asked in fields.items():
            if asked.required and field not in told and isinstance(asked, django_forms.ChoiceField):
                told[field] = next((str(word) for word, _label in asked.choices if str(word)), "")
            elif asked.required and field not in told and isinstance(asked, django_forms.BooleanField):
                told[field] = True if api else "on"
        return {field: value for field, value in told.items() if field in fields}

    def _checks(self, scene: Scene, one: Try) -> list[str]:
        """All that has to be ticked before an answer may pass."""
        subject = subject_of(scene.case.pk, actor=self.stage.actor(scene, one.who), now=RACE)
        assert subject is not None
        return [str(word) for word, _label in MOVES["review"].form(subject=subject).fields["seen"].choices]

    def _photo(self, who: str) -> str:
        from huying.files import actions as files

        held = files.hold_image(self.stage.pictures[0], session_key=f"client:{self.client_of(who).pk}", now=RACE)
        return str(held.token)

    # forms with a key, of the desk and the residents

    def _forms(self) -> None:
        makers: dict[str, Callable[[], Write]] = {
            "huying.desk.forms.CallForm": self._call_form,
            "huying.desk.forms.SelfForm": self._self_form,
            "huying.desk.forms.TriageForm": self._triage_form,
            "huying.cases.forms.errands.SendErrandForm": self._errand_form,
            "huying.desk.forms.SaveFilterForm": self._filter_form,
            "huying.desk.forms.LeaveForm": self._leave_form,
            "huying.cases.forms.emergencies.HazardForm": self._hazard_form,
            "huying.desk.forms.BatchForm": self._batch_form,
            "huying.desk.forms.ExportForm": self._export_form,
            "huying.desk.forms.PackForm": self._pack_form,
            "huying.registers.forms.RowForm": self._row_form,
            "huying.notices.forms.PaperForm": self._paper_form,
            "huying.notices.forms.ObjectionForm": self._objection_form,
            "huying.matters.forms.KnowledgeForm": self._knowledge_form,
            "huying.portal.forms.KeyForm": lambda: self._deed("withdraw", "withdraw_report"),
            "huying.portal.forms.ReasonForm": lambda: self._deed("object", "object_to_end"),
            "huying.portal.forms.RateForm": lambda: self._deed("rate", "tell_outcome"),
            "huying.portal.forms.AddForm": lambda: self._deed("add", "add_to_report"),
            **{name: (lambda make=make: make(self)) for name, make in outside.FORMS.items()},  # type: ignore[misc]
            **hot.forms(self, self._posting),
        }
        bases = {
            "huying.desk.forms._Keyed", "huying.desk.forms._OfUnit", "huying.desk.forms.PlaceForm",
            "huying.cases.forms.errands.ErrandMoveForm", "huying.portal.forms.TaskForm",
            "huying.cases.forms.hot.HotForm",
        }  # fmt: skip
        for name, form in keyed_forms().items():
            if issubclass(form, MoveForm) or name in bases:
                continue
            if name not in makers:
                self.missing.append(("undeclared form", {"form": name}))
                continue
            self._add(f"form:{name.rpartition('.')[2]}", "form", makers[name])
        self._add("form:portal report", "form", self._portal_report)

    def _posting(self, who: str, path: str, data: dict[str, Any], other: dict[str, Any]) -> Write:
        self.browser(who)
        return Write(lambda: self.post(who, path, data), lambda: self.post(who, path, {**data, **other}))

    def _place(self) -> dict[str, Any]:
        lng, lat = middle(GRID)
        return {"lng": lng, "lat": lat}

    def _call_form(self) -> Write:
        data = {"key": str(uuid7()), "channel": "hotline", "words": WORDS, "reply_by": "none", **self._place()}
        return self._posting("clerk", "/desk/new/", data, {"words": "另一件事：井盖松了。"})

    def _hazard_form(self) -> Write:
        _end_switches()
        path = f"/desk/cases/emergencies/{self.emergency().pk}/hazard/"
        data = {"key": str(uuid7()), "hazard": "water", "words": "路口积水很深。", "grid_code": GRID}
        return self._posting("grid_worker", path, data, {"words": "另一处积水。"})

    def _self_form(self) -> Write:
        data = {"key": str(uuid7()), "type_code": "0402", "words": "清走了。", **self._place()}

        def sent(words: str) -> Answer:
            pictures = {name: SimpleUploadedFile("a.jpg", photo()) for name in ("before", "after")}
            return self.post("grid_worker", "/desk/self/", {**data, **pictures, "words": words})

        self.browser("grid_worker")
        return Write(lambda: sent("清走了。"), lambda: sent("换一句话。"))

    def _triage_form(self) -> Write:
        scene = self.stage.scene("received")
        self.stage.write()
        data = {
            "key": str(uuid7()), "type_code": "0101", "grade": "ordinary", "grid_code": "",
            "lead": str(self.stage.world.units["sanitation"].pk), "instruction": "请先联系。",
        }  # fmt: skip
        return self._posting("head", f"/desk/triage/{scene.case.pk}/", data, {"instruction": "换一句话。"})

    def _errand_form(self) -> Write:
        scene = self.stage.scene("accepted")
        self.stage.write()
        data = {"key": str(uuid7()), "firm": "绿叶保洁", "words": "清运", "place": "路口", "term": "1d"}
        return self._posting("handler", f"/desk/cases/{scene.case.pk}/errand/", data, {"words": "换一句话。"})

    def _knowledge_form(self) -> Write:
        data = {
            "key": str(uuid7()), "area_code": STREET, "question": "大件垃圾怎么预约", "body": "打电话预约。",
            "review_on": f"{RACE + timedelta(days=90):%Y-%m-%d}",
        }  # fmt: skip
        return self._posting("head", "/desk/matters/knowledge/new/?kind=article", data, {"body": "换一句话。"})

    def _filter_form(self) -> Write:
        desk.SavedFilter.objects.all().delete()
        data = {"key": str(uuid7()), "query": "light=red", "name": "超时", "unit": ""}
        return self._posting("head", "/desk/list/filters/", data, {"name": "快到期"})

    def _leave_form(self) -> Write:
        data = {"key": str(uuid7()), "unit": str(self.stage.world.units["centre"].pk), "words": "请接着催。"}
        return self._posting("head", "/desk/shifts/", data, {"words": "换一句话。"})

    def _export_form(self) -> Write:
        desk.CaseExport.objects.update(failed_at=RACE)  # so that none of them is still being made
        data = {"key": str(uuid7()), "query": "light=red", "purpose": "check", "format": "csv", "columns": ["number"]}
        return self._posting("leader", "/desk/exports/", data, {"purpose": "upper"})

    def _pack_form(self) -> Write:
        desk.CaseExport.objects.update(failed_at=RACE)
        scene = self.stage.scene("accepted")
        self.stage.write()
        data = {"key": str(uuid7()), "purpose": "check"}
        return self._posting("leader", f"/desk/exports/case/{scene.case.pk}/", data, {"purpose": "upper"})

    def _batch_form(self) -> Write:
        scenes = [self.stage.scene("filed") for _two in range(2)]
        self.stage.write()
        lead = str(self.stage.world.units["sanitation"].pk)
        ids = [str(one.case.pk) for one in scenes]
        data = {
            "key": str(uuid7()), "act": "dispatch", "step": "do", "cases": " ".join(ids), "lead": lead,
            "chosen": " ".join(f"{one}/{lead}" for one in ids), "instruction": "请先联系。",
        }  # fmt: skip
        return self._posting("head", "/desk/batches/new/", data, {"instruction": "换一句话。"})

    def _row_form(self) -> Write:
        data = {"key": str(uuid7()), "name": f"榕树公厕 {next(_numbers)}", "area_code": GRID, "kind": _first_kind()}
        return self._posting("keeper", "/desk/registers/facility/new/", data, {"name": "另一处公厕"})

    def _paper_form(self) -> Write:
        data = {
            "key": str(uuid7()), "kind": _paper_kind(), "title": "道路临时封闭", "body": "因施工，夜间封闭。",
            "area_code": STREET, "issued_by": "街道调度中心", "days": 15, "basis": "plain", "takes_objections": "on",
        }  # fmt: skip
        return self._posting("head", "/desk/notices/public/new/", data, {"title": "另一张公示"})

    def paper(self) -> PublicNotice:
        """A paper that is up."""
        world = self.stage.world
        paper = notices.Paper(
            kind=_paper_kind(), title="道路临时封闭", body="因施工，夜间封闭。", area_code=STREET,
            issued_by="街道调度中心", days=15, takes_objections=True,
        )  # fmt: skip
        row = notices.draft_public(paper=paper, actor=world.head, now=RACE)
        notices.ask_public(public_id=row.pk, actor=world.head, now=RACE)
        return notices.decide_public(public_id=row.pk, granted=True, words="同意。", actor=world.leader, now=RACE)

    def _objection_form(self) -> Write:
        path = f"/notices/{self.paper().pk}/object/"
        data = {"key": str(uuid7()), "words": "希望换个时间。"}

        def sent(more: dict[str, Any]) -> Answer:
            return _page(Browser(raise_request_exception=False, REMOTE_ADDR=_address()).post(path, {**data, **more}))

        return Write(lambda: sent({}), lambda: sent({"words": "另一句话。"}))

    def _deed(self, name: str, act: str) -> Write:
        """Something a reporter does on the page that the code opened."""
        situation = {"withdraw": "received", "object": "answered", "rate": "calling_back", "add": "received"}[name]
        scene = self.stage.scene(situation)
        self.stage.write()
        report = scene.docket.reports[0]
        browser = Browser(raise_request_exception=False, REMOTE_ADDR=_address())
        browser.post("/track/", {"code": code_of(report.pk, report.code_try)})
        cookies = browser.cookies
        data = {
            "key": str(uuid7()),
            "reason": "请再看看。",
            "solved": "yes",
            "satisfaction": "satisfied",
            "words": "好。",
        }

        def sent(more: dict[str, Any]) -> Answer:
            one = Browser(raise_request_exception=False)
            one.cookies = cookies
            return _page(one.post(f"/status/{report.pk}/{name}/", {**data, **more}))

        other = {"reason": "换一句话。", "words": "换一句话。"}
        return Write(lambda: sent({}), (lambda: sent(other)) if name != "withdraw" else None)

    def _portal_report(self) -> Write:
        from tests.portal.walk import Resident

        browser = Browser(raise_request_exception=False)
        page = Resident(browser).to_check(words=WORDS)
        found = dict(re.findall(r'name="(key|seen)" value="([^"]*)"', page.content.decode()))
        cookies = browser.cookies

        def sent() -> Answer:
            one = Browser(raise_request_exception=False)
            one.cookies = cookies.copy() if hasattr(cookies, "copy") else cookies
            return _page(one.post("/report/check/", {**found, "reply_by": "page"}))

        return Write(sent)

    # actions with a key, called by themselves

    def _actions(self) -> None:
        makers: dict[str, Callable[[], Write]] = {
            "receive": self._receive,
            "send_report": self._send_report,
            "find_and_handle": self._find_and_handle,
            "send_errand": self._send_errand,
            "move_errand": lambda: self._keyed(outside.move_errand(self)),
            "write_knowledge": self._write_knowledge,
            "report_hazard": self._report_hazard,
            "take_drill_call": self._drill_call,
            "object_to_public": self._object,
            "draw_plan": self._plan,
            "put": self._put,
            "end_row": self._end,
            **{name: (lambda name=name: self._whistling(name)) for name in WHISTLED},
            **{name: (lambda name=name: self._ticketing(name)) for name in TICKETED},
            **gathered.makers(self, self._keyed, self._keyed_alone),
            **rules.makers(self, self._calling),
            **hot.makers(self, self._keyed),
        }
        for name in keyed_actions():
            if name.rpartition(".")[2] not in makers:
                self.missing.append(("undeclared action with a key", {"action": name}))
        for name, make in makers.items():
            self._add(f"action:{name}", "action", make)

    def _new(self, words: str) -> NewReport:
        lng, lat = middle(GRID)
        return NewReport(words=words, area_code=STREET, channel=Channel.PORTAL, lng=lng, lat=lat)

    def _calling(self, call: Callable[[str], Any]) -> Write:
        return Write(lambda: _told(lambda: call(WORDS)), lambda: _told(lambda: call("另一件事：井盖松了。")))

    def _keyed(self, call: Callable[[str, UUID | None], Any]) -> Write:
        key = uuid7()
        return self._calling(lambda words: call(words, key))

    def _keyed_alone(self, call: Callable[[str, UUID | None], Any]) -> Write:
        """An act without a body: there is no other one."""
        key = uuid7()
        return Write(lambda: _told(lambda: call(WORDS, key)))

    def _receive(self) -> Write:
        key = uuid7()
        return self._calling(lambda words: a.receive(key, self._new(words), actor=resident(), now=RACE).case)

    def _send_report(self) -> Write:
        key, reach = uuid7(), portal.Reachable("居民示例", "13900000001", 1, "zh-hans")
        return self._calling(
            lambda words: (
                portal.send_report(key, self._new(words), reachable=reach, images=[], actor=resident(), now=RACE).case
            )
        )

    def _find_and_handle(self) -> Write:
        key, world = uuid7(), self.stage.world
        lng, lat = middle(GRID)
        return self._calling(
            lambda words: a.find_and_handle(
                key, words=words, type_code="0402", area_code=STREET, lng=lng, lat=lat, before=self.stage.pictures,
                after=self.stage.pictures, actor=world.grid_worker, now=RACE,
            ).case
        )  # fmt: skip

    def _send_errand(self) -> Write:
        key, scene = uuid7(), self.stage.scene("accepted")
        self.stage.write()
        return self._calling(
            lambda words: errands.send_errand(
                scene.case.pk, firm="绿叶保洁", words=words, place="路口", term="1d", key=key,
                actor=self.stage.world.handler, now=RACE,
            )
        )  # fmt: skip

    def _write_knowledge(self) -> Write:
        day, actor = RACE.date() + timedelta(days=90), self.stage.world.head
        return self._keyed(
            lambda words, key: write_knowledge(
                kind="article", area_code=STREET, question="大件垃圾怎么预约", body=words, review_on=day, key=key,
                actor=actor, now=RACE,
            )
        )  # fmt: skip

    def _report_hazard(self) -> Write:
        _end_switches()
        key, row, world = uuid7(), self.emergency(), self.stage.world
        return self._calling(
            lambda words: (
                emergencies.report_hazard(
                    key,
                    emergency_id=row.pk,
                    hazard="water",
                    words=words,
                    grid_code=GRID,
                    actor=world.grid_worker,
                    now=RACE,
                ).case
            )
        )

    def _drill_call(self) -> Write:
        _end_switches()
        self.emergency()
        key, world = uuid7(), self.stage.world
        lng, lat = middle(GRID)
        return self._calling(
            lambda words: emergencies.take_drill_call(
                key, NewReport(words=words, area_code=STREET, channel=Channel.HOTLINE, lng=lng, lat=lat),
                actor=world.clerk, now=RACE,
            ).case
        )  # fmt: skip

    def _object(self) -> Write:
        key, row = uuid7(), self.paper()
        return self._calling(
            lambda words: notices.object_to_public(public_id=row.pk, words=words, key=key, actor=resident(), now=RACE)[
                0
            ]
        )

    def _plan(self) -> Write:
        key, world = uuid7(), self.stage.world
        given = {"code": OTHER_GRID, "new_code": f"{BANYAN}{next(_numbers) % 900 + 50:03d}"}

        def call(words: str) -> Any:
            return places.draw_plan(
                kind="recode", given=given, effective_on=RACE.date(), reason=words, key=key, actor=world.keeper,
                now=RACE,
            )  # fmt: skip

        return self._calling(call)

    def _whistling(self, name: str) -> Write:
        """A whistle played to where this act comes next, and the act under one key."""
        scene = self.stage.scene("received")
        self.stage.write()
        world, key = self.stage.world, uuid7()
        units = [world.units["sanitation"].pk]
        asked: dict[str, Any] = {"kind": "enforcement", "unit_ids": units, "now": RACE}
        if name == "ask_whistle":
            return self._calling(
                lambda words: whistling.ask_whistle(
                    scene.case.pk, **asked, reason=words, key=key, actor=world.secretary
                )
            )
        asker = world.grid_worker2 if name == "decide_whistle" else world.secretary
        row = whistling.ask_whistle(scene.case.pk, **asked, reason=WORDS, actor=asker)
        part_id = row.parts.get().pk
        steps: dict[str, Callable[[str, UUID | None], Any]] = {}

        def step(act: str, who: str, **given: Any) -> None:
            def call(words: str, own: UUID | None) -> Any:
                told = {one: words if value is WORDS else value for one, value in given.items()}
                return getattr(whistling, act)(row.pk, **told, key=own, actor=world.people[who], now=RACE)

            steps[act] = call

        code = arrival_code(row.pk)
        step("decide_whistle", "secretary", granted=True, words=WORDS)
        step("cancel_whistle", "secretary", words=WORDS)
        step("object_to_whistle", "handler", words=WORDS)
        step("decide_objection", "dispatcher", part_id=part_id, granted=False, words=WORDS)
        step("answer_whistle", "handler", words=WORDS)
        step("arrive_whistle", "handler", code=code)
        step("finish_part", "handler", words=WORDS)
        step("end_whistle", "secretary", done=WORDS, remains="无")
        step("rate_unit", "secretary", part_id=part_id, score=4, words=WORDS)
        step("rate_caller", "handler", score=5, words=WORDS)
        for before in WHISTLED[name]:
            steps[before](WORDS, None)
        if name == "arrive_whistle":  # its body is the word of the place: another one is another body
            other = lambda: _told(lambda: whistling.arrive_whistle(  # noqa: E731
                row.pk, code="222222", key=key, actor=world.handler, now=RACE
            ))  # fmt: skip
            return Write(lambda: _told(lambda: steps[name]("", key)), other)
        return self._calling(lambda words: steps[name](words, key))

    def _put(self) -> Write:
        key, number = uuid7(), next(_numbers)

        def call(words: str) -> Any:
            return registers.put(
                register=get("facility"), row_id=None, key=key, actor=self.stage.world.keeper, now=RACE,
                values={"name": f"公厕 {number} {words[:6]}", "area_code": GRID, "kind": _first_kind()},
            )  # fmt: skip

        return self._calling(call)

    def _end(self) -> Write:
        key, row = uuid7(), self.row()

        def call(words: str) -> Any:
            on = RACE.date() if words == WORDS else RACE.date().replace(day=25)
            return registers.end_row(
                register=get("facility"), row_id=row.pk, on=on, key=key, actor=self.stage.world.keeper, now=RACE
            )

        return self._calling(call)


# Reading the system's own tables


def acts_of(name: str) -> list[str]:
    """The act that a move of the desk calls; of several between which its form chooses, the first."""
    return [one.verb for one in MOVES[name].call.acts[:1]]


def keyed_forms() -> dict[str, type[django_forms.Form]]:
    """Every form class with a hidden key."""
    found: dict[str, type[django_forms.Form]] = {}
    for module in pkgutil.walk_packages(huying.__path__, "huying."):
        if "form" not in module.name or ".migrations" in module.name:
            continue
        for _name, one in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(one, django_forms.BaseForm) and isinstance(
                getattr(one, "base_fields", {}).get("key"), django_forms.UUIDField
            ):
                found[f"{one.__module__}.{one.__qualname__}"] = one
    return found


def keyed_actions() -> dict[str, Any]:
    """Every action that takes a client's key, by its signature."""
    found = {}
    for module in pkgutil.walk_packages(huying.__path__, "huying."):
        if not re.search(r"\.actions(\.|$)", module.name):
            continue
        loaded = importlib.import_module(module.name)
        for name, one in inspect.getmembers(loaded, inspect.isfunction):
            if name.startswith("_") or inspect.unwrap(one).__module__ != module.name:
                continue
            takes = inspect.signature(one).parameters
            if "key" in takes and "actor" in takes and module.name != "huying.audit.actions":
                found[f"{module.name}.{name}"] = one
    return found


def _told(call: Callable[[], Any]) -> Answer:
    try:
        made = call()
    except KeyReused as why:
        return Answer(422, why.code)
    except Refusal as why:
        return Answer(why.status if why.status != 422 else 400, f"{why.code}: {why}")
    return Answer(200, f"{type(made).__name__} {made.pk}")


def _page(found: Any) -> Answer:
    if found.status_code == 302:
        return Answer(302, found["Location"])
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.content.decode(errors="replace")))
    return Answer(found.status_code, text[:3000])


def _changed(values: dict[str, Any]) -> dict[str, Any]:
    """The same values with other words, where there are words."""
    for name in ("reason", "words", "answer", "title", "receiver", "instruction", "clause"):
        if isinstance(values.get(name), str) and values[name]:
            return {name: f"{values[name]}另外补一句。"}
    return {}


def _as_form(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _choice(field: Any, value: bool) -> Any:
    if not isinstance(field, django_forms.ChoiceField):
        return "on" if value else ""
    words = [str(one) for one, _label in field.choices if one != ""]
    yes = [
        one for one in words if one in ("yes", "on", "true", "True", "grant", "granted", "pass", "passed", "found", "1")
    ]
    no = [one for one in words if one not in yes]
    return (yes or words)[0] if value else (no or words)[-1]


def _source() -> Source:
    """A source of the street whose tickets have a step."""
    made, new = Source.objects.get_or_create(
        code="dup", defaults={"name": "城市热线", "area_code": STREET, "kind": "ticket", "tier": "city"}
    )
    if new:
        SourceStep.objects.create(source=made, position=1, name="报结果", limit="5wd")
    return made


def _first_kind() -> str:
    column = get("facility").column("kind")
    return str(column.offered()[0][0])


def _paper_kind() -> str:
    from huying.notices.rules import PublicKind

    return str(next(iter(PublicKind)).value)


def _kinds() -> list[str]:
    return ["case.dispatch"]


def _hook(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "kinds": _kinds()}


def _stop_hooks(kinds: Kinds) -> None:
    from huying.channels.models import Webhook

    Webhook.objects.filter(stopped_at=None).update(stopped_at=RACE)


def _delivery(one: Any) -> Delivery:
    """A sending that the other side lost."""
    return Delivery.objects.create(webhook=one, history_id=next(_numbers) + 1, state="dead", made_at=RACE)


def _end_switches() -> None:
    """What earlier writes switched on is over: it held for drills alone."""
    LimitSwitch.objects.filter(ended_at=None).update(ended_at=F("since"))
    Emergency.objects.filter(ended_at=None).update(ended_at=F("since"))
