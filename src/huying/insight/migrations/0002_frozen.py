from django.db import migrations

from huying.audit import append_only

TABLE = "insight_frozenfact"


class Migration(migrations.Migration):
    """What was frozen is never changed: a correction is another version."""

    dependencies = [("insight", "0001_initial"), ("audit", "0002_append_only")]

    operations = [migrations.RunSQL(append_only.triggers(TABLE), append_only.no_triggers(TABLE))]
