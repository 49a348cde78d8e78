"""prove-restore: what was destroyed comes back as it was; with the archived log, up to the last acknowledgement."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from psycopg import sql

from huying.config.postgres import PostgresProblem, Server
from prove.frame import WORK, Goal, Prover, Run, Sabotage
from prove.load import Client, GaveUp, Log, Refused, api, read_logs, uuid7_of
from prove.server import BOOT, House, NotServed, Served, alone, copied, template

CLIENTS = 6
SENT = {"smoke": 60, "full": 400}
CASES = {"smoke": (300, 20), "full": (100_000, 2000)}
LEFT_OUT = ("procrastinate_",)
"""The queue's own tables: heartbeats of workers go on while others are compared."""
ARCHIVER = "pg_receivewal"


class Restore(Prover):
    name = "restore"
    what = "A street is destroyed: it comes back from its backup, and from a base copy and the archived log."
    item = "restores"
    smoke = 1
    full = 5
    goals: ClassVar[dict[str, Goal]] = {
        "restore_seconds_max": Goal("<=", 120.0),
        "cases": Goal(">=", 100_000, full=True),
        "files": Goal(">=", 4000, full=True),
    }
    sabotages = (
        Sabotage("archive-behind", "a report is acknowledged before its log is in the archive"),
        Sabotage("key-lost", "the key of the contacts is not put back beside the data"),
        Sabotage("backup-cut", "the end of the backup is missing"),
    )

    def __init__(self) -> None:
        self.archived: Served | None = None

    def open(self, run: Run) -> None:
        form = run.form
        self.built = built(*CASES[form])
        self.backup = run.folder / "backup.age"
        self.secret = run.folder / "identity.txt"
        for old in (self.backup, self.secret):
            old.unlink(missing_ok=True)
        made = self.built.facts("backup", "--new-identity", str(self.secret))
        began = time.monotonic()
        done = self.built.facts("backup", "--out", str(self.backup), "--recipient", made["recipient"])
        run.put("backup_seconds", round(time.monotonic() - began, 1))
        run.put("backup_megabytes", round(self.backup.stat().st_size / 1e6, 1))
        run.put("rows", done.get("rows"))
        if run.broken("backup-cut"):
            os.truncate(self.backup, self.backup.stat().st_size - 1024)
        self.before = fingerprints(self.built)
        run.put("files", len(self.before["files"]))
        run.put("cases", self.before["cases"])

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        for _number in range(items):
            self._from_backup(run)
            self._from_archive(run, rng)
            run.done()

    def close(self, run: Run) -> None:
        if self.archived is not None:
            self.archived.stop(hard=True)

    # from a backup

    def _from_backup(self, run: Run) -> None:
        new = House(run.folder / "restored")
        new.remove()
        new.data.mkdir(mode=0o711)
        for name in ("secret_key", "master.key"):
            if not (name == "master.key" and run.broken("key-lost")):
                shutil.copy2(self.built.data / name, new.data / name)
        began = time.monotonic()
        try:
            found = new.facts("restore", str(self.backup), "--identity", str(self.secret), "--into-empty", limit=900)
        except NotServed as why:
            run.find("a backup could not be restored", why=str(why)[:300])
            new.remove()
            return
        run.sample("restore_seconds", time.monotonic() - began)
        if not found.get("restored") or not found.get("verified"):
            run.find("restored, but not verified", said={name: found.get(name) for name in ("restored", "broken")})
        if found.get("keys_lacking"):
            run.find("the keys that the data needs are not there", keys=list(found["keys_lacking"]))
        after = fingerprints(new)
        for table, digest in self.before["tables"].items():
            if after["tables"].get(table) != digest:
                run.find("a table came back otherwise", table=table)
        for name in sorted(self.before["files"].keys() | after["files"].keys()):
            if self.before["files"].get(name) != after["files"].get(name):
                run.find("a file came back otherwise", file=name)
        run.count("tables_compared", len(self.before["tables"]))
        new.remove()

    # from the archived log

    def _from_archive(self, run: Run, rng: random.Random) -> None:
        folder = run.folder / "archived"
        shutil.rmtree(run.folder / "logs", ignore_errors=True)
        House(folder).remove()
        self.archived = served = Served(folder, env={"HUYING_WORKER": "0"}, processes=2)
        try:
            copied(template(), folder)
            served.start(worker=False)
            archive = Archive(served, run.folder / "archive", behind=run.broken("archive-behind"))
            try:
                self._load(run, rng, served)
            finally:
                archive.close()
            kept = run.folder / "kept"  # what lies outside the database: keys and files go their own way
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir()
            for name in ("secret_key", "master.key", "world.json", "files", "heads"):
                if (folder / name).exists():
                    subprocess.run(["cp", "-a", str(folder / name), str(kept / name)], check=True)
            served.remove()
            began = time.monotonic()
            again = archive.recovered(folder, kept)
            try:
                self._judge(run, again)
            except PostgresProblem as why:
                run.find("nothing could be recovered from the archive", why=str(why)[-400:])
            run.sample("recovery_seconds", time.monotonic() - began)
            shutil.rmtree(kept, ignore_errors=True)
        finally:
            served.stop(hard=True)
            served.remove()
            shutil.rmtree(run.folder / "archive", ignore_errors=True)

    def _load(self, run: Run, rng: random.Random, served: Served) -> None:
        """Reports until the machine dies: at a moment of the seed everything is killed at once."""
        world, total = served.world, SENT[run.form]
        stop = threading.Event()
        waiting = deque(str(uuid7_of(rng)) for _ in range(total))
        acked = 0

        def one_more() -> None:
            nonlocal acked
            acked += 1

        def work(number: int) -> None:
            log = Log(run.folder / "logs" / f"client-{number}.log")
            client = Client(f"client-{number}", served.port, log, acked=one_more, stop=stop, patience=15)
            lng, lat = world["points"][world["areas"]["grid"]]
            with contextlib.suppress(IndexError, GaveUp):
                while not stop.is_set():
                    key = waiting.popleft()
                    body = {"id": key, "words": f"榕树路口的路灯不亮〔{key}〕", "area_code": world["areas"]["street"],
                            "lng": lng, "lat": lat, "channel": "hotline"}  # fmt: skip
                    wanted = api(
                        "report", "POST", "/reports", token=world["tokens"]["clerk"][0], key=key, body=body,
                        facts={"words": body["words"]},
                    )  # fmt: skip
                    try:
                        client.send(wanted, lambda answer: {"case_id": answer.json["case_id"]})
                    except Refused as why:
                        run.find("a report was refused", why=str(why)[:300])
            client.hang_up()
            log.close()

        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        moment = rng.uniform(0.5, 0.9) * total
        while acked < moment and any(thread.is_alive() for thread in threads):
            time.sleep(0.002)
        served.kill_database()  # first: what the disk has is what it had at this moment
        stop.set()
        served.stop(hard=True)
        run.count("kills")
        for thread in threads:
            thread.join(30)

    def _judge(self, run: Run, again: House) -> None:
        lines = read_logs(run.folder / "logs")
        words = {line["k"]: line["sent"]["words"] for line in lines if line.get("sent")}
        acked = {UUID(line["k"]): line["a"]["case_id"] for line in lines if line["w"] == "ack"}
        run.count("acknowledged_with_archive", len(acked))
        with again.database():
            with again.connect(BOOT) as base:
                rows = {
                    row[0]: (row[1], str(row[2]))
                    for row in base.execute(
                        "SELECT id, words, case_id FROM cases_report WHERE id = ANY(%s)", [list(acked)]
                    )
                }
            for key, case in acked.items():
                if key not in rows:
                    run.find("a report acknowledged with the archive is lost", report=key)
                elif rows[key] != (words[str(key)], case):
                    run.find("a report came back otherwise", report=key)
            found = again.facts("verify")
            if not found.get("ok"):
                run.find("what was recovered does not verify", said=found)


