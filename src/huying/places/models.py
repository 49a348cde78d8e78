"""Places: the dated tree of areas, and what stands or flows in them. Households are counts, never persons."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left

from huying.kernel.ids import uuid7
from huying.kernel.terms import _
from huying.places.plans import Mode, NetKind, PlanKind, PlanState
from huying.places.premises import (
    ComponentKind,
    Condition,
    DeviceKind,
    Emergency,
    FacilityMore,
    HolderKind,
    RescueKind,
    RoomUse,
    SafetyItem,
    ServiceKind,
    ServiceLevel,
    Trade,
    TradeKind,
    WorkKind,
)
from huying.places.rules import BuildingKind, CoordinateSystem, EstateKind, FacilityKind, ImportKind, Tier, WaterwayKind
from huying.registers.models import SearchIndex


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
    until = models.DateField(null=True, blank=True)  # the first day on which it is no longer there

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Estate(Place):
    """A housing estate; one that lies across grids lists them all."""

    kind = models.CharField(max_length=16, choices=EstateKind.choices, default=EstateKind.COMMERCIAL)
    grid_codes = ArrayField(code_field(), default=list, blank=True)
    households = models.PositiveIntegerField(default=0)
    walled = models.BooleanField(default=False)  # with walls and gates of its own
    green_m2 = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_estate_listed"),
            SearchIndex("name", name="places_estate_words"),
        ]


class Building(Place):
    """A building; `code` is its nineteen digits under the grid."""

    kind = models.CharField(max_length=16, choices=BuildingKind.choices, default=BuildingKind.HOME)
    code = code_field(unique=True, null=True, blank=True)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT, related_name="buildings")
    households = models.PositiveIntegerField(default=0)
    storeys = models.PositiveSmallIntegerField(default=0)
    homes = models.PositiveIntegerField(default=0)  # flats, lived in or not
    built_year = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_building_listed"),
            SearchIndex("name", name="places_building_words"),
        ]


class BuildingUnit(models.Model):
    """A stairwell (单元) of a building with its doors; households are a count."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="units")
    name = models.CharField(max_length=20)
    doors = models.PositiveSmallIntegerField(default=0)
    households = models.PositiveSmallIntegerField(default=0)
    lifts = models.PositiveSmallIntegerField(default=0)
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["building", "name"], condition=Q(until=None), name="places_unit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.building.name} {self.name}"


class Facility(Place):
    """A lamp, a lift, a bin point: something to be kept in order; amounts where it is measured or counted."""

    kind = models.CharField(max_length=16, choices=FacilityKind.choices)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT, related_name="facilities")
    origin = models.CharField(max_length=8, choices=FacilityMore.choices, default=FacilityMore.BUILT)
    condition = models.CharField(max_length=8, choices=Condition.choices, default=Condition.IN_USE)
    pieces = models.PositiveIntegerField(default=1)
    square_metres = models.PositiveIntegerField(default=0)
    parking = models.PositiveIntegerField(default=0)
    chargers = models.PositiveIntegerField(default=0)
    added_on = models.DateField(null=True, blank=True)
    works = models.CharField(max_length=120, blank=True, default="")  # by which works it was added
    keeper = models.CharField(max_length=60, blank=True, default="")  # the unit that keeps it in order

    class Meta:
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_facility_listed"),
            SearchIndex("name", name="places_facility_words"),
        ]


class Component(Place):
    """A city component: who answers for it by law, whose it is, and who keeps it in order."""

    kind = models.CharField(max_length=16, choices=ComponentKind.choices)
    number = models.CharField(max_length=40, db_collation="C")
    condition = models.CharField(max_length=8, choices=Condition.choices, default=Condition.IN_USE)
    competent = models.CharField(max_length=60, blank=True, default="")
    owner = models.CharField(max_length=60, blank=True, default="")
    keeper = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_component_listed"),
            models.Index(fields=["kind", "lat", "lng"], name="places_component_near", condition=Q(until=None)),
            SearchIndex("name", name="places_component_words"),
        ]
        constraints = [
            models.UniqueConstraint(
                Left("area_code", 9), "number", condition=Q(until=None), name="places_component_number"
            ),
        ]


class Waterway(Place):
    """A creek or a lake; `area_code` is the area that all its grids share."""

    kind = models.CharField(max_length=16, choices=WaterwayKind.choices, default=WaterwayKind.CREEK)
    grid_codes = ArrayField(code_field(), default=list, blank=True)
    metres = models.PositiveIntegerField(default=0)


class OtherName(Place):
    """What people also call an area, an estate, a building or a facility; without one of the three, the area itself."""

    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT, related_name="other_names")
    building = models.ForeignKey(Building, null=True, blank=True, on_delete=models.PROTECT, related_name="other_names")
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="other_names")

    class Meta:
        verbose_name = _("别名")
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_othername_listed"),
            SearchIndex("name", name="places_othername_words"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(estate=None, building=None)
                | Q(estate=None, facility=None)
                | Q(building=None, facility=None),
                name="places_othername_of_one",
            ),
        ]


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
    followed = ArrayField(models.CharField(max_length=20), default=list)  # apps whose rows have followed it

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


