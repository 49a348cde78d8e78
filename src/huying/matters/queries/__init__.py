"""Reads of the catalogue: the version in force from memory, other versions by number, drafts by scope."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation

from huying.clocks.rules import Limit
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import NotFound
from huying.kernel.registry import READS_DANGER
from huying.kernel.terms import _
from huying.matters.models import CatalogueVersion, DutyEntry, MatterClass, MatterType, StepLimit
from huying.matters.rules import DEFAULT_LIMITS, Grade, Step, VersionState, place_in
from huying.matters.rules.book import (
    TYPE_COLUMNS,
    Book,
    Change,
    ClassRow,
    DutyRow,
    LimitLine,
    TypeRow,
    differences,
)
from huying.matters.rules.stages import Stage, stage_number, stages_of
from huying.matters.rules.words import Danger, DangerWords, TypeWords, joined
from huying.people import queries as people
from huying.people.models import Organisation

# Another process may bring a version into force; this one notices within so many seconds, by one statement.
LOOK_AGAIN_SECONDS = 30.0
_KEPT_VERSIONS = 8


@dataclass(frozen=True)
class LimitRow:
    """A limit and where it is written, for explanations."""

    limit: Limit
    source: str


@dataclass(frozen=True)
class Suggestion:
    """A type that the words point to: its share of the evidence (0 to below 1) and the words."""

    type: MatterType
    score: float
    words: tuple[str, ...]


class Snapshot:
    """One version in memory: every read of a version that is in force or past comes from here."""

    def __init__(self, version: CatalogueVersion) -> None:
        self.version = version
        self.classes = list(MatterClass.objects.filter(version=version).order_by("code"))
        self.duties = list(DutyEntry.objects.filter(version=version).order_by("kind", "number"))
        rows = MatterType.objects.filter(version=version).select_related("duty_entry", "matter_class")
        self.types = {one.code: one for one in rows.order_by("code")}
        codes: dict[int | None, str] = {one.pk: one.code for one in self.types.values()}
        codes[None] = ""
        self.limits = list(StepLimit.objects.filter(version=version).order_by("line"))
        self._limits = {(codes[one.type_id], one.step, one.grade): one for one in self.limits}
        self._codes = codes

    @property
    def number(self) -> str:
        return self.version.number

    @cached_property
    def active(self) -> list[MatterType]:
        return [one for one in self.types.values() if one.active]

    @cached_property
    def words(self) -> TypeWords:
        return type_words(self.active)

    @cached_property
    def dangers(self) -> DangerWords:
        return DangerWords((one.danger, one.danger_words) for one in self.active if one.danger)

    def limit_line(self, type_code: str, step: str, grade: str) -> StepLimit | None:
        """The most specific row: the type's before everybody's, the grade's before every grade's."""
        for key in ((type_code, step, grade), (type_code, step, ""), ("", step, grade), ("", step, "")):
            if key in self._limits:
                return self._limits[key]
        return None

    def limits_of(self, type_code: str) -> list[StepLimit]:
        return [one for one in self.limits if self._codes[one.type_id] == type_code]

    @cached_property
    def book(self) -> Book:
        """The version as plain rows."""
        return Book(
            classes=tuple(ClassRow(one.code, one.name) for one in self.classes),
            duties=tuple(DutyRow(one.kind, one.number, one.text, one.lead) for one in self.duties),
            types=tuple(type_row(one) for one in self.types.values()),
            limits=tuple(LimitLine(self._codes[one.type_id], one.step, one.grade, one.limit) for one in self.limits),
        )


def type_row(one: MatterType) -> TypeRow:
    """A stored type as a plain row."""
    values: dict[str, Any] = {"duty_kind": one.duty_entry.kind, "duty_number": one.duty_entry.number}
    for column in TYPE_COLUMNS:
        if column.name not in values:
            value = getattr(one, column.name)
            values[column.name] = tuple(value) if column.kind == "list" else value
    return TypeRow(**values)


class _Kept:
    """Fixed versions in memory (their rows change no more), and which number is in force: looked up now and then."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._snapshots: OrderedDict[tuple[UUID, int], Snapshot] = OrderedDict()
        self._numbered: dict[str, Snapshot] = {}
        self._number: str | None = None
        self._looked = 0.0
        self._counter = 0

    def forget(self) -> None:
        with self._lock:
            self._numbered.clear()
            self._number = None
            self._counter += 1

    @property
    def counter(self) -> int:
        return self._counter

    def in_force(self) -> Snapshot | None:
        if self._number is None or time.monotonic() - self._looked > LOOK_AGAIN_SECONDS:
            found = CatalogueVersion.objects.filter(state=VersionState.IN_FORCE).first()
            if found is None:
                return None
            self._looked = time.monotonic()
            if found.number != self._number:
                self._counter += 1
                self._numbered.clear()  # what was in force is so no more
            self._number = found.number
            return self._of(found)
        return self.numbered(self._number)

    def numbered(self, number: str) -> Snapshot | None:
        kept = self._numbered.get(number)
        if kept is not None:
            return kept
        found = CatalogueVersion.objects.filter(number=number, state__in=FIXED).first()
        return None if found is None else self._of(found)

    def _of(self, version: CatalogueVersion) -> Snapshot:
        key = (version.pk, version.revision)
        kept = self._snapshots.get(key) or Snapshot(version)
        kept.version = version  # its state and its days may be others
        with self._lock:
            self._snapshots[key] = self._numbered[version.number] = kept
            self._snapshots.move_to_end(key)
            while len(self._snapshots) > _KEPT_VERSIONS:
                gone = self._snapshots.popitem(last=False)[1]
                if self._numbered.get(gone.number) is gone:
                    del self._numbered[gone.number]
        return kept


