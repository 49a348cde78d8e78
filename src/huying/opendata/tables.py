"""Which tables a street's data are, which rows of them, and how a row becomes cells and a row again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Field, ForeignKey, Model, Q, QuerySet

from huying.approvals.models import Approval
from huying.audit.models import History
from huying.cases.models import (
    Addition,
    Answer,
    Case,
    ContactAttempt,
    DutyShift,
    Emergency,
    EmergencyCase,
    Feedback,
    NumberCounter,
    Remark,
    Report,
    SiteVisit,
    WorkOrder,
)
from huying.clocks.models import CalendarYear, Clock, Stretch, WorkDay, WorkHours
from huying.clocks.rules import StretchKind
from huying.kernel.actor import upper_bound
from huying.matters.models import (
    CatalogueVersion,
    DutyEntry,
    LimitSet,
    LimitSwitch,
    MatterClass,
    MatterType,
    SetLimit,
    StepLimit,
)
from huying.opendata.rules import KIND, ColumnType, guarded, unguarded, without_numbers
from huying.people.models import Account, Appointment, Organisation, Responsibility, Role, RoleGrant
from huying.places.actions.effecting import place_models
from huying.places.models import Area, AreaHeir, AreaPlan, EmergencyMode, GridDuty, GridStandard, OldNet, Place
from huying.places.rules import ancestors_of
from huying.registers import declared
from huying.registers.declared import ColumnKind

# Of any table: what says how to reach a person, and what only this system understands.
PERSONAL = frozenset({"phone", "mobile", "email", "wechat", "id_number", "contact", "contact_name", "contact_phone"})
OFFICE_PHONE: tuple[type[Model], ...] = (Organisation,)
FREE_TEXT = frozenset(
    (
        *("words", "title", "place_words", "answer", "instruction", "result", "internal"),
        *("sent_back_words", "reason", "name"),
    )
)


@dataclass
class Scope:
    """One area, with all that lies in it, and the keys of what was taken so far, by model."""

    code: str
    taken: dict[type[Model], set[Any]] = field(default_factory=dict)

    @property
    def above(self) -> tuple[str, ...]:
        return ancestors_of(self.code)

    def within(self, name: str = "area_code") -> Q:
        return Q(**{f"{name}__gte": self.code, f"{name}__lt": upper_bound(self.code)})

    def around(self, name: str = "area_code") -> Q:
        """Inside, and what carries the code of an area above."""
        return self.within(name) | Q(**{f"{name}__in": self.above})

    @cached_property
    def cases(self) -> QuerySet[Case]:
        """Cases that lie here and are not restricted nor of a drill, nor merged into one that is."""
        found = Case.objects.filter(self.within(), restricted=False, drill=False)
        outside = found.filter(merged_into__isnull=False).exclude(merged_into__in=found)
        gone = more = set(outside.values_list("pk", flat=True))
        while more := set(found.filter(merged_into__in=more).values_list("pk", flat=True)) - gone:
            gone = gone | more
        return found.exclude(pk__in=gone)


Rows = Callable[[Scope], QuerySet[Any]]


@dataclass(frozen=True)
class Table:
    """One file. `only`: these fields; `skip`: not these; `whole`: the same everywhere, updated where it is there."""

    name: str
    model: type[Model]
    rows: Rows
    only: frozenset[str] | None = None
    skip: frozenset[str] = frozenset()
    masked: bool = False
    whole: bool = False
    fill: Callable[[Any], None] | None = None

    @cached_property
    def numbered(self) -> bool:
        """Keys that the database counts are not carried over: rows are known by their number in the file."""
        return isinstance(self.model._meta.pk, models.AutoField | models.BigAutoField)

    @cached_property
    def fields(self) -> list[Field[Any, Any]]:
        return [one for one in self.model._meta.concrete_fields if self._takes(one)]

    def _takes(self, one: Field[Any, Any]) -> bool:
        if isinstance(one, models.BinaryField | SearchVectorField) or one.name in self.skip:
            return False
        if one.primary_key:
            return not self.numbered
        if one.name in self.shapes or (one.name in PERSONAL and self.model not in OFFICE_PHONE):
            return False
        return self.only is None or one.name in self.only

    @cached_property
    def shapes(self) -> tuple[str, ...]:
        """Fields that go into the GeoJSON file beside the table."""
        if self.model is Area:
            return ("polygon",)
        return ("geometry",) if issubclass(self.model, Place) else ()

    def shape_of(self, row: Any) -> tuple[dict[str, Any] | None, bool]:
        """What a map draws of a row, and whether it is the row's own shape (else its point)."""
        for name in self.shapes:
            if getattr(row, name) is not None:
                return getattr(row, name), True
        if issubclass(self.model, Place) and row.lng is not None and row.lat is not None:
            return {"type": "Point", "coordinates": [row.lng, row.lat]}, False
        return None, False

    # Cells

    def cell(self, row: Any, one: Field[Any, Any], number_of: Callable[[type[Model], Any], Any]) -> str:
        value = getattr(row, one.attname)
        if value is None:
            return ""
        if isinstance(one, ForeignKey):
            return str(number_of(one.related_model, value))
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat()
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(one, models.JSONField | ArrayField):
            return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode()
        if isinstance(value, float):
            return repr(value)
        text = str(value)
        if isinstance(one, models.CharField | models.TextField):
            if self.masked and one.name in FREE_TEXT:
                text = without_numbers(text)
            return guarded(text)
        return text

    def value(self, cell: str, one: Field[Any, Any], row_of: Callable[[type[Model], str], Any]) -> Any:
        if isinstance(one, models.CharField | models.TextField) and not isinstance(one, models.UUIDField):
            if isinstance(one, ForeignKey):
                return cell or None
            return None if one.null and cell == "" else unguarded(cell)
        if cell == "":
            return None
        if isinstance(one, ForeignKey):
            return row_of(one.related_model, cell)
        if isinstance(one, models.BooleanField):
            if cell not in ("true", "false"):
                raise ValueError(cell)
            return cell == "true"
        if isinstance(one, models.JSONField):
            return orjson.loads(cell)
        return one.to_python(cell)

    def type_of(self, one: Field[Any, Any]) -> ColumnType:
        if isinstance(one, ForeignKey):
            target = one.related_model
            return key_type(target)
        for kinds, told in _TYPES:
            if isinstance(one, kinds):
                return told
        return ColumnType.TEXT

    def meaning(self, one: Field[Any, Any]) -> str:
        """What the column means: a register's heading where one shows it."""
        for register in declared.REGISTERS.values():
            if register.model is self.model:
                for column in register.columns:
                    if column.name == one.name:
                        return str(column.label)
        return str(one.verbose_name)


