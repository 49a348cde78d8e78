"""Reads of registers: the overview, pages of rows, one row with its history, rows for a sheet."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import F, Func, Model, Q, TextField, Value
from django.db.models.fields import BooleanField
from django.db.models.lookups import Contains
from django.utils import timezone

from huying.audit.models import History
from huying.audit.queries import history_of
from huying.kernel.actor import Actor
from huying.kernel.paging import Page
from huying.kernel.ready import Ready, united
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label
from huying.kernel.text import problem_of
from huying.registers import declared
from huying.registers.declared import CARDS, GROUPS, Column, ColumnKind, Register
from huying.registers.models import BulkChange, Folded, Grams, ImportDraft, SearchIndex

ON_A_PAGE = 50
MOST_COUNTED = 10_000
MOST_WORDS = 8
MOST_LINK_CHOICES = 500


# The overview


@dataclass(frozen=True)
class Shown:
    """A card as the overview shows it; `count` is None where nothing is counted."""

    label: Label
    icon: str
    url_name: str
    key: str  # of a register, "" for another app's page
    count: int | None


@dataclass
class Group:
    """Cards under one heading."""

    label: Label
    cards: list[Shown] = field(default_factory=list)


def has_any(viewer: Actor) -> bool:
    return any(one.may_read(viewer) for one in declared.REGISTERS.values()) or any(
        card.shown(viewer) for card in CARDS.values()
    )


def groups(viewer: Actor, *, now: datetime) -> list[Group]:
    """The overview: each register with how many rows the viewer reads."""
    found: dict[str, list[tuple[int, Shown]]] = {}
    for register in declared.all_for(viewer):
        if register.listed_apart:
            shown = Shown(register.label, register.icon, "", register.key, count(register, viewer, now=now))
            found.setdefault(register.group, []).append((register.order, shown))
    for card in CARDS.values():
        if card.shown(viewer):
            shown = Shown(
                card.label, card.icon, card.url_name, "", card.count(viewer) if card.count is not None else None
            )
            found.setdefault(card.group, []).append((card.order, shown))
    order = [*GROUPS, *(key for key in found if key not in GROUPS)]
    return [
        Group(GROUPS.get(key, ""), [one for _order, one in sorted(found[key], key=lambda pair: pair[0])])
        for key in order
        if key in found
    ]


# Rows


@dataclass(frozen=True)
class Wanted:
    """What a list is cut to: values of columns by name, words, and whether ended rows are shown too."""

    filters: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    ended: bool = False


def page(register: Register[Any], viewer: Actor, wanted: Wanted, page: Page[Any], *, now: datetime) -> list[Any]:
    """One page of the rows the viewer reads, in the register's order, with the words of what they link to."""
    branches = [one.filter(narrowed(register, wanted, now=now)) for one in register.branches(viewer)]
    return with_links(register, page.of(branches, order=order_of(register)))


def order_of(register: Register[Any]) -> tuple[str, ...]:
    if register.sorted_by:
        return register.sorted_by
    return (register.area_field, "pk") if "__" not in register.area_field else ("pk",)


def narrowed(register: Register[Any], wanted: Wanted, *, now: datetime) -> Q:
    """The filters and words of a list as one condition."""
    condition = Q() if wanted.ended else register.present(now=now)
    for name, value in wanted.filters.items():
        column = register.column(name)
        own = register.condition_of(column, value, now=now)
        condition &= own if own is not None else _filter(register, column, value)
    return condition & found_by(register, wanted.words)


def _filter(register: Register[Any], column: Column, value: str) -> Q:
    if column.kind == ColumnKind.AREA:
        return (
            register.in_area(value)
            if column.name == register.area_field
            else Q(**{f"{column.name}__startswith": value})
        )
    if column.kind == ColumnKind.AREAS:
        return Q(**{f"{column.name}__contains": [value]})
    if column.kind == ColumnKind.CHOICES:
        return Q(**{f"{column.name}__contains": [value]})
    if column.kind == ColumnKind.YES:
        return Q(**{column.name: value == "1"})
    if column.kind == ColumnKind.LINK:
        found = register.field_of(column.name)
        try:
            return Q(**{found.attname if found is not None else column.name: UUID(value)})
        except ValueError as why:
            raise NotFound("row") from why
    return Q(**{column.name: value})


