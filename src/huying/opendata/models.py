"""Exports that were asked for on the desk: made by a job, kept for some days."""

from __future__ import annotations

from django.db import models

from huying.kernel.ids import uuid7


class Export(models.Model):
    """One export; its file lies in the data folder under its id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = models.CharField(max_length=24, db_collation="C", db_index=True)
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.area_code} {self.asked_at:%Y-%m-%d}"
