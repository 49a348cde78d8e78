"""Steps that several commands take: bring the tables up to date, see whether they are, begin with none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg.conninfo import conninfo_to_dict

from huying.config.env import Env
from huying.config.postgres import APP
from huying.config.privileges import grant
from huying.kernel.terms import _

LOCK = 7_490_1  # an advisory lock, so that two migrations never run at once


@contextmanager
def as_owner() -> Iterator[None]:
    """Django's connection as the role that owns the tables."""
    env: Env = settings.ENV
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(env.database(owner=True))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)


def pending() -> list[str]:
    """Migrations that are not applied yet, as `app.name`."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def migrate() -> int:
    """Bring the tables up to date as their owner and give the application its rights; how many were applied."""
    env: Env = settings.ENV
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            count = len(pending())
            if count:
                call_command("migrate", verbosity=0, interactive=False)
            role = app_role(env)
            if role:
                grant(connection, role)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return count


def app_role(env: Env) -> str:
    """The application's role, or "" where it is the owner itself."""
    if env.embedded:
        return APP
    app, owner = (conninfo_to_dict(env.url(owner)).get("user") for owner in (False, True))
    return str(app) if app and app != owner else ""


def recreate() -> None:
    """A new empty database in the embedded cluster; refused while another command works on the old one."""
    import psycopg

    from huying.cli.contract import CommandRefused
    from huying.config.postgres import BOOT, DATABASE, OWNER, url_of

    connection.close()
    with psycopg.connect(url_of(settings.ENV.data, BOOT, "postgres"), autocommit=True) as boot:
        try:
            boot.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        except psycopg.errors.ObjectInUse as why:
            raise CommandRefused(_("这个数据库正在别处使用。请先停掉正在运行的网站和命令，再试一次。")) from why
        boot.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
