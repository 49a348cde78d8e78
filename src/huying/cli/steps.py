"""Steps that several commands take: bring the tables up to date, see whether they are, begin with none."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import migrate as migrate_command
from django.db import Error as DatabaseProblem
from django.db import connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState
from psycopg.conninfo import conninfo_to_dict

from huying.config.env import Env
from huying.config.postgres import APP
from huying.config.privileges import grant
from huying.kernel.terms import Label, _

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


class _CopiedModel(ModelState):
    """A model between two migrations, whose columns are copied when it is drawn.

    Django takes each column apart and makes it anew, tens of thousands of times on the way from an empty database.
    """

    def render(self, apps: Any) -> Any:
        whole = self.fields
        copies: Any = {name: SimpleNamespace(clone=partial(copy.deepcopy, field)) for name, field in whole.items()}
        self.fields = copies
        try:
            return super().render(apps)
        finally:
            self.fields = whole


class _CopiedState(ProjectState):
    """All models between two migrations."""

    @classmethod
    def of(cls, state: ProjectState) -> ProjectState:
        for one in state.models.values():
            one.__class__ = _CopiedModel
        state.__class__ = cls
        return state

    def add_model(self, model_state: ModelState) -> None:
        model_state.__class__ = _CopiedModel
        super().add_model(model_state)

    def _append_option(self, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        """An index or a rule of a table is no news to the models that point to it: they are not drawn anew."""
        key = (app_label, model_name)
        options = self.models[key].options
        options[option_name] = [*options[option_name], obj]
        if "apps" in self.__dict__:  # as Django asks: hasattr would draw them all
            self.is_delayed = True
            self._reload({key})  # type: ignore[attr-defined]  # the stubs lack it

    def clone(self) -> ProjectState:
        state = super().clone()
        state.__class__ = _CopiedState
        return state


class WholeExecutor(MigrationExecutor):
    """A migration and the line that says it was done are one transaction.

    Django writes that line afterwards where indexes or keys come last: killed in between, the migration would be
    done and not known, and never run again.
    """

    def _create_project_state(self, with_applied_migrations: bool = False) -> ProjectState:
        made = super()._create_project_state(with_applied_migrations)  # type: ignore[misc]  # the stubs lack it
        return _CopiedState.of(made)

    def apply_migration(
        self, state: Any, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        step = f"{migration.app_label}.{migration.name}"
        try:
            with transaction.atomic() if migration.atomic else nullcontext():
                return super().apply_migration(state, migration, fake, fake_initial)
        except Exception as why:
            why.add_note(str(_stopped(step, why, whole=migration.atomic)))
            why.step, why.whole = step, migration.atomic  # type: ignore[attr-defined]
            raise


def _stopped(step: str, why: BaseException, *, whole: bool = True) -> Label:
    """What to do after a migration that did not come to its end."""
    facts = {"step": step, "why": (str(why).strip().splitlines() or [type(why).__name__])[0]}
    if whole:
        return _(
            "更新到 %(step)s 时停下了（%(why)s）。做完的步骤都保留，这一步没有留下半截。"
            "请先排除原因，再运行一次 huying migrate，会从这一步接着做。"
        ) % facts  # fmt: skip
    return _(
        "更新到 %(step)s 时停下了（%(why)s）。这一步分几次提交，可能做了一半。"
        "请先排除原因，再运行一次 huying migrate；若仍停在这里，请从更新前的备份恢复。"
    ) % facts  # fmt: skip


def migrate() -> int:
    """Bring the tables up to date as their owner and give the application its rights; how many were applied.

    Killed anywhere, it can be run again. Raises CommandRefused where the database ends it.
    """
    from huying.cli.contract import CommandRefused

    env: Env = settings.ENV
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            count = len(pending())
            if count or not _finished():
                with whole_steps():
                    call_command("migrate", verbosity=0, interactive=False)
                _finish()
            role = app_role(env)
            if role:
                grant(connection, role)
        except DatabaseProblem as why:
            step, whole = getattr(why, "step", "huying"), getattr(why, "whole", True)
            raise CommandRefused(_stopped(step, why, whole=whole)) from why
        except Exception as why:
            if not hasattr(why, "step"):
                why.add_note(str(_stopped("huying", why)))
            raise
        finally:
            with suppress(DatabaseProblem), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return count


@contextmanager
def whole_steps() -> Iterator[None]:
    """Django's own command with `WholeExecutor`."""
    before = migrate_command.MigrationExecutor  # type: ignore[attr-defined]
    migrate_command.MigrationExecutor = WholeExecutor  # type: ignore[attr-defined]
    try:
        yield
    finally:
        migrate_command.MigrationExecutor = before  # type: ignore[attr-defined]


def _finished() -> bool:
    """Whether what follows the migrations (calendars, shipped texts) was done for those that are applied now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('django_migrations'::regclass)")
        return bool(cursor.fetchone()[0] == _applied_mark())


def _finish() -> None:
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE django_migrations IS %s", [_applied_mark()])


def _applied_mark() -> str:
    applied = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
    return f"finished {hashlib.sha256(' '.join(applied).encode()).hexdigest()[:16]}"


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
