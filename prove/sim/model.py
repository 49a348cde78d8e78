"""The flow as the design tells it, in plain dictionaries: written beside the product, reading nothing of its table.

A case is a dictionary of plain values (`blank`). `answer(verb, case)` says where a move leads, or `None` where it is
refused. Every condition is said here in its own words; `blockers` lists which of them stand in the way.
"""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]

OPEN = ("received", "verifying", "triaged", "filed", "in_hand", "reviewing", "checking", "calling_back")
ENDS = ("closed", "answered", "declined", "transferred", "withdrawn", "merged", "voided")
STATES = (*OPEN, *ENDS)
LIVE = ("offered", "accepted", "done", "rework")
VERBS = (
    "receive", "correct", "place", "add", "answer", "ask_decline", "decline", "refuse_decline", "merge", "unmerge",
    "send_to_verify", "report_verified", "register", "self_handle", "file", "send_back", "dispatch", "raise", "sign_in",
    "ask_return", "return", "refuse_return", "reassign", "add_unit", "name", "first_contact", "finish",
    "submit_result", "sign", "review", "rework", "pass_check", "fail_check", "call_back", "tell_outcome",
    "second_round", "split_off", "reopen", "late_feedback", "object", "transfer", "withdraw", "fine_now", "ask_void",
    "void", "refuse_void", "nudge", "ask_extend", "extend", "refuse_extend", "lead_extend", "refuse_lead_extend",
    "ask_hold", "hold", "refuse_hold", "resume", "supervise", "report_back", "press", "close_supervision",
    "ask_reporter", "reply", "stop_waiting", "take_back", "split", "finish_stage", "give", "take_on", "put_back",
    "take_part",
)  # fmt: skip

# From where, by verb.
FROM: dict[str, tuple[str | None, ...]] = {
    "receive": (None,),
    **dict.fromkeys(
        ("correct", "place", "add", "transfer", "withdraw", "fine_now", "ask_void", "void", "refuse_void", "nudge"),
        OPEN,
    ),
    **dict.fromkeys(("answer", "ask_decline", "decline", "refuse_decline"), ("received", "triaged")),
    **dict.fromkeys(("merge", "split"), ("received", "triaged", "filed", "in_hand")),
    "unmerge": ("merged",),
    **dict.fromkeys(("send_to_verify", "register", "self_handle"), ("received",)),
    "report_verified": ("verifying",),
    "file": ("triaged",),
    "send_back": ("triaged", "filed"),
    "dispatch": ("filed",),
    "raise": ("received", "filed", "in_hand"),
    **dict.fromkeys(
        (
            "sign_in", "ask_return", "return", "refuse_return", "add_unit", "first_contact", "finish",
            "submit_result", "ask_extend", "extend", "refuse_extend", "lead_extend", "refuse_lead_extend",
            "ask_hold", "hold", "refuse_hold", "resume", "supervise",
            "ask_reporter", "reply", "stop_waiting", "take_back", "finish_stage", "give", "take_on", "put_back",
            "take_part",
        ),
        ("in_hand",),
    ),
    **dict.fromkeys(
        ("report_back", "press", "close_supervision"), ("in_hand", "reviewing", "checking", "calling_back")
    ),
    "reassign": ("filed", "in_hand"),
    "name": ("filed", "in_hand"),
    **dict.fromkeys(("sign", "review", "rework"), ("reviewing",)),
    **dict.fromkeys(("pass_check", "fail_check"), ("checking",)),
    **dict.fromkeys(("call_back", "tell_outcome", "second_round", "split_off"), ("calling_back",)),
    "reopen": ("closed",),
    "late_feedback": ("closed", "answered", "declined", "transferred"),
    "object": ("answered", "declined", "transferred"),
}  # fmt: skip

