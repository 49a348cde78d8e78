"""The page of a whistle as plain values, and the panel of whistles on a case's page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalState
from huying.cases.codes import arrival_code
from huying.cases.forms.whistles import WHISTLE_MOVES
from huying.cases.models import Case, Whistle, WhistlePart
from huying.cases.queries import whistles as reads
from huying.cases.queries.whistles import Rows
from huying.cases.rules import OPEN
from huying.cases.rules.whistles import (
    ANSWER,
    ARRIVE,
    CAME,
    GOING,
    LEVELS,
    THING,
    WAITED_FOR,
    Arrival,
    PartState,
    WhistleState,
    Who,
)
from huying.clocks.models import Clock
from huying.clocks.rules import Limit
from huying.files import queries as files
from huying.kernel.actor import Actor
from huying.kernel.terms import Label, _, listed
from huying.people import queries as people
from huying.places import queries as places
from huying.ui.words import clock_words, span_words, when_words

TONES = {
    WhistleState.ASKED: "wait", WhistleState.BLOWN: "soon", WhistleState.JOINT: "doing", WhistleState.ENDED: "review",
    WhistleState.RATED: "done", WhistleState.REFUSED: "back", WhistleState.CANCELLED: "back",
}  # fmt: skip
PART_TONES = {
    PartState.NAMED: "wait", PartState.CALLED: "wait", PartState.ANSWERED: "doing", PartState.ARRIVED: "doing",
    PartState.DONE: "done", PartState.RELEASED: "back", PartState.ABSENT: "late", PartState.CANCELLED: "back",
}  # fmt: skip


@dataclass(frozen=True)
class PartLine:
    """One called unit: when it answered and came, what it did, what both sides said."""

    unit: str
    level: Label
    label: Label
    tone: str
    answered: str
    answer_clock: Clock | None
    arrived: str
    arrive_clock: Clock | None
    how: Label
    words: list[tuple[Label, str]]
    photos: list[dict[str, str]]
    objection: str
    decided: str
    climbed: bool
    ratings: list[tuple[Label, str]]


@dataclass
class WhistleFile:
    """One whistle on one page for one person."""

    rows: Rows
    title: str
    state_words: Label
    tone: str
    marks: list[tuple[str, Label]]
    line: list[str]
    moves: list[dict[str, Any]]
    legal: list[str]
    steps: list[dict[str, Any]]
    place: int
    next_word: Label
    parts: list[PartLine]
    code: str
    limits: list[tuple[Label, str]]
    why: list[tuple[Label, str]]
    said: list[tuple[Label, str, str, str]]  # decision, who and when asked, reason, what was decided
    case_url: str = ""
    history: list[tuple[str, str]] = field(default_factory=list)

    @property
    def whistle(self) -> Whistle:
        return self.rows.whistle


def number_of(whistle: Whistle, case: Case) -> str:
    return f"{case.number}-W{whistle.serial}"


def state_of(whistle: Whistle) -> tuple[Label, str]:
    state = WhistleState(whistle.state)
    return state.label, TONES[state]


def whistlefile(rows: Rows, *, actor: Actor, now: datetime, wanted: str = "") -> WhistleFile:
    whistle, case = rows.whistle, rows.case
    said = {one for row in rows.approvals for one in (row.asked_by, row.decided_by)}
    names: dict[UUID | None, Any] = dict(
        people.named(one for one in {whistle.asked_by, *said} if one is not None).items()
    )
    legal = reads.legal_moves(rows, actor, now)
    label, tone = state_of(whistle)
    steps, place, following = _steps(rows)
    caller = Who.CALLER in rows.whose(actor)
    kind = whistle.kind
    return WhistleFile(
        rows=rows,
        title=case.title or case.number,
        state_words=label,
        tone=tone,
        marks=_marks(whistle),
        line=[number_of(whistle, case), whistle.caller_unit.name, places.name_of(case.area_code)],
        moves=[_link(whistle, name, place, wanted) for place, name in enumerate(legal)],
        legal=legal,
        steps=steps,
        place=place,
        next_word=following,
        parts=[_part(rows, one, now) for one in rows.parts],
        code=arrival_code(whistle.pk) if caller and whistle.state in GOING else "",
        limits=[
            (_("应哨"), Limit.parse(kind.answer_limit).words()),
            (_("报到"), Limit.parse(kind.arrive_limit).words()),
        ],
        why=_why(whistle, names, now),
        said=[_said(one, rows, names, now) for one in rows.approvals],
        case_url=reverse("cases:case", args=[case.pk]),
    )


def _marks(whistle: Whistle) -> list[tuple[str, Label]]:
    found: list[tuple[str, Label]] = [("urgent" if whistle.kind.phoned_first else "note", gettext(whistle.kind.name))]
    if whistle.phoned_at is not None and whistle.confirmed is None:
        found.append(("note", _("先打电话，负责人还没有补认")))
    if whistle.confirmed is False:
        found.append(("note", _("负责人不认可这次吹哨")))
    return found


def _link(whistle: Whistle, name: str, place: int, wanted: str) -> dict[str, Any]:
    move = WHISTLE_MOVES[name]
    return {
        "name": name, "words": move.label, "icon": move.icon, "main": place == 0 and not move.danger,
        "url": f"{reverse('cases:whistle', args=[whistle.pk])}?move={name}", "current": name == wanted,
    }  # fmt: skip


def _steps(rows: Rows) -> tuple[list[dict[str, Any]], int, Label]:
    """吹哨 → 应哨 → 报到 → 联合处置 → 销哨 → 评哨, each with when it was."""
    whistle = rows.whistle
    answered = [at for one in rows.parts if (at := one.answered_at or one.arrived_at) is not None]
    arrived = [one.arrived_at for one in rows.parts if one.arrived_at is not None]
    done = [one.done_at for one in rows.parts if one.done_at is not None]
    at_work = any(one.state == PartState.ARRIVED for one in rows.parts)
    times: list[tuple[Label, datetime | None]] = [
        (_("吹哨"), whistle.blown_at),
        (_("应哨"), min(answered, default=None)),
        (_("报到"), min(arrived, default=None)),
        (_("联合处置"), max(done, default=None) if not at_work else None),
        (_("销哨"), whistle.ended_at if whistle.done else None),
        (_("评哨"), whistle.rated_at),
    ]
    over = whistle.state in (WhistleState.REFUSED, WhistleState.CANCELLED)
    place = next((number for number, (_word, at) in enumerate(times) if at is None), len(times))
    steps = []
    for number, (word, at) in enumerate(times):
        state = "past" if number < place else "now" if number == place and not over else "next"
        step: dict[str, Any] = {"word": word, "state": state}
        if state == "now":
            step["tone"] = "doing"
        if at is not None and state == "past":
            step["at"] = clock_words(at)
        steps.append(step)
    following = times[place + 1][0] if place + 1 < len(times) and not over else ""
    return steps, min(place + 1, len(times)), following


def _why(whistle: Whistle, names: dict[UUID | None, Any], now: datetime) -> list[tuple[Label, str]]:
    asker = str(names.get(whistle.asked_by, "")) if whistle.asked_by is not None else ""
    found: list[tuple[Label, str]] = [(_("本级为什么办不了"), whistle.reason)]
    if whistle.wanted:
        found.append((_("要做什么"), whistle.wanted))
    if whistle.phoned_at is not None:
        found.append((_("打电话"), when_words(whistle.phoned_at, now)))
    found.append((_("申请"), f"{asker} {when_words(whistle.asked_at, now)}"))
    if whistle.end_words:
        found.append((_("没有吹成"), whistle.end_words))
    return found


def _said(one: Approval, rows: Rows, names: dict[UUID | None, Any], now: datetime) -> tuple[Label, str, str, str]:
    part = rows.part(one.object_id)
    about = f" · {part.unit.short_name}" if part is not None else ""
    asked = f"{names.get(one.asked_by, '')}{about} {when_words(one.asked_at, now)}"
    decided = str(ApprovalState(one.state).label)
    if one.decided_at is not None:
        who = names.get(one.decided_by, "")
        decided = f"{decided} {who} {when_words(one.decided_at, now)} {one.words}".strip()
    return one.get_kind_display(), asked, one.reason, decided


def _part(rows: Rows, part: WhistlePart, now: datetime) -> PartLine:
    clocks = rows.clocks.get(part.pk, {})
    state = PartState(part.state)
    waits = state in WAITED_FOR
    words: list[tuple[Label, str]] = []
    if part.answer_words:
        words.append((_("应哨"), part.answer_words))
    if part.done_words:
        words.append((_("做了"), part.done_words))
    objections = [one for one in rows.approvals if one.object_id == part.pk]
    ratings: list[tuple[Label, str]] = []
    if part.shown:
        ratings = [
            (_("吹哨单位评"), _rating(part.caller_score, part.caller_words)),
            (_("该单位评"), _rating(part.unit_score, part.unit_words)),
        ]
    return PartLine(
        unit=part.unit.name,
        level=LEVELS.get(reads.body_of(part.unit).level, ""),
        label=state.label,
        tone=PART_TONES[state],
        answered=_took(part.answered_at or part.arrived_at, clocks.get(ANSWER)),
        answer_clock=clocks.get(ANSWER) if state == PartState.CALLED else None,
        arrived=_took(part.arrived_at, clocks.get(ARRIVE)),
        arrive_clock=clocks.get(ARRIVE) if waits else None,
        how=Arrival(part.arrived_how).label if part.arrived_how else "",
        words=words,
        photos=_photos(rows, part) if state in CAME else [],
        objection=objections[0].reason if objections else "",
        decided=str(ApprovalState(objections[0].state).label) if objections else "",
        climbed=bool(part.climbed),
        ratings=ratings,
    )


def _rating(score: int | None, words: str) -> str:
    told = str(_("%(score)s 分") % {"score": score})
    return f"{told} · {words}" if words else told


def _took(at: datetime | None, clock: Clock | None) -> str:
    """`09:45 · 2分`: when, and how long after the call."""
    if at is None:
        return ""
    late = clock is not None and at > clock.due_at
    words = clock_words(at)
    if clock is not None and at >= clock.started_at:
        words = f"{words} · {span_words(at - clock.started_at)}"
    return str(_("%(when)s（超时）") % {"when": words}) if late else words


def _photos(rows: Rows, part: WhistlePart) -> list[dict[str, str]]:
    found = files.of_owners(THING, [part.pk]).get(part.pk, [])
    return [
        {
            "url": reverse("cases:preview", args=[rows.case.pk, one.pk]),
            "full_url": reverse("cases:file", args=[rows.case.pk, one.pk]),
            "alt": str(_("%(unit)s 的现场照片") % {"unit": part.unit.short_name}),
        }
        for one in found
    ]


@dataclass(frozen=True)
class WhistleLine:
    """A whistle in a list."""

    number: str
    title: str
    kind: str
    caller: str
    units: str
    label: Label
    tone: str
    at: str
    url: str


def line_of(whistle: Whistle, case: Case, now: datetime) -> WhistleLine:
    """A whistle of a list that has its parts and units fetched."""
    label, tone = state_of(whistle)
    return WhistleLine(
        number=number_of(whistle, case),
        title=case.title or case.number,
        kind=gettext(whistle.kind.name),
        caller=whistle.caller_unit.short_name,
        units=listed(f"{one.unit.short_name} {PartState(one.state).label}" for one in whistle.parts.all()),
        label=label,
        tone=tone,
        at=when_words(whistle.asked_at, now),
        url=reverse("cases:whistle", args=[whistle.pk]),
    )


@dataclass(frozen=True)
class WhistlePanel:
    """Whistles on the page of a case."""

    lines: list[WhistleLine]
    ask_url: str

    def __bool__(self) -> bool:
        return bool(self.lines or self.ask_url)


def panel_of(case: Case, *, actor: Actor, now: datetime) -> WhistlePanel:
    lines = [line_of(one, case, now) for one in reads.of_case(case)] if case.whistled or case.state in OPEN else []
    may = case.state in OPEN and bool(reads.caller_units(case, actor))
    return WhistlePanel(lines, reverse("cases:ask_whistle", args=[case.pk]) if may else "")
