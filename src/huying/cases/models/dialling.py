"""Calls to reporters by a provider that hides both numbers."""

from __future__ import annotations

from django.db import models

from huying.cases.models.calls import Case, Report
from huying.cases.models.errands import Errand
from huying.cases.rules.dialling import DialState
from huying.cases.rules.words import ContactKind
from huying.kernel.ids import uuid7
from huying.people.models import DataKey


class Dial(models.Model):
    """One call that somebody asked for: who, of which report, what came of it. The numbers are not here.

    `own_sealed`: the number of somebody outside who has none on record here, until the provider was asked.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="dials")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="dials")
    errand = models.ForeignKey(Errand, null=True, on_delete=models.PROTECT, related_name="dials")
    kind = models.CharField(max_length=12, choices=ContactKind.choices)
    state = models.CharField(max_length=12, choices=DialState.choices)
    own_sealed = models.BinaryField(null=True)
    key = models.ForeignKey(DataKey, null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"dial {self.pk}"
