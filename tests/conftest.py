"""What every test stands on: the database of the run, emptied caches, and which tests run where.

No test speaks with anything but this machine (`tests/loopback.py`).

The database: one embedded cluster in `.huying/test` for all runs of this checkout (or the server named by
HUYING_DATABASE_URL). A template is migrated once and named by a hash of all migrations; every process of a run
gets a copy of its own, dropped at the end, and works on it as the application's role, which owns nothing.
A test with `transaction=True` is followed by a fresh copy, so that histories need no emptying.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from huying.config.env import ONE_PLAN
from huying.config.postgres import APP, BOOT, Server
from tests.settings import GIVEN, ROOT, TEST_DATA

GIVEN_URL = GIVEN.get("HUYING_DATABASE_OWNER_URL") or GIVEN.get("HUYING_DATABASE_URL", "")

TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "autovacuum": "off",
}
KEPT_TEMPLATES = 8
SWEPT_EVERY = 150  # tests of a process
LEFT_LYING = 1 << 20  # bytes of a table


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mechanisms", action="store_true", help="print what each mechanism's journey saw")


def pytest_configure(config: pytest.Config) -> None:
    from tests import loopback
    from tests.mechanisms import Mechanisms

    # Here, and not in a fixture: what modules and fixtures do counts too.
    loopback.install()
    config.pluginmanager.register(Mechanisms(), "huying-mechanisms")


def pytest_collection_finish(session: pytest.Session) -> None:
    # What was collected stays until the end: the collector of garbage need not walk it again and again.
    gc.collect()
    gc.freeze()


def _migrations_hash() -> str:
    """What the template depends on: migrations, the data they load, privileges, and outside apps' versions."""
    digest = hashlib.sha256()
    package = ROOT / "src" / "huying"
    files = [
        *package.glob("*/migrations/*.py"),
        *package.glob("*/migrations/*.sql"),
        *package.glob("*/data/**/*"),
        package / "config" / "privileges.py",
    ]
    for file in sorted(file for file in files if file.is_file()):
        digest.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    for name in ("django", "procrastinate", "django-axes"):
        digest.update(f"{name}={version(name)}\n".encode())
    return digest.hexdigest()[:12]


class Bench:
    """The server under the tests, and the database of this process on it."""

    def __init__(self) -> None:
        self.server: Server | None = None
        if GIVEN_URL:
            self.boot = conninfo_to_dict(GIVEN_URL)
        else:
            self.server = Server(TEST_DATA, settings=TEST_SETTINGS)
            self.server.up()
            self.boot = conninfo_to_dict(self.server.url(BOOT, "postgres"))
        self.template = f"hy_t_{_migrations_hash()}"
        self.name = f"hy_w_{os.getpid()}_{uuid.uuid4().hex[:8]}"
        self.role: str | None = APP
        self.ready = False

    def connect(self, database: str | None = None) -> psycopg.Connection[Any]:
        """As the one who owns everything."""
        wanted = {**self.boot, "dbname": database or self.boot.get("dbname") or "postgres"}
        return psycopg.connect(make_conninfo(**wanted), autocommit=True)

    def django(self, database: str, role: str | None) -> dict[str, Any]:
        """The entries of Django's DATABASES that differ for this database and role."""
        options: dict[str, Any] = {"options": ONE_PLAN}  # as a server that serves has it
        user = self.boot.get("user", "")
        if self.server is not None:
            user = role or BOOT
        elif role:
            options["assume_role"] = role
        return {
            "NAME": database,
            "USER": user,
            "PASSWORD": self.boot.get("password", ""),
            "HOST": self.boot.get("host", ""),
            "PORT": str(self.boot.get("port", "")),
            "CONN_MAX_AGE": 0,
            "OPTIONS": options,
        }

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time on this checkout's templates."""
        TEST_DATA.mkdir(parents=True, exist_ok=True)
        with (TEST_DATA / "template.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def prepare(self) -> None:
        with self.alone(), self.connect() as boot:
            self._app_role(boot)
            self._tidy(boot)
            known = {row[0] for row in boot.execute("SELECT datname FROM pg_database").fetchall()}
            if self.template not in known:
                self._make_template(boot)
            self.clone(boot)

    def _app_role(self, boot: psycopg.Connection[Any]) -> None:
        if self.server is not None:
            boot.execute(f"GRANT SET ON PARAMETER session_replication_role TO {APP}")  # for `tests/kept.py`
            return
        try:
            if boot.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]).fetchone() is None:
                boot.execute(f"CREATE ROLE {APP} NOLOGIN")
            boot.execute(f"GRANT {APP} TO CURRENT_USER")
        except psycopg.errors.InsufficientPrivilege:
            self.role = None

    def _tidy(self, boot: psycopg.Connection[Any]) -> None:
        """Drop what killed runs left, and templates of old migrations."""
        rows = boot.execute("SELECT datname FROM pg_database WHERE datname LIKE 'hy\\_%' ORDER BY oid").fetchall()
        names = [row[0] for row in rows]
        left = [name for name in names if name.startswith("hy_w_") and not _alive(int(name.split("_")[2]))]
        drafts = [name for name in names if name.startswith("hy_d_")]
        templates = [name for name in names if name.startswith("hy_t_") and name != self.template]
        for name in [*left, *drafts, *templates[: -KEPT_TEMPLATES or None]]:
            boot.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make_template(self, boot: psycopg.Connection[Any]) -> None:
        from django.core.management import call_command
        from django.db import connection

        from huying.cli.steps import whole_steps
        from huying.config.privileges import grant

        draft = self.template.replace("hy_t_", "hy_d_")
        options = sql.SQL("TEMPLATE template0 ENCODING 'UTF8'")
        if self.server is None:
            options = sql.SQL("TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
        boot.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(draft), options))
        with _pointed_at(self.django(draft, None)), whole_steps():
            call_command("migrate", verbosity=0, interactive=False)
            if self.role:
                grant(connection, self.role)
        boot.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(self.template))
        )

    def clone(self, boot: psycopg.Connection[Any]) -> None:
        """A fresh copy of the template as this process's database."""
        boot.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))
        strategy = sql.SQL(" STRATEGY FILE_COPY") if self.server is not None else sql.SQL("")
        for attempt in range(50):
            try:
                boot.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}{}").format(
                        sql.Identifier(self.name), sql.Identifier(self.template), strategy
                    )
                )
                return
            except psycopg.errors.ObjectInUse:  # another process copies it, or looks at it
                if attempt == 49:
                    raise
                time.sleep(0.1)

    def sweep(self) -> None:
        """Take away what tests that were rolled back left in tables: each reader of a small one would walk over it.

        Nothing is known of a table's size afterwards, as in a fresh copy, so that plans do not depend on who came before.
        """
        sizes = """
            SELECT relname FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > %s
        """
        if self.server is None or not self.ready:
            return
        with self.connect(self.name) as boot:
            for (table,) in boot.execute(sizes, [LEFT_LYING]).fetchall():
                boot.execute(sql.SQL("VACUUM {}").format(sql.Identifier(table)))
                boot.execute("SELECT pg_clear_relation_stats('public', %s)", [table])

    def leave(self) -> None:
        with self.connect() as boot:
            boot.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))
        if self.server is not None:
            self.server.down()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def _pointed_at(entries: dict[str, Any]) -> Iterator[None]:
    """Django's connection pointed at another database for a while."""
    from django.db import connection

    connection.close()
    before = dict(connection.settings_dict)
    connection.settings_dict.update(entries)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The system's Chromium, one for all tests of a process; without one the tests skip, where CI=true they fail."""
    from playwright.sync_api import sync_playwright

    from tests.browser.harness import browser_of, chromium_path

    path = chromium_path()
    if path is None:
        words = "no Chromium on this machine: browser tests need `chromium` or `google-chrome` on the path"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    with sync_playwright() as playwright, browser_of(playwright, path) as browser:
        yield browser


