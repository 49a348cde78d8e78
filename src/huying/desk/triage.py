"""Triage of one call: what its words point to, who would take it, and what else can be done with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from huying.cases.actions import Docket
from huying.cases.forms.units import component_lines, component_near, keeper_among, precedent_lines
from huying.cases.models import Case
from huying.cases.queries.limits import limit_of
from huying.cases.queries.said import pieces_of, place_of
from huying.cases.queries.suggesting import SUGGESTED, Pointing
from huying.cases.rules import FLOW, OrderState, State, Verb, move_label
from huying.cases.rules.triage import LEAST_OFFERED, sureness
from huying.desk.links import case_url
from huying.desk.marks import Mark
from huying.kernel.actor import Actor
from huying.kernel.terms import Label
from huying.matters import queries as matters
from huying.matters.models import MatterType
from huying.matters.queries import Suggestion
from huying.matters.rules import Grade, LowestTier, Step, beyond
from huying.people import queries as people
from huying.people.models import Organisation
from huying.people.rules import Duty, UnitKind
from huying.places.queries.components import Near
from huying.places.rules import street_of, tier_of
from huying.triage.gazetteer import Found

IN_TRIAGE = (State.RECEIVED, State.TRIAGED, State.FILED)
UNITS_SHOWN = 5
WORDS_READ = 4000
PLACE, MATTER, URGENT = 1, 2, 3  # the numbers that marks and reasons share
CIRCLED = {PLACE: "①", MATTER: "②", URGENT: "③"}

# Other ends and ways of a call in triage, with the key that presses each; the first three stand as buttons.
OTHER_MOVES: tuple[tuple[Verb, str], ...] = (
    (Verb.ANSWER, "A"),
    (Verb.SEND_TO_VERIFY, "V"),
    (Verb.RAISE, "R"),
    (Verb.ASK_DECLINE, "B"),
    (Verb.MERGE, "M"),
    (Verb.PLACE, "P"),
    (Verb.CORRECT, ""),
    (Verb.SEND_BACK, ""),
    (Verb.TRANSFER, ""),
    (Verb.ASK_VOID, ""),
)


@dataclass(frozen=True)
class TypeChoice:
    code: str
    words: str
    key: str
    score: float | None
    reason: str
    checked: bool


@dataclass(frozen=True)
class UnitChoice:
    id: UUID
    words: str
    key: str
    reason: str
    barred: str
    checked: bool


@dataclass(frozen=True)
class OtherMove:
    verb: str
    words: Label
    url: str
    key: str


@dataclass
class Choices:
    """What the form offers for one type: the types themselves, the grade with its limits, and the units."""

    types: list[TypeChoice]
    kind: MatterType | None
    grade: str
    limits: str
    units: list[UnitChoice]
    more_units: list[UnitChoice]
    assistants: list[tuple[str, str, bool]]
    danger: str = ""
    lead: UnitChoice | None = None
    tier: str = ""  # the lowest that can solve it, by the catalogue
    beyond: bool = False  # this desk lies below that tier
    told: list[tuple[Label, str]] = field(default_factory=list)  # the component near by, how like disputes were settled
    grades: list[tuple[str, Label]] = field(default_factory=lambda: [(str(one), one.label) for one in Grade])

    @property
    def assisted(self) -> bool:
        return any(checked for _value, _name, checked in self.assistants)


def said(docket: Docket) -> str:
    """The words that suggestions are read from."""
    return "\n".join(one.words for one in docket.reports)[:WORDS_READ]


def place_said(docket: Docket) -> Found:
    """Where the line for the place and the words say that it is."""
    case = docket.case
    point = [case.area_code] if case.lng is not None and not case.outside else []
    return place_of(said(docket), street_of(case.area_code), line=case.place_words, codes=point)


def marks_of(case: Case, words: str, suggestions: Iterable[Suggestion], place: Found) -> list[Mark]:
    """What to mark in a call's words: the place, the words of the best matter, the word of danger."""
    marks = [Mark(word, "place", PLACE) for word in (case.place_words, *pieces_of(place)) if word]
    danger = matters.danger_in(words)
    if danger is not None:
        marks.append(Mark(danger.word, "urgent", URGENT))
    best = next(iter(suggestions), None)
    if best is not None:
        marks += [Mark(word, "matter", MATTER) for word in best.words]
    return marks


def choices_of(
    docket: Docket,
    found: Pointing,
    everybody: Iterable[Organisation],
    *,
    viewer: Actor,
    now: datetime,
    type_code: str = "",
    grade: str = "",
    lead_id: UUID | None = None,
    assistant_ids: Collection[UUID] = (),
) -> Choices:
    """The form's choices around a type: the given one, else the case's own, else the best suggestion."""
    case = docket.case
    fixed = case.state != State.RECEIVED
    code = case.type_code if fixed else type_code or case.type_code or (found.types[0].type.code if found.types else "")
    kind = matters.type_of(code) if code else None
    types = [] if fixed else _types(case, found, kind)
    urgent = Grade.URGENT if case.danger else ""
    graded = case.grade if fixed else grade or case.grade or urgent or (kind.grade if kind else Grade.ORDINARY)
    kept_away = people.recused([case.pk]).get(case.pk)
    recused = kept_away.units if kept_away is not None else frozenset()
    near = component_near(case, kind)
    units = _units(docket, kind, recused, lead_id, near, first_key=len(types) + 1)
    lead = next((one for one in units if one.checked), None)
    danger = matters.danger_in(said(docket))
    return Choices(
        types=types,
        kind=kind,
        grade=str(graded),
        limits=_limits(case, code, str(graded), now),
        units=units[:UNITS_SHOWN],
        more_units=units[UNITS_SHOWN:],
        assistants=[
            (str(one.pk), one.short_name or one.name, one.pk in assistant_ids)
            for one in everybody
            if one.pk not in recused
        ],
        danger=_("%(mark)s “%(word)s”") % {"mark": CIRCLED[URGENT], "word": danger.word} if danger is not None else "",
        lead=lead,
        tier=str(LowestTier(kind.lowest_tier).label) if kind is not None else "",
        beyond=kind is not None and beyond(kind.lowest_tier, tier_of(case.desk_code)),
        told=[*component_lines(near), *precedent_lines(viewer, code, case.area_code)],
    )