FIXED = (VersionState.APPROVED, VersionState.IN_FORCE, VersionState.RETIRED)
_KEPT = _Kept()


def forget() -> None:
    """Look anew which versions there are: after one came into force, and between tests."""
    _KEPT.forget()


def counter() -> int:
    """Grows whenever another version is in force: for callers that keep something made from the catalogue."""
    return _KEPT.counter


def snapshot(version: str = "") -> Snapshot | None:
    """The version with this number, or the one in force; None where there is none yet."""
    return _KEPT.numbered(version) if version else _KEPT.in_force()


def version_number() -> str:
    """The number of the version in force, as cases keep it; "" before there is one."""
    found = snapshot()
    return "" if found is None else found.number


def type_of(code: str, version: str = "") -> MatterType | None:
    """The type with this code in the version in force (or in a named version). No statement when warm."""
    found = snapshot(version)
    return None if found is None else found.types.get(code)


def types_of(codes: Iterable[str], version: str = "") -> dict[str, MatterType]:
    found = snapshot(version)
    return {} if found is None else {code: found.types[code] for code in codes if code in found.types}


def name_of(code: str, version: str = "") -> str:
    """The type's name; the code itself where it is unknown."""
    found = type_of(code, version)
    return code if found is None else found.name


def active_types() -> list[MatterType]:
    found = snapshot()
    return [] if found is None else found.active


def public_types() -> list[MatterType]:
    """Types that a resident may choose."""
    return [one for one in active_types() if one.public]


def self_handled_types() -> list[MatterType]:
    """Small matters that the finder may settle on the spot."""
    return [one for one in active_types() if one.self_handle]


def classes() -> list[MatterClass]:
    found = snapshot()
    return [] if found is None else found.classes


def duty_entries() -> list[DutyEntry]:
    found = snapshot()
    return [] if found is None else found.duties


def type_words(types: Iterable[MatterType | TypeRow]) -> TypeWords:
    """The index of types' words, backed by their names and filing conditions."""
    listed = list(types)
    return TypeWords(
        ((one.code, (one.name, *one.words, *one.danger_words)) for one in listed),
        ((one.code, (one.name, *one.words, one.filing_condition)) for one in listed),
    )


def suggest(words: str, limit: int = 3, *, near: bool = False) -> list[Suggestion]:
    """The types that these words point to, best first, with the words that led there.

    With `near`, types also come that share no word of the catalogue with the text but pairs of characters: for people
    who know the catalogue and choose, never for a choice made for them.
    """
    found = snapshot()
    if found is None:
        return []
    scored = found.words.near(words, limit) if near else found.words.scored(words, limit)
    return [Suggestion(found.types[one.code], one.score, one.words) for one in scored]


def danger_in(words: str) -> Danger | None:
    """Whom to call at once and the word that says so, by the street's own words and the reader of danger; or None."""
    found = snapshot()
    told = None if found is None else found.dangers.first(words)
    numbers, word = READS_DANGER[0](words) if READS_DANGER else ((), "")
    return joined(told, numbers, word)


