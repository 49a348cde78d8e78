"""A street, its parts and the street next door, and in each of them one of everything, marked.

A mark is a word that occurs once in the world: every row's texts carry it, and `Secret` says which row it is. So a
body that holds a mark holds that row. Row ids are marks too. Rows are written plainly (no acts): what is proved here
is who reads them, and every combination of state, orders, confidential and recused must be there.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection, models

from huying.access.models import CodeAddress, FactorReset, ForcedRole, Review, ReviewItem, SignIn
from huying.approvals.models import Approval
from huying.audit.models import History
from huying.cases.codes import code_of, hash_of
from huying.cases.models import (
    Addition,
    Answer,
    Campaign,
    CampaignSpot,
    Case,
    ContactAttempt,
    DutyShift,
    Emergency,
    Errand,
    ErrandLine,
    Exclusion,
    ExclusionKind,
    Feedback,
    HotApart,
    HotIssue,
    HotIssueCase,
    Incident,
    IncidentWord,
    JointDecision,
    Precedent,
    Remark,
    Report,
    SiteVisit,
    Source,
    Suggested,
    Ticket,
    TreeRun,
    TriageModel,
    Whistle,
    WhistleKind,
    WhistlePart,
    WorkOrder,
)
from huying.cases.rules import OrderRole, OrderState, State
from huying.cases.rules.tickets import SourceKind, SourceTier
from huying.cases.rules.triage import Scores
from huying.cases.search import vector
from huying.channels.models import Delivery as Call
from huying.channels.models import Webhook
from huying.clients.actions import hash_of as secret_hash
from huying.clients.models import Client
from huying.desk.models import Batch, CaseExport, HandOver, SavedFilter
from huying.files import storage
from huying.files.models import Attachment
from huying.insight.actions import catch_up
from huying.insight.models import Scoring, Statement
from huying.insight.rules import SHIPPED, examples_of
from huying.kernel.actor import Actor
from huying.matters.models import CatalogueVersion, Knowledge, LimitSet, LimitSwitch
from huying.notices.models import Delivery, DigestHours, Notice, Objection, PublicNotice
from huying.notices.sealing import objection_hash
from huying.opendata.models import Export
from huying.people.models import Account, Appointment, Contact, GrantRequest, Organisation, Recusal, Role, RoleGrant
from huying.people.queries import actor_for
from huying.people.roles import ROLES
from huying.people.rules import Duty, Post, UnitKind
from huying.places.models import Area, AreaPlan, ImportDraft
from huying.registers import declared
from huying.registers.models import BulkChange
from huying.registers.models import ImportDraft as SheetDraft
from tests.world import BANYAN, DISTRICT, GRID, KAPOK, NEXT_DOOR, NOW, OTHER_GRID, SQUARES, STREET, ground

KAPOK_GRID, NEXT_COMMUNITY, NEXT_GRID = KAPOK + "001", NEXT_DOOR + "001", NEXT_DOOR + "001001"
CELLS = (
    DISTRICT, STREET, BANYAN, GRID, OTHER_GRID, KAPOK, KAPOK_GRID, NEXT_DOOR, NEXT_COMMUNITY, NEXT_GRID,
)  # fmt: skip
POSITIONS = (GRID, OTHER_GRID, BANYAN, KAPOK, STREET, NEXT_DOOR, DISTRICT)
"""Where viewers stand: of every cell some stand in it, above, below, beside and next door."""
UNITS = ("none", "on", "idle")
"""No post; a post in the unit that holds the cell's orders; a post in one that holds none."""
NOBODY = "no_role"
ROLE_CODES = (*(one.code for one in ROLES), NOBODY)
BEFORE = NOW - timedelta(days=30)
DAY = (NOW - timedelta(days=40)).date()

_SPACE = UUID("00000000-0000-7000-8000-00000000acce")
_LETTERS = "ghjkmnpqrstvwxyz"  # none of a UUID, none that is read as another


def word(number: int) -> str:
    """The mark with this number: letters that no id, hash or sentence of the product holds."""
    return "qz" + "".join(_LETTERS[(number >> shift) & 15] for shift in (20, 16, 12, 8, 4, 0))


@dataclass(frozen=True)
class Secret:
    """What a mark stands for: a kind that `oracle` knows, where it lies, and the thing itself."""

    kind: str
    cell: str
    thing: Any = None
    part: str = ""

    def __str__(self) -> str:
        return f"{self.kind}{':' + self.part if self.part else ''} in {self.cell}"


@dataclass(frozen=True)
class Viewer:
    """One of the cast: a role granted at a place, and a post in a unit or none."""

    role: str
    at: str
    unit: str

    def __str__(self) -> str:
        return f"{self.role}@{self.at}/{self.unit}"

    @property
    def key(self) -> UUID:
        return uuid.uuid5(_SPACE, f"account {self}")

    @property
    def posted(self) -> UUID | None:
        """The unit in which the viewer holds a post."""
        return None if self.unit == "none" else unit_id(self.at, self.unit)


def unit_id(cell: str, which: str) -> UUID:
    return uuid.uuid5(_SPACE, f"unit {cell} {which}")


CAST = tuple(Viewer(role, at, unit) for role in ROLE_CODES for at in POSITIONS for unit in UNITS)

# What a case's orders may be in each state: who holds one, in which state, and whether another only assists.
_EARLY: tuple[tuple[tuple[str, str, str], ...], ...] = (
    (),
    (("on", "lead", "returned"),),
    (("on", "lead", "cancelled"),),
)
_HELD: dict[str, tuple[tuple[tuple[str, str, str], ...], ...]] = {
    "received": _EARLY,
    "verifying": _EARLY,
    "triaged": _EARLY,
    "filed": _EARLY,
    "in_hand": (
        (("on", "lead", "accepted"),),
        (("street", "lead", "offered"),),
        (("far", "lead", "accepted"),),
        (("street", "lead", "rework"), ("on", "assist", "accepted"), ("far", "assist", "returned")),
    ),
    "closed": (
        (),
        (("on", "lead", "completed"),),
        (("street", "lead", "completed"),),
        (("far", "lead", "completed"),),
    ),
}
_DONE = ((("on", "lead", "done"),), (("street", "lead", "done"),), (("far", "lead", "done"),))
for _state in ("reviewing", "checking", "calling_back"):
    _HELD[_state] = _DONE
SECRECY = ("plain", "confidential", "unit", "person", "both")
"""Neither; confidential; the cell's unit recused; persons recused; confidential with the unit recused."""


