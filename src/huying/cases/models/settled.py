"""What was decided about whose a case is and whether it counts: joint decisions, precedents, exclusions."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from huying.cases.models.base import StreetRule, coded_area, rule_constraints
from huying.cases.models.calls import Case
from huying.cases.rules import (
    SettledBy,
)
from huying.cases.rules.exclusions import WAITING, ExclusionState
from huying.kernel.ids import uuid7
from huying.people.models import Organisation


class JointDecision(models.Model):
    """会商 on whose a case is, after two units gave it back: who came, what was said, and which unit it is."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="councils")
    units = ArrayField(models.UUIDField())
    minutes = models.TextField()
    unit = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")  # null: undecided
    held_by = models.UUIDField(null=True)
    held_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"council {self.pk}"


class Precedent(models.Model):
    """A settled dispute, for the next dispatch of a like case: type, area, facts in plain words, the unit and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="precedents")
    street = models.CharField(max_length=9, db_collation="C")
    area_code = coded_area()
    type_code = models.CharField(max_length=8, db_collation="C")
    facts = models.CharField(max_length=200)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    returned = ArrayField(models.UUIDField())  # the units that gave it back
    clause = models.CharField(max_length=200, blank=True)
    why = models.TextField()
    by = models.CharField(max_length=8, choices=SettledBy.choices)
    settled_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["street", "type_code", "-settled_at"], name="precedent_like")]

    def __str__(self) -> str:
        return f"precedent {self.pk}"


class ExclusionKind(StreetRule):
    """One version of a kind of exclusion from scores: the evidence that it needs, and what the caller is told."""

    code = models.CharField(max_length=16, db_collation="C")
    name = models.CharField(max_length=40)
    needs = models.CharField(max_length=200)
    told = models.CharField(max_length=200)

    class Meta:
        constraints = rule_constraints("code", "exclusion_kind")


class Exclusion(models.Model):
    """A case left out of scores: asked with reason and evidence, agreed by two persons, over after its day.

    It is about one case; there is no column for whose call it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exclusions", db_index=False)
    kind = models.ForeignKey(ExclusionKind, on_delete=models.PROTECT, db_index=False)
    state = models.CharField(max_length=10, choices=ExclusionState.choices)
    reason = models.TextField()
    evidence = models.TextField()
    hands = ArrayField(models.UUIDField())  # everybody who asked or decided: none of them decides again
    asked_at = models.DateTimeField()
    granted_at = models.DateTimeField(null=True)  # when it first came into force
    until = models.DateField(null=True)
    renews = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="renewed_by")
    objected_at = models.DateTimeField(null=True)
    objection = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["case", "asked_at"], name="exclusion_of_case"),
            models.Index(fields=["granted_at"], name="exclusion_granted"),
            models.Index(fields=["until"], name="exclusion_until", condition=Q(ended_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                name="exclusion_one_waits",
                condition=Q(state__in=[str(one) for one in sorted(WAITING)]),
            ),
            models.UniqueConstraint(
                fields=["case"], name="exclusion_one_in_force", condition=Q(state=ExclusionState.IN_FORCE)
            ),
            models.CheckConstraint(
                condition=~Q(state=ExclusionState.IN_FORCE) | Q(granted_at__isnull=False, until__isnull=False),
                name="exclusion_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"exclusion {self.pk}"
