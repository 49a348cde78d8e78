"""Migrations since the last release, killed at every statement and run again, on a street of 100,000 cases.

One database is taken through all of them: each run of `migrate` is killed one statement later than the run before,
so that every run starts from what a kill left behind. In the end schema and rows are those of a copy on which nothing
was killed. The world is made by the code of the release itself. Beside it, the SQL of every migration in the tree is
looked at for what locks or rewrites a large table.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import inspect
import io
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

from prove import bench
from prove.frame import ROOT, Goal, Prover, Run, Sabotage

CASES = 100_000
LARGE = re.compile(
    r"^(cases_(?!exclusionkind|whistlekind|whistleband)|audit_|clocks_(clock|stretch)|files_|notices_|channels_|clients_keptanswer|approvals_|access_)"
)
"""Tables that grow with the calls; the others hold what a street sets up."""
GROWN = re.compile(
    r"^(cases_(?!importrun|numbercounter)|clocks_(clock|stretch)$|files_attachment$|approvals_|audit_history$)"
)
VOLATILE = re.compile(r"\b(now|random|gen_random_uuid|uuidv7|clock_timestamp|nextval|pg_current_xact_id)\s*\(", re.I)
MODES = ("killed before", "killed after", "connection cut", "error")
FIRST = "access"
KILLED, FAILED = -signal.SIGKILL, 3
WORLD = """
import os
from pathlib import Path
from huying.config.postgres import Server
with Server(Path(os.environ["HUYING_DATA"])):
    import django
    django.setup()
    from django.db import transaction
    from tests.world import build_world
    with transaction.atomic():
        world = build_world()
        for number in range(30):
            world.call(words=f"第 {number} 盏路灯不亮了，请来看看。")
"""


# what there is


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def releases() -> list[tuple[str, str]]:
    """Version and commit of each release, the newest first; empty where the history is not there."""
    words = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = []
    try:
        for version in re.findall(r"^## (\d[\d.]*) -", words, re.M):
            commits = git("log", f"-S## {version} -", "--format=%H", "--reverse", "--", "CHANGELOG.md").split()
            if commits:
                found.append((version, commits[0]))
    except (OSError, subprocess.CalledProcessError):
        return []
    return found


def shipped(commit: str) -> set[tuple[str, str]]:
    """The migrations of our own apps in a commit, as (app, name)."""
    files = git("ls-tree", "-r", "--name-only", commit, "--", "src/huying").split()
    matches = (re.fullmatch(r"src/huying/(\w+)/migrations/(\d\w+)\.py", one) for one in files)
    return {(one[1], one[2]) for one in matches if one}


@dataclass
class Span:
    """From which release, and what came after it."""

    version: str
    commit: str
    before: set[tuple[str, str]]
    after: list[str]


def own_migrations() -> dict[tuple[str, str], Any]:
    from django.db.migrations.loader import MigrationLoader

    disk = MigrationLoader(None).disk_migrations
    return {key: one for key, one in disk.items() if type(one).__module__.startswith(("huying.", "prove."))}


def span(*, previous: bool = False) -> Span:
    """The newest release after which a migration was added; the one before it where that is asked for."""
    now = set(own_migrations())
    fitting = []
    for version, commit in releases():
        before = shipped(commit)
        after = sorted(f"{app}.{name}" for app, name in now - before)
        if after:
            fitting.append(Span(version, commit, before, after))
    if not fitting:  # a clone without history: everything counts as new but the first of each app
        before = {key for key in now if key[1].startswith("0001")}
        return Span("none", "", before, sorted(f"{app}.{name}" for app, name in now - before))
    return fitting[min(1, len(fitting) - 1)] if previous else fitting[0]


# lint


def hits(key: tuple[str, str], migration: Any, statements: list[str]) -> Iterator[tuple[str, str]]:
    """Rule and statement of what locks or rewrites a large table that this migration did not make."""
    from django.db import migrations

    made: set[str] = set()
    careful: set[str] = set()
    for statement in statements:
        sql = " ".join(line for line in statement.splitlines() if not line.startswith("--")).strip()
        for part in filter(None, (one.strip() for one in sql.split(";"))):
            if found := re.match(r'CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)', part, re.I):
                made.add(found[1])
                continue
            table = _table(part)
            if table is None or table in made or not LARGE.match(table):
                continue
            if "NOT VALID" in part or "USING INDEX" in part:
                careful.add(table)
            for rule in _rules(part, careful=table in careful):
                yield rule, part[:160]
    for operation in migration.operations:
        if isinstance(operation, migrations.RunPython) and _loops(operation.code):
            yield "loop-without-batches", getattr(operation.code, "__name__", "?")


def _loops(code: Any) -> bool:
    """Whether a function walks over something else than a fixed list or an iterator that fetches in parts."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    walked = [ast.unparse(one.iter) for one in ast.walk(tree) if isinstance(one, ast.For)]
    return any("iterator(" not in one and not one.isupper() for one in walked)


