"""Whistles: called, answered, arrived, handled together, ended by the caller, rated by both sides.

Every move locks the case first, under the actor's scope, so that acts on one case never pass each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huying.approvals import actions as approvals
from huying.approvals.rules import ApprovalKind
from huying.audit import actions as audit
from huying.cases import events, queries
from huying.cases.actions.acting import done_before
from huying.cases.codes import arrival_code
from huying.cases.models import Case, Whistle, WhistleKind, WhistlePart
from huying.cases.queries import whistles as reads
from huying.cases.queries.outside import NO_CASE
from huying.cases.queries.whistles import Rows, body_of
from huying.cases.rules import OPEN
from huying.cases.rules.whistles import (
    ANSWER,
    ARRIVE,
    CAME,
    FLOW,
    PART_FLOW,
    RECORD_WITHIN,
    THING,
    WAITED_FOR,
    WHO,
    Arrival,
    Given,
    PartState,
    PartVerb,
    WhistleState,
    WhistleVerb,
    Who,
    may_call,
)
from huying.clocks import actions as clocks
from huying.clocks.rules import Limit
from huying.files import actions as files
from huying.files.rules import FilePurpose, PreparedImage
from huying.kernel.actor import Actor, rule
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.people import queries as people

MOST_CALLED = 12
WORDS_LIMIT = 1000
REASON_LIMIT = 500


class Sheet:
    """One whistle under its case's lock, and what this act does to it."""

    def __init__(self, rows: Rows, *, actor: Actor, now: datetime, key: UUID | None = None, hashed: str = "") -> None:
        self.rows, self.actor, self.now = rows, actor, now
        self.key, self.hashed = key, hashed
        self.done_before = False

    @property
    def whistle(self) -> Whistle:
        return self.rows.whistle

    def need(self, verb: WhistleVerb | PartVerb, part: WhistlePart | None = None) -> None:
        """Raises NotAllowed where the move is not the actor's."""
        who = WHO[verb]
        if who != Who.HOUSE and who not in self.rows.whose(self.actor, part):
            raise NotAllowed(_("这一步由%(who)s来办。") % {"who": who.label})

    def move(self, verb: WhistleVerb, given: Given | None = None, **facts: Any) -> None:
        """Walk the whistle's table and write the line; the row is saved by the act."""
        self.need(verb)
        before = self.whistle.state
        found = FLOW.move(verb, self.rows.facts(self.now, given))
        self.whistle.state = str(found.lands(before))
        self.note(verb, before, self.whistle.state, **facts)

    def move_part(self, part: WhistlePart, verb: PartVerb, given: Given | None = None, **facts: Any) -> None:
        self.need(verb, part)
        before = part.state
        found = PART_FLOW.move(verb, self.rows.part_facts(part, self.now, given))
        part.state = str(found.lands(before))
        self.note(verb, before, part.state, part=part.pk, unit=part.unit_id, **facts)

    def note(self, verb: str, before: str, after: str, **facts: Any) -> None:
        audit.append(
            kind=THING, object_id=self.whistle.pk, verb=str(verb), actor=self.actor, at=self.now,
            area_code=self.rows.case.area_code, from_state=before, to_state=after, facts=facts, key=self.key,
            body_hash=self.hashed if self.key is not None else "",
        )  # fmt: skip
        self.key = None  # of the act's first line

    def tell(self, verb: str, part: WhistlePart | None = None) -> Whistle:
        """Save what moved, and emit the news."""
        self.whistle.save()
        for one in self.rows.parts:
            one.save()
        case = self.rows.case
        events.whistled.emit(
            at=self.now, case_id=case.pk, whistle_id=self.whistle.pk, part_id=part.pk if part is not None else None,
            verb=verb, state=self.whistle.state, area_code=case.area_code, restricted=case.restricted,
            units=[one.unit_id for one in self.rows.parts if one.state in WAITED_FOR | CAME],
        )  # fmt: skip
        return self.whistle

    def stop(self, parts: Iterable[WhistlePart], step: str | None = None) -> None:
        clocks.stop_many(object_kind=THING, object_ids=[part.pk for part in parts], now=self.now, step=step)


