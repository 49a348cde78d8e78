from django.db import migrations, models

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """Steps of tickets that are not done; built while tickets are written."""

    atomic = False
    dependencies = [("cases", "0029_campaigns")]
    operations = [
        AddIndexAgain(
            model_name="ticketstep",
            index=models.Index(
                condition=models.Q(("done_at", None)), fields=["ticket", "position"], name="ticket_step_open"
            ),
        ),
    ]
