"""Every route and operation over HTTP, through the whole stack: who is answered, who is refused, and how alike.

The addresses come from the URL resolver. `VALUES` says how each parameter of an address gets a value that is the
viewer's, somebody else's, or nobody's; an address that it cannot fill, or a view without a door, is a find.
"""

from __future__ import annotations

import io
import random
import re
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from huying.access.doors import CONFIRMED, DUTIES, TOUCHED, USED
from huying.access.rules import hour_of
from huying.cases.models import Campaign, CampaignSpot
from huying.people.middleware import SEEN
from huying.portal.mine import OPENED
from huying.registers import declared
from prove.access import oracle
from prove.access.world import ANSWERED, CELLS, SECRECY, UNITS, Made, Secret, Viewer, World
from tests.world import NOW

MISSING = UUID("0199ffff-0000-7000-8000-00000000dead")
NOT_OURS = {"django.views.i18n.set_language": "sets a cookie; reads and shows nothing"}
NOT_ASKED = {"channels:live": "an endless answer; whom it tells is compared with the reads (`channels.live`)"}


# Routes


@dataclass(frozen=True)
class Door:
    """One method of one address."""

    name: str
    method: str
    path: str
    params: tuple[str, ...]
    kind: str  # staff, public, token
    duty: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.name}"

    @property
    def api(self) -> bool:
        return self.name.startswith("api:")

    def url(self, values: dict[str, str]) -> str:
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], self.path)


def _walk(resolver: Any, names: str = "", path: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            inner = f"{names}{one.namespace}:" if one.namespace else names
            yield from _walk(one, inner, path + str(one.pattern))
        else:
            yield f"{names}{one.name}", path + str(one.pattern), one


@cache
def doors() -> tuple[tuple[Door, ...], tuple[str, ...]]:
    """Every door, and what is wrong with those that are none."""
    found, wrong = [], []
    for name, path, one in _walk(get_resolver()):
        view = one.callback
        if f"{view.__module__}.{view.__qualname__}" in NOT_OURS or name in NOT_ASKED:
            continue
        kind, duty = getattr(view, "door", (None, None))
        params = tuple(re.findall(r"<(?:\w+:)?(\w+)>", path))
        if kind not in ("staff", "public", "api"):
            wrong.append(f"{name} has no door")
            continue
        if params and not _values_for(name, params):
            wrong.append(f"{name} has parameters that nothing fills: {', '.join(params)}")
            continue
        if kind == "api":
            for operation in view.operations:
                own, duty = operation.view_func.door
                for method in sorted(operation.methods):
                    found.append(Door(name, method, path, params, own, duty))
            continue
        for method in _methods(view):
            found.append(Door(name, method, path, params, kind, duty))
    return tuple(found), tuple(wrong)


def _methods(view: Any) -> list[str]:
    """GET and POST are asked of every page; what it does not take, it refuses alike for everybody."""
    return ["GET", "POST"]


# Values of parameters


@dataclass(frozen=True)
class Thing:
    """A value for every parameter of an address, and whose it is. `seen` is None where nothing is kept from anybody."""

    values: dict[str, str]
    secret: Secret | None
    words: str
    only: Callable[[Viewer | None, UUID | None], bool] | None = None

    def seen(self, viewer: Viewer | None, report_id: UUID | None) -> bool | None:
        if self.only is not None:
            return self.only(viewer, report_id)
        return None if self.secret is None else oracle.may(viewer, self.secret, report_id)

    def __hash__(self) -> int:
        return id(self)


@dataclass
class Wish:
    """What kind of a case is wanted this time."""

    secrecy: str
    state: str
    rng: random.Random


Fill = Callable[[World, Wish], list[Thing]]


def _cases(world: World, wish: Wish) -> list[Made]:
    fits = [one for one in world.cases.values() if one.secrecy == wish.secrecy and one.state == wish.state]
    fits = fits or [one for one in world.cases.values() if one.secrecy == wish.secrecy]
    return wish.rng.sample(fits, min(len(fits), 24))


def _over(cell: str, *duties: str) -> Callable[[Viewer | None, UUID | None], bool]:
    """For whoever holds one of the duties over the place."""
    return lambda viewer, _report: viewer is not None and oracle.any_of(viewer, duties, cell)


def _case(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"case_id": str(one.id)}, world.ids[str(one.id)], f"{one.secrecy} {one.state}")
        for one in _cases(world, wish)
    ]


