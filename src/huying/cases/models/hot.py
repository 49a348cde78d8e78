"""Hot issues: calls of one street on one matter at one place or on one theme, as a job found them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from huying.cases.models.base import coded_area
from huying.cases.models.calls import Case
from huying.cases.rules.hot import MOST_WORDS, Concerned, Trend
from huying.kernel.ids import uuid7


class HotIssue(models.Model):
    """One issue. Its number stays; what it is about is read from its most typical case, so no words are kept twice,
    unless a clerk named it: `own_words` point to nobody.

    `callers` is the number of contacts, for the threshold of five: nothing here says who they are.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    street_code = models.CharField(max_length=9, db_collation="C")
    number = models.PositiveIntegerField()
    area_code = coded_area()  # the smallest area that holds all its calls
    type_code = models.CharField(max_length=8, blank=True, db_collation="C")  # that of most of its calls
    typical = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    heat = models.FloatField()
    callers = models.PositiveIntegerField()
    first_on = models.DateField()
    last_on = models.DateField()
    trend = models.CharField(max_length=8, choices=Trend.choices)
    concerned = models.CharField(max_length=12, choices=Concerned.choices, blank=True)
    found_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)  # its calls are too old, or went into another issue
    own_words = models.CharField(max_length=MOST_WORDS, blank=True)
    # By hand: the issue that holds its calls now. That one's calls leave it by hand or with time alone.
    joined_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="joined", db_index=False)

    class Meta:
        indexes = [models.Index(fields=["street_code", "-heat", "id"], name="hot_live", condition=Q(gone_at=None))]
        constraints = [models.UniqueConstraint(fields=["street_code", "number"], name="hot_number_once")]

    def __str__(self) -> str:
        return f"hot issue {self.pk}"


class HotIssueCase(models.Model):
    """A case in the one issue that it belongs to."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.PROTECT, related_name="hot")
    issue = models.ForeignKey(HotIssue, on_delete=models.CASCADE, related_name="members")
    # The joined issue with which it came, and to which it goes when they are parted.
    came_from = models.ForeignKey(HotIssue, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"case {self.case_id} of hot issue {self.issue_id}"


class HotApart(models.Model):
    """A case that a person took out of an issue: no night puts it back there, nor with the calls that were in it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    issue = models.ForeignKey(HotIssue, on_delete=models.CASCADE, related_name="taken_out")
    others = ArrayField(models.UUIDField())  # cases of the issue then; should it go, they are still not one thing
    at = models.DateTimeField()  # once longer ago than calls are looked at, it says nothing any more

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "issue"], name="hot_apart_once")]

    def __str__(self) -> str:
        return f"case {self.case_id} out of hot issue {self.issue_id}"
