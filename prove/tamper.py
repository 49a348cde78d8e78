"""Attacks on the sealed history as the database's superuser: each has to be found, and said where it was.

An attack is made in a transaction with the triggers off, verified in the same transaction, and rolled back. The
columns to edit are asked of the database, so a column added later is attacked the day it is added. The head file
lies outside the attacker's reach, as it does for a copy kept on another machine.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

from prove import bench
from prove.frame import ROOT, Goal, Prover, Run, Sabotage

TABLES = ("audit_history", "audit_sealed", "audit_seal")
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MILLION = 1_000_000
WATCH_SECONDS = 150


HOLDS = """
UPDATE audit_sealed SET hashes = %s, ids =
    (SELECT coalesce(range_agg(int8range(id, id, '[]')), '{}') FROM unnest(%s::bigint[]) AS id)
WHERE seal = %s
"""


def members(seal: int) -> dict[int, bytes]:
    """The rows under a seal with the hashes beside them, in order; none where there is no such seal."""
    from huying.audit.chain import members_of
    from huying.audit.models import Sealed

    row = Sealed.objects.filter(seal=seal).first()
    return dict(members_of(row.ids, bytes(row.hashes))) if row is not None else {}


def seal_of(row: int) -> int | None:
    """The seal that a row lies under."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT seal FROM audit_sealed WHERE ids @> %s::bigint", [row])
        found = cursor.fetchone()
    return None if found is None else int(found[0])


def held(rows: dict[int, bytes], seal: int) -> tuple[Any, ...]:
    """What `HOLDS` takes to put other rows under a seal."""
    ids = sorted(rows)
    return b"".join(rows[one] for one in ids), ids, seal


@dataclass(frozen=True)
class Done:
    """What an attack did: the rows it changed, or the first seal it made false."""

    rows: tuple[int, ...] = ()
    seal: int | None = None
    harmless: bool = False