def _case_move(world: World, wish: Wish) -> list[Thing]:
    verb = wish.rng.choice(["dispatch", "sign_in", "submit_result", "review", "register", "ask_void", "nudge"])
    return [Thing({**one.values, "verb": verb}, one.secret, f"{one.words} {verb}") for one in _case(world, wish)]


def _whistle(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"whistle_id": str(one.whistle_id)}, world.ids[str(one.id)], f"{one.secrecy} {one.state}")
        for one in _cases(world, wish)
    ]


def _tree(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"run_id": str(one.tree_id)}, world.ids[str(one.id)], f"{one.secrecy} {one.state} call tree")
        for one in _cases(world, wish)
    ]


def _whistle_move(world: World, wish: Wish) -> list[Thing]:
    verb = wish.rng.choice(["decide", "answer", "arrive", "end", "cancel", "rate_caller", "decide_objection"])
    return [Thing({**one.values, "verb": verb}, one.secret, f"{one.words} {verb}") for one in _whistle(world, wish)]


def _errand(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"errand_id": str(one.errand_id)}, world.ids[str(one.id)], f"{one.secrecy} {one.state}")
        for one in _cases(world, wish)
        if one.errand_id is not None
    ]


def _errand_move(world: World, wish: Wish) -> list[Thing]:
    verb = wish.rng.choice(["reply", "confirm", "send_back", "renew", "revoke"])
    return [Thing({**one.values, "verb": verb}, one.secret, f"{one.words} {verb}") for one in _errand(world, wish)]


def _ticket(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"ticket_id": str(one.ticket_id)}, world.ids[str(one.id)], f"{one.secrecy} {one.state}")
        for one in _cases(world, wish)
    ]


def _ticket_move(world: World, wish: Wish) -> list[Thing]:
    verb = wish.rng.choice(["fill", "send", "answer_ask", "result", "ask_return", "number"])
    return [Thing({**one.values, "verb": verb}, one.secret, f"{one.words} {verb}") for one in _ticket(world, wish)]


def _ticket_paper(world: World, wish: Wish) -> list[Thing]:
    """The paper that answers a ticket: for whoever sees its case and works at its desk."""

    def only(one: Thing) -> Callable[[Viewer | None, UUID | None], bool]:
        assert one.secret is not None
        desk = _over(one.secret.cell[:9], "dispatch", "intake", "review")
        return lambda viewer, report: bool(oracle.may(viewer, one.secret, report)) and desk(viewer, report)

    return [Thing(one.values, one.secret, one.words, only(one)) for one in _ticket(world, wish)]


def _incident(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"incident_id": str(one.incident_id)}, world.ids[str(one.id)], f"{one.secrecy} {one.state}")
        for one in _cases(world, wish)
    ]


def _hot(world: World, wish: Wish, name: str = "hot_id") -> list[Thing]:
    """A hot issue of one case: for whoever reads where it lies, and nobody while that is restricted."""

    def only(one: Made) -> Callable[[Viewer | None, UUID | None], bool]:
        return lambda viewer, _report: viewer is not None and not one.restricted and oracle.sees_by_place(viewer, one)

    return [
        Thing({"hot_id": str(getattr(one, name))}, world.ids[str(one.id)], f"{one.secrecy} {one.state}", only(one))
        for one in _cases(world, wish)
    ]


def _hot_read(world: World, wish: Wish) -> list[Thing]:
    """An issue, or what was joined into it and leads there."""
    return _hot(world, wish, wish.rng.choice(["hot_id", "old_hot_id"]))


def _hot_move(world: World, wish: Wish) -> list[Thing]:
    verb = wish.rng.choice(["name", "take_out", "join"])
    return [
        Thing({**one.values, "verb": verb}, one.secret, f"{one.words} {verb}", one.only) for one in _hot(world, wish)
    ]


def _incident_move(world: World, wish: Wish) -> list[Thing]:
    verb = wish.rng.choice(["say", "end"])
    return [Thing({**one.values, "verb": verb}, one.secret, f"{one.words} {verb}") for one in _incident(world, wish)]


def _campaign(name: str, model: str, *verbs: str) -> Fill:
    """Campaigns, or their places; with one of the verbs where the address names one."""

    def fill(world: World, wish: Wish) -> list[Thing]:
        keys = {str(row.pk): row for row in world.rows[_TABLES[model]].values()}
        verb = {"verb": wish.rng.choice(verbs)} if verbs else {}
        found = [(key, one) for key, one in world.of("campaign") if key in keys]
        return [Thing({name: key, **verb}, one, str(one)) for key, one in found]

    return fill


