"""Tables of calls: reports, cases, work orders and what is said and done about them.

Foreign keys without an index of their own are the first column of another one (`report_of_case`, `order_of_case` …).
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Left

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
    SettledBy,
    State,
    Supervision,
    Verb,
    VisitKind,
    campaigns,
    errands,
    incidents,
)
from huying.cases.rules.calling import CallHours
from huying.cases.rules.calltrees import LONGEST, MOST_STEPS, SHORTEST, Occasion, TreeEnd
from huying.cases.rules.emergencies import Hazard
from huying.cases.rules.errands import ErrandState, ErrandVerb
from huying.cases.rules.exclusions import WAITING, ExclusionState
from huying.cases.rules.incidents import WordKind
from huying.cases.rules.tallies import TallyKind
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
from huying.cases.rules.whistles import HIGHEST, LOWEST, Arrival, PartState, WhistleState
from huying.kernel.ids import uuid7
from huying.matters.models import LimitSwitch
from huying.matters.rules import FlowKind, Grade
from huying.matters.rules.seasons import Alert, Season, set_name
from huying.notices.models import Notice
from huying.people.models import Account, Contact, InTerm, Organisation
from huying.people.rules import Post
from huying.places.models import EmergencyMode


def _area() -> models.CharField[str, str]:
    return models.CharField(max_length=24, db_collation="C")


STREET = Left("area_code", 9)
IS_OPEN = Q(ended_at__isnull=True)
"""What is open has not ended (a constraint holds it to the states). By eight states the database would compare eight
states with each of six indexes for each part of a statement: four fifths of the time in which it plans a list."""


class Case(models.Model):
    """The matter itself. `area_code` is where it lies now, `desk_code` whose desk holds it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=24, unique=True, db_collation="C")
    title = models.CharField(max_length=60)
    state = models.CharField(max_length=16, choices=State.choices)
    flow = models.CharField(max_length=8, choices=FlowKind.choices)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    round = models.PositiveSmallIntegerField(default=1)

    area_code = _area()
    filed_area_code = models.CharField(max_length=24, db_collation="C", blank=True)
    desk_code = _area()
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
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    state_before_merge = models.CharField(max_length=16, blank=True)
    follows = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
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
            models.Index(fields=["part_of"], name="case_part_of", condition=Q(part_of__isnull=False)),
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
    taken_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="taken_reports")
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
    return_asked = models.BooleanField(default=False)
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
            models.Index(fields=["case", "unit"], name="order_returned", condition=Q(state=OrderState.RETURNED)),
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


class JointDecision(models.Model):
    """会商 on whose a case is, after two units gave it back: who came, what was said, and which unit it is."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="councils")
    units = ArrayField(models.UUIDField())
    minutes = models.TextField()
    unit = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")  # null: undecided
    held_by = models.UUIDField(null=True)
    held_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"council {self.pk}"


class Precedent(models.Model):
    """A settled dispute, for the next dispatch of a like case: type, area, facts in plain words, the unit and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="precedents")
    street = models.CharField(max_length=9, db_collation="C")
    area_code = _area()
    type_code = models.CharField(max_length=8, db_collation="C")
    facts = models.CharField(max_length=200)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    returned = ArrayField(models.UUIDField())  # the units that gave it back
    clause = models.CharField(max_length=200, blank=True)
    why = models.TextField()
    by = models.CharField(max_length=8, choices=SettledBy.choices)
    settled_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["street", "type_code", "-settled_at"], name="precedent_like")]

    def __str__(self) -> str:
        return f"precedent {self.pk}"


