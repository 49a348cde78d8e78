"""Limits for sudden hazards (突发险情), as those of storms."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from django.db import migrations, models

MADE = datetime(2026, 11, 23, tzinfo=UTC)
SEASONS = [
    ("heat", "高温"), ("typhoon", "台风"), ("rainstorm", "暴雨"), ("sudden", "突发险情"), ("spring_festival", "春节"),
]  # fmt: skip
SETS = [
    ("blue", [("handle", "urgent", "12h")]),
    ("yellow", [
        ("intake", "urgent", "10m"), ("dispatch", "urgent", "10m"), ("sign_in", "urgent", "20m"),
        ("handle", "urgent", "8h"),
    ]),
    ("orange", [
        ("intake", "urgent", "10m"), ("dispatch", "urgent", "10m"), ("sign_in", "urgent", "15m"),
        ("first_contact", "urgent", "1h"), ("handle", "urgent", "4h"), ("handle", "ordinary", "10d"),
    ]),
    ("red", [
        ("intake", "urgent", "5m"), ("file", "urgent", "5m"), ("dispatch", "urgent", "5m"),
        ("sign_in", "urgent", "10m"), ("first_contact", "urgent", "30m"), ("handle", "urgent", "2h"),
        ("handle", "ordinary", "15d"), ("handle", "hard", "20d"), ("call_back", "ordinary", "4wd"),
    ]),
]  # fmt: skip


def ship(apps, schema_editor):
    limit_set, set_limit = apps.get_model("matters", "LimitSet"), apps.get_model("matters", "SetLimit")
    for alert, lines in SETS:
        made = limit_set.objects.create(
            id=uuid5(NAMESPACE_URL, f"urn:huying:limits:sudden:{alert}"), season="sudden", alert=alert, area_code="",
            number=1, recount=alert == "red", made_at=MADE,
        )  # fmt: skip
        set_limit.objects.bulk_create(
            set_limit(limit_set=made, line=number, step=step, grade=grade, limit=limit)
            for number, (step, grade, limit) in enumerate(lines, start=1)
        )


def take_back(apps, schema_editor):
    apps.get_model("matters", "LimitSet").objects.filter(season="sudden", area_code="").delete()


class Migration(migrations.Migration):
    dependencies = [("matters", "0004_shipped_sets")]
    operations = [
        migrations.AlterField("limitset", "season", models.CharField(choices=SEASONS, max_length=16)),
        migrations.AlterField("limitswitch", "season", models.CharField(choices=SEASONS, max_length=16)),
        migrations.RunPython(ship, take_back),
    ]
