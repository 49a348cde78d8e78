"""Races about one case: the same act by many, every pair of acts that are legal at once, and mixtures of more."""

from __future__ import annotations

import inspect
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
from django.db import OperationalError, connection, connections
from django.db.models import Max

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalState
from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import Act, Docket
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.rules import ENDS, LIVE_ORDERS, OPEN, OrderRole, State
from huying.clocks.models import Clock
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotFound, Refusal
from prove.frame import Run
from prove.race.stage import RACE, Scene, Stage, Try, names, rows_of_the_flow, seen

MOST = 16
SMOKE_SITUATIONS = (
    "received", "decline_asked", "filed", "offered", "accepted", "return_asked", "signed", "checking", "unsolved",
    "closed", "merged_in_hand", "triaged+void",
)  # fmt: skip
CHINESE = re.compile(r"[一-鿿]")


@dataclass
class Entry:
    """One who takes part: what they do, and what came of it."""

    one: Try
    actor: Actor
    given: dict[str, Any]
    key: UUID
    done: bool = False
    why: BaseException | None = None


@dataclass
class Heat:
    """One race: its case, who took part, and the lines of history it left."""

    number: int
    name: str
    scene: Scene
    frozen: bytes
    entries: list[Entry]
    lines: list[History] = field(default_factory=list)
    jobs: int = 0

    @property
    def acts(self) -> str:
        told = Counter(entry.one.act for entry in self.entries)
        return ", ".join(f"{name} x{count}" for name, count in sorted(told.items()))


def together(pool: ThreadPoolExecutor, calls: list[Any]) -> None:
    """Run all at the same moment, each in a thread with a connection of its own that is open before."""
    barrier = Barrier(len(calls))

    def one(call: Any) -> None:
        connection.ensure_connection()
        barrier.wait(60)
        call()

    for waiting in [pool.submit(one, call) for call in calls]:
        waiting.result(120)


def drop_connections(pool: ThreadPoolExecutor) -> None:
    """Close what the threads keep open."""
    barrier = Barrier(MOST)

    def close() -> None:
        barrier.wait(30)
        connections.close_all()

    for waiting in [pool.submit(close) for _ in range(MOST)]:
        waiting.result(60)