def key_type(model: type[Model]) -> ColumnType:
    """How a row of this table is pointed at."""
    if isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
        return ColumnType.NUMBER_OF_ROW
    return ColumnType.ID if isinstance(model._meta.pk, models.UUIDField) else ColumnType.TEXT


_TYPES: tuple[tuple[Any, ColumnType], ...] = (
    (models.UUIDField, ColumnType.ID),
    (models.BooleanField, ColumnType.BOOLEAN),
    (models.DateTimeField, ColumnType.MOMENT),
    (models.DateField, ColumnType.DATE),
    (models.TimeField, ColumnType.TIME),
    ((models.JSONField, ArrayField), ColumnType.JSON),
    (models.IntegerField, ColumnType.INTEGER),
    ((models.FloatField, models.DecimalField), ColumnType.NUMBER),
)


def tables() -> list[Table]:
    """Every file of an export, what others point at first."""
    return [*_places(), *_calendar(), *_people(), *_matters(), *_cases(), *_registers(), _history()]


def _here(model: type[Model], name: str = "area_code") -> Rows:
    return lambda scope: model._default_manager.filter(scope.within(name))


def _places() -> Iterable[Table]:
    yield Table("areas", Area, lambda scope: Area.objects.filter(scope.within("code") | Q(code__in=scope.above)))
    yield Table("area_plans", AreaPlan, _here(AreaPlan))
    yield Table("area_heirs", AreaHeir, _here(AreaHeir, "old_code"))
    for model in place_models():
        yield Table(f"place_{model._meta.model_name}", model, _here(model), only=_columns(model, place=True))
    yield Table("old_nets", OldNet, _here(OldNet))
    yield Table("grid_duties", GridDuty, _here(GridDuty, "grid_code"))
    yield Table("grid_standards", GridStandard, _here(GridStandard))
    yield Table("emergency_modes", EmergencyMode, _here(EmergencyMode))


