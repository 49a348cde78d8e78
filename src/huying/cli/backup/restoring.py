"""Restoring: first the whole file is read and compared with its hashes, then everything is put in, or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from huying.cli.backup.container import BadBackup, Keys, Member, members
from huying.cli.backup.making import (
    FORMAT,
    HASHES,
    HEADS,
    MANIFEST,
    SAFE,
    Hashed,
    Told,
    applied,
    fingerprints,
    tables,
)
from huying.cli.steps import WholeExecutor
from huying.kernel.terms import _

FILLED = ("people_account", "places_area", "cases_case", "audit_history")
"""A row in one of these means that somebody works here."""


@dataclass
class Held:
    """What a backup holds, as read and compared."""

    manifest: dict[str, Any]
    rows: int = 0
    files: int = 0
    size: int = 0

    def facts(self) -> dict[str, Any]:
        found = asdict(self)
        manifest = found.pop("manifest")
        return {**found, "made_at": manifest["made_at"], "version": manifest["version"]}


class _Ledger:
    """Hashes of what came by, compared with the hashes that stand at the end."""

    def __init__(self) -> None:
        self.tables: dict[str, Hashed] = {}
        self.files = Hashed()
        self.heads = ""
        self._contents: dict[str, str] = {}

    def table(self, name: str, data: bytes) -> None:
        one = self.tables.setdefault(name, Hashed())
        one.count += data.count(b"\n")  # in this form of COPY a line break inside a value is written otherwise
        one.feed(data)

    def file(self, name: str, content: str, size: int, *, shared: bool = False) -> None:
        self.files.count += 1
        self.files.size += size
        self.files.digest.update(f"{name}\0{content}\n".encode())
        if shared:
            self._contents[name] = content

    def link(self, name: str, to: str) -> None:
        if to not in self._contents:
            raise BadBackup(_("备份里有一个文件指向不存在的内容。"))
        self.file(name, self._contents[to], 0)

    def compare(self, hashes: dict[str, Any], manifest: dict[str, Any]) -> None:
        names = {one["name"] for one in manifest["tables"]}
        empty = Hashed().facts()
        same = (
            set(hashes["tables"]) == names
            and set(self.tables) <= names
            and all(
                (self.tables[name].facts() if name in self.tables else empty) == hashes["tables"][name]
                for name in names
            )
            and hashes["files"] == self.files.facts()
            and hashes["heads"] == self.heads
        )
        if not same:
            raise BadBackup(_("备份的内容与它的清单不一致，什么都没有恢复。请换一份备份。"))


class _Taker:
    """What is done with each member; the base only reads."""

    def table(self, name: str, data: bytes) -> None: ...

    def file(self, name: str, pieces: Iterator[bytes]) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
        return digest.hexdigest(), size

    def link(self, name: str, to: str) -> None: ...

    def heads(self, data: bytes) -> None: ...


def read(path: Path, keys: Keys, taker: _Taker | None = None, *, told: Told = lambda what, steps: None) -> Held:
    """Read a whole backup, member by member, and compare it with its hashes."""
    taker = taker or _Taker()
    ledger = _Ledger()
    held: Held | None = None
    compared = False
    for one in members(path, keys):
        if held is None:
            held = Held(_manifest(one))
            continue
        if compared:
            raise BadBackup(_("备份里有不认识的内容，没有恢复。"))
        if one.name == HASHES:
            ledger.compare(orjson.loads(one.read()), held.manifest)
            compared = True
            continue
        told("member", 1)
        _take(one, taker, ledger)
    if held is None or not compared:
        raise BadBackup(_("备份文件不完整或已损坏，什么都没有恢复。请换一份备份。"))
    held.rows = sum(one.count for one in ledger.tables.values())
    held.files = ledger.files.count
    held.size = path.stat().st_size
    return held


def _take(one: Member, taker: _Taker, ledger: _Ledger) -> None:
    kind, _slash, rest = one.name.partition("/")
    if one.name == HEADS:
        data = one.read()
        ledger.heads = hashlib.sha256(data).hexdigest()
        taker.heads(data)
    elif kind == "tables":
        name, data = rest.partition("/")[0], one.read()
        ledger.table(name, data)
        taker.table(name, data)
    elif kind == "files" and SAFE.fullmatch(rest):
        if one.link:
            to = one.link.removeprefix("files/")
            ledger.link(rest, to)
            taker.link(rest, to)
        else:
            ledger.file(rest, *taker.file(rest, one.pieces()), shared=one.shared)
    else:
        raise BadBackup(_("备份里有不认识的内容，没有恢复。"))


def _manifest(one: Member) -> dict[str, Any]:
    if one.name != MANIFEST:
        raise BadBackup(_("这不是呼应的备份文件，或者开头已经损坏。"))
    manifest: dict[str, Any] = orjson.loads(one.read())
    if manifest.get("format") != FORMAT:
        raise BadBackup(_("这份备份的格式比本程序新，请先升级再恢复。"))
    return manifest


# Whether there is room


def state_of_target(files: Path, heads: Path) -> str:
    """`bare` (no tables), `empty` (tables, and nobody works here) or what is in the way."""
    names = set(connection.introspection.table_names())
    if files.is_dir() and any(one.is_file() for one in files.rglob("*")):
        return "files"
    if heads.exists():
        return "heads"
    if not names:
        return "bare"
    for name in FILLED:
        if name in names:
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name)))
                if cursor.fetchone()[0]:
                    return name
    return "empty"


def misfits(manifest: dict[str, Any]) -> list[str]:
    """Keys that the backup's data needs and that are not here; without them sealed values stay closed."""
    here = fingerprints()
    return [name for name, short in manifest["keys"].items() if here.get(name) != short]