def _table(sql: str) -> str | None:
    for pattern in (
        r'CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?"?\w+"? ON "?(\w+)',
        r'(?:ALTER|LOCK|TRUNCATE|DROP) TABLE (?:IF EXISTS |ONLY )*"?(\w+)',
    ):
        if found := re.match(pattern, sql, re.I):
            return found[1]
    return None


def _rules(sql: str, *, careful: bool) -> Iterator[str]:
    upper = sql.upper()
    if re.match(r"CREATE (UNIQUE )?INDEX", upper) and "CONCURRENTLY" not in upper:
        yield "index-not-concurrently"
    if "ADD COLUMN" in upper:
        if VOLATILE.search(sql):
            yield "column-with-volatile-default"
        if "NOT NULL" in upper and "DEFAULT" not in upper:
            yield "column-not-null-without-default"
        if "UNIQUE" in upper:
            yield "column-unique"
    if "SET NOT NULL" in upper and not careful:
        yield "not-null-without-check"
    if re.search(r"ALTER COLUMN .* TYPE ", upper) and not re.search(r"TYPE (VARCHAR|TEXT)", upper):
        yield "column-rewritten"
    if "ADD CONSTRAINT" in upper and "NOT VALID" not in upper and "USING INDEX" not in upper:
        if "UNIQUE" in upper or "EXCLUDE" in upper:
            yield "unique-without-index"
        elif "CHECK" in upper or "FOREIGN KEY" in upper:
            yield "constraint-not-not-valid"
    if upper.startswith("LOCK TABLE"):
        yield "table-locked"


# a place to migrate in


@dataclass
class Place:
    """A cluster, who owns its tables, and copies of databases on it."""

    server: Any
    owner: str

    def connect(self, database: str = "postgres") -> Any:
        import psycopg

        from huying.config.postgres import BOOT

        return psycopg.connect(self.server.url(BOOT, database), autocommit=True)

    def copy(self, source: str, target: str) -> None:
        from psycopg import sql

        self.drop(target)
        with self.connect() as boot:
            boot.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [source],
            )
            boot.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                    sql.Identifier(target), sql.Identifier(source), sql.Identifier(self.owner)
                )
            )

    def drop(self, *names: str) -> None:
        from psycopg import sql

        with self.connect() as boot:
            for name in names:
                boot.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def there(self, name: str) -> bool:
        with self.connect() as boot:
            return boot.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def entries(self, database: str) -> dict[str, Any]:
        from psycopg.conninfo import conninfo_to_dict

        parts = conninfo_to_dict(self.server.url(self.owner, database))
        return {
            "NAME": database, "USER": self.owner, "PASSWORD": "", "HOST": str(parts["host"]), "PORT": "",
            "CONN_MAX_AGE": 0, "OPTIONS": {}, "ENGINE": "django.db.backends.postgresql",
        }  # fmt: skip


@dataclass
class End:
    """How one run of `migrate` ended."""

    code: int
    said: str = ""
    statements: int = 0


def migrate_in_child(
    entries: dict[str, Any], *, kill_at: int = 0, mode: str = "", targets: Any = None, apart: bool = False
) -> End:
    """Run the product's own `migrate` in a forked process, ended at its `kill_at`-th changing statement."""
    from django.db import connections

    connections.close_all()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:  # pragma: no cover
        os.close(reading)
        code = FAILED
        try:
            counted = _migrate(entries, kill_at, mode, targets, apart)
            os.write(writing, f"{counted}\n".encode())
            code = 0
        except BaseException as why:
            os.write(writing, f"0\n{_words(why)}"[:3000].encode())
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read().decode("utf-8", "replace")
    _pid, status = os.waitpid(pid, 0)
    count, _, said = told.partition("\n")
    return End(os.waitstatus_to_exitcode(status), said.strip(), int(count or 0))