_TABLES = {"campaign": Campaign, "spot": CampaignSpot}


def _case_sheet(world: World, wish: Wish) -> list[Thing]:
    """A paper of a case that a unit has."""
    return [
        Thing({**thing.values, "kind": wish.rng.choice(["hand_over", "sign_in"])}, thing.secret, f"{thing.words} sheet")
        for thing in _case(world, wish)
        if thing.words.split()[-1] in ("in_hand", "reviewing", "calling_back")
    ]


def _case_file(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"case_id": str(one.id), "file_id": str(key)}, world.ids[str(one.id)], f"{what} {one.state}")
        for one in _cases(world, wish)
        for what, key in sorted(one.files.items())
    ]


def _order(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"order_id": str(key)}, world.ids[str(one.id)], one.state)
        for one in _cases(world, wish)
        for key in one.order_ids
    ] or [
        Thing({"order_id": str(key)}, world.ids[str(one.id)], one.state)
        for one in wish.rng.sample(list(world.cases.values()), 40)
        for key in one.order_ids
    ]


def _report(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"report_id": str(one.report_id)}, world.ids[str(one.id)], f"{one.secrecy} {one.state}")
        for one in _cases(world, wish)
    ]


def _held(world: World, wish: Wish) -> list[Thing]:
    """The reporter's own pages: for the holder of the code alone, whoever else sees the case."""
    return [
        Thing(
            {"report_id": str(one.report_id)}, world.ids[str(one.id)], one.state,
            only=lambda _viewer, report_id, one=one: report_id == one.report_id,
        )
        for one in _cases(world, wish)
    ]  # fmt: skip


def _held_file(world: World, wish: Wish) -> list[Thing]:
    found = []
    for one in _cases(world, wish):
        if "report pdf" in one.files:
            values = {"report_id": str(one.report_id), "file_id": str(one.files["report pdf"])}
            found.append(
                Thing(
                    values, world.ids[str(one.id)], one.state,
                    only=lambda _viewer, report_id, one=one: report_id == one.report_id,
                )
            )  # fmt: skip
    return found


def _held_deed(world: World, wish: Wish) -> list[Thing]:
    name = wish.rng.choice(["add", "rate", "withdraw", "nudge", "object", "reopen", "late"])
    return [Thing({**one.values, "name": name}, one.secret, name, one.only) for one in _held(world, wish)]


def _slip(world: World, wish: Wish) -> list[Thing]:
    """The receipt of a call: for whoever took it down."""
    some = [one for one in world.cases.values() if one.taken_by is not None]
    return [
        Thing(
            {"report_id": str(one.report_id)}, world.ids[str(one.id)], one.state,
            only=lambda viewer, _report, one=one: viewer is not None and viewer.key == one.taken_by,
        )
        for one in wish.rng.sample(some, min(24, len(some)))
    ]  # fmt: skip


def _nobody(*names: str) -> Fill:
    """Values that name nothing: files in hand, drafts and codes that only a session of one's own could open."""
    return lambda world, wish: [
        Thing({name: str(MISSING) if name.endswith("_id") else "A" * 43 for name in names}, None, "nothing")
    ]


def _of_kind(name: str, kind: str, what: str = "", **more: str) -> Fill:
    """Ids that are marks of this kind."""

    def fill(world: World, wish: Wish) -> list[Thing]:
        if what:
            keys = [(str(key), world.ids[str(key)]) for key in world.own[what].values()]
        else:
            keys = world.of(kind)
        return [Thing({name: key, **more}, one, str(one)) for key, one in wish.rng.sample(keys, min(30, len(keys)))]

    return fill


def _row(world: World, wish: Wish) -> list[Thing]:
    """Rows of six registers, in every cell."""
    kinds = {"organisation": "unit", "staff": "account"}
    return [
        Thing({"key": key, "row_id": row}, secret, f"{key} in {secret.cell}", _row_rule(key, secret.cell))
        for key in wish.rng.sample(sorted(declared.REGISTERS), 6)
        for row, secret in wish.rng.sample(world.of(kinds.get(key, f"row:{key}")), 8)
    ]


def _rule(world: World, wish: Wish) -> list[Thing]:
    """Versions of street rules, in every cell."""
    return [
        Thing({"key": key, "row_id": row}, secret, f"{key} in {secret.cell}", _row_rule(key, secret.cell))
        for key in ("exclusion_kind", "whistle_kind", "whistle_band")
        for row, secret in wish.rng.sample(world.of(f"row:{key}"), 8)
    ]


