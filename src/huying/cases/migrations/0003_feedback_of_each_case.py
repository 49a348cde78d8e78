from django.db import migrations, models


class Migration(migrations.Migration):
    """A report that moved to another case has its say there too, in a round of the same number."""

    dependencies = [("cases", "0002_remark")]

    operations = [
        migrations.RemoveConstraint(model_name="feedback", name="feedback_once_a_round"),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.UniqueConstraint(
                fields=("case", "report", "round", "late"), name="feedback_once_a_round"
            ),
        ),
    ]