def _migrate(entries: dict[str, Any], kill_at: int, mode: str, targets: Any, apart: bool) -> int:
    import psycopg
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from huying.cli import steps
    from huying.config.env import Env

    count = 0

    def watched(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal count
        words = str(sql).lstrip()[:12].upper()
        if words.startswith(("SELECT", "SHOW", "WITH")):
            return execute(sql, params, many, context)
        count += 1
        if count != kill_at:
            return execute(sql, params, many, context)
        if mode == "killed before":
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == "error":
            raise RuntimeError("the prover stops here")
        if mode == "connection cut":
            with psycopg.connect(_dsn(entries), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
            time.sleep(0.02)
            return execute(sql, params, many, context)
        execute(sql, params, many, context)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    connection.settings_dict.update(entries)
    with mock.patch.object(Env, "database", return_value=entries), connection.execute_wrapper(watched):
        if targets is not None:
            executor = steps.WholeExecutor(connection)
            executor.migrate(targets)
        else:
            with mock.patch.object(steps, "WholeExecutor", MigrationExecutor) if apart else contextlib.nullcontext():
                steps.migrate()
    connection.close()
    return count


def _words(why: BaseException) -> str:
    """What a terminal shows of an error, without the lines of code."""
    return "\n".join([f"{type(why).__name__}: {why}", *getattr(why, "__notes__", [])])


def _dsn(entries: dict[str, Any]) -> str:
    from psycopg.conninfo import make_conninfo

    return make_conninfo(dbname=entries["NAME"], user=entries["USER"], host=entries["HOST"])


CATALOG = """
SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text || ' ' ||
    a.attidentity::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v')
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) || convalidated::text
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'index', i.indrelid::regclass::text, i.indexrelid::regclass::text,
    pg_get_indexdef(i.indexrelid) || i.indisvalid::text
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', p.proname, '', md5(pg_get_functiondef(p.oid))
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
UNION ALL SELECT 'rights', relname, '', coalesce(relacl::text, '')
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
"""
ROWS = {
    "django_migrations": "app || name",
    "django_content_type": "app_label || model",
    "auth_permission": "codename",
}
"""Tables whose own numbers and times depend on when they were filled, and what of them must be equal."""


def catalog(connection: Any) -> set[tuple[Any, ...]]:
    return set(connection.execute(CATALOG).fetchall())


def applied(connection: Any) -> set[str]:
    return {row[0] for row in connection.execute("SELECT app || '.' || name FROM django_migrations").fetchall()}


def contents(connection: Any, filled: list[str]) -> dict[str, tuple[Any, ...]]:
    """Number of rows and a sum over them, for each table; what the migrating made has keys and times of its own."""
    found = {}
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    for (table,) in tables:
        words = ROWS.get(table, "t::text")
        if table not in filled and table not in ROWS:
            columns = connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                "AND data_type NOT IN ('uuid', 'timestamp with time zone') ORDER BY ordinal_position",
                [table],
            ).fetchall()
            words = f"ROW({', '.join(f't.{name}' for (name,) in columns)})::text"
        found[table] = connection.execute(
            f"SELECT count(*), coalesce(sum(hashtextextended({words}, 0)::numeric), 0) FROM {table} t"
        ).fetchone()
    return found


def filled(connection: Any) -> list[str]:
    """Tables that hold rows."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [one for (one,) in tables if connection.execute(f"SELECT 1 FROM {one} LIMIT 1").fetchone()]


class Locks:
    """Watches which locks on tables that were there before are held against readers or writers, and how long."""

    EVERY = 0.02

    def __init__(self, place: Place, database: str) -> None:
        self.place, self.database = place, database
        self.readers: tuple[float, str] = (0.0, "")
        self.writers: tuple[float, str] = (0.0, "")
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Locks:
        with self.place.connect(self.database) as connection:
            self.known = dict(
                connection.execute(
                    "SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
                ).fetchall()
            )
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self.thread.join()

    def _watch(self) -> None:
        since: dict[tuple[Any, ...], float] = {}
        with self.place.connect(self.database) as connection:
            while not self.ending.is_set():
                rows = connection.execute(
                    "SELECT virtualtransaction, relation, mode FROM pg_locks WHERE granted AND locktype = 'relation' "
                    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mode IN "
                    "('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')"
                ).fetchall()
                now = time.monotonic()
                held = {row: since.get(row, now) for row in rows if row[1] in self.known}
                since = held
                for (_transaction, relation, mode), begun in held.items():
                    value = (round(now - begun + self.EVERY, 3), self.known[relation])
                    self.writers = max(self.writers, value)
                    if mode == "AccessExclusiveLock":
                        self.readers = max(self.readers, value)
                self.ending.wait(self.EVERY)


# sabotage


def _more(migration_name: str, **over: Any) -> Any:
    """Puts one more migration behind the last of the app whose migrations come first."""
    from django.db.migrations import Migration
    from django.db.migrations.loader import MigrationLoader

    real = MigrationLoader.load_disk

    def load(self: Any) -> None:
        real(self)
        last = max(name for app, name in self.disk_migrations if app == FIRST)
        made = type("Migration", (Migration,), {"__module__": "prove.migrate", "dependencies": [(FIRST, last)], **over})
        self.disk_migrations[FIRST, migration_name] = made(migration_name, FIRST)

    return mock.patch.object(MigrationLoader, "load_disk", load)


def _with_keys() -> Any:
    """One migration whose indexes come last, so that also a short span has the gap before its record."""
    from django.db import migrations, models

    columns = [("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=9, db_index=True))]
    return _more("9998_keys", operations=[migrations.CreateModel("ProverRow", columns)])


def _broken(name: str) -> Any:
    from django.db.migrations import RunSQL

    if name == "half-done":
        return _more(
            "9999_half",
            atomic=False,
            operations=[RunSQL(["CREATE TABLE access_one (n int)"]), RunSQL(["CREATE TABLE access_two (n int)"])],
        )
    if name == "index-locks":
        return _more("9999_index", operations=[RunSQL(["CREATE INDEX cases_case_slow ON cases_case (state, id)"])])
    if name == "lock-held":
        return _more(
            "9999_lock",
            operations=[RunSQL(["LOCK TABLE cases_case IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(3)"])],
        )
    return contextlib.nullcontext()


class Migrate(Prover):
    name = "migrate"
    what = "Kills migrations at every statement and runs them again; looks at what every migration locks."
    item = "kills"
    smoke = 7
    full = 400
    per_step = 20
    sabotages: ClassVar = (
        Sabotage("half-done", "a migration outside a transaction that cannot be run again"),
        Sabotage("recorded-apart", "a migration is recorded after its transaction, as Django does"),
        Sabotage("index-locks", "an index on a large table is built while writers wait"),
        Sabotage("lock-held", "a migration holds a large table for three seconds"),
    )
    goals: ClassVar = {"longest_exclusive_seconds": Goal("<=", 2)}

    def target(self, form: str) -> int:
        """As many kills as the migrations have changing statements; in smoke a few."""
        if form == "smoke":
            return self.smoke
        bench.set_up()
        with self._smoke_place() as place:
            base = self._empty_base(place, span(previous=True))
            name = f"hm_w_{os.getpid()}"
            place.copy(base, name)
            try:
                ended = migrate_in_child(place.entries(name))
            finally:
                place.drop(name)
        if ended.code:
            raise SystemExit(f"the migrations do not run at all: {ended.said}")
        return ended.statements

    @contextlib.contextmanager
    def _smoke_place(self) -> Iterator[Place]:
        from huying.config.postgres import BOOT
        from tests.conftest import Bench

        one = Bench()
        if one.server is None:
            raise SystemExit("this prover needs the embedded server: unset HUYING_DATABASE_URL")
        try:
            yield Place(one.server, BOOT)
        finally:
            one.server.down()

    def _empty_base(self, place: Place, since: Span) -> str:
        """An empty database with the tables of the release; kept, because it takes seconds."""
        from tests.conftest import _migrations_hash

        name = f"hm_{hashlib.sha256((_migrations_hash() + since.version).encode()).hexdigest()[:12]}"
        if not place.there(name):
            draft = f"hm_d_{os.getpid()}"
            place.drop(draft)
            with place.connect() as boot:
                for (old,) in boot.execute(
                    "SELECT datname FROM pg_database WHERE datname ~ '^hm_[0-9a-f]{12}$' ORDER BY oid DESC OFFSET 3"
                ).fetchall():
                    place.drop(old)
                boot.execute(f"CREATE DATABASE {draft} TEMPLATE template0 ENCODING 'UTF8'")
            ended = migrate_in_child(place.entries(draft), targets=self._targets(since))
            if ended.code:
                raise SystemExit(f"the tables of {since.version} cannot be made: {ended.said}")
            with place.connect() as boot:
                boot.execute(f"ALTER DATABASE {draft} RENAME TO {name}")
        return name

    def _targets(self, since: Span) -> list[tuple[str, str]]:
        """The last migration of each app as it was released, and all of the apps that are not ours."""
        from django.db.migrations.loader import MigrationLoader

        loader = MigrationLoader(None)
        last: dict[str, str] = {}
        for app, name in sorted(since.before):
            if (app, name) in loader.graph.nodes:
                last[app] = name
        ours = {app for app, _name in own_migrations()}
        return [*last.items(), *(leaf for leaf in loader.graph.leaf_nodes() if leaf[0] not in ours)]

    def open(self, run: Run) -> None:
        bench.set_up()
        self.stack = contextlib.ExitStack()
        if run.smoke and run.sabotage != "half-done":
            self.stack.enter_context(_with_keys())
        self.stack.enter_context(_broken(run.sabotage))
        self.apart = run.broken("recorded-apart")
        self.since = span(previous=not run.smoke)
        if run.smoke:
            self.place = self.stack.enter_context(self._smoke_place())
            self.base = self._empty_base(self.place, self.since)
            self.work, self.whole = f"hm_k_{os.getpid()}", f"hm_e_{os.getpid()}"
            self.stack.callback(self.place.drop, self.work, self.whole)
        else:
            self._house(run)
        run.put("from_release", self.since.version)
        run.put("migrations", len(self.since.after))
        if not self.place.there(self.work) or "at" not in run.kept:
            self.place.copy(self.base, self.work)
            run.kept["at"], run.kept["over"] = 1, False
            with self.place.connect(self.base) as base:
                run.kept["filled"], run.kept["applied"] = filled(base), len(applied(base))
        with self.place.connect(self.work) as connection:
            if run.kept.get("applied", 0) != len(applied(connection)):
                run.kept["at"] = 1  # stopped after the last checkpoint: another migration is under way
        if not self.place.there(self.whole) or "longest_exclusive_seconds" not in run.kept.get("largest", {}):
            self.place.drop(self.whole)
            self._reference(run)
        self._lint(run)

    def _house(self, run: Run) -> None:
        """The release's own code fills a small street, and SQL grows it; kept in the folder of the run."""
        from huying.config.postgres import OWNER, Server

        house = run.folder / "house"
        house.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.base, self.work, self.whole = "hm_base", "hm_kill", "hm_whole"
        server = self.stack.enter_context(
            Server(
                house, say=run.say, settings={"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
            )
        )
        self.place = Place(server, OWNER)
        if self.place.there(self.base):
            return
        if not self.place.there("hm_small"):
            self.place.drop("huying")
            with self.place.connect() as boot:
                boot.execute(f"CREATE DATABASE huying OWNER {OWNER}")
            self._filled(run, house)
            self.place.copy("huying", "hm_small")
        self.place.copy("hm_small", "hm_grow")
        with self.place.connect("hm_grow") as boot:
            grow(boot, CASES)
        with self.place.connect() as boot:
            boot.execute(f"ALTER DATABASE hm_grow RENAME TO {self.base}")

    def _filled(self, run: Run, house: Path) -> None:
        tree = run.folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        with tarfile.open(fileobj=io.BytesIO(_archive(self.since.commit))) as packed:
            packed.extractall(tree, filter="data")
        kept = {name: one for name, one in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_", "TESTS_"))}
        environment = {
            **kept,
            "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree}",
            "HUYING_DATA": str(house),
            "HUYING_HOSTS": "testserver,127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "huying.config.settings",
            "PYTHONIOENCODING": "utf-8",
        }
        sheet = run.folder / "calls.csv"
        lines = [f"{n},2026-10-01T09:{n % 60:02d}:00,垃圾桶满了没有人收第{n}处" for n in range(70)]
        sheet.write_text("\n".join(["id,time,words", *lines]), encoding="utf-8")
        huying = [sys.executable, "-m", "huying.cli.main"]
        for command in (
            [*huying, "migrate"],
            [sys.executable, "-c", WORLD],
            [*huying, "import", "reports", str(sheet), "--area", "990101001"],
            [*huying, "rehearse", "--cases", "70", "--area", "990101001"],
        ):
            ended = subprocess.run(
                command, env=environment, cwd=run.folder, capture_output=True, text=True, timeout=600
            )
            if ended.returncode:
                raise SystemExit(f"the world of {self.since.version} cannot be made: {ended.stderr[-2000:]}")

    def _reference(self, run: Run) -> None:
        """A copy on which nothing is killed; while it is migrated, its locks are watched."""
        draft = f"{self.whole}_draft"
        self.place.copy(self.base, draft)
        with Locks(self.place, draft) as locks:
            began = time.monotonic()
            ended = migrate_in_child(self.place.entries(draft), apart=self.apart)
            run.put("migrated_seconds", round(time.monotonic() - began, 2))
        if ended.code:
            run.find("the migrations do not run", said=ended.said)
        with self.place.connect() as boot:
            boot.execute(f"ALTER DATABASE {draft} RENAME TO {self.whole}")
        run.most("longest_exclusive_seconds", locks.readers[0])
        run.most("longest_write_lock_seconds", locks.writers[0])
        run.put("longest_exclusive_on", locks.readers[1])

    def _lint(self, run: Run) -> None:
        from django.db import connection

        from huying.cli.steps import WholeExecutor

        if "linted" in run.kept.get("stated", {}):
            return
        released = set().union(*(shipped(commit) for _version, commit in releases()[:1])) if releases() else set()
        entries = self.place.entries(self.whole)
        connection.close()
        connection.settings_dict.update(entries)
        executor = WholeExecutor(connection)
        state, seen, own = executor._create_project_state(), 0, set(own_migrations())
        for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True):
            key = (migration.app_label, migration.name)
            if key not in own or (run.smoke and key in released):  # the full form looks at the released ones, too
                state = migration.mutate_state(state, preserve=False)
                continue
            with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
                state = migration.apply(state, editor, collect_sql=True)
            seen += 1
            for rule, sql in hits(key, migration, editor.collected_sql):
                if key in released:
                    run.count("released_hits")
                    continue
                run.find("a migration locks or rewrites a large table", migration=".".join(key), rule=rule, sql=sql)
        run.put("linted", seen)
        connection.close()

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        for _item in range(items):
            if run.kept["over"]:
                self._at_random(run, rng)
            else:
                self._next(run)
            run.done()

    def _next(self, run: Run) -> None:
        """One run, killed one statement later than the one before."""
        at = run.kept["at"]
        mode = MODES[run.kept.get("n", 0) % len(MODES)]
        with self.place.connect(self.work) as connection:
            before, had = catalog(connection), applied(connection)
        ended = migrate_in_child(self.place.entries(self.work), kill_at=at, mode=mode, apart=self.apart)
        if ended.code == 0:
            run.kept["over"] = True
            self._compare(run, "after the last kill")
            return
        self._judge(run, ended, mode, at)
        with self.place.connect(self.work) as connection:
            after, has = catalog(connection), applied(connection)
        if has == had and after != before and at > 1:
            run.count("left_half_done")
        # A kill behind the end of one migration was the kill at the first statement of the next.
        run.kept["at"], run.kept["applied"] = 2 if has != had else at + 1, len(has)
        run.count("kills")

    def _judge(self, run: Run, ended: End, mode: str, at: int) -> None:
        ours = {"error": "the prover stops here", "connection cut": ""}
        if ended.code == KILLED and mode.startswith("killed"):
            return
        if ended.code == FAILED and mode in ours and ours[mode] in ended.said and "already exists" not in ended.said:
            if "huying migrate" not in ended.said:
                run.find("a run that was cut off does not say what to do", said=ended.said[:300])
            return
        run.find("run again, it fails", at=at, mode=mode, code=ended.code, said=ended.said[:600])
        self.place.copy(self.base, self.work)
        run.kept["over"] = True

    def _at_random(self, run: Run, rng: random.Random) -> None:
        """A fresh copy, killed somewhere, run again to its end."""
        self.place.copy(self.base, self.work)
        mode = rng.choice(MODES)
        at = rng.randint(1, run.target)
        ended = migrate_in_child(self.place.entries(self.work), kill_at=at, mode=mode, apart=self.apart)
        run.count("kills")
        if ended.code:
            again = migrate_in_child(self.place.entries(self.work), apart=self.apart)
            if again.code:
                run.find("run again, it fails", at=at, mode=mode, said=again.said[:600])
                return
        self._compare(run, f"killed at {at}")

    def _compare(self, run: Run, when: str) -> None:
        """Schema and rows are those of the copy on which nothing was killed."""
        with self.place.connect(self.whole) as whole, self.place.connect(self.work) as work:
            before = run.kept["filled"]
            for name, expected, got in (
                ("schema", catalog(whole), catalog(work)),
                ("rows", contents(whole, before), contents(work, before)),
            ):
                if expected != got:
                    one = set(expected.items() if isinstance(expected, dict) else expected)
                    other = set(got.items() if isinstance(got, dict) else got)
                    run.find(
                        f"other {name} than without a kill", when=when,
                        missing=[str(x)[:200] for x in sorted(one - other, key=str)][:5],
                        more=[str(x)[:200] for x in sorted(other - one, key=str)][:5],
                    )  # fmt: skip
        run.count("compared")

    def settle(self, run: Run) -> None:
        if not run.kept["over"] and run.smoke:  # the rest of the statements belongs to the full form
            ended = migrate_in_child(self.place.entries(self.work), apart=self.apart)
            if ended.code:
                run.find("run again, it fails", said=ended.said[:600])
            else:
                self._compare(run, "after the last kill")
            run.kept["over"] = True
        while not run.kept["over"]:
            self._next(run)
            run.done()
        if not run.smoke:
            with self.place.connect(self.whole) as whole:
                cases = whole.execute("SELECT count(*) FROM cases_case").fetchone()[0]
            run.put("cases", cases)
            if cases < CASES:
                run.find("the world is too small", cases=cases)

    def close(self, run: Run) -> None:
        if hasattr(self, "stack"):
            self.stack.close()


def _archive(commit: str) -> bytes:
    return subprocess.run(
        ["git", "archive", commit, "src", "tests", "pyproject.toml"], cwd=ROOT, capture_output=True, check=True
    ).stdout


def grow(connection: Any, cases: int) -> None:
    """Copy every case with all that hangs on it, under new keys, until there are so many."""
    have = connection.execute("SELECT count(*) FROM cases_case").fetchone()[0]
    copies = -(-cases // have) - 1
    connection.execute("SET session_replication_role = replica")
    tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    grown = [table for table in tables if GROWN.match(table)]
    for table in grown:
        columns, values = [], []
        for name, kind, length, identity in connection.execute(
            "SELECT column_name, data_type, character_maximum_length, is_identity FROM information_schema.columns "
            "WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [table],
        ).fetchall():
            if identity == "YES":
                continue
            columns.append(f'"{name}"')
            values.append(_copied(connection, table, name, kind, length, grown))
        connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
            f"FROM (SELECT * FROM {table}) t, generate_series(1, {copies}) AS k"
        )
    connection.execute("SET session_replication_role = DEFAULT")
    connection.execute("ANALYZE")


def _copied(connection: Any, table: str, name: str, kind: str, length: int | None, grown: list[str]) -> str:
    """How a column of a copied row is written: keys become other keys, the same for who refers to them."""
    target = connection.execute(
        "SELECT confrelid::regclass::text FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid "
        "AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND a.attname = %s",
        [table, name],
    ).fetchone()
    unique = connection.execute(
        "SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
        "WHERE i.indisunique AND i.indrelid = %s::regclass AND a.attname = %s",
        [table, name],
    ).fetchone()
    if kind == "uuid" and (name in ("object_id", "key") or (target[0] in grown if target else unique)):
        return f'md5(t."{name}"::text || k)::uuid'
    if unique and target is None and kind == "bytea":
        return f'sha256(t."{name}" || k::text::bytea)'
    if unique and target is None and kind in ("character varying", "text") and name in _loose(table):
        return f"CASE WHEN t.\"{name}\" = '' THEN '' ELSE left(md5(t.\"{name}\" || '-' || k), {length or 32}) END"
    return f't."{name}"'


def _loose(table: str) -> tuple[str, ...]:
    """Text that has to be unique by itself."""
    return ("number", "code_hash", "external_id", "token")