def _row_rule(register: str, cell: str) -> Callable[[Viewer | None, UUID | None], bool]:
    return lambda viewer, _report: viewer is not None and oracle.reads_rows(viewer, register, cell)


def _register(world: World, wish: Wish) -> list[Thing]:
    return [Thing({"key": key}, None, key) for key in wish.rng.sample(sorted(declared.REGISTERS), 5)]


def _areas(name: str, *duties: str) -> Fill:
    def fill(world: World, wish: Wish) -> list[Thing]:
        return [
            Thing(
                {name: cell}, Secret("plan", cell), cell,
                only=_over(cell, *(duties or ("read", "admin_places"))),
            )
            for cell in CELLS
        ]  # fmt: skip

    return fill


def _open(**values: str) -> Fill:
    """A value that is open to whoever may come in at all."""
    return lambda world, wish: [Thing(dict(values), None, "open")]


def _paper(name: str = "public_id", **more: str) -> Fill:
    def fill(world: World, wish: Wish) -> list[Thing]:
        keys = [(key, one) for key, one in world.of("paper", "public") if str(one.thing) == key]
        return [
            Thing(
                {name: key, **more}, one, str(one),
                only=_over(one.cell, "dispatch", "decide"),
            )
            for key, one in wish.rng.sample(keys, len(keys))
        ]  # fmt: skip

    return fill


def _shown_paper(*also: str) -> Fill:
    """Papers as everybody sees them: those that are put up."""

    def fill(world: World, wish: Wish) -> list[Thing]:
        found = []
        some = world.of("paper", "public")
        for key, one in wish.rng.sample(some, len(some)):
            if str(one.thing) != key:  # a file of a paper
                continue
            values = {"public_id": key}
            if "file_id" in also:
                state = next(
                    state for state in ("draft", "asked", "published")
                    if world.rows[_public_notice()][f"{one.cell} {state}"].pk == UUID(key)
                )  # fmt: skip
                values["file_id"] = str(world.own[f"paper file {state}"][Viewer("", one.cell, "")])
            found.append(Thing(values, one, str(one), only=lambda _viewer, _report, one=one: one.kind == "public"))
        return found

    return fill


def _public_notice() -> Any:
    from huying.notices.models import PublicNotice

    return PublicNotice


def _paper_file(world: World, wish: Wish) -> list[Thing]:
    shown = _shown_paper("file_id")(world, wish)
    rule = {one.values["public_id"]: one for one in _paper()(world, wish)}
    return [Thing(one.values, one.secret, one.words, rule[one.values["public_id"]].only) for one in shown]


def _paper_objection(world: World, wish: Wish) -> list[Thing]:
    found = []
    for key, one in world.of("objection"):
        paper = world.rows[_public_notice()][f"{one.cell} published"].pk
        found.append(Thing({"public_id": str(paper), "objection_id": key}, one, str(one)))
    return found


_STEPS = {"appointment": "end", "reserve": "decide", "nomination": "decide", "talent": "open", "organisation": "close"}


def _step(world: World, wish: Wish) -> list[Thing]:
    kinds = {"organisation": "unit"}
    return [
        Thing({"kind": key, "pk": row, "verb": verb}, one, f"{key} in {one.cell}", _row_rule(key, one.cell))
        for key, verb in _STEPS.items()
        for row, one in wish.rng.sample(world.of(kinds.get(key, f"row:{key}")), 6)
    ]


def _call(world: World, wish: Wish) -> list[Thing]:
    viewers = wish.rng.sample(list(world.own["call"]), min(20, len(world.own["call"])))
    return [
        Thing(
            {"webhook_id": str(world.own["webhook"][one]), "delivery_id": str(world.own["call"][one])},
            world.ids[str(world.own["call"][one])], str(one),
        )
        for one in viewers
    ]  # fmt: skip


def _register_own(name: str, what: str) -> Fill:
    return _of_kind(name, "own", what, key="estate")


def _post(world: World, wish: Wish) -> list[Thing]:
    return [
        Thing({"pk": key}, one, str(one), only=_row_rule("appointment", one.cell))
        for key, one in world.of("row:appointment")
    ]  # fmt: skip


def _secured(name: str) -> Fill:
    """Accounts as their keepers see them."""

    def fill(world: World, wish: Wish) -> list[Thing]:
        rule = lambda cell: lambda viewer, _report: viewer is not None and oracle.any_of(viewer, oracle.ASKERS, cell)  # noqa: E731
        return [
            Thing({name: key}, one, str(one), only=rule(one.cell))
            for key, one in world.of("account")
        ]  # fmt: skip

    return fill


