"""Whistles, their kinds and bands."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huying.cases.models.base import StreetRule, rule_constraints
from huying.cases.models.calls import Case
from huying.cases.rules.whistles import HIGHEST, LOWEST, Arrival, PartState, WhistleState
from huying.kernel.ids import uuid7
from huying.people.models import Organisation


class WhistleKind(StreetRule):
    """One version of a kind of whistle: its clocks, and the tiers that may call the next one."""

    code = models.CharField(max_length=16, db_collation="C")
    name = models.CharField(max_length=20)
    answer_limit = models.CharField(max_length=12, db_collation="C")
    arrive_limit = models.CharField(max_length=12, db_collation="C")
    callers = ArrayField(models.PositiveSmallIntegerField(), default=list)  # 1 community, 2 street, 3 district
    phoned_first = models.BooleanField(default=False)

    class Meta:
        constraints = rule_constraints("code", "whistle_kind")


class WhistleBand(StreetRule):
    """The healthy number of whistles in a month of areas whose code has so many digits, from a day on."""

    which = "digits"

    digits = models.PositiveSmallIntegerField()
    least = models.PositiveIntegerField()
    most = models.PositiveIntegerField()

    class Meta:
        constraints = [
            *rule_constraints("digits", "whistle_band"),
            models.CheckConstraint(condition=Q(most__gte=F("least")), name="whistle_band_in_order"),
        ]


class Whistle(models.Model):
    """A call of units of the next tier to the place of a case: a contract with a clock for each, and a joint record."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="whistles", db_index=False)
    serial = models.PositiveSmallIntegerField()  # of its case
    kind = models.ForeignKey(WhistleKind, on_delete=models.PROTECT, db_index=False)
    caller_unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="blown", db_index=False)
    state = models.CharField(max_length=12, choices=WhistleState.choices)
    reason = models.TextField()
    wanted = models.TextField(blank=True)
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    phoned_at = models.DateTimeField(null=True)  # phoned first, written down after
    confirmed = models.BooleanField(null=True)  # what the head said of a whistle that was phoned first
    blown_at = models.DateTimeField(null=True)
    joint_at = models.DateTimeField(null=True)
    done = models.TextField(blank=True)
    remains = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    end_words = models.TextField(blank=True)  # why it was refused or called off
    rated_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["caller_unit", "state"], name="whistle_caller"),
            models.Index(fields=["blown_at"], name="whistle_blown"),
            models.Index(F("asked_at").desc(), F("id").desc(), name="whistle_newest"),
        ]
        constraints = [models.UniqueConstraint(fields=["case", "serial"], name="whistle_of_case")]

    def __str__(self) -> str:
        return f"whistle {self.pk}"


class WhistlePart(models.Model):
    """One called unit's part in a whistle."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    whistle = models.ForeignKey(Whistle, on_delete=models.PROTECT, related_name="parts", db_index=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="called", db_index=False)
    state = models.CharField(max_length=12, choices=PartState.choices)
    answered_at = models.DateTimeField(null=True)
    answer_words = models.TextField(blank=True)
    arrived_at = models.DateTimeField(null=True)
    arrived_how = models.CharField(max_length=8, choices=Arrival.choices, blank=True)
    done_at = models.DateTimeField(null=True)
    done_words = models.TextField(blank=True)
    objected_at = models.DateTimeField(null=True)
    caller_score = models.PositiveSmallIntegerField(null=True)  # what the caller gives the unit
    caller_words = models.TextField(blank=True)
    unit_score = models.PositiveSmallIntegerField(null=True)  # what the unit gives the caller
    unit_words = models.TextField(blank=True)
    climbed = models.PositiveSmallIntegerField(default=0)  # how often a head above was told that it is late

    class Meta:
        indexes = [models.Index(fields=["unit", "state"], name="whistle_part_unit")]
        constraints = [
            models.UniqueConstraint(fields=["whistle", "unit"], name="whistle_part_once"),
            models.CheckConstraint(
                condition=(Q(caller_score__isnull=True) | Q(caller_score__range=(LOWEST, HIGHEST)))
                & (Q(unit_score__isnull=True) | Q(unit_score__range=(LOWEST, HIGHEST))),
                name="whistle_part_scores",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.pk}"

    @property
    def shown(self) -> bool:
        """Both sides have rated: now each may read the other's."""
        return self.caller_score is not None and self.unit_score is not None
