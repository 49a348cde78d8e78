"""A season over calls that wait: each played to its end, some by one act for many, some handed down from above.

A call is played in one transaction, together with the mark of how far the season is; what it draws goes by its number
alone. So one that was killed ends as one that was not. Of several lanes each takes every so many-th call; those of one
lane come one after the other.
"""

from __future__ import annotations

import copy
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction

from huying.cases.actions import Docket, register_case, tickets
from huying.cases.models import Case, Source
from huying.cases.queries.suggesting import types_for
from huying.cases.rules import State
from huying.cases.rules.tickets import Row, SourceKind, SourceTier
from huying.cli.play.cast import Cast
from huying.cli.play.hands import LiveHand, play
from huying.cli.play.season.marks import Did, Lane, Mark
from huying.cli.play.season.story import SHARES, TICKET_TURNS, Season, SeasonStory, draw_turns
from huying.cli.play.story import Plan, Step, Words, draw_plan
from huying.desk.actions import batching
from huying.desk.rules import BatchAct
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Refusal
from huying.matters import queries as matters
from huying.people.rules import Duty
from huying.registers import actions as registers
from huying.registers.declared import get

HORIZON = timedelta(days=120)
BETWEEN = timedelta(seconds=30)  # two calls
SENT_TOGETHER, ANSWERED_TOGETHER, JOINED = 4, 2, 3
TRIES = 8
AGAIN = 5  # times a call is played again where another lane's was in its way
DEADLOCK = "40P01"
BATCHES, TICKETS = 1 / 80, 1 / 50  # of the calls
SOURCE = "rehearsal"
logger = logging.getLogger(__name__)


@dataclass
class Wanted:
    """What one call of a season is to meet: changes of its plan, turns, whether it comes as a ticket or in a batch."""

    plan: dict[str, Any] = field(default_factory=dict)
    turns: frozenset[str] = frozenset()
    as_ticket: bool = False
    batch: bool = False


