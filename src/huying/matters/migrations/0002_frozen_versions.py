"""Rows of a version change only while it is a draft; versions that were approved are never deleted."""

from django.db import migrations

TABLES = ["matters_matterclass", "matters_dutyentry", "matters_mattertype", "matters_steplimit"]

FUNCTIONS = """
CREATE FUNCTION matters_row_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_state text;
    asked uuid;
BEGIN
    IF TG_OP = 'DELETE' THEN asked := OLD.version_id; ELSE asked := NEW.version_id; END IF;
    SELECT state INTO found_state FROM matters_catalogueversion WHERE id = asked;
    IF found_state IS DISTINCT FROM 'draft' THEN
        RAISE EXCEPTION 'catalogue version % is not a draft', asked USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.version_id <> NEW.version_id THEN
        RAISE EXCEPTION 'a row stays in its catalogue version' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION matters_version_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'catalogue versions are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('approved', 'in_force', 'retired', 'dropped') AND NEW.state IN ('draft', 'submitted') THEN
        RAISE EXCEPTION 'an approved catalogue version is not opened again' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER matters_version_kept BEFORE UPDATE OR DELETE ON matters_catalogueversion
FOR EACH ROW EXECUTE FUNCTION matters_version_kept();
"""

DROP = """
DROP TRIGGER matters_version_kept ON matters_catalogueversion;
DROP FUNCTION matters_version_kept();
DROP FUNCTION matters_row_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION matters_row_frozen();",
                f"DROP TRIGGER {table}_frozen ON {table};",
            )
            for table in TABLES
        ),
    ]
