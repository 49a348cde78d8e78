"""A small street, cases in every situation of the flow, and what can be done to each: made by the system's own acts.

A case is played in memory by the bulk builder and flushed with many others, so that a race costs little more than the
race itself. What is legal in a situation is found by trying every act with every person on a copy.
"""

from __future__ import annotations

import io
import pickle
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from huying.cases import actions as a
from huying.cases.actions import Act, Docket, NewReport
from huying.cases.actions.building import Builder
from huying.cases.actions.intake import sampled_today, unmerge_step
from huying.cases.models import Case
from huying.cases.rules import FLOW, OPEN, Channel, OrderRole, OrderState, ReplyBy, State, Verb
from huying.files.imaging import prepare_image
from huying.kernel.actor import Actor, resident, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Refusal
from huying.people import actions as people
from huying.people import queries as people_queries
from tests.files.pictures import photo
from tests.world import GRID, NOW, OTHER_GRID, STREET, World, _build_world, middle

MINUTE = timedelta(minutes=1)
START, RACE = NOW, NOW + timedelta(minutes=40)
REVIEW_ON = (NOW + timedelta(days=30)).date()
"""When cases begin, and when races are run: within every sign-in window."""
CHECKED, UNCHECKED, SMALL, UNLIKE, STAGED = "0101", "0104", "0402", "0103", "0301"
"""Types of the shipped catalogue: looked at on the place, not looked at, and handled by whoever finds it."""
V = Verb


class Scene:
    """One case in a situation, with the like one beside it that merges need, and its reports and orders by place."""

    def __init__(self, stage: Stage, docket: Docket, other: Docket) -> None:
        self.stage, self.docket, self.other = stage, docket, other
        self.at = START

    @property
    def case(self) -> Case:
        return self.docket.case

    def walk(self, act: Act[Any], actor: Actor, **given: Any) -> Scene:
        self.at += MINUTE
        self.stage.builder.walk(self.docket, act, actor=actor, now=self.at, **given)
        return self

    def order(self, unit: str) -> UUID:
        """The live order of a unit; an id that is nobody's where it has none."""
        wanted = self.stage.world.units[unit].pk
        return next((one.pk for one in self.docket.live_orders if one.unit_id == wanted), UUID(int=0))


Step = Callable[..., object]


@dataclass(frozen=True)
class Way:
    """How an act is done: its verbs, who may try, and its arguments for a scene. `step` where the oracle's differs."""

    verbs: tuple[Verb, ...]
    given: Callable[[Scene, random.Random], dict[str, Any]]
    step: Step | None = None
    second: Callable[[Scene, random.Random], dict[str, Any]] | None = None


def _nothing(_scene: Scene, _rng: random.Random) -> dict[str, Any]:
    return {}


def _reason(_scene: Scene, rng: random.Random) -> dict[str, Any]:
    return {"reason": f"核对过，要这样办，第 {rng.randrange(1000)} 次说明。"}


def _watch(_scene: Scene, _rng: random.Random) -> dict[str, Any]:
    return {"what": "三天内换好桶。", "limit": "3wd"}


def _matter(scene: Scene, rng: random.Random) -> dict[str, Any]:
    return {"type_code": rng.choice([CHECKED, UNCHECKED]), "grade": rng.choice(["ordinary", "urgent", "hard"])}


def _lead(scene: Scene, rng: random.Random) -> dict[str, Any]:
    units = scene.stage.world.units
    lead, helper = rng.sample(["sanitation", "enforcement", "water"], 2)
    return {"lead_id": units[lead].pk, "assistant_ids": (units[helper].pk,) if rng.random() < 0.4 else ()}


def _asked_return(scene: Scene, _rng: random.Random) -> dict[str, Any]:
    asked = next((one for one in scene.docket.live_orders if one.return_asked), None)
    other = next((one for one in scene.docket.live_orders if one is not asked), None)
    lead = other.unit_id if other is not None and asked is not None and asked.role == OrderRole.LEAD else None
    return {"order_id": asked.pk if asked else UUID(int=0), "new_lead_id": lead}


def _assist(scene: Scene, rng: random.Random) -> dict[str, Any]:
    on_it = {one.unit_id for one in scene.docket.live_orders}
    free = [scene.stage.world.units[one].pk for one in ("water", "enforcement", "banyan", "sanitation")]
    free = [one for one in free if one not in on_it] or free
    return {"assistant_ids": (rng.choice(free),)}