_CALLED = (
    (), (("far", "arrived", "joint"),), (("far", "cancelled", "cancelled"),), (("far", "done", "rated"),),
    (("street", "done", "joint"),),
)  # fmt: skip
"""Whom a whistle called to a case, in which state its part and the whistle are."""


def shapes() -> Iterator[tuple[str, tuple[tuple[str, str, str], ...]]]:
    """Every state with every kind of orders that it may have."""
    for state in State.values:
        for held in _HELD.get(state, _EARLY):
            yield state, held


@dataclass
class Made:
    """A case as the oracle knows it: written down here, not read from the database."""

    id: UUID
    cell: str
    state: str
    secrecy: str
    orders: tuple[tuple[UUID, str], ...]  # unit, state
    recused_units: frozenset[UUID]
    recused_accounts: frozenset[UUID]
    taken_by: UUID | None
    report_id: UUID
    number: str
    order_ids: tuple[UUID, ...] = ()
    whistle_id: UUID = UUID(int=0)
    tree_id: UUID = UUID(int=0)
    errand_id: UUID | None = None
    ticket_id: UUID = UUID(int=0)
    incident_id: UUID = UUID(int=0)
    hot_id: UUID = UUID(int=0)
    old_hot_id: UUID = UUID(int=0)  # of what was joined into the other
    called: tuple[tuple[UUID, str, str], ...] = ()  # unit, state of its part, state of the whistle
    files: dict[str, UUID] = field(default_factory=dict)

    @property
    def confidential(self) -> bool:
        return self.secrecy in ("confidential", "both")

    @property
    def restricted(self) -> bool:
        return self.secrecy != "plain"


@dataclass
class World:
    """What was planted, and what each mark means."""

    marks: dict[str, Secret] = field(default_factory=dict)
    ids: dict[str, Secret] = field(default_factory=dict)
    cases: dict[UUID, Made] = field(default_factory=dict)
    rows: dict[type[models.Model], dict[str, models.Model]] = field(default_factory=dict)
    actors: dict[Viewer, Actor] = field(default_factory=dict)
    accounts: dict[Viewer, Account] = field(default_factory=dict)
    tokens: dict[Viewer, str] = field(default_factory=dict)
    own: dict[str, dict[Viewer, UUID]] = field(default_factory=dict)
    undeclared: list[str] = field(default_factory=list)
    cast: tuple[Viewer, ...] = ()
    _by_kind: dict[str, list[tuple[str, Secret]]] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[tuple[str, Secret]]:
        """Ids that are marks of these kinds; asked for once the world stands."""
        if not self._by_kind:
            for key, one in self.ids.items():
                self._by_kind.setdefault(one.kind, []).append((key, one))
        return [pair for kind in kinds for pair in self._by_kind.get(kind, [])]

    def mark(self, kind: str, cell: str, thing: Any = None, part: str = "") -> str:
        """A new mark."""
        made = word(len(self.marks) + 1)
        self.marks[made] = Secret(kind, cell, thing, part)
        return made

    def known(self, key: UUID, kind: str, cell: str, thing: Any = None) -> UUID:
        """An id that is a mark."""
        self.ids[str(key)] = Secret(kind, cell, thing)
        return key

    def actor(self, viewer: Viewer) -> Actor:
        """As the product makes it of the account's rows."""
        if viewer not in self.actors:
            self.actors[viewer] = actor_for(self.accounts[viewer], NOW)
        return self.actors[viewer]


def build(*, whole: bool, cast: Iterable[Viewer] | None = None) -> World:
    """The world; `whole` with every shape of a case, else with enough of each. `cast`: these viewers alone."""
    world = World(cast=tuple(one for one in CAST if cast is None or one in set(cast)))
    ground(NOW)
    _units(world)
    _people(world)
    _registers(world)
    _cases(world, whole=whole)
    _papers(world)
    _own_things(world)
    _plans(world)
    catch_up()
    _uncovered(world)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return world


def _units(world: World) -> None:
    rows = []
    for cell in CELLS:
        for which in ("on", "idle"):
            key = unit_id(cell, which)
            name = world.mark("unit", cell, key)
            world.known(key, "unit", cell, key)
            rows.append(
                Organisation(
                    id=key,
                    kind=UnitKind.STREET_SECTION if which == "on" else UnitKind.STATION,
                    name=f"{name}科",
                    short_name=name,
                    area_code=cell,
                    tier=Area.objects.get(code=cell).tier,
                    phone=world.mark("unit_phone", cell, key),
                )
            )
    Organisation.objects.bulk_create(rows)
    world.rows[Organisation] = {row.area_code: row for row in reversed(rows)}


def _people(world: World) -> None:
    password = make_password("green-kite-lantern-7")
    for viewer in world.cast:
        world.accounts[viewer] = Account(
            id=viewer.key,
            username=f"u{viewer.key.hex[:20]}",
            name="李示例",
            area_code=viewer.at,
            password=password,
            must_change_password=False,
            created_at=BEFORE,
        )
    subjects = {}
    for cell in CELLS:
        key = uuid.uuid5(_SPACE, f"subject {cell}")
        world.known(key, "account", cell, key)
        subjects[cell] = Account(
            id=key,
            username=world.mark("account", cell, key, "username"),
            name=world.mark("account_name", cell, key),
            area_code=cell,
            password=password,
            must_change_password=False,
            created_at=BEFORE,
        )
    Account.objects.bulk_create([*world.accounts.values(), *subjects.values()])
    contacts = {cell: Contact(id=uuid.uuid5(_SPACE, f"contact {cell}"), kept_at=BEFORE) for cell in CELLS}
    Contact.objects.bulk_create(contacts.values())
    world.rows[Contact] = dict(contacts)
    world.rows[Account] = subjects
    posts = [
        Appointment(
            id=uuid.uuid5(_SPACE, f"post {viewer}"), account_id=viewer.key, organisation_id=viewer.posted,
            post=Post.LIAISON, area_code=viewer.at, since=BEFORE,
        )
        for viewer in world.cast if viewer.posted is not None
    ]  # fmt: skip
    for cell in CELLS:
        key = world.known(uuid.uuid5(_SPACE, f"subject post {cell}"), "row:appointment", cell)
        posts.append(
            Appointment(
                id=key, account=subjects[cell], organisation_id=unit_id(cell, "on"), post=Post.LIAISON,
                area_code=cell, since=BEFORE, scope=world.mark("row:appointment", cell),
            )
        )  # fmt: skip
    Appointment.objects.bulk_create(posts)
    world.rows[Appointment] = {one.area_code: one for one in posts if one.scope}
    roles = {one.code: one for one in ROLES}
    grants = [
        RoleGrant(
            id=uuid.uuid5(_SPACE, f"grant {viewer}"), account_id=viewer.key, role_id=viewer.role, area_code=viewer.at,
            unit_id=unit_id(viewer.at, "on" if viewer.unit == "none" else viewer.unit)
            if roles[viewer.role].for_unit else None,
            since=BEFORE,
        )
        for viewer in world.cast if viewer.role != NOBODY
    ]  # fmt: skip
    for cell in CELLS:
        key = world.known(uuid.uuid5(_SPACE, f"subject grant {cell}"), "grant", cell)
        grants.append(RoleGrant(id=key, account=subjects[cell], role_id="building_head", area_code=cell, since=BEFORE))
    RoleGrant.objects.bulk_create(grants)
    world.rows[RoleGrant] = dict(zip(CELLS, grants[-len(CELLS) :], strict=True))
    asked = []
    for cell in CELLS:
        key = world.known(uuid.uuid5(_SPACE, f"request {cell}"), "grant_request", cell)
        asked.append(
            GrantRequest(
                id=key, account=subjects[cell], role_id="supervisor", area_code=cell, since=NOW, state="asked",
                reason=world.mark("grant_request", cell), asked_by=uuid.uuid5(_SPACE, "asker"), asked_at=BEFORE,
            )
        )  # fmt: skip
    GrantRequest.objects.bulk_create(asked)
    world.rows[GrantRequest] = dict(zip(CELLS, asked, strict=True))
    assert Role.objects.filter(pk__in=[one for one in ROLE_CODES if one != NOBODY]).count() == len(ROLES)