def _pack(world: World, wish: Wish) -> list[Thing]:
    """A case, for whoever sees it and may export there."""
    return [
        Thing(
            one.values,
            one.secret,
            one.words,
            only=lambda viewer, report, one=one: (
                oracle.may(viewer, one.secret, report)
                and viewer is not None
                and oracle.holds(viewer, "export", one.secret.cell)
            ),
        )
        for one in _case(world, wish)
        if one.secret is not None
    ]


def _not_made(world: World, wish: Wish) -> list[Thing]:
    """One's own exports: no file of theirs has been made."""
    return [
        Thing(one.values, one.secret, one.words, only=lambda _viewer, _report: False)
        for one in _of_kind("export_id", "own", "case_export")(world, wish)
    ]


VALUES: dict[str, Fill] = {
    # by the name of the route, else by its app and parameters, else by its parameters
    "portal:photo_for_all": lambda world, wish: [
        Thing({"file_id": one.values["file_id"]}, one.secret, one.words, only=lambda _viewer, _report: False)
        for one in _case_file(world, wish)
    ],
    "portal:cover": _nobody("token"),
    "portal:talent": lambda world, wish: [
        Thing({"talent_id": key}, one, str(one), only=lambda _viewer, _report: False)
        for key, one in world.ids.items()
        if one.kind == "row:talent"
    ],
    "portal:on_call_link": _nobody("code"),
    "portal report_id": _held,
    "portal:excluded": lambda world, wish: [one for one in _held(world, wish) if one.words in ANSWERED],
    "portal report_id file_id": _held_file,
    "portal report_id name": _held_deed,
    "portal:notice": _shown_paper(),
    "portal:notice_object": _shown_paper(),
    "portal:notice_sheet": _shown_paper(),
    "portal public_id file_id": _shown_paper("file_id"),
    "portal objection_id": lambda world, wish: [
        Thing(one.values, one.secret, one.words, only=lambda _viewer, _report: False)
        for one in _of_kind("objection_id", "objection")(world, wish)
    ],
    "access channel": _open(channel="sms"),
    "access:drop_address": _nobody("address_id"),
    "access:remove_factor": _nobody("factor_id"),
    "access:end_own_sign_in": lambda world, wish: [
        Thing(one.values, one.secret, one.words, only=lambda viewer, _report, one=one: viewer == one.secret.thing)
        for one in _of_kind("sign_in_id", "sign_in", "sign_in")(world, wish)
    ],
    "access account_id": _secured("account_id"),
    "access reset_id": _of_kind("reset_id", "reset"),
    "access:end_sign_in": lambda world, wish: [
        Thing(
            one.values,
            one.secret,
            one.words,
            only=lambda viewer, report, one=one: (
                viewer == one.secret.thing or _over(one.secret.cell, "secure", "admin_people")(viewer, report)
            ),
        )
        for one in _of_kind("sign_in_id", "sign_in", "sign_in")(world, wish)
    ],
    "access review_id": lambda world, wish: [
        one for one in _of_kind("review_id", "review")(world, wish) if one.values["review_id"] in _reviews()
    ],
    "access item_id": lambda world, wish: [
        one for one in _of_kind("item_id", "review")(world, wish) if one.values["item_id"] not in _reviews()
    ],
    "desk slug": _open(slug="triage"),
    "desk case_id": _case,
    "desk public_id": _paper(),
    "desk public_id file_id": _paper_file,
    "desk report_id": _slip,
    "desk filter_id": _of_kind("filter_id", "own", "filter"),
    "desk:pack": _pack,
    "api:ask_case_export": _pack,
    "desk:export_file": _not_made,
    "api:fetch_export": _not_made,
    "desk export_id": _of_kind("export_id", "own", "case_export"),
    "desk batch_id": _of_kind("batch_id", "own", "batch"),
    "desk hand_over_id": _of_kind("hand_over_id", "hand_over"),
    "cases case_id": _case,
    "cases whistle_id": _whistle,
    "cases whistle_id verb": _whistle_move,
    "cases run_id": _tree,
    "cases emergency_id": _of_kind("emergency_id", "emergency"),
    "cases shift_id": _of_kind("shift_id", "shift"),
    "cases ticket_id": _ticket,
    "cases ticket_id verb": _ticket_move,
    "cases:ticket_paper": _ticket_paper,
    "cases:ticket_paper_as_word": _ticket_paper,
    "cases draft_id": _nobody("draft_id"),
    "cases form": _open(form="csv"),
    "cases hot_id": _hot_read,
    "cases hot_id verb": _hot_move,
    "cases incident_id": _incident,
    "cases incident_id verb": _incident_move,
    "cases campaign_id": _campaign("campaign_id", "campaign"),
    "cases campaign_id verb": _campaign("campaign_id", "campaign", "begin", "close", "publish", "add"),
    "cases spot_id": _campaign("spot_id", "spot"),
    "cases spot_id verb": _campaign("spot_id", "spot", "start", "finish", "pass", "fail", "open_case"),
    "cases spot_id file_id": _nobody("spot_id", "file_id"),
    "cases case_id report_id": _nobody("case_id", "report_id"),
    "cases unit_id": _nobody("unit_id"),
    "cases account_id": _nobody("account_id"),
    "cases case_id verb": _case_move,
    "cases case_id file_id": _case_file,
    "cases case_id kind": _case_sheet,
    "matters code": _open(code="0301"),
    "matters number": _open(number="1"),
    "matters version_id": _of_kind("version_id", "knowledge"),
    "matters version_id verb": _of_kind("version_id", "knowledge", verb="submit"),
    "cases errand_id": _errand,
    "cases errand_id verb": _errand_move,
    "portal task_id": _nobody("task_id"),
    "portal task_id file_id": _nobody("task_id", "file_id"),
    "portal task_id name": lambda world, wish: [Thing({"task_id": str(MISSING), "name": "accept"}, None, "nothing")],
    "portal answer_id": _nobody("answer_id"),
    "matters switch_id": _of_kind("switch_id", "switch"),
    "places draft_id": _of_kind("draft_id", "own", "area_draft"),
    "places plan_id": _of_kind("plan_id", "plan"),
    "places code": _areas("code"),
    "opendata export_id": _of_kind("export_id", "export"),
    "desk model_id": _of_kind("model_id", "triage_model"),
    "api model_id": _of_kind("model_id", "triage_model"),
    "insight statement_id": _of_kind("statement_id", "statement"),
    "insight scoring_id": _of_kind("scoring_id", "scoring"),
    "registers key": _register,
    "registers key draft_id": _register_own("draft_id", "sheet"),
    "registers key change_id": _register_own("change_id", "bulk"),
    "registers key row_id": _row,
    "cases key row_id": _rule,
    "api:decide_rule": _rule,
    "people:decide": _of_kind("pk", "grant_request"),
    "people:revoke": _of_kind("pk", "grant"),
    "people:acknowledge": _nobody("pk"),
    "people:let_in": _secured("pk"),
    "people:hand_over": _post,
    "people account_id": _secured("account_id"),
    "people kind pk verb": _step,
    "clocks year": _open(year="2026"),
    "clients client_id": _of_kind("client_id", "own", "client"),
    "notices notice_id": _of_kind("notice_id", "own", "notice"),
    "notices delivery_id": _of_kind("delivery_id", "dead"),
    "notices kind channel language": _open(kind="order_offered", channel="app", language="zh-hans"),
    "notices wording_id": lambda world, wish: [Thing({"wording_id": str(MISSING)}, None, "nothing")],
    "notices wording_id verb": lambda world, wish: [
        Thing({"wording_id": str(MISSING), "verb": "submit"}, None, "nothing")
    ],
    "notices public_id": _paper(),
    "notices public_id verb": _paper(verb="ask"),
    "notices public_id objection_id": _paper_objection,
    "files token": _nobody("token"),
    "api case_id": _case,
    "api case_id verb": _case_move,
    "api case_id file_id": _case_file,
    "api order_id": _order,
    "api whistle_id": _whistle,
    "api whistle_id verb": _whistle_move,
    "api ticket_id": _ticket,
    "api ticket_id verb": _ticket_move,
    "api hot_id": _hot_read,
    "api incident_id": _incident,
    "api incident_id verb": _incident_move,
    "api campaign_id": _campaign("campaign_id", "campaign"),
    "api spot_id": _campaign("spot_id", "spot"),
    "api spot_id verb": _campaign("spot_id", "spot", "start", "finish", "pass", "fail", "open_case"),
    "api spot_id file_id": _nobody("spot_id", "file_id"),
    "api report_id": _report,
    "api:read_type": _open(code="0301"),
    "api:read_assessment": _areas("code", "read"),
    "api:list_frozen_months": _areas("code", "read"),
    "api:list_assessed_cases": _areas("code", "read"),
    "api:read_area": _open(code="990101001"),
    "api organisation_id": _of_kind("organisation_id", "unit"),
    "api key": _register,
    "api key row_id": _row,
    "api run_id": _tree,
    "api emergency_id": _of_kind("emergency_id", "emergency"),
    "api switch_id": _of_kind("switch_id", "switch"),
    "api filter_id": _of_kind("filter_id", "own", "filter"),
    "api shift_id": _of_kind("shift_id", "hand_over"),
    "api version_id": _of_kind("version_id", "knowledge"),
    "api batch_id": _of_kind("batch_id", "own", "batch"),
    "api export_id": _of_kind("export_id", "own", "case_export"),
    "api webhook_id": _of_kind("webhook_id", "own", "webhook"),
    "api webhook_id delivery_id": _call,
}


