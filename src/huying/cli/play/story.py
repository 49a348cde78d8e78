"""What happens to one case: a plan drawn from the seed, and the next step that the flow and the plan allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from huying.approvals.rules import ApprovalKind
from huying.cases import actions
from huying.cases.actions import Act, Docket
from huying.cases.rules import CallResult, HeadPart, OrderRole, OrderState, Outcome, Satisfaction
from huying.cli.play.cast import Cast
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor, resident
from huying.matters.rules.stages import stage_number
from huying.people.rules import Duty
from huying.places.rules import street_of


@dataclass
class Plan:
    """How one case's story is meant to go. Counters fall as the story is told."""

    ending: str = "closed"  # closed, answered, declined, transferred, voided, withdrawn, fine_now
    type_code: str = ""
    grade: str = ""
    grid_code: str = ""
    title: str = ""
    verify: bool = False
    found: bool = True
    one_form: bool = True
    returns: int = 0
    refuse_returns: int = 0
    reworks: int = 0
    failed_checks: int = 0
    unsolved: int = 0
    missed_calls: int = 0
    assistants: int = 0
    told_by_reporter: bool = False
    reopen: bool = False
    late: bool = False
    raise_up: bool = False
    correct: bool = False
    nudges: int = 0
    pace: float = 0.5
    steps: int = 0


@dataclass(frozen=True)
class Deed:
    """What is done beside a case's docket, walked as an act on it is. `nobody`: no actor of ours does it, but somebody
    outside by a link."""

    verb: str
    do: Callable[..., object]
    nobody: bool = False

    def __call__(self, _case_id: UUID, *, actor: Actor, now: datetime, **given: Any) -> object:
        return self.do(now=now, **given) if self.nobody else self.do(actor=actor, now=now, **given)


@dataclass(frozen=True)
class Step:
    """One act to walk next."""

    act: Act[Any] | Deed
    actor: Actor
    at: datetime
    given: dict[str, Any] = field(default_factory=dict)


ENDINGS: Sequence[tuple[str, int]] = (
    ("closed", 76),
    ("answered", 9),
    ("declined", 3),
    ("transferred", 3),
    ("voided", 2),
    ("withdrawn", 3),
    ("fine_now", 4),
)


def draw_plan(rng: Random, *, type_codes: Sequence[str], grids: Sequence[str]) -> Plan:
    """A plan by the shares of a busy street: most go straight, some turn back."""
    kinds, weights = zip(*ENDINGS, strict=True)
    return Plan(
        ending=rng.choices(kinds, weights)[0],
        type_code=rng.choice(type_codes),
        grade=rng.choices(["ordinary", "urgent", "hard"], [80, 13, 7])[0],
        grid_code=rng.choice(grids),
        verify=rng.random() < 0.06,
        found=rng.random() < 0.9,
        one_form=rng.random() < 0.75,
        returns=rng.choices([0, 1, 2], [90, 8, 2])[0],
        refuse_returns=int(rng.random() < 0.02),
        reworks=int(rng.random() < 0.09),
        failed_checks=int(rng.random() < 0.08),
        unsolved=rng.choices([0, 1, 2], [89, 9, 2])[0],
        missed_calls=rng.choices([0, 1, 3], [80, 14, 6])[0],
        assistants=rng.choices([0, 1, 2], [82, 14, 4])[0],
        told_by_reporter=rng.random() < 0.3,
        reopen=rng.random() < 0.03,
        late=rng.random() < 0.05,
        raise_up=rng.random() < 0.02,
        correct=rng.random() < 0.08,
        nudges=rng.choices([0, 1, 2], [90, 8, 2])[0],
        pace=min(max(rng.lognormvariate(-1.0, 0.6), 0.03), 2.2),
    )


