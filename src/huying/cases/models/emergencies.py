"""Emergencies, who is on duty, and call trees."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huying.cases.models.base import coded_area
from huying.cases.models.calls import Case, WorkOrder
from huying.cases.rules import State
from huying.cases.rules.calltrees import LONGEST, MOST_STEPS, SHORTEST, Occasion, TreeEnd
from huying.cases.rules.emergencies import Hazard
from huying.kernel.ids import uuid7
from huying.matters.models import LimitSwitch
from huying.matters.rules import Grade
from huying.matters.rules.seasons import Alert, Season, set_name
from huying.notices.models import Notice
from huying.people.models import Account, InTerm, Organisation
from huying.people.rules import Post
from huying.places.models import EmergencyMode


class Emergency(models.Model):
    """An area is in emergency mode from one moment to another; in a drill everything is marked as one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    season = models.CharField(max_length=16, choices=Season.choices)
    alert = models.CharField(max_length=8, choices=Alert.choices)
    area_code = coded_area()
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
    area_code = coded_area()
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
    area_code = coded_area()
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
    # Of the desk: which one, and how the case stood there; where either changes, that desk is no longer to be called.
    desk_code = models.CharField(max_length=24, db_collation="C", blank=True, default="", db_default="")
    state = models.CharField(max_length=16, choices=State.choices, default=State.RECEIVED, db_default=State.RECEIVED)
    number = models.PositiveSmallIntegerField(default=0)  # the step that was called last
    began_at = models.DateTimeField()
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_how = models.CharField(max_length=8, choices=TreeEnd.choices, blank=True, default="")
    answered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(order__isnull=False), name="tree_run_of_order"),
            models.UniqueConstraint(fields=["case", "desk_code"], condition=Q(order=None), name="tree_run_of_desk"),
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