# Where the house acts on a case, whoever keeps away from it does not.
NOT_RECUSED = set(VERBS) - {
    "receive", "add", "unmerge", "self_handle", "ask_return", "tell_outcome", "second_round", "reopen",
    "late_feedback", "object", "withdraw", "fine_now", "nudge", "put_back",
}  # fmt: skip
BY_CALLER = {"add", "tell_outcome", "reopen", "late_feedback", "object", "withdraw", "fine_now", "reply"}
NOT_BY_HANDLER = {"sign", "review", "rework", "pass_check", "fail_check", "call_back", "split_off"}
TWO_PERSONS = {
    "decline": "decline", "refuse_decline": "decline", "return": "return", "refuse_return": "return",
    "void": "void", "refuse_void": "void", "extend": "extend", "refuse_extend": "extend",
    "lead_extend": "lead_extend", "refuse_lead_extend": "lead_extend", "hold": "hold", "refuse_hold": "hold",
}  # fmt: skip
# The form has to say this, once there is one.
FORM: dict[str, tuple[str, ...]] = {
    "answer": ("words",),
    "ask_decline": ("clause", "reason"),
    "refuse_decline": ("reason",),
    "merge": ("target_open", "target_like", "confirmed"),
    "report_verified": ("seen",),
    "self_handle": ("before_and_after",),
    "send_back": ("reason",),
    "dispatch": ("one_lead", "duty", "not_recused"),
    "raise": ("reason",),
    "split": ("parts",),
    "ask_return": ("clause", "reason"),
    "refuse_return": ("reason",),
    "reassign": ("one_lead", "duty", "not_recused", "reason"),
    "add_unit": ("not_recused", "not_busy"),
    "name": ("one_lead", "not_recused", "reason"),
    "first_contact": ("result",),
    "finish": ("seen",),
    "submit_result": ("outcome", "words", "proof"),
    "rework": ("reason",),
    "pass_check": ("seen",),
    "fail_check": ("reason",),
    "call_back": ("result",),
    "reopen": ("reason",),
    "object": ("reason",),
    "transfer": ("receiver",),
    "ask_void": ("reason",),
    "refuse_void": ("reason",),
    "ask_reporter": ("voice", "reason"),
    "finish_stage": ("stage",),
    "reply": ("seen",),
    "give": ("handler",),
    "take_part": ("part", "reason"),
    **dict.fromkeys(
        (
            "ask_extend", "refuse_extend", "refuse_lead_extend", "ask_hold", "refuse_hold", "supervise", "report_back",
            "press",
        ),
        ("reason",),
    ),
}  # fmt: skip
_WATCHED = ("set", "reported")
DAYS = {"reopen": 14, "object": 14, "late_feedback": 30}

# Who may walk a verb: over what, and which duty. A caller shows the code of a report, a taker wrote it down for one.
WHO: dict[str, tuple[tuple[str, str], ...]] = {
    "receive": (("place", "report"), ("desk", "intake"), ("anybody", "")),
    "add": (("caller", ""), ("taker", "")),
    **dict.fromkeys(
        (
            "correct", "place", "answer", "ask_decline", "merge", "unmerge", "send_to_verify", "register",
        ),
        (("desk", "intake"),),
    ),
    **dict.fromkeys(("decline", "refuse_decline", "file", "void", "refuse_void"), (("desk", "file"),)),
    "send_back": (("desk", "file"), ("desk", "dispatch")),
    **dict.fromkeys(
        ("dispatch", "return", "refuse_return", "reassign", "add_unit", "transfer", "ask_void", "take_back"),
        (("desk", "dispatch"),),
    ),
    "split": (("desk", "intake"), ("desk", "dispatch")),
    "raise": (("desk", "dispatch"), ("desk", "intake"), ("lead", "sign")),
    "nudge": (("desk", "dispatch"), ("desk", "intake"), ("desk", "supervise"), ("caller", ""), ("taker", "")),
    "report_verified": (("place", "verify"),),
    "self_handle": (("place", "report"),),
    **dict.fromkeys(("pass_check", "fail_check"), (("place", "check"),)),
    **dict.fromkeys(
        (
            "sign_in", "ask_return", "first_contact", "finish", "submit_result", "ask_extend", "report_back",
            "finish_stage",
        ),
        (("unit", "handle"),),
    ),
    **dict.fromkeys(("extend", "refuse_extend"), (("lead", "sign"),)),
    **dict.fromkeys(("sign", "give", "take_part"), (("unit", "sign"),)),
    **dict.fromkeys(("take_on", "put_back"), (("unit", "handle"),)),
    **dict.fromkeys(("ask_hold", "ask_reporter", "stop_waiting"), (("unit", "handle"), ("desk", "dispatch"))),
    "reply": (("caller", ""), ("desk", "intake"), ("desk", "call_back"), ("lead", "handle")),
    "resume": (("desk", "dispatch"),),
    **dict.fromkeys(("supervise", "press", "close_supervision"), (("desk", "supervise"),)),
    **dict.fromkeys(("name", "lead_extend", "refuse_lead_extend", "hold", "refuse_hold"), (("desk", "lead"),)),
    **dict.fromkeys(("review", "rework"), (("desk", "review"),)),
    **dict.fromkeys(("call_back", "second_round", "split_off"), (("desk", "call_back"),)),
    "reopen": (("desk", "call_back"), ("caller", "")),
    "object": (("desk", "intake"), ("caller", "")),
    **dict.fromkeys(("tell_outcome", "withdraw", "fine_now", "late_feedback"), (("caller", ""),)),
}  # fmt: skip