class CaseRaces:
    def __init__(self, stage: Stage, pool: ThreadPoolExecutor, run: Run) -> None:
        self.stage, self.pool, self.run = stage, pool, run
        wanted = SMOKE_SITUATIONS if run.smoke else names()
        self.program = self._program(wanted)
        random.Random(f"race:{run.seed}").shuffle(self.program)

    def undeclared(self) -> list[tuple[str, dict[str, Any]]]:
        """Acts that nobody told how to make, and rows of the table that no situation reaches."""
        acts = {name for name, one in inspect.getmembers(a) if isinstance(one, Act)}
        told = [("undeclared act", {"act": name}) for name in sorted(acts ^ set(self.stage.ways))]
        if not self.run.smoke:
            told += [("no situation walks this row of the flow", {"row": row}) for row in self.not_walked()]
        return told

    def not_walked(self) -> list[tuple[str, str, str]]:
        return sorted(rows_of_the_flow() - self.stage.walked)

    def _program(self, situations: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
        """(situation, acts): each act against itself, and every pair."""
        found = []
        for name in situations:
            acts = sorted({one.act for one in self.stage.legal(name)})
            found += [(name, (act,)) for act in acts]
            found += [(name, pair) for pair in combinations(acts, 2)]
        return found

    # running

    def do(self, numbers: list[int], rng: random.Random) -> None:
        heats = [self._heat(number, rng) for number in numbers]
        self.stage.write()
        line = History.objects.aggregate(last=Max("id"))["last"] or 0
        job = _last_job()
        for heat in heats:
            together(self.pool, [_call(heat, entry) for entry in heat.entries])
        self._read(heats, line, job)
        for heat in heats:
            self._judge(heat)

    def _heat(self, number: int, rng: random.Random) -> Heat:
        name, acts = self.program[number % len(self.program)]
        if rng.random() < 0.1:  # more than two kinds at once
            every = sorted({one.act for one in self.stage.legal(name)})
            acts = tuple(sorted({*acts, *rng.sample(every, min(3, len(every)))}))
        scene = self.stage.scene(name)
        count = max(len(acts), rng.choices([2, 3, 4, 6, 8, 12, 16], [30, 25, 15, 12, 8, 6, 4])[0])
        legal = self.stage.legal(name)
        entries = []
        for place in range(count):
            one = rng.choice([one for one in legal if one.act == acts[place % len(acts)]])
            given = self.stage.given(scene, one, random.Random(rng.randrange(3)))
            entries.append(Entry(one, self.stage.actor(scene, one.who), given, uuid7()))
        if rng.random() < 0.15:  # one person in two tabs: the same form, the same key
            twin = rng.choice(entries)
            entries[-1] = Entry(twin.one, twin.actor, twin.given, twin.key)
        return Heat(number, name, scene, self.stage.freeze(scene.docket, scene.other), entries)

    def _read(self, heats: list[Heat], line: int, job: int) -> None:
        """Give each race the lines and jobs that it left."""
        cases = {one: heat for heat in heats for one in (heat.scene.case.pk, heat.scene.other.case.pk)}
        orders = dict(WorkOrder.objects.filter(case_id__in=cases).values_list("pk", "case_id"))
        for row in History.objects.filter(id__gt=line).order_by("id"):
            about = row.object_id
            if row.kind in ("order", "report"):
                about = UUID(row.facts["case"])
            elif row.kind == "approval":
                about = UUID(row.facts["object_id"])
                about = orders.get(about, about)
            heat = cases.get(about)
            if heat is not None:
                heat.lines.append(row)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT args->'facts'->>'case_id', count(*) FROM procrastinate_jobs WHERE id > %s "
                "AND args->>'name' = 'cases.moved' GROUP BY 1",
                [job],
            )
            for case_id, count in cursor.fetchall():
                heat = cases.get(UUID(case_id)) if case_id else None
                if heat is not None and UUID(case_id) == heat.scene.case.pk:
                    heat.jobs = count

    # judging

    def _judge(self, heat: Heat) -> None:
        run, stage = self.run, self.stage
        run.count("acts", len(heat.entries))
        run.most("actors_at_once", len(heat.entries))
        for entry in heat.entries:
            self._judge_words(heat, entry)
        by_key = {entry.key: entry for entry in heat.entries if entry.done}
        order = [by_key[line.key] for line in heat.lines if line.key in by_key]
        unknown = [line for line in heat.lines if line.key is not None and line.key not in by_key]
        if unknown:
            self._find(heat, "an act that was refused left its line", verb=unknown[0].verb)
        if len({line.key for line in heat.lines if line.key}) != len(order):
            self._find(heat, "one key, two lines")
        repeated = [one for one in heat.entries if one.done and all(one is not other for other in order)]
        run.count("winners", len(order))
        run.count("one_winner" if len(order) == 1 else "several_winners" if order else "no_winner")
        frozen = [heat.frozen]
        docket = stage.thaw(heat.frozen)
        for place, entry in enumerate(order):
            docket.history, docket.others[0].history = [], []
            try:
                stage.step(entry.one.act)(docket, **entry.given, actor=entry.actor, now=RACE)
            except Refusal as why:
                self._find(heat, "won, but was not legal then", act=entry.one.act, place=place, why=str(why))
                return
            self._same_lines(heat, docket, order, place)
            frozen.append(stage.freeze(docket, docket.others[0]))
        self._same_rows(heat, docket)
        expected = len({one.key for one in heat.entries if one.done})
        if heat.jobs != expected:
            self._find(heat, "events and winners differ", events=heat.jobs, winners=expected)
        for entry in repeated:
            if entry.key not in {one.key for one in order} and not self._changes_nothing(frozen, entry):
                self._find(heat, "said to be done, and no line tells of it", act=entry.one.act)
        for entry in heat.entries:
            if isinstance(entry.why, Refusal) and not self._refused_too(heat, frozen, entry):
                self._find(
                    heat, "refused, and nothing before it explains why",
                    act=entry.one.act, who=entry.one.who, why=str(entry.why), given=str(entry.given)[:200],
                )  # fmt: skip

    def _judge_words(self, heat: Heat, entry: Entry) -> None:
        run, why = self.run, entry.why
        if why is None:
            return
        if not isinstance(why, Refusal):
            run.count("server_errors")
            if isinstance(why.__cause__, psycopg.errors.DeadlockDetected) or isinstance(why, OperationalError):
                run.count("deadlocks")
            self._find(heat, "an error instead of a refusal", act=entry.one.act, error=repr(why)[:300])
            return
        run.count(f"refused_{why.status}")
        sentence = str(why)
        if not CHINESE.search(sentence) or not sentence.endswith("。"):
            self._find(heat, "a refusal without a sentence", act=entry.one.act, why=sentence)
        told = sentence + str(why.facts)
        if any(account.name in told for account in self.stage.world.accounts.values()):
            self._find(heat, "a refusal with a name in it", act=entry.one.act)
        if why.status not in (403, 404, 409):
            self._find(heat, "somebody was faster, and the loser is told something else", act=entry.one.act,
                       status=why.status, why=sentence)  # fmt: skip
        if why.status == 409 and why.code == "illegal-move" and not why.facts.get("state"):
            self._find(heat, "a refusal does not say how it stands now", act=entry.one.act, why=sentence)

    def _same_lines(self, heat: Heat, docket: Docket, order: list[Entry], place: int) -> None:
        """The lines of one winner as they are kept, against those that the copy wrote."""
        keys = [line.key for line in heat.lines]
        begin = keys.index(order[place].key)
        end = keys.index(order[place + 1].key) if place + 1 < len(order) else len(heat.lines)
        kept = [_told(line) for line in heat.lines[begin:end]]
        wrote = [_told(line) for one in (docket, *docket.others[:1]) for line in one.history]
        if sorted(kept) != sorted(wrote):
            self._find(heat, "other lines than one after the other", act=order[place].one.act,
                       kept=str(kept)[:400], wrote=str(wrote)[:400])  # fmt: skip

    def _same_rows(self, heat: Heat, docket: Docket) -> None:
        case = Case.objects.get(pk=docket.case.pk)
        orders = list(WorkOrder.objects.filter(case=case))
        ids = [case.pk, *(one.pk for one in orders)]
        kept = _rows(
            case, orders, Clock.objects.filter(object_id__in=ids, stopped_at=None),
            Approval.objects.filter(object_id__in=ids), Report.objects.filter(case=case),
        )  # fmt: skip
        played = _rows(docket.case, docket.orders, docket.running(), docket.approvals, docket.reports)
        if kept != played:
            parts = [f"{name}: {kept[name]} / {played[name]}" for name in kept if kept[name] != played[name]]
            self._find(heat, "other rows than one after the other", parts="; ".join(parts)[:600])
        leads = [
            one for one in orders
            if one.role == OrderRole.LEAD and one.state in LIVE_ORDERS and one.round == case.round
        ]  # fmt: skip
        if case.state == State.IN_HAND and len(leads) != 1:
            self._find(heat, "in hand without exactly one lead", leads=len(leads))
        if case.state in ENDS and (kept["live"] or kept["clocks"]):
            self._find(heat, "ended, and something still runs")
        waits = case.held_since is not None or case.asked_report_id is not None
        if case.state in OPEN and (case.due_at is None) != waits:
            self._find(heat, "open without a due time")
        state = None
        for line in heat.lines:
            if line.kind == "case" and line.object_id == case.pk:
                if state is not None and line.from_state != state and line.from_state:
                    self._find(heat, "the history jumps", verb=line.verb, stood=state, began=line.from_state)
                state = line.to_state
        if state is not None and state != case.state:
            self._find(heat, "the case is not where its history ends", state=case.state, ends=state)

    def _changes_nothing(self, frozen: list[bytes], entry: Entry) -> bool:
        """Whether the act is legal and without effect somewhere in the order."""
        for one in reversed(frozen):
            docket = self.stage.thaw(one)
            try:
                self.stage.step(entry.one.act)(docket, **entry.given, actor=entry.actor, now=RACE)
            except Refusal:
                continue
            if not docket.history:
                return True
        return False

    def _refused_too(self, heat: Heat, frozen: list[bytes], entry: Entry) -> bool:
        """Whether the copy refuses it as well, in the same words, somewhere in the order."""
        assert isinstance(entry.why, Refusal)
        for one in reversed(frozen):
            docket = self.stage.thaw(one)
            if not seen(docket, entry.actor) or (
                entry.one.act == "merge_case" and not seen(docket.others[0], entry.actor)
            ):
                why: Refusal = NotFound("case")
            else:
                try:
                    self.stage.step(entry.one.act)(docket, **entry.given, actor=entry.actor, now=RACE)
                    continue
                except Refusal as found:
                    why = found
            if (why.status, str(why)) == (entry.why.status, str(entry.why)):
                return True
            if entry.one.act == "unmerge_case" and why.status == entry.why.status == 409:
                return True
        return False

    def _find(self, heat: Heat, words: str, **facts: Any) -> None:
        self.run.find(words, race=heat.number, situation=heat.name, acts=heat.acts, **facts)


