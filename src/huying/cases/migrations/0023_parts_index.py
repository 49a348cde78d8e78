from django.db import migrations, models

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """Parts of a case; built while cases are written."""

    atomic = False
    dependencies = [("cases", "0022_taking_back_and_parts")]
    operations = [
        AddIndexAgain(
            model_name="case",
            index=models.Index(condition=models.Q(("part_of__isnull", False)), fields=["part_of"], name="case_part_of"),
        ),
    ]