# Registers: one row of each in each cell, every text marked

_SHORT = 12
_VALUES: dict[tuple[str, str], Any] = {
    ("TriageLimit", "percent"): 98,
    ("OtherName", "building"): None,  # it is another name of one thing alone
    ("MemberFiling", "consented"): True,
    ("Reserve", "agreed"): True,
    ("Recognition", "kind"): "honour",
    ("UnitLink", "kind"): "covers",
    ("UnitLink", "other"): None,
    ("Inspection", "points"): 90,
    ("GridCount", "households"): 200,
    ("WhistleBand", "digits"): 9,
    ("WhistleKind", "answer_limit"): "1wd",
    ("WhistleKind", "arrive_limit"): "3wd",
}


def _registers(world: World) -> None:
    waiting = [one for one in declared.REGISTERS.values() if one.model not in world.rows]
    keys = {one.model: one.key for one in declared.REGISTERS.values()}
    while waiting:
        ready = [one for one in waiting if all(other in world.rows or other not in keys for other in _needs(one.model))]
        if not ready:
            world.undeclared += [f"register {one.key} hangs on rows that are not made" for one in waiting]
            return
        for register in ready:
            made = {}
            for cell in CELLS:
                one = filled(world, register.model, cell, f"row:{register.key}")
                made[cell] = one
                world.known(one.pk, f"row:{register.key}", cell)
            register.model._default_manager.bulk_create(made.values())
            world.rows[register.model] = made
            waiting.remove(register)


def _needs(model: type[models.Model]) -> list[Any]:
    return [
        one.related_model for one in model._meta.concrete_fields
        if one.is_relation and (not one.null or one.name in _CHOSEN) and one.related_model is not model
    ]  # fmt: skip


_CHOSEN = {"appointment", "organisation", "building", "place", "home", "contract", "resource", "estate", "other"}
"""Links that are set though they may be empty, where a row for them is there."""


def filled(world: World, model: type[models.Model], cell: str, kind: str, **given: Any) -> Any:
    """A row with the mark in every text that is long enough, and something fitting in everything else."""
    values: dict[str, Any] = {}
    if model._meta.pk.get_internal_type() == "UUIDField":
        values["pk"] = uuid.uuid5(_SPACE, f"{model.__name__} {cell}")
    for one in model._meta.concrete_fields:
        if one.primary_key or one.name in given:
            continue
        if (model.__name__, one.name) in _VALUES:
            values[one.name] = _VALUES[model.__name__, one.name]
            continue
        values[one.name] = _value(world, model, one, cell, kind)
    return model(**{**{name: value for name, value in values.items() if value is not _LEAVE}, **given})


_LEAVE = object()


def _value(world: World, model: type[models.Model], one: Any, cell: str, kind: str) -> Any:
    if one.is_relation:
        made = world.rows.get(one.related_model, {})
        if one.related_model is not model and (not one.null or one.name in _CHOSEN) and cell in made:
            return made[cell]
        return None if one.null else _LEAVE
    what = one.get_internal_type()
    if one.name in ("area_code", "grid_code"):
        return cell
    if what in ("CharField", "TextField"):
        if one.choices:
            return one.choices[0][0]
        if what == "CharField" and one.max_length is not None and one.max_length < _SHORT:
            return "" if one.blank else "甲"
        if one.name.startswith("hours_"):
            return "09:00-17:00"
        if one.name == "code_hash":
            return f"{kind} {cell}"
        return world.mark(kind, cell, part=one.name)
    if one.name == "until":
        if one.null and model.__name__ != "Talent":
            return None
        return NOW + timedelta(days=90) if what == "DateTimeField" else date(2027, 1, 1)
    if what == "DateTimeField":
        return None if one.null and one.name != "since" else BEFORE
    if what == "DateField":
        return None if one.null and one.name != "since" else DAY
    if what == "TimeField":
        return clock_time(9)
    if what == "FloatField" and one.name in ("lng", "lat"):
        square = next((SQUARES[code] for code in SQUARES if code.startswith(cell)), (113.3, 23.1))
        return square[0 if one.name == "lng" else 1] + 0.005
    if one.null:
        return None
    if one.has_default():
        return _LEAVE
    if "Integer" in what:
        return 3
    if what == "UUIDField":
        return uuid.uuid5(_SPACE, f"{kind} {cell} {one.name}")
    return _LEAVE


# Cases


