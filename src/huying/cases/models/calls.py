"""Reports, cases, work orders and what is said and done about them."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q

from huying.cases.models.base import DESKS, IS_OPEN, STREET, coded_area
from huying.cases.rules import (
    LIVE_ORDERS,
    OPEN,
    CallResult,
    Channel,
    ContactKind,
    HoldReason,
    OrderRole,
    OrderState,
    Outcome,
    ReplyBy,
    Satisfaction,
    State,
    Supervision,
    Verb,
    VisitKind,
)
from huying.cases.rules.exclusions import WAITING, ExclusionState
from huying.kernel.ids import uuid7
from huying.matters.rules import FlowKind, Grade
from huying.people.models import Account, Contact, Organisation


class Case(models.Model):
    """The matter itself. `area_code` is where it lies now, `desk_code` whose desk holds it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=24, unique=True, db_collation="C")
    title = models.CharField(max_length=60)
    state = models.CharField(max_length=16, choices=State.choices)
    flow = models.CharField(max_length=8, choices=FlowKind.choices)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    round = models.PositiveSmallIntegerField(default=1)

    area_code = coded_area()
    filed_area_code = models.CharField(max_length=24, db_collation="C", blank=True)
    desk_code = coded_area()
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    place_words = models.CharField(max_length=200, blank=True)
    unplaced = models.BooleanField(default=False)
    outside = models.BooleanField(default=False)  # its point lies in no area we know: asked about, never dropped

    type_code = models.CharField(max_length=8, blank=True, db_collation="C")
    catalogue_version = models.CharField(max_length=12, blank=True)
    grade = models.CharField(max_length=8, choices=Grade.choices, blank=True)
    danger = models.CharField(max_length=8, blank=True)
    confidential = models.BooleanField(default=False)
    recused = models.BooleanField(default=False)
    restricted = models.BooleanField(default=False)  # confidential or recused: left the prefix rule
    imported = models.BooleanField(default=False)
    drill = models.BooleanField(default=False)
    called = models.BooleanField(default=False, db_default=False)  # a call tree began for it
    verified = models.BooleanField(null=True)
    sampled = models.BooleanField(default=False)
    whistled = models.BooleanField(default=False, db_default=False)  # a unit of the next tier was called to it
    incident = models.BooleanField(default=False, db_default=False)  # many report it: words for all were given out
    nudges = models.PositiveIntegerField(default=0)
    nudged_at = models.DateTimeField(null=True)
    supervision = models.CharField(max_length=8, choices=Supervision.choices, blank=True, default="", db_default="")
    supervisions = models.PositiveIntegerField(default=0, db_default=0)
    asked_report_id = models.UUIDField(null=True)  # the voice that is asked for more and has not answered
    questions = models.PositiveSmallIntegerField(default=0, db_default=0)  # of this round
    held_since = models.DateTimeField(null=True)
    held_until = models.DateField(null=True)  # the day of review: by then it goes on
    held_reason = models.CharField(max_length=8, choices=HoldReason.choices, blank=True, default="", db_default="")
    # An upper system's ticket: the limit that our clocks keep, since when its answer is waited for, sent up ourselves.
    inner_due_at = models.DateTimeField(null=True)
    upper_since = models.DateTimeField(null=True)
    sent_up = models.BooleanField(default=False, db_default=False)
    excluded = models.BooleanField(default=False, db_default=False)  # left out of scores by two persons
    # Whose decision on leaving it out is waited for, if any.
    exclusion = models.CharField(max_length=10, choices=ExclusionState.choices, blank=True, default="", db_default="")

    received_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    due_from = models.DateTimeField(null=True)
    yellow_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_step = models.CharField(max_length=16, blank=True)

    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True)
    answered_by = models.UUIDField(null=True)  # who gave the direct answer or confirmed the decline
    objected_against = models.UUIDField(null=True)
    signed = models.BooleanField(default=False)
    contacted_at = models.DateTimeField(null=True)
    transferred_to = models.CharField(max_length=60, blank=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged", db_index=False)
    state_before_merge = models.CharField(max_length=16, blank=True)
    follows = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followed_by", db_index=False)
    part_of = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="split_into", db_index=False
    )  # the case it was split from, whose reporters follow it
    parts = models.PositiveSmallIntegerField(default=0, db_default=0)  # that were split from it

    version = models.PositiveIntegerField(default=0)
    search = SearchVectorField(null=True)

    class Meta:
        indexes = [
            models.Index(F("area_code"), F("received_at").desc(), F("id").desc(), name="case_area_newest"),
            models.Index(F("state"), F("received_at").desc(), F("id").desc(), name="case_state_newest"),
            models.Index(F("received_at").desc(), F("id").desc(), name="case_newest"),
            models.Index(
                F("area_code"),
                F("state"),
                F("received_at").desc(),
                F("id").desc(),
                name="case_open_state",
                condition=IS_OPEN,
            ),
            models.Index(F("due_at"), F("id"), name="case_open_due", condition=IS_OPEN),
            models.Index(STREET, F("due_at"), F("id"), name="case_open_street", condition=IS_OPEN),
            models.Index(F("state"), F("desk_code"), name="case_open_desk", condition=IS_OPEN),
            # What waits for a desk, the most urgent first, however much of it there is.
            models.Index(DESKS[9], F("state"), F("due_at"), F("id"), name="case_desk_street", condition=IS_OPEN),
            models.Index(DESKS[6], F("state"), F("due_at"), F("id"), name="case_desk_district", condition=IS_OPEN),
            # Answers counts of open cases by itself: all that they ask for stands in it.
            models.Index(
                fields=["area_code", "due_at", "yellow_at", "id", "restricted"],
                name="case_open_where",
                condition=IS_OPEN,
            ),
            models.Index(
                F("area_code"),
                F("received_at").desc(),
                F("id").desc(),
                name="case_restricted_area",
                condition=Q(restricted=True),
            ),
            models.Index(
                F("area_code"),
                F("held_since").desc(),
                F("id").desc(),
                name="case_held",
                condition=Q(held_since__isnull=False),
            ),
            models.Index(
                fields=["desk_code", "id"], name="case_reported_back", condition=Q(supervision=Supervision.REPORTED)
            ),
            models.Index(fields=["id"], name="case_supervised", condition=Q(supervision=Supervision.SET)),
            models.Index(fields=["part_of"], name="case_part_of", condition=Q(part_of__isnull=False)),
            models.Index(fields=["merged_into"], name="case_merged_into_case", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["follows"], name="case_follows", condition=Q(follows__isnull=False)),
            models.Index(
                fields=["desk_code", "id"],
                name="case_exclusion",
                condition=Q(exclusion__in=[str(one) for one in sorted(WAITING)]),
            ),
            GinIndex(fields=["search"], name="case_search"),
            GistIndex(
                Func(F("lng"), F("lat"), function="point"),
                name="case_open_place",
                condition=Q(lat__isnull=False, lng__isnull=False, ended_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(restricted=True) | Q(confidential=False, recused=False), name="case_restricted"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(one) for one in sorted(OPEN)], ended_at__isnull=True)
                | (~Q(state__in=[str(one) for one in sorted(OPEN)]) & Q(ended_at__isnull=False)),
                name="case_ended_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(state=State.MERGED, merged_into__isnull=False)
                | (~Q(state=State.MERGED) & Q(merged_into__isnull=True)),
                name="case_merged_into",
            ),
            models.CheckConstraint(
                condition=Q(held_since__isnull=True, held_until__isnull=True, held_reason="")
                | (Q(held_since__isnull=False, held_until__isnull=False, state=State.IN_HAND) & ~Q(held_reason="")),
                name="case_held_in_hand",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Report(models.Model):
    """One voice. The tracking code is kept as a keyed hash; whoever holds the code may speak for it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports", db_index=False)
    code_hash = models.CharField(max_length=64, unique=True, db_collation="C")
    code_try = models.PositiveSmallIntegerField(default=0)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    words = models.TextField()
    place_words = models.CharField(max_length=200, blank=True)
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    received_at = models.DateTimeField()
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT)
    reply_by = models.CharField(max_length=8, choices=ReplyBy.choices, default=ReplyBy.PAGE)
    about_staff = models.BooleanField(default=False)
    taken_by = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="taken_reports", db_index=False
    )
    # Where the case lies and whether it is open: kept by a trigger, where somebody took the report down.
    area_code = models.CharField(max_length=24, db_collation="C", db_default="", editable=False)
    case_open = models.BooleanField(db_default=False, editable=False)
    source = models.CharField(max_length=40, blank=True, db_collation="C")
    external_id = models.CharField(max_length=80, blank=True, db_collation="C")
    upper_calls = models.BooleanField(default=False, db_default=False)  # the upper system asks this caller itself
    first_case_id = models.UUIDField()  # the case it came in with: merging moves `case`, its code lives on
    withdrawn_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="report_external_once", condition=~Q(external_id="")
            )
        ]
        indexes = [
            models.Index(fields=["case", "received_at"], name="report_of_case"),
            models.Index(
                fields=["taken_by", "case_open", "area_code", "case"],
                name="report_taken_where",
                condition=Q(taken_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"

    @property
    def wants_answer(self) -> bool:
        """Whether somebody is to be asked afterwards: a nameless caller cannot be called, and rates by the code."""
        return self.reply_by != ReplyBy.NONE and (self.reachable or bool(self.source))

    @property
    def reachable(self) -> bool:
        """Whether the caller left a way to be reached and has not taken it back."""
        return self.contact_id is not None and self.erased_at is None


class Addition(models.Model):
    """Words added later by the reporter or the one who reported for them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="additions")
    words = models.TextField()
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"addition {self.pk}"