def owners_of(type_code: str, area_code: str) -> list[Organisation]:
    """Units with the duty for a type in a place; those that the version in force names come first, in its order."""
    able = people.responsible_units(type_code, area_code)
    kind = type_of(type_code)
    named = kind.units if kind is not None else ()
    return sorted(able, key=lambda unit: place_in(named, unit.name, unit.short_name))


def limit_row(type_code: str, step: str, grade: str, version: str = "") -> LimitRow:
    """The limit of a step and where it is written. Never missing: the shipped table is the last resort."""
    return limit_in(snapshot(version), type_code, step, grade)


def limit_in(found: Snapshot | None, type_code: str, step: str, grade: str) -> LimitRow:
    """As `limit_row`, in a version that is at hand."""
    line = None if found is None else found.limit_line(type_code, step, grade)
    if found is not None and line is not None:
        return LimitRow(Limit.parse(line.limit), _row_words(found.number, line.line))
    return LimitRow(Limit.parse(DEFAULT_LIMITS[Step(step), Grade(grade)]), _row_words())


def _row_words(number: str = "", line: int = 0) -> str:
    """Where a limit stands. Kept with the clock, so in our language, whichever one they speak who start it."""
    with translation.override(settings.LANGUAGE_CODE):
        if not number:
            return str(_("系统默认时限"))
        return _("清单 %(number)s 版 第 %(line)s 行") % {"number": number, "line": line}


def stage_rows(type_code: str, version: str) -> list[tuple[Stage, str]]:
    """The stages of a type, each with where its limit is written: kept with the clock, in our language."""
    kind = type_of(type_code, version) if type_code else None
    if kind is None or not kind.stages:
        return []
    with translation.override(settings.LANGUAGE_CODE):
        return [
            (
                one,
                _("清单 %(number)s 版 %(code)s 分段时限“%(name)s”")
                % {"number": version or version_number(), "code": type_code, "name": one.name},
            )
            for one in stages_of(kind.stages)
        ]


def stage_name(step: str, type_code: str, version: str) -> str:
    """What the stage of a clock is called; "" for a clock of anything else."""
    number = stage_number(step)
    if not number:
        return ""
    named = next((one.name for one, _source in stage_rows(type_code, version) if one.number == number), "")
    return named or str(_("第 %(number)s 段") % {"number": number})


def seen_by(viewer: Actor) -> QuerySet[CatalogueVersion]:
    """Versions that the viewer may see: what is or was in force is open to all staff, a version in the making
    only to those who hold any grant over its area."""
    versions = CatalogueVersion.objects.all()
    if viewer.kind == ActorKind.SYSTEM:
        return versions
    prefixes = {one.area_code for one in viewer.grants}
    mine = [one.pk for one in versions if any(one.area_code.startswith(prefix) for prefix in prefixes)]
    return versions.filter(pk__in=mine) | versions.filter(state__in=(VersionState.IN_FORCE, VersionState.RETIRED))


def versions_seen_by(viewer: Actor) -> list[CatalogueVersion]:
    """All versions the viewer may see, newest first."""
    return list(seen_by(viewer).exclude(state=VersionState.DROPPED).order_by("-made_at", "-number"))


def version(viewer: Actor, number: str) -> CatalogueVersion:
    found = seen_by(viewer).filter(number=number).first()
    if found is None:
        raise NotFound("catalogue")
    return found


def draft(viewer: Actor) -> CatalogueVersion | None:
    """The version in the making, if the viewer may see one."""
    making = (VersionState.DRAFT, VersionState.SUBMITTED, VersionState.APPROVED)
    return seen_by(viewer).filter(state__in=making).order_by("-made_at").first()


def read_version(found: CatalogueVersion) -> Snapshot:
    """A version's rows, drafts too; never kept in memory while they can change."""
    if found.state in FIXED:
        kept = snapshot(found.number)
        if kept is not None:
            return kept
    return Snapshot(found)


def changes_of(found: CatalogueVersion) -> list[Change]:
    """What a version changes against the one it was made from."""
    base = CatalogueVersion.objects.filter(number=found.based_on).first() if found.based_on else None
    return differences(read_version(base).book if base else Book(), read_version(found).book)


def due_versions(today: date) -> list[UUID]:
    """Approved versions whose day has come, oldest first."""
    due = CatalogueVersion.objects.filter(state=VersionState.APPROVED, valid_from__lte=today)
    return list(due.order_by("valid_from", "approved_at").values_list("pk", flat=True))
