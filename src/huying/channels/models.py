"""Subscriptions of programs to events, and each sending of one."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from huying.channels.rules import DeliveryState, Why
from huying.clients.models import Client
from huying.kernel.ids import uuid7


class Webhook(models.Model):
    """Events of an area go to an address of a program. What is sent is what the program may see when it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=500)
    kinds = ArrayField(models.CharField(max_length=60), default=list, blank=True)  # none: all
    area_code = models.CharField(max_length=24, blank=True, default="", db_collation="C")
    secret_try = models.PositiveSmallIntegerField(default=0)
    seen_id = models.BigIntegerField(default=0)  # the row of history behind which it stands
    made_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["client", "-made_at"], name="channels_webhook_client")]

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class Delivery(models.Model):
    """One event for one webhook. Holds no content: it is made again from history at each try."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    history_id = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    answered = models.PositiveSmallIntegerField(null=True, blank=True)  # the status of the last answer
    why = models.CharField(max_length=12, choices=Why.choices, blank=True, default="")
    made_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "history_id"], name="channels_delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state=DeliveryState.WAITING), name="channels_delivery_due"),
            models.Index(fields=["webhook", "-made_at", "-id"], name="channels_delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} {self.state}"