def blank(state: str | None = "received") -> Case:
    """A case of which nothing is known, looked at by a member of the desk with no form."""
    return {
        "state": state, "type": False, "place": False, "grade": False, "clause": False, "small": False,
        "sampled": False, "proof": False, "confidential": False, "danger": False, "eyes": "never", "back": "desk",
        "field": False, "round": 1, "orders": [], "away_units": set(), "away_people": set(), "voices": [],
        "asked": {}, "signed": False, "signer": False, "was": None, "ended_days": None, "can_rise": True,
        "against": None, "nudged": False, "late": False,
        "handling": False, "sent": False, "over": False, "parts_open": False, "part": False,
        "extensions": 0, "held": False, "ahead": False, "watch": "",
        "asked_voice": None, "questions": 0, "stages": set(), "me": "me", "units": [], "rule": False, "report": None,
        "form": None,
    }  # fmt: skip


def live(case: Case) -> list[dict[str, Any]]:
    """Orders of this round that are neither given back, taken away nor over."""
    return [one for one in case["orders"] if one["state"] in LIVE and one["round"] == case["round"]]


def mine(case: Case) -> dict[str, Any] | None:
    """The order that the act is about: the one the form names, else that of my own unit, the lead first."""
    form = case["form"]
    if form is not None and form.get("order") is not None:
        return next((one for one in case["orders"] if one["id"] == form["order"]), None)
    own = [one for one in live(case) if one["unit"] in case["units"]]
    return next((one for one in own if one["lead"]), own[0] if own else None)


def returned(case: Case) -> set[Any]:
    return {one["unit"] for one in case["orders"] if one["state"] == "returned"}


def pending(case: Case) -> bool:
    return any(one["asked"] is not None for one in live(case))


def goes_on(case: Case) -> bool:
    """Whether a unit led this round and may lead on."""
    return any(
        one["lead"]
        and one["round"] == case["round"]
        and one["state"] in (*LIVE, "completed")
        and one["unit"] not in case["away_units"]
        for one in case["orders"]
    )


def speaking(case: Case) -> list[dict[str, Any]]:
    return [one for one in case["voices"] if not one["gone"]]


def eyes_wanted(case: Case) -> bool:
    if case["confidential"]:
        return False
    return case["eyes"] == "always" or (case["eyes"] == "patrol" and bool(case["field"]))


def somebody_waits(case: Case) -> bool:
    return case["back"] != "nobody" and any(one["wants"] for one in speaking(case))


def all_told(case: Case) -> bool:
    return all(one["told"] for one in speaking(case) if one["wants"]) and not unsolved(case)


def unsolved(case: Case) -> bool:
    return any(one["no"] for one in speaking(case))


