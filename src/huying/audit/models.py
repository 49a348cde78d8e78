"""History rows, the seals over them, and which rows lie under which seal. All three are only ever added to."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models

from huying.kernel.terms import _


class History(models.Model):
    """One act on one thing: who did what, from which state to which. Ids and codes, never a person's values.

    The table has one more column, `written_in`: the transaction that wrote the row, filled in by the database;
    sealing uses it to take only rows of finished transactions.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    verb = models.CharField(max_length=60)
    from_state = models.CharField(max_length=40, blank=True, default="")
    to_state = models.CharField(max_length=40, blank=True, default="")
    actor_kind = models.CharField(max_length=20)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=80, blank=True, default="")
    area_code = models.CharField(max_length=24, blank=True, default="", db_collation="C")
    facts = models.JSONField(default=dict, blank=True)
    key = models.UUIDField(null=True, blank=True)
    body_hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("历史记录")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=models.Q(key__isnull=False), name="audit_history_key"),
        ]
        indexes = [models.Index(fields=["object_id"], name="audit_history_of")]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.object_id} {self.verb}"


class Seal(models.Model):
    """One link of the chain; `Head` in `rules` says what its hash covers."""

    number = models.BigIntegerField(primary_key=True)
    previous_hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    # Where the next seal starts to look, and from when a late row is strange; see `actions.seal`.
    horizon = models.BigIntegerField()
    newest = models.BigIntegerField()
    cluster = models.CharField(max_length=24)

    class Meta:
        verbose_name = _("封存")

    def __str__(self) -> str:
        return f"{self.number} {self.hash}"


class Runs(models.Field):  # type: ignore[type-arg]
    """Numbers of rows as runs of neighbours, each number once: `int8multirange`."""

    def db_type(self, connection: Any) -> str:
        return "int8multirange"


class Sealed(models.Model):
    """The history rows under one seal: their numbers, and in the order of these the hash of 32 bytes that each had.

    Plain numbers, not foreign keys: a foreign key would lock, and so rewrite, every history row it checks.
    """

    seal = models.BigIntegerField(primary_key=True)
    ids = Runs()
    hashes = models.BinaryField()

    class Meta:
        verbose_name = _("已封存的记录")
        constraints = [ExclusionConstraint(name="audit_sealed_once", expressions=[("ids", RangeOperators.OVERLAPS)])]

    def __str__(self) -> str:
        return f"{self.ids} in {self.seal}"
