"""Clocks that run for a step of something, their stretches, and the work calendar they count on."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from huying.clocks.rules import DayKind, Light, Limit, Pause, StretchKind, Warned, YearState, light_of
from huying.kernel.ids import uuid7


class CalendarYear(models.Model):
    """A year of the work calendar: published, or not yet."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    state = models.CharField(max_length=12, choices=YearState.choices, default=YearState.UNPUBLISHED)
    published_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=120, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.year} {self.state}"


class WorkDay(models.Model):
    """A day that differs from its weekday: a public holiday, or a weekend day that is worked."""

    day = models.DateField(primary_key=True)
    kind = models.CharField(max_length=8, choices=DayKind.choices)
    name = models.CharField(max_length=40, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class WorkHours(models.Model):
    """Spans of a working day as [[minute of the day it begins, minute it ends], …], from a day on."""

    valid_from = models.DateField(primary_key=True)
    spans = models.JSONField()

    def __str__(self) -> str:
        return f"{self.valid_from} {self.spans}"


class Revision(models.Model):
    """One row: a mark that is new after each change of the calendar."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    number = models.PositiveBigIntegerField(default=0)
    mark = models.UUIDField(default=uuid7)

    def __str__(self) -> str:
        return str(self.number)


class Clock(models.Model):
    """A limit running for one step of one object. While paused, `due_at` is what it was before the pause."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object_kind = models.CharField(max_length=20)
    object_id = models.UUIDField()
    step = models.CharField(max_length=20)
    area_code = models.CharField(max_length=24, db_collation="C")
    limit = models.CharField(max_length=12)
    source = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    yellow_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    # Granted on top of the limit, as `2d+4h` of its own kind of time, and when it would have been due without.
    extended = models.CharField(max_length=40, blank=True, default="", db_default="")
    first_due_at = models.DateTimeField(null=True, blank=True)
    # Whatever limit and pauses say, it is due no later than this; what that was before more time was granted.
    latest_at = models.DateTimeField(null=True, blank=True)
    first_latest_at = models.DateTimeField(null=True, blank=True)
    imported = models.BooleanField(default=False)  # imported clocks never escalate
    warned = models.PositiveSmallIntegerField(default=Warned.NOTHING.value, db_default=0)
    # The limit before the last change while it ran; every change stands in the history.
    limit_before = models.CharField(max_length=12, blank=True, default="", db_default="")
    source_before = models.CharField(max_length=200, blank=True, default="", db_default="")
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_kind", "object_id", "step"],
                condition=Q(stopped_at=None),
                name="clocks_clock_one_running",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at")), name="clocks_clock_stops_later"
            ),
            models.CheckConstraint(condition=Q(due_at__gte=F("started_at")), name="clocks_clock_due_later"),
        ]
        indexes = [
            models.Index(fields=["object_id", "object_kind"], name="clocks_clock_object"),
            models.Index(
                fields=["due_at", "id"],
                condition=Q(stopped_at=None, paused_at=None, imported=False, warned__lt=Warned.RED.value),
                name="clocks_clock_turns_red",
            ),
            models.Index(
                fields=["yellow_at", "id"],
                condition=Q(stopped_at=None, paused_at=None, imported=False, warned=Warned.NOTHING.value),
                name="clocks_clock_turns_yellow",
            ),
            models.Index(
                fields=["area_code", "due_at", "id"], condition=Q(stopped_at=None), name="clocks_clock_area_due"
            ),
            models.Index(
                fields=["started_at"], condition=Q(stopped_at=None, provisional=True), name="clocks_clock_provisional"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_kind} {self.step} {self.limit}"

    @property
    def running(self) -> bool:
        return self.stopped_at is None and self.paused_at is None

    def light(self, now: datetime) -> Light:
        """Its light now; a stopped or paused clock keeps the light it had."""
        return light_of(self.started_at, self.due_at, self.stopped_at or self.paused_at or now, self.yellow_at)

    def rule(self) -> Limit:
        """Its limit with all that was granted on top; `limit` stays the first one."""
        return Limit.parse(self.limit).extended(self.extended)


class Stretch(models.Model):
    """A time during which a clock was paused, and why. When it ran is what lies between: `queries.stretches_of`.

    Until 0.2.0 a clock had rows of when it ran as well; what was taken over from there may still hold some.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="stretches")
    kind = models.CharField(max_length=8, choices=StretchKind.choices, default=StretchKind.RUNNING)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clock"],
                condition=Q(ended_at=None, kind=StretchKind.PAUSED.value),
                name="clocks_stretch_one_pause",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")), name="clocks_stretch_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.began_at}"

    def pause(self) -> Pause:
        return Pause(self.began_at, self.ended_at)
