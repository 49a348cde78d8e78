"""The live stream: so many pages open, how long an event takes to them, and what pages of others cost meanwhile.

Each event is a case in another grid, and what a page hears names the grid: so nothing that comes late, or twice, is
taken for another event. Whom an event concerns is known beforehand from the product's own grants. It is waited for
all of them; who has not heard after `PATIENCE` counts with it, and as missed.
"""

from __future__ import annotations

import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.client import Line, at
from bench.district import grids_of, street_code
from bench.doors import BY_NAME, Kit
from prove.server import HOST, Served

EVENTS = 12
"""Of each phase; two phases have a grid for each of their events."""
BETWEEN = 0.7
PATIENCE = 8.0
LINES = 4
"""Connections over which others' pages are asked for in turn, so that both web processes are."""
WARM = 20


@dataclass
class Streams:
    """Open streams: what each has said since the last event, and which grids concern it."""

    watch: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    sockets: list[socket.socket] = field(default_factory=list)
    said: dict[int, bytes] = field(default_factory=dict)  # by file number
    grids: dict[int, frozenset[str]] = field(default_factory=dict)

    def add(self, one: socket.socket, grids: Iterable[str]) -> None:
        one.setblocking(False)
        self.watch.register(one, selectors.EVENT_READ)
        self.sockets.append(one)
        self.said[one.fileno()], self.grids[one.fileno()] = b"", frozenset(grids)

    def concerned(self, grid: str) -> set[int]:
        """Also streams that have ended meanwhile: they should have heard."""
        return {number for number, grids in self.grids.items() if grid in grids}

    def read(self, seconds: float) -> None:
        """Take what has come, waiting for it so long at most."""
        for key, _events in self.watch.select(max(seconds, 0)):
            data = key.fileobj.recv(65536)  # type: ignore[union-attr]
            self.said[key.fd] += data
            if not data:  # it has ended
                self.watch.unregister(key.fileobj)

    def drain(self, seconds: float) -> None:
        """Forget what comes within so many seconds."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(left)
        self.said = dict.fromkeys(self.said, b"")

    def heard(self, grid: str, began: float, patience: float = PATIENCE) -> tuple[list[float], int]:
        """Seconds until each concerned page heard of this grid, and how many never did, who count with all of it."""
        waiting, mark = self.concerned(grid), f'"area_code":"{grid}"'.encode()
        times: list[float] = []
        while waiting and (left := began + patience - time.perf_counter()) > 0:
            self.read(left)
            now = time.perf_counter() - began
            come = {number for number in waiting if mark in self.said[number]}
            times += [now] * len(come)
            waiting -= come
        return times + [patience] * len(waiting), len(waiting)

    def close(self) -> None:
        for one in self.sockets:
            one.close()
        self.watch.close()


@dataclass
class Pages:
    """A page of somebody else, asked for again and again by a thread of its own until the block ends."""

    served: Served
    kit: Kit
    times: list[float] = field(default_factory=list)
    bad: int = 0

    def __post_init__(self) -> None:
        self._made = [one.encode() for one in BY_NAME["case_page"].make(self.kit)]
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        lines, place = [Line(HOST, self.served.port) for _ in range(LINES)], 0
        while not self._ends.is_set():
            began = time.perf_counter()
            try:
                status, _body = lines[place % LINES].ask(self._made[place % len(self._made)])
            except (OSError, ValueError):
                status = 0
            self.times.append(time.perf_counter() - began)
            self.bad += status != 200
            place += 1
        for line in lines:
            line.close()

    def __enter__(self) -> Pages:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def told(self) -> dict[str, Any]:
        times = sorted(self.times[WARM:] or self.times)
        return {
            "asked": len(self.times),
            "bad": self.bad,
            "p50_ms": round(1000 * median(times), 2) if times else 0.0,
            "p95_ms": round(1000 * at(times, 95), 2),
        }


def streams_open(
    served: Served, kit: Kit, wanted: int, *, say: Callable[[str], None], meanwhile: Callable[[], Any]
) -> tuple[dict[str, Any], Any]:
    """Figures of so many open streams, and what `meanwhile` says while they are open.

    First others' pages while cases are made and nobody listens; then streams open, and the time of each case to the
    pages that it concerns, while nothing else is asked; then both together.
    """
    events = EVENTS if wanted >= 100 else 2
    grids = [(code, corner) for code, corner in grids_of(0)]
    with Pages(served, kit) as before:
        for number in range(events):
            _report(served, kit, number, grids[number])
            time.sleep(BETWEEN)
    streams, refused = _opened(served, kit, wanted)
    say(f"{len(streams.sockets)} streams open, {refused} refused")
    streams.drain(1.0)
    quiet = _events(served, kit, streams, grids[:events])
    with Pages(served, kit) as beside:
        busy = _events(served, kit, streams, grids[events : 2 * events])
    memory = meanwhile()
    still = len(streams.watch.get_map())
    streams.close()
    alone, together = before.told(), beside.told()
    return {
        "wanted": wanted,
        "opened": len(streams.sockets),
        "open": still,  # at the end
        "events": 2 * events,
        "pages_concerned": len(quiet["times"]) + len(busy["times"]),
        "missed": quiet["missed"] + busy["missed"],
        **_told("event", quiet["times"]),
        **_told("event_busy", busy["times"]),
        "pages_before": alone,
        "pages_beside": together,
        "pages_ratio": round(together["p50_ms"] / alone["p50_ms"], 2) if alone["p50_ms"] else 0.0,
    }, memory


def _told(name: str, times: list[float]) -> dict[str, float]:
    """No page that an event concerns is no good figure: then all of the patience stands there."""
    spent = sorted(times) or [PATIENCE]
    return {f"{name}_p{share}_ms": round(1000 * at(spent, share), 1) for share in (50, 95)}


def _opened(served: Served, kit: Kit, wanted: int) -> tuple[Streams, int]:
    streams, refused = Streams(), 0
    for session, grids in kit.prepared["streams"][:wanted]:
        one = socket.create_connection((HOST, served.port), timeout=20)
        headers = {"Accept": "text/event-stream", "Cookie": f"sessionid={session}"}
        one.sendall(kit.get("/live/", **headers).encode())
        if b" 200 " in one.recv(4096)[:20]:
            streams.add(one, grids)
        else:
            refused += 1
            one.close()
    return streams, refused


def _events(served: Served, kit: Kit, streams: Streams, grids: list[tuple[str, tuple[float, float]]]) -> dict[str, Any]:
    times: list[float] = []
    missed = 0
    for number, grid in enumerate(grids):
        streams.drain(BETWEEN)
        began = time.perf_counter()
        _report(served, kit, number, grid)
        spent, never = streams.heard(grid[0], began)
        times, missed = times + spent, missed + never
    return {"times": times, "missed": missed}


def _report(served: Served, kit: Kit, number: int, grid: tuple[str, tuple[float, float]]) -> None:
    line = Line(HOST, served.port)
    status, told = line.ask(report_in(kit, number, grid).encode())
    line.close()
    assert status == 201, told[:300]


def report_in(kit: Kit, number: int, grid: tuple[str, tuple[float, float]]) -> str:
    """A case in a grid of the first sub-district, by the clerk's token."""
    west, south = grid[1]
    body = json.dumps(
        {
            "words": f"第 {number} 件，路灯连着三盏都不亮。", "area_code": street_code(0), "channel": "hotline",
            "lng": round(west + 0.005, 6), "lat": round(south + 0.005, 6),
        },
        ensure_ascii=False,
    )  # fmt: skip
    headers = kit.with_token(kit.ground.tokens[0]["intake_clerk"])
    key = f"live-{time.time_ns()}-{number:04d}"
    return kit.post("/api/v1/reports", body, "application/json", Idempotency_Key=key, **headers)
