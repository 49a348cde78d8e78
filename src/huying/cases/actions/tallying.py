"""Keeping the tallies: folding changes in, and counting anew. What they count stands in `rules.tallies`."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection, transaction

from huying.cases.queries.tallies import CELLS, STANDING, every_level

logger = logging.getLogger(__name__)
LOCK = 7_490_4  # an advisory lock, so that folding and counting anew never run at once
_KEY = "level, area_code, kind, state, matter, slot"
_ONTO = f"""
INSERT INTO cases_tally ({_KEY}, count) SELECT {_KEY}, count FROM found
ON CONFLICT ({_KEY}) DO UPDATE SET count = cases_tally.count + EXCLUDED.count
"""
_FOLD = f"""
WITH taken AS (DELETE FROM cases_tallychange RETURNING area_code, state, matter, due_hour, received_day, count),
found AS (
    SELECT {_KEY}, sum(count)::int AS count FROM ({CELLS.format(rows="taken")}) cells
    GROUP BY {_KEY} HAVING sum(count) <> 0
)
{_ONTO}
"""
_MEND = f"""
WITH found AS (
    SELECT {_KEY}, sum(count)::int AS count FROM (
        {CELLS.format(rows=STANDING)}
        UNION ALL SELECT {_KEY}, -count FROM cases_tally WHERE kind <> 'received' OR slot >= %(oldest)s
        UNION ALL SELECT {_KEY}, -count FROM ({CELLS.format(rows="cases_tallychange")}) waiting
    ) cells GROUP BY {_KEY} HAVING sum(count) <> 0
)
{_ONTO}
"""


@transaction.atomic
def fold_tallies(*, now: datetime) -> int:
    """Take the changes into the tallies; how many cells changed. Twice at once, the second finds what is left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(_FOLD, every_level(now))
        changed: int = cursor.rowcount
        if changed:
            cursor.execute("DELETE FROM cases_tally WHERE count = 0")
    return changed


@transaction.atomic
def recount_tallies(*, now: datetime) -> int:
    """Count all cases, mend the cells that differ and say how many did; 0 unless something went around the trigger.

    Acts go on meanwhile: cases, tallies and changes are read by one statement, so as of one moment, and what is
    mended is the difference. Days that are no longer counted are dropped.
    """
    given = every_level(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(_MEND, given)
        wrong: int = cursor.rowcount
        cursor.execute("DELETE FROM cases_tally WHERE count = 0 OR (kind = 'received' AND slot < %(oldest)s)", given)
    if wrong:
        logger.warning("tallies mended", extra={"cells": wrong})
    return wrong
