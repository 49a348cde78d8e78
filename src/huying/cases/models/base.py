"""Words of all these tables."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left

from huying.cases.rules.street_rules import RuleState
from huying.kernel.ids import uuid7


def coded_area() -> models.CharField[str, str]:
    return models.CharField(max_length=24, db_collation="C")


STREET = Left("area_code", 9)
DESKS = {length: Left("desk_code", length) for length in (6, 9)}
"""The district and the street of a desk, by the length of their codes."""
IS_OPEN = Q(ended_at__isnull=True)
"""What is open has not ended (a constraint holds it to the states). By eight states the database would compare eight
states with each of six indexes for each part of a statement: four fifths of the time in which it plans a list."""


class StreetRule(models.Model):
    """One version of what a street decides: written by one person, approved by another, in force from a day on.

    `area_code`: whose it is, "" of what comes with the system. What is approved is not changed: a change is another
    version, an end is one that says so.
    """

    which: ClassVar[str] = "code"  # the column that names the rule

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = models.CharField(max_length=24, db_collation="C", blank=True, default="")
    version = models.PositiveSmallIntegerField(default=1)
    valid_from = models.DateField()
    ended = models.BooleanField(default=False)  # from that day on there is no such rule
    state = models.CharField(max_length=10, choices=RuleState.choices, default=RuleState.WAITING)
    hands = ArrayField(models.UUIDField(), default=list, blank=True)  # everybody who wrote in it: none of them approves
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    sent_back_words = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.rule} {self.version}"

    @property
    def rule(self) -> str:
        """Which rule this is a version of."""
        return str(getattr(self, self.which))


def rule_constraints(which: str, name: str) -> list[models.BaseConstraint]:
    """Each version of a rule once, one alone for a day, and none that its own writer has approved."""
    return [
        models.UniqueConstraint(fields=["area_code", which, "version"], name=f"{name}_once"),
        models.UniqueConstraint(
            fields=["area_code", which, "valid_from"], name=f"{name}_a_day", condition=~Q(state=RuleState.REFUSED)
        ),
        models.CheckConstraint(
            condition=~Q(state=RuleState.APPROVED)
            | Q(area_code="")
            | (Q(decided_by__isnull=False) & ~Q(hands__contains=[F("decided_by")])),
            name=f"{name}_two",
        ),
    ]
