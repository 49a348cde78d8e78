from django.db import migrations
from django.db.models import Index, Q

from huying.kernel.indexing import AddIndexAgain


class Migration(migrations.Migration):
    """What is supervised and waits for its unit: few, and found without all that the unit has in hand."""

    atomic = False
    dependencies = [("cases", "0043_returned_of_open")]

    operations = [AddIndexAgain("case", Index(fields=["id"], name="case_supervised", condition=Q(supervision="set")))]
