"""What triage suggested, the models it learned from a street's own cases, and where a street lets it act alone.

Codes and numbers only: no word of a caller is kept here, and nothing says whose call it was.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from huying.cases.models.base import StreetRule, coded_area, rule_constraints
from huying.cases.models.calls import Case
from huying.cases.rules.triage import LEAST_LIMIT, ModelState
from huying.kernel.ids import uuid7


class TriageModel(models.Model):
    """One version of what a street's triage has learned: the file lies in the data folder, this row vouches for it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = coded_area()  # the street whose cases it learned from, and where alone it is used
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ModelState.choices)
    made_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)  # of the file: another file is not loaded
    data_hash = models.CharField(max_length=64)  # of what it learned from
    learned_from = models.PositiveIntegerField()  # how many cases
    measured = models.JSONField()  # on cases held back from learning: see `rules.triage.Scores`
    learned_with = models.JSONField()  # cases of each type, and the temperature that makes its confidence honest
    set_by = models.UUIDField(null=True)  # who chose it; null: the rule of the nightly run
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code", "number"], name="triage_model_once"),
            models.UniqueConstraint(
                fields=["area_code"], name="triage_model_in_use", condition=Q(state=ModelState.IN_USE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.number}"


class Suggested(models.Model):
    """What triage suggested when a call was registered; what was chosen in the end stands in the case itself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="suggested", db_index=False)
    at = models.DateTimeField()
    type_code = models.CharField(max_length=8, db_collation="C", blank=True)  # "": nothing was suggested
    confidence = models.FloatField()
    others = ArrayField(models.CharField(max_length=8, db_collation="C"), default=list)  # the next best types
    model = models.ForeignKey(TriageModel, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    known = models.FloatField(null=True)  # how much of the call's characters the model had met when it learned
    by_rule = models.BooleanField(default=False)  # the rule acted on it, and nobody looked before

    class Meta:
        indexes = [
            models.Index(fields=["case", "at"], name="suggested_of_case"),
            models.Index(fields=["at"], name="suggested_at"),
        ]

    def __str__(self) -> str:
        return f"suggested {self.pk}"


class TriageLimit(StreetRule):
    """One version of a street's leave to act alone on one type: from which confidence on."""

    which = "type_code"

    type_code = models.CharField(max_length=8, db_collation="C")
    percent = models.PositiveSmallIntegerField(validators=[MinValueValidator(LEAST_LIMIT), MaxValueValidator(100)])

    class Meta:
        constraints = [
            *rule_constraints("type_code", "triage_limit"),
            models.CheckConstraint(condition=Q(percent__range=(LEAST_LIMIT, 100)), name="triage_limit_high"),
        ]