def found_by(register: Register[Any], text: str) -> Q:
    """Rows in which each word stands in one of the searched columns, anywhere; narrowed by the index of pairs."""
    if problem_of(text, limit=200) is not None:
        return Q(pk__in=[])
    return _holding(register, [(word, _asked(word)) for word in text.split()[:MOST_WORDS]])


def _holding(register: Register[Any], words: Iterable[tuple[str, str]]) -> Q:
    condition = Q()
    for word, asked in words:
        either = Q(pk__in=[])
        for name in register.searched:
            holds = Q(Contains(Folded(F(name)), Folded(Value(word, output_field=TextField()))))
            if _is_indexed(register.model, name):
                holds = Q(_Matches(Grams(F(name)), _question(asked))) & holds
            either |= holds
        condition &= either
    return condition


class _Matches(Func):
    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()
    conditional = True


def _asked(word: str) -> str:
    """The pairs of a word as the text of a tsquery."""
    folded = unicodedata.normalize("NFKC", word).lower()
    pairs = list(dict.fromkeys(folded[place : place + 2] for place in range(len(folded) - 1)))
    return " & ".join(_quoted(one) for one in pairs) if pairs else f"{_quoted(folded)}:*"


def _question(asked: str) -> Func:
    return Func(Value(asked), template="%(expressions)s::tsquery", output_field=TextField())


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


# Which registers hold the words at all: one statement instead of one for each


_WORDS = tuple((f"word {place}", f"asked {place}") for place in range(MOST_WORDS))  # gaps of a kept statement


def holding(viewer: Actor, text: str, *, now: datetime) -> set[str]:
    """The keys of the viewer's registers in which a row may be found by these words."""
    words = text.split()[:MOST_WORDS]
    if not words or problem_of(text, limit=200) is not None:
        return set()
    ready = _held(viewer, len(words), timezone.localdate(now))
    if ready is None:
        return set()
    values = {f"word{place}": word for place, word in enumerate(words)}
    values |= {f"asked{place}": _asked(word) for place, word in enumerate(words)}
    return {key for (key,) in ready.fetch(**values)}


@lru_cache(maxsize=128)
def _held(viewer: Actor, words: int, day: date) -> Ready | None:
    """Kept for a day: what has ended since its beginning is still looked for here, and left out by the page."""
    since = timezone.make_aware(datetime.combine(day, time()))
    parts = [
        branch.filter(register.present(now=since), _holding(register, _WORDS[:words]))
        .order_by()
        .annotate(which=Value(register.key, output_field=TextField()))
        .values_list("which")[:1]
        for register in declared.all_for(viewer)
        for branch in register.branches(viewer)
    ]
    if not parts:
        return None
    gaps = {f"word{place}": word for place, (word, _told) in enumerate(_WORDS[:words])}
    gaps |= {f"asked{place}": told for place, (_word, told) in enumerate(_WORDS[:words])}
    return Ready(united(parts), anew=True, **gaps)  # a word that is rare is found otherwise than a frequent one


def _is_indexed(model: type[Model], name: str) -> bool:
    *path, last = name.split("__")
    for step in path:
        related = model._meta.get_field(step).related_model
        if not isinstance(related, type):
            return False
        model = related
    return any(isinstance(one, SearchIndex) and one.holds(last) for one in model._meta.indexes)