def _form_lacks(case: Case, what: str) -> bool:
    form = case["form"]
    if form is None:
        return False
    if what in ("words", "clause", "reason"):
        return not form.get(what)
    if what in ("target_open", "target_like", "confirmed"):
        return not form.get(what)
    if what == "voice":
        return form.get("report") not in {one["id"] for one in speaking(case)}
    if what == "stage":
        return form.get("stage", 0) not in case["stages"]
    if what == "parts":
        return not 1 <= form.get("parts", 0) <= 5
    if what == "seen":
        return not form.get("words") and not form.get("photos")
    if what == "before_and_after":
        return not (form.get("before") and form.get("after"))
    if what == "result":
        return form.get("result") not in ("reached", "missed", "refused", "wrong")
    if what == "outcome":
        return form.get("outcome") not in ("solved", "explained", "project")
    if what == "part":
        return form.get("part") not in ("met", "looked", "led", "planned")
    if what == "handler":
        return not case["rule"] and form.get("handler") not in form.get("there", ())
    if what == "proof":
        return bool(case["proof"]) and form.get("outcome") == "solved" and not form.get("photos")
    if what == "receiver":
        return not (form.get("receiver") and form.get("confirmed"))
    lead, helpers = form.get("lead"), form.get("helpers", ())
    if what == "one_lead":
        return lead is None or lead in helpers
    if what == "duty":
        return lead is not None and lead not in form.get("with_duty", ())
    if what == "not_recused":
        return any(one in case["away_units"] for one in (*helpers, *([lead] if lead else [])))
    if what == "not_busy":
        return any(one["unit"] in helpers for one in live(case))
    raise KeyError(what)


def blockers(verb: str, case: Case) -> list[str]:
    """Everything that stands in the way of a verb, wherever it would lead."""
    found = [] if case["state"] in FROM[verb] else ["state"]
    me, order = case["me"], mine(case)
    if verb in NOT_RECUSED and (
        me is not None and me in case["away_people"] or case["away_units"] & set(case["units"])
    ):
        found.append("recused")
    handlers = {one["handler"] for one in case["orders"]} - {None}
    if verb in NOT_BY_HANDLER and not case["rule"] and me is not None and me in handlers:
        found.append("handler")
    if verb in ("pass_check", "fail_check") and not case["rule"] and me is not None:
        found += ["finder"] if any(one["taker"] == me for one in case["voices"]) else []
    if verb in BY_CALLER and case["report"] is not None:
        found += [] if any(one["id"] == case["report"] for one in speaking(case)) else ["silent"]
    found += [what for what in FORM.get(verb, ()) if _form_lacks(case, what)]
    # An upper system's word has no term: it comes by a rule, and never as a late word of the reporter.
    termless = case["rule"] and verb != "late_feedback"
    if verb in DAYS and not termless and (case["ended_days"] is None or case["ended_days"] > DAYS[verb]):
        found.append("too late")
    found += _requests(verb, case, me, order)
    found += _matter(verb, case, me)
    found += _units(verb, case, order)
    found += _voices(verb, case)
    return found