def _own(state: OrderState, role: OrderRole) -> Callable[[Scene, random.Random], dict[str, Any]]:
    def given(scene: Scene, rng: random.Random) -> dict[str, Any]:
        found = next((one for one in scene.docket.live_orders if one.state == state and one.role == role), None)
        return {"order_id": found.pk} if found is not None else {}

    return given


def _first_report(scene: Scene) -> UUID:
    return scene.docket.reports[0].pk if scene.docket.reports else UUID(int=0)


def _last_report(scene: Scene) -> UUID:
    return scene.docket.reports[-1].pk if scene.docket.reports else UUID(int=0)


def _unmerge(docket: Docket, *, actor: Actor, now: datetime) -> object:
    return unmerge_step(docket, docket.others[0], family={docket.case.pk}, actor=actor, now=now)


def _two(verb: Verb, other: Verb, *, words: bool = True) -> dict[str, Any]:
    text = {"words": "情况属实。"} if words else {}
    return {
        "verbs": (verb, other),
        "given": lambda scene, rng: {"granted": True, **text},
        "second": lambda scene, rng: {"granted": False, **text},
    }


def _pictures(scene: Scene, rng: random.Random) -> dict[str, Any]:
    return {"words": "清走了。", "before": scene.stage.pictures, "after": scene.stage.pictures}


