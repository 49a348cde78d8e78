"""prove-soak: an hour of a street's day, with what happens to servers: kills, a backup, a restart with a migration."""

from __future__ import annotations

import contextlib
import random
import shutil
import threading
import time
from collections import defaultdict
from itertools import pairwise
from typing import Any, ClassVar
from uuid import UUID, uuid4

from prove.frame import Goal, Prover, Run, Sabotage
from prove.load import Browser, Client, GaveUp, Log, Refused, Wanted, api, picture, read_logs, upload, uuid7_of
from prove.server import BOOT, Served, after_import, rss_of

CLIENTS = 6
RATE = {"smoke": 4.0, "full": 5.0}
"""Requests a second that each client means to send; what it could not because it was still trying counts as failed."""
STEP_SECONDS = {"smoke": 8.0, "full": 60.0}
KILLS_AT = frozenset(range(4, 60, 10))
DATABASE_AT, BACKUP_AT, RESTART_AT = 30, 20, 40
WARM_SECONDS = 120.0
TAIL = 6.0
PAGES = ("/", "/nearby/", "/numbers/", "/sign-in/")


class Soak(Prover):
    name = "soak"
    what = "Mixed load, a web kill every ten minutes, a database kill, a backup, a restart with a migration."
    item = "minutes"
    smoke = 1
    full = 60
    goals: ClassVar[dict[str, Goal]] = {
        "answered_percent": Goal(">=", 99.99),
        "first_try_percent_web_kills": Goal(">=", 99.95, full=True),
        "first_try_percent_all": Goal(">=", 99.5, full=True),
        "next_answer_seconds_max": Goal("<=", 2.0, full=True),
        "memory_growth_max": Goal("<=", 1.6),
        "memory_growth_warm_max": Goal("<=", 1.15, full=True),
    }
    sabotages = (
        Sabotage("one-process", "there is one web process, it starts slowly, and nobody answers while it is away"),
        Sabotage("leak", "each request leaves two megabytes behind"),
    )

    def __init__(self) -> None:
        self.served: Served | None = None
        self.memory: dict[int, list[tuple[float, int]]] = defaultdict(list)
        self.began: dict[int, float] = {}

    @property
    def house(self) -> Served:
        assert self.served is not None
        return self.served

    def open(self, run: Run) -> None:
        broken = {
            "leak": after_import("huying.kernel.doors", _LEAK),
            "one-process": after_import("huying.config.asgi", "import time; time.sleep(5)"),
        }
        processes = 1 if run.broken("one-process") else 2
        self.served = Served(run.folder / "house", sabotage=broken.get(run.sabotage, ""), processes=processes)
        self.served.stop()  # what a killed run left
        self.served.remove()
        shutil.rmtree(run.folder / "logs", ignore_errors=True)
        self.served.start()
        run.put("clients", CLIENTS)
        run.put("rate", CLIENTS * RATE[run.form])

    def close(self, run: Run) -> None:
        if self.served is not None:
            self.served.stop(hard=True)
            self.served.remove()

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        folder = run.folder / "logs" / f"step-{run.step}"
        shutil.rmtree(folder, ignore_errors=True)
        seconds, mark = STEP_SECONDS[run.form], f"{run.step}-{uuid4().hex[:8]}"
        start = time.monotonic() + 0.1
        seeds = [rng.getrandbits(60) for _ in range(CLIENTS)]
        clients = [
            threading.Thread(target=self._client, args=(run, folder, n, seeds[n], start, seconds, mark), daemon=True)
            for n in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        troubles = self._trouble(run, rng, start, seconds)
        for client in clients:
            client.join()
        lines = read_logs(folder)
        self._judge(run, lines, troubles)
        self._judge_rows(run, lines, mark)
        self._judge_memory(run)
        run.done(items)

    # the day

    def _client(self, run: Run, folder: Any, number: int, seed: int, start: float, seconds: float, mark: str) -> None:
        rng, rate = random.Random(seed), RATE[run.form]
        log = Log(folder / f"client-{number}.log")
        client = Client(f"client-{number}", self.house.port, log)
        day = Day(self.house.world, client, rng, mark, number)
        slot = rng.random()
        try:
            while (at := start + slot / rate) < start + seconds:
                time.sleep(max(0.0, at - time.monotonic()))
                sent = client.wanted
                with contextlib.suppress(GaveUp):
                    try:
                        day.next()
                    except Refused as why:
                        run.find("a request was refused", why=str(why)[:300])
                slot += max(client.wanted - sent, 1)
                # What should have been sent while this one was tried again and again was not sent: failed as well.
                late = int((time.monotonic() - start) * rate - slot)
                if late > rate:
                    log.write("missed", times=late, since=at)
                    slot += late
        finally:
            client.hang_up()
            log.close()

    def _trouble(self, run: Run, rng: random.Random, start: float, seconds: float) -> list[tuple[str, float, float]]:
        """What this minute brings; each with the time it began and was over."""
        minute, found = run.step, []
        moment = start + seconds * rng.uniform(0.2, 0.4)
        todo: list[str] = []
        if run.smoke or minute in KILLS_AT:
            todo.append("web")
        if not run.smoke:
            todo += [what for what, at in (("database", DATABASE_AT), ("backup", BACKUP_AT), ("restart", RESTART_AT))
                     if at == minute]  # fmt: skip
        while time.monotonic() < start + seconds:
            self._measure()
            if todo and time.monotonic() >= moment:
                what = todo.pop(0)
                began = time.monotonic()
                self._happens(what, run, rng)
                found.append((what, began, time.monotonic()))
                continue
            time.sleep(0.25 if run.smoke else 1.0)
        return found

    def _happens(self, what: str, run: Run, rng: random.Random) -> None:
        run.count(what)
        if what == "web":
            run.count("kills")
            self.house.kill_web(rng)
        elif what == "database":
            run.count("kills")
            self.house.kill_database()
            self.house.wait(30, worker=False)
        elif what == "backup":
            secret, out = (self.house.data.with_name(name) for name in ("identity.txt", "backup.age"))
            for old in (secret, out):
                old.unlink(missing_ok=True)
            made = self.house.facts("backup", "--new-identity", str(secret))
            self.house.facts("backup", "--out", str(out), "--recipient", made["recipient"])
            held = self.house.facts("restore", str(out), "--identity", str(secret))
            if held.get("keys_lacking"):
                run.find("the backup cannot be used", said=held)
        else:
            self.house.restart(before=lambda: _migrated(self.house))

    def _measure(self) -> None:
        now = time.monotonic()
        for pid in self.house.pids().values():
            self.began.setdefault(pid, now)
            if size := rss_of(pid):
                self.memory[pid].append((now, size))

    # judging

    def _judge(self, run: Run, lines: list[dict[str, Any]], troubles: list[tuple[str, float, float]]) -> None:
        hard = [(began, ended + TAIL) for what, began, ended in troubles if what in ("database", "restart")]
        wanted = sum(line["w"] == "try" and line["n"] == 1 for line in lines)
        answered = sum(line["w"] == "ack" for line in lines)
        failed = {"web": 0, "all": 0}
        missed = 0
        for line in lines:
            if line["w"] == "missed":
                missed += line["times"]
                failed["all"] += line["times"]
                failed["web"] += 0 if _within(line["since"], hard) else line["times"]
            elif line["w"] in ("break", "no") and line.get("s", 500) >= 500:
                run.count("breaks" if line["w"] == "break" else f"answers_{line['s']}")
                if line.get("s") == 503 and line["again"] is None:
                    run.find("503 without Retry-After", kind=line["kind"])
                if line.get("s", 503) != 503:
                    run.find("a server error", status=line["s"], kind=line["kind"])
                # Of one request only the first failed try counts: a client without retries would have stopped there.
                if line["n"] == 1:
                    failed["all"] += 1
                    failed["web"] += not _within(line["t"], hard)
        run.count("requests", wanted + missed)
        run.count("answered", answered)
        run.count("wanted", wanted)
        run.count("first_failed", failed["all"])
        run.count("first_failed_web_kills", failed["web"])
        counts = run.kept["counts"]
        run.put("answered_percent", round(100 * counts["answered"] / max(counts["wanted"], 1), 4))
        for name, count in (("all", "first_failed"), ("web_kills", "first_failed_web_kills")):
            run.put(f"first_try_percent_{name}", round(100 * (1 - counts[count] / max(counts["requests"], 1)), 4))
        times = [line["t"] for line in lines if line["w"] == "ack"]
        for what, began, _ended in troubles:
            near = [began, *(t for t in times if began < t < began + 10)]
            if what == "web" and len(near) > 1:
                gap = max(b - a for a, b in pairwise(near))
                run.sample("next_answer_seconds", gap)
                if gap > 4.5:  # also where the smoke form shares its machine with other tests
                    run.find("nobody was answered for long after a web kill", seconds=round(gap, 1))
            elif what == "web":
                run.find("nobody answered after a web kill")
        for line in lines:
            if line["w"] == "ack":
                run.sample("answer_seconds", line["t"] - line["began"])

    def _judge_rows(self, run: Run, lines: list[dict[str, Any]], mark: str) -> None:
        """Each acknowledged report once, and nothing else of this minute but what was tried."""
        told = {UUID(line["k"]) for line in lines if line["w"] == "ack" and line["kind"] in ("report", "form")}
        tried = {UUID(line["k"]) for line in lines if line["w"] == "try" and line["kind"] in ("report", "form")}
        with self.house.connect(BOOT) as base:
            rows = [
                row[0]
                for row in base.execute("SELECT id FROM cases_report WHERE strpos(words, %s) > 0", [f"〔{mark}:"])
            ]
        for key in told - set(rows):
            run.find("an acknowledged report is lost", report=key)
        for key in set(rows) - tried:
            run.find("a report that nobody sent", report=key)
        if len(rows) != len(set(rows)):
            run.find("a report is doubled")
        run.count("reports", len(told))

    def _judge_memory(self, run: Run) -> None:
        for pid, sizes in self.memory.items():
            first = self.began[pid]
            settled = [size for at, size in sizes if at - first > (3.0 if run.smoke else 20.0)]
            warm = [size for at, size in sizes if at - first > WARM_SECONDS]
            if len(settled) > 3:
                run.most("memory_growth_max", round(settled[-1] / settled[0], 3))
                run.most("memory_megabytes_max", round(settled[-1] / 1e6))
            if len(warm) > 60:
                run.most("memory_growth_warm_max", round(warm[-1] / warm[0], 3))


class Day:
    """What one person does, one thing after the other."""

    def __init__(self, world: dict[str, Any], client: Client, rng: random.Random, mark: str, number: int) -> None:
        self.world, self.client, self.rng, self.mark, self.number = world, client, rng, mark, number
        self.count = 0
        self.cases: list[str] = []

    def next(self) -> None:
        self.count += 1
        world, rng, client = self.world, self.rng, self.client
        tokens = world["tokens"]
        point = world["points"][world["areas"]["grid"]]
        words = f"榕树路口的路灯不亮〔{self.mark}:{self.number}:{self.count}〕"
        draw = rng.random()
        if draw < 0.35:
            client.send(Wanted("page", "GET", rng.choice(PAGES), headers={"Accept": "text/html"}))
        elif draw < 0.55:
            path = rng.choice(("/cases?limit=20", "/cases?state=received", "/orders", "/me"))
            client.send(api("list", "GET", path, token=tokens["dispatcher"][0]))
        elif draw < 0.58:
            Browser(client, world["areas"]["street"]).report(words, tuple(point), {"words": words})
        elif draw < 0.80 or not self.cases:
            photos = []
            if rng.random() < 0.1:
                sent = upload(picture(rng.getrandbits(64)), token=tokens["clerk"][0], key=str(uuid7_of(rng)))
                photos = [client.send(sent).json["token"]]
            key = str(uuid7_of(rng))
            body = {
                "id": key, "words": words, "area_code": world["areas"]["street"], "lng": point[0], "lat": point[1],
                "channel": "hotline", "photos": photos,
            }  # fmt: skip
            answer = client.send(api("report", "POST", "/reports", token=tokens["clerk"][0], key=key, body=body))
            self.cases.append(answer.json["case_id"])
        else:
            case = self.cases.pop(0)
            client.send(
                api(
                    "register", "POST", f"/cases/{case}/moves/register", token=tokens["dispatcher"][0],
                    key=str(uuid7_of(rng)), body={"values": {"type_code": "0103", "grade": "ordinary"}},
                )
            )  # fmt: skip


def _within(moment: float, spans: list[tuple[float, float]]) -> bool:
    return any(began <= moment <= ended for began, ended in spans)


def _migrated(house: Served) -> None:
    done = house.run("migrate")
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])


_LEAK = """
kept = []
real = module.now_of
def now_of(request):
    kept.append(bytearray(b"x" * 2097152))
    return real(request)
module.now_of = now_of
"""
