"""Deciding on a version of a street rule: by another than who wrote it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from huying.audit import actions as audit
from huying.audit.queries import body_hash, repeated
from huying.cases.models.base import StreetRule
from huying.cases.rules.street_rules import FLOW, RuleFacts, RuleState, RuleVerb
from huying.kernel.actor import Actor
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.text import clean
from huying.people.rules import Duty
from huying.registers import declared, events, writing
from huying.registers import queries as rows

WORDS = 200


@transaction.atomic
def decide_rule(
    *,
    register: str,
    rule_id: UUID,
    granted: bool,
    words: str = "",
    actor: Actor,
    now: datetime,
    key: UUID | None = None,
) -> StreetRule:
    """Approve a version that waits, so that it holds from its first day on, or refuse it with words.

    Raises NotFound where there is none in the actor's scope, NotAllowed without the leader's duty over its area,
    IllegalMove for its own writers, once it is decided, or when its first day is over. A repeated key decides once.
    """
    kept = declared.REGISTERS.get(register)
    if kept is None or not issubclass(kept.model, StreetRule):
        raise NotFound(register)
    why = clean(words, limit=WORDS, field="words")
    hashed = body_hash({"register": register, "rule": rule_id, "granted": granted, "words": why})
    if repeated(key, hashed) is not None:
        return rows.one(kept, actor, rule_id)  # type: ignore[no-any-return]
    row: StreetRule = writing.locked(kept, actor, rule_id)
    if not actor.may(Duty.LEAD, row.area_code):
        raise NotAllowed(duty=Duty.LEAD)
    verb = RuleVerb.APPROVE if granted else RuleVerb.REFUSE
    before = RuleState(row.state)
    second = actor.id is not None and actor.id not in row.hands
    facts = RuleFacts(before, second_person=second, to_come=row.valid_from >= timezone.localdate(now), words=why)
    row.state = FLOW.move(verb, facts).lands(before)
    row.decided_by, row.decided_at, row.sent_back_words = actor.id, now, "" if granted else why
    row.save(update_fields=["state", "decided_by", "decided_at", "sent_back_words"])
    audit.append(
        kind=register, object_id=row.pk, verb=verb, actor=actor, at=now, area_code=row.area_code,
        from_state=before, to_state=row.state,
        facts={"rule": row.rule, "version": row.version, "valid_from": row.valid_from}, key=key, body_hash=hashed,
    )  # fmt: skip
    events.changed.emit(at=now, register=register, verb=str(verb), row_ids=[row.pk])
    return row