def _calendar() -> Iterable[Table]:
    for name, model in (("calendar_years", CalendarYear), ("calendar_days", WorkDay), ("work_hours", WorkHours)):
        yield Table(name, model, _all(model), whole=True)


def _all(model: type[Model]) -> Rows:
    return lambda _scope: model._default_manager.all()


def _people() -> Iterable[Table]:
    def roles(scope: Scope) -> QuerySet[Any]:
        return Role.objects.filter(pk__in=RoleGrant.objects.filter(scope.within()).values("role_id"))

    def units(scope: Scope) -> QuerySet[Any]:
        asked = Q(pk__in=WorkOrder.objects.filter(case__in=scope.cases).values("unit_id"))
        return Organisation.objects.filter(scope.around() | asked)

    def accounts(scope: Scope) -> QuerySet[Any]:
        held = Q(pk__in=Appointment.objects.filter(scope.within()).values("account_id"))
        granted = Q(pk__in=RoleGrant.objects.filter(scope.within()).values("account_id"))
        handled = Q(pk__in=WorkOrder.objects.filter(case__in=scope.cases).values("handler_id"))
        took = Q(pk__in=Report.objects.filter(case__in=scope.cases).values("taken_by_id"))
        return Account.objects.filter(scope.within() | held | granted | handled | took)

    basic = {"kind", "name", "short_name", "area_code", "tier", "parent", "phone", "active"}
    yield Table("roles", Role, roles, whole=True)
    yield Table("organisations", Organisation, units, only=_columns(Organisation, basic))
    yield Table(
        "accounts", Account, accounts, fill=_no_password,
        only=frozenset({"id", "username", "name", "area_code", "is_active", "created_at", "language"}),
    )  # fmt: skip
    yield Table("appointments", Appointment, _here(Appointment))
    yield Table("role_grants", RoleGrant, _here(RoleGrant))
    yield Table("responsibilities", Responsibility, _here(Responsibility))


def _no_password(account: Account) -> None:
    account.set_unusable_password()
    account.must_change_password = True


def _matters() -> Iterable[Table]:
    def of(scope: Scope) -> QuerySet[CatalogueVersion]:
        return CatalogueVersion.objects.filter(scope.around())

    yield Table("catalogue_versions", CatalogueVersion, of)
    for name, model in (
        ("catalogue_classes", MatterClass), ("duty_list", DutyEntry), ("catalogue_types", MatterType),
        ("step_limits", StepLimit),
    ):  # fmt: skip
        yield Table(name, model, _of_versions(model, of))
    sets = _here(LimitSet)  # those that come with the system are there already
    yield Table("limit_sets", LimitSet, sets)
    yield Table("limit_set_lines", SetLimit, lambda scope: SetLimit.objects.filter(limit_set__in=sets(scope)))
    yield Table("limit_switches", LimitSwitch, lambda scope: LimitSwitch.objects.filter(scope.within(), drill=False))


def _of_versions(model: type[Model], versions: Rows) -> Rows:
    return lambda scope: model._default_manager.filter(version__in=versions(scope))