class Archive:
    """The recipe of docs/how-to/backup.md on the embedded server: a base copy, and `pg_receivewal` as the standby
    that every commit waits for."""

    def __init__(self, house: House, folder: Path, *, behind: bool = False) -> None:
        self.server = Server(house.data, say=lambda _line: None)
        self.folder, self.base, self.wal = folder, folder / "base", folder / "wal"
        shutil.rmtree(folder, ignore_errors=True)
        account = self.server.account
        for one in (folder, self.wal):
            one.mkdir()
            os.chown(one, account.uid, account.gid)
            one.chmod(0o700)
        hba = self.server.cluster / "pg_hba.conf"
        with hba.open("a", encoding="utf-8") as file:
            file.write("local replication all peer map=huying\n")
        with house.connect(BOOT) as boot:
            boot.execute("SELECT pg_reload_conf()")
            where = ("-h", str(self.server.socket), "-U", BOOT)
            slot = ("-D", str(self.wal), "-S", "archive", *where)
            self._run("pg_receivewal", *slot, "--create-slot")
            self.receiver = subprocess.Popen(
                [str(self.server.bin / ARCHIVER), *slot, "--synchronous", "--no-loop"], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env={"LC_ALL": "C", "PATH": "/usr/bin"},
                user=account.uid if account.other else None, group=account.gid if account.other else None,
                extra_groups=[] if account.other else None,
            )  # fmt: skip
            self._run("pg_basebackup", "-D", str(self.base), "-X", "none", "-c", "fast", *where)
            if behind:
                boot.execute("SELECT pg_switch_wal()")
                time.sleep(1)  # the base copy itself can be recovered
                self.receiver.kill()
            else:
                boot.execute(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(sql.Literal(ARCHIVER)))
                boot.execute("SELECT pg_reload_conf()")
                self._wait(boot)

    def _run(self, *command: str) -> None:
        done = self.server._run(*command)
        if done.returncode:
            raise NotServed(f"{command[0]}: {done.stdout}")

    def _wait(self, boot: psycopg.Connection[Any]) -> None:
        deadline = time.monotonic() + 20
        while not boot.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone():
            if time.monotonic() > deadline:
                raise NotServed("the archive did not become the standby that commits wait for")
            time.sleep(0.05)

    def close(self) -> None:
        self.receiver.send_signal(signal.SIGTERM)
        try:
            self.receiver.wait(10)
        except subprocess.TimeoutExpired:
            self.receiver.kill()
            self.receiver.wait()

    def recovered(self, data: Path, kept: Path) -> House:
        """A new data folder from the base copy and the archive, as the how-to says."""
        house = House(data)
        data.mkdir(mode=0o711)
        for path in kept.iterdir():
            subprocess.run(["cp", "-a", str(path), str(data / path.name)], check=True)
        for path in self.wal.glob("*.partial"):  # the segment that was being written
            path.rename(path.with_suffix(""))
        server = Server(data, say=lambda _line: None)
        server._folders()
        self.base.rename(server.cluster)
        with (server.cluster / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.write(f"restore_command = 'cp {self.wal}/%f %p'\n")
            file.write("synchronous_standby_names = ''\nhot_standby = off\n")
        signal_file = server.cluster / "recovery.signal"
        signal_file.touch(mode=0o600)
        os.chown(signal_file, server.account.uid, server.account.gid)
        return house


# The world


def built(cases: int, photos: int) -> House:
    """A stopped street with so many cases and photos, made once by the bulk builder."""
    source = template()
    made_so = hashlib.sha256(f"{source.name}{_BUILD}".encode()).hexdigest()[:12]
    target = WORK / f"built-{cases}-{made_so}"
    with alone(f"built-{cases}"):
        if not target.exists():
            for old in WORK.glob(f"built-{cases}-*"):
                House(old).remove()
            draft = copied(source, target.with_name(f"{target.name}.draft"))
            with draft.database():
                draft.python(_BUILD.format(cases=cases, photos=photos), limit=1800)
            draft.data.rename(target)
    return House(target)


_BUILD = """
from datetime import timedelta
from django.utils import timezone
from huying.audit import actions as audit, queries as audits
from huying.cases.actions import NewReport
from huying.cases.actions.building import Builder
from huying.cases.rules import Channel
from huying.files.imaging import prepare_image
from huying.kernel.actor import resident
from huying.people.actions import keep_contact
from huying.people.queries import current_consent_text
from prove.load import picture
from tests.world import GRID, STREET, middle

builder, now = Builder(seed=1), timezone.now() - timedelta(days=20)
lng, lat = middle(GRID)
every = max({cases} // {photos}, 1)
consent = current_consent_text("zh-hans")
contacts = [
    keep_contact(name="李示例", phone="02000000000", address="", consent_text_version=consent.version,
                 language=consent.language, area_code=STREET, actor=resident(), now=now).pk
    for _one in range(20)
]
for number in range({cases}):
    images = [prepare_image(picture(number * 2654435761 % 2**64))] if number % every == 0 else []
    at = now + timedelta(seconds=number * 15)
    new = NewReport(words=f"第 {{number}} 件：榕树路口的路灯不亮，请看看。", area_code=STREET, channel=Channel.PORTAL,
                    lng=lng, lat=lat, contact_id=contacts[number] if number < len(contacts) else None)
    builder.receive(new, actor=resident(), now=min(at, timezone.now()), images=images)
    if number % 5000 == 4999:
        builder.write()
builder.write()
audit.seal(now=timezone.now(), heads_file=audits.heads_path())
"""


def fingerprints(house: House) -> dict[str, Any]:
    """A hash of every table's rows and of every file; read by the cluster's superuser, past all of the product."""
    found: dict[str, Any] = {"tables": {}}
    with house.database(), house.connect(BOOT) as base:
        names = [
            row[0]
            for row in base.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        ]
        for name in names:
            if name.startswith(LEFT_OUT):
                continue
            digest, table = hashlib.sha256(), sql.Identifier(name)
            query = sql.SQL("COPY (SELECT t::text FROM {} AS t ORDER BY t::text) TO STDOUT").format(table)
            with base.cursor().copy(query) as rows:
                for part in rows:
                    digest.update(part)
            found["tables"][name] = digest.hexdigest()
        count = base.execute("SELECT count(*) FROM cases_case").fetchone()
        found["cases"] = count[0] if count else 0
    root = house.data / "files"
    found["files"] = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.glob("*/*/*")
        if path.is_file()
    }
    return found