def unknown(manifest: dict[str, Any]) -> list[str]:
    """Steps of the tables that this version of the program does not know: the backup is of a newer one."""
    known = {f"{app}.{name}" for app, name in MigrationExecutor(connection).loader.disk_migrations or {}}
    return [one for one in manifest["migrations"] if one not in known]


def shape(manifest: dict[str, Any]) -> None:
    """Make a bare database's tables as they were when the backup was made."""
    wanted = {(app, name) for app, _dot, name in (one.partition(".") for one in manifest["migrations"])}
    executor = WholeExecutor(connection)
    nodes = {node for node in executor.loader.graph.nodes if node in wanted}
    ends = [
        node
        for node in nodes
        if not any(
            child.key[0] == node[0] and child.key in nodes for child in executor.loader.graph.node_map[node].children
        )
    ]
    executor.migrate(sorted(ends))


def fits(manifest: dict[str, Any]) -> bool:
    """Whether the tables here are those of the backup."""
    return sorted(applied()) == sorted(manifest["migrations"])


# Putting it in


class _Loader(_Taker):
    """Rows into their tables, files into a folder that takes its place at the end."""

    def __init__(self, manifest: dict[str, Any], staged: Path) -> None:
        self.columns = {one["name"]: one["columns"] for one in manifest["tables"]}
        self.staged = staged
        self.kept_heads = b""

    def table(self, name: str, data: bytes) -> None:
        if name not in self.columns:
            raise BadBackup(_("备份里有不认识的内容，没有恢复。"))
        command = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, self.columns[name]))
        )
        with connection.connection.cursor().copy(command) as rows:
            rows.write(data)

    def _place(self, name: str) -> Path:
        path = self.staged / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def file(self, name: str, pieces: Iterator[bytes]) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        descriptor = os.open(self._place(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            for piece in pieces:
                out.write(piece)
                digest.update(piece)
                size += len(piece)
        return digest.hexdigest(), size

    def link(self, name: str, to: str) -> None:
        path = self._place(name)
        try:
            os.link(self.staged / to, path)
        except OSError:  # a file system without links, or too many of one file
            shutil.copyfile(self.staged / to, path)
            path.chmod(0o600)

    def heads(self, data: bytes) -> None:
        self.kept_heads = data


def load(
    path: Path,
    keys: Keys,
    manifest: dict[str, Any],
    *,
    files: Path,
    heads: Path,
    told: Told = lambda what, steps: None,
    checked: Callable[[], None] = lambda: None,
) -> Held:
    """Put everything in, in one transaction; whatever goes wrong, tables, files and heads are as they were before."""
    staged = files.with_name(f".{files.name}.restoring-{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700, parents=True)
    loader = _Loader(manifest, staged)
    every = [one.name for one in tables()]
    placed: list[Path] = []
    try:
        with transaction.atomic():
            _open(every)
            held = read(path, keys, loader, told=told)
            _close(every, manifest)
            if files.exists():
                shutil.rmtree(files)  # holds no file: `state_of_target` has looked
            staged.rename(files)
            placed.append(files)
            if loader.kept_heads:
                _write_heads(heads, loader.kept_heads)
                placed.append(heads)
            checked()
    except BaseException:
        for one in placed:
            shutil.rmtree(one, ignore_errors=True) if one.is_dir() else one.unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return held


def _open(every: list[str]) -> None:
    """Empty the tables (migrations put rows into some) and let rows in without what follows on a new row."""
    with connection.cursor() as cursor:
        for name in every:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, every))))


def _close(every: list[str], manifest: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name, (last, called) in manifest["sequences"].items():
            cursor.execute("SELECT setval(quote_ident(%s)::regclass, %s, %s)", [name, last, called])
        for name in every:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(name)))
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _write_heads(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