def _held(verb: str, object_id: UUID, given: dict[str, Any], key: UUID | None) -> tuple[str, Whistle | None]:
    """The mark of what was sent, and the whistle of the act that this key did before."""
    hashed, earlier = done_before(verb, object_id, given, key)
    return hashed, Whistle.objects.get(pk=earlier.object_id) if earlier is not None else None


def _opened(
    verb: str, whistle_id: UUID, given: dict[str, Any], *, key: UUID | None, actor: Actor, now: datetime
) -> Sheet:
    """A whistle whose case the actor may see, locked; NotFound otherwise, whatever the reason."""
    case_id = Whistle.objects.filter(pk=whistle_id).values_list("case_id", flat=True).first()
    case = queries.locked(case_id or NO_CASE, actor)
    if case is None:
        raise NotFound(THING)
    hashed, earlier = _held(verb, whistle_id, given, key)
    rows = reads.read(Whistle.objects.select_related("kind", "caller_unit").get(pk=whistle_id), case)
    sheet = Sheet(rows, actor=actor, now=now, key=key, hashed=hashed)
    sheet.done_before = earlier is not None
    return sheet


def _own_part(sheet: Sheet) -> WhistlePart:
    part = sheet.rows.part_of(sheet.actor)
    if part is None:
        raise NotAllowed(_("这一步由%(who)s来办。") % {"who": Who.UNIT.label})
    return part


def _named_part(sheet: Sheet, part_id: UUID) -> WhistlePart:
    part = sheet.rows.part(part_id)
    if part is None:
        raise NotFound(THING)
    return part


# Asking and blowing


