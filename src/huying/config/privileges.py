"""What the application's role may do: read and write rows, own nothing, and never change a history."""

from __future__ import annotations

from typing import Any

READ_ONLY_TABLES = ("django_migrations",)
APPEND_ONLY = """
    SELECT relname, pg_class.oid FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgname = relname || '_append_only'
"""
"""Histories are known by the trigger that refuses changes (`audit.append_only`)."""


def grant(connection: Any, role: str) -> None:
    """Give `role` its privileges on all that exists; run by the owner after every migration."""
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [row[0] for row in cursor.fetchall()]
        cursor.execute(APPEND_ONLY)
        histories = {row[0] for row in cursor.fetchall()}
        statements = [
            f"GRANT USAGE ON SCHEMA public TO {name}",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        ]
        groups: dict[str, list[str]] = {}
        for table in tables:
            if table in READ_ONLY_TABLES:
                rights = "SELECT"
            elif table in histories:
                rights = "SELECT, INSERT"
            else:
                rights = "SELECT, INSERT, UPDATE, DELETE"
            groups.setdefault(rights, []).append(f"public.{connection.ops.quote_name(table)}")
        statements += [f"GRANT {rights} ON {', '.join(names)} TO {name}" for rights, names in groups.items()]
        statements += [
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
            f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}",
        ]
        cursor.execute("; ".join(statements))
