"""Writes of the knowledge base: one writes, another publishes; its owner looks at it again by a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, transaction
from django.db.models import CharField, Func, TextField, Value
from django.utils import timezone

from huying.audit.actions import append
from huying.audit.queries import body_hash, repeated
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.grams import grams
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, clean
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge as queries
from huying.matters.queries import type_of
from huying.matters.rules.knowledge import (
    BODY_LIMIT,
    KNOWLEDGE_FLOW,
    LONGEST_REVIEW,
    QUESTION_LIMIT,
    KnowledgeKind,
    KnowledgeState,
    KnowledgeVerb,
    ReplyFor,
    blanks_problem,
)
from huying.notices.actions import Recipient, notify
from huying.notices.rules import HandsFacts
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places

WORDS = ("question", "body", "basis", "type_codes", "unit_id", "review_on", "reply_for")
MOST_AT_ONCE = 200


@transaction.atomic
def write_knowledge(
    *,
    version_id: UUID | None = None,
    kind: str,
    area_code: str,
    question: str,
    body: str,
    review_on: date,
    basis: str = "",
    type_codes: Sequence[str] = (),
    unit_id: UUID | None = None,
    reply_for: str = "",
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Knowledge:
    """Write a new text, change the draft there is, or begin the next version of what is in use.

    Raises NotFound outside the actor's areas, NotAllowed without the duty there, Invalid (also for a blank that is not
    known), IllegalMove while a version waits for approval. The same key writes once, KeyReused for another body.
    """
    before = _locked(version_id, actor) if version_id is not None else None
    area_code = before.area_code if before is not None else area_code
    kind = before.kind if before is not None else kind
    if before is None:
        _look(area_code, actor)
    _require(KnowledgeVerb.CHANGE, area_code, actor)
    hashed = ""
    if key is not None:
        sent = [kind, area_code, question, body, basis, sorted(type_codes), unit_id, review_on, reply_for]
        hashed = body_hash(["knowledge", version_id, *sent])
        earlier = repeated(key, hashed)
        if earlier is not None:
            return Knowledge.objects.get(pk=earlier.object_id)
    words = _checked(kind, area_code, question, body, basis, type_codes, unit_id, review_on, reply_for, now=now)
    work = _in_work(before)
    if work is not None:
        _walk(work, KnowledgeVerb.CHANGE, actor)
        for name, value in words.items():
            setattr(work, name, value)
        work.made_by, work.made_at = actor.id, now
        work.save()
    else:
        work = _new(before, kind, area_code, words, actor=actor, now=now)
    _append(work, KnowledgeVerb.CHANGE, "", actor, now, key=key, hashed=hashed)
    return work


def _in_work(before: Knowledge | None) -> Knowledge | None:
    """The version of the same text that is in the making; the text's rows are locked already."""
    if before is None:
        return None
    making = (KnowledgeState.DRAFT, KnowledgeState.SUBMITTED)
    return Knowledge.objects.filter(entry=before.entry, state__in=[str(one) for one in making]).first()


def _new(
    before: Knowledge | None, kind: str, area_code: str, words: dict[str, Any], *, actor: Actor, now: datetime
) -> Knowledge:
    entry = before.entry if before is not None else uuid7()
    last = Knowledge.objects.filter(entry=entry).order_by("-number").values_list("number", flat=True).first() or 0
    try:
        with transaction.atomic():
            return Knowledge.objects.create(
                entry=entry, number=last + 1, kind=kind, area_code=area_code, made_by=actor.id, made_at=now, **words
            )
    except IntegrityError as why:
        raise Conflict from why


