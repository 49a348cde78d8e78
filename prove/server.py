"""The served huying for provers: `huying serve` on loopback with a data folder of its own, as people run it.

    with Served(run.folder / "house") as served:
        served.url, served.port, served.world["tokens"]["head"]
        served.kill_web(); served.kill_worker(); served.kill_database(); served.kill_backend()
        served.restart()

Two web processes, a worker and the embedded database, with real fsync. The world is the small street of the tests,
made by its actions, migrated once and copied. Only processes that were started here are ever killed; where the prover
itself is killed, the kernel tells the server to stop.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import http.client
import inspect
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from huying.config.postgres import APP, BOOT, DATABASE, OWNER, Server, home_of, url_of
from prove.frame import ROOT, WORK

PACKAGE = ROOT / "src" / "huying"
HOST = "127.0.0.1"
WORLD = "world.json"
DIED_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class NotServed(Exception):
    """The server does not do what it must to be proved at all; its last words are in the text."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """The environment of a product's process: nothing of ours but what is named."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_", "TESTS_"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8", **more}


def _dies_with_us() -> None:
    """In a child before it becomes the program: SIGTERM when the prover is gone, however it went."""
    ctypes.CDLL(None).prctl(DIED_WITH_PARENT, signal.SIGTERM)


class House:
    """A data folder and the commands on it."""

    def __init__(self, data: Path, env: Mapping[str, str] | None = None) -> None:
        self.data = data.absolute()
        self.env = dict(env or {})

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "huying.cli.main", *arguments, "--data", str(self.data)]

    def run(self, *arguments: str, given: str | None = None, limit: float = 600) -> subprocess.CompletedProcess[str]:
        """One `huying` command to its end."""
        return subprocess.run(
            self.command(*arguments), input=given, capture_output=True, text=True, timeout=limit, check=False,
            env=environment(**self.env), preexec_fn=_dies_with_us,
        )  # fmt: skip

    def facts(self, *arguments: str, **options: Any) -> dict[str, Any]:
        """One command's machine-readable line. Raises NotServed where it refused."""
        done = self.run(*arguments, "--json", **options)
        if done.returncode not in (0, 1) or not done.stdout.strip():
            raise NotServed(f"huying {arguments[0]}: {done.returncode} {done.stderr[-2000:]}")
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return found

    def python(self, code: str, *, limit: float = 600) -> str:
        """Code with Django on this folder's settings; the database must run."""
        more = {"HUYING_DATA": str(self.data), "DJANGO_SETTINGS_MODULE": "huying.config.settings", **self.env}
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"], capture_output=True, text=True,
            timeout=limit, check=False, cwd=ROOT, env=environment(**more), preexec_fn=_dies_with_us,
        )  # fmt: skip
        if done.returncode:
            raise NotServed(done.stderr[-3000:])
        return done.stdout

    @property
    def home(self) -> Path:
        """Where the cluster lies."""
        return home_of(self.data)

    def database(self) -> Server:
        """The folder's embedded server; `with house.database(): …` starts or joins it."""
        return Server(self.data, say=lambda _line: None)

    def connect(self, role: str = APP, database: str = DATABASE, **options: Any) -> psycopg.Connection[Any]:
        """As the application, the owner (`OWNER`) or the cluster's superuser (`BOOT`)."""
        return psycopg.connect(url_of(self.data, role, database), autocommit=True, **options)

    def remove(self) -> None:
        """Everything, wherever it lies; the server must be stopped."""
        home = self.home
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


