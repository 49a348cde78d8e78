"""What guards look at: plain values read once from a case, its orders and reports, the actor and the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huying.cases.rules.words import LIVE_ORDERS, OrderRole, OrderState, State
from huying.matters.rules import CallBackPolicy, CheckPolicy


@dataclass(frozen=True)
class OrderFacts:
    id: UUID
    unit_id: UUID
    role: OrderRole
    state: OrderState
    round: int
    named: bool = False
    handler_id: UUID | None = None
    sign_in_open: bool = True  # still within the sign-in window
    asked_return: bool = False
    given_to: UUID | None = None  # of the unit's handlers the one who has it
    headed: bool = False  # the unit's head took part

    @property
    def live(self) -> bool:
        return self.state in LIVE_ORDERS


@dataclass(frozen=True)
class ReportFacts:
    id: UUID
    wants_answer: bool
    withdrawn: bool = False
    told: bool = False  # has its outcome of the present round, or was not reached in three attempts
    unsolved: bool = False
    taken_by: UUID | None = None


@dataclass(frozen=True)
class Given:
    """What the actor's form says. A move without a form yet has no `Given`, and its form guards pass."""

    words: str = ""
    clause: str = ""
    reason: str = ""
    outcome: str = ""
    photos: int = 0
    photos_before: int = 0
    photos_after: int = 0
    lead_id: UUID | None = None
    assistant_ids: tuple[UUID, ...] = ()
    duty_unit_ids: frozenset[UUID] = frozenset()  # of the named units, those with the duty in that area
    order_id: UUID | None = None
    report_id: UUID | None = None
    target_open: bool = False
    target_like: bool = False
    receiver: str = ""
    confirmed: bool = False
    result: str = ""
    parts: int = 0  # into which the form splits
    stage: int = 0  # which stage of the limit is done
    handler_id: UUID | None = None
    handler_ids: frozenset[UUID] = frozenset()  # the unit's handlers who are there and need not keep away
    part: str = ""  # how a head took part


@dataclass(frozen=True)
class CaseFacts:
    """Everything the table of moves decides on."""

    state: State | None
    now: datetime
    type_set: bool = False
    place_set: bool = False
    grade_set: bool = False
    has_clause: bool = False
    small_matter: bool = False
    proof_wanted: bool = False
    confidential: bool = False
    imported: bool = False
    danger_open: bool = False
    check_policy: CheckPolicy = CheckPolicy.NEVER
    call_back_policy: CallBackPolicy = CallBackPolicy.DESK
    found_by_field: bool = False
    sampled: bool = False
    round: int = 1
    orders: tuple[OrderFacts, ...] = ()
    returned_units: frozenset[UUID] = frozenset()
    recused_units: frozenset[UUID] = frozenset()
    recused_accounts: frozenset[UUID] = frozenset()
    reports: tuple[ReportFacts, ...] = ()
    open_approvals: frozenset[str] = frozenset()  # kinds asked on the case and not decided
    approval_askers: tuple[tuple[str, UUID], ...] = ()
    signed: bool = False
    unit_has_signer: bool = False
    contacted: bool = False
    state_before_merge: State | None = None
    ended_at: datetime | None = None
    desk_can_rise: bool = True
    objected_against: UUID | None = None  # who gave the answer that was objected to: somebody else decides now
    nudged_today: bool = False
    stages: frozenset[int] = frozenset()  # of the staged limit, those that are not done
    handling: bool = False  # the clock of handling runs, and is not red yet
    held: bool = False
    supervision: str = ""
    asked_report: UUID | None = None  # the voice that is asked for more, and has not answered yet
    questions: int = 0  # asked of reporters in this round
    review_ahead: bool = False  # the day of review that was asked for is still to come
    extensions: int = 0  # asked for in this round, whatever the answer
    late_told: bool = False
    just_sent: bool = False  # its orders went out a moment ago, and nothing has happened since
    parts_open: bool = False  # parts that were split from it are still open
    is_part: bool = False
    sent_over: bool = False  # those orders took the place of others, which can be restored
    actor_id: UUID | None = None
    actor_units: tuple[UUID, ...] = ()
    actor_bodies: tuple[UUID, ...] = ()  # the units, and those in whose name a program may not act
    by_rule: bool = False
    actor_report_id: UUID | None = None
    given: Given | None = None

    @property
    def live(self) -> tuple[OrderFacts, ...]:
        return tuple(one for one in self.orders if one.live and one.round == self.round)

    @property
    def lead(self) -> OrderFacts | None:
        return next((one for one in self.live if one.role == OrderRole.LEAD), None)

    @property
    def order(self) -> OrderFacts | None:
        """The order the move is about: the named one, else the actor's own (the lead first)."""
        if self.given is not None and self.given.order_id is not None:
            return next((one for one in self.orders if one.id == self.given.order_id), None)
        mine = [one for one in self.live if one.unit_id in self.actor_units]
        return next((one for one in mine if one.role == OrderRole.LEAD), mine[0] if mine else None)

    @property
    def handlers(self) -> frozenset[UUID]:
        return frozenset(one.handler_id for one in self.orders if one.handler_id is not None)

    @property
    def voices(self) -> tuple[ReportFacts, ...]:
        """Reports that still speak: not withdrawn."""
        return tuple(one for one in self.reports if not one.withdrawn)
