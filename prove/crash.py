"""prove-crash: what was acknowledged is there once, as it was sent, whatever is killed meanwhile."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import random
import shutil
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

from prove.frame import Goal, Prover, Run, Sabotage
from prove.load import (
    Answer,
    Browser,
    Client,
    GaveUp,
    Log,
    Refused,
    Wanted,
    api,
    bits_of,
    picture,
    read_logs,
    upload,
    uuid7_of,
)
from prove.server import BOOT, HOST, NotServed, Served, after_import

CLIENTS = 12
MOVES = ("register", "file", "dispatch")
ECHO = 0.04
"""Share of acknowledged writes that are sent once more, as if their answer had been lost."""
AWAY_TAIL = 5.0
"""Seconds after the first answer behind a database kill in which waiting requests may still be told 503."""
BREAK_TAIL = 12.0
BACK_SECONDS = 20.0
LONG = 15.0
"""Seconds that are a find also in the smoke form, which shares its machine with others; goals are the full form's."""
AUDIT_EVERY = 10


@dataclass(frozen=True)
class Story:
    """What one caller does."""

    number: int
    words: str
    door: str  # api or portal
    grid: str
    photo: int | None
    moves: int
    echo: bool


@dataclass
class Kill:
    """`began` is just before the signal, `at` just after it: connections break between the two."""

    what: str
    began: float
    at: float
    pid: int
    back: float | None = None


