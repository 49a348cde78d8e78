"""How a unit divides its orders among its handlers."""

from __future__ import annotations

from django.db import models

from huying.people.models import Organisation


class Sharing(models.Model):
    """Whether what comes to a unit is given at once to whoever has the least in hand. Nothing is kept of persons."""

    unit = models.OneToOneField(Organisation, primary_key=True, on_delete=models.PROTECT, related_name="sharing")
    on = models.BooleanField(default=False)
    set_by = models.UUIDField(null=True)
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sharing {self.unit_id}"
