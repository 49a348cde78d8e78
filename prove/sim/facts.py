"""A plain case as the facts that the product's guards look at; and plain cases drawn by chance."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from huying.cases.rules import CaseFacts, Given, OrderFacts, OrderRole, OrderState, ReportFacts, State
from huying.matters.rules import CallBackPolicy, CheckPolicy
from prove.sim import model
from prove.sim.model import Case, blank

NOW = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)
_IDS: dict[Any, UUID] = {}


def key(name: Any) -> UUID:
    """The same id for the same plain name."""
    if name not in _IDS:
        _IDS[name] = UUID(int=0x7000_0000_0000_0000_0000 + len(_IDS) + 1)
    return _IDS[name]


def maybe(name: Any) -> UUID | None:
    return None if name is None else key(name)


def facts_of(case: Case) -> CaseFacts:
    """Translated value by value; nothing is decided here."""
    askers = [(kind, key(who)) for kind, who in case["asked"].items() if who is not None]
    askers += [("return", key(one["asked"])) for one in case["orders"] if one["asked"] is not None]
    form = case["form"]
    return CaseFacts(
        state=None if case["state"] is None else State(case["state"]),
        now=NOW,
        type_set=case["type"],
        place_set=case["place"],
        grade_set=case["grade"],
        has_clause=case["clause"],
        small_matter=case["small"],
        proof_wanted=case["proof"],
        confidential=case["confidential"],
        danger_open=case["danger"],
        check_policy=CheckPolicy(case["eyes"]),
        call_back_policy=CallBackPolicy(case["back"]),
        found_by_field=case["field"],
        sampled=case["sampled"],
        round=case["round"],
        orders=tuple(
            OrderFacts(
                id=key(one["id"]),
                unit_id=key(one["unit"]),
                role=OrderRole.LEAD if one["lead"] else OrderRole.ASSIST,
                state=OrderState(one["state"]),
                round=one["round"],
                named=one["named"],
                handler_id=maybe(one["handler"]),
                sign_in_open=one["window"],
                asked_return=one["asked"] is not None,
                given_to=maybe(one["given"]),
                headed=one["headed"],
            )
            for one in case["orders"]
        ),
        returned_units=frozenset(key(one["unit"]) for one in case["orders"] if one["state"] == "returned"),
        recused_units=frozenset(key(one) for one in case["away_units"]),
        recused_accounts=frozenset(key(one) for one in case["away_people"]),
        reports=tuple(
            ReportFacts(
                id=key(one["id"]),
                wants_answer=one["wants"],
                withdrawn=one["gone"],
                told=one["told"],
                unsolved=one["no"],
                taken_by=maybe(one["taker"]),
            )
            for one in case["voices"]
        ),
        open_approvals=frozenset(case["asked"]),
        approval_askers=tuple(askers),
        signed=case["signed"],
        unit_has_signer=case["signer"],
        state_before_merge=None if case["was"] is None else State(case["was"]),
        ended_at=None if case["ended_days"] is None else NOW - timedelta(days=case["ended_days"]),
        desk_can_rise=case["can_rise"],
        objected_against=maybe(case["against"]),
        nudged_today=case["nudged"],
        handling=case["handling"],
        extensions=case["extensions"],
        held=case["held"],
        supervision=case["watch"],
        asked_report=maybe(case["asked_voice"]),
        questions=case["questions"],
        stages=frozenset(case["stages"]),
        review_ahead=case["ahead"],
        late_told=case["late"],
        just_sent=case["sent"],
        sent_over=case["over"],
        parts_open=case["parts_open"],
        is_part=case["part"],
        actor_id=maybe(case["me"]),
        actor_units=tuple(key(one) for one in case["units"]),
        actor_bodies=tuple(key(one) for one in case["units"]),
        by_rule=case["rule"],
        actor_report_id=maybe(case["report"]),
        given=None if form is None else given_of(form),
    )


def given_of(form: dict[str, Any]) -> Given:
    return Given(
        words=form.get("words", ""),
        clause=form.get("clause", ""),
        reason=form.get("reason", ""),
        outcome=form.get("outcome", ""),
        photos=form.get("photos", 0),
        parts=form.get("parts", 0),
        stage=form.get("stage", 0),
        photos_before=form.get("before", 0),
        photos_after=form.get("after", 0),
        lead_id=maybe(form.get("lead")),
        assistant_ids=tuple(key(one) for one in form.get("helpers", ())),
        duty_unit_ids=frozenset(key(one) for one in form.get("with_duty", ())),
        order_id=maybe(form.get("order")),
        report_id=maybe(form.get("report")),
        target_open=form.get("target_open", False),
        target_like=form.get("target_like", False),
        receiver=form.get("receiver", ""),
        confirmed=form.get("confirmed", False),
        result=form.get("result", ""),
        handler_id=maybe(form.get("handler")),
        handler_ids=frozenset(key(one) for one in form.get("there", ())),
        part=form.get("part", ""),
    )


_IN_UNIT = {"give", "take_on", "put_back", "take_part"}
UNITS = ("sanitation", "enforcement", "water", "firm")
PEOPLE = ("me", "colleague", "handler")
GOOD_FORM = {
    "words": "好", "clause": "第一条", "reason": "有", "outcome": "explained", "photos": 1, "before": 1, "after": 1,
    "target_open": True, "target_like": True, "receiver": "区里", "confirmed": True, "result": "reached",
    "parts": 1, "stage": 1, "handler": "colleague", "there": ("colleague", "handler", "me"), "part": "met",
}  # fmt: skip


def good(verb: str, state: str | None, rng: random.Random) -> Case:
    """A case in which little stands in the way of the verb: what single faults are then put into."""
    case = blank(state)
    for name in ("type", "place", "grade", "clause", "small"):
        case[name] = True
    case["eyes"] = rng.choice(("never", "never", "patrol", "always"))
    case["back"] = rng.choice(("desk", "desk", "nobody"))
    case["field"] = rng.random() < 0.3
    case["sampled"] = rng.random() < 0.5
    case["proof"] = rng.random() < 0.3
    case["round"] = 2 if verb == "take_part" else rng.choice((1, 1, 2))
    case["was"] = rng.choice(model.FROM["merge"])
    case["ended_days"] = rng.choice((None, 0, 13, 14, 15, 30, 31)) if rng.random() < 0.3 else 1
    case["voices"] = [_voice(f"voice{number}", rng) for number in range(rng.choice((1, 1, 2)))]
    case["orders"] = _orders(verb, state, case["round"], rng)
    case["asked"] = {}
    if verb in ("decline", "refuse_decline"):
        case["asked"]["decline"] = "colleague"
    if verb in ("void", "refuse_void"):
        case["asked"]["void"] = "colleague"
    if verb.endswith("extend"):
        case["handling"], case["extensions"] = True, rng.choice((0, 0, 1))
        if verb != "ask_extend":
            case["asked"][model.TWO_PERSONS[verb]] = "colleague"
    if verb in ("hold", "refuse_hold"):
        case["asked"]["hold"] = "colleague"
    case["ahead"] = True
    case["stages"] = {1, 2} if verb == "finish_stage" else set()
    case["sent"] = verb == "take_back"
    case["over"] = case["sent"] and rng.random() < 0.5
    either = rng.choice(("set", "reported"))
    case["watch"] = {"report_back": "set", "press": "reported", "close_supervision": either}.get(verb, "")
    case["held"] = verb == "resume" or (verb != "ask_reporter" and rng.random() < 0.2)
    case["asked_voice"] = "voice0" if verb in ("reply", "stop_waiting") else None
    if verb == "self_handle":
        case["voices"][0]["taker"] = "me"
    if verb in ("second_round", "tell_outcome", "call_back"):
        case["voices"][0]["no"] = rng.random() < (0.8 if verb == "second_round" else 0.2)
        for one in case["voices"]:
            one["told"] = rng.random() < 0.7
    if verb in model.BY_CALLER:
        case["report"] = rng.choice([None, *(one["id"] for one in case["voices"])])
        case["me"] = None if case["report"] else "me"
    if verb == "split_off":
        case["voices"] = [_voice("voice0", rng), _voice("voice1", rng)]
    case["units"] = ["desk"]
    by_unit = {"sign_in", "ask_return", "first_contact", "finish", "submit_result", "sign", "ask_extend", "report_back"}
    by_unit |= {"finish_stage"} | _IN_UNIT
    if verb in by_unit or verb in ("ask_hold", "ask_reporter", "stop_waiting") and rng.random() < 0.5:
        own = [one for one in model.live(case) if one["lead"] == (verb != "finish")]
        case["units"] = [own[0]["unit"]] if own else ["sanitation"]
    case["form"] = None if rng.random() < 0.1 else _form(verb, case, rng)
    return case


def _voice(name: str, rng: random.Random) -> dict[str, Any]:
    return {"id": name, "wants": rng.random() < 0.6, "gone": False, "told": False, "no": False, "taker": None}


def _order(name: str, unit: str, lead: bool, state: str, number: int) -> dict[str, Any]:
    return {
        "id": name, "unit": unit, "lead": lead, "state": state, "round": number, "named": False, "handler": None,
        "window": True, "asked": None, "given": None, "headed": False,
    }  # fmt: skip


def _orders(verb: str, state: str | None, number: int, rng: random.Random) -> list[dict[str, Any]]:
    if state in (None, "received", "verifying", "triaged") and rng.random() < 0.8:
        return []
    lead_state = {
        "sign_in": "offered", "submit_result": "accepted", "first_contact": "accepted", "ask_return": "offered",
        "ask_extend": "accepted", "ask_hold": "accepted", "ask_reporter": "accepted", "stop_waiting": "accepted",
        "finish_stage": "accepted",
        **dict.fromkeys(_IN_UNIT, rng.choice(("offered", "accepted", "rework"))),
    }.get(verb, rng.choice(model.LIVE))  # fmt: skip
    if state in ("reviewing", "checking", "calling_back"):
        lead_state = "done"
    if state == "closed":
        lead_state = "completed"
    found = []
    if state != "filed":
        found = [_order("order0", "sanitation", True, lead_state, number)]
        if verb == "finish" or rng.random() < 0.3:
            helper = "accepted" if verb == "finish" else "done" if rng.random() < 0.7 else rng.choice(model.LIVE)
            found.append(_order("order1", "enforcement", False, helper, number))
        if verb in ("return", "refuse_return"):
            found[rng.randrange(len(found))]["asked"] = "colleague"
        if verb in ("fail_check", "second_round", "reopen") and rng.random() < 0.3:
            found = []
        for one in found:
            one["given"] = "me" if verb == "put_back" else None
            one["headed"] = verb != "take_part" and rng.random() < 0.7
            one["handler"] = "handler" if one["state"] != "offered" else None
    if verb == "reassign" and not found:
        found.append(_order("order2", "sanitation", True, "cancelled", number))
    if verb == "name":
        found += [_order(f"gone{unit}", unit, True, "returned", number) for unit in ("water", "firm")]
    return found


def _form(verb: str, case: Case, rng: random.Random) -> dict[str, Any]:
    form: dict[str, Any] = dict(GOOD_FORM)
    form["lead"] = rng.choice(("park", "sanitation")) if verb in ("dispatch", "reassign", "name") else None
    form["with_duty"] = [*UNITS, "park"]
    form["report"] = "voice0"
    form["helpers"] = ["school"] if verb == "add_unit" else []
    if verb in ("return", "refuse_return"):
        asked = [one["id"] for one in case["orders"] if one["asked"]]
        form["order"] = rng.choice([*asked, *([] if rng.random() < 0.7 else [None])] or [None])
        form["lead"] = rng.choice(("enforcement", "enforcement", "sanitation", None))
    return form


def spoil(case: Case, rng: random.Random) -> None:
    """One fault, of any kind."""
    rng.choice(SPOILS)(case, rng)


def _flip(*names: str) -> Any:
    def flip(case: Case, rng: random.Random) -> None:
        name = rng.choice(names)
        case[name] = not case[name]

    return flip


def _of_form(case: Case, rng: random.Random) -> None:
    form = case["form"]
    if form is None:
        case["form"] = {}
        return
    _spoil_form(form, rng.choice(_FORM), rng)


_FORM = (
    "words", "clause", "reason", "outcome", "photos", "before", "after", "target_open", "target_like", "receiver",
    "confirmed", "result", "lead", "with_duty", "helpers", "order", "report", "handler", "part",
)  # fmt: skip


def _spoil_form(form: dict[str, Any], name: str, rng: random.Random) -> None:
    kinds: dict[str, tuple[Any, ...]] = {
        "outcome": ("", "solved", "project", "else"),
        "lead": (None, *UNITS),
        "with_duty": ([], [*UNITS], ["water"]),
        "helpers": ([], ["firm"], ["sanitation"], ["enforcement", "park"]),
        "order": (None, "order0", "order1", "nothing"),
        "report": (None, "voice0", "voice1", "nothing"),
        "result": ("", "missed", "refused", "else"),
        "parts": (0, 6),
        "stage": (0, 3),
        "handler": (None, *PEOPLE, "nobody"),
        "part": ("", "else"),
        **dict.fromkeys(("photos", "before", "after"), (0, 2)),
        **dict.fromkeys(("words", "clause", "reason", "receiver"), ("",)),
    }
    form[name] = rng.choice(kinds[name]) if name in kinds else not form.get(name)


def _stage(case: Case, rng: random.Random) -> None:
    case["stages"] = rng.choice((set(), {1}, {2}, {1, 2}))


def _of_order(case: Case, rng: random.Random) -> None:
    if not case["orders"]:
        case["orders"] = [_order("order0", rng.choice(UNITS), rng.random() < 0.7, rng.choice(model.LIVE), 1)]
        return
    one = rng.choice(case["orders"])
    names = ("state", "round", "named", "handler", "window", "asked", "lead", "unit", "given", "headed", "more")
    name = rng.choice(names)
    if name == "more":
        number = len(case["orders"])
        case["orders"].append(
            _order(f"more{number}", rng.choice(UNITS), False, rng.choice(_ORDER_STATES), case["round"])
        )
    elif name in ("named", "window", "lead", "headed"):
        one[name] = not one[name]
    elif name == "state":
        one["state"] = rng.choice(_ORDER_STATES)
    elif name == "round":
        one["round"] = 3 - one["round"]
    elif name == "unit":
        one["unit"] = rng.choice(UNITS)
    else:
        one[name] = rng.choice((None, *PEOPLE))


_ORDER_STATES = ("offered", "accepted", "done", "rework", "completed", "returned", "cancelled")


def _two_gave_it_back(case: Case, rng: random.Random) -> None:
    for unit in rng.sample(UNITS, rng.choice((1, 2, 2))):
        case["orders"].append(_order(f"back{unit}{len(case['orders'])}", unit, True, "returned", case["round"]))


def _of_voice(case: Case, rng: random.Random) -> None:
    if not case["voices"] or rng.random() < 0.2:
        case["voices"].append(_voice(f"voice{len(case['voices'])}", rng))
        return
    one = rng.choice(case["voices"])
    name = rng.choice(("wants", "gone", "told", "no", "taker"))
    one[name] = rng.choice((None, *PEOPLE)) if name == "taker" else not one[name]


def _recused(case: Case, rng: random.Random) -> None:
    if rng.random() < 0.5:
        case["away_people"] = {rng.choice(PEOPLE)}
    else:
        named = [one["unit"] for one in case["orders"]] + list(case["units"])
        form = case["form"] or {}
        named += [form.get("lead") or "park", *form.get("helpers", ())]
        case["away_units"] = {rng.choice(named)}


def _asked(case: Case, rng: random.Random) -> None:
    kind = rng.choice(("decline", "void", "extend", "lead_extend", "hold"))
    if kind in case["asked"] and rng.random() < 0.5:
        del case["asked"][kind]
    else:
        case["asked"][kind] = rng.choice(PEOPLE)


def _who(case: Case, rng: random.Random) -> None:
    name = rng.choice(("me", "units", "rule", "report", "against"))
    if name == "me":
        case["me"] = rng.choice((None, *PEOPLE))
    elif name == "units":
        case["units"] = rng.sample(UNITS, rng.choice((0, 1, 2)))
    elif name == "rule":
        case["rule"] = not case["rule"]
    elif name == "report":
        case["report"] = rng.choice((None, "voice0", "voice1", "nothing"))
    else:
        case["against"] = rng.choice(PEOPLE)


def _ended(case: Case, rng: random.Random) -> None:
    case["ended_days"] = rng.choice((None, 0, 14, 15, 29, 30, 31))


def _words(case: Case, rng: random.Random) -> None:
    name = rng.choice(("eyes", "back", "was", "round"))
    kinds: dict[str, tuple[Any, ...]] = {
        "eyes": ("never", "patrol", "always"), "back": ("desk", "nobody"), "was": (None, *model.STATES),
        "round": (1, 2),
    }  # fmt: skip
    case[name] = rng.choice(kinds[name])


def _of_form_at(name: str) -> Any:
    def spoil_one(case: Case, rng: random.Random) -> None:
        if case["form"] is not None:
            _spoil_form(case["form"], name, rng)

    return spoil_one


def _me_asked(case: Case, rng: random.Random) -> None:
    case["asked"] = dict.fromkeys(case["asked"], case["me"])
    for one in case["orders"]:
        one["asked"] = case["me"] if one["asked"] is not None else None


def _nothing_seen(case: Case, rng: random.Random) -> None:
    if case["form"] is not None:
        case["form"] |= {"words": "", "photos": 0}


def _return_asked(case: Case, rng: random.Random) -> None:
    for one in model.live(case):
        one["asked"] = "colleague"


def _me_away(case: Case, rng: random.Random) -> None:
    case["away_people"] = {case["me"]}


def _me_handled_and_gave_it_back(case: Case, rng: random.Random) -> None:
    case["orders"] = [_order("order7", "sanitation", True, "returned", case["round"]) | {"handler": case["me"]}]


def _extended_twice(case: Case, rng: random.Random) -> None:
    case["extensions"] = rng.choice((1, 2))


def _question(case: Case, rng: random.Random) -> None:
    case["asked_voice"] = rng.choice((None, "voice0", "voice1"))
    case["questions"] = rng.choice((0, 1, 2))


def _watched(case: Case, rng: random.Random) -> None:
    case["watch"] = rng.choice(("", "set", "reported"))


def _helper_recused(case: Case, rng: random.Random) -> None:
    case["away_units"] = {*((case["form"] or {}).get("helpers") or ["park"])}


def _helper_busy(case: Case, rng: random.Random) -> None:
    for unit in (case["form"] or {}).get("helpers", ()):
        case["orders"].append(_order("order6", unit, False, "done", case["round"]))


def _lead_helps(case: Case, rng: random.Random) -> None:
    if case["form"] is not None:
        case["form"]["helpers"] = [case["form"].get("lead")]


def _me_handled(case: Case, rng: random.Random) -> None:
    for one in case["orders"]:
        one["handler"] = case["me"]


def _me_found(case: Case, rng: random.Random) -> None:
    for one in case["voices"]:
        one["taker"] = case["me"]


def _me_answered(case: Case, rng: random.Random) -> None:
    case["against"] = case["me"]


def _lead_recused(case: Case, rng: random.Random) -> None:
    case["away_units"] = {(case["form"] or {}).get("lead") or "sanitation"}


def _lead_gave_it_back(case: Case, rng: random.Random) -> None:
    lead = (case["form"] or {}).get("lead") or "park"
    case["orders"].append(_order("order8", lead, True, "returned", case["round"]))


def _not_begun(case: Case, rng: random.Random) -> None:
    for one in model.live(case):
        if one["unit"] in case["units"]:
            one["state"] = "offered"


def _unsigned(case: Case, rng: random.Random) -> None:
    case["signed"], case["signer"] = False, True


def _headless(case: Case, rng: random.Random) -> None:
    case["signer"] = True
    for one in case["orders"]:
        one["headed"] = not one["headed"]


def _given(case: Case, rng: random.Random) -> None:
    for one in case["orders"]:
        one["given"] = rng.choice((None, *PEOPLE))


def _over_for_them(case: Case, rng: random.Random) -> None:
    for one in case["orders"]:
        one["state"] = "done"


def _no_photo(case: Case, rng: random.Random) -> None:
    case["proof"] = True
    if case["form"] is not None:
        case["form"] |= {"outcome": "solved", "photos": 0}


def _old_assistant(case: Case, rng: random.Random) -> None:
    case["orders"].append(_order("order9", "enforcement", False, "accepted", case["round"] + 1))
    if case["form"] is not None:
        case["form"]["order"] = "order9"


def _voice_gone(case: Case, rng: random.Random) -> None:
    for one in case["voices"]:
        one["gone"] = True


_PLAIN = (
    "type", "place", "grade", "clause", "small", "can_rise", "nudged", "late", "danger", "signed", "sampled",
    "confidential", "field", "handling", "held", "ahead",
)  # fmt: skip
FAULTS = (
    *(_flip(name) for name in _PLAIN), *(_of_form_at(name) for name in _FORM), _of_order, _of_order, _of_order,
    _two_gave_it_back, _of_voice, _recused, _recused, _asked, _who, _ended, _words, _me_handled, _me_found,
    _me_answered, _lead_recused, _lead_gave_it_back, _not_begun, _unsigned, _no_photo, _old_assistant, _voice_gone,
    _me_asked, _me_away, _nothing_seen, _return_asked, _me_handled_and_gave_it_back, _helper_recused,
    _helper_busy, _lead_helps, _headless, _given, _over_for_them, _extended_twice, _watched, _question, _flip("sent"),
    _flip("parts_open"), _flip("part"), _of_form_at("parts"), _of_form_at("stage"), _stage,
)  # fmt: skip
"""Every kind of fault once or a few times, for tests that go through all of them."""
SPOILS = (
    _flip("type", "place", "grade", "clause", "small"),
    _flip("can_rise", "nudged", "late", "danger", "handling", "held", "ahead", "sent", "over", "parts_open", "part"),
    _extended_twice, _watched, _question, _stage,
    _flip("signed", "signer", "sampled", "confidential", "proof", "field"),
    _of_form, _of_form, _of_form, _of_order, _of_order, _of_order, _two_gave_it_back, _of_voice, _recused, _asked,
    _who, _ended, _words,
)  # fmt: skip
