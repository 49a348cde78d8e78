"""The part with the database: real acts on a small street, beside a plain model of what they must leave behind.

The model knows the street's people and units as data (who holds which duty where), the limits of the catalogue as
data, and everything else from the design: who may see and act, where a move leads, which orders are handed out, which
clocks run, stand still or stop, what an end does to them. After every act all of it is compared with the rows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from huying.cases import actions as a
from huying.cases.models import Case, Report
from huying.cases.queries.replay import mismatches
from huying.cases.rules import ReplyBy
from huying.clocks import queries as clock_queries
from huying.kernel.actor import Actor, resident
from huying.kernel.refusals import NotFound, Refusal
from huying.matters import queries as matters
from huying.people.actions import keep_contact
from huying.people.queries import members_of
from huying.people.rules import Duty
from prove.frame import Run
from prove.sim import model
from prove.sim.calendar import CHINA, PlainCalendar
from tests.world import BANYAN, DISTRICT, GRID, KAPOK, NEXT_DOOR, OTHER_GRID, STREET, World, build_world

STEP = {
    "received": "intake", "verifying": "verify", "triaged": "file", "filed": "dispatch", "in_hand": "handle",
    "reviewing": "review", "checking": "check", "calling_back": "call_back",
}  # fmt: skip
ON_IT = ("offered", "accepted", "done", "rework", "completed")
TYPES = ("0101", "0103", "0201", "0901", "1001")
HOUR = timedelta(hours=1)
MOST_CASES = 24
# Played with the database; merging, splitting and settling at once are walked by the rules alone.
VERBS = tuple(sorted(set(model.VERBS) - {"receive", "add", "merge", "unmerge", "self_handle", "split", "split_off"}))


@dataclass
class Clock:
    start: datetime
    limit: str
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    paused: datetime | None = None
    more: list[str] = field(default_factory=list)


class Difference(Exception):
    """What the model says and what is stored are not the same."""


class Street:
    """One era: a fresh street at some moment, its cases, and the plain model of each."""

    def __init__(self, run: Run, rng: random.Random, start: datetime, *, eager: bool = False) -> None:
        self.run, self.rng, self.now = run, rng, start
        # A short walk goes straight on with few cases, so that some come to their end.
        self.most, self.straight = (5, 0.8) if eager else (MOST_CASES, 0.3)
        self.on, self.aside, self.over = (0.95, 0.04, 0.5) if eager else (0.85, 0.15, 0.1)
        self.world: World = build_world(start)
        self.names = {unit.pk: name for name, unit in self.world.units.items()}
        self.people: dict[str, Actor] = self.world.people
        self.by_id = {actor.id: name for name, actor in self.people.items()}
        self.signers = {
            name: {self.by_id[one.pk] for one in members_of(unit.pk, Duty.SIGN)}
            for name, unit in self.world.units.items()
        }
        self.handlers = {
            name: [self.by_id[one.pk] for one in members_of(unit.pk, Duty.HANDLE)]
            for name, unit in self.world.units.items()
        }
        known = clock_queries.calendar()
        special = {day: str(kind) == "worked" for day, (kind, _name) in known.days.items()}
        self.calendar = PlainCalendar(special, known.published)
        self.contact = keep_contact(
            name="居民甲", phone="13900000001", address="", consent_text_version=1, actor=resident(), now=start
        ).pk
        self.cases: list[model.Case] = []
        self.marks = 0

    # the walk

    def step(self) -> None:
        self._tick()
        if not self.cases or (len(self.cases) < self.most and self.rng.random() < 0.1):
            self._receive()
            return
        case = self.rng.choice(self.cases)
        verb, who = self._choose(case)
        self._try(case, verb, who)
        if case["state"] in model.ENDS and self.rng.random() < self.over or self.rng.random() < 0.005:
            self._forget(case)

    def _tick(self) -> None:
        draw = self.rng.random()
        if draw < 0.85:
            self.now += timedelta(seconds=self.rng.randrange(20, 40 * 60))
        elif draw < 0.985:
            self.now += timedelta(minutes=self.rng.randrange(60, 20 * 60))
        else:
            self.now += timedelta(minutes=self.rng.randrange(60, 30 * 24 * 60))

    def _choose(self, case: model.Case) -> tuple[str, str]:
        """Mostly a move that somebody may make, so that cases get somewhere; else any verb by anybody."""
        actors = [*self.people, "caller"]
        if self.rng.random() < self.on:
            verbs = [verb for verb in VERBS if case["state"] in model.FROM[verb]]
            self.rng.shuffle(verbs)
            if self.rng.random() < self.straight:
                verbs.sort(key=lambda verb: verb not in _ROAD)
            forward = [verb for verb in verbs if verb not in _SIDE or self.rng.random() < self.aside]
            for verb in forward:
                able = [one for one in actors if self._may(case, verb, one) and self._sees(case, one)]
                self.rng.shuffle(able)
                for who in able[:4]:
                    bare = self._view(case, who, {"code": ""} if verb == "register" else {}) | {"form": None}
                    if model.answer(verb, bare) is not None:
                        return verb, who
        return self.rng.choice(VERBS), self.rng.choice(actors)

    def _forget(self, case: model.Case) -> None:
        """A case is left alone from here on: its history must lead to where it stands."""
        if not any(one is case for one in self.cases):
            return
        self._leave(case)
        wrong = mismatches([case["id"]])
        self.run.count("replayed")
        if wrong:
            self.run.find("a history does not lead to its state", why=wrong[0].why)

    def _leave(self, case: model.Case) -> None:
        self.cases = [one for one in self.cases if one is not case]

    # who may

    def _sees(self, case: model.Case, who: str) -> bool:
        if who == "caller":
            return True
        actor = self.people[who]
        if any(case["area"].startswith(code) for code in actor.areas(Duty.READ)):
            return True
        # A post alone shows nothing: a duty must reach the unit.
        mine = {
            self.names[unit]
            for unit in actor.units
            for grant in actor.grants
            if grant.unit_id in (None, unit) and {"read", "handle", "sign"} & set(grant.duties)
        }
        return any(one["unit"] in mine and one["state"] in ON_IT for one in case["orders"])

    def _may(self, case: model.Case, verb: str, who: str, order: Any = None) -> bool:
        for over, duty in model.WHO[verb]:
            if over == "caller":
                if who == "caller":
                    return True
                continue
            if who == "caller" or over == "taker":  # nobody writes down for others here
                continue
            actor = self.people[who]
            if over in ("desk", "place"):
                code = case["desk"] if over == "desk" else case["area"]
                held = any(
                    grant.unit_id is None and duty in grant.duties and code.startswith(grant.area_code)
                    for grant in actor.grants
                )
            else:
                units = {
                    one["unit"]
                    for one in case["orders"]
                    if one["state"] in model.LIVE and order in (None, one["id"]) and (over == "unit" or one["lead"])
                }
                held = any(
                    self.names[unit] in units and duty in grant.duties and grant.unit_id in (None, unit)
                    for unit in actor.units
                    for grant in actor.grants
                )
            if held:
                return True
        return False

    # one act

    def _try(self, case: model.Case, verb: str, who: str) -> None:
        if verb.endswith("extend") and verb != "ask_extend":  # one act: it decides what is asked
            kind = "lead_extend" if "lead_extend" in case["asked"] else "extend"
            verb = f"refuse_{kind}" if verb.startswith("refuse") else kind
        form, call = self._formed(case, verb, who)
        before = repr(_shown(case))
        view = self._view(case, who, form)
        named = form.get("order")
        allowed = self._may(case, verb, who, named)
        reached = model.answer(verb, view) if allowed else None
        if not self._sees(case, who):
            wanted = "not found"
        else:
            wanted = "done" if reached is not None and self._sound(case, verb, form) else "refused"
        got, why = "done", ""
        try:
            call()
        except NotFound as refusal:
            got, why = "not found", str(refusal.code)
        except Refusal as refusal:
            got, why = "refused", f"{refusal.code} {refusal.facts}"
        self.run.count("db_steps")
        self.run.count(f"db_{got.replace(' ', '_')}")
        facts = {"verb": verb, "who": who, "form": repr(form), "at": self.now.isoformat(), "case": before}
        if wanted == "refused" and verb in _OF_A_REPORT and got == "not found":
            got = wanted  # the case is there, the report is not one that speaks
        if got != wanted:
            self.run.find("an act ended otherwise", product=got, why=why, model=wanted, **facts,
                          stands=model.blockers(verb, view))  # fmt: skip
            self._leave(case)
            return
        if got == "done":
            assert reached is not None
            getattr(self, f"_{verb}", self._plainly)(case, reached, who, form, verb)
        try:
            self._compare(case, look=got == "done" or self.rng.random() < 0.1)
        except Difference as difference:
            self.run.find("the rows differ from the model", **facts, difference=str(difference))
            self._leave(case)

    def _view(self, case: model.Case, who: str, form: dict[str, Any]) -> model.Case:
        """The case as the rules see it: with the one who acts, the form, the present moment."""
        told, unsolved = self._told(case, form)
        orders = [one | {"window": one["sign_due"] is None or self.now <= one["sign_due"]} for one in case["orders"]]
        ended = case["ended"]
        typed = {"type": True, "grade": True} if "code" in form else {}
        return (
            case
            | typed
            | {
                "orders": orders,
                "voices": [case["voice"] | {"told": told, "no": unsolved}],
                "ended_days": None if ended is None else (self.now - ended) / timedelta(days=1),
                "can_rise": len(case["desk"]) > 6,
                "nudged": case["nudged_on"] == self.now.astimezone(CHINA).date(),
                "late": who == "caller" and case["late"],
                "handling": self._handling(case),
                "sent": self._just_sent(case),
                "over": bool(self._replaced(case)),
                "held": case["hold"] is not None,
                "ahead": case["hold_wanted"] is not None and case["hold_wanted"][1] > self._today(),
                "me": None if who == "caller" else who,
                "units": [] if who == "caller" else [self.names[one] for one in self.people[who].units],
                "report": "voice" if who == "caller" else None,
                "signer": (case["state"] == "reviewing" or case["state"] == "in_hand" and case["round"] > 1)
                and self._has_signer(case),
                "form": form,
            }
        )

    def _today(self) -> str:
        return self.now.astimezone(CHINA).date().isoformat()

    def _handling(self, case: model.Case) -> bool:
        clock: Clock | None = case["clocks"].get(("case", "handle"))
        return clock is not None and clock.paused is None and self.now < self._due(clock)[0]

    def _just_sent(self, case: model.Case) -> bool:
        sent = model.live(case)
        fresh = all(one["state"] == "offered" and one["at"] == case["moved"] and not one["named"] for one in sent)
        return bool(sent) and fresh and self.now - case["moved"] <= timedelta(minutes=10)

    @staticmethod
    def _replaced(case: model.Case) -> list[dict[str, Any]]:
        return [one for one in case["orders"] if one["was"] and one["gone"] == case["moved"]]

    def _due(self, clock: Clock) -> tuple[datetime, bool]:
        return self.calendar.due(clock.start, clock.limit, clock.pauses, clock.more)

    def _told(self, case: model.Case, form: dict[str, Any]) -> tuple[bool, bool]:
        """What has been said this round, with what this very act says."""
        if case["state"] not in ("calling_back", "closed"):
            return False, False
        said = [*case["said"], *([form["solved"]] if "solved" in form else [])]
        now = [(form["result"], self.now)] if form.get("call") else []
        tries = [*zip(case["tries"], case["tried_at"], strict=True), *now]
        told = bool(said) or any(one in ("refused", "wrong") for one, _at in tries) or len(_parts(tries)) >= 3
        return told, False in said

    def _sound(self, case: model.Case, verb: str, form: dict[str, Any]) -> bool:
        """Beside the flow: calls an hour apart, one answer a round."""
        if verb == "call_back":
            if case["said"] or case["voice"]["gone"]:
                return False
            return not (form["result"] == "missed" and any(self.now - one < HOUR for one in case["tried_at"]))
        if verb == "tell_outcome":
            return not case["said"]
        if verb == "ask_hold":
            return 1 <= form["days"] <= 90
        return True

    # forms: what the model reads, and the real act with the same

    def _formed(self, case: model.Case, verb: str, who: str) -> tuple[dict[str, Any], Callable[[], Any]]:
        rng, pk = self.rng, case["id"]
        actor = resident(case["report_pk"]) if who == "caller" else self.people[who]
        always: dict[str, Any] = {"actor": actor, "now": self.now}
        words = "" if rng.random() < 0.06 else "有原因。"
        own = self._own(case, who)
        about = {"order": own["id"]} if own is not None else {}

        def act(name: str, **given: Any) -> Callable[[], Any]:
            return lambda: getattr(a, name)(pk, **given, **always)

        if verb in ("dispatch", "reassign", "name"):
            return self._formed_units(case, verb, words, act)
        if verb in ("return", "refuse_return"):
            asked = [one for one in case["orders"] if one["asked"]] or case["orders"]
            order = rng.choice(asked) if asked else None
            lead = rng.choice([None, *(one["unit"] for one in model.live(case))]) if verb == "return" else None
            number = order["id"] if order else UUID(int=5)
            form = {"order": number, "reason": words, "lead": lead}
            new = self.world.units[lead].pk if lead else None
            return form, act("decide_return", order_id=number, granted=verb == "return", words=words, new_lead_id=new)
        if verb.endswith("extend"):
            return self._formed_extension(case, verb, words, about, act)
        if verb == "ask_reporter":
            limit = rng.choice(("24h", "1wd", "5wd"))
            form = {**about, "reason": words, "report": "voice", "limit": limit}
            return form, act(verb, report_id=case["report_pk"], question=words, limit=limit)
        if verb in ("supervise", "press"):
            form = {"reason": words, "limit": rng.choice(("2h", "4wh", "1wd", "5wd"))}
            name = "supervise_case" if verb == "supervise" else "press_again"
            return form, act(name, what=words, limit=form["limit"])
        if verb == "ask_hold":
            days = rng.choice((0, 1, 10, 90, 90, 91))
            until = self.now.astimezone(CHINA).date() + timedelta(days=days)
            form = {**about, "reason": words, "days": days, "until": until.isoformat()}
            return form, act("ask_hold", kind="funds", until=until, reason=words)
        if verb in ("decline", "refuse_decline", "void", "refuse_void", "hold", "refuse_hold"):
            kind = verb.removeprefix("refuse_")
            return {"reason": words}, act(f"decide_{kind}", granted=verb == kind, words=words)
        if verb in ("pass_check", "fail_check"):
            return {"words": words, "reason": words}, act("check_place", passed=verb == "pass_check", words=words)
        if verb == "call_back":
            result = rng.choice(("reached", "reached", "missed", "missed", "refused", "wrong", ""))
            form = {"result": result, "call": True}
            if result == "reached":
                form["solved"] = rng.random() < 0.75
            return form, act("record_call_back", report_id=case["report_pk"], result=result, solved=form.get("solved"))
        if verb in ("register", "correct"):
            code = rng.choice(TYPES)
            form = {"code": code, "title": f"事 {self.marks}"}
            self.marks += 1
            name = "register_case" if verb == "register" else "correct_case"
            return form, act(name, type_code=code, title=form["title"])
        forms: dict[str, Callable[[], tuple[dict[str, Any], Callable[[], Any]]]] = {
            "place": lambda: self._formed_place(act),
            "answer": lambda: ({"words": words}, act("answer_case", words=words)),
            "ask_decline": lambda: (
                {"clause": "第一条", "reason": words}, act("ask_decline", clause="第一条", reason=words)
            ),
            "send_to_verify": lambda: ({}, act("send_to_verify")),
            "report_verified": lambda: ({"words": words}, act("report_verified", found=True, words=words)),
            "file": lambda: ({}, act("file_case")),
            "send_back": lambda: ({"reason": words}, act("send_back_case", reason=words)),
            "raise": lambda: ({"reason": words}, act("raise_case", reason=words)),
            "add_unit": lambda: self._formed_helpers(act),
            "sign_in": lambda: (about, act("sign_in_order")),
            "ask_return": lambda: (
                {**about, "clause": "第一条", "reason": words}, act("ask_return", clause="第一条", reason=words)
            ),
            "first_contact": lambda: self._formed_contact(about, act),
            "finish": lambda: ({**about, "words": words}, act("finish_order", words=words)),
            "submit_result": lambda: (
                {**about, "outcome": "explained", "words": words},
                act("submit_result", outcome="explained", answer=words),
            ),
            "sign": lambda: (self._lead_order(case), act("sign_result")),
            "give": lambda: self._formed_giving(case, about, own, act),
            "take_on": lambda: (dict(about), act("take_on_order")),
            "put_back": lambda: (dict(about), act("put_back_order")),
            "take_part": lambda: (
                {**about, "part": "looked", "reason": words}, act("take_part", part="looked", words=words)
            ),
            "review": lambda: ({}, act("review_result")),
            "rework": lambda: ({"reason": words}, act("send_for_rework", reason=words)),
            "tell_outcome": lambda: self._formed_outcome("tell_outcome", act),
            "second_round": lambda: ({}, act("second_round")),
            "reopen": lambda: ({"reason": words}, act("reopen_case", reason=words)),
            "late_feedback": lambda: ({}, act("late_feedback", satisfaction="fair")),
            "object": lambda: ({"reason": words}, act("object_to_end", reason=words)),
            "transfer": lambda: (
                {"receiver": "区里", "confirmed": bool(words)},
                act("transfer_case", receiver="区里", confirmed=bool(words)),
            ),
            "withdraw": lambda: ({}, act("withdraw_report")),
            "fine_now": lambda: ({}, act("fine_now")),
            "ask_void": lambda: ({"reason": words}, act("ask_void", reason=words)),
            "nudge": lambda: ({}, act("nudge_case")),
            "resume": lambda: ({}, act("resume_case")),
            "reply": lambda: ({**about, "words": words}, act("answer_question", words=words)),
            "stop_waiting": lambda: (dict(about), act("stop_waiting")),
            "take_back": lambda: ({}, act("take_back_dispatch")),
            "finish_stage": lambda: ({**about, "stage": 1}, act("finish_stage", stage=1)),
            "report_back": lambda: ({**about, "reason": words}, act("report_back", words=words)),
            "close_supervision": lambda: ({"reason": words}, act("close_supervision", words=words)),
        }  # fmt: skip
        return forms[verb]()

    def _formed_units(
        self, case: model.Case, verb: str, words: str, act: Callable[..., Callable[[], Any]]
    ) -> tuple[dict[str, Any], Callable[[], Any]]:
        rng = self.rng
        lead = rng.choice(("sanitation", "sanitation", "enforcement", "water", "banyan", "firm"))
        helpers = rng.sample(("sanitation", "enforcement", "water"), rng.choice((0, 0, 1, 2)))
        form: dict[str, Any] = {"lead": lead, "helpers": helpers, "with_duty": self._with_duty(case)}
        given: dict[str, Any] = {
            "lead_id": self.world.units[lead].pk, "assistant_ids": [self.world.units[one].pk for one in helpers],
        }  # fmt: skip
        if verb == "dispatch":
            return form, act("dispatch_case", **given)
        form["reason"] = words
        return form, act("reassign_case" if verb == "reassign" else "name_unit", reason=words, **given)

    def _formed_extension(
        self, case: model.Case, verb: str, words: str, about: dict[str, Any], act: Callable[..., Callable[[], Any]]
    ) -> tuple[dict[str, Any], Callable[[], Any]]:
        if verb == "ask_extend":
            amount, unit = self.rng.choice(((1, "d"), (3, "d"), (30, "d"), (2, "h"), (72, "h")))
            form = {**about, "reason": words, "more": f"{amount}{unit}"}
            return form, act("ask_extension", amount=amount, unit=unit, reason=words)
        # One act decides either kind: what is asked is what is decided.
        return {"reason": words}, act("decide_extension", granted=not verb.startswith("refuse"), words=words)

    def _with_duty(self, case: model.Case) -> list[str]:
        found = ["sanitation", "enforcement", "water"] if case["code"] else []
        return [*found, *(["banyan"] if case["code"] and case["area"].startswith(BANYAN) else [])]

    def _formed_helpers(self, act: Callable[..., Any]) -> tuple[dict[str, Any], Callable[[], Any]]:
        helper = self.rng.choice(("sanitation", "enforcement", "water"))
        return {"helpers": [helper]}, act("add_units", assistant_ids=[self.world.units[helper].pk])

    def _formed_place(self, act: Callable[..., Any]) -> tuple[dict[str, Any], Callable[[], Any]]:
        grid = self.rng.choice((GRID, GRID, OTHER_GRID, KAPOK + "001"))
        return {"grid": grid}, act("place_case", grid_code=grid)

    def _formed_contact(
        self, about: dict[str, Any], act: Callable[..., Any]
    ) -> tuple[dict[str, Any], Callable[[], Any]]:
        result = self.rng.choice(("reached", "missed", "missed", "refused", "else"))
        return {**about, "result": result}, act("contact_reporter", result=result)

    def _formed_giving(
        self, case: model.Case, about: dict[str, Any], own: dict[str, Any] | None, act: Callable[..., Any]
    ) -> tuple[dict[str, Any], Callable[[], Any]]:
        there = self.handlers[own["unit"]] if own is not None else []
        chosen = self.rng.choice([*there, *there, "handler", "enforcer"])
        pk = self.people[chosen].id
        return {**about, "handler": chosen, "there": there}, act("give_order", handler_id=pk)

    def _formed_outcome(self, name: str, act: Callable[..., Any]) -> tuple[dict[str, Any], Callable[[], Any]]:
        solved = self.rng.random() < 0.7
        return {"solved": solved}, act(name, solved=solved)

    @staticmethod
    def _lead_order(case: model.Case) -> dict[str, Any]:
        lead = next((one for one in model.live(case) if one["lead"]), None)
        return {} if lead is None else {"order": lead["id"]}

    def _own(self, case: model.Case, who: str) -> dict[str, Any] | None:
        units = set() if who == "caller" else {self.names[one] for one in self.people[who].units}
        mine = [one for one in model.live(case) if one["unit"] in units]
        return next((one for one in mine if one["lead"]), mine[0] if mine else None)

    # what acts leave behind

    def _receive(self) -> None:
        known = self.rng.random() < 0.7
        danger = self.rng.random() < 0.1
        words = "楼下燃气泄漏，味道很大。" if danger else "路口的垃圾桶满了，没有人来收。"
        options: dict[str, Any] = {"contact_id": self.contact, "reply_by": ReplyBy.PHONE} if known else {}
        receipt = self.world.call(words=words, now=self.now, **options)
        case = model.blank("received")
        case |= {
            "id": receipt.case.pk, "report_pk": receipt.report.pk, "place": True, "area": GRID, "desk": BANYAN,
            "code": "", "clocks": {}, "danger": danger, "grade": danger, "grade_word": "urgent" if danger else "",
            "ended": None, "nudged_on": None, "late": False, "contacted": False, "said": [], "tries": [],
            "tried_at": [], "contact_tries": [], "answered_by": None, "version": None, "lines": [], "known": known,
            "hold": None, "hold_wanted": None, "watched": 0,
            "voice": {"id": "voice", "wants": known, "gone": False, "told": False, "no": False, "taker": None},
        }  # fmt: skip
        case["signed"], case["moved"] = False, self.now
        if receipt.case.danger == "" and danger:
            self.run.find("an emergency word was not seen", words=words)
        self.cases.append(case)
        self.run.count("db_steps")
        self._start(case, "case", "intake")
        try:
            self._compare(case, look=True)
        except Difference as difference:
            self.run.find("the rows of a new case differ", difference=str(difference))
            self._leave(case)

    def _plainly(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)

    def _enter(self, case: model.Case, target: str) -> None:
        left, case["state"] = case["state"], target
        case["moved"] = self.now
        if target == left:
            return
        self._end_question(case)
        self._end_hold(case)
        if target not in ("in_hand", "reviewing", "checking", "calling_back"):
            case["watch"] = ""
            case["clocks"].pop(("case", "supervise"), None)
        if target in model.ENDS:
            self._over(case, target)
            return
        if left in model.ENDS:
            case["ended"] = None
        self._turn_clocks(case)

    def _over(self, case: model.Case, target: str) -> None:
        """An end: orders completed or cancelled, requests taken back, every clock stopped."""
        case["ended"] = self.now
        self._asks_no_more(case)
        for one in case["orders"]:
            if one["state"] in model.LIVE:
                one["state"] = "completed" if target == "closed" and one["state"] == "done" else "cancelled"
            one["asked"] = None
        case["asked"] = {}
        case["clocks"] = {}
        case["watch"] = ""

    def _turn_clocks(self, case: model.Case) -> None:
        wanted = self._step_now(case)
        for where, step in list(case["clocks"]):
            if where == "case" and step not in (wanted, "handle", "first_contact", "supervise", "reply"):
                del case["clocks"][where, step]
        handle: Clock | None = case["clocks"].get(("case", "handle"))
        if case["state"] == "reviewing":
            if handle is not None and handle.paused is None:
                handle.paused = self.now
        elif case["state"] == "in_hand":
            if handle is not None and handle.paused is not None:
                handle.pauses.append((handle.paused, self.now))
                handle.paused = None
        else:
            case["clocks"].pop(("case", "handle"), None)
            case["clocks"].pop(("case", "first_contact"), None)
        if ("case", wanted) not in case["clocks"]:
            self._start(case, "case", wanted)

    def _step_now(self, case: model.Case) -> str:
        if case["state"] == "reviewing" and not case["signed"] and self._has_signer(case):
            return "sign"
        return STEP[case["state"]]

    def _has_signer(self, case: model.Case) -> bool:
        lead = next((one for one in model.live(case) if one["lead"]), None)
        return lead is not None and bool(self.signers[lead["unit"]] - {one["handler"] for one in case["orders"]})

    def _start(self, case: model.Case, where: Any, step: str) -> Clock:
        found = Clock(self.now, self._limit(case, step))
        case["clocks"][where, step] = found
        return found

    @staticmethod
    def _limit(case: model.Case, step: str) -> str:
        return str(matters.limit_row(case["code"], step, case["grade_word"] or "ordinary").limit)

    def _hand_out(self, case: model.Case, lead: str, helpers: list[str], *, named: bool = False) -> None:
        for unit in (lead, *dict.fromkeys(helpers)):
            self._offer(case, unit, unit == lead, named and unit == lead)
        case["signed"] = False
        contactable = case["known"] and not case["voice"]["gone"]
        if contactable and not case["contacted"] and ("case", "first_contact") not in case["clocks"]:
            self._start(case, "case", "first_contact")

    def _offer(self, case: model.Case, unit: str, lead: bool, named: bool = False) -> None:
        number = f"new{len(case['orders'])}"
        case["orders"].append({
            "id": number, "unit": unit, "lead": lead, "state": "offered", "round": case["round"], "named": named,
            "handler": None, "window": True, "asked": None, "given": None, "headed": False, "sign_due": None,
            "at": self.now, "was": "", "gone": None,
        })  # fmt: skip
        clock = self._start(case, number, "sign_in")
        case["orders"][-1]["sign_due"] = self.calendar.due(clock.start, clock.limit)[0]

    def _drop(self, case: model.Case, order: dict[str, Any], state: str) -> None:
        order["state"] = state
        if order["lead"]:
            self._asks_no_more(case)
        case["clocks"].pop((order["id"], "sign_in"), None)

    def _cancel_all(self, case: model.Case) -> None:
        for one in model.live(case):
            self._drop(case, one, "cancelled")

    def _set_type(self, case: model.Case, code: str) -> None:
        case["code"] = code
        found = matters.type_of(code)
        assert found is not None
        case["type"], case["clause"] = True, bool(found.clause)
        case["grade_word"] = case["grade_word"] or str(found.grade)
        case["grade"] = True
        case["eyes"], case["back"] = str(found.check_policy), str(found.call_back_policy)
        case["proof"] = case["eyes"] != "never"
        for (where, step), clock in case["clocks"].items():
            if where == "case" and step not in ("supervise", "reply"):
                clock.limit = self._limit(case, step)

    def _correct(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        if form["code"] != case["code"]:
            self._set_type(case, form["code"])

    def _register(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        if form["code"] != case["code"]:
            self._set_type(case, form["code"])
        self._enter(case, reached)

    def _place(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        case["area"] = form["grid"]
        if not case["area"].startswith(case["desk"]):
            case["desk"] = case["area"][: len(case["desk"])]

    def _answer(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        case["answered_by"] = who

    _transfer = _decline = _answer

    def _refuse_decline(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        case["asked"].pop(verb.removeprefix("refuse_"), None)
        self._enter(case, reached)

    _refuse_void = _refuse_hold = _refuse_decline

    def _ask_decline(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        case["asked"][verb.removeprefix("ask_")] = who

    _ask_void = _ask_decline

    def _ask_extend(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        lead = next(one for one in model.live(case) if one["lead"])
        first = not case["extensions"] and self.signers[lead["unit"]] - {who}
        case["extensions"] += 1
        case["asked"]["extend" if first else "lead_extend"] = who
        case["wanted"] = form["more"]
        self._enter(case, reached)

    def _extend(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        del case["asked"][model.TWO_PERSONS[verb]]
        if not verb.startswith("refuse"):
            case["clocks"]["case", "handle"].more.append(case["wanted"])
        self._enter(case, reached)

    _refuse_extend = _lead_extend = _refuse_lead_extend = _extend

    def _supervise(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        case["watch"], case["watched"] = "set", case["watched"] + 1
        case["clocks"]["case", "supervise"] = Clock(self.now, form["limit"])

    _press = _supervise

    def _report_back(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        case["watch"] = "reported" if verb == "report_back" else ""
        case["clocks"].pop(("case", "supervise"), None)

    _close_supervision = _report_back

    def _ask_hold(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        case["asked"]["hold"] = who
        case["hold_wanted"] = ("funds", form["until"])
        self._enter(case, reached)

    def _hold(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        del case["asked"]["hold"]
        since = case["hold"][0] if case["hold"] else self.now
        case["hold"] = (since, *case["hold_wanted"])
        clock = case["clocks"]["case", "handle"]
        clock.paused = clock.paused or self.now
        self._enter(case, reached)

    def _resume(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._end_hold(case)
        self._enter(case, reached)

    def _end_hold(self, case: model.Case) -> None:
        if case["hold"] is not None:
            case["hold"] = None
            self._goes_on(case)

    def _ask_reporter(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        case["asked_voice"], case["questions"] = "voice", case["questions"] + 1
        case["clocks"]["case", "reply"] = Clock(self.now, form["limit"])
        clock = case["clocks"]["case", "handle"]
        clock.paused = clock.paused or self.now

    def _reply(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._end_question(case)
        self._enter(case, reached)

    _stop_waiting = _reply

    def _end_question(self, case: model.Case) -> None:
        if case["asked_voice"] is not None:
            case["asked_voice"] = None
            case["clocks"].pop(("case", "reply"), None)
            self._goes_on(case)

    def _goes_on(self, case: model.Case) -> None:
        if case["hold"] is not None or case["asked_voice"] is not None:
            return
        clock: Clock | None = case["clocks"].get(("case", "handle"))
        if clock is not None and clock.paused is not None:
            clock.pauses.append((clock.paused, self.now))
            clock.paused = None

    @staticmethod
    def _asks_no_more(case: model.Case) -> None:
        """The lead has reported, or has it no longer: nobody decides on more time, and it counts as unasked."""
        for kind in ("extend", "lead_extend"):
            if case["asked"].pop(kind, None) is not None:
                case["extensions"] -= 1
        case["asked"].pop("hold", None)

    def _report_verified(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)

    def _dispatch(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        for one in model.live(case):
            one["was"], one["gone"] = one["state"], self.now
        self._cancel_all(case)
        self._enter(case, reached)
        self._hand_out(case, form["lead"], form["helpers"], named=verb == "name")

    _reassign = _name = _dispatch

    def _take_back(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        former = self._replaced(case)
        self._cancel_all(case)
        for one in former:
            one["state"], one["was"], one["gone"] = one["was"], "", None
            if one["state"] == "offered":
                clock = self._start(case, one["id"], "sign_in")
                one["sign_due"] = self.calendar.due(clock.start, clock.limit)[0]
        self._enter(case, reached)

    def _add_unit(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        for unit in form["helpers"]:
            self._offer(case, unit, False)

    def _raise(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        case["clocks"].pop(("case", self._step_now(case)), None)
        self._cancel_all(case)
        case["desk"] = {12: STREET, 9: DISTRICT}[len(case["desk"])]
        self._enter(case, reached)
        if ("case", self._step_now(case)) not in case["clocks"]:
            self._start(case, "case", self._step_now(case))

    def _sign_in(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        order = self._order(case, form)
        order["state"], order["handler"] = "accepted", who
        order["given"] = order["given"] or who
        case["clocks"].pop((order["id"], "sign_in"))
        self._enter(case, reached)

    def _give(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        hands = {"give": form.get("handler"), "take_on": who, "put_back": None}
        self._order(case, form)["given"] = hands[verb]
        self._enter(case, reached)

    _take_on = _put_back = _give

    def _take_part(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._order(case, form)["headed"] = True
        self._enter(case, reached)

    def _order(self, case: model.Case, form: dict[str, Any]) -> dict[str, Any]:
        return next(one for one in case["orders"] if one["id"] == form["order"])  # type: ignore[no-any-return]

    def _ask_return(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._order(case, form)["asked"] = who
        self._enter(case, reached)

    def _return(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        order = self._order(case, form)
        order["asked"] = None
        if verb == "return":
            led = order["lead"]
            self._drop(case, order, "returned")
            for one in model.live(case):
                if led and form["lead"] is not None and one["unit"] == form["lead"]:
                    one["lead"] = True
                    one["state"] = "rework" if one["state"] == "done" else one["state"]
        self._enter(case, reached)

    _refuse_return = _return

    def _first_contact(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        if form["result"] == "missed":
            tries = case["contact_tries"]
            if not tries or self.now - tries[-1] >= HOUR:
                tries.append(self.now)
        if not case["contacted"] and (form["result"] != "missed" or len(case["contact_tries"]) >= 3):
            case["contacted"] = True
            case["clocks"].pop(("case", "first_contact"), None)

    def _finish(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        order = self._order(case, form)
        order["state"], order["handler"] = "done", who
        if verb == "submit_result":
            case["signed"] = False
            self._asks_no_more(case)
        self._enter(case, reached)

    _submit_result = _finish

    def _sign(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        case["signed"] = True
        case["clocks"].pop(("case", "sign"), None)
        if ("case", "review") not in case["clocks"]:
            self._start(case, "case", "review")

    def _rework(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        for one in model.live(case):
            if one["lead"] and one["state"] == "done":
                one["state"] = "rework"
        case["signed"] = False
        self._enter(case, reached)

    _fail_check = _rework

    def _call_back(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        case["tries"].append(form["result"])
        case["tried_at"].append(self.now)
        self._tell_outcome(case, reached, who, form, verb)

    def _tell_outcome(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        if "solved" in form:
            case["said"].append(form["solved"])
        self._enter(case, reached)
        self._settle(case)

    def _settle(self, case: model.Case) -> None:
        """Everybody was asked: the next round for one who says no, else the end."""
        if case["state"] != "calling_back":
            return
        told, unsolved = self._told(case, {})
        voice = case["voice"]
        waits = voice["wants"] and not voice["gone"]
        if waits and not told:
            return
        if unsolved and not voice["gone"]:
            self._second_round(case, "in_hand" if model.goes_on(case) else "triaged", "", {}, "")
        else:
            self._enter(case, "closed")

    def _second_round(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        last = [one for one in case["orders"] if one["round"] == case["round"] and one["state"] in
                ("done", "completed", "rework")]  # fmt: skip
        for one in last:
            if one["state"] == "done":
                self._drop(case, one, "completed")
        case["round"] += 1
        case["extensions"], case["questions"] = 0, 0
        case["signed"], case["contacted"], case["contact_tries"] = False, False, []
        case["said"], case["tries"], case["tried_at"] = [], [], []
        self._enter(case, reached)
        if reached == "in_hand":
            lead = next(one["unit"] for one in last if one["lead"])
            self._hand_out(case, lead, [one["unit"] for one in last if not one["lead"]])

    _reopen = _second_round

    def _late_feedback(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        case["late"] = True

    def _object(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        case["against"], case["answered_by"] = case["answered_by"], None
        self._enter(case, reached)

    def _withdraw(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        self._enter(case, reached)
        case["voice"] = case["voice"] | {"gone": True}
        self._end_question(case)
        self._settle(case)

    _fine_now = _withdraw

    def _nudge(self, case: model.Case, reached: str, who: str, form: dict[str, Any], verb: str) -> None:
        case["nudged_on"] = self.now.astimezone(CHINA).date()

    # comparing

    def _compare(self, case: model.Case, *, look: bool) -> None:
        if not look:
            return
        with connection.cursor() as cursor:
            cursor.execute(ROWS, {"case": case["id"]})
            stored = json.loads(cursor.fetchone()[0])
        self._name_orders(case, stored["orders"], self.names)
        told = _stored(stored, self.by_id, self.names)
        meant = self._meant(case)
        for name, value in meant.items():
            if told[name] != value:
                raise Difference(f"{name}: stored {told[name]!r}, the model has {value!r}")
        leads = [one for one in model.live(case) if one["lead"]]
        if case["state"] == "in_hand" and len(leads) != 1:
            raise Difference(f"in hand with {len(leads)} leads")

    @staticmethod
    def _name_orders(case: model.Case, rows: list[dict[str, Any]], units: dict[Any, str]) -> None:
        """New orders get the ids that the database gave them: each unit gets one at a time."""
        if len(rows) != len(case["orders"]):
            raise Difference(f"orders: stored {len(rows)}, the model has {len(case['orders'])}")
        known = {str(one["id"]) for one in case["orders"]}
        fresh = {units[UUID(row["unit"])]: UUID(row["id"]) for row in rows if row["id"] not in known}
        for one in case["orders"]:
            if str(one["id"]).startswith("new"):
                if one["unit"] not in fresh:
                    raise Difference(f"no order for {one['unit']}, only for {sorted(fresh)}")
                clock = case["clocks"].pop((one["id"], "sign_in"), None)
                one["id"] = fresh[one["unit"]]
                if clock is not None:
                    case["clocks"][one["id"], "sign_in"] = clock

    def _meant(self, case: model.Case) -> dict[str, Any]:
        clocks = {
            (str(case["id"] if where == "case" else where), step): (
                clock.start, clock.limit, *self._due(clock), clock.paused, "+".join(clock.more),
                self.calendar.due(clock.start, clock.limit, clock.pauses)[0] if clock.more else None,
            )
            for (where, step), clock in case["clocks"].items()
        }  # fmt: skip
        present = None
        if case["state"] in model.OPEN:
            running = case["clocks"].get(("case", self._step_now(case)))
            if running is not None and running.paused is None:
                present = self._due(running)[0]
        return {
            "state": case["state"],
            "desk": case["desk"],
            "area": case["area"],
            "round": case["round"],
            "ended": case["ended"],
            "signed": case["signed"],
            "contacted": case["contacted"],
            "orders": {
                str(one["id"]): (one["unit"], one["lead"], one["state"], one["round"], one["named"], one["handler"],
                                 one["asked"] is not None, one["given"], one["headed"])
                for one in case["orders"]
            },
            "clocks": clocks,
            "due": present,
            "hold": case["hold"],
            "watch": (case["watch"], case["watched"]),
            "question": (case["asked_voice"] is not None, case["questions"]),
            "approvals": sorted(
                [(kind, str(case["id"]), who) for kind, who in case["asked"].items()]
                + [("return", str(one["id"]), one["asked"]) for one in case["orders"] if one["asked"]]
            ),
        }  # fmt: skip


_ROAD = {
    "register", "file", "dispatch", "sign_in", "submit_result", "sign", "review", "pass_check", "call_back",
    "tell_outcome", "take_part",
}  # fmt: skip
_OF_A_REPORT = {"call_back", "tell_outcome", "withdraw", "fine_now", "late_feedback"}
_SIDE = {
    "correct", "place", "answer", "ask_decline", "transfer", "withdraw", "fine_now", "ask_void", "nudge", "raise",
    "send_back", "decline", "void", "late_feedback", "reassign", "object", "ask_extend",
    "ask_hold", "resume", "supervise", "press", "close_supervision", "ask_reporter",
    "stop_waiting", "take_back", "give", "take_on", "put_back",
}  # fmt: skip

ROWS = """
SELECT json_build_object(
  'case', (SELECT json_build_object('state', state, 'desk', desk_code, 'area', area_code, 'round', round,
             'ended', ended_at, 'signed', signed, 'contacted', contacted_at IS NOT NULL, 'due', due_at,
             'asked', asked_report_id IS NOT NULL,
             'questions', questions, 'watch', supervision, 'watched', supervisions,
             'held', held_since, 'until', held_until, 'reason', held_reason)
           FROM cases_case WHERE id = %(case)s),
  'orders', (SELECT coalesce(json_agg(json_build_object('id', id, 'unit', unit_id, 'role', role, 'state', state,
               'round', round, 'named', named, 'handler', handler_id, 'asked', return_asked,
               'given', given_to_id, 'headed', headed_at IS NOT NULL) ORDER BY offered_at, id),
               '[]') FROM cases_workorder WHERE case_id = %(case)s),
  'clocks', (SELECT coalesce(json_agg(json_build_object('object', object_id, 'step', step, 'start', started_at,
               'limit', "limit", 'due', due_at, 'provisional', provisional, 'paused', paused_at,
               'extended', extended, 'first', first_due_at)), '[]')
             FROM clocks_clock WHERE stopped_at IS NULL AND (object_id = %(case)s OR object_id IN
               (SELECT id FROM cases_workorder WHERE case_id = %(case)s))),
  'approvals', (SELECT coalesce(json_agg(json_build_object('kind', kind, 'object', object_id, 'who', asked_by)), '[]')
                FROM approvals_approval WHERE state = 'asked' AND (object_id = %(case)s OR object_id IN
                  (SELECT id FROM cases_workorder WHERE case_id = %(case)s))))::text
