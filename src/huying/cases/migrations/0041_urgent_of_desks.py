from django.db import migrations, models
from django.db.models.functions import Left

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """What waits for a desk in the order in which it is due; built while cases are written."""

    atomic = False
    dependencies = [("cases", "0040_hot_issues")]
    operations = [
        AddIndexAgain(
            model_name="case",
            index=models.Index(
                Left("desk_code", length),
                models.F("state"),
                models.F("due_at"),
                models.F("id"),
                condition=models.Q(("ended_at__isnull", True)),
                name=name,
            ),
        )
        for length, name in ((9, "case_desk_street"), (6, "case_desk_district"))
    ]
