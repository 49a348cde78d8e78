"""Bounded pages by key: newest first or by due time, never by offset."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from huying.kernel.ready import united
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.kernel.text import problem_of

M = TypeVar("M", bound=Model)
MOST = 200
_LONGEST = 2000  # characters of a cursor
_BAD_CURSOR = _("翻页的标记不对。请从第一页重新开始。")


@dataclass
class Page(Generic[M]):
    """One page to fetch: at most `limit` rows after the row named by `after` (an opaque cursor)."""

    limit: int = 50
    after: str = ""
    next: str = field(default="", init=False)

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MOST:
            raise Invalid({"limit": [_("一页 1 到 200 条。")]})

    def of(self, branches: Iterable[QuerySet[M]], *, order: Sequence[str]) -> list[M]:
        """Limit each branch, unite them, order totally; a row in two branches comes once.

        `order` names plain columns or annotations, each with an optional "-" in front; the last must be unique.
        Sets `next` to the cursor of the following page, or "".
        """
        names = [one.lstrip("-") for one in order]
        limited = [
            (
                branch.filter(keyset(order, self.place([_column(branch, name) for name in names])))
                if self.after
                else branch
            ).order_by(*order)
            for branch in branches
        ]
        return self.cut(united([branch[: self.limit + 1] for branch in limited]) if limited else (), order=order)

    def cut(self, rows: Iterable[M], *, order: Sequence[str]) -> list[M]:
        """The page out of rows that limited branches gave: each once, in the total order; sets `next`."""
        names = [one.lstrip("-") for one in order]
        down = [one.startswith("-") for one in order]
        found = list({row.pk: row for row in rows}.values())
        for name, reverse in reversed(list(zip(names, down, strict=True))):
            found.sort(key=lambda row: getattr(row, name), reverse=reverse)
        if len(found) > self.limit:
            found = found[: self.limit]
            self.next = _cursor([getattr(found[-1], name) for name in names])
        return found

    def place(self, columns: Sequence[Any]) -> list[Any]:
        """The values of the cursor, each of its column's kind: it comes from outside and may be made up."""
        values = self._values(len(columns))
        for column, value in zip(columns, values, strict=True):
            try:
                fits = column.to_python(value) == value
            except (ValidationError, ValueError, TypeError, OverflowError):
                fits = False
            if not fits:
                raise Invalid({"after": [_BAD_CURSOR]})
        return values

    def _values(self, count: int) -> list[Any]:
        try:
            if len(self.after) > _LONGEST:
                raise ValueError(len(self.after))
            values = json.loads(base64.urlsafe_b64decode(self.after.encode("ascii") + b"=="))
            read = [_read(one) for one in values]
        except (ValueError, TypeError, RecursionError) as why:
            raise Invalid({"after": [_BAD_CURSOR]}) from why
        if len(read) != count:
            raise Invalid({"after": [_BAD_CURSOR]})
        return read


def _column(branch: QuerySet[M], name: str) -> Any:
    """The field behind a name of the order: a column of the model, or what the branch annotates."""
    annotated = branch.query.annotations.get(name)
    if annotated is not None:
        return annotated.output_field
    return branch.model._meta.pk if name == "pk" else branch.model._meta.get_field(name)


def keyset(order: Sequence[str], values: Sequence[Any]) -> Q:
    """(a, b) after (x, y), as `a>=x AND (a>x OR b>y)`, which keeps the index range. `order` as in `Page.of`."""
    names = [one.lstrip("-") for one in order]
    down = [one.startswith("-") for one in order]
    condition = Q()
    for place in reversed(range(len(names))):
        step = Q(**{f"{names[place]}__{'lt' if down[place] else 'gt'}": values[place]})
        if place == len(names) - 1:
            condition = step
        else:
            within = Q(**{f"{names[place]}__{'lte' if down[place] else 'gte'}": values[place]})
            condition = within & (step | condition)
    return condition


def _cursor(values: list[Any]) -> str:
    written: list[tuple[str, str | int | float]] = []
    for value in values:
        if isinstance(value, datetime):
            written.append(("t", value.isoformat()))
        elif isinstance(value, date):
            written.append(("d", value.isoformat()))
        elif isinstance(value, UUID):
            written.append(("u", str(value)))
        elif isinstance(value, int | float | str):
            written.append(("v", value))
        else:
            raise TypeError(f"cannot page by {type(value).__name__}")
    return base64.urlsafe_b64encode(json.dumps(written).encode()).decode().rstrip("=")


def _read(pair: Any) -> Any:
    kind, value = pair
    if kind == "t" and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None and 1 < moment.year < 9999:
            return moment
    if kind == "d" and isinstance(value, str):
        return date.fromisoformat(value)
    if kind == "u" and isinstance(value, str):
        return UUID(value)
    if kind == "v" and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62:
        return value
    if kind == "v" and isinstance(value, float) and isfinite(value):
        return value
    if kind == "v" and isinstance(value, str) and problem_of(value, limit=300) is None:
        return value
    raise ValueError(kind)