def _cases() -> Iterable[Table]:
    def mine(model: type[Model]) -> Rows:
        return lambda scope: model._default_manager.filter(case__in=scope.cases)

    yield Table("cases", Case, lambda scope: scope.cases, masked=True)
    yield Table(
        "reports", Report, mine(Report), masked=True, fill=_no_code,
        skip=frozenset({"contact", "code_hash", "code_try"}),
    )  # fmt: skip
    yield Table("additions", Addition, lambda scope: Addition.objects.filter(report__case__in=scope.cases), masked=True)
    for name, model in (
        ("orders", WorkOrder), ("answers", Answer), ("contact_attempts", ContactAttempt), ("feedback", Feedback),
        ("site_visits", SiteVisit), ("remarks", Remark),
    ):  # fmt: skip
        yield Table(name, model, mine(model), masked=True)
    yield Table("approvals", Approval, lambda scope: Approval.objects.filter(_objects(scope)), masked=True)
    yield Table("clocks", Clock, lambda scope: Clock.objects.filter(_objects(scope)))
    yield Table(
        "clock_stretches", Stretch,
        lambda scope: Stretch.objects.filter(
            clock__in=Clock.objects.filter(_objects(scope)), kind=StretchKind.PAUSED
        ),
    )  # fmt: skip
    yield Table("emergencies", Emergency, lambda scope: Emergency.objects.filter(scope.within(), drill=False))
    yield Table("emergency_cases", EmergencyCase, mine(EmergencyCase))
    yield Table("duty_shifts", DutyShift, _here(DutyShift))
    yield Table("number_counters", NumberCounter, _here(NumberCounter))


def _objects(scope: Scope) -> Q:
    """What hangs on the cases or their orders by an id alone."""
    orders = WorkOrder.objects.filter(case__in=scope.cases)
    return Q(object_id__in=scope.cases.values("pk")) | Q(object_id__in=orders.values("pk"))


def _no_code(report: Report) -> None:
    """A code that nobody holds: the old ones belong to the old system's key."""
    report.code_hash, report.code_try = f"open:{report.pk.hex}", 0


def _registers() -> Iterable[Table]:
    """Registers that no table above covers: key, columns, and what a row cannot do without."""
    known = {one.model for one in (*_places(), *_people())}
    for register in declared.REGISTERS.values():
        if register.model in known or not register.exported or register.model._meta.app_label == "cases":
            continue
        known.add(register.model)
        name = f"register_{register.key}"
        # Rows that hang on another register's row come after it: their area lies further away.
        yield Table(name, register.model, _of_register(register), only=_columns(register.model))


def _of_register(register: Any) -> Rows:
    return lambda scope: register.model._default_manager.filter(register.in_area(scope.code))


def _columns(model: type[Model], base: Iterable[str] = (), *, place: bool = False) -> frozenset[str] | None:
    """The fields that a model's registers show, with what must be there; None where no register shows it."""
    registers = [one for one in declared.REGISTERS.values() if one.model is model and one.exported]
    if not registers:
        return frozenset(base) if base else None
    names = {*base, *({"area_code", "name", "lng", "lat", "kind"} if place else ())}
    for register in registers:
        names |= {one.name for one in register.columns if not one.derived}
        names.add(register.area_field.split("__")[0])
        names.add(register.end_name())
        if any(one.kind == ColumnKind.POINT for one in register.columns):
            names |= {"lng", "lat"}
    for one in model._meta.concrete_fields:
        if not one.null and not one.has_default() and not one.primary_key:
            names.add(one.name)
    return frozenset(names - {""})


def _history() -> Table:
    def rows(scope: Scope) -> QuerySet[Any]:
        found = History.objects.filter(scope.within()).exclude(kind__in=_left_out())
        # Of a case that is not in the files no line stays, wherever it lies now: it may have been here once.
        of_cases = Q(case__in=scope.cases)
        ours: tuple[tuple[type[Model], Q], ...] = (
            (Case, Q(pk__in=scope.cases.values("pk"))), (WorkOrder, of_cases), (Report, of_cases),
            (Approval, _objects(scope)),
        )  # fmt: skip
        told = found.order_by().values("object_id")
        for model, here in ours:
            theirs = model._default_manager.filter(pk__in=told).exclude(here)
            found = found.exclude(object_id__in=theirs.values("pk"))
        return found

    return Table("history", History, rows, skip=frozenset({"key", "body_hash"}))


def _left_out() -> set[str]:
    """Kinds of lines about what is in no file: exports themselves, callers, their photos and papers, notices, some
    registers."""
    return {KIND, "contact", "file", "notice", *(one.key for one in declared.REGISTERS.values() if not one.exported)}
