"""Public notices: drafted by one person, put up by another, objected to by anybody, answered, closed with a result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.audit.queries import body_hash, hold, repeated
from huying.clocks import queries as clocks
from huying.clocks.rules import Basis
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import Label, _
from huying.kernel.text import clean
from huying.notices import events, queries
from huying.notices.actions.telling import Recipient, notify
from huying.notices.models import Notice, Objection, PublicNotice
from huying.notices.rules import (
    LONGEST_TERM,
    PUBLIC_FLOW,
    SHORTEST_TERM,
    TITLE_LIMIT,
    HandsFacts,
    PublicKind,
    PublicState,
    PublicVerb,
    term_of,
)
from huying.notices.sealing import objection_code, objection_hash
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import is_code

TEXT_LIMIT = 10_000
WORDS_LIMIT = 2_000


@dataclass(frozen=True)
class Paper:
    """What a public notice says."""

    kind: str
    title: str
    body: str
    area_code: str
    issued_by: str
    days: int
    basis: str = Basis.PLAIN
    place_words: str = ""
    takes_objections: bool = True


@transaction.atomic
def draft_public(*, paper: Paper, actor: Actor, now: datetime, public_id: UUID | None = None) -> PublicNotice:
    """Begin a paper; the same id and words from the same person give the paper that is there.

    Raises NotFound outside the actor's areas, NotAllowed, Invalid, KeyReused for an id that came with other words,
    Conflict for one that somebody else has used.
    """
    _scope(paper.area_code, Duty.DISPATCH, actor)
    hashed = body_hash(["draft", str(actor.id), asdict(paper)]) if public_id is not None else ""
    hold(public_id)
    there = PublicNotice.objects.filter(pk=public_id).first() if public_id is not None else None
    if there is not None:
        if there.made_by != actor.id:
            raise Conflict
        repeated(public_id, hashed)
        return there
    row = PublicNotice(pk=public_id or uuid7(), made_by=actor.id, made_at=now, changed_at=now)
    _write(row, paper)
    row.save(force_insert=True)
    _append(row, PublicVerb.DRAFT, "", actor, now, key=public_id, body_hash=hashed)
    return row


@transaction.atomic
def change_public(*, public_id: UUID, paper: Paper, actor: Actor, now: datetime) -> PublicNotice:
    """Change a draft; the one who changes it has made it. Raises NotFound, NotAllowed, IllegalMove, Invalid."""
    row = _moved(public_id, PublicVerb.CHANGE, actor=actor, now=now)
    _scope(paper.area_code, Duty.DISPATCH, actor)
    _write(row, paper)
    row.made_by = actor.id
    row.save()
    return row


@transaction.atomic
def touch_public(*, public_id: UUID, actor: Actor, now: datetime) -> PublicNotice:
    """Before something of a draft is changed that another app keeps, as its files: whoever does has made it."""
    row = _moved(public_id, PublicVerb.CHANGE, actor=actor, now=now)
    row.made_by = actor.id
    row.save(update_fields=["made_by"])
    return row


@transaction.atomic
def ask_public(*, public_id: UUID, actor: Actor, now: datetime) -> PublicNotice:
    """Ask another person to put it up."""
    row = _moved(public_id, PublicVerb.ASK, actor=actor, now=now)
    row.sent_back_words = ""
    row.save()
    notify(
        template="public_asked",
        to=Recipient.holders(Duty.DECIDE, row.area_code),
        facts={"title": row.title, "place": places.name_of(row.area_code)},
        area_code=row.area_code,
        object_kind="public_notice",
        object_id=row.pk,
        now=now,
        without=[one for one in (actor.id, row.made_by) if one],
    )
    return row


@transaction.atomic
def decide_public(*, public_id: UUID, granted: bool, words: str = "", actor: Actor, now: datetime) -> PublicNotice:
    """Put it up for its term, or send it back with what is to be changed. Never by the one who made it."""
    words = clean(words, limit=500, field="words")
    if not granted and not words:
        raise Invalid({"words": [_("退回要写明改什么，起草的人要看。")]})
    row = _moved(public_id, PublicVerb.PUBLISH if granted else PublicVerb.SEND_BACK, actor=actor, now=now)
    decision: Label = _("批准")
    if granted:
        row.approved_by, row.begins_at = actor.id, now
        row.ends_at, row.provisional = term_of(now, row.days, row.basis, clocks.calendar())
    else:
        row.sent_back_words, decision = words, _("退回修改")
    row.save()
    # Nobody is asked any more: it goes from the bells of all who were.
    Notice.objects.filter(
        object_kind="public_notice", object_id=row.pk, kind="public_asked", read_at=None
    ).update(read_at=now)  # fmt: skip
    if row.made_by is not None:
        notify(
            template="public_decided",
            to=Recipient.account(row.made_by),
            facts={"title": row.title, "decision": str(decision)},
            area_code=row.area_code,
            object_kind="public_notice",
            object_id=row.pk,
            now=now,
        )
    return row


@transaction.atomic
def object_to_public(*, public_id: UUID, words: str, key: UUID, actor: Actor, now: datetime) -> tuple[Objection, str]:
    """Object during the term; the objection and its code. The same key and words give the same again.

    No name is taken. Raises NotFound for what is not up, IllegalMove outside the term, Invalid without words.
    """
    words = clean(words, limit=WORDS_LIMIT, field="words")
    if not words:
        raise Invalid({"words": [_("请写您的意见。")]})
    hashed = body_hash(["object", str(public_id), words])
    done = repeated(key, hashed)
    if done is not None:
        kept = Objection.objects.get(pk=key)
        return kept, objection_code(kept.pk)
    row = PublicNotice.objects.select_for_update(of=("self",)).filter(pk=public_id, state__in=queries.SHOWN).first()
    if row is None:
        raise NotFound("public_notice")
    PUBLIC_FLOW.move(PublicVerb.OBJECT, _facts(row, actor, now))
    code = objection_code(key)
    try:
        with transaction.atomic():
            objection = Objection.objects.create(
                pk=key, public=row, code_hash=objection_hash(code), words=words, received_at=now
            )
    except IntegrityError as why:
        raise Conflict from why
    audit.append(
        kind="public_notice", object_id=row.pk, verb=PublicVerb.OBJECT.value, actor=actor, at=now,
        area_code=row.area_code, from_state=row.state, to_state=row.state, facts={"objection": objection.pk},
        key=key, body_hash=hashed,
    )  # fmt: skip
    _tell_drafter(row, "objection_received", now, once=f"objection:{objection.pk}")
    events.public_moved.emit(
        at=now, public_id=row.pk, verb=PublicVerb.OBJECT.value, state=str(row.state), area_code=row.area_code
    )
    return objection, code


@transaction.atomic
def answer_objection(*, objection_id: UUID, answer: str, actor: Actor, now: datetime) -> Objection:
    """Answer one objection; its words stay as they are. Raises NotFound, NotAllowed, IllegalMove, Invalid."""
    answer = clean(answer, limit=WORDS_LIMIT, field="answer")
    if not answer:
        raise Invalid({"answer": [_("请写答复。")]})
    found = Objection.objects.filter(pk=objection_id).first()
    if found is None:
        raise NotFound("objection")
    row = _moved(found.public_id, PublicVerb.ANSWER, actor=actor, now=now, facts={"objection": str(found.pk)})
    found.refresh_from_db()  # the paper's lock was waited for: a colleague may have answered meanwhile
    if found.answered_at is not None:
        raise IllegalMove(_("这条异议已经有人答复了。请刷新看看。"), state=str(row.state))
    found.answer, found.answered_by, found.answered_at = answer, actor.id, now
    found.save(update_fields=["answer", "answered_by", "answered_at"])
    return found


@transaction.atomic
def close_public(*, public_id: UUID, summary: str, actor: Actor, now: datetime) -> PublicNotice:
    """Write the result and close, once the term is over and everything is answered."""
    summary = clean(summary, limit=WORDS_LIMIT, field="summary")
    if not summary:
        raise Invalid({"summary": [_("请写公示结果：收到几条异议，怎么处理的。")]})
    row = _moved(public_id, PublicVerb.CLOSE, actor=actor, now=now)
    row.summary, row.closed_at = summary, now
    row.save()
    return row


@transaction.atomic
def withdraw_public(*, public_id: UUID, words: str, actor: Actor, now: datetime) -> PublicNotice:
    """Take it down before its time, with the reason."""
    words = clean(words, limit=500, field="words")
    if not words:
        raise Invalid({"words": [_("请写撤下的原因。")]})
    row = _moved(public_id, PublicVerb.WITHDRAW, actor=actor, now=now)
    row.withdrawn_words, row.closed_at = words, now
    row.save()
    return row


@transaction.atomic
def drop_public(*, public_id: UUID, actor: Actor, now: datetime) -> PublicNotice:
    """Do not put it up."""
    row = _moved(public_id, PublicVerb.DROP, actor=actor, now=now)
    row.save()
    return row


@transaction.atomic
def tell_ended(*, now: datetime, most: int = 50) -> int:
    """Tell the drafter of each paper whose term is over; says how many. Once a paper."""
    rows = list(
        PublicNotice.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=PublicState.PUBLISHED, ended_told_at=None, ends_at__lte=now)
        .order_by("ends_at", "pk")[:most]
    )
    for row in rows:
        _tell_drafter(row, "public_ended", now, once=f"ended:{row.pk}")
        row.ended_told_at = now
        row.save(update_fields=["ended_told_at"])
    return len(rows)


def _tell_drafter(row: PublicNotice, kind: str, now: datetime, once: str) -> None:
    if row.made_by is None:
        return
    notify(
        template=kind,
        to=Recipient.account(row.made_by),
        facts={"title": row.title, "count": str(row.objections.count())},
        area_code=row.area_code,
        object_kind="public_notice",
        object_id=row.pk,
        now=now,
        once=once,
    )


def _scope(area_code: str, duty: Duty, actor: Actor) -> None:
    if not is_code(area_code):
        raise Invalid({"area_code": [_("请从列表里选公示的地方。")]})
    if actor.kind != ActorKind.SYSTEM and not any(area_code.startswith(one) for one in actor.areas()):
        raise NotFound("area")
    if not actor.may(duty, area_code):
        raise NotAllowed(duty=str(duty))


def _write(row: PublicNotice, paper: Paper) -> None:
    if paper.kind not in PublicKind.values:
        raise Invalid({"kind": [_("请选公示的种类。")]})
    if paper.basis not in Basis.values or not SHORTEST_TERM <= paper.days <= LONGEST_TERM:
        raise Invalid({"days": [_("公示期是 1 到 180 天。")]})
    row.kind, row.area_code = paper.kind, paper.area_code
    row.title = clean(paper.title, limit=TITLE_LIMIT, line=True, field="title")
    row.body = clean(paper.body, limit=TEXT_LIMIT, field="body")
    row.issued_by = clean(paper.issued_by, limit=60, line=True, field="issued_by")
    row.place_words = clean(paper.place_words, limit=200, line=True, field="place_words")
    row.days, row.basis, row.takes_objections = paper.days, paper.basis, paper.takes_objections
    for name in ("title", "issued_by"):
        if not getattr(row, name):
            raise Invalid({name: [_("这里要写内容。")]})


def _facts(row: PublicNotice, actor: Actor, now: datetime) -> HandsFacts:
    over = row.ends_at is not None and row.ends_at <= now
    return HandsFacts(
        state=PublicState(row.state),
        made_by=row.made_by,
        actor_id=actor.id,
        complete=all((row.title, row.body, row.area_code, row.days, row.issued_by)),
        unanswered=row.objections.filter(answered_at=None).count() if row.begins_at else 0,
        open_now=row.takes_objections and row.begins_at is not None and row.begins_at <= now and not over,
        over=over,
    )


def legal_moves(row: PublicNotice, actor: Actor, now: datetime) -> list[PublicVerb]:
    """What this person may do with the paper now: one table for pages and acts."""
    facts = _facts(row, actor, now)
    return [
        one.verb
        for one in PUBLIC_FLOW.legal(facts)
        if one.duty is not None and actor.may(one.duty, row.area_code)
    ]  # fmt: skip


def _moved(
    public_id: UUID, verb: PublicVerb, *, actor: Actor, now: datetime, facts: dict[str, str] | None = None
) -> PublicNotice:
    """Lock a paper that the actor may see; scope, duty, flow, history. The caller saves the rest."""
    row = PublicNotice.objects.select_for_update(of=("self",)).filter(pk=public_id).first()
    if row is None or (actor.kind != ActorKind.SYSTEM and queries.public_for(public_id, actor) is None):
        raise NotFound("public_notice")
    duty = PUBLIC_FLOW.duty(verb)
    if not actor.may(duty, row.area_code):
        raise NotAllowed(duty=str(duty))
    before = PublicState(row.state)
    row.state = PUBLIC_FLOW.move(verb, _facts(row, actor, now)).lands(before)
    row.changed_at = now
    if verb not in (PublicVerb.PUBLISH,):
        row.save(update_fields=["state", "changed_at"])
    _append(row, verb, before, actor, now, facts)
    events.public_moved.emit(at=now, public_id=row.pk, verb=verb.value, state=str(row.state), area_code=row.area_code)
    return row


def _append(
    row: PublicNotice,
    verb: PublicVerb,
    before: str,
    actor: Actor,
    now: datetime,
    facts: dict[str, str] | None = None,
    key: UUID | None = None,
    body_hash: str = "",
) -> None:
    audit.append(
        kind="public_notice", object_id=row.pk, verb=verb.value, actor=actor, at=now, area_code=row.area_code,
        from_state=str(before), to_state=str(row.state), facts=facts or {}, key=key, body_hash=body_hash,
    )  # fmt: skip
