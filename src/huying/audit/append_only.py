"""SQL for tables that are only ever added to; other apps' migrations use it for their own ledgers."""

from __future__ import annotations

FUNCTION = """
CREATE OR REPLACE FUNCTION huying_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE'
       AND current_setting('huying.allow_truncate', true) = 'on'
       AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: rows of this table are never changed or removed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""
NO_FUNCTION = "DROP FUNCTION huying_append_only();"


def triggers(table: str) -> str:
    """Refuse UPDATE and DELETE to everybody, TRUNCATE to all but an owner with `huying.allow_truncate=on`."""
    return f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION huying_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION huying_append_only();
"""


def no_triggers(table: str) -> str:
    return f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};"
