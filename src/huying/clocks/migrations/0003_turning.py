from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """Indexes that hold just what the sweep has still to tell of, in place of those over all running clocks."""

    atomic = False
    dependencies = [("clocks", "0002_told_and_limit_before")]

    operations = [
        AddIndexAgain(
            "clock",
            models.Index(
                fields=["due_at", "id"],
                name="clocks_clock_turns_red",
                condition=Q(stopped_at=None, paused_at=None, imported=False, warned__lt=2),
            ),
        ),
        AddIndexAgain(
            "clock",
            models.Index(
                fields=["yellow_at", "id"],
                name="clocks_clock_turns_yellow",
                condition=Q(stopped_at=None, paused_at=None, imported=False, warned=0),
            ),
        ),
        RemoveIndexConcurrently("clock", "clocks_clock_due"),
        RemoveIndexConcurrently("clock", "clocks_clock_yellow"),
    ]
