"""Webhooks: made and stopped by their programs, filled from history, sent with patience, sent again when asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

from huying.audit import actions as audit
from huying.audit import feed
from huying.channels import outward, queries
from huying.channels.models import Delivery, Webhook
from huying.channels.outward import Refused
from huying.channels.rules import (
    DELIVERY,
    EVENT,
    KEPT_FOR,
    KINDS,
    MOST_KINDS,
    MOST_WEBHOOKS,
    SIGNATURE,
    DeliveryState,
    Why,
    wait_after,
)
from huying.clients import queries as clients
from huying.clients.auth import actor_of_client
from huying.clients.models import Client
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid, NotFound
from huying.kernel.signing import signature
from huying.kernel.terms import _

MOST_AT_ONCE = 1000


def secret_of(one: Webhook) -> str:
    """The secret of a webhook's signatures: made again from its id when needed, kept nowhere."""
    key = hashlib.sha256(f"huying.channels.webhook:{settings.SECRET_KEY}".encode()).digest()
    digest = hmac.new(key, one.pk.bytes + bytes([one.secret_try]), hashlib.sha256).digest()
    return "hys_" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def private_allowed() -> bool:
    return bool(settings.WEBHOOK_PRIVATE)


@transaction.atomic
def make_webhook(
    *, client: Client, url: str, kinds: Sequence[str] = (), area_code: str = "", actor: Actor, now: datetime
) -> Webhook:
    """Subscribe a program to what happens from now on. Raises Invalid for an address or kind that is none."""
    errors: dict[str, list[object]] = {}
    problem = outward.problem_of(url, private=private_allowed())
    if problem is not None or len(url) > 500:
        errors["url"] = [problem or _("太长了。请写短一些。")]
    if len(kinds) > MOST_KINDS or any(kind.partition(".")[0] not in KINDS for kind in kinds):
        errors["kinds"] = [_("没有这种事件。请写成 case.dispatch 这样。")]
    if errors:
        raise Invalid(errors)  # type: ignore[arg-type]
    Client.objects.select_for_update().get(pk=client.pk)
    if Webhook.objects.filter(client=client, stopped_at=None).count() >= MOST_WEBHOOKS:
        raise Invalid(_("在用的订阅太多了。请先停用不用的。"))
    one = Webhook.objects.create(
        client=client, url=url, kinds=sorted(set(kinds)), area_code=area_code, seen_id=feed.end().id, made_at=now
    )
    _note(one, "made", actor=actor, now=now)
    return one


@transaction.atomic
def stop_webhook(*, webhook_id: UUID, client: Client, actor: Actor, now: datetime) -> Webhook:
    """Send no more. Done twice, it is done once. Raises NotFound for another program's."""
    one = _locked(webhook_id, client)
    if one.stopped_at is None:
        one.stopped_at = now
        one.save(update_fields=["stopped_at"])
        _note(one, "stopped", actor=actor, now=now)
    return one


@transaction.atomic
def renew_secret(*, webhook_id: UUID, client: Client, actor: Actor, now: datetime) -> Webhook:
    """Another secret from now on."""
    one = _locked(webhook_id, client)
    one.secret_try = (one.secret_try + 1) % 256
    one.save(update_fields=["secret_try"])
    _note(one, "renewed", actor=actor, now=now)
    return one


@transaction.atomic
def replay_delivery(*, delivery_id: UUID, webhook_id: UUID, client: Client, actor: Actor, now: datetime) -> Delivery:
    """Send one again from the beginning: a dead one, or one that the other side lost. Raises NotFound."""
    one = _locked(webhook_id, client)
    found = Delivery.objects.select_for_update().filter(pk=delivery_id, webhook=one).first()
    if found is None:
        raise NotFound("delivery")
    found.state, found.tries, found.next_at, found.why = DeliveryState.WAITING, 0, now, ""
    found.save(update_fields=["state", "tries", "next_at", "why"])
    return found


def _locked(webhook_id: UUID, client: Client) -> Webhook:
    found = Webhook.objects.select_for_update().filter(pk=webhook_id, client=client).first()
    if found is None:
        raise NotFound("webhook")
    return found


def _note(one: Webhook, verb: str, *, actor: Actor, now: datetime) -> None:
    audit.append(
        kind="webhook", object_id=one.pk, verb=verb, actor=actor, at=now, area_code=one.area_code,
        facts={"client": one.client_id, "kinds": one.kinds},
    )  # fmt: skip


