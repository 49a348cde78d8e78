from django.contrib.postgres.indexes import GistIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Func, Index, Q
from django.db.models.functions import Left

from huying.kernel.indexing import AddIndexAgain

IS_OPEN = Q(ended_at__isnull=True)
NEW: list[Index] = [
    Index(
        F("area_code"), F("state"), F("received_at").desc(), F("id").desc(), name="case_open_state", condition=IS_OPEN
    ),
    Index(F("due_at"), F("id"), name="case_open_due", condition=IS_OPEN),
    Index(Left("area_code", 9), F("due_at"), F("id"), name="case_open_street", condition=IS_OPEN),
    Index(F("state"), F("desk_code"), name="case_open_desk", condition=IS_OPEN),
    Index(
        fields=["area_code", "due_at", "yellow_at", "id", "restricted"], name="case_open_where", condition=IS_OPEN
    ),
    GistIndex(
        Func(F("lng"), F("lat"), function="point"),
        name="case_open_place",
        condition=Q(lat__isnull=False, lng__isnull=False, ended_at__isnull=True),
    ),
]


class Migration(migrations.Migration):
    """Indexes of open cases by their end that is not there, in place of their eight states: the same rows, but the
    database plans a list in a fifth of the time. And open cases of a street in the order of their due time.
    """

    atomic = False
    dependencies = [("cases", "0008_areas_of_reports")]

    operations = [
        *(AddIndexAgain("case", one) for one in NEW),
        *(
            RemoveIndexConcurrently("case", name)
            for name in ("case_open", "case_due", "case_desk", "case_open_area", "case_open_point")
        ),
    ]