class WorkOrder(models.Model):
    """One unit's job in one round of a case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="orders", db_index=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="orders", db_index=False)
    role = models.CharField(max_length=8, choices=OrderRole.choices)
    state = models.CharField(max_length=12, choices=OrderState.choices)
    state_before = models.CharField(max_length=12, blank=True)  # kept by merging and reassigning, which can be undone
    round = models.PositiveSmallIntegerField(default=1)
    named = models.BooleanField(default=False)
    clause = models.CharField(max_length=200, blank=True)
    instruction = models.TextField(blank=True)
    handler = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="handled_orders")
    given_to = models.ForeignKey(  # of the unit's handlers the one who is to do it; `handler` is who did
        Account, null=True, on_delete=models.PROTECT, related_name="given_orders", db_index=False
    )
    given_at = models.DateTimeField(null=True)
    headed_at = models.DateTimeField(null=True)  # in a further round: when the unit's head took part
    return_asked = models.BooleanField(default=False)
    # Of an order that was returned, whether its case is open: kept by triggers.
    case_open = models.BooleanField(db_default=False, editable=False)
    result = models.TextField(blank=True)
    offered_at = models.DateTimeField()
    sign_in_due = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    due_from = models.DateTimeField(null=True)
    yellow_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(F("unit"), F("state"), F("offered_at").desc(), F("case"), name="order_unit"),
            models.Index(fields=["case", "round"], name="order_of_case"),
            models.Index(fields=["given_to", "-given_at"], name="order_given", condition=Q(given_to__isnull=False)),
            models.Index(fields=["case", "unit"], name="order_returned", condition=Q(state=OrderState.RETURNED)),
            models.Index(
                fields=["case", "unit"],
                name="order_returned_open",
                condition=Q(state=OrderState.RETURNED, case_open=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round"],
                name="order_one_lead",
                condition=Q(role=OrderRole.LEAD, state__in=[str(one) for one in sorted(LIVE_ORDERS)]),
            ),
            models.UniqueConstraint(
                fields=["case", "round", "unit"],
                name="order_unit_once",
                condition=Q(state__in=[str(one) for one in sorted(LIVE_ORDERS)]),
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def live(self) -> bool:
        return self.state in LIVE_ORDERS


class Answer(models.Model):
    """What a unit reports as the result of a round, with the words meant for the caller."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="answers")
    order = models.ForeignKey(WorkOrder, null=True, on_delete=models.PROTECT)
    round = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    words = models.TextField()
    internal = models.TextField(blank=True)
    written_by = models.UUIDField(null=True)
    written_at = models.DateTimeField()
    signed_by = models.UUIDField(null=True)
    signed_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    sent_back_at = models.DateTimeField(null=True)
    sent_back_words = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"answer {self.pk}"


