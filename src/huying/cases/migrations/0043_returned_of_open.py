from django.db import migrations, models
from django.db.models import Q

from huying.kernel.indexing import AddIndexAgain

FORWARDS = """
CREATE OR REPLACE FUNCTION huying_order_returned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    still_open boolean;
BEGIN
    SELECT c.ended_at IS NULL INTO still_open FROM cases_case c WHERE c.id = NEW.case_id;
    IF FOUND THEN  -- not where the case comes in with the same statement
        NEW.case_open := still_open;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE FUNCTION huying_case_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_workorder SET case_open = (NEW.ended_at IS NULL) WHERE case_id = NEW.id AND state = 'returned';
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER cases_order_returned BEFORE INSERT OR UPDATE OF case_id, state ON cases_workorder
    FOR EACH ROW WHEN (NEW.state = 'returned') EXECUTE FUNCTION huying_order_returned();
CREATE OR REPLACE TRIGGER cases_case_ends AFTER UPDATE OF ended_at ON cases_case
    FOR EACH ROW WHEN ((OLD.ended_at IS NULL) <> (NEW.ended_at IS NULL)) EXECUTE FUNCTION huying_case_ends();
"""
BACKWARDS = """
DROP TRIGGER IF EXISTS cases_case_ends ON cases_case;
DROP TRIGGER IF EXISTS cases_order_returned ON cases_workorder;
DROP FUNCTION IF EXISTS huying_case_ends();
DROP FUNCTION IF EXISTS huying_order_returned();
"""
# Few, and held while they are read: what ends meanwhile waits for a moment, and its trigger comes after this.
FILL = """
WITH still AS MATERIALIZED (
    SELECT c.id FROM cases_case c WHERE c.ended_at IS NULL
    AND EXISTS (SELECT FROM cases_workorder o WHERE o.case_id = c.id AND o.state = 'returned') FOR SHARE OF c
)
UPDATE cases_workorder o SET case_open = true FROM still WHERE o.case_id = still.id AND o.state = 'returned'
"""


class Migration(migrations.Migration):
    """Whether its case is open, on an order that was returned: cases that two units gave back are found among what is
    open, not among all that was ever returned. A trigger keeps it, as it keeps where reports lie.
    """

    atomic = False
    dependencies = [("cases", "0042_hot_words")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="workorder",
                    name="case_open",
                    field=models.BooleanField(db_default=False, editable=False),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE cases_workorder ADD COLUMN IF NOT EXISTS case_open boolean NOT NULL DEFAULT false",
                    "ALTER TABLE cases_workorder DROP COLUMN IF EXISTS case_open",
                )
            ],
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        AddIndexAgain(
            "workorder",
            models.Index(
                fields=["case", "unit"], name="order_returned_open", condition=Q(state="returned", case_open=True)
            ),
        ),
    ]
