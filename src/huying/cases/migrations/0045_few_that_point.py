import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from huying.kernel.indexing import AddIndexAgain

OLD = (
    ("cases_case_merged_into_id_1b4320d8", 'cases_case ("merged_into_id")'),
    ("cases_case_follows_id_431e3f59", 'cases_case ("follows_id")'),
    ("cases_report_taken_by_id_852343dc", 'cases_report ("taken_by_id")'),
)


def to_case(related: str) -> models.ForeignKey:
    return models.ForeignKey(
        "cases.case", null=True, on_delete=django.db.models.deletion.PROTECT, related_name=related, db_index=False
    )


class Migration(migrations.Migration):
    """Few cases were merged or follow another: their index holds these alone. What somebody took down has one already."""

    atomic = False
    dependencies = [("cases", "0044_supervised_index"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        AddIndexAgain(
            "case",
            models.Index(fields=["merged_into"], name="case_merged_into_case", condition=Q(merged_into__isnull=False)),
        ),
        AddIndexAgain(
            "case", models.Index(fields=["follows"], name="case_follows", condition=Q(follows__isnull=False))
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("case", "merged_into", to_case("merged")),
                migrations.AlterField("case", "follows", to_case("followed_by")),
                migrations.AlterField(
                    "report",
                    "taken_by",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken_reports",
                        db_index=False,
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}",
                )
                for name, columns in OLD
            ],
        ),
    ]