@transaction.atomic
def ask_whistle(
    case_id: UUID,
    *,
    kind: str,
    unit_ids: Iterable[UUID],
    reason: str,
    wanted: str = "",
    caller_id: UUID | None = None,
    phoned_at: datetime | None = None,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Whistle:
    """Ask for a whistle: the head of the caller's unit agrees before it goes out (the head's own goes at once).

    An emergency was phoned first, at `phoned_at`, and is written down within 24 hours: it goes out at once, and the
    head says afterwards whether it was right. Raises NotFound outside the actor's scope, NotAllowed where no unit of
    the actor's whistles here, IllegalMove on a case that has ended, Invalid, KeyReused.
    """
    case = queries.locked(case_id, actor)
    if case is None:
        raise NotFound("case")
    units = list(dict.fromkeys(unit_ids))
    why = clean(reason, limit=REASON_LIMIT, field="reason")
    what = clean(wanted, limit=WORDS_LIMIT, field="wanted")
    given = {"kind": kind, "units": [str(one) for one in units], "words": [why, what], "at": phoned_at}
    hashed, earlier = _held("ask", case_id, given, key)
    if earlier is not None:
        return earlier
    callers = reads.caller_units(case, actor)
    caller = next((one for one in callers if caller_id in (None, one.pk)), None)
    if caller is None:
        raise NotAllowed(_("您的单位不能为这件事吹哨。"))
    if case.state not in OPEN:
        raise IllegalMove(_("这件事已经办结，不能再吹哨。"), state=case.state, verb=str(WhistleVerb.ASK))
    row = next((one for one in reads.kinds(now, case.area_code) if one.code == kind), None)
    if row is None:
        raise Invalid({"kind": [_("没有这一类吹哨。请重新选。")]})
    _check_time(row, phoned_at, case, now)
    _check_units(case, row, caller, units)
    whistle = Whistle(
        case=case, serial=Whistle.objects.filter(case=case).count() + 1, kind=row, caller_unit=caller, state="",
        reason=why, wanted=what, asked_by=actor.id, asked_at=now, phoned_at=phoned_at,
    )  # fmt: skip
    parts = [WhistlePart(whistle=whistle, unit=one) for one in people.units(units).values()]
    sheet = Sheet(Rows(whistle, case, parts, {}), actor=actor, now=now, key=key, hashed=hashed)
    verb = WhistleVerb.PHONE if row.phoned_first else WhistleVerb.ASK
    facts = {"kind": row.code, "version": row.version, "caller": caller.pk, "units": units}
    sheet.move(verb, Given(words=why), **facts)
    for part in parts:
        sheet.move_part(part, PartVerb.NAME)
    whistle.save(force_insert=True)
    WhistlePart.objects.bulk_create(parts)
    head = Who.HEAD in sheet.rows.whose(actor)
    if head:
        _agree(sheet, WhistleVerb.CONFIRM if row.phoned_first else WhistleVerb.APPROVE, Given())
    else:
        approvals.ask(
            kind=ApprovalKind.WHISTLE, object_kind=THING, object_id=whistle.pk, area_code=case.area_code,
            reason=why, actor=actor, now=now,
        )  # fmt: skip
    if row.phoned_first:
        _blow(sheet, since=phoned_at or now)
    return sheet.tell(verb)


def _check_time(row: WhistleKind, phoned_at: datetime | None, case: Case, now: datetime) -> None:
    if not row.phoned_first:
        if phoned_at is not None:
            raise Invalid({"phoned_at": [_("这一类要先经负责人同意，不能先打电话后补记。")]})
        return
    if phoned_at is None:
        raise Invalid({"phoned_at": [_("应急吹哨先打电话。请写打电话的时间。")]})
    if not now - RECORD_WITHIN <= phoned_at <= now:
        raise Invalid({"phoned_at": [_("打电话的时间要在 24 小时以内，也不能晚于现在。")]})
    if phoned_at < case.received_at:
        raise Invalid({"phoned_at": [_("打电话的时间早于这件事收到的时间。请核对。")]})


def _check_units(case: Case, row: WhistleKind, caller: Any, units: list[UUID]) -> None:
    found = people.units(units)
    if not units or len(units) > MOST_CALLED or len(found) != len(units):
        raise Invalid({"units": [_("请选要叫的单位，最多 12 个。")]})
    kept_away = people.recused([case.pk]).get(case.pk)
    for one in found.values():
        fits = one.active and may_call(body_of(caller), body_of(one), place=case.area_code, callers=row.callers)
        if not fits or (kept_away is not None and one.pk in kept_away.units):
            raise Invalid({"units": [_("只能叫上一级、管这个地方、不用回避的单位。请重新选。")]})
    waiting = WhistlePart.objects.filter(
        whistle__case=case, unit_id__in=units, state__in=[str(one) for one in WAITED_FOR | {PartState.NAMED}]
    )
    if waiting.exists():
        raise Invalid({"units": [_("这个单位已经被叫过，还没有到。请不要重复吹哨。")]})


def _agree(sheet: Sheet, verb: WhistleVerb, given: Given) -> None:
    """What the head says: before an ordinary whistle goes out, or after one that was phoned."""
    sheet.move(verb, given)
    if verb in (WhistleVerb.CONFIRM, WhistleVerb.DISOWN):
        sheet.whistle.confirmed = verb == WhistleVerb.CONFIRM
    elif verb == WhistleVerb.APPROVE:
        _blow(sheet, since=sheet.now)
    else:
        sheet.whistle.end_words = given.words
        _drop(sheet)


def _blow(sheet: Sheet, *, since: datetime) -> None:
    """The units are called: both clocks run, that of arriving from the moment of the phone call."""
    kind, case, now = sheet.whistle.kind, sheet.rows.case, sheet.now
    sheet.whistle.blown_at = since
    for part in sheet.rows.parts:
        sheet.move_part(part, PartVerb.CALL)
        for step, limit, at in ((ANSWER, kind.answer_limit, now), (ARRIVE, kind.arrive_limit, since)):
            clocks.start(
                object_kind=THING, object_id=part.pk, step=step, limit=Limit.parse(limit), area_code=case.area_code,
                now=at,
            )  # fmt: skip
    if not case.whistled:
        case.whistled = True
        case.save(update_fields=["whistled"])


def _drop(sheet: Sheet) -> None:
    """The whistle is over before anybody came: its parts and clocks end with it."""
    for part in sheet.rows.parts:
        if part.state in WAITED_FOR | {PartState.NAMED}:
            sheet.move_part(part, PartVerb.DROP)
    sheet.stop(sheet.rows.parts)


@transaction.atomic
def decide_whistle(
    whistle_id: UUID, *, granted: bool, words: str = "", key: UUID | None = None, actor: Actor, now: datetime
) -> Whistle:
    """The head of the caller's unit agrees or not; what was phoned first goes on whatever the head says of it.

    Raises NotFound, NotAllowed, IllegalMove (nothing to decide, or asked by the same person), Invalid without words.
    """
    text = clean(words, limit=REASON_LIMIT, field="words")
    sheet = _opened("decide", whistle_id, {"granted": granted, "words": text}, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    if sheet.whistle.phoned_at is not None:
        verb = WhistleVerb.CONFIRM if granted else WhistleVerb.DISOWN
    else:
        verb = WhistleVerb.APPROVE if granted else WhistleVerb.REFUSE
    sheet.need(verb)
    _agree(sheet, verb, Given(words=text))
    asked = sheet.rows.asked(ApprovalKind.WHISTLE, whistle_id)
    if asked is None:
        raise IllegalMove(state=sheet.whistle.state, verb=str(verb))
    approvals.decide(approval_id=asked.pk, granted=granted, words=text, actor=actor, now=now)
    return sheet.tell(verb)


@transaction.atomic
def cancel_whistle(whistle_id: UUID, *, words: str, key: UUID | None = None, actor: Actor, now: datetime) -> Whistle:
    """Call it off before anybody came, with the reason. Raises NotFound, NotAllowed, IllegalMove."""
    text = clean(words, limit=REASON_LIMIT, field="words")
    sheet = _opened("cancel", whistle_id, {"words": text}, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    sheet.move(WhistleVerb.CANCEL, Given(words=text))
    sheet.whistle.end_words = text
    sheet.whistle.ended_at = now
    for asked in sheet.rows.approvals:
        # Of a phoned whistle the head still says whether it was right to phone.
        if asked.decided_at is None and not (asked.object_id == whistle_id and sheet.whistle.phoned_at is not None):
            _take_back(asked.pk, now)
    _drop(sheet)
    return sheet.tell(WhistleVerb.CANCEL)


def _take_back(approval_id: UUID, now: datetime) -> None:
    approvals.withdraw(approval_id=approval_id, actor=rule("whistle.cancelled"), now=now)


# A called unit


@transaction.atomic
def answer_whistle(
    whistle_id: UUID, *, words: str = "", key: UUID | None = None, actor: Actor, now: datetime
) -> Whistle:
    """应哨: the unit comes. Raises NotFound, NotAllowed, IllegalMove."""
    text = clean(words, limit=WORDS_LIMIT, field="words")
    sheet = _opened("answer", whistle_id, {"words": text}, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    part = _own_part(sheet)
    sheet.move_part(part, PartVerb.ANSWER)
    part.answered_at, part.answer_words = now, text
    sheet.stop([part], ANSWER)
    return sheet.tell(PartVerb.ANSWER, part)


@transaction.atomic
def arrive_whistle(
    whistle_id: UUID,
    *,
    code: str = "",
    images: Iterable[PreparedImage] = (),
    arrived_at: datetime | None = None,
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Whistle:
    """报到: shown by the word that the caller tells on the spot, or by a photo; no position is taken.

    `arrived_at` only where the whistle was phoned first: those who came at once write it down later.
    Raises NotFound, NotAllowed, IllegalMove (neither word nor photo), Invalid.
    """
    pictures = list(images)
    told = clean(code, limit=20, line=True, field="code").replace(" ", "").upper()
    given = {"code": told, "images": [one.sha256 for one in pictures], "at": arrived_at}
    sheet = _opened("arrive", whistle_id, given, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    part = _own_part(sheet)
    at = _arrived(sheet.whistle, arrived_at, now)
    right = told == arrival_code(whistle_id)
    if told and not right:
        raise Invalid({"code": [_("口令不对。请向吹哨单位在现场的人再问一次，或者拍一张现场照片。")]})
    how = Arrival.CODE if right else Arrival.PHOTO
    sheet.move_part(part, PartVerb.ARRIVE, Given(code_right=right, photos=len(pictures)), how=str(how))
    part.arrived_at, part.arrived_how = at, how
    sheet.stop([part])
    _keep(sheet, part, pictures, FilePurpose.CHECK)
    if sheet.whistle.state == WhistleState.BLOWN:
        sheet.move(WhistleVerb.BEGIN)
        sheet.whistle.joint_at = now
    return sheet.tell(PartVerb.ARRIVE, part)


def _arrived(whistle: Whistle, stated: datetime | None, now: datetime) -> datetime:
    if stated is None:
        return now
    if whistle.phoned_at is None or not whistle.phoned_at <= stated <= now:
        raise Invalid({"arrived_at": [_("只有先打电话的吹哨能补写到场时间，要在打电话之后、现在之前。")]})
    return stated


def _keep(sheet: Sheet, part: WhistlePart, pictures: list[PreparedImage], purpose: FilePurpose) -> None:
    for one in pictures:
        files.keep_prepared(
            one, owner_kind=THING, owner_id=part.pk, purpose=purpose, area_code=sheet.rows.case.area_code,
            actor=sheet.actor, now=sheet.now,
        )  # fmt: skip


@transaction.atomic
def finish_part(
    whistle_id: UUID,
    *,
    words: str,
    images: Iterable[PreparedImage] = (),
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Whistle:
    """The unit has done its part, and writes what it did into the joint record. Raises NotFound, NotAllowed,
    IllegalMove."""
    pictures = list(images)
    text = clean(words, limit=WORDS_LIMIT, field="words")
    given = {"words": text, "images": [one.sha256 for one in pictures]}
    sheet = _opened("finish", whistle_id, given, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    part = _own_part(sheet)
    sheet.move_part(part, PartVerb.FINISH, Given(words=text))
    part.done_at, part.done_words = now, text
    _keep(sheet, part, pictures, FilePurpose.PROOF)
    return sheet.tell(PartVerb.FINISH, part)


@transaction.atomic
def object_to_whistle(whistle_id: UUID, *, words: str, key: UUID | None = None, actor: Actor, now: datetime) -> Whistle:
    """A unit says that it is not for it: once, while it has time to answer. Both clocks stand until it is decided.

    Raises NotFound, NotAllowed, IllegalMove.
    """
    text = clean(words, limit=REASON_LIMIT, field="words")
    sheet = _opened("object", whistle_id, {"words": text}, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    part = _own_part(sheet)
    sheet.move_part(part, PartVerb.OBJECT, Given(words=text))
    part.objected_at = now
    approvals.ask(
        kind=ApprovalKind.OBJECTION, object_kind=THING, object_id=part.pk, area_code=sheet.rows.case.area_code,
        reason=text, actor=actor, now=now,
    )  # fmt: skip
    clocks.pause(object_kind=THING, object_id=part.pk, reason="objection", now=now)
    return sheet.tell(PartVerb.OBJECT, part)


@transaction.atomic
def decide_objection(
    whistle_id: UUID,
    *,
    part_id: UUID,
    granted: bool,
    words: str = "",
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Whistle:
    """The desk of the tier above the caller upholds an objection (the unit is released) or overrules it (it comes).

    Raises NotFound, NotAllowed, IllegalMove.
    """
    text = clean(words, limit=REASON_LIMIT, field="words")
    given = {"part": str(part_id), "granted": granted, "words": text}
    sheet = _opened("decide_objection", whistle_id, given, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    part = _named_part(sheet, part_id)
    verb = PartVerb.UPHOLD if granted else PartVerb.OVERRULE
    sheet.move_part(part, verb, Given(words=text))
    asked = sheet.rows.asked(ApprovalKind.OBJECTION, part_id)
    if asked is not None:
        approvals.decide(approval_id=asked.pk, granted=granted, words=text, actor=actor, now=now)
    clocks.resume(object_kind=THING, object_id=part.pk, now=now)
    if granted:
        sheet.stop([part])
    return sheet.tell(verb, part)


# Ending and rating


@transaction.atomic
def end_whistle(
    whistle_id: UUID, *, done: str, remains: str, key: UUID | None = None, actor: Actor, now: datetime
) -> Whistle:
    """销哨: the caller alone ends it, with the joint record. Units that never came are written down as absent.

    Raises NotFound, NotAllowed, IllegalMove while somebody is still at work or an objection is open.
    """
    what = clean(done, limit=WORDS_LIMIT, field="done")
    left = clean(remains, limit=WORDS_LIMIT, field="remains")
    sheet = _opened("end", whistle_id, {"done": what, "remains": left}, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    sheet.move(WhistleVerb.END, Given(words=what, remains=left))
    sheet.whistle.done, sheet.whistle.remains, sheet.whistle.ended_at = what, left, now
    for part in sheet.rows.parts:
        if part.state in WAITED_FOR:
            sheet.move_part(part, PartVerb.MISS)
    sheet.stop(sheet.rows.parts)
    return sheet.tell(WhistleVerb.END)


@transaction.atomic
def rate_unit(
    whistle_id: UUID, *, part_id: UUID, score: int, words: str = "", key: UUID | None = None, actor: Actor,
    now: datetime,
) -> Whistle:  # fmt: skip
    """The caller rates a unit that came. Neither side sees the other's rating before it has given its own."""
    text = clean(words, limit=REASON_LIMIT, field="words")
    given = {"part": str(part_id), "score": score, "words": text}
    sheet = _opened("rate_unit", whistle_id, given, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    part = _named_part(sheet, part_id)
    sheet.move_part(part, PartVerb.RATE_UNIT, Given(score=score))
    part.caller_score, part.caller_words = score, text
    return _rated(sheet, PartVerb.RATE_UNIT, part)


@transaction.atomic
def rate_caller(
    whistle_id: UUID, *, score: int, words: str = "", key: UUID | None = None, actor: Actor, now: datetime
) -> Whistle:
    """A unit that came rates the caller: was it right to whistle, was everything ready. Raises as `rate_unit`."""
    text = clean(words, limit=REASON_LIMIT, field="words")
    sheet = _opened("rate_caller", whistle_id, {"score": score, "words": text}, key=key, actor=actor, now=now)
    if sheet.done_before:
        return sheet.whistle
    part = _own_part(sheet)
    sheet.move_part(part, PartVerb.RATE_CALLER, Given(score=score))
    part.unit_score, part.unit_words = score, text
    return _rated(sheet, PartVerb.RATE_CALLER, part)


def _rated(sheet: Sheet, verb: PartVerb, part: WhistlePart) -> Whistle:
    if FLOW.refusal(WhistleVerb.CLOSE, sheet.rows.facts(sheet.now)) is None:
        sheet.move(WhistleVerb.CLOSE)
        sheet.whistle.rated_at = sheet.now
    return sheet.tell(verb, part)


# The ladder


@transaction.atomic
def climb(part_id: UUID, step: str, *, actor: Actor, now: datetime) -> int:
    """Write down that a part is late and that the head of its tier is told; 0 where it is no longer, or was told."""
    case_id = WhistlePart.objects.filter(pk=part_id).values_list("whistle__case_id", flat=True).first()
    case = queries.locked(case_id, actor) if case_id is not None else None
    if case is None:
        return 0
    whistle = Whistle.objects.select_related("kind", "caller_unit").get(parts=part_id)
    sheet = Sheet(reads.read(whistle, case), actor=actor, now=now)
    part = sheet.rows.part(part_id)
    clock = sheet.rows.clocks.get(part_id, {}).get(step)
    rung = 1 if step == ANSWER else 2
    late = clock is not None and clock.running and clock.due_at <= now
    if part is None or not late or part.climbed >= rung or part.state not in WAITED_FOR:
        return 0
    part.climbed = rung
    sheet.note(PartVerb.CLIMB, part.state, part.state, part=part.pk, unit=part.unit_id, step=step)
    sheet.tell(PartVerb.CLIMB, part)
    return 1
