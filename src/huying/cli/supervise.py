"""Children of `huying serve`: started, started again when they die, stopped within five seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

STOP_SECONDS = 3.5
"""Children get this long after SIGTERM; web processes with open streams end after three (see `cli.web`)."""
PARENT = "_HUYING_PARENT"
"""Set in a child's environment, so that only children of ours watch who started them."""


def watch_parent() -> None:
    """In a child: stop when the parent is gone, however it went. Nothing to do for a process run by hand."""
    if not os.environ.get(PARENT):
        return
    known = os.getppid()

    def watch() -> None:
        while os.getppid() == known:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def lives(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass
class Child:
    """One supervised process, the leader of a group of its own."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    again_at: float | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, env=dict(self.environment), start_new_session=True)
        self.started = time.monotonic()

    def signal(self, number: int, *, group: bool = False) -> None:
        if self.process is None:
            return
        try:
            if group:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
        except ProcessLookupError:
            pass

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Keeps children alive until `stop` is asked for."""

    children: list[Child]
    say: Callable[[str], None]
    farewell: Callable[[], None]
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        for child in self.children:
            child.start()
        try:
            while not self.stopping.wait(0.2):
                for child in self.children:
                    self._keep(child)
        finally:
            self.stop()

    def _keep(self, child: Child) -> None:
        if child.runs:
            return
        now = time.monotonic()
        if child.again_at is None:
            lived = now - child.started
            child.failures = 0 if lived > 30 else child.failures + 1
            # One that dies at once is started again ever more slowly, at most every half minute.
            child.again_at = now + (min(0.2 * 2**child.failures, 30.0) if child.failures > 1 else 0.0)
            code = child.process.returncode if child.process else None
            self.say(f"{child.name}: ended with {code}, starting again")
            child.signal(signal.SIGKILL, group=True)  # what a dead leader left behind
        if now >= child.again_at:
            child.again_at = None
            child.start()

    def stop(self) -> None:
        self.farewell()
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(child.runs for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.signal(signal.SIGKILL, group=True)
            if child.process is not None:
                child.process.wait()
