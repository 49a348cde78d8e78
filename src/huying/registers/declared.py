"""Registers are declared, not programmed: columns, duties and hooks; pages, sheets and history come from the engine.

An app declares its registers in `<app>/registers.py` and adds them in `AppConfig.ready()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, cast
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label, Term, _, listed

if TYPE_CHECKING:
    from django.db.models.fields import Field

READ = "read"  # a word of people.rules.Duty, which lies floors above
M = TypeVar("M", bound=Model)


class ColumnKind(Term):
    """What a cell holds."""

    TEXT = "text", _("文字")
    LONG_TEXT = "long_text", _("长文字")
    NUMBER = "number", _("整数")
    DECIMAL = "decimal", _("小数")
    DATE = "date", _("日期")
    TIME = "time", _("时刻")
    YES = "yes", _("是或否")
    CHOICE = "choice", _("单选")
    CHOICES = "choices", _("多选")
    AREA = "area", _("区域")
    AREAS = "areas", _("多个区域")
    LINK = "link", _("关联")
    POINT = "point", _("位置")


_SPEAKING = (ColumnKind.CHOICE, ColumnKind.CHOICES, ColumnKind.AREA, ColumnKind.AREAS, ColumnKind.LINK)


@dataclass(frozen=True)
class Column:
    """One column: attribute of the model, key of values, heading of list, form and sheet."""

    name: str
    label: Label
    kind: ColumnKind = ColumnKind.TEXT
    needed: bool = False
    choices: type[Term] | None = None
    without: tuple[str, ...] = ()  # stored words of `choices` that are not offered here
    links_to: str = ""  # key of another register (LINK)
    listed: bool = True  # shown in the list
    filtered: bool = False  # offered as a filter
    bulk: bool = False  # may be set for many rows at once
    fixed: bool = False  # set on creation only
    most: int | None = None  # longest text or largest number
    help: Label = ""
    apart: bool = False  # a panel of its own shows it; not among the facts of the row's page
    derived: bool = False  # shown and exported, never written: a value of the model or of `value_of`

    @property
    def speaks(self) -> bool:
        """Whether a value says what it is without the label (a place, a unit, a chosen word); numbers do not."""
        return self.kind in _SPEAKING

    def offered(self) -> list[tuple[str, Any]]:
        """The choices of the column with their labels."""
        if self.choices is None:
            return []
        return [(str(value), label) for value, label in self.choices.choices if value not in self.without]


@dataclass(frozen=True)
class Panel:
    """A further part of a row's page."""

    title: Label
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RowAction:
    """A further button of a row's page."""

    label: Label
    url: str
    icon: str = ""
    main: bool = False


class AreaBook(Protocol):
    """What the engine asks about areas; the app that keeps them says who answers (`use_areas`)."""

    def names_of(self, codes: Iterable[str]) -> dict[str, str]: ...
    def is_known(self, code: str) -> bool: ...
    def within(self, prefixes: Iterable[str]) -> list[tuple[str, str]]: ...
    def outlines_url(self, code: str) -> str: ...


class _NoAreas:
    def names_of(self, codes: Iterable[str]) -> dict[str, str]:
        return {code: code for code in codes}

    def is_known(self, code: str) -> bool:
        return True

    def within(self, prefixes: Iterable[str]) -> list[tuple[str, str]]:
        return []

    def outlines_url(self, code: str) -> str:
        return ""


_areas: AreaBook = _NoAreas()


def use_areas(book: AreaBook) -> None:
    global _areas
    _areas = book


def areas() -> AreaBook:
    return _areas


NamesOf = Callable[[Iterable[UUID]], dict[UUID, str]]


def _nobody(ids: Iterable[UUID]) -> dict[UUID, str]:
    return {}


_names: NamesOf = _nobody


def use_people(names_of: NamesOf) -> None:
    """Who says what the people of a history line are called."""
    global _names
    _names = names_of