class Story:
    """Tells the next step of a case. It asks the docket, never the database."""

    def __init__(self, cast: Cast, plan: Plan, words: Words | None = None) -> None:
        self.cast, self.plan, self.rng = cast, plan, cast.rng
        self.words = words or Words()

    def next(self, docket: Docket, now: datetime) -> Step | None:
        """The next act, by whom and when; None where the story is over."""
        self.plan.steps += 1
        if self.plan.steps > 80:
            return None
        tell = getattr(self, f"_{docket.case.state}")
        step: Step | None = tell(docket, now)
        return step

    # times

    def _staff(self, docket: Docket, now: datetime, due: datetime | None = None) -> datetime:
        """When staff get to it: a share of the limit by the plan's pace, within working hours unless urgent."""
        due = due or docket.case.due_at or now + timedelta(hours=4)
        span = max(due - now, timedelta(minutes=10))
        moment = (
            now + span * (self.plan.pace * self.rng.uniform(0.5, 1.3)) + timedelta(seconds=self.rng.randint(20, 400))
        )
        moment = moment.replace(microsecond=0)
        if docket.case.grade == "urgent":
            return moment
        return docket.knowledge.calendar.after(moment, timedelta(seconds=self.rng.randint(30, 900))).replace(
            microsecond=0
        )

    def _soon(self, docket: Docket, now: datetime, hours: float = 2.0) -> datetime:
        return self._staff(docket, now, now + timedelta(hours=hours))

    def _caller(self, now: datetime) -> datetime:
        """When a resident gets to it: some hours later, by day."""
        moment = now + timedelta(minutes=self.rng.randint(20, 1500))
        local = moment.astimezone(tz=None) if moment.tzinfo is None else moment
        hour = (local.hour + 8) % 24
        if hour < 7:
            moment += timedelta(hours=7 - hour)
        return moment.replace(microsecond=0)

    # people

    def _desk(self, docket: Docket, duty: Duty, *, but: frozenset[UUID] = frozenset()) -> Actor | None:
        return self.cast.who(
            duty, docket.case.desk_code, restricted=docket.case.restricted, but=but | self._away(docket)
        )

    def _second(self, docket: Docket, asker: Actor) -> bool:
        """Whether somebody else than the asker can decide about this case."""
        return self._desk(docket, Duty.FILE, but=frozenset({asker.id} if asker.id else ())) is not None

    def _place(self, docket: Docket, duty: Duty, *, but: frozenset[UUID] = frozenset()) -> Actor | None:
        return self.cast.who(
            duty, docket.case.area_code, restricted=docket.case.restricted, but=but | self._away(docket)
        )

    def _away(self, docket: Docket) -> frozenset[UUID]:
        """Those who keep away: recused persons and members of recused units."""
        accounts = {one.account_id for one in docket.recusals if one.account_id}
        units = {one.unit_id for one in docket.recusals if one.unit_id}
        members = {one.id for one in self.cast.actors if units.intersection(one.units) and one.id is not None}
        return frozenset(accounts | members)

    @staticmethod
    def _handlers(docket: Docket) -> frozenset[UUID]:
        return frozenset(one.handler_id for one in docket.orders if one.handler_id is not None)

    @staticmethod
    def _askers(docket: Docket) -> frozenset[UUID]:
        return frozenset(one.asked_by for one in docket.approvals if one.state == "asked" and one.asked_by is not None)

    def _reporter(self, docket: Docket) -> Actor | None:
        mine = [one for one in docket.reports if one.withdrawn_at is None]
        return resident(mine[0].pk) if mine else None

    # states

    def _received(self, docket: Docket, now: datetime) -> Step | None:
        plan, case = self.plan, docket.case
        at = self._staff(docket, now)
        if docket.open_approval(ApprovalKind.DECLINE, case.pk):
            return self._by(
                self._desk(docket, Duty.FILE, but=self._askers(docket)),
                actions.decide_decline,
                at,
                granted=True,
                words=self.words.agreed,
            )
        if plan.ending == "withdrawn" and plan.steps == 1:
            return self._by(self._reporter(docket), actions.withdraw_report, self._caller(now))
        against = frozenset({case.objected_against} if case.objected_against else ())
        if plan.ending == "answered" and not case.objected_against:
            return self._by(self._desk(docket, Duty.INTAKE), actions.answer_case, at, words=self.words.answer(docket))
        if plan.ending == "declined" and not case.objected_against:
            clerk = self._desk(docket, Duty.INTAKE, but=against)
            if clerk is not None and self._second(docket, clerk):
                asked = {"clause": self.words.clause, "reason": self.words.decline, "where_to": self.words.where_to}
                return Step(actions.ask_decline, clerk, at, asked)
            plan.ending = "closed"
        if plan.verify and case.verified is None:
            if case.unplaced:
                return self._by(self._desk(docket, Duty.INTAKE), actions.place_case, at, grid_code=plan.grid_code)
            return self._by(self._desk(docket, Duty.INTAKE), actions.send_to_verify, at)
        if plan.raise_up and len(case.desk_code) > 9:
            plan.raise_up = False
            return self._by(self._desk(docket, Duty.DISPATCH), actions.raise_case, at, reason=self.words.beyond)
        given: dict[str, Any] = {"type_code": case.type_code or plan.type_code, "grade": case.grade or plan.grade}
        if case.unplaced:
            given["grid_code"] = plan.grid_code
        if plan.title:
            given["title"] = plan.title
        kind = docket.knowledge.type_of(given["type_code"])
        # A matter that turns out to be confidential goes to the street's desk: only somebody there can register it.
        hidden = kind is not None and kind.confidential and not case.restricted
        if plan.one_form and plan.ending in ("closed", "fine_now"):
            lead, others = self._choose(docket, given["type_code"], given.get("grid_code", case.area_code))
            one = self._all_three(docket, hidden=hidden)
            if lead is not None and one is not None:
                return Step(
                    actions.register_file_dispatch,
                    one,
                    at,
                    {**given, "lead_id": lead, "assistant_ids": others, "instruction": self.words.instruction},
                )
        clerk = self._desk(docket, Duty.INTAKE, but=against)
        if hidden:
            street = street_of(case.area_code)
            clerk = self.cast.who(Duty.INTAKE, street, restricted=True, but=against | self._away(docket))
        return self._by(clerk, actions.register_case, at, **given)

    def _all_three(self, docket: Docket, *, hidden: bool = False) -> Actor | None:
        """Somebody who holds intake, filing and dispatch over this desk (the street's, for what becomes hidden)."""
        every = (Duty.INTAKE, Duty.FILE, Duty.DISPATCH)
        away = self._away(docket)
        desk = street_of(docket.case.area_code) if hidden else docket.case.desk_code
        found = [
            one for one in self.cast.actors
            if one.id not in away and all(one.may(duty, desk) for duty in every)
            and (not (hidden or docket.case.restricted) or self.cast._confidential(one, docket.case.area_code))
        ]  # fmt: skip
        return self.rng.choice(found) if found else None

    def _choose(self, docket: Docket, type_code: str, area_code: str) -> tuple[UUID | None, tuple[UUID, ...]]:
        """A lead that has not returned it and is not recused, and perhaps others to help."""
        barred = {one.unit_id for one in docket.orders if one.state == OrderState.RETURNED}
        barred |= {one.unit_id for one in docket.recusals if one.unit_id}
        units = [one for one in self.cast.units_for(type_code, area_code) if one not in barred]
        if not units:
            return None, ()
        lead = units[0] if self.rng.random() < 0.8 else self.rng.choice(units)
        others = [one for one in units if one != lead]
        self.rng.shuffle(others)
        return lead, tuple(others[: self.plan.assistants])

    def _verifying(self, docket: Docket, now: datetime) -> Step | None:
        worker = self._place(docket, Duty.VERIFY)
        return self._by(
            worker, actions.report_verified, self._staff(docket, now), found=self.plan.found, words=self.words.seen
        )

    def _triaged(self, docket: Docket, now: datetime) -> Step | None:
        at = self._staff(docket, now)
        if self.plan.correct:
            self.plan.correct = False
            grade = "urgent" if docket.case.grade != "urgent" else "ordinary"
            return self._by(self._desk(docket, Duty.INTAKE), actions.correct_case, at, grade=grade)
        return self._by(self._desk(docket, Duty.FILE), actions.file_case, at)

    def _filed(self, docket: Docket, now: datetime) -> Step | None:
        at, case = self._staff(docket, now), docket.case
        if self.plan.ending == "transferred":
            return self._by(
                self._desk(docket, Duty.DISPATCH),
                actions.transfer_case,
                at,
                receiver=self.words.receiver,
                confirmed=True,
            )
        lead, others = self._choose(docket, case.type_code, case.area_code)
        returned = {one.unit_id for one in docket.orders if one.state == OrderState.RETURNED}
        if lead is None or len(returned) >= 2:
            unit = lead or next(iter(self.cast.units_for(case.type_code, case.area_code)), None)
            leader = self._desk(docket, Duty.LEAD)
            if len(returned) >= 2 and unit is not None and leader is not None:
                return Step(actions.name_unit, leader, at, {"lead_id": unit, "reason": self.words.named})
            return self._by(
                self._desk(docket, Duty.DISPATCH),
                actions.transfer_case,
                at,
                receiver=self.words.receiver,
                confirmed=True,
            )
        given = {"lead_id": lead, "assistant_ids": others, "instruction": self.words.instruction}
        return self._by(self._desk(docket, Duty.DISPATCH), actions.dispatch_case, at, **given)

    def _in_hand(self, docket: Docket, now: datetime) -> Step | None:
        plan, case = self.plan, docket.case
        for order in sorted(docket.live_orders, key=lambda one: one.unit_id):
            if docket.open_approval(ApprovalKind.RETURN, order.pk):
                return self._decide_return(docket, order.pk, now)
        if docket.open_approval(ApprovalKind.VOID, case.pk):
            head = self._desk(docket, Duty.FILE, but=self._askers(docket))
            return self._by(head, actions.decide_void, self._soon(docket, now), granted=True, words=self.words.agreed)
        if plan.ending == "voided":
            asker = self._desk(docket, Duty.DISPATCH)
            if asker is not None and self._second(docket, asker):
                return Step(actions.ask_void, asker, self._soon(docket, now), {"reason": self.words.void})
            plan.ending = "closed"  # nobody but the asker could decide it
        lead = docket.lead
        if lead is None:
            return None
        if lead.state == OrderState.OFFERED and plan.returns > 0 and not lead.named:
            handler = self._one_of(lead.unit_id, Duty.HANDLE, docket)
            at = now + timedelta(minutes=self.rng.randint(3, 25))
            if handler is not None and lead.sign_in_due is not None and at < lead.sign_in_due:
                plan.returns -= 1
                return Step(
                    actions.ask_return,
                    handler,
                    at,
                    {"clause": self.words.clause, "reason": self.words.not_ours, "order_id": lead.pk},
                )
            plan.returns = 0
        for order in sorted(docket.live_orders, key=lambda one: one.unit_id):
            if order.state == OrderState.OFFERED:
                member = self._one_of(order.unit_id, Duty.HANDLE, docket)
                return self._by(
                    member, actions.sign_in_order, self._staff(docket, now, order.due_at), order_id=order.pk
                )
        if plan.nudges > 0 and case.nudges == 0 and self._reporter(docket):
            plan.nudges -= 1
            return self._by(self._reporter(docket), actions.nudge_case, self._caller(now))
        if plan.ending == "fine_now" and case.round == 1 and self._reporter(docket):
            return self._by(self._reporter(docket), actions.fine_now, self._caller(now))
        handler = self._one_of(lead.unit_id, Duty.HANDLE, docket)
        if handler is None:
            return None
        if case.contacted_at is None and any(one.contact_id for one in docket.reports):
            missed = sum(one.kind == "first" and one.round == case.round for one in docket.attempts)
            result = CallResult.MISSED if missed < min(plan.missed_calls, 2) else CallResult.REACHED
            return Step(
                actions.contact_reporter,
                handler,
                self._soon(docket, now, 6),
                {"result": str(result), "words": self.words.called},
            )
        for order in sorted(docket.live_orders, key=lambda one: one.unit_id):
            if order.role == OrderRole.ASSIST and order.state in (OrderState.ACCEPTED, OrderState.REWORK):
                helper = self._one_of(order.unit_id, Duty.HANDLE, docket)
                return self._by(
                    helper,
                    actions.finish_order,
                    self._staff(docket, now, lead.due_at),
                    words=self.words.helped,
                    order_id=order.pk,
                )
        stages = docket.stages()
        if len(stages) > 1:  # the last one is the result itself
            at = self._staff(docket, now, stages[0].due_at)
            return self._by(handler, actions.finish_stage, at, stage=stage_number(stages[0].step))
        if case.round > 1 and not docket.head_took_part():
            head = self.cast.member(lead.unit_id, Duty.SIGN, but=self._handlers(docket) | self._away(docket))
            at = now + timedelta(minutes=25)
            return self._by(head, actions.take_part, at, part=str(HeadPart.LOOKED), words=self.words.headed)
        before, after = self.words.pictures(docket) if docket.wants_pictures else ((), ())
        can_show = bool(after) or not docket.wants_pictures
        outcome = self.rng.choices(
            [Outcome.SOLVED, Outcome.EXPLAINED, Outcome.PROJECT], [86 if can_show else 0, 10, 4]
        )[0]
        given = {
            "outcome": str(outcome),
            "answer": self.words.result(docket, outcome),
            "before": before,
            "after": after,
        }
        return Step(actions.submit_result, handler, self._staff(docket, now, lead.due_at), given)

    def _one_of(self, unit_id: UUID, duty: Duty, docket: Docket, *, but: frozenset[UUID] = frozenset()) -> Actor | None:
        """The unit's handler of this case where there is one already, else anybody of the unit."""
        away = self._away(docket) | but
        for order in docket.orders:
            if order.unit_id == unit_id and order.handler_id is not None and order.handler_id not in away:
                found = next((one for one in self.cast.actors if one.id == order.handler_id), None)
                if found is not None and found.may_for_unit(duty, unit_id):
                    return found
        return self.cast.member(unit_id, duty, but=away)

    def _decide_return(self, docket: Docket, order_id: UUID, now: datetime) -> Step | None:
        dispatcher = self._desk(docket, Duty.DISPATCH, but=self._askers(docket))
        granted = self.plan.refuse_returns <= 0
        if not granted:
            self.plan.refuse_returns -= 1
            self.plan.returns = 0
        order = next(one for one in docket.live_orders if one.pk == order_id)
        others = sorted((one for one in docket.live_orders if one.pk != order_id), key=lambda one: one.unit_id)
        new_lead = others[0].unit_id if granted and order.role == OrderRole.LEAD and others else None
        return self._by(
            dispatcher,
            actions.decide_return,
            self._soon(docket, now, 1),
            order_id=order_id,
            granted=granted,
            words=self.words.decided,
            new_lead_id=new_lead,
        )

    def _reviewing(self, docket: Docket, now: datetime) -> Step | None:
        lead, at = docket.lead, self._staff(docket, now)
        if lead is None:
            return None
        if not docket.case.signed and docket.knowledge.signers(lead.unit_id) - {lead.handler_id}:
            signer = self.cast.member(lead.unit_id, Duty.SIGN, but=self._handlers(docket) | self._away(docket))
            return self._by(signer, actions.sign_result, at)
        reviewer = self._desk(docket, Duty.REVIEW, but=self._handlers(docket))
        if self.plan.reworks > 0:
            self.plan.reworks -= 1
            return self._by(reviewer, actions.send_for_rework, at, reason=self.words.rework)
        return self._by(reviewer, actions.review_result, at)

    def _checking(self, docket: Docket, now: datetime) -> Step | None:
        takers = frozenset(one.taken_by_id for one in docket.reports if one.taken_by_id is not None)
        worker = self._place(docket, Duty.CHECK, but=self._handlers(docket) | takers)
        passed = self.plan.failed_checks <= 0
        if not passed:
            self.plan.failed_checks -= 1
        return self._by(
            worker,
            actions.check_place,
            self._staff(docket, now),
            passed=passed,
            words=self.words.seen if passed else self.words.not_done,
        )

    def _calling_back(self, docket: Docket, now: datetime) -> Step | None:
        plan = self.plan
        facts = docket.facts(actor=resident(), now=now)
        waiting = [one for one in facts.voices if one.wants_answer and not one.told]
        if not waiting:
            return None
        report_id = waiting[0].id
        solved = plan.unsolved <= 0
        satisfaction = self.rng.choices(list(Satisfaction), [78, 15, 7] if solved else [5, 25, 70])[0]
        said = {
            "solved": solved,
            "satisfaction": str(satisfaction),
            "words": self.words.thanks if solved else self.words.not_solved,
        }
        if plan.told_by_reporter:
            plan.unsolved -= 0 if solved else 1
            return Step(actions.tell_outcome, resident(report_id), self._caller(now), said)
        clerk = self._desk(docket, Duty.CALL_BACK, but=self._handlers(docket))
        missed = [
            one
            for one in docket.attempts
            if one.kind == "call_back" and one.round == docket.case.round and one.report_id == report_id
        ]
        if len(missed) < plan.missed_calls:
            later = now + timedelta(minutes=self.rng.randint(70, 600)) if missed else now
            return self._by(
                clerk,
                actions.record_call_back,
                self._soon(docket, later),
                report_id=report_id,
                result=str(CallResult.MISSED),
            )
        plan.unsolved -= 0 if solved else 1
        return self._by(
            clerk,
            actions.record_call_back,
            self._soon(docket, now, 8),
            report_id=report_id,
            result=str(CallResult.REACHED),
            **said,
        )

    def _closed(self, docket: Docket, now: datetime) -> Step | None:
        if self.plan.reopen:
            self.plan.reopen = False
            return self._by(
                self._reporter(docket),
                actions.reopen_case,
                self._caller(now) + timedelta(days=self.rng.randint(0, 9)),
                reason=self.words.again,
            )
        return self._late(docket, now)

    def _late(self, docket: Docket, now: datetime) -> Step | None:
        if self.plan.late:
            self.plan.late = False
            return self._by(
                self._reporter(docket),
                actions.late_feedback,
                self._caller(now),
                solved=True,
                satisfaction=str(Satisfaction.FAIR),
            )
        return None

    def _answered(self, docket: Docket, now: datetime) -> Step | None:
        return self._late(docket, now)

    def _declined(self, docket: Docket, now: datetime) -> Step | None:
        if self.plan.reopen:
            self.plan.reopen = False
            return self._by(self._reporter(docket), actions.object_to_end, self._caller(now), reason=self.words.again)
        return self._late(docket, now)

    _transferred = _late

    def _withdrawn(self, docket: Docket, now: datetime) -> Step | None:
        return None

    _merged = _voided = _withdrawn

    @staticmethod
    def _by(actor: Actor | None, act: Act[Any] | Deed, at: datetime, **given: Any) -> Step | None:
        return None if actor is None else Step(act, actor, at, given)