def ways() -> dict[str, Way]:
    """Every act of a case and how it is done. An act of `cases.actions` that is not here is undeclared."""
    return {
        "correct_case": Way((V.CORRECT,), lambda s, r: {"grade": r.choice(["urgent", "hard"])},
                            second=lambda s, r: {"title": f"更正过的标题 {r.randrange(1000)}"}),
        "recategorise_case": Way((V.CORRECT,), lambda s, r: {"type_code": UNLIKE, "reason": "看错了类型。"}),
        "place_case": Way((V.PLACE,), lambda s, r: {"grid_code": r.choice([GRID, OTHER_GRID])}),
        "add_to_report": Way((V.ADD,), lambda s, r: {"report_id": _first_report(s), "words": "补充一句。"}),
        "answer_case": Way((V.ANSWER,), lambda s, r: {"words": "您好，这件事可以到窗口办。"}),
        "ask_decline": Way((V.ASK_DECLINE,), lambda s, r: {"clause": "第三条", "reason": "不归街道办。"}),
        "decide_decline": Way(**_two(V.DECLINE, V.REFUSE_DECLINE)),
        "merge_case": Way((V.MERGE,), lambda s, r: {"into_id": s.other.case.pk, "confirmed": True}),
        "unmerge_case": Way((V.UNMERGE,), _nothing, step=_unmerge),
        "send_to_verify": Way((V.SEND_TO_VERIFY,), _nothing),
        "report_verified": Way((V.REPORT_VERIFIED,), lambda s, r: {"found": r.random() < 0.7, "words": "到场看过。"}),
        "register_case": Way((V.REGISTER,), _matter),
        "self_handle_case": Way((V.SELF_HANDLE,), _pictures),
        "file_case": Way((V.FILE,), _nothing),
        "send_back_case": Way((V.SEND_BACK,), _reason),
        "dispatch_case": Way((V.DISPATCH,), _lead),
        "register_file_dispatch": Way((V.REGISTER, V.FILE, V.DISPATCH), lambda s, r: {**_matter(s, r), **_lead(s, r)}),
        "raise_case": Way((V.RAISE,), _reason),
        "recuse_unit": Way((), lambda s, r: {"unit_id": s.stage.world.units[r.choice(["kapok", "firm"])].pk}),
        "sign_in_order": Way((V.SIGN_IN,), _own(OrderState.OFFERED, OrderRole.LEAD),
                             second=_own(OrderState.OFFERED, OrderRole.ASSIST)),
        "ask_return": Way((V.ASK_RETURN,), lambda s, r: {"clause": "第二条", "reason": "不归我们管。"}),
        "decide_return": Way(
            (V.RETURN, V.REFUSE_RETURN), lambda s, r: {**_asked_return(s, r), "granted": True},
            second=lambda s, r: {**_asked_return(s, r), "granted": False, "words": "职责清单上有。"},
        ),
        "reassign_case": Way((V.REASSIGN,), lambda s, r: {**_lead(s, r), "reason": "换一家办。"}),
        "split_case": Way((V.SPLIT,), lambda s, r: {"parts": [{"words": f"还有一件，第 {r.randrange(1000)} 次。"}]}),
        "take_back_dispatch": Way((V.TAKE_BACK,), _nothing),
        "add_units": Way((V.ADD_UNIT,), _assist),
        "name_unit": Way((V.NAME,), lambda s, r: {**_lead(s, r), "reason": "按首接负责指定。"}),
        "contact_reporter": Way((V.FIRST_CONTACT,), lambda s, r: {"result": "reached", "words": "约好上门。"},
                                second=lambda s, r: {"result": "missed"}),
        "finish_stage": Way((V.FINISH_STAGE,), lambda s, r: {"stage": 1, "words": "已停工。"},
                            second=lambda s, r: {"stage": 2}),
        "finish_order": Way((V.FINISH,), lambda s, r: {"words": "协办部分做完了。"}),
        "submit_result": Way((V.SUBMIT_RESULT,), lambda s, r: {"outcome": "explained", "answer": "已经说明。"}),
        "sign_result": Way((V.SIGN,), _nothing),
        "give_order": Way(
            (V.GIVE,), lambda s, r: {"handler_id": s.stage.world.accounts[r.choice(["handler2", "handler3"])].pk}
        ),
        "take_on_order": Way((V.TAKE_ON,), _nothing),
        "put_back_order": Way((V.PUT_BACK,), _nothing),
        "take_part": Way((V.TAKE_PART,), lambda s, r: {"part": "looked", "words": "到现场看过，桶确实不够。"}),
        "review_result": Way((V.REVIEW,), _nothing),
        "send_for_rework": Way((V.REWORK,), _reason),
        "check_place": Way((V.PASS_CHECK, V.FAIL_CHECK), lambda s, r: {"passed": True, "words": "看过，好了。"},
                           second=lambda s, r: {"passed": False, "words": "还没有好。"}),
        "record_call_back": Way(
            (V.CALL_BACK,), lambda s, r: {"report_id": _last_report(s), "result": "reached", "solved": True},
            second=lambda s, r: {"report_id": _last_report(s), "result": "missed"},
        ),
        "tell_outcome": Way((V.TELL_OUTCOME,), lambda s, r: {"solved": True, "satisfaction": "satisfied"},
                            second=lambda s, r: {"solved": False}),
        "second_round": Way((V.SECOND_ROUND,), _nothing),
        "split_off_report": Way((V.SPLIT_OFF,), lambda s, r: {"report_id": _last_report(s)}),
        "reopen_case": Way((V.REOPEN,), _reason),
        "late_feedback": Way((V.LATE_FEEDBACK,), lambda s, r: {"solved": True, "satisfaction": "fair"}),
        "object_to_end": Way((V.OBJECT,), _reason),
        "transfer_case": Way((V.TRANSFER,), lambda s, r: {"receiver": "区级主管部门", "confirmed": True}),
        "withdraw_report": Way((V.WITHDRAW,), _nothing),
        "fine_now": Way((V.FINE_NOW,), _nothing),
        "ask_void": Way((V.ASK_VOID,), _reason),
        "decide_void": Way(**_two(V.VOID, V.REFUSE_VOID)),
        "nudge_case": Way((V.NUDGE,), _nothing),
        "ask_hold": Way(
            (V.ASK_HOLD,), lambda s, r: {"kind": "funds", "until": REVIEW_ON, "reason": "等市里的资金。"}
        ),
        "decide_hold": Way(**_two(V.HOLD, V.REFUSE_HOLD)),
        "resume_case": Way((V.RESUME,), _nothing),
        "ask_reporter": Way(
            (V.ASK_REPORTER,), lambda s, r: {"report_id": _first_report(s), "question": "是哪一只桶？", "limit": "2wd"}
        ),
        "answer_question": Way((V.REPLY,), lambda s, r: {"words": "路口东边那只。"}),
        "stop_waiting": Way((V.STOP_WAITING,), _nothing),
        "supervise_case": Way((V.SUPERVISE,), _watch),
        "press_again": Way((V.PRESS,), _watch),
        "report_back": Way((V.REPORT_BACK,), lambda s, r: {"words": "桶已经订好，明天换。"}),
        "close_supervision": Way((V.CLOSE_SUPERVISION,), _nothing),
        "ask_extension": Way((V.ASK_EXTEND,), lambda s, r: {"amount": 2, "unit": "d", "reason": "要等配件。"}),
        "decide_extension": Way(
            (V.EXTEND, V.REFUSE_EXTEND, V.LEAD_EXTEND, V.REFUSE_LEAD_EXTEND),
            lambda s, r: {"granted": True, "words": "情况属实。"},
            second=lambda s, r: {"granted": False, "words": "可以按期办完。"},
        ),
    }  # fmt: skip


