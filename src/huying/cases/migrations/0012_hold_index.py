from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.models import F, Index, Q

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """What is held, for its public list; built while cases are written."""

    atomic = False
    dependencies = [("cases", "0011_hold")]

    operations = [
        AddIndexAgain(
            "case",
            Index(
                F("area_code"),
                F("held_since").desc(),
                F("id").desc(),
                name="case_held",
                condition=Q(held_since__isnull=False),
            ),
        ),
        ValidateConstraint("case", "case_held_in_hand"),
    ]
