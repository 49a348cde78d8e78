"""Words of all these tables."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Left


def coded_area() -> models.CharField[str, str]:
    return models.CharField(max_length=24, db_collation="C")


STREET = Left("area_code", 9)
IS_OPEN = Q(ended_at__isnull=True)
"""What is open has not ended (a constraint holds it to the states). By eight states the database would compare eight
states with each of six indexes for each part of a statement: four fifths of the time in which it plans a list."""