@dataclass(frozen=True)
class Try:
    """One act by one person, ready to be done to a scene."""

    act: str
    who: str
    second: bool = False


@dataclass
class Stage:
    """The street, its people, and the builder of cases."""

    world: World
    contact_id: UUID
    other_contact_id: UUID  # of the second voice: another caller
    pictures: list[Any]
    builder: Builder = field(default_factory=Builder)
    ways: dict[str, Way] = field(default_factory=ways)
    _legal: dict[str, list[Try]] = field(default_factory=dict)
    walked: set[tuple[str, str, str]] = field(default_factory=set)

    @classmethod
    def build(cls) -> Stage:
        with transaction.atomic():
            world = _build_world(NOW)
            for name in ("handler2", "handler3"):
                _colleague(world, name)
            one, other = (
                people.keep_contact(
                    name=name, phone=phone, address="", consent_text_version=1, actor=resident(), now=NOW
                )
                for name, phone in (("居民示例", "13900000001"), ("邻居例", "13900000002"))
            )
        pictures = [prepare_image(photo())]
        return cls(world, one.pk, other.pk, pictures)

    # scenes

    def scene(self, name: str) -> Scene:
        """A new case in the situation of this name, waiting for the next `write`."""
        base, _, more = name.partition("+")
        made: Scene = SITUATIONS[base](self)
        if more == "void":
            made.walk(a.ask_void, self.world.head2, reason="同一件事登记了两次。")
        elif more == "voice":
            self._join(made)
        made.docket.make_id = made.other.make_id = uuid7
        return made

    def receive(
        self, *, patrol: bool = False, sampled: bool | None = None, type_code: str = "", second: bool = False
    ) -> Docket:
        lng, lat = middle(GRID)
        actor = self.world.grid_worker if patrol else resident()
        new = NewReport(
            words="榕树路口的垃圾桶满了，没有人来收。",
            area_code=STREET,
            channel=Channel.ON_BEHALF if patrol else Channel.PORTAL,
            lng=lng,
            lat=lat,
            contact_id=self.other_contact_id if second else self.contact_id,
            reply_by=ReplyBy.PHONE,
            type_code=type_code,
        )
        report_id = uuid7()
        while sampled is not None and sampled_today(report_id, START) != sampled:
            report_id = uuid7()
        docket = self.builder.receive(new, actor=actor, now=START, report_id=report_id)
        docket.key = None
        return docket

    def start(self, **options: Any) -> Scene:
        return Scene(self, self.receive(**options), self.receive())

    def _join(self, scene: Scene) -> None:
        """A second voice: the report of another case that is merged into this one."""
        scene.at += MINUTE
        third = self.receive(type_code=scene.case.type_code, second=True)
        for name in ("confidential", "recused"):
            setattr(third.case, name, getattr(scene.case, name))
        self.builder.merge(third, scene.docket, actor=self.world.clerk, now=scene.at)

    def write(self) -> None:
        self.builder.write()

    # what is legal

    def legal(self, name: str) -> list[Try]:
        """Everything that somebody may do to a case in this situation, tried on copies."""
        if name not in self._legal:
            waiting, self.builder.waiting = self.builder.waiting, []
            scene = self.scene(name)
            self.builder.waiting = waiting
            frozen = self.freeze(scene.docket, scene.other)
            found = []
            for act, way in self.ways.items():
                for second in (False, True) if way.second else (False,):
                    for who in self.people_of(scene):
                        if self._may(scene, way, who) and self.allowed(frozen, scene, Try(act, who, second)):
                            found.append(Try(act, who, second))
            self._legal[name] = found
        return self._legal[name]

    def people_of(self, scene: Scene) -> list[str]:
        return [*self.world.people, *(f"report{place}" for place in range(len(scene.docket.reports)))]

    def actor(self, scene: Scene, who: str) -> Actor:
        if who.startswith("report"):
            reports = scene.docket.reports
            return resident(reports[int(who[6:])].pk)
        return self.world.people[who]

    def _may(self, scene: Scene, way: Way, who: str) -> bool:
        if not way.verbs:
            return scene.case.state in OPEN and not who.startswith("report")
        actor = self.actor(scene, who)
        return any(scene.docket.may_walk(verb, actor) for verb in way.verbs)

    def allowed(self, frozen: bytes, scene: Scene, one: Try) -> bool:
        docket = self.thaw(frozen)
        actor = self.actor(scene, one.who)
        if not seen(docket, actor):
            return False
        for seed in range(3):  # some arguments are drawn: a unit that returned it already, a free one
            docket = docket if seed == 0 else self.thaw(frozen)
            try:
                self.step(one.act)(docket, **self.given(scene, one, random.Random(seed)), actor=actor, now=RACE)
            except Refusal:
                continue
            self.walked |= {
                (line.verb, line.from_state, line.to_state) for line in docket.history if line.kind == "case"
            }
            return True
        return False

    def given(self, scene: Scene, one: Try, rng: random.Random) -> dict[str, Any]:
        way = self.ways[one.act]
        make = way.second if one.second and way.second else way.given
        return make(scene, rng)

    def step(self, act: str) -> Step:
        return self.ways[act].step or getattr(a, act).step

    # copies

    def freeze(self, docket: Docket, other: Docket) -> bytes:
        """The two dockets as bytes; what they only read is shared between copies."""
        out = io.BytesIO()
        docket.others, kept = [], (docket.others, docket.pictures, other.pictures)
        docket.pictures, other.pictures = [], []
        _Freezer(out, self).dump((docket, other))
        docket.others, docket.pictures, other.pictures = kept
        return out.getvalue()

    def thaw(self, frozen: bytes) -> Docket:
        docket, other = _Thawer(io.BytesIO(frozen), self).load()
        docket.others = [other]
        docket.history, other.history = [], []
        return docket


