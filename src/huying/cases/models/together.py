"""Many calls as one thing: incidents, and campaigns over listed places."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huying.cases.models.base import coded_area
from huying.cases.models.calls import Case
from huying.cases.rules import (
    campaigns,
    incidents,
)
from huying.cases.rules.incidents import WordKind
from huying.kernel.ids import uuid7
from huying.people.models import Organisation


class Incident(models.Model):
    """One matter that many people report, in words written for everybody; the calls about it go into its case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="incidents", db_index=False)
    street_code = models.CharField(max_length=9, db_collation="C")
    area_codes = ArrayField(coded_area())  # what lies in one of these is part of it
    place_words = models.CharField(max_length=incidents.PLACE_LIMIT)
    type_code = models.CharField(max_length=8, blank=True, db_collation="C")
    title = models.CharField(max_length=incidents.TITLE_LIMIT)
    words = models.CharField(max_length=incidents.WORDS_LIMIT)  # what is known, who is at it
    advice = models.CharField(max_length=incidents.WORDS_LIMIT, blank=True)  # what people can do meanwhile
    began_at = models.DateTimeField()
    expected_at = models.DateTimeField(null=True)
    declared_by = models.UUIDField(null=True)
    declared_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["street_code", "declared_at"], name="incident_street"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case"], name="incident_one_open", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"incident {self.pk}"


class IncidentWord(models.Model):
    """What was said of an incident: everybody who reported it is told, each once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="said")
    kind = models.CharField(max_length=8, choices=WordKind.choices)
    words = models.CharField(max_length=incidents.WORDS_LIMIT)
    said_by = models.UUIDField(null=True)
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"word {self.pk}"


class Campaign(models.Model):
    """专项整治: certain kinds of matter in an area for a period, place by place."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = coded_area()
    name = models.CharField(max_length=campaigns.NAME_LIMIT)
    aim = models.TextField()
    type_codes = ArrayField(models.CharField(max_length=8, db_collation="C"))
    from_day = models.DateField()
    until_day = models.DateField()
    state = models.CharField(max_length=8, choices=campaigns.CampaignState.choices)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closing = models.TextField(blank=True)  # what it came to, what keeps it so
    public_words = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["area_code", "made_at"], name="campaign_area")]
        constraints = [
            models.CheckConstraint(condition=Q(until_day__gte=F("from_day")), name="campaign_days"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(closed_at__isnull=False), name="campaign_public_when_closed"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignSpot(models.Model):
    """One place of a campaign: which unit works on it, where it stands, what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="spots", db_index=False)
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=campaigns.SPOT_LIMIT)
    area_code = coded_area()
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    place_id = models.UUIDField(null=True)  # of a registered place
    unit = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="spots", db_index=False)
    state = models.CharField(max_length=12, choices=campaigns.SpotState.choices, default=campaigns.SpotState.WAITING)
    finding = models.CharField(max_length=12, choices=campaigns.Finding.choices, blank=True)
    words = models.TextField(blank=True)
    done_by = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    checked_by = models.UUIDField(null=True)
    checked_at = models.DateTimeField(null=True)
    check_words = models.TextField(blank=True)
    came_back = models.PositiveSmallIntegerField(default=0)  # how often
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="spots")

    class Meta:
        indexes = [models.Index(fields=["unit", "state"], name="spot_unit")]
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="spot_of_campaign")]

    def __str__(self) -> str:
        return self.name
