from django.db import migrations, models
from django.db.models import F, Q

from huying.kernel.indexing import AddIndexAgain

OPEN = [
    "calling_back", "checking", "filed", "in_hand", "received", "reviewing", "triaged", "verifying",
]  # fmt: skip


class Migration(migrations.Migration):
    """What lists and their counts walk: open cases of an area, restricted ones, what a person took down, returns."""

    atomic = False

    dependencies = [("cases", "0006_indexes")]

    operations = [
        AddIndexAgain(
            "case",
            models.Index(
                fields=["area_code", "due_at", "yellow_at", "id", "restricted"],
                name="case_open_area",
                condition=Q(state__in=OPEN),
            ),
        ),
        AddIndexAgain(
            "case",
            models.Index(
                F("area_code"),
                F("received_at").desc(),
                F("id").desc(),
                name="case_restricted_area",
                condition=Q(restricted=True),
            ),
        ),
        AddIndexAgain(
            "report",
            models.Index(fields=["taken_by", "case"], name="report_taken", condition=Q(taken_by__isnull=False)),
        ),
        AddIndexAgain(
            "workorder", models.Index(fields=["case", "unit"], name="order_returned", condition=Q(state="returned"))
        ),
    ]
