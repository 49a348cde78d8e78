from typing import Any

from django.db import migrations, models
from django.db.models import Q

SOME = 5_000
FORGET = """
WITH part AS (SELECT id, kind FROM clocks_stretch WHERE id > %s ORDER BY id LIMIT %s),
gone AS (DELETE FROM clocks_stretch s USING part WHERE s.id = part.id AND part.kind = 'running')
SELECT max(id) FROM part
"""


def forget_running(apps: Any, schema_editor: Any) -> None:
    """Rows of when a clock ran, some at a time: what they say lies between the pauses."""
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while last is not None:
            cursor.execute(FORGET, [last, SOME])
            last = cursor.fetchone()[0]


class Migration(migrations.Migration):
    """Of a clock's stretches only the pauses are rows; nine in ten said no more than the clock itself."""

    atomic = False
    dependencies = [("clocks", "0005_tickets")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("stretch", "clocks_stretch_one_open"),
                migrations.AddConstraint(
                    "stretch",
                    models.UniqueConstraint(
                        fields=["clock"],
                        condition=Q(ended_at=None, kind="paused"),
                        name="clocks_stretch_one_pause",
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS clocks_stretch_one_pause",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY clocks_stretch_one_pause ON clocks_stretch (clock_id) "
                    "WHERE ended_at IS NULL AND kind = 'paused'",
                    "DROP INDEX CONCURRENTLY IF EXISTS clocks_stretch_one_pause",
                ),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS clocks_stretch_one_open",
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS clocks_stretch_one_open ON clocks_stretch "
                    "(clock_id) WHERE ended_at IS NULL",
                ),
            ],
        ),
        migrations.RunPython(forget_running, migrations.RunPython.noop),
    ]