def people_called(ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(ids)


class Register(Generic[M]):
    """One register. Subclass it, set the class attributes, override hooks where the default does not fit."""

    key: ClassVar[str]
    label: ClassVar[Label]
    icon: ClassVar[str] = "list"
    group: ClassVar[str] = "base"  # a key of `GROUPS`
    order: ClassVar[int] = 50
    about: ClassVar[Label] = ""  # one line under the heading: what belongs here, and what does not
    model: type[M]
    columns: ClassVar[tuple[Column, ...]]
    read: ClassVar[str] = READ
    write: ClassVar[str]
    identity: ClassVar[tuple[str, ...]] = ("area_code", "name")
    searched: ClassVar[tuple[str, ...]] = ("name",)
    ends: ClassVar[bool] = False
    end_label: ClassVar[Label] = _("停用")
    ended_label: ClassVar[Label] = _("已停用")
    # Ways to the row's area (`place__area_code` for rows that hang on another), to its end and to its order.
    area_field: ClassVar[str] = "area_code"
    end_field: ClassVar[str] = ""  # "" means: `until`, `valid_to` or `active`, whichever the model has
    sorted_by: ClassVar[tuple[str, ...]] = ()  # "" means: the area, then the row's id
    most_rows: ClassVar[int] = 20_000  # of one import
    exported: ClassVar[bool] = True  # False: this register leaves the house on no sheet
    export_duty: ClassVar[str] = "export"  # beside those who keep the register
    listed_apart: ClassVar[bool] = True  # False: rows are reached from another register's page; no card

    # Scope

    def prefixes(self, viewer: Actor) -> tuple[str, ...]:
        """The areas whose rows the viewer reads: by the reading duty, or because they keep them."""
        if viewer.kind == ActorKind.SYSTEM:
            return ("",)
        found = sorted({*viewer.areas(self.read), *viewer.areas(self.write)})
        return tuple(one for one in found if not any(one != above and one.startswith(above) for above in found))

    def branches(self, viewer: Actor) -> list[QuerySet[M]]:
        """The rows the viewer may read, as querysets that are limited and united page by page."""
        rows = self.rows()
        return [rows.filter(self.in_area(prefix)) for prefix in self.prefixes(viewer)]

    def rows(self) -> QuerySet[M]:
        """All rows, with what a line of the list needs."""
        joined = [
            one.name for one in self.columns if one.kind == ColumnKind.LINK and self.field_of(one.name) is not None
            and self.field_of(one.name).is_relation  # type: ignore[union-attr]
        ]  # fmt: skip
        head = self.area_field.rpartition("__")[0]
        rows = self.model._default_manager.all()
        names = sorted({*joined, *([head] if head else [])})
        return rows.select_related(*names) if names else rows

    def in_area(self, prefix: str) -> Q:
        if not prefix:
            return Q()
        return Q(**{f"{self.area_field}__gte": prefix, f"{self.area_field}__lt": upper_bound(prefix)})

    def area_of(self, row: M) -> str:
        found: Any = row
        for name in self.area_field.split("__"):
            found = getattr(found, name, "") if found is not None else ""
        return str(found or "")

    def area_of_values(self, values: Mapping[str, object]) -> str:
        """The area of a row that is to be: its own code, or that of the row it hangs on."""
        head, _dots, rest = self.area_field.partition("__")
        if not rest:
            return str(values.get(head) or "")
        column = self.column(head)
        other = get(column.links_to)
        row = other.model._default_manager.filter(pk=values.get(head)).first()
        return other.area_of(row) if row is not None else ""

    # Writing

    def check(self, values: dict[str, object], row: M | None, *, actor: Actor, now: datetime) -> None:
        """Raise Invalid({column: [sentence]}); `values` are those of the whole row as it will be."""

    def save(self, row: M | None, values: dict[str, object], *, actor: Actor, now: datetime) -> M:
        """Write what changes (all values of a new row) and return the row."""
        kept = row if row is not None else self.fresh(values, now=now)
        for name, value in values.items():
            self.assign(kept, self.column(name), value)
        kept.save()
        return kept

    def fresh(self, values: Mapping[str, object], *, now: datetime) -> M:
        """A new row before its values are set."""
        return self.model()

    def end(self, row: M, *, on: date, actor: Actor, now: datetime) -> None:
        name = self.end_name()
        found = self.field_of(name)
        if isinstance(found, models.BooleanField):
            setattr(row, name, False)
        elif isinstance(found, models.DateTimeField):
            setattr(row, name, timezone.make_aware(datetime.combine(on, time())))
        else:
            setattr(row, name, on)
        row.save(update_fields=[name])

    def after(self, row: M, *, actor: Actor, now: datetime) -> None:
        """What follows a write of one row, in its transaction."""

    def after_many(self, rows: Sequence[M], *, actor: Actor, now: datetime) -> None:
        """What follows writing many rows at once."""
        for row in rows:
            self.after(row, actor=actor, now=now)

    # Reading and showing

    def column(self, name: str) -> Column:
        for one in self.columns:
            if one.name == name:
                return one
        raise NotFound("column")

    def field_of(self, name: str) -> Field[Any, Any] | None:
        """The model's field of a column, if it has one of this name."""
        try:
            found = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        return cast("Field[Any, Any]", found) if getattr(found, "concrete", False) else None

    def value_of(self, row: M, column: Column) -> Any:
        """A cell's value: ids for links, (lng, lat) for points."""
        if column.kind == ColumnKind.POINT:
            lng, lat = getattr(row, "lng", None), getattr(row, "lat", None)
            return (lng, lat) if lng is not None and lat is not None else None
        found = self.field_of(column.name)
        return getattr(row, found.attname if found is not None else column.name)

    def assign(self, row: M, column: Column, value: Any) -> None:
        """Set a cell of a row that is not saved yet."""
        if column.kind == ColumnKind.POINT:
            row.lng, row.lat = value if value is not None else (None, None)  # type: ignore[attr-defined]
            return
        found = self.field_of(column.name)
        if value is None and found is not None and not found.null:
            value = found.get_default() if found.has_default() else ("" if column.kind == ColumnKind.TEXT else value)
        setattr(row, found.attname if found is not None else column.name, value)

    def title_of(self, row: M) -> str:
        return str(row)

    def words_of(self, row: M, column: Column) -> str:
        """The shown text of a cell."""
        return words(self, column, self.value_of(row, column), row)

    def panels(self, row: M, viewer: Actor) -> list[Panel]:
        return []

    def row_actions(self, row: M, viewer: Actor) -> list[RowAction]:
        return []

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        """Figures over the list, each with its words; asked once a page."""
        return []

    def condition_of(self, column: Column, value: str, *, now: datetime) -> Q | None:
        """The condition of a filter, where it is not simply the column's value; None for the simple one."""
        return None

    # Ends

    def end_name(self) -> str:
        if self.end_field:
            return self.end_field
        return next((one for one in ("until", "valid_to", "active") if self.field_of(one) is not None), "")

    def present(self, *, now: datetime) -> Q:
        """The condition of rows that have not ended."""
        name = self.end_name() if self.ends else ""
        if not name:
            return Q()
        found = self.field_of(name)
        if isinstance(found, models.BooleanField):
            return Q(**{name: True})
        moment: Any = now if isinstance(found, models.DateTimeField) else timezone.localdate(now)
        return Q(**{name: None}) | Q(**{f"{name}__gt": moment})

    def has_ended(self, row: M, *, now: datetime) -> bool:
        name = self.end_name() if self.ends else ""
        if not name:
            return False
        value = getattr(row, name)
        if isinstance(value, bool):
            return not value
        if isinstance(value, datetime):
            return value <= now
        return value is not None and value <= timezone.localdate(now)

    def may_read(self, viewer: Actor) -> bool:
        return viewer.kind == ActorKind.SYSTEM or bool(self.prefixes(viewer))

    def may_write(self, viewer: Actor, row: M | None = None) -> bool:
        return viewer.has(self.write) if row is None else viewer.may(self.write, self.area_of(row))

    def may_export(self, viewer: Actor) -> bool:
        return self.exported and (viewer.has(self.export_duty) or self.may_write(viewer))

    def has_points(self) -> bool:
        return any(one.kind == ColumnKind.POINT for one in self.columns)


MorePanels = Callable[[Any, Actor], list[Panel]]
_PANELS: dict[str, list[MorePanels]] = {}


def add_panels(key: str, panels: MorePanels) -> None:
    """What an upper app shows on the rows' pages of a register: complaints beside a contract, posts beside a unit."""
    _PANELS.setdefault(key, []).append(panels)


def panels_of(register: Register[Any], row: Any, viewer: Actor) -> list[Panel]:
    found = register.panels(row, viewer)
    for more in _PANELS.get(register.key, ()):
        found = [*found, *more(row, viewer)]
    return found


def words(register: Register[Any], column: Column, value: Any, row: Any = None) -> str:
    """A cell's value as people read it."""
    kind = column.kind
    if value is None or value == "" or value == []:
        return ""
    if kind == ColumnKind.YES:
        return str(_("是")) if value else str(_("否"))
    if kind == ColumnKind.CHOICE and column.choices is not None:
        return label_of(column.choices, value)
    if kind == ColumnKind.CHOICES and column.choices is not None:
        return listed(label_of(column.choices, one) for one in value)
    if kind == ColumnKind.AREA:
        return areas().names_of([value])[value]
    if kind == ColumnKind.AREAS:
        return listed(areas().names_of(value)[one] for one in value)
    if kind == ColumnKind.LINK:
        return _linked_words(register, column, value, row)
    if kind == ColumnKind.POINT:
        return f"{value[0]:.6f}, {value[1]:.6f}"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def label_of(choices: type[Term], value: object) -> str:
    """A stored word's label; a word that is no longer offered stays readable."""
    return str(choices(value).label) if value in choices.values else str(value)


def _linked_words(register: Register[Any], column: Column, value: UUID, row: Any) -> str:
    known: dict[UUID, str] = getattr(row, "_linked_words", {})
    if value in known:
        return known[value]
    found = register.field_of(column.name)
    linked = getattr(row, column.name, None) if row is not None and found is not None and found.is_relation else None
    if linked is None or linked.pk != value:
        linked = get(column.links_to).model._default_manager.filter(pk=value).first()
    return get(column.links_to).title_of(linked) if linked is not None else ""


# All registers


@dataclass(frozen=True)
class Card:
    """A card of the overview: of a register, or of a page that another app keeps."""

    key: str
    label: Label
    url_name: str
    icon: str
    group: str
    order: int
    shown: Callable[[Actor], bool]
    count: Callable[[Actor], int] | None = None


GROUPS: dict[str, Label] = {
    "base": _("基础"),
    "places": _("场所"),
    "safety": _("安全与设施"),
    "people": _("组织与人员"),
    "work": _("事项与日历"),
}
REGISTERS: dict[str, Register[Any]] = {}
CARDS: dict[str, Card] = {}


def add(register: Register[Any]) -> None:
    """Make a register known; called when the apps start. Rows' history is kept under the register's key."""
    REGISTERS[register.key] = register


def add_card(
    key: str,
    label: Label,
    url_name: str,
    icon: str,
    group: str,
    order: int,
    shown: Callable[[Actor], bool],
    count: Callable[[Actor], int] | None = None,
) -> None:
    """A card of the overview for what has pages of its own: the tree of areas, the catalogue, the calendar."""
    CARDS[key] = Card(key, label, url_name, icon, group, order, shown, count)


def get(key: str) -> Register[Any]:
    """The register with this key; NotFound where there is none."""
    found = REGISTERS.get(key)
    if found is None:
        raise NotFound("register")
    return found


def all_for(viewer: Actor) -> list[Register[Any]]:
    """The registers the viewer may read, in the overview's order."""
    found = [one for one in REGISTERS.values() if one.may_read(viewer)]
    return sorted(found, key=lambda one: (list(GROUPS).index(one.group) if one.group in GROUPS else 99, one.order))
