from django.db import migrations
from django.db.models import Index, Q

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """What waits for a decision on leaving it out of scores; built while cases are written."""

    atomic = False
    dependencies = [("cases", "0025_exclusions")]

    operations = [
        AddIndexAgain(
            "case",
            Index(
                fields=["desk_code", "id"],
                name="case_exclusion",
                condition=Q(exclusion__in=["asked", "seconding"]),
            ),
        )
    ]
