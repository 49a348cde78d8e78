"""Facts of cases that ended, their sums by area and month, frozen months, and the terms they are scored by."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huying.insight.rules import Excluded, Slice, StatementState, TermsState
from huying.kernel.ids import uuid7


def _count() -> models.IntegerField[int, int]:
    return models.IntegerField(default=0)


def _later() -> models.IntegerField[int, int]:
    """A count that came later: a process from before still writes rows without it while the house is changed over."""
    return models.IntegerField(default=0, db_default=0)


class Counts(models.Model):
    """One column for each name in `rules.COUNTS`; what they count is said there."""

    cases = _count()
    closed = _count()
    contact_due = _count()
    contact_met = _count()
    reached = _count()
    solved = _count()
    first_solved = _count()
    rated = _count()
    satisfied = _count()
    fair = _count()
    intake_of = _count()
    intake_met = _count()
    verify_of = _count()
    verify_met = _count()
    file_of = _count()
    file_met = _count()
    dispatch_of = _count()
    dispatch_met = _count()
    sign_in_of = _count()
    sign_in_met = _count()
    handle_of = _count()
    handle_met = _count()
    sign_of = _count()
    sign_met = _count()
    review_of = _count()
    review_met = _count()
    check_of = _count()
    check_met = _count()
    call_back_of = _count()
    call_back_met = _count()
    submitted = _count()
    reworked = _count()
    dispatched = _count()
    directed = _count()
    placed = _count()
    repeated = _count()
    self_checked = _count()
    self_passed = _count()
    self_found = _count()
    city = _count()
    city_found = _count()
    patrols = _count()
    patrols_valid = _count()
    filed = _count()
    filed_valid = _count()
    orders = _count()
    returned = _count()
    leads = _count()
    leads_completed = _count()
    whistle_answer_of = _later()
    whistle_answer_met = _later()
    whistle_arrive_of = _later()
    whistle_arrive_met = _later()
    whistles = _later()
    whistles_closed = _later()
    stage_1_of = _later()
    stage_1_met = _later()
    stage_2_of = _later()
    stage_2_met = _later()
    stage_3_of = _later()
    stage_3_met = _later()
    stage_4_of = _later()
    stage_4_met = _later()
    stage_5_of = _later()
    stage_5_met = _later()
    stage_6_of = _later()
    stage_6_met = _later()
    stage_7_of = _later()
    stage_7_met = _later()
    stage_8_of = _later()
    stage_8_met = _later()
    stage_9_of = _later()
    stage_9_met = _later()

    class Meta:
        abstract = True


class Counted(Counts):
    """What a fact is about: a case, or one order of it (`subject_id`), under the unit that it counts for.

    Plain ids and no foreign keys: a fact goes and comes anew with every act on its case.
    """

    subject_id = models.UUIDField()
    case_id = models.UUIDField()
    unit_id = models.UUIDField(null=True)
    area_code = models.CharField(max_length=24, db_collation="C")
    type_code = models.CharField(max_length=8, blank=True, db_collation="C")
    month = models.IntegerField()
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    excluded = models.CharField(max_length=12, choices=Excluded.choices, blank=True)

    class Meta:
        abstract = True


class Fact(Counted):
    """A case that has ended, or one of its orders, as it stands now. Kept by `actions.counting`."""

    version = models.PositiveIntegerField(default=0)  # of the case, when it was counted

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject_id"], name="insight_fact_once")]
        indexes = [
            models.Index(fields=["case_id"], name="insight_fact_case"),
            models.Index(fields=["month", "area_code", "ended_at", "case_id"], name="insight_fact_month"),
            # Where the same matter came again: cases alone have a type here that is counted.
            models.Index(
                fields=["area_code", "type_code", "ended_at"], name="insight_fact_matter", condition=Q(placed=1)
            ),
        ]

    def __str__(self) -> str:
        return f"fact {self.subject_id} {self.month}"


class Cell(Counts):
    """The sums of all facts of one area, month and slice; `rows` are the facts in it."""

    level = models.PositiveSmallIntegerField()
    area_code = models.CharField(max_length=24, db_collation="C", blank=True)
    month = models.IntegerField()
    slice = models.CharField(max_length=8, choices=Slice.choices)
    key = models.CharField(max_length=36, blank=True, db_collation="C")
    rows = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "level", "area_code", "slice", "key"], name="insight_cell_once")
        ]
        indexes = [models.Index(fields=["month"], name="insight_cell_empty", condition=Q(rows=0))]

    def __str__(self) -> str:
        return f"{self.area_code} {self.month} {self.slice} {self.key}: {self.rows}"


class Scoring(models.Model):
    """One version of the terms of an area: proposed by one head, approved by another, in force from a month on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = models.CharField(max_length=24, db_collation="C")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=TermsState.choices, default=TermsState.PROPOSED)
    valid_from = models.IntegerField()  # a month
    terms = models.JSONField()
    examples = models.JSONField()  # every formula worked out by these terms
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code", "number"], name="insight_scoring_number"),
            models.UniqueConstraint(
                fields=["area_code"], condition=Q(state="proposed"), name="insight_scoring_one_proposed"
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force") | (Q(approved_by__isnull=False) & ~Q(approved_by=F("made_by"))),
                name="insight_scoring_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.number}"


class Statement(models.Model):
    """A month of an area as it was frozen. A correction is another version with its reason; no version changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = models.CharField(max_length=24, db_collation="C")
    month = models.IntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=StatementState.choices, default=StatementState.PROPOSED)
    terms = models.JSONField(default=dict, blank=True)  # by which it is scored
    reason = models.TextField(blank=True)  # of a correction
    proposed_at = models.DateTimeField(null=True)
    frozen_by = models.UUIDField(null=True)
    frozen_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code", "month", "version"], name="insight_statement_version"),
            models.CheckConstraint(
                condition=Q(state="proposed") | Q(frozen_at__isnull=False), name="insight_statement_frozen"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="insight_statement_published"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.month} v{self.version}"


class FrozenFact(Counted):
    """A fact as it stood when a month was frozen: what the figures of that version open to."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="facts", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "subject_id"], name="insight_frozen_once")]
        indexes = [
            models.Index(fields=["statement", "area_code", "ended_at", "case_id"], name="insight_frozen_area"),
        ]

    def __str__(self) -> str:
        return f"frozen {self.subject_id}"