# The world


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """Whoever makes a folder of this name makes it alone: processes of the tests may ask for it at once."""
    WORK.mkdir(parents=True, exist_ok=True)
    with open(WORK / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def template(module: str = __name__, name: str = "template", made_by: Iterable[str] = ()) -> Path:
    """A stopped data folder with the street, made once for this state of migrations and shipped data; a week old at
    most, because its tokens run out. Another `module` makes another world, by its function `furnish`; then `made_by`
    names the files that it depends on."""
    digest = hashlib.sha256(f"{datetime.now(UTC):%G-%V}{inspect.getsource(furnish)}".encode())
    files = [
        *PACKAGE.glob("*/migrations/*.py"), *PACKAGE.glob("*/migrations/*.sql"), *PACKAGE.glob("*/data/**/*"),
        PACKAGE / "config" / "privileges.py", ROOT / "tests" / "world.py",
        *(ROOT / one for one in made_by),
    ]  # fmt: skip
    for file in sorted(file for file in files if file.is_file()):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    target = WORK / f"{name}-{digest.hexdigest()[:12]}"
    with alone(name):
        if not target.exists():
            for old in WORK.glob(f"{name}-*"):
                if old.name.endswith(".draft") or time.time() - old.stat().st_mtime > 86400:
                    House(old).remove()
            draft = House(target.with_name(f"{target.name}.draft"))
            draft.remove()
            _build(draft, module)
            if draft.home != draft.data / "postgres":  # a cluster elsewhere is found by its folder's name
                shutil.move(draft.home, draft.data / "postgres")
            draft.data.rename(target)
    return target


def _build(house: House, module: str) -> None:
    done = house.run("migrate")
    if done.returncode:
        raise NotServed(done.stderr[-3000:])
    with house.database():
        told = house.python(f"from {module} import furnish; furnish()")
    (house.data / WORLD).write_text(told.strip().splitlines()[-1], encoding="utf-8")


def furnish() -> None:
    """In a process of the new house: the small street, and two tokens with all the duties of each of its people."""
    from datetime import timedelta

    from django.utils import timezone

    from huying.clients.actions import make_client
    from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, OTHER_GRID, STREET, build_world, middle

    now = timezone.now()
    world = build_world(now - timedelta(days=40))
    tokens: dict[str, list[str]] = {}
    for key, actor in world.people.items():
        duties = sorted({duty for grant in actor.grants for duty in grant.duties})
        if duties:
            tokens[key] = [
                make_client(kind="personal", name=f"程序{number}", duties=duties, days=90, actor=actor, now=now).token
                for number in (1, 2)
            ]
    print(
        json.dumps({
            "tokens": tokens,
            "units": {key: str(one.pk) for key, one in world.units.items()},
            "accounts": {key: [str(one.pk), one.username] for key, one in world.accounts.items()},
            "password": "green-kite-lantern-7",
            "areas": {"street": STREET, "next_door": NEXT_DOOR, "banyan": BANYAN, "kapok": KAPOK,
                      "grid": GRID, "other_grid": OTHER_GRID},
            "points": {GRID: middle(GRID), OTHER_GRID: middle(OTHER_GRID)},
        })
    )  # fmt: skip


def copied(source: Path, target: Path) -> House:
    """A copy of a stopped data folder, owners and modes kept."""
    house = House(target)
    house.remove()
    target.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["cp", "-a", "--reflink=auto", str(source), str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotServed(done.stderr)
    return house


# Breaking the product on purpose

_AFTER = """
import importlib.abc, importlib.util, sys

class _After(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != {name!r}:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        begin = spec.loader.exec_module
        def exec_module(module):
            begin(module)
            exec(compile({code!r}, "sabotage", "exec"), {{"module": module}})
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, _After())
"""


def after_import(name: str, code: str) -> str:
    """For `Served(sabotage=…)`: code that runs in each process of the product once `name`, its `module`, is loaded."""
    return _AFTER.format(name=name, code=code)


# Processes


def children_of(pid: int) -> list[tuple[int, list[str]]]:
    """Living children, with their command lines."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            parts = Path(f"/proc/{name}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
            if parts[0] != "Z" and int(parts[1]) == pid:
                words = Path(f"/proc/{name}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                found.append((int(name), words))
        except (OSError, ValueError, IndexError):
            continue
    return found


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def rss_of(pid: int) -> int:
    """Resident bytes."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def pss_of(pid: int) -> int:
    """Bytes of its own, and its share of what it has in common with other processes."""
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return int(found[1]) * 1024 if found is not None else 0


class Served(House):
    """`huying serve` on a data folder; a folder that is not there becomes a copy of the small street."""

    def __init__(
        self, data: Path, *, env: Mapping[str, str] | None = None, source: Path | None = None, processes: int = 2,
        sabotage: str = "",
    ) -> None:  # fmt: skip
        """`source` is a stopped data folder to copy instead of the street. `sabotage` is Python code that each web
        process and the worker runs before it begins (see `_with_sabotage`)."""
        super().__init__(data, {"HUYING_WEB_PROCESSES": str(processes), "HUYING_LOG_LEVEL": "WARNING", **(env or {})})
        self.source = source
        self.processes = processes
        self.sabotage = sabotage
        self._world: dict[str, Any] | None = None
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.log = self.data.with_name(f"{self.data.name}.log")

    def __enter__(self) -> Served:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def world(self) -> dict[str, Any]:
        """Tokens, units, accounts, areas and points of the street."""
        if self._world is None:
            self._world = dict(json.loads((self.data / WORLD).read_text(encoding="utf-8")))
        return self._world

    def start(self, seconds: float = 60, *, worker: bool = True) -> None:
        """Start, and return when both web processes and the worker (where there is to be one) work."""
        if not self.data.exists():
            copied(self.source or template(), self.data)
        self.port = self.port or free_port()
        more = {**self.env, **self._with_sabotage()}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command("serve", "--port", str(self.port)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment(**more), start_new_session=True, preexec_fn=_dies_with_us,
            )  # fmt: skip
        self.wait(seconds, worker)

    def wait(self, seconds: float = 60, worker: bool = True) -> None:
        """Until `/readyz` says yes and all web processes are there. Raises NotServed."""
        deadline = time.monotonic() + seconds
        while True:
            if self.process is None or self.process.poll() is not None:
                raise NotServed(f"the server ended: {self.said()}")
            ready = self.ready()
            if ready.get("database") and (ready.get("worker") or not worker) and len(self.webs()) >= self.processes:
                return
            if time.monotonic() > deadline:
                raise NotServed(f"not ready after {seconds} s: {ready} {self.said()}")
            time.sleep(0.05)

    def ready(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.ask("/readyz")[1]))
        except (OSError, http.client.HTTPException, ValueError):
            return {}

    def ask(self, path: str, timeout: float = 10) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stop(self, *, hard: bool = False) -> None:
        """Stop it and everything that it started; also after a failure. `hard`: the world is not wanted any more."""
        process, self.process = self.process, None
        if process is not None:
            ours = [pid for pid, _words in children_of(process.pid)]
            process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
            for pid in ours:  # leaders of groups of their own
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)
        if hard:
            self.kill_database()
            time.sleep(0.1)
        elif self.home.exists():
            server = self.database()  # where the parent was killed nobody stopped the database
            server.hold()
            server.down()

    def restart(self, before: Callable[[], None] | None = None) -> None:
        """Stop, do something in between (a migration), start again on the same port."""
        self.stop()
        if before is not None:
            before()
        self.start()

    def said(self, most: int = 3000) -> str:
        try:
            return self.log.read_bytes()[-most:].decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def _with_sabotage(self) -> dict[str, str]:
        """A `sitecustomize` in a folder of our own on the path: the code runs when a process of the product starts."""
        if not self.sabotage:
            return {}
        folder = self.data.with_name(f"{self.data.name}.sabotage")
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(self.sabotage, encoding="utf-8")
        return {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'src'}{os.pathsep}{ROOT}"}

    # whom to kill

    def _leader(self, word: str) -> int | None:
        if self.process is None:
            return None
        return next((pid for pid, words in children_of(self.process.pid) if word in words), None)

    def webs(self) -> list[int]:
        """The processes that answer requests."""
        leader = self._leader("huying.cli.web")
        if leader is None:
            return []
        return sorted(pid for pid, words in children_of(leader) if "resource_tracker" not in str(words))

    def web_parent(self) -> int | None:
        """The process that has loaded the pages and forks the ones that answer."""
        return self._leader("huying.cli.web")

    def worker(self) -> int | None:
        return self._leader("worker")

    def postmaster(self) -> int | None:
        try:
            pid = int((self.home / "cluster" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if runs(pid) else None

    def pids(self) -> dict[str, int]:
        """Everything of ours that lives, by what it is."""
        found = {f"web{number}": pid for number, pid in enumerate(self.webs(), 1)}
        parts = {"parent": self.process.pid if self.process else None, "worker": self.worker()}
        return {**found, **{name: pid for name, pid in parts.items() if pid is not None}}

    def kill_web(self, rng: random.Random | None = None) -> int | None:
        """SIGKILL one web process; its pid, None where none lives."""
        there = self.webs()
        return _killed((rng or random).choice(there)) if there else None

    def kill_worker(self) -> int | None:
        return _killed(self.worker())

    def kill_database(self) -> int | None:
        """SIGKILL the database server's first process."""
        return _killed(self.postmaster())

    def kill_backend(self, rng: random.Random | None = None) -> int | None:
        """SIGKILL one of the database's own children: the server then throws all out and recovers."""
        postmaster = self.postmaster()
        if postmaster is None:
            return None
        there = [pid for pid, words in children_of(postmaster) if f"{APP} {DATABASE}" in words[0]]
        return _killed((rng or random).choice(there)) if there else None


def _killed(pid: int | None) -> int | None:
    if pid is None:
        return None
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return None
    return pid


@contextlib.contextmanager
def street(folder: Path, **options: Any) -> Iterator[Served]:
    """A fresh street served; gone afterwards."""
    House(folder).remove()
    served = Served(folder, **options)
    try:
        served.start()
        yield served
    finally:
        served.stop(hard=True)
        served.remove()


__all__ = [
    "APP", "BOOT", "OWNER", "House", "NotServed", "Served", "after_import", "children_of", "copied", "free_port",
    "pss_of", "rss_of", "runs", "street", "template",
]  # fmt: skip
