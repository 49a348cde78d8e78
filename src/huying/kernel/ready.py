"""Statements worked out once: what a queryset asks, as text with a few gaps, kept by whoever asks the same again.

Building and compiling a union of many branches takes longer than answering it. What a query reads follows from the
viewer's grants and the filter alone, so its text is kept under exactly these (`functools.lru_cache` on a function that
takes the whole `Actor`): an actor who differs in one grant asks with a text of their own. No row is ever kept.

The database keeps them too: a statement is prepared on a connection when it is first asked there, and its plan serves
all values from then on. To plan a union of twenty branches takes ten times as long as to answer it. Ids and codes of
areas that stand in a text count as values, so that people of one role share a statement. Where the best way depends on
the values (how much of all cases an area holds, how often a word is said) a text is planned `anew` each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary, WeakValueDictionary

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)
Q = TypeVar("Q", bound=QuerySet[Any, Any])
Value = UUID | str | Sequence[UUID] | Sequence[str]
ID = UUID(int=0)
MOMENT = datetime(1, 1, 2, tzinfo=UTC)
"""Gaps for one id and for the moment of asking."""
_IN = "IN ("
MOST_HELD = 96
"""Statements that one connection holds prepared: the one that was not asked for longest gives way."""
_PLACES = re.compile(r"(%%|%s)")
_CODE = re.compile(r"[0-9]{6}")


Name = str | int
"""What fills a gap: a value by its name, or a text's own one by its place among them."""


class _Shape:
    """What texts have in common that differ in ids and codes of areas alone: people of one role share it.

    A statement of twenty branches is ten kilobytes, and would else be kept for each of them.
    """

    _all: ClassVar[WeakValueDictionary[Any, _Shape]] = WeakValueDictionary()

    def __init__(self, pieces: tuple[str, ...], names: tuple[Name, ...]) -> None:
        """`names` are of the gap behind each piece but the last."""
        self.pieces = pieces
        self.names = names

    @classmethod
    def of(cls, pieces: tuple[str, ...], names: tuple[Name, ...]) -> _Shape:
        """The one that all texts of these pieces share, as long as there are any."""
        return cls._all.setdefault((pieces, names), cls(pieces, names))

    @cached_property
    def numbered(self) -> tuple[str, tuple[tuple[Name, bool], ...]]:
        """The text as it is prepared, and the gap of each number: a list, whose length may differ, is an array."""
        places: dict[tuple[Name, bool], int] = {}
        text = self.pieces[0]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            among = text.endswith(_IN) and piece.startswith(")")
            number = places.setdefault((name, among), len(places) + 1)
            text = f"{text.removesuffix(_IN)}= ANY(${number}{piece}" if among else f"{text}${number}{piece}"
        return text, tuple(places)


def _is_own(value: Any) -> bool:
    """Whether others have it otherwise: the id of a person or a unit, the code of an area."""
    return isinstance(value, UUID) or (isinstance(value, str) and _CODE.match(value) is not None)


