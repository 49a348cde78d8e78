"""Events and webhooks for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Query
from pydantic import Field

from huying.audit import feed
from huying.channels import actions, queries
from huying.channels.models import Delivery, Webhook
from huying.channels.queries import Happening
from huying.channels.rules import DeliveryState
from huying.clients.models import Client
from huying.kernel.api import AreaCode, Cursor, Derived, In, Limit, Listed, OneOf, Out, Router, Written, actor_of
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _

router = Router("events")

KindWord = Annotated[str, Field(pattern=r"^(case|order)\.[a-z_]{1,40}$", examples=["case.dispatch"])]
StateWord = Annotated[str, OneOf(DeliveryState)]


class EventOut(Out):
    """One event: what happened to what. Ids and codes alone; ask the case for what it looks like."""

    id: int = Field(description="place in the order; resume behind it", examples=[4711])
    at: datetime
    kind: str = Field(examples=["case.dispatch"])
    case_id: UUID
    order_id: UUID | None
    from_state: str = Field(examples=["filed"])
    to_state: str = Field(examples=["in_hand"])
    area_code: str
    actor_kind: str = Field(examples=["person"])


class EventsOut(Out):
    items: list[EventOut]
    next: int = Field(description="pass it as `after` of the next request")


class Since(In):
    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = Field(0, description="behind this event; 0 from the beginning")
    area: AreaCode | None = None
    limit: Limit = 100


STREAM = {
    "parameters": [
        {
            "in": "header",
            "name": "Last-Event-ID",
            "required": False,
            "description": "with `Accept: text/event-stream`: resume behind this event",
            "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"},
        }
    ],
    "responses": {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
}


@router.get("/events", EventsOut, extra=STREAM)
def read_events(request: HttpRequest, given: Query[Since]) -> EventsOut | HttpResponse:
    """What happened to cases that you may see, in an order without gaps.

    With `Accept: text/event-stream` the answer is a stream of server-sent events that goes on: `id` is the event's
    number, `event` its kind; after a break `Last-Event-ID` resumes behind it. Without `Last-Event-ID` a stream
    begins now. Otherwise it is one page from `after` on. An event shows up when every act that began before it is
    finished, so that none comes late.
    """
    stream = "text/event-stream" in request.headers.get("Accept", "")
    place = feed.place_of(given.after)
    if stream:
        place = stream_place(request.headers.get("Last-Event-ID", ""), given.after)
    batch = queries.happened(actor_of(request), place=place, area_code=given.area or "", limit=given.limit)
    if stream:
        return HttpResponse(b"".join(sse(batch.items)), content_type="text/event-stream; charset=utf-8")
    return EventsOut(items=[EventOut(**one.body()) for one in batch.items], next=batch.place.id)


def stream_place(last_event_id: str, after: int) -> feed.Place:
    """Where a stream begins: behind the last event, else behind `after`, else now."""
    if last_event_id:
        if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 20):
            raise Invalid({"Last-Event-ID": [_("没有这个事件编号。请从头开始。")]})
        return feed.place_of(int(last_event_id))
    return feed.place_of(after) if after else feed.end()


def sse(items: list[Happening]) -> Iterator[bytes]:
    """A finite stream, for servers without a live one: whoever reads it comes back after `retry`."""
    yield b"retry: 3000\n\n"
    for one in items:
        yield message(one)


def message(one: Happening) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (one.id, one.kind.encode(), orjson.dumps(one.body()))


# Webhooks


class WebhookIn(In):
    url: Annotated[str, Field(min_length=8, max_length=500)] = Field(examples=["https://example.org/huying"])
    kinds: Annotated[list[KindWord], Field(max_length=60)] = Field(default_factory=list, description="none: all")
    area: AreaCode | None = Field(None, description="events of this area alone")


class WebhookOut(Out):
    id: UUID
    url: str
    kinds: list[str]
    area: str
    made_at: datetime
    stopped_at: datetime | None


class WebhooksOut(Out):
    items: list[WebhookOut]


def _secret(kept: dict[str, Any]) -> str:
    return actions.secret_of(Webhook.objects.get(pk=kept["webhook_id"]))


class Subscribed(Written):
    derived: ClassVar[dict[str, Derived]] = {"secret": _secret}

    webhook_id: UUID
    made_at: datetime
    secret: str = Field(description="signs what is sent: `Huying-Signature: t=<seconds>,v1=<hex>`, see the how-to")


class Stopped(Written):
    webhook_id: UUID
    stopped_at: datetime | None


class DeliveryOut(Out):
    """One event on its way. `answered` is the last status of the other side."""

    id: UUID
    event_id: int
    state: str = Field(examples=["sent"])
    tries: int
    next_at: datetime | None
    answered: int | None
    why: str = Field(description="of a failure: answer, address, forbidden, connection, time, stopped, scope")
    made_at: datetime
    tried_at: datetime | None


class DeliveryPage(Listed):
    items: list[DeliveryOut]


class Queued(Written):
    delivery_id: UUID
    state: str


def _client(request: HttpRequest) -> Client:
    client: Client = request.client  # type: ignore[attr-defined]
    return client


@router.get("/webhooks", WebhooksOut)
def list_webhooks(request: HttpRequest) -> WebhooksOut:
    """The webhooks of this token's program."""
    return WebhooksOut(items=[_webhook(one) for one in queries.webhooks_of(_client(request))])


