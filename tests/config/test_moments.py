"""Moments come from the database as Django gives them, by the driver's own code."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from psycopg.adapt import Transformer
from psycopg.pq import Format

TOLD = {
    "1900-01-01 00:00:00.123456+08:05:43": datetime(1899, 12, 31, 15, 54, 17, 123456, tzinfo=UTC),
    "1970-01-01 08:00+08": datetime(1970, 1, 1, tzinfo=UTC),
    "2026-11-22 23:59:59.999999+08": datetime(2026, 11, 22, 15, 59, 59, 999999, tzinfo=UTC),
    "9999-12-31 23:59:59+00": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
}


@pytest.mark.django_db
def test_moments_are_read_in_utc_and_compiled():
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(%s::timestamptz[])", [list(TOLD)])
        found = [row[0] for row in cursor.fetchall()]
        loader = Transformer(cursor.cursor).get_loader(1184, Format.TEXT)
    assert found == list(TOLD.values())
    assert {one.tzinfo for one in found} == {UTC}
    assert type(loader).__module__.startswith("psycopg_binary")