def _call(heat: Heat, entry: Entry) -> Any:
    def call() -> None:
        act: Act[Any] = getattr(a, entry.one.act)
        try:
            act.once(entry.key, heat.scene.case.pk, **entry.given, actor=entry.actor, now=RACE)
            entry.done = True
        except Exception as why:
            entry.why = why

    return call


def _told(line: History) -> tuple[str, ...]:
    about = str(line.object_id) if line.kind == "case" else ""
    return (line.kind, about, line.verb, line.from_state, line.to_state, line.actor_kind, str(line.actor_id or ""))


def _rows(case: Any, orders: Any, clocks: Any, approvals: Any, reports: Any) -> dict[str, Any]:
    """What can be compared between rows and a copy: no ids of what was made, no times."""
    told = ("state", "version", "round", "signed", "nudges", "area_code", "desk_code", "type_code", "grade", "title",
            "restricted", "answer", "outcome", "objected_against", "merged_into_id", "held_reason", "supervision",
            "supervisions", "asked_report_id", "questions")  # fmt: skip
    found: dict[str, Any] = {name: str(getattr(case, name)) for name in told}
    known = {one.pk: f"{one.unit_id}/{one.role}/{one.round}" for one in orders}
    found["orders"] = sorted(f"{known[one.pk]}: {one.state}" for one in orders)
    found["live"] = sum(one.state in LIVE_ORDERS for one in orders)
    steps: dict[str, int] = defaultdict(int)
    for one in clocks:
        steps[f"{one.step} of {known.get(one.object_id, 'case')}, paused {one.paused_at is not None}"] += 1
    found["clocks"] = dict(sorted(steps.items()))
    found["approvals"] = sorted(f"{one.kind}: {one.state}" for one in approvals)
    found["asked"] = sum(one.state == ApprovalState.ASKED for one in approvals)
    found["reports"] = sorted(f"{one.pk}, gone {one.withdrawn_at is not None}" for one in reports)
    return found


def _last_job() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM procrastinate_jobs")
        return int(cursor.fetchone()[0])