def _types(case: Case, pointing: Pointing, kind: MatterType | None) -> list[TypeChoice]:
    found: list[tuple[MatterType, float | None, str]] = [
        (one.type, one.score, reason_of(one, pointing.model)) for one in _worth(pointing)
    ]
    if kind is not None and all(one.code != kind.code for one, _score, _reason in found):
        told = _("诉求人选的") if kind.code == case.type_code else _("您选的")
        found = [(kind, None, told), *found[: SUGGESTED - 1]]
    return [
        TypeChoice(
            code=one.code,
            words=f"{one.matter_class.name} / {one.name}",
            key=str(number),
            score=score,
            reason=reason,
            checked=kind is not None and one.code == kind.code,
        )
        for number, (one, score, reason) in enumerate(found, start=1)
    ]


def offered(pointing: Pointing, chosen: str = "") -> list[TypeChoice]:
    """What a call that is being taken down may be about: nothing is chosen before somebody chooses."""
    return [
        TypeChoice(
            code=one.type.code,
            words=f"{one.type.matter_class.name} / {one.type.name}",
            key=str(number),
            score=one.score,
            reason=reason_of(one, pointing.model, mark=""),
            checked=one.type.code == chosen,
        )
        for number, one in enumerate(_worth(pointing), start=1)
    ]


def _worth(pointing: Pointing) -> list[Suggestion]:
    """The best type, and the others that are more than a shot in the dark."""
    return [one for at, one in enumerate(pointing.types) if not at or one.score >= LEAST_OFFERED]


def reason_of(one: Suggestion, model: int, *, mark: str = CIRCLED[MATTER]) -> str:
    """How sure, and which words said so: the catalogue's, or those of the street's own cases."""
    told = {"mark": mark, "words": "".join(f"“{word}”" for word in one.words[:4])}
    if not told["words"]:
        why = _("没有哪个词特别说明")
    elif model:
        why = _("%(mark)s %(words)s 像本街道办过的") % told
    else:
        why = _("%(mark)s %(words)s 与清单的词一致") % told
    sure = _("%(sure)s，%(percent)s%%") % {"sure": sureness(one.score).label, "percent": round(one.score * 100)}
    return " · ".join(filter(None, [sure, why.strip(), str(_("按保密件办")) if one.type.confidential else ""]))


def _units(
    docket: Docket,
    kind: MatterType | None,
    recused: frozenset[UUID],
    lead_id: UUID | None,
    near: Near | None,
    *,
    first_key: int,
) -> list[UnitChoice]:
    """Units with the duty here, as the catalogue names them; who keeps away or returned it cannot be chosen."""
    if kind is None:
        return []
    able = matters.owners_of(kind.code, docket.case.area_code)
    returned = {one.unit_id for one in docket.orders if one.state == OrderState.RETURNED}

    def why_not(unit: Organisation) -> str:
        if unit.pk in recused:
            return _("回避，不可选")
        return _("退回过，不可选") if unit.pk in returned else ""

    free = [one.pk for one in able if not why_not(one)]
    keeper = keeper_among((one for one in able if one.pk in free), near)
    chosen = lead_id if lead_id in free else keeper or next(iter(free), None)
    return [
        UnitChoice(
            id=one.pk,
            words=one.name,
            key=str(number) if number <= 9 else "",
            reason=kind.clause if one.pk == chosen else str(UnitKind(one.kind).label),
            barred=why_not(one),
            checked=one.pk == chosen,
        )
        for number, one in enumerate(able, start=first_key)
    ]


def _limits(case: Case, type_code: str, grade: str, now: datetime) -> str:
    """The limits that clocks of this type and grade would start with now, in words."""
    sign_in, handle = (
        limit_of(case, step, at=now, type_code=type_code, grade=grade).limit.words()
        for step in (Step.SIGN_IN, Step.HANDLE)
    )
    return _("%(sign_in)s内签收，%(handle)s内办好") % {"sign_in": sign_in, "handle": handle}


def other_moves(docket: Docket, viewer: Actor, facts: object) -> list[OtherMove]:
    """The other legal moves of a call in triage that the viewer may walk, each a link to its form."""
    legal = {move.verb for move in FLOW.legal(facts)}  # type: ignore[arg-type]
    case = docket.case
    return [
        OtherMove(str(verb), move_label(verb, case.flow), case_url(case.pk, verb), key)
        for verb, key in OTHER_MOVES
        if verb in legal and docket.may_walk(verb, viewer)
    ]


def may_dispatch(viewer: Actor, case: Case) -> bool:
    """Whether one click may go all the way: every duty from where the case stands to dispatch, over its desk."""
    needed = {
        State.RECEIVED: (Duty.INTAKE, Duty.FILE, Duty.DISPATCH),
        State.TRIAGED: (Duty.FILE, Duty.DISPATCH),
        State.FILED: (Duty.DISPATCH,),
    }[State(case.state)]
    return all(viewer.may(duty, case.desk_code) for duty in needed)