class Ready:
    """The text of a queryset that names values (`values`, `values_list` or plain columns), ready to be asked.

    A gap is an object that stands in the queryset for a value not known yet; it is found again by identity:
    `Ready(rows.filter(due_at__lt=MOMENT), now=MOMENT).fetch(now=now)`. For many values at once the gap stands alone in
    a list: `Ready(rows.filter(pk__in=[ID]), ids=ID).fetch(ids=(…))`; among no values nothing is found.

    `anew` for a text whose best plan depends on its values.
    """

    def __init__(self, rows: QuerySet[Any, Any], *, before: str = "", anew: bool = False, **gaps: object) -> None:
        self._before = before
        self._anew = anew
        self._own: list[UUID | str] = []  # what others of its shape have otherwise
        self._shape: _Shape | None = None
        try:
            text, params = rows.query.sql_with_params()
        except EmptyResultSet:
            return
        self._shape = self._taken(text, params, gaps)

    @property
    def names(self) -> set[str]:
        """The gaps that stand in the text."""
        return {one for one in self._shape.names if isinstance(one, str)} if self._shape is not None else set()

    def _taken(self, text: str, params: Any, gaps: dict[str, object]) -> _Shape:
        given = iter(params)
        pieces, names = [""], list[Name]()
        for piece in _PLACES.split(text):
            if piece == "%%":
                pieces[-1] += "%"
            elif piece == "%s":
                value = next(given)
                name: Name | None = next((name for name, gap in gaps.items() if gap is value), None)
                if name is None and _is_own(value):
                    name = self._place_of(value)
                if name is None:
                    pieces[-1] += _literal(value)
                else:
                    names.append(name)
                    pieces.append("")
            else:
                pieces[-1] += piece
        return _Shape.of(tuple(pieces), tuple(names))

    def _given(self, values: dict[str, Any]) -> dict[Name, Any]:
        given: dict[Name, Any] = dict(enumerate(self._own))
        for name, value in values.items():
            given[name] = value
        return given

    def _place_of(self, value: UUID | str) -> int:
        if value not in self._own:
            self._own.append(value)
        return self._own.index(value)

    def asks(self, **values: Any) -> bool:
        """Whether anything can be found: something is asked, and no list is empty."""
        return self._shape is not None and not any(isinstance(one, tuple) and not one for one in values.values())

    def call(self, **values: Any) -> str:
        """What is sent to this connection: the name under which it holds the statement, with the values, or the whole
        text; "" where nothing can be found."""
        if self._anew or not settings.KEEP_STATEMENTS or self._shape is None or not self.asks(**values):
            return self.text(**values)
        statement, places = self._shape.numbered
        name, given = held(self._before + statement), self._given(values)
        written = [_array(given[one]) if among else _literal(given[one]) for one, among in places]
        return f"EXECUTE {name}({', '.join(written)})" if written else f"EXECUTE {name}"

    def text(self, **values: Any) -> str:
        """The whole statement; "" where nothing can be found."""
        if self._shape is None or not self.asks(**values):
            return ""
        written = {name: _written(value) for name, value in self._given(values).items()}
        parts = [self._before, self._shape.pieces[0]]
        for name, piece in zip(self._shape.names, self._shape.pieces[1:], strict=True):
            parts += (written[name], piece)
        return "".join(parts)

    def fetch(self, **values: Any) -> list[tuple[Any, ...]]:
        """All rows, in one statement (none where nothing can be found)."""
        if not self.asks(**values):
            return []
        with connection.cursor() as cursor:
            _ask(cursor, lambda: self.call(**values))
            return list(cursor.fetchall())

    def objects(self, model: type[M], columns: Sequence[str], **values: Any) -> list[M]:
        """The rows as objects: `columns` are the attributes that the queryset named, as PostgreSQL gives them."""
        return [made(model, columns, row) for row in self.fetch(**values)]

    def locked(self, model: type[M], columns: Sequence[str], **values: Any) -> list[M]:
        """The same rows as they are when their locks are had, until the transaction ends.

        The text is that of a plain read of this one table. Raises TransactionManagementError outside a transaction.
        """
        if not connection.in_atomic_block:
            raise TransactionManagementError("a row is locked inside a transaction alone")
        text = self.text(**values)
        return [made(model, columns, row) for row in fetched(f"{text} FOR UPDATE")] if text else []


_HELD: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
"""For each of the driver's connections its statements by text, the last asked at the end."""
_NUMBERS = count(1)
_GONE = frozenset({"26000", "0A000"})
"""How the database says that it holds no such statement, or that what this one gives has changed."""