class _Freezer(pickle.Pickler):
    def __init__(self, out: io.BytesIO, stage: Stage) -> None:
        super().__init__(out, protocol=5)
        self.stage = stage

    def persistent_id(self, thing: Any) -> str | None:
        return "knowledge" if thing is self.stage.builder.knowledge else None


class _Thawer(pickle.Unpickler):
    def __init__(self, bytes_in: io.BytesIO, stage: Stage) -> None:
        super().__init__(bytes_in)
        self.stage = stage

    def persistent_load(self, _name: str) -> Any:
        return self.stage.builder.knowledge


def seen(docket: Docket, actor: Actor) -> bool:
    """Whether the actor may see the case: by area, by an order that was not returned or cancelled, by own report.

    Written down a second time, from the rows of the copy alone.
    """
    case = docket.case
    if actor.report_id is not None:
        return any(one.pk == actor.report_id for one in docket.reports)
    if not case.restricted and any(case.area_code.startswith(code) for code in actor.areas("read")):
        return True
    if any(one.account_id == actor.id or one.unit_id in actor.units for one in docket.recusals):
        return False
    opening = ("confidential",) if case.confidential else ("confidential", "supervise")
    codes = [code for duty in opening for code in actor.areas(duty) if len(code) <= len(STREET)]
    if case.restricted and any(case.area_code.startswith(code) for code in codes):
        return True
    units = [one for one in actor.units if any(actor.may_for_unit(duty, one) for duty in ("read", "handle", "sign"))]
    ended = (OrderState.RETURNED, OrderState.CANCELLED, *((OrderState.COMPLETED,) if case.restricted else ()))
    if any(one.unit_id in units and one.state not in ended for one in docket.orders):
        return True
    return not case.restricted and actor.has("report") and any(one.taken_by_id == actor.id for one in docket.reports)


def _colleague(world: World, name: str) -> None:
    """A second pair of hands in the sanitation station."""
    boss, since = system(), NOW - timedelta(days=30)
    unit = world.units["sanitation"]
    account = people.create_account(
        username=f"demo-{name}", name="同事示例", area_code=unit.area_code, password="green-kite-lantern-7",
        must_change_password=False, actor=boss, now=since,
    )  # fmt: skip
    people.appoint(account_id=account.pk, organisation_id=unit.pk, post="handler", since=since, actor=boss, now=since)
    people.grant_role(
        account_id=account.pk, role_code="handler", area_code=unit.area_code, unit_id=unit.pk, since=since,
        actor=boss, now=since,
    )  # fmt: skip
    world.accounts[name] = account
    world.people[name] = people_queries.actor_for(account, NOW)


