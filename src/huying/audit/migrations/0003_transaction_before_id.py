from django.db import migrations

# A row's id is taken before its other defaults are worked out, so before the transaction has its number. A writer that
# was held up just there, while a later id was committed and sealed, would come out as one who wrote between sealed
# rows. The trigger of the statement runs before the first id is taken: the number then shows that it ran already.
NUMBERED = """
CREATE FUNCTION huying_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_current_xact_id();
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_history_numbered BEFORE INSERT ON audit_history
    FOR EACH STATEMENT EXECUTE FUNCTION huying_numbered();
"""
NOT_NUMBERED = "DROP TRIGGER audit_history_numbered ON audit_history; DROP FUNCTION huying_numbered();"


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]

    operations = [migrations.RunSQL(NUMBERED, NOT_NUMBERED)]
