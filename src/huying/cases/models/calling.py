"""What is said when people are called back, and when."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from huying.cases.models.base import coded_area
from huying.cases.rules.calling import CallHours
from huying.kernel.ids import uuid7
from huying.matters.rules import FlowKind
from huying.people.models import InTerm


def _spoken(**options: Any) -> Any:
    return models.CharField(max_length=300, **options)


class CallScript(InTerm):
    """One version of what an area's desk says when it calls back, for a flow or a class of matters, or for all.

    A version in force is not changed: it ends, and another begins.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = coded_area()
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
    area_code = coded_area()
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