class ContactAttempt(models.Model):
    """One attempt to reach a caller: the first contact by the unit, or the call-back by the desk."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT)
    kind = models.CharField(max_length=12, choices=ContactKind.choices)
    result = models.CharField(max_length=8, choices=CallResult.choices)
    round = models.PositiveSmallIntegerField()
    words = models.TextField(blank=True)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "kind", "round"], name="attempt_of_case")]

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class Feedback(models.Model):
    """What a reporter says of a round: solved or not, satisfied or not, in words."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="feedback", db_index=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="feedback")
    round = models.PositiveSmallIntegerField()
    solved = models.BooleanField(null=True)
    satisfaction = models.CharField(max_length=12, choices=Satisfaction.choices, blank=True)
    words = models.TextField(blank=True)
    late = models.BooleanField(default=False)
    by_desk = models.BooleanField(default=False)
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "report", "round", "late"], name="feedback_once_a_round")
        ]

    def __str__(self) -> str:
        return f"feedback {self.pk}"


class SiteVisit(models.Model):
    """Eyes on the place: a verification before, or a check after the work."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits")
    kind = models.CharField(max_length=8, choices=VisitKind.choices)
    round = models.PositiveSmallIntegerField()
    good = models.BooleanField()  # found, or passed
    words = models.TextField(blank=True)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"visit {self.pk}"


class Remark(models.Model):
    """Why staff sent a case back, up, or to another unit: the words that the next one reads."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="remarks")
    verb = models.CharField(max_length=20, choices=Verb.choices)
    words = models.TextField()
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"remark {self.pk}"
