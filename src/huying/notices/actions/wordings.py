"""The words of notices: a new version is drafted by one person and approved by another, from a moment on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.notices.actions.telling import Recipient, notify
from huying.notices.models import Wording
from huying.notices.rules import (
    BODY_LIMIT,
    KINDS,
    TITLE_LIMIT,
    WORDING_FLOW,
    Channel,
    HandsFacts,
    WordingState,
    WordingVerb,
    problems_of,
)
from huying.people.rules import Duty

LANGUAGES = ("zh-hans", "zh-hant", "en")


@transaction.atomic
def draft_wording(
    *, kind: str, channel: str, language: str, title: str, body: str, actor: Actor, now: datetime
) -> Wording:
    """Write a new version, or change the draft there is.

    Raises NotAllowed, NotFound for an unknown kind, Invalid for words that cannot be filled in, IllegalMove while
    a version waits for approval.
    """
    _require(WordingVerb.CHANGE, actor)
    known = KINDS.get(kind)
    if known is None or channel not in Channel.values or language not in LANGUAGES:
        raise NotFound("wording")
    title = clean(title, limit=TITLE_LIMIT, line=True, field="title")
    body = clean(body, limit=BODY_LIMIT, field="body")
    problems = problems_of(known, channel, title, body, settings.SMS_SIGNATURE)
    for name, words in (("title", title), ("body", body)):
        if not words:
            problems.setdefault(name, []).append(_("这里要写内容。"))
    if problems:
        raise Invalid(problems)
    rows = Wording.objects.select_for_update(of=("self",)).filter(kind=kind, channel=channel, language=language)
    versions = list(rows.order_by("-version"))
    work = next((one for one in versions if one.state in (WordingState.DRAFT, WordingState.SUBMITTED)), None)
    if work is not None:
        _move(work, WordingVerb.CHANGE, actor)
        work.title, work.body, work.made_by, work.made_at = title, body, actor.id, now
        work.save()
    else:
        try:
            with transaction.atomic():
                work = Wording.objects.create(
                    kind=kind, channel=channel, language=language, title=title, body=body, made_by=actor.id,
                    version=versions[0].version + 1 if versions else 1, made_at=now,
                )  # fmt: skip
        except IntegrityError as why:
            raise Conflict from why
    _append(work, WordingVerb.CHANGE, "", actor, now)
    return work


@transaction.atomic
def submit_wording(*, wording_id: UUID, actor: Actor, now: datetime) -> Wording:
    """Ask another person to approve the draft."""
    found = _moved(wording_id, WordingVerb.SUBMIT, actor=actor, now=now)
    found.sent_back_words = ""
    found.save(update_fields=["sent_back_words"])
    for code in actor.areas() or ("",):
        notify(
            template="wording_asked",
            to=Recipient.holders(Duty.APPROVE_MATTERS, code),
            facts={"title": str(KINDS[found.kind].label)},
            area_code=code,
            object_kind="wording",
            object_id=found.pk,
            now=now,
            once=f"wording:{found.pk}:{found.made_at.isoformat()}",
            without=[actor.id] if actor.id else [],
        )
    return found


@transaction.atomic
def approve_wording(*, wording_id: UUID, in_force_from: datetime | None, actor: Actor, now: datetime) -> Wording:
    """Approve a version that somebody else wrote, in force at once or later. Raises Invalid for a past moment."""
    if in_force_from is not None and in_force_from < now:
        raise Invalid({"in_force_from": [_("启用时间不能早于现在。")]})
    found = _moved(wording_id, WordingVerb.APPROVE, actor=actor, now=now)
    found.approved_by, found.approved_at, found.in_force_from = actor.id, now, in_force_from or now
    found.state = WordingState.APPROVED
    found.save(update_fields=["state", "approved_by", "approved_at", "in_force_from"])
    return found


@transaction.atomic
def send_back_wording(*, wording_id: UUID, words: str, actor: Actor, now: datetime) -> Wording:
    """Not as it stands: back to the draft, with what is to be changed."""
    words = clean(words, limit=200, field="words")
    if not words:
        raise Invalid({"words": [_("请写明要改什么。")]})
    found = _moved(wording_id, WordingVerb.SEND_BACK, actor=actor, now=now)
    found.sent_back_words = words
    found.save(update_fields=["sent_back_words"])
    return found


@transaction.atomic
def drop_wording(*, wording_id: UUID, actor: Actor, now: datetime) -> Wording:
    """Leave the words as they are in force."""
    return _moved(wording_id, WordingVerb.DROP, actor=actor, now=now)


def _moved(wording_id: UUID, verb: WordingVerb, *, actor: Actor, now: datetime) -> Wording:
    found = Wording.objects.select_for_update(of=("self",)).filter(pk=wording_id).first()
    if found is None:
        raise NotFound("wording")
    _require(verb, actor)
    before = found.state
    target = _move(found, verb, actor)
    if verb != WordingVerb.APPROVE:
        found.state = target
        found.save(update_fields=["state"])
    _append(found, verb, before, actor, now, target)
    return found


def _require(verb: WordingVerb, actor: Actor) -> None:
    duty = WORDING_FLOW.duty(verb)
    if duty is not None and not actor.has(duty):
        raise NotAllowed(duty=str(duty))


def _move(found: Wording, verb: WordingVerb, actor: Actor) -> WordingState:
    state = WordingState(found.state)
    landed: WordingState = WORDING_FLOW.move(verb, HandsFacts(state, found.made_by, actor.id)).lands(state)
    return landed


def _append(
    found: Wording, verb: WordingVerb, before: str, actor: Actor, now: datetime, target: str | None = None
) -> None:
    audit.append(
        kind="wording", object_id=found.pk, verb=verb.value, actor=actor, at=now,
        area_code=next(iter(actor.areas()), ""), from_state=str(before), to_state=str(target or found.state),
        facts={
            "kind": found.kind, "channel": str(found.channel), "language": found.language, "version": found.version,
        },
    )  # fmt: skip
