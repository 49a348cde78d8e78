"""Programs that connect in somebody's name, and the answers that were given to writes."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from huying.clients.rules import ClientKind
from huying.kernel.ids import uuid7
from huying.people.models import Account


class Client(models.Model):
    """A program with a secret of its own, which is kept as a keyed hash. It never has more than its owner has."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=ClientKind.choices)
    name = models.CharField(max_length=60)
    owner = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="clients")
    duties = ArrayField(models.CharField(max_length=32))  # of `people.rules.Duty`
    areas = ArrayField(models.CharField(max_length=24, db_collation="C"), default=list, blank=True)  # none: all
    secret_hash = models.CharField(max_length=64)
    hint = models.CharField(max_length=8)  # the first characters, by which its owner knows it again
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "-made_at"], name="clients_client_owner")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ClientKind.values), name="clients_client_kind_known"),
        ]

    def __str__(self) -> str:
        return f"client {self.pk}"

    @property
    def label(self) -> str:
        """How histories name it: kind and number, never the name somebody gave it."""
        return f"client-{str(self.pk)[-8:]}"


class KeptAnswer(models.Model):
    """What a write was answered, for ever: ids, codes, numbers and times; secrets are made again, not kept.

    Never changed or removed; the database refuses it, as it does for histories.
    """

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=60)  # whose key it is: a client's, or the public's
    key_hash = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64)
    operation = models.CharField(max_length=120)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key_hash"], name="clients_answer_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.operation}"
