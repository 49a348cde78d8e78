from django.db import migrations
from django.db.models import Index, Q

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """What a supervisor is to look at; built while cases are written."""

    atomic = False
    dependencies = [("cases", "0013_supervision")]

    operations = [
        AddIndexAgain(
            "case",
            Index(fields=["desk_code", "id"], name="case_reported_back", condition=Q(supervision="reported")),
        )
    ]
