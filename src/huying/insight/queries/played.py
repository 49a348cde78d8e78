"""The figures of a rehearsal: its cases came from an archive, are counted nowhere, and are counted here alone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from huying.insight.queries.facts import ABOUT, AGAIN, NAMES, OF_CASES, OF_ORDERS, OF_WHISTLES
from huying.insight.queries.figures import Line
from huying.insight.rules import COUNTS, Terms, rates_of

_TABLE = "played_fact"  # of this connection alone, as long as it is needed
_BATCH = 2000
_SUMS = ", ".join(f"coalesce(sum({one}), 0)::int" for one in COUNTS)


def figures_of(case_ids: Sequence[UUID], terms: Terms) -> tuple[Line, dict[str, int]]:
    """The figures of these cases with their orders and whistles, imported ones as if they had come today, and how many
    count in none, by reason. Restricted ones stand in neither. Nothing is kept."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {_TABLE} (LIKE insight_fact INCLUDING ALL)")
        for start in range(0, len(case_ids), _BATCH):
            given = {"ids": list(case_ids[start : start + _BATCH])}
            for source in (OF_CASES, OF_ORDERS, OF_WHISTLES):
                cursor.execute(f"INSERT INTO {_TABLE} ({ABOUT}, version, {NAMES}) {_here(source)}", given)
        cursor.execute(_here(AGAIN.format(which="true")))
        cursor.execute(f"SELECT {_SUMS} FROM {_TABLE} WHERE excluded = ''")
        sums = dict(zip(COUNTS, cursor.fetchone(), strict=True))
        cursor.execute(
            f"SELECT excluded, count(*) FROM {_TABLE} WHERE excluded <> '' AND subject_id = case_id "
            "GROUP BY excluded ORDER BY excluded"
        )
        excluded = dict(cursor.fetchall())
        cursor.execute(f"DROP TABLE {_TABLE}")
    return Line("", sums, rates_of(sums, terms.fair)), excluded


def _here(statement: str) -> str:
    for name, here in (("insight_fact", _TABLE), ("c.imported", "false"), ("k.imported", "false")):
        statement = statement.replace(name, here)
    return statement