def _cases(world: World, *, whole: bool) -> None:
    heads = [one for one in world.cast if one.role in ("centre_head", "supervisor", "leader_in_charge")]
    takers = [one for one in world.cast if Duty.REPORT in _duties(one.role)]
    cases, reports, orders, recusals, rest, files = [], [], [], [], [], []
    hot: list[HotIssue] = []
    joined: list[HotIssue] = []
    gone, said_of_them = [], []  # incidents that are over: of one that goes on everybody may know
    whistles, parts, kind = [], [], WhistleKind.objects.filter(area_code="").order_by("pk")[0]
    trees: list[TreeRun] = []
    errands, spoken = [], []
    # One of all above: who sees a ticket reads its name.
    source = Source.objects.create(
        code="above", name="上级", area_code="99", kind=SourceKind.TICKET, tier=SourceTier.CITY
    )
    tickets = []
    left_out, why = [], ExclusionKind.objects.filter(area_code="").order_by("pk")[0]
    councils, precedents = [], []
    last: dict[tuple[str, str], UUID] = {}
    every = list(shapes())
    for number, (cell, secrecy, (state, held)) in enumerate(
        (cell, secrecy, shape) for cell in CELLS for secrecy in SECRECY for shape in every
    ):
        place = number % len(every)
        if not whole and (place + 5 * (number // len(every))) % 9:
            continue
        key = uuid.uuid5(_SPACE, f"case {number}")
        if state == "merged" and (cell, secrecy) not in last:
            state = "voided"
        made = Made(
            key, cell, state, secrecy,
            tuple((_holder(cell, who), order_state) for who, _role, order_state in held),
            frozenset({unit_id(cell, "on")} if secrecy in ("unit", "both") else ()),
            frozenset(heads[(number * 5 + step) % len(heads)].key for step in range(4))
            if secrecy == "person" else frozenset(),
            takers[number % len(takers)].key if number % 3 == 0 else None,
            uuid.uuid5(_SPACE, f"report {number}"),
            f"XX{number:06d}",
        )  # fmt: skip
        world.cases[key] = made
        world.known(key, "case", cell, made)
        world.known(made.report_id, "case", cell, made)
        if state not in ("merged",):
            last[cell, secrecy] = key
        ended = state not in _OPEN
        said = world.mark("case", cell, made, "title")
        received = NOW - timedelta(hours=3, minutes=number % 6000)
        row = Case(
            id=key, number=_number(number), title=said, state=state, flow="appeal", channel="portal",
            area_code=cell, filed_area_code=cell, desk_code=cell[:9] if len(cell) > 9 else cell,
            place_words=world.mark("case", cell, made, "place"), type_code="0301" if number % 2 else "",
            grade="ordinary", confidential=made.confidential, recused=made.secrecy in ("unit", "person", "both"),
            restricted=made.restricted, received_at=received, moved_at=received, ended_at=NOW if ended else None,
            due_from=None if ended else received, yellow_at=None if ended else NOW + timedelta(hours=1),
            due_at=None if ended else NOW + timedelta(hours=number % 48, minutes=number % 59),
            due_step="" if ended else "dispatch",
            answer=world.mark("case", cell, made, "answer") if ended else "",
            merged_into_id=last[cell, secrecy] if state == "merged" else None,
            state_before_merge="filed" if state == "merged" else "",
            transferred_to=world.mark("case", cell, made, "transferred") if state == "transferred" else "",
            search=vector(said, area_code=cell), excluded=state in ANSWERED,
        )  # fmt: skip
        world.cases[key].number = row.number
        cases.append(row)
        reports.append(
            Report(
                id=made.report_id, case_id=key, code_hash=hash_of(code_of(made.report_id)), channel="portal",
                words=world.mark("voice", cell, made, "words"), place_words=world.mark("voice", cell, made, "place"),
                received_at=received, taken_by_id=made.taken_by, first_case_id=key,
            )
        )  # fmt: skip
        ids = []
        for at, (who, role, order_state) in enumerate(held):
            order_key = uuid.uuid5(_SPACE, f"order {number} {at}")
            ids.append(world.known(order_key, "case", cell, made))
            orders.append(
                WorkOrder(
                    id=order_key, case_id=key, unit_id=_holder(cell, who), role=OrderRole(role),
                    state=OrderState(order_state), clause=world.mark("case", cell, made, "clause"),
                    instruction=world.mark("case", cell, made, "instruction"),
                    result=world.mark("case", cell, made, "result"), offered_at=received, accepted_at=received,
                    done_at=NOW if order_state in ("done", "completed") else None,
                    ended_at=NOW if order_state in ("completed", "returned", "cancelled") else None,
                )
            )  # fmt: skip
        made.order_ids = tuple(ids)
        called = _CALLED[number % len(_CALLED)]
        made.called = tuple((_holder(cell, who), part, blown) for who, part, blown in called)
        made.whistle_id = world.known(uuid.uuid5(_SPACE, f"whistle {number}"), "case", cell, made)
        whistles.append(
            Whistle(
                id=made.whistle_id, case_id=key, serial=1, kind=kind, caller_unit_id=unit_id(cell, "on"),
                state=called[0][2] if called else "asked", reason=world.mark("case", cell, made, "why"),
                wanted=world.mark("case", cell, made, "wanted"), done=world.mark("case", cell, made, "record"),
                asked_at=received, blown_at=received,
            )
        )  # fmt: skip
        made.tree_id = world.known(uuid.uuid5(_SPACE, f"tree {number}"), "case", cell, made)
        trees.append(TreeRun(id=made.tree_id, case_id=key, occasion="desk", began_at=received, next_at=received))
        parts += [
            WhistlePart(
                whistle_id=made.whistle_id, unit_id=unit, state=part,
                done_words=world.mark("case", cell, made, "part"),
            )
            for unit, part, _blown in made.called
        ]  # fmt: skip
        if ids:
            made.errand_id = world.known(uuid.uuid5(_SPACE, f"errand {number}"), "case", cell, made)
            errands.append(
                Errand(
                    id=made.errand_id, case_id=key, order_id=ids[0], serial=1,
                    firm=world.mark("case", cell, made, "firm"), words=world.mark("case", cell, made, "task"),
                    place=world.mark("case", cell, made, "spot"), state="accepted", sent_at=received,
                    expires_at=NOW + timedelta(days=9), code_hash=made.errand_id.hex,
                )
            )  # fmt: skip
            spoken.append(
                ErrandLine(
                    errand_id=made.errand_id, verb="errand_say", words=world.mark("case", cell, made, "said"),
                    made_at=received,
                )
            )  # fmt: skip
        made.ticket_id = world.known(uuid.uuid5(_SPACE, f"ticket {number}"), "case", cell, made)
        tickets.append(
            Ticket(
                id=made.ticket_id, source=source, number=f"T{number}", report_id=made.report_id, state="open",
                received_at=received, closing={"答复": world.mark("case", cell, made, "closing")},
            )
        )  # fmt: skip
        if row.excluded:
            left_out.append(
                Exclusion(
                    id=world.known(uuid.uuid5(_SPACE, f"exclusion {number}"), "case", cell, made), case_id=key,
                    kind=why, state="in_force", hands=[], asked_at=NOW, granted_at=NOW,
                    until=NOW.date() + timedelta(days=90), reason=world.mark("case", cell, made, "left out"),
                    evidence=world.mark("case", cell, made, "evidence"),
                )
            )  # fmt: skip
        councils.append(
            JointDecision(
                id=world.known(uuid.uuid5(_SPACE, f"council {number}"), "case", cell, made), case_id=key,
                units=[unit_id(cell, "on")], minutes=world.mark("case", cell, made, "minutes"), held_at=NOW,
            )
        )  # fmt: skip
        if row.type_code and number % 5 == 0 and not made.restricted:
            precedents.append(
                Precedent(
                    id=world.known(uuid.uuid5(_SPACE, f"precedent {number}"), "precedent", cell), case_id=key,
                    street=cell[:9], area_code=cell, type_code=row.type_code, unit_id=unit_id(cell, "on"), returned=[],
                    facts=world.mark("precedent", cell, None, "facts"), why=world.mark("precedent", cell, None, "why"),
                    by="named", settled_at=NOW,
                )
            )  # fmt: skip
        made.incident_id = world.known(uuid.uuid5(_SPACE, f"incident {number}"), "case", cell, made)
        gone.append(
            Incident(
                id=made.incident_id, case_id=key, street_code=cell[:9], area_codes=[cell],
                place_words=world.mark("case", cell, made, "where"), title=world.mark("case", cell, made, "incident"),
                words=world.mark("case", cell, made, "known"), advice=world.mark("case", cell, made, "advice"),
                began_at=received, declared_at=received, ended_at=NOW,
            )
        )  # fmt: skip
        made.hot_id = world.known(uuid.uuid5(_SPACE, f"hot {number}"), "case", cell, made)
        hot.append(
            HotIssue(
                id=made.hot_id, street_code=cell[:9], number=number, area_code=cell, type_code="", typical_id=key,
                heat=1, callers=5 + number % 2, first_on=DAY, last_on=DAY, trend="quiet", found_at=NOW,
                own_words=world.mark("case", cell, made, "hot") if number % 2 else "",
            )
        )  # fmt: skip
        made.old_hot_id = world.known(uuid.uuid5(_SPACE, f"old hot {number}"), "case", cell, made)
        joined.append(
            HotIssue(
                id=made.old_hot_id, street_code=cell[:9], number=1_000_000 + number, area_code=cell, typical_id=key,
                heat=1, callers=5, first_on=DAY, last_on=DAY, trend="quiet", found_at=NOW, gone_at=NOW,
                joined_into_id=made.hot_id, own_words=world.mark("case", cell, made, "joined"),
            )
        )  # fmt: skip
        said_of_them.append(
            IncidentWord(
                id=uuid.uuid5(_SPACE, f"word {number}"), incident_id=made.incident_id, kind="end",
                words=world.mark("case", cell, made, "said"), said_at=NOW,
            )
        )  # fmt: skip
        for unit in made.recused_units:
            recusals.append(_recusal(key, unit_id=unit))
        for account in made.recused_accounts:
            recusals.append(_recusal(key, account_id=account))
        if whole or number % 3 == 0 or held:
            rest += list(_around(world, made, ids))
            files += list(_files(world, made, number, ids))
    Case.objects.bulk_create(cases, batch_size=500)
    Report.objects.bulk_create(reports, batch_size=1000)
    WorkOrder.objects.bulk_create(orders, batch_size=1000)
    Recusal.objects.bulk_create(recusals, batch_size=1000)
    Exclusion.objects.bulk_create(left_out, batch_size=1000)
    JointDecision.objects.bulk_create(councils, batch_size=1000)
    Precedent.objects.bulk_create(precedents, batch_size=1000)
    Whistle.objects.bulk_create(whistles, batch_size=1000)
    WhistlePart.objects.bulk_create(parts, batch_size=1000)
    TreeRun.objects.bulk_create(trees, batch_size=1000)
    Errand.objects.bulk_create(errands, batch_size=1000)
    ErrandLine.objects.bulk_create(spoken, batch_size=1000)
    Ticket.objects.bulk_create(tickets, batch_size=1000)
    Incident.objects.bulk_create(gone, batch_size=1000)
    IncidentWord.objects.bulk_create(said_of_them, batch_size=1000)
    for number, (one, into) in enumerate(pairwise(hot)):
        one.joined_into = into if number % 2 else None
    HotIssue.objects.bulk_create([*hot, *joined], batch_size=1000)
    HotIssueCase.objects.bulk_create([HotIssueCase(case_id=one.typical_id, issue=one) for one in hot], batch_size=1000)
    HotApart.objects.bulk_create(
        [HotApart(case_id=left.typical_id, issue=one, others=[], at=BEFORE) for left, one in pairwise(hot)],
        batch_size=1000,
    )
    Suggested.objects.bulk_create([_suggested(one) for one in cases], batch_size=1000)
    by_model: dict[type[models.Model], list[Any]] = {}
    for row in [*rest, *files]:
        by_model.setdefault(type(row), []).append(row)
    for model, rows in by_model.items():
        model._default_manager.bulk_create(rows, batch_size=1000)
    hanging = (Exclusion, JointDecision, Precedent, Whistle, WhistlePart, TreeRun, Errand, ErrandLine, Ticket)
    for model in (
        Case,
        Report,
        WorkOrder,
        Recusal,
        *hanging,
        Incident,
        IncidentWord,
        HotIssue,
        HotIssueCase,
        HotApart,
        Suggested,
        *by_model,
    ):
        world.rows.setdefault(model, {})


ANSWERED = ("closed", "answered", "declined")
_OPEN = frozenset(
    {"received", "verifying", "triaged", "filed", "in_hand", "reviewing", "checking", "calling_back"}
)  # as the design lists them


def _number(number: int) -> str:
    from huying.kernel.ids import case_number

    return case_number(NOW.date(), "990101001", number + 1)


def _duties(role: str) -> tuple[str, ...]:
    return next((tuple(map(str, one.duties)) for one in ROLES if one.code == role), ())


def _holder(cell: str, who: str) -> UUID:
    if who == "street":
        over = cell[:9] if len(cell) > 9 else DISTRICT if len(cell) == 9 else STREET
        return unit_id(over, "on")  # of the tier above; a district's own are done by a street
    if who == "far":
        return unit_id(STREET if cell.startswith(NEXT_DOOR) else NEXT_DOOR, "on")
    return unit_id(cell, who)


def _suggested(case: Case) -> Suggested:
    """Another type than the case has, so that every case is among the mistakes."""
    return Suggested(
        id=uuid.uuid5(_SPACE, f"suggested {case.pk}"), case_id=case.pk, at=NOW, confidence=0.3,
        type_code="0301" if case.type_code != "0301" else "0101",
    )  # fmt: skip


def _recusal(case_id: UUID, **who: Any) -> Recusal:
    return Recusal(object_id=case_id, reason_code="about_unit", set_by=None, set_at=BEFORE, **who)


def _around(world: World, made: Made, orders: list[UUID]) -> Iterable[Any]:
    """Every other row of a case, with every text marked."""
    key, cell = made.id, made.cell
    own = {"case_id": key, "made_at": BEFORE}
    yield Addition(report_id=made.report_id, words=world.mark("voice", cell, made, "addition"), added_at=BEFORE)
    yield Remark(verb="dispatch", words=world.mark("case", cell, made, "remark"), **own)
    yield SiteVisit(kind="check", round=1, good=True, words=world.mark("case", cell, made, "visit"), **own)
    yield ContactAttempt(
        report_id=made.report_id, kind="first", result="reached", round=1,
        words=world.mark("case", cell, made, "attempt"), **own,
    )  # fmt: skip
    yield Feedback(
        case_id=key, report_id=made.report_id, round=1, solved=True, satisfaction="satisfied",
        words=world.mark("voice", cell, made, "feedback"), said_at=BEFORE,
    )  # fmt: skip
    yield Answer(
        case_id=key, order_id=orders[0] if orders else None, round=1, outcome="solved",
        words=world.mark("case", cell, made, "answer"), internal=world.mark("case", cell, made, "internal"),
        written_at=BEFORE, sent_back_words=world.mark("case", cell, made, "sent back"),
    )  # fmt: skip
    yield Approval(
        kind="void", object_kind="case", object_id=key, area_code=cell, state="asked",
        reason=world.mark("case", cell, made, "reason"), asked_by=uuid.uuid5(_SPACE, "asker"), asked_at=BEFORE,
    )  # fmt: skip
    yield History(
        at=BEFORE, kind="case", object_id=key, verb="receive", to_state="received", actor_kind="resident",
        area_code=cell,
    )  # fmt: skip


def _files(world: World, made: Made, number: int, orders: list[UUID]) -> Iterable[Any]:
    """A document and a photo of the case, its report and its order."""
    owners = {"case": made.id, "report": made.report_id} | ({"order": orders[0]} if orders else {})
    for owner, owner_id in owners.items():
        for kind in ("pdf", "jpg"):
            key = uuid.uuid5(_SPACE, f"file {number} {owner} {kind}")
            made.files[f"{owner} {kind}"] = world.known(key, "case", made.cell, made)
            name = world.mark("case" if owner != "report" else "voice", made.cell, made, "file")
            stored(key, kind, name)
            yield Attachment(
                id=key, kind=kind, size=10, width=1, height=1, sha256="0" * 64, name=f"{name}.pdf",
                opening=name, owner_kind=owner, owner_id=owner_id, area_code=made.cell, added_at=BEFORE,
                purpose="report" if owner == "report" else "after" if owner == "order" else "proof",
            )  # fmt: skip


def stored(file_id: UUID, kind: str, mark: str) -> None:
    """The file itself: its bytes are the mark."""
    for preview in (False, True) if kind == "jpg" else (False,):
        path = storage.path_of(file_id, kind, preview=preview)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mark.encode())


# Papers, plans, and what belongs to one person


def _papers(world: World) -> None:
    papers, objections, files = [], [], []
    for cell in CELLS:
        for state in ("draft", "asked", "published"):
            key = uuid.uuid5(_SPACE, f"paper {cell} {state}")
            kind = "public" if state == "published" else "paper"
            world.known(key, kind, cell, key)
            mark = world.mark(kind, cell, key)
            shown = state == "published"
            papers.append(
                PublicNotice(
                    id=key, kind="plan", title=mark, body=mark, area_code=cell, place_words=mark, issued_by=mark,
                    days=30, basis="calendar", takes_objections=shown, state=state, made_at=BEFORE,
                    changed_at=BEFORE, begins_at=BEFORE if shown else None,
                    ends_at=NOW + timedelta(days=9) if shown else None,
                    approved_by=uuid.uuid5(_SPACE, "approver") if shown else None,
                )
            )  # fmt: skip
            file_key = uuid.uuid5(_SPACE, f"paper file {cell} {state}")
            stored(file_key, "pdf", mark)
            world.known(file_key, kind, cell, key)
            files.append(
                Attachment(
                    id=file_key, kind="pdf", size=10, width=1, height=1, sha256="0" * 64, name=f"{mark}.pdf",
                    owner_kind="public_notice", owner_id=key, purpose="report", area_code=cell, added_at=BEFORE,
                )
            )  # fmt: skip
            world.own.setdefault(f"paper file {state}", {})[Viewer("", cell, "")] = file_key
            if shown:
                said = uuid.uuid5(_SPACE, f"objection {cell}")
                world.known(said, "objection", cell, said)
                objections.append(
                    Objection(
                        id=said, public_id=key, code_hash=objection_hash(f"{CELLS.index(cell):012d}"),
                        words=world.mark("objection", cell, said), received_at=BEFORE,
                    )
                )  # fmt: skip
    PublicNotice.objects.bulk_create(papers)
    Objection.objects.bulk_create(objections)
    Attachment.objects.bulk_create(files)
    world.rows[PublicNotice] = {f"{one.area_code} {one.state}": one for one in papers}
    world.rows[Objection] = dict(zip(CELLS, objections, strict=True))


def _own_things(world: World) -> None:
    """What only one person may see: notices, programs, addresses, sign-ins, kept sheets."""
    owned: dict[str, list[Any]] = {}

    def own(viewer: Viewer, what: str, kind: str = "own") -> tuple[UUID, str]:
        key = uuid.uuid5(_SPACE, f"{what} {viewer}")
        world.known(key, kind, viewer.at, viewer)
        world.own.setdefault(what, {})[viewer] = key
        return key, world.mark(kind, viewer.at, viewer, what)

    for viewer in world.cast:
        account = {"account_id": viewer.key}
        key, mark = own(viewer, "notice")
        owned.setdefault("notice", []).append(
            Notice(id=key, kind="order_offered", title=mark, body=mark, area_code=viewer.at, made_at=BEFORE, **account)
        )
        key, mark = own(viewer, "client")
        secret = f"{viewer.key.hex:a<43}"[:43]
        world.tokens[viewer] = f"hyp_{key.hex}_{secret}"
        owned.setdefault("client", []).append(
            Client(
                id=key, kind="personal", name=mark, owner_id=viewer.key, duties=sorted(_duties(viewer.role)), areas=[],
                secret_hash=secret_hash(secret), hint="aaaaaa", made_at=BEFORE, expires_at=NOW + timedelta(days=60),
            )
        )  # fmt: skip
        hook, mark = own(viewer, "webhook")
        owned.setdefault("webhook", []).append(
            Webhook(
                id=hook, client_id=key, url=f"https://{mark}.example.org/", kinds=[], area_code="", made_at=BEFORE,
                seen_id=0,
            )
        )  # fmt: skip
        call, _mark = own(viewer, "call")
        owned.setdefault("call", []).append(
            Call(id=call, webhook_id=hook, history_id=1, state="dead", made_at=BEFORE, tried_at=BEFORE)
        )
        key, mark = own(viewer, "sign_in", "sign_in")
        owned.setdefault("sign_in", []).append(
            SignIn(
                id=key, session_key="", method="password", second="", browser="other", system="other",
                address_prefix=mark, began_at=BEFORE, seen_at=BEFORE, ended_at=None, **account,
            )
        )  # fmt: skip
        key, mark = own(viewer, "sheet")
        owned.setdefault("sheet", []).append(
            SheetDraft(id=key, register="estate", filename=mark, content=b"", made_by=viewer.key, made_at=BEFORE)
        )
        key, mark = own(viewer, "bulk")
        owned.setdefault("bulk", []).append(
            BulkChange(
                id=key, register="estate", column="walled", value=True, rows=[], made_by=viewer.key, made_at=BEFORE
            )
        )
        key, mark = own(viewer, "area_draft")
        owned.setdefault("area_draft", []).append(
            ImportDraft(id=key, kind="areas", system="", filename=mark, content=b"", made_by=viewer.key, made_at=BEFORE)
        )
        key, mark = own(viewer, "filter")
        owned.setdefault("filter", []).append(
            SavedFilter(id=key, name=mark, query="light=red", made_by=viewer.key, made_at=BEFORE)
        )
        key, mark = own(viewer, "batch")
        owned.setdefault("batch", []).append(
            Batch(id=key, act="answer", values={"words": mark}, made_by=viewer.key, made_at=BEFORE)
        )
        key, mark = own(viewer, "case_export")
        owned.setdefault("case_export", []).append(
            CaseExport(
                id=key,
                format="csv",
                query=f"q={mark}",
                columns=["number"],
                purpose="check",
                asked_by=viewer.key,
                asked_at=BEFORE,
            )
        )
    for rows in owned.values():
        type(rows[0])._default_manager.bulk_create(rows, batch_size=1000)
        world.rows.setdefault(type(rows[0]), {})


def _plans(world: World) -> None:
    """Plans, reviews, resets, exports, letters that could not be sent: things of an area's administrators."""
    plans, reviews, items, resets, exports, dead, letters, switches, digests = [], [], [], [], [], [], [], [], []
    shifts, months, scorings, storms, rosters, texts, learned, campaigns, spots = [], [], [], [], [], [], [], [], []
    storm = LimitSet.objects.get(season="typhoon", alert="red")
    for cell in CELLS:

        def key(what: str, kind: str, cell: str = cell) -> UUID:
            return world.known(uuid.uuid5(_SPACE, f"{what} {cell}"), kind, cell)

        plans.append(
            AreaPlan(
                id=key("plan", "plan"), kind="split", state="draft", area_code=cell, title=world.mark("plan", cell),
                reason=world.mark("plan", cell), effective_on=date(2026, 12, 1), given={},
                result={"begins": [], "ends": [], "pairs": [], "based_on": {}},
                made_by=uuid.uuid5(_SPACE, "asker"), made_at=BEFORE,
            )
        )  # fmt: skip
        review = Review(
            id=key("review", "review"), area_code=cell, opened_by=uuid.uuid5(_SPACE, "asker"), opened_at=BEFORE,
            due_on=date(2026, 12, 1),
        )  # fmt: skip
        reviews.append(review)
        items.append(ReviewItem(id=key("item", "review"), review=review, grant=world.rows[RoleGrant][cell]))
        resets.append(
            FactorReset(
                id=key("reset", "reset"), account=world.rows[Account][cell], area_code=cell,
                reason=world.mark("reset", cell), state="asked", asked_by=uuid.uuid5(_SPACE, "asker"),
                asked_at=BEFORE,
            )
        )  # fmt: skip
        exports.append(
            Export(
                id=key("export", "export"), area_code=cell, asked_by=uuid.uuid5(_SPACE, "asker"), asked_at=BEFORE,
                made_at=BEFORE, rows=1, size=1, sha256="0" * 64,
            )
        )  # fmt: skip
        switches.append(
            LimitSwitch(
                id=key("switch", "switch"), limit_set=storm, season=storm.season, area_code=cell,
                reason=world.mark("switch", cell), since=BEFORE, switched_at=BEFORE,
                ended_at=BEFORE + timedelta(hours=1),
            )
        )  # fmt: skip
        storms.append(
            Emergency(
                id=key("emergency", "emergency"), season="typhoon", alert="red", area_code=cell,
                reason=world.mark("emergency", cell), since=BEFORE, ended_at=BEFORE + timedelta(hours=1),
            )
        )  # fmt: skip
        rosters.append(
            DutyShift(
                id=key("shift", "shift"), area_code=cell, unit_id=unit_id(cell, "on"), post="centre_head",
                begins_at=BEFORE, ends_at=NOW + timedelta(days=1),
            )
        )  # fmt: skip
        texts.append(
            Knowledge(
                id=key("knowledge", "knowledge"), kind="article", area_code=cell,
                question=world.mark("knowledge", cell), body=world.mark("knowledge", cell),
                review_on=date(2027, 1, 1), made_at=BEFORE,
            )
        )  # fmt: skip
        digests.append(DigestHours(id=key("digest", "digest"), area_code=cell, minutes=[], set_at=BEFORE))
        unit = unit_id(cell, "on")
        shifts.append(
            HandOver(
                id=world.known(uuid.uuid5(_SPACE, f"shift {cell}"), "hand_over", cell, unit), unit_id=unit,
                words=world.mark("hand_over", cell, unit), left_by=uuid.uuid5(_SPACE, "asker"), left_at=BEFORE,
            )
        )  # fmt: skip
        months.append(
            Statement(
                id=key("statement", "statement"), area_code=cell, month=202609, state="frozen", frozen_at=BEFORE,
                terms=SHIPPED.written(), reason=world.mark("statement", cell),
            )
        )  # fmt: skip
        scorings.append(
            Scoring(
                id=key("scoring", "scoring"), area_code=cell, number=1, valid_from=202609, terms=SHIPPED.written(),
                examples=examples_of(SHIPPED), made_by=uuid.uuid5(_SPACE, "asker"), made_at=BEFORE,
            )
        )  # fmt: skip
        learned.append(
            TriageModel(
                id=world.known(uuid.uuid5(_SPACE, f"model {cell}"), "triage_model", cell[:9]), area_code=cell[:9],
                number=len(learned), state="retired", made_at=BEFORE, sha256="0" * 64, data_hash=f"{len(learned):064}",
                learned_from=300, learned_with={}, set_at=BEFORE,
                measured=asdict(Scores.of([])) | {"before": asdict(Scores.of([]))},
            )
        )  # fmt: skip
        campaigns.append(
            Campaign(
                id=key("campaign", "campaign"), area_code=cell, name=world.mark("campaign", cell),
                aim=world.mark("campaign", cell), type_codes=["0103"], from_day=NOW.date(), until_day=NOW.date(),
                state="running", made_at=BEFORE,
            )
        )  # fmt: skip
        spots.append(
            CampaignSpot(
                id=world.known(uuid.uuid5(_SPACE, f"spot {cell}"), "campaign", cell), campaign=campaigns[-1], number=1,
                name=world.mark("campaign", cell), area_code=cell, unit_id=unit, words=world.mark("campaign", cell),
                check_words=world.mark("campaign", cell),
            )
        )  # fmt: skip
        letter = Notice(
            id=uuid.uuid5(_SPACE, f"letter {cell}"), kind="order_offered", account=world.rows[Account][cell],
            title=world.mark("dead", cell), body="", area_code=cell, made_at=BEFORE,
        )  # fmt: skip
        letters.append(letter)
        dead.append(
            Delivery(
                id=key("dead", "dead"), notice=letter, channel="email", state="dead", not_before=BEFORE,
                dead_at=BEFORE, why="refused", masked=world.mark("dead", cell),
            )
        )  # fmt: skip
    for rows in (
        plans, reviews, items, resets, exports, letters, dead, switches, digests, shifts, months, scorings,
        storms, rosters, texts, learned,
        campaigns, spots,
    ):  # fmt: skip
        type(rows[0])._default_manager.bulk_create(rows)
        world.rows.setdefault(type(rows[0]), {}).update(dict(zip(CELLS, rows, strict=True)))


# Tables without a row of ours: each is a decision

LEFT_OUT: dict[str, str] = {
    "portal.KeptPrivate": "a report's id and a moment",
    "portal.Tries": "keyed hashes",
    "cases.NumberCounter": "numbers",
    "cases.EmergencyCase": "ids and a kind of hazard, read with its case",
    "cases.TreeCall": "ids and moments, read with their run",
    "cases.ImportRun": "the system's own, shown on no page",
    "matters.CatalogueVersion": "the catalogue in force is open to everybody; the loader fills it",
    "matters.MatterClass": "open to everybody",
    "matters.DutyEntry": "open to everybody",
    "matters.MatterType": "open to everybody",
    "matters.StepLimit": "open to everybody",
    "matters.LimitSet": "open to all staff; the migration fills it",
    "matters.SetLimit": "open to all staff",
    "clients.KeptAnswer": "hashes, and answers of ids alone",
    "access.Factor": "on the own page alone, which is asked by its own address",
    "access.RecoveryCode": "hashes",
    "access.CodeAddress": "sealed; on the own page alone",
    "access.OneTimeCode": "hashes",
    "access.Tries": "numbers",
    "access.ForcedRole": "role codes",
    "access.Link": "hashes",
    "access.DutyUse": "duties and days",
    "files.HeldUpload": "addressed by a token that only the sender's session holds",
    "files.PartialUpload": "addressed by a token that only the sender's session holds",
    "files.Quarantined": "what was found, without words",
    "files.KeepingTerm": "numbers",
    "files.Removal": "numbers",
    "notices.Wording": "words of the product's letters, open to whoever keeps them",
    "notices.Sending": "hashes",
    "notices.Preference": "on the own page alone",
    "notices.Address": "sealed; on the own page alone",
    "notices.ReporterChoice": "two flags",
    "people.Role": "roles are known to all staff",
    "people.DataKey": "wrapped keys",
    "people.ContactOpening": "ids and purposes",
    "people.ConsentText": "open to everybody",
    "people.Consent": "ids and moments",
    "clocks.CalendarYear": "open to all staff",
    "clocks.WorkDay": "open to all staff",
    "clocks.WorkHours": "open to all staff",
    "clocks.Revision": "numbers",
    "clocks.Clock": "steps and moments, read with their case",
    "clocks.Stretch": "steps and moments, read with their case",
    "places.Area": "names of areas are open to everybody",
    "places.Revision": "numbers",
    "places.AreaHeir": "codes",
    "places.OldNet": "names of ended nets, read with their area",
    "places.GridDuty": "the same words for a whole net",
    "places.GridStandard": "numbers",
    "places.EmergencyMode": "told to everybody in the area",
    "desk.BatchLine": "read with its batch, which is its maker's; the cases by `desk.seen_cases`",
    "cases.TicketAsk": "read with its ticket alone",
    "cases.Dial": "ids and moments of a call, read with its case",
    "cases.Sharing": "a yes or no of a unit, for its own people: `units_shared_by`",
    "people.Away": "a day of somebody, shown with the own units' orders alone",
    "cases.TicketStep": "read with its ticket alone",
    "cases.Tally": "numbers of cells, added up over the viewer's own areas: the board is a query of its own",
    "cases.TallyChange": "numbers of cells, read with the tallies",
    "insight.Fact": "numbers of cases; the cases behind them are read through `behind`",
    "insight.FrozenFact": "as `Fact`",
    "insight.Cell": "numbers of cells, as `cases.Tally`",
    "audit.Seal": "hashes",
    "audit.Sealed": "hashes",
}


def _uncovered(world: World) -> None:
    """A table that is neither planted nor left out for a reason."""
    for model in apps.get_models():
        if not model.__module__.startswith("huying."):
            continue
        name = model._meta.label
        if model not in world.rows and model not in (Case, Report, WorkOrder) and name not in LEFT_OUT:
            world.undeclared.append(f"table {name}")


_ = (CatalogueVersion, CodeAddress, ForcedRole, datetime)
