from django.db import migrations, models

from huying.kernel.indexing import AddIndexAgain

# Rows lie in the order in which they were written: of each megabyte the first and the last transaction are enough.
WRITTEN = (
    "DROP INDEX CONCURRENTLY IF EXISTS audit_history_written",
    "CREATE INDEX CONCURRENTLY audit_history_written ON audit_history USING brin (written_in) "
    "WITH (autosummarize = on)",
    "DROP INDEX CONCURRENTLY IF EXISTS audit_history_written_in",
)
WRITTEN_BEFORE = (
    "DROP INDEX CONCURRENTLY IF EXISTS audit_history_written_in",
    "CREATE INDEX CONCURRENTLY audit_history_written_in ON audit_history (written_in)",
    "DROP INDEX CONCURRENTLY IF EXISTS audit_history_written",
)


class Migration(migrations.Migration):
    """The seven rows of a thing stand under one key of the index, and their transactions in a summary of each megabyte.

    Built while history is written; each step is its own, and may be done twice.
    """

    atomic = False
    dependencies = [("audit", "0003_transaction_before_id")]

    operations = [
        AddIndexAgain("history", models.Index(fields=["object_id"], name="audit_history_of")),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveIndex("history", "audit_history_object")],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS audit_history_object",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_history_object "
                    "ON audit_history (object_id, kind, id)",
                )
            ],
        ),
        *(migrations.RunSQL(there, back) for there, back in zip(WRITTEN, reversed(WRITTEN_BEFORE), strict=True)),
    ]
