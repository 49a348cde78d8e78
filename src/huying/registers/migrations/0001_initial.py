import huying.kernel.ids
from django.db import migrations, models

# The engine's search: every two neighbouring characters of a text, folded, and the last one with a blank after it.
FOLD = """
CREATE FUNCTION registers_fold(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(normalize(words, NFKC))
"""
GRAMS = """
CREATE FUNCTION registers_grams(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 500
RETURN (
    SELECT array_to_tsvector(coalesce(array_agg(DISTINCT substr(made.folded, place, 2)), '{}'::text[]))
    FROM (SELECT registers_fold(words) || ' ' AS folded) AS made
    CROSS JOIN LATERAL generate_series(1, length(made.folded) - 1) AS place
)
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(FOLD, "DROP FUNCTION registers_fold(text)"),
        migrations.RunSQL(GRAMS, "DROP FUNCTION registers_grams(text)"),
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("register", models.CharField(max_length=40)),
                ("column", models.CharField(max_length=60)),
                ("value", models.JSONField(null=True)),
                ("rows", models.JSONField(default=list)),
                ("made_by", models.UUIDField(null=True)),
                ("made_at", models.DateTimeField(db_index=True)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undone", models.PositiveIntegerField(default=0)),
            ],
            options={"verbose_name": "批量改动"},
        ),
        migrations.CreateModel(
            name="ImportDraft",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("register", models.CharField(max_length=40)),
                ("filename", models.CharField(max_length=120)),
                ("content", models.BinaryField()),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField(db_index=True)),
            ],
            options={"verbose_name": "待导入的表格"},
        ),
    ]
