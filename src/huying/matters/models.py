"""The graded catalogue: classes, types, duty-list entries and limits, all of one version each.

A version's rows change while it is a draft and never after: a trigger refuses it (migration 0002).
Cases keep a type's code and a version's number, never a row, so that old versions explain old cases.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q

from huying.kernel.ids import uuid7
from huying.kernel.terms import _
from huying.matters.rules import (
    CallBackPolicy,
    CheckPolicy,
    DutyKind,
    FlowKind,
    Grade,
    LowestTier,
    Step,
    VersionState,
)
from huying.matters.rules.knowledge import BODY_LIMIT, QUESTION_LIMIT, KnowledgeKind, KnowledgeState, ReplyFor
from huying.matters.rules.seasons import Alert, Season, set_name
from huying.people.models import Organisation


class CatalogueVersion(models.Model):
    """One version of the catalogue; exactly one is in force."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=16, unique=True)
    area_code = models.CharField(max_length=24, db_collation="C")
    state = models.CharField(max_length=16, choices=VersionState.choices, default=VersionState.DRAFT)
    based_on = models.CharField(max_length=16, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    sent_back_words = models.CharField(max_length=200, blank=True, default="")
    # Counts changes: an approval names the revision its approver has read.
    revision = models.PositiveIntegerField(default=0)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    editors = ArrayField(models.UUIDField(), default=list, blank=True)
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="in_force"), name="matters_one_in_force"),
            models.UniqueConstraint(
                fields=["area_code"],
                condition=Q(state__in=["draft", "submitted", "approved"]),
                name="matters_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(made_by__isnull=True) | Q(approved_by__isnull=True) | ~Q(made_by=F("approved_by")),
                name="matters_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "in_force", "retired"]) | Q(valid_from__isnull=False),
                name="matters_valid_from",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def state_label(self) -> str:
        return str(VersionState(self.state).label)


class MatterClass(models.Model):
    """One of the classes of the catalogue; `code` is two digits."""

    version = models.ForeignKey(CatalogueVersion, on_delete=models.CASCADE, related_name="classes")
    code = models.CharField(max_length=2, db_collation="C")
    name = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="matters_class_code")]

    def __str__(self) -> str:
        return self.name


class DutyEntry(models.Model):
    """An entry of the sub-district's duty list (履职事项清单); co-operating entries name their lead."""

    version = models.ForeignKey(CatalogueVersion, on_delete=models.CASCADE, related_name="duties")
    kind = models.CharField(max_length=16, choices=DutyKind.choices)
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=200)
    lead = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "kind", "number"], name="matters_duty_number"),
            models.CheckConstraint(condition=Q(kind="basic") | ~Q(lead=""), name="matters_duty_lead"),
        ]

    def __str__(self) -> str:
        return self.clause

    @property
    def kind_label(self) -> str:
        return str(DutyKind(self.kind).label)

    @property
    def clause(self) -> str:
        """The entry as it is cited: "履职事项清单 配合履职 第 12 项"."""
        return str(
            _("履职事项清单 %(kind)s 第 %(number)s 项") % {"kind": DutyKind(self.kind).label, "number": self.number}
        )


class MatterType(models.Model):
    """One type of matter of one version; `code` is the class's two digits and two more."""

    version = models.ForeignKey(CatalogueVersion, on_delete=models.CASCADE, related_name="types")
    matter_class = models.ForeignKey(MatterClass, on_delete=models.CASCADE, related_name="types")
    duty_entry = models.ForeignKey(DutyEntry, on_delete=models.PROTECT, related_name="types")
    code = models.CharField(max_length=4, db_collation="C")
    name = models.CharField(max_length=40)
    lowest_tier = models.CharField(max_length=16, choices=LowestTier.choices)
    grade = models.CharField(max_length=16, choices=Grade.choices, default=Grade.ORDINARY)
    flow = models.CharField(max_length=16, choices=FlowKind.choices, default=FlowKind.APPEAL)
    check_policy = models.CharField(max_length=16, choices=CheckPolicy.choices, default=CheckPolicy.NEVER)
    call_back_policy = models.CharField(max_length=16, choices=CallBackPolicy.choices, default=CallBackPolicy.DESK)
    confidential = models.BooleanField(default=False)
    scored = models.BooleanField(default=True)
    self_handle = models.BooleanField(default=False)
    public = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    danger = models.CharField(max_length=4, blank=True, default="")
    units = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    filing_condition = models.CharField(max_length=300)
    closing_condition = models.CharField(max_length=300)
    proof = models.CharField(max_length=300)
    advice = models.CharField(max_length=300, blank=True, default="")
    words = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    danger_words = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    # Staged limits, each "name=limit": an illegal building is stopped, punished and taken down by three dates.
    stages = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="matters_type_code"),
            models.UniqueConstraint(fields=["version", "name"], name="matters_type_name"),
            models.CheckConstraint(
                condition=Q(confidential=False) | Q(check_policy="never"), name="matters_confidential_unchecked"
            ),
            models.CheckConstraint(condition=Q(danger__in=["", "110", "119", "120"]), name="matters_danger"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def class_code(self) -> str:
        return self.code[:2]

    @property
    def clause(self) -> str:
        """The duty-list entry the type rests on, as it is cited to units and callers."""
        return self.duty_entry.clause

    @property
    def labels(self) -> dict[str, Any]:
        """The words of its stored choices, for pages."""
        return {
            "tier": LowestTier(self.lowest_tier).label,
            "grade": Grade(self.grade).label,
            "flow": FlowKind(self.flow).label,
            "check": CheckPolicy(self.check_policy).label,
            "call_back": CallBackPolicy(self.call_back_policy).label,
        }


class StepLimit(models.Model):
    """A limit of a step: of one type, or of all types of the version; of one grade, or of every grade ("")."""

    version = models.ForeignKey(CatalogueVersion, on_delete=models.CASCADE, related_name="limits")
    type = models.ForeignKey(MatterType, null=True, on_delete=models.CASCADE, related_name="limits")
    step = models.CharField(max_length=16, choices=Step.choices)
    grade = models.CharField(max_length=16, choices=Grade.choices, blank=True, default="")
    limit = models.CharField(max_length=12)
    # The row of the version's sheet of limits: what "第 48 行" in an explanation means.
    line = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "type", "step", "grade"], name="matters_step_limit", nulls_distinct=False
            ),
            models.UniqueConstraint(fields=["version", "line"], name="matters_limit_line"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.limit}"