@dataclass
class Scene:
    """What the attacker sees: a cursor as superuser, the seals and their rows, and chance."""

    cursor: Any
    rng: random.Random
    seals: dict[int, list[int]]
    gaps: list[int]

    def run(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        self.cursor.execute(sql, values or None)
        return list(self.cursor.fetchall()) if self.cursor.description else []

    def seal(self, *, least: int = 1, after: int = 0) -> int:
        return self.rng.choice([one for one, rows in self.seals.items() if len(rows) >= least and one > after])

    def row(self) -> tuple[int, int]:
        """A sealed row and its seal."""
        seal = self.seal()
        return self.rng.choice(self.seals[seal]), seal

    def rows(self, seal: int, most: int = 5) -> list[int]:
        here = self.seals[seal]
        return sorted(self.rng.sample(here, min(len(here), self.rng.randint(1, most))))

    def insert(self, row: int, *, written_in: int | None = None) -> None:
        self.run(
            "INSERT INTO audit_history (id, at, kind, object_id, verb, from_state, to_state, actor_kind, actor_label, "
            "area_code, facts, body_hash) SELECT %s, at, kind, gen_random_uuid(), verb, from_state, to_state, "
            "actor_kind, actor_label, area_code, facts, body_hash FROM audit_history ORDER BY id LIMIT 1",
            row,
        )
        if written_in is not None:
            self.run("UPDATE audit_history SET written_in = %s WHERE id = %s", written_in, row)

    def forge(self, *rows: int) -> None:
        """Put the hash that the changed rows have now beside them."""
        from huying.audit.chain import ROW, hash_of

        forged: dict[int, bytes] = {}
        for one in self.run(f"SELECT {ROW} FROM audit_history h WHERE h.id = ANY(%s)", list(rows)):
            try:
                forged[one[0]] = hash_of(one)
            except ValueError:  # a number too large for the reader
                forged[one[0]] = self.rng.randbytes(32)
        for seal in self._seals_of(rows):
            under = members(seal)
            self.hold({row: forged.get(row, stored) for row, stored in under.items()}, seal)

    def _seals_of(self, rows: Iterable[int]) -> list[int]:
        return sorted({seal for seal in map(seal_of, rows) if seal is not None})

    def hold(self, rows: dict[int, bytes], seal: int) -> None:
        self.run(HOLDS, *held(rows, seal))

    def drop(self, *rows: int) -> None:
        """Take rows out of what lies under their seals."""
        for seal in self._seals_of(rows):
            self.hold({row: stored for row, stored in members(seal).items() if row not in rows}, seal)

    def reseal(self, first: int, last: int | None = None) -> None:
        """Make these seals anew over what lies under them now, each following the one before."""
        from huying.audit.chain import head_of
        from huying.audit.models import Seal
        from huying.audit.rules import digest_of, next_head

        before = Seal.objects.filter(number__lt=first).order_by("-number").first()
        head = head_of(before) if before else None
        for seal in Seal.objects.filter(number__gte=first, number__lte=last or 2**40).order_by("number"):
            rows = members(seal.number)
            old = head_of(seal)
            head = next_head(
                head, sealed_at=old.sealed_at, rows=len(rows), first_id=min(rows), last_id=max(rows),
                digest=digest_of(rows.values()), horizon=old.horizon, newest=old.newest,
                cluster=old.cluster,
            )  # fmt: skip
            self.run(
                "UPDATE audit_seal SET number = %s, previous_hash = %s, rows = %s, first_id = %s, last_id = %s, "
                "digest = %s, hash = %s WHERE number = %s",
                head.number, head.previous_hash, head.rows, head.first_id, head.last_id, head.digest, head.hash,
                seal.number,
            )  # fmt: skip
            self.run("UPDATE audit_sealed SET seal = %s WHERE seal = %s", head.number, seal.number)

    def edit(self, table: str, column: str, kind: str, key: str, value: Any) -> None:
        """Another value of the column's own type, not the one that was there."""
        numbers = ("bigint", "integer", "smallint")
        if kind in numbers:
            # Into what is not taken: a key stays one.
            by = 10**9 if column == key else self.rng.choice((1, 7, 1000))
            sql = f"{column} = {column} + {by}"
        elif kind == "jsonb":
            sql = self.rng.choice(
                (
                    f"{column} = {column} || '{{\"zz\": 1}}'",
                    f"{column} = {column} || '{{\"round\": {self.rng.randint(100, 10**9)}}}'",
                    f"{column} = CASE WHEN {column} = '{{}}' THEN '{{\"a\": null}}'::jsonb ELSE '{{}}' END",
                    f"{column} = {column} || '{{\"round\": 1.5e400}}'",
                )
            )
        elif kind == "uuid":
            sql = f"{column} = gen_random_uuid()"
            if self.rng.random() < 0.3:
                one, other = uuid.UUID(int=1), uuid.UUID(int=2)
                sql = f"{column} = CASE WHEN {column} = '{one}' THEN '{other}'::uuid ELSE '{one}' END"
        elif kind == "timestamp with time zone":
            sql = f"{column} = {column} + interval '{self.rng.choice((1, 10**6, 86400 * 10**6))} microsecond'"
        elif kind == "int8multirange":
            sql = self.rng.choice(
                (
                    f"{column} = {column} - int8multirange(int8range(lower({column}), lower({column}), '[]'))",
                    f"{column} = {column} + '{{[2000000000,2000000001)}}'",
                    f"{column} = {column} + '{{[2000000000,)}}'",
                    f"{column} = '{{}}'",
                )
            )
        elif kind == "bytea" and self.rng.random() < 0.5:
            sql = f"{column} = {column} || '\\x00'"
        elif kind == "bytea":
            sql = f"{column} = sha256({column})"
        else:
            last = self.rng.choice(("x", " ", "1", "\u0430", "\u200b"))
            ending = f"CASE WHEN right({column}, 1) = '{last}' THEN 'q' ELSE '{last}' END"
            sql = self.rng.choice(
                (
                    f"{column} = CASE WHEN {column} = 'x' THEN 'y' ELSE 'x' END",
                    f"{column} = left({column}, -1) || {ending}",
                )
            )
        self.run(f"UPDATE {table} SET {sql} WHERE {key} = %s", value)


Attack = Callable[[Scene], Done]
KEYS = {"audit_history": "id", "audit_sealed": "seal", "audit_seal": "number"}


def edit_of(table: str, column: str, kind: str) -> Attack:
    """Edit one column of one row of one of the three tables."""

    def attack(scene: Scene) -> Done:
        row, seal = scene.row()
        scene.edit(table, column, kind, KEYS[table], row if table == "audit_history" else seal)
        return Done(rows=(row,)) if table == "audit_history" else Done(seal=seal)

    return attack


def edit_forged_of(column: str, kind: str) -> Attack:
    """Edit one column of a history row and put the new hash beside it."""

    def attack(scene: Scene) -> Done:
        row, _seal = scene.row()
        scene.edit("audit_history", column, kind, "id", row)
        scene.forge(row)
        return Done(rows=(row,))

    return attack


def delete_rows(scene: Scene) -> Done:
    rows = scene.rows(scene.seal())
    scene.run("DELETE FROM audit_history WHERE id = ANY(%s)", rows)
    return Done(rows=tuple(rows))


def delete_rows_and_memberships(scene: Scene) -> Done:
    rows = scene.rows(scene.seal(least=2), most=3)
    scene.run("DELETE FROM audit_history WHERE id = ANY(%s)", rows)
    scene.drop(*rows)
    return Done(rows=tuple(rows))


def delete_and_reseal_one(scene: Scene) -> Done:
    """The seal is made to fit; the next one then does not."""
    seal = scene.seal(least=3)
    row = scene.seals[seal][1]
    scene.run("DELETE FROM audit_history WHERE id = %s", row)
    scene.drop(row)
    scene.reseal(seal, seal)
    return Done(seal=seal)


def delete_membership(scene: Scene) -> Done:
    row, _seal = scene.row()
    scene.drop(row)
    return Done(rows=(row,))


def swap_ids(scene: Scene) -> Done:
    seal = scene.seal(least=2)
    one, other = scene.rng.sample(scene.seals[seal], 2)
    return _swap(scene, one, other)


def swap_across(scene: Scene) -> Done:
    one, seal = scene.row()
    other = scene.rng.choice([row for number, rows in scene.seals.items() if number != seal for row in rows])
    return _swap(scene, one, other)


def _swap(scene: Scene, one: int, other: int) -> Done:
    for before, after in ((one, -1), (other, one), (-1, other)):
        scene.run("UPDATE audit_history SET id = %s WHERE id = %s", after, before)
    return Done(rows=(one, other))


def swap_with_hashes(scene: Scene) -> Done:
    """Rows and their hashes change places, so that each row fits the hash beside it."""
    seal = scene.seal(least=4)
    done = _swap(scene, *scene.rng.sample(scene.seals[seal], 2))
    scene.forge(*done.rows)
    return done


def insert_in_gap(scene: Scene) -> Done:
    row = scene.rng.choice(scene.gaps)
    scene.insert(row)
    return Done(rows=(row,))


def insert_as_old(scene: Scene) -> Done:
    """At the end of the numbers, but claiming an old transaction."""
    scene.insert(10**9, written_in=scene.rng.randint(1, 50))
    return Done(rows=(10**9,))


def insert_under_seal(scene: Scene) -> Done:
    seal = scene.seal()
    scene.insert(10**9)
    scene.hold({**members(seal), 10**9: b"\0" * 32}, seal)
    scene.forge(10**9)
    return Done(rows=(10**9,))


def insert_and_reseal_one(scene: Scene) -> Done:
    seal = scene.seal()
    insert = scene.rng.choice(scene.gaps)
    scene.insert(insert)
    scene.hold({**members(seal), insert: b"\0" * 32}, seal)
    scene.forge(insert)
    scene.reseal(seal, seal)
    return Done(seal=seal)


def replace_row(scene: Scene) -> Done:
    """Taken out and put back with other words, under the same number."""
    row, _seal = scene.row()
    scene.run("DELETE FROM audit_history WHERE id = %s", row)
    scene.insert(row)
    return Done(rows=(row,))


def move_membership(scene: Scene) -> Done:
    seal = scene.seal(least=2)
    other = scene.rng.choice([one for one in scene.seals if one != seal])
    row = scene.rng.choice(scene.seals[seal])
    stored = members(seal)[row]
    scene.drop(row)
    scene.hold({**members(other), row: stored}, other)
    return Done(seal=min(seal, other))


def change_hash(scene: Scene) -> Done:
    """The hash beside one row alone is another one."""
    row, seal = scene.row()
    scene.hold({**members(seal), row: scene.rng.randbytes(32)}, seal)
    return Done(rows=(row,))


def delete_seal(scene: Scene) -> Done:
    seal = scene.seal()
    scene.run("DELETE FROM audit_seal WHERE number = %s", seal)
    return Done(seal=seal)


def delete_seal_and_rows(scene: Scene) -> Done:
    seal = scene.seal()
    scene.run("DELETE FROM audit_seal WHERE number = %s", seal)
    scene.run("DELETE FROM audit_sealed WHERE seal = %s", seal)
    scene.run("DELETE FROM audit_history WHERE id = ANY(%s)", scene.seals[seal])
    return Done(seal=seal)


def swap_seals(scene: Scene) -> Done:
    one, other = sorted(scene.rng.sample(list(scene.seals), 2))
    for before, after in ((one, -1), (other, one), (-1, other)):
        scene.run("UPDATE audit_seal SET number = %s WHERE number = %s", after, before)
    return Done(seal=one)


def forge_all_of_a_seal(scene: Scene) -> Done:
    """Every row of a seal is written again with a new hash, to hide which one was changed."""
    row, seal = scene.row()
    scene.run("UPDATE audit_history SET verb = verb || 'x' WHERE id = %s", row)
    scene.run("UPDATE audit_history SET verb = verb WHERE id = ANY(%s)", scene.seals[seal])
    scene.run("UPDATE audit_sealed SET hashes = hashes WHERE seal = %s", seal)
    scene.forge(row)
    return Done(seal=seal)


def cut_tail(scene: Scene) -> Done:
    seal = scene.seal(after=1)
    rows = [row for number, rows in scene.seals.items() if number >= seal for row in rows]
    scene.run("DELETE FROM audit_seal WHERE number >= %s", seal)
    scene.run("DELETE FROM audit_sealed WHERE seal >= %s", seal)
    scene.run("DELETE FROM audit_history WHERE id >= %s OR id = ANY(%s)", min(rows), rows)
    return Done(seal=seal)


def cut_all(scene: Scene) -> Done:
    scene.run("TRUNCATE audit_history, audit_sealed, audit_seal")
    return Done(seal=min(scene.seals))


def rewrite_from_a_row(scene: Scene) -> Done:
    """Edit a row and make its hash and all seals from there on anew: only the head file tells."""
    row, seal = scene.row()
    scene.run("UPDATE audit_history SET verb = verb || 'x' WHERE id = %s", row)
    scene.forge(row)
    scene.reseal(seal)
    return Done(seal=seal)


def rewrite_without_a_row(scene: Scene) -> Done:
    seal = scene.seal(least=2)
    row = scene.rng.choice(scene.seals[seal])
    scene.run("DELETE FROM audit_history WHERE id = %s", row)
    scene.drop(row)
    scene.reseal(seal)
    return Done(seal=seal)


def rewrite_without_a_seal(scene: Scene) -> Done:
    """A seal and its rows go, the later ones move up by one: the chain is whole in itself, and shorter."""
    seal = scene.seal()
    delete_seal_and_rows(replaced(scene, seal))
    scene.reseal(seal)
    return Done(seal=seal)


def rewrite_everything(scene: Scene) -> Done:
    """Every row edited, every hash and every seal made anew."""
    scene.run("UPDATE audit_history SET area_code = area_code || '9'")
    scene.forge(*(row for rows in scene.seals.values() for row in rows))
    scene.reseal(0)
    return Done(seal=min(scene.seals))


def cut_and_seal_again(scene: Scene) -> Done:
    """The last seals are dropped, their rows edited and sealed again by the product's own hand."""
    from django.db import connection

    from huying.audit import actions

    seal = scene.seal(after=1)
    scene.run("DELETE FROM audit_seal WHERE number >= %s", seal)
    scene.run("DELETE FROM audit_sealed WHERE seal >= %s", seal)
    scene.run("UPDATE audit_history SET verb = verb || 'x' WHERE id = %s", scene.seals[seal][0])
    scene.run("UPDATE audit_seal SET horizon = 0")
    theirs = Path(os.devnull).with_name(f"null-{uuid.uuid4().hex}")
    blind = (mock.patch.object(actions, name) for name in ("_check_heads", "_write_heads"))
    with contextlib.ExitStack() as stack:
        # The transaction around the attack is ours, as a test's is.
        for one in (*blind, mock.patch.object(connection.atomic_blocks[-1], "_from_testcase", True)):
            stack.enter_context(one)
        actions.seal(now=BEGIN, heads_file=theirs)
    return Done(seal=1)


def touch(scene: Scene) -> Done:
    """No attack: a row written again as it was. Nothing may be found."""
    row, _seal = scene.row()
    scene.run("UPDATE audit_history SET verb = verb WHERE id = %s", row)
    return Done(harmless=True)


def replaced(scene: Scene, seal: int) -> Scene:
    """The scene with one seal only."""
    return Scene(scene.cursor, scene.rng, {seal: scene.seals[seal]}, scene.gaps)


WHOLE: tuple[Attack, ...] = (
    delete_rows, delete_rows_and_memberships, delete_and_reseal_one, delete_membership, swap_ids, swap_across,
    swap_with_hashes, insert_in_gap, insert_as_old, insert_under_seal, insert_and_reseal_one, replace_row,
    move_membership, change_hash, delete_seal, delete_seal_and_rows, swap_seals, forge_all_of_a_seal, cut_tail, cut_all,
    rewrite_from_a_row, rewrite_without_a_row, rewrite_without_a_seal, rewrite_everything, cut_and_seal_again, touch,
)  # fmt: skip


@dataclass
class World:
    """The history under attack, and its head file."""

    bench: Any
    heads: Path
    seals: dict[int, list[int]] = field(default_factory=dict)
    gaps: list[int] = field(default_factory=list)
    attacks: dict[str, Attack] = field(default_factory=dict)


class Tamper(Prover):
    name = "tamper"
    what = "Attacks the sealed history as the database's superuser; each must be found, and said where."
    item = "attacks"
    smoke = 68
    full = 1000
    per_step = 50
    sabotages: ClassVar = (
        Sabotage("row-hash-skipped", "verifying takes every row for whole"),
        Sabotage("heads-ignored", "the head file is read anew from the database before each look"),
        Sabotage("heads-stale", "the head file is a copy of half an hour ago"),
        Sabotage("sealing-stopped", "the job that seals is not started any more"),
        Sabotage("column-left-out", "the area of a row does not count for its hash"),
    )
    goals: ClassVar = {
        "window_seconds": Goal("<=", 60),
        "million_seconds": Goal("<=", 10, full=True),
        "verify_extra_mib": Goal("<=", 200, full=True),
    }

    def open(self, run: Run) -> None:
        self.stack = contextlib.ExitStack()
        self.watch: Watch | None = None
        if not run.smoke and run.only is None and not run.sabotage:
            self.watch = Watch(run.folder / "house")
        one = self.stack.enter_context(bench.database())
        heads_file = run.folder / f"heads-{os.getpid()}.jsonl"
        heads_file.unlink(missing_ok=True)
        self.stack.callback(lambda: heads_file.unlink(missing_ok=True))
        self._break(run)
        self.world = World(one, heads_file)
        self._build(run, 300 if run.smoke else 5000)
        self._columns()
        if run.broken("heads-stale"):
            lines = heads_file.read_bytes().splitlines(keepends=True)
            heads_file.write_bytes(b"".join(lines[: len(lines) // 2]))

    def target(self, form: str) -> int:
        if form != "smoke":
            return self.full
        bench.set_up()
        with bench.database():
            return len(attacks_now())

    def _break(self, run: Run) -> None:
        from huying.audit import chain, jobs, verifying

        if run.broken("row-hash-skipped"):
            self.stack.enter_context(mock.patch.object(verifying, "is_hash_of", return_value=True))
        if run.broken("column-left-out"):
            real, place = chain.row_hash, 10
            self.stack.enter_context(
                mock.patch.object(chain, "row_hash", lambda row: real((*row[:place], "", *row[place + 1 :])))
            )
        if run.broken("sealing-stopped"):
            from procrastinate.contrib.django import app

            kept = {key: one for key, one in app.periodic_registry.periodic_tasks.items() if key[0] != jobs.seal.name}
            self.stack.enter_context(mock.patch.object(app.periodic_registry, "periodic_tasks", kept))

    def _build(self, run: Run, rows: int) -> None:
        """A history as the product writes it: many transactions, seals of many sizes, numbers with gaps."""
        from django.db import connection, transaction

        from huying.audit import actions
        from huying.audit.models import Sealed

        rng = random.Random(f"tamper:{run.seed}")
        made, now = 0, BEGIN
        while made < rows:
            for _transaction in range(rng.randint(1, 6)):
                with transaction.atomic():
                    count = rng.choice((1, 1, 2, 3, 12, 30))
                    actions.append_many(_row(rng, now) for _ in range(count))
                    made += count
                now += timedelta(seconds=rng.randint(1, 50))
            if rng.random() < 0.3:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT nextval('audit_history_id_seq')")
                    self.world.gaps.append(cursor.fetchone()[0])
                with transaction.atomic():
                    actions.append_many([_row(rng, now)])
                    made += 1
            if made >= rows:
                self._settled()
            actions.seal(now=now, heads_file=self.world.heads)
        with transaction.atomic():
            actions.append_many(_row(rng, now) for _ in range(20))
        for seal in Sealed.objects.order_by("seal").values_list("seal", flat=True):
            self.world.seals[seal] = list(members(seal))
        connection.close()
        connection.settings_dict.update(self.world.bench.django(self.world.bench.name, None))

    def _settled(self) -> None:
        """Wait until nothing on the server is older than our rows: tests of others run there as well."""
        from django.db import connection

        for _try in range(1000):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT max(written_in) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM audit_history"
                )
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.02)

    def _columns(self) -> None:
        self.world.attacks = attacks_now()

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        names = list(self.world.attacks)
        if run.step == 0:
            self._untouched(run)
            self._guarded(run)
        begin = run.step * self.size(run)
        for number in range(begin, begin + items):
            name = names[number % len(names)]
            self._attack(run, rng, name, self.world.attacks[name])
            run.done()

    def size(self, run: Run) -> int:
        return run.target if run.smoke else self.per_step

    def _untouched(self, run: Run) -> None:
        from huying.audit.queries import verify

        found = verify(self._heads(run))
        if not found.ok:
            run.find("an untouched history is said to be broken", said=found.broken[:3])

    def _attack(self, run: Run, rng: random.Random, name: str, attack: Attack) -> None:
        from django.db import connection, transaction

        from huying.audit.queries import verify

        world = self.world
        with contextlib.suppress(_Undo), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                done = attack(Scene(cursor, rng, world.seals, world.gaps))
            heads = self._heads(run)
            began = time.perf_counter()
            found = verify(heads)
            run.sample("verify_seconds", time.perf_counter() - began)
            self._judge(run, name, done, found)
            raise _Undo

    def _heads(self, run: Run) -> Path:
        if run.broken("heads-ignored"):
            from huying.audit import heads
            from huying.audit.chain import head_of
            from huying.audit.models import Seal

            self.world.heads.unlink(missing_ok=True)
            heads.append(self.world.heads, [head_of(one) for one in Seal.objects.order_by("number")])
        return self.world.heads

    def _judge(self, run: Run, name: str, done: Done, found: Any) -> None:
        if done.harmless:
            if not found.ok:
                run.find("a row written again as it was is called a fault", attack=name, said=found.broken[:3])
            run.count("harmless")
            return
        if found.ok:
            run.find("not found", attack=name, rows=list(done.rows), seal=done.seal)
            return
        run.count("found")
        named = {one.row for one in found.findings} | {row for one in found.findings for row in one.perhaps}
        if done.rows:
            missed = [row for row in done.rows if row not in named]
            if missed:
                run.find("not located to the row", attack=name, rows=missed, said=found.broken[:3])
                return
            run.count("located_to_the_row")
            return
        seals = [one.seal for one in found.findings if one.seal is not None]
        if not seals or min(seals) != done.seal:
            said = [str(one) for one in found.findings if one.seal in (min(seals, default=None), done.seal)][:3]
            run.find("not located to the first false seal", attack=name, seal=done.seal, said=said, seals=seals[:9])
            return
        run.count("located_to_the_seal")

    def _guarded(self, run: Run) -> None:
        """Every table that is only added to refuses the application, and with its triggers on also its owner."""
        import psycopg

        from huying.config.privileges import APPEND_ONLY

        world = self.world
        with world.bench.connect(world.bench.name) as attacker:
            tables = [row[0] for row in attacker.execute(APPEND_ONLY).fetchall()]
            missing = set(TABLES) - set(tables)
            if missing:
                run.find("a history is not guarded", tables=sorted(missing))
            for role in (world.bench.role, None):
                if role:
                    attacker.execute(f"SET ROLE {role}")
                for table in tables:
                    column = attacker.execute(
                        "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                        "ORDER BY ordinal_position LIMIT 1",
                        [table],
                    ).fetchone()[0]  # type: ignore[index]
                    for sql in (
                        f"UPDATE {table} SET {column} = {column}",
                        f"DELETE FROM {table}",
                        f"TRUNCATE {table} CASCADE",
                    ):
                        try:
                            attacker.execute(sql)
                            run.find("a table that is only added to was changed", sql=sql, role=role or "owner")
                        except psycopg.errors.InsufficientPrivilege:
                            run.count("refused")
                attacker.execute("RESET ROLE")

    def settle(self, run: Run) -> None:
        self._committed(run)
        run.put("window_seconds", self._window(run))
        if not run.smoke:
            self._million(run)

    def _committed(self, run: Run) -> None:
        """One attack for good, looked at by the application's own role through `huying verify`'s own call."""
        from django.db import connection

        from huying.audit.queries import verify

        world = self.world
        row = world.seals[max(world.seals)][0]
        with world.bench.connect(world.bench.name) as attacker:
            attacker.execute("SET session_replication_role = replica")
            attacker.execute("UPDATE audit_history SET to_state = to_state || 'x' WHERE id = %s", [row])
        connection.close()
        connection.settings_dict.update(world.bench.django(world.bench.name, world.bench.role))
        if row not in {one.row for one in verify(self._heads(run)).findings}:
            run.find("a committed change is not found by the application's role", row=row)

    def _window(self, run: Run) -> float:
        """How long a row can lie unsealed: in full watched at a real worker, else reckoned from the schedule."""
        if self.watch is not None:
            run.put("window_watched_rows", self.watch.join(run))
            return self.watch.longest
        return reckoned_window(run)

    def _million(self, run: Run) -> None:
        from django.db import connection
        from django.utils import timezone

        from huying.audit import actions
        from huying.audit.queries import verify

        world = self.world
        connection.close()
        with world.bench.connect() as boot:
            world.bench.clone(boot)
        with world.bench.connect(world.bench.name) as owner:
            for part in range(10):
                owner.execute(MANY, [part * MILLION // 10 + 1, (part + 1) * MILLION // 10])
        heads = run.folder / f"million-{os.getpid()}.jsonl"
        self.stack.callback(lambda: heads.unlink(missing_ok=True))
        began = time.perf_counter()
        sealed = actions.seal(now=timezone.now(), heads_file=heads)
        run.put("million_sealed_seconds", round(time.perf_counter() - began, 1))
        with world.bench.connect(world.bench.name) as owner:
            owner.execute("ANALYZE audit_history, audit_sealed, audit_seal")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = []
        for _again in range(2):
            began = time.perf_counter()
            found = verify(heads)
            seconds.append(round(time.perf_counter() - began, 2))
            if not found.ok or found.sealed != sealed or sealed != MILLION:
                run.find("the long history does not verify", sealed=found.sealed, said=found.broken[:3])
        run.put("million_seconds", min(seconds))
        run.put("million_rows_per_second", round(MILLION / min(seconds)))
        run.put("verify_extra_mib", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)

    def close(self, run: Run) -> None:
        if getattr(self, "watch", None) is not None:
            self.watch.stop()  # type: ignore[union-attr]
        if hasattr(self, "stack"):
            self.stack.close()


class _Undo(Exception):
    """Takes an attack back."""


MANY = """
INSERT INTO audit_history (at, kind, object_id, verb, from_state, to_state, actor_kind, actor_id, actor_label,
    area_code, facts, key, body_hash)
SELECT timestamptz '2026-01-01' + n * interval '7 second', 'case', gen_random_uuid(), 'dispatch', 'filed', 'in_hand',
    'person', gen_random_uuid(), 'clerk-' || n %% 90, '990101001', jsonb_build_object('unit', gen_random_uuid(),
    'round', n %% 4), CASE WHEN n %% 3 = 0 THEN gen_random_uuid() END,
    CASE WHEN n %% 3 = 0 THEN md5(n::text) ELSE '' END
FROM generate_series(%s::int, %s::int) AS n
"""


def attacks_now() -> dict[str, Attack]:
    """Every kind of attack; edits by the columns that the tables have now."""
    from django.db import connection

    found: dict[str, Attack] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s "
                "ORDER BY ordinal_position",
                [table],
            )
            for column, kind in cursor.fetchall():
                found[f"edit {table}.{column}"] = edit_of(table, column, kind)
                if table == "audit_history" and column != "id":
                    found[f"edit and forge {table}.{column}"] = edit_forged_of(column, kind)
    return found | {one.__name__.replace("_", " "): one for one in WHOLE}


def _row(rng: random.Random, now: datetime) -> Any:
    from huying.audit.models import History

    keyed = rng.random() < 0.4
    return History(
        at=now + timedelta(microseconds=rng.randrange(10**6)),
        kind=rng.choice(("case", "order", "account")),
        object_id=uuid.UUID(int=rng.getrandbits(128), version=4),
        verb=rng.choice(("receive", "file", "dispatch", "sign", "close")),
        from_state=rng.choice(("", "received", "filed")),
        to_state=rng.choice(("", "in_hand", "closed")),
        actor_kind=rng.choice(("person", "system", "rule")),
        actor_id=uuid.UUID(int=rng.getrandbits(128), version=4) if rng.random() < 0.8 else None,
        actor_label=f"clerk-{rng.randint(1, 99)}",
        area_code=rng.choice(("990101001", "990101002", "")),
        facts=rng.choice(({}, {"round": rng.randint(1, 9), "unit": f"u-{rng.randint(1, 99)}"}, {"urgent": True})),
        key=uuid.UUID(int=rng.getrandbits(128), version=4) if keyed else None,
        body_hash=f"{rng.getrandbits(256):064x}" if keyed else "",
    )


def reckoned_window(run: Run) -> float:
    """From the schedule that a worker goes by: the longest time between two jobs, and one job really done."""
    from django.db import connection
    from procrastinate.contrib.django import app
    from procrastinate.periodic import MARGIN, PeriodicDeferrer

    from huying.audit import jobs
    from huying.audit.models import History, Sealed

    deferrer = PeriodicDeferrer(app.periodic_registry)
    begin = 1_800_000_000
    seen: list[int] = []
    for second in range(begin, begin + 600, 5):
        seen += [at for task, at in deferrer.get_previous_tasks(second) if task.task.name == jobs.seal.name]
    if len(seen) < 2:
        run.find("no job seals the history")
        return 600.0
    longest = max(after - before for before, after in zip(seen, seen[1:], strict=False))
    began = time.perf_counter()
    with mock.patch("huying.audit.actions._check_heads"), mock.patch("huying.audit.actions._write_heads"):
        jobs.seal(seen[-1])
    under = {row for seal in Sealed.objects.values_list("seal", flat=True) for row in members(seal)}
    if under != set(History.objects.values_list("pk", flat=True)):
        run.find("the job left rows unsealed")
    connection.close()
    return round(longest + MARGIN + time.perf_counter() - began, 1)


class Watch:
    """A real worker on an embedded database of its own; rows are written each half second and looked for."""

    def __init__(self, data: Path) -> None:
        self.data, self.longest, self.rows = data, 0.0, 0
        self.wrong = ""
        self.worker: subprocess.Popen[bytes] | None = None
        self.server: subprocess.Popen[bytes] | None = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._guarded, daemon=True)
        self.thread.start()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "huying.cli.main", *arguments, "--data", str(self.data)]

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_", "TESTS_"))
        }
        return {**kept, "PYTHONPATH": str(ROOT / "src"), "_HUYING_PARENT": str(os.getpid())}

    def _start(self) -> None:
        self.worker = subprocess.Popen(
            self._command("worker"), env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _guarded(self) -> None:
        try:
            self._watch()
        except Exception as why:
            self.wrong = f"{type(why).__name__}: {why}"

    def _watch(self) -> None:
        import psycopg

        from huying.config.postgres import Server, url_of

        with Server(self.data, say=lambda _line: None, settings={"fsync": "off"}):
            subprocess.run(
                self._command("migrate"), env=self._environment(), check=True, capture_output=True, timeout=300
            )
            self._start()
            time.sleep(3)
            with psycopg.connect(url_of(self.data), autocommit=True) as connection:
                self._rows(connection)

    def _rows(self, connection: Any) -> None:
        waiting: dict[int, float] = {}
        began, killed = time.monotonic(), False
        while (passed := time.monotonic() - began) < WATCH_SECONDS + 60 and not self.ending.is_set():
            if passed < WATCH_SECONDS:
                (row,) = connection.execute(
                    "INSERT INTO audit_history (at, kind, object_id, verb, from_state, to_state, actor_kind, "
                    "actor_label, area_code, facts, body_hash) VALUES (now(), 'case', gen_random_uuid(), 'file', '', "
                    "'filed', 'system', 'system', '990101001', '{}', '') RETURNING id"
                ).fetchone()
                waiting[row] = time.monotonic()
            elif not waiting:
                return
            for (row,) in connection.execute(
                "SELECT id FROM unnest(%s::bigint[]) AS id WHERE EXISTS (SELECT FROM audit_sealed WHERE ids @> id)",
                [list(waiting)],
            ).fetchall():
                self.longest = round(max(self.longest, time.monotonic() - waiting.pop(row)), 2)
                self.rows += 1
            if passed > WATCH_SECONDS / 2 and not killed and self.worker is not None:
                killed = True  # as `huying serve` would: the next worker starts at once
                self.worker.send_signal(signal.SIGKILL)
                self.worker.wait()
                self._start()
            self.ending.wait(0.5)
        for since in waiting.values():
            self.longest = round(max(self.longest, time.monotonic() - since), 2)

    def join(self, run: Run) -> int:
        self.thread.join(WATCH_SECONDS + 400)
        if self.wrong or self.rows == 0:
            run.find("the worker could not be watched", why=self.wrong)
        return self.rows

    def stop(self) -> None:
        self.ending.set()
        if self.worker is not None and self.worker.poll() is None:
            self.worker.terminate()
            try:
                self.worker.wait(10)
            except subprocess.TimeoutExpired:
                self.worker.kill()
        self.thread.join(60)
