"""The sets of limits that come with the system: urgent matters faster, ordinary ones later while a storm lasts."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from django.db import migrations

MADE = datetime(2026, 11, 23, tzinfo=UTC)
STORM = {
    "blue": [("handle", "urgent", "12h")],
    "yellow": [
        ("intake", "urgent", "10m"), ("dispatch", "urgent", "10m"), ("sign_in", "urgent", "20m"),
        ("handle", "urgent", "8h"),
    ],
    "orange": [
        ("intake", "urgent", "10m"), ("dispatch", "urgent", "10m"), ("sign_in", "urgent", "15m"),
        ("first_contact", "urgent", "1h"), ("handle", "urgent", "4h"), ("handle", "ordinary", "10d"),
    ],
    "red": [
        ("intake", "urgent", "5m"), ("file", "urgent", "5m"), ("dispatch", "urgent", "5m"),
        ("sign_in", "urgent", "10m"), ("first_contact", "urgent", "30m"), ("handle", "urgent", "2h"),
        ("handle", "ordinary", "15d"), ("handle", "hard", "20d"), ("call_back", "ordinary", "4wd"),
    ],
}  # fmt: skip
SETS = {
    **{("typhoon", alert): lines for alert, lines in STORM.items()},
    **{("rainstorm", alert): lines for alert, lines in STORM.items()},
    **{("sudden", alert): lines for alert, lines in STORM.items()},
    ("heat", "yellow"): [("handle", "urgent", "18h")],
    ("heat", "orange"): [("sign_in", "urgent", "20m"), ("handle", "urgent", "12h")],
    ("heat", "red"): [("sign_in", "urgent", "15m"), ("handle", "urgent", "8h")],
    ("spring_festival", ""): [
        ("sign_in", "ordinary", "4wh"), ("handle", "ordinary", "10d"), ("handle", "hard", "20d"),
        ("call_back", "ordinary", "3wd"),
    ],
}  # fmt: skip


def ship(apps, schema_editor):
    limit_set, set_limit = apps.get_model("matters", "LimitSet"), apps.get_model("matters", "SetLimit")
    for (season, alert), lines in SETS.items():
        made = limit_set.objects.create(
            id=uuid5(NAMESPACE_URL, f"urn:huying:limits:{season}:{alert}"), season=season, alert=alert, area_code="",
            number=1, recount=alert == "red" and season != "heat", made_at=MADE,
        )  # fmt: skip
        set_limit.objects.bulk_create(
            set_limit(limit_set=made, line=number, step=step, grade=grade, limit=limit)
            for number, (step, grade, limit) in enumerate(lines, start=1)
        )


def take_back(apps, schema_editor):
    apps.get_model("matters", "LimitSet").objects.filter(area_code="").delete()


class Migration(migrations.Migration):
    dependencies = [("matters", "0003_limit_sets")]
    operations = [migrations.RunPython(ship, take_back)]