def held(statement: str) -> str:
    """The name under which this process's present connection holds a statement, prepared there if it is new.

    Not by Django's cursor: what is done once for a connection is no statement of a request.
    """
    connection.ensure_connection()
    raw = connection.connection
    names = _HELD.setdefault(raw, {})
    name = names.get(statement)
    if name is None:
        name = f"huying_{next(_NUMBERS)}"  # another one each time: of what went wrong a name may still be taken
        with connection.wrap_database_errors, raw.cursor() as cursor:
            if len(names) >= MOST_HELD:
                oldest = next(iter(names))
                cursor.execute(f"DEALLOCATE {names[oldest]}")
                del names[oldest]
            cursor.execute(f"PREPARE {name} AS {statement}")
    else:
        del names[statement]
    names[statement] = name
    return name


def _ask(cursor: CursorWrapper, text: Callable[[], str]) -> None:
    """Send the text. Where the database has dropped a statement, or its table was changed since, all of this
    connection are prepared anew: at once, or from the next transaction on where the present one is lost with it."""
    try:
        cursor.execute(text())
    except DatabaseError as why:
        if getattr(why.__cause__, "sqlstate", "") not in _GONE:
            raise
        _HELD.pop(connection.connection, None)
        if connection.in_atomic_block:
            raise
        cursor.execute(text())


def united(branches: Sequence[Q]) -> Q:
    """All rows of one or more querysets in one statement: each keeps its order, limit and index range.

    A row that two of them give comes twice.
    """
    return branches[0].union(*branches[1:], all=True) if len(branches) > 1 else branches[0]


def fetched(text: str) -> list[tuple[Any, ...]]:
    """All rows of a whole statement."""
    with connection.cursor() as cursor:
        cursor.execute(text)  # without parameters: percent signs stand for themselves
        return list(cursor.fetchall())


class Together:
    """Several querysets of whole objects in one round trip: what hangs on one thing and is always read together.

    `Together(Answer.objects.filter(case_id=ID), Remark.objects.filter(case_id=ID), case=ID).fetch(case=case_id)` gives
    a list for each, as the querysets themselves would, also with `select_related`.
    """

    def __init__(self, *asked: QuerySet[Any, Any], **gaps: Any) -> None:
        self._each = [(Ready(rows, **gaps), _Maker(rows)) for rows in asked]

    def fetch(self, **values: Any) -> list[list[Any]]:
        found: list[list[Any]] = [[] for _each in self._each]
        asked = [(place, ready) for place, (ready, _maker) in enumerate(self._each) if ready.asks(**values)]
        if not asked:
            return found
        with connection.cursor() as cursor:
            _ask(cursor, lambda: BETWEEN.join(ready.call(**values) for _place, ready in asked))
            for place, _ready in asked:
                found[place] = self._each[place][1].objects(cursor.fetchall())
                cursor.nextset()
        return found


class Fixed(Generic[M]):
    """A read by keys, worked out once: `make` gives the queryset for ids, strings, and lists of either (for `__in`).

        _ORDERS = Fixed(lambda case_id: WorkOrder.objects.filter(case_id=case_id).order_by("offered_at", "id"))
        orders = _ORDERS(case.pk)

    `make` looks at none of the values, nor at the length of a list, which is one gap whatever it holds; values that
    stand alone are told by their number. With an empty list nothing is found and nothing asked. What decides who may
    see a row stays a plain queryset: `prove guards` takes such conditions away while tests run, and here they would
    be gone too late.
    """

    def __init__(self, make: Callable[..., QuerySet[M]]) -> None:
        self._make = make
        self._known: dict[tuple[tuple[bool, bool], ...], Together] = {}

    def __call__(self, *values: Value) -> list[M]:
        if any(not isinstance(one, UUID | str) and not one for one in values):
            return []
        shape = tuple(map(_shape, values))
        known = self._known.get(shape) or self._worked_out(shape)
        given = (one if isinstance(one, UUID | str) else tuple(one) for one in values)
        found: list[M] = known.fetch(**{f"value{place}": one for place, one in enumerate(given)})[0]
        return found

    def first(self, *values: Value) -> M | None:
        """The first row, for reads by a unique key."""
        return next(iter(self(*values)), None)

    def _worked_out(self, shape: tuple[tuple[bool, bool], ...]) -> Together:
        gaps = [UUID(int=place) if is_id else f"gap {place}" for place, (_alone, is_id) in enumerate(shape)]
        rows = self._make(*(gap if alone else [gap] for gap, (alone, _is_id) in zip(gaps, shape, strict=True)))
        names: dict[str, Any] = {f"value{place}": gap for place, gap in enumerate(gaps)}
        if Ready(rows, **names).names != names.keys():
            raise ValueError("a value of a fixed read does not reach its SQL as it was given")
        known = self._known[shape] = Together(rows, **names)
        return known


