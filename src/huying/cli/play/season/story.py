"""Stories with turns. First what waits for somebody is done (so that a story which broke off goes on), then what its
turns say, then it goes on as every story does. It looks into the database: bulk worlds do not tell it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.utils import timezone

from huying.approvals.rules import ApprovalKind
from huying.cases import actions
from huying.cases.actions import Act, Docket, confiding, excluding, granting, settling
from huying.cases.models import Case, JointDecision, Source
from huying.cases.queries import exclusions
from huying.cases.rules import ENDS, HoldReason, OrderState, State, Supervision
from huying.cases.rules.exclusions import ANSWERED, ExclusionState
from huying.cases.rules.whistles import LEVEL_OF
from huying.cli.play.cast import Cast
from huying.cli.play.season import incidents, outside, upper, whistled
from huying.cli.play.story import Plan, Step, Story, Words
from huying.kernel.actor import Actor, resident
from huying.matters.rules import Step as ClockStep
from huying.people.models import Organisation
from huying.people.rules import Duty

# How often a case meets what; a case may meet several.
SHARES: dict[str, float] = {
    "extension": 0.03, "hold": 0.015, "supervision": 0.03, "question": 0.03, "whistle": 0.02, "errand": 0.02,
    "other_type": 0.02, "parts": 0.01, "secrecy": 0.005, "sent_up": 0.01, "incident": 0.005,
}  # fmt: skip
TICKET_TURNS: dict[str, float] = {"upper_extension": 0.25, "upper_return": 0.15, "exclusion": 0.1}
_SIMPLE = {"returns": 0, "verify": False, "raise_up": False}


def draw_turns(rng: Random, shares: dict[str, float]) -> set[str]:
    return {name for name, share in shares.items() if rng.random() < share}


def _no_calls() -> Sequence[UUID]:
    return ()


def _untold(_case_id: UUID, now: datetime) -> datetime:
    return now


@dataclass
class Season:
    """What the stories of one season share."""

    cast: Cast
    words: Words
    types: Sequence[str] = ()  # that a case may turn out to be of
    source: Source | None = None  # a system above
    calls: Callable[[], Sequence[UUID]] = _no_calls  # that may be the same matter
    tell: Callable[[UUID, datetime], datetime] = _untold  # plays a part, says when it ended
    _units: list[Organisation] = field(default_factory=list)

    @property
    def units(self) -> list[Organisation]:
        """Units of the tiers that whistle and are whistled for, with somebody in them."""
        if not self._units:
            staffed = {unit for one in self.cast.actors for unit in one.units}
            rows = Organisation.objects.filter(pk__in=staffed, active=True, kind__in=[str(one) for one in LEVEL_OF])
            self._units = list(rows.order_by("pk"))
        return self._units


class SeasonStory(Story):
    """A story with turns; what is done beside the docket lies in the modules next to this one."""

    def __init__(self, season: Season, plan: Plan, turns: set[str]) -> None:
        super().__init__(season.cast, plan, season.words)
        self.season, self.turns = season, set(turns)
        self.taken: set[str] = set()
        self.not_before: datetime | None = None  # its parts have ended by then
        if self.turns:
            plan.ending = "closed"
            for name, value in _SIMPLE.items():
                setattr(plan, name, value)

    def next(self, docket: Docket, now: datetime) -> Step | None:
        if self.plan.steps > 80:
            return None
        self._parts_told(docket, now)
        step = self._waiting(docket, now) or self._turn(docket, now)
        if step is not None:
            self.plan.steps += 1
            return step
        step = super().next(docket, now)
        if step is not None and self.not_before is not None and docket.case.state == State.REVIEWING:
            return Step(step.act, step.actor, max(step.at, self.not_before), step.given)
        return step

    def _parts_told(self, docket: Docket, now: datetime) -> None:
        """What was split from it goes its own way first: it does not end before its parts."""
        if docket.case.parts and self.not_before is None:
            rows = Case.objects.filter(part_of=docket.case, ended_at=None).order_by("pk")
            told = [self.season.tell(case_id, now) for case_id in rows.values_list("pk", flat=True)]
            self.not_before = max(told, default=now)

    # what waits for somebody

    def _waiting(self, docket: Docket, now: datetime) -> Step | None:
        if docket.case.state in ENDS:
            return upper.next_step(self, docket, now) or self._exclusion(docket, now)
        every = (self._decision, self._held, self._supervised, self._asked)
        step = next(filter(None, (wait(docket, now) for wait in every)), None)
        beside = (whistled, outside, incidents, upper)
        return step or next(filter(None, (one.next_step(self, docket, now) for one in beside)), None)

    def _decision(self, docket: Docket, now: datetime) -> Step | None:
        """More time, a hold or secrecy that somebody asked for."""
        case = docket.case
        asked, hold = granting.asked_extension(docket), docket.open_approval(ApprovalKind.HOLD, case.pk)
        secret = docket.open_approval(ApprovalKind.CONFIDENTIAL, case.pk)
        if not (asked or hold or secret):
            return None
        at, askers, granted = self._soon(docket, now), self._askers(docket), self.rng.random() < 0.8
        who = self._desk(docket, Duty.LEAD, but=askers)
        act: Act[Any] = confiding.decide_confidential
        if asked is not None:
            act = actions.decide_extension
            if asked.kind == ApprovalKind.EXTEND and docket.lead is not None:
                who = self.cast.member(docket.lead.unit_id, Duty.SIGN, but=askers | self._away(docket))
        elif hold is not None:
            act = actions.decide_hold
            granted = granted and hold.facts["until"] > timezone.localdate(at).isoformat()
        return self._by(who, act, at, granted=granted, words=self.words.agreed)

    def _held(self, docket: Docket, now: datetime) -> Step | None:
        if docket.case.held_since is None:
            return None
        at = now + timedelta(days=self.rng.randint(2, 6), minutes=self.rng.randint(1, 90))
        return self._by(self._desk(docket, Duty.DISPATCH), actions.resume_case, at)

    def _supervised(self, docket: Docket, now: datetime) -> Step | None:
        case, at = docket.case, self._soon(docket, now)
        if case.supervision == Supervision.SET:
            return self._by(self.handler(docket), actions.report_back, at, words="已到现场，今天办完。")
        if case.supervision == Supervision.REPORTED:
            boss = self._desk(docket, Duty.SUPERVISE)
            if case.supervisions < 2 and self.rng.random() < 0.2:
                return self._by(boss, actions.press_again, at, what="还差一处，请再去一次。", limit="1wd")
            return self._by(boss, actions.close_supervision, at, words="已办到。")
        return None

    def _asked(self, docket: Docket, now: datetime) -> Step | None:
        """The caller answers, or nobody waits any more."""
        asked = docket.case.asked_report_id
        if asked is None:
            return None
        if self.rng.random() < 0.75:
            at = now + timedelta(minutes=self.rng.randint(20, 900))
            return Step(actions.answer_question, resident(asked), at, {"words": "在三栋和四栋之间，靠近大门。"})
        return self._by(self.handler(docket), actions.stop_waiting, now + timedelta(days=1))

    def _exclusion(self, docket: Docket, now: datetime) -> Step | None:
        """After the answer: left out of scores, by two persons who had no hand in it."""
        case, at = docket.case, self._soon(docket, now)
        if case.state not in ANSWERED or case.restricted or case.imported:
            return None
        row = exclusions.waiting(exclusions.standing(case)) if case.exclusion else None
        if row is not None:
            but = frozenset(row.hands) | self._handlers(docket) | frozenset(filter(None, [case.answered_by]))
            duty = Duty.FILE if row.state == ExclusionState.ASKED else Duty.LEAD
            given = {"granted": self.rng.random() < 0.8, "words": self.words.decided}
            return self._by(self._desk(docket, duty, but=but), excluding.decide_exclusion, at, **given)
        kinds = exclusions.kinds(timezone.localdate(at), case.area_code) if "exclusion" in self.turns else []
        self.turns.discard("exclusion")
        if not kinds:
            return None
        given = {
            "kind": self.rng.choice(kinds).code, "reason": "批复还没有下来。", "evidence": "批复文号已列入台账。",
        }  # fmt: skip
        return self._by(self._desk(docket, Duty.DISPATCH), excluding.ask_exclusion, at, **given)

    # turns of its own

    def _turn(self, docket: Docket, now: datetime) -> Step | None:
        """The next turn that fits where the case stands: its unit is at work, and nothing else is asked."""
        case, lead = docket.case, docket.lead
        if case.state == State.FILED:
            return self._council(docket, now)
        at_work = case.state == State.IN_HAND and lead is not None and lead.state == OrderState.ACCEPTED
        asked = any(docket.open_approval(ApprovalKind.RETURN, one.pk) for one in docket.live_orders)
        if not at_work or asked or docket.open_approval(ApprovalKind.VOID, case.pk):
            return None
        for name, turn in TURNS.items():
            if name in self.turns:
                self.turns.remove(name)
                step = turn(self, docket, now)
                if step is not None:
                    self.taken.add(name)
                    return step
        return None

    def handler(self, docket: Docket) -> Actor | None:
        return self._one_of(docket.lead.unit_id, Duty.HANDLE, docket) if docket.lead is not None else None

    def desk(self, docket: Docket, duty: Duty) -> Actor | None:
        return self._desk(docket, duty)

    def away(self, docket: Docket) -> frozenset[UUID]:
        return self._away(docket)

    def soon(self, docket: Docket, now: datetime) -> datetime:
        return self._soon(docket, now)

    def ask_extension(self, docket: Docket, now: datetime) -> Step | None:
        at = now + timedelta(minutes=5)
        runs = docket.running(ClockStep.HANDLE, docket.case.pk)
        if not any(one.paused_at is None and at < one.due_at for one in runs):
            return None
        given = {"amount": self.rng.randint(1, 3), "unit": "d", "reason": "配件要等两天才到。"}
        return self._by(self.handler(docket), actions.ask_extension, at, **given)

    def ask_hold(self, docket: Docket, now: datetime) -> Step | None:
        at = self._soon(docket, now)
        until = timezone.localdate(at) + timedelta(days=self.rng.randint(10, 60))
        who = self.handler(docket) if self.rng.random() < 0.7 else self._desk(docket, Duty.DISPATCH)
        given = {"kind": str(self.rng.choice(list(HoldReason))), "until": until, "reason": "已报立项，批下来才能开工。"}
        return self._by(who, actions.ask_hold, at, **given)

    def supervise(self, docket: Docket, now: datetime) -> Step | None:
        given = {"what": "请今天到现场，写明几时办完。", "limit": self.rng.choice(("4wh", "1wd", "2wd"))}
        return self._by(
            self._desk(docket, Duty.SUPERVISE), actions.supervise_case, self._soon(docket, now), **given
        )  # fmt: skip

    def ask_caller(self, docket: Docket, now: datetime) -> Step | None:
        voice = self._reporter(docket)
        if voice is None or docket.case.questions:
            return None
        given = {"report_id": voice.report_id, "question": "请问具体在哪一栋旁边？", "limit": "2wd"}
        return self._by(self.handler(docket), actions.ask_reporter, self._soon(docket, now), **given)

    def ask_secrecy(self, docket: Docket, now: datetime) -> Step | None:
        if docket.case.confidential or self._desk(docket, Duty.LEAD) is None:
            return None
        asker = self._desk(docket, Duty.DISPATCH)
        return self._by(asker, confiding.ask_confidential, self._soon(docket, now), reason="涉及未成年人，请保密。")

    def recategorise(self, docket: Docket, now: datetime) -> Step | None:
        """Found out at work: it is another matter, and perhaps another unit's."""
        one = self._all_three(docket)
        others = [code for code in self.season.types if code != docket.case.type_code]
        if one is None or not others:
            return None
        code = self.rng.choice(others)
        barred = {row.unit_id for row in docket.recusals} | set(settling.returned_units(docket))
        units = [unit for unit in self.cast.units_for(code, docket.case.area_code) if unit not in barred]
        given = {"type_code": code, "reason": "到现场看过，是另一类事。", "lead_id": units[0] if units else None}
        return Step(actions.recategorise_case, one, self._soon(docket, now), given)

    def split(self, docket: Docket, now: datetime) -> Step | None:
        case = docket.case
        if case.part_of_id is not None or case.parts or case.restricted or not self.season.types:
            return None
        codes = self.rng.choices(self.season.types, k=self.rng.choice((1, 2)))
        parts = [{"words": "同一个电话里说到的另一件事，请看看。", "type_code": code} for code in codes]
        self.not_before = None
        return self._by(self._desk(docket, Duty.DISPATCH), actions.split_case, self._soon(docket, now), parts=parts)

    def _council(self, docket: Docket, now: datetime) -> Step | None:
        """Two units gave it back: the desk calls a meeting before the leader names one."""
        returned = settling.returned_units(docket)
        desk = self._desk(docket, Duty.DISPATCH)
        if len(returned) < 2 or desk is None or JointDecision.objects.filter(case=docket.case).exists():
            return None
        away = {one.unit_id for one in docket.recusals}
        decided = next((one for one in returned if one not in away), None)
        given = {"unit_ids": returned, "minutes": "对照清单逐条看过，按首接负责。", "decided_id": decided}
        return Step(settling.record_council, desk, self._soon(docket, now), given)


Turn = Callable[[Any, Docket, datetime], Step | None]
TURNS: dict[str, Turn] = {
    "secrecy": SeasonStory.ask_secrecy,
    "errand": outside.send,
    "extension": SeasonStory.ask_extension,
    "hold": SeasonStory.ask_hold,
    "incident": incidents.declare,
    "question": SeasonStory.ask_caller,
    "other_type": SeasonStory.recategorise,
    "sent_up": upper.send_up,
    "parts": SeasonStory.split,
    "supervision": SeasonStory.supervise,
    "whistle": whistled.blow,
}