@cache
def _reviews() -> frozenset[str]:
    from huying.access.models import Review

    return frozenset(str(pk) for pk in Review.objects.values_list("pk", flat=True))


def _values_for(name: str, params: tuple[str, ...]) -> Fill | None:
    app = name.split(":")[0]
    return VALUES.get(name) or VALUES.get(" ".join((app, *params)))


def things(door: Door, world: World, wish: Wish) -> list[Thing]:
    if not door.params:
        return [Thing({}, None, "")]
    fill = _values_for(door.name, door.params)
    assert fill is not None
    return fill(world, wish)


def missing(door: Door, thing: Thing) -> dict[str, str] | None:
    """The same address with what it names replaced by what nobody has; None where it names nothing of the kind."""
    values = dict(thing.values)
    for name in reversed(door.params):
        if name.endswith("_id") or name == "pk":
            values[name] = str(MISSING)
            if name != "file_id" and name != "objection_id" and name != "delivery_id":
                break
        elif name == "code" and name in values and values[name].startswith("99"):
            values[name] = values[name][:2] + "7" * (len(values[name]) - 2)
            break
    return None if values == thing.values else values


# Asking


@dataclass
class Answer:
    """What came, as far as it can be compared."""

    status: int
    headers: str
    body: bytes
    statements: int
    written: tuple[str, ...]

    @property
    def refused(self) -> bool:
        return self.status in (401, 403, 404, 405) or (self.status == 302 and "/sign-in/" in self.headers)