def _checked(
    kind: str,
    area_code: str,
    question: str,
    body: str,
    basis: str,
    type_codes: Sequence[str],
    unit_id: UUID | None,
    review_on: date,
    reply_for: str,
    *,
    now: datetime,
) -> dict[str, Any]:
    """The words as they are stored, or Invalid naming the fields."""
    if kind not in KnowledgeKind.values:
        raise Invalid({"kind": [_("请选问答或标准答复。")]})
    wrong: dict[str, list[Any]] = {}
    question = clean(question, limit=QUESTION_LIMIT, line=True, field="question")
    body = clean(body, limit=BODY_LIMIT, field="body")
    basis = clean(basis, limit=LINE_LIMIT, line=True, field="basis")
    for name, text in (("question", question), ("body", body)):
        if not text:
            wrong[name] = [_("这里要写内容。")]
    blanks = blanks_problem(kind, body)
    if blanks is not None:
        wrong["body"] = [blanks]
    if kind == KnowledgeKind.REPLY and reply_for not in ReplyFor.values:
        wrong["reply_for"] = [_("请选用在哪一步。")]
    codes = sorted(set(type_codes))
    if any(type_of(code) is None for code in codes):
        wrong["type_codes"] = [_("清单里没有这类事项。请重新选。")]
    today = timezone.localdate(now)
    if not today < review_on <= today + LONGEST_REVIEW:
        wrong["review_on"] = [_("复核日期要在明天以后、两年以内。")]
    owner = people.unit(unit_id) if unit_id is not None else None
    if unit_id is not None and (owner is None or not _near(owner.area_code, area_code)):
        wrong["unit_id"] = [_("没有这个单位。请重新选。")]
    if wrong:
        raise Invalid(wrong)
    return {
        "question": question, "body": body, "basis": basis, "type_codes": codes, "unit_id": unit_id,
        "review_on": review_on, "reply_for": reply_for if kind == KnowledgeKind.REPLY else "",
        "search": _vector(question, body),
    }  # fmt: skip


def _near(unit_area: str, area_code: str) -> bool:
    return unit_area.startswith(area_code) or area_code.startswith(unit_area)


def _vector(*texts: str) -> Func:
    lexemes = list(dict.fromkeys(one for text in texts for one in grams(text)))
    return Func(
        Value(lexemes, output_field=ArrayField(TextField())), function="array_to_tsvector", output_field=CharField()
    )


@transaction.atomic
def submit_knowledge(*, version_id: UUID, actor: Actor, now: datetime) -> Knowledge:
    """Ask another person to publish the draft."""
    found = _moved(version_id, KnowledgeVerb.SUBMIT, actor=actor, now=now, sent_back_words="")
    notify(
        template="knowledge_asked",
        to=Recipient.holders(Duty.APPROVE_MATTERS, found.area_code),
        facts={"title": found.question},
        area_code=found.area_code,
        object_kind="knowledge",
        object_id=found.pk,
        now=now,
        once=f"knowledge:{found.pk}:{found.made_at.isoformat()}",
        without=[actor.id] if actor.id else [],
    )
    return found


@transaction.atomic
def send_back_knowledge(*, version_id: UUID, words: str, actor: Actor, now: datetime) -> Knowledge:
    """Not as it stands: back to the draft, with what is to be changed."""
    words = clean(words, limit=LINE_LIMIT, line=True, field="words")
    if not words:
        raise Invalid({"words": [_("请写明要改什么。")]})
    return _moved(version_id, KnowledgeVerb.SEND_BACK, actor=actor, now=now, sent_back_words=words)


@transaction.atomic
def publish_knowledge(*, version_id: UUID, actor: Actor, now: datetime) -> Knowledge:
    """Publish what somebody else wrote; the version in use until now is retired in the same act."""
    found = _locked(version_id, actor)
    _require(KnowledgeVerb.PUBLISH, found.area_code, actor)
    _walk(found, KnowledgeVerb.PUBLISH, actor)
    for old in Knowledge.objects.filter(entry=found.entry, state=KnowledgeState.PUBLISHED):
        old.state = KnowledgeState.RETIRED
        old.save(update_fields=["state"])
        _append(old, KnowledgeVerb.RETIRE, KnowledgeState.PUBLISHED, actor, now)
    before = found.state
    found.state, found.approved_by, found.approved_at = KnowledgeState.PUBLISHED, actor.id, now
    found.save(update_fields=["state", "approved_by", "approved_at"])
    _append(found, KnowledgeVerb.PUBLISH, before, actor, now)
    return found


@transaction.atomic
def review_knowledge(*, version_id: UUID, review_on: date, actor: Actor, now: datetime) -> Knowledge:
    """Looked at again, and still right: the next day of review. The words stay as they are."""
    today = timezone.localdate(now)
    if not today < review_on <= today + LONGEST_REVIEW:
        raise Invalid({"review_on": [_("复核日期要在明天以后、两年以内。")]})
    return _moved(version_id, KnowledgeVerb.REVIEW, actor=actor, now=now, review_on=review_on)


