import django.contrib.postgres.fields
from django.db import migrations, models


def mark(apps, schema_editor):
    """What the history calls followed is so for cases too: both were told by the same news."""
    plan, history = apps.get_model("places", "AreaPlan"), apps.get_model("audit", "History")
    alias = schema_editor.connection.alias
    done = history.objects.using(alias).filter(kind="area_plan", verb="people_followed").values("object_id")
    plan.objects.using(alias).filter(pk__in=done).update(followed=["people", "cases"])


class Migration(migrations.Migration):
    dependencies = [("places", "0004_devices"), ("audit", "0001_initial")]

    operations = [
        migrations.AddField(
            "areaplan",
            "followed",
            django.contrib.postgres.fields.ArrayField(models.CharField(max_length=20), default=list, size=None),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
