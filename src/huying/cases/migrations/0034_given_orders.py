from django.db import migrations, models

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """What somebody signed in and is at work on is in that person's hand; built while orders are written."""

    atomic = False
    dependencies = [("cases", "0033_sharing")]
    operations = [
        migrations.RunSQL(
            "UPDATE cases_workorder SET given_to_id = handler_id, given_at = accepted_at "
            "WHERE state IN ('accepted', 'rework') AND handler_id IS NOT NULL AND given_to_id IS NULL",
            migrations.RunSQL.noop,
        ),
        AddIndexAgain(
            model_name="workorder",
            index=models.Index(
                condition=models.Q(("given_to__isnull", False)), fields=["given_to", "-given_at"], name="order_given"
            ),
        ),
    ]
