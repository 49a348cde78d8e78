"""Words with versions, notices with their deliveries, persons' habits and addresses; public notices with objections.

A delivery is the outbox: it is written with the act and sent by a job. What is secret (a code, an address given
for once) is sealed, and wiped when it was sent or will not be sent any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huying.clocks.rules import Basis
from huying.kernel.ids import uuid7
from huying.notices.rules import (
    BODY_LIMIT,
    LONGEST_TERM,
    SHORTEST_TERM,
    TITLE_LIMIT,
    Channel,
    DeliveryState,
    PublicKind,
    PublicState,
    Why,
    WordingState,
)
from huying.people.models import Account, Contact, DataKey


class Wording(models.Model):
    """The words of one kind in one channel and language, in one version. Once approved they are not edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=24)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    language = models.CharField(max_length=10)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=TITLE_LIMIT)
    body = models.CharField(max_length=BODY_LIMIT)
    state = models.CharField(max_length=10, choices=WordingState.choices, default=WordingState.DRAFT)
    made_by = models.UUIDField(null=True, blank=True)  # null: shipped
    made_at = models.DateTimeField()
    sent_back_words = models.CharField(max_length=200, blank=True, default="")
    approved_by = models.UUIDField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    in_force_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "channel", "language", "version"], name="notices_wording_version"),
            models.UniqueConstraint(
                fields=["kind", "channel", "language"],
                condition=Q(state__in=["draft", "submitted"]),
                name="notices_wording_one_in_work",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_at__isnull=False, in_force_from__isnull=False),
                name="notices_wording_approved",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="notices_wording_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.language} v{self.version}"


class Notice(models.Model):
    """One thing that one person is told. In the app it is read here; outside it goes by its deliveries."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=24)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="notices")
    title = models.CharField(max_length=200, blank=True, default="")  # as the app shows it; blank where it does not
    body = models.CharField(max_length=1000, blank=True, default="")
    facts = models.JSONField(default=dict, blank=True)
    secret = models.BinaryField(null=True, blank=True)
    key = models.ForeignKey(DataKey, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area_code = models.CharField(max_length=24, db_collation="C", blank=True, default="")
    object_kind = models.CharField(max_length=20, blank=True, default="")
    object_id = models.UUIDField(null=True, blank=True)
    once = models.CharField(max_length=120, null=True, blank=True, unique=True, db_collation="C")
    made_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)  # its object left the person's sight

    class Meta:
        indexes = [
            models.Index(F("account"), F("made_at").desc(), F("id").desc(), name="notices_of_account"),
            models.Index(
                fields=["account"],
                condition=Q(read_at__isnull=True, hidden_at__isnull=True) & ~Q(title=""),
                name="notices_unread",
            ),
            models.Index(fields=["object_id", "object_kind", "made_at"], name="notices_of_object"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Delivery(models.Model):
    """One notice by one channel: the outbox, and afterwards the record of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    not_before = models.DateTimeField()
    digest = models.BooleanField(default=False)
    # What goes out together and under which name the provider knows it: set once, kept over every further try.
    batch = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=12, choices=Why.choices, blank=True, default="")
    masked = models.CharField(max_length=60, blank=True, default="")
    address = models.BinaryField(null=True, blank=True)  # sealed, given for this once
    key = models.ForeignKey(DataKey, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    provider_id = models.CharField(max_length=80, blank=True, default="", db_collation="C")

    class Meta:
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state="waiting"), name="notices_outbox"),
            models.Index(fields=["taken_at"], condition=Q(state="sending"), name="notices_taken"),
            models.Index(F("dead_at").desc(), F("id").desc(), condition=Q(state="dead"), name="notices_dead"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="notices_delivery_once"),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="notices_delivery_sent_when"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state} {self.pk}"


class Sending(models.Model):
    """That something went to an address lately, for the limits alone: a keyed hash, tied to nothing, gone in a day."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=8)
    address_hash = models.CharField(max_length=64, db_collation="C")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["address_hash", "at"], name="notices_sending_address"),
            models.Index(fields=["at"], name="notices_sending_at"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.at}"


class Preference(models.Model):
    """How one member of the staff wants to hear. Without a row: each notice by itself, as its kind says."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.CASCADE, related_name="preference")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    digest = models.BooleanField(default=False)
    digest_times = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)  # minutes of the day
    channels = models.JSONField(default=dict, blank=True)  # kind -> outside channels chosen; a kind not named: default

    def __str__(self) -> str:
        return f"preference of {self.account_id}"


class Address(models.Model):
    """Where a member of the staff is reached outside, sealed; used once it is confirmed with a code."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="addresses")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    value = models.BinaryField()
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")
    masked = models.CharField(max_length=60)
    kept_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    code_hash = models.CharField(max_length=64, blank=True, default="")
    code_until = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "channel"], name="notices_address_once")]

    def __str__(self) -> str:
        return f"{self.channel} of {self.account_id}"


class ReporterChoice(models.Model):
    """What one reporter wants to be told by text message. Without a row: progress yes, openings no."""

    contact = models.OneToOneField(Contact, primary_key=True, on_delete=models.PROTECT, related_name="notice_choice")
    progress = models.BooleanField(default=True)
    openings = models.BooleanField(default=False)
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"choice of {self.contact_id}"


class PublicNotice(models.Model):
    """A paper put up for everybody in an area, for a term. What is published is not edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=PublicKind.choices)
    title = models.CharField(max_length=TITLE_LIMIT)
    body = models.TextField()
    area_code = models.CharField(max_length=24, db_collation="C")
    place_words = models.CharField(max_length=200, blank=True, default="")
    issued_by = models.CharField(max_length=60)  # the body that puts it up, as printed
    days = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=8, choices=Basis.choices, default=Basis.PLAIN)
    takes_objections = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=PublicState.choices, default=PublicState.DRAFT)
    made_by = models.UUIDField(null=True, blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    sent_back_words = models.CharField(max_length=500, blank=True, default="")
    approved_by = models.UUIDField(null=True, blank=True)
    begins_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    ended_told_at = models.DateTimeField(null=True, blank=True)
    summary = models.TextField(blank=True, default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_words = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(F("area_code"), F("begins_at").desc(), F("id").desc(), name="notices_public_area"),
            models.Index(
                fields=["ends_at"],
                condition=Q(state="published", ended_told_at__isnull=True),
                name="notices_public_ending",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(days__gte=SHORTEST_TERM, days__lte=LONGEST_TERM), name="notices_public_term"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "closed", "withdrawn"])
                | Q(begins_at__isnull=False, ends_at__isnull=False, approved_by__isnull=False),
                name="notices_public_when",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="notices_public_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def last_moment(self) -> datetime | None:
        """The end of the term as people say it: the last minute of its last day, not the midnight after it."""
        return self.ends_at - timedelta(minutes=1) if self.ends_at is not None else None


class Objection(models.Model):
    """What somebody objected during the term. No name is asked; the code opens the answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    public = models.ForeignKey(PublicNotice, on_delete=models.PROTECT, related_name="objections")
    code_hash = models.CharField(max_length=64, unique=True, db_collation="C")
    words = models.TextField()
    received_at = models.DateTimeField()
    answer = models.TextField(blank=True, default="")
    answered_by = models.UUIDField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["public", "received_at"], name="notices_objection_of")]

    def __str__(self) -> str:
        return f"objection {self.pk}"


class DigestHours(models.Model):
    """At which times of the day the people of an area hear in one notice what turns red today."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = models.CharField(max_length=24, db_collation="C", unique=True)
    minutes = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)  # of the day
    set_by = models.UUIDField(null=True)
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.area_code