# Registers of places (see `registers`)


class Device(Place):
    """A camera, a door, a gate as an asset: what it is, where, whose. Nothing it saw, nobody who went through."""

    kind = models.CharField(max_length=16, choices=DeviceKind.choices)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT, related_name="devices")
    building = models.ForeignKey(Building, null=True, blank=True, on_delete=models.PROTECT, related_name="devices")
    condition = models.CharField(max_length=8, choices=Condition.choices, default=Condition.IN_USE)
    serial = models.CharField(max_length=40, blank=True, default="")
    keeper = models.CharField(max_length=60, blank=True, default="")
    installed_on = models.DateField(null=True, blank=True)
    warranty_until = models.DateField(null=True, blank=True)
    checked_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("设备")
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_device_listed"),
            SearchIndex("name", name="places_device_words"),
        ]


class ServicePlace(Place):
    """A place that serves people, with rooms and hours."""

    level = models.CharField(max_length=12, choices=ServiceLevel.choices)
    kind = models.CharField(max_length=16, choices=ServiceKind.choices, default=ServiceKind.PARTY_CENTRE)
    address = models.CharField(max_length=120, blank=True, default="")
    square_metres = models.PositiveIntegerField(default=0)
    outdoor_m2 = models.PositiveIntegerField(default=0)
    phone = models.CharField(max_length=20, blank=True, default="")  # of the office
    barrier_free = models.BooleanField(default=False)
    hours_mon = models.CharField(max_length=40, blank=True, default="")
    hours_tue = models.CharField(max_length=40, blank=True, default="")
    hours_wed = models.CharField(max_length=40, blank=True, default="")
    hours_thu = models.CharField(max_length=40, blank=True, default="")
    hours_fri = models.CharField(max_length=40, blank=True, default="")
    hours_sat = models.CharField(max_length=40, blank=True, default="")
    hours_sun = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("服务阵地")
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_service_listed"),
            SearchIndex("name", name="places_service_words"),
        ]

    def hours(self) -> list[str]:
        """Opening hours by weekday, Monday first."""
        return [
            self.hours_mon, self.hours_tue, self.hours_wed, self.hours_thu, self.hours_fri, self.hours_sat,
            self.hours_sun,
        ]  # fmt: skip


class Room(models.Model):
    """A room of a service place."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place = models.ForeignKey(ServicePlace, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    use = models.CharField(max_length=16, choices=RoomUse.choices, default=RoomUse.ACTIVITY)
    square_metres = models.PositiveIntegerField(default=0)
    seats = models.PositiveSmallIntegerField(default=0)
    lent = models.BooleanField(default=False)  # to groups that ask
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "name"], condition=Q(until=None), name="places_room_once"),
        ]

    def __str__(self) -> str:
        return f"{self.place.name} {self.name}"


class TradePlace(Place):
    """An office tower, a shopping quarter, a park of firms: tenants are counts."""

    kind = models.CharField(max_length=12, choices=TradeKind.choices)
    operator = models.CharField(max_length=60, blank=True, default="")  # the unit that runs it
    square_metres = models.PositiveIntegerField(default=0)
    vacant_m2 = models.PositiveIntegerField(default=0)
    rebuilt_on = models.DateField(null=True, blank=True)
    grid_codes = ArrayField(code_field(), default=list, blank=True)  # where it reaches beyond its own grid

    class Meta:
        verbose_name = _("楼宇商圈")
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_trade_listed"),
            SearchIndex("name", name="places_trade_words"),
        ]

    def reach(self) -> list[str]:
        """The grids that it covers."""
        return sorted({self.area_code, *self.grid_codes})


class TenantCount(models.Model):
    """How many tenants of one trade a commercial place has; no list of firms and nobody's staff."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place = models.ForeignKey(TradePlace, on_delete=models.PROTECT, related_name="tenants")
    trade = models.CharField(max_length=12, choices=Trade.choices)
    firms = models.PositiveIntegerField(default=0)
    staff = models.PositiveIntegerField(default=0)
    counted_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "trade"], name="places_tenants_once")]

    def __str__(self) -> str:
        return f"{self.place.name} {self.get_trade_display()}"


