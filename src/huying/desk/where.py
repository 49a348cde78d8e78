"""Places that a call's words name, as the desk offers them: with the reason, and the one question where it is open."""

from __future__ import annotations

from dataclasses import dataclass, field

from huying.cases.models import Case
from huying.kernel.terms import Label
from huying.places import queries as places
from huying.triage.gazetteer import Found

SHOWN = 3
COMMUNITY = 12  # digits of its code


@dataclass(frozen=True)
class PlaceChoice:
    code: str
    words: str
    key: str
    reason: str
    checked: bool


@dataclass(frozen=True)
class Offer:
    """Where it may be; `question` where the words leave it open."""

    choices: list[PlaceChoice] = field(default_factory=list)
    question: Label = ""


def offered_places(found: Found, *, chosen: str = "", first_key: int = 1) -> Offer:
    """The candidates, nothing chosen before somebody chooses; keys follow those of other suggestions."""
    shown = found.candidates if found.ask is not None else found.candidates[:SHOWN]
    names = places.names_of(one.code for one in shown)
    choices = [
        PlaceChoice(
            code=one.code,
            words=names[one.code],
            key=str(number) if number <= 9 else "",
            reason=" · ".join(dict.fromkeys(map(str, one.reasons))),
            checked=one.code == chosen,
        )
        for number, one in enumerate(shown, start=first_key)
    ]
    return Offer(choices, found.ask.question.label if found.ask is not None and len(choices) > 1 else "")


def finer(found: Found, case: Case) -> Found:
    """What the words say beyond where the case is placed; nothing where it is placed in a grid already."""
    if not case.unplaced and len(case.area_code) > COMMUNITY:
        return Found()
    known = "" if case.unplaced else case.area_code
    return Found() if any(one.code == known for one in found.candidates) else found