"""


def _parts(tries: list[tuple[str, datetime]]) -> set[tuple[date, bool, bool, bool]]:
    """The parts of days in which calls were missed: from nine, twelve, fourteen, eighteen to twenty-one."""
    local = [at.astimezone(CHINA) for result, at in tries if result == "missed"]
    return {(at.date(), at.hour >= 12, at.hour >= 14, at.hour >= 18) for at in local if 9 <= at.hour < 21}


def _stored(rows: dict[str, Any], people: dict[Any, str], units: dict[Any, str]) -> dict[str, Any]:
    """The rows in the model's words."""

    def who(value: str | None) -> str | None:
        return None if value is None else people.get(UUID(value), value)

    def at(value: str | None) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)

    case = rows["case"]
    return {
        **{name: case[name] for name in ("state", "desk", "area", "round", "signed", "contacted")},
        "ended": at(case["ended"]),
        "due": at(case["due"]),
        "watch": (case["watch"], case["watched"]),
        "question": (case["asked"], case["questions"]),
        "hold": (at(case["held"]), case["reason"], case["until"]) if case["held"] else None,
        "orders": {
            one["id"]: (units[UUID(one["unit"])], one["role"] == "lead", one["state"], one["round"], one["named"],
                        who(one["handler"]), one["asked"], who(one["given"]), one["headed"])
            for one in rows["orders"]
        },
        "clocks": {
            (one["object"], one["step"]): (
                at(one["start"]), one["limit"], at(one["due"]), one["provisional"], at(one["paused"]), one["extended"],
                at(one["first"]),
            )
            for one in rows["clocks"]
        },
        "approvals": sorted((one["kind"], one["object"], who(one["who"])) for one in rows["approvals"]),
    }  # fmt: skip


def _shown(case: model.Case) -> dict[str, Any]:
    return {name: value for name, value in case.items() if name not in ("lines", "tried_at", "contact_tries")}


ERAS = (
    datetime(2024, 1, 3, 2, tzinfo=UTC), datetime(2024, 11, 12, 2, tzinfo=UTC), datetime(2025, 1, 20, 2, tzinfo=UTC),
    datetime(2025, 12, 15, 2, tzinfo=UTC), datetime(2026, 10, 20, 1, tzinfo=UTC), datetime(2026, 12, 20, 1, tzinfo=UTC),
)  # fmt: skip


def play(run: Run, rng: random.Random, steps: int, *, eager: bool = False) -> None:
    """So many steps in one era, in one transaction that leaves nothing behind."""
    start = rng.choice(ERAS)
    with transaction.atomic():
        street = Street(run, rng, start, eager=eager)
        for _ in range(steps):
            street.step()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for case in list(street.cases):
            street._forget(case)
        run.count("db_cases", Case.objects.count())
        assert Report.objects.exists()
        run.most("db_days", (street.now - start).days)
        transaction.set_rollback(True)


__all__ = ["NEXT_DOOR", "Street", "play"]