@transaction.atomic
def retire_knowledge(*, version_id: UUID, actor: Actor, now: datetime) -> Knowledge:
    """Take a text out of use."""
    return _moved(version_id, KnowledgeVerb.RETIRE, actor=actor, now=now)


@transaction.atomic
def drop_knowledge(*, version_id: UUID, actor: Actor, now: datetime) -> Knowledge:
    """Leave the draft."""
    return _moved(version_id, KnowledgeVerb.DROP, actor=actor, now=now)


@transaction.atomic
def remind_reviews(*, actor: Actor, now: datetime) -> int:
    """Tell the owner units (else those who keep the area's texts) what is to be looked at again, once a day of review;
    says how many texts. Twice tells nothing more."""
    if actor.kind not in (ActorKind.SYSTEM, ActorKind.RULE):
        raise NotAllowed
    told = 0
    for row in queries.to_review(timezone.localdate(now), most=MOST_AT_ONCE):
        owned = row.unit_id is not None and people.members_of(row.unit_id, Duty.HANDLE, now=now)
        told += bool(
            notify(
                template="knowledge_due",
                to=Recipient.unit(row.unit_id, Duty.HANDLE)
                if row.unit_id is not None and owned
                else Recipient.holders(Duty.ADMIN_MATTERS, row.area_code),
                facts={"title": row.question, "when": row.review_on.isoformat()},
                area_code=row.area_code,
                object_kind="knowledge",
                object_id=row.pk,
                now=now,
                once=f"knowledge_due:{row.pk}:{row.review_on.isoformat()}",
            )
        )
    return told


def _locked(version_id: UUID, actor: Actor) -> Knowledge:
    """A version the actor may see, all versions of its text locked in one order."""
    seen = queries.one(actor, version_id)
    rows = Knowledge.objects.defer("search").select_for_update(of=("self",)).filter(entry=seen.entry).order_by("pk")
    found = next((one for one in rows if one.pk == seen.pk), None)
    if found is None:
        raise NotFound("knowledge")
    return found


def _look(area_code: str, actor: Actor) -> None:
    """First the area as the actor sees it."""
    seen = actor.kind == ActorKind.SYSTEM or any(area_code.startswith(one) for one in actor.areas())
    if not seen or not places.is_known(area_code):
        raise NotFound("area")


def _require(verb: KnowledgeVerb, area_code: str, actor: Actor) -> None:
    duty = KNOWLEDGE_FLOW.duty(verb)
    if not actor.may(duty, area_code):
        raise NotAllowed(duty=str(duty))


def _walk(found: Knowledge, verb: KnowledgeVerb, actor: Actor) -> KnowledgeState:
    state = KnowledgeState(found.state)
    landed: KnowledgeState = KNOWLEDGE_FLOW.move(verb, HandsFacts(state, found.made_by, actor.id)).lands(state)
    return landed


def _moved(version_id: UUID, verb: KnowledgeVerb, *, actor: Actor, now: datetime, **values: Any) -> Knowledge:
    found = _locked(version_id, actor)
    _require(verb, found.area_code, actor)
    before, found.state = found.state, _walk(found, verb, actor)
    for name, value in values.items():
        setattr(found, name, value)
    found.save(update_fields=["state", *values])
    _append(found, verb, before, actor, now)
    return found


def _append(
    found: Knowledge,
    verb: KnowledgeVerb,
    before: str,
    actor: Actor,
    now: datetime,
    *,
    key: UUID | None = None,
    hashed: str = "",
) -> None:
    append(
        kind="knowledge", object_id=found.pk, verb=verb.value, actor=actor, at=now, area_code=found.area_code,
        from_state=str(before), to_state=str(found.state),
        facts={"kind": str(found.kind), "entry": str(found.entry), "number": found.number,
               "review_on": found.review_on.isoformat()},
        key=key, body_hash=hashed,
    )  # fmt: skip


__all__ = [
    "drop_knowledge",
    "publish_knowledge",
    "remind_reviews",
    "retire_knowledge",
    "review_knowledge",
    "send_back_knowledge",
    "submit_knowledge",
    "write_knowledge",
]
