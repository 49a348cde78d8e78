from django.db import migrations, models


class Migration(migrations.Migration):
    """What was told of a clock's present due time, and the limit that it had before its last change."""

    dependencies = [("clocks", "0001_initial")]

    operations = [
        migrations.AddField("clock", "changed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "clock", "limit_before", models.CharField(blank=True, db_default="", default="", max_length=12)
        ),
        migrations.AddField(
            "clock", "source_before", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField("clock", "warned", models.PositiveSmallIntegerField(db_default=0, default=0)),
    ]