def fan_out(*, now: datetime) -> int:
    """Queue what happened behind each webhook's place; says how many deliveries. Run twice, nothing is doubled."""
    made = 0
    for pk in Webhook.objects.filter(stopped_at=None).order_by("pk").values_list("pk", flat=True):
        made += _fill(pk, now)
    return made


@transaction.atomic
def _fill(webhook_id: UUID, now: datetime) -> int:
    rows = Webhook.objects.select_for_update(of=("self",), skip_locked=True).select_related("client__owner")
    one = rows.filter(pk=webhook_id, stopped_at=None).first()
    if one is None:
        return 0
    if not clients.live(one.client, now) or not one.client.owner.is_active:
        # Whoever lost the token hears no more, and nothing piles up meanwhile.
        one.seen_id = feed.end().id
        one.save(update_fields=["seen_id"])
        return 0
    batch = queries.happened(
        actor_of_client(one.client, now),
        place=feed.place_of(one.seen_id),
        area_code=one.area_code,
        kinds=one.kinds,
        limit=MOST_AT_ONCE,
    )
    new = [Delivery(webhook=one, history_id=event.id, next_at=now, made_at=now) for event in batch.items]
    Delivery.objects.bulk_create(new, ignore_conflicts=True)
    if batch.place.id != one.seen_id:
        one.seen_id = batch.place.id
        one.save(update_fields=["seen_id"])
    return len(new)


def deliver(*, delivery_id: UUID, now: datetime) -> str:
    """Try one delivery; says the state it is in afterwards. The row is claimed first, so that two do not send it."""
    found = _claimed(delivery_id, now)
    if found is None:
        return ""
    why, status = _send(found, now)
    return _written_down(found.pk, why, status, now)


@transaction.atomic
def _claimed(delivery_id: UUID, now: datetime) -> Delivery | None:
    rows = Delivery.objects.select_for_update(of=("self",), skip_locked=True)
    found = rows.filter(pk=delivery_id, state=DeliveryState.WAITING, next_at__lte=now).first()
    if found is None:
        return None
    found.tries += 1
    found.tried_at = now
    # A worker that dies while sending leaves a row that is tried again.
    found.next_at = now + (wait_after(min(found.tries, 3)) or KEPT_FOR)
    found.save(update_fields=["tries", "tried_at", "next_at"])
    return Delivery.objects.select_related("webhook__client__owner").get(pk=found.pk)


def _send(found: Delivery, now: datetime) -> tuple[str, int | None]:
    """Make the body anew and send it; "" where it arrived."""
    one = found.webhook
    if one.stopped_at is not None or not clients.live(one.client, now) or not one.client.owner.is_active:
        return Why.STOPPED, None
    line = feed.one(found.history_id, KINDS)
    events = queries.visible([line], actor_of_client(one.client, now)) if line is not None else []
    if not events:
        return Why.SCOPE, None
    body = orjson.dumps(events[0].body())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "huying-webhook/1",
        EVENT: events[0].kind,
        DELIVERY: str(found.pk),
        SIGNATURE: signature(secret_of(one), int(now.timestamp()), body),
    }
    try:
        return "", outward.post(one.url, body, headers, private=private_allowed())
    except Refused as why:
        return why.why, why.status


@transaction.atomic
def _written_down(delivery_id: UUID, why: str, status: int | None, now: datetime) -> str:
    found = Delivery.objects.select_for_update().get(pk=delivery_id)
    found.answered, found.why = status, why
    if not why:
        found.state, found.next_at = DeliveryState.SENT, None
    elif why in (Why.STOPPED, Why.SCOPE):
        found.state, found.next_at = DeliveryState.DROPPED, None
    else:
        pause = wait_after(found.tries)
        found.state = DeliveryState.WAITING if pause is not None else DeliveryState.DEAD
        found.next_at = now + pause if pause is not None else None
    found.save(update_fields=["answered", "why", "state", "next_at"])
    return str(found.state)


def forget_deliveries(*, now: datetime) -> int:
    """Drop what was sent or dropped long ago; dead ones too."""
    old = Delivery.objects.filter(made_at__lt=now - KEPT_FOR).exclude(state=DeliveryState.WAITING)
    return old.delete()[0]
