"""One run: a world served as people run it, all doors in interleaved rounds, medians, goals.

The server is `huying serve` with two web processes and a worker on loopback, with sign-in, permissions, history,
policy and logging on. Clients are a process of their own. Statements and database time are read from the database
server's own log in a first serving, before anything is timed, without the worker. Then come all rounds of reads, and
behind them all rounds of writes: reads are measured over the world as it was built, not over what the run put into it.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench.client import Line
from bench.district import PASSWORD, PEOPLE, Ground, username_of
from bench.doors import BY_NAME, DOORS, REFERENCES, WRITES, Door, Kit
from bench.live import streams_open
from bench.statements import PREFIX, counted, messages
from bench.tables import TABLES
from bench.worlds import BUILT, MEASURED, source_hash
from huying.config.postgres import APP, BOOT
from prove.frame import ROOT, WORK
from prove.frame import _commit as commit_of
from prove.server import HOST, WORLD, House, Served, copied, pss_of, rss_of

CLIENTS = 8
ROUNDS, SECONDS = 5, 10.0
COUNTED = 4
"""Requests of a door whose statements are counted."""
WARMING = {True: 4, False: 20}
"""Requests that go before them, of what is sent once and of what can be asked again."""
MOST_A_SECOND = 400
MEMORY = {"web": 130.0, "worker": 100.0}  # MiB
BUILDING = {100_000: 60, 1_000_000: 480}
"""In how many seconds worlds of these sizes are to be built."""
VISITED = ("/desk/", "/desk/list/", "/desk/list/?state=all", "/desk/search/?q=%E8%B7%AF%E7%81%AF", "/desk/board/")
"""Pages that the whole staff looks at before memory is taken, so that what is kept by viewer is full."""
LOGGED = {"log_min_duration_statement": "0", "log_line_prefix": f"'{PREFIX}'"}
Say = Callable[[str], None]


class Failed(Exception):
    """A door does not answer as it should; measuring it would measure refusals."""


@dataclass
class Run:
    """How a run is to be."""

    world: Path
    rounds: int = ROUNDS
    seconds: float = SECONDS
    clients: int = CLIENTS
    doors: Sequence[Door] = DOORS
    live: int = 500
    visits: float = 240.0
    """Seconds that the whole staff may take to look at every page before memory is taken; 0 leaves it out."""
    say: Say = print
    folder: Path = field(default_factory=lambda: WORK / "bench")


def measure(run: Run) -> dict[str, Any]:
    """Everything of one run as one object."""
    run.folder.mkdir(parents=True, exist_ok=True)
    data = run.folder / f"served-{os.getpid()}"
    House(data).remove()
    copied(run.world, data)
    served = Served(data, env=MEASURED)
    found: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit_of(),
        "source": source_hash(),
        "world": json.loads((run.world / BUILT).read_text(encoding="utf-8")),
        "rounds": run.rounds,
        "seconds": run.seconds,
        "clients": run.clients,
        "processors": os.cpu_count(),
    }
    try:
        kit = _kit(run, served)
        run.say("counting statements")
        costs = _counted(run, served, kit)
        with served:
            run.say("warming")
            missing = _warm(kit, served, run)
            there = [one for one in (*REFERENCES, *run.doors) if _is_there(one, missing)]
            reads, writes = ([one for one in there if (one.name in WRITES) == kind] for kind in (False, True))
            rounds = _rounds(run, served, kit, reads)
            found["visited"] = _visited(run, served, kit)
            found["memory"] = _memory(served)
            # Before the writes, whose news the worker goes on sending for a while.
            if run.live:
                found["live"], found["memory_with_streams"] = streams_open(
                    served, kit, run.live, say=run.say, meanwhile=lambda: _memory(served)
                )
            rounds |= _rounds(run, served, kit, writes)
    finally:
        served.stop(hard=True)
        served.remove()
    found["doors"] = _table(run, rounds, costs, missing)
    found["missing"] = missing
    found["goals"] = other_goals(found)
    found["reached"] = all(one["reached"] for one in found["doors"].values()) and all(
        one["reached"] for one in found["goals"].values()
    )
    return found


# Before


def _kit(run: Run, served: Served) -> Kit:
    """What requests are made of, prepared in the stopped house."""
    target = run.folder / f"prepared-{os.getpid()}.json"
    forms = int(run.rounds * run.seconds * MOST_A_SECOND) + COUNTED + WARMING[True] + 50
    with served.database():
        with served.connect(BOOT) as base:
            for statement in TABLES:
                base.execute(statement)
            base.execute(f"GRANT SELECT, INSERT ON bench_first, bench_second TO {APP}")
            # Behind a name that is executed the log then tells what stands under it.
            base.execute(f"ALTER ROLE {APP} SET log_error_verbosity = 'default'")
        served.python(f"from bench.prepare import prepare; prepare({str(target)!r}, forms={forms}, streams={run.live})")
    prepared = json.loads(target.read_text(encoding="utf-8"))
    target.unlink()
    return Kit(HOST, Ground.load((served.data / WORLD).read_text(encoding="utf-8")), prepared)


def _sign_in(kit: Kit, served: Served) -> None:
    """Everybody by the sign-in page, as people do."""
    kit.host = f"{HOST}:{served.port}"
    for who in PEOPLE:
        line = http.client.HTTPConnection(HOST, served.port, timeout=30)
        line.request("GET", "/sign-in/")
        answer = line.getresponse()
        answer.read()
        cookies = _cookies(answer)
        body = urlencode(
            {"username": username_of(who), "password": PASSWORD, "csrfmiddlewaretoken": cookies["csrftoken"]}
        )
        line.request(
            "POST", "/sign-in/", body,
            {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={cookies['csrftoken']}"},
        )  # fmt: skip
        answer = line.getresponse()
        told = answer.read()
        if answer.status != 302 or "sessionid" not in _cookies(answer):
            raise Failed(f"{who} cannot sign in: {answer.status} {told[:300].decode('utf-8', 'replace')}")
        kit.sessions[who] = _cookies(answer)["sessionid"]
        line.close()


def _cookies(answer: http.client.HTTPResponse) -> dict[str, str]:
    found = {}
    for line in answer.headers.get_all("Set-Cookie") or []:
        name, _, rest = line.partition("=")
        found[name.strip()] = rest.partition(";")[0]
    return found


def _warm(kit: Kit, served: Served, run: Run) -> dict[str, str]:
    """Each door once; says which ones are not there, and why."""
    missing: dict[str, str] = {}
    line = Line(HOST, served.port)
    for door in (*REFERENCES, *run.doors):
        if door.name == "move" and not kit.taken_in:
            missing[door.name] = "no case was made that could be moved"
            continue
        made = door.make(kit)
        if not made:
            missing[door.name] = "nothing to send"
            continue
        part = made[:1] if door.once else made[:12]
        for one in part:
            status, body = line.ask(one.encode())
            if why := door.missing_in(status, body):
                missing[door.name] = why
                break
            kit.taken_in += door.kept_in(body)
        _used(kit, door, len(part))
    line.close()
    return missing


def _used(kit: Kit, door: Door, count: int) -> None:
    """What was sent once is not sent again."""
    if door.name == "report_form":
        kit.prepared["drafts"] = kit.prepared["drafts"][count:]
    elif door.name == "move":
        kit.taken_in = kit.taken_in[count:]


# Rounds


def _rounds(run: Run, served: Served, kit: Kit, doors: Sequence[Door]) -> dict[str, list[dict[str, Any]]]:
    """These doors one after the other, again and again, so that what the machine does meanwhile hits all alike."""
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(run.rounds):
        for door in doors:
            told = _send(run, served, kit, door)
            if told["count"] == 0 or told["bad"] > told["count"] / 100:
                raise Failed(f"{door.name}: {told['statuses']} {told['samples']}")
            found.setdefault(door.name, []).append(told)
            run.say(
                f"round {number + 1} {door.name}: {told['per_second']}/s p50 {told['p50_ms']} p95 {told['p95_ms']} ms"
            )
    return found


def _is_there(door: Door, missing: dict[str, str]) -> bool:
    """Whether it can be measured: what holds less than it should is measured all the same."""
    return missing.get(door.name, "holds").startswith("holds")


def _send(run: Run, served: Served, kit: Kit, door: Door) -> dict[str, Any]:
    made = door.make(kit)
    told = _sent(
        run, served, door.name, requests=made, seconds=run.seconds, once=door.once, status=door.status, keep=door.keep
    )
    _used(kit, door, told.pop("used"))
    kit.taken_in += told.pop("kept")
    told["bytes_per_second"] = round(told["per_second"] * told["body_bytes"])
    return told


def _sent(run: Run, served: Served, name: str, *, seconds: float, **given: Any) -> dict[str, Any]:
    """What the process of the clients tells."""
    told = {"host": HOST, "port": served.port, "clients": run.clients, "seconds": seconds, **given}
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=run.folder, encoding="utf-8") as file:
        json.dump(told, file)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "bench.client", file.name], capture_output=True, text=True, cwd=ROOT, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=seconds * 3 + 120,
        )  # fmt: skip
    if done.returncode:
        raise Failed(f"{name}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _visited(run: Run, served: Served, kit: Kit) -> dict[str, Any]:
    """The whole staff looks at each page twice: nobody knows which of the two processes answers."""
    if not run.visits:
        return {"staff": 0, "wanted": 0, "statuses": {}}
    run.say("the whole staff looks at every page")
    pages = [
        kit.get(path, Cookie=f"sessionid={session}", Accept="text/html")
        for session in kit.prepared["staff"]
        for path in VISITED
    ]
    told = _sent(run, served, "visits", requests=pages * 2, seconds=run.visits, once=True, status=200)
    if (made := sum(told["statuses"].values())) < 2 * len(pages):
        run.say(f"only {made} of {2 * len(pages)} visits in {run.visits} s")
    return {"staff": len(kit.prepared["staff"]), "wanted": 2 * len(pages), "statuses": told["statuses"]}


def _memory(served: Served) -> dict[str, Any]:
    """MiB of each process: resident, and shared out (PSS).

    Web processes are forked from a parent that has loaded the pages: what lies in memory once is resident in each of
    them. `web_cost` is what one of them costs the machine: the shares of all and of their parent, by their number.
    """
    webs, parent, worker = served.webs(), served.web_parent(), served.worker()
    family = [*webs, *([parent] if parent else [])]
    return {
        "web": [_mib(rss_of(pid)) for pid in webs],
        "web_shares": [_mib(pss_of(pid)) for pid in webs],
        "web_parent_share": _mib(pss_of(parent)) if parent else None,
        "web_cost": _mib(sum(pss_of(pid) for pid in family) / len(webs)) if webs else None,
        "worker": _mib(rss_of(worker)) if worker else None,
        "worker_share": _mib(pss_of(worker)) if worker else None,
    }


def _mib(count: float) -> float:
    return round(count / 1024**2, 1)


# Statements


def _counted(run: Run, served: Served, kit: Kit) -> dict[str, dict[str, Any]]:
    """Statements and database time of one request of each door, as the database server's log has them.

    By people of the first sub-district alone, who have most to read.
    """
    served.env |= {"HUYING_WORKER": "0", "HUYING_WEB_PROCESSES": "1"}
    processes, served.processes, kit.alone = served.processes, 1, True
    found: dict[str, dict[str, Any]] = {}
    served.start(worker=False)
    try:
        _sign_in(kit, served)
        missing = _warm(kit, served, run)
        with served.connect(BOOT) as base:
            for name, value in LOGGED.items():
                base.execute(f"ALTER SYSTEM SET {name} = {value}")
            base.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        line = Line(HOST, served.port)
        for door in (*REFERENCES, *run.doors):
            if _is_there(door, missing):
                found[door.name] = _counted_at(line, served, kit, door)
        line.close()
        with served.connect(BOOT) as base:
            for name in LOGGED:
                base.execute(f"ALTER SYSTEM RESET {name}")
    finally:
        served.stop()
    served.processes, kit.alone = processes, False
    del served.env["HUYING_WORKER"]
    served.env["HUYING_WEB_PROCESSES"] = str(processes)
    return found


def _counted_at(line: Line, served: Served, kit: Kit, door: Door) -> dict[str, Any]:
    """The first requests warm what processes keep of the door and what the database keeps of its tables."""
    made, warming, before = door.make(kit), WARMING[door.once], 0
    wanted = warming + COUNTED
    part = made[:wanted] if door.once else [made[place % len(made)] for place in range(wanted)]
    if len(part) < wanted:
        raise Failed(f"{door.name}: only {len(part)} of {wanted} requests to count with")
    for place, one in enumerate(part):
        if place == warming:
            time.sleep(0.1)
            before = _log_size(served)
        status, body = line.ask(one.encode())
        if status != door.status:
            raise Failed(f"{door.name} answers {status} while statements are counted: {body[:300]!r}")
        kit.taken_in += door.kept_in(body)
    time.sleep(0.1)
    _used(kit, door, len(part))
    return _read_log(served, before, COUNTED)


def _logs(served: Served) -> Path:
    files = sorted((served.home / "log").glob("postgresql-*.log"), key=lambda one: one.stat().st_mtime)
    return files[-1]


def _log_size(served: Served) -> int:
    return _logs(served).stat().st_size


def _read_log(served: Served, begin: int, requests: int) -> dict[str, Any]:
    with _logs(served).open("rb") as file:
        file.seek(begin)
        lines = file.read().decode("utf-8", "replace").split("\n")
    return counted(messages(lines, APP), requests)


# The table


def _table(
    run: Run, rounds: dict[str, list[dict[str, Any]]], costs: dict[str, dict[str, Any]], missing: dict[str, str]
) -> dict[str, dict[str, Any]]:
    figures = ("per_second", "p50_ms", "p95_ms", "p99_ms", "body_bytes", "bytes_per_second")
    found: dict[str, dict[str, Any]] = {}
    for door in (*REFERENCES, *run.doors):
        every = rounds.get(door.name, [])
        row: dict[str, Any] = {name: round(median(one[name] for one in every), 2) for name in figures} if every else {}
        row["rounds"] = [one["per_second"] for one in every]
        row["bad"] = sum(one["bad"] for one in every)
        row |= costs.get(door.name, {})
        other = found.get(door.reference, {}).get(door.by)
        row["ratio"] = round(row[door.by] / other, 3) if other and door.by in row else None
        row["what"], row["reference"] = door.what, door.reference
        row["goals"] = {str(goal): goal.reached(row.get(goal.figure)) for goal in door.goals}
        why = missing.get(door.name, "")
        row["missing"] = why
        row["reached"] = all(row["goals"].values()) and not why and not row["bad"]
        found[door.name] = row
    return found


def other_goals(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Goals that no single door has: of the world, of memory, of the live stream."""
    live = found.get("live")
    told: dict[str, tuple[Any, bool]] = {}
    beside: dict[str, Any] = {}
    for name, when in (("memory", ""), ("memory_with_streams", ", streams open")):
        if (memory := found.get(name)) is None:
            continue
        web, worker = f"a web process{when} <= 130 MiB, by its share (PSS)", f"the worker{when} <= 100 MiB, resident"
        told[web] = (memory["web_cost"], _within(memory["web_cost"], MEMORY["web"]))
        told[worker] = (memory["worker"], _within(memory["worker"], MEMORY["worker"]))
        beside[web], beside[worker] = {"resident": memory["web"]}, {"share": memory["worker_share"]}
    if live is not None:
        late = live["event_p95_ms"]
        told["an event reaches the pages it concerns in <= 200 ms"] = (late, late <= 200)
        told["pages that never heard of an event"] = (live["missed"], live["missed"] == 0)
        told["pages beside open streams <= 1.3 times"] = (live["pages_ratio"], 0 < live["pages_ratio"] <= 1.3)
        told["open streams"] = (live["open"], live["open"] >= live["wanted"])
    return of_the_world(found["world"]) | {
        name: {"value": value, "reached": reached, "beside": beside.get(name, {})}
        for name, (value, reached) in told.items()
    }


def of_the_world(world: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is asked of the making of a world: bytes a case, and seconds for the sizes that have a limit."""
    size = round(world["bytes_per_case"])
    found = {"bytes a case <= 5.5 KB": {"value": size, "reached": size <= 5.5 * 1024}}
    if (limit := BUILDING.get(world["cases"])) is not None:
        found[f"built in <= {limit} s"] = {"value": world["seconds"], "reached": world["seconds"] <= limit}
    return found


def _within(value: float | None, most: float) -> bool:
    return value is not None and value <= most


def names_of(given: Iterable[str]) -> list[Door]:
    """Doors by name or by the beginning of a name."""
    wanted = [one for one in given if one]
    unknown = [one for one in wanted if not any(name.startswith(one) for name in BY_NAME)]
    if unknown:
        raise SystemExit(f"no door is called {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
    return [door for door in DOORS if not wanted or any(door.name.startswith(one) for one in wanted)]
