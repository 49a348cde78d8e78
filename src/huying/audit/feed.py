"""History in an order without gaps: what is given out once is followed by everything that is written later.

Ids alone will not do: of two transactions at once the later id may be committed first. So rows come by the
transaction that wrote them, and only those of transactions older than the oldest that is still running, as sealing
takes them: whatever commits later comes later. A place in this order is named by the id of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from huying.kernel.refusals import Invalid
from huying.kernel.terms import _

MOST = 500
_COLUMNS = "id, at, kind, object_id, verb, from_state, to_state, area_code, actor_kind, written_in"
_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
BIGGEST = 2**63 - 1


@dataclass(frozen=True)
class Line:
    """One row of history, as far as others may be told."""

    id: int
    at: datetime
    kind: str
    object_id: UUID
    verb: str
    from_state: str
    to_state: str
    area_code: str
    actor_kind: str
    written_in: int

    @property
    def place(self) -> Place:
        """Behind this row."""
        return Place(self.written_in, self.id)


@dataclass(frozen=True)
class Place:
    """Where somebody stands: behind this row. Rows of another server (a restored copy) go by their id alone."""

    written_in: int = 0
    id: int = 0


def place_of(row_id: int) -> Place:
    """The place behind a row; 0 is the beginning. Raises Invalid for an id that was never given out."""
    if row_id == 0:
        return Place()
    if not 0 < row_id <= BIGGEST:
        raise Invalid({"after": [_("没有这个事件编号。请从头开始。")]})
    with connection.cursor() as cursor:
        cursor.execute("SELECT written_in FROM audit_history WHERE id = %s", [row_id])
        found = cursor.fetchone()
    if found is None:
        raise Invalid({"after": [_("没有这个事件编号。请从头开始。")]})
    return Place(int(found[0]), row_id)


def end() -> Place:
    """The place behind all that is finished now."""
    old = _of_another_server()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT written_in, id FROM audit_history WHERE id > %s AND written_in < {_HORIZON} "
            "ORDER BY written_in DESC, id DESC LIMIT 1",
            [old],
        )
        found = cursor.fetchone()
    return Place(int(found[0]), int(found[1])) if found is not None else Place(0, old)


def after(place: Place, kinds: Sequence[str], *, limit: int = MOST) -> list[Line]:
    """The next finished rows of these kinds behind a place, at most `limit`."""
    old = _of_another_server()
    rows: list[Line] = []
    if place.id <= old:
        rows = _read("id > %s AND id <= %s", [place.id, old], "id", kinds, limit)
        place = Place()
    if len(rows) < limit:
        behind = [old, place.written_in, place.written_in, place.id]
        rows += _read(
            f"id > %s AND written_in >= %s AND (written_in, id) > (%s, %s) AND written_in < {_HORIZON}",
            behind, "written_in, id", kinds, limit - len(rows),
        )  # fmt: skip
    return rows


def one(row_id: int, kinds: Sequence[str]) -> Line | None:
    found = _read("id = %s", [row_id], "id", kinds, 1)
    return found[0] if found else None


def _read(where: str, values: list[int], order: str, kinds: Sequence[str], limit: int) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM audit_history WHERE {where} AND kind = ANY(%s) ORDER BY {order} LIMIT %s",
            [*values, list(kinds), limit],
        )
        return [Line(*row) for row in cursor.fetchall()]


def _of_another_server() -> int:
    """The last row that was sealed on another server: all up to it are finished, and their numbers mean nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(last_id), 0) FROM audit_seal "
            "WHERE cluster <> (SELECT system_identifier::text FROM pg_control_system())"
        )
        return int(cursor.fetchone()[0])