class RescueResource(Place):
    """A team, a store, a shelter that can be called out, with the phone of its office."""

    kind = models.CharField(max_length=8, choices=RescueKind.choices)
    unit = models.CharField(max_length=60)  # that it belongs to
    duty_phone = models.CharField(max_length=20)  # of the office, day and night
    capacity = models.PositiveIntegerField(default=0)  # people of a team, places of a shelter, pieces of a store
    square_metres = models.PositiveIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField(default=30)  # until it is on its way
    equipment = models.CharField(max_length=400, blank=True, default="")
    suited = ArrayField(models.CharField(max_length=12, choices=Emergency.choices), default=list, blank=True)
    checked_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("抢险资源")
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_rescue_listed"),
            SearchIndex("name", name="places_rescue_words"),
        ]


class CallOut(models.Model):
    """A resource called to a place: asked, there, sent home."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resource = models.ForeignKey(RescueResource, on_delete=models.PROTECT, related_name="call_outs")
    area_code = code_field(db_index=True)  # where it is wanted
    emergency = models.CharField(max_length=12, choices=Emergency.choices)
    spot = models.CharField(max_length=120, blank=True, default="")  # the place in words
    called_at = models.DateTimeField()
    called_by = models.UUIDField(null=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    sent = models.PositiveIntegerField(default=0)  # people or pieces
    until = models.DateTimeField(null=True, blank=True)  # sent home

    class Meta:
        indexes = [models.Index(fields=["resource", "called_at"], name="places_callout_resource")]

    def __str__(self) -> str:
        return f"{self.resource.name} {self.get_emergency_display()}"


class RentedHome(Place):
    """A rented home as a place: who bears the duty by reference, what it has, when it is looked at. Never tenants."""

    building = models.ForeignKey(Building, null=True, blank=True, on_delete=models.PROTECT, related_name="rented")
    rooms = models.PositiveSmallIntegerField(default=1)
    storey = models.SmallIntegerField(null=True, blank=True)
    holder_kind = models.CharField(max_length=12, choices=HolderKind.choices)
    holder_ref = models.CharField(max_length=60)  # an organisation's name, or a person's filing number
    filed_on = models.DateField()
    lacking = ArrayField(models.CharField(max_length=16, choices=SafetyItem.choices), default=list, blank=True)
    checked_on = models.DateField(null=True, blank=True)
    next_check = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("出租屋")
        indexes = [
            models.Index(fields=["area_code", "id"], name="places_rented_listed"),
            models.Index(fields=["next_check"], name="places_rented_due"),
            SearchIndex("name", name="places_rented_words"),
        ]


class SafetyCheck(models.Model):
    """A look at a rented home: what is lacking and by when it is to be mended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    home = models.ForeignKey(RentedHome, on_delete=models.PROTECT, related_name="checks")
    on = models.DateField()
    passed = models.BooleanField(default=False)
    lacking = ArrayField(models.CharField(max_length=16, choices=SafetyItem.choices), default=list, blank=True)
    mend_by = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["home", "on"], name="places_check_once_a_day")]

    def __str__(self) -> str:
        return f"{self.home.name} {self.on:%Y-%m-%d}"


class WorkContract(models.Model):
    """Work that a contractor does in an area to a standard: green upkeep, cleaning, drains."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = code_field(db_index=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=WorkKind.choices)
    unit_id = models.UUIDField(null=True, blank=True, db_index=True)  # of people.Organisation, a floor above
    unit_name = models.CharField(max_length=60)  # as it was called when the contract was made
    area_codes = ArrayField(code_field(), default=list, blank=True)  # where the work is done; blank: all of the area
    square_metres = models.PositiveIntegerField(default=0)
    standard = models.TextField(blank=True, default="")
    # Classes or types of the catalogue whose complaints are about this work.
    matter_codes = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    next_inspection = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("作业承包")
        indexes = [SearchIndex("name", name="places_contract_words")]
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="places_contract_term"),
        ]

    def __str__(self) -> str:
        return self.name

    def reach(self) -> list[str]:
        """The areas where the work is done."""
        return list(self.area_codes) or [self.area_code]


class Inspection(models.Model):
    """A look at a contractor's work: points out of a hundred, and what is to be mended by when."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contract = models.ForeignKey(WorkContract, on_delete=models.PROTECT, related_name="inspections")
    on = models.DateField()
    points = models.PositiveSmallIntegerField()
    findings = models.CharField(max_length=400, blank=True, default="")
    mend_by = models.DateField(null=True, blank=True)
    mended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__lte=100), name="places_inspection_points"),
        ]

    def __str__(self) -> str:
        return f"{self.contract.name} {self.on:%Y-%m-%d}"


class GridCount(models.Model):
    """The base register of a grid: how many households, homes, firms and shops. Counts only, nothing about persons."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = code_field(unique=True)
    households = models.PositiveIntegerField(default=0)
    homes = models.PositiveIntegerField(default=0)
    rented = models.PositiveIntegerField(default=0)
    firms = models.PositiveIntegerField(default=0)
    shops = models.PositiveIntegerField(default=0)
    counted_on = models.DateField()

    class Meta:
        verbose_name = _("基础台账")

    def __str__(self) -> str:
        return self.area_code