@dataclass
class Caller:
    """Somebody with a browser or a token."""

    viewer: Viewer | None
    report_id: UUID | None = None
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=False))
    token: str = ""

    def ask(
        self, method: str, url: str, data: dict[str, Any] | None = None, *, etag: str = ""
    ) -> tuple[Answer, HttpResponse]:
        headers = {"accept": "application/json" if url.startswith("/api/") else "text/html"}
        if url.startswith("/api/") and self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if url.startswith("/api/") and method != "GET":
            headers["idempotency-key"] = str(uuid.uuid4())
        if etag:
            headers["if-none-match"] = etag
        self.browser.cookies.pop("messages", None)  # what an earlier act had to say stands on the next page
        options: dict[str, Any] = {"headers": headers}
        if method != "GET":
            if url.startswith("/api/"):
                options |= {"data": _json(data or {}), "content_type": "application/json"}
            else:
                options |= {"data": data or {}}
        else:
            options |= {"data": data or {}}
        with counted() as (count, written):
            response = getattr(self.browser, method.lower())(url, **options)
            body = _body(response)
        return Answer(response.status_code, _headers(response), body, count[0], tuple(sorted(set(written)))), response


def _json(data: dict[str, Any]) -> str:
    import json

    return json.dumps(data)


def _body(response: Any) -> bytes:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return b"\n".join(packed.read(one) for one in packed.namelist())
    return bytes(body)


_LEFT_OUT_HEADERS = frozenset(
    {"set-cookie", "content-length", "content-security-policy", "x-request-id", "server-timing"}
)


def _headers(response: Any) -> str:
    return "\n".join(
        sorted(f"{name}: {value}" for name, value in response.items() if name.lower() not in _LEFT_OUT_HEADERS)
    )


