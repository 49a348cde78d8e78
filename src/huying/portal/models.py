"""What the residents' pages keep of their own: who does not want an end shown, and wrong codes of the last days."""

from __future__ import annotations

from django.db import models

from huying.cases.models import Report


class KeptPrivate(models.Model):
    """A reporter does not want this matter among those shown to everybody."""

    report = models.OneToOneField(Report, primary_key=True, on_delete=models.PROTECT, related_name="kept_private")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"kept private {self.pk}"


class Tries(models.Model):
    """How often something was tried during a window. The mark is a keyed hash that is another one each day."""

    mark = models.CharField(primary_key=True, max_length=64, db_collation="C")
    began_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.count} since {self.began_at}"