class Words:
    """Plain sentences for every step. The demo world brings its own by matter type."""

    agreed = "情况属实，同意。"
    clause = "不在本单位履职事项清单内"
    decline = "反映的事不归街道办理，已核对清单。"
    where_to = "请向区级主管部门反映，异议可在十四天内提出。"
    beyond = "社区没有相应的力量和权限，请街道办理。"
    instruction = "请先联系诉求人，再到现场处理。"
    seen = "到现场看过，情况已核对。"
    not_done = "现场还有遗留，请再处理一次。"
    receiver = "区级主管部门"
    named = "两个单位都退回，按首接负责指定承办。"
    void = "同一内容的误登记，没有实际诉求。"
    not_ours = "现场核对后，这一处不归我们管。"
    called = "已和诉求人通话，约好上门时间。"
    helped = "配合部分已做完。"
    decided = "已核对职责清单。"
    headed = "和经办人一起到现场看过，定了新的做法。"
    rework = "请写明做了什么、什么时候做的。"
    thanks = "已经好了，谢谢。"
    not_solved = "还是老样子，没有解决。"
    again = "过了几天又出现了，请再看看。"

    def pictures(self, docket: Docket) -> tuple[tuple[PreparedImage, ...], tuple[PreparedImage, ...]]:
        """Pictures before and after; none here."""
        return (), ()

    def answer(self, docket: Docket) -> str:
        return "您好，您问的事情可以到社区服务窗口办理，工作日都有人。"

    def result(self, docket: Docket, outcome: Outcome) -> str:
        return "您好，您反映的事情我们已经处理，当天到了现场。谢谢您告诉我们。"