# Situations: how a case comes to be as it is when the race begins.


def _received(stage: Stage) -> Scene:
    return stage.start()


def _decline_asked(stage: Stage) -> Scene:
    return _received(stage).walk(a.ask_decline, stage.world.clerk, clause="第三条", reason="不归街道办。")


def _verifying(stage: Stage) -> Scene:
    return _received(stage).walk(a.send_to_verify, stage.world.clerk)


def _triaged(stage: Stage, type_code: str = CHECKED) -> Scene:
    return _received(stage).walk(a.register_case, stage.world.clerk, type_code=type_code, grade="ordinary")


def _triaged_decline(stage: Stage) -> Scene:
    return _triaged(stage).walk(a.ask_decline, stage.world.clerk, clause="第三条", reason="不归街道办。")


def _filed(stage: Stage) -> Scene:
    return _triaged(stage).walk(a.file_case, stage.world.head)


def _offered(stage: Stage, assistants: Iterable[str] = ("enforcement",), type_code: str = CHECKED) -> Scene:
    units = stage.world.units
    return _triaged(stage, type_code).walk(
        a.register_file_dispatch, stage.world.head,
        lead_id=units["sanitation"].pk, assistant_ids=tuple(units[one].pk for one in assistants),
    )  # fmt: skip


def _just_sent(stage: Stage) -> Scene:
    """Sent a moment before the race."""
    scene = _triaged(stage)
    scene.at = RACE - 3 * MINUTE
    units = stage.world.units
    return scene.walk(a.register_file_dispatch, stage.world.head, lead_id=units["sanitation"].pk)


def _just_resent(stage: Stage) -> Scene:
    """At work, and sent elsewhere a moment before the race."""
    scene = _accepted(stage)
    scene.at = RACE - 3 * MINUTE
    lead = stage.world.units["enforcement"].pk
    return scene.walk(a.reassign_case, stage.world.dispatcher, lead_id=lead, reason="换一家办。")


def _alone(stage: Stage) -> Scene:
    return _offered(stage, ())


def _accepted(stage: Stage, type_code: str = CHECKED) -> Scene:
    made = _offered(stage, type_code=type_code).walk(a.sign_in_order, stage.world.handler)
    return made.walk(a.sign_in_order, stage.world.enforcer)


def _extension_asked(stage: Stage) -> Scene:
    return _accepted(stage).walk(a.ask_extension, stage.world.handler, amount=2, unit="d", reason="要等配件。")


def _hold_asked(stage: Stage) -> Scene:
    given = {"kind": "funds", "until": REVIEW_ON, "reason": "等市里的资金。"}
    return _accepted(stage).walk(a.ask_hold, stage.world.handler, **given)


def _held(stage: Stage) -> Scene:
    return _hold_asked(stage).walk(a.decide_hold, stage.world.leader, granted=True)


def _question_asked(stage: Stage) -> Scene:
    made = _accepted(stage)
    given = {"report_id": _first_report(made), "question": "是哪一只桶？", "limit": "2wd"}
    return made.walk(a.ask_reporter, stage.world.handler, **given)


def _watched(stage: Stage, upto: str, *, reported: bool) -> Scene:
    """Supervised in hand, and gone on from there."""
    made = _ready(stage, UNCHECKED if upto == "calling_back" else CHECKED)
    made.walk(a.supervise_case, stage.world.leader, what="三天内换好桶。", limit="3wd")
    if reported:
        made.walk(a.report_back, stage.world.handler, words="桶已经订好，明天换。")
    if upto != "in_hand":
        made.walk(a.submit_result, stage.world.handler, outcome="explained", answer="已经说明，谢谢。")
    if upto in ("checking", "calling_back"):
        made.walk(a.sign_result, stage.world.unit_head).walk(a.review_result, stage.world.reviewer)
    return made


def _lead_extension_asked(stage: Stage) -> Scene:
    made = _extension_asked(stage).walk(a.decide_extension, stage.world.unit_head, granted=True)
    return made.walk(a.ask_extension, stage.world.handler, amount=4, unit="h", reason="配件又推迟了。")


