"""Places: the dated tree of areas, and what stands or flows in them. Households are counts, never persons."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huying.kernel.ids import uuid7
from huying.places.plans import Mode, NetKind, PlanKind, PlanState
from huying.places.rules import BuildingKind, CoordinateSystem, EstateKind, FacilityKind, ImportKind, Tier, WaterwayKind


def code_field(**options: object) -> models.CharField[str, str]:
    return models.CharField(max_length=24, db_collation="C", **options)  # type: ignore[arg-type]


class Area(models.Model):
    """An area during a time. A re-drawn area ends and a new row with its own `uid` begins."""

    uid = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = code_field()
    name = models.CharField(max_length=60)
    short_name = models.CharField(max_length=60, blank=True, default="")
    tier = models.CharField(max_length=12, choices=Tier.choices)
    parent_code = code_field(blank=True, default="")
    households = models.PositiveIntegerField(default=0)
    polygon = models.JSONField(null=True, blank=True)  # GeoJSON Polygon or MultiPolygon, WGS84
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the first day on which it no longer holds

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="places_area_one_current"),
            models.UniqueConstraint(fields=["code", "valid_from"], name="places_area_one_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="places_area_ends_later"
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{2,19}$"), name="places_area_code_digits"),
        ]
        indexes = [
            models.Index(fields=["parent_code", "code"], condition=Q(valid_to=None), name="places_area_children"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Place(models.Model):
    """What every fixed thing has: where it is, what it is called and of what kind."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = code_field(db_index=True)
    name = models.CharField(max_length=60)
    lng = models.FloatField(null=True, blank=True)  # WGS84
    lat = models.FloatField(null=True, blank=True)
    geometry = models.JSONField(null=True, blank=True)  # GeoJSON, WGS84

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Estate(Place):
    """A housing estate; one that lies across grids lists them all."""

    kind = models.CharField(max_length=16, choices=EstateKind.choices, default=EstateKind.COMMERCIAL)
    grid_codes = ArrayField(code_field(), default=list, blank=True)
    households = models.PositiveIntegerField(default=0)


class Building(Place):
    """A building; `code` is its nineteen digits under the grid."""

    kind = models.CharField(max_length=16, choices=BuildingKind.choices, default=BuildingKind.HOME)
    code = code_field(unique=True, null=True, blank=True)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT, related_name="buildings")
    households = models.PositiveIntegerField(default=0)
    storeys = models.PositiveSmallIntegerField(default=0)


class Facility(Place):
    """A lamp, a lift, a bin point: something to be kept in order."""

    kind = models.CharField(max_length=16, choices=FacilityKind.choices)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT, related_name="facilities")


class Waterway(Place):
    """A creek or a lake; `area_code` is the area that all its grids share."""

    kind = models.CharField(max_length=16, choices=WaterwayKind.choices, default=WaterwayKind.CREEK)
    grid_codes = ArrayField(code_field(), default=list, blank=True)
    metres = models.PositiveIntegerField(default=0)


class ImportDraft(models.Model):
    """A file that was checked and waits to be applied by the person who brought it; kept for a day."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=ImportKind.choices)
    system = models.CharField(max_length=12, choices=CoordinateSystem.choices, default=CoordinateSystem.WGS84)
    filename = models.CharField(max_length=120)
    content = models.BinaryField()
    made_by = models.UUIDField()
    made_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.filename


class Revision(models.Model):
    """One row: a mark that is new after each change, so that every process knows when to read again."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    number = models.PositiveBigIntegerField(default=0)
    mark = models.UUIDField(default=uuid7)

    def __str__(self) -> str:
        return str(self.number)


class AreaPlan(models.Model):
    """A change of areas: written by one person, approved by another, in effect on a day.

    `given` is what the maker asked for, `result` what it comes to: codes that end, rows that begin, heirs.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=PlanKind.choices)
    state = models.CharField(max_length=12, choices=PlanState.choices, default=PlanState.DRAFT)
    area_code = code_field()  # the area in which all of it lies
    title = models.CharField(max_length=120)
    reason = models.CharField(max_length=200, blank=True, default="")
    effective_on = models.DateField()
    given = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=200, blank=True, default="")
    effected_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["area_code", "made_at"], name="places_plan_area"),
            models.Index(fields=["effective_on"], condition=Q(state="approved"), name="places_plan_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "effective"])
                | Q(decided_by__isnull=False) & (Q(made_by__isnull=True) | ~Q(decided_by=F("made_by"))),
                name="places_plan_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="effective", effected_at__isnull=False)
                | ~Q(state="effective") & Q(effected_at__isnull=True),
                name="places_plan_effected",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class AreaHeir(models.Model):
    """What became of a code: who came after it from a day on; the first is for things without a point."""

    old_code = code_field()
    new_code = code_field()
    since = models.DateField()
    first = models.BooleanField(default=True)
    plan = models.ForeignKey(AreaPlan, null=True, on_delete=models.PROTECT, related_name="heirs")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["old_code", "new_code", "since"], name="places_heir_once"),
        ]

    def __str__(self) -> str:
        return f"{self.old_code} {self.new_code}"


class OldNet(models.Model):
    """A net that a department drew for itself, until it is merged into the grids."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = code_field(db_index=True)  # the sub-district or community in which it lies
    kind = models.CharField(max_length=12, choices=NetKind.choices)
    name = models.CharField(max_length=60)
    grid_codes = ArrayField(code_field(), default=list)  # the grids that cover it
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code", "kind", "name"], name="places_oldnet_once"),
        ]

    def __str__(self) -> str:
        return self.name


class GridDuty(models.Model):
    """What a grid does for one of the old nets: in peace, or in an emergency."""

    grid_code = code_field()
    net = models.CharField(max_length=12, choices=NetKind.choices)
    mode = models.CharField(max_length=12, choices=Mode.choices, default=Mode.PEACE)
    words = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grid_code", "net", "mode"], name="places_gridduty_once"),
        ]

    def __str__(self) -> str:
        return f"{self.grid_code} {self.net}"


class GridStandard(models.Model):
    """What a sub-district asks of its grids."""

    area_code = code_field(primary_key=True)
    households = models.PositiveIntegerField()
    least = models.PositiveIntegerField()
    most = models.PositiveIntegerField()
    full_time = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(least__lte=F("households")) & Q(most__gte=F("households")), name="places_standard_span"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.households}"


class EmergencyMode(models.Model):
    """An area works by its emergency duties from one moment to another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = code_field()
    reason = models.CharField(max_length=80)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code"], condition=Q(until=None), name="places_emergency_one"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="places_emergency_term"),
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.since}"
