"""Places: the dated tree of areas, and what stands or flows in them. Households are counts, never persons."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huying.kernel.ids import uuid7
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