def count(register: Register[Any], viewer: Actor, wanted: Wanted | None = None, *, now: datetime) -> int:
    """How many rows the viewer reads, counted up to `MOST_COUNTED`."""
    condition = narrowed(register, wanted or Wanted(), now=now)
    branches = [one.filter(condition) for one in register.branches(viewer)]
    if len(branches) == 1:
        return branches[0].order_by()[: MOST_COUNTED + 1].count()
    keys = {pk for one in branches for pk in one.order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1]}
    return min(len(keys), MOST_COUNTED + 1)


def one(register: Register[Any], viewer: Actor, row_id: UUID) -> Any:
    """The row, or NotFound where it is missing or outside the viewer's scope: the same answer."""
    for branch in register.branches(viewer):
        found = branch.filter(pk=row_id).first()
        if found is not None:
            return found
    raise NotFound(register.key)


def many(register: Register[Any], viewer: Actor, row_ids: Iterable[UUID]) -> dict[UUID, Any]:
    """Those of the rows that the viewer reads."""
    wanted = list(row_ids)
    return {row.pk: row for branch in register.branches(viewer) for row in branch.filter(pk__in=wanted)}


def history(register: Register[Any], row_id: UUID) -> list[History]:
    """What happened to a row, the latest first. Ask for a row that `one` has given."""
    return sorted(history_of(register.key, [row_id]), key=lambda line: line.pk, reverse=True)


def export_rows(register: Register[Any], viewer: Actor, wanted: Wanted, *, now: datetime) -> Iterator[Any]:
    """All rows of a list, streamed, each once, with the words of what they link to."""
    condition = narrowed(register, wanted, now=now)
    order = order_of(register)
    seen: set[Any] = set()
    branches = register.branches(viewer)
    for branch in branches:
        batch: list[Any] = []
        for row in branch.filter(condition).order_by(*order).iterator(chunk_size=1000):
            if len(branches) > 1:
                if row.pk in seen:
                    continue
                seen.add(row.pk)
            batch.append(row)
            if len(batch) == 1000:
                yield from with_links(register, batch)
                batch = []
        yield from with_links(register, batch)


def with_links(register: Register[Any], rows: list[Any]) -> list[Any]:
    """Read the names of all linked rows of a page in one statement a column (those that come with a join are there)."""
    for column in register.columns:
        if column.kind != ColumnKind.LINK:
            continue
        found = register.field_of(column.name)
        if found is not None and found.is_relation:
            continue
        other = declared.get(column.links_to)
        ids = {register.value_of(row, column) for row in rows} - {None}
        titles = {row.pk: other.title_of(row) for row in other.rows().filter(pk__in=ids)} if ids else {}
        for row in rows:
            row._linked_words = {**getattr(row, "_linked_words", {}), **titles}
    return rows


def link_choices(column: Column, viewer: Actor, *, now: datetime) -> list[tuple[str, str]] | None:
    """The rows a link may name, or None where there are too many to choose from in a list."""
    other = declared.get(column.links_to)
    found: dict[str, str] = {}
    for branch in other.branches(viewer):
        rows = branch.filter(other.present(now=now)).order_by(*order_of(other))[: MOST_LINK_CHOICES + 1]
        found |= {str(row.pk): other.title_of(row) for row in rows}
        if len(found) > MOST_LINK_CHOICES:
            return None
    return list(found.items())


# Kept files and bulk changes


def own_draft(viewer: Actor, register: Register[Any], draft_id: UUID) -> ImportDraft:
    """The viewer's own kept file; NotFound for anybody else's."""
    found = ImportDraft.objects.filter(pk=draft_id, register=register.key).first()
    if found is None or viewer.id is None or found.made_by != viewer.id:
        raise NotFound("import")
    return found


def bulk_seen(viewer: Actor, register: Register[Any], change_id: UUID) -> BulkChange:
    """A bulk change of the viewer's own hand."""
    found = BulkChange.objects.filter(pk=change_id, register=register.key).first()
    if found is None or viewer.id is None or found.made_by != viewer.id:
        raise NotFound("bulk")
    return found
