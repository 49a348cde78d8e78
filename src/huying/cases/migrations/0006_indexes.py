import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Func, Q

OPEN = [
    "calling_back", "checking", "filed", "in_hand", "received", "reviewing", "triaged", "verifying",
]  # fmt: skip
# Twins: what they hold is the first column of another index. With the collation C, LIKE needs no index of its own.
TWINS = (
    ("cases_report_case_id_c8f0bfd9", 'cases_report ("case_id")'),
    ("cases_workorder_case_id_323f044f", 'cases_workorder ("case_id")'),
    ("cases_workorder_unit_id_cbcf6fdc", 'cases_workorder ("unit_id")'),
    ("cases_contactattempt_case_id_08ac30cc", 'cases_contactattempt ("case_id")'),
    ("cases_feedback_case_id_9a22016d", 'cases_feedback ("case_id")'),
    ("cases_case_number_980c9551_like", 'cases_case ("number" varchar_pattern_ops)'),
    ("cases_report_code_hash_dfb6a82f_like", 'cases_report ("code_hash" varchar_pattern_ops)'),
)


def without_index(model: str, field: str, related: str, to: str = "cases.case") -> migrations.AlterField:
    key = models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name=related, to=to
    )  # fmt: skip
    return migrations.AlterField(model_name=model, name=field, field=key)


class Migration(migrations.Migration):
    """Indexes for map and board; twins dropped. None of it locks: each step is its own, and may be done twice."""

    atomic = False
    dependencies = [("cases", "0005_first_tallies"), ("people", "0005_party_form")]

    operations = [
        # A step that was killed leaves an index behind that is not valid.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS case_open_point", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="case",
            index=django.contrib.postgres.indexes.GistIndex(
                Func(F("lng"), F("lat"), function="point"),
                condition=Q(lat__isnull=False, lng__isnull=False, state__in=OPEN),
                name="case_open_point",
            ),
        ),
        *(
            migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}",
            )
            for name, columns in TWINS
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                without_index("report", "case", "reports"),
                without_index("workorder", "case", "orders"),
                without_index("workorder", "unit", "orders", "people.organisation"),
                without_index("contactattempt", "case", "attempts"),
                without_index("feedback", "case", "feedback"),
            ]
        ),
    ]
