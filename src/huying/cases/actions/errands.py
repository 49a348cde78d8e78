"""Tasks for somebody outside: the handler sends a one-time link, the outsider does and says, the handler confirms.

Every act locks the case first and writes a line of the case's own history; the case does not move by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from huying.audit.queries import body_hash, repeated
from huying.cases import queries
from huying.cases.actions.acting import done_before, opened
from huying.cases.actions.docket import Docket, flush
from huying.cases.actions.intake import keep_images
from huying.cases.codes import errand_code, hash_of, holder_hash_of
from huying.cases.models import Errand, ErrandLine, WorkOrder
from huying.cases.queries import errands as reads
from huying.cases.queries.errands import ErrandRows
from huying.cases.queries.told import facts_of
from huying.cases.rules import OrderState
from huying.cases.rules.emergencies import DRILL_MARK
from huying.cases.rules.errands import (
    FIRM_LIMIT,
    FLOW,
    LIVE,
    MOST_LINES,
    MOST_PHOTOS,
    OUTSIDER,
    PLACE_LIMIT,
    TERMS,
    THING,
    WORDS_LIMIT,
    ErrandState,
    ErrandVerb,
    names_a_number,
)
from huying.files import queries as files
from huying.files.models import Attachment
from huying.files.rules import FilePurpose, PreparedImage
from huying.kernel.actor import Actor, ActorKind, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.notices.actions import Recipient, notify, notify_outside
from huying.people import queries as people
from huying.people.rules import Duty

LONGEST_PLAN = timedelta(days=90)


def order_for(docket: Docket, actor: Actor) -> WorkOrder | None:
    """The order of the actor's unit that is being worked on: what an errand hangs on."""
    working = (OrderState.ACCEPTED, OrderState.REWORK)
    return next(
        (one for one in docket.live_orders if one.state in working and reads.handles(docket.case, one, actor)), None
    )