_benches: list[Bench] = []
_ran = count(1)


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """The server of the run; asked for only by what needs a database."""
    _benches.append(one := Bench())
    try:
        yield one
    finally:
        _benches.remove(one)
        one.leave()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """Between two tests, now and then."""
    if next(_ran) % SWEPT_EVERY == 0:
        for one in _benches:
            one.sweep()


@pytest.fixture(scope="session")
def django_db_setup(bench: Bench, django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    from django.db import connection

    with django_db_blocker.unblock():
        bench.prepare()
        connection.close()
        entries = bench.django(bench.name, bench.role)
        connection.settings_dict.update(entries)
    bench.ready = True
    yield
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture(autouse=True, scope="session")
def _fresh_copy_after_transactions(request: pytest.FixtureRequest) -> Iterator[None]:
    """Instead of emptying tables (histories refuse it), a transactional test gives its database back."""
    from django.db import connection
    from django.test import TransactionTestCase

    def torn_down(self: TransactionTestCase) -> None:
        bench: Bench = request.getfixturevalue("bench")
        connection.close()
        with bench.connect() as boot:
            bench.clone(boot)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", torn_down)
    yield
    patch.undo()


@pytest.fixture
def owner(bench: Bench, django_db_setup: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner of everything, beside the test's own transaction."""
    with bench.connect(bench.name) as connection:
        yield connection


@pytest.fixture(autouse=True, scope="session")
def _static_files_found_once() -> Iterator[None]:
    """Each test has a client with middleware of its own; what lies in the folders of static files stays the same."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def known(self: WhiteNoiseMiddleware) -> None:
        if not found:
            look(self)
            found.update(self.files)
        self.files.update(found)

    patch = pytest.MonkeyPatch()
    patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", known)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _empty_caches() -> Iterator[None]:
    """What one test cached, the next does not see; nor the language that its last request asked for."""
    from django.core.cache import cache
    from django.utils import translation

    from huying.cases.queries import said, suggesting
    from huying.clocks import queries as clocks
    from huying.matters import queries as matters
    from huying.places import queries as places

    for kept in (clocks, matters, places, said, suggesting):
        kept.forget()
    cache.clear()
    translation.deactivate()
    yield
    cache.clear()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; without one the test is skipped."""
    named = GIVEN.get("HUYING_REAL_DATA")
    if not named:
        pytest.skip("HUYING_REAL_DATA names no folder of real data")
    return Path(named)
