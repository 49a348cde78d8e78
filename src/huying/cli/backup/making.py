"""Making a backup: all tables as they were at one moment, then the files that were there at it, then the hashes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from psycopg import sql

from huying import __version__
from huying.audit import heads as head_file
from huying.cli.backup.container import CHUNK, Locks, Writer, writing
from huying.kernel.secrets import KeyTrouble, read_master

FORMAT = 1
MANIFEST, HASHES, HEADS = "manifest.json", "hashes.json", "heads.jsonl"
NAME = re.compile(r"huying-\d{8}-\d{6}Z\.age")
"""How backups in a folder are named; nothing else there is ever removed."""
RECORD = "backup.json"
"""In the data folder: when the last backup was made, for `huying check --deploy`."""
SAFE = re.compile(r"[A-Za-z0-9_-][\w.-]*(?:/[A-Za-z0-9_-][\w.-]*){0,7}")
"""A stored file's path below its folder."""
Told = Callable[[str, int], None]


@dataclass(frozen=True)
class Table:
    """One table and the columns that are kept (not those that the database works out itself)."""

    name: str
    columns: tuple[str, ...]


@dataclass
class Hashed:
    """How much of something there is, and the hash of all of it in order."""

    count: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256, repr=False)

    def feed(self, data: bytes) -> None:
        self.size += len(data)
        self.digest.update(data)

    def facts(self) -> dict[str, Any]:
        return {"count": self.count, "bytes": self.size, "sha256": self.digest.hexdigest()}


@dataclass
class Made:
    """What a backup holds."""

    path: Path
    at: datetime
    tables: int = 0
    rows: int = 0
    files: int = 0
    gone: int = 0
    size: int = 0

    def facts(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path), "at": self.at.isoformat()}


def tables() -> list[Table]:
    """All tables, those first that others must find when their rows come."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname
            """
        )
        found = {name: Table(name, tuple(columns)) for name, columns in cursor.fetchall()}
        # The others are checked when all rows are in.
        cursor.execute(
            """
            SELECT DISTINCT f.relname, t.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid
            JOIN pg_class t ON t.oid = k.confrelid
            WHERE k.contype = 'f' AND NOT k.condeferrable AND k.conrelid <> k.confrelid
            """
        )
        needs: dict[str, set[str]] = {}
        for name, wanted in cursor.fetchall():
            needs.setdefault(name, set()).add(wanted)
    ordered: dict[str, Table] = {}

    def put(name: str) -> None:
        if name not in ordered:
            for one in sorted(needs.get(name, ())):
                put(one)
            ordered[name] = found[name]

    for name in found:
        put(name)
    return list(ordered.values())