def _requests(verb: str, case: Case, me: Any, order: dict[str, Any] | None) -> list[str]:
    found = []
    if verb in TWO_PERSONS and me is not None:
        kind = TWO_PERSONS[verb]
        # A return is asked for each order; who asked for any of them decides none.
        askers = {case["asked"].get(kind)} | ({one["asked"] for one in case["orders"]} if kind == "return" else set())
        if me in askers - {None}:
            found.append("asker")
    if verb in ("decline", "refuse_decline") and "decline" not in case["asked"]:
        found.append("nothing asked")
    if verb in ("void", "refuse_void") and "void" not in case["asked"]:
        found.append("nothing asked")
    if verb.endswith("extend") and verb != "ask_extend" and TWO_PERSONS[verb] not in case["asked"]:
        found.append("nothing asked")
    if verb in ("hold", "refuse_hold") and "hold" not in case["asked"]:
        found.append("nothing asked")
    if verb == "hold" and not case["ahead"]:
        found.append("day over")
    watch = {"supervise": ("",), "report_back": ("set",), "press": ("reported",), "close_supervision": _WATCHED}
    if verb in watch and case["watch"] not in watch[verb]:
        found.append("supervision")
    if verb == "ask_reporter":
        found += ["asked"] if case["asked_voice"] is not None else []
        found += ["held"] if case["held"] else []
        found += ["no question left"] if case["questions"] and (order is not None or case["questions"] > 1) else []
    if verb in ("reply", "stop_waiting") and case["asked_voice"] is None:
        found.append("nothing asked")
    if verb == "reply" and case["report"] is not None and case["report"] != case["asked_voice"]:
        found.append("another voice")
    if verb == "ask_hold" and "hold" in case["asked"]:
        found.append("asked")
    if verb == "resume" and not case["held"]:
        found.append("not held")
    if verb == "ask_extend":
        found += ["asked"] if {"extend", "lead_extend"} & set(case["asked"]) else []
        found += ["twice"] if case["extensions"] >= 2 else []
        found += [] if case["handling"] else ["red or still"]
    if verb in ("answer", "ask_decline", "send_to_verify", "register", "file", "send_back"):
        found += ["decline asked"] if "decline" in case["asked"] else []
    if verb == "ask_void" and "void" in case["asked"]:
        found.append("void asked")
    if verb in ("return", "refuse_return"):
        named = case["form"] is not None and case["form"].get("order") is not None
        asked = order is not None and order["state"] in LIVE and order["asked"] is not None if named else pending(case)
        found += [] if asked else ["nothing asked"]
    if verb in ("merge", "reassign", "name", "submit_result") and pending(case):
        found.append("return asked")
    if verb == "raise" and case["state"] != "received" and pending(case):
        found.append("return asked")
    if (
        verb in ("answer", "ask_decline", "decline", "transfer")
        and case["against"] not in (None,)
        and me == case["against"]
    ):
        found.append("own answer")
    return found


def _matter(verb: str, case: Case, me: Any) -> list[str]:
    needs = {
        "send_to_verify": ("place",),
        "register": ("type", "place", "grade"),
        "self_handle": ("type", "place", "small"),
        "file": ("type", "place", "clause"),
        "raise": ("can_rise",),
    }
    found = [f"no {one}" for one in needs.get(verb, ()) if not case[one]]
    if verb == "self_handle" and (me is None or all(one["taker"] != me for one in case["voices"])):
        found.append("not the finder")
    if verb in ("answer", "decline", "merge", "transfer", "void", "review", "self_handle") and case["parts_open"]:
        found.append("parts open")
    if verb == "split" and case["part"]:
        found.append("a part itself")
    if verb == "take_back" and not case["sent"]:
        found.append("not sent just now")
    if verb == "finish_stage" and not case["stages"]:
        found.append("no stage open")
    if verb == "nudge" and case["nudged"]:
        found.append("nudged")
    if verb == "late_feedback" and case["late"]:
        found.append("said already")
    return found


