"""One table: what was asked, by whom, and what another person decided."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huying.approvals.rules import ApprovalKind, ApprovalState
from huying.kernel.ids import uuid7


class Approval(models.Model):
    """A decision about one object of another app, asked by one and taken by another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=ApprovalKind.choices)
    object_kind = models.CharField(max_length=20)
    object_id = models.UUIDField()
    area_code = models.CharField(max_length=24, db_collation="C")
    state = models.CharField(max_length=10, choices=ApprovalState.choices, default=ApprovalState.ASKED)
    reason = models.TextField()
    facts = models.JSONField(default=dict, blank=True)  # ids, codes and clauses; no person's values
    asked_by = models.UUIDField(null=True, blank=True)  # null: a rule or the system
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["object_kind", "object_id", "asked_at"], name="approvals_object"),
            models.Index(fields=["area_code", "asked_at"], condition=Q(state="asked"), name="approvals_open"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_kind", "object_id"], condition=Q(state="asked"), name="approvals_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "refused"])
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                & (Q(asked_by__isnull=True) | ~Q(decided_by=F("asked_by"))),
                name="approvals_decided_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_kind} {self.object_id}"