@router.post("/webhooks", Subscribed, status=201)
def create_webhook(request: HttpRequest, body: WebhookIn) -> Subscribed:
    """Send events from now on to an address of yours: signed, tried again with growing pauses.

    Only what this token may see is sent, judged anew for each try. Addresses in private networks are refused, and
    redirects are not followed.
    """
    one = actions.make_webhook(
        client=_client(request), url=body.url, kinds=body.kinds, area_code=body.area or "", actor=actor_of(request),
        now=now_of(request),
    )  # fmt: skip
    return Subscribed(webhook_id=one.pk, made_at=one.made_at, secret=actions.secret_of(one))


@router.delete("/webhooks/{webhook_id}", Stopped, problems=(404,))
def stop_webhook(request: HttpRequest, webhook_id: UUID) -> Stopped:
    """Send no more there."""
    one = actions.stop_webhook(
        webhook_id=webhook_id, client=_client(request), actor=actor_of(request), now=now_of(request)
    )
    return Stopped(webhook_id=one.pk, stopped_at=one.stopped_at)


class WantedDeliveries(In):
    state: StateWord | None = None
    limit: Limit = 50
    after: Cursor = ""


@router.get("/webhooks/{webhook_id}/deliveries", DeliveryPage, problems=(404,))
def list_deliveries(request: HttpRequest, webhook_id: UUID, given: Query[WantedDeliveries]) -> DeliveryPage:
    """What was sent there and what waits, the newest first; kept for 90 days."""
    one = queries.webhook(webhook_id, _client(request))
    page: Page[Delivery] = Page(limit=given.limit, after=given.after)
    rows = queries.deliveries_of(one, state=given.state or "", page=page)
    return DeliveryPage(items=[_delivery(each) for each in rows], next=page.next)


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", Queued, problems=(404,))
def replay_delivery(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> Queued:
    """Send one again, from the first try on."""
    found = actions.replay_delivery(
        delivery_id=delivery_id, webhook_id=webhook_id, client=_client(request), actor=actor_of(request),
        now=now_of(request),
    )  # fmt: skip
    return Queued(delivery_id=found.pk, state=str(found.state))


def _webhook(one: Webhook) -> WebhookOut:
    return WebhookOut(
        id=one.pk, url=one.url, kinds=one.kinds, area=one.area_code, made_at=one.made_at, stopped_at=one.stopped_at
    )


def _delivery(one: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=one.pk,
        event_id=one.history_id,
        state=one.state,
        tries=one.tries,
        next_at=one.next_at,
        answered=one.answered,
        why=one.why,
        made_at=one.made_at,
        tried_at=one.tried_at,
    )
