from django.db import migrations, models

MODELS = ("cell", "fact", "frozenfact")
COUNTS = [f"stage_{number}_{part}" for number in range(1, 10) for part in ("of", "met")]


class Migration(migrations.Migration):

    dependencies = [
        ("clocks", "0005_tickets"),
        ("insight", "0004_exclusions"),
    ]

    operations = [
        *(
            migrations.AddField(model, name, models.IntegerField(db_default=0, default=0))
            for model in MODELS
            for name in COUNTS
        ),
        # Stages were not counted before: their cases are counted anew by the next `catch_up`.
        migrations.RunSQL(
            "UPDATE insight_fact f SET version = 0 FROM clocks_clock k "
            "WHERE k.object_id = f.case_id AND f.subject_id = f.case_id AND k.step LIKE 'stage%'",
            migrations.RunSQL.noop,
        ),
        # Calls that are in one case with a petition were left out with it.
        migrations.RunSQL(
            "UPDATE insight_fact SET version = 0 WHERE subject_id = case_id AND case_id IN "
            "(SELECT case_id FROM cases_report GROUP BY case_id HAVING count(DISTINCT source) > 1)",
            migrations.RunSQL.noop,
        ),
    ]