class Receiver:
    """An outside system that events are sent to: it keeps the ids of what it got."""

    def __init__(self) -> None:
        got: Counter[int] = Counter()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                got[int(body["id"])] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_given: Any) -> None:
                pass

        self.got = got
        self.server = ThreadingHTTPServer((HOST, 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Told:
    """What the clients' logs say of one key."""

    kind: str = ""
    sent: dict[str, Any] = field(default_factory=dict)
    acks: list[dict[str, Any]] = field(default_factory=list)


class Crash(Prover):
    name = "crash"
    what = "Reports with photos and moves on their cases, while web processes, worker and database are SIGKILLed."
    item = "requests"
    smoke = 240
    full = 100_000
    per_step = 2000
    per_smoke_step = 240
    goals: ClassVar[dict[str, Goal]] = {
        "next_answer_seconds_max": Goal("<=", 2.0, full=True),
        "process_back_seconds_max": Goal("<=", 10.0, full=True),
        "database_back_seconds_max": Goal("<=", 5.0, full=True),
        "web_kills": Goal(">=", 50, full=True),
        "database_kills": Goal(">=", 50, full=True),
    }
    sabotages = (
        Sabotage("async-commit", "the database says yes before its log is on the disk"),
        Sabotage("late-files", "a photo's file is written after the answer"),
        Sabotage("key-ignored", "the key of a retry is not looked at"),
        Sabotage("events-deleted", "some events for webhooks are dropped"),
        Sabotage("words-cut", "the last character of a report's words is not kept"),
    )

    def __init__(self) -> None:
        self.served: Served | None = None
        self.receiver: Receiver | None = None

    # the world

    def open(self, run: Run) -> None:
        data = run.folder / "house"
        broken = {
            "late-files": after_import("huying.files.storage", _LATE_FILES),
            "key-ignored": after_import("huying.clients.keeping", _KEY_IGNORED),
        }
        self.receiver = Receiver()
        # A month of a street's news comes in half an hour: the worker does more at once.
        env = {"HUYING_WEBHOOK_PRIVATE": "1", "HUYING_WORKER_JOBS": "2" if run.smoke else "6"}
        self.served = Served(data, env=env, sabotage=broken.get(run.sabotage, ""))
        if data.exists():
            # Where the prover itself was stopped or killed, its world is that of the steps done; smoke begins anew.
            self.served.stop()
            if run.form == "smoke" or not (data / "hook.json").exists():
                self.served.remove()
                shutil.rmtree(run.folder / "logs", ignore_errors=True)
        try:
            self.served.start()
        except NotServed:  # a world of an older version: begun anew
            self.served.stop(hard=True)
            self.served.remove()
            self.served.start()
        self._subscribe()
        self._break(run.sabotage)
        run.put("clients", CLIENTS)

    def close(self, run: Run) -> None:
        if self.served is not None:
            gone = run.form == "smoke" or bool(run.sabotage) or run.only is not None
            self.served.stop(hard=gone)
            if gone:
                self.served.remove()
        if self.receiver is not None:
            self.receiver.close()

    @property
    def house(self) -> Served:
        assert self.served is not None
        return self.served

    def _subscribe(self) -> None:
        """One webhook for all that happens in the second grid; after a resumption its address is a new one."""
        assert self.receiver is not None
        world, there = self.house.world, self.house.data / "hook.json"
        if there.exists():
            hook = json.loads(there.read_text())["webhook_id"]
            with self.house.connect(BOOT) as boot:
                boot.execute("UPDATE channels_webhook SET url = %s WHERE id = %s", [self._hook(), hook])
                self.already = {row[0] for row in boot.execute(
                    "SELECT history_id FROM channels_delivery WHERE state = 'sent'")}  # fmt: skip
            return
        log = Log(there.with_suffix(".log"))
        client = Client("hook", self.house.port, log)
        body = {"url": self._hook(), "area": world["areas"]["other_grid"]}
        answer = client.send(
            api("hook", "POST", "/webhooks", token=world["tokens"]["head"][1], key=str(uuid4()), body=body)
        )
        there.write_text(json.dumps(answer.json), encoding="utf-8")
        client.hang_up()
        log.close()
        self.already: set[int] = set()

    def _hook(self) -> str:
        assert self.receiver is not None
        return f"http://{HOST}:{self.receiver.port}/"

    def _break(self, sabotage: str) -> None:
        statements = {
            "async-commit": [
                "ALTER ROLE huying SET synchronous_commit = off",
                "ALTER SYSTEM SET wal_writer_delay = '10s'",
                "ALTER SYSTEM SET wal_writer_flush_after = '1GB'",
                "SELECT pg_reload_conf()",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'huying'",
            ],
            "events-deleted": [
                f"CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_LOSE} RETURN NEW; END $$",
                "CREATE TRIGGER lose BEFORE INSERT ON channels_delivery FOR EACH ROW EXECUTE FUNCTION lose()",
            ],
            "words-cut": [
                f"CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_CUT} RETURN NEW; END $$",
                "CREATE TRIGGER cut BEFORE INSERT ON cases_report FOR EACH ROW EXECUTE FUNCTION cut()",
            ],
        }
        with self.house.connect(BOOT) as boot:
            for statement in statements.get(sabotage, ()):
                boot.execute(statement)

    # a step

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        folder = run.folder / "logs" / f"step-{run.step}"
        shutil.rmtree(folder, ignore_errors=True)
        mark = f"{run.step}-{uuid4().hex[:8]}"
        stories = self._plan(rng, items, mark)
        kills = self._kills(rng, items)
        acked = Counter[str]()
        waiting = deque(stories)
        seeds = [rng.getrandbits(60) for _ in range(CLIENTS)]
        clients = [
            threading.Thread(
                target=self._client, args=(run, folder, number, seeds[number], waiting, acked), daemon=True
            )
            for number in range(CLIENTS)
        ]
        began = time.monotonic()
        for client in clients:
            client.start()
        done = self._kill_while(kills, clients, acked, run)
        for client in clients:
            client.join()
        run.sample("requests_a_second", acked["all"] / (time.monotonic() - began))
        run.done(acked["all"])
        self.house.wait(60)
        lines = read_logs(folder, "client-*.log")
        self._judge_answers(run, lines, done)
        self._judge_rows(run, lines, mark)
        with self.house.connect() as base:
            waiting_jobs = base.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
            ).fetchone()
            run.most("jobs_waiting_max", waiting_jobs[0] if waiting_jobs else 0)
        if run.only is not None or (not run.smoke and (run.step + 1) % AUDIT_EVERY == 0):
            self._audit(run, hasten=True)

    def _plan(self, rng: random.Random, items: int, mark: str) -> list[Story]:
        areas = self.house.world["areas"]
        stories: list[Story] = []
        requests = 0
        while requests < items:
            number = len(stories)
            door = "portal" if number % 40 == 20 else "api"
            photo = rng.getrandbits(64) if number % 10 == 9 else None
            moves = rng.randint(1, len(MOVES)) if rng.random() < 0.4 else 0
            grid = areas["other_grid" if rng.random() < 0.1 else "grid"]
            words = f"榕树路口第{number}根灯杆不亮〔{mark}:{number}〕{rng.choice('一二三四五𠮷é')}"
            stories.append(Story(number, words, door, grid, photo, moves, rng.random() < ECHO))
            requests += (7 if door == "portal" else 1 + (photo is not None)) + moves
        return stories

    def _kills(self, rng: random.Random, items: int) -> list[tuple[float, str]]:
        """First half web and worker, second half the database; the moments are the seed's."""
        plan = [
            (rng.uniform(0.08, 0.30) * items, "web"),
            (rng.uniform(0.05, 0.40) * items, "worker"),
            (rng.uniform(0.55, 0.75) * items, "database"),
        ]
        if items >= 2000 and rng.random() < 0.2:
            plan.append((rng.uniform(0.80, 0.85) * items, "backend"))
        return sorted(plan)

    def _client(
        self, run: Run, folder: Path, number: int, seed: int, waiting: deque[Story], acked: Counter[str]
    ) -> None:
        rng = random.Random(seed)
        log = Log(folder / f"client-{number}.log")

        def one_more() -> None:
            acked["all"] += 1  # good enough for the moments of the kills; what is proved is read from the logs

        client = Client(f"client-{number}", self.house.port, log, acked=one_more)
        try:
            while True:
                try:
                    story = waiting.popleft()
                except IndexError:
                    return
                try:
                    self._live(client, story, rng)
                except (Refused, GaveUp, KeyError, ValueError) as why:
                    run.find("a request was refused or never answered", why=str(why)[:400], story=story.number)
        finally:
            client.hang_up()
            log.close()

    def _live(self, client: Client, story: Story, rng: random.Random) -> None:
        world = self.house.world
        tokens, point = world["tokens"], world["points"][story.grid]
        said = {"words": story.words, "photo": story.photo}
        if story.door == "portal":
            report = Browser(client, world["areas"]["street"]).report(story.words, tuple(point), said)
            if report is None:
                raise ValueError("the pages led elsewhere")
            return
        photos = []
        if story.photo is not None:
            key = str(uuid7_of(rng))
            held = client.send(upload(picture(story.photo), token=tokens["clerk"][0], key=key), _ids)
            photos = [held.json["token"]]
        key = str(uuid7_of(rng))
        body = {
            "id": key, "words": story.words, "area_code": world["areas"]["street"], "lng": point[0], "lat": point[1],
            "channel": "hotline", "photos": photos,
        }  # fmt: skip
        wanted = api("report", "POST", "/reports", token=tokens["clerk"][0], key=key, body=body, facts=said)
        case = self._twice(client, wanted, story.echo)["case_id"]
        values: dict[str, dict[str, Any]] = {
            "register": {"type_code": "0103", "grade": "ordinary"},
            "file": {},
            "dispatch": {"lead": world["units"]["sanitation"]},
        }
        for verb in MOVES[: story.moves]:
            move = api(
                verb, "POST", f"/cases/{case}/moves/{verb}", token=tokens["dispatcher"][0], key=str(uuid7_of(rng)),
                body={"values": values[verb]}, facts={"case": case, "verb": verb},
            )  # fmt: skip
            self._twice(client, move, story.echo)

    def _twice(self, client: Client, wanted: Wanted, echo: bool) -> dict[str, Any]:
        """Send it; some once more, as a client does whose answer was lost on the way."""
        told = client.send(wanted, _ids).json
        if echo:
            client.send(wanted, _ids)
        return told

    # killing

    def _kill_while(
        self, plan: list[tuple[float, str]], clients: list[threading.Thread], acked: Counter[str], run: Run
    ) -> list[Kill]:
        done: list[Kill] = []
        kill = {
            "web": self.house.kill_web, "worker": self.house.kill_worker, "database": self.house.kill_database,
            "backend": self.house.kill_backend,
        }  # fmt: skip
        watchers = []
        for moment, what in plan:
            while acked["all"] < moment and any(client.is_alive() for client in clients):
                time.sleep(0.002)
            before = set(self.house.webs())
            # A process that an earlier kill took is being started again: this one waits for it.
            began = time.monotonic()
            deadline = began + BACK_SECONDS
            while (pid := kill[what]()) is None and time.monotonic() < deadline:
                time.sleep(0.05)
                began = time.monotonic()
            at = time.monotonic()
            if pid is None:
                run.find("nothing came back that could be killed", what=what, webs=len(before))
                continue
            done.append(Kill(what, began, at, pid))
            run.count("kills")
            run.count(f"{what}_kills")
            if what == "web":
                watchers.append(threading.Thread(target=self._watch, args=(done[-1], before), daemon=True))
                watchers[-1].start()
        for watcher in watchers:
            watcher.join(20)
        return done

    def _watch(self, killed: Kill, before: set[int]) -> None:
        """When a new process has taken a connection: until then it may live, but it does not serve."""
        while time.monotonic() - killed.at < 20:
            probe = http.client.HTTPConnection(HOST, self.house.port, timeout=2)
            try:
                probe.request("GET", "/healthz")
                probe.getresponse().read()
                if any(_serves(pid, self.house.port) for pid in set(self.house.webs()) - before):
                    killed.back = time.monotonic() - killed.at
                    return
            except (OSError, http.client.HTTPException):
                pass
            finally:
                probe.close()
            time.sleep(0.05)

    # judging

    def _judge_answers(self, run: Run, lines: list[dict[str, Any]], kills: list[Kill]) -> None:
        """What clients were told, and how long they waited for it."""
        acks = [line for line in lines if line["w"] == "ack"]
        away: list[tuple[float, float]] = []
        for kill in kills:
            if kill.what in ("database", "backend"):
                first = next((a["t"] for a in acks if a["began"] > kill.at and a["k"]), None)
                if first is None:
                    run.find("no write was answered after a kill of the database", kill=kill.what)
                    continue
                run.sample("database_back_seconds", first - kill.at)
                if first - kill.at > LONG:
                    run.find("the database was away for long", seconds=round(first - kill.at, 1))
                away.append((kill.began, first + AWAY_TAIL))
        for kill in kills:
            if kill.what != "web":
                continue
            times = [kill.at, *(a["t"] for a in acks if kill.at < a["t"] < kill.at + 8), kill.at + 8]
            ends = [start for start, _end in away if start > kill.at]
            stop = min([kill.at + 8, lines[-1]["t"], *ends])
            gaps = [b - a for a, b in pairwise(t for t in times if t <= stop)]
            run.sample("next_answer_seconds", max(gaps, default=0.0))
            if max(gaps, default=0.0) > LONG / 2:
                run.find("nobody was answered for long after a web kill", seconds=round(max(gaps), 1))
            if kill.back is None:
                run.find("a killed web process did not come back within 20 s", pid=kill.pid)
            else:
                run.sample("process_back_seconds", kill.back)
        for line in lines:
            if line["w"] == "no":
                run.count(f"answers_{line['s']}")
                if line["s"] == 503:
                    if not any(start <= line["t"] <= end for start, end in away):
                        run.find("503 though the database was there", kind=line["kind"])
                    if line["again"] is None:
                        run.find("503 without Retry-After", kind=line["kind"])
                elif line["s"] >= 500:
                    run.find("a server error", status=line["s"], kind=line["kind"])
            elif line["w"] == "break":
                run.count("breaks")
                if not any(kill.began <= line["t"] <= kill.at + BREAK_TAIL for kill in kills):
                    run.find("a connection broke though nothing was killed", kind=line["kind"], why=line["why"])
        run.count("acknowledged", len(acks))
        run.count("tries", sum(line["w"] == "try" for line in lines))
        run.count("replayed", sum(bool(line.get("replayed")) for line in acks))
        for line in acks:
            run.sample("answer_seconds", line["t"] - line["began"])

    def _judge_rows(self, run: Run, lines: list[dict[str, Any]], mark: str) -> None:
        """The clients' logs against the database: lost, doubled, changed."""
        told: dict[str, Told] = {}
        for line in lines:
            if line.get("k"):
                one = told.setdefault(line["k"], Told())
                one.kind = line["kind"]
                one.sent |= line.get("sent", {})
                if line["w"] == "ack":
                    one.acks.append(line["a"])
        for key, one in told.items():
            if any(ack != one.acks[0] for ack in one.acks[1:]):
                run.find("a retry was answered otherwise", key=key, kind=one.kind)
        reports = {UUID(key): one for key, one in told.items() if one.kind in ("report", "form")}
        moves = [one for one in told.values() if one.kind in MOVES and one.acks]
        with self.house.connect(BOOT) as base:
            rows = {
                row[0]: row[1:]
                for row in base.execute(
                    "SELECT r.id, r.words, r.case_id, c.number, c.state FROM cases_report r"
                    " JOIN cases_case c ON c.id = r.case_id WHERE strpos(r.words, %s) > 0 OR r.id = ANY(%s)",
                    [f"〔{mark}:", list(reports)],
                )
            }
            verbs = Counter({
                (row[0], row[1]): row[2]
                for row in base.execute(
                    "SELECT object_id, verb, count(*) FROM audit_history"
                    " WHERE kind = 'case' AND object_id = ANY(%s) GROUP BY 1, 2",
                    [[row[1] for row in rows.values()]],
                )
            })  # fmt: skip
            files: dict[UUID, list[tuple[UUID, str, str]]] = {}
            for owner, file_id, kind, sha256 in base.execute(
                "SELECT owner_id, id, kind, sha256 FROM files_attachment WHERE owner_id = ANY(%s)", [list(reports)]
            ):
                files.setdefault(owner, []).append((file_id, kind, sha256))
        for key, one in reports.items():
            if one.acks and key not in rows:
                run.find("an acknowledged report is lost", report=key)
            elif key in rows:
                self._judge_report(run, key, one, rows[key], verbs, files.get(key, []))
        for key in rows.keys() - reports.keys():
            run.find("a report that no client sent under this key", report=key)
        for words, times in Counter(row[0] for row in rows.values()).items():
            if times > 1:
                run.find("a report is doubled", times=times, words=words)
        for one in moves:
            times = verbs[UUID(one.sent["case"]), one.sent["verb"]]
            if times != 1:
                run.find("an acknowledged move is " + ("doubled" if times else "lost"), **one.sent, times=times)
        last = {one.sent["case"]: one.acks[0]["state"] for one in moves}  # in the order of the log
        states = {str(row[1]): row[3] for row in rows.values()}
        for case, state in last.items():
            if states.get(case) != state:
                run.find(
                    "a case stands elsewhere than was acknowledged", case=case, told=state, is_now=states.get(case)
                )
        run.count("reports", sum(bool(one.acks) for one in reports.values()))
        run.count("moves", len(moves))

    def _judge_report(
        self, run: Run, key: UUID, one: Told, row: tuple[Any, ...], verbs: Counter[Any], files: list[Any]
    ) -> None:
        words, case, number, _state = row
        if words != one.sent["words"]:
            run.find("the words of a report changed", report=key)
        for ack in one.acks:
            if one.kind == "report" and (ack["case_id"], ack["number"]) != (str(case), number):
                run.find("a report has another case or number than was acknowledged", report=key)
        if verbs[case, "receive"] != 1:
            run.find("not one line of history for a receipt", report=key, lines=verbs[case, "receive"])
        wanted = one.sent.get("photo") if one.kind == "report" else None
        if len(files) != (wanted is not None):
            run.find("not the photos that were sent", report=key, files=len(files))
            return
        for file_id, kind, sha256 in files:
            run.count("photos")
            data = self._stored(file_id, kind)
            if data is None:
                run.find("a photo's file is lost", report=key, file=file_id)
            elif hashlib.sha256(data).hexdigest() != sha256:
                run.find("a photo's bytes changed", report=key, file=file_id)
            elif bits_of(data) != wanted:
                run.find("a photo is another one than was sent", report=key, file=file_id)

    def _stored(self, file_id: UUID, kind: str) -> bytes | None:
        digits = file_id.hex
        try:
            path = self.house.data / "files" / digits[-2:] / digits[-4:-2] / f"{file_id}.{kind}"
            return path.read_bytes()
        except FileNotFoundError:
            return None

    # the world as a whole

    def settle(self, run: Run) -> None:
        self._audit(run, hasten=run.smoke)
        if not run.smoke:
            verified = self.house.facts("verify")
            if not verified.get("ok", False):
                run.find("the history does not verify", said=verified)

    def _audit(self, run: Run, *, hasten: bool) -> None:
        """Events delivered, jobs done, files and rows the same."""
        self._drain(run, hasten)
        self._judge_events(run)
        self._judge_files(run)

    def _drain(self, run: Run, hasten: bool) -> None:
        """Wait until nothing is to be done. `hasten`: a dead worker's jobs are taken for stalled at once."""
        began = moved = time.monotonic()
        told, last = 0.0, -1
        with self.house.connect(BOOT) as base:
            while True:
                left = base.execute(
                    "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs"
                    " WHERE status IN ('todo', 'doing') AND queue_name IN ('news', 'webhooks') GROUP BY 1, 2"
                ).fetchall()
                if not left:
                    break
                waited = time.monotonic() - began
                # More is progress as well: one job of a round queues hundreds.
                if (total := sum(row[2] for row in left)) != last:
                    last, moved = total, time.monotonic()
                if time.monotonic() - moved > 180:
                    run.find("jobs wait, and for three minutes none was done", jobs=[list(row) for row in left])
                    break
                stuck = all(row[1] == "doing" or row[0] == "webhooks" for row in left)
                if hasten and stuck and waited - told > 3:
                    told = waited
                    base.execute(
                        "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '5 minutes'"
                        " WHERE last_heartbeat < (SELECT max(last_heartbeat) FROM procrastinate_workers)"
                    )
                    base.execute(_DEFER, _RETRY)
                    base.execute(_DEFER, _FAN_OUT)
                time.sleep(0.1)
            failed = base.execute(
                "SELECT queue_name, task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1, 2"
            ).fetchall()
        for queue, task, times in failed:
            # What goes by rows and by the clock is done by its next round, and is judged by what arrived.
            run.most("jobs_failed_that_come_again_max", times)
            if queue == "news":
                run.find("news were dropped", task=task, times=times)
        run.most("drain_seconds_max", round(time.monotonic() - began, 1))

    def _judge_events(self, run: Run) -> None:
        assert self.receiver is not None
        house = self.house
        with house.connect(BOOT) as base:
            wanted = {
                row[0]
                for row in base.execute(
                    "SELECT h.id FROM audit_history h CROSS JOIN channels_webhook w"
                    " WHERE h.kind IN ('case', 'order') AND h.area_code LIKE w.area_code || '%'"
                    " AND h.at > w.made_at AND w.stopped_at IS NULL"
                )
            }
            deadline = time.monotonic() + 90
            while (missing := wanted - self.receiver.got.keys() - self.already) and time.monotonic() < deadline:
                if not base.execute("SELECT 1 FROM channels_delivery WHERE state = 'waiting' LIMIT 1").fetchone():
                    break
                # Its next try is minutes away where a worker died while sending: a clock that is ahead.
                base.execute("UPDATE channels_delivery SET next_at = now() WHERE state = 'waiting' AND next_at > now()")
                base.execute(_DEFER, _FAN_OUT)
                time.sleep(2)
        for event in sorted(missing)[:20]:
            run.find("an event was not delivered", event=event)
        run.put("events_wanted", len(wanted))
        run.put("events_delivered_twice", sum(times > 1 for times in self.receiver.got.values()))

    def _judge_files(self, run: Run) -> None:
        house = self.house
        swept = int(house.python(_SWEEP).strip().splitlines()[-1])
        run.count("files_swept", swept)
        with house.connect(BOOT) as base:
            rows = {
                f"{row[0]}.{row[1]}"
                for row in base.execute(
                    "SELECT id, kind FROM files_attachment WHERE emptied_at IS NULL"
                    " UNION SELECT id, kind FROM files_heldupload"
                )
            }
        disk = {path.name for path in (house.data / "files").glob("*/*/*")}
        previews = {name for name in disk if "-480." in name}
        for name in (
            sorted(disk - previews - rows)[:10]
            + sorted(one for one in previews if one.replace("-480.", ".") not in rows)[:10]
        ):
            run.find("a file without a row", file=name)
        for name in sorted(rows - disk)[:20]:
            run.find("a row without its file", file=name)
        run.put("files_kept", len(rows))


_LOSE = "IF NEW.history_id % 3 = 0 THEN RETURN NULL; END IF;"
_CUT = "NEW.words := left(NEW.words, -1);"
_DEFER = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args) VALUES (%s, %s, %s, '{"timestamp": 0}')
"""
_RETRY = ("upkeep", "config.retry_stalled", None)
_FAN_OUT = ("webhooks", "channels.fan_out", "channels.fan_out")
# The grace of the cleaning job is days: a clock that is ahead of them.
_SWEEP = """
from datetime import timedelta
from django.utils import timezone
from huying.files.actions import sweep
from huying.files.rules import ORPHAN_AFTER
print(sweep(now=timezone.now() + 2 * ORPHAN_AFTER))
"""
_LATE_FILES = """
import threading
real = module._write
def late(path, data):
    threading.Timer(4.0, real, (path, data)).start()
module._write = late
"""
_KEY_IGNORED = """
import os
real = module._keyed
module._keyed = lambda value: real(value + os.urandom(8))
"""


def _ids(answer: Answer) -> dict[str, Any]:
    """What an answer says that must stay so; codes and tokens are made anew or die, and are hashed."""
    found = answer.json
    return {
        name: hashlib.sha256(str(value).encode()).hexdigest()[:16] if name in ("code", "token") else value
        for name, value in found.items()
    }


def _serves(pid: int, port: int) -> bool:
    """Whether this process holds a connection to our port."""
    try:
        with open("/proc/net/tcp", encoding="ascii") as file:
            mine = {
                parts[9]
                for parts in (line.split() for line in file)
                if parts[1].endswith(f":{port:04X}") and parts[3] == "01"
            }
        held = set()
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                held.add(os.readlink(f"/proc/{pid}/fd/{name}"))
    except OSError:
        return False
    return any(f"socket:[{inode}]" in held for inode in mine)