def _shape(value: Value) -> tuple[bool, bool]:
    """Whether it stands alone, and whether it is an id."""
    if isinstance(value, UUID | str):
        return True, isinstance(value, UUID)
    return False, isinstance(value[0], UUID)


BETWEEN = ";\n"
"""Between statements of one round trip."""


class _Maker:
    """Rows of a queryset as its objects, with converters and related objects (as Django's own iterable does it)."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        compiler = rows.query.get_compiler(connection.alias)
        compiler.pre_sql_setup()
        info, select = compiler.klass_info, compiler.select
        self._converters = compiler.get_converters([one[0] for one in select])
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        self._model, self._part = info["model"], slice(first, last)
        self._columns = [one[0].target.attname for one in select[first:last]]
        self._related = get_related_populators(info, select, connection.alias)  # type: ignore[call-arg, unused-ignore]

    def objects(self, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
        found = []
        for row in rows:
            values = list(row)
            for place, (converters, expression) in self._converters.items():
                for convert in converters:
                    values[place] = convert(values[place], expression, connection)
            one = made(self._model, self._columns, values[self._part])
            for related in self._related:
                related.populate(values, one)
            found.append(one)
        return found


def columns_of(model: type[Model], *, but: str = "") -> tuple[str, ...]:
    """The names of a model's columns, as `values_list` and `made` take them."""
    kept = [one for one in model._meta.concrete_fields if one.attname != but]
    converted = [one.name for one in kept if hasattr(one, "from_db_value")]
    if converted:
        raise TypeError(f"{model.__name__} reads {', '.join(converted)} otherwise than PostgreSQL gives them")
    return tuple(one.attname for one in kept)


def made(model: type[M], columns: Iterable[str], row: Iterable[Any]) -> M:
    """One stored row as an object. Columns must be such that PostgreSQL's values are the object's (no converter).

    Not by the model's `__init__`, which sets forty columns one by one and tells signals that nobody listens to: that
    took a quarter of a list. What is not among the columns is fetched when it is asked for.
    """
    one = model.__new__(model)
    one.__dict__.update(zip(columns, row, strict=True))
    state = one._state = ModelState()
    state.adding, state.db = False, connection.alias
    return one


def _array(value: Any) -> str:
    values = value if isinstance(value, tuple) else (value,)
    if type(values[0]) is UUID:
        return f"'{{{','.join(map(str, values))}}}'"
    return f"ARRAY[{_written(values)}]"


def _written(value: Any) -> str:
    return ", ".join(map(_literal, value)) if isinstance(value, tuple) else _literal(value)


def _literal(value: Any) -> str:
    """A value as the driver writes it for this database: the most frequent kinds at once, others by itself."""
    kind = type(value)
    if kind is UUID:
        return f"'{value}'::uuid"
    if kind is datetime and value.tzinfo is not None:
        return f"'{value}'::timestamptz"
    if kind is str and value.isascii() and value.isalnum():  # nothing in it could end the literal
        return f"'{value}'"
    connection.ensure_connection()
    written: str = connection.ops.compose_sql("%s", [value])  # type: ignore[attr-defined]
    return written
