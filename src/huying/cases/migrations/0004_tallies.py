from django.db import migrations, models

HOUR = "CASE WHEN {row}.due_at IS NULL THEN 0 ELSE floor(extract(epoch FROM {row}.due_at) / 3600)::int END"
DAY = "floor((extract(epoch FROM {row}.received_at) + 28800) / 86400)::int"
KEY = f"{{row}}.area_code, {{row}}.state, left({{row}}.type_code, 2), {HOUR}, {DAY}"
INTO = "INSERT INTO cases_tallychange (area_code, state, matter, due_hour, received_day, count)"
OLD, NEW, FRESH = (KEY.format(row=one) for one in ("OLD", "NEW", "fresh"))

# One row for many new cases of a kind; one each for what a case leaves and what it joins.
FORWARDS = f"""
CREATE FUNCTION huying_tally_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {INTO} SELECT {FRESH}, count(*) FROM fresh WHERE NOT fresh.restricted
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5;
    RETURN NULL;
END
$$;
CREATE FUNCTION huying_tally_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT OLD.restricted THEN
        {INTO} VALUES ({OLD}, -1);
    END IF;
    IF TG_OP = 'UPDATE' AND NOT NEW.restricted THEN
        {INTO} VALUES ({NEW}, 1);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_case_tally_new AFTER INSERT ON cases_case REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION huying_tally_new();
CREATE TRIGGER cases_case_tally_changed AFTER UPDATE ON cases_case FOR EACH ROW
    WHEN ((OLD.area_code, OLD.state, OLD.type_code, OLD.due_at, OLD.received_at, OLD.restricted) IS DISTINCT FROM
          (NEW.area_code, NEW.state, NEW.type_code, NEW.due_at, NEW.received_at, NEW.restricted))
    EXECUTE FUNCTION huying_tally_changed();
CREATE TRIGGER cases_case_tally_gone AFTER DELETE ON cases_case FOR EACH ROW EXECUTE FUNCTION huying_tally_changed();
"""
BACKWARDS = """
DROP TRIGGER cases_case_tally_gone ON cases_case;
DROP TRIGGER cases_case_tally_changed ON cases_case;
DROP TRIGGER cases_case_tally_new ON cases_case;
DROP FUNCTION huying_tally_changed();
DROP FUNCTION huying_tally_new();
"""


class Migration(migrations.Migration):
    """Counts of the board: cells, and changes to them that a trigger writes in the transaction of each act.

    A trigger and not the acts: whatever writes a case is counted, bulk builder and imports too, in no statement more.
    """

    dependencies = [("cases", "0003_feedback_of_each_case")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField()),
                ("area_code", models.CharField(blank=True, db_collation="C", max_length=24)),
                (
                    "kind",
                    models.CharField(choices=[("open", "在办"), ("due", "到期"), ("received", "收到")], max_length=8),
                ),
                ("state", models.CharField(blank=True, max_length=16)),
                ("matter", models.CharField(blank=True, db_collation="C", max_length=2)),
                ("slot", models.IntegerField(default=0)),
                ("count", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("level", "area_code", "kind", "state", "matter", "slot"), name="tally_once"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="TallyChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("area_code", models.CharField(db_collation="C", max_length=24)),
                ("state", models.CharField(max_length=16)),
                ("matter", models.CharField(blank=True, db_collation="C", max_length=2)),
                ("due_hour", models.IntegerField()),
                ("received_day", models.IntegerField()),
                ("count", models.IntegerField()),
            ],
            options={"indexes": [models.Index(fields=["area_code"], name="tally_change_area")]},
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
