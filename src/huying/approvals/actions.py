"""Asking for a decision, deciding, taking back. Duty and effect are the caller's: it owns the object.

The caller locks its object first and the approval after it, so that two callers never wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from huying.approvals.models import Approval
from huying.approvals.rules import FLOW, ApprovalFacts, ApprovalKind, ApprovalState, ApprovalVerb
from huying.audit import actions as audit
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean

REASON_LIMIT = 500


@transaction.atomic
def ask(
    *,
    kind: str,
    object_kind: str,
    object_id: UUID,
    area_code: str,
    reason: str,
    facts: dict[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> Approval:
    """Ask for a decision.

    Raises NotAllowed for a resident, Invalid without a reason, Conflict while the same is already asked.
    """
    if actor.kind == ActorKind.RESIDENT:
        raise NotAllowed
    reason = clean(reason, limit=REASON_LIMIT, field="reason")
    if not reason:
        raise Invalid({"reason": [_("请写明理由，审批的人要看。")]})
    try:
        with transaction.atomic():
            approval = Approval.objects.create(
                kind=ApprovalKind(kind),
                object_kind=object_kind,
                object_id=object_id,
                area_code=area_code,
                reason=reason,
                facts=facts or {},
                asked_by=actor.id,
                asked_at=now,
            )
    except IntegrityError as why:
        raise Conflict(_("这一项已经有人申请了，正在等审批。"), kind=str(kind)) from why
    _append(approval, ApprovalVerb.ASK, from_state="", actor=actor, now=now)
    return approval


@transaction.atomic
def decide(*, approval_id: UUID, granted: bool, words: str, actor: Actor, now: datetime) -> Approval:
    """Grant or refuse, by another person than the one who asked.

    Raises NotFound, IllegalMove (decided already, the asker, not a person), Invalid (a refusal without words).
    """
    words = clean(words, limit=REASON_LIMIT, field="words")
    if not granted and not words:
        raise Invalid({"words": [_("不同意要写明原因，申请的人要看。")]})
    verb = ApprovalVerb.GRANT if granted else ApprovalVerb.REFUSE
    return _moved(approval_id, verb, words=words, actor=actor, now=now)


@transaction.atomic
def withdraw(*, approval_id: UUID, actor: Actor, now: datetime, words: str = "") -> Approval:
    """Take a request back: the asker, or a rule when the object ended another way.

    Raises NotFound, IllegalMove (decided already, somebody else's).
    """
    words = clean(words, limit=REASON_LIMIT, field="words")
    return _moved(approval_id, ApprovalVerb.WITHDRAW, words=words, actor=actor, now=now)


def _moved(approval_id: UUID, verb: ApprovalVerb, *, words: str, actor: Actor, now: datetime) -> Approval:
    approval = Approval.objects.select_for_update(of=("self",)).filter(pk=approval_id).first()
    if approval is None:
        raise NotFound("approval")
    before = ApprovalState(approval.state)
    move = FLOW.move(verb, ApprovalFacts(before, approval.asked_by, actor))
    approval.state = move.lands(before)
    approval.words = words
    approval.decided_by = actor.id
    approval.decided_at = now
    approval.save(update_fields=["state", "words", "decided_by", "decided_at"])
    _append(approval, verb, from_state=before, actor=actor, now=now)
    return approval


def _append(approval: Approval, verb: ApprovalVerb, *, from_state: str, actor: Actor, now: datetime) -> None:
    audit.append(
        kind="approval",
        object_id=approval.pk,
        verb=verb.value,
        actor=actor,
        at=now,
        area_code=approval.area_code,
        from_state=str(from_state),
        to_state=str(approval.state),
        facts={"kind": str(approval.kind), "object_kind": approval.object_kind, "object_id": str(approval.object_id)},
    )


def blank_words(*, object_ids: Iterable[UUID], blanked: Callable[[str], str]) -> int:
    """Take passages out of what was asked and answered about these objects; the caller has the right, and says so."""
    changed = 0
    for row in Approval.objects.select_for_update().filter(object_id__in=list(object_ids)).order_by("pk"):
        new = (blanked(row.reason), blanked(row.words))
        if new != (row.reason, row.words):
            row.reason, row.words = new
            row.save(update_fields=["reason", "words"])
            changed += 1
    return changed