def _ready(stage: Stage, type_code: str = CHECKED) -> Scene:
    return _accepted(stage, type_code).walk(a.finish_order, stage.world.enforcer, words="协办部分做完了。")


def _return_asked(stage: Stage) -> Scene:
    return _offered(stage).walk(a.ask_return, stage.world.handler, clause="第二条", reason="不归我们管。")


def _sole_return_asked(stage: Stage) -> Scene:
    return _alone(stage).walk(a.ask_return, stage.world.handler, clause="第二条", reason="不归我们管。")


def _returned(stage: Stage) -> Scene:
    made = _sole_return_asked(stage)
    return made.walk(a.decide_return, stage.world.dispatcher, order_id=made.order("sanitation"), granted=True)


def _returned_twice(stage: Stage) -> Scene:
    made = _returned(stage).walk(a.dispatch_case, stage.world.head, lead_id=stage.world.units["enforcement"].pk)
    made.walk(a.ask_return, stage.world.enforcer, clause="第二条", reason="不归我们管。")
    return made.walk(a.decide_return, stage.world.dispatcher, order_id=made.order("enforcement"), granted=True)


def _third_leads(stage: Stage) -> Scene:
    """In hand after two returns: one who only assisted leads now, and the leader may name another."""
    units = stage.world.units
    made = _offered(stage, ("enforcement", "water"))
    made.walk(a.ask_return, stage.world.handler, clause="第二条", reason="不归我们管。")
    made.walk(
        a.decide_return, stage.world.dispatcher,
        order_id=made.order("sanitation"), granted=True, new_lead_id=units["enforcement"].pk,
    )  # fmt: skip
    made.walk(a.ask_return, stage.world.enforcer, clause="第二条", reason="不归我们管。")
    return made.walk(
        a.decide_return, stage.world.dispatcher,
        order_id=made.order("enforcement"), granted=True, new_lead_id=units["water"].pk,
    )  # fmt: skip


def _reviewing(stage: Stage, type_code: str = CHECKED) -> Scene:
    return _ready(stage, type_code).walk(
        a.submit_result, stage.world.handler, outcome="explained", answer="已经说明，谢谢。"
    )


def _signed(stage: Stage, type_code: str = CHECKED) -> Scene:
    return _reviewing(stage, type_code).walk(a.sign_result, stage.world.unit_head)


def _checking(stage: Stage) -> Scene:
    return _signed(stage).walk(a.review_result, stage.world.reviewer)


def _self_handled(stage: Stage, *, sampled: bool) -> Scene:
    made = stage.start(patrol=True, sampled=sampled, type_code=SMALL)
    return made.walk(a.self_handle_case, stage.world.grid_worker, **_pictures(made, random.Random(1)))


def _self_checking(stage: Stage) -> Scene:
    return _self_handled(stage, sampled=True)


def _calling_back(stage: Stage) -> Scene:
    return _signed(stage, UNCHECKED).walk(a.review_result, stage.world.reviewer)


def _told_one(stage: Stage, made: Scene) -> Scene:
    """Two voices, one of which said that it is not solved."""
    stage._join(made)
    return made.walk(
        a.record_call_back, stage.world.caller, report_id=made.docket.reports[0].pk, result="reached", solved=False
    )


def _unsolved(stage: Stage) -> Scene:
    return _told_one(stage, _calling_back(stage))


def _second_round(stage: Stage) -> Scene:
    return _unsolved(stage).walk(a.second_round, stage.world.caller)


def _self_calling_back(stage: Stage) -> Scene:
    return _self_checking(stage).walk(a.check_place, stage.world.grid_worker2, passed=True, words="看过，好了。")


def _self_unsolved(stage: Stage) -> Scene:
    return _told_one(stage, _self_calling_back(stage))


def _closed(stage: Stage) -> Scene:
    made = _calling_back(stage)
    return made.walk(
        a.record_call_back, stage.world.caller, report_id=_first_report(made), result="reached", solved=True
    )


def _self_closed(stage: Stage) -> Scene:
    return _self_handled(stage, sampled=False)


def _finder(stage: Stage) -> Scene:
    return stage.start(patrol=True, sampled=False, type_code=SMALL)


