"""Numbers given, tallies kept, imports run."""

from __future__ import annotations

from django.db import models

from huying.cases.rules.tallies import TallyKind
from huying.kernel.ids import uuid7


class NumberCounter(models.Model):
    """The running number of a sub-district's day; taken as the last statement of a receipt."""

    area_code = models.CharField(max_length=9, db_collation="C")
    day = models.DateField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area_code", "day"], name="number_counter_once")]

    def __str__(self) -> str:
        return f"{self.area_code} {self.day} {self.last}"


class Tally(models.Model):
    """How many cases stand in one cell (`rules.tallies`). Changes that are not folded in yet are `TallyChange`s."""

    level = models.PositiveSmallIntegerField()
    area_code = models.CharField(max_length=24, db_collation="C", blank=True)
    kind = models.CharField(max_length=8, choices=TallyKind.choices)
    state = models.CharField(max_length=16, blank=True)
    matter = models.CharField(max_length=2, blank=True, db_collation="C")
    slot = models.IntegerField(default=0)  # hours or days since 1970
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "area_code", "kind", "state", "matter", "slot"], name="tally_once")
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.kind} {self.state}{self.matter} {self.slot}: {self.count}"


class TallyChange(models.Model):
    """So many cases more (or fewer) of one kind: written by a trigger on cases in the act's own transaction."""

    area_code = models.CharField(max_length=24, db_collation="C")
    state = models.CharField(max_length=16)
    matter = models.CharField(max_length=2, blank=True, db_collation="C")
    due_hour = models.IntegerField()
    received_day = models.IntegerField()
    count = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["area_code"], name="tally_change_area")]

    def __str__(self) -> str:
        return f"{self.area_code} {self.state} {self.count:+d}"


class ImportRun(models.Model):
    """One file imported: where it stands, so that a stopped run goes on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(max_length=40)
    file_hash = models.CharField(max_length=64)
    rows_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"import {self.source} {self.rows_done}"