class ExclusionKind(models.Model):
    """One version of a kind of exclusion from scores: the evidence that it needs, and what the caller is told."""

    code = models.CharField(max_length=16, db_collation="C")
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=40)
    needs = models.CharField(max_length=200)
    told = models.CharField(max_length=200)
    valid_from = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="exclusion_kind_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class Exclusion(models.Model):
    """A case left out of scores: asked with reason and evidence, agreed by two persons, over after its day.

    It is about one case; there is no column for whose call it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exclusions", db_index=False)
    kind = models.ForeignKey(ExclusionKind, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, choices=ExclusionState.choices)
    reason = models.TextField()
    evidence = models.TextField()
    hands = ArrayField(models.UUIDField())  # everybody who asked or decided: none of them decides again
    asked_at = models.DateTimeField()
    granted_at = models.DateTimeField(null=True)  # when it first came into force
    until = models.DateField(null=True)
    renews = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="renewed_by")
    objected_at = models.DateTimeField(null=True)
    objection = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["case", "asked_at"], name="exclusion_of_case"),
            models.Index(fields=["granted_at"], name="exclusion_granted"),
            models.Index(fields=["until"], name="exclusion_until", condition=Q(ended_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                name="exclusion_one_waits",
                condition=Q(state__in=[str(one) for one in sorted(WAITING)]),
            ),
            models.UniqueConstraint(
                fields=["case"], name="exclusion_one_in_force", condition=Q(state=ExclusionState.IN_FORCE)
            ),
            models.CheckConstraint(
                condition=~Q(state=ExclusionState.IN_FORCE) | Q(granted_at__isnull=False, until__isnull=False),
                name="exclusion_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"exclusion {self.pk}"


class WhistleKind(models.Model):
    """One version of a kind of whistle: its clocks, and the tiers that may call the next one."""

    code = models.CharField(max_length=16, db_collation="C")
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=20)
    answer_limit = models.CharField(max_length=12, db_collation="C")
    arrive_limit = models.CharField(max_length=12, db_collation="C")
    callers = ArrayField(models.PositiveSmallIntegerField())  # 1 community, 2 street, 3 district
    phoned_first = models.BooleanField(default=False)
    valid_from = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="whistle_kind_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class WhistleBand(models.Model):
    """The healthy number of whistles in a month of areas whose code has so many digits, from a day on."""

    digits = models.PositiveSmallIntegerField()
    least = models.PositiveIntegerField()
    most = models.PositiveIntegerField()
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digits", "valid_from"], name="whistle_band_once"),
            models.CheckConstraint(condition=Q(most__gte=F("least")), name="whistle_band_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.digits}: {self.least}-{self.most}"


class Whistle(models.Model):
    """A call of units of the next tier to the place of a case: a contract with a clock for each, and a joint record."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="whistles", db_index=False)
    serial = models.PositiveSmallIntegerField()  # of its case
    kind = models.ForeignKey(WhistleKind, on_delete=models.PROTECT)
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


class Source(models.Model):
    """A system or a kind of paper that matters come down from or go up to: how it writes, how long it gives."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=40, unique=True, db_collation="C")
    name = models.CharField(max_length=40)
    area_code = _area()
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


class Incident(models.Model):
    """One matter that many people report, in words written for everybody; the calls about it go into its case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="incidents", db_index=False)
    street_code = models.CharField(max_length=9, db_collation="C")
    area_codes = ArrayField(_area())  # what lies in one of these is part of it
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
    area_code = _area()
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
    area_code = _area()
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


def _spoken(**options: Any) -> Any:
    return models.CharField(max_length=300, **options)


class CallScript(InTerm):
    """One version of what an area's desk says when it calls back, for a flow or a class of matters, or for all.

    A version in force is not changed: it ends, and another begins.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = _area()
    version = models.CharField(max_length=20)
    flow = models.CharField(max_length=8, choices=FlowKind.choices, blank=True)
    class_code = models.CharField(max_length=2, db_collation="C", blank=True)
    greeting = _spoken()
    solved = _spoken()
    satisfied = _spoken()
    anything_else = _spoken(blank=True)
    thanks = _spoken()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code", "flow", "class_code", "version"], name="call_script_version"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="call_script_term"),
        ]

    def __str__(self) -> str:
        return self.version


class CallTimes(InTerm):
    """When an area's desk rings callers, and where one part of the day ends."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = _area()
    opens = models.TimeField()
    noon = models.TimeField()
    afternoon = models.TimeField()
    evening = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code", "since"], name="call_times_once"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="call_times_term"),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"

    @property
    def hours(self) -> CallHours:
        return CallHours(self.opens, self.noon, self.afternoon, self.evening, self.closes)


class Emergency(models.Model):
    """An area is in emergency mode from one moment to another; in a drill everything is marked as one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    season = models.CharField(max_length=16, choices=Season.choices)
    alert = models.CharField(max_length=8, choices=Alert.choices)
    area_code = _area()
    drill = models.BooleanField(default=False)
    reason = models.CharField(max_length=200)
    since = models.DateTimeField()
    declared_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.UUIDField(null=True)
    # The limits that it switched on, and ends with it; none where they held already.
    switch = models.ForeignKey(LimitSwitch, null=True, on_delete=models.PROTECT)
    # The turn of the grids to their emergency duties that it began, and ends with it; none in a drill.
    turn = models.ForeignKey(EmergencyMode, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area_code", "drill"], condition=Q(ended_at=None), name="emergency_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(ended_at__gte=F("since")), name="emergency_term"),
        ]

    def __str__(self) -> str:
        return f"{self.season} {self.area_code}"

    @property
    def name(self) -> str:
        return str(set_name(self.season, self.alert))


class EmergencyCase(models.Model):
    """A hazard that was reported in an emergency, or a call that was taken in a drill (without a kind)."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="in_emergency")
    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="reported")
    hazard = models.CharField(max_length=12, choices=Hazard.choices, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.hazard} {self.case_id}"


