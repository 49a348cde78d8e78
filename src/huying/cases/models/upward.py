"""Sources, and tickets of systems above."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huying.cases.models.base import coded_area
from huying.cases.models.calls import Report
from huying.cases.rules.ticket_words import DEFAULT_CLOSING
from huying.cases.rules.tickets import (
    AskKind,
    AskState,
    ClosingField,
    Result,
    SourceKind,
    SourceTier,
    TicketState,
    closing_fields,
)
from huying.kernel.ids import uuid7


class Source(models.Model):
    """A system or a kind of paper that matters come down from or go up to: how it writes, how long it gives."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=40, unique=True, db_collation="C")
    name = models.CharField(max_length=40)
    area_code = coded_area()
    kind = models.CharField(max_length=12, choices=SourceKind.choices)
    tier = models.CharField(max_length=8, choices=SourceTier.choices)
    version = models.PositiveIntegerField(default=1)
    number_pattern = models.CharField(max_length=60, blank=True)
    limit = models.CharField(max_length=12, blank=True, db_collation="C")
    return_within = models.CharField(max_length=12, blank=True, db_collation="C")
    extend_before = models.CharField(max_length=12, blank=True, db_collation="C")
    pauses = models.BooleanField(default=False)
    upper_calls = models.BooleanField(default=True)
    counted = models.BooleanField(default=True)
    closing = models.TextField(blank=True)
    columns = models.JSONField(default=dict, blank=True)  # field: heading, as the last import was confirmed
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["area_code"], name="source_area")]
        constraints = [
            models.CheckConstraint(condition=~Q(kind=SourceKind.PETITION) | Q(counted=False), name="source_petitions")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def fields(self) -> tuple[ClosingField, ...]:
        """The fields of its closing form, in its order."""
        return closing_fields(self.closing or DEFAULT_CLOSING)


class SourceBuffer(models.Model):
    """How much earlier than its source a matter is done with us."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="buffers", db_index=False)
    matter_code = models.CharField(max_length=4, blank=True, db_collation="C")
    buffer = models.CharField(max_length=12, db_collation="C")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "matter_code"], name="source_buffer_once")]

    def __str__(self) -> str:
        return f"{self.matter_code} {self.buffer}"


class SourceStep(models.Model):
    """A step that a source asks for, with its own limit from the day it came."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=30)
    limit = models.CharField(max_length=12, db_collation="C")
    clause = models.CharField(max_length=120, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "position"], name="source_step_once")]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """What another system calls a matter of ours: its number, limit, sheet and closing form. It follows its report."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    number = models.CharField(max_length=60, blank=True, db_collation="C")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="tickets")
    state = models.CharField(max_length=10, choices=TicketState.choices)
    round = models.PositiveSmallIntegerField(default=1)
    received_at = models.DateTimeField()
    upper_due_at = models.DateTimeField(null=True)
    first_due_at = models.DateTimeField(null=True)  # the upper limit of this round before more time was granted
    inner_due_at = models.DateTimeField(null=True)
    buffer = models.CharField(max_length=12, blank=True, db_collation="C")
    return_until = models.DateTimeField(null=True)
    extend_until = models.DateTimeField(null=True)
    sheet = models.BinaryField(null=True)  # the columns as they came, sealed; gone with the caller's data
    seen = ArrayField(models.CharField(max_length=64), default=list)  # keyed hashes of the rows that were taken in
    reason = models.TextField(blank=True)  # why it was sent up
    closing = models.JSONField(default=dict, blank=True)  # heading: words
    sent_at = models.DateTimeField(null=True)
    sent_by = models.UUIDField(null=True)
    result = models.CharField(max_length=12, choices=Result.choices, blank=True)
    result_words = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(F("source"), F("received_at").desc(), F("id").desc(), name="ticket_of_source"),
            models.Index(F("received_at").desc(), F("id").desc(), name="ticket_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="ticket_number_once", condition=~Q(number="")),
            models.CheckConstraint(
                condition=Q(inner_due_at__isnull=True) | Q(inner_due_at__lte=F("upper_due_at")), name="ticket_inner"
            ),
        ]

    def __str__(self) -> str:
        return f"ticket {self.pk}"

    @property
    def came_down(self) -> bool:
        return not self.reason


class TicketStep(models.Model):
    """One step of a ticket as its source asked for it; its clock hangs on it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=30)
    clause = models.CharField(max_length=120, blank=True)
    words = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ticket", "position"], name="ticket_step_open", condition=Q(done_at=None))]
        constraints = [models.UniqueConstraint(fields=["ticket", "position"], name="ticket_step_once")]

    def __str__(self) -> str:
        return f"step {self.pk}"


class TicketAsk(models.Model):
    """A return or more time asked of the upper system, and what it said."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="asks", db_index=False)
    kind = models.CharField(max_length=8, choices=AskKind.choices)
    state = models.CharField(max_length=8, choices=AskState.choices)
    reason = models.TextField()
    amount = models.CharField(max_length=12, blank=True, db_collation="C")
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    words = models.TextField(blank=True)
    answered_by = models.UUIDField(null=True)  # who wrote the answer down
    answered_at = models.DateTimeField(null=True)
    due_before = models.DateTimeField(null=True)
    due_after = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ticket", "asked_at"], name="ticket_ask_of")]
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(state=AskState.ASKED), name="ticket_ask_one_open")
        ]

    def __str__(self) -> str:
        return f"ask {self.pk}"