def _finder_sampled(stage: Stage) -> Scene:
    return stage.start(patrol=True, sampled=True, type_code=SMALL)


def _no_check(stage: Stage) -> Scene:
    return _signed(stage, UNCHECKED)


def _nobody_to_call(stage: Stage) -> Scene:
    """Signed, nothing to look at, and the one voice is somebody who wants no answer."""
    made = _no_check(stage)
    made.docket.reports[0].reply_by = ReplyBy.NONE
    return made


def _nobody_checking(stage: Stage) -> Scene:
    made = _checking(stage)
    made.docket.reports[0].reply_by = ReplyBy.NONE
    return made


def _answered(stage: Stage) -> Scene:
    return _received(stage).walk(a.answer_case, stage.world.clerk, words="您好，可以到窗口办。")


def _declined(stage: Stage) -> Scene:
    return _decline_asked(stage).walk(a.decide_decline, stage.world.head, granted=True, words="同意。")


def _transferred(stage: Stage) -> Scene:
    return _filed(stage).walk(a.transfer_case, stage.world.dispatcher, receiver="区级主管部门", confirmed=True)


def _merged(before: Callable[[Stage], Scene]) -> Callable[[Stage], Scene]:
    def made(stage: Stage) -> Scene:
        scene = before(stage)
        scene.at += MINUTE
        stage.builder.merge(scene.docket, scene.other, actor=stage.world.clerk, now=scene.at)
        return scene

    return made


BASE: dict[str, Callable[[Stage], Scene]] = {
    "received": _received,
    "decline_asked": _decline_asked,
    "finder": _finder,
    "finder_sampled": _finder_sampled,
    "verifying": _verifying,
    "triaged": _triaged,
    "triaged_decline": _triaged_decline,
    "filed": _filed,
    "returned": _returned,
    "returned_twice": _returned_twice,
    "offered": _offered,
    "alone": _alone,
    "just_sent": _just_sent,
    "just_resent": _just_resent,
    "accepted": _accepted,
    "staged": partial(_accepted, type_code=STAGED),
    "extension_asked": _extension_asked,
    "lead_extension_asked": _lead_extension_asked,
    "hold_asked": _hold_asked,
    "held": _held,
    "question_asked": _question_asked,
    **{
        f"{word}_{upto}": partial(_watched, upto=upto, reported=word == "reported")
        for word in ("supervised", "reported")
        for upto in ("in_hand", "reviewing", "checking", "calling_back")
    },
    "ready": _ready,
    "return_asked": _return_asked,
    "sole_return_asked": _sole_return_asked,
    "third_leads": _third_leads,
    "reviewing": _reviewing,
    "signed": _signed,
    "no_check": _no_check,
    "nobody_to_call": _nobody_to_call,
    "checking": _checking,
    "nobody_checking": _nobody_checking,
    "self_checking": _self_checking,
    "calling_back": _calling_back,
    "unsolved": _unsolved,
    "second_round": _second_round,
    "self_unsolved": _self_unsolved,
    "closed": _closed,
    "self_closed": _self_closed,
    "answered": _answered,
    "declined": _declined,
    "transferred": _transferred,
    "merged_received": _merged(_received),
    "merged_triaged": _merged(_triaged),
    "merged_filed": _merged(_filed),
    "merged_in_hand": _merged(_accepted),
}
SITUATIONS = BASE
PLAIN = {
    State.RECEIVED: "received", State.VERIFYING: "verifying", State.TRIAGED: "triaged", State.FILED: "filed",
    State.IN_HAND: "accepted", State.REVIEWING: "signed", State.CHECKING: "checking",
    State.CALLING_BACK: "calling_back",
}  # fmt: skip


def names() -> list[str]:
    """Every situation: the plain ones, and for each open state one with a void asked and one with two voices."""
    return [*BASE, *(f"{one}+void" for one in PLAIN.values()), *(f"{one}+voice" for one in PLAIN.values())]


def rows_of_the_flow() -> set[tuple[str, str, str]]:
    """(verb, from, to) of every row of the table, each source by itself; the first move makes a case and is no race."""
    return {
        (str(move.verb), str(source), str(move.lands(source)))
        for move in FLOW
        for source in move.sources
        if source is not None
    }


__all__ = ["RACE", "START", "Scene", "Stage", "Try", "Way", "names", "rows_of_the_flow", "seen", "ways"]