def applied() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def make(out: Path, locks: Locks, *, files: Path, heads: Path, told: Told = lambda what, steps: None) -> Made:
    """Write a backup to `out`, a path that does not exist yet."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SELECT max(number), clock_timestamp() FROM audit_seal")  # the snapshot begins here
            last_seal, moment = cursor.fetchone()
            made = Made(out, moment.astimezone(UTC))
            hashes: dict[str, Any] = {"tables": {}}
            with writing(out, locks) as to:
                every = tables()
                to.add(MANIFEST, orjson.dumps(_manifest(made, every)))
                for one in every:
                    told("table", 1)
                    hashes["tables"][one.name] = _table(to, one, made)
                cursor.execute("COMMIT")
                hashes["files"] = _files(to, files, made, told)
                lines = _heads(heads, last_seal or 0)
                to.add(HEADS, lines)
                hashes["heads"] = hashlib.sha256(lines).hexdigest()
                to.add(HASHES, orjson.dumps(hashes))
        except BaseException:
            if connection.connection is not None and not connection.connection.closed:
                connection.connection.rollback()
            raise
    made.tables, made.size = len(every), out.stat().st_size
    return made


def _manifest(made: Made, every: list[Table]) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        server = cursor.fetchone()[0]
    return {
        "format": FORMAT,
        "version": __version__,
        "made_at": made.at.isoformat(),
        "postgresql": server,
        "migrations": applied(),
        "tables": [{"name": one.name, "columns": one.columns} for one in every],
        "sequences": _sequences(),
        "keys": fingerprints(),
    }


def _sequences() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
        names = [row[0] for row in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name)))
            found[name] = list(cursor.fetchone())
    return found


def fingerprints() -> dict[str, str]:
    """Which keys the data needs, told without telling them: a hash of each, for they are long and random."""

    def short(value: bytes) -> str:
        return hashlib.sha256(b"huying.backup.key:" + value).hexdigest()[:16]

    found = {"secret_key": short(settings.SECRET_KEY.encode())}
    try:
        for name, secret in read_master(settings.MASTER_KEY_FILE).secrets.items():
            found[f"master_key {name}"] = short(secret)
    except KeyTrouble:  # no contact was ever sealed here
        pass
    return found


def _table(to: Writer, table: Table, made: Made) -> dict[str, Any]:
    """One table's rows, in members of about a megabyte."""
    hashed, waiting, size, number = Hashed(), [], 0, 0
    command = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with connection.connection.cursor().copy(command) as rows:
        for row in rows:
            data = bytes(row)
            hashed.count += 1
            hashed.feed(data)
            waiting.append(data)
            size += len(data)
            if size >= CHUNK:
                to.add(f"tables/{table.name}/{number:06}", b"".join(waiting))
                waiting, size, number = [], 0, number + 1
    if waiting:
        to.add(f"tables/{table.name}/{number:06}", b"".join(waiting))
    made.rows += hashed.count
    return hashed.facts()


def stored(folder: Path, until: float) -> Iterator[tuple[str, os.stat_result]]:
    """Files that lay there at the moment of the snapshot; drafts and what came later belong to no row of it."""
    if not folder.is_dir():
        return
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            relative = path.relative_to(folder).as_posix()
            if not SAFE.fullmatch(relative) or path.is_symlink():
                continue
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            if found.st_mtime <= until:
                yield relative, found


def _files(to: Writer, folder: Path, made: Made, told: Told) -> dict[str, Any]:
    hashed = Hashed()
    known: dict[tuple[int, int], tuple[str, str]] = {}  # bulk worlds give one picture many names
    for name, info in stored(folder, made.at.timestamp()):
        told("file", 1)
        there = known.get((info.st_dev, info.st_ino)) if info.st_nlink > 1 else None
        if there is not None:
            to.link(f"files/{name}", f"files/{there[0]}")
            content = there[1]
        else:
            try:
                with (folder / name).open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    seen = _Seen(file)
                    to.stream(f"files/{name}", seen, size, shared=info.st_nlink > 1)  # type: ignore[arg-type]
            except FileNotFoundError:  # removed since the snapshot, as when a caller's photos are erased
                made.gone += 1
                continue
            content = seen.digest.hexdigest()
            hashed.size += size
            if info.st_nlink > 1:
                known[(info.st_dev, info.st_ino)] = (name, content)
        hashed.count += 1
        hashed.digest.update(f"{name}\0{content}\n".encode())
    made.files = hashed.count
    return hashed.facts()


class _Seen:
    """A file that hashes what is read of it."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size)
        self.digest.update(data)
        return data


def _heads(path: Path, last_seal: int) -> bytes:
    """The heads of the chain up to the snapshot's last seal; later ones would tell of rows that are not here."""
    kept = [
        orjson.dumps(asdict(head)) + b"\n"
        for _number, head in head_file.read(path, head_file.end_of(path))
        if head is not None and head.number <= last_seal
    ]
    return b"".join(kept)


def age_out(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups of a folder; says which."""
    found = sorted(one for one in folder.iterdir() if NAME.fullmatch(one.name) and one.is_file())
    gone = found[:-keep] if keep > 0 else []
    for one in gone:
        one.unlink()
    return gone
