"""What the desk keeps of its own: filters of the list under a name, and hand-overs between shifts."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from huying.cases.models import Case
from huying.desk.rules import NAME_LIMIT, QUERY_LIMIT, BatchAct, ExportFormat, ExportPurpose, LineState, NotMade
from huying.kernel.ids import uuid7
from huying.people.models import Organisation


class SavedFilter(models.Model):
    """An address of the list under a name: what it finds is found anew for whoever opens it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=NAME_LIMIT)
    query = models.CharField(max_length=QUERY_LIMIT)
    made_by = models.UUIDField()
    unit = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")  # shared with
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["made_by"], name="saved_filter_of", condition=Q(removed_at=None))]

    def __str__(self) -> str:
        return f"filter {self.pk}"


class HandOver(models.Model):
    """What one shift of a unit leaves to the next: cases by id, and own words. It is not changed afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    words = models.TextField(blank=True)
    facts = models.JSONField(default=dict)  # kind of fact: [[id of a case, due time or ""]]
    left_by = models.UUIDField()
    left_at = models.DateTimeField()
    taken_by = models.UUIDField(null=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "-left_at"], name="hand_over_of_unit")]
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_by=None, taken_at=None) | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="hand_over_taken",
            )
        ]

    def __str__(self) -> str:
        return f"hand-over {self.pk}"


class Batch(models.Model):
    """One act done to many cases, each in a transaction of its own, by one person under one key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    act = models.CharField(max_length=12, choices=BatchAct.choices)
    values = models.JSONField(default=dict)  # what the act is given for every case
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["made_by", "-made_at"], name="batch_of")]

    def __str__(self) -> str:
        return f"batch {self.pk}"


class BatchLine(models.Model):
    """One case of a batch, and what became of it."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="lines", db_index=False)
    place = models.PositiveSmallIntegerField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    lead = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=LineState.choices, default=LineState.WAITING)
    why = models.TextField(blank=True)  # our own sentence of the refusal

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "place"], name="batch_line_place"),
            models.UniqueConstraint(fields=["batch", "case"], name="batch_line_case"),
        ]

    def __str__(self) -> str:
        return f"line {self.place} of {self.batch_id}"


class CaseExport(models.Model):
    """The list under a filter, or all on record of one case, as a file: made by a job, for its asker alone.

    The file goes after a day; the row stays.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    format = models.CharField(max_length=4, choices=ExportFormat.choices)
    query = models.CharField(max_length=QUERY_LIMIT, blank=True)
    columns = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    purpose = models.CharField(max_length=8, choices=ExportPurpose.choices)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    total = models.PositiveIntegerField(null=True)  # that the filter finds; null until it is counted
    done = models.PositiveIntegerField(default=0)  # looked at so far
    rows = models.PositiveIntegerField(default=0)  # written
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failed = models.CharField(max_length=4, choices=NotMade.choices, blank=True, default="")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["asked_by", "-asked_at"], name="case_export_of"),
            models.Index(fields=["asked_at"], name="case_export_there", condition=Q(removed_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(format=ExportFormat.PDF, case__isnull=False) | (~Q(format=ExportFormat.PDF) & Q(case=None)),
                name="case_export_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"