@dataclass
class Playing:
    """One lane of a season and how far it is; `rng` is drawn from by the cast as well."""

    mark: Mark
    cast: Cast
    words: Words
    rng: Random
    grids: Sequence[str]
    types: Sequence[str]
    looked_at: Sequence[str]  # types with a look at the place
    source: Source | None = None  # a system above
    number: int = 0  # of the lane
    hand: LiveHand = field(default_factory=LiveHand)
    waiting: deque[UUID] = field(default_factory=deque)
    did: Did = field(default_factory=Did)  # by the call that is played
    street: str = field(init=False)
    start: datetime = field(init=False)
    lane: Lane = field(init=False)  # as the call that is played leaves it

    def __post_init__(self) -> None:
        self.street, self.start = self.mark.street, self.mark.start
        self.lane = self.mark.lanes[self.number]
        plain = [one.code for one in matters.active_types() if one.code in set(self.types) and not one.confidential]
        self.season = Season(
            self.cast, self.words, plain, self.source, calls=self._calls, tell=self._part
        )  # fmt: skip

    def over(self, ids: Sequence[UUID], wanted: Callable[[int], Wanted], told: Callable[[int], None]) -> None:
        """Play what is left of the lane's calls, one after the other; `ids` are those of all lanes."""
        numbers = range(self.number, len(ids), len(self.mark.lanes))[self.lane.played :]
        self.waiting.extend(ids[number] for number in numbers)
        for number in numbers:
            self._in_turn(number, wanted(number))
            told(1)

    def _in_turn(self, number: int, asked: Wanted) -> None:
        """One call; where it and another lane's would wait for each other it is taken back and played again."""
        waiting, lane = tuple(self.waiting), self.mark.lanes[self.number]
        for tries_left in reversed(range(AGAIN)):
            self.waiting, self.lane = deque(waiting), copy.deepcopy(lane)
            try:
                with transaction.atomic():
                    self._next(number, asked)
                return
            except OperationalError as why:
                if getattr(why.__cause__, "sqlstate", "") != DEADLOCK or not tries_left:
                    raise
                self.mark.lanes[self.number], self.hand = lane, LiveHand()  # they may know what was taken back

    def _next(self, number: int, asked: Wanted) -> None:
        self.rng.seed(f"{self.mark.seed}/{number}")
        self.did = Did()
        self.cast.acted, self.cast.who_acted = self.did.acted, self.did.who
        at, plain = self.start + BETWEEN * number, asked == Wanted()
        if asked.batch or (plain and self.rng.random() < BATCHES):
            self._together(at)
        case_id = self.waiting.popleft()
        if asked.as_ticket or (plain and self.rng.random() < TICKETS):
            self._ticket(number, case_id, asked.turns or draw_turns(self.rng, TICKET_TURNS), at)
            asked = Wanted()
        self._call(case_id, asked, max(at, self.lane.since.pop(case_id, at)))
        self.mark.keep(self.number, self.lane, self.did)

    def _refuse(self, case_id: UUID, verb: str, why: object) -> None:
        """Whoever should be able to do it was refused: it is told at the end, and the season goes on."""
        logger.warning("%s was refused", verb, extra={"case": str(case_id), "why": str(why)})
        self.did.refused.append((case_id, verb))

    def _call(self, case_id: UUID, asked: Wanted, at: datetime) -> None:
        docket = self.hand.view(Case(pk=case_id))
        plan = self._plan(docket)
        for name, value in asked.plan.items():
            setattr(plan, name, value)
        if plan.failed_checks and self.looked_at:
            plan.type_code = self.rng.choice(self.looked_at)
        turns = set(asked.turns)
        self.lane.owed |= dict.fromkeys(turns & set(SHARES), TRIES)
        if not (asked.plan or turns):
            self.lane.owed = {name: left - 1 for name, left in self.lane.owed.items() if left}
            turns = draw_turns(self.rng, SHARES) | set(self.lane.owed)
        self._played(docket, plan, turns, max(at, docket.case.moved_at))

    def _plan(self, docket: Docket) -> Plan:
        plan = draw_plan(self.rng, type_codes=self.types, grids=self.grids)
        guess = types_for(docket.reports[0].words, docket.case.area_code, top=1).types if docket.reports else []
        if guess and guess[0].type.code in self.types:
            plan.type_code = guess[0].type.code
        return plan

    def _played(self, docket: Docket, plan: Plan, turns: set[str], at: datetime) -> datetime:
        """A case's story to its end; what a story did that was refused is kept, and the season goes on."""
        story = SeasonStory(self.season, plan, turns)
        try:
            return play(self.hand, docket, story, self.cast, now=at, until=self.start + HORIZON)[1]
        except Refusal as why:
            self._refuse(docket.case.pk, next(iter(getattr(why, "__notes__", [])), "step"), why)
            return at
        finally:
            self.lane.owed = {name: left for name, left in self.lane.owed.items() if name not in story.taken}

    def _part(self, case_id: UUID, at: datetime) -> datetime:
        """A part of a case: its own way to its end."""
        self.did.more.append(case_id)
        docket = self.hand.view(Case(pk=case_id))
        plan = self._plan(docket)
        plan.ending, plan.reopen, plan.late, plan.unsolved, plan.raise_up = "closed", False, False, 0, False
        return self._played(docket, plan, set(), at)

    def _calls(self) -> list[UUID]:
        """The next calls that are not looked at yet, as far as they may join what somebody else reported."""
        rows = Case.objects.filter(
            pk__in=list(islice(self.waiting, 2 * JOINED)), state=State.RECEIVED, restricted=False, danger="",
            unplaced=True,
        )  # fmt: skip
        return list(rows.order_by("pk").values_list("pk", flat=True)[:JOINED])

    # one act for many

    def _together(self, at: datetime) -> None:
        """Some calls are registered, sent out in one act, perhaps taken back and sent again; some answered in one."""
        clerk = self.cast.who(Duty.INTAKE, self.street)
        boss = self._boss()
        if clerk is None or boss is None or not self.season.types:
            return
        rows = Case.objects.filter(pk__in=list(islice(self.waiting, 12)), state=State.RECEIVED, restricted=False)
        ids = list(rows.filter(danger="", imported=True).order_by("pk").values_list("pk", flat=True))
        sent, answered = ids[:SENT_TOGETHER], ids[SENT_TOGETHER : SENT_TOGETHER + ANSWERED_TOGETHER]
        chosen: list[tuple[UUID, UUID | None]] = []
        for case_id in sent:
            code, grid = self.rng.choice(self.season.types), self.rng.choice(self.grids)
            given = {"type_code": code, "grade": "ordinary", "grid_code": grid}
            self.hand.walk(self.hand.view(Case(pk=case_id)), Step(register_case, clerk, at, given))
            self.cast.note(register_case.verb, clerk)
            chosen.append((case_id, next(iter(self.cast.units_for(code, grid)), None)))
        minute = timedelta(minutes=1)
        batch = self._batch(BatchAct.DISPATCH, chosen, {"instruction": self.words.instruction}, boss, at + minute)
        if batch is not None and self.rng.random() < 0.5:
            batching.take_back(batch_id=batch, actor=boss, now=at + 5 * minute)
            self.cast.note("batch_take_back", boss)
            again = {"instruction": "请今天到现场。"}
            self._batch(BatchAct.DISPATCH, chosen, again, boss, at + 8 * minute)
        told = {"words": "您好，这件事已经统一安排，本周内办好，进度在网页上看。"}
        self._batch(BatchAct.ANSWER, [(one, None) for one in answered], told, clerk, at + 9 * minute)
        self.lane.since |= dict.fromkeys([*sent, *answered], at + 10 * minute)

    def _boss(self) -> Actor | None:
        found = [
            one for one in self.cast.actors
            if all(one.may(duty, self.street) for duty in (Duty.READ, Duty.INTAKE, Duty.FILE, Duty.DISPATCH))
        ]  # fmt: skip
        return self.rng.choice(found) if found else None

    def _batch(
        self, act: BatchAct, chosen: list[tuple[UUID, UUID | None]], values: dict[str, Any], who: Actor, at: datetime
    ) -> UUID | None:
        """One act for many; what a line was refused is kept as what a story was refused is."""
        if not chosen:
            return None
        made = batching.carry_out(batch_id=uuid7(), act=act, chosen=chosen, values=values, actor=who, now=at)
        self.cast.note(f"batch_{act}", who)
        for line in made.lines.exclude(why=""):
            self._refuse(line.case_id, f"batch_{act}", line.why)
        return made.pk

    # from above

    def _ticket(self, number: int, like_id: UUID, turns: frozenset[str] | set[str], at: datetime) -> None:
        """A ticket comes down with the words of a call, and goes its way."""
        source, clerk = self.season.source, self.cast.who(Duty.INTAKE, self.street)
        reports = self.hand.view(Case(pk=like_id)).reports
        if source is None or clerk is None or not reports:
            return
        row = Row(f"R{self.mark.line}-{number + 1}", words=reports[0].words, received=at)
        [taken] = tickets.take_rows(source, [row], actor=clerk, now=at)
        self.cast.note("take_rows", clerk)
        if taken.case_id is None:
            self._refuse(like_id, "take_rows", taken.why)
            return
        self.did.more.append(taken.case_id)
        docket = self.hand.view(Case(pk=taken.case_id))
        plan = self._plan(docket)
        plan.ending, plan.verify, plan.raise_up, plan.reopen, plan.late = "closed", False, False, False, False
        self._played(docket, plan, set(turns), at)


def source_above(cast: Cast, street: str, now: datetime) -> Source | None:
    """The rehearsal's own system above: made where there is none yet."""
    found = Source.objects.filter(code=SOURCE).first()
    keeper = cast.who(Duty.ADMIN_MATTERS, street)
    if found is not None or keeper is None:
        return found if found is not None and found.area_code == street else None
    values = {
        "code": SOURCE, "name": "演练用的上级系统", "area_code": street, "kind": SourceKind.TICKET,
        "tier": SourceTier.CITY, "limit": "10wd", "return_within": "1wd", "extend_before": "1wd", "pauses": True,
        "upper_calls": True, "counted": True,
    }  # fmt: skip
    made: Source = registers.put(register=get("ticket_source"), row_id=None, values=values, actor=keeper, now=now)
    return made
