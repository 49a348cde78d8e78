from django.db import migrations

from huying.audit import append_only
from huying.audit.rules import APPEND_ONLY_TABLES

COLUMN = """
ALTER TABLE audit_history ADD COLUMN written_in bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);
CREATE INDEX audit_history_written_in ON audit_history (written_in);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(COLUMN, "ALTER TABLE audit_history DROP COLUMN written_in;"),
        migrations.RunSQL(append_only.FUNCTION, append_only.NO_FUNCTION),
        *(
            migrations.RunSQL(append_only.triggers(table), append_only.no_triggers(table))
            for table in APPEND_ONLY_TABLES
        ),
    ]