class LimitSet(models.Model):
    """One version of the limits for an occasion; never changed, a change is the next version.

    `area_code`: whose it is; "" for those that come with the system, until a street writes its own.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    season = models.CharField(max_length=16, choices=Season.choices)
    alert = models.CharField(max_length=8, choices=Alert.choices, blank=True, default="")
    area_code = models.CharField(max_length=24, db_collation="C", blank=True, default="")
    number = models.PositiveIntegerField()
    # Whether clocks that run already take its limits too; else only those that start while it holds.
    recount = models.BooleanField(default=False)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["season", "alert", "area_code", "number"], name="matters_set_version")
        ]

    def __str__(self) -> str:
        return f"{self.season} {self.alert} {self.number}"

    @property
    def name(self) -> str:
        return str(set_name(self.season, self.alert))


class SetLimit(models.Model):
    """One line of a set: the limit of a step, of one type or of all ("")."""

    limit_set = models.ForeignKey(LimitSet, on_delete=models.CASCADE, related_name="lines")
    line = models.PositiveIntegerField()
    type_code = models.CharField(max_length=4, db_collation="C", blank=True, default="")
    step = models.CharField(max_length=16, choices=Step.choices)
    grade = models.CharField(max_length=16, choices=Grade.choices, blank=True, default="")
    limit = models.CharField(max_length=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["limit_set", "line"], name="matters_set_line"),
            models.UniqueConstraint(fields=["limit_set", "type_code", "step", "grade"], name="matters_set_limit"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.limit}"


class LimitSwitch(models.Model):
    """A set holds in an area from one moment to another; these rows are the history of switching."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    limit_set = models.ForeignKey(LimitSet, on_delete=models.PROTECT, related_name="switches")
    season = models.CharField(max_length=16, choices=Season.choices)
    area_code = models.CharField(max_length=24, db_collation="C")
    drill = models.BooleanField(default=False)  # it holds for cases of drills alone
    reason = models.CharField(max_length=200)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)  # the end that was stated when it was switched on
    switched_by = models.UUIDField(null=True)
    switched_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.UUIDField(null=True)  # null too where it ended at its stated end

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area_code", "season", "drill"], condition=Q(ended_at=None), name="matters_one_switch"
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="matters_switch_term"),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(ended_at__gte=F("since")), name="matters_switch_end"),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(ended_at=None), name="matters_switch_until"),
            models.Index(fields=["area_code", "-since"], name="matters_switch_area"),
        ]

    def __str__(self) -> str:
        return f"{self.season} {self.area_code} {self.since}"


class Knowledge(models.Model):
    """One version of a text of the knowledge base: an answer to a question (问答), or a standard reply (标准答复).

    `entry` is the text itself, whichever version: public addresses and histories of cases name it with the number.
    What is published is not changed any more; a change is the next version, and the one before it is retired.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.UUIDField(default=uuid7, editable=False)
    number = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=8, choices=KnowledgeKind.choices)
    reply_for = models.CharField(max_length=16, choices=ReplyFor.choices, blank=True, default="")
    area_code = models.CharField(max_length=24, db_collation="C")
    question = models.CharField(max_length=QUESTION_LIMIT)
    body = models.CharField(max_length=BODY_LIMIT)
    basis = models.CharField(max_length=200, blank=True, default="")
    type_codes = ArrayField(models.CharField(max_length=4, db_collation="C"), default=list, blank=True)
    unit = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    review_on = models.DateField()
    state = models.CharField(max_length=10, choices=KnowledgeState.choices, default=KnowledgeState.DRAFT)
    sent_back_words = models.CharField(max_length=200, blank=True, default="")
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    search = SearchVectorField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="matters_knowledge_version"),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state__in=["draft", "submitted"]), name="matters_knowledge_in_work"
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state="published"), name="matters_knowledge_published"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")), name="matters_knowledge_two"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(approved_at__isnull=False), name="matters_knowledge_approved"
            ),
            models.CheckConstraint(
                condition=Q(kind="article", reply_for="") | (Q(kind="reply") & ~Q(reply_for="")),
                name="matters_knowledge_reply",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], condition=Q(state="published"), name="matters_knowledge_search"),
            models.Index(fields=["area_code", "kind"], condition=Q(state="published"), name="matters_knowledge_area"),
            models.Index(fields=["review_on"], condition=Q(state="published"), name="matters_knowledge_review"),
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def labels(self) -> dict[str, Any]:
        """The words of its stored choices, for pages."""
        return {
            "kind": KnowledgeKind(self.kind).label,
            "state": KnowledgeState(self.state).label,
            "reply_for": ReplyFor(self.reply_for).label if self.reply_for else "",
        }