@transaction.atomic
def send_errand(
    case_id: UUID,
    *,
    firm: str,
    words: str,
    place: str,
    term: str,
    photo_ids: Sequence[UUID] = (),
    phone: str = "",
    page: str = "",
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Errand:
    """Hand a task of the own order to somebody outside. They see these words, the place and the chosen photos.

    `term`: one of `TERMS`, how long the link opens. `phone`: where the code goes by text message, with the address of
    the `page` where it is typed; the number is not kept. Raises NotFound outside the actor's scope (also for a photo
    that is not the case's), NotAllowed without an order in work, IllegalMove for a confidential case, Invalid. The same
    key answers the same errand, KeyReused for another body.
    """
    docket = opened(case_id, actor=actor)
    chosen = list(dict.fromkeys(photo_ids))
    if key is not None:
        docket.key = key
        docket.body_hash = body_hash(["errand", case_id, firm, words, place, term, chosen, phone])
        earlier = repeated(key, docket.body_hash)
        if earlier is not None:
            return Errand.objects.get(pk=UUID(earlier.facts["errand"]))
    order = order_for(docket, actor)
    if order is None:
        raise NotAllowed(_("只有签收了工单、正在办的单位，才能交给外单位。"))
    given = _checked(firm, words, place, term)
    if docket.case.drill:  # whoever stands outside reads it too
        given["words"] = f"{DRILL_MARK}{given['words']}"[:WORDS_LIMIT]
    if len(chosen) > MOST_PHOTOS:
        raise Invalid({"photo_ids": [_("最多选 6 张照片。")]})
    if chosen and not set(chosen) <= {one.pk for one in files.photos_in(_photos(docket))}:
        raise NotFound("file")
    errand_id = uuid7()
    errand = Errand(
        id=errand_id, case=docket.case, order=order, serial=Errand.objects.filter(case_id=case_id).count() + 1,
        photo_ids=chosen, state="", sent_by=actor.id, sent_at=now, expires_at=now + TERMS[term],
        code_hash=hash_of(errand_code(errand_id, 0)), **given,
    )  # fmt: skip
    rows = ErrandRows(errand, docket.case, [])
    _walk(docket, rows, ErrandVerb.SEND, actor=actor, now=now)
    errand.save(force_insert=True)
    _text(errand, phone, page, now=now)
    flush([docket], verb=ErrandVerb.SEND.value, now=now)
    return errand


def _text(errand: Errand, phone: str, page: str, *, now: datetime) -> None:
    """The code by text message, where a number was given."""
    if not phone:
        return
    code = errand_code(errand.pk, errand.renewals)
    notify_outside(
        template="errand_link", phone=phone, facts={"unit": errand.order.unit.name, "page": page},
        secret={"code": " ".join(code[at : at + 4] for at in range(0, 12, 4))}, area_code=errand.case.area_code,
        object_kind="case", object_id=errand.case_id, now=now, drill=errand.case.drill,
    )  # fmt: skip


def _photos(docket: Docket) -> list[Attachment]:
    return files.every_of(
        {
            "case": [docket.case.pk],
            "report": [one.pk for one in docket.reports],
            "order": [one.pk for one in docket.orders],
        }
    )


def _checked(firm: str, words: str, place: str, term: str) -> dict[str, str]:
    told = {
        "firm": clean(firm, limit=FIRM_LIMIT, name=True, field="firm"),
        "words": clean(words, limit=WORDS_LIMIT, field="words"),
        "place": clean(place, limit=PLACE_LIMIT, line=True, field="place"),
    }
    wrong: dict[str, list[Any]] = {name: [_("请写一下。")] for name, value in told.items() if not value}
    for name in ("words", "place"):
        if names_a_number(told[name]):
            wrong[name] = [_("外单位不能看到诉求人的电话。请去掉号码。")]
    if term not in TERMS:
        wrong["term"] = [_("请选链接用多久。")]
    if wrong:
        raise Invalid(wrong)
    return told


def _walk(
    docket: Docket,
    rows: ErrandRows,
    verb: ErrandVerb,
    *,
    actor: Actor,
    now: datetime,
    words: str = "",
    photos: int = 0,
) -> None:
    """The table first, then the state and the line; the row is saved by the act."""
    errand = rows.errand
    facts = rows.facts(now, words=bool(words), photos=photos)
    before = ErrandState(errand.state) if errand.state else None
    errand.state = str(FLOW.move(verb, facts).lands(before))
    state = docket.case.state
    docket.note(
        kind="case", object_id=docket.case.pk, verb=verb, actor=actor, now=now, from_state=state, to_state=state,
        facts={"errand": str(errand.pk), "serial": errand.serial, "unit": str(errand.order.unit_id)},
    )  # fmt: skip


def _said(rows: ErrandRows, verb: ErrandVerb, words: str, photos: int, made_by: UUID | None, now: datetime) -> None:
    if verb in (ErrandVerb.SAY, ErrandVerb.REPLY) and len(rows.lines) >= MOST_LINES:
        raise IllegalMove(_("说得太多了。请打电话说。"), verb=str(verb))
    ErrandLine.objects.create(errand=rows.errand, verb=verb, words=words, photos=photos, made_by=made_by, made_at=now)


# The handler


@transaction.atomic
def move_errand(
    errand_id: UUID,
    verb: ErrandVerb,
    *,
    words: str = "",
    term: str = "",
    phone: str = "",
    page: str = "",
    key: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Errand:
    """The handler answers, asks again, confirms, renews the link or takes it back.

    Raises NotFound outside the actor's scope, NotAllowed for other units, IllegalMove, Invalid. The same key acts
    once, KeyReused for another body.
    """
    seen = reads.errand(errand_id, actor)
    docket = opened(seen.case.pk, actor=actor)
    rows = _fresh(errand_id, docket)
    errand = rows.errand
    if not reads.handles(docket.case, errand.order, actor):
        raise NotAllowed(_("这一步由办理单位来办。"))
    text = clean(words, limit=WORDS_LIMIT, field="words")
    docket.key = key
    docket.body_hash, earlier = done_before(verb, errand_id, {"words": text, "term": term, "phone": phone}, key)
    if earlier is not None:
        return errand
    if names_a_number(text):
        raise Invalid({"words": [_("外单位不能看到诉求人的电话。请去掉号码。")]})
    if verb == ErrandVerb.RENEW and term not in TERMS:
        raise Invalid({"term": [_("请选链接用多久。")]})
    _walk(docket, rows, verb, actor=actor, now=now, words=text)
    if verb == ErrandVerb.RENEW:
        errand.renewals += 1
        errand.code_hash = hash_of(errand_code(errand.pk, errand.renewals))
        errand.holder_hash, errand.expires_at = "", now + TERMS[term]
        _text(errand, phone, page, now=now)
    if verb == ErrandVerb.SEND_BACK:
        errand.done_at = None
    if verb in (ErrandVerb.CONFIRM, ErrandVerb.REVOKE):
        errand.ended_at, errand.holder_hash = now, errand.holder_hash if verb == ErrandVerb.CONFIRM else ""
    if text:
        _said(rows, verb, text, 0, actor.id, now)
    errand.save()
    flush([docket], verb=str(verb), now=now)
    return errand


def _fresh(errand_id: UUID, docket: Docket) -> ErrandRows:
    """The errand as it stands under the case's lock."""
    found = Errand.objects.select_related("order").get(pk=errand_id)
    found.case = docket.case
    return reads.read(found, docket.case)


# The outsider


@transaction.atomic
def open_errand(code: str, device: str, *, now: datetime) -> Errand | None:
    """Tie an errand to the first device that comes with its code; None for a wrong, used up or ended link.

    The same device opens it again with the same code.
    """
    found = reads.by_code(code)
    # The case's lock first, as every act on an errand: two phones at once, or one and the handler, come in a row.
    case = queries.locked(found.case_id, system(THING)) if found is not None else None
    if found is None or case is None:
        return None
    errand = Errand.objects.get(pk=found.pk)
    mark = holder_hash_of(errand.pk, device)
    if errand.code_hash != found.code_hash or errand.holder_hash not in ("", mark):
        return None
    if not errand.holder_hash and errand.state not in LIVE:  # renewed, and confirmed before anybody opened it
        return None
    if not errand.holder_hash:
        errand.holder_hash, errand.opened_at = mark, now
        errand.save(update_fields=["holder_hash", "opened_at"])
    try:
        reads.of_device(errand.pk, device, now=now)
    except NotFound:
        transaction.set_rollback(True)
        return None
    return errand


@transaction.atomic
def act_on_errand(
    errand_id: UUID,
    verb: ErrandVerb,
    *,
    device: str,
    words: str = "",
    images: Iterable[PreparedImage] = (),
    planned_on: date | None = None,
    key: UUID | None = None,
    now: datetime,
) -> Errand:
    """What the holder of the link does: takes it on (saying when), declines, says something, says it is done.

    Raises NotFound for any other device and for a link that is over, IllegalMove, Invalid. The same key acts once,
    KeyReused for another body.
    """
    case_id = reads.of_device(errand_id, device, now=now).case.pk
    case = queries.locked(case_id, system(THING))
    if case is None:
        raise NotFound(THING)
    docket = Docket.of(case)
    reads.of_device(errand_id, device, now=now)  # as it stands under the lock
    rows = _fresh(errand_id, docket)
    errand, pictures = rows.errand, list(images)
    who = Actor(kind=ActorKind.CHANNEL, label=f"{OUTSIDER}-{errand.serial}")
    text = clean(words, limit=WORDS_LIMIT, field="words")
    given = {"words": text, "photos": [one.sha256 for one in pictures], "day": planned_on}
    docket.key = key
    docket.body_hash, earlier = done_before(verb, errand_id, given, key)
    if earlier is not None:
        return errand
    if len(pictures) > MOST_PHOTOS:
        raise Invalid({"images": [_("一次最多 6 张照片。")]})
    _walk(docket, rows, verb, actor=who, now=now, words=text, photos=len(pictures))
    if verb == ErrandVerb.ACCEPT:
        errand.planned_on = _day(planned_on, now)
    if verb == ErrandVerb.FINISH:
        errand.done_at = now
    if verb == ErrandVerb.DECLINE:
        errand.ended_at = now
    if text or pictures:
        _said(rows, verb, text, len(pictures), None, now)
    errand.save()
    keep_images(pictures, THING, errand.pk, FilePurpose.AFTER, docket, actor=who, now=now)
    flush([docket], verb=str(verb), now=now)
    _tell(errand, verb, docket, now=now)
    return errand


def _day(planned_on: date | None, now: datetime) -> date:
    today = timezone.localdate(now)
    if planned_on is None or not today <= planned_on <= today + LONGEST_PLAN:
        raise Invalid({"planned_on": [_("请选哪天做，从今天起九十天以内。")]})
    return planned_on


def _tell(errand: Errand, verb: ErrandVerb, docket: Docket, *, now: datetime) -> None:
    """The handler who sent it hears of it; the unit's other handlers, where that person no longer sees the case."""
    case = docket.case
    sender = people.account(errand.sent_by) if errand.sent_by is not None else None
    sees = sender is not None and queries.one(case.pk, people.actor_for(sender, now)) is not None
    notify(
        template="errand_news",
        to=Recipient.account(sender.pk) if sender is not None and sees
        else Recipient.unit(errand.order.unit_id, Duty.HANDLE),
        facts={"number": case.number, "title": facts_of(case)["title"], "what": str(verb.label)},
        area_code=case.area_code, object_kind="case", object_id=case.pk, now=now, drill=case.drill,
    )  # fmt: skip


__all__ = ["act_on_errand", "move_errand", "open_errand", "order_for", "send_errand"]