class DutyShift(models.Model):
    """Which post of which unit is on duty in an area, and when; who holds the post is asked when it is shown."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = _area()
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="shifts")
    post = models.CharField(max_length=32, choices=Post.choices)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    kept_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="shift_ends_later")]
        indexes = [models.Index(fields=["area_code", "ends_at"], name="shift_of_area")]

    def __str__(self) -> str:
        return f"{self.post} {self.begins_at}"


class CallTreeStep(InTerm):
    """A step of an area's call tree, for one grade and occasion, in force from a day on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = _area()
    occasion = models.CharField(max_length=8, choices=Occasion.choices)
    grade = models.CharField(max_length=8, choices=Grade.choices)
    number = models.PositiveSmallIntegerField()
    post = models.CharField(max_length=32, choices=Post.choices)
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area_code", "occasion", "grade", "number", "since"], name="call_tree_step_once"
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="call_tree_step_term"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=MOST_STEPS, minutes__gte=SHORTEST, minutes__lte=LONGEST),
                name="call_tree_step_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.post}"


class TreeRun(models.Model):
    """A call tree that began for a case: of an order that is to be signed for, or of the desk that is to take it up."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tree_runs")
    order = models.ForeignKey(WorkOrder, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    occasion = models.CharField(max_length=8, choices=Occasion.choices)
    number = models.PositiveSmallIntegerField(default=0)  # the step that was called last
    began_at = models.DateTimeField()
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_how = models.CharField(max_length=8, choices=TreeEnd.choices, blank=True, default="")
    answered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(order__isnull=False), name="tree_run_of_order"),
            models.UniqueConstraint(fields=["case"], condition=Q(order=None), name="tree_run_of_desk"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_how="") | (Q(ended_at__isnull=False) & ~Q(ended_how="")),
                name="tree_run_end",
            ),
        ]
        indexes = [models.Index(fields=["next_at", "id"], condition=Q(ended_at=None), name="tree_run_due")]

    def __str__(self) -> str:
        return f"{self.occasion} {self.number}"


class TreeCall(models.Model):
    """One who was called in a run; nobody where nobody who may see the case holds the post."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(TreeRun, on_delete=models.CASCADE, related_name="calls")
    number = models.PositiveSmallIntegerField()
    post = models.CharField(max_length=32, choices=Post.choices)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    notice = models.ForeignKey(Notice, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    code_hash = models.CharField(max_length=64, null=True, blank=True, unique=True, db_collation="C")
    called_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number", "account"], name="tree_call_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.post}"


class Errand(models.Model):
    """One task of an order that somebody outside does by a one-time link: what they see stands here, nothing else.

    The code is kept as a keyed hash. Who opens it first ties it to their device: `holder_hash`; "" before that.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="errands", db_index=False)
    order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="errands")
    serial = models.PositiveSmallIntegerField()
    firm = models.CharField(max_length=errands.FIRM_LIMIT)
    words = models.CharField(max_length=errands.WORDS_LIMIT)
    place = models.CharField(max_length=errands.PLACE_LIMIT)
    photo_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    state = models.CharField(max_length=10, choices=ErrandState.choices)
    sent_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    renewals = models.PositiveSmallIntegerField(default=0)
    code_hash = models.CharField(max_length=64, unique=True, db_collation="C")
    holder_hash = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    opened_at = models.DateTimeField(null=True)
    planned_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "serial"], name="errand_serial")]

    def __str__(self) -> str:
        return f"errand {self.pk}"


class ErrandLine(models.Model):
    """What was said about an errand, by whom: the outsider (`made_by` null) or the handler."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    errand = models.ForeignKey(Errand, on_delete=models.PROTECT, related_name="lines")
    verb = models.CharField(max_length=20, choices=ErrandVerb.choices)
    words = models.CharField(max_length=errands.WORDS_LIMIT, blank=True)
    photos = models.PositiveSmallIntegerField(default=0)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"errand line {self.pk}"