def _units(verb: str, case: Case, order: dict[str, Any] | None) -> list[str]:
    found = []
    form = case["form"]
    if verb in ("dispatch", "reassign"):
        found += ["two returns"] if len(returned(case)) >= 2 else []
        found += ["gave it back"] if form is not None and form.get("lead") in returned(case) else []
    if verb == "name" and len(returned(case)) < 2:
        found.append("not two returns")
    if verb == "reassign" and not case["orders"]:
        found.append("never dispatched")
    if verb == "sign_in" and (order is None or order["state"] != "offered"):
        found.append("not offered")
    if verb == "ask_return":
        if order is None:
            return [*found, "no order"]
        found += ["named"] if order["named"] else []
        found += ["gave it back"] if order["unit"] in returned(case) else []
        found += ["asked"] if order["asked"] is not None else []
        found += ["window"] if order["state"] not in ("offered", "accepted") or not order["window"] else []
    if verb in ("first_contact", "submit_result", "sign", "ask_extend", "report_back", "finish_stage"):
        found += [] if order is not None and order["lead"] else ["not the lead"]
    if verb in ("first_contact", "finish", "submit_result", "ask_extend", "finish_stage"):
        found += [] if order is not None and order["state"] in ("accepted", "rework") else ["not in work"]
    asks = ("ask_hold", "ask_reporter", "stop_waiting")
    if verb in asks and order is not None and not (order["lead"] and order["state"] in ("accepted", "rework")):
        found.append("not the lead at work")
    if verb == "finish":
        found += [] if order is not None and not order["lead"] else ["not an assistant"]
        found += [] if order is not None and order["asked"] is None else ["asked"]
    if verb == "submit_result" and any(not one["lead"] and one["state"] != "done" for one in live(case)):
        found.append("assistants")
    if verb in ("give", "take_on", "put_back"):
        found += [] if order is not None and order["state"] in ("offered", "accepted", "rework") else ["over"]
    if verb == "give" and order is not None and form is not None and form.get("handler") == order["given"]:
        found.append("has it already")
    if verb == "take_on" and (order is None or order["given"] is not None):
        found.append("somebody has it")
    if verb == "put_back":
        held = order["given"] if order is not None else None
        found += [] if held is not None and (case["rule"] or held == case["me"]) else ["not in this hand"]
    if verb == "take_part":
        found += [] if order is not None and order["lead"] else ["not the lead"]
        found += [] if order is not None and not order["headed"] else ["took part"]
        found += [] if case["round"] > 1 else ["first round"]
    if verb == "submit_result" and case["round"] > 1 and case["signer"] and not (order or {}).get("headed"):
        found.append("head")
    if verb == "sign" and case["signed"]:
        found.append("signed")
    if verb == "review" and not case["signed"] and case["signer"]:
        found.append("unsigned")
    return found


def _voices(verb: str, case: Case) -> list[str]:
    if verb == "second_round" and not unsolved(case):
        return ["nobody says no"]
    if verb == "split_off" and len(speaking(case)) < 2:
        return ["one voice"]
    return []


def answer(verb: str, case: Case) -> str | None:
    """The state after the move (perhaps the same), or None where it is refused."""
    if blockers(verb, case):
        return None
    state = case["state"]
    fixed = {
        "receive": "received", "answer": "answered", "decline": "declined", "merge": "merged",
        "send_to_verify": "verifying", "report_verified": "received", "register": "triaged", "file": "filed",
        "send_back": "received", "dispatch": "in_hand", "reassign": "in_hand", "name": "in_hand",
        "submit_result": "reviewing", "rework": "in_hand", "object": "received", "transfer": "transferred",
        "void": "voided",
    }  # fmt: skip
    if verb in fixed:
        return fixed[verb]
    if verb == "unmerge":
        return str(case["was"]) if case["was"] in FROM["merge"] else None
    if verb == "self_handle":
        return "checking" if case["sampled"] else "closed"
    if verb == "raise":
        return "received" if state == "received" else "filed"
    if verb == "take_back":
        return "in_hand" if case["over"] else "filed"
    if verb == "return":
        return _return(case)
    if verb == "review":
        if eyes_wanted(case):
            return "checking"
        return "calling_back" if somebody_waits(case) else "closed"
    if verb == "pass_check":
        return "calling_back" if somebody_waits(case) else "closed"
    if verb in ("fail_check", "second_round", "reopen"):
        return "in_hand" if goes_on(case) else "triaged"
    if verb in ("call_back", "tell_outcome"):
        return "closed" if all_told(case) else "calling_back"
    if verb in ("withdraw", "fine_now"):
        others = [one for one in speaking(case) if one["id"] != case["report"]]
        return "withdrawn" if not others and not case["danger"] else str(state)
    return str(state)


def _return(case: Case) -> str | None:
    """The last order back: filed. A lead with others at work: one of them is named in the same act."""
    if len(live(case)) <= 1:
        return "filed"
    form, order = case["form"], mine(case)
    if form is None or order is None or not order["lead"]:
        return "in_hand"
    named = any(one["unit"] == form.get("lead") and one["id"] != order["id"] for one in live(case))
    return "in_hand" if named else None
