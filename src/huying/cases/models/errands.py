"""Parts of an order handed to outsiders by a link."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from huying.cases.models.calls import Case, WorkOrder
from huying.cases.rules import (
    errands,
)
from huying.cases.rules.errands import ErrandState, ErrandVerb
from huying.kernel.ids import uuid7


class Errand(models.Model):
    """One task of an order that somebody outside does by a one-time link: what they see stands here, nothing else.

    The code is kept as a keyed hash. Who opens it first ties it to their device: `holder_hash`; "" before that.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="errands", db_index=False)
    order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="errands")
    serial = models.PositiveSmallIntegerField()
    firm = models.CharField(max_length=errands.FIRM_LIMIT)
    words = models.CharField(max_length=errands.WORDS_LIMIT)
    place = models.CharField(max_length=errands.PLACE_LIMIT)
    photo_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    state = models.CharField(max_length=10, choices=ErrandState.choices)
    sent_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    renewals = models.PositiveSmallIntegerField(default=0)
    code_hash = models.CharField(max_length=64, unique=True, db_collation="C")
    holder_hash = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    opened_at = models.DateTimeField(null=True)
    planned_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "serial"], name="errand_serial")]

    def __str__(self) -> str:
        return f"errand {self.pk}"


class ErrandLine(models.Model):
    """What was said about an errand, by whom: the outsider (`made_by` null) or the handler."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    errand = models.ForeignKey(Errand, on_delete=models.PROTECT, related_name="lines")
    verb = models.CharField(max_length=20, choices=ErrandVerb.choices)
    words = models.CharField(max_length=errands.WORDS_LIMIT, blank=True)
    photos = models.PositiveSmallIntegerField(default=0)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"errand line {self.pk}"
