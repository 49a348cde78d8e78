from typing import Any
from uuid import UUID

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from huying.kernel.indexing import AddIndexAgain

OPEN = [
    "calling_back", "checking", "filed", "in_hand", "received", "reviewing", "triaged", "verifying",
]  # fmt: skip
IS_OPEN = "{row}.state IN (" + ", ".join(f"'{one}'" for one in OPEN) + ")"
OLD, NEW, CASE = (IS_OPEN.format(row=one) for one in ("OLD", "NEW", "c"))
FORWARDS = f"""
CREATE OR REPLACE FUNCTION huying_report_lies() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    here record;
BEGIN
    SELECT c.area_code, {CASE} AS case_open INTO here FROM cases_case c WHERE c.id = NEW.case_id;
    IF FOUND THEN  -- not where the case comes in with the same statement
        NEW.area_code := here.area_code;
        NEW.case_open := here.case_open;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE FUNCTION huying_case_lies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_report SET area_code = NEW.area_code, case_open = ({NEW})
    WHERE case_id = NEW.id AND taken_by_id IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER cases_report_lies BEFORE INSERT OR UPDATE OF case_id, taken_by_id ON cases_report
    FOR EACH ROW WHEN (NEW.taken_by_id IS NOT NULL) EXECUTE FUNCTION huying_report_lies();
CREATE OR REPLACE TRIGGER cases_case_lies AFTER UPDATE OF area_code, state ON cases_case
    FOR EACH ROW WHEN (OLD.area_code IS DISTINCT FROM NEW.area_code OR ({OLD}) <> ({NEW})) EXECUTE FUNCTION huying_case_lies();
"""
BACKWARDS = """
DROP TRIGGER IF EXISTS cases_case_lies ON cases_case;
DROP TRIGGER IF EXISTS cases_report_lies ON cases_report;
DROP FUNCTION IF EXISTS huying_case_lies();
DROP FUNCTION IF EXISTS huying_report_lies();
"""
SOME = 2_000
FILL = f"""
WITH part AS (SELECT id, case_id, taken_by_id FROM cases_report WHERE id > %s ORDER BY id LIMIT %s),
filled AS (
    UPDATE cases_report r SET area_code = c.area_code, case_open = ({CASE}) FROM part JOIN cases_case c ON c.id = part.case_id
    WHERE r.id = part.id AND r.case_id = part.case_id AND part.taken_by_id IS NOT NULL AND r.area_code = ''
)
SELECT id FROM part ORDER BY id DESC LIMIT 1
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """The reports that were there before and that somebody took down, some at a time: nobody waits for long."""
    last = UUID(int=0)
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(FILL, [last, SOME])
            found = cursor.fetchone()
            if found is None:
                return
            last = found[0]


class Migration(migrations.Migration):
    """Where its case lies and whether it is open, on a report that somebody took down: what one took down elsewhere is
    found by index alone. A trigger keeps it and not the acts, because cases move by many of them, and by changes of areas.
    """

    atomic = False
    dependencies = [("cases", "0007_indexes_for_lists")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="report",
                    name="area_code",
                    field=models.CharField(max_length=24, db_collation="C", db_default="", editable=False),
                ),
                migrations.AddField(
                    model_name="report",
                    name="case_open",
                    field=models.BooleanField(db_default=False, editable=False),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE cases_report ADD COLUMN IF NOT EXISTS area_code varchar(24) COLLATE \"C\" "
                    "NOT NULL DEFAULT '', ADD COLUMN IF NOT EXISTS case_open boolean NOT NULL DEFAULT false",
                    "ALTER TABLE cases_report DROP COLUMN IF EXISTS area_code, DROP COLUMN IF EXISTS case_open",
                )
            ],
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexAgain(
            "report",
            models.Index(
                fields=["taken_by", "case_open", "area_code", "case"], name="report_taken_where", condition=Q(taken_by__isnull=False)
            ),
        ),
        RemoveIndexConcurrently("report", "report_taken"),
    ]