_WRITES = re.compile(r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?([a-z_0-9]+)", re.I)
HARMLESS = frozenset(
    {
        "django_session", "access_signin", "access_dutyuse", "portal_tries", "clients_client", "axes_accessattempt",
        "axes_accessfailurelog", "axes_accesslog", "axes_accessattemptexpiration", "notices_sending",
    }
)  # fmt: skip
"""What a request may note of itself: that it came, how often, and which duty was used."""


@contextmanager
def counted() -> Iterator[tuple[list[int], list[str]]]:
    """How many statements are run inside, and which tables they write."""
    count, written = [0], list[str]()

    def seen(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        count[0] += 1
        done = execute(sql, params, many, context)
        found = _WRITES.match(str(sql))
        # A statement that looks for what to write within the asker's own scope, and finds nothing, writes nothing.
        if (
            found
            and context["cursor"].rowcount
            and found[1] not in HARMLESS
            and not found[1].startswith("procrastinate")
        ):
            written.append(found[1])
        return done

    with connection.execute_wrapper(seen):
        yield count, written


def caller(world: World, viewer: Viewer | None, report_id: UUID | None = None) -> Caller:
    """A signed-in browser with a token of the viewer's own; a nameless one, perhaps with a report opened."""
    one = Caller(viewer, report_id)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    stamp = int(NOW.timestamp())
    if viewer is not None:
        account = world.accounts[viewer]
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session[CONFIRMED] = session[USED] = session[SEEN] = stamp
        session[TOUCHED] = int(hour_of(NOW).timestamp())
        session[DUTIES] = dict.fromkeys(oracle.duties(viewer.role), "2026-10-20")
        one.token = world.tokens[viewer] if oracle.duties(viewer.role) else ""
    if report_id is not None:
        session[OPENED] = [str(report_id)]
    if viewer is not None or report_id is not None:
        session.save()
        one.browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return one


# Looking


_MARK = re.compile(rb"qz[ghjkmnpqrstvwxyz]{6}")
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_VOLATILE = (
    re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"'),
    re.compile(rb'"?X-CSRFToken"?\s*:\s*"?[A-Za-z0-9]{32,64}"?'),
    re.compile(rb"&quot;X-CSRFToken&quot;: &quot;[A-Za-z0-9]{32,64}&quot;"),
    re.compile(rb'nonce="[^"]*"'),
)


def marks_in(world: World, answer: Answer, asked: Iterable[str]) -> list[tuple[str, Secret]]:
    """Everything of the world that stands in an answer, less what the caller said themselves."""
    whole = answer.body + b"\n" + answer.headers.encode()
    said = set(asked)
    found: dict[str, Secret] = {}
    for mark in _MARK.findall(whole):
        word = mark.decode()
        if word in world.marks and word not in said:
            found[word] = world.marks[word]
    for key in _ID.findall(whole):
        word = key.decode()
        if word in world.ids and word not in said:
            one = world.ids[word]
            # Whoever reads a post reads whose it is; what else is kept of the account is another matter.
            found[word] = replace(one, kind="account_name") if one.kind == "account" else one
    return list(found.items())


def alike(answer: Answer, values: Iterable[str]) -> tuple[int, str, bytes]:
    """An answer with the asked ids and the marks against forgery taken out."""
    body, headers = answer.body, answer.headers
    for one in _VOLATILE:
        body = one.sub(b"", body)
    for value in sorted(set(values), key=len, reverse=True):
        if len(value) > 3:
            body = body.replace(value.encode(), b"ASKED")
            headers = headers.replace(value, "ASKED")
    return answer.status, headers, body


def fingerprint() -> dict[str, str]:
    """A hash of every table."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        for (table,) in cursor.fetchall():
            if table in HARMLESS or table.startswith("procrastinate"):
                continue
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(md5(one::text), '' ORDER BY md5(one::text)), '')) FROM \"{table}\" one"
            )
            found[table] = cursor.fetchone()[0]
    return found


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


FORM: dict[str, Any] = {
    "area_code": CELLS[1],
    "area": CELLS[1],
    "name": "甲",
    "title": "甲",
    "words": "路灯不亮，请来看看。",
    "reason": "试一下。",
    "verb": "dispatch",
    "confirmed": "on",
    "kind": "other",
    "note": "试一下。",
    "key": "0199ffff-0000-7000-8000-00000000beef",
}
"""What a stranger sends: well-formed, so that nothing but the scope refuses it."""

QUERY: dict[str, dict[str, str]] = {
    "desk:search": {"q": "qz"},
    "desk:cases": {"state": "all"},
    "desk:points": {"state": "all"},
    "api:list_cases": {"state": "all", "limit": "200"},
    "api:list_orders": {"state": "all", "limit": "200"},
    "api:read_events": {"limit": "200"},
    "api:list_rows": {"limit": "200"},
    "portal:area": {"code": CELLS[1]},
    "portal:notices": {"area": CELLS[1]},
    "access:accounts": {"q": "qz"},
    "people:grants": {"q": "qz"},
    "people:seers": {"area": CELLS[1]},
}

_ = (SECRECY, UNITS)
