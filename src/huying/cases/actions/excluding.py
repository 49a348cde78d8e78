"""Leaving a case out of scores: asked after the answer, agreed by two persons, objected to by the caller, over in time.

It decides on one case. The case's version moves with it, so that every count that knows the case is made anew.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind, ApprovalState, ApprovalVerb
from huying.cases.actions.acting import act
from huying.cases.actions.docket import Docket
from huying.cases.models import Exclusion
from huying.cases.queries import exclusions as reads
from huying.cases.rules.exclusions import (
    DECIDES,
    FLOW,
    GONE,
    HOLDS_FOR,
    SECOND_WITHIN,
    STEP,
    THING,
    ExclusionFacts,
    ExclusionState,
    ExclusionVerb,
)
from huying.clocks import actions as clocks
from huying.clocks.rules import Limit
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.people.rules import Duty

WORDS = 500


def may_ask(docket: Docket, actor: Actor) -> bool:
    """The units that handled the case, and its desk."""
    done = {one.unit_id for one in docket.orders if one.state not in GONE}
    desk = actor.may(Duty.DISPATCH, docket.case.desk_code)
    return desk or any(actor.may_for_unit(Duty.HANDLE, one) for one in done)


def may_decide(docket: Docket, row: Exclusion, actor: Actor) -> bool:
    return any(actor.may(duty, docket.case.desk_code) for duty in DECIDES[ExclusionState(row.state)][0])


def facts_of(
    docket: Docket,
    row: Exclusion | None,
    rows: list[Exclusion],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    evidence: str | None = None,
) -> ExclusionFacts:
    handlers = {one.handler_id for one in docket.orders} | {docket.case.answered_by}
    return reads.facts_of(
        docket.case,
        row,
        rows,
        handlers=frozenset(one for one in handlers if one is not None),
        units=frozenset(one.unit_id for one in docket.orders if one.state not in GONE),
        actor=actor,
        now=now,
        reason=reason,
        evidence=evidence,
    )


@act
def ask_exclusion(docket: Docket, *, kind: str, reason: str, evidence: str, actor: Actor, now: datetime) -> None:
    """申请剔除 of an answered case, or another ninety days of one: by a unit that handled it, or the desk.

    `kind` is the code of a kind in force. Raises NotAllowed, Invalid for a kind that is none, IllegalMove for a case
    that is not answered, ended more than 30 days ago or has been asked for already.
    """
    why, proof = clean(reason, limit=WORDS, field="reason"), clean(evidence, limit=WORDS, field="evidence")
    if not may_ask(docket, actor):
        raise NotAllowed(_("剔除由办过这件事的单位或调度中心申请。"))
    chosen = next(
        (one for one in reads.kinds(timezone.localdate(now), docket.case.area_code) if one.code == kind), None
    )
    if chosen is None:
        raise Invalid({"kind": [_("请选剔除的种类。")]})
    case, rows = docket.case, reads.standing(docket.case)
    FLOW.move(ExclusionVerb.ASK, facts_of(docket, None, rows, actor=actor, now=now, reason=why, evidence=proof))
    row = Exclusion(
        id=docket.make_id(), case=case, kind=chosen, state=ExclusionState.ASKED, reason=why, evidence=proof,
        hands=_hands([], actor), asked_at=now, renews=reads.in_force(rows),
    )  # fmt: skip
    docket.add(row)
    _ask(docket, row, ApprovalKind.EXCLUSION, why, actor=actor, now=now)
    case.exclusion = ExclusionState.ASKED
    _note(docket, row, ExclusionVerb.ASK, actor=actor, now=now)


@act
def decide_exclusion(docket: Docket, *, granted: bool, words: str = "", actor: Actor, now: datetime) -> None:
    """The first person's decision, or the second's: neither asked, decided before or handled the case.

    Raises NotAllowed without the duty that this step asks for, IllegalMove.
    """
    text = clean(words, limit=WORDS, field="words")
    rows = reads.standing(docket.case)
    row = reads.waiting(rows)
    if row is None:
        raise IllegalMove(_("没有等着审定的剔除申请。请刷新看看。"))
    if not may_decide(docket, row, actor):
        raise NotAllowed(_("审定剔除不是您的职责。"))
    agreed = DECIDES[ExclusionState(row.state)][1]
    verb = agreed if granted else ExclusionVerb.REFUSE
    found = FLOW.move(verb, facts_of(docket, row, rows, actor=actor, now=now, reason=None if granted else text))
    asked = Approval.objects.filter(object_kind=THING, object_id=row.pk, state=ApprovalState.ASKED).first()
    if asked is not None:
        docket.decide(asked, ApprovalVerb.GRANT if granted else ApprovalVerb.REFUSE, actor=actor, now=now, words=text)
    row.hands = _hands(row.hands, actor)
    row.state = ExclusionState(found.lands(ExclusionState(row.state)))
    docket.change(row)
    if row.state == ExclusionState.SECONDING:
        _ask(docket, row, ApprovalKind.EXCLUSION_SECOND, row.reason, actor=actor, now=now)
        clocks.start(
            object_kind=THING, object_id=row.pk, step=STEP, limit=Limit.parse(SECOND_WITHIN),
            area_code=docket.case.area_code, now=now,
        )  # fmt: skip
        docket.case.exclusion = ExclusionState.SECONDING
    else:
        clocks.stop(object_kind=THING, object_id=row.pk, now=now)
        docket.case.exclusion = ""
        if row.state == ExclusionState.IN_FORCE:
            _hold(docket, row, rows, now=now)
        else:
            row.ended_at = now
    _note(docket, row, verb, actor=actor, now=now)


def _hands(before: list[UUID], actor: Actor) -> list[UUID]:
    """Everybody with a hand in it so far, and this person."""
    return before if actor.id is None else [*before, actor.id]


def _hold(docket: Docket, row: Exclusion, rows: list[Exclusion], *, now: datetime) -> None:
    """It is in force. What it renews is over; one that was objected to keeps its day."""
    before = reads.in_force([one for one in rows if one.pk != row.pk])
    if before is not None:
        docket.end_exclusion(before, now=now)
    row.granted_at = row.granted_at or now
    row.until = row.until or timezone.localdate(now) + HOLDS_FOR
    docket.case.excluded = True


@act
def object_to_exclusion(docket: Docket, *, reason: str, actor: Actor, now: datetime) -> None:
    """The caller does not agree: from now on the case counts again, until two others have decided anew.

    Raises NotAllowed for anybody but a reporter of the case, IllegalMove where nothing is in force or an objection was
    made before.
    """
    text = clean(reason, limit=WORDS, field="reason")
    if not any(one.pk == actor.report_id and one.withdrawn_at is None for one in docket.reports):
        raise NotAllowed(_("只有反映这件事的人能提异议。"))
    rows = reads.standing(docket.case)
    row = reads.in_force(rows)
    if row is None:
        raise IllegalMove(_("这件事没有剔除，不用提异议。"))
    FLOW.move(ExclusionVerb.OBJECT, facts_of(docket, row, rows, actor=actor, now=now, reason=text))
    renewal = reads.waiting(rows)
    if renewal is not None:
        docket.end_exclusion(renewal, now=now)
    row.state, row.objected_at, row.objection = ExclusionState.ASKED, now, text
    docket.change(row)
    _ask(docket, row, ApprovalKind.EXCLUSION, row.reason, actor=actor, now=now)
    docket.case.excluded, docket.case.exclusion = False, ExclusionState.ASKED
    _note(docket, row, ExclusionVerb.OBJECT, actor=actor, now=now)


@act
def close_exclusion(docket: Docket, *, actor: Actor, now: datetime) -> None:
    """What the house does by the clock: no second decision in time, or the ninety days are over."""
    today = timezone.localdate(now)
    for row in reads.standing(docket.case):
        clock = reads.second_clock(row) if row.state == ExclusionState.SECONDING else None
        if row.until is not None and row.until <= today:
            verb = ExclusionVerb.END
        elif clock is not None and clock.due_at <= now:
            verb = ExclusionVerb.LAPSE
        else:
            continue
        before = ExclusionState(row.state)
        row.state = ExclusionState(FLOW.move(verb, ExclusionFacts(before)).lands(before))
        row.ended_at = now
        docket.change(row)
        docket.stop_asking(row, now=now)
        if before == ExclusionState.IN_FORCE:
            docket.case.excluded = False
        else:
            docket.case.exclusion = ""
        _note(docket, row, verb, actor=actor, now=now)


def close_exclusions(*, actor: Actor, now: datetime) -> int:
    """Let end what is over; says of how many cases. Run twice, the second finds nothing to do."""
    done = 0
    for case_id in list(reads.over(now)):
        with suppress(IllegalMove):  # decided just now
            close_exclusion(case_id, actor=actor, now=now)
            done += 1
    return done


def _ask(docket: Docket, row: Exclusion, kind: ApprovalKind, reason: str, *, actor: Actor, now: datetime) -> None:
    facts = {"kind": row.kind.code, "version": row.kind.version, "case": str(docket.case.pk)}
    docket.ask(kind, object_kind=THING, object_id=row.pk, reason=reason, facts=facts, actor=actor, now=now)


def _note(docket: Docket, row: Exclusion, verb: ExclusionVerb, *, actor: Actor, now: datetime) -> None:
    """The line of the case's history. The version tells the counts that the case stands otherwise."""
    docket.case.version += 1
    docket.change(docket.case)
    facts = {"exclusion": str(row.pk), "kind": row.kind.code, "version": row.kind.version}
    state = docket.case.state
    docket.note(
        kind="case", object_id=docket.case.pk, verb=verb, actor=actor, now=now, from_state=state, to_state=state,
        facts=facts,
    )  # fmt: skip
